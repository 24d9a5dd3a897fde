//! One job's story, in order of time.

use std::io::Read;

use csv::StringRecord;
use serde_json::Value;

use crate::report::{Json, dollars, duration};
use crate::units::{SimTime, Usd};

use super::around::{self, Around};
use super::page::Page;
use super::rows::{self, AttemptRow, Fault, JobColumns, JobRow, Table};
use super::setting::Setting;
use super::waits::{Wait, asked, waits};

/// Most identifiers that are named where there is no such job.
const NEAREST: usize = 3;

/// What `jobs.csv` has under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// A job.
    Job(Box<JobRow>),
    /// An array, which is told child by child: how many it has, and the first and the last that ended.
    Array {
        /// Its children.
        children: u64,
        /// The child that ended last.
        last: String,
    },
    /// Nothing; the nearest identifiers.
    Absent(Vec<String>),
}

/// Looks for `id` in `jobs` (`jobs.csv`).
///
/// # Errors
/// A table that is none.
pub fn find(jobs: impl Read, id: &str) -> Result<Lookup, Fault> {
    let mut table = Table::new("jobs.csv", jobs)?;
    let columns = JobColumns::of(&table)?;
    let mut row = StringRecord::new();
    let (mut children, mut last) = (0, String::new());
    let mut near: Vec<(usize, String)> = Vec::new();
    while table.next(&mut row)? {
        let here = row.get(columns.id).unwrap_or("");
        if here == id {
            return Ok(Lookup::Job(Box::new(columns.job(&row))));
        }
        if !id.is_empty() && row.get(columns.array) == Some(id) {
            children += 1;
            here.clone_into(&mut last);
        }
        // Of a name of another length at least the difference has to be typed.
        let least = here.len().abs_diff(id.len());
        let is_full = near.len() == NEAREST;
        if is_full && near.last().is_some_and(|(distance, _)| *distance <= least) {
            continue;
        }
        let distance = strsim::osa_distance(here, id);
        let at = near.partition_point(|(other, _)| *other <= distance);
        near.insert(at, (distance, here.to_owned()));
        near.truncate(NEAREST);
    }
    Ok(match children {
        0 => Lookup::Absent(near.into_iter().map(|(_, id)| id).collect()),
        _ => Lookup::Array { children, last },
    })
}

/// The tables of a run that a story is told from.
pub struct JobTables<J, A, I> {
    /// `jobs.csv`, from its beginning.
    pub jobs: J,
    /// `attempts.csv`, if it was written.
    pub attempts: Option<A>,
    /// `instances.csv`, if it was written.
    pub instances: Option<I>,
}

/// One job's story.
#[derive(Clone, Debug)]
pub struct JobStory {
    /// The job.
    pub job: JobRow,
    /// Its attempts, in order; `None` where the run kept none.
    pub attempts: Option<Vec<AttemptRow>>,
    /// Its life by cause, in order.
    pub waits: Vec<Wait>,
    /// The other jobs in it.
    pub around: Around,
}

impl JobStory {
    /// The story of `job` from the tables of its run and the scenario as it held.
    ///
    /// # Errors
    /// Tables that are none.
    pub fn new<J: Read, A: Read, I: Read>(
        job: JobRow,
        tables: JobTables<J, A, I>,
        scenario: &Value,
    ) -> Result<JobStory, Fault> {
        let around = around::look(tables.jobs, &job)?;
        let mut attempts = match tables.attempts {
            Some(table) => Some(rows::attempts(table, &job.id)?),
            None => None,
        };
        if let (Some(attempts), Some(instances)) = (&mut attempts, tables.instances) {
            rows::note_types(instances, attempts)?;
        }
        let waits = waits(&job, &around, Setting(scenario));
        Ok(JobStory {
            job,
            attempts,
            waits,
            around,
        })
    }

    /// The story to read.
    pub fn text(&self) -> String {
        let job = &self.job;
        let mut page = Page::default();
        let about = match job.cost {
            Usd::ZERO => String::new(),
            cost => format!(", {} USD", dollars(cost)),
        };
        let lived = match job.ended {
            Some(_) => "after",
            None => "left after",
        };
        page.line(&format!(
            "{}: {} {lived} {}{about}",
            job.id,
            job.status,
            duration(job.life())
        ));
        page.line("");
        page.event(job.submitted, &self.submission());
        let before: Vec<&Wait> = self
            .waits
            .iter()
            .filter(|wait| is_before_attempts(wait))
            .collect();
        for wait in &before {
            page.aside(&format!(
                "{} {} [{}]",
                duration(wait.span),
                wait.what,
                wait.cause.name()
            ));
        }
        self.tell_attempts(&mut page);
        match job.ended {
            Some(ended) => page.event(ended, &self.end()),
            None => page.aside(&format!("and there it was left: {}", job.reason)),
        }
        page.line("");
        page.line("Its life by cause; of several that hold at once the first counts");
        for wait in &self.waits {
            page.entry(&duration(wait.span), wait.cause.name());
        }
        page.entry(&duration(job.time.total()), "in all");
        let mut levers: Vec<&Wait> = self
            .waits
            .iter()
            .filter(|wait| !wait.lever.is_empty())
            .collect();
        levers.sort_by_key(|wait| std::cmp::Reverse(wait.span));
        if !levers.is_empty() {
            page.line("");
            page.line("What would shorten it");
            levers.iter().for_each(|wait| page.item(&wait.lever));
        }
        page.text
    }

