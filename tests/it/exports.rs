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

/// What reading `text` as an export says is wrong.
fn problems_of(text: &str) -> Vec<String> {
    let read = Exports::default().add(text.as_bytes(), "export");
    let problems = read.err().unwrap_or_default();
    problems.iter().map(ToString::to_string).collect()
}

#[test]
fn every_malformed_export_is_told_with_its_place() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/it/exports/malformed.txt"
    );
    let text = std::fs::read_to_string(path).unwrap();
    let (mut again, mut count) = (String::new(), 0);
    for block in text.split_terminator("\n\n") {
        let mut lines = block.trim_start().lines();
        let (title, input) = (lines.next().unwrap(), lines.next().unwrap());
        let found = problems_of(&input.replace("\\n", "\n"));
        assert!(!found.is_empty(), "{title}: nothing is wrong with {input}");
        let told: String = found
            .iter()
            .map(|problem| format!("= {problem}\n"))
            .collect();
        again.push_str(&format!("{title}\n{input}\n{told}\n"));
        count += 1;
    }
    assert!(count >= 50, "{count}");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, &again).unwrap();
        return;
    }
    for (one, other) in again.lines().zip(text.lines()) {
        assert_eq!(one, other);
    }
    assert_eq!(again, text);
}

fn exports_of(documents: &[String]) -> Exports {
    let mut exports = Exports::default();
    for (number, document) in documents.iter().enumerate() {
        let read = exports.add(document.as_bytes(), &format!("{number}.json"));
        read.unwrap_or_else(|problems| panic!("{problems:?}"));
    }
    exports
}

fn options(now: bool) -> TwinOptions {
    TwinOptions {
        name: "twin".to_owned(),
        now,
        ..TwinOptions::default()
    }
}

fn text_of<'t>(made: &'t Twin, name: &str) -> &'t str {
    let file = made.files.iter().find(|file| file.name == name);
    match file.map(|file| &file.content) {
        Some(Content::Bytes(bytes)) => std::str::from_utf8(bytes).unwrap(),
        _ => panic!("{name} is made"),
    }
}

const ENVIRONMENTS: &str = r#"{"computeEnvironments": [{"computeEnvironmentName": "ec2", "type": "MANAGED", "state": "ENABLED", "status": "VALID",
    "ecsClusterArn": "arn:aws:ecs:us-east-1:111122223333:cluster/AWSBatch-ec2-1", "computeEnvironmentArn": "arn:aws:batch:us-east-1:111122223333:compute-environment/ec2",
    "computeResources": {"type": "EC2", "maxvCpus": 16, "minvCpus": 0, "instanceTypes": ["m6i.xlarge"], "placementGroup": "pg", "notYetInvented": 7}}]}"#;
const QUEUES: &str = r#"{"jobQueues": [{"jobQueueName": "q", "priority": 1, "state": "ENABLED", "status": "VALID",
    "computeEnvironmentOrder": [{"order": 1, "computeEnvironment": "arn:aws:batch:us-east-1:111122223333:compute-environment/ec2"}]}]}"#;
const DEFINITIONS: &str = r#"{"jobDefinitions": [{"jobDefinitionName": "d", "revision": 9, "type": "container", "status": "INACTIVE",
    "containerProperties": {"image": "busybox", "resourceRequirements": [{"type": "VCPU", "value": "2"}, {"type": "MEMORY", "value": "2000"}]}}]}"#;

/// A job of queue q and definition d:9, submitted at nine.
fn job(id: &str, status: &str, more: Value) -> Value {
    let mut job = json!({"jobId": id, "jobName": "n", "jobQueue": format!("{ARN}job-queue/q"), "status": status,
        "jobDefinition": format!("{ARN}job-definition/d:9"), "createdAt": START,
        "container": {"resourceRequirements": [{"type": "VCPU", "value": "2"}, {"type": "MEMORY", "value": "2000"}]}});
    for (key, value) in more.as_object().unwrap() {
        job[key] = value.clone();
    }
    job
}

fn account_with(jobs: &[Value], more: &[&str]) -> Exports {
    let mut documents = vec![
        ENVIRONMENTS.to_owned(),
        QUEUES.to_owned(),
        DEFINITIONS.to_owned(),
    ];
    documents.push(json!({"jobs": jobs}).to_string());
    documents.extend(more.iter().map(|&text| text.to_owned()));
    exports_of(&documents)
}

