//! What jobs are called in tables: by the identifier that their source gives them.

use crate::model::{Dependency, DependencyKind, Row, Workload};
use crate::units::RowId;

use super::text::{put_field, put_u64};

/// Job identifiers as CSV fields. What a method returns holds until the next is called.
#[derive(Clone, Debug)]
pub struct JobIds<'w> {
    workload: &'w Workload,
    text: Vec<u8>,
    field: Vec<u8>,
}

impl<'w> JobIds<'w> {
    /// Identifiers of the jobs of `workload`.
    pub fn new(workload: &'w Workload) -> JobIds<'w> {
        JobIds {
            workload,
            text: Vec::new(),
            field: Vec::new(),
        }
    }

    /// The identifier of a job, where that is just a number.
    #[inline]
    pub fn number(&self, row: &Row, child: Option<u32>, resubmission: u32) -> Option<u32> {
        let is_number = child.is_none() && resubmission == 0 && row.source < Row::NAMED;
        is_number.then_some(row.source)
    }

    /// The identifier of a job.
    pub fn of(&mut self, row: RowId, child: Option<u32>, resubmission: u32) -> &[u8] {
        self.text.clear();
        self.workload
            .write_job_id(row, child, resubmission, &mut self.text);
        self.as_field()
    }

    /// The identifier of a child's array.
    pub fn array(&mut self, row: RowId) -> &[u8] {
        self.source(self.workload.source_of(row))
    }

    /// A name or number of the source.
    pub fn source(&mut self, source: u32) -> &[u8] {
        self.text.clear();
        self.workload.write_source(source, &mut self.text);
        self.as_field()
    }

    /// What the jobs of `row` wait for, as a trace says it: `7`, `7:3`, `n_to_n:7`, `sequential`, with spaces between.
    pub fn dependencies(&mut self, row: &Row) -> &[u8] {
        self.text.clear();
        if let Some(extra) = self.workload.extra(row) {
            let range = extra.dependencies.start as usize..extra.dependencies.end as usize;
            for dependency in &self.workload.dependencies[range] {
                self.add_dependency(dependency);
            }
            if extra.sequential {
                self.add_space();
                self.text.extend_from_slice(b"sequential");
            }
        }
        self.as_field()
    }

    fn add_dependency(&mut self, dependency: &Dependency) {
        self.add_space();
        if dependency.kind == DependencyKind::SameIndex {
            self.text.extend_from_slice(b"n_to_n:");
        }
        let source = self.workload.source_of(dependency.on);
        self.workload.write_source(source, &mut self.text);
        if let DependencyKind::Child(index) = dependency.kind {
            self.text.push(b':');
            put_u64(&mut self.text, u64::from(index));
        }
    }

    fn add_space(&mut self) {
        if !self.text.is_empty() {
            self.text.push(b' ');
        }
    }

    fn as_field(&mut self) -> &[u8] {
        self.field.clear();
        put_field(&mut self.field, &self.text);
        &self.field
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Extra;
    use crate::units::{SimTime, Span};

    #[test]
    fn dependencies_are_named_as_a_trace_names_them() {
        let row = |source, extra| Row {
            extra,
            ..Row::plain(source, SimTime::ZERO, Span::ZERO, 1)
        };
        let on = |on, kind| Dependency {
            on: RowId(on),
            kind,
        };
        let workload = Workload {
            rows: vec![row(7, Row::PLAIN), row(Row::NAMED, 0), row(9, 1)],
            extras: vec![
                Extra {
                    array: 5,
                    ..Extra::default()
                },
                Extra {
                    array: 5,
                    sequential: true,
                    dependencies: 0..3,
                    ..Extra::default()
                },
            ],
            dependencies: vec![
                on(0, DependencyKind::Whole),
                on(1, DependencyKind::Child(3)),
                on(1, DependencyKind::SameIndex),
            ],
            names: vec!["a,b".to_owned()],
            ..Workload::default()
        };
        let mut ids = JobIds::new(&workload);
        let mut text =
            |row: usize| String::from_utf8(ids.dependencies(&workload.rows[row]).to_vec()).unwrap();
        assert_eq!(text(0), "");
        assert_eq!(text(1), "");
        assert_eq!(text(2), "\"7 a,b:3 n_to_n:a,b sequential\"");
    }
}
