//! The program as a user meets it: what it prints where, its exit codes, and its folders.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_batchcast");

/// Three jobs on four vCPUs: the second waits for the first.
const TRACE: &str = "job_id,submit_s,run_s,vcpus\n1,0,100,3\n2,10,50,2\n3,10,5,1\n";

const SCENARIO: &str = r#"
name = "small"
seed = 7

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

[[workload.jobs]]
jobName = "a"
jobQueue = "q"
run = "90s"
vcpus = 2

[model]
profile = "ideal"
"#;

/// A folder with the inputs of these tests, in which the program runs.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Home {
        let home = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("t.csv", TRACE),
            ("small.toml", SCENARIO),
            (
                "wrong.toml",
                "name = \"x\"\nsede = 1\n[[jobQueues]]\npriority = 1\n",
            ),
            ("not-a-trace", "hello\n"),
            ("empty", ""),
        ] {
            fs::write(home.path().join(name), text).unwrap();
        }
        fs::create_dir(home.path().join("study")).unwrap();
        fs::write(home.path().join("study/scenario.toml"), SCENARIO).unwrap();
        Home(home)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, words: &str) -> Output {
        Command::new(PROGRAM)
            .args(words.split_whitespace())
            .current_dir(self.0.path())
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// What is in the folder besides the inputs.
    fn made(&self) -> Vec<String> {
        let inputs = [
            "t.csv",
            "small.toml",
            "wrong.toml",
            "not-a-trace",
            "empty",
            "study",
        ];
        let mut names = names(self.0.path());
        names.retain(|name| !inputs.contains(&name.as_str()));
        names
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A command line, its exit code, and parts of what it prints on standard output and on standard error.
type Case = (
    &'static str,
    i32,
    &'static [&'static str],
    &'static [&'static str],
);

