//! `computeResources`: what makes an environment a managed one.

use crate::model::type_sets::{self, Optimal};
use crate::model::{
    AllocationStrategy, Billing, Infrastructure, Knob, Managed, Purchase, UpdatePolicy, rules,
};
use crate::policy::allocation::{self, ALLOCATIONS};
use crate::units::{Span, TypeId};

use super::super::node::Node;
use super::Lowering;

/// `computeResources.type` values that are not simulated yet.
const OTHER_CAPACITY: &[&str] = &["ECS_MANAGED_INSTANCES"];

/// Members that a managed environment cannot do without (API ComputeResource), and what they look like.
const REQUIRED: [(&str, &str); 3] = [
    ("type", "\"EC2\""),
    ("maxvCpus", "256"),
    ("instanceTypes", "[\"c6i\", \"m6i\"]"),
];

/// Members that scale an environment; for any other AWS replaces all of its instances (User Guide, updating compute
/// environments).
const SCALING: &[&str] = &["minvCpus", "maxvCpus", "desiredvCpus", "scalingPolicy"];

/// `updatePolicy`.
pub(super) fn update_policy(node: &Node) -> UpdatePolicy {
    let minutes: u64 = node.whole("jobExecutionTimeoutMinutes").unwrap_or(30);
    UpdatePolicy {
        terminate_jobs: node.flag("terminateJobsOnUpdate").unwrap_or(false),
        timeout: Span::from_s(minutes * 60),
    }
}

