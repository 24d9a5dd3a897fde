//! What can be asked while a run goes on: GetJobQueueSnapshot and the states of jobs.

use crate::model::{JobStatus, Observer};
use crate::policy::discipline::{Hold, Place};
use crate::units::{JobId, RowId, SimTime};

use super::Control;
use super::job::Whereabouts;
use super::queue::Label;

/// Most jobs that a snapshot lists (API GetJobQueueSnapshot).
const FRONT_MAX: usize = 100;
/// Most shares that a snapshot lists (API GetJobQueueSnapshot).
const SHARES_MAX: usize = 20;
/// What jobs wait for where the dispatch rate keeps their queue.
const PACED: &str = "its queue has dispatched as much as it may for now";

/// GetJobQueueSnapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueSnapshot {
    /// The first 100 RUNNABLE jobs in dispatch order.
    pub front_of_queue: Vec<FrontOfQueue>,
    /// vCPUs in use by jobs of the queue.
    pub total_vcpus: u64,
    /// Active shares; `None` for a FIFO queue.
    pub active_share_count: Option<u32>,
    /// The 20 shares that use the most vCPUs, the most first.
    pub top_shares: Vec<ShareUtilization>,
    /// The status reason of the head, where it was declared blocked.
    pub blocked: Option<&'static str>,
}

/// A job of a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrontOfQueue {
    /// The job.
    pub job: JobId,
    /// Since when it is RUNNABLE.
    pub runnable_since: SimTime,
}

/// A share of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareUtilization {
    /// Its identifier.
    pub share_identifier: String,
    /// vCPUs that it uses now.
    pub vcpus: u64,
}

