//! What runs with one checkpoint interval after another gave, as a table or as JSON.

use crate::plan::{Tried, best};
use crate::units::Span;

use super::json::Json;
use super::terminal::Style;
use super::wording::{dollars, duration, duration_or_none, milliseconds};

/// The table to read: one line an interval, with the names of `rules` beside those that are a rule's, and the best marked.
pub fn tune_text(
    name: &str,
    rules: &[(&'static str, Span)],
    tried: &[Tried],
    style: Style,
) -> String {
    let mut text = format!(
        "{}  checkpoints of {name}: one run an interval, all with one seed\n\n",
        style.bold("tune-checkpoint")
    );
    text.push_str("  interval       time of attempts     makespan       cost USD  succeeded\n");
    let found = best(tried);
    for (place, one) in tried.iter().enumerate() {
        let mut marks: Vec<&str> = rules_of(rules, one.interval).collect();
        if found == Some(place) {
            marks.push("best");
        }
        let line = format!(
            "  {:<13}  {:>16}  {:>12}  {:>12}  {:>9}  {}",
            duration(one.interval),
            milliseconds(one.busy_ms),
            duration_or_none(one.figures.makespan),
            dollars(one.figures.cost),
            one.figures.succeeded,
            marks.join(", ")
        );
        text.push_str(line.trim_end());
        text.push('\n');
    }
    if let Some(best) = found.map(|place| tried[place].interval) {
        text.push_str(&format!(
            "\n  --set jobDefinitions.{name}.checkpoint.interval={best}s\n"
        ));
    }
    text
}

fn rules_of<'r>(
    rules: &'r [(&'static str, Span)],
    interval: Span,
) -> impl Iterator<Item = &'static str> + 'r {
    let same = rules.iter().filter(move |(_, other)| *other == interval);
    same.map(|(name, _)| *name)
}

/// The same as data.
pub fn tune_json(name: &str, rules: &[(&'static str, Span)], tried: &[Tried]) -> String {
    Json::document(|json| {
        json.text("job_definition", name);
        let found = best(tried).map(|place| tried[place].interval);
        json.seconds("best_interval_s", found);
        json.object("rules_s", |json| {
            for (rule, interval) in rules {
                json.seconds(rule, Some(*interval));
            }
        });
        json.array("tried", |json| {
            for one in tried {
                json.element(|json| {
                    json.seconds("interval_s", Some(one.interval));
                    let busy = u64::try_from(one.busy_ms).unwrap_or(u64::MAX);
                    json.seconds("attempts_s", Some(Span::from_ms(busy)));
                    json.seconds("makespan_s", one.figures.makespan);
                    json.text("cost_usd", &one.figures.cost.to_string());
                    json.whole("succeeded", one.figures.succeeded);
                });
            }
        });
    })
}
