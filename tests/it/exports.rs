//! Exports of an account: a run of ours, told as AWS would print it, becomes a twin whose jobs start when they did; and what exports say
//! is kept on the way through a trace and a table of jobs.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use batchcast::input::aws::{Content, Exports, Twin, TwinOptions, twin};
use batchcast::input::scenario::{Files, Loaded, NoFiles, load};
use batchcast::model::Workload;
use batchcast::sim::{AttemptRecord, JobRecord, Observer, Simulation};
use batchcast::units::RowId;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

/// The moment of the first submission: 2026-01-05T09:00:00Z.
const START: u64 = 1_767_603_600_000;
const ARN: &str = "arn:aws:batch:us-east-1:111122223333:";

/// An attempt as it went, in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Went {
    placed: u64,
    started: Option<u64>,
    ended: u64,
    exit_code: Option<u8>,
    reason: String,
    container_reason: &'static str,
}

/// A job as it ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Ended {
    status: String,
    reason: String,
    attempts: Vec<Went>,
}

struct Seen<'w> {
    workload: &'w Workload,
    jobs: BTreeMap<String, Ended>,
}

impl Seen<'_> {
    fn job(&mut self, row: RowId, child: Option<u32>) -> &mut Ended {
        let mut name = Vec::new();
        self.workload.write_job_id(row, child, 0, &mut name);
        let name = String::from_utf8(name).unwrap();
        self.jobs.entry(name).or_default()
    }
}

impl Observer for Seen<'_> {
    fn attempt_ended(&mut self, attempt: &AttemptRecord<'_>) {
        let went = Went {
            placed: attempt.placed.ms(),
            started: attempt.started.map(|at| at.ms()),
            ended: attempt.ended.ms(),
            exit_code: attempt.exit_code,
            reason: attempt.reason.to_string(),
            container_reason: attempt.container_reason,
        };
        let job = self.job(attempt.row, attempt.array_index);
        job.attempts.push(went);
    }
    fn job_ended(&mut self, job: &JobRecord<'_>) {
        let (status, reason) = (job.status.name().to_owned(), job.reason.to_string());
        let known = self.job(job.row, job.array_index);
        (known.status, known.reason) = (status, reason);
    }
    fn job_unfinished(&mut self, job: &JobRecord<'_>, why: &str) {
        panic!("job {:?} was left over: {why}", job.row);
    }
    fn rejected(&mut self, _: batchcast::units::SimTime, row: Option<RowId>, reason: &str) {
        panic!("{row:?} was rejected: {reason}");
    }
}

fn play(loaded: &Loaded) -> BTreeMap<String, Ended> {
    let seen = Seen {
        workload: &loaded.scenario.workload,
        jobs: BTreeMap::new(),
    };
    let run = Simulation::new(&loaded.scenario, loaded.seed, seen).run();
    run.observer.jobs
}

/// Files that are a twin's.
struct Made<'t>(&'t Twin);

impl Files for Made<'_> {
    fn open(&self, path: &str) -> Result<Box<dyn Read>, String> {
        let file = self.0.files.iter().find(|file| file.name == path);
        match file.map(|file| &file.content) {
            Some(Content::Bytes(bytes)) => Ok(Box::new(Cursor::new(bytes.clone()))),
            _ => Err("not there".to_owned()),
        }
    }
}

fn load_twin(made: &Twin, overrides: &[(String, String)]) -> Loaded {
    let Content::Bytes(text) = &made.files[0].content else {
        panic!("the scenario is made");
    };
    match load("scenario.toml", text, overrides, None, &Made(made)) {
        Ok(loaded) => loaded,
        Err(problems) => {
            let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
            panic!("{}\n{}", problems.join("\n"), String::from_utf8_lossy(text));
        }
    }
}

fn ideal() -> Vec<(String, String)> {
    vec![("model.profile".to_owned(), "ideal".to_owned())]
}

/// An account and its jobs, made up: a scenario (jobs are called by their identifiers), and the same as AWS would print it, but for what
/// became of the jobs.
struct Account {
    scenario: Value,
    exports: Vec<Value>,
    jobs: Vec<Value>,
}