    fn submission(&self) -> String {
        let job = &self.job;
        let mut text = format!("submitted to queue {}: {}", job.queue, asked(job.demand));
        if !job.share.is_empty() {
            text.push_str(&format!("; share {}", job.share));
        }
        if let Some(index) = job.index {
            text.push_str(&format!("; child {index} of array {}", job.array));
        }
        if !job.depends_on.is_empty() {
            text.push_str(&format!("; depends on {}", job.depends_on));
        }
        text
    }

    fn tell_attempts(&self, page: &mut Page) {
        let Some(attempts) = &self.attempts else {
            if let Some(started) = self.job.started {
                page.event(
                    started,
                    "RUNNING; the run kept no attempts.csv, which would say where",
                );
            }
            return;
        };
        let mut since = None;
        for attempt in attempts {
            if let Some(since) = since.filter(|since| *since < attempt.placed) {
                let again = attempt.placed.since(since);
                page.aside(&format!("{} until it was placed again", duration(again)));
            }
            since = Some(attempt.ended);
            page.event(
                attempt.placed,
                &format!("STARTING: attempt {} on {}", attempt.number, place(attempt)),
            );
            if let Some(started) = attempt.started {
                let making = match started.since(attempt.placed) {
                    span if span.is_zero() => String::new(),
                    span => format!(" after {}", duration(span)),
                };
                page.event(started, &format!("RUNNING{making}"));
            }
            page.event(attempt.ended, &ending(attempt));
        }
    }

    fn end(&self) -> String {
        let job = &self.job;
        match job.reason.as_str() {
            "" => job.status.clone(),
            reason => format!("{}: {reason}", job.status),
        }
    }

    /// The same as data.
    pub fn json(&self) -> String {
        let job = &self.job;
        Json::document(|json| {
            json.text("job_id", &job.id);
            json.text("status", &job.status);
            json.text("status_reason", &job.reason);
            json.text("job_queue", &job.queue);
            let zero = SimTime::ZERO;
            json.seconds("submit_s", Some(job.submitted.since(zero)));
            json.seconds("start_s", job.started.map(|at| at.since(zero)));
            json.seconds("end_s", job.ended.map(|at| at.since(zero)));
            json.seconds("life_s", Some(job.life()));
            json.text("cost_usd", &job.cost.to_string());
            json.array("causes", |json| {
                for wait in &self.waits {
                    json.element(|json| {
                        json.text("cause", wait.cause.name());
                        json.seconds("seconds", Some(wait.span));
                        json.text("what", &wait.what);
                        match wait.lever.as_str() {
                            "" => json.null("lever"),
                            lever => json.text("lever", lever),
                        }
                    });
                }
            });
            match &self.around.dependency {
                Some(last) => json.text("last_dependency", &last.id),
                None => json.null("last_dependency"),
            }
            match &self.around.blocker {
                Some(blocker) => json.text("blocked_by", &blocker.id),
                None => json.null("blocked_by"),
            }
            let Some(attempts) = &self.attempts else {
                return json.null("attempts");
            };
            json.array("attempts", |json| {
                for attempt in attempts {
                    json.element(|json| put_attempt(json, attempt));
                }
            });
        })
    }
}

fn put_attempt(json: &mut Json, attempt: &AttemptRow) {
    let zero = SimTime::ZERO;
    json.whole("attempt", attempt.number);
    json.seconds("placed_s", Some(attempt.placed.since(zero)));
    json.seconds("start_s", attempt.started.map(|at| at.since(zero)));
    json.seconds("end_s", Some(attempt.ended.since(zero)));
    json.text("compute_environment", &attempt.environment);
    json.text("instance_id", &attempt.instance);
    json.text("instance_type", &attempt.instance_type);
    json.text("purchase", &attempt.purchase);
    match attempt.exit_code {
        Some(code) => json.whole("exit_code", code),
        None => json.null("exit_code"),
    }
    json.text("status_reason", &attempt.reason);
    json.text("container_reason", &attempt.container_reason);
    json.flag("retried", attempt.retried);
    json.text("cost_usd", &attempt.cost.to_string());
}

/// Whether a part of a life is waiting for an attempt, rather than one.
fn is_before_attempts(wait: &Wait) -> bool {
    use crate::model::TimeCause::{ImagePull, Lost, Run};
    !matches!(wait.cause, ImagePull | Run | Lost)
}

fn place(attempt: &AttemptRow) -> String {
    let mut about: Vec<&str> = [attempt.instance_type.as_str(), attempt.purchase.as_str()].to_vec();
    about.retain(|part| !part.is_empty());
    let environment = format!("environment {}", attempt.environment);
    about.push(&environment);
    format!("{} ({})", attempt.instance, about.join(", "))
}

fn ending(attempt: &AttemptRow) -> String {
    let ran = match attempt.started {
        Some(started) => format!(" after {}", duration(attempt.ended.since(started))),
        None => " before it was RUNNING".to_owned(),
    };
    let mut text = match attempt.exit_code {
        Some(code) => format!(
            "attempt {} ended{ran} with exit code {code}",
            attempt.number
        ),
        None => format!("attempt {} ended{ran}", attempt.number),
    };
    for reason in [&attempt.reason, &attempt.container_reason] {
        if !reason.is_empty() {
            text.push_str(&format!(": {reason}"));
        }
    }
    text.push_str(&format!("; {} USD", dollars(attempt.cost)));
    if attempt.retried {
        text.push_str("; to be tried again");
    }
    text
}
