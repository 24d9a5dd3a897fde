//! Searches for a configuration, judged by every configuration there is, by bounds, and by AWS's own shapes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use batchcast::input::scenario::{NoFiles, load};
use batchcast::metrics::{Summary, cheapest_capacity};
use batchcast::plan::{replication, seed_of};

use crate::data;

const PROGRAM: &str = env!("CARGO_BIN_EXE_batchcast");
/// Seeds of each configuration, here.
const SEEDS: u64 = 3;

/// A hundred jobs in two bursts, or sixty that come one by one; `{…}` is filled in.
const SCENARIO: &str = r#"
seed = 5
[[instanceTypes]]
instanceType = "own.small"
vcpus = 4
memoryMiB = 8192
priceUsdPerHour = "0.16"
[[instanceTypes]]
instanceType = "own.large"
vcpus = 16
memoryMiB = 32768
priceUsdPerHour = "0.60"
[[computeEnvironments]]
computeEnvironmentName = "main"
type = "MANAGED"
computeResources = { type = "EC2", allocationStrategy = "BEST_FIT_PROGRESSIVE", minvCpus = 0, maxvCpus = 16, instanceTypes = ["own.small", "own.large"] }
[[jobQueues]]
jobQueueName = "q"
priority = 1
computeEnvironmentOrder = [{ order = 1, computeEnvironment = "main" }]
"#;

const BURSTS: &str = r#"
[[workload.generators]]
name = "burst"
jobQueue = "q"
vcpus = 2
memoryMiB = 3000
arrivals = { kind = "timesOfDay", at = ["01:00", "03:00"], jobs = 50 }
until = "4h"
run = { kind = "uniform", from = "2m", to = "10m" }
"#;

const STREAM: &str = r#"
[[workload.generators]]
name = "stream"
jobQueue = "q"
vcpus = 4
memoryMiB = 4000
arrivals = { kind = "poisson", perHour = 20 }
until = "3h"
run = { kind = "exponential", mean = "8m", most = "30m" }
"#;

fn home() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

fn written(home: &Path, workload: &str) -> PathBuf {
    let path = home.join("small.toml");
    fs::write(&path, format!("{SCENARIO}{workload}")).expect("it is written");
    path
}

fn plan(scenario: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(PROGRAM);
    command.arg("plan").arg(scenario).args(words);
    command.output().expect("the program starts")
}

fn answer(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| {
        panic!("no JSON: {}", String::from_utf8_lossy(&output.stderr));
    })
}

fn runs(text: &str, sets: &[(String, String)]) -> Vec<Summary> {
    let first = load("small.toml", text.as_bytes(), sets, None, &NoFiles).expect("it is sound");
    let seeds = (0..SEEDS).map(|number| seed_of(first.seed, number));
    seeds
        .map(|seed| {
            let loaded = load("small.toml", text.as_bytes(), sets, Some(seed), &NoFiles);
            replication(&loaded.expect("it is sound").scenario, seed)
        })
        .collect()
}

fn cost(summary: &Summary) -> f64 {
    summary.cost_total().rounded_ticks() as f64 / 1e10
}

/// What the jobs of today's runs cost at least on any of the scenario's own types.
fn floors(text: &str) -> Vec<f64> {
    let loaded = load("small.toml", text.as_bytes(), &[], None, &NoFiles).expect("it is sound");
    let catalogue = &loaded.scenario.world.catalogue;
    let types = ["own.small", "own.large"].map(|name| catalogue.find(name).expect("a type"));
    let floor = |run: &Summary| {
        let bounds = cheapest_capacity(run.reserved_ms, catalogue, &types, true);
        bounds.largest().rounded_ticks() as f64 / 1e10
    };
    runs(text, &[]).iter().map(floor).collect()
}

