//! What a search for a configuration came to, as text or as JSON.

use crate::model::Profile;
use crate::plan::{Configuration, Found, MEASURES, SearchQuestion, TargetKind, Turn};
use crate::stats::Estimate;

use super::json::Json;
use super::study::{percent_of, shown};
use super::terminal::Style;
use super::wording::wrap;

/// Columns of the page.
const WIDTH: usize = 80;
/// Places in [`MEASURES`].
const MAKESPAN: usize = 0;
const COST: usize = 1;
const WAIT_P95: usize = 3;

/// Everything that is told of a search.
#[derive(Debug)]
pub struct PlanPage<'a> {
    /// Name of the scenario.
    pub name: &'a str,
    /// The seed from which those of the replications are drawn.
    pub seed: u64,
    /// What was asked.
    pub question: SearchQuestion,
    /// The knobs that the scenario has.
    pub turns: &'a [Turn],
    /// What was found.
    pub found: &'a Found,
    /// The chosen configuration, or the nearest, under other profiles of assumptions.
    pub profiles: &'a [(Profile, Configuration)],
    /// Further sentences.
    pub notes: Vec<String>,
}

impl PlanPage<'_> {
    fn chosen(&self) -> usize {
        self.found.best.unwrap_or(self.found.nearest)
    }

    fn letter(&self, place: usize) -> String {
        match place {
            0 => "today".to_owned(),
            _ => {
                let others = self.found.frontier.iter().filter(|place| **place != 0);
                let at = others.take_while(|other| **other != place).count();
                char::from_u32('A' as u32 + at as u32).map_or_else(String::new, String::from)
            }
        }
    }

    fn wanted(&self) -> String {
        let limit = self.question.target.limit;
        let place = self.question.target.kind.place();
        let limit = shown(MEASURES[place].unit, limit);
        match self.question.target.kind {
            TargetKind::Deadline => format!("finish (P90 of seeds) within {limit}"),
            TargetKind::WaitP95 => format!("95 % of jobs wait no longer than {limit}"),
            TargetKind::Budget => format!("cost at most {limit}"),
        }
    }

    /// What of `choice` is not as today, in words.
    fn differences(&self, choice: &[usize]) -> Vec<String> {
        let turned = self
            .turns
            .iter()
            .zip(choice)
            .filter(|(_, value)| **value != 0);
        let told = turned.map(|(turn, &value)| {
            let (now, then) = (&turn.values[0].shown, &turn.values[value].shown);
            format!("{} of {}: {then} instead of {now}", turn.knob, turn.of)
        });
        told.collect()
    }

    fn meets(&self, one: &Configuration) -> bool {
        let target = &self.question.target;
        one.judged(target, self.question.confidence) <= target.limit
    }

    /// Why nothing meets the target, as far as a bound proves it.
    fn why(&self) -> String {
        let target = &self.question.target;
        let today = &self.found.finalists[0];
        let least = |bounds: Vec<f64>| bounds.into_iter().fold(f64::INFINITY, f64::min);
        let makespan = least(today.runs.iter().map(|run| run.makespan_bound).collect());
        let cost = today.cost_bound();
        match (target.kind, cost) {
            (TargetKind::Deadline, _) if makespan > target.limit => format!(
                "No machines can do it: submissions, dependencies and work alone take {}.",
                shown(MEASURES[MAKESPAN].unit, makespan)
            ),
            (TargetKind::Budget, Some(cost)) if cost > target.limit => format!(
                "No On-Demand machines can do it: what the jobs use costs {} on the cheapest, always full.",
                shown(MEASURES[COST].unit, cost)
            ),
            _ => "No bound rules it out, but none of the configurations tried meets it.".to_owned(),
        }
    }
}

fn change(new: f64, old: f64) -> String {
    match old > 0.0 {
        true => format!(" ({:+.0} %)", (new / old - 1.0) * 100.0),
        false => String::new(),
    }
}

fn with_half(place: usize, estimate: &Estimate) -> String {
    let unit = MEASURES[place].unit;
    match estimate.half.filter(|half| *half > 0.0) {
        Some(half) => {
            let mean = shown(unit, estimate.mean);
            format!("{} ± {}", mean.trim_end_matches(" USD"), shown(unit, half))
        }
        None => shown(unit, estimate.mean),
    }
}

