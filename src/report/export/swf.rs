//! A run as a log in the Standard Workload Format 2.2: what happened, with the waits of the simulation.

use std::collections::BTreeMap;
use std::io::{Read, Write};

use super::{ExportFault, Rows, RunFacts};

/// Seconds in SWF: whole where they are, else with decimals.
fn seconds(ms: u64) -> String {
    match ms % 1000 {
        0 => (ms / 1000).to_string(),
        part => format!("{}.{part:03}", ms / 1000),
    }
}

/// Writes a line for each job, in order of submission, and returns how many. Jobs are numbered from 1; users, groups and queues are
/// numbers of their own where they are names. Jobs that never started have no run time (-1) and count as cancelled.
///
/// # Errors
/// A table that is not one of ours, or what `out` says.
pub fn write_run_swf(
    facts: &RunFacts,
    jobs: impl Read,
    mut out: impl Write,
) -> Result<u64, ExportFault> {
    let columns = [
        "submit_s",
        "start_s",
        "end_s",
        "status",
        "vcpus",
        "memory_mib",
        "estimate_s",
        "user",
        "group",
        "job_queue",
    ];
    let mut rows = Rows::open("jobs.csv", jobs, &columns)?;
    let mut names: [BTreeMap<String, u64>; 3] = Default::default();
    let mut lines: Vec<(u64, String)> = Vec::new();
    while rows.next()? {
        let submit = rows.ms("submit_s")?.unwrap_or(0);
        let (start, end) = (rows.ms("start_s")?, rows.ms("end_s")?);
        let wait = start.map_or_else(
            || "-1".to_owned(),
            |start| seconds(start.saturating_sub(submit)),
        );
        let run = start.zip(end).map_or_else(
            || "-1".to_owned(),
            |(start, end)| seconds(end.saturating_sub(start)),
        );
        let vcpus = rows.whole("vcpus")?;
        let memory = match (rows.whole("memory_mib")?, vcpus) {
            (0, _) | (_, 0) => "-1".to_owned(),
            (mib, vcpus) => (mib * 1024 / vcpus).to_string(),
        };
        let estimate = rows
            .ms("estimate_s")?
            .map_or_else(|| "-1".to_owned(), seconds);
        let status = match (rows.text("status"), start) {
            ("SUCCEEDED", _) => "1",
            (_, Some(_)) => "0",
            (_, None) => "5",
        };
        let mut number = |at: usize, text: &str| -> String {
            if text.is_empty() {
                return "-1".to_owned();
            }
            if text.len() < 10 && text.bytes().all(|letter| letter.is_ascii_digit()) {
                return text.to_owned();
            }
            let next = names[at].len() as u64 + 1;
            names[at].entry(text.to_owned()).or_insert(next).to_string()
        };
        let user = number(0, rows.text("user"));
        let group = number(1, rows.text("group"));
        let queue = number(2, rows.text("job_queue"));
        let submitted = seconds(submit);
        lines.push((
            submit,
            format!("{submitted} {wait} {run} {vcpus} -1 -1 {vcpus} {estimate} {memory} {status} {user} {group} -1 {queue} -1 -1 -1"),
        ));
    }
    lines.sort_by_key(|(submit, _)| *submit);
    writeln!(out, "; Version: 2.2")?;
    writeln!(out, "; Computer: simulated by batchcast {}", facts.version)?;
    writeln!(
        out,
        "; Note: run of the scenario {}",
        facts.scenario.replace(char::is_control, " ")
    )?;
    writeln!(out, "; MaxJobs: {}", lines.len())?;
    writeln!(
        out,
        "; UnixStartTime: {}",
        facts.start_epoch_ms.div_euclid(1000)
    )?;
    let mut queues: Vec<(&String, &u64)> = names[2].iter().collect();
    queues.sort_by_key(|(_, number)| **number);
    for (name, number) in queues {
        writeln!(out, "; Queue: {number} {name}")?;
    }
    for (number, (_, line)) in (1u64..).zip(&lines) {
        writeln!(out, "{number} {line}")?;
    }
    out.flush()?;
    Ok(lines.len() as u64)
}
