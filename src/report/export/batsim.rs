//! A run as Batsim's results, for the notebooks that read them: a row for each job, and the figures of the schedule.

use std::collections::BTreeMap;
use std::io::{Read, Write};

use super::{ExportFault, Rows, RunFacts};

/// Whose columns and files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatsimVersion {
    /// Version 5: `jobs.csv` and `schedule.json`.
    V5,
    /// Version 4 and older: `out_jobs.csv` and `out_schedule.csv`.
    V4,
}

impl BatsimVersion {
    /// The files, jobs first.
    pub const fn files(self) -> [&'static str; 2] {
        match self {
            BatsimVersion::V5 => ["jobs.csv", "schedule.json"],
            BatsimVersion::V4 => ["out_jobs.csv", "out_schedule.csv"],
        }
    }

    /// The last columns differ in their order.
    const fn header(self) -> &'static str {
        match self {
            BatsimVersion::V5 => {
                "job_id,workload_name,profile,submission_time,requested_number_of_resources,requested_time,success,final_state,starting_time,execution_time,finish_time,waiting_time,turnaround_time,stretch,allocated_resources,consumed_energy,metadata"
            }
            BatsimVersion::V4 => {
                "job_id,workload_name,profile,submission_time,requested_number_of_resources,requested_time,success,final_state,starting_time,execution_time,finish_time,waiting_time,turnaround_time,stretch,consumed_energy,allocated_resources,metadata"
            }
        }
    }
}

/// Figures of a schedule, as they are gathered from its jobs. Times are milliseconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schedule {
    /// Jobs, those that never ran too.
    pub jobs: u64,
    /// Jobs that succeeded.
    pub succeeded: u64,
    /// Jobs that ran and did not.
    pub killed: u64,
    /// Jobs that never ran.
    pub rejected: u64,
    /// Resources: vCPUs of all machines there ever were.
    pub resources: u64,
    first_submit: Option<u64>,
    last_end: u64,
    waits: (u128, u64),
    turnarounds: (u128, u64),
    slowdowns: (f64, f64),
    computing: u128,
}

/// vCPUs of the machines, numbered on from machine to machine, and until when each is taken.
#[derive(Default)]
struct Machines {
    first: BTreeMap<String, usize>,
    busy: Vec<Vec<u64>>,
    begins: Vec<u64>,
    count: u64,
}

impl Machines {
    fn read(instances: impl Read) -> Result<Machines, ExportFault> {
        let mut rows = Rows::open("instances.csv", instances, &["instance_id", "vcpus"])?;
        let mut machines = Machines::default();
        while rows.next()? {
            let vcpus = rows.whole("vcpus")?.max(1);
            machines
                .first
                .insert(rows.text("instance_id").to_owned(), machines.busy.len());
            machines.begins.push(machines.count);
            machines
                .busy
                .push(vec![0; usize::try_from(vcpus).unwrap_or(1)]);
            machines.count += vcpus;
        }
        Ok(machines)
    }

    /// The lowest `vcpus` that are free on a machine from `from` on, taken until `to`; those that are free first where too few are.
    fn take(&mut self, machine: &str, vcpus: u64, from: u64, to: u64) -> Option<String> {
        let at = *self.first.get(machine)?;
        let busy = self.busy.get_mut(at)?;
        let mut places: Vec<usize> = (0..busy.len()).collect();
        places.sort_by_key(|place| (busy[*place].max(from), *place));
        places.truncate(usize::try_from(vcpus).unwrap_or(usize::MAX).max(1));
        places.sort_unstable();
        for place in &places {
            busy[*place] = busy[*place].max(to);
        }
        let begin = *self.begins.get(at)?;
        Some(intervals(places.iter().map(|place| begin + *place as u64)))
    }
}

/// Rising numbers as Batsim writes sets: `1-3 5 7`.
fn intervals(numbers: impl Iterator<Item = u64>) -> String {
    let mut runs: Vec<(u64, u64)> = Vec::new();
    for number in numbers {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => runs.push((number, number)),
        }
    }
    let texts = runs.into_iter().map(|(from, to)| match from == to {
        true => from.to_string(),
        false => format!("{from}-{to}"),
    });
    texts.collect::<Vec<String>>().join(" ")
}

