//! `jobs.csv`: a row for each job, in order of end. It is a trace again, and the hottest writer there is.

use std::io::{self, Write};

use crate::model::{Fate, FateKind, JobStatus, Row, StatusReason, TimeCause, Workload};
use crate::model::{JobRecord, Named};
use crate::units::{ShareId, SimTime, Span};

use super::job_ids::JobIds;
use super::names::Names;
use super::numbers::Numbers;
use super::sheet::Sheet;
use super::text::{put_field, put_seconds, put_u64};

/// The columns. Seconds have up to three decimals; empty means not applicable. `wait_s` = `dependency_s` + `eligible_s` and
/// reaches to the start of the last attempt; `dependency_s` to `lost_s`, without `eligible_s`, `work_s` and `estimate_s`, sum
/// with `run_s` to `end_s` − `submit_s` for a job that started; `lost_s` is that of whole earlier attempts, also where a checkpoint kept some of their work. `depends_on` and `fates` are as a trace states them; `attempts_max` is
/// empty where it is 1. `status_reason` is empty where
/// the job succeeded and its reason is that of all that do, "Essential container in task exited".
pub const JOBS_HEADER: &str = "job_id,status,submit_s,start_s,end_s,wait_s,run_s,attempts,vcpus,\
dependency_s,eligible_s,work_s,estimate_s,memory_mib,gpus,nodes,job_queue,share_identifier,array_id,array_index,depends_on,\
attempts_max,timeout_s,fates,user,group,exit_code,blocked_head_s,share_s,queue_s,consumable_s,max_vcpus_s,capacity_s,scaling_s,boot_s,dispatch_s,image_pull_s,lost_s,\
cost_usd,status_reason\n";

/// The causes that have columns of their own from `blocked_head_s` on, in order.
const CAUSES: [TimeCause; 11] = [
    TimeCause::BlockedHead,
    TimeCause::Share,
    TimeCause::Queue,
    TimeCause::Consumable,
    TimeCause::MaxVcpus,
    TimeCause::Capacity,
    TimeCause::Scaling,
    TimeCause::Boot,
    TimeCause::Dispatch,
    TimeCause::ImagePull,
    TimeCause::Lost,
];

/// The columns of [`CAUSES`] for a job that never waited, each with its comma.
const NO_CAUSES: &[u8; 2 * CAUSES.len()] = b"0,0,0,0,0,0,0,0,0,0,0,";

/// Writes `jobs.csv`.
#[derive(Debug)]
pub struct JobsCsv<'w, W: Write> {
    workload: &'w Workload,
    ids: JobIds<'w>,
    names: Names,
    /// `job_queue` to `fates` of plain jobs, by queue.
    plain_terms: Vec<Vec<u8>>,
    scratch: Vec<u8>,
    sheet: Sheet<W>,
}

/// `share_identifier` to `fates` of a job that has none of them, with the comma before.
const NO_TERMS: &[u8] = b",,,,,,,,";

