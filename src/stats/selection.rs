//! The best of several systems, with a stated probability (Kim and Nelson, "A fully sequential procedure for indifference-zone
//! selection in simulation", ACM TOMACS 11(3), 2001).

use super::Moments;

/// What a selection came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// Index of the system that was selected.
    pub best: usize,
    /// Observations taken of each system: of those that were dropped, until then.
    pub used: Vec<u64>,
    /// Whether the others were dropped one by one; where not, the end of what may be spent came first, and the best so far is told.
    pub is_certain: bool,
}

/// Selects the system with the least mean. With probability `confidence` at least, that is one whose mean is less than
/// `indifference` above the least. All systems are observed `first` times (two or more) and then once more each time, those that
/// cannot be the best any more left out, until one is left or `most` observations were taken of it. `observe` gives observation
/// n of each of the systems asked for, in their order.
pub fn select_best(
    systems: usize,
    first: u64,
    most: u64,
    confidence: f64,
    indifference: f64,
    mut observe: impl FnMut(&[usize], u64) -> Vec<f64>,
) -> Selection {
    let all: Vec<usize> = (0..systems).collect();
    let mut seen: Vec<Vec<f64>> = vec![Vec::new(); systems];
    let mut left = all.clone();
    let mut take = |left: &[usize], number: u64, seen: &mut Vec<Vec<f64>>| {
        for (&system, value) in left.iter().zip(observe(left, number)) {
            seen[system].push(value);
        }
    };
    let first = first.max(2);
    (0..first).for_each(|number| take(&left, number, &mut seen));
    let reach = reach(systems, first, confidence);
    let spread = |one: usize, other: usize| {
        let pairs = seen[one].iter().zip(&seen[other]);
        let differences: Vec<f64> = pairs.map(|(one, other)| one - other).collect();
        Moments::of(&differences).variance().unwrap_or(0.0)
    };
    let spreads: Vec<Vec<f64>> = all
        .iter()
        .map(|&one| all.iter().map(|&other| spread(one, other)).collect())
        .collect();
    let mut taken = first;
    loop {
        let sums: Vec<f64> = seen.iter().map(|values| values.iter().sum()).collect();
        // How far one may be behind another and still be the best.
        let allowed = |one: usize, other: usize| {
            let allowed = reach * spreads[one][other] / (2.0 * indifference)
                - indifference * taken as f64 / 2.0;
            allowed.max(0.0)
        };
        let stays = |&one: &usize| {
            left.iter()
                .all(|&other| other == one || sums[one] - sums[other] <= allowed(one, other))
        };
        let next: Vec<usize> = left.iter().copied().filter(stays).collect();
        left = next;
        // Where nothing is allowed any more, those that are left are equal to the last digit.
        let is_over = left.iter().all(|&one| {
            left.iter()
                .all(|&other| one == other || allowed(one, other) == 0.0)
        });
        if is_over || taken >= most {
            let least = left
                .iter()
                .copied()
                .min_by(|&one, &other| sums[one].total_cmp(&sums[other]));
            return Selection {
                best: least.unwrap_or(0),
                used: seen.iter().map(|values| values.len() as u64).collect(),
                is_certain: is_over,
            };
        }
        take(&left, taken, &mut seen);
        taken += 1;
    }
}

/// h² of the procedure with c = 1.
fn reach(systems: usize, first: u64, confidence: f64) -> f64 {
    let others = systems.saturating_sub(1).max(1) as f64;
    let freedom = (first - 1) as f64;
    let eta = 0.5 * (libm::pow(2.0 * (1.0 - confidence) / others, -2.0 / freedom) - 1.0);
    2.0 * eta * freedom
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::engine::Streams;
    use crate::engine::chance;

    #[test]
    fn the_constant_is_that_of_the_paper() {
        assert!((reach(5, 20, 0.95) - 9.015_056).abs() < 1e-6);
    }

    /// The selection among five normal systems whose means are 0, 1, 1, 1 and 1 standard deviations.
    fn one_of_five(run: u64) -> Selection {
        let streams = Streams::new(run);
        select_best(5, 20, 100_000, 0.95, 1.0, |left, number| {
            left.iter()
                .map(|&system| {
                    let word = streams.word("system", system as u64, number as u32);
                    chance::normal_quantile(((word >> 11) as f64 + 0.5) / (1u64 << 53) as f64)
                        + f64::from(u8::from(system != 3))
                })
                .collect()
        })
    }

    #[test]
    fn the_best_of_five_is_found_in_95_of_100_runs_at_least() {
        let right = (0..200).filter(|&run| one_of_five(run).best == 3).count();
        assert!(right >= 190, "{right} of 200");
    }

    #[test]
    fn systems_that_are_far_behind_are_dropped_after_the_first_look() {
        let far = select_best(3, 10, 1000, 0.95, 0.5, |left, number| {
            let noise = (number % 3) as f64;
            left.iter()
                .map(|&system| noise * (1.0 + system as f64 / 10.0) + 100.0 * system as f64)
                .collect()
        });
        assert_eq!(
            (far.best, far.used, far.is_certain),
            (0, vec![10, 10, 10], true)
        );
    }

    #[test]
    fn equal_systems_end_with_one_of_them() {
        let same = select_best(3, 10, 1000, 0.95, 0.5, |left, _| vec![1.0; left.len()]);
        assert_eq!(same.best, 0);
        assert!(same.used[0] <= 11);
    }
}
