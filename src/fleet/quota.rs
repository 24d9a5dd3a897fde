//! EC2's quotas of vCPUs: what counts for each, and what it refused.

use crate::model::{QUOTAS, QuotaUse, World, quota_of};
use crate::units::{SimTime, TypeId};

/// A type counts for no quota.
const NONE: u8 = u8::MAX;

/// The quotas of an account at work.
#[derive(Debug)]
pub(super) struct Quotas {
    uses: Vec<QuotaUse>,
    used: Vec<u64>,
    /// By type: the quota of its On-Demand and of its Spot instances.
    of: Vec<[u8; 2]>,
}

impl Quotas {
    pub(super) fn new(world: &World) -> Quotas {
        let place = |name: &str, is_spot| quota_of(name, is_spot).map_or(NONE, |place| place as u8);
        let of = |(_, one): (TypeId, &crate::model::InstanceType)| {
            [place(&one.name, false), place(&one.name, true)]
        };
        let unused = |place: usize| QuotaUse {
            place,
            limit: world.quotas.get(place),
            peak: 0,
            peak_at: SimTime::ZERO,
            refused: 0,
            refused_at: None,
        };
        Quotas {
            uses: (0..QUOTAS.len()).map(unused).collect(),
            used: vec![0; QUOTAS.len()],
            of: world.catalogue.iter().map(of).collect(),
        }
    }

    fn place(&self, one: TypeId, is_spot: bool) -> Option<usize> {
        let place = self.of[one.index()][usize::from(is_spot)];
        (place != NONE).then_some(usize::from(place))
    }

    /// Whether so many more vCPUs may be had of instances of a type.
    pub(super) fn allows(&self, one: TypeId, is_spot: bool, vcpus: u64) -> bool {
        self.place(one, is_spot).is_none_or(|place| {
            let limit = self.uses[place].limit;
            limit.is_none_or(|limit| self.used[place] + vcpus <= u64::from(limit))
        })
    }

    /// Instances of a type with so many vCPUs in all are asked for.
    pub(super) fn take(&mut self, now: SimTime, one: TypeId, is_spot: bool, vcpus: u64) {
        let Some(place) = self.place(one, is_spot) else {
            return;
        };
        let (used, seen) = (&mut self.used[place], &mut self.uses[place]);
        *used += vcpus;
        if *used > seen.peak {
            (seen.peak, seen.peak_at) = (*used, now);
        }
    }

    /// They are gone.
    pub(super) fn give_back(&mut self, one: TypeId, is_spot: bool, vcpus: u64) {
        if let Some(place) = self.place(one, is_spot) {
            self.used[place] -= vcpus;
        }
    }

    /// Whether the quota of a type has a limit, so that an instance that goes makes room for another.
    pub(super) fn limits(&self, one: TypeId, is_spot: bool) -> bool {
        (self.place(one, is_spot)).is_some_and(|place| self.uses[place].limit.is_some())
    }

    /// The quota of a type refused a launch.
    pub(super) fn refuse(&mut self, now: SimTime, one: TypeId, is_spot: bool) {
        if let Some(place) = self.place(one, is_spot) {
            let seen = &mut self.uses[place];
            seen.refused += 1;
            seen.refused_at.get_or_insert(now);
        }
    }

    /// Those that have a limit, or of which anything was used.
    pub(super) fn uses(&self) -> Vec<QuotaUse> {
        let is_of_note = |seen: &&QuotaUse| seen.limit.is_some() || seen.peak > 0;
        self.uses.iter().filter(is_of_note).copied().collect()
    }
}
