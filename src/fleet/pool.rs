//! The machines of one environment.

use std::collections::BTreeSet;

use crate::model::Billing;
use crate::policy::capacity::{AllocationId, Ask, Ever, Gang};
use crate::policy::placement::Placement;
use crate::units::{InstanceId, Shape, SimTime, TypeId};

use super::rooms::Rooms;

/// Machines of one type that are or will be registered.
#[derive(Debug)]
struct Kind {
    instance_type: TypeId,
    size: Shape,
    count: u32,
}

/// The machines of one environment.
#[derive(Debug)]
pub(super) struct Pool {
    billing: Billing,
    rooms: Rooms,
    types: Vec<TypeId>,
    kinds: Vec<Kind>,
    /// Machines with nothing on them and their positions, in order of launch: what gangs take.
    empty: BTreeSet<(InstanceId, u32)>,
    /// Expected ends of what runs here; kept only where some queue backfills.
    ends: BTreeSet<(SimTime, u32)>,
    end_shapes: Vec<Shape>,
}

impl Pool {
    pub(super) fn new(billing: Billing, placement: Placement) -> Pool {
        Pool {
            billing,
            rooms: Rooms::new(placement),
            types: Vec::new(),
            kinds: Vec::new(),
            empty: BTreeSet::new(),
            ends: BTreeSet::new(),
            end_shapes: Vec::new(),
        }
    }

    pub(super) fn billing(&self) -> Billing {
        self.billing
    }

    /// Number of positions, vacant ones included.
    pub(super) fn len(&self) -> usize {
        self.rooms.len()
    }

    pub(super) fn instance(&self, position: u32) -> InstanceId {
        self.rooms.machine(position)
    }

    pub(super) fn room(&self, position: u32) -> Shape {
        self.rooms.at(position)
    }

    pub(super) fn is_present(&self, position: u32) -> bool {
        self.rooms.is_present(position)
    }

    pub(super) fn roomiest(&self) -> Shape {
        self.rooms.roomiest()
    }

    /// vCPUs of all machines that are or will be registered.
    pub(super) fn expected_vcpus(&self) -> u64 {
        self.kinds
            .iter()
            .map(|kind| u64::from(kind.size.vcpus) * u64::from(kind.count))
            .sum()
    }

    pub(super) fn expect(&mut self, instance_type: TypeId, size: Shape, count: u32) {
        match self
            .kinds
            .iter_mut()
            .find(|kind| kind.instance_type == instance_type)
        {
            Some(kind) => kind.count += count,
            None => self.kinds.push(Kind {
                instance_type,
                size,
                count,
            }),
        }
    }

    pub(super) fn join(&mut self, id: InstanceId, instance_type: TypeId, size: Shape) -> u32 {
        let position = self.rooms.join(id, size);
        match self.types.get_mut(position as usize) {
            Some(reused) => *reused = instance_type,
            None => self.types.push(instance_type),
        }
        self.empty.insert((id, position));
        position
    }

    pub(super) fn leave(&mut self, position: u32) {
        self.empty.remove(&(self.instance(position), position));
        self.rooms.remove(position);
    }

    /// A machine that was expected once is gone for good.
    pub(super) fn forget(&mut self, instance_type: TypeId) {
        let kind = self
            .kinds
            .iter_mut()
            .find(|kind| kind.instance_type == instance_type);
        kind.expect("a machine that leaves was expected once").count -= 1;
    }

    /// Room of the machines that are up.
    pub(super) fn rooms(&self) -> impl Iterator<Item = (u32, Shape)> {
        self.rooms.iter()
    }

    pub(super) fn type_at(&self, position: u32) -> TypeId {
        self.types[position as usize]
    }

    /// The `count` machines launched last, the latest first.
    pub(super) fn latest(&self, count: usize) -> Vec<InstanceId> {
        let mut up: Vec<InstanceId> = self
            .rooms
            .iter()
            .map(|(position, _)| self.instance(position))
            .collect();
        up.sort_unstable();
        up.into_iter().rev().take(count).collect()
    }

    pub(super) fn find(&mut self, shape: Shape) -> Option<u32> {
        self.rooms.find(shape)
    }

