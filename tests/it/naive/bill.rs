//! The result of a run: jobs, attempts, and the bill of every instance by walking its life from change to change.

use batchcast::model::{Billing, CostCause, CostCauses, Knob};
use batchcast::units::{NO_LIMIT_MIB, SimTime, Span, Usd};

use super::{Attempt, AttemptOutcome, Fault, InstanceOutcome, JobOutcome, Naive, Outcome};

/// A whole machine, in the units of dominant shares.
const WHOLE: u128 = 1 << 32;

/// A machine's clock of money: (moment, reading) at each change on it.
struct Clock(Vec<(SimTime, u128)>);

impl Clock {
    fn at(&self, moment: SimTime) -> u128 {
        let found = self.0.iter().find(|reading| reading.0 == moment);
        found.expect("attempts begin and end at changes").1
    }
}

impl Naive<'_> {
    pub(super) fn outcome(self) -> Outcome {
        let instances: Vec<InstanceOutcome> = (0..self.machines.len())
            .map(|machine| InstanceOutcome {
                instance_type: self.machines[machine].instance_type,
                launched: self.machines[machine].launched,
                registered: self.machines[machine].registered,
                ended: self.billed_to(machine),
                cost: self.bill(machine),
            })
            .collect();
        let clocks: Vec<Clock> = (0..self.machines.len())
            .map(|machine| self.clock(machine))
            .collect();
        let jobs = (self.jobs.iter().enumerate())
            .filter(|(_, job)| job.children.is_empty())
            .map(|(number, job)| JobOutcome {
                job: number,
                row: job.row,
                index: job.index,
                status: job.status,
                reason: job.reason.to_string(),
                exit_code: job.exit_code,
                submitted: job.submitted,
                eligible: job.eligible,
                attempts: (job.attempts.iter())
                    .map(|attempt| self.attempt_outcome(number, attempt, &clocks))
                    .collect(),
                ended: job.ended,
            })
            .collect();
        Outcome {
            jobs,
            total: instances.iter().map(|instance| instance.cost.total()).sum(),
            instances,
            rejections: self.rejections,
            managed_gangs: self.managed_gangs(),
        }
    }

    fn managed_gangs(&self) -> usize {
        let gangs = self.jobs.iter().filter(|job| !job.nodes.is_empty());
        let attempts = gangs.flat_map(|job| &job.attempts);
        let is_managed = |attempt: &&Attempt| {
            let first = &self.machines[attempt.machines[0]];
            attempt.started.is_some() && self.managed(first.environment).is_some()
        };
        attempts.filter(is_managed).count()
    }

    fn attempt_outcome(&self, job: usize, attempt: &Attempt, clocks: &[Clock]) -> AttemptOutcome {
        AttemptOutcome {
            placed: attempt.placed,
            started: attempt.started,
            ended: attempt.ended,
            main: attempt.machines[self.jobs[job].main_node],
            reason: attempt.reason.to_string(),
            exit_code: attempt.exit_code,
            cost: (attempt.machines.iter())
                .map(|&machine| self.cost_on(machine, &clocks[machine], job, attempt).0)
                .sum(),
        }
    }

    /// When the machine left, or the end of the run: when anything happened last. What is idle then would have stayed.
    fn billed_to(&self, number: usize) -> SimTime {
        let machine = &self.machines[number];
        let environment = machine.environment;
        if let Some(left) = machine.left {
            return left;
        }
        let mut committed = self.committed(environment);
        let own = self.idle().into_iter();
        for (at, idle) in own.filter(|idle| self.machines[idle.1].environment == environment) {
            if self.may_leave(idle, committed) && self.flag(Knob::BillsIdleTail) {
                committed -= self.type_of(idle).nominal.vcpus;
                if idle == number {
                    return at.max(self.last);
                }
            }
        }
        self.last
    }

    /// When an attempt ended as far as one of its machines is concerned: a node may be lost before.
    fn ended_on(&self, machine: usize, attempt: &Attempt) -> SimTime {
        let billed_to = self.billed_to(machine);
        attempt.ended.unwrap_or(billed_to).min(billed_to)
    }

    pub(super) fn attempts_on(&self, machine: usize) -> Vec<(usize, &Attempt)> {
        let mut found = Vec::new();
        for (number, job) in self.jobs.iter().enumerate() {
            for attempt in &job.attempts {
                if attempt.machines.contains(&machine) {
                    found.push((number, attempt));
                }
            }
        }
        found
    }

    /// The part of the machine that the job takes, by the resource of which it takes most.
    fn dominant_share(&self, machine: usize, job: usize) -> u128 {
        if !self.jobs[job].nodes.is_empty() {
            return WHOLE;
        }
        let (ask, size) = (self.jobs[job].shape, self.size(self.type_of(machine)));
        let part = |asked: u32, of: u32| match of {
            0 => 0,
            _ => u128::from(asked) * WHOLE / u128::from(of),
        };
        let memory = match size.memory {
            NO_LIMIT_MIB => 0,
            limited => part(ask.memory, limited),
        };
        part(ask.vcpus, size.vcpus)
            .max(memory)
            .max(part(ask.gpus, size.gpus))
    }

    /// The machine's clock of money at each change on it: what an attempt that had it whole would have paid since launch.
    fn clock(&self, machine: usize) -> Clock {
        let attempts = self.attempts_on(machine);
        let mut cuts = vec![self.machines[machine].launched, self.billed_to(machine)];
        for (_, attempt) in &attempts {
            cuts.push(attempt.placed);
            cuts.extend(attempt.started);
            cuts.push(self.ended_on(machine, attempt));
        }
        cuts.retain(|&cut| cut <= self.billed_to(machine));
        cuts.sort();
        cuts.dedup();
        let price = u128::from(self.type_of(machine).price.ticks());
        let mut clock = vec![(cuts[0], 0)];
        for pair in cuts.windows(2) {
            let shares = attempts.iter().filter(|(_, attempt)| {
                attempt.placed <= pair[0] && self.ended_on(machine, attempt) >= pair[1]
            });
            let sum: u128 = shares
                .map(|(job, _)| self.dominant_share(machine, *job))
                .sum();
            let ms = u128::from((pair[1] - pair[0]).ms());
            let before = clock.last().map_or(0, |last| last.1);
            clock.push((pair[1], before + price * ms * WHOLE / sum.max(WHOLE)));
        }
        Clock(clock)
    }

    /// What an attempt cost on one machine: in all, and while it was STARTING.
    fn cost_on(&self, machine: usize, clock: &Clock, job: usize, attempt: &Attempt) -> (Usd, Usd) {
        let share = self.dominant_share(machine, job);
        let ended = self.ended_on(machine, attempt);
        let begun = attempt.started.unwrap_or(ended).min(ended);
        let since_placed = |moment| clock.at(moment) - clock.at(attempt.placed);
        let cost = |clocks: u128| Usd::from_units((share * clocks / WHOLE) as i128);
        (cost(since_placed(ended)), cost(since_placed(begun)))
    }

    fn bill(&self, machine: usize) -> CostCauses {
        let mut causes = CostCauses::default();
        let kind = self.type_of(machine);
        let launched = match self.fault {
            Some(Fault::BootIsFree) => {
                let registered = self.machines[machine].registered;
                registered.unwrap_or(self.machines[machine].launched)
            }
            _ => self.machines[machine].launched,
        };
        let alive = self.billed_to(machine) - launched;
        let billed = match self.environments[self.machines[machine].environment].billing {
            Billing::PerSecond => Span::from_s(alive.seconds_started().max(60)),
            Billing::PerHour => Span::from_s(alive.hours_started().max(1) * 3600),
        };
        causes.add(
            CostCause::Minimum,
            kind.price.over(billed) - kind.price.over(alive),
        );

        let attempts = self.attempts_on(machine);
        let clock = self.clock(machine);
        let mut for_attempts = Usd::ZERO;
        for (job, attempt) in &attempts {
            let (all, starting) = self.cost_on(machine, &clock, *job, attempt);
            let cause = match attempt.exit_code {
                // A lost node is lost alone, a lost main node takes the others with it.
                _ if attempt.lost.contains(&machine)
                    || attempt
                        .lost
                        .contains(&attempt.machines[self.jobs[*job].main_node]) =>
                {
                    CostCause::Interrupted
                }
                _ if attempt.stopping.is_some() => CostCause::Failed,
                Some(0) => CostCause::Useful,
                _ => CostCause::Failed,
            };
            causes.add(CostCause::ImagePull, starting);
            causes.add(cause, all - starting);
            for_attempts += all;
        }
        let mut busy = Span::ZERO;
        let mut reached = launched;
        let mut spans: Vec<(SimTime, SimTime)> = (attempts.iter())
            .map(|(_, attempt)| (attempt.placed, self.ended_on(machine, attempt)))
            .collect();
        spans.sort();
        for (from, until) in spans {
            busy += until.since(from.max(reached));
            reached = reached.max(until);
        }
        causes.add(CostCause::Stranded, kind.price.over(busy) - for_attempts);
        let ready = self.machines[machine].registered;
        let boot = ready
            .unwrap_or(self.billed_to(machine))
            .min(self.billed_to(machine))
            - launched;
        causes.add(CostCause::Boot, kind.price.over(boot));
        causes.add(CostCause::Idle, kind.price.over(alive - boot - busy));
        causes
    }
}
