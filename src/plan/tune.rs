//! How often a job should save its work, found by runs: the scenario with one interval after another, all with the same seed.

use crate::metrics::{Figures, Summary};
use crate::model::{Checkpoint, Command, Scenario, TimeCause};
use crate::units::Span;

use super::{each, replication};

/// An interval and what a run with it gives.
#[derive(Clone, Copy, Debug)]
pub struct Tried {
    /// Time to work between two checkpoints.
    pub interval: Span,
    /// Milliseconds that all attempts of all jobs took: work, checkpoints and what was lost.
    pub busy_ms: u128,
    /// The run's figures.
    pub figures: Figures,
}

/// The checkpoint of the definition called `name`, if it has one.
pub fn checkpoint_of(scenario: &Scenario, name: &str) -> Option<Checkpoint> {
    let mut commands = scenario.commands.iter();
    commands.find_map(|timed| match &timed.command {
        Command::RegisterJobDefinition(definition) if definition.name == name => {
            definition.checkpoint
        }
        _ => None,
    })
}

/// Runs `scenario` with each of `intervals` for all revisions of the definition called `name`, then between the best and its
/// neighbours, `rounds` times. Returns all that were tried, by interval. `done` is called after each run.
pub fn tune(
    scenario: &Scenario,
    seed: u64,
    name: &str,
    intervals: &[Span],
    rounds: u32,
    done: impl Fn() + Send + Sync,
) -> Vec<Tried> {
    let run = |intervals: &[Span]| {
        each(intervals, |&interval| {
            let tried = with_interval(scenario, seed, name, interval);
            done();
            tried
        })
    };
    let mut tried = run(intervals);
    tried.sort_by_key(|one| one.interval);
    tried.dedup_by_key(|one| one.interval);
    for _ in 0..rounds {
        let Some(best) = best(&tried) else { break };
        let between = |a: usize, b: usize| {
            let product = tried[a].interval.ms() as f64 * tried[b].interval.ms() as f64;
            Span::from_ms(libm::round(libm::sqrt(product)) as u64)
        };
        let mut next = Vec::new();
        if best > 0 {
            next.push(between(best - 1, best));
        }
        if best + 1 < tried.len() {
            next.push(between(best, best + 1));
        }
        next.retain(|interval| tried.iter().all(|one| one.interval != *interval));
        tried.extend(run(&next));
        tried.sort_by_key(|one| one.interval);
    }
    tried
}

/// Which of `tried` takes the least time; of equals the longest interval. Runs in which fewer jobs succeed come last.
pub fn best(tried: &[Tried]) -> Option<usize> {
    let key = |one: &Tried| {
        let longer = std::cmp::Reverse(one.interval);
        (
            std::cmp::Reverse(one.figures.succeeded),
            one.busy_ms,
            longer,
        )
    };
    (0..tried.len()).min_by_key(|&place| key(&tried[place]))
}

fn with_interval(scenario: &Scenario, seed: u64, name: &str, interval: Span) -> Tried {
    let mut scenario = scenario.clone();
    for timed in &mut scenario.commands {
        if let Command::RegisterJobDefinition(definition) = &mut timed.command
            && definition.name == name
            && let Some(checkpoint) = &mut definition.checkpoint
        {
            checkpoint.interval = Some(interval);
        }
    }
    let summary = replication(&scenario, seed);
    Tried {
        interval,
        busy_ms: busy(&summary),
        figures: Figures::of(&summary),
    }
}

fn busy(summary: &Summary) -> u128 {
    let causes = TimeCause::ALL.into_iter().zip(summary.time_causes_ms);
    let is_busy = |cause| {
        matches!(
            cause,
            TimeCause::ImagePull | TimeCause::Run | TimeCause::Lost | TimeCause::Checkpoint
        )
    };
    causes
        .filter(|(cause, _)| is_busy(*cause))
        .map(|(_, ms)| ms)
        .sum()
}
