//! The door for compute environments: their creation, their updates and their end.

use crate::model::{
    AllocationStrategy, ComputeEnvironment, EnvironmentKind, EnvironmentUpdate, FargateEnvironment,
    Managed, Named, Observer, Rejection, rules,
};
use crate::policy::scaling::Scale;
use crate::units::{EnvId, Ratio, SimTime};

use super::door::{Answer, first_fault, refuse};
use super::registry::Environment;
use super::{Control, Effect};

/// What a managed environment is after an update of how it buys and launches, as AWS checks it.
fn renewed(
    environment: &Environment,
    update: &EnvironmentUpdate,
) -> Result<Option<Box<Managed>>, Rejection> {
    let Some(spec) = &environment.spec else {
        return Ok(None);
    };
    let mut spec = match &update.infrastructure {
        Some(infrastructure) => Box::new(infrastructure.applied_to(spec)),
        None => spec.clone(),
    };
    if update.infrastructure.is_some() && spec.strategy == AllocationStrategy::BestFit {
        return Err(Rejection(format!(
            "Compute environment {}: an infrastructure update can neither keep nor set BEST_FIT; give another allocationStrategy",
            environment.name
        )));
    }
    spec.update_policy = update.update_policy.unwrap_or(spec.update_policy);
    spec.scale_down_delay = update.scale_down_delay.unwrap_or(spec.scale_down_delay);
    if let Some(scale) = &environment.managed {
        spec.min_vcpus = update.min_vcpus.unwrap_or(scale.min_vcpus);
        spec.max_vcpus = update.max_vcpus.unwrap_or(scale.max_vcpus);
        spec.desired_vcpus = None;
    }
    first_fault(rules::managed_faults(&spec))?;
    Ok(Some(spec))
}

