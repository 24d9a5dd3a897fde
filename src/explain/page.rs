//! How a story is set: moments, sentences beside them, lists; 80 columns.

use crate::report::{GLUE, wrap};
use crate::units::SimTime;

/// Columns of a story.
const WIDTH: usize = 80;
/// Columns of a moment.
const MOMENT: usize = 13;

/// A page that is written line by line.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) text: String,
}

impl Page {
    /// A line as it is.
    pub(super) fn line(&mut self, line: &str) {
        self.text.push_str(&line.trim_end().replace(GLUE, " "));
        self.text.push('\n');
    }

    /// A moment, and what happened at it.
    pub(super) fn event(&mut self, at: SimTime, what: &str) {
        self.beside(&clock(at), what);
    }

    /// What went on between two moments.
    pub(super) fn aside(&mut self, what: &str) {
        self.beside("", &format!("… {what}"));
    }

    /// A label and text that wraps beside it.
    pub(super) fn entry(&mut self, label: &str, text: &str) {
        self.beside(label, text);
    }

    fn beside(&mut self, label: &str, text: &str) {
        for (index, part) in wrap(text, WIDTH - MOMENT - 2).iter().enumerate() {
            let label = if index == 0 { label } else { "" };
            self.line(&format!("{label:>MOMENT$}  {part}"));
        }
    }

    /// Words to type, below a sentence.
    pub(super) fn inset(&mut self, words: &str) {
        self.line(&format!("      {words}"));
    }

    /// One of several sentences.
    pub(super) fn item(&mut self, text: &str) {
        for (index, part) in wrap(text, WIDTH - 4).iter().enumerate() {
            let mark = if index == 0 { "-" } else { " " };
            self.line(&format!("  {mark} {part}"));
        }
    }
}

/// A moment as hours, minutes and seconds since the simulation's beginning.
fn clock(at: SimTime) -> String {
    let (s, ms) = (at.ms() / 1_000, at.ms() % 1_000);
    let text = format!("{:02}:{:02}:{:02}", s / 3_600, s / 60 % 60, s % 60);
    match ms {
        0 => text,
        _ => format!("{text}.{ms:03}"),
    }
}
