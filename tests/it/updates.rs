//! Stories of infrastructure updates: who leaves when, and what becomes of jobs.

use batchcast::model::JobStatus;

use crate::tape::{Tape, play};

/// An environment of machines of two vCPUs, ideal in all that AWS does not publish.
const BOX: &str = r#"
[model]
profile = "ideal"
[[instanceTypes]]
instanceType = "old"
vcpus = 2
memoryMiB = 2048
priceUsdPerHour = "2"
[[instanceTypes]]
instanceType = "new"
vcpus = 2
memoryMiB = 2048
priceUsdPerHour = "1"
[[jobQueues]]
jobQueueName = "q"
priority = 1
computeEnvironmentOrder = [{ order = 1, computeEnvironment = "env" }]
[[jobDefinitions]]
jobDefinitionName = "work"
type = "container"
containerProperties = { resourceRequirements = [{ type = "VCPU", value = "2" }, { type = "MEMORY", value = "1024" }] }
"#;

fn environment(resources: &str) -> String {
    format!(
        "[[computeEnvironments]]\ncomputeEnvironmentName = \"env\"\ntype = \"MANAGED\"\ncomputeResources = {{ type = \"EC2\", allocationStrategy = \"BEST_FIT_PROGRESSIVE\", instanceTypes = [\"old\"], {resources} }}\n"
    )
}

fn job(name: &str, at: u32, run: u32, more: &str) -> String {
    format!(
        "[[workload.jobs]]\njobName = \"{name}\"\njobQueue = \"q\"\njobDefinition = \"work\"\nat = \"{at}s\"\nrun = \"{run}s\"\n{more}\n"
    )
}

fn update(at: u32, more: &str) -> String {
    format!(
        "[[events]]\nat = \"{at}s\"\naction = \"UpdateComputeEnvironment\"\ncomputeEnvironment = \"env\"\n{more}\n"
    )
}

const TO_NEW: &str = "computeResources = { instanceTypes = [\"new\"] }";

fn story(parts: &[&str]) -> Tape {
    play(&parts.concat())
}

/// Launch and end of each machine, in seconds, in order of launch.
fn machines(tape: &Tape) -> Vec<(u64, u64)> {
    let mut lives: Vec<(u64, u64)> = (tape.instances.iter())
        .map(|one| (one.launched.ms() / 1000, one.ended.ms() / 1000))
        .collect();
    lives.sort_unstable();
    lives
}

#[test]
fn new_machines_serve_new_jobs_and_old_ones_go_when_their_job_is_done() {
    let jobs = job("a", 0, 1000, "") + &job("b", 500, 300, "");
    let tape = story(&[
        BOX,
        &environment("maxvCpus = 8"),
        &jobs,
        &update(100, TO_NEW),
    ]);
    assert_eq!(machines(&tape), [(0, 1000), (500, 800)]);
    let cost: Vec<String> = (tape.instances.iter())
        .map(|one| one.cost.total().to_string())
        .collect();
    // 300 s at 1 USD an hour, 1,000 s at 2.
    assert_eq!(cost, ["0.0833333333", "0.5555555556"]);
}

#[test]
fn an_idle_machine_is_replaced_at_once_even_where_minvcpus_keeps_it() {
    let jobs = job("late", 5000, 10, "");
    let tape = story(&[
        BOX,
        &environment("minvCpus = 2, maxvCpus = 8"),
        &jobs,
        &update(100, TO_NEW),
    ]);
    let types: Vec<usize> = (tape.instances.iter())
        .map(|one| one.instance_type.index())
        .collect();
    assert_eq!(machines(&tape), [(0, 100), (100, 5010)]);
    assert_ne!(types[0], types[1]);
}

#[test]
fn jobs_that_outlast_the_time_of_the_policy_lose_their_machine_and_are_retried_on_a_new_one() {
    let jobs = job("a", 0, 5000, "retryStrategy = { attempts = 2 }");
    let policy = "updatePolicy = { jobExecutionTimeoutMinutes = 20 }\n";
    let tape = story(&[
        BOX,
        &environment("maxvCpus = 8"),
        &jobs,
        &update(100, &format!("{policy}{TO_NEW}")),
    ]);
    assert_eq!(machines(&tape), [(0, 1300), (1300, 6300)]);
    assert!(tape.attempts[0].reason.starts_with("Host EC2 (instance i-"));
    assert_eq!(tape.jobs["a"].status, JobStatus::Succeeded);
}

