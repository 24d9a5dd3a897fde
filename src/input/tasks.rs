//! Jobs as another system's log states them, gathered in any order, and what makes a workload of them: identifiers are looked up, rows
//! sorted so that each comes after those it needs, and what is wrong is told or, on request, left out.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::model::rules::DEPENDENCIES_MAX;
use crate::model::{
    Dependency, DependencyKind, Extra, Fate, RetryStrategy, Row, SubmitJob, Workload,
};
use crate::units::{RowId, SimTime, Span};

use super::builder::{Identifiers, Problems, Tally};
use super::sessions::{self, Link};
use super::{ClosedLoop, Problem, ShareBy, Trace, TraceOptions};

/// A job of a log.
#[derive(Debug)]
pub(super) struct Task {
    /// Its line, or its place in the list of a document.
    pub(super) place: u64,
    /// What other tasks call it.
    pub(super) key: u64,
    /// Milliseconds from the log's zero, or from 1970 (see [`Tasks::starts_at_first`]).
    pub(super) submit: i64,
    /// Run time, shape, identifier, user and group; `submit`, `template` and `extra` are set later.
    pub(super) row: Row,
    /// `jobName`, of which there should be few.
    pub(super) name: u32,
    /// The keys of the tasks that must succeed first, in [`Tasks::needs`].
    pub(super) needs: std::ops::Range<u32>,
    /// How long it waited.
    pub(super) wait: Option<Span>,
    /// What few tasks have.
    pub(super) more: Option<Box<More>>,
}

/// What few tasks have.
#[derive(Debug, Default)]
pub(super) struct More {
    /// Children of an array, or 0.
    pub(super) array: u32,
    /// How the attempts end, where not with success.
    pub(super) fates: Vec<Fate>,
    /// `retryStrategy.attempts`, or 0.
    pub(super) attempts: u8,
}

impl Task {
    /// A task without anything that most have not.
    pub(super) fn plain(place: u64, key: u64, submit: i64, row: Row) -> Task {
        Task {
            place,
            key,
            submit,
            row,
            name: 0,
            needs: 0..0,
            wait: None,
            more: None,
        }
    }
}

/// The tasks of a log while it is read.
pub(super) struct Tasks<'a> {
    pub(super) options: &'a TraceOptions,
    pub(super) problems: Problems<'a>,
    pub(super) dropped: Tally,
    pub(super) repaired: Tally,
    /// Identifiers of jobs, users and groups.
    pub(super) ids: Identifiers,
    pub(super) list: Vec<Task>,
    /// Keys of what tasks need.
    pub(super) needs: Vec<u64>,
    /// Keys of dropped tasks.
    pub(super) gone: FxHashSet<u64>,
    /// `jobName`s.
    names: Vec<String>,
    name_of: FxHashMap<String, u32>,
    /// In documents, the pointer of the list that places count in.
    pub(super) pointer: Option<&'static str>,
    /// Whether submissions are moments from 1970, and the first is time zero.
    pub(super) starts_at_first: bool,
    /// How messages call the task of a key.
    pub(super) show_key: fn(&Identifiers, u64) -> String,
}

