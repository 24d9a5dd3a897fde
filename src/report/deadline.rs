//! Policies for a deadline on Spot, side by side, to read or as JSON.

use crate::metrics::{Decimal, Uptime};
use crate::plan::{DeadlineOutcome, DeadlineQuestion, DeadlineResult};
use crate::units::{Ratio, Span};

use super::json::Json;
use super::terminal::Style;
use super::wording::{duration, percent, whole, wrap};

/// Columns of the page.
const WIDTH: usize = 80;

/// A question, what it was asked of, and the answers.
#[derive(Clone, Debug)]
pub struct DeadlinePage<'a> {
    /// What the trace is called.
    pub trace: &'a str,
    /// Its tick.
    pub gap: Span,
    /// Instances that the job needs at once.
    pub nodes: u32,
    /// How much Spot there is in it.
    pub uptime: Uptime,
    /// What was asked.
    pub question: DeadlineQuestion,
    /// What came of it.
    pub results: &'a [DeadlineResult],
}

/// Costs as parts of what On-Demand costs without any change-over.
struct Costs {
    mean: Option<Decimal>,
    least: Option<Decimal>,
    most: Option<Decimal>,
}

impl Costs {
    fn of(jobs: &[DeadlineOutcome], question: &DeadlineQuestion) -> Costs {
        let alone = u128::from(question.work) * u128::from(Ratio::PARTS);
        let costs = || jobs.iter().map(|job| job.cost(question.spot_price));
        let part = |cost: Option<u128>| cost.and_then(|cost| Decimal::quotient(cost, alone));
        Costs {
            mean: Decimal::quotient(costs().sum(), alone * jobs.len() as u128),
            least: part(costs().min()),
            most: part(costs().max()),
        }
    }
}

fn total(jobs: &[DeadlineOutcome], count: impl Fn(&DeadlineOutcome) -> u64) -> u64 {
    jobs.iter().map(count).sum()
}

impl DeadlinePage<'_> {
    fn jobs(&self) -> usize {
        self.results.first().map_or(0, |result| result.jobs.len())
    }

    /// `48 h (886 ticks)`.
    fn ticks(&self, ticks: u64) -> String {
        let span = duration(Span::from_ms(self.gap.ms().saturating_mul(ticks)));
        format!("{span} ({} ticks)", whole(ticks))
    }

    /// The page to read.
    pub fn text(&self, style: Style) -> String {
        let hours = |figure: Option<Decimal>| match figure {
            Some(figure) => format!("{} h", figure.grouped(2)),
            None => "never".to_owned(),
        };
        let question = &self.question;
        let span = duration(Span::from_ms(
            self.gap.ms().saturating_mul(self.uptime.ticks),
        ));
        let nodes = match self.nodes {
            1 => String::new(),
            nodes => format!("{nodes} instances "),
        };
        let mut text = format!("{}\n", style.bold(self.trace));
        let facts = format!(
            "{} ticks of {} ({span}); Spot there {}{} of them, {} losses; there {}, gone {} at a time on average",
            whole(self.uptime.ticks),
            duration(self.gap),
            nodes,
            percent(self.uptime.part().unwrap_or_default()),
            whole(self.uptime.losses),
            hours(self.uptime.mean_up_hours(self.gap)),
            hours(self.uptime.mean_down_hours(self.gap)),
        );
        let asked = format!(
            "a job of {} within {}, begun every {}, {} times; a change-over takes {} ticks; Spot at {} of On-Demand",
            self.ticks(question.work),
            self.ticks(question.deadline),
            self.ticks(question.every),
            self.jobs(),
            question.changeover,
            question.spot_price,
        );
        for line in wrap(&facts, WIDTH - 2)
            .into_iter()
            .chain(wrap(&asked, WIDTH - 2))
        {
            text.push_str(&format!("  {line}\n"));
        }
        text.push_str(&format!(
            "\n  {:<17}{:>9}{:>9}{:>9}{:>9}{:>7}{:>9}{:>9}\n",
            "cost: On-Demand 1", "mean", "least", "most", "saved", "late", "changes", "losses"
        ));
        let four =
            |figure: Option<Decimal>| figure.map_or("-".to_owned(), |figure| figure.grouped(4));
        for result in self.results {
            let jobs = &result.jobs;
            let costs = Costs::of(jobs, question);
            let saved = match costs.mean {
                Some(mean) if mean.parts() <= Decimal::PARTS => {
                    percent(Decimal::from_parts(Decimal::PARTS - mean.parts()))
                }
                Some(_) => "none".to_owned(),
                None => "-".to_owned(),
            };
            text.push_str(&format!(
                "  {:<17}{:>9}{:>9}{:>9}{:>9}{:>7}{:>9}{:>9}\n",
                result.policy.name,
                four(costs.mean),
                four(costs.least),
                four(costs.most),
                saved,
                whole(total(jobs, |job| u64::from(job.is_late))),
                whole(total(jobs, |job| job.changes)),
                whole(total(jobs, |job| job.losses)),
            ));
        }
        text.push('\n');
        for result in self.results {
            let sentence = format!("{}: {}", result.policy.name, result.policy.sentence);
            for line in wrap(&sentence, WIDTH - 2) {
                text.push_str(&format!("  {line}\n"));
            }
        }
        text
    }

    /// The page as JSON.
    pub fn json(&self) -> String {
        let question = &self.question;
        Json::document(|json| {
            json.text("trace", self.trace);
            json.seconds("tick_s", Some(self.gap));
            json.whole("ticks", self.uptime.ticks);
            json.whole("nodes", self.nodes.into());
            json.decimal("availability", self.uptime.part());
            json.whole("losses", self.uptime.losses);
            json.decimal("mean_up_h", self.uptime.mean_up_hours(self.gap));
            json.decimal("mean_down_h", self.uptime.mean_down_hours(self.gap));
            json.whole("work_ticks", question.work);
            json.whole("deadline_ticks", question.deadline);
            json.whole("every_ticks", question.every);
            json.whole("changeover_ticks", question.changeover);
            json.text("spot_price", &question.spot_price.to_string());
            json.array("policies", |json| {
                for result in self.results {
                    let jobs = &result.jobs;
                    let costs = Costs::of(jobs, question);
                    json.element(|json| {
                        json.text("name", result.policy.name);
                        json.whole("jobs", jobs.len() as u64);
                        json.decimal("mean_cost_vs_on_demand", costs.mean);
                        json.decimal("least_cost_vs_on_demand", costs.least);
                        json.decimal("most_cost_vs_on_demand", costs.most);
                        json.whole("spot_ticks", total(jobs, |job| job.spot));
                        json.whole("on_demand_ticks", total(jobs, |job| job.on_demand));
                        json.whole("late", total(jobs, |job| u64::from(job.is_late)));
                        json.whole("changes", total(jobs, |job| job.changes));
                        json.whole("losses", total(jobs, |job| job.losses));
                    });
                }
            });
        })
    }
}
