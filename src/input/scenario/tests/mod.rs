//! Scenarios that read, scenarios that do not, and what is said of them.

mod billing;
mod fargate;
mod malformed;
mod managed;
mod spot;
mod types;

use std::io::Read;

use super::*;
use crate::model::{ConsumableUpdate, DependencyKind, FateKind, Knob, Loop, Row, RuleEvent, Timed};
use crate::units::{NO_LIMIT_MIB, PricePerHour, Ratio, Shape as Ask, SimTime, Span};

/// A queue on a pool of two machines, and a definition: what most tests add to.
const BASE: &str = r#"
name = "base"

[[computeEnvironments]]
computeEnvironmentName = "pool"
type = "UNMANAGED"
instances = [{ instanceType = "c6i.4xlarge", count = 2 }]

[[jobQueues]]
jobQueueName = "main"
priority = 10
computeEnvironmentOrder = [{ order = 1, computeEnvironment = "pool" }]

[[jobDefinitions]]
jobDefinitionName = "sim"
type = "container"
  [jobDefinitions.containerProperties]
  resourceRequirements = [{ type = "VCPU", value = "4" }, { type = "MEMORY", value = "8192" }]
"#;

/// A job that most tests of other things need, as a scenario without jobs is refused.
const JOB: &str = r#"
[[workload.jobs]]
jobName = "one"
jobQueue = "main"
jobDefinition = "sim"
run = "10m"
"#;

fn read(text: &str) -> Loaded {
    match load("test.toml", text.as_bytes(), &[], None, &NoFiles) {
        Ok(loaded) => {
            crate::input::check_workload(&loaded.scenario.workload).unwrap();
            loaded
        }
        Err(problems) => panic!("{}", lines(&problems).join("\n")),
    }
}

fn lines(problems: &[Problem]) -> Vec<String> {
    problems.iter().map(Problem::to_string).collect()
}

/// The problems of a scenario, one a line.
fn problems_of(text: &str) -> Vec<String> {
    match load("test.toml", text.as_bytes(), &[], None, &NoFiles) {
        Ok(_) => Vec::new(),
        Err(problems) => lines(&problems),
    }
}

fn base(more: &str) -> Loaded {
    read(&format!("{BASE}{JOB}{more}"))
}

#[test]
fn a_small_scenario_becomes_requests_in_the_order_that_aws_needs() {
    let loaded = base("");
    let actions: Vec<&str> = loaded
        .scenario
        .commands
        .iter()
        .map(|timed| timed.command.action())
        .collect();
    assert_eq!(
        actions,
        [
            "RegisterJobDefinition",
            "CreateComputeEnvironment",
            "CreateJobQueue"
        ]
    );
    assert_eq!(loaded.seed, 1);
    assert_eq!(loaded.scenario.name, "base");
    assert_eq!(loaded.scenario.workload.rows.len(), 1);
    let row = loaded.scenario.workload.rows[0];
    assert_eq!(row.work, Span::from_s(600));
    assert_eq!(row.vcpus, 0);
}

#[test]
fn the_same_scenario_in_toml_and_in_json_is_the_same() {
    let toml = format!("{BASE}{JOB}{FULL}");
    let tree: toml::Table = toml.parse().unwrap();
    let json = serde_json::to_vec(&tree).unwrap();
    let of_toml = read(&toml);
    let of_json = match load("test.json", &json, &[], None, &NoFiles) {
        Ok(loaded) => loaded,
        Err(problems) => panic!("{}", lines(&problems).join("\n")),
    };
    assert_eq!(
        format!("{:?}", of_toml.scenario),
        format!("{:?}", of_json.scenario)
    );
    assert_eq!(of_toml.effective, of_json.effective);
    assert_eq!(of_toml.ignored, of_json.ignored);
}

#[test]
fn the_effective_scenario_is_a_scenario_that_reads_as_the_same() {
    let first = read(&format!("{BASE}{JOB}{FULL}"));
    let bytes = serde_json::to_vec(&first.effective).unwrap();
    let again = match load("effective.json", &bytes, &[], None, &NoFiles) {
        Ok(loaded) => loaded,
        Err(problems) => panic!("{}", lines(&problems).join("\n")),
    };
    let story = |loaded: &Loaded| {
        let scenario = &loaded.scenario;
        format!(
            "{:?} {:?} {:?}",
            scenario.commands, scenario.workload, scenario.rules
        )
    };
    assert_eq!(story(&first), story(&again));
    assert_eq!(first.effective, again.effective);
}

