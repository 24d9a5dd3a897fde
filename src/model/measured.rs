//! What became of jobs in reality, as the client that submitted them saw it.

use crate::units::{SimTime, Span};

/// A job of a real run. Times are from the first submission of its history on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeasuredJob {
    /// Its identifier in the source, as in [`super::Row::source`].
    pub source: u32,
    /// Its name.
    pub name: String,
    /// When the client submitted it.
    pub submitted: SimTime,
    /// When the client first saw it run, where the history says; no earlier than `submitted`.
    pub started: Option<SimTime>,
    /// When the client saw that it had ended; no earlier than either.
    pub ended: SimTime,
    /// How long its own command ran.
    pub work: Span,
    /// The exit code.
    pub exit_code: u8,
    /// vCPUs that it asked for; 0 where the history does not say.
    pub vcpus: u32,
    /// MiB that it asked for; 0 where the history does not say.
    pub memory: u32,
}

impl MeasuredJob {
    /// From its submission to when it was seen to run.
    pub fn wait(&self) -> Option<Span> {
        self.started.map(|started| started - self.submitted)
    }

    /// The time between submission and end in which its command did not run.
    pub fn overhead(&self) -> Span {
        Span::from_ms(
            (self.ended - self.submitted)
                .ms()
                .saturating_sub(self.work.ms()),
        )
    }
}
