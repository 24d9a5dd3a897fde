//! Instance types: what a machine is and what an hour of it costs.

use crate::units::{PricePerHour, Ratio, Shape, TypeId};

/// A processor architecture, as `describe-instance-types` spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Architecture {
    /// `x86_64`.
    X86_64,
    /// `arm64`.
    Arm64,
}

impl Architecture {
    /// The name in AWS's spelling.
    pub const fn name(self) -> &'static str {
        match self {
            Architecture::X86_64 => "x86_64",
            Architecture::Arm64 => "arm64",
        }
    }
}

/// An EC2 instance type, or a machine that a scenario declares.
#[derive(Clone, Debug, PartialEq)]
pub struct InstanceType {
    /// `c6i.4xlarge`, or the scenario's own name.
    pub name: String,
    /// vCPUs, nominal memory and GPUs.
    pub nominal: Shape,
    /// MiB that jobs can use on a host of this type (what the ECS agent registers).
    pub usable_memory: u32,
    /// Processor architecture.
    pub architecture: Architecture,
    /// On-Demand price of one hour.
    pub price: PricePerHour,
    /// Speed of one vCPU relative to the machine on which run times were measured.
    pub speed: Ratio,
    /// Where the figures come from, with a date: `us-east-1 On-Demand, 2026-07-20`, or `scenario`.
    pub source: String,
}

/// All instance types of a run, sorted by name.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    types: Vec<InstanceType>,
}

impl Catalogue {
    /// A catalogue of `types`; of two with one name the later replaces the earlier.
    pub fn new(types: impl IntoIterator<Item = InstanceType>) -> Catalogue {
        let mut catalogue = Catalogue::default();
        let mut sorted: Vec<InstanceType> = types.into_iter().collect();
        sorted.sort_by(|a, b| a.name.cmp(&b.name));
        for machine in sorted {
            match catalogue.types.last_mut() {
                Some(last) if last.name == machine.name => *last = machine,
                _ => catalogue.types.push(machine),
            }
        }
        catalogue
    }

    /// The type called `name`.
    pub fn find(&self, name: &str) -> Option<TypeId> {
        self.types
            .binary_search_by(|machine| machine.name.as_str().cmp(name))
            .ok()
            .map(TypeId::at)
    }

    /// The type with this identifier.
    pub fn get(&self, id: TypeId) -> &InstanceType {
        &self.types[id.index()]
    }

    /// All types in order of name.
    pub fn iter(&self) -> impl Iterator<Item = (TypeId, &InstanceType)> {
        self.types
            .iter()
            .enumerate()
            .map(|(index, machine)| (TypeId::at(index), machine))
    }

    /// Number of types.
    pub fn len(&self) -> usize {
        self.types.len()
    }

    /// Whether there is no type at all.
    pub fn is_empty(&self) -> bool {
        self.types.is_empty()
    }
}
