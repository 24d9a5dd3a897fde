//! `batchcast forecast`: demand and cost of the days to come, how such forecasts did, and what to commit to.

use std::path::PathBuf;

use clap::Args;

use crate::input::TraceOptions;
use crate::metrics::Recorder;
use crate::model::{Knob, Profile, Scenario, Settings};
use crate::plan::{
    self, Commitment, Demand, Factor, ForecastQuestion, HISTORY_DAYS, MONTH_DAYS, Taken, commitment,
};
use crate::report::{ForecastPage, forecast_score_json, forecast_score_text};
use crate::sim::Simulation;

use super::args::{Common, key_value};
use super::failure::Failure;
use super::import::TraceFile;
use super::load;
use super::output::{print, style, tell};
use super::pool;

/// What stands under the help of `forecast`.
pub const FORECAST_NOTES: &str = "\
Examples:
  batchcast forecast log.swf.gz --days 28                  vCPU-hours and cost of the next four weeks, P10, P50, P90
  batchcast forecast log.swf.gz --score                    how such forecasts would have done on the history itself
  batchcast forecast nightly.toml --growth 10%/month       cost per vCPU-hour is measured: the scenario is simulated
  batchcast forecast log.swf.gz --growth-interval 5%..15% --price 0.05 --price-scenario -20%..10%
  batchcast forecast nightly.toml --commitment 28%         how much to commit to in a Savings Plan of 28 %

Demand is the work that is submitted on a day of 24 hours from the trace's zero, whatever the machines; the last day, which is not
whole, is left out. Four models are tried on the weeks before (level, day of week, trend, last week), and the one that would have told
best is taken; its errors there, whole courses of them, are the spread. A history has three weeks at least; --score needs 35 days and
those that are forecast. Intervals are as wide as the past was uncertain: what never happened is not in them, so say what you know of
growth and price. The plan of --commitment is judged by the hours that the instances of the scenario were up, Spot left out, or for
a trace by those in which its jobs would have run had each begun at once.";

/// `batchcast forecast`.
#[derive(Clone, Debug, Args)]
pub struct Forecast {
    /// The history: a trace of any kind, or a scenario, which is simulated to measure its cost per vCPU-hour.
    #[arg(value_name = "TRACE_OR_SCENARIO")]
    pub history: PathBuf,
    /// Days ahead.
    #[arg(long, value_name = "N", default_value = "28", value_parser = clap::value_parser!(u16).range(1..=366))]
    pub days: u16,
    /// Growth on top of what the history shows: 10%/month (of 30 days), 2%/week, 50%/year.
    #[arg(long, value_name = "PART", value_parser = growth, allow_hyphen_values = true)]
    pub growth: Option<Factor>,
    /// The same, from its P10 to its P90: 5%..15% (a month, where nothing is said).
    #[arg(long, value_name = "LOW..HIGH", value_parser = growth_interval, conflicts_with = "growth", allow_hyphen_values = true)]
    pub growth_interval: Option<Factor>,
    /// USD for a vCPU-hour; what the scenario's run cost, or for a trace the assumed price of a pool, where it is not given.
    #[arg(long, value_name = "USD", value_parser = price)]
    pub price: Option<f64>,
    /// What becomes of the price: a change (-10%), or one from its P10 to its P90 (-20%..10%).
    #[arg(long, value_name = "CHANGE", value_parser = change, allow_hyphen_values = true)]
    pub price_scenario: Option<Factor>,
    /// Recommend an hourly commitment for a Savings Plan with this discount, such as 28%; of a scenario, simulate it again with it.
    #[arg(long, value_name = "DISCOUNT", value_parser = discount, conflicts_with = "score")]
    pub commitment: Option<f64>,
    /// Judge such forecasts on the history, against the same day of last week.
    #[arg(long, conflicts_with_all = ["growth", "growth_interval", "price", "price_scenario"])]
    pub score: bool,
    /// Set a key of the scenario; may be repeated.
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value)]
    pub set: Vec<(String, String)>,
    /// The seed of all chance.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
}

/// A history as it is needed.
struct History {
    name: String,
    demand: Demand,
    /// USD a vCPU-hour, and where it is from.
    price: (f64, String),
    /// USD in each hour at On-Demand prices, where instances are known.
    spend: Option<Vec<f64>>,
    /// What its run cost in USD.
    cost: Option<f64>,
    /// Milliseconds from 1970 to its zero.
    epoch_ms: Option<i64>,
    seed: u64,
}

