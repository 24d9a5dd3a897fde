//! Watches a run: counts, sums and hands rows on. What it computes, [`super::DEFINITIONS`] defines.

use crate::billing::lines::Usage;
use crate::model::{AttemptRecord, InstanceRecord, JobRecord, Levels, Named, Observer};
use crate::model::{
    BillingTerms, Catalogue, CostCause, CostCauses, JobStatus, Knob, QuotaUse, Settings, TimeCause,
    TimeCauses, Workload,
};
use crate::units::{JobId, QueueId, Ratio, RowId, SimTime, Span, TypeId};

use super::Decimal;
use super::bounds::{Succeeded, critical_path, jobs_of};
use super::cost_bound::Reserved;
use super::definitions::SLOWDOWN_TAU_MS;
use super::failures::Failures;
use super::groups::Groups;
use super::machines::MachineTotals;
use super::quantiles::distribution;
use super::reasons::Reasons;
use super::rows::RowSink;
use super::summary::{
    Distribution, JobCounts, LowerBounds, Summary, Utilization, assumption_values,
};
use super::timeline::{
    Integral, MEMORY_PROVISIONED, MEMORY_USED, Timeline, VCPUS_MAX, VCPUS_PROVISIONED, VCPUS_USED,
};

/// Slowdowns are kept in units of this part of one.
const SLOWDOWN_PARTS: u64 = 1_000_000_000;

/// An observer that turns a run into a [`Summary`] and rows. Keeps 20 bytes for each job that started.
pub struct Recorder<'w, S: RowSink> {
    workload: &'w Workload,
    sink: S,
    counts: JobCounts,
    first_submission: Option<SimTime>,
    last_end: Option<SimTime>,
    waits_ms: Vec<u64>,
    groups: Groups,
    failures: Failures,
    slowdowns: Vec<u64>,
    reserved: Reserved,
    longest_job: Span,
    time_ms: TimeSums,
    /// Its mark is at the last end of a job.
    integral: Integral,
    vcpus_max: u64,
    cost: CostCauses,
    usage: Usage,
    environments: Vec<(String, MachineTotals)>,
    types: Vec<MachineTotals>,
    rejected: Reasons,
    rejected_commands: Reasons,
    unfinished: Reasons,
    blocked: Reasons,
    succeeded: Succeeded,
}

/// What the recorder cannot see and the summary says nevertheless.
#[derive(Clone, Debug)]
pub struct RunFacts<'a> {
    /// Name of the scenario.
    pub scenario: &'a str,
    /// The seed.
    pub seed: u64,
    /// Digest of all events.
    pub digest: u64,
    /// Events handled.
    pub events: u64,
    /// End of the run.
    pub end: SimTime,
    /// Jobs whose estimate was shorter than their run, and so was raised to it.
    pub estimates_raised: u64,
    /// What became of EC2's quotas.
    pub quotas: Vec<QuotaUse>,
    /// The parameters.
    pub settings: &'a Settings,
    /// What the bill has besides instances.
    pub billing: &'a BillingTerms,
    /// The instance types.
    pub catalogue: &'a Catalogue,
    /// The types of which there may have been machines.
    pub machine_types: &'a [TypeId],
    /// The highest speed at which any job can run: fastest machine × fastest definition.
    pub speed_max: Ratio,
    /// How many rows, the first, ran before the run began.
    pub began: usize,
    /// Keys of the scenario without effect.
    pub ignored_keys: Vec<String>,
}

