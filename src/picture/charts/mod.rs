//! The pictures of a run, one file each, and the stretches of time that they count in.

mod gantt;
mod jobs;
mod money;
mod spot;
mod vcpus;
mod waits;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::chart::{Chart, Mark, SERIES, Shape, all_rounded, stacked};
use super::read::{Seen, Sources};

/// All pictures that there is something to draw for, in the order in which they are told.
pub fn all(seen: &Seen, from: &Sources<'_>) -> Vec<Chart> {
    let charts = [
        jobs::jobs(seen),
        vcpus::vcpus(seen, from.scenario),
        money::rate(seen),
        money::causes(seen, from.summary),
        waits::causes(seen),
        waits::distribution(seen),
        gantt::gantt(seen),
        spot::spot(seen),
    ];
    charts.into_iter().flatten().collect()
}

/// Stretches of time of one width, one after the other.
#[derive(Clone, Copy, Debug)]
struct Grid {
    /// The beginning of the first, in ms.
    from: u64,
    /// Their width in ms.
    width: u64,
    /// How many there are.
    count: usize,
}

impl Grid {
    /// At most `count` stretches from `from` to `to`, each a whole number of `unit` ms.
    fn over(from: u64, to: u64, count: u64, unit: u64) -> Grid {
        let from = from / unit * unit;
        let width = (to - from).div_ceil(count).div_ceil(unit).max(1) * unit;
        Grid {
            from,
            width,
            count: (to - from).div_ceil(width).max(1) as usize,
        }
    }

    /// The beginning and end of each.
    fn stretches(self) -> Vec<(f64, f64)> {
        let begin = |n: usize| (self.from + n as u64 * self.width) as f64;
        (0..self.count).map(|n| (begin(n), begin(n + 1))).collect()
    }

    /// Puts an amount on the stretches that it was spent in, evenly from `from` to `to`; what has no length, on one.
    fn spread(self, sums: &mut [f64], from: u64, to: u64, amount: f64) {
        let index = |at: u64| {
            let index = (at.saturating_sub(self.from) / self.width) as usize;
            index.min(self.count - 1)
        };
        let (first, last) = (index(from), index(to.max(from + 1) - 1));
        if to <= from || first == last {
            sums[first] += amount;
            return;
        }
        let total = (to - from) as f64;
        for (n, sum) in sums.iter_mut().enumerate().take(last + 1).skip(first) {
            let begin = self.from + n as u64 * self.width;
            let left = if n == first { from } else { begin };
            let right = if n == last { to } else { begin + self.width };
            *sum += amount * right.saturating_sub(left) as f64 / total;
        }
    }
}

/// Levels over time as a pointer is told them.
fn told(stretches: &[(f64, f64)], unit: &str, series: &[(&str, &str, &[f64])]) -> Value {
    let begins: Vec<u64> = stretches.iter().map(|(from, _)| *from as u64).collect();
    let series: Vec<Value> = series
        .iter()
        .map(
            |(name, class, levels)| json!({"name": name, "class": class, "v": all_rounded(levels)}),
        )
        .collect();
    json!({
        "kind": "series",
        "unit": unit,
        "x": begins,
        "end": stretches.last().map_or(0, |(_, to)| *to as u64),
        "series": series,
    })
}

/// Named levels that stand on each other, as marks from the top one down.
fn stack(stretches: &[(f64, f64)], series: &[(String, &'static str, Vec<f64>)]) -> Vec<Mark> {
    let levels: Vec<Vec<f64>> = series.iter().map(|(.., levels)| levels.clone()).collect();
    let shapes = stacked(stretches, &levels);
    let marks = series
        .iter()
        .zip(shapes)
        .map(|((name, class, _), shape)| Mark {
            class,
            strength: 100,
            name: name.clone(),
            shape,
        });
    let mut marks: Vec<Mark> = marks.collect();
    marks.reverse();
    marks
}

/// The largest level of a stack.
fn top(series: &[(String, &'static str, Vec<f64>)]) -> f64 {
    let count = series.first().map_or(0, |(.., levels)| levels.len());
    let total = |n: usize| -> f64 { series.iter().map(|(.., levels)| levels[n].max(0.0)).sum() };
    (0..count).map(total).fold(0.0, f64::max)
}

/// The largest groups with a colour each, the others together.
fn largest(groups: BTreeMap<String, Vec<f64>>) -> Vec<(String, &'static str, Vec<f64>)> {
    let mut groups: Vec<(String, Vec<f64>)> = groups.into_iter().collect();
    groups.sort_by(|a, b| {
        let total = |levels: &[f64]| levels.iter().sum::<f64>();
        total(&b.1).total_cmp(&total(&a.1)).then(a.0.cmp(&b.0))
    });
    let kept = if groups.len() > SERIES.len() {
        SERIES.len() - 1
    } else {
        groups.len()
    };
    let others = groups.split_off(kept);
    let mut series: Vec<(String, &'static str, Vec<f64>)> = groups
        .into_iter()
        .zip(SERIES)
        .map(|((name, levels), class)| (name, class, levels))
        .collect();
    if let Some((_, first)) = others.first() {
        let mut sums = vec![0.0; first.len()];
        for (_, levels) in &others {
            for (sum, level) in sums.iter_mut().zip(levels) {
                *sum += level;
            }
        }
        series.push((format!("{} others", others.len()), "grey", sums));
    }
    series
}

/// Lines through points, nothing else.
fn lines(points: Vec<(f64, f64)>, dash: super::chart::Dash) -> Shape {
    Shape::Lines(vec![points], dash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_spread_over_its_time_and_none_is_lost() {
        let grid = Grid::over(0, 10_000, 10, 1_000);
        let mut sums = vec![0.0; grid.count];
        grid.spread(&mut sums, 500, 2_500, 4.0);
        assert_eq!(sums[..4], [1.0, 2.0, 1.0, 0.0]);
        grid.spread(&mut sums, 9_000, 12_000, 3.0);
        grid.spread(&mut sums, 7_000, 7_000, 1.0);
        assert!((sums.iter().sum::<f64>() - 8.0).abs() < 1e-9, "{sums:?}");
    }
}
