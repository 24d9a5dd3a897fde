//! Plays a scenario given as text and writes down what happened: what the stories are checked against.

use std::collections::BTreeMap;

use batchcast::input::scenario::{Files, load};
use batchcast::model::{JobStatus, Scenario};
use batchcast::sim::{
    AttemptRecord, InstanceRecord, JobRecord, Levels, Named, Observer, Simulation,
};
use batchcast::units::{EnvId, JobId, QueueId, RowId, SimTime, Usd};

/// No file can be opened: stories are whole.
pub struct NoFiles;

impl Files for NoFiles {
    fn open(&self, path: &str) -> Result<Box<dyn std::io::Read>, String> {
        Err(format!("{path} is not there"))
    }
}

/// An attempt as it happened, in seconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    pub job: String,
    pub attempt: u8,
    pub environment: String,
    pub instance: u32,
    pub placed: f64,
    pub started: Option<f64>,
    pub ended: f64,
    pub exit_code: Option<u8>,
    pub reason: String,
}

/// A job as it ended, in seconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    pub status: JobStatus,
    pub reason: String,
    pub eligible: Option<f64>,
    pub started: Option<f64>,
    pub ended: f64,
    pub attempts: u8,
    pub causes: BTreeMap<&'static str, f64>,
    pub cost: Usd,
}

/// All that happened.
#[derive(Clone, Debug, Default)]
pub struct Tape {
    pub attempts: Vec<Attempt>,
    pub jobs: BTreeMap<String, Job>,
    pub unfinished: BTreeMap<String, String>,
    pub rejected: Vec<String>,
    pub blocked: Vec<(f64, String)>,
    pub instances: Vec<InstanceRecord>,
    pub levels: Vec<(f64, Levels)>,
    pub end: f64,
    environments: Vec<String>,
    names: Vec<String>,
}

fn s(at: SimTime) -> f64 {
    at.ms() as f64 / 1000.0
}

impl Tape {
    /// A tape for a run of `scenario`.
    pub fn of(scenario: &Scenario) -> Tape {
        let workload = &scenario.workload;
        let name = |row: &batchcast::model::Row| {
            let mut bytes = Vec::new();
            workload.write_source(row.source, &mut bytes);
            String::from_utf8(bytes).unwrap()
        };
        Tape {
            names: workload.rows.iter().map(name).collect(),
            ..Tape::default()
        }
    }

    fn name(&self, row: RowId, child: Option<u32>, resubmission: u32) -> String {
        let mut name = self.names[row.index()].clone();
        if let Some(child) = child {
            name += &format!(":{child}");
        }
        if resubmission > 0 {
            name += &format!("~{resubmission}");
        }
        name
    }

    /// The job called `name`.
    pub fn job(&self, name: &str) -> &Job {
        self.jobs
            .get(name)
            .unwrap_or_else(|| panic!("{name} did not end; those that did: {:?}", self.jobs.keys()))
    }

    /// When the last attempt of `name` entered RUNNING.
    pub fn start(&self, name: &str) -> f64 {
        self.job(name)
            .started
            .unwrap_or_else(|| panic!("{name} never ran: {}", self.job(name).reason))
    }

    /// The bill.
    pub fn cost(&self) -> Usd {
        self.instances
            .iter()
            .map(|instance| instance.cost.total())
            .sum()
    }
}

impl Observer for Tape {
    fn named(&mut self, name: Named<'_>) {
        if let Named::Environment(_, name) = name {
            self.environments.push(name.to_owned());
        }
    }

    fn rejected(&mut self, _: SimTime, row: Option<RowId>, reason: &str) {
        let who = row.map_or(String::new(), |row| {
            format!("{}: ", self.names[row.index()])
        });
        self.rejected.push(format!("{who}{reason}"));
    }

    fn attempt_ended(&mut self, a: &AttemptRecord<'_>) {
        self.attempts.push(Attempt {
            job: self.name(a.row, a.array_index, a.resubmission),
            attempt: a.attempt,
            environment: self.environments[a.environment.index()].clone(),
            instance: a.instance.0,
            placed: s(a.placed),
            started: a.started.map(s),
            ended: s(a.ended),
            exit_code: a.exit_code,
            reason: a.reason.to_string(),
        });
    }

    fn job_ended(&mut self, j: &JobRecord<'_>) {
        assert_eq!(
            j.time.total(),
            j.ended - j.submitted,
            "causes of {:?} do not sum to its life",
            j.job
        );
        assert!(
            j.environment != EnvId::NONE || j.started.is_none() || j.status == JobStatus::Failed
        );
        let causes = batchcast::model::TimeCause::ALL
            .iter()
            .map(|&cause| (cause.name(), j.time.get(cause).ms() as f64 / 1000.0))
            .filter(|&(_, seconds)| seconds > 0.0)
            .collect();
        let job = Job {
            status: j.status,
            reason: j.reason.to_string(),
            eligible: j.eligible.map(s),
            started: j.started.map(s),
            ended: s(j.ended),
            attempts: j.attempts,
            causes,
            cost: j.cost,
        };
        self.jobs
            .insert(self.name(j.row, j.array_index, j.resubmission), job);
    }

    fn job_unfinished(&mut self, j: &JobRecord<'_>, why: &str) {
        self.unfinished.insert(
            self.name(j.row, j.array_index, j.resubmission),
            why.to_owned(),
        );
    }

    fn queue_blocked(&mut self, at: SimTime, _: QueueId, _: JobId, reason: &str) {
        self.blocked.push((s(at), reason.to_owned()));
    }

    fn instance_ended(&mut self, instance: &InstanceRecord) {
        self.instances.push(instance.clone());
    }

    fn levels(&mut self, at: SimTime, levels: &Levels) {
        self.levels.push((s(at), *levels));
    }

    fn ended(&mut self, at: SimTime) {
        self.end = s(at);
    }
}

/// Reads a scenario, or says all that is wrong with it.
pub fn scenario(text: &str) -> Scenario {
    match load("story.toml", text.as_bytes(), &[], None, &NoFiles) {
        Ok(loaded) => loaded.scenario,
        Err(problems) => {
            panic!(
                "{}",
                problems
                    .iter()
                    .map(|problem| problem.to_string())
                    .collect::<Vec<_>>()
                    .join("\n")
            )
        }
    }
}

/// Runs a scenario with seed 1.
pub fn run(scenario: &Scenario) -> Tape {
    Simulation::new(scenario, 1, Tape::of(scenario))
        .run()
        .observer
}

/// Reads and runs.
pub fn play(text: &str) -> Tape {
    run(&scenario(text))
}
