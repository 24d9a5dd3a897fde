use super::*;
use crate::input::check_workload;
use crate::model::Workload;

const HEADER: &str = "JobID|JobName|User|Account|State|ExitCode|Submit|Start|End|Elapsed|Timelimit|AllocCPUS|ReqMem|AllocNodes|AllocTRES";

fn read_lines(lines: &str, options: &TraceOptions) -> Result<Trace, Vec<Problem>> {
    let text = format!("{HEADER}\n{lines}");
    read(text.as_bytes(), "sacct.txt", options)
}

fn workload(lines: &str) -> Workload {
    let trace = read_lines(lines, &TraceOptions::default());
    let workload = trace
        .unwrap_or_else(|problems| panic!("{problems:#?}"))
        .workload;
    check_workload(&workload).unwrap();
    workload
}

#[test]
fn jobs_have_shapes_times_and_the_identifiers_of_slurm() {
    let workload = workload(concat!(
        "7|align|ann|bio|COMPLETED|0:0|2024-01-01T00:00:10|2024-01-01T00:00:20|2024-01-01T01:00:20|01:00:00|1-00:00:00|8|2Gc|2|cpu=8,gres/gpu=2,mem=16G\n",
        "7.batch|batch|||COMPLETED|0:0|2024-01-01T00:00:10|2024-01-01T00:00:20|2024-01-01T01:00:20|01:00:00||8||1|\n",
        "8_3|x|bob|bio|FAILED|2:0|2024-01-01T00:00:00|2024-01-01T00:00:01|2024-01-01T00:00:31|00:30|UNLIMITED|1|1500M|1|cpu=1,gres/gpu:a100=1\n",
        "9|x|bob|bio|PENDING|0:0|2024-01-01T00:00:00|Unknown|Unknown|00:00:00|10:00|0|4Gn|0|\n",
        "10|x|bob|bio|CANCELLED by 1001|0:0|2024-01-01T00:00:00|None|2024-01-01T00:00:05|00:00:00|10:00|0|4Gn|0|\n",
        "11|x|bob|bio|OUT_OF_ME+|0:125|2024-01-01T00:00:05|2024-01-01T00:00:06|2024-01-01T00:01:06|01:00.500|10:00|2|4Gn|3|\n",
    ));
    let shown: Vec<String> = workload
        .rows
        .iter()
        .map(|row| {
            let mut id = Vec::new();
            workload.write_source(row.source, &mut id);
            format!(
                "{} {} {} {} {} {} {} {:?}",
                String::from_utf8(id).unwrap(),
                row.submit.ms(),
                row.work.ms(),
                row.estimate.ms(),
                row.vcpus,
                row.memory,
                row.gpus,
                workload
                    .fates_of(row, None)
                    .first()
                    .map(|fate| fate.exit_code),
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            "8_3 0 30000 0 1 1500 1 Some(2)",
            "11 5000 60500 600000 2 12288 0 Some(137)",
            "7 10000 3600000 86400000 8 16384 2 None",
        ]
    );
    assert_eq!(
        workload.dropped,
        [("never-started", 1), ("not-ended", 1), ("step", 1)]
    );
}

#[test]
fn lines_of_a_requeued_job_are_its_attempts() {
    let workload = workload(concat!(
        "7|a|ann|bio|NODE_FAIL|1:0|2024-01-01T00:00:00|2024-01-01T00:00:20|2024-01-01T00:01:20|01:00|10:00|8|2G|1|\n",
        "7|a|ann|bio|COMPLETED|0:0|2024-01-01T00:02:00|2024-01-01T00:02:20|2024-01-01T00:04:20|02:00|10:00|8|2G|1|\n",
    ));
    assert_eq!(workload.rows.len(), 1);
    let row = workload.rows[0];
    let fates: Vec<(u8, u64)> = workload
        .fates_of(&row, None)
        .iter()
        .map(|fate| (fate.exit_code, fate.run.ms()))
        .collect();
    assert_eq!(fates, [(1, 60_000), (0, 120_000)]);
    let retry = workload.templates[row.template as usize].retry.as_ref();
    assert_eq!(retry.map(|retry| retry.attempts), Some(2));
    assert_eq!(workload.repaired, [("requeued-attempt", 1)]);
}

#[test]
fn clocks_that_change_and_run_backwards_are_counted() {
    let workload = workload(concat!(
        "1|a|u|g|COMPLETED|0:0|2024-03-31T00:00:00|2024-03-31T01:30:00|2024-03-31T03:30:00|01:00:00|10:00|1|2G|1|\n",
        "2|a|u|g|COMPLETED|0:0|2024-03-31T00:00:05|2024-03-31T00:00:03|2024-03-31T00:00:13|00:10|10:00|1|2G|1|\n",
        "3|a|u|g|COMPLETED|0:0|2024-03-31T00:00:05|2024-03-31T00:00:09|2024-03-31T00:00:08|00:10|10:00|1|2G|1|\n",
    ));
    assert_eq!(
        workload.repaired,
        [("clock-change", 1), ("start-before-submit", 1)]
    );
    assert_eq!(workload.dropped, [("end-before-start", 1)]);
}

#[test]
fn elapsed_times_are_of_many_forms() {
    for (text, ms) in [
        ("00:05", Some(5_000)),
        ("01:00:00", Some(3_600_000)),
        ("2-03:04:05", Some(183_845_000)),
        ("00:01.250000", Some(1_250)),
        ("", None),
    ] {
        assert_eq!(cells::elapsed(text), Ok(ms), "{text}");
    }
    for text in [
        "5",
        "1:2:3:4",
        "a:b",
        "1-",
        "-1:00",
        "99999999999999999999:00",
    ] {
        assert!(cells::elapsed(text).is_err(), "{text}");
    }
}

#[test]
fn bad_lines_are_told_all_and_on_request_left_out() {
    let lines = concat!(
        "1|a|u|g|DONE|0:0|2024-03-31T00:00:00|2024-03-31T01:30:00|2024-03-31T03:30:00|01:00:00|10:00|1|2G|1|\n",
        "2|a|u|g|COMPLETED|0:0|soon|2024-03-31T00:00:03|2024-03-31T00:00:13|ten|10:00|1|2X|1|\n",
        "3|a|u\n",
        "4|a|u|g|COMPLETED|0:0|2024-03-31T00:00:05|2024-03-31T00:00:09|2024-03-31T00:00:18|00:10|10:00|1|2G|1|\n",
        "4|a|u|g|COMPLETED|0:0|2024-03-31T00:00:05|2024-03-31T00:00:09|2024-03-31T00:00:18|00:10|10:00|1|2G|1|\n",
    );
    let problems = read_lines(lines, &TraceOptions::default()).unwrap_err();
    let places: Vec<(u64, &str)> = problems
        .iter()
        .map(|problem| (problem.line, problem.pointer.as_str()))
        .collect();
    assert_eq!(
        places,
        [
            (2, "State"),
            (3, "Submit"),
            (3, "Elapsed"),
            (3, "ReqMem"),
            (4, ""),
            (6, "")
        ]
    );
    let mend = TraceOptions {
        mend: true,
        ..TraceOptions::default()
    };
    let trace = read_lines(lines, &mend).unwrap();
    assert_eq!(
        trace.workload.dropped,
        [("duplicate-id", 1), ("malformed-row", 3)]
    );
    assert_eq!(trace.workload.rows.len(), 1);
}
