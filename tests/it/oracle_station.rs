//! A waiting line of queueing theory as a scenario: vCPUs that each serve one job at a time, jobs of one vCPU, and nothing of
//! AWS's delays. Runs it and returns mean waits.

use batchcast::model::{
    AllocationStrategy, Anchor, Architecture, Billing, Catalogue, Command, ComputeEnvironment,
    EnvironmentKind, Extra, InstanceType, JobQueue, Loop, MachineGroup, Managed, Profile, Row,
    Scenario, Settings, SubmitJob, Timed, Workload, World,
};
use batchcast::sim::{InstanceRecord, JobRecord, Observer, Simulation};
use batchcast::units::{PricePerHour, Ratio, RowId, Shape, SimTime, Span, TypeId, Usd};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use rayon::prelude::*;
use statrs::distribution::{ContinuousCDF, StudentsT};

/// Milliseconds of the mean service: rounding to whole ones moves a mean by less than a millionth.
const MEAN_MS: f64 = 1_000_000.0;

/// Gaps between arrivals.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Gaps {
    /// Exponential: Poisson arrivals.
    Exponential,
    /// All equal.
    Equal,
}

/// Service times of mean one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Services {
    /// Exponential.
    Exponential,
    /// All equal.
    Equal,
    /// Uniform between 0 and 2.
    Uniform,
    /// The sum of two exponentials.
    Erlang2,
    /// One of two exponentials, each with half of the work; this squared coefficient of variation, above 1.
    Hyperexponential(f64),
    /// Lognormal of this squared coefficient of variation.
    Lognormal(f64),
}

/// A waiting line with an endless stream of jobs.
#[derive(Clone, Copy, Debug)]
pub struct Station {
    pub servers: u32,
    pub load: f64,
    pub gaps: Gaps,
    pub services: Services,
    /// Classes with equal arrival rates; each has a queue of its own, and the first goes first.
    pub classes: u32,
    /// The job order of the queues, where it is not AWS's own.
    pub order: Option<&'static str>,
    /// Where the servers come from.
    pub machines: Machines,
}

/// Where servers come from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Machines {
    /// One machine has them all, always.
    Pool,
    /// Each is an instance of a managed environment, which launches it at once and lets it go at once.
    Managed,
}

impl Station {
    /// Poisson arrivals and exponential services, first come, first served.
    pub const fn new(servers: u32, load: f64) -> Station {
        Station {
            servers,
            load,
            gaps: Gaps::Exponential,
            services: Services::Exponential,
            classes: 1,
            order: None,
            machines: Machines::Pool,
        }
    }

    /// Mean wait of each class in one run of `jobs` jobs from an empty start. The first tenth of the jobs does not count.
    pub fn waits(&self, jobs: usize, seed: u64) -> Vec<f64> {
        let scenario = self.scenario(jobs, seed);
        let mut waits = Waits::new(self.classes, jobs as u32 / 10);
        Simulation::new(&scenario, seed, &mut waits).run();
        waits.means()
    }

    /// The station with `jobs` jobs of this seed.
    pub fn scenario(&self, jobs: usize, seed: u64) -> Scenario {
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        let mut submit = 0.0;
        let gap = MEAN_MS / (self.load * f64::from(self.servers));
        let rows = (0..jobs).map(|index| {
            submit += gap
                * match self.gaps {
                    Gaps::Exponential => exponential(&mut chance),
                    Gaps::Equal => 1.0,
                };
            let class = match self.classes {
                1 => 0,
                classes => chance.random_range(0..classes),
            };
            row(
                submit,
                self.services.draw(&mut chance) * MEAN_MS,
                class,
                index,
            )
        });
        let workload = Workload {
            rows: rows.collect(),
            templates: (0..self.classes).map(template).collect(),
            ..Workload::default()
        };
        scenario(
            self.machines,
            self.servers,
            self.classes,
            self.order,
            workload,
        )
    }
}

