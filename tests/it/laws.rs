//! Laws that hold in every world, checked on a thousand random ones: nothing is lost, nothing is over capacity, causes sum
//! to lives and bills, no run beats its bound, and the same input gives the same bytes on any number of threads.

mod fargate;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::AddAssign;

use batchcast::metrics::{Recorder, Summary};
use batchcast::model::{
    AllocationStrategy, Billing, BillingTerms, Command, CostCause, EnvironmentKind, JobStatus,
    Knob, Managed, Purchase, Scenario, SpotPrice, StatusReason, TimeCause, Timed, VolumeKind,
};
use batchcast::plan;
use batchcast::report::{Table, Tables, summary_json};
use batchcast::sim::{
    AttemptRecord, InstanceRecord, JobRecord, Levels, Named, Observer, Outcome, Simulation,
};
use batchcast::units::{
    EnvId, InstanceId, JobId, PricePerHour, QueueId, Ratio, RowId, Shape, SimTime, Usd,
};
use rayon::prelude::*;

use crate::worlds;

const WORLDS: u64 = 1000;
/// Of them with terms of a bill.
const BILLED_WORLDS: u64 = 450;

/// How often the things that the laws must have seen happened.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    retries: u64,
    gangs: u64,
    cancels: u64,
    blocked_heads: u64,
    consumable_waits: u64,
    share_waits: u64,
    lost_hosts: u64,
    timeouts: u64,
    scale_ins: u64,
    overshoots: u64,
    boots: u64,
    scaling_waits: u64,
    capacity_waits: u64,
    full_waits: u64,
    several_environments: u64,
    paced_waits: u64,
    taken_back: u64,
    waived: u64,
    over_the_cap: u64,
    short_pools: u64,
    checkpoints: u64,
    saved: u64,
    lost_zones: u64,
    lags: u64,
    covered: u64,
    unused: u64,
    over_quota: u64,
}

impl AddAssign for Seen {
    fn add_assign(&mut self, other: Seen) {
        self.retries += other.retries;
        self.gangs += other.gangs;
        self.cancels += other.cancels;
        self.blocked_heads += other.blocked_heads;
        self.consumable_waits += other.consumable_waits;
        self.share_waits += other.share_waits;
        self.lost_hosts += other.lost_hosts;
        self.timeouts += other.timeouts;
        self.scale_ins += other.scale_ins;
        self.overshoots += other.overshoots;
        self.boots += other.boots;
        self.scaling_waits += other.scaling_waits;
        self.capacity_waits += other.capacity_waits;
        self.full_waits += other.full_waits;
        self.several_environments += other.several_environments;
        self.paced_waits += other.paced_waits;
        self.taken_back += other.taken_back;
        self.waived += other.waived;
        self.over_the_cap += other.over_the_cap;
        self.short_pools += other.short_pools;
        self.checkpoints += other.checkpoints;
        self.saved += other.saved;
        self.lost_zones += other.lost_zones;
        self.lags += other.lags;
        self.covered += other.covered;
        self.unused += other.unused;
        self.over_quota += other.over_quota;
    }
}

/// Watches a run and holds it to the laws.
#[derive(Default)]
struct Judge {
    seen: Seen,
    submitted: u64,
    ended: BTreeMap<JobId, JobStatus>,
    unfinished: u64,
    attempts: BTreeMap<JobId, u8>,
    /// What single-node attempts took of each machine and when.
    on_machines: BTreeMap<InstanceId, Vec<(SimTime, SimTime, Shape)>>,
    attempts_cost: Usd,
    jobs_cost: Usd,
    instances: Vec<InstanceRecord>,
    has_managed: bool,
    environments_of: BTreeMap<QueueId, BTreeSet<EnvId>>,
    /// When attempts of each queue were placed, and on how many nodes.
    starts: BTreeMap<QueueId, Vec<(SimTime, u32)>>,
    /// Nothing but a dispatch rate makes jobs wait to be looked at.
    has_no_ticks: bool,
    end: SimTime,
}

impl Observer for Judge {
    fn submitted(&mut self, _: SimTime, _: RowId, children: u32) {
        self.submitted += u64::from(children);
    }

