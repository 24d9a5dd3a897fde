//! `hours.csv`: the bill hour by hour.

use std::collections::BTreeMap;

use crate::model::{Catalogue, InstanceRecord};
use crate::units::{EnvId, PricePerHour, Span, TypeId, Usd, apportion};

use super::names::Names;
use super::text::{put_field, put_seconds, put_ticks};

/// The columns of `hours.csv`: a row for each hour since the start in which instances of a type were billed in an environment.
/// `instance_s` is how long, all together, billing minimums and started hours among them; `cost_usd` is that at the type's
/// price, or at what their Spot pools cost in that hour, and sums to `cost_usd` of the summary.
pub const HOURS_HEADER: &str = "hour_s,compute_environment,instance_type,instance_s,cost_usd\n";

const HOUR_MS: u64 = 3_600_000;

/// Billed milliseconds of like machines by hour. An hour that a machine is billed in full costs nothing here but the first and
/// the last of them.
#[derive(Default)]
struct Hours {
    /// Parts of hours.
    parts: BTreeMap<u64, u64>,
    /// By how many the machines billed for the whole hour are more, or less, than in the hour before.
    steps: BTreeMap<u64, i64>,
}

impl Hours {
    /// A machine is billed from `from` up to `to`, in milliseconds.
    fn add(&mut self, from: u64, to: u64) {
        let (first, last) = (from / HOUR_MS, to / HOUR_MS);
        if first == last {
            *self.parts.entry(first).or_default() += to - from;
            return;
        }
        *self.parts.entry(first).or_default() += (first + 1) * HOUR_MS - from;
        if to > last * HOUR_MS {
            *self.parts.entry(last).or_default() += to - last * HOUR_MS;
        }
        if last > first + 1 {
            *self.steps.entry(first + 1).or_default() += 1;
            *self.steps.entry(last).or_default() -= 1;
        }
    }

    /// Hours with anything billed in them, in order, and how much.
    fn billed(&self) -> Vec<(u64, u128)> {
        let mut all: BTreeMap<u64, u128> = BTreeMap::new();
        for (&hour, &ms) in &self.parts {
            *all.entry(hour).or_default() += u128::from(ms);
        }
        let mut machines: i64 = 0;
        let mut since = 0;
        for (&hour, &step) in &self.steps {
            if machines > 0 {
                for hour in since..hour {
                    let ms = u128::from(machines.unsigned_abs()) * u128::from(HOUR_MS);
                    *all.entry(hour).or_default() += ms;
                }
            }
            machines += step;
            since = hour;
        }
        all.into_iter().filter(|(_, ms)| *ms > 0).collect()
    }
}

/// What machines of `price` cost that are billed for `ms` milliseconds all together.
fn cost(price: PricePerHour, ms: u128) -> Usd {
    let unit = i128::from(price.ticks());
    Usd::from_units(unit.saturating_mul(i128::try_from(ms).unwrap_or(i128::MAX)))
}

/// `hours.csv`, by hour, then environment, then type.
pub fn hours_csv(instances: &[InstanceRecord], names: &Names, catalogue: &Catalogue) -> Vec<u8> {
    let mut groups: BTreeMap<(EnvId, TypeId), Hours> = BTreeMap::new();
    // What is not one price times a time.
    let mut metered: BTreeMap<(u64, EnvId, TypeId), (u128, Usd)> = BTreeMap::new();
    for instance in instances {
        let from = instance.launched.ms();
        let to = from.saturating_add(Span::from_s(instance.billed_s).ms());
        let group = (instance.environment, instance.instance_type);
        if instance.pool.is_some() {
            let hours = (from / HOUR_MS..).zip(&instance.by_hour);
            for (hour, &cost) in hours {
                let ms = to.min((hour + 1) * HOUR_MS) - from.max(hour * HOUR_MS);
                let sum = metered.entry((hour, group.0, group.1)).or_default();
                sum.0 += u128::from(ms);
                sum.1 += cost;
            }
            continue;
        }
        groups.entry(group).or_default().add(from, to);
    }
    let mut rows: Vec<(u64, EnvId, TypeId, u128, Usd)> = Vec::new();
    for ((environment, instance_type), hours) in &groups {
        let billed = hours.billed().into_iter();
        let price = catalogue.get(*instance_type).price;
        rows.extend(
            billed.map(|(hour, ms)| (hour, *environment, *instance_type, ms, cost(price, ms))),
        );
    }
    let metered = metered.into_iter();
    rows.extend(
        metered.map(|((hour, environment, one), (ms, cost))| (hour, environment, one, ms, cost)),
    );
    rows.sort_unstable();
    let costs: Vec<Usd> = rows.iter().map(|row| row.4).collect();
    let mut out = HOURS_HEADER.as_bytes().to_vec();
    for ((hour, environment, instance_type, ms, _), cost) in rows.into_iter().zip(apportion(&costs))
    {
        put_seconds(&mut out, hour.saturating_mul(HOUR_MS));
        out.push(b',');
        out.extend_from_slice(names.environment(environment));
        out.push(b',');
        put_field(&mut out, catalogue.get(instance_type).name.as_bytes());
        out.push(b',');
        let seconds = crate::metrics::Decimal::from_ms(ms);
        out.extend_from_slice(seconds.to_string().as_bytes());
        out.push(b',');
        put_ticks(&mut out, cost.floor_ticks());
        out.push(b'\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A life cut into hours is as long as it was, wherever it begins and ends.
    #[test]
    fn hours_sum_to_lives() {
        let marks = [
            0, 1, 1_800_000, 3_599_999, 3_600_000, 3_600_001, 7_200_000, 18_000_500,
        ];
        let mut all = Hours::default();
        let mut sum = 0;
        for from in marks {
            for to in marks.into_iter().filter(|to| *to >= from) {
                let mut one = Hours::default();
                one.add(from, to);
                let billed = one.billed();
                let total: u128 = billed.iter().map(|(_, ms)| ms).sum();
                assert_eq!(total, u128::from(to - from), "{from} to {to}");
                assert!(billed.iter().all(|(_, ms)| *ms <= u128::from(HOUR_MS)));
                all.add(from, to);
                sum += u128::from(to - from);
            }
        }
        assert_eq!(all.billed().iter().map(|(_, ms)| ms).sum::<u128>(), sum);
    }
}
