//! `batchcast catalog`: which instance types there are, searched.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use crate::input::catalog::{common_types, types_of_day};
use crate::input::scenario::did_you_mean;
use crate::model::type_sets::{Optimal, TypeFault, expand};
use crate::model::{Catalogue, InstanceType};
use crate::report::Json;
use crate::units::Ratio;

use super::args::{Catalog, CatalogOrder, Common};
use super::failure::Failure;
use super::output::print;

/// Columns of the list.
const WIDTH: u16 = 80;
/// The type whose vCPU has speed 1.
const REFERENCE: &str = "c6i.large";

/// Prints the types that `asked` describes.
///
/// # Errors
/// Where a name in the question means nothing, or no type is like that.
pub fn list(asked: &Catalog, common: &Common) -> Result<(), Failure> {
    let catalogue = Catalogue::new(match &asked.date {
        Some(day) => types_of_day(day),
        None => common_types(),
    });
    let found = search(&catalogue, asked)?;
    let reference = catalogue.find(REFERENCE).map(|id| catalogue.get(id));
    let speed = |machine: &InstanceType| reference.and_then(|other| machine.coremark_ratio(other));
    if found.is_empty() {
        return Err(absent(&catalogue, asked));
    }
    print(&if common.json {
        as_json(&found, speed)
    } else if asked.csv {
        as_csv(&found, speed)
    } else {
        as_text(&found, speed)
    })
}

/// The types that `asked` describes, in the order that it asks for.
fn search<'a>(catalogue: &'a Catalogue, asked: &Catalog) -> Result<Vec<&'a InstanceType>, Failure> {
    let families = catalogue.families();
    for name in &asked.family {
        if families.binary_search(&name.as_str()).is_err() {
            let hint = did_you_mean(name, &families);
            return Err(Failure::Usage(format!(
                "--family: there is no family `{name}`{hint}"
            )));
        }
    }
    let mut found: Vec<&InstanceType> = match asked.instance_types.is_empty() {
        true => catalogue.iter().map(|(_, machine)| machine).collect(),
        false => allowed(catalogue, asked)?,
    };
    found.retain(|machine| is_like(machine, asked));
    // Prices over unlike counts compare as fractions: a/b < c/d where a × d < c × b.
    let cheaper = |one: &InstanceType, one_of: u32, other: &InstanceType, other_of: u32| {
        let left = u128::from(one.price.ticks()) * u128::from(other_of);
        left.cmp(&(u128::from(other.price.ticks()) * u128::from(one_of)))
    };
    found.sort_by(|one, other| {
        let by_name = || {
            let key = |machine: &'a InstanceType| {
                let (family, vcpus) = (machine.family(), machine.nominal.vcpus);
                (family, vcpus, machine.is_metal(), machine.nominal.memory)
            };
            key(one).cmp(&key(other)).then(one.name.cmp(&other.name))
        };
        let vcpus = |machine: &InstanceType| machine.nominal.vcpus;
        match asked.sort {
            CatalogOrder::Name => by_name(),
            CatalogOrder::Price => one.price.cmp(&other.price).then_with(by_name),
            CatalogOrder::VcpuPrice => {
                cheaper(one, vcpus(one), other, vcpus(other)).then_with(by_name)
            }
            CatalogOrder::SpeedPrice => match (one.hardware.coremark, other.hardware.coremark) {
                (Some(of_one), Some(of_other)) => {
                    cheaper(one, of_one, other, of_other).then_with(by_name)
                }
                (of_one, of_other) => of_other.is_some().cmp(&of_one.is_some()).then_with(by_name),
            },
        }
    });
    Ok(found)
}

/// The types that `--instance-types` stands for.
fn allowed<'a>(
    catalogue: &'a Catalogue,
    asked: &Catalog,
) -> Result<Vec<&'a InstanceType>, Failure> {
    let optimal = Optimal::find(&asked.optimal).unwrap_or_default();
    match expand(catalogue, &asked.instance_types, optimal) {
        Ok(set) => Ok(set.types().iter().map(|id| catalogue.get(*id)).collect()),
        Err(faults) => {
            let reasons = faults.iter().map(|fault| {
                let (name, hint) = match fault {
                    TypeFault::Nothing => ("", String::new()),
                    TypeFault::Unknown { name, .. } => (name.as_str(), near(catalogue, name)),
                    TypeFault::OnlyMetal { name, .. } | TypeFault::Mixed { name, .. } => {
                        (name.as_str(), String::new())
                    }
                };
                format!("--instance-types {name}: {fault}{hint}")
            });
            let reasons: Vec<String> = reasons.collect();
            Err(Failure::Usage(reasons.join("\nerror: ")))
        }
    }
}

