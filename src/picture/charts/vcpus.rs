//! vCPUs that are used, idle and booting, against what there must and may be.

use serde_json::Value;

use super::jobs::{stretches, width};
use super::{Grid, lines, stack, told, top};
use crate::picture::axis::Axis;
use crate::picture::chart::{Chart, Dash, Mark, steps};
use crate::picture::read::Seen;
use crate::picture::words::{count, moment};

/// A limit that is so many times what there was is not drawn to scale.
const FAR: f64 = 3.0;

/// vCPUs over time.
pub fn vcpus(seen: &Seen, scenario: &Value) -> Option<Chart> {
    let first = seen.bins.first()?;
    let grid = Grid {
        from: first.from,
        width: (first.to - first.from).max(1),
        count: seen.bins.len(),
    };
    let mut booting = vec![0.0; grid.count];
    for one in &seen.machines {
        let weight = f64::from(one.vcpus) * one.registered.saturating_sub(one.launched) as f64;
        grid.spread(&mut booting, one.launched, one.registered, weight);
    }
    for (sum, bin) in booting.iter_mut().zip(&seen.bins) {
        *sum = (*sum / (bin.to - bin.from).max(1) as f64).min((bin.up - bin.used).max(0.0));
    }
    let used: Vec<f64> = seen.bins.iter().map(|bin| bin.used).collect();
    let idle = seen.bins.iter().zip(&booting);
    let idle: Vec<f64> = idle
        .map(|(bin, booting)| (bin.up - bin.used - booting).max(0.0))
        .collect();
    let most: Vec<f64> = seen.bins.iter().map(|bin| bin.most).collect();
    let series = vec![
        ("used by jobs".to_owned(), "c0", used),
        ("idle".to_owned(), "c1", idle),
        ("booting".to_owned(), "c2", booting),
    ];
    let up = top(&series);
    if up <= 0.0 {
        return None;
    }
    let limit = most.iter().copied().fold(0.0, f64::max);
    let is_near = limit <= FAR * up;
    let (from, to) = seen.span();
    let stretches = stretches(seen);
    let mut marks = stack(&stretches, &series);
    let floor = least(scenario);
    if floor > 0.0 {
        marks.push(Mark {
            class: "ink",
            strength: 100,
            name: format!("min ({})", count(floor)),
            shape: lines(vec![(from as f64, floor), (to as f64, floor)], Dash::Dashed),
        });
    }
    if is_near {
        marks.push(Mark {
            class: "c5",
            strength: 100,
            name: format!("max ({})", count(limit)),
            shape: lines(steps(&stretches, &most), Dash::Dashed),
        });
    }
    let peak = seen.bins.iter().max_by(|a, b| a.up.total_cmp(&b.up))?;
    let above = match is_near {
        true => String::new(),
        false => format!(" There may be {}, far above this picture.", count(limit)),
    };
    let says = format!(
        "At most {} are up, {}.{above} Averages of {}.",
        count(peak.up),
        moment(peak.from),
        width(seen)
    );
    let mut hover: Vec<(&str, &str, &[f64])> = series
        .iter()
        .map(|(name, class, levels)| (name.as_str(), *class, levels.as_slice()))
        .collect();
    hover.push(("max", "c5", &most));
    let height = if is_near { up.max(limit) } else { up };
    Some(Chart {
        id: "vcpus",
        title: "vCPUs: used, idle, booting",
        says,
        x: Axis::time(from, to),
        y: Axis::amount(height.max(floor), "vCPUs"),
        is_timed: true,
        has_grid: true,
        height: 260,
        hover: told(&stretches, "vCPUs", &hover),
        marks,
    })
}

/// The sum of minvCpus of all environments.
fn least(scenario: &Value) -> f64 {
    let environments = scenario
        .get("computeEnvironments")
        .and_then(Value::as_array);
    let least = environments.into_iter().flatten().filter_map(|one| {
        one.pointer("/computeResources/minvCpus")
            .and_then(Value::as_f64)
    });
    least.sum()
}
