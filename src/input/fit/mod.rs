//! A model of a trace: families fitted to its run times, its arrivals and its sizes, as generators of a scenario.

mod arrivals;
mod families;
mod goodness;
mod sample;
mod special;
mod write;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::engine::Streams;
use crate::input::Trace;
use crate::input::generate::{Family, Size};
use crate::model::{Row, Workload};

pub use arrivals::{FittedArrivals, fit_arrivals};
pub use families::{FAMILIES, Parameter};
pub use goodness::{Distance, PBy};
pub use sample::Sample;
pub use write::generators_toml;

/// What tells classes of jobs apart, each with a generator of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClassBy {
    /// Nothing: one class.
    Nothing,
    /// Job names, where there are from 2 to 12; else nothing.
    #[default]
    Name,
    /// vCPUs: 1, 2 to 7, 8 to 63, 64 and more.
    Vcpus,
    /// Queues.
    Queue,
}

/// How a trace is fitted.
#[derive(Clone, Debug, PartialEq)]
pub struct FitOptions {
    /// What tells classes apart.
    pub class_by: ClassBy,
    /// Samples drawn for each p of a class of up to 2000 jobs; Kolmogorov's limit where 0.
    pub draws: u32,
    /// The seed of these draws.
    pub seed: u64,
    /// The family that is written for all classes; the nearest of each where absent.
    pub family: Option<String>,
}

impl Default for FitOptions {
    fn default() -> Self {
        FitOptions {
            class_by: ClassBy::Name,
            draws: 99,
            seed: 1,
            family: None,
        }
    }
}

/// A family fitted to the run times of a class.
#[derive(Clone, Debug, PartialEq)]
pub struct FittedFamily {
    /// Its name, as a scenario spells it.
    pub name: &'static str,
    /// What a generator draws from.
    pub family: Family,
    /// Its parameters with their intervals.
    pub parameters: Vec<Parameter>,
    /// How far the run times are from it.
    pub distance: Distance,
    /// How likely it is as far from its own samples.
    pub p: f64,
    /// How that was found.
    pub p_by: PBy,
}

/// A class of jobs as it was fitted.
#[derive(Clone, Debug, PartialEq)]
pub struct FittedClass {
    /// Its name: one that a generator can have.
    pub name: String,
    /// Submissions.
    pub submissions: u64,
    /// Jobs, children of arrays one by one.
    pub jobs: u64,
    /// Jobs that run for no time; no family has them.
    pub zero_runs: u64,
    /// Jobs whose last stated attempt fails.
    pub failing: u64,
    /// When they are submitted.
    pub arrivals: FittedArrivals,
    /// What they ask for, the most frequent first.
    pub sizes: Vec<Size>,
    /// Submissions of rarer sizes, which are left out of `sizes`.
    pub rare_sizes: u64,
    /// Sizes of arrays, 0 for plain jobs, with how often.
    pub arrays: Vec<(u32, u32)>,
    /// The families, in the order of [`FAMILIES`]; those that could not be fitted are missing.
    pub families: Vec<FittedFamily>,
    /// Which of `families` is nearest by Anderson and Darling, which weighs short and long runs.
    pub best: Option<usize>,
    /// Quantiles of the run times above zero.
    pub quantiles: Vec<f64>,
    /// The longest run time, in seconds.
    pub longest: f64,
}

/// A trace as it was fitted.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitted {
    /// Milliseconds since 1970 at its zero, where it says.
    pub start_epoch_ms: Option<i64>,
    /// Its classes, the largest first.
    pub classes: Vec<FittedClass>,
    /// The family that is written, see [`FitOptions::family`].
    pub family: Option<String>,
    /// Dependencies, which no generator draws.
    pub dependencies: u64,
}

/// Quantiles that are kept of run times: steps between them.
const QUANTILE_STEPS: usize = 200;
/// Most sizes of a class.
const SIZES_MAX: usize = 100;
/// Most job names that are classes.
const NAMES_MAX: usize = 12;
/// Greatest weight of a generator.
const WEIGHT_MAX: u64 = 1_000_000;

/// Fits a trace.
pub fn fit_trace(trace: &Trace, options: &FitOptions) -> Fitted {
    let workload = &trace.workload;
    let mut rows: BTreeMap<String, Vec<&Row>> = BTreeMap::new();
    let by = class_by(workload, options.class_by);
    for row in &workload.rows {
        rows.entry(class_of(workload, row, by))
            .or_default()
            .push(row);
    }
    let epoch = trace.start_epoch_ms.unwrap_or(0);
    let mut classes: Vec<FittedClass> = rows
        .into_iter()
        .map(|(name, rows)| fit_class(workload, &name, &rows, epoch, options))
        .collect();
    classes.sort_by(|one, other| {
        other
            .jobs
            .cmp(&one.jobs)
            .then_with(|| one.name.cmp(&other.name))
    });
    different_names(&mut classes);
    Fitted {
        start_epoch_ms: trace.start_epoch_ms,
        classes,
        family: options.family.clone(),
        dependencies: workload.dependencies.len() as u64,
    }
}

/// Names only where there are few.
fn class_by(workload: &Workload, by: ClassBy) -> ClassBy {
    let mut names: Vec<&str> = (workload.templates.iter())
        .map(|template| &*template.job_name)
        .collect();
    names.sort_unstable();
    names.dedup();
    match by {
        ClassBy::Name if !(2..=NAMES_MAX).contains(&names.len()) => ClassBy::Nothing,
        by => by,
    }
}

