//! Many runs of one question: whether intervals hold what they say, and what the program tells of variants.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use batchcast::plan::{Enough, MEASURES, Observation, replicate, seed_of, steady};
use batchcast::stats::mean_interval;
use rayon::prelude::*;
use serde_json::Value;

use super::oracle_station::Station;

const PROGRAM: &str = env!("CARGO_BIN_EXE_batchcast");

/// M/M/8 at 80 % load: the mean wait in services (Erlang C over 8 × 0.2).
fn erlang() -> f64 {
    let load: f64 = 6.4;
    let (mut term, mut sum) = (1.0, 1.0);
    for servers in 1..8 {
        term *= load / f64::from(servers);
        sum += term;
    }
    let last = term * load / 8.0 / 0.2;
    last / (sum + last) / (8.0 * 0.2)
}

/// A replication of M/M/8, as studies keep them: its mean wait is the third measure.
fn station(seed: u64, jobs: usize) -> Observation {
    let mut values = vec![None; MEASURES.len()];
    values[2] = Some(Station::new(8, 0.8).waits(jobs, seed)[0]);
    Observation {
        seed,
        digest: seed,
        values,
    }
}

#[test]
fn ninety_five_of_a_hundred_intervals_hold_what_theory_says() {
    let truth = erlang();
    let held = (0..200u64).into_par_iter().filter(|&study| {
        let made = (0..10).map(|number| station(seed_of(study, number), 2_000));
        let waits: Vec<f64> = made.filter_map(|one| one.values[2]).collect();
        let (low, high) = mean_interval(&waits, 0.95).interval().expect("ten of them");
        low <= truth && truth <= high
    });
    let held = held.count();
    println!("{held} of 200 intervals of 95 % hold the mean wait of M/M/8");
    // What a binomial of 200 and 0.95 stays within in 99 of 100 cases.
    assert!((181..=197).contains(&held), "{held}");
}

#[test]
fn a_stated_precision_is_met_as_often_as_promised() {
    const PRECISION: f64 = 0.05;
    let truth = erlang();
    let enough = Enough::Precision {
        relative: PRECISION,
        most: 1000,
    };
    let studies = (1_000..1_100u64).into_par_iter().map(|study| {
        let made = replicate(enough, 0.95, |number| {
            Ok(station(seed_of(study, number), 2_000))
        });
        let made = made.expect("none fails");
        let waits: Vec<f64> = made.iter().filter_map(|one| one.values[2]).collect();
        let mean = waits.iter().sum::<f64>() / waits.len() as f64;
        ((mean / truth - 1.0).abs() <= PRECISION, made.len())
    });
    let studies: Vec<(bool, usize)> = studies.collect();
    let met = studies.iter().filter(|(met, _)| *met).count();
    let runs: usize = studies.iter().map(|(_, runs)| runs).sum();
    println!(
        "{met} of 100 studies are within 5 % of theory, after {} replications on the average",
        runs / 100
    );
    // Fewer than 89 of 100 come with 95 % in one case of 100.
    assert!(met >= 89, "{met}");
}

#[test]
fn one_long_run_tells_the_steady_state() {
    let truth = erlang() * 1_000.0;
    let runs = (0..40u64).into_par_iter().map(|seed| {
        let scenario = Station::new(8, 0.8).scenario(40_000, seed);
        steady(&scenario, seed, 0.95)
    });
    let runs: Vec<_> = runs.collect();
    let held = runs.iter().filter(|run| {
        let interval = run.wait_s.interval();
        interval.is_some_and(|(low, high)| low <= truth && truth <= high)
    });
    let (held, sound) = (
        held.count(),
        runs.iter().filter(|run| run.is_sound()).count(),
    );
    println!(
        "{held} of 40 intervals of batch means hold the mean wait of M/M/8; {sound} are called sound"
    );
    // Fewer than 34 of 40 come with 95 % in one case of 100.
    assert!(held >= 34, "{held}");
    assert!(sound >= 30, "{sound}");
}

fn scenario(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("scenarios")
        .join(name)
}

fn batchcast(words: &[&str]) -> Output {
    let mut command = Command::new(PROGRAM);
    command.args(words).output().expect("the program starts")
}

fn json(words: &[&str]) -> Value {
    let output = batchcast(words);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("it is JSON")
}

/// A scenario, what is varied, and in which measure pairs help.
const PAIRS: &[(&str, &str, &str)] = &[
    (
        "01-quickstart",
        "computeEnvironments.night-pool.instances.0.count=2,3",
        "wait_mean_s",
    ),
    ("09-autoscaling-day", "scaleInIdle=5m,10m", "cost_usd"),
    ("12-spill-over", "scaleInIdle=5m,10m", "cost_usd"),
    ("15-spot-or-on-demand", "containerStart=1s,30s", "cost_usd"),
    ("23-savings-plan-week", "bootTime=60s,120s", "cost_usd"),
];

