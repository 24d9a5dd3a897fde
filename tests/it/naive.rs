//! A second simulator, written from the description of the semantics alone and for obviousness instead of speed: plain
//! vectors, linear scans, everything derived anew at each moment. It shares only `units` and `model` with the real one.

mod backfill;
mod bill;
mod gangs;
mod leaving;
mod life;
mod outside;
mod pass;
mod rate;
mod scaling;
mod share;
mod submissions;

use batchcast::model::{
    Billing, BlockReason, ComputeEnvironment, ConsumableAsk, ConsumableResource, CostCauses,
    JobDefinition, JobQueue, JobStatus, Knob, RetryStrategy, Scenario, SchedulingPolicy,
    StatusReason,
};
use batchcast::units::{Ratio, Shape, SimTime, Span, TypeId, Usd};

/// A mistake that the naive simulator makes on purpose, to show that the comparison sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Of equally full machines the one launched last takes the job.
    TiesToTheLast,
    /// The timeout's clock starts in STARTING.
    TimeoutFromPlacement,
    /// A retried job waits at its old place.
    RetriesToTheBack,
    /// Idle instances leave whatever minvCpus says.
    ScaleInIgnoresMin,
    /// BEST_FIT goes over maxvCpus by one instance as the others do.
    BestFitOvershoots,
    /// An instance is billed from when it takes jobs.
    BootIsFree,
    /// Machines for the nodes of a gang are as large as for jobs that share them.
    GangsByDemand,
    /// Gangs behind the head of their queue get no machines.
    GangsOnlyAtTheHead,
    /// Machines for a gang are launched though there are not enough launch tokens for all of them.
    GangsOneByOne,
}

/// What the naive simulator says of a run.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// All jobs without array parents; positions are not job identifiers.
    pub jobs: Vec<JobOutcome>,
    /// All instances that were launched, by identifier.
    pub instances: Vec<InstanceOutcome>,
    /// The sum of their bills.
    pub total: Usd,
    /// Refused submissions and commands.
    pub rejections: usize,
    /// Attempts of multi-node jobs that ran in managed environments; only the naive simulator counts them.
    pub managed_gangs: usize,
}

/// A job at the end of the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobOutcome {
    /// Its identifier.
    pub job: usize,
    /// Its row.
    pub row: usize,
    /// Its index, for the child of an array.
    pub index: Option<u32>,
    /// Its state.
    pub status: JobStatus,
    /// Its reason, as AWS writes it.
    pub reason: String,
    /// Exit code of its last attempt.
    pub exit_code: Option<u8>,
    /// When it was submitted.
    pub submitted: SimTime,
    /// When it was RUNNABLE first.
    pub eligible: Option<SimTime>,
    /// Its attempts.
    pub attempts: Vec<AttemptOutcome>,
    /// When it became terminal.
    pub ended: Option<SimTime>,
}

/// An attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptOutcome {
    /// When it entered STARTING.
    pub placed: SimTime,
    /// When it entered RUNNING.
    pub started: Option<SimTime>,
    /// When it ended.
    pub ended: Option<SimTime>,
    /// The instance; of a multi-node job the main node's.
    pub main: usize,
    /// Its reason.
    pub reason: String,
    /// Its exit code.
    pub exit_code: Option<u8>,
    /// What it cost.
    pub cost: Usd,
}

/// An instance's bill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceOutcome {
    /// Its type.
    pub instance_type: TypeId,
    /// When it ran first, and was billed.
    pub launched: SimTime,
    /// When jobs could be placed on it first.
    pub registered: Option<SimTime>,
    /// When it left, or what it is billed to.
    pub ended: SimTime,
    /// The bill.
    pub cost: CostCauses,
}

/// Runs `scenario` to its end.
pub fn run(scenario: &Scenario, fault: Option<Fault>) -> Outcome {
    let mut naive = Naive {
        scenario,
        fault,
        now: SimTime::ZERO,
        round: 0,
        sequence: 0,
        facts: Vec::new(),
        calls: Vec::new(),
        next_command: 0,
        next_row: 0,
        last: SimTime::ZERO,
        lived: SimTime::ZERO,
        in_facts: false,
        definitions: Vec::new(),
        policies: Vec::new(),
        environments: Vec::new(),
        queues: Vec::new(),
        shares: Vec::new(),
        resources: Vec::new(),
        machines: Vec::new(),
        jobs: Vec::new(),
        running: Vec::new(),
        ended: Vec::new(),
        job_of_row: vec![None; scenario.workload.rows.len()],
        refused: vec![false; scenario.workload.rows.len()],
        called: vec![false; scenario.workload.rows.len()],
        resubmissions: Vec::new(),
        rejections: 0,
        available: Vec::new(),
        launching: Vec::new(),
        wants_scaling: false,
        scaling_alarm: None,
        last_scaling: None,
        tokens: u128::from(scenario.world.settings.count(Knob::LaunchBurst)) * scaling::TOKEN,
        tokens_at: SimTime::ZERO,
        happened: 0,
        moments: 0,
    };
    naive.run();
    naive.outcome()
}