/// The least mean cost of any combination of these values that ends within `limit_s` for each seed.
fn cheapest(text: &str, limit_s: f64) -> f64 {
    let key = |name: &str| format!("computeEnvironments.main.computeResources.{name}");
    let mut least = f64::INFINITY;
    let floors = floors(text);
    for most in ["4", "8", "16", "32", "64"] {
        for types in [
            r#"["own.small"]"#,
            r#"["own.large"]"#,
            r#"["own.small", "own.large"]"#,
        ] {
            for delay in ["0", "20", "60"] {
                let sets = [
                    (key("maxvCpus"), most.to_owned()),
                    (key("instanceTypes"), types.to_owned()),
                    (
                        key("scalingPolicy.minScaleDownDelayMinutes"),
                        delay.to_owned(),
                    ),
                ];
                let runs = runs(text, &sets);
                for (run, floor) in runs.iter().zip(&floors) {
                    let is_whole = run.jobs.unfinished == 0;
                    assert!(
                        !is_whole || cost(run) >= *floor,
                        "{sets:?} beats the bound {floor}"
                    );
                }
                let ends = |run: &Summary| {
                    run.makespan
                        .map_or(f64::INFINITY, |one| one.ms() as f64 / 1e3)
                };
                let is_met = runs
                    .iter()
                    .all(|run| ends(run) <= limit_s && run.jobs.unfinished == 0);
                if is_met {
                    least = least.min(runs.iter().map(cost).sum::<f64>() / SEEDS as f64);
                }
            }
        }
    }
    least
}

const KNOBS: [&str; 9] = [
    "--replications",
    "3",
    "--json",
    "--keep",
    "purchase",
    "--keep",
    "minvCpus",
    "--simulations",
    "600",
];

#[test]
fn no_combination_of_the_same_values_is_cheaper() {
    for (workload, deadline, limit_s) in [(BURSTS, "165m", 9_900.0), (STREAM, "4h", 14_400.0)] {
        let home = home();
        let path = written(home.path(), workload);
        let output = plan(&path, &[&["--deadline", deadline][..], &KNOBS].concat());
        let answer = answer(&output);
        let least = cheapest(&format!("{SCENARIO}{workload}"), limit_s);
        assert_eq!(answer["is_met"], least.is_finite(), "{answer:#}");
        let chosen = answer["frontier"].as_array().expect("a list").iter();
        let chosen = chosen.clone().find(|one| one["name"] == answer["chosen"]);
        let found = chosen
            .and_then(|one| one["cost_usd"]["mean"].as_f64())
            .expect("a cost");
        assert!(
            found <= least * 1.01,
            "{found} is above {least}: {answer:#}"
        );
        for one in answer["frontier"].as_array().expect("a list") {
            let (cost, bound) = (&one["cost_usd"]["mean"], &one["cost_bound_usd"]);
            assert!(
                cost.as_f64() >= bound.as_f64() && bound.as_f64() > Some(0.0),
                "{one:#}"
            );
        }
    }
}

#[test]
fn a_target_that_cannot_be_is_told_with_why_and_the_nearest() {
    let home = home();
    let path = written(home.path(), BURSTS);
    let words = [
        "--deadline",
        "1h",
        "--replications",
        "3",
        "--simulations",
        "60",
    ];
    let output = plan(&path, &words);
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("No machines can do it"), "{text}");
    assert!(text.contains("Nearest is"), "{text}");
}

#[test]
fn what_is_no_question_is_told_what_to_write() {
    let home = home();
    let path = written(home.path(), BURSTS);
    let pool = home.path().join("pool.toml");
    let unmanaged = "[[computeEnvironments]]\ncomputeEnvironmentName = \"p\"\ntype = \"UNMANAGED\"\n\
         instances = [{ instanceType = \"c6i.xlarge\", count = 1 }]\n[[jobQueues]]\njobQueueName = \"q\"\npriority = 1\n\
         computeEnvironmentOrder = [{ order = 1, computeEnvironment = \"p\" }]\n";
    let unmanaged = format!("{unmanaged}{BURSTS}");
    fs::write(&pool, unmanaged).expect("it is written");
    for (scenario, words, told) in [
        (&path, &[][..], "--deadline"),
        (
            &path,
            &["--deadline", "6h", "--budget", "5"],
            "cannot be used with",
        ),
        (&path, &["--deadline", "-6h"], "span of time"),
        (&path, &["--deadline", "0"], "longer than 0"),
        (&path, &["--budget", "-5"], "above 0"),
        (&path, &["--budget", "5", "--minimize", "speed"], "makespan"),
        (
            &path,
            &["--budget", "5", "--keep", "bootTime"],
            "no such knob",
        ),
        (
            &path,
            &["--budget", "5", "--simulations", "20"],
            "need 40 or more",
        ),
        (&pool, &["--budget", "5"], "nothing to plan"),
    ] {
        let output = plan(scenario, words);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{words:?}: {error}");
        assert!(error.contains(told), "{words:?}: {error}");
    }
}

