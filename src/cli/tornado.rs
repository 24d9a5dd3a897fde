//! `batchcast run … --tornado`: the run once more for each end of each assumption.

use crate::metrics::{Figures, Summary};
use crate::plan::{self, Moved, Tornado, Variation, variations};
use crate::policy::{discipline, placement};
use crate::report::{Style, tornado_json, tornado_text};

use super::again::{in_a_line, set};
use super::args::{Common, Run};
use super::failure::Failure;
use super::output::print;
use super::progress::Steps;
use super::run::read;

/// Makes the runs and prints what came of them.
///
/// # Errors
/// Everything that is wrong with the input.
pub fn tornado(run: &Run, common: &Common, style: Style) -> Result<(), Failure> {
    let input = read(run)?;
    super::remember_seed(input.loaded.seed);
    let settings = &input.loaded.scenario.world.settings;
    let variations = variations(settings, &policies());
    let steps = Steps::new(variations.len() as u64 + 1, "runs", common.quiet);
    let mut all: Vec<Option<&Variation>> = vec![None];
    all.extend(variations.iter().map(Some));
    let mut summaries = plan::each(&all, |variation| {
        let summary = match variation {
            None => Ok(plan::replication(&input.loaded.scenario, input.loaded.seed)),
            Some(variation) => varied(run, variation),
        };
        steps.step();
        summary
    });
    drop(steps);
    let base = summaries.remove(0).map_err(Failure::Usage)?;
    let figures = summaries.into_iter();
    let figures = figures.map(|summary| Figures::beside(&summary?, &base));
    let pairs = variations.into_iter().zip(figures);
    let tornado = Tornado {
        scenario: input.loaded.scenario.name.clone(),
        seed: input.loaded.seed,
        settings: settings.clone(),
        base: Figures::of(&base),
        moved: pairs
            .map(|(variation, after)| Moved { variation, after })
            .collect(),
    };
    if common.json {
        return print(&tornado_json(&tornado));
    }
    print(&tornado_text(&tornado, style))
}

/// The run of `run` with one assumption moved.
fn varied(run: &Run, variation: &Variation) -> Result<Summary, String> {
    let mut run = run.clone();
    set(&mut run, variation.assumption.key, &variation.value);
    let input = read(&run).map_err(|failure| in_a_line(&failure))?;
    Ok(plan::replication(&input.loaded.scenario, input.loaded.seed))
}

/// The policies that an assumption may name. Orders other than AWS's are for research, so they are no assumptions.
fn policies() -> [(&'static str, Vec<String>); 3] {
    let disciplines = discipline::DISCIPLINES
        .iter()
        .map(|known| known.name.replace(":K", ":100"));
    let placements = placement::PLACEMENTS
        .iter()
        .map(|known| known.name.to_owned());
    let speeds = ["uniform", "coremark"].map(str::to_owned);
    [
        ("dispatch", disciplines.collect()),
        ("placement", placements.collect()),
        ("machineSpeed", speeds.to_vec()),
    ]
}
