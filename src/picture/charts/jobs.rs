//! Running and waiting jobs over time.

use super::{stack, told, top};
use crate::picture::axis::Axis;
use crate::picture::chart::Chart;
use crate::picture::read::Seen;
use crate::picture::words::{count, moment};

/// Jobs by state over time.
pub fn jobs(seen: &Seen) -> Option<Chart> {
    let (from, to) = seen.span();
    let stretches: Vec<(f64, f64)> = stretches(seen);
    let of = |states: &[usize]| -> Vec<f64> {
        let level = |bin: &crate::picture::read::Bin| states.iter().map(|at| bin.jobs[*at]).sum();
        seen.bins.iter().map(level).collect()
    };
    let states = [
        ("running", "c0", of(&[3])),
        ("starting", "c2", of(&[2])),
        ("waiting (RUNNABLE)", "c1", of(&[1])),
        ("waiting for other jobs (PENDING)", "grey", of(&[0])),
    ];
    let series: Vec<(String, &'static str, Vec<f64>)> = states
        .into_iter()
        .filter(|(name, _, levels)| {
            // PENDING lasts a moment where nothing depends on anything.
            let least = if name.contains("PENDING") { 0.5 } else { 0.0 };
            levels.iter().any(|level| *level > least)
        })
        .map(|(name, class, levels)| (name.to_owned(), class, levels))
        .collect();
    if series.is_empty() {
        return None;
    }
    let peak = |states: &[usize]| {
        let levels = of(states);
        let most = levels.iter().copied().fold(0.0, f64::max);
        let at = levels.iter().position(|level| *level == most).unwrap_or(0);
        (most, seen.bins[at].from)
    };
    let ((running, running_at), (waiting, waiting_at)) = (peak(&[3]), peak(&[1]));
    let says = match waiting >= 0.5 {
        true => format!(
            "At most {} run, {}; at most {} wait for room, {}. Averages of {}.",
            count(running),
            moment(running_at),
            count(waiting),
            moment(waiting_at),
            width(seen)
        ),
        false => format!(
            "At most {} run, {}; hardly a job waits. Averages of {}.",
            count(running),
            moment(running_at),
            width(seen)
        ),
    };
    let hover: Vec<(&str, &str, &[f64])> = series
        .iter()
        .map(|(name, class, levels)| (name.as_str(), *class, levels.as_slice()))
        .collect();
    Some(Chart {
        id: "jobs",
        title: "Running and waiting jobs",
        says,
        x: Axis::time(from, to),
        y: Axis::amount(top(&series), "jobs"),
        is_timed: true,
        has_grid: true,
        height: 300,
        hover: told(&stretches, "jobs", &hover),
        marks: stack(&stretches, &series),
    })
}

/// The stretches of the timeline.
pub fn stretches(seen: &Seen) -> Vec<(f64, f64)> {
    let bins = seen.bins.iter();
    bins.map(|bin| (bin.from as f64, bin.to as f64)).collect()
}

/// How long a stretch of the timeline is.
pub fn width(seen: &Seen) -> String {
    let width = seen.bins.first().map_or(0, |bin| bin.to - bin.from);
    crate::report::duration(crate::units::Span::from_ms(width))
}
