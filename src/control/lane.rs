//! Jobs that wait, in order: a list that is cheap at both ends, at any place, and to look through for what fits.
//!
//! Entries stand in chunks; each chunk knows the least vCPUs and the shortest estimate among its entries, so that a look for
//! a job that fits passes over whole chunks. A waiting array is one entry, not ten thousand.

use std::collections::VecDeque;

use crate::policy::discipline::{Place, Wanted};
use crate::units::{JobId, RowId, Shape, SimTime, Span};

use super::clocks::Marks;

/// Entries per chunk before it is split.
const CHUNK: usize = 64;

/// Who waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// A plain job of this row that only waits: all that is known of it is its entry.
    Row(RowId),
    /// A job with a slot of its own.
    Job(u32),
    /// Children of an array, in a row.
    Block(u32),
}

/// A job, or a block of like jobs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) place: Place,
    /// Jobs in it: 1, or the children left of a block.
    pub(super) count: u32,
    pub(super) contract: u32,
    pub(super) who: Who,
    pub(super) shape: Shape,
    /// Expected time from placement to end.
    pub(super) estimate: Span,
    /// When it came into the order, and the clocks of its queue then.
    pub(super) since: SimTime,
    pub(super) marks: Marks,
}

// A million jobs that wait at once are in no cache.
const _: () = assert!(std::mem::size_of::<Entry>() <= 80);

/// Where an entry stands now: chunk, and place in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spot(usize, usize);

#[derive(Debug, Default)]
struct Chunk {
    entries: VecDeque<Entry>,
    /// Lower bounds over the entries: they may have left since.
    least_vcpus: u32,
    least_estimate: Span,
}

impl Chunk {
    fn with_capacity(entries: usize) -> Chunk {
        Chunk {
            entries: VecDeque::with_capacity(entries),
            ..Chunk::default()
        }
    }

    fn note(&mut self, entry: &Entry) {
        if self.entries.is_empty() {
            (self.least_vcpus, self.least_estimate) = (entry.shape.vcpus, entry.estimate);
        } else {
            self.least_vcpus = self.least_vcpus.min(entry.shape.vcpus);
            self.least_estimate = self.least_estimate.min(entry.estimate);
        }
    }

    fn may_hold(&self, wanted: &Wanted) -> bool {
        self.least_vcpus <= wanted.room.vcpus
            && (self.least_estimate <= wanted.within || self.least_vcpus <= wanted.or_vcpus)
    }

    fn renew(&mut self) {
        self.least_vcpus = self
            .entries
            .iter()
            .map(|entry| entry.shape.vcpus)
            .min()
            .unwrap_or(0);
        self.least_estimate = self
            .entries
            .iter()
            .map(|entry| entry.estimate)
            .min()
            .unwrap_or_default();
    }
}

/// Waiting jobs in order.
#[derive(Debug, Default)]
pub(super) struct Lane {
    /// Never an empty chunk.
    chunks: VecDeque<Chunk>,
    spare: Option<Chunk>,
}

impl Lane {
    pub(super) fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    #[inline]
    pub(super) fn front(&self) -> Option<&Entry> {
        self.chunks.front().and_then(|chunk| chunk.entries.front())
    }

    /// Once in so many starts the next as many entries, for who wants to look at them together.
    #[inline]
    pub(super) fn next_few(&self) -> impl Iterator<Item = &Entry> {
        const FEW: usize = 8;
        let entries = self.chunks.front().map(|chunk| &chunk.entries);
        let due = entries.filter(|entries| entries.len().is_multiple_of(FEW));
        due.into_iter().flat_map(|entries| entries.iter().take(FEW))
    }

    /// Adds an entry at its place. It is written to the end and moved from there if others come after it, as few do.
    #[inline(always)]
    pub(super) fn insert(&mut self, entry: Entry) {
        let place = entry.place;
        let chunk = self.chunks.back();
        let last = chunk.and_then(|chunk| chunk.entries.back());
        let is_last = last.is_none_or(|last| last.place < place);
        if chunk.is_none_or(|chunk| chunk.entries.len() >= CHUNK) {
            self.add_chunk();
        }
        let chunk = self.chunks.back_mut().expect("there is a last chunk now");
        chunk.note(&entry);
        chunk.entries.push_back(entry);
        if !is_last {
            self.move_last();
        }
    }

    fn add_chunk(&mut self) {
        let first = self.chunks.is_empty();
        let new = || Chunk::with_capacity(if first { 4 } else { CHUNK });
        let chunk = self.spare.take().unwrap_or_else(new);
        self.chunks.push_back(chunk);
    }

