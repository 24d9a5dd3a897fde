//! EASY backfilling (Lifka 1995; Mu'alem and Feitelson 2001): the head gets a reservation at the earliest moment at which, by
//! the estimates, it fits (its *shadow time*). A later job may start now if it will have ended by then, or if it fits beside
//! the head then. The reservation is renewed at each pass. A head that waits for something else than room, or that no
//! machine can hold, has no reservation: whoever fits may pass it.
//!
//! Cost: a pass after an end looks at the waiting jobs that fit (chunks that hold none are passed over); a pass after
//! arrivals alone looks at those alone, since what could not start before cannot start later with the same machines free;
//! unless it ended before all were looked at, as no more might be dispatched.

use super::{Dispatch, Hold, Place, Turn, Waiting, Wanted};
use crate::policy::capacity::Reservation;
use crate::units::JobId;

#[derive(Default)]
pub(super) struct Easy {
    /// The head that waits, and its reservation.
    head: Option<(Place, Option<Reservation>)>,
    /// Room for the jobs that just came.
    fresh: Vec<Place>,
}

impl Dispatch for Easy {
    fn plans(&self) -> bool {
        true
    }

    fn pass(&mut self, turn: &mut dyn Turn) {
        if let Some((place, reservation)) = self.head.as_mut()
            && !turn.has_changed()
            && turn.head().is_some_and(|head| head.place == *place)
        {
            self.fresh.clear();
            self.fresh.extend_from_slice(turn.fresh());
            self.fresh.sort_unstable();
            for &place in &self.fresh {
                let Some(mut waiting) = turn.find(place) else {
                    continue;
                };
                // A block is tried job by job: when its first has started the next one stands there.
                loop {
                    match backfill(turn, &waiting, reservation.as_mut()) {
                        Ok(()) if waiting.count > 1 => {
                            waiting.place.job = JobId(waiting.place.job.0 + 1);
                            waiting.count -= 1;
                        }
                        Err(Hold::Token) => {
                            self.head = None;
                            return;
                        }
                        _ => break,
                    }
                }
            }
            return;
        }
        self.head = None;
        let (head, hold) = loop {
            let Some(head) = turn.head() else { return };
            if let Err(hold) = turn.start(&head) {
                break (head, hold);
            }
        };
        if hold == Hold::Token {
            return;
        }
        let mut reservation = (hold == Hold::Capacity)
            .then(|| turn.reserve(&head))
            .flatten();
        let mut after = Some(head.place);
        while let Some(waiting) = turn.next(after, &wanted(turn, reservation.as_ref())) {
            after = Some(match backfill(turn, &waiting, reservation.as_mut()) {
                Ok(()) => waiting.place,
                Err(Hold::Token) => return,
                Err(_) => waiting.last(),
            });
        }
        self.head = Some((head.place, reservation));
    }
}

/// What may pass the head.
fn wanted(turn: &dyn Turn, reservation: Option<&Reservation>) -> Wanted {
    match reservation {
        None => Wanted::fitting(turn.room()),
        Some(reservation) => Wanted {
            room: turn.room(),
            within: reservation.at.since(turn.now()),
            or_vcpus: reservation.spare_vcpus(),
        },
    }
}

/// Starts a later job if it does not delay the head.
fn backfill(
    turn: &mut dyn Turn,
    waiting: &Waiting,
    reservation: Option<&mut Reservation>,
) -> Result<(), Hold> {
    match reservation {
        Some(reservation) if waiting.estimate > reservation.at.since(turn.now()) => {
            if waiting.shape.vcpus > reservation.spare_vcpus() {
                return Err(Hold::Capacity);
            }
            turn.start_beside(waiting, reservation)
        }
        _ => turn.start(waiting),
    }
}
