//! Machines as lanes, the attempts on them as cells; many machines share a lane, and many attempts show as how full it is.

use serde_json::{Value, json};

use super::Grid;
use crate::picture::axis::{Axis, Tick};
use crate::picture::chart::{Chart, Dash, Mark, Shape};
use crate::picture::read::{ATTEMPTS_NAMED, Attempt, Fate, Machine, Seen};
use crate::report::{shortened, whole};

/// Most machines that have a lane each.
const LANES: usize = 200;
/// Lanes where there are more machines, about.
const SHARED_LANES: usize = 100;
/// Stretches of time of lanes that show how full they are.
const COUNT: u64 = 160;
/// Px between names of lanes.
const APART: f64 = 15.0;
/// What of a lane's height is drawn, where lanes are few enough for gaps between them.
const FILLED: f64 = 0.86;
/// Most lanes with gaps between them.
const APART_LANES: f64 = 60.0;

/// Machines and what ran on them.
pub fn gantt(seen: &Seen) -> Option<Chart> {
    if seen.machines.is_empty() {
        return None;
    }
    let lanes = lanes(&seen.machines);
    let height = (40 * lanes.len() as u32).min(320);
    let height = height.max(12 * lanes.len() as u32).clamp(90, 620);
    let (from, to) = seen.span();
    let count = lanes.len() as f64;
    let is_each = lanes.len() == seen.machines.len();
    let is_named = is_each && seen.attempts.len() as u64 <= ATTEMPTS_NAMED;
    let (marks, cells) = match is_named {
        true => one_by_one(seen, count),
        false => how_full(seen, &lanes),
    };
    let names: Vec<Value> = lanes
        .iter()
        .map(|lane| Value::from(lane.name.as_str()))
        .collect();
    let what = match (is_named, is_each) {
        (true, _) => {
            "Each box is an attempt, as high as its part of the machine's vCPUs.".to_owned()
        }
        (false, true) => {
            "The stronger the colour, the more of the machine's vCPUs are used.".to_owned()
        }
        (false, false) => {
            let most = lanes.iter().map(|lane| lane.members.len()).max();
            let most = most.unwrap_or(1) as u64;
            format!(
                "A lane is up to {} machines; the stronger the colour, the more of their vCPUs are used.",
                whole(most)
            )
        }
    };
    Some(Chart {
        id: "machines",
        title: "Machines and what ran on them",
        says: format!("{} by environment, type and launch. {what}", machines(seen)),
        x: Axis::time(from, to),
        y: Axis {
            from: 0.0,
            to: count,
            label: String::new(),
            ticks: ticks(&lanes, f64::from(height)),
        },
        is_timed: true,
        has_grid: false,
        height,
        marks,
        hover: json!({"kind": "lanes", "lanes": names, "cells": cells}),
    })
}

fn machines(seen: &Seen) -> String {
    match seen.machines.len() {
        1 => "1 machine,".to_owned(),
        count => format!("{} machines,", whole(count as u64)),
    }
}

/// Machines that share a lane.
struct Lane {
    /// What it is called.
    name: String,
    /// The environment and type of its machines.
    group: String,
    /// Its machines, by their places.
    members: std::ops::Range<usize>,
}

fn lanes(machines: &[Machine]) -> Vec<Lane> {
    let several = machines
        .iter()
        .any(|one| one.environment != machines[0].environment);
    let size = match machines.len() > LANES {
        true => machines.len().div_ceil(SHARED_LANES),
        false => 1,
    };
    let mut lanes = Vec::new();
    let mut begin = 0;
    let same = |a: &Machine, b: &Machine| a.environment == b.environment && a.kind == b.kind;
    for group in machines.chunk_by(same) {
        let first = &group[0];
        let label = match several {
            true => format!("{} {}", first.environment, first.kind),
            false => first.kind.clone(),
        };
        for chunk in group.chunks(size) {
            let members = begin..begin + chunk.len();
            begin = members.end;
            let name = match chunk {
                [one] => format!("{} ({}, {})", one.id, one.kind, one.environment),
                _ => format!("{} × {} ({})", chunk.len(), first.kind, first.environment),
            };
            lanes.push(Lane {
                name,
                group: label.clone(),
                members,
            });
        }
    }
    // Very many small groups: lanes of several types, rather than thousands.
    if lanes.len() > 2 * LANES {
        let each = lanes.len().div_ceil(SHARED_LANES);
        lanes = lanes
            .chunks(each)
            .map(|some| {
                let members = some[0].members.start..some[some.len() - 1].members.end;
                Lane {
                    name: format!("{} machines of {} types", members.len(), some.len()),
                    group: some[0].group.clone(),
                    members,
                }
            })
            .collect();
    }
    lanes
}

