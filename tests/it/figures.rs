//! Laws of the figures and tables, over small random traces on a pool: parts sum to wholes, and no run beats its bound.

use std::fmt::Write as _;

use batchcast::input::scenario::{Pool, trace_scenario};
use batchcast::input::{TraceOptions, csv_trace};
use batchcast::metrics::{Decimal, GroupTotals, Recorder, Summary, Timeline};
use batchcast::model::Scenario;
use batchcast::plan;
use batchcast::report::{Table, Tables, summary_json};
use batchcast::sim::Simulation;
use batchcast::units::PricePerHour;

/// Random small numbers from a seed: xorshift.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
}

/// A trace with dependencies, arrays and attempts that fail.
fn trace(seed: u64) -> String {
    let mut dice = Dice(seed * 0x9e37_79b9 + 1);
    let mut text =
        "job_id,submit_s,run_s,vcpus,array_size,depends_on,fates,attempts_max,estimate_s\n"
            .to_owned();
    let mut submit = 0;
    for job in 1..=2 + dice.below(12) {
        submit += dice.below(20);
        let array = if dice.below(4) == 0 {
            (2 + dice.below(4)).to_string()
        } else {
            String::new()
        };
        let on = match dice.below(3) {
            0 if job > 1 => (1 + dice.below(job - 1)).to_string(),
            _ => String::new(),
        };
        let fates = match dice.below(5) {
            0 => "1@7;0@30",
            1 => "137@5",
            2 => "nostart;0@3",
            _ => "",
        };
        let (run, vcpus, attempts) = (dice.below(60), 1 + dice.below(5), 1 + dice.below(3));
        let fates = if array.is_empty() { fates } else { "" };
        writeln!(
            text,
            "{job},{submit},{run},{vcpus},{array},{on},{fates},{attempts},90"
        )
        .unwrap();
    }
    text
}

struct Told {
    summary: Summary,
    jobs: Vec<u8>,
    tables: Vec<(&'static str, Vec<u8>)>,
    timeline: Option<Timeline>,
}

fn read(text: &[u8], discipline: &str) -> Scenario {
    let options = TraceOptions::default();
    let trace = csv_trace::read(text, "trace.csv", &options)
        .unwrap_or_else(|problems| panic!("{problems:?}\n{}", String::from_utf8_lossy(text)));
    let pool = Pool {
        vcpus: 6,
        order: "fifo",
        discipline,
        overrides: &[("containerStart".to_owned(), "3s".to_owned())],
        seed: 0,
    };
    trace_scenario(trace, "trace.csv", &pool).unwrap().scenario
}

fn tell(scenario: &Scenario) -> Told {
    let mut jobs = Vec::new();
    let mut attempts = Vec::new();
    let tables = Tables::new(
        &scenario.workload,
        &Table::ALL,
        Some(&mut jobs),
        Some(&mut attempts),
    );
    let recorder = Recorder::new(&scenario.workload, tables, true);
    let outcome = Simulation::new(scenario, 0, recorder).run();
    let (summary, tables, timeline) = plan::finish(scenario, 0, Vec::new(), outcome);
    let catalogue = &scenario.world.catalogue;
    let mut tables = tables
        .finish(&Table::ALL, timeline.as_ref(), catalogue, &summary.lines)
        .unwrap();
    tables.push(("attempts.csv", attempts));
    Told {
        summary,
        jobs,
        tables,
        timeline,
    }
}

/// The cells of a table by column; rows of these tests have no quotes.
struct Cells {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Cells {
    fn of(bytes: &[u8]) -> Cells {
        let mut reader = csv::Reader::from_reader(bytes);
        let header = reader
            .headers()
            .unwrap()
            .iter()
            .map(str::to_owned)
            .collect();
        let rows = reader
            .records()
            .map(|record| record.unwrap().iter().map(str::to_owned).collect())
            .collect();
        Cells { header, rows }
    }

    fn cell<'a>(&self, row: &'a [String], column: &str) -> &'a str {
        let place = self.header.iter().position(|name| name == column);
        &row[place.unwrap_or_else(|| panic!("there is no column {column}"))]
    }

