//! What managed environments cost: a million jobs of twenty shapes over four of them and three queues, against the bare loop
//! on as many jobs; a scaling decision before a million waiting jobs; placement on forty thousand instances.
//!
//! `cargo bench --bench fleets` runs a hundredth of it; `BATCHCAST_BENCH=full` all. `BATCHCAST_FLEETS=replay`, `decision` or
//! `placement` runs one of them.

#[path = "support/bare.rs"]
#[allow(dead_code, reason = "shared with another bench, which uses all of it")]
mod bare;
#[path = "support/meter.rs"]
#[allow(dead_code, reason = "shared with another bench, which uses all of it")]
mod meter;
#[path = "support/workload.rs"]
#[allow(dead_code, reason = "shared with another bench, which uses all of it")]
mod workload;

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Instant;

use batchcast::fleet::Fleet;
use batchcast::input::scenario::{NoFiles, load};
use batchcast::model::{ComputeEnvironment, EnvironmentKind};
use batchcast::policy::capacity::{Ask, Capacity};
use batchcast::policy::scaling::{QueueDemand, Want};
use batchcast::units::{EnvId, JobId, QueueId, Shape, SimTime};

/// Four environments, three queues of different priority that share them, one with fair share.
const SCENARIO: &str = r#"
name = "twenty shapes"
[workload]
trace = "jobs.csv"
[[schedulingPolicies]]
name = "fair"
fairsharePolicy = { shareDecaySeconds = 3600, shareDistribution = [] }
[[computeEnvironments]]
computeEnvironmentName = "c"
type = "MANAGED"
computeResources = { type = "EC2", allocationStrategy = "BEST_FIT_PROGRESSIVE", maxvCpus = 600, instanceTypes = ["c6i"] }
[[computeEnvironments]]
computeEnvironmentName = "m"
type = "MANAGED"
computeResources = { type = "EC2", allocationStrategy = "BEST_FIT_PROGRESSIVE", maxvCpus = 600, instanceTypes = ["m6i"] }
[[computeEnvironments]]
computeEnvironmentName = "r"
type = "MANAGED"
computeResources = { type = "EC2", allocationStrategy = "BEST_FIT", maxvCpus = 600, instanceTypes = ["r6i"] }
[[computeEnvironments]]
computeEnvironmentName = "any"
type = "MANAGED"
computeResources = { type = "EC2", allocationStrategy = "BEST_FIT_PROGRESSIVE", maxvCpus = 600, instanceTypes = ["optimal"] }
[[jobQueues]]
jobQueueName = "urgent"
priority = 10
computeEnvironmentOrder = [{ order = 1, computeEnvironment = "c" }, { order = 2, computeEnvironment = "any" }]
[[jobQueues]]
jobQueueName = "fair"
priority = 5
schedulingPolicyArn = "fair"
computeEnvironmentOrder = [{ order = 1, computeEnvironment = "m" }, { order = 2, computeEnvironment = "any" }]
[[jobQueues]]
jobQueueName = "night"
priority = 1
computeEnvironmentOrder = [{ order = 1, computeEnvironment = "r" }, { order = 2, computeEnvironment = "any" }]
"#;

