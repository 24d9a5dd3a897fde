//! The instance types that every scenario knows, and those of its own.

use crate::model::{Architecture, Catalogue, InstanceType};
use crate::units::{NO_LIMIT_MIB, PricePerHour, Ratio, Shape};

use super::node::{Node, Problems, Value};

/// Common types with their On-Demand prices in us-east-1, one a line. `usable_mib` is what the operating system of such an
/// instance reports, less 32 MiB, where somebody measured it, and [`usable_memory`] elsewhere.
const COMMON: &str = include_str!("catalog.csv");

/// The least part, in thousandths, of its nominal memory (so many MiB or more) that an instance was measured to register.
const LEAST_USABLE: [(u32, u64); 8] = [
    (2 << 10, 861),
    (4 << 10, 906),
    (8 << 10, 924),
    (16 << 10, 935),
    (32 << 10, 939),
    (64 << 10, 942),
    (128 << 10, 944),
    (256 << 10, 947),
];

/// MiB that jobs can use on an unmeasured machine of `nominal` MiB: the smallest part that was measured at its size.
pub fn usable_memory(nominal: u32) -> u32 {
    if nominal == NO_LIMIT_MIB {
        return nominal;
    }
    let (_, part) = LEAST_USABLE
        .iter()
        .rev()
        .find(|(size, _)| *size <= nominal)
        .unwrap_or(&LEAST_USABLE[0]);
    (u64::from(nominal) * part / 1000) as u32
}

/// The types that every scenario knows.
pub fn common_types() -> Vec<InstanceType> {
    COMMON.lines().skip(1).map(of_line).collect()
}

/// A line of our own table.
///
/// # Panics
/// Where the table is broken, which a test would see.
fn of_line(line: &str) -> InstanceType {
    let cells: Vec<&str> = line.split(',').collect();
    let [
        name,
        vcpus,
        memory,
        usable,
        _,
        gpus,
        architecture,
        price,
        date,
    ] = cells[..]
    else {
        unreachable!("nine cells in `{line}`")
    };
    let number = |text: &str| -> u32 { text.parse().expect("a number in the catalogue") };
    let source = if name == "m1.small" {
        format!("us-east-1 On-Demand, {date} list price")
    } else {
        format!("us-east-1 On-Demand, {date}")
    };
    InstanceType {
        name: name.to_owned(),
        nominal: Shape::new(number(vcpus), number(memory), number(gpus)),
        usable_memory: number(usable),
        architecture: architecture_of(architecture),
        price: PricePerHour::parse(price).expect("a price in the catalogue"),
        speed: Ratio::ONE,
        source,
    }
}

fn architecture_of(name: &str) -> Architecture {
    match name {
        "arm64" => Architecture::Arm64,
        _ => Architecture::X86_64,
    }
}

/// All types of a scenario: the common ones, and `instanceTypes`, which replace those of their name.
pub fn catalogue(root: &Node, problems: &mut Problems) -> Catalogue {
    let common = Catalogue::new(common_types());
    let mut own: Vec<InstanceType> = Vec::new();
    for node in root.list("instanceTypes") {
        let Some(name) = node.text("instanceType") else {
            continue;
        };
        if name.is_empty() || name.chars().any(|c| c.is_control() || c == ',') {
            let message = format!("`{name}` is not a name for an instance type");
            problems.below(node, "instanceType", message);
        }
        if own.iter().any(|other| other.name == name) {
            let message = format!("`{name}` is declared a second time");
            problems.below(node, "instanceType", message);
        }
        let base = common.find(name).map(|id| common.get(id).clone());
        own.extend(own_type(node, name, base, problems));
    }
    Catalogue::new(common_types().into_iter().chain(own))
}

fn own_type(
    node: &Node,
    name: &str,
    base: Option<InstanceType>,
    problems: &mut Problems,
) -> Option<InstanceType> {
    let is_new = base.is_none();
    for key in ["vcpus", "priceUsdPerHour"] {
        if is_new && node.get(key).is_none() {
            let message = format!("missing: `{name}` is no type of the catalogue, so it needs one");
            problems.below(node, key, message);
        }
    }
    let base = base.unwrap_or_else(|| InstanceType {
        name: name.to_owned(),
        nominal: Shape::new(1, NO_LIMIT_MIB, 0),
        usable_memory: NO_LIMIT_MIB,
        architecture: Architecture::X86_64,
        price: PricePerHour::FREE,
        speed: Ratio::ONE,
        source: String::new(),
    });
    let nominal = Shape::new(
        node.whole("vcpus").unwrap_or(base.nominal.vcpus),
        memory(node, "memoryMiB").unwrap_or(base.nominal.memory),
        node.whole("gpus").unwrap_or(base.nominal.gpus),
    );
    let usable =
        memory(node, "usableMemoryMiB").unwrap_or(if nominal.memory == base.nominal.memory {
            base.usable_memory
        } else {
            usable_memory(nominal.memory)
        });
    if usable > nominal.memory {
        let message = format!("{usable} MiB are more than memoryMiB ({})", nominal.memory);
        problems.below(node, "usableMemoryMiB", message);
    }
    let price = node
        .get("priceUsdPerHour")
        .and_then(Node::scalar)
        .and_then(|text| PricePerHour::parse(&text).ok());
    Some(InstanceType {
        nominal,
        usable_memory: usable,
        architecture: node
            .text("architecture")
            .map_or(base.architecture, architecture_of),
        price: price.unwrap_or(base.price),
        speed: node
            .decimal("speed")
            .and_then(Ratio::from_f64)
            .unwrap_or(base.speed),
        source: "scenario".to_owned(),
        ..base
    })
}

/// A number of MiB, or what the word `unlimited` means.
fn memory(node: &Node, key: &str) -> Option<u32> {
    match &node.get(key)?.value {
        Value::Text(word) if word == "unlimited" => Some(NO_LIMIT_MIB),
        _ => node.whole(key),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_catalogue_reads_and_leaves_jobs_most_of_the_memory() {
        let types = common_types();
        assert_eq!(Catalogue::new(types.clone()).len(), types.len());
        for machine in types {
            assert!(
                machine.usable_memory < machine.nominal.memory,
                "{}",
                machine.name
            );
            // Below 2 GiB nothing of the rule was measured.
            assert!(
                machine.nominal.memory < 2048
                    || machine.usable_memory >= usable_memory(machine.nominal.memory),
                "{}",
                machine.name
            );
            assert!(machine.price > PricePerHour::FREE);
        }
    }

    #[test]
    fn the_first_instance_type_costs_ten_cents_an_hour() {
        let catalogue = Catalogue::new(common_types());
        let small = catalogue.get(catalogue.find("m1.small").unwrap());
        assert_eq!(small.price, PricePerHour::parse("0.10").unwrap());
        assert_eq!(small.nominal, Shape::new(1, 1740, 0));
        assert_eq!(small.source, "us-east-1 On-Demand, 2006-2013 list price");
    }
}
