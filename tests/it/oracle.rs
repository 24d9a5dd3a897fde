//! Runs against closed forms: few and short here, all and long in `benches/oracles.rs`. Seeds are fixed, so each test always
//! passes or always fails.

use std::collections::BTreeMap;
use std::path::Path;

use batchcast::sim::{JobRecord, Observer, Simulation};
use batchcast::units::SimTime;

use crate::oracle_formulas as theory;
use crate::oracle_station::{self as station, Gaps, Machines, Services, Station, replicate};

/// Replications of each row.
const REPLICATIONS: u32 = 20;
/// Confidence of each row's interval: one in a thousand right simulators would fail one of the dozen rows below.
const CONFIDENCE: f64 = 0.9999;

/// Checks that `expected` lies in the interval of replications, and that the interval is narrow enough to say something.
fn check(name: &str, expected: &[f64], one: impl Fn(u64) -> Vec<f64> + Send + Sync) {
    let estimates = replicate(REPLICATIONS, 1, one);
    assert_eq!(estimates.len(), expected.len(), "{name}");
    for (class, (estimate, &expected)) in estimates.iter().zip(expected).enumerate() {
        let half_width = estimate.half_width(CONFIDENCE);
        let far = (estimate.mean - expected).abs();
        // A figure without chance has an interval without width.
        let rounding = 1e-9 * expected;
        assert!(
            far <= half_width + rounding,
            "{name}, {class}: {expected} expected, {} ± {half_width} found",
            estimate.mean
        );
        assert!(
            estimate.error < 0.06 * expected,
            "{name}, {class}: {} ± {half_width} says nothing on {expected}",
            estimate.mean
        );
    }
}

fn check_station(name: &str, station: Station, expected: &[f64]) {
    check(name, expected, |seed| station.waits(10_000, seed));
}

/// When each row started.
struct Starts(Vec<SimTime>);

impl Observer for &mut Starts {
    fn job_ended(&mut self, job: &JobRecord<'_>) {
        self.0[job.row.index()] = job.started.expect("a job of a station runs");
    }
}

#[test]
fn whoever_comes_first_takes_the_server_that_is_free_first() {
    for (servers, services) in [
        (1, Services::Hyperexponential(16.0)),
        (3, Services::Exponential),
        (8, Services::Uniform),
        (16, Services::Equal),
    ] {
        let scenario = Station {
            services,
            ..Station::new(servers, 0.9)
        }
        .scenario(10_000, 1);
        let rows = &scenario.workload.rows;
        let mut starts = Starts(vec![SimTime::NEVER; rows.len()]);
        Simulation::new(&scenario, 1, &mut starts).run();
        // The recursion of Kiefer and Wolfowitz: no events, no clock.
        let mut free_at = vec![SimTime::ZERO; servers as usize];
        for (row, started) in rows.iter().zip(starts.0) {
            let first = free_at.iter_mut().min().expect("a server");
            let expected = row.submit.max(*first);
            assert_eq!(
                started, expected,
                "job {} on {servers}, {services:?}",
                row.source
            );
            *first = started + row.work;
        }
    }
}

#[test]
fn exponential_services_wait_as_erlang_says() {
    for (servers, load) in [(1, 0.5), (2, 0.7), (8, 0.8), (16, 0.7)] {
        let expected = theory::mmc_wait(servers, load);
        check_station(
            &format!("M/M/{servers} {load}"),
            Station::new(servers, load),
            &[expected],
        );
    }
}

#[test]
fn instances_that_come_and_go_at_once_serve_as_a_pool_of_as_many_does() {
    for (servers, load) in [(1, 0.5), (2, 0.7), (8, 0.8)] {
        let pool = Station::new(servers, load);
        let managed = Station {
            machines: Machines::Managed,
            ..pool
        };
        for seed in 1..=5 {
            let what = format!("{servers} servers, load {load}, seed {seed}");
            assert_eq!(
                managed.waits(5_000, seed),
                pool.waits(5_000, seed),
                "{what}"
            );
        }
    }
    for (tasks, servers) in [(10, 10), (100, 10), (1_000, 100)] {
        for seed in 1..=5 {
            let [pool, managed] = [Machines::Pool, Machines::Managed]
                .map(|machines| station::array_makespan(tasks, servers, machines, seed));
            assert_eq!(managed, pool, "{tasks} tasks on {servers}, seed {seed}");
        }
    }
}