impl<'a> Tasks<'a> {
    /// None yet, of the file that problems call `name`.
    pub(super) fn of(name: &'a str, options: &'a TraceOptions) -> Tasks<'a> {
        Tasks {
            options,
            problems: Problems::of(name),
            dropped: Tally::default(),
            repaired: Tally::default(),
            ids: Identifiers::default(),
            list: Vec::new(),
            needs: Vec::new(),
            gone: FxHashSet::default(),
            names: vec!["job".to_owned()],
            name_of: FxHashMap::default(),
            pointer: None,
            starts_at_first: false,
            show_key: |ids, key| format!("`{}`", ids.show(key as u32)),
        }
    }

    /// What stands for `name` in [`Task::name`].
    pub(super) fn name(&mut self, name: &str) -> u32 {
        if let Some(&known) = self.name_of.get(name) {
            return known;
        }
        let index = self.names.len() as u32;
        self.names.push(name.to_owned());
        self.name_of.insert(name.to_owned(), index);
        index
    }

    /// How a message calls `place`.
    pub(super) fn shown(&self, place: u64) -> String {
        match self.pointer {
            Some(pointer) => format!("{pointer}/{place}"),
            None => format!("line {place}"),
        }
    }

    /// A problem of the task at `place`, in its `field` (which may be empty).
    pub(super) fn wrong(&mut self, place: u64, field: &str, message: impl Into<String>) {
        match self.pointer {
            Some(pointer) => {
                let slash = if field.is_empty() { "" } else { "/" };
                let pointer = format!("{pointer}/{place}{slash}{field}");
                self.problems.add(0, &pointer, message);
            }
            None => self.problems.add(place, field, message),
        }
    }

    /// Counts that `rule` mended something at `place`.
    pub(super) fn repair(&mut self, rule: &'static str, place: u64) {
        let pointer = self.pointer;
        self.repaired.at(rule, || show(pointer, place));
    }

    /// Counts that the task called `key` at `place` is dropped by `rule`.
    pub(super) fn drop(&mut self, rule: &'static str, place: u64, key: Option<u64>) {
        let pointer = self.pointer;
        self.dropped.at(rule, || show(pointer, place));
        self.gone.extend(key);
    }

    /// Ends the reading of one task that began when there were `before` problems: where it added some and the trace is to be mended, the
    /// task is dropped and they are forgotten.
    pub(super) fn judge(&mut self, before: u64, place: u64) {
        if self.options.mend && self.problems.count() > before {
            self.problems.forget_after(before);
            self.drop("malformed-row", place, None);
        }
    }

    /// Adds a task, unless the options leave it out; `completed` is whether it ended well.
    pub(super) fn push(&mut self, task: Task, completed: bool) {
        if task.row.work.is_zero() && self.options.drop_zero_run {
            self.drop("zero-run", task.place, Some(task.key));
        } else if !completed && self.options.completed_only {
            self.drop("not-completed", task.place, Some(task.key));
        } else {
            self.list.push(task);
        }
    }

    /// The trace: everything tied and sorted.
    ///
    /// # Errors
    /// Every problem, those of reading first.
    pub(super) fn finish(mut self) -> Result<Trace, Vec<Problem>> {
        if self.list.len() + 1 >= Row::NAMED as usize {
            self.problems
                .add(0, "", "has more jobs than can be numbered (2,147,483,647)");
        }
        let places = self.places();
        let mut parents = self.parents(&places);
        drop(places);
        if !self.problems.is_empty() {
            return Err(self.problems.into_list());
        }
        let zero = match self.starts_at_first {
            true => self.list.iter().map(|task| task.submit).min().unwrap_or(0),
            false => 0,
        };
        for task in &mut self.list {
            let since = u64::try_from(task.submit.saturating_sub(zero)).unwrap_or(0);
            task.row.submit = SimTime::from_ms(since.min(SimTime::LAST.ms()));
        }
        let order = loop {
            match self.order(&parents) {
                Ok(order) => break order,
                Err(left) => self.cut_circle(&mut parents, &left)?,
            }
        };
        let latest = self.list.is_sorted_by_key(|task| task.row.submit);
        if !latest {
            let mut latest = SimTime::ZERO;
            let mut behind = 0;
            for task in &self.list {
                behind += u64::from(task.row.submit < latest);
                latest = latest.max(task.row.submit);
            }
            self.repaired.add("unsorted-submit", behind);
        }
        Ok(self.build(&parents, &order, zero))
    }

    /// Where each key is; a second task with one key is a problem, or left out.
    fn places(&mut self) -> FxHashMap<u64, u32> {
        let mut places = FxHashMap::default();
        places.reserve(self.list.len());
        let mut twice = Vec::new();
        for (index, task) in self.list.iter().enumerate() {
            match places.get(&task.key) {
                None => {
                    places.insert(task.key, index as u32);
                }
                Some(&first) => twice.push((index, first)),
            }
        }
        if twice.is_empty() {
            return places;
        }
        let mut is_twice = vec![false; self.list.len()];
        for (index, first) in twice {
            is_twice[index] = true;
            let (place, key) = (self.list[index].place, self.list[index].key);
            if self.options.mend {
                self.drop("duplicate-id", place, None);
                continue;
            }
            let id = (self.show_key)(&self.ids, key);
            let earlier = self.shown(self.list[first as usize].place);
            let message = format!("{id} names the job at {earlier} already");
            self.wrong(place, "", message);
        }
        if self.options.mend {
            let mut keeps = is_twice.iter().map(|twice| !twice);
            self.list.retain(|_| keeps.next().unwrap_or(true));
            places = self.list.iter().map(|task| task.key).zip(0..).collect();
        }
        places
    }

    /// What each task needs, as places in the list, ascending and each once; what is not there is a problem, or left out.
    fn parents(&mut self, places: &FxHashMap<u64, u32>) -> Vec<Vec<u32>> {
        if self.needs.is_empty() {
            return Vec::new();
        }
        let mut parents = Vec::with_capacity(self.list.len());
        for index in 0..self.list.len() {
            let task = &self.list[index];
            let (place, range) = (task.place, task.needs.clone());
            let mut own = Vec::with_capacity(range.len());
            for need in range {
                let key = self.needs[need as usize];
                match places.get(&key) {
                    Some(&parent) if parent as usize == index => {
                        if self.options.mend {
                            self.repair("circle-cut", place);
                        } else {
                            let id = (self.show_key)(&self.ids, key);
                            self.wrong(place, "", format!("needs itself, {id}"));
                        }
                    }
                    Some(&parent) => own.push(parent),
                    None if self.gone.contains(&key) => {
                        self.repair("dependency-on-dropped", place);
                    }
                    None if self.options.mend => self.repair("orphan-dependency", place),
                    None => {
                        let id = (self.show_key)(&self.ids, key);
                        let message = format!("needs {id}, which names no job of this trace");
                        self.wrong(place, "", message);
                    }
                }
            }
            own.sort_unstable();
            own.dedup();
            if own.len() > DEPENDENCIES_MAX && !self.options.lift_limits {
                let message = format!(
                    "{} dependencies; AWS takes at most {DEPENDENCIES_MAX}",
                    own.len()
                );
                self.wrong(place, "", message);
            }
            parents.push(own);
        }
        parents
    }

    /// The tasks in order of submission, each after those it needs; who would be submitted before one that it needs is submitted with
    /// it instead. The error is the tasks that are part of a circle, or wait for one.
    fn order(&mut self, parents: &[Vec<u32>]) -> Result<Vec<u32>, Vec<u32>> {
        let count = self.list.len();
        if parents.is_empty() {
            let mut order: Vec<u32> = (0..count as u32).collect();
            order.sort_by_key(|&index| self.list[index as usize].row.submit);
            return Ok(order);
        }
        let mut waits: Vec<u32> = parents.iter().map(|own| own.len() as u32).collect();
        let mut first = vec![0u32; count + 1];
        for parent in parents.iter().flatten() {
            first[*parent as usize + 1] += 1;
        }
        for at in 0..count {
            first[at + 1] += first[at];
        }
        let mut next = first.clone();
        let mut children = vec![0u32; first[count] as usize];
        for (child, own) in parents.iter().enumerate() {
            for &parent in own {
                let at = &mut next[parent as usize];
                children[*at as usize] = child as u32;
                *at += 1;
            }
        }
        let mut submits: Vec<SimTime> = self.list.iter().map(|task| task.row.submit).collect();
        let mut ready: BinaryHeap<Reverse<(SimTime, u32)>> = (0..count as u32)
            .filter(|&index| waits[index as usize] == 0)
            .map(|index| Reverse((submits[index as usize], index)))
            .collect();
        let mut order = Vec::with_capacity(count);
        while let Some(Reverse((submit, index))) = ready.pop() {
            order.push(index);
            let own = first[index as usize] as usize..first[index as usize + 1] as usize;
            for &child in &children[own] {
                let (waits, child_submit) =
                    (&mut waits[child as usize], &mut submits[child as usize]);
                *waits -= 1;
                *child_submit = (*child_submit).max(submit);
                if *waits == 0 {
                    ready.push(Reverse((*child_submit, child)));
                }
            }
        }
        if order.len() < count {
            return Err((0..count as u32)
                .filter(|&index| waits[index as usize] > 0)
                .collect());
        }
        for (index, submit) in submits.into_iter().enumerate() {
            if self.list[index].row.submit < submit {
                self.list[index].row.submit = submit;
                self.repair("submit-before-parent", self.list[index].place);
            }
        }
        Ok(order)
    }

    /// Cuts one circle among `left`, where the trace is to be mended.
    ///
    /// # Errors
    /// The circle, where it is not.
    fn cut_circle(&mut self, parents: &mut [Vec<u32>], left: &[u32]) -> Result<(), Vec<Problem>> {
        let waits: FxHashSet<u32> = left.iter().copied().collect();
        let up = |index: u32| {
            let own = parents[index as usize].iter();
            own.copied().find(|parent| waits.contains(parent))
        };
        // Each of them has one of them above it, so the way up comes back to where it was.
        let mut way = vec![left[0]];
        let mut seen = FxHashSet::from_iter([left[0]]);
        while let Some(above) = way.last().and_then(|&index| up(index)) {
            if !seen.insert(above) {
                let begin = way.iter().position(|&index| index == above);
                way.drain(..begin.unwrap_or(0));
                break;
            }
            way.push(above);
        }
        let (child, parent) = match (way.iter().max(), &way[..]) {
            // The last of the circle in the file loses what it needs of it.
            (Some(&last), _) => (last, up(last).unwrap_or(last)),
            (None, _) => (left[0], left[0]),
        };
        if self.options.mend {
            parents[child as usize].retain(|&other| other != parent);
            self.repair("circle-cut", self.list[child as usize].place);
            return Ok(());
        }
        let shown: Vec<String> = way
            .iter()
            .take(10)
            .map(|&index| {
                let task = &self.list[index as usize];
                let id = (self.show_key)(&self.ids, task.key);
                format!("{id} ({})", self.shown(task.place))
            })
            .collect();
        let more = if way.len() > 10 { " and others" } else { "" };
        let message = format!(
            "jobs wait for each other in a circle, so none can start: {}{more}",
            shown.join(", ")
        );
        self.wrong(self.list[way[0] as usize].place, "", message);
        let problems = std::mem::replace(&mut self.problems, Problems::of(""));
        Err(problems.into_list())
    }

    fn build(mut self, parents: &[Vec<u32>], order: &[u32], zero: i64) -> Trace {
        let mut place = vec![0u32; order.len()];
        for (at, &index) in order.iter().enumerate() {
            place[index as usize] = at as u32;
        }
        let mut workload = Workload::default();
        workload.rows.reserve_exact(order.len());
        let mut templates: FxHashMap<(u32, u32, u8), u32> = FxHashMap::default();
        let is_session = matches!(self.options.closed_loop, ClosedLoop::Sessions { .. });
        let mut links = Vec::new();
        for &index in order {
            let task = &mut self.list[index as usize];
            let (mut row, more) = (task.row, task.more.take().unwrap_or_default());
            if is_session {
                links.push(Link {
                    job: -1,
                    wait: task.wait,
                    ..Link::default()
                });
            }
            let share = match self.options.share_by {
                ShareBy::Nothing => Row::UNKNOWN,
                ShareBy::User => row.user,
                ShareBy::Group => row.group,
            };
            let kind = (task.name, share, more.attempts);
            row.template = *templates.entry(kind).or_insert_with(|| {
                let template = template(self.options, &self.ids, &self.names, kind);
                workload.templates.push(template);
                workload.templates.len() as u32 - 1
            });
            let own = parents.get(index as usize).map_or(&[][..], Vec::as_slice);
            let range = |start: usize, end: usize| match start == end {
                true => 0..0,
                false => start as u32..end as u32,
            };
            let (needs, fates) = (workload.dependencies.len(), workload.fates.len());
            let on = own.iter().map(|&parent| Dependency {
                on: RowId::at(place[parent as usize] as usize),
                kind: DependencyKind::Whole,
            });
            workload.dependencies.extend(on);
            workload.fates.extend(&more.fates);
            let extra = Extra {
                array: more.array,
                dependencies: range(needs, workload.dependencies.len()),
                fates: range(fates, workload.fates.len()),
                ..Extra::default()
            };
            row.extra = Row::PLAIN;
            if extra != Extra::default() {
                row.extra = workload.extras.len() as u32;
                workload.extras.push(extra);
            }
            workload.rows.push(row);
        }
        workload.names = std::mem::take(&mut self.ids.names);
        if let ClosedLoop::Sessions { think_limit } = self.options.closed_loop {
            sessions::tie_users(&mut workload, &links, think_limit, &mut self.repaired);
        }
        let mut firsts = self.dropped.take_firsts();
        firsts.extend(self.repaired.take_firsts());
        workload.dropped = self.dropped.into_counts();
        workload.repaired = self.repaired.into_counts();
        Trace {
            workload,
            start_epoch_ms: self.starts_at_first.then_some(zero),
            firsts,
            ..Trace::default()
        }
    }
}

