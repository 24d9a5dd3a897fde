//! Which machine with room takes a job.

/// A known placement: its name and a sentence.
#[derive(Clone, Copy, Debug)]
pub struct KnownPlacement {
    /// The name that scenarios use.
    pub name: &'static str,
    /// What it does.
    pub sentence: &'static str,
    /// Which it is.
    pub placement: Placement,
}

/// How machines with room are ranked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// Least free memory, then fewest free vCPUs, then launched first: fills machines one after the other.
    Pack,
    /// Most free memory, then most free vCPUs, then launched first: keeps machines evenly loaded.
    Spread,
}

/// Every known placement.
pub const PLACEMENTS: &[KnownPlacement] = &[
    KnownPlacement {
        name: "pack",
        sentence: "The machine with the least free memory, then the fewest free vCPUs, then the one launched first.",
        placement: Placement::Pack,
    },
    KnownPlacement {
        name: "spread",
        sentence: "The machine with the most free memory, then the most free vCPUs, then the one launched first.",
        placement: Placement::Spread,
    },
];

/// The placement called `name`.
///
/// # Errors
/// A sentence with the names there are.
pub fn find(name: &str) -> Result<&'static KnownPlacement, String> {
    PLACEMENTS
        .iter()
        .find(|known| known.name == name)
        .ok_or_else(|| {
            let names: Vec<&str> = PLACEMENTS.iter().map(|known| known.name).collect();
            format!(
                "`{name}` is not a placement; use one of {}",
                names.join(", ")
            )
        })
}
