//! What AWS says of jobs: `describe-jobs`, `list-jobs`, and the events that EventBridge sends when a job's status changes.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::input::builder::Problems;
use crate::model::rules;

use super::member::{Place, described};

/// The status of a job, in the order in which it may go through them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// SUBMITTED.
    #[default]
    Submitted,
    /// PENDING: it waits for others, or is an array whose children are not over.
    Pending,
    /// RUNNABLE.
    Runnable,
    /// STARTING.
    Starting,
    /// RUNNING.
    Running,
    /// SUCCEEDED.
    Succeeded,
    /// FAILED.
    Failed,
}

const STATUSES: [(&str, Status); 7] = [
    ("SUBMITTED", Status::Submitted),
    ("PENDING", Status::Pending),
    ("RUNNABLE", Status::Runnable),
    ("STARTING", Status::Starting),
    ("RUNNING", Status::Running),
    ("SUCCEEDED", Status::Succeeded),
    ("FAILED", Status::Failed),
];

impl Status {
    /// Whether the job has ended.
    pub fn is_over(self) -> bool {
        self >= Status::Succeeded
    }
}

/// One attempt that has ended. Moments are milliseconds from 1970.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attempt {
    /// When it became RUNNING, if it did.
    pub started: Option<i64>,
    /// When it left RUNNING.
    pub stopped: Option<i64>,
    /// The container's exit code, where it had one.
    pub exit_code: Option<i64>,
    /// The container's reason.
    pub reason: String,
    /// The attempt's status reason.
    pub status_reason: String,
}

impl Attempt {
    /// Whether its host was lost, which is no fault of the job's.
    pub fn lost_its_host(&self) -> bool {
        const LOST: [&str; 3] = [
            "Host EC2",
            "Your Spot Task",
            "Task stopped during instance draining",
        ];
        let of = |text: &str| LOST.iter().any(|start| text.starts_with(start));
        of(&self.status_reason) || of(&self.reason)
    }

    /// Whether it ran for too long.
    pub fn timed_out(&self) -> bool {
        self.status_reason
            .starts_with("Job attempt duration exceeded timeout")
    }

    /// How long it ran, in ms; none where it did not or nobody says.
    pub fn ran(&self) -> Option<i64> {
        Some(self.stopped? - self.started?).filter(|ran| *ran >= 0)
    }
}

/// What a job waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needs {
    /// The other job; none for the children of its own array, one after another.
    pub job: Option<String>,
    /// Whether each child waits for the child of the same index.
    pub is_n_to_n: bool,
}

/// A job as AWS tells it. Moments are milliseconds from 1970.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Job {
    /// `jobId`; that of an array's child ends in `:index`.
    pub id: String,
    /// `jobName`.
    pub name: String,
    /// The name of its queue; empty where it is not told.
    pub queue: String,
    /// Its definition as `name:revision`; empty where it is not told.
    pub definition: String,
    /// Its status.
    pub status: Status,
    /// When it was submitted; of an array's child when its parent made it.
    pub created: i64,
    /// When its last attempt became RUNNING.
    pub started: Option<i64>,
    /// When it ended.
    pub stopped: Option<i64>,
    /// Its share.
    pub share: Option<String>,
    /// Its priority within the share.
    pub priority: Option<u32>,
    /// What it waits for.
    pub needs: Vec<Needs>,
    /// `retryStrategy`, as AWS tells it.
    pub retry: Option<Value>,
    /// `timeout.attemptDurationSeconds`.
    pub timeout_s: Option<u32>,
    /// Its attempts that have ended.
    pub attempts: Vec<Attempt>,
    /// vCPUs as AWS writes them: `2`, or `0.25` on Fargate.
    pub vcpus: Option<String>,
    /// MiB.
    pub memory: Option<u32>,
    /// GPUs.
    pub gpus: Option<u32>,
    /// How many children it has, where it is an array.
    pub array_size: Option<u32>,
    /// Which child of its array it is.
    pub array_index: Option<u32>,
    /// Its number of nodes, where it has several.
    pub nodes: Option<u32>,
    /// Whether it is a node of a job of several.
    pub is_node: bool,
    /// Whether somebody ended it.
    pub is_ended_by_hand: bool,
    /// `statusReason`.
    pub status_reason: String,
    /// Where its last attempt runs or ran: an ECS container instance's ARN.
    pub container_instance: String,
    /// The ECS task of its last attempt.
    pub task: String,
    /// When it was seen to enter each status, by events.
    pub seen: Vec<(Status, i64)>,
    /// Whether the source tells all of it, and not only what `list-jobs` does.
    pub is_whole: bool,
}

