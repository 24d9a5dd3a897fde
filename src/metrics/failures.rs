//! Jobs that FAILED, by why.

use std::collections::BTreeMap;

use crate::model::{JobRecord, StatusReason, Workload};
use crate::units::{InstanceId, RowId};

use super::Summary;

/// Jobs that FAILED for one reason with one exit code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Their `statusReason`. Machines are not told apart: `i-*` stands for whichever it was.
    pub status_reason: String,
    /// The exit code of their last attempts' containers, where they had one.
    pub exit_code: Option<u8>,
    /// How many.
    pub jobs: u64,
    /// The identifier of the one that failed first; `None` for the sum of what is not listed.
    pub example: Option<String>,
}

/// Counts failures. Memory stays bounded however many texts callers gave.
#[derive(Debug, Default)]
pub(super) struct Failures {
    counts: BTreeMap<(StatusReason, Option<u8>), Count>,
    /// What came after too many reasons.
    others: u64,
}

#[derive(Debug)]
struct Count {
    jobs: u64,
    first: (RowId, Option<u32>, u32),
}

/// Reasons that are told apart; those of later ones are summed up.
const REASONS: usize = 10_000;
/// Stands for every machine.
const ANY_INSTANCE: InstanceId = InstanceId::NONE;

impl Failures {
    /// Counts a job that FAILED.
    pub fn add(&mut self, job: &JobRecord<'_>) {
        let reason = match job.reason {
            StatusReason::HostTerminated(_) => StatusReason::HostTerminated(ANY_INSTANCE),
            other => other.clone(),
        };
        let is_full = self.counts.len() >= REASONS;
        let key = (reason, job.exit_code);
        match self.counts.get_mut(&key) {
            Some(count) => count.jobs += 1,
            None if is_full => self.others += 1,
            None => {
                let first = (job.row, job.array_index, job.resubmission);
                self.counts.insert(key, Count { jobs: 1, first });
            }
        }
    }

    /// The most frequent first, then by text and exit code; what does not fit is summed up as `other reasons`.
    pub fn top(self, workload: &Workload) -> Vec<Failure> {
        let mut all: Vec<(Failure, Count)> = self
            .counts
            .into_iter()
            .map(|((reason, exit_code), count)| {
                let failure = Failure {
                    status_reason: text(&reason),
                    exit_code,
                    jobs: count.jobs,
                    example: None,
                };
                (failure, count)
            })
            .collect();
        all.sort_by(|(a, _), (b, _)| {
            let by_text = || a.status_reason.cmp(&b.status_reason);
            let by_code = || a.exit_code.cmp(&b.exit_code);
            (b.jobs.cmp(&a.jobs)).then_with(by_text).then_with(by_code)
        });
        let kept = all.len().min(Summary::REASONS);
        let others = self.others + all.drain(kept..).map(|(one, _)| one.jobs).sum::<u64>();
        let mut top: Vec<Failure> = all
            .into_iter()
            .map(|(failure, count)| {
                let (row, child, resubmission) = count.first;
                let mut id = Vec::new();
                workload.write_job_id(row, child, resubmission, &mut id);
                Failure {
                    example: Some(String::from_utf8_lossy(&id).into_owned()),
                    ..failure
                }
            })
            .collect();
        if others > 0 {
            top.push(Failure {
                status_reason: "other reasons".to_owned(),
                exit_code: None,
                jobs: others,
                example: None,
            });
        }
        top
    }
}

fn text(reason: &StatusReason) -> String {
    match reason {
        StatusReason::HostTerminated(_) => "Host EC2 (instance i-*) terminated.".to_owned(),
        other => other.to_string(),
    }
}
