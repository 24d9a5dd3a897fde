//! Rulings of our own where AWS is silent, each as the sentence that says it (`control`, *Where AWS is silent*).

use batchcast::model::JobStatus;

use crate::tape::play;

/// A fast machine of 4 vCPUs, a slow type to join it, one FIFO queue with `queue`'s keys; `model` are further assumptions.
fn world(model: &str, queue: &str, jobs: &[String], events: &[String]) -> String {
    let head = r#"
name = "ruling"
[[instanceTypes]]
instanceType = "box"
vcpus = 4
memoryMiB = 4096
priceUsdPerHour = "3.60"
[[instanceTypes]]
instanceType = "snail"
vcpus = 1
memoryMiB = 1024
priceUsdPerHour = "0.90"
speed = 0.5
[[computeEnvironments]]
computeEnvironmentName = "pool"
type = "UNMANAGED"
instances = [{ instanceType = "box", count = 1 }]
[[jobQueues]]
jobQueueName = "q"
priority = 1
computeEnvironmentOrder = [{ order = 1, computeEnvironment = "pool" }]
"#;
    let (jobs, events) = (jobs.concat(), events.concat());
    format!("{head}{queue}\n[model]\nprofile = \"ideal\"\n{model}\n{jobs}{events}")
}

/// A job of `vcpus` vCPUs that runs for `run`; `more` are further keys.
fn job(name: &str, vcpus: u32, run: &str, more: &str) -> String {
    format!(
        "[[workload.jobs]]\njobName = \"{name}\"\njobQueue = \"q\"\nvcpus = {vcpus}\nmemoryMiB = 64\nrun = \"{run}\"\n{more}\n"
    )
}

fn cancel(at: &str, job: &str, reason: &str) -> String {
    format!(
        "[[events]]\nat = \"{at}\"\naction = \"CancelJob\"\njobId = \"{job}\"\nreason = \"{reason}\"\n"
    )
}

#[test]
fn children_that_wait_keep_their_estimates_when_a_slower_machine_joins() {
    let array =
        "at = \"1s\"\narrayProperties = { size = 3 }\nchildRuns = [\"30s\", \"20s\", \"10s\"]";
    let jobs = [job("first", 4, "1m", ""), job("array", 4, "10s", array)];
    let join = "[[events]]\nat = \"10s\"\naction = \"RunInstances\"\ncomputeEnvironment = \"pool\"\ninstanceType = \"snail\"\n";
    let events = [join.to_owned(), cancel("20s", "array:1", "not needed")];
    let tape = play(&world("", "jobOrder = \"sjf\"", &jobs, &events));
    let cancelled = tape.job("array:1");
    assert_eq!(
        (cancelled.status, cancelled.reason.as_str(), cancelled.ended),
        (JobStatus::Failed, "not needed", 20.0)
    );
    assert_eq!((tape.start("array:2"), tape.start("array:0")), (60.0, 70.0));
}

#[test]
fn of_several_cancels_that_wait_for_dependencies_the_latest_gives_the_reason() {
    let waits = "arrayProperties = { size = 2 }\ndependsOn = [{ jobId = \"first\" }]";
    let jobs = [job("first", 4, "1m", ""), job("array", 1, "10s", waits)];
    let (all, one) = ("the whole array", "this child");
    for (events, reasons) in [
        (
            [cancel("10s", "array", all), cancel("20s", "array:1", one)],
            [all, one],
        ),
        (
            [cancel("10s", "array:1", one), cancel("20s", "array", all)],
            [all, all],
        ),
    ] {
        let tape = play(&world("", "", &jobs, &events));
        let seen = ["array:0", "array:1"].map(|child| tape.job(child).reason.clone());
        assert_eq!(seen, reasons);
    }
}

#[test]
fn a_tick_at_which_no_child_becomes_runnable_is_nothing() {
    let jobs = [
        job("stuck", 40, "10s", "arrayProperties = { size = 2 }"),
        job(
            "after",
            1,
            "10s",
            "at = \"1s\"\narrayProperties = { size = 2 }\ndependsOn = [{ jobId = \"stuck\", type = \"N_TO_N\" }]",
        ),
    ];
    let model = "dependencyTick = \"50s\"\nblockedAfterMisconfiguration = \"10s\"";
    let tape = play(&world(model, "", &jobs, &[]));
    assert_eq!(tape.blocked.len(), 1);
    assert_eq!(tape.end, 10.0, "when the head was declared blocked");
}

#[test]
fn an_estimate_allows_for_the_grace_after_a_timeout() {
    let timed = "timeout = { attemptDurationSeconds = 60 }";
    let jobs = [
        job("timed", 2, "61s", timed),
        job("head", 4, "10s", ""),
        job("behind", 2, "70s", ""),
    ];
    let queue = "dispatch = \"easy\"";
    let tape = play(&world("shutdownTime = \"30s\"", queue, &jobs, &[]));
    assert_eq!(tape.job("timed").ended, 90.0);
    assert_eq!((tape.start("behind"), tape.start("head")), (0.0, 90.0));
}

#[test]
fn nothing_outlasts_an_estimate_that_kills_not_even_the_grace_after_a_timeout() {
    let timed = "timeout = { attemptDurationSeconds = 60 }\nestimate = \"62s\"";
    let model = "shutdownTime = \"30s\"\nkillAtEstimate = true";
    let tape = play(&world(model, "", &[job("timed", 2, "61s", timed)], &[]));
    assert_eq!(tape.job("timed").ended, 62.0);
}

#[test]
fn who_waits_for_the_last_child_hears_before_who_waits_for_the_array() {
    let array = "arrayProperties = { size = 2 }\nfates = [\"1@10s\"]";
    let jobs = [
        job("array", 1, "10s", array),
        job("of-all", 1, "10s", "dependsOn = [{ jobId = \"array\" }]"),
        job("of-one", 1, "10s", "dependsOn = [{ jobId = \"array:1\" }]"),
        job("after-all", 4, "10s", "after = [\"of-all\"]"),
        job("after-one", 4, "10s", "after = [\"of-one\"]"),
    ];
    let tape = play(&world("", "", &jobs, &[]));
    assert_eq!(tape.job("of-all").ended, tape.job("of-one").ended);
    assert!(tape.start("after-one") < tape.start("after-all"));
}
