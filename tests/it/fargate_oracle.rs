//! Fargate through whole runs: the examples of its pricing page to the last digit that they print, and stories of what a task
//! waits for, costs and loses.

use batchcast::input::scenario::{NoFiles, load};
use batchcast::metrics::{Recorder, Summary};
use batchcast::model::{CostCause, JobStatus, Scenario, StatusReason, TimeCause};
use batchcast::plan;
use batchcast::sim::{AttemptRecord, InstanceRecord, JobRecord, Observer, Simulation};
use batchcast::units::{RowId, SimTime, Span, Usd};

use crate::data;

fn scenario(text: &str) -> (Scenario, u64) {
    match load("fargate.toml", text.as_bytes(), &[], None, &NoFiles) {
        Ok(loaded) => (loaded.scenario, loaded.seed),
        Err(problems) => {
            let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
            panic!("{}", lines.join("\n"))
        }
    }
}

/// A queue of a Fargate environment, a definition and what follows.
fn fargate(model: &str, kind: &str, definition: &str, more: &str) -> String {
    format!(
        r#"
seed = 7
[model]
{model}
[[computeEnvironments]]
computeEnvironmentName = "tasks"
type = "MANAGED"
computeResources = {{ type = "{kind}", maxvCpus = 8 }}
[[jobQueues]]
jobQueueName = "main"
priority = 1
computeEnvironmentOrder = [{{ order = 1, computeEnvironment = "tasks" }}]
[[jobDefinitions]]
jobDefinitionName = "task"
platformCapabilities = ["FARGATE"]
{definition}
{more}
"#
    )
}

fn asks(vcpus: &str, memory: u32, more: &str) -> String {
    format!(
        r#"containerProperties = {{ image = "tool", resourceRequirements = [{{ type = "VCPU", value = "{vcpus}" }}, {{ type = "MEMORY", value = "{memory}" }}] {more} }}"#
    )
}

fn summary(text: &str) -> Summary {
    let (scenario, seed) = scenario(text);
    let recorder = Recorder::new(&scenario.workload, (), false);
    let outcome = Simulation::new(&scenario, seed, recorder).run();
    plan::finish(&scenario, seed, Vec::new(), outcome).0
}

/// `amount` is what `printed` says, rounded half up to as many decimals.
fn prints_as(amount: Usd, printed: &str, what: &str) {
    let (whole, decimals) = printed.split_once('.').unwrap_or((printed, ""));
    let scale = 10i128.pow(10 - decimals.len() as u32);
    let expected = format!("{whole}{decimals}").parse::<i128>().unwrap();
    let ticks = amount.rounded_ticks();
    assert_eq!(
        (ticks + scale / 2).div_euclid(scale),
        expected,
        "{what}: {amount}"
    );
}

/// Rows of the published arithmetic: context, metric, value.
fn published() -> Option<Vec<(String, String, String)>> {
    let path = data::reference("oracles.csv")?;
    let text = std::fs::read_to_string(path).expect("the reference is text");
    let rows = text.lines().filter_map(|line| {
        let rest = line.strip_prefix("fargate_arith,")?;
        let (context, value) = rest.rsplit_once(',')?;
        let (context, metric) = context.rsplit_once(',')?;
        Some((context.to_owned(), metric.to_owned(), value.to_owned()))
    });
    Some(rows.collect())
}

