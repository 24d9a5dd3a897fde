//! How long jobs waited, and for what.

use serde_json::{Value, json};

use crate::model::TimeCause;
use crate::picture::axis::{Axis, Tick, log_ms};
use crate::picture::chart::{Chart, Dash, Mark, SERIES, Shape, all_rounded, rounded};
use crate::picture::read::{QueueSeen, Seen};
use crate::report::{duration, shortened, whole};
use crate::units::Span;

/// Causes of waiting with their colours and strengths; several that are of one kind share one.
const CAUSES: [(&str, &str, u32, &[TimeCause]); 10] = [
    ("queue", "c0", 100, &[TimeCause::Queue]),
    ("max-vcpus", "c1", 100, &[TimeCause::MaxVcpus]),
    ("boot", "c2", 100, &[TimeCause::Boot]),
    ("scaling", "c3", 100, &[TimeCause::Scaling]),
    ("share", "c4", 100, &[TimeCause::Share]),
    ("blocked-head", "c5", 100, &[TimeCause::BlockedHead]),
    (
        "capacity, consumable",
        "c6",
        100,
        &[TimeCause::Capacity, TimeCause::Consumable],
    ),
    ("dependency", "grey", 100, &[TimeCause::Dependency]),
    (
        "dispatch, image-pull",
        "ink",
        50,
        &[TimeCause::Dispatch, TimeCause::ImagePull],
    ),
    (
        "lost, checkpoint",
        "ink",
        100,
        &[TimeCause::Lost, TimeCause::Checkpoint],
    ),
];
/// Queues that have a bar.
const BARS: usize = 12;

/// Mean wait per job of each queue, by cause.
pub fn causes(seen: &Seen) -> Option<Chart> {
    let mut queues: Vec<(&String, &QueueSeen)> = seen.queues.iter().collect();
    queues.sort_by_key(|(_, queue)| std::cmp::Reverse(queue.jobs));
    queues.truncate(BARS);
    let mean = |queue: &QueueSeen, causes: &[TimeCause]| -> f64 {
        let of = |cause: &TimeCause| queue.causes.get(*cause as usize).copied();
        let sum: u64 = causes.iter().filter_map(of).sum();
        sum as f64 / queue.jobs.max(1) as f64
    };
    let total = |queue: &QueueSeen| -> f64 {
        let causes = CAUSES.iter();
        causes.map(|(.., causes)| mean(queue, causes)).sum()
    };
    queues.sort_by(|a, b| total(b.1).total_cmp(&total(a.1)).then(a.0.cmp(b.0)));
    let most = queues.iter().map(|(_, queue)| total(queue));
    let most = most.fold(0.0, f64::max);
    if most <= 0.0 {
        return None;
    }
    let (unit_ms, unit) = match most as u64 {
        ms if ms >= 72 * 3_600_000 => (86_400_000.0, "days"),
        ms if ms >= 2 * 3_600_000 => (3_600_000.0, "hours"),
        ms if ms >= 120_000 => (60_000.0, "minutes"),
        _ => (1_000.0, "seconds"),
    };
    let count = queues.len();
    let mut boxes: Vec<Vec<[f64; 4]>> = vec![Vec::new(); CAUSES.len()];
    let mut rows = Vec::new();
    for (index, (name, queue)) in queues.iter().enumerate() {
        let y = (count - index) as f64;
        let mut x = 0.0;
        let mut parts: Vec<Value> = Vec::new();
        for ((cause, class, _, members), boxes) in CAUSES.iter().zip(&mut boxes) {
            let mean = mean(queue, members);
            if mean <= 0.0 {
                continue;
            }
            let right = x + mean / unit_ms;
            boxes.push([x, y - 0.8, right, y - 0.2]);
            parts.push(json!([cause, class, rounded(right), told(mean)]));
            x = right;
        }
        rows.push(
            json!({"name": name, "jobs": queue.jobs, "all": told(total(queue)), "parts": parts}),
        );
    }
    let marks = CAUSES.iter().zip(boxes);
    let marks = marks.filter(|(_, boxes)| !boxes.is_empty());
    let marks = marks.map(|((name, class, strength, _), boxes)| Mark {
        class,
        strength: *strength,
        name: (*name).to_owned(),
        shape: Shape::Boxes(boxes),
    });
    let ticks = queues.iter().enumerate().map(|(index, (name, _))| Tick {
        at: (count - index) as f64 - 0.5,
        text: shortened(name, 22),
    });
    let (longest, queue) = queues[0];
    let says = match count {
        1 => format!("{} per job.", told(total(queue))),
        _ => format!("Longest in {longest}: {} per job.", told(total(queue))),
    };
    let hidden = seen.queues.len() - count;
    let says = match hidden {
        0 => says,
        _ => format!("{says} {hidden} queues with fewer jobs are left out."),
    };
    Some(Chart {
        id: "wait-causes",
        title: "What jobs waited for, by queue",
        says,
        x: Axis::amount(most / unit_ms, &format!("mean wait per job, {unit}")),
        y: Axis {
            from: 0.0,
            to: count as f64,
            label: String::new(),
            ticks: ticks.collect(),
        },
        is_timed: false,
        has_grid: false,
        height: (46 * count as u32).clamp(60, 420),
        marks: marks.collect(),
        hover: json!({"kind": "bars", "rows": rows}),
    })
}

