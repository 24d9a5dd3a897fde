//! A workload as our CSV, which can say all that a trace can; columns that no row needs are left out.

use std::io::{self, Write};

use csv::WriterBuilder;

use crate::model::{Extra, Fate, FateKind, Row, SubmitJob, Workload};
use crate::units::Span;

use super::{Ids, Lost, needs, origin, seconds};

/// The columns, in the order in which they are written.
const COLUMNS: [&str; 28] = [
    "job_id",
    "submit_s",
    "run_s",
    "vcpus",
    "memory_mib",
    "gpus",
    "estimate_s",
    "job_name",
    "job_queue",
    "job_definition",
    "share_identifier",
    "scheduling_priority",
    "attempts_max",
    "timeout_s",
    "nodes",
    "array_size",
    "array_id",
    "array_index",
    "depends_on",
    "fates",
    "fail_probability",
    "fail_exit_code",
    "peak_memory_mib",
    "after",
    "think_s",
    "poll_s",
    "user",
    "group",
];
/// So many of the first are always written.
const ALWAYS: usize = 5;

/// Writes `workload`, after comments that say what was dropped and repaired before. A queue called `default_queue` is not named.
///
/// # Errors
/// Those of `out`.
pub fn write_trace_csv(
    workload: &Workload,
    default_queue: &str,
    mut out: impl Write,
) -> io::Result<Lost> {
    let ids = Ids::of(workload);
    let mut lost = Lost::default();
    lost.add(
        "identifiers came twice or held blanks, and are written differently",
        ids.rewritten,
    );
    for (what, counts) in [
        ("dropped", &workload.dropped),
        ("repaired", &workload.repaired),
    ] {
        for (rule, count) in counts {
            writeln!(out, "# batchcast: {what} {rule} {count}")?;
        }
    }
    if ids.rewritten > 0 {
        writeln!(
            out,
            "# batchcast: repaired identifier-rewritten {}",
            ids.rewritten
        )?;
    }
    // Two passes: which columns are needed, then the rows.
    let mut used = [false; COLUMNS.len()];
    used[..ALWAYS].fill(true);
    each_record(workload, default_queue, &ids, |cells| {
        for (used, cell) in used.iter_mut().zip(cells) {
            *used |= !cell.is_empty();
        }
        Ok(())
    })?;
    let mut table = WriterBuilder::new().from_writer(out);
    let kept = |cells: &[String]| -> Vec<String> {
        let cells = cells.iter().zip(used).filter(|(_, used)| *used);
        cells.map(|(cell, _)| cell.clone()).collect()
    };
    table.write_record(kept(&COLUMNS.map(str::to_owned)))?;
    each_record(workload, default_queue, &ids, |cells| {
        table.write_record(kept(cells)).map_err(io::Error::from)
    })?;
    table.flush()?;
    for template in &workload.templates {
        let retry = template.retry.as_ref();
        let has_conditions = retry.is_some_and(|retry| !retry.evaluate_on_exit.is_empty());
        lost.add(
            "kinds of jobs lose evaluateOnExit",
            u64::from(has_conditions),
        );
        lost.add(
            "kinds of jobs lose consumable resources",
            u64::from(template.consumables.is_some()),
        );
    }
    Ok(lost)
}

/// Tells `each` the cells of every record.
fn each_record(
    workload: &Workload,
    default_queue: &str,
    ids: &Ids,
    mut each: impl FnMut(&[String; COLUMNS.len()]) -> io::Result<()>,
) -> io::Result<()> {
    for (place, row) in workload.rows.iter().enumerate() {
        let extra = workload.extra(row);
        let id = &ids.list[place];
        let template = &workload.templates[row.template as usize];
        let mut cells = shared(workload, row, template, default_queue);
        if let Some(extra) = extra {
            with_extra(workload, extra, ids, &mut cells);
        }
        let children =
            extra.filter(|extra| !extra.child_work.is_empty() || !extra.child_fates.is_empty());
        let Some(extra) = children else {
            cells[0].clone_from(id);
            cells[2] = seconds(row.work.ms());
            cells[19] = fates(workload.fates_of(row, None));
            if let Some(extra) = extra.filter(|extra| extra.array > 0) {
                cells[15] = extra.array.to_string();
            }
            each(&cells)?;
            continue;
        };
        for child in 0..extra.array {
            let work = workload.work(row, Some(child));
            cells[0] = format!("{id}:{child}");
            cells[2] = seconds(work.ms());
            cells[16].clone_from(id);
            cells[17] = child.to_string();
            cells[19] = fates(workload.fates_of(row, Some(child)));
            each(&cells)?;
        }
    }
    Ok(())
}

