//! The story of a whole run: where time and money went, and what levers really give.

use serde_json::Value;

use crate::metrics::{Decimal, Figures};
use crate::model::{CostCause, TimeCause};
use crate::report::{Json, dollars, duration_or_none, glued, milliseconds, percent, whole};
use crate::units::{Span, Usd};

use super::levers::Candidate;
use super::page::Page;
use super::rows::usd;
use super::setting::{Environment, Setting};

/// Time and money by cause, from summary.json.
#[derive(Clone, Debug)]
pub(super) struct Totals {
    time_ms: Vec<u128>,
    money: Vec<Usd>,
}

impl Totals {
    pub(super) fn of(summary: &Value) -> Totals {
        let time = TimeCause::ALL.iter().map(|cause| {
            let figure = summary
                .get("time_causes_s")
                .and_then(|all| all.get(cause.name()));
            milliseconds_of(figure)
        });
        let money = CostCause::ALL.iter().map(|cause| {
            let figure = summary
                .get("cost_causes_usd")
                .and_then(|all| all.get(cause.name()));
            figure
                .and_then(Value::as_str)
                .and_then(usd)
                .unwrap_or(Usd::ZERO)
        });
        Totals {
            time_ms: time.collect(),
            money: money.collect(),
        }
    }

    fn time(&self, cause: TimeCause) -> u128 {
        self.time_ms[cause as usize]
    }

    fn all_time(&self) -> u128 {
        self.time_ms.iter().sum()
    }

    fn cost(&self) -> Usd {
        self.money.iter().copied().sum()
    }

    /// The part of all jobs' time that `cause` has, in millionths.
    pub(super) fn time_part(&self, cause: TimeCause) -> u128 {
        part(self.time(cause), self.all_time()).parts()
    }

    /// The part of the bill that `cause` has, in millionths.
    pub(super) fn cost_part(&self, cause: CostCause) -> u128 {
        part(units(self.money[cause as usize]), units(self.cost())).parts()
    }
}

fn units(amount: Usd) -> u128 {
    u128::try_from(amount.units()).unwrap_or(0)
}

fn part(amount: u128, whole: u128) -> Decimal {
    Decimal::quotient(amount, whole).unwrap_or_default()
}

/// Seconds of summary.json, a number with up to six decimals, in milliseconds.
fn milliseconds_of(figure: Option<&Value>) -> u128 {
    let text = figure.map(Value::to_string).unwrap_or_default();
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
    let decimals: String = decimals.chars().chain("000".chars()).take(3).collect();
    format!("{whole}{decimals}").parse().unwrap_or(0)
}

/// The figures of a run that is kept, from its summary.json.
pub fn kept_figures(summary: &Value) -> Figures {
    let span = |pointer: &str| {
        let figure = summary
            .pointer(pointer)
            .filter(|figure| !figure.is_null())?;
        let ms = milliseconds_of(Some(figure));
        Some(Span::from_ms(u64::try_from(ms).unwrap_or(0)))
    };
    Figures {
        makespan: span("/makespan_s"),
        wait: span("/wait_s/mean"),
        cost: Totals::of(summary).cost(),
        succeeded: summary
            .pointer("/jobs/succeeded")
            .and_then(Value::as_u64)
            .unwrap_or(0),
    }
}

/// Makespan, mean wait and cost as amounts; zero where there is none.
fn amounts(figures: Figures) -> [u128; 3] {
    let Figures {
        makespan,
        wait,
        cost,
        ..
    } = figures;
    let ms = |span: Option<Span>| span.unwrap_or_default().ms().into();
    [ms(makespan), ms(wait), units(cost)]
}

/// Whether fewer jobs succeed, or none starts or ends any more: what falls then is no gain.
fn is_less(after: Figures, before: Figures) -> bool {
    let is_lost = |after: Option<Span>, before: Option<Span>| after.is_none() && before.is_some();
    after.succeeded < before.succeeded
        || is_lost(after.makespan, before.makespan)
        || is_lost(after.wait, before.wait)
}

/// A lever that was pulled.
#[derive(Clone, Debug)]
pub struct Tried {
    /// Which.
    pub candidate: Candidate,
    /// The run's figures with it, or why there is no such run.
    pub after: Result<Figures, String>,
}

