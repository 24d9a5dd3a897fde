//! Random small worlds with everything in them: few machines, short jobs of few lengths, so that ties are the rule.

mod dump;
mod fargate;
mod features;
mod managed;
mod spot;
mod submissions;
mod terms;

use batchcast::model::{
    Architecture, Billing, BlockReason, Catalogue, Command, ComputeEnvironment, ConsumableResource,
    ConsumableUpdate, EnvironmentKind, EnvironmentUpdate, FairsharePolicy, InstanceType, JobQueue,
    MachineGroup, Pattern, Profile, QueueUpdate, Resubmit, Rule, RuleEvent, Scenario,
    SchedulingPolicy, Settings, ShareWeight, TimeLimitAction, Timed, WeightFactor, Workload, World,
};
use batchcast::units::{NO_LIMIT_MIB, PricePerHour, Ratio, Shape, SimTime, Span, TypeId};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

pub use dump::dump;
pub use fargate::{fargate_world, image_world};
pub use features::{Features, features};
pub use managed::managed_world;
pub use spot::spot_world;
pub use terms::billed_world;

/// The grain of most times: a tie at every turn.
const GRAIN_S: u64 = 20;

/// The random world number `seed`.
pub fn world(seed: u64) -> Scenario {
    Maker::new(seed).make()
}

/// A world without any command or job, all delays zero.
pub fn empty(types: Vec<InstanceType>) -> Scenario {
    Scenario {
        name: "small".to_owned(),
        world: World {
            catalogue: Catalogue::new(types),
            spot: Default::default(),
            settings: Settings::new(Profile::Ideal),
            billing: Default::default(),
            quotas: Default::default(),
            start_epoch_ms: 0,
        },
        commands: Vec::new(),
        workload: Workload::default(),
        rules: Vec::new(),
        now: Default::default(),
        until: None,
    }
}

/// A machine type that differs from others only in what is given.
pub fn machine_type(name: &str, nominal: Shape) -> InstanceType {
    InstanceType {
        name: name.to_owned(),
        nominal,
        usable_memory: nominal.memory,
        architecture: Architecture::X86_64,
        price: PricePerHour::from_ticks(1_700_000_000),
        speed: Ratio::ONE,
        source: "scenario".to_owned(),
        hardware: Default::default(),
    }
}

/// An environment with `count` machines of one type from the beginning.
pub fn environment(name: &str, instance_type: TypeId, count: u32) -> ComputeEnvironment {
    ComputeEnvironment {
        name: name.to_owned(),
        enabled: true,
        valid: true,
        kind: EnvironmentKind::Unmanaged {
            unmanaged_vcpus: None,
            machines: vec![MachineGroup {
                instance_type,
                count,
                launch: SimTime::ZERO,
                terminate: None,
            }],
            billing: Billing::PerSecond,
        },
    }
}

/// A FIFO queue.
pub fn queue(name: &str, environments: &[&str]) -> JobQueue {
    JobQueue {
        name: name.to_owned(),
        enabled: true,
        priority: 1,
        environments: environments.iter().map(|name| (*name).to_owned()).collect(),
        scheduling_policy: None,
        time_limit_actions: Vec::new(),
        discipline: None,
        order: None,
    }
}

/// Sets a parameter of the model.
pub fn set(scenario: &mut Scenario, key: &str, text: &str) {
    let assumption = Settings::find(key).expect("a parameter of the model");
    scenario
        .world
        .settings
        .set(assumption, text)
        .expect("a value of its unit");
}

/// Makes one world.
struct Maker {
    chance: ChaCha8Rng,
    scenario: Scenario,
    backfills: bool,
    /// Some environments launch their machines themselves.
    managed: bool,
    with_definitions: bool,
    resources: Vec<String>,
    environments: Vec<String>,
    queues: Vec<JobQueue>,
    /// Every command but those that build.
    later: Vec<Timed>,
    last_s: u64,
    /// Some jobs are too big for any machine.
    some_impossible: bool,
    /// What every machine has, or less.
    least: Shape,
}

impl Maker {
    fn new(seed: u64) -> Maker {
        Maker {
            chance: ChaCha8Rng::seed_from_u64(seed),
            scenario: empty(Vec::new()),
            backfills: false,
            managed: false,
            with_definitions: true,
            resources: Vec::new(),
            environments: Vec::new(),
            queues: Vec::new(),
            later: Vec::new(),
            last_s: 0,
            some_impossible: false,
            least: Shape::default(),
        }
    }

    fn make(mut self) -> Scenario {
        self.backfills = !self.managed && self.one_in(4);
        self.with_definitions = !self.backfills || self.one_in(3);
        self.last_s = GRAIN_S * self.below(25);
        if self.managed {
            self.managed_settings();
        }
        self.settings();
        self.types();
        self.build_resources();
        self.build_environments();
        self.build_queues();
        self.build_definitions();
        self.submissions();
        self.rules();
        self.operator();
        self.later.sort_by_key(|timed| timed.at);
        self.scenario.commands.append(&mut self.later);
        self.scenario
    }

