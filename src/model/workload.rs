//! The jobs of a run: compact rows in order of submission, and what many rows have in common.

use std::ops::Range;

use crate::units::{Ratio, RowId, SimTime, Span};

use super::{ConsumableAsk, Pattern, RetryStrategy};

/// What clients submit, and when. Shared between replications; nothing in it changes during a run.
#[derive(Clone, Debug, Default)]
pub struct Workload {
    /// Sorted by submission, then by place in the source. Rows of a closed loop (see [`Extra::anchors`]) keep the time
    /// that the source gives, but are submitted when their anchor says.
    pub rows: Vec<Row>,
    /// What rows have in common: queue, definition, retries and the like.
    pub templates: Vec<SubmitJob>,
    /// What few rows have.
    pub extras: Vec<Extra>,
    /// Dependencies of all rows; an [`Extra`] names its range. A dependency names a row that is submitted before.
    pub dependencies: Vec<Dependency>,
    /// Run times of array children, for arrays whose children differ.
    pub child_work: Vec<Span>,
    /// Fates of attempts, for rows that state them.
    pub fates: Vec<Fate>,
    /// Fates of single children of arrays: ranges of [`Workload::fates`], as [`Extra::fates`] is one.
    pub child_fates: Vec<Range<u32>>,
    /// The ends that closed-loop submissions wait for.
    pub anchors: Vec<Anchor>,
    /// Source identifiers that are not numbers; see [`Row::source`].
    pub names: Vec<String>,
    /// Whether submissions react to what happens.
    pub closed_loop: Loop,
    /// What the reader dropped, by named rule: (rule, rows). Dropped rows are not in `rows`.
    pub dropped: Vec<(&'static str, u64)>,
    /// What the reader repaired or imputed, by named rule: (rule, rows).
    pub repaired: Vec<(&'static str, u64)>,
}

/// Whether submissions depend on completions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Loop {
    /// Every submission time is given.
    #[default]
    Open,
    /// Some submissions wait for other jobs.
    Closed,
}

/// One submission: a job, or a whole array.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// When it is submitted.
    pub submit: SimTime,
    /// Run time of one attempt at speed one.
    pub work: Span,
    /// What the user asked for: backfilling plans with it, and it may kill. Zero: not stated.
    pub estimate: Span,
    /// vCPUs; 0: the definition's.
    pub vcpus: u32,
    /// MiB; 0: the definition's, or no demand where there is no definition.
    pub memory: u32,
    /// GPUs; used where the template names no definition or `vcpus` is given.
    pub gpus: u32,
    /// Index into [`Workload::templates`].
    pub template: u32,
    /// Index into [`Workload::extras`], or [`Row::PLAIN`].
    pub extra: u32,
    /// The source's identifier: a number, or ([`Row::NAMED`] + index into [`Workload::names`]).
    pub source: u32,
    /// The source's user number, or [`Row::UNKNOWN`].
    pub user: u32,
    /// The source's group number, or [`Row::UNKNOWN`].
    pub group: u32,
}

impl Row {
    /// No extra.
    pub const PLAIN: u32 = u32::MAX;
    /// No user or group stated.
    pub const UNKNOWN: u32 = u32::MAX;
    /// From here on [`Row::source`] is an index into the names.
    pub const NAMED: u32 = 1 << 31;

    /// A plain job of the first template, submitted at `submit`, that works for `work` on `vcpus`; nothing else is stated.
    pub const fn plain(source: u32, submit: SimTime, work: Span, vcpus: u32) -> Row {
        Row {
            submit,
            work,
            estimate: Span::ZERO,
            vcpus,
            memory: 0,
            gpus: 0,
            template: 0,
            extra: Row::PLAIN,
            source,
            user: Row::UNKNOWN,
            group: Row::UNKNOWN,
        }
    }
}

