//! Jobs that AWS tells of, as a trace: the native CSV, which is read again to make a workload of it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use crate::input::builder::{Problems, Tally};
use crate::input::{Problem, Trace, TraceOptions, csv_trace};
use crate::model::MeasuredJob;
use crate::units::{SimTime, Span};

use super::Exports;
use super::jobs::{Attempt, Job, Jobs, Status};
use super::runs::Runs;

/// A table of jobs.
#[derive(Debug, Default)]
pub struct Table {
    /// The native CSV.
    pub csv: Vec<u8>,
    /// The first submission, in milliseconds from 1970: its zero.
    pub start: i64,
    /// What was left out, by rule.
    pub dropped: Vec<(&'static str, u64)>,
    /// What was imputed or changed, by rule.
    pub repaired: Vec<(&'static str, u64)>,
    /// Jobs of the table, in its order; an array is one.
    pub ids: Vec<String>,
}

/// What a job's definition says already, so that the table need not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reference {
    /// The definition; empty for none.
    pub definition: String,
    /// Whether its retries are the job's.
    pub has_retry: bool,
    /// Whether its timeout is the job's.
    pub has_timeout: bool,
    /// Whether the definition says what the job asks for.
    pub has_size: bool,
}

/// The columns.
const HEADER: [&str; 18] = [
    "job_id",
    "submit_s",
    "run_s",
    "vcpus",
    "memory_mib",
    "gpus",
    "job_name",
    "job_queue",
    "job_definition",
    "share_identifier",
    "scheduling_priority",
    "attempts_max",
    "timeout_s",
    "nodes",
    "array_id",
    "array_index",
    "depends_on",
    "fates",
];

/// An array and what is known of its children.
struct Array<'j> {
    parent: Option<&'j Job>,
    children: BTreeMap<u32, &'j Job>,
    size: u32,
}

/// A row, or the rows of an array.
struct Entry<'j> {
    id: &'j str,
    submit: i64,
    /// Of whom all is taken that is not each child's own.
    job: &'j Job,
    array: Option<&'j Array<'j>>,
}

/// One writing.
struct Writing<'a> {
    runs: &'a Runs,
    reference: &'a dyn Fn(&Job) -> Reference,
    dropped: Tally,
    repaired: Tally,
}

/// `jobs` as a table. `reference` says what their definitions are.
pub fn table(jobs: &Jobs, runs: &Runs, reference: &dyn Fn(&Job) -> Reference) -> Table {
    let mut writing = Writing {
        runs,
        reference,
        dropped: Tally::default(),
        repaired: Tally::default(),
    };
    let arrays = arrays(jobs);
    let mut entries: Vec<Entry<'_>> = Vec::new();
    let mut gone: BTreeSet<&str> = BTreeSet::new();
    for (id, job) in &jobs.0 {
        if job.is_node {
            writing.dropped.add("node", 1);
        } else if job.child_of().is_some() || arrays.contains_key(id.as_str()) {
        } else if let Some(rule) = never_began(job) {
            writing.dropped.add(rule, 1);
            gone.insert(id);
        } else {
            entries.push(Entry {
                id,
                submit: job.created,
                job,
                array: None,
            });
        }
    }
    for (id, array) in &arrays {
        let first = array.children.values().next().copied();
        let Some(job) = array.parent.or(first) else {
            continue;
        };
        let made = array.children.values().map(|child| child.created);
        entries.push(Entry {
            id,
            submit: array
                .parent
                .map_or(made.min().unwrap_or(job.created), |parent| parent.created),
            job,
            array: Some(array),
        });
    }
    // Children are made when their array may begin, which can be after others were submitted that wait for it.
    let mut earliest: BTreeMap<&str, i64> = BTreeMap::new();
    for entry in &entries {
        for needs in &entry.job.needs {
            if let Some(other) = &needs.job {
                let array = other.split(':').next().unwrap_or(other);
                let first = earliest.entry(array).or_insert(entry.submit);
                *first = (*first).min(entry.submit);
            }
        }
    }
    for entry in &mut entries {
        if let Some(&first) = earliest.get(entry.id)
            && first < entry.submit
        {
            entry.submit = first;
            writing.repaired.add("submitted-before-who-waits", 1);
        }
    }
    entries.sort_by(|one, other| (one.submit, one.id).cmp(&(other.submit, other.id)));
    let start = entries.first().map_or(0, |entry| entry.submit);
    let there: BTreeMap<&str, u32> = entries
        .iter()
        .map(|entry| (entry.id, entry.array.map_or(0, |array| array.size)))
        .collect();
    let mut csv = csv::Writer::from_writer(Vec::new());
    // Writing to memory does not fail.
    let _ = csv.write_record(HEADER);
    for entry in &entries {
        let needs = writing.needs(entry, &there, &gone);
        for row in writing.rows(entry, start, &needs) {
            let _ = csv.write_record(&row);
        }
    }
    Table {
        csv: csv.into_inner().unwrap_or_default(),
        start,
        dropped: writing.dropped.into_counts(),
        repaired: writing.repaired.into_counts(),
        ids: entries.iter().map(|entry| entry.id.to_owned()).collect(),
    }
}

