//! The same question asked of many seeds: replications of variants under common random numbers, and what they tell.
//!
//! Replication r of every variant has one seed, drawn from the base seed and r alone, so that two variants see the same luck
//! and their difference has less noise than they have. Replication 0 is the run that a single seed gives.

use crate::engine::Streams;
use crate::metrics::Summary;
use crate::model::Profile;
use crate::stats::{Estimate, Moments, mean_interval};

use super::each;
use super::measures::{MAIN_MEASURES, MEASURES};

/// The seed of replication `number` of a study whose seed is `seed`.
pub fn seed_of(seed: u64, number: u64) -> u64 {
    match number {
        0 => seed,
        // A scenario's seed is a whole number that JSON readers take for one.
        _ => Streams::new(seed).word("replication", number, 0) >> 11,
    }
}

/// One replication: its figures in the order of [`MEASURES`].
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// Its seed.
    pub seed: u64,
    /// Digest of its events.
    pub digest: u64,
    /// Its figures.
    pub values: Vec<Option<f64>>,
}

impl Observation {
    /// That of a run.
    pub fn of(summary: &Summary) -> Observation {
        Observation {
            seed: summary.seed,
            digest: summary.digest,
            values: MEASURES
                .iter()
                .map(|measure| (measure.value)(summary))
                .collect(),
        }
    }
}

/// When there are enough replications.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Enough {
    /// After so many.
    Count(u64),
    /// When the main measures are known to this relative error, or after so many at most.
    Precision {
        /// The relative error.
        relative: f64,
        /// The most replications.
        most: u64,
    },
}

/// One way to do it, and its replications.
#[derive(Clone, Debug, PartialEq)]
pub struct Variant {
    /// What to call it.
    pub name: String,
    /// Its replications, in order.
    pub made: Vec<Observation>,
    /// As many under the assumptions of other profiles.
    pub by_profile: Vec<(Profile, Vec<Observation>)>,
}

impl Variant {
    /// Whether all replications are one run: nothing is left to chance.
    pub fn is_the_same_always(&self) -> bool {
        self.made.len() > 1
            && self
                .made
                .iter()
                .all(|one| one.digest == self.made[0].digest)
    }
}

/// Variants under one question.
#[derive(Clone, Debug, PartialEq)]
pub struct Study {
    /// The seed from which those of the replications are drawn.
    pub seed: u64,
    /// With what probability intervals hold.
    pub confidence: f64,
    /// When there were to be enough replications.
    pub enough: Enough,
    /// The variants; the first is what others are compared with.
    pub variants: Vec<Variant>,
}

impl Study {
    /// Whether each variant has the precision that was asked for.
    pub fn is_enough(&self) -> bool {
        match self.enough {
            Enough::Count(_) => true,
            Enough::Precision { relative, .. } => self
                .variants
                .iter()
                .all(|variant| is_precise(&variant.made, relative, self.confidence)),
        }
    }

    /// The confidence of each comparison with the first variant, so that all hold together (Bonferroni).
    pub fn each_confidence(&self) -> f64 {
        let comparisons = self.variants.len().saturating_sub(1).max(1);
        1.0 - (1.0 - self.confidence) / comparisons as f64
    }
}

/// Replications that are made between two looks at whether they are enough: a constant, so that threads make no difference.
const BATCH: u64 = 10;

/// Makes replications 0, 1, … of one variant until they are enough, several at once. A study stops after the first replication
/// that suffices, however many were made beyond it.
///
/// # Errors
/// The first that could not be made, in order of number.
pub fn replicate(
    enough: Enough,
    confidence: f64,
    run: impl Fn(u64) -> Result<Observation, String> + Send + Sync,
) -> Result<Vec<Observation>, String> {
    let most = match enough {
        Enough::Count(count) => count,
        Enough::Precision { most, .. } => most,
    };
    let mut made: Vec<Observation> = Vec::new();
    while (made.len() as u64) < most {
        let from = made.len() as u64;
        let numbers: Vec<u64> = (from..most.min(from + BATCH)).collect();
        for result in each(&numbers, |&number| run(number)) {
            made.push(result?);
            if let Enough::Precision { relative, .. } = enough
                && is_precise(&made, relative, confidence)
            {
                return Ok(made);
            }
        }
    }
    Ok(made)
}

