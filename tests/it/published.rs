//! Numbers that others published or computed, met to the last digit: golden schedules, the RLScheduler windows, whole logs,
//! and Graham's anomalies.

use batchcast::input::scenario::{Pool, trace_scenario};
use batchcast::input::{Trace, TraceOptions, swf};
use batchcast::model::{Row, Scenario, SubmitJob, Workload};
use batchcast::sim::{JobRecord, Observer, Simulation};
use batchcast::units::{RowId, SimTime, Span};

use crate::data;

/// Starts and scores of a run, by row.
#[derive(Default)]
struct Scores {
    starts: Vec<Option<SimTime>>,
    submits: Vec<SimTime>,
    ends: Vec<SimTime>,
    end: SimTime,
}

impl Scores {
    fn of(scenario: &Scenario) -> Scores {
        let rows = scenario.workload.rows.len();
        Scores {
            starts: vec![None; rows],
            submits: vec![SimTime::ZERO; rows],
            ends: vec![SimTime::ZERO; rows],
            end: SimTime::ZERO,
        }
    }

    fn waits(&self) -> impl Iterator<Item = u64> {
        self.starts
            .iter()
            .zip(&self.submits)
            .map(|(start, submit)| (start.expect("every job starts") - *submit).ms())
    }

    fn mean_wait_s(&self) -> f64 {
        self.waits().sum::<u64>() as f64 / 1000.0 / self.starts.len() as f64
    }

    /// Mean of max(1, (wait + run) / max(run, 10 s)).
    fn mean_slowdown(&self) -> f64 {
        let runs = self
            .ends
            .iter()
            .zip(&self.starts)
            .map(|(end, start)| (*end - start.expect("started")).ms());
        let sum: f64 = self
            .waits()
            .zip(runs)
            .map(|(wait, run)| ((wait + run) as f64 / run.max(10_000) as f64).max(1.0))
            .sum();
        sum / self.starts.len() as f64
    }

    fn makespan_s(&self) -> u64 {
        let first = self.submits.iter().min().expect("some job");
        (*self.ends.iter().max().expect("some job") - *first).ms() / 1000
    }
}

impl Observer for Scores {
    fn job_ended(&mut self, job: &JobRecord<'_>) {
        let row = job.row.index();
        self.starts[row] = job.started;
        self.submits[row] = job.submitted;
        self.ends[row] = job.ended;
    }
    fn ended(&mut self, at: SimTime) {
        self.end = at;
    }
}

fn run(workload: Workload, vcpus: u32, order: &str, discipline: &str) -> Scores {
    let trace = Trace {
        workload,
        ..Trace::default()
    };
    let pool = Pool {
        vcpus,
        order,
        discipline,
        overrides: &[],
        seed: 1,
    };
    let scenario = match trace_scenario(trace, "published", &pool) {
        Ok(loaded) => loaded.scenario,
        Err(problems) => panic!("{problems:?}"),
    };
    Simulation::new(&scenario, 1, Scores::of(&scenario))
        .run()
        .observer
}

/// (submit, estimate, run, vcpus) in seconds.
fn workload(jobs: &[(u64, u64, u64, u32)]) -> Workload {
    let row = |(index, &(submit, estimate, run, vcpus)): (usize, &(u64, u64, u64, u32))| Row {
        estimate: Span::from_s(estimate),
        ..Row::plain(
            index as u32,
            SimTime::from_s(submit),
            Span::from_s(run),
            vcpus,
        )
    };
    Workload {
        rows: jobs.iter().enumerate().map(row).collect(),
        templates: vec![SubmitJob {
            job_queue: "trace".to_owned(),
            lift_limits: true,
            ..SubmitJob::default()
        }],
        ..Workload::default()
    }
}

#[test]
fn every_start_of_every_golden_schedule_is_exact() {
    let Some(path) = data::reference("golden_schedules.json") else {
        return;
    };
    let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let instances: Vec<serde_json::Value> = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(instances.len(), 110);
    let number = |value: &serde_json::Value| value.as_u64().unwrap();
    let mut starts = 0;
    for (index, instance) in instances.iter().enumerate() {
        let jobs: Vec<(u64, u64, u64, u32)> = instance["jobs"]
            .as_array()
            .unwrap()
            .iter()
            .map(|job| {
                (
                    number(&job["submit"]),
                    number(&job["estimate"]),
                    number(&job["run"]),
                    number(&job["procs"]) as u32,
                )
            })
            .collect();
        for (name, discipline) in [
            ("FCFS", "strict"),
            ("EASY", "easy"),
            ("CONS", "conservative"),
        ] {
            let scores = run(
                workload(&jobs),
                number(&instance["procs"]) as u32,
                "fifo",
                discipline,
            );
            let ours: Vec<u64> = scores
                .starts
                .iter()
                .map(|start| start.unwrap().ms() / 1000)
                .collect();
            let golden: Vec<u64> = instance["start"][name]
                .as_array()
                .unwrap()
                .iter()
                .map(number)
                .collect();
            assert_eq!(ours, golden, "instance {index} under {name}");
            starts += ours.len();
        }
    }
    println!("{starts} starts of 110 instances x 3 disciplines are exact");
}