fn class_of(workload: &Workload, row: &Row, by: ClassBy) -> String {
    let template = &workload.templates[row.template as usize];
    match by {
        ClassBy::Nothing => "all".to_owned(),
        ClassBy::Name => template.job_name.clone(),
        ClassBy::Queue => template.job_queue.clone(),
        ClassBy::Vcpus => match row.vcpus {
            0..=1 => "vcpus-1",
            2..=7 => "vcpus-2-to-7",
            8..=63 => "vcpus-8-to-63",
            _ => "vcpus-64-and-more",
        }
        .to_owned(),
    }
}

/// Names that generators can have, each different from all before.
fn different_names(classes: &mut [FittedClass]) {
    let mut seen = Vec::new();
    for class in classes {
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
        let plain: String = (class.name.chars())
            .map(|letter| if is_plain(letter) { letter } else { '-' })
            .take(100)
            .collect();
        let plain = match plain.starts_with(|first: char| first.is_ascii_alphanumeric()) {
            true => plain,
            false => format!("c{plain}"),
        };
        let mut name = plain.clone();
        let mut turn = 2;
        while seen.contains(&name) {
            name = format!("{plain}-{turn}");
            turn += 1;
        }
        seen.push(name.clone());
        class.name = name;
    }
}

fn fit_class(
    workload: &Workload,
    name: &str,
    rows: &[&Row],
    epoch: i64,
    options: &FitOptions,
) -> FittedClass {
    let (mut runs, mut failing) = (Vec::with_capacity(rows.len()), 0);
    let mut sizes: BTreeMap<(u32, u32, u32), u64> = BTreeMap::new();
    let mut arrays: BTreeMap<u32, u64> = BTreeMap::new();
    for &row in rows {
        let array = workload.extra(row).map_or(0, |extra| extra.array);
        let children = (0..array).map(Some).chain((array == 0).then_some(None));
        for child in children {
            runs.push(workload.work(row, child).ms() as f64 / 1000.0);
            let last = workload.fates_of(row, child).last();
            failing += u64::from(last.is_some_and(|fate| fate.exit_code != 0));
        }
        *sizes
            .entry((row.vcpus.max(1), row.memory, row.gpus))
            .or_default() += 1;
        *arrays.entry(array).or_default() += 1;
    }
    let jobs = runs.len() as u64;
    let sample = Sample::of(runs);
    let families: Vec<FittedFamily> = FAMILIES
        .into_iter()
        .filter_map(|family| fit_family(family, name, &sample, options))
        .collect();
    let nearest = families.iter().enumerate().min_by(|(_, one), (_, other)| {
        let far = |one: &FittedFamily| (one.distance.ad, one.distance.ks);
        far(one)
            .partial_cmp(&far(other))
            .unwrap_or(std::cmp::Ordering::Equal)
    });
    let best = nearest.map(|(at, _)| at);
    // Rows are in order of submission.
    let moments: Vec<u64> = rows.iter().map(|row| row.submit.ms()).collect();
    let mut sizes: Vec<((u32, u32, u32), u64)> = sizes.into_iter().collect();
    sizes.sort_by_key(|(size, times)| (std::cmp::Reverse(*times), *size));
    let rare = sizes.iter().skip(SIZES_MAX).map(|(_, times)| times).sum();
    let most = sizes.first().map_or(0, |(_, times)| *times);
    let sizes = sizes.iter().take(SIZES_MAX);
    let sizes = sizes.map(|((vcpus, memory, gpus), times)| Size {
        vcpus: *vcpus,
        memory: *memory,
        gpus: *gpus,
        weight: weight(*times, most),
    });
    let most_arrays = arrays.values().copied().max().unwrap_or(0);
    FittedClass {
        name: name.to_owned(),
        submissions: rows.len() as u64,
        jobs,
        zero_runs: jobs - sample.count as u64,
        failing,
        arrivals: fit_arrivals(&moments, epoch),
        sizes: sizes.collect(),
        rare_sizes: rare,
        arrays: (arrays.iter())
            .map(|(size, times)| (*size, weight(*times, most_arrays)))
            .collect(),
        families,
        best,
        quantiles: sample.quantiles(QUANTILE_STEPS),
        longest: sample.points.last().map_or(0.0, |(x, _)| *x),
    }
}

/// A count as a weight, where `most` is the greatest count.
fn weight(times: u64, most: u64) -> u32 {
    let scaled = match most > WEIGHT_MAX {
        true => u128::from(times) * u128::from(WEIGHT_MAX) / u128::from(most),
        false => u128::from(times),
    };
    scaled.max(1) as u32
}

fn fit_family(
    name: &'static str,
    class: &str,
    sample: &Sample,
    options: &FitOptions,
) -> Option<FittedFamily> {
    let (family, parameters) = families::fit(name, sample)?;
    let distance = goodness::distance(sample, |x| families::tails(&family, x));
    // Each class draws for itself.
    let seed = Streams::new(options.seed).word(&format!("fit class {class}"), 0, 0);
    let (p, p_by) = goodness::p_value(name, &family, sample, distance.ks, options.draws, seed);
    Some(FittedFamily {
        name,
        family,
        parameters,
        distance,
        p,
        p_by,
    })
}
