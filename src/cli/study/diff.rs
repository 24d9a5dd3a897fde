//! `batchcast diff`: whether a change may be made, for whoever runs it on every change.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::plan::{MEASURES, Threshold};
use crate::report::DiffPage;

use super::super::args::{Common, Run, key_value};
use super::super::failure::Failure;
use super::super::output::print;
use super::super::traces::keep_traces;
use super::args::Replications;
use super::{Candidate, enough, run_of, short, study_of};

pub const DIFF_EXAMPLES: &str = "\
Examples:
  batchcast diff main/nightly.toml nightly.toml --fail-if 'cost>+5%' --fail-if 'makespan>6h'
  batchcast diff before.toml after.toml --replications 50 >> $GITHUB_STEP_SUMMARY

Limits: +5% or -5% of the base's mean, +2m or -10 (seconds, USD) beyond it, or a value without a sign. A threshold is crossed
when the whole interval lies past it.

Exit code 3 where a threshold is crossed.";

/// Replications where nothing is said.
const REPLICATIONS: u64 = 20;

/// `batchcast diff`.
#[derive(Clone, Debug, Args)]
pub struct Diff {
    /// A scenario file or folder: as it is.
    pub base: PathBuf,
    /// A scenario file or folder: as it would be.
    pub candidate: PathBuf,
    /// Fail where this is so, such as 'cost>+5%'; may be repeated. Measures: cost, makespan, wait, wait_p95, or their names in JSON.
    #[arg(long, value_name = "MEASURE>LIMIT", value_parser = Threshold::parse)]
    pub fail_if: Vec<Threshold>,
    /// Set a parameter in both; may be repeated.
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value)]
    pub set: Vec<(String, String)>,
    /// The seed from which those of the replications are drawn.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// How many replications; 20 where nothing is said.
    #[command(flatten)]
    pub study: Replications,
}

/// Prints the table, and fails where a threshold is crossed.
///
/// # Errors
/// Everything that is wrong with a scenario; a threshold that is crossed.
pub fn diff(asked: &Diff, common: &Common) -> Result<(), Failure> {
    keep_traces();
    let candidate = |path: &Path, name: &str| -> Result<Candidate, Failure> {
        let run: Run = run_of(path, &asked.set, &[], asked.seed)?;
        Candidate::of(name.to_owned(), &run)
    };
    let names = [&asked.base, &asked.candidate].map(|path| short(path));
    let names = match names[0] == names[1] {
        true => ["base".to_owned(), "candidate".to_owned()],
        false => names,
    };
    let both = [
        candidate(&asked.base, &names[0])?,
        candidate(&asked.candidate, &names[1])?,
    ];
    // Thresholds are about the assumptions that hold; profiles are for people, who run `compare`.
    let options = Replications {
        no_profiles: true,
        ..asked.study.clone()
    };
    let study = study_of(&both, enough(&asked.study, REPLICATIONS), &options, common)?;
    let page = DiffPage {
        study: &study,
        thresholds: &asked.fail_if,
    };
    match (common.json, common.quiet) {
        (true, _) => print(&page.json())?,
        (false, true) => {}
        (false, false) => print(&page.markdown())?,
    }
    let crossed = page.crossed();
    if crossed.is_empty() {
        return Ok(());
    }
    let told: Vec<String> = crossed
        .iter()
        .map(|one| format!("{} ({})", one.text, MEASURES[one.place].name))
        .collect();
    Err(Failure::Crossed(told.join(", ")))
}
