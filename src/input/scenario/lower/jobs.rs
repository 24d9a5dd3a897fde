//! `workload.jobs`: submissions listed one by one, with what becomes of them.

use std::collections::{BTreeSet, HashMap};

use crate::model::rules;
use crate::model::{
    Anchor, Dependency, DependencyKind, Extra, Failure, Fate, FateKind, JobDefinition, Loop,
    Platform, Row, SubmitJob, Workload, parse_span,
};
use crate::units::{Ratio, RowId, SimTime, Span};

use super::super::node::{Node, name_of, shortened};
use super::containers::{Asked, overrides_resources};
use super::definitions::timeout;
use super::{Lowering, at};

/// Most submissions that a list of jobs may make in all, repeats included; an assumed bound on a file's memory.
const SUBMISSIONS_MAX: u64 = 1_000_000;

/// A job of the list, before its rows are made.
pub(super) struct Job<'a> {
    pub node: &'a Node,
    pub name: &'a str,
    /// First submission; at the earliest those of the jobs it comes after.
    pub at: SimTime,
    pub every: Span,
    pub count: u32,
    pub array: u32,
    /// Jobs it depends on or comes after, by their places in the list.
    pub needs: BTreeSet<usize>,
    pub depends: Vec<(usize, DependencyKind)>,
    pub sequential: bool,
    pub after: Vec<usize>,
}

impl Job<'_> {
    /// When copy `copy` is submitted.
    pub(super) fn submit(&self, copy: u32) -> SimTime {
        let ms = self
            .every
            .ms()
            .saturating_mul(u64::from(copy))
            .saturating_add(self.at.ms());
        SimTime::from_ms(ms.min(SimTime::LAST.ms()))
    }
}

