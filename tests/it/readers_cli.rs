//! `doctor` and `import` as a user meets them.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const FLOW: &str = r#"{"name":"w","schemaVersion":"1.5","workflow":{"specification":{"tasks":[
{"name":"split","id":"a","parents":[],"children":["b"]},
{"name":"merge","id":"b","parents":["a"],"children":[]}]},
"execution":{"tasks":[{"id":"a","runtimeInSeconds":100},{"id":"b","runtimeInSeconds":20}]}}}"#;

fn batchcast(folder: &Path, words: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_batchcast"))
        .args(words.split_whitespace())
        .current_dir(folder)
        .output()
        .unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn home(files: &[(&str, &str)]) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(home.path().join(name), text).unwrap();
    }
    home
}

#[test]
fn a_workflow_runs_as_any_trace_does_and_in_a_scenario() {
    let scenario = r#"
name = "flow"
[model]
profile = "ideal"
[[instanceTypes]]
instanceType = "m"
vcpus = 4
memoryMiB = 8192
priceUsdPerHour = "0.36"
[[computeEnvironments]]
computeEnvironmentName = "ce"
type = "UNMANAGED"
instances = [{ instanceType = "m" }]
[[jobQueues]]
jobQueueName = "q"
priority = 1
computeEnvironmentOrder = [{ order = 1, computeEnvironment = "ce" }]
[workload]
trace = "w.json"
jobQueue = "q"
"#;
    let home = home(&[("w.json", FLOW), ("flow.toml", scenario)]);
    for words in ["run --trace w.json --pool 8 --json", "run flow.toml --json"] {
        let run = batchcast(home.path(), words);
        assert!(run.status.success(), "{words}: {}", said(&run));
        let summary: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
        assert_eq!(
            summary["makespan_s"]
                .to_string()
                .trim_matches('"')
                .parse::<f64>(),
            Ok(120.0)
        );
        assert_eq!(summary["repaired"]["vcpus-missing"], 2, "{summary:#}");
    }
}

#[test]
fn import_writes_what_the_ending_says_and_replaces_nothing_unasked() {
    let home = home(&[("w.json", FLOW)]);
    let made = batchcast(home.path(), "import w.json -o jobs.csv");
    assert!(made.status.success(), "{}", said(&made));
    assert!(
        out(&made).starts_with("jobs.csv: 2 jobs of WfFormat; repaired memory-missing 2"),
        "{}",
        out(&made)
    );
    let csv = fs::read_to_string(home.path().join("jobs.csv")).unwrap();
    assert!(csv.ends_with("job_id,submit_s,run_s,vcpus,memory_mib,job_name,depends_on\na,0,100,1,,split,\nb,0,20,1,,merge,a\n"), "{csv}");
    let again = batchcast(home.path(), "import w.json -o jobs.csv");
    assert_eq!(again.status.code(), Some(2));
    assert!(
        said(&again).contains("--force replaces it"),
        "{}",
        said(&again)
    );
    assert!(
        batchcast(home.path(), "import w.json -o jobs.csv --force")
            .status
            .success()
    );
    for (output, begins) in [("w.swf", "; Version: 2.2"), ("b.json", "{\"nb_res\": 1")] {
        let made = batchcast(home.path(), &format!("import jobs.csv -o {output}"));
        assert!(made.status.success(), "{}", said(&made));
        let text = fs::read_to_string(home.path().join(output)).unwrap();
        assert!(text.starts_with(begins), "{text}");
        let run = batchcast(
            home.path(),
            &format!("run --trace {output} --pool 8 --quiet"),
        );
        assert!(run.status.success(), "{}", said(&run));
    }
}

#[test]
fn the_doctor_tells_repairs_and_its_counts_come_back_in_the_report() {
    let bad = "job_id,submit_s,run_s,vcpus,memory_mib,depends_on\na,0,10,1,10,\nb,x,20,2,10,\na,5,5,4,10,\nc,6,6,1,10,zz\n";
    let home = home(&[
        ("bad.csv", bad),
        ("types.csv", "instance_type,vcpus\nm,4\n"),
    ]);
    let asked = batchcast(home.path(), "doctor bad.csv");
    assert_eq!(asked.status.code(), Some(1), "{}", said(&asked));
    let text = out(&asked);
    for part in [
        "bad.csv  CSV of ours",
        "error    malformed-row 1 (first: line 3)",
        "error    duplicate-id 1 (first: line 4)",
        "error    orphan-dependency 1 (first: line 5)",
        "bad.csv line 3 submit_s: `x` is not a number of seconds",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let json = batchcast(home.path(), "doctor bad.csv --json");
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json["shape"]["jobs"], 2);
    assert_eq!(json["has_errors"], true);
    let fixed = batchcast(home.path(), "doctor bad.csv --fix -o good.csv");
    assert!(fixed.status.success(), "{}", said(&fixed));
    let run = batchcast(home.path(), "run --trace good.csv --pool 8 --json");
    assert!(run.status.success(), "{}", said(&run));
    let summary: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!(summary["repaired"]["orphan-dependency"], 1, "{summary:#}");
    assert_eq!(summary["dropped"]["duplicate-id"], 1);
    assert_eq!(summary["dropped"]["malformed-row"], 1);
    let no_trace = batchcast(home.path(), "doctor types.csv");
    assert_eq!(no_trace.status.code(), Some(2));
    assert!(
        said(&no_trace).contains("a catalogue of instance types"),
        "{}",
        said(&no_trace)
    );
}
