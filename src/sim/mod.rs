//! The run: pops what is due, matches it, and tells control and fleet. The only place that knows both, and the only `match`
//! on events.
//!
//! Decisions go from control to the machines through `policy::Capacity`; facts come back as calls. What either wants done
//! later is scheduled here. A run is a function of `(Scenario, seed)`: no clock, no file, no thread.

mod clients;
mod fate;
mod kept;
mod live;
mod replace;
mod scaling;
mod spot;

use crate::control::{
    Attempt, Control, Effect, Ending, EndingKind, Kept, QueueSnapshot, Resubmission, Ticket,
};
use crate::engine::{Calendar, Digest, Due, Phase, Streams};
use crate::fleet::Fleet;
use crate::model::{Command, QuotaUse, Rejection, Scenario};
use crate::policy::capacity::AllocationId;
use crate::policy::discipline::Dispatch;
use crate::policy::order::JobOrder;
use crate::units::{EnvId, InstanceId, JobId, PoolId, QueueId, RowId, SimTime, Span, TypeId, Usd};

use clients::Clients;

pub use crate::control::{FrontOfQueue, ShareUtilization};
pub use crate::model::{AttemptRecord, InstanceRecord, JobRecord, Levels, Named, Observer};

/// Something that is due at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    /// A container runs from now on.
    ContainerStarted(Attempt),
    /// An attempt ends by itself.
    AttemptEnded {
        attempt: Attempt,
        kind: fate::Kind,
        exit_code: u8,
    },
    /// A container that was told to stop has ended.
    Stopped(Attempt),
    /// A job becomes eligible.
    Eligible(Ticket),
    /// Time to look at a blocked head.
    Watch { queue: QueueId, stamp: u32 },
    /// Time for a decision.
    Decide,
    /// A group of machines joins.
    Join(u32),
    /// A group of machines leaves.
    Leave(u32),
    /// Instances of a managed environment run from now on.
    Launched(u32),
    /// EC2 may take a Spot instance back.
    TakenBack(InstanceId),
    /// Its notice is over: a Spot instance is gone.
    Gone(InstanceId),
    /// A zone that was lost may be there again.
    ZoneBack,
    /// Batch knows that the host of an attempt is gone.
    HostKnownLost(Attempt),
    /// Spot pools have more instances or fewer.
    Supply,
    /// And take jobs.
    Registered(u32),
    /// Instances that an update left behind have had their time.
    LeftBehind(u32),
    /// A closed-loop submission.
    Submit(RowId),
    /// A rule submits a job again.
    Resubmit(u32),
}

impl Event {
    /// Whether it only makes machines come, or asks for a decision: what waits may wait on as before.
    fn is_of_machines(self) -> bool {
        matches!(
            self,
            Event::Decide | Event::Launched(_) | Event::Registered(_)
        )
    }

    /// Whether it happens to machines alone, unless it takes one from a job.
    fn is_between_machines(self) -> bool {
        self.is_of_machines()
            || matches!(
                self,
                Event::TakenBack(_) | Event::Gone(_) | Event::Supply | Event::ZoneBack
            )
    }
}

/// Where nothing runs and nothing arrives, machines come and go so long before a run ends with what waits left over: Spot
/// instances that minvCpus keeps would be taken back and launched again for ever.
const STALL: Span = Span::from_s(30 * 24 * 3600);

const _: () = assert!(
    std::mem::size_of::<Event>() <= 16,
    "a calendar entry is 32 bytes"
);

/// A group of machines that joins, and may leave, at set times.
struct Group {
    environment: EnvId,
    instance_type: TypeId,
    count: u32,
    instances: std::ops::Range<u32>,
}

/// What a run came to.
pub struct Outcome<O> {
    /// The observer, with all it saw.
    pub observer: O,
    /// Hash of every start and end, in order: equal digests, equal runs.
    pub digest: u64,
    /// When the run ended.
    pub end: SimTime,
    /// Facts, arrivals and decisions handled.
    pub events: u64,
    /// Jobs whose estimate was shorter than their run, and so was raised to it.
    pub estimates_raised: u64,
    /// What became of EC2's quotas: of those with a limit, and of those of which anything was used.
    pub quotas: Vec<QuotaUse>,
}

