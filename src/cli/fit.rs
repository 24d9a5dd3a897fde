//! `batchcast fit`: a model of a trace, as generators of a scenario.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::input::fit::{
    ClassBy, FitOptions, Fitted, FittedArrivals, FittedClass, PBy, fit_trace, generators_toml,
};
use crate::input::{TraceKind, TraceOptions};
use crate::report::{Json, Lost, milliseconds, whole};

use super::args::Common;
use super::failure::Failure;
use super::import::{TraceFile, write_new};
use super::load::short_name;
use super::output::{print, tell};
use super::pool;

/// What stands under the help of `fit`.
pub const NOTES: &str = "\
Examples:
  batchcast fit log.swf.gz                          which families its run times follow, and how far off each is
  batchcast fit log.swf.gz -o generators.toml       and the sections to put into a scenario
  batchcast fit jobs.csv --by vcpus                 small and large jobs each with families of their own
  batchcast fit jobs.csv --family empirical -o g.toml
                                                    draw between the run times that were measured, where no family is near

Each family is fitted by maximum likelihood. KS is the greatest difference between its distribution and the trace's: 0.02 is as
good as the trace for planning, at 0.1 a tenth of the jobs are elsewhere. A-D weighs the shortest and the longest more; the
family with the least is marked and written. p is how likely the family is as far from samples of its own, found by drawing such
samples (up to 2000 jobs) or from Kolmogorov's limit (~, then it is too great). Logs of 100,000 jobs are like no family exactly: look at KS.

Dispersion is how much submissions of an hour vary beyond what a Poisson process with the fitted rates would: at 1 they are independent,
at 20 they come in crowds, and generated queues will be too short.";

/// `batchcast fit`.
#[derive(Debug, Args)]
pub struct Fit {
    /// A trace of any kind, plain or gzip (`batchcast doctor` tells what is in it).
    pub file: PathBuf,
    /// Write `[[workload.generators]]` to this file.
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// What tells classes of jobs apart, each with a generator of its own.
    #[arg(long, value_enum, value_name = "WHAT", default_value_t)]
    pub by: By,
    /// The family that is written for every class, or empirical; the nearest of each where it is not given.
    #[arg(long, value_name = "NAME", value_parser = ["exponential", "logNormal", "gamma", "weibull", "hyperExponential", "empirical"])]
    pub family: Option<String>,
    /// The queue of generated jobs.
    #[arg(long, value_name = "NAME", default_value = "main")]
    pub queue: String,
    /// Samples drawn for each p.
    #[arg(long, value_name = "N", default_value = "99", value_parser = clap::value_parser!(u32).range(0..=10_000))]
    pub draws: u32,
    /// The seed of these draws.
    #[arg(long, value_name = "N", default_value = "1")]
    pub seed: u64,
    /// Keep only jobs that completed.
    #[arg(long)]
    pub completed_only: bool,
    /// Replace the file if it is there.
    #[arg(long, requires = "output")]
    pub force: bool,
}

/// What tells classes of jobs apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// Job names, where there are from 2 to 12.
    #[default]
    Name,
    /// vCPUs: 1, 2 to 7, 8 to 63, 64 and more.
    Vcpus,
    /// Queues.
    Queue,
    /// Nothing: one class.
    Nothing,
}

