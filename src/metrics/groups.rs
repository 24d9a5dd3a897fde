//! The jobs of a run by queue, and of a fair-share queue by share identifier.

use crate::model::{JobRecord, JobStatus, Named, TimeCause};
use crate::units::{ShareId, Usd, apportion, apportion_to};

use super::Summary;
use super::quantiles::waits;
use super::summary::Distribution;

/// Figures of the jobs of one queue or share.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// The queue.
    pub job_queue: String,
    /// The share; `None` where the group is all of the queue.
    pub share_identifier: Option<String>,
    /// Jobs by what became of them, and what they took.
    pub totals: GroupTotals,
    /// Waits in seconds, of jobs that started.
    pub wait_s: Distribution,
}

/// What can be added up over groups.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GroupTotals {
    /// Jobs that SUCCEEDED.
    pub succeeded: u64,
    /// Jobs that FAILED.
    pub failed: u64,
    /// Jobs that had not ended.
    pub unfinished: u64,
    /// vCPU-milliseconds that its attempts had reserved, from placement to end.
    pub vcpu_ms: u128,
    /// What its attempts cost. In a [`Summary`] rounded to 10⁻¹⁰ USD, so that shares sum to their queue and queues to all.
    pub cost: Usd,
}

impl GroupTotals {
    /// Accepted jobs.
    pub fn submitted(&self) -> u64 {
        self.succeeded + self.failed + self.unfinished
    }

    /// Adds another group.
    pub fn add(&mut self, other: &GroupTotals) {
        self.succeeded += other.succeeded;
        self.failed += other.failed;
        self.unfinished += other.unfinished;
        self.vcpu_ms += other.vcpu_ms;
        self.cost += other.cost;
    }
}

/// All groups of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupList {
    /// Every queue that had a job, in order of creation.
    pub queues: Vec<Group>,
    /// Shares that had a job, those with most vCPU-time first, then in order of coming to be: at most [`Summary::SHARES`].
    pub shares: Vec<Group>,
    /// How many shares there are beyond these.
    pub other_shares: u64,
    /// And their sums.
    pub others: GroupTotals,
}

/// Adds up while jobs end. A job is added in one place, its share or (on a FIFO queue) its queue; queues are summed at the end.
#[derive(Debug, Default)]
pub(super) struct Groups {
    queues: Vec<Seat>,
    shares: Vec<Seat>,
    /// The seat of each job that started, in the order of the recorder's waits: a queue, or a share from [`SHARE`] on.
    of_wait: Vec<u32>,
}

/// In [`Groups::of_wait`], the first share.
const SHARE: u32 = 1 << 31;

#[derive(Clone, Debug, Default)]
struct Seat {
    name: String,
    /// A share's queue, as an index.
    queue: usize,
    totals: GroupTotals,
    /// Where its waits begin and end, once they are sorted.
    waits: std::ops::Range<usize>,
}

impl Groups {
    /// For about so many jobs.
    pub fn with_capacity(jobs: usize) -> Groups {
        Groups {
            of_wait: Vec::with_capacity(jobs),
            ..Groups::default()
        }
    }

    /// Takes the name of a queue or share.
    pub fn named(&mut self, name: Named<'_>) {
        match name {
            Named::Queue(id, name) => seat(&mut self.queues, id.index()).name = name.to_owned(),
            Named::Share(id, queue, name) => {
                let share = seat(&mut self.shares, id.index());
                share.name = name.to_owned();
                share.queue = queue.index();
            }
            Named::Environment(..) | Named::Pool(..) => {}
        }
    }

    /// Adds a job that ended, or was left.
    #[inline]
    pub fn add(&mut self, job: &JobRecord<'_>) {
        let (seats, index, key) = if job.share == ShareId::NONE {
            (&mut self.queues, job.queue.index(), job.queue.0)
        } else {
            (&mut self.shares, job.share.index(), SHARE | job.share.0)
        };
        let totals = match seats.get_mut(index) {
            Some(seat) => &mut seat.totals,
            None => &mut seat(seats, index).totals,
        };
        match job.status {
            JobStatus::Succeeded => totals.succeeded += 1,
            JobStatus::Failed => totals.failed += 1,
            _ => totals.unfinished += 1,
        }
        let time = |cause| u128::from(job.time.get(cause).ms());
        let placed = [
            TimeCause::ImagePull,
            TimeCause::Run,
            TimeCause::Lost,
            TimeCause::Checkpoint,
        ];
        let placed: u128 = placed.into_iter().map(time).sum();
        totals.vcpu_ms += u128::from(job.shape.vcpus) * placed;
        totals.cost += job.cost;
        if job.started.is_some() {
            self.of_wait.push(key);
        }
    }

