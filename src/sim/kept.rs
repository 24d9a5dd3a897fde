//! What is left of an attempt that ended, where its job saves its work.

use crate::control::{Attempt, AttemptFacts, Ending, EndingKind, Kept};
use crate::fleet::Spent;
use crate::model::{Checkpoint, CostCause, Observer};
use crate::policy::checkpoint::{self, Progress};
use crate::units::{SimTime, Span};

use super::Simulation;

impl<O: Observer> Simulation<'_, O> {
    /// What is kept of an attempt that ends now, and what its running time was for.
    #[inline]
    pub(super) fn kept(&self, attempt: Attempt, ending: &Ending) -> (Kept, Spent) {
        let is_success = ending.is_success() && !self.control.is_leaving(attempt);
        let cause = match ending.kind {
            EndingKind::HostLost(_) | EndingKind::TaskInterrupted => CostCause::Interrupted,
            _ if is_success => CostCause::Useful,
            _ => CostCause::Failed,
        };
        if !self.control.saves_work() {
            return (Kept::default(), Spent::on(cause));
        }
        let facts = match self.control.facts(attempt) {
            Some(facts) if facts.checkpoint.is_some() => facts,
            _ => return (Kept::default(), Spent::on(cause)),
        };
        self.kept_of(attempt, &facts, ending, is_success, cause)
    }

    #[inline(never)]
    fn kept_of(
        &self,
        attempt: Attempt,
        facts: &AttemptFacts,
        ending: &Ending,
        is_success: bool,
        cause: CostCause,
    ) -> (Kept, Spent) {
        let nothing = (Kept::default(), Spent::on(cause));
        let Some(checkpoint) = facts.checkpoint else {
            return nothing;
        };
        let now = self.now();
        let goes_on = match ending.kind {
            EndingKind::HostLost(_) | EndingKind::TaskInterrupted => true,
            _ => checkpoint.after_failure,
        };
        if facts.started >= now
            || !(is_success || goes_on && self.control.is_tried_again(attempt, ending))
        {
            return nothing;
        }
        let workload = &self.scenario.workload;
        let work = self.fates.of(workload, facts, &self.streams).work;
        let is_resumed = facts.attempt > 1;
        let ran = now - facts.started;
        // What it did before the run began was saved as it went, too.
        let before = self.ran_before(facts);
        let after = |ran| checkpoint::progress(&checkpoint, work, is_resumed, before + ran);
        let mut found = after(ran);
        if is_success {
            found.saved = found.worked;
        } else if let EndingKind::HostLost(instance) = ending.kind {
            let noticed = self.fleet.noticed(instance);
            if let Some(saved) = on_notice(&checkpoint, facts.started, noticed, now, after) {
                let saving = found.saving + checkpoint.cost;
                found.saved = found.saved.max(saved);
                // It saved beside its work: what was neither saved nor lost cannot be more than there was.
                let most = less(before + ran, found.saved);
                found.saving = saving.min(most);
            }
        }
        let speeds = [facts.placed.speed, facts.speed];
        let work = checkpoint::work_of(found.saved, speeds);
        let (worked, saving) = match before.is_zero() {
            true => (found.saved, found.saving),
            false => {
                // Only what was done since the run began has its place in the job's life.
                let since = after(Span::ZERO);
                let worked = less(found.saved, since.worked).min(ran);
                (worked, less(found.saving, since.saving).min(ran - worked))
            }
        };
        let kept = Kept {
            worked,
            work,
            saving,
        };
        let spent = Spent {
            cause,
            ran,
            worked: kept.worked,
            saving: kept.saving,
        };
        if is_success {
            let saving = kept.saving;
            return (
                Kept {
                    saving,
                    ..Kept::default()
                },
                spent,
            );
        }
        (kept, spent)
    }
}

fn less(all: Span, part: Span) -> Span {
    Span::from_ms(all.ms().saturating_sub(part.ms()))
}

/// What was saved between the notice and now, if there was time for it.
fn on_notice(
    checkpoint: &Checkpoint,
    started: SimTime,
    noticed: SimTime,
    now: SimTime,
    after: impl Fn(Span) -> Progress,
) -> Option<Span> {
    let has_time = checkpoint.on_notice
        && started <= noticed
        && noticed != SimTime::NEVER
        && noticed + checkpoint.cost <= now;
    has_time.then(|| after(noticed - started).worked)
}
