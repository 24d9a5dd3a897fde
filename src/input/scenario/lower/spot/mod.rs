//! `[spot]`: what EC2 Spot costs and does, for the types of the environments that use it.

mod pools;
mod prices;
mod shocks;

use std::collections::{BTreeMap, BTreeSet};

use crate::input::spot;
use crate::model::{
    Command, EnvironmentKind, Interruption, Managed, Purchase, SpotMarket, SpotPool, SpotPrice,
    Timed,
};
use crate::units::{Ratio, TypeId, ZoneId};

use super::super::Files;
use super::super::node::{Node, Origin, Value, shortened};
use super::super::ours_spot::SPOT;
use super::super::shape::{Kind, fill};
use super::Lowering;

use pools::{OwnPool, known};
use prices::PriceModel;

/// What was made of the section.
#[derive(Default)]
pub(super) struct Read {
    pub market: SpotMarket,
    /// Files that were read, as the scenario names them.
    pub inputs: Vec<String>,
    /// Pointers of keys that have no effect.
    pub ignored: Vec<String>,
    /// What a reader of results should know.
    pub notes: Vec<String>,
}

/// Prices by type and zone.
type Prices = BTreeMap<(TypeId, String), SpotPrice>;

/// The section as it holds where a scenario has none.
pub fn default_section() -> Node {
    let mut node = Node::new(Value::Table(Vec::new()), Origin::Default);
    node.place("/spot".to_owned());
    fill(&Kind::Object(&SPOT), &mut node);
    node
}

/// The types that some environment buys as Spot instances, now or later, and the lowest `bidPercentage` of each.
fn bids(commands: &[Timed]) -> BTreeMap<TypeId, u32> {
    let mut bids = BTreeMap::new();
    // What each environment is, as updates make it.
    let mut specs: BTreeMap<&str, Managed> = BTreeMap::new();
    for timed in commands {
        let name = match &timed.command {
            Command::CreateComputeEnvironment(made) => {
                let EnvironmentKind::Managed(managed) = &made.kind else {
                    continue;
                };
                specs.insert(&made.name, managed.clone());
                made.name.as_str()
            }
            Command::UpdateComputeEnvironment(update) => {
                let name = update.compute_environment.as_str();
                if let (Some(spec), Some(infrastructure)) =
                    (specs.get_mut(name), &update.infrastructure)
                {
                    *spec = infrastructure.applied_to(spec);
                }
                name
            }
            _ => continue,
        };
        let Some(managed) = specs.get(name) else {
            continue;
        };
        if let Purchase::Spot { bid_percentage } = managed.purchase {
            for &id in &managed.types {
                let lowest = bids.entry(id).or_insert(bid_percentage);
                *lowest = bid_percentage.min(*lowest);
            }
        }
    }
    bids
}