#[test]
fn half_an_hour_is_what_jobs_have_where_nobody_says_otherwise() {
    let jobs = job("a", 0, 5000, "");
    let tape = story(&[
        BOX,
        &environment("maxvCpus = 8"),
        &jobs,
        &update(100, TO_NEW),
    ]);
    assert_eq!(machines(&tape), [(0, 1900)]);
    assert_eq!(tape.jobs["a"].status, JobStatus::Failed);
}

#[test]
fn terminate_jobs_on_update_ends_them_at_once() {
    let jobs = job("a", 0, 1000, "retryStrategy = { attempts = 2 }") + &job("b", 0, 1000, "");
    let policy = "updatePolicy = { terminateJobsOnUpdate = true }\n";
    let tape = story(&[
        BOX,
        &environment("maxvCpus = 8"),
        &jobs,
        &update(100, &format!("{policy}{TO_NEW}")),
    ]);
    assert_eq!(machines(&tape), [(0, 100), (0, 100), (100, 1100)]);
    assert_eq!(tape.jobs["a"].status, JobStatus::Succeeded);
    assert_eq!(tape.jobs["b"].status, JobStatus::Failed);
}

#[test]
fn a_full_environment_gets_new_machines_only_as_old_ones_go() {
    let jobs = job("a", 0, 1000, "") + &job("b", 0, 1500, "") + &job("c", 200, 100, "");
    let tape = story(&[
        BOX,
        &environment("maxvCpus = 4"),
        &jobs,
        &update(100, TO_NEW),
    ]);
    assert_eq!(machines(&tape), [(0, 1000), (0, 1500), (1000, 1100)]);
}

#[test]
fn machines_that_boot_are_let_go_and_those_asked_for_before_serve_nobody() {
    let slow = BOX.replace(
        "\"ideal\"",
        "\"ideal\"\nlaunchTime = \"60s\"\nbootTime = \"60s\"",
    );
    let jobs = job("a", 0, 1000, "");
    for (at, expected) in [
        // It boots since 60 s: the next is asked for then.
        (90, [(60, 90), (150, 1210)]),
        // It is not even launched: it comes, and goes when it would take jobs.
        (30, [(60, 120), (90, 1150)]),
    ] {
        let tape = story(&[
            &slow,
            &environment("maxvCpus = 8"),
            &jobs,
            &update(at, TO_NEW),
        ]);
        assert_eq!(machines(&tape), expected, "updated at {at} s");
    }
}

#[test]
fn an_environment_changes_to_spot_and_keeps_what_it_is_not_told() {
    let spot = "[spot]\ndiscount = 0.5\n";
    let jobs = job("a", 500, 3600, "");
    let change =
        "computeResources = { type = \"SPOT\", allocationStrategy = \"SPOT_CAPACITY_OPTIMIZED\" }";
    let tape = story(&[
        BOX,
        spot,
        &environment("maxvCpus = 8"),
        &jobs,
        &update(100, change),
    ]);
    assert_eq!(tape.instances.len(), 1);
    assert!(tape.instances[0].pool.is_some());
    assert_eq!(tape.instances[0].cost.total().to_string(), "1.00");
}

#[test]
fn best_fit_can_be_left_but_neither_kept_nor_set() {
    let best = environment("maxvCpus = 8").replace("BEST_FIT_PROGRESSIVE", "BEST_FIT");
    let jobs = job("a", 0, 10, "") + &job("b", 500, 10, "");
    let kept = story(&[BOX, &best, &jobs, &update(100, TO_NEW)]);
    assert!(
        kept.rejected[0].contains("neither keep nor set BEST_FIT"),
        "{:?}",
        kept.rejected
    );
    let left = TO_NEW.replace("{", "{ allocationStrategy = \"BEST_FIT_PROGRESSIVE\",");
    assert_eq!(
        story(&[BOX, &best, &jobs, &update(100, &left)]).rejected,
        [""; 0]
    );
}

#[test]
fn the_scale_down_delay_is_a_scaling_update_and_replaces_nobody() {
    let idle = BOX.replace("\"ideal\"", "\"ideal\"\nscaleInIdle = \"60s\"");
    let jobs = job("a", 0, 1000, "") + &job("late", 9000, 10, "");
    let delay = "computeResources = { scalingPolicy = { minScaleDownDelayMinutes = 20 } }";
    let tape = story(&[
        &idle,
        &environment("maxvCpus = 8"),
        &jobs,
        &update(100, delay),
    ]);
    assert_eq!(machines(&tape)[0], (0, 1000 + 1200));
}
