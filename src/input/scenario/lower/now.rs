//! `now`: what there is already at time zero, and whether it can be so.

use std::collections::BTreeMap;

use crate::model::{
    Command, ComputeEnvironment, EnvironmentKind, Knob, LiveInstances, LiveJob, LiveShare, Now,
    Purchase, SpotMarket, Timed, Workload, rules,
};
use crate::units::{Ratio, RowId, Shape, SimTime, Span, TypeId, ZoneId};

use super::super::node::{Node, name_of};
use super::Lowering;

/// What commands of time zero make, by name.
struct Made<'c> {
    environments: BTreeMap<&'c str, &'c ComputeEnvironment>,
    /// Names of the environments of each queue.
    queues: BTreeMap<&'c str, &'c [String]>,
}

impl<'c> Made<'c> {
    fn of(commands: &'c [Timed]) -> Made<'c> {
        let mut made = Made {
            environments: BTreeMap::new(),
            queues: BTreeMap::new(),
        };
        for timed in commands.iter().filter(|timed| timed.at == SimTime::ZERO) {
            match &timed.command {
                Command::CreateComputeEnvironment(one) => {
                    made.environments.insert(&one.name, one);
                }
                Command::CreateJobQueue(one) => {
                    made.queues.insert(&one.name, &one.environments);
                }
                _ => {}
            }
        }
        made
    }
}

/// A machine that is up at time zero, and how many there are of its like.
#[derive(Clone, Copy)]
struct Up<'c> {
    environment: &'c str,
    instance_type: TypeId,
    count: u32,
}

/// How many jobs an entry stands for.
fn count(node: &Node) -> u32 {
    node.whole("count").unwrap_or(1)
}

/// Jobs that the list of `workload.jobs` has before its own: those that run, then those that wait.
pub(super) fn live_jobs(root: &Node) -> Vec<&Node> {
    let lists = ["running", "runnable"];
    let now = root.get("now").into_iter();
    now.flat_map(|now| lists.into_iter().flat_map(|list| now.list(list)))
        .collect()
}