/// What few rows have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extra {
    /// Array size; 0 for a plain job.
    pub array: u32,
    /// `SEQUENTIAL`: child i waits for child i−1.
    pub sequential: bool,
    /// Into [`Workload::dependencies`].
    pub dependencies: Range<u32>,
    /// Into [`Workload::child_work`]: one per child, or empty where all children run [`Row::work`].
    pub child_work: Range<u32>,
    /// Into [`Workload::fates`]: the attempts' fates; the last repeats. Empty: exit code 0 after the work.
    pub fates: Range<u32>,
    /// Into [`Workload::child_fates`]: one per child, or empty where [`Extra::fates`] hold for all.
    pub child_fates: Range<u32>,
    /// Peak memory in MiB; an attempt that asked for less is killed (137, OutOfMemoryError). 0: within the request.
    pub peak_memory: u32,
    /// Into [`Workload::anchors`]: submitted once all of these have ended. Empty: submitted at [`Row::submit`].
    pub anchors: Range<u32>,
    /// Time between the last anchor's end and the submission.
    pub think: Span,
    /// The client looks only each so often: the end is seen at the next multiple of this after time zero. Zero: at once.
    pub poll: Span,
    /// Which identifiers of the source the children have, where the source states them: `array_id` in [`Workload::names`]
    /// or a number, as in [`Row::source`].
    pub array_source: Option<u32>,
}

/// A dependency on an earlier row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// The row depended on.
    pub on: RowId,
    /// Which part of it must succeed.
    pub kind: DependencyKind,
}

/// Which part of another submission must succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DependencyKind {
    /// All of it.
    Whole,
    /// One child of that array.
    Child(u32),
    /// For each child of this array, the child with the same index of that array (`N_TO_N`).
    SameIndex,
}

/// An end that a closed-loop submission waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// The row whose end (success or failure) counts.
    pub after: RowId,
}

/// What becomes of one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fate {
    /// The container's exit code.
    pub exit_code: u8,
    /// How long it runs before, at speed one.
    pub run: Span,
    /// In which way it ends.
    pub kind: FateKind,
}

/// In which way an attempt ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FateKind {
    /// The process exits.
    Exit,
    /// The kernel kills it for memory: exit code 137, `OutOfMemoryError: Container killed due to memory usage`.
    OutOfMemory,
    /// The container is never made: `Task failed to start`. The attempt ends in STARTING and counts.
    FailedToStart,
}

/// A `SubmitJob` request without its numbers: what the rows of one kind share.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SubmitJob {
    /// `jobName`.
    pub job_name: String,
    /// `jobQueue`.
    pub job_queue: String,
    /// `jobDefinition` as `name` or `name:revision`. A trace may have none: its rows state their resources.
    pub job_definition: Option<String>,
    /// `shareIdentifier`.
    pub share_identifier: Option<String>,
    /// `schedulingPriorityOverride`.
    pub scheduling_priority_override: Option<u32>,
    /// `retryStrategy`; replaces the definition's.
    pub retry: Option<RetryStrategy>,
    /// `timeout.attemptDurationSeconds`; replaces the definition's.
    pub timeout: Option<Span>,
    /// `consumableResourcePropertiesOverride`; replaces the definition's.
    pub consumables: Option<Vec<ConsumableAsk>>,
    /// vCPUs in quarters of one, where the request overrides its definition's by a part of one (Fargate only).
    pub quarter_vcpus: Option<u32>,
    /// `nodeOverrides.numNodes`.
    pub num_nodes: Option<u32>,
    /// How attempts fail by chance.
    pub failure: Option<Failure>,
    /// Whether AWS's count limits (20 dependencies, arrays of 10,000) are lifted, as for traces of other systems.
    pub lift_limits: bool,
}

/// Failure by chance: each attempt that would succeed fails with this probability instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Probability for each attempt.
    pub probability: Ratio,
    /// The exit code of a failed attempt.
    pub exit_code: u8,
    /// Whether it fails after a uniformly drawn part of its run, or at its end.
    pub midway: bool,
}