/// The state of the run.
struct Naive<'a> {
    scenario: &'a Scenario,
    fault: Option<Fault>,
    now: SimTime,
    round: u32,
    sequence: u64,
    facts: Vec<Due<Fact>>,
    calls: Vec<Due<Call>>,
    next_command: usize,
    next_row: usize,
    /// When something happened last.
    last: SimTime,
    /// When anything last happened but that machines come and go.
    lived: SimTime,
    /// Facts of this round are being handled: its arrivals are still to come.
    in_facts: bool,
    definitions: Vec<Definition>,
    policies: Vec<SchedulingPolicy>,
    environments: Vec<Environment>,
    queues: Vec<Queue>,
    shares: Vec<Share>,
    resources: Vec<Resource>,
    machines: Vec<Machine>,
    jobs: Vec<Job>,
    /// Jobs with an open attempt, in order of placement.
    running: Vec<usize>,
    /// Jobs that ended and of which others have not heard yet.
    ended: Vec<usize>,
    job_of_row: Vec<Option<usize>>,
    /// Rows that were refused.
    refused: Vec<bool>,
    /// Rows of a closed loop whose submission is under way.
    called: Vec<bool>,
    /// The original job of each resubmission.
    resubmissions: Vec<usize>,
    rejections: usize,
    /// Types of which EC2 has so many for us.
    available: Vec<(TypeId, u32)>,
    /// Asked for in this decision: environment, type, and the count of events.
    launching: Vec<(usize, TypeId, u64)>,
    /// Something happened since the last scaling decision that one could answer to.
    wants_scaling: bool,
    /// When another decision may come to something else though nothing happens.
    scaling_alarm: Option<SimTime>,
    last_scaling: Option<SimTime>,
    /// Launch tokens at a moment.
    tokens: u128,
    tokens_at: SimTime,
    /// Things that happened, the coming and going of machines left out.
    happened: u64,
    /// Moments at which something was due.
    moments: u32,
}

/// Something that is due.
#[derive(Clone, Debug)]
struct Due<T> {
    at: SimTime,
    round: u32,
    sequence: u64,
    what: T,
}

/// Something that happens by itself.
#[derive(Clone, Debug)]
enum Fact {
    Join {
        environment: usize,
        instance_type: TypeId,
        /// When it will leave; known, and so scheduled, as early as when it will join.
        leave: Option<(SimTime, u64)>,
    },
    Leave(usize),
    /// An instance that was asked for runs.
    Run {
        environment: usize,
        instance_type: TypeId,
        asked: u64,
    },
    /// And takes jobs.
    Register(usize),
    Begin(usize, usize),
    End(usize, usize, Ending),
    Ready(usize),
    AgainReady(usize),
    Declare {
        queue: usize,
        stamp: u32,
    },
    Limit {
        queue: usize,
        stamp: u32,
    },
    Planned(usize),
    /// There are the dispatch tokens that a queue lacked.
    Token(usize),
}

/// A submission that something caused.
#[derive(Clone, Debug)]
enum Call {
    Row(usize),
    Again { job: usize, rule: usize },
}

struct Definition {
    revision: u32,
    active: bool,
    is: JobDefinition,
}

struct Environment {
    is: ComputeEnvironment,
    managed: Option<scaling::Managed>,
    /// What fair share reserves from.
    unmanaged_vcpus: Option<u32>,
    billing: Billing,
    /// Machines that were ever registered.
    registered: u32,
    /// The slowest of them.
    slowest: Option<Ratio>,
}

struct Queue {
    is: JobQueue,
    deleted: bool,
    /// Something happened since its last pass that a pass could answer to.
    is_due: bool,
    /// What it may start, and when it may start more.
    bucket: rate::Bucket,
    /// Its last pass left a head waiting.
    tried: bool,
    /// For strict-held.
    held: Option<usize>,
    /// For conservative: (job, planned start).
    plans: Vec<(usize, SimTime)>,
    /// For conservative: when it is to be looked at next, whatever happens.
    wakes: Option<SimTime>,
    /// For conservative: something but arrivals happened since the last pass.
    may_move: bool,
    /// The head that can never be placed, and why.
    blocked: Option<(usize, BlockReason)>,
    stamp: u32,
    /// What its shares did up to this moment had left the window when the window was changed, and is forgotten.
    forgotten: Option<SimTime>,
}

