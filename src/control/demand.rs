//! What managed environments are told to provide for: the jobs that wait, by shape.

use std::collections::BTreeMap;

use crate::model::Observer;
use crate::policy::discipline::Hold;
use crate::policy::scaling::{HeadWaits, QueueDemand, Want};
use crate::units::{EnvId, QueueId, Shape, SimTime};

use super::Control;
use super::queue::{Label, Queue};

/// Waiting jobs of a queue by shape, multi-node ones left out.
pub(super) type Demand = BTreeMap<Shape, u64>;

impl Queue {
    /// `jobs` of `shape` came to wait, or went.
    #[inline(never)]
    pub(super) fn count_demand(&mut self, shape: Shape, jobs: u32, is_gang: bool, came: bool) {
        let Some(demand) = self.demand.as_mut().filter(|_| !is_gang) else {
            return;
        };
        let count = demand.entry(shape).or_default();
        if came {
            *count += u64::from(jobs);
        } else {
            *count -= u64::from(jobs);
            if *count == 0 {
                demand.remove(&shape);
            }
        }
    }

    /// From now on (or no more) demand is counted.
    pub(super) fn keep_demand(&mut self, keeps: bool) {
        if !keeps {
            self.demand = None;
        } else if self.demand.is_none() {
            let mut demand = Demand::new();
            let waiting = self.shares.iter().flat_map(|share| share.lane.iter());
            for entry in waiting.filter(|entry| !entry.is_gang) {
                *demand.entry(entry.shape).or_default() += u64::from(entry.count);
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
        let mut wants = vec![Want {
            shape: head.shape,
            count: 1,
            gang: self.contracts[head.contract as usize].gang.clone(),
            needs_only_room,
        }];
        let others = queue.demand.iter().flatten().rev();
        wants.extend(others.filter_map(|(&shape, &count)| {
            let is_heads = shape == head.shape && !head.is_gang;
            let count = count - u64::from(is_heads);
            (count > 0).then_some(Want {
                shape,
                count,
                gang: None,
                needs_only_room: false,
            })
        }));
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
