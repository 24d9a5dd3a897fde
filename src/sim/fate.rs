//! What becomes of an attempt: how long it runs on the machine it got, and how it ends.

use crate::control::{AttemptFacts, Ending, EndingKind};
use crate::engine::Streams;
use crate::fleet::Start;
use crate::model::{FateKind, Knob, Settings, Workload, rules};
use crate::policy::checkpoint;
use crate::units::{Ratio, Span};

/// Exit code of a process that SIGKILL ended.
pub(super) const KILLED: u8 = 137;

/// How an attempt ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Exit,
    OutOfMemory,
    FailedToStart,
    TimedOut,
    CreateTimedOut,
    TaskInterrupted,
}

impl Kind {
    /// The ending that control hears of.
    pub(super) fn ending(self, exit_code: u8) -> Ending {
        let kind = match self {
            Kind::Exit => EndingKind::Exit,
            Kind::OutOfMemory => EndingKind::OutOfMemory,
            Kind::FailedToStart => EndingKind::FailedToStart,
            Kind::TimedOut => EndingKind::TimedOut,
            Kind::CreateTimedOut => EndingKind::CreateTimedOut,
            Kind::TaskInterrupted => EndingKind::TaskInterrupted,
        };
        Ending {
            kind,
            exit_code: self.has_exit_code().then_some(exit_code),
        }
    }

    fn has_exit_code(self) -> bool {
        matches!(self, Kind::Exit | Kind::OutOfMemory | Kind::TimedOut)
    }

    /// Whether the container never runs.
    pub(super) fn is_without_start(self) -> bool {
        matches!(self, Kind::FailedToStart | Kind::CreateTimedOut)
    }
}

/// When a container runs, when it ends after that, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AttemptFate {
    pub(super) start: Span,
    pub(super) run: Span,
    /// Of the run, the time that it works; the rest it saves its work.
    pub(super) work: Span,
    pub(super) kind: Kind,
    pub(super) exit_code: u8,
}

/// The settings that decide fates.
#[derive(Clone, Debug)]
pub(super) struct Fates {
    container_start: Span,
    timeout_lag: Span,
    shutdown: Span,
    out_of_memory_at: Ratio,
    kill_at_estimate: bool,
    create_times_out: bool,
}

impl Fates {
    pub(super) fn new(settings: &Settings) -> Fates {
        Fates {
            container_start: settings.span(Knob::ContainerStart),
            timeout_lag: settings.span(Knob::TimeoutLag),
            shutdown: settings.span(Knob::ShutdownTime).min(rules::KILL_GRACE),
            out_of_memory_at: settings.ratio(Knob::OutOfMemoryAt),
            kill_at_estimate: settings.flag(Knob::KillAtEstimate),
            create_times_out: settings.flag(Knob::ContainerCreateTimeout),
        }
    }

    /// The same where the machine and the image have to be waited for first.
    pub(super) fn after(&self, start: Start, fate: AttemptFate) -> AttemptFate {
        if self.create_times_out && start.pull > rules::CONTAINER_CREATE_TIMEOUT {
            return AttemptFate {
                start: start.machine + rules::CONTAINER_CREATE_TIMEOUT,
                run: Span::ZERO,
                kind: Kind::CreateTimedOut,
                ..fate
            };
        }
        AttemptFate {
            start: start.machine + start.pull + fate.start,
            ..fate
        }
    }

    /// The fate of a placed attempt.
    pub(super) fn of(
        &self,
        workload: &Workload,
        facts: &AttemptFacts,
        streams: &Streams,
    ) -> AttemptFate {
        let row = workload.row(facts.row);
        let stated = workload.fate(row, facts.child, facts.attempt);
        let left = Span::from_ms(stated.run.ms().saturating_sub(facts.saved.ms()));
        let mut fate = AttemptFate {
            start: self.container_start,
            run: facts.placed.speed.divide_with(facts.speed, left),
            work: Span::ZERO,
            kind: match stated.kind {
                FateKind::Exit => Kind::Exit,
                FateKind::OutOfMemory => Kind::OutOfMemory,
                FateKind::FailedToStart => Kind::FailedToStart,
            },
            exit_code: if stated.kind == FateKind::OutOfMemory {
                KILLED
            } else {
                stated.exit_code
            },
        };
        if fate.kind == Kind::FailedToStart {
            return AttemptFate {
                run: Span::ZERO,
                ..fate
            };
        }
        let peak = workload.extra(row).map_or(0, |extra| extra.peak_memory);
        if facts.memory > 0 && peak > facts.memory {
            fate.run = self.out_of_memory_at.of(fate.run);
            (fate.kind, fate.exit_code) = (Kind::OutOfMemory, KILLED);
        }
        if let Some(failure) = facts
            .failure
            .filter(|_| fate.kind == Kind::Exit && fate.exit_code == 0)
        {
            let draw = u32::from(facts.attempt) * 2;
            if failure
                .probability
                .hits(streams.word("failure", u64::from(facts.job.0), draw))
            {
                fate.exit_code = failure.exit_code;
                if failure.midway {
                    let word = streams.word("failure", u64::from(facts.job.0), draw + 1);
                    let ms = (u128::from(fate.run.ms()) * u128::from(word)) >> 64;
                    fate.run = Span::from_ms(ms as u64);
                }
            }
        }
        fate.work = fate.run;
        if let Some(checkpoint) = &facts.checkpoint {
            fate.run = checkpoint::run_time(checkpoint, fate.work, facts.attempt > 1);
        }
        self.limit(fate, facts, row.estimate)
    }

    /// Timeouts count from RUNNING (API JobTimeout); SIGKILL follows SIGTERM after at most 30 s. Nothing outlasts an
    /// estimate that kills. `control` raises estimates by the same rule, so none is shorter than the run it is for, unless
    /// machines slower than all there were joined since.
    fn limit(&self, mut fate: AttemptFate, facts: &AttemptFacts, stated: Span) -> AttemptFate {
        if let Some(timeout) = facts.timeout
            && fate.run > timeout + self.timeout_lag
        {
            let run = timeout + self.timeout_lag + self.shutdown;
            fate = AttemptFate {
                run,
                kind: Kind::TimedOut,
                exit_code: KILLED,
                ..fate
            };
        }
        if self.kill_at_estimate && !stated.is_zero() && stated < fate.run {
            fate = AttemptFate {
                run: stated,
                kind: Kind::TimedOut,
                exit_code: KILLED,
                ..fate
            };
        }
        fate
    }
}