#[test]
fn identifiers_times_and_attempts_stay_on_the_way_to_a_table_of_jobs() {
    let attempt = |from: u64, to: u64, code: Option<u8>, reason: &str| {
        let mut container = json!({});
        if let Some(code) = code {
            container["exitCode"] = json!(code);
        }
        json!({"startedAt": START + from, "stoppedAt": START + to, "statusReason": reason, "container": container})
    };
    let exited = "Essential container in task exited";
    let exports = account_with(
        &[
            job(
                "a-1",
                "SUCCEEDED",
                json!({"retryStrategy": {"attempts": 4}, "startedAt": START + 40_000, "stoppedAt": START + 45_678, "attempts": [
                attempt(1000, 3500, Some(3), exited), attempt(9000, 9500, None, "Host EC2 (instance i-08784105ffff56b4f) terminated."),
                attempt(40_000, 45_678, Some(0), exited)]}),
            ),
            job(
                "a-2",
                "FAILED",
                json!({"createdAt": START + 1500, "timeout": {"attemptDurationSeconds": 60}, "startedAt": START + 2000, "stoppedAt": START + 62_000,
                "attempts": [attempt(2000, 62_000, Some(137), "Job attempt duration exceeded timeout")]}),
            ),
            job(
                "a-3",
                "FAILED",
                json!({"createdAt": START + 2500, "isTerminated": true, "statusReason": "not needed"}),
            ),
            job(
                "a-4",
                "FAILED",
                json!({"createdAt": START + 2600, "statusReason": "Dependent Job failed", "dependsOn": [{"jobId": "a-2"}, {"jobId": "gone"}]}),
            ),
        ],
        &[],
    );
    let made = twin(&exports, &options(false)).unwrap();
    let lines: Vec<&str> = text_of(&made, "jobs.csv").lines().skip(1).collect();
    assert_eq!(
        lines,
        [
            "a-1,0,5.678,,,,n,q,d:1,,,4,,,,,,3@2.5;0@5.678",
            "a-2,1.5,120,,,,n,q,d:1,,,1,60,,,,,0@120",
            "a-4,2.6,5.678,,,,n,q,d:1,,,,,,,,a-2,",
        ]
    );
    let told = made.assumed.join("\n");
    for part in [
        "1 job that somebody ended before they began",
        "1 attempt lost with their hosts",
        "1 dependency on jobs that were not exported",
        "not modelled, and left out: notYetInvented, placementGroup",
        "revisions of job definitions are counted from 1 here, those that jobs name in order: d:9",
    ] {
        assert!(told.contains(part), "{part}\n{told}");
    }
    let loaded = load_twin(&made, &[]);
    assert_eq!(loaded.scenario.world.start_epoch_ms, START as i64);
    assert_eq!(loaded.scenario.workload.names, ["a-1", "a-2", "a-4"]);
}

#[test]
fn the_same_jobs_are_a_trace_and_a_history() {
    use batchcast::input::aws::{history, read};
    use batchcast::input::{TraceKind, TraceOptions, recognise};
    let run = |id: &str, at: u64| {
        job(
            id,
            "SUCCEEDED",
            json!({"createdAt": START + at, "startedAt": START + at + 5000, "stoppedAt": START + at + 65_000}),
        )
    };
    let text = json!({"jobs": [run("b", 1000), run("a", 0)]}).to_string();
    assert_eq!(recognise(text.as_bytes()), Some(TraceKind::Aws));
    let trace = read(text.as_bytes(), "jobs.json", &TraceOptions::default()).unwrap();
    let rows: Vec<(u64, u64, u32, u32)> = trace
        .workload
        .rows
        .iter()
        .map(|row| (row.submit.ms(), row.work.ms(), row.vcpus, row.memory))
        .collect();
    assert_eq!(rows, [(0, 60_000, 2, 2000), (1000, 60_000, 2, 2000)]);
    let measured = history(text.as_bytes(), "jobs.json").unwrap();
    let waits: Vec<u64> = measured
        .jobs
        .iter()
        .map(|job| job.wait().unwrap().ms())
        .collect();
    assert_eq!(
        (waits, measured.names),
        (vec![5000, 5000], vec!["a".to_owned(), "b".to_owned()])
    );
    assert!(
        read(
            "{\"jobQueues\": []}".as_bytes(),
            "x",
            &TraceOptions::default()
        )
        .is_err()
    );
}

