//! Reads logs in the Standard Workload Format: one job a line, 18 numbers, `-1` for what is not known, `;` before comments.

mod plain;

use std::io::Read;

use rustc_hash::FxHashMap;

use crate::model::{Row, SubmitJob, Workload};
use crate::units::{NO_LIMIT_MIB, SimTime, Span};

use super::builder::{Firsts, Problems, Tally, name_source, note_first};
use super::sessions::{self, Link};
use super::source::{Line, Lines};
use super::{ClosedLoop, Problem, ShareBy, Trace, TraceOptions};

/// Fields of a whole line.
const FIELDS: usize = 18;
/// Fields without which a line is no job: up to the allocated processors.
const FIELDS_MIN: usize = 5;

/// The fields that are used, by their place in a line.
mod field {
    pub(super) const JOB: usize = 0;
    pub(super) const SUBMIT: usize = 1;
    pub(super) const WAIT: usize = 2;
    pub(super) const RUN: usize = 3;
    pub(super) const PROCESSORS: usize = 4;
    pub(super) const PROCESSORS_ASKED: usize = 7;
    pub(super) const TIME_ASKED: usize = 8;
    pub(super) const MEMORY_ASKED: usize = 9;
    pub(super) const STATUS: usize = 10;
    pub(super) const USER: usize = 11;
    pub(super) const GROUP: usize = 12;
    pub(super) const PRECEDING: usize = 16;
    pub(super) const THINK: usize = 17;
}

/// Reads a log, plain or gzip; `name` is what problems call it.
///
/// vCPUs are the greater of the allocated and the requested processors; the estimate is the requested time, or else the run
/// time. Dropped and counted: jobs with a negative submit time (`negative-submit`), without processors (`no-processors`),
/// without a run time (`no-run-time`), and on request those that ran for no time (`zero-run`) or did not complete
/// (`not-completed`). Repaired and counted: jobs that stand behind a later one (`unsorted-submit`), that ask for no time
/// (`estimate-missing`), that lack trailing fields (`short-line`), a number (`job-number-missing`), and with `share_by` a
/// user or group (`share-unknown`).
///
/// # Errors
/// Every malformed line, up to a hundred, and the number of the others.
pub fn read(reader: impl Read, name: &str, options: &TraceOptions) -> Result<Trace, Vec<Problem>> {
    let mut lines = Lines::new(reader, name).map_err(|problem| vec![problem])?;
    let mut log = Log::new(name, options);
    let failure = loop {
        log.plain_lines(&mut lines);
        match lines.next() {
            Ok(Some(line)) => {
                let before = log.problems.count();
                log.line(line);
                if options.mend && log.problems.count() > before {
                    log.problems.forget_after(before);
                    log.drop(Drop::Malformed);
                }
            }
            Ok(None) => break None,
            Err(problem) => break Some(problem),
        }
    };
    log.finish(failure)
}

/// A log while it is read.
struct Log<'a> {
    options: &'a TraceOptions,
    workload: Workload,
    machine: Machine,
    templates: FxHashMap<u32, u32>,
    /// For closed loops, one for each row; empty otherwise.
    links: Vec<Link>,
    latest: SimTime,
    /// The line that is read.
    at: u64,
    firsts: Firsts,
    dropped: [u64; Drop::NAMES.len()],
    repaired: [u64; Repair::NAMES.len()],
    problems: Problems<'a>,
}

/// What the header says of the machine.
#[derive(Default)]
struct Machine {
    processors: Option<u32>,
    nodes: Option<u32>,
    start_epoch_ms: Option<i64>,
}

/// Why a job is dropped.
#[derive(Clone, Copy)]
enum Drop {
    NegativeSubmit,
    NoProcessors,
    NoRunTime,
    ZeroRun,
    NotCompleted,
    Malformed,
}

impl Drop {
    /// The rules' names, in order.
    const NAMES: [&'static str; 6] = [
        "negative-submit",
        "no-processors",
        "no-run-time",
        "zero-run",
        "not-completed",
        "malformed-row",
    ];
}

/// What is repaired in a job.
#[derive(Clone, Copy)]
enum Repair {
    Unsorted,
    EstimateMissing,
    ShortLine,
    JobNumberMissing,
    ShareUnknown,
}

impl Repair {
    /// The rules' names, in order.
    const NAMES: [&'static str; 5] = [
        "unsorted-submit",
        "estimate-missing",
        "short-line",
        "job-number-missing",
        "share-unknown",
    ];
}

