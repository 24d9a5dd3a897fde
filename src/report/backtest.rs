//! How far off a simulated run was, to read or as JSON.

use crate::metrics::scores::{Errors, coverage_band};
use crate::plan::{Backtest, DIALS, Judged, JudgedJob};

use super::json::Json;
use super::terminal::Style;
use super::wording::{whole, wrap};

/// Columns of the page.
const WIDTH: usize = 80;
/// The part of the intervals that are to hold.
const NOMINAL: f64 = 0.8;

const NO_BILL: &str = "The history holds no bill, so nothing is known of how far off the cost is: accuracy of cost is unproven.";

impl Judged {
    fn sentence(self) -> &'static str {
        match self {
            Judged::Wait => "wait: from submission until the client saw the job run",
            Judged::Overhead => {
                "overhead: from submission until the client saw the job end, less the run time of its command"
            }
        }
    }
}

fn number(value: Option<f64>, decimals: usize) -> String {
    value.map_or("-".to_owned(), |value| format!("{value:.decimals$}"))
}

fn per_cent(part: Option<f64>) -> String {
    number(part.map(|part| part * 100.0), 1)
}

/// The rows of the table: what predicts, and its errors.
fn rivals(backtest: &Backtest) -> Vec<(String, Errors)> {
    let mut rows = Vec::new();
    if backtest.calibrated_on > 0 {
        rows.push(("calibrated".to_owned(), backtest.errors));
    }
    rows.push(("as it stands".to_owned(), backtest.uncalibrated));
    rows.push(("nothing waits".to_owned(), backtest.zero));
    rows.push((
        format!("always {:.0} s", backtest.constant.1),
        backtest.constant.0,
    ));
    rows
}

/// Our error as a part of the best constant's.
fn ratio(backtest: &Backtest) -> Option<f64> {
    let constant = backtest.constant.0.wape().filter(|wape| *wape > 0.0)?;
    Some(backtest.errors.wape()? / constant)
}

/// The page to read.
pub fn backtest_text(name: &str, backtest: &Backtest, style: Style) -> String {
    let jobs = backtest.jobs.len();
    let mut text = format!("{}: {} jobs judged", style.bold(name), whole(jobs as u64));
    if backtest.calibrated_on > 0 {
        text.push_str(&format!(
            ", after {} others on which it was calibrated",
            whole(backtest.calibrated_on as u64)
        ));
    }
    text.push('\n');
    let put = |text: &mut String, sentence: &str| {
        for line in wrap(sentence, WIDTH - 2) {
            text.push_str(&format!("  {line}\n"));
        }
    };
    put(&mut text, backtest.judged.sentence());
    text.push_str(&format!(
        "\n  {:<16}{:>10}{:>10}{:>10}{:>14}\n",
        "seconds", "bias", "MAPE %", "WAPE %", "of constant"
    ));
    let constant = backtest.constant.0.wape();
    for (rival, errors) in rivals(backtest) {
        let part = errors.wape().zip(constant.filter(|wape| *wape > 0.0));
        text.push_str(&format!(
            "  {rival:<16}{:>10}{:>10}{:>10}{:>14}\n",
            number(errors.bias(), 1),
            per_cent(errors.mape()),
            per_cent(errors.wape()),
            number(part.map(|(wape, constant)| wape / constant), 2),
        ));
    }
    let band = coverage_band(jobs as u32, NOMINAL);
    text.push('\n');
    put(
        &mut text,
        &format!(
            "The 80 % interval held for {} of {} jobs ({} %); {} to {} is what 80 % can give by chance if jobs were independent, which jobs of one run are not.",
            backtest.covered,
            jobs,
            per_cent(Some(backtest.covered as f64 / jobs.max(1) as f64)),
            band.0,
            band.1
        ),
    );
    let of = |value: fn(&JudgedJob) -> f64| {
        let mut values: Vec<f64> = backtest.jobs.iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        let at = |place: usize| {
            values
                .get(place)
                .map_or("-".to_owned(), |value| format!("{value:.0}"))
        };
        format!(
            "{}/{}/{}",
            at(0),
            at(values.len() / 2),
            at(values.len().saturating_sub(1))
        )
    };
    put(
        &mut text,
        &format!(
            "Least, median and most seconds: measured {}, predicted {}.",
            of(|job| job.measured),
            of(|job| job.predicted)
        ),
    );
    let (measured, predicted) = backtest.makespan;
    put(
        &mut text,
        &format!(
            "Makespan of all jobs: measured {measured:.0} s, predicted {predicted:.0} s ({:+.1} %), in 80 % of the draws {:.0} to {:.0} s.",
            100.0 * (predicted / measured.max(1e-3) - 1.0),
            backtest.makespan_interval.0,
            backtest.makespan_interval.1
        ),
    );
    if backtest.lost > 0 {
        put(
            &mut text,
            &format!(
                "{} jobs did not end in the run and count as predicted 0.",
                backtest.lost
            ),
        );
    }
    if backtest.calibrated_on > 0 {
        text.push_str("\n  What was found\n");
        for (dial, value) in DIALS.iter().zip(&backtest.setting) {
            let value = value.map_or("as it is".to_owned(), |value| format!("{value}"));
            text.push_str(&format!(
                "  {:<16}{value:>10}  {}\n",
                dial.name, dial.sentence
            ));
        }
    }
    text.push_str("\n  What decides: WAPE % with the assumption at its ends\n");
    for (name, low, high) in backtest.deciding.iter().take(5) {
        text.push_str(&format!(
            "  {name:<16}{:>10}{:>10}\n",
            per_cent(Some(*low)),
            per_cent(Some(*high))
        ));
    }
    text.push('\n');
    put(&mut text, NO_BILL);
    text
}

