//! Which machine with room takes a request: the room on every machine of an environment, ranked by the placement rule.
//!
//! Few machines are looked through; many stand in an ordered index by the room they have, and those with no vCPU left in none.
//! What did not fit is remembered until a machine on which it would fit gets room: a head that waits costs nothing per event
//! however many machines there are. The place of a machine that left is used again.

use std::collections::{BTreeMap, BTreeSet};

use crate::policy::placement::Placement;
use crate::units::{InstanceId, Shape};

/// Up to so many machines a look at each is quicker than keeping an index.
const LOOKED_THROUGH: usize = 48;
/// So many requests that did not fit are remembered.
const REMEMBERED: usize = 16;

/// Room on machines, by position.
#[derive(Debug)]
pub(super) struct Rooms {
    placement: Placement,
    free: Vec<Shape>,
    /// Who is there, or [`InstanceId::NONE`].
    machines: Vec<InstanceId>,
    /// Positions of machines that left.
    vacant: Vec<u32>,
    is_indexed: bool,
    /// Machines with a vCPU free by (rank, GPUs) of their room, then by launch: those of one entry are alike.
    index: BTreeMap<(u64, u32), BTreeSet<(InstanceId, u32)>>,
    misfits: Vec<Shape>,
}

impl Rooms {
    pub(super) fn new(placement: Placement) -> Rooms {
        Rooms {
            placement,
            free: Vec::new(),
            machines: Vec::new(),
            vacant: Vec::new(),
            is_indexed: false,
            index: BTreeMap::new(),
            misfits: Vec::new(),
        }
    }

    /// Number of positions, vacant ones included.
    pub(super) fn len(&self) -> usize {
        self.free.len()
    }

    /// Room at `position`.
    pub(super) fn at(&self, position: u32) -> Shape {
        self.free[position as usize]
    }

    /// The machine at `position`, or [`InstanceId::NONE`].
    pub(super) fn machine(&self, position: u32) -> InstanceId {
        self.machines[position as usize]
    }

    /// Whether a machine is up at `position`.
    pub(super) fn is_present(&self, position: u32) -> bool {
        self.machines[position as usize].is_some()
    }

    /// A machine joins with all of its room.
    pub(super) fn join(&mut self, machine: InstanceId, room: Shape) -> u32 {
        let position = self.vacant.pop().unwrap_or_else(|| {
            self.free.push(Shape::default());
            self.machines.push(InstanceId::NONE);
            (self.free.len() - 1) as u32
        });
        self.free[position as usize] = room;
        self.machines[position as usize] = machine;
        if !self.is_indexed && self.free.len() > LOOKED_THROUGH {
            self.is_indexed = true;
            for other in 0..self.free.len() as u32 {
                if self.is_present(other) {
                    self.enter(other);
                }
            }
        } else if self.is_indexed {
            self.enter(position);
        }
        self.misfits.retain(|misfit| !misfit.fits(room));
        position
    }

    /// A machine leaves.
    pub(super) fn remove(&mut self, position: u32) {
        if self.is_indexed {
            self.quit(position);
        }
        self.free[position as usize] = Shape::default();
        self.machines[position as usize] = InstanceId::NONE;
        self.vacant.push(position);
    }

    /// Changes the room at `position`.
    // Inlined, the room stays in registers until it is written.
    #[inline(always)]
    pub(super) fn set(&mut self, position: u32, room: Shape) {
        let before = self.free[position as usize];
        let is_indexed = self.is_indexed && before != room;
        if is_indexed {
            self.quit(position);
        }
        self.free[position as usize] = room;
        if is_indexed {
            self.enter(position);
        }
        if !self.misfits.is_empty() && !room.fits(before) {
            self.forget_misfits(position);
        }
    }

    /// There is room at `position` for what did not fit.
    #[inline(never)]
    fn forget_misfits(&mut self, position: u32) {
        let room = self.at(position);
        self.misfits.retain(|misfit| !misfit.fits(room));
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
        if self.is_indexed && shape.vcpus > 0 {
            return self.best_of_index(shape, also);
        }
        (0..self.free.len() as u32)
            .filter(|&position| {
                self.is_present(position)
                    && shape.fits(self.free[position as usize])
                    && also(position)
            })
            .min_by_key(|&position| {
                let place = position as usize;
                (self.rank(self.free[place]), self.machines[place])
            })
    }