#[test]
fn a_live_account_goes_on_where_it_is() {
    let machines = [
        r#"{"Reservations": [{"ReservationId": "r-1", "Instances": [{"InstanceId": "i-1", "InstanceType": "m6i.xlarge", "LaunchTime": "2026-01-05T08:50:00Z",
            "State": {"Name": "running"}, "Tags": [{"Key": "aws:autoscaling:groupName", "Value": "AWSBatch-ec2-asg-1"}]},
            {"InstanceId": "i-2", "InstanceType": "t3.micro", "LaunchTime": "2026-01-05T08:50:00Z"}]}]}"#,
        r#"{"containerInstances": [{"containerInstanceArn": "arn:aws:ecs:us-east-1:111122223333:container-instance/AWSBatch-ec2-1/aa", "ec2InstanceId": "i-1",
            "registeredAt": "2026-01-05T08:51:00Z"}]}"#,
        r#"{"batchcastExportedAt": "2026-01-05T09:10:00Z"}"#,
    ];
    let on = json!({"containerInstanceArn": "arn:aws:ecs:us-east-1:111122223333:container-instance/AWSBatch-ec2-1/aa",
        "resourceRequirements": [{"type": "VCPU", "value": "2"}, {"type": "MEMORY", "value": "2000"}]});
    let minutes = |count: u64| START + count * 60_000;
    let jobs = [
        job(
            "done",
            "SUCCEEDED",
            json!({"startedAt": START, "stoppedAt": minutes(8)}),
        ),
        job(
            "runs",
            "RUNNING",
            json!({"startedAt": minutes(5), "container": on}),
        ),
        job("lost", "RUNNING", json!({"startedAt": minutes(6)})),
        job("waits", "RUNNABLE", json!({})),
        job("array", "PENDING", json!({"arrayProperties": {"size": 3}})),
        job(
            "array:0",
            "RUNNABLE",
            json!({"arrayProperties": {"index": 0}}),
        ),
        job(
            "array:1",
            "RUNNABLE",
            json!({"arrayProperties": {"index": 1}}),
        ),
        job(
            "array:2",
            "RUNNING",
            json!({"arrayProperties": {"index": 2}, "startedAt": minutes(4), "container": on}),
        ),
        job(
            "last",
            "PENDING",
            json!({"dependsOn": [{"jobId": "array"}, {"jobId": "done"}]}),
        ),
    ];
    let made = twin(&account_with(&jobs, &machines), &options(true)).unwrap();
    let text = text_of(&made, "scenario.toml");
    for part in [
        "start = \"2026-01-05T09:10:00Z\"",
        "bootTime = \"60s\"",
        "jobName = \"runs\"",
        "ran = \"300s\"\nrun = \"480s\"",
        "ran = \"360s\"\nrun = \"480s\"",
        "arrayProperties = { size = 2 }",
        "dependsOn = [{ jobId = \"array\" }, { jobId = \"array-2\" }]",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(
        made.assumed
            .iter()
            .any(|one| one.starts_with("1 job that run on no instance")),
        "{:?}",
        made.assumed
    );
    let ended = play(&load_twin(&made, &ideal()));
    let end = |id: &str| ended[id].attempts.last().unwrap().ended;
    assert_eq!((end("runs"), end("array-2")), (180_000, 120_000));
    assert_eq!(
        ended["last"].attempts[0].placed,
        end("array:0").max(end("array:1")).max(end("array-2"))
    );
}

#[test]
fn what_is_missing_is_told_with_the_command_that_prints_it() {
    let no_queue = exports_of(&[ENVIRONMENTS.to_owned()]);
    let problems = twin(&no_queue, &options(false)).unwrap_err();
    assert!(
        problems[0].message.contains("describe-job-queues"),
        "{problems:?}"
    );
    let elsewhere = QUEUES.replace("compute-environment/ec2", "compute-environment/other");
    let problems = twin(
        &exports_of(&[ENVIRONMENTS.to_owned(), elsewhere]),
        &options(false),
    )
    .unwrap_err();
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert!(
        told.iter()
            .any(|one| one.contains("job queue q runs on other, which was not exported")),
        "{told:?}"
    );
    let strange = ENVIRONMENTS.replace("m6i.xlarge\"", "m6i.xlarge\", \"zz9.large\"");
    let cut = QUEUES.replacen('{', "{\"nextToken\": \"abc\", ", 1);
    let made = twin(&exports_of(&[strange, cut]), &options(false)).unwrap();
    let told = made.missing.join("\n");
    for part in [
        "instance type zz9.large of ec2 is unknown here",
        "1.json ends before its last page",
        "no job: export aws batch list-jobs",
    ] {
        assert!(told.contains(part), "{part}\n{told}");
    }
    load_twin(&made, &[]);
}