/// Whether the main measures are known to a relative error of `relative`.
pub fn is_precise(made: &[Observation], relative: f64, confidence: f64) -> bool {
    (made.len() as u64) >= Estimate::FIRST_LOOK
        && (0..MAIN_MEASURES).all(|place| {
            let values = values(made, place);
            values.is_empty() || mean_interval(&values, confidence).is_within(relative)
        })
}

/// The values of the measure at `place` in replications that have one.
pub fn values(made: &[Observation], place: usize) -> Vec<f64> {
    made.iter().filter_map(|one| one.values[place]).collect()
}

/// The difference of one variant to another in one measure, replication by replication.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// Its mean, with the interval.
    pub estimate: Estimate,
    /// How many times the variance of the difference would be this one's if the replications were not paired; `None` where
    /// the difference does not vary.
    pub gain: Option<f64>,
}

impl Difference {
    /// Whether it is surely more or less than nothing.
    pub fn is_sure(&self) -> bool {
        let interval = self.estimate.interval();
        interval.is_some_and(|(low, high)| low > 0.0 || high < 0.0)
    }
}

/// How `other` differs from `base` in the measure at `place`: pairs that both have a value in. `None` where there are none.
pub fn difference(
    base: &[Observation],
    other: &[Observation],
    place: usize,
    confidence: f64,
) -> Option<Difference> {
    let pairs = base.iter().zip(other);
    let pairs: Vec<(f64, f64)> = pairs
        .filter_map(|(base, other)| Some((base.values[place]?, other.values[place]?)))
        .collect();
    let differences: Vec<f64> = pairs.iter().map(|(base, other)| other - base).collect();
    let variance = |sample: Vec<f64>| Moments::of(&sample).variance();
    let apart = variance(pairs.iter().map(|pair| pair.0).collect())
        .zip(variance(pairs.iter().map(|pair| pair.1).collect()));
    let together = variance(differences.clone()).filter(|variance| *variance > 0.0);
    let gain = apart.zip(together);
    (!pairs.is_empty()).then(|| Difference {
        estimate: mean_interval(&differences, confidence),
        gain: gain.map(|((base, other), together)| (base + other) / together),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observation(number: u64, value: f64) -> Observation {
        let mut values = vec![None; MEASURES.len()];
        values[0] = Some(value);
        Observation {
            seed: seed_of(1, number),
            digest: 0,
            values,
        }
    }

    #[test]
    fn the_first_replication_is_the_run_of_the_seed_itself() {
        assert_eq!(seed_of(42, 0), 42);
        let seeds: std::collections::BTreeSet<u64> =
            (0..1000).map(|number| seed_of(42, number)).collect();
        assert_eq!(seeds.len(), 1000);
    }

    #[test]
    fn a_study_stops_at_the_first_replication_that_suffices() {
        let noisy = |number: u64| Ok(observation(number, 100.0 + ((number * 7919) % 11) as f64));
        let enough = Enough::Precision {
            relative: 0.02,
            most: 1000,
        };
        let made = replicate(enough, 0.95, noisy).unwrap();
        assert!(is_precise(&made, 0.02, 0.95));
        assert!(!is_precise(&made[..made.len() - 1], 0.02, 0.95));
        let threads = rayon::ThreadPoolBuilder::new()
            .num_threads(1)
            .build()
            .unwrap();
        let alone = threads.install(|| replicate(enough, 0.95, noisy)).unwrap();
        assert_eq!(made, alone, "on any number of threads");
    }

    #[test]
    fn pairs_take_out_what_both_variants_share() {
        let base: Vec<_> = (0..20)
            .map(|n| observation(n, (n * 37 % 20) as f64))
            .collect();
        let other: Vec<_> = (0..20)
            .map(|n| observation(n, (n * 37 % 20) as f64 + 5.0 + (n % 2) as f64 / 10.0))
            .collect();
        let found = difference(&base, &other, 0, 0.95).unwrap();
        assert!((found.estimate.mean - 5.05).abs() < 1e-9);
        assert!(found.is_sure() && found.gain.unwrap() > 1000.0);
    }
}
