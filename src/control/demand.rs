//! What managed environments are told to provide for: the jobs that wait, by shape.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Slot;

use crate::model::Observer;
use crate::policy::discipline::Hold;
use crate::policy::scaling::{HeadWaits, QueueDemand, Want};
use crate::units::{EnvId, QueueId, Shape, SimTime, TypeId};

use super::Control;
use super::contracts::{self, Contract};
use super::queue::{Label, Queue};

/// Waiting jobs of a queue.
#[derive(Debug, Default)]
pub(super) struct Demand {
    /// By shape, multi-node ones left out.
    shapes: BTreeMap<Shape, u64>,
    /// Multi-node ones by contract.
    gangs: BTreeMap<u32, u64>,
}

impl Demand {
    fn count(&mut self, shape: Shape, jobs: u32, gang: Option<u32>, came: bool) {
        match gang {
            None => count(&mut self.shapes, shape, u64::from(jobs), came),
            Some(contract) => count(&mut self.gangs, contract, u64::from(jobs), came),
        }
    }
}

/// What the nodes of a multi-node job ask for, by node and by type.
fn nodes(want: &Want) -> Option<(&[Shape], Option<TypeId>)> {
    let gang = want.gang.as_ref()?;
    Some((&gang.nodes, gang.instance_type))
}

/// `number` more of `key`, or less.
fn count<K: Ord>(counts: &mut BTreeMap<K, u64>, key: K, number: u64, came: bool) {
    match counts.entry(key) {
        Slot::Vacant(slot) => {
            assert!(came, "more went than came");
            slot.insert(number);
        }
        Slot::Occupied(mut slot) if came => *slot.get_mut() += number,
        Slot::Occupied(slot) if *slot.get() == number => {
            slot.remove();
        }
        Slot::Occupied(mut slot) => *slot.get_mut() -= number,
    }
}

impl Queue {
    /// `jobs` of `shape`, or multi-node ones of a contract, came to wait, or went.
    #[inline(never)]
    pub(super) fn count_demand(&mut self, shape: Shape, jobs: u32, gang: Option<u32>, came: bool) {
        if let Some(demand) = &mut self.demand {
            demand.count(shape, jobs, gang, came);
        }
    }

    /// From now on (or no more) demand is counted.
    pub(super) fn keep_demand(&mut self, keeps: bool, contracts: &[Contract]) {
        if !keeps {
            self.demand = None;
        } else if self.demand.is_none() {
            let mut demand = Demand::default();
            let waiting = self.shares.iter().flat_map(|share| share.lane.iter());
            for entry in waiting {
                let gang = contracts::gang(contracts, entry.contract);
                demand.count(entry.shape, entry.count, gang, true);
            }
            self.demand = Some(demand);
        }
    }
}

impl<O: Observer> Control<'_, O> {
    /// Whether a job came to wait where a managed environment has to provide, or a queue there changed; asking takes it back.
    pub fn take_wants_scaling(&mut self) -> bool {
        std::mem::take(&mut self.wants_scaling)
    }

    /// Whether any job waits where a managed environment has to provide.
    pub fn waits_for_managed(&self) -> bool {
        self.queues
            .iter()
            .any(|queue| queue.demand.is_some() && queue.waiting > 0)
    }

    /// What waits in queues that have a managed environment, by their priority.
    pub fn demands(&mut self, now: SimTime) -> Vec<QueueDemand> {
        let mut demands = Vec::new();
        for index in 0..self.queue_order.len() {
            let id = self.queue_order[index];
            if let Some(demand) = self.demand_of(now, id) {
                demands.push(demand);
            }
        }
        demands
    }

    fn demand_of(&mut self, now: SimTime, id: QueueId) -> Option<QueueDemand> {
        let queue = &mut self.queues[id.index()];
        if queue.deleted || queue.demand.is_none() || queue.waiting == 0 {
            return None;
        }
        let turn = queue.turn(now)?;
        let lane = &queue.shares[turn as usize].lane;
        let held = queue.watch.head.filter(|_| queue.holds_its_head);
        let held = held.and_then(|(place, _)| lane.find(place));
        let head = *held.map(|(_, entry)| entry).or(lane.front())?;
        let needs_only_room = self.consumables_available(head.contract, head.who)
            && self.leaves_reserve(now, id, head.shape.vcpus)
            && self.knobs.rate.is_none_or(|rate| {
                let tokens = self.tokens_of(id, head.place, turn);
                self.has_tokens(now, id, rate, tokens)
            });
        let queue = &self.queues[id.index()];
        let head_is_gang = contracts::gang(&self.contracts, head.contract).is_some();
        let mut wants = vec![Want {
            shape: head.shape,
            count: 1,
            gang: self.contracts[head.contract as usize].gang.clone(),
            needs_only_room,
        }];
        let demand = queue.demand.as_ref()?;
        let others = demand.shapes.iter().rev();
        wants.extend(others.filter_map(|(&shape, &count)| {
            let is_heads = shape == head.shape && !head_is_gang;
            let count = count - u64::from(is_heads);
            (count > 0).then_some(Want {
                shape,
                count,
                gang: None,
                needs_only_room: false,
            })
        }));
        let gangs = demand.gangs.iter();
        wants.extend(gangs.filter_map(|(&contract, &count)| {
            let is_heads = contract == head.contract && head_is_gang;
            let count = count - u64::from(is_heads);
            let contract = &self.contracts[contract as usize];
            (count > 0).then(|| Want {
                shape: contract.shape,
                count,
                gang: contract.gang.clone(),
                needs_only_room: false,
            })
        }));
        if !demand.gangs.is_empty() {
            // Of one shape in all the plain ones come first, then gangs by what their nodes ask for.
            wants[1..]
                .sort_by(|a, b| (Reverse(a.shape), nodes(a)).cmp(&(Reverse(b.shape), nodes(b))));
        }
        Some(QueueDemand {
            queue: id,
            environments: queue.usable.clone(),
            wants,
        })
    }

    /// A scaling decision says what the head of a queue goes on waiting for.
    pub fn head_waits(&mut self, now: SimTime, waits: HeadWaits) {
        let queue = &mut self.queues[waits.queue.index()];
        let is_about_room = matches!(
            queue.watch.label,
            Label::Front(Hold::Capacity | Hold::Scaling | Hold::Boot | Hold::MaxVcpus)
        );
        if is_about_room {
            let head = queue.watch.head;
            queue.relabel(now, Label::Front(waits.hold), head);
        }
    }

    /// A managed environment has asked for so many vCPUs and not let them go; machines of it may be on their way.
    pub fn committed(&mut self, environment: EnvId, vcpus: u64, awaits_machines: bool) {
        let environment = &mut self.registry.environments[environment.index()];
        environment.committed = vcpus;
        environment.awaits_machines = awaits_machines;
    }
}
