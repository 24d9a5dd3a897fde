//! From records to drafts of rows: everything that a record says by itself. What ties rows together comes after the last.

use csv::ByteRecord;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::model::rules;
use crate::model::{Failure, Fate, FateKind, RetryStrategy, Row, SubmitJob};
use crate::units::{NO_LIMIT_MIB, SimTime, Span};

use super::super::builder::{
    Identifiers, Problems, Tally, parse_seconds, parse_whole, source_number,
};
use super::super::{ClosedLoop, Problem, ShareBy, Trace, TraceOptions};
use super::cells::{parse_exit_code, parse_fates, parse_probability};
use super::columns::{Column, Columns};
use super::{arrays, ties};

/// Most children of an array where AWS's limit is lifted: a hundred times that limit.
const ARRAY_SIZE_LIFTED_MAX: u32 = rules::ARRAY_SIZE_MAX * 100;

/// The columns that the rows of one kind share, beside the one that shares are taken from.
const KIND: &[Column] = &[
    Column::JobName,
    Column::JobQueue,
    Column::JobDefinition,
    Column::ShareIdentifier,
    Column::SchedulingPriority,
    Column::AttemptsMax,
    Column::Timeout,
    Column::Nodes,
    Column::FailProbability,
    Column::FailExitCode,
];

/// The columns of [`More`] that are read with it.
const MORE: &[Column] = &[
    Column::ArraySize,
    Column::DependsOn,
    Column::After,
    Column::Think,
    Column::Poll,
    Column::Fates,
    Column::PeakMemory,
    Column::Wait,
];

/// The column that the shares of jobs are taken from.
fn share_column(options: &TraceOptions) -> Column {
    match options.share_by {
        ShareBy::Nothing => Column::ShareIdentifier,
        ShareBy::User => Column::User,
        ShareBy::Group => Column::Group,
    }
}

/// A row as its record states it.
#[derive(Debug)]
pub(super) struct Draft {
    /// The row; its extra is not set yet.
    pub(super) row: Row,
    /// The line it stands in.
    pub(super) line: u64,
    /// What few rows have.
    pub(super) more: Option<Box<More>>,
}

/// What few rows have, as their records state it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct More {
    /// `array_size`, or 0.
    pub(super) array_size: u32,
    /// The array that this is a child of, and which.
    pub(super) child: Option<(u32, u32)>,
    /// `depends_on`, unread.
    pub(super) depends_on: String,
    /// `after`, unread.
    pub(super) after: String,
    /// `think_s`.
    pub(super) think: Span,
    /// `poll_s`.
    pub(super) poll: Span,
    /// `fates`, or what `exit_code` means.
    pub(super) fates: Vec<Fate>,
    /// `peak_memory_mib`, or 0.
    pub(super) peak_memory: u32,
    /// `wait_s`, for sessions.
    pub(super) wait: Option<Span>,
    /// Run times of the children, by index, where they differ: filled when children are gathered.
    pub(super) child_work: Vec<Span>,
    /// The same of their fates.
    pub(super) child_fates: Vec<Vec<Fate>>,
}

/// A trace while its records are read.
pub(super) struct Drafts<'a> {
    pub(super) options: &'a TraceOptions,
    pub(super) columns: Columns,
    pub(super) problems: Problems<'a>,
    pub(super) list: Vec<Draft>,
    pub(super) identifiers: Identifiers,
    /// Identifiers that children have of their own: identifier, place of the array's draft, index, line.
    pub(super) child_ids: Vec<(u32, usize, u32, u64)>,
    /// Identifiers of dropped rows.
    pub(super) gone: FxHashSet<u32>,
    pub(super) dropped: Tally,
    pub(super) repaired: Tally,
    pub(super) templates: Vec<SubmitJob>,
    /// The columns of the header that templates are made of.
    kinds: Vec<Column>,
    /// Whether the header names any column of what few rows have.
    has_more: bool,
    template_of: FxHashMap<Vec<u8>, u32>,
    template_key: Vec<u8>,
    /// The key of the record before, and its template: rows of one kind often stand together.
    last_template: (Vec<u8>, u32),
    records: u32,
    latest: SimTime,
    unsorted: u64,
    rounded: u64,
}

