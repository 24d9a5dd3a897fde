//! `spot.shocks`: moments at which many instances are taken back together.

use std::collections::BTreeMap;

use crate::model::{ShockTimes, SpotMarket, SpotShock};
use crate::units::{PoolId, Ratio, SimTime};

use super::super::super::node::{Node, shortened};
use super::super::Lowering;

impl Lowering<'_> {
    /// The shocks of the pools of `market`, one for each zone or family.
    pub(super) fn shocks(&mut self, node: &Node, market: &SpotMarket) -> Vec<SpotShock> {
        let mut shocks = Vec::new();
        for (index, entry) in node.list("shocks").iter().enumerate() {
            let mut groups: BTreeMap<&str, Vec<PoolId>> = BTreeMap::new();
            for (number, pool) in market.pools.iter().enumerate() {
                let name = match entry.text("scope") {
                    Some("family") => {
                        let machine = self.types.catalogue.get(pool.instance_type);
                        machine.name.split('.').next().unwrap_or_default()
                    }
                    _ => market.zones[pool.zone.index()].as_str(),
                };
                groups.entry(name).or_default().push(PoolId::at(number));
            }
            let names: Vec<&str> = groups.keys().copied().collect();
            if let Some(of) = entry.text("of") {
                if !groups.contains_key(of) {
                    let message = format!(
                        "there is no Spot pool in `{}`, but in {}",
                        shortened(of),
                        names.join(", ")
                    );
                    let path = format!("shocks/{index}/of");
                    self.problems.below(node, &path, message);
                }
                groups.retain(|name, _| *name == of);
            }
            let groups: Vec<Vec<PoolId>> = groups.into_values().collect();
            let Some(times) = self.shock_times(node, entry, index) else {
                continue;
            };
            let fraction = entry.decimal("fraction").and_then(Ratio::from_f64);
            shocks.extend(groups.into_iter().map(|pools| SpotShock {
                pools,
                times: times.clone(),
                fraction: fraction.unwrap_or(Ratio::ONE),
            }));
        }
        shocks
    }

    fn shock_times(&mut self, node: &Node, entry: &Node, index: usize) -> Option<ShockTimes> {
        let per_hour = entry.decimal("perHour").and_then(Ratio::from_f64);
        let stated = entry.get("at");
        let path = |key: &str| format!("shocks/{index}/{key}");
        match (per_hour, stated) {
            (Some(_), Some(_)) => {
                let message = "perHour says it already; give one of the two";
                self.problems.below(node, &path("at"), message);
                None
            }
            (Some(rate), None) => Some(ShockTimes::PerHour(rate)),
            (None, Some(at)) => {
                let mut times: Vec<SimTime> = match at.items() {
                    [] => entry
                        .span("at")
                        .into_iter()
                        .map(|at| SimTime::ZERO + at)
                        .collect(),
                    items => {
                        let times = items.iter().filter_map(Node::as_span);
                        times.map(|at| SimTime::ZERO + at).collect()
                    }
                };
                times.sort_unstable();
                times.dedup();
                Some(ShockTimes::At(times))
            }
            (None, None) => {
                let message = "missing: say how many there are in an hour, or at which times";
                self.problems.below_once(node, &path("perHour"), message);
                None
            }
        }
    }
}
