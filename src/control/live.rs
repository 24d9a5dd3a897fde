//! What is there already when a run begins: jobs that run, and what shares have used.

use crate::model::{JobStatus, Observer, Rejection};
use crate::policy::capacity::{Ask, Placed};
use crate::units::{EnvId, RowId, SimTime};

use super::{Attempt, Control};

impl<O: Observer> Control<'_, O> {
    /// The environment called `name`, if there is one.
    pub fn environment_called(&self, name: &str) -> Option<EnvId> {
        self.registry.environment(name)
    }

    /// Takes in a row that runs already; it waits until [`Control::goes_on`] says where.
    ///
    /// # Errors
    /// AWS's refusal. Nothing has changed then.
    pub fn adopt(&mut self, now: SimTime, row: RowId) -> Result<Attempt, Rejection> {
        let source = self.workload.row(row);
        let contract = self.contract(source.template)?;
        let shape = self.shape_of(source, contract)?;
        self.admit(now, contract)?;
        let slot = self.new_job(now, row, None, 0, contract, shape);
        self.observer.submitted(now, row, 1);
        self.job_of_row[row.index()] = self.jobs[slot].id;
        Ok(Attempt {
            slot,
            generation: self.jobs[slot].generation,
        })
    }

    /// How many vCPUs an attempt asks for.
    pub fn vcpus_of(&self, attempt: Attempt) -> u32 {
        self.jobs[attempt.slot].shape.vcpus
    }

    /// A row that was adopted is RUNNING where `place` puts it: outside of all order, and without a container's start. Where there is
    /// no room for it, it waits in its queue like any other. Says what its attempt is.
    pub fn goes_on(
        &mut self,
        now: SimTime,
        adopted: Attempt,
        only: Option<EnvId>,
        mut place: impl FnMut(EnvId, &Ask<'_>) -> Option<Placed>,
    ) -> Option<Attempt> {
        let slot = adopted.slot;
        let job = &self.jobs[slot];
        let (queue, contract, lane, shape) = (job.queue, job.contract, job.lane, job.shape);
        let ask = Ask {
            job: job.id,
            shape,
            gang: self.contracts[contract as usize].gang.as_ref(),
            expected_end: now + job.estimate,
            task: None,
        };
        let all = &self.queues[queue.index()].environments;
        let mut tried = all
            .iter()
            .filter(|&&one| only.is_none_or(|only| only == one));
        let Some(placed) = tried.find_map(|&environment| place(environment, &ask)) else {
            self.satisfied(now, slot);
            self.settle(now);
            return None;
        };
        let job = &mut self.jobs[slot];
        job.status = JobStatus::Running;
        job.released = now;
        job.eligible = now;
        job.placed = Some(placed);
        job.placed_at = now;
        job.started = now;
        job.attempts = 1;
        job.generation += 1;
        job.holds_consumables = true;
        let attempt = Attempt {
            slot,
            generation: job.generation,
        };
        self.counts.pending -= 1;
        self.counts.running += 1;
        self.lock_consumables(contract, false);
        self.queues[queue.index()].use_vcpus(now, lane, i64::from(shape.vcpus));
        Some(attempt)
    }

    /// A share has used so many vCPU-milliseconds, as they count at `now`.
    pub fn has_used(&mut self, now: SimTime, queue: &str, share: &str, vcpu_ms: u64) {
        let Some(queue) = self.queue(queue) else {
            return;
        };
        if vcpu_ms > 0 && self.queues[queue.index()].fair.is_some() {
            let lane = self.lane(queue, share);
            self.queues[queue.index()].has_used(now, lane, vcpu_ms);
        }
    }
}
