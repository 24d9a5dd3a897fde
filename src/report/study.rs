//! What replications tell, alone and of variants side by side, as text or as JSON.

use crate::metrics::Decimal;
use crate::plan::{
    Difference, Enough, MEASURES, Measure, MeasureUnit, Observation, Study, Variant, difference,
    values,
};
use crate::stats::{Estimate, Moments, OrderInterval, mean_interval, quantile, quantile_interval};
use crate::units::Usd;

use super::json::Json;
use super::terminal::Style;
use super::wording::{dollars, milliseconds, percent, wrap};

/// Columns of the page.
const WIDTH: usize = 80;
/// Quantiles over replications that are told.
const QUANTILES: [(f64, &str); 2] = [(0.5, "p50"), (0.9, "p90")];

/// Replications of one variant, to read.
pub fn replications_text(study: &Study, style: Style) -> String {
    let Some(variant) = study.variants.first() else {
        return String::new();
    };
    let mut text = heading(study, &variant.name, style);
    if variant.is_the_same_always() {
        put_note(
            &mut text,
            "Nothing in this scenario is left to chance: every seed gives the same run. What the seeds' interval cannot show, \
             the profiles below do.",
        );
    }
    text.push('\n');
    for (place, measure) in MEASURES.iter().enumerate() {
        put_measure(&mut text, study, variant, place, measure, style);
    }
    put_footnotes(&mut text, study);
    text
}

fn heading(study: &Study, name: &str, style: Style) -> String {
    let count = study.variants.first().map_or(0, |one| one.made.len());
    let drawn = match count {
        1 => format!("seed {}", study.seed),
        _ => format!("seed {} and {} drawn from it", study.seed, count - 1),
    };
    let plural = if count == 1 { "" } else { "s" };
    let mut text = format!(
        "{}  {count} replication{plural}, {drawn}\n",
        style.bold(name)
    );
    if let Enough::Precision { relative, most } = study.enough {
        let asked = percent_of(relative);
        let last = match study.is_enough() {
            true => format!("Stopped when makespan, cost and mean wait were known to {asked}."),
            false => format!(
                "After {most} replications makespan, cost and mean wait are not known to {asked} yet: allow more with \
                 --max-replications."
            ),
        };
        put_note(&mut text, &last);
    }
    text
}

fn put_measure(
    text: &mut String,
    study: &Study,
    variant: &Variant,
    place: usize,
    measure: &Measure,
    style: Style,
) {
    let mut sample = values(&variant.made, place);
    // What is nothing in every run says nothing.
    let is_nothing = |value: &f64| *value == 0.0;
    if sample.iter().all(is_nothing)
        && over_profiles(variant, place).is_none_or(|range| range == (0.0, 0.0))
    {
        return;
    }
    let estimate = mean_interval(&sample, study.confidence);
    text.push_str(&format!(
        "  {:<15}{}\n",
        measure.title,
        style.bold(&shown(measure.unit, estimate.mean))
    ));
    let mut lines = Vec::new();
    if let Some((low, high)) = estimate.interval() {
        lines.push((high - low, "seeds", range(measure.unit, low, high)));
    }
    if let Some((low, high)) = over_profiles(variant, place) {
        lines.push((high - low, "profiles", range(measure.unit, low, high)));
    }
    // The wider first: that is how far one can be off.
    lines.sort_by(|one, other| other.0.total_cmp(&one.0));
    for (_, what, range) in &lines {
        text.push_str(&format!("    {what:<13}{range}\n"));
    }
    sample.sort_by(f64::total_cmp);
    if sample.len() < 2 || sample.first() == sample.last() {
        return;
    }
    for (probability, name) in QUANTILES {
        let Some(value) = quantile(&sample, probability) else {
            continue;
        };
        let interval = quantile_interval(&sample, probability, study.confidence);
        text.push_str(&format!(
            "    {:<13}{}{}\n",
            format!("{} of seeds", name.to_uppercase()),
            shown(measure.unit, value),
            bounds_text(measure.unit, interval)
        ));
    }
}

fn bounds_text(unit: MeasureUnit, interval: OrderInterval) -> String {
    match (interval.low, interval.high) {
        (Some(low), Some(high)) => format!("  ({})", range(unit, low, high)),
        (Some(low), None) => format!("  (at least {})", shown(unit, low)),
        (None, Some(high)) => format!("  (at most {})", shown(unit, high)),
        (None, None) => "  (too few replications to bound it)".to_owned(),
    }
}

