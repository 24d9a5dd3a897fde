//! Which instance type a managed environment launches (AWS: allocation strategies).

mod best_fit;
mod best_fit_progressive;
mod best_fit_progressive_ordered;
mod spot_capacity_optimized;
mod spot_capacity_optimized_prioritized;
mod spot_price_capacity_optimized;

use std::cmp::Ordering;

use crate::model::AllocationStrategy;
use crate::units::{PoolId, PricePerHour, TypeId};

/// A type that may be launched, or a Spot pool of one: it holds the job, and is not left out for want of capacity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The type; types are numbered in order of name.
    pub instance_type: TypeId,
    /// Its vCPUs.
    pub vcpus: u32,
    /// Its On-Demand price, or what its Spot pool costs now.
    pub price: PricePerHour,
    /// Its Spot pool, if it is one.
    pub pool: PoolId,
    /// Where it, or the family that it comes from, stands in `instanceTypes`.
    pub position: u32,
    /// How likely EC2 seems to take it back: interruptions an hour in millionths; 0 for On-Demand.
    pub risk: u64,
}

/// What a launch is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// vCPUs that the jobs ahead ask for and nothing covers.
    pub demand_vcpus: u64,
    /// vCPUs until maxvCpus.
    pub budget_vcpus: u64,
    /// Whether of types of one price per vCPU the smallest is taken (`sizeBias`).
    pub smallest: bool,
}

/// A strategy: one file each.
pub trait Allocation {
    /// Picks one of `candidates`, of which there is at least one.
    fn choose(&self, candidates: &[Candidate], need: &Need) -> Candidate;

    /// Whether the last On-Demand instance may go over maxvCpus (API ComputeResource.maxvCpus: all but BEST_FIT, by one
    /// instance at most). The last Spot instance may under every strategy.
    fn may_exceed(&self) -> bool {
        true
    }

    /// Whether another type is taken where the chosen one has no capacity (User Guide, allocation strategies: BEST_FIT waits).
    fn falls_back(&self) -> bool {
        true
    }
}

/// A known strategy.
pub struct KnownAllocation {
    /// AWS's name.
    pub name: &'static str,
    /// What the model holds.
    pub strategy: AllocationStrategy,
    /// What it does.
    pub sentence: &'static str,
    /// How it is done.
    pub allocation: &'static (dyn Allocation + Sync),
}

/// Every known strategy, in the order of [`AllocationStrategy`].
pub const ALLOCATIONS: &[KnownAllocation] = &[
    KnownAllocation {
        name: "BEST_FIT",
        strategy: AllocationStrategy::BestFit,
        sentence: "The cheapest instance that holds the job; where it is short, jobs wait. Never over maxvCpus.",
        allocation: &best_fit::BestFit,
    },
    KnownAllocation {
        name: "BEST_FIT_PROGRESSIVE",
        strategy: AllocationStrategy::BestFitProgressive,
        sentence: "The cheapest type per vCPU, then the next; may go over maxvCpus by one instance.",
        allocation: &best_fit_progressive::BestFitProgressive,
    },
    KnownAllocation {
        name: "BEST_FIT_PROGRESSIVE_ORDERED",
        strategy: AllocationStrategy::BestFitProgressiveOrdered,
        sentence: "The first of instanceTypes that holds the job, then the next; On-Demand only.",
        allocation: &best_fit_progressive_ordered::BestFitProgressiveOrdered,
    },
    KnownAllocation {
        name: "SPOT_CAPACITY_OPTIMIZED",
        strategy: AllocationStrategy::SpotCapacityOptimized,
        sentence: "The Spot pool that seems least likely to be interrupted.",
        allocation: &spot_capacity_optimized::SpotCapacityOptimized,
    },
    KnownAllocation {
        name: "SPOT_PRICE_CAPACITY_OPTIMIZED",
        strategy: AllocationStrategy::SpotPriceCapacityOptimized,
        sentence: "Of the Spot pools that seem least likely to be interrupted, the cheapest per vCPU.",
        allocation: &spot_price_capacity_optimized::SpotPriceCapacityOptimized,
    },
    KnownAllocation {
        name: "SPOT_CAPACITY_OPTIMIZED_PRIORITIZED",
        strategy: AllocationStrategy::SpotCapacityOptimizedPrioritized,
        sentence: "Of the Spot pools that seem least likely to be interrupted, the first of instanceTypes.",
        allocation: &spot_capacity_optimized_prioritized::SpotCapacityOptimizedPrioritized,
    },
];

