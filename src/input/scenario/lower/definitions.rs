//! Job definitions: what containers, tasks, pods and nodes ask for.

use crate::model::rules;
use crate::model::{
    Command, ConsumableAsk, EvaluateOnExit, ExitAction, JobDefinition, MultiNode, NodeGroup,
    Pattern, RetryStrategy,
};
use crate::units::{Ratio, Shape, SimTime, Span};

use super::super::node::{Node, Value, name_of};
use super::Lowering;

/// The member of a request that says what one host's part of a job asks for.
const BLOCKS: [&str; 3] = ["containerProperties", "ecsProperties", "eksProperties"];

impl Lowering<'_> {
    /// `RegisterJobDefinition`, and what else `describe-job-definitions` says of a revision.
    pub(super) fn register(&mut self, node: &Node, at: SimTime) -> Vec<Command> {
        let definition = self.definition(node, at);
        let name = definition.name.clone();
        let revisions = self.revisions.entry(name.clone()).or_default();
        revisions.push((at, definition.clone()));
        let revision = revisions.len();
        let stated = node.whole::<usize>("revision");
        if let Some(stated) = stated
            && stated != revision
        {
            let message = format!(
                "{stated}, but this is revision {revision} of `{name}` here; list revisions from 1 in order, or leave the key out"
            );
            self.problems.below_once(node, "revision", message);
        }
        let mut commands = vec![Command::RegisterJobDefinition(definition)];
        if node.text("status") == Some("INACTIVE") {
            commands.push(Command::DeregisterJobDefinition {
                job_definition: format!("{name}:{revision}"),
            });
        }
        commands
    }

    fn definition(&mut self, node: &Node, at: SimTime) -> JobDefinition {
        let is_multinode = node.text("type") == Some("multinode");
        let given: Vec<&str> = BLOCKS
            .into_iter()
            .filter(|key| node.get(key).is_some())
            .collect();
        let (shape, nodes) = if is_multinode {
            for key in &given {
                let message = "a multinode definition has nodeProperties instead";
                self.problems.below(node, key, message);
            }
            let nodes = node.get("nodeProperties").map(|nodes| self.nodes(nodes));
            if nodes.is_none() {
                let message = "missing: a multinode definition needs it";
                self.problems.below(node, "nodeProperties", message);
            }
            (Shape::default(), nodes)
        } else {
            if node.get("nodeProperties").is_some() {
                let message = "only where type is \"multinode\"";
                self.problems.below(node, "nodeProperties", message);
            }
            match given[..] {
                [key] => (self.block(node, key, key), None),
                [] => {
                    let message = format!("missing: give {}", BLOCKS.join(", or "));
                    self.problems.below(node, BLOCKS[0], message);
                    (Shape::default(), None)
                }
                [_, second, ..] => {
                    let message = format!("a definition has only one of {}", BLOCKS.join(", "));
                    self.problems.below(node, second, message);
                    (Shape::default(), None)
                }
            }
        };
        self.platforms(node);
        let mut consumables = self.consumables(node, "consumableResourceProperties", Some(at));
        if let Some(nodes) = node.get("nodeProperties") {
            self.node_consumables(nodes, at, &mut consumables);
        }
        let definition = JobDefinition {
            name: node
                .text("jobDefinitionName")
                .unwrap_or_default()
                .to_owned(),
            shape,
            retry: self.retry(node).unwrap_or_default(),
            timeout: timeout(node),
            scheduling_priority: node.whole("schedulingPriority"),
            consumables,
            nodes,
            speed: node
                .decimal("speed")
                .and_then(Ratio::from_f64)
                .unwrap_or(Ratio::ONE),
        };
        let mut faults = rules::definition_faults(&definition);
        faults.retain_mut(|fault| self.is_news(node, fault));
        if definition.name.is_empty() {
            faults.retain(|fault| fault.member != "jobDefinitionName");
        }
        self.faults(node, faults);
        definition
    }

    /// Whether a fault of numbers adds to what was found while they were read. A fault of what a container asks for moves to
    /// the member that says it.
    fn is_news(&self, node: &Node, fault: &mut crate::model::rules::Fault) -> bool {
        let ranges = "nodeProperties/nodeRangeProperties";
        let is_touched =
            |member: &str| self.problems.touches(&format!("{}/{member}", node.pointer));
        if fault.member == ranges {
            return !is_touched(ranges);
        }
        let (parent, keys) = match fault.member.as_str() {
            "containerProperties/resourceRequirements" => ("".to_owned(), BLOCKS),
            other => match other.strip_suffix("/container") {
                Some(range) => (format!("{range}/"), ["container", BLOCKS[1], BLOCKS[2]]),
                None => return true,
            },
        };
        let holder = parent.split('/').filter(|part| !part.is_empty()).try_fold(
            node,
            |node, part| match part.parse::<usize>() {
                Ok(index) => node.items().get(index),
                Err(_) => node.get(part),
            },
        );
        let Some(key) = keys
            .into_iter()
            .find(|key| holder.is_some_and(|node| node.get(key).is_some()))
        else {
            // Nothing says what is asked for, which has been reported.
            return false;
        };
        let rivals = keys
            .iter()
            .filter(|key| holder.is_some_and(|node| node.get(key).is_some()));
        if rivals.count() > 1 || (parent.is_empty() && node.text("type") == Some("multinode")) {
            return false;
        }
        let is_container = key == keys[0];
        let parts: &[&str] = match is_container {
            true => &["/resourceRequirements", "/vcpus", "/memory"],
            false => &[""],
        };
        fault.member = match is_container {
            true => format!("{parent}{key}/resourceRequirements"),
            false => format!("{parent}{key}"),
        };
        !parts
            .iter()
            .any(|part| is_touched(&format!("{parent}{key}{part}")))
    }

    fn platforms(&mut self, node: &Node) {
        for (index, platform) in node.list("platformCapabilities").iter().enumerate() {
            let message = match platform.as_text() {
                Some("EC2") | None => continue,
                Some("FARGATE") => {
                    "Fargate is not simulated yet; jobs on EC2 are, where this is [\"EC2\"]"
                        .to_owned()
                }
                Some("MANAGED_INSTANCES") => {
                    "ECS managed instances are not simulated yet; jobs on EC2 are".to_owned()
                }
                Some(other) => format!("`{other}` is not one of EC2, FARGATE, MANAGED_INSTANCES"),
            };
            let path = format!("platformCapabilities/{index}");
            self.problems.below(node, &path, message);
        }
    }

    /// What the block `key` (of the kind `kind`) of `node` asks for.
    fn block(&mut self, node: &Node, key: &str, kind: &str) -> Shape {
        let Some(block) = node.get(key) else {
            return Shape::default();
        };
        match kind {
            "ecsProperties" => self.task(block),
            "eksProperties" => self.pod(block),
            _ => self.container(block).shape(Shape::default()),
        }
    }

    /// What one container asks for, as far as it says.
    pub(super) fn container(&mut self, node: &Node) -> Asked {
        let mut asked = self.requirements(node);
        asked.vcpus = asked.vcpus.or_else(|| node.whole("vcpus"));
        asked.memory = asked.memory.or_else(|| node.whole("memory"));
        asked
    }

    fn requirements(&mut self, node: &Node) -> Asked {
        let mut asked = Asked::default();
        for (index, entry) in node.list("resourceRequirements").iter().enumerate() {
            let Some(kind) = entry.text("type") else {
                continue;
            };
            let path = format!("resourceRequirements/{index}");
            let slot = match kind {
                "VCPU" => &mut asked.vcpus,
                "MEMORY" => &mut asked.memory,
                "GPU" => &mut asked.gpus,
                _ => continue,
            };
            if slot.is_some() {
                let message = format!("{kind} is given a second time");
                self.problems.below(node, &format!("{path}/type"), message);
            }
            let value = entry
                .whole::<u32>("value")
                .filter(|value| *value < u32::MAX);
            // A stand-in for what could not be read: it is reported here, and should not be a second time as missing.
            *slot = Some(value.unwrap_or(1 << 10));
            if value.is_none()
                && entry
                    .get("value")
                    .is_some_and(|value| value.scalar().is_some())
            {
                let text = entry
                    .get("value")
                    .and_then(Node::scalar)
                    .unwrap_or_default();
                let unit = match kind {
                    "VCPU" => "vCPUs",
                    "MEMORY" => "MiB",
                    _ => "GPUs",
                };
                let message = format!("`{text}` is not a whole number of {unit}");
                self.problems
                    .below_once(node, &format!("{path}/value"), message);
            }
        }
        asked
    }

    /// The sum of a task's containers.
    fn task(&mut self, node: &Node) -> Shape {
        let tasks = node.list("taskProperties");
        if tasks.len() > 1 {
            let message = format!("{} tasks; a job has one", tasks.len());
            self.problems.below_once(node, "taskProperties", message);
        }
        let Some(task) = tasks.first() else {
            self.problems
                .below_once(node, "taskProperties", "empty; give one task");
            return Shape::default();
        };
        self.sum(task, "containers", |lowering, container| {
            lowering.requirements(container).shape(Shape::default())
        })
    }

    fn sum(&mut self, node: &Node, key: &str, shape: impl Fn(&mut Self, &Node) -> Shape) -> Shape {
        let containers = node.list(key);
        if containers.len() > 10 || containers.is_empty() {
            let message = format!("{} containers; must be 1 to 10", containers.len());
            self.problems.below_once(node, key, message);
        }
        let mut sum = Shape::default();
        for container in containers {
            let one = shape(self, container);
            let added = sum
                .vcpus
                .checked_add(one.vcpus)
                .zip(sum.memory.checked_add(one.memory))
                .zip(sum.gpus.checked_add(one.gpus));
            match added {
                Some(((vcpus, memory), gpus)) => sum = Shape::new(vcpus, memory, gpus),
                None => {
                    let message = "together the containers ask for more than any machine has";
                    self.problems.below_once(node, key, message);
                }
            }
        }
        sum
    }

    /// The sum of a pod's containers; vCPUs are rounded up to whole ones.
    fn pod(&mut self, node: &Node) -> Shape {
        let Some(pod) = node.get("podProperties") else {
            return Shape::default();
        };
        // Summed in thousandths of a vCPU, so that two halves are one.
        let sum = self.sum(pod, "containers", |lowering, container| {
            let ask = |lowering: &mut Self, key, read: fn(&str) -> Option<u32>| {
                let found = ["requests", "limits"]
                    .into_iter()
                    .find_map(|list| container.get("resources")?.get(list)?.get(key));
                let Some((node, text)) = found.and_then(|node| Some((node, node.as_text()?)))
                else {
                    return 0;
                };
                read(text).unwrap_or_else(|| {
                    let message =
                        format!("`{text}` is no quantity of {key} that a machine could have");
                    lowering.problems.below_once(node, "", message);
                    1
                })
            };
            Shape::new(
                ask(lowering, "cpu", |text| quantity(text, 1000, 1)),
                ask(lowering, "memory", |text| quantity(text, 1, 1 << 20)),
                ask(lowering, "nvidia.com/gpu", |text| quantity(text, 1, 1)),
            )
        });
        Shape::new(sum.vcpus.div_ceil(1000), sum.memory, sum.gpus)
    }

    fn nodes(&mut self, node: &Node) -> MultiNode {
        let num_nodes: u32 = node.whole("numNodes").unwrap_or(1);
        let mut groups = Vec::new();
        for range in node.list("nodeRangeProperties") {
            let target = range.text("targetNodes").unwrap_or("0:");
            let (first, last) = match node_range(target) {
                Some(found) => found,
                None => {
                    let message =
                        format!("`{target}` is not a range of nodes; write 0:3, :3, 4: or 2");
                    self.problems.below(range, "targetNodes", message);
                    (0, None)
                }
            };
            if last.is_some_and(|last| last >= num_nodes) {
                let message = format!("`{target}` ends beyond the last node ({})", num_nodes - 1);
                self.problems.below_once(range, "targetNodes", message);
            }
            let blocks = [
                ("container", BLOCKS[0]),
                ("ecsProperties", BLOCKS[1]),
                ("eksProperties", BLOCKS[2]),
            ];
            let given: Vec<_> = blocks
                .into_iter()
                .filter(|(key, _)| range.get(key).is_some())
                .collect();
            let shape = match given[..] {
                [(key, kind)] => self.block(range, key, kind),
                [] => {
                    self.problems.below(
                        range,
                        "container",
                        "missing: what a node of this range asks for",
                    );
                    Shape::default()
                }
                [_, (second, _), ..] => {
                    let message = "a range has only one of container, ecsProperties, eksProperties";
                    self.problems.below(range, second, message);
                    Shape::default()
                }
            };
            groups.push(NodeGroup {
                first,
                last,
                shape,
                instance_type: self.node_type(range),
            });
        }
        let types: std::collections::BTreeSet<_> = groups
            .iter()
            .filter_map(|group| group.instance_type.as_ref())
            .collect();
        if types.len() > 1 {
            let message =
                "the ranges name different instance types; all nodes of a job have the same";
            self.problems.below(node, "nodeRangeProperties", message);
        }
        MultiNode {
            num_nodes,
            main_node: node.whole("mainNode").unwrap_or(0),
            groups,
        }
    }

    /// The instance type that a node range names, if any.
    fn node_type(&mut self, range: &Node) -> Option<String> {
        let listed = range.list("instanceTypes");
        if listed.len() > 1 {
            let message = "several instance types; a job's nodes have one";
            self.problems.below(range, "instanceTypes", message);
        }
        let (path, name) = match listed.first().and_then(Node::as_text) {
            Some(name) => ("instanceTypes/0", name),
            None => (
                "container/instanceType",
                range.get("container")?.text("instanceType")?,
            ),
        };
        self.instance_type(range, path, name);
        Some(name.to_owned())
    }

    /// What the nodes of a gang lock together.
    fn node_consumables(&mut self, nodes: &Node, at: SimTime, sum: &mut Vec<ConsumableAsk>) {
        let num_nodes: u32 = nodes.whole("numNodes").unwrap_or(1);
        for range in nodes.list("nodeRangeProperties") {
            let Some((first, last)) = range.text("targetNodes").and_then(node_range) else {
                continue;
            };
            let last = last.unwrap_or(num_nodes.saturating_sub(1));
            let count = u64::from(last.saturating_sub(first)) + 1;
            for ask in self.consumables(range, "consumableResourceProperties", Some(at)) {
                let quantity = ask.quantity.saturating_mul(count);
                match sum.iter_mut().find(|other| other.resource == ask.resource) {
                    Some(other) => other.quantity = other.quantity.saturating_add(quantity),
                    None => sum.push(ConsumableAsk { quantity, ..ask }),
                }
            }
        }
    }

    /// The consumable resources that the member `key` of `node` lists.
    pub(super) fn consumables(
        &mut self,
        node: &Node,
        key: &str,
        at: Option<SimTime>,
    ) -> Vec<ConsumableAsk> {
        let Some(properties) = node.get(key) else {
            return Vec::new();
        };
        let mut asks = Vec::new();
        for (index, entry) in properties.list("consumableResourceList").iter().enumerate() {
            let Some(resource) = entry.name("consumableResource") else {
                continue;
            };
            let path = format!("consumableResourceList/{index}/consumableResource");
            self.refer_resource(properties, &path, resource, at);
            asks.push(ConsumableAsk {
                resource: resource.to_owned(),
                // A quantity out of range has been reported.
                quantity: entry
                    .whole("quantity")
                    .filter(|quantity| (1..=rules::CONSUMABLE_MAX).contains(quantity))
                    .unwrap_or(1),
            });
        }
        asks
    }

    /// `retryStrategy` of `node`, if it has one.
    pub(super) fn retry(&mut self, node: &Node) -> Option<RetryStrategy> {
        let retry = node.get("retryStrategy")?;
        let pattern = |entry: &Node, key| entry.text(key).map(Pattern::new);
        Some(RetryStrategy {
            attempts: retry.whole("attempts").unwrap_or(1),
            evaluate_on_exit: retry
                .list("evaluateOnExit")
                .iter()
                .map(|entry| EvaluateOnExit {
                    on_status_reason: pattern(entry, "onStatusReason"),
                    on_reason: pattern(entry, "onReason"),
                    on_exit_code: pattern(entry, "onExitCode"),
                    action: match entry.text("action") {
                        Some(word) if word.eq_ignore_ascii_case("EXIT") => ExitAction::Exit,
                        _ => ExitAction::Retry,
                    },
                })
                .collect(),
        })
    }

    /// The revision that `reference` (`name`, `name:revision` or an ARN) means at `at`, or a problem at `path` of `node`.
    pub(super) fn refer_definition(
        &mut self,
        node: &Node,
        path: &str,
        reference: &str,
        at: Option<SimTime>,
    ) -> Option<JobDefinition> {
        let reference = name_of(reference);
        let (name, revision) = match reference.rsplit_once(':') {
            Some((name, revision)) => (name, Some(revision)),
            None => (reference, None),
        };
        let fault = self.definitions.fault(name, at);
        let is_known = fault.is_none();
        self.blame(node, path, fault);
        let known = self.revisions.get(name).filter(|_| is_known)?;
        let Some(revision) = revision else {
            let early = known
                .iter()
                .rfind(|(since, _)| at.is_none_or(|at| *since <= at));
            return early.map(|(_, definition)| definition.clone());
        };
        let found = revision
            .parse::<usize>()
            .ok()
            .and_then(|revision| known.get(revision.checked_sub(1)?));
        let Some((since, definition)) = found else {
            let message = format!(
                "`{name}` has no revision {revision}; it has 1 to {}",
                known.len()
            );
            self.problems.below(node, path, message);
            return None;
        };
        if at.is_some_and(|at| *since > at) {
            let message = format!("`{reference}` is registered only at {since} s, after this");
            self.problems.below(node, path, message);
        }
        Some(definition.clone())
    }
}

