//! `batchcast doctor`: what a trace is like and what is wrong with it.

use crate::input::doctor::{self, Checkup, Finding, Quantiles, Shape};
use crate::input::{Problem, Trace, TraceKind, TraceOptions};
use crate::report::{Json, milliseconds, whole, write_trace_csv};

use super::args::Common;
use super::failure::Failure;
use super::import::{TraceFile, write_new};
use super::load::short_name;
use super::output::{print, tell};
use super::pool;
use super::trace_args::Doctor;

/// Problems shown as text; all are in JSON.
const PROBLEMS_SHOWN: usize = 10;

/// Examines the trace that is asked for, and repairs it.
///
/// # Errors
/// What is no trace, a trace of which nothing can be read, one with errors, or a file that cannot be used.
pub fn doctor(asked: &Doctor, common: &Common) -> Result<(), Failure> {
    let file = TraceFile::open(&asked.file)?;
    let options = TraceOptions {
        job_queue: pool::QUEUE.to_owned(),
        ..TraceOptions::default()
    };
    if file.kind.is_none() {
        let refused = file.read(&options)?;
        return Err(Failure::Problems(refused.err().unwrap_or_default()));
    }
    // A file that could be opened once and now cannot is a failure of its own.
    let mut failure = None;
    let read = |options: &TraceOptions| -> Result<Trace, Vec<Problem>> {
        file.read(options).unwrap_or_else(|error| {
            failure = Some(error);
            Err(Vec::new())
        })
    };
    let mut checkup = doctor::examine(read, &options);
    if let Some(failure) = failure {
        return Err(failure);
    }
    let name = short_name(&asked.file);
    if !common.quiet {
        let kind = file.kind.map_or("", TraceKind::name);
        print(&match common.json {
            true => json(&name, kind, &checkup),
            false => text(&name, kind, &checkup),
        })?;
    }
    let Some(trace) = &mut checkup.trace else {
        return Err(Failure::Problems(checkup.problems));
    };
    let Some(output) = &asked.output else {
        return match checkup.has_errors() {
            true => Err(Failure::Absent(format!(
                "{}: has errors; --fix -o FILE repairs what can be",
                asked.file.display()
            ))),
            false => Ok(()),
        };
    };
    doctor::assume(&mut trace.workload, &asked.assume);
    let lost = write_new(output, asked.force, |out| {
        write_trace_csv(&trace.workload, pool::QUEUE, out)
    })?;
    if !common.quiet {
        for note in lost.notes() {
            tell(&format!("note: {note}\n"));
        }
        let count = trace.workload.rows.len();
        tell(&format!("{}: {count} jobs\n", output.display()));
    }
    Ok(())
}

fn text(name: &str, kind: &str, checkup: &Checkup) -> String {
    let mut text = format!("{name}  {kind}\n");
    if let Some(shape) = &checkup.shape {
        text.push('\n');
        for (label, value) in lines(shape) {
            text.push_str(&format!("  {label:<14}{value}\n"));
        }
    }
    text.push('\n');
    if checkup.findings.is_empty() {
        text.push_str("Nothing is wrong with it.\n");
    }
    for finding in &checkup.findings {
        text.push_str(&finding_text(finding));
    }
    if !checkup.problems.is_empty() {
        text.push_str("\nWhy it cannot be read as it stands:\n");
        for problem in checkup.problems.iter().take(PROBLEMS_SHOWN) {
            text.push_str(&format!("  {problem}\n"));
        }
        if let more @ 1.. = checkup.problems.len().saturating_sub(PROBLEMS_SHOWN) {
            text.push_str(&format!("  and {more} more (--json lists them)\n"));
        }
    }
    if let Some(trace) = &checkup.trace {
        for note in &trace.notes {
            text.push_str(&format!("note: {note}\n"));
        }
    }
    text
}

fn finding_text(finding: &Finding) -> String {
    let first = match finding.first.is_empty() {
        true => String::new(),
        false => format!(" (first: {})", finding.first.join(", ")),
    };
    let grade = finding.grade.name();
    let count = whole(finding.count);
    format!(
        "{grade:<8} {} {count}{first}\n         {}\n",
        finding.rule, finding.says
    )
}