/// `; did you mean …?` for a name that is near a type, a family or a bundle.
fn near(catalogue: &Catalogue, name: &str) -> String {
    let mut names = catalogue.families();
    names.extend(["optimal", "default_x86_64", "default_arm64"]);
    names.extend(catalogue.iter().map(|(_, machine)| machine.name.as_str()));
    did_you_mean(name, &names)
}

fn is_like(machine: &InstanceType, asked: &Catalog) -> bool {
    let size = machine.nominal;
    let no_less = |asked: Option<u32>, is: u32| asked.is_none_or(|least| is >= least);
    asked
        .pattern
        .as_deref()
        .is_none_or(|pattern| matches(pattern, &machine.name))
        && (asked.family.is_empty() || asked.family.iter().any(|name| name == machine.family()))
        && asked
            .arch
            .as_deref()
            .is_none_or(|name| name == machine.architecture.name())
        && no_less(asked.min_vcpus, size.vcpus)
        && asked.max_vcpus.is_none_or(|most| size.vcpus <= most)
        && no_less(asked.min_memory, machine.usable_memory)
        && no_less(asked.gpus, size.gpus)
        && asked.max_price.is_none_or(|most| machine.price <= most)
        && (!asked.current || machine.hardware.current)
}

/// Whether `name` contains `pattern`; with `*`, which stands for anything, whether it is like it as a whole.
fn matches(pattern: &str, name: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else {
        return name.contains(pattern);
    };
    let Some(mut left) = name.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        match left.find(part) {
            Some(at) => left = &left[at + part.len()..],
            None => return false,
        }
    }
    left.ends_with(last)
}

fn absent(catalogue: &Catalogue, asked: &Catalog) -> Failure {
    let alone = asked.pattern.as_deref().filter(|pattern| {
        let mut types = catalogue.iter();
        !types.any(|(_, machine)| matches(pattern, &machine.name))
    });
    Failure::Absent(match alone {
        Some(pattern) => {
            let hint = near(catalogue, pattern);
            format!("no instance type's name contains `{pattern}`{hint}")
        }
        None => "no instance type is like that; leave a condition out".to_owned(),
    })
}

/// What each kind of list says of a machine's speed.
type Speed = Option<Ratio>;

fn as_json(found: &[&InstanceType], speed: impl Fn(&InstanceType) -> Speed) -> String {
    Json::document(|json| {
        json.text("speed_reference", REFERENCE);
        json.array("instance_types", |json| {
            for machine in found {
                let hardware = &machine.hardware;
                json.element(|json| {
                    json.text("name", &machine.name);
                    json.whole("vcpus", u64::from(machine.nominal.vcpus));
                    json.whole("memory_mib", u64::from(machine.nominal.memory));
                    json.whole("usable_memory_mib", u64::from(machine.usable_memory));
                    json.whole("gpus", u64::from(machine.nominal.gpus));
                    if let Some(gpu) = &hardware.gpu {
                        json.text("gpu_model", &gpu.model);
                        if let Some(memory) = gpu.memory {
                            json.whole("gpu_memory_mib", u64::from(memory));
                        }
                    }
                    json.text("architecture", machine.architecture.name());
                    json.flag("current_generation", hardware.current);
                    json.flag("burstable", hardware.burstable);
                    if let Some(speed) = speed(machine) {
                        json.text("coremark_speed", &speed.to_string());
                    }
                    json.text("price_usd_per_h", &machine.price.to_string());
                    json.text("source", &machine.source);
                });
            }
        });
    })
}

fn as_csv(found: &[&InstanceType], speed: impl Fn(&InstanceType) -> Speed) -> String {
    let mut text = "instance_type,vcpus,memory_mib,usable_memory_mib,gpus,gpu_model,gpu_memory_mib,architecture,\
        current_generation,burstable,coremark_speed,price_usd_per_h,price_date\n"
        .to_owned();
    for machine in found {
        let hardware = &machine.hardware;
        let gpu = hardware.gpu.as_ref();
        let memory = gpu.and_then(|gpu| gpu.memory);
        let (_, date) = machine.source.rsplit_once(' ').unwrap_or_default();
        text.push_str(&format!(
            "{},{},{},{},{},{},{},{},{},{},{},{},{date}\n",
            machine.name,
            machine.nominal.vcpus,
            machine.nominal.memory,
            machine.usable_memory,
            machine.nominal.gpus,
            gpu.map_or("", |gpu| gpu.model.as_str()),
            memory.map_or(String::new(), |mib| mib.to_string()),
            machine.architecture.name(),
            hardware.current,
            hardware.burstable,
            speed(machine).map_or(String::new(), |speed| speed.to_string()),
            machine.price,
        ));
    }
    text
}