/// The cells that come from the row and its template.
fn shared(
    workload: &Workload,
    row: &Row,
    template: &SubmitJob,
    default_queue: &str,
) -> [String; COLUMNS.len()] {
    let mut cells = [const { String::new() }; COLUMNS.len()];
    let number = |number: u32| match number {
        0 => String::new(),
        number => number.to_string(),
    };
    let span = |span: Span| match span.is_zero() {
        true => String::new(),
        false => seconds(span.ms()),
    };
    let unless = |text: &str, usual: &str| match text == usual {
        true => String::new(),
        false => text.to_owned(),
    };
    cells[1] = seconds(row.submit.ms());
    cells[3] = number(row.vcpus);
    cells[4] = number(row.memory);
    cells[5] = number(row.gpus);
    cells[6] = span(row.estimate);
    cells[7] = unless(&template.job_name, "job");
    cells[8] = unless(&template.job_queue, default_queue);
    cells[9] = template.job_definition.clone().unwrap_or_default();
    cells[10] = template.share_identifier.clone().unwrap_or_default();
    let priority = template.scheduling_priority_override;
    cells[11] = priority.map_or_else(String::new, |priority| priority.to_string());
    let retry = template.retry.as_ref();
    cells[12] = retry.map_or_else(String::new, |retry| retry.attempts.to_string());
    cells[13] = template.timeout.map_or_else(String::new, span);
    cells[14] = template.num_nodes.map_or_else(String::new, number);
    if let Some(failure) = &template.failure {
        let parts = failure.probability.parts();
        cells[20] = format!("{}.{:06}", parts / 1_000_000, parts % 1_000_000);
        cells[21] = failure.exit_code.to_string();
    }
    cells[26] = origin(workload, row.user);
    cells[27] = origin(workload, row.group);
    cells
}

/// Adds what few rows have, beside fates and children.
fn with_extra(workload: &Workload, extra: &Extra, ids: &Ids, cells: &mut [String; COLUMNS.len()]) {
    let own = needs(workload, extra).iter().map(|need| ids.need(need));
    let sequential = extra.sequential.then(|| "sequential".to_owned());
    cells[18] = own.chain(sequential).collect::<Vec<_>>().join(" ");
    if extra.peak_memory > 0 {
        cells[22] = extra.peak_memory.to_string();
    }
    let anchors = &workload.anchors[extra.anchors.start as usize..extra.anchors.end as usize];
    let after = anchors
        .iter()
        .map(|anchor| ids.list[anchor.after.index()].clone());
    cells[23] = after.collect::<Vec<_>>().join(" ");
    if !anchors.is_empty() {
        cells[24] = seconds(extra.think.ms());
        if !extra.poll.is_zero() {
            cells[25] = seconds(extra.poll.ms());
        }
    }
}

/// The fates of attempts; nothing where they are what the work says.
fn fates(fates: &[Fate]) -> String {
    let text = fates.iter().map(|fate| match fate.kind {
        FateKind::Exit => format!("{}@{}", fate.exit_code, seconds(fate.run.ms())),
        FateKind::OutOfMemory => format!("oom@{}", seconds(fate.run.ms())),
        FateKind::FailedToStart => "nostart".to_owned(),
    });
    text.collect::<Vec<_>>().join(";")
}