impl<O: Observer> Control<'_, O> {
    pub(super) fn create_environment(&mut self, spec: &ComputeEnvironment) -> Answer {
        first_fault(rules::name_faults("computeEnvironmentName", &spec.name))?;
        if self.registry.environment(&spec.name).is_some() {
            return refuse(format!("Compute environment {} already exists", spec.name));
        }
        let id = EnvId::at(self.registry.environments.len());
        let mut environment = Environment {
            name: spec.name.clone(),
            enabled: spec.enabled,
            valid: spec.valid,
            deleted: false,
            reserved_from: None,
            managed: Scale::of(spec),
            spec: None,
            fargate: None,
            committed: 0,
            awaits_machines: false,
            machines: 0,
            slowest: Ratio::ONE,
            queues: Vec::new(),
        };
        match &spec.kind {
            EnvironmentKind::Unmanaged {
                unmanaged_vcpus,
                machines,
                ..
            } => {
                environment.reserved_from = *unmanaged_vcpus;
                environment.machines = machines.iter().map(|group| u64::from(group.count)).sum();
                environment.slowest =
                    self.slowest_of(machines.iter().map(|group| group.instance_type));
            }
            EnvironmentKind::Managed(managed) => {
                first_fault(rules::managed_faults(managed))?;
                environment.reserved_from = Some(managed.max_vcpus);
                // More than one, and as many as it likes: no discipline can plan with them.
                environment.machines = u64::from(u32::MAX);
                environment.slowest = self.slowest_of(managed.types.iter().copied());
                environment.spec = Some(Box::new(managed.clone()));
            }
            EnvironmentKind::Fargate(fargate) => {
                first_fault(rules::fargate_faults(fargate))?;
                environment.fargate = Some(*fargate);
                environment.reserved_from = Some(fargate.max_vcpus);
                environment.machines = u64::from(u32::MAX);
                let machines = self.world.catalogue.tasks().map(|(id, _)| id);
                environment.slowest = self.slowest_of(machines);
            }
        }
        self.registry.environments.push(environment);
        self.observer.named(Named::Environment(id, &spec.name));
        self.effects.push_back(Effect::Machines {
            environment: id,
            spec: Box::new(spec.clone()),
        });
        Ok(())
    }

    pub(super) fn update_environment(
        &mut self,
        now: SimTime,
        update: &EnvironmentUpdate,
    ) -> Answer {
        let environment = self.environment(&update.compute_environment)?;
        if let Some(fargate) = environment.fargate {
            return self.update_fargate(now, update, fargate);
        }
        let spec = renewed(environment, update)?;
        let environment = self.environment(&update.compute_environment)?;
        let mut scale = environment.managed;
        match &mut scale {
            Some(scale) => {
                let min = update.min_vcpus.unwrap_or(scale.min_vcpus);
                let max = update.max_vcpus.unwrap_or(scale.max_vcpus);
                first_fault(rules::scale_faults(
                    min,
                    max,
                    update.desired_vcpus,
                    environment.committed,
                ))?;
                (scale.min_vcpus, scale.max_vcpus) = (min, max);
                scale.desired_vcpus = update.desired_vcpus;
                scale.enabled = update.enabled.unwrap_or(environment.enabled);
                scale.valid = update.valid.unwrap_or(environment.valid);
                environment.reserved_from = Some(max);
            }
            None if update.scales() => {
                return refuse("computeResources must not be given for an UNMANAGED environment");
            }
            None => {
                environment.reserved_from = update.unmanaged_vcpus.or(environment.reserved_from);
            }
        }
        environment.managed = scale;
        environment.enabled = update.enabled.unwrap_or(environment.enabled);
        environment.valid = update.valid.unwrap_or(environment.valid);
        let id = self
            .registry
            .environment(&update.compute_environment)
            .expect("it was just found");
        if let Some(scale) = scale {
            self.effects.push_back(Effect::Rescale {
                environment: id,
                scale,
            });
        }
        if let Some(spec) = spec {
            self.renew_machines(id, update, spec);
        }
        self.renew_environments();
        self.changed(now, id);
        Ok(())
    }

    /// An environment buys and launches by `spec` from now on.
    fn renew_machines(&mut self, id: EnvId, update: &EnvironmentUpdate, spec: Box<Managed>) {
        let slowest = self.slowest_of(spec.types.iter().copied());
        let environment = &mut self.registry.environments[id.index()];
        if let Some(delay) = update.scale_down_delay {
            self.effects.push_back(Effect::ScaleDownDelay {
                environment: id,
                delay,
            });
        }
        if update.infrastructure.is_some() {
            // Jobs still run on those that are to go.
            environment.slowest = environment.slowest.min(slowest);
            self.effects.push_back(Effect::Replace {
                environment: id,
                spec: spec.clone(),
            });
        }
        environment.spec = Some(spec);
    }

    /// A Fargate environment has nothing to scale but its ceiling (API ComputeResourceUpdate).
    fn update_fargate(
        &mut self,
        now: SimTime,
        update: &EnvironmentUpdate,
        fargate: FargateEnvironment,
    ) -> Answer {
        if update.min_vcpus.is_some() || update.desired_vcpus.is_some() {
            return refuse("minvCpus and desiredvCpus are not applicable to Fargate");
        }
        let fargate = FargateEnvironment {
            max_vcpus: update.max_vcpus.unwrap_or(fargate.max_vcpus),
            ..fargate
        };
        first_fault(rules::fargate_faults(&fargate))?;
        let environment = self.environment(&update.compute_environment)?;
        environment.fargate = Some(fargate);
        environment.reserved_from = Some(fargate.max_vcpus);
        environment.enabled = update.enabled.unwrap_or(environment.enabled);
        environment.valid = update.valid.unwrap_or(environment.valid);
        let id = self
            .registry
            .environment(&update.compute_environment)
            .expect("it was just found");
        self.effects.push_back(Effect::LimitTasks {
            environment: id,
            max_vcpus: fargate.max_vcpus,
        });
        self.renew_environments();
        self.changed(now, id);
        Ok(())
    }

    pub(super) fn delete_environment(&mut self, name: &str) -> Answer {
        let environment = self.environment(name)?;
        if environment.enabled {
            return refuse(format!(
                "Compute environment {name} must be DISABLED before it is deleted"
            ));
        }
        if !environment.queues.is_empty() {
            return refuse(format!(
                "Compute environment {name} is attached to a job queue"
            ));
        }
        environment.deleted = true;
        let scale = environment.managed.map(|scale| Scale {
            enabled: false,
            min_vcpus: 0,
            desired_vcpus: Some(0),
            ..scale
        });
        let id = EnvId::at(
            self.registry
                .environments
                .iter()
                .rposition(|e| e.name == name)
                .expect("it was just found"),
        );
        if let Some(scale) = scale {
            self.effects.push_back(Effect::Rescale {
                environment: id,
                scale,
            });
        }
        self.effects.push_back(Effect::Leave {
            environment: id,
            count: u32::MAX,
        });
        Ok(())
    }

    /// The identifiers of `names`; each must be VALID.
    pub(super) fn environments(&self, names: &[String]) -> Result<Vec<EnvId>, Rejection> {
        let look_up = |name: &String| match self.registry.environment(name) {
            None => Err(Rejection(format!(
                "Compute environment {name} does not exist"
            ))),
            Some(id) if !self.registry.environments[id.index()].valid => Err(Rejection(format!(
                "Compute environment {name} is not VALID"
            ))),
            Some(id) => Ok(id),
        };
        names.iter().map(look_up).collect()
    }
}