const CASES: &[Case] = &[
    ("--version", 0, &["batchcast "], &[]),
    ("--help", 0, &["Usage:", "Examples:", "Exit codes:"], &[]),
    ("run --help", 0, &["--pool", "Examples:"], &[]),
    ("", 2, &[], &["Usage:"]),
    ("fly", 2, &[], &["fly"]),
    ("run", 2, &[], &["SCENARIO"]),
    (
        "run t.csv",
        2,
        &[],
        &[
            "t.csv: is a trace (CSV of ours), not a scenario",
            "--trace t.csv --pool VCPUS",
        ],
    ),
    ("policies", 0, &["easy", "fifo", "pack"], &[]),
    ("policies --json", 0, &["\"easy\""], &[]),
    ("assumptions", 0, &["containerStart = 3 s  (observed)"], &[]),
    ("--json assumptions --profile slow", 0, &["\"10 s\""], &[]),
    ("catalog c6i.l", 0, &["c6i.large"], &[]),
    ("catalog --help", 0, &["--min-vcpus", "Examples:"], &[]),
    (
        "catalog c6i.4xlrge",
        1,
        &[],
        &["no instance type", "did you mean `c6i.4xlarge`?"],
    ),
    (
        "catalog --family c6,c5",
        2,
        &[],
        &["no family `c6`; did you mean"],
    ),
    (
        "catalog g*.12xlarge --gpus 4 --sort price",
        0,
        &["g4dn.12xlarge", "4 T4", "3.912", "4 types", "2026-07-20"],
        &[],
    ),
    (
        "catalog --instance-types c7g,c6g.large --arch arm64 --csv --max-vcpus 1",
        0,
        &[
            "instance_type,vcpus,memory_mib,usable_memory_mib,gpus,",
            "\nc7g.medium,1,2048,1802,0,,,arm64,true,",
        ],
        &[],
    ),
    (
        "catalog --instance-types optimal,c6g",
        2,
        &[],
        &["error: --instance-types c6g: arm-based instance type cannot be used with other"],
    ),
    (
        "catalog --instance-types optimal --optimal c4-m4-r4 --min-vcpus 64",
        0,
        &["m4.16xlarge", "r4.16xlarge", "2 types"],
        &[],
    ),
    (
        "catalog m1.small --date 2007-09-01 --json",
        0,
        &["\"price_usd_per_h\": \"0.10\"", "2006-08-24"],
        &[],
    ),
    (
        "catalog --min-vcpus 5000 --json",
        1,
        &[],
        &["no instance type is like that"],
    ),
    ("schema", 0, &["\"jobQueues\""], &[]),
    (
        "check small.toml",
        0,
        &["small: no problems; 1 submissions"],
        &[],
    ),
    ("check study", 0, &["small: no problems"], &[]),
    (
        "check wrong.toml",
        2,
        &[],
        &["error: wrong.toml", "seed", "problems\n"],
    ),
    (
        "check missing.toml",
        2,
        &[],
        &["error: missing.toml: cannot read: No such file"],
    ),
    (
        "check .",
        2,
        &[],
        &["neither scenario.toml nor scenario.json"],
    ),
    (
        "run small.toml",
        0,
        &[
            "small",
            "Makespan",
            "1 min 30 s",
            "1 submitted, 1 succeeded",
            "0.01 USD",
        ],
        &[],
    ),
    ("run small.toml --quiet", 0, &[], &[]),
    (
        "run small.toml --json",
        0,
        &[
            "\"makespan_s\": 90,",
            "\"cost_usd\": \"0.009\"",
            "\"seed\": 7,",
        ],
        &[],
    ),
    ("run small.toml --json --seed 9", 0, &["\"seed\": 9,"], &[]),
    (
        "run small.toml --json --until 30s",
        0,
        &["\"unfinished\": 1,", "\"makespan_s\": null"],
        &[],
    ),
    (
        "run small.toml --set containerSt=1",
        2,
        &[],
        &["containerSt"],
    ),
    (
        "run --trace t.csv --pool 4 --json",
        0,
        &["\"makespan_s\": 150,", "\"loop\": \"open\""],
        &[],
    ),
    (
        "run --trace t.csv --pool 4 --json --discipline easy",
        0,
        &["\"max\": 90"],
        &[],
    ),
    (
        "run --trace t.csv --pool 4 --discipline easy",
        0,
        &["changed: dispatch = easy"],
        &[],
    ),
    (
        "run --trace t.csv --pool 4 --discipline eazy",
        2,
        &[],
        &["eazy", "easy"],
    ),
    ("run --trace t.csv --pool 0", 2, &[], &["--pool"]),
    (
        "run --trace not-a-trace --pool 4",
        2,
        &[],
        &["error: not-a-trace: is no trace", "1 problem\n"],
    ),
    ("run --trace empty --pool 4", 2, &[], &["error: empty"]),
    (
        "run --trace study --pool 4",
        2,
        &[],
        &["error: study: cannot read"],
    ),
    ("run small.toml --tables jobs", 2, &[], &["--output"]),
    (
        "run small.toml -o missing/out",
        2,
        &[],
        &["there is no folder missing"],
    ),
    (
        "run small.toml -o study",
        2,
        &[],
        &["study: is already there", "--force"],
    ),
    (
        "run study -o study --force",
        2,
        &[],
        &["holds what the run reads"],
    ),
    (
        "run small.toml -o . --force",
        2,
        &[],
        &["is no name for a new folder"],
    ),
];

#[test]
fn every_command_line_ends_as_it_should_and_leaves_nothing() {
    let home = Home::new();
    for &(words, code, out, err) in CASES {
        let output = home.run(words);
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        let told = format!("batchcast {words}\n{stdout}\n{stderr}");
        assert_eq!(output.status.code(), Some(code), "{told}");
        for part in out {
            assert!(
                stdout.contains(part),
                "`{part}` is not in the output of {told}"
            );
        }
        for part in err {
            assert!(
                stderr.contains(part),
                "`{part}` is not in the errors of {told}"
            );
        }
        if code == 0 {
            assert_eq!(stderr, "", "{told}");
        } else if !words.is_empty() {
            assert_eq!(stdout, "", "{told}");
        }
        assert!(
            !stdout.contains('\x1b') && !stderr.contains('\x1b'),
            "{told}"
        );
        assert_eq!(home.made(), Vec::<String>::new(), "{told}");
    }
    assert_eq!(names(&home.path("study")), ["scenario.toml"]);
}

