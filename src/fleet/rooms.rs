//! Which machine with room takes a request: the room on every machine of an environment, ranked by the placement rule.
//!
//! Few machines are looked through; many stand in an ordered index. What did not fit is remembered until a machine on
//! which it would fit gets room: a head that waits costs nothing per event however many machines there are.

use std::collections::BTreeSet;

use crate::policy::placement::Placement;
use crate::units::Shape;

/// Up to so many machines a look at each is quicker than keeping an index.
const LOOKED_THROUGH: usize = 48;
/// So many requests that did not fit are remembered.
const REMEMBERED: usize = 16;

/// Room on machines, by position.
#[derive(Debug)]
pub(super) struct Rooms {
    placement: Placement,
    free: Vec<Shape>,
    present: Vec<bool>,
    /// (rank, position) of every machine that is up; empty while machines are looked through.
    index: BTreeSet<(u64, u32)>,
    misfits: Vec<Shape>,
}

impl Rooms {
    pub(super) fn new(placement: Placement) -> Rooms {
        Rooms {
            placement,
            free: Vec::new(),
            present: Vec::new(),
            index: BTreeSet::new(),
            misfits: Vec::new(),
        }
    }

    /// Number of positions, machines that left included.
    pub(super) fn len(&self) -> usize {
        self.free.len()
    }

    /// Room at `position`.
    pub(super) fn at(&self, position: u32) -> Shape {
        self.free[position as usize]
    }

    /// Whether the machine at `position` is up.
    pub(super) fn is_present(&self, position: u32) -> bool {
        self.present[position as usize]
    }

    /// A machine joins with all of its room.
    pub(super) fn push(&mut self, room: Shape) -> u32 {
        let position = self.free.len() as u32;
        self.free.push(room);
        self.present.push(true);
        if self.free.len() == LOOKED_THROUGH + 1 {
            self.index = (0..=position)
                .filter(|&p| self.present[p as usize])
                .map(|p| (self.rank(self.free[p as usize]), p))
                .collect();
        } else if self.is_indexed() {
            self.index.insert((self.rank(room), position));
        }
        self.misfits.retain(|misfit| !misfit.fits(room));
        position
    }

    /// A machine leaves.
    pub(super) fn remove(&mut self, position: u32) {
        if self.is_indexed() {
            self.index.remove(&(self.rank(self.at(position)), position));
        }
        self.free[position as usize] = Shape::default();
        self.present[position as usize] = false;
    }

    /// Changes the room at `position`.
    pub(super) fn set(&mut self, position: u32, room: Shape) {
        let before = std::mem::replace(&mut self.free[position as usize], room);
        if self.is_indexed() && self.rank(before) != self.rank(room) {
            self.index.remove(&(self.rank(before), position));
            self.index.insert((self.rank(room), position));
        }
        if !self.misfits.is_empty() && !room.fits(before) {
            self.misfits.retain(|misfit| !misfit.fits(room));
        }
    }

    /// The machine that the placement rule gives to a request of `shape`.
    pub(super) fn find(&mut self, shape: Shape) -> Option<u32> {
        if self.misfits.iter().any(|misfit| misfit.fits(shape)) {
            return None;
        }
        let found = self.best(shape, |_| true);
        if found.is_none() {
            self.misfits.retain(|misfit| !shape.fits(*misfit));
            if self.misfits.len() < REMEMBERED {
                self.misfits.push(shape);
            }
        }
        found
    }

    /// The best machine with room for `shape` among those that `also` admits.
    pub(super) fn best(&self, shape: Shape, also: impl Fn(u32) -> bool) -> Option<u32> {
        let takes = |position: u32| {
            self.present[position as usize]
                && shape.fits(self.free[position as usize])
                && also(position)
        };
        if self.is_indexed() {
            let from = match self.placement {
                Placement::Pack => (u64::from(shape.memory) << 32, 0),
                Placement::Spread => (0, 0),
            };
            return self
                .index
                .range(from..)
                .map(|&(_, position)| position)
                .find(|&position| takes(position));
        }
        (0..self.free.len() as u32)
            .filter(|&position| takes(position))
            .min_by_key(|&position| (self.rank(self.free[position as usize]), position))
    }

    /// An upper bound of the room on any machine.
    pub(super) fn roomiest(&self) -> Shape {
        self.free.iter().fold(Shape::default(), |most, room| Shape {
            vcpus: most.vcpus.max(room.vcpus),
            memory: most.memory.max(room.memory),
            gpus: most.gpus.max(room.gpus),
        })
    }

    fn is_indexed(&self) -> bool {
        self.free.len() > LOOKED_THROUGH
    }

    /// The lower, the sooner a machine is taken.
    fn rank(&self, room: Shape) -> u64 {
        let packed = u64::from(room.memory) << 32 | u64::from(room.vcpus);
        match self.placement {
            Placement::Pack => packed,
            Placement::Spread => !packed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A small deterministic sequence of numbers below `below`.
    fn numbers(seed: u64) -> impl FnMut(u64) -> u64 {
        let mut state = seed;
        move |below| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        }
    }

    #[test]
    fn the_index_and_a_look_at_each_machine_agree() {
        for placement in [Placement::Pack, Placement::Spread] {
            let mut next = numbers(7);
            let mut rooms = Rooms::new(placement);
            let machine = |next: &mut dyn FnMut(u64) -> u64| {
                Shape::new(next(9) as u32, next(9) as u32 * 1024, next(2) as u32)
            };
            for _ in 0..200 {
                rooms.push(machine(&mut next));
            }
            for _ in 0..3000 {
                if next(10) == 0 {
                    let position = next(200) as u32;
                    if rooms.is_present(position) && next(20) == 0 {
                        rooms.remove(position);
                    } else if rooms.is_present(position) {
                        rooms.set(position, machine(&mut next));
                    }
                }
                let shape = Shape::new(1 + next(8) as u32, next(8) as u32 * 1024, next(2) as u32);
                let looked = (0..200u32)
                    .filter(|&p| rooms.is_present(p) && shape.fits(rooms.at(p)))
                    .min_by_key(|&p| (rooms.rank(rooms.at(p)), p));
                assert_eq!(rooms.find(shape), looked, "{placement:?} {shape}");
            }
        }
    }

    #[test]
    fn packing_takes_the_fullest_machine_and_spreading_the_emptiest() {
        for (placement, taken) in [(Placement::Pack, 1), (Placement::Spread, 0)] {
            let mut rooms = Rooms::new(placement);
            rooms.push(Shape::new(8, 8192, 0));
            rooms.push(Shape::new(4, 4096, 0));
            rooms.push(Shape::new(4, 4096, 0));
            assert_eq!(rooms.find(Shape::new(2, 1024, 0)), Some(taken));
        }
    }
}
