use super::*;
use crate::input::check_workload;

const TEXT: &str = r#"{"nb_res": 4, "jobs": [
  {"id": "b", "subtime": 10.5, "res": 2, "profile": "twice", "walltime": 100},
  {"id": 7, "subtime": 0, "res": 1, "profile": "short", "walltime": -1},
  {"id": "f", "subtime": 20, "res": 4, "profile": "bad"}],
 "profiles": {
  "short": {"type": "DelayProfile", "delay": 1.25},
  "bad": {"type": "delay", "delay": 3, "ret": 9},
  "twice": {"type": "SequentialCompositionProfile", "seq": ["short", "bad"], "repeat": 2}}}"#;

#[test]
fn delays_and_sequences_of_them_have_run_times() {
    let trace = read(TEXT.as_bytes(), "w.json", &TraceOptions::default()).unwrap();
    check_workload(&trace.workload).unwrap();
    assert_eq!(trace.machine_size, Some(4));
    let workload = trace.workload;
    let shown: Vec<[u64; 4]> = workload
        .rows
        .iter()
        .map(|row| {
            let estimate = row.estimate.ms();
            [
                row.submit.ms(),
                row.work.ms(),
                u64::from(row.vcpus),
                estimate,
            ]
        })
        .collect();
    assert_eq!(
        shown,
        [
            [0, 1_250, 1, 0],
            [10_500, 8_500, 2, 100_000],
            [20_000, 3_000, 4, 0]
        ]
    );
    assert_eq!(workload.fates_of(&workload.rows[2], None)[0].exit_code, 9);
    assert_eq!(
        workload.repaired,
        [("memory-missing", 3), ("unsorted-submit", 1)]
    );
}

#[test]
fn what_depends_on_a_platform_is_refused_by_name() {
    let text = TEXT
        .replace(
            r#""type": "DelayProfile", "delay": 1.25"#,
            r#""type": "parallel_homogeneous", "cpu": 1e6"#,
        )
        .replace("10.5", "-2");
    let problems = read(text.as_bytes(), "w.json", &TraceOptions::default()).unwrap_err();
    let shown: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(shown.len(), 3, "{shown:#?}");
    assert!(
        shown[0].starts_with("w.json /jobs/0/subtime: is -2"),
        "{shown:#?}"
    );
    assert!(
        shown[1].contains(
            "/jobs/0/profile: `twice`: its part `short`: is of type parallel_homogeneous"
        ),
        "{shown:#?}"
    );
    assert!(shown[2].starts_with("w.json /jobs/1/profile"), "{shown:#?}");
}

#[test]
fn sequences_in_a_circle_end() {
    let text = TEXT.replace(r#"["short", "bad"]"#, r#"["twice"]"#);
    let problems = read(text.as_bytes(), "w.json", &TraceOptions::default()).unwrap_err();
    assert!(
        problems[0].message.contains("perhaps in a circle"),
        "{problems:?}"
    );
}
