//! Quantiles by nearest rank, exactly, of values that stay in memory at eight bytes each.

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
