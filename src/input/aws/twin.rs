//! A scenario of all that was exported: the account's twin, with a list of what had to be assumed and of what is missing.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::input::Problem;
use crate::input::catalog::common_types;
use crate::input::scenario::{Kind as ValueKind, SCENARIO, Shape};
use crate::model::Catalogue;
use crate::model::type_sets::{Optimal, expand};

use super::Exports;
use super::definitions::{Definitions, definitions};
use super::jobs::name_of;
use super::live::live;
use super::runs::Runs;
use super::times::measured;
use super::toml_text::{comment, heeded, quoted, table as toml_table};
use super::trace::{Table, seconds, table};
use super::types::types_toml;

/// What a twin is to be.
#[derive(Clone, Debug, Default)]
pub struct TwinOptions {
    /// Its name.
    pub name: String,
    /// Whether it goes on from the moment of the export, instead of replaying what was.
    pub now: bool,
    /// That moment in milliseconds from 1970, where no export tells it.
    pub at: Option<i64>,
    /// The region, where it cannot be seen from the exports.
    pub region: Option<String>,
}

/// One file of a twin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TwinFile {
    /// Its name in the scenario's folder.
    pub name: String,
    /// What it holds.
    pub content: Content,
}

/// What a file of a twin holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// These bytes.
    Bytes(Vec<u8>),
    /// What this file of the exports holds.
    CopyOf(String),
}

/// A twin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Twin {
    /// Its files, scenario.toml first.
    pub files: Vec<TwinFile>,
    /// What had to be assumed: a sentence each.
    pub assumed: Vec<String>,
    /// What is missing, and which command prints it: a sentence each.
    pub missing: Vec<String>,
    /// What there is: a sentence each.
    pub has: Vec<String>,
}

/// A twin while it is made.
pub(super) struct Making<'e> {
    pub(super) exports: &'e Exports,
    pub(super) region: String,
    pub(super) assumed: Vec<String>,
    pub(super) missing: Vec<String>,
    pub(super) left: BTreeMap<String, u64>,
    /// Environments that are in the scenario.
    pub(super) environments: BTreeMap<String, Map<String, Value>>,
    /// Queues that are in the scenario.
    pub(super) queues: BTreeMap<String, Map<String, Value>>,
    /// Policies that queues name and nobody exported.
    policies: BTreeSet<String>,
}

/// The object of the scenario's list called `key`.
pub(super) fn shape_of(key: &str) -> &'static Shape {
    let field = SCENARIO.fields.iter().find(|field| field.name == key);
    match field.map(|field| &field.kind) {
        Some(ValueKind::List(ValueKind::Object(shape))) => shape,
        _ => &SCENARIO,
    }
}

/// The twin of what was exported.
///
/// # Errors
/// Where there is too little to make a scenario of, with what to export.
pub fn twin(exports: &Exports, options: &TwinOptions) -> Result<Twin, Vec<Problem>> {
    let mut making = Making {
        exports,
        region: region(exports, options),
        assumed: Vec::new(),
        missing: Vec::new(),
        left: BTreeMap::new(),
        environments: BTreeMap::new(),
        queues: BTreeMap::new(),
        policies: BTreeSet::new(),
    };
    making.environments();
    making.queues();
    if making.queues.is_empty() {
        let mut why = vec![Problem::whole(
            &options.name,
            "has no job queue with an environment to run on; export `aws batch describe-job-queues` and `aws batch describe-compute-environments` (batchcast twin --commands prints how)",
        )];
        why.extend(
            making
                .missing
                .iter()
                .map(|missing| Problem::whole(&options.name, missing.clone())),
        );
        return Err(why);
    }
    Ok(making.finish(options))
}

fn region(exports: &Exports, options: &TwinOptions) -> String {
    let arns = exports
        .queues
        .values()
        .chain(exports.environments.values())
        .chain(exports.samples.values());
    let of_arn = arns
        .filter_map(|value| {
            let keys = ["jobQueueArn", "computeEnvironmentArn", "jobQueue"];
            keys.into_iter().find_map(|key| value.get(key)?.as_str())
        })
        .find_map(|arn| arn.split(':').nth(3))
        .filter(|region| region.contains('-'))
        .map(str::to_owned);
    options
        .region
        .clone()
        .or(of_arn)
        .unwrap_or_else(|| "us-east-1".to_owned())
}

