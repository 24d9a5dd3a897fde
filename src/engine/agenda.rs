//! Everything that is scheduled, the least key first: a heap of what comes soon, and buckets of what comes later.
//!
//! A heap of hundreds or thousands of events is the fastest queue there is, and one of a million waits for memory at each
//! level. So where there are many, only the soonest are in a heap. The others lie unsorted by the highest bit in which
//! their keys differ from a *base* below them all: buckets of ranges that double, the lower ones sooner. When the heap is
//! used up the lowest bucket is cut finer, until what comes next is few; an event is moved a handful of times, each time
//! from one end of a list to the end of another.

use super::heap::{Entry, Heap, Key};

/// As many events as a heap may hold before most are put aside.
const MOST_IN_HEAP: usize = 8192;
/// As many as come back at once.
const REFILL: usize = 2048;

/// Events, of which the one with the least key comes first. Keys are never below that of the last event taken.
#[derive(Debug)]
pub(super) struct Agenda<E> {
    /// Events with keys up to `last`.
    heap: Heap<E>,
    last: Key,
    /// Not above any key in the buckets.
    base: Key,
    /// By the number of bits in which a key differs from the base, up to the highest one.
    buckets: Vec<Vec<Entry<E>>>,
    /// Events in the buckets.
    aside: usize,
}

impl<E> Default for Agenda<E> {
    fn default() -> Self {
        Agenda {
            heap: Heap::default(),
            last: Key::MAX,
            base: 0,
            buckets: (0..=Key::BITS).map(|_| Vec::new()).collect(),
            aside: 0,
        }
    }
}

impl<E: Copy> Agenda<E> {
    /// The least key, or [`Key::MAX`] where there is no event.
    #[inline]
    pub(super) fn first(&mut self) -> Key {
        let first = self.heap.first();
        if first == Key::MAX && self.aside > 0 {
            self.refill();
            return self.heap.first();
        }
        first
    }

    /// Adds an event.
    #[inline]
    pub(super) fn push(&mut self, key: Key, event: E) {
        if key > self.last || self.heap.len() == MOST_IN_HEAP {
            self.push_aside(key, event);
        } else {
            self.heap.push(key, event);
        }
    }

    /// Takes the event whose key was [`Agenda::first`].
    #[inline(always)]
    pub(super) fn pop(&mut self) -> Option<E> {
        self.heap.pop()
    }

    /// Adds an event that comes late, or to a heap that has become large: all of that goes to the buckets, which begin with it.
    #[inline(never)]
    fn push_aside(&mut self, key: Key, event: E) {
        if key > self.last {
            self.put_aside(Entry { key, event });
            return;
        }
        self.base = self.heap.first().min(key);
        for entry in self.heap.take() {
            self.put_aside(entry);
        }
        self.put_aside(Entry { key, event });
        self.refill();
    }

    #[inline]
    fn put_aside(&mut self, entry: Entry<E>) {
        let bucket = Key::BITS - (entry.key ^ self.base).leading_zeros();
        self.buckets[bucket as usize].push(entry);
        self.aside += 1;
    }

    /// The heap is empty: the soonest come from the buckets.
    #[inline(never)]
    fn refill(&mut self) {
        let mut soonest = Vec::new();
        while self.aside > 0 {
            let lowest = self.lowest();
            let few = soonest.len() + self.buckets[lowest].len() <= REFILL;
            if !few && !soonest.is_empty() {
                break;
            }
            let bucket = std::mem::take(&mut self.buckets[lowest]);
            self.aside -= bucket.len();
            if few {
                // Keys of a bucket have the base's bits but for so many.
                let free = Key::MAX.checked_shr(Key::BITS - lowest as u32);
                self.last = self.base | free.unwrap_or(0);
                soonest.extend(bucket);
            } else {
                let keys = bucket.iter().map(|entry| entry.key);
                self.base = keys.min().unwrap_or(self.base);
                bucket.into_iter().for_each(|entry| self.put_aside(entry));
            }
        }
        if self.aside == 0 {
            self.last = Key::MAX;
        }
        self.heap.fill(soonest);
    }

    /// The lowest bucket that is not empty.
    fn lowest(&self) -> usize {
        let is_full = |bucket: &Vec<_>| !bucket.is_empty();
        self.buckets
            .iter()
            .position(is_full)
            .expect("some event is aside")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::collections::BTreeMap;

    /// Pushes and pops `steps` times beside a sorted map. Keys are up to `reach` after the last event taken, and there are more
    /// pushes than pops until half the time has passed.
    fn check(steps: u64, reach: u32) {
        let mut agenda = Agenda::default();
        let mut waiting = BTreeMap::new();
        let mut now = 0;
        let mut state = 1u64;
        for step in 0..steps {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(99);
            if (state >> 33) % steps > step {
                let ahead = Key::from((state >> 20) & ((1 << reach) - 1));
                let key = ((now >> 64) + ahead) << 64 | Key::from(step + (1 << 40));
                agenda.push(key, step);
                waiting.insert(key, step);
            } else {
                let expected = waiting.pop_first();
                assert_eq!(agenda.first(), expected.map_or(Key::MAX, |(key, _)| key));
                assert_eq!(agenda.pop(), expected.map(|(_, event)| event));
                now = expected.map_or(now, |(key, _)| key);
            }
        }
        for (key, step) in waiting {
            assert_eq!(agenda.first(), key);
            assert_eq!(agenda.pop(), Some(step));
        }
    }

    #[test]
    fn events_come_in_order_of_key_however_many_there_are() {
        for steps in [100, 20_000, 200_000] {
            check(steps, 26);
        }
    }

    #[test]
    fn events_of_few_moments_come_in_the_order_in_which_they_were_added() {
        for reach in [0, 1, 4, 12, 44] {
            check(100_000, reach);
        }
    }

    #[test]
    fn an_agenda_that_was_emptied_begins_anew() {
        let mut agenda = Agenda::default();
        for round in 0..3 {
            for step in 0..50_000u64 {
                let key =
                    (round * 1_000_000 + Key::from(step * 7919 % 50_000)) << 64 | Key::from(step);
                agenda.push(key, step);
            }
            let mut last = 0;
            for _ in 0..50_000 {
                let key = agenda.first();
                assert!(key > last || last == 0);
                last = key;
                assert!(agenda.pop().is_some());
            }
            assert_eq!(agenda.first(), Key::MAX);
        }
    }
}
