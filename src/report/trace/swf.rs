//! A workload as SWF: one line for each job, children of arrays too; what the format cannot say stands in its notes.

use std::io::{self, Write};

use crate::model::{Row, Workload};

use super::{Ids, Lost, Single, count_lost, each_single, needs, seconds};

/// Thousandths of a KB are written where processors are so many that whole ones would not give back the MiB.
const WHOLE_KB_MAX: u32 = 1024;

/// Writes `workload`. Jobs keep their numbers where all have one of their own, and are counted from 1 otherwise.
///
/// # Errors
/// Those of `out`.
pub fn write_swf(workload: &Workload, mut out: impl Write) -> io::Result<Lost> {
    let mut lost = Lost::default();
    count_lost(workload, &mut lost);
    let ids = Ids::of(workload);
    let keeps = workload
        .rows
        .iter()
        .all(|row| row.source > 0 && row.source < Row::NAMED)
        && ids.rewritten == 0
        && workload.extras.iter().all(|extra| extra.array == 0);
    if !keeps {
        lost.add("jobs are numbered anew", workload.rows.len() as u64);
    }
    // The number of each row's first job.
    let mut first = vec![0; workload.rows.len()];
    each_single(workload, |single| {
        let number = match keeps {
            true => u64::from(single.row.source),
            false => single.number,
        };
        if single.child.unwrap_or(0) == 0 {
            first[single.place] = number;
        }
        Ok(())
    })?;
    for row in &workload.rows {
        let Some(extra) = workload.extra(row) else {
            continue;
        };
        let needs = needs(workload, extra).len() as u64;
        lost.add(
            "dependencies are lost: a job names one at most",
            needs.saturating_sub(1),
        );
        lost.add(
            "anchors are lost: a job names one at most",
            (extra.anchors.len() as u64).saturating_sub(1),
        );
    }
    for row in &workload.rows {
        lost.add("jobs lose their GPUs", u64::from(row.gpus > 0));
    }
    writeln!(out, "; Version: 2.2")?;
    writeln!(out, "; Conversion: batchcast import")?;
    writeln!(out, "; MaxJobs: {}", workload.rows.len())?;
    for note in lost.notes() {
        writeln!(out, "; Note: {note}")?;
    }
    for (what, counts) in [
        ("dropped", &workload.dropped),
        ("repaired", &workload.repaired),
    ] {
        for (rule, count) in counts {
            writeln!(out, "; Note: {what} {rule} {count}")?;
        }
    }
    let mut names: Vec<(u32, u64)> = Vec::new();
    let mut numbers = rustc_hash::FxHashMap::default();
    let mut origin = |source: u32| -> i64 {
        match source {
            Row::UNKNOWN => -1,
            number if number < Row::NAMED => i64::from(number),
            name => *numbers.entry(name).or_insert_with(|| {
                names.push((name, names.len() as u64 + 1));
                names.len() as i64
            }),
        }
    };
    each_single(workload, |single| {
        let user = origin(single.row.user);
        let group = origin(single.row.group);
        line(workload, &single, keeps, &first, user, group, &mut out)
    })?;
    Ok(lost)
}

fn line(
    workload: &Workload,
    single: &Single<'_>,
    keeps: bool,
    first: &[u64],
    user: i64,
    group: i64,
    out: &mut impl Write,
) -> io::Result<()> {
    let row = single.row;
    let number = match keeps {
        true => u64::from(row.source),
        false => single.number,
    };
    let memory = match (row.memory, row.vcpus) {
        (0, _) | (_, 0) => "-1".to_owned(),
        (mib, vcpus) if vcpus <= WHOLE_KB_MAX => {
            (u64::from(mib) * 1024 / u64::from(vcpus)).to_string()
        }
        // Thousandths of a KB, written as thousandths of a second are.
        (mib, vcpus) => seconds(u64::from(mib) * 1_024_000 / u64::from(vcpus)),
    };
    let estimate = match row.estimate.is_zero() {
        true => "-1".to_owned(),
        false => seconds(row.estimate.ms()),
    };
    let fates = workload.fates_of(row, single.child);
    let status = u8::from(fates.last().is_none_or(|fate| fate.exit_code == 0));
    let (preceding, think) = match single.extra {
        Some(extra) if !extra.anchors.is_empty() => {
            let anchor = &workload.anchors[extra.anchors.start as usize];
            (
                first[anchor.after.index()].to_string(),
                seconds(extra.think.ms()),
            )
        }
        Some(extra) => match needs(workload, extra).first() {
            Some(need) => (first[need.on.index()].to_string(), "-1".to_owned()),
            None => ("-1".to_owned(), "-1".to_owned()),
        },
        None => ("-1".to_owned(), "-1".to_owned()),
    };
    writeln!(
        out,
        "{number} {} -1 {} {vcpus} -1 -1 {vcpus} {estimate} {memory} {status} {user} {group} -1 -1 -1 {preceding} {think}",
        seconds(row.submit.ms()),
        seconds(single.work.ms()),
        vcpus = row.vcpus.max(1),
    )
}
