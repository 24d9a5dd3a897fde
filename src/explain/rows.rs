//! Rows of a run's tables, read back: what `report` wrote.

use std::io::Read;

use csv::StringRecord;

use crate::model::{TimeCause, TimeCauses, parse_span};
use crate::units::{SimTime, Span, Usd};

/// Why a table cannot be read, as a sentence that begins with the file's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault(pub String);

/// The causes of time that have a column in `jobs.csv`, with its name.
const CAUSE_COLUMNS: [(TimeCause, &str); 12] = [
    (TimeCause::Dependency, "dependency_s"),
    (TimeCause::BlockedHead, "blocked_head_s"),
    (TimeCause::Scaling, "scaling_s"),
    (TimeCause::Boot, "boot_s"),
    (TimeCause::Share, "share_s"),
    (TimeCause::Queue, "queue_s"),
    (TimeCause::Consumable, "consumable_s"),
    (TimeCause::MaxVcpus, "max_vcpus_s"),
    (TimeCause::Capacity, "capacity_s"),
    (TimeCause::Dispatch, "dispatch_s"),
    (TimeCause::ImagePull, "image_pull_s"),
    (TimeCause::Lost, "lost_s"),
];

/// A table that is read row by row, its columns by name.
pub(super) struct Table<R: Read> {
    file: &'static str,
    columns: StringRecord,
    reader: csv::Reader<R>,
}

impl<R: Read> Table<R> {
    /// Reads the header.
    pub fn new(file: &'static str, from: R) -> Result<Table<R>, Fault> {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(from);
        let columns = reader.headers().map_err(|why| fault(file, &why))?.clone();
        Ok(Table {
            file,
            columns,
            reader,
        })
    }

    /// Where the column `name` is.
    pub fn column(&self, name: &str) -> Result<usize, Fault> {
        let at = self.columns.iter().position(|column| column == name);
        at.ok_or_else(|| {
            Fault(format!(
                "{}: has no column {name}, so another version of batchcast wrote it; make the run again with this one",
                self.file
            ))
        })
    }

    /// Where the column `name` is that somebody asks for.
    pub fn known_column(&self, name: &str) -> Result<usize, Fault> {
        let at = self.columns.iter().position(|column| column == name);
        at.ok_or_else(|| {
            let all: Vec<&str> = self.columns.iter().collect();
            Fault(format!(
                "{}: has no column `{name}`; it has {}",
                self.file,
                all.join(", ")
            ))
        })
    }

    /// Reads the next row into `row`; false at the end.
    pub fn next(&mut self, row: &mut StringRecord) -> Result<bool, Fault> {
        let file = self.file;
        self.reader
            .read_record(row)
            .map_err(|why| fault(file, &why))
    }
}

fn fault(file: &str, why: &csv::Error) -> Fault {
    Fault(format!("{file}: is no table of a run: {why}"))
}

/// A job as `jobs.csv` has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRow {
    /// Its identifier; `array:index` for a child.
    pub id: String,
    /// As AWS names it: `SUCCEEDED`, `FAILED`, or where it was left.
    pub status: String,
    /// When it was submitted.
    pub submitted: SimTime,
    /// When its last attempt entered RUNNING.
    pub started: Option<SimTime>,
    /// When it ended; `None` where it was left.
    pub ended: Option<SimTime>,
    /// Attempts.
    pub attempts: u64,
    /// vCPUs, MiB, GPUs, nodes.
    pub demand: [u64; 4],
    /// Its queue.
    pub queue: String,
    /// Its share identifier, or nothing.
    pub share: String,
    /// The array that it is a child of, or nothing.
    pub array: String,
    /// Its index in that.
    pub index: Option<u64>,
    /// What it depends on, as a trace states it.
    pub depends_on: String,
    /// What its attempts cost.
    pub cost: Usd,
    /// AWS's status reason, or why it is left; nothing where it succeeded.
    pub reason: String,
    /// Its life by cause; the run included.
    pub time: TimeCauses,
}

