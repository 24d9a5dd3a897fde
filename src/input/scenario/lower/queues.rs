//! Queues, environments, scheduling policies and consumable resources.

use crate::model::rules;
use crate::model::{
    Architecture, Billing, BlockReason, Command, ComputeEnvironment, ConsumableResource,
    EnvironmentKind, FairsharePolicy, JobQueue, Knob, MachineGroup, SchedulingPolicy, ShareWeight,
    TimeLimitAction, WeightFactor,
};
use crate::policy::discipline::{self, Discipline};
use crate::policy::order;
use crate::units::{SimTime, Span};

use super::super::node::Node;
use super::{Lowering, enabled};

/// 2017-10-02T00:00:00Z in milliseconds from 1970: since then EC2 bills by the second (AWS What's New of that day).
const PER_SECOND_SINCE: i64 = 1_506_902_400_000;

impl Lowering<'_> {
    pub(super) fn create_environment(&mut self, node: &Node, at: SimTime) -> Command {
        let name = node.text("computeEnvironmentName").unwrap_or_default();
        if node.get("computeEnvironmentName").is_some() {
            self.faults(node, rules::name_faults("computeEnvironmentName", name));
        }
        let is_managed = node.text("type") == Some("MANAGED");
        if !is_managed && node.get("computeResources").is_some() {
            let message =
                "an UNMANAGED environment has no computeResources; list its machines in instances";
            self.problems.below(node, "computeResources", message);
        }
        let valid = match node.text("status") {
            Some("INVALID") => false,
            Some("VALID") | None => true,
            Some(other) => {
                let message = format!("`{other}` is not simulated; use VALID or INVALID");
                self.problems.below(node, "status", message);
                true
            }
        };
        let mut machines = Vec::new();
        for entry in node.list("instances") {
            machines.extend(self.machines(entry, at));
        }
        let billing = match node.text("billing") {
            Some("per-hour") => Billing::PerHour,
            Some("per-second") => Billing::PerSecond,
            _ => self.default_billing(),
        };
        let fargate = super::fargate_kind(node).filter(|_| is_managed);
        let kind = if let Some(spot) = fargate {
            EnvironmentKind::Fargate(self.fargate(node, spot))
        } else if is_managed {
            EnvironmentKind::Managed(self.managed(node, billing))
        } else {
            EnvironmentKind::Unmanaged {
                unmanaged_vcpus: node.whole("unmanagedvCpus"),
                machines,
                billing,
            }
        };
        Command::CreateComputeEnvironment(ComputeEnvironment {
            name: name.to_owned(),
            enabled: enabled(node).unwrap_or(true),
            valid,
            kind,
        })
    }

    /// How instances are billed where an environment does not say: by the date at which the scenario starts.
    pub(super) fn default_billing(&self) -> Billing {
        match self.start {
            Some(start) if start < PER_SECOND_SINCE => Billing::PerHour,
            _ => Billing::PerSecond,
        }
    }

    fn machines(&mut self, node: &Node, at: SimTime) -> Option<MachineGroup> {
        let name = node.text("instanceType")?;
        let instance_type = self.instance_type(node, "instanceType", name)?;
        let launch = SimTime::ZERO + node.span("launchAt").unwrap_or(Span::ZERO);
        let terminate = node.span("terminateAt").map(|span| SimTime::ZERO + span);
        if terminate.is_some_and(|terminate| terminate <= launch) {
            let message = format!("must be later than launchAt ({launch} s)");
            self.problems.below(node, "terminateAt", message);
        }
        // An environment that an event creates has its machines from then on.
        let launch = launch.max(at);
        Some(MachineGroup {
            instance_type,
            count: node.whole("count").unwrap_or(1),
            launch,
            terminate,
        })
    }

    pub(super) fn create_queue(&mut self, node: &Node, at: SimTime) -> Command {
        for key in ["serviceEnvironmentOrder", "jobQueueType"] {
            let is_service = key == "serviceEnvironmentOrder" && node.get(key).is_some()
                || node.text(key) == Some("SAGEMAKER_TRAINING");
            if is_service {
                self.problems.below(
                    node,
                    key,
                    "SageMaker queues are not simulated; use computeEnvironmentOrder",
                );
            }
        }
        let queue = JobQueue {
            name: node.text("jobQueueName").unwrap_or_default().to_owned(),
            enabled: enabled(node).unwrap_or(true),
            priority: node.whole("priority").unwrap_or(0),
            environments: self.environment_order(node, at),
            scheduling_policy: self.policy(node, at),
            time_limit_actions: self.time_limits(node),
            discipline: node.text("dispatch").map(str::to_owned),
            order: node.text("jobOrder").map(str::to_owned),
        };
        let mut faults = rules::queue_faults(&queue);
        let unread = |member: &str| node.get(member).is_none();
        faults.retain(|fault| !unread(fault.member.split('/').next().unwrap_or_default()));
        self.faults(node, faults);
        self.one_platform(node, &queue.environments);
        self.dispatch(node, &queue);
        Command::CreateJobQueue(queue)
    }

    /// `computeEnvironmentOrder`: names in ascending order of `order`.
    pub(super) fn environment_order(&mut self, node: &Node, at: SimTime) -> Vec<String> {
        let entries = node.list("computeEnvironmentOrder");
        let mut ordered: Vec<(i64, &str)> = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            let path = format!("computeEnvironmentOrder/{index}");
            let (Some(place), Some(name)) =
                (entry.whole("order"), entry.name("computeEnvironment"))
            else {
                continue;
            };
            let member = format!("{path}/computeEnvironment");
            self.refer_environment(node, &member, name, Some(at));
            let is_invalid = self.root.list("computeEnvironments").iter().any(|made| {
                made.text("computeEnvironmentName") == Some(name)
                    && made.text("status") == Some("INVALID")
            });
            if is_invalid && at == SimTime::ZERO {
                let message = format!(
                    "`{name}` is INVALID, and a queue is made with VALID environments only; let it become so by an UpdateComputeEnvironment event"
                );
                self.problems.below(node, &member, message);
            }
            if ordered.iter().any(|(other, _)| *other == place) {
                let message = format!("{place} is given a second time; places must differ");
                self.problems.below(node, &format!("{path}/order"), message);
            }
            ordered.push((place, name));
        }
        self.architectures(node, &ordered);
        ordered.sort_by_key(|(place, _)| *place);
        ordered
            .into_iter()
            .map(|(_, name)| name.to_owned())
            .collect()
    }

    /// The environments of a queue must have machines of one architecture.
    fn architectures(&mut self, node: &Node, order: &[(i64, &str)]) {
        let mut first: Option<(&str, Architecture)> = None;
        let mut mixed = None;
        for (_, name) in order {
            for machine in self.machine_types(name) {
                let architecture = self.types.catalogue.get(machine).architecture;
                match first {
                    None => first = Some((name, architecture)),
                    Some((other, known)) if known != architecture && mixed.is_none() => {
                        mixed = Some(format!(
                            "`{other}` has {} machines and `{name}` has {}; a queue's environments have one architecture",
                            known.name(),
                            architecture.name()
                        ));
                    }
                    _ => {}
                }
            }
        }
        if let Some(message) = mixed {
            self.problems
                .below(node, "computeEnvironmentOrder", message);
        }
    }

    /// The instance types that the environment called `name` gets, at its creation or by events.
    fn machine_types(&self, name: &str) -> Vec<crate::units::TypeId> {
        let mut names: Vec<&str> = Vec::new();
        for node in self.environment_nodes(name) {
            names.extend(
                node.list("instances")
                    .iter()
                    .filter_map(|entry| entry.text("instanceType")),
            );
        }
        for event in self.run_instances(name) {
            names.extend(event.text("instanceType"));
        }
        let listed = names
            .iter()
            .filter_map(|name| self.types.catalogue.find(name));
        let managed = self
            .environment_nodes(name)
            .filter(|node| super::fargate_kind(node).is_none())
            .filter_map(|node| node.get("computeResources"))
            .flat_map(|resources| self.types_of(resources));
        listed.chain(managed).collect()
    }

    pub(super) fn environment_nodes(&self, name: &str) -> impl Iterator<Item = &Node> {
        let events = self.root.list("events").iter();
        let created =
            events.filter(|event| event.text("action") == Some("CreateComputeEnvironment"));
        self.root
            .list("computeEnvironments")
            .iter()
            .chain(created)
            .filter(move |node| node.text("computeEnvironmentName") == Some(name))
    }

    fn run_instances(&self, name: &str) -> impl Iterator<Item = &Node> {
        self.root.list("events").iter().filter(move |event| {
            event.text("action") == Some("RunInstances")
                && event.name("computeEnvironment") == Some(name)
        })
    }

    /// Machines that the environments of a queue ever get.
    fn machine_count(&self, queue: &JobQueue) -> u64 {
        let count = |node: &Node| node.whole::<u64>("count").unwrap_or(1);
        queue
            .environments
            .iter()
            .map(|name| {
                let created: u64 = self
                    .environment_nodes(name)
                    .flat_map(|node| node.list("instances"))
                    .map(count)
                    .sum();
                created + self.run_instances(name).map(count).sum::<u64>()
            })
            .sum()
    }

    /// Names of the discipline and the order, and whether the discipline can serve this queue.
    fn dispatch(&mut self, node: &Node, queue: &JobQueue) {
        if let Some(name) = &queue.order
            && let Err(why) = order::find(name)
        {
            self.problems.below(node, "jobOrder", why);
        }
        let of_model = self.settings.word(Knob::Dispatch).to_owned();
        let (path, name) = match &queue.discipline {
            Some(name) => ("dispatch", name),
            None => ("", &of_model),
        };
        let discipline = match discipline::find(name) {
            Ok(discipline) => discipline,
            Err(why) => {
                self.problems.below_once(node, path, why);
                return;
            }
        };
        self.plans_with_machines(node, path, queue, discipline);
        let backfills = matches!(discipline, Discipline::Easy | Discipline::Conservative);
        if backfills && queue.scheduling_policy.is_some() {
            let message = format!(
                "`{name}` plans ahead in one order, which a queue with a scheduling policy has not; use strict or lookahead:K"
            );
            self.problems.below(node, path, message);
        }
        let machines = self.machine_count(queue);
        if discipline == Discipline::Conservative && machines > 1 {
            let message = format!(
                "`{name}` is defined for one machine, and this queue's environments have {machines} in all; use easy or lookahead:K"
            );
            self.problems.below(node, path, message);
        }
    }

    /// `schedulingPolicyArn`: the policy's name.
    pub(super) fn policy(&mut self, node: &Node, at: SimTime) -> Option<String> {
        let name = node.name("schedulingPolicyArn")?;
        self.refer_policy(node, "schedulingPolicyArn", name, Some(at));
        Some(name.to_owned())
    }

    /// `jobStateTimeLimitActions`, without the faults of the whole.
    pub(super) fn time_limits(&mut self, node: &Node) -> Vec<TimeLimitAction> {
        let mut actions = Vec::new();
        for (index, entry) in node.list("jobStateTimeLimitActions").iter().enumerate() {
            let member = |key: &str| format!("jobStateTimeLimitActions/{index}/{key}");
            if entry.text("action") == Some("TERMINATE") {
                let message = "TERMINATE is for SageMaker queues; use CANCEL";
                self.problems.below(node, &member("action"), message);
            }
            let Some(code) = entry.text("reason") else {
                continue;
            };
            let known = BlockReason::ALL
                .into_iter()
                .find(|reason| reason.code() == code);
            let Some(reason) = known else {
                let codes: Vec<&str> = BlockReason::ALL
                    .iter()
                    .filter(|reason| reason.may_be_limited())
                    .map(|reason| reason.code())
                    .collect();
                let message = format!("`{code}` is not one of {}", codes.join(", "));
                self.problems.below(node, &member("reason"), message);
                continue;
            };
            actions.push(TimeLimitAction {
                reason,
                max_time: Span::from_s(entry.whole::<u32>("maxTimeSeconds").unwrap_or(600).into()),
            });
        }
        actions
    }

    pub(super) fn create_policy(&mut self, node: &Node) -> Command {
        let name = node.text("name").unwrap_or_default();
        if node.get("name").is_some() {
            self.faults(node, rules::name_faults("name", name));
        }
        Command::CreateSchedulingPolicy(self.scheduling_policy(node, name))
    }

    /// A policy from a create or an update request.
    pub(super) fn scheduling_policy(&mut self, node: &Node, name: &str) -> SchedulingPolicy {
        if node.get("quotaSharePolicy").is_some() {
            let message = "quota shares are for SageMaker queues, which are not simulated; use fairsharePolicy";
            self.problems.below(node, "quotaSharePolicy", message);
        } else if node.get("fairsharePolicy").is_none() {
            let message = "missing: a policy needs it; {} takes the defaults";
            self.problems.below(node, "fairsharePolicy", message);
        }
        let fairshare = node
            .get("fairsharePolicy")
            .map(fairshare)
            .unwrap_or_default();
        self.faults(node, rules::fairshare_faults(&fairshare));
        SchedulingPolicy {
            name: name.to_owned(),
            fairshare,
        }
    }

    pub(super) fn create_resource(&mut self, node: &Node) -> Command {
        let name = node.text("consumableResourceName").unwrap_or_default();
        if node.get("consumableResourceName").is_some() {
            self.faults(node, rules::name_faults("consumableResourceName", name));
        }
        Command::CreateConsumableResource(ConsumableResource {
            name: name.to_owned(),
            total: node.whole("totalQuantity").unwrap_or(0),
            replenishable: node.text("resourceType") != Some("NON_REPLENISHABLE"),
        })
    }
}

fn fairshare(node: &Node) -> FairsharePolicy {
    let weight = |node: &Node| {
        let weight = node
            .decimal("weightFactor")
            .filter(|weight| (0.0..1000.0).contains(weight));
        // Ten-thousandths are what AWS's range is stated in.
        weight.map_or(WeightFactor::ONE, |weight| {
            WeightFactor((weight * 10_000.0).round() as u32)
        })
    };
    FairsharePolicy {
        share_decay: Span::from_s(node.whole::<u32>("shareDecaySeconds").unwrap_or(0).into()),
        compute_reservation: node.whole("computeReservation").unwrap_or(0),
        distribution: node
            .list("shareDistribution")
            .iter()
            .filter_map(|entry| {
                Some(ShareWeight {
                    identifier: entry.text("shareIdentifier")?.to_owned(),
                    weight: weight(entry),
                })
            })
            .collect(),
    }
}
