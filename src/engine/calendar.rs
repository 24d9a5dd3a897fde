//! The order of events: `(time, round, phase, sequence)`, with phases *fact < arrival < decision*.
//!
//! Everything that has happened at a moment is known before anybody decides, and a decision is made once per round, not once
//! per event. What an event causes at its own moment falls into the same round if its phase is still to come, and opens a
//! new round otherwise: the end of a zero-length job that a decision just started is a fact of the next round. Within
//! one phase of one round, events come in the order in which they were scheduled.
//!
//! Arrivals that are known beforehand need no place in the agenda: a *cursor* over them is merged in at round zero.
//! Nothing is ever searched for in it; whoever schedules an event that may become void puts a generation into it
//! and drops it when it comes.

use crate::units::SimTime;

use super::agenda::Agenda;
use super::heap::Key;

/// The three phases of a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Something happened: an attempt ended, a machine joined, a timer ran out.
    Fact,
    /// Somebody asks for something: a submission, an operator's action.
    Arrival,
    /// The scheduler looks and decides.
    Decision,
}

/// What is due next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due<E> {
    /// A scheduled event.
    Event(E),
    /// The next entry of the cursor.
    Cursor,
    /// The decision of this round.
    Decision,
}

const ROUND_BITS: u32 = 24;
const PHASE_BITS: u32 = 2;
const SEQUENCE_BITS: u32 = 38;
const _: () = assert!(ROUND_BITS + PHASE_BITS + SEQUENCE_BITS == 64);

/// Scheduled events and the clock. Only popping moves the clock.
pub struct Calendar<E> {
    agenda: Agenda<E>,
    now: SimTime,
    /// Round and phase at `now`, as in a key.
    stage: u64,
    sequence: u64,
    /// [`Key::MAX`] where no decision is asked for.
    decision: Key,
}

impl<E> Default for Calendar<E> {
    fn default() -> Self {
        Calendar {
            agenda: Agenda::default(),
            now: SimTime::ZERO,
            stage: 0,
            sequence: 0,
            decision: Key::MAX,
        }
    }
}

impl<E: Copy> Calendar<E> {
    /// The current moment.
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// The current round of this moment.
    pub fn round(&self) -> u64 {
        self.stage >> PHASE_BITS
    }

    /// Schedules `event` for `at`, which is not before now.
    #[inline]
    pub fn schedule(&mut self, at: SimTime, phase: Phase, event: E) {
        let key = self.key(at, phase, self.sequence);
        self.sequence += 1;
        self.agenda.push(key, event);
    }

    /// Asks for a decision in this round, or in the next one if this round's has been made. Asking twice is asking once.
    pub fn request_decision(&mut self) {
        if self.decision == Key::MAX {
            self.decision = self.key(self.now, Phase::Decision, 0);
        }
    }

    /// Takes what is due next, if that is not after `limit`, and moves the clock to it. `cursor` is the time of the
    /// cursor's next entry ([`SimTime::NEVER`] where there is none); it must not lie in the past.
    // Inlined into the loop that asks, an event comes in registers.
    #[inline(always)]
    pub fn pop(&mut self, cursor: SimTime, limit: SimTime) -> Option<Due<E>> {
        let event = self.agenda.first();
        let cursor = pack(cursor, Phase::Arrival as u64, 0);
        let first = event.min(cursor).min(self.decision);
        let at = time_of(first);
        if at > limit || at == SimTime::NEVER {
            return None;
        }
        self.move_to(first);
        if first == cursor {
            Some(Due::Cursor)
        } else if first == self.decision {
            self.decision = Key::MAX;
            Some(Due::Decision)
        } else {
            self.agenda.pop().map(Due::Event)
        }
    }

    /// Moves the clock to the moment of `key`.
    #[inline]
    fn move_to(&mut self, key: Key) {
        let at = time_of(key);
        assert!(
            at >= self.now,
            "an event of {at:?} came after {:?}",
            self.now
        );
        self.now = at;
        self.stage = key as u64 >> SEQUENCE_BITS;
    }

