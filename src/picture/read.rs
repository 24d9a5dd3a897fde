//! The tables of a run folder, read for pictures: levels over time, machines, attempts, waits, the bill.

use std::collections::BTreeMap;
use std::io::Read;

use csv::StringRecord;
use rustc_hash::FxHashMap;
use serde_json::Value;

use crate::explain::{Fault, usd};
use crate::model::{CostCause, TimeCause, parse_span};
use crate::units::{Span, Usd};

/// Opens a table of the run by its file name; `None` where the run kept none.
pub type Opener<'a> = dyn Fn(&str) -> Result<Option<Box<dyn Read>>, Fault> + 'a;

/// What a run left behind.
pub struct Sources<'a> {
    /// Its summary.json.
    pub summary: &'a Value,
    /// Its scenario.json.
    pub scenario: &'a Value,
    /// Its manifest.json.
    pub manifest: &'a Value,
    /// Its tables.
    pub open: &'a Opener<'a>,
}

/// Levels over a stretch of time; all but the times are averages over it.
#[derive(Clone, Debug, Default)]
pub struct Bin {
    /// Its beginning in ms of simulated time.
    pub from: u64,
    /// Its end in ms.
    pub to: u64,
    /// Jobs by state: pending, runnable, starting, running.
    pub jobs: [f64; 4],
    /// vCPUs of running attempts.
    pub used: f64,
    /// vCPUs of registered machines.
    pub up: f64,
    /// vCPUs that there may be.
    pub most: f64,
}

/// An instance (or a Fargate task's machine).
#[derive(Clone, Debug)]
pub struct Machine {
    /// Its identifier.
    pub id: String,
    /// Its compute environment.
    pub environment: String,
    /// Its type.
    pub kind: String,
    /// How it was bought: `on-demand`, `spot`.
    pub purchase: String,
    /// Its vCPUs.
    pub vcpus: u32,
    /// From when on it was paid, in ms.
    pub launched: u64,
    /// From when on jobs could run on it, in ms.
    pub registered: u64,
    /// When it left, in ms.
    pub ended: u64,
    /// Whether EC2 took it back.
    pub interrupted: bool,
    /// What it cost, in USD.
    pub cost: f64,
}

/// What became of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Its job succeeded with it.
    Useful,
    /// It failed, timed out or was terminated.
    Failed,
    /// It lost its machine.
    Interrupted,
}

/// An attempt on a machine.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The machine, by its place among [`Seen::machines`].
    pub machine: usize,
    /// Its job's identifier; nothing where there are too many attempts to name them.
    pub job: String,
    /// Its number, from 1.
    pub number: u64,
    /// When it was placed, in ms.
    pub placed: u64,
    /// When it was RUNNING, in ms; its end where it never was.
    pub started: u64,
    /// When it ended, in ms.
    pub ended: u64,
    /// Its vCPUs on this machine.
    pub vcpus: u32,
    /// What became of it.
    pub fate: Fate,
    /// What it cost, in USD.
    pub cost: f64,
}

/// The jobs of a queue.
#[derive(Clone, Debug, Default)]
pub struct QueueSeen {
    /// Jobs.
    pub jobs: u64,
    /// Their time by cause in ms, in the order of [`TimeCause::ALL`].
    pub causes: Vec<u64>,
    /// Waits of those that started, in ms, ascending.
    pub waits: Vec<u64>,
}

/// A job that is told at length.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// Its identifier.
    pub id: String,
    /// Its queue.
    pub queue: String,
    /// Its status.
    pub status: String,
    /// From submission to its last start, in ms.
    pub wait: u64,
    /// RUNNING, in ms.
    pub run: u64,
    /// Its attempts.
    pub attempts: u64,
    /// Its vCPUs.
    pub vcpus: String,
    /// What it cost.
    pub cost: Usd,
    /// The largest cause of its wait.
    pub cause: &'static str,
}

/// Price × time of machines of one kind in one hour.
#[derive(Clone, Debug)]
pub struct Hour {
    /// Its beginning in ms.
    pub from: u64,
    /// The compute environment.
    pub environment: String,
    /// The instance type.
    pub kind: String,
    /// Seconds that machines were up in it.
    pub up_s: f64,
    /// What they cost, in USD.
    pub cost: f64,
}

/// A line of the bill.
#[derive(Clone, Debug)]
pub struct BillLine {
    /// The machine, where it is one's.
    pub machine: Option<usize>,
    /// What for.
    pub cause: CostCause,
    /// USD.
    pub cost: f64,
}

