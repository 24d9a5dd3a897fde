//! The state of an account at the moment of its export, as `now` of a scenario.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::input::catalog::common_types;
use crate::model::Catalogue;
use crate::model::type_sets::{Optimal, expand};

use super::Jobs;
use super::definitions::Definitions;
use super::jobs::{Job, Status};
use super::machines::Instance;
use super::runs::Runs;
use super::toml_text::{table, titled};
use super::trace::seconds;
use super::twin::{Making, counted};

/// `now` and the jobs that wait for others, and what there is of them.
#[derive(Default)]
pub(super) struct Live {
    pub(super) text: String,
    pub(super) has: Vec<String>,
}

/// Most jobs that one may wait for.
const NEEDS_MAX: usize = 20;

/// One writing.
struct Writing<'w, 'e> {
    making: &'w mut Making<'e>,
    jobs: &'w Jobs,
    runs: &'w Runs,
    definitions: &'w Definitions,
    at: i64,
    /// Which environment an instance is in, of those that are written.
    placed: BTreeMap<String, String>,
    /// What the scenario calls a job that is not over, or a child of an array.
    called: BTreeMap<String, String>,
    text: String,
}

/// The state at `at` (milliseconds from 1970).
pub(super) fn live(
    making: &mut Making<'_>,
    jobs: &Jobs,
    runs: &Runs,
    definitions: &Definitions,
    at: i64,
) -> Live {
    let mut writing = Writing {
        making,
        jobs,
        runs,
        definitions,
        at,
        placed: BTreeMap::new(),
        called: BTreeMap::new(),
        text: String::new(),
    };
    let instances = writing.instances();
    let (running, turned_back) = writing.running();
    let runnable = writing.runnable(&turned_back);
    let pending = writing.pending();
    writing.shares();
    let waits = match runs.is_empty() {
        true => "10 minutes, as nothing has run",
        false => {
            "the median of what succeeded with the same definition (of a job that runs: of those that were longer than it is)"
        }
    };
    writing
        .making
        .assumed
        .push(format!("jobs that are not over run for {waits}"));
    Live {
        has: vec![format!(
            "{}, {running} running, {runnable} runnable, {pending} that wait for others",
            counted(instances, "instance")
        )],
        text: writing.text,
    }
}

/// What the parts of an array that are not over are called together.
fn not_over(jobs: &Jobs) -> impl Iterator<Item = &Job> {
    jobs.0
        .values()
        .filter(|job| !job.is_node && !job.status.is_over())
}

impl Writing<'_, '_> {
    fn instances(&mut self) -> u64 {
        let exports = self.making.exports;
        let arn_of: BTreeMap<&str, &str> = exports
            .container_instances
            .iter()
            .map(|(arn, (id, _))| (id.as_str(), arn.as_str()))
            .collect();
        let mut last_use: BTreeMap<&str, i64> = BTreeMap::new();
        let mut busy: BTreeSet<&str> = BTreeSet::new();
        for job in self
            .jobs
            .0
            .values()
            .filter(|job| !job.container_instance.is_empty())
        {
            let arn = job.container_instance.as_str();
            match (job.status.is_over(), job.stopped) {
                (true, Some(stopped)) => {
                    let last = last_use.entry(arn).or_insert(stopped);
                    *last = (*last).max(stopped);
                }
                (false, _) if job.status >= Status::Starting => _ = busy.insert(arn),
                _ => {}
            }
        }
        let catalogue = Catalogue::new(common_types());
        let (mut count, mut strange, mut unsuited) = (0, 0, Vec::new());
        for (id, instance) in &exports.instances {
            let arn = arn_of.get(id.as_str()).copied().unwrap_or_default();
            let Some(environment) = self.environment_of(instance, arn) else {
                strange += 1;
                continue;
            };
            if !self.launches(&environment, &instance.instance_type, &catalogue) {
                unsuited.push(format!("{id} ({}, {environment})", instance.instance_type));
                continue;
            }
            let age = (self.at - instance.launched).max(0);
            let mut entry = Map::new();
            entry.insert("computeEnvironment".to_owned(), json!(environment));
            entry.insert("instanceType".to_owned(), json!(instance.instance_type));
            entry.insert("instanceId".to_owned(), json!(id));
            entry.insert("age".to_owned(), json!(format!("{}s", seconds(age))));
            if !busy.contains(arn)
                && let Some(last) = last_use.get(arn)
            {
                let idle = (self.at - last).clamp(0, age);
                entry.insert("idle".to_owned(), json!(format!("{}s", seconds(idle))));
            }
            let knows_zone =
                exports.spot_files.is_empty() || exports.spot_zones.contains(&instance.zone);
            if instance.is_spot && knows_zone && !instance.zone.is_empty() {
                entry.insert("availabilityZone".to_owned(), json!(instance.zone));
            }
            self.text.push_str(&table("now.instances", &entry));
            self.text.push('\n');
            self.placed.insert(id.clone(), environment);
            count += 1;
        }
        if strange > 0 {
            self.making.assumed.push(format!(
                "{} of no compute environment here are passed over (by tags, Auto Scaling group and ECS cluster)",
                counted(strange, "instance")
            ));
        }
        if !unsuited.is_empty() {
            self.making.assumed.push(format!(
                "instances of types that their environment does not launch are left out: {}",
                super::twin::some(&unsuited)
            ));
        }
        if exports.instances.is_empty() {
            self.making.missing.push(
                "which instances are up: export aws ec2 describe-instances; none is, here"
                    .to_owned(),
            );
        }
        count
    }

