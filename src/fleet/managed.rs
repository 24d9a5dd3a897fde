//! A managed environment: what it may launch, what it has asked for, and when its idle instances leave.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Billing, Managed as Spec, Purchase};
use crate::policy::allocation::{self, Allocation};
use crate::policy::capacity::{Ask, Ever};
use crate::policy::scaling::Scale;
use crate::units::{InstanceId, PoolId, PricePerHour, Shape, SimTime, Span, TypeId};

/// A type that an environment allows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Allowed {
    pub(super) instance_type: TypeId,
    pub(super) size: Shape,
    pub(super) price: PricePerHour,
    /// Where in `instanceTypes` it stands.
    pub(super) position: u32,
}

/// A managed environment at work.
pub(super) struct Managed {
    pub(super) allocation: &'static dyn Allocation,
    /// The most that a Spot instance may cost, in percent of its On-Demand price; `None` for On-Demand instances.
    pub(super) bid_percentage: Option<u32>,
    /// The same of the Spot instances that an update left behind.
    old_bid: Option<u32>,
    /// What was asked for before this epoch of the fleet was so before an infrastructure update.
    renewed: u64,
    /// In order of type.
    pub(super) allowed: Vec<Allowed>,
    pub(super) scale: Scale,
    scale_down_delay: Span,
    /// A `desiredvCpus` that was not reached yet.
    pub(super) desired: u32,
    /// vCPUs of instances that were asked for and have not left.
    pub(super) committed: u64,
    /// And how many they are.
    pub(super) instances: u32,
    /// Those among them on which no job can be placed yet, by type.
    pub(super) coming: BTreeMap<TypeId, u32>,
    /// Types, or Spot pools of them, left out for want of capacity, and until when.
    pub(super) backed_off: BTreeMap<(TypeId, PoolId), SimTime>,
    /// Since when nothing could be launched for want of capacity.
    pub(super) short_since: Option<SimTime>,
    /// The fleet's epoch in which an instance left that was asked for in it and that nobody had used.
    pub(super) in_vain: Option<u64>,
    /// Idle instances whose time is up, and which minvCpus keeps.
    pub(super) kept: BTreeSet<(SimTime, InstanceId)>,
}

impl Managed {
    pub(super) fn new(spec: &Spec, scale: Scale, allowed: Vec<Allowed>) -> Managed {
        Managed {
            allocation: allocation::of(spec.strategy),
            bid_percentage: match spec.purchase {
                Purchase::OnDemand => None,
                Purchase::Spot { bid_percentage } => Some(bid_percentage),
            },
            old_bid: None,
            renewed: 0,
            allowed,
            scale,
            scale_down_delay: spec.scale_down_delay,
            desired: scale.desired_vcpus.unwrap_or(0),
            committed: 0,
            instances: 0,
            coming: BTreeMap::new(),
            backed_off: BTreeMap::new(),
            short_since: None,
            in_vain: None,
            kept: BTreeSet::new(),
        }
    }

    /// An infrastructure update in an epoch of the fleet: from now on it is as `spec` says.
    pub(super) fn renew(&mut self, spec: &Spec, allowed: Vec<Allowed>, epoch: u64) {
        let new = Managed::new(spec, self.scale, allowed);
        self.old_bid = self.bid_percentage.or(self.old_bid);
        self.allocation = new.allocation;
        self.bid_percentage = new.bid_percentage;
        self.allowed = new.allowed;
        self.renewed = epoch;
        // What was to come is to go.
        self.coming.clear();
        self.backed_off.clear();
        self.short_since = None;
        self.in_vain = None;
    }

    /// Whether what was asked for in an epoch of the fleet was so before its last infrastructure update.
    pub(super) fn is_outdated(&self, asked: u64) -> bool {
        asked < self.renewed
    }

    /// The most that one of its Spot instances may cost, in percent of its On-Demand price.
    pub(super) fn bid(&self) -> Option<u32> {
        self.bid_percentage.or(self.old_bid)
    }

    /// Its idle instances stay so long from now on after their last job.
    pub(super) fn set_scale_down_delay(&mut self, delay: Span) {
        self.scale_down_delay = delay;
    }

    /// Commands changed it.
    pub(super) fn rescale(&mut self, scale: Scale) {
        self.scale = scale;
        self.desired = scale.desired_vcpus.unwrap_or(self.desired);
        self.forget_reached();
    }