    fn attempt_ended(&mut self, a: &AttemptRecord<'_>) {
        let attempts = self.attempts.entry(a.job).or_default();
        *attempts += 1;
        assert_eq!(
            *attempts, a.attempt,
            "attempts of {:?} are numbered from 1",
            a.job
        );
        assert!(
            a.started
                .is_none_or(|started| a.placed <= started && started <= a.ended)
        );
        let environments = self.environments_of.entry(a.queue).or_default();
        environments.insert(a.environment);
        let starts = self.starts.entry(a.queue).or_default();
        starts.push((a.placed, a.nodes));
        if a.nodes == 1 {
            self.on_machines
                .entry(a.instance)
                .or_default()
                .push((a.placed, a.ended, a.shape));
        }
        self.attempts_cost += a.cost;
        self.seen.retries += u64::from(a.retried);
        self.seen.gangs += u64::from(a.nodes > 1);
        self.seen.lost_hosts += u64::from(matches!(a.reason, StatusReason::HostTerminated(_)));
        self.seen.timeouts += u64::from(*a.reason == StatusReason::TimedOut);
        assert!(
            !(a.retried && *a.reason == StatusReason::TimedOut),
            "a timeout is never retried"
        );
    }

    fn job_ended(&mut self, j: &JobRecord<'_>) {
        assert!(
            self.ended.insert(j.job, j.status).is_none(),
            "{:?} ended twice",
            j.job
        );
        assert!(j.status.is_terminal());
        assert_eq!(
            j.time.total(),
            j.ended - j.submitted,
            "causes of {:?} sum to its life",
            j.job
        );
        assert_eq!(
            u8::from(j.attempts > 0) * j.attempts,
            self.attempts.get(&j.job).copied().unwrap_or(0)
        );
        self.jobs_cost += j.cost;
        self.seen.cancels += u64::from(matches!(j.reason, StatusReason::Caller(_)));
        self.seen.consumable_waits += u64::from(!j.time.get(TimeCause::Consumable).is_zero());
        self.seen.scaling_waits += u64::from(!j.time.get(TimeCause::Scaling).is_zero());
        self.seen.capacity_waits += u64::from(!j.time.get(TimeCause::Capacity).is_zero());
        self.seen.full_waits += u64::from(!j.time.get(TimeCause::MaxVcpus).is_zero());
        self.seen.checkpoints += u64::from(!j.time.get(TimeCause::Checkpoint).is_zero());
        let ran = j.started.map(|started| j.ended - started);
        let own = j.time.get(TimeCause::Run);
        self.seen.saved += u64::from(ran.is_some_and(|ran| own > ran));
        self.seen.share_waits += u64::from(!j.time.get(TimeCause::Share).is_zero());
        let waited = !j.time.get(TimeCause::Dispatch).is_zero();
        self.seen.paced_waits += u64::from(waited && self.has_no_ticks);
    }

    fn job_unfinished(&mut self, j: &JobRecord<'_>, why: &str) {
        assert!(!j.status.is_terminal() && !why.is_empty());
        assert_eq!(
            j.time.total(),
            j.ended - j.submitted,
            "causes of {:?} sum to its life so far",
            j.job
        );
        self.jobs_cost += j.cost;
        self.unfinished += 1;
    }

    fn queue_blocked(&mut self, _: SimTime, _: QueueId, _: JobId, _: &str) {
        self.seen.blocked_heads += 1;
    }

    fn instance_ended(&mut self, instance: &InstanceRecord) {
        self.seen.boots += u64::from(instance.registered != Some(instance.launched));
        self.seen.scale_ins += u64::from(instance.terminated);
        self.seen.taken_back += u64::from(instance.interrupted);
        self.seen.waived += u64::from(instance.cost.get(CostCause::Waived) != Usd::ZERO);
        self.instances.push(instance.clone());
    }

    fn levels(&mut self, at: SimTime, levels: &Levels) {
        assert!(
            levels.vcpus_used <= levels.vcpus_provisioned,
            "at {at}: {levels:?}"
        );
        // What managed environments may be over it, each has its own law.
        assert!(
            self.has_managed || levels.vcpus_provisioned <= levels.vcpus_max,
            "at {at}: {levels:?}"
        );
    }

    fn ended(&mut self, at: SimTime) {
        self.end = at;
    }
}

impl Judge {
    /// No queue starts more than its burst and what its rate has given since: from any start to any later one.
    fn paces(&mut self, scenario: &Scenario) {
        let settings = &scenario.world.settings;
        let rate = u128::from(settings.ratio(Knob::DispatchRate).parts());
        if rate == 0 {
            return;
        }
        let burst = u128::from(settings.count(Knob::DispatchBurst).max(1));
        for starts in self.starts.values_mut() {
            starts.sort_unstable();
            for (index, first) in starts.iter().enumerate() {
                let mut tokens = 0;
                for (at, nodes) in &starts[index..] {
                    // One that takes more than a whole bucket starts when that is full.
                    let needed = tokens + u128::from(*nodes).min(burst);
                    let given = u128::from((*at - first.0).ms()) * rate;
                    let unit = u128::from(Ratio::PARTS) * 1000;
                    assert!(
                        needed * unit <= burst * unit + given,
                        "{needed} tokens from {} to {at}",
                        first.0
                    );
                    tokens += u128::from(*nodes);
                }
            }
        }
    }

