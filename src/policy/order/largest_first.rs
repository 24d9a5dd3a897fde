//! Most vCPUs first, by submission where equal.

use super::{JobOrder, JobView, KnownOrder, Rank};

pub(super) const KNOWN: KnownOrder = KnownOrder {
    name: "largest",
    sentence: "Most vCPUs first, then first submitted.",
    make: || Box::new(LargestFirst),
};

struct LargestFirst;

impl JobOrder for LargestFirst {
    fn ranks(&mut self, jobs: &[JobView], ranks: &mut [Rank]) {
        for (rank, job) in ranks.iter_mut().zip(jobs) {
            *rank = u64::from(u32::MAX - job.shape.vcpus);
        }
    }
}