impl<'a> Log<'a> {
    fn new(name: &'a str, options: &'a TraceOptions) -> Log<'a> {
        let mut log = Log {
            options,
            workload: Workload::default(),
            machine: Machine::default(),
            templates: FxHashMap::default(),
            links: Vec::new(),
            latest: SimTime::ZERO,
            at: 0,
            firsts: Firsts::new(),
            dropped: [0; Drop::NAMES.len()],
            repaired: [0; Repair::NAMES.len()],
            problems: Problems::of(name),
        };
        if options.share_by == ShareBy::Nothing {
            log.add_template(None);
        }
        log
    }

    /// Takes the lines that come next, up to the first that is no whole job in plain numbers: that one is for [`Log::line`].
    fn plain_lines(&mut self, lines: &mut Lines<'_>) {
        let text = lines.unread();
        let (mut taken, mut count) = (0, 0);
        let mut fields = [0; FIELDS];
        self.at = lines.number() + 1;
        while let Some(length) = plain::parse_line(&text[taken..], &mut fields)
            && self.job::<1>(&fields, FIELDS).is_ok()
        {
            taken += length;
            count += 1;
            self.at += 1;
        }
        lines.skip(taken, count);
    }

    /// Counts a line that is dropped.
    #[cold]
    fn drop(&mut self, why: Drop) {
        self.dropped[why as usize] += 1;
        let at = self.at;
        note_first(&mut self.firsts, Drop::NAMES[why as usize], || {
            format!("line {at}")
        });
    }

    /// Takes one line: a comment, a job, or nothing.
    fn line(&mut self, line: Line<'_>) {
        self.at = line.number;
        let mut fields = [MISSING; FIELDS];
        match parse_fields(line.bytes, &mut fields) {
            Ok(0) => {}
            Ok(count) if count < FIELDS_MIN => self.problems.add(
                line.number,
                "",
                format!(
                    "has {count} fields; a job has {FIELDS}, and at least the first {FIELDS_MIN}"
                ),
            ),
            Ok(count) => {
                if let Err(wrong) = self.job::<THOUSANDTHS>(&fields, count) {
                    self.problems.add(
                        line.number,
                        &format!("field {}", wrong.field + 1),
                        wrong.message(),
                    );
                }
            }
            Err(at) => self.other(line, at),
        }
    }

    /// A line that is not all numbers: the first byte that belongs to none is at `at`.
    #[cold]
    fn other(&mut self, line: Line<'_>, at: usize) {
        let text = line.bytes.trim_ascii();
        if let Some(comment) = text.strip_prefix(b";") {
            self.machine.header(comment);
            return;
        }
        let word_starts = |&at: &usize| at == 0 || is_space(line.bytes[at - 1]);
        let first = (0..=at).rev().find(word_starts).unwrap_or_default();
        let index = (0..=first)
            .filter(|at| word_starts(at) && !is_space(line.bytes[*at]))
            .count();
        let word = line.bytes[first..]
            .split(|&byte| is_space(byte))
            .next()
            .unwrap_or_default();
        let what = if word
            .iter()
            .all(|byte| byte.is_ascii_digit() || *byte == b'-')
            && word.len() > DIGITS_MAX
        {
            format!("has more than {DIGITS_MAX} digits")
        } else {
            "is not a number; write digits with at most one point, or -1 where it is not known"
                .to_owned()
        };
        let shown = &word[..word.len().min(40)];
        self.problems.add(
            line.number,
            &format!("field {index}"),
            format!("`{}` {what}", shown.escape_ascii()),
        );
    }

    /// Takes a job whose fields are in units of 1 / `PARTS`, or drops and counts it. The error, after which nothing has
    /// changed, names the field that is out of range.
    #[inline]
    fn job<const PARTS: i64>(
        &mut self,
        fields: &[i64; FIELDS],
        count: usize,
    ) -> Result<(), OutOfRange> {
        let processors = fields[field::PROCESSORS].max(fields[field::PROCESSORS_ASKED]);
        let submit = fields[field::SUBMIT];
        let run = fields[field::RUN];
        let completed = fields[field::STATUS] == PARTS;
        if let Some(rule) = self.why_drop(submit, run, processors, completed) {
            self.drop(rule);
            return Ok(());
        }
        let submit = SimTime::from_ms(moment::<PARTS>(submit, field::SUBMIT)?);
        let work = Span::from_ms(moment::<PARTS>(run, field::RUN)?);
        let asked = fields[field::TIME_ASKED];
        let estimate = if asked > 0 {
            Span::from_ms(moment::<PARTS>(asked, field::TIME_ASKED)?)
        } else {
            work
        };
        let vcpus = processors_of::<PARTS>(processors)?;
        let memory = self.memory::<PARTS>(fields[field::MEMORY_ASKED], vcpus)?;
        let user = origin::<PARTS>(fields[field::USER], field::USER)?;
        let group = origin::<PARTS>(fields[field::GROUP], field::GROUP)?;
        let link = self.link::<PARTS>(fields)?;
        self.repaired[Repair::ShortLine as usize] += u64::from(count < FIELDS);
        self.repaired[Repair::EstimateMissing as usize] += u64::from(asked <= 0);
        self.repaired[Repair::Unsorted as usize] += u64::from(submit < self.latest);
        self.latest = self.latest.max(submit);
        let row = Row {
            submit,
            work,
            estimate,
            vcpus,
            memory,
            gpus: 0,
            template: self.template(user, group),
            extra: Row::PLAIN,
            source: self.source::<PARTS>(fields[field::JOB]),
            user,
            group,
        };
        self.workload.rows.push(row);
        if let Some(link) = link {
            self.links.push(link);
        }
        Ok(())
    }

    /// The rule that drops a job, if one does.
    #[inline]
    fn why_drop(&self, submit: i64, run: i64, processors: i64, completed: bool) -> Option<Drop> {
        if submit < 0 {
            Some(Drop::NegativeSubmit)
        } else if processors <= 0 {
            Some(Drop::NoProcessors)
        } else if run < 0 {
            Some(Drop::NoRunTime)
        } else if run == 0 && self.options.drop_zero_run {
            Some(Drop::ZeroRun)
        } else if !completed && self.options.completed_only {
            Some(Drop::NotCompleted)
        } else {
            None
        }
    }

    /// MiB of all processors together, rounded up; 0 where the log states none.
    #[inline]
    fn memory<const PARTS: i64>(
        &self,
        kb_per_processor: i64,
        processors: u32,
    ) -> Result<u32, OutOfRange> {
        if kb_per_processor <= 0 || !self.options.use_memory {
            return Ok(0);
        }
        // Parts of KB: fractions count before the rounding.
        let kb = u128::from(kb_per_processor.unsigned_abs()) * u128::from(processors);
        u32::try_from(kb.div_ceil(PARTS as u128 * 1024))
            .ok()
            .filter(|mib| *mib < NO_LIMIT_MIB)
            .ok_or(OutOfRange {
                field: field::MEMORY_ASKED,
                limit: Limit::Memory(processors),
            })
    }

    /// The job's number, or else its place, as [`Row::source`].
    #[inline]
    fn source<const PARTS: i64>(&mut self, job: i64) -> u32 {
        let job = if job < 0 {
            self.repaired[Repair::JobNumberMissing as usize] += 1;
            self.workload.rows.len() as i64 + 1
        } else {
            job / PARTS
        };
        match u32::try_from(job) {
            Ok(number) if number < Row::NAMED => number,
            _ => name_source(&mut self.workload.names, job.to_string()),
        }
    }

    /// What ties the job to others, where the loop is closed.
    #[inline]
    fn link<const PARTS: i64>(&self, fields: &[i64; FIELDS]) -> Result<Option<Link>, OutOfRange> {
        if self.options.closed_loop == ClosedLoop::Open {
            return Ok(None);
        }
        let optional = |index: usize| match fields[index] {
            missing if missing < 0 => Ok(None),
            value => moment::<PARTS>(value, index).map(|ms| Some(Span::from_ms(ms))),
        };
        let preceding = fields[field::PRECEDING];
        Ok(Some(Link {
            job: fields[field::JOB].max(-PARTS) / PARTS,
            wait: optional(field::WAIT)?,
            preceding: (preceding > 0).then_some(preceding / PARTS),
            think: optional(field::THINK)?,
        }))
    }

    /// The template of a job's user or group.
    #[inline]
    fn template(&mut self, user: u32, group: u32) -> u32 {
        let key = match self.options.share_by {
            ShareBy::Nothing => return 0,
            ShareBy::User => user,
            ShareBy::Group => group,
        };
        self.repaired[Repair::ShareUnknown as usize] += u64::from(key == Row::UNKNOWN);
        match self.templates.get(&key) {
            Some(&template) => template,
            None => self.add_template(Some(key)),
        }
    }

    #[cold]
    fn add_template(&mut self, key: Option<u32>) -> u32 {
        let index = u32::try_from(self.workload.templates.len()).expect("fewer than the rows");
        self.workload.templates.push(SubmitJob {
            job_name: "job".to_owned(),
            job_queue: self.options.job_queue.clone(),
            job_definition: self.options.job_definition.clone(),
            share_identifier: key.map(|key| self.options.share_by.identifier(key)),
            lift_limits: self.options.lift_limits,
            ..SubmitJob::default()
        });
        self.templates.extend(key.map(|key| (key, index)));
        index
    }

    /// Sorts and ties what was read; `failure` is why the reading stopped early, if it did.
    fn finish(mut self, failure: Option<Problem>) -> Result<Trace, Vec<Problem>> {
        if let Some(problem) = failure {
            self.problems.push(problem);
        }
        if u32::try_from(self.workload.rows.len()).is_err() {
            self.problems
                .add(0, "", "has more jobs than can be numbered (4,294,967,295)");
        }
        if !self.problems.is_empty() {
            return Err(self.problems.into_list());
        }
        let mut workload = self.workload;
        if self.repaired[Repair::Unsorted as usize] > 0 {
            sessions::sort_by_submission(&mut workload.rows, &mut self.links);
        }
        let mut repaired = Tally::default();
        for (rule, count) in Repair::NAMES.into_iter().zip(self.repaired) {
            repaired.add(rule, count);
        }
        match self.options.closed_loop {
            ClosedLoop::Open => {}
            ClosedLoop::Fields => sessions::tie_fields(&mut workload, &self.links, &mut repaired),
            ClosedLoop::Sessions { think_limit } => {
                sessions::tie_users(&mut workload, &self.links, think_limit, &mut repaired);
            }
        }
        let mut dropped = Tally::default();
        for (rule, count) in Drop::NAMES.into_iter().zip(self.dropped) {
            dropped.add(rule, count);
        }
        workload.dropped = dropped.into_counts();
        workload.repaired = repaired.into_counts();
        Ok(Trace {
            workload,
            machine_size: self.machine.processors.or(self.machine.nodes),
            start_epoch_ms: self.machine.start_epoch_ms,
            firsts: self.firsts,
            ..Trace::default()
        })
    }
}