    /// What can only be said when all is over.
    fn conclude(&mut self, scenario: &Scenario) {
        assert_eq!(
            self.submitted,
            self.ended.len() as u64 + self.unfinished,
            "no job is lost and none is made"
        );
        for (instance, stays) in &self.on_machines {
            // A job whose host is gone is RUNNING until Batch knows it; it holds nothing of it.
            let record = self
                .instances
                .iter()
                .find(|record| record.instance == *instance)
                .expect("a machine has a bill");
            let late = stays.iter().filter(|&&(_, to, _)| to > record.ended);
            self.seen.lags += late.count() as u64;
            let lag = scenario.world.settings.span(Knob::SpotStatusLag);
            for &(from, to, _) in stays {
                assert!(
                    from <= record.ended && to <= record.ended + lag,
                    "{record:?}"
                );
            }
            let size = scenario.world.catalogue.get(record.instance_type).nominal;
            for &(at, _, _) in stays {
                let here = stays.iter().filter(|&&(from, to, _)| from <= at && at < to);
                let sum = here.fold(Shape::default(), |sum, &(_, _, shape)| sum.plus(shape));
                assert!(sum.fits(size), "{instance:?} of {size} holds {sum} at {at}");
            }
        }
        for record in &self.instances {
            let machine = scenario.world.catalogue.get(record.instance_type);
            let billed = batchcast::units::Span::from_s(record.billed_s);
            beside(&scenario.world.billing, record);
            if record.pool.is_some() {
                spot_bill(scenario, record);
            } else {
                assert_eq!(itself(record), machine.price.over(billed), "{record:?}");
            }
            for cause in CostCause::ALL {
                let amount = record.cost.get(cause);
                match cause {
                    CostCause::Waived => assert!(amount <= Usd::ZERO, "{record:?}"),
                    _ => assert!(amount >= Usd::ZERO, "{record:?}"),
                }
            }
        }
        let sum = |causes: &[CostCause]| -> Usd {
            let all = self
                .instances
                .iter()
                .flat_map(|record| causes.iter().map(|&cause| record.cost.get(cause)));
            all.sum()
        };
        use CostCause::{Checkpoint, Failed, ImagePull, Interrupted, Useful};
        let on_attempts = sum(&[Useful, Failed, Interrupted, Checkpoint, ImagePull]);
        assert_eq!(
            on_attempts, self.attempts_cost,
            "attempts pay what machines book for them"
        );
        assert_eq!(
            self.jobs_cost, self.attempts_cost,
            "jobs pay for their attempts and nothing else"
        );
    }
}

impl Judge {
    /// The bill is one sum, however it is cut: by instance, by environment, by type, by cause, by job and what no job pays.
    fn one_total(&self, summary: &Summary) {
        let bill = summary.cost_total();
        let instances: Usd = self.instances.iter().map(|one| one.cost.total()).sum();
        let lines: Usd = summary.lines.iter().map(|line| line.amount).sum();
        assert_eq!(instances + lines, bill, "by instance, and what is of none");
        for groups in [&summary.by_environment, &summary.by_instance_type] {
            let sum: Usd = groups.iter().map(|(_, totals)| totals.cost.total()).sum();
            assert_eq!(sum, instances, "by environment and by type");
        }
        for cause in CostCause::ALL {
            let of = |one: &InstanceRecord| one.cost.get(cause);
            let instances: Usd = self.instances.iter().map(of).sum();
            let own = summary.lines.iter().filter(|line| line.cause == cause);
            let lines: Usd = own.map(|line| line.amount).sum();
            assert_eq!(instances + lines, summary.cost.get(cause), "{cause:?}");
        }
        let nobodys = [
            CostCause::Boot,
            CostCause::Idle,
            CostCause::Stranded,
            CostCause::Minimum,
            CostCause::Waived,
            CostCause::Storage,
            CostCause::Address,
            CostCause::Traffic,
            CostCause::Covered,
            CostCause::CommitmentUnused,
        ];
        let rest: Usd = nobodys.iter().map(|&cause| summary.cost.get(cause)).sum();
        assert_eq!(self.jobs_cost + rest, bill, "by job, and what is nobody's");
    }
}

