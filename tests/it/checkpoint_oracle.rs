//! Jobs with checkpoints against the closed form of Daly (2006), and the rules for their interval against the reference.
//!
//! `BATCHCAST_SPOT_JOBS` sets the jobs of each run, 1,000 by default.

use batchcast::input::scenario::{NoFiles, load};
use batchcast::model::{CostCause, CostCauses, JobStatus, RetryStrategy, Row, Scenario, TimeCause};
use batchcast::policy::checkpoint::{IntervalRule, expected_time};
use batchcast::sim::{InstanceRecord, JobRecord, Observer, Simulation};
use batchcast::units::{SimTime, Span, Usd};

use crate::data;
use crate::spot_oracle::{check, jobs};

/// Minutes.
#[derive(Clone, Copy, Debug)]
struct Case {
    mean: f64,
    cost: f64,
    restart: f64,
    work: f64,
}

/// Those of the reference.
const CASES: [Case; 5] = [
    case(1440.0, 5.0, 10.0, 30_000.0),
    case(360.0, 5.0, 10.0, 30_000.0),
    case(15.0, 5.0, 10.0, 30_000.0),
    case(600.0, 1.0, 2.0, 600.0),
    case(120.0, 0.5, 2.0, 240.0),
];

const fn case(mean: f64, cost: f64, restart: f64, work: f64) -> Case {
    Case {
        mean,
        cost,
        restart,
        work,
    }
}

/// Interruptions of one job, at most: no job of AWS Batch has so many attempts, and instances cost memory.
const INTERRUPTIONS: f64 = 25.0;

impl Case {
    fn wall(self, interval: f64) -> f64 {
        expected_time(self.work, interval, self.cost, self.restart, self.mean)
    }

    /// Mean minutes for `work` of ours, whose last piece ends without a checkpoint; and with one.
    fn ours(self, work: f64, interval: f64) -> [f64; 2] {
        let pieces = libm::ceil(work / interval - 1e-9) - 1.0;
        let last = work - pieces * interval;
        let piece = |time: f64| {
            self.mean * libm::exp(self.restart / self.mean) * libm::expm1(time / self.mean)
        };
        let before = pieces * piece(interval + self.cost);
        [before + piece(last), before + piece(last + self.cost)]
    }

    /// Work with as many interruptions as may be.
    fn possible(self, interval: f64) -> f64 {
        let one = self.wall(interval) / self.mean * interval / self.work;
        let pieces = libm::floor(INTERRUPTIONS / one).max(1.0);
        self.work.min(pieces * interval)
    }
}

#[derive(Default)]
struct Seen {
    minutes: Vec<f64>,
    work: Span,
    causes: CostCauses,
    bill: Usd,
}

impl Observer for Seen {
    fn job_ended(&mut self, job: &JobRecord<'_>) {
        assert_eq!(job.status, JobStatus::Succeeded);
        assert_eq!(
            job.time.get(TimeCause::Run),
            self.work,
            "all work, and no more"
        );
        let busy = [TimeCause::Run, TimeCause::Checkpoint, TimeCause::Lost];
        let busy: Span = busy.into_iter().map(|cause| job.time.get(cause)).sum();
        assert_eq!(busy, job.ended - job.submitted);
        self.minutes.push(busy.ms() as f64 / 60_000.0);
    }

    fn instance_ended(&mut self, instance: &InstanceRecord) {
        for cause in CostCause::ALL {
            self.causes.add(cause, instance.cost.get(cause));
        }
        self.bill += instance.cost.total();
    }
}

fn scenario(case: Case, interval: Span, work: Span) -> Scenario {
    let rate = 60.0 / case.mean;
    let (cost, restart) = (case.cost * 60.0, case.restart * 60.0);
    let text = format!(
        r#"
[[instanceTypes]]
instanceType = "box"
vcpus = 1
memoryMiB = 1024
priceUsdPerHour = "1"
[spot]
interruption = "hazard"
interruptionsPerHour = {rate}
[[computeEnvironments]]
computeEnvironmentName = "spot"
type = "MANAGED"
computeResources = {{ type = "SPOT", allocationStrategy = "SPOT_CAPACITY_OPTIMIZED", maxvCpus = 10000000, instanceTypes = ["box"] }}
[[jobQueues]]
jobQueueName = "q"
priority = 1
computeEnvironmentOrder = [{{ order = 1, computeEnvironment = "spot" }}]
[[jobDefinitions]]
jobDefinitionName = "saves"
type = "container"
containerProperties = {{ resourceRequirements = [{{ type = "VCPU", value = "1" }}, {{ type = "MEMORY", value = "64" }}] }}
checkpoint = {{ interval = "{interval}s", cost = "{cost}s", restart = "{restart}s" }}
[[workload.jobs]]
jobName = "job"
jobQueue = "q"
jobDefinition = "saves"
run = "{work}s"
[model]
profile = "ideal"
"#
    );
    let loaded = load("checkpoints.toml", text.as_bytes(), &[], None, &NoFiles);
    let mut scenario = loaded.expect("it is sound").scenario;
    let row = scenario.workload.rows[0];
    scenario.workload.rows = (0..jobs(1_000))
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
        attempts: u8::MAX,
        evaluate_on_exit: Vec::new(),
    });
    scenario
}