/// What a request asks for, member by member.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    pub vcpus: Option<u32>,
    pub memory: Option<u32>,
    pub gpus: Option<u32>,
}

impl Asked {
    /// As a shape; what is not asked for is that of `base`.
    pub(super) fn shape(self, base: Shape) -> Shape {
        Shape::new(
            self.vcpus.unwrap_or(base.vcpus),
            self.memory.unwrap_or(base.memory),
            self.gpus.unwrap_or(base.gpus),
        )
    }
}

/// `timeout.attemptDurationSeconds` of `node`.
pub(super) fn timeout(node: &Node) -> Option<Span> {
    let seconds: u32 = node.get("timeout")?.whole("attemptDurationSeconds")?;
    Some(Span::from_s(seconds.into()))
}

/// `0:3`, `:3`, `4:` or `2`: the first node and the last, which is open where it is left out.
fn node_range(text: &str) -> Option<(u32, Option<u32>)> {
    let number = |text: &str| text.parse::<u32>().ok();
    let (first, last) = match text.split_once(':') {
        Some(("", "")) => (0, None),
        Some(("", last)) => (0, Some(number(last)?)),
        Some((first, "")) => (number(first)?, None),
        Some((first, last)) => (number(first)?, Some(number(last)?)),
        None => (number(text)?, Some(number(text)?)),
    };
    last.is_none_or(|last| first <= last)
        .then_some((first, last))
}

