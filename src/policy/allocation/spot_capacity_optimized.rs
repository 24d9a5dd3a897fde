//! `SPOT_CAPACITY_OPTIMIZED`: from the pools with the most capacity, which are the least likely to be interrupted (User Guide,
//! allocation strategies).

use super::{Allocation, Candidate, Need, best_by};

pub(super) struct SpotCapacityOptimized;

impl Allocation for SpotCapacityOptimized {
    fn choose(&self, candidates: &[Candidate], need: &Need) -> Candidate {
        best_by(candidates, need, |a, b| a.risk.cmp(&b.risk))
    }
}
