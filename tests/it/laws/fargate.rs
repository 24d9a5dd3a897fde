//! Laws of tasks and of images: no environment has more vCPUs than it may, no account launches faster than it may, a task's
//! bill is its life at its rate under Fargate's rule, and an image is pulled once for each host.

use super::*;

use batchcast::model::{Architecture, FargateEnvironment};
use batchcast::units::Span;

const FARGATE_WORLDS: u64 = 700;
const IMAGE_WORLDS: u64 = 300;

/// What the laws must have seen.
#[derive(Clone, Copy, Debug, Default)]
struct Met {
    tasks: u64,
    spot: u64,
    parts: u64,
    interrupted: u64,
    before_the_pull: u64,
    minimums: u64,
    stored: u64,
    pulled: u64,
    max_waits: u64,
    token_waits: u64,
    booted: u64,
    timed_out: u64,
    shared: u64,
}

impl AddAssign for Met {
    fn add_assign(&mut self, other: Met) {
        self.tasks += other.tasks;
        self.spot += other.spot;
        self.parts += other.parts;
        self.interrupted += other.interrupted;
        self.before_the_pull += other.before_the_pull;
        self.minimums += other.minimums;
        self.stored += other.stored;
        self.pulled += other.pulled;
        self.max_waits += other.max_waits;
        self.token_waits += other.token_waits;
        self.booted += other.booted;
        self.timed_out += other.timed_out;
        self.shared += other.shared;
    }
}

/// An attempt, as far as these laws look at it.
struct Stay {
    placed: SimTime,
    started: Option<SimTime>,
    ended: SimTime,
    row: RowId,
    instance: InstanceId,
    environment: EnvId,
    nodes: u32,
    is_interrupted: bool,
    has_timed_out: bool,
}

#[derive(Default)]
struct Tasks {
    stays: Vec<Stay>,
    machines: Vec<InstanceRecord>,
    waits: Met,
}

impl Observer for Tasks {
    fn attempt_ended(&mut self, a: &AttemptRecord<'_>) {
        self.stays.push(Stay {
            placed: a.placed,
            started: a.started,
            ended: a.ended,
            row: a.row,
            instance: a.instance,
            environment: a.environment,
            nodes: a.nodes,
            is_interrupted: *a.reason == StatusReason::SpotTaskInterrupted,
            has_timed_out: a.container_reason.starts_with("DockerTimeoutError"),
        });
        if *a.reason == StatusReason::SpotTaskInterrupted {
            assert_eq!(a.reason.to_string(), "Your Spot Task was interrupted.");
            assert_eq!(a.exit_code, None);
        }
    }

    fn job_ended(&mut self, j: &JobRecord<'_>) {
        let has = |cause| u64::from(!j.time.get(cause).is_zero());
        self.waits.max_waits += has(TimeCause::MaxVcpus);
        self.waits.token_waits += has(TimeCause::Dispatch);
        self.waits.booted += has(TimeCause::Boot);
        assert!(j.time.get(TimeCause::Scaling).is_zero());
        assert!(j.time.get(TimeCause::Capacity).is_zero());
    }

    fn instance_ended(&mut self, instance: &InstanceRecord) {
        self.machines.push(instance.clone());
    }
}

/// The most that each Fargate environment was ever allowed, by identifier, and whether it is Spot.
fn ceilings(scenario: &Scenario) -> BTreeMap<EnvId, FargateEnvironment> {
    let mut names: BTreeMap<&str, EnvId> = BTreeMap::new();
    let mut most: BTreeMap<EnvId, FargateEnvironment> = BTreeMap::new();
    for timed in &scenario.commands {
        match &timed.command {
            Command::CreateComputeEnvironment(made) => {
                let id = EnvId::at(most.len());
                let EnvironmentKind::Fargate(fargate) = made.kind else {
                    panic!("{made:?}");
                };
                names.insert(&made.name, id);
                most.insert(id, fargate);
            }
            Command::UpdateComputeEnvironment(update) => {
                let id = names[update.compute_environment.as_str()];
                let fargate = most.get_mut(&id).expect("it was made");
                fargate.max_vcpus = fargate.max_vcpus.max(update.max_vcpus.unwrap_or(0));
            }
            _ => {}
        }
    }
    most
}