fn lublin() -> Option<Workload> {
    let path = data::file("swf/lublin_256.swf.gz")?;
    let file =
        std::fs::File::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Some(
        swf::read(file, "lublin_256.swf.gz", &TraceOptions::default())
            .unwrap()
            .workload,
    )
}

#[test]
fn the_rlscheduler_windows_of_fcfs_sjf_and_f1_are_met_to_a_millionth() {
    let (Some(log), Some(path)) = (lublin(), data::reference("oracles.csv")) else {
        return;
    };
    let mut rows = csv::Reader::from_path(path).unwrap();
    let mut met = 0;
    for record in rows.records() {
        let record = record.unwrap();
        let params: Vec<&str> = record[1].split(';').collect();
        if &record[0] != "RLScheduler_window" || params[3] != "backfill=0" {
            continue;
        }
        let order = match params[4] {
            "FCFS" => "fifo",
            "SJF" => "sjf",
            "F1" => "f1",
            _ => continue,
        };
        let start: usize = params[1]
            .strip_prefix("start_index=")
            .unwrap()
            .split('(')
            .next()
            .unwrap()
            .parse()
            .unwrap();
        let window = Workload {
            rows: log.rows[start..start + 1024].to_vec(),
            ..log.clone()
        };
        let scores = run(window, 256, order, "strict-held");
        let ours = if &record[2] == "bsld_tau10" {
            scores.mean_slowdown()
        } else {
            scores.mean_wait_s()
        };
        let theirs: f64 = record[3].parse().unwrap();
        assert!(
            (ours - theirs).abs() <= 1e-6 * theirs,
            "{} {}: {ours}, published {theirs}",
            &record[1],
            &record[2]
        );
        met += 1;
    }
    assert_eq!(met, 60, "10 windows x 3 orders x 2 figures");
    println!("{met} figures of 30 windows are met to 1e-6");
}

#[test]
fn whole_lublin_logs_under_fcfs_and_easy_are_exact() {
    let Some(log) = lublin() else { return };
    for (jobs, discipline, makespan, mean_wait, slowdown, max_wait) in [
        (
            1000,
            "strict",
            1_519_735,
            158_270.95,
            4_159.609_063_478_828,
            598_583,
        ),
        (
            1000,
            "easy",
            1_156_731,
            11_045.205,
            60.784_101_176_812_726,
            300_555,
        ),
        (
            10_000,
            "strict",
            12_482_549,
            2_388_443.760_1,
            66_502.475_529_323_03,
            4_759_976,
        ),
        (
            10_000,
            "easy",
            8_730_698,
            97_155.994_5,
            590.053_777_205_428_7,
            1_029_731,
        ),
    ] {
        let part = Workload {
            rows: log.rows[..jobs].to_vec(),
            ..log.clone()
        };
        let scores = run(part, 256, "fifo", discipline);
        assert_eq!(scores.makespan_s(), makespan, "{jobs} {discipline}");
        assert_eq!(
            scores.waits().max(),
            Some(max_wait * 1000),
            "{jobs} {discipline}"
        );
        assert!(
            (scores.mean_wait_s() - mean_wait).abs() < 1e-9 * mean_wait,
            "{}",
            scores.mean_wait_s()
        );
        assert!(
            (scores.mean_slowdown() - slowdown).abs() < 1e-9 * slowdown,
            "{}",
            scores.mean_slowdown()
        );
    }
}

#[test]
fn nasa_ipsc_and_its_halved_submits_score_as_pyss_scores_them() {
    let Some(path) = data::file("swf/NASA-iPSC-1993-3.1-cln.swf.gz") else {
        return;
    };
    let file =
        std::fs::File::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let options = TraceOptions {
        drop_zero_run: true,
        ..TraceOptions::default()
    };
    let log = swf::read(file, "NASA", &options).unwrap().workload;
    assert_eq!(log.rows.len(), 18_066);
    for (halved, discipline, makespan, mean_wait, slowdown, max_wait) in [
        (false, "strict", 7_949_022, 8.0813, 1.02623, 23_753),
        (false, "easy", 7_949_022, 4.0666, 1.01187, 23_753),
        (
            true,
            "strict",
            4_640_764,
            434_117.689_7,
            9_981.906_41,
            889_161,
        ),
        (true, "easy", 4_056_872, 86_272.038_8, 1_212.194_95, 325_064),
    ] {
        let mut part = log.clone();
        for row in part.rows.iter_mut().filter(|_| halved) {
            row.submit = SimTime::from_s(row.submit.ms() / 2000);
        }
        let scores = run(part, 128, "fifo", discipline);
        assert_eq!(scores.makespan_s(), makespan, "{halved} {discipline}");
        assert_eq!(
            scores.waits().max(),
            Some(max_wait * 1000),
            "{halved} {discipline}"
        );
        assert!(
            (scores.mean_wait_s() - mean_wait).abs() < 6e-5,
            "{halved} {discipline} {}",
            scores.mean_wait_s()
        );
        assert!(
            (scores.mean_slowdown() - slowdown).abs() < 6e-6,
            "{halved} {discipline} {}",
            scores.mean_slowdown()
        );
    }
}

