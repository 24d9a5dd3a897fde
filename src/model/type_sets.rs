//! What the `instanceTypes` of a managed compute environment stand for: types, families and AWS's own bundles.
//!
//! [`expand`] is asked wherever a request names types: by `input` when it reads a scenario, and by `control` when
//! `CreateComputeEnvironment` or `UpdateComputeEnvironment` comes through its door. Refusals carry AWS's reason.

use std::fmt;

use crate::units::TypeId;

use super::rules::Fault;
use super::{Architecture, Catalogue};

/// The families of `default_x86_64` (API ComputeResource, 2025-11).
pub const DEFAULT_X86_64: &[&str] = &["m6i", "c6i", "r6i", "c7i"];
/// The families of `default_arm64` (API ComputeResource, 2025-11).
pub const DEFAULT_ARM64: &[&str] = &["m6g", "c6g", "r6g", "c7g"];

/// What `optimal` stands for. AWS changed it over the years, and in an account at its own pace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Optimal {
    /// The same as `default_x86_64`: since 2025-11-01 (API ComputeResource).
    #[default]
    DefaultX86_64,
    /// C4, M4 and R4, and C5, M5 and R5: before (API ComputeResourceUpdate).
    C4C5M4M5R4R5,
    /// C4, M4 and R4: 2017 to about 2023 (User Guide of then); a job of more than 64 vCPUs never runs.
    C4M4R4,
}

impl Optimal {
    /// All meanings, from today's back.
    pub const ALL: [Optimal; 3] = [
        Optimal::DefaultX86_64,
        Optimal::C4C5M4M5R4R5,
        Optimal::C4M4R4,
    ];

    /// The word that a scenario writes.
    pub const fn name(self) -> &'static str {
        match self {
            Optimal::DefaultX86_64 => "default_x86_64",
            Optimal::C4C5M4M5R4R5 => "c4-c5-m4-m5-r4-r5",
            Optimal::C4M4R4 => "c4-m4-r4",
        }
    }

    /// The meaning called `name`.
    pub fn find(name: &str) -> Option<Optimal> {
        Optimal::ALL.into_iter().find(|one| one.name() == name)
    }

    /// The families it stands for.
    pub const fn families(self) -> &'static [&'static str] {
        match self {
            Optimal::DefaultX86_64 => DEFAULT_X86_64,
            Optimal::C4C5M4M5R4R5 => &["c4", "c5", "m4", "m5", "r4", "r5"],
            Optimal::C4M4R4 => &["c4", "m4", "r4"],
        }
    }
}

/// The types that a request allows, all of one architecture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeSet {
    /// Their architecture.
    pub architecture: Architecture,
    /// The types by entry of the request, in its order; each type once, in order of name. One that is named itself stands at
    /// its own entry and not with its family (API, BEST_FIT_PROGRESSIVE_ORDERED), so an entry may be left with none.
    pub entries: Vec<Vec<TypeId>>,
}

impl TypeSet {
    /// For each of [`TypeSet::types`] which entry stands for it.
    pub fn positions(&self) -> Vec<u32> {
        let entries = self.entries.iter().enumerate();
        let mut places: Vec<(TypeId, u32)> = entries
            .flat_map(|(at, types)| types.iter().map(move |&id| (id, at as u32)))
            .collect();
        places.sort_unstable();
        places.into_iter().map(|(_, at)| at).collect()
    }

    /// All types, in order of name.
    pub fn types(&self) -> Vec<TypeId> {
        let mut types: Vec<TypeId> = self.entries.iter().flatten().copied().collect();
        types.sort_unstable();
        types
    }
}

/// Why AWS refuses `instanceTypes`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypeFault {
    /// The list is empty.
    Nothing,
    /// The entry at `at` is no type, family or bundle.
    Unknown {
        /// Its place in the list.
        at: usize,
        /// What it says.
        name: String,
    },
    /// The entry at `at` is a family that has only metal types, which a family does not stand for.
    OnlyMetal {
        /// Its place in the list.
        at: usize,
        /// What it says.
        name: String,
    },
    /// The entry at `at` has another architecture than the first, `other`.
    Mixed {
        /// Its place in the list.
        at: usize,
        /// What it says.
        name: String,
        /// Its architecture.
        architecture: Architecture,
        /// What the first entry says.
        other: String,
    },
}