/// The figures of a shape with their labels; what a trace has nothing of is left out.
fn lines(shape: &Shape) -> Vec<(&'static str, String)> {
    let ms = |ms: u64| milliseconds(u128::from(ms));
    let times = |figures: &Quantiles| quantiles(figures, &ms);
    let numbers = |figures: &Quantiles| quantiles(figures, &whole);
    let arrays = match shape.arrays {
        0 => String::new(),
        arrays => format!(
            " in {} submissions, of which {} arrays",
            whole(shape.submissions),
            whole(arrays)
        ),
    };
    let mut lines = vec![
        ("Jobs", format!("{}{arrays}", whole(shape.jobs))),
        (
            "Span",
            format!("{} from the first submission to the last", ms(shape.span)),
        ),
        ("Between them", times(&shape.gaps)),
        (
            "Busiest hour",
            format!("{} submissions", whole(shape.busiest_hour)),
        ),
        ("Run time", times(&shape.runs)),
        ("vCPUs", numbers(&shape.vcpus)),
        ("Work", format!("{} vCPU-hours", hours(shape.work))),
    ];
    if shape.with_memory > 0 {
        let stated = format!(
            "{}, of {} jobs",
            numbers(&shape.memory),
            whole(shape.with_memory)
        );
        lines.push(("MiB", stated));
    }
    if shape.with_gpus > 0 {
        lines.push(("GPUs", format!("{} jobs", whole(shape.with_gpus))));
    }
    if shape.failing > 0 {
        lines.push(("Failing", format!("{} jobs", whole(shape.failing))));
    }
    if shape.dependencies > 0 {
        lines.push((
            "Dependencies",
            format!(
                "{}, at most {} of one job; {} deep, {} wide, critical path {}",
                whole(shape.dependencies),
                whole(shape.most_dependencies),
                whole(shape.depth),
                whole(shape.width),
                ms(shape.critical_path)
            ),
        ));
    }
    let origins = [
        (shape.users, "users"),
        (shape.groups, "groups"),
        (shape.names, "job names"),
        (shape.queues, "queues"),
    ];
    let told: Vec<String> = origins
        .iter()
        .filter(|(count, _)| *count > 1)
        .map(|(count, what)| format!("{} {what}", whole(*count)))
        .collect();
    if !told.is_empty() {
        lines.push(("Told apart", told.join(", ")));
    }
    lines
}

fn quantiles(figures: &Quantiles, show: &dyn Fn(u64) -> String) -> String {
    format!(
        "{} to {}; p10 {}, median {}, p90 {}, p99 {}",
        show(figures.min),
        show(figures.max),
        show(figures.p10),
        show(figures.p50),
        show(figures.p90),
        show(figures.p99)
    )
}

/// Whole hours of milliseconds, one decimal below a hundred.
fn hours(ms: u128) -> String {
    let tenths = (ms + 180_000) / 360_000;
    match u64::try_from(tenths / 10) {
        Ok(hours @ 0..100) => format!("{hours}.{}", tenths % 10),
        Ok(hours) => whole(hours),
        Err(_) => (tenths / 10).to_string(),
    }
}

fn json(name: &str, kind: &str, checkup: &Checkup) -> String {
    Json::document(|json| {
        json.text("file", name);
        json.text("kind", kind);
        json.flag("has_errors", checkup.has_errors());
        if let Some(shape) = &checkup.shape {
            json.object("shape", |json| shape_json(json, shape));
        }
        json.array("findings", |json| {
            for finding in &checkup.findings {
                json.element(|json| finding_json(json, finding));
            }
        });
        json.array("problems", |json| {
            for problem in &checkup.problems {
                json.element_text(&problem.to_string());
            }
        });
        json.array("notes", |json| {
            for note in checkup.trace.iter().flat_map(|trace| &trace.notes) {
                json.element_text(note);
            }
        });
    })
}

fn finding_json(json: &mut Json, finding: &Finding) {
    json.text("rule", finding.rule);
    json.text("severity", finding.grade.name());
    json.whole("count", finding.count);
    json.array("first", |json| {
        for place in &finding.first {
            json.element_text(place);
        }
    });
    json.text("says", &finding.says);
}

fn shape_json(json: &mut Json, shape: &Shape) {
    for (key, count) in [
        ("jobs", shape.jobs),
        ("submissions", shape.submissions),
        ("arrays", shape.arrays),
        ("span_ms", shape.span),
        ("busiest_hour", shape.busiest_hour),
        ("with_memory", shape.with_memory),
        ("with_gpus", shape.with_gpus),
        ("failing", shape.failing),
        ("users", shape.users),
        ("groups", shape.groups),
        ("job_names", shape.names),
        ("queues", shape.queues),
        ("dependencies", shape.dependencies),
        ("most_dependencies", shape.most_dependencies),
        ("depth", shape.depth),
        ("width", shape.width),
        ("critical_path_ms", shape.critical_path),
    ] {
        json.whole(key, count);
    }
    json.text("vcpu_hours", &hours(shape.work));
    for (key, figures) in [
        ("gap_ms", &shape.gaps),
        ("run_ms", &shape.runs),
        ("vcpus", &shape.vcpus),
        ("memory_mib", &shape.memory),
    ] {
        json.object(key, |json| {
            for (key, figure) in [
                ("min", figures.min),
                ("p10", figures.p10),
                ("p50", figures.p50),
                ("p90", figures.p90),
                ("p99", figures.p99),
                ("max", figures.max),
            ] {
                json.whole(key, figure);
            }
        });
    }
}
