//! Fewest vCPUs first, by submission where equal.

use super::{JobOrder, JobView, KnownOrder, Rank};

pub(super) const KNOWN: KnownOrder = KnownOrder {
    name: "smallest",
    sentence: "Fewest vCPUs first, then first submitted.",
    make: || Box::new(SmallestFirst),
};

struct SmallestFirst;

impl JobOrder for SmallestFirst {
    fn ranks(&mut self, jobs: &[JobView], ranks: &mut [Rank]) {
        for (rank, job) in ranks.iter_mut().zip(jobs) {
            *rank = u64::from(job.shape.vcpus);
        }
    }
}