/// One of everything.
const FULL: &str = r#"
[[jobDefinitions]]
jobDefinitionName = "sim"
speed = 2
schedulingPriority = 5
timeout = { attemptDurationSeconds = 3600 }
retryStrategy = { attempts = 3, evaluateOnExit = [
  { onStatusReason = "Host EC2*", action = "retry" },
  { onReason = "*", action = "EXIT" },
] }
consumableResourceProperties = { consumableResourceList = [
  { consumableResource = "arn:aws:batch:us-east-1:123456789012:consumable-resource/licence", quantity = 2 },
] }
  [jobDefinitions.ecsProperties]
  taskProperties = [{ containers = [
    { image = "a", resourceRequirements = [{ type = "VCPU", value = "1" }, { type = "MEMORY", value = "1000" }] },
    { image = "b", resourceRequirements = [{ type = "VCPU", value = "2" }, { type = "MEMORY", value = "500" }, { type = "GPU", value = "1" }] },
  ] }]

[[jobDefinitions]]
jobDefinitionName = "pod"
type = "container"
eksProperties = { podProperties = { containers = [
  { image = "a", resources = { requests = { cpu = "500m" }, limits = { cpu = "4", memory = "2048Mi" } } },
  { image = "b", resources = { limits = { cpu = "0.75", memory = "1Gi" } } },
] } }

[[jobDefinitions]]
jobDefinitionName = "mpi"
type = "multinode"
  [jobDefinitions.nodeProperties]
  numNodes = 4
  mainNode = 0
  nodeRangeProperties = [
    { targetNodes = "0:", container = { vcpus = 2, memory = 2000, instanceType = "c6i.4xlarge" } },
    { targetNodes = "2:3", container = { resourceRequirements = [{ type = "VCPU", value = "8" }, { type = "MEMORY", value = "4000" }] } },
  ]

[[schedulingPolicies]]
name = "fair"
fairsharePolicy = { shareDecaySeconds = 1200, computeReservation = 10, shareDistribution = [
  { shareIdentifier = "blue", weightFactor = 0.5 }, { shareIdentifier = "red*" },
] }

[[consumableResources]]
consumableResourceName = "licence"
totalQuantity = 7

[[instanceTypes]]
instanceType = "box"
vcpus = 8
memoryMiB = "unlimited"
priceUsdPerHour = "0.25"

[[computeEnvironments]]
computeEnvironmentName = "boxes"
type = "UNMANAGED"
unmanagedvCpus = 64
billing = "per-hour"
instances = [{ instanceType = "box", count = 3, launchAt = "1m", terminateAt = "2h" }]
serviceRole = "arn:aws:iam::123456789012:role/batch"
tags = { team = "a" }

[[jobQueues]]
jobQueueName = "shared"
priority = 1
state = "ENABLED"
schedulingPolicyArn = "arn:aws:batch:us-east-1:123456789012:scheduling-policy/fair"
dispatch = "lookahead:10"
jobOrder = "sjf"
computeEnvironmentOrder = [
  { order = 2, computeEnvironment = "pool" },
  { order = 1, computeEnvironment = "arn:aws:batch:us-east-1:123456789012:compute-environment/boxes" },
]
jobStateTimeLimitActions = [
  { reason = "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT", state = "RUNNABLE", maxTimeSeconds = 600, action = "CANCEL" },
]

[[workload.jobs]]
jobName = "last"
jobQueue = "main"
jobDefinition = "sim:1"
run = 30
dependsOn = [{ jobId = "many:3" }, { jobId = "one" }]

[[workload.jobs]]
jobName = "many"
jobQueue = "arn:aws:batch:us-east-1:123456789012:job-queue/shared"
jobDefinition = "arn:aws:batch:us-east-1:123456789012:job-definition/sim:2"
shareIdentifier = "blue"
arrayProperties = { size = 4 }
childRuns = ["1m", "2m", "3m", "4m"]
dependsOn = [{ type = "SEQUENTIAL" }]
fates = ["137@30s", "oom@10s", "nostart", "0@1m"]
peakMemoryMiB = 600
failure = { probability = 0.25, midway = true }
containerOverrides = { resourceRequirements = [{ type = "VCPU", value = "2" }], command = ["x"] }

