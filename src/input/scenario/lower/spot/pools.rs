//! `spot.pools`: what a scenario says of single pools.

use std::collections::BTreeSet;

use crate::input::spot;
use crate::units::{PricePerHour, Ratio, SimTime, Span, TypeId};

use super::super::super::Files;
use super::super::super::node::Node;
use super::super::Lowering;
use super::Read;

/// One entry.
pub(super) struct OwnPool {
    /// Where it stands in the list.
    pub(super) index: usize,
    pub(super) id: TypeId,
    /// Its zone; all of the type's where it names none.
    pub(super) zone: Option<String>,
    pub(super) price: Option<PricePerHour>,
    pub(super) hazard: Option<Ratio>,
    pub(super) available: Option<Vec<(SimTime, u32)>>,
    pub(super) depth: Option<u32>,
}

/// What `own` says of a pool: the entry of its zone goes before that of all zones.
pub(super) fn known<T>(
    own: &[OwnPool],
    id: TypeId,
    zone: &str,
    what: impl Fn(&OwnPool) -> Option<T>,
) -> Option<T> {
    let of = |wanted: Option<&str>| {
        let mut found = own
            .iter()
            .filter(move |own| own.id == id && own.zone.as_deref() == wanted);
        found.find_map(&what)
    };
    of(Some(zone)).or_else(|| of(None))
}

impl Lowering<'_> {
    /// `pools`, those of the types that there are pools of.
    pub(super) fn own_pools(
        &mut self,
        node: &Node,
        files: &dyn Files,
        types: &BTreeSet<TypeId>,
        read: &mut Read,
    ) -> Vec<OwnPool> {
        let mut own: Vec<OwnPool> = Vec::new();
        for (index, entry) in node.list("pools").iter().enumerate() {
            let Some(name) = entry.text("instanceType") else {
                continue;
            };
            let id = self.instance_type(entry, "instanceType", name);
            let zone = entry.text("availabilityZone").map(str::to_owned);
            if let Some(zone) = &zone {
                self.is_zone(entry, "availabilityZone", zone);
            }
            let price = entry.get("priceUsdPerHour").and_then(Node::scalar);
            let price = price.and_then(|text| PricePerHour::parse(&text).ok());
            if price == Some(PricePerHour::FREE) {
                let message = "is 0; no Spot instance is free";
                self.problems.below(entry, "priceUsdPerHour", message);
            }
            let available = self.available(entry, files, read);
            let Some(id) = id else { continue };
            if !types.contains(&id) {
                read.ignored.push("/spot/pools/*".to_owned());
                continue;
            }
            if own.iter().any(|own| own.id == id && own.zone == zone) {
                let message = format!("`{name}` stands there a second time with that zone");
                self.problems.below(entry, "instanceType", message);
            }
            own.push(OwnPool {
                index,
                id,
                zone,
                price,
                hazard: entry
                    .decimal("interruptionsPerHour")
                    .and_then(Ratio::from_f64),
                available,
                depth: entry.whole("depth"),
            });
        }
        own
    }

    /// `available`, or the file of `availability`.
    fn available(
        &mut self,
        entry: &Node,
        files: &dyn Files,
        read: &mut Read,
    ) -> Option<Vec<(SimTime, u32)>> {
        if let Some(path) = entry.text("availability") {
            if entry.get("available").is_some() {
                let message = "available says it already; give one of the two";
                self.problems.below(entry, "availability", message);
            }
            let reader = self.opened(entry, "availability", path, files, read)?;
            return match spot::available(reader, path) {
                Ok(steps) => Some(steps),
                Err(problems) => {
                    self.problems.extend(problems);
                    None
                }
            };
        }
        let items = entry.get("available")?.items();
        let mut steps: Vec<(SimTime, u32)> = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let at = SimTime::ZERO + item.span("at").unwrap_or(Span::ZERO);
            let count = item.whole("count").unwrap_or(0);
            if let Some(&(last, _)) = steps.last()
                && at <= last
            {
                let message = format!("must be later than the one before ({last} s)");
                let path = format!("available/{index}/at");
                self.problems.below_once(entry, &path, message);
            }
            steps.push((at, count));
        }
        if items.is_empty() {
            let message =
                "is empty; write available = [{ at = \"0s\", count = 3 }], or leave it out";
            self.problems.below_once(entry, "available", message);
        }
        Some(steps)
    }
}