    /// The environment that an instance belongs to: by its tags, else by the ECS cluster that it is in.
    fn environment_of(&self, instance: &Instance, arn: &str) -> Option<String> {
        let names = || self.making.environments.keys();
        for (key, value) in &instance.tags {
            let found = match key.as_str() {
                "aws:batch:compute-environment" => {
                    let name = super::jobs::name_of(value);
                    names().find(|known| *known == name)
                }
                "aws:autoscaling:groupName" => names()
                    .filter(|name| {
                        let group = value.strip_prefix("AWSBatch-").unwrap_or(value);
                        let rest = group.strip_prefix(name.as_str());
                        rest.is_some_and(|rest| rest.starts_with("-asg-"))
                    })
                    .max_by_key(|name| name.len()),
                _ => None,
            };
            if found.is_some() {
                return found.cloned();
            }
        }
        let cluster = arn.rsplit('/').nth(1).filter(|_| arn.starts_with("arn:"))?;
        let exported = self.making.exports.environments.iter();
        let found = exported.filter(|(name, value)| {
            let own = value.get("ecsClusterArn").and_then(Value::as_str);
            own.is_some_and(|own| super::jobs::name_of(own) == cluster)
                && self.making.environments.contains_key(*name)
        });
        found.map(|(name, _)| name.clone()).next()
    }

    /// Whether an environment may launch a type.
    fn launches(&self, environment: &str, instance_type: &str, catalogue: &Catalogue) -> bool {
        let environment = &self.making.environments[environment];
        let types = environment
            .get("computeResources")
            .and_then(|one| one.get("instanceTypes"));
        let entries = types.and_then(Value::as_array);
        entries
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .any(|entry| {
                let rest = instance_type.strip_prefix(entry);
                if rest.is_some_and(|rest| {
                    rest.is_empty() || (rest.starts_with('.') && !rest.contains("metal"))
                }) {
                    return true;
                }
                let set = expand(catalogue, &[entry.to_owned()], Optimal::default());
                set.is_ok_and(|set| {
                    set.types()
                        .into_iter()
                        .any(|id| catalogue.get(id).name == instance_type)
                })
            })
    }