#[test]
fn published_bills_come_out_of_runs_to_the_digit() {
    let Some(rows) = published() else {
        return;
    };
    assert_eq!(rows.len(), 14);
    for (context, metric, value) in rows {
        let (definition, job) = if context.starts_with("5 tasks 1vCPU 2GB 600s") {
            (
                asks("1", 2048, ""),
                "arrayProperties = { size = 5 }\nrun = \"600s\"\nrepeat = { count = 30, every = \"1d\" }",
            )
        } else if context.starts_with("10 tasks 0.25vCPU 1GB 86400s") {
            (
                asks("0.25", 1024, ""),
                "arrayProperties = { size = 10 }\nrun = \"86400s\"\nrepeat = { count = 30, every = \"1d\" }",
            )
        } else if context.starts_with("1 task 0.5vCPU 1GB runs 20s") {
            (asks("0.5", 1024, ""), "run = \"20s\"")
        } else if context.starts_with("ephemeral 100GiB") {
            let storage = ", ephemeralStorage = { sizeInGiB = 100 }";
            (asks("0.25", 512, storage), "run = \"1h\"")
        } else {
            panic!("{context}");
        };
        let is_by_second = context.contains("per-second published");
        let (vcpu, memory) = match is_by_second {
            true => ("0.0404784", "0.004446"),
            false => ("0.04048", "0.004445"),
        };
        let (vcpu, memory) = match metric.as_str() {
            "cpu_usd" => (vcpu, "0"),
            "mem_usd" => ("0", memory),
            _ => (vcpu, memory),
        };
        let more = format!(
            "[billing]\nfargateVcpuUsdPerHour = {vcpu}\nfargateMemoryUsdPerGbHour = {memory}\n[[workload.jobs]]\njobName = \"a\"\njobQueue = \"main\"\njobDefinition = \"task\"\n{job}\n"
        );
        let text = fargate("profile = \"ideal\"", "FARGATE", &definition, &more);
        let summary = summary(&text);
        let amount = match context.starts_with("ephemeral") {
            true => summary.cost.get(CostCause::Storage),
            false => summary.cost_total(),
        };
        prints_as(amount, &value, &format!("{context} {metric}"));
    }
}

/// What happened, in order.
#[derive(Default)]
struct Told {
    attempts: Vec<(u64, Option<u64>, u64, String, String)>,
    jobs: Vec<(JobStatus, StatusReason, u8)>,
    causes: Vec<(TimeCause, u64)>,
    bills: Vec<InstanceRecord>,
    refused: Vec<String>,
}

impl Observer for Told {
    fn attempt_ended(&mut self, a: &AttemptRecord<'_>) {
        self.attempts.push((
            a.placed.ms(),
            a.started.map(SimTime::ms),
            a.ended.ms(),
            a.reason.to_string(),
            a.container_reason.to_owned(),
        ));
    }
    fn job_ended(&mut self, j: &JobRecord<'_>) {
        self.jobs.push((j.status, j.reason.clone(), j.attempts));
        let causes = TimeCause::ALL.into_iter();
        let causes = causes.map(|cause| (cause, j.time.get(cause).ms()));
        self.causes.extend(causes.filter(|(_, ms)| *ms > 0));
    }
    fn instance_ended(&mut self, instance: &InstanceRecord) {
        self.bills.push(instance.clone());
    }
    fn rejected(&mut self, _: SimTime, _: Option<RowId>, reason: &str) {
        self.refused.push(reason.to_owned());
    }
}

fn told(text: &str) -> Told {
    let (scenario, seed) = scenario(text);
    Simulation::new(&scenario, seed, Told::default())
        .run()
        .observer
}

const JOB: &str =
    "[[workload.jobs]]\njobName = \"a\"\njobQueue = \"main\"\njobDefinition = \"task\"\n";

