//! Fargate: the sizes there are, and what a task costs. A task is billed for what it asks, not for what it uses, from the start of
//! its image's download to its end (Fargate pricing page).

use super::{portion, usd};
pub use crate::model::FargateSize;
use crate::model::{Architecture, FargatePrices, Hardware, InstanceType, TaskMachine};
use crate::units::{PricePerHour, Ratio, Shape, Span, Usd};

/// Storage that every task has without charge, GiB.
pub const STORAGE_INCLUDED_GIB: u32 = 20;
/// The least that is billed of a task (Linux).
pub const LEAST: Span = Span::from_s(60);
/// The machines that tasks can have, with the price of an hour of each: every size, of both architectures, On-Demand and Spot,
/// which costs less by `spot_discount`.
pub fn task_machines(
    prices: &FargatePrices,
    spot_discount: Ratio,
    speed: Ratio,
) -> Vec<InstanceType> {
    let mut machines = Vec::new();
    for architecture in [Architecture::X86_64, Architecture::Arm64] {
        for spot in [false, true] {
            let mut rates = FargateRates::on_demand(architecture).with(prices);
            if spot {
                rates = rates.less(spot_discount);
            }
            let kind = match (spot, architecture) {
                (false, Architecture::X86_64) => "FARGATE",
                (false, Architecture::Arm64) => "FARGATE arm64",
                (true, Architecture::X86_64) => "FARGATE_SPOT",
                (true, Architecture::Arm64) => "FARGATE_SPOT arm64",
            };
            let machine = |size: FargateSize| InstanceType {
                name: format!("{kind} {} vCPU {} MiB", size.vcpus_text(), size.memory),
                nominal: Shape::new(size.vcpus(), size.memory, 0),
                usable_memory: size.memory,
                architecture,
                price: rates.of_size(size),
                speed,
                source: "us-east-1 Fargate, 2026-09".to_owned(),
                hardware: Hardware {
                    task: Some(TaskMachine { size, spot }),
                    ..Hardware::default()
                },
            };
            machines.extend(FargateSize::all().into_iter().map(machine));
        }
    }
    machines
}

/// What a task costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FargateRates {
    /// A vCPU for an hour.
    pub vcpu: PricePerHour,
    /// A GB of memory for an hour.
    pub memory_gb: PricePerHour,
    /// A GB of storage over [`STORAGE_INCLUDED_GIB`] for an hour.
    pub storage_gb: PricePerHour,
}

impl FargateRates {
    /// On-Demand in us-east-1, Linux (Fargate pricing page, 2026-09; ARM and storage assumed from memory of it).
    pub const fn on_demand(architecture: Architecture) -> FargateRates {
        let (vcpu, memory_gb) = match architecture {
            Architecture::X86_64 => (404_800_000, 44_450_000),
            Architecture::Arm64 => (323_800_000, 35_600_000),
        };
        FargateRates {
            vcpu: PricePerHour::from_ticks(vcpu),
            memory_gb: PricePerHour::from_ticks(memory_gb),
            storage_gb: PricePerHour::from_ticks(1_110_000),
        }
    }

    /// The same, but for what `stated` says.
    pub fn with(self, stated: &FargatePrices) -> FargateRates {
        FargateRates {
            vcpu: stated.vcpu.unwrap_or(self.vcpu),
            memory_gb: stated.memory_gb.unwrap_or(self.memory_gb),
            storage_gb: stated.storage_gb.unwrap_or(self.storage_gb),
        }
    }

    /// The same less a part of vCPUs and memory, each rounded down to 10⁻¹⁰ USD; storage has no Spot price.
    pub fn less(self, discount: Ratio) -> FargateRates {
        let kept = Ratio::PARTS - discount.parts().min(Ratio::PARTS);
        let less = |price: PricePerHour| {
            let ticks = portion(u128::from(price.ticks()), kept, Ratio::PARTS);
            PricePerHour::from_ticks(u64::try_from(ticks).unwrap_or(u64::MAX))
        };
        FargateRates {
            vcpu: less(self.vcpu),
            memory_gb: less(self.memory_gb),
            ..self
        }
    }

    /// What vCPUs and memory of a task of `size` cost an hour, each rounded down to 10⁻¹⁰ USD. At the published rates, and at those
    /// less 70 %, nothing is rounded: they divide by four, as sizes do.
    pub fn of_size(&self, size: FargateSize) -> PricePerHour {
        let over = |price: PricePerHour, by: u32, parts: u64| {
            portion(u128::from(price.ticks()), u64::from(by), parts)
        };
        let ticks =
            over(self.vcpu, size.quarter_vcpus, 4) + over(self.memory_gb, size.memory, 1024);
        PricePerHour::from_ticks(u64::try_from(ticks).unwrap_or(u64::MAX))
    }