[[workload.jobs]]
jobName = "tick"
at = "5m"
jobQueue = "main"
vcpus = 1
run = "1m"
estimate = "2m"
repeat = { every = "1h", count = 3 }

[[workload.jobs]]
jobName = "tock"
jobQueue = "main"
vcpus = 1
memoryMiB = 100
run = "1m"
repeat = { every = "1h", count = 3 }
after = ["tick"]
think = "5s"
poll = "30s"

[[workload.jobs]]
jobName = "gang"
jobQueue = "main"
jobDefinition = "mpi"
nodeOverrides = { numNodes = 6 }
run = "1m"

[[events]]
at = "2h"
action = "UpdateComputeEnvironment"
computeEnvironment = "pool"
state = "DISABLED"
unmanagedvCpus = 16
status = "INVALID"

[[events]]
at = "1h"
action = "UpdateConsumableResource"
consumableResource = "licence"
operation = "ADD"
quantity = 3

[[events]]
at = "1h"
action = "RunInstances"
computeEnvironment = "pool"
instanceType = "c6i.large"

[[rules]]
on = "FAILED"
jobQueue = "main"
onExitCode = "137"
memoryFactor = 1.5
toJobQueue = "main"
after = "10s"
maxTimes = 2

[model]
profile = "fast"
containerStart = "4s"
shareHeadBlocks = false
poolPricePerVcpuHour = 0.05
"#;

