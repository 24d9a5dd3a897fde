//! Look-ahead: of the head and the `k` jobs behind it, those that fit start. The window is always the first `k + 1` jobs that
//! wait, so a job that starts brings another into view. Unlike backfilling it may delay the head for ever.

use super::{Dispatch, Turn, Wanted};
use crate::units::JobId;

pub(super) struct LookAhead {
    pub(super) k: u32,
}

impl Dispatch for LookAhead {
    fn pass(&mut self, turn: &mut dyn Turn) {
        while turn.head().is_some() {
            let started = self.look(turn);
            // On fair share a start changes whose turn it is; without shares one look has seen all.
            if !started && !turn.pass_over() {
                return;
            }
        }
    }
}

impl LookAhead {
    /// One look through the window, front to back. Whether anything started.
    fn look(&self, turn: &mut dyn Turn) -> bool {
        let mut started = false;
        let mut seen = 0;
        let mut after = None;
        let everything = Wanted::fitting(crate::units::Shape::new(u32::MAX, u32::MAX, u32::MAX));
        while seen <= self.k {
            let Some(waiting) = turn.next(after, &everything) else {
                break;
            };
            if turn.start(&waiting).is_ok() {
                started = true;
                after = Some(waiting.place);
                continue;
            }
            // The rest of a block is like its first job: it does not fit either.
            let passed = waiting.count.min(self.k + 1 - seen);
            seen += passed;
            after = Some(super::Place {
                job: JobId(waiting.place.job.0 + passed - 1),
                ..waiting.place
            });
        }
        started
    }
}