/// The cells of a record; problems of theirs are added as they are read.
struct Cells<'c, 'a> {
    columns: &'c Columns,
    record: &'c ByteRecord,
    line: u64,
    problems: &'c mut Problems<'a>,
    rounded: &'c mut u64,
}

impl Cells<'_, '_> {
    fn text(&self, column: Column) -> &[u8] {
        self.columns.cell(self.record, column)
    }

    /// The text of a cell; records are checked to be UTF-8.
    fn string(&self, column: Column) -> String {
        String::from_utf8_lossy(self.text(column)).into_owned()
    }

    /// The value of a cell that is there and right.
    fn value<T>(
        &mut self,
        column: Column,
        parse: impl FnOnce(&[u8]) -> Result<T, String>,
    ) -> Option<T> {
        let text = self.columns.cell(self.record, column);
        if text.is_empty() {
            return None;
        }
        parse(text)
            .map_err(|message| self.problems.add(self.line, column.name(), message))
            .ok()
    }

    fn seconds(&mut self, column: Column) -> Option<u64> {
        let seconds = self.value(column, parse_seconds)?;
        *self.rounded += u64::from(seconds.is_rounded);
        Some(seconds.ms)
    }

    fn whole(&mut self, column: Column, least: u32, most: u32) -> Option<u32> {
        self.value(column, |text| parse_whole(text, least, most))
    }
}

impl<'a> Drafts<'a> {
    /// A trace with these columns and no row yet.
    pub(super) fn new(options: &'a TraceOptions, columns: Columns, problems: Problems<'a>) -> Self {
        let is_kind = |column: &Column| {
            columns.has(*column) && (KIND.contains(column) || *column == share_column(options))
        };
        Drafts {
            kinds: Column::ALL.iter().copied().filter(is_kind).collect(),
            has_more: MORE.iter().any(|column| columns.has(*column)),
            options,
            columns,
            problems,
            list: Vec::new(),
            identifiers: Identifiers::default(),
            child_ids: Vec::new(),
            gone: FxHashSet::default(),
            dropped: Tally::default(),
            repaired: Tally::default(),
            templates: Vec::new(),
            template_of: FxHashMap::default(),
            template_key: Vec::new(),
            last_template: (Vec::new(), u32::MAX),
            records: 0,
            latest: SimTime::ZERO,
            unsorted: 0,
            rounded: 0,
        }
    }

    /// Takes the record that begins in `line`: a draft more, or problems, or a count.
    pub(super) fn record(&mut self, record: &ByteRecord, line: u64) {
        let (before, drafts) = (self.problems.count(), self.list.len());
        self.take(record, line);
        if self.options.mend && self.problems.count() > before {
            self.problems.forget_after(before);
            self.list.truncate(drafts);
            // A kind whose cells are wrong must be looked at again.
            self.template_of.remove(&self.template_key);
            self.last_template.1 = u32::MAX;
            self.dropped.at("malformed-row", || format!("line {line}"));
        }
    }

    fn take(&mut self, record: &ByteRecord, line: u64) {
        self.records = self.records.saturating_add(1);
        if !self.is_sound(record, line) {
            return;
        }
        let template = self.template(record, line);
        let mut cells = Cells {
            columns: &self.columns,
            record,
            line,
            problems: &mut self.problems,
            rounded: &mut self.rounded,
        };
        let mut more = match self.has_more {
            true => read_more(&mut cells, self.options),
            false => More::default(),
        };
        let Some(mut row) = read_row(&mut cells, self.options, &mut more.fates) else {
            return;
        };
        row.template = template;
        self.identify(record, line, &mut row, &mut more);
        if more.child.is_none()
            && let Some(rule) = self.why_drop(record, &row)
        {
            self.dropped.at(rule, || format!("line {line}"));
            self.gone.insert(row.source);
            return;
        }
        self.unsorted += u64::from(row.submit < self.latest);
        self.latest = self.latest.max(row.submit);
        let is_plain = more.fates.is_empty() && more.child.is_none() && !self.has_more;
        let more = (!is_plain && more != More::default()).then(|| Box::new(more));
        self.list.push(Draft { row, line, more });
    }