fn as_text(found: &[&InstanceType], speed: impl Fn(&InstanceType) -> Speed) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(WIDTH)
        .set_header([
            "type", "vCPU", "MiB", "for jobs", "GPU", "arch", "speed", "USD/h",
        ]);
    for index in [1, 2, 3, 6, 7] {
        if let Some(column) = table.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut sources: Vec<(&str, usize)> = Vec::new();
    for machine in found {
        table.add_row([
            machine.name.clone(),
            machine.nominal.vcpus.to_string(),
            machine.nominal.memory.to_string(),
            machine.usable_memory.to_string(),
            gpus(machine),
            machine.architecture.name().to_owned(),
            speed(machine).map_or("-".to_owned(), hundredths),
            machine.price.to_string(),
        ]);
        match sources.iter_mut().find(|(name, _)| *name == machine.source) {
            Some((_, count)) => *count += 1,
            None => sources.push((&machine.source, 1)),
        }
    }
    let lines = table.lines().map(|line| format!("{}\n", line.trim_end()));
    let mut text: String = lines.collect();
    text.push_str(&match found.len() {
        1 => "1 type\n".to_owned(),
        count => format!("{count} types\n"),
    });
    sources.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    for (source, count) in sources {
        text.push_str(&match count == found.len() {
            true => format!("prices: {source}\n"),
            false => format!("prices of {count}: {source}\n"),
        });
    }
    text.push_str(&format!(
        "for jobs: MiB that the agent registers; speed: CoreMark per vCPU, {REFERENCE} = 1\n"
    ));
    text
}

/// `4 A10G`, or nothing.
fn gpus(machine: &InstanceType) -> String {
    let Some(gpu) = &machine.hardware.gpu else {
        return String::new();
    };
    let model = gpu.model.strip_prefix("NVIDIA ").unwrap_or(&gpu.model);
    match machine.nominal.gpus {
        0 => format!("part of {model}"),
        count => format!("{count} {model}"),
    }
}

/// `ratio` to two decimals, rounded half up.
fn hundredths(ratio: Ratio) -> String {
    let whole = (ratio.parts() + Ratio::PARTS / 200) / (Ratio::PARTS / 100);
    format!("{}.{:02}", whole / 100, whole % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_a_part_of_a_name_or_has_stars() {
        for (pattern, name, is_like) in [
            ("c6i", "c6i.large", true),
            (".large", "c6i.large", true),
            ("c6i", "m6i.large", false),
            ("c*.large", "c6i.large", true),
            ("c*.large", "c6i.xlarge", false),
            ("*6*large", "c6i.12xlarge", true),
            ("*", "c6i.12xlarge", true),
            ("6i.*", "c6i.large", false),
            ("c6i.large*large", "c6i.large", false),
        ] {
            assert_eq!(matches(pattern, name), is_like, "{pattern} {name}");
        }
    }

    #[test]
    fn the_whole_list_stays_within_a_terminal() {
        let types = common_types();
        let found: Vec<&InstanceType> = types.iter().collect();
        let text = as_text(&found, |_| Some(Ratio::ONE));
        for line in text.lines() {
            assert!(line.chars().count() <= usize::from(WIDTH), "{line}");
        }
    }

    #[test]
    fn a_list_is_sorted_as_asked() {
        let catalogue = Catalogue::new(common_types());
        let names = |sort: CatalogOrder| -> Vec<&str> {
            let asked = Catalog {
                family: vec!["c6i".to_owned(), "c7g".to_owned()],
                max_vcpus: Some(4),
                sort,
                ..Catalog::default()
            };
            let found = search(&catalogue, &asked).unwrap();
            found.iter().map(|machine| machine.name.as_str()).collect()
        };
        let by_name = [
            "c6i.large",
            "c6i.xlarge",
            "c7g.medium",
            "c7g.large",
            "c7g.xlarge",
        ];
        assert_eq!(names(CatalogOrder::Name), by_name);
        let by_price = [
            "c7g.medium",
            "c7g.large",
            "c6i.large",
            "c7g.xlarge",
            "c6i.xlarge",
        ];
        assert_eq!(names(CatalogOrder::Price), by_price);
        // 0.03625 and 0.0425 USD a vCPU-hour.
        let by_vcpu = names(CatalogOrder::VcpuPrice);
        assert!(by_vcpu[..3].iter().all(|name| name.starts_with("c7g")));
        let by_speed = names(CatalogOrder::SpeedPrice);
        assert!(by_speed[..3].iter().all(|name| name.starts_with("c7g")));
    }
}
