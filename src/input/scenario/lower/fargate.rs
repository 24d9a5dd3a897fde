//! Fargate: environments without instances, definitions whose jobs are tasks, and the machines that tasks can have.

use crate::model::{
    Architecture, ContainerTerms, FargateEnvironment, JobDefinition, JobQueue, Knob, Platform,
    rules,
};
use crate::policy::discipline::Discipline;
use crate::units::{Ratio, Shape};

use super::super::node::{Node, Origin, shortened};
use super::Lowering;
use super::containers::quantity;

/// Members of `computeResources` that AWS refuses for Fargate (API ComputeResource: not applicable, do not specify it).
const NOT_APPLICABLE: [&str; 13] = [
    "minvCpus",
    "desiredvCpus",
    "instanceTypes",
    "allocationStrategy",
    "bidPercentage",
    "scalingPolicy",
    "imageId",
    "ec2KeyPair",
    "instanceRole",
    "placementGroup",
    "launchTemplate",
    "ec2Configuration",
    "spotIamFleetRole",
];

/// Whether an environment's `computeResources.type` is one of Fargate's; then, whether it is Spot.
pub(in super::super) fn fargate_kind(environment: &Node) -> Option<bool> {
    match environment.get("computeResources")?.text("type")? {
        "FARGATE" => Some(false),
        "FARGATE_SPOT" => Some(true),
        _ => None,
    }
}

/// A part of a vCPU that Fargate has, in quarters.
pub(super) fn quarters(text: &str) -> Option<u32> {
    match text {
        "0.25" | ".25" => Some(1),
        "0.5" | ".5" | "0.50" => Some(2),
        _ => None,
    }
}

/// MiB of `2GiB`, `512MiB`, `1.5GiB`.
fn image_size(text: &str) -> Option<u32> {
    let number = text.strip_suffix('B')?;
    (number.ends_with("Mi") || number.ends_with("Gi")).then_some(())?;
    quantity(number, 1, 1 << 20)
}