/// A run in progress.
pub struct Simulation<'w, O: Observer> {
    scenario: &'w Scenario,
    control: Control<'w, O>,
    fleet: Fleet<'w>,
    calendar: Calendar<Event>,
    streams: Streams,
    fates: fate::Fates,
    clients: Clients<'w>,
    groups: Vec<Group>,
    scaling: scaling::Scaling,
    notice: spot::Notice,
    /// Instances that updates left behind with jobs, by update.
    left_behind: Vec<Vec<InstanceId>>,
    /// Whether what there is already at time zero is in place.
    is_live: bool,
    next_row: usize,
    next_command: usize,
    digest: Digest,
    events: u64,
    /// When the next command or given submission comes.
    cursor: SimTime,
    /// The moment and round of the last decision: one that is asked for twice is made once.
    decided: Option<(SimTime, u64)>,
    /// When anything last happened; void events are nothing.
    last: SimTime,
    /// When anything last happened but that machines came and went.
    lived: SimTime,
    /// Since when levels may differ from what the observer was told.
    levels_changed: Option<SimTime>,
}

impl<'w, O: Observer> Simulation<'w, O> {
    /// A run that has not begun. `observer` is told what happens.
    pub fn new(scenario: &'w Scenario, seed: u64, observer: O) -> Self {
        let mut simulation = Simulation {
            scenario,
            control: Control::new(
                &scenario.world,
                &scenario.workload,
                !scenario.rules.is_empty(),
                observer,
            ),
            fleet: Fleet::new(&scenario.world, Streams::new(seed)),
            calendar: Calendar::default(),
            streams: Streams::new(seed),
            fates: fate::Fates::new(&scenario.world.settings),
            clients: Clients::new(scenario),
            groups: Vec::new(),
            scaling: scaling::Scaling::new(&scenario.world.settings),
            notice: spot::Notice::new(&scenario.world.settings),
            left_behind: Vec::new(),
            is_live: scenario.now.is_empty(),
            next_row: 0,
            next_command: 0,
            digest: Digest::default(),
            events: 0,
            cursor: SimTime::NEVER,
            decided: None,
            last: SimTime::ZERO,
            lived: SimTime::ZERO,
            levels_changed: None,
        };
        simulation.move_cursor();
        for (number, pool) in scenario.world.spot.pools.iter().enumerate() {
            let zone = &scenario.world.spot.zones[pool.zone.index()];
            let name = Named::Pool(PoolId::at(number), zone);
            simulation.control.observer.named(name);
        }
        simulation.await_supply();
        simulation
    }

    /// Orders the jobs of the queue called `queue` by a policy of your own.
    ///
    /// ```
    /// use batchcast::policy::order::{JobOrder, JobView, Rank};
    ///
    /// /// Fewest GPUs first.
    /// struct FewestGpus;
    ///
    /// impl JobOrder for FewestGpus {
    ///     fn ranks(&mut self, jobs: &[JobView], ranks: &mut [Rank]) {
    ///         for (rank, job) in ranks.iter_mut().zip(jobs) {
    ///             *rank = job.shape.gpus.into();
    ///         }
    ///     }
    /// }
    /// # fn run(scenario: &batchcast::model::Scenario) {
    /// let simulation = batchcast::sim::Simulation::new(scenario, 1, ()).order("main", Box::new(FewestGpus));
    /// # simulation.run();
    /// # }
    /// ```
    #[must_use]
    pub fn order(mut self, queue: &str, order: Box<dyn JobOrder>) -> Self {
        self.control.hand_in_order(queue, order);
        self
    }

    /// Dispatches the queue called `queue` by a discipline of your own.
    #[must_use]
    pub fn dispatch(mut self, queue: &str, dispatch: Box<dyn Dispatch>) -> Self {
        self.control.hand_in_dispatch(queue, dispatch);
        self
    }

    /// Runs to the end: until every job is terminal and nothing more arrives, until nothing is due any more, or
    /// until the scenario's cut. Where jobs are left over, the run ended when anything last happened.
    pub fn run(mut self) -> Outcome<O> {
        let limit = self.scenario.until.unwrap_or(SimTime::NEVER);
        while !self.is_over() && !self.is_stalled() && self.step(limit) {}
        let cut = self.scenario.until.filter(|_| !self.is_over());
        let end = cut.unwrap_or(self.last);
        self.tell_levels();
        self.know_all();
        self.control.report_unfinished(end);
        let quotas = self.fleet.quotas();
        for record in self.fleet.close(end, cut.is_some()) {
            self.control.observer.instance_ended(&record);
        }
        self.control.observer.ended(end);
        Outcome {
            digest: self.digest.value(),
            end,
            events: self.events,
            estimates_raised: self.control.estimates_raised(),
            quotas,
            observer: self.control.observer,
        }
    }

