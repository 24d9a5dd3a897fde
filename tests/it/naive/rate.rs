//! The ceiling on how fast a queue dispatches: tokens counted in thousandths of a millionth.

use batchcast::model::Knob;
use batchcast::units::{SimTime, Span};

use super::scaling::TOKEN;
use super::{Fact, Naive};

/// The tokens of a queue.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bucket {
    /// What it is short of a full bucket, and as of when.
    short: u128,
    at: SimTime,
    /// When there will be the tokens that its last pass lacked.
    pub(super) wakes: Option<SimTime>,
    /// That moment has come.
    pub(super) rings: bool,
    /// A job of this pass for which there were too few: nothing more starts in it.
    lacks: Option<usize>,
}

impl Naive<'_> {
    /// Whether a pass over a queue begins: it is due, or the tokens are there that the last one lacked.
    pub(super) fn begins_pass(&mut self, queue: usize) -> bool {
        let bucket = &mut self.queues[queue].bucket;
        let rings = std::mem::take(&mut bucket.rings);
        if !std::mem::take(&mut self.queues[queue].is_due) && !rings {
            return false;
        }
        let bucket = &mut self.queues[queue].bucket;
        (bucket.wakes, bucket.lacks) = (None, None);
        self.wants_scaling |= rings && self.names_managed(queue);
        true
    }

    /// After a pass: when the job that lacked tokens, or else the head, has them, there is another.
    pub(super) fn ends_pass(&mut self, queue: usize, head: Option<usize>) {
        let bucket = &mut self.queues[queue].bucket;
        if let Some(job) = bucket.lacks.take().or(head)
            && let at = self.has_tokens_at(job)
            && at > self.now
        {
            self.queues[queue].bucket.wakes = Some(at);
            self.schedule(at, Fact::Token(queue));
        }
    }

    fn refill(&self) -> u128 {
        u128::from(self.ratio(Knob::DispatchRate).parts())
    }

    fn tokens_for(&self, job: usize) -> u64 {
        self.jobs[job].nodes.len().max(1) as u64
    }

    /// When the queue of the job has the tokens that it takes, or is full where that is fewer.
    pub(super) fn has_tokens_at(&self, job: usize) -> SimTime {
        let refill = self.refill();
        if refill == 0 {
            return self.now;
        }
        let burst = u64::from(self.count(Knob::DispatchBurst).max(1));
        let bucket = &self.queues[self.jobs[job].queue].bucket;
        let came = u128::from((self.now - bucket.at).ms()) * refill;
        let short = bucket.short.saturating_sub(came);
        let may_be_short = u128::from(burst.saturating_sub(self.tokens_for(job))) * TOKEN;
        let ms = short.saturating_sub(may_be_short).div_ceil(refill);
        self.now + Span::from_ms(u64::try_from(ms).expect("small numbers"))
    }

    /// Whether there are the tokens for a job that is tried. If not, nothing more starts in this pass.
    pub(super) fn takes_tokens(&mut self, job: usize) -> bool {
        let queue = self.jobs[job].queue;
        let (is_over, at) = (
            self.queues[queue].bucket.lacks.is_some(),
            self.has_tokens_at(job),
        );
        if !is_over && at > self.now {
            self.queues[queue].bucket.lacks = Some(job);
        }
        !is_over && at == self.now
    }

    /// The job started.
    pub(super) fn use_tokens(&mut self, job: usize) {
        let (refill, now) = (self.refill(), self.now);
        let tokens = u128::from(self.tokens_for(job));
        let queue = self.jobs[job].queue;
        let bucket = &mut self.queues[queue].bucket;
        let came = u128::from((now - bucket.at).ms()) * refill;
        bucket.short = bucket.short.saturating_sub(came) + tokens * TOKEN;
        bucket.at = now;
    }
}
