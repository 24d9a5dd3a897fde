//! Clients that react: submissions that wait for other jobs to end (a closed loop), and rules that submit a job again.

use std::collections::BTreeMap;

use crate::control::{JobEnd, Resubmission};
use crate::engine::{Calendar, Phase};
use crate::model::{Loop, Rule, RuleEvent, Scenario, Workload};
use crate::units::{RowId, SimTime};

use super::Event;

/// The clients of a run.
pub(super) struct Clients<'w> {
    workload: &'w Workload,
    rules: &'w [Rule],
    /// Ends that each row still waits for; empty in an open loop.
    waits: Vec<u32>,
    /// Rows that wait for each row's end, grouped by it: offsets into `followers`.
    offsets: Vec<u32>,
    followers: Vec<RowId>,
    resubmissions: Vec<(RowId, Resubmission)>,
    /// How often each job was submitted again.
    times: BTreeMap<(RowId, Option<u32>), u32>,
    /// Rows that wait for an end, and scheduled submissions that have not come yet.
    outstanding: u64,
}

impl<'w> Clients<'w> {
    pub(super) fn new(scenario: &'w Scenario) -> Clients<'w> {
        let workload = &scenario.workload;
        let mut clients = Clients {
            workload,
            rules: &scenario.rules,
            waits: Vec::new(),
            offsets: Vec::new(),
            followers: Vec::new(),
            resubmissions: Vec::new(),
            times: BTreeMap::new(),
            outstanding: 0,
        };
        if workload.closed_loop == Loop::Closed {
            clients.index_anchors();
        }
        clients
    }

    /// Groups the rows that wait by the row they wait for.
    fn index_anchors(&mut self) {
        let anchors = |row: usize| {
            let extra = self.workload.extra(&self.workload.rows[row]);
            let range = extra.map_or(0..0, |extra| {
                extra.anchors.start as usize..extra.anchors.end as usize
            });
            &self.workload.anchors[range]
        };
        let rows = self.workload.rows.len();
        self.waits = (0..rows).map(|row| anchors(row).len() as u32).collect();
        let mut pairs: Vec<(RowId, RowId)> = (0..rows)
            .flat_map(|row| {
                anchors(row)
                    .iter()
                    .map(move |anchor| (anchor.after, RowId::at(row)))
            })
            .collect();
        pairs.sort_unstable();
        self.offsets = vec![0; rows + 1];
        for &(after, _) in &pairs {
            self.offsets[after.index() + 1] += 1;
        }
        for row in 0..rows {
            self.offsets[row + 1] += self.offsets[row];
        }
        self.followers = pairs.into_iter().map(|(_, row)| row).collect();
    }

    /// Whether a row is submitted when others have ended, not at a given time.
    pub(super) fn is_anchored(&self, row: RowId) -> bool {
        !self.waits.is_empty()
            && self
                .workload
                .extra(self.workload.row(row))
                .is_some_and(|extra| !extra.anchors.is_empty())
    }

    /// Whether no submission is on its way.
    pub(super) fn is_quiet(&self) -> bool {
        self.outstanding == 0
    }

    /// A scheduled submission came.
    pub(super) fn submitted(&mut self) {
        self.outstanding -= 1;
    }

    /// A row's job (or whole array) became terminal, or was refused: rows that waited for nothing else are submitted
    /// after their think time. A client that polls sees the end at the next multiple of its interval.
    pub(super) fn row_ended(&mut self, now: SimTime, row: RowId, calendar: &mut Calendar<Event>) {
        if self.waits.is_empty() {
            return;
        }
        for index in self.offsets[row.index()]..self.offsets[row.index() + 1] {
            let follower = self.followers[index as usize];
            self.waits[follower.index()] -= 1;
            if self.waits[follower.index()] == 0
                && let Some(extra) = self.workload.extra(self.workload.row(follower))
            {
                let at = now.next_tick(extra.poll) + extra.think;
                calendar.schedule(at, Phase::Arrival, Event::Submit(follower));
                self.outstanding += 1;
            }
        }
    }

    /// A job became terminal: the first rule that matches submits it again.
    pub(super) fn job_ended(
        &mut self,
        now: SimTime,
        end: &JobEnd,
        queue: &str,
        calendar: &mut Calendar<Event>,
    ) {
        let exit_code = end
            .exit_code
            .map(|code| code.to_string())
            .unwrap_or_default();
        let reason = end.reason.to_string();
        let times = self.times.get(&(end.row, end.child)).copied().unwrap_or(0);
        let matching = self.rules.iter().find(|rule| {
            (rule.on == RuleEvent::JobSucceeded) == end.succeeded
                && rule.job_queue.as_deref().is_none_or(|name| name == queue)
                && rule
                    .exit_code
                    .as_ref()
                    .is_none_or(|pattern| pattern.matches(&exit_code))
                && rule
                    .status_reason
                    .as_ref()
                    .is_none_or(|pattern| pattern.matches(&reason))
                && times < rule.max_times
        });
        let Some(rule) = matching else { return };
        self.times.insert((end.row, end.child), times + 1);
        let change = Resubmission {
            number: times + 1,
            job_queue: rule
                .action
                .job_queue
                .clone()
                .or_else(|| Some(queue.to_owned())),
            contract: end.contract,
            memory: end.memory,
            memory_factor: rule.action.memory_factor,
            child: end.child,
        };
        let index = self.resubmissions.len() as u32;
        self.resubmissions.push((end.row, change));
        self.outstanding += 1;
        calendar.schedule(
            now + rule.action.after,
            Phase::Arrival,
            Event::Resubmit(index),
        );
    }

    /// A rule's submission comes: which row, and how it is changed.
    pub(super) fn resubmission(&mut self, index: u32) -> (RowId, Resubmission) {
        self.outstanding -= 1;
        self.resubmissions[index as usize].clone()
    }
}
