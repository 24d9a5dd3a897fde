//! AWS Batch itself: who waits, on what, in which order.
//!
//! One entry for each thing that can happen: [`Control::command`] and [`Control::submit`] for what is asked of it,
//! [`Control::container_started`], [`Control::attempt_ended`] and the timers for what it is told, and
//! [`Control::dispatch`] for the decision. It knows no clock and no machine: the moment comes with each call, machines are
//! asked through [`Capacity`], and what it wants done later it leaves as [`Effect`]s for whoever holds the clock.
//!
//! `lifecycle` alone moves a job from state to state; `submit` is the door for jobs and `door` that for all other actions.
//!
//! # Where AWS is silent
//!
//! Rulings of our own, which the second simulator of the tests shares:
//!
//! * **Requests.** A row's own vCPUs, memory and GPUs override the definition's wherever they are above zero, so none can be
//!   taken back; a multi-node job has its definition's alone. A share identifier exists (and has its place among equals) from
//!   the first request that named it, even where that was refused for another reason.
//! * **Estimates** are settled at submission, by the slowest machine type registered then, and anew at each further attempt.
//!   They are raised to how long the attempt will really take, its stop at a timeout included.
//! * **Cancels.** A job that waits for others fails once they have succeeded, with the reason of the latest cancel; if one of
//!   them fails, with theirs. TerminateJob goes by the first reason, as the container has been told to stop: one that ends by
//!   itself meanwhile keeps its exit code, and FAILS all the same.
//! * **Ends.** A job is heard of before its array, by those that wait for it in order of job; what is caused by that comes
//!   after, level by level. When a machine goes away its attempts end in order of job.
//! * **Shares.** A window that changes brings nothing back that had left it (`control/shares.rs`). A share that becomes active
//!   makes the reserve smaller, so its queue is due even where the newcomer waits for others.
//! * **Dispatch rate.** A queue has a bucket of tokens and each start takes one. A job that is tried while there are not enough
//!   ends the pass, whatever else it lacks; the next look comes when there are, also for a head that there is no room for
//!   (`control/rate.rs`).
//! * **Fargate.** vCPUs are whole here: a task of a quarter or half a vCPU counts as one for shares, reserves and figures, and
//!   as what it is for maxvCpus and the bill. A job without a definition gets the smallest task that holds what it asks for. A
//!   task in an environment that is deleted runs to its end. What waits for a launch token waits for `dispatch`.
//! * **Nothing.** What finds its job gone or changed is no event: not a tick at which no child becomes RUNNABLE, not the end of
//!   an attempt that was stopped, not a pass over queues in which nobody waits. A run whose jobs cannot end is over when
//!   anything last happened.

mod arrays;
mod blocked;
mod clocks;
mod consumables;
mod contracts;
mod demand;
mod dispatch;
mod door;
mod environments;
mod job;
mod lane;
mod lifecycle;
mod live;
mod queue;
mod rate;
mod registry;
mod retry;
mod settle;
mod shares;
mod snapshot;
mod submit;

use std::collections::{BTreeMap, VecDeque};

use crate::model::{Command, ComputeEnvironment, Knob, Observer, StatusReason, Workload, World};
use crate::policy::capacity::{AllocationId, Capacity, ImageAsk, Placed};
use crate::policy::discipline::{self, Discipline, Dispatch};
use crate::policy::order::JobOrder;
use crate::policy::scaling::Scale;
use crate::units::{EnvId, JobId, QueueId, RowId, SimTime, Span, TypeId, ZoneId};

use arrays::Array;
use contracts::Contract;
use job::{Directory, Job, Pasts, Slab};
use queue::Queue;
use registry::Registry;
use settle::{Link, Task};

pub use lifecycle::{Ending, EndingKind};
pub use snapshot::{FrontOfQueue, QueueSnapshot, ShareUtilization};
pub use submit::Resubmission;

