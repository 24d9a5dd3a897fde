//! `batchcast run`: read, simulate, write.

use std::fs::File;

use crate::explain::Fault;
use crate::metrics::bounds::jobs_of;
use crate::metrics::{Recorder, RowSink, Summary, Timeline};
use crate::picture::{self, Glyphs};
use crate::plan;
use crate::report::{
    Manifest, Table, Tables, manifest_json, summary_json, summary_text, timeline_csv,
};
use crate::sim::{Outcome, Simulation};
use crate::units::SimTime;

use super::args::{Common, Run};
use super::failure::Failure;
use super::folder::RunFolder;
use super::load::{self, Input};
use super::output::{print, style, tell, terminal};
use super::progress::Watched;
use super::study;
use super::tornado;
use super::tune;

/// Does the run, and writes what it gives.
///
/// # Errors
/// Everything that is wrong with the input, or an output that cannot be written.
pub fn run(run: &Run, common: &Common) -> Result<(), Failure> {
    if run.tornado {
        return tornado::tornado(run, common, style());
    }
    if let Some(name) = &run.tune_checkpoint {
        return tune::tune(run, name, common, style());
    }
    if run.steady {
        return study::steady(run, common);
    }
    if run.study.is_asked() {
        return study::replicate(run, common);
    }
    if let Some(option) = run.study.idle_option() {
        return Err(Failure::Usage(format!(
            "{option}: a single run has no interval; give --replications N or --precision PART too"
        )));
    }
    let input = read(run)?;
    super::remember_seed(input.loaded.seed);
    if !common.quiet {
        for note in &input.loaded.notes {
            tell(&format!("note: {note}\n"));
        }
    }
    let folder = match &run.output {
        Some(target) => Some(RunFolder::create(target, run.force, &input.path)?),
        None => None,
    };
    let (summary, timeline) = match folder {
        None => {
            let (summary, (), timeline) = simulate(&input, (), run.plot, run, common);
            (summary, timeline)
        }
        Some(folder) => into_folder(&input, folder, run, common)?,
    };
    if let Some(target) = run.output.as_deref().filter(|_| run.report) {
        super::report::write(target, target, false, common)?;
    }
    if common.json {
        print(&summary_json(&summary))
    } else if common.quiet {
        Ok(())
    } else {
        print(&summary_text(&summary, style()))?;
        match timeline.filter(|_| run.plot) {
            Some(timeline) => print(&format!("\n{}", plot(&timeline)?)),
            None => Ok(()),
        }
    }
}

/// The course of the run as this terminal can show it.
fn plot(timeline: &Timeline) -> Result<String, Failure> {
    let (width, is_unicode) = terminal();
    let glyphs = match is_unicode {
        true => Glyphs::Blocks,
        false => Glyphs::Ascii,
    };
    let drawn = picture::curve(&timeline_csv(timeline), width, glyphs);
    drawn.map_err(|Fault(why)| Failure::Usage(why))
}

/// Reads what `run` names.
///
/// # Errors
/// Everything that is wrong with it.
pub fn read(run: &Run) -> Result<Input, Failure> {
    let mut input = match (&run.trace, run.pool, &run.scenario) {
        (Some(trace), Some(vcpus), _) => load::trace_on_pool(run, trace, vcpus)?,
        (_, _, Some(scenario)) => match &run.from_now {
            None => load::scenario(scenario, &run.set, run.seed)?,
            Some(live) => load::scenario_from_now(scenario, &run.set, run.seed, live)?,
        },
        _ => {
            return Err(Failure::Usage(
                "name a scenario, or a trace and a pool".to_owned(),
            ));
        }
    };
    if let Some(until) = run.until {
        input.loaded.scenario.until = Some(SimTime::ZERO + until);
        input.loaded.effective["until"] = format!("{until}s").into();
    }
    Ok(input)
}