#[test]
fn an_offer_file_gives_prices_as_csv_and_as_json_and_as_products() {
    let attributes = json!({"instanceType": "zz9.large", "operatingSystem": "Linux", "preInstalledSw": "NA", "capacitystatus": "Used",
        "tenancy": "Shared", "regionCode": "eu-west-1", "vcpu": "2", "memory": "1,024 GiB"});
    let terms = json!({"A.J": {"priceDimensions": {"A.J.6": {"unit": "Hrs", "pricePerUnit": {"USD": "0.1234500000"}}}}});
    let mut windows = attributes.clone();
    windows["operatingSystem"] = json!("Windows");
    let list = format!(
        r#"{{"formatVersion": "v1.0", "offerCode": "AmazonEC2", "products": {{"A": {{"attributes": {attributes}}}, "B": {{"attributes": {windows}}}}},
        "terms": {{"Reserved": {{"A": {{}}}}, "OnDemand": {{"A": {terms}, "B": {terms}}}}}}}"#
    );
    let product =
        json!({"product": {"attributes": attributes}, "terms": {"OnDemand": terms}}).to_string();
    let table = "\"FormatVersion\",\"v1.0\"\n\"Disclaimer\",\"with, a comma\"\n\
        \"SKU\",\"TermType\",\"Unit\",\"PricePerUnit\",\"Currency\",\"Instance Type\",\"vCPU\",\"Memory\",\"Tenancy\",\"Operating System\",\"CapacityStatus\",\"Pre Installed S/W\",\"Region Code\"\n\
        \"A\",\"OnDemand\",\"Hrs\",\"0.1234500000\",\"USD\",\"zz9.large\",\"2\",\"1,024 GiB\",\"Shared\",\"Linux\",\"Used\",\"NA\",\"eu-west-1\"\n\
        \"B\",\"OnDemand\",\"Hrs\",\"0.0000000000\",\"USD\",\"zz9.large\",\"2\",\"1,024 GiB\",\"Dedicated\",\"Linux\",\"Used\",\"NA\",\"eu-west-1\"\n";
    for text in [
        list,
        json!({"PriceList": [product]}).to_string(),
        table.to_owned(),
    ] {
        let exports = exports_of(&[text]);
        assert_eq!(exports.prices.rows, 1, "{:?}", exports.read);
        let file = batchcast::input::aws::types_toml(&exports, "eu-west-1", None);
        let expected = "[[instanceTypes]]\ninstanceType = \"zz9.large\"\nvcpus = 2\nmemoryMiB = 1048576\npriceUsdPerHour = \"0.12345\"\n\n";
        assert_eq!(file.text, expected);
    }
}

#[test]
fn real_exports_are_read_whole() {
    let Some(data) = std::env::var_os("BATCHCAST_DATA") else {
        return;
    };
    let data = std::path::PathBuf::from(data);
    let mut exports = Exports::default();
    for name in [
        "catalog/describe-instance-types_2026-10-27.json.gz",
        "batch_jobs/awsdocs_job_state_change_event_2022-01-11.json",
        "spot/us-east-1_2021-03_2021-05/c5.large.json.gz",
    ] {
        let Ok(file) = std::fs::File::open(data.join(name)) else {
            continue;
        };
        exports
            .add(file, name)
            .unwrap_or_else(|problems| panic!("{name}: {problems:?}"));
    }
    assert_eq!(exports.types.len(), 1395);
    let event = &exports.jobs.0["4c7599ae-0a82-49aa-ba5a-4727fcce14a8"];
    assert_eq!(
        (event.memory, event.seen.len(), event.attempts_max()),
        (Some(256), 1, 2)
    );
    // The built-in catalogue has the size of every type that it knows and AWS tells.
    let file = batchcast::input::aws::types_toml(&exports, "us-east-1", None);
    assert_eq!(file.text, "");
}

#[test]
fn the_scenario_of_a_twin_is_what_its_exports_make() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/28-twin");
    let mut paths: Vec<_> = std::fs::read_dir(folder.join("exports"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let mut exports = Exports::default();
    for path in paths {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let file = std::fs::File::open(&path).unwrap();
        exports.add(file, &name).unwrap();
    }
    let asked = TwinOptions {
        name: "28-twin".to_owned(),
        ..TwinOptions::default()
    };
    let made = twin(&exports, &asked).unwrap();
    for name in ["scenario.toml", "jobs.csv"] {
        let stands = std::fs::read_to_string(folder.join(name)).unwrap();
        assert_eq!(text_of(&made, name), stands, "{name}");
    }
}

#[test]
fn the_script_that_exports_names_every_command_that_is_read() {
    let script = batchcast::input::aws::commands("eu-west-1'; rm x");
    assert!(script.contains("region=\"${AWS_REGION:-eu-west-1rmx}\""));
    for command in [
        "batch describe-compute-environments",
        "batch describe-job-queues",
        "batch describe-job-definitions",
        "batch describe-scheduling-policies",
        "batch list-consumable-resources",
        "batch list-jobs",
        "batch describe-jobs",
        "batch get-job-queue-snapshot",
        "ec2 describe-instances",
        "ec2 describe-instance-types",
        "ec2 describe-spot-price-history",
        "ecs describe-tasks",
        "ecs describe-container-instances",
        "autoscaling describe-scaling-activities",
        "pricing get-products",
        "logs filter-log-events",
        "batchcastExportedAt",
    ] {
        assert!(script.contains(command), "{command}");
    }
}