/// What control wants of whoever holds the clock and the machines.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// An attempt was placed: say when its container runs, and when and how it ends.
    Placed(Attempt),
    /// The container of an attempt was told to stop; it ends at this moment.
    Stop {
        /// The attempt.
        attempt: Attempt,
        /// When it ends.
        at: SimTime,
    },
    /// Tell [`Control::became_eligible`] at this moment.
    EligibleAt {
        /// When.
        at: SimTime,
        /// For whom.
        ticket: Ticket,
    },
    /// Tell [`Control::watch_timer`] at this moment.
    WatchAt {
        /// When.
        at: SimTime,
        /// For which queue.
        queue: QueueId,
        /// As of which state of its head.
        stamp: u32,
    },
    /// Make a decision at this later moment.
    DecideAt(SimTime),
    /// An environment was created.
    Machines {
        /// The environment.
        environment: EnvId,
        /// What it is, with its machines.
        spec: Box<ComputeEnvironment>,
    },
    /// A managed environment is asked for other limits, or in another state.
    Rescale {
        /// The environment.
        environment: EnvId,
        /// How it stands now.
        scale: Scale,
    },
    /// All instances of a managed environment are replaced.
    Replace {
        /// The environment.
        environment: EnvId,
        /// What it is from now on.
        spec: Box<crate::model::Managed>,
    },
    /// Its idle instances stay so long from now on.
    ScaleDownDelay {
        /// The environment.
        environment: EnvId,
        /// After their last job, at least.
        delay: Span,
    },
    /// maxvCpus of a Fargate environment is another.
    LimitTasks {
        /// The environment.
        environment: EnvId,
        /// Its new ceiling.
        max_vcpus: u32,
    },
    /// EC2 has so many instances of a type from now on.
    Available {
        /// The type.
        instance_type: TypeId,
        /// How many, or no limit.
        available: Option<u32>,
    },
    /// A zone is lost until a moment.
    Outage {
        /// Which.
        zone: ZoneId,
        /// Until when.
        until: SimTime,
    },
    /// From now on expected ends are asked for: a queue plans with them.
    KeepEnds,
    /// More machines join now.
    Join {
        /// The environment.
        environment: EnvId,
        /// Their type.
        instance_type: TypeId,
        /// How many.
        count: u32,
    },
    /// Machines leave now, the latest launched first.
    Leave {
        /// The environment.
        environment: EnvId,
        /// How many.
        count: u32,
    },
    /// A job, or a whole array, became terminal. Sent only where somebody waits for it.
    RowEnded(RowId),
    /// A job (no array parent) became terminal. Sent only where rules look at it.
    JobEnded(Box<JobEnd>),
}

/// A job that became terminal, as rules see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobEnd {
    /// Where it came from.
    pub row: RowId,
    /// Its index in its array.
    pub child: Option<u32>,
    /// Its queue.
    pub queue: QueueId,
    /// Whether it SUCCEEDED.
    pub succeeded: bool,
    /// Its last exit code.
    pub exit_code: Option<u8>,
    /// Its reason.
    pub reason: StatusReason,
    /// MiB it asked for.
    pub memory: u32,
    /// The terms under which it was submitted, as control numbers them.
    pub contract: u32,
}

/// A placed attempt, for whoever schedules its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Where control keeps the job.
    pub slot: u32,
    /// Void once the job's generation is another.
    pub generation: u32,
}

/// Who becomes eligible at a later moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ticket {
    /// A job (in its slot, as of a generation).
    Job(Attempt),
    /// All children of an array that wait for nothing else.
    Array(JobId),
}