/// The page as JSON, with each job. Figures are rounded to six decimals.
pub fn backtest_json(name: &str, backtest: &Backtest) -> String {
    let figure = |json: &mut Json, key: &str, value: Option<f64>| match value {
        Some(value) if value.is_finite() => json.number(key, value),
        _ => json.null(key),
    };
    Json::document(|json| {
        json.text("scenario", name);
        json.text(
            "judged",
            match backtest.judged {
                Judged::Wait => "wait_s",
                Judged::Overhead => "overhead_s",
            },
        );
        json.whole("jobs_judged", backtest.jobs.len() as u64);
        json.whole("jobs_calibrated_on", backtest.calibrated_on as u64);
        json.whole("jobs_lost", backtest.lost as u64);
        json.array("models", |json| {
            for (rival, errors) in rivals(backtest) {
                json.element(|json| {
                    json.text("name", &rival);
                    figure(json, "bias_s", errors.bias());
                    figure(json, "mape", errors.mape());
                    figure(json, "wape", errors.wape());
                });
            }
        });
        figure(json, "wape_of_best_constant", ratio(backtest));
        json.whole("intervals_held", backtest.covered as u64);
        figure(json, "makespan_measured_s", Some(backtest.makespan.0));
        figure(json, "makespan_predicted_s", Some(backtest.makespan.1));
        figure(json, "makespan_low_s", Some(backtest.makespan_interval.0));
        figure(json, "makespan_high_s", Some(backtest.makespan_interval.1));
        json.object("setting", |json| {
            for (dial, value) in DIALS.iter().zip(&backtest.setting) {
                figure(json, dial.name, *value);
            }
        });
        json.array("deciding", |json| {
            for (name, low, high) in &backtest.deciding {
                json.element(|json| {
                    json.text("assumption", name);
                    figure(json, "wape_low", Some(*low));
                    figure(json, "wape_high", Some(*high));
                });
            }
        });
        json.text("cost", NO_BILL);
        json.array("jobs", |json| {
            for job in &backtest.jobs {
                json.element(|json| {
                    json.whole("job_id", job.source.into());
                    figure(json, "measured_s", Some(job.measured));
                    figure(json, "predicted_s", Some(job.predicted));
                    figure(json, "low_s", Some(job.interval.0));
                    figure(json, "high_s", Some(job.interval.1));
                });
            }
        });
    })
}
