//! The beginning of a run that goes on from a live account: machines that are up, jobs that run on them, shares that have used
//! something. All of it is in place before anything is submitted or decided.

use crate::control::{Attempt, AttemptFacts};
use crate::model::{LiveJob, Observer};
use crate::policy::capacity::Capacity;
use crate::units::{InstanceId, SimTime, Span};

use super::{Event, Phase, Simulation};

impl<O: Observer> Simulation<'_, O> {
    /// Whether all commands of time zero were carried out.
    pub(super) fn has_all_setup(&self) -> bool {
        let next = self.scenario.commands.get(self.next_command);
        next.is_none_or(|timed| timed.at > SimTime::ZERO)
    }

    /// How long the attempt that `facts` are of ran before the run began.
    pub(super) fn ran_before(&self, facts: &AttemptFacts) -> Span {
        let live = &self.scenario.now.running;
        match live.get(facts.row.index()) {
            Some(job) if facts.attempt == 1 && facts.started == SimTime::ZERO => job.ran,
            _ => Span::ZERO,
        }
    }

    /// Puts in place what there is already.
    pub(super) fn go_live(&mut self) {
        let scenario = self.scenario;
        let now = self.now();
        self.is_live = true;
        self.apply_effects();
        let mut groups = Vec::new();
        for entry in &scenario.now.instances {
            let Some(environment) = self.control.environment_called(&entry.environment) else {
                groups.push(0..0);
                continue;
            };
            let (count, age) = (entry.count, entry.age);
            let instances = (self.fleet).adopt(
                now,
                environment,
                entry.instance_type,
                entry.zone,
                count,
                age,
            );
            for instance in instances.clone() {
                self.watch_spot(InstanceId(instance));
            }
            self.tell_committed(environment);
            self.control.machines_changed(now, environment);
            groups.push(instances);
        }
        for share in &scenario.now.shares {
            let (queue, name) = (&share.job_queue, &share.share_identifier);
            self.control.has_used(now, queue, name, share.vcpu_ms);
        }
        self.adopt_jobs(&groups);
        for (entry, instances) in scenario.now.instances.iter().zip(groups) {
            self.fleet.idle_for(now, instances, entry.idle);
        }
        // The rows that run are no arrivals any more.
        self.next_row = scenario.now.running.len();
        self.move_cursor();
        self.apply_effects();
    }

    /// The jobs that run: first those that say where, then the others, the largest first.
    fn adopt_jobs(&mut self, groups: &[std::ops::Range<u32>]) {
        let now = self.now();
        let mut adopted: Vec<(&LiveJob, Attempt)> = Vec::new();
        for job in &self.scenario.now.running {
            match self.control.adopt(now, job.row) {
                Ok(attempt) => adopted.push((job, attempt)),
                Err(refusal) => {
                    (self.control.observer).rejected(now, Some(job.row), &refusal.0);
                    self.clients.row_ended(now, job.row, &mut self.calendar);
                }
            }
        }
        adopted.sort_by_key(|(job, attempt)| {
            let size = self.control.vcpus_of(*attempt);
            (
                job.on.is_none(),
                job.environment.is_none(),
                std::cmp::Reverse(size),
            )
        });
        for (job, adopted) in adopted {
            let only = job.environment.as_deref();
            let only = only.and_then(|name| self.control.environment_called(name));
            let on = job
                .on
                .and_then(|entry| groups[entry as usize].clone().next());
            let fleet = &mut self.fleet;
            let placed = self
                .control
                .goes_on(now, adopted, only, |environment, ask| match on {
                    Some(instance) => fleet.place_on(now, ask, InstanceId(instance)),
                    None => fleet.place(now, environment, ask),
                });
            if let Some(attempt) = placed {
                self.go_on(attempt, job.ran);
            }
        }
    }

    /// An attempt has been RUNNING for `ran`: when and how it ends.
    fn go_on(&mut self, attempt: Attempt, ran: Span) {
        let now = self.now();
        let Some(facts) = self.control.facts(attempt) else {
            return;
        };
        self.digest.mix(now.ms());
        self.digest
            .mix(u64::from(facts.job.0) << 32 | u64::from(facts.placed.instance.0));
        let fate = (self.fates).of(&self.scenario.workload, &facts, &self.streams);
        (self.fleet).runs_already(now, facts.placed.allocation, facts.image);
        let left = Span::from_ms(fate.run.ms().saturating_sub(ran.ms()));
        let event = Event::AttemptEnded {
            attempt,
            kind: fate.kind,
            exit_code: fate.exit_code,
        };
        self.calendar.schedule(now + left, Phase::Fact, event);
    }
}
