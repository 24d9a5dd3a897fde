//! What a scenario says of queues, environments and the model, in the words that a story needs.

use serde_json::Value;

use crate::report::whole;

/// The effective scenario of a run folder.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'a>(pub &'a Value);

/// A compute environment, as the scenario begins.
#[derive(Clone, Copy, Debug)]
pub struct Environment<'a>(pub &'a Value);

impl<'a> Setting<'a> {
    /// The items of a list of the file.
    pub fn list(self, key: &str) -> &'a [Value] {
        self.0
            .get(key)
            .and_then(Value::as_array)
            .map_or(&[], Vec::as_slice)
    }

    /// The value of a parameter of the model, as text.
    pub fn model(self, key: &str) -> String {
        match self.0.get("model").and_then(|model| model.get(key)) {
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
            None => "its default".to_owned(),
        }
    }

    /// Whether any environment's instances come and go.
    pub fn has_scaling(self) -> bool {
        self.environments()
            .any(|one| one.max_vcpus().is_some() && !one.is_fargate())
    }

    /// What makes the machines of some environments late, of those settings that are about them.
    pub fn late_machines(self, environments: &[Environment<'_>]) -> String {
        let is_fargate = |one: &Environment<'_>| one.is_fargate();
        let is_spot = |one: &Environment<'_>| one.kind() == Some("SPOT");
        let mut keys = Vec::new();
        if !environments.iter().all(is_fargate) {
            keys.push(match environments.iter().any(is_spot) {
                true => "spotLaunchTime",
                false => "launchTime",
            });
            keys.push("bootTime");
        }
        if environments.iter().any(is_fargate) {
            keys.push("fargateStart");
        }
        let told = keys.iter().map(|key| format!("{key} {}", self.model(key)));
        told.collect::<Vec<String>>().join(", ")
    }

    /// All environments.
    pub fn environments(self) -> impl Iterator<Item = Environment<'a>> {
        self.list("computeEnvironments").iter().map(Environment)
    }

    /// The queue called `name`.
    pub fn queue(self, name: &str) -> Option<&'a Value> {
        let mut queues = self.list("jobQueues").iter();
        queues.find(|queue| queue.get("jobQueueName").and_then(Value::as_str) == Some(name))
    }

    /// The environments of a queue, in their order. Those that operators make later are not among them.
    pub fn environments_of(self, queue: &str) -> Vec<Environment<'a>> {
        let order = self
            .queue(queue)
            .and_then(|queue| queue.get("computeEnvironmentOrder"));
        let mut order: Vec<(u64, &str)> = order
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|item| {
                let name = item.get("computeEnvironment")?.as_str()?;
                Some((item.get("order")?.as_u64()?, last_part(name)))
            })
            .collect();
        order.sort_by_key(|(order, _)| *order);
        let found = order.into_iter().filter_map(|(_, name)| {
            self.environments()
                .find(|environment| environment.name() == name)
        });
        found.collect()
    }
}

impl<'a> Environment<'a> {
    /// Its name.
    pub fn name(self) -> &'a str {
        self.0
            .get("computeEnvironmentName")
            .and_then(Value::as_str)
            .unwrap_or("")
    }

    /// A key of its `computeResources`; only managed environments have some.
    pub fn resource(self, key: &str) -> Option<&'a Value> {
        self.0.get("computeResources")?.get(key)
    }

    /// Its maxvCpus, where it is managed.
    pub fn max_vcpus(self) -> Option<u64> {
        self.resource("maxvCpus")?.as_u64()
    }

    /// `EC2`, `SPOT` and so on, where it is managed.
    pub fn kind(self) -> Option<&'a str> {
        self.resource("type")?.as_str()
    }

    /// Whether its jobs are Fargate tasks.
    pub fn is_fargate(self) -> bool {
        self.kind().is_some_and(|kind| kind.starts_with("FARGATE"))
    }

    /// Its machines, where they are stated one by one: `2 × c6i.4xlarge`.
    pub fn machines(self) -> Vec<(u64, &'a str)> {
        let groups = self.0.get("instances").and_then(Value::as_array);
        let groups = groups.into_iter().flatten().filter_map(|group| {
            let count = group.get("count").and_then(Value::as_u64).unwrap_or(1);
            Some((count, group.get("instanceType")?.as_str()?))
        });
        groups.collect()
    }

    /// What it may grow to, or is: `environment spot (maxvCpus 512)`.
    pub fn described(self) -> String {
        let machines = self.machines().into_iter();
        let machines: Vec<String> = machines
            .map(|(count, kind)| format!("{} × {kind}", whole(count)))
            .collect();
        match self.max_vcpus() {
            Some(most) => format!("environment {} (maxvCpus {})", self.name(), whole(most)),
            None => format!("environment {} ({})", self.name(), machines.join(", ")),
        }
    }
}

/// The name in an ARN, or the name itself.
fn last_part(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}