/// `1 job`, `2 jobs`.
pub(super) fn counted(count: u64, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}

impl Making<'_> {
    fn environments(&mut self) {
        let shape = shape_of("computeEnvironments");
        for (name, value) in &self.exports.environments {
            let kind = value
                .pointer("/computeResources/type")
                .and_then(Value::as_str);
            if kind == Some("ECS_MANAGED_INSTANCES") {
                self.missing.push(format!(
                    "compute environment {name} is of ECS Managed Instances, which are not simulated: it is left out"
                ));
                continue;
            }
            if value
                .get("eksConfiguration")
                .is_some_and(|eks| !eks.is_null())
            {
                self.assumed.push(format!(
                    "compute environment {name} is on EKS: its pods are placed as containers are, beside nothing else"
                ));
            }
            let mut taken = heeded(shape, value, &mut self.left);
            taken.remove("status");
            if let Some(Value::Object(resources)) = taken.get_mut("computeResources") {
                // What it wants at the moment of the export says nothing of any other.
                resources.remove("desiredvCpus");
            }
            if value.get("status").and_then(Value::as_str) == Some("INVALID") {
                taken.insert("status".to_owned(), json!("INVALID"));
            }
            if taken.get("type") == Some(&json!("UNMANAGED")) {
                taken.remove("computeResources");
                self.missing.push(format!(
                    "compute environment {name} is UNMANAGED, and no export says which machines it has: write them as its instances in scenario.toml"
                ));
            }
            self.environments.insert(name.clone(), taken);
        }
    }

    fn queues(&mut self) {
        let shape = shape_of("jobQueues");
        for (name, value) in &self.exports.queues {
            if value.get("jobQueueType").and_then(Value::as_str) == Some("SAGEMAKER_TRAINING") {
                self.missing.push(format!(
                    "job queue {name} is of SageMaker, which is not simulated: it and its jobs are left out"
                ));
                continue;
            }
            let mut taken = heeded(shape, value, &mut self.left);
            taken.remove("jobQueueType");
            let order = value
                .get("computeEnvironmentOrder")
                .and_then(Value::as_array);
            let mut kept = Vec::new();
            for entry in order.into_iter().flatten() {
                let wanted = entry.get("computeEnvironment").and_then(Value::as_str);
                let wanted = name_of(wanted.unwrap_or_default());
                match self.environments.contains_key(wanted) {
                    true => kept.push(json!({
                        "order": entry.get("order").cloned().unwrap_or_default(),
                        "computeEnvironment": wanted,
                    })),
                    false => self.missing.push(format!(
                        "job queue {name} runs on {wanted}, which was not exported or is left out: aws batch describe-compute-environments"
                    )),
                }
            }
            if kept.is_empty() {
                self.missing.push(format!(
                    "job queue {name} has no environment here: it and its jobs are left out"
                ));
                continue;
            }
            taken.insert("computeEnvironmentOrder".to_owned(), Value::Array(kept));
            if let Some(policy) = value.get("schedulingPolicyArn").and_then(Value::as_str) {
                let policy = name_of(policy);
                taken.insert("schedulingPolicyArn".to_owned(), json!(policy));
                if !self.exports.policies.contains_key(policy)
                    && self.policies.insert(policy.to_owned())
                {
                    self.assumed.push(format!(
                        "scheduling policy {policy} of queue {name} weighs all shares alike and keeps nothing free: export aws batch describe-scheduling-policies"
                    ));
                }
            }
            self.queues.insert(name.clone(), taken);
        }
    }

    /// Leaves out of environments what no type is known of, and makes a file of what was exported.
    fn types(&mut self) -> Option<(TwinFile, usize)> {
        let catalogue = Catalogue::new(common_types());
        let mut wanted: BTreeSet<String> = BTreeSet::new();
        let everything = types_toml(self.exports, &self.region, None);
        let unpriced: BTreeSet<&String> = everything.without_price.iter().collect();
        for (name, environment) in &mut self.environments {
            let Some(Value::Object(resources)) = environment.get_mut("computeResources") else {
                continue;
            };
            let Some(Value::Array(types)) = resources.get_mut("instanceTypes") else {
                continue;
            };
            types.retain(|entry| {
                let Some(entry) = entry.as_str() else {
                    return true;
                };
                let own = |known: &String| known == entry || known.strip_prefix(entry).is_some_and(|rest| rest.starts_with('.'));
                let listed: Vec<&String> = self.exports.types.keys().chain(self.exports.prices.by_type.keys()).filter(|known| own(known)).collect();
                wanted.extend(listed.iter().filter(|known| !unpriced.contains(*known)).map(|known| (*known).clone()));
                let known = expand(&catalogue, &[entry.to_owned()], Optimal::default());
                if let Ok(set) = &known {
                    wanted.extend(set.types().into_iter().map(|id| catalogue.get(id).name.clone()));
                    return true;
                }
                let has_own = listed.iter().any(|known| !unpriced.contains(*known));
                if !has_own {
                    let what = match listed.is_empty() {
                        true => "is unknown here: export aws ec2 describe-instance-types and the EC2 price list",
                        false => "has no price here: export the EC2 price list",
                    };
                    self.missing.push(format!("instance type {entry} of {name} {what}; it is left out"));
                }
                has_own
            });
        }
        // Instances that are up may be of no type of their environment.
        wanted.extend(
            self.exports
                .instances
                .values()
                .map(|instance| instance.instance_type.clone()),
        );
        if self.exports.types.is_empty() && self.exports.prices.by_type.is_empty() {
            if !wanted.is_empty() {
                self.assumed.push("prices and sizes of instance types are those of the built-in catalogue (On-Demand, us-east-1): export the EC2 price list of your region".to_owned());
            }
            return None;
        }
        let file = types_toml(self.exports, &self.region, Some(&wanted));
        let regions = self.exports.prices.regions();
        if regions.len() > 1 && !regions.contains(self.region.as_str()) {
            self.missing
                .push(format!("the price list has no prices of {}", self.region));
        }
        if !file.catalogue_price.is_empty() {
            self.assumed.push(format!(
                "{} of the built-in catalogue, for want of one in a price list: {}",
                counted(file.catalogue_price.len() as u64, "price"),
                some(&file.catalogue_price)
            ));
        }
        if file.count == 0 {
            return None;
        }
        let text = format!(
            "# Instance types and On-Demand prices of {}, from what was exported.\n\n{}",
            self.region, file.text
        );
        Some((
            TwinFile {
                name: "types.toml".to_owned(),
                content: Content::Bytes(text.into_bytes()),
            },
            file.count,
        ))
    }

    /// The jobs of queues that are in the scenario, those without a queue in the only one.
    fn jobs(&mut self) -> super::Jobs {
        let mut jobs = self.exports.jobs.clone();
        let only = match self.queues.len() {
            1 => self.queues.keys().next().cloned(),
            _ => None,
        };
        let mut elsewhere: BTreeMap<String, u64> = BTreeMap::new();
        let mut summaries = 0;
        jobs.0.retain(|_, job| {
            if job.queue.is_empty()
                && let Some(only) = &only
            {
                job.queue.clone_from(only);
            }
            let has = self.queues.contains_key(&job.queue);
            if !has {
                *elsewhere.entry(job.queue.clone()).or_default() += 1;
            }
            summaries += u64::from(has && !job.is_whole);
            has
        });
        for (queue, count) in elsewhere {
            self.missing.push(match queue.is_empty() {
                true => format!("{} of list-jobs do not say their queue and are left out: export aws batch describe-jobs", counted(count, "job")),
                false => format!("{} of queue {queue} are left out, which is not here: export aws batch describe-job-queues", counted(count, "job")),
            });
        }
        if summaries > 0 {
            self.assumed.push(format!(
                "{} known from list-jobs only: no dependencies, attempts or sizes of their own (export aws batch describe-jobs)",
                counted(summaries, "job")
            ));
        }
        jobs
    }

    fn finish(mut self, options: &TwinOptions) -> Twin {
        let types = self.types();
        let jobs = self.jobs();
        let runs = Runs::of(&jobs);
        let definitions = definitions(&mut self, &jobs);
        let moment = options.at.or(self.exports.moment());
        let mut files = Vec::new();
        let mut text = String::new();
        let mut has = Vec::new();
        let mut start = None;
        let mut trailer = String::new();
        if options.now {
            let at = moment.unwrap_or(0);
            if options.at.is_none() && self.exports.exported_at.is_none() {
                self.assumed.push(format!(
                    "now is {}, the latest moment that an export tells of; say another with --at",
                    rfc3339(at)
                ));
            }
            start = Some(at);
            let written = live(&mut self, &jobs, &runs, &definitions, at);
            trailer = written.text;
            has.extend(written.has);
        } else if !jobs.0.is_empty() {
            let made = table(&jobs, &runs, &|job| definitions.reference(job));
            if !made.ids.is_empty() {
                start = Some(made.start);
                has.push(format!(
                    "{} from {} on",
                    counted(made.ids.len() as u64, "submission"),
                    rfc3339(made.start)
                ));
                self.tell(&made, &runs);
                trailer = "[workload]\ntrace = \"jobs.csv\"\n".to_owned();
                files.push(TwinFile {
                    name: "jobs.csv".to_owned(),
                    content: Content::Bytes(made.csv),
                });
            }
        }
        if !trailer.contains("[workload]")
            && !["now.running", "now.runnable", "workload.jobs"]
                .iter()
                .any(|list| trailer.contains(&format!("[[{list}]]")))
        {
            trailer.push_str(&self.made_up(&definitions));
            let jobs = match options.now {
                true => "no job is left that runs or waits",
                false => "no job is there to replay",
            };
            self.assumed.push(format!(
                "{jobs}: one is made up, to be replaced in scenario.toml"
            ));
        }
        if jobs.0.is_empty() {
            self.missing.push(
                "no job: export aws batch list-jobs and describe-jobs, or events of EventBridge"
                    .to_owned(),
            );
        }
        has.insert(
            0,
            format!(
                "{}, {}, {}",
                counted(self.queues.len() as u64, "job queue"),
                counted(self.environments.len() as u64, "compute environment"),
                counted(definitions.len() as u64, "job definition")
            ),
        );
        let model = self.model();
        let spot = self.spot(&mut files);
        if let Some((file, count)) = types {
            has.push(format!(
                "{} with the prices and sizes that were exported",
                counted(count as u64, "instance type")
            ));
            files.push(file);
        }
        self.notes();
        text.push_str(&self.head(options, &has));
        text.push_str(&format!("name = {}\n", quoted(&options.name)));
        if let Some(start) = start {
            text.push_str(&format!("start = \"{}\"\n", rfc3339(start)));
        }
        text.push_str(&format!("region = {}\n", quoted(&self.region)));
        if files.iter().any(|file| file.name == "types.toml") {
            text.push_str("instanceTypesFrom = \"types.toml\"\n");
        }
        text.push('\n');
        text.push_str(&model);
        text.push_str(&spot);
        text.push_str(&self.lists(&definitions));
        text.push_str(&trailer);
        files.insert(
            0,
            TwinFile {
                name: "scenario.toml".to_owned(),
                content: Content::Bytes(text.into_bytes()),
            },
        );
        Twin {
            files,
            assumed: self.assumed,
            missing: self.missing,
            has,
        }
    }

    /// A job where there is none, so that there is something to run.
    fn made_up(&self, definitions: &Definitions) -> String {
        let mut job = Map::new();
        let queue = self.queues.iter().next();
        job.insert("jobName".to_owned(), json!("made-up"));
        if let Some((name, queue)) = queue {
            job.insert("jobQueue".to_owned(), json!(name));
            if queue.contains_key("schedulingPolicyArn") {
                job.insert("shareIdentifier".to_owned(), json!("default"));
            }
        }
        match definitions.first() {
            Some(name) => _ = job.insert("jobDefinition".to_owned(), json!(name)),
            None => {
                job.insert("vcpus".to_owned(), json!(1));
                job.insert("memoryMiB".to_owned(), json!(1024));
            }
        }
        job.insert("run".to_owned(), json!("10m"));
        toml_table("workload.jobs", &job)
    }

    /// What the table of jobs had to leave out or make up.
    fn tell(&mut self, made: &Table, runs: &Runs) {
        for (rule, count) in &made.dropped {
            self.assumed.push(match *rule {
                "node" => format!(
                    "{} of multi-node jobs are parts of their jobs",
                    counted(*count, "node")
                ),
                "ended-by-hand-before-it-began" => format!(
                    "{} that somebody ended before they began are left out",
                    counted(*count, "job")
                ),
                _ => format!(
                    "{} that ended before they began are left out",
                    counted(*count, "job")
                ),
            });
        }
        let guess = match runs.is_empty() {
            true => "10 minutes, as nothing has run",
            false => "the median of what succeeded with the same definition",
        };
        for (rule, count) in &made.repaired {
            let jobs = counted(*count, "job");
            self.assumed.push(match *rule {
                "run-unknown-as-not-over" => format!("{jobs} not over when they were exported run for {guess}"),
                "run-unknown-as-it-never-ran" => format!("{jobs} that never ran would run for {guess}"),
                "run-unknown-as-timed-out" => format!("{} that timed out would have run twice as long as they may", counted(*count, "attempt")),
                "child-run-unknown" => format!("{} of arrays that were not exported run for {guess}", counted(*count, "child").replace("childs", "children")),
                "attempt-lost-with-its-host" => format!("{} lost with their hosts are not replayed: the twin's own Spot model takes instances back", counted(*count, "attempt")),
                "exit-code-unknown" => format!("{} that failed without an exit code have 1", counted(*count, "attempt")),
                "dependency-unknown" => format!("{} on jobs that were not exported are taken as fulfilled", counted(*count, "dependency").replace("dependencys", "dependencies")),
                "dependency-on-what-never-began" => format!("{} on jobs that never began are left out", counted(*count, "dependency").replace("dependencys", "dependencies")),
                "submitted-before-who-waits" => format!("{} said to be younger than what waits for them (as children of arrays are, without their parents) are submitted with it", counted(*count, "submission")),
                "vcpus-rounded-up" => format!("{jobs} that ask for a part of a vCPU ask for a whole one"),
                other => format!("{other}: {count}"),
            });
        }
    }

    /// `[model]`: what was measured; the rest is of the profile.
    fn model(&mut self) -> String {
        let mut text = "[model]\nprofile = \"typical\"\n".to_owned();
        let times = measured(self.exports);
        let mut known: Vec<&str> = Vec::new();
        for time in &times {
            let spread = format!(
                "median {} s of {} (10 % within {} s, 90 % within {} s)",
                seconds(time.quantile(50)),
                time.values.len(),
                seconds(time.quantile(10)),
                seconds(time.quantile(90))
            );
            match time.key {
                Some(key) => {
                    text.push_str(&comment(&format!("measured: {}: {spread}", time.what)));
                    text.push_str(&format!("{key} = \"{}s\"\n", seconds(time.quantile(50))));
                    known.push(key);
                }
                None => text.push_str(&comment(&format!(
                    "measured, and no key of the model: {}: {spread}",
                    time.what
                ))),
            }
        }
        let priors: Vec<&str> = [
            "launchTime",
            "spotLaunchTime",
            "bootTime",
            "containerStart",
            "dispatchTick",
            "dispatchRate",
            "scaleOutTick",
            "scaleInIdle",
        ]
        .into_iter()
        .filter(|key| !known.contains(key))
        .collect();
        let how = "batchcast assumptions lists them; batchcast backtest --calibrate finds some from your jobs";
        self.assumed.push(format!(
            "{} keep the values of profile typical, as no export tells them ({how})",
            priors.join(", ")
        ));
        text.push_str(&comment(&format!(
            "not to be seen from exports, of the profile: {}",
            priors.join(", ")
        )));
        text.push('\n');
        text
    }

    fn spot(&mut self, files: &mut Vec<TwinFile>) -> String {
        let is_spot = self.environments.values().any(|environment| {
            let kind = environment
                .get("computeResources")
                .and_then(|resources| resources.get("type"));
            kind.and_then(Value::as_str) == Some("SPOT")
        });
        if !is_spot {
            return String::new();
        }
        let mut text = "[spot]\n".to_owned();
        if self.exports.spot_files.is_empty() {
            self.assumed.push("Spot costs 30 % of On-Demand everywhere: export aws ec2 describe-spot-price-history".to_owned());
            text.push_str("model = \"discount\"\n");
            let zones: BTreeSet<&str> = self
                .exports
                .instances
                .values()
                .map(|one| one.zone.as_str())
                .filter(|zone| !zone.is_empty())
                .collect();
            let zones: Vec<String> = match zones.is_empty() {
                true => vec![quoted(&format!("{}a", self.region))],
                false => zones.into_iter().map(quoted).collect(),
            };
            text.push_str(&format!("zones = [{}]\n", zones.join(", ")));
        } else {
            let mut names = Vec::new();
            for (index, file) in self.exports.spot_files.iter().enumerate() {
                let end = if file.ends_with(".gz") {
                    "json.gz"
                } else {
                    "json"
                };
                let name = format!("spot-{}.{end}", index + 1);
                names.push(quoted(&name));
                files.push(TwinFile {
                    name,
                    content: Content::CopyOf(file.clone()),
                });
            }
            text.push_str(&format!(
                "model = \"history\"\nhistory = [{}]\n",
                names.join(", ")
            ));
        }
        self.assumed.push("EC2 takes no Spot instance back: set interruption and interruptionsPerHour in [spot], as no export tells how often it does".to_owned());
        text.push('\n');
        text
    }

    fn notes(&mut self) {
        if !self.left.is_empty() {
            let each: Vec<String> = self
                .left
                .iter()
                .map(|(name, count)| match count {
                    1 => name.clone(),
                    _ => format!("{name} ({count} times)"),
                })
                .collect();
            self.assumed
                .push(format!("not modelled, and left out: {}", each.join(", ")));
        }
        for file in &self.exports.cut {
            self.missing.push(format!("{file} ends before its last page (it has a next token): export it without --max-items"));
        }
        for file in &self.exports.passed_over {
            self.assumed.push(format!(
                "{file} holds nothing that is known here, and was passed over"
            ));
        }
    }

    fn head(&self, options: &TwinOptions, has: &[String]) -> String {
        let mut text = comment(&format!("The twin {}: {}.", options.name, has.join("; ")));
        text.push_str(&comment(
            "Made by `batchcast twin` of what these commands printed:",
        ));
        let mut counts: BTreeMap<super::Kind, u64> = BTreeMap::new();
        for (_, kind, count) in &self.exports.read {
            *counts.entry(*kind).or_default() += count;
        }
        for (kind, count) in counts {
            text.push_str(&comment(&format!("  {}: {count}", kind.command())));
        }
        text.push_str(&comment("\nAssumed:").replace("# \n", "#\n"));
        for sentence in &self.assumed {
            text.push_str(&comment(&format!("  - {sentence}")));
        }
        if !self.missing.is_empty() {
            text.push_str("#\n# Missing:\n");
            for sentence in &self.missing {
                text.push_str(&comment(&format!("  - {sentence}")));
            }
        }
        text.push('\n');
        text
    }

    /// Environments, policies, queues, resources and definitions.
    fn lists(&mut self, definitions: &Definitions) -> String {
        let mut text = String::new();
        for environment in self.environments.values() {
            text.push_str(&toml_table("computeEnvironments", environment));
            text.push('\n');
        }
        let shape = shape_of("schedulingPolicies");
        for value in self.exports.policies.values() {
            text.push_str(&toml_table(
                "schedulingPolicies",
                &heeded(shape, value, &mut BTreeMap::new()),
            ));
            text.push('\n');
        }
        for name in &self.policies {
            text.push_str(&format!(
                "[[schedulingPolicies]] # not exported\nname = {}\nfairsharePolicy = {{}}\n\n",
                quoted(name)
            ));
        }
        let shape = shape_of("consumableResources");
        let mut resources: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
        for (name, value) in &self.exports.resources {
            resources.insert(name.clone(), heeded(shape, value, &mut BTreeMap::new()));
        }
        for name in definitions.resources() {
            if !resources.contains_key(&name) {
                let much = json!({"consumableResourceName": name, "totalQuantity": 1_000_000});
                resources.insert(name.clone(), heeded(shape, &much, &mut BTreeMap::new()));
            }
        }
        for resource in resources.values() {
            text.push_str(&toml_table("consumableResources", resource));
            text.push('\n');
        }
        for queue in self.queues.values() {
            text.push_str(&toml_table("jobQueues", queue));
            text.push('\n');
        }
        text.push_str(&definitions.text());
        text
    }
}

/// A few of many names.
pub(super) fn some(names: &[String]) -> String {
    const SHOWN: usize = 8;
    let shown: Vec<&str> = names.iter().take(SHOWN).map(String::as_str).collect();
    let more = names.len().saturating_sub(SHOWN);
    match more {
        0 => shown.join(", "),
        _ => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Milliseconds from 1970 as a moment.
pub(super) fn rfc3339(ms: i64) -> String {
    let moment = jiff::Timestamp::from_millisecond(ms);
    moment.map_or_else(|_| ms.to_string(), |moment| moment.to_string())
}