fn minutes(minutes: f64) -> Span {
    Span::from_ms(libm::round(minutes * 60_000.0) as u64)
}

#[test]
fn jobs_with_checkpoints_take_as_long_as_dalys_formula_says() {
    for case in CASES {
        for rule in IntervalRule::ALL {
            let interval = minutes(rule.interval(case.cost, case.mean));
            let every = interval.ms() as f64 / 60_000.0;
            let work = minutes(case.possible(every));
            let seen = Seen {
                work,
                ..Seen::default()
            };
            let scenario = scenario(case, interval, work);
            let seen = Simulation::new(&scenario, 7, seen).run().observer;
            let what = format!("{case:?}, {}", rule.name());
            let [ours, with_last] = case.ours(work.ms() as f64 / 60_000.0, every);
            check(&what, &seen.minutes, ours);
            // Theirs pays for a checkpoint at the end as well, and for a last piece by its part.
            let count = seen.minutes.len() as f64;
            let mean = seen.minutes.iter().sum::<f64>() / count + with_last - ours;
            let theirs = case.wall(every) * work.ms() as f64 / 60_000.0 / case.work;
            println!("  {:+.3} % from the row", 100.0 * (mean / theirs - 1.0));
            assert!(
                (mean / theirs - 1.0).abs() < 0.01,
                "{what}: {mean}, {theirs}"
            );
            // What was billed for attempts is what they did, and no cause is under or over it.
            let of = |cause| seen.causes.get(cause);
            let useful = of(CostCause::Useful).units() as f64 / 3.6e16 / 0.3;
            let expected = count * work.ms() as f64 / 3.6e6;
            assert!((useful / expected - 1.0).abs() < 1e-6, "{what}: {useful} h");
            assert!(
                of(CostCause::Interrupted) > Usd::ZERO && of(CostCause::Checkpoint) > Usd::ZERO
            );
            assert_eq!(seen.causes.total(), seen.bill);
        }
    }
}

/// The row's figure by our formulas, where they know it.
fn figure(oracle: &str, params: &str) -> Option<f64> {
    let value = |key: &str| -> Option<f64> {
        let part = params
            .split(';')
            .find_map(|part| part.strip_prefix(key)?.strip_prefix('='))?;
        part.trim_end_matches("min").parse().ok()
    };
    let case = case(value("M")?, value("delta")?, value("R")?, value("Ts")?);
    let rule = |rule: IntervalRule| rule.interval(case.cost, case.mean);
    match oracle {
        "checkpoint_young" => Some(rule(IntervalRule::Young)),
        "checkpoint_daly_higher_order" => Some(rule(IntervalRule::Daly)),
        "checkpoint_exact_lambertW" => Some(rule(IntervalRule::Exact)),
        "checkpoint_expected_wallclock" => {
            let (_, name) = params.rsplit_once("tau=")?;
            let by = IntervalRule::ALL
                .into_iter()
                .find(|one| one.name() == name)?;
            Some(case.wall(rule(by)))
        }
        _ => None,
    }
}

#[test]
fn the_formulas_give_every_checkpoint_row_of_the_reference() {
    let Some(path) = data::reference("oracles.csv") else {
        return;
    };
    let mut rows = csv::Reader::from_path(path).expect("the reference is CSV");
    let mut known = 0;
    for row in rows.records().map(|row| row.expect("a row")) {
        if let Some(ours) = figure(&row[0], &row[1]) {
            let theirs: f64 = row[3].parse().expect("a number");
            assert!((ours / theirs - 1.0).abs() <= 1e-12, "{row:?}: {ours}");
            known += 1;
        }
    }
    assert_eq!(known, 30, "rows");
}
