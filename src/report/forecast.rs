//! Forecasts of demand and cost, how such forecasts did, and what to commit to, to read or as JSON.

use crate::plan::{Commitment, DEMAND_MODELS, Forecast, ForecastScore, Period, Scored, Told3};

use super::json::Json;
use super::terminal::Style;
use super::wording::{GLUE, wrap};

/// Columns of the page.
const WIDTH: usize = 80;
/// Days that are told one by one as text; all are in JSON.
const DAYS_SHOWN: usize = 14;

/// What a forecast rests on besides the history.
#[derive(Clone, Debug)]
pub struct ForecastPage<'a> {
    /// What the history is called.
    pub name: &'a str,
    /// The forecast.
    pub forecast: &'a Forecast,
    /// Where the price is from, in a few words; empty where there is none.
    pub price: String,
    /// The date of the first day ahead, where the history says its own (`2026-03-01`).
    pub dates: &'a [String],
    /// What to commit to, where it was asked.
    pub commitment: Option<Commitment>,
    /// What the run of the history costs without the plan and with it, in USD.
    pub run_again: Option<(f64, f64)>,
}

/// A number with three digits that say something, thousands apart.
fn short(value: f64) -> String {
    let decimals = match value.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 || size == 0.0 => 2,
        _ => 4,
    };
    let text = format!("{value:.decimals$}");
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let (sign, digits) = whole.split_at(usize::from(whole.starts_with('-')));
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    match rest {
        "" => format!("{sign}{grouped}"),
        _ => format!("{sign}{grouped}.{rest}"),
    }
}

fn percent(part: f64) -> String {
    format!("{:+.1} %", part * 100.0)
}

fn put_note(text: &mut String, note: &str) {
    for line in wrap(note, WIDTH - 2) {
        text.push_str(&format!("  {line}\n"));
    }
}

impl ForecastPage<'_> {
    fn label(&self, what: &str, period: &Period, number: usize) -> String {
        match self.dates.get(period.from) {
            Some(date) => format!("{what} {date}"),
            None => format!("{what} {}", number + 1),
        }
    }

    /// The page to read.
    pub fn text(&self, style: Style) -> String {
        let made = self.forecast;
        let model = &DEMAND_MODELS[made.choice.model];
        let mut text = format!(
            "{}  {} days ahead\n",
            style.bold(self.name),
            made.days.len()
        );
        let losses = match made.choice.losses.get(made.choice.model) {
            Some(loss) => format!(
                "; on the weeks before its loss was {:.0} % of that of the same day last week",
                loss * 100.0
            ),
            None => String::new(),
        };
        put_note(
            &mut text,
            &format!(
                "from {} days of history; model {}: {}{losses}",
                made.history_days, model.name, model.sentence
            ),
        );
        if !self.price.is_empty() {
            put_note(&mut text, &self.price);
        }
        let has_cost = made.total.cost.is_some();
        let columns = |what: &str| format!("{what:>10}{:>11}{:>11}", "P50", "P90");
        let cost_columns = if has_cost {
            columns("USD P10")
        } else {
            String::new()
        };
        text.push_str(&format!(
            "\n  {:<17}{}{cost_columns}\n",
            "",
            columns("vCPU-h P10")
        ));
        let mut put = |label: String, period: &Period| {
            let cells = |told: Told3| -> String {
                told.iter()
                    .map(|value| format!("{:>11}", short(*value)))
                    .collect()
            };
            let cost = period.cost.map(cells).unwrap_or_default();
            let line = format!("  {label:<16}{}{cost}", cells(period.vcpu_hours));
            text.push_str(line.trim_end());
            text.push('\n');
        };
        for (number, day) in made.days.iter().enumerate().take(DAYS_SHOWN) {
            put(self.label("day", day, number), day);
        }
        if made.days.len() > 7 {
            for (number, week) in made.weeks.iter().enumerate() {
                put(self.label("week", week, number), week);
            }
        }
        if made.months.len() > 1 {
            for (number, month) in made.months.iter().enumerate() {
                put(self.label("month", month, number), month);
            }
        }
        put(format!("all {} days", made.days.len()), &made.total);
        text.push_str(&format!(
            "\n  {:<17}{:>11}{:>17}\n",
            "driver", "shift", "P10 to P90"
        ));
        for driver in &made.drivers {
            let width = format!("{:.1} %", driver.width * 100.0);
            text.push_str(&format!(
                "  {:<17}{:>11}{width:>17}\n",
                driver.name,
                percent(driver.shift)
            ));
        }
        let week: Vec<String> = made
            .season
            .iter()
            .map(|part| format!("{part:.2}"))
            .collect();
        put_note(
            &mut text,
            &format!(
                "level: {} vCPU-hours a day over the last four weeks; season, from the first day ahead: {}",
                short(made.level),
                week.join(" ")
            ),
        );
        if let Some(plan) = &self.commitment {
            text.push('\n');
            put_note(&mut text, &commitment_note(plan));
        }
        if let Some((without, with)) = self.run_again {
            put_note(
                &mut text,
                &format!(
                    "The history simulated again: {} USD without the plan, {} USD with it.",
                    short(without),
                    short(with)
                ),
            );
        }
        text
    }

    /// The same as JSON.
    pub fn json(&self) -> String {
        let made = self.forecast;
        Json::document(|json| {
            json.text("history", self.name);
            json.whole("history_days", made.history_days as u64);
            json.text("model", DEMAND_MODELS[made.choice.model].name);
            json.object("loss_of_seasonal_naive", |json| {
                for (model, loss) in DEMAND_MODELS.iter().zip(&made.choice.losses) {
                    json.number(model.name, *loss);
                }
            });
            json.number("level_vcpu_hours_per_day", made.level);
            if !self.price.is_empty() {
                json.text("price", &self.price);
            }
            json.array("drivers", |json| {
                for driver in &made.drivers {
                    json.element(|json| {
                        json.text("name", driver.name);
                        json.number("shift", driver.shift);
                        json.number("p10_to_p90", driver.width);
                    });
                }
            });
            for (key, periods) in [
                ("days", &made.days),
                ("weeks", &made.weeks),
                ("months", &made.months),
            ] {
                json.array(key, |json| {
                    for period in periods {
                        json.element(|json| self.put_period(json, period));
                    }
                });
            }
            json.object("total", |json| self.put_period(json, &made.total));
            if let Some(plan) = &self.commitment {
                json.object("commitment", |json| {
                    json.number("discount", plan.discount);
                    json.number("usd_per_hour", plan.hourly);
                    json.number("usd_per_hour_low", plan.band.0);
                    json.number("usd_per_hour_high", plan.band.1);
                    json.number("mean_usd_per_hour_without", plan.without);
                    json.number("mean_usd_per_hour_with", plan.with);
                    json.number("chance_of_loss", plan.loses);
                });
            }
            if let Some((without, with)) = self.run_again {
                json.number("history_usd_without_plan", without);
                json.number("history_usd_with_plan", with);
            }
        })
    }

    fn put_period(&self, json: &mut Json, period: &Period) {
        if let Some(date) = self.dates.get(period.from) {
            json.text("from_date", date);
        }
        json.whole("from_day", period.from as u64 + 1);
        json.whole("days", period.days as u64);
        let mut put = |key: &str, told: Told3| {
            json.object(key, |json| {
                for (key, value) in ["p10", "p50", "p90"].iter().zip(told) {
                    json.number(key, value);
                }
            });
        };
        put("vcpu_hours", period.vcpu_hours);
        if let Some(cost) = period.cost {
            put("cost_usd", cost);
        }
    }
}