    /// Handles everything that is due up to and including `time`.
    pub fn advance_to(&mut self, time: SimTime) {
        while self.step(time) {}
    }

    /// The current moment.
    pub fn now(&self) -> SimTime {
        self.calendar.now()
    }

    /// Gives a command now, as an operator would.
    ///
    /// # Errors
    /// AWS's refusal; nothing has changed then.
    pub fn submit(&mut self, command: &Command) -> Result<(), Rejection> {
        let answer = self.control.command(self.now(), command);
        self.apply();
        answer
    }

    /// GetJobQueueSnapshot of the queue called `name`, if there is one.
    pub fn snapshot(&mut self, name: &str) -> Option<QueueSnapshot> {
        let now = self.now();
        self.control.snapshot(now, name)
    }

    /// The state of the job that a row became (with a child: of that child), or `None` before it is submitted.
    pub fn status(&self, row: RowId, child: Option<u32>) -> Option<crate::model::JobStatus> {
        let job = self.control.job_of(row)?;
        Some(
            self.control
                .status(child.map_or(job, |child| JobId(job.0 + 1 + child))),
        )
    }

    /// `arrayProperties.statusSummary` of a row's array: children by state, in the order of `JobStatus::ALL`.
    pub fn status_summary(&self, row: RowId) -> Option<[u32; 7]> {
        self.control.status_summary(row)
    }

    /// The observer, while the run goes on.
    pub fn observer(&self) -> &O {
        &self.control.observer
    }

    /// Whether nothing can happen to any job any more: all are terminal and none will come.
    fn is_over(&self) -> bool {
        let counts = self.control.counts();
        counts.pending + counts.runnable + counts.starting + counts.running == 0
            && self.next_row == self.scenario.workload.rows.len()
            && self.clients.is_quiet()
            && (self.next_command > 0 || self.scenario.commands.is_empty())
    }

    /// Whether machines have been coming and going for nothing for so long that nothing will come of it.
    fn is_stalled(&self) -> bool {
        if self.now().since(self.lived) <= STALL {
            return false;
        }
        let counts = self.control.counts();
        counts.starting + counts.running == 0
            && self.next_row == self.scenario.workload.rows.len()
            && self.clients.is_quiet()
            && self.next_command == self.scenario.commands.len()
            && self.fleet.next_supply(self.now()) == SimTime::NEVER
    }

    /// Handles the next thing that is due, if that is not after `limit`.
    fn step(&mut self, limit: SimTime) -> bool {
        let Some(due) = self.calendar.pop(self.cursor, limit) else {
            return false;
        };
        if self.levels_changed.is_some_and(|at| at < self.now()) {
            self.tell_levels();
        }
        let happened = match due {
            Due::Cursor => {
                self.fleet.progress();
                self.lived = self.now();
                self.arrive();
                true
            }
            Due::Decision => self.decide(),
            Due::Event(event) => {
                let happened = self.happen(event);
                if !event.is_between_machines() {
                    self.lived = self.now();
                }
                if happened && !event.is_of_machines() {
                    self.fleet.progress();
                }
                happened
            }
        };
        self.events += 1;
        if happened {
            self.apply();
            self.last = self.now();
            self.levels_changed = Some(self.now());
        }
        true
    }

    /// Finds out when the next command or given submission comes.
    #[inline]
    fn move_cursor(&mut self) {
        let rows = &self.scenario.workload.rows;
        while self.next_row < rows.len() && self.clients.is_anchored(RowId::at(self.next_row)) {
            self.next_row += 1;
        }
        let row = rows
            .get(self.next_row)
            .map_or(SimTime::NEVER, |row| row.submit);
        let command = self
            .scenario
            .commands
            .get(self.next_command)
            .map_or(SimTime::NEVER, |timed| timed.at);
        self.cursor = row.min(command);
    }