fn put_note(text: &mut String, first: &str, note: &str) {
    for (number, line) in wrap(note, WIDTH - 4).into_iter().enumerate() {
        let lead = if number == 0 { first } else { "    " };
        text.push_str(&format!("{lead}{line}\n"));
    }
}

/// The page to read: the answer, the frontier, what is different from today, and what it rests on.
pub fn plan_text(page: &PlanPage<'_>, style: Style) -> String {
    let found = page.found;
    let (today, chosen) = (&found.finalists[0], &found.finalists[page.chosen()]);
    let confidence = page.question.confidence;
    let mut text = format!("{}  {}\n\n", style.bold(page.name), page.wanted());
    let wanted = page.question.minimize;
    let mean = |one: &Configuration, place| one.estimate(place, confidence).mean;
    let figure = |one: &Configuration, place: usize| shown(MEASURES[place].unit, mean(one, place));
    let answer = match (found.best, page.chosen()) {
        (Some(0), _) => format!(
            "Today's configuration meets it, and nothing tried has less {}: {}.",
            MEASURES[wanted].title,
            figure(today, wanted)
        ),
        (Some(_), _) => format!(
            "{} meets it with a {} of {} instead of {}{}.",
            page.letter(page.chosen()),
            MEASURES[wanted].title,
            figure(chosen, wanted),
            figure(today, wanted),
            change(mean(chosen, wanted), mean(today, wanted))
        ),
        (None, place) => format!(
            "Nothing meets it. {} Nearest is {}, with {}.",
            page.why(),
            match place {
                0 => "today's configuration".to_owned(),
                _ => page.letter(place),
            },
            shown(
                MEASURES[page.question.target.kind.place()].unit,
                chosen.judged(&page.question.target, confidence)
            )
        ),
    };
    put_note(&mut text, "  ", &answer);
    text.push_str(&format!(
        "\n  {:<6}{:>20}{:>26}{:>12}{:>7}{:>7}\n",
        "", "cost", "finish", "wait p95", "misses", "bound"
    ));
    let mut places = found.frontier.clone();
    places.retain(|place| *place != 0);
    places.insert(0, 0);
    for place in places {
        let one = &found.finalists[place];
        let name = page.letter(place);
        let is_chosen = found.best == Some(place);
        let above = one.cost_bound().filter(|bound| *bound > 0.0).map_or_else(
            || "–".to_owned(),
            |bound| format!("+{:.0} %", (mean(one, COST) / bound - 1.0) * 100.0),
        );
        let line = format!(
            "{} {name:<6}{:>20}{:>26}{:>12}{:>7}{above:>7}",
            if is_chosen { ">" } else { " " },
            with_half(COST, &one.estimate(COST, confidence)),
            with_half(MAKESPAN, &one.estimate(MAKESPAN, confidence)),
            figure(one, WAIT_P95),
            format!("{:.0} %", one.risk(&page.question.target) * 100.0),
        );
        text.push_str(&match is_chosen {
            true => style.bold(&line),
            false => line,
        });
        text.push('\n');
    }
    for &place in found.frontier.iter().filter(|place| **place != 0) {
        text.push_str(&format!("\n{} is today's but for\n", page.letter(place)));
        for difference in page.differences(&found.finalists[place].choice) {
            put_note(&mut text, "  - ", &difference);
        }
    }
    text.push_str("\nWhat this rests on\n");
    for note in rests_on(page) {
        put_note(&mut text, "  - ", &note);
    }
    text
}

