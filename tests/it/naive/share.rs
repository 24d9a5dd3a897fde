//! Fair share: whose turn it is, and what is kept free for shares to come.

use batchcast::model::{FairsharePolicy, Knob, rules};
use batchcast::units::{SimTime, Span};

use super::Naive;

impl Naive<'_> {
    fn policy(&self, queue: usize) -> &FairsharePolicy {
        let name = self.queues[queue]
            .is
            .scheduling_policy
            .as_ref()
            .expect("a fair-share queue");
        let policy = self.policies.iter().find(|policy| policy.name == *name);
        &policy.expect("policies in use are not deleted").fairshare
    }

    fn window(&self, queue: usize) -> Span {
        let decay = match self.policy(queue).share_decay {
            Span::ZERO => rules::SHARE_DECAY_OF_ZERO,
            stated => stated,
        };
        match self.word(Knob::ShareWindow) {
            "decay" => decay,
            "max-600" => decay.max(Span::from_s(600)),
            _ => decay + Span::from_s(600),
        }
    }

    /// Before a queue's window changes: what has left it by now will not come back into a longer one.
    pub(super) fn forget(&mut self, queue: usize) {
        if !self.queues[queue].deleted
            && let Some(begin) = self.now.ms().checked_sub(self.window(queue).ms())
        {
            let forgotten = &mut self.queues[queue].forgotten;
            *forgotten = (*forgotten).max(Some(SimTime::from_ms(begin)));
        }
    }

    /// The share whose turn it is, of those that have a waiting job and are not skipped.
    pub(super) fn next_share(&self, queue: usize, skipped: &[usize]) -> Option<usize> {
        let to_front_of_queue = self.word(Knob::RetryToFrontOf) == "queue";
        (0..self.shares.len())
            .filter(|&share| self.shares[share].queue == queue && !skipped.contains(&share))
            .filter(|&share| !self.waiting(queue, Some(share)).is_empty())
            .min_by_key(|&share| {
                let first = self.waiting(queue, Some(share))[0];
                let retried = self.jobs[first].retried.filter(|_| to_front_of_queue);
                let front = retried.map_or((1, 0, 0), |at| (0, u64::MAX - at.ms(), first));
                (front, self.weighted_usage(queue, share), share)
            })
    }

    /// Twice W × the usage of the last W × the weight: whole numbers throughout.
    fn weighted_usage(&self, queue: usize, share: usize) -> u128 {
        let window = self.window(queue).ms();
        let now = self.now.ms();
        let forgotten = self.queues[queue].forgotten;
        let credit = u128::from(self.span(Knob::ShareCredit).ms());
        let mut twice = 0;
        for job in self.jobs.iter().filter(|job| job.share == Some(share)) {
            let vcpus = u128::from(job.shape.vcpus);
            for attempt in &job.attempts {
                let end = attempt.ended.unwrap_or(self.now).ms();
                // The use at age a counts (W - a) / W; integrated from the youngest age to the oldest.
                let placed = attempt.placed.max(forgotten.unwrap_or(SimTime::ZERO));
                let oldest = u128::from(window.min(now - placed.ms()));
                let youngest = u128::from(now - end).min(oldest);
                let whole = 2 * u128::from(window) * (oldest - youngest);
                twice += vcpus * (whole - (oldest * oldest - youngest * youngest));
                if attempt.ended.is_none() {
                    twice += 2 * u128::from(window) * credit * vcpus;
                }
            }
        }
        twice * self.weight(queue, share)
    }

    fn weight(&self, queue: usize, share: usize) -> u128 {
        let identifier = &self.shares[share].identifier;
        for entry in &self.policy(queue).distribution {
            let weight = u128::from(entry.weight.0);
            match entry.identifier.strip_suffix('*') {
                Some(prefix) if identifier.starts_with(prefix) => {
                    let alike = (0..self.shares.len()).filter(|&other| {
                        self.shares[other].queue == queue
                            && self.shares[other].identifier.starts_with(prefix)
                            && self.is_active(other)
                    });
                    return match self.flag(Knob::PrefixWeightTimesN) {
                        true => weight * alike.count() as u128,
                        false => weight,
                    };
                }
                None if entry.identifier == *identifier => return weight,
                _ => {}
            }
        }
        10_000
    }

    /// A share is active while it has a job that is not terminal, and for the window after the last became so, unless that
    /// was forgotten.
    pub(super) fn is_active(&self, share: usize) -> bool {
        let queue = self.shares[share].queue;
        let (window, forgotten) = (self.window(queue), self.queues[queue].forgotten);
        let mut jobs = self
            .jobs
            .iter()
            .filter(|job| job.share == Some(share) && job.children.is_empty());
        jobs.any(|job| {
            job.ended
                .is_none_or(|ended| self.now - ended < window && Some(ended) > forgotten)
        })
    }

    pub(super) fn active_shares(&self, queue: usize) -> usize {
        (0..self.shares.len())
            .filter(|&share| self.shares[share].queue == queue && self.is_active(share))
            .count()
    }

    pub(super) fn reserves(&self, queue: usize) -> bool {
        self.policy(queue).compute_reservation > 0
    }

    /// Whether starting this job would use what is reserved for shares to come.
    pub(super) fn is_over_the_reserve(&self, number: usize) -> bool {
        let queue = self.jobs[number].queue;
        if self.queues[queue].is.scheduling_policy.is_none() {
            return false;
        }
        let stated: Vec<u128> = (self.queues[queue].is.environments.iter())
            .filter_map(|name| self.environment(name))
            .filter_map(|environment| self.environments[environment].unmanaged_vcpus)
            .map(u128::from)
            .collect();
        if stated.is_empty() {
            return false;
        }
        let all: u128 = stated.iter().sum();
        let percent = u128::from(self.policy(queue).compute_reservation);
        if percent == 0 {
            return false;
        }
        let mut reserved = (all, 1u128);
        for _ in 0..self.active_shares(queue) {
            reserved = (reserved.0 * percent, reserved.1 * 100);
        }
        let usable = all - reserved.0 / reserved.1;
        let in_use: u128 = (self.running.iter())
            .filter(|&&job| self.jobs[job].queue == queue)
            .map(|&job| u128::from(self.jobs[job].shape.vcpus))
            .sum();
        in_use + u128::from(self.jobs[number].shape.vcpus) > usable
    }
}