impl Job {
    /// The array that it is a child of, and which.
    pub fn child_of(&self) -> Option<(&str, u32)> {
        let (array, index) = self.id.rsplit_once(':')?;
        Some((array, index.parse().ok()?))
    }

    /// `retryStrategy.attempts`, or 1.
    pub fn attempts_max(&self) -> u32 {
        let stated = self.retry.as_ref().and_then(|retry| retry.get("attempts"));
        let stated = stated.and_then(Value::as_u64).unwrap_or(1);
        u32::try_from(stated)
            .unwrap_or(1)
            .clamp(1, rules::ATTEMPTS_MAX.into())
    }

    /// The name of its definition without the revision.
    pub fn definition_name(&self) -> &str {
        self.definition
            .rsplit_once(':')
            .map_or(&self.definition, |(name, _)| name)
    }
}

/// The last part of an ARN, or the text itself.
pub(super) fn name_of(text: &str) -> &str {
    match text.starts_with("arn:") {
        true => text.rsplit('/').next().unwrap_or(text),
        false => text,
    }
}

/// Most that AWS's 32-bit numbers may be.
const INT_MAX: i64 = i32::MAX as i64;

/// Reads a job of `describe-jobs` or of an event; none where it is wrong.
pub(super) fn read(place: Place<'_>, problems: &mut Problems<'_>) -> Option<Job> {
    let mut job = summary(place, problems)?;
    job.is_whole = true;
    if let Some(queue) = place.needed("jobQueue", problems) {
        job.queue = name_of(queue).to_owned();
    }
    job.priority = small(place, "schedulingPriority", 9999, problems);
    job.needs = needs(place, problems);
    if let Some((retry, pointer)) = place.object("retryStrategy", problems) {
        let at = Place {
            value: retry,
            pointer: &pointer,
        };
        small(at, "attempts", rules::ATTEMPTS_MAX.into(), problems);
        job.retry = Some(retry.clone());
    }
    if let Some((timeout, pointer)) = place.object("timeout", problems) {
        let at = Place {
            value: timeout,
            pointer: &pointer,
        };
        job.timeout_s = small(at, "attemptDurationSeconds", INT_MAX, problems);
    }
    let attempts = place.objects("attempts", problems);
    job.attempts = attempts
        .iter()
        .map(|(value, pointer)| attempt(Place { value, pointer }, problems))
        .collect();
    if let Some((container, pointer)) = place.object("container", problems) {
        asks(
            Place {
                value: container,
                pointer: &pointer,
            },
            &mut job,
            problems,
        );
    }
    if let Some((nodes, pointer)) = place.object("nodeProperties", problems) {
        let at = Place {
            value: nodes,
            pointer: &pointer,
        };
        job.nodes = small(at, "numNodes", 1000, problems);
    }
    if job.attempts.is_empty() && job.status.is_over() && job.started.is_some() {
        job.attempts.push(only_attempt(&job, place));
    }
    for (what, from, to) in [
        ("startedAt", Some(job.created), job.started),
        ("stoppedAt", job.started, job.stopped),
    ] {
        if let (Some(from), Some(to)) = (from, to)
            && to < from
            && job.status.is_over()
            && job.attempts.len() <= 1
        {
            let message = format!("{to} is before {from}, when it could be at the earliest");
            place.wrong(what, problems, message);
        }
    }
    Some(job)
}