/// Prints the forecast that is asked for, or its score.
///
/// # Errors
/// Everything that is wrong with the history, or one that is too short.
pub fn forecast(asked: &Forecast, common: &Common) -> Result<(), Failure> {
    let history = read(asked, common)?;
    let name = &history.name;
    let (days, ahead) = (&history.demand.days, usize::from(asked.days));
    if asked.score {
        let score = plan::score_forecasts(days, ahead).ok_or_else(|| {
            Failure::Usage(format!(
                "{name}: has {} whole days; to judge forecasts of {ahead} days takes {}: ask for fewer --days",
                days.len(),
                ahead + 35
            ))
        })?;
        return print(&match common.json {
            true => forecast_score_json(name, &score),
            false => forecast_score_text(name, &score, style()),
        });
    }
    if days.len() < HISTORY_DAYS {
        return Err(Failure::Usage(format!(
            "{name}: has {} whole days; a forecast takes a history of {HISTORY_DAYS} at least",
            days.len()
        )));
    }
    let question = ForecastQuestion {
        days: ahead,
        growth: asked.growth.or(asked.growth_interval).unwrap_or_default(),
        price: Some(history.price.0),
        price_change: asked.price_scenario.unwrap_or_default(),
        seed: history.seed,
    };
    let made = plan::forecast(days, &question);
    let planned = asked
        .commitment
        .and_then(|discount| commit(&history, discount, &made.scales));
    let run_again = match (planned, history.cost) {
        (Some(plan), Some(cost)) if plan.hourly > 0.0 => Some((cost, again(asked, &plan)?)),
        _ => None,
    };
    let page = ForecastPage {
        name,
        forecast: &made,
        price: history.price.1.clone(),
        dates: &dates(&history, ahead),
        commitment: planned,
        run_again,
    };
    print(&match common.json {
        true => page.json(),
        false => page.text(style()),
    })
}

fn read(asked: &Forecast, common: &Common) -> Result<History, Failure> {
    let path = &asked.history;
    let is_toml = path.extension().is_some_and(|ending| ending == "toml");
    if path.is_dir() || is_toml {
        return simulated(asked, common);
    }
    let file = TraceFile::open(path)?;
    if file.kind.is_none() {
        return simulated(asked, common);
    }
    if !asked.set.is_empty() {
        return Err(Failure::Usage(
            "--set: a trace has no keys to set; give a scenario".to_owned(),
        ));
    }
    let options = TraceOptions {
        job_queue: pool::QUEUE.to_owned(),
        ..TraceOptions::default()
    };
    let trace = file.read(&options)?.map_err(Failure::Problems)?;
    let name = load::short_name(path);
    if !plan::states_vcpus(&trace.workload) {
        return Err(Failure::Usage(format!(
            "{name}: some jobs do not say how many vCPUs they need; give a scenario that has the trace as [workload] trace"
        )));
    }
    let assumed = Settings::new(Profile::Ideal).price(Knob::PoolPricePerVcpuHour);
    let price = match asked.price {
        Some(price) => (price, format!("cost at {price} USD a vCPU-hour")),
        None => {
            let price = assumed.ticks() as f64 / 1e10;
            let from = format!(
                "cost at {price} USD a vCPU-hour, every hour of which is used (assumption poolPricePerVcpuHour); --price says \
                 otherwise"
            );
            (price, from)
        }
    };
    Ok(History {
        name,
        demand: Demand::of(&trace.workload),
        price,
        spend: None,
        cost: None,
        epoch_ms: trace.start_epoch_ms,
        seed: asked.seed.unwrap_or(1),
    })
}

fn simulated(asked: &Forecast, common: &Common) -> Result<History, Failure> {
    let input = load::scenario(&asked.history, &asked.set, asked.seed)?;
    if !common.quiet {
        for note in &input.loaded.notes {
            tell(&format!("note: {note}\n"));
        }
    }
    let (scenario, seed) = (&input.loaded.scenario, input.loaded.seed);
    super::remember_seed(seed);
    let (cost, taken) = run(scenario, seed);
    let demand = taken.demand();
    let hours = taken.vcpu_hours();
    let measured = if hours > 0.0 { cost / hours } else { 0.0 };
    let price = match asked.price {
        Some(price) => (price, format!("cost at {price} USD a vCPU-hour")),
        None => {
            let from = format!(
                "cost at {measured:.5} USD a vCPU-hour of work: what the history cost when it was simulated, waste included"
            );
            (measured, from)
        }
    };
    Ok(History {
        name: scenario.name.clone(),
        spend: Some(taken.spend(&demand, &scenario.world.catalogue)),
        demand,
        price,
        cost: Some(cost),
        epoch_ms: Some(scenario.world.start_epoch_ms).filter(|&ms| ms != 0),
        seed,
    })
}

/// What a run costs in USD, and its demand.
fn run(scenario: &Scenario, seed: u64) -> (f64, Taken) {
    let recorder = Recorder::new(&scenario.workload, Taken::default(), false);
    let outcome = Simulation::new(scenario, seed, recorder).run();
    let (summary, taken, _) = plan::finish(scenario, seed, Vec::new(), outcome);
    let cost = summary.cost_total().rounded_ticks() as f64 / 1e10;
    (cost, taken)
}

fn commit(history: &History, discount: f64, scales: &[f64]) -> Option<Commitment> {
    let price = history.price.0;
    let all_at_once = || history.demand.hours.iter().map(|vcpus| vcpus * price);
    let spend = history.spend.clone();
    let spend = spend.unwrap_or_else(|| all_at_once().collect());
    commitment(&spend, scales, discount)
}