impl Lowering<'_> {
    /// The Spot market that `commands` need.
    pub(super) fn spot(&mut self, files: &dyn Files, commands: &[Timed]) -> Read {
        let mut read = Read::default();
        let bids = bids(commands);
        let root = self.root;
        let is_outage = |timed: &Timed| matches!(timed.command, Command::ZoneOutage { .. });
        if bids.is_empty() && commands.iter().any(is_outage) {
            // No Spot, but zones in which On-Demand instances are.
            let default = default_section();
            read.market.zones = self.spot_zones(root.get("spot").unwrap_or(&default));
            read.market.zones.sort_unstable();
            return read;
        }
        if bids.is_empty() {
            let section = root.get("spot");
            read.ignored.extend(section.map(|_| "/spot".to_owned()));
            return read;
        }
        let types: BTreeSet<TypeId> = bids.keys().copied().collect();
        let default;
        let node = match root.get("spot") {
            Some(node) => node,
            None => {
                default = default_section();
                &default
            }
        };
        let zones = self.spot_zones(node);
        let own = self.own_pools(node, files, &types, &mut read);
        let advised = self.advised(node, files, &types, &own, &mut read);
        let Some(model) = self.price_model(node, files, zones, &mut read) else {
            return read;
        };
        self.mixed_dates(node, &model, &bids, &own);
        let prices = self.spot_prices(node, &model, &types, &own);
        let hazard = node.decimal("interruptionsPerHour");
        let hazard = hazard.and_then(Ratio::from_f64).unwrap_or(Ratio::ZERO);
        let mut zones: Vec<String> = prices.keys().map(|(_, zone)| zone.clone()).collect();
        zones.sort_unstable();
        zones.dedup();
        let pool = |((id, zone), price): ((TypeId, String), SpotPrice)| SpotPool {
            instance_type: id,
            zone: ZoneId::at(zones.binary_search(&zone).unwrap_or(0)),
            price,
            interruptions_per_hour: known(&own, id, &zone, |own| own.hazard)
                .or_else(|| advised.get(&id).copied())
                .unwrap_or(hazard),
            available: known(&own, id, &zone, |own| own.available.clone()).unwrap_or_default(),
            depth: known(&own, id, &zone, |own| own.depth).unwrap_or(0),
        };
        read.market.pools = prices.into_iter().map(pool).collect();
        read.market.zones = zones;
        read.market.shocks = self.shocks(node, &read.market);
        read.market.interruption = match node.text("interruption") {
            Some("hazard") => Interruption::Hazard,
            _ => Interruption::Never,
        };
        read
    }

    /// The price of every pool there is.
    fn spot_prices(
        &mut self,
        node: &Node,
        model: &PriceModel,
        types: &BTreeSet<TypeId>,
        own: &[OwnPool],
    ) -> Prices {
        let mut prices = Prices::new();
        for &id in types {
            let machine = self.types.catalogue.get(id);
            for zone in model.zones(&machine.name) {
                let price = model.price(machine, &zone);
                prices.extend(price.map(|price| ((id, zone), price)));
            }
        }
        for entry in own {
            let machine = self.types.catalogue.get(entry.id);
            let zones = match (&entry.zone, model.zones(&machine.name)) {
                (Some(zone), _) => vec![zone.clone()],
                (None, zones) if zones.is_empty() => model.zones.clone(),
                (None, zones) => zones,
            };
            for zone in zones {
                let stated = known(own, entry.id, &zone, |own| own.price);
                let price = match stated {
                    Some(price) => Some(SpotPrice::Fixed(price)),
                    None => model.price(machine, &zone),
                };
                match (price, &entry.zone) {
                    (Some(price), _) => _ = prices.insert((entry.id, zone), price),
                    (None, Some(_)) => {
                        let message = format!(
                            "the history has no `{}` in `{zone}`; give its priceUsdPerHour",
                            machine.name
                        );
                        let path = format!("pools/{}/availabilityZone", entry.index);
                        self.problems.below(node, &path, message);
                    }
                    (None, None) => {}
                }
            }
        }
        let has_pool = |id: &TypeId| {
            let mut of_type = prices.range((*id, String::new())..);
            of_type.next().is_some_and(|((found, _), _)| found == id)
        };
        let missing = types.iter().filter(|id| !has_pool(id));
        let names: Vec<String> = missing
            .map(|&id| format!("`{}`", self.types.catalogue.get(id).name))
            .collect();
        if !names.is_empty() && model.is_historic() {
            let message = format!(
                "has no price of {}; leave these types out of SPOT environments, or give them a price in spot.pools",
                names.join(", ")
            );
            self.problems.below_once(node, "history", message);
        }
        prices
    }

    /// `zones`.
    fn spot_zones(&mut self, node: &Node) -> Vec<String> {
        let items = node.list("zones");
        let mut zones: Vec<String> = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let Some(zone) = item.as_text() else { continue };
            let path = format!("zones/{index}");
            if self.is_zone(node, &path, zone) {
                if zones.iter().any(|known| known == zone) {
                    let message = format!("`{zone}` stands there twice");
                    self.problems.below(node, &path, message);
                }
                zones.push(zone.to_owned());
            }
        }
        if items.is_empty() && node.get("zones").is_some() {
            let message = "names no zone; write zones such as us-east-1a";
            self.problems.below_once(node, "zones", message);
        }
        zones
    }

    /// Whether `zone` is the name of one; a problem at `path` if not.
    fn is_zone(&mut self, node: &Node, path: &str, zone: &str) -> bool {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let is_zone = !zone.is_empty() && zone.len() <= 60 && zone.chars().all(is_part);
        if !is_zone {
            let message = format!(
                "`{}` is no availability zone; write one such as us-east-1a",
                shortened(zone)
            );
            self.problems.below(node, path, message);
        }
        is_zone
    }

    /// `advisor`: the hazard of each type by its band.
    fn advised(
        &mut self,
        node: &Node,
        files: &dyn Files,
        types: &BTreeSet<TypeId>,
        own: &[OwnPool],
        read: &mut Read,
    ) -> BTreeMap<TypeId, Ratio> {
        let has_hazard = |id: TypeId| {
            let mut of_type = own.iter().filter(|own| own.id == id);
            of_type.any(|own| own.hazard.is_some())
        };
        let is_by_chance = node.text("interruption") == Some("hazard");
        let has_rest = node.get("interruptionsPerHour").is_some();
        let mut advised = BTreeMap::new();
        let Some(path) = node.text("advisor") else {
            let is_known = has_rest || own.iter().any(|own| own.hazard.is_some());
            if is_by_chance && !is_known && node.get("advisor").is_none() {
                let message = "hazard needs to know how often: give interruptionsPerHour, advisor, or interruptionsPerHour in spot.pools";
                self.problems.below(node, "interruption", message);
            }
            return advised;
        };
        let region = self.root.text("region").unwrap_or("us-east-1");
        let opened = self.opened(node, "advisor", path, files, read);
        let hazards = match opened.map(|reader| spot::hazards(reader, path, region)) {
            None => return advised,
            Some(Ok(hazards)) => hazards,
            Some(Err(problems)) => {
                self.problems.extend(problems);
                return advised;
            }
        };
        let mut missing = Vec::new();
        for &id in types {
            let name = &self.types.catalogue.get(id).name;
            match hazards.get(name) {
                Some(&hazard) => _ = advised.insert(id, hazard),
                None if has_rest || has_hazard(id) => {}
                None => missing.push(format!("`{name}`")),
            }
        }
        if !missing.is_empty() {
            let message = format!(
                "says nothing of {}; give interruptionsPerHour beside it, for what it does not know",
                missing.join(", ")
            );
            self.problems.below(node, "advisor", message);
        }
        advised
    }

    /// A file that the section names, which is then one that was read.
    fn opened(
        &mut self,
        node: &Node,
        member: &str,
        path: &str,
        files: &dyn Files,
        read: &mut Read,
    ) -> Option<Box<dyn std::io::Read>> {
        read.inputs.push(path.to_owned());
        match files.open(path) {
            Ok(reader) => Some(reader),
            Err(why) => {
                let message = format!("`{path}` cannot be opened: {why}");
                self.problems.below(node, member, message);
                None
            }
        }
    }
}
