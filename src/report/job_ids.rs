//! What jobs are called in tables: by the identifier that their source gives them.

use rustc_hash::FxHashMap;

use crate::model::Workload;
use crate::units::{JobId, RowId};

use super::text::{put_field, put_u64};

/// Writes job identifiers: the source's, with `:index` for the child of an array, and with `~2`, `~3` … for what a rule
/// submitted again.
#[derive(Clone, Debug)]
pub struct JobIds<'w> {
    workload: &'w Workload,
    /// Jobs of each (row, child) in order of appearance; only where rules can submit again.
    jobs: Option<FxHashMap<Submitted, Vec<JobId>>>,
    scratch: Vec<u8>,
}

/// A row, and which of its children.
type Submitted = (RowId, Option<u32>);

impl<'w> JobIds<'w> {
    /// Identifiers of the jobs of `workload`; `resubmits` where the scenario has rules.
    pub fn new(workload: &'w Workload, resubmits: bool) -> JobIds<'w> {
        JobIds {
            workload,
            jobs: resubmits.then(FxHashMap::default),
            scratch: Vec::new(),
        }
    }

    /// The source's identifier of the row: for an array, that of its children's `array_id`.
    fn source(&self, row: RowId) -> u32 {
        let row = self.workload.row(row);
        let stated = self
            .workload
            .extra(row)
            .and_then(|extra| extra.array_source);
        stated.unwrap_or(row.source)
    }

    /// Writes the identifier of a job as a CSV field.
    #[inline]
    pub fn put(&mut self, out: &mut Vec<u8>, job: JobId, row: RowId, child: Option<u32>) {
        let source = self.workload.row(row).source;
        if child.is_none() && self.jobs.is_none() && source < crate::model::Row::NAMED {
            put_u64(out, u64::from(source));
            return;
        }
        self.put_long(out, job, row, child);
    }

    fn put_long(&mut self, out: &mut Vec<u8>, job: JobId, row: RowId, child: Option<u32>) {
        let source = self.source(row);
        let mut text = std::mem::take(&mut self.scratch);
        text.clear();
        self.workload.write_source(source, &mut text);
        if let Some(index) = child {
            text.push(b':');
            put_u64(&mut text, u64::from(index));
        }
        let time = self.time_of(job, row, child);
        if time > 1 {
            text.push(b'~');
            put_u64(&mut text, time);
        }
        put_field(out, &text);
        self.scratch = text;
    }

    /// The how manieth job of its row and child this is, from 1.
    fn time_of(&mut self, job: JobId, row: RowId, child: Option<u32>) -> u64 {
        let Some(jobs) = &mut self.jobs else { return 1 };
        let known = jobs.entry((row, child)).or_default();
        let place = known.iter().position(|&other| other == job);
        place.unwrap_or_else(|| {
            known.push(job);
            known.len() - 1
        }) as u64
            + 1
    }

    /// Writes the identifier of a child's array as a CSV field.
    pub fn put_array(&mut self, out: &mut Vec<u8>, row: RowId) {
        let source = self.source(row);
        self.scratch.clear();
        self.workload.write_source(source, &mut self.scratch);
        put_field(out, &self.scratch);
    }
}
