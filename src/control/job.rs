//! What is kept of a job that is alive, and where jobs are found by their identifier.

use std::sync::Arc;

use crate::model::{JobStatus, TimeCauses};
use crate::policy::capacity::Placed;
use crate::units::{JobId, QueueId, RowId, Shape, SimTime, Span, Usd};

/// No such entry, for columns of indexes.
pub(super) const NOWHERE: u32 = u32::MAX;

/// A live job: plain, multi-node, or the child of an array. Its slot is used again after its end.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) id: JobId,
    pub(super) row: RowId,
    /// Index in its array, or [`NOWHERE`].
    pub(super) child: u32,
    /// Its array among the arrays, or [`NOWHERE`].
    pub(super) array: u32,
    pub(super) resubmission: u32,
    pub(super) contract: u32,
    pub(super) queue: QueueId,
    /// Its share's place in the queue.
    pub(super) lane: u32,
    /// Changes whenever what was scheduled for it becomes void.
    pub(super) generation: u32,
    pub(super) status: JobStatus,
    /// Attempts placed so far.
    pub(super) attempts: u8,
    pub(super) exit_code: Option<u8>,
    /// Whether it waits for another attempt.
    pub(super) is_retried: bool,
    /// Whether it has its replenishable resources locked.
    pub(super) holds_consumables: bool,
    pub(super) shape: Shape,
    pub(super) estimate: Span,
    pub(super) rank: u64,
    pub(super) submitted: SimTime,
    /// When it waited for no other job any more, or [`SimTime::NEVER`]: from then on the next tick is all that it waits for.
    pub(super) released: SimTime,
    /// When it became RUNNABLE first, or [`SimTime::NEVER`].
    pub(super) eligible: SimTime,
    /// When it became RUNNABLE last.
    pub(super) since: SimTime,
    pub(super) placed_at: SimTime,
    /// When its last attempt entered RUNNING, or [`SimTime::NEVER`].
    pub(super) started: SimTime,
    pub(super) placed: Option<Placed>,
    pub(super) cost: Usd,
    /// Work at speed one that its checkpoints have saved.
    pub(super) saved: Span,
    /// Waits and lost attempts so far: into the pasts, or [`NOWHERE`] for none.
    pub(super) past: u32,
    /// Dependencies not yet SUCCEEDED.
    pub(super) open: u32,
    /// Who waits for it: into the links.
    pub(super) dependents: u32,
    /// The reason of a cancel that waits for its dependencies, or of a terminate that waits for its container.
    pub(super) leaving: Option<Arc<str>>,
}

impl Job {
    /// Who a new slot is for until a job has it.
    pub(super) fn nobody() -> Job {
        let nothing = Shape::default();
        Job::new(
            JobId::NONE,
            RowId(0),
            0,
            QueueId(0),
            0,
            nothing,
            SimTime::ZERO,
        )
    }

    /// A plain job without dependencies that came at `submitted` and is PENDING.
    #[inline(always)]
    pub(super) fn new(
        id: JobId,
        row: RowId,
        contract: u32,
        queue: QueueId,
        lane: u32,
        shape: Shape,
        submitted: SimTime,
    ) -> Job {
        Job {
            id,
            row,
            child: NOWHERE,
            array: NOWHERE,
            resubmission: 0,
            contract,
            queue,
            lane,
            generation: 0,
            status: JobStatus::Pending,
            attempts: 0,
            exit_code: None,
            is_retried: false,
            holds_consumables: false,
            shape,
            estimate: Span::ZERO,
            rank: 0,
            submitted,
            released: SimTime::NEVER,
            eligible: SimTime::NEVER,
            since: submitted,
            placed_at: SimTime::NEVER,
            started: SimTime::NEVER,
            placed: None,
            cost: Usd::ZERO,
            saved: Span::ZERO,
            past: NOWHERE,
            open: 0,
            dependents: NOWHERE,
            leaving: None,
        }
    }
}

/// Where a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whereabouts {
    /// In a slot.
    Slot(u32),
    /// A plain job in its queue, under this contract: its entry there is all there is of it.
    Waiting(u32),
    /// An array parent.
    Array(u32),
    /// A child that nothing has happened to yet.
    Dormant,
    /// SUCCEEDED (true) or FAILED.
    Ended(bool),
}

/// Where each job is, in 4 bytes: slots from below, contracts of waiting jobs with the second bit, arrays
/// with the top bit, and three marks.
#[derive(Debug, Default)]
pub(super) struct Directory(Vec<u32>);

const ARRAY: u32 = 1 << 31;
const WAITING: u32 = 1 << 30;
const DORMANT: u32 = u32::MAX;
const SUCCEEDED: u32 = u32::MAX - 1;
const FAILED: u32 = u32::MAX - 2;

impl Directory {
    /// The identifier that the next job gets.
    pub(super) fn next(&self) -> JobId {
        JobId::at(self.0.len())
    }

    /// Adds a job.
    pub(super) fn push(&mut self, at: Whereabouts) -> JobId {
        let id = self.next();
        self.0.push(encode(at));
        id
    }

    pub(super) fn set(&mut self, job: JobId, at: Whereabouts) {
        self.0[job.index()] = encode(at);
    }

    pub(super) fn get(&self, job: JobId) -> Whereabouts {
        match self.0[job.index()] {
            DORMANT => Whereabouts::Dormant,
            SUCCEEDED => Whereabouts::Ended(true),
            FAILED => Whereabouts::Ended(false),
            code if code >= ARRAY => Whereabouts::Array(code & !ARRAY),
            code if code >= WAITING => Whereabouts::Waiting(code & !WAITING),
            slot => Whereabouts::Slot(slot),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

fn encode(at: Whereabouts) -> u32 {
    match at {
        Whereabouts::Slot(slot) => slot,
        Whereabouts::Waiting(contract) => contract | WAITING,
        Whereabouts::Array(array) => array | ARRAY,
        Whereabouts::Dormant => DORMANT,
        Whereabouts::Ended(true) => SUCCEEDED,
        Whereabouts::Ended(false) => FAILED,
    }
}

/// Entries that are used again after their release.
#[derive(Debug)]
pub(super) struct Slab<T> {
    entries: Vec<T>,
    free: Vec<u32>,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Slab {
            entries: Vec::new(),
            free: Vec::new(),
        }
    }
}

impl<T> Slab<T> {
    #[inline(never)]
    pub(super) fn insert(&mut self, entry: T) -> u32 {
        match self.free.pop() {
            Some(index) => {
                self.entries[index as usize] = entry;
                index
            }
            None => {
                self.entries.push(entry);
                (self.entries.len() - 1) as u32
            }
        }
    }

    /// An entry to be used again, if there is one. It still holds what it held.
    pub(super) fn reserve(&mut self) -> Option<u32> {
        self.free.pop()
    }

    /// Gives `index` back. The entry stays until it is used again.
    pub(super) fn release(&mut self, index: u32) {
        self.free.push(index);
    }
}

impl<T> std::ops::Index<u32> for Slab<T> {
    type Output = T;
    fn index(&self, index: u32) -> &T {
        &self.entries[index as usize]
    }
}

impl<T> std::ops::IndexMut<u32> for Slab<T> {
    fn index_mut(&mut self, index: u32) -> &mut T {
        &mut self.entries[index as usize]
    }
}

/// What a job's earlier waits and attempts were for.
pub(super) type Pasts = Slab<TimeCauses>;