#[test]
fn everything_a_scenario_may_say_arrives_in_the_model() {
    let loaded = read(&format!("{BASE}{JOB}{FULL}"));
    let scenario = &loaded.scenario;
    let definitions: Vec<_> = scenario
        .commands
        .iter()
        .filter_map(|timed| match &timed.command {
            Command::RegisterJobDefinition(definition) => Some(definition),
            _ => None,
        })
        .collect();
    let shapes: Vec<_> = definitions
        .iter()
        .map(|definition| (definition.name.as_str(), definition.shape))
        .collect();
    assert_eq!(
        shapes,
        [
            ("sim", Ask::new(4, 8192, 0)),
            ("sim", Ask::new(3, 1500, 1)),
            ("pod", Ask::new(2, 3072, 0)),
            ("mpi", Ask::default()),
        ]
    );
    let second = definitions[1];
    assert_eq!(second.retry.attempts, 3);
    assert_eq!(second.retry.evaluate_on_exit.len(), 2);
    assert_eq!(second.timeout, Some(Span::from_s(3600)));
    assert_eq!(second.consumables[0].resource, "licence");
    assert_eq!(second.speed, Ratio::from_f64(2.0).unwrap());
    let nodes = definitions[3].nodes.as_ref().unwrap();
    assert_eq!(nodes.group_of(1).unwrap().shape, Ask::new(2, 2000, 0));
    assert_eq!(nodes.group_of(3).unwrap().shape, Ask::new(8, 4000, 0));

    let workload = &scenario.workload;
    let names: Vec<&str> = workload
        .rows
        .iter()
        .map(|row| workload.names[(row.source - Row::NAMED) as usize].as_str())
        .collect();
    assert_eq!(
        names,
        [
            "one", "many", "last", "gang", "tick/0", "tock/0", "tick/1", "tock/1", "tick/2",
            "tock/2"
        ]
    );
    assert_eq!(workload.closed_loop, Loop::Closed);
    let many = &workload.rows[1];
    assert_eq!((many.vcpus, many.memory, many.gpus), (2, 0, 1));
    let extra = workload.extra(many).unwrap();
    assert!(extra.sequential);
    assert_eq!(extra.array, 4);
    assert_eq!(extra.peak_memory, 600);
    assert_eq!(
        workload.child_work[extra.child_work.start as usize + 3],
        Span::from_s(240)
    );
    let fates = &workload.fates[extra.fates.start as usize..extra.fates.end as usize];
    assert_eq!(fates[0].exit_code, 137);
    assert_eq!(fates[1].kind, FateKind::OutOfMemory);
    assert_eq!(fates[2].kind, FateKind::FailedToStart);
    let template = &workload.templates[many.template as usize];
    assert_eq!(template.job_queue, "shared");
    assert_eq!(template.job_definition.as_deref(), Some("sim:2"));
    assert_eq!(
        template.failure.unwrap().probability,
        Ratio::from_parts(250_000)
    );
    let last = workload.extra(&workload.rows[2]).unwrap();
    let on =
        &workload.dependencies[last.dependencies.start as usize..last.dependencies.end as usize];
    assert_eq!((on[0].on.0, on[0].kind), (1, DependencyKind::Child(3)));
    assert_eq!((on[1].on.0, on[1].kind), (0, DependencyKind::Whole));
    let tock = workload.extra(&workload.rows[9]).unwrap();
    assert_eq!(workload.anchors[tock.anchors.start as usize].after.0, 8);
    assert_eq!((tock.think, tock.poll), (Span::from_s(5), Span::from_s(30)));

    let Timed { at, command } = &scenario.commands[scenario.commands.len() - 3];
    assert_eq!(*at, SimTime::from_s(3600));
    assert_eq!(
        *command,
        Command::UpdateConsumableResource {
            consumable_resource: "licence".to_owned(),
            update: ConsumableUpdate::Add(3),
        }
    );
    let queue = scenario
        .commands
        .iter()
        .find_map(|timed| match &timed.command {
            Command::CreateJobQueue(queue) if queue.name == "shared" => Some(queue),
            _ => None,
        });
    let queue = queue.unwrap();
    assert_eq!(queue.environments, ["boxes", "pool"]);
    assert_eq!(queue.scheduling_policy.as_deref(), Some("fair"));
    assert_eq!(scenario.rules[0].on, RuleEvent::JobFailed);
    assert_eq!(
        scenario.rules[0].action.memory_factor,
        Ratio::from_parts(1_500_000)
    );
    let settings = &scenario.world.settings;
    assert_eq!(settings.span(Knob::ContainerStart), Span::from_s(4));
    assert!(settings.is_changed(Knob::ContainerStart));
    assert!(!settings.is_changed(Knob::DispatchTick));
    assert_eq!(
        settings.price(Knob::PoolPricePerVcpuHour),
        PricePerHour::parse("0.05").unwrap()
    );
    let catalogue = &scenario.world.catalogue;
    let own = catalogue.get(catalogue.find("box").unwrap());
    assert_eq!(own.nominal, Ask::new(8, NO_LIMIT_MIB, 0));
    assert_eq!(own.source, "scenario");
    assert_eq!(
        loaded.ignored,
        [
            "/computeEnvironments/*/serviceRole",
            "/computeEnvironments/*/tags",
            "/jobDefinitions/*/eksProperties/podProperties/containers/*/image",
            "/workload/jobs/*/containerOverrides/command",
        ]
    );
}

#[test]
fn what_describe_prints_can_be_pasted() {
    let text = r#"{
      "computeEnvironments": [{
        "computeEnvironmentName": "own", "computeEnvironmentArn": "arn:aws:batch:us-east-1:123456789012:compute-environment/own",
        "ecsClusterArn": "arn:aws:ecs:us-east-1:123456789012:cluster/own_Batch", "tags": {}, "type": "UNMANAGED",
        "state": "ENABLED", "status": "VALID", "statusReason": "ComputeEnvironment Healthy", "serviceRole": "r",
        "containerOrchestrationType": "ECS", "uuid": "u", "instances": [{ "instanceType": "m5.large" }]
      }],
      "jobQueues": [{
        "jobQueueName": "q", "jobQueueArn": "arn:aws:batch:us-east-1:123456789012:job-queue/q", "state": "ENABLED",
        "status": "VALID", "statusReason": "JobQueue Healthy", "priority": 1, "tags": {}, "jobStateTimeLimitActions": [],
        "computeEnvironmentOrder": [{ "order": 1,
          "computeEnvironment": "arn:aws:batch:us-east-1:123456789012:compute-environment/own" }]
      }],
      "jobDefinitions": [{
        "jobDefinitionName": "d", "jobDefinitionArn": "arn:aws:batch:us-east-1:123456789012:job-definition/d:1",
        "revision": 1, "status": "INACTIVE", "type": "container", "parameters": {}, "tags": {},
        "platformCapabilities": ["EC2"], "containerOrchestrationType": "ECS",
        "containerProperties": { "image": "busybox", "command": ["sleep", "1"], "volumes": [], "environment": [],
          "mountPoints": [], "ulimits": [], "secrets": [],
          "resourceRequirements": [{ "value": "1", "type": "VCPU" }, { "value": "128", "type": "MEMORY" }] }
      }],
      "workload": { "jobs": [{ "jobName": "j", "jobQueue": "q", "vcpus": 1, "run": 5 }] }
    }"#;
    let loaded = read(text);
    let deregister = Command::DeregisterJobDefinition {
        job_definition: "d:1".to_owned(),
    };
    assert_eq!(loaded.scenario.commands[1].command, deregister);
    assert!(
        loaded
            .ignored
            .contains(&"/jobQueues/*/statusReason".to_owned())
    );
}