impl Lowering<'_> {
    /// The managed part of the environment at `node`.
    pub(super) fn managed(&mut self, node: &Node, billing: Billing) -> Managed {
        let mut managed = Managed {
            purchase: Purchase::OnDemand,
            strategy: AllocationStrategy::default(),
            min_vcpus: 0,
            max_vcpus: 0,
            desired_vcpus: None,
            types: Vec::new(),
            positions: Vec::new(),
            scale_down_delay: Span::ZERO,
            update_policy: node
                .get("updatePolicy")
                .map(update_policy)
                .unwrap_or_default(),
            billing,
        };
        if !node.list("instances").is_empty() {
            let message = "a MANAGED environment launches its own machines; name their types in computeResources.instanceTypes";
            self.problems.below(node, "instances", message);
        }
        let Some(resources) = node.get("computeResources") else {
            let message = "is missing: a MANAGED environment has computeResources = { type = \"EC2\", maxvCpus = 256, instanceTypes = [\"c6i\"] }";
            self.problems.below(node, "computeResources", message);
            return managed;
        };
        match resources.text("type") {
            None | Some("EC2") => {}
            Some("SPOT") => {
                managed.purchase = Purchase::Spot {
                    bid_percentage: resources.whole("bidPercentage").unwrap_or(100),
                };
            }
            Some(other) if OTHER_CAPACITY.contains(&other) => {
                let message = format!(
                    "{other} is not simulated yet; use EC2, which is On-Demand, SPOT, FARGATE or FARGATE_SPOT"
                );
                self.problems.below(resources, "type", message);
            }
            Some(other) => {
                let message = format!(
                    "`{other}` is no kind of capacity; use EC2, which is On-Demand, SPOT, FARGATE or FARGATE_SPOT"
                );
                self.problems.below(resources, "type", message);
            }
        }
        for (member, example) in REQUIRED {
            if resources.get(member).is_none() {
                let message = format!("is missing: {member} = {example}");
                self.problems.below(resources, member, message);
            }
        }
        if resources.get("bidPercentage").is_some() && resources.text("type") == Some("EC2") {
            let message = "is for SPOT; On-Demand instances cost their price (API ComputeResource)";
            self.problems.below(resources, "bidPercentage", message);
        }
        managed.strategy = self.allocation_strategy(resources);
        let is_spot = managed.purchase != Purchase::OnDemand;
        if is_spot
            && managed.strategy == AllocationStrategy::BestFit
            && !self.problems.is_wrong(resources, "allocationStrategy")
            && resources.get("spotIamFleetRole").is_none()
        {
            let message = "is missing: SPOT with BEST_FIT, or without a strategy, launches by a Spot Fleet, which needs a role (API ComputeResource); give its ARN, or use SPOT_PRICE_CAPACITY_OPTIMIZED";
            self.problems.below(resources, "spotIamFleetRole", message);
        }
        managed.min_vcpus = resources.whole("minvCpus").unwrap_or(0);
        managed.max_vcpus = resources.whole("maxvCpus").unwrap_or(0);
        managed.desired_vcpus = resources.whole("desiredvCpus");
        let minutes: u32 = resources
            .get("scalingPolicy")
            .and_then(|policy| policy.whole("minScaleDownDelayMinutes"))
            .unwrap_or(0);
        managed.scale_down_delay = Span::from_s(u64::from(minutes) * 60);
        (managed.types, managed.positions) = self.allowed_types(resources);
        let mut faults = rules::managed_faults(&managed);
        let is_read = |member: &str| {
            let first = member.split('/').next().unwrap_or_default();
            resources.get(first).is_some() && first != "instanceTypes"
        };
        faults.retain(|fault| is_read(&fault.member));
        self.faults(resources, faults);
        managed
    }

    fn allocation_strategy(&mut self, resources: &Node) -> AllocationStrategy {
        let Some(name) = resources.text("allocationStrategy") else {
            return AllocationStrategy::default();
        };
        allocation::find(name).unwrap_or_else(|| {
            let known: Vec<&str> = ALLOCATIONS.iter().map(|known| known.name).collect();
            let message = format!("`{name}` is no strategy; use {}", known.join(" or "));
            self.problems
                .below(resources, "allocationStrategy", message);
            AllocationStrategy::default()
        })
    }

    /// `instanceTypes`, expanded.
    fn expand(&self, resources: &Node) -> Result<type_sets::TypeSet, Vec<type_sets::TypeFault>> {
        let asked: Vec<String> = resources
            .list("instanceTypes")
            .iter()
            .filter_map(Node::as_text)
            .map(str::to_owned)
            .collect();
        let optimal = Optimal::find(self.settings.word(Knob::Optimal)).unwrap_or_default();
        type_sets::expand(&self.types.catalogue, &asked, optimal)
    }

    /// `instanceTypes`, expanded; nothing where it is wrong, which is said where the environment is made.
    pub(super) fn types_of(&self, resources: &Node) -> Vec<TypeId> {
        let set = self.expand(resources);
        set.map(|set| set.types()).unwrap_or_default()
    }

    /// `instanceTypes`, expanded, and where in the list each type stands; what is wrong with it is said.
    pub(super) fn allowed_types(&mut self, resources: &Node) -> (Vec<TypeId>, Vec<u32>) {
        if resources.get("instanceTypes").is_none() {
            return Default::default();
        }
        match self.expand(resources) {
            Ok(set) => {
                let types = set.types();
                self.measured(resources, &types);
                (types, set.positions())
            }
            Err(faults) => {
                let faults = faults.iter().map(type_sets::TypeFault::fault).collect();
                self.faults(resources, faults);
                Default::default()
            }
        }
    }

    /// Each of `types` has a speed, where speeds are asked for by CoreMark.
    fn measured(&mut self, resources: &Node, types: &[TypeId]) {
        let names = types.iter().map(|&id| &*self.types.catalogue.get(id).name);
        let unmeasured: Vec<&str> = names
            .filter(|name| self.types.unmeasured.contains(*name))
            .collect();
        let Some((first, more)) = unmeasured.split_first() else {
            return;
        };
        let (others, have) = match more.len() {
            0 => (String::new(), "has"),
            count => (format!(" and {count} more of these types"), "have"),
        };
        let message = format!(
            "`{first}`{others} {have} no CoreMark figure, which machineSpeed asks for; name types that have one, or state speeds in instanceTypes"
        );
        self.problems.below(resources, "instanceTypes", message);
    }

    /// What a scaling update may not contain.
    pub(super) fn scaling_update(&mut self, node: &Node, resources: Option<&Node>) {
        let Some(resources) = resources else {
            return;
        };
        let is_unmanaged = node.name("computeEnvironment").is_some_and(|name| {
            let mut made = self.environment_nodes(name).peekable();
            made.peek().is_some() && made.all(|made| made.text("type") == Some("UNMANAGED"))
        });
        if is_unmanaged {
            let message = "an UNMANAGED environment has no computeResources; its machines come and go by RunInstances and TerminateInstances";
            self.problems.below(node, "computeResources", message);
            return;
        }
        let is_fargate = node.name("computeEnvironment").is_some_and(|name| {
            let mut made = self.environment_nodes(name).peekable();
            made.peek().is_some() && made.all(|made| super::fargate_kind(made).is_some())
        });
        for member in ["minvCpus", "desiredvCpus"] {
            if is_fargate && resources.get(member).is_some() {
                let message =
                    "is not applicable to Fargate; maxvCpus is (API ComputeResourceUpdate)";
                self.problems.below(resources, member, message);
            }
        }
        let others = resources
            .members()
            .iter()
            .map(|(member, _)| member.as_str());
        let others: Vec<&str> = others.filter(|member| !SCALING.contains(member)).collect();
        for member in others {
            if is_fargate && !matches!(member, "subnets" | "securityGroupIds") {
                let message = "is not applicable to Fargate, which has no instances to replace (API ComputeResourceUpdate)";
                self.problems.below(resources, member, message);
            }
        }
    }

    /// What an update says of how an environment buys and launches, where it says anything for which AWS replaces instances.
    pub(super) fn infrastructure(
        &mut self,
        node: &Node,
        resources: Option<&Node>,
    ) -> Option<Box<Infrastructure>> {
        let resources = resources?;
        let replaces = |(member, _): &(String, Node)| !SCALING.contains(&member.as_str());
        let is_managed = node.name("computeEnvironment").is_some_and(|name| {
            let mut made = self.environment_nodes(name);
            made.any(|made| {
                made.text("type") == Some("MANAGED") && super::fargate_kind(made).is_none()
            })
        });
        if !is_managed || !resources.members().iter().any(replaces) {
            return None;
        }
        let is_spot = match resources.text("type") {
            None => None,
            Some("EC2") => Some(false),
            Some("SPOT") => Some(true),
            Some(other) => {
                let message = format!(
                    "`{other}`: an update changes between EC2 and SPOT only (API ComputeResourceUpdate)"
                );
                self.problems.below(resources, "type", message);
                None
            }
        };
        let has_strategy = resources.get("allocationStrategy").is_some();
        let strategy = has_strategy.then(|| self.allocation_strategy(resources));
        if strategy == Some(AllocationStrategy::BestFit)
            && !self.problems.is_wrong(resources, "allocationStrategy")
        {
            let message = "BEST_FIT can neither be kept nor set by an infrastructure update (API ComputeResourceUpdate); use BEST_FIT_PROGRESSIVE";
            self.problems
                .below(resources, "allocationStrategy", message);
        }
        let has_types = resources.get("instanceTypes").is_some();
        Some(Box::new(Infrastructure {
            is_spot,
            bid_percentage: resources.whole("bidPercentage"),
            strategy,
            types: has_types.then(|| self.allowed_types(resources)),
        }))
    }
}