/// Every log there is, on its own machine: MaxProcs of the header, else MaxNodes. The headers of RICC and METACENTRUM were
/// stripped: 8,192 and 806 processors are from memory.
const LOGS: [(&str, Option<u32>); 7] = [
    ("RICC-2010-2", Some(8192)),
    ("CEA-Curie-2011-2.1-cln", None),
    ("SDSC-BLUE-2000-4.2-cln", None),
    ("METACENTRUM-2009-2", Some(806)),
    ("NASA-iPSC-1993-3.1-cln", None),
    ("LCG-2005-1", None),
    ("lublin_256", None),
];

#[test]
fn every_log_replays_on_its_own_machine_with_all_jobs_accounted_for() {
    for (name, size) in LOGS {
        let Some(path) = data::file(&format!("swf/{name}.swf.gz")) else {
            return;
        };
        let file = std::fs::File::open(&path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let trace = swf::read(file, name, &TraceOptions::default()).unwrap();
        let vcpus = size
            .or(trace.machine_size)
            .expect("the header names the machine");
        for discipline in ["strict", "easy"] {
            let jobs = trace.workload.rows.len();
            let dropped: u64 = trace.workload.dropped.iter().map(|(_, rows)| rows).sum();
            let scores = run(trace.workload.clone(), vcpus, "fifo", discipline);
            let started = scores.starts.iter().flatten().count();
            assert_eq!(started, jobs, "{name} {discipline}");
            println!(
                "{name} on {vcpus} {discipline}: {jobs} jobs ran, {dropped} dropped; mean wait {:.1} s, slowdown {:.3}",
                scores.mean_wait_s(),
                scores.mean_slowdown()
            );
        }
    }
}

/// Graham 1969: jobs of these lengths, 1 before 9 and 4 before 5 to 8, list order by index.
fn graham(lengths: &[u64; 9], machines: u32, arcs: &[(usize, usize)]) -> u64 {
    use batchcast::model::{Dependency, DependencyKind, Extra};
    let jobs: Vec<(u64, u64, u64, u32)> = lengths.iter().map(|&length| (0, 0, length, 1)).collect();
    let mut workload = workload(&jobs);
    for job in 1..=9 {
        let from = workload.dependencies.len() as u32;
        for &(before, _) in arcs.iter().filter(|&&(_, after)| after == job) {
            workload.dependencies.push(Dependency {
                on: RowId::at(before - 1),
                kind: DependencyKind::Whole,
            });
        }
        let to = workload.dependencies.len() as u32;
        workload.rows[job - 1].extra = workload.extras.len() as u32;
        workload.extras.push(Extra {
            dependencies: from..to,
            ..Extra::default()
        });
    }
    run(workload, machines, "fifo", "lookahead:9").makespan_s()
}

#[test]
fn more_machines_shorter_jobs_and_fewer_arcs_make_grahams_jobs_later() {
    let lengths = [3, 2, 2, 2, 4, 4, 4, 4, 9];
    let arcs = [(1, 9), (4, 5), (4, 6), (4, 7), (4, 8)];
    assert_eq!(graham(&lengths, 3, &arcs), 12);
    assert_eq!(graham(&lengths, 4, &arcs), 15, "a machine more");
    assert_eq!(
        graham(&lengths.map(|length| length - 1), 3, &arcs),
        13,
        "all jobs a unit shorter"
    );
    assert_eq!(
        graham(&lengths, 3, &[(1, 9), (4, 7), (4, 8)]),
        16,
        "two arcs less"
    );
}

#[test]
fn grahams_tight_cases_are_as_bad_as_the_bound_allows() {
    for m in [2u32, 3, 4, 8, 64] {
        let mut jobs = vec![(0, 0, 1, 1); (m * (m - 1)) as usize];
        jobs.push((0, 0, u64::from(m), 1));
        assert_eq!(
            run(workload(&jobs), m, "fifo", "strict").makespan_s(),
            u64::from(2 * m - 1),
            "list, m={m}"
        );
        let longest = (m + 1..2 * m)
            .rev()
            .flat_map(|length| [u64::from(length); 2]);
        let lpt: Vec<(u64, u64, u64, u32)> = longest
            .chain([u64::from(m); 3])
            .map(|length| (0, 0, length, 1))
            .collect();
        assert_eq!(
            run(workload(&lpt), m, "fifo", "strict").makespan_s(),
            u64::from(4 * m - 1),
            "LPT, m={m}"
        );
    }
}