const FILES: [&str; 9] = [
    "attempts.csv",
    "bill.csv",
    "hours.csv",
    "instances.csv",
    "jobs.csv",
    "manifest.json",
    "scenario.json",
    "summary.json",
    "timeline.csv",
];

#[test]
fn two_runs_of_one_input_fill_their_folders_with_the_same_bytes() {
    let home = Home::new();
    for folder in ["one", "other"] {
        let output = home.run(&format!("run --trace t.csv --pool 4 -o {folder}"));
        assert_eq!(output.status.code(), Some(0));
        assert!(text(&output.stderr).starts_with(&format!("wrote {folder}: attempts.csv, ")));
    }
    assert_eq!(home.made(), ["one", "other"]);
    assert_eq!(names(&home.path("one")), FILES);
    for file in FILES {
        let bytes = |folder: &str| fs::read(home.path(folder).join(file)).unwrap();
        assert_eq!(bytes("one"), bytes("other"), "{file}");
        let home = home.0.path().to_str().unwrap().to_owned();
        assert!(
            !text(&bytes("one")).contains(&home),
            "{file} names a place of this machine"
        );
    }
}

#[test]
fn only_the_tables_that_are_asked_for_are_written() {
    let home = Home::new();
    for (tables, expected) in [
        (
            "none",
            vec!["manifest.json", "scenario.json", "summary.json"],
        ),
        (
            "jobs,bill",
            vec![
                "bill.csv",
                "jobs.csv",
                "manifest.json",
                "scenario.json",
                "summary.json",
            ],
        ),
    ] {
        let output = home.run(&format!(
            "run small.toml -o out --force --quiet --tables {tables}"
        ));
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        assert_eq!(names(&home.path("out")), expected);
    }
}

#[test]
fn the_jobs_of_a_run_and_its_scenario_run_again_to_the_same_digest() {
    let home = Home::new();
    let digest = |folder: &str| {
        let summary = fs::read(home.path(folder).join("summary.json")).unwrap();
        let summary: serde_json::Value = serde_json::from_slice(&summary).unwrap();
        summary["digest"].as_str().unwrap().to_owned()
    };
    assert!(
        home.run("run --trace t.csv --pool 4 -o first")
            .status
            .success()
    );
    assert!(
        home.run("run --trace first/jobs.csv --pool 4 -o second")
            .status
            .success()
    );
    assert_eq!(digest("first"), digest("second"));
    assert!(home.run("run small.toml -o third").status.success());
    assert!(
        home.run("run third/scenario.json -o fourth")
            .status
            .success()
    );
    assert_eq!(digest("third"), digest("fourth"));
}

#[test]
fn the_jobs_of_a_pipeline_are_its_trace_again_with_what_they_waited_for() {
    let home = Home::new();
    let mut trace = "job_id,submit_s,run_s,vcpus,array_id,array_index,depends_on\n\
        7,0,20,1,,,\n1,0,5,1,,,7\n"
        .to_owned();
    for child in 0..3 {
        let run = 10 + 5 * child;
        trace += &format!(",0,{run},1,align,{child},7 1\n");
        trace += &format!(",0,{run},1,sort,{child},n_to_n:align\n");
        trace += &format!(",3,1,1,publish,{child},sort:0 sequential\n");
    }
    trace += "last,4,9,2,,,publish;1\n";
    fs::write(home.path("pipeline.csv"), trace).unwrap();
    let tables = |folder: &str| -> Vec<String> {
        let read = |name: &str| fs::read_to_string(home.path(folder).join(name)).unwrap();
        ["jobs.csv", "attempts.csv", "timeline.csv"]
            .map(read)
            .into()
    };
    for (trace, folder) in [("pipeline.csv", "first"), ("first/jobs.csv", "second")] {
        let output = home.run(&format!(
            "run --trace {trace} --pool 4 --tables all -o {folder}"
        ));
        assert!(output.status.success(), "{output:?}");
    }
    assert!(tables("first")[0].contains(",align,1,7 1,,"));
    assert!(tables("first")[0].contains(",sort,2,n_to_n:align,"));
    assert!(tables("first")[0].contains(",publish,0,sort:0 sequential,"));
    assert_eq!(tables("first"), tables("second"));
}