/// A name at the middle of each group of lanes that has room for it.
fn ticks(lanes: &[Lane], height: f64) -> Vec<Tick> {
    let px = height / lanes.len() as f64;
    let mut ticks = Vec::new();
    let (mut at, mut last) = (0, f64::NEG_INFINITY);
    for group in lanes.chunk_by(|a, b| a.group == b.group) {
        let middle = at as f64 + group.len() as f64 / 2.0;
        at += group.len();
        if (middle * px) - last >= APART {
            last = middle * px;
            ticks.push(Tick {
                at: lanes.len() as f64 - middle,
                text: shortened(&group[0].group, 26),
            });
        }
    }
    ticks.reverse();
    ticks
}

/// The bottom and top of a part of the lane `at`, of `count`; parts are counted from above.
fn within(count: f64, at: usize, from: f64, to: f64) -> (f64, f64) {
    let filled = if count > APART_LANES { 1.0 } else { FILLED };
    let top = count - at as f64 - (1.0 - filled) / 2.0;
    (top - filled * to, top - filled * from)
}

/// What machines are while nothing runs on them.
fn grounds(seen: &Seen, lane_of: impl Fn(usize) -> usize, count: f64) -> Vec<Mark> {
    let (mut up, mut boot) = (Vec::new(), Vec::new());
    for (at, one) in seen.machines.iter().enumerate() {
        let (bottom, top) = within(count, lane_of(at), 0.0, 1.0);
        up.push([one.registered as f64, bottom, one.ended as f64, top]);
        if one.registered > one.launched {
            boot.push([one.launched as f64, bottom, one.registered as f64, top]);
        }
    }
    vec![
        named("pale", "up", Shape::Boxes(up)),
        named("c2", "booting", Shape::Boxes(boot)),
    ]
}

fn named(class: &'static str, name: &str, shape: Shape) -> Mark {
    Mark {
        class,
        strength: 100,
        name: name.to_owned(),
        shape,
    }
}

/// Attempts as boxes of their own.
fn one_by_one(seen: &Seen, count: f64) -> (Vec<Mark>, Value) {
    let mut marks = grounds(seen, |at| at, count);
    let mut boxes: [Vec<[f64; 4]>; 3] = Default::default();
    let mut cells: Vec<Value> = Vec::new();
    let mut order: Vec<&Attempt> = seen.attempts.iter().collect();
    order.sort_by_key(|attempt| (attempt.machine, attempt.placed));
    for own in order.chunk_by(|a, b| a.machine == b.machine) {
        let machine = own[0].machine;
        let vcpus = seen.machines[machine].vcpus as usize;
        // When each vCPU is free again.
        let mut free = vec![0_u64; vcpus];
        for attempt in own {
            let wide = (attempt.vcpus as usize).min(vcpus);
            let first = room(&free, wide, attempt.placed);
            free[first..first + wide].fill(attempt.ended);
            let part = |vcpu: usize| vcpu as f64 / vcpus as f64;
            let (bottom, top) = within(count, machine, part(first), part(first + wide));
            let fate = attempt.fate as usize;
            boxes[fate].push([attempt.placed as f64, bottom, attempt.ended as f64, top]);
            cells.push(json!([
                machine,
                attempt.placed,
                attempt.started,
                attempt.ended,
                thousandths(bottom),
                thousandths(top),
                fate,
                attempt.job,
                attempt.number
            ]));
        }
    }
    let fates = [
        (Fate::Useful, "c0", "succeeded"),
        (Fate::Failed, "c5", "failed"),
        (Fate::Interrupted, "c4", "lost its machine"),
    ];
    for ((_, class, name), boxes) in fates.into_iter().zip(boxes) {
        marks.push(named(class, name, Shape::Boxes(boxes)));
    }
    marks.push(taken(seen, |at| at, count));
    marks.retain(|mark| !is_empty(&mark.shape));
    (marks, Value::from(cells))
}

fn thousandths(value: f64) -> Value {
    Value::from((value * 1_000.0) as i64 as f64 / 1_000.0)
}

