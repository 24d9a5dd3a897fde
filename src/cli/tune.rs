//! `batchcast run … --tune-checkpoint NAME`: how often the jobs of a definition should save their work.

use crate::model::{Interruption, Scenario};
use crate::plan::{self, checkpoint_of};
use crate::policy::checkpoint::IntervalRule;
use crate::report::{Style, tune_json, tune_text};
use crate::units::{Ratio, Span};

use super::args::{Common, Run};
use super::failure::Failure;
use super::output::print;
use super::progress::Steps;
use super::run::read;

/// Intervals to begin with, on each side of the first, in steps of a factor of √2.
const STEPS: i32 = 6;
/// How often it is looked between the best and its neighbours.
const ROUNDS: u32 = 2;

/// Makes the runs and prints what came of them.
///
/// # Errors
/// Everything that is wrong with the input, or no such definition with a checkpoint.
pub fn tune(run: &Run, name: &str, common: &Common, style: Style) -> Result<(), Failure> {
    let input = read(run)?;
    let scenario = &input.loaded.scenario;
    super::remember_seed(input.loaded.seed);
    let Some(checkpoint) = checkpoint_of(scenario, name) else {
        return Err(Failure::Usage(format!(
            "--tune-checkpoint {name}: the scenario has no job definition of that name with a checkpoint"
        )));
    };
    let cost = checkpoint.cost.max(Span::from_ms(1));
    let mean = mean_up_time(scenario);
    let rules: Vec<(&'static str, Span)> = match mean {
        Some(mean) => IntervalRule::ALL
            .map(|rule| (rule.name(), rule.interval_of(cost, mean)))
            .to_vec(),
        None => Vec::new(),
    };
    let first = rules.first().map(|(_, interval)| *interval);
    let Some(first) = first.or(checkpoint.interval) else {
        return Err(Failure::Usage(format!(
            "--tune-checkpoint {name}: nothing says where to begin; give the checkpoint an interval, or spot interruptionsPerHour"
        )));
    };
    let grid = (-STEPS..=STEPS).map(|step| {
        let ms = first.ms() as f64 * libm::pow(2.0, f64::from(step) / 2.0);
        Span::from_ms((libm::round(ms) as u64).max(1)).min(Span::LONGEST)
    });
    let intervals: Vec<Span> = grid
        .chain(rules.iter().map(|(_, interval)| *interval))
        .collect();
    let runs = intervals.len() as u64 + 2 * u64::from(ROUNDS);
    let steps = Steps::new(runs, "runs", common.quiet);
    let tried = plan::tune(
        scenario,
        input.loaded.seed,
        name,
        &intervals,
        ROUNDS,
        || {
            steps.step();
        },
    );
    drop(steps);
    if common.json {
        return print(&tune_json(name, &rules, &tried));
    }
    print(&tune_text(name, &rules, &tried, style))
}

/// The mean time between interruptions in the Spot pool that has most of them.
fn mean_up_time(scenario: &Scenario) -> Option<Span> {
    let spot = &scenario.world.spot;
    let hazards = spot.pools.iter().map(|pool| pool.interruptions_per_hour);
    let most = hazards.max().filter(|most| *most > Ratio::ZERO)?;
    let ms = 3_600_000 * u128::from(Ratio::PARTS) / u128::from(most.parts());
    let is_by_chance = spot.interruption == Interruption::Hazard;
    is_by_chance.then(|| Span::from_ms(u64::try_from(ms).unwrap_or(u64::MAX)).min(Span::LONGEST))
}