#[test]
fn the_jobs_of_a_run_with_retries_and_timeouts_run_again_to_the_same_jobs() {
    let home = Home::new();
    let trace = "job_id,submit_s,run_s,vcpus,attempts_max,timeout_s,fates,exit_code,array_id,array_index\n\
        1,0,100,3,3,,1@7;nostart;0@20.5,,,\n\
        2,10,500,2,2,60,,,,\n\
        3,10,5,1,2,,,9,,\n\
        4,12,5,1,4,,oom@2;0@3,,,\n\
        ,13,50,1,2,60,,,a,0\n\
        ,13,70,1,2,60,,,a,1\n\
        ,14,5,1,2,,,,b,0\n\
        ,14,4,1,2,,1@3;0@6,,b,1\n\
        ,14,3,1,2,,,9,b,2\n\
        6,15,5,1,,,,,,\n";
    fs::write(home.path("retries.csv"), trace).unwrap();
    for (trace, folder) in [
        ("retries.csv", "first"),
        ("first/jobs.csv", "second"),
        ("second/jobs.csv", "third"),
    ] {
        let output = home.run(&format!("run --trace {trace} --pool 4 -o {folder}"));
        assert!(output.status.success(), "{output:?}");
    }
    let read = |path: &str| fs::read_to_string(home.path(path)).unwrap();
    for table in ["attempts.csv", "instances.csv", "bill.csv"] {
        let first = read(&format!("first/{table}"));
        assert_eq!(first, read(&format!("second/{table}")), "{table}");
    }
    // An exit code without fates, such as that of a timeout, is read as a fate; from then on the table is its own trace.
    assert_eq!(read("second/jobs.csv"), read("third/jobs.csv"));
    let jobs = read("first/jobs.csv");
    assert!(jobs.contains(",3,,1@7;nostart;0@20.5,"), "{jobs}");
    assert!(
        jobs.contains("Job attempt duration exceeded timeout"),
        "{jobs}"
    );
}

#[test]
fn a_bug_of_ours_ends_with_70_says_what_to_report_and_leaves_nothing() {
    let home = Home::new();
    let output = home.run("run --trace t.csv --pool 4 --seed 9 --debug-bug-after 2 -o out");
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(70), "{told}");
    assert_eq!(text(&output.stdout), "");
    for part in [
        concat!("bug in batchcast ", env!("CARGO_PKG_VERSION"), ": "),
        "(src/cli/progress.rs:",
        "seed 9; 2 jobs had ended, the last at 105 s; please report this",
    ] {
        assert!(told.contains(part), "`{part}` is not in {told}");
    }
    assert_eq!(home.made(), Vec::<String>::new());
    let help = text(&home.run("run --help").stdout);
    assert!(!help.contains("debug"), "{help}");
}

#[test]
fn what_a_killed_run_left_is_gone_after_the_next() {
    let home = Home::new();
    let left = home.path(".out.batchcast-4000000000");
    fs::create_dir(&left).unwrap();
    fs::write(left.join("jobs.csv"), "half a ro").unwrap();
    assert!(home.run("run small.toml -o out").status.success());
    assert_eq!(home.made(), ["out"]);
}

#[test]
fn a_reader_that_went_away_is_no_failure() {
    let home = Home::new();
    let mut child = Command::new(PROGRAM)
        .args(["run", "small.toml", "--json"])
        .current_dir(home.0.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        (output.status.code(), text(&output.stderr).as_str()),
        (Some(0), "")
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_device_is_said_in_words() {
    let home = Home::new();
    let full = fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let output = Command::new(PROGRAM)
        .args(["run", "small.toml"])
        .current_dir(home.0.path())
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        text(&output.stderr),
        "error: standard output: cannot write: No space left on device\n"
    );
}
