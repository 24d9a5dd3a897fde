//! What the price of a pool is like, found from its history.
//!
//! Two figures are the same for all pools; they were chosen on the first eight weeks of 791 pools of 2021 and the first month of 32 of
//! 2016, by how well prices of the days after were forecast, and judged on the weeks after these (`benches/forecast.rs`). The others
//! are a pool's own.

use crate::model::{FittedPrice, PRICE_LEVELS};
use crate::units::{PricePerHour, Ratio, Span};

use super::process::{LEAST_PART, deviation, log};

const DAY: Span = Span::from_s(86_400);
/// After so long 1/e is left of the way a price goes.
const MOMENTUM: Span = DAY;
/// After so long 1/e is left of a distance to the mean.
const REVERSION: Span = Span::from_s(60 * 86_400);
/// From one look at the price to the next. Finer ones say nothing new of changes of a day.
const LOOK: Span = Span::from_s(3600);
/// Looks at most, an assumed bound on time: eleven years of hours.
const LOOKS_MAX: u64 = 100_000;
/// Of what changes in a day no more than this part is taken to be unrelated to the day before.
const UNRELATED_MAX: f64 = 0.98;
/// A day's change beyond so many standard deviations does not say how the price goes on.
const DRIFT_MAX: f64 = 3.0;

/// The price that is like `steps` (moments in milliseconds and prices, ascending), when it may change every `step`. It begins at the
/// price of `zero`, goes as it went on the day before (if the history has that day), and no higher than `most` or the history's own
/// highest.
pub fn fitted(
    steps: &[(i64, PricePerHour)],
    zero: i64,
    step: Span,
    most: PricePerHour,
) -> FittedPrice {
    let prices = || steps.iter().map(|&(_, price)| price);
    let highest = prices().max().unwrap_or(most).max(most);
    let lowest = prices().min().unwrap_or(most);
    let at = |moment: i64| {
        let after = steps.partition_point(|&(at, _)| at <= moment);
        steps
            .get(after.saturating_sub(1))
            .map_or(most, |&(_, price)| price)
    };
    let mut logs = looks(steps);
    let mean = logs.iter().sum::<f64>() / logs.len() as f64;
    let spread = mean_square(logs.iter().map(|log| log - mean));
    let day = (DAY.ms() / LOOK.ms()) as usize;
    let daily = mean_square(logs.windows(day + 1).map(|days| days[day] - days[0]));
    // Of prices that are drawn anew all the time the change of a day has twice their variance, of prices that wander much less.
    // The rate at which all of that part would be drawn anew is taken for as much as it is that part: a price that hardly
    // moves in a day has not been seen to forget where it was.
    let unrelated = match spread > 0.0 {
        true => (daily / (2.0 * spread)).min(UNRELATED_MAX),
        false => 0.0,
    };
    let redraws = -libm::log1p(-unrelated) * libm::sqrt(unrelated);
    let drawn_anew = 2.0 * spread * -libm::expm1(-redraws);
    let wandering = (daily - drawn_anew).max(0.0);

    // The drift is a process that forgets itself; what it adds up to in a day has the variance `wandering`.
    let days = MOMENTUM.ms() as f64 / DAY.ms() as f64;
    let kept = libm::exp(-1.0 / days);
    let a_day = 2.0 * days * days * (1.0 / days - 1.0 + kept);
    let variance = wandering / a_day;
    let share = days * (1.0 - kept) / a_day;
    let before = zero.saturating_sub(DAY.ms() as i64);
    let has_day_before = steps.first().is_some_and(|&(first, _)| first <= before);
    let (change, unsure) = match has_day_before {
        true => {
            let bound = DRIFT_MAX * libm::sqrt(wandering);
            let change = (log(at(zero)) - log(at(before))).clamp(-bound, bound);
            (change, 1.0 - share * share * a_day)
        }
        false => (0.0, 1.0),
    };
    logs.sort_unstable_by(f64::total_cmp);
    FittedPrice {
        first: at(zero),
        drift: (share * change * 1e6).round() as i64,
        drift_deviation: deviation(libm::sqrt(variance * unsure.max(0.0))),
        deviation: deviation(libm::sqrt(variance)),
        momentum: MOMENTUM,
        mean_log: (mean * 1e6).round() as i64,
        reversion: REVERSION,
        redraws_per_day: Ratio::from_f64(redraws).unwrap_or(Ratio::ZERO),
        levels: std::array::from_fn(|level| {
            let place = level * (logs.len() - 1) / (PRICE_LEVELS - 1);
            (logs[place] * 1e6).round() as i64
        }),
        step,
        most: highest,
        least: PricePerHour::from_ticks((most.ticks() / LEAST_PART).min(lowest.ticks())),
    }
}

/// The logarithm of the price at the first of `steps` and every hour until the last; at least one.
fn looks(steps: &[(i64, PricePerHour)]) -> Vec<f64> {
    let (Some(&(first, _)), Some(&(last, _))) = (steps.first(), steps.last()) else {
        return vec![0.0];
    };
    let count = u64::try_from(last.saturating_sub(first)).unwrap_or(0) / LOOK.ms();
    let mut next = steps.iter().peekable();
    let mut current = 0.0;
    let looks = (0..=count.min(LOOKS_MAX)).map(|look| {
        let at = first.saturating_add((look * LOOK.ms()) as i64);
        while let Some((_, price)) = next.next_if(|&&(from, _)| from <= at) {
            current = log(*price);
        }
        current
    });
    looks.collect()
}

/// 0 of nothing.
fn mean_square(values: impl Iterator<Item = f64>) -> f64 {
    let (count, sum) = values.fold((0_u64, 0.0), |(count, sum), value| {
        (count + 1, sum + value * value)
    });
    match count {
        0 => 0.0,
        _ => sum / count as f64,
    }
}
