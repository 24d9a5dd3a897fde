//! The measurements behind two choices of the engine. Nanoseconds, medians on a 2-core x86 machine (2026-11):
//!
//! | pop and push, events pending | 100 | 1,000 | 10,000 | 100,000 | 1,000,000 |
//! |---|--:|--:|--:|--:|--:|
//! | std `BinaryHeap`, packed `u128` key | 32 | 40 | 64 | 140 | 840 |
//! | the same, tuple of four as key | 36 | 45 | 71 | 144 | 907 |
//! | 4-ary implicit heap | 35 | 48 | 73 | 118 | 546 |
//! | monotone radix heap | 57 | 62 | 68 | 70 | 65 |
//! | the engine's calendar (with clock, rounds and cursor) | 34 | 43 | 68 | 75 | 83 |
//!
//! **The queue of events is a binary heap of what comes soon over radix buckets of what comes later** (`src/engine/agenda.rs`),
//! with a packed key. Arrivals come from a cursor, so most replays have hundreds to thousands of events pending, where nothing
//! is faster than a heap (`src/engine/heap.rs`, which is std's but for what a copy of a fresh entry waits for); a fleet of a
//! million vCPUs has a million, where a heap waits for memory at each level: Western Digital's run took a quarter less
//! time when the buckets came. The packed key costs an eighth less than a tuple of its parts.
//!
//! | one draw for an entity | |
//! |---|--:|
//! | ChaCha8, keyed by seed and purpose, set to the entity's stream | 72 |
//! | Philox 4×32-10 counter | 9 |
//! | SplitMix64 over seed, entity, number | 2 |
//!
//! **Chance is rand's ChaCha8, set to stream and position for each draw.** It comes with a promise of the same numbers on every
//! platform and release; the counters would be ours to keep and to prove. A model draws at most a few words an attempt, and
//! only where a scenario asks for chance.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hint::black_box;

use batchcast::engine::{Calendar, Due, Phase, Streams};
use batchcast::units::SimTime;
use divan::Bencher;
use divan::counter::ItemsCount;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

fn main() {
    divan::main();
}

/// Events that wait.
const PENDING: [usize; 5] = [100, 1_000, 10_000, 100_000, 1_000_000];
/// Holds of one measurement.
const HOLDS: usize = 10_000;

/// A queue of events: 64 bits of time and 64 of order within it, and 8 bytes of event.
trait Queue: Default {
    fn push(&mut self, at: u64, order: u64, event: u64);
    fn pop(&mut self) -> (u64, u64);
}

/// Takes the next event and schedules it anew, so that the number of events stays the same.
#[divan::bench(types = [Packed, Tuple, FourAry, Radix, Ours], args = PENDING)]
fn hold<Q: Queue>(bencher: Bencher, pending: usize) {
    let mut chance = ChaCha8Rng::seed_from_u64(1);
    let gaps: Vec<u64> = (0..HOLDS)
        .map(|_| (-libm::log(1.0 - chance.random::<f64>()) * 1e6) as u64 + 1)
        .collect();
    let mut queue = Q::default();
    let mut order = 0;
    for at in 0..pending {
        queue.push(gaps[at % HOLDS] + at as u64 % 7, order, at as u64);
        order += 1;
    }
    bencher.counter(ItemsCount::new(HOLDS)).bench_local(|| {
        for gap in &gaps {
            let (now, event) = queue.pop();
            queue.push(now + gap, order, event);
            order += 1;
        }
    });
}

/// Std's heap in the engine's place, without clock and phases.
#[derive(Default)]
struct Packed(BinaryHeap<Reverse<Entry<u128>>>);

impl Queue for Packed {
    fn push(&mut self, at: u64, order: u64, event: u64) {
        let key = u128::from(at) << 64 | u128::from(order);
        self.0.push(Reverse(Entry { key, event }));
    }
    fn pop(&mut self) -> (u64, u64) {
        let Reverse(entry) = self.0.pop().expect("an event");
        ((entry.key >> 64) as u64, entry.event)
    }
}

/// The same order as four fields.
#[derive(Default)]
struct Tuple(BinaryHeap<Reverse<Entry<Parts>>>);

/// Time, round, phase, sequence.
type Parts = (u64, u32, u8, u64);

impl Queue for Tuple {
    fn push(&mut self, at: u64, order: u64, event: u64) {
        self.0.push(Reverse(Entry {
            key: (at, 0, 1, order),
            event,
        }));
    }
    fn pop(&mut self) -> (u64, u64) {
        let Reverse(entry) = self.0.pop().expect("an event");
        (entry.key.0, entry.event)
    }
}

/// An entry ordered by its key alone.
#[derive(Clone, Copy)]
struct Entry<K> {
    key: K,
    event: u64,
}

impl<K: Ord> PartialEq for Entry<K> {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}
impl<K: Ord> Eq for Entry<K> {}
impl<K: Ord> PartialOrd for Entry<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<K: Ord> Ord for Entry<K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key.cmp(&other.key)
    }
}

/// An implicit heap of four children a node.
#[derive(Default)]
struct FourAry(Vec<Entry<u128>>);