/// Fits what is asked for.
///
/// # Errors
/// Everything that is wrong with the trace, one without jobs, a file that cannot be used.
pub fn fit(asked: &Fit, common: &Common) -> Result<(), Failure> {
    let file = TraceFile::open(&asked.file)?;
    let options = TraceOptions {
        job_queue: pool::QUEUE.to_owned(),
        completed_only: asked.completed_only,
        ..TraceOptions::default()
    };
    let trace = file.read(&options)?.map_err(Failure::Problems)?;
    if trace.workload.rows.is_empty() {
        return Err(Failure::Absent(format!(
            "{}: has no jobs to fit",
            asked.file.display()
        )));
    }
    let fitted = fit_trace(
        &trace,
        &FitOptions {
            class_by: match asked.by {
                By::Name => ClassBy::Name,
                By::Vcpus => ClassBy::Vcpus,
                By::Queue => ClassBy::Queue,
                By::Nothing => ClassBy::Nothing,
            },
            draws: asked.draws,
            seed: asked.seed,
            family: asked.family.clone(),
        },
    );
    let name = short_name(&asked.file);
    if !common.quiet {
        let kind = file.kind.map_or("", TraceKind::name);
        print(&match common.json {
            true => json(&name, kind, &fitted),
            false => text(&name, kind, &fitted),
        })?;
    }
    let Some(output) = &asked.output else {
        return Ok(());
    };
    let sections = generators_toml(&fitted, &asked.queue, &name);
    write_new(output, asked.force, |out| {
        out.write_all(sections.as_bytes())?;
        Ok(Lost::default())
    })?;
    if !common.quiet {
        let count = fitted.classes.len();
        tell(&format!("{}: {count} generators\n", output.display()));
    }
    Ok(())
}

fn text(name: &str, kind: &str, fitted: &Fitted) -> String {
    let mut text = format!("{name}  {kind}\n");
    for class in &fitted.classes {
        text.push_str(&format!(
            "\n{}: {} jobs in {} submissions\n",
            class.name,
            whole(class.jobs),
            whole(class.submissions)
        ));
        text.push_str(&arrivals_text(&class.arrivals));
        text.push_str(&sizes_text(class));
        if class.zero_runs > 0 {
            text.push_str(&format!(
                "  Run time   {} jobs run for no time; no family has them\n",
                whole(class.zero_runs)
            ));
        }
        text.push_str(&families_text(class));
    }
    if fitted.dependencies > 0 {
        text.push_str(&format!(
            "\nnote: {} dependencies are not part of the model\n",
            whole(fitted.dependencies)
        ));
    }
    text
}

fn arrivals_text(arrivals: &FittedArrivals) -> String {
    let [rate, low, high] = arrivals.per_hour;
    if rate == 0.0 {
        return "  Arrivals   all at once\n".to_owned();
    }
    let follows = match arrivals.follows {
        [true, true] => ", by hour of the day and day of the week",
        [true, false] => ", by hour of the day",
        [false, true] => ", by day of the week",
        [false, false] => "",
    };
    let [first, last] = arrivals.span;
    format!(
        "  Arrivals   {} an hour ({} to {}){follows}, over {}; dispersion {}, KS {:.4}\n",
        figure(rate),
        figure(low),
        figure(high),
        milliseconds(u128::from(last - first)),
        figure(arrivals.dispersion),
        arrivals.ks
    )
}

/// Sizes shown as text; all are written.
const SIZES_SHOWN: usize = 4;

fn sizes_text(class: &FittedClass) -> String {
    let total: u64 = class.sizes.iter().map(|size| u64::from(size.weight)).sum();
    let shown = class.sizes.iter().take(SIZES_SHOWN).map(|size| {
        let memory = match size.memory {
            0 => String::new(),
            mib => format!(" {} MiB", whole(u64::from(mib))),
        };
        let gpus = match size.gpus {
            0 => String::new(),
            gpus => format!(" {gpus} GPUs"),
        };
        let part = f64::from(size.weight) / total as f64 * 100.0;
        format!("{} vCPUs{memory}{gpus} {part:.0} %", size.vcpus)
    });
    let shown: Vec<String> = shown.collect();
    let more = class.sizes.len().saturating_sub(SIZES_SHOWN);
    let more = match more {
        0 => String::new(),
        more => format!(", {more} more"),
    };
    let rare = match class.rare_sizes {
        0 => String::new(),
        rare => format!("; {} jobs of rarer sizes are left out", whole(rare)),
    };
    format!("  Sizes      {}{more}{rare}\n", shown.join(", "))
}

