//! Many runs of one question: replications over seeds, and variants side by side.

mod args;
mod compare;
mod diff;
mod emit;
mod journal;
mod merge;
mod plan;
mod sweep;

use std::path::Path;

use clap::Parser;

use crate::metrics::Summary;
use crate::model::Profile;
use crate::plan::{Enough, Observation, Study, Variant, replication, seed_of};
use crate::report::{replications_text, steady_json, steady_text, study_json};

use super::again::{in_a_line, set};
use super::args::{Command, CommandLine, Common, Run};
use super::failure::Failure;
use super::load::Input;
use super::output::{print, style};
use super::progress::Steps;
use super::run::read;
use super::traces::keep_traces;

pub use args::{COMPARE_EXAMPLES, Compare, Replications};
pub use compare::compare;
pub use diff::{DIFF_EXAMPLES, Diff, diff};
pub use merge::{Merge, merge};
pub use plan::{PLAN_EXAMPLES, Plan, plan as find_plan};
pub use sweep::{SWEEP_EXAMPLES, SweepArgs, sweep};

/// Replications of a run, and what they tell.
///
/// # Errors
/// Everything that is wrong with the input.
pub fn replicate(run: &Run, common: &Common) -> Result<(), Failure> {
    keep_traces();
    let candidate = Candidate::of(title(run), run)?;
    let study = study_of(&[candidate], enough(&run.study, 1), &run.study, common)?;
    match (common.json, common.quiet) {
        (true, _) => print(&study_json(&study)),
        (false, true) => Ok(()),
        (false, false) => print(&replications_text(&study, style())),
    }
}

/// What one long run tells of the steady state.
///
/// # Errors
/// Everything that is wrong with the input.
pub fn steady(run: &Run, common: &Common) -> Result<(), Failure> {
    let input = read(run)?;
    let (scenario, seed) = (&input.loaded.scenario, input.loaded.seed);
    super::remember_seed(seed);
    let confidence = run.study.confidence();
    let found = crate::plan::steady(scenario, seed, confidence);
    match (common.json, common.quiet) {
        (true, _) => print(&steady_json(&scenario.name, &found, confidence)),
        (false, true) => Ok(()),
        (false, false) => print(&steady_text(&scenario.name, &found, confidence, style())),
    }
}

/// Replications of each candidate, by the seed of the first.
fn study_of(
    candidates: &[Candidate],
    enough: Enough,
    asked: &Replications,
    common: &Common,
) -> Result<Study, Failure> {
    let seed = candidates[0].input.loaded.seed;
    super::remember_seed(seed);
    let profiles: u64 = candidates
        .iter()
        .map(|candidate| 1 + candidate.other_profiles(asked).len() as u64)
        .sum();
    let steps = Steps::new(planned(enough) * profiles, "runs", common.quiet);
    let variants = candidates
        .iter()
        .map(|candidate| candidate.study(seed, enough, asked, &steps));
    Ok(Study {
        seed,
        confidence: asked.confidence(),
        enough,
        variants: variants.collect::<Result<_, Failure>>()?,
    })
}

/// When there are enough replications; `default` where nothing is said.
fn enough(asked: &Replications, default: u64) -> Enough {
    match asked.precision {
        Some(relative) => Enough::Precision {
            relative,
            most: asked.max_replications,
        },
        None => Enough::Count(asked.replications.unwrap_or(default)),
    }
}

fn planned(enough: Enough) -> u64 {
    match enough {
        Enough::Count(count) => count,
        Enough::Precision { most, .. } => most,
    }
}

/// What a run without a scenario's name is called.
fn title(run: &Run) -> String {
    let path = run.scenario.as_deref().or(run.trace.as_deref());
    short(path.unwrap_or(Path::new("run")))
}

fn short(path: &Path) -> String {
    super::load::short_name(path)
}

/// The run of a scenario with keys set, those of `all` first.
fn run_of(
    path: &Path,
    all: &[(String, String)],
    own: &[(String, String)],
    seed: Option<u64>,
) -> Result<Run, Failure> {
    let words = ["batchcast", "run", "--"].map(AsRef::as_ref);
    let words = words.into_iter().chain([path.as_os_str()]);
    match CommandLine::try_parse_from(words).map(|line| line.command) {
        Ok(Command::Run(run)) => Ok(Run {
            set: all.iter().chain(own).cloned().collect(),
            seed,
            ..*run
        }),
        _ => Err(Failure::Usage(format!(
            "{}: is no scenario",
            path.display()
        ))),
    }
}

/// Something that can be run with any seed.
struct Candidate {
    name: String,
    run: Run,
    input: Input,
}

impl Candidate {
    /// Reads what `run` names.
    fn of(name: String, run: &Run) -> Result<Candidate, Failure> {
        Ok(Candidate {
            name,
            run: run.clone(),
            input: read(run)?,
        })
    }

    /// One replication. Where generators draw the jobs, they are drawn anew; all else is read once.
    fn observe(&self, seed: u64) -> Result<Observation, String> {
        self.summary(seed).map(|summary| Observation::of(&summary))
    }

    /// The figures of one replication.
    fn summary(&self, seed: u64) -> Result<Summary, String> {
        let loaded = &self.input.loaded;
        if !loaded.is_drawn || seed == loaded.seed {
            return Ok(replication(&loaded.scenario, seed));
        }
        let run = Run {
            seed: Some(seed),
            ..self.run.clone()
        };
        let input = read(&run).map_err(|failure| in_a_line(&failure))?;
        Ok(replication(&input.loaded.scenario, seed))
    }

    /// The profiles under whose assumptions it is run too.
    fn other_profiles(&self, asked: &Replications) -> Vec<Profile> {
        let own = self.input.loaded.scenario.world.settings.profile();
        let mut others = vec![Profile::Fast, Profile::Typical, Profile::Slow];
        others.retain(|profile| *profile != own && !asked.no_profiles);
        others
    }

    /// Replications under the run's own assumptions and under those of the other profiles.
    fn study(
        &self,
        seed: u64,
        enough: Enough,
        asked: &Replications,
        steps: &Steps,
    ) -> Result<Variant, Failure> {
        let make = |candidate: &Candidate, enough: Enough| {
            crate::plan::replicate(enough, asked.confidence(), |number| {
                let made = candidate.observe(seed_of(seed, number));
                steps.step();
                made
            })
            .map_err(|why| Failure::Usage(format!("{}: {why}", self.name)))
        };
        let made = make(self, enough)?;
        let count = Enough::Count(made.len() as u64);
        let by_profile = self.other_profiles(asked).into_iter().map(|profile| {
            let mut run = self.run.clone();
            set(&mut run, "profile", profile.name());
            let candidate = Candidate::of(self.name.clone(), &run)?;
            Ok((profile, make(&candidate, count)?))
        });
        Ok(Variant {
            name: self.name.clone(),
            by_profile: by_profile.collect::<Result<_, Failure>>()?,
            made,
        })
    }
}