impl Machine {
    /// Takes over `Label: value` of a comment, where the label is one of those that count. The first of two holds.
    fn header(&mut self, comment: &[u8]) {
        let Some(colon) = comment.iter().position(|&byte| byte == b':') else {
            return;
        };
        let label = comment[..colon].trim_ascii();
        let value = comment[colon + 1..].trim_ascii();
        let length = value
            .iter()
            .enumerate()
            .take_while(|(at, byte)| byte.is_ascii_digit() || (*at == 0 && **byte == b'-'))
            .count();
        let Some(number) = str::from_utf8(&value[..length])
            .ok()
            .and_then(|digits| digits.parse::<i64>().ok())
        else {
            return;
        };
        let size = || u32::try_from(number).ok().filter(|size| *size > 0);
        if label.eq_ignore_ascii_case(b"MaxProcs") {
            self.processors = self.processors.or_else(size);
        } else if label.eq_ignore_ascii_case(b"MaxNodes") {
            self.nodes = self.nodes.or_else(size);
        } else if label.eq_ignore_ascii_case(b"UnixStartTime") {
            self.start_epoch_ms = self.start_epoch_ms.or(number.checked_mul(1000));
        }
    }
}

/// Parts of one in which the fields of lines with fractions are kept.
const THOUSANDTHS: i64 = 1000;
/// What is not known, in thousandths.
const MISSING: i64 = -THOUSANDTHS;
/// Digits before the point that are read: thousandths of a longer number do not fit.
const DIGITS_MAX: usize = 15;