/// Which vCPUs each job had in its last attempt, by job. Attempts take theirs in the order in which they were placed.
fn allocations(
    attempts: impl Read,
    machines: &mut Machines,
) -> Result<BTreeMap<String, String>, ExportFault> {
    let columns = [
        "job_id",
        "attempt",
        "placed_s",
        "end_s",
        "instance_id",
        "vcpus",
    ];
    let mut rows = Rows::open("attempts.csv", attempts, &columns)?;
    let mut list = Vec::new();
    while rows.next()? {
        let (placed, end) = (rows.ms("placed_s")?, rows.ms("end_s")?.unwrap_or(0));
        let [job, machine] = ["job_id", "instance_id"].map(|column| rows.text(column).to_owned());
        list.push((
            placed.unwrap_or(end),
            end,
            job,
            machine,
            rows.whole("vcpus")?,
        ));
    }
    list.sort();
    let mut all = BTreeMap::new();
    for (placed, end, job, machine, vcpus) in list {
        if let Some(taken) = machines.take(&machine, vcpus, placed, end) {
            all.insert(job, taken);
        }
    }
    Ok(all)
}

/// Seconds with six digits, as Batsim prints them.
fn six(ms: u64) -> String {
    format!("{}.{:03}000", ms / 1000, ms % 1000)
}

/// Writes the jobs, in the order of the run's `jobs.csv` (that of their ends), and returns the figures of the schedule. Resources are
/// vCPUs, numbered on from machine to machine; which of its machine's a job had is chosen here, the lowest that are free.
///
/// # Errors
/// A table that is not one of ours, or what `out` says.
pub fn batsim_jobs(
    facts: &RunFacts,
    version: BatsimVersion,
    jobs: impl Read,
    attempts: impl Read,
    instances: impl Read,
    mut out: impl Write,
) -> Result<Schedule, ExportFault> {
    let mut machines = Machines::read(instances)?;
    let allocated = allocations(attempts, &mut machines)?;
    let columns = [
        "job_id",
        "status",
        "submit_s",
        "start_s",
        "end_s",
        "vcpus",
        "estimate_s",
        "timeout_s",
    ];
    let mut rows = Rows::open("jobs.csv", jobs, &columns)?;
    let mut schedule = Schedule {
        resources: machines.count,
        ..Schedule::default()
    };
    let workload: String = (facts.scenario.chars())
        .map(|letter| {
            if ",\"\n\r".contains(letter) {
                '_'
            } else {
                letter
            }
        })
        .collect();
    writeln!(out, "{}", version.header())?;
    while rows.next()? {
        let id = rows.text("job_id").replace([',', '"', '\n', '\r'], "_");
        let submit = rows.ms("submit_s")?.unwrap_or(0);
        let asked = match rows.ms("estimate_s")? {
            Some(ms) => Some(ms),
            None => rows.ms("timeout_s")?,
        };
        let asked = asked.map_or_else(|| "-1.000000".to_owned(), six);
        let vcpus = rows.whole("vcpus")?;
        let has_succeeded = rows.text("status") == "SUCCEEDED";
        let times = rows.ms("start_s")?.zip(rows.ms("end_s")?);
        schedule.add(submit, times, vcpus, has_succeeded);
        let resources = allocated
            .get(rows.text("job_id"))
            .map_or("", String::as_str);
        let [resources, energy] = match version {
            BatsimVersion::V5 => [resources, "-1"],
            BatsimVersion::V4 => ["-1", resources],
        };
        write!(
            out,
            "{id},{workload},delay,{},{vcpus},{asked},{},",
            six(submit),
            u8::from(has_succeeded)
        )?;
        let Some((start, end)) = times else {
            writeln!(out, "REJECTED,,,,,,,,-1,")?;
            continue;
        };
        let is_late = rows.text("status_reason").contains("timeout");
        let state = match (has_succeeded, is_late) {
            (true, _) => "COMPLETED_SUCCESSFULLY",
            (_, true) => "COMPLETED_WALLTIME_REACHED",
            (_, false) => "COMPLETED_FAILED",
        };
        let (run, around) = (end.saturating_sub(start), end.saturating_sub(submit));
        let stretch = match run {
            0 => "inf".to_owned(),
            run => format!("{:.6}", around as f64 / run as f64),
        };
        writeln!(
            out,
            "{state},{},{},{},{},{},{stretch},{resources},{energy},",
            six(start),
            six(run),
            six(end),
            six(start.saturating_sub(submit)),
            six(around)
        )?;
    }
    out.flush()?;
    Ok(schedule)
}