impl TypeFault {
    /// The member it is about, below `instanceTypes`.
    fn member(&self) -> String {
        match self {
            TypeFault::Nothing => "instanceTypes".to_owned(),
            TypeFault::Unknown { at, .. }
            | TypeFault::OnlyMetal { at, .. }
            | TypeFault::Mixed { at, .. } => format!("instanceTypes/{at}"),
        }
    }

    /// The fault as those of [`super::rules`] are.
    pub fn fault(&self) -> Fault {
        Fault {
            member: self.member(),
            message: self.to_string(),
        }
    }
}

impl fmt::Display for TypeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TypeFault::Nothing => {
                f.write_str("instanceTypes names nothing; write types or families, or optimal")
            }
            TypeFault::Unknown { name, .. } => write!(
                f,
                "Instance type can only be one of the types and families there are, optimal, default_x86_64 and default_arm64; `{name}` is none"
            ),
            TypeFault::OnlyMetal { name, .. } => write!(
                f,
                "the family `{name}` has only metal types, which a family does not stand for; name them"
            ),
            TypeFault::Mixed {
                name,
                architecture,
                other,
                ..
            } => write!(
                f,
                "arm-based instance type cannot be used with other instance types: `{name}` is {} and `{other}` is not",
                architecture.name()
            ),
        }
    }
}

/// The types that `asked` stands for: a type by its name, all sizes of a family but the metal ones (User Guide, instance
/// types), and AWS's bundles. A scenario's own types count to the family that their name says.
///
/// # Errors
/// Every entry that AWS would refuse, with its reason.
pub fn expand(
    catalogue: &Catalogue,
    asked: &[String],
    optimal: Optimal,
) -> Result<TypeSet, Vec<TypeFault>> {
    let mut faults = Vec::new();
    let mut first: Option<(&str, Architecture)> = None;
    let mut entries: Vec<Vec<TypeId>> = Vec::new();
    for (at, name) in asked.iter().enumerate() {
        let types = match meaning(catalogue, name, optimal) {
            Meaning::Types(types) => types,
            Meaning::OnlyMetal => {
                let name = name.clone();
                faults.push(TypeFault::OnlyMetal { at, name });
                continue;
            }
            Meaning::Nothing => {
                let name = name.clone();
                faults.push(TypeFault::Unknown { at, name });
                continue;
            }
        };
        let architectures = types.iter().map(|id| catalogue.get(*id).architecture);
        for architecture in architectures {
            let (other, known) = *first.get_or_insert((name, architecture));
            if architecture != known {
                faults.push(TypeFault::Mixed {
                    at,
                    name: name.clone(),
                    architecture,
                    other: other.to_owned(),
                });
                break;
            }
        }
        entries.push(types);
    }
    let Some((_, architecture)) = first else {
        if faults.is_empty() {
            faults.push(TypeFault::Nothing);
        }
        return Err(faults);
    };
    if !faults.is_empty() {
        return Err(faults);
    }
    once(catalogue, asked, &mut entries);
    Ok(TypeSet {
        architecture,
        entries,
    })
}

/// What one entry stands for.
enum Meaning {
    Types(Vec<TypeId>),
    OnlyMetal,
    Nothing,
}

fn meaning(catalogue: &Catalogue, name: &str, optimal: Optimal) -> Meaning {
    if let Some(id) = catalogue.find(name) {
        return Meaning::Types(vec![id]);
    }
    let families: &[&str] = match name {
        "optimal" => optimal.families(),
        "default_x86_64" => DEFAULT_X86_64,
        "default_arm64" => DEFAULT_ARM64,
        family => &[family],
    };
    let members = || families.iter().flat_map(|family| catalogue.family(family));
    let mut types: Vec<TypeId> = members()
        .filter(|(_, machine)| !machine.is_metal())
        .map(|(id, _)| id)
        .collect();
    types.sort_unstable();
    match types.is_empty() {
        false => Meaning::Types(types),
        true if members().next().is_some() => Meaning::OnlyMetal,
        true => Meaning::Nothing,
    }
}