fn commitment_note(plan: &Commitment) -> String {
    if plan.hourly <= 0.0 {
        return format!(
            "Commit to nothing at a discount of {:.0} %: in more than {:.0} % of the hours nothing would be spent.",
            plan.discount * 100.0,
            plan.discount * 100.0
        );
    }
    format!(
        "Commit to {} USD an hour at a discount of {:.0} % ({} to {} as demand comes out at its P10 or P90): \
         expected cost {} USD an hour in place of {}; in {:.0}{GLUE}% of the futures the plan costs more than it saves.",
        short(plan.hourly),
        plan.discount * 100.0,
        short(plan.band.0),
        short(plan.band.1),
        short(plan.with),
        short(plan.without),
        plan.loses * 100.0
    )
}

/// How forecasts did, to read.
pub fn forecast_score_text(name: &str, score: &ForecastScore, style: Style) -> String {
    let mut text = format!("{}\n", style.bold(name));
    put_note(
        &mut text,
        &format!(
            "{} forecasts of {} days, one a week, each with what was known then; loss in vCPU-hours a day, the less the better",
            score.origins, score.ahead
        ),
    );
    text.push_str(&format!(
        "\n  {:<26}{:>9}{:>9}{:>9}{:>10}\n",
        "", "pinball", "of naive", "WAPE", "in 80 %"
    ));
    let mut put = |label: &str, scored: &Scored, spread: bool| {
        let wape = scored
            .wape
            .map_or("-".to_owned(), |part| format!("{:.1} %", part * 100.0));
        let covered = match spread {
            true => format!("{:.1} %", 100.0 * scored.covered as f64 / score.days as f64),
            false => "-".to_owned(),
        };
        text.push_str(&format!(
            "  {label:<26}{:>9}{:>9}{wape:>9}{covered:>10}\n",
            short(scored.pinball),
            score
                .of_naive(scored)
                .map_or("-".to_owned(), |part| format!("{part:.3}"))
        ));
    };
    put("forecast", &score.ours, true);
    put("same day last week", &score.naive, true);
    put("the same without a spread", &score.naive_point, false);
    let taken = DEMAND_MODELS.iter().zip(&score.taken);
    let taken: Vec<String> = taken
        .filter(|(_, count)| **count > 0)
        .map(|(model, count)| format!("{} {count}", model.name))
        .collect();
    put_note(&mut text, &format!("models taken: {}", taken.join(", ")));
    text
}

/// The same as JSON.
pub fn forecast_score_json(name: &str, score: &ForecastScore) -> String {
    Json::document(|json| {
        json.text("history", name);
        json.whole("days_ahead", score.ahead as u64);
        json.whole("forecasts", score.origins as u64);
        json.whole("days_judged", score.days);
        for (key, scored) in [
            ("forecast", &score.ours),
            ("seasonal_naive", &score.naive),
            ("seasonal_naive_point", &score.naive_point),
        ] {
            json.object(key, |json| {
                json.number("pinball_vcpu_hours", scored.pinball);
                match score.of_naive(scored) {
                    Some(part) => json.number("of_seasonal_naive", part),
                    None => json.null("of_seasonal_naive"),
                }
                match scored.wape {
                    Some(wape) => json.number("wape", wape),
                    None => json.null("wape"),
                }
                json.number("coverage_80", scored.covered as f64 / score.days as f64);
            });
        }
        json.object("models_taken", |json| {
            for (model, count) in DEMAND_MODELS.iter().zip(&score.taken) {
                json.whole(model.name, *count as u64);
            }
        });
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_three_digits_that_say_something() {
        for (value, text) in [
            (0.0, "0.00"),
            (0.04321, "0.0432"),
            (4.321, "4.32"),
            (43.21, "43.2"),
            (4321.4, "4,321"),
            (-1_234_567.0, "-1,234,567"),
        ] {
            assert_eq!(short(value), text);
        }
    }
}
