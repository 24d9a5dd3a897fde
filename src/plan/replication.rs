//! One run: a scenario and a seed in, its figures out.

use crate::metrics::{Recorder, RowSink, RunFacts, Summary, Timeline, machine_types};
use crate::model::{Command, Scenario};
use crate::sim::{Outcome, Simulation};
use crate::units::Ratio;

/// The figures of a run without tables.
pub fn replication(scenario: &Scenario, seed: u64) -> Summary {
    let recorder = Recorder::new(&scenario.workload, (), false);
    let outcome = Simulation::new(scenario, seed, recorder).run();
    finish(scenario, seed, Vec::new(), outcome).0
}

/// The figures of a run that is over, with what its recorder wrote; `ignored` are the keys of the scenario without effect.
pub fn finish<S: RowSink>(
    scenario: &Scenario,
    seed: u64,
    ignored: Vec<String>,
    outcome: Outcome<Recorder<'_, S>>,
) -> (Summary, S, Option<Timeline>) {
    outcome.observer.finish(RunFacts {
        scenario: &scenario.name,
        seed,
        digest: outcome.digest,
        events: outcome.events,
        end: outcome.end,
        estimates_raised: outcome.estimates_raised,
        quotas: outcome.quotas,
        settings: &scenario.world.settings,
        billing: &scenario.world.billing,
        catalogue: &scenario.world.catalogue,
        machine_types: &machine_types(&scenario.commands),
        speed_max: speed_max(scenario),
        began: scenario.now.running.len(),
        ignored_keys: ignored,
    })
}

/// The fastest machine times the fastest definition, rounded up.
fn speed_max(scenario: &Scenario) -> Ratio {
    let machines = scenario
        .world
        .catalogue
        .iter()
        .map(|(_, machine)| machine.speed);
    let definitions = scenario
        .commands
        .iter()
        .filter_map(|timed| match &timed.command {
            Command::RegisterJobDefinition(definition) => Some(definition.speed),
            _ => None,
        });
    let parts = |speeds: Option<Ratio>| u128::from(speeds.unwrap_or(Ratio::ONE).parts());
    let product = parts(machines.max()) * parts(definitions.chain([Ratio::ONE]).max());
    Ratio::from_parts(u64::try_from(product.div_ceil(u128::from(Ratio::PARTS))).unwrap_or(u64::MAX))
}