impl Tried {
    /// How much smaller the figure is that falls most, in millionths of what it was; zero where none falls.
    fn gain(&self, before: Figures) -> u128 {
        let Ok(after) = &self.after else { return 0 };
        if is_less(*after, before) {
            return 0;
        }
        let pairs = amounts(before).into_iter().zip(amounts(*after));
        let gains = pairs.map(|(before, after)| part(before.saturating_sub(after), before).parts());
        gains.max().unwrap_or(0)
    }

    fn verdict(&self, before: Figures) -> &'static str {
        let Ok(after) = &self.after else {
            return "cannot be";
        };
        let pairs = || amounts(before).into_iter().zip(amounts(*after));
        let falls = pairs()
            .any(|(before, after)| part(before.saturating_sub(after), before).parts() >= NOTABLE);
        let rises = pairs().any(|(before, after)| {
            after > before && part(after - before, before.max(1)).parts() >= NOTABLE
        });
        match (falls, rises) {
            _ if is_less(*after, before) => "loses",
            (true, false) => "gains",
            (true, true) => "gains and loses",
            (false, true) => "loses",
            (false, false) => "changes nothing",
        }
    }
}

/// Changes of fewer millionths are no change.
const NOTABLE: u128 = 1_000;
/// Causes of fewer millionths are not told.
const TOLD: u128 = 5_000;
/// Environments that are named, where there are many.
const PLACES_TOLD: usize = 3;
/// Levers that are told at length.
const LEVERS_TOLD: usize = 3;

/// The story of a run.
#[derive(Clone, Debug)]
pub struct RunStory<'a> {
    /// Its summary.json.
    pub summary: &'a Value,
    /// Its scenario.json.
    pub scenario: &'a Value,
    /// What was tried, or why nothing could be.
    pub levers: Result<Vec<Tried>, String>,
}

