//! The bills of machines: when they leave, and at the end of the run.

use crate::model::{CostCause, InstanceRecord};
use crate::units::{InstanceId, SimTime, Span};

use super::Fleet;
use super::ledger::Life;

impl Fleet<'_> {
    /// The bills of all machines that are up, at the end of the run. `is_cut`: the run was ended before its time, so nothing
    /// is known of what would follow.
    pub fn close(&mut self, end: SimTime, is_cut: bool) -> Vec<InstanceRecord> {
        for id in (0..self.instances.len()).map(InstanceId::at) {
            if self.is_up(id) {
                self.cap_from(end, id);
            }
        }
        if self.idle_times.bills_tail && !is_cut {
            while let Some(at) = self.next_leave() {
                for id in self.idle_since_long(at) {
                    let machine = &mut self.instances[id.index()];
                    let size = machine.meter.size();
                    machine.gone = Some(at.max(end));
                    if let Some(managed) = &mut self.managed[machine.environment.index()] {
                        managed.committed -= u64::from(size.vcpus);
                    }
                }
            }
        }
        let mut bills: Vec<InstanceRecord> = (0..self.instances.len())
            .map(InstanceId::at)
            .filter_map(|id| match self.instances[id.index()].gone {
                None => Some(self.bill(end, id)),
                Some(gone) if gone >= end && !self.instances[id.index()].is_billed => {
                    Some(self.bill(gone, id))
                }
                Some(_) => None,
            })
            .collect();
        bills.extend(self.close_tasks(end));
        bills
    }

    pub(super) fn bill(&mut self, end: SimTime, instance: InstanceId) -> InstanceRecord {
        self.cap_from(end, instance);
        let machine = &mut self.instances[instance.index()];
        let billing = self.pools[machine.environment.index()].billing();
        let market = &mut self.market;
        machine.is_billed = true;
        machine.meter.advance(end, market);
        let billed_s = crate::billing::instance::billed_seconds(
            billing,
            machine.age + (end - machine.launched),
            machine.interrupted,
        )
        .saturating_sub(machine.age.ms() / 1000);
        let life = Life {
            launched: machine.launched,
            registered: machine.registered.unwrap_or(end).min(end),
            ended: end,
            billed_to: machine.launched + Span::from_s(billed_s),
        };
        let mut cost = machine.meter.close(&life, market);
        self.extras.book(machine.launched, end, &mut cost);
        cost.add(CostCause::Traffic, machine.traffic);
        InstanceRecord {
            instance,
            environment: machine.environment,
            instance_type: machine.instance_type,
            launched: machine.launched,
            registered: machine.registered,
            ended: end,
            terminated: machine.gone.is_some(),
            attempts: machine.meter.attempts(),
            used_vcpu_ms: machine.meter.used_vcpu_ms(),
            busy: machine.meter.busy(),
            pool: machine.pool,
            spot: machine.pool.is_some(),
            interrupted: machine.interrupted,
            billed_s,
            cost,
            by_hour: machine.meter.by_hour(&life, market),
        }
    }
}