/// The best candidate: by what the strategy goes by, then the cheapest vCPU, then the size that [`Need`] asks for, then by
/// type and pool, so that the answer is one.
fn best_by(
    candidates: &[Candidate],
    need: &Need,
    first: impl Fn(&Candidate, &Candidate) -> Ordering,
) -> Candidate {
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
        first(a, b)
            .then_with(|| per_vcpu(a, b))
            .then_with(|| size(a).cmp(&size(b)))
            .then_with(|| (a.instance_type, a.pool).cmp(&(b.instance_type, b.pool)))
    });
    *best.expect("there is a candidate")
}

/// Compares prices per vCPU without a division.
fn per_vcpu(a: &Candidate, b: &Candidate) -> Ordering {
    let product = |price: &Candidate, other: &Candidate| {
        u128::from(price.price.ticks()) * u128::from(other.vcpus)
    };
    product(a, b).cmp(&product(b, a))
}

/// Risks within a factor of two are of one class. The least is up to 70 in a million hours, which the Spot Instance Advisor
/// calls less than 5 % in a month.
fn risk_class(one: &Candidate) -> u32 {
    (one.risk / 70).checked_ilog2().map_or(0, |power| power + 1)
}

/// How `strategy` is done.
pub fn of(strategy: AllocationStrategy) -> &'static dyn Allocation {
    ALLOCATIONS[strategy as usize].allocation
}

/// The strategy that AWS calls `name`.
pub fn find(name: &str) -> Option<AllocationStrategy> {
    ALLOCATIONS
        .iter()
        .find(|known| known.name == name)
        .map(|known| known.strategy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates() -> Vec<Candidate> {
        // c.large, c.2xlarge, m.xlarge: the first two cost the same per vCPU.
        [(2, "0.085"), (8, "0.34"), (4, "0.192")]
            .iter()
            .enumerate()
            .map(|(index, &(vcpus, price))| Candidate {
                instance_type: TypeId::at(index),
                vcpus,
                price: PricePerHour::parse(price).unwrap(),
                pool: PoolId::NONE,
                position: 2 - index as u32,
                risk: [300, 200, 100][index],
            })
            .collect()
    }

    fn chosen(name: &str, demand: u64, budget: u64, smallest: bool) -> u32 {
        let need = Need {
            demand_vcpus: demand,
            budget_vcpus: budget,
            smallest,
        };
        of(find(name).unwrap()).choose(&candidates(), &need).vcpus
    }

    #[test]
    fn every_strategy_stands_at_its_place() {
        for (index, known) in ALLOCATIONS.iter().enumerate() {
            assert_eq!(known.strategy as usize, index, "{}", known.name);
        }
    }

    #[test]
    fn best_fit_takes_the_cheapest_instance_however_much_waits() {
        for demand in [1, 100] {
            assert_eq!(chosen("BEST_FIT", demand, 100, false), 2);
        }
    }

    #[test]
    fn best_fit_progressive_takes_the_cheapest_vcpu_in_the_size_that_the_demand_fills() {
        for (demand, budget, smallest, vcpus) in [
            (100, 100, false, 8),
            (7, 100, false, 2),
            (100, 7, false, 2),
            (1, 100, false, 2),
            (100, 100, true, 2),
        ] {
            let what = format!("demand {demand}, budget {budget}, smallest {smallest}");
            let found = chosen("BEST_FIT_PROGRESSIVE", demand, budget, smallest);
            assert_eq!(found, vcpus, "{what}");
        }
    }

    #[test]
    fn ordered_takes_the_first_of_the_list_whatever_it_costs() {
        assert_eq!(chosen("BEST_FIT_PROGRESSIVE_ORDERED", 100, 100, false), 4);
    }

    #[test]
    fn capacity_goes_before_price_and_price_before_risk_within_a_class() {
        assert_eq!(chosen("SPOT_CAPACITY_OPTIMIZED", 100, 100, false), 4);
        // 300 and 200 are of one class, 100 of a lower one.
        assert_eq!(chosen("SPOT_PRICE_CAPACITY_OPTIMIZED", 100, 100, false), 4);
        let need = Need {
            demand_vcpus: 100,
            budget_vcpus: 100,
            smallest: false,
        };
        let risky = &candidates()[..2];
        let choose = |name: &str| of(find(name).unwrap()).choose(risky, &need).vcpus;
        assert_eq!(choose("SPOT_CAPACITY_OPTIMIZED"), 8);
        assert_eq!(choose("SPOT_PRICE_CAPACITY_OPTIMIZED"), 8);
        assert_eq!(choose("SPOT_CAPACITY_OPTIMIZED_PRIORITIZED"), 8);
    }
}