/// What the tasks of one kind share.
fn template(
    options: &TraceOptions,
    ids: &Identifiers,
    names: &[String],
    (name, share, attempts): (u32, u32, u8),
) -> SubmitJob {
    let share = match options.share_by {
        ShareBy::Nothing => None,
        share_by if share < Row::NAMED || share == Row::UNKNOWN => Some(share_by.identifier(share)),
        _ => Some(share_name(&ids.show(share))),
    };
    SubmitJob {
        job_name: names[name as usize].clone(),
        job_queue: options.job_queue.clone(),
        job_definition: options.job_definition.clone(),
        share_identifier: share,
        retry: (attempts > 0).then(|| RetryStrategy {
            attempts,
            evaluate_on_exit: Vec::new(),
        }),
        lift_limits: options.lift_limits,
        ..SubmitJob::default()
    }
}

/// A user's name as a share identifier, which has letters and digits only.
fn share_name(user: &str) -> String {
    let letters = user.chars().filter(char::is_ascii_alphanumeric);
    let name: String = letters.collect();
    if name.is_empty() {
        "unknown".to_owned()
    } else {
        name
    }
}

fn show(pointer: Option<&'static str>, place: u64) -> String {
    match pointer {
        Some(pointer) => format!("{pointer}/{place}"),
        None => format!("line {place}"),
    }
}
