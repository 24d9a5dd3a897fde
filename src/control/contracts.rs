//! What a submission means once its names are looked up: shared by all jobs of one template, and never changed after.

use crate::model::{
    Architecture, Checkpoint, Failure, FargateSize, JobDefinition, Knob, MultiNode, Observer,
    Platform, Rejection, RetryStrategy, SubmitJob, rules,
};
use crate::policy::capacity::{Gang, ImageAsk, TaskAsk};
use crate::units::{ConsumableId, QueueId, Ratio, Shape, Span};

use super::{Control, shares};

/// The terms under which a job runs.
#[derive(Clone, Debug)]
pub(super) struct Contract {
    pub(super) queue: QueueId,
    pub(super) lane: u32,
    pub(super) retry: RetryStrategy,
    pub(super) timeout: Option<Span>,
    pub(super) scheduling_priority: u32,
    pub(super) consumables: Vec<(ConsumableId, u64)>,
    pub(super) gang: Option<Gang>,
    /// What the definition asks for; rows may override it.
    pub(super) shape: Shape,
    pub(super) speed: Ratio,
    pub(super) failure: Option<Failure>,
    pub(super) checkpoint: Option<Checkpoint>,
    pub(super) lift_limits: bool,
    /// What its containers are made from, where images have a size.
    pub(super) image: Option<ImageAsk>,
    /// On Fargate: what its tasks are.
    pub(super) tasks: TaskTerms,
}

/// What the tasks of a contract are, beside what their rows ask for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct TaskTerms {
    /// Whether a definition states their size; where none does, they get the smallest that holds what their row asks for.
    is_defined: bool,
    /// vCPUs in quarters, where a part of one is asked for.
    quarter_vcpus: u32,
    storage_gib: u32,
    architecture: Architecture,
}

impl TaskTerms {
    /// The task of a row that asks for `shape`, if there is such a size. `has_own`: the row's vCPUs are its own.
    pub(super) fn task(&self, shape: Shape, has_own: bool) -> Result<TaskAsk, Rejection> {
        let quarters = if has_own { 0 } else { self.quarter_vcpus };
        let asked = rules::task_size(shape, quarters);
        let size = match self.is_defined {
            true => Some(asked).filter(|size| size.is_valid()),
            false => FargateSize::holding(asked.quarter_vcpus, asked.memory),
        };
        match size {
            Some(_) if shape.gpus > 0 => Err(Rejection(rules::NO_GPU.to_owned())),
            Some(size) => Ok(TaskAsk {
                size,
                storage_gib: self.storage_gib,
                architecture: self.architecture,
            }),
            None => Err(Rejection(asked.refusal())),
        }
    }
}

/// `contract`, if it is one of multi-node jobs, which need whole machines.
#[inline]
pub(super) fn gang(contracts: &[Contract], contract: u32) -> Option<u32> {
    let gang = &contracts[contract as usize].gang;
    gang.is_some().then_some(contract)
}