    /// Whether a record is text and has as many cells as the header.
    fn is_sound(&mut self, record: &ByteRecord, line: u64) -> bool {
        if record.as_slice().contains(&0) {
            self.problems
                .add(line, "", "holds a zero byte; a trace is text");
        } else if str::from_utf8(record.as_slice()).is_err() {
            self.problems
                .add(line, "", "is not UTF-8; save the trace in that encoding");
        } else if record.len() != self.columns.count {
            let quote = if record.as_slice().contains(&b'\n') {
                "; perhaps a quote is not closed"
            } else {
                ""
            };
            self.problems.add(
                line,
                "",
                format!(
                    "has {} cells; the header names {}{quote}",
                    record.len(),
                    self.columns.count
                ),
            );
        } else {
            return true;
        }
        false
    }

    /// Sets the identifiers of the row and of the array it belongs to.
    fn identify(&mut self, record: &ByteRecord, line: u64, row: &mut Row, more: &mut More) {
        let cell = |column| str::from_utf8(self.columns.cell(record, column)).unwrap_or_default();
        for (column, place) in [
            (Column::User, &mut row.user),
            (Column::Group, &mut row.group),
        ] {
            match cell(column) {
                "" => {}
                text => *place = self.identifiers.intern(text),
            }
        }
        let (id, array) = (cell(Column::JobId), cell(Column::ArrayId));
        let index = cell(Column::ArrayIndex);
        for (name, text) in [("job_id", id), ("array_id", array)] {
            if text.bytes().any(|byte| matches!(byte, b' ' | b';')) {
                let message = format!("`{text}`; an identifier has no spaces or semicolons");
                self.problems.add(line, name, message);
            }
        }
        if array.is_empty() != index.is_empty() {
            self.problems.add(
                line,
                "array_id",
                "a child of an array states both array_id and array_index",
            );
        }
        if !array.is_empty() {
            let most = ARRAY_SIZE_LIFTED_MAX - 1;
            match parse_whole(index.as_bytes(), 0, most) {
                Ok(number) => {
                    more.child = Some((self.identifiers.intern(array), number));
                    // How runs write it; such a child is found by its array and index.
                    let is_derived = id.strip_prefix(array).is_some_and(|rest| {
                        rest.is_empty() || rest.strip_prefix(':') == Some(index)
                    });
                    row.source = if id.is_empty() || is_derived {
                        Row::UNKNOWN
                    } else {
                        self.identifiers.intern(id)
                    };
                    return;
                }
                Err(message) if !index.is_empty() => {
                    self.problems.add(line, "array_index", message);
                }
                Err(_) => {}
            }
        }
        row.source = match id {
            "" => self.records.min(Row::NAMED - 1),
            id => self.identifiers.intern(id),
        };
    }

