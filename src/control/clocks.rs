//! The clocks that hold for a whole queue, and what waiting jobs note of them.
//!
//! A job notes the clocks when it becomes RUNNABLE. Jobs that come while none of them moves note the same, so a note is kept
//! once and a job has its number: behind a backlog few are made.

use crate::units::Span;

/// For how long each label held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Clocks {
    pub(super) unlabelled: Span,
    pub(super) blocked: Span,
    pub(super) scaling: Span,
    pub(super) boot: Span,
}

/// What a job noted: its note of the queue's clocks, and the clock of its share.
// Packed, as every waiting job has one (`control/lane.rs`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C, packed(4))]
pub(super) struct Marks {
    pub(super) note: u32,
    pub(super) lane_front: Span,
}

/// Below this many notes nobody looks which of them are still wanted.
const FEW: usize = 1024;

/// The notes of a queue's waiting jobs, in the order in which they were made.
#[derive(Debug, Default)]
pub(super) struct Notes {
    notes: Vec<Clocks>,
    /// From this many on those that nobody has any more are dropped.
    limit: usize,
}

impl Notes {
    /// Notes `clocks`, and says under which number.
    #[inline]
    pub(super) fn make(&mut self, clocks: Clocks) -> u32 {
        if self.notes.last() != Some(&clocks) {
            self.notes.push(clocks);
        }
        (self.notes.len() - 1) as u32
    }

    pub(super) fn read(&self, note: u32) -> Clocks {
        self.notes[note as usize]
    }

    /// Nobody waits any more.
    #[inline]
    pub(super) fn clear(&mut self) {
        self.notes.clear();
    }

    /// Whether there are so many that [`Notes::keep`] is due.
    #[inline]
    pub(super) fn are_many(&self) -> bool {
        self.notes.len() >= self.limit.max(FEW)
    }

    /// Keeps the notes of those who wait, whose marks are `waiting`, and drops all others. It costs who waits and the notes,
    /// and is due again only once twice as many are there as either.
    #[inline(never)]
    pub(super) fn keep<'m>(&mut self, waiting: impl Iterator<Item = &'m mut Marks>) {
        const UNWANTED: u32 = u32::MAX;
        let mut numbers = vec![UNWANTED; self.notes.len()];
        let mut kept = Vec::new();
        let mut waiters = 0;
        for marks in waiting {
            let number = &mut numbers[marks.note as usize];
            if *number == UNWANTED {
                *number = kept.len() as u32;
                kept.push(self.notes[marks.note as usize]);
            }
            marks.note = *number;
            waiters += 1;
        }
        self.notes = kept;
        self.limit = 2 * waiters;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clocks(blocked: u64) -> Clocks {
        Clocks {
            blocked: Span::from_s(blocked),
            ..Clocks::default()
        }
    }

    #[test]
    fn one_note_serves_all_who_come_while_no_clock_moves() {
        let mut notes = Notes::default();
        let numbers = [1, 1, 2, 2, 3].map(|blocked| notes.make(clocks(blocked)));
        assert_eq!(numbers, [0, 0, 1, 1, 2]);
    }

    #[test]
    fn notes_of_those_who_wait_outlast_the_others_and_read_as_before() {
        let mut notes = Notes::default();
        let mut waiting: Vec<(u64, Marks)> = Vec::new();
        for moment in 0..100_000u64 {
            if notes.are_many() {
                notes.keep(waiting.iter_mut().map(|(_, marks)| marks));
                assert!(!notes.are_many());
            }
            let note = notes.make(clocks(moment / 2));
            waiting.push((
                moment / 2,
                Marks {
                    note,
                    lane_front: Span::ZERO,
                },
            ));
            if waiting.len() > 700 {
                waiting.swap_remove(moment as usize * 7 % 700);
            }
            assert!(notes.notes.len() <= 2 * 701);
        }
        for (moment, marks) in waiting {
            assert_eq!(notes.read(marks.note), clocks(moment));
        }
    }
}
