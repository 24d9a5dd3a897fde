//! Consumable resources: locked at STARTING, given back at the end of the attempt, or used up (User Guide, resource-aware
//! scheduling).

use crate::model::Observer;
use crate::units::{ConsumableId, SimTime};

use super::Control;
use super::lane::Who;

impl<O: Observer> Control<'_, O> {
    /// Whether everything that a contract asks for is available, beside what the job holds from its last attempt.
    #[inline]
    pub(super) fn consumables_available(&self, contract: u32, who: Who) -> bool {
        let consumables = &self.contracts[contract as usize].consumables;
        consumables.is_empty() || self.are_available(consumables, who)
    }

    #[inline(never)]
    fn are_available(&self, consumables: &[(ConsumableId, u64)], who: Who) -> bool {
        let holds = match who {
            Who::Job(slot) => self.jobs[slot].holds_consumables,
            Who::Row(_) | Who::Block(_) => false,
        };
        consumables.iter().all(|&(id, quantity)| {
            let consumable = &self.registry.consumables[id.index()];
            let is_held = holds && consumable.spec.replenishable;
            is_held || consumable.spec.total.saturating_sub(consumable.in_use) >= quantity
        })
    }

    /// Locks (or uses up) what a contract asks for, beside what the job `holds` from its last attempt.
    pub(super) fn lock_consumables(&mut self, contract: u32, holds: bool) {
        for &(id, quantity) in &self.contracts[contract as usize].consumables {
            let consumable = &mut self.registry.consumables[id.index()];
            if !consumable.spec.replenishable {
                consumable.spec.total -= quantity;
            } else if !holds {
                consumable.in_use += quantity;
            }
        }
    }

    /// Gives back what can be given back.
    #[inline]
    pub(super) fn unlock_consumables(&mut self, now: SimTime, contract: u32) {
        if !self.contracts[contract as usize].consumables.is_empty() {
            self.unlock_some(now, contract);
        }
    }

    #[inline(never)]
    fn unlock_some(&mut self, now: SimTime, contract: u32) {
        for &(id, quantity) in &self.contracts[contract as usize].consumables {
            let consumable = &mut self.registry.consumables[id.index()];
            if consumable.spec.replenishable {
                consumable.in_use -= quantity;
            }
        }
        self.all_queues_due(now);
    }

    /// Something that any queue may wait for changed.
    pub(super) fn all_queues_due(&mut self, now: SimTime) {
        for index in 0..self.queue_order.len() {
            let queue = self.queue_order[index];
            self.queues[queue.index()].has_changed = true;
            if self.queues[queue.index()].waiting > 0 {
                self.want_decision(now, queue);
            }
        }
    }
}
