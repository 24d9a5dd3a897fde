//! `BEST_FIT_PROGRESSIVE`: the cheapest type per vCPU; AWS does not say which size, so [`Need::smallest`] does.

use std::cmp::Ordering;

use super::{Allocation, Candidate, Need, best_by};

pub(super) struct BestFitProgressive;

impl Allocation for BestFitProgressive {
    fn choose(&self, candidates: &[Candidate], need: &Need) -> Candidate {
        best_by(candidates, need, |_, _| Ordering::Equal)
    }
}