/// The run with `sink` for its rows.
fn simulate<S: RowSink + Send>(
    input: &Input,
    sink: S,
    timeline: bool,
    run: &Run,
    common: &Common,
) -> (Summary, S, Option<Timeline>) {
    let scenario = &input.loaded.scenario;
    let workload = &scenario.workload;
    let jobs = match workload.extras.is_empty() {
        true => workload.rows.len() as u64,
        false => {
            let rows = workload.rows.iter();
            rows.map(|row| u64::from(jobs_of(workload, row))).sum()
        }
    };
    let recorder = Recorder::new(workload, sink, timeline);
    let watched = Watched::new(recorder, jobs, common.quiet, run.debug_bug_after);
    let made = || {
        let outcome = Simulation::new(scenario, input.loaded.seed, watched).run();
        let outcome = Outcome {
            observer: outcome.observer.into_inner(),
            digest: outcome.digest,
            end: outcome.end,
            events: outcome.events,
            estimates_raised: outcome.estimates_raised,
            quotas: outcome.quotas,
        };
        let ignored = input.loaded.ignored.clone();
        plan::finish(scenario, input.loaded.seed, ignored, outcome)
    };
    plan::with_head_of_line(scenario, input.loaded.seed, made, |(summary, _, _)| summary)
}

/// The run with its tables, which stream into `folder`.
fn into_folder(
    input: &Input,
    mut folder: RunFolder,
    run: &Run,
    common: &Common,
) -> Result<(Summary, Option<Timeline>), Failure> {
    let wanted = &run.tables.0;
    let scenario = &input.loaded.scenario;
    let mut stream = |table: Table| -> Result<Option<File>, Failure> {
        let is_wanted = wanted.contains(&table);
        is_wanted.then(|| folder.file(table.file())).transpose()
    };
    let (jobs, attempts) = (stream(Table::Jobs)?, stream(Table::Attempts)?);
    let tables = Tables::new(&scenario.workload, wanted, jobs, attempts);
    let has_timeline = run.plot || wanted.contains(&Table::Timeline);
    let (summary, tables, timeline) = simulate(input, tables, has_timeline, run, common);
    let finished = tables
        .finish(
            wanted,
            timeline
                .as_ref()
                .filter(|_| wanted.contains(&Table::Timeline)),
            &scenario.world.catalogue,
            &summary.lines,
        )
        .map_err(|(name, error)| folder.failure(name, error))?;
    for (name, bytes) in finished {
        folder.write(name, &bytes)?;
    }
    folder.write("summary.json", summary_json(&summary).as_bytes())?;
    folder.write("scenario.json", effective(input).as_bytes())?;
    let manifest = manifest_json(&Manifest {
        scenario: &summary.scenario,
        seed: summary.seed,
        digest: summary.digest,
        events: summary.events,
        command: command_line(run),
        inputs: input.files.clone(),
        notes: &input.loaded.notes,
        assumptions: &summary.assumptions,
        profile: summary.profile.name(),
        files: folder.files(),
    });
    folder.write("manifest.json", manifest.as_bytes())?;
    let files = folder.files();
    let place = run
        .output
        .as_deref()
        .unwrap_or(std::path::Path::new(""))
        .display()
        .to_string();
    folder.commit()?;
    if !common.quiet {
        tell(&format!("wrote {place}: {}\n", files.join(", ")));
    }
    Ok((summary, timeline))
}

/// The scenario as it held, with all defaults: a scenario file again.
fn effective(input: &Input) -> String {
    format!("{:#}\n", input.loaded.effective)
}

/// The command that makes this run again, without where it was written to and without folders before input files.
fn command_line(run: &Run) -> Vec<String> {
    let mut words = vec!["batchcast".to_owned(), "run".to_owned()];
    let mut option = |name: &str, value: &dyn std::fmt::Display| {
        words.push(name.to_owned());
        words.push(value.to_string());
    };
    if let Some(trace) = &run.trace {
        option("--trace", &load::short_name(trace));
    }
    if let Some(vcpus) = run.pool {
        option("--pool", &vcpus);
    }
    for (name, value) in [
        ("--order", &run.order),
        ("--discipline", &run.discipline),
        ("--share-by", &run.reading.share_by),
    ] {
        if let Some(value) = value {
            option(name, value);
        }
    }
    if let Some(closed) = run.reading.closed_loop {
        option("--closed-loop", &closed);
    }
    for (key, value) in &run.set {
        option("--set", &format!("{key}={value}"));
    }
    if let Some(live) = &run.from_now {
        option("--from-now", &load::short_name(live));
    }
    if let Some(until) = run.until {
        option("--until", &format!("{until}s"));
    }
    if let Some(seed) = run.seed {
        option("--seed", &seed);
    }
    for (name, given) in [
        ("--drop-zero-run", run.reading.drop_zero_run),
        ("--completed-only", run.reading.completed_only),
    ] {
        if given {
            words.push(name.to_owned());
        }
    }
    if let Some(scenario) = &run.scenario {
        words.push(load::short_name(scenario));
    }
    words
}
