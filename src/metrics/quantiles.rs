//! Quantiles by nearest rank, exactly, of values that stay in memory at eight bytes each.

/// The value at rank ⌈`permille` × n / 1000⌉ of `values` (the first where that is zero), or `None` where there is none.
/// Reorders `values`.
pub fn nearest_rank(values: &mut [u64], permille: u64) -> Option<u64> {
    if values.is_empty() {
        return None;
    }
    let rank = (u128::from(permille) * values.len() as u128).div_ceil(1000);
    let index = usize::try_from(rank).unwrap_or(values.len()).max(1) - 1;
    let index = index.min(values.len() - 1);
    Some(*values.select_nth_unstable(index).1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_rank_is_a_value_that_occurs() {
        let values = || vec![40, 10, 30, 20];
        for (permille, expected) in [
            (0, 10),
            (250, 10),
            (251, 20),
            (500, 20),
            (501, 30),
            (950, 40),
            (1000, 40),
        ] {
            assert_eq!(
                nearest_rank(&mut values(), permille),
                Some(expected),
                "{permille}"
            );
        }
        assert_eq!(nearest_rank(&mut [], 500), None);
    }
}