fn families_text(class: &FittedClass) -> String {
    if class.families.is_empty() {
        return "  Run time   too few different run times for a family; written as measured\n"
            .to_owned();
    }
    let mut text = format!(
        "    {:<17}{:>8}  {:>9}  {:>7}  parameters (95 % interval)\n",
        "family", "KS", "A-D", "p"
    );
    for (at, family) in class.families.iter().enumerate() {
        let mark = if class.best == Some(at) { '*' } else { ' ' };
        let about = match family.p_by {
            PBy::Bootstrap => ' ',
            PBy::Kolmogorov => '~',
        };
        let parameters = family.parameters.iter().map(|one| {
            let (value, low, high) = (figure(one.value), figure(one.low), figure(one.high));
            format!("{} {value} ({low} to {high})", one.name)
        });
        let parameters: Vec<String> = parameters.collect();
        text.push_str(&format!(
            "  {mark} {:<17}{:>8.4}  {:>9}  {about}{:>6.4}  {}\n",
            family.name,
            family.distance.ks,
            figure(family.distance.ad),
            family.p,
            parameters.join(", ")
        ));
    }
    if let Some(best) = class.best {
        let best = &class.families[best];
        let far = best.distance.ks * 100.0;
        text.push_str(&format!(
            "  * nearest; its distribution is at most {far:.1} % of the jobs off\n"
        ));
        if best.distance.ks > FAR {
            text.push_str("  No family is near: --family empirical draws as it was measured.\n");
        }
    }
    text
}

/// From this distance on a family is not near.
const FAR: f64 = 0.1;

/// Three or more figures of a number.
fn figure(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        1.0.. => format!("{value:.2}"),
        0.01.. => format!("{value:.3}"),
        _ => format!("{value:.2e}"),
    }
}

fn json(name: &str, kind: &str, fitted: &Fitted) -> String {
    Json::document(|json| {
        json.text("file", name);
        json.text("kind", kind);
        json.whole("dependencies", fitted.dependencies);
        json.array("classes", |json| {
            for class in &fitted.classes {
                json.element(|json| class_json(json, class));
            }
        });
    })
}

fn class_json(json: &mut Json, class: &FittedClass) {
    json.text("name", &class.name);
    for (key, count) in [
        ("jobs", class.jobs),
        ("submissions", class.submissions),
        ("zero_runs", class.zero_runs),
        ("failing", class.failing),
        ("rare_sizes", class.rare_sizes),
    ] {
        json.whole(key, count);
    }
    json.object("arrivals", |json| {
        let [rate, low, high] = class.arrivals.per_hour;
        json.number("per_hour", rate);
        json.number("per_hour_low", low);
        json.number("per_hour_high", high);
        json.flag("by_hour_of_day", class.arrivals.follows[0]);
        json.flag("by_day_of_week", class.arrivals.follows[1]);
        json.number("ks", class.arrivals.ks);
        json.number("dispersion", class.arrivals.dispersion);
    });
    json.array("sizes", |json| {
        for size in &class.sizes {
            json.element(|json| {
                json.whole("vcpus", size.vcpus.into());
                json.whole("memory_mib", size.memory.into());
                json.whole("gpus", size.gpus.into());
                json.whole("weight", size.weight.into());
            });
        }
    });
    match class.best {
        Some(at) => json.text("best", class.families[at].name),
        None => json.null("best"),
    }
    json.array("families", |json| {
        for family in &class.families {
            json.element(|json| {
                json.text("name", family.name);
                json.number("ks", family.distance.ks);
                json.number("ad", family.distance.ad);
                json.number("p", family.p);
                json.text(
                    "p_by",
                    match family.p_by {
                        PBy::Bootstrap => "bootstrap",
                        PBy::Kolmogorov => "kolmogorov",
                    },
                );
                json.array("parameters", |json| {
                    for one in &family.parameters {
                        json.element(|json| {
                            json.text("name", one.name);
                            json.number("value", one.value);
                            json.number("low", one.low);
                            json.number("high", one.high);
                        });
                    }
                });
            });
        }
    });
}
