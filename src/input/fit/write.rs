//! A fitted trace as `[[workload.generators]]` of a scenario.

use std::fmt::Write;

use crate::input::generate::{Arrivals, Family};

use super::{Fitted, FittedClass};

/// The sections, with comments that say what they rest on; `queue` is the queue of their jobs, `source` what was fitted.
pub fn generators_toml(fitted: &Fitted, queue: &str, source: &str) -> String {
    let mut out = format!(
        "# Fitted by batchcast {} to {}. Put these sections into a scenario that has a queue called {queue}.\n",
        env!("CARGO_PKG_VERSION"),
        one_line(source),
    );
    match fitted.start_epoch_ms.map(jiff::Timestamp::from_millisecond) {
        Some(Ok(start)) => {
            out.push_str("# Hours and days are those of UTC; the trace begins with the scenario's\n");
            let _ = writeln!(out, "# start = \"{start}\"");
        }
        _ => out.push_str("# The trace does not say when it began: hours and days count from a Thursday, 00:00, as in 1970.\n"),
    }
    if fitted.dependencies > 0 {
        let _ = writeln!(
            out,
            "# Its {} dependencies are lost: generated jobs depend on nothing.",
            fitted.dependencies
        );
    }
    for class in &fitted.classes {
        class_toml(&mut out, class, fitted.family.as_deref(), queue);
    }
    out
}

fn class_toml(out: &mut String, class: &FittedClass, family: Option<&str>, queue: &str) {
    // Writing to a text cannot fail.
    let _ = write!(
        out,
        "\n[[workload.generators]]\nname = \"{}\"\njobQueue = \"{}\"\n",
        class.name,
        one_line(queue)
    );
    let [first, last] = class.arrivals.span;
    if first > 0 {
        let _ = writeln!(out, "from = \"{}\"", seconds(first as f64 / 1000.0));
    }
    match &class.arrivals.arrivals {
        Arrivals::Poisson { rate_per_hour } => {
            let _ = writeln!(out, "until = \"{}\"", seconds((last + 1) as f64 / 1000.0));
            let _ = writeln!(
                out,
                "arrivals = {{ kind = \"poisson\", perHour = {} }}",
                figure(*rate_per_hour)
            );
        }
        Arrivals::Weekly(weekly) => {
            let _ = writeln!(out, "until = \"{}\"", seconds((last + 1) as f64 / 1000.0));
            let _ = write!(
                out,
                "arrivals = {{ kind = \"weekly\", perHour = {}",
                figure(weekly.rate_per_hour)
            );
            for (key, follows, rates) in [
                ("hourOfDay", class.arrivals.follows[0], &weekly.hours[..]),
                ("dayOfWeek", class.arrivals.follows[1], &weekly.days[..]),
            ] {
                if follows {
                    let _ = write!(out, ", {key} = [{}]", list(rates));
                }
            }
            out.push_str(" }\n");
        }
        _ => {
            let _ = writeln!(out, "count = {}", class.submissions);
            out.push_str("arrivals = { kind = \"atOnce\" }\n");
        }
    }
    run_toml(out, class, family);
    let sizes = class.sizes.iter().map(|size| {
        let mut text = format!("  {{ vcpus = {}", size.vcpus);
        if size.memory > 0 {
            let _ = write!(text, ", memoryMiB = {}", size.memory);
        }
        if size.gpus > 0 {
            let _ = write!(text, ", gpus = {}", size.gpus);
        }
        let _ = writeln!(text, ", weight = {} }},", size.weight);
        text
    });
    let _ = writeln!(out, "sizes = [\n{}]", sizes.collect::<String>());
    if class.arrays.iter().any(|(size, _)| *size > 0) {
        let arrays = class.arrays.iter();
        let arrays: Vec<String> = arrays
            .map(|(size, weight)| format!("{{ value = {size}, weight = {weight} }}"))
            .collect();
        let _ = writeln!(out, "arraySize = [{}]", arrays.join(", "));
    }
    if class.failing > 0 {
        let part = class.failing as f64 / class.jobs as f64;
        let _ = writeln!(out, "failure = {{ probability = {} }}", figure(part));
    }
}

/// `run`: the family that is asked for, else the nearest, held by the longest run there was; quantiles where none could be fitted.
fn run_toml(out: &mut String, class: &FittedClass, family: Option<&str>) {
    let named = family.and_then(|name| class.families.iter().find(|one| one.name == name));
    let best = class.best.map(|at| &class.families[at]);
    let chosen = match family {
        Some("empirical") => None,
        _ => named.or(best),
    };
    let Some(chosen) = chosen else {
        let quantiles = match class.longest > 0.0 {
            true => &class.quantiles[..],
            false => &[0.0, 0.0],
        };
        let quantiles: Vec<String> = quantiles
            .iter()
            .map(|one| format!("\"{}\"", seconds(*one)))
            .collect();
        let _ = writeln!(
            out,
            "run = {{ kind = \"empirical\", quantiles = [{}] }}",
            quantiles.join(", ")
        );
        return;
    };
    let parameters: Vec<String> = (chosen.parameters.iter())
        .map(|one| match is_number(&chosen.family, one.name) {
            true => format!("{} = {}", one.name, figure(one.value)),
            false => format!("{} = \"{}\"", one.name, seconds(one.value.max(0.001))),
        })
        .collect();
    let _ = writeln!(
        out,
        "# Kolmogorov-Smirnov distance {:.4}, no run longer than the longest there was.\nrun = {{ kind = \"{}\", {}, most = \"{}\" }}",
        chosen.distance.ks,
        chosen.name,
        parameters.join(", "),
        seconds(class.longest),
    );
}

/// Whether a parameter is a number rather than a time.
fn is_number(family: &Family, name: &str) -> bool {
    matches!(name, "sigma" | "shape" | "part") && !matches!(family, Family::Constant { .. })
}

/// Seconds to the millisecond.
fn seconds(value: f64) -> String {
    format!("{value:.3}s")
}

/// A number that a scenario reads again, to six figures.
fn figure(value: f64) -> String {
    let rounded: f64 = format!("{value:.5e}").parse().unwrap_or(value);
    format!("{rounded:?}")
}

fn list(rates: &[f64]) -> String {
    let rates = rates
        .iter()
        .map(|rate| figure((rate * 1000.0).round() / 1000.0));
    rates.collect::<Vec<String>>().join(", ")
}

/// Text without what would end a comment or a string.
fn one_line(text: &str) -> String {
    text.replace(
        |letter: char| letter.is_control() || letter == '"' || letter == '\\',
        "_",
    )
}
