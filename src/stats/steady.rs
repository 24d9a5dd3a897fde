//! One long run in place of many: what of its beginning to leave out, and how surely the rest tells a mean although each of its
//! values hangs on those before.

use super::Moments;

/// Values that are looked at together, so that single ones do not decide.
const GROUP: usize = 5;

/// How many values at the beginning of a series are warm-up: leaving these out makes the mean of the rest best known (MSER-5;
/// White, Cobb and Spratt 2000). At most half of them; `None` where the best would be more, and the series is too short to
/// say.
pub fn warm_up(series: &[f64]) -> Option<usize> {
    let groups: Vec<f64> = series
        .chunks_exact(GROUP)
        .map(|group| group.iter().sum::<f64>() / GROUP as f64)
        .collect();
    let mut rest = Moments::default();
    let mut best = (f64::INFINITY, groups.len());
    for (start, &group) in groups.iter().enumerate().rev() {
        rest.add(group);
        let count = rest.count() as f64;
        let Some(variance) = rest.variance() else {
            continue;
        };
        let error = variance * (count - 1.0) / (count * count);
        // The last few are always alike.
        if rest.count() >= GROUP as u64 && error <= best.0 {
            best = (error, start);
        }
    }
    (best.1 <= groups.len() / 2 && !groups.is_empty()).then_some(best.1 * GROUP)
}

/// The means of `batches` equal parts of a series, what is over at its beginning left out: nearly independent where the parts
/// are long.
pub fn batch_means(series: &[f64], batches: usize) -> Vec<f64> {
    let size = series.len() / batches.max(1);
    if size == 0 {
        return Vec::new();
    }
    series[series.len() - size * batches..]
        .chunks_exact(size)
        .map(|batch| batch.iter().sum::<f64>() / size as f64)
        .collect()
}

/// How much each value hangs on the one before: −1 to 1, or `None` where there is no spread.
pub fn lag_one(series: &[f64]) -> Option<f64> {
    let moments = Moments::of(series);
    let spread = moments.variance()? * (moments.count() - 1) as f64;
    let mean = moments.mean();
    let both: f64 = series
        .windows(2)
        .map(|pair| (pair[0] - mean) * (pair[1] - mean))
        .sum();
    (spread > 0.0).then(|| both / spread)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(index: usize) -> f64 {
        ((index * 7919) % 101) as f64 / 101.0 - 0.5
    }

    #[test]
    fn a_series_that_falls_at_first_loses_what_falls() {
        let series: Vec<f64> = (0..1000)
            .map(|index| 50.0 * f64::max(0.0, 1.0 - index as f64 / 100.0) + noise(index))
            .collect();
        let cut = warm_up(&series).unwrap();
        assert!((90..=130).contains(&cut), "{cut}");
    }

    #[test]
    fn a_series_without_warm_up_keeps_nearly_all() {
        let series: Vec<f64> = (0..1000).map(noise).collect();
        assert!(warm_up(&series).unwrap() < 250);
    }

    #[test]
    fn a_series_that_never_settles_says_so() {
        let series: Vec<f64> = (0..1000).map(|index| index as f64).collect();
        assert_eq!(warm_up(&series), None);
        assert_eq!(warm_up(&[]), None);
    }

    #[test]
    fn batches_are_of_one_size_and_leave_out_the_beginning() {
        let series: Vec<f64> = (0..10).map(f64::from).collect();
        assert_eq!(batch_means(&series, 3), [2.0, 5.0, 8.0]);
        assert!(batch_means(&series[..2], 3).is_empty());
    }

    #[test]
    fn a_rising_series_hangs_on_itself_and_an_alternating_one_against() {
        let rising: Vec<f64> = (0..100).map(f64::from).collect();
        assert!(lag_one(&rising).unwrap() > 0.9);
        let turning: Vec<f64> = (0..100).map(|index| f64::from(index % 2)).collect();
        assert!(lag_one(&turning).unwrap() < -0.9);
        assert_eq!(lag_one(&[1.0, 1.0]), None);
    }
}