struct Share {
    queue: usize,
    identifier: String,
}

struct Resource {
    is: ConsumableResource,
    in_use: u64,
}

struct Machine {
    environment: usize,
    instance_type: TypeId,
    launched: SimTime,
    registered: Option<SimTime>,
    /// The count of events when it was asked for.
    asked: u64,
    left: Option<SimTime>,
}

#[derive(Clone)]
struct Job {
    row: usize,
    index: Option<u32>,
    parent: Option<usize>,
    /// For an array parent.
    children: Vec<usize>,
    queue: usize,
    share: Option<usize>,
    /// All nodes together.
    shape: Shape,
    /// What each node asks for and the type it insists on; empty for a job that is not multi-node.
    nodes: Vec<(Shape, Option<String>)>,
    main_node: usize,
    retry: RetryStrategy,
    timeout: Option<Span>,
    priority: u32,
    consumables: Vec<ConsumableAsk>,
    speed: Ratio,
    work: Span,
    /// What is believed of the run of its next attempt.
    estimate: Span,
    /// Jobs that must succeed.
    needs: Vec<usize>,
    /// All of them did.
    satisfied: bool,
    /// Cancelled while PENDING.
    cancelled: Option<StatusReason>,
    status: JobStatus,
    reason: StatusReason,
    exit_code: Option<u8>,
    submitted: SimTime,
    eligible: Option<SimTime>,
    /// Waits for its retry delay.
    resting: bool,
    retried: Option<SimTime>,
    ended: Option<SimTime>,
    attempts: Vec<Attempt>,
    /// Keeps its consumables between attempts.
    holds: bool,
    /// The job that this is a resubmission of; itself otherwise.
    original: usize,
}

#[derive(Clone)]
struct Attempt {
    placed: SimTime,
    started: Option<SimTime>,
    ended: Option<SimTime>,
    machines: Vec<usize>,
    /// When planners believe that it ends.
    expected_end: SimTime,
    /// Machines that left under it. With the main node's it ended.
    lost: Vec<usize>,
    /// Told to stop, for this reason.
    stopping: Option<StatusReason>,
    exit_code: Option<u8>,
    reason: StatusReason,
    container_reason: &'static str,
}

/// How an attempt ends.
#[derive(Clone, Debug)]
struct Ending {
    exit_code: Option<u8>,
    reason: StatusReason,
    container_reason: &'static str,
    may_retry: bool,
}