fn account(seed: u64) -> Account {
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let mut draw = |least: u64, most: u64| chance.random_range(least..=most);
    let mut environments = Vec::new();
    for name in ["first", "second"] {
        let types = [["c6i.xlarge", "m6i.large"], ["c6i.2xlarge", "r6i.large"]];
        let strategy = ["BEST_FIT_PROGRESSIVE", "BEST_FIT"][draw(0, 1) as usize];
        environments.push(json!({
            "computeEnvironmentName": name, "type": "MANAGED", "state": "ENABLED",
            "computeResources": {"type": "EC2", "allocationStrategy": strategy, "minvCpus": 0,
                "maxvCpus": draw(8, 24), "instanceTypes": types[draw(0, 1) as usize]},
        }));
    }
    let policy = json!({"name": "shares", "fairsharePolicy": {"shareDecaySeconds": 600, "computeReservation": 0,
        "shareDistribution": [{"shareIdentifier": "lab", "weightFactor": 0.5}]}});
    let order = |names: &[&str]| -> Value {
        let entries = names.iter().enumerate();
        entries
            .map(|(at, name)| json!({"order": at + 1, "computeEnvironment": name}))
            .collect()
    };
    let queues = vec![
        json!({"jobQueueName": "plain", "state": "ENABLED", "priority": draw(1, 3), "computeEnvironmentOrder": order(&["first", "second"])}),
        json!({"jobQueueName": "shared", "state": "ENABLED", "priority": 2, "schedulingPolicyArn": "shares",
            "computeEnvironmentOrder": order(&["second"])}),
    ];
    let mut definitions = Vec::new();
    for name in ["small", "large"] {
        for revision in 1..=draw(1, 3) {
            let mut definition = json!({
                "jobDefinitionName": name, "type": "container", "revision": revision,
                "containerProperties": {"image": "busybox", "resourceRequirements": [
                    {"type": "VCPU", "value": draw(1, 2).to_string()}, {"type": "MEMORY", "value": (draw(1, 4) * 500).to_string()}]},
                "retryStrategy": {"attempts": draw(1, 3)},
            });
            if draw(0, 2) == 0 {
                definition["timeout"] = json!({"attemptDurationSeconds": 60 + 20 * draw(0, 3)});
            }
            definitions.push(definition);
        }
    }
    let mut jobs: Vec<Value> = Vec::new();
    let mut told: Vec<Value> = Vec::new();
    let mut at = 0;
    for number in 0..draw(4, 24) {
        at += 20 * draw(0, 3);
        let at = if number == 0 { 0 } else { at };
        let id = format!("4c7599ae-0a82-49aa-ba5a-{number:012}");
        let definition = definitions[draw(0, definitions.len() as u64 - 1) as usize].clone();
        let full = format!(
            "{}:{}",
            definition["jobDefinitionName"].as_str().unwrap(),
            definition["revision"]
        );
        let is_shared = draw(0, 1) == 1;
        let queue = if is_shared { "shared" } else { "plain" };
        let mut job = json!({"jobName": id, "jobQueue": queue, "jobDefinition": full, "at": format!("{at}s")});
        let mut detail = json!({"jobId": id, "jobName": "job", "jobQueue": format!("{ARN}job-queue/{queue}"),
            "jobDefinition": format!("{ARN}job-definition/{full}"), "createdAt": START + 1000 * at,
            "retryStrategy": definition["retryStrategy"], "container": {"resourceRequirements": definition["containerProperties"]["resourceRequirements"]}});
        if !definition["timeout"].is_null() {
            detail["timeout"] = definition["timeout"].clone();
        }
        if is_shared {
            let share = ["lab", "clinic"][draw(0, 1) as usize];
            job["shareIdentifier"] = json!(share);
            detail["shareIdentifier"] = json!(share);
            if draw(0, 1) == 1 {
                let priority = draw(1, 3);
                job["schedulingPriorityOverride"] = json!(priority);
                detail["schedulingPriority"] = json!(priority);
            }
        }
        if draw(0, 3) == 0 {
            let attempts = json!({"attempts": draw(1, 4)});
            job["retryStrategy"] = attempts.clone();
            detail["retryStrategy"] = attempts;
        }
        if draw(0, 4) == 0 {
            let timeout = json!({"attemptDurationSeconds": 60 + 20 * draw(0, 3)});
            job["timeout"] = timeout.clone();
            detail["timeout"] = timeout;
        }
        if draw(0, 4) == 0 {
            let asks = json!([{"type": "VCPU", "value": draw(1, 3).to_string()}, {"type": "MEMORY", "value": "700"}]);
            job["containerOverrides"] = json!({"resourceRequirements": asks});
            detail["container"]["resourceRequirements"] = asks;
        }
        job["run"] = json!(format!("{}s", 20 * draw(1, 8)));
        let size = if draw(0, 2) == 0 { draw(2, 4) } else { 0 };
        if size > 0 {
            job["arrayProperties"] = json!({"size": size});
            detail["arrayProperties"] = json!({"size": size, "statusSummary": {"SUCCEEDED": size}});
            let runs: Vec<String> = (0..size).map(|_| format!("{}s", 20 * draw(1, 8))).collect();
            job["childRuns"] = json!(runs);
        } else if draw(0, 3) == 0 {
            let fates = [
                &["3@20s", "0@60s"][..],
                &["nostart", "0@40s"],
                &["oom@20s"],
                &["1@20s", "2@40s", "0@20s"],
            ];
            job["fates"] = json!(fates[draw(0, 3) as usize]);
        }
        let mut needs = Vec::new();
        if number > 0 && draw(0, 2) == 0 {
            let other = &told[draw(0, number - 1) as usize];
            let same = size > 0 && other["arrayProperties"]["size"] == json!(size);
            needs.push(match same {
                true => json!({"jobId": other["jobId"], "type": "N_TO_N"}),
                false => json!({"jobId": other["jobId"]}),
            });
        }
        if size > 0 && draw(0, 3) == 0 {
            needs.push(json!({"type": "SEQUENTIAL"}));
        }
        job["dependsOn"] = json!(needs);
        detail["dependsOn"] = json!(needs);
        jobs.push(job);
        told.push(detail);
    }
    let scenario = json!({"computeEnvironments": environments, "jobQueues": queues, "schedulingPolicies": [policy],
        "jobDefinitions": definitions, "workload": {"jobs": jobs}, "model": {"profile": "ideal"}, "start": "2026-01-05T09:00:00Z"});
    Account {
        scenario,
        exports: vec![
            json!({"computeEnvironments": environments}),
            json!({"jobQueues": queues}),
            json!({"schedulingPolicies": [policy]}),
            json!({"jobDefinitions": definitions}),
        ],
        jobs: told,
    }
}

