//! Strict order: nothing passes a head that cannot be placed. AWS calls such a head blocking (blog on blocked job queues);
//! that a head which merely waits for room blocks as well is assumed.

use super::{Dispatch, Turn};

pub(super) struct Strict;

impl Dispatch for Strict {
    fn pass(&mut self, turn: &mut dyn Turn) {
        while let Some(head) = &turn.head() {
            if turn.start(head).is_err() && !turn.pass_over() {
                return;
            }
        }
    }

    fn stops_at_its_head(&self) -> bool {
        true
    }
}
