//! Reads what Nextflow writes of a run: the trace (`trace-….txt`, a table with tabs), and the tasks of its HTML report as JSON.
//!
//! Tasks on AWS Batch are told by their `native_id`, which is then a job's UUID; others ran where Nextflow did and are dropped
//! (`not-on-batch`), unless none is on Batch: then all are jobs. Tasks that did not run are dropped (`not-run`), and so are
//! those that took their results from an earlier run (`cached`). Moments are
//! taken for UTC, since the trace does not say in which zone they are.
//!
//! Dependencies are not in these files. In a closed loop a task is taken to have been submitted because another had ended not long
//! before (at most the longest think time): one of the same name that failed, else the one whose name has the most words in common
//! with its own, of these the one that ended last.

mod cells;
mod records;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::io::Read;

use crate::model::{Anchor, Extra, Fate, FateKind, Loop, MeasuredJob, Row, SubmitJob, Workload};
use crate::units::{RowId, SimTime, Span};

use super::builder::{Problems, Tally};
use super::{ClosedLoop, Firsts, Problem, Trace, TraceOptions};

use cells::Task;

/// A run that was measured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// Its jobs in order of submission; those of one moment as in the file.
    pub jobs: Vec<MeasuredJob>,
    /// The first submission, in milliseconds from 1970.
    pub start_epoch_ms: i64,
    /// What was dropped, by rule.
    pub dropped: Vec<(&'static str, u64)>,
    /// Where first.
    pub firsts: Firsts,
}

/// Reads what was measured, plain or gzip; `name` is what problems call the file.
///
/// # Errors
/// Every problem, up to a hundred, and the number of the others.
pub fn history(reader: impl Read, name: &str) -> Result<History, Vec<Problem>> {
    let mut problems = Problems::of(name);
    let mut tasks: Vec<Task> = Vec::new();
    let mut dropped = Tally::default();
    records::read(
        reader,
        name,
        &mut problems,
        |record, problems| match Task::read(record, problems) {
            Some(task) if task.has_run => tasks.push(task),
            Some(task) if task.is_cached => dropped.at("cached", || format!("line {}", task.line)),
            Some(task) => dropped.at("not-run", || format!("line {}", task.line)),
            None => {}
        },
    )?;
    if problems.is_empty() && tasks.is_empty() {
        problems.add(0, "", "has no task that ran");
    }
    let mut ids = BTreeSet::new();
    for task in &tasks {
        if !ids.insert(task.id) {
            let message = format!("task {} comes twice", task.id);
            problems.add(task.line, "task_id", message);
        }
    }
    if !problems.is_empty() {
        return Err(problems.into_list());
    }
    if tasks.iter().any(|task| task.is_on_batch) {
        let count = tasks.len();
        tasks.retain(|task| task.is_on_batch);
        dropped.add("not-on-batch", (count - tasks.len()) as u64);
    }
    tasks.sort_by_key(|task| task.submitted);
    let start = tasks.first().map_or(0, |task| task.submitted);
    let since = |at: i64| SimTime::from_ms(u64::try_from(at - start).unwrap_or(0));
    let jobs = tasks.into_iter().map(|task| {
        let submitted = since(task.submitted);
        let started = task.started.map(|at| since(at).max(submitted));
        MeasuredJob {
            source: task.id,
            submitted,
            started,
            ended: since(task.ended).max(started.unwrap_or(submitted)),
            work: task.work,
            exit_code: task.exit_code,
            vcpus: task.vcpus,
            memory: task.memory,
            name: task.name,
        }
    });
    Ok(History {
        jobs: jobs.collect(),
        start_epoch_ms: start,
        firsts: dropped.take_firsts(),
        dropped: dropped.into_counts(),
    })
}

/// Reads the jobs to run them again.
///
/// # Errors
/// As of [`history`].
pub fn read(reader: impl Read, name: &str, options: &TraceOptions) -> Result<Trace, Vec<Problem>> {
    let history = history(reader, name)?;
    let mut workload = Workload {
        templates: vec![SubmitJob {
            job_name: "task".to_owned(),
            job_queue: options.job_queue.clone(),
            job_definition: options.job_definition.clone(),
            lift_limits: options.lift_limits,
            ..SubmitJob::default()
        }],
        dropped: history.dropped.clone(),
        ..Workload::default()
    };
    let mut imputed = Tally::default();
    for job in &history.jobs {
        let mut row = Row::plain(job.source, job.submitted, job.work, job.vcpus);
        row.memory = if options.use_memory { job.memory } else { 0 };
        if row.vcpus == 0 && options.job_definition.is_none() {
            // What Nextflow asks for where a process does not say.
            row.vcpus = 1;
            imputed.add("vcpus-missing", 1);
        }
        if job.exit_code != 0 {
            let fate = workload.fates.len() as u32;
            workload.fates.push(Fate {
                exit_code: job.exit_code,
                run: job.work,
                kind: FateKind::Exit,
            });
            extra(&mut workload, &mut row).fates = fate..fate + 1;
        }
        workload.rows.push(row);
    }
    workload.repaired = imputed.into_counts();
    if let ClosedLoop::Sessions { think_limit } = options.closed_loop {
        tie(&mut workload, &history.jobs, think_limit);
    }
    Ok(Trace {
        workload,
        start_epoch_ms: Some(history.start_epoch_ms),
        firsts: history.firsts,
        ..Trace::default()
    })
}

fn extra<'w>(workload: &'w mut Workload, row: &mut Row) -> &'w mut Extra {
    if row.extra == Row::PLAIN {
        row.extra = workload.extras.len() as u32;
        workload.extras.push(Extra::default());
    }
    &mut workload.extras[row.extra as usize]
}

/// Lets each job follow the end that its client most likely waited for. Jobs are in order of submission.
fn tie(workload: &mut Workload, jobs: &[MeasuredJob], think_limit: Span) {
    workload.closed_loop = Loop::Closed;
    let words: Vec<BTreeSet<&str>> = jobs.iter().map(|job| words(&job.name)).collect();
    let mut by_end: Vec<usize> = (0..jobs.len()).collect();
    by_end.sort_by_key(|&job| jobs[job].ended);
    for (place, job) in jobs.iter().enumerate() {
        let after = by_end.partition_point(|&other| jobs[other].ended <= job.submitted);
        let near = by_end[..after].iter().rev().copied();
        let near = near
            .take_while(|&other| job.submitted - jobs[other].ended <= think_limit)
            .filter(|&other| other < place);
        let best = near.max_by_key(|&other| {
            let is_retry = jobs[other].name == job.name && jobs[other].exit_code != 0;
            let shared = words[other].intersection(&words[place]).count();
            (
                is_retry,
                shared,
                jobs[other].ended,
                std::cmp::Reverse(other),
            )
        });
        let Some(after) = best else { continue };
        let anchor = workload.anchors.len() as u32;
        workload.anchors.push(Anchor {
            after: RowId::at(after),
        });
        let mut row = workload.rows[place];
        let extra = extra(workload, &mut row);
        extra.anchors = anchor..anchor + 1;
        extra.think = job.submitted - jobs[after].ended;
        workload.rows[place] = row;
    }
}

fn words(name: &str) -> BTreeSet<&str> {
    let is_between = |letter: char| !letter.is_alphanumeric() && letter != '_';
    name.split(is_between)
        .filter(|word| !word.is_empty())
        .collect()
}
