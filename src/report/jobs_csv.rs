//! `jobs.csv`: a row for each job, in order of end. It is a trace again, and the hottest writer there is.

use std::io::{self, Write};

use crate::model::{JobRecord, Named};
use crate::model::{JobStatus, Row, StatusReason, TimeCause, Workload};

use super::job_ids::JobIds;
use super::names::Names;
use super::text::{Out, RoundedColumn, put_field, put_seconds, put_ticks, put_u64};

/// The columns. Seconds have up to three decimals; empty means not applicable. `wait_s` = `dependency_s` + `eligible_s` and
/// reaches to the start of the last attempt; `dependency_s` to `lost_s`, without `eligible_s`, `work_s` and `estimate_s`, sum
/// with `run_s` to `end_s` − `submit_s` for a job that started.
pub const JOBS_HEADER: &str = "job_id,status,submit_s,start_s,end_s,wait_s,run_s,attempts,vcpus,\
dependency_s,eligible_s,work_s,estimate_s,memory_mib,gpus,nodes,job_queue,share_identifier,array_id,array_index,user,group,\
exit_code,blocked_head_s,share_s,queue_s,consumable_s,max_vcpus_s,capacity_s,dispatch_s,image_pull_s,lost_s,cost_usd,reason\n";

/// The causes that have columns of their own from `blocked_head_s` on, in order.
const CAUSES: [TimeCause; 9] = [
    TimeCause::BlockedHead,
    TimeCause::Share,
    TimeCause::Queue,
    TimeCause::Consumable,
    TimeCause::MaxVcpus,
    TimeCause::Capacity,
    TimeCause::Dispatch,
    TimeCause::ImagePull,
    TimeCause::Lost,
];

/// The columns of [`CAUSES`] for a job that never waited, each with its comma.
const NO_CAUSES: &[u8] = b"0,0,0,0,0,0,0,0,0,";

/// Writes `jobs.csv`.
#[derive(Debug)]
pub struct JobsCsv<'w, W: Write> {
    workload: &'w Workload,
    ids: JobIds<'w>,
    names: Names,
    cost: RoundedColumn,
    reason: Vec<u8>,
    out: Out<W>,
}