impl<'w, S: RowSink> Recorder<'w, S> {
    /// A recorder for a run of `workload` that hands rows to `sink`; with a timeline or without.
    pub fn new(workload: &'w Workload, sink: S, timeline: bool) -> Recorder<'w, S> {
        let jobs = workload.rows.len();
        Recorder {
            workload,
            sink,
            counts: JobCounts::default(),
            first_submission: None,
            last_end: None,
            waits_ms: Vec::with_capacity(jobs),
            groups: Groups::with_capacity(jobs),
            failures: Failures::default(),
            slowdowns: Vec::with_capacity(jobs),
            reserved: Reserved::default(),
            longest_job: Span::ZERO,
            time_ms: TimeSums::default(),
            integral: Integral::new(timeline),
            vcpus_max: 0,
            cost: CostCauses::default(),
            usage: Usage::default(),
            environments: Vec::new(),
            types: Vec::new(),
            rejected: Reasons::default(),
            rejected_commands: Reasons::default(),
            unfinished: Reasons::default(),
            blocked: Reasons::default(),
            succeeded: Succeeded::new(workload),
        }
    }

    fn add_started(&mut self, job: &JobRecord<'_>, started: SimTime, ended: bool) {
        let wait = (started - job.submitted).ms();
        self.waits_ms.push(wait);
        if !ended {
            return;
        }
        let run = job.ended - started;
        // A job that was cancelled while it waited for another attempt held nothing since its last one ended.
        let held = job.time.get(TimeCause::Run);
        self.longest_job = self.longest_job.max(held);
        self.reserved.add(job.shape, held);
        self.slowdowns.push(bounded_slowdown(wait, run.ms()));
    }

    /// The figures of the run, its sink, and its timeline where one was wanted.
    pub fn finish(mut self, facts: RunFacts<'_>) -> (Summary, S, Option<Timeline>) {
        let first = self.first_submission.unwrap_or(SimTime::ZERO);
        let makespan = self.last_end.map(|last| last.since(first));
        let ended = self.counts.succeeded + self.counts.failed;
        let hour_jobs = u128::from(ended) * 3_600_000;
        let throughput =
            makespan.and_then(|span| Decimal::quotient(hour_jobs, u128::from(span.ms())));
        self.succeeded.began(facts.began);
        let bounds = LowerBounds {
            critical_path: critical_path(self.workload, &self.succeeded, first, facts.speed_max),
            area: area_bound(self.reserved.vcpu_ms(), self.vcpus_max),
            longest_job: self.longest_job,
        };
        let sums = self.integral.marked();
        let utilization = Utilization {
            vcpus_of_provisioned: Decimal::quotient(sums[VCPUS_USED], sums[VCPUS_PROVISIONED]),
            vcpus_of_max: Decimal::quotient(sums[VCPUS_USED], sums[VCPUS_MAX]),
            memory_of_provisioned: Decimal::quotient(sums[MEMORY_USED], sums[MEMORY_PROVISIONED]),
        };
        let by_rule = |rules: &[(&'static str, u64)]| -> Vec<(String, u64)> {
            let counted = rules.iter().filter(|(_, count)| *count > 0);
            counted
                .map(|(rule, count)| ((*rule).to_owned(), *count))
                .collect()
        };
        let total = |rules: &[(String, u64)]| rules.iter().map(|(_, count)| count).sum();
        let dropped = by_rule(&self.workload.dropped);
        let mut repaired = by_rule(&self.workload.repaired);
        if facts.estimates_raised > 0 {
            repaired.push(("estimate-raised".to_owned(), facts.estimates_raised));
        }
        let types = self.types.into_iter();
        let lines = self.usage.lines(facts.billing, facts.catalogue, facts.end);
        let mut cost = self.cost;
        for line in &lines {
            cost.add(line.cause, line.amount);
        }
        // Where something takes off On-Demand prices, no choice of machines is known to cost less than another.
        let bounding_types = match facts.billing.has_commitments() {
            true => &[],
            false => facts.machine_types,
        };
        let (groups, wait_s) = self.groups.finish(self.waits_ms);
        let summary = Summary {
            scenario: facts.scenario.to_owned(),
            seed: facts.seed,
            digest: facts.digest,
            events: facts.events,
            end: facts.end.since(SimTime::ZERO),
            makespan,
            bounds,
            jobs: JobCounts {
                dropped: total(&dropped),
                repaired: total(&repaired),
                ..self.counts
            },
            wait_s,
            groups,
            failures: self.failures.top(self.workload),
            bounded_slowdown: slowdowns(self.slowdowns),
            throughput_jobs_per_h: throughput,
            utilization,
            time_causes_ms: self.time_ms.total(),
            cost,
            lines,
            cost_bounds: self.reserved.bounds(
                facts.catalogue,
                bounding_types,
                facts.settings.word(Knob::UsableMemory) == "registered",
            ),
            reserved_ms: self.reserved.time,
            largest_job: self.reserved.largest(),
            by_environment: self.environments,
            by_instance_type: types
                .zip(facts.catalogue.iter())
                .filter(|(totals, _)| totals.launched > 0)
                .map(|(totals, (_, machine))| (machine.name.clone(), totals))
                .collect(),
            quotas: facts.quotas,
            head_of_line: None,
            closed_loop: self.workload.closed_loop,
            profile: facts.settings.profile(),
            assumptions: assumption_values(facts.settings),
            rejected: self.rejected.top(),
            rejected_commands: self.rejected_commands.top(),
            unfinished: self.unfinished.top(),
            blocked: self.blocked.top(),
            dropped,
            repaired,
            ignored_keys: facts.ignored_keys,
        };
        (summary, self.sink, self.integral.into_timeline())
    }
}

impl<S: RowSink> Observer for Recorder<'_, S> {
    fn named(&mut self, name: Named<'_>) {
        if let Named::Environment(id, name) = name {
            let missing = (id.index() + 1).saturating_sub(self.environments.len());
            self.environments
                .extend(std::iter::repeat_n(Default::default(), missing));
            self.environments[id.index()].0 = name.to_owned();
        }
        self.groups.named(name);
        self.sink.named(name);
    }

    fn submitted(&mut self, at: SimTime, row: RowId, children: u32) {
        if self.first_submission.is_none() {
            self.first_submission = Some(at);
            self.integral.restart(at);
        }
        self.counts.submitted += u64::from(children);
        self.succeeded.submitted(row);
    }

    fn rejected(&mut self, _at: SimTime, row: Option<RowId>, reason: &str) {
        let Some(row) = row else {
            self.rejected_commands.add(reason, 1);
            return;
        };
        let jobs = u64::from(jobs_of(self.workload, self.workload.row(row)));
        self.counts.rejected += jobs;
        self.rejected.add(reason, jobs);
    }

    fn attempt_ended(&mut self, attempt: &AttemptRecord<'_>) {
        if S::ROWS {
            self.sink.attempt(attempt);
        }
    }

    fn job_ended(&mut self, job: &JobRecord<'_>) {
        if job.status == JobStatus::Succeeded {
            self.counts.succeeded += 1;
            self.succeeded.succeeded(job.row, job.array_index);
        } else {
            self.counts.failed += 1;
            self.failures.add(job);
        }
        self.counts.attempts += u64::from(job.attempts);
        if self.last_end != Some(job.ended) {
            self.integral.advance(job.ended);
            self.integral.mark();
            self.last_end = Some(job.ended);
        }
        if let Some(started) = job.started {
            self.add_started(job, started, true);
        }
        self.groups.add(job);
        self.time_ms.add(&job.time, job.ended);
        if S::ROWS {
            self.sink.job(job, None);
        }
    }

    fn job_unfinished(&mut self, job: &JobRecord<'_>, why: &str) {
        self.counts.unfinished += 1;
        self.counts.attempts += u64::from(job.attempts);
        self.unfinished.add(why, 1);
        if let Some(started) = job.started {
            self.add_started(job, started, false);
        }
        self.groups.add(job);
        self.time_ms.add(&job.time, job.ended);
        if S::ROWS {
            self.sink.job(job, Some(why));
        }
    }

    fn queue_blocked(&mut self, _at: SimTime, _queue: QueueId, _job: JobId, reason: &str) {
        self.blocked.add(reason, 1);
    }

    fn instance_ended(&mut self, instance: &InstanceRecord) {
        let place = instance.instance_type.index();
        if self.types.len() <= place {
            self.types.resize(place + 1, MachineTotals::default());
        }
        let place = instance.environment.index();
        if self.environments.len() <= place {
            self.environments.resize(place + 1, Default::default());
        }
        for cause in CostCause::ALL {
            let amount = instance.cost.get(cause);
            self.cost.add(cause, amount);
        }
        self.usage.add(instance);
        self.types[instance.instance_type.index()].add(instance);
        self.environments[place].1.add(instance);
        self.sink.instance(instance);
    }

    fn levels(&mut self, at: SimTime, levels: &Levels) {
        self.integral.set(at, levels);
        self.vcpus_max = self.vcpus_max.max(levels.vcpus_max).max(levels.vcpus_used);
    }

    fn ended(&mut self, at: SimTime) {
        self.integral.advance(at);
    }
}

/// Sums of many jobs' lives by cause.
#[derive(Default)]
struct TimeSums {
    sums: [u128; TimeCause::ALL.len()],
    /// What is not in the sums yet: of less than [`TimeSums::JOBS`] jobs that ended before [`TimeSums::EARLY`].
    recent: [u64; TimeCause::ALL.len()],
    jobs: u64,
}

impl TimeSums {
    const JOBS: u64 = 1 << 14;
    /// So many lives up to this moment, some 35,000 years, do not overflow.
    const EARLY: SimTime = SimTime::from_ms(u64::MAX / Self::JOBS);

