//! Which attempt is where.

use crate::policy::capacity::AllocationId;
use crate::units::{EnvId, InstanceId, JobId, Shape, SimTime, Usd};

/// No clock ever stands there: the container does not run yet.
pub(super) const NOT_YET: u128 = u128::MAX;

/// One machine's part of an attempt.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    pub(super) instance: InstanceId,
    /// What was asked for.
    pub(super) shape: Shape,
    /// What was taken: for a node of a gang, all there was.
    pub(super) taken: Shape,
    /// Its dominant share of the machine, in units of 2⁻³².
    pub(super) weight: u64,
    /// The machine's cost clock when it came.
    pub(super) mark: u128,
    /// And when its container ran; [`NOT_YET`] before.
    pub(super) ran: u128,
}

/// A placed attempt.
#[derive(Clone, Debug)]
pub(super) struct Allocation {
    pub(super) job: JobId,
    pub(super) environment: EnvId,
    pub(super) shape: Shape,
    /// Its one node, or the main node of a gang.
    pub(super) first: Node,
    /// All nodes of a gang.
    pub(super) gang: Option<Box<[Node]>>,
    pub(super) expected_end: SimTime,
    /// What nodes that were lost had cost.
    pub(super) lost: Usd,
}

impl Allocation {
    /// No attempt.
    const NONE: Allocation = Allocation {
        job: JobId::NONE,
        environment: EnvId::NONE,
        shape: Shape::new(0, 0, 0),
        first: Node {
            instance: InstanceId::NONE,
            shape: Shape::new(0, 0, 0),
            taken: Shape::new(0, 0, 0),
            weight: 0,
            mark: 0,
            ran: 0,
        },
        gang: None,
        expected_end: SimTime::ZERO,
        lost: Usd::ZERO,
    };

    /// Its nodes, to be changed.
    pub(super) fn nodes_mut(&mut self) -> &mut [Node] {
        self.gang
            .as_deref_mut()
            .unwrap_or(std::slice::from_mut(&mut self.first))
    }

    /// Its nodes.
    pub(super) fn nodes(&self) -> &[Node] {
        self.gang
            .as_deref()
            .unwrap_or(std::slice::from_ref(&self.first))
    }

    /// Takes the node on `instance` out of a gang.
    pub(super) fn remove_node(&mut self, instance: InstanceId) -> Option<Node> {
        let mut nodes = self.gang.take()?.into_vec();
        let index = nodes.iter().position(|node| node.instance == instance)?;
        let node = nodes.remove(index);
        self.gang = Some(nodes.into_boxed_slice());
        Some(node)
    }
}

/// All placed attempts; identifiers are used again. The job of a slot that is free is none.
#[derive(Debug, Default)]
pub(super) struct Allocations {
    slots: Vec<Allocation>,
    free: Vec<u32>,
}

impl Allocations {
    /// A new attempt, all of which is still to be said.
    #[inline]
    pub(super) fn add(&mut self) -> (AllocationId, &mut Allocation) {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Allocation::NONE);
            (self.slots.len() - 1) as u32
        });
        (AllocationId(slot), &mut self.slots[slot as usize])
    }

    #[inline]
    pub(super) fn remove(&mut self, id: AllocationId) {
        let slot = &mut self.slots[id.0 as usize];
        assert!(slot.job.is_some(), "an attempt gives its room back once");
        slot.job = JobId::NONE;
        self.free.push(id.0);
    }

    pub(super) fn get(&self, id: AllocationId) -> &Allocation {
        &self.slots[id.0 as usize]
    }

    pub(super) fn get_mut(&mut self, id: AllocationId) -> &mut Allocation {
        &mut self.slots[id.0 as usize]
    }

    pub(super) fn is_empty(&self) -> bool {
        self.slots.len() == self.free.len()
    }

    /// Attempts with a node on `instance`, by job.
    pub(super) fn on(&self, instance: InstanceId) -> Vec<(AllocationId, JobId)> {
        let is_here = |allocation: &Allocation| {
            allocation.job.is_some()
                && allocation
                    .nodes()
                    .iter()
                    .any(|node| node.instance == instance)
        };
        let mut found: Vec<(AllocationId, JobId)> = (0u32..)
            .zip(&self.slots)
            .filter(|(_, allocation)| is_here(allocation))
            .map(|(slot, allocation)| (AllocationId(slot), allocation.job))
            .collect();
        found.sort_by_key(|&(_, job)| job);
        found
    }
}
