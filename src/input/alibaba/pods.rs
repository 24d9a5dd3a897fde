//! Reads `openb_pod_list_*.csv` of Alibaba's GPU trace of 2023: Kubernetes pods with what they asked for and when they came and went.
//!
//! A pod is submitted when it is created and runs from its scheduling to its deletion. Dropped and counted: pods that never started
//! (`never-started`) and that end before they start (`end-before-start`). Thousandths of a CPU are rounded up to vCPUs (`vcpus-rounded`),
//! and a share of a GPU is a whole one (`gpu-share-rounded`). A pod in phase Failed fails with exit code 1. The quality of service is
//! the group.

use std::io::Read;

use csv::ByteRecord;

use crate::input::table::{Form, Table, cell, fault};
use crate::input::tasks::{More, Task, Tasks};
use crate::input::{Problem, Trace, TraceOptions};
use crate::model::{Fate, FateKind, Row};
use crate::units::{NO_LIMIT_MIB, SimTime, Span};

use super::{each_record, one, seconds, whole};

const COLUMNS: [&str; 9] = [
    "name",
    "cpu_milli",
    "memory_mib",
    "num_gpu",
    "gpu_milli",
    "qos",
    "pod_phase",
    "creation_time",
    "deletion_time",
];

/// Reads a list of pods, plain or gzip; `name` is what problems call it.
///
/// # Errors
/// Every problem, up to a hundred, and the number of the others.
pub fn read(reader: impl Read, name: &str, options: &TraceOptions) -> Result<Trace, Vec<Problem>> {
    let mut table = Table::open(reader, name, Form::QUOTED).map_err(one)?;
    let mut header = ByteRecord::new();
    table.next(&mut header).map_err(one)?;
    let mut tasks = Tasks::of(name, options);
    let place = |name: &str| (0..header.len()).find(|&at| cell(&header, Some(at)) == name);
    let places = COLUMNS.map(place);
    let scheduled = place("scheduled_time");
    for (name, place) in COLUMNS.iter().zip(places) {
        // Where a list lacks these, pods ask for no GPU or are of one quality.
        let needed = !matches!(*name, "num_gpu" | "gpu_milli" | "qos" | "pod_phase");
        if needed && place.is_none() {
            tasks
                .problems
                .add(1, name, format!("the header lacks {name}"));
        }
    }
    if !tasks.problems.is_empty() {
        return Err(tasks.problems.into_list());
    }
    let columns = Columns {
        places,
        scheduled,
        count: header.len(),
    };
    each_record(&mut table, &mut tasks, |tasks, record, line| {
        columns.pod(tasks, record, line);
    });
    tasks.finish()
}

struct Columns {
    places: [Option<usize>; COLUMNS.len()],
    scheduled: Option<usize>,
    count: usize,
}

impl Columns {
    fn pod(&self, tasks: &mut Tasks<'_>, record: &ByteRecord, line: u64) {
        if let Some(what) = fault(record, self.count) {
            tasks.wrong(line, "", what);
            return;
        }
        let before = tasks.problems.count();
        let text = |index: usize| cell(record, self.places[index]);
        let id = text(0);
        if id.is_empty() {
            tasks.wrong(line, "name", "is empty; every pod has one");
        }
        let milli = whole(tasks, line, COLUMNS[1], text(1)).unwrap_or(0);
        let memory = whole(tasks, line, COLUMNS[2], text(2)).unwrap_or(0);
        let gpus = whole(tasks, line, COLUMNS[3], text(3)).unwrap_or(0);
        let share = whole(tasks, line, COLUMNS[4], text(4)).unwrap_or(0);
        let created = seconds(tasks, line, COLUMNS[7], text(7));
        let deleted = seconds(tasks, line, COLUMNS[8], text(8));
        let started = seconds(tasks, line, "scheduled_time", cell(record, self.scheduled));
        if memory == NO_LIMIT_MIB {
            tasks.wrong(line, COLUMNS[2], "is more memory than can be counted");
        }
        if created.is_none() && text(7).is_empty() {
            tasks.wrong(
                line,
                COLUMNS[7],
                "is empty; a pod states when it was created",
            );
        }
        if tasks.problems.count() > before {
            return;
        }
        let key = u64::from(tasks.ids.intern(id));
        let phase = text(6);
        let started = match self.scheduled {
            Some(_) => started,
            None => created,
        };
        let (Some(created), Some(started), Some(deleted)) = (created, started, deleted) else {
            tasks.drop("never-started", line, Some(key));
            return;
        };
        if deleted < started {
            tasks.drop("end-before-start", line, Some(key));
            return;
        }
        if started < created {
            tasks.repair("start-before-submit", line);
        }
        if !milli.is_multiple_of(1000) {
            tasks.repair("vcpus-rounded", line);
        }
        if milli == 0 {
            tasks.repair("vcpus-missing", line);
        }
        if memory == 0 {
            tasks.repair("memory-missing", line);
        }
        if gpus > 0 && (1..1000).contains(&share) {
            tasks.repair("gpu-share-rounded", line);
        }
        let work = Span::from_ms(deleted - started);
        let mut row = Row::plain(key as u32, SimTime::ZERO, work, milli.div_ceil(1000).max(1));
        row.memory = if tasks.options.use_memory { memory } else { 0 };
        row.gpus = gpus;
        if !text(5).is_empty() {
            row.group = tasks.ids.intern(text(5));
        }
        let mut task = Task::plain(line, key, created as i64, row);
        task.wait = Some(Span::from_ms(started.saturating_sub(created)));
        if phase == "Failed" {
            task.more = Some(Box::new(More {
                fates: vec![Fate {
                    exit_code: 1,
                    run: work,
                    kind: FateKind::Exit,
                }],
                ..More::default()
            }));
        }
        tasks.push(task, phase != "Failed");
    }
}
