//! What the machines cost in each hour, and what all was spent on by then.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Grid, largest, lines, stack, told, top};
use crate::model::CostCause;
use crate::picture::axis::Axis;
use crate::picture::chart::{Chart, Dash, Mark};
use crate::picture::read::{Fate, Seen};
use crate::picture::words::{moment, money};

const HOUR: u64 = 3_600_000;
/// Runs shorter than this are not told by hours.
const BY_HOURS: u64 = 24 * HOUR;
/// Stretches of time of these pictures.
const COUNT: u64 = 360;

/// What machines cost per hour, by compute environment.
pub fn rate(seen: &Seen) -> Option<Chart> {
    let (from, to) = seen.span();
    let is_hourly = to - from >= BY_HOURS && !seen.hours.is_empty();
    let unit = if is_hourly { HOUR } else { 1_000 };
    let grid = Grid::over(from, to, COUNT, unit);
    let mut groups: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    let mut add = |name: &str, from: u64, to: u64, amount: f64| {
        let sums = match groups.get_mut(name) {
            Some(sums) => sums,
            None => groups
                .entry(name.to_owned())
                .or_insert_with(|| vec![0.0; grid.count]),
        };
        grid.spread(sums, from, to, amount);
    };
    if is_hourly {
        for hour in &seen.hours {
            add(&hour.environment, hour.from, hour.from + HOUR, hour.cost);
        }
    } else {
        for one in &seen.machines {
            add(&one.environment, one.launched, one.ended, one.cost);
        }
    }
    let per_hour = HOUR as f64 / grid.width as f64;
    for sum in groups.values_mut().flatten() {
        *sum *= per_hour;
    }
    let series = largest(groups);
    let most = top(&series);
    if most <= 0.0 {
        return None;
    }
    let stretches = grid.stretches();
    let total = |n: usize| -> f64 { series.iter().map(|(.., levels)| levels[n]).sum() };
    let at = (0..grid.count).find(|n| total(*n) == most).unwrap_or(0);
    let how = match is_hourly {
        true => "By the clock hours of the bill.",
        false => "Each machine's price is spread evenly over its life.",
    };
    let hover: Vec<(&str, &str, &[f64])> = series
        .iter()
        .map(|(name, class, levels)| (name.as_str(), *class, levels.as_slice()))
        .collect();
    Some(Chart {
        id: "cost-rate",
        title: "What the machines cost per hour",
        says: format!(
            "At most {} USD per hour, {}. {how}",
            money(most),
            moment(stretches[at].0 as u64)
        ),
        x: Axis::time(from, to),
        y: Axis::amount(most, "USD per hour"),
        is_timed: true,
        has_grid: true,
        height: 220,
        hover: told(&stretches, "USD/h", &hover),
        marks: stack(&stretches, &series),
    })
}

/// The causes that have a colour of their own; the others share one.
const SHOWN: [(CostCause, &str); 7] = [
    (CostCause::Useful, "c0"),
    (CostCause::Failed, "c5"),
    (CostCause::Interrupted, "c4"),
    (CostCause::Boot, "c2"),
    (CostCause::ImagePull, "c6"),
    (CostCause::Stranded, "c3"),
    (CostCause::Idle, "c1"),
];