#[test]
fn a_task_boots_pulls_its_whole_image_each_time_and_is_billed_from_the_pull() {
    let definition = format!("imageSize = \"2GiB\"\n{}", asks("1", 2048, ""));
    let job = format!(
        "{JOB}run = \"10s\"\nfates = [\"1@10s\", \"0@10s\"]\nretryStrategy = {{ attempts = 2 }}\n"
    );
    let model = "profile = \"ideal\"\nfargateStart = \"45s\"\ncontainerStart = \"3s\"\nimagePullMibPerSecond = 100\nimageExtraction = \"5s\"";
    let told = told(&fargate(model, "FARGATE", &definition, &job));
    // 45 s for the machine, 20.48 s and 5 s for the pull, 3 s for the container: again for the second attempt.
    let first = 45_000 + 25_480 + 3_000;
    let ends = first + 10_000;
    let times: Vec<_> = told.attempts.iter().map(|a| (a.0, a.1, a.2)).collect();
    assert_eq!(
        times,
        [(0, Some(first), ends), (ends, Some(ends + first), 2 * ends)]
    );
    assert_eq!(
        told.causes,
        [
            (TimeCause::Boot, 45_000),
            (TimeCause::ImagePull, 28_480),
            (TimeCause::Run, 10_000),
            (TimeCause::Lost, ends)
        ]
    );
    let second = &told.bills[1];
    assert_eq!(second.launched.ms(), ends + 45_000);
    assert_eq!(
        second.billed_s, 60,
        "38.48 s of its life are billed as a minute"
    );
    let hour = |ticks: i128| Usd::from_units(ticks * 1000);
    let rate = 404_800_000 + 2 * 44_450_000;
    assert_eq!(second.cost.total(), hour(rate * 60));
    assert_eq!(second.cost.get(CostCause::Useful), hour(rate * 10));
    assert_eq!(told.bills[0].cost.get(CostCause::Failed), hour(rate * 10));
}

#[test]
fn a_spot_task_that_is_interrupted_says_so_in_aws_words_and_is_retried_by_them() {
    let definition = asks("1", 2048, "");
    let model = "profile = \"ideal\"\nfargateSpotInterruptionsPerHour = 2";
    let retry = "retryStrategy = { attempts = 10, evaluateOnExit = [{ onStatusReason = \"Your Spot Task was interrupted.\", action = \"RETRY\" }, { onReason = \"*\", action = \"EXIT\" }] }";
    let job = format!("{JOB}run = \"30m\"\n{retry}\n");
    let told = told(&fargate(model, "FARGATE_SPOT", &definition, &job));
    assert!(told.attempts.len() > 1, "an interruption is to be expected");
    let (last, lost) = told.attempts.split_last().expect("it was attempted");
    assert!(
        lost.iter()
            .all(|a| a.3 == "Your Spot Task was interrupted.")
    );
    assert!(lost.iter().all(|a| a.2 - a.0 < 1_800_000));
    assert_eq!(last.2 - last.0, 1_800_000);
    assert!(told.bills.iter().all(|bill| bill.spot));
    let interrupted = told.bills.iter().filter(|bill| bill.interrupted).count();
    assert_eq!(interrupted, lost.len());
    // Nothing is waived, unlike of Spot instances: what ran is billed.
    let waived = told
        .bills
        .iter()
        .map(|bill| bill.cost.get(CostCause::Waived));
    assert_eq!(waived.sum::<Usd>(), Usd::ZERO);
}

#[test]
fn onstatusreason_host_ec2_does_not_match_an_interrupted_task() {
    let definition = asks("1", 2048, "");
    let model = "profile = \"ideal\"\nfargateSpotInterruptionsPerHour = 1000";
    let retry = "retryStrategy = { attempts = 10, evaluateOnExit = [{ onStatusReason = \"Host EC2*\", action = \"RETRY\" }, { onReason = \"*\", action = \"EXIT\" }] }";
    let job = format!("{JOB}run = \"10h\"\n{retry}\n");
    let told = told(&fargate(model, "FARGATE_SPOT", &definition, &job));
    assert_eq!(
        told.jobs,
        [(JobStatus::Failed, StatusReason::SpotTaskInterrupted, 1)]
    );
}