#[test]
fn machines_are_billed_by_the_hour_before_october_2017() {
    for (start, word) in [
        ("start = \"2017-10-01T23:59:59Z\"", "per-hour"),
        ("start = 2017-10-02T00:00:00Z", "per-second"),
        ("", "per-second"),
    ] {
        let loaded = read(&format!("{start}\n{BASE}{JOB}"));
        assert_eq!(
            loaded.effective["computeEnvironments"][0]["billing"], word,
            "{start}"
        );
    }
}

#[test]
fn a_value_set_by_hand_beats_the_file_and_is_named_in_problems() {
    let text = format!("{BASE}{JOB}");
    let load = |key: &str, value: &str| {
        let set = [(key.to_owned(), value.to_owned())];
        load("test.toml", text.as_bytes(), &set, Some(u64::MAX), &NoFiles)
    };
    let loaded = load("model.containerStart", "7s").unwrap();
    assert_eq!(loaded.seed, u64::MAX);
    assert_eq!(
        loaded.scenario.world.settings.span(Knob::ContainerStart),
        Span::from_s(7)
    );
    let loaded = load("computeEnvironments.pool.instances.c6i.4xlarge.count", "9");
    assert!(
        loaded.is_err(),
        "a type's name has a dot: a pointer is needed"
    );
    let loaded = load("/computeEnvironments/pool/instances/c6i.4xlarge/count", "9").unwrap();
    assert_eq!(
        loaded.effective["computeEnvironments"][0]["instances"][0]["count"],
        9
    );
    let loaded = load("jobQueues.0.dispatch", "easy").unwrap();
    assert_eq!(loaded.effective["jobQueues"][0]["dispatch"], "easy");
    for (key, value, want) in [
        (
            "jobQueues.main.priority",
            "high",
            "--set /jobQueues/0/priority: `high` (text) is not a whole number",
        ),
        ("jobQueues.nope.priority", "1", "no item called `nope`"),
        ("model.dispatchTik", "1", "did you mean `dispatchTick`?"),
        (
            "name.first",
            "x",
            "stands below `base` (text), which holds nothing",
        ),
        ("model..x", "1", "is no key"),
    ] {
        let problems = lines(&load(key, value).unwrap_err());
        assert!(
            problems.iter().any(|line| line.contains(want)),
            "{problems:?}"
        );
    }
}

