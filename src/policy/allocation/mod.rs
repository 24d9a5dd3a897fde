//! Which instance type a managed environment launches (AWS: allocation strategies).

mod best_fit;
mod best_fit_progressive;

use crate::model::AllocationStrategy;
use crate::units::{PricePerHour, TypeId};

/// A type that may be launched: it holds the job, and is not left out for want of capacity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The type; types are numbered in order of name.
    pub instance_type: TypeId,
    /// Its vCPUs.
    pub vcpus: u32,
    /// Its On-Demand price.
    pub price: PricePerHour,
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

    /// Whether the last instance may go over maxvCpus (API ComputeResource.maxvCpus: all but BEST_FIT, by one instance at
    /// most).
    fn may_exceed(&self) -> bool;

    /// Whether another type is taken where the chosen one has no capacity (User Guide, allocation strategies: BEST_FIT waits).
    fn falls_back(&self) -> bool;
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
];

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
}
