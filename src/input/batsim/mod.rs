//! Reads workloads of Batsim (v5, and the names of v4): jobs that come at `subtime`, ask for `res` resources and do what their profile
//! says.
//!
//! A resource is one vCPU. Delays and sequences of delays have run times and are read; profiles that state operations and bytes run for
//! as long as the platform takes, which the file does not say, and are refused by name. `walltime` is the estimate, and `ret` the exit
//! code. The format knows neither memory (`memory-missing`) nor dependencies; where a job's `extra_data` is what `batchcast import`
//! writes there, they are taken from it.

mod document;
mod profiles;
#[cfg(test)]
mod tests;

use std::io::Read;

use serde_json::Value;

use crate::model::{Fate, FateKind, Row};
use crate::units::{NO_LIMIT_MIB, SimTime, Span};

use super::json_cells::{Cell, Entries, ObjectPart, Part, parse, read_document};
use super::tasks::{More, Task, Tasks};
use super::{Problem, Trace, TraceOptions};

use document::{Job, Root};
use profiles::Profiles;

/// Reads a workload, plain or gzip; `name` is what problems call it.
///
/// # Errors
/// Every problem, up to a hundred, and the number of the others.
pub fn read(reader: impl Read, name: &str, options: &TraceOptions) -> Result<Trace, Vec<Problem>> {
    let bytes = read_document(reader, name).map_err(|problem| vec![problem])?;
    let root: ObjectPart<'_, Root<'_>> = parse(&bytes, name).map_err(|problem| vec![problem])?;
    let mut tasks = Tasks::of(name, options);
    tasks.pointer = Some("/jobs");
    let mut size = None;
    match root {
        Part::Is(Entries(root)) => {
            match root.nb_res.at_least(1, u64::from(u32::MAX)) {
                Ok(count) => size = count.map(|count| count as u32),
                Err(message) => tasks.problems.add(0, "/nb_res", message),
            }
            jobs(&mut tasks, root);
        }
        _ => tasks
            .problems
            .add(0, "", "must be an object with `jobs` and `profiles`"),
    }
    let mut trace = tasks.finish()?;
    trace.machine_size = size;
    Ok(trace)
}

fn jobs(tasks: &mut Tasks<'_>, root: Root<'_>) {
    let mut profiles = match root.profiles {
        Part::Is(list) => Profiles::of(list),
        Part::Missing => {
            tasks
                .problems
                .add(0, "/profiles", "is missing: what jobs do");
            return;
        }
        Part::Other(other) => {
            let message = format!("is {}; must be an object of profiles", other.shown());
            tasks.problems.add(0, "/profiles", message);
            return;
        }
    };
    let list = match root.jobs {
        Part::Is(list) => list,
        _ => {
            tasks
                .problems
                .add(0, "/jobs", "is missing or no list; must be a list of jobs");
            return;
        }
    };
    for (place, part) in list.into_iter().enumerate() {
        let before = tasks.problems.count();
        match part {
            Part::Is(Entries(stated)) => job(tasks, &mut profiles, place as u64, &stated),
            Part::Missing => tasks.wrong(place as u64, "", "is null; must be a job, an object"),
            Part::Other(other) => {
                let message = format!("is {}; must be a job, an object", other.shown());
                tasks.wrong(place as u64, "", message);
            }
        }
        tasks.judge(before, place as u64);
    }
}

fn job(tasks: &mut Tasks<'_>, profiles: &mut Profiles<'_>, place: u64, stated: &Job<'_>) {
    let before = tasks.problems.count();
    let mut wrong = Vec::new();
    let mut keep = |field: &'static str, read: Result<Option<u64>, String>| {
        read.map_err(|message| wrong.push((field, message)))
            .unwrap_or_default()
    };
    let submit = keep("subtime", stated.subtime.milliseconds());
    let vcpus = keep("res", stated.res.at_least(1, u64::from(u32::MAX)));
    let limit = match &stated.walltime {
        // v4 writes -1 where there is none.
        Cell::Number(limit) if *limit == -1.0 => None,
        limit => keep("walltime", limit.milliseconds()),
    };
    let id = stated.id.text();
    for (field, is_there) in [
        ("id", matches!(id, Ok(Some(_)))),
        ("subtime", stated.subtime != Cell::Missing),
        ("res", stated.res != Cell::Missing),
    ] {
        if !is_there {
            wrong.push((field, "is missing; every job states it".to_owned()));
        }
    }
    let profile = match stated.profile.text() {
        Ok(Some(profile)) => profiles.run_of(&profile),
        _ => Err("is missing: the name of what the job does".to_owned()),
    };
    let profile = profile
        .map_err(|message| wrong.push(("profile", message)))
        .ok();
    for (field, message) in wrong {
        tasks.wrong(place, field, message);
    }
    let (Some(submit), Some(vcpus), Ok(Some(id)), Some(profile)) = (submit, vcpus, id, profile)
    else {
        return;
    };
    if tasks.problems.count() > before {
        return;
    }
    let source = tasks.ids.intern(&id);
    let work = Span::from_ms(profile.ms);
    let mut row = Row::plain(source, SimTime::ZERO, work, vcpus as u32);
    row.estimate = Span::from_ms(limit.unwrap_or(0));
    let mut task = Task::plain(place, u64::from(source), submit as i64, row);
    if profile.exit_code != 0 {
        task.more = Some(Box::new(More {
            fates: vec![Fate {
                exit_code: profile.exit_code,
                run: work,
                kind: FateKind::Exit,
            }],
            ..More::default()
        }));
    }
    if let Ok(Some(text)) = stated.extra_data.text()
        && let Ok(Value::Object(extra)) = serde_json::from_str(&text)
    {
        ours(tasks, &mut task, &extra);
    }
    if task.row.memory == 0 {
        tasks.repair("memory-missing", place);
    }
    tasks.push(task, profile.exit_code == 0);
}

/// Takes what `batchcast import` writes beside a job.
fn ours(tasks: &mut Tasks<'_>, task: &mut Task, extra: &serde_json::Map<String, Value>) {
    let number = |key: &str| {
        let number = extra.get(key).and_then(Value::as_u64);
        number.and_then(|number| u32::try_from(number).ok())
    };
    let text = |key: &str| {
        extra
            .get(key)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    };
    if let Some(memory) = number("memory_mib").filter(|mib| *mib < NO_LIMIT_MIB)
        && tasks.options.use_memory
    {
        task.row.memory = memory;
    }
    task.row.gpus = number("gpus").unwrap_or(0);
    if let Some(user) = text("user") {
        task.row.user = tasks.ids.intern(user);
    }
    if let Some(group) = text("group") {
        task.row.group = tasks.ids.intern(group);
    }
    if let Some(name) = text("job_name") {
        task.name = tasks.name(name);
    }
    if let Some(Value::Array(list)) = extra.get("depends_on") {
        let first = tasks.needs.len() as u32;
        for id in list.iter().filter_map(Value::as_str) {
            let key = u64::from(tasks.ids.intern(id));
            tasks.needs.push(key);
        }
        task.needs = first..tasks.needs.len() as u32;
    }
}