/// A task's bill, worked out by hand from the published rates.
fn bill(scenario: &Scenario, record: &InstanceRecord, storage_gib: u32, mib: u32) {
    let machine = scenario.world.catalogue.get(record.instance_type);
    let task = machine.hardware.task.expect("it is a task's machine");
    let settings = &scenario.world.settings;
    let kept = match task.spot {
        true => 1_000_000 - settings.ratio(Knob::FargateSpotDiscount).parts(),
        false => 1_000_000,
    };
    let (vcpu, gb) = match machine.architecture {
        Architecture::X86_64 => (404_800_000u64, 44_450_000u64),
        Architecture::Arm64 => (323_800_000, 35_600_000),
    };
    let hour = |price: u64| price * kept / 1_000_000;
    let quarters = u64::from(task.size.quarter_vcpus);
    let memory = u64::from(task.size.memory);
    let ticks = hour(vcpu) * quarters / 4 + hour(gb) * memory / 1024;
    let life = record.ended - record.launched;
    let seconds = match record.registered {
        None => 0,
        Some(_) => life.ms().div_ceil(1000).max(60),
    };
    assert_eq!(record.billed_s, seconds, "{record:?}");
    let units = |ticks: u64| Usd::from_units(i128::from(ticks) * i128::from(seconds) * 1000);
    assert_eq!(itself(record), units(ticks), "{record:?}");
    let over = u64::from(storage_gib.saturating_sub(20));
    let storage = units(1_110_000 * over);
    assert_eq!(record.cost.get(CostCause::Storage), storage, "{record:?}");
    let address = match scenario.world.billing.public_ipv4 {
        true => units(50_000_000),
        false => Usd::ZERO,
    };
    assert_eq!(record.cost.get(CostCause::Address), address, "{record:?}");
    let per_gb = i128::from(scenario.world.billing.pull_per_gb.ticks()) * 3_600_000;
    let traffic = match seconds {
        0 => Usd::ZERO,
        _ => Usd::from_units(per_gb * i128::from(mib) / 1024),
    };
    assert_eq!(record.cost.get(CostCause::Traffic), traffic, "{record:?}");
}

/// What the definition of a row says, as it was registered: storage and the size of its image.
fn terms(scenario: &Scenario, row: RowId) -> (u32, u32) {
    let settings = &scenario.world.settings;
    let template = &scenario.workload.templates[scenario.workload.row(row).template as usize];
    let any = settings.count(Knob::ImageSizeMib);
    let Some(reference) = &template.job_definition else {
        return (0, any);
    };
    let (name, revision) = match reference.split_once(':') {
        Some((name, revision)) => (name, revision.parse::<usize>().ok()),
        None => (reference.as_str(), None),
    };
    let registered = scenario
        .commands
        .iter()
        .filter_map(|timed| match &timed.command {
            Command::RegisterJobDefinition(definition) if definition.name == name => {
                Some(definition)
            }
            _ => None,
        });
    let all: Vec<_> = registered.collect();
    let definition = match revision {
        Some(number) => all[number - 1],
        None => all[all.len() - 1],
    };
    let mib = definition.container.image_mib.unwrap_or(any);
    (definition.container.storage_gib, mib)
}

