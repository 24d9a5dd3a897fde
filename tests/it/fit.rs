//! `fit`, `generate` and `export` as a user meets them, and the families of real logs.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Output};

use batchcast::input::fit::{FitOptions, fit_trace};
use batchcast::input::{TraceOptions, swf};

use crate::data;

fn batchcast(folder: &Path, words: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_batchcast"));
    command.current_dir(folder).args(words.split_whitespace());
    command.output().unwrap()
}

fn done(folder: &Path, words: &str) -> String {
    let output = batchcast(folder, words);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{words}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

const SCENARIO: &str = r#"
name = "made-up"
seed = 3
start = "2026-01-05T08:00:00Z"
[[computeEnvironments]]
computeEnvironmentName = "pool"
type = "UNMANAGED"
instances = [{ instanceType = "c6i.8xlarge", count = 2 }]
[[jobQueues]]
jobQueueName = "main"
priority = 1
computeEnvironmentOrder = [{ order = 1, computeEnvironment = "pool" }]
"#;

const GENERATOR: &str = r#"
[[workload.generators]]
name = "night"
jobQueue = "main"
count = 800
arrivals = { kind = "weekly", perHour = 6, hourOfDay = [1, 1, 1, 1, 1, 1, 1, 1, 4, 4, 4, 4, 4, 4, 4, 4, 4, 1, 1, 1, 1, 1, 1, 1] }
run = { kind = "hyperExponential", part = 0.8, mean = "2m", otherMean = "1h" }
sizes = [{ vcpus = 1, memoryMiB = 1024, weight = 3 }, { vcpus = 4, memoryMiB = 8192 }]
"#;

#[test]
fn a_generated_trace_is_fitted_and_the_fit_runs() {
    let place = tempfile::tempdir().unwrap();
    let home = place.path();
    fs::write(home.join("s.toml"), format!("{SCENARIO}{GENERATOR}")).unwrap();
    done(home, "generate s.toml -o jobs.csv");
    done(home, "generate s.toml -o again.csv");
    done(home, "generate s.toml -o other.csv --seed 4");
    let bytes = |name: &str| fs::read(home.join(name)).unwrap();
    assert_eq!(bytes("jobs.csv"), bytes("again.csv"));
    assert_ne!(bytes("jobs.csv"), bytes("other.csv"));
    assert_eq!(
        String::from_utf8(bytes("jobs.csv"))
            .unwrap()
            .lines()
            .count(),
        801
    );

    let text = done(home, "fit jobs.csv -o g.toml");
    assert!(text.contains("* hyperExponential"), "{text}");
    let json = done(home, "fit jobs.csv --json --draws 0");
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["classes"][0]["best"], "hyperExponential");
    let fitted = String::from_utf8(bytes("g.toml")).unwrap();
    fs::write(home.join("f.toml"), format!("{SCENARIO}{fitted}")).unwrap();
    done(home, "run f.toml -o out");
    let refused = batchcast(home, "fit jobs.csv -o g.toml");
    assert_eq!(refused.status.code(), Some(2));
    let refused = batchcast(home, "generate s.toml -o jobs.csv");
    assert_eq!(refused.status.code(), Some(2));
}

#[test]
fn a_run_is_exported_and_its_bill_is_the_same_to_the_last_digit() {
    let place = tempfile::tempdir().unwrap();
    let home = place.path();
    fs::write(home.join("s.toml"), format!("{SCENARIO}{GENERATOR}")).unwrap();
    done(home, "run s.toml -o out");
    done(home, "export out --format focus -o bill.csv");
    done(home, "export out --format cur -o cur.csv");
    done(home, "export out --format batsim -o batsim");
    done(home, "export out --format batsim4 -o batsim");
    done(home, "export out --format swf -o out.swf");
    let ticks = |text: &str| batchcast::explain::usd(text).unwrap();
    let mut bill = csv::Reader::from_path(home.join("bill.csv")).unwrap();
    let at = bill
        .headers()
        .unwrap()
        .iter()
        .position(|name| name == "BilledCost");
    let costs = bill.records().map(|row| ticks(&row.unwrap()[at.unwrap()]));
    let summary = fs::read_to_string(home.join("out/summary.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    let told = ticks(summary["cost_usd"].as_str().unwrap());
    assert_eq!(costs.sum::<batchcast::units::Usd>(), told);
    let count = |name: &str| fs::read_to_string(home.join(name)).unwrap().lines().count();
    assert_eq!(count("batsim/jobs.csv"), 801);
    assert_eq!(count("batsim/out_schedule.csv"), 2);
    done(home, "doctor out.swf --quiet");
    let refused = batchcast(home, "export out --format focus -o bill.csv");
    assert_eq!(refused.status.code(), Some(2));
    fs::remove_file(home.join("out/bill.csv")).unwrap();
    let refused = batchcast(home, "export out --format focus -o b.csv");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("has no bill.csv"), "{said}");

    let read =
        "from evalys.jobset import JobSet; print(len(JobSet.from_csv('batsim/out_jobs.csv').df))";
    let evalys = Command::new("python3")
        .args(["-c", "import evalys"])
        .output();
    if !evalys.is_ok_and(|evalys| evalys.status.success()) {
        println!("skipped: python3 cannot import evalys");
        return;
    }
    let output = Command::new("python3")
        .current_dir(home)
        .args(["-c", read])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "800");
}

#[test]
fn every_real_log_has_a_nearest_family() {
    let Some(folder) = data::file("swf") else {
        return;
    };
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    names.sort();
    names.retain(|path| path.to_string_lossy().ends_with(".swf.gz"));
    assert!(!names.is_empty());
    println!(
        "{:<36}{:>9}  {:<18}{:>7}{:>12}",
        "log", "jobs", "nearest", "KS", "dispersion"
    );
    for path in names {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let trace = swf::read(File::open(&path).unwrap(), &name, &TraceOptions::default());
        let Ok(trace) = trace else {
            println!("{name:<36} is not read");
            continue;
        };
        let fitted = fit_trace(
            &trace,
            &FitOptions {
                draws: 0,
                ..FitOptions::default()
            },
        );
        let class = &fitted.classes[0];
        let best = &class.families[class.best.unwrap()];
        assert!(best.distance.ks < 0.5, "{name}: {best:?}");
        println!(
            "{name:<36}{:>9}  {:<18}{:>7.4}{:>12.1}",
            class.jobs, best.name, best.distance.ks, class.arrivals.dispersion
        );
    }
}
