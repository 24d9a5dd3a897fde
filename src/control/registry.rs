//! Environments, definitions, policies and resources by name: what commands create and change.

use std::collections::BTreeMap;

use crate::model::{
    ConsumableResource, FargateEnvironment, JobDefinition, Managed, Platform, SchedulingPolicy,
};
use crate::policy::discipline::Hold;
use crate::policy::scaling::Scale;
use crate::units::{ConsumableId, EnvId, QueueId, Ratio};

/// An environment as control sees it.
#[derive(Debug)]
pub(super) struct Environment {
    pub(super) name: String,
    pub(super) enabled: bool,
    pub(super) valid: bool,
    pub(super) deleted: bool,
    /// What fair share reserves from: maxvCpus of a managed environment, unmanagedvCpus of another.
    pub(super) reserved_from: Option<u32>,
    /// What makes it a managed one.
    pub(super) managed: Option<Scale>,
    /// How it buys and launches, where it is managed.
    pub(super) spec: Option<Box<Managed>>,
    /// What makes it one of Fargate tasks.
    pub(super) fargate: Option<FargateEnvironment>,
    /// vCPUs that a managed one has asked for and not let go.
    pub(super) committed: u64,
    /// Whether any of its machines is on its way.
    pub(super) awaits_machines: bool,
    /// Machines that are or will be registered.
    pub(super) machines: u64,
    /// The slowest of its machine types.
    pub(super) slowest: Ratio,
    /// Queues that name it.
    pub(super) queues: Vec<QueueId>,
}

impl Environment {
    /// Which definitions its jobs may have.
    pub(super) fn platform(&self) -> Platform {
        match self.fargate {
            Some(_) => Platform::Fargate,
            None => Platform::Ec2,
        }
    }
}

/// A revision of a job definition.
#[derive(Debug)]
pub(super) struct Revision {
    pub(super) definition: JobDefinition,
    pub(super) is_active: bool,
}

/// A consumable resource and what is left of it.
#[derive(Debug)]
pub(super) struct Consumable {
    pub(super) spec: ConsumableResource,
    pub(super) in_use: u64,
    pub(super) deleted: bool,
}

/// Everything that has a name but is no queue and no job.
#[derive(Debug, Default)]
pub(super) struct Registry {
    pub(super) environments: Vec<Environment>,
    pub(super) definitions: BTreeMap<String, Vec<Revision>>,
    pub(super) policies: BTreeMap<String, SchedulingPolicy>,
    pub(super) consumables: Vec<Consumable>,
    /// Container images, by what they are called.
    pub(super) images: BTreeMap<String, u32>,
    /// Shares over all queues.
    pub(super) shares: u32,
}

impl Registry {
    pub(super) fn environment(&self, name: &str) -> Option<EnvId> {
        self.environments
            .iter()
            .position(|environment| environment.name == name && !environment.deleted)
            .map(EnvId::at)
    }

    pub(super) fn consumable(&self, name: &str) -> Option<ConsumableId> {
        self.consumables
            .iter()
            .position(|consumable| consumable.spec.name == name && !consumable.deleted)
            .map(ConsumableId::at)
    }

    /// `name` (its latest ACTIVE revision) or `name:revision`.
    pub(super) fn definition(&self, reference: &str) -> Result<&JobDefinition, String> {
        let (name, revision) = match reference.rsplit_once(':') {
            Some((name, revision)) => (name, revision.parse::<usize>().ok()),
            None => (reference, None),
        };
        let Some(revisions) = self.definitions.get(name) else {
            return Err(format!("JobDefinition {reference} does not exist"));
        };
        let found = match revision {
            Some(revision) => revisions
                .get(revision.wrapping_sub(1))
                .filter(|revision| revision.is_active),
            None if reference == name => revisions.iter().rev().find(|revision| revision.is_active),
            None => None,
        };
        found
            .map(|revision| &revision.definition)
            .ok_or_else(|| format!("JobDefinition {reference} is not an ACTIVE revision"))
    }
}

impl Registry {
    /// What a head that lacks room on `usable` waits for until the next scaling decision says more: for machines that are on
    /// their way, else for that decision, unless no managed environment may grow.
    pub(super) fn before_decision(&self, usable: &[EnvId]) -> Hold {
        let mut hold = Hold::Capacity;
        for id in usable {
            let environment = &self.environments[id.index()];
            if let Some(scale) = environment.managed {
                if environment.awaits_machines {
                    return Hold::Boot;
                }
                if environment.committed < u64::from(scale.max_vcpus) {
                    hold = Hold::Scaling;
                } else if hold == Hold::Capacity {
                    hold = Hold::MaxVcpus;
                }
            }
        }
        hold
    }
}
