//! What becomes of an attempt: how long it runs on the machine it got, and how it ends.

use crate::control::{AttemptFacts, Ending, EndingKind};
use crate::engine::Streams;
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
}

impl Kind {
    /// The ending that control hears of.
    pub(super) fn ending(self, exit_code: u8) -> Ending {
        let kind = match self {
            Kind::Exit => EndingKind::Exit,
            Kind::OutOfMemory => EndingKind::OutOfMemory,
            Kind::FailedToStart => EndingKind::FailedToStart,
            Kind::TimedOut => EndingKind::TimedOut,
        };
        Ending {
            kind,
            exit_code: (self != Kind::FailedToStart).then_some(exit_code),
        }
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
}

impl Fates {
    pub(super) fn new(settings: &Settings) -> Fates {
        Fates {
            container_start: settings.span(Knob::ContainerStart),
            timeout_lag: settings.span(Knob::TimeoutLag),
            shutdown: settings.span(Knob::ShutdownTime).min(rules::KILL_GRACE),
            out_of_memory_at: settings.ratio(Knob::OutOfMemoryAt),
            kill_at_estimate: settings.flag(Knob::KillAtEstimate),
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