    /// The next command, or else the next given submission. Commands of a moment come before submissions.
    fn arrive(&mut self) {
        let now = self.now();
        if let Some(timed) = self.scenario.commands.get(self.next_command)
            && timed.at <= now
        {
            self.next_command += 1;
            self.move_cursor();
            if let Err(refusal) = self.control.command(now, &timed.command) {
                let text = format!("{}: {refusal}", timed.command.action());
                self.control.observer.rejected(now, None, &text);
            }
            if !self.is_live && self.has_all_setup() {
                self.go_live();
            }
            return;
        }
        let row = RowId::at(self.next_row);
        self.next_row += 1;
        self.move_cursor();
        self.submit_row(row);
    }

    fn submit_row(&mut self, row: RowId) {
        let now = self.now();
        if let Err(refusal) = self.control.submit(now, row) {
            self.control.observer.rejected(now, Some(row), &refusal.0);
            self.clients.row_ended(now, row, &mut self.calendar);
        }
    }

    /// Queues first, then machines. Says whether anything was due.
    fn decide(&mut self) -> bool {
        let now = self.now();
        let phase = Some((now, self.calendar.round()));
        if std::mem::replace(&mut self.decided, phase) == phase {
            return false;
        }
        let passed = self.control.dispatch(now, &mut self.fleet);
        // What was placed is no more in demand: the decision to scale sees it.
        self.apply_effects();
        if !self.fleet.has_managed() {
            return passed;
        }
        let scaled = self.scale_if_due();
        // Also where nothing was: whoever asked for this decision may have asked for one later.
        self.plan_scaling();
        passed || scaled
    }

    /// Handles a scheduled event. Says whether it was still valid: a void one changes nothing.
    fn happen(&mut self, event: Event) -> bool {
        let now = self.now();
        match event {
            Event::ContainerStarted(attempt) => {
                let Some(allocation) = self.placed(attempt) else {
                    return false;
                };
                self.fleet.running(now, allocation);
                self.control.container_started(now, attempt);
            }
            Event::AttemptEnded {
                attempt,
                kind,
                exit_code,
            } => {
                return self.end_attempt(attempt, kind.ending(exit_code));
            }
            Event::Stopped(attempt) => {
                // Control knows the caller's reason; that it was stopped is enough here.
                let ending = Ending {
                    kind: EndingKind::TimedOut,
                    exit_code: Some(fate::KILLED),
                };
                return self.end_attempt(attempt, ending);
            }
            Event::Eligible(ticket) => return self.control.became_eligible(now, ticket),
            Event::Watch { queue, stamp } => return self.control.watch_timer(now, queue, stamp),
            Event::Decide => return self.decide(),
            Event::Join(group) => self.join(group),
            Event::Launched(batch) => self.launched(batch),
            Event::Registered(batch) => return self.registered(batch),
            Event::TakenBack(instance) => return self.taken_back(instance),
            Event::Gone(instance) => return self.gone(instance),
            Event::HostKnownLost(attempt) => return self.know(attempt),
            Event::ZoneBack => {
                self.fleet.zone_back();
                self.plan_scaling();
                return false;
            }
            Event::Supply => return self.supply(),
            Event::Leave(group) => {
                let instances = self.groups[group as usize].instances.clone();
                return self.lose(instances.map(InstanceId).collect(), Span::ZERO);
            }
            Event::LeftBehind(update) => return self.end_left_behind(update),
            Event::Submit(row) => {
                self.clients.submitted();
                self.submit_row(row);
            }
            Event::Resubmit(index) => self.resubmit(index),
        }
        true
    }

    /// An attempt ends: its room is given back, then control hears of it. Says whether it was still there to end.
    fn end_attempt(&mut self, attempt: Attempt, ending: Ending) -> bool {
        let now = self.now();
        let Some((cost, kept)) = self.give_back(attempt, &ending) else {
            return false;
        };
        self.control.attempt_ended(now, attempt, ending, cost, kept);
        if let Some(bill) = self.fleet.take_task_bill() {
            self.control.observer.instance_ended(&bill);
        }
        true
    }

    /// An attempt ends: its room is given back. Says what it cost and what is left of it, if it was still there to end.
    fn give_back(&mut self, attempt: Attempt, ending: &Ending) -> Option<(Usd, Kept)> {
        let now = self.now();
        let allocation = self.placed(attempt)?;
        let (kept, spent) = self.kept(attempt, ending);
        self.digest.mix(now.ms());
        let exit_code = ending.exit_code.map_or(256, u16::from);
        self.digest
            .mix(u64::from(allocation.0) << 16 | u64::from(exit_code));
        let cost = self.fleet.release(now, allocation, spent);
        Some((cost.total(), kept))
    }