/// Facts about a placed attempt that decide how it ends.
#[derive(Clone, Copy, Debug)]
pub struct AttemptFacts {
    /// The job.
    pub job: JobId,
    /// Its row.
    pub row: RowId,
    /// Its index in its array.
    pub child: Option<u32>,
    /// 1 for the first.
    pub attempt: u8,
    /// Where it was placed.
    pub placed: Placed,
    /// `timeout.attemptDurationSeconds`.
    pub timeout: Option<Span>,
    /// Its estimate, container start excluded.
    pub estimate: Span,
    /// Speed-up that its definition states.
    pub speed: crate::units::Ratio,
    /// How its attempts fail by chance.
    pub failure: Option<crate::model::Failure>,
    /// MiB it asked for.
    pub memory: u32,
    /// What its container is made from, where images have a size.
    pub image: Option<ImageAsk>,
    /// How it saves its work.
    pub checkpoint: Option<crate::model::Checkpoint>,
    /// Work at speed one that earlier attempts have saved.
    pub saved: Span,
    /// When it entered RUNNING; [`SimTime::NEVER`] before.
    pub started: SimTime,
}

/// What of an attempt that ended is left, by what it did for how long on its machine. The rest of it is lost, or where it
/// SUCCEEDED has done the rest of the work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Time that it worked on what is kept, where its job goes on from there.
    pub worked: Span,
    /// The same as work at speed one.
    pub work: Span,
    /// Time in which it saved work, or found its way back to it.
    pub saving: Span,
}

/// Jobs by state; array parents are not counted, their children are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JobCounts {
    /// SUBMITTED or PENDING.
    pub pending: u64,
    /// RUNNABLE.
    pub runnable: u64,
    /// STARTING.
    pub starting: u64,
    /// RUNNING.
    pub running: u64,
}

/// The settings that control reads at every step.
#[derive(Clone, Debug)]
struct Knobs {
    dispatch_tick: Span,
    /// How fast each queue may dispatch, where there is a ceiling.
    rate: Option<rate::Rate>,
    dependency_tick: Span,
    container_start: Span,
    fargate_start: Span,
    retry_delay: Span,
    timeout_lag: Span,
    shutdown: Span,
    blocked_after_misconfiguration: Span,
    blocked_after_undetermined: Span,
    share_head_blocks: bool,
    prefix_weight_times_n: bool,
    retry_to_front_of_queue: bool,
    absent_reason_matches: bool,
    consumables_held_over_retry: bool,
    kill_at_estimate: bool,
    default_discipline: Discipline,
}

/// Policies that a library user hands in, by the name of the queue they are for.
#[derive(Default)]
struct HandedIn {
    orders: BTreeMap<String, Box<dyn JobOrder>>,
    dispatches: BTreeMap<String, Box<dyn Dispatch>>,
}

/// The control plane.
pub struct Control<'w, O: Observer> {
    world: &'w World,
    workload: &'w Workload,
    knobs: Knobs,
    handed_in: HandedIn,
    registry: Registry,
    queues: Vec<Queue>,
    /// Queues by priority, then creation.
    queue_order: Vec<QueueId>,
    /// Grows with each change that may change what a submission means.
    version: u32,
    contracts: Vec<Contract>,
    /// For each template: as of which version it was resolved, and to which contract.
    resolved: Vec<(u32, u32)>,
    directory: Directory,
    job_of_row: Vec<JobId>,
    jobs: Slab<Job>,
    arrays: Slab<Array>,
    links: Slab<Link>,
    pasts: Pasts,
    tasks: VecDeque<Task>,
    counts: JobCounts,
    effects: VecDeque<Effect>,
    wants_decision: bool,
    next_decision: Option<SimTime>,
    /// Whether a job came to wait, or a queue changed, where a managed environment has to provide.
    wants_scaling: bool,
    /// Rows by source identifier; made when a command first names one.
    sources: Option<BTreeMap<String, RowId>>,
    tells_row_ends: bool,
    tells_job_ends: bool,
    estimates_raised: u64,
    /// Whether any job that came saves its work.
    saves_work: bool,
    /// Who is told what happened.
    pub observer: O,
}

