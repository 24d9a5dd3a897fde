//! The script that exports all that a twin is made of.

/// The script for `region`.
pub fn commands(region: &str) -> String {
    format!("# {region}\n")
}
