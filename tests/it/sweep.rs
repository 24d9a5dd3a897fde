//! Sweeps: in one go, in parts, and after kills, they end with the same bytes. And the gate of `diff`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::Duration;

const PROGRAM: &str = env!("CARGO_BIN_EXE_batchcast");

fn scenario(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("scenarios")
        .join(name);
    path.display().to_string()
}

fn batchcast(home: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(PROGRAM);
    command.current_dir(home).args(words);
    for name in [
        "AWS_BATCH_JOB_ARRAY_INDEX",
        "SLURM_ARRAY_TASK_ID",
        "JOB_COMPLETION_INDEX",
    ] {
        command.env_remove(name);
    }
    command.output().expect("the program starts")
}

fn good(home: &Path, words: &[&str]) {
    let output = batchcast(home, words);
    assert!(
        output.status.success(),
        "{words:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Every file of a folder with its bytes.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = fs::read_dir(folder).expect("the folder is there");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths
        .map(|path| {
            (
                path.file_name().expect("a name").into(),
                fs::read(&path).expect("a file"),
            )
        })
        .collect()
}

/// 24 cells of a scenario in which chance has a part.
fn words(scenario: &str) -> Vec<&str> {
    vec![
        "sweep",
        scenario,
        "--vary",
        "scaleInIdle=1m,2m,5m,10m",
        "--vary",
        "computeEnvironments.0.computeResources.maxvCpus=64,128,192,256,384,512",
        "--replications",
        "8",
        "--quiet",
    ]
}

#[test]
fn a_sweep_that_is_killed_again_and_again_ends_with_the_same_bytes() {
    let home = tempfile::tempdir().unwrap();
    let path = scenario("09-autoscaling-day");
    let sweep = words(&path);
    good(home.path(), &[&sweep[..], &["-o", "whole"]].concat());
    let mut kills = 0;
    let mut wait = 7;
    for _ in 0..20 {
        let mut child = Command::new(PROGRAM)
            .current_dir(home.path())
            .args(&sweep)
            .args(["-o", "killed"])
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        sleep(Duration::from_millis(wait));
        // Moments that a clock does not share.
        wait = 5 + wait * 31 % 83;
        if child.try_wait().expect("its state is known").is_none() {
            child.kill().expect("it can be killed");
            kills += 1;
        }
        child.wait().expect("it ends");
    }
    good(home.path(), &[&sweep[..], &["-o", "killed"]].concat());
    println!("killed {kills} times");
    assert!(kills > 0);
    assert_eq!(
        files(&home.path().join("whole")),
        files(&home.path().join("killed"))
    );
}

#[test]
fn seven_parts_together_are_the_whole() {
    let home = tempfile::tempdir().unwrap();
    let path = scenario("09-autoscaling-day");
    let sweep = words(&path);
    good(home.path(), &[&sweep[..], &["-o", "whole"]].concat());
    let parts: Vec<String> = (1..=7).map(|part| format!("part{part}")).collect();
    for (number, part) in parts.iter().enumerate() {
        let shard = format!("{}/7", number + 1);
        good(
            home.path(),
            &[&sweep[..], &["--shard", &shard, "-o", part]].concat(),
        );
    }
    let mut merge = vec!["merge"];
    merge.extend(parts.iter().rev().map(String::as_str));
    merge.extend(["-o", "merged"]);
    good(home.path(), &merge);
    assert_eq!(
        files(&home.path().join("whole")),
        files(&home.path().join("merged"))
    );
    merge.retain(|word| *word != "part3");
    let output = batchcast(home.path(), &merge);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        told.contains("part 3/7 is missing") && told.contains("merged: is there already"),
        "{told}"
    );
}

#[test]
fn the_index_of_an_array_job_is_the_part() {
    let home = tempfile::tempdir().unwrap();
    let path = scenario("09-autoscaling-day");
    let sweep = words(&path);
    good(
        home.path(),
        &[&sweep[..], &["--shard", "2/3", "-o", "told"]].concat(),
    );
    for name in [
        "AWS_BATCH_JOB_ARRAY_INDEX",
        "SLURM_ARRAY_TASK_ID",
        "JOB_COMPLETION_INDEX",
    ] {
        let status = Command::new(PROGRAM)
            .current_dir(home.path())
            .args(&sweep)
            .args(["--shard", "auto/3", "-o", name])
            .env(name, "1")
            .status()
            .expect("the program starts");
        assert!(status.success(), "{name}");
        assert_eq!(
            files(&home.path().join("told")),
            files(&home.path().join(name))
        );
    }
}

