//! What comes with an instance and is billed beside it: its root volume, its public address.

use crate::billing::{address, storage};
use crate::model::{CostCause, CostCauses, RootVolume, World};
use crate::units::SimTime;

/// What each instance has besides itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extras {
    volume: Option<RootVolume>,
    has_address: bool,
    /// Milliseconds from 1970 to time zero; 0 where the run has no date.
    epoch_ms: i64,
}

impl Extras {
    pub(super) fn of(world: &World) -> Extras {
        Extras {
            volume: world.billing.root_volume,
            has_address: world.billing.public_ipv4,
            epoch_ms: world.start_epoch_ms,
        }
    }

    /// Adds to the bill of an instance what its volume and its address cost, whose life is the instance's. An interrupted
    /// instance that costs nothing has had both.
    pub(super) fn book(&self, launched: SimTime, ended: SimTime, cost: &mut CostCauses) {
        let life = ended - launched;
        if let Some(volume) = self.volume {
            cost.add(CostCause::Storage, storage::root_volume(volume, life));
        }
        self.book_address(launched, ended, cost);
    }

    /// Adds what its address costs.
    pub(super) fn book_address(&self, launched: SimTime, ended: SimTime, cost: &mut CostCauses) {
        if self.has_address && self.is_after_the_change(launched) {
            cost.add(CostCause::Address, address::address(ended - launched));
        }
    }

    /// Whether an address costs that is had from `launched` on. A run without a date is of today.
    fn is_after_the_change(&self, launched: SimTime) -> bool {
        let since_start = i64::try_from(launched.ms()).unwrap_or(i64::MAX);
        self.epoch_ms == 0 || address::costs_at(self.epoch_ms.saturating_add(since_start))
    }
}