impl RunStory<'_> {
    /// The levers that were tried, those first that gain most; of equals, those that were tried first.
    fn ranked(&self) -> Vec<&Tried> {
        let before = kept_figures(self.summary);
        let mut tried: Vec<&Tried> = self.levers.iter().flatten().collect();
        tried.sort_by_key(|tried| (std::cmp::Reverse(tried.gain(before)), tried.after.is_err()));
        tried
    }

    /// The story to read.
    pub fn text(&self) -> String {
        let before = kept_figures(self.summary);
        let totals = Totals::of(self.summary);
        let mut page = Page::default();
        let name = self
            .summary
            .get("scenario")
            .and_then(Value::as_str)
            .unwrap_or("");
        let jobs = self
            .summary
            .pointer("/jobs/submitted")
            .and_then(Value::as_u64)
            .unwrap_or(0);
        page.line(&format!(
            "{name}: {} jobs, makespan {}, mean wait {}, {} USD",
            whole(jobs),
            duration_or_none(before.makespan),
            duration_or_none(before.wait),
            dollars(before.cost)
        ));
        page.line("");
        page.line(&format!(
            "Where the time went: {} of jobs' lives",
            milliseconds(totals.all_time())
        ));
        self.tell_time(&totals, &mut page);
        if before.cost != Usd::ZERO {
            page.line("");
            page.line(&format!(
                "Where the money went: {} USD",
                dollars(before.cost)
            ));
            self.tell_money(&totals, &mut page);
        }
        page.line("");
        self.tell_levers(before, &totals, &mut page);
        page.text
    }

    fn tell_time(&self, totals: &Totals, page: &mut Page) {
        let mut causes = TimeCause::ALL.to_vec();
        causes.retain(|cause| totals.time_part(*cause) >= TOLD);
        causes.sort_by_key(|cause| std::cmp::Reverse(totals.time(*cause)));
        for cause in causes {
            let share = percent(Decimal::from_parts(totals.time_part(cause)));
            page.item(&format!(
                "{share}, {}: {} [{}]",
                milliseconds(totals.time(cause)),
                self.time_sentence(cause, totals),
                cause.name()
            ));
        }
    }

    fn time_sentence(&self, cause: TimeCause, totals: &Totals) -> String {
        let setting = Setting(self.scenario);
        let model = |key: &str| format!("{key} {}", setting.model(key));
        let mut places: Vec<String> = setting.environments().map(|one| one.described()).collect();
        if places.len() > PLACES_TOLD + 1 {
            let more = places.split_off(PLACES_TOLD).len();
            places.push(format!("{more} more"));
        }
        let places = places.join(", ");
        match cause {
            TimeCause::Dependency => "jobs were PENDING for others that they depend on".to_owned(),
            TimeCause::BlockedHead => {
                let blocked = self.summary.get("queue_blocked").and_then(Value::as_object);
                let why = blocked.and_then(|reasons| reasons.keys().next());
                let why = why.map(|why| format!(" ({why})")).unwrap_or_default();
                format!(
                    "jobs were stuck behind a head of their queue that fits on no machine of {places}{why}"
                )
            }
            TimeCause::Scaling => {
                format!(
                    "jobs waited for the next scaling decision ({})",
                    model("scaleOutTick")
                )
            }
            TimeCause::Boot => {
                let environments: Vec<Environment<'_>> = setting.environments().collect();
                let late = setting.late_machines(&environments);
                match environments.iter().all(|one| one.is_fargate()) {
                    true => format!("jobs were STARTING, until their tasks had a machine ({late})"),
                    false => {
                        format!("jobs waited for machines to be launched and to boot ({late})")
                    }
                }
            }
            TimeCause::Share => "jobs waited while other shares had their turn".to_owned(),
            TimeCause::Queue => format!(
                "jobs waited behind others of their queue{}{}",
                self.longest_queue(),
                first_in_line(totals)
            ),
            TimeCause::Consumable => {
                "jobs first in line waited for a consumable resource".to_owned()
            }
            TimeCause::MaxVcpus => format!("jobs first in line waited as {places} may not grow"),
            TimeCause::Capacity => format!("jobs first in line waited for room in {places}"),
            TimeCause::Dispatch => format!(
                "jobs waited until AWS Batch looked at them ({}, {})",
                model("dispatchTick"),
                model("dispatchRate")
            ),
            TimeCause::ImagePull => {
                format!(
                    "jobs were STARTING, while images were pulled and containers made ({})",
                    model("containerStart")
                )
            }
            TimeCause::Run => "attempts that counted were RUNNING".to_owned(),
            TimeCause::Lost => {
                "attempts ran that did not count, as their job was tried again".to_owned()
            }
            TimeCause::Checkpoint => {
                "jobs saved their work, or found their way back to it".to_owned()
            }
        }
    }

    /// The queue whose jobs waited longest, where there are several.
    fn longest_queue(&self) -> String {
        let queues = self.summary.get("by_queue").and_then(Value::as_array);
        let mut queues: Vec<(u128, &str)> = queues
            .into_iter()
            .flatten()
            .filter_map(|group| {
                let name = group.get("job_queue")?.as_str()?;
                Some((milliseconds_of(group.pointer("/wait_s/mean")), name))
            })
            .collect();
        if queues.len() < 2 {
            return String::new();
        }
        queues.sort_by_key(|(mean, _)| std::cmp::Reverse(*mean));
        format!(
            ", longest in queue {} ({} on average)",
            queues[0].1,
            milliseconds(queues[0].0)
        )
    }

    fn tell_money(&self, totals: &Totals, page: &mut Page) {
        let mut causes = CostCause::ALL.to_vec();
        let amount = |cause: CostCause| totals.money[cause as usize];
        causes.retain(|cause| totals.cost_part(*cause) >= TOLD || amount(*cause) < Usd::ZERO);
        causes.sort_by_key(|cause| std::cmp::Reverse(amount(*cause)));
        for cause in causes {
            let share = percent(Decimal::from_parts(totals.cost_part(cause)));
            let told = match amount(cause) < Usd::ZERO {
                true => format!("{} USD", dollars(amount(cause))),
                false => format!("{} USD, {share}", dollars(amount(cause))),
            };
            page.item(&format!(
                "{told}: {} [{}]",
                self.cost_sentence(cause),
                cause.name()
            ));
        }
        for (key, what) in [
            ("cost_by_compute_environment_usd", "environment"),
            ("cost_by_instance_type_usd", "type"),
        ] {
            let parts = self.summary.get(key).and_then(Value::as_object);
            let mut parts: Vec<(Usd, &String)> = parts
                .into_iter()
                .flatten()
                .filter_map(|(name, amount)| Some((usd(amount.as_str()?)?, name)))
                .collect();
            if parts.len() < 2 {
                continue;
            }
            parts.sort_by_key(|(amount, _)| std::cmp::Reverse(*amount));
            let told = parts.iter().take(LEVERS_TOLD);
            let told = told.map(|(amount, name)| format!("{} USD {name}", dollars(*amount)));
            page.item(&format!(
                "by {what}: {}",
                told.collect::<Vec<String>>().join(", ")
            ));
        }
    }

    fn cost_sentence(&self, cause: CostCause) -> String {
        let setting = Setting(self.scenario);
        match cause {
            CostCause::Useful => "attempts that succeeded".to_owned(),
            CostCause::Failed => "attempts that failed, timed out or were terminated".to_owned(),
            CostCause::Interrupted => "attempts that lost their machine".to_owned(),
            CostCause::Checkpoint => "work being saved, and found again".to_owned(),
            CostCause::Boot => "machines that booted".to_owned(),
            CostCause::ImagePull => "images being pulled and containers made".to_owned(),
            CostCause::Idle => match setting.has_scaling() {
                true => format!(
                    "machines on which nothing ran, until they left (scaleInIdle {})",
                    setting.model("scaleInIdle")
                ),
                false => "machines on which nothing ran, as they never leave".to_owned(),
            },
            CostCause::Stranded => "what was unused of machines on which something ran".to_owned(),
            CostCause::Minimum => {
                "what billing adds, as it counts a minute at least or whole hours".to_owned()
            }
            CostCause::Waived => {
                "what EC2 did not charge for machines that it took back".to_owned()
            }
            CostCause::Storage => {
                "the volumes that machines boot from, and storage of Fargate tasks".to_owned()
            }
            CostCause::Traffic => "pulling images through gateways and registries".to_owned(),
            CostCause::Address => "public IPv4 addresses of machines".to_owned(),
            CostCause::Covered => {
                "what commitments and discounts take off On-Demand prices".to_owned()
            }
            CostCause::CommitmentUnused => "commitments that nothing used in their hour".to_owned(),
        }
    }

    fn tell_levers(&self, before: Figures, totals: &Totals, page: &mut Page) {
        if let Err(why) = &self.levers {
            page.line("What would help: no lever was tried");
            page.item(why);
            return;
        }
        let ranked = self.ranked();
        if ranked.is_empty() {
            page.line("What would help: no lever is known for what is large here");
        } else {
            page.line(
                "What would help, by the figure that falls most; run again with the same seed",
            );
        }
        for (index, tried) in ranked.iter().enumerate() {
            let owner = match tried.candidate.lever.is_ours {
                true => "",
                false => ", if AWS did so",
            };
            let verdict = tried.verdict(before);
            let about = format!("{}{owner}", tried.candidate.what);
            match &tried.after {
                Err(why) => page.item(&format!("{about}: {verdict}: {why}")),
                Ok(_) if index >= LEVERS_TOLD && verdict == "changes nothing" => {
                    page.item(&format!("{about}: {verdict}"));
                }
                Ok(after) => {
                    page.item(&format!("{about} {verdict}: {}", compared(before, *after)));
                    if index < LEVERS_TOLD {
                        page.inset(&tried.candidate.words());
                    }
                }
            }
        }
        if totals.cost_part(CostCause::Stranded) >= 50_000 {
            page.item(
                "not tried: asking for less memory, as no run says what jobs really use; what is stranded beside them is what \
                 could be saved",
            );
        }
    }

    /// The same as data.
    pub fn json(&self) -> String {
        let before = kept_figures(self.summary);
        let totals = Totals::of(self.summary);
        Json::document(|json| {
            json.text(
                "scenario",
                self.summary
                    .get("scenario")
                    .and_then(Value::as_str)
                    .unwrap_or(""),
            );
            put_figures(json, before);
            json.array("time", |json| {
                for cause in TimeCause::ALL
                    .into_iter()
                    .filter(|cause| totals.time(*cause) > 0)
                {
                    json.element(|json| {
                        json.text("cause", cause.name());
                        json.decimal("seconds", Some(Decimal::from_ms(totals.time(cause))));
                        json.text("what", &self.time_sentence(cause, &totals));
                    });
                }
            });
            json.array("money", |json| {
                for cause in CostCause::ALL {
                    let amount = totals.money[cause as usize];
                    if amount != Usd::ZERO {
                        json.element(|json| {
                            json.text("cause", cause.name());
                            json.text("usd", &amount.to_string());
                            json.text("what", &self.cost_sentence(cause));
                        });
                    }
                }
            });
            if let Err(why) = &self.levers {
                return json.text("no_levers", why);
            }
            json.array("levers", |json| {
                for tried in self.ranked() {
                    json.element(|json| put_tried(json, tried, before));
                }
            });
        })
    }
}

