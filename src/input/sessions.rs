//! Ties the submissions of a log to its completions: a replay whose users wait for their own jobs, as they did.

use rustc_hash::FxHashMap;

use crate::model::{Anchor, Extra, Loop, Row, Workload};
use crate::units::{RowId, SimTime, Span};

use super::builder::Tally;

/// What a log says of a job beside its row; one for each row, in the same order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Link {
    /// The job's number; −1 where it has none.
    pub(super) job: i64,
    /// How long it waited in the log, where that is known.
    pub(super) wait: Option<Span>,
    /// The number of the job that its user waited for.
    pub(super) preceding: Option<i64>,
    /// Time from that job's end to this submission.
    pub(super) think: Option<Span>,
}

/// Sorts rows by submission; those of one moment keep their order. `links` (none, or one for each row) follow.
pub(super) fn sort_by_submission(rows: &mut Vec<Row>, links: &mut Vec<Link>) {
    if links.is_empty() {
        rows.sort_by_key(|row| row.submit);
        return;
    }
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|&index| rows[index].submit);
    *rows = order.iter().map(|&index| rows[index]).collect();
    *links = order.iter().map(|&index| links[index]).collect();
}

/// Ties each job to the one its log names as preceding, with the think time that the log states (none: zero). Rows are
/// sorted. A preceding job that was dropped or is unknown leaves its follower open (`preceding-unknown`), and so does one
/// that the log submits later (`preceding-later`).
pub(super) fn tie_fields(workload: &mut Workload, links: &[Link], repaired: &mut Tally) {
    workload.closed_loop = Loop::Closed;
    let mut places: FxHashMap<i64, usize> = FxHashMap::default();
    for (place, link) in links.iter().enumerate() {
        // Of two jobs with one number the first is meant: the second may be a part of it.
        places.entry(link.job).or_insert(place);
    }
    for (place, link) in links.iter().enumerate() {
        let Some(preceding) = link.preceding else {
            continue;
        };
        match places.get(&preceding) {
            None => repaired.add("preceding-unknown", 1),
            Some(&after) if after >= place => repaired.add("preceding-later", 1),
            Some(&after) => tie(workload, place, after, link.think.unwrap_or_default()),
        }
    }
}

/// Ties each job to the one that its user submitted before, where the log has it submitted after that one's end and at most
/// `think_limit` later. Other jobs start a session at their logged time, and so do those of unknown users. Rows are sorted.
/// A wait that the log does not state counts as none (`wait-missing`). Rows that are tied already stay as they are.
pub(super) fn tie_users(
    workload: &mut Workload,
    links: &[Link],
    think_limit: Span,
    repaired: &mut Tally,
) {
    workload.closed_loop = Loop::Closed;
    let mut last: FxHashMap<u32, (usize, SimTime)> = FxHashMap::default();
    let mut waits_missing = 0;
    for (place, link) in links.iter().enumerate() {
        let row = workload.rows[place];
        waits_missing += u64::from(link.wait.is_none());
        if row.user == Row::UNKNOWN {
            continue;
        }
        let end = row.submit + link.wait.unwrap_or_default() + row.work;
        if let Some((after, ended)) = last.insert(row.user, (place, end))
            && row.submit >= ended
            && row.submit - ended <= think_limit
            && workload
                .extra(&row)
                .is_none_or(|extra| extra.anchors.is_empty())
        {
            tie(workload, place, after, row.submit - ended);
        }
    }
    repaired.add("wait-missing", waits_missing);
}

/// Lets the row at `place` follow the end of the row at `after`.
fn tie(workload: &mut Workload, place: usize, after: usize, think: Span) {
    let anchor = workload.anchors.len() as u32;
    workload.anchors.push(Anchor {
        after: RowId::at(after),
    });
    let row = &mut workload.rows[place];
    if row.extra == Row::PLAIN {
        row.extra = workload.extras.len() as u32;
        workload.extras.push(Extra::default());
    }
    let extra = &mut workload.extras[row.extra as usize];
    extra.anchors = anchor..anchor + 1;
    extra.think = think;
}
