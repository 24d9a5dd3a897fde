//! `hours.csv`: the bill hour by hour.

use std::collections::BTreeMap;

use crate::billing::hours::{HOUR_MS, Hours};
use crate::billing::lines::Line;
use crate::billing::{share, storage};
use crate::model::{Catalogue, CostCause, InstanceRecord};
use crate::units::{EnvId, PricePerHour, Span, TypeId, Usd, apportion};

use super::names::Names;
use super::text::{put_field, put_seconds, put_ticks};

/// The columns of `hours.csv`: a row for each hour since the start in which instances of a type were billed in an environment.
/// `instance_s` is how long, all together, billing minimums and started hours among them; `cost_usd` is that at the type's
/// price, or at what their Spot pools cost in that hour, with their volumes, addresses and image traffic. What commitments cover in the hour, by
/// type, and what of them is not used has rows of its own, of no environment. All of it sums to `cost_usd` of the summary.
pub const HOURS_HEADER: &str = "hour_s,compute_environment,instance_type,instance_s,cost_usd\n";

/// What machines of `price` cost that are billed for `ms` milliseconds all together.
fn cost(price: PricePerHour, ms: u128) -> Usd {
    let unit = i128::from(price.ticks());
    Usd::from_units(unit.saturating_mul(i128::try_from(ms).unwrap_or(i128::MAX)))
}

/// Rows: what was billed, in milliseconds, and what it cost, by hour, environment and type.
type Rows = BTreeMap<(u64, EnvId, TypeId), (u128, Usd)>;

fn add(rows: &mut Rows, hour: u64, group: (EnvId, TypeId), ms: u128, cost: Usd) {
    let sum = rows.entry((hour, group.0, group.1)).or_default();
    sum.0 += ms;
    sum.1 += cost;
}

/// What comes with the instances of a group: what it costs and how long they had it.
#[derive(Default)]
struct Beside {
    cost: Usd,
    hours: Hours,
}

/// `hours.csv`, by hour, then environment, then type; then `lines` that belong to no instance.
pub fn hours_csv(
    instances: &[InstanceRecord],
    lines: &[Line],
    names: &Names,
    catalogue: &Catalogue,
) -> Vec<u8> {
    let rows = rows(instances, lines, catalogue);
    let costs: Vec<Usd> = rows.values().map(|(_, cost)| *cost).collect();
    let mut out = HOURS_HEADER.as_bytes().to_vec();
    for (((hour, environment, instance_type), (ms, _)), cost) in
        rows.into_iter().zip(apportion(&costs))
    {
        put_seconds(&mut out, hour.saturating_mul(HOUR_MS));
        out.push(b',');
        out.extend_from_slice(names.environment(environment));
        out.push(b',');
        if instance_type.is_some() {
            put_field(&mut out, catalogue.get(instance_type).name.as_bytes());
        }
        out.push(b',');
        let seconds = crate::metrics::Decimal::from_ms(ms);
        out.extend_from_slice(seconds.to_string().as_bytes());
        out.push(b',');
        put_ticks(&mut out, cost.floor_ticks());
        out.push(b'\n');
    }
    out
}

fn rows(instances: &[InstanceRecord], lines: &[Line], catalogue: &Catalogue) -> Rows {
    let mut groups: BTreeMap<(EnvId, TypeId), Hours> = BTreeMap::new();
    let mut beside: BTreeMap<(EnvId, TypeId), Beside> = BTreeMap::new();
    let mut rows = Rows::new();
    for instance in instances {
        let from = instance.launched.ms();
        let group = (instance.environment, instance.instance_type);
        let with = [CostCause::Storage, CostCause::Address, CostCause::Traffic]
            .map(|cause| instance.cost.get(cause));
        if with.iter().any(|amount| *amount != Usd::ZERO) {
            let beside = beside.entry(group).or_default();
            beside.cost += with.into_iter().sum();
            let life = storage::billed(instance.ended - instance.launched);
            beside.hours.add(from, from.saturating_add(life.ms()));
        }
        let to = from.saturating_add(Span::from_s(instance.billed_s).ms());
        if instance.pool.is_some() {
            let hours = (from / HOUR_MS..).zip(&instance.by_hour);
            for (hour, &cost) in hours {
                let ms = to.min((hour + 1) * HOUR_MS) - from.max(hour * HOUR_MS);
                add(&mut rows, hour, group, u128::from(ms), cost);
            }
            continue;
        }
        groups.entry(group).or_default().add(from, to);
    }
    for (&group, hours) in &groups {
        let price = catalogue.get(group.1).price;
        for (hour, ms) in hours.billed() {
            add(&mut rows, hour, group, ms, cost(price, ms));
        }
    }
    for (&group, beside) in &beside {
        // Each hour's part of the whole, so that hours sum to it exactly.
        let billed = beside.hours.billed();
        let all: u128 = billed.iter().map(|(_, ms)| ms).sum();
        let (mut passed, mut told) = (0, Usd::ZERO);
        for (hour, ms) in billed {
            passed += ms;
            let up_to = share(beside.cost, passed, all);
            add(&mut rows, hour, group, 0, up_to - told);
            told = up_to;
        }
    }
    for line in lines {
        let group = (EnvId::NONE, line.instance_type);
        add(&mut rows, line.hour, group, 0, line.amount);
    }
    rows
}