#[test]
fn with_perfect_autoscaling_the_load_is_busy_and_paid_whatever_the_services() {
    for services in [
        Services::Exponential,
        Services::Equal,
        Services::Lognormal(4.0),
    ] {
        for load in [10.0, 100.0] {
            check(
                &format!("M/G/inf {load} {services:?}"),
                &[load, 1.0],
                |seed| station::autoscaled(load, services, 10_000, seed),
            );
        }
    }
}

#[test]
fn equal_services_wait_as_crommelin_says() {
    for (servers, load) in [(1, 0.5), (2, 0.8), (8, 0.8)] {
        let station = Station {
            services: Services::Equal,
            ..Station::new(servers, load)
        };
        check_station(
            &format!("M/D/{servers} {load}"),
            station,
            &[theory::mdc_wait(servers, load)],
        );
    }
}

#[test]
fn any_services_wait_as_pollaczek_and_khinchine_say() {
    for services in [
        Services::Uniform,
        Services::Erlang2,
        Services::Hyperexponential(4.0),
        Services::Lognormal(4.0),
    ] {
        let station = Station {
            services,
            ..Station::new(1, 0.5)
        };
        let expected = theory::mg1_wait(0.5, services.variation());
        check_station(&format!("M/G/1 {services:?}"), station, &[expected]);
    }
}

#[test]
fn equal_gaps_wait_less() {
    let station = Station {
        gaps: Gaps::Equal,
        ..Station::new(1, 0.8)
    };
    check_station("D/M/1", station, &[theory::dm1_wait(0.8)]);
}

#[test]
fn queues_of_higher_priority_wait_less_as_cobham_says() {
    let station = Station {
        classes: 3,
        ..Station::new(8, 0.8)
    };
    let expected: Vec<f64> = (0..3)
        .map(|class| theory::priority_wait(8, 0.8, 3, class))
        .collect();
    check_station("M/M/8 three priorities", station, &expected);
}

#[test]
fn shortest_first_waits_less_on_the_average() {
    let station = Station {
        order: Some("sjf"),
        ..Station::new(1, 0.8)
    };
    check_station(
        "M/M/1 shortest first",
        station,
        &[theory::shortest_first_wait(0.8)],
    );
}

#[test]
fn users_who_think_wait_as_in_the_machine_repair_model() {
    let (wait, throughput) = theory::closed_loop(20, 2, 10.0);
    check("20 users on 2", &[wait, throughput], |seed| {
        let (wait, throughput) = station::closed_loop(20, 2, 10.0, 1_000, seed);
        vec![wait, throughput]
    });
}

#[test]
fn an_array_of_exponential_children_ends_when_it_should() {
    for (tasks, servers) in [(10, 10), (100, 10), (1_000, 100)] {
        let (expected, _) = theory::array_makespan(tasks, servers);
        check(
            &format!("array {tasks} on {servers}"),
            &[expected],
            |seed| {
                let makespan =
                    |n| station::array_makespan(tasks, servers, Machines::Pool, seed * 1_000 + n);
                vec![(0..20).map(makespan).sum::<f64>() / 20.0]
            },
        );
    }
}

#[test]
fn the_formulas_give_the_figures_of_the_textbooks() {
    for (found, printed) in [
        (theory::erlang_b(10, 8.0), 0.121_661_064_25),
        (theory::mmc_waits(8, 0.9), 0.701_532_990),
        (theory::mmc_wait(64, 0.95), 0.183_753_42),
        (theory::mmc_wait_quantile(8, 0.9, 0.95), 3.301_556),
        (theory::mmc_wait_variance(1, 0.5), 3.0),
        (theory::mg1_wait(0.8, 4.0), 10.0),
        (theory::mdc_wait(2, 0.8), 0.903_283_879),
        (theory::mdc_wait(64, 0.9), 0.026_734_128),
        (theory::dm1_wait(0.5), 0.255_000_975),
        (theory::priority_wait(8, 0.9, 3, 2), 2.192_291),
        (theory::shortest_first_wait(0.8), 1.882_219),
        (theory::closed_loop(20, 2, 10.0).0, 1.086_121_5),
        (theory::array_makespan(1_000, 100).0, 14.187_377_5),
    ] {
        assert!(
            (found / printed - 1.0).abs() < 1e-6,
            "{found} is not {printed}"
        );
    }
}

