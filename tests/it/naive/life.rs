//! What becomes of jobs and machines: ready, placed, running, ended, tried again, failed for others.

use batchcast::model::{ExitAction, Fate, FateKind, JobStatus, Knob, RuleEvent, StatusReason};
use batchcast::units::{Ratio, SimTime, Span, TypeId};

use super::{Attempt, Call, Ending, Fact, Fault, Machine, Naive};

const OUT_OF_MEMORY: &str = "OutOfMemoryError: Container killed due to memory usage";

impl Naive<'_> {
    /// Something happens by itself; says whether it still meant anything.
    pub(super) fn handle(&mut self, fact: Fact) -> bool {
        match fact {
            Fact::Join {
                environment,
                instance_type,
                leave,
            } => self.join(environment, instance_type, leave),
            Fact::Leave(machine) => {
                if self.machines[machine].left.is_some() {
                    return false;
                }
                self.leave(machine);
            }
            Fact::Run {
                environment,
                instance_type,
                asked,
            } => self.run_instance(environment, instance_type, asked),
            Fact::Register(machine) => return self.register(machine),
            Fact::Begin(job, attempt) => {
                if !self.is_open(job, attempt) {
                    return false;
                }
                self.begin(job);
            }
            Fact::End(job, attempt, ending) => {
                if !self.is_open(job, attempt) {
                    return false;
                }
                self.end_attempt(job, ending);
            }
            Fact::Ready(job) => {
                if self.jobs[job].status.is_terminal() {
                    return false;
                }
                self.ready(job);
            }
            Fact::AgainReady(job) => {
                if self.jobs[job].status.is_terminal() {
                    return false;
                }
                self.jobs[job].resting = false;
                self.queues[self.jobs[job].queue].is_due = true;
                self.waits_anew(job);
            }
            Fact::Declare { queue, stamp } => return self.declare(queue, stamp),
            Fact::Limit { queue, stamp } => {
                let blocked = self.queues[queue].blocked;
                let Some((job, reason)) = blocked.filter(|_| self.queues[queue].stamp == stamp)
                else {
                    return false;
                };
                if self.jobs[job].status != JobStatus::Runnable {
                    return false;
                }
                self.finish(job, JobStatus::Failed, StatusReason::TimeLimit(reason));
            }
            Fact::Planned(queue) => {
                let now = self.now;
                let queue = &mut self.queues[queue];
                queue.is_due |= queue.wakes == Some(now);
                // What counts is the pass, if one is made.
                return false;
            }
            Fact::Token(queue) => {
                let now = self.now;
                let bucket = &mut self.queues[queue].bucket;
                bucket.rings |= bucket.wakes == Some(now);
                return false;
            }
        }
        true
    }

    fn is_open(&self, job: usize, attempt: usize) -> bool {
        self.jobs[job].attempts[attempt].ended.is_none()
    }

    pub(super) fn join(
        &mut self,
        environment: usize,
        instance_type: TypeId,
        leave: Option<(SimTime, u64)>,
    ) {
        let number = self.machines.len();
        self.machines.push(Machine {
            environment,
            instance_type,
            launched: self.now,
            registered: Some(self.now),
            asked: 0,
            left: None,
        });
        if let Some((at, sequence)) = leave {
            self.schedule(at.max(self.now), Fact::Leave(number));
            self.facts.last_mut().expect("just scheduled").sequence = sequence;
        }
        self.environment_changed(environment);
    }

    pub(super) fn leave(&mut self, machine: usize) {
        if self.machines[machine].left.is_some() {
            return;
        }
        self.machines[machine].left = Some(self.now);
        let environment = self.machines[machine].environment;
        self.environment_changed(environment);
        let kind = self.machines[machine].instance_type;
        self.wants_scaling |=
            self.managed(environment).is_some() || self.available.iter().any(|one| one.0 == kind);
        let mut running = self.running.clone();
        running.sort();
        for job in running {
            let main_node = self.jobs[job].main_node;
            let attempt = self.jobs[job].attempts.last_mut().expect("it runs");
            if attempt.machines.contains(&machine) {
                attempt.lost.push(machine);
            }
            // A multi-node job ends with its main node only.
            if attempt.machines[main_node] == machine {
                let ending = Ending {
                    exit_code: None,
                    reason: StatusReason::HostTerminated(batchcast::units::InstanceId::at(machine)),
                    container_reason: "",
                    may_retry: true,
                };
                self.end_attempt(job, ending);
                self.settle();
            }
        }
    }

    /// What an environment offers changed: its queues are due.
    pub(super) fn environment_changed(&mut self, environment: usize) {
        let name = &self.environments[environment].is.name;
        for queue in &mut self.queues {
            if queue.is.environments.contains(name) {
                queue.is_due = true;
                queue.may_move = true;
            }
        }
    }

    pub(super) fn all_queues_due(&mut self) {
        for queue in &mut self.queues {
            queue.is_due = true;
            queue.may_move = true;
        }
    }

    /// All that the job waited for succeeded.
    pub(super) fn satisfied(&mut self, job: usize) {
        self.jobs[job].satisfied = true;
        if let Some(text) = self.jobs[job].cancelled.clone() {
            self.finish(job, JobStatus::Failed, text);
            return;
        }
        let at = self.now.next_tick(self.span(Knob::DependencyTick));
        if at == self.now {
            self.ready(job);
        } else {
            self.schedule(at, Fact::Ready(job));
        }
    }

    fn ready(&mut self, job: usize) {
        self.jobs[job].status = JobStatus::Runnable;
        self.jobs[job].eligible = Some(self.now);
        let queue = self.jobs[job].queue;
        if !self.stops_before(queue, job) {
            self.queues[queue].is_due = true;
        }
        self.waits_anew(job);
    }

    /// A job came to wait: whoever scales for its queue should know.
    fn waits_anew(&mut self, job: usize) {
        self.wants_scaling |= self.names_managed(self.jobs[job].queue);
    }

    /// Places the job on `machines`.
    pub(super) fn place(&mut self, job: usize, machines: Vec<usize>) {
        self.progress();
        let environment = self.machines[machines[0]].environment;
        self.wants_scaling |= self.managed(environment).is_some();
        for ask in self.jobs[job].consumables.clone() {
            let number = self.resource(&ask.resource).expect("it was available");
            let resource = &mut self.resources[number];
            if !resource.is.replenishable {
                resource.is.total -= ask.quantity;
            } else if !self.jobs[job].holds {
                resource.in_use += ask.quantity;
            }
        }
        let number = self.jobs[job].attempts.len();
        let starting = self.span(Knob::ContainerStart);
        let fate = self.fate(job, number);
        let expected_end = self.now + starting + self.jobs[job].estimate;
        self.jobs[job].status = JobStatus::Starting;
        self.jobs[job].attempts.push(Attempt {
            placed: self.now,
            started: None,
            ended: None,
            machines,
            expected_end,
            lost: Vec::new(),
            stopping: None,
            exit_code: None,
            reason: StatusReason::None,
            container_reason: "",
        });
        self.running.push(job);
        if fate.is_some_and(|fate| fate.kind == FateKind::FailedToStart) {
            let ending = Ending {
                exit_code: None,
                reason: StatusReason::TaskFailedToStart,
                container_reason: "",
                may_retry: true,
            };
            self.schedule(self.now + starting, Fact::End(job, number, ending));
            return;
        }
        if starting.is_zero() {
            self.begin(job);
        } else {
            self.schedule(self.now + starting, Fact::Begin(job, number));
        }
        let (runs, ending) = self.foresee(job, number);
        self.schedule(self.now + starting + runs, Fact::End(job, number, ending));
    }

    /// The container runs.
    fn begin(&mut self, job: usize) {
        let number = self.jobs[job].attempts.len() - 1;
        self.jobs[job].status = JobStatus::Running;
        self.jobs[job].attempts[number].started = Some(self.now);
    }

    /// What is stated of the attempts of a row, or of a child of its.
    pub(super) fn fates(&self, row: usize, index: Option<u32>) -> &[Fate] {
        let workload = &self.scenario.workload;
        let Some(extra) = workload.extra(&workload.rows[row]) else {
            return &[];
        };
        let own = extra.child_fates.start as usize..extra.child_fates.end as usize;
        let range = match (index, &workload.child_fates[own]) {
            (Some(index), own) if !own.is_empty() => own[index as usize].clone(),
            _ => extra.fates.clone(),
        };
        &workload.fates[range.start as usize..range.end as usize]
    }

    fn fate(&self, job: usize, attempt: usize) -> Option<Fate> {
        let job = &self.jobs[job];
        let fates = self.fates(job.row, job.index);
        fates.get(attempt).or(fates.last()).copied()
    }

    /// How long attempt number `attempt` (from 0) is RUNNING and how it ends, left to itself.
    fn foresee(&self, number: usize, attempt: usize) -> (Span, Ending) {
        let job = &self.jobs[number];
        let speed = self.type_of(job.attempts[attempt].machines[0]).speed;
        let workload = &self.scenario.workload;
        let fate = self.fate(number, attempt).unwrap_or(Fate {
            exit_code: 0,
            run: job.work,
            kind: FateKind::Exit,
        });
        let mut runs = scaled(fate.run, speed, job.speed);
        let mut exit_code = fate.exit_code;
        let mut container_reason = "";
        if fate.kind == FateKind::OutOfMemory {
            (exit_code, container_reason) = (137, OUT_OF_MEMORY);
        }
        let peak = workload
            .extra(&workload.rows[job.row])
            .map_or(0, |extra| extra.peak_memory);
        if job.shape.memory > 0 && peak > job.shape.memory {
            runs = self
                .scenario
                .world
                .settings
                .ratio(Knob::OutOfMemoryAt)
                .of(runs);
            (exit_code, container_reason) = (137, OUT_OF_MEMORY);
        }
        let exits = Ending {
            exit_code: Some(exit_code),
            reason: StatusReason::EssentialContainerExited,
            container_reason,
            may_retry: true,
        };
        let killed = Ending {
            exit_code: Some(137),
            reason: StatusReason::TimedOut,
            container_reason: "",
            may_retry: false,
        };
        let mut way = (runs, exits);
        if let Some(timeout) = job.timeout {
            let mut limit = timeout + self.span(Knob::TimeoutLag);
            if self.fault == Some(Fault::TimeoutFromPlacement) {
                let starting = self.span(Knob::ContainerStart);
                limit = Span::from_ms(limit.ms().saturating_sub(starting.ms()));
            }
            if runs > limit {
                way = (limit + self.grace(), killed.clone());
            }
        }
        let stated = workload.rows[job.row].estimate;
        if self.flag(Knob::KillAtEstimate) && !stated.is_zero() && way.0 > stated {
            way = (stated, killed);
        }
        way
    }

    /// Tells a job with a container (or one on the way) to stop. It may end by itself before it must.
    pub(super) fn stop(&mut self, job: usize, reason: StatusReason) {
        let number = self.jobs[job].attempts.len() - 1;
        if self.jobs[job].attempts[number].stopping.is_some() {
            return;
        }
        self.jobs[job].attempts[number].stopping = Some(reason.clone());
        let ending = Ending {
            exit_code: Some(137),
            reason,
            container_reason: "",
            may_retry: false,
        };
        self.schedule(self.now + self.grace(), Fact::End(job, number, ending));
    }

    fn end_attempt(&mut self, job: usize, mut ending: Ending) {
        let number = self.jobs[job].attempts.len() - 1;
        self.running.retain(|&other| other != job);
        let attempt = &mut self.jobs[job].attempts[number];
        let stopped = attempt.stopping.is_some();
        if let Some(reason) = &attempt.stopping {
            ending = Ending {
                exit_code: ending.exit_code.or(Some(137)),
                reason: reason.clone(),
                container_reason: "",
                may_retry: false,
            };
        }
        attempt.ended = Some(self.now);
        attempt.exit_code = ending.exit_code;
        attempt.reason = ending.reason.clone();
        attempt.container_reason = ending.container_reason;
        let succeeded = ending.exit_code == Some(0) && !stopped;
        let environment = self.machines[attempt.machines[0]].environment;
        self.environment_changed(environment);
        self.wants_scaling |= self.managed(environment).is_some();
        let again = !succeeded
            && ending.may_retry
            && self.jobs[job].attempts.len() < usize::from(self.jobs[job].retry.attempts)
            && self.is_worth_a_retry(job, &ending);
        self.jobs[job].holds = again && self.flag(Knob::ConsumablesHeldOverRetry);
        if !self.jobs[job].holds {
            self.give_back(job);
        }
        self.jobs[job].exit_code = ending.exit_code;
        if !again {
            let status = match succeeded {
                true => JobStatus::Succeeded,
                false => JobStatus::Failed,
            };
            self.finish(job, status, ending.reason);
            return;
        }
        let attempts = self.jobs[job].attempts.len();
        self.jobs[job].status = JobStatus::Runnable;
        self.jobs[job].estimate = self.estimate(&self.jobs[job], attempts);
        if self.fault != Some(Fault::RetriesToTheBack) {
            self.jobs[job].retried = Some(self.now + self.retry_delay());
        }
        if self.retry_delay().is_zero() {
            self.queues[self.jobs[job].queue].is_due = true;
            self.waits_anew(job);
        } else {
            self.jobs[job].resting = true;
            self.schedule(self.now + self.retry_delay(), Fact::AgainReady(job));
        }
    }

    /// What an attempt (or a held-over job) locked and will not use up.
    fn give_back(&mut self, job: usize) {
        for ask in self.jobs[job].consumables.clone() {
            if let Some(number) = self.resource(&ask.resource)
                && self.resources[number].is.replenishable
            {
                self.resources[number].in_use -= ask.quantity;
            }
            self.all_queues_due();
        }
    }

    /// `evaluateOnExit`: the first entry whose patterns all match decides; without a match, RETRY.
    fn is_worth_a_retry(&self, job: usize, ending: &Ending) -> bool {
        let absent_matches = self.flag(Knob::AbsentReasonMatches);
        let code = ending
            .exit_code
            .map_or(String::new(), |code| code.to_string());
        let reason = ending.reason.to_string();
        for entry in &self.jobs[job].retry.evaluate_on_exit {
            let pairs = [
                (&entry.on_status_reason, reason.as_str()),
                (&entry.on_reason, ending.container_reason),
                (&entry.on_exit_code, code.as_str()),
            ];
            let all = pairs.iter().all(|(pattern, text)| match pattern {
                None => true,
                Some(_) if text.is_empty() && !absent_matches => false,
                Some(pattern) => pattern.matches(text),
            });
            if all {
                return entry.action == ExitAction::Retry;
            }
        }
        true
    }

    /// The job becomes terminal; those that needed it hear of it when all that happens at once has happened.
    pub(super) fn finish(&mut self, job: usize, status: JobStatus, reason: StatusReason) {
        if self.jobs[job].holds {
            self.jobs[job].holds = false;
            self.give_back(job);
        }
        if self.jobs[job].status == JobStatus::Runnable {
            let queue = &mut self.queues[self.jobs[job].queue];
            queue.is_due = true;
            queue.may_move = true;
        }
        self.conclude(job, status, reason);
        self.after_end(job);
        self.ended.push(job);
        // A parent ends with its last child.
        if let Some(parent) = self.jobs[job].parent
            && self.is_complete(parent)
        {
            self.conclude_parent(parent);
            self.after_end(parent);
            self.ended.push(parent);
        }
    }

    /// Those that needed what ended fail or wait for one thing less: breadth first, of each end in order of job.
    pub(super) fn settle(&mut self) {
        while !self.ended.is_empty() {
            let ended = self.ended.remove(0);
            for waiting in 0..self.jobs.len() {
                let job = &self.jobs[waiting];
                let failed = |&on: &usize| self.jobs[on].status == JobStatus::Failed;
                let succeeded = |&on: &usize| self.jobs[on].status == JobStatus::Succeeded;
                if job.status.is_terminal() || !job.needs.contains(&ended) {
                    continue;
                } else if failed(&ended) {
                    self.finish(waiting, JobStatus::Failed, StatusReason::DependentJobFailed);
                } else if !job.satisfied && job.needs.iter().all(succeeded) {
                    self.satisfied(waiting);
                }
            }
        }
    }

    fn is_complete(&self, parent: usize) -> bool {
        let parent = &self.jobs[parent];
        let mut children = parent.children.iter();
        !parent.status.is_terminal() && children.all(|&c| self.jobs[c].status.is_terminal())
    }

    fn conclude_parent(&mut self, parent: usize) {
        let failed = |&c: &usize| self.jobs[c].status == JobStatus::Failed;
        if self.jobs[parent].children.iter().any(failed) {
            self.conclude(parent, JobStatus::Failed, StatusReason::ArrayChildFailed);
        } else {
            self.conclude(parent, JobStatus::Succeeded, StatusReason::None);
        }
    }

    fn conclude(&mut self, job: usize, status: JobStatus, reason: StatusReason) {
        self.jobs[job].status = status;
        self.jobs[job].reason = reason;
        self.jobs[job].ended = Some(self.now);
    }

    /// What clients do about an end.
    fn after_end(&mut self, ended: usize) {
        if self.jobs[ended].children.is_empty() {
            self.apply_rules(ended);
        }
        let row = self.jobs[ended].row;
        if self.job_of_row[row] == Some(ended) {
            self.call_those_after(row);
        }
    }

    /// The first rule that matches and is not used up submits the job again.
    fn apply_rules(&mut self, ended: usize) {
        let job = &self.jobs[ended];
        let event = match job.status {
            JobStatus::Succeeded => RuleEvent::JobSucceeded,
            _ => RuleEvent::JobFailed,
        };
        let code = job.exit_code.map_or(String::new(), |code| code.to_string());
        let (reason, queue) = (job.reason.to_string(), &self.queues[job.queue].is.name);
        let times = self
            .resubmissions
            .iter()
            .filter(|&&original| original == job.original)
            .count();
        let original = job.original;
        let found = self.scenario.rules.iter().position(|rule| {
            rule.on == event
                && rule.job_queue.as_ref().is_none_or(|name| name == queue)
                && rule
                    .exit_code
                    .as_ref()
                    .is_none_or(|pattern| pattern.matches(&code))
                && rule
                    .status_reason
                    .as_ref()
                    .is_none_or(|pattern| pattern.matches(&reason))
                && times < rule.max_times as usize
        });
        if let Some(rule) = found {
            self.resubmissions.push(original);
            let at = self.now + self.scenario.rules[rule].action.after;
            self.call(at, Call::Again { job: ended, rule });
        }
    }

    /// The row ended, or was refused: rows of the closed loop that wait for nothing more are called.
    pub(super) fn call_those_after(&mut self, row: usize) {
        let workload = &self.scenario.workload;
        for other in 0..workload.rows.len() {
            let Some(extra) = workload.extra(&workload.rows[other]) else {
                continue;
            };
            let anchors =
                &workload.anchors[extra.anchors.start as usize..extra.anchors.end as usize];
            let over = |row: usize| {
                self.refused[row]
                    || self.job_of_row[row].is_some_and(|job| self.jobs[job].status.is_terminal())
            };
            if !self.called[other]
                && anchors.iter().any(|anchor| anchor.after.index() == row)
                && anchors.iter().all(|anchor| over(anchor.after.index()))
            {
                self.called[other] = true;
                let at = self.now.next_tick(extra.poll) + extra.think;
                self.call(at, Call::Row(other));
            }
        }
    }
}

/// Work at the speed of machine and code together, rounded up once.
pub(super) fn scaled(work: Span, machine: Ratio, code: Ratio) -> Span {
    let parts = u128::from(machine.parts()) * u128::from(code.parts());
    let ms = u128::from(work.ms()) * u128::from(Ratio::PARTS) * u128::from(Ratio::PARTS);
    Span::from_ms(u64::try_from(ms.div_ceil(parts)).expect("small numbers"))
}
