//! Job definitions: what containers, tasks, pods and nodes ask for.

use crate::model::rules;
use crate::model::{
    Command, ConsumableAsk, EvaluateOnExit, ExitAction, JobDefinition, MultiNode, NodeGroup,
    Pattern, Platform, RetryStrategy,
};
use crate::units::{Ratio, Shape, SimTime, Span};

use super::super::node::{Node, name_of};
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
        let platform = self.platforms(node);
        self.takes_parts = platform == Platform::Fargate;
        let (mut shape, nodes) = if is_multinode {
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
        self.takes_parts = false;
        let container = self.container_terms(node, platform, &mut shape);
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
            container,
            checkpoint: node
                .get("checkpoint")
                .and_then(|checkpoint| self.checkpoint(node, checkpoint)),
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

    fn platforms(&mut self, node: &Node) -> Platform {
        let mut known = Vec::new();
        for (index, platform) in node.list("platformCapabilities").iter().enumerate() {
            let message = match platform.as_text() {
                None => continue,
                Some("EC2") => {
                    known.push(Platform::Ec2);
                    continue;
                }
                Some("FARGATE") => {
                    known.push(Platform::Fargate);
                    continue;
                }
                Some("MANAGED_INSTANCES") => {
                    "ECS managed instances are not simulated yet; jobs on EC2 are".to_owned()
                }
                Some(other) => format!("`{other}` is not one of EC2, FARGATE, MANAGED_INSTANCES"),
            };
            let path = format!("platformCapabilities/{index}");
            self.problems.below(node, &path, message);
        }
        let first = known.first().copied().unwrap_or_default();
        if known.iter().any(|other| *other != first) {
            let message =
                "both are given, and a definition's sizes are of one: give EC2 or FARGATE";
            self.problems
                .below_once(node, "platformCapabilities", message);
        }
        if first == Platform::Fargate && node.get("eksProperties").is_some() {
            let message = "pods of AWS Batch do not run on Fargate; give containerProperties";
            self.problems.below(node, "eksProperties", message);
        }
        first
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
                let message = format!(
                    "`{target}` ends beyond the last node ({})",
                    num_nodes.saturating_sub(1)
                );
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

#[cfg(test)]
mod tests {
    use super::*;

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