fn check(seed: u64) -> Met {
    let scenario = worlds::fargate_world(seed);
    let tasks = Simulation::new(&scenario, seed, Tasks::default())
        .run()
        .observer;
    let mut met = tasks.waits;
    let settings = &scenario.world.settings;
    let start = settings.span(Knob::FargateStart);
    let most = ceilings(&scenario);
    let machine = |record: &InstanceRecord| {
        let machine = scenario.world.catalogue.get(record.instance_type);
        machine.hardware.task.expect("it is a task's machine")
    };
    let records: BTreeMap<InstanceId, &InstanceRecord> = tasks
        .machines
        .iter()
        .map(|record| (record.instance, record))
        .collect();
    assert_eq!(records.len(), tasks.machines.len(), "a task has one bill");
    let mut launches: [Vec<SimTime>; 2] = Default::default();
    let mut events: BTreeMap<EnvId, BTreeMap<SimTime, i64>> = BTreeMap::new();
    for stay in &tasks.stays {
        let record = records[&stay.instance];
        let task = machine(record);
        assert_eq!(task.spot, most[&stay.environment].spot);
        assert_eq!(
            (record.spot, record.interrupted),
            (task.spot, stay.is_interrupted)
        );
        assert_eq!(record.ended, stay.ended);
        let pulls = stay.placed + start;
        assert_eq!(record.launched, pulls.min(stay.ended));
        assert_eq!(record.registered.is_some(), stay.ended >= pulls);
        let (storage_gib, mib) = terms(&scenario, stay.row);
        bill(&scenario, record, storage_gib, mib);
        let pull = pull_time(&scenario, mib, 1);
        if let Some(started) = stay.started {
            let made = settings.span(Knob::ContainerStart);
            assert_eq!(started, pulls + pull + made, "no task keeps an image");
        }
        launches[usize::from(task.spot)].push(stay.placed);
        let quarters = i64::from(task.size.quarter_vcpus);
        let of_environment = events.entry(stay.environment).or_default();
        *of_environment.entry(stay.placed).or_default() += quarters;
        *of_environment.entry(stay.ended).or_default() -= quarters;
        met.tasks += 1;
        met.spot += u64::from(task.spot);
        met.parts += u64::from(quarters % 4 != 0);
        met.interrupted += u64::from(stay.is_interrupted);
        met.before_the_pull += u64::from(record.registered.is_none());
        met.minimums += u64::from(record.cost.get(CostCause::Minimum) > Usd::ZERO);
        met.stored += u64::from(record.cost.get(CostCause::Storage) > Usd::ZERO);
        met.pulled += u64::from(!pull.is_zero());
        met.timed_out += u64::from(stay.has_timed_out);
    }
    for (environment, changes) in &events {
        let mut used = 0;
        for (at, change) in changes {
            used += change;
            let all = i64::from(most[environment].max_vcpus) * 4;
            assert!(used <= all, "{used} of {all} quarters at {at}");
        }
    }
    let burst = u128::from(settings.count(Knob::FargateLaunchBurst));
    let rate = u128::from(settings.ratio(Knob::FargateLaunchesPerSecond).parts());
    for starts in &mut launches {
        starts.sort_unstable();
        for (index, first) in starts.iter().enumerate().filter(|_| burst > 0) {
            for (more, at) in starts[index..].iter().enumerate() {
                let given = u128::from((*at - *first).ms()) * rate;
                let unit = u128::from(Ratio::PARTS) * 1000;
                assert!((more as u128 + 1) * unit <= burst * unit + given, "at {at}");
            }
        }
    }
    met
}

/// How long a pull takes that is one of `pulls` on its host.
fn pull_time(scenario: &Scenario, mib: u32, pulls: u64) -> Span {
    let settings = &scenario.world.settings;
    if mib == 0 {
        return Span::ZERO;
    }
    let rate = u64::from(settings.count(Knob::ImagePullMibPerSecond));
    let ms = (u64::from(mib) * 1000 * pulls).checked_add(rate.saturating_sub(1));
    let ms = ms.and_then(|ms| ms.checked_div(rate)).unwrap_or(0);
    settings.span(Knob::ImageExtraction) + Span::from_ms(ms)
}

#[test]
fn the_laws_of_tasks_hold_in_seven_hundred_worlds_on_fargate() {
    let all: Vec<Met> = (0..FARGATE_WORLDS).into_par_iter().map(checked).collect();
    let mut met = Met::default();
    all.into_iter().for_each(|one| met += one);
    println!("{FARGATE_WORLDS} worlds: {met:?}");
    for (what, count) in [
        ("tasks", met.tasks),
        ("Spot tasks", met.spot),
        ("tasks of a part of a vCPU", met.parts),
        ("interruptions", met.interrupted),
        ("minimums", met.minimums),
        ("tasks with storage", met.stored),
        ("pulls", met.pulled),
        ("waits at maxvCpus", met.max_waits),
        ("waits for a token", met.token_waits),
        ("starts", met.booted),
    ] {
        assert!(count >= 20, "{what}: {count}");
    }
    assert!(met.before_the_pull >= 3 && met.timed_out >= 3, "{met:?}");
}

