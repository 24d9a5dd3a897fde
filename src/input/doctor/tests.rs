use super::*;
use crate::input::{csv_trace, swf};

fn of_csv(text: &str) -> Checkup {
    let read = |options: &TraceOptions| csv_trace::read(text.as_bytes(), "jobs.csv", options);
    examine(read, &TraceOptions::default())
}

fn rules(checkup: &Checkup) -> Vec<(&'static str, u64)> {
    let findings = checkup.findings.iter();
    findings
        .map(|finding| (finding.rule, finding.count))
        .collect()
}

#[test]
fn a_sound_trace_has_its_shape_and_no_errors() {
    let checkup = of_csv(
        "job_id,submit_s,run_s,vcpus,memory_mib,depends_on,user\na,0,10,1,100,,x\nb,5,20,2,200,,y\nc,7200,5,4,300,a b,x\n",
    );
    assert!(!checkup.has_errors(), "{:?}", checkup.findings);
    let shape = checkup.shape.unwrap();
    assert_eq!(
        (shape.jobs, shape.span, shape.busiest_hour),
        (3, 7_200_000, 2)
    );
    assert_eq!(
        (shape.depth, shape.width, shape.critical_path),
        (2, 2, 25_000)
    );
    assert_eq!((shape.users, shape.work), (2, 70_000));
    assert_eq!(
        (shape.runs.min, shape.runs.p50, shape.runs.max),
        (5_000, 10_000, 20_000)
    );
}

#[test]
fn a_trace_that_cannot_be_read_is_mended_and_says_where() {
    let checkup = of_csv(
        "job_id,submit_s,run_s,vcpus,depends_on\na,0,10,1,\nb,x,20,2,\na,5,5,4,\nc,6,6,1,zz\nd,7,1,1,e\ne,7,1,1,d\n",
    );
    assert_eq!(
        rules(&checkup),
        [
            ("circle-cut", 1),
            ("duplicate-id", 1),
            ("malformed-row", 1),
            ("orphan-dependency", 1),
            ("memory-missing", 4)
        ]
    );
    assert_eq!(checkup.findings[1].first, ["line 4"]);
    assert_eq!(checkup.findings[2].first, ["line 3"]);
    assert!(checkup.has_errors());
    // A circle is only looked for when all rows can be tied.
    assert_eq!(checkup.problems.len(), 3);
    assert_eq!(checkup.trace.unwrap().workload.rows.len(), 4);
}

#[test]
fn units_that_cannot_be_meant_are_suspected_and_repaired_when_asked() {
    let mut text = String::from("submit_s,run_s,vcpus,memory_mib\n");
    for job in 0..30 {
        text += &format!("{},{},1,{}\n", 1_700_000_000 + job, 900_000 + job, 8 << 20);
    }
    let checkup = of_csv(&text);
    assert_eq!(
        rules(&checkup),
        [
            ("submit-from-epoch", 30),
            ("memory-in-kb?", 30),
            ("times-in-ms?", 30)
        ]
    );
    let mut workload = checkup.trace.unwrap().workload;
    let assumed = ["times-in-ms".to_owned(), "memory-in-kb".to_owned()];
    assume(&mut workload, &assumed);
    let row = workload.rows[0];
    assert_eq!(
        (row.submit.ms(), row.work.ms(), row.memory),
        (1_700_000_000, 900_000, 8192)
    );
    assert_eq!(
        workload.repaired,
        [("memory-in-kb", 30), ("times-in-ms", 30)]
    );
    let mut again = of_csv(&text).trace.unwrap().workload;
    assume(&mut again, &[]);
    assert_eq!(again.rows[29].submit.ms(), 29_000);
    assert_eq!(again.repaired, [("submit-from-epoch", 30)]);
}

#[test]
fn a_log_with_bad_lines_says_which_and_keeps_the_others() {
    let text = "1 0 -1 50 1 -1 -1 1 60 -1 1 1 1 -1 1 1 -1 -1\n2 0 oops\n1 5 -1 -1 1 -1 -1 1 60 -1 1 1 1 -1 1 1 -1 -1\n\
        1 9 -1 5 1 -1 -1 1 60 -1 1 1 1 -1 1 1 -1 -1\n";
    let read = |options: &TraceOptions| swf::read(text.as_bytes(), "log.swf", options);
    let checkup = examine(read, &TraceOptions::default());
    assert_eq!(
        rules(&checkup),
        [
            ("malformed-row", 1),
            ("number-twice", 1),
            ("memory-missing", 2),
            ("no-run-time", 1)
        ]
    );
    assert_eq!(checkup.findings[0].first, ["line 2"]);
    assert_eq!(checkup.findings[1].first, ["job 1"]);
    assert_eq!(checkup.findings[3].first, ["line 3"]);
}