    /// So many more instances with so many vCPUs in all are asked for.
    pub(super) fn ask_for(&mut self, instance_type: TypeId, count: u32, vcpus: u64) {
        self.short_since = None;
        self.committed += vcpus;
        self.instances += count;
        self.forget_reached();
        *self.coming.entry(instance_type).or_default() += count;
    }

    /// A `desiredvCpus` that was reached once is no wish any more.
    fn forget_reached(&mut self) {
        if self.committed >= u64::from(self.desired) {
            self.desired = 0;
        }
    }

    /// vCPUs that are launched whether or not a job waits.
    pub(super) fn floor(&self) -> u64 {
        u64::from(self.scale.min_vcpus.max(self.desired))
    }

    /// An instance that was to come is there, or never will be.
    pub(super) fn came(&mut self, instance_type: TypeId) {
        if let Some(coming) = self.coming.get_mut(&instance_type) {
            *coming -= 1;
            if *coming == 0 {
                self.coming.remove(&instance_type);
            }
        }
    }

    /// vCPUs until maxvCpus.
    pub(super) fn budget(&self) -> u64 {
        u64::from(self.scale.max_vcpus).saturating_sub(self.committed)
    }

    /// Whether maxvCpus lets there be `count` machines of a type, all else away.
    pub(super) fn lets_be(&self, one: &Allowed, count: usize) -> bool {
        let max = u64::from(self.scale.max_vcpus);
        let all = u64::from(one.size.vcpus) * count as u64;
        if self.may_exceed() {
            all - u64::from(one.size.vcpus) < max
        } else {
            all <= max
        }
    }

    /// Whether the last instance may go over maxvCpus.
    pub(super) fn may_exceed(&self) -> bool {
        self.bid_percentage.is_some() || self.allocation.may_exceed()
    }

    /// Whether a type, or a Spot pool of it, is left out at `now`.
    pub(super) fn is_backed_off(&self, now: SimTime, instance_type: TypeId, pool: PoolId) -> bool {
        let until = self.backed_off.get(&(instance_type, pool));
        until.is_some_and(|until| *until > now)
    }

    /// Types that hold every one of `shapes`; of them `only` one, where that is named.
    pub(super) fn fitting<'a>(
        &'a self,
        shapes: &'a [Shape],
        only: Option<TypeId>,
    ) -> impl Iterator<Item = &'a Allowed> + 'a {
        self.allowed.iter().filter(move |one| {
            only.is_none_or(|only| only == one.instance_type)
                && shapes.iter().all(|shape| shape.fits(one.size))
        })
    }

    /// The size of one of its types.
    pub(super) fn size(&self, instance_type: TypeId) -> Shape {
        let place = self
            .allowed
            .binary_search_by_key(&instance_type, |one| one.instance_type);
        place.map_or(Shape::default(), |place| self.allowed[place].size)
    }

    /// How long an instance stays without a job.
    pub(super) fn patience(&self, was_used: bool, scale_in: Span, never_used: Span) -> Span {
        if was_used {
            scale_in.max(self.scale_down_delay)
        } else {
            never_used
        }
    }

    /// Whether the environment could ever hold it, all else away. Over maxvCpus: AWS accepts such a job and its queue blocks
    /// (User Guide, troubleshooting: MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE).
    pub(super) fn ever(&self, ask: &Ask<'_>) -> Ever {
        let max = u64::from(self.scale.max_vcpus);
        let (shapes, only) = match ask.gang {
            Some(gang) => (gang.nodes.as_slice(), gang.instance_type),
            None => (std::slice::from_ref(&ask.shape), None),
        };
        if u64::from(ask.shape.vcpus) > max {
            return Ever::TooMuch;
        }
        if self.fitting(shapes, only).next().is_none() {
            return Ever::TooBig;
        }
        let mut fitting = self.fitting(shapes, only);
        match fitting.any(|one| self.lets_be(one, shapes.len())) {
            true => Ever::Yes,
            false => Ever::TooMuch,
        }
    }
}

/// When an instance leaves that may at `at`: then, with hourly bills at the end of its hour. `age`: how old it was when it was
/// launched, for the run.
pub(super) fn leaves_at(billing: Billing, launched: SimTime, age: Span, at: SimTime) -> SimTime {
    match billing {
        Billing::PerSecond => at,
        Billing::PerHour => {
            let hours = (age + (at - launched)).hours_started().max(1);
            launched + (Span::from_s(hours * 3600) - age)
        }
    }
}