impl Judge {
    /// Nobody has more vCPUs than a quota lets him, of what Batch launches.
    fn quotas(&mut self, scenario: &Scenario, summary: &Summary) {
        let is_unmanaged = |timed: &Timed| match &timed.command {
            Command::CreateComputeEnvironment(spec) => {
                matches!(spec.kind, EnvironmentKind::Unmanaged { .. })
            }
            _ => false,
        };
        for quota in &summary.quotas {
            self.seen.over_quota += quota.refused;
            let limit = quota.limit.map_or(u64::MAX, u64::from);
            if !scenario.commands.iter().any(is_unmanaged) {
                assert!(quota.peak <= limit, "{quota:?}");
            }
            assert!(quota.refused == 0 || quota.limit.is_some(), "{quota:?}");
        }
    }

    /// Commitments cost what they are, hour by hour: what an hour does not use, and what it uses, are one commitment; and what
    /// they take off is no more than what there is On-Demand.
    fn commitments(&mut self, scenario: &Scenario, summary: &Summary) {
        let terms = &scenario.world.billing;
        if !terms.has_commitments() {
            assert!(summary.lines.is_empty());
            return;
        }
        let hour = batchcast::units::Span::from_s(3600);
        let plans = terms.savings_plans.iter();
        let plans: Usd = plans.map(|plan| plan.commitment.over(hour)).sum();
        let reserved = terms.reserved_instances.iter();
        let reserved = reserved.flat_map(|one| (0..one.count).map(|_| one.hourly.over(hour)));
        let committed = plans + reserved.sum();
        for line in &summary.lines {
            match line.cause {
                CostCause::Covered => {
                    assert!(line.amount < Usd::ZERO, "{line:?}");
                    self.seen.covered += 1;
                }
                CostCause::CommitmentUnused => {
                    assert!(Usd::ZERO < line.amount && line.amount <= committed);
                    self.seen.unused += 1;
                }
                _ => panic!("{line:?} belongs to an instance"),
            }
        }
        let on_demand = self.instances.iter().filter(|one| !one.spot);
        let on_demand: Usd = on_demand.map(itself).sum();
        assert!(-summary.cost.get(CostCause::Covered) <= on_demand);
    }
}

/// The bill of an instance without what comes with it.
fn itself(record: &InstanceRecord) -> Usd {
    let beside = [CostCause::Storage, CostCause::Address, CostCause::Traffic];
    let beside = beside.map(|cause| record.cost.get(cause));
    record.cost.total() - beside.into_iter().sum()
}

/// Volume and address, worked out by hand: whole seconds of its life, at least sixty; 720 hours to the month.
fn beside(terms: &BillingTerms, record: &InstanceRecord) {
    if record.instance.task().is_some() {
        return;
    }
    let seconds = (record.ended - record.launched).ms().div_ceil(1000).max(60);
    let storage = terms.root_volume.map_or(0, |volume| {
        let monthly = match volume.kind {
            VolumeKind::Gp2 => 1_000_000_000,
            VolumeKind::Gp3 => 800_000_000,
        };
        monthly * i128::from(volume.gib) * i128::from(seconds) * 1000 / 720
    });
    let found = record.cost.get(CostCause::Storage);
    assert_eq!(found, Usd::from_units(storage), "{record:?}");
    let address = i128::from(terms.public_ipv4) * 50_000_000 * i128::from(seconds) * 1000;
    let found = record.cost.get(CostCause::Address);
    assert_eq!(found, Usd::from_units(address), "{record:?}");
}

/// What a column of a table sums to, in 10⁻¹⁰ USD; no cell of these tables has a comma.
fn printed_total(table: &[u8]) -> i128 {
    let text = std::str::from_utf8(table).expect("tables are text");
    let cells = text.lines().skip(1).map(|row| row.rsplit(',').next());
    let ticks = cells.map(|cell| {
        let cell = cell.expect("rows have cells");
        let (sign, digits) = match cell.strip_prefix('-') {
            Some(digits) => (-1, digits),
            None => (1, cell),
        };
        let price = batchcast::units::PricePerHour::parse(digits).expect("an amount");
        sign * i128::from(price.ticks())
    });
    ticks.sum()
}