    /// Adds the causes of a life that ended at `ended`; they are not longer than until then.
    #[inline]
    fn add(&mut self, time: &TimeCauses, ended: SimTime) {
        for (sum, cause) in self.recent.iter_mut().zip(TimeCause::ALL) {
            *sum += time.get(cause).ms();
        }
        self.jobs += 1;
        if self.jobs == Self::JOBS || ended > Self::EARLY {
            self.settle();
        }
    }

    #[cold]
    fn settle(&mut self) {
        self.sums = self.total();
        self.recent = Default::default();
        self.jobs = 0;
    }

    fn total(&self) -> [u128; TimeCause::ALL.len()] {
        let mut total = self.sums;
        for (sum, recent) in total.iter_mut().zip(self.recent) {
            *sum += u128::from(recent);
        }
        total
    }
}

/// In [`SLOWDOWN_PARTS`], rounded half up.
#[inline]
fn bounded_slowdown(wait_ms: u64, run_ms: u64) -> u64 {
    if wait_ms == 0 {
        return SLOWDOWN_PARTS;
    }
    let long = run_ms.max(SLOWDOWN_TAU_MS);
    let life = wait_ms.checked_add(run_ms);
    let product = life.and_then(|life| life.checked_mul(SLOWDOWN_PARTS)?.checked_add(long / 2));
    let parts = match product {
        Some(product) => product / long,
        None => {
            let life = u128::from(wait_ms) + u128::from(run_ms);
            let product = life * u128::from(SLOWDOWN_PARTS) + u128::from(long / 2);
            u64::try_from(product / u128::from(long)).unwrap_or(u64::MAX)
        }
    };
    parts.max(SLOWDOWN_PARTS)
}

/// The time that `vcpu_ms` takes on `vcpus`, rounded up.
fn area_bound(vcpu_ms: u128, vcpus: u64) -> Span {
    if vcpus == 0 {
        return Span::ZERO;
    }
    let ms = vcpu_ms.div_ceil(u128::from(vcpus));
    Span::from_ms(u64::try_from(ms).expect("an area within the run's time and vCPUs"))
}

fn slowdowns(mut values: Vec<u64>) -> Distribution {
    distribution(&mut values, |sum, count| {
        Decimal::quotient(sum, count * u128::from(SLOWDOWN_PARTS))
    })
}