/// Every member of `body` that the structure `shape` does not have, and every required one that is missing.
fn misfits(shapes: &Value, shape: &str, body: &Value, place: &str) -> Vec<String> {
    let shape_of = &shapes["shapes"][shape];
    let mut found = Vec::new();
    match (shape_of["type"].as_str(), body) {
        (Some("structure"), Value::Object(members)) => {
            let known = shape_of["members"].as_object().expect("members");
            for (key, value) in members {
                match known.get(key).and_then(|member| member["type"].as_str()) {
                    Some(kind) => {
                        found.extend(misfits(shapes, kind, value, &format!("{place}/{key}")))
                    }
                    None => found.push(format!("{place}/{key} is unknown")),
                }
            }
            let required = known
                .iter()
                .filter(|(_, member)| member["required"] == true);
            let missing = required.filter(|(key, _)| !members.contains_key(*key));
            found.extend(missing.map(|(key, _)| format!("{place}/{key} is missing")));
        }
        (Some("list"), Value::Array(items)) => {
            let of = shape_of["of"].as_str().expect("a kind");
            found.extend(
                items
                    .iter()
                    .flat_map(|item| misfits(shapes, of, item, place)),
            );
        }
        (Some("string"), Value::String(text)) => {
            let allowed = shape_of["enum"].as_array();
            if allowed.is_some_and(|allowed| !allowed.iter().any(|one| one == text)) {
                found.push(format!("{place} may not be {text}"));
            }
        }
        (None, value) => {
            let is_right = match shape {
                "string" => value.is_string(),
                "integer" => value.is_u64(),
                "boolean" => value.is_boolean(),
                _ => false,
            };
            if !is_right {
                found.push(format!("{place} is no {shape}"));
            }
        }
        _ => found.push(format!("{place} is no {shape}")),
    }
    found
}

#[test]
fn the_requests_are_as_aws_takes_them() {
    let Some(shapes) = data::reference("aws-batch-api-shapes.json") else {
        return;
    };
    let shapes = fs::read(shapes).expect("it can be read");
    let shapes: Value = serde_json::from_slice(&shapes).expect("it is JSON");
    let home = home();
    let path = written(home.path(), STREAM);
    let folder = home.path().join("planned");
    let place = folder.display().to_string();
    let words = [
        "--deadline",
        "4h",
        "--replications",
        "3",
        "--simulations",
        "120",
        "-o",
        &place,
    ];
    let output = plan(&path, &words);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut requests = 0;
    for entry in fs::read_dir(&folder).expect("the folder is there") {
        let path = entry.expect("an entry").path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .expect("a name")
            .to_owned();
        let actions = [
            (
                "create-compute-environment",
                "CreateComputeEnvironmentRequest",
            ),
            (
                "update-compute-environment",
                "UpdateComputeEnvironmentRequest",
            ),
            ("update-job-queue", "UpdateJobQueueRequest"),
        ];
        let Some((_, shape)) = actions.iter().find(|(action, _)| name.starts_with(action)) else {
            continue;
        };
        let body = fs::read(&path).expect("it can be read");
        let body: Value = serde_json::from_slice(&body).expect("it is JSON");
        assert_eq!(
            misfits(&shapes, shape, &body, ""),
            Vec::<String>::new(),
            "{name}"
        );
        requests += 1;
    }
    assert!(requests > 0, "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!(
        plan(&path, &words).status.code(),
        Some(2),
        "the folder is full"
    );
}