/// `detail` with what became of a job.
fn with_end(mut detail: Value, ended: &Ended) -> Value {
    let moment = |ms: u64| json!(START + ms);
    detail["status"] = json!(ended.status);
    detail["statusReason"] = json!(ended.reason);
    let attempts = ended.attempts.iter().map(|attempt| {
        let mut container = json!({"taskArn": "arn:aws:ecs:us-east-1:111122223333:task/a/b"});
        if let Some(code) = attempt.exit_code {
            container["exitCode"] = json!(code);
        }
        if !attempt.container_reason.is_empty() {
            container["reason"] = json!(attempt.container_reason);
        }
        let mut told = json!({"container": container, "statusReason": attempt.reason, "stoppedAt": moment(attempt.ended)});
        if let Some(started) = attempt.started {
            told["startedAt"] = moment(started);
        }
        told
    });
    detail["attempts"] = attempts.collect();
    if let Some(last) = ended.attempts.last() {
        detail["stoppedAt"] = moment(last.ended);
        if let Some(started) = last.started {
            detail["startedAt"] = moment(started);
        }
    }
    detail
}

/// What AWS would print of an account after a run of it.
fn printed(account: &Account, ended: &BTreeMap<String, Ended>) -> Vec<Value> {
    let mut list = Vec::new();
    for detail in &account.jobs {
        let id = detail["jobId"].as_str().unwrap();
        let Some(size) = detail["arrayProperties"]["size"].as_u64() else {
            list.push(with_end(detail.clone(), &ended[id]));
            continue;
        };
        let mut parent = detail.clone();
        parent["status"] = json!("SUCCEEDED");
        list.push(parent);
        for index in 0..size {
            let child = format!("{id}:{index}");
            let mut detail = detail.clone();
            detail["jobId"] = json!(child);
            detail["arrayProperties"] = json!({"index": index, "statusSummary": {}});
            list.push(with_end(detail, &ended[&child]));
        }
    }
    let mut all = account.exports.clone();
    all.push(json!({"jobs": list}));
    all
}

#[test]
fn the_twin_of_a_run_of_ours_starts_every_attempt_when_it_did() {
    let (mut attempts, mut arrays, mut failed) = (0, 0, 0);
    for seed in 0..150 {
        let account = account(seed);
        let text = account.scenario.to_string();
        let loaded = load("account.json", text.as_bytes(), &[], None, &NoFiles);
        let loaded = loaded.unwrap_or_else(|problems| panic!("{seed}: {problems:?}"));
        let before = play(&loaded);
        let mut exports = Exports::default();
        for (number, document) in printed(&account, &before).iter().enumerate() {
            let bytes = document.to_string();
            exports
                .add(bytes.as_bytes(), &format!("{number}.json"))
                .unwrap();
        }
        let options = TwinOptions {
            name: "twin".to_owned(),
            ..TwinOptions::default()
        };
        let made = twin(&exports, &options).unwrap();
        let after = play(&load_twin(&made, &ideal()));
        for (id, job) in &before {
            let again = &after[id];
            assert_eq!(
                again,
                job,
                "world {seed}, job {id}\n{}",
                match &made.files[1].content {
                    Content::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
                    Content::CopyOf(_) => String::new(),
                }
            );
            attempts += job.attempts.len();
            arrays += usize::from(id.ends_with(":0"));
            failed += usize::from(job.status == "FAILED");
        }
        assert_eq!(before.len(), after.len());
    }
    assert!(
        attempts > 2000 && arrays > 200 && failed > 200,
        "{attempts} {arrays} {failed}"
    );
}