/// Perfect autoscaling: a managed environment without a limit, whose instances of one vCPU come and go at once. Returns the
/// mean number of busy ones, once the empty start is forgotten, and the bill as a part of load × time × price.
pub fn autoscaled(load: f64, services: Services, jobs: usize, seed: u64) -> Vec<f64> {
    const WITHOUT_LIMIT: u32 = 1_000_000;
    let station = Station {
        services,
        machines: Machines::Managed,
        ..Station::new(WITHOUT_LIMIT, load / f64::from(WITHOUT_LIMIT))
    };
    let scenario = station.scenario(jobs, seed);
    let last = scenario.workload.rows[jobs - 1].submit;
    let mut busy = Busy {
        from: SimTime::from_ms(10 * MEAN_MS as u64),
        until: last,
        busy_ms: 0,
        cost: Usd::ZERO,
    };
    Simulation::new(&scenario, seed, &mut busy).run();
    let hours = jobs as f64 * MEAN_MS / 3_600_000.0;
    let dollars: f64 = busy.cost.to_string().parse().expect("an amount");
    let window = (busy.until - busy.from).ms() as f64;
    vec![busy.busy_ms as f64 / window, dollars / hours]
}

/// Adds up service within a window, and the whole bill.
struct Busy {
    from: SimTime,
    until: SimTime,
    busy_ms: u64,
    cost: Usd,
}

impl Observer for &mut Busy {
    fn job_ended(&mut self, job: &JobRecord<'_>) {
        let started = job.started.expect("a job of a station runs");
        let (from, until) = (started.max(self.from), job.ended.min(self.until));
        if from < until {
            self.busy_ms += (until - from).ms();
        }
    }

    fn instance_ended(&mut self, instance: &InstanceRecord) {
        self.cost += instance.cost.total();
    }
}

/// Mean wait and jobs per unit of time in one run in which each of `users` submits `jobs_each` jobs, thinking `think` on the
/// average after each. Services and thinking are exponential. What counts lies between a tenth and six tenths of the time that
/// a user needs at least on the average: the start is forgotten by then, and all users are still there.
pub fn closed_loop(users: u32, servers: u32, think: f64, jobs_each: u32, seed: u64) -> (f64, f64) {
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let mut workload = Workload {
        templates: vec![template(0)],
        closed_loop: Loop::Closed,
        ..Workload::default()
    };
    let whole_ms = f64::from(jobs_each) * (1.0 + think) * MEAN_MS;
    for round in 0..jobs_each {
        for _ in 0..users {
            let pause = exponential(&mut chance) * think * MEAN_MS;
            let index = workload.rows.len();
            // The first job of a user comes after the first pause; the time of a later one is not used.
            let submit = if round == 0 { pause } else { whole_ms };
            let mut next = row(submit, exponential(&mut chance) * MEAN_MS, 0, index);
            if round > 0 {
                let anchor = workload.anchors.len() as u32;
                let after = RowId::at(index - users as usize);
                workload.anchors.push(Anchor { after });
                next.extra = workload.extras.len() as u32;
                workload.extras.push(Extra {
                    anchors: anchor..anchor + 1,
                    think: Span::from_ms(pause.round() as u64),
                    ..Extra::default()
                });
            }
            workload.rows.push(next);
        }
        if round == 0 {
            workload.rows.sort_by_key(|row| row.submit);
        }
    }
    let scenario = scenario(Machines::Pool, servers, 1, None, workload);
    let moment = |part: f64| SimTime::from_ms((part * whole_ms) as u64);
    let mut waits = Waits::new(1, 0);
    (waits.from, waits.until) = (moment(0.1), moment(0.6));
    Simulation::new(&scenario, seed, &mut waits).run();
    (waits.means()[0], waits.throughput())
}

/// The makespan of one array of `tasks` exponential children that are submitted at once.
pub fn array_makespan(tasks: u32, servers: u32, machines: Machines, seed: u64) -> f64 {
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let mut parent = row(0.0, MEAN_MS, 0, 0);
    parent.extra = 0;
    let draw = |_| Span::from_ms((exponential(&mut chance) * MEAN_MS).round() as u64);
    let workload = Workload {
        rows: vec![parent],
        templates: vec![template(0)],
        child_work: (0..tasks).map(draw).collect(),
        extras: vec![Extra {
            array: tasks,
            child_work: 0..tasks,
            ..Extra::default()
        }],
        ..Workload::default()
    };
    let scenario = scenario(machines, servers, 1, None, workload);
    let mut waits = Waits::new(1, 0);
    Simulation::new(&scenario, seed, &mut waits).run();
    waits.last.ms() as f64 / MEAN_MS
}