/// Reads a job of `list-jobs`, or what all sources tell of a job.
pub(super) fn summary(place: Place<'_>, problems: &mut Problems<'_>) -> Option<Job> {
    let id = place.needed("jobId", problems);
    let is_plain = id.is_none_or(|id| !id.contains([' ', ';', ',']));
    if !is_plain {
        let id = id.unwrap_or_default();
        let message = format!("`{id}`; an identifier has no spaces, commas or semicolons");
        place.wrong("jobId", problems, message);
    }
    let word = place.needed("status", problems);
    let status = STATUSES.iter().find(|(known, _)| Some(*known) == word);
    if let (None, Some(word)) = (status, word) {
        let words: Vec<&str> = STATUSES.iter().map(|(word, _)| *word).collect();
        let message = format!("`{word}` is none of {}", words.join(", "));
        place.wrong("status", problems, message);
    }
    if place.get("createdAt").is_none() {
        place.wrong("createdAt", problems, "missing");
    }
    let created = place.moment("createdAt", problems);
    let (Some(id), true, Some(&(_, status)), Some(created)) = (id, is_plain, status, created)
    else {
        return None;
    };
    let id = id.to_owned();
    let text = |key: &str, problems: &mut Problems<'_>| {
        place.text(key, problems).unwrap_or_default().to_owned()
    };
    let mut job = Job {
        is_node: id.contains('#'),
        id,
        status,
        name: text("jobName", problems),
        definition: name_of(&text("jobDefinition", problems)).to_owned(),
        created,
        started: place.moment("startedAt", problems),
        stopped: place.moment("stoppedAt", problems),
        share: place
            .text("shareIdentifier", problems)
            .filter(|share| !share.is_empty())
            .map(str::to_owned),
        status_reason: text("statusReason", problems),
        is_ended_by_hand: place.flag("isTerminated", problems)
            | place.flag("isCancelled", problems),
        ..Job::default()
    };
    if let Some((array, pointer)) = place.object("arrayProperties", problems) {
        let at = Place {
            value: array,
            pointer: &pointer,
        };
        job.array_size = small(at, "size", rules::ARRAY_SIZE_MAX.into(), problems);
        job.array_index = small(at, "index", i64::from(rules::ARRAY_SIZE_MAX) - 1, problems);
    }
    if job.array_index.is_none() {
        job.array_index = job.child_of().map(|(_, index)| index);
    }
    if job.array_index.is_some() {
        job.array_size = None;
    }
    if let Some((nodes, pointer)) = place.object("nodeProperties", problems) {
        let at = Place {
            value: nodes,
            pointer: &pointer,
        };
        job.nodes = small(at, "numNodes", 1000, problems);
    }
    if job.status.is_over() && job.started.is_some() {
        job.attempts.push(only_attempt(&job, place));
        // What is whole says its attempts itself.
        if place.get("attempts").is_some() {
            job.attempts.clear();
        }
    }
    Some(job)
}

/// The number called `key`; 0, which AWS writes for none, is none unless it is an index.
fn small(place: Place<'_>, key: &str, most: i64, problems: &mut Problems<'_>) -> Option<u32> {
    let least = 0;
    let number = place.whole(key, least, most, problems)?;
    (number > 0 || key == "index")
        .then_some(number)
        .and_then(|number| u32::try_from(number).ok())
}

/// The attempt of a job that has one and does not list it.
fn only_attempt(job: &Job, place: Place<'_>) -> Attempt {
    let container = place.get("container");
    let member = |key: &str| container.and_then(|container| container.get(key));
    Attempt {
        started: job.started,
        stopped: job.stopped,
        exit_code: member("exitCode").and_then(Value::as_i64),
        reason: member("reason")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        status_reason: job.status_reason.clone(),
    }
}

fn attempt(place: Place<'_>, problems: &mut Problems<'_>) -> Attempt {
    let mut attempt = Attempt {
        started: place.moment("startedAt", problems),
        stopped: place.moment("stoppedAt", problems),
        status_reason: place
            .text("statusReason", problems)
            .unwrap_or_default()
            .to_owned(),
        ..Attempt::default()
    };
    if let Some((container, pointer)) = place.object("container", problems) {
        let at = Place {
            value: container,
            pointer: &pointer,
        };
        attempt.exit_code = at.whole("exitCode", -INT_MAX, INT_MAX, problems);
        attempt.reason = at.text("reason", problems).unwrap_or_default().to_owned();
    } else if let Some((task, pointer)) = place.objects("taskProperties", problems).first() {
        // A job of several containers fails with the first that did.
        let at = Place {
            value: task,
            pointer,
        };
        let codes: Vec<i64> = at
            .objects("containers", problems)
            .iter()
            .filter_map(|(container, _)| container.get("exitCode").and_then(Value::as_i64))
            .collect();
        attempt.exit_code = codes
            .iter()
            .copied()
            .find(|code| *code != 0)
            .or(codes.first().copied());
    }
    if let (Some(started), Some(stopped)) = (attempt.started, attempt.stopped)
        && stopped < started
    {
        place.wrong(
            "stoppedAt",
            problems,
            format!("{stopped} is before startedAt ({started})"),
        );
    }
    attempt
}

fn needs(place: Place<'_>, problems: &mut Problems<'_>) -> Vec<Needs> {
    let mut needs = Vec::new();
    for (value, pointer) in place.objects("dependsOn", problems) {
        let at = Place {
            value,
            pointer: &pointer,
        };
        let job = at
            .text("jobId", problems)
            .filter(|id| !id.is_empty())
            .map(str::to_owned);
        let kind = at.text("type", problems);
        match kind {
            None | Some("") | Some("N_TO_N") | Some("SEQUENTIAL") => {}
            Some(other) => {
                at.wrong(
                    "type",
                    problems,
                    format!("`{other}` is neither N_TO_N nor SEQUENTIAL"),
                );
            }
        }
        if job.is_none() && kind != Some("SEQUENTIAL") {
            at.wrong("jobId", problems, "missing; only SEQUENTIAL goes without");
            continue;
        }
        needs.push(Needs {
            job,
            is_n_to_n: kind == Some("N_TO_N"),
        });
    }
    needs
}

