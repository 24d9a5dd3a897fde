//! What one long run tells of the steady state, as text or as JSON.

use crate::plan::{BATCHES, MeasureUnit, Steady};
use crate::stats::Estimate;

use super::json::Json;
use super::study::{percent_of, shown};
use super::terminal::Style;
use super::wording::{whole, wrap};

/// Columns of the page.
const WIDTH: usize = 80;

/// The page to read.
pub fn steady_text(name: &str, steady: &Steady, confidence: f64, style: Style) -> String {
    let mut text = format!(
        "{}  {} jobs of one run\n\n",
        style.bold(name),
        whole(steady.jobs as u64)
    );
    for (title, unit, estimate) in [
        ("mean wait", MeasureUnit::Seconds, &steady.wait_s),
        ("mean slowdown", MeasureUnit::Count, &steady.slowdown),
    ] {
        let half = estimate
            .half
            .map_or(String::new(), |half| format!(" ± {}", shown(unit, half)));
        text.push_str(&format!(
            "  {title:<15}{}{half}\n",
            shown(unit, estimate.mean)
        ));
    }
    text.push('\n');
    let warm = match steady.left_out {
        Some(count) => format!("The first {} jobs are left out as warm-up (MSER-5).", whole(count as u64)),
        None => "Waits do not settle within this run (MSER-5), so nothing is left out: make it longer, or ask for --replications \
                 of a run that ends."
            .to_owned(),
    };
    let lag = match (steady.is_sound(), steady.lag) {
        (false, Some(lag)) if steady.left_out.is_some() => format!(
            " Batches hang on each other (lag-1 correlation {lag:.2}), so the intervals are too narrow: make the run longer."
        ),
        _ => String::new(),
    };
    let note = format!(
        "{warm} ± is the half width of the {} interval of {BATCHES} batch means.{lag}",
        percent_of(confidence)
    );
    for line in wrap(&note, WIDTH - 2) {
        text.push_str(&format!("  {line}\n"));
    }
    text
}

/// The same as data.
pub fn steady_json(name: &str, steady: &Steady, confidence: f64) -> String {
    Json::document(|json| {
        json.text("scenario", name);
        json.whole("jobs", steady.jobs as u64);
        match steady.left_out {
            Some(count) => json.whole("warm_up_jobs", count as u64),
            None => json.null("warm_up_jobs"),
        }
        json.number("confidence", confidence);
        json.flag("is_sound", steady.is_sound());
        let mut put = |key: &str, estimate: &Estimate| {
            json.object(key, |json| {
                json.number("mean", estimate.mean);
                match estimate.half {
                    Some(half) => json.number("half_width", half),
                    None => json.null("half_width"),
                }
            });
        };
        put("wait_s", &steady.wait_s);
        put("slowdown", &steady.slowdown);
        match steady.lag {
            Some(lag) => json.number("lag_one", lag),
            None => json.null("lag_one"),
        }
    })
}
