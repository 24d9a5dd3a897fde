//! What a submission means once its names are looked up: shared by all jobs of one template, and never changed after.

use crate::model::{
    Failure, Knob, MultiNode, Observer, Rejection, RetryStrategy, SubmitJob, rules,
};
use crate::policy::capacity::Gang;
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
    pub(super) lift_limits: bool,
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
            Some(gang) => gang
                .nodes
                .iter()
                .fold(Shape::default(), |sum, node| sum.plus(*node)),
            None => definition.as_ref().map_or(Shape::default(), |d| d.shape),
        };
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
            speed: definition.map_or(Ratio::ONE, |d| d.speed),
            failure: request.failure,
            lift_limits: request.lift_limits,
        });
        Ok((self.contracts.len() - 1) as u32)
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
    fn lane(&mut self, queue: QueueId, identifier: &str) -> u32 {
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
