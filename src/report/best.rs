//! Which of several variants is best, and how surely.

use crate::plan::Measure;
use crate::stats::Selection;

use super::json::Json;
use super::study::{percent_of, shown};
use super::terminal::Style;
use super::wording::{shortened, wrap};

/// Columns of the page.
const WIDTH: usize = 80;

/// A selection among variants.
#[derive(Debug)]
pub struct BestPage {
    /// By which measure.
    pub measure: &'static Measure,
    /// With what probability the selected one is best, or worse by less than `indifference`.
    pub confidence: f64,
    /// What difference does not matter.
    pub indifference: f64,
    /// The variants.
    pub names: Vec<String>,
    /// Their means over the replications that each had.
    pub means: Vec<f64>,
    /// What was selected.
    pub selection: Selection,
}

/// The page to read: the answer, then every variant with its mean and how soon it was dropped.
pub fn best_text(page: &BestPage, style: Style) -> String {
    let name = |index: usize| page.names[index].as_str();
    let (best, unit) = (page.selection.best, page.measure.unit);
    let mut text = match page.selection.is_certain {
        true => format!(
            "{} has the best {} with a probability of {} or more.\n\n",
            style.bold(name(best)),
            page.measure.title,
            percent_of(page.confidence)
        ),
        false => format!(
            "{} has the best {} so far; more replications would be needed to be sure.\n\n",
            style.bold(name(best)),
            page.measure.title
        ),
    };
    let width = page.names.iter().map(|name| name.chars().count());
    let width = width.max().unwrap_or(0).clamp(8, 36);
    text.push_str(&format!("  {:<width$}  {:>16}  replications\n", "", "mean"));
    for (index, name) in page.names.iter().enumerate() {
        let mark = if index == best { "  best" } else { "" };
        text.push_str(&format!(
            "  {:<width$}  {:>16}  {:>12}{mark}\n",
            shortened(name, width),
            shown(unit, page.means[index]),
            page.selection.used[index]
        ));
    }
    text.push('\n');
    let note = format!(
        "Kim and Nelson's procedure: variants are dropped as soon as they cannot be the best any more. One that is worse by less than \
         {} may be told instead of the best.",
        shown(unit, page.indifference)
    );
    for line in wrap(&note, WIDTH - 2) {
        text.push_str(&format!("  {line}\n"));
    }
    text
}

/// The same as data.
pub fn best_json(page: &BestPage) -> String {
    Json::document(|json| {
        json.text("measure", page.measure.name);
        json.text("best", &page.names[page.selection.best]);
        json.flag("is_certain", page.selection.is_certain);
        json.number("confidence", page.confidence);
        json.number("indifference", page.indifference);
        json.array("variants", |json| {
            for (index, name) in page.names.iter().enumerate() {
                json.element(|json| {
                    json.text("name", name);
                    json.number("mean", page.means[index]);
                    json.whole("replications", page.selection.used[index]);
                });
            }
        });
    })
}