/// What a Spot instance is billed is what its pool cost while it was billed, worked out by hand where the price is given; never
/// more than the cap; and nothing where EC2 took it back in its first hour.
fn spot_bill(scenario: &Scenario, record: &InstanceRecord) {
    let total = itself(record);
    let by_hour: Usd = record.by_hour.iter().copied().sum();
    assert_eq!(by_hour, total, "{record:?}");
    let up = record.ended - record.launched;
    let (_, _, spec) = managed_of(scenario)
        .find(|(environment, ..)| *environment == record.environment)
        .expect("a Spot instance is of a managed environment");
    if record.interrupted && up.ms() < 3_600_000 {
        assert_eq!((total, record.billed_s), (Usd::ZERO, 0), "{record:?}");
        return;
    }
    let steps = match &scenario.world.spot.pools[record.pool.index()].price {
        SpotPrice::Fixed(price) => vec![(SimTime::ZERO, *price)],
        SpotPrice::Steps(steps) => steps.clone(),
        SpotPrice::Process(_) | SpotPrice::Fitted(_) | SpotPrice::Blocks { .. } => return,
    };
    if spec.billing == Billing::PerHour {
        return;
    }
    // The market price, and while it goes for that never more than the cap.
    let on_demand = scenario.world.catalogue.get(record.instance_type).price;
    let Purchase::Spot { bid_percentage } = spec.purchase else {
        panic!("{record:?} is of an On-Demand environment");
    };
    let cap = on_demand.ticks() * u64::from(bid_percentage) / 100;
    let cap = PricePerHour::from_ticks(cap);
    let billed_to = record.launched + batchcast::units::Span::from_s(record.billed_s);
    let mut expected = Usd::ZERO;
    for (place, (from, price)) in steps.iter().enumerate() {
        let from = if place == 0 { SimTime::ZERO } else { *from };
        let to = steps.get(place + 1).map_or(SimTime::NEVER, |next| next.0);
        let (from, to) = (from.max(record.launched), to.min(billed_to));
        expected += (*price).min(cap).over(to.since(from));
    }
    assert_eq!(total, expected, "{record:?}");
}

/// The managed environments of a scenario, by identifier.
fn managed_of(scenario: &Scenario) -> impl Iterator<Item = (EnvId, &str, &Managed)> {
    let created = scenario
        .commands
        .iter()
        .filter_map(|timed| match &timed.command {
            Command::CreateComputeEnvironment(environment) => Some(environment),
            _ => None,
        });
    let numbered = created.enumerate();
    numbered.filter_map(|(number, environment)| match &environment.kind {
        EnvironmentKind::Managed(spec) => {
            Some((EnvId::at(number), environment.name.as_str(), spec))
        }
        EnvironmentKind::Unmanaged { .. } | EnvironmentKind::Fargate(_) => None,
    })
}

impl Judge {
    /// maxvCpus is exceeded by less than an instance, and never under BEST_FIT; what leaves by itself leaves minvCpus.
    fn limits(&mut self, scenario: &Scenario) {
        let vcpus = |one: &InstanceRecord| {
            let kind = scenario.world.catalogue.get(one.instance_type);
            u64::from(kind.nominal.vcpus)
        };
        // What was asked for counts, and is seen when it runs.
        for (environment, name, spec) in managed_of(scenario) {
            let is_spot = spec.purchase != Purchase::OnDemand;
            let launch = scenario.world.settings.span(match is_spot {
                true => Knob::SpotLaunchTime,
                false => Knob::LaunchTime,
            });
            // Limits that commands change: the loosest there ever were.
            let mut max = u64::from(spec.max_vcpus);
            // Spot instances are taken back whatever minvCpus is.
            let (mut min, mut may_lose) = (u64::from(spec.min_vcpus), is_spot);
            for timed in &scenario.commands {
                match &timed.command {
                    Command::UpdateComputeEnvironment(update)
                        if update.compute_environment == name =>
                    {
                        max = max.max(u64::from(update.max_vcpus.unwrap_or(0)));
                        min = min.min(u64::from(update.min_vcpus.unwrap_or(u32::MAX)));
                        // What an update leaves behind goes before what replaces it comes.
                        may_lose |= update.infrastructure.is_some();
                    }
                    Command::TerminateInstances {
                        compute_environment,
                        ..
                    } => may_lose |= compute_environment == name,
                    Command::ZoneOutage { .. } => may_lose = true,
                    _ => {}
                }
            }
            let own: Vec<&InstanceRecord> = self
                .instances
                .iter()
                .filter(|one| one.environment == environment)
                .collect();
            for one in &own {
                let at_launch: u64 = own
                    .iter()
                    .filter(|other| other.launched <= one.launched && one.launched < other.ended)
                    .map(|other| vcpus(other))
                    .sum();
                let over = at_launch.saturating_sub(max);
                let is_best_fit = spec.strategy == AllocationStrategy::BestFit
                    && spec.purchase == Purchase::OnDemand;
                let largest = own.iter().map(|other| vcpus(other)).max().unwrap_or(0);
                assert!(over == 0 || !is_best_fit, "{name} is {over} over {max}");
                assert!(over < largest.max(1), "{name} is {over} over {max}");
                self.seen.overshoots += u64::from(over > 0);
                let left: u64 = own
                    .iter()
                    .filter(|other| other.launched <= one.ended + launch && one.ended < other.ended)
                    .map(|other| vcpus(other))
                    .sum();
                assert!(
                    may_lose || !one.terminated || one.ended + launch >= self.end || left >= min,
                    "{name} has {left} of {min} after {one:?}"
                );
            }
        }
        self.spot_limits(scenario);
        self.outages(scenario);
        let several = self.environments_of.values();
        self.seen.several_environments += several.filter(|all| all.len() > 1).count() as u64;
    }
}