/// Leaves each type once: at the entry that names it, else at the first that stands for it.
fn once(catalogue: &Catalogue, asked: &[String], entries: &mut [Vec<TypeId>]) {
    let mut owner: Vec<Option<usize>> = vec![None; catalogue.len()];
    for (at, name) in asked.iter().enumerate() {
        if let Some(id) = catalogue.find(name) {
            owner[id.index()].get_or_insert(at);
        }
    }
    for (at, types) in entries.iter_mut().enumerate() {
        types.retain(|id| *owner[id.index()].get_or_insert(at) == at);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Hardware, InstanceType};
    use super::*;
    use crate::units::{PricePerHour, Ratio, Shape};

    fn catalogue() -> Catalogue {
        let names = "a1.large c4.large c5.large c5.metal c5.xlarge c6g.large c6i.large c7i.large c7i-flex.large \
            m4.large m5.large m6i.large mine r4.large r5.large r6i.large u-9tb1.metal";
        Catalogue::new(names.split_whitespace().map(|name| InstanceType {
            name: name.to_owned(),
            nominal: Shape::new(2, 4096, 0),
            usable_memory: 3700,
            architecture: match name {
                "a1.large" | "c6g.large" => Architecture::Arm64,
                _ => Architecture::X86_64,
            },
            price: PricePerHour::FREE,
            speed: Ratio::ONE,
            source: String::new(),
            hardware: Hardware::default(),
        }))
    }

    fn asked(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    /// The names that `text` stands for, entry by entry, with `;` between entries.
    fn check(text: &str, optimal: Optimal, names: &str) {
        let catalogue = catalogue();
        let found = expand(&catalogue, &asked(text), optimal).unwrap();
        let entries: Vec<String> = found
            .entries
            .iter()
            .map(|types| {
                let names: Vec<&str> = types
                    .iter()
                    .map(|id| catalogue.get(*id).name.as_str())
                    .collect();
                names.join(" ")
            })
            .collect();
        assert_eq!(entries.join("; "), names, "{text}");
    }

    fn refused(text: &str, reasons: &[(&str, &str)]) {
        let faults = expand(&catalogue(), &asked(text), Optimal::default()).unwrap_err();
        assert_eq!(faults.len(), reasons.len(), "{text}: {faults:?}");
        for (fault, (member, part)) in faults.iter().map(TypeFault::fault).zip(reasons) {
            assert_eq!(fault.member, *member, "{text}");
            assert!(fault.message.contains(part), "{text}: {}", fault.message);
        }
    }

    #[test]
    fn a_family_is_all_its_sizes_but_metal_and_no_other_family_that_begins_like_it() {
        check("c5", Optimal::default(), "c5.large c5.xlarge");
        check("c7i", Optimal::default(), "c7i.large");
        check("c5.metal", Optimal::default(), "c5.metal");
        check("mine", Optimal::default(), "mine");
    }

    #[test]
    fn optimal_is_what_it_was_at_its_time() {
        let today = "c6i.large c7i.large m6i.large r6i.large";
        check("optimal", Optimal::DefaultX86_64, today);
        check("default_x86_64", Optimal::C4M4R4, today);
        check("optimal", Optimal::C4M4R4, "c4.large m4.large r4.large");
        check(
            "optimal",
            Optimal::C4C5M4M5R4R5,
            "c4.large c5.large c5.xlarge m4.large m5.large r4.large r5.large",
        );
        check("default_arm64", Optimal::default(), "c6g.large");
        for optimal in Optimal::ALL {
            assert_eq!(Optimal::find(optimal.name()), Some(optimal));
        }
    }

    #[test]
    fn a_type_that_is_named_is_taken_out_of_its_family() {
        check(
            "c5 c5.large optimal c6i",
            Optimal::default(),
            "c5.xlarge; c5.large; c6i.large c7i.large m6i.large r6i.large; ",
        );
        let catalogue = catalogue();
        let set = expand(
            &catalogue,
            &asked("r5 c5.large c5 c5.large"),
            Optimal::default(),
        );
        let types = set.unwrap().types();
        assert!(types.is_sorted() && types.len() == 3, "{types:?}");
    }

    #[test]
    fn what_aws_refuses_is_refused_with_its_reason() {
        refused("", &[("instanceTypes", "names nothing")]);
        refused(
            "c6x c5 C5",
            &[
                ("instanceTypes/0", "can only be one of"),
                ("instanceTypes/2", "`C5` is none"),
            ],
        );
        refused("u-9tb1", &[("instanceTypes/0", "has only metal types")]);
        refused(
            "c5 a1 c6g.large",
            &[
                (
                    "instanceTypes/1",
                    "arm-based instance type cannot be used with other instance types: `a1` is arm64 and `c5` is not",
                ),
                ("instanceTypes/2", "`c6g.large` is arm64"),
            ],
        );
        for mixed in ["optimal default_arm64", "a1.large optimal"] {
            refused(mixed, &[("instanceTypes/1", "arm-based")]);
        }
    }
}
