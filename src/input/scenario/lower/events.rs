//! What operators do at their times, and what clients do when their jobs end.

use crate::model::rules;
use crate::model::{
    Command, ConsumableUpdate, EnvironmentUpdate, Pattern, QueueUpdate, Resubmit, Rule, RuleEvent,
    Timed,
};
use crate::units::{Ratio, SimTime, Span};

use super::super::node::{Node, name_of, shortened};
use super::super::shape::did_you_mean;
use super::managed::update_policy;
use super::{Lowering, at, enabled, timed};

/// Longest `reason` of CancelJob and TerminateJob (API CancelJob).
const REASON_LEN_MAX: usize = 1024;

impl Lowering<'_> {
    /// `events`, in the order of the file.
    pub(super) fn events(&mut self) -> Vec<Timed> {
        let root = self.root;
        let mut commands = Vec::new();
        for node in root.list("events") {
            let at = at(node);
            let Some(action) = node.text("action") else {
                continue;
            };
            if action == "RegisterJobDefinition" {
                let registered = self.register(node, at);
                commands.extend(registered.into_iter().map(|command| timed(at, command)));
            } else if let Some(command) = self.event(node, action, at) {
                commands.push(timed(at, command));
            }
        }
        commands
    }

    fn event(&mut self, node: &Node, action: &str, at: SimTime) -> Option<Command> {
        let now = Some(at);
        Some(match action {
            "DeregisterJobDefinition" => {
                let reference = node.text("jobDefinition")?;
                self.refer_definition(node, "jobDefinition", reference, now);
                if !name_of(reference).contains(':') {
                    let message = format!("`{reference}` names no revision; write name:revision");
                    self.problems.below_once(node, "jobDefinition", message);
                }
                Command::DeregisterJobDefinition {
                    job_definition: name_of(reference).to_owned(),
                }
            }
            "CreateSchedulingPolicy" => self.create_policy(node),
            "UpdateSchedulingPolicy" => {
                let name = node.name("arn")?;
                self.refer_policy(node, "arn", name, now);
                Command::UpdateSchedulingPolicy(self.scheduling_policy(node, name))
            }
            "DeleteSchedulingPolicy" => {
                let name = node.name("arn")?;
                self.refer_policy(node, "arn", name, now);
                Command::DeleteSchedulingPolicy {
                    name: name.to_owned(),
                }
            }
            "CreateComputeEnvironment" => self.create_environment(node, at),
            "UpdateComputeEnvironment" => {
                let resources = node.get("computeResources");
                let number = |key| resources.and_then(|resources| resources.whole(key));
                let update = EnvironmentUpdate {
                    compute_environment: self.environment(node, at)?,
                    enabled: enabled(node),
                    unmanaged_vcpus: node.whole("unmanagedvCpus"),
                    valid: node.text("status").map(|status| status == "VALID"),
                    min_vcpus: number("minvCpus"),
                    max_vcpus: number("maxvCpus"),
                    desired_vcpus: number("desiredvCpus"),
                    scale_down_delay: resources
                        .and_then(|resources| resources.get("scalingPolicy"))
                        .and_then(|policy| policy.whole("minScaleDownDelayMinutes"))
                        .map(|minutes: u32| Span::from_s(u64::from(minutes) * 60)),
                    update_policy: node.get("updatePolicy").map(update_policy),
                    infrastructure: self.infrastructure(node, resources),
                };
                self.scaling_update(node, resources);
                Command::UpdateComputeEnvironment(update)
            }
            "DeleteComputeEnvironment" => Command::DeleteComputeEnvironment {
                compute_environment: self.environment(node, at)?,
            },
            "CreateJobQueue" => self.create_queue(node, at),
            "UpdateJobQueue" => self.update_queue(node, at)?,
            "DeleteJobQueue" => Command::DeleteJobQueue {
                job_queue: self.queue(node, at)?,
            },
            "CreateConsumableResource" => self.create_resource(node),
            "UpdateConsumableResource" => {
                let quantity = node.whole("quantity")?;
                Command::UpdateConsumableResource {
                    consumable_resource: self.resource(node, at)?,
                    update: match node.text("operation") {
                        Some("ADD") => ConsumableUpdate::Add(quantity),
                        Some("REMOVE") => ConsumableUpdate::Remove(quantity),
                        _ => ConsumableUpdate::Set(quantity),
                    },
                }
            }
            "DeleteConsumableResource" => Command::DeleteConsumableResource {
                consumable_resource: self.resource(node, at)?,
            },
            "CancelJob" | "TerminateJob" => {
                let (job, reason) = (node.text("jobId")?, node.text("reason")?);
                if reason.len() > REASON_LEN_MAX {
                    let message = format!("longer than {REASON_LEN_MAX} characters");
                    self.problems.below(node, "reason", message);
                }
                self.refer_job(node, job);
                let (job, reason) = (job.to_owned(), reason.to_owned());
                match action {
                    "CancelJob" => Command::CancelJob { job, reason },
                    _ => Command::TerminateJob { job, reason },
                }
            }
            "RunInstances" => {
                let name = node.text("instanceType")?;
                let instance_type = self.instance_type(node, "instanceType", name);
                Command::RunInstances {
                    compute_environment: self.environment(node, at)?,
                    instance_type: instance_type?,
                    count: node.whole("count").unwrap_or(1),
                }
            }
            "TerminateInstances" => Command::TerminateInstances {
                compute_environment: self.environment(node, at)?,
                count: node.whole("count").unwrap_or(1),
            },
            "SetAvailableCapacity" => {
                let name = node.text("instanceType")?;
                Command::SetAvailableCapacity {
                    instance_type: self.instance_type(node, "instanceType", name)?,
                    available: node.whole("available"),
                }
            }
            "ZoneOutage" => Command::ZoneOutage {
                availability_zone: node.text("availabilityZone")?.to_owned(),
                duration: node.span("duration")?,
            },
            _ => return None,
        })
    }

    /// Zones that are lost must be there.
    pub(super) fn zones_of_events(&mut self, zones: &[String]) {
        let root = self.root;
        for node in root.list("events") {
            let Some(zone) = node.text("availabilityZone") else {
                continue;
            };
            if zones.iter().all(|known| known != zone) {
                let message = format!(
                    "`{}` is no zone of spot, which has {}",
                    shortened(zone),
                    zones.join(", ")
                );
                self.problems.below(node, "availabilityZone", message);
            }
        }
    }

    /// A job that a command is about must be in the list, where all jobs are.
    fn refer_job(&mut self, node: &Node, job: &str) {
        let Some(workload) = self.root.get("workload") else {
            return;
        };
        let has_others = |key| {
            workload
                .get(key)
                .is_some_and(|node| !node.items().is_empty())
        };
        if workload.text("trace").is_some() || has_others("trace") || has_others("generators") {
            return;
        }
        let (name, child) = match job.split_once(':') {
            Some((name, child)) => (name, Some(child)),
            None => (job, None),
        };
        let (base, copy) = match name.split_once('/') {
            Some((base, copy)) => (base, Some(copy)),
            None => (name, None),
        };
        let jobs = workload.list("jobs");
        let Some(found) = jobs.iter().find(|job| job.text("jobName") == Some(base)) else {
            let names: Vec<&str> = jobs.iter().filter_map(|job| job.text("jobName")).collect();
            let hint = did_you_mean(base, &names);
            let message = format!("there is no job called `{}`{hint}", shortened(base));
            self.problems.below(node, "jobId", message);
            return;
        };
        let inner =
            |table: &str, key: &str| found.get(table).and_then(|node| node.whole::<u32>(key));
        let children = inner("arrayProperties", "size").unwrap_or(0);
        let copies = inner("repeat", "count").unwrap_or(1);
        let is_below = |text: &str, count: u32| text.parse::<u32>().is_ok_and(|at| at < count);
        let fault = match (copy, child) {
            (None, _) if copies > 1 => Some(format!(
                "`{base}` is submitted {copies} times; name one of `{base}/0` to `{base}/{}`",
                copies - 1
            )),
            (Some(copy), _) if copies == 1 || !is_below(copy, copies) => Some(format!(
                "`{base}` is submitted {copies} times and has no copy {}",
                shortened(copy)
            )),
            (_, Some(child)) if !is_below(child, children) => Some(format!(
                "`{base}` has {children} children and no child {}",
                shortened(child)
            )),
            _ => None,
        };
        self.blame(node, "jobId", fault);
    }

    fn update_queue(&mut self, node: &Node, at: SimTime) -> Option<Command> {
        let job_queue = self.queue(node, at)?;
        let environments = node
            .get("computeEnvironmentOrder")
            .map(|_| self.environment_order(node, at));
        let actions = node
            .get("jobStateTimeLimitActions")
            .map(|_| self.time_limits(node));
        if let Some(environments) = &environments {
            self.faults(node, rules::environment_order_faults(environments));
        }
        if let Some(actions) = &actions {
            self.faults(node, rules::time_limit_faults(actions));
        }
        if node.get("serviceEnvironmentOrder").is_some() {
            let message = "SageMaker queues are not simulated; use computeEnvironmentOrder";
            self.problems
                .below(node, "serviceEnvironmentOrder", message);
        }
        let scheduling_policy = self.policy(node, at);
        let facts = self.queue_facts.get(&job_queue);
        if scheduling_policy.is_some() && facts.is_some_and(|facts| !facts.is_fair_share) {
            let message = format!(
                "`{job_queue}` is a FIFO queue; a policy can be replaced, but a queue created without one never gets one"
            );
            self.problems.below(node, "schedulingPolicyArn", message);
        }
        Some(Command::UpdateJobQueue(QueueUpdate {
            job_queue,
            enabled: enabled(node),
            priority: node.whole("priority"),
            environments,
            scheduling_policy,
            time_limit_actions: actions,
        }))
    }

    fn queue(&mut self, node: &Node, at: SimTime) -> Option<String> {
        let name = node.name("jobQueue")?;
        self.refer_queue(node, "jobQueue", name, Some(at));
        Some(name.to_owned())
    }

    fn environment(&mut self, node: &Node, at: SimTime) -> Option<String> {
        let name = node.name("computeEnvironment")?;
        self.refer_environment(node, "computeEnvironment", name, Some(at));
        Some(name.to_owned())
    }

    fn resource(&mut self, node: &Node, at: SimTime) -> Option<String> {
        let name = node.name("consumableResource")?;
        self.refer_resource(node, "consumableResource", name, Some(at));
        Some(name.to_owned())
    }

    /// `rules`.
    pub(super) fn rules(&mut self) -> Vec<Rule> {
        let root = self.root;
        let mut rules = Vec::new();
        for node in root.list("rules") {
            for key in ["jobQueue", "toJobQueue"] {
                if let Some(name) = node.name(key) {
                    self.refer_queue(node, key, name, None);
                }
            }
            let pattern = |key| node.text(key).map(Pattern::new);
            rules.push(Rule {
                on: match node.text("on") {
                    Some("SUCCEEDED") => RuleEvent::JobSucceeded,
                    _ => RuleEvent::JobFailed,
                },
                job_queue: node.name("jobQueue").map(str::to_owned),
                exit_code: pattern("onExitCode"),
                status_reason: pattern("onStatusReason"),
                action: Resubmit {
                    job_queue: node.name("toJobQueue").map(str::to_owned),
                    memory_factor: node
                        .decimal("memoryFactor")
                        .and_then(Ratio::from_f64)
                        .unwrap_or(Ratio::ONE),
                    after: node.span("after").unwrap_or_default(),
                },
                max_times: node.whole("maxTimes").unwrap_or(1),
            });
        }
        rules
    }
}
