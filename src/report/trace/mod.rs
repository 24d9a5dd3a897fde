//! A workload as a trace again: our CSV, SWF, or a workload of Batsim.

mod batsim;
mod csv;
mod swf;

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use crate::model::{Dependency, DependencyKind, Extra, Row, Workload};
use crate::units::Span;

pub use batsim::write_batsim;
pub use csv::write_trace_csv;
pub use swf::write_swf;

/// What a format could not say of a workload: a phrase, and how many jobs it is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lost(BTreeMap<&'static str, u64>);

impl Lost {
    fn add(&mut self, what: &'static str, count: u64) {
        if count > 0 {
            *self.0.entry(what).or_default() += count;
        }
    }

    /// One sentence for each.
    pub fn notes(&self) -> Vec<String> {
        let notes = self.0.iter();
        notes
            .map(|(what, count)| format!("{count} {what}"))
            .collect()
    }
}

/// Seconds as a decimal, exact to the millisecond.
fn seconds(ms: u64) -> String {
    let (whole, part) = (ms / 1000, ms % 1000);
    match part {
        0 => whole.to_string(),
        _ => format!("{whole}.{part:03}")
            .trim_end_matches('0')
            .to_owned(),
    }
}

/// The identifiers of rows, each different from all others and without blanks, semicolons and control characters.
struct Ids {
    list: Vec<String>,
    /// How many differ from the source's.
    rewritten: u64,
}

impl Ids {
    fn of(workload: &Workload) -> Ids {
        let mut seen = BTreeSet::new();
        let mut rewritten = 0;
        let mut list = Vec::with_capacity(workload.rows.len());
        let mut text = Vec::new();
        for index in 0..workload.rows.len() {
            let row = crate::units::RowId::at(index);
            text.clear();
            workload.write_source(workload.source_of(row), &mut text);
            let own = String::from_utf8_lossy(&text).into_owned();
            let is_odd =
                |letter: char| letter.is_whitespace() || letter == ';' || letter.is_control();
            let plain = own.replace(is_odd, "_");
            let mut id = plain.clone();
            let mut turn = 2;
            while id.is_empty() || !seen.insert(id.clone()) {
                id = format!("{plain}.{turn}");
                turn += 1;
            }
            rewritten += u64::from(id != own);
            list.push(id);
        }
        Ids { list, rewritten }
    }

    /// How a dependency is written in a list.
    fn need(&self, need: &Dependency) -> String {
        let id = &self.list[need.on.index()];
        match need.kind {
            DependencyKind::Whole => id.clone(),
            DependencyKind::Child(child) => format!("{id}:{child}"),
            DependencyKind::SameIndex => format!("n_to_n:{id}"),
        }
    }
}

/// What a row needs.
fn needs<'w>(workload: &'w Workload, extra: &Extra) -> &'w [Dependency] {
    let range = &extra.dependencies;
    &workload.dependencies[range.start as usize..range.end as usize]
}

/// A name of the source: of a user or a group.
fn origin(workload: &Workload, number: u32) -> String {
    if number == Row::UNKNOWN {
        return String::new();
    }
    let mut text = Vec::new();
    workload.write_source(number, &mut text);
    String::from_utf8_lossy(&text).into_owned()
}

/// A job that runs: a plain one, or the child of an array.
struct Single<'w> {
    place: usize,
    row: &'w Row,
    extra: Option<&'w Extra>,
    child: Option<u32>,
    work: Span,
    /// From 1, over all of them.
    number: u64,
}

/// Tells `each` every job of a workload, children of arrays one by one.
///
/// # Errors
/// Those of `each`.
fn each_single<'w>(
    workload: &'w Workload,
    mut each: impl FnMut(Single<'w>) -> io::Result<()>,
) -> io::Result<()> {
    let mut number = 0;
    for (place, row) in workload.rows.iter().enumerate() {
        let extra = workload.extra(row);
        let size = extra.map_or(0, |extra| extra.array);
        let children = (0..size).map(Some).chain((size == 0).then_some(None));
        for child in children {
            number += 1;
            each(Single {
                place,
                row,
                extra,
                child,
                work: workload.work(row, child),
                number,
            })?;
        }
    }
    Ok(())
}

/// What neither SWF nor Batsim can say of the templates that rows use.
fn count_lost(workload: &Workload, lost: &mut Lost) {
    for row in &workload.rows {
        let template = &workload.templates[row.template as usize];
        lost.add(
            "jobs lose their retry strategy",
            u64::from(template.retry.is_some()),
        );
        lost.add(
            "jobs lose their timeout",
            u64::from(template.timeout.is_some()),
        );
        lost.add(
            "jobs lose their number of nodes",
            u64::from(template.num_nodes.is_some()),
        );
        let Some(extra) = workload.extra(row) else {
            continue;
        };
        lost.add("arrays become single jobs", u64::from(extra.array > 0));
        lost.add(
            "jobs keep the last of several attempts",
            u64::from(extra.fates.len() > 1),
        );
        lost.add(
            "jobs lose their peak memory",
            u64::from(extra.peak_memory > 0),
        );
    }
}
