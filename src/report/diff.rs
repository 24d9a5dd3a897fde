//! How a candidate differs from its base, as a table in Markdown for whoever reviews a change, or as JSON.

use crate::plan::{Limit, MEASURES, Study, Threshold, Variant, difference, values};
use crate::stats::{Estimate, mean_interval};

use super::json::Json;
use super::study::{percent_of, shown};

/// A comparison and what may not be.
#[derive(Debug)]
pub struct DiffPage<'a> {
    /// Base and candidate.
    pub study: &'a Study,
    /// What fails it.
    pub thresholds: &'a [Threshold],
}

impl DiffPage<'_> {
    fn pair(&self) -> (&Variant, &Variant) {
        (&self.study.variants[0], &self.study.variants[1])
    }

    fn estimate(&self, threshold: &Threshold) -> Option<Estimate> {
        let (base, candidate) = self.pair();
        threshold.estimate(&base.made, &candidate.made, self.study.confidence)
    }

    /// The thresholds that are crossed beyond their intervals.
    pub fn crossed(&self) -> Vec<&Threshold> {
        let crossed = self.thresholds.iter().filter(|one| self.crosses(one));
        crossed.collect()
    }

    fn crosses(&self, threshold: &Threshold) -> bool {
        let estimate = self.estimate(threshold);
        estimate.is_some_and(|estimate| threshold.is_crossed(&estimate))
    }

    /// The table.
    pub fn markdown(&self) -> String {
        let (base, candidate) = self.pair();
        let mut text = format!(
            "| | {} | {} | difference | |\n|---|--:|--:|--:|--:|\n",
            cell(&base.name),
            cell(&candidate.name)
        );
        for (place, measure) in MEASURES.iter().enumerate() {
            let (before, after) = (values(&base.made, place), values(&candidate.made, place));
            if before.iter().chain(&after).all(|value| *value == 0.0) {
                continue;
            }
            let mean = |sample: &[f64]| match sample.is_empty() {
                true => "none".to_owned(),
                false => shown(measure.unit, mean_interval(sample, 0.95).mean),
            };
            let found = difference(&base.made, &candidate.made, place, self.study.confidence);
            let (change, part) = match found {
                None => (String::new(), String::new()),
                Some(found) => {
                    let estimate = found.estimate;
                    let sign = if estimate.mean < 0.0 { "" } else { "+" };
                    let half = estimate.half.filter(|half| *half > 0.0);
                    let half = half.map_or(String::new(), |half| {
                        format!(" ± {}", shown(measure.unit, half))
                    });
                    let base = mean_interval(&before, 0.95).mean;
                    let part = match base == 0.0 {
                        true => String::new(),
                        false => format!("{:+.1} %", 100.0 * estimate.mean / base),
                    };
                    (
                        format!("{sign}{}{half}", shown(measure.unit, estimate.mean)),
                        part,
                    )
                }
            };
            text.push_str(&format!(
                "| {} | {} | {} | {change} | {part} |\n",
                measure.title,
                mean(&before),
                mean(&after)
            ));
        }
        let count = base.made.len().min(candidate.made.len());
        text.push_str(&match count {
            1 => "\nOne run each: no interval.\n".to_owned(),
            _ => format!(
                "\n{count} replications under the same luck; ± is the half width of the {} interval.\n",
                percent_of(self.study.confidence)
            ),
        });
        for threshold in self.thresholds {
            let mark = if self.crosses(threshold) {
                "❌"
            } else {
                "✅"
            };
            text.push_str(&format!(
                "\n{mark} `{}`: {}\n",
                threshold.text,
                self.verdict(threshold)
            ));
        }
        text
    }

    fn verdict(&self, threshold: &Threshold) -> String {
        let Some(estimate) = self.estimate(threshold) else {
            return "there is nothing to compare".to_owned();
        };
        let unit = MEASURES[threshold.place].unit;
        let told = match threshold.limit {
            Limit::Part(_) => {
                let half = estimate
                    .half
                    .map_or(String::new(), |half| format!(" ± {:.1} %", 100.0 * half));
                format!("{:+.1} %{half}", 100.0 * estimate.mean)
            }
            _ => {
                let half = estimate
                    .half
                    .map_or(String::new(), |half| format!(" ± {}", shown(unit, half)));
                format!("{}{half}", shown(unit, estimate.mean))
            }
        };
        match self.crosses(threshold) {
            true => format!("crossed: {told}"),
            false => told,
        }
    }

    /// The same as data.
    pub fn json(&self) -> String {
        let (base, candidate) = self.pair();
        Json::document(|json| {
            json.text("base", &base.name);
            json.text("candidate", &candidate.name);
            json.number("confidence", self.study.confidence);
            json.whole(
                "replications",
                base.made.len().min(candidate.made.len()) as u64,
            );
            json.flag("failed", !self.crossed().is_empty());
            json.object("measures", |json| {
                for (place, measure) in MEASURES.iter().enumerate() {
                    json.object(measure.name, |json| {
                        for (key, variant) in [("base", base), ("candidate", candidate)] {
                            let sample = values(&variant.made, place);
                            match sample.is_empty() {
                                true => json.null(key),
                                false => json.number(key, mean_interval(&sample, 0.95).mean),
                            }
                        }
                        let found =
                            difference(&base.made, &candidate.made, place, self.study.confidence);
                        if let Some(found) = found {
                            json.number("difference", found.estimate.mean);
                            match found.estimate.half {
                                Some(half) => json.number("half_width", half),
                                None => json.null("half_width"),
                            }
                        }
                    });
                }
            });
            json.array("thresholds", |json| {
                for threshold in self.thresholds {
                    json.element(|json| {
                        json.text("threshold", &threshold.text);
                        json.flag("crossed", self.crosses(threshold));
                        if let Some(estimate) = self.estimate(threshold) {
                            json.number("value", estimate.mean);
                        }
                    });
                }
            });
        })
    }
}

/// A name as a cell of a table.
fn cell(name: &str) -> String {
    name.replace('|', "\\|")
}