impl<'w, O: Observer> Control<'w, O> {
    /// An empty Batch: no queue, no job. `has_rules`: whether ends of jobs are to be told as effects.
    pub fn new(world: &'w World, workload: &'w Workload, has_rules: bool, observer: O) -> Self {
        let settings = &world.settings;
        let knobs = Knobs {
            dispatch_tick: settings.span(Knob::DispatchTick),
            rate: rate::Rate::of(settings),
            dependency_tick: settings.span(Knob::DependencyTick),
            container_start: settings.span(Knob::ContainerStart),
            fargate_start: settings.span(Knob::FargateStart),
            retry_delay: settings.span(Knob::RetryDelay),
            timeout_lag: settings.span(Knob::TimeoutLag),
            shutdown: settings
                .span(Knob::ShutdownTime)
                .min(crate::model::rules::KILL_GRACE),
            blocked_after_misconfiguration: settings.span(Knob::BlockedAfterMisconfiguration),
            blocked_after_undetermined: settings.span(Knob::BlockedAfterUndetermined),
            share_head_blocks: settings.flag(Knob::ShareHeadBlocks),
            prefix_weight_times_n: settings.flag(Knob::PrefixWeightTimesN),
            retry_to_front_of_queue: settings.word(Knob::RetryToFrontOf) == "queue",
            absent_reason_matches: settings.flag(Knob::AbsentReasonMatches),
            consumables_held_over_retry: settings.flag(Knob::ConsumablesHeldOverRetry),
            kill_at_estimate: settings.flag(Knob::KillAtEstimate),
            default_discipline: discipline::find(settings.word(Knob::Dispatch))
                .expect("the discipline was looked up when the scenario was read"),
        };
        Control {
            world,
            workload,
            knobs,
            handed_in: HandedIn::default(),
            registry: Registry::default(),
            queues: Vec::new(),
            queue_order: Vec::new(),
            version: 1,
            contracts: Vec::new(),
            resolved: vec![(0, 0); workload.templates.len()],
            directory: Directory::default(),
            job_of_row: vec![JobId::NONE; workload.rows.len()],
            jobs: Slab::default(),
            arrays: Slab::default(),
            links: Slab::default(),
            pasts: Pasts::default(),
            tasks: VecDeque::new(),
            counts: JobCounts::default(),
            effects: VecDeque::new(),
            wants_decision: false,
            next_decision: None,
            wants_scaling: false,
            sources: None,
            tells_row_ends: workload.closed_loop == crate::model::Loop::Closed,
            tells_job_ends: has_rules,
            estimates_raised: 0,
            saves_work: false,
            observer,
        }
    }

    /// The queue called `queue`, which is still to be created, will order its jobs by `order`.
    pub fn hand_in_order(&mut self, queue: &str, order: Box<dyn JobOrder>) {
        self.handed_in.orders.insert(queue.to_owned(), order);
    }

    /// The queue called `queue`, which is still to be created, will be dispatched by `dispatch`.
    pub fn hand_in_dispatch(&mut self, queue: &str, dispatch: Box<dyn Dispatch>) {
        self.handed_in.dispatches.insert(queue.to_owned(), dispatch);
    }

    /// Whether anything is to be done.
    #[inline]
    pub fn has_effects(&self) -> bool {
        !self.effects.is_empty()
    }

    /// What is to be done next.
    pub fn next_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// Whether a decision is due in this round; asking takes the wish back.
    pub fn wants_decision(&mut self) -> bool {
        std::mem::take(&mut self.wants_decision)
    }

    /// Jobs by state.
    pub fn counts(&self) -> JobCounts {
        self.counts
    }

    /// Estimates that were shorter than the run they were for, and so were raised to it.
    pub fn estimates_raised(&self) -> u64 {
        self.estimates_raised
    }

    /// Whether any job that came saves its work.
    #[inline]
    pub fn saves_work(&self) -> bool {
        self.saves_work
    }

    /// The facts about a placed attempt, or `None` where it is void.
    pub fn facts(&self, attempt: Attempt) -> Option<AttemptFacts> {
        let job = self.current(attempt)?;
        let contract = &self.contracts[job.contract as usize];
        Some(AttemptFacts {
            job: job.id,
            row: job.row,
            child: (job.child != job::NOWHERE).then_some(job.child),
            attempt: job.attempts,
            placed: job.placed?,
            timeout: contract.timeout,
            estimate: job.estimate,
            speed: contract.speed,
            failure: contract.failure,
            memory: job.shape.memory,
            image: contract.image,
            checkpoint: contract.checkpoint,
            saved: job.saved,
            started: job.started,
        })
    }