/// What was spent until each moment, by cause.
pub fn causes(seen: &Seen, summary: &Value) -> Option<Chart> {
    if seen.bill.is_empty() {
        return None;
    }
    let (from, to) = seen.span();
    let grid = Grid::over(from, to, COUNT, 1);
    let sums = by_cause(seen, grid);
    let mut series: Vec<(String, &'static str, Vec<f64>)> = Vec::new();
    for (cause, class) in SHOWN {
        series.push((cause.name().to_owned(), class, sums[cause as usize].clone()));
    }
    let mut others = vec![0.0; grid.count];
    let mut less = vec![0.0; grid.count];
    for (cause, amounts) in CostCause::ALL.into_iter().zip(&sums) {
        if SHOWN.iter().any(|(shown, _)| *shown == cause) {
            continue;
        }
        for ((other, less), amount) in others.iter_mut().zip(&mut less).zip(amounts) {
            *other += amount.max(0.0);
            *less += amount.min(0.0);
        }
    }
    series.push(("other".to_owned(), "grey", others));
    series.retain(|(.., amounts)| amounts.iter().any(|amount| *amount != 0.0));
    for (.., amounts) in &mut series {
        accumulate(amounts);
    }
    accumulate(&mut less);
    let most = top(&series);
    if most <= 0.0 {
        return None;
    }
    let stretches = grid.stretches();
    let mut marks = stack(&stretches, &series);
    let mut hover: Vec<(&str, &str, &[f64])> = series
        .iter()
        .map(|(name, class, levels)| (name.as_str(), *class, levels.as_slice()))
        .collect();
    let paid: Vec<f64> = (0..grid.count)
        .map(|n| less[n] + series.iter().map(|(.., levels)| levels[n]).sum::<f64>())
        .collect();
    if less.iter().any(|amount| *amount < 0.0) {
        let points = stretches.iter().zip(&paid);
        let points = points.map(|((_, to), paid)| (*to, *paid)).collect();
        marks.push(Mark {
            class: "ink",
            strength: 100,
            name: "the bill, less what is waived or covered".to_owned(),
            shape: lines(points, Dash::Dashed),
        });
        hover.push(("taken off", "grey", &less));
    }
    hover.push(("the bill", "ink", &paid));
    let bill = summary
        .get("cost_usd")
        .and_then(Value::as_str)
        .unwrap_or("0");
    let bill = crate::explain::usd(bill).unwrap_or(crate::units::Usd::ZERO);
    let useful = sums[CostCause::Useful as usize].iter().sum::<f64>();
    let part = 100.0 * useful / paid.last().copied().unwrap_or(0.0).max(1e-9);
    Some(Chart {
        id: "cost-causes",
        title: "What was spent by then, and on what",
        says: format!(
            "{} USD in the end, {part:.0} % of it on attempts that succeeded. Amounts are those of the bill; when within a \
             machine's life they were spent is estimated.",
            crate::report::dollars(bill)
        ),
        x: Axis::time(from, to),
        y: Axis::amount(most, "USD"),
        is_timed: true,
        has_grid: true,
        height: 260,
        hover: told(&stretches, "USD", &hover),
        marks,
    })
}

fn accumulate(amounts: &mut [f64]) {
    let mut sum = 0.0;
    for amount in amounts {
        sum += *amount;
        *amount = sum;
    }
}

/// The bill by cause and stretch. What attempts cost lies where a machine's attempts lie; idle machines' part where it had
/// none; stranded where it had some; the rest evenly over its life.
fn by_cause(seen: &Seen, grid: Grid) -> Vec<Vec<f64>> {
    let mut sums = vec![vec![0.0; grid.count]; CostCause::ALL.len()];
    let mut attempts: Vec<u32> = (0..seen.attempts.len() as u32).collect();
    let key = |at: u32| {
        let attempt = &seen.attempts[at as usize];
        (attempt.machine, attempt.placed)
    };
    attempts.sort_by_key(|at| key(*at));
    let mut lines: Vec<usize> = (0..seen.bill.len()).collect();
    lines.sort_by_key(|at| seen.bill[*at].machine);
    let (from, to) = seen.span();
    let mut next = 0;
    for line in lines.chunk_by(|a, b| seen.bill[*a].machine == seen.bill[*b].machine) {
        let machine = line.first().and_then(|at| seen.bill[*at].machine);
        let Some(at) = machine else {
            for bill in line.iter().map(|at| &seen.bill[*at]) {
                grid.spread(&mut sums[bill.cause as usize], from, to, bill.cost);
            }
            continue;
        };
        let one = &seen.machines[at];
        while next < attempts.len() && key(attempts[next]).0 < at {
            next += 1;
        }
        let begin = next;
        while next < attempts.len() && key(attempts[next]).0 == at {
            next += 1;
        }
        let own = attempts[begin..next].iter();
        let own: Vec<_> = own.map(|at| &seen.attempts[*at as usize]).collect();
        let busy = union(own.iter().map(|attempt| (attempt.placed, attempt.ended)));
        let free = between(&busy, one.registered, one.ended);
        for bill in line.iter().map(|at| &seen.bill[*at]) {
            let sums = &mut sums[bill.cause as usize];
            let fate = match bill.cause {
                CostCause::Useful => Some(Fate::Useful),
                CostCause::Failed => Some(Fate::Failed),
                CostCause::Interrupted => Some(Fate::Interrupted),
                _ => None,
            };
            let is_jobs = fate.is_some() || bill.cause == CostCause::ImagePull;
            if is_jobs {
                let mut parts: Vec<(u64, u64, f64)> = own
                    .iter()
                    .filter(|attempt| fate.is_none_or(|fate| fate == attempt.fate))
                    .map(|attempt| (attempt.placed, attempt.ended, attempt.cost))
                    .collect();
                if parts.is_empty() {
                    parts.push((one.registered, one.ended, 1.0));
                }
                share(grid, sums, bill.cost, &parts);
                continue;
            }
            let by_length = |parts: &[(u64, u64)]| -> Vec<(u64, u64, f64)> {
                let parts = parts.iter();
                parts
                    .map(|(from, to)| (*from, *to, (to - from) as f64))
                    .collect()
            };
            let parts = match bill.cause {
                CostCause::Boot => vec![(one.launched, one.registered, 1.0)],
                CostCause::Idle if !free.is_empty() => by_length(&free),
                CostCause::Stranded if !busy.is_empty() => by_length(&busy),
                _ => vec![(one.launched, one.ended, 1.0)],
            };
            share(grid, sums, bill.cost, &parts);
        }
    }
    sums
}

/// Puts an amount on parts of time by their weights.
fn share(grid: Grid, sums: &mut [f64], amount: f64, parts: &[(u64, u64, f64)]) {
    let total: f64 = parts.iter().map(|(.., weight)| weight).sum();
    for (from, to, weight) in parts {
        let part = match total > 0.0 {
            true => weight / total,
            false => 1.0 / parts.len() as f64,
        };
        grid.spread(sums, *from, *to, amount * part);
    }
}

/// Stretches in order of their beginnings, those that touch as one.
fn union(stretches: impl Iterator<Item = (u64, u64)>) -> Vec<(u64, u64)> {
    let mut all: Vec<(u64, u64)> = Vec::new();
    for (from, to) in stretches {
        match all.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => all.push((from, to)),
        }
    }
    all
}

/// What lies between stretches from `from` to `to`.
fn between(stretches: &[(u64, u64)], from: u64, to: u64) -> Vec<(u64, u64)> {
    let mut at = from;
    let mut gaps = Vec::new();
    for (begin, end) in stretches {
        if *begin > at {
            gaps.push((at, (*begin).min(to)));
        }
        at = at.max(*end);
    }
    if at < to {
        gaps.push((at, to));
    }
    gaps.retain(|(from, to)| from < to);
    gaps
}