impl Lowering<'_> {
    /// The rows of all jobs of the list.
    pub(super) fn jobs(&mut self, nodes: &[&Node]) -> Workload {
        let mut places: HashMap<&str, usize> = HashMap::new();
        for (place, node) in nodes.iter().enumerate() {
            let Some(name) = node.text("jobName") else {
                continue;
            };
            if !rules::name_is_valid(name) || !name.starts_with(|c: char| c.is_ascii_alphanumeric())
            {
                let message = format!(
                    "`{}` is not a job name; use 1 to 128 letters, digits, hyphens and underscores, the first a letter or digit",
                    shortened(name)
                );
                self.problems.below(node, "jobName", message);
            } else if places.insert(name, place).is_some() {
                let message = format!(
                    "a second job called `{name}`; names tell jobs apart here (repeat makes copies)"
                );
                self.problems.below(node, "jobName", message);
            }
        }
        let mut jobs: Vec<Job<'_>> = nodes.iter().map(|node| self.job(node)).collect();
        for place in 0..jobs.len() {
            self.dependencies(place, &places, &mut jobs);
        }
        let total: u64 = jobs.iter().map(|job| u64::from(job.count)).sum();
        if total > SUBMISSIONS_MAX {
            let message = format!(
                "{total} submissions in all; at most {SUBMISSIONS_MAX} here (a trace or a generator may have more)"
            );
            self.problems.below(self.root, "workload/jobs", message);
            return Workload::default();
        }
        let Some(order) = self.in_order(&jobs) else {
            return Workload::default();
        };
        for &place in &order {
            let earliest = jobs[place]
                .after
                .iter()
                .map(|&anchor| jobs[anchor].at)
                .max();
            jobs[place].at = jobs[place].at.max(earliest.unwrap_or(SimTime::ZERO));
        }
        for place in 0..jobs.len() {
            self.order_faults(place, &jobs);
        }
        if !self.problems.is_empty() {
            // Rows of contradictory jobs mean nothing, but their own faults are worth telling.
            for job in &jobs {
                self.template(job);
            }
            return Workload::default();
        }
        self.rows(&jobs, &order)
    }

    fn job<'n>(&mut self, node: &'n Node) -> Job<'n> {
        let repeat = node.get("repeat");
        let array = node
            .get("arrayProperties")
            .and_then(|array| array.whole("size"))
            .unwrap_or(0);
        if node.get("after").is_none() {
            for key in ["think", "poll"] {
                if node.span(key).is_some_and(|span| !span.is_zero()) {
                    self.problems.below(
                        node,
                        key,
                        "means nothing without after, the jobs whose end it is about",
                    );
                }
            }
        } else if node.list("after").is_empty() {
            self.problems.below_once(
                node,
                "after",
                "empty; name the jobs it comes after, or leave it out",
            );
        }
        Job {
            node,
            name: node.text("jobName").unwrap_or_default(),
            at: at(node),
            every: repeat
                .and_then(|node| node.span("every"))
                .unwrap_or_default(),
            count: repeat
                .and_then(|node| node.whole("count"))
                .or(node.whole("count"))
                .filter(|count| (1..=SUBMISSIONS_MAX as u32).contains(count))
                .unwrap_or(1),
            array,
            needs: BTreeSet::new(),
            depends: Vec::new(),
            sequential: false,
            after: Vec::new(),
        }
    }

    fn rows(&mut self, jobs: &[Job<'_>], order: &[usize]) -> Workload {
        let mut copies: Vec<(SimTime, usize, u32)> = Vec::new();
        for (rank, &place) in order.iter().enumerate() {
            let job = &jobs[place];
            copies.extend((0..job.count).map(|copy| (job.submit(copy), rank, copy)));
        }
        copies.sort_unstable();
        let mut workload = Workload::default();
        let mut made: Vec<Option<Made>> = order.iter().map(|_| None).collect();
        // Where each copy of each job stands; copies of one job stand in order.
        let mut ids: Vec<Vec<RowId>> = vec![Vec::new(); jobs.len()];
        for (submit, rank, copy) in copies {
            let place = order[rank];
            let job = &jobs[place];
            if made[rank].is_none() {
                let (template, row) = self.template(job);
                workload.templates.push(template);
                let template = workload.templates.len() as u32 - 1;
                let lists = self.lists(job, &mut workload);
                made[rank] = Some(Made {
                    row: Row { template, ..row },
                    lists,
                });
            }
            let Some(Made { row, lists }) = &made[rank] else {
                continue;
            };
            ids[place].push(RowId::at(workload.rows.len()));
            workload.names.push(match job.count {
                1 => job.name.to_owned(),
                _ => format!("{}/{copy}", job.name),
            });
            let pick = |other: usize| ids[other].get(copy as usize).or(ids[other].last()).copied();
            let first = workload.dependencies.len() as u32;
            for (other, kind) in &job.depends {
                if let Some(on) = pick(*other) {
                    workload.dependencies.push(Dependency { on, kind: *kind });
                }
            }
            let dependencies = first..workload.dependencies.len() as u32;
            let first = workload.anchors.len() as u32;
            for &other in &job.after {
                if let Some(after) = pick(other) {
                    workload.anchors.push(Anchor { after });
                    workload.closed_loop = Loop::Closed;
                }
            }
            let extra = Extra {
                dependencies,
                anchors: first..workload.anchors.len() as u32,
                ..lists.clone()
            };
            let row = Row {
                submit,
                source: Row::NAMED + (workload.names.len() as u32 - 1),
                extra: if is_plain(&extra) {
                    Row::PLAIN
                } else {
                    workload.extras.push(extra);
                    workload.extras.len() as u32 - 1
                },
                ..*row
            };
            workload.rows.push(row);
        }
        workload
    }

    /// The parts of a job's extra that its copies share.
    fn lists(&mut self, job: &Job<'_>, workload: &mut Workload) -> Extra {
        let node = job.node;
        let first = workload.child_work.len() as u32;
        let spans = node.list("childRuns").iter().filter_map(Node::as_span);
        workload.child_work.extend(spans);
        let child_work = first..workload.child_work.len() as u32;
        let first = workload.fates.len() as u32;
        workload.fates.extend(self.fates(node));
        Extra {
            array: job.array,
            sequential: job.sequential,
            child_work,
            fates: first..workload.fates.len() as u32,
            peak_memory: node.whole("peakMemoryMiB").unwrap_or(0),
            think: node.span("think").unwrap_or_default(),
            poll: node.span("poll").unwrap_or_default(),
            ..Extra::default()
        }
    }

    /// What the copies of a job have in common, and their row as far as it is the same for all.
    fn template(&mut self, job: &Job<'_>) -> (SubmitJob, Row) {
        let node = job.node;
        let now = job.after.is_empty().then_some(job.at);
        let queue = node.name("jobQueue").unwrap_or_default();
        if node.text("jobQueue").is_some() {
            self.refer_queue(node, "jobQueue", queue, now);
            self.share(node, queue);
        }
        let definition = node.text("jobDefinition").map(name_of);
        let known =
            definition.and_then(|name| self.refer_definition(node, "jobDefinition", name, now));
        if node.get("jobDefinition").is_none() && node.get("vcpus").is_none() {
            let message = "missing: name a definition, or say with vcpus (and memoryMiB) what the job asks for";
            self.problems.below_once(node, "jobDefinition", message);
        }
        self.suits(node, queue, known.as_ref());
        let asked = self.asked(node, known.as_ref());
        let work = self.work(job);
        let retry = self.retry(node);
        let consumables = node
            .get("consumableResourcePropertiesOverride")
            .map(|_| self.consumables(node, "consumableResourcePropertiesOverride", now));
        let priority = node.whole("schedulingPriorityOverride");
        let mut faults = Vec::new();
        faults.extend(retry.as_ref().map(rules::retry_faults).unwrap_or_default());
        faults.extend(rules::timeout_faults(timeout(node)));
        faults.extend(rules::priority_faults(
            "schedulingPriorityOverride",
            priority,
        ));
        faults.extend(rules::consumable_faults(
            "consumableResourcePropertiesOverride",
            consumables.as_deref().unwrap_or_default(),
        ));
        self.faults(node, faults);
        let template = SubmitJob {
            job_name: job.name.to_owned(),
            job_queue: queue.to_owned(),
            job_definition: definition.map(str::to_owned),
            share_identifier: node.text("shareIdentifier").map(str::to_owned),
            scheduling_priority_override: priority,
            retry,
            timeout: timeout(node),
            consumables,
            quarter_vcpus: asked.quarters,
            num_nodes: self.num_nodes(job, known.as_ref()),
            failure: failure(node),
            lift_limits: false,
        };
        let row = Row {
            submit: job.at,
            work,
            estimate: node.span("estimate").unwrap_or_default(),
            vcpus: asked.vcpus.unwrap_or(0),
            memory: asked.memory.unwrap_or(0),
            gpus: asked.gpus.unwrap_or(0),
            template: 0,
            extra: Row::PLAIN,
            source: 0,
            user: Row::UNKNOWN,
            group: Row::UNKNOWN,
        };
        (template, row)
    }

    /// A share identifier belongs to fair-share queues, and only to those.
    pub(super) fn share(&mut self, node: &Node, queue: &str) {
        let identifier = node.text("shareIdentifier");
        if let Some(identifier) = identifier {
            self.faults(
                node,
                rules::share_identifier_faults("shareIdentifier", identifier, false),
            );
        }
        let Some(facts) = self.queue_facts.get(queue) else {
            return;
        };
        match (facts.is_fair_share, node.get("shareIdentifier")) {
            (true, None) => {
                let message = format!(
                    "missing: `{queue}` is a fair-share queue, which takes no job without one"
                );
                self.problems.below_once(node, "shareIdentifier", message);
            }
            (false, Some(_)) => {
                let message = format!(
                    "`{queue}` is a FIFO queue, which takes no job with a share identifier"
                );
                self.problems.below_once(node, "shareIdentifier", message);
            }
            _ => {}
        }
    }

    /// What the job asks for on top of its definition.
    fn asked(&mut self, node: &Node, definition: Option<&JobDefinition>) -> Asked {
        self.takes_parts =
            definition.is_some_and(|one| one.container.platform == Platform::Fargate);
        let mut asked = match node.get("containerOverrides") {
            Some(overrides) => self.container(overrides),
            None => Asked::default(),
        };
        self.takes_parts = false;
        if node.get("vcpus").is_some() {
            asked.quarters = None;
        }
        asked.vcpus = node.whole("vcpus").or(asked.vcpus);
        asked.memory = node.whole("memoryMiB").or(asked.memory);
        asked.gpus = node.whole("gpus").or(asked.gpus);
        for key in [
            "ecsPropertiesOverride",
            "eksPropertiesOverride",
            "nodeOverrides",
        ] {
            let deep = node.get(key).is_some_and(overrides_resources);
            if deep {
                let message = "resource overrides of single containers are not simulated; say with vcpus and memoryMiB what the job asks for";
                self.problems.below(node, key, message);
            }
        }
        if let Some(definition) = definition {
            if definition.nodes.is_some() && asked != Asked::default() {
                let message = "a multi-node job asks for what its definition's node ranges say; nothing here can change it";
                let key = ["containerOverrides", "vcpus", "memoryMiB", "gpus"]
                    .into_iter()
                    .find(|key| node.get(key).is_some());
                self.problems.below(node, key.unwrap_or_default(), message);
            }
            // A row's GPUs count only beside its vCPUs, so a row that changes one states both.
            if asked.vcpus.is_some() || asked.gpus.is_some() {
                asked.vcpus = asked.vcpus.or(Some(definition.shape.vcpus));
                asked.gpus = asked.gpus.or(Some(definition.shape.gpus));
            }
            let quarters = match asked.vcpus {
                None => Some(definition.container.quarter_vcpus),
                Some(_) => asked.quarters,
            };
            self.task_size(node, definition, asked.shape(definition.shape), quarters);
            if asked.quarters.is_some() {
                // The part of a vCPU is the template's, as rows count whole ones.
                asked.vcpus = None;
            }
            if asked
                .memory
                .is_some_and(|memory| memory < rules::MEMORY_MIN_MIB)
            {
                let message = format!("below {} MiB, the least there is", rules::MEMORY_MIN_MIB);
                let key = if node.get("memoryMiB").is_some() {
                    "memoryMiB"
                } else {
                    "containerOverrides"
                };
                self.problems.below_once(node, key, message);
            }
        }
        asked
    }

    /// Run time of an attempt: stated, or that of the last fate.
    fn work(&mut self, job: &Job<'_>) -> Span {
        let node = job.node;
        let fates = self.fates(node);
        let children = node.list("childRuns");
        if !children.is_empty() && children.len() != job.array as usize {
            let message = match job.array {
                0 => "only arrays have children; give arrayProperties.size".to_owned(),
                size => format!(
                    "{} run times for {size} children; give one each",
                    children.len()
                ),
            };
            self.problems.below(node, "childRuns", message);
        }
        let longest = children.iter().filter_map(Node::as_span).max();
        let of_fates = fates.last().map(|fate| fate.run);
        if node.get("run").is_none()
            && of_fates.is_none()
            && longest.is_none()
            && node.get("fates").is_none()
        {
            let message = "missing: how long an attempt runs (or give fates)";
            self.problems.below_once(node, "run", message);
        }
        node.span("run")
            .or(longest)
            .or(of_fates)
            .unwrap_or_default()
    }

    fn fates(&mut self, node: &Node) -> Vec<Fate> {
        let mut fates = Vec::new();
        for (index, entry) in node.list("fates").iter().enumerate() {
            let Some(text) = entry.as_text() else {
                continue;
            };
            match fate(text) {
                Ok(fate) => fates.push(fate),
                Err(why) => self
                    .problems
                    .below_once(node, &format!("fates/{index}"), why),
            }
        }
        if node.get("fates").is_some() && node.list("fates").is_empty() {
            self.problems.below_once(
                node,
                "fates",
                "empty; give one for each attempt, or leave it out",
            );
        }
        fates
    }

    /// `nodeOverrides.numNodes`, with what it needs of the definition.
    fn num_nodes(&mut self, job: &Job<'_>, definition: Option<&JobDefinition>) -> Option<u32> {
        let node = job.node;
        let stated: Option<u32> = node
            .get("nodeOverrides")
            .and_then(|overrides| overrides.whole("numNodes"));
        let definition = definition?;
        let path = "nodeOverrides/numNodes";
        let Some(nodes) = &definition.nodes else {
            if stated.is_some() {
                let message = format!("`{}` is no multinode definition", definition.name);
                self.problems.below(node, path, message);
            }
            return stated;
        };
        if job.array > 0 {
            let message = "a multi-node job cannot be an array";
            self.problems.below(node, "arrayProperties", message);
        }
        if let Some(stated) = stated {
            let open = nodes.groups.iter().find(|group| group.last.is_none());
            let message = match open {
                None => Some(
                    "needs a node range with an open end, such as 1:, in the definition".to_owned(),
                ),
                Some(_) if nodes.main_node >= stated => {
                    Some(format!("must be above mainNode ({})", nodes.main_node))
                }
                Some(open) if open.first >= stated => Some(format!(
                    "must be above the start of the open range ({}:)",
                    open.first
                )),
                Some(_) => None,
            };
            self.blame(node, path, message);
        }
        stated
    }
}