    /// The allocation of a placed attempt, or `None` where it is void.
    pub fn allocation(&self, attempt: Attempt) -> Option<AllocationId> {
        self.current(attempt)?
            .placed
            .map(|placed| placed.allocation)
    }

    /// The attempt of `job` that is placed now, if one is.
    pub fn attempt_of(&self, job: JobId) -> Option<Attempt> {
        let job::Whereabouts::Slot(slot) = self.directory.get(job) else {
            return None;
        };
        let job = &self.jobs[slot];
        job.placed.map(|_| Attempt {
            slot,
            generation: job.generation,
        })
    }

    /// Whether TerminateJob told a placed attempt to stop.
    pub fn is_leaving(&self, attempt: Attempt) -> bool {
        self.current(attempt)
            .is_some_and(|job| job.leaving.is_some())
    }

    /// The name of a queue.
    pub fn queue_name(&self, queue: QueueId) -> &str {
        &self.queues[queue.index()].spec.name
    }

    fn current(&self, attempt: Attempt) -> Option<&Job> {
        Some(&self.jobs[attempt.slot]).filter(|job| job.generation == attempt.generation)
    }

    /// Does what an operator asks, or says why AWS would not.
    ///
    /// # Errors
    /// AWS's refusal. Nothing has changed then.
    pub fn command(
        &mut self,
        now: SimTime,
        command: &Command,
    ) -> Result<(), crate::model::Rejection> {
        let answer = self.carry_out(now, command);
        self.settle(now);
        answer
    }

    /// Makes one decision: a pass over every queue that is due, by priority. Says whether anybody waited in one.
    pub fn dispatch<C: Capacity>(&mut self, now: SimTime, capacity: &mut C) -> bool {
        let mut passed = false;
        if now.next_tick(self.knobs.dispatch_tick) != now {
            // Machines scale at moments of their own.
            return false;
        }
        if self.next_decision.is_some_and(|at| at <= now) {
            self.next_decision = None;
        }
        for index in 0..self.queue_order.len() {
            let queue = self.queue_order[index];
            if self.queues[queue.index()].alarm.is_some_and(|at| at <= now) {
                self.queues[queue.index()].alarm = None;
                self.queues[queue.index()].is_due = true;
            }
            if self.queues[queue.index()].bucket.rings(now) {
                self.queues[queue.index()].is_due = true;
                // Its head may lack nothing but a machine now.
                self.wants_scaling |= self.queues[queue.index()].demand.is_some();
            }
            if self.queues[queue.index()].is_due {
                passed |= self.queues[queue.index()].waiting > 0;
                self.pass(now, queue, capacity);
            }
        }
        self.settle(now);
        passed
    }

    /// `queue` may be able to start something: a decision is due, at the next tick.
    #[inline]
    fn want_decision(&mut self, now: SimTime, queue: QueueId) {
        self.queues[queue.index()].is_due = true;
        let at = now.next_tick(self.knobs.dispatch_tick);
        if at == now {
            self.wants_decision = true;
        } else if self.next_decision.is_none_or(|next| at < next) {
            self.next_decision = Some(at);
            self.effects.push_back(Effect::DecideAt(at));
        }
    }

    /// Room was given back in `environment`, or it changed: its queues are due.
    #[inline]
    fn changed(&mut self, now: SimTime, environment: EnvId) {
        for index in 0..self.registry.environments[environment.index()].queues.len() {
            let queue = self.registry.environments[environment.index()].queues[index];
            self.queues[queue.index()].has_changed = true;
            if self.queues[queue.index()].waiting > 0 {
                self.want_decision(now, queue);
            }
        }
    }

    /// Machines joined or left `environment`.
    pub fn machines_changed(&mut self, now: SimTime, environment: EnvId) {
        self.changed(now, environment);
    }
}