/// What the tables of a run say. A table that was not kept leaves its part empty.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Levels over time, at most [`BINS`].
    pub bins: Vec<Bin>,
    /// Machines by environment, type and launch.
    pub machines: Vec<Machine>,
    /// Attempts in the table's order.
    pub attempts: Vec<Attempt>,
    /// Jobs by queue.
    pub queues: BTreeMap<String, QueueSeen>,
    /// Jobs that waited longest, the longest first.
    pub slow: Vec<Told>,
    /// Jobs that cost most, the dearest first.
    pub dear: Vec<Told>,
    /// The hours of the bill.
    pub hours: Vec<Hour>,
    /// The bill.
    pub bill: Vec<BillLine>,
}

/// Most stretches of time of a picture.
pub const BINS: usize = 512;
/// Most attempts that a picture names and draws one by one.
pub const ATTEMPTS_NAMED: u64 = 6_000;
/// Jobs of each list of those that are told.
const TOLD: usize = 10;

impl Seen {
    /// Reads the tables; attempts are named where there are at most `named`.
    ///
    /// # Errors
    /// A table that is none.
    pub fn read(from: &Sources<'_>, named: u64) -> Result<Seen, Fault> {
        let mut seen = Seen::default();
        let count = from.summary.pointer("/jobs/attempts");
        let is_named = count
            .and_then(Value::as_u64)
            .is_none_or(|count| count <= named);
        let table = |name: &'static str| -> Result<Option<Cells>, Fault> {
            (from.open)(name)?
                .map(|bytes| Cells::new(name, bytes))
                .transpose()
        };
        if let Some(bytes) = (from.open)("timeline.csv")? {
            seen.bins = bins_of(bytes)?;
        }
        if let Some(cells) = table("instances.csv")? {
            seen.machines = machines(cells)?;
        }
        let places: FxHashMap<String, usize> = seen
            .machines
            .iter()
            .enumerate()
            .map(|(at, machine)| (machine.id.clone(), at))
            .collect();
        if let Some(cells) = table("attempts.csv")? {
            seen.attempts = attempts(cells, &places, is_named)?;
        }
        if let Some(cells) = table("jobs.csv")? {
            seen.jobs(cells)?;
        }
        if let Some(cells) = table("hours.csv")? {
            seen.hours = hours(cells)?;
        }
        if let Some(cells) = table("bill.csv")? {
            seen.bill = bill(cells, &places)?;
        }
        Ok(seen)
    }

    /// The first and the last moment of the run's pictures, in ms; an hour where nothing is known.
    pub fn span(&self) -> (u64, u64) {
        let bins = self.bins.iter().map(|bin| (bin.from, bin.to));
        let machines = self.machines.iter().map(|one| (one.launched, one.ended));
        let all = bins.chain(machines);
        let (from, to) = all.fold((u64::MAX, 0), |(from, to), (begin, end)| {
            (from.min(begin), to.max(end))
        });
        match from < to {
            true => (from, to),
            false => (0, 3_600_000),
        }
    }

    fn jobs(&mut self, mut cells: Cells) -> Result<(), Fault> {
        let [id, status, queue] = cells.columns(["job_id", "status", "job_queue"])?;
        let [wait, run, attempts, vcpus, cost] =
            cells.columns(["wait_s", "run_s", "attempts", "vcpus", "cost_usd"])?;
        let mut causes = Vec::new();
        for cause in TimeCause::ALL {
            let name = format!("{}_s", cause.name().replace('-', "_"));
            causes.push(cells.find(&name));
        }
        while cells.next()? {
            let of_queue = match self.queues.get_mut(cells.text(queue)) {
                Some(of_queue) => of_queue,
                None => self.queues.entry(cells.text(queue).to_owned()).or_default(),
            };
            of_queue.jobs += 1;
            of_queue.causes.resize(TimeCause::ALL.len(), 0);
            let mut largest = (0, "");
            for ((total, at), cause) in of_queue.causes.iter_mut().zip(&causes).zip(TimeCause::ALL)
            {
                let Some(span) = at.and_then(|at| cells.ms(at)) else {
                    continue;
                };
                *total += span;
                if span > largest.0 && !matches!(cause, TimeCause::Run | TimeCause::Lost) {
                    largest = (span, cause.name());
                }
            }
            let waited = cells.ms(wait);
            of_queue.waits.extend(waited);
            let paid = usd(cells.text(cost)).unwrap_or(Usd::ZERO);
            let told = |cells: &Cells| Told {
                id: cells.text(id).to_owned(),
                queue: cells.text(queue).to_owned(),
                status: cells.text(status).to_owned(),
                wait: waited.unwrap_or(0),
                run: cells.ms(run).unwrap_or(0),
                attempts: cells.number(attempts) as u64,
                vcpus: cells.text(vcpus).to_owned(),
                cost: paid,
                cause: largest.1,
            };
            let waited = waited.unwrap_or(0);
            keep(
                &mut self.slow,
                waited.into(),
                |told| told.wait.into(),
                || told(&cells),
            );
            keep(
                &mut self.dear,
                paid.units(),
                |told| told.cost.units(),
                || told(&cells),
            );
        }
        for of_queue in self.queues.values_mut() {
            of_queue.waits.sort_unstable();
        }
        Ok(())
    }
}