#[test]
fn scripts_that_run_the_parts_elsewhere_are_what_their_readers_take() {
    let home = tempfile::tempdir().unwrap();
    let path = scenario("01-quickstart");
    let emit = |kind: &str| {
        let sweep = [
            "sweep",
            &path,
            "--vary",
            "dispatch=strict,easy",
            "--emit",
            kind,
            "--shards",
            "5",
        ];
        let output = batchcast(home.path(), &sweep);
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).expect("it is text")
    };
    let job: serde_json::Value = serde_json::from_str(&emit("kubernetes")).expect("it is JSON");
    assert_eq!(job["spec"]["completions"], 5);
    for kind in ["slurm", "aws-batch"] {
        let script = emit(kind);
        fs::write(home.path().join(kind), &script).unwrap();
        let checked = Command::new("bash")
            .arg("-n")
            .arg(home.path().join(kind))
            .output();
        assert!(checked.expect("bash starts").status.success(), "{script}");
    }
    assert!(emit("slurm").contains("#SBATCH --array=0-4\n"));
    let batch = emit("aws-batch");
    let overrides = batch
        .split_once("<<'JSON'\n")
        .and_then(|(_, rest)| rest.split_once("\nJSON"));
    let overrides: serde_json::Value =
        serde_json::from_str(overrides.expect("it has some").0).expect("they are JSON");
    assert_eq!(overrides["command"][0], "bash");
    assert!(batch.contains("--array-properties size=5"));
}

#[test]
fn the_script_for_slurm_runs_as_its_array_would() {
    let home = tempfile::tempdir().unwrap();
    let path = scenario("09-autoscaling-day");
    let sweep = words(&path);
    good(home.path(), &[&sweep[..], &["-o", "whole"]].concat());
    let output = batchcast(
        home.path(),
        &[&sweep[..], &["--emit", "slurm", "--shards", "3"]].concat(),
    );
    fs::write(home.path().join("job"), output.stdout).unwrap();
    for task in 0..3 {
        let status = Command::new("bash")
            .current_dir(home.path())
            .arg("job")
            .env("BATCHCAST", PROGRAM)
            .env("SLURM_ARRAY_TASK_ID", task.to_string())
            .status();
        assert!(status.expect("bash starts").success());
    }
    good(
        home.path(),
        &[
            "merge",
            "parts/part-0",
            "parts/part-1",
            "parts/part-2",
            "-o",
            "merged",
            "--quiet",
        ],
    );
    assert_eq!(
        files(&home.path().join("whole")),
        files(&home.path().join("merged"))
    );
}

#[test]
fn what_is_wrong_with_a_sweep_is_told_before_anything_runs() {
    let home = tempfile::tempdir().unwrap();
    let path = scenario("09-autoscaling-day");
    fs::create_dir(home.path().join("full")).unwrap();
    fs::write(home.path().join("full/notes.txt"), "mine").unwrap();
    good(
        home.path(),
        &[
            "sweep",
            &path,
            "--vary",
            "bootTime=10s,20s",
            "-o",
            "done",
            "--quiet",
        ],
    );
    let vary = "bootTime=10s,20s";
    for (words, wanted) in [
        (vec!["--vary", "bootTiem=10s,20s", "-o", "x"], "bootTiem"),
        (vec!["--vary", "bootTime=10s,soon", "-o", "x"], "soon"),
        (vec!["--vary", "bootTime=", "-o", "x"], "at least one value"),
        (vec!["--vary", "bootTime=5..1", "-o", "x"], "is empty"),
        (vec!["--vary", "bootTime=1..5", "-o", "x"], "--sample N"),
        (
            vec!["--vary", vary, "--vary", vary, "-o", "x"],
            "is given twice",
        ),
        (vec!["--vary", vary], "--output"),
        (vec!["-o", "x"], "--vary"),
        (
            vec!["--vary", vary, "--shard", "4/3", "-o", "x"],
            "write I/N",
        ),
        (
            vec!["--vary", vary, "--shard", "auto/3", "-o", "x"],
            "none of AWS_BATCH_JOB_ARRAY_INDEX",
        ),
        (vec!["--vary", vary, "-o", "full"], "holds no sweep"),
        (
            vec!["--vary", vary, "-o", "full", "--force"],
            "--force does not remove it",
        ),
        (
            vec!["--vary", "bootTime=10s,30s", "-o", "done"],
            "holds another sweep",
        ),
        (
            vec!["--vary", vary, "--emit", "slurm", "-o", "x"],
            "cannot be used with",
        ),
        (vec!["--vary", vary, "--replications", "0", "-o", "x"], "0"),
    ] {
        let output = batchcast(home.path(), &[&["sweep", &path][..], &words[..]].concat());
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{words:?}: {told}");
        assert!(told.contains(wanted), "{words:?}: {told}");
        assert!(!home.path().join("x").exists(), "{words:?} left a folder");
    }
    assert_eq!(
        fs::read_to_string(home.path().join("full/notes.txt")).unwrap(),
        "mine"
    );
}