    /// What vCPUs, memory and storage of a task of `size` with `storage_gib` of storage cost that took `span` from the start of its
    /// image's download to its end.
    pub fn task(&self, size: FargateSize, storage_gib: u32, span: Span) -> FargateCost {
        let billed = billed(span);
        let over = |price: PricePerHour, by: u32, parts: u64| {
            let units = u128::from(price.ticks()) * u128::from(billed.ms());
            usd(portion(units, u64::from(by), parts))
        };
        FargateCost {
            vcpu: over(self.vcpu, size.quarter_vcpus, 4),
            memory: over(self.memory_gb, size.memory, 1024),
            storage: over(
                self.storage_gb,
                storage_gib.saturating_sub(STORAGE_INCLUDED_GIB),
                1,
            ),
        }
    }
}

/// A task's bill.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FargateCost {
    /// vCPUs.
    pub vcpu: Usd,
    /// Memory.
    pub memory: Usd,
    /// Storage over what is included.
    pub storage: Usd,
}

impl FargateCost {
    /// All of it.
    pub fn total(&self) -> Usd {
        self.vcpu + self.memory + self.storage
    }
}

/// How long a task is billed that took `span`: seconds begun, at least [`LEAST`].
pub fn billed(span: Span) -> Span {
    Span::from_s(span.seconds_started()).max(LEAST)
}

#[cfg(test)]
mod tests {
    use super::super::figures::prints_as;
    use super::*;

    const X86: FargateRates = FargateRates::on_demand(Architecture::X86_64);

    fn size(quarter_vcpus: u32, memory: u32) -> FargateSize {
        let size = FargateSize {
            quarter_vcpus,
            memory,
        };
        assert!(size.is_valid(), "{size:?}");
        size
    }

    /// The published price of a second, as one of an hour.
    fn per_second() -> FargateRates {
        FargateRates {
            vcpu: PricePerHour::from_ticks(112_440 * 3600),
            memory_gb: PricePerHour::from_ticks(12_350 * 3600),
            storage_gb: X86.storage_gb,
        }
    }

    /// The pricing page's examples: tasks, quarters of a vCPU, MiB, seconds a day over 30 days; by published price of a second and
    /// of an hour: vCPU, memory, total.
    type Row = (u64, u32, u32, u64, [&'static str; 3], [&'static str; 3]);
    const PUBLISHED: &[Row] = &[
        (
            5,
            4,
            2048,
            600,
            ["1.011960", "0.222300", "1.234260"],
            ["1.012000", "0.222250", "1.234250"],
        ),
        (
            10,
            1,
            1024,
            86_400,
            ["72.861120", "32.011200", "104.872320"],
            ["72.864000", "32.004000", "104.868000"],
        ),
    ];

    #[test]
    fn tasks_cost_what_the_pricing_page_says() {
        for &(tasks, quarters, memory, seconds, by_second, by_hour) in PUBLISHED {
            for (rates, expected) in [(per_second(), by_second), (X86, by_hour)] {
                let one = rates.task(size(quarters, memory), 20, Span::from_s(seconds));
                let all = |amount: Usd| Usd::from_units(amount.units() * i128::from(tasks * 30));
                prints_as(all(one.vcpu), expected[0]);
                prints_as(all(one.memory), expected[1]);
                prints_as(all(one.total()), expected[2]);
            }
        }
    }

    #[test]
    fn twenty_seconds_are_billed_as_a_minute() {
        let cost = X86.task(size(2, 1024), 20, Span::from_s(20));
        prints_as(cost.total(), "0.000411417");
    }

    #[test]
    fn storage_beyond_twenty_gib_is_billed() {
        let cost = X86.task(size(1, 512), 100, Span::from_s(3600));
        prints_as(cost.storage, "0.008880");
        let included = X86.task(size(1, 512), 20, Span::from_s(3600));
        assert_eq!(included.storage, Usd::ZERO);
    }

    #[test]
    fn a_task_costs_the_price_of_its_size_and_its_storage() {
        for architecture in [Architecture::X86_64, Architecture::Arm64] {
            let rates = FargateRates::on_demand(architecture);
            for rates in [rates, rates.less(Ratio::from_parts(700_000))] {
                for size in FargateSize::all() {
                    let cost = rates.task(size, 20, Span::from_s(777));
                    let whole = rates.of_size(size).over(Span::from_s(777));
                    assert_eq!(cost.total(), whole, "{size:?}");
                }
            }
        }
    }

    #[test]
    fn arm_and_spot_are_cheaper() {
        let arm = FargateRates::on_demand(Architecture::Arm64);
        assert_eq!(arm.vcpu.to_string(), "0.03238");
        assert_eq!(arm.memory_gb.to_string(), "0.00356");
        let spot = X86.less(Ratio::from_parts(700_000));
        assert_eq!(spot.vcpu.to_string(), "0.012144");
        assert_eq!(spot.memory_gb.to_string(), "0.0013335");
        assert_eq!(spot.storage_gb, X86.storage_gb);
    }
}