#[test]
fn the_formulas_give_every_row_of_the_reference_table() {
    let Some(data) = std::env::var_os("BATCHCAST_DATA") else {
        println!("skipped: BATCHCAST_DATA is not set");
        return;
    };
    let path = Path::new(&data).join("../reference/oracles.csv");
    let table = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    let mut checked = BTreeMap::new();
    for line in table.lines().skip(1) {
        // Some rows of other oracles hold commas in their parameters; none of ours does.
        if let [oracle, params, metric, value] = line.split(',').collect::<Vec<_>>()[..]
            && let Some(found) = formula(oracle, &Params(params), metric)
        {
            let value: f64 = value.parse().unwrap_or_else(|_| panic!("{line}"));
            // Printed with nine decimals at least.
            assert!(
                (found - value).abs() <= 1e-8 * value.abs() + 6e-10,
                "{line}: the formula gives {found}"
            );
            *checked.entry(oracle).or_insert(0) += 1;
        }
    }
    println!("{checked:?}");
    assert!(
        checked.values().sum::<i32>() >= 244,
        "the table has lost rows: {checked:?}"
    );
}

/// `c=8;rho=0.9;class=2(1=highest)` of the reference table.
struct Params<'a>(&'a str);

impl Params<'_> {
    fn text(&self, name: &str) -> &str {
        let pairs = self.0.split(';').filter_map(|part| part.split_once('='));
        let found = pairs.into_iter().find(|(key, _)| *key == name);
        found.unwrap_or_else(|| panic!("no {name} in {}", self.0)).1
    }

    fn number(&self, name: &str) -> f64 {
        let text = self.text(name);
        let end = text
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(text.len());
        text[..end]
            .parse()
            .unwrap_or_else(|_| panic!("{name} in {}", self.0))
    }

    fn count(&self, name: &str) -> u32 {
        self.number(name) as u32
    }
}

/// What our formula gives for a row of the reference table, where there is one.
fn formula(oracle: &str, params: &Params<'_>, metric: &str) -> Option<f64> {
    let station = || (params.count("c"), params.number("rho"));
    Some(match (oracle, metric) {
        ("MMc", "prob_wait_erlangC") => theory::mmc_waits(station().0, station().1),
        ("MMc", "Wq_mean") => theory::mmc_wait(station().0, station().1),
        ("MMc", "Wq_var") => theory::mmc_wait_variance(station().0, station().1),
        ("MMc", "Wq_p95") => theory::mmc_wait_quantile(station().0, station().1, 0.95),
        ("MMcc_loss", "blocking_erlangB") => {
            theory::erlang_b(params.count("c"), params.number("a"))
        }
        ("MDc_exact", "Wq_mean") => theory::mdc_wait(station().0, station().1),
        ("DM1_exact", "Wq_mean") => theory::dm1_wait(params.number("rho")),
        ("MG1_PK", "Wq_mean") => {
            theory::mg1_wait(params.number("rho"), params.number("cv_squared"))
        }
        ("MMc_nonpreemptive_priority_Cobham", "Wq_mean") => {
            let class = params.count("class") - 1;
            theory::priority_wait(station().0, station().1, params.count("classes"), class)
        }
        ("MM1_SJF_nonpreemptive", "Wq_mean") => theory::shortest_first_wait(params.number("rho")),
        ("machine_repair_MMcN", "Wq_mean" | "throughput") => {
            let (users, think) = (params.count("N"), params.number("think"));
            let (wait, throughput) = theory::closed_loop(users, params.count("c"), think);
            if metric == "Wq_mean" {
                wait
            } else {
                throughput
            }
        }
        ("array_exp_tasks_makespan", "E_makespan" | "Var_makespan") => {
            let (mean, variance) = theory::array_makespan(params.count("N"), params.count("m"));
            if metric == "E_makespan" {
                mean
            } else {
                variance
            }
        }
        _ => return None,
    })
}