    /// The allocation of a placed attempt whose host is there, or `None` where it is void.
    fn placed(&self, attempt: Attempt) -> Option<AllocationId> {
        let allocation = self.control.allocation(attempt)?;
        (!self.notice.is_lost(attempt)).then_some(allocation)
    }

    fn join(&mut self, index: u32) {
        let now = self.now();
        let group = &mut self.groups[index as usize];
        group.instances = self
            .fleet
            .join(now, group.environment, group.instance_type, group.count);
        let environment = group.environment;
        self.control.machines_changed(now, environment);
    }

    /// Machines leave, and the attempts on them are lost, which Batch knows after `lag`. Says whether any was still up.
    fn lose(&mut self, instances: Vec<InstanceId>, lag: Span) -> bool {
        let now = self.now();
        let mut any = false;
        for instance in instances {
            if !self.fleet.is_up(instance) {
                continue;
            }
            any = true;
            for (allocation, job) in self.fleet.attempts_on(instance) {
                if !self.fleet.ends_with(allocation, instance) {
                    // A child node that dies affects nothing else (User Guide, multi-node parallel jobs).
                    self.fleet.lose_node(now, allocation, instance);
                } else if let Some(attempt) = self.control.attempt_of(job) {
                    let ending = Ending {
                        kind: EndingKind::HostLost(instance),
                        exit_code: None,
                    };
                    self.lose_attempt(attempt, ending, lag);
                }
            }
            let record = self.fleet.leave(now, instance);
            self.tell_committed(record.environment);
            self.control.observer.instance_ended(&record);
            self.control.machines_changed(now, record.environment);
        }
        any
    }

    fn resubmit(&mut self, index: u32) {
        let now = self.now();
        let (row, change): (RowId, Resubmission) = self.clients.resubmission(index);
        if let Err(refusal) = self.control.resubmit(now, row, &change) {
            self.control.observer.rejected(now, Some(row), &refusal.0);
        }
    }

    /// Does what control left to be done, until nothing is left.
    fn apply(&mut self) {
        self.apply_effects();
        if self.fleet.has_managed() {
            self.plan_scaling();
        }
        if self.control.wants_decision() {
            self.calendar.request_decision();
        }
    }

    #[inline]
    fn apply_effects(&mut self) {
        if self.control.has_effects() {
            self.apply_each_effect();
        }
    }

    #[inline(never)]
    fn apply_each_effect(&mut self) {
        while let Some(effect) = self.control.next_effect() {
            self.carry_out(effect);
        }
    }

    fn carry_out(&mut self, effect: Effect) {
        let now = self.now();
        match effect {
            Effect::Placed(attempt) => self.begin(attempt),
            Effect::Stop { attempt, at } => {
                self.calendar
                    .schedule(at, Phase::Fact, Event::Stopped(attempt))
            }
            Effect::EligibleAt { at, ticket } => {
                self.calendar
                    .schedule(at, Phase::Fact, Event::Eligible(ticket))
            }
            Effect::WatchAt { at, queue, stamp } => {
                self.calendar
                    .schedule(at, Phase::Fact, Event::Watch { queue, stamp });
            }
            Effect::DecideAt(at) => self.calendar.schedule(at, Phase::Decision, Event::Decide),
            Effect::KeepEnds => self.fleet.keep_ends(),
            Effect::Machines { environment, spec } => {
                for group in self.fleet.create(environment, &spec) {
                    let index = self.groups.len() as u32;
                    let (instance_type, count) = (group.instance_type, group.count);
                    self.groups.push(Group {
                        environment,
                        instance_type,
                        count,
                        instances: 0..0,
                    });
                    if group.launch > now {
                        self.calendar
                            .schedule(group.launch, Phase::Fact, Event::Join(index));
                    } else {
                        self.join(index);
                    }
                    if let Some(at) = group.terminate {
                        self.calendar
                            .schedule(at.max(now), Phase::Fact, Event::Leave(index));
                    }
                }
            }
            Effect::Join {
                environment,
                instance_type,
                count,
            } => {
                self.fleet.expect(environment, instance_type, count);
                self.fleet.join(now, environment, instance_type, count);
                self.control.machines_changed(now, environment);
            }
            Effect::Rescale { environment, scale } => self.fleet.rescale(environment, scale),
            Effect::LimitTasks {
                environment,
                max_vcpus,
            } => self.fleet.limit_tasks(environment, max_vcpus),
            Effect::Available {
                instance_type,
                available,
            } => self.fleet.set_available(instance_type, available),
            Effect::ScaleDownDelay { environment, delay } => {
                self.fleet.set_scale_down_delay(environment, delay);
            }
            Effect::Replace { environment, spec } => self.replace(environment, &spec),
            Effect::Outage { zone, until } => self.outage(zone, until),
            Effect::Leave { environment, count } => {
                let instances = self.fleet.latest(environment, count);
                self.lose(instances, Span::ZERO);
            }
            Effect::RowEnded(row) => self.clients.row_ended(now, row, &mut self.calendar),
            Effect::JobEnded(end) => {
                let queue = self.control.queue_name(end.queue).to_owned();
                self.clients
                    .job_ended(now, &end, &queue, &mut self.calendar);
            }
        }
    }

