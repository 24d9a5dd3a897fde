//! Instance types: what a machine is and what an hour of it costs.

use crate::units::{PricePerHour, Ratio, Shape, TypeId};

use super::FargateSize;

/// A processor architecture, as `describe-instance-types` spells it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Architecture {
    /// `x86_64`.
    #[default]
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
    /// What else is known of it.
    pub hardware: Hardware,
}

/// What is known of an instance type besides its size and price. Nothing is, of a machine that a scenario declares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hardware {
    /// Its GPUs, where it has any; a type with a part of one has no whole GPU that a job could ask for.
    pub gpu: Option<Gpu>,
    /// CoreMark iterations a second of the whole machine.
    pub coremark: Option<u32>,
    /// Whether its vCPUs earn credits to run above a baseline (T types).
    pub burstable: bool,
    /// Whether AWS counts it to the current generation.
    pub current: bool,
    /// It is no instance but the machine of a Fargate task.
    pub task: Option<TaskMachine>,
}

/// The machine of a Fargate task: which one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskMachine {
    /// Its size.
    pub size: FargateSize,
    /// Whether it is Fargate Spot's.
    pub spot: bool,
}

/// One GPU of a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gpu {
    /// Maker and model: `NVIDIA A10G`.
    pub model: String,
    /// MiB of its own memory, where that is known.
    pub memory: Option<u32>,
}

impl InstanceType {
    /// The part of the name before the dot: `c6i` of `c6i.4xlarge`. A name without a dot is a family of its own.
    pub fn family(&self) -> &str {
        family_of(&self.name)
    }

    /// Whether it is a whole server without a hypervisor: `c6i.metal`, `c8g.metal-24xl`.
    pub fn is_metal(&self) -> bool {
        let size = self.name.split_once('.').map_or("", |(_, size)| size);
        size.starts_with("metal")
    }

    /// What jobs can have of it: of its memory all or only what its agent registers; of its GPUs those of NVIDIA, as AWS Batch
    /// gives jobs no others (User Guide, GPU jobs). GPUs of a machine that a scenario declares count as they stand.
    pub fn size(&self, registered_memory_only: bool) -> Shape {
        let is_other = |gpu: &Gpu| !gpu.model.starts_with("NVIDIA");
        let gpus = if self.hardware.gpu.as_ref().is_some_and(is_other) {
            0
        } else {
            self.nominal.gpus
        };
        let memory = if registered_memory_only {
            self.usable_memory
        } else {
            self.nominal.memory
        };
        Shape::new(self.nominal.vcpus, memory, gpus)
    }

    /// CoreMark iterations a second of one vCPU, relative to one vCPU of `reference`, or `None` where one of the two was
    /// not measured.
    pub fn coremark_ratio(&self, reference: &InstanceType) -> Option<Ratio> {
        let (own, other) = (self.hardware.coremark?, reference.hardware.coremark?);
        let above = u128::from(own) * u128::from(reference.nominal.vcpus);
        let below = u128::from(other) * u128::from(self.nominal.vcpus);
        let parts = (above * u128::from(Ratio::PARTS)).checked_div(below)?;
        u64::try_from(parts).ok().map(Ratio::from_parts)
    }
}

/// The part of a type's name before the dot.
fn family_of(name: &str) -> &str {
    name.split_once('.').map_or(name, |(family, _)| family)
}

/// All instance types of a run, sorted by name, and after them the machines of Fargate tasks, which nobody can name.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    types: Vec<InstanceType>,
    /// How many of them are instance types.
    named: usize,
}

impl Catalogue {
    /// A catalogue of `types`; of two with one name the later replaces the earlier.
    pub fn new(types: impl IntoIterator<Item = InstanceType>) -> Catalogue {
        let mut types: Vec<InstanceType> = types.into_iter().collect();
        types.sort_by(|a, b| a.name.cmp(&b.name));
        types.dedup_by(|later, kept| {
            let is_same = later.name == kept.name;
            if is_same {
                std::mem::swap(later, kept);
            }
            is_same
        });
        let named = types.len();
        Catalogue { types, named }
    }

    /// This catalogue with machines of Fargate tasks besides, in the order given.
    pub fn with_tasks(mut self, machines: impl IntoIterator<Item = InstanceType>) -> Catalogue {
        self.types.truncate(self.named);
        self.types.extend(machines);
        self
    }

    /// The machines of Fargate tasks.
    pub fn tasks(&self) -> impl Iterator<Item = (TypeId, &InstanceType)> {
        self.iter().skip(self.named)
    }

    /// The type called `name`.
    pub fn find(&self, name: &str) -> Option<TypeId> {
        self.types[..self.named]
            .binary_search_by(|machine| machine.name.as_str().cmp(name))
            .ok()
            .map(TypeId::at)
    }

    /// This catalogue with `types` in the place of those of their names, or besides.
    pub fn with(mut self, types: Vec<InstanceType>) -> Catalogue {
        if types.is_empty() {
            return self;
        }
        self.types.truncate(self.named);
        self.types.extend(types);
        Catalogue::new(self.types)
    }

    /// The types of a family (`c6i`), metal ones too, in order of name; none where there is no such family.
    pub fn family(&self, family: &str) -> impl Iterator<Item = (TypeId, &InstanceType)> {
        // The name of a member is the family's with a dot and more, so all stand together.
        let prefix = format!("{family}.");
        let types = &self.types[..self.named];
        let first = types.partition_point(|machine| machine.name.as_str() < prefix.as_str());
        types[first..]
            .iter()
            .take_while(move |machine| machine.name.starts_with(&prefix))
            .enumerate()
            .map(move |(offset, machine)| (TypeId::at(first + offset), machine))
    }

    /// The families there are, in order of name, each once.
    pub fn families(&self) -> Vec<&str> {
        let mut families: Vec<&str> = self.types[..self.named]
            .iter()
            .map(InstanceType::family)
            .collect();
        families.sort_unstable();
        families.dedup();
        families
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

    /// Number of types, machines of tasks among them.
    pub fn len(&self) -> usize {
        self.types.len()
    }

    /// Whether there is no type at all.
    pub fn is_empty(&self) -> bool {
        self.types.is_empty()
    }
}