    /// The rule that drops a row, if one does.
    fn why_drop(&self, record: &ByteRecord, row: &Row) -> Option<&'static str> {
        let status = self.columns.cell(record, Column::Status);
        if self.options.drop_zero_run && row.work.is_zero() {
            Some("zero-run")
        } else if self.options.completed_only && !status.is_empty() && status != b"SUCCEEDED" {
            Some("not-completed")
        } else {
            None
        }
    }

    /// The template of a record: looked up by the text of its cells, read where it is new.
    fn template(&mut self, record: &ByteRecord, line: u64) -> u32 {
        self.template_key.clear();
        for &column in &self.kinds {
            self.template_key
                .extend_from_slice(self.columns.cell(record, column));
            // Zero bytes stand in no record.
            self.template_key.push(0);
        }
        if self.last_template.1 != u32::MAX && self.last_template.0 == self.template_key {
            return self.last_template.1;
        }
        let template = match self.template_of.get(&self.template_key) {
            Some(&known) => known,
            None => self.new_template(record, line),
        };
        self.last_template.0.clone_from(&self.template_key);
        self.last_template.1 = template;
        template
    }

    fn new_template(&mut self, record: &ByteRecord, line: u64) -> u32 {
        let mut cells = Cells {
            columns: &self.columns,
            record,
            line,
            problems: &mut self.problems,
            rounded: &mut self.rounded,
        };
        let template = read_template(&mut cells, self.options, share_column(self.options));
        let index = self.templates.len() as u32;
        self.templates.push(template);
        self.template_of.insert(self.template_key.clone(), index);
        index
    }

    /// Gathers arrays, ties and sorts the rows.
    pub(super) fn finish(mut self) -> Result<Trace, Vec<Problem>> {
        self.repaired.add("unsorted-submit", self.unsorted);
        self.repaired.add("rounded-to-ms", self.rounded);
        arrays::gather(&mut self);
        ties::tie(self)
    }
}

/// The row of a record without its template and identifiers; `None` where it lacks what a row needs.
fn read_row(cells: &mut Cells, options: &TraceOptions, fates: &mut Vec<Fate>) -> Option<Row> {
    let before = cells.text(Column::Submit).is_empty();
    if before {
        let message = "is empty; every job states when it is submitted";
        cells.problems.add(cells.line, "submit_s", message);
    }
    let submit = cells.seconds(Column::Submit);
    let work = [Column::Work, Column::Run]
        .into_iter()
        .find(|column| !cells.text(*column).is_empty());
    let work = match work {
        Some(column) => cells.seconds(column).map(Span::from_ms),
        None if !fates.is_empty() => fates.last().map(|fate| fate.run),
        None => {
            let message = "is empty; every job states its run time, here or as run_s";
            cells.problems.add(cells.line, "work_s", message);
            None
        }
    };
    let exit_code = cells.value(Column::ExitCode, parse_exit_code);
    if fates.is_empty()
        && let (Some(exit_code @ 1..), Some(run)) = (exit_code, work)
    {
        fates.push(Fate {
            exit_code,
            run,
            kind: FateKind::Exit,
        });
    }
    let vcpus = cells.whole(Column::Vcpus, 0, u32::MAX);
    let has_definition =
        options.job_definition.is_some() || !cells.text(Column::JobDefinition).is_empty();
    if vcpus.unwrap_or(0) == 0
        && cells.text(Column::Vcpus).iter().all(|byte| *byte == b'0')
        && !has_definition
    {
        let message = "is empty or 0; a job states its vCPUs or names a job_definition";
        cells.problems.add(cells.line, "vcpus", message);
    }
    let memory = cells.whole(Column::Memory, 0, NO_LIMIT_MIB - 1);
    let gpus = cells.whole(Column::Gpus, 0, u32::MAX);
    let estimate = cells.seconds(Column::Estimate);
    Some(Row {
        submit: SimTime::from_ms(submit?),
        work: work?,
        estimate: Span::from_ms(estimate.unwrap_or(0)),
        vcpus: vcpus.unwrap_or(0),
        memory: if options.use_memory {
            memory.unwrap_or(0)
        } else {
            0
        },
        gpus: gpus.unwrap_or(0),
        template: 0,
        extra: Row::PLAIN,
        source: Row::UNKNOWN,
        user: Row::UNKNOWN,
        group: Row::UNKNOWN,
    })
}