impl Lowering<'_> {
    /// The Fargate part of the environment at `node`.
    pub(super) fn fargate(&mut self, node: &Node, spot: bool) -> FargateEnvironment {
        let mut fargate = FargateEnvironment { spot, max_vcpus: 0 };
        let Some(resources) = node.get("computeResources") else {
            return fargate;
        };
        if !node.list("instances").is_empty() {
            self.problems.below(node, "instances", rules::NO_INSTANCES);
        }
        let word = if spot { "FARGATE_SPOT" } else { "FARGATE" };
        for member in NOT_APPLICABLE {
            if let Some(found) = resources.get(member)
                && found.origin != Origin::Default
            {
                let message =
                    format!("is not applicable to {word}; leave it out (API ComputeResource)");
                self.problems.below(resources, member, message);
            }
        }
        match resources.get("maxvCpus") {
            None => {
                let message = "is missing: maxvCpus = 256";
                self.problems.below(resources, "maxvCpus", message);
            }
            Some(_) => {
                fargate.max_vcpus = resources.whole("maxvCpus").unwrap_or(0);
                self.faults(resources, rules::fargate_faults(&fargate));
            }
        }
        fargate
    }

    /// Whether the environment called `name` is of Fargate; `None` where nothing is known of it.
    fn is_fargate(&self, name: &str) -> Option<bool> {
        let node = self.environment_nodes(name).next()?;
        Some(fargate_kind(node).is_some())
    }

    /// The platform of a queue whose first environment `node` names.
    pub(super) fn queue_platform(&self, node: &Node) -> Platform {
        let mut entries = node.list("computeEnvironmentOrder").iter();
        let is_fargate = entries
            .find_map(|entry| self.is_fargate(entry.name("computeEnvironment")?))
            .unwrap_or(false);
        match is_fargate {
            true => Platform::Fargate,
            false => Platform::Ec2,
        }
    }

    /// The environments of a queue are all of EC2 or all of Fargate.
    pub(super) fn one_platform(&mut self, node: &Node, names: &[String]) {
        let mut kinds = names.iter().filter_map(|name| self.is_fargate(name));
        let first = kinds.next();
        if kinds.any(|kind| Some(kind) != first) {
            self.problems
                .below(node, "computeEnvironmentOrder", rules::MIXED_PLATFORMS);
        }
    }

    /// A queue that backfills has machines to plan with.
    pub(super) fn plans_with_machines(
        &mut self,
        node: &Node,
        path: &str,
        queue: &JobQueue,
        discipline: Discipline,
    ) {
        let backfills = matches!(discipline, Discipline::Easy | Discipline::Conservative);
        let mut names = queue.environments.iter();
        if backfills && names.any(|name| self.is_fargate(name) == Some(true)) {
            self.problems.below(node, path, rules::NO_BACKFILLING);
        }
    }

    /// What a definition says of its containers beside what they ask for; `shape` is what they ask for, which a part of a vCPU
    /// changes.
    pub(super) fn container_terms(
        &mut self,
        node: &Node,
        platform: Platform,
        shape: &mut Shape,
    ) -> ContainerTerms {
        let task = node
            .get("ecsProperties")
            .and_then(|block| block.list("taskProperties").first());
        let block = node.get("containerProperties").or(task);
        let mut terms = ContainerTerms {
            platform,
            image_mib: self.image_mib(node),
            ..ContainerTerms::default()
        };
        let Some(block) = block else {
            return terms;
        };
        let containers = match task {
            Some(task) => task.list("containers"),
            None => std::slice::from_ref(block),
        };
        let images = containers.iter().filter_map(|one| one.text("image"));
        terms.image = images.collect::<Vec<&str>>().join(" ");
        if platform == Platform::Ec2 {
            return terms;
        }
        terms.quarter_vcpus = parts_of_vcpus(containers);
        if terms.quarter_vcpus > 0 {
            shape.vcpus = terms.quarter_vcpus.div_ceil(4);
        }
        let storage = block.get("ephemeralStorage");
        terms.storage_gib = storage
            .and_then(|storage| storage.whole("sizeInGiB"))
            .unwrap_or(0);
        let system = block.get("runtimePlatform");
        let word = |key| system.and_then(|system| system.text(key));
        terms.architecture = match word("cpuArchitecture") {
            Some("ARM64") => Architecture::Arm64,
            Some("X86_64") | None => Architecture::X86_64,
            Some(other) => {
                let message = format!("`{}` is not X86_64 or ARM64", shortened(other));
                self.problems
                    .below(block, "runtimePlatform/cpuArchitecture", message);
                Architecture::X86_64
            }
        };
        if word("operatingSystemFamily").is_some_and(|word| word != "LINUX") {
            let message = "only LINUX is simulated";
            self.problems
                .below(block, "runtimePlatform/operatingSystemFamily", message);
        }
        terms
    }

    fn image_mib(&mut self, node: &Node) -> Option<u32> {
        let text = node.text("imageSize")?;
        let mib = image_size(text);
        if mib.is_none() {
            let message = format!(
                "`{}` is not the size of an image; write 500MiB or 2GiB",
                shortened(text)
            );
            self.problems.below_once(node, "imageSize", message);
        }
        mib
    }

    /// A job's definition is for the platform of its queue, and on Fargate there is a task of the size that it asks for.
    pub(super) fn suits(&mut self, node: &Node, queue: &str, definition: Option<&JobDefinition>) {
        let Some(facts) = self.queue_facts.get(queue) else {
            return;
        };
        let platform = facts.platform;
        if let Some(definition) = definition
            && definition.container.platform != platform
        {
            let message = format!(
                "`{}` is for {} and `{queue}` has {} compute environments",
                definition.name,
                definition.container.platform.name(),
                platform.name()
            );
            self.problems.below_once(node, "jobDefinition", message);
        }
    }

    /// On Fargate there is a task of the size that a job asks for.
    pub(super) fn task_size(
        &mut self,
        node: &Node,
        definition: &JobDefinition,
        asked: Shape,
        quarters: Option<u32>,
    ) {
        if definition.container.platform == Platform::Ec2 || definition.nodes.is_some() {
            return;
        }
        let size = rules::task_size(asked, quarters.unwrap_or(0));
        let overrides = ["containerOverrides", "vcpus", "memoryMiB", "gpus"];
        let Some(key) = overrides.into_iter().find(|key| node.get(key).is_some()) else {
            return;
        };
        if asked.gpus > 0 {
            self.problems.below_once(node, key, rules::NO_GPU);
        } else if !size.is_valid() && !self.problems.is_wrong(node, key) {
            self.problems.below_once(node, key, size.refusal());
        }
    }

    /// The machines of tasks are had where an environment is of Fargate.
    pub(super) fn has_fargate(&self) -> bool {
        let events = self.root.list("events").iter();
        let mut all = self.root.list("computeEnvironments").iter().chain(events);
        all.any(|node| fargate_kind(node).is_some())
    }

    /// What is wrong with the settings of Fargate.
    pub(super) fn check_fargate_settings(knob: Knob, value: &str) -> Result<(), String> {
        let number = value.parse::<f64>().ok().and_then(Ratio::from_f64);
        match (knob, number) {
            (Knob::FargateSpeed, Some(Ratio::ZERO)) => {
                Err("0 would make every task run for ever; use a number above 0".to_owned())
            }
            (Knob::FargateSpotDiscount, Some(part)) if part > Ratio::ONE => {
                Err(format!("`{value}` is not a part of a price; use 0 to 1"))
            }
            _ => Ok(()),
        }
    }
}

/// What containers ask for together in quarters of a vCPU, where one of them asks for a part of one; else 0.
fn parts_of_vcpus(containers: &[Node]) -> u32 {
    let mut has_part = false;
    let mut sum = 0u32;
    for container in containers {
        for entry in container.list("resourceRequirements") {
            if entry.text("type") != Some("VCPU") {
                continue;
            }
            let part = entry.text("value").and_then(quarters);
            has_part |= part.is_some();
            let whole = entry.whole::<u32>("value").unwrap_or(0).saturating_mul(4);
            sum = sum.saturating_add(part.unwrap_or(whole));
        }
    }
    if has_part { sum } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_have_sizes_in_mib_and_gib() {
        for (text, mib) in [
            ("2GiB", 2048),
            ("500MiB", 500),
            ("1.5GiB", 1536),
            ("0MiB", 0),
        ] {
            assert_eq!(image_size(text), Some(mib), "{text}");
        }
        for text in ["", "2", "2G", "2GB", "GiB", "-1GiB", "2 GiB", "9999999TiB"] {
            assert_eq!(image_size(text), None, "{text}");
        }
    }
}
