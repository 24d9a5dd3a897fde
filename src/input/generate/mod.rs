//! Workloads from a few parameters: arrivals, run times and sizes, drawn from streams of their own.
//!
//! The arrival, the run time and the size of a job come from streams keyed by seed, generator, purpose and job, so that
//! another arrival pattern leaves the run times as they are, and a generator more leaves the others alone.

mod arrivals;
mod distribution;

use rand::Rng;

use crate::engine::Streams;
use crate::model::rules::{self, Fault};
use crate::model::{Extra, Row, SubmitJob, Workload};
use crate::units::{NO_LIMIT_MIB, Ratio, SimTime, Span};

pub use arrivals::{Arrivals, Weekly};
pub use distribution::Family;

use arrivals::below;

/// Most rows, and most children of all arrays together, that one generator makes.
pub const GENERATED_MAX: u32 = 100_000_000;

/// What is generated.
#[derive(Clone, Debug, PartialEq)]
pub struct GeneratorSpec {
    /// When jobs are submitted.
    pub arrivals: Arrivals,
    /// The first moment at which one may be.
    pub start: SimTime,
    /// From this moment on none is; needed where there is no `count`.
    pub until: Option<SimTime>,
    /// Number of submissions (an array is one); needed where there is no `until`.
    pub count: Option<u32>,
    /// Run times of jobs, or of array children.
    pub run: RunTime,
    /// The estimate as a multiple of the run time (of the longest child); none is stated where absent.
    pub estimate: Option<Ratio>,
    /// vCPUs; 0 stands for the definition's.
    pub vcpus: Choice,
    /// MiB; 0 stands for the definition's.
    pub memory: Choice,
    /// Whether `memory` is for each vCPU.
    pub memory_per_vcpu: bool,
    /// GPUs.
    pub gpus: Choice,
    /// vCPUs, memory and GPUs drawn together, instead of `vcpus`, `memory` and `gpus`; empty where those are drawn.
    pub sizes: Vec<Size>,
    /// Children of an array; 0 stands for a plain job.
    pub array: Choice,
    /// What all jobs have in common: queue, definition, share, retries, failure by chance.
    pub template: SubmitJob,
    /// Number of the first job; the others count on from it.
    pub first_number: u32,
}

impl Default for GeneratorSpec {
    /// One job of one vCPU that runs for a minute, at once, in the queue `trace`.
    fn default() -> Self {
        GeneratorSpec {
            arrivals: Arrivals::AtOnce,
            start: SimTime::ZERO,
            until: None,
            count: Some(1),
            run: RunTime::constant(Span::from_s(60)),
            estimate: None,
            vcpus: Choice::always(1),
            memory: Choice::always(0),
            memory_per_vcpu: false,
            gpus: Choice::always(0),
            sizes: Vec::new(),
            array: Choice::always(0),
            template: SubmitJob {
                job_name: "job".to_owned(),
                job_queue: "trace".to_owned(),
                ..SubmitJob::default()
            },
            first_number: 1,
        }
    }
}

/// What a job asks for, and how often it is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size {
    /// vCPUs.
    pub vcpus: u32,
    /// MiB; 0 where it states none.
    pub memory: u32,
    /// GPUs.
    pub gpus: u32,
    /// How often, relative to the others.
    pub weight: u32,
}

/// Run times: a family, held within bounds.
#[derive(Clone, Debug, PartialEq)]
pub struct RunTime {
    /// The family.
    pub family: Family,
    /// Shorter samples are raised to this.
    pub least: Span,
    /// Longer samples are cut to this.
    pub most: Span,
}

impl RunTime {
    /// Always `value`.
    pub fn constant(value: Span) -> RunTime {
        RunTime::of(Family::Constant {
            value: value.ms() as f64 / 1000.0,
        })
    }

    /// The family as it is.
    pub fn of(family: Family) -> RunTime {
        RunTime {
            family,
            least: Span::ZERO,
            most: Span::LONGEST,
        }
    }

    /// One run time, rounded half up to the millisecond.
    pub fn sample(&self, chance: &mut impl Rng) -> Span {
        let ms = (self.family.sample(chance) * 1000.0).round();
        // Saturates: infinity becomes the longest.
        Span::from_ms(ms as u64).max(self.least).min(self.most)
    }
}

/// A number chosen by weight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The values, each with its weight.
    pub values: Vec<(u32, u32)>,
}

impl Choice {
    /// Always `value`.
    pub fn always(value: u32) -> Choice {
        Choice {
            values: vec![(value, 1)],
        }
    }

    /// Each of `values` as often as any other.
    pub fn evenly(values: &[u32]) -> Choice {
        Choice {
            values: values.iter().map(|&value| (value, 1)).collect(),
        }
    }

