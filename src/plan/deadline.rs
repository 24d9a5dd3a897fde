//! A job with a deadline on a measured availability of Spot, begun again and again along it.

use crate::policy::deadline::{KnownDeadline, Machine, View};
use crate::units::Ratio;

use super::each;

/// What is asked; all but the price in ticks of the trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeadlineQuestion {
    /// Work of the job, 1 at least.
    pub work: u64,
    /// From its begin to its deadline, no less than `work`.
    pub deadline: u64,
    /// From one begin to the next, 1 at least.
    pub every: u64,
    /// What a start on a machine takes before work goes on; it is paid.
    pub changeover: u64,
    /// Price of Spot as a part of On-Demand's.
    pub spot_price: Ratio,
}

/// How one job went; all but the flag in ticks or counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeadlineOutcome {
    /// Ticks paid on Spot.
    pub spot: u64,
    /// Ticks paid on On-Demand.
    pub on_demand: u64,
    /// Ticks from its begin to its end.
    pub ended: u64,
    /// Whether it ended after its deadline; it goes on then, on On-Demand.
    pub is_late: bool,
    /// Starts on a machine after the first.
    pub changes: u64,
    /// How often its Spot instance was taken from it.
    pub losses: u64,
}

impl DeadlineOutcome {
    /// What it cost, in millionths of a tick on On-Demand.
    pub fn cost(&self, spot_price: Ratio) -> u128 {
        u128::from(self.spot) * u128::from(spot_price.parts())
            + u128::from(self.on_demand) * u128::from(Ratio::PARTS)
    }
}

/// A policy and how each of its jobs went, in order of begin.
#[derive(Clone, Debug)]
pub struct DeadlineResult {
    /// The policy.
    pub policy: KnownDeadline,
    /// Its jobs; none where the trace is shorter than the deadline.
    pub jobs: Vec<DeadlineOutcome>,
}

/// Each policy on the same begins: tick 0 and every so many ticks, as long as the deadline lies within the trace. `has_spot` says
/// for each tick whether Spot was there.
pub fn deadlines(
    policies: &[KnownDeadline],
    has_spot: &[bool],
    question: &DeadlineQuestion,
) -> Vec<DeadlineResult> {
    let within = usize::try_from(question.deadline).unwrap_or(usize::MAX);
    let every = usize::try_from(question.every.max(1)).unwrap_or(usize::MAX);
    let windows: Vec<&[bool]> = has_spot.windows(within).step_by(every).collect();
    let results = policies.iter().map(|&policy| DeadlineResult {
        policy,
        jobs: each(&windows, |window| one_job(policy, window, question)),
    });
    results.collect()
}

/// One job, whose deadline is the end of `has_spot`.
fn one_job(
    known: KnownDeadline,
    has_spot: &[bool],
    question: &DeadlineQuestion,
) -> DeadlineOutcome {
    let mut policy = (known.make)();
    let mut outcome = DeadlineOutcome::default();
    let (mut on, mut owed, mut done, mut starts) = (Machine::Idle, 0, 0, 0_u64);
    while done < question.work {
        let tick = outcome.ended;
        let ahead = has_spot.get(tick as usize..).unwrap_or(&[]);
        let has_spot = ahead.first() == Some(&true);
        if on == Machine::Spot && !has_spot {
            outcome.losses += 1;
            (on, owed) = (Machine::Idle, 0);
        }
        let is_over = ahead.is_empty();
        let chosen = match is_over {
            true => Machine::OnDemand,
            false => policy.choose(&View {
                tick,
                deadline: question.deadline,
                work: question.work,
                done,
                changeover: question.changeover,
                owed,
                on,
                has_spot,
                ahead,
            }),
        };
        let chosen = match chosen {
            Machine::Spot if !has_spot => Machine::Idle,
            other => other,
        };
        if chosen != on {
            owed = question.changeover;
            starts += u64::from(chosen != Machine::Idle);
        }
        on = chosen;
        match on {
            Machine::Idle => {}
            Machine::Spot => outcome.spot += 1,
            Machine::OnDemand => outcome.on_demand += 1,
        }
        match owed {
            _ if on == Machine::Idle => {}
            0 => done += 1,
            _ => owed -= 1,
        }
        outcome.ended += 1;
    }
    outcome.is_late = outcome.ended > question.deadline;
    outcome.changes = starts.saturating_sub(1);
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::deadline::{DEADLINE_POLICIES, find};

    /// Spot, On-Demand, end, changes and losses of one job of 4 ticks, on `trace` (`#` where Spot is there).
    fn check(policy: &str, trace: &str, changeover: u64, wanted: [u64; 5]) {
        let has_spot: Vec<bool> = trace.chars().map(|tick| tick == '#').collect();
        let question = DeadlineQuestion {
            work: 4,
            deadline: has_spot.len() as u64,
            every: 1,
            changeover,
            spot_price: Ratio::from_parts(300_000),
        };
        let known = find(policy).unwrap()[0];
        let job = deadlines(&[known], &has_spot, &question)[0].jobs[0];
        let found = [job.spot, job.on_demand, job.ended, job.changes, job.losses];
        assert_eq!(found, wanted, "{policy} {trace} {changeover}");
        assert_eq!(job.is_late, job.ended > question.deadline);
    }

    #[test]
    fn each_policy_goes_where_its_sentence_says() {
        check("greedy", "##..##.", 0, [4, 0, 6, 1, 1]);
        check("greedy", "##....", 0, [2, 2, 6, 1, 1]);
        // The last call is final.
        check("greedy", "...###.", 0, [0, 4, 7, 0, 0]);
        check("uniform-progress", "........", 0, [0, 4, 8, 3, 0]);
        check("uniform-progress", "##..##..", 0, [4, 0, 6, 1, 1]);
        check("omniscient", "..##..#.", 0, [3, 1, 7, 2, 1]);
        check("omniscient", "..##.##.", 0, [4, 0, 7, 1, 1]);
    }

    #[test]
    fn a_change_over_is_paid_and_nobody_is_late_for_it() {
        check("greedy", "#######", 1, [5, 0, 5, 0, 0]);
        // Where Spot could be taken on its last tick, the last call comes before it.
        check("greedy", "######", 1, [1, 5, 6, 1, 0]);
        check("greedy", "##.....", 1, [2, 4, 7, 1, 1]);
        for policy in DEADLINE_POLICIES {
            for trace in [
                "#.#.#.#.#.#.#.",
                "....######....",
                "##############",
                "#.............",
            ] {
                let has_spot: Vec<bool> = trace.chars().map(|tick| tick == '#').collect();
                let question = DeadlineQuestion {
                    work: 6,
                    deadline: 14,
                    every: 1,
                    changeover: 2,
                    spot_price: Ratio::from_parts(300_000),
                };
                let job = deadlines(&[*policy], &has_spot, &question)[0].jobs[0];
                assert!(!job.is_late, "{policy:?} {trace} {job:?}");
            }
        }
    }

    #[test]
    fn a_deadline_that_cannot_be_kept_is_missed_and_the_job_ends_all_the_same() {
        check("greedy", "....", 1, [0, 5, 5, 0, 0]);
    }

    #[test]
    fn a_trace_shorter_than_the_deadline_has_no_begin() {
        let question = DeadlineQuestion {
            work: 2,
            deadline: 4,
            every: 1,
            changeover: 0,
            spot_price: Ratio::ONE,
        };
        let results = deadlines(DEADLINE_POLICIES, &[true; 3], &question);
        assert!(results.iter().all(|result| result.jobs.is_empty()));
        assert_eq!(results.len(), 3);
    }
}