impl JobRow {
    /// From submission to end; for a job that was left, the time that is accounted for.
    pub fn life(&self) -> Span {
        match self.ended {
            Some(ended) => ended.since(self.submitted),
            None => self.time.total(),
        }
    }

    /// When the last job that it depends on had succeeded.
    pub fn released(&self) -> SimTime {
        self.submitted + self.time.get(TimeCause::Dependency)
    }
}

/// Where the columns of `jobs.csv` are.
pub(super) struct JobColumns {
    pub id: usize,
    pub status: usize,
    pub submit: usize,
    pub start: usize,
    pub end: usize,
    pub attempts: usize,
    demand: [usize; 4],
    pub queue: usize,
    share: usize,
    pub array: usize,
    pub index: usize,
    depends_on: usize,
    cost: usize,
    reason: usize,
    causes: Vec<(TimeCause, usize)>,
}

impl JobColumns {
    /// Finds them.
    pub fn of<R: Read>(table: &Table<R>) -> Result<JobColumns, Fault> {
        let at = |name: &str| table.column(name);
        let mut causes = Vec::new();
        for (cause, name) in CAUSE_COLUMNS {
            causes.push((cause, at(name)?));
        }
        Ok(JobColumns {
            id: at("job_id")?,
            status: at("status")?,
            submit: at("submit_s")?,
            start: at("start_s")?,
            end: at("end_s")?,
            attempts: at("attempts")?,
            demand: [at("vcpus")?, at("memory_mib")?, at("gpus")?, at("nodes")?],
            queue: at("job_queue")?,
            share: at("share_identifier")?,
            array: at("array_id")?,
            index: at("array_index")?,
            depends_on: at("depends_on")?,
            cost: at("cost_usd")?,
            reason: at("status_reason")?,
            causes,
        })
    }

    /// The row as a job.
    pub fn job(&self, row: &StringRecord) -> JobRow {
        let text = |at: usize| row.get(at).unwrap_or("").to_owned();
        let mut time = TimeCauses::default();
        for (cause, at) in &self.causes {
            time.add(*cause, span(row, *at).unwrap_or(Span::ZERO));
        }
        let (started, ended) = (moment(row, self.start), moment(row, self.end));
        if let (Some(started), Some(ended)) = (started, ended) {
            time.add(TimeCause::Run, ended.since(started));
        }
        JobRow {
            id: text(self.id),
            status: text(self.status),
            submitted: moment(row, self.submit).unwrap_or(SimTime::ZERO),
            started,
            ended,
            attempts: number(row, self.attempts).unwrap_or(0),
            demand: self.demand.map(|at| number(row, at).unwrap_or(0)),
            queue: text(self.queue),
            share: text(self.share),
            array: text(self.array),
            index: number(row, self.index),
            depends_on: text(self.depends_on),
            cost: usd(row.get(self.cost).unwrap_or("")).unwrap_or(Usd::ZERO),
            reason: text(self.reason),
            time,
        }
    }
}

/// An attempt as `attempts.csv` has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptRow {
    /// Its number, from 1.
    pub number: u64,
    /// When it entered STARTING.
    pub placed: SimTime,
    /// When it entered RUNNING, if it did.
    pub started: Option<SimTime>,
    /// When it ended.
    pub ended: SimTime,
    /// The container's exit code, if there was a container.
    pub exit_code: Option<u64>,
    /// AWS's status reason.
    pub reason: String,
    /// The container's reason.
    pub container_reason: String,
    /// Whether the job was tried again.
    pub retried: bool,
    /// The compute environment.
    pub environment: String,
    /// The instance (of the main node).
    pub instance: String,
    /// The instance's type; nothing where it is not known.
    pub instance_type: String,
    /// How the instance was bought: `on-demand`, `spot`; nothing where it is not known.
    pub purchase: String,
    /// What it cost.
    pub cost: Usd,
}