/// What replications say of a mean.
#[derive(Clone, Copy, Debug)]
pub struct Estimate {
    pub mean: f64,
    /// Standard error of the mean.
    pub error: f64,
    pub replications: u32,
}

impl Estimate {
    /// The estimate of each column of `values`, which has one row per replication.
    pub fn of_columns(values: &[Vec<f64>]) -> Vec<Estimate> {
        let count = values.len() as f64;
        let estimate = |column: usize| {
            let mean = values.iter().map(|row| row[column]).sum::<f64>() / count;
            let squares: f64 = values
                .iter()
                .map(|row| (row[column] - mean) * (row[column] - mean))
                .sum();
            let error = libm::sqrt(squares / (count - 1.0) / count);
            Estimate {
                mean,
                error,
                replications: values.len() as u32,
            }
        };
        (0..values[0].len()).map(estimate).collect()
    }

    /// Half the width of the interval that holds the true mean with this confidence (Student's t).
    pub fn half_width(&self, confidence: f64) -> f64 {
        let t = StudentsT::new(0.0, 1.0, f64::from(self.replications - 1)).expect("two or more");
        t.inverse_cdf((1.0 + confidence) / 2.0) * self.error
    }
}

/// Runs `one` for so many seeds from `first_seed` on, on all processors, and estimates each value that it returns.
pub fn replicate(
    replications: u32,
    first_seed: u64,
    one: impl Fn(u64) -> Vec<f64> + Send + Sync,
) -> Vec<Estimate> {
    let seeds: Vec<u64> = (0..u64::from(replications))
        .map(|n| first_seed + n)
        .collect();
    let values: Vec<Vec<f64>> = seeds.into_par_iter().map(one).collect();
    Estimate::of_columns(&values)
}

impl Services {
    fn draw(self, chance: &mut ChaCha8Rng) -> f64 {
        match self {
            Services::Exponential => exponential(chance),
            Services::Equal => 1.0,
            Services::Uniform => 2.0 * chance.random::<f64>(),
            Services::Erlang2 => (exponential(chance) + exponential(chance)) / 2.0,
            Services::Hyperexponential(variation) => {
                let often = (1.0 + libm::sqrt((variation - 1.0) / (variation + 1.0))) / 2.0;
                let part = if chance.random_bool(often) {
                    often
                } else {
                    1.0 - often
                };
                exponential(chance) / (2.0 * part)
            }
            Services::Lognormal(variation) => {
                let sigma = libm::sqrt(libm::log(1.0 + variation));
                let (radius, turn) = (2.0 * exponential(chance), chance.random::<f64>());
                let normal = libm::sqrt(radius) * libm::cos(std::f64::consts::TAU * turn);
                libm::exp(sigma * normal - sigma * sigma / 2.0)
            }
        }
    }

    /// Squared coefficient of variation.
    pub fn variation(self) -> f64 {
        match self {
            Services::Exponential => 1.0,
            Services::Equal => 0.0,
            Services::Uniform => 1.0 / 3.0,
            Services::Erlang2 => 0.5,
            Services::Hyperexponential(variation) | Services::Lognormal(variation) => variation,
        }
    }
}

fn exponential(chance: &mut ChaCha8Rng) -> f64 {
    let uniform: f64 = chance.random();
    -libm::log(1.0 - uniform)
}

fn row(submit_ms: f64, work_ms: f64, class: u32, index: usize) -> Row {
    let submit = SimTime::from_ms(submit_ms.round() as u64);
    let work = Span::from_ms(work_ms.round() as u64);
    Row {
        template: class,
        ..Row::plain(index as u32, submit, work, 1)
    }
}

fn template(class: u32) -> SubmitJob {
    SubmitJob {
        job_queue: format!("class{class}"),
        lift_limits: true,
        ..SubmitJob::default()
    }
}