    /// As [`Pool::find`], among machines where `spare` has room too.
    pub(super) fn find_beside(&self, shape: Shape, spare: &[Shape]) -> Option<u32> {
        self.rooms.best(shape, |position| {
            spare
                .get(position as usize)
                .is_some_and(|room| shape.fits(*room))
        })
    }

    /// Empty machines for all nodes of a gang, of one type: the type of the machine launched first wins, then the
    /// machines launched first, node by node.
    pub(super) fn find_gang(&self, gang: &Gang) -> Option<Vec<u32>> {
        if self.empty.len() < gang.nodes.len() {
            return None;
        }
        let mut tried: Vec<TypeId> = Vec::new();
        for &(_, first) in &self.empty {
            let instance_type = self.types[first as usize];
            if tried.contains(&instance_type)
                || gang
                    .instance_type
                    .is_some_and(|wanted| wanted != instance_type)
            {
                continue;
            }
            tried.push(instance_type);
            let size = self.rooms.at(first);
            if !gang.nodes.iter().all(|node| node.fits(size)) {
                continue;
            }
            let positions: Vec<u32> = self
                .empty
                .iter()
                .map(|&(_, position)| position)
                .filter(|&position| self.types[position as usize] == instance_type)
                .take(gang.nodes.len())
                .collect();
            if positions.len() == gang.nodes.len() {
                return Some(positions);
            }
        }
        None
    }

    #[inline(always)]
    pub(super) fn occupy(&mut self, position: u32, taken: Shape, was_empty: bool) {
        if was_empty {
            self.empty.remove(&(self.instance(position), position));
        }
        self.rooms
            .set(position, self.rooms.at(position).less(taken));
    }

    #[inline(always)]
    pub(super) fn vacate(&mut self, position: u32, taken: Shape, emptied: bool) {
        if emptied {
            self.empty.insert((self.instance(position), position));
        }
        self.rooms
            .set(position, self.rooms.at(position).plus(taken));
    }

    /// No job is placed on a machine any more: what room it has left is taken by nobody.
    pub(super) fn close(&mut self, position: u32, is_empty: bool) {
        self.occupy(position, self.room(position), is_empty);
    }

    /// Whether any machine that is or will be registered could take it, all else away.
    pub(super) fn ever(&self, ask: &Ask<'_>) -> Ever {
        if let Some(gang) = ask.gang {
            let fitting = self.kinds.iter().filter(|kind| {
                kind.count > 0
                    && gang
                        .instance_type
                        .is_none_or(|wanted| wanted == kind.instance_type)
                    && gang.nodes.iter().all(|node| node.fits(kind.size))
            });
            let most = fitting.map(|kind| kind.count as usize).max();
            let largest = self.kinds.iter().map(|kind| kind.count as usize).max();
            return match most {
                Some(count) if count >= gang.nodes.len() => Ever::Yes,
                None if largest.is_some_and(|count| count >= gang.nodes.len()) => Ever::TooBig,
                _ => Ever::TooMuch,
            };
        }
        if self
            .kinds
            .iter()
            .any(|kind| kind.count > 0 && ask.shape.fits(kind.size))
        {
            Ever::Yes
        } else if u64::from(ask.shape.vcpus) > self.expected_vcpus() {
            Ever::TooMuch
        } else {
            Ever::TooBig
        }
    }

    pub(super) fn remember_end(&mut self, at: SimTime, id: AllocationId, shape: Shape) {
        if self.end_shapes.len() <= id.0 as usize {
            self.end_shapes.resize(id.0 as usize + 1, Shape::default());
        }
        self.end_shapes[id.0 as usize] = shape;
        self.ends.insert((at, id.0));
    }

    pub(super) fn forget_end(&mut self, at: SimTime, id: AllocationId) {
        self.ends.remove(&(at, id.0));
    }

    /// Expected ends and what they give back, in order of time.
    pub(super) fn ends(&self) -> impl Iterator<Item = (SimTime, Shape)> {
        self.ends
            .iter()
            .map(|&(at, id)| (at, self.end_shapes[id as usize]))
    }

    /// Expected ends by allocation, in order of time.
    pub(super) fn ending(&self) -> impl Iterator<Item = (SimTime, AllocationId)> {
        self.ends.iter().map(|&(at, id)| (at, AllocationId(id)))
    }
}
