//! Reads the accounting of Slurm as `sacct --parsable2` prints it: a table with `|` and a header.
//!
//! A job is a line whose `JobID` (or `JobIDRaw`) has no point; steps such as `7.batch` are dropped (`step`), and so are jobs that have
//! not ended (`not-ended`), never started (`never-started`) or end before they start (`end-before-start`). Elements of arrays are jobs
//! of their own with Slurm's identifiers (`7_3`). Several lines of one job, which `--duplicates` prints of a job that was requeued,
//! are its attempts (`requeued-attempt`).
//!
//! Run time is `ElapsedRaw`, `Elapsed`, or `End` − `Start`; the estimate is the time limit; vCPUs are the allocated CPUs, else those
//! asked for, else one (`vcpus-missing`); memory is `ReqMem` with its unit, per node or CPU where it says so, else what `ReqTRES` says
//! (`memory-missing` where neither does); GPUs are `gres/gpu`. `Account` is the group. Moments without a zone are taken for UTC.

mod cells;
#[cfg(test)]
mod tests;

use std::io::Read;

use csv::ByteRecord;
use rustc_hash::FxHashMap;

use crate::model::{Fate, FateKind, Row};
use crate::units::{NO_LIMIT_MIB, SimTime, Span};

use super::table::{Form, Table, cell, fault};
use super::tasks::{More, Task, Tasks};
use super::{Problem, Trace, TraceOptions};

use cells::State;

/// Declares the columns that are used.
macro_rules! columns {
    ($($column:ident = $name:literal,)*) => {
        #[derive(Default)]
        struct Columns {
            $($column: Option<usize>,)*
            count: usize,
        }

        impl Columns {
            fn read(header: &ByteRecord) -> Columns {
                let mut columns = Columns { count: header.len(), ..Columns::default() };
                for place in 0..header.len() {
                    let name = cell(header, Some(place));
                    $(if name.eq_ignore_ascii_case($name) { columns.$column = Some(place); })*
                }
                columns
            }
        }
    };
}

columns! {
    job_id = "JobID", job_id_raw = "JobIDRaw", name = "JobName", user = "User", account = "Account",
    state = "State", exit_code = "ExitCode", submit = "Submit", eligible = "Eligible", start = "Start",
    end = "End", elapsed_raw = "ElapsedRaw", elapsed = "Elapsed", suspended = "Suspended",
    limit_raw = "TimelimitRaw", limit = "Timelimit", req_cpus = "ReqCPUS", alloc_cpus = "AllocCPUS",
    ncpus = "NCPUS", req_mem = "ReqMem", req_nodes = "ReqNodes", alloc_nodes = "AllocNodes",
    nnodes = "NNodes", req_tres = "ReqTRES", alloc_tres = "AllocTRES",
}

/// Reads an accounting, plain or gzip; `name` is what problems call it.
///
/// # Errors
/// Every problem, up to a hundred, and the number of the others.
pub fn read(reader: impl Read, name: &str, options: &TraceOptions) -> Result<Trace, Vec<Problem>> {
    let mut table = Table::open(reader, name, Form::BARS).map_err(|problem| vec![problem])?;
    let mut record = ByteRecord::new();
    let mut tasks = Tasks::of(name, options);
    tasks.starts_at_first = true;
    let columns = match table.next(&mut record) {
        Ok(_) => Columns::read(&record),
        Err(problem) => return Err(vec![problem]),
    };
    check_header(&columns, &mut tasks);
    if !tasks.problems.is_empty() {
        return Err(tasks.problems.into_list());
    }
    let mut log = Log {
        tasks,
        columns,
        last: FxHashMap::default(),
    };
    loop {
        match table.next(&mut record) {
            Ok(Some(line)) => {
                let before = log.tasks.problems.count();
                log.record(&record, line);
                log.tasks.judge(before, line);
            }
            Ok(None) => break,
            Err(problem) => {
                log.tasks.problems.push(problem);
                break;
            }
        }
    }
    let mut trace = log.tasks.finish()?;
    let zone = "moments without a zone are taken for UTC, so jobs that span a change of clocks are judged by what they ran";
    trace.notes.push(zone.to_owned());
    Ok(trace)
}

fn check_header(columns: &Columns, tasks: &mut Tasks<'_>) {
    for (is_there, what) in [
        (
            columns.job_id.is_some() || columns.job_id_raw.is_some(),
            "JobID or JobIDRaw",
        ),
        (columns.state.is_some(), "State"),
        (columns.submit.is_some(), "Submit"),
        (
            columns.elapsed_raw.is_some()
                || columns.elapsed.is_some()
                || (columns.start.is_some() && columns.end.is_some()),
            "ElapsedRaw, Elapsed, or Start and End",
        ),
    ] {
        if !is_there {
            let message = format!(
                "the header lacks {what}; ask sacct for it with --format, and for a header"
            );
            tasks.problems.add(1, "", message);
        }
    }
}

