//! `workload`: jobs from traces, from the file's own list and from generators, merged into one order.

use crate::input::generate::{Arrivals, Choice, Family, GeneratorSpec, RunTime, Size, Weekly};
use crate::input::{ClosedLoop, ShareBy, TraceOptions, bundle, merge};
use crate::model::rules;
use crate::model::{Row, SubmitJob, Workload};
use crate::units::{Ratio, SimTime, Span};

use super::super::node::{Node, name_of, shortened};
use super::super::{Files, NoTrace, sources};
use super::Lowering;
use super::definitions::timeout;
use super::jobs::failure;
use super::now::live_jobs;

/// Most jobs that generators may make in all; an assumed bound on memory.
const GENERATED_MAX: u64 = 100_000_000;
/// Milliseconds in a day.
const DAY_MS: i64 = 86_400_000;

/// What was read.
pub(super) struct Read {
    pub workload: Workload,
    pub inputs: Vec<String>,
    /// When a trace's log began, where no scenario says when it starts.
    pub start_epoch_ms: Option<i64>,
}

impl Lowering<'_> {
    pub(super) fn workload(&mut self, files: &dyn Files, seed: u64) -> Read {
        let mut read = Read {
            workload: Workload::default(),
            inputs: Vec::new(),
            start_epoch_ms: None,
        };
        let Some(node) = self.root.get("workload") else {
            return read;
        };
        let mut parts = Vec::new();
        let traces: Vec<(String, &str)> = match node.get("trace") {
            Some(trace) => match trace.as_text() {
                Some(path) => vec![("trace".to_owned(), path)],
                None => trace
                    .items()
                    .iter()
                    .enumerate()
                    .filter_map(|(index, item)| Some((format!("trace/{index}"), item.as_text()?)))
                    .collect(),
            },
            None => Vec::new(),
        };
        let options = self.trace_options(node, !traces.is_empty());
        for (member, path) in traces {
            read.inputs.push(path.to_owned());
            match files.trace(path, &options) {
                Err(NoTrace::Unopened(why)) => {
                    let message = format!("`{path}` cannot be opened: {why}");
                    self.problems.below(node, &member, message);
                }
                Err(NoTrace::Wrong(problems)) => self.problems.extend(problems),
                Ok(trace) => {
                    self.templates(node, &member, path, &trace.workload);
                    read.start_epoch_ms = read.start_epoch_ms.or(trace.start_epoch_ms);
                    parts.push(trace.workload);
                }
            }
        }
        let mut jobs = live_jobs(self.root);
        let has_live = !jobs.is_empty();
        jobs.extend(node.list("jobs"));
        if !jobs.is_empty() {
            let listed = self.jobs(&jobs);
            // What is there already comes before all that is submitted.
            let place = if has_live { 0 } else { parts.len() };
            parts.insert(place, listed);
        }
        self.suits_live(node);
        parts.extend(self.generated(node, seed));
        if parts.is_empty() && self.problems.is_empty() {
            let message = "no jobs: give trace, jobs or generators";
            self.problems.below(self.root, "workload", message);
        }
        if self.problems.is_empty() {
            let copies = node.whole::<usize>("load").unwrap_or(1);
            let size = node.whole::<u32>("bundle").unwrap_or(1);
            read.workload = bundle(merge(repeated(merge(parts), copies)), size);
        }
        read
    }

    /// How the traces are read. `is_read`: whether there are any, so that the options matter.
    fn trace_options(&mut self, node: &Node, is_read: bool) -> TraceOptions {
        let mut options = TraceOptions {
            job_definition: node
                .text("jobDefinition")
                .map(|name| name_of(name).to_owned()),
            share_by: match node.text("shareBy") {
                Some("user") => ShareBy::User,
                Some("group") => ShareBy::Group,
                _ => ShareBy::Nothing,
            },
            drop_zero_run: node.flag("dropZeroRun").unwrap_or(false),
            completed_only: node.flag("completedOnly").unwrap_or(false),
            closed_loop: match node.text("closedLoop") {
                Some("fields") => ClosedLoop::Fields,
                Some("sessions") => ClosedLoop::Sessions {
                    think_limit: node.span("thinkLimit").unwrap_or_default(),
                },
                _ => ClosedLoop::Open,
            },
            use_memory: node.flag("useMemory").unwrap_or(true),
            ..TraceOptions::default()
        };
        if let Some(definition) = &options.job_definition {
            let definition = definition.clone();
            self.refer_definition(node, "jobDefinition", &definition, None);
        }
        match node.name("jobQueue") {
            Some(queue) => {
                self.refer_queue(node, "jobQueue", queue, None);
                options.job_queue = queue.to_owned();
            }
            None => {
                let queues: Vec<&str> = self
                    .root
                    .list("jobQueues")
                    .iter()
                    .filter_map(|queue| queue.text("jobQueueName"))
                    .collect();
                // With several queues a trace must name them itself; a job that does not is found unknown below.
                options.job_queue = match queues[..] {
                    [only] => only.to_owned(),
                    _ => String::new(),
                };
            }
        }
        let facts = self.queue_facts.get(&options.job_queue);
        let is_fifo = facts.is_some_and(|facts| !facts.is_fair_share);
        if is_read && is_fifo && options.share_by != ShareBy::Nothing {
            let message = format!(
                "`{}` is a FIFO queue, which takes no job with a share identifier; use \"nothing\", or give the queue a schedulingPolicyArn",
                options.job_queue
            );
            self.problems.below(node, "shareBy", message);
        }
        options
    }

    /// References of a trace's jobs to queues and definitions.
    fn templates(&mut self, node: &Node, member: &str, path: &str, workload: &Workload) {
        for template in &workload.templates {
            let queue = template.job_queue.as_str();
            let mut fault = if queue.is_empty() {
                Some("some jobs name no queue, and the scenario has several; say which with workload.jobQueue".to_owned())
            } else {
                self.queues.fault(queue, None)
            };
            if fault.is_none()
                && let Some(facts) = self.queue_facts.get(queue)
            {
                fault = match (facts.is_fair_share, &template.share_identifier) {
                    (true, None) => Some(format!(
                        "some jobs have no share identifier, but `{queue}` is a fair-share queue; say with workload.shareBy what it is"
                    )),
                    (false, Some(_)) => Some(format!(
                        "some jobs have a share identifier, but `{queue}` is a FIFO queue"
                    )),
                    _ => None,
                };
            }
            if let Some(message) = fault {
                self.problems
                    .below_once(node, member, format!("`{path}`: {message}"));
            }
            if let Some(definition) = &template.job_definition {
                self.refer_definition(node, member, definition, None);
            }
        }
    }

    fn generated(&mut self, node: &Node, seed: u64) -> Vec<Workload> {
        let mut parts = Vec::new();
        let mut first_number = 1;
        for (index, generator) in node.list("generators").iter().enumerate() {
            let name = generator.text("name");
            let others = &node.list("generators")[..index];
            if name.is_some() && others.iter().any(|other| other.text("name") == name) {
                let message = "a second generator of this name; names must differ";
                self.problems.below(generator, "name", message);
            }
            let Some(spec) = self.generator(generator, first_number) else {
                continue;
            };
            // Numbers go on from generator to generator, as far as the counts are known.
            let next = u64::from(first_number) + u64::from(spec.count.unwrap_or(0));
            if next > GENERATED_MAX {
                let message = format!("more than {GENERATED_MAX} generated jobs in all");
                self.problems.below_once(generator, "count", message);
            }
            first_number = u32::try_from(next).unwrap_or(1);
            if !self.problems.is_empty() {
                continue;
            }
            match sources::generate(&spec, index as u32, seed) {
                Ok(part) => parts.push(part),
                Err(faults) => {
                    for fault in faults {
                        self.problems.at(generator, fault);
                    }
                }
            }
        }
        parts
    }

    fn generator(&mut self, node: &Node, first_number: u32) -> Option<GeneratorSpec> {
        let name = node.text("name")?;
        if !rules::name_is_valid(name) {
            let message = format!(
                "`{}` is not a name; use 1 to 128 letters, digits, hyphens and underscores",
                shortened(name)
            );
            self.problems.below(node, "name", message);
        }
        let start = SimTime::ZERO + node.span("from").unwrap_or_default();
        let queue = node.name("jobQueue").unwrap_or_default();
        if node.get("jobQueue").is_some() {
            self.refer_queue(node, "jobQueue", queue, Some(start));
            self.share(node, queue);
        }
        let definition = node.text("jobDefinition").map(name_of);
        let known = definition
            .and_then(|name| self.refer_definition(node, "jobDefinition", name, Some(start)));
        self.suits(node, queue, known.as_ref());
        let is_sized = !node.list("sizes").is_empty();
        for key in ["vcpus", "memoryMiB", "memoryMiBPerVcpu", "gpus"] {
            if is_sized && node.get(key).is_some() {
                let message = "sizes says it already; give one of the two";
                self.problems.below(node, key, message);
            }
        }
        if definition.is_none() && node.get("vcpus").is_none() && !is_sized {
            let message =
                "missing: name a definition, or say with vcpus (and memoryMiB) what jobs ask for";
            self.problems.below_once(node, "jobDefinition", message);
        }
        let until = node.span("until").map(|span| SimTime::ZERO + span);
        if node.get("until").is_none() && node.get("count").is_none() {
            let message = "missing: say with count or until when it stops";
            self.problems.below(node, "count", message);
        }
        if until.is_some_and(|until| until <= start) {
            let message = format!("must be later than from ({start} s)");
            self.problems.below(node, "until", message);
        }
        let arrivals = node.get("arrivals").and_then(|node| self.arrivals(node));
        if arrivals == Some(Arrivals::AtOnce) && node.get("count").is_none() {
            let message = "missing: jobs that come all at once need it";
            self.problems.below_once(node, "count", message);
        }
        let run = node.get("run").and_then(|node| self.run_times(node));
        let memory_per_vcpu = node.get("memoryMiBPerVcpu").is_some();
        let memory_key = match memory_per_vcpu {
            true => "memoryMiBPerVcpu",
            false => "memoryMiB",
        };
        if memory_per_vcpu && node.get("memoryMiB").is_some() {
            let message = "memoryMiB says it already; give one of the two";
            self.problems.below(node, "memoryMiBPerVcpu", message);
        }
        if memory_per_vcpu && node.get("vcpus").is_none() {
            self.problems
                .below(node, "memoryMiBPerVcpu", "needs vcpus beside it");
        }
        let mut vcpus = self.amounts(node, "vcpus");
        let mut gpus = self.amounts(node, "gpus");
        if let Some(definition) = &known {
            // A row's GPUs count only beside its vCPUs, so jobs that change one state both.
            let (given, asked) = (node.get("vcpus").is_some(), node.get("gpus").is_some());
            if asked && !given {
                vcpus = Choice::always(definition.shape.vcpus);
            } else if given && !asked {
                gpus = Choice::always(definition.shape.gpus);
            }
        }
        let array = self.amounts(node, "arraySize");
        let sizes = rules::ARRAY_SIZE_MIN..=rules::ARRAY_SIZE_MAX;
        if array
            .values
            .iter()
            .any(|(size, _)| *size > 0 && !sizes.contains(size))
        {
            let message = format!("an array has {} to {} children", sizes.start(), sizes.end());
            self.problems.below_once(node, "arraySize", message);
        }
        let is_stated = definition.is_none() && node.get("vcpus").is_some();
        if is_stated && vcpus.values.iter().any(|(value, _)| *value == 0) {
            self.problems
                .below_once(node, "vcpus", "0; must be 1 or more");
        }
        let retry = self.retry(node);
        let faults = retry.as_ref().map(rules::retry_faults).unwrap_or_default();
        self.faults(node, faults);
        Some(GeneratorSpec {
            arrivals: arrivals?,
            start,
            until,
            count: node.whole("count"),
            run: run?,
            estimate: node.decimal("estimateFactor").and_then(Ratio::from_f64),
            vcpus,
            memory: self.amounts(node, memory_key),
            memory_per_vcpu,
            gpus,
            sizes: self.sizes(node),
            array,
            template: SubmitJob {
                job_name: name.to_owned(),
                job_queue: queue.to_owned(),
                job_definition: definition.map(str::to_owned),
                share_identifier: node.text("shareIdentifier").map(str::to_owned),
                scheduling_priority_override: node.whole("schedulingPriorityOverride"),
                retry,
                timeout: timeout(node),
                consumables: None,
                quarter_vcpus: None,
                num_nodes: None,
                failure: failure(node),
                lift_limits: false,
            },
            first_number,
        })
    }

    /// Sizes that are drawn together.
    fn sizes(&mut self, node: &Node) -> Vec<Size> {
        let sizes = node.list("sizes").iter();
        let sizes: Vec<Size> = sizes
            .filter_map(|size| {
                Some(Size {
                    vcpus: size.whole("vcpus")?,
                    memory: size.whole("memoryMiB").unwrap_or(0),
                    gpus: size.whole("gpus").unwrap_or(0),
                    weight: size.whole("weight").unwrap_or(1),
                })
            })
            .collect();
        if !sizes.is_empty() && sizes.iter().all(|size| size.weight == 0) {
            let message = "no size has a weight above 0";
            self.problems.below_once(node, "sizes", message);
        }
        sizes
    }

    /// Relative rates, `N` of them; all alike where `key` is absent.
    fn relative_rates<const N: usize>(&mut self, node: &Node, key: &str) -> [f64; N] {
        let mut rates = [1.0; N];
        if node.get(key).is_none() {
            return rates;
        }
        let given: Vec<f64> = node.list(key).iter().filter_map(Node::as_decimal).collect();
        if given.len() == N && given.iter().any(|rate| *rate > 0.0) {
            rates.copy_from_slice(&given);
        } else {
            let message = format!("must be {N} numbers, one of them above 0");
            self.problems.below_once(node, key, message);
        }
        rates
    }

    /// A number, or several by weight; always 0 where `key` is absent.
    fn amounts(&mut self, node: &Node, key: &str) -> Choice {
        let Some(member) = node.get(key) else {
            return Choice::always(0);
        };
        let one = |node: &Node| match node.get("value") {
            Some(_) => Some((node.whole("value")?, node.whole("weight").unwrap_or(1))),
            None => Some((node.as_whole()?, 1)),
        };
        let values: Vec<(u32, u32)> = match member.items() {
            [] => one(member).into_iter().collect(),
            items => items.iter().filter_map(one).collect(),
        };
        let is_read = !self.problems.touches(&member.pointer);
        if is_read && values.iter().all(|(_, weight)| *weight == 0) {
            let message = "no value has a weight above 0";
            self.problems.below_once(node, key, message);
        }
        Choice { values }
    }

    fn arrivals(&mut self, node: &Node) -> Option<Arrivals> {
        Some(match node.text("kind")? {
            "atOnce" => Arrivals::AtOnce,
            "poisson" => Arrivals::Poisson {
                rate_per_hour: node.decimal("perHour")?,
            },
            "weekly" => {
                // 1970 began on a Thursday, three days after a Monday.
                let since_monday = (self.start.unwrap_or(0) + 3 * DAY_MS).rem_euclid(7 * DAY_MS);
                Arrivals::Weekly(Box::new(Weekly {
                    rate_per_hour: node.decimal("perHour")?,
                    hours: self.relative_rates(node, "hourOfDay"),
                    days: self.relative_rates(node, "dayOfWeek"),
                    clock_at_zero: Span::from_ms(since_monday.unsigned_abs()),
                }))
            }
            "bursts" => {
                let every = node.span("every")?;
                if every.is_zero() {
                    self.problems.below(node, "every", "must be above 0");
                }
                Arrivals::Bursts {
                    every,
                    size: node.whole("size")?,
                    jitter: node.span("jitter").unwrap_or_default(),
                }
            }
            "timesOfDay" => {
                let mut at = Vec::new();
                for (index, entry) in node.list("at").iter().enumerate() {
                    let Some(text) = entry.as_text() else {
                        continue;
                    };
                    match time_of_day(text) {
                        Some(time) => at.push(time),
                        None => {
                            let message = format!(
                                "`{}` is not a time of day; write 09:30 or 09:30:15",
                                shortened(text)
                            );
                            self.problems.below(node, &format!("at/{index}"), message);
                        }
                    }
                }
                if node.list("at").is_empty() {
                    self.problems.below_once(node, "at", "names no time of day");
                }
                let since_midnight = self.start.unwrap_or(0).rem_euclid(DAY_MS);
                Arrivals::TimesOfDay {
                    at,
                    jobs: node.whole("jobs")?,
                    clock_at_zero: Span::from_ms(since_midnight.unsigned_abs()),
                }
            }
            _ => return None,
        })
    }

    fn run_times(&mut self, node: &Node) -> Option<RunTime> {
        let least = node.span("least").unwrap_or_default();
        let most = node.span("most").unwrap_or(Span::LONGEST);
        if most < least {
            let message = format!("must be at least least ({least} s)");
            self.problems.below(node, "most", message);
        }
        for key in [
            "mean",
            "otherMean",
            "median",
            "deviation",
            "scale",
            "shortest",
        ] {
            if node.span(key).is_some_and(Span::is_zero) {
                self.problems.below(node, key, "must be above 0");
            }
        }
        for (low, high) in [("from", "mode"), ("mode", "to"), ("from", "to")] {
            if let (Some(least), Some(most)) = (node.span(low), node.span(high))
                && least > most
            {
                let message = format!("must be at least {low} ({least} s)");
                self.problems.below_once(node, high, message);
            }
        }
        // Families are continuous: they take seconds with decimals.
        let seconds = |key: &str| node.span(key).map(|span| span.ms() as f64 / 1000.0);
        let family = match node.text("kind")? {
            "constant" => Family::Constant {
                value: seconds("value")?,
            },
            "uniform" => Family::Uniform {
                least: seconds("from")?,
                most: seconds("to")?,
            },
            "exponential" => Family::Exponential {
                mean: seconds("mean")?,
            },
            "logNormal" => Family::LogNormal {
                median: seconds("median")?,
                sigma: node.decimal("sigma")?,
            },
            "normal" => Family::Normal {
                mean: seconds("mean")?,
                deviation: seconds("deviation")?,
            },
            "weibull" => Family::Weibull {
                shape: node.decimal("shape")?,
                scale: seconds("scale")?,
            },
            "gamma" => Family::Gamma {
                shape: node.decimal("shape")?,
                scale: seconds("scale")?,
            },
            "pareto" => Family::Pareto {
                least: seconds("shortest")?,
                shape: node.decimal("shape")?,
            },
            "hyperExponential" => Family::HyperExponential {
                part: node.decimal("part")?,
                mean: seconds("mean")?,
                other_mean: seconds("otherMean")?,
            },
            "empirical" => {
                let given = node.list("quantiles").iter().filter_map(Node::as_span);
                let given: Vec<Span> = given.collect();
                if given.len() < 2 || given.windows(2).any(|pair| pair[0] > pair[1]) {
                    let message = "must be 2 or more run times, none below the one before";
                    self.problems.below_once(node, "quantiles", message);
                }
                let quantiles = given.iter().map(|span| span.ms() as f64 / 1000.0);
                Family::Empirical {
                    quantiles: quantiles.collect(),
                }
            }
            "triangular" => Family::Triangular {
                least: seconds("from")?,
                mode: seconds("mode")?,
                most: seconds("to")?,
            },
            _ => return None,
        };
        Some(RunTime {
            family,
            least,
            most,
        })
    }
}

/// `09:30` or `09:30:15` as the time since midnight.
fn time_of_day(text: &str) -> Option<Span> {
    let parts: Vec<&str> = text.split(':').collect();
    let number = |part: &str, below: u64| {
        let is_short = (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        is_short
            .then(|| part.parse::<u64>().ok())
            .flatten()
            .filter(|number| *number < below)
    };
    let (hours, minutes, seconds) = match parts[..] {
        [hours, minutes] => (hours, minutes, "0"),
        [hours, minutes, seconds] => (hours, minutes, seconds),
        _ => return None,
    };
    let seconds = number(hours, 24)? * 3600 + number(minutes, 60)? * 60 + number(seconds, 60)?;
    Some(Span::from_s(seconds))
}

const _: () = assert!(GENERATED_MAX < Row::PLAIN as u64);

/// `copies` of a workload. What the reader dropped or repaired it did once.
fn repeated(workload: Workload, copies: usize) -> Vec<Workload> {
    let mut all = vec![workload];
    while all.len() < copies {
        all.push(Workload {
            dropped: Vec::new(),
            repaired: Vec::new(),
            ..all[0].clone()
        });
    }
    all
}
