//! `batchcast compare`: variants side by side under the same luck.

use crate::plan::{MEASURES, each, grid, seed_of};
use crate::report::{BestPage, best_json, best_text, comparison_text, study_json};
use crate::stats::{Moments, select_best};

use super::super::args::Common;
use super::super::failure::Failure;
use super::super::output::{print, style};
use super::super::progress::Steps;
use super::super::traces::keep_traces;
use super::args::Compare;
use super::{Candidate, enough, run_of, short, study_of};

/// Replications of each variant where nothing is said.
const REPLICATIONS: u64 = 20;
/// Replications of each before any is dropped from the search for the best.
const FIRST: u64 = 10;
/// The most of the last two of them.
const MOST: u64 = 10_000;

/// Compares what is asked for.
///
/// # Errors
/// Everything that is wrong with a scenario, a key or a value.
pub fn compare(asked: &Compare, common: &Common) -> Result<(), Failure> {
    keep_traces();
    let candidates = candidates(asked)?;
    if candidates.len() < 2 {
        return Err(Failure::Usage(
            "there is only one variant: name several scenarios, or several values with --vary KEY=A,B"
                .to_owned(),
        ));
    }
    let seed = candidates[0].input.loaded.seed;
    super::super::remember_seed(seed);
    if let Some(name) = &asked.best {
        return best(asked, name, &candidates, seed, common);
    }
    let enough = enough(&asked.study, REPLICATIONS);
    let study = study_of(&candidates, enough, &asked.study, common)?;
    match common.json {
        true => print(&study_json(&study)),
        false => print(&comparison_text(&study, style())),
    }
}

/// Every variant that is asked for, the first of all first.
fn candidates(asked: &Compare) -> Result<Vec<Candidate>, Failure> {
    let mut found: Vec<Candidate> = Vec::new();
    let cells = grid(&asked.vary).map_err(|why| Failure::Usage(format!("--vary {why}")))?;
    let keys = || asked.vary.iter().map(|(key, _)| key.clone());
    for path in &asked.scenarios {
        for cell in &cells {
            let sets: Vec<(String, String)> = keys().zip(cell.iter().cloned()).collect();
            let values: Vec<String> = sets
                .iter()
                .map(|(key, value)| format!("{}={value}", last_part(key)))
                .collect();
            let name = match (asked.scenarios.len(), values.is_empty()) {
                (1, false) => values.join(" "),
                (_, true) => short(path),
                (_, false) => format!("{} {}", short(path), values.join(" ")),
            };
            let run = run_of(path, &asked.set, &sets, asked.seed)?;
            let candidate = Candidate::of(name, &run)?;
            found.push(candidate);
        }
    }
    // Paths that end alike are told in full.
    for index in 0..found.len() {
        let is_twice = |other: &Candidate| other.name == found[index].name;
        if found.iter().filter(|other| is_twice(other)).count() > 1
            && let Some(path) = &found[index].run.scenario
        {
            found[index].name = path.display().to_string();
        }
    }
    Ok(found)
}

/// The last part of a key, which mostly tells it.
fn last_part(key: &str) -> &str {
    key.rsplit(['.', '/']).next().unwrap_or(key)
}

/// Finds the best variant by one measure.
fn best(
    asked: &Compare,
    name: &str,
    candidates: &[Candidate],
    seed: u64,
    common: &Common,
) -> Result<(), Failure> {
    let Some(place) = MEASURES.iter().position(|one| one.name == name) else {
        let names: Vec<&str> = MEASURES.iter().map(|measure| measure.name).collect();
        return Err(Failure::Usage(format!(
            "--best {name}: there is no such measure; use one of {}",
            names.join(", ")
        )));
    };
    let steps = Steps::new(FIRST * candidates.len() as u64, "runs", common.quiet);
    let mut search = Search {
        candidates,
        seed,
        place,
        steps,
        seen: vec![Vec::new(); candidates.len()],
        failed: None,
    };
    let indifference = asked.indifference.unwrap_or_else(|| {
        let first: Vec<f64> = (0..FIRST)
            .flat_map(|number| search.observe(&[0], number))
            .collect();
        (Moments::of(&first).mean().abs() / 100.0).max(1e-6)
    });
    let selection = select_best(
        candidates.len(),
        FIRST,
        MOST,
        asked.study.confidence(),
        indifference,
        |left, number| search.observe(left, number),
    );
    if let Some(why) = search.failed {
        return Err(Failure::Usage(why));
    }
    let sign = if MEASURES[place].more_is_better {
        -1.0
    } else {
        1.0
    };
    let means = search
        .seen
        .iter()
        .map(|seen| sign * Moments::of(seen).mean());
    let page = BestPage {
        measure: &MEASURES[place],
        confidence: asked.study.confidence(),
        indifference,
        names: candidates.iter().map(|one| one.name.clone()).collect(),
        means: means.collect(),
        selection,
    };
    match common.json {
        true => print(&best_json(&page)),
        false => print(&best_text(&page, style())),
    }
}

/// Replications of variants as a search for the best asks for them; none is made twice.
struct Search<'a> {
    candidates: &'a [Candidate],
    seed: u64,
    /// The measure's place in the list.
    place: usize,
    steps: Steps,
    /// What each variant gave, replication by replication; less is better.
    seen: Vec<Vec<f64>>,
    failed: Option<String>,
}

impl Search<'_> {
    /// The next replication of each of `left`, or what is known of it.
    fn observe(&mut self, left: &[usize], number: u64) -> Vec<f64> {
        let is_new = |&&index: &&usize| self.seen[index].len() as u64 <= number;
        let new: Vec<usize> = left.iter().filter(is_new).copied().collect();
        let made = each(&new, |&index| {
            let made = self.candidates[index].observe(seed_of(self.seed, number));
            self.steps.step();
            made
        });
        let measure = &MEASURES[self.place];
        for (&index, result) in new.iter().zip(made) {
            let value = result.and_then(|observation| {
                observation.values[self.place].ok_or_else(|| {
                    format!("replication {number} has no {}: no job ended", measure.name)
                })
            });
            let value = value.unwrap_or_else(|why| {
                let why = format!("{}: {why}", self.candidates[index].name);
                self.failed.get_or_insert(why);
                0.0
            });
            self.seen[index].push(if measure.more_is_better {
                -value
            } else {
                value
            });
        }
        left.iter()
            .map(|&index| self.seen[index][number as usize])
            .collect()
    }
}
