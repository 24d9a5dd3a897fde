//! What the machines of an environment or of a type did and cost.

use crate::model::{CostCause, CostCauses, InstanceRecord};

/// Machines together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MachineTotals {
    /// How many there were.
    pub launched: u64,
    /// Milliseconds that they were running.
    pub up_ms: u128,
    /// Of these, until jobs could be placed on them.
    pub boot_ms: u128,
    /// And with no attempt on them.
    pub idle_ms: u128,
    /// vCPU-milliseconds that attempts had reserved on them.
    pub used_vcpu_ms: u128,
    /// How many of them were Spot instances.
    pub spot: u64,
    /// Milliseconds that those were running.
    pub spot_up_ms: u128,
    /// How many of those EC2 took back.
    pub interrupted: u64,
    /// Their bill.
    pub cost: CostCauses,
}

impl MachineTotals {
    pub(super) fn add(&mut self, instance: &InstanceRecord) {
        let up = instance.ended - instance.launched;
        let boot = instance
            .registered
            .map_or(up, |registered| registered - instance.launched);
        self.launched += 1;
        self.up_ms += u128::from(up.ms());
        self.boot_ms += u128::from(boot.ms());
        self.idle_ms += u128::from((up - boot).ms()) - u128::from(instance.busy.ms());
        self.used_vcpu_ms += instance.used_vcpu_ms;
        if instance.spot {
            self.spot += 1;
            self.spot_up_ms += u128::from(up.ms());
            self.interrupted += u64::from(instance.interrupted);
        }
        for cause in CostCause::ALL {
            self.cost.add(cause, instance.cost.get(cause));
        }
    }

    /// These and those.
    pub fn plus(mut self, other: &MachineTotals) -> MachineTotals {
        self.launched += other.launched;
        self.up_ms += other.up_ms;
        self.boot_ms += other.boot_ms;
        self.idle_ms += other.idle_ms;
        self.used_vcpu_ms += other.used_vcpu_ms;
        self.spot += other.spot;
        self.spot_up_ms += other.spot_up_ms;
        self.interrupted += other.interrupted;
        for cause in CostCause::ALL {
            self.cost.add(cause, other.cost.get(cause));
        }
        self
    }
}
