//! Spot runs against closed forms of interruptions: a job that begins anew after each (restart), with a limit of attempts, with
//! an On-Demand environment to fall back to, and what EC2 waives of a first hour. With checkpoints: `checkpoint_oracle`. The formulas are those of the reference
//! (validation, 1.1), and where that is there each of its rows is held against them.
//!
//! `BATCHCAST_SPOT_JOBS` sets the jobs of each run, 5,000 by default.

use batchcast::input::scenario::{NoFiles, load};
use batchcast::model::{CostCause, JobStatus, RetryStrategy, Row, Scenario, TimeCause};
use batchcast::sim::{AttemptRecord, InstanceRecord, JobRecord, Observer, Simulation};
use batchcast::units::{SimTime, Span, Usd};

use crate::data;

/// Interruptions an hour and hours of work.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    rate: f64,
    work: f64,
}

impl Case {
    /// Mean hours from the first start to the end: (e^(λT) − 1) / λ.
    fn completion(self) -> f64 {
        libm::expm1(self.rate * self.work) / self.rate
    }

    /// Mean hours of work that are lost.
    fn lost(self) -> f64 {
        self.completion() - self.work
    }

    /// Its variance: (e^(2λT) − 2λT e^(λT) − 1) / λ².
    fn variance(self) -> f64 {
        let x = self.rate * self.work;
        (libm::exp(2.0 * x) - 2.0 * x * libm::exp(x) - 1.0) / (self.rate * self.rate)
    }

    /// Mean number of interruptions: e^(λT) − 1.
    fn interruptions(self) -> f64 {
        libm::expm1(self.rate * self.work)
    }

    /// Mean hours with `delay` after each interruption, in which there is none.
    fn with_delay(self, delay: f64) -> f64 {
        (1.0 / self.rate + delay) * self.interruptions()
    }

    /// Mean hours with a start of `start` before each attempt, which may be interrupted.
    fn with_start(self, start: f64) -> f64 {
        libm::expm1(self.rate * (self.work + start)) / self.rate
    }

    /// The chance that one attempt is interrupted.
    fn chance(self) -> f64 {
        -libm::expm1(-self.rate * self.work)
    }

    /// The chance to succeed, mean attempts and mean hours on machines with at most `attempts`.
    fn limited(self, attempts: i32) -> [f64; 3] {
        let (q, x) = (self.chance(), self.rate * self.work);
        let lost = (1.0 - libm::exp(-x) * (1.0 + x)) / (self.rate * q);
        let one = (1.0 - q) * self.work + q * lost;
        let all = (1.0 - libm::pow(q, f64::from(attempts))) / (1.0 - q);
        [1.0 - libm::pow(q, f64::from(attempts)), all, all * one]
    }

    /// Mean hours that are paid where an interruption in an instance's first hour is free:
    /// e^(λT) ∫₁ᵀ x λ e^(−λx) dx + T.
    fn paid(self) -> f64 {
        let part = |x: f64| libm::exp(-self.rate * x) * (x + 1.0 / self.rate);
        let long = (part(1.0) - part(self.work.max(1.0))).max(0.0);
        libm::exp(self.rate * self.work) * long + self.work
    }
}

/// What is seen of the jobs.
#[derive(Default)]
struct Seen {
    hours: Vec<f64>,
    succeeded: f64,
    lost: f64,
    attempts: f64,
    on_machines: f64,
    paid: Usd,
    waived: Usd,
}

impl Observer for Seen {
    fn attempt_ended(&mut self, attempt: &AttemptRecord<'_>) {
        self.attempts += 1.0;
        self.on_machines += hours(attempt.ended - attempt.placed);
    }

    fn job_ended(&mut self, job: &JobRecord<'_>) {
        self.hours.push(hours(job.ended - job.submitted));
        self.lost += hours(job.time.get(TimeCause::Lost));
        self.succeeded += f64::from(u8::from(job.status == JobStatus::Succeeded));
    }

    fn instance_ended(&mut self, instance: &InstanceRecord) {
        self.paid += instance.cost.total();
        self.waived += instance.cost.get(CostCause::Waived);
    }
}

fn hours(span: Span) -> f64 {
    span.ms() as f64 / 3.6e6
}

/// USD.
fn dollars(amount: Usd) -> f64 {
    amount.units() as f64 / 3.6e16
}

pub fn jobs(usual: u32) -> u32 {
    let stated = std::env::var("BATCHCAST_SPOT_JOBS").ok();
    stated.map_or(usual, |count| count.parse().expect("a number of jobs"))
}

fn all() -> u32 {
    jobs(5_000)
}

/// How far sums over all jobs may lie from what is expected.
fn tolerance() -> f64 {
    (4.0 / libm::sqrt(f64::from(all()))).max(0.03)
}