/// The arrays, by identifier.
fn arrays(jobs: &Jobs) -> BTreeMap<&str, Array<'_>> {
    let mut arrays: BTreeMap<&str, Array<'_>> = BTreeMap::new();
    let empty = || Array {
        parent: None,
        children: BTreeMap::new(),
        size: 0,
    };
    for (id, job) in jobs.0.iter().filter(|(_, job)| !job.is_node) {
        if let Some((array, index)) = job.child_of() {
            let array = arrays.entry(array).or_insert_with(empty);
            array.size = array.size.max(index + 1);
            array.children.insert(index, job);
        } else if let Some(size) = job.array_size {
            let array = arrays.entry(id).or_insert_with(empty);
            array.parent = Some(job);
            array.size = array.size.max(size);
        }
    }
    arrays
}

/// Why a job that ended before it began is left out, if so. One that failed with what it waited for stays: it fails again.
fn never_began(job: &Job) -> Option<&'static str> {
    if !job.status.is_over() || job.started.is_some() || !job.attempts.is_empty() {
        return None;
    }
    if job.is_ended_by_hand {
        return Some("ended-by-hand-before-it-began");
    }
    let stays = ["Dependent Job failed", "Canceled by JobStateTimeLimit"];
    (!stays
        .iter()
        .any(|reason| job.status_reason.starts_with(reason)))
    .then_some("ended-before-it-began")
}

/// Milliseconds as seconds with as many decimals as they need.
pub(super) fn seconds(ms: i64) -> String {
    match (ms / 1000, ms % 1000) {
        (whole, 0) => whole.to_string(),
        (whole, part) => format!("{whole}.{part:03}")
            .trim_end_matches('0')
            .to_owned(),
    }
}

