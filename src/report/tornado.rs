//! How much hangs on each assumption, as two tables with bars, or as JSON.

use crate::metrics::{Decimal, Figures};
use crate::model::{ASSUMPTIONS, Value};
use crate::plan::{Moved, Tornado};
use crate::units::Usd;

use super::json::Json;
use super::terminal::Style;
use super::wording::{dollars, duration_or_none, milliseconds, shortened, wrap};

/// Columns of the page.
const WIDTH: usize = 80;
/// Columns of an assumption's key, of its values, of a change, and of the longest bar.
const KEY: usize = 21;
const VALUES: usize = 26;
const CHANGE: usize = 15;
const BAR: usize = 12;

/// One figure of a run as an amount, and how its changes are printed.
struct Measure {
    name: &'static str,
    amount: fn(&Figures) -> u128,
    print: fn(u128) -> String,
}

const MEASURES: [Measure; 2] = [
    Measure {
        name: "makespan",
        amount: |figures| figures.makespan.unwrap_or_default().ms().into(),
        print: milliseconds,
    },
    Measure {
        name: "cost",
        amount: |figures| u128::try_from(figures.cost.units()).unwrap_or(0),
        print: |units| {
            let units = i128::try_from(units).unwrap_or(i128::MAX);
            format!("{} USD", dollars(Usd::from_units(units)))
        },
    },
];

/// The tables to read: one by effect on the makespan, one by effect on the cost.
pub fn tornado_text(tornado: &Tornado, style: Style) -> String {
    let mut text = format!(
        "{}  seed {}: makespan {}, mean wait {}, {} USD\n",
        style.bold(&tornado.scenario),
        tornado.seed,
        duration_or_none(tornado.base.makespan),
        duration_or_none(tornado.base.wait),
        dollars(tornado.base.cost)
    );
    for measure in &MEASURES {
        put_measure(&mut text, tornado, measure, style);
    }
    let fewer = |moved: &Moved| {
        let after = moved.after.as_ref().ok();
        after.is_some_and(|after| after.succeeded < tornado.base.succeeded)
    };
    if tornado.moved.iter().any(fewer) {
        text.push_str("\n  * fewer jobs succeed\n");
    }
    let refused: Vec<String> = tornado.moved.iter().filter_map(refusal).collect();
    if !refused.is_empty() {
        text.push_str("\nNot possible here\n");
        refused.iter().for_each(|one| put_wrapped(&mut text, one));
    }
    let moved = |key: &str| {
        tornado
            .moved
            .iter()
            .any(|moved| moved.variation.assumption.key == key)
    };
    let still = ASSUMPTIONS
        .iter()
        .map(|assumption| assumption.key)
        .filter(|key| !moved(key));
    let still: Vec<&str> = still.collect();
    text.push_str("\nNot varied, as profiles fast and slow agree on them\n");
    put_wrapped(&mut text, &still.join(", "));
    text
}

fn put_measure(text: &mut String, tornado: &Tornado, measure: &Measure, style: Style) {
    text.push_str(&format!(
        "\n{}\n",
        style.bold(&format!(
            "What each assumption does to the {}, largest first",
            measure.name
        ))
    ));
    let before = (measure.amount)(&tornado.base);
    let change = |moved: &Moved| {
        let after = moved.after.as_ref().ok();
        after.map_or(0, |after| (measure.amount)(after).abs_diff(before))
    };
    let largest = tornado.moved.iter().map(change).max().unwrap_or(0);
    for group in ranked(tornado, measure) {
        for moved in group {
            let Ok(after) = &moved.after else { continue };
            let difference = change(moved);
            if difference == 0 {
                continue;
            }
            let sign = match (measure.amount)(after) > before {
                true => '+',
                false => '-',
            };
            let variation = &moved.variation;
            let now = written(tornado.settings.value(variation.assumption.knob));
            let values = format!("{} not {now}", variation.value);
            let mark = match after.succeeded < tornado.base.succeeded {
                true => "*",
                false => "",
            };
            let share = Decimal::quotient(difference, largest).unwrap_or_default();
            let length = (share.parts() * BAR as u128 + Decimal::PARTS / 2) / Decimal::PARTS;
            let bar = match length {
                0 => "▏".to_owned(),
                length => "█".repeat(length as usize),
            };
            text.push_str(&format!(
                "  {:<KEY$}{:<VALUES$}{:>CHANGE$}{mark:<2}{}\n",
                variation.assumption.key,
                shortened(&values, VALUES - 1),
                format!("{sign}{}", (measure.print)(difference)),
                style.bar(&bar)
            ));
        }
    }
    let still: Vec<&str> = ranked(tornado, measure)
        .into_iter()
        .filter(|group| {
            group.iter().all(|moved| change(moved) == 0)
                && group.iter().any(|moved| moved.after.is_ok())
        })
        .map(|group| group[0].variation.assumption.key)
        .collect();
    if !still.is_empty() {
        put_wrapped(text, &format!("without effect: {}", still.join(", ")));
    }
}

/// A value as `--set` takes it.
fn written(value: &Value) -> String {
    match value {
        Value::Span(span) => format!("{span}s"),
        other => other.to_string(),
    }
}

/// The variations of each assumption, those first that move `measure` most; of equals, in the order of the list.
fn ranked<'t>(tornado: &'t Tornado, measure: &Measure) -> Vec<&'t [Moved]> {
    let before = (measure.amount)(&tornado.base);
    let by_key = |a: &Moved, b: &Moved| a.variation.assumption.key == b.variation.assumption.key;
    let mut groups: Vec<&[Moved]> = tornado.moved.chunk_by(by_key).collect();
    let effect = |group: &&[Moved]| {
        let after = group.iter().filter_map(|moved| moved.after.as_ref().ok());
        let amounts = || after.clone().map(measure.amount).chain([before]);
        amounts().max().unwrap_or(0) - amounts().min().unwrap_or(0)
    };
    groups.sort_by_key(|group| std::cmp::Reverse(effect(group)));
    groups
}

fn refusal(moved: &Moved) -> Option<String> {
    let why = moved.after.as_ref().err()?;
    let variation = &moved.variation;
    Some(format!(
        "{} = {}: {why}",
        variation.assumption.key, variation.value
    ))
}

fn put_wrapped(text: &mut String, sentence: &str) {
    for line in wrap(sentence, WIDTH - 2) {
        text.push_str(&format!("  {line}\n"));
    }
}

/// The same as data: the run, and the assumptions by effect on the makespan, each with its other values.
pub fn tornado_json(tornado: &Tornado) -> String {
    Json::document(|json| {
        json.text("scenario", &tornado.scenario);
        json.whole("seed", tornado.seed);
        put_figures(json, &tornado.base);
        json.array("assumptions", |json| {
            for group in ranked(tornado, &MEASURES[0]) {
                json.element(|json| {
                    let assumption = group[0].variation.assumption;
                    json.text("key", assumption.key);
                    json.text(
                        "value",
                        &tornado.settings.value(assumption.knob).to_string(),
                    );
                    json.array("others", |json| {
                        for moved in group {
                            json.element(|json| {
                                json.text("value", &moved.variation.value);
                                match &moved.after {
                                    Ok(after) => put_figures(json, after),
                                    Err(why) => json.text("why_not", why),
                                }
                            });
                        }
                    });
                });
            }
        });
    })
}

fn put_figures(json: &mut Json, figures: &Figures) {
    json.seconds("makespan_s", figures.makespan);
    json.seconds("mean_wait_s", figures.wait);
    json.text("cost_usd", &figures.cost.to_string());
    json.whole("succeeded", figures.succeeded);
}
