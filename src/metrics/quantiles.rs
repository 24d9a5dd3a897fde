//! Quantiles by nearest rank, exactly, of values that stay in memory at eight bytes each.

use super::Decimal;
use super::summary::Distribution;

/// The values at the ranks ⌈`permille` × n / 1000⌉ of `values` (the first where that is zero) for each of `permilles`, which
/// ascend; or `None` where there is no value. Reorders `values`.
pub fn nearest_ranks<const N: usize>(values: &mut [u64], permilles: [u64; N]) -> Option<[u64; N]> {
    if values.is_empty() {
        return None;
    }
    // Values before this place are not above those behind it.
    let mut sorted = 0;
    let found = permilles.map(|permille| {
        let rank = (u128::from(permille) * values.len() as u128).div_ceil(1000);
        let index = usize::try_from(rank).unwrap_or(values.len());
        let index = index.clamp(1, values.len()) - 1;
        assert!(index >= sorted, "permilles ascend");
        let value = *values[sorted..].select_nth_unstable(index - sorted).1;
        sorted = index;
        value
    });
    Some(found)
}

/// The distribution of waits in milliseconds, in seconds. Reorders them.
pub(super) fn waits(values_ms: &mut [u64]) -> Distribution {
    distribution(values_ms, |sum, count| Decimal::quotient(sum, count * 1000))
}

/// The distribution of values; `figure` says what a sum of so many is on average. Reorders them.
pub(super) fn distribution(
    values: &mut [u64],
    figure: impl Fn(u128, u128) -> Option<Decimal>,
) -> Distribution {
    let sum: u128 = values.iter().map(|&value| u128::from(value)).sum();
    let count = values.len() as u128;
    let ranks = nearest_ranks(values, [500, 950, 1000]);
    let rank = |place: usize| ranks.and_then(|ranks| figure(ranks[place].into(), 1));
    Distribution {
        p50: rank(0),
        p95: rank(1),
        max: rank(2),
        mean: figure(sum, count),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_rank_is_a_value_that_occurs() {
        let ranks = nearest_ranks(
            &mut [40, 10, 30, 20],
            [0, 250, 251, 500, 501, 950, 1000, 2000],
        );
        assert_eq!(ranks, Some([10, 10, 20, 20, 30, 40, 40, 40]));
        assert_eq!(nearest_ranks(&mut [], [500]), None);
        assert_eq!(nearest_ranks(&mut [7], [500, 950, 1000]), Some([7, 7, 7]));
    }
}
