//! `[spot]`: what EC2 Spot costs and does, for the types of the environments that use it.

use std::collections::{BTreeMap, BTreeSet};

use crate::input::spot::{Assumed, PriceHistory};
use crate::model::{
    Command, EnvironmentKind, Interruption, Purchase, SpotMarket, SpotPool, SpotPrice, Timed,
};
use crate::units::{PricePerHour, Ratio, SimTime, TypeId, ZoneId};

use super::super::Files;
use super::super::node::{Node, Origin, Value, shortened};
use super::super::ours_spot::SPOT;
use super::super::shape::{Kind, fill};
use super::{Lowering, moment};

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

/// Types that some environment buys as Spot instances, now or later.
fn types_of(commands: &[Timed]) -> BTreeSet<TypeId> {
    let mut types = BTreeSet::new();
    for timed in commands {
        if let Command::CreateComputeEnvironment(made) = &timed.command
            && let EnvironmentKind::Managed(managed) = &made.kind
            && let Purchase::Spot { .. } = managed.purchase
        {
            types.extend(managed.types.iter().copied());
        }
    }
    types
}

impl Lowering<'_> {
    /// The Spot market that `commands` need.
    pub(super) fn spot(&mut self, files: &dyn Files, commands: &[Timed]) -> Read {
        let mut read = Read::default();
        let types = types_of(commands);
        let root = self.root;
        if types.is_empty() {
            read.ignored
                .extend(root.get("spot").map(|_| "/spot".to_owned()));
            return read;
        }
        let default;
        let node = match root.get("spot") {
            Some(node) => node,
            None => {
                default = default_section();
                &default
            }
        };
        let prices = match node.text("model") {
            Some("history" | "bootstrap") => self.of_history(node, files, &types, &mut read),
            _ => self.discounted(node, &types),
        };
        let mut zones: Vec<String> = prices.keys().map(|(_, zone)| zone.clone()).collect();
        zones.sort_unstable();
        zones.dedup();
        let zone_of = |name: &String| ZoneId::at(zones.binary_search(name).unwrap_or(0));
        let hazard = node.decimal("interruptionsPerHour");
        let hazard = hazard.and_then(Ratio::from_f64).unwrap_or(Ratio::ZERO);
        let pools = prices
            .into_iter()
            .map(|((instance_type, zone), price)| SpotPool {
                instance_type,
                zone: zone_of(&zone),
                price,
                interruptions_per_hour: hazard,
                available: Vec::new(),
            });
        read.market.pools = pools.collect();
        read.market.zones = zones;
        read.market.interruption = match node.text("interruption") {
            Some("hazard") => Interruption::Hazard,
            _ => Interruption::Never,
        };
        read
    }

    /// Each type in each of `zones` at its On-Demand price less `discount`.
    fn discounted(&mut self, node: &Node, types: &BTreeSet<TypeId>) -> Prices {
        let discount = node.decimal("discount").and_then(Ratio::from_f64);
        let discount = discount.unwrap_or(Ratio::ZERO);
        let mut prices = Prices::new();
        for zone in self.spot_zones(node) {
            for &id in types {
                let price = less(self.types.catalogue.get(id).price, discount);
                prices.insert((id, zone.clone()), SpotPrice::Fixed(price));
            }
        }
        prices
    }

    /// `zones`.
    fn spot_zones(&mut self, node: &Node) -> Vec<String> {
        let items = node.list("zones");
        let mut zones: Vec<String> = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let Some(zone) = item.as_text() else { continue };
            if !is_zone(zone) {
                let message = format!(
                    "`{}` is no availability zone; write one such as us-east-1a",
                    shortened(zone)
                );
                self.problems
                    .below(node, &format!("zones/{index}"), message);
            } else if zones.iter().any(|known| known == zone) {
                let message = format!("`{zone}` stands there twice");
                self.problems
                    .below(node, &format!("zones/{index}"), message);
            } else {
                zones.push(zone.to_owned());
            }
        }
        if items.is_empty() && node.get("zones").is_some() {
            let message = "names no zone; write zones such as us-east-1a";
            self.problems.below_once(node, "zones", message);
        }
        zones
    }

    /// Each type in each zone that the history has it in.
    fn of_history(
        &mut self,
        node: &Node,
        files: &dyn Files,
        types: &BTreeSet<TypeId>,
        read: &mut Read,
    ) -> Prices {
        let Some(history) = self.history(node, files, read) else {
            return Prices::new();
        };
        let Some(zero) = self.history_zero(node, &history) else {
            return Prices::new();
        };
        let mut prices = Prices::new();
        let mut missing = Vec::new();
        for &id in types {
            let name = self.types.catalogue.get(id).name.as_str();
            let mut has_any = false;
            for (zone, steps) in history.zones(name) {
                has_any = true;
                let price = SpotPrice::Steps(from(steps, zero));
                prices.insert((id, zone.to_owned()), price);
            }
            if !has_any {
                missing.push(format!("`{name}`"));
            }
        }
        if !missing.is_empty() {
            let message = format!(
                "has no price of {}; leave these types out of SPOT environments, or give them a price in spot.pools",
                missing.join(", ")
            );
            self.problems.below_once(node, "history", message);
        }
        prices
    }

    /// `history`, all files of it.
    fn history(&mut self, node: &Node, files: &dyn Files, read: &mut Read) -> Option<PriceHistory> {
        let paths: Vec<(String, &str)> = match node.get("history") {
            Some(one) => match one.as_text() {
                Some(path) => vec![("history".to_owned(), path)],
                None => one
                    .items()
                    .iter()
                    .enumerate()
                    .filter_map(|(index, item)| Some((format!("history/{index}"), item.as_text()?)))
                    .collect(),
            },
            None => Vec::new(),
        };
        if paths.is_empty() {
            let model = node.text("model").unwrap_or_default();
            let message = format!("is missing: the model {model} needs history = \"FILE\"");
            self.problems.below_once(node, "history", message);
            return None;
        }
        let zone = node.list("zones").first().and_then(Node::as_text);
        let assumed = Assumed {
            instance_type: node.text("historyInstanceType"),
            zone: zone.unwrap_or("us-east-1a"),
        };
        let mut history = PriceHistory::default();
        let mut is_whole = true;
        for (member, path) in paths {
            read.inputs.push(path.to_owned());
            let added = match files.open(path) {
                Ok(reader) => history.add(reader, path, assumed),
                Err(why) => {
                    let message = format!("`{path}` cannot be opened: {why}");
                    self.problems.below(node, &member, message);
                    is_whole = false;
                    continue;
                }
            };
            if let Err(problems) = added {
                self.problems.extend(problems);
                is_whole = false;
            }
        }
        history.finish();
        is_whole.then_some(history)
    }

    /// The moment of the history that is time zero, in milliseconds from 1970.
    fn history_zero(&mut self, node: &Node, history: &PriceHistory) -> Option<i64> {
        let (first, last) = history.ends()?;
        let covers = |ms: &i64| (first..=last).contains(ms);
        if node.get("historyFrom").is_none() {
            return Some(self.start.filter(covers).unwrap_or(first));
        }
        let from = moment(node, "historyFrom", self.problems)?;
        if !covers(&from) {
            let message = format!(
                "is outside of the history, which goes from {} to {}",
                stamp(first),
                stamp(last)
            );
            self.problems.below(node, "historyFrom", message);
            return None;
        }
        Some(from)
    }
}