fn put_footnotes(text: &mut String, study: &Study) {
    text.push('\n');
    put_note(
        text,
        &format!(
            "seeds: {} interval of the mean (Student) or of the quantile (order statistics) over replications. profiles: from the \
             least to the largest mean under the assumptions of the profiles {}; what AWS does not publish moves it so far.",
            percent_of(study.confidence),
            profile_names(study)
        ),
    );
}

fn profile_names(study: &Study) -> String {
    let variant = study.variants.first();
    let names = variant.map_or_else(Vec::new, |variant| {
        variant
            .by_profile
            .iter()
            .map(|(profile, _)| profile.name())
            .collect()
    });
    match names.is_empty() {
        true => "(none asked for)".to_owned(),
        false => format!("{} and the scenario's own", names.join(", ")),
    }
}

fn put_note(text: &mut String, note: &str) {
    for line in wrap(note, WIDTH - 2) {
        text.push_str(&format!("  {line}\n"));
    }
}

/// From the least to the largest mean of the measure over the profiles, the variant's own included.
fn over_profiles(variant: &Variant, place: usize) -> Option<(f64, f64)> {
    if variant.by_profile.is_empty() {
        return None;
    }
    let all = variant.by_profile.iter().map(|(_, made)| made);
    let means = all.chain([&variant.made]).filter_map(|made| {
        let sample = values(made, place);
        (!sample.is_empty()).then(|| mean_interval(&sample, 0.95).mean)
    });
    let means: Vec<f64> = means.collect();
    let least = means.iter().copied().min_by(f64::total_cmp)?;
    let largest = means.iter().copied().max_by(f64::total_cmp)?;
    Some((least, largest))
}

/// Variants side by side, to read: each against the first.
pub fn comparison_text(study: &Study, style: Style) -> String {
    let Some((base, others)) = study.variants.split_first() else {
        return String::new();
    };
    let mut text = heading(study, "compare", style);
    let names = study
        .variants
        .iter()
        .map(|variant| variant.name.chars().count());
    let width = names.max().unwrap_or(0).clamp(8, 32);
    for (place, measure) in MEASURES.iter().enumerate() {
        let all_alike = others.iter().all(|other| {
            let found = difference(&base.made, &other.made, place, study.confidence);
            found.is_none_or(|found| {
                found.estimate.mean == 0.0 && found.estimate.half.unwrap_or(0.0) == 0.0
            })
        });
        if all_alike && place > 1 {
            continue;
        }
        text.push_str(&format!("\n{}\n", style.bold(measure.title)));
        for variant in &study.variants {
            let sample = values(&variant.made, place);
            let estimate = mean_interval(&sample, study.confidence);
            let mean = match estimate.count {
                0 => "none".to_owned(),
                _ => shown(measure.unit, estimate.mean),
            };
            let against = match std::ptr::eq(variant, base) {
                true => String::new(),
                false => difference(&base.made, &variant.made, place, study.each_confidence())
                    .map_or_else(String::new, |found| against(measure.unit, &found)),
            };
            text.push_str(
                format!(
                    "  {:<width$}  {mean:>16}  {against}",
                    super::wording::shortened(&variant.name, width)
                )
                .trim_end(),
            );
            text.push('\n');
        }
    }
    put_sentences(&mut text, study, base, others);
    text
}

/// A difference with its interval, and how sure it is.
fn against(unit: MeasureUnit, found: &Difference) -> String {
    let mean = found.estimate.mean;
    let sign = if mean < 0.0 { "-" } else { "+" };
    let size = shown(unit, mean.abs());
    match found.estimate.half {
        Some(0.0) if mean == 0.0 => "the same".to_owned(),
        Some(half) => {
            let sure = if found.is_sure() { "" } else { "  not sure" };
            format!("{sign}{size} ± {}{sure}", shown(unit, half))
        }
        None => format!("{sign}{size}"),
    }
}