#[test]
fn every_problem_of_a_file_is_reported_at_once_with_its_line() {
    let text = r#"
nme = "typo"
seed = "one"
start = "yesterday"

[[computeEnvironments]]
computeEnvironmentName = "pool one"
type = "UNMANAGED"
instances = [
  { instanceType = "c6i.4xlarg" },
  { instanceType = "c6i.large", count = 0 },
]

[[jobQueues]]
jobQueueName = "main"
computeEnvironmentOrder = [{ order = 1, computeEnvironment = "pol one" }]

[[workload.jobs]]
jobName = "a"
jobQueue = "mian"
vcpus = 1
run = "-5s"

[model]
profile = "typcal"
jobOrder = "lifo"
"#;
    let problems = problems_of(text);
    let want = [
        "test.toml line 2 /nme: `nme` is not a key of the scenario; did you mean `name`?",
        "test.toml line 3 /seed: `one` (text) is not a whole number",
        "test.toml line 4 /start: `yesterday` is not a moment",
        "test.toml line 7 /computeEnvironments/0/computeEnvironmentName: `pool one` is not a name",
        "test.toml line 10 /computeEnvironments/0/instances/0/instanceType: the catalogue has no instance type `c6i.4xlarg`; did you mean `c6i.4xlarge`?",
        "test.toml line 11 /computeEnvironments/0/instances/1/count: `0` is not a whole number from 1",
        "test.toml line 14 /jobQueues/0/priority: missing",
        "test.toml line 16 /jobQueues/0/computeEnvironmentOrder/0/computeEnvironment: there is no compute environment called `pol one`; did you mean `pool one`?",
        "test.toml line 20 /workload/jobs/0/jobQueue: there is no job queue called `mian`; did you mean `main`?",
        "test.toml line 22 /workload/jobs/0/run: `-5s` is not a span of time",
        "test.toml line 25 /model/profile: `typcal` (text) is not one of ideal, fast, typical, slow; did you mean `typical`?",
        "test.toml line 26 /model/jobOrder: `lifo` is not a job order",
    ];
    for want in want {
        assert!(
            problems.iter().any(|line| line.starts_with(want)),
            "missing: {want}\n{}",
            problems.join("\n")
        );
    }
    assert_eq!(problems.len(), want.len(), "{}", problems.join("\n"));
}