    /// What an entry says of a job, whatever its state: it is called `name` and runs for `run` ms.
    fn entry(&self, job: &Job, name: &str, run: i64) -> Map<String, Value> {
        let reference = self.definitions.reference(job);
        let mut entry = Map::new();
        let mut put = |key: &str, value: Value| _ = entry.insert(key.to_owned(), value);
        put("jobName", json!(name));
        put("jobQueue", json!(job.queue));
        if !reference.definition.is_empty() {
            put("jobDefinition", json!(reference.definition));
        }
        if let Some(share) = &job.share {
            put("shareIdentifier", json!(share));
        }
        if let Some(priority) = job.priority {
            put("schedulingPriorityOverride", json!(priority));
        }
        if !reference.has_size || reference.definition.is_empty() {
            let whole = job
                .vcpus
                .as_ref()
                .map(|asked| asked.parse::<f64>().unwrap_or(1.0).ceil() as u32);
            put("vcpus", json!(whole.unwrap_or(1).max(1)));
            if let Some(memory) = job.memory {
                put("memoryMiB", json!(memory));
            }
            if let Some(gpus) = job.gpus {
                put("gpus", json!(gpus));
            }
        }
        let used = job.attempts.len() as u32;
        if !reference.has_retry || used > 0 {
            let mut retry = job.retry.clone().unwrap_or_else(|| json!({}));
            if let Some(members) = retry.as_object_mut() {
                members.retain(|_, member| {
                    !member.is_null() && !member.as_array().is_some_and(Vec::is_empty)
                });
            }
            retry["attempts"] = json!(job.attempts_max().saturating_sub(used).max(1));
            put("retryStrategy", retry);
        }
        if let Some(timeout) = job.timeout_s.filter(|_| !reference.has_timeout) {
            put(
                "timeout",
                json!({"attemptDurationSeconds": timeout.max(60)}),
            );
        }
        put("run", json!(format!("{}s", seconds(run))));
        entry
    }

    /// A name of a job of its own: its identifier.
    fn name(id: &str) -> String {
        id.replace(':', "-")
    }

    /// Jobs that run, on the instance that they say; those whose instance is not known are told as runnable, with what is left of them.
    fn running(&mut self) -> (u64, Vec<(String, i64)>) {
        let (mut count, mut left) = (0, Vec::new());
        let exports = self.making.exports;
        for job in not_over(self.jobs) {
            let is_parent = job.array_size.is_some();
            if job.status < Status::Starting || is_parent {
                continue;
            }
            let ran = job.started.filter(|_| job.status == Status::Running);
            let ran = ran.map_or(0, |started| (self.at - started).max(0));
            let run = self.runs.expected(job, ran);
            let on = exports.container_instances.get(&job.container_instance);
            let on = on
                .map(|(id, _)| id)
                .filter(|id| self.placed.contains_key(*id));
            let (Some(id), None) = (on, job.nodes) else {
                left.push((job.id.clone(), (run - ran).max(1)));
                continue;
            };
            let name = Writing::name(&job.id);
            let mut entry = self.entry(job, &name, run);
            entry.insert("ran".to_owned(), json!(format!("{}s", seconds(ran))));
            entry.insert("computeEnvironment".to_owned(), json!(self.placed[id]));
            entry.insert("instanceId".to_owned(), json!(id));
            self.text
                .push_str(&titled("now.running", &job.name, &entry));
            self.text.push('\n');
            self.called.insert(job.id.clone(), name);
            count += 1;
        }
        if !left.is_empty() {
            self.making.assumed.push(format!(
                "{} that run on no instance that was exported (or on Fargate, or on several) wait at the front, with what is left of them: export aws ec2 describe-instances and aws ecs describe-container-instances",
                counted(left.len() as u64, "job")
            ));
        }
        (count, left)
    }

