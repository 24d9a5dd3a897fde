//! What a trace is like, everything that is wrong with it, and how it is repaired.
//!
//! A trace is read as it stands; where it cannot be, once more with everything left out that is wrong ([`TraceOptions::mend`]). What
//! readers dropped and repaired are findings; others come from looking at the jobs: units that cannot be meant, runs of years, numbers
//! that come twice. What only seems wrong is a warning and stays as it is unless the user says that it is so ([`assume`]).

mod shape;
#[cfg(test)]
mod tests;

use crate::model::{Row, Workload};
use crate::units::{RowId, SimTime, Span};

use super::builder::{Firsts, note_first};
use super::{Grade, Problem, Trace, TraceOptions, find_rule};

pub use shape::{Quantiles, Shape};

/// What an examination found.
#[derive(Clone, Debug, Default)]
pub struct Checkup {
    /// The trace, mended where it had to be; none where nothing can be read of it.
    pub trace: Option<Trace>,
    /// Why it cannot be read as it stands.
    pub problems: Vec<Problem>,
    /// What its jobs are like.
    pub shape: Option<Shape>,
    /// Everything that is wrong or worth knowing, the gravest first.
    pub findings: Vec<Finding>,
}

/// One thing that is wrong, or worth knowing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its name.
    pub rule: &'static str,
    /// How grave it is.
    pub grade: Grade,
    /// How many jobs or rows it is about.
    pub count: u64,
    /// Where first, as far as that is known.
    pub first: Vec<String>,
    /// What it means and what would be right.
    pub says: String,
}

impl Checkup {
    /// Whether anything found would make results wrong.
    pub fn has_errors(&self) -> bool {
        let errors = self.findings.iter();
        errors
            .into_iter()
            .any(|finding| finding.grade == Grade::Error)
    }
}

/// Examines the trace that `read` gives, which may be read twice.
pub fn examine(
    mut read: impl FnMut(&TraceOptions) -> Result<Trace, Vec<Problem>>,
    options: &TraceOptions,
) -> Checkup {
    let mut checkup = Checkup::default();
    let trace = read(options).or_else(|problems| {
        checkup.problems = problems;
        let mend = TraceOptions {
            mend: true,
            ..options.clone()
        };
        read(&mend)
    });
    let mut findings = Vec::new();
    match trace {
        Err(_) => findings.push(Finding {
            rule: "unreadable",
            grade: Grade::Error,
            count: checkup.problems.len() as u64,
            first: Vec::new(),
            says: "cannot be read, and what is wrong cannot be left out".to_owned(),
        }),
        Ok(trace) => {
            counted(&trace, &mut findings);
            looked_at(&trace, &mut findings);
            checkup.shape = Some(Shape::of(&trace.workload));
            checkup.trace = Some(trace);
        }
    }
    findings.sort_by(|one, other| {
        let key = |finding: &Finding| (std::cmp::Reverse(finding.grade), finding.rule);
        key(one).cmp(&key(other))
    });
    checkup.findings = findings;
    checkup
}

/// What the reader dropped and repaired.
fn counted(trace: &Trace, findings: &mut Vec<Finding>) {
    let workload = &trace.workload;
    for (name, count) in workload.dropped.iter().chain(&workload.repaired) {
        let rule = find_rule(name);
        let first = trace.firsts.iter().find(|(rule, _)| rule == name);
        findings.push(Finding {
            rule: name,
            grade: rule.map_or(Grade::Note, |rule| rule.grade),
            count: *count,
            first: first.map_or(Vec::new(), |(_, places)| places.clone()),
            says: rule.map_or_else(String::new, |rule| rule.says.to_owned()),
        });
    }
}

/// Longest run that is taken for one.
const YEAR: Span = Span::from_s(366 * 86_400);
/// Submissions after so many seconds are counted from 1970: 2001 and later.
const EPOCH: SimTime = SimTime::from_s(1_000_000_000);
/// Fewest jobs of which typical figures say anything about units.
const FEW: usize = 20;
/// A typical run of a week suggests milliseconds: no published log has one.
const TYPICAL_RUN_MAX: Span = Span::from_s(7 * 86_400);
/// A typical request of a TiB suggests KB.
const TYPICAL_MIB_MAX: u32 = 1 << 20;
/// No request over so many suggests GiB.
const LARGEST_GIB: u32 = 64;