/// What the history costs in USD with the plan.
fn again(asked: &Forecast, plan: &Commitment) -> Result<f64, Failure> {
    let plans = format!(
        r#"[{{ type = "compute", commitmentUsdPerHour = {:.6}, discountPercent = {:.4} }}]"#,
        plan.hourly,
        plan.discount * 100.0
    );
    let mut set = asked.set.clone();
    set.push(("billing.savingsPlans".to_owned(), plans));
    let input = load::scenario(&asked.history, &set, asked.seed)?;
    Ok(run(&input.loaded.scenario, input.loaded.seed).0)
}

/// The dates of the days ahead, where the history says when it was.
fn dates(history: &History, ahead: usize) -> Vec<String> {
    let Some(epoch) = history.epoch_ms else {
        return Vec::new();
    };
    let first = history.demand.first_day + history.demand.days.len() as u64;
    let date = |day: u64| {
        let ms = i64::try_from((first + day) * 86_400_000).ok()?;
        let moment = jiff::Timestamp::from_millisecond(epoch.checked_add(ms)?).ok()?;
        Some(moment.to_string().split('T').next()?.to_owned())
    };
    // All of them or none.
    let dates: Option<Vec<String>> = (0..ahead as u64).map(date).collect();
    dates.unwrap_or_default()
}

/// `10%` or `0.1` as 0.1.
fn part(text: &str) -> Option<f64> {
    let (number, scale) = match text.trim().strip_suffix('%') {
        Some(number) => (number.trim_end(), 100.0),
        None => (text.trim(), 1.0),
    };
    let part = number.parse::<f64>().ok().map(|number| number / scale);
    part.filter(|part| *part > -1.0 && *part <= 100.0)
}

/// A growth in a time as one in a month.
fn monthly(text: &str) -> Option<f64> {
    let (growth, time) = text.split_once('/').unwrap_or((text, "month"));
    let days = match time.trim() {
        "day" => 1.0,
        "week" => 7.0,
        "month" => MONTH_DAYS as f64,
        "year" => 365.0,
        _ => return None,
    };
    let grown = libm::pow(1.0 + part(growth)?, MONTH_DAYS as f64 / days) - 1.0;
    (grown <= 100.0).then_some(grown)
}

fn growth(text: &str) -> Result<Factor, String> {
    let growth = monthly(text).map(|growth| Factor {
        low: growth,
        high: growth,
    });
    growth.ok_or_else(|| "write a growth as 10%/month, 2%/week or 50%/year".to_owned())
}

fn growth_interval(text: &str) -> Result<Factor, String> {
    let (interval, time) = match text.split_once('/') {
        Some((interval, time)) => (interval, format!("/{time}")),
        None => (text, String::new()),
    };
    let factor = interval.split_once("..").and_then(|(low, high)| {
        Some(Factor {
            low: monthly(&format!("{low}{time}"))?,
            high: monthly(&format!("{high}{time}"))?,
        })
    });
    let factor = factor.filter(|factor| factor.low <= factor.high);
    factor
        .ok_or_else(|| "write the lower and the higher growth as 5%..15% or 1%..2%/week".to_owned())
}

fn change(text: &str) -> Result<Factor, String> {
    let (low, high) = text.split_once("..").unwrap_or((text, text));
    let factor = part(low).zip(part(high));
    let factor = factor.map(|(low, high)| Factor { low, high });
    let factor = factor.filter(|factor| factor.low <= factor.high);
    factor.ok_or_else(|| "write a change of the price as -10% or as -20%..10%".to_owned())
}

fn discount(text: &str) -> Result<f64, String> {
    let discount = part(text).filter(|part| *part > 0.0 && *part < 1.0);
    discount.ok_or_else(|| "write a discount between 0 and 100 %, such as 28%".to_owned())
}

fn price(text: &str) -> Result<f64, String> {
    let price = text.parse::<f64>().ok();
    price
        .filter(|price| *price >= 0.0 && *price <= 1e6)
        .ok_or_else(|| "write USD for a vCPU-hour, such as 0.05".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_read_by_month_week_and_year() {
        let month = |text| growth(text).map(|factor| (factor.low * 1e4).round() / 1e4);
        assert_eq!(month("10%/month"), Ok(0.1));
        assert_eq!(month("0.1"), Ok(0.1));
        assert_eq!(month("2%/week"), Ok(0.0886));
        assert_eq!(month("-50%/year"), Ok(-0.0554));
        for wrong in ["ten", "10%/hour", "-100%", "1e9%/day"] {
            assert!(growth(wrong).is_err(), "{wrong}");
        }
        let both = growth_interval("5%..15%").unwrap();
        assert!((both.low - 0.05).abs() < 1e-12 && (both.high - 0.15).abs() < 1e-12);
        for wrong in ["15%..5%", "5%", "5%..x"] {
            assert!(growth_interval(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_price_changes_by_a_part_or_an_interval() {
        let cut = Factor {
            low: -0.1,
            high: -0.1,
        };
        assert_eq!(change("-10%"), Ok(cut));
        assert!(change("10%..-20%").is_err() && discount("100%").is_err());
        assert!(price("-1").is_err() && price("nan").is_err());
    }
}