#[test]
fn a_change_that_costs_more_than_allowed_fails_the_gate() {
    let home = tempfile::tempdir().unwrap();
    let path = scenario("09-autoscaling-day");
    let text = fs::read_to_string(Path::new(&path).join("scenario.toml")).unwrap();
    fs::write(home.path().join("after.toml"), format!("{text}\n")).unwrap();
    let gate = |limit: &str, set: &[&str]| {
        let words = [
            "diff",
            &path,
            "after.toml",
            "--replications",
            "10",
            "--fail-if",
            limit,
        ];
        batchcast(home.path(), &[&words[..], set].concat())
    };
    let same = gate("cost>+0.1%", &[]);
    assert_eq!(
        same.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&same.stdout)
    );
    let waits = gate("wait>1s", &[]);
    assert_eq!(waits.status.code(), Some(3));
    let table = String::from_utf8_lossy(&waits.stdout).into_owned();
    assert!(
        table.starts_with("| | 09-autoscaling-day | after.toml |"),
        "{table}"
    );
    assert!(table.contains("❌ `wait>1s`: crossed"), "{table}");
    assert!(String::from_utf8_lossy(&waits.stderr).contains("crossed: wait>1s"));
    let wrong = gate("cost", &[]);
    assert_eq!(wrong.status.code(), Some(2));
}

#[test]
fn a_run_folder_is_verified_to_the_byte() {
    let home = tempfile::tempdir().unwrap();
    let path = scenario("01-quickstart");
    good(
        home.path(),
        &[
            "run",
            &path,
            "--seed",
            "5",
            "-o",
            "out",
            "--tables",
            "jobs,bill",
            "--quiet",
        ],
    );
    let text = |output: &Output| {
        String::from_utf8_lossy(&[&output.stdout[..], &output.stderr[..]].concat()).into_owned()
    };
    let verify = |words: &[&str]| batchcast(home.path(), &[&["verify"][..], words].concat());
    let same = verify(&["out", "--inputs", &path]);
    assert!(same.status.success(), "{}", text(&same));
    assert!(
        text(&same).contains("bill.csv, jobs.csv, manifest.json"),
        "{}",
        text(&same)
    );
    let same = verify(&["out/manifest.json", "--inputs", &path]);
    assert!(same.status.success(), "{}", text(&same));
    let lost = verify(&["out"]);
    assert_eq!(lost.status.code(), Some(2), "{}", text(&lost));
    assert!(
        text(&lost).contains("say where they are with --inputs"),
        "{}",
        text(&lost)
    );
    let jobs = home.path().join("out/jobs.csv");
    let changed = fs::read_to_string(&jobs)
        .unwrap()
        .replacen("SUCCEEDED", "FAILED", 1);
    fs::write(&jobs, changed).unwrap();
    let differs = verify(&["out", "--inputs", &path]);
    assert_eq!(differs.status.code(), Some(1), "{}", text(&differs));
    assert!(
        text(&differs).contains("jobs.csv: line 2 is"),
        "{}",
        text(&differs)
    );
}

#[test]
fn a_cell_over_a_trace_is_the_run_with_its_values() {
    let home = tempfile::tempdir().unwrap();
    let jobs: String = (0..200)
        .map(|job| format!("{},{},1\n", job * 7, 60 + job % 50))
        .collect();
    fs::write(
        home.path().join("jobs.csv"),
        format!("submit_s,run_s,vcpus\n{jobs}"),
    )
    .unwrap();
    fs::write(
        home.path().join("s.toml"),
        r#"
workload = { trace = "jobs.csv" }
[[computeEnvironments]]
computeEnvironmentName = "ce"
type = "MANAGED"
computeResources = { type = "EC2", maxvCpus = 16, instanceTypes = ["c6i.xlarge"] }
[[jobQueues]]
jobQueueName = "q"
priority = 1
computeEnvironmentOrder = [{ order = 1, computeEnvironment = "ce" }]
"#,
    )
    .unwrap();
    let key = "computeEnvironments.ce.computeResources.maxvCpus";
    good(
        home.path(),
        &[
            "sweep",
            "s.toml",
            "--vary",
            &format!("{key}=4,8,16"),
            "-o",
            "out",
            "--quiet",
        ],
    );
    let runs = fs::read_to_string(home.path().join("out/runs.csv")).unwrap();
    for (value, row) in ["4", "8", "16"].iter().zip(runs.lines().skip(1)) {
        let alone = batchcast(
            home.path(),
            &[
                "run",
                "s.toml",
                "--set",
                &format!("{key}={value}"),
                "--json",
            ],
        );
        let alone: serde_json::Value = serde_json::from_slice(&alone.stdout).unwrap();
        let digest = alone["digest"].as_str().unwrap();
        assert_eq!(row.split(',').nth(4), Some(digest), "{row}");
    }
}