impl Judge {
    /// EC2 takes back at once what goes over the cap and what a pool has no more of, and nothing else where chance does not.
    fn spot_limits(&mut self, scenario: &Scenario) {
        let spot = &scenario.world.spot;
        let notice = scenario.world.settings.span(Knob::SpotNotice);
        for record in self.instances.iter().filter(|one| one.pool.is_some()) {
            let (_, _, spec) = managed_of(scenario)
                .find(|(environment, ..)| *environment == record.environment)
                .expect("a Spot instance is of a managed environment");
            let Purchase::Spot { bid_percentage } = spec.purchase else {
                panic!("an On-Demand environment has the Spot instance {record:?}");
            };
            let pool = &spot.pools[record.pool.index()];
            assert_eq!(pool.instance_type, record.instance_type);
            let on_demand = scenario.world.catalogue.get(pool.instance_type).price;
            let cap = u128::from(on_demand.ticks()) * u128::from(bid_percentage) / 100;
            if let SpotPrice::Steps(steps) = &pool.price {
                let mut over = steps
                    .iter()
                    .enumerate()
                    .filter_map(|(place, (from, price))| {
                        let from = if place == 0 { SimTime::ZERO } else { *from };
                        let until = steps.get(place + 1).map_or(SimTime::NEVER, |next| next.0);
                        let is_over = u128::from(price.ticks()) > cap && until > record.launched;
                        is_over.then(|| from.max(record.launched) + notice)
                    });
                let gone = over.next().unwrap_or(SimTime::NEVER);
                // After the end of the run instances only wait to leave.
                if gone < self.end {
                    assert!(record.ended <= gone, "{record:?} costs more than {cap}");
                }
                self.seen.over_the_cap += u64::from(record.interrupted && record.ended == gone);
            }
        }
        for (number, pool) in spot.pools.iter().enumerate() {
            // After the end of the run instances only wait to leave, and nothing happens to them.
            let steps = pool.available.iter();
            for &(at, count) in steps.filter(|step| step.0 + notice < self.end) {
                let here = self.instances.iter().filter(|one| {
                    one.pool.index() == number && one.launched <= at && at + notice < one.ended
                });
                let up = here.count();
                assert!(
                    up <= count as usize,
                    "pool {number} has {up} of {count} at {at}"
                );
                let lost = self.instances.iter();
                let lost = lost
                    .filter(|one| one.pool.index() == number && one.interrupted)
                    .filter(|one| one.ended == at + notice);
                self.seen.short_pools += lost.count() as u64;
            }
        }
    }
}

impl Judge {
    /// Nothing of a zone that is lost runs on in it, and nothing is launched there to stay.
    fn outages(&mut self, scenario: &Scenario) {
        let spot = &scenario.world.spot;
        for timed in &scenario.commands {
            let Command::ZoneOutage {
                availability_zone,
                duration,
            } = &timed.command
            else {
                continue;
            };
            let until = timed.at + *duration;
            for one in self.instances.iter().filter(|one| one.pool.is_some()) {
                let zone = spot.pools[one.pool.index()].zone;
                let is_there = spot.zones[zone.index()] == *availability_zone;
                if !is_there || timed.at >= self.end {
                    continue;
                }
                if one.launched < timed.at {
                    assert!(one.ended <= timed.at, "{one:?} outlives its zone");
                    self.seen.lost_zones += u64::from(one.ended == timed.at && one.interrupted);
                } else if one.launched < until && timed.at < one.launched {
                    assert_eq!(one.ended, one.launched, "launched into a lost zone");
                }
            }
        }
    }
}