/// Reads the numbers of a line into `fields`, in thousandths (rounded half up), and returns how many there are. Numbers
/// beyond the last field must be numbers and are not kept.
///
/// # Errors
/// The position of the first byte that cannot belong to a number.
fn parse_fields(line: &[u8], fields: &mut [i64; FIELDS]) -> Result<usize, usize> {
    let mut at = 0;
    let mut count = 0;
    while let Some(&byte) = line.get(at) {
        let (is_negative, mut value) = match byte {
            b'0'..=b'9' => (false, i64::from(byte - b'0')),
            b'-' => {
                // Most fields of most logs.
                if let [b'1', b' ', ..] = line[at + 1..] {
                    if let Some(field) = fields.get_mut(count) {
                        *field = MISSING;
                    }
                    count += 1;
                    at += 3;
                    continue;
                }
                (true, 0)
            }
            _ if is_space(byte) => {
                at += 1;
                continue;
            }
            _ => return Err(at),
        };
        let first = at + usize::from(is_negative);
        at += 1;
        while let Some(digit @ b'0'..=b'9') = line.get(at) {
            value = value.wrapping_mul(10).wrapping_add(i64::from(digit - b'0'));
            at += 1;
        }
        if at == first || at - first > DIGITS_MAX {
            return Err(first);
        }
        value *= THOUSANDTHS;
        match line.get(at) {
            None => {}
            Some(&byte) if is_space(byte) => at += 1,
            Some(_) => {
                let (part, length) = parse_decimals(&line[at..]).ok_or(at)?;
                value += part;
                at += length;
            }
        }
        if let Some(field) = fields.get_mut(count) {
            *field = if is_negative { -value } else { value };
        }
        count += 1;
    }
    Ok(count)
}