impl Writing<'_> {
    /// `depends_on` of an entry.
    fn needs(
        &mut self,
        entry: &Entry<'_>,
        there: &BTreeMap<&str, u32>,
        gone: &BTreeSet<&str>,
    ) -> String {
        let own_size = entry.array.map_or(0, |array| array.size);
        // A child's own list names the child that it waits for.
        let of_child = entry.array.is_some_and(|array| array.parent.is_none());
        let mut list: Vec<String> = Vec::new();
        for needs in &entry.job.needs {
            let Some(other) = &needs.job else {
                if own_size > 1 {
                    list.push("sequential".to_owned());
                }
                continue;
            };
            let (array, index) = match other.rsplit_once(':') {
                Some((array, index)) => (array, index.parse::<u32>().ok()),
                None => (other.as_str(), None),
            };
            if gone.contains(array) {
                self.repaired.add("dependency-on-what-never-began", 1);
                continue;
            }
            let Some(&size) = there.get(array) else {
                self.repaired.add("dependency-unknown", 1);
                continue;
            };
            if array == entry.id {
                list.push("sequential".to_owned());
            } else if size > 1
                && size == own_size
                && (needs.is_n_to_n || (of_child && index == entry.job.array_index))
            {
                list.push(format!("n_to_n:{array}"));
            } else if let Some(index) = index.filter(|index| *index < size) {
                list.push(format!("{array}:{index}"));
            } else {
                list.push(array.to_owned());
            }
        }
        list.sort();
        list.dedup();
        list.join(";")
    }

    /// The rows of an entry: one, or one for each child.
    fn rows(&mut self, entry: &Entry<'_>, start: i64, needs: &str) -> Vec<Vec<String>> {
        let job = entry.job;
        let Some(array) = entry.array else {
            return vec![self.row(entry, job, None, start, needs)];
        };
        let missing = u64::from(array.size) - array.children.len() as u64;
        self.repaired.add("child-run-unknown", missing);
        let child = |index: u32| array.children.get(&index).copied();
        (0..array.size)
            .map(|index| {
                self.row(
                    entry,
                    child(index).unwrap_or(job),
                    Some(index),
                    start,
                    needs,
                )
            })
            .collect()
    }

    fn row(
        &mut self,
        entry: &Entry<'_>,
        own: &Job,
        index: Option<u32>,
        start: i64,
        needs: &str,
    ) -> Vec<String> {
        let job = entry.job;
        let reference = (self.reference)(job);
        // A parent's times are not those of a child.
        let is_known = index.is_none() || own.array_index == index;
        let (run, fates) = match is_known {
            true => self.fates(own),
            false => (self.runs.expected(job, 0), Vec::new()),
        };
        let attempts = match (job.status, index) {
            (Status::Failed, None) if !fates.is_empty() => Some(fates.len() as u32),
            _ if reference.has_retry => None,
            _ => Some(job.attempts_max()),
        };
        let timeout = job.timeout_s.filter(|_| !reference.has_timeout);
        let (vcpus, memory, gpus) = match reference.has_size {
            true => (None, None, None),
            false => (self.vcpus(job), job.memory, job.gpus),
        };
        let number =
            |number: Option<u32>| number.map_or(String::new(), |number| number.to_string());
        let nodes = job.nodes.filter(|_| !reference.definition.is_empty());
        vec![
            match index {
                Some(index) => format!("{}:{index}", entry.id),
                None => entry.id.to_owned(),
            },
            seconds(entry.submit - start),
            seconds(run),
            number(vcpus),
            number(memory),
            number(gpus),
            job.name.clone(),
            job.queue.clone(),
            reference.definition,
            job.share.clone().unwrap_or_default(),
            number(job.priority),
            number(attempts),
            number(timeout),
            number(nodes),
            index.map_or(String::new(), |_| entry.id.to_owned()),
            number(index),
            needs.to_owned(),
            fates.join(";"),
        ]
    }

    /// Whole vCPUs of a job; a part of one counts as a whole one here.
    fn vcpus(&mut self, job: &Job) -> Option<u32> {
        let asked = job.vcpus.as_ref()?;
        asked.parse().ok().or_else(|| {
            let part: f64 = asked.parse().ok()?;
            self.repaired.add("vcpus-rounded-up", 1);
            Some(part.max(1.0).round() as u32)
        })
    }

    /// How long a job runs at its last attempt, in ms, and what becomes of its attempts; nothing where it just succeeds.
    fn fates(&mut self, job: &Job) -> (i64, Vec<String>) {
        if !job.status.is_over() {
            let already = match job.status {
                Status::Running => job
                    .seen
                    .last()
                    .map_or(0, |(_, at)| at - job.started.unwrap_or(*at)),
                _ => 0,
            };
            self.repaired.add("run-unknown-as-not-over", 1);
            return (self.runs.expected(job, already.max(0)), Vec::new());
        }
        let mut run = None;
        let mut fates = Vec::new();
        let count = job.attempts.len();
        for (at, attempt) in job.attempts.iter().enumerate() {
            let is_last = at + 1 == count;
            let succeeds = is_last && job.status == Status::Succeeded;
            if attempt.lost_its_host() && !succeeds {
                self.repaired.add("attempt-lost-with-its-host", 1);
                continue;
            }
            let ran = attempt.ran().or_else(|| {
                let stopped = job.stopped.filter(|_| is_last)?;
                Some(stopped - attempt.started?).filter(|ran| *ran >= 0)
            });
            let Some(ran) = ran else {
                if !succeeds {
                    fates.push("nostart".to_owned());
                }
                continue;
            };
            if attempt.timed_out() && !succeeds {
                // Nobody knows how long it would have run: twice as long as it may.
                self.repaired.add("run-unknown-as-timed-out", 1);
                let longer = 2 * ran.max(i64::from(job.timeout_s.unwrap_or(0)) * 1000);
                run = Some(longer);
                fates.push(format!("0@{}", seconds(longer)));
                continue;
            }
            run = Some(ran);
            let is_memory = attempt.reason.starts_with("OutOfMemoryError");
            fates.push(match succeeds {
                true => format!("0@{}", seconds(ran)),
                false if is_memory => format!("oom@{}", seconds(ran)),
                false => format!("{}@{}", self.exit_code(job, attempt), seconds(ran)),
            });
        }
        let run = run.unwrap_or_else(|| {
            self.repaired.add("run-unknown-as-it-never-ran", 1);
            self.runs.expected(job, 0)
        });
        if let [only] = &fates[..]
            && job.status == Status::Succeeded
            && only.starts_with("0@")
        {
            fates.clear();
        }
        (run, fates)
    }

    /// The exit code of an attempt that failed.
    fn exit_code(&mut self, job: &Job, attempt: &Attempt) -> i64 {
        match attempt.exit_code {
            Some(code @ 1..=255) => code,
            _ if job.is_ended_by_hand => 143,
            _ => {
                self.repaired.add("exit-code-unknown", 1);
                1
            }
        }
    }
}