    /// Seconds of a cell in milliseconds.
    fn ms(&self, row: &[String], column: &str) -> u64 {
        batchcast::model::parse_span(self.cell(row, column))
            .unwrap()
            .ms()
    }

    /// The sum of a column of money, in 10⁻¹⁰ USD.
    fn money(&self, column: &str) -> i128 {
        let ticks =
            |row: &Vec<String>| PricePerHour::parse(self.cell(row, column)).unwrap().ticks();
        self.rows.iter().map(|row| i128::from(ticks(row))).sum()
    }
}

const CAUSES: [&str; 10] = [
    "dependency_s",
    "blocked_head_s",
    "share_s",
    "queue_s",
    "consumable_s",
    "max_vcpus_s",
    "capacity_s",
    "dispatch_s",
    "image_pull_s",
    "lost_s",
];

fn check(seed: u64, told: &Told) {
    let summary = &told.summary;
    let jobs = &summary.jobs;
    assert_eq!(
        jobs.submitted,
        jobs.succeeded + jobs.failed + jobs.unfinished,
        "seed {seed}"
    );
    if let Some(makespan) = summary.makespan {
        assert!(
            summary.lower_bound() <= makespan,
            "seed {seed}: {:?} > {makespan}",
            summary.bounds
        );
    }
    let part = summary.utilization.vcpus_of_provisioned.unwrap_or_default();
    assert!(part.parts() <= Decimal::PARTS, "seed {seed}: {part}");

    let table = Cells::of(&told.jobs);
    assert_eq!(table.rows.len() as u64, jobs.submitted, "seed {seed}");
    let mut waits = 0;
    for row in table
        .rows
        .iter()
        .filter(|row| !table.cell(row, "end_s").is_empty())
    {
        let mut life: u64 = CAUSES.iter().map(|cause| table.ms(row, cause)).sum();
        if !table.cell(row, "start_s").is_empty() {
            life += table.ms(row, "run_s");
            let wait = table.ms(row, "wait_s");
            assert_eq!(
                wait,
                table.ms(row, "dependency_s") + table.ms(row, "eligible_s"),
                "seed {seed}: {row:?}"
            );
            waits += u128::from(wait);
        }
        assert_eq!(
            life,
            table.ms(row, "end_s") - table.ms(row, "submit_s"),
            "seed {seed}: {row:?}"
        );
    }
    let started = table
        .rows
        .iter()
        .filter(|row| !table.cell(row, "wait_s").is_empty())
        .count();
    assert_eq!(
        summary.wait_s.mean,
        Decimal::quotient(waits, started as u128 * 1000),
        "seed {seed}"
    );

    let groups = &summary.groups;
    let sum = |figure: fn(&GroupTotals) -> i128| -> i128 {
        groups.queues.iter().map(|one| figure(&one.totals)).sum()
    };
    assert_eq!(
        sum(|totals| i128::from(totals.submitted())),
        i128::from(jobs.submitted),
        "seed {seed}"
    );
    assert_eq!(
        sum(|totals| totals.cost.floor_ticks()),
        table.money("cost_usd"),
        "seed {seed}"
    );
    let failed: u64 = summary.failures.iter().map(|one| one.jobs).sum();
    assert_eq!(failed, jobs.failed, "seed {seed}");

    let total = summary.cost_total().rounded_ticks();
    for (name, bytes) in &told.tables {
        let table = Cells::of(bytes);
        if *name == "instances.csv" {
            let used: u64 = table
                .rows
                .iter()
                .map(|row| table.ms(row, "used_vcpu_s"))
                .sum();
            assert_eq!(
                sum(|totals| totals.vcpu_ms as i128),
                i128::from(used),
                "seed {seed}"
            );
        }
        match *name {
            "bill.csv" | "hours.csv" | "instances.csv" => {
                assert_eq!(table.money("cost_usd"), total, "seed {seed}: {name}")
            }
            "attempts.csv" => assert_eq!(table.rows.len() as u64, jobs.attempts, "seed {seed}"),
            _ => {}
        }
    }
    let buckets = told
        .timeline
        .as_ref()
        .map_or(0, |timeline| timeline.buckets().count());
    assert!(buckets <= Timeline::BUCKETS, "seed {seed}");
    let bound = summary.cost_bounds.largest();
    assert!(bound <= summary.cost_total(), "seed {seed}: {bound}");
    let json: serde_json::Value = serde_json::from_str(&summary_json(summary)).unwrap();
    assert!(json["cost_usd"].is_string(), "seed {seed}");
}