    /// Moves the last entry to its place, which is before others.
    #[inline(never)]
    fn move_last(&mut self) {
        let last = self.chunks.back_mut();
        let Some(entry) = last.and_then(|chunk| chunk.entries.pop_back()) else {
            return;
        };
        if self
            .chunks
            .back()
            .is_some_and(|chunk| chunk.entries.is_empty())
        {
            self.spare = self.chunks.pop_back();
        }
        let index = self.chunk_of(entry.place);
        let chunk = &mut self.chunks[index];
        let within = chunk
            .entries
            .partition_point(|other| other.place < entry.place);
        chunk.note(&entry);
        chunk.entries.insert(within, entry);
        if chunk.entries.len() > 2 * CHUNK {
            let mut second = Chunk {
                entries: chunk.entries.split_off(CHUNK),
                ..Chunk::default()
            };
            chunk.renew();
            second.renew();
            self.chunks.insert(index + 1, second);
        }
    }

    /// Takes the job at `place`, which stands at `spot`, from its entry (a block: from its middle if need be).
    #[inline(always)]
    pub(super) fn take(&mut self, spot: Spot, place: Place) {
        let Spot(index, within) = spot;
        let chunk = &mut self.chunks[index];
        if chunk.entries[within].count > 1 {
            self.take_from_block(spot, place);
            return;
        }
        match within {
            0 => chunk.entries.pop_front(),
            _ => chunk.entries.remove(within),
        };
        if chunk.entries.is_empty() {
            self.spare = match index {
                0 => self.chunks.pop_front(),
                _ => self.chunks.remove(index),
            };
        }
    }

    #[inline(never)]
    fn take_from_block(&mut self, spot: Spot, place: Place) {
        let entry = self.at_mut(spot);
        if entry.place.job == place.job {
            entry.place.job = JobId(place.job.0 + 1);
            entry.count -= 1;
        } else {
            let first = entry.place.job.0;
            let before = place.job.0 - first;
            let after = entry.count - before - 1;
            let rest = Entry {
                place: Place {
                    job: JobId(place.job.0 + 1),
                    ..place
                },
                count: after,
                ..*entry
            };
            entry.count = before;
            if after > 0 {
                self.insert(rest);
            }
        }
    }

    /// The first entry behind `after` (from the start where that is `None`) that is wanted. It costs the chunks that may hold one.
    pub(super) fn next(&mut self, after: Option<Place>, wanted: &Wanted) -> Option<Entry> {
        let first = after.map_or(0, |place| self.chunk_of(place));
        for index in first..self.chunks.len() {
            let chunk = &mut self.chunks[index];
            if !chunk.may_hold(wanted) {
                continue;
            }
            let from = match after {
                Some(place) if index == first => chunk
                    .entries
                    .partition_point(|entry| last_of(entry) <= place),
                _ => 0,
            };
            if let Some(entry) = chunk
                .entries
                .range(from..)
                .find(|entry| wanted.admits(entry.shape, entry.estimate))
            {
                let mut entry = *entry;
                if let Some(place) = after
                    && entry.place <= place
                {
                    // In the middle of a block: behind the job that was asked for.
                    entry.count -= place.job.0 + 1 - entry.place.job.0;
                    entry.place.job = JobId(place.job.0 + 1);
                }
                return Some(entry);
            }
            if from == 0 {
                chunk.renew();
            }
        }
        None
    }

    /// All entries in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.chunks.iter().flat_map(|chunk| chunk.entries.iter())
    }

    /// What those who wait here noted.
    pub(super) fn marks_mut(&mut self) -> impl Iterator<Item = &mut Marks> {
        let entries = self
            .chunks
            .iter_mut()
            .flat_map(|chunk| chunk.entries.iter_mut());
        entries.map(|entry| &mut entry.marks)
    }

    /// The entry that holds the job at `place`, from that job on.
    pub(super) fn get(&self, place: Place) -> Option<Entry> {
        let (_, entry) = self.find(place)?;
        Some(Entry {
            place,
            count: entry.count - (place.job.0 - entry.place.job.0),
            ..*entry
        })
    }

    /// The entry at `spot`: as long as nothing came or went, it is the one that was found there.
    pub(super) fn at_mut(&mut self, Spot(index, within): Spot) -> &mut Entry {
        &mut self.chunks[index].entries[within]
    }

    /// The entry with the job at `place` and where it stands, if that job waits here.
    #[inline]
    pub(super) fn find(&self, place: Place) -> Option<(Spot, &Entry)> {
        let front = self.front()?;
        if front.place == place {
            return Some((Spot(0, 0), front));
        }
        self.find_behind(place)
    }

    #[inline(never)]
    fn find_behind(&self, place: Place) -> Option<(Spot, &Entry)> {
        let last = self.chunks.len() - 1;
        let entries = &self.chunks[last].entries;
        let back = entries.back()?;
        if back.place == place {
            return Some((Spot(last, entries.len() - 1), back));
        }
        let index = self.chunk_of(place);
        let entries = &self.chunks[index].entries;
        let within = entries.partition_point(|entry| last_of(entry) < place);
        let entry = entries.get(within)?;
        let offset = place.job.0.checked_sub(entry.place.job.0)?;
        let is_here = (entry.place.class, entry.place.rank) == (place.class, place.rank)
            && offset < entry.count;
        is_here.then_some((Spot(index, within), entry))
    }

    /// The first chunk whose last job is not before `place`, or the last chunk.
    fn chunk_of(&self, place: Place) -> usize {
        let index = self.chunks.partition_point(|chunk| {
            chunk
                .entries
                .back()
                .is_some_and(|entry| last_of(entry) < place)
        });
        index.min(self.chunks.len() - 1)
    }
}

