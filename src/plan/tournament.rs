//! Job orders and dispatch disciplines on the same workload: how long jobs wait, how fairly, and how far each is from what no
//! schedule can beat.

use super::ended::{Ended, EndedJob};
use super::{each, finish};
use crate::metrics::Recorder;
use crate::model::{Command, Row, Scenario};
use crate::sim::Simulation;
use crate::stats::{Estimate, batch_means, mean_interval};

/// Windows of equally many jobs in a row, whose means are nearly independent.
const WINDOWS: usize = 20;

/// A job order and a dispatch discipline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contender {
    /// The order's name.
    pub order: String,
    /// The discipline's.
    pub discipline: String,
}

/// How one of them did on one workload.
#[derive(Clone, Debug, PartialEq)]
pub struct Played {
    /// Which.
    pub contender: Contender,
    /// Jobs that ended.
    pub jobs: usize,
    /// Mean bounded slowdown, with the interval of windows' means.
    pub slowdown: Estimate,
    /// Mean wait in seconds, likewise.
    pub wait_s: Estimate,
    /// Jain's index of users' mean slowdowns: 1 where all fare alike, 1/n where one of n bears all; `None` with fewer than two.
    pub fairness: Option<f64>,
    /// USD.
    pub cost: f64,
    /// By what part the makespan is above the largest lower bound; `None` where no job ended.
    pub gap: Option<f64>,
}

/// Runs `scenario` under each contender, as many at once as there are cores.
pub fn tournament(
    scenario: &Scenario,
    seed: u64,
    contenders: &[Contender],
    done: impl Fn() + Sync + Send,
) -> Vec<Played> {
    each(contenders, |contender| {
        let played = play(scenario, seed, contender);
        done();
        played
    })
}

fn play(scenario: &Scenario, seed: u64, contender: &Contender) -> Played {
    let mut scenario = scenario.clone();
    for timed in &mut scenario.commands {
        if let Command::CreateJobQueue(queue) = &mut timed.command {
            queue.order = Some(contender.order.clone());
            queue.discipline = Some(contender.discipline.clone());
        }
    }
    let recorder = Recorder::new(&scenario.workload, Ended::default(), false);
    let outcome = Simulation::new(&scenario, seed, recorder).run();
    let (summary, ended, _) = finish(&scenario, seed, Vec::new(), outcome);
    // A window is a time.
    let ended = ended.by_submission();
    let interval = |value: fn(&EndedJob) -> f64| {
        let all: Vec<f64> = ended.iter().map(value).collect();
        let of_windows = mean_interval(&batch_means(&all, WINDOWS), CONFIDENCE);
        Estimate {
            mean: mean_interval(&all, CONFIDENCE).mean,
            ..of_windows
        }
    };
    let bound = summary.lower_bound().ms() as f64;
    let rows = &scenario.workload.rows;
    Played {
        contender: contender.clone(),
        jobs: ended.len(),
        slowdown: interval(|job| job.slowdown),
        wait_s: interval(|job| job.wait_s),
        fairness: fairness(rows, &ended),
        cost: summary.cost_total().rounded_ticks() as f64 / 1e10,
        gap: (summary.makespan.filter(|_| bound > 0.0))
            .map(|makespan| makespan.ms() as f64 / bound - 1.0),
    }
}

/// With what probability intervals hold.
const CONFIDENCE: f64 = 0.95;

fn fairness(rows: &[Row], ended: &[EndedJob]) -> Option<f64> {
    let mut users: std::collections::BTreeMap<u32, (f64, u64)> = Default::default();
    for job in ended {
        let user = rows
            .get(job.row.index())
            .map_or(Row::UNKNOWN, |row| row.user);
        if user != Row::UNKNOWN {
            let sum = users.entry(user).or_default();
            sum.0 += job.slowdown;
            sum.1 += 1;
        }
    }
    let means: Vec<f64> = users
        .values()
        .map(|(sum, count)| sum / *count as f64)
        .collect();
    jain(&means)
}

/// Jain's index (Jain, Chiu and Hawe 1984) of two values or more.
fn jain(values: &[f64]) -> Option<f64> {
    let squares: f64 = values.iter().map(|value| value * value).sum();
    let sum: f64 = values.iter().sum();
    (values.len() > 1 && squares > 0.0).then(|| sum * sum / (values.len() as f64 * squares))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jains_index_is_one_where_all_fare_alike_and_one_nth_where_one_has_all() {
        assert_eq!(jain(&[3.0, 3.0, 3.0]), Some(1.0));
        assert_eq!(jain(&[4.0, 0.0, 0.0, 0.0]), Some(0.25));
        assert_eq!(jain(&[1.0]), None);
    }
}
