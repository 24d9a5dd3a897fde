//! What no choice of machines can cost less than.
//!
//! A machine that is up costs its price, and holds no more than its size. So whatever it costs in a while is at least its
//! price per vCPU times the vCPU-time that jobs have reserved on it, and so for memory and GPUs; and no price per vCPU is below
//! that of the cheapest type. The bill of all machines is then at least the jobs' vCPU-time at that price, and likewise their
//! memory-time and their GPU-time at theirs; it is at least the largest of the three. (Their sum would be no bound: one machine
//! gives all three for one price.)

use crate::model::{Catalogue, Command, EnvironmentKind, Purchase, Timed};
use crate::units::{NO_LIMIT_MIB, Shape, Span, TypeId, Usd};

/// Lower bounds on the bill, by the resource that gives them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CostBounds {
    /// vCPU-time of last attempts at the least price of a vCPU.
    pub vcpus: Usd,
    /// Memory-time of last attempts at the least price of a MiB; zero where some machine does not limit memory.
    pub memory: Usd,
    /// GPU-time of last attempts at the least price of a GPU.
    pub gpus: Usd,
}

impl CostBounds {
    /// The largest.
    pub fn largest(&self) -> Usd {
        self.vcpus.max(self.memory).max(self.gpus)
    }
}

/// What attempts had reserved, in milliseconds of a vCPU, a MiB and a GPU.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reserved {
    pub(super) time: [u128; 3],
    largest: [u32; 3],
}

/// Amounts of each resource.
fn amounts(shape: Shape) -> [u32; 3] {
    [shape.vcpus, shape.memory, shape.gpus]
}

impl Reserved {
    #[inline]
    pub(super) fn add(&mut self, shape: Shape, run: Span) {
        let sums = self.time.iter_mut().zip(&mut self.largest);
        for ((sum, largest), amount) in sums.zip(amounts(shape)) {
            *sum += u128::from(amount) * u128::from(run.ms());
            *largest = amount.max(*largest);
        }
    }

    /// The most of each resource that one attempt had.
    pub(super) fn largest(&self) -> Shape {
        let [vcpus, memory, gpus] = self.largest;
        Shape::new(vcpus, memory, gpus)
    }

    /// vCPU-milliseconds.
    pub(super) fn vcpu_ms(&self) -> u128 {
        self.time[0]
    }

    /// The bounds if only machines of `types` may be had, of whose memory jobs can have only what agents register, or all.
    pub(super) fn bounds(
        &self,
        catalogue: &Catalogue,
        types: &[TypeId],
        registered_only: bool,
    ) -> CostBounds {
        let machines: Vec<(u64, [u32; 3])> = types
            .iter()
            .map(|&one| catalogue.get(one))
            .map(|machine| {
                (
                    machine.price.ticks(),
                    amounts(machine.size(registered_only)),
                )
            })
            .collect();
        let [vcpus, memory, gpus] = [0, 1, 2].map(|resource| {
            let offers = machines
                .iter()
                .map(|(price, size)| (*price, size[resource]));
            let offers = offers.filter(|(_, amount)| *amount > 0);
            let cheapest = offers.min_by(|a, b| {
                let cross = |one: u64, other: u32| u128::from(one) * u128::from(other);
                cross(a.0, b.1).cmp(&cross(b.0, a.1))
            });
            match cheapest {
                Some((_, NO_LIMIT_MIB)) | None => Usd::ZERO,
                Some((price, amount)) => at_price(self.time[resource], price, amount),
            }
        });
        CostBounds {
            vcpus,
            memory,
            gpus,
        }
    }
}

/// What jobs that had `reserved` (as [`super::Summary::reserved_ms`]) cost at least where only machines of `types` may be had,
/// of whose memory jobs can have only what agents register, or all.
pub fn cheapest_capacity(
    reserved: [u128; 3],
    catalogue: &Catalogue,
    types: &[TypeId],
    registered_only: bool,
) -> CostBounds {
    let reserved = Reserved {
        time: reserved,
        ..Reserved::default()
    };
    reserved.bounds(catalogue, types, registered_only)
}

