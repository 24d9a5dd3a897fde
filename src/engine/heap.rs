//! A binary heap of events by their keys, the least first.
//!
//! The standard library's serves as well but for one thing: it writes an entry to the end and reads it again to move it, and
//! an entry that was just written in pieces has to wait until it can be read as a whole. Here a new entry's key stays in
//! registers on its way up, and within the loop that asks for events so does the event that comes.

/// Time (64 bits), round (24), phase (2) and sequence (38) in one integer: one comparison orders events.
pub(super) type Key = u128;

/// An event with its place in the order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<E> {
    pub(super) key: Key,
    pub(super) event: E,
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
    /// How many events there are.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Takes all events, in no order.
    pub(super) fn take(&mut self) -> Vec<Entry<E>> {
        std::mem::take(&mut self.entries)
    }

    /// An empty heap gets all these events.
    pub(super) fn fill(&mut self, mut entries: Vec<Entry<E>>) {
        debug_assert!(self.entries.is_empty());
        // In order, each is after the one at half its place.
        entries.sort_unstable_by_key(|entry| entry.key);
        self.entries = entries;
    }

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