impl Lowering<'_> {
    /// What a live account and a workload cannot have together.
    pub(super) fn suits_live(&mut self, workload: &Node) {
        if self.root.get("now").is_none() {
            return;
        }
        for key in ["load", "bundle"] {
            if workload.whole::<u64>(key).is_some_and(|times| times > 1) {
                let message = "does not go with now, whose jobs are there once and as they are";
                self.problems.below(workload, key, message);
            }
        }
    }

    /// What there is at time zero, and a sentence on it. `workload` begins with the jobs that run.
    pub(super) fn now(
        &mut self,
        commands: &[Timed],
        spot: &SpotMarket,
        workload: &Workload,
    ) -> (Now, Option<String>) {
        let mut now = Now::default();
        let Some(node) = self.root.get("now") else {
            return (now, None);
        };
        let made = Made::of(commands);
        let mut up: Vec<Up<'_>> = Vec::new();
        for (name, one) in &made.environments {
            if let EnvironmentKind::Unmanaged { machines, .. } = &one.kind {
                let at_once = machines
                    .iter()
                    .filter(|group| group.launch == SimTime::ZERO);
                up.extend(at_once.map(|group| Up {
                    environment: name,
                    instance_type: group.instance_type,
                    count: group.count,
                }));
            }
        }
        // Which entry has which name.
        let mut called: BTreeMap<&str, u32> = BTreeMap::new();
        for entry in node.list("instances") {
            let found = self.live_instances(entry, &made, spot);
            if let Some(name) = entry.text("instanceId") {
                self.single(entry, name, &mut called, now.instances.len() as u32);
            }
            let Some(found) = found else { continue };
            if let Some((name, _)) = made.environments.get_key_value(found.environment.as_str()) {
                up.push(Up {
                    environment: name,
                    instance_type: found.instance_type,
                    count: found.count,
                });
            }
            now.instances.push(found);
        }
        let mut row = 0;
        for entry in node.list("running") {
            let on = self.place(entry, &made, &called);
            for _ in 0..count(entry) {
                now.running.push(LiveJob {
                    row: RowId(row),
                    environment: entry.name("computeEnvironment").map(str::to_owned),
                    on,
                    ran: entry.span("ran").unwrap_or_default(),
                });
                row += 1;
            }
            self.runs_on(entry, &up);
        }
        for entry in node.list("runnable") {
            if !entry.list("dependsOn").is_empty() {
                let message =
                    "a RUNNABLE job waits for no other; one that does stands in workload.jobs";
                self.problems.below(entry, "dependsOn", message);
            }
        }
        self.live_shares(node, &mut now);
        if self.problems.is_empty() {
            self.has_room(node, &made, &up, workload);
        }
        let sentence = told(node, &now);
        (now, Some(sentence))
    }

    fn live_instances(
        &mut self,
        entry: &Node,
        made: &Made<'_>,
        spot: &SpotMarket,
    ) -> Option<LiveInstances> {
        let name = entry.name("computeEnvironment").unwrap_or_default();
        if entry.text("computeEnvironment").is_some() {
            self.refer_environment(entry, "computeEnvironment", name, Some(SimTime::ZERO));
        }
        let age = entry.span("age").unwrap_or_default();
        let idle = entry.span("idle").unwrap_or_default();
        if idle > age {
            let message = format!("{idle} s are longer than its age ({age} s)");
            self.problems.below_once(entry, "idle", message);
        }
        let instance_type = match entry.text("instanceType") {
            Some(name) => self.instance_type(entry, "instanceType", name),
            None => None,
        };
        let managed = match &made.environments.get(name)?.kind {
            EnvironmentKind::Managed(managed) => managed,
            EnvironmentKind::Unmanaged { .. } => {
                let message = format!(
                    "`{name}` is UNMANAGED: its machines are those of its `instances` that are launched at 0s"
                );
                self.problems.below(entry, "computeEnvironment", message);
                return None;
            }
            EnvironmentKind::Fargate(_) => {
                let message = format!("`{name}` is of Fargate, which has tasks and no instances");
                self.problems.below(entry, "computeEnvironment", message);
                return None;
            }
        };
        let instance_type = instance_type?;
        if !managed.types.contains(&instance_type) {
            let names = managed.types.iter().take(6);
            let names: Vec<&str> = names
                .map(|&one| self.types.catalogue.get(one).name.as_str())
                .collect();
            let more = if managed.types.len() > names.len() {
                ", …"
            } else {
                ""
            };
            let message = format!(
                "`{name}` launches no {}; its types are {}{more}",
                entry.text("instanceType").unwrap_or_default(),
                names.join(", ")
            );
            self.problems.below(entry, "instanceType", message);
        }
        let mut zone = ZoneId::NONE;
        if let Purchase::Spot { .. } = managed.purchase
            && let Some(wanted) = entry.text("availabilityZone")
        {
            let pools = spot.pools.iter();
            let zones: Vec<ZoneId> = pools
                .filter(|pool| pool.instance_type == instance_type)
                .map(|pool| pool.zone)
                .collect();
            let called = |zone: &ZoneId| spot.zones[zone.index()].as_str();
            match zones.iter().find(|zone| called(zone) == wanted) {
                Some(found) => zone = *found,
                None => {
                    let names: Vec<&str> = zones.iter().map(called).collect();
                    let message = format!(
                        "there is no Spot pool of this type in `{wanted}`; there are some in {}",
                        names.join(", ")
                    );
                    self.problems.below(entry, "availabilityZone", message);
                }
            }
        }
        Some(LiveInstances {
            environment: name.to_owned(),
            instance_type,
            count: count(entry),
            age,
            idle,
            zone,
        })
    }

    /// A name is of one instance.
    fn single<'n>(
        &mut self,
        entry: &'n Node,
        name: &'n str,
        called: &mut BTreeMap<&'n str, u32>,
        place: u32,
    ) {
        if count(entry) != 1 {
            let message = "names a single instance, and count says there are more";
            self.problems.below(entry, "instanceId", message);
        } else if called.insert(name, place).is_some() {
            let message = format!("a second instance called `{name}`; names must differ");
            self.problems.below(entry, "instanceId", message);
        }
    }

    /// Where jobs run, and on which entry of the instances if they say.
    fn place(
        &mut self,
        entry: &Node,
        made: &Made<'_>,
        called: &BTreeMap<&str, u32>,
    ) -> Option<u32> {
        for (key, what) in [
            ("dependsOn", "a job that runs waits for no other"),
            (
                "arrayProperties",
                "an array does not run as a whole; each of its children that run is an entry here, or one of count",
            ),
        ] {
            let is_there = match key {
                "dependsOn" => !entry.list(key).is_empty(),
                _ => entry.get(key).is_some(),
            };
            if is_there {
                self.problems.below(entry, key, what);
            }
        }
        let queue = entry.name("jobQueue").unwrap_or_default();
        let environments = made.queues.get(queue).copied().unwrap_or_default();
        let is_fargate = environments.iter().any(|name| {
            let one = made.environments.get(name.as_str());
            one.is_some_and(|one| matches!(one.kind, EnvironmentKind::Fargate(_)))
        });
        if is_fargate {
            let message = format!(
                "`{queue}` runs jobs on Fargate: tasks that run are not taken over yet; leave them out"
            );
            self.problems.below(entry, "jobQueue", message);
        }
        if let Some(name) = entry.name("computeEnvironment") {
            self.refer_environment(entry, "computeEnvironment", name, Some(SimTime::ZERO));
            let is_elsewhere =
                !environments.is_empty() && !environments.iter().any(|one| one == name);
            if is_elsewhere && !self.problems.is_wrong(entry, "computeEnvironment") {
                let message = format!(
                    "`{name}` is no environment of queue `{queue}`; these are {}",
                    environments.join(", ")
                );
                self.problems.below(entry, "computeEnvironment", message);
            }
        }
        let name = entry.text("instanceId")?;
        let found = called.get(name).copied();
        if found.is_none() {
            let message = format!("now.instances has none called `{name}`");
            self.problems.below(entry, "instanceId", message);
        }
        found
    }

    /// No job has run for longer than it runs, on the slowest machine there is.
    fn runs_on(&mut self, entry: &Node, up: &[Up<'_>]) {
        let Some(ran) = entry.span("ran") else { return };
        let reference = entry.text("jobDefinition").map(name_of).unwrap_or_default();
        let known = self
            .definitions
            .fault(reference, Some(SimTime::ZERO))
            .is_none();
        let speed = known
            .then(|| self.refer_definition(entry, "jobDefinition", reference, Some(SimTime::ZERO)))
            .flatten()
            .map_or(Ratio::ONE, |definition| definition.speed);
        let speeds = up
            .iter()
            .map(|one| self.types.catalogue.get(one.instance_type).speed);
        let slowest = speeds.min().unwrap_or(Ratio::ONE);
        let first = entry.list("fates").first().and_then(Node::as_text);
        let stated = match first.and_then(|fate| fate.split_once('@')) {
            Some((_, run)) => crate::model::parse_span(run).ok(),
            None => entry.span("run"),
        };
        let Some(stated) = stated else { return };
        let whole: Span = slowest.divide_with(speed, stated);
        if ran > whole {
            let message = format!("{ran} s are longer than the whole run ({whole} s)");
            self.problems.below(entry, "ran", message);
        }
    }

    fn live_shares(&mut self, node: &Node, now: &mut Now) {
        let mut seen = std::collections::BTreeSet::new();
        for entry in node.list("shares") {
            let (Some(queue), Some(share)) =
                (entry.name("jobQueue"), entry.text("shareIdentifier"))
            else {
                continue;
            };
            self.refer_queue(entry, "jobQueue", queue, Some(SimTime::ZERO));
            if self
                .queue_facts
                .get(queue)
                .is_some_and(|facts| !facts.is_fair_share)
            {
                let message = format!("`{queue}` is a FIFO queue, which has no shares");
                self.problems.below(entry, "jobQueue", message);
            }
            let faults = rules::share_identifier_faults("shareIdentifier", share, false);
            self.faults(entry, faults);
            if !seen.insert((queue, share)) {
                let message = format!("a second entry for share `{share}` of `{queue}`");
                self.problems.below(entry, "shareIdentifier", message);
            }
            let used = entry.decimal("vcpuSeconds").unwrap_or(0.0);
            now.shares.push(LiveShare {
                job_queue: queue.to_owned(),
                share_identifier: share.to_owned(),
                vcpu_ms: (used * 1000.0) as u64,
            });
        }
    }

    /// Whether there are machines for what runs, as far as sums and sizes tell.
    fn has_room(&mut self, node: &Node, made: &Made<'_>, up: &[Up<'_>], workload: &Workload) {
        let registered_only = self.settings.word(Knob::UsableMemory) == "registered";
        let mut sums: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        let mut row = 0;
        for entry in node.list("running") {
            let number = count(entry);
            let shape = self.shape_of_row(workload, row);
            row += number as usize;
            let queue = entry.name("jobQueue").unwrap_or_default();
            let environments = made.queues.get(queue).copied().unwrap_or_default();
            let only = entry.name("computeEnvironment");
            let here = up.iter().filter(|one| {
                environments.iter().any(|name| name == one.environment)
                    && only.is_none_or(|only| only == one.environment)
            });
            let sizes: Vec<Shape> = here
                .map(|one| {
                    self.types
                        .catalogue
                        .get(one.instance_type)
                        .size(registered_only)
                })
                .collect();
            if !sizes.iter().any(|&size| shape.fits(size)) {
                let message = format!(
                    "asks for {} vCPUs and {} MiB, and no machine that is up where it runs has as much",
                    shape.vcpus, shape.memory
                );
                self.problems.at(entry, message);
            }
            let sum = sums.entry(queue).or_default();
            sum.0 += u64::from(number);
            sum.1 += u64::from(number) * u64::from(shape.vcpus);
        }
        for (queue, (jobs, vcpus)) in sums {
            let environments = made.queues.get(queue).copied().unwrap_or_default();
            let there = up
                .iter()
                .filter(|one| environments.iter().any(|name| name == one.environment));
            let there: u64 = there
                .map(|one| {
                    let size = self
                        .types
                        .catalogue
                        .get(one.instance_type)
                        .size(registered_only);
                    u64::from(size.vcpus) * u64::from(one.count)
                })
                .sum();
            if vcpus > there {
                let message = format!(
                    "{jobs} jobs of queue `{queue}` run on {vcpus} vCPUs in all, and the machines that are up in its environments have {there}"
                );
                self.problems.below(node, "running", message);
            }
        }
    }

    /// What the row asks for, as far as it is a container's.
    fn shape_of_row(&self, workload: &Workload, row: usize) -> Shape {
        let Some(row) = workload.rows.get(row) else {
            return Shape::default();
        };
        let template = &workload.templates[row.template as usize];
        let reference = template.job_definition.as_deref().unwrap_or_default();
        let name = reference.split(':').next().unwrap_or_default();
        let definition = self.revisions.get(name).and_then(|known| known.last());
        let defined = match definition {
            Some((_, definition)) if definition.nodes.is_none() => definition.shape,
            _ => Shape::default(),
        };
        let pick = |own: u32, defined: u32| if own > 0 { own } else { defined };
        Shape {
            vcpus: pick(row.vcpus, defined.vcpus),
            memory: pick(row.memory, defined.memory),
            gpus: pick(row.gpus, defined.gpus),
        }
    }
}

/// What a run goes on from.
fn told(node: &Node, now: &Now) -> String {
    let instances: u64 = now.instances.iter().map(|one| u64::from(one.count)).sum();
    let runnable: u64 = node
        .list("runnable")
        .iter()
        .map(|entry| {
            let size = entry
                .get("arrayProperties")
                .and_then(|array| array.whole("size"));
            u64::from(count(entry)) * size.unwrap_or(1)
        })
        .sum();
    let waited = node
        .list("runnable")
        .iter()
        .filter_map(|entry| entry.span("waited"));
    let before = match waited.max() {
        Some(longest) if !longest.is_zero() => {
            format!("; the longest had waited {longest} s before")
        }
        _ => String::new(),
    };
    format!(
        "from now: {instances} instances, {} running, {runnable} runnable; times, waits and bills count from now on{before}",
        now.running.len()
    )
}