/// What the heads of queues waited for most, while others waited behind them.
fn first_in_line(totals: &Totals) -> String {
    let heads = [
        (TimeCause::MaxVcpus, "environments at maxvCpus"),
        (TimeCause::Capacity, "room"),
        (TimeCause::Consumable, "a consumable resource"),
    ];
    let most = heads
        .into_iter()
        .max_by_key(|(cause, _)| totals.time(*cause));
    match most {
        Some((cause, what)) if totals.time(cause) > 0 => {
            format!("; the first in line waited for {what}")
        }
        _ => String::new(),
    }
}

fn put_figures(json: &mut Json, figures: Figures) {
    json.seconds("makespan_s", figures.makespan);
    json.seconds("mean_wait_s", figures.wait);
    json.text("cost_usd", &figures.cost.to_string());
    json.whole("succeeded", figures.succeeded);
}

fn put_tried(json: &mut Json, tried: &Tried, before: Figures) {
    json.text("lever", tried.candidate.lever.name);
    json.text("what", &tried.candidate.what);
    json.flag("is_ours", tried.candidate.lever.is_ours);
    json.object("set", |json| {
        for (key, value) in &tried.candidate.sets {
            json.text(key, value);
        }
    });
    json.text("words", &tried.candidate.words());
    json.text("verdict", tried.verdict(before));
    match &tried.after {
        Ok(after) => json.object("after", |json| put_figures(json, *after)),
        Err(why) => json.text("why", why),
    }
}