impl<O: Observer> Control<'_, O> {
    /// GetJobQueueSnapshot of the queue called `name`.
    pub fn snapshot(&mut self, now: SimTime, name: &str) -> Option<QueueSnapshot> {
        let id = self.queue(name)?;
        let front_of_queue = self.front(now, id.index());
        let queue = &mut self.queues[id.index()];
        let active_share_count = queue.active_shares(now);
        let mut top_shares: Vec<ShareUtilization> = if active_share_count.is_some() {
            let used = queue.shares.iter().filter(|share| share.usage.in_use() > 0);
            used.map(|share| ShareUtilization {
                share_identifier: share.name.clone(),
                vcpus: share.usage.in_use(),
            })
            .collect()
        } else {
            Vec::new()
        };
        top_shares.sort_by_key(|share| std::cmp::Reverse(share.vcpus));
        top_shares.truncate(SHARES_MAX);
        let blocked = match (queue.watch.label, queue.watch.declared) {
            (Label::Blocked(reason), Some(_)) => Some(reason.status_reason()),
            _ => None,
        };
        Some(QueueSnapshot {
            front_of_queue,
            total_vcpus: queue.vcpus_in_use,
            active_share_count,
            top_shares,
            blocked,
        })
    }

    /// The first jobs in the order in which they would start if there were room: each counts its share's credit.
    fn front(&mut self, now: SimTime, queue: usize) -> Vec<FrontOfQueue> {
        let queue = &mut self.queues[queue];
        let measure = queue.fair.as_ref().map(|fair| fair.measure);
        let mut lanes = Vec::new();
        for share in &mut queue.shares {
            let (value, step) = match measure {
                Some(measure) => (
                    share.usage.read(now, measure).value,
                    share.usage.credit_step(measure),
                ),
                None => (0, 0),
            };
            let mut jobs: Vec<(Place, u64)> = Vec::new();
            for entry in share.lane.iter() {
                let left = FRONT_MAX - jobs.len();
                jobs.extend((0..entry.count).take(left).map(|n| {
                    (
                        Place {
                            job: JobId(entry.place.job.0 + n),
                            ..entry.place
                        },
                        u64::from(entry.shape.vcpus),
                    )
                }));
                if jobs.len() == FRONT_MAX {
                    break;
                }
            }
            jobs.reverse();
            lanes.push((value, step, jobs));
        }
        let mut front = Vec::new();
        while front.len() < FRONT_MAX {
            let next = lanes
                .iter_mut()
                .filter(|lane| !lane.2.is_empty())
                .min_by_key(|lane| lane.0);
            let Some((value, step, jobs)) = next else {
                break;
            };
            let Some((place, vcpus)) = jobs.pop() else {
                break;
            };
            *value += *step * u128::from(vcpus);
            front.push(place.job);
        }
        front
            .into_iter()
            .map(|job| FrontOfQueue {
                job,
                runnable_since: self.runnable_since(job),
            })
            .collect()
    }

    fn runnable_since(&self, job: JobId) -> SimTime {
        match self.directory.get(job) {
            Whereabouts::Slot(slot) => self.jobs[slot].since,
            Whereabouts::Waiting(contract) => self
                .waiting_entry(job, contract)
                .map_or(SimTime::ZERO, |entry| entry.since),
            _ => self
                .array_of(job)
                .map_or(SimTime::ZERO, |(array, _)| self.arrays[array].eligible),
        }
    }

    /// The state of a job (a child: of that child). An array parent is SUBMITTED or PENDING until all children ended:
    /// it is never RUNNABLE or RUNNING (User Guide, array jobs).
    pub fn status(&self, job: JobId) -> JobStatus {
        match self.directory.get(job) {
            Whereabouts::Slot(slot) => self.jobs[slot].status,
            Whereabouts::Waiting(_) => JobStatus::Runnable,
            Whereabouts::Ended(true) => JobStatus::Succeeded,
            Whereabouts::Ended(false) => JobStatus::Failed,
            Whereabouts::Array(array)
                if self.arrays[array].eligible == SimTime::NEVER
                    && self.arrays[array].open == 0 =>
            {
                JobStatus::Submitted
            }
            Whereabouts::Array(_) => JobStatus::Pending,
            Whereabouts::Dormant => match self.array_of(job) {
                Some((array, _))
                    if self.arrays[array].is_block()
                        && self.arrays[array].eligible != SimTime::NEVER =>
                {
                    JobStatus::Runnable
                }
                _ => JobStatus::Pending,
            },
        }
    }

    /// `arrayProperties.statusSummary` of a row's array: children by state, in the order of [`JobStatus::ALL`].
    pub fn status_summary(&self, row: RowId) -> Option<[u32; JobStatus::ALL.len()]> {
        let size = self.workload.extra(self.workload.row(row))?.array;
        let parent = self.job_of_row[row.index()];
        if size == 0 || !parent.is_some() {
            return None;
        }
        let mut summary = [0; JobStatus::ALL.len()];
        (0..size).for_each(|child| summary[self.status(JobId(parent.0 + 1 + child)) as usize] += 1);
        Some(summary)
    }

    /// The job that a row became.
    pub fn job_of(&self, row: RowId) -> Option<JobId> {
        Some(self.job_of_row[row.index()]).filter(|job| job.is_some())
    }

    /// The row, and the child, that a source identifier such as `17` or `17:3` names.
    pub(super) fn find_source(&mut self, text: &str) -> Option<(RowId, Option<u32>)> {
        if self.sources.is_none() {
            let mut sources = std::collections::BTreeMap::new();
            for (index, row) in self.workload.rows.iter().enumerate() {
                let mut name = Vec::new();
                self.workload.write_source(row.source, &mut name);
                sources
                    .entry(String::from_utf8_lossy(&name).into_owned())
                    .or_insert(RowId::at(index));
            }
            self.sources = Some(sources);
        }
        let sources = self.sources.as_ref()?;
        if let Some(&row) = sources.get(text) {
            return Some((row, None));
        }
        let (name, child) = text.rsplit_once(':')?;
        Some((*sources.get(name)?, Some(child.parse().ok()?)))
    }

    /// Tells the observer of every job that is not terminal, in order of job.
    pub fn report_unfinished(&mut self, now: SimTime) {
        let mut array = None;
        for index in 0..self.directory.len() {
            let id = JobId::at(index);
            match self.directory.get(id) {
                Whereabouts::Array(found) => array = Some(found),
                Whereabouts::Slot(slot) => self.report_one(now, slot),
                Whereabouts::Waiting(contract) => {
                    let slot = self.seat_waiting(id, contract);
                    self.report_one(now, slot);
                }
                Whereabouts::Dormant => {
                    let Some(found) = array else { continue };
                    let child = id.0 - self.arrays[found].id.0 - 1;
                    let slot = self
                        .seat_from_block(found, child)
                        .unwrap_or_else(|| self.materialise(found, child, JobStatus::Pending, 0));
                    self.report_one(now, slot);
                }
                Whereabouts::Ended(_) => {}
            }
        }
    }

    fn report_one(&mut self, now: SimTime, slot: u32) {
        let why = self.why(slot);
        let time = self.unfinished_life(now, slot);
        let reason = crate::model::StatusReason::None;
        let environment = self.jobs[slot].placed.map(|placed| placed.environment);
        let record = self.record(now, slot, &reason, environment, time);
        self.observer.job_unfinished(&record, &why);
    }

    /// What a job that is not terminal waits for, in words.
    fn why(&self, slot: u32) -> String {
        let job = &self.jobs[slot];
        let queue = &self.queues[job.queue.index()];
        match job.status {
            JobStatus::Runnable => match (queue.watch.label, queue.watch.head) {
                (Label::Blocked(reason), Some((head, _))) if head.job == job.id => {
                    reason.status_reason().to_owned()
                }
                (Label::Blocked(reason), Some(_)) => {
                    format!("behind a blocked head: {}", reason.code())
                }
                (Label::Front(hold), Some((head, _))) if head.job == job.id => match hold {
                    Hold::Capacity => "no machine has room".to_owned(),
                    Hold::Consumable => "a consumable resource is lacking".to_owned(),
                    Hold::MaxVcpus => {
                        "maxvCpus is reached, or the fair-share reserve is kept free".to_owned()
                    }
                    Hold::Scaling => "the next scaling decision is to come".to_owned(),
                    Hold::Boot => "a machine for it is being launched".to_owned(),
                    Hold::Token => PACED.to_owned(),
                },
                (Label::Front(Hold::Token), _) => PACED.to_owned(),
                _ => "others are ahead".to_owned(),
            },
            JobStatus::Submitted | JobStatus::Pending => "waits for a dependency".to_owned(),
            _ => "still on a machine".to_owned(),
        }
    }
}