fn rests_on(page: &PlanPage<'_>) -> Vec<String> {
    let found = page.found;
    let mut notes = Vec::new();
    let whole = if found.is_exhaustive {
        ", which are all that the knobs give"
    } else {
        ""
    };
    notes.push(format!(
        "{} runs of {} configurations{whole}; {} more were discarded by a bound, {} cannot be. Those told ran with {} seeds each, \
         the same for all.",
        found.runs, found.tried, found.discarded, found.refused, page.question.replications
    ));
    notes.push(format!(
        "± is the {} interval of the mean over seeds; misses: the part of the seeds that miss the target; bound: how far the cost \
         is above what the jobs use at the cheapest On-Demand price among the types tried, always full (none with Spot, Fargate \
         or commitments).",
        percent_of(page.question.confidence)
    ));
    for (profile, one) in page.profiles {
        let verdict = if page.meets(one) {
            "meets the target too"
        } else {
            "MISSES the target"
        };
        let judged = one.judged(&page.question.target, page.question.confidence);
        let unit = MEASURES[page.question.target.kind.place()].unit;
        notes.push(format!(
            "Under the assumptions of profile {} {} {verdict}: {}.",
            profile.name(),
            page.letter(page.chosen()),
            shown(unit, judged)
        ));
    }
    notes.extend(page.notes.iter().cloned());
    notes
}

/// The same as data.
pub fn plan_json(page: &PlanPage<'_>) -> String {
    let confidence = page.question.confidence;
    let target = &page.question.target;
    let found = page.found;
    Json::document(|json| {
        json.text("scenario", page.name);
        json.whole("seed", page.seed);
        json.object("target", |json| {
            json.text("measure", MEASURES[target.kind.place()].name);
            json.text(
                "judged",
                match target.kind {
                    TargetKind::Deadline => "p90_of_seeds",
                    _ => "upper_end_of_mean",
                },
            );
            json.number("limit", target.limit);
        });
        json.text("minimize", MEASURES[page.question.minimize].name);
        json.number("confidence", confidence);
        json.whole("replications", page.question.replications);
        json.flag("is_met", found.best.is_some());
        if found.best.is_none() {
            json.text("why", &page.why());
        }
        json.text("chosen", &page.letter(page.chosen()));
        json.array("frontier", |json| {
            for &place in &found.frontier {
                let one = &found.finalists[place];
                json.element(|json| {
                    json.text("name", &page.letter(place));
                    for place in [COST, MAKESPAN, WAIT_P95] {
                        put_estimate(json, MEASURES[place].name, &one.estimate(place, confidence));
                    }
                    put_number(json, "judged", one.judged(target, confidence));
                    json.number("missing_part_of_seeds", one.risk(target));
                    match one.cost_bound() {
                        Some(bound) => json.number("cost_bound_usd", bound),
                        None => json.null("cost_bound_usd"),
                    }
                    json.array("differences", |json| {
                        for difference in page.differences(&one.choice) {
                            json.element_text(&difference);
                        }
                    });
                    json.object("set", |json| {
                        let turned = page.turns.iter().zip(&one.choice);
                        let sets = turned.flat_map(|(turn, &value)| &turn.values[value].sets);
                        sets.for_each(|(key, value)| json.text(key, value));
                    });
                });
            }
        });
        json.array("profiles", |json| {
            for (profile, one) in page.profiles {
                json.element(|json| {
                    json.text("profile", profile.name());
                    put_number(json, "judged", one.judged(target, confidence));
                    json.flag("is_met", page.meets(one));
                });
            }
        });
        json.object("search", |json| {
            json.whole("runs", found.runs);
            json.whole("configurations", found.tried);
            json.whole("discarded_by_bound", found.discarded);
            json.whole("impossible", found.refused);
            json.flag("is_exhaustive", found.is_exhaustive);
        });
        json.array("notes", |json| {
            page.notes.iter().for_each(|note| json.element_text(note));
        });
    })
}

fn put_number(json: &mut Json, key: &str, number: f64) {
    match number.is_finite() {
        true => json.number(key, number),
        false => json.null(key),
    }
}

fn put_estimate(json: &mut Json, key: &str, estimate: &Estimate) {
    json.object(key, |json| {
        put_number(json, "mean", estimate.mean);
        match estimate
            .interval()
            .filter(|(low, high)| low.is_finite() && high.is_finite())
        {
            Some((low, high)) => {
                json.number("low", low);
                json.number("high", high);
            }
            None => {
                json.null("low");
                json.null("high");
            }
        }
    });
}