fn is_empty(shape: &Shape) -> bool {
    match shape {
        Shape::Area(points) => points.is_empty(),
        Shape::Lines(lines, _) => lines.is_empty(),
        Shape::Boxes(boxes) => boxes.is_empty(),
    }
}

/// The first of `wide` vCPUs beside each other that are free at `at`, or else soonest.
fn room(free: &[u64], wide: usize, at: u64) -> usize {
    let mut best = (u64::MAX, 0);
    for first in 0..=free.len() - wide {
        let until = free[first..first + wide].iter().copied().max().unwrap_or(0);
        if until < best.0 {
            best = (until, first);
        }
        if best.0 <= at {
            break;
        }
    }
    best.1
}

/// When EC2 took machines back.
fn taken(seen: &Seen, lane_of: impl Fn(usize) -> usize, count: f64) -> Mark {
    let machines = seen.machines.iter().enumerate();
    let lost = machines.filter(|(_, one)| one.interrupted);
    let lines = lost.map(|(at, one)| {
        let (bottom, top) = within(count, lane_of(at), 0.0, 1.0);
        vec![(one.ended as f64, bottom), (one.ended as f64, top)]
    });
    named(
        "ink",
        "taken back by EC2",
        Shape::Lines(lines.collect(), Dash::Thick),
    )
}

/// Lanes as how full their machines are.
fn how_full(seen: &Seen, lanes: &[Lane]) -> (Vec<Mark>, Value) {
    let (from, to) = seen.span();
    let grid = Grid::over(from, to, COUNT, 1);
    let count = lanes.len() as f64;
    let mut lane_of = vec![0; seen.machines.len()];
    for (at, lane) in lanes.iter().enumerate() {
        lane_of[lane.members.clone()].fill(at);
    }
    let mut used = vec![vec![0.0; grid.count]; lanes.len()];
    let mut up = used.clone();
    for (one, lane) in seen.machines.iter().zip(&lane_of) {
        let amount = f64::from(one.vcpus) * (one.ended - one.launched) as f64;
        grid.spread(&mut up[*lane], one.launched, one.ended, amount);
    }
    for attempt in &seen.attempts {
        let amount = f64::from(attempt.vcpus) * (attempt.ended - attempt.placed) as f64;
        let lane = lane_of[attempt.machine];
        grid.spread(&mut used[lane], attempt.placed, attempt.ended, amount);
    }
    let stretches = grid.stretches();
    let mut boxes: [Vec<[f64; 4]>; 5] = Default::default();
    let mut cells: Vec<Value> = Vec::new();
    for (lane, (used, up)) in used.iter().zip(&up).enumerate() {
        let (bottom, top) = within(count, lane, 0.0, 1.0);
        let parts = used.iter().zip(up).map(|(used, up)| match *up > 0.0 {
            true => Some((used / up).min(1.0)),
            false => None,
        });
        let parts: Vec<Option<f64>> = parts.collect();
        // How full in quarters, one box for what is alike.
        let level = |part: Option<f64>| part.map(|part| (part * 4.0).ceil() as usize);
        let mut begin = 0;
        for run in parts.chunk_by(|a, b| level(*a) == level(*b)) {
            let end = begin + run.len();
            if let Some(level) = level(run[0]) {
                let (left, right) = (stretches[begin].0, stretches[end - 1].1);
                boxes[level].push([left, bottom, right.min(to as f64), top]);
            }
            begin = end;
        }
        let per_cent = parts.iter().map(|part| match part {
            Some(part) => Value::from((part * 100.0).round() as i64),
            None => Value::Null,
        });
        cells.push(per_cent.collect());
    }
    let strengths = [
        ("pale", 100, "up, nothing runs"),
        ("c0", 30, "used to 25 %"),
        ("c0", 50, "to 50 %"),
        ("c0", 75, "to 75 %"),
        ("c0", 100, "used to 100 %"),
    ];
    let marks = strengths.into_iter().zip(boxes);
    let mut marks: Vec<Mark> = marks
        .map(|((class, strength, name), boxes)| Mark {
            class,
            strength,
            name: name.to_owned(),
            shape: Shape::Boxes(boxes),
        })
        .collect();
    if lanes.len() == seen.machines.len() {
        marks.push(taken(seen, |at| at, count));
    }
    marks.retain(|mark| !is_empty(&mark.shape));
    let full = json!({"from": grid.from, "width": grid.width, "full": cells});
    (marks, full)
}
