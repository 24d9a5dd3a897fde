//! `SPOT_PRICE_CAPACITY_OPTIMIZED`: of the pools that are the least likely to be interrupted, those with the lowest price (User
//! Guide, allocation strategies). How AWS weighs the two it does not say: here pools are alike in risk where it lies within a
//! factor of two, and of the least class the cheapest vCPU is taken.

use super::{Allocation, Candidate, Need, best_by, risk_class};

pub(super) struct SpotPriceCapacityOptimized;

impl Allocation for SpotPriceCapacityOptimized {
    fn choose(&self, candidates: &[Candidate], need: &Need) -> Candidate {
        best_by(candidates, need, |a, b| risk_class(a).cmp(&risk_class(b)))
    }
}