/// Keeps the largest; of equals the first.
fn keep(
    list: &mut Vec<Told>,
    size: i128,
    size_of: impl Fn(&Told) -> i128,
    told: impl FnOnce() -> Told,
) {
    let is_full = list.len() == TOLD;
    if size <= 0 || is_full && list.last().is_some_and(|last| size_of(last) >= size) {
        return;
    }
    let at = list.partition_point(|other| size_of(other) >= size);
    list.insert(at, told());
    list.truncate(TOLD);
}

/// The stretches of a timeline.csv.
///
/// # Errors
/// A table that is none.
pub(super) fn bins_of(timeline: Box<dyn Read>) -> Result<Vec<Bin>, Fault> {
    let mut cells = Cells::new("timeline.csv", timeline)?;
    let [from, width, used, up, most] = cells.columns([
        "time_s",
        "width_s",
        "vcpus_used",
        "vcpus_provisioned",
        "vcpus_max",
    ])?;
    let jobs = cells.columns(["pending", "runnable", "starting", "running"])?;
    let mut bins = Vec::new();
    while cells.next()? {
        let begin = cells.ms(from).unwrap_or(0);
        bins.push(Bin {
            from: begin,
            to: begin + cells.ms(width).unwrap_or(0),
            jobs: jobs.map(|at| cells.number(at)),
            used: cells.number(used),
            up: cells.number(up),
            most: cells.number(most),
        });
    }
    while bins.len() > BINS {
        bins = bins.chunks(2).map(merged).collect();
    }
    Ok(bins)
}

/// Neighbours as one.
fn merged(parts: &[Bin]) -> Bin {
    let total: u64 = parts.iter().map(|bin| bin.to - bin.from).sum();
    let mean = |level: &dyn Fn(&Bin) -> f64| -> f64 {
        let sum = parts.iter().fold(0.0, |sum, bin| {
            sum + level(bin) * (bin.to - bin.from) as f64
        });
        sum / total.max(1) as f64
    };
    Bin {
        from: parts.first().map_or(0, |bin| bin.from),
        to: parts.last().map_or(0, |bin| bin.to),
        jobs: [0, 1, 2, 3].map(|state| mean(&|bin| bin.jobs[state])),
        used: mean(&|bin| bin.used),
        up: mean(&|bin| bin.up),
        most: mean(&|bin| bin.most),
    }
}

fn machines(mut cells: Cells) -> Result<Vec<Machine>, Fault> {
    let [id, environment, kind, purchase, vcpus] = cells.columns([
        "instance_id",
        "compute_environment",
        "instance_type",
        "purchase",
        "vcpus",
    ])?;
    let [launch, registered, end, interrupted, cost] = cells.columns([
        "launch_s",
        "registered_s",
        "end_s",
        "interrupted",
        "cost_usd",
    ])?;
    let mut machines = Vec::new();
    while cells.next()? {
        let launched = cells.ms(launch).unwrap_or(0);
        let ended = cells.ms(end).unwrap_or(launched).max(launched);
        machines.push(Machine {
            id: cells.text(id).to_owned(),
            environment: cells.text(environment).to_owned(),
            kind: cells.text(kind).to_owned(),
            purchase: cells.text(purchase).to_owned(),
            vcpus: (cells.number(vcpus).ceil() as u32).max(1),
            launched,
            registered: cells.ms(registered).unwrap_or(ended).min(ended),
            ended,
            interrupted: cells.text(interrupted) == "true",
            cost: cells.number(cost),
        });
    }
    machines.sort_by(|a, b| {
        let key = |one: &Machine| (one.launched, one.registered, one.ended);
        (&a.environment, &a.kind, key(a), &a.id).cmp(&(&b.environment, &b.kind, key(b), &b.id))
    });
    Ok(machines)
}