    /// An attempt was placed: when its container runs, and when and how it ends, is decided now.
    fn begin(&mut self, attempt: Attempt) {
        let now = self.now();
        let Some(facts) = self.control.facts(attempt) else {
            return;
        };
        self.digest.mix(now.ms());
        self.digest
            .mix(u64::from(facts.job.0) << 32 | u64::from(facts.placed.instance.0));
        let mut fate = self
            .fates
            .of(&self.scenario.workload, &facts, &self.streams);
        let is_task = facts.placed.instance.task().is_some();
        if is_task || facts.image.is_some() {
            let allocation = facts.placed.allocation;
            let start = self.fleet.start(now, allocation, facts.image);
            fate = self.fates.after(start, fate);
        }
        if is_task {
            let lost = self
                .fleet
                .task_interruption(facts.placed.allocation, facts.attempt);
            self.begin_task(attempt, fate, lost);
            return;
        }
        self.schedule_fate(attempt, fate);
    }

    /// A Fargate task begins, of which `lost` is the moment at which Spot takes it back if it is still there.
    fn begin_task(&mut self, attempt: Attempt, fate: fate::AttemptFate, lost: SimTime) {
        let now = self.now();
        if lost >= now + fate.start + fate.run {
            self.schedule_fate(attempt, fate);
            return;
        }
        let starts = now + fate.start < lost && !fate.kind.is_without_start();
        if starts && fate.start.is_zero() {
            self.control.container_started(now, attempt);
        } else if starts {
            let started = Event::ContainerStarted(attempt);
            self.calendar
                .schedule(now + fate.start, Phase::Fact, started);
        }
        let event = Event::AttemptEnded {
            attempt,
            kind: fate::Kind::TaskInterrupted,
            exit_code: 0,
        };
        self.calendar.schedule(lost, Phase::Fact, event);
    }

    /// When the container of an attempt runs, and when and how it ends.
    #[inline]
    fn schedule_fate(&mut self, attempt: Attempt, fate: fate::AttemptFate) {
        let now = self.now();
        if !fate.kind.is_without_start() {
            if fate.start.is_zero() {
                self.control.container_started(now, attempt);
            } else {
                let started = Event::ContainerStarted(attempt);
                self.calendar
                    .schedule(now + fate.start, Phase::Fact, started);
            }
        }
        let end = now + fate.start + fate.run;
        let event = Event::AttemptEnded {
            attempt,
            kind: fate.kind,
            exit_code: fate.exit_code,
        };
        self.calendar.schedule(end, Phase::Fact, event);
    }

    fn tell_levels(&mut self) {
        let Some(since) = self.levels_changed.take() else {
            return;
        };
        let counts = self.control.counts();
        let fleet = self.fleet.levels();
        let levels = Levels {
            pending: counts.pending,
            runnable: counts.runnable,
            starting: counts.starting,
            running: counts.running,
            vcpus_used: fleet.used.0,
            memory_used: fleet.used.1,
            gpus_used: fleet.used.2,
            vcpus_provisioned: fleet.provisioned.0,
            memory_provisioned: fleet.provisioned.1,
            vcpus_max: fleet.vcpus_max,
            instances: fleet.instances,
        };
        self.control.observer.levels(since, &levels);
    }
}
