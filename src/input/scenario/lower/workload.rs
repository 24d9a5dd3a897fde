//! `workload`: jobs from traces, from the file's own list and from generators, merged into one order.

use crate::input::generate_spec::{Arrivals, DurationKind, Durations, GeneratorSpec, Size};
use crate::input::{ClosedLoop, ShareBy, TraceOptions};
use crate::model::rules;
use crate::model::{Row, SubmitJob, Workload};
use crate::units::{Ratio, SimTime, Span};

use super::super::node::{Node, name_of};
use super::super::{Files, merge, sources};
use super::Lowering;
use super::definitions::timeout;
use super::jobs::failure;

/// Most jobs that generators may make in all; an assumed bound on memory.
const GENERATED_MAX: u64 = 100_000_000;

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
            match files.open(path) {
                Err(why) => {
                    let message = format!("`{path}` cannot be opened: {why}");
                    self.problems.below(node, &member, message);
                }
                Ok(reader) => match sources::read_trace(path, reader, &options) {
                    Err(problems) => self.problems.extend(problems),
                    Ok(trace) => {
                        self.templates(node, &member, path, &trace.workload);
                        read.start_epoch_ms = read.start_epoch_ms.or(trace.start_epoch_ms);
                        parts.push(trace.workload);
                    }
                },
            }
        }
        let jobs = node.list("jobs");
        if !jobs.is_empty() {
            parts.push(self.jobs(jobs));
        }
        let mut generated = 0;
        for (index, generator) in node.list("generators").iter().enumerate() {
            let name = generator.text("name");
            let others = &node.list("generators")[..index];
            if name.is_some() && others.iter().any(|other| other.text("name") == name) {
                let message =
                    "a second generator of this name; names must differ, as chance follows them";
                self.problems.below(generator, "name", message);
            }
            let Some(spec) = self.generator(generator) else {
                continue;
            };
            generated += spec.count.unwrap_or(0);
            if generated > GENERATED_MAX {
                let message = format!("more than {GENERATED_MAX} generated jobs in all");
                self.problems.below_once(generator, "count", message);
            }
            if !self.problems.is_empty() {
                continue;
            }
            match sources::generate(&spec, self.start.unwrap_or(0), seed) {
                Ok(part) => parts.push(part),
                Err(why) => self.problems.at(generator, why),
            }
        }
        if parts.is_empty() && self.problems.is_empty() {
            let message = "no jobs: give trace, jobs or generators";
            self.problems.below(self.root, "workload", message);
        }
        if self.problems.is_empty() {
            match merge::merge(parts) {
                Ok(workload) => read.workload = workload,
                Err(why) => self.problems.at(node, why),
            }
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

    fn generator(&mut self, node: &Node) -> Option<GeneratorSpec> {
        let name = node.text("name")?;
        if !rules::name_is_valid(name) {
            let message = format!(
                "`{name}` is not a name; use 1 to 128 letters, digits, hyphens and underscores"
            );
            self.problems.below(node, "name", message);
        }
        let queue = node.name("jobQueue").unwrap_or_default();
        let from = SimTime::ZERO + node.span("from").unwrap_or_default();
        let until = node.span("until").map(|span| SimTime::ZERO + span);
        let count: Option<u64> = node.whole("count");
        if node.get("jobQueue").is_some() {
            self.refer_queue(node, "jobQueue", queue, Some(from));
        }
        let definition = node.text("jobDefinition").map(name_of);
        if let Some(definition) = definition {
            self.refer_definition(node, "jobDefinition", definition, Some(from));
        }
        let sizes = self.sizes(node);
        if node.get("jobDefinition").is_none() && node.list("sizes").is_empty() {
            let message = "missing: name a definition, or say with sizes what jobs ask for";
            self.problems.below(node, "jobDefinition", message);
        }
        if node.get("until").is_none() && node.get("count").is_none() {
            let message = "missing: say with count or until when it stops";
            self.problems.below(node, "count", message);
        }
        if until.is_some_and(|until| until <= from) {
            let message = format!("must be later than from ({from} s)");
            self.problems.below(node, "until", message);
        }
        let arrivals = self.arrivals(node.get("arrivals")?);
        if arrivals == Some(Arrivals::AtOnce) && node.get("count").is_none() {
            let message = "missing: jobs that come all at once need it";
            self.problems.below_once(node, "count", message);
        }
        let shares = self.shares(node, queue);
        let retry = self.retry(node);
        let faults = retry.as_ref().map(rules::retry_faults).unwrap_or_default();
        self.faults(node, faults);
        Some(GeneratorSpec {
            name: name.to_owned(),
            template: SubmitJob {
                job_name: name.to_owned(),
                job_queue: queue.to_owned(),
                job_definition: definition.map(str::to_owned),
                share_identifier: None,
                scheduling_priority_override: node.whole("schedulingPriorityOverride"),
                retry,
                timeout: timeout(node),
                consumables: None,
                num_nodes: None,
                failure: failure(node),
                lift_limits: false,
            },
            arrivals: arrivals?,
            from,
            until,
            count,
            run: self.durations(node.get("run")?)?,
            estimate_factor: node.decimal("estimateFactor").and_then(Ratio::from_f64),
            sizes,
            shares,
            array: node.whole("arraySize").unwrap_or(0),
        })
    }

    fn sizes(&mut self, node: &Node) -> Vec<Size> {
        let sizes: Vec<Size> = node
            .list("sizes")
            .iter()
            .map(|size| Size {
                weight: weight(size, "weight"),
                vcpus: size.whole("vcpus").unwrap_or(1),
                memory: size.whole("memoryMiB").unwrap_or(0),
                gpus: size.whole("gpus").unwrap_or(0),
            })
            .collect();
        if !sizes.is_empty() && sizes.iter().all(|size| size.weight == Ratio::ZERO) {
            let message = "all weights are 0; one must be above";
            self.problems.below_once(node, "sizes", message);
        }
        sizes
    }

    fn shares(&mut self, node: &Node, queue: &str) -> Vec<(String, Ratio)> {
        let Some(table) = node.get("shares") else {
            return Vec::new();
        };
        let mut shares = Vec::new();
        for (identifier, member) in table.members() {
            for fault in rules::share_identifier_faults("", identifier, false) {
                self.problems.at(member, fault.message);
            }
            let weight = member.as_decimal().and_then(Ratio::from_f64);
            shares.push((identifier.clone(), weight.unwrap_or(Ratio::ONE)));
        }
        shares.sort();
        if !shares.is_empty() && shares.iter().all(|(_, weight)| *weight == Ratio::ZERO) {
            self.problems
                .at(table, "all weights are 0; one must be above");
        }
        match self.queue_facts.get(queue).map(|facts| facts.is_fair_share) {
            Some(true) if shares.is_empty() => {
                let message = format!(
                    "missing: `{queue}` is a fair-share queue, which takes no job without one"
                );
                self.problems.below_once(node, "shares", message);
            }
            Some(false) if !shares.is_empty() => {
                let message = format!(
                    "`{queue}` is a FIFO queue, which takes no job with a share identifier"
                );
                self.problems.below_once(node, "shares", message);
            }
            _ => {}
        }
        shares
    }

    fn arrivals(&mut self, node: &Node) -> Option<Arrivals> {
        let interval = node.span("interval");
        if interval.is_some_and(Span::is_zero) {
            self.problems.below(node, "interval", "must be above 0");
        }
        Some(match node.text("kind")? {
            "atOnce" => Arrivals::AtOnce,
            "every" => Arrivals::Every {
                interval: interval?,
            },
            "poisson" => Arrivals::Poisson {
                per_hour: node.decimal("perHour").and_then(Ratio::from_f64)?,
            },
            "bursts" => Arrivals::Bursts {
                interval: interval?,
                size: node.whole("size")?,
            },
            "timesOfDay" => {
                let rates: Vec<Ratio> = node
                    .list("perHour")
                    .iter()
                    .map(|rate| {
                        rate.as_decimal()
                            .and_then(Ratio::from_f64)
                            .unwrap_or(Ratio::ONE)
                    })
                    .collect();
                let Ok(per_hour) = <[Ratio; 24]>::try_from(rates.as_slice()) else {
                    let message = format!("{} rates; give 24, from midnight", rates.len());
                    self.problems.below_once(node, "perHour", message);
                    return None;
                };
                if per_hour.iter().all(|rate| *rate == Ratio::ZERO) {
                    let message = "all rates are 0; one must be above";
                    self.problems.below(node, "perHour", message);
                }
                Arrivals::TimesOfDay { per_hour }
            }
            _ => return None,
        })
    }

    fn durations(&mut self, node: &Node) -> Option<Durations> {
        let kind = match node.text("kind")? {
            "constant" => DurationKind::Constant(node.span("value")?),
            "uniform" => {
                let (from, to) = (node.span("from")?, node.span("to")?);
                if from > to {
                    let message = format!("must be at least from ({from} s)");
                    self.problems.below(node, "to", message);
                }
                DurationKind::Uniform { from, to }
            }
            "exponential" => DurationKind::Exponential {
                mean: node.span("mean")?,
            },
            "lognormal" => DurationKind::Lognormal {
                median: node.span("median")?,
                sigma: node.decimal("sigma")?,
            },
            "weibull" => DurationKind::Weibull {
                scale: node.span("scale")?,
                shape: node.decimal("shape")?,
            },
            "choice" => self.choice(node)?,
            _ => return None,
        };
        let least = node.span("least").unwrap_or_default();
        let most = node.span("most").unwrap_or(Span::LONGEST);
        if most < least {
            let message = format!("must be at least least ({least} s)");
            self.problems.below(node, "most", message);
        }
        Some(Durations { kind, least, most })
    }

    fn choice(&mut self, node: &Node) -> Option<DurationKind> {
        let values: Vec<Span> = node
            .list("values")
            .iter()
            .filter_map(Node::as_span)
            .collect();
        let weights = node.list("weights");
        if node.list("values").is_empty() {
            self.problems
                .below_once(node, "values", "empty; give one or more");
            return None;
        }
        if node.get("weights").is_some() && weights.len() != values.len() {
            let message = format!("{} weights for {} values", weights.len(), values.len());
            self.problems.below_once(node, "weights", message);
        }
        let weight = |index: usize| {
            let stated = weights.get(index).and_then(Node::as_decimal);
            stated.and_then(Ratio::from_f64).unwrap_or(Ratio::ONE)
        };
        let choices: Vec<(Span, Ratio)> = values
            .into_iter()
            .enumerate()
            .map(|(index, value)| (value, weight(index)))
            .collect();
        if choices.iter().all(|(_, weight)| *weight == Ratio::ZERO) {
            let message = "all weights are 0; one must be above";
            self.problems.below_once(node, "weights", message);
        }
        Some(DurationKind::Choice(choices))
    }
}

/// The weight that `key` of `node` states; one where it says nothing that can be read.
fn weight(node: &Node, key: &str) -> Ratio {
    node.decimal(key)
        .and_then(Ratio::from_f64)
        .unwrap_or(Ratio::ONE)
}

const _: () = assert!(GENERATED_MAX < Row::PLAIN as u64);
