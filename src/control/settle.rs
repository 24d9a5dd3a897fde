//! How an end travels: from a job to those that wait for it, level by level, in order of job.

use crate::model::{Observer, StatusReason};
use crate::units::{JobId, SimTime};

use super::Control;
use super::job::{NOWHERE, Whereabouts};

/// One entry of a list of those that wait for a job.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    pub(super) next: u32,
    /// The job or array that waits.
    pub(super) who: JobId,
}

/// Something that is still to be told.
#[derive(Clone, Copy, Debug)]
pub(super) enum Task {
    /// `who` waits for one job less, or for one that failed.
    Told { who: JobId, succeeded: bool },
    /// Child `child` of `array` waits for one job less, or for one that failed.
    Child {
        array: JobId,
        child: u32,
        succeeded: bool,
        is_same_index: bool,
    },
}

impl Task {
    /// The job or array that is told.
    pub(super) fn who(&self) -> JobId {
        match *self {
            Task::Told { who, .. } | Task::Child { array: who, .. } => who,
        }
    }
}

impl<O: Observer> Control<'_, O> {
    /// Adds `who` to a list.
    pub(super) fn link(&mut self, list: u32, who: JobId) -> u32 {
        self.links.insert(Link { next: list, who })
    }

    /// Everybody in the list is to be told of an end. The list is used up.
    #[inline]
    pub(super) fn tell(&mut self, list: u32, succeeded: bool) {
        if list != NOWHERE {
            self.tell_each(list, succeeded);
        }
    }

    #[inline(never)]
    fn tell_each(&mut self, list: u32, succeeded: bool) {
        let mut told = Vec::new();
        let mut at = list;
        while at != NOWHERE {
            let link = self.links[at];
            told.push(link.who);
            self.links.release(at);
            at = link.next;
        }
        told.sort_unstable();
        self.tasks
            .extend(told.into_iter().map(|who| Task::Told { who, succeeded }));
    }

    /// Tells until nobody is left to be told.
    #[inline]
    pub(super) fn settle(&mut self, now: SimTime) {
        if !self.tasks.is_empty() {
            self.settle_all(now);
        }
    }

    #[inline(never)]
    fn settle_all(&mut self, now: SimTime) {
        while let Some(task) = self.tasks.pop_front() {
            match task {
                Task::Told { who, succeeded } => self.told(now, who, succeeded),
                Task::Child {
                    array,
                    child,
                    succeeded,
                    is_same_index,
                } => {
                    self.told_child(now, array, child, succeeded, is_same_index);
                }
            }
        }
    }

    fn told(&mut self, now: SimTime, who: JobId, succeeded: bool) {
        match self.directory.get(who) {
            Whereabouts::Slot(slot) if succeeded => {
                self.jobs[slot].open -= 1;
                if self.jobs[slot].open == 0 {
                    match self.jobs[slot].leaving.take() {
                        Some(reason) => self.finish(now, slot, false, StatusReason::Caller(reason)),
                        None => self.satisfied(now, slot),
                    }
                }
            }
            Whereabouts::Slot(slot) => {
                self.finish(now, slot, false, StatusReason::DependentJobFailed)
            }
            Whereabouts::Array(array) if succeeded => {
                self.arrays[array].open -= 1;
                if self.arrays[array].open == 0 {
                    self.array_satisfied(now, array);
                }
            }
            Whereabouts::Array(array) => self.break_array(now, array),
            // It failed for another reason before it was told.
            Whereabouts::Ended(_) | Whereabouts::Dormant => {}
            Whereabouts::Waiting(_) => unreachable!("{who:?} waits for nobody"),
        }
    }

    fn told_child(
        &mut self,
        now: SimTime,
        array: JobId,
        child: u32,
        succeeded: bool,
        is_same_index: bool,
    ) {
        let Whereabouts::Array(index) = self.directory.get(array) else {
            return;
        };
        if !succeeded {
            self.break_child(now, index, child, StatusReason::DependentJobFailed);
            return;
        }
        if is_same_index {
            self.arrays[index].open_by_child[child as usize] -= 1;
        }
        self.let_child_leave(now, index, child);
        if self.directory.get(array) == Whereabouts::Array(index) {
            self.try_child(now, index, child);
        }
    }

    /// A dependency of the whole array failed: all children fail.
    pub(super) fn break_array(&mut self, now: SimTime, index: u32) {
        let (id, size) = (self.arrays[index].id, self.arrays[index].size);
        for child in 0..size {
            if self.directory.get(id) != Whereabouts::Array(index) {
                return;
            }
            self.break_child(now, index, child, StatusReason::DependentJobFailed);
        }
    }
}
