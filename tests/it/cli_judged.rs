//! The commands that hold a simulation or a policy against what was measured, as a user meets them.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn batchcast(home: &Path, words: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_batchcast"))
        .args(words.split_whitespace())
        .current_dir(home)
        .output()
        .unwrap()
}

/// Runs each command line and looks for parts of what it prints: on standard output where it ends with 0, else on the other.
fn check(home: &Path, cases: &[(&str, i32, &[&str])]) {
    for (words, code, parts) in cases {
        let output = batchcast(home, words);
        let (out, err) = (&output.stdout, &output.stderr);
        let told = String::from_utf8(if *code == 0 { out.clone() } else { err.clone() }).unwrap();
        assert_eq!(output.status.code(), Some(*code), "{words}\n{told}");
        for part in *parts {
            assert!(told.contains(part), "`{part}` is not in {told}");
        }
    }
}

#[test]
fn ways_to_keep_a_deadline_are_compared_or_refused() {
    let home = tempfile::tempdir().unwrap();
    let trace = r#"{"metadata": {"gap_seconds": 3600}, "data": [1, 1, 0, 0, 1, 1, 1, 0, 2, 2]}"#;
    fs::write(home.path().join("there.json"), trace).unwrap();
    fs::write(home.path().join("wrong.json"), "{\"data\": [-1]}").unwrap();
    let asked = "spot-deadline --availability there.json --work 4h --deadline 6h --every 1h";
    let cases: &[(&str, i32, &[&str])] = &[
        (
            asked,
            0,
            &[
                "10 ticks of 1 h",
                "70.0 %",
                "begun every 1 h",
                "greedy",
                "omniscient",
                "saved",
            ],
        ),
        (
            &format!("{asked} --json --policy greedy --nodes 2"),
            0,
            &[
                "\"nodes\": 2",
                "\"jobs\": 5",
                "\"late\": 0",
                "\"mean_cost_vs_on_demand\": ",
            ],
        ),
        (
            &format!("{asked} --policy lazy"),
            2,
            &["`lazy`", "greedy, uniform-progress, omniscient, or all"],
        ),
        (
            "spot-deadline --availability there.json --work 20m --deadline 20h",
            2,
            &[
                "--work: is shorter than a tick",
                "--deadline: the trace is shorter; it has 10 ticks of 1 h",
            ],
        ),
        (
            "spot-deadline --availability wrong.json --work 4h --deadline 6h",
            2,
            &[
                "/metadata/gap_seconds: missing",
                "/data/0: `-1`",
                "2 problems",
            ],
        ),
        (
            "spot-deadline --availability none.json --work 4h --deadline 6h",
            2,
            &["none.json: cannot read"],
        ),
    ];
    check(home.path(), cases);
}

#[test]
fn a_history_is_simulated_again_and_judged_or_refused() {
    let home = tempfile::tempdir().unwrap();
    let mut table =
        "task_id\tnative_id\tname\tstatus\texit\tsubmit\tduration\trealtime\n".to_owned();
    for task in 1..=8 {
        table.push_str(&format!(
            "{task}\t81f2537d-0000-4000-8000-00000000000{task}\tt{task}\tCOMPLETED\t0\t2021-03-04 21:0{task}:00.000\t{}s\t30s\n",
            100 + task
        ));
    }
    fs::write(home.path().join("trace.txt"), &table).unwrap();
    fs::write(home.path().join("broken.txt"), table.replace("30s", "half")).unwrap();
    let scenario = fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/twin/openproblems.toml"),
    );
    let scenario = scenario.unwrap();
    fs::write(home.path().join("twin.toml"), &scenario).unwrap();
    let cases: &[(&str, i32, &[&str])] = &[
        (
            "backtest twin.toml trace.txt",
            0,
            &[
                "8 jobs judged",
                "nothing waits",
                "of 8 jobs",
                "What decides",
                "accuracy of cost is unproven",
            ],
        ),
        (
            "backtest twin.toml trace.txt --calibrate --json --draws 10",
            0,
            &[
                "\"jobs_judged\": 4",
                "\"jobs_calibrated_on\": 4",
                "\"judged\": \"overhead_s\"",
                "\"bootTime\": ",
            ],
        ),
        (
            "backtest twin.toml broken.txt",
            2,
            &["line 2 realtime: `half` is not a duration", "8 problems"],
        ),
        ("run twin.toml", 2, &["`history` cannot be opened"]),
        ("run --trace trace.txt --pool 4", 0, &["8 "]),
    ];
    check(home.path(), cases);
}
