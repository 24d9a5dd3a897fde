//! A workload as Batsim v5 reads it: jobs with delays, and beside each, in its `extra_data`, what the format has no place for.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Map, Value, json};

use crate::model::{DependencyKind, Workload};

use super::{Ids, Lost, count_lost, each_single, needs, origin, seconds};

/// Writes `workload`. Resources are vCPUs; the platform has as many as the largest job asks for, or `machine_size`.
///
/// # Errors
/// Those of `out`.
pub fn write_batsim(
    workload: &Workload,
    machine_size: Option<u32>,
    mut out: impl Write,
) -> io::Result<Lost> {
    let mut lost = Lost::default();
    count_lost(workload, &mut lost);
    let ids = Ids::of(workload);
    lost.add(
        "identifiers came twice or held blanks, and are written differently",
        ids.rewritten,
    );
    let largest = workload.rows.iter().map(|row| row.vcpus).max().unwrap_or(1);
    let size = machine_size.unwrap_or(0).max(largest).max(1);
    let mut profiles: BTreeMap<(u64, u8), String> = BTreeMap::new();
    write!(out, "{{\"nb_res\": {size}, \"jobs\": [")?;
    let mut between = "\n";
    each_single(workload, |single| {
        let row = single.row;
        let fates = workload.fates_of(row, single.child);
        let last = fates.last();
        let ret = last.map_or(0, |fate| fate.exit_code);
        let ms = match last {
            Some(fate) if ret > 0 => fate.run.ms(),
            _ => single.work.ms(),
        };
        let ret_name = if ret > 0 {
            format!("_ret_{ret}")
        } else {
            String::new()
        };
        let profile = profiles
            .entry((ms, ret))
            .or_insert_with(|| format!("delay_{}{ret_name}", seconds(ms)));
        let id = match single.child {
            Some(child) => format!("{}:{child}", ids.list[single.place]),
            None => ids.list[single.place].clone(),
        };
        let mut extra = Map::new();
        if row.memory > 0 {
            extra.insert("memory_mib".to_owned(), row.memory.into());
        }
        if row.gpus > 0 {
            extra.insert("gpus".to_owned(), row.gpus.into());
        }
        for (key, text) in [
            ("user", origin(workload, row.user)),
            ("group", origin(workload, row.group)),
        ] {
            if !text.is_empty() {
                extra.insert(key.to_owned(), text.into());
            }
        }
        let name = &workload.templates[row.template as usize].job_name;
        if name != "job" {
            extra.insert("job_name".to_owned(), name.clone().into());
        }
        let own = single.extra.map_or(&[][..], |extra| needs(workload, extra));
        let mut on: Vec<Value> = Vec::new();
        for need in own {
            let id = &ids.list[need.on.index()];
            let other = workload.extra(workload.row(need.on));
            match (need.kind, other.map_or(0, |other| other.array)) {
                (DependencyKind::Whole, 0) => on.push(id.clone().into()),
                (DependencyKind::Whole, size) => {
                    on.extend((0..size).map(|child| Value::from(format!("{id}:{child}"))));
                }
                (DependencyKind::Child(child), _) => on.push(format!("{id}:{child}").into()),
                (DependencyKind::SameIndex, _) => {
                    on.push(format!("{id}:{}", single.child.unwrap_or(0)).into());
                }
            }
        }
        if let (Some(extra), Some(child @ 1..)) = (single.extra, single.child)
            && extra.sequential
        {
            on.push(format!("{}:{}", ids.list[single.place], child - 1).into());
        }
        if !on.is_empty() {
            extra.insert("depends_on".to_owned(), Value::Array(on));
        }
        write!(
            out,
            "{between}{{\"id\": {}, \"subtime\": {}, \"res\": {}, \"profile\": {}",
            json!(id),
            seconds(row.submit.ms()),
            row.vcpus.max(1),
            json!(profile),
        )?;
        if !row.estimate.is_zero() {
            write!(out, ", \"walltime\": {}", seconds(row.estimate.ms()))?;
        }
        if !extra.is_empty() {
            let text = Value::Object(extra).to_string();
            write!(out, ", \"extra_data\": {}", json!(text))?;
        }
        between = ",\n";
        write!(out, "}}")
    })?;
    write!(out, "\n],\n\"profiles\": {{")?;
    let mut between = "\n";
    for ((ms, ret), name) in &profiles {
        let ret = if *ret > 0 {
            format!(", \"ret\": {ret}")
        } else {
            String::new()
        };
        write!(
            out,
            "{between}{}: {{\"type\": \"DelayProfile\", \"delay\": {}{ret}}}",
            json!(name),
            seconds(*ms)
        )?;
        between = ",\n";
    }
    writeln!(out, "\n}}}}")?;
    Ok(lost)
}
