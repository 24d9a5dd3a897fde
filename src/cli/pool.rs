//! `--trace --pool`: the scenario of one machine and one queue that a trace runs on without delays.

use crate::input::Trace;
use crate::model::{
    Architecture, Billing, Catalogue, Command, ComputeEnvironment, EnvironmentKind,
    FairsharePolicy, InstanceType, JobQueue, Knob, MachineGroup, Profile, Scenario,
    SchedulingPolicy, Settings, Timed, Workload, World,
};
use crate::policy::{discipline, order, placement};
use crate::units::{NO_LIMIT_MIB, PricePerHour, Ratio, Shape, SimTime, TypeId};

use super::args::Run;

/// The queue that jobs of a trace go to.
pub const QUEUE: &str = "trace";
/// The environment and its one machine.
const POOL: &str = "pool";

/// A pool as the command line describes it.
pub struct Pool {
    settings: Settings,
    machine: InstanceType,
    is_shared: bool,
    until: Option<SimTime>,
}

impl Pool {
    /// The pool that `run` asks for.
    ///
    /// # Errors
    /// A sentence on the parameter or policy that there is not.
    pub fn new(run: &Run, vcpus: u32) -> Result<Pool, String> {
        let mut settings = Settings::new(Profile::Ideal);
        for (key, value) in &run.set {
            set(&mut settings, key, value).map_err(|message| format!("--set {key}: {message}"))?;
        }
        if let Some(name) = &run.order {
            set(&mut settings, "jobOrder", name)
                .map_err(|message| format!("--order: {message}"))?;
        }
        if let Some(name) = &run.discipline {
            set(&mut settings, "dispatch", name)
                .map_err(|message| format!("--discipline: {message}"))?;
        }
        let price = settings.price(Knob::PoolPricePerVcpuHour);
        let price = price.times(u64::from(vcpus)).ok_or_else(|| {
            format!("{vcpus} vCPUs at {price} USD an hour each cost more than can be counted")
        })?;
        Ok(Pool {
            machine: machine(vcpus, price),
            settings,
            is_shared: run.reading.share_by.is_some(),
            until: run.until.map(|until| SimTime::ZERO + until),
        })
    }

    /// The scenario of `trace` on this pool, called `name`.
    pub fn scenario(self, trace: Trace, name: &str) -> Scenario {
        Scenario {
            name: name.to_owned(),
            world: World {
                catalogue: Catalogue::new([self.machine]),
                settings: self.settings,
                start_epoch_ms: trace.start_epoch_ms.unwrap_or(0),
            },
            commands: commands(self.is_shared),
            workload: on_pool(trace.workload, self.is_shared),
            rules: Vec::new(),
            until: self.until,
        }
    }
}

/// The workload with all jobs in the queue of the pool, whatever queues and shares a trace names: the jobs of another run go
/// where they are sent now.
fn on_pool(mut workload: Workload, is_shared: bool) -> Workload {
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

/// Sets a parameter, whose value may be the name of a policy.
fn set(settings: &mut Settings, key: &str, value: &str) -> Result<(), String> {
    let assumption = Settings::find(key)
        .ok_or_else(|| format!("`{key}` is no parameter; `batchcast assumptions` lists them"))?;
    match assumption.knob {
        Knob::Dispatch => drop(discipline::find(value)?),
        Knob::JobOrder => drop(order::find(value)?),
        Knob::Placement => drop(placement::find(value)?),
        _ => {}
    }
    settings.set(assumption, value)
}

fn machine(vcpus: u32, price: PricePerHour) -> InstanceType {
    InstanceType {
        name: POOL.to_owned(),
        nominal: Shape::new(vcpus, NO_LIMIT_MIB, u32::MAX),
        usable_memory: NO_LIMIT_MIB,
        architecture: Architecture::X86_64,
        price,
        speed: Ratio::ONE,
        source: "--pool".to_owned(),
    }
}

fn commands(is_shared: bool) -> Vec<Timed> {
    let policy = SchedulingPolicy {
        name: "equal-shares".to_owned(),
        fairshare: FairsharePolicy::default(),
    };
    let environment = ComputeEnvironment {
        name: POOL.to_owned(),
        enabled: true,
        valid: true,
        kind: EnvironmentKind::Unmanaged {
            unmanaged_vcpus: None,
            machines: vec![MachineGroup {
                instance_type: TypeId(0),
                count: 1,
                launch: SimTime::ZERO,
                terminate: None,
            }],
            billing: Billing::PerSecond,
        },
    };
    let queue = JobQueue {
        name: QUEUE.to_owned(),
        enabled: true,
        priority: 1,
        environments: vec![POOL.to_owned()],
        scheduling_policy: is_shared.then(|| policy.name.clone()),
        time_limit_actions: Vec::new(),
        discipline: None,
        order: None,
    };
    let policy = is_shared.then_some(Command::CreateSchedulingPolicy(policy));
    policy
        .into_iter()
        .chain([
            Command::CreateComputeEnvironment(environment),
            Command::CreateJobQueue(queue),
        ])
        .map(|command| Timed {
            at: SimTime::ZERO,
            command,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::{Command as Line, CommandLine};
    use clap::Parser;

    fn pool(words: &str) -> Result<Pool, String> {
        let words = format!("batchcast run --trace t.swf --pool 8 {words}");
        let Line::Run(run) = CommandLine::try_parse_from(words.split_whitespace())
            .unwrap()
            .command
        else {
            unreachable!("a run was typed")
        };
        Pool::new(&run, run.pool.unwrap())
    }

    #[test]
    fn policies_of_the_command_line_are_looked_up() {
        let pool = pool("--discipline easy --order sjf --set containerStart=3s")
            .unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(pool.settings.word(Knob::Dispatch), "easy");
        assert_eq!(pool.settings.word(Knob::JobOrder), "sjf");
        for wrong in [
            "--discipline eazy",
            "--order x",
            "--set x=1",
            "--set containerStart=soon",
            "--set placement=x",
        ] {
            assert!(super::tests::pool(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn shares_need_a_scheduling_policy() {
        let scenario = |words| {
            pool(words)
                .map(|pool| pool.scenario(Trace::default(), "t"))
                .unwrap_or_else(|e| panic!("{e}"))
        };
        assert_eq!(scenario("").commands.len(), 2);
        let shared = scenario("--share-by user");
        assert!(matches!(
            &shared.commands[0].command,
            Command::CreateSchedulingPolicy(_)
        ));
        assert!(
            matches!(&shared.commands[2].command, Command::CreateJobQueue(queue) if queue.scheduling_policy.is_some())
        );
    }
}
