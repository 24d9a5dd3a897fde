//! Every closed form against the library: mean waits of M/M/c, M/D/c, M/G/1, D/M/1, priorities, shortest job first and users who
//! think, makespans of arrays, and busy machines and their bill under perfect autoscaling. A row passes if the theory lies in the 99 % interval of its replications (Bonferroni over
//! the rows: all of them pass together in 99 of 100 right simulators) and the mean is within 1 % of it up to a load of 0.8,
//! within 3 % at 0.9 and within 8 % at 0.95 (0.5 % under autoscaling). Runs are lengthened until their interval is that narrow.
//!
//! `cargo bench --bench oracles` takes a few short rows; `BATCHCAST_BENCH=full` all of them (half an hour on two idle cores);
//! `BATCHCAST_ORACLE=text` those whose name contains it. Waits below a thousandth
//! of a service time are left out.

#[path = "../tests/it/oracle_formulas.rs"]
#[allow(dead_code, reason = "shared with the tests, which use all of it")]
mod oracle_formulas;
#[path = "../tests/it/oracle_station.rs"]
mod oracle_station;

use std::env;
use std::process::ExitCode;
use std::time::Instant;

use oracle_formulas as theory;
use oracle_station::{self as station, Estimate, Gaps, Machines, Services, Station, replicate};

/// Runs of each row; each has its own seed.
const REPLICATIONS: u32 = 30;
/// Waits below this part of a service time need too many jobs.
const SHORTEST_WAIT: f64 = 1e-3;
/// Jobs of one run at first and at most; in between it grows until its interval is narrow enough.
const JOBS: (usize, usize) = (40_000, 10_240_000);

/// A simulation and what theory says of each value that it returns.
struct Case {
    name: String,
    expected: Vec<f64>,
    /// Largest relative error.
    tolerance: f64,
    /// Values of one run with so many jobs and this seed.
    run: Box<dyn Fn(usize, u64) -> Vec<f64> + Send + Sync>,
}

fn main() -> ExitCode {
    let full = env::var("BATCHCAST_BENCH").is_ok_and(|size| size == "full");
    let only = env::var("BATCHCAST_ORACLE").unwrap_or_default();
    let mut cases = cases();
    cases.retain(|case| case.expected.iter().any(|&value| value >= SHORTEST_WAIT));
    let rows = cases
        .iter()
        .flat_map(|case| &case.expected)
        .filter(|&&value| value >= SHORTEST_WAIT)
        .count();
    let confidence = 1.0 - 0.01 / rows as f64;
    if !full {
        let few = [
            "M/M/1 0.5",
            "M/M/8 0.8",
            "M/D/2 0.8",
            "M/G/1 0.5 Uniform",
            "priorities 2 of M/M/8 0.8",
        ];
        cases.retain(|case| few.contains(&case.name.as_str()));
    }
    cases.retain(|case| case.name.contains(&only));

    println!(
        "{rows} rows, {REPLICATIONS} replications each; interval of confidence {confidence:.6}"
    );
    println!(
        "{:36} {:>11} {:>11} {:>10} {:>8} {:>6} {:>9} {:>6}",
        "", "theory", "mean", "±", "error", "limit", "jobs/run", "s"
    );
    let mut failures = 0;
    for (case, number) in cases.iter().zip(0..) {
        let begun = Instant::now();
        let (estimates, jobs) = estimate(case, number, full);
        let seconds = begun.elapsed().as_secs_f64();
        for (class, (estimate, &expected)) in estimates.iter().zip(&case.expected).enumerate() {
            if expected < SHORTEST_WAIT {
                continue;
            }
            let half_width = estimate.half_width(confidence);
            let error = (estimate.mean - expected).abs() / expected;
            // A figure without chance has an interval without width.
            let inside = (estimate.mean - expected).abs() <= half_width + 1e-9 * expected;
            let near = error < case.tolerance || !full;
            let verdict = match (inside, near) {
                (true, true) => "",
                (false, _) => "  OUTSIDE",
                (true, false) => "  TOO FAR",
            };
            failures += u32::from(!(inside && near));
            let name = match case.expected.len() {
                1 => case.name.clone(),
                _ => format!("{}, {}", case.name, class + 1),
            };
            println!(
                "{name:36} {expected:11.6} {:11.6} {half_width:10.6} {:7.3}% {:5.1}% {jobs:9} {seconds:6.1}{verdict}",
                estimate.mean,
                error * 100.0,
                case.tolerance * 100.0,
            );
        }
    }
    if failures > 0 {
        println!("{failures} rows fail");
        return ExitCode::FAILURE;
    }
    println!("all rows pass");
    ExitCode::SUCCESS
}

