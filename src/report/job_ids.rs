//! What jobs are called in tables: by the identifier that their source gives them.

use crate::model::{Row, Workload};
use crate::units::RowId;

use super::text::{put_field, put_u64};

/// Writes job identifiers: the source's, with `:index` for the child of an array, and with `~1`, `~2` … for what a rule
/// submitted again.
#[derive(Clone, Debug)]
pub struct JobIds<'w> {
    workload: &'w Workload,
    scratch: Vec<u8>,
}

impl<'w> JobIds<'w> {
    /// Identifiers of the jobs of `workload`.
    pub fn new(workload: &'w Workload) -> JobIds<'w> {
        JobIds {
            workload,
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
    pub fn put(&mut self, out: &mut Vec<u8>, row: RowId, child: Option<u32>, resubmission: u32) {
        let source = self.workload.row(row).source;
        if child.is_none() && resubmission == 0 && source < Row::NAMED {
            put_u64(out, u64::from(source));
            return;
        }
        self.put_long(out, row, child, resubmission);
    }

    fn put_long(&mut self, out: &mut Vec<u8>, row: RowId, child: Option<u32>, resubmission: u32) {
        let source = match child {
            Some(_) => self.source(row),
            None => self.workload.row(row).source,
        };
        let text = &mut self.scratch;
        text.clear();
        self.workload.write_source(source, text);
        if let Some(index) = child {
            text.push(b':');
            put_u64(text, u64::from(index));
        }
        if resubmission > 0 {
            text.push(b'~');
            put_u64(text, u64::from(resubmission));
        }
        put_field(out, text);
    }

    /// Writes the identifier of a child's array as a CSV field.
    pub fn put_array(&mut self, out: &mut Vec<u8>, row: RowId) {
        let source = self.source(row);
        self.scratch.clear();
        self.workload.write_source(source, &mut self.scratch);
        put_field(out, &self.scratch);
    }
}
