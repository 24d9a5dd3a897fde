//! A run as a trace for timeline viewers (Perfetto, chrome://tracing): environments are processes, machines threads, attempts
//! slices, queues counters, dependencies arrows. Times are whole microseconds; the same run gives the same bytes.

use std::collections::BTreeMap;
use std::io::{self, Write};

use rustc_hash::FxHashMap;
use serde_json::{Value, json};

use super::read::{Attempt, Cells, Fate, Seen, Sources};
use crate::explain::Fault;

/// Why there is no trace.
#[derive(Debug)]
pub enum TraceFault {
    /// A table of the run is none.
    Table(Fault),
    /// It cannot be written.
    Write(io::Error),
}

impl From<Fault> for TraceFault {
    fn from(fault: Fault) -> TraceFault {
        TraceFault::Table(fault)
    }
}

impl From<io::Error> for TraceFault {
    fn from(error: io::Error) -> TraceFault {
        TraceFault::Write(error)
    }
}

/// What a trace holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TraceCounts {
    /// Attempts.
    pub slices: u64,
    /// Changes of queues' lengths.
    pub counters: u64,
    /// Dependencies between jobs that ran.
    pub arrows: u64,
}

/// Microseconds of a ms.
const US: u64 = 1_000;
/// The process of the queues.
const QUEUES: usize = 1;

/// Where an attempt is drawn.
#[derive(Clone, Copy)]
struct Place {
    process: usize,
    thread: usize,
}

/// Writes the trace of a run.
///
/// # Errors
/// See [`TraceFault`].
pub fn trace(from: &Sources<'_>, out: &mut dyn Write) -> Result<TraceCounts, TraceFault> {
    let seen = Seen::read(from, u64::MAX)?;
    let mut events = Events {
        out,
        is_first: true,
    };
    let mut counts = TraceCounts::default();
    write!(events.out, "{{\"displayTimeUnit\":\"ms\",\"traceEvents\":[")?;
    let places = put_threads(&seen, &mut events)?;
    for (at, place) in &places {
        let attempt = &seen.attempts[*at];
        events.put(&slice(attempt, *place))?;
        counts.slices += 1;
    }
    counts.counters = put_queues(from, &mut events)?;
    counts.arrows = put_arrows(from, &seen, &places, &mut events)?;
    write!(events.out, "\n]}}\n")?;
    events.out.flush()?;
    Ok(counts)
}

struct Events<'a> {
    out: &'a mut dyn Write,
    is_first: bool,
}

impl Events<'_> {
    fn put(&mut self, event: &Value) -> io::Result<()> {
        let comma = if self.is_first { "" } else { "," };
        self.is_first = false;
        write!(self.out, "{comma}\n{event}")
    }

    fn name(&mut self, what: &str, process: usize, thread: usize, name: &str) -> io::Result<()> {
        self.put(&json!({
            "ph": "M", "name": what, "pid": process, "tid": thread, "args": {"name": name},
        }))
    }
}

/// Names processes and threads, and puts each attempt on a thread of its machine: attempts at the same time are not on the same
/// one, as slices of a thread must not overlap. Attempts come by process, thread and time.
fn put_threads(seen: &Seen, events: &mut Events<'_>) -> io::Result<Vec<(usize, Place)>> {
    events.name("process_name", QUEUES, 0, "queues")?;
    let mut order: Vec<usize> = (0..seen.attempts.len()).collect();
    order.sort_by_key(|at| (seen.attempts[*at].machine, seen.attempts[*at].placed, *at));
    let mut places = Vec::with_capacity(order.len());
    let mut own = order.as_slice();
    let (mut process, mut thread) = (QUEUES, 0);
    let mut environment = None;
    for (machine, one) in seen.machines.iter().enumerate() {
        if environment != Some(&one.environment) {
            environment = Some(&one.environment);
            process += 1;
            thread = 0;
            events.name("process_name", process, 0, &one.environment)?;
        }
        let count = own
            .iter()
            .take_while(|at| seen.attempts[**at].machine == machine)
            .count();
        let (here, rest) = own.split_at(count);
        own = rest;
        // When each thread of the machine is free again.
        let mut free: Vec<u64> = Vec::new();
        let mut of_machine = Vec::with_capacity(count);
        for at in here {
            let attempt = &seen.attempts[*at];
            let lane = free.iter().position(|until| *until <= attempt.placed);
            let lane = lane.unwrap_or_else(|| {
                free.push(0);
                free.len() - 1
            });
            free[lane] = attempt.ended.max(attempt.placed);
            let place = Place {
                process,
                thread: thread + 1 + lane,
            };
            of_machine.push((*at, place));
        }
        for lane in 0..free.len().max(1) {
            let name = match lane {
                0 => format!("{} ({})", one.id, one.kind),
                lane => format!("{} ({}) {}", one.id, one.kind, lane + 1),
            };
            events.name("thread_name", process, thread + 1 + lane, &name)?;
        }
        of_machine.sort_by_key(|(at, place)| (place.thread, seen.attempts[*at].placed));
        places.extend(of_machine);
        thread += free.len().max(1);
    }
    Ok(places)
}