/// A Kubernetes quantity times `times` over `per`, rounded up: `250m`, `0.25`, `2`, `2048Mi`, `2G`.
fn quantity(text: &str, times: u128, per: u128) -> Option<u32> {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, suffix) = text.split_at(end);
    // The number in thousandths, then its suffix.
    let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || decimals.len() > 3 || !decimals.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let milli: u128 = format!("{whole}{decimals:0<3}").parse().ok()?;
    let (up, down): (u128, u128) = match suffix {
        "" => (1, 1),
        "m" => (1, 1000),
        "k" => (1000, 1),
        "M" => (1_000_000, 1),
        "G" => (1_000_000_000, 1),
        "T" => (1_000_000_000_000, 1),
        "Ki" => (1 << 10, 1),
        "Mi" => (1 << 20, 1),
        "Gi" => (1 << 30, 1),
        "Ti" => (1 << 40, 1),
        _ => return None,
    };
    let value = milli
        .checked_mul(up)?
        .checked_mul(times)?
        .div_ceil(1000 * down * per);
    u32::try_from(value).ok().filter(|value| *value < u32::MAX)
}

/// Whether any container below `node` overrides what it asks for.
pub(super) fn overrides_resources(node: &Node) -> bool {
    match &node.value {
        Value::List(items) => items.iter().any(overrides_resources),
        Value::Table(members) => members.iter().any(|(key, member)| {
            ["resourceRequirements", "resources", "vcpus", "memory"].contains(&key.as_str())
                || overrides_resources(member)
        }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kubernetes_quantities_read_in_all_their_spellings() {
        let cpu = |text| quantity(text, 1000, 1);
        let mib = |text| quantity(text, 1, 1 << 20);
        assert_eq!(cpu("250m"), Some(250));
        assert_eq!(cpu("0.25"), Some(250));
        assert_eq!(cpu("2"), Some(2000));
        assert_eq!(mib("2048Mi"), Some(2048));
        assert_eq!(mib("2Gi"), Some(2048));
        assert_eq!(mib("2147483648"), Some(2048));
        assert_eq!(mib("2G"), Some(1908));
        for text in [
            "",
            "Mi",
            "-1",
            "1.2345",
            "1e3",
            "99999999999999999999999999999999Ti",
        ] {
            assert_eq!(mib(text), None, "{text}");
        }
    }

    #[test]
    fn node_ranges_read_in_all_their_spellings() {
        assert_eq!(node_range("0:3"), Some((0, Some(3))));
        assert_eq!(node_range(":3"), Some((0, Some(3))));
        assert_eq!(node_range("4:"), Some((4, None)));
        assert_eq!(node_range("2"), Some((2, Some(2))));
        for text in ["3:0", "a", "", "1:2:3", "-1"] {
            assert_eq!(node_range(text), None, "{text}");
        }
    }
}
