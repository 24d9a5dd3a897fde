//! Tables and reports that read, and what is said of those that do not.

use super::*;

const UUID: &str = "81f2537d-0000-4000-8000-00000000000";

fn table(rows: &[&str]) -> String {
    let header = "task_id\thash\tnative_id\tname\tstatus\texit\tsubmit\tduration\trealtime";
    let mut text = format!("{header}\n");
    for row in rows {
        text.push_str(&row.replace('|', "\t"));
        text.push('\n');
    }
    text
}

fn closed() -> TraceOptions {
    TraceOptions {
        closed_loop: ClosedLoop::Sessions {
            think_limit: Span::from_s(60),
        },
        ..TraceOptions::default()
    }
}

#[test]
fn durations_and_sizes_read_as_nextflow_writes_them() {
    for (text, ms) in [
        ("454ms", 454),
        ("2.9s", 2_900),
        ("1h 2m 3s", 3_723_000),
        ("1d 2h", 93_600_000),
        ("13881", 13_881),
    ] {
        assert_eq!(cells::duration(text), Ok(ms), "{text}");
    }
    for text in [
        "",
        "1y",
        "s",
        "1h2m",
        "-3s",
        "99999999999999999999d",
        "1.2.3s",
    ] {
        assert!(cells::duration(text).is_err(), "{text}");
    }
    for (text, mib) in [
        ("1.5 GB", 1_536),
        ("468 B", 1),
        ("8589934592", 8_192),
        ("0", 0),
    ] {
        assert_eq!(cells::mebibytes(text), Ok(mib), "{text}");
    }
    for text in ["1 XB", "GB", "9999999 TB", "1.5GB"] {
        assert!(cells::mebibytes(text).is_err(), "{text}");
    }
    let at = cells::moment("2021-03-04 21:06:07.625");
    assert_eq!(at, Ok(1_614_891_967_625));
    assert_eq!(cells::moment("1614891967625"), at);
    assert!(cells::moment("04.03.2021").is_err());
}

#[test]
fn a_table_gives_the_tasks_that_ran_on_batch_in_order_of_submission() {
    let text = table(&[
        "1|a/1|22964|list|COMPLETED|0|2021-03-04 21:06:00.000|13.9s|2.5s",
        &format!("3|a/2|{UUID}2|late|COMPLETED|0|2021-03-04 21:08:00.000|1m 30s|40s"),
        &format!("2|a/3|{UUID}1|early|FAILED|137|2021-03-04 21:07:00.000|30s|10s"),
        &format!("4|a/4|{UUID}3|cached|CACHED|0|-|-|-"),
    ]);
    let read = history(text.as_bytes(), "trace.txt").unwrap();
    assert_eq!(read.dropped, [("cached", 1), ("not-on-batch", 1)]);
    let told: Vec<_> = read
        .jobs
        .iter()
        .map(|job| {
            (
                job.source,
                job.submitted.ms(),
                job.ended.ms(),
                job.exit_code,
            )
        })
        .collect();
    assert_eq!(told, [(2, 0, 30_000, 137), (3, 60_000, 150_000, 0)]);
    assert_eq!(read.jobs[1].overhead(), Span::from_s(50));
    assert_eq!(read.jobs[1].wait(), None);
    // The second was submitted half a minute after the first had ended.
    let trace = super::read(text.as_bytes(), "trace.txt", &closed()).unwrap();
    let workload = trace.workload;
    let extra = workload.extra(&workload.rows[1]).unwrap();
    assert_eq!(extra.think, Span::from_s(30));
    assert_eq!(workload.anchors[0].after, RowId(0));
    assert_eq!(workload.fates[0].exit_code, 137);
    assert_eq!(workload.repaired, [("vcpus-missing", 2)]);
}

#[test]
fn a_report_says_when_tasks_started_and_what_they_asked_for() {
    let text = format!(
        r#"[{{"task_id": "7", "native_id": "{UUID}1", "name": "m (x)", "status": "COMPLETED", "exit": "0", "submit": "1614891967000",
            "start": "1614891975000", "complete": "1614892000000", "realtime": "2524", "cpus": "2", "memory": "8589934592"}}]"#
    );
    let read = history(text.as_bytes(), "report.json").unwrap();
    let job = &read.jobs[0];
    assert_eq!(
        (job.wait(), job.vcpus, job.memory),
        (Some(Span::from_s(8)), 2, 8_192)
    );
    assert_eq!(job.work, Span::from_ms(2_524));
}

#[test]
fn a_task_follows_the_failure_that_it_repeats_and_else_the_nearest_of_kin() {
    let row = |id: u32, name: &str, exit: u32, at: &str, duration: &str| {
        let status = if exit == 0 { "COMPLETED" } else { "FAILED" };
        format!("{id}|h|{UUID}{id}|{name}|{status}|{exit}|2021-03-04 21:{at}.000|{duration}|1s")
    };
    let rows = [
        row(1, "load (a)", 0, "00:00", "50s"),
        row(2, "load (b)", 0, "00:00", "55s"),
        row(3, "run (b-x)", 137, "01:00", "30s"),
        row(4, "run (a-x)", 0, "01:00", "35s"),
        row(5, "run (b-x)", 0, "01:40", "30s"),
        row(6, "other", 0, "09:00", "30s"),
    ];
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let trace = super::read(table(&rows).as_bytes(), "t", &closed()).unwrap();
    let workload = trace.workload;
    let after = |place: usize| {
        let extra = workload.extra(&workload.rows[place])?;
        let anchors = extra.anchors.start as usize..extra.anchors.end as usize;
        workload.anchors[anchors]
            .first()
            .map(|anchor| anchor.after.index())
    };
    assert_eq!(
        (0..6).map(after).collect::<Vec<_>>(),
        [None, None, Some(1), Some(0), Some(2), None]
    );
}

#[test]
fn everything_that_is_wrong_is_said_with_its_place() {
    let said = |text: &str| -> Vec<String> {
        let problems = history(text.as_bytes(), "t").unwrap_err();
        problems.iter().map(ToString::to_string).collect()
    };
    let text = table(&[
        &format!("x|h|{UUID}1|a|COMPLETED|0|yesterday|1s|1s"),
        "1|h",
        &format!("2|h|{UUID}1|a|COMPLETED|0|2021-03-04 21:06:00.000|-|1s"),
    ]);
    let lines = said(&text);
    assert_eq!(lines.len(), 4, "{lines:#?}");
    assert!(
        lines[0].starts_with("t line 2 task_id: `x` is not a whole number"),
        "{lines:#?}"
    );
    assert!(
        lines[1].starts_with("t line 2 submit: `yesterday` is not a moment"),
        "{lines:#?}"
    );
    assert!(
        lines[2].starts_with("t line 3: has 2 cells, and the header 9"),
        "{lines:#?}"
    );
    assert!(
        lines[3].starts_with("t line 4 complete: missing"),
        "{lines:#?}"
    );
    let twice = format!("1|h|{UUID}1|a|COMPLETED|0|2021-03-04 21:06:00.000|1s|1s");
    assert_eq!(
        said(&table(&[&twice, &twice])),
        ["t line 3 task_id: task 1 comes twice"]
    );
    assert_eq!(said(&table(&[])), ["t: has no task that ran"]);
    assert!(said("task_id\tnative_id\n1\t2\n")[0].contains("no column submit"));
    assert!(said("[{]")[0].contains("JSON syntax"));
    assert!(said(r#"[{"task_id": "1", "submit": "soon"}]"#)[0].starts_with("t /0/submit: `soon`"));
}
