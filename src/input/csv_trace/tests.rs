use crate::input::ClosedLoop;
use crate::input::ShareBy;
use crate::input::source::tests::gzip;
use crate::model::{Dependency, DependencyKind, Extra, FateKind, Loop, Row, SubmitJob};
use crate::units::{Ratio, RowId, Span};

use super::*;

fn read_with(text: &str, options: &TraceOptions) -> Trace {
    read(text.as_bytes(), "jobs.csv", options).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn read_plain(text: &str) -> Trace {
    read_with(text, &TraceOptions::default())
}

/// The identifiers of the rows, in order.
fn ids(trace: &Trace) -> Vec<String> {
    let text = |row: &Row| {
        let mut text = Vec::new();
        trace.workload.write_source(row.source, &mut text);
        String::from_utf8(text).unwrap()
    };
    trace.workload.rows.iter().map(text).collect()
}

fn extra(trace: &Trace, row: usize) -> &Extra {
    let row = &trace.workload.rows[row];
    trace.workload.extra(row).expect("this row has an extra")
}

fn dependencies(trace: &Trace, row: usize) -> &[Dependency] {
    let range = &extra(trace, row).dependencies;
    &trace.workload.dependencies[range.start as usize..range.end as usize]
}

/// The problem that `text` gives, the first of them.
fn problem(text: &[u8], options: &TraceOptions) -> String {
    match read(text, "jobs.csv", options) {
        Ok(trace) => panic!("was read: {trace:?}"),
        Err(problems) => problems[0].to_string(),
    }
}

#[test]
fn columns_are_found_by_name_in_any_order() {
    let trace = read_plain(
        "vcpus,colour,run_s,submit_s,memory_mib,gpus,estimate_s,job_id,user,group\n\
         4,red,60.5,1.25,2048,1,90,17,12,3\n\
         1,,10,0,,,,build,ann,\n",
    );
    assert_eq!(ids(&trace), ["build", "17"]);
    let row = trace.workload.rows[1];
    assert_eq!((row.submit.ms(), row.work.ms()), (1_250, 60_500));
    assert_eq!(row.estimate, Span::from_s(90));
    assert_eq!((row.vcpus, row.memory, row.gpus), (4, 2048, 1));
    assert_eq!((row.user, row.group), (12, 3));
    let other = trace.workload.rows[0];
    assert_eq!(
        (other.memory, other.gpus, other.estimate),
        (0, 0, Span::ZERO)
    );
    assert_eq!(
        trace.workload.names[(other.user - Row::NAMED) as usize],
        "ann"
    );
    assert_eq!(other.group, Row::UNKNOWN);
    assert_eq!(trace.notes, ["columns not used: colour"]);
    assert_eq!(trace.workload.repaired, [("unsorted-submit", 1)]);
}

#[test]
fn a_slip_in_a_column_name_is_pointed_out() {
    let trace = read_plain("submit_s,run_s,vcpus,memory_mb\n0,1,1,5\n");
    assert_eq!(
        trace.notes,
        ["columns not used: memory_mb (is memory_mib meant?)"]
    );
}

#[test]
fn rows_without_identifiers_are_numbered_as_they_stand() {
    let trace = read_plain("submit_s,run_s,vcpus\n9,1,1\n3,1,1\n3,1,1\n");
    assert_eq!(ids(&trace), ["2", "3", "1"]);
}

#[test]
fn rows_that_ask_alike_share_a_template() {
    let trace = read_plain(
        "submit_s,run_s,vcpus,job_name,job_queue,job_definition,share_identifier,scheduling_priority,\
         attempts_max,timeout_s,nodes,fail_probability,fail_exit_code\n\
         0,1,1,,,,,,,,,,\n\
         1,1,,align,high,bwa:3,teamA,7,3,120,4,0.05,9\n\
         2,1,2,,,,,,,,1,,\n\
         3,1,,align,high,bwa:3,teamA,7,3,120,4,0.05,9\n",
    );
    let used: Vec<u32> = trace.workload.rows.iter().map(|row| row.template).collect();
    assert_eq!(used, [0, 1, 2, 1]);
    let plain = &trace.workload.templates[0];
    assert_eq!((plain.job_queue.as_str(), plain.num_nodes), ("trace", None));
    assert_eq!(trace.workload.templates[2], *plain);
    let SubmitJob { failure, .. } = trace.workload.templates[1].clone();
    let failure = failure.expect("a probability is stated");
    assert_eq!(
        (failure.probability, failure.exit_code),
        (Ratio::from_parts(50_000), 9)
    );
    let other = &trace.workload.templates[1];
    assert_eq!(other.job_name, "align");
    assert_eq!(other.job_definition.as_deref(), Some("bwa:3"));
    assert_eq!(other.share_identifier.as_deref(), Some("teamA"));
    assert_eq!(other.scheduling_priority_override, Some(7));
    assert_eq!(other.retry.as_ref().map(|retry| retry.attempts), Some(3));
    assert_eq!(other.timeout, Some(Span::from_s(120)));
    assert_eq!(other.num_nodes, Some(4));
}

#[test]
fn a_share_comes_from_its_column_or_else_from_the_user() {
    let options = TraceOptions {
        share_by: ShareBy::User,
        ..TraceOptions::default()
    };
    let text =
        "submit_s,run_s,vcpus,user,share_identifier\n0,1,1,7,\n1,1,1,ann,\n2,1,1,7,x\n3,1,1,,\n";
    let trace = read_with(text, &options);
    let shares: Vec<Option<&str>> = trace
        .workload
        .templates
        .iter()
        .map(|template| template.share_identifier.as_deref())
        .collect();
    assert_eq!(
        shares,
        [Some("user7"), Some("ann"), Some("x"), Some("unknown")]
    );
}

#[test]
fn dependencies_name_jobs_arrays_and_their_children() {
    let trace = read_plain(
        "job_id,submit_s,run_s,vcpus,array_size,depends_on\n\
         prep,0,1,1,,\n\
         2,0,1,1,3,prep\n\
         3,5,1,1,3,N_TO_N:2; sequential\n\
         4,5,1,1,,2:1 prep;3\n",
    );
    let on = |row, kind| Dependency {
        on: RowId(row),
        kind,
    };
    assert_eq!(dependencies(&trace, 1), [on(0, DependencyKind::Whole)]);
    assert_eq!(dependencies(&trace, 2), [on(1, DependencyKind::SameIndex)]);
    assert!(extra(&trace, 2).sequential);
    assert_eq!(
        dependencies(&trace, 3),
        [
            on(1, DependencyKind::Child(1)),
            on(0, DependencyKind::Whole),
            on(2, DependencyKind::Whole)
        ]
    );
    assert_eq!(extra(&trace, 1).array, 3);
}

#[test]
fn jobs_of_one_moment_come_after_what_they_wait_for_and_otherwise_in_their_order() {
    let trace = read_plain(
        "job_id,submit_s,run_s,vcpus,depends_on\n\
         e,9,1,1,\n\
         a,0,1,1,d\n\
         b,0,1,1,\n\
         c,0,1,1,a\n\
         d,0,1,1,\n\
         f,9,1,1,a\n",
    );
    assert_eq!(ids(&trace), ["b", "d", "a", "c", "e", "f"]);
    assert_eq!(dependencies(&trace, 2)[0].on, RowId(1));
    assert_eq!(dependencies(&trace, 3)[0].on, RowId(2));
    assert_eq!(dependencies(&trace, 5)[0].on, RowId(2));
}

#[test]
fn the_jobs_csv_of_a_run_is_a_trace_again() {
    let trace = read_plain(
        "job_id,status,submit_s,start_s,end_s,wait_s,run_s,attempts,vcpus,work_s,exit_code,array_id,array_index,depends_on\n\
         10:1,SUCCEEDED,0,1,3,1,2,1,1,4.000,0,10,1,9\n\
         9,SUCCEEDED,0,0,1,0,1,1,2,1.000,0,,,\n\
         10:0,SUCCEEDED,0,1,8,1,7,1,1,6.500,0,10,0,9\n\
         8,FAILED,0,0,9,0,9,2,1,3.000,137,,,\n\
         11,FAILED,2,,9,,,0,1,5.000,,,,8\n",
    );
    assert_eq!(ids(&trace), ["8", "9", "10", "11"]);
    let failed = extra(&trace, 0).fates.start as usize;
    let fate = trace.workload.fates[failed];
    assert_eq!(
        (fate.exit_code, fate.run, fate.kind),
        (137, Span::from_s(3), FateKind::Exit)
    );
    let array = extra(&trace, 2);
    assert_eq!((array.array, array.array_source), (2, Some(10)));
    let range = array.child_work.start as usize..array.child_work.end as usize;
    let work = &trace.workload.child_work[range];
    assert_eq!(work, [Span::from_ms(6_500), Span::from_s(4)]);
    assert_eq!(dependencies(&trace, 2)[0].on, RowId(1));
    assert_eq!(dependencies(&trace, 3)[0].on, RowId(0));
    assert_eq!(trace.notes, [] as [&str; 0]);
}

#[test]
fn every_column_that_a_run_writes_is_known() {
    let trace = read_plain(crate::report::JOBS_HEADER);
    assert_eq!(trace.notes, [] as [&str; 0]);
}

#[test]
fn children_with_their_own_identifiers_can_be_waited_for() {
    let trace = read_plain(
        "job_id,submit_s,run_s,vcpus,array_id,array_index,depends_on\n\
         x,0,5,1,sweep,0,\n\
         y,0,5,1,sweep,1,\n\
         z,0,5,1,,,y sweep:0 sweep\n",
    );
    assert_eq!(ids(&trace), ["sweep", "z"]);
    let kinds: Vec<DependencyKind> = dependencies(&trace, 1).iter().map(|d| d.kind).collect();
    let expected = [
        DependencyKind::Child(1),
        DependencyKind::Child(0),
        DependencyKind::Whole,
    ];
    assert_eq!(kinds, expected);
    assert!(extra(&trace, 0).child_work.is_empty(), "both run 5 s");
}

#[test]
fn children_have_fates_of_their_own_and_what_they_cannot_have_is_counted() {
    let trace = read_plain(
        "submit_s,run_s,vcpus,array_id,array_index,exit_code,estimate_s\n\
         0,5,1,7,0,1,10\n0,5,1,7,1,0,20\n0,5,1,8,0,1,9\n0,5,1,8,1,1,9\n",
    );
    assert_eq!(trace.workload.repaired, [("child-estimates", 1)]);
    assert_eq!(trace.workload.rows[0].estimate, Span::from_s(20));
    let workload = &trace.workload;
    let exits = |row: usize| -> Vec<u8> {
        let row = &workload.rows[row];
        let code = |child| workload.fate(row, Some(child), 1).exit_code;
        (0..2).map(code).collect()
    };
    assert_eq!((exits(0), exits(1)), (vec![1, 0], vec![1, 1]));
    assert!(extra(&trace, 0).fates.is_empty());
    assert!(extra(&trace, 1).child_fates.is_empty());
}

#[test]
fn fates_and_peak_memory_are_read_and_a_fate_may_stand_for_the_run_time() {
    let trace = read_plain(
        "submit_s,run_s,vcpus,fates,peak_memory_mib,exit_code\n\
         0,,1,137@30;oom@12;nostart;0@60,900,\n\
         1,5,1,,,3\n",
    );
    let first = extra(&trace, 0);
    assert_eq!((first.fates.clone(), first.peak_memory), (0..4, 900));
    assert_eq!(trace.workload.rows[0].work, Span::from_s(60));
    assert_eq!(extra(&trace, 1).fates, 4..5);
}

#[test]
fn anchors_close_the_loop() {
    let trace = read_plain(
        "job_id,submit_s,run_s,vcpus,after,think_s,poll_s\na,0,5,1,,,\nb,9,5,1,a,2.5,60\n",
    );
    assert_eq!(trace.workload.closed_loop, Loop::Closed);
    let tied = extra(&trace, 1);
    assert_eq!(
        trace.workload.anchors[tied.anchors.start as usize].after,
        RowId(0)
    );
    assert_eq!((tied.think.ms(), tied.poll.ms()), (2_500, 60_000));
    assert!(dependencies(&trace, 1).is_empty());
}

#[test]
fn sessions_close_the_loop_by_user() {
    let options = TraceOptions {
        closed_loop: ClosedLoop::Sessions {
            think_limit: Span::from_s(60),
        },
        ..TraceOptions::default()
    };
    let text = "submit_s,run_s,vcpus,user,wait_s\n0,5,1,ann,2\n10,5,1,ann,0\n99,5,1,ann,0\n";
    let trace = read_with(text, &options);
    assert_eq!(extra(&trace, 1).think, Span::from_s(3));
    assert_eq!(trace.workload.rows[2].extra, Row::PLAIN);
}

#[test]
fn dropped_rows_are_counted_and_those_that_wait_for_them_do_not_wait() {
    let options = TraceOptions {
        drop_zero_run: true,
        completed_only: true,
        use_memory: false,
        ..TraceOptions::default()
    };
    let text = "job_id,submit_s,run_s,vcpus,status,memory_mib,depends_on\n\
                a,0,0,1,SUCCEEDED,9,\nb,0,5,1,FAILED,9,\nc,0,5,1,SUCCEEDED,9,a b\n";
    let trace = read_with(text, &options);
    assert_eq!(ids(&trace), ["c"]);
    assert_eq!(trace.workload.rows[0].memory, 0);
    assert_eq!(
        trace.workload.dropped,
        [("not-completed", 1), ("zero-run", 1)]
    );
    assert_eq!(trace.workload.repaired, [("dependency-on-dropped", 2)]);
    assert_eq!(read_plain(text).workload.rows.len(), 3);
}

#[test]
fn times_finer_than_a_millisecond_are_rounded_and_counted() {
    let trace = read_plain("submit_s,run_s,vcpus\n0.1234,1.0005,1\n1,2.100,1\n");
    let row = trace.workload.rows[0];
    assert_eq!((row.submit.ms(), row.work.ms()), (123, 1_001));
    assert_eq!(trace.workload.repaired, [("rounded-to-ms", 2)]);
}

#[test]
fn quotes_line_ends_gzip_and_a_byte_order_mark_do_not_matter() {
    let text = "submit_s,run_s,vcpus,job_name\n0,1,1,a b\n";
    let odd = "\u{feff}\"submit_s\", run_s,vcpus,job_name\r\n\r\n0 ,\"1\",1,\"a b\"";
    let plain = read_plain(text);
    let packed = gzip(odd.as_bytes());
    let packed = read(&packed[..], "jobs.csv.gz", &TraceOptions::default()).unwrap();
    for other in [read_plain(odd), packed] {
        assert_eq!(other.workload.templates, plain.workload.templates);
        assert_eq!(other.workload.rows[0].work, plain.workload.rows[0].work);
    }
}

#[test]
fn a_definition_from_outside_spares_the_vcpus() {
    let options = TraceOptions {
        job_definition: Some("bwa".to_owned()),
        ..TraceOptions::default()
    };
    let trace = read_with("submit_s,run_s\n0,1\n", &options);
    assert_eq!(trace.workload.rows[0].vcpus, 0);
    assert_eq!(
        trace.workload.templates[0].job_definition.as_deref(),
        Some("bwa")
    );
}

#[test]
fn a_malformed_trace_names_the_line_the_column_and_what_is_wrong() {
    const HEAD: &str = "job_id,submit_s,run_s,vcpus,depends_on\n";
    const MORE: &str = "submit_s,run_s,vcpus,array_id,array_index,array_size,x\n";
    let cases: &[(&str, &str, &str)] = &[
        ("", "", "jobs.csv: is empty; a trace begins with a header"),
        (
            "submit_s,run_s\n",
            "",
            "line 1: the header lacks `vcpus` or `job_definition`",
        ),
        ("run_s,vcpus\n", "", "line 1: the header lacks `submit_s`"),
        (
            "submit_s,vcpus\n",
            "",
            "the header lacks `work_s` or `run_s`",
        ),
        (
            "submits,run_s,vcpus\n",
            "",
            "lacks `submit_s`; is `submits` meant to be it?",
        ),
        (
            "submit_s,submit_s,run_s,vcpus\n",
            "",
            "line 1 submit_s: stands twice in the header",
        ),
        (
            "submit_s,run_s,vcpus,array_id\n",
            "",
            "the header lacks `array_index`",
        ),
        (
            "submit_s,run_s,vcpus,think_s\n",
            "",
            "the header lacks `after`",
        ),
        (HEAD, "1,0,5,1\n", "line 2: has 4 cells; the header names 5"),
        (
            HEAD,
            "\n\n1,0,5,1,,,\n",
            "line 4: has 7 cells; the header names 5",
        ),
        (
            HEAD,
            "1,0,5,\"1\n2,0,5,1,\n",
            "line 2: has 4 cells; the header names 5; perhaps a quote is not closed",
        ),
        (HEAD, "1,,5,1,\n", "line 2 submit_s: is empty"),
        (HEAD, "1,0,,1,\n", "line 2 work_s: is empty"),
        (HEAD, "1,0,5,,\n", "line 2 vcpus: is empty or 0"),
        (HEAD, "1,0,5,0,\n", "line 2 vcpus: is empty or 0"),
        (HEAD, "1,-1,5,1,\n", "line 2 submit_s: `-1` is negative"),
        (
            HEAD,
            "1,NaN,5,1,\n",
            "line 2 submit_s: `NaN` is not a number of seconds",
        ),
        (
            HEAD,
            "1,0,inf,1,\n",
            "line 2 run_s: `inf` is not a number of seconds",
        ),
        (
            HEAD,
            "1,0,1e3,1,\n",
            "line 2 run_s: `1e3` is not a number of seconds",
        ),
        (
            HEAD,
            "1,100000000000.001,5,1,\n",
            "line 2 submit_s: `100000000000.001` is too long",
        ),
        (
            HEAD,
            "1,0,5,1.5,\n",
            "line 2 vcpus: `1.5` is not a whole number from 0 to 4294967295",
        ),
        (
            HEAD,
            "1,0,5,4294967296,\n",
            "line 2 vcpus: `4294967296` is not a whole number",
        ),
        (
            HEAD,
            "1,0,5,-1,\n",
            "line 2 vcpus: `-1` is not a whole number",
        ),
        (
            HEAD,
            "a b,0,5,1,\n",
            "line 2 job_id: `a b`; an identifier has no spaces or semicolons",
        ),
        (
            HEAD,
            "1,0,5,1,\n1,3,5,1,\n",
            "line 3 job_id: `1` names the job of line 2 already",
        ),
        (
            HEAD,
            "1,0,5,1,2\n",
            "line 2 depends_on: `2` names no job of this trace",
        ),
        (
            HEAD,
            "1,0,5,1,1\n",
            "line 2 depends_on: `1` is this job itself",
        ),
        (
            HEAD,
            "1,0,5,1,2\n2,3,5,1,\n",
            "line 2 depends_on: `2` is submitted at 3 s, later than this job",
        ),
        (
            HEAD,
            "1,0,5,1,\n2,0,5,1,1:4\n",
            "`1:4`: that job has 0 children, so there is none with index 4",
        ),
        (
            HEAD,
            "1,0,5,1,\n2,0,5,1,n_to_n:1\n",
            "`n_to_n:1` needs two arrays of one size",
        ),
        (HEAD, "1,0,5,1,sequential\n", "`sequential` is for arrays"),
        (
            HEAD,
            "1,0,5,1,2\n2,0,5,1,3\n3,0,5,1,1\n4,0,5,1,\n",
            "line 2 depends_on: jobs wait for each other in a circle, so none can start: `1` (line 2), `2` (line 3), `3` (line 4)",
        ),
        (
            MORE,
            "0,5,1,7,0,,\n0,5,1,7,0,,\n",
            "line 3 array_index: array `7` has a child 0 in line 2 already",
        ),
        (
            MORE,
            "0,5,1,7,0,,\n0,5,1,7,2,,\n",
            "line 3 array_index: 2 is out of range; the trace has 2 children of array `7`, so the last is 1",
        ),
        (
            MORE,
            "0,5,1,7,,,\n",
            "line 2 array_id: a child of an array states both",
        ),
        (
            MORE,
            "0,5,1,,3,,\n",
            "line 2 array_id: a child of an array states both",
        ),
        (
            MORE,
            "0,5,1,7,4294967295,,\n",
            "line 2 array_index: `4294967295` is not a whole number",
        ),
        (
            MORE,
            "0,5,1,7,0,3,\n",
            "line 2 array_size: 3; the trace has 1 children of array `7`",
        ),
        (
            MORE,
            "0,5,1,7,0,,\n9,5,1,7,1,,\n",
            "line 3 submit_s: differs from line 2",
        ),
        (
            MORE,
            "0,5,1,7,0,,\n0,5,2,7,1,,\n",
            "line 3 vcpus: differs from line 2",
        ),
        (
            MORE,
            "0,5,1,,,2000000,\n",
            "line 2 array_size: `2000000` is not a whole number from 1 to 1000000",
        ),
        (MORE, "0,5,1,,,,\0\n", "line 2: holds a zero byte"),
        (
            "submit_s,run_s,vcpus,attempts_max\n",
            "0,5,1,0\n",
            "line 2 attempts_max: `0` is not a whole number from 1",
        ),
        (
            "submit_s,run_s,vcpus,exit_code\n",
            "0,5,1,256\n",
            "line 2 exit_code: `256` is not a whole number from 0 to 255",
        ),
        (
            "submit_s,run_s,vcpus,fates\n",
            "0,5,1,boom\n",
            "line 2 fates: `boom` has no exit code",
        ),
        (
            "submit_s,run_s,vcpus,fail_probability\n",
            "0,5,1,1.5\n",
            "line 2 fail_probability: `1.5` is not a probability",
        ),
        (
            "submit_s,run_s,vcpus,share_identifier\n",
            "0,5,1,a-b\n",
            "line 2 share_identifier: `a-b` is not a share identifier",
        ),
        (
            "submit_s,run_s,vcpus,scheduling_priority\n",
            "0,5,1,10000\n",
            "line 2 scheduling_priority: `10000` is not a whole number from 0 to 9999",
        ),
        (
            "job_id,submit_s,run_s,vcpus,after\n",
            "1,0,5,1,2\n",
            "line 2 after: `2` names no job",
        ),
    ];
    for (head, rows, expected) in cases {
        let shown = problem(format!("{head}{rows}").as_bytes(), &TraceOptions::default());
        assert!(shown.contains(expected), "{shown}\nlacks\n{expected}");
    }
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    let head = b"submit_s,run_s,vcpus,job_name\n";
    let latin = [&head[..], b"0,1,1,caf\xe9\n"].concat();
    let shown = problem(&latin, &TraceOptions::default());
    assert!(shown.contains("line 2: is not UTF-8"), "{shown}");
    let endless = [&head[..], &vec![b'x'; 3 << 20]].concat();
    let shown = problem(&endless, &TraceOptions::default());
    assert!(shown.contains("a line is longer than"), "{shown}");
    let packed = gzip(&head.repeat(50_000));
    let shown = problem(&packed[..packed.len() / 2], &TraceOptions::default());
    assert!(
        shown.contains("submit_s"),
        "the first problem is the header's repetition: {shown}"
    );
    let shown = problem(&gzip(head)[..20], &TraceOptions::default());
    assert!(shown.contains("ends early"), "{shown}");
}

#[test]
fn limits_of_aws_hold_unless_they_are_lifted() {
    let options = TraceOptions {
        lift_limits: false,
        ..TraceOptions::default()
    };
    let many: String = (1..=21).map(|id| format!("{id},0,1,1,,,,\n")).collect();
    let all: Vec<String> = (1..=21).map(|id| id.to_string()).collect();
    let head = "job_id,submit_s,run_s,vcpus,array_size,attempts_max,timeout_s,depends_on\n";
    for (rows, expected) in [
        (
            "1,0,1,1,10001,,,\n".to_owned(),
            "array_size: `10001` is not a whole number from 2 to 10000",
        ),
        ("1,0,1,1,1,,,\n".to_owned(), "array_size: `1` is not"),
        (
            "1,0,1,1,,11,,\n".to_owned(),
            "attempts_max: `11` is not a whole number from 1 to 10",
        ),
        (
            "1,0,1,1,,,59,\n".to_owned(),
            "attemptDurationSeconds: 59; must be at least 60",
        ),
        (
            format!("{many}22,0,1,1,,,,{}\n", all.join(" ")),
            "21 dependencies; AWS takes at most 20",
        ),
    ] {
        let text = format!("{head}{rows}");
        let shown = problem(text.as_bytes(), &options);
        assert!(shown.contains(expected), "{shown}\nlacks\n{expected}");
        let lifted = read_plain(&text);
        assert!(
            lifted
                .workload
                .templates
                .iter()
                .all(|template| template.lift_limits)
        );
    }
}

#[test]
fn all_problems_are_listed() {
    let problems = read(
        &b"submit_s,run_s,vcpus\n-1,x,1.5\n0,1,0\n"[..],
        "jobs.csv",
        &TraceOptions::default(),
    )
    .unwrap_err();
    let lines: Vec<u64> = problems.iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [2, 2, 2, 3]);
}