    /// The value that a uniform word chooses; one word for each choice, even if there is no choice.
    fn pick(&self, word: u64) -> u32 {
        let total = self
            .values
            .iter()
            .map(|(_, weight)| u64::from(*weight))
            .sum();
        let mut left = below(word, total);
        for &(value, weight) in &self.values {
            match left.checked_sub(u64::from(weight)) {
                Some(rest) => left = rest,
                None => return value,
            }
        }
        0
    }

    fn max(&self) -> u32 {
        self.values
            .iter()
            .map(|(value, _)| *value)
            .max()
            .unwrap_or(0)
    }

    fn min(&self) -> u32 {
        self.values
            .iter()
            .map(|(value, _)| *value)
            .min()
            .unwrap_or(0)
    }
}

impl Size {
    /// One by weight; nothing is drawn where there are none.
    fn pick(sizes: &[Size], chance: &mut impl Rng) -> Option<Size> {
        let total = sizes.iter().map(|size| u64::from(size.weight)).sum();
        if total == 0 {
            return None;
        }
        let mut left = below(chance.next_u64(), total);
        let is_it = |size: &&Size| match left.checked_sub(u64::from(size.weight)) {
            Some(rest) => {
                left = rest;
                false
            }
            None => true,
        };
        sizes.iter().find(is_it).copied()
    }
}

impl GeneratorSpec {
    /// Everything that is wrong with the parameters, by member.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = self.arrivals.faults();
        faults.extend(self.run.family.faults("run"));
        let mut check = |holds: bool, member: &str, message: String| {
            if !holds {
                faults.push(Fault {
                    member: member.to_owned(),
                    message,
                });
            }
        };
        check(
            self.run.least <= self.run.most && self.run.most <= Span::LONGEST,
            "run",
            format!(
                "{} to {} s; the least must not exceed the most",
                self.run.least, self.run.most
            ),
        );
        check(
            self.count.is_some() || self.until.is_some(),
            "count",
            "neither count nor until is stated; jobs would arrive for ever".to_owned(),
        );
        check(
            self.count.is_some() || self.arrivals != Arrivals::AtOnce,
            "count",
            "is needed where all jobs arrive at once".to_owned(),
        );
        let is_sized = self.sizes.is_empty() || self.sizes.iter().any(|size| size.weight > 0);
        check(
            is_sized && self.sizes.iter().all(|size| size.vcpus > 0),
            "sizes",
            "each must have 1 vCPU or more, and one a weight above 0".to_owned(),
        );
        check(
            (self.sizes.iter()).all(|size| size.memory < NO_LIMIT_MIB),
            "sizes",
            format!("at most {} MiB", NO_LIMIT_MIB - 1),
        );
        let count = self.count.unwrap_or(1);
        check(
            (1..=GENERATED_MAX).contains(&count),
            "count",
            format!("{count}; must be 1 to {GENERATED_MAX}"),
        );
        let last = self.until.unwrap_or(self.start);
        check(
            self.start <= last && last <= SimTime::LAST,
            "until",
            format!(
                "{last} s; must be from start ({} s) to {} s",
                self.start,
                SimTime::LAST
            ),
        );
        for (member, choice) in [
            ("vcpus", &self.vcpus),
            ("memory", &self.memory),
            ("gpus", &self.gpus),
            ("array", &self.array),
        ] {
            check(
                choice.values.iter().any(|(_, weight)| *weight > 0),
                member,
                "has no value with a weight above 0".to_owned(),
            );
        }
        let vcpus = if self.memory_per_vcpu {
            self.vcpus.max()
        } else {
            1
        };
        check(
            u64::from(self.memory.max()) * u64::from(vcpus) < u64::from(NO_LIMIT_MIB),
            "memory",
            format!(
                "{} MiB for {vcpus} vCPUs; together at most {} MiB",
                self.memory.max(),
                NO_LIMIT_MIB - 1
            ),
        );
        check(
            self.vcpus.min() > 0
                || !self.sizes.is_empty()
                || self.template.job_definition.is_some(),
            "vcpus",
            "0; must be 1 or more where no job definition is named".to_owned(),
        );
        let array_max = if self.template.lift_limits {
            GENERATED_MAX
        } else {
            rules::ARRAY_SIZE_MAX
        };
        let array_min = if self.template.lift_limits {
            1
        } else {
            rules::ARRAY_SIZE_MIN
        };
        for (size, _) in &self.array.values {
            check(
                *size == 0 || (array_min..=array_max).contains(size),
                "array",
                format!(
                    "{size}; must be {array_min} to {array_max} children, or 0 for a plain job"
                ),
            );
        }
        check(
            self.first_number < Row::NAMED - GENERATED_MAX,
            "first_number",
            format!(
                "{}; must be below {}",
                self.first_number,
                Row::NAMED - GENERATED_MAX
            ),
        );
        faults
    }
}