    /// All groups, and the waits of all jobs, of which `waits_ms` has one for each job that started, in order.
    pub fn finish(mut self, mut waits_ms: Vec<u64>) -> (GroupList, Distribution) {
        // Each queue, then its shares: so the waits of a whole queue stand together too.
        let mut seats: Vec<(usize, Option<usize>)> = Vec::new();
        let mut of_queue = vec![Vec::new(); self.queues.len()];
        for (index, share) in self.shares.iter().enumerate() {
            let queue = share.queue;
            if of_queue.len() <= queue {
                of_queue.resize(queue + 1, Vec::new());
                seat(&mut self.queues, queue);
            }
            of_queue[queue].push(index);
        }
        for (queue, shares) in of_queue.iter().enumerate() {
            seats.push((queue, None));
            seats.extend(shares.iter().map(|&share| (queue, Some(share))));
        }
        self.sort_waits(&mut waits_ms, &seats);

        let mut list = GroupList::default();
        let mut known = Known::default();
        let all: Vec<GroupTotals> = of_queue
            .iter()
            .enumerate()
            .map(|(queue, shares)| {
                let mut totals = self.queues[queue].totals;
                shares
                    .iter()
                    .for_each(|&share| totals.add(&self.shares[share].totals));
                totals
            })
            .collect();
        let costs: Vec<Usd> = all.iter().map(|totals| totals.cost).collect();
        for (queue, (shares, cost)) in of_queue.iter().zip(apportion(&costs)).enumerate() {
            let own = &self.queues[queue];
            let name = own.name.clone();
            let mut range = own.waits.clone();
            let parts: Vec<Usd> = std::iter::once(own.totals.cost)
                .chain(shares.iter().map(|&share| self.shares[share].totals.cost))
                .collect();
            let parts = apportion_to(&parts, cost);
            for (&share, &cost) in shares.iter().zip(&parts[1..]) {
                let share = &self.shares[share];
                range.end = share.waits.end;
                list.shares.push(Group {
                    job_queue: name.clone(),
                    share_identifier: Some(share.name.clone()),
                    totals: GroupTotals {
                        cost,
                        ..share.totals
                    },
                    wait_s: known.waits(&mut waits_ms, share.waits.clone()),
                });
            }
            list.queues.push(Group {
                job_queue: name,
                share_identifier: None,
                totals: GroupTotals { cost, ..all[queue] },
                wait_s: known.waits(&mut waits_ms, range),
            });
        }
        let end = waits_ms.len();
        let overall = known.waits(&mut waits_ms, 0..end);
        list.leave_out_the_least();
        (list, overall)
    }

    /// Sorts the waits by seat, in the order of `seats`.
    fn sort_waits(&mut self, waits_ms: &mut Vec<u64>, seats: &[(usize, Option<usize>)]) {
        let mut counts = [vec![0; self.queues.len()], vec![0; self.shares.len()]];
        let place = |key: u32| ((key >> 31) as usize, (key & !SHARE) as usize);
        for &key in &self.of_wait {
            let (kind, index) = place(key);
            counts[kind][index] += 1;
        }
        let mut end = 0;
        let mut next = counts;
        for &(queue, share) in seats {
            let (kind, index) = share.map_or((0, queue), |share| (1, share));
            let start = end;
            end += std::mem::replace(&mut next[kind][index], start);
            let seats = match share {
                Some(_) => &mut self.shares,
                None => &mut self.queues,
            };
            seats[index].waits = start..end;
        }
        let is_one = |seat: &Seat| seat.waits.len() == waits_ms.len();
        if self.queues.iter().chain(&self.shares).any(is_one) {
            return;
        }
        let mut sorted = vec![0; waits_ms.len()];
        for (&key, &wait) in self.of_wait.iter().zip(waits_ms.iter()) {
            let (kind, index) = place(key);
            sorted[next[kind][index]] = wait;
            next[kind][index] += 1;
        }
        *waits_ms = sorted;
    }
}

impl GroupList {
    /// Leaves out queues and shares without a job, sorts shares and sums up those that are too many.
    fn leave_out_the_least(&mut self) {
        self.queues.retain(|group| group.totals.submitted() > 0);
        self.shares.retain(|group| group.totals.submitted() > 0);
        self.shares
            .sort_by_key(|group| std::cmp::Reverse(group.totals.vcpu_ms));
        let kept = self.shares.len().min(Summary::SHARES);
        for group in self.shares.drain(kept..) {
            self.other_shares += 1;
            self.others.add(&group.totals);
        }
    }
}

/// The last distribution: where a queue has one share, or a run one queue, it is not computed again.
#[derive(Default)]
struct Known {
    range: std::ops::Range<usize>,
    waits: Distribution,
}

impl Known {
    fn waits(&mut self, waits_ms: &mut [u64], range: std::ops::Range<usize>) -> Distribution {
        if range.is_empty() {
            return Distribution::default();
        }
        if range != self.range {
            self.waits = waits(&mut waits_ms[range.clone()]);
            self.range = range;
        }
        self.waits
    }
}

#[cold]
fn seat(seats: &mut Vec<Seat>, index: usize) -> &mut Seat {
    if seats.len() <= index {
        seats.resize(index + 1, Seat::default());
    }
    &mut seats[index]
}
