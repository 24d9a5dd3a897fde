//! What AWS leaves open about a head that does not fit: whether jobs behind it may start. Where that decides makespan or cost, a
//! run says both.

use rustc_hash::FxHashMap;

use crate::metrics::bounds::jobs_of;
use crate::metrics::{Figures, HeadOfLine, Summary};
use crate::model::{ASSUMPTIONS, Command, Knob, Scenario, Workload};

use super::replication;

/// Runs of more jobs are not made twice unasked.
const JOBS_MAX: u64 = 100_000;

/// `run` makes the run of `scenario`; it is made again beside it with the other answer to whether a job may pass a head that
/// does not fit, where that is an assumption that may matter, and both are compared.
pub fn with_head_of_line<T: Send>(
    scenario: &Scenario,
    seed: u64,
    run: impl FnOnce() -> T + Send,
    summary: impl Fn(&mut T) -> &mut Summary,
) -> T {
    let (mut made, other) = rayon::join(run, || other_answer(scenario, seed));
    if let Some((dispatch, other)) = other {
        let own = summary(&mut made);
        own.head_of_line = Some(HeadOfLine {
            dispatch,
            own: Figures::of(own),
            other: Figures::of(&other),
        });
    }
    made
}

/// The other answer, and the run with it.
fn other_answer(scenario: &Scenario, seed: u64) -> Option<(&'static str, Summary)> {
    let workload = &scenario.workload;
    let jobs: u64 = (workload.rows.iter())
        .map(|row| u64::from(jobs_of(workload, row)))
        .sum();
    if jobs > JOBS_MAX || !is_open(scenario) {
        return None;
    }
    let other = match scenario.world.settings.word(Knob::Dispatch) {
        "strict" => "lookahead:100",
        _ => "strict",
    };
    let mut changed = scenario.clone();
    let set = changed
        .world
        .settings
        .set(&ASSUMPTIONS[Knob::Dispatch as usize], other);
    set.ok()?;
    Some((other, replication(&changed, seed)))
}

/// Whether any queue that leaves the answer to the model has jobs of different shapes.
fn is_open(scenario: &Scenario) -> bool {
    let queues = scenario.commands.iter().filter_map(|timed| {
        let Command::CreateJobQueue(queue) = &timed.command else {
            return None;
        };
        (queue.discipline.is_none()).then_some(queue.name.as_str())
    });
    let mixed = mixed(&scenario.workload);
    queues
        .into_iter()
        .any(|queue| mixed.get(queue) == Some(&true))
}

/// The queues that jobs are submitted to, and whether these have different shapes.
fn mixed(workload: &Workload) -> FxHashMap<&str, bool> {
    let mut first = FxHashMap::default();
    let mut mixed = FxHashMap::default();
    for row in &workload.rows {
        let template = &workload.templates[row.template as usize];
        let shape = (
            row.vcpus,
            row.memory,
            row.gpus,
            template.num_nodes,
            template.job_definition.as_deref(),
        );
        let queue = template.job_queue.as_str();
        let is_other = *first.entry(queue).or_insert(shape) != shape;
        *mixed.entry(queue).or_default() |= is_other;
    }
    mixed
}
