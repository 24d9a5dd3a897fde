//! The jobs that waited longest and those that cost most, with their stories.

use std::collections::BTreeSet;

use super::markup::{Cell, table};
use crate::explain::{Fault, JobStory, JobTables, Lookup, find};
use crate::picture::draw::escaped;
use crate::picture::read::{Seen, Sources, Told};
use crate::report::shortened;
use crate::units::Span;

/// Jobs of each list whose story is told.
const STORIES: usize = 6;
/// The same where a story costs a look through so many jobs or more.
const STORIES_OF_MANY: usize = 2;
const MANY: u64 = 50_000;

/// The lists and the stories.
///
/// # Errors
/// A table that is none.
pub fn told(from: &Sources<'_>, seen: &Seen) -> Result<String, Fault> {
    let jobs: u64 = seen.queues.values().map(|queue| queue.jobs).sum();
    let most = if jobs >= MANY {
        STORIES_OF_MANY
    } else {
        STORIES
    };
    let mut ids: Vec<&str> = Vec::new();
    let mut known = BTreeSet::new();
    for list in [&seen.slow, &seen.dear] {
        for told in list.iter().take(most) {
            if known.insert(told.id.as_str()) {
                ids.push(&told.id);
            }
        }
    }
    let mut html = String::new();
    html.push_str(&list("Waited longest", &seen.slow, &ids));
    html.push_str(&list("Cost most", &seen.dear, &ids));
    let mut stories = String::new();
    for (number, id) in ids.iter().enumerate() {
        let Some(story) = story(from, id)? else {
            continue;
        };
        let first = story.lines().next().unwrap_or(id);
        stories.push_str(&format!(
            "<details id=\"job-{number}\"><summary>{}</summary>\n<pre tabindex=\"0\">{}</pre></details>\n",
            escaped(&shortened(first, 120)),
            escaped(&story)
        ));
    }
    if !stories.is_empty() {
        html.push_str("<h3>Their stories</h3>\n<p class=\"soft\">As <code>batchcast explain RUN JOB</code> tells them of any job.</p>\n");
        html.push_str(&stories);
    }
    Ok(html)
}

fn list(caption: &str, jobs: &[Told], stories: &[&str]) -> String {
    let rows: Vec<Vec<Cell>> = jobs
        .iter()
        .map(|job| {
            let name = escaped(&job.id);
            let name = match stories.iter().position(|id| *id == job.id) {
                Some(number) => format!("<a href=\"#job-{number}\">{name}</a>"),
                None => name,
            };
            vec![
                Cell::markup(name),
                Cell::text(&job.queue),
                Cell::text(&job.status),
                Cell::span(Some(Span::from_ms(job.wait))),
                Cell::text(job.cause),
                Cell::span(Some(Span::from_ms(job.run))),
                Cell::whole(job.attempts),
                Cell::keyed(&job.vcpus, &job.vcpus),
                Cell::usd(job.cost),
            ]
        })
        .collect();
    let headings = [
        "job",
        "queue",
        "status",
        "wait",
        "mostly for",
        "run",
        "attempts",
        "vCPUs",
        "USD",
    ];
    table(caption, &headings, &rows)
}

/// A job's story; `None` where its table has no such job, or was not kept.
fn story(from: &Sources<'_>, id: &str) -> Result<Option<String>, Fault> {
    let Some(jobs) = (from.open)("jobs.csv")? else {
        return Ok(None);
    };
    let Lookup::Job(job) = find(jobs, id)? else {
        return Ok(None);
    };
    let Some(jobs) = (from.open)("jobs.csv")? else {
        return Ok(None);
    };
    let tables = JobTables {
        jobs,
        attempts: (from.open)("attempts.csv")?,
        instances: (from.open)("instances.csv")?,
    };
    Ok(Some(JobStory::new(*job, tables, from.scenario)?.text()))
}
