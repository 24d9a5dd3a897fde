//! Thresholds on how a candidate may differ from its base: `cost>+5%`, `makespan>6h`, `wait_p95_s>+120`.

use crate::model::parse_span;
use crate::stats::{Estimate, mean_interval};

use super::measures::{MEASURES, Measure, MeasureUnit};
use super::study::{Observation, difference, values};

/// A condition that fails a comparison.
#[derive(Clone, Debug)]
pub struct Threshold {
    /// As it was written.
    pub text: String,
    /// The measure's place in [`MEASURES`].
    pub place: usize,
    /// Whether more than the limit fails, rather than less.
    pub above: bool,
    /// What it is compared with.
    pub limit: Limit,
}

/// What a value is compared with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    /// The candidate's own value.
    Value(f64),
    /// Its difference to the base.
    Change(f64),
    /// Its difference to the base, as a part of the base's value.
    Part(f64),
}

/// Names that people write for measures.
const SHORT: [(&str, &str); 4] = [
    ("cost", "cost_usd"),
    ("makespan", "makespan_s"),
    ("wait", "wait_mean_s"),
    ("wait_p95", "wait_p95_s"),
];

impl Threshold {
    /// Reads one.
    ///
    /// # Errors
    /// What to write.
    pub fn parse(text: &str) -> Result<Threshold, String> {
        let wanted = || {
            format!(
                "`{text}`: write MEASURE>LIMIT or MEASURE<LIMIT, such as 'cost>+5%', 'makespan>6h' or 'wait_p95>+2m'; measures are {}",
                MEASURES
                    .iter()
                    .map(|measure| measure.name)
                    .collect::<Vec<_>>()
                    .join(", ")
            )
        };
        let at = text.find(['>', '<']).ok_or_else(wanted)?;
        let (name, rest) = text.split_at(at);
        let above = rest.starts_with('>');
        let name = name.trim();
        let long = SHORT.iter().find(|(short, _)| *short == name);
        let name = long.map_or(name, |(_, long)| long);
        let place = MEASURES.iter().position(|measure| measure.name == name);
        let place = place.ok_or_else(wanted)?;
        let limit = rest[1..].trim();
        let limit = limit_of(limit, &MEASURES[place]).ok_or_else(wanted)?;
        Ok(Threshold {
            text: text.to_owned(),
            place,
            above,
            limit,
        })
    }

    /// What is compared with the limit: the candidate's value, or its difference to the base, with its interval.
    pub fn estimate(
        &self,
        base: &[Observation],
        candidate: &[Observation],
        confidence: f64,
    ) -> Option<Estimate> {
        let changed = || {
            let found = difference(base, candidate, self.place, confidence)?;
            Some(found.estimate)
        };
        match self.limit {
            Limit::Value(_) => {
                let sample = values(candidate, self.place);
                (!sample.is_empty()).then(|| mean_interval(&sample, confidence))
            }
            Limit::Change(_) => changed(),
            Limit::Part(_) => {
                let before = mean_interval(&values(base, self.place), confidence).mean;
                let change = changed()?;
                (before != 0.0).then(|| Estimate {
                    mean: change.mean / before,
                    half: change.half.map(|half| half / before.abs()),
                    ..change
                })
            }
        }
    }

    /// Whether it is crossed beyond its interval: even the end of the interval that is nearer to the limit lies past it. A single
    /// run has no interval, and its value decides.
    pub fn is_crossed(&self, estimate: &Estimate) -> bool {
        let (Limit::Value(limit) | Limit::Change(limit) | Limit::Part(limit)) = self.limit;
        let half = estimate.half.unwrap_or(0.0);
        match self.above {
            true => estimate.mean - half > limit,
            false => estimate.mean + half < limit,
        }
    }
}

fn limit_of(text: &str, measure: &Measure) -> Option<Limit> {
    let is_change = text.starts_with(['+', '-']);
    if let Some(number) = text.strip_suffix('%') {
        let part = number.trim().parse::<f64>().ok()? / 100.0;
        let is_share = measure.unit == MeasureUnit::Share;
        return part.is_finite().then_some(match (is_change, is_share) {
            (true, _) => Some(Limit::Part(part)),
            (false, true) => Some(Limit::Value(part)),
            // A part of what? Of the base, so it is a change.
            (false, false) => None,
        })?;
    }
    let (sign, bare) = match text.strip_prefix('-') {
        Some(bare) => (-1.0, bare),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    let number = match measure.unit {
        MeasureUnit::Seconds => parse_span(bare).ok()?.ms() as f64 / 1e3,
        _ => bare
            .parse::<f64>()
            .ok()
            .filter(|number| number.is_finite())?,
    };
    Some(match is_change {
        true => Limit::Change(sign * number),
        false => Limit::Value(number),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_values_changes_or_parts() {
        for (text, place, above, limit) in [
            ("cost>+5%", 1, true, Limit::Part(0.05)),
            ("cost_usd > 12.5", 1, true, Limit::Value(12.5)),
            ("makespan>6h", 0, true, Limit::Value(21_600.0)),
            ("wait_p95>+2m", 3, true, Limit::Change(120.0)),
            ("wait<-10", 2, false, Limit::Change(-10.0)),
            ("vcpus_of_provisioned<50%", 5, false, Limit::Value(0.5)),
        ] {
            let read = Threshold::parse(text).unwrap();
            assert_eq!(
                (read.place, read.above, read.limit),
                (place, above, limit),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_threshold_is_told_what_to_write() {
        for text in [
            "cost",
            "cost>",
            "price>1",
            "cost>5%",
            "cost>+five%",
            "makespan>soon",
            ">5",
            "cost>+nan",
        ] {
            let why = Threshold::parse(text).unwrap_err();
            assert!(why.contains("cost>+5%"), "{text}: {why}");
        }
    }

    fn runs(costs: &[f64]) -> Vec<Observation> {
        let of = |&cost: &f64| {
            let mut values = vec![None; MEASURES.len()];
            values[1] = Some(cost);
            Observation {
                seed: 0,
                digest: 0,
                values,
            }
        };
        costs.iter().map(of).collect()
    }

    #[test]
    fn a_threshold_is_crossed_beyond_its_interval_only() {
        let threshold = Threshold::parse("cost>+5%").unwrap();
        let base = runs(&[100.0, 110.0, 90.0, 100.0]);
        let crosses = |costs: &[f64]| {
            let estimate = threshold.estimate(&base, &runs(costs), 0.95).unwrap();
            threshold.is_crossed(&estimate)
        };
        assert!(crosses(&[110.0, 120.0, 100.0, 110.0]), "+10 each time");
        assert!(
            !crosses(&[105.0, 115.0, 95.0, 105.0]),
            "+5 % is not more than +5 %"
        );
        assert!(
            !crosses(&[130.0, 95.0, 100.0, 107.0]),
            "+8 on the average, and nobody knows"
        );
    }
}
