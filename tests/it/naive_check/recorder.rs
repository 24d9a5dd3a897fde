//! What the real simulator says of a run, in the naive one's words.

use batchcast::model::{JobStatus, Scenario};
use batchcast::sim::{AttemptRecord, InstanceRecord, JobRecord, Observer, Simulation};
use batchcast::units::{RowId, SimTime};

use crate::naive::{AttemptOutcome, InstanceOutcome, JobOutcome, Outcome};

/// Runs `scenario` with the real simulator.
pub fn run(scenario: &Scenario, seed: u64) -> Outcome {
    let recorder = Simulation::new(scenario, seed, Recorder::default())
        .run()
        .observer;
    let mut outcome = recorder.outcome;
    outcome.jobs.sort_by_key(|job| job.job);
    for (job, attempt) in recorder.attempts {
        let known = outcome.jobs.binary_search_by_key(&job, |known| known.job);
        let known =
            known.unwrap_or_else(|_| panic!("an attempt of job {job}, of which no more was heard"));
        outcome.jobs[known].attempts.push(attempt);
    }
    let mut instances = recorder.instances;
    instances.sort_by_key(|(number, _)| *number);
    for (index, (number, instance)) in instances.into_iter().enumerate() {
        assert_eq!(index, number, "the bills of all instances, each once");
        outcome.total += instance.cost.total();
        outcome.instances.push(instance);
    }
    outcome
}

#[derive(Default)]
struct Recorder {
    outcome: Outcome,
    attempts: Vec<(usize, AttemptOutcome)>,
    instances: Vec<(usize, InstanceOutcome)>,
}

impl Recorder {
    fn job(&mut self, job: &JobRecord<'_>, ended: Option<SimTime>) {
        self.outcome.jobs.push(JobOutcome {
            job: job.job.index(),
            row: job.row.index(),
            index: job.array_index,
            status: job.status,
            reason: job.reason.to_string(),
            exit_code: job.exit_code,
            submitted: job.submitted,
            eligible: job.eligible,
            attempts: Vec::new(),
            ended,
        });
    }
}

impl Observer for Recorder {
    fn rejected(&mut self, _: SimTime, _: Option<RowId>, _: &str) {
        self.outcome.rejections += 1;
    }

    fn attempt_ended(&mut self, attempt: &AttemptRecord<'_>) {
        let outcome = AttemptOutcome {
            placed: attempt.placed,
            started: attempt.started,
            ended: Some(attempt.ended),
            main: attempt.instance.index(),
            reason: attempt.reason.to_string(),
            exit_code: attempt.exit_code,
            cost: attempt.cost,
        };
        self.attempts.push((attempt.job.index(), outcome));
    }

    fn job_ended(&mut self, job: &JobRecord<'_>) {
        assert!(matches!(
            job.status,
            JobStatus::Succeeded | JobStatus::Failed
        ));
        self.job(job, Some(job.ended));
    }

    fn job_unfinished(&mut self, job: &JobRecord<'_>, _: &str) {
        self.job(job, None);
    }

    fn instance_ended(&mut self, instance: &InstanceRecord) {
        let outcome = InstanceOutcome {
            instance_type: instance.instance_type,
            launched: instance.launched,
            registered: instance.registered,
            ended: instance.ended,
            cost: instance.cost,
        };
        self.instances.push((instance.instance.index(), outcome));
    }
}
