//! `BEST_FIT`: AWS's first strategy, and still the default where none is given.

use super::{Allocation, Candidate, Need};

pub(super) struct BestFit;

impl Allocation for BestFit {
    fn choose(&self, candidates: &[Candidate], _need: &Need) -> Candidate {
        let cheapest = candidates
            .iter()
            .min_by_key(|one| (one.price, one.vcpus, one.instance_type));
        *cheapest.expect("there is a candidate")
    }

    fn may_exceed(&self) -> bool {
        false
    }

    fn falls_back(&self) -> bool {
        false
    }
}
