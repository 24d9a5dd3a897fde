//! What Spot instances cost per hour, when they were bought and when EC2 took them back.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::picture::axis::Axis;
use crate::picture::chart::{Chart, Dash, Mark, SERIES, Shape, rounded};
use crate::picture::read::Seen;
use crate::report::whole;

const HOUR: u64 = 3_600_000;
/// Moments of one kind that are drawn apart.
const APART: u64 = 600;
/// Points of a line.
const POINTS: usize = 600;

/// The price of Spot by type, where there was any.
pub fn spot(seen: &Seen) -> Option<Chart> {
    let spots: Vec<_> = seen
        .machines
        .iter()
        .filter(|one| one.purchase == "spot")
        .collect();
    let kinds: BTreeSet<(&str, &str)> = spots
        .iter()
        .map(|one| (one.environment.as_str(), one.kind.as_str()))
        .collect();
    let mut prices: BTreeMap<&str, BTreeMap<u64, (f64, f64)>> = BTreeMap::new();
    for hour in &seen.hours {
        if hour.up_s > 0.0 && kinds.contains(&(hour.environment.as_str(), hour.kind.as_str())) {
            let of_kind = prices.entry(&hour.kind).or_default();
            let sums = of_kind.entry(hour.from).or_default();
            sums.0 += hour.cost;
            sums.1 += hour.up_s;
        }
    }
    let mut prices: Vec<(&str, Vec<(u64, f64)>)> = prices
        .into_iter()
        .map(|(kind, hours)| {
            let hours = hours.into_iter();
            let hours = hours.map(|(from, (cost, up))| (from, cost / up * 3_600.0));
            (kind, hours.collect())
        })
        .collect();
    prices.sort_by_key(|(kind, hours)| (std::cmp::Reverse(hours.len()), *kind));
    let hidden = prices.len().saturating_sub(SERIES.len());
    prices.truncate(SERIES.len());
    let all = prices.iter().flat_map(|(_, hours)| hours);
    let most = all.map(|(_, price)| *price).fold(0.0, f64::max);
    if most <= 0.0 {
        return None;
    }
    let (from, to) = seen.span();
    let y = Axis::amount(most * 1.1, "USD per hour of an instance");
    let mut marks = Vec::new();
    let mut series: Vec<Value> = Vec::new();
    for ((kind, hours), class) in prices.iter().zip(SERIES) {
        let every = hours.len().div_ceil(POINTS).max(1);
        let mut lines: Vec<Vec<(f64, f64)>> = Vec::new();
        let mut end = None;
        for chunk in hours.chunks(every) {
            let (begin, last) = (chunk[0].0, chunk[chunk.len() - 1].0 + HOUR);
            let price = chunk.iter().map(|(_, price)| price).sum::<f64>() / chunk.len() as f64;
            let (left, right) = (begin.max(from) as f64, last.min(to) as f64);
            let points = [(left, price), (right, price)];
            match lines.last_mut().filter(|_| end == Some(begin)) {
                Some(line) => line.extend(points),
                None => lines.push(points.to_vec()),
            }
            end = Some(last);
            series.push(json!([class, begin, last, rounded(price)]));
        }
        marks.push(Mark {
            class,
            strength: 100,
            name: (*kind).to_owned(),
            shape: Shape::Lines(lines, Dash::Thick),
        });
    }
    let bought = moments(spots.iter().map(|one| one.launched), from, to);
    let taken = spots.iter().filter(|one| one.interrupted);
    let taken = moments(taken.map(|one| one.ended), from, to);
    let count = spots.iter().filter(|one| one.interrupted).count() as u64;
    let high = y.to;
    for (name, class, moments, bottom, top) in [
        ("bought (below)", "c3", &bought, 0.0, 0.07),
        ("taken back by EC2 (above)", "c5", &taken, 0.9, 1.0),
    ] {
        let ends = |at: u64| vec![(at as f64, bottom * high), (at as f64, top * high)];
        let lines: Vec<Vec<(f64, f64)>> = moments.iter().map(|at| ends(*at)).collect();
        if !lines.is_empty() {
            marks.push(Mark {
                class,
                strength: 100,
                name: name.to_owned(),
                shape: Shape::Lines(lines, Dash::Thick),
            });
        }
    }
    let left_out = match hidden {
        0 => String::new(),
        _ => format!(" {hidden} types that were used for fewer hours are left out."),
    };
    Some(Chart {
        id: "spot",
        title: "Spot: what was paid, bought and taken back",
        says: format!(
            "{} instances were bought, of which EC2 took back {}. Prices are what was paid on average in each clock hour in which \
             there was an instance.{left_out}",
            whole(spots.len() as u64),
            whole(count)
        ),
        x: Axis::time(from, to),
        y,
        is_timed: true,
        has_grid: true,
        height: 240,
        marks,
        hover: json!({
            "kind": "spot",
            "names": prices.iter().map(|(kind, _)| *kind).collect::<Vec<&str>>(),
            "prices": series,
            "bought": spots.iter().map(|one| one.launched).take(5_000).collect::<Vec<u64>>(),
            "taken": spots.iter().filter(|one| one.interrupted).map(|one| one.ended).take(5_000).collect::<Vec<u64>>(),
        }),
    })
}

/// Moments that lie apart enough to be seen apart, ascending.
fn moments(all: impl Iterator<Item = u64>, from: u64, to: u64) -> Vec<u64> {
    let apart = ((to - from) / APART).max(1);
    let mut all: Vec<u64> = all.collect();
    all.sort_unstable();
    all.dedup_by_key(|at| *at / apart);
    all
}
