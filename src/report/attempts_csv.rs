//! `attempts.csv`: a row for each attempt, in order of end, ties by job.

use std::io::{self, Write};

use crate::model::Workload;
use crate::model::{AttemptRecord, Named};

use super::job_ids::JobIds;
use super::jobs_csv::put_reason;
use super::names::Names;
use super::text::{Out, RoundedColumn, put_field, put_seconds, put_ticks, put_u64};

/// The columns. `placed_s` is when the attempt entered STARTING, `start_s` when it entered RUNNING (empty where it never
/// did), `retried` whether the job was tried again.
pub const ATTEMPTS_HEADER: &str = "job_id,attempt,placed_s,start_s,end_s,run_s,exit_code,status_reason,container_reason,\
retried,job_queue,compute_environment,instance_id,nodes,vcpus,memory_mib,gpus,cost_usd\n";

/// Writes `attempts.csv`.
#[derive(Debug)]
pub struct AttemptsCsv<'w, W: Write> {
    ids: JobIds<'w>,
    names: Names,
    cost: RoundedColumn,
    reason: Vec<u8>,
    out: Out<W>,
}

impl<'w, W: Write> AttemptsCsv<'w, W> {
    /// Writes to `to`.
    pub fn new(workload: &'w Workload, to: W) -> AttemptsCsv<'w, W> {
        AttemptsCsv {
            ids: JobIds::new(workload),
            names: Names::default(),
            cost: RoundedColumn::default(),
            reason: Vec::new(),
            out: Out::new(to, ATTEMPTS_HEADER),
        }
    }

    /// Takes a name.
    pub fn named(&mut self, name: Named<'_>) {
        self.names.add(name);
    }

    /// Writes an attempt.
    pub fn attempt(&mut self, attempt: &AttemptRecord<'_>) {
        let out = &mut self.out.bytes;
        self.ids
            .put(out, attempt.row, attempt.array_index, attempt.resubmission);
        out.push(b',');
        put_u64(out, u64::from(attempt.attempt));
        out.push(b',');
        put_seconds(out, attempt.placed.ms());
        out.push(b',');
        if let Some(started) = attempt.started {
            put_seconds(out, started.ms());
        }
        out.push(b',');
        put_seconds(out, attempt.ended.ms());
        out.push(b',');
        if let Some(started) = attempt.started {
            put_seconds(out, (attempt.ended - started).ms());
        }
        out.push(b',');
        if let Some(code) = attempt.exit_code {
            put_u64(out, u64::from(code));
        }
        out.push(b',');
        put_reason(out, attempt.reason, &mut self.reason);
        out.push(b',');
        put_field(out, attempt.container_reason.as_bytes());
        out.extend_from_slice(if attempt.retried {
            b",true,"
        } else {
            b",false,"
        });
        out.extend_from_slice(self.names.queue(attempt.queue));
        out.push(b',');
        out.extend_from_slice(self.names.environment(attempt.environment));
        out.push(b',');
        put_instance(out, attempt.instance.0);
        out.push(b',');
        let shape = attempt.shape;
        for number in [attempt.nodes, shape.vcpus, shape.memory, shape.gpus] {
            put_u64(out, u64::from(number));
            out.push(b',');
        }
        put_ticks(out, self.cost.next(attempt.cost));
        out.push(b'\n');
        self.out.row_done();
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// The first error of the destination.
    pub fn finish(self) -> io::Result<W> {
        self.out.finish()
    }
}

/// An instance identifier as EC2 writes them: `i-` and 17 hexadecimal digits.
pub(super) fn put_instance(out: &mut Vec<u8>, number: u32) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut text = *b"i-00000000000000000";
    for (place, digit) in text[11..].iter_mut().rev().enumerate() {
        *digit = HEX[(number >> (4 * place) & 15) as usize];
    }
    out.extend_from_slice(&text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Row, StatusReason};
    use crate::units::{EnvId, InstanceId, JobId, QueueId, RowId, Shape, SimTime, Span, Usd};

    #[test]
    fn an_attempt_that_lost_its_machine_names_it() {
        let workload = Workload {
            rows: vec![Row {
                submit: SimTime::ZERO,
                work: Span::ZERO,
                estimate: Span::ZERO,
                vcpus: 0,
                memory: 0,
                gpus: 0,
                template: 0,
                extra: Row::PLAIN,
                source: 5,
                user: Row::UNKNOWN,
                group: Row::UNKNOWN,
            }],
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
