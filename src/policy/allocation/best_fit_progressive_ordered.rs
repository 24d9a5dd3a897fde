//! `BEST_FIT_PROGRESSIVE_ORDERED`: the first of the list that is big enough; a family counts as one entry, within which the
//! cheapest per vCPU goes first (API ComputeResource.allocationStrategy). On-Demand only.

use super::{Allocation, Candidate, Need, best_by};

pub(super) struct BestFitProgressiveOrdered;

impl Allocation for BestFitProgressiveOrdered {
    fn choose(&self, candidates: &[Candidate], need: &Need) -> Candidate {
        best_by(candidates, need, |a, b| a.position.cmp(&b.position))
    }
}