struct Log<'a> {
    tasks: Tasks<'a>,
    columns: Columns,
    /// Of each job, where its last line is in the list, and whether that ended to be run again.
    last: FxHashMap<u64, (usize, bool)>,
}

/// The cell of a problem, and what is wrong.
type Wrong = (&'static str, String);

impl Log<'_> {
    fn record(&mut self, record: &ByteRecord, line: u64) {
        if let Some(what) = fault(record, self.columns.count) {
            let bar = match record.len() > self.columns.count {
                true => "; perhaps a name holds a `|`",
                false => "",
            };
            self.tasks.wrong(line, "", format!("{what}{bar}"));
            return;
        }
        if let Err(wrong) = self.job(record, line) {
            for (field, message) in wrong {
                self.tasks.wrong(line, field, message);
            }
        }
    }

    /// Takes a line, or drops and counts it.
    ///
    /// # Errors
    /// All that is wrong with it.
    fn job(&mut self, record: &ByteRecord, line: u64) -> Result<(), Vec<Wrong>> {
        let columns = &self.columns;
        let at = |column: Option<usize>| cell(record, column);
        let id = match at(columns.job_id) {
            "" => at(columns.job_id_raw),
            id => id,
        };
        if id.is_empty() {
            return Err(vec![("JobID", "is empty; every job has one".to_owned())]);
        }
        if id.contains('.') {
            self.tasks.drop("step", line, None);
            return Ok(());
        }
        let mut wrong = Vec::new();
        macro_rules! value {
            ($field:literal, $column:expr, $read:path) => {
                match $read(at($column)) {
                    Ok(value) => value,
                    Err(message) => {
                        wrong.push(($field, message));
                        None
                    }
                }
            };
        }
        let state = match State::read(at(columns.state)) {
            Ok(state) => state,
            Err(message) => return Err(vec![("State", message)]),
        };
        let key = u64::from(self.tasks.ids.intern(id));
        if state == State::Waiting {
            self.tasks.drop("not-ended", line, Some(key));
            return Ok(());
        }
        let submit = value!("Submit", columns.submit, cells::moment);
        let eligible = value!("Eligible", columns.eligible, cells::moment);
        let start = value!("Start", columns.start, cells::moment);
        let end = value!("End", columns.end, cells::moment);
        let elapsed_raw = value!("ElapsedRaw", columns.elapsed_raw, cells::whole);
        let elapsed = value!("Elapsed", columns.elapsed, cells::elapsed);
        let suspended = value!("Suspended", columns.suspended, cells::elapsed);
        let limit_raw = value!("TimelimitRaw", columns.limit_raw, cells::limit_minutes);
        let limit = value!("Timelimit", columns.limit, cells::limit);
        let cpus = [
            value!("AllocCPUS", columns.alloc_cpus, cells::whole),
            value!("NCPUS", columns.ncpus, cells::whole),
            value!("ReqCPUS", columns.req_cpus, cells::whole),
        ];
        let nodes = [
            value!("AllocNodes", columns.alloc_nodes, cells::whole),
            value!("NNodes", columns.nnodes, cells::whole),
            value!("ReqNodes", columns.req_nodes, cells::nodes),
        ];
        let memory = value!("ReqMem", columns.req_mem, cells::memory);
        let allocated = value!("AllocTRES", columns.alloc_tres, cells::tres);
        let asked = value!("ReqTRES", columns.req_tres, cells::tres);
        let exit_code = value!("ExitCode", columns.exit_code, cells::exit_code);
        let Some(submit) = submit else {
            if wrong.is_empty() {
                wrong.push((
                    "Submit",
                    "is missing: when the job was submitted".to_owned(),
                ));
            }
            return Err(wrong);
        };
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let elapsed = elapsed_raw
            .map(|seconds| seconds.saturating_mul(1000))
            .or(elapsed);
        if columns.start.is_some() && start.is_none() {
            self.tasks.drop("never-started", line, Some(key));
            return Ok(());
        }
        let between = start.zip(end).map(|(start, end)| end - start);
        if between.is_some_and(|between| between < 0) {
            self.tasks.drop("end-before-start", line, Some(key));
            return Ok(());
        }
        let work = match (elapsed, between) {
            (Some(elapsed), _) => elapsed,
            (None, Some(between)) => u64::try_from(between)
                .unwrap_or(0)
                .saturating_sub(suspended.unwrap_or(0)),
            (None, None) => {
                self.tasks.drop("no-run-time", line, Some(key));
                return Ok(());
            }
        };
        if work > SimTime::LAST.ms() {
            return Err(vec![(
                "Elapsed",
                "is beyond the last moment that can be named".to_owned(),
            )]);
        }
        if let (Some(elapsed), Some(between)) = (elapsed, between) {
            let gap = between.abs_diff(elapsed as i64 + suspended.unwrap_or(0) as i64);
            if (3_599_000..=3_601_000).contains(&gap) {
                self.tasks.repair("clock-change", line);
            }
        }
        if start.is_some_and(|start| start < submit) {
            self.tasks.repair("start-before-submit", line);
        }
        let positive = |list: &[Option<u64>]| list.iter().flatten().copied().find(|n| *n > 0);
        let tres_cpus = allocated.as_ref().and_then(|tres| tres.cpus);
        let tres_cpus = tres_cpus.or(asked.as_ref().and_then(|tres| tres.cpus));
        let vcpus = positive(&cpus).or(tres_cpus).unwrap_or_else(|| {
            self.tasks.repair("vcpus-missing", line);
            1
        });
        let nodes = positive(&nodes).unwrap_or(1);
        let memory = memory.filter(|memory| memory.mib > 0).map(|memory| {
            let times = match memory.each {
                cells::Each::Job => 1,
                cells::Each::Node => nodes,
                cells::Each::Cpu => vcpus,
            };
            memory.mib.saturating_mul(times)
        });
        let tres_memory = asked.as_ref().and_then(|tres| tres.mib);
        let memory = memory.or(tres_memory).unwrap_or_else(|| {
            self.tasks.repair("memory-missing", line);
            0
        });
        if memory >= u64::from(NO_LIMIT_MIB) || vcpus > u64::from(u32::MAX) {
            let message = "asks for more than can be counted".to_owned();
            return Err(vec![("ReqMem", message)]);
        }
        let gpus = allocated.and_then(|tres| tres.gpus);
        let gpus = gpus.or(asked.and_then(|tres| tres.gpus)).unwrap_or(0);
        let mut row = Row::plain(key as u32, SimTime::ZERO, Span::from_ms(work), vcpus as u32);
        row.estimate = Span::from_ms(limit_raw.or(limit).unwrap_or(0).min(SimTime::LAST.ms()));
        if self.tasks.options.use_memory {
            row.memory = memory as u32;
        }
        row.gpus = u32::try_from(gpus).unwrap_or(u32::MAX);
        for (column, place) in [
            (columns.user, &mut row.user),
            (columns.account, &mut row.group),
        ] {
            let text = at(column);
            if !text.is_empty() {
                *place = self.tasks.ids.intern(text);
            }
        }
        let mut task = Task::plain(line, key, submit, row);
        let ready = eligible.unwrap_or(submit);
        task.wait = start
            .and_then(|start| u64::try_from(start - ready).ok())
            .map(Span::from_ms);
        let name = at(columns.name);
        if !name.is_empty() {
            task.name = self.tasks.name(name);
        }
        if let Some(fate) = state.fate(exit_code, row.work) {
            task.more = Some(Box::new(More {
                fates: vec![fate],
                ..More::default()
            }));
        }
        self.add(task, state);
        Ok(())
    }

    /// Adds a line's task: a job, or a further attempt of one.
    fn add(&mut self, mut task: Task, state: State) {
        let key = task.key;
        if let Some(&(index, true)) = self.last.get(&key)
            && let Some(earlier) = self.tasks.list.get(index)
        {
            let mut fates = earlier
                .more
                .as_ref()
                .map_or(Vec::new(), |more| more.fates.clone());
            let own = task.more.take().map_or(Vec::new(), |more| more.fates);
            let attempts = u8::try_from(fates.len() + 1).unwrap_or(u8::MAX);
            fates.extend(match own.is_empty() {
                true => vec![Fate {
                    exit_code: 0,
                    run: task.row.work,
                    kind: FateKind::Exit,
                }],
                false => own,
            });
            task.submit = task.submit.min(earlier.submit);
            task.more = Some(Box::new(More {
                fates,
                attempts,
                ..More::default()
            }));
            self.tasks.repair("requeued-attempt", task.place);
            self.last.insert(key, (index, state == State::Again));
            self.tasks.list[index] = task;
            return;
        }
        let index = self.tasks.list.len();
        self.tasks.push(task, state == State::Completed);
        if self.tasks.list.len() > index && !self.last.contains_key(&key) {
            self.last.insert(key, (index, state == State::Again));
        }
    }
}
