//! The other jobs that a job's story needs: the one it waited for longest, and the one that its queue was stuck behind.

use std::io::Read;

use csv::StringRecord;

use crate::model::TimeCause;
use crate::units::{SimTime, Span};

use super::rows::{Fault, JobColumns, JobRow, Table, moment};

/// What the table of all jobs says around one of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Around {
    /// The dependency that ended last before the job was released.
    pub dependency: Option<LastDependency>,
    /// The job that stood at the head of the queue without fitting anywhere for most of the job's wait.
    pub blocker: Option<Blocker>,
}

/// A job that another waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastDependency {
    /// Its identifier.
    pub id: String,
    /// Its status.
    pub status: String,
    /// When it ended.
    pub ended: SimTime,
}

/// A job that stood at the head of a queue and fitted nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocker {
    /// Its identifier.
    pub id: String,
    /// vCPUs, MiB, GPUs, nodes.
    pub demand: [u64; 4],
    /// What became of it, as its status reason says.
    pub reason: String,
}

/// Looks through `jobs` (`jobs.csv`) once.
pub(super) fn look(jobs: impl Read, job: &JobRow) -> Result<Around, Fault> {
    let mut around = Around::default();
    let wants_dependency = !job.time.get(TimeCause::Dependency).is_zero();
    let wants_blocker = !job.time.get(TimeCause::BlockedHead).is_zero();
    if !wants_dependency && !wants_blocker {
        return Ok(around);
    }
    let mut table = Table::new("jobs.csv", jobs)?;
    let columns = JobColumns::of(&table)?;
    let mut most = Span::ZERO;
    let mut row = StringRecord::new();
    while table.next(&mut row)? {
        let cell = |at: usize| row.get(at).unwrap_or("");
        if cell(columns.id) == job.id {
            continue;
        }
        let ended = moment(&row, columns.end);
        if let Some(ended) = ended.filter(|ended| wants_dependency && *ended <= job.released()) {
            let is_later = around
                .dependency
                .as_ref()
                .is_none_or(|last| last.ended <= ended);
            let array = (cell(columns.array), cell(columns.index));
            if is_later && depends(job, cell(columns.id), array) {
                around.dependency = Some(LastDependency {
                    id: cell(columns.id).to_owned(),
                    status: cell(columns.status).to_owned(),
                    ended,
                });
            }
        }
        let never_ran = cell(columns.start).is_empty() && cell(columns.attempts) == "0";
        if wants_blocker && never_ran && cell(columns.queue) == job.queue {
            let other = columns.job(&row);
            let blocked = other.time.get(TimeCause::BlockedHead);
            let overlap = overlap(job, &other).min(blocked);
            if overlap > most {
                most = overlap;
                around.blocker = Some(Blocker {
                    id: other.id,
                    demand: other.demand,
                    reason: other.reason,
                });
            }
        }
    }
    Ok(around)
}

/// How long two jobs of a queue could both wait in it, the other ahead.
fn overlap(job: &JobRow, other: &JobRow) -> Span {
    let from = job.released().max(other.submitted);
    let until = |job: &JobRow| job.started.or(job.ended).unwrap_or(SimTime::NEVER);
    let until = until(job).min(until(other));
    if until > from {
        until.since(from)
    } else {
        Span::ZERO
    }
}

/// Whether `job` depends on the one called `id`, the child `array` (its array and index) where it is one.
fn depends(job: &JobRow, id: &str, array: (&str, &str)) -> bool {
    let (other_array, other_index) = array;
    job.depends_on.split_whitespace().any(|word| match word {
        "sequential" => {
            let before = job.index.and_then(|index| index.checked_sub(1));
            other_array == job.array && before.is_some_and(|index| other_index == index.to_string())
        }
        _ => match word.strip_prefix("n_to_n:") {
            Some(partner) => {
                let own = job.index.map(|index| index.to_string()).unwrap_or_default();
                other_array == partner && other_index == own
            }
            None => word == id || word == other_array,
        },
    })
}