#[test]
fn the_same_luck_makes_differences_more_certain() {
    for &(name, vary, measure) in PAIRS {
        let path = scenario(name).display().to_string();
        let found = json(&[
            "compare",
            &path,
            "--vary",
            vary,
            "--replications",
            "20",
            "--no-profiles",
            "--json",
        ]);
        let difference = &found["variants"][1]["difference"][measure];
        let gain = difference["variance_unpaired_over_paired"].as_f64();
        let gain = gain.unwrap_or_else(|| panic!("{name}: {difference}"));
        println!("{name}, {vary}: {measure} of unpaired runs varies {gain:.1} times as much");
        assert!(gain > 1.0, "{name}: {gain}");
    }
}

#[test]
fn replications_are_the_same_on_one_thread_and_on_two() {
    let path = scenario("15-spot-or-on-demand").display().to_string();
    let run = |threads: &str| {
        let output = Command::new(PROGRAM)
            .args([
                "run",
                &path,
                "--precision",
                "5%",
                "--max-replications",
                "40",
                "--json",
            ])
            .env("RAYON_NUM_THREADS", threads)
            .output()
            .expect("the program starts");
        output.stdout
    };
    assert_eq!(run("1"), run("2"));
}

#[test]
fn the_first_replication_is_the_run_of_the_seed() {
    let path = scenario("01-quickstart").display().to_string();
    let found = json(&[
        "run",
        &path,
        "--replications",
        "2",
        "--no-profiles",
        "--json",
    ]);
    let alone = json(&["run", &path, "--json"]);
    let first = &found["variants"][0]["replications"][0];
    assert_eq!(first["digest"], alone["digest"]);
    let second = &found["variants"][0]["replications"][1];
    let seed = second["seed"].to_string();
    let again = json(&["run", &path, "--seed", &seed, "--json"]);
    assert_eq!(
        second["digest"], again["digest"],
        "a replication can be run alone"
    );
}

#[test]
fn the_best_of_three_is_found_with_few_runs_of_the_others() {
    let path = scenario("09-autoscaling-day").display().to_string();
    let vary = "scaleInIdle=1m,10m,60m";
    let found = json(&[
        "compare", &path, "--vary", vary, "--best", "cost_usd", "--json",
    ]);
    assert_eq!(found["best"], "scaleInIdle=1m", "{found}");
    assert_eq!(found["is_certain"], true);
    let used = |index: usize| found["variants"][index]["replications"].as_u64();
    assert!(used(2) <= used(0), "{found}");
}

#[test]
fn what_cannot_be_compared_is_told() {
    let path = scenario("01-quickstart").display().to_string();
    for (words, wanted) in [
        (vec!["compare", &path], "there is only one variant"),
        (
            vec!["compare", &path, "--vary", "dispatch"],
            "write KEY=A,B",
        ),
        (
            vec!["compare", &path, "--vary", "dispatch="],
            "at least one value",
        ),
        (
            vec!["compare", &path, "--vary", "dispatch=strict,strict"],
            "names the value strict twice",
        ),
        (
            vec!["compare", &path, "--vary", "dispach=strict,easy"],
            "dispach",
        ),
        (
            vec!["compare", &path, "--vary", "dispatch=strict,loose"],
            "loose",
        ),
        (vec!["compare", &path, "no-such-folder"], "no-such-folder"),
        (
            vec!["compare", &path, &path, "--best", "price"],
            "there is no such measure",
        ),
        (
            vec![
                "compare",
                &path,
                &path,
                "--best",
                "cost_usd",
                "--replications",
                "9",
            ],
            "cannot be used with",
        ),
        (
            vec!["compare", &path, &path, "--indifference", "1"],
            "--best",
        ),
        (
            vec!["run", &path, "--confidence", "90%"],
            "a single run has no interval",
        ),
        (
            vec!["run", &path, "--no-profiles"],
            "a single run has no interval",
        ),
        (vec!["run", &path, "--replications", "0"], "0"),
        (vec!["run", &path, "--precision", "2"], "between 0 and 1"),
        (
            vec!["run", &path, "--precision", "1%", "--replications", "9"],
            "cannot be used with",
        ),
        (
            vec!["run", &path, "--replications", "9", "-o", "out"],
            "cannot be used with",
        ),
    ] {
        let output = batchcast(&words);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{words:?}: {told}");
        assert!(told.contains(wanted), "{words:?}: {told}");
        assert!(output.stdout.is_empty(), "{words:?}");
    }
}
