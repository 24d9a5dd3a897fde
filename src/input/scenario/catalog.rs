//! The instance types of a scenario: those of the embedded catalogue and its own, and how fast they are taken to be.

use std::collections::BTreeSet;
use std::io::Read;

use crate::input::catalog::{architecture_of, common_types, types_of_day, usable_memory};
use crate::model::{Architecture, Catalogue, Hardware, InstanceType, Knob, Settings};
use crate::units::{NO_LIMIT_MIB, PricePerHour, Ratio, Shape};

use super::Files;
use super::node::{Node, Problems, Value};
use super::ours::TYPES_FILE;
use super::parse::parse;
use super::shape::{Kind, Noted, check};

/// The type whose vCPU has speed 1 where the setting `machineSpeed` is plain `coremark`.
const REFERENCE: &str = "c6i.large";

/// A file of types, and what is wrong with it.
pub struct OfFile {
    root: Node,
    /// By the file's own name.
    pub problems: Problems,
}

/// The files that `instanceTypesFrom` names, checked; `inputs` are told each.
pub fn of_files(
    root: &Node,
    files: &dyn Files,
    problems: &mut Problems,
    inputs: &mut Vec<String>,
) -> Vec<OfFile> {
    let Some(node) = root.get("instanceTypesFrom") else {
        return Vec::new();
    };
    let paths: Vec<(String, &str)> = match node.as_text() {
        Some(path) => vec![("instanceTypesFrom".to_owned(), path)],
        None => (node.items().iter().enumerate())
            .filter_map(|(index, item)| {
                Some((format!("instanceTypesFrom/{index}"), item.as_text()?))
            })
            .collect(),
    };
    let mut found = Vec::new();
    for (member, path) in paths {
        inputs.push(path.to_owned());
        let mut bytes = Vec::new();
        let opened = files.open(path).and_then(|mut reader| {
            let read = reader.read_to_end(&mut bytes);
            read.map_err(|error| format!("cannot be read: {error}"))
        });
        if let Err(why) = opened {
            let message = format!("`{path}` cannot be opened: {why}");
            problems.below(root, &member, message);
            continue;
        }
        match parse(path, &bytes) {
            Err(wrong) => problems.extend(wrong),
            Ok(mut root) => {
                root.place(String::new());
                let mut own = Problems::of(path);
                let kind = Kind::Object(&TYPES_FILE);
                check(&kind, &root, &mut own, &mut Noted::default());
                found.push(OfFile {
                    root,
                    problems: own,
                });
            }
        }
    }
    found
}

/// The catalogue of a scenario.
pub struct Types {
    /// The types.
    pub catalogue: Catalogue,
    /// Names of those that would need a CoreMark figure, as the settings ask for speeds by it, and have none.
    pub unmeasured: BTreeSet<String>,
}

/// All types of a scenario that starts at `start` (milliseconds from 1970): the common ones at the prices of that day, and
/// those of `files` and of `instanceTypes`, which replace those of their name.
pub fn types(
    root: &Node,
    settings: &Settings,
    start: Option<i64>,
    files: &mut [OfFile],
    problems: &mut Problems,
) -> Types {
    let day = start.and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    let mut common = Catalogue::new(match day {
        Some(day) => types_of_day(&day.strftime("%Y-%m-%d").to_string()),
        None => common_types(),
    });
    // A setting that means nothing was refused where it was made.
    let by_coremark = reference(settings.word(Knob::MachineSpeed)).unwrap_or_default();
    let mut unmeasured = BTreeSet::new();
    if let Some(reference) = by_coremark {
        common = at_measured_speeds(&common, reference, &mut unmeasured);
    }
    let mut own: Vec<InstanceType> = Vec::new();
    let lists = files
        .iter_mut()
        .map(|file| (&file.root, &mut file.problems));
    for (root, problems) in lists.chain([(root, problems)]) {
        let mut declared: BTreeSet<&str> = BTreeSet::new();
        for node in root.list("instanceTypes") {
            let Some(name) = node.text("instanceType") else {
                continue;
            };
            if name.is_empty() || name.chars().any(|c| c.is_control() || c == ',') {
                let message = format!("`{name}` is not a name for an instance type");
                problems.below(node, "instanceType", message);
            }
            if !declared.insert(name) {
                let message = format!("`{name}` is declared a second time");
                problems.below(node, "instanceType", message);
            }
            // What an earlier list says of it holds where this one does not say.
            let earlier = own.iter().position(|other| other.name == name);
            let earlier = earlier.map(|at| own.remove(at));
            let base = earlier.or_else(|| common.find(name).map(|id| common.get(id).clone()));
            let machine = own_type(node, name, base, problems);
            let is_measured = machine
                .as_ref()
                .is_some_and(|own| own.hardware.coremark.is_some());
            own.extend(machine);
            if node.get("speed").is_some() {
                unmeasured.remove(name);
            } else if by_coremark.is_some() && !is_measured {
                unmeasured.insert(name.to_owned());
            }
        }
    }
    Types {
        catalogue: common.with(own),
        unmeasured,
    }
}

/// The type that speeds are relative to where `setting`, a value of `machineSpeed`, asks for measured ones.
///
/// # Errors
/// What is wrong with the setting, and what would be right.
pub fn reference(setting: &str) -> Result<Option<&str>, String> {
    match setting.split_once(':') {
        None if setting == "uniform" => Ok(None),
        None if setting == "coremark" => Ok(Some(REFERENCE)),
        Some(("coremark", name)) => {
            let found = common_types().into_iter().find(|known| known.name == name);
            match found.map(|known| known.hardware.coremark) {
                Some(Some(_)) => Ok(Some(name)),
                Some(None) => Err(format!("`{name}` has no CoreMark figure")),
                None => Err(format!("the catalogue has no instance type `{name}`")),
            }
        }
        _ => Err(format!(
            "`{setting}` is not a way to take speeds; use uniform, coremark or coremark:TYPE"
        )),
    }
}

/// `catalogue` with the speed of each type relative to `reference`, by CoreMark.
fn at_measured_speeds(
    catalogue: &Catalogue,
    reference: &str,
    unmeasured: &mut BTreeSet<String>,
) -> Catalogue {
    let Some(reference) = catalogue.find(reference).map(|id| catalogue.get(id)) else {
        return catalogue.clone();
    };
    let mut measured = |machine: &InstanceType| {
        let ratio = machine.coremark_ratio(reference);
        if ratio.is_none() {
            unmeasured.insert(machine.name.clone());
        }
        InstanceType {
            speed: ratio.unwrap_or(machine.speed),
            ..machine.clone()
        }
    };
    Catalogue::new(catalogue.iter().map(|(_, machine)| measured(machine)))
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
        hardware: Hardware::default(),
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
        // A figure for the whole machine says nothing of one with other vCPUs.
        hardware: Hardware {
            coremark: base
                .hardware
                .coremark
                .filter(|_| nominal.vcpus == base.nominal.vcpus),
            ..base.hardware
        },
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