/// One machine for each job, at 0.30 USD on Spot and 1 USD On-Demand; `model` are further assumptions.
fn scenario(case: Case, attempts: u8, model: &str) -> Scenario {
    let (rate, work) = (case.rate, case.work);
    let text = format!(
        r#"
[[instanceTypes]]
instanceType = "box"
vcpus = 1
memoryMiB = 1024
priceUsdPerHour = "1"
[spot]
model = "discount"
discount = 0.7
interruption = "hazard"
interruptionsPerHour = {rate}
[[computeEnvironments]]
computeEnvironmentName = "spot"
type = "MANAGED"
computeResources = {{ type = "SPOT", allocationStrategy = "SPOT_CAPACITY_OPTIMIZED", maxvCpus = 1000000, instanceTypes = ["box"] }}
[[jobQueues]]
jobQueueName = "q"
priority = 1
computeEnvironmentOrder = [{{ order = 1, computeEnvironment = "spot" }}]
[[workload.jobs]]
jobName = "job"
jobQueue = "q"
vcpus = 1
memoryMiB = 64
run = "{work}h"
[model]
profile = "ideal"
{model}
"#
    );
    let loaded = load("spot.toml", text.as_bytes(), &[], None, &NoFiles);
    let mut scenario = loaded.expect("it is sound").scenario;
    let row = scenario.workload.rows[0];
    scenario.workload.rows = (0..all())
        .map(|number| Row {
            // Never when another ends: each attempt has a new instance.
            submit: SimTime::from_ms(61_703 * u64::from(number)),
            source: number,
            ..row
        })
        .collect();
    let template = &mut scenario.workload.templates[0];
    template.lift_limits = true;
    template.retry = Some(RetryStrategy {
        attempts,
        evaluate_on_exit: Vec::new(),
    });
    scenario
}

fn run(case: Case, attempts: u8, model: &str) -> Seen {
    Simulation::new(&scenario(case, attempts, model), 7, Seen::default())
        .run()
        .observer
}

/// The mean of `values` lies where chance may put it, with 99.99 %.
pub fn check(what: &str, values: &[f64], expected: f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares = values.iter().map(|value| (value - mean) * (value - mean));
    let error = libm::sqrt(squares.sum::<f64>() / (count - 1.0) / count);
    println!(
        "{what}: {expected:.6} expected, {mean:.6} found, {:+.3} %",
        100.0 * (mean / expected - 1.0)
    );
    assert!(
        (mean - expected).abs() <= 3.9 * error + 1e-5 * expected,
        "{what}: {expected} expected, {mean} ± {error} found"
    );
}

/// Those of the reference.
const CASES: [Case; 8] = [
    Case {
        rate: 0.01,
        work: 1.0,
    },
    Case {
        rate: 0.05,
        work: 1.0,
    },
    Case {
        rate: 0.1,
        work: 1.0,
    },
    Case {
        rate: 0.1,
        work: 10.0,
    },
    Case {
        rate: 0.5,
        work: 1.0,
    },
    Case {
        rate: 0.5,
        work: 4.0,
    },
    Case {
        rate: 1.0,
        work: 1.0,
    },
    Case {
        rate: 1.0,
        work: 3.0,
    },
];

#[test]
fn a_job_that_begins_anew_after_each_interruption_takes_as_long_as_the_formula_says() {
    for case in CASES {
        let seen = run(case, u8::MAX, "");
        // Of 255 attempts each.
        assert!(seen.succeeded >= 0.9999 * f64::from(all()), "{case:?}");
        check(&format!("{case:?}, hours"), &seen.hours, case.completion());
        let mean = case.completion();
        let squares: Vec<f64> = seen
            .hours
            .iter()
            .map(|one| (one - mean) * (one - mean))
            .collect();
        check(&format!("{case:?}, variance"), &squares, case.variance());
        let lost = seen.lost / f64::from(all());
        // What is lost of a job has the deviation of its whole time.
        let error = libm::sqrt(case.variance() / f64::from(all()));
        assert!(
            (lost - case.lost()).abs() < 3.9 * error + 1e-5,
            "{case:?}: {lost} h are lost"
        );
        let interruptions = seen.attempts / f64::from(all()) - 1.0;
        let error =
            libm::sqrt(case.interruptions() * (1.0 + case.interruptions()) / f64::from(all()));
        assert!(
            (interruptions - case.interruptions()).abs() < 3.9 * error,
            "{case:?}: {interruptions} interruptions"
        );
        let paid = dollars(seen.paid) / 0.3 / f64::from(all());
        println!(
            "{case:?}, paid hours: {:.6} expected, {paid:.6} found",
            case.paid()
        );
        assert!(
            (paid / case.paid() - 1.0).abs() < tolerance(),
            "{case:?}: {paid} h are paid"
        );
    }
}

