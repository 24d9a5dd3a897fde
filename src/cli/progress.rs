//! How far a long run is, on standard error, for who watches.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::model::{AttemptRecord, InstanceRecord, JobRecord, Levels, Named, Observer};
use crate::units::{JobId, QueueId, RowId, SimTime};

/// Runs that are over sooner show nothing.
const PATIENCE: Duration = Duration::from_secs(1);
/// Jobs between two looks at the clock.
const STRIDE: u64 = 1 << 14;

/// Jobs that have ended in the run that is on.
static ENDED: AtomicU64 = AtomicU64::new(0);
/// The simulated moment of the last of these ends, in milliseconds.
static LAST_END_MS: AtomicU64 = AtomicU64::new(0);

/// How far the run that is on has come, for the message of a bug.
pub fn how_far() -> String {
    let last = SimTime::from_ms(LAST_END_MS.load(Ordering::Relaxed));
    let ended = ENDED.load(Ordering::Relaxed);
    format!("{ended} jobs had ended, the last at {last} s")
}

/// An observer that shows how many jobs have ended and hands everything on.
pub struct Watched<O> {
    inner: O,
    total: u64,
    ended: u64,
    /// When the run began; `None` where nobody watches.
    since: Option<Instant>,
    bar: Option<ProgressBar>,
    /// Fails after so many jobs, as if by a bug of ours, so that what happens then can be tested.
    bug_after: Option<u64>,
}

impl<O> Watched<O> {
    /// Watches a run of `total` jobs; silent where `quiet` or where standard error is no terminal. Panics once `bug_after` jobs
    /// have ended.
    pub fn new(inner: O, total: u64, quiet: bool, bug_after: Option<u64>) -> Watched<O> {
        let watched = !quiet && std::io::stderr().is_terminal();
        Watched {
            inner,
            total,
            ended: 0,
            since: watched.then(Instant::now),
            bar: None,
            bug_after,
        }
    }

    /// Takes the bar away and gives the observer back.
    pub fn into_inner(self) -> O {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
        self.inner
    }

    #[cold]
    fn look(&mut self) {
        let Some(since) = self.since else { return };
        if self.bar.is_none() && since.elapsed() >= PATIENCE {
            self.bar = Some(new_bar(self.total, "jobs"));
        }
        if let Some(bar) = &self.bar {
            bar.set_position(self.ended.min(self.total));
        }
    }
}

/// How many of several runs are done, told from any thread; silent where `quiet` or where standard error is no terminal.
pub struct Steps(Option<ProgressBar>);

impl Steps {
    /// `total` of `what`.
    pub fn new(total: u64, what: &str, quiet: bool) -> Steps {
        let is_watched = !quiet && total > 1 && std::io::stderr().is_terminal();
        Steps(is_watched.then(|| new_bar(total, what)))
    }

    /// One more is done.
    pub fn step(&self) {
        if let Some(bar) = &self.0 {
            bar.inc(1);
        }
    }
}

impl Drop for Steps {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

fn new_bar(total: u64, what: &str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
    let template = format!("{{bar:40}} {{human_pos}}/{{human_len}} {what}, {{eta}} left");
    if let Ok(style) = ProgressStyle::with_template(&template) {
        bar.set_style(style);
    }
    bar
}

impl<O: Observer> Observer for Watched<O> {
    fn named(&mut self, name: Named<'_>) {
        self.inner.named(name);
    }

    fn submitted(&mut self, at: SimTime, row: RowId, children: u32) {
        self.inner.submitted(at, row, children);
    }

    fn rejected(&mut self, at: SimTime, row: Option<RowId>, reason: &str) {
        self.inner.rejected(at, row, reason);
    }

    fn attempt_ended(&mut self, attempt: &AttemptRecord<'_>) {
        self.inner.attempt_ended(attempt);
    }

    fn job_ended(&mut self, job: &JobRecord<'_>) {
        self.ended += 1;
        ENDED.store(self.ended, Ordering::Relaxed);
        LAST_END_MS.store(job.ended.ms(), Ordering::Relaxed);
        if self.bug_after == Some(self.ended) {
            panic!("asked for by --debug-bug-after");
        }
        if self.ended.is_multiple_of(STRIDE) {
            self.look();
        }
        self.inner.job_ended(job);
    }

    fn job_unfinished(&mut self, job: &JobRecord<'_>, why: &str) {
        self.inner.job_unfinished(job, why);
    }

    fn queue_blocked(&mut self, at: SimTime, queue: QueueId, job: JobId, reason: &str) {
        self.inner.queue_blocked(at, queue, job, reason);
    }

    fn instance_ended(&mut self, instance: &InstanceRecord) {
        self.inner.instance_ended(instance);
    }

    fn levels(&mut self, at: SimTime, levels: &Levels) {
        self.inner.levels(at, levels);
    }

    fn ended(&mut self, at: SimTime) {
        self.inner.ended(at);
    }
}