    fn best_of_index(&self, shape: Shape, also: impl Fn(u32) -> bool) -> Option<u32> {
        let from = match self.placement {
            Placement::Pack => (u64::from(shape.memory) << 32, 0),
            Placement::Spread => (0, 0),
        };
        let mut best: Option<(u64, InstanceId, u32)> = None;
        for (&(rank, _), machines) in self.index.range(from..) {
            if best.is_some_and(|(found, ..)| found != rank) {
                break;
            }
            let Some(&(_, any)) = machines.first() else {
                continue;
            };
            if !shape.fits(self.free[any as usize]) {
                continue;
            }
            let admitted = machines.iter().find(|&&(_, position)| also(position));
            let Some(&(machine, position)) = admitted else {
                continue;
            };
            if best.is_none_or(|(_, other, _)| machine < other) {
                best = Some((rank, machine, position));
            }
        }
        best.map(|(_, _, position)| position)
    }

    /// Room of every machine that is up, with its position.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, Shape)> {
        (0u32..)
            .zip(&self.free)
            .filter(|&(position, _)| self.is_present(position))
            .map(|(position, &room)| (position, room))
    }

    /// An upper bound of the room on any machine.
    pub(super) fn roomiest(&self) -> Shape {
        self.free.iter().fold(Shape::default(), |most, room| Shape {
            vcpus: most.vcpus.max(room.vcpus),
            memory: most.memory.max(room.memory),
            gpus: most.gpus.max(room.gpus),
        })
    }

    #[inline(never)]
    fn enter(&mut self, position: u32) {
        let (room, machine) = (self.at(position), self.machine(position));
        if room.vcpus > 0 {
            let key = (self.rank(room), room.gpus);
            self.index
                .entry(key)
                .or_default()
                .insert((machine, position));
        }
    }

    #[inline(never)]
    fn quit(&mut self, position: u32) {
        let (room, machine) = (self.at(position), self.machine(position));
        let key = (self.rank(room), room.gpus);
        if room.vcpus > 0
            && let Some(machines) = self.index.get_mut(&key)
        {
            machines.remove(&(machine, position));
            if machines.is_empty() {
                self.index.remove(&key);
            }
        }
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
            for id in 0..200 {
                rooms.join(InstanceId(id), machine(&mut next));
            }
            let mut launched = 200;
            for _ in 0..3000 {
                if next(10) == 0 {
                    let position = next(200) as u32;
                    if rooms.is_present(position) && next(20) == 0 {
                        rooms.remove(position);
                    } else if next(40) == 0 {
                        rooms.join(InstanceId(launched), machine(&mut next));
                        launched += 1;
                    } else if rooms.is_present(position) {
                        rooms.set(position, machine(&mut next));
                    }
                }
                let shape = Shape::new(1 + next(8) as u32, next(8) as u32 * 1024, next(2) as u32);
                let looked = (0..rooms.len() as u32)
                    .filter(|&p| rooms.is_present(p) && shape.fits(rooms.at(p)))
                    .min_by_key(|&p| (rooms.rank(rooms.at(p)), rooms.machine(p)));
                assert_eq!(rooms.find(shape), looked, "{placement:?} {shape}");
            }
        }
    }

    #[test]
    fn packing_takes_the_fullest_machine_and_spreading_the_emptiest() {
        for (placement, taken) in [(Placement::Pack, 1), (Placement::Spread, 0)] {
            let mut rooms = Rooms::new(placement);
            for (id, vcpus) in [(0, 8), (1, 4), (2, 4)] {
                rooms.join(InstanceId(id), Shape::new(vcpus, vcpus * 1024, 0));
            }
            assert_eq!(rooms.find(Shape::new(2, 1024, 0)), Some(taken));
        }
    }
}