/// What the job's container asks for and where it is.
fn asks(place: Place<'_>, job: &mut Job, problems: &mut Problems<'_>) {
    job.container_instance = place
        .text("containerInstanceArn", problems)
        .unwrap_or_default()
        .to_owned();
    job.task = place
        .text("taskArn", problems)
        .unwrap_or_default()
        .to_owned();
    job.vcpus = small(place, "vcpus", INT_MAX, problems).map(|count| count.to_string());
    job.memory = small(place, "memory", INT_MAX, problems);
    for (value, pointer) in place.objects("resourceRequirements", problems) {
        let at = Place {
            value,
            pointer: &pointer,
        };
        let Some(amount) = at.get("value") else {
            at.wrong("value", problems, "missing");
            continue;
        };
        let amount = match amount {
            Value::String(text) => text.trim().to_owned(),
            other => other.to_string(),
        };
        let whole = amount
            .parse::<u32>()
            .ok()
            .filter(|number| i64::from(*number) <= INT_MAX);
        match at.needed("type", problems) {
            Some("VCPU") => {
                let is_number = amount
                    .parse::<f64>()
                    .is_ok_and(|number| number > 0.0 && number < 1e6);
                match is_number {
                    true => job.vcpus = Some(amount),
                    false => at.wrong(
                        "value",
                        problems,
                        format!("`{amount}` is no number of vCPUs"),
                    ),
                }
            }
            Some("MEMORY") => match whole {
                Some(_) => job.memory = whole,
                None => at.wrong(
                    "value",
                    problems,
                    format!("`{amount}` is no whole number of MiB"),
                ),
            },
            Some("GPU") => match whole {
                Some(_) => job.gpus = whole,
                None => at.wrong(
                    "value",
                    problems,
                    format!("`{amount}` is no whole number of GPUs"),
                ),
            },
            Some(other) => {
                let message = format!("`{other}` is none of VCPU, MEMORY, GPU");
                at.wrong("type", problems, message);
            }
            None => {}
        }
    }
}

/// Reads an event; none where it is none of a job's status.
pub(super) fn event(place: Place<'_>, problems: &mut Problems<'_>) -> Option<(Job, i64)> {
    if place.text("detail-type", problems)? != "Batch Job State Change" {
        return None;
    }
    if place.get("time").is_none() {
        place.wrong("time", problems, "missing");
    }
    let at = place.stamp("time", problems)?;
    let (detail, pointer) = place.object("detail", problems)?;
    let job = read(
        Place {
            value: detail,
            pointer: &pointer,
        },
        problems,
    )?;
    Some((job, at))
}

/// The event that an entry of a log group holds as text.
pub(super) fn logged(place: Place<'_>, problems: &mut Problems<'_>) -> Option<(Job, i64)> {
    let message = place.needed("message", problems)?;
    let value: Value = match serde_json::from_str(message) {
        Ok(value) => value,
        Err(error) => {
            place.wrong("message", problems, format!("is no event: {error}"));
            return None;
        }
    };
    if !value.is_object() {
        place.wrong(
            "message",
            problems,
            format!("{} is no event", described(&value)),
        );
        return None;
    }
    let pointer = format!("{}/message", place.pointer);
    event(
        Place {
            value: &value,
            pointer: &pointer,
        },
        problems,
    )
}

/// Jobs by identifier, from sources that tell of them more than once.
#[derive(Clone, Debug, Default)]
pub struct Jobs(pub BTreeMap<String, Job>);

impl Jobs {
    /// Takes what another source says: the later status holds, what is whole goes before a summary, and moments seen add up.
    pub fn add(&mut self, mut job: Job, seen: Option<i64>) {
        if let Some(at) = seen {
            job.seen.push((job.status, at));
        }
        let Some(known) = self.0.get_mut(&job.id) else {
            self.0.insert(job.id.clone(), job);
            return;
        };
        let mut seen = std::mem::take(&mut known.seen);
        seen.append(&mut job.seen);
        seen.sort_by_key(|(_, at)| *at);
        seen.dedup();
        // Of two that tell as much the one that has gone further: by attempts, then by status.
        let rank = |job: &Job| {
            let is_over = job.status.is_over();
            (job.is_whole, is_over, job.attempts.len(), job.status)
        };
        if rank(&job) >= rank(known) {
            if job.array_size.is_none() {
                job.array_size = known.array_size;
            }
            *known = job;
        } else if known.queue.is_empty() {
            known.queue = job.queue;
        }
        known.seen = seen;
    }
}
