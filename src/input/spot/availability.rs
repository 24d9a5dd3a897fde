//! How many Spot instances were to be had at each tick: the JSON of the "Can't Be Late" measurements (NSDI 2024).

use std::io::Read;

use serde_json::Value;

use crate::input::Problem;
use crate::input::builder::Problems;
use crate::input::scenario::shortened;
use crate::model::Availability;
use crate::units::{SimTime, Span};

use super::document::document;

/// Longest time between two ticks, an assumed bound: a year.
const GAP_MAX: u64 = 366 * 24 * 3600;

/// How many there are, from when on: the first tick is time zero, the last count stays.
///
/// # Errors
/// Every problem of the file, up to a hundred, and the number of the others.
pub fn available(reader: impl Read, file: &str) -> Result<Vec<(SimTime, u32)>, Vec<Problem>> {
    let read = availability(reader, file)?;
    let mut steps: Vec<(SimTime, u32)> = Vec::new();
    for (index, &count) in read.counts.iter().enumerate() {
        if steps.last().is_none_or(|&(_, last)| last != count) {
            let at = Span::from_ms(read.gap.ms() * index as u64);
            steps.push((SimTime::ZERO + at, count));
        }
    }
    Ok(steps)
}

/// How many there were at each tick.
///
/// # Errors
/// Every problem of the file, up to a hundred, and the number of the others.
pub fn availability(reader: impl Read, file: &str) -> Result<Availability, Vec<Problem>> {
    let read = document(reader, file)?;
    let mut problems = Problems::of(file);
    let gap = read.pointer("/metadata/gap_seconds");
    let seconds = gap.and_then(Value::as_u64);
    let seconds = seconds.filter(|seconds| (1..=GAP_MAX).contains(seconds));
    if seconds.is_none() {
        let message = match gap {
            None => "missing: seconds from tick to tick".to_owned(),
            Some(other) => format!(
                "`{}` is not a whole number of seconds from 1 to {GAP_MAX}",
                shortened(&other.to_string())
            ),
        };
        problems.add(0, "/metadata/gap_seconds", message);
    }
    let ticks = match read.get("data") {
        Some(Value::Array(ticks)) if !ticks.is_empty() => ticks.as_slice(),
        _ => {
            let message = "is no list of counts; write \"data\": [4, 4, 3]";
            problems.add(0, "/data", message);
            &[]
        }
    };
    let mut counts = Vec::with_capacity(ticks.len());
    for (index, tick) in ticks.iter().enumerate() {
        let count = tick.as_u64().and_then(|count| u32::try_from(count).ok());
        match count {
            Some(count) => counts.push(count),
            None => {
                let message = format!(
                    "`{}` is not a count of instances",
                    shortened(&tick.to_string())
                );
                problems.add(0, &format!("/data/{index}"), message);
            }
        }
    }
    match problems.is_empty() {
        true => Ok(Availability {
            gap: Span::from_s(seconds.unwrap_or(1)),
            counts,
        }),
        false => Err(problems.into_list()),
    }
}