    /// True once in `n` times.
    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn below(&mut self, n: u64) -> u64 {
        self.chance.random_range(0..n)
    }

    fn pick<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize].clone()
    }

    /// A moment before the last submission or a little after, on the grain.
    fn some_time(&mut self) -> SimTime {
        let steps = self.last_s / GRAIN_S + 10;
        SimTime::from_s(GRAIN_S * self.below(steps))
    }

    fn settings(&mut self) {
        let choices: &[(&str, u64, &[&str])] = &[
            ("dispatchTick", 4, &["10s", "30s", "50s"]),
            ("dependencyTick", 4, &["20s", "50s"]),
            ("containerStart", 3, &["10s", "20s", "3s"]),
            ("retryDelay", 6, &["20s", "30s"]),
            ("timeoutLag", 6, &["5s", "20s"]),
            ("shutdownTime", 5, &["10s", "20s", "45s"]),
            ("blockedAfterMisconfiguration", 2, &["60s", "20s"]),
            ("blockedAfterUndetermined", 2, &["60s"]),
            ("placement", 6, &["spread"]),
            ("usableMemory", 4, &["registered"]),
            ("shareWindow", 2, &["decay", "decay-plus-600"]),
            ("shareCredit", 3, &["0s", "600s"]),
            ("shareHeadBlocks", 3, &["false"]),
            ("prefixWeightTimesN", 4, &["true"]),
            ("retryToFrontOf", 4, &["queue"]),
            ("absentReasonMatches", 5, &["false"]),
            ("consumablesHeldOverRetry", 5, &["true"]),
            ("outOfMemoryAt", 3, &["0.5"]),
            ("killAtEstimate", 8, &["true"]),
            ("dispatchRate", 5, &["0.01", "0.03", "0.05", "0.1", "0.3"]),
            ("dispatchBurst", 3, &["1", "2", "4"]),
        ];
        for (key, n, values) in choices {
            if self.one_in(*n) {
                let value = self.pick(values);
                set(&mut self.scenario, key, value);
            }
        }
        if self.one_in(5) {
            let value = self.pick(&["strict-held", "lookahead:2"]);
            set(&mut self.scenario, "dispatch", value);
        }
        if self.one_in(6) {
            let value = self.pick(&["sjf", "smallest", "largest"]);
            set(&mut self.scenario, "jobOrder", value);
        }
    }

    fn types(&mut self) {
        if self.managed {
            return self.managed_types();
        }
        let count = if self.backfills { 1 } else { 1 + self.below(3) };
        let memory_matters = self.one_in(2);
        let types = (0..count).map(|number| {
            let vcpus = match self.backfills {
                true => self.pick(&[6, 8, 10]),
                false => self.pick(&[2, 4, 4, 4, 8]),
            };
            let memory = match memory_matters {
                true => vcpus * self.pick(&[512, 1024]),
                false => NO_LIMIT_MIB,
            };
            let gpus = if self.one_in(4) { 2 } else { 0 };
            let mut machine = machine_type(&format!("m{number}"), Shape::new(vcpus, memory, gpus));
            if memory_matters {
                machine.usable_memory = memory - self.pick(&[0, 96]);
            }
            machine.price =
                PricePerHour::from_ticks(self.pick(&[425_000_000, 1_700_000_001, 3_333_333_333]));
            machine.speed = Ratio::from_parts(
                self.pick(&[1_000_000, 1_000_000, 2_000_000, 500_000, 1_500_000]),
            );
            machine
        });
        let types = types.collect::<Vec<_>>();
        self.some_impossible = self.one_in(4);
        let least = |of: fn(&InstanceType) -> u32| types.iter().map(of).min().unwrap_or(0);
        self.least = Shape {
            vcpus: least(|kind| kind.nominal.vcpus),
            memory: least(|kind| kind.usable_memory),
            gpus: least(|kind| kind.nominal.gpus),
        };
        self.scenario.world.catalogue = Catalogue::new(types);
    }

    fn at_start(&mut self, command: Command) {
        self.scenario.commands.push(Timed {
            at: SimTime::ZERO,
            command,
        });
    }

    fn later(&mut self, command: Command) {
        let at = self.some_time();
        self.later.push(Timed { at, command });
    }

    fn build_resources(&mut self) {
        if self.backfills {
            return;
        }
        for number in 0..self.below(3) {
            let name = format!("licence{number}");
            let replenishable = !self.one_in(3);
            let total = if replenishable {
                1 + self.below(4)
            } else {
                2 + self.below(12)
            };
            self.resources.push(name.clone());
            self.at_start(Command::CreateConsumableResource(ConsumableResource {
                name,
                total,
                replenishable,
            }));
        }
    }

    fn build_environments(&mut self) {
        let count = if self.backfills { 1 } else { 1 + self.below(3) };
        for number in 0..count {
            if self.managed && !self.one_in(4) {
                let environment = self.managed_environment(number);
                self.environments.push(environment.name.clone());
                self.at_start(Command::CreateComputeEnvironment(environment));
                continue;
            }
            let types = self.scenario.world.catalogue.len() as u64;
            let groups = if self.backfills { 1 } else { 1 + self.below(2) };
            let machines = (0..groups).map(|_| {
                let loses = self.one_in(8);
                let joins_late = self.one_in(8);
                let launch = if joins_late {
                    self.some_time()
                } else {
                    SimTime::ZERO
                };
                let after = Span::from_s(GRAIN_S * (1 + self.below(20)));
                MachineGroup {
                    instance_type: TypeId::at(self.below(types) as usize),
                    count: if self.backfills {
                        1
                    } else {
                        1 + self.below(2) as u32
                    },
                    launch,
                    terminate: loses.then(|| launch + after),
                }
            });
            let machines = machines.collect();
            let environment = ComputeEnvironment {
                name: format!("ce{number}"),
                enabled: !self.one_in(24),
                valid: !self.one_in(100),
                kind: EnvironmentKind::Unmanaged {
                    unmanaged_vcpus: self.one_in(2).then(|| self.pick(&[4, 8, 12])),
                    machines,
                    billing: self.pick(&[Billing::PerSecond, Billing::PerSecond, Billing::PerHour]),
                },
            };
            self.environments.push(environment.name.clone());
            self.at_start(Command::CreateComputeEnvironment(environment));
        }
    }

    fn build_queues(&mut self) {
        let count = if self.backfills {
            1 + self.below(5) / 4
        } else {
            1 + self.below(3)
        };
        for number in 0..count {
            let fair = !self.backfills && self.one_in(3);
            let policy = fair.then(|| self.build_policy(number));
            let mut environments = self.environments.clone();
            if self.one_in(2) {
                environments.reverse();
            }
            environments.truncate(1 + self.below(environments.len() as u64) as usize);
            let discipline = match (self.backfills, fair) {
                // Plans of one queue cannot know of another's.
                (true, _) if count == 1 => Some(self.pick(&["easy", "conservative"])),
                (true, _) => Some("easy"),
                (_, true) => Some("strict"),
                _ => self.pick(&[
                    None,
                    Some("strict"),
                    Some("strict-held"),
                    Some("lookahead:0"),
                    Some("lookahead:3"),
                ]),
            };
            let order = match discipline {
                Some("conservative") => Some("fifo"),
                _ => self.pick(&[
                    None,
                    None,
                    Some("fifo"),
                    Some("sjf"),
                    Some("smallest"),
                    Some("largest"),
                ]),
            };
            let mut actions = Vec::new();
            for reason in [
                BlockReason::MaxResource,
                BlockReason::JobResourceRequirement,
            ] {
                if self.one_in(2) {
                    actions.push(TimeLimitAction {
                        reason,
                        max_time: Span::from_s(self.pick(&[600, 620])),
                    });
                }
            }
            let queue = JobQueue {
                enabled: !self.one_in(30),
                priority: self.below(3) as i32,
                scheduling_policy: policy,
                time_limit_actions: actions,
                discipline: discipline.map(str::to_owned),
                order: order.map(str::to_owned),
                ..queue(&format!("q{number}"), &[])
            };
            let queue = JobQueue {
                environments,
                ..queue
            };
            self.queues.push(queue.clone());
            self.at_start(Command::CreateJobQueue(queue));
        }
    }

    fn policy(&mut self, name: &str) -> SchedulingPolicy {
        let mut distribution = Vec::new();
        for identifier in ["A", "B", "C*"] {
            if self.one_in(2) {
                distribution.push(ShareWeight {
                    identifier: identifier.to_owned(),
                    weight: WeightFactor(self.pick(&[2_500, 5_000, 10_000, 20_000])),
                });
            }
        }
        SchedulingPolicy {
            name: name.to_owned(),
            fairshare: FairsharePolicy {
                share_decay: Span::from_s(self.pick(&[0, 60, 120, 900])),
                compute_reservation: self.pick(&[0, 0, 25, 50]),
                distribution,
            },
        }
    }

    fn build_policy(&mut self, number: u64) -> String {
        let name = format!("fair{number}");
        let policy = self.policy(&name);
        self.at_start(Command::CreateSchedulingPolicy(policy));
        if self.one_in(3) {
            let policy = self.policy(&name);
            self.later(Command::UpdateSchedulingPolicy(policy));
        }
        name
    }

    fn rules(&mut self) {
        if !self.one_in(6) {
            return;
        }
        for _ in 0..1 + self.below(2) {
            let on = self.pick(&[
                RuleEvent::JobFailed,
                RuleEvent::JobFailed,
                RuleEvent::JobSucceeded,
            ]);
            let queue = self.pick(&self.queues.clone()).name;
            let rule = Rule {
                on,
                job_queue: self.one_in(3).then_some(queue.clone()),
                exit_code: self.one_in(3).then(|| Pattern::new("1*")),
                status_reason: Some(Pattern::new(self.pick(&[
                    "Essential*",
                    "Host EC2*",
                    "Job attempt*",
                ]))),
                action: Resubmit {
                    job_queue: self.one_in(3).then_some(queue),
                    memory_factor: Ratio::from_parts(self.pick(&[1_000_000, 1_500_000, 2_000_000])),
                    after: Span::from_s(self.pick(&[0, 0, 20, 60])),
                },
                max_times: 1 + self.below(2) as u32,
            };
            self.scenario.rules.push(rule);
        }
    }

    /// What the operator and the clients do meanwhile.
    fn operator(&mut self) {
        if self.managed {
            self.managed_operator();
        }
        let with_rules = !self.scenario.rules.is_empty();
        for _ in 0..self.below(8) {
            let environment = self.pick(&self.environments.clone());
            let queue = self.pick(&self.queues.clone()).name;
            let job = self.some_job_name();
            let choice = self.below(if self.backfills { 7 } else { 13 });
            match choice {
                0..=2 if !with_rules => {
                    let reason = self.pick(&["not needed", "wrong input"]).to_owned();
                    self.later(Command::CancelJob { job, reason });
                }
                3..=4 if !with_rules => {
                    let reason = self.pick(&["stop it", "wrong input"]).to_owned();
                    self.later(Command::TerminateJob { job, reason });
                }
                5 => {
                    let first = self.pick(&[
                        (Some(false), None),
                        (None, Some(false)),
                        (Some(true), None),
                        (None, Some(true)),
                    ]);
                    self.environment_update(&environment, first);
                    if !self.one_in(3) {
                        let then = (first.0.map(|state| !state), first.1.map(|state| !state));
                        self.environment_update(&environment, then);
                    }
                }
                6 => {
                    for enabled in [false, true] {
                        self.later(Command::UpdateJobQueue(QueueUpdate {
                            job_queue: queue.clone(),
                            enabled: Some(enabled),
                            ..QueueUpdate::default()
                        }));
                    }
                }
                7 | 12 => {
                    let types = self.scenario.world.catalogue.len() as u64;
                    let instance_type = TypeId::at(self.below(types) as usize);
                    let count = 1 + self.below(2) as u32;
                    self.later(Command::RunInstances {
                        compute_environment: environment,
                        instance_type,
                        count,
                    });
                }
                8 => {
                    let count = 1 + self.below(2) as u32;
                    self.later(Command::TerminateInstances {
                        compute_environment: environment,
                        count,
                    });
                }
                9 => {
                    let priority = Some(self.below(4) as i32);
                    let mut environments = self.environments.clone();
                    environments.reverse();
                    let environments = self.one_in(2).then_some(environments);
                    self.later(Command::UpdateJobQueue(QueueUpdate {
                        job_queue: queue,
                        priority,
                        environments,
                        ..QueueUpdate::default()
                    }));
                }
                10 if self.one_in(3) => {
                    let at = self.some_time();
                    self.later.push(Timed {
                        at,
                        command: Command::UpdateJobQueue(QueueUpdate {
                            job_queue: queue.clone(),
                            enabled: Some(false),
                            ..QueueUpdate::default()
                        }),
                    });
                    let at = at + Span::from_s(GRAIN_S * self.below(5));
                    self.later.push(Timed {
                        at,
                        command: Command::DeleteJobQueue { job_queue: queue },
                    });
                }
                11 if !self.resources.is_empty() => {
                    let consumable_resource = self.pick(&self.resources.clone());
                    let update = match self.below(2) {
                        0 => ConsumableUpdate::Set(self.below(6)),
                        _ => ConsumableUpdate::Add(1 + self.below(3)),
                    };
                    self.later(Command::UpdateConsumableResource {
                        consumable_resource,
                        update,
                    });
                }
                _ => {}
            }
        }
    }

    fn environment_update(
        &mut self,
        environment: &str,
        (enabled, valid): (Option<bool>, Option<bool>),
    ) {
        self.later(Command::UpdateComputeEnvironment(EnvironmentUpdate {
            compute_environment: environment.to_owned(),
            enabled,
            valid,
            ..EnvironmentUpdate::default()
        }));
    }
}