    /// The key of something scheduled now for `at`.
    #[inline]
    fn key(&self, at: SimTime, phase: Phase, sequence: u64) -> Key {
        assert!(at >= self.now, "{at:?} is before now, {:?}", self.now);
        if at > self.now {
            return pack(at, phase as u64, sequence);
        }
        let here = self.stage >> PHASE_BITS << PHASE_BITS | phase as u64;
        let stage = if here > self.stage {
            here
        } else {
            here + (1 << PHASE_BITS)
        };
        assert!(
            stage < 1 << (ROUND_BITS + PHASE_BITS),
            "more than {} rounds at {at:?}",
            1 << ROUND_BITS
        );
        pack(at, stage, sequence)
    }
}

/// `stage`: round and phase.
fn pack(at: SimTime, stage: u64, sequence: u64) -> Key {
    debug_assert!(sequence < 1 << SEQUENCE_BITS);
    Key::from(at.ms()) << 64 | Key::from(stage << SEQUENCE_BITS | sequence)
}

fn time_of(key: Key) -> SimTime {
    SimTime::from_ms((key >> 64) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: SimTime = SimTime::from_ms(5);

    fn pop(calendar: &mut Calendar<u32>) -> Option<Due<u32>> {
        calendar.pop(SimTime::NEVER, SimTime::NEVER)
    }

    fn drain(calendar: &mut Calendar<u32>) -> Vec<Due<u32>> {
        std::iter::from_fn(|| pop(calendar)).collect()
    }

    #[test]
    fn facts_come_before_arrivals_and_arrivals_before_the_decision() {
        let mut calendar = Calendar::default();
        calendar.schedule(AT, Phase::Decision, 3);
        calendar.schedule(AT, Phase::Arrival, 2);
        calendar.schedule(AT, Phase::Fact, 1);
        calendar.schedule(SimTime::from_ms(4), Phase::Decision, 0);
        assert_eq!(drain(&mut calendar), [0, 1, 2, 3].map(Due::Event));
    }

    #[test]
    fn equal_events_keep_the_order_in_which_they_were_scheduled() {
        let mut calendar = Calendar::default();
        (0..100).for_each(|n| calendar.schedule(AT, Phase::Fact, n));
        assert_eq!(
            drain(&mut calendar),
            (0..100).map(Due::Event).collect::<Vec<_>>()
        );
    }

    #[test]
    fn a_consequence_at_the_same_moment_opens_a_new_round() {
        let mut calendar = Calendar::default();
        calendar.schedule(AT, Phase::Fact, 0);
        assert_eq!(pop(&mut calendar), Some(Due::Event(0)));
        calendar.request_decision();
        calendar.schedule(AT, Phase::Fact, 1);
        calendar.schedule(AT, Phase::Arrival, 2);
        assert_eq!(
            pop(&mut calendar),
            Some(Due::Event(2)),
            "an arrival still belongs to this round"
        );
        assert_eq!(pop(&mut calendar), Some(Due::Decision));
        assert_eq!(
            pop(&mut calendar),
            Some(Due::Event(1)),
            "a fact had to wait for the next round"
        );
    }

    #[test]
    fn the_cursor_is_merged_before_scheduled_arrivals_of_its_moment() {
        let mut calendar = Calendar::default();
        calendar.schedule(AT, Phase::Arrival, 1);
        calendar.schedule(AT, Phase::Fact, 0);
        assert_eq!(calendar.pop(AT, SimTime::NEVER), Some(Due::Event(0)));
        assert_eq!(calendar.pop(AT, SimTime::NEVER), Some(Due::Cursor));
        assert_eq!(pop(&mut calendar), Some(Due::Event(1)));
        assert_eq!(pop(&mut calendar), None);
    }

    #[test]
    fn a_decision_is_made_once_however_often_it_is_asked_for() {
        let mut calendar: Calendar<u32> = Calendar::default();
        calendar.request_decision();
        calendar.request_decision();
        assert_eq!(drain(&mut calendar), [Due::Decision]);
        calendar.request_decision();
        assert_eq!(
            drain(&mut calendar),
            [Due::Decision],
            "and again in the next round"
        );
    }

    #[test]
    #[should_panic(expected = "is before now")]
    fn nothing_can_be_scheduled_in_the_past() {
        let mut calendar = Calendar::default();
        calendar.schedule(AT, Phase::Fact, 0);
        pop(&mut calendar);
        calendar.schedule(SimTime::ZERO, Phase::Fact, 1);
    }
}