impl Naive<'_> {
    fn run(&mut self) {
        while !self.is_over()
            && !self.is_stalled()
            && let Some(at) = self.next_moment()
        {
            if at > self.now {
                self.now = at;
                self.round = 0;
                self.moments += 1;
            }
            assert!(
                self.round < 10_000 && self.moments < 250_000,
                "a run without end"
            );
            self.in_facts = true;
            let facts = self.due_facts();
            let has_facts = !facts.is_empty();
            for fact in facts {
                let is_machine = matches!(fact, Fact::Run { .. } | Fact::Register(_));
                if !is_machine {
                    self.lived = self.now;
                }
                if !self.is_over() && self.handle(fact) {
                    self.last = self.now;
                    if !is_machine {
                        self.progress();
                    }
                }
                self.settle();
            }
            self.in_facts = false;
            if has_facts && self.is_stalled() {
                break;
            }
            self.arrivals();
            if self.some_queue_is_due() && self.now == self.next_pass() {
                self.pass();
            }
            if !self.is_over() {
                self.scale_and_leave();
            }
            self.round += 1;
        }
    }

    /// All jobs are terminal and none will come. What operators would do later, nobody waits for.
    fn is_over(&self) -> bool {
        let rows = self.scenario.workload.rows.len();
        let built = self.next_command > 0 || self.scenario.commands.is_empty();
        built
            && self.calls.is_empty()
            && (self.next_row..rows).all(|row| self.is_closed(row))
            && self.jobs.iter().all(|job| job.status.is_terminal())
    }

    /// Nothing runs, nothing arrives, and machines alone have come and gone for thirty days: nothing will come of it.
    fn is_stalled(&self) -> bool {
        let runs = |job: &Job| matches!(job.status, JobStatus::Starting | JobStatus::Running);
        self.now.since(self.lived) > Span::from_s(30 * 24 * 3600)
            && self.calls.is_empty()
            && self.next_command == self.scenario.commands.len()
            && (self.next_row..self.scenario.workload.rows.len()).all(|row| self.is_closed(row))
            && !self.jobs.iter().any(runs)
    }

    /// The next moment at which something is due, or none where nothing is.
    fn next_moment(&self) -> Option<SimTime> {
        let commands = self.scenario.commands.get(self.next_command).map(|c| c.at);
        let rows = &self.scenario.workload.rows;
        let row = (self.next_row..rows.len())
            .find(|&row| !self.is_closed(row))
            .map(|row| rows[row].submit);
        let call = self.calls.iter().map(|call| call.at).min();
        let fact = self.facts.iter().map(|fact| fact.at).min();
        let pass = self.some_queue_is_due().then(|| self.next_pass());
        let leave = self.next_leave();
        [commands, row, call, fact, pass, leave, self.next_scaling()]
            .into_iter()
            .flatten()
            .min()
    }

    fn some_queue_is_due(&self) -> bool {
        self.queues
            .iter()
            .any(|queue| (queue.is_due || queue.bucket.rings) && !queue.deleted)
    }

    fn next_pass(&self) -> SimTime {
        self.now.next_tick(self.span(Knob::DispatchTick))
    }

    /// The facts of this moment and round, in the order in which they were scheduled.
    fn due_facts(&mut self) -> Vec<Fact> {
        let (now, round) = (self.now, self.round);
        let (mut due, later): (Vec<_>, Vec<_>) = self
            .facts
            .drain(..)
            .partition(|fact| is_due(fact, now, round));
        self.facts = later;
        due.sort_by_key(|fact| fact.sequence);
        due.into_iter().map(|fact| fact.what).collect()
    }

    /// Commands in file order, submissions in row order, then what earlier ends caused.
    fn arrivals(&mut self) {
        while !self.is_over()
            && let Some(timed) = self.scenario.commands.get(self.next_command)
            && timed.at <= self.now
        {
            self.next_command += 1;
            self.last = self.now;
            self.lived = self.now;
            self.progress();
            if self.command(&timed.command).is_err() {
                self.rejections += 1;
            }
            self.settle();
        }
        while let Some(row) = self.scenario.workload.rows.get(self.next_row)
            && (self.is_closed(self.next_row) || row.submit <= self.now)
        {
            self.next_row += 1;
            if !self.is_closed(self.next_row - 1) {
                self.last = self.now;
                self.lived = self.now;
                self.progress();
                self.submit_row(self.next_row - 1);
            }
        }
        let (now, round) = (self.now, self.round);
        let (mut due, later): (Vec<_>, Vec<_>) = self
            .calls
            .drain(..)
            .partition(|call| is_due(call, now, round));
        self.calls = later;
        due.sort_by_key(|call| call.sequence);
        for call in due {
            self.last = self.now;
            self.lived = self.now;
            self.progress();
            match call.what {
                Call::Row(row) => self.submit_row(row),
                Call::Again { job, rule } => {
                    if self.submit_again(job, rule).is_err() {
                        self.rejections += 1;
                    }
                    self.settle();
                }
            }
        }
    }

    fn submit_row(&mut self, row: usize) {
        if self.submit(row).is_err() {
            self.rejections += 1;
            self.refused[row] = true;
            self.call_those_after(row);
        }
        self.settle();
    }

    fn is_closed(&self, row: usize) -> bool {
        let workload = &self.scenario.workload;
        workload
            .extra(&workload.rows[row])
            .is_some_and(|extra| !extra.anchors.is_empty())
    }

    fn due<T>(&mut self, at: SimTime, what: T, this_round: bool) -> Due<T> {
        self.sequence += 1;
        let next = if this_round {
            self.round
        } else {
            self.round + 1
        };
        Due {
            at,
            round: if at == self.now { next } else { 0 },
            sequence: self.sequence,
            what,
        }
    }

    fn schedule(&mut self, at: SimTime, fact: Fact) {
        let due = self.due(at, fact, false);
        self.facts.push(due);
    }

    fn call(&mut self, at: SimTime, call: Call) {
        // What a fact causes still belongs to its round; what an arrival or a decision causes comes after the decision.
        let due = self.due(at, call, self.in_facts);
        self.calls.push(due);
    }

    fn span(&self, knob: Knob) -> Span {
        self.scenario.world.settings.span(knob)
    }

    fn flag(&self, knob: Knob) -> bool {
        self.scenario.world.settings.flag(knob)
    }

    fn count(&self, knob: Knob) -> u32 {
        self.scenario.world.settings.count(knob)
    }

    fn ratio(&self, knob: Knob) -> Ratio {
        self.scenario.world.settings.ratio(knob)
    }

    fn word(&self, knob: Knob) -> &str {
        self.scenario.world.settings.word(knob)
    }

    /// SIGTERM to the end: what the application takes, at most half a minute.
    fn grace(&self) -> Span {
        self.span(Knob::ShutdownTime).min(Span::from_s(30))
    }
}

fn is_due<T>(due: &Due<T>, now: SimTime, round: u32) -> bool {
    due.at < now || (due.at == now && due.round <= round)
}