fn told(ms: f64) -> String {
    duration(Span::from_ms(ms as u64))
}

/// Points of a line of the distribution.
const POINTS: usize = 240;

/// What part of each queue's jobs had started after waiting so long.
pub fn distribution(seen: &Seen) -> Option<Chart> {
    let mut queues: Vec<(&str, &[u64])> = seen
        .queues
        .iter()
        .map(|(name, queue)| (name.as_str(), queue.waits.as_slice()))
        .filter(|(_, waits)| !waits.is_empty())
        .collect();
    queues.sort_by_key(|(name, waits)| (std::cmp::Reverse(waits.len()), *name));
    let hidden = queues.len().saturating_sub(SERIES.len());
    let mut all: Vec<u64> = queues
        .iter()
        .flat_map(|(_, waits)| waits.iter().copied())
        .collect();
    all.sort_unstable();
    queues.truncate(SERIES.len());
    let most = *all.last()?;
    let mut shown: Vec<(String, &'static str, &[u64])> = queues
        .iter()
        .zip(SERIES)
        .map(|((name, waits), class)| ((*name).to_owned(), class, *waits))
        .collect();
    if seen.queues.len() > 1 {
        shown.push(("all queues".to_owned(), "ink", &all));
    }
    let least = all[all.len() / 100];
    let axis = Axis::log_time(least, most, "waited at most (logarithmic)");
    let (mut marks, mut series) = (Vec::new(), Vec::new());
    for (name, class, waits) in shown {
        let points = points(waits);
        let mut line = vec![(axis.from, points.first().map_or(0.0, |(_, part)| *part))];
        let mut before = 0.0;
        for (ms, part) in &points {
            let x = log_ms(*ms).max(axis.from);
            line.push((x, before));
            line.push((x, *part));
            before = *part;
        }
        line.remove(0);
        line.push((axis.to, 1.0));
        let spans: Vec<u64> = points.iter().map(|(ms, _)| *ms).collect();
        let parts: Vec<f64> = points.iter().map(|(_, part)| *part).collect();
        series.push(
            json!({"name": name, "class": class, "x": spans, "v": all_rounded(&parts), "n": waits.len()}),
        );
        marks.push(Mark {
            class,
            strength: 100,
            name,
            shape: Shape::Lines(
                vec![line],
                match class {
                    "ink" => Dash::Dashed,
                    _ => Dash::Thick,
                },
            ),
        });
    }
    let rank = |per_cent: usize| all[(all.len() * per_cent).div_ceil(100).max(1) - 1];
    let told = |ms: u64| duration(Span::from_ms(ms));
    let left_out = match hidden {
        0 => String::new(),
        _ => format!(" {hidden} queues with fewer jobs are only in the line of all."),
    };
    Some(Chart {
        id: "wait-distribution",
        title: "How long jobs waited",
        says: format!(
            "Of {} jobs that started, half had waited at most {}, 95 % at most {}, the last {}.{left_out}",
            whole(all.len() as u64),
            told(rank(50)),
            told(rank(95)),
            told(most)
        ),
        x: axis,
        y: Axis::share("part of the jobs"),
        is_timed: false,
        has_grid: true,
        height: 260,
        marks,
        hover: json!({"kind": "distribution", "series": series}),
    })
}

/// The distribution at ranks that are evenly apart, and its end; of equal waits the highest rank.
fn points(waits: &[u64]) -> Vec<(u64, f64)> {
    let count = waits.len();
    let mut points: Vec<(u64, f64)> = Vec::new();
    for step in 0..=POINTS {
        let rank = (count * step).div_ceil(POINTS).max(1);
        let ms = waits[rank - 1];
        let part = waits.partition_point(|wait| *wait <= ms) as f64 / count as f64;
        if points.last().is_none_or(|(last, _)| *last < ms) {
            points.push((ms, part));
        }
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distribution_ends_with_all_and_equal_waits_are_one_step() {
        let found = points(&[0, 0, 5, 9]);
        assert_eq!(found, [(0, 0.5), (5, 0.75), (9, 1.0)]);
        let many: Vec<u64> = (0..100_000).collect();
        let found = points(&many);
        assert!(found.len() <= POINTS + 1);
        assert_eq!(found.last(), Some(&(99_999, 1.0)));
    }
}
