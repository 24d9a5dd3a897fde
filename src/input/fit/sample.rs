//! What is fitted to: figures above zero, sorted, the same ones counted.

/// A sample of figures above zero.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sample {
    /// Each figure with how often it came, rising.
    pub points: Vec<(f64, f64)>,
    /// How many figures there are.
    pub count: f64,
}

impl Sample {
    /// Of figures in any order; those that are not above zero are left out.
    pub fn of(mut figures: Vec<f64>) -> Sample {
        figures.retain(|figure| *figure > 0.0 && figure.is_finite());
        figures.sort_unstable_by(f64::total_cmp);
        let points: Vec<(f64, f64)> = figures
            .chunk_by(|one, other| one == other)
            .map(|alike| (alike[0], alike.len() as f64))
            .collect();
        Sample {
            points,
            count: figures.len() as f64,
        }
    }

    /// The mean of a function over the sample.
    pub fn mean_of(&self, value: impl Fn(f64) -> f64) -> f64 {
        let sum: f64 = self.points.iter().map(|(x, times)| times * value(*x)).sum();
        sum / self.count
    }

    /// The same sample with at most about `most` different figures: neighbours give way to their mean.
    pub fn coarse(&self, most: usize) -> Sample {
        let each = self.points.len().div_ceil(most).max(1);
        let points = self.points.chunks(each).map(|chunk| {
            let times: f64 = chunk.iter().map(|(_, times)| times).sum();
            let sum: f64 = chunk.iter().map(|(x, times)| x * times).sum();
            (sum / times, times)
        });
        Sample {
            points: points.collect(),
            count: self.count,
        }
    }

    /// `steps` + 1 quantiles of evenly spaced probabilities, from the least to the most.
    pub fn quantiles(&self, steps: usize) -> Vec<f64> {
        let mut quantiles = Vec::with_capacity(steps + 1);
        let (mut passed, mut points) = (0.0, self.points.iter().peekable());
        for step in 0..=steps {
            // The rank of this quantile, from 0; between two neighbours the nearer one.
            let rank = (step as f64 / steps as f64 * (self.count - 1.0)).round();
            while let Some((_, times)) = points.peek() {
                if passed + times > rank {
                    break;
                }
                passed += times;
                points.next();
            }
            quantiles.push(points.peek().map_or(0.0, |(x, _)| *x));
        }
        quantiles
    }
}