/// Two observers of one run.
struct Both<A, B>(A, B);

impl<A: Observer, B: Observer> Observer for Both<A, B> {
    fn named(&mut self, name: Named<'_>) {
        self.0.named(name);
        self.1.named(name);
    }
    fn submitted(&mut self, at: SimTime, row: RowId, children: u32) {
        self.0.submitted(at, row, children);
        self.1.submitted(at, row, children);
    }
    fn rejected(&mut self, at: SimTime, row: Option<RowId>, reason: &str) {
        self.0.rejected(at, row, reason);
        self.1.rejected(at, row, reason);
    }
    fn attempt_ended(&mut self, attempt: &AttemptRecord<'_>) {
        self.0.attempt_ended(attempt);
        self.1.attempt_ended(attempt);
    }
    fn job_ended(&mut self, job: &JobRecord<'_>) {
        self.0.job_ended(job);
        self.1.job_ended(job);
    }
    fn job_unfinished(&mut self, job: &JobRecord<'_>, why: &str) {
        self.0.job_unfinished(job, why);
        self.1.job_unfinished(job, why);
    }
    fn queue_blocked(&mut self, at: SimTime, queue: QueueId, job: JobId, reason: &str) {
        self.0.queue_blocked(at, queue, job, reason);
        self.1.queue_blocked(at, queue, job, reason);
    }
    fn instance_ended(&mut self, instance: &InstanceRecord) {
        self.0.instance_ended(instance);
        self.1.instance_ended(instance);
    }
    fn levels(&mut self, at: SimTime, levels: &Levels) {
        self.0.levels(at, levels);
        self.1.levels(at, levels);
    }
    fn ended(&mut self, at: SimTime) {
        self.0.ended(at);
        self.1.ended(at);
    }
}

/// All bytes of a run: summary and streamed tables.
fn bytes_of(scenario: &Scenario, seed: u64) -> (u64, Vec<u8>, Seen) {
    let (mut jobs, mut attempts) = (Vec::new(), Vec::new());
    let (digest, summary, seen) = {
        let wanted = [Table::Jobs, Table::Attempts, Table::Bill, Table::Hours];
        let tables = Tables::new(
            &scenario.workload,
            &wanted,
            Some(&mut jobs),
            Some(&mut attempts),
        );
        let judge = Judge {
            has_managed: managed_of(scenario).next().is_some() || has_fargate(scenario),
            has_no_ticks: has_no_ticks(scenario),
            ..Judge::default()
        };
        let recorder = Recorder::new(&scenario.workload, tables, false);
        let outcome = Simulation::new(scenario, seed, Both(recorder, judge)).run();
        let Both(recorder, mut judge) = outcome.observer;
        judge.limits(scenario);
        judge.paces(scenario);
        judge.conclude(scenario);
        let digest = outcome.digest;
        let outcome = Outcome {
            observer: recorder,
            digest,
            end: outcome.end,
            events: outcome.events,
            estimates_raised: outcome.estimates_raised,
            quotas: outcome.quotas,
        };
        let (summary, tables, _) = plan::finish(scenario, seed, Vec::new(), outcome);
        judge.one_total(&summary);
        judge.commitments(scenario, &summary);
        judge.quotas(scenario, &summary);
        if let Some(makespan) = summary.makespan {
            assert!(
                summary.lower_bound() <= makespan,
                "{:?} is no bound of {makespan}",
                summary.bounds
            );
        }
        let (cost, bounds) = (summary.cost_total(), &summary.cost_bounds);
        assert!(bounds.largest() <= cost, "{bounds:?} is no bound of {cost}");
        let finished = tables
            .finish(&wanted, None, &scenario.world.catalogue, &summary.lines)
            .expect("memory does not fail");
        for (name, bytes) in finished {
            let total = summary.cost_total().rounded_ticks();
            assert_eq!(printed_total(&bytes), total, "{name}");
        }
        (digest, summary, judge.seen)
    };
    let mut bytes = summary_json(&summary).into_bytes();
    bytes.append(&mut jobs);
    bytes.append(&mut attempts);
    (digest, bytes, seen)
}

/// Whether an environment is of Fargate: where maxvCpus is lowered, tasks stay.
fn has_fargate(scenario: &Scenario) -> bool {
    scenario.world.catalogue.tasks().next().is_some()
}

/// Whether neither ticks nor delays keep a job from being looked at.
fn has_no_ticks(scenario: &Scenario) -> bool {
    let knobs = [Knob::DispatchTick, Knob::DependencyTick, Knob::RetryDelay];
    let settings = &scenario.world.settings;
    knobs.iter().all(|&knob| settings.span(knob).is_zero())
}