fn checked(seed: u64) -> Met {
    std::panic::catch_unwind(|| check(seed))
        .unwrap_or_else(|_| panic!("the laws of tasks do not hold in the world of seed {seed}"))
}

#[test]
fn the_laws_hold_in_seven_hundred_worlds_on_fargate() {
    let mut seen = Seen::default();
    for one in (0..FARGATE_WORLDS)
        .into_par_iter()
        .map(|seed| run(worlds::fargate_world, seed).2)
        .collect::<Vec<Seen>>()
    {
        seen += one;
    }
    assert!(seen.taken_back >= 20 && seen.retries >= 20, "{seen:?}");
}

/// Of attempts of one image on one host none runs before the image can be there, one that comes while it is pulled waits for
/// that pull's end, and one that comes later for nothing.
fn check_images(seed: u64) -> Met {
    let scenario = worlds::image_world(seed);
    let tasks = Simulation::new(&scenario, seed, Hosts::default())
        .run()
        .observer
        .0;
    let made = scenario.world.settings.span(Knob::ContainerStart);
    let mut met = Met::default();
    let mut by_host: BTreeMap<(InstanceId, u32), Vec<&Stay>> = BTreeMap::new();
    for stay in tasks.iter().filter(|stay| stay.nodes == 1) {
        let (_, mib) = terms(&scenario, stay.row);
        met.timed_out += u64::from(stay.has_timed_out);
        let waited = stay.started.map(|started| started - stay.placed);
        if let Some(waited) = waited {
            assert!(waited >= made);
            if mib == 0 {
                assert_eq!(waited, made, "what has no size is there");
            }
        }
        by_host.entry((stay.instance, mib)).or_default().push(stay);
    }
    for ((_, mib), stays) in by_host.iter_mut().filter(|((_, mib), _)| *mib > 0) {
        // Only where all of one size on the host are surely one image.
        if has_several_images(&scenario) {
            continue;
        }
        stays.sort_by_key(|stay| stay.placed);
        let first = stays[0].placed;
        let pull = pull_time(&scenario, *mib, 1);
        let ready = first + pull;
        for stay in stays.iter() {
            let Some(started) = stay.started else {
                continue;
            };
            assert_eq!(started, stay.placed.max(ready) + made, "{}", stay.placed);
            met.pulled += u64::from(!pull.is_zero());
            met.shared += u64::from(stay.placed > first && stay.placed < ready);
        }
    }
    met
}

/// Attempts of any host.
#[derive(Default)]
struct Hosts(Vec<Stay>);

impl Observer for Hosts {
    fn attempt_ended(&mut self, a: &AttemptRecord<'_>) {
        let mut tasks = Tasks::default();
        tasks.attempt_ended(a);
        self.0.append(&mut tasks.stays);
    }
}

/// Whether two definitions have different images.
fn has_several_images(scenario: &Scenario) -> bool {
    let mut images = BTreeSet::new();
    for timed in &scenario.commands {
        if let Command::RegisterJobDefinition(definition) = &timed.command {
            let container = &definition.container;
            if definition.nodes.is_some() {
                continue;
            }
            images.insert(match container.image.is_empty() {
                true => definition.name.clone(),
                false => container.image.clone(),
            });
        }
    }
    images.len() > 1
}

#[test]
fn an_image_is_pulled_once_for_each_host() {
    let on = |seed: u64| {
        std::panic::catch_unwind(|| check_images(seed))
            .unwrap_or_else(|_| panic!("images of the world of seed {seed}"))
    };
    let all: Vec<Met> = (0..IMAGE_WORLDS).into_par_iter().map(on).collect();
    let mut met = Met::default();
    all.into_iter().for_each(|one| met += one);
    println!("{IMAGE_WORLDS} worlds: {met:?}");
    assert!(met.pulled >= 20 && met.shared >= 1, "{met:?}");
}

#[test]
fn the_laws_hold_in_three_hundred_worlds_with_images() {
    let seen: Vec<Seen> = (0..IMAGE_WORLDS)
        .into_par_iter()
        .map(|seed| run(worlds::image_world, seed).2)
        .collect();
    assert!(seen.iter().map(|one| one.retries).sum::<u64>() >= 20);
}