/// Thousandths of `.123`, rounded half up, and how many bytes they take; `None` where these are no decimals.
#[cold]
fn parse_decimals(text: &[u8]) -> Option<(i64, usize)> {
    let decimals = text.strip_prefix(b".")?;
    let length = decimals
        .iter()
        .position(|&byte| is_space(byte))
        .unwrap_or(decimals.len());
    let decimals = &decimals[..length];
    if !decimals.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let place = |index: usize| {
        decimals
            .get(index)
            .map_or(0, |digit| i64::from(digit - b'0'))
    };
    let part = place(0) * 100 + place(1) * 10 + place(2) + i64::from(place(3) >= 5);
    Some((part, length + 1))
}

/// Whether `byte` separates fields.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | 0x0b | 0x0c)
}

/// A field that is a number, but not one that can be used.
#[derive(Clone, Copy)]
struct OutOfRange {
    /// Its place in the line.
    field: usize,
    limit: Limit,
}

/// What a field is beyond.
#[derive(Clone, Copy)]
enum Limit {
    Time,
    Processors,
    /// The memory of so many processors.
    Memory(u32),
    Origin,
}

impl OutOfRange {
    fn message(self) -> String {
        match self.limit {
            Limit::Time => format!(
                "is beyond {} seconds, the last moment that can be named",
                SimTime::LAST.ms() / 1000
            ),
            Limit::Processors => format!("is more than {}", u32::MAX),
            Limit::Memory(processors) => format!(
                "{processors} processors ask for more than {} MiB together, the most that can be counted",
                NO_LIMIT_MIB - 1
            ),
            Limit::Origin => format!("must be below {}", Row::NAMED),
        }
    }
}

/// Milliseconds of a time of the log.
#[inline]
fn moment<const PARTS: i64>(seconds: i64, field: usize) -> Result<u64, OutOfRange> {
    // What is read has at most fifteen digits before the point.
    u64::try_from(seconds * (THOUSANDTHS / PARTS))
        .ok()
        .filter(|ms| *ms <= SimTime::LAST.ms())
        .ok_or(OutOfRange {
            field,
            limit: Limit::Time,
        })
}

/// A number of processors, rounded half up, at least one.
#[inline]
fn processors_of<const PARTS: i64>(processors: i64) -> Result<u32, OutOfRange> {
    let rounded = u32::try_from((processors + PARTS / 2) / PARTS);
    rounded.map(|value| value.max(1)).map_err(|_| OutOfRange {
        field: field::PROCESSORS,
        limit: Limit::Processors,
    })
}

/// The number of a user or group; [`Row::UNKNOWN`] where it is missing.
#[inline]
fn origin<const PARTS: i64>(value: i64, field: usize) -> Result<u32, OutOfRange> {
    if value < 0 {
        return Ok(Row::UNKNOWN);
    }
    u32::try_from(value / PARTS)
        .ok()
        .filter(|number| *number < Row::NAMED)
        .ok_or(OutOfRange {
            field,
            limit: Limit::Origin,
        })
}

#[cfg(test)]
mod tests;