/// The attempts of the job `id`, in order.
pub(super) fn attempts(from: impl Read, id: &str) -> Result<Vec<AttemptRow>, Fault> {
    let mut table = Table::new("attempts.csv", from)?;
    let names = [
        "job_id",
        "attempt",
        "placed_s",
        "start_s",
        "end_s",
        "exit_code",
        "status_reason",
        "container_reason",
        "retried",
        "compute_environment",
        "instance_id",
        "cost_usd",
    ];
    let mut at = [0; 12];
    for (at, name) in at.iter_mut().zip(names) {
        *at = table.column(name)?;
    }
    let mut found = Vec::new();
    let mut row = StringRecord::new();
    while table.next(&mut row)? {
        if row.get(at[0]) != Some(id) {
            continue;
        }
        let text = |at: usize| row.get(at).unwrap_or("").to_owned();
        found.push(AttemptRow {
            number: number(&row, at[1]).unwrap_or(0),
            placed: moment(&row, at[2]).unwrap_or(SimTime::ZERO),
            started: moment(&row, at[3]),
            ended: moment(&row, at[4]).unwrap_or(SimTime::ZERO),
            exit_code: number(&row, at[5]),
            reason: text(at[6]),
            container_reason: text(at[7]),
            retried: row.get(at[8]) == Some("true"),
            environment: text(at[9]),
            instance: text(at[10]),
            instance_type: String::new(),
            purchase: String::new(),
            cost: usd(row.get(at[11]).unwrap_or("")).unwrap_or(Usd::ZERO),
        });
    }
    found.sort_by_key(|attempt| attempt.number);
    Ok(found)
}

/// Notes the types of the machines of `attempts` from `instances.csv`.
pub(super) fn note_types(from: impl Read, attempts: &mut [AttemptRow]) -> Result<(), Fault> {
    let mut table = Table::new("instances.csv", from)?;
    let id = table.column("instance_id")?;
    let (kind, purchase) = (table.column("instance_type")?, table.column("purchase")?);
    let mut row = StringRecord::new();
    while table.next(&mut row)? {
        for attempt in attempts.iter_mut() {
            if row.get(id) == Some(attempt.instance.as_str()) {
                row.get(kind)
                    .unwrap_or("")
                    .clone_into(&mut attempt.instance_type);
                row.get(purchase)
                    .unwrap_or("")
                    .clone_into(&mut attempt.purchase);
            }
        }
    }
    Ok(())
}

/// Seconds of a cell; `None` where it is empty.
pub(super) fn span(row: &StringRecord, at: usize) -> Option<Span> {
    parse_span(row.get(at)?).ok()
}

/// The same as a moment.
pub(super) fn moment(row: &StringRecord, at: usize) -> Option<SimTime> {
    span(row, at).map(|span| SimTime::ZERO + span)
}

pub(super) fn number(row: &StringRecord, at: usize) -> Option<u64> {
    row.get(at)?.parse().ok()
}

/// Reads dollars as reports write them: up to ten decimals, perhaps less than nothing.
pub fn usd(text: &str) -> Option<Usd> {
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if decimals.len() > 10 || whole.is_empty() || !digits(whole) || !digits(decimals) {
        return None;
    }
    let ticks: i128 = format!("{whole}{decimals:0<10}").parse().ok()?;
    Some(Usd::from_ticks(sign * ticks))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_reads_back_as_it_was_written() {
        for text in ["0.00", "0.0592", "12.50", "-0.25", "0.0000000001"] {
            assert_eq!(usd(text).unwrap().to_string(), text);
        }
        assert!(usd("").is_none() && usd("1.00000000001").is_none() && usd("x").is_none());
    }

    #[test]
    fn a_table_of_another_version_is_named_with_the_column_that_it_lacks() {
        let table = Table::new("jobs.csv", &b"job_id,status\n1,SUCCEEDED\n"[..]).unwrap();
        let Fault(why) = JobColumns::of(&table).err().unwrap();
        assert!(
            why.starts_with("jobs.csv: has no column dependency_s"),
            "{why}"
        );
    }
}
