//! Strict order with a held head: once a job was chosen and could not be placed, it stays the head until it starts or leaves,
//! whatever more urgent job comes meanwhile. This is how the RLScheduler study (SC'20) plays its static orders.

use super::{Dispatch, Turn, Waiting};

#[derive(Default)]
pub(super) struct StrictHeld {
    held: Option<Waiting>,
}

impl Dispatch for StrictHeld {
    fn holds_its_head(&self) -> bool {
        true
    }

    fn stops_at_its_head(&self) -> bool {
        true
    }

    fn pass(&mut self, turn: &mut dyn Turn) {
        loop {
            let held = self.held.take().filter(|waiting| turn.waits(waiting.place));
            let Some(head) = held.or_else(|| turn.head()) else {
                return;
            };
            if turn.start(&head).is_err() {
                self.held = Some(head);
                return;
            }
        }
    }
}