fn attempts(
    mut cells: Cells,
    places: &FxHashMap<String, usize>,
    is_named: bool,
) -> Result<Vec<Attempt>, Fault> {
    let [job, number, placed, start, end] =
        cells.columns(["job_id", "attempt", "placed_s", "start_s", "end_s"])?;
    let [code, reason, machine, vcpus, cost] = cells.columns([
        "exit_code",
        "status_reason",
        "instance_id",
        "vcpus",
        "cost_usd",
    ])?;
    let mut attempts = Vec::new();
    while cells.next()? {
        let Some(machine) = places.get(cells.text(machine)) else {
            continue;
        };
        let ended = cells.ms(end).unwrap_or(0);
        let fate = match (cells.text(code), cells.text(reason)) {
            (_, reason) if reason.starts_with("Host EC2") => Fate::Interrupted,
            ("0", reason) if reason.starts_with("Essential container") => Fate::Useful,
            _ => Fate::Failed,
        };
        attempts.push(Attempt {
            machine: *machine,
            job: match is_named {
                true => cells.text(job).to_owned(),
                false => String::new(),
            },
            number: cells.number(number) as u64,
            placed: cells.ms(placed).unwrap_or(ended).min(ended),
            started: cells.ms(start).unwrap_or(ended).min(ended),
            ended,
            vcpus: (cells.number(vcpus).ceil() as u32).max(1),
            fate,
            cost: cells.number(cost),
        });
    }
    Ok(attempts)
}

fn hours(mut cells: Cells) -> Result<Vec<Hour>, Fault> {
    let [from, environment, kind, up, cost] = cells.columns([
        "hour_s",
        "compute_environment",
        "instance_type",
        "instance_s",
        "cost_usd",
    ])?;
    let mut hours = Vec::new();
    while cells.next()? {
        hours.push(Hour {
            from: cells.ms(from).unwrap_or(0),
            environment: cells.text(environment).to_owned(),
            kind: cells.text(kind).to_owned(),
            up_s: cells.number(up),
            cost: cells.number(cost),
        });
    }
    Ok(hours)
}

fn bill(mut cells: Cells, places: &FxHashMap<String, usize>) -> Result<Vec<BillLine>, Fault> {
    let [machine, cause, cost] = cells.columns(["instance_id", "cause", "cost_usd"])?;
    let mut lines = Vec::new();
    while cells.next()? {
        let name = cells.text(cause);
        if let Some(cause) = CostCause::ALL.into_iter().find(|one| one.name() == name) {
            lines.push(BillLine {
                machine: places.get(cells.text(machine)).copied(),
                cause,
                cost: cells.number(cost),
            });
        }
    }
    Ok(lines)
}

/// A table that is read row by row.
pub(super) struct Cells {
    file: &'static str,
    header: StringRecord,
    reader: csv::Reader<Box<dyn Read>>,
    row: StringRecord,
}

impl Cells {
    /// Reads the header.
    pub fn new(file: &'static str, from: Box<dyn Read>) -> Result<Cells, Fault> {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(from);
        let header = reader.headers().map_err(|why| fault(file, &why))?.clone();
        Ok(Cells {
            file,
            header,
            reader,
            row: StringRecord::new(),
        })
    }

    /// Where a column is, if there is one.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|column| column == name)
    }

    /// Where the columns of these names are.
    pub fn columns<const N: usize>(&self, names: [&str; N]) -> Result<[usize; N], Fault> {
        let mut found = [0; N];
        for (at, name) in found.iter_mut().zip(names) {
            *at = self.find(name).ok_or_else(|| {
                Fault(format!(
                    "{}: has no column {name}, so another version of batchcast wrote it; make the run again with this one",
                    self.file
                ))
            })?;
        }
        Ok(found)
    }

    /// Reads the next row; false at the end.
    pub fn next(&mut self) -> Result<bool, Fault> {
        let read = self.reader.read_record(&mut self.row);
        read.map_err(|why| fault(self.file, &why))
    }

    /// A cell.
    pub fn text(&self, at: usize) -> &str {
        self.row.get(at).unwrap_or("")
    }

    /// A number; zero where there is none.
    pub fn number(&self, at: usize) -> f64 {
        let number = self.text(at).parse::<f64>().unwrap_or(0.0);
        if number.is_finite() { number } else { 0.0 }
    }

    /// Seconds in ms; `None` where there are none.
    pub fn ms(&self, at: usize) -> Option<u64> {
        let text = self.text(at);
        match text.is_empty() {
            true => None,
            false => parse_span(text).ok().map(Span::ms),
        }
    }
}

fn fault(file: &str, why: &csv::Error) -> Fault {
    Fault(format!("{file}: is no table of a run: {why}"))
}