impl<'w, W: Write> JobsCsv<'w, W> {
    /// Writes to `to`.
    pub fn new(workload: &'w Workload, to: W) -> JobsCsv<'w, W> {
        JobsCsv {
            workload,
            ids: JobIds::new(workload),
            names: Names::default(),
            plain_terms: Vec::new(),
            scratch: Vec::new(),
            sheet: Sheet::new(to, JOBS_HEADER),
        }
    }

    /// Takes a name.
    pub fn named(&mut self, name: Named<'_>) {
        self.names.add(name);
        if let Named::Queue(id, _) = name {
            let missing = (id.index() + 1).saturating_sub(self.plain_terms.len());
            let unnamed = std::iter::repeat_n(NO_TERMS.to_vec(), missing);
            self.plain_terms.extend(unnamed);
            self.plain_terms[id.index()] = [self.names.queue(id), NO_TERMS].concat();
        }
    }

    /// Writes a job, which ended no earlier than the one before; or, after all others, one that is left for a reason `why` and
    /// has no end.
    pub fn job(&mut self, job: &JobRecord<'_>, why: Option<&str>) {
        match why {
            None => self.sheet.begin(job.ended, u64::from(job.job.0)),
            Some(_) => self.sheet.begin_last(),
        }
        let row = self.workload.row(job.row);
        let number = self.ids.number(row, job.array_index, job.resubmission);
        if number.is_none() {
            let id = self.ids.of(job.row, job.array_index, job.resubmission);
            self.sheet.text(id);
        }
        self.sheet.numbers(|out| {
            if let Some(number) = number {
                out.digits(u64::from(number));
            }
            put_status(out, job.status);
            match (job.started, why) {
                (Some(started), None) => put_life(out, job, started),
                _ => put_unusual_life(out, job, why.is_none()),
            }
            put_demands(out, job);
        });
        let has_terms = job.attempts_max > 1 || job.timeout.is_some();
        if row.extra == Row::PLAIN && job.share == ShareId::NONE && !has_terms {
            let terms = self.plain_terms.get(job.queue.index());
            self.sheet.text(terms.map_or(NO_TERMS, Vec::as_slice));
        } else {
            self.sheet.text(self.names.queue(job.queue));
            self.put_relations(job, row);
        }
        let is_named = |source: u32| (Row::NAMED..Row::UNKNOWN).contains(&source);
        let has_names = is_named(row.user) || is_named(row.group);
        if has_names {
            self.put_named_origin(row);
        }
        self.sheet.money(job.cost, |out| {
            if !has_names {
                put_origin(out, row);
            }
            put_outcome(out, job);
        });
        if why.is_some() || !is_usual(job) {
            self.put_reason(job, why);
        } else {
            self.sheet.end(b",\n");
        }
    }

    /// `status_reason`, and the end of the row.
    #[cold]
    fn put_reason(&mut self, job: &JobRecord<'_>, why: Option<&str>) {
        self.sheet.text(b",");
        let field = match why {
            Some(why) => {
                self.scratch.clear();
                put_field(&mut self.scratch, why.as_bytes());
                &self.scratch
            }
            None => reason(job.reason, &mut self.scratch),
        };
        self.sheet.text(field);
        self.sheet.end(b"\n");
    }

    /// `share_identifier` to `fates`, with the comma before.
    fn put_relations(&mut self, job: &JobRecord<'_>, row: &Row) {
        self.sheet.text(b",");
        self.sheet.text(self.names.share(job.share));
        self.sheet.text(b",");
        // What a rule submitted again is no child any more, and waited for nothing: as a trace, the table would have the child
        // twice.
        let child = job.array_index.filter(|_| job.resubmission == 0);
        if let Some(index) = child {
            self.sheet.text(self.ids.array(job.row));
            self.sheet.numbers(|out| {
                out.empty();
                out.whole(index.into());
            });
        } else {
            self.sheet.text(b",,");
        }
        if job.resubmission == 0 {
            self.sheet.text(self.ids.dependencies(row));
        }
        self.sheet.numbers(|out| {
            out.empty();
            match job.attempts_max {
                0 | 1 => out.empty(),
                most => out.whole(most.into()),
            }
            put_optional_seconds(out, job.timeout.map(Span::ms));
        });
        self.scratch.clear();
        put_fates(
            &mut self.scratch,
            self.workload.fates_of(row, job.array_index),
        );
        self.sheet.text(&self.scratch);
        self.sheet.text(b",");
    }

    /// `user` and `group` where one is a name.
    #[cold]
    fn put_named_origin(&mut self, row: &Row) {
        for source in [row.user, row.group] {
            if source != Row::UNKNOWN {
                self.sheet.text(self.ids.source(source));
            }
            self.sheet.text(b",");
        }
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// The first error of the destination.
    pub fn finish(self) -> io::Result<W> {
        self.sheet.finish()
    }
}

/// The status with a comma before it and behind.
#[inline]
fn put_status(out: &mut Numbers<'_>, status: JobStatus) {
    match status {
        JobStatus::Submitted => out.literal(b",SUBMITTED,"),
        JobStatus::Pending => out.literal(b",PENDING,"),
        JobStatus::Runnable => out.literal(b",RUNNABLE,"),
        JobStatus::Starting => out.literal(b",STARTING,"),
        JobStatus::Running => out.literal(b",RUNNING,"),
        JobStatus::Succeeded => out.literal(b",SUCCEEDED,"),
        JobStatus::Failed => out.literal(b",FAILED,"),
    }
}

/// `submit_s` to `estimate_s` of a job that started and ended. Times that are equal in most rows are written once.
#[inline]
fn put_life(out: &mut Numbers<'_>, job: &JobRecord<'_>, started: SimTime) {
    let run = job.ended - started;
    let submit_cell = out.seconds(job.submitted.ms());
    if started == job.submitted {
        out.again(submit_cell);
    } else {
        out.seconds(started.ms());
    }
    out.seconds(job.ended.ms());
    let wait = started - job.submitted;
    let wait_cell = out.seconds(wait.ms());
    let run_cell = out.seconds(run.ms());
    out.whole(job.attempts.into());
    out.whole(job.shape.vcpus.into());
    let dependency = job.time.get(TimeCause::Dependency);
    if dependency.is_zero() {
        out.literal(b"0,");
        out.again(wait_cell);
    } else {
        out.seconds(dependency.ms());
        out.seconds(wait.ms().saturating_sub(dependency.ms()));
    }
    if job.work == run {
        out.again(run_cell);
    } else {
        out.seconds(job.work.ms());
    }
    put_estimate(out, job.estimate);
}

/// The same of any job.
#[cold]
fn put_unusual_life(out: &mut Numbers<'_>, job: &JobRecord<'_>, ended: bool) {
    let dependency = job.time.get(TimeCause::Dependency).ms();
    let end = ended.then_some(job.ended);
    let wait = job.started.map(|started| (started - job.submitted).ms());
    let run = job.started.zip(end).map(|(started, end)| end - started);
    out.seconds(job.submitted.ms());
    put_optional_seconds(out, job.started.map(SimTime::ms));
    put_optional_seconds(out, end.map(SimTime::ms));
    put_optional_seconds(out, wait);
    put_optional_seconds(out, run.map(Span::ms));
    out.whole(job.attempts.into());
    out.whole(job.shape.vcpus.into());
    out.seconds(dependency);
    put_optional_seconds(out, wait.map(|wait| wait.saturating_sub(dependency)));
    out.seconds(job.work.ms());
    put_estimate(out, job.estimate);
}

/// Fates as a trace states them: `137@30;oom@12.5;nostart;0@60`.
fn put_fates(out: &mut Vec<u8>, fates: &[Fate]) {
    for (index, fate) in fates.iter().enumerate() {
        if index > 0 {
            out.push(b';');
        }
        match fate.kind {
            FateKind::FailedToStart => {
                out.extend_from_slice(b"nostart");
                continue;
            }
            FateKind::OutOfMemory => out.extend_from_slice(b"oom"),
            FateKind::Exit => put_u64(out, fate.exit_code.into()),
        }
        out.push(b'@');
        put_seconds(out, fate.run.ms());
    }
}

#[inline]
fn put_optional_seconds(out: &mut Numbers<'_>, ms: Option<u64>) {
    match ms {
        Some(ms) => _ = out.seconds(ms),
        None => out.empty(),
    }
}

/// `estimate_s`.
#[inline]
fn put_estimate(out: &mut Numbers<'_>, estimate: Span) {
    put_optional_seconds(out, (!estimate.is_zero()).then_some(estimate.ms()));
}

/// `memory_mib` to `nodes`.
#[inline]
fn put_demands(out: &mut Numbers<'_>, job: &JobRecord<'_>) {
    if job.shape.memory == 0 && job.shape.gpus == 0 && job.nodes == 1 {
        out.literal(b"0,0,1,");
        return;
    }
    for number in [job.shape.memory, job.shape.gpus, job.nodes] {
        out.whole(number.into());
    }
}

/// `user` and `group` where they are numbers.
#[inline]
fn put_origin(out: &mut Numbers<'_>, row: &Row) {
    for number in [row.user, row.group] {
        if number == Row::UNKNOWN {
            out.empty();
        } else {
            out.whole(number.into());
        }
    }
}

/// `exit_code` to `lost_s`.
#[inline]
fn put_outcome(out: &mut Numbers<'_>, job: &JobRecord<'_>) {
    match job.exit_code {
        Some(code) => out.whole(code.into()),
        None => out.empty(),
    }
    let kept = kept_before(job);
    let any = CAUSES
        .iter()
        .fold(kept.ms(), |any, &cause| any | job.time.get(cause).ms());
    if any == 0 {
        out.literal(NO_CAUSES);
        return;
    }
    for cause in CAUSES {
        let kept = match cause {
            TimeCause::Lost => kept,
            _ => Span::ZERO,
        };
        match (job.time.get(cause) + kept).ms() {
            0 => out.literal(b"0,"),
            ms => _ = out.seconds(ms),
        }
    }
}

/// Time of earlier attempts whose work a checkpoint kept, or in which it was saved.
#[inline]
fn kept_before(job: &JobRecord<'_>) -> Span {
    let own = job.time.get(TimeCause::Run) + job.time.get(TimeCause::Checkpoint);
    let last = job
        .started
        .map_or(Span::ZERO, |started| job.ended - started);
    match own.ms().checked_sub(last.ms()) {
        _ if job.attempts < 2 => Span::ZERO,
        Some(before) => Span::from_ms(before),
        // It waits for another attempt, and has a start but no run that goes on.
        None => own,
    }
}

/// Whether the job's reason goes without saying.
#[inline]
fn is_usual(job: &JobRecord<'_>) -> bool {
    job.status == JobStatus::Succeeded && *job.reason == StatusReason::EssentialContainerExited
}

/// A status reason as a field, put together in `scratch`.
pub(super) fn reason<'a>(reason: &StatusReason, scratch: &'a mut Vec<u8>) -> &'a [u8] {
    match reason {
        StatusReason::None => b"",
        StatusReason::EssentialContainerExited => b"Essential container in task exited",
        other => {
            scratch.clear();
            put_field(scratch, other.to_string().as_bytes());
            scratch
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Extra;
    use crate::units::{JobId, QueueId, RowId, Shape, ShareId, SimTime, Span, Usd};

    fn workload() -> Workload {
        let row = |extra, source, user| Row {
            extra,
            user,
            ..Row::plain(source, SimTime::ZERO, Span::from_s(5), 1)
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
        JobRecord {
            cost: Usd::from_ticks(590_277),
            ..JobRecord::succeeded(0, &workload().rows[0], SimTime::ZERO)
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
                "17,SUCCEEDED,0,0,5,0,5,1,1,0,0,5,,0,0,1,main,,,,,,,,4,,0,0,0,0,0,0,0,0,0,0,0,0,0.0000590277,"
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
                "\"align, all:2\",SUCCEEDED,0,3.5,8.5,3.5,5,1,2,2,1.5,5,7.5,512,1,1,main,blue,\"align, all\",2,,,,,,,0,0,0,1.5,0,0,0,0,0,0,0,0,0.0000590277,"
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
                "17,RUNNABLE,0,,,,,0,1,0,,5,,0,0,1,main,,,,,,,,4,,,0,0,0,0,0,0,0,0,0,0,0,0,\"needs more, than there is\""
            ]
        );
    }

    #[test]
    fn a_success_has_no_reason_and_a_failure_has() {
        let mut failed = plain();
        failed.status = JobStatus::Failed;
        let text = StatusReason::Caller("no, thanks".into());
        let mut cancelled = failed.clone();
        cancelled.reason = &text;
        let rows = rows(&[(plain(), None), (failed, None), (cancelled, None)]);
        assert!(rows[0].ends_with(",0.0000590277,"));
        assert!(rows[1].ends_with(",Essential container in task exited"));
        assert!(rows[2].ends_with(",\"no, thanks\""));
    }

    #[test]
    fn rows_of_one_moment_come_in_order_of_job_and_what_is_left_comes_last() {
        let job = |id, ended| {
            let mut job = plain();
            (job.job, job.resubmission) = (JobId(id), id);
            job.ended = SimTime::from_s(ended);
            job
        };
        let rows = rows(&[
            (job(3, 5), None),
            (job(1, 5), None),
            (job(4, 6), None),
            (job(2, 6), Some("no machine is large enough")),
        ]);
        let ids: Vec<&str> = rows
            .iter()
            .filter_map(|row| row.split(',').next())
            .collect();
        assert_eq!(ids, ["17~1", "17~3", "17~4", "17~2"]);
    }

    #[test]
    fn users_and_groups_may_have_names() {
        let mut workload = workload();
        (workload.rows[0].user, workload.rows[0].group) = (Row::NAMED, 12);
        let mut table = JobsCsv::new(&workload, Vec::new());
        table.job(&plain(), None);
        let text = String::from_utf8(table.finish().unwrap()).unwrap();
        assert!(text.contains(",,,,,,,,\"align, all\",12,0,"), "{text}");
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