/// The place of the last job of an entry.
fn last_of(entry: &Entry) -> Place {
    Place {
        job: JobId(entry.place.job.0 + entry.count - 1),
        ..entry.place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(rank: u64, job: u32, count: u32, vcpus: u32, estimate: u64) -> Entry {
        Entry {
            place: Place {
                class: 1,
                rank,
                job: JobId(job),
            },
            count,
            contract: 0,
            who: if count > 1 {
                Who::Block(0)
            } else {
                Who::Job(job)
            },
            shape: Shape::new(vcpus, 0, 0),
            estimate: Span::from_s(estimate),
            since: SimTime::ZERO,
            marks: Marks::default(),
        }
    }

    /// Takes the job at `place`, if it is there.
    fn take(lane: &mut Lane, place: Place) -> Option<Entry> {
        let entry = lane.get(place)?;
        let (spot, _) = lane.find(place)?;
        lane.take(spot, place);
        Some(entry)
    }

    fn jobs(lane: &Lane) -> Vec<u32> {
        lane.iter()
            .flat_map(|e| e.place.job.0..e.place.job.0 + e.count)
            .collect()
    }

    #[test]
    fn jobs_stand_in_order_of_rank_and_then_of_submission_however_they_came() {
        let mut lane = Lane::default();
        let mut state = 1u64;
        let mut expected = Vec::new();
        for job in 0..2000u32 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(99);
            let rank = (state >> 40) % 50;
            lane.insert(entry(rank, job, 1, 1, 1));
            expected.push((rank, job));
        }
        expected.sort_unstable();
        assert_eq!(
            jobs(&lane),
            expected.iter().map(|&(_, job)| job).collect::<Vec<_>>()
        );
        for &(rank, job) in expected.iter().step_by(3) {
            assert!(
                take(
                    &mut lane,
                    Place {
                        class: 1,
                        rank,
                        job: JobId(job)
                    }
                )
                .is_some()
            );
        }
        let left: Vec<u32> = expected
            .iter()
            .enumerate()
            .filter(|(i, _)| i % 3 != 0)
            .map(|(_, &(_, job))| job)
            .collect();
        assert_eq!(jobs(&lane), left);
    }

    #[test]
    fn a_child_taken_from_the_middle_splits_its_block() {
        let mut lane = Lane::default();
        lane.insert(entry(0, 10, 5, 1, 1));
        lane.insert(entry(0, 20, 1, 1, 1));
        let place = |job| Place {
            class: 1,
            rank: 0,
            job: JobId(job),
        };
        assert!(take(&mut lane, place(12)).is_some());
        assert!(take(&mut lane, place(12)).is_none(), "it is gone");
        assert_eq!(jobs(&lane), [10, 11, 13, 14, 20]);
        assert!(take(&mut lane, place(10)).is_some());
        assert!(take(&mut lane, place(14)).is_some());
        assert_eq!(jobs(&lane), [11, 13, 20]);
        assert!(lane.get(place(15)).is_none());
        assert_eq!(lane.get(place(13)).unwrap().count, 1);
    }

    #[test]
    fn a_look_for_what_fits_finds_what_a_look_at_each_finds() {
        let mut lane = Lane::default();
        let mut state = 5u64;
        let mut next = |below: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(3);
            (state >> 33) % below
        };
        for job in 0..1000 {
            lane.insert(entry(
                next(3),
                job * 10,
                1 + next(3) as u32,
                1 + next(64) as u32,
                next(100),
            ));
        }
        for _ in 0..300 {
            let wanted = Wanted {
                room: Shape::new(next(64) as u32, 0, 0),
                within: Span::from_s(next(100)),
                or_vcpus: next(20) as u32,
            };
            let slowly: Vec<u32> = lane
                .iter()
                .filter(|e| wanted.admits(e.shape, e.estimate))
                .flat_map(|e| e.place.job.0..e.place.job.0 + e.count)
                .collect();
            let mut quickly = Vec::new();
            let mut after = None;
            while let Some(found) = lane.next(after, &wanted) {
                quickly.push(found.place.job.0);
                after = Some(found.place);
            }
            assert_eq!(quickly, slowly);
        }
    }
}
