//! `attempts.csv`: a row for each attempt, in order of end, ties by job.

use std::io::{self, Write};

use crate::model::Workload;
use crate::model::{AttemptRecord, Named};
use crate::units::InstanceId;

use super::job_ids::JobIds;
use super::jobs_csv::reason;
use super::names::Names;
use super::sheet::Sheet;
use super::text::put_field;

/// The columns. `placed_s` is when the attempt entered STARTING, `start_s` when it entered RUNNING (empty where it never
/// did), `retried` whether the job was tried again.
pub const ATTEMPTS_HEADER: &str = "job_id,attempt,placed_s,start_s,end_s,run_s,exit_code,status_reason,container_reason,\
retried,job_queue,compute_environment,instance_id,nodes,vcpus,memory_mib,gpus,cost_usd\n";

/// Writes `attempts.csv`.
#[derive(Debug)]
pub struct AttemptsCsv<'w, W: Write> {
    workload: &'w Workload,
    ids: JobIds<'w>,
    names: Names,
    scratch: Vec<u8>,
    sheet: Sheet<W>,
}

impl<'w, W: Write> AttemptsCsv<'w, W> {
    /// Writes to `to`.
    pub fn new(workload: &'w Workload, to: W) -> AttemptsCsv<'w, W> {
        AttemptsCsv {
            workload,
            ids: JobIds::new(workload),
            names: Names::default(),
            scratch: Vec::new(),
            sheet: Sheet::new(to, ATTEMPTS_HEADER),
        }
    }

    /// Takes a name.
    pub fn named(&mut self, name: Named<'_>) {
        self.names.add(name);
    }

    /// Writes an attempt, which ended no earlier than the one before.
    pub fn attempt(&mut self, attempt: &AttemptRecord<'_>) {
        let sheet = &mut self.sheet;
        let key = u64::from(attempt.job.0) << 8 | u64::from(attempt.attempt);
        sheet.begin(attempt.ended, key);
        let (child, resubmission) = (attempt.array_index, attempt.resubmission);
        let row = self.workload.row(attempt.row);
        match self.ids.number(row, child, resubmission) {
            Some(number) => sheet.numbers(|out| out.digits(number.into())),
            None => sheet.text(self.ids.of(attempt.row, child, resubmission)),
        }
        sheet.numbers(|out| {
            out.empty();
            out.whole(attempt.attempt.into());
            out.seconds(attempt.placed.ms());
            match attempt.started {
                Some(started) => {
                    out.seconds(started.ms());
                    out.seconds(attempt.ended.ms());
                    out.seconds((attempt.ended - started).ms());
                }
                None => {
                    out.empty();
                    out.seconds(attempt.ended.ms());
                    out.empty();
                }
            }
            match attempt.exit_code {
                Some(code) => out.whole(code.into()),
                None => out.empty(),
            }
        });
        sheet.text(reason(attempt.reason, &mut self.scratch));
        sheet.text(b",");
        self.scratch.clear();
        put_field(&mut self.scratch, attempt.container_reason.as_bytes());
        sheet.text(&self.scratch);
        sheet.text(if attempt.retried {
            b",true,"
        } else {
            b",false,"
        });
        sheet.text(self.names.queue(attempt.queue));
        sheet.text(b",");
        sheet.text(self.names.environment(attempt.environment));
        sheet.text(b",");
        sheet.text(&instance_id(attempt.instance));
        sheet.money(attempt.cost, |out| {
            let shape = attempt.shape;
            out.empty();
            for number in [attempt.nodes, shape.vcpus, shape.memory, shape.gpus] {
                out.whole(number.into());
            }
        });
        sheet.end(b"\n");
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// The first error of the destination.
    pub fn finish(self) -> io::Result<W> {
        self.sheet.finish()
    }
}

/// An instance identifier as EC2 writes them: `i-` and 17 hexadecimal digits; that of a Fargate task is `task-` and 14.
pub(super) fn instance_id(id: InstanceId) -> [u8; 19] {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let (number, mut text) = match id.task() {
        None => (id.0, *b"i-00000000000000000"),
        Some(task) => (task, *b"task-00000000000000"),
    };
    for (place, digit) in text[11..].iter_mut().rev().enumerate() {
        *digit = HEX[(number >> (4 * place) & 15) as usize];
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Row, StatusReason};
    use crate::units::{EnvId, JobId, QueueId, RowId, Shape, SimTime, Span, Usd};

    #[test]
    fn an_attempt_that_lost_its_machine_names_it() {
        let workload = Workload {
            rows: vec![Row::plain(5, SimTime::ZERO, Span::ZERO, 0)],
            ..Workload::default()
        };
        let mut table = AttemptsCsv::new(&workload, Vec::new());
        table.named(Named::Queue(QueueId(0), "q"));
        table.named(Named::Environment(EnvId(0), "e,1"));
        table.attempt(&AttemptRecord {
            job: JobId(0),
            row: RowId(0),
            array_index: None,
            resubmission: 0,
            attempt: 2,
            queue: QueueId(0),
            environment: EnvId(0),
            instance: InstanceId(0x1a),
            nodes: 1,
            shape: Shape::new(4, 100, 0),
            placed: SimTime::from_s(1),
            started: Some(SimTime::from_s(4)),
            ended: SimTime::from_ms(9_250),
            exit_code: None,
            reason: &StatusReason::HostTerminated(InstanceId(0x1a)),
            container_reason: "",
            retried: true,
            cost: Usd::from_ticks(10),
        });
        let text = String::from_utf8(table.finish().unwrap()).unwrap();
        assert_eq!(
            text.lines().nth(1).unwrap(),
            "5,2,1,4,9.25,5.25,,Host EC2 (instance i-0000000000000001a) terminated.,,true,q,\"e,1\",i-0000000000000001a,1,4,100,0,0.000000001"
        );
        assert_eq!(text.lines().next().unwrap().split(',').count(), 18);
    }
}
