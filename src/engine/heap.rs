//! A binary heap of events by their keys, the least first.
//!
//! The standard library's serves as well but for one thing: it writes an entry to the end and reads it again to move it, and
//! an entry that was just written in pieces has to wait until it can be read as a whole. Here a new entry's key stays in
//! registers on its way up, and within the loop that asks for events so does the event that comes.

/// Time (64 bits), round (24), phase (2) and sequence (38) in one integer: one comparison orders events.
pub(super) type Key = u128;

/// An event with its place in the order.
#[derive(Clone, Copy, Debug)]
struct Entry<E> {
    key: Key,
    event: E,
}

/// Events, of which the one with the least key comes first.
#[derive(Debug)]
pub(super) struct Heap<E> {
    /// Each is after the one at half its place: `(place - 1) / 2`.
    entries: Vec<Entry<E>>,
}

impl<E> Default for Heap<E> {
    fn default() -> Self {
        Heap {
            entries: Vec::new(),
        }
    }
}

impl<E: Copy> Heap<E> {
    /// The least key, or [`Key::MAX`] where there is no event.
    #[inline]
    pub(super) fn first(&self) -> Key {
        self.entries.first().map_or(Key::MAX, |entry| entry.key)
    }

    /// Adds an event.
    #[inline]
    pub(super) fn push(&mut self, key: Key, event: E) {
        let mut place = self.entries.len();
        self.entries.push(Entry { key, event });
        let entries = &mut self.entries[..];
        while place > 0 {
            let parent = (place - 1) / 2;
            if entries[parent].key <= key {
                break;
            }
            entries[place] = entries[parent];
            place = parent;
        }
        entries[place] = Entry { key, event };
    }

    /// Takes the event with the least key.
    #[inline(always)]
    pub(super) fn pop(&mut self) -> Option<E> {
        let last = self.entries.pop()?;
        let entries = &mut self.entries[..];
        let Some(&Entry { event, .. }) = entries.first() else {
            return Some(last.event);
        };
        // The gap goes down to the end, always to the lesser child: the last one, which fills it, is rarely less.
        let mut place = 0;
        let mut child = 1;
        while child + 1 < entries.len() {
            child += usize::from(entries[child + 1].key < entries[child].key);
            entries[place] = entries[child];
            place = child;
            child = 2 * place + 1;
        }
        if child < entries.len() {
            entries[place] = entries[child];
            place = child;
        }
        while place > 0 {
            let parent = (place - 1) / 2;
            if entries[parent].key <= last.key {
                break;
            }
            entries[place] = entries[parent];
            place = parent;
        }
        entries[place] = last;
        Some(event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_in_order_of_key_however_they_were_added() {
        let mut heap = Heap::default();
        let mut waiting = std::collections::BTreeMap::new();
        let mut state = 1u64;
        for step in 0..20_000u64 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(99);
            // More come at first and more go later.
            if (state >> 33) % 20_000 > step {
                let key = Key::from(state >> 50) << 64 | Key::from(step);
                heap.push(key, step);
                waiting.insert(key, step);
            } else {
                let expected = waiting.pop_first();
                assert_eq!(heap.first(), expected.map_or(Key::MAX, |(key, _)| key));
                assert_eq!(heap.pop(), expected.map(|(_, event)| event));
            }
        }
        let left = std::iter::from_fn(|| heap.pop());
        assert!(left.eq(waiting.into_values()));
    }
}
