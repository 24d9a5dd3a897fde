//! `SPOT_CAPACITY_OPTIMIZED_PRIORITIZED`: capacity first, and the order of the list on a best-effort basis (API
//! ComputeResource.allocationStrategy): of the pools of the least class of risk, the first of the list.

use super::{Allocation, Candidate, Need, best_by, risk_class};

pub(super) struct SpotCapacityOptimizedPrioritized;

impl Allocation for SpotCapacityOptimizedPrioritized {
    fn choose(&self, candidates: &[Candidate], need: &Need) -> Candidate {
        best_by(candidates, need, |a, b| {
            risk_class(a)
                .cmp(&risk_class(b))
                .then(a.position.cmp(&b.position))
        })
    }
}