#[test]
fn a_delay_after_each_interruption_and_a_start_before_each_attempt_cost_what_the_formulas_say() {
    for case in CASES {
        let delayed = run(case, u8::MAX, "retryDelay = \"900s\"");
        check(
            &format!("{case:?}, delay"),
            &delayed.hours,
            case.with_delay(0.25),
        );
        let started = run(case, u8::MAX, "containerStart = \"900s\"");
        check(
            &format!("{case:?}, start"),
            &started.hours,
            case.with_start(0.25),
        );
    }
}

#[test]
fn a_limit_of_attempts_leaves_the_share_that_the_formula_says_and_on_demand_does_the_rest() {
    for case in CASES {
        for attempts in [1, 2, 3, 10] {
            let seen = run(case, attempts, "");
            let count = f64::from(all());
            let [success, attempted, on_machines] = case.limited(i32::from(attempts));
            let error = libm::sqrt(success * (1.0 - success) / count);
            let what = format!("{case:?}, {attempts} attempts");
            assert!(
                (seen.succeeded / count - success).abs() <= 3.9 * error + 1e-9,
                "{what}: {} succeed, {success} expected",
                seen.succeeded / count
            );
            assert!(
                (seen.attempts / count / attempted - 1.0).abs() < tolerance(),
                "{what}"
            );
            let found = seen.on_machines / count;
            println!("{what}, hours on machines: {on_machines:.6} expected, {found:.6} found");
            assert!(
                (found / on_machines - 1.0).abs() < tolerance(),
                "{what}: {found} h"
            );
            // Without what EC2 waives: Spot for the attempts, and On-Demand for those that failed.
            let spot = dollars(seen.paid - seen.waived) / count;
            let fallback = spot + (1.0 - seen.succeeded / count) * case.work;
            let expected = 0.3 * on_machines + (1.0 - success) * case.work;
            assert!(
                (fallback / expected - 1.0).abs() < tolerance(),
                "{what}: {fallback} USD"
            );
            // As long as On-Demand starts where Spot was given up.
            let makespan = found + (1.0 - seen.succeeded / count) * case.work;
            let expected = on_machines + (1.0 - success) * case.work;
            assert!(
                (makespan / expected - 1.0).abs() < tolerance(),
                "{what}: {makespan} h"
            );
        }
    }
}

/// The row's figure by our formulas, where they know it.
fn figure(oracle: &str, params: &str, metric: &str) -> Option<f64> {
    let value = |key: &str| -> Option<f64> {
        let part = params
            .split(';')
            .find_map(|part| part.strip_prefix(key)?.strip_prefix('='))?;
        part.trim_end_matches("/h")
            .trim_end_matches('h')
            .parse()
            .ok()
    };
    let case = Case {
        rate: value("lambda")?,
        work: value("T")?,
    };
    let limited = |index: usize| Some(case.limited(value("attempts")? as i32)[index]);
    match (oracle, metric) {
        ("restart_from_scratch", "E_completion_h") => Some(case.completion()),
        ("restart_from_scratch", "E_interruptions") => Some(case.interruptions()),
        ("restart_from_scratch", "Var_completion_h2") => Some(case.variance()),
        ("restart_from_scratch", "E_lost_work_h") => Some(case.lost()),
        ("restart_with_uninterruptible_downtime_after_each_failure", _) => {
            Some(case.with_delay(value("R")?))
        }
        ("restart_with_interruptible_startup_each_attempt", _) => {
            Some(case.with_start(value("O")?))
        }
        ("retry_limit", "P_success") => limited(0),
        ("retry_limit", "E_attempts") => limited(1),
        ("retry_limit", "E_slot_hours") => limited(2),
        ("spot_then_ondemand_fallback", "E_cost") => {
            let [success, _, hours] = case.limited(value("attempts")? as i32);
            Some(value("spot")? * hours + value("od")? * (1.0 - success) * case.work)
        }
        ("spot_then_ondemand_fallback", "E_makespan_h") => {
            let [success, _, hours] = case.limited(value("attempts")? as i32);
            Some(hours + (1.0 - success) * case.work)
        }
        ("spot_paid_hours_first_hour_free", _) => Some(case.paid()),
        _ => None,
    }
}

#[test]
fn the_formulas_give_every_row_of_the_reference() {
    let Some(path) = data::reference("oracles.csv") else {
        return;
    };
    let mut rows = csv::Reader::from_path(path).expect("the reference is CSV");
    let mut known = 0;
    for row in rows.records().map(|row| row.expect("a row")) {
        if let Some(ours) = figure(&row[0], &row[1], &row[2]) {
            let theirs: f64 = row[3].parse().expect("a number");
            let far = (ours - theirs).abs();
            assert!(far <= 1e-9 * theirs.abs().max(1.0), "{row:?}: {ours}");
            known += 1;
        }
    }
    assert!(known >= 171, "{known} rows");
}