fn put_sentences(text: &mut String, study: &Study, base: &Variant, others: &[Variant]) {
    text.push('\n');
    for other in others {
        for place in [1, 0] {
            let measure = &MEASURES[place];
            let words = match measure.unit {
                MeasureUnit::Dollars => ["cheaper", "dearer"],
                _ => ["done sooner", "done later"],
            };
            let found = difference(&base.made, &other.made, place, study.each_confidence());
            let Some(found) = found.filter(Difference::is_sure) else {
                continue;
            };
            let word = words[usize::from(found.estimate.mean > 0.0)];
            put_note(
                text,
                &format!(
                    "{} is {word} than {} by {} ± {} ({}, {} replications).",
                    other.name,
                    base.name,
                    shown(measure.unit, found.estimate.mean.abs()),
                    shown(measure.unit, found.estimate.half.unwrap_or(0.0)),
                    percent_of(study.confidence),
                    found.estimate.count
                ),
            );
        }
    }
    for flip in flips(study) {
        put_note(text, &flip);
    }
    let several = match others.len() {
        0 | 1 => String::new(),
        count => format!(
            " They hold together: each is wide enough for {count} comparisons (Bonferroni)."
        ),
    };
    put_note(
        text,
        &format!(
            "Differences are to {}, replication by replication under the same luck; ± is the half width of the {} interval.{several}",
            base.name,
            percent_of(study.confidence)
        ),
    );
}

/// Where another profile ranks the variants otherwise, in makespan or cost: sentences.
fn flips(study: &Study) -> Vec<String> {
    let mut sentences = Vec::new();
    let Some(first) = study.variants.first().filter(|_| study.variants.len() > 1) else {
        return sentences;
    };
    for (place, word) in [(1, "cheapest"), (0, "done first")] {
        let own = study.variants.iter().map(|variant| Some(&variant.made));
        let Some(own) = least(own, place) else {
            continue;
        };
        for (profile, _) in &first.by_profile {
            let under = study.variants.iter().map(|variant| {
                let mut known = variant.by_profile.iter();
                let found = known.find(|(other, _)| other == profile);
                found.map(|(_, made)| made)
            });
            let there = least(under, place).filter(|there| *there != own);
            if let Some(there) = there {
                sentences.push(format!(
                    "Careful: under the assumptions of profile {} it is {} that is {word}, not {}.",
                    profile.name(),
                    study.variants[there].name,
                    study.variants[own].name
                ));
            }
        }
    }
    sentences
}

/// Which of these has the least mean in the measure at `place`; `None` where any has no replications of it.
fn least<'a>(
    all: impl Iterator<Item = Option<&'a Vec<Observation>>>,
    place: usize,
) -> Option<usize> {
    let means = all.map(|made| {
        let sample = values(made?, place);
        (!sample.is_empty()).then(|| Moments::of(&sample).mean())
    });
    let means: Vec<f64> = means.collect::<Option<_>>()?;
    (0..means.len()).min_by(|&one, &other| means[one].total_cmp(&means[other]))
}

/// A value with its unit.
pub(super) fn shown(unit: MeasureUnit, value: f64) -> String {
    let sign = if value < 0.0 { "-" } else { "" };
    let parts = |scale: f64| (value.abs() * scale).round() as u128;
    let text = match unit {
        MeasureUnit::Seconds => milliseconds(parts(1e3)),
        MeasureUnit::Dollars => {
            let ticks = i128::try_from(parts(1e10)).unwrap_or(i128::MAX);
            format!("{} USD", dollars(Usd::from_ticks(ticks)))
        }
        MeasureUnit::Share => percent(Decimal::from_parts(parts(1e6))),
        MeasureUnit::Count => Decimal::from_parts(parts(1e6)).grouped(2),
    };
    format!("{sign}{text}")
}

fn range(unit: MeasureUnit, low: f64, high: f64) -> String {
    format!("{} … {}", shown(unit, low), shown(unit, high))
}

/// A part of one in per cent, with the digits that it has.
pub(super) fn percent_of(part: f64) -> String {
    format!("{} %", Decimal::from_parts((part * 1e8).round() as u128))
}

/// A study as data: every variant, its replications, estimates, and its differences to the first.
pub fn study_json(study: &Study) -> String {
    Json::document(|json| {
        json.whole("seed", study.seed);
        json.number("confidence", study.confidence);
        json.flag("is_enough", study.is_enough());
        json.array("variants", |json| {
            for variant in &study.variants {
                json.element(|json| put_variant(json, study, variant));
            }
        });
        json.array("ranking_flips", |json| {
            for flip in flips(study) {
                json.element_text(&flip);
            }
        });
    })
}