impl Schedule {
    fn add(&mut self, submit: u64, times: Option<(u64, u64)>, vcpus: u64, has_succeeded: bool) {
        self.jobs += 1;
        self.first_submit = Some(self.first_submit.map_or(submit, |first| first.min(submit)));
        let Some((start, end)) = times else {
            self.rejected += 1;
            return;
        };
        match has_succeeded {
            true => self.succeeded += 1,
            false => self.killed += 1,
        }
        self.last_end = self.last_end.max(end);
        let (run, around) = (end.saturating_sub(start), end.saturating_sub(submit));
        let wait = start.saturating_sub(submit);
        self.waits = (self.waits.0 + u128::from(wait), self.waits.1.max(wait));
        self.turnarounds = (
            self.turnarounds.0 + u128::from(around),
            self.turnarounds.1.max(around),
        );
        if run > 0 {
            let slowdown = around as f64 / run as f64;
            self.slowdowns = (self.slowdowns.0 + slowdown, self.slowdowns.1.max(slowdown));
        }
        self.computing += u128::from(run) * u128::from(vcpus);
    }
}

/// The figures of the schedule as the file of `version`. Batsim 4 calls the end of the last job makespan, 5 the time from the first
/// submission to it. Energy and states of machines are not simulated: -1 and 0.
pub fn batsim_schedule(facts: &RunFacts, version: BatsimVersion, schedule: &Schedule) -> String {
    let seconds = |ms: u128| format!("{}.{:03}000", ms / 1000, ms % 1000);
    let mean = |sum: u128| seconds(sum / u128::from(schedule.jobs.max(1)));
    let first = match version {
        BatsimVersion::V5 => schedule.first_submit.unwrap_or(0),
        BatsimVersion::V4 => 0,
    };
    let jobs = schedule.jobs.max(1) as f64;
    let mut figures: BTreeMap<&str, String> = BTreeMap::new();
    figures.insert("consumed_joules", "-1.000000".to_owned());
    figures.insert(
        "makespan",
        seconds(u128::from(schedule.last_end.saturating_sub(first))),
    );
    figures.insert("max_slowdown", format!("{:.6}", schedule.slowdowns.1));
    figures.insert(
        "mean_slowdown",
        format!("{:.6}", schedule.slowdowns.0 / jobs),
    );
    figures.insert("max_waiting_time", seconds(schedule.waits.1.into()));
    figures.insert("mean_waiting_time", mean(schedule.waits.0));
    figures.insert(
        "max_turnaround_time",
        seconds(schedule.turnarounds.1.into()),
    );
    figures.insert("mean_turnaround_time", mean(schedule.turnarounds.0));
    figures.insert(
        "success_rate",
        format!("{:.6}", schedule.succeeded as f64 / jobs),
    );
    figures.insert("time_computing", seconds(schedule.computing));
    for (key, count) in [
        ("nb_computing_machines", schedule.resources),
        ("nb_grouped_switches", 0),
        ("nb_jobs", schedule.jobs),
        ("nb_jobs_finished", schedule.succeeded + schedule.killed),
        ("nb_jobs_killed", schedule.killed),
        ("nb_jobs_rejected", schedule.rejected),
        ("nb_jobs_success", schedule.succeeded),
        ("nb_machine_switches", 0),
    ] {
        figures.insert(key, count.to_string());
    }
    for key in [
        "time_idle",
        "time_sleeping",
        "time_switching_off",
        "time_switching_on",
        "time_unavailable",
    ] {
        figures.insert(key, "0.000000".to_owned());
    }
    let program = format!("batchcast {}", facts.version);
    match version {
        BatsimVersion::V5 => {
            let program = serde_json::Value::from(program).to_string();
            figures.insert("batsim_version", program);
            let lines = figures
                .iter()
                .map(|(key, figure)| format!("  \"{key}\": {figure}"));
            format!("{{\n{}\n}}\n", lines.collect::<Vec<String>>().join(",\n"))
        }
        BatsimVersion::V4 => {
            for key in ["scheduling_time", "simulation_time"] {
                figures.insert(key, "0.000000".to_owned());
            }
            figures.insert("batsim_version", program);
            let keys: Vec<&str> = figures.keys().copied().collect();
            let cells: Vec<&str> = figures.values().map(String::as_str).collect();
            format!("{}\n{}\n", keys.join(","), cells.join(","))
        }
    }
}
