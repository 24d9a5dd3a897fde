//! `--trace --pool`: what the command line adds to the scenario of a trace on one machine.

use crate::input::scenario::Loaded;
use crate::model::{Command, FairsharePolicy, SchedulingPolicy, Settings, Timed, Workload};
use crate::units::SimTime;

/// The queue of the pool.
pub const QUEUE: &str = "trace";
/// The scheduling policy of a shared pool: every share weighs one.
const POLICY: &str = "equal-shares";

/// The workload with all jobs in the queue of the pool, whatever queues, definitions and shares a trace names: the jobs of
/// another run go where they are sent now.
pub fn on_pool(mut workload: Workload, is_shared: bool) -> Workload {
    let mut states_size = vec![true; workload.templates.len()];
    for row in &workload.rows {
        states_size[row.template as usize] &= row.vcpus > 0;
    }
    for (template, states_size) in workload.templates.iter_mut().zip(states_size) {
        template.job_queue = QUEUE.to_owned();
        if !is_shared {
            template.share_identifier = None;
        }
        // A job that leaves its size to a definition is refused by name; the others need none.
        if states_size {
            template.job_definition = None;
        }
    }
    workload
}

/// Notes the policies of the command line among the parameters, where reports look for what was changed.
pub fn note_policies(loaded: &mut Loaded, order: Option<&str>, discipline: Option<&str>) {
    for (key, value) in [("jobOrder", order), ("dispatch", discipline)] {
        if let (Some(value), Some(assumption)) = (value, Settings::find(key)) {
            // Any text is a policy's name to the settings, and these were looked up already.
            let _ = loaded.scenario.world.settings.set(assumption, value);
            loaded.effective["model"][key] = value.into();
        }
    }
}

/// Gives the queue of the pool a scheduling policy, so that its shares take turns.
pub fn share(loaded: &mut Loaded) {
    let policy = SchedulingPolicy {
        name: POLICY.to_owned(),
        fairshare: FairsharePolicy::default(),
    };
    for timed in &mut loaded.scenario.commands {
        if let Command::CreateJobQueue(queue) = &mut timed.command {
            queue.scheduling_policy = Some(policy.name.clone());
        }
    }
    let create = Timed {
        at: SimTime::ZERO,
        command: Command::CreateSchedulingPolicy(policy),
    };
    loaded.scenario.commands.insert(0, create);
    loaded.effective["schedulingPolicies"] = serde_json::json!([{ "name": POLICY }]);
    loaded.effective["jobQueues"][0]["schedulingPolicyArn"] = POLICY.into();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Trace;
    use crate::input::scenario::{Pool, trace_scenario};
    use crate::model::SubmitJob;

    fn loaded(workload: Workload) -> Loaded {
        let trace = Trace {
            workload,
            ..Trace::default()
        };
        let pool = Pool {
            vcpus: 8,
            order: "fifo",
            discipline: "strict",
            overrides: &[],
            seed: 0,
        };
        trace_scenario(trace, "jobs.csv", &pool).unwrap()
    }

    #[test]
    fn the_jobs_of_another_run_go_to_the_pool() {
        let workload = Workload {
            templates: vec![SubmitJob {
                job_queue: "nightly".to_owned(),
                job_definition: Some("align:3".to_owned()),
                share_identifier: Some("blue".to_owned()),
                ..SubmitJob::default()
            }],
            ..Workload::default()
        };
        let template = loaded(on_pool(workload, false))
            .scenario
            .workload
            .templates
            .remove(0);
        let expected = SubmitJob {
            job_queue: QUEUE.to_owned(),
            ..SubmitJob::default()
        };
        assert_eq!(template, expected);
    }

    #[test]
    fn shares_have_a_policy_before_the_queue_that_names_it() {
        let mut loaded = loaded(Workload::default());
        share(&mut loaded);
        let commands = &loaded.scenario.commands;
        assert!(
            matches!(&commands[0].command, Command::CreateSchedulingPolicy(policy) if policy.name == POLICY)
        );
        let named = commands.iter().any(|timed| {
            matches!(&timed.command, Command::CreateJobQueue(queue) if queue.scheduling_policy.as_deref() == Some(POLICY))
        });
        assert!(named);
    }
}