/// `price` less a part of it, rounded half up.
fn less(price: PricePerHour, discount: Ratio) -> PricePerHour {
    let parts = u128::from(Ratio::PARTS);
    let kept = parts.saturating_sub(u128::from(discount.parts()));
    let ticks = (u128::from(price.ticks()) * kept + parts / 2) / parts;
    PricePerHour::from_ticks(ticks as u64)
}

/// `steps` as they hold from `zero` on; the first holds from the beginning.
fn from(steps: &[(i64, PricePerHour)], zero: i64) -> Vec<(SimTime, PricePerHour)> {
    let begins = steps.partition_point(|&(at, _)| at <= zero);
    let steps = &steps[begins.saturating_sub(1)..];
    let time = |at: i64| u64::try_from(at.saturating_sub(zero)).unwrap_or(0);
    let mut course: Vec<(SimTime, PricePerHour)> = steps
        .iter()
        .map(|&(at, price)| (SimTime::from_ms(time(at)), price))
        .collect();
    if let Some(first) = course.first_mut() {
        first.0 = SimTime::ZERO;
    }
    course
}

fn is_zone(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
    !text.is_empty() && text.len() <= 60 && text.chars().all(is_part)
}

/// A moment as people write it.
fn stamp(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map_or_else(|_| ms.to_string(), |at| at.to_string())
}