/// What changed, figure by figure.
fn compared(before: Figures, after: Figures) -> String {
    let span = |span: Option<Span>| glued(&duration_or_none(span));
    let spans = |after, before| (span(after), span(before));
    let money = |amount: Usd| glued(&format!("{} USD", dollars(amount)));
    let figures = [
        ("makespan", spans(after.makespan, before.makespan)),
        ("mean wait", spans(after.wait, before.wait)),
        ("cost", (money(after.cost), money(before.cost))),
    ];
    let changes = amounts(before).into_iter().zip(amounts(after));
    let told = figures
        .into_iter()
        .zip(changes)
        .map(|((name, texts), change)| {
            let (before, after) = change;
            let share = part(after.abs_diff(before), before.max(1));
            if share.parts() == 0 {
                return format!("{name} {}, the same", texts.0);
            }
            let sign = if after < before { '-' } else { '+' };
            let share = glued(&format!("{sign}{}", percent(share)));
            format!("{name} {} instead of {} ({share})", texts.0, texts.1)
        });
    let mut text = told.collect::<Vec<String>>().join("; ");
    if after.succeeded != before.succeeded {
        text.push_str(&format!(
            "; {} jobs succeed instead of {}",
            whole(after.succeeded),
            whole(before.succeeded)
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_of_a_summary_are_read_without_floats() {
        for (text, ms) in [
            ("12", 12_000),
            ("0.5", 500),
            ("3.1415926", 3_141),
            ("null", 0),
        ] {
            let value: Value = serde_json::from_str(text).unwrap();
            assert_eq!(milliseconds_of(Some(&value)), ms, "{text}");
        }
    }
}