#[test]
fn parts_sum_to_wholes_and_no_run_beats_its_bound() {
    for seed in 0..300 {
        for discipline in ["strict", "easy", "lookahead:3"] {
            check(seed, &tell(&read(trace(seed).as_bytes(), discipline)));
        }
    }
}

#[test]
fn a_run_told_twice_is_told_in_the_same_bytes() {
    for seed in 0..20 {
        let scenario = read(trace(seed).as_bytes(), "easy");
        let (one, other) = (tell(&scenario), tell(&scenario));
        assert_eq!(one.jobs, other.jobs, "seed {seed}");
        assert_eq!(one.tables, other.tables, "seed {seed}");
        assert_eq!(
            summary_json(&one.summary),
            summary_json(&other.summary),
            "seed {seed}"
        );
    }
}

#[test]
fn the_jobs_of_a_run_are_a_trace_again() {
    for seed in 0..100 {
        let told = tell(&read(trace(seed).as_bytes(), "strict"));
        let again = tell(&read(&told.jobs, "strict"));
        assert_eq!(
            again.summary.jobs.submitted, told.summary.jobs.submitted,
            "seed {seed}"
        );
    }
}

/// Nine machines of one vCPU; dependencies are looked at each five seconds.
const TICKING: &str = r#"
[model]
profile = "ideal"
dependencyTick = "5s"
[[instanceTypes]]
instanceType = "box"
vcpus = 1
memoryMiB = 1024
priceUsdPerHour = "0.36"
[[computeEnvironments]]
computeEnvironmentName = "pool"
type = "UNMANAGED"
instances = [{ instanceType = "box", count = 9 }]
[[jobQueues]]
jobQueueName = "q"
priority = 1
computeEnvironmentOrder = [{ order = 1, computeEnvironment = "pool" }]
"#;

#[test]
fn a_job_waits_for_its_dependencies_and_then_for_the_next_look_at_them() {
    let jobs = [
        // Name, submission, run, more; then dependency and dispatch in seconds.
        ("free", 1, 6, "", 0.0, 4.0),
        (
            "after",
            2,
            1,
            "dependsOn = [{ jobId = \"free\" }]",
            9.0,
            4.0,
        ),
        (
            "cancelled",
            2,
            1,
            "dependsOn = [{ jobId = \"free\" }]",
            9.0,
            1.0,
        ),
        ("many:1", 3, 1, "arrayProperties = { size = 2 }", 0.0, 2.0),
        (
            "chain:1",
            3,
            4,
            "arrayProperties = { size = 2 }\ndependsOn = [{ type = \"SEQUENTIAL\" }]",
            6.0,
            1.0,
        ),
    ];
    let mut text = TICKING.to_owned();
    for (name, at, run, more, ..) in jobs {
        let name = name.split(':').next().unwrap();
        writeln!(
            text,
            "[[workload.jobs]]\njobName = \"{name}\"\njobQueue = \"q\"\nvcpus = 1\nat = {at}\nrun = {run}\n{more}"
        )
        .unwrap();
    }
    text += "[[events]]\nat = 12\naction = \"CancelJob\"\njobId = \"cancelled\"\nreason = \"no\"\n";
    let tape = crate::tape::play(&text);
    for (name, .., dependency, dispatch) in jobs {
        let causes = &tape.job(name).causes;
        let time = |cause: &str| causes.get(cause).copied().unwrap_or(0.0);
        assert_eq!(
            (time("dependency"), time("dispatch")),
            (dependency, dispatch),
            "{name}: {causes:?}"
        );
    }
}
