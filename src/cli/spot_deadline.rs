//! `batchcast spot-deadline`: policies for a deadline, replayed on a measured availability of Spot.

use std::fs::File;

use crate::input::spot::availability;
use crate::metrics::Uptime;
use crate::plan::{DeadlineQuestion, deadlines};
use crate::policy::deadline;
use crate::report::{DeadlinePage, duration};
use crate::units::Span;

use super::args::{Common, SpotDeadline};
use super::failure::Failure;
use super::output::{print, style};

/// Prints what each policy costs.
///
/// # Errors
/// Everything that is wrong with the file or the question.
pub fn spot_deadline(asked: &SpotDeadline, common: &Common) -> Result<(), Failure> {
    let policies = deadline::find(&asked.policy).map_err(Failure::Usage)?;
    let path = &asked.availability;
    let name = path.display().to_string();
    let file = File::open(path).map_err(|error| Failure::file(path, "read", error))?;
    let trace = availability(file, &name).map_err(Failure::Problems)?;
    let has_spot: Vec<bool> = trace
        .counts
        .iter()
        .map(|&count| count >= asked.nodes)
        .collect();
    let question = question(asked, trace.gap, has_spot.len() as u64).map_err(Failure::Usage)?;
    let results = deadlines(policies, &has_spot, &question);
    let page = DeadlinePage {
        trace: &name,
        gap: trace.gap,
        nodes: asked.nodes,
        uptime: Uptime::of(&has_spot),
        question,
        results: &results,
    };
    match common.json {
        true => print(&page.json()),
        false => print(&page.text(style())),
    }
}

/// What is asked, in ticks of the trace: whole ones, a change-over rounded up and everything else down.
fn question(asked: &SpotDeadline, gap: Span, ticks: u64) -> Result<DeadlineQuestion, String> {
    let down = |span: Span| span.ms() / gap.ms().max(1);
    let question = DeadlineQuestion {
        work: down(asked.work),
        deadline: down(asked.deadline),
        every: down(asked.every),
        changeover: asked.changeover.ms().div_ceil(gap.ms().max(1)),
        spot_price: asked.spot_price,
    };
    let tick = duration(gap);
    let mut wrong = Vec::new();
    for (name, count) in [("--work", question.work), ("--every", question.every)] {
        if count == 0 {
            wrong.push(format!(
                "{name}: is shorter than a tick of the trace ({tick})"
            ));
        }
    }
    if question.deadline < question.work {
        wrong
            .push("--deadline: is before the end of the work; give it as much at least".to_owned());
    }
    if question.deadline > ticks {
        wrong.push(format!(
            "--deadline: the trace is shorter; it has {ticks} ticks of {tick}, {} in all",
            duration(Span::from_ms(gap.ms().saturating_mul(ticks)))
        ));
    }
    match wrong.is_empty() {
        true => Ok(question),
        false => Err(wrong.join("\nerror: ")),
    }
}