fn put_variant(json: &mut Json, study: &Study, variant: &Variant) {
    json.text("name", &variant.name);
    json.object("measures", |json| {
        for (place, measure) in MEASURES.iter().enumerate() {
            let mut sample = values(&variant.made, place);
            if sample.is_empty() {
                json.null(measure.name);
                continue;
            }
            json.object(measure.name, |json| {
                put_estimate(json, &mean_interval(&sample, study.confidence));
                sample.sort_by(f64::total_cmp);
                for (probability, name) in QUANTILES {
                    let interval = quantile_interval(&sample, probability, study.confidence);
                    put_number(json, name, quantile(&sample, probability));
                    put_number(json, &format!("{name}_low"), interval.low);
                    put_number(json, &format!("{name}_high"), interval.high);
                }
                let profiles = over_profiles(variant, place);
                put_number(json, "profiles_low", profiles.map(|range| range.0));
                put_number(json, "profiles_high", profiles.map(|range| range.1));
            });
        }
    });
    let base = &study.variants[0];
    if !std::ptr::eq(base, variant) {
        json.object("difference", |json| {
            for (place, measure) in MEASURES.iter().enumerate() {
                let found = difference(&base.made, &variant.made, place, study.each_confidence());
                let Some(found) = found else {
                    json.null(measure.name);
                    continue;
                };
                json.object(measure.name, |json| {
                    put_estimate(json, &found.estimate);
                    json.flag("is_sure", found.is_sure());
                    put_number(json, "variance_unpaired_over_paired", found.gain);
                });
            }
        });
    }
    json.array("replications", |json| {
        for one in &variant.made {
            json.element(|json| {
                json.whole("seed", one.seed);
                json.text("digest", &format!("{:016x}", one.digest));
                for (measure, value) in MEASURES.iter().zip(&one.values) {
                    put_number(json, measure.name, *value);
                }
            });
        }
    });
}

fn put_estimate(json: &mut Json, estimate: &Estimate) {
    json.number("mean", estimate.mean);
    put_number(json, "half_width", estimate.half);
    json.whole("replications", estimate.count);
}

fn put_number(json: &mut Json, key: &str, value: Option<f64>) {
    match value.filter(|value| value.is_finite()) {
        Some(value) => json.number(key, value),
        None => json.null(key),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Profile;

    /// Two replications, of these costs.
    fn made(costs: [f64; 2]) -> Vec<Observation> {
        let of = |cost| {
            let mut values = vec![None; MEASURES.len()];
            values[1] = Some(cost);
            Observation {
                seed: 1,
                digest: 1,
                values,
            }
        };
        costs.map(of).to_vec()
    }

    /// Two variants: the first costs 10, the second 11, and as told where AWS is slow.
    fn study(slow: [f64; 2]) -> Study {
        let variant = |name: &str, cost: f64, slow: f64| Variant {
            name: name.to_owned(),
            made: made([cost, cost + 1.0]),
            by_profile: vec![(Profile::Slow, made([slow, slow + 1.0]))],
        };
        Study {
            seed: 1,
            confidence: 0.95,
            enough: Enough::Count(2),
            variants: vec![variant("a", 10.0, slow[0]), variant("b", 11.0, slow[1])],
        }
    }

    #[test]
    fn a_ranking_that_another_profile_turns_round_is_told() {
        let told = comparison_text(&study([20.0, 15.0]), Style { colour: false });
        let told = told.split_whitespace().collect::<Vec<&str>>().join(" ");
        let wanted = "under the assumptions of profile slow it is b that is cheapest, not a";
        assert!(told.contains(wanted), "{told}");
        let json = study_json(&study([20.0, 15.0]));
        assert!(json.contains("it is b that is cheapest"), "{json}");
    }

    #[test]
    fn a_ranking_that_holds_everywhere_is_no_cause_for_care() {
        let told = comparison_text(&study([15.0, 20.0]), Style { colour: false });
        assert!(!told.contains("Careful"), "{told}");
        assert!(told.contains("+1.00 USD"), "{told}");
    }

    #[test]
    fn of_two_ranges_the_wider_comes_first() {
        let mut one = study([20.0, 15.0]);
        one.variants.truncate(1);
        let told = replications_text(&one, Style { colour: false });
        let [seeds, profiles] = ["  seeds  ", "  profiles  "].map(|word| told.find(word));
        // Two seeds one dollar apart: Student's interval is 12.7 wide, the profiles are ten apart.
        assert!(seeds < profiles, "{told}");
        one.variants[0].by_profile[0].1 = made([50.0, 51.0]);
        let told = replications_text(&one, Style { colour: false });
        let [seeds, profiles] = ["  seeds  ", "  profiles  "].map(|word| told.find(word));
        assert!(profiles < seeds, "{told}");
    }
}