impl Queue for FourAry {
    fn push(&mut self, at: u64, order: u64, event: u64) {
        let entry = Entry {
            key: u128::from(at) << 64 | u128::from(order),
            event,
        };
        let mut place = self.0.len();
        self.0.push(entry);
        while place > 0 {
            let parent = (place - 1) / 4;
            if self.0[parent].key <= entry.key {
                break;
            }
            self.0[place] = self.0[parent];
            place = parent;
        }
        self.0[place] = entry;
    }

    fn pop(&mut self) -> (u64, u64) {
        let top = self.0[0];
        let last = self.0.pop().expect("an event");
        let mut place = 0;
        while 4 * place + 1 < self.0.len() {
            let children = 4 * place + 1..(4 * place + 5).min(self.0.len());
            let least = children
                .min_by_key(|&child| self.0[child].key)
                .expect("a child");
            if last.key <= self.0[least].key {
                break;
            }
            self.0[place] = self.0[least];
            place = least;
        }
        if let Some(slot) = self.0.get_mut(place) {
            *slot = last;
        }
        ((top.key >> 64) as u64, top.event)
    }
}

/// A monotone radix heap: bucket b holds the keys that differ from the last one popped in bit b−1 first.
struct Radix {
    buckets: Vec<Vec<Entry<u128>>>,
    last: u128,
}

impl Default for Radix {
    fn default() -> Self {
        Radix {
            buckets: (0..=128).map(|_| Vec::new()).collect(),
            last: 0,
        }
    }
}

impl Radix {
    fn bucket(&self, key: u128) -> usize {
        (128 - (key ^ self.last).leading_zeros()) as usize
    }
}

impl Queue for Radix {
    fn push(&mut self, at: u64, order: u64, event: u64) {
        let entry = Entry {
            key: u128::from(at) << 64 | u128::from(order),
            event,
        };
        let bucket = self.bucket(entry.key);
        self.buckets[bucket].push(entry);
    }

    fn pop(&mut self) -> (u64, u64) {
        if self.buckets[0].is_empty() {
            let full = self.buckets.iter().position(|bucket| !bucket.is_empty());
            let mut entries = std::mem::take(&mut self.buckets[full.expect("an event")]);
            self.last = entries
                .iter()
                .map(|entry| entry.key)
                .min()
                .expect("an event");
            for entry in entries.drain(..) {
                let bucket = self.bucket(entry.key);
                self.buckets[bucket].push(entry);
            }
            // Keeps the allocation.
            self.buckets[full.expect("an event")] = entries;
        }
        let entry = self.buckets[0].pop().expect("an event");
        ((entry.key >> 64) as u64, entry.event)
    }
}

/// The engine's own calendar, with its clock, rounds, phases and cursor.
#[derive(Default)]
struct Ours(Calendar<u64>);

impl Queue for Ours {
    fn push(&mut self, at: u64, _: u64, event: u64) {
        self.0.schedule(SimTime::from_ms(at), Phase::Fact, event);
    }
    fn pop(&mut self) -> (u64, u64) {
        match self.0.pop(SimTime::NEVER, SimTime::NEVER) {
            Some(Due::Event(event)) => (self.0.now().ms(), event),
            other => unreachable!("{other:?}"),
        }
    }
}

/// A draw for one entity after the other, each from a stream of its own.
mod draw {
    use super::{Bencher, ItemsCount, Streams, black_box};

    const DRAWS: u64 = 10_000;

    fn measure(bencher: Bencher, word: impl Fn(u64) -> u64) {
        bencher.counter(ItemsCount::new(DRAWS)).bench_local(|| {
            (0..DRAWS)
                .map(|entity| word(black_box(entity)))
                .fold(0, |sum, word| sum ^ word)
        });
    }

    /// The engine's: ChaCha8, keyed by seed and purpose, set to the entity's stream.
    #[divan::bench]
    fn chacha8_stream(bencher: Bencher) {
        let streams = Streams::new(1);
        measure(bencher, |entity| streams.word("failure", entity, 1));
    }

    /// A counter in Philox 4×32 with ten rounds (Salmon and others, SC'11).
    #[divan::bench]
    fn philox_counter(bencher: Bencher) {
        assert_eq!(
            philox([0; 4], [0; 2]),
            [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8],
            "the authors' known answer"
        );
        measure(bencher, |entity| {
            let [high, low, ..] = philox([entity as u32, (entity >> 32) as u32, 1, 7], [1, 0]);
            u64::from(high) << 32 | u64::from(low)
        });
    }

    fn philox(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
        for _ in 0..10 {
            let first = u64::from(counter[0]) * 0xd251_1f53;
            let second = u64::from(counter[2]) * 0xcd9e_8d57;
            counter = [
                (second >> 32) as u32 ^ counter[1] ^ key[0],
                second as u32,
                (first >> 32) as u32 ^ counter[3] ^ key[1],
                first as u32,
            ];
            key = [
                key[0].wrapping_add(0x9e37_79b9),
                key[1].wrapping_add(0xbb67_ae85),
            ];
        }
        counter
    }

    /// SplitMix64's finaliser over seed, entity and number.
    #[divan::bench]
    fn split_mix_counter(bencher: Bencher) {
        measure(bencher, |entity| mix(mix(mix(1) ^ entity) ^ 1));
    }

    fn mix(word: u64) -> u64 {
        let word = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ word >> 31
    }
}