/// A standing instruction of a client: when something happens to a job, submit it again, changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// What it waits for.
    pub on: RuleEvent,
    /// Only jobs of this queue.
    pub job_queue: Option<String>,
    /// Only this exit code.
    pub exit_code: Option<Pattern>,
    /// Only this status reason.
    pub status_reason: Option<Pattern>,
    /// What it does.
    pub action: Resubmit,
    /// How often for one original job.
    pub max_times: u32,
}

/// What a rule waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleEvent {
    /// A job (no array parent) became FAILED.
    JobFailed,
    /// A job (no array parent) became SUCCEEDED.
    JobSucceeded,
}

/// A new submission of the same work.
#[derive(Clone, Debug, PartialEq)]
pub struct Resubmit {
    /// To this queue; to the same where absent.
    pub job_queue: Option<String>,
    /// With the memory request multiplied by this.
    pub memory_factor: Ratio,
    /// So long after the event.
    pub after: Span,
}

impl Workload {
    /// The row with this identifier.
    pub fn row(&self, id: RowId) -> &Row {
        &self.rows[id.index()]
    }

    /// The extra of `row`, if it has one.
    pub fn extra(&self, row: &Row) -> Option<&Extra> {
        (row.extra != Row::PLAIN).then(|| &self.extras[row.extra as usize])
    }

    /// The stated fates of the attempts of `row`, or of its array's child `child`, of which the last repeats; empty where none
    /// are stated.
    pub fn fates_of(&self, row: &Row, child: Option<u32>) -> &[Fate] {
        let Some(extra) = self.extra(row) else {
            return &[];
        };
        let range = match child {
            Some(child) if !extra.child_fates.is_empty() => {
                &self.child_fates[(extra.child_fates.start + child) as usize]
            }
            _ => &extra.fates,
        };
        &self.fates[range.start as usize..range.end as usize]
    }

    /// What becomes of attempt `attempt` (from 1) of `row`, or of its array's child `child`: chance and memory aside.
    #[inline(always)]
    pub fn fate(&self, row: &Row, child: Option<u32>, attempt: u8) -> Fate {
        let fates = self.fates_of(row, child);
        let stated = fates.get(usize::from(attempt) - 1).or(fates.last());
        stated.copied().unwrap_or(Fate {
            exit_code: 0,
            run: self.work(row, child),
            kind: FateKind::Exit,
        })
    }

    /// Unscaled work of one attempt of `row`, or of its array's child `child`.
    pub fn work(&self, row: &Row, child: Option<u32>) -> Span {
        match (self.extra(row), child) {
            (Some(extra), Some(child)) if !extra.child_work.is_empty() => {
                self.child_work[(extra.child_work.start + child) as usize]
            }
            _ => row.work,
        }
    }

    /// The source's identifier of `row`: for an array whose children the source names, that of their array.
    pub fn source_of(&self, row: RowId) -> u32 {
        let row = self.row(row);
        let stated = self.extra(row).and_then(|extra| extra.array_source);
        stated.unwrap_or(row.source)
    }

    /// What a job is called, written into `out`: by the identifier that its source gives it, with `:index` for the child of an
    /// array, and with `~1`, `~2` … for what a rule submitted again.
    pub fn write_job_id(
        &self,
        row: RowId,
        child: Option<u32>,
        resubmission: u32,
        out: &mut Vec<u8>,
    ) {
        let source = match child {
            Some(_) => self.source_of(row),
            None => self.row(row).source,
        };
        let mut number = itoa::Buffer::new();
        self.write_source(source, out);
        if let Some(index) = child {
            out.push(b':');
            out.extend_from_slice(number.format(index).as_bytes());
        }
        if resubmission > 0 {
            out.push(b'~');
            out.extend_from_slice(number.format(resubmission).as_bytes());
        }
    }

    /// The identifier `source` as text, written into `out`.
    pub fn write_source(&self, source: u32, out: &mut Vec<u8>) {
        if source < Row::NAMED {
            out.extend_from_slice(itoa::Buffer::new().format(source).as_bytes());
        } else {
            out.extend_from_slice(self.names[(source - Row::NAMED) as usize].as_bytes());
        }
    }
}
