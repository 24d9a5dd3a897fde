//! The job definitions of a twin: those that were exported and that jobs name, and some made from jobs.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::jobs::{Job, Jobs};
use super::toml_text::{heeded, table};
use super::trace::Reference;
use super::twin::{Making, shape_of, some};

/// One definition of the scenario.
struct Definition {
    /// What the scenario says.
    members: Map<String, Value>,
    /// The revision that AWS has, where another one stands for it here.
    revision: Option<u32>,
    /// As AWS tells it, or made from a job.
    is_exported: bool,
}

/// The definitions of a twin.
#[derive(Default)]
pub(super) struct Definitions {
    /// By name, in order of revision.
    list: BTreeMap<String, Vec<Definition>>,
    /// What AWS's `name:revision` is called here.
    names: BTreeMap<String, String>,
}

/// Those that `jobs` name; all active ones where there are no jobs.
pub(super) fn definitions(making: &mut Making<'_>, jobs: &Jobs) -> Definitions {
    let exports = making.exports;
    let mut wanted: BTreeSet<&str> = jobs
        .0
        .values()
        .filter(|job| !job.is_node)
        .map(|job| job.definition.as_str())
        .filter(|name| !name.is_empty())
        .collect();
    let latest: BTreeMap<&str, u32> = exports
        .definitions
        .iter()
        .filter(|(_, value)| value.get("status").and_then(Value::as_str) != Some("INACTIVE"))
        .map(|((name, revision), _)| (name.as_str(), *revision))
        .collect();
    let all: Vec<String> = latest
        .iter()
        .map(|(name, revision)| format!("{name}:{revision}"))
        .collect();
    if wanted.is_empty() {
        wanted.extend(all.iter().map(String::as_str));
    }
    let mut found: BTreeMap<(String, u32), (&str, Definition)> = BTreeMap::new();
    let mut made = Vec::new();
    let shape = shape_of("jobDefinitions");
    for full in wanted {
        let (name, revision) = match full.rsplit_once(':') {
            Some((name, revision)) => (name, revision.parse().ok()),
            None => (full, None),
        };
        let revision = revision.or(latest.get(name).copied()).unwrap_or(1);
        let exported = exports.definitions.get(&(name.to_owned(), revision));
        let members = match exported {
            Some(value) => {
                let mut members = heeded(shape, value, &mut making.left);
                // It must take jobs, as it did.
                members.remove("status");
                members.remove("revision");
                members
            }
            None => {
                made.push(full.to_owned());
                of_job(name, exports.samples.get(full), &mut making.left)
            }
        };
        let definition = Definition {
            members,
            revision: None,
            is_exported: exported.is_some(),
        };
        found.insert((name.to_owned(), revision), (full, definition));
    }
    if !made.is_empty() {
        making.assumed.push(format!(
            "{} not exported: made from what jobs of theirs say ({}): export aws batch describe-job-definitions",
            match made.len() {
                1 => "1 job definition was".to_owned(),
                count => format!("{count} job definitions were"),
            },
            some(&made)
        ));
    }
    let mut definitions = Definitions::default();
    let mut renumbered = Vec::new();
    for ((name, revision), (full, mut definition)) in found {
        let list = definitions.list.entry(name.clone()).or_default();
        let here = list.len() as u32 + 1;
        if here != revision {
            definition.revision = Some(revision);
            renumbered.push(full.to_owned());
        }
        definitions
            .names
            .insert(full.to_owned(), format!("{name}:{here}"));
        list.push(definition);
    }
    if !renumbered.is_empty() {
        making.assumed.push(format!(
            "revisions of job definitions are counted from 1 here, those that jobs name in order: {}",
            some(&renumbered)
        ));
    }
    definitions
}

/// A definition that asks for what `job`, as AWS tells it, does.
fn of_job(name: &str, job: Option<&Value>, left: &mut BTreeMap<String, u64>) -> Map<String, Value> {
    let member = |key: &str| {
        job.and_then(|job| job.get(key))
            .filter(|value| !value.is_null())
    };
    let mut made = json!({"jobDefinitionName": name, "type": "container"});
    let has_members = |value: &&Value| value.as_object().is_some_and(|object| !object.is_empty());
    if let Some(nodes) = member("nodeProperties").filter(has_members) {
        made["type"] = json!("multinode");
        made["nodeProperties"] = nodes.clone();
    } else if let Some(pod) = member("eksProperties").filter(has_members) {
        made["eksProperties"] = pod.clone();
    } else if let Some(task) = member("ecsProperties").filter(has_members) {
        made["ecsProperties"] = task.clone();
    } else {
        let mut container = member("container").cloned().unwrap_or_else(|| json!({}));
        let asked = container
            .get("resourceRequirements")
            .and_then(Value::as_array);
        let old = container.get("vcpus").and_then(Value::as_u64).unwrap_or(0);
        if asked.is_none_or(Vec::is_empty) && old == 0 {
            // Nobody knows: the least there is.
            container["resourceRequirements"] =
                json!([{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "2048"}]);
        }
        if let Some(container) = container.as_object_mut() {
            container.retain(|_, value| value.as_u64() != Some(0));
        }
        made["containerProperties"] = container;
    }
    for key in [
        "retryStrategy",
        "timeout",
        "platformCapabilities",
        "consumableResourceProperties",
    ] {
        if let Some(value) =
            member(key).filter(|value| !value.as_array().is_some_and(Vec::is_empty))
        {
            made[key] = value.clone();
        }
    }
    // What an export of the definition would say of it is all that may be missed.
    let _ = left;
    heeded(shape_of("jobDefinitions"), &made, &mut BTreeMap::new())
}

