//! Reads `batch_task.csv` of Alibaba's trace of 2018: nine columns without a header, one line for each task of a job, with the job's
//! graph in the tasks' names: `M5_3_4` is task 5 of its job and needs tasks 3 and 4; letters mean nothing, and names such as
//! `task_Nzg3…` state no needs.
//!
//! A task of n instances is an array of n, each of which runs for as long as the task did. Submissions are not stated: all tasks of
//! a job are submitted when its first starts (`submit-imputed`), and needs do the rest. 100 of `plan_cpu` are one vCPU, rounded up
//! (`vcpus-rounded`; `vcpus-missing` where none are stated, then one). Memory is relative to a machine that is not stated, so jobs
//! ask for none (`memory-normalised`). Dropped: tasks that have not ended (`not-ended`), and those that end before they start.

use std::io::Read;

use csv::ByteRecord;
use rustc_hash::FxHashMap;

use crate::input::builder::Identifiers;
use crate::input::table::{Form, Table, cell, fault};
use crate::input::tasks::{More, Task, Tasks};
use crate::input::{Problem, Trace, TraceOptions};
use crate::model::rules::{ARRAY_SIZE_MAX, ARRAY_SIZE_MIN};
use crate::model::{Fate, FateKind, Row};
use crate::units::{SimTime, Span};

use super::{each_record, one, seconds, whole};

/// Columns of a line.
const COLUMNS: usize = 9;
/// Most instances where AWS's limit is lifted.
const INSTANCES_MAX: u32 = ARRAY_SIZE_MAX * 100;
/// The low half of a key where a name has no number: the rest is its place.
const UNNUMBERED: u64 = 1 << 31;

/// Reads a list of tasks, plain or gzip; `name` is what problems call it.
///
/// # Errors
/// Every problem, up to a hundred, and the number of the others.
pub fn read(reader: impl Read, name: &str, options: &TraceOptions) -> Result<Trace, Vec<Problem>> {
    let mut table = Table::open(reader, name, Form::QUOTED).map_err(one)?;
    let mut tasks = Tasks::of(name, options);
    tasks.show_key = |_, key| match key & 0xffff_ffff {
        number if number < UNNUMBERED => format!("task {number} of its job"),
        _ => "a task of its job".to_owned(),
    };
    let mut jobs = Jobs::default();
    each_record(&mut table, &mut tasks, |tasks, record, line| {
        jobs.task(tasks, record, line);
    });
    for task in &mut tasks.list {
        let job = (task.key >> 32) as u32;
        task.submit = jobs
            .first
            .get(&job)
            .map_or(task.submit, |&first| first as i64);
    }
    tasks.finish()
}

/// The jobs whose tasks were read.
#[derive(Default)]
struct Jobs {
    names: Identifiers,
    /// When the first task of each started.
    first: FxHashMap<u32, u64>,
}

impl Jobs {
    fn task(&mut self, tasks: &mut Tasks<'_>, record: &ByteRecord, line: u64) {
        if let Some(what) = fault(record, COLUMNS) {
            tasks.wrong(line, "", what);
            return;
        }
        let before = tasks.problems.count();
        let text = |index: usize| cell(record, Some(index));
        let (name, job, status) = (text(0), text(2), text(4));
        let instances = whole(tasks, line, "instance_num", text(1)).unwrap_or(1);
        let start = seconds(tasks, line, "start_time", text(5));
        let end = seconds(tasks, line, "end_time", text(6));
        let cpu = seconds(tasks, line, "plan_cpu", text(7));
        if name.is_empty() || job.is_empty() {
            let field = if job.is_empty() {
                "job_name"
            } else {
                "task_name"
            };
            tasks.wrong(line, field, "is empty; a task has a name and a job");
        }
        let most = match tasks.options.lift_limits {
            true => INSTANCES_MAX,
            false => ARRAY_SIZE_MAX,
        };
        if instances > most {
            let message = format!("{instances} instances; an array has at most {most}");
            tasks.wrong(line, "instance_num", message);
        }
        if tasks.problems.count() > before {
            return;
        }
        let job_number = self.names.intern(job);
        let graph = Graph::of(name);
        let low = match &graph {
            Some(graph) => u64::from(graph.number),
            // Places of lines are told apart as long as they fit.
            None => UNNUMBERED | (line & (UNNUMBERED - 1)),
        };
        let key = u64::from(job_number) << 32 | low;
        let has_ended = matches!(status, "Terminated" | "Failed");
        let (Some(start), Some(end)) = (start.filter(|at| *at > 0), end.filter(|at| *at > 0))
        else {
            tasks.drop("not-ended", line, Some(key));
            return;
        };
        if !has_ended {
            tasks.drop("not-ended", line, Some(key));
            return;
        }
        if end < start {
            tasks.drop("end-before-start", line, Some(key));
            return;
        }
        let first = self.first.entry(job_number).or_insert(start);
        *first = (*first).min(start);
        // In units of 1/100,000 vCPU: the cell was read as seconds.
        let vcpus = match cpu.unwrap_or(0) {
            0 => {
                tasks.repair("vcpus-missing", line);
                1
            }
            cpu => {
                if !cpu.is_multiple_of(100_000) {
                    tasks.repair("vcpus-rounded", line);
                }
                u32::try_from(cpu.div_ceil(100_000)).unwrap_or(u32::MAX)
            }
        };
        tasks.repair("memory-normalised", line);
        tasks.repair("submit-imputed", line);
        let work = Span::from_ms(end - start);
        let source = tasks.ids.intern(&format!("{job}/{name}"));
        let mut task = Task::plain(line, key, 0, Row::plain(source, SimTime::ZERO, work, vcpus));
        task.row.user = tasks.ids.intern(job);
        task.name = tasks.name(text(3));
        let needs = tasks.needs.len() as u32;
        for need in graph.map_or(Vec::new(), |graph| graph.needs) {
            tasks
                .needs
                .push(u64::from(job_number) << 32 | u64::from(need));
        }
        task.needs = needs..tasks.needs.len() as u32;
        let failed = status == "Failed";
        if instances >= ARRAY_SIZE_MIN || failed {
            task.more = Some(Box::new(More {
                array: if instances >= ARRAY_SIZE_MIN {
                    instances
                } else {
                    0
                },
                fates: match failed {
                    true => vec![Fate {
                        exit_code: 1,
                        run: work,
                        kind: FateKind::Exit,
                    }],
                    false => Vec::new(),
                },
                ..More::default()
            }));
        }
        tasks.push(task, !failed);
    }
}

/// What a task's name says of its job's graph.
struct Graph {
    number: u32,
    needs: Vec<u32>,
}

impl Graph {
    /// Reads `M5_3_4`; `None` where the name is no such thing.
    fn of(name: &str) -> Option<Graph> {
        let mut parts = name.split('_');
        let head = parts.next()?;
        let digits = head.trim_start_matches(|letter: char| letter.is_ascii_alphabetic());
        if digits.len() == head.len() || digits.is_empty() || digits.len() > 9 {
            return None;
        }
        let number = digits.parse().ok()?;
        let needs = parts
            .map(|part| part.parse::<u32>().ok().filter(|_| part.len() <= 9))
            // `M1_Stg2` and the like: what stands behind no number is no need.
            .map_while(|part| part)
            .filter(|need| *need != number)
            .collect();
        Some(Graph { number, needs })
    }
}