fn slice(attempt: &Attempt, place: Place) -> Value {
    let fate = match attempt.fate {
        Fate::Useful => "succeeded",
        Fate::Failed => "failed",
        Fate::Interrupted => "lost its machine",
    };
    json!({
        "ph": "X", "name": attempt.job, "cat": fate, "pid": place.process, "tid": place.thread,
        "ts": attempt.placed * US, "dur": (attempt.ended - attempt.placed) * US,
        "args": {"attempt": attempt.number, "vcpus": attempt.vcpus, "started_us": attempt.started * US},
    })
}

/// Jobs of each queue that have what they depend on, and have not (last) started.
fn put_queues(from: &Sources<'_>, events: &mut Events<'_>) -> Result<u64, TraceFault> {
    let Some(bytes) = (from.open)("jobs.csv")? else {
        return Ok(0);
    };
    let mut cells = Cells::new("jobs.csv", bytes)?;
    let [queue, submit, dependency, start, end] =
        cells.columns(["job_queue", "submit_s", "dependency_s", "start_s", "end_s"])?;
    let mut queues: BTreeMap<String, Vec<(u64, i64)>> = BTreeMap::new();
    while cells.next()? {
        let from = cells.ms(submit).unwrap_or(0) + cells.ms(dependency).unwrap_or(0);
        let until = cells.ms(start).or(cells.ms(end));
        if until.is_some_and(|until| until <= from) {
            continue;
        }
        let changes = match queues.get_mut(cells.text(queue)) {
            Some(changes) => changes,
            None => queues.entry(cells.text(queue).to_owned()).or_default(),
        };
        changes.push((from, 1));
        changes.extend(until.map(|until| (until, -1)));
    }
    let mut count = 0;
    for (name, changes) in &mut queues {
        changes.sort_unstable();
        let mut waiting = 0;
        for same in changes.chunk_by(|a, b| a.0 == b.0) {
            waiting += same.iter().map(|(_, change)| change).sum::<i64>();
            events.put(&json!({
                "ph": "C", "name": format!("waiting in {name}"), "pid": QUEUES, "tid": 0,
                "ts": same[0].0 * US, "args": {"jobs": waiting},
            }))?;
            count += 1;
        }
    }
    Ok(count)
}

/// An arrow from the last attempt of what a job depends on to its own first one; of an array, from the child that ended last.
fn put_arrows(
    from: &Sources<'_>,
    seen: &Seen,
    places: &[(usize, Place)],
    events: &mut Events<'_>,
) -> Result<u64, TraceFault> {
    let Some(bytes) = (from.open)("jobs.csv")? else {
        return Ok(0);
    };
    // First and last attempts of jobs; for arrays, the last of all children.
    let mut first: FxHashMap<&str, (usize, Place)> = FxHashMap::default();
    let mut last: FxHashMap<&str, (usize, Place)> = FxHashMap::default();
    let ended = |at: usize| (seen.attempts[at].ended, at);
    for (at, place) in places {
        let job = seen.attempts[*at].job.as_str();
        let begin = first.entry(job).or_insert((*at, *place));
        if seen.attempts[*at].number < seen.attempts[begin.0].number {
            *begin = (*at, *place);
        }
        let array = job.rsplit_once(':').map(|(array, _)| array);
        for name in [Some(job), array].into_iter().flatten() {
            let end = last.entry(name).or_insert((*at, *place));
            if ended(*at) > ended(end.0) {
                *end = (*at, *place);
            }
        }
    }
    let mut cells = Cells::new("jobs.csv", bytes)?;
    let [id, depends, array, index] =
        cells.columns(["job_id", "depends_on", "array_id", "array_index"])?;
    let mut count = 0;
    while cells.next()? {
        let Some((child, to)) = first.get(cells.text(id)) else {
            continue;
        };
        for word in cells.text(depends).split_whitespace() {
            let own = cells.text(index);
            let parent = match word.strip_prefix("n_to_n:") {
                Some(partner) => format!("{partner}:{own}"),
                None if word == "sequential" => match own.parse::<u64>() {
                    Ok(own) if own > 0 => format!("{}:{}", cells.text(array), own - 1),
                    _ => continue,
                },
                None => word.to_owned(),
            };
            let Some((parent, from)) = last.get(parent.as_str()) else {
                continue;
            };
            let (parent, child) = (&seen.attempts[*parent], &seen.attempts[*child]);
            count += 1;
            // Within the slice that it leaves.
            let leaves = (parent.ended * US)
                .saturating_sub(1)
                .max(parent.placed * US);
            events.put(&json!({
                "ph": "s", "name": "dependency", "cat": "dependency", "id": count,
                "pid": from.process, "tid": from.thread, "ts": leaves,
            }))?;
            events.put(&json!({
                "ph": "f", "bp": "e", "name": "dependency", "cat": "dependency", "id": count,
                "pid": to.process, "tid": to.thread, "ts": child.placed * US,
            }))?;
        }
    }
    Ok(count)
}
