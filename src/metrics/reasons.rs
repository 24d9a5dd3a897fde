//! Counts by text, such as why jobs were refused.

use std::collections::BTreeMap;

use super::Summary;

/// How often each text occurred. Memory stays bounded however many texts there are.
#[derive(Clone, Debug, Default)]
pub(super) struct Reasons {
    counts: BTreeMap<String, u64>,
    /// What came after too many texts.
    others: u64,
}

/// Texts that are told apart; those of later ones are summed up.
const TEXTS: usize = 10_000;

impl Reasons {
    /// Counts `text` `times` more.
    pub fn add(&mut self, text: &str, times: u64) {
        if let Some(count) = self.counts.get_mut(text) {
            *count += times;
        } else if self.counts.len() < TEXTS {
            self.counts.insert(text.to_owned(), times);
        } else {
            self.others += times;
        }
    }

    /// The most frequent first, then by text; what does not fit is summed up as `other reasons`.
    pub fn top(self) -> Vec<(String, u64)> {
        let mut all: Vec<(String, u64)> = self.counts.into_iter().collect();
        all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let mut others = self.others;
        if all.len() > Summary::REASONS {
            others += all
                .drain(Summary::REASONS..)
                .map(|(_, count)| count)
                .sum::<u64>();
        }
        if others > 0 {
            all.push(("other reasons".to_owned(), others));
        }
        all
    }
}