/// The jobs of `spec`, sorted by submission. `index` tells the generators of one scenario apart: each has its own chance.
///
/// # Errors
/// The faults of `spec`, or that it makes more than [`GENERATED_MAX`] jobs.
pub fn generate(spec: &GeneratorSpec, index: u32, seed: u64) -> Result<Workload, Vec<Fault>> {
    let faults = spec.faults();
    if !faults.is_empty() {
        return Err(faults);
    }
    let too_many = |why: &str| {
        vec![Fault {
            member: "count".to_owned(),
            message: format!(
                "{why}; at most {GENERATED_MAX} jobs until {} s",
                SimTime::LAST
            ),
        }]
    };
    // Twice the most is more than chance can make few, and is told before it fills the memory.
    let span_ms = spec.until.map_or(0, |until| until.ms() - spec.start.ms());
    let is_bounded = spec.count.is_some_and(|count| count <= GENERATED_MAX);
    if !is_bounded && spec.arrivals.mean_within(span_ms) > 2.0 * f64::from(GENERATED_MAX) {
        return Err(too_many("is too much"));
    }
    let streams = Streams::new(seed);
    let purpose = |name: &str| format!("generator {index} {name}");
    let (arrivals, runs, sizes) = (purpose("arrivals"), purpose("run"), purpose("size"));
    let last = spec.until.unwrap_or(SimTime::NEVER);
    let count = spec.count.unwrap_or(u32::MAX);
    let mut workload = Workload {
        templates: vec![spec.template.clone()],
        ..Workload::default()
    };
    // Jittered bursts come out of order: the pattern is over when a whole burst would come too late, jitter or not.
    let horizon = match spec.arrivals {
        Arrivals::Bursts { jitter, .. } => SimTime::from_ms(last.ms().saturating_add(jitter.ms())),
        _ => last,
    };
    let times = spec
        .arrivals
        .times(spec.start, |job| streams.stream(&arrivals, job));
    for (job, submit) in (0u32..).zip(times) {
        if job == count || submit >= horizon {
            break;
        }
        let too_late = submit > SimTime::LAST;
        if too_late || job == GENERATED_MAX || workload.child_work.len() > GENERATED_MAX as usize {
            let why = if too_late {
                "runs beyond the last moment"
            } else {
                "is too much"
            };
            return Err(too_many(why));
        }
        if submit >= last {
            continue;
        }
        let mut size = streams.stream(&sizes, u64::from(job));
        let mut run = streams.stream(&runs, u64::from(job));
        let row = generate_row(spec, &mut workload, &mut size, &mut run);
        workload.rows.push(Row {
            submit,
            source: spec.first_number + job,
            ..row
        });
    }
    workload.rows.sort_by_key(|row| row.submit);
    Ok(workload)
}

/// One row without its submission and number; what an array needs is added to `workload`.
fn generate_row(
    spec: &GeneratorSpec,
    workload: &mut Workload,
    size: &mut impl Rng,
    run: &mut impl Rng,
) -> Row {
    let mut vcpus = spec.vcpus.pick(size.next_u64());
    let mut memory = spec.memory.pick(size.next_u64());
    let mut gpus = spec.gpus.pick(size.next_u64());
    let array = spec.array.pick(size.next_u64());
    if let Some(drawn) = Size::pick(&spec.sizes, size) {
        (vcpus, memory, gpus) = (drawn.vcpus, drawn.memory, drawn.gpus);
    }
    let first = workload.child_work.len() as u32;
    let children = (0..array).map(|_| spec.run.sample(run));
    workload.child_work.extend(children);
    let work = match &workload.child_work[first as usize..] {
        [] => spec.run.sample(run),
        children => children.iter().copied().max().unwrap_or_default(),
    };
    if workload.child_work[first as usize..]
        .iter()
        .all(|other| *other == work)
    {
        workload.child_work.truncate(first as usize);
    }
    let extra = if array > 0 {
        let children = first..workload.child_work.len() as u32;
        workload.extras.push(Extra {
            array,
            child_work: if children.is_empty() { 0..0 } else { children },
            ..Extra::default()
        });
        workload.extras.len() as u32 - 1
    } else {
        Row::PLAIN
    };
    let estimate = spec.estimate.map_or(Span::ZERO, |factor| {
        let parts = u128::from(work.ms()) * u128::from(factor.parts());
        let ms = parts.div_ceil(u128::from(Ratio::PARTS));
        Span::from_ms(ms.min(u128::from(Span::LONGEST.ms())) as u64)
    });
    Row {
        submit: SimTime::ZERO,
        work,
        estimate,
        vcpus,
        memory: if spec.memory_per_vcpu {
            memory * vcpus
        } else {
            memory
        },
        gpus,
        template: 0,
        extra,
        source: 0,
        user: Row::UNKNOWN,
        group: Row::UNKNOWN,
    }
}
#[cfg(test)]
mod tests;