impl<O: Observer> Control<'_, O> {
    /// The contract of template `template` as things are now.
    #[inline]
    pub(super) fn contract(&mut self, template: u32) -> Result<u32, Rejection> {
        let (version, contract) = self.resolved[template as usize];
        if version == self.version {
            return Ok(contract);
        }
        self.contract_anew(template)
    }

    #[inline(never)]
    fn contract_anew(&mut self, template: u32) -> Result<u32, Rejection> {
        let workload = self.workload;
        let contract = self.resolve(&workload.templates[template as usize], None)?;
        self.resolved[template as usize] = (self.version, contract);
        Ok(contract)
    }

    /// Looks up the names of a request. `to`: another queue than the one it names.
    pub(super) fn resolve(
        &mut self,
        request: &SubmitJob,
        to: Option<&str>,
    ) -> Result<u32, Rejection> {
        let refuse = |text: String| Err(Rejection(text));
        let name = to.unwrap_or(&request.job_queue);
        let Some(queue) = self.queue(name) else {
            return refuse(format!("Job queue {name} does not exist"));
        };
        if !self.queues[queue.index()].spec.enabled {
            return refuse(format!(
                "Job queue {name} is in state DISABLED and does not accept jobs"
            ));
        }
        let definition = match &request.job_definition {
            Some(reference) => Some(
                self.registry
                    .definition(reference)
                    .map_err(Rejection)?
                    .clone(),
            ),
            None => None,
        };
        let platform = match self.queues[queue.index()].is_fargate {
            true => Platform::Fargate,
            false => Platform::Ec2,
        };
        if let Some(definition) = &definition
            && definition.container.platform != platform
        {
            return refuse(format!(
                "Job definition {} is for {} and job queue {name} has {} compute environments",
                definition.name,
                definition.container.platform.name(),
                platform.name()
            ));
        }
        let is_fair = self.queues[queue.index()].fair.is_some();
        let lane = match (&request.share_identifier, is_fair) {
            (None, false) => 0,
            (Some(identifier), true) => {
                let faults = rules::share_identifier_faults("shareIdentifier", identifier, false);
                if let Some(fault) = faults.first() {
                    return refuse(fault.message.clone());
                }
                self.lane(queue, identifier)
            }
            (Some(_), false) => {
                return refuse(format!(
                    "shareIdentifier cannot be given for FIFO queue {name}"
                ));
            }
            (None, true) => {
                return refuse(format!(
                    "shareIdentifier is required for fair-share queue {name}"
                ));
            }
        };
        let asks = request
            .consumables
            .as_ref()
            .or(definition.as_ref().map(|d| &d.consumables));
        let mut consumables = Vec::new();
        for ask in asks.into_iter().flatten() {
            match self.registry.consumable(&ask.resource) {
                Some(id) => consumables.push((id, ask.quantity)),
                None => {
                    return refuse(format!(
                        "Consumable resource {} does not exist",
                        ask.resource
                    ));
                }
            }
        }
        let gang = match definition.as_ref().and_then(|d| d.nodes.as_ref()) {
            Some(nodes) => Some(self.gang(nodes, request.num_nodes)?),
            None if request.num_nodes.is_some() => {
                return refuse("nodeOverrides needs a multi-node job definition".to_owned());
            }
            None => None,
        };
        let retry = request
            .retry
            .clone()
            .or(definition.as_ref().map(|d| d.retry.clone()))
            .unwrap_or_default();
        let shape = match &gang {
            Some(gang) => gang.sum(),
            None => definition.as_ref().map_or(Shape::default(), |d| d.shape),
        };
        let shape = match request.quarter_vcpus {
            Some(quarters) => Shape {
                vcpus: quarters.div_ceil(4),
                ..shape
            },
            None => shape,
        };
        let is_defined = definition.is_some();
        let terms = definition.as_ref().map(|one| one.container.clone());
        let terms = terms.unwrap_or_default();
        let image = self.image(definition.as_ref());
        self.saves_work |= definition.as_ref().is_some_and(|d| d.checkpoint.is_some());
        self.contracts.push(Contract {
            queue,
            lane,
            retry,
            timeout: request
                .timeout
                .or(definition.as_ref().and_then(|d| d.timeout)),
            scheduling_priority: request
                .scheduling_priority_override
                .or(definition.as_ref().and_then(|d| d.scheduling_priority))
                .unwrap_or(0),
            consumables,
            gang,
            shape,
            checkpoint: definition.as_ref().and_then(|d| d.checkpoint),
            speed: definition.as_ref().map_or(Ratio::ONE, |d| d.speed),
            failure: request.failure,
            lift_limits: request.lift_limits,
            image,
            tasks: TaskTerms {
                is_defined,
                quarter_vcpus: request.quarter_vcpus.unwrap_or(terms.quarter_vcpus),
                storage_gib: terms.storage_gib,
                architecture: terms.architecture,
            },
        });
        Ok((self.contracts.len() - 1) as u32)
    }

    /// What the containers of a definition are made from, where that has a size. Without an image the definition's name stands
    /// for it.
    fn image(&mut self, definition: Option<&JobDefinition>) -> Option<ImageAsk> {
        let terms = definition.map(|one| &one.container);
        let stated = terms.and_then(|terms| terms.image_mib);
        let mib = stated.unwrap_or(self.world.settings.count(Knob::ImageSizeMib));
        if mib == 0 {
            return None;
        }
        let name = match definition {
            Some(one) if one.container.image.is_empty() => &one.name,
            Some(one) => &one.container.image,
            None => "",
        };
        let next = self.registry.images.len() as u32;
        let image = *self.registry.images.entry(name.to_owned()).or_insert(next);
        Some(ImageAsk { image, mib })
    }

    /// The nodes of a multi-node job; AWS lets `numNodes` be overridden where the definition has an open-ended range
    /// and everything stays inside it (API NodeOverrides).
    fn gang(&self, nodes: &MultiNode, overridden: Option<u32>) -> Result<Gang, Rejection> {
        let count = overridden.unwrap_or(nodes.num_nodes);
        let mut nodes = nodes.clone();
        if overridden.is_some() {
            let open = nodes.groups.iter().find(|group| group.last.is_none());
            match open {
                Some(group) if group.first < count && nodes.main_node < count => {
                    nodes.num_nodes = count
                }
                Some(_) => {
                    return Err(Rejection(format!(
                        "nodeOverrides.numNodes {count} must exceed mainNode and the open range's lower bound"
                    )));
                }
                None => {
                    return Err(Rejection(
                        "nodeOverrides.numNodes needs an open-ended node range in the definition"
                            .to_owned(),
                    ));
                }
            }
        }
        if let Some(fault) = rules::node_faults(&nodes).first() {
            return Err(Rejection(format!("{}: {}", fault.member, fault.message)));
        }
        let named = nodes
            .groups
            .iter()
            .find_map(|group| group.instance_type.as_deref());
        let instance_type = match named {
            Some(name) => match self.world.catalogue.find(name) {
                Some(id) => Some(id),
                None => return Err(Rejection(format!("Instance type {name} does not exist"))),
            },
            None => None,
        };
        let shapes = (0..count)
            .filter_map(|node| nodes.group_of(node))
            .map(|group| group.shape)
            .collect();
        Ok(Gang {
            nodes: shapes,
            instance_type,
            main: nodes.main_node,
        })
    }

    /// The share called `identifier` in `queue`; it comes to be where nobody named it before.
    pub(super) fn lane(&mut self, queue: QueueId, identifier: &str) -> u32 {
        if let Some(found) = self.queues[queue.index()]
            .shares
            .iter()
            .position(|share| share.name == identifier)
        {
            return found as u32;
        }
        let lane = self.new_share(queue, identifier);
        self.weigh(queue);
        lane
    }

    /// Sets the weights of all shares of a fair-share queue after its policy.
    pub(super) fn weigh(&mut self, queue: QueueId) {
        let queue = &mut self.queues[queue.index()];
        let Some(fair) = &queue.fair else { return };
        let Some(policy) = self.registry.policies.get(&fair.policy) else {
            return;
        };
        let distribution = &policy.fairshare.distribution;
        let entry_of = |name: &str| {
            distribution
                .iter()
                .position(|entry| match entry.identifier.strip_suffix('*') {
                    Some(prefix) => name.starts_with(prefix),
                    None => name == entry.identifier,
                })
        };
        let entries: Vec<Option<usize>> = queue
            .shares
            .iter()
            .map(|share| entry_of(&share.name))
            .collect();
        let active: Vec<bool> = queue.shares.iter().map(|share| share.is_active).collect();
        for (share, entry) in queue.shares.iter_mut().zip(&entries) {
            let weight = entry
                .map(|index| &distribution[index])
                .map_or(rules_weight(), |e| u128::from(e.weight.0));
            let alike = match entry {
                Some(_) if self.knobs.prefix_weight_times_n => {
                    let alike = entries.iter().zip(&active);
                    alike
                        .filter(|(other, active)| *other == entry && **active)
                        .count()
                }
                _ => 1,
            };
            share.usage.set_weight(weight * alike as u128);
        }
        let shares = queue.shares.len();
        if let Some(fair) = queue.fair.as_mut() {
            (0..shares).for_each(|index| fair.tournament.touch(index));
        }
    }

    /// How the usage of a policy's shares is measured.
    pub(super) fn measure(&self, share_decay: Span) -> shares::Measure {
        let decay = if share_decay.is_zero() {
            rules::SHARE_DECAY_OF_ZERO
        } else {
            share_decay
        };
        let window = match self.world.settings.word(Knob::ShareWindow) {
            "decay" => decay,
            "decay-plus-600" => decay + rules::SHARE_DECAY_OF_ZERO,
            _ => decay.max(rules::SHARE_DECAY_OF_ZERO),
        };
        shares::Measure {
            window,
            credit: self.world.settings.span(Knob::ShareCredit),
        }
    }
}

/// The weight of a share that no entry names.
fn rules_weight() -> u128 {
    u128::from(crate::model::WeightFactor::ONE.0)
}