/// Reads a file of jobs as a trace.
///
/// # Errors
/// Every problem of the file, up to a hundred, and the number of the others.
pub fn read(reader: impl Read, name: &str, options: &TraceOptions) -> Result<Trace, Vec<Problem>> {
    let exports = only_jobs(reader, name)?;
    let mut rounded = |job: &Job| Reference {
        has_size: options.job_definition.is_some() && job.vcpus.is_none(),
        ..Reference::default()
    };
    plain(&exports, name, options, &mut rounded).map(|(trace, _)| trace)
}

fn only_jobs(reader: impl Read, name: &str) -> Result<Exports, Vec<Problem>> {
    let mut exports = Exports::default();
    exports.add(reader, name)?;
    match exports.jobs.0.is_empty() {
        false => Ok(exports),
        true => {
            let message = "has no job; a trace is what `aws batch describe-jobs` prints, or events of EventBridge";
            Err(vec![Problem::whole(name, message)])
        }
    }
}

fn plain(
    exports: &Exports,
    name: &str,
    options: &TraceOptions,
    reference: &mut dyn FnMut(&Job) -> Reference,
) -> Result<(Trace, Table), Vec<Problem>> {
    let mut jobs = exports.jobs.clone();
    let mut problems = Problems::of(name);
    if options.job_definition.is_none() {
        let mut left_out = 0;
        jobs.0.retain(|_, job| {
            let is_multi = job.nodes.is_some() || (job.vcpus.is_none() && !job.is_node);
            left_out += u64::from(is_multi);
            !is_multi
        });
        if jobs.0.is_empty() && left_out > 0 {
            problems.add(0, "", "no job says how many vCPUs it asks for; take what `aws batch describe-jobs` prints, or name a jobDefinition");
            return Err(problems.into_list());
        }
    }
    let left_out = (exports.jobs.0.len() - jobs.0.len()) as u64;
    let references: BTreeMap<&str, Reference> = jobs
        .0
        .iter()
        .map(|(id, job)| (id.as_str(), reference(job)))
        .collect();
    let of = |job: &Job| references.get(job.id.as_str()).cloned().unwrap_or_default();
    let table = table(&jobs, &Runs::of(&exports.jobs), &of);
    let mut trace = csv_trace::read(table.csv.as_slice(), name, options)?;
    trace.start_epoch_ms = Some(table.start);
    let workload = &mut trace.workload;
    let mut dropped = Tally::default();
    for (rule, count) in workload.dropped.iter().chain(&table.dropped) {
        dropped.add(rule, *count);
    }
    dropped.add("size-unknown", left_out);
    let mut repaired = Tally::default();
    for (rule, count) in workload.repaired.iter().chain(&table.repaired) {
        repaired.add(rule, *count);
    }
    workload.dropped = dropped.into_counts();
    workload.repaired = repaired.into_counts();
    Ok((trace, table))
}