/// What looking at the jobs finds.
fn looked_at(trace: &Trace, findings: &mut Vec<Finding>) {
    let workload = &trace.workload;
    let mut find = |rule, grade, (count, firsts): (u64, Vec<String>), says: &str| {
        if count > 0 {
            findings.push(Finding {
                rule,
                grade,
                count,
                first: firsts,
                says: says.to_owned(),
            });
        }
    };
    let years = those(workload, |row| row.work > YEAR);
    find(
        "run-of-years",
        Grade::Error,
        years,
        "jobs run for more than a year; is the unit right, or was the end never written?",
    );
    let epoch = those(workload, |row| row.submit >= EPOCH);
    find(
        "submit-from-epoch",
        Grade::Error,
        epoch,
        "submissions are counted from 1970, so the run would begin with decades of nothing; --fix counts them from the first",
    );
    let beyond = those(workload, |row| {
        !row.estimate.is_zero() && row.work > row.estimate
    });
    find(
        "run-beyond-estimate",
        Grade::Note,
        beyond,
        "jobs run for longer than was asked for; where a scenario kills at the estimate, they fail",
    );
    let nothing = those(workload, |row| row.work.is_zero());
    find(
        "zero-run-kept",
        Grade::Note,
        nothing,
        "jobs run for no time",
    );
    let is_counted = (workload.repaired.iter()).any(|(rule, _)| rule.starts_with("memory-"));
    if !is_counted {
        let none = those(workload, |row| row.memory == 0);
        let says = find_rule("memory-missing").map_or("", |rule| rule.says);
        find("memory-missing", Grade::Note, none, says);
    }
    find(
        "number-twice",
        Grade::Warning,
        twice(workload),
        "jobs have the number of an earlier one: parts of one job, or two logs in one file. Each runs",
    );
    let runs = sorted(workload.rows.iter().map(|row| row.work.ms()));
    if runs.len() >= FEW && middle(&runs) > TYPICAL_RUN_MAX.ms() {
        find(
            "times-in-ms?",
            Grade::Warning,
            (runs.len() as u64, Vec::new()),
            "the typical run takes more than a week: are times in milliseconds? Then --fix --assume times-in-ms divides them by 1000",
        );
    }
    let sizes = sorted(workload.rows.iter().map(|row| u64::from(row.memory)));
    if sizes.len() >= FEW && middle(&sizes) > u64::from(TYPICAL_MIB_MAX) {
        find(
            "memory-in-kb?",
            Grade::Warning,
            (sizes.len() as u64, Vec::new()),
            "the typical job asks for more than a TiB: is memory in KB? Then --fix --assume memory-in-kb divides it by 1024",
        );
    }
    if sizes.len() >= FEW
        && sizes
            .last()
            .is_some_and(|most| *most <= u64::from(LARGEST_GIB))
    {
        find(
            "memory-in-gb?",
            Grade::Warning,
            (sizes.len() as u64, Vec::new()),
            "no job asks for more than 64 MiB: is memory in GiB? Then --fix --assume memory-in-gb multiplies it by 1024",
        );
    }
}

/// How many rows are so, and which first.
fn those(workload: &Workload, is_so: impl Fn(&Row) -> bool) -> (u64, Vec<String>) {
    let mut firsts = Firsts::new();
    let mut count = 0;
    for (index, row) in workload.rows.iter().enumerate() {
        if is_so(row) {
            count += 1;
            note_first(&mut firsts, "", || job(workload, index));
        }
    }
    (count, firsts.pop().map_or(Vec::new(), |(_, places)| places))
}

/// Rows with the identifier of an earlier one.
fn twice(workload: &Workload) -> (u64, Vec<String>) {
    let mut order: Vec<u32> = (0..workload.rows.len() as u32).collect();
    let source = |index: u32| workload.source_of(RowId::at(index as usize));
    order.sort_by_key(|&index| (source(index), index));
    let mut second: Vec<u32> = order
        .windows(2)
        .filter(|pair| source(pair[0]) == source(pair[1]))
        .map(|pair| pair[1])
        .collect();
    second.sort_unstable();
    let first = second.iter().take(5);
    let first = first.map(|&index| job(workload, index as usize));
    (second.len() as u64, first.collect())
}

/// How a finding calls the job of a row.
fn job(workload: &Workload, index: usize) -> String {
    let mut text = b"job ".to_vec();
    workload.write_source(workload.source_of(RowId::at(index)), &mut text);
    String::from_utf8_lossy(&text).into_owned()
}

/// What is more than zero, in order.
fn sorted(figures: impl Iterator<Item = u64>) -> Vec<u64> {
    let mut figures: Vec<u64> = figures.filter(|figure| *figure > 0).collect();
    figures.sort_unstable();
    figures
}

fn middle(sorted: &[u64]) -> u64 {
    sorted.get(sorted.len() / 2).copied().unwrap_or(0)
}

/// What the user may say of a trace, and what [`assume`] then does.
pub const ASSUMPTIONS: [&str; 3] = ["times-in-ms", "memory-in-kb", "memory-in-gb"];

/// Repairs what `examine` only suspects, where the user says that it is so, and what is beyond doubt (submissions from 1970). Each job
/// that changes is counted in [`Workload::repaired`].
pub fn assume(workload: &mut Workload, assumed: &[String]) {
    let is_assumed = |rule: &str| assumed.iter().any(|said| said == rule);
    if is_assumed("times-in-ms") {
        let scale = |span: &mut Span| *span = Span::from_ms(thousandth(span.ms()));
        for row in &mut workload.rows {
            row.submit = SimTime::from_ms(thousandth(row.submit.ms()));
            scale(&mut row.work);
            scale(&mut row.estimate);
        }
        workload.child_work.iter_mut().for_each(scale);
        workload
            .fates
            .iter_mut()
            .for_each(|fate| scale(&mut fate.run));
        workload
            .extras
            .iter_mut()
            .for_each(|extra| scale(&mut extra.think));
        count(workload, "times-in-ms", workload.rows.len());
    }
    for (rule, scale) in [
        ("memory-in-kb", (|mib| mib.div_ceil(1024)) as fn(u32) -> u32),
        ("memory-in-gb", |mib| mib.saturating_mul(1024)),
    ] {
        if is_assumed(rule) {
            let mut changed = 0;
            for row in workload.rows.iter_mut().filter(|row| row.memory > 0) {
                row.memory = scale(row.memory).min(crate::units::NO_LIMIT_MIB - 1);
                changed += 1;
            }
            count(workload, rule, changed);
        }
    }
    // Rows are in order of submission.
    let first = workload
        .rows
        .first()
        .map_or(SimTime::ZERO, |row| row.submit);
    if first >= EPOCH {
        for row in &mut workload.rows {
            row.submit = SimTime::ZERO + (row.submit - first);
        }
        count(workload, "submit-from-epoch", workload.rows.len());
    }
}

fn thousandth(ms: u64) -> u64 {
    (ms + 500) / 1000
}

fn count(workload: &mut Workload, rule: &'static str, changed: usize) {
    if changed > 0 {
        workload.repaired.push((rule, changed as u64));
        workload.repaired.sort_unstable();
    }
}
