//! The tables of one run: which are wanted, and the sink that streams or gathers them.

use std::io::{self, Write};

use crate::billing::lines::Line;
use crate::metrics::{RowSink, Timeline};
use crate::model::{AttemptRecord, InstanceRecord, JobRecord, Named};
use crate::model::{Catalogue, Workload};

use super::attempts_csv::AttemptsCsv;
use super::hours_csv::hours_csv;
use super::jobs_csv::JobsCsv;
use super::machine_tables::{bill_csv, instances_csv};
use super::names::Names;
use super::timeline_csv::timeline_csv;

/// A table of a run folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// `jobs.csv`.
    Jobs,
    /// `attempts.csv`.
    Attempts,
    /// `instances.csv`.
    Instances,
    /// `timeline.csv`.
    Timeline,
    /// `bill.csv`.
    Bill,
    /// `hours.csv`.
    Hours,
}

impl Table {
    /// All tables, in the order in which help and manifests list them.
    pub const ALL: [Table; 6] = [
        Table::Jobs,
        Table::Attempts,
        Table::Instances,
        Table::Timeline,
        Table::Bill,
        Table::Hours,
    ];

    /// The name that `--tables` uses.
    pub const fn name(self) -> &'static str {
        match self {
            Table::Jobs => "jobs",
            Table::Attempts => "attempts",
            Table::Instances => "instances",
            Table::Timeline => "timeline",
            Table::Bill => "bill",
            Table::Hours => "hours",
        }
    }

    /// The file it is written to.
    pub const fn file(self) -> &'static str {
        match self {
            Table::Jobs => "jobs.csv",
            Table::Attempts => "attempts.csv",
            Table::Instances => "instances.csv",
            Table::Timeline => "timeline.csv",
            Table::Bill => "bill.csv",
            Table::Hours => "hours.csv",
        }
    }

    /// Reads `jobs,bill`, `all` or `none`; the tables come in the order of [`Table::ALL`].
    ///
    /// # Errors
    /// A sentence with the names there are.
    pub fn parse_list(text: &str) -> Result<Vec<Table>, String> {
        match text {
            "all" => return Ok(Table::ALL.to_vec()),
            "none" => return Ok(Vec::new()),
            _ => {}
        }
        let mut tables = Vec::new();
        for name in text.split(',') {
            let known = Table::ALL
                .into_iter()
                .find(|table| table.name() == name.trim());
            tables.push(known.ok_or_else(|| {
                let names = Table::ALL.map(Table::name).join(", ");
                format!("`{name}` is not a table; use {names}, all or none")
            })?);
        }
        tables.sort_unstable();
        tables.dedup();
        Ok(tables)
    }
}

/// The rows of one run: jobs and attempts stream to their destinations, instances are kept for the end.
#[derive(Debug)]
pub struct Tables<'w, W: Write> {
    jobs: Option<JobsCsv<'w, W>>,
    attempts: Option<AttemptsCsv<'w, W>>,
    instances: Option<Vec<InstanceRecord>>,
    names: Names,
}

/// Tables that are written at the end, by name of file.
pub type Finished = Vec<(&'static str, Vec<u8>)>;

impl<'w, W: Write> Tables<'w, W> {
    /// Streams jobs and attempts to the destinations given; keeps instances where `wanted` has a table that needs them.
    pub fn new(
        workload: &'w Workload,
        wanted: &[Table],
        jobs: Option<W>,
        attempts: Option<W>,
    ) -> Tables<'w, W> {
        let of_machines = [Table::Instances, Table::Bill, Table::Hours];
        let machines = wanted.iter().any(|table| of_machines.contains(table));
        Tables {
            jobs: jobs.map(|to| JobsCsv::new(workload, to)),
            attempts: attempts.map(|to| AttemptsCsv::new(workload, to)),
            instances: machines.then(Vec::new),
            names: Names::default(),
        }
    }

    /// Writes what is left of the streams, and the tables that are made at the end; `lines` are those of the bill that belong to
    /// no instance.
    ///
    /// # Errors
    /// The name of the file that could not be written, and why.
    pub fn finish(
        self,
        wanted: &[Table],
        timeline: Option<&Timeline>,
        catalogue: &Catalogue,
        lines: &[Line],
    ) -> Result<Finished, (&'static str, io::Error)> {
        if let Some(jobs) = self.jobs {
            jobs.finish().map_err(|error| (Table::Jobs.file(), error))?;
        }
        if let Some(attempts) = self.attempts {
            attempts
                .finish()
                .map_err(|error| (Table::Attempts.file(), error))?;
        }
        let instances = self.instances.unwrap_or_default();
        let finished = wanted.iter().filter_map(|table| {
            let bytes = match table {
                Table::Jobs | Table::Attempts => return None,
                Table::Instances => instances_csv(&instances, &self.names, catalogue),
                Table::Bill => bill_csv(&instances, lines, &self.names, catalogue),
                Table::Hours => hours_csv(&instances, lines, &self.names, catalogue),
                Table::Timeline => timeline_csv(timeline?),
            };
            Some((table.file(), bytes))
        });
        Ok(finished.collect())
    }
}

impl<W: Write> RowSink for Tables<'_, W> {
    fn named(&mut self, name: Named<'_>) {
        if let Some(jobs) = &mut self.jobs {
            jobs.named(name);
        }
        if let Some(attempts) = &mut self.attempts {
            attempts.named(name);
        }
        self.names.add(name);
    }

    fn job(&mut self, job: &JobRecord<'_>, why: Option<&str>) {
        if let Some(jobs) = &mut self.jobs {
            jobs.job(job, why);
        }
    }

    fn attempt(&mut self, attempt: &AttemptRecord<'_>) {
        if let Some(attempts) = &mut self.attempts {
            attempts.attempt(attempt);
        }
    }

    fn instance(&mut self, instance: &InstanceRecord) {
        if let Some(instances) = &mut self.instances {
            instances.push(instance.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_named_in_any_order_and_a_wrong_name_is_answered_with_the_right_ones() {
        let list = Table::parse_list("bill,jobs,bill").unwrap();
        assert_eq!(list, [Table::Jobs, Table::Bill]);
        assert_eq!(Table::parse_list("none").unwrap(), []);
        assert!(
            Table::parse_list("job")
                .unwrap_err()
                .contains("jobs, attempts")
        );
    }
}