/// What became of jobs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Measured {
    /// The jobs that are no arrays, are over and ran, in order of submission. [`MeasuredJob::source`] is that of a trace of them.
    pub jobs: Vec<MeasuredJob>,
    /// Identifiers of the source that are not numbers, as in [`crate::model::Row::source`].
    pub names: Vec<String>,
    /// What is not judged, by rule.
    pub dropped: Vec<(&'static str, u64)>,
}

/// Reads what was measured of jobs, plain or gzip; `name` is what problems call the file.
///
/// # Errors
/// As of [`read`].
pub fn history(reader: impl Read, name: &str) -> Result<Measured, Vec<Problem>> {
    let exports = only_jobs(reader, name)?;
    let options = TraceOptions {
        job_definition: Some("any".to_owned()),
        ..TraceOptions::default()
    };
    let (trace, table) = plain(&exports, name, &options, &mut |_: &Job| {
        Reference::default()
    })?;
    let workload = trace.workload;
    let since = |at: i64| SimTime::from_ms(u64::try_from(at - table.start).unwrap_or(0));
    let mut measured = Measured::default();
    let mut dropped = Tally::default();
    for row in &workload.rows {
        let mut id = Vec::new();
        workload.write_source(row.source, &mut id);
        let id = String::from_utf8_lossy(&id).into_owned();
        let job = exports
            .jobs
            .0
            .get(&id)
            .filter(|job| job.array_size.is_none());
        let Some(job) = job else {
            dropped.add("array", 1);
            continue;
        };
        let first = job.attempts.iter().find_map(|attempt| attempt.started);
        let (Some(started), Some(stopped), true) =
            (first.or(job.started), job.stopped, job.status.is_over())
        else {
            dropped.add("not-over", 1);
            continue;
        };
        let last = job.attempts.last();
        let submitted = since(job.created);
        let started = since(started).max(submitted);
        measured.jobs.push(MeasuredJob {
            source: row.source,
            name: job.name.clone(),
            submitted,
            started: Some(started),
            ended: since(stopped).max(started),
            work: Span::from_ms(last.and_then(Attempt::ran).map_or(0, |ran| ran as u64)),
            exit_code: match (job.status, last.and_then(|last| last.exit_code)) {
                (Status::Succeeded, _) => 0,
                (_, Some(code @ 1..=255)) => code as u8,
                _ => 1,
            },
            vcpus: row.vcpus,
            memory: row.memory,
        });
    }
    let has_any = !measured.jobs.is_empty();
    measured.names = workload.names;
    measured.dropped = dropped.into_counts();
    match has_any {
        true => Ok(measured),
        false => Err(vec![Problem::whole(
            name,
            "has no job that ran and is over (of arrays only all children are simulated, and not judged)",
        )]),
    }
}