    /// Jobs that wait for room, in order.
    fn runnable(&mut self, turned_back: &[(String, i64)]) -> u64 {
        let needed: BTreeSet<&str> = not_over(self.jobs)
            .flat_map(|job| &job.needs)
            .filter_map(|needs| needs.job.as_deref())
            .collect();
        let mut fronts: BTreeMap<&str, usize> = BTreeMap::new();
        for ids in self.making.exports.fronts.values() {
            fronts.extend(
                ids.iter()
                    .enumerate()
                    .map(|(place, id)| (id.as_str(), place)),
            );
        }
        let since = |job: &Job| {
            let seen = job
                .seen
                .iter()
                .rev()
                .find(|(status, _)| *status == Status::Runnable);
            seen.map_or(job.created, |(_, at)| *at)
        };
        let mut waiting: Vec<(&Job, Option<i64>)> = turned_back
            .iter()
            .filter_map(|(id, run)| Some((self.jobs.0.get(id)?, Some(*run))))
            .collect();
        let mut others: Vec<&Job> = not_over(self.jobs)
            .filter(|job| job.status == Status::Runnable && job.array_size.is_none())
            .collect();
        others.sort_by_key(|job| {
            let place = fronts.get(job.id.as_str()).copied();
            let (array, index) = job.child_of().unwrap_or((&job.id, 0));
            (
                place.unwrap_or(usize::MAX),
                since(job),
                array.to_owned(),
                index,
            )
        });
        waiting.extend(others.into_iter().map(|job| (job, None)));
        // Neighbours that are alike are one entry: an array of children, or a count of jobs.
        let mut count = 0;
        let mut names: BTreeSet<String> = self.called.values().cloned().collect();
        let mut place = 0;
        while place < waiting.len() {
            let (job, run) = waiting[place];
            let run = run.unwrap_or_else(|| self.runs.expected(job, 0));
            let plain = self.entry(job, "", run);
            let array = job.child_of().map(|child| child.0.to_owned());
            let is_single = array.is_none() && needed.contains(job.id.as_str());
            let mut end = place + 1;
            while end < waiting.len() && !is_single && end - place < 10_000 {
                let (next, other) = waiting[end];
                let other = other.unwrap_or_else(|| self.runs.expected(next, 0));
                let next_array = next.child_of().map(|child| child.0);
                if next_array != array.as_deref()
                    || (array.is_none()
                        && (needed.contains(next.id.as_str()) || next.name != job.name))
                    || self.entry(next, "", other) != plain
                {
                    break;
                }
                end += 1;
            }
            let group = &waiting[place..end];
            let stem = match &array {
                Some(array) => array.clone(),
                None if group.len() == 1 => Writing::name(&job.id),
                None => job.name.clone(),
            };
            let mut name = stem.clone();
            for number in 2.. {
                if names.insert(name.clone()) {
                    break;
                }
                name = format!("{stem}_{number}");
            }
            let mut entry = self.entry(job, &name, run);
            let size = group.len();
            if size > 1 {
                match array {
                    Some(_) => entry.insert("arrayProperties".to_owned(), json!({"size": size})),
                    None => entry.insert("count".to_owned(), json!(size)),
                };
            }
            let waited = group
                .iter()
                .map(|(job, _)| self.at - since(job))
                .max()
                .unwrap_or(0);
            entry.insert(
                "waited".to_owned(),
                json!(format!("{}s", seconds(waited.max(0)))),
            );
            for (index, (job, _)) in group.iter().enumerate() {
                let called = match (size, &array) {
                    (1, _) => name.clone(),
                    (_, Some(_)) => format!("{name}:{index}"),
                    (_, None) => format!("{name}/{index}"),
                };
                self.called.insert(job.id.clone(), called);
            }
            self.text
                .push_str(&titled("now.runnable", &job.name, &entry));
            self.text.push('\n');
            count += size as u64;
            place = end;
        }
        count
    }

    /// Jobs that wait for others, as submissions at time zero. Those that they wait for come first.
    fn pending(&mut self) -> u64 {
        let has_children: BTreeSet<&str> = self
            .jobs
            .0
            .values()
            .filter_map(|job| job.child_of().map(|child| child.0))
            .collect();
        let mut list: Vec<&Job> = not_over(self.jobs)
            .filter(|job| job.status < Status::Runnable && !has_children.contains(job.id.as_str()))
            .collect();
        list.sort_by_key(|job| {
            let (array, index) = job.child_of().unwrap_or((&job.id, 0));
            (job.created, array.to_owned(), index)
        });
        for job in &list {
            self.called.insert(job.id.clone(), Writing::name(&job.id));
        }
        let mut too_many = 0;
        let mut texts = String::new();
        for job in &list {
            let name = Writing::name(&job.id);
            let mut entry = self.entry(job, &name, self.runs.expected(job, 0));
            if let Some(size) = job.array_size.filter(|size| *size > 1) {
                entry.insert("arrayProperties".to_owned(), json!({"size": size}));
            }
            let mut needs = self.needs(job);
            if needs.len() > NEEDS_MAX {
                too_many += 1;
                needs.truncate(NEEDS_MAX);
            }
            if !needs.is_empty() {
                let needs: Vec<Value> = needs
                    .into_iter()
                    .map(|id| match id.is_empty() {
                        true => json!({"type": "SEQUENTIAL"}),
                        false => json!({"jobId": id}),
                    })
                    .collect();
                entry.insert("dependsOn".to_owned(), Value::Array(needs));
            }
            texts.push_str(&titled("workload.jobs", &job.name, &entry));
            texts.push('\n');
        }
        if too_many > 0 {
            self.making.assumed.push(format!(
                "{} for {NEEDS_MAX} of what they wait for only",
                counted(too_many, "job wait").replace("waits", "wait")
            ));
        }
        self.text.push_str(&texts);
        list.len() as u64
    }

