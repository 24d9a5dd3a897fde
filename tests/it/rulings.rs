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

#[test]
fn a_queue_starts_its_burst_and_then_as_many_a_second_as_its_rate_says() {
    let array = "arrayProperties = { size = 4 }";
    let jobs = [job("array", 1, "1m", array), job("last", 1, "1m", "")];
    let model = "dispatchRate = 0.5\ndispatchBurst = 2";
    let pool = r#"[[events]]
at = "0s"
action = "RunInstances"
computeEnvironment = "pool"
instanceType = "box"
"#;
    let tape = play(&world(model, "", &jobs, &[pool.to_owned()]));
    let starts = ["array:0", "array:1", "array:2", "array:3", "last"].map(|job| tape.start(job));
    assert_eq!(starts, [0.0, 0.0, 2.0, 4.0, 6.0]);
    for (job, waited) in [("array:1", 0.0), ("array:3", 4.0), ("last", 6.0)] {
        let causes = &tape.job(job).causes;
        assert_eq!(causes.get("dispatch").copied().unwrap_or(0.0), waited);
        assert_eq!(causes.get("queue").copied().unwrap_or(0.0), 0.0, "{job}");
    }
}

#[test]
fn nothing_backfills_past_a_head_that_waits_for_the_dispatch_rate() {
    let jobs = [
        job("first", 1, "1m", ""),
        job("head", 2, "1m", "at = \"1s\""),
        job("small", 1, "1s", "at = \"2s\""),
    ];
    let model = "dispatchRate = 0.1\ndispatchBurst = 1";
    for discipline in [
        "easy",
        "conservative",
        "lookahead:5",
        "strict",
        "strict-held",
    ] {
        let queue = format!("dispatch = \"{discipline}\"");
        let tape = play(&world(model, &queue, &jobs, &[]));
        let starts = ["first", "head", "small"].map(|job| tape.start(job));
        assert_eq!(starts, [0.0, 10.0, 20.0], "{discipline}");
    }
}

#[test]
fn a_job_behind_a_head_without_room_takes_the_next_token_when_there_is_one() {
    let jobs = [
        job("wide", 3, "1m", ""),
        job("head", 4, "1m", ""),
        job("small", 1, "10s", ""),
    ];
    let model = "dispatchRate = 0.1\ndispatchBurst = 1";
    for (discipline, small) in [("easy", 10.0), ("lookahead:5", 10.0), ("strict", 120.0)] {
        let queue = format!("dispatch = \"{discipline}\"");
        let tape = play(&world(model, &queue, &jobs, &[]));
        assert_eq!(tape.start("small"), small, "{discipline}");
        assert_eq!(tape.start("head"), 60.0, "{discipline}");
    }
}

#[test]
fn a_multi_node_job_takes_a_token_for_each_node_and_one_of_more_nodes_waits_for_a_full_bucket() {
    let definition = r#"[[jobDefinitions]]
jobDefinitionName = "gang"
type = "multinode"
nodeProperties = { numNodes = 3, mainNode = 0, nodeRangeProperties = [{ targetNodes = "0:", container = { resourceRequirements = [{ type = "VCPU", value = "1" }, { type = "MEMORY", value = "64" }] } }] }
"#;
    let more = r#"[[events]]
at = "0s"
action = "RunInstances"
computeEnvironment = "pool"
instanceType = "box"
count = 3
"#;
    let gang = "[[workload.jobs]]\njobName = \"gang\"\njobQueue = \"q\"\njobDefinition = \"gang\"\nrun = \"1m\"\n";
    let jobs = [
        job("first", 1, "1m", ""),
        gang.to_owned(),
        job("last", 1, "1m", ""),
    ];
    for (burst, starts) in [
        (4, [0.0, 0.0, 1.0]),
        (3, [0.0, 1.0, 2.0]),
        (2, [0.0, 1.0, 3.0]),
    ] {
        let model = format!("dispatchRate = 1\ndispatchBurst = {burst}");
        let text = world(&model, "", &jobs, &[more.to_owned(), definition.to_owned()]);
        let tape = play(&text);
        let seen = ["first", "gang", "last"].map(|job| tape.start(job));
        assert_eq!(seen, starts, "a bucket of {burst}");
    }
}

#[test]
fn a_queue_that_waits_for_its_rate_keeps_no_other_queue_waiting() {
    let other = "[[jobQueues]]\njobQueueName = \"r\"\npriority = 0\ncomputeEnvironmentOrder = [{ order = 1, computeEnvironment = \"pool\" }]\n";
    let jobs = [
        job("a", 1, "1m", ""),
        job("b", 1, "1m", ""),
        job("c", 1, "1m", ""),
    ];
    let jobs = [
        jobs[0].clone(),
        jobs[1].clone(),
        jobs[2].replace("\"q\"", "\"r\""),
    ];
    let model = "dispatchRate = 0.1";
    let tape = play(&world(model, other, &jobs, &[]));
    let starts = ["a", "b", "c"].map(|job| tape.start(job));
    assert_eq!(starts, [0.0, 10.0, 0.0]);
}
