//! How much to commit to in a Savings Plan: the amount an hour at which the expected cost of the hours to come is least.
//!
//! A plan of C an hour at a discount d covers C / (1 − d) of On-Demand usage in each hour, used or not. One more cent pays where
//! more than 1 − d of the hours use it; so the best commitment covers the d-quantile of hourly spend at On-Demand prices.

use super::demand::between;

/// Parts that courses are cut into: as many futures, equally likely.
const FUTURES: usize = 99;

/// What to commit to, and what it does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Commitment {
    /// The plan's discount, as a part of one.
    pub discount: f64,
    /// USD an hour to commit to.
    pub hourly: f64,
    /// The best commitment had the demand been known to come out at its P10 and its P90.
    pub band: (f64, f64),
    /// Mean USD an hour without a plan.
    pub without: f64,
    /// And with it.
    pub with: f64,
    /// In how many of the futures, as a part of one, the plan costs more than it saves.
    pub loses: f64,
}

/// The best commitment for hours like `spend` (USD an hour at On-Demand prices, in any order), were all of them multiplied by one
/// of `scales` (ascending, equally likely).
pub fn commitment(spend: &[f64], scales: &[f64], discount: f64) -> Option<Commitment> {
    if spend.is_empty() || scales.is_empty() || !(0.0..1.0).contains(&discount) {
        return None;
    }
    let mut hours = spend.to_vec();
    hours.sort_by(f64::total_cmp);
    // A year of hours is many; a thousand of them at even ranks say the same.
    let count = hours.len().min(1000);
    let hours: Vec<f64> = (0..count)
        .map(|rank| between(&hours, (rank as f64 + 0.5) / count as f64))
        .collect();
    let future = |number: usize| between(scales, (number as f64 + 0.5) / FUTURES as f64);
    let futures: Vec<f64> = (0..FUTURES).map(future).collect();
    let mut all: Vec<f64> = futures
        .iter()
        .flat_map(|scale| hours.iter().map(move |hour| hour * scale))
        .collect();
    all.sort_by(f64::total_cmp);
    let kept = 1.0 - discount;
    let hourly = kept * between(&all, discount);
    let alone = |part: f64| kept * between(&hours, discount) * between(scales, part);
    let cost = |scale: f64| {
        let over = hours
            .iter()
            .map(|hour| (hour * scale - hourly / kept).max(0.0));
        hourly + over.sum::<f64>() / hours.len() as f64
    };
    let mean = hours.iter().sum::<f64>() / hours.len() as f64;
    let average = |sum: f64| sum / FUTURES as f64;
    let loses = futures.iter().filter(|&&scale| cost(scale) > mean * scale);
    Some(Commitment {
        discount,
        hourly,
        band: (alone(0.1), alone(0.9)),
        without: average(futures.iter().map(|scale| mean * scale).sum()),
        with: average(futures.iter().map(|&scale| cost(scale)).sum()),
        loses: loses.count() as f64 / FUTURES as f64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_load_is_covered_whole_and_nothing_else_pays_less() {
        let found = commitment(&[10.0; 48], &[1.0], 0.3).unwrap();
        assert!((found.hourly - 7.0).abs() < 1e-9 && (found.with - 7.0).abs() < 1e-9);
        assert_eq!((found.without, found.loses), (10.0, 0.0));
    }

    #[test]
    fn the_recommended_amount_is_where_expected_cost_is_least() {
        let spend: Vec<f64> = (0..240).map(|hour| f64::from(hour * 37 % 240)).collect();
        let found = commitment(&spend, &[0.7, 0.8, 1.0, 1.1, 1.5], 0.28).unwrap();
        let cost = |hourly: f64| {
            let scales =
                (0..99).map(|n| between(&[0.7, 0.8, 1.0, 1.1, 1.5], (f64::from(n) + 0.5) / 99.0));
            let hours = scales.flat_map(|scale| spend.iter().map(move |hour| hour * scale));
            let (mut sum, mut count) = (0.0, 0.0);
            for hour in hours {
                sum += hourly + (hour - hourly / 0.72).max(0.0);
                count += 1.0;
            }
            sum / count
        };
        let best = cost(found.hourly);
        assert!((best - found.with).abs() < 0.01 * best);
        for hourly in [0.9, 0.95, 1.05, 1.1].map(|part| part * found.hourly) {
            assert!(cost(hourly) > best - 1e-3, "{hourly}");
        }
        assert!(found.band.0 < found.hourly && found.hourly < found.band.1);
    }

    #[test]
    fn rare_hours_are_not_worth_a_commitment() {
        let mut spend = vec![0.0; 90];
        spend.extend([50.0; 10]);
        assert_eq!(commitment(&spend, &[1.0], 0.3).unwrap().hourly, 0.0);
        assert_eq!(commitment(&[], &[1.0], 0.3), None);
    }
}
