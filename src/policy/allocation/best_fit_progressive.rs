//! `BEST_FIT_PROGRESSIVE`: the cheapest type per vCPU; AWS does not say which size, so [`Need::smallest`] does.

use std::cmp::Ordering;

use super::{Allocation, Candidate, Need};

pub(super) struct BestFitProgressive;

impl Allocation for BestFitProgressive {
    fn choose(&self, candidates: &[Candidate], need: &Need) -> Candidate {
        let filled = need.demand_vcpus.min(need.budget_vcpus);
        // The lower, the better: whether it is more than what is wanted, then how far from it.
        let size = |one: &Candidate| {
            let vcpus = u64::from(one.vcpus);
            if need.smallest || vcpus > filled {
                (!need.smallest, vcpus)
            } else {
                (false, u64::MAX - vcpus)
            }
        };
        let best = candidates.iter().min_by(|a, b| {
            per_vcpu(a, b)
                .then_with(|| size(a).cmp(&size(b)))
                .then_with(|| a.instance_type.cmp(&b.instance_type))
        });
        *best.expect("there is a candidate")
    }

    fn may_exceed(&self) -> bool {
        true
    }

    fn falls_back(&self) -> bool {
        true
    }
}

/// Compares prices per vCPU without a division.
fn per_vcpu(a: &Candidate, b: &Candidate) -> Ordering {
    let product = |price: &Candidate, other: &Candidate| {
        u128::from(price.price.ticks()) * u128::from(other.vcpus)
    };
    product(a, b).cmp(&product(b, a))
}