/// `reserved` milliseconds where `amount` of the resource costs `ticks`; rounded down.
fn at_price(reserved: u128, ticks: u64, amount: u32) -> Usd {
    let (amount, ticks) = (u128::from(amount), u128::from(ticks));
    let whole = (reserved / amount).saturating_mul(ticks);
    let rest = reserved % amount * ticks / amount;
    Usd::from_units(i128::try_from(whole.saturating_add(rest)).unwrap_or(i128::MAX))
}

/// Types of which any environment may have machines by `commands`, in order. None where some may be Spot instances: what those
/// cost at least nobody knows beforehand, and where EC2 takes them back it may be nothing.
pub fn machine_types(commands: &[Timed]) -> Vec<TypeId> {
    let mut types = Vec::new();
    for timed in commands {
        match &timed.command {
            Command::CreateComputeEnvironment(environment) => match &environment.kind {
                EnvironmentKind::Managed(managed) if managed.purchase != Purchase::OnDemand => {
                    return Vec::new();
                }
                // A task of a part of a vCPU counts as one, and would be bound at four times its price.
                EnvironmentKind::Fargate(_) => return Vec::new(),
                EnvironmentKind::Managed(managed) => types.extend(&managed.types),
                EnvironmentKind::Unmanaged { machines, .. } => {
                    types.extend(machines.iter().map(|group| group.instance_type));
                }
            },
            Command::UpdateComputeEnvironment(update) => {
                let Some(infrastructure) = &update.infrastructure else {
                    continue;
                };
                if infrastructure.is_spot == Some(true) {
                    return Vec::new();
                }
                types.extend(infrastructure.types.iter().flat_map(|(types, _)| types));
            }
            Command::RunInstances { instance_type, .. } => types.push(*instance_type),
            _ => {}
        }
    }
    types.sort_unstable();
    types.dedup();
    types
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Architecture, InstanceType};
    use crate::units::{PricePerHour, Ratio};

    fn machine(name: &str, size: Shape, price: &str) -> InstanceType {
        InstanceType {
            name: name.to_owned(),
            nominal: size,
            usable_memory: size.memory,
            architecture: Architecture::X86_64,
            price: PricePerHour::parse(price).unwrap(),
            speed: Ratio::ONE,
            source: String::new(),
            hardware: Default::default(),
        }
    }

    #[test]
    fn each_resource_is_bought_where_it_is_cheapest_and_the_dearest_purchase_is_the_bound() {
        let catalogue = Catalogue::new([
            machine("a.lean", Shape::new(4, 4096, 0), "0.40"),
            machine("b.fat", Shape::new(4, 8192, 0), "0.60"),
            machine("c.gpu", Shape::new(8, 8192, 2), "3.00"),
        ]);
        let mut reserved = Reserved::default();
        reserved.add(Shape::new(2, 1024, 0), Span::from_s(3600));
        reserved.add(Shape::new(1, 7168, 1), Span::from_s(1800));
        let types: Vec<TypeId> = catalogue.iter().map(|(id, _)| id).collect();
        let bounds = reserved.bounds(&catalogue, &types, true);
        // 2.5 vCPU-h at 0.10, 4,608 MiB-h at 0.60 / 8192, half a GPU-hour at 1.50.
        assert_eq!(bounds.vcpus.to_string(), "0.25");
        assert_eq!(bounds.memory.to_string(), "0.3375");
        assert_eq!(bounds.gpus.to_string(), "0.75");
        assert_eq!(bounds.largest(), bounds.gpus);
        let none = Reserved::default().bounds(&catalogue, &[], true);
        assert_eq!(none.largest(), Usd::ZERO);
    }

    #[test]
    fn memory_that_is_not_limited_costs_nothing() {
        let catalogue = Catalogue::new([machine("pool", Shape::new(4, NO_LIMIT_MIB, 0), "0.40")]);
        let mut reserved = Reserved::default();
        reserved.add(Shape::new(2, 100_000, 0), Span::from_s(3600));
        let bounds = reserved.bounds(&catalogue, &[TypeId(0)], true);
        assert_eq!(bounds.memory, Usd::ZERO);
        assert_eq!(bounds.vcpus.to_string(), "0.20");
    }
}