impl<'w, W: Write> JobsCsv<'w, W> {
    /// Writes to `to`.
    pub fn new(workload: &'w Workload, to: W) -> JobsCsv<'w, W> {
        JobsCsv {
            workload,
            ids: JobIds::new(workload),
            names: Names::default(),
            cost: RoundedColumn::default(),
            reason: Vec::new(),
            out: Out::new(to, JOBS_HEADER),
        }
    }

    /// Takes a name.
    pub fn named(&mut self, name: Named<'_>) {
        self.names.add(name);
    }

    /// Writes a job; one that is left has a reason `why` and no end.
    pub fn job(&mut self, job: &JobRecord<'_>, why: Option<&str>) {
        let row = self.workload.row(job.row);
        let out = &mut self.out.bytes;
        self.ids
            .put(out, job.row, job.array_index, job.resubmission);
        out.extend_from_slice(status_field(job.status));
        put_seconds(out, job.submitted.ms());
        out.push(b',');
        put_life(out, job, why.is_none());
        put_demands(out, job);
        out.extend_from_slice(self.names.queue(job.queue));
        out.push(b',');
        out.extend_from_slice(self.names.share(job.share));
        // What a rule submitted again is no child any more: as a trace, the table would have the child twice.
        match job.array_index.filter(|_| job.resubmission == 0) {
            None => out.extend_from_slice(b",,,"),
            Some(index) => {
                out.push(b',');
                self.ids.put_array(out, job.row);
                out.push(b',');
                put_u64(out, u64::from(index));
                out.push(b',');
            }
        }
        put_origin(out, row);
        if let Some(code) = job.exit_code {
            put_u64(out, u64::from(code));
        }
        out.push(b',');
        put_causes(out, job);
        put_ticks(out, self.cost.next(job.cost));
        out.push(b',');
        match why {
            Some(why) => put_field(out, why.as_bytes()),
            None => put_reason(out, job.reason, &mut self.reason),
        }
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

fn status_field(status: JobStatus) -> &'static [u8] {
    match status {
        JobStatus::Submitted => b",SUBMITTED,",
        JobStatus::Pending => b",PENDING,",
        JobStatus::Runnable => b",RUNNABLE,",
        JobStatus::Starting => b",STARTING,",
        JobStatus::Running => b",RUNNING,",
        JobStatus::Succeeded => b",SUCCEEDED,",
        JobStatus::Failed => b",FAILED,",
    }
}

/// `start_s` to `estimate_s`.
#[inline]
fn put_life(out: &mut Vec<u8>, job: &JobRecord<'_>, ended: bool) {
    let dependency = job.time.get(TimeCause::Dependency);
    let mut seconds = |value: Option<u64>| {
        if let Some(ms) = value {
            put_seconds(out, ms);
        }
        out.push(b',');
    };
    let end = job.ended.ms();
    let start = job.started.map(|start| start.ms());
    let wait = start.map(|start| start - job.submitted.ms());
    seconds(start);
    seconds(ended.then_some(end));
    seconds(wait);
    seconds(start.filter(|_| ended).map(|start| end - start));
    put_u64(out, u64::from(job.attempts));
    out.push(b',');
    put_u64(out, u64::from(job.shape.vcpus));
    out.push(b',');
    let mut seconds = |value: Option<u64>| {
        if let Some(ms) = value {
            put_seconds(out, ms);
        }
        out.push(b',');
    };
    seconds(Some(dependency.ms()));
    seconds(wait.map(|wait| wait.saturating_sub(dependency.ms())));
    seconds(Some(job.work.ms()));
    seconds((!job.estimate.is_zero()).then_some(job.estimate.ms()));
}

/// `memory_mib` to `nodes`.
#[inline]
fn put_demands(out: &mut Vec<u8>, job: &JobRecord<'_>) {
    if job.shape.memory == 0 && job.shape.gpus == 0 && job.nodes == 1 {
        out.extend_from_slice(b"0,0,1,");
        return;
    }
    for number in [job.shape.memory, job.shape.gpus, job.nodes] {
        put_u64(out, u64::from(number));
        out.push(b',');
    }
}

/// `user` and `group`.
#[inline]
fn put_origin(out: &mut Vec<u8>, row: &Row) {
    for number in [row.user, row.group] {
        if number != Row::UNKNOWN {
            put_u64(out, u64::from(number));
        }
        out.push(b',');
    }
}

/// `blocked_head_s` to `lost_s`.
#[inline]
fn put_causes(out: &mut Vec<u8>, job: &JobRecord<'_>) {
    let any = CAUSES
        .iter()
        .fold(0, |any, &cause| any | job.time.get(cause).ms());
    if any == 0 {
        out.extend_from_slice(NO_CAUSES);
        return;
    }
    for cause in CAUSES {
        put_seconds(out, job.time.get(cause).ms());
        out.push(b',');
    }
}

/// A status reason as a field; `scratch` is for those that are put together.
pub(super) fn put_reason(out: &mut Vec<u8>, reason: &StatusReason, scratch: &mut Vec<u8>) {
    match reason {
        StatusReason::None => {}
        StatusReason::EssentialContainerExited => {
            out.extend_from_slice(b"Essential container in task exited");
        }
        other => {
            scratch.clear();
            // Writing to memory does not fail.
            let _ = write!(scratch, "{other}");
            put_field(out, scratch);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Extra, TimeCauses};
    use crate::units::{EnvId, JobId, QueueId, RowId, Shape, ShareId, SimTime, Span, Usd};

    fn workload() -> Workload {
        let row = |extra, source, user| Row {
            submit: SimTime::ZERO,
            work: Span::from_s(5),
            estimate: Span::ZERO,
            vcpus: 1,
            memory: 0,
            gpus: 0,
            template: 0,
            extra,
            source,
            user,
            group: Row::UNKNOWN,
        };
        Workload {
            rows: vec![row(Row::PLAIN, 17, 4), row(0, Row::NAMED, Row::UNKNOWN)],
            extras: vec![Extra {
                array: 3,
                ..Extra::default()
            }],
            names: vec!["align, all".to_owned()],
            ..Workload::default()
        }
    }

    fn plain() -> JobRecord<'static> {
        let mut time = TimeCauses::default();
        time.add(TimeCause::Run, Span::from_s(5));
        JobRecord {
            job: JobId(0),
            row: RowId(0),
            array_index: None,
            resubmission: 0,
            nodes: 1,
            status: JobStatus::Succeeded,
            reason: &StatusReason::EssentialContainerExited,
            exit_code: Some(0),
            queue: QueueId(0),
            share: ShareId::NONE,
            environment: EnvId(0),
            shape: Shape::new(1, 0, 0),
            submitted: SimTime::ZERO,
            eligible: Some(SimTime::ZERO),
            started: Some(SimTime::ZERO),
            ended: SimTime::from_s(5),
            work: Span::from_s(5),
            estimate: Span::ZERO,
            attempts: 1,
            time,
            cost: Usd::from_ticks(590_277),
        }
    }

    /// The rows of `jobs` without the header.
    fn rows(jobs: &[(JobRecord<'_>, Option<&str>)]) -> Vec<String> {
        let workload = workload();
        let mut table = JobsCsv::new(&workload, Vec::new());
        table.named(Named::Queue(QueueId(0), "main"));
        table.named(Named::Share(ShareId(0), QueueId(0), "blue"));
        for (job, why) in jobs {
            table.job(job, *why);
        }
        let text = String::from_utf8(table.finish().unwrap()).unwrap();
        let (header, rows) = text.split_once('\n').unwrap();
        assert_eq!(format!("{header}\n"), JOBS_HEADER);
        rows.lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_job_that_never_waited_has_zeros_for_causes() {
        assert_eq!(
            rows(&[(plain(), None)]),
            [
                "17,SUCCEEDED,0,0,5,0,5,1,1,0,0,5,,0,0,1,main,,,,4,,0,0,0,0,0,0,0,0,0,0,0.0000590277,Essential container in task exited"
            ]
        );
    }

    #[test]
    fn a_child_is_called_after_its_array_and_quoted_where_that_must_be() {
        let mut child = plain();
        (child.row, child.array_index, child.share) = (RowId(1), Some(2), ShareId(0));
        child.shape = Shape::new(2, 512, 1);
        child.estimate = Span::from_ms(7_500);
        child.time.add(TimeCause::Dependency, Span::from_s(2));
        child.time.add(TimeCause::Queue, Span::from_ms(1_500));
        child.started = Some(SimTime::from_ms(3_500));
        child.ended = SimTime::from_ms(8_500);
        assert_eq!(
            rows(&[(child, None)]),
            [
                "\"align, all:2\",SUCCEEDED,0,3.5,8.5,3.5,5,1,2,2,1.5,5,7.5,512,1,1,main,blue,\"align, all\",2,,,0,0,0,1.5,0,0,0,0,0,0,0.0000590277,Essential container in task exited"
            ]
        );
    }

    #[test]
    fn a_job_that_is_left_has_no_end_and_says_why() {
        let mut left = plain();
        left.status = JobStatus::Runnable;
        (left.started, left.exit_code, left.cost, left.attempts) = (None, None, Usd::ZERO, 0);
        assert_eq!(
            rows(&[(left, Some("needs more, than there is"))]),
            [
                "17,RUNNABLE,0,,,,,0,1,0,,5,,0,0,1,main,,,,4,,,0,0,0,0,0,0,0,0,0,0,\"needs more, than there is\""
            ]
        );
    }

    #[test]
    fn every_row_has_a_field_for_every_column() {
        let columns = JOBS_HEADER.split(',').count();
        for row in rows(&[(plain(), None)]) {
            assert_eq!(row.split(',').count(), columns);
        }
    }

    #[test]
    fn what_a_rule_submits_again_has_a_name_of_its_own() {
        let mut again = plain();
        again.resubmission = 1;
        let rows = rows(&[(plain(), None), (again, None)]);
        assert!(
            rows[0].starts_with("17,") && rows[1].starts_with("17~1,"),
            "{rows:?}"
        );
    }
}