/// Runs `case` until every value is known well enough: 4.5 standard errors within the tolerance, so that among so many rows
/// chance alone puts none beyond it.
fn estimate(case: &Case, number: u64, full: bool) -> (Vec<Estimate>, usize) {
    let mut jobs = JOBS.0;
    loop {
        let estimates = replicate(REPLICATIONS, number * 1_000 + 1, |seed| {
            (case.run)(jobs, seed)
        });
        let tested = estimates
            .iter()
            .zip(&case.expected)
            .filter(|(_, value)| **value >= SHORTEST_WAIT);
        let excess = tested
            .map(|(estimate, &expected)| 4.5 * estimate.error / (case.tolerance * expected))
            .fold(0.0, f64::max);
        if excess <= 1.0 || !full || jobs >= JOBS.1 {
            return (estimates, jobs);
        }
        // Errors fall with the square root of the length.
        let longer = jobs as f64 * (1.2 * excess * excess).clamp(1.5, 16.0);
        jobs = ((longer as usize).div_ceil(JOBS.0) * JOBS.0).min(JOBS.1);
    }
}

/// The table.
fn cases() -> Vec<Case> {
    let loads = [0.5, 0.7, 0.8, 0.9, 0.95];
    let mut cases = Vec::new();
    for servers in [1, 2, 4, 8, 16, 64, 256] {
        for load in loads {
            let expected = vec![theory::mmc_wait(servers, load)];
            let station = Station::new(servers, load);
            cases.push(of_station(
                format!("M/M/{servers} {load}"),
                station,
                expected,
            ));
        }
    }
    for servers in [1, 2, 8, 64] {
        for load in [0.5, 0.8, 0.9, 0.95] {
            let station = Station {
                services: Services::Equal,
                ..Station::new(servers, load)
            };
            let expected = vec![theory::mdc_wait(servers, load)];
            cases.push(of_station(
                format!("M/D/{servers} {load}"),
                station,
                expected,
            ));
        }
    }
    for load in [0.5, 0.8, 0.9, 0.95] {
        for services in [
            Services::Uniform,
            Services::Erlang2,
            Services::Lognormal(4.0),
            Services::Hyperexponential(4.0),
            Services::Hyperexponential(16.0),
        ] {
            let station = Station {
                services,
                ..Station::new(1, load)
            };
            let expected = vec![theory::mg1_wait(load, services.variation())];
            cases.push(of_station(
                format!("M/G/1 {load} {services:?}"),
                station,
                expected,
            ));
        }
        let station = Station {
            gaps: Gaps::Equal,
            ..Station::new(1, load)
        };
        cases.push(of_station(
            format!("D/M/1 {load}"),
            station,
            vec![theory::dm1_wait(load)],
        ));
        let station = Station {
            order: Some("sjf"),
            ..Station::new(1, load)
        };
        let expected = vec![theory::shortest_first_wait(load)];
        cases.push(of_station(
            format!("shortest first {load}"),
            station,
            expected,
        ));
    }
    for servers in [1, 2, 8, 64] {
        for load in [0.5, 0.8, 0.9, 0.95] {
            for classes in [2, 3] {
                let wait = |class| theory::priority_wait(servers, load, classes, class);
                let station = Station {
                    classes,
                    ..Station::new(servers, load)
                };
                let name = format!("priorities {classes} of M/M/{servers} {load}");
                cases.push(of_station(name, station, (0..classes).map(wait).collect()));
            }
        }
    }
    for load in [10.0, 100.0, 1_000.0] {
        for services in [
            Services::Exponential,
            Services::Equal,
            Services::Lognormal(4.0),
        ] {
            cases.push(Case {
                name: format!("M/G/inf {load} {services:?}, busy and cost"),
                expected: vec![load, 1.0],
                tolerance: 0.005,
                run: Box::new(move |jobs, seed| station::autoscaled(load, services, jobs, seed)),
            });
        }
    }
    for (users, servers, think) in [(20, 2, 10.0), (256, 32, 9.0)] {
        let (wait, throughput) = theory::closed_loop(users, servers, think);
        cases.push(Case {
            name: format!("{users} users think {think}, {servers} serve"),
            expected: vec![wait, throughput],
            // These rows take three times the memory: 256 users would need 5 GB for 1 % of their short wait.
            tolerance: 0.03,
            run: Box::new(move |jobs, seed| {
                let jobs_each = jobs as u32 / users;
                let (wait, rate) = station::closed_loop(users, servers, think, jobs_each, seed);
                vec![wait, rate]
            }),
        });
    }
    for (tasks, servers) in [
        (10, 10),
        (100, 10),
        (1_000, 100),
        (10_000, 1_000),
        (10_000, 10_000),
    ] {
        cases.push(Case {
            name: format!("array of {tasks} on {servers}, makespan"),
            expected: vec![theory::array_makespan(tasks, servers).0],
            tolerance: 0.01,
            run: Box::new(move |jobs, seed| {
                let arrays = (jobs / tasks as usize).max(1) as u64;
                let makespan = |n| {
                    let seed = seed * 1_000_000 + n;
                    station::array_makespan(tasks, servers, Machines::Pool, seed)
                };
                vec![(0..arrays).map(makespan).sum::<f64>() / arrays as f64]
            }),
        });
    }
    cases
}

fn of_station(name: String, station: Station, expected: Vec<f64>) -> Case {
    let tolerance = match station.load {
        load if load <= 0.8 => 0.01,
        load if load <= 0.9 => 0.03,
        _ => 0.08,
    };
    Case {
        name,
        expected,
        tolerance,
        run: Box::new(move |jobs, seed| station.waits(jobs, seed)),
    }
}