/// Files by name.
struct Shelf(&'static [(&'static str, &'static str)]);

impl Files for Shelf {
    fn open(&self, path: &str) -> Result<Box<dyn Read>, String> {
        match self.0.iter().find(|(name, _)| *name == path) {
            Some((_, text)) => Ok(Box::new(text.as_bytes())),
            None => Err("no such file".to_owned()),
        }
    }
}

#[test]
fn a_trace_that_is_not_there_is_a_problem_of_its_key() {
    let text = format!("{BASE}\n[workload]\ntrace = [\"a.csv\", \"b.csv\"]\n");
    let problems = load("test.toml", text.as_bytes(), &[], None, &Shelf(&[])).unwrap_err();
    let problems = lines(&problems);
    assert!(
        problems[0].ends_with("/workload/trace/0: `a.csv` cannot be opened: no such file"),
        "{problems:?}"
    );
    assert!(
        problems[1].ends_with("/workload/trace/1: `b.csv` cannot be opened: no such file"),
        "{problems:?}"
    );
}

#[test]
fn a_trace_a_list_and_a_generator_make_one_workload_in_order() {
    let text = format!(
        r#"
start = "2026-01-05T06:00:00Z"
{BASE}
[workload]
trace = "jobs.csv"
jobs = [{{ jobName = "mine", jobQueue = "main", jobDefinition = "sim", run = "10m", at = "1m" }}]

[[workload.generators]]
name = "daily"
jobQueue = "main"
vcpus = [1, {{ value = 2, weight = 3 }}]
memoryMiBPerVcpu = 512
count = 4
arrivals = {{ kind = "timesOfDay", at = ["07:00", "05:00:30"], jobs = 2 }}
run = {{ kind = "constant", value = "90s" }}
"#
    );
    let shelf = Shelf(&[("jobs.csv", "submit_s,run_s,vcpus\n0,5,1\n90,5,2\n")]);
    let loaded = match load("test.toml", text.as_bytes(), &[], Some(3), &shelf) {
        Ok(loaded) => loaded,
        Err(problems) => panic!("{}", lines(&problems).join("\n")),
    };
    assert_eq!(loaded.inputs, ["jobs.csv"]);
    let rows: Vec<_> = loaded
        .scenario
        .workload
        .rows
        .iter()
        .map(|row| (row.submit.ms() / 1000, row.work.ms() / 1000))
        .collect();
    // From six in the morning it is an hour to seven and 23 hours and half a minute to the next 05:00:30.
    let next = 82_830;
    assert_eq!(
        rows,
        [
            (0, 5),
            (60, 600),
            (90, 5),
            (3600, 90),
            (3600, 90),
            (next, 90),
            (next, 90)
        ]
    );
    for row in &loaded.scenario.workload.rows[3..] {
        assert_eq!(row.memory, 512 * row.vcpus);
    }
}

#[test]
fn jobs_of_a_trace_are_checked_against_the_scenarios_queues() {
    let shelf = Shelf(&[
        ("a.csv", "submit_s,run_s,vcpus,job_queue\n0,5,1,other\n"),
        ("b.txt", "hello\n"),
    ]);
    let text = format!("{BASE}\n[workload]\ntrace = [\"a.csv\", \"b.txt\"]\n");
    let problems = load("test.toml", text.as_bytes(), &[], None, &shelf).unwrap_err();
    let problems = lines(&problems);
    for want in [
        "/workload/trace/0: `a.csv`: there is no job queue called `other`",
        "b.txt: is no trace that can be read",
    ] {
        assert!(
            problems.iter().any(|line| line.contains(want)),
            "{problems:#?}"
        );
    }
    assert_eq!(problems.len(), 2, "{problems:#?}");
}

#[test]
fn a_trace_on_a_pool_is_one_machine_that_is_up_from_the_first_submission() {
    let trace = || {
        let mut trace = crate::input::Trace::default();
        trace.workload.templates.push(crate::model::SubmitJob {
            job_queue: "trace".to_owned(),
            ..Default::default()
        });
        let (submit, work) = (SimTime::from_s(7), Span::from_s(1));
        trace.workload.rows.push(Row::plain(1, submit, work, 2));
        trace
    };
    let overrides = [("model.poolPricePerVcpuHour".to_owned(), "0.10".to_owned())];
    let pool = Pool {
        vcpus: 128,
        order: "f1",
        discipline: "easy",
        overrides: &overrides,
        seed: 3,
    };
    let loaded = trace_scenario(trace(), "log.swf", &pool).unwrap();
    let catalogue = &loaded.scenario.world.catalogue;
    let machine = catalogue.get(catalogue.find("pool").unwrap());
    assert_eq!(machine.price, PricePerHour::parse("12.80").unwrap());
    assert_eq!(machine.nominal, Ask::new(128, NO_LIMIT_MIB, 0));
    let Command::CreateComputeEnvironment(environment) = &loaded.scenario.commands[0].command
    else {
        panic!("an environment first");
    };
    let EnvironmentKind::Unmanaged { machines, .. } = &environment.kind else {
        panic!("it is UNMANAGED");
    };
    assert_eq!(machines[0].launch, SimTime::from_s(7));
    assert_eq!(loaded.effective["model"]["profile"], "ideal");
    let effective = serde_json::to_vec(&loaded.effective).unwrap();
    let problems = load("e.json", &effective, &[], None, &NoFiles).unwrap_err();
    assert!(
        lines(&problems)[0].contains("cannot be opened"),
        "{problems:?}"
    );

    let overrides = [("containerStrt".to_owned(), "1s".to_owned())];
    let wrong = Pool {
        vcpus: 0,
        order: "lifo",
        discipline: "lookahead:many",
        overrides: &overrides,
        seed: 3,
    };
    let problems = lines(&trace_scenario(trace(), "log.swf", &wrong).unwrap_err());
    let want = [
        "did you mean `containerStart`",
        "--order: `lifo`",
        "--discipline: `many`",
        "--pool: 0",
    ];
    for (line, want) in problems.iter().zip(want) {
        assert!(line.contains(want), "{line}");
    }
    assert_eq!(problems.len(), want.len());
}

#[test]
fn a_long_chain_of_jobs_needs_no_deep_stack() {
    let mut text = BASE.to_owned();
    for job in 0..5_000 {
        let on = match job {
            0 => String::new(),
            _ => format!("dependsOn = [{{ jobId = \"j{}\" }}]", job - 1),
        };
        text += &format!(
            "[[workload.jobs]]\njobName = \"j{job}\"\njobQueue = \"main\"\nvcpus = 1\nrun = 1\n{on}\n"
        );
    }
    assert_eq!(read(&text).scenario.workload.rows.len(), 5_000);
}

#[test]
fn a_bare_key_that_names_an_assumption_sets_it_in_the_model() {
    let text = format!("{BASE}{JOB}");
    let set = [("containerStart".to_owned(), "10s".to_owned())];
    let loaded = load("test.toml", text.as_bytes(), &set, None, &NoFiles).unwrap();
    assert_eq!(
        loaded.scenario.world.settings.span(Knob::ContainerStart),
        Span::from_s(10)
    );
}
