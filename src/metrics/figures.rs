//! The few figures by which runs are compared.

use crate::units::{Span, Usd};

use super::{Decimal, Summary};

/// What a change of a run is judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    /// Last end of a job minus first submission; none where no job ended.
    pub makespan: Option<Span>,
    /// Mean wait, to the millisecond below; none where no job started.
    pub wait: Option<Span>,
    /// The bill.
    pub cost: Usd,
    /// Jobs that succeeded.
    pub succeeded: u64,
}

impl Figures {
    /// Those of a run.
    pub fn of(summary: &Summary) -> Figures {
        let ms = |mean: Decimal| u64::try_from(mean.parts() / 1_000).unwrap_or(0);
        Figures {
            makespan: summary.makespan,
            wait: summary.wait_s.mean.map(|mean| Span::from_ms(ms(mean))),
            cost: summary.cost_total(),
            succeeded: summary.jobs.succeeded,
        }
    }
    /// Those of a run that differs from `base` in what was asked for. Where AWS refuses what was changed there is no such run,
    /// whatever the rest of it did.
    ///
    /// # Errors
    /// What was refused, as a sentence.
    pub fn beside(summary: &Summary, base: &Summary) -> Result<Figures, String> {
        for (refused, before) in [
            (&summary.rejected_commands, &base.rejected_commands),
            (&summary.rejected, &base.rejected),
        ] {
            let is_new = |why: &str| before.iter().all(|(known, _)| known != why);
            if let Some((why, _)) = refused.iter().find(|(why, _)| is_new(why)) {
                return Err(format!("it is refused: {why}"));
            }
        }
        Ok(Figures::of(summary))
    }
}
