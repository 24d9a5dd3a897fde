//! How much hangs on each assumption: one after another is moved to its ends, everything else as in the run and with the same
//! seed.

use crate::metrics::Figures;
use crate::model::{ASSUMPTIONS, Assumption, Profile, Settings, Unit};

/// An assumption with another value than the run has.
#[derive(Clone, Debug)]
pub struct Variation {
    /// Which assumption.
    pub assumption: &'static Assumption,
    /// The other value, as `--set` takes it.
    pub value: String,
}

/// What a run of a variation gives.
#[derive(Clone, Debug)]
pub struct Moved {
    /// What was changed.
    pub variation: Variation,
    /// The run's figures with it, or why there is no such run.
    pub after: Result<Figures, String>,
}

/// A run and its variations.
#[derive(Clone, Debug)]
pub struct Tornado {
    /// Name of the scenario.
    pub scenario: String,
    /// The seed of all runs.
    pub seed: u64,
    /// The parameters of the run itself.
    pub settings: Settings,
    /// The run itself.
    pub base: Figures,
    /// Its variations, in the order of [`variations`].
    pub moved: Vec<Moved>,
}

/// Every other end of every assumption in the order of the list, that of *fast* before that of *slow*: what these profiles say
/// where they differ, each other word of a choice, and each other of `policies` (key and names) where the value is a policy's
/// name.
pub fn variations(settings: &Settings, policies: &[(&str, Vec<String>)]) -> Vec<Variation> {
    let mut all = Vec::new();
    for assumption in ASSUMPTIONS {
        let values: Vec<String> = match assumption.unit {
            Unit::Choice(words) => words.iter().map(|word| (*word).to_owned()).collect(),
            Unit::Flag => vec!["true".to_owned(), "false".to_owned()],
            Unit::Policy => {
                let known = policies.iter().find(|(key, _)| *key == assumption.key);
                known.map_or_else(Vec::new, |(_, names)| names.clone())
            }
            Unit::Seconds | Unit::Ratio | Unit::Count | Unit::Price => ends(assumption),
        };
        let other = values.into_iter().filter(|value| {
            let mut moved = settings.clone();
            moved.set(assumption, value).is_ok()
                && moved.value(assumption.knob) != settings.value(assumption.knob)
        });
        all.extend(other.map(|value| Variation { assumption, value }));
    }
    all
}

/// The defaults of the profiles fast and slow, where they differ.
fn ends(assumption: &Assumption) -> Vec<String> {
    let [fast, slow] =
        [Profile::Fast, Profile::Slow].map(|profile| assumption.defaults[profile as usize]);
    match fast == slow {
        true => Vec::new(),
        false => vec![fast.to_owned(), slow.to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(settings: &Settings, key: &str) -> Vec<String> {
        let policies = [("dispatch", vec!["strict".to_owned(), "easy".to_owned()])];
        let all = variations(settings, &policies).into_iter();
        let of_key = all.filter(|one| one.assumption.key == key);
        of_key.map(|one| one.value).collect()
    }

    #[test]
    fn an_assumption_moves_to_the_ends_where_it_is_not_already() {
        let typical = Settings::new(Profile::Typical);
        assert_eq!(values(&typical, "scaleOutTick"), ["30s", "600s"]);
        assert_eq!(values(&typical, "shareWindow"), ["decay", "decay-plus-600"]);
        assert_eq!(values(&typical, "shareHeadBlocks"), ["false"]);
        assert_eq!(values(&typical, "dispatch"), ["easy"]);
        assert_eq!(values(&typical, "retryDelay"), [""; 0]);
        assert_eq!(
            values(&Settings::new(Profile::Fast), "scaleOutTick"),
            ["600s"]
        );
    }
}