/// What few rows have, without the identifiers.
fn read_more(cells: &mut Cells, options: &TraceOptions) -> More {
    let (least, most) = if options.lift_limits {
        (1, ARRAY_SIZE_LIFTED_MAX)
    } else {
        (rules::ARRAY_SIZE_MIN, rules::ARRAY_SIZE_MAX)
    };
    let is_session = matches!(options.closed_loop, ClosedLoop::Sessions { .. });
    let mut span = |column| Span::from_ms(cells.seconds(column).unwrap_or(0));
    let (think, poll) = (span(Column::Think), span(Column::Poll));
    More {
        array_size: match cells.text(Column::ArraySize) {
            b"0" => 0,
            _ => cells.whole(Column::ArraySize, least, most).unwrap_or(0),
        },
        child: None,
        depends_on: cells.string(Column::DependsOn),
        after: cells.string(Column::After),
        think,
        poll,
        fates: cells.value(Column::Fates, parse_fates).unwrap_or_default(),
        peak_memory: cells
            .whole(Column::PeakMemory, 0, NO_LIMIT_MIB - 1)
            .unwrap_or(0),
        wait: if is_session {
            cells.seconds(Column::Wait).map(Span::from_ms)
        } else {
            None
        },
        child_work: Vec::new(),
        child_fates: Vec::new(),
    }
}

/// What the rows of one kind share.
fn read_template(cells: &mut Cells, options: &TraceOptions, share_column: Column) -> SubmitJob {
    let or = |text: String, default: &str| {
        if text.is_empty() {
            default.to_owned()
        } else {
            text
        }
    };
    let some = |text: String| (!text.is_empty()).then_some(text);
    let is_lifted = options.lift_limits;
    let share = some(cells.string(Column::ShareIdentifier)).or_else(|| {
        let text = cells.text(share_column);
        match (options.share_by, source_number(text)) {
            (ShareBy::Nothing, _) => None,
            (share_by, Some(number)) => Some(share_by.identifier(number)),
            (share_by, None) if text.is_empty() => Some(share_by.identifier(Row::UNKNOWN)),
            (_, None) => Some(cells.string(share_column)),
        }
    });
    let attempts_max = if is_lifted {
        u8::MAX
    } else {
        rules::ATTEMPTS_MAX
    };
    let attempts = cells.whole(Column::AttemptsMax, 1, u32::from(attempts_max));
    let nodes_max = if is_lifted {
        u32::MAX
    } else {
        rules::NODES_MAX
    };
    let nodes = cells.whole(Column::Nodes, 0, nodes_max);
    let priority = cells.whole(
        Column::SchedulingPriority,
        0,
        rules::SCHEDULING_PRIORITY_MAX,
    );
    let timeout = cells.seconds(Column::Timeout).map(Span::from_ms);
    let probability = cells.value(Column::FailProbability, parse_probability);
    let fail_exit_code = cells.value(Column::FailExitCode, parse_exit_code);
    let mut faults = Vec::new();
    if let Some(share) = &share {
        faults.extend(rules::share_identifier_faults(
            "share_identifier",
            share,
            false,
        ));
    }
    if !is_lifted {
        faults.extend(rules::timeout_faults(timeout));
    }
    for fault in faults {
        cells.problems.add(cells.line, &fault.member, fault.message);
    }
    SubmitJob {
        job_name: or(cells.string(Column::JobName), "job"),
        job_queue: or(cells.string(Column::JobQueue), &options.job_queue),
        job_definition: some(cells.string(Column::JobDefinition))
            .or_else(|| options.job_definition.clone()),
        share_identifier: share,
        scheduling_priority_override: priority,
        retry: attempts.map(|attempts| RetryStrategy {
            attempts: attempts as u8,
            evaluate_on_exit: Vec::new(),
        }),
        timeout,
        consumables: None,
        quarter_vcpus: None,
        // A run's jobs.csv says 1 of jobs that have no nodes.
        num_nodes: nodes.filter(|nodes| *nodes > 1),
        failure: probability.map(|probability| Failure {
            probability,
            exit_code: fail_exit_code.unwrap_or(1),
            midway: false,
        }),
        lift_limits: is_lifted,
    }
}