/// CPU seconds of the replay over those of the bare loop on as many jobs.
const RATIO_MAX: f64 = 4.0;
/// A decision before a million waiting jobs.
const DECISION_MAX_MS: f64 = 1.0;
/// A placement on forty thousand instances, on the average.
const PLACEMENT_MAX_US: f64 = 1.0;

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(problem) => {
            eprintln!("fleets: {problem}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all is as it should be; always so where the runs are too small to tell.
fn run() -> Result<bool, String> {
    let full = env::var("BATCHCAST_BENCH").is_ok_and(|size| size == "full");
    let only = env::var("BATCHCAST_FLEETS").unwrap_or_default();
    let scale = if full { 1 } else { 100 };
    let mut good = true;
    if "replay".contains(&only) {
        good &= replay(1_000_000 / scale)?;
    }
    if "decision".contains(&only) {
        good &= decision();
    }
    if "placement".contains(&only) {
        good &= placement(40_000 / scale as u32);
    }
    Ok(good || !full)
}

/// The shapes: 1 to 16 vCPUs with 1 to 8 GiB each, almost.
fn shapes() -> Vec<Shape> {
    let vcpus = [1u32, 2, 4, 8, 16];
    let memory = [900u32, 1_700, 3_500, 7_000];
    vcpus
        .iter()
        .flat_map(|&vcpus| {
            memory
                .iter()
                .map(move |&each| Shape::new(vcpus, each * vcpus, 0))
        })
        .collect()
}

fn replay(jobs: usize) -> Result<bool, String> {
    let folder = tempfile::tempdir().map_err(text)?;
    let log = workload::generate(jobs, 200);
    let swf = folder.path().join("log.swf");
    workload::write_swf(&log, &swf).map_err(text)?;
    let mut rows =
        String::from("job_id,submit_s,run_s,vcpus,memory_mib,job_queue,share_identifier\n");
    let shapes = shapes();
    for (number, job) in log.iter().enumerate() {
        // The same load as on the pool, in jobs of these shapes.
        let shape = shapes[number * 7 % shapes.len()];
        let run = (u64::from(job.run) * u64::from(job.cores) / u64::from(shape.vcpus)).max(1);
        let run = run.min(86_400);
        let (queue, share) = match number % 3 {
            0 => ("urgent", String::new()),
            1 => ("fair", format!("user{}", job.user)),
            _ => ("night", String::new()),
        };
        let (vcpus, memory) = (shape.vcpus, shape.memory);
        writeln!(
            rows,
            "{number},{},{run},{vcpus},{memory},{queue},{share}",
            job.submit
        )
        .map_err(|error| error.to_string())?;
    }
    fs::write(folder.path().join("jobs.csv"), rows).map_err(text)?;
    fs::write(folder.path().join("scenario.toml"), SCENARIO).map_err(text)?;
    let program = env!("CARGO_BIN_EXE_batchcast");
    let result = folder.path().join("result");
    let cost = meter::run(
        Command::new(program)
            .args(["run", "--quiet", "--tables", "jobs", "--force", "-o"])
            .arg(&result)
            .arg(folder.path()),
        3,
    )?;
    let bare = bare_cpu_s(&swf, folder.path())?;
    let ratio = cost.cpu_s / bare;
    println!(
        "{jobs} jobs of {} shapes, 4 managed environments, 3 queues: {:.2} CPU s, {:.0} MiB; bare loop {bare:.2} s; ratio {ratio:.2}, wanted at most {RATIO_MAX}",
        shapes.len(),
        cost.cpu_s,
        cost.peak_mib
    );
    Ok(ratio <= RATIO_MAX)
}

/// CPU seconds of the bare loop: read, parse, first come first served, write.
fn bare_cpu_s(log: &Path, folder: &Path) -> Result<f64, String> {
    const TIMES: u32 = 5;
    let before = meter::own_cpu_s();
    for _ in 0..TIMES {
        let text_of_log = fs::read(log).map_err(text)?;
        let jobs = bare::parse(&text_of_log, false);
        drop(text_of_log);
        let schedule = bare::simulate(&jobs, workload::CORES, bare::Discipline::Strict);
        bare::write(&jobs, &schedule, &folder.join("bare.csv")).map_err(text)?;
    }
    Ok((meter::own_cpu_s() - before) / f64::from(TIMES))
}

/// A fleet with one managed environment that may launch `max` vCPUs.
fn with_fleet(max: u32, what: impl FnOnce(&mut Fleet<'_>, &EnvironmentKind) -> bool) -> bool {
    let text = format!(
        "model = {{ profile = \"typical\", clusterInstancesMax = 0, launchBurst = 0 }}\n[[computeEnvironments]]\ncomputeEnvironmentName = \"e\"\ntype = \"MANAGED\"\ncomputeResources = {{ type = \"EC2\", allocationStrategy = \"BEST_FIT_PROGRESSIVE\", maxvCpus = {max}, instanceTypes = [\"optimal\"] }}\n[[jobQueues]]\njobQueueName = \"q\"\npriority = 1\ncomputeEnvironmentOrder = [{{ order = 1, computeEnvironment = \"e\" }}]\n[[workload.jobs]]\njobName = \"j\"\njobQueue = \"q\"\nrun = 1\nvcpus = 1\nmemoryMiB = 4\n"
    );
    let loaded = load("bench.toml", text.as_bytes(), &[], None, &NoFiles);
    let scenario = match loaded {
        Ok(loaded) => loaded.scenario,
        Err(problems) => panic!("{problems:?}"),
    };
    let spec: Option<&ComputeEnvironment> = scenario.commands.iter().find_map(|timed| match &timed
        .command
    {
        batchcast::model::Command::CreateComputeEnvironment(spec) => Some(spec),
        _ => None,
    });
    let spec = spec.expect("the environment is in the text");
    let mut fleet = Fleet::new(&scenario.world, batchcast::engine::Streams::new(1));
    fleet.create(EnvId::at(0), spec);
    what(&mut fleet, &spec.kind)
}

/// A decision before a million waiting jobs of twenty shapes, with machines for a tenth of them and none.
fn decision() -> bool {
    let shapes = shapes();
    let wants: Vec<Want> = shapes
        .iter()
        .rev()
        .map(|&shape| Want {
            shape,
            count: 50_000,
            gang: None,
            needs_only_room: false,
        })
        .collect();
    let demands = [QueueDemand {
        queue: QueueId::at(0),
        environments: vec![EnvId::at(0)],
        wants,
    }];
    let mut good = true;
    for max in [1_000, 10_000, 100_000] {
        good &= with_fleet(max, |fleet, _| {
            let begun = Instant::now();
            let first = fleet.scale(SimTime::from_s(60), &demands);
            let first_ms = begun.elapsed().as_secs_f64() * 1e3;
            let machines: u32 = first.launches.iter().map(|launch| launch.count).sum();
            let begun = Instant::now();
            fleet.scale(SimTime::from_s(120), &demands);
            let second_ms = begun.elapsed().as_secs_f64() * 1e3;
            println!(
                "decision, 10^6 jobs of 20 shapes, maxvCpus {max}: {first_ms:.3} ms for {machines} launches, then {second_ms:.3} ms; wanted under {DECISION_MAX_MS}"
            );
            first_ms < DECISION_MAX_MS && second_ms < DECISION_MAX_MS
        });
    }
    good
}

/// Jobs that come and go on `machines` machines that are nearly full.
fn placement(machines: u32) -> bool {
    with_fleet(u32::MAX, |fleet, kind| {
        let EnvironmentKind::Managed(managed) = kind else {
            return false;
        };
        for number in 0..machines {
            let instance_type = managed.types[number as usize % managed.types.len()];
            fleet.join(SimTime::ZERO, EnvId::at(0), instance_type, 1);
        }
        let shapes = shapes();
        let mut placed = std::collections::VecDeque::new();
        let mut number = 0;
        let mut place = |fleet: &mut Fleet<'_>, now: SimTime| {
            let ask = Ask {
                job: JobId(number),
                shape: shapes[number as usize * 7 % shapes.len()],
                gang: None,
                expected_end: now,
                task: None,
            };
            number += 1;
            fleet.place(now, EnvId::at(0), &ask)
        };
        let mut now = SimTime::ZERO;
        while let Some(one) = place(fleet, now) {
            placed.push_back(one.allocation);
        }
        const ROUNDS: u32 = 1_000_000;
        let begun = Instant::now();
        let mut done = 0u32;
        for round in 0..ROUNDS {
            now = SimTime::from_ms(u64::from(round));
            let first = placed.pop_front().expect("many are placed");
            let spent = batchcast::fleet::Spent::on(batchcast::model::CostCause::Useful);
            fleet.release(now, first, spent);
            if let Some(one) = place(fleet, now) {
                placed.push_back(one.allocation);
                done += 1;
            }
        }
        let each_us = begun.elapsed().as_secs_f64() * 1e6 / f64::from(ROUNDS);
        println!(
            "placement on {machines} instances with {} jobs: {each_us:.3} µs for a release and a try, {done} of {ROUNDS} placed; wanted under {PLACEMENT_MAX_US}",
            placed.len()
        );
        each_us < PLACEMENT_MAX_US
    })
}

fn text(error: std::io::Error) -> String {
    error.to_string()
}
