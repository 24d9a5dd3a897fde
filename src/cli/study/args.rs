//! The options of studies: how many replications, and what is varied.

use std::path::PathBuf;

use clap::Args;

use crate::plan::Axis;

use super::super::args::key_value;

/// How many replications, and how surely.
#[derive(Clone, Debug, Args)]
#[group(id = "replicating")]
pub struct Replications {
    /// Make so many runs, each with a seed of its own, and tell means and quantiles with intervals.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub replications: Option<u64>,
    /// Make runs until makespan, cost and mean wait are known to this relative error, such as 1%.
    #[arg(long, value_name = "PART", value_parser = part, conflicts_with = "replications")]
    pub precision: Option<f64>,
    /// The most runs for a precision.
    #[arg(long, value_name = "N", default_value = "1000", requires = "precision", value_parser = clap::value_parser!(u64).range(10..=1_000_000))]
    pub max_replications: u64,
    /// With what probability each interval holds; 95% where it is not given.
    #[arg(long, value_name = "PART", value_parser = part)]
    pub confidence: Option<f64>,
    /// Leave out the same runs under the other profiles of assumptions.
    #[arg(long)]
    pub no_profiles: bool,
}

impl Replications {
    /// With what probability each interval holds.
    pub fn confidence(&self) -> f64 {
        self.confidence.unwrap_or(0.95)
    }

    /// An option that says nothing of a single run, if one is given.
    pub fn idle_option(&self) -> Option<&'static str> {
        let is_given = [
            (self.confidence.is_some(), "--confidence"),
            (self.no_profiles, "--no-profiles"),
        ];
        let mut given = is_given.into_iter().filter(|(is_given, _)| *is_given);
        given.next().map(|(_, option)| option)
    }

    /// Whether a run is to be replicated at all.
    pub fn is_asked(&self) -> bool {
        self.replications.is_some() || self.precision.is_some()
    }
}

pub const COMPARE_EXAMPLES: &str = "\
Examples:
  batchcast compare today.toml spot.toml --replications 20
  batchcast compare nightly.toml --vary computeEnvironments.main.computeResources.maxvCpus=256,512,1024
  batchcast compare nightly.toml --vary dispatch=strict,easy --vary profile=fast,slow     all four
  batchcast compare nightly.toml --vary dispatch=strict,easy --precision 1%
  batchcast compare a.toml b.toml c.toml --best cost_usd        which is cheapest, with 95 % probability

The first variant is what the others are compared with. All see the same luck: replication for replication one seed, one
workload, one Spot market.";

/// `batchcast compare`.
#[derive(Clone, Debug, Args)]
pub struct Compare {
    /// Scenario files, or folders with scenario.toml or scenario.json.
    #[arg(required = true)]
    pub scenarios: Vec<PathBuf>,
    /// Make a variant for each value of a key (as --set takes it); several make one for each combination.
    #[arg(long, value_name = "KEY=A,B,…", value_parser = key_axis)]
    pub vary: Vec<(String, Axis)>,
    /// Set a parameter in all variants; may be repeated.
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value)]
    pub set: Vec<(String, String)>,
    /// The seed from which those of the replications are drawn; the first scenario's own where it is not given.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// How many replications; 20 where nothing is said.
    #[command(flatten)]
    pub study: Replications,
    /// Find the variant that is best by this measure (cost_usd, makespan_s, wait_mean_s …), with as few runs as that needs.
    #[arg(long, value_name = "MEASURE", conflicts_with_all = ["replications", "precision"])]
    pub best: Option<String>,
    /// By how much a variant must be worse to matter to --best; 1 % of the first one's mean where it is not given.
    #[arg(long, value_name = "AMOUNT", requires = "best", value_parser = amount)]
    pub indifference: Option<f64>,
}

/// A key and its values.
///
/// # Errors
/// What to write.
pub fn key_axis(text: &str) -> Result<(String, Axis), String> {
    let (key, values) = key_value(text).map_err(|_| {
        "write KEY=A,B with at least one value, such as dispatch=strict,easy".to_owned()
    })?;
    Ok((key, Axis::parse(&values)?))
}

/// A part of one: `1%` or `0.01`.
pub fn part(text: &str) -> Result<f64, String> {
    let (number, scale) = match text.trim().strip_suffix('%') {
        Some(number) => (number.trim_end(), 100.0),
        None => (text.trim(), 1.0),
    };
    let part = number.parse::<f64>().ok().map(|number| number / scale);
    part.filter(|part| *part > 0.0 && *part < 1.0)
        .ok_or_else(|| "write a part between 0 and 1, such as 5% or 0.05".to_owned())
}

fn amount(text: &str) -> Result<f64, String> {
    let amount = text.parse::<f64>().ok();
    amount
        .filter(|amount| *amount > 0.0 && amount.is_finite())
        .ok_or_else(|| "write a number above 0".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_written_with_or_without_per_cent() {
        assert_eq!(part("1%"), Ok(0.01));
        assert_eq!(part("0.05"), Ok(0.05));
        for wrong in ["0", "1", "100%", "-1%", "NaN", "five"] {
            assert!(part(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_varied_is_a_key_with_values() {
        let (key, axis) = key_axis("dispatch=strict, easy").unwrap();
        assert_eq!(
            (key.as_str(), axis.to_string().as_str()),
            ("dispatch", "strict,easy")
        );
        for wrong in ["dispatch", "dispatch=", "=a,b", "a=b,,c", "a=b,b"] {
            assert!(key_axis(wrong).is_err(), "{wrong}");
        }
    }
}