#[test]
fn launches_take_tokens_and_what_waits_for_one_waits_for_dispatch() {
    let definition = asks("0.25", 512, "");
    let model = "profile = \"ideal\"\nfargateLaunchBurst = 4\nfargateLaunchesPerSecond = 2";
    let job = format!("{JOB}run = \"60s\"\narrayProperties = {{ size = 8 }}\n");
    let told = told(&fargate(model, "FARGATE", &definition, &job));
    let mut placed: Vec<u64> = told.attempts.iter().map(|a| a.0).collect();
    placed.sort_unstable();
    assert_eq!(placed, [0, 0, 0, 0, 500, 1000, 1500, 2000]);
    let waited = told
        .causes
        .iter()
        .filter(|(cause, _)| *cause == TimeCause::Dispatch);
    assert_eq!(
        waited.map(|(_, ms)| ms).sum::<u64>(),
        500 + 1000 + 1500 + 2000
    );
}

#[test]
fn maxvcpus_bounds_quarters_and_may_be_raised() {
    let definition = asks("0.5", 1024, "");
    let raise = "[[events]]\nat = 30\naction = \"UpdateComputeEnvironment\"\ncomputeEnvironment = \"tasks\"\ncomputeResources = { maxvCpus = 9 }\n";
    let job = format!("{JOB}run = \"60s\"\narrayProperties = {{ size = 20 }}\n{raise}");
    let told = told(&fargate(
        "profile = \"ideal\"",
        "FARGATE",
        &definition,
        &job,
    ));
    let mut placed: Vec<u64> = told.attempts.iter().map(|a| a.0).collect();
    placed.sort_unstable();
    let mut expected = vec![0; 16];
    expected.extend([30_000, 30_000, 60_000, 60_000]);
    assert_eq!(placed, expected);
    assert!(told.causes.contains(&(TimeCause::MaxVcpus, 30_000)));
}

#[test]
fn a_task_larger_than_maxvcpus_blocks_its_queue_for_good() {
    let definition = asks("16", 32_768, "");
    let job = format!("{JOB}run = \"60s\"\n");
    let summary = summary(&fargate(
        "profile = \"ideal\"",
        "FARGATE",
        &definition,
        &job,
    ));
    assert_eq!(summary.jobs.unfinished, 1);
    let (reason, _) = &summary.blocked[0];
    assert!(
        reason.contains("COMPUTE_ENVIRONMENT_MAX_RESOURCE"),
        "{reason}"
    );
}

#[test]
fn what_only_the_run_shows_is_refused_at_the_door() {
    let definition = asks("1", 2048, "");
    // An operator's commands come from a program as well: the door looks for itself.
    let (mut scenario, seed) = scenario(&fargate(
        "profile = \"ideal\"",
        "FARGATE",
        &definition,
        &format!("{JOB}run = \"60s\"\n"),
    ));
    scenario.workload.rows[0].memory = 100;
    let told = Simulation::new(&scenario, seed, Told::default())
        .run()
        .observer;
    assert_eq!(told.attempts.len(), 0);
    assert!(
        told.refused[0].starts_with("Fargate resource requirements (1 vCPU, 100 MiB) not valid"),
        "{:?}",
        told.refused
    );
}

#[test]
fn a_row_without_a_definition_gets_the_smallest_task_that_holds_it() {
    let definition = asks("1", 2048, "");
    let job = "[[workload.jobs]]\njobName = \"a\"\njobQueue = \"main\"\nvcpus = 3\nmemoryMiB = 100\nrun = \"1h\"\n";
    let told = told(&fargate("profile = \"ideal\"", "FARGATE", &definition, job));
    let rate = 4 * 404_800_000 + 8 * 44_450_000;
    assert_eq!(
        told.bills[0].cost.total(),
        Usd::from_units(rate * 3_600_000)
    );
}

#[test]
fn a_plan_covers_fargate_and_not_fargate_spot() {
    let definition = asks("1", 2048, "");
    let plan = "[billing]\nsavingsPlans = [{ type = \"compute\", commitmentUsdPerHour = 10, discountPercent = 20 }]\n";
    let job = format!("{plan}{JOB}run = \"1h\"\n");
    let covered = |kind| {
        let model = "profile = \"ideal\"";
        let summary = summary(&fargate(model, kind, &definition, &job));
        summary.cost.get(CostCause::Covered)
    };
    assert_eq!(covered("FARGATE").to_string(), "-0.009874");
    assert_eq!(covered("FARGATE_SPOT"), Usd::ZERO);
}

