//! How long jobs ran, for jobs of which nobody knows.

use std::collections::BTreeMap;

use super::jobs::{Job, Jobs, Status};

/// Taken where nothing at all has run: ten minutes.
const NOTHING_KNOWN_MS: i64 = 600_000;

/// Runs of attempts that succeeded, in ms and ascending: by definition (without revision), and all.
#[derive(Clone, Debug, Default)]
pub struct Runs {
    by_definition: BTreeMap<String, Vec<i64>>,
    all: Vec<i64>,
}

impl Runs {
    /// Those of `jobs`.
    pub fn of(jobs: &Jobs) -> Runs {
        let mut runs = Runs::default();
        for job in jobs.0.values().filter(|job| !job.is_node) {
            if job.status != Status::Succeeded || job.array_size.is_some() {
                continue;
            }
            if let Some(ran) = job.attempts.last().and_then(|attempt| attempt.ran()) {
                let list = runs.by_definition.entry(job.definition_name().to_owned());
                list.or_default().push(ran);
                runs.all.push(ran);
            }
        }
        runs.by_definition
            .values_mut()
            .for_each(|list| list.sort_unstable());
        runs.all.sort_unstable();
        runs
    }

    /// The run that a job is taken to have which has run for `already` ms: the median of those of its definition that were longer,
    /// else of all; where none was, a quarter longer than it has.
    pub fn expected(&self, job: &Job, already: i64) -> i64 {
        let own = self.by_definition.get(job.definition_name());
        let longer = |list: &Vec<i64>| {
            let from = list.partition_point(|run| *run <= already);
            let longer = &list[if already == 0 { 0 } else { from }..];
            longer.get(longer.len().saturating_sub(1) / 2).copied()
        };
        own.and_then(longer)
            .or_else(|| longer(&self.all))
            .unwrap_or(match already {
                0 => NOTHING_KNOWN_MS,
                _ => already + already / 4 + 1,
            })
    }

    /// Whether nothing has run.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}