/// What the copies of a job share.
struct Made {
    row: Row,
    lists: Extra,
}

/// Whether a row needs no extra.
fn is_plain(extra: &Extra) -> bool {
    let lists = [
        &extra.dependencies,
        &extra.child_work,
        &extra.fates,
        &extra.anchors,
    ];
    extra.array == 0 && extra.peak_memory == 0 && lists.iter().all(|list| list.is_empty())
}

/// `failure` of a job or a generator.
pub(super) fn failure(node: &Node) -> Option<Failure> {
    let failure = node.get("failure")?;
    Some(Failure {
        probability: failure.decimal("probability").and_then(Ratio::from_f64)?,
        exit_code: failure.whole("exitCode").unwrap_or(1),
        midway: failure.flag("midway").unwrap_or(false),
    })
}

/// Reads `137@30s`, `oom@10s` or `nostart`.
fn fate(text: &str) -> Result<Fate, String> {
    let wrong = || {
        format!(
            "`{}` is no fate; write an exit code and a run time (137@30s), oom@10s or nostart",
            shortened(text)
        )
    };
    if text == "nostart" {
        return Ok(Fate {
            exit_code: 0,
            run: Span::ZERO,
            kind: FateKind::FailedToStart,
        });
    }
    let (what, run) = text.split_once('@').ok_or_else(wrong)?;
    let run = parse_span(run)?;
    if what == "oom" {
        return Ok(Fate {
            exit_code: 137,
            run,
            kind: FateKind::OutOfMemory,
        });
    }
    let exit_code = what
        .parse::<u8>()
        .map_err(|_| format!("`{}` is no exit code; use 0 to 255", shortened(what)))?;
    Ok(Fate {
        exit_code,
        run,
        kind: FateKind::Exit,
    })
}