#[test]
fn pulls_through_a_gateway_cost_traffic() {
    let definition = format!("imageSize = \"2GiB\"\n{}", asks("1", 2048, ""));
    let job = format!(
        "[billing]\nnatUsdPerGb = 0.045\nregistryUsdPerGb = 0.005\n{JOB}run = \"10m\"\narrayProperties = {{ size = 3 }}\n"
    );
    let summary = summary(&fargate(
        "profile = \"ideal\"",
        "FARGATE",
        &definition,
        &job,
    ));
    assert_eq!(summary.cost.get(CostCause::Traffic).to_string(), "0.30");
}

/// Jobs on one instance with images.
fn instance(model: &str, jobs: &str) -> String {
    format!(
        r#"
[model]
profile = "ideal"
imagePullMibPerSecond = 100
{model}
[[computeEnvironments]]
computeEnvironmentName = "pool"
type = "UNMANAGED"
instances = [{{ instanceType = "c6i.4xlarge", count = 1 }}]
[[jobQueues]]
jobQueueName = "main"
priority = 1
computeEnvironmentOrder = [{{ order = 1, computeEnvironment = "pool" }}]
[[jobDefinitions]]
jobDefinitionName = "one"
imageSize = "1000MiB"
containerProperties = {{ image = "one", vcpus = 1, memory = 512 }}
[[jobDefinitions]]
jobDefinitionName = "two"
imageSize = "2000MiB"
containerProperties = {{ image = "two", vcpus = 1, memory = 512 }}
{jobs}
"#
    )
}

fn job(name: &str, definition: &str, at: u32) -> String {
    format!(
        "[[workload.jobs]]\njobName = \"{name}\"\njobQueue = \"main\"\njobDefinition = \"{definition}\"\nat = {at}\nrun = \"100s\"\n"
    )
}

#[test]
fn pulls_that_begin_while_others_are_under_way_share_the_hosts_bandwidth() {
    let jobs = [
        job("cold", "one", 0),
        // While the first pulls: half of the bandwidth is for this one. Later: it is there.
        job("beside", "two", 5),
        job("same", "one", 5),
        job("warm", "one", 20),
    ];
    let told = told(&instance("imageExtraction = \"2s\"", &jobs.concat()));
    let mut starts: Vec<(u64, u64)> = told
        .attempts
        .iter()
        .map(|a| (a.0, a.1.expect("it ran")))
        .collect();
    starts.sort_unstable();
    assert_eq!(
        starts,
        [
            (0, 12_000),
            (5_000, 12_000),
            (5_000, 5_000 + 42_000),
            (20_000, 20_000)
        ]
    );
}

#[test]
fn containers_whose_image_is_late_fail_where_that_is_asked_for() {
    let jobs = job("cold", "one", 0);
    let slow = "imagePullMibPerSecond = 4";
    for (flag, reason) in [
        ("false", "Essential container in task exited"),
        ("true", "Task failed to start"),
    ] {
        let text = instance(&format!("containerCreateTimeout = {flag}"), &jobs)
            .replace("imagePullMibPerSecond = 100", slow);
        let told = told(&text);
        assert_eq!(told.attempts[0].3, reason);
        if flag == "true" {
            assert_eq!(told.attempts[0].2, 240_000);
            assert_eq!(
                told.attempts[0].4,
                "DockerTimeoutError: Could not transition to created; timed out after waiting 4m0s"
            );
        }
    }
}

#[test]
fn without_the_size_of_an_image_nothing_is_pulled() {
    let jobs = job("cold", "one", 0);
    let text = instance("", &jobs).replace("imageSize = \"1000MiB\"\n", "");
    let told = told(&text);
    assert_eq!(told.attempts[0].1, Some(0));
    assert_eq!(told.causes, [(TimeCause::Run, Span::from_s(100).ms())]);
}
