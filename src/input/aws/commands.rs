//! The script that exports all that a twin is made of.

use crate::model::type_sets::{DEFAULT_ARM64, DEFAULT_X86_64};

/// The script, with words in capitals for the region and the families of AWS's bundles.
const SCRIPT: &str = include_str!("export.sh");

/// The script for `region`.
pub fn commands(region: &str) -> String {
    let clean: String = region
        .chars()
        .filter(|letter| letter.is_ascii_alphanumeric() || *letter == '-')
        .collect();
    let families = |names: &[&str]| {
        let all: Vec<String> = names.iter().map(|name| format!("\"{name}.*\"")).collect();
        format!("({})", all.join(", "))
    };
    SCRIPT
        .replace("REGION_HERE", &clean)
        .replace("DEFAULT_X86", &families(DEFAULT_X86_64))
        .replace("DEFAULT_ARM", &families(DEFAULT_ARM64))
}