    /// What the scenario calls those that are not over and that `job` waits for; empty text stands for the child before each.
    fn needs(&self, job: &Job) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for needs in &job.needs {
            let Some(other) = &needs.job else {
                match job.child_of() {
                    // The child before this one.
                    Some((array, index)) if index > 0 => {
                        found.extend(self.called.get(&format!("{array}:{}", index - 1)).cloned());
                    }
                    Some(_) => {}
                    None => found.push(String::new()),
                }
                continue;
            };
            let same = match (needs.is_n_to_n, job.child_of()) {
                (true, Some((_, index))) => Some(format!("{other}:{index}")),
                _ => None,
            };
            if let Some(called) = self.called.get(same.as_ref().unwrap_or(other)) {
                found.push(called.clone());
                continue;
            }
            if same.is_some() {
                continue;
            }
            // An array: all of its children that are not over, those of one entry as that entry.
            let prefix = format!("{other}:");
            let children = self
                .called
                .range(prefix.clone()..)
                .take_while(|(id, _)| id.starts_with(&prefix));
            for (_, called) in children {
                let whole = called.split(':').next().unwrap_or(called).to_owned();
                found.push(whole);
            }
        }
        found.sort();
        found.dedup();
        found
    }

    /// What shares have used: of the vCPUs of their jobs within the time in which use fades.
    fn shares(&mut self) {
        let mut used: BTreeMap<(String, String), f64> = BTreeMap::new();
        let window = |queue: &str| -> Option<i64> {
            let policy = self
                .making
                .queues
                .get(queue)?
                .get("schedulingPolicyArn")?
                .as_str()?;
            let policy = self.making.exports.policies.get(policy);
            let decay = policy.and_then(|policy| {
                policy
                    .pointer("/fairsharePolicy/shareDecaySeconds")?
                    .as_i64()
            });
            Some(match decay {
                Some(seconds) if seconds > 0 => seconds * 1000,
                _ => 600_000,
            })
        };
        for job in self
            .jobs
            .0
            .values()
            .filter(|job| !job.is_node && job.array_size.is_none())
        {
            let (Some(share), Some(window)) = (&job.share, window(&job.queue)) else {
                continue;
            };
            let vcpus: f64 = job
                .vcpus
                .as_ref()
                .and_then(|asked| asked.parse().ok())
                .unwrap_or(1.0);
            let mut lives: Vec<(i64, i64)> = job
                .attempts
                .iter()
                .filter_map(|attempt| Some((attempt.started?, attempt.stopped?)))
                .collect();
            if job.status == Status::Running
                && let Some(started) = job.started
            {
                lives.push((started, self.at));
            }
            let from = self.at - window;
            let within: i64 = lives
                .iter()
                .map(|(start, end)| ((*end).min(self.at) - (*start).max(from)).max(0))
                .sum();
            *used.entry((job.queue.clone(), share.clone())).or_default() +=
                vcpus * within as f64 / 1000.0;
        }
        for (first, shares) in &self.making.exports.usage {
            let Some(queue) = self.jobs.0.get(first).map(|job| job.queue.clone()) else {
                continue;
            };
            let Some(window) = window(&queue) else {
                continue;
            };
            for (share, vcpus) in shares {
                let known = used.entry((queue.clone(), share.clone())).or_default();
                if *known == 0.0 {
                    *known = vcpus * window as f64 / 1000.0;
                }
            }
        }
        used.retain(|_, seconds| *seconds > 0.0);
        if used.is_empty() {
            return;
        }
        self.making.assumed.push("shares have used what their jobs ran for within the time in which use fades, undiminished".to_owned());
        for ((queue, share), vcpu_s) in used {
            let mut entry = Map::new();
            entry.insert("jobQueue".to_owned(), json!(queue));
            entry.insert("shareIdentifier".to_owned(), json!(share));
            entry.insert("vcpuSeconds".to_owned(), json!(vcpu_s));
            self.text.push_str(&table("now.shares", &entry));
            self.text.push('\n');
        }
    }
}
