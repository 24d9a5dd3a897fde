//! Shortest estimate first, by submission where equal.

use super::{JobOrder, JobView, KnownOrder, Rank};

pub(super) const KNOWN: KnownOrder = KnownOrder {
    name: "sjf",
    sentence: "Shortest estimate first, then first submitted.",
    make: || Box::new(ShortestFirst),
};

struct ShortestFirst;

impl JobOrder for ShortestFirst {
    fn ranks(&mut self, jobs: &[JobView], ranks: &mut [Rank]) {
        for (rank, job) in ranks.iter_mut().zip(jobs) {
            *rank = job.estimate.ms();
        }
    }
}