/// A world's run with what went wrong in it named by its seed.
fn run(world: fn(u64) -> Scenario, seed: u64) -> (u64, Vec<u8>, Seen) {
    std::panic::catch_unwind(|| bytes_of(&world(seed), seed))
        .unwrap_or_else(|_| panic!("the laws do not hold in the world of seed {seed}"))
}

/// What happened in a thousand worlds, each run on one thread and on two.
fn run_all(world: fn(u64) -> Scenario) -> Seen {
    let on = |threads: usize| -> Vec<(u64, Vec<u8>, Seen)> {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .expect("threads can be made");
        pool.install(|| {
            (0..WORLDS)
                .into_par_iter()
                .map(|seed| run(world, seed))
                .collect()
        })
    };
    let (one, two) = (on(1), on(2));
    let mut seen = Seen::default();
    for (seed, (first, second)) in one.iter().zip(&two).enumerate() {
        assert_eq!(first.0, second.0, "digest of seed {seed}");
        assert!(first.1 == second.1, "bytes of seed {seed}");
        seen += first.2;
    }
    println!("{WORLDS} worlds: {seen:?}");
    seen
}

#[test]
fn the_laws_hold_in_worlds_with_all_terms_of_a_bill() {
    let mut seen = Seen::default();
    for one in (0..BILLED_WORLDS)
        .into_par_iter()
        .map(|seed| run(worlds::billed_world, seed).2)
        .collect::<Vec<Seen>>()
    {
        seen += one;
    }
    assert!(seen.covered >= 1000, "{}", seen.covered);
    assert!(seen.unused >= 1000, "{}", seen.unused);
    assert!(seen.over_quota >= 100, "{}", seen.over_quota);
    assert!(seen.taken_back >= 20, "{}", seen.taken_back);
}

#[test]
fn the_laws_hold_in_a_thousand_worlds_on_spot() {
    let seen = run_all(worlds::spot_world);
    for (what, count) in [
        ("instances taken back", seen.taken_back),
        ("bills waived", seen.waived),
        ("prices over the cap", seen.over_the_cap),
        ("pools that lose their supply", seen.short_pools),
        ("retries", seen.retries),
        ("hosts lost", seen.lost_hosts),
        ("jobs that saved work", seen.checkpoints),
        ("jobs that went on from what was saved", seen.saved),
        ("instances lost with their zone", seen.lost_zones),
        ("hosts lost before it was known", seen.lags),
        ("instances over maxvCpus", seen.overshoots),
    ] {
        assert!(count >= 20, "{what}: {count}");
    }
}

#[test]
fn the_laws_hold_in_a_thousand_managed_worlds_and_bytes_do_not_depend_on_threads() {
    let Seen {
        cancels,
        blocked_heads,
        lost_hosts,
        scale_ins,
        overshoots,
        boots,
        scaling_waits,
        capacity_waits,
        full_waits,
        several_environments,
        paced_waits,
        ..
    } = run_all(worlds::managed_world);
    for (what, count) in [
        ("cancels", cancels),
        ("blocked heads", blocked_heads),
        ("lost hosts", lost_hosts),
        ("scale-ins", scale_ins),
        ("overshoots", overshoots),
        ("boots", boots),
        ("waits for a decision", scaling_waits),
        ("waits for capacity", capacity_waits),
        ("waits at maxvCpus", full_waits),
        (
            "queues whose jobs ran in several environments",
            several_environments,
        ),
        ("waits for the dispatch rate", paced_waits),
    ] {
        assert!(
            count > 0,
            "the worlds had no {what}: the laws say nothing about them"
        );
    }
}

#[test]
fn the_laws_hold_in_a_thousand_worlds_and_bytes_do_not_depend_on_threads() {
    let seen = run_all(worlds::world);
    let Seen {
        retries,
        gangs,
        cancels,
        blocked_heads,
        consumable_waits,
        share_waits,
        lost_hosts,
        timeouts,
        paced_waits,
        ..
    } = seen;
    for (what, count) in [
        ("retries", retries),
        ("gangs", gangs),
        ("cancels", cancels),
        ("blocked heads", blocked_heads),
        ("waits for consumables", consumable_waits),
        ("waits for shares", share_waits),
        ("lost hosts", lost_hosts),
        ("timeouts", timeouts),
        ("waits for the dispatch rate", paced_waits),
    ] {
        assert!(
            count > 0,
            "the worlds had no {what}: the laws say nothing about them"
        );
    }
}
