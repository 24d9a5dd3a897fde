//! Which attempt is where.

use crate::policy::capacity::AllocationId;
use crate::units::{EnvId, InstanceId, JobId, Shape, SimTime, Usd};

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
}

/// A placed attempt.
#[derive(Clone, Debug)]
pub(super) struct Allocation {
    pub(super) id: AllocationId,
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
    /// What it cost until its container ran.
    pub(super) starting: Option<Usd>,
}

impl Allocation {
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

    /// Sums `cost(instance, weight, mark)` over its nodes.
    pub(super) fn parts(&self, mut cost: impl FnMut(InstanceId, u64, u128) -> Usd) -> Usd {
        self.nodes()
            .iter()
            .map(|node| cost(node.instance, node.weight, node.mark))
            .sum()
    }
}

/// All placed attempts; identifiers are used again.
#[derive(Debug, Default)]
pub(super) struct Allocations {
    slots: Vec<Option<Allocation>>,
    free: Vec<u32>,
}

impl Allocations {
    /// The identifier that the next insertion gets.
    pub(super) fn next_id(&self) -> AllocationId {
        AllocationId(self.free.last().copied().unwrap_or(self.slots.len() as u32))
    }

    pub(super) fn insert(&mut self, allocation: Allocation) {
        match self.free.pop() {
            Some(slot) => self.slots[slot as usize] = Some(allocation),
            None => self.slots.push(Some(allocation)),
        }
    }

    pub(super) fn remove(&mut self, id: AllocationId) -> Allocation {
        let allocation = self.slots[id.0 as usize].take();
        self.free.push(id.0);
        allocation.expect("an attempt gives its room back once")
    }

    pub(super) fn get(&self, id: AllocationId) -> Allocation {
        self.slots[id.0 as usize].clone().expect("a placed attempt")
    }

    pub(super) fn get_mut(&mut self, id: AllocationId) -> &mut Allocation {
        self.slots[id.0 as usize]
            .as_mut()
            .expect("a placed attempt")
    }

    pub(super) fn node_list(&self, id: AllocationId) -> &[Node] {
        self.slots[id.0 as usize]
            .as_ref()
            .expect("a placed attempt")
            .nodes()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.slots.len() == self.free.len()
    }

    /// Attempts with a node on `instance`, by job.
    pub(super) fn on(&self, instance: InstanceId) -> Vec<(AllocationId, JobId)> {
        let mut found: Vec<(AllocationId, JobId)> = self
            .slots
            .iter()
            .flatten()
            .filter(|allocation| {
                allocation
                    .nodes()
                    .iter()
                    .any(|node| node.instance == instance)
            })
            .map(|allocation| (allocation.id, allocation.job))
            .collect();
        found.sort_by_key(|&(_, job)| job);
        found
    }
}