impl Definitions {
    /// How many revisions there are.
    pub(super) fn len(&self) -> usize {
        self.list.values().map(Vec::len).sum()
    }

    /// The first of them, in its latest revision.
    pub(super) fn first(&self) -> Option<&str> {
        self.list.keys().next().map(String::as_str)
    }

    fn get(&self, job: &Job) -> Option<(&str, &Definition)> {
        let here = self.names.get(&job.definition)?;
        let (name, revision) = here.rsplit_once(':')?;
        let revision: usize = revision.parse().ok()?;
        Some((here, self.list.get(name)?.get(revision.checked_sub(1)?)?))
    }

    /// What the definition of `job` says already.
    pub(super) fn reference(&self, job: &Job) -> Reference {
        let Some((here, definition)) = self.get(job) else {
            return Reference::default();
        };
        let members = &definition.members;
        let same = |key: &str, own: Option<&Value>| members.get(key).map(normal) == own.map(normal);
        let timeout = members
            .get("timeout")
            .and_then(|timeout| timeout.get("attemptDurationSeconds"));
        let block = members.get("containerProperties");
        let amount = |kind: &str, old: &str| {
            let list = block
                .and_then(|block| block.get("resourceRequirements"))
                .and_then(Value::as_array);
            let found = list
                .into_iter()
                .flatten()
                .find(|one| one.get("type").and_then(Value::as_str) == Some(kind));
            let text = |value: &Value| {
                value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned)
            };
            let found = found.and_then(|one| one.get("value")).map(text);
            found
                .or_else(|| block.and_then(|block| block.get(old)).map(text))
                .filter(|text| text != "0")
        };
        let number = |number: Option<u32>| number.map(|number| number.to_string());
        let is_part = job
            .vcpus
            .as_ref()
            .is_some_and(|asked| asked.parse::<u32>().is_err());
        Reference {
            definition: here.to_owned(),
            has_retry: same("retryStrategy", job.retry.as_ref())
                || (job.retry.is_none() && !members.contains_key("retryStrategy"))
                || !job.is_whole,
            has_timeout: timeout.and_then(Value::as_u64) == job.timeout_s.map(u64::from)
                || !job.is_whole,
            has_size: block.is_none()
                || job.vcpus.is_none()
                || is_part
                || (amount("VCPU", "vcpus") == job.vcpus
                    && amount("MEMORY", "memory") == number(job.memory)
                    && amount("GPU", "gpus") == number(job.gpus)),
        }
    }

    /// The consumable resources that they name.
    pub(super) fn resources(&self) -> BTreeSet<String> {
        let lists = self.list.values().flatten().filter_map(|one| {
            let properties = one.members.get("consumableResourceProperties")?;
            properties.get("consumableResourceList")?.as_array()
        });
        let names = lists
            .flatten()
            .filter_map(|entry| entry.get("consumableResource")?.as_str());
        names
            .map(|name| super::jobs::name_of(name).to_owned())
            .collect()
    }

    /// As the scenario has them.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for definition in self.list.values().flatten() {
            if let Some(revision) = definition.revision {
                text.push_str(&format!("# revision {revision} at AWS\n"));
            }
            if !definition.is_exported {
                text.push_str("# made from a job, as it was not exported\n");
            }
            text.push_str(&table("jobDefinitions", &definition.members));
            text.push('\n');
        }
        text
    }
}

/// A retry strategy without what AWS prints where nothing was given.
fn normal(value: &Value) -> Value {
    let mut value = value.clone();
    if let Some(members) = value.as_object_mut() {
        members
            .retain(|_, member| !member.is_null() && !member.as_array().is_some_and(Vec::is_empty));
        members.entry("attempts").or_insert(json!(1));
    }
    value
}