fn scenario(
    machines: Machines,
    servers: u32,
    classes: u32,
    order: Option<&str>,
    workload: Workload,
) -> Scenario {
    let vcpus = match machines {
        Machines::Pool => servers,
        Machines::Managed => 1,
    };
    let catalogue = Catalogue::new([InstanceType {
        name: "station".to_owned(),
        nominal: Shape::new(vcpus, batchcast::units::NO_LIMIT_MIB, 0),
        usable_memory: batchcast::units::NO_LIMIT_MIB,
        architecture: Architecture::X86_64,
        price: PricePerHour::parse("1").expect("a price"),
        speed: Ratio::ONE,
        source: "made up".to_owned(),
        hardware: Default::default(),
    }]);
    let kind = match machines {
        Machines::Pool => EnvironmentKind::Unmanaged {
            unmanaged_vcpus: None,
            machines: vec![MachineGroup {
                instance_type: TypeId::at(0),
                count: 1,
                launch: SimTime::ZERO,
                terminate: None,
            }],
            billing: Billing::PerSecond,
        },
        Machines::Managed => EnvironmentKind::Managed(Managed {
            purchase: Default::default(),
            positions: Vec::new(),
            strategy: AllocationStrategy::BestFit,
            min_vcpus: 0,
            max_vcpus: servers,
            desired_vcpus: None,
            types: vec![TypeId::at(0)],
            scale_down_delay: Span::ZERO,
            update_policy: Default::default(),
            billing: Billing::PerSecond,
        }),
    };
    let environment = Command::CreateComputeEnvironment(ComputeEnvironment {
        name: "station".to_owned(),
        enabled: true,
        valid: true,
        kind,
    });
    let queue = |class: u32| {
        Command::CreateJobQueue(JobQueue {
            name: format!("class{class}"),
            enabled: true,
            priority: (classes - class) as i32,
            environments: vec!["station".to_owned()],
            scheduling_policy: None,
            time_limit_actions: Vec::new(),
            discipline: None,
            order: order.map(str::to_owned),
        })
    };
    let commands = std::iter::once(environment).chain((0..classes).map(queue));
    Scenario {
        name: "station".to_owned(),
        world: World {
            catalogue,
            spot: Default::default(),
            settings: Settings::new(Profile::Ideal),
            billing: Default::default(),
            quotas: Default::default(),
            start_epoch_ms: 0,
        },
        commands: commands
            .map(|command| Timed {
                at: SimTime::ZERO,
                command,
            })
            .collect(),
        workload,
        rules: Vec::new(),
        now: Default::default(),
        until: None,
    }
}

/// Adds up waits by queue.
struct Waits {
    /// Earlier rows do not count.
    first_row: u32,
    /// Jobs submitted before or after do not count.
    from: SimTime,
    until: SimTime,
    sums_ms: Vec<u64>,
    counts: Vec<u64>,
    /// Ends between `from` and `until`.
    ends: u64,
    last: SimTime,
}

impl Waits {
    fn new(classes: u32, first_row: u32) -> Waits {
        Waits {
            first_row,
            from: SimTime::ZERO,
            until: SimTime::NEVER,
            sums_ms: vec![0; classes as usize],
            counts: vec![0; classes as usize],
            ends: 0,
            last: SimTime::ZERO,
        }
    }

    /// Mean wait of each class in mean services.
    fn means(&self) -> Vec<f64> {
        let pairs = self.sums_ms.iter().zip(&self.counts);
        pairs
            .map(|(&sum, &count)| sum as f64 / count as f64 / MEAN_MS)
            .collect()
    }

    /// Ends per mean service.
    fn throughput(&self) -> f64 {
        self.ends as f64 / ((self.until - self.from).ms() as f64 / MEAN_MS)
    }
}

impl Observer for &mut Waits {
    fn job_ended(&mut self, job: &JobRecord<'_>) {
        let started = job.started.expect("a job of a station runs");
        let counted = self.from..self.until;
        self.last = self.last.max(job.ended);
        self.ends += u64::from(counted.contains(&job.ended));
        if job.row.0 >= self.first_row && counted.contains(&job.submitted) {
            self.sums_ms[job.queue.index()] += (started - job.submitted).ms();
            self.counts[job.queue.index()] += 1;
        }
    }
}
