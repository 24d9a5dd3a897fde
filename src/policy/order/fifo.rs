//! First submitted, first considered: AWS Batch's own order (API FrontOfQueueDetail).

use super::{JobOrder, JobView, KnownOrder, Rank};

pub(super) const KNOWN: KnownOrder = KnownOrder {
    name: "fifo",
    sentence: "First submitted, first considered: AWS Batch's own.",
    make: || Box::new(Fifo),
};

struct Fifo;

impl JobOrder for Fifo {
    fn ranks(&mut self, _: &[JobView], ranks: &mut [Rank]) {
        ranks.fill(0);
    }
}
