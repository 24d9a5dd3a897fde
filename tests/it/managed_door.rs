//! What AWS refuses of managed environments and their queues while a run goes on; jobs that never fit; and what instances cost.

use batchcast::model::{
    AllocationStrategy, Command, CostCause, EnvironmentKind, JobStatus, Purchase,
};
use batchcast::sim::Simulation;
use batchcast::units::{PricePerHour, Span, Usd};

use crate::tape::{Tape, play, scenario};

/// An environment `m` with two instances' worth of vCPUs at most, its queue, one job of ten minutes, and `more`.
fn world(more: &str) -> String {
    format!(
        r#"
name = "door"
[model]
profile = "ideal"
[[instanceTypes]]
instanceType = "box"
vcpus = 4
memoryMiB = 4096
priceUsdPerHour = "3.60"
[[computeEnvironments]]
computeEnvironmentName = "m"
type = "MANAGED"
computeResources = {{ type = "EC2", minvCpus = 4, maxvCpus = 8, instanceTypes = ["box"] }}
[[jobQueues]]
jobQueueName = "q"
priority = 1
computeEnvironmentOrder = [{{ order = 1, computeEnvironment = "m" }}]
[[workload.jobs]]
jobName = "first"
jobQueue = "q"
vcpus = 4
memoryMiB = 64
run = "10m"
{more}"#
    )
}

/// An action a minute after the start, what goes before it in the file, and a part of AWS's refusal.
const REFUSED: &[(&str, &str)] = &[
    (
        "action = \"UpdateComputeEnvironment\"\ncomputeEnvironment = \"m\"\ncomputeResources = { minvCpus = 9 }",
        "minvCpus must be less than or equal to maxvCpus (8)",
    ),
    (
        "action = \"UpdateComputeEnvironment\"\ncomputeEnvironment = \"m\"\ncomputeResources = { maxvCpus = 0 }",
        "must be greater than 0",
    ),
    (
        "action = \"UpdateComputeEnvironment\"\ncomputeEnvironment = \"m\"\ncomputeResources = { maxvCpus = 2 }",
        "minvCpus must be less than or equal to maxvCpus (2)",
    ),
    (
        "action = \"UpdateComputeEnvironment\"\ncomputeEnvironment = \"m\"\ncomputeResources = { desiredvCpus = 9 }",
        "desiredvCpus must be between minvCpus (4) and maxvCpus (8)",
    ),
    (
        "action = \"UpdateComputeEnvironment\"\ncomputeEnvironment = \"m\"\ncomputeResources = { minvCpus = 0, desiredvCpus = 1 }",
        "Manually scaling down compute environment is not supported",
    ),
    (
        "action = \"DeleteComputeEnvironment\"\ncomputeEnvironment = \"m\"",
        "must be DISABLED before it is deleted",
    ),
    (
        "action = \"UpdateComputeEnvironment\"\ncomputeEnvironment = \"m\"\nstate = \"DISABLED\"\n[[events]]\nat = \"1m\"\naction = \"DeleteComputeEnvironment\"\ncomputeEnvironment = \"m\"",
        "is attached to a job queue",
    ),
    ("action = \"DeleteJobQueue\"\njobQueue = \"q\"", "DISABLED"),
    (
        "action = \"RunInstances\"\ncomputeEnvironment = \"m\"\ninstanceType = \"box\"",
        "is MANAGED: Batch launches its instances",
    ),
    (
        "action = \"UpdateComputeEnvironment\"\ncomputeEnvironment = \"m\"\nstatus = \"INVALID\"\n[[events]]\nat = \"1m\"\naction = \"CreateJobQueue\"\njobQueueName = \"r\"\npriority = 1\ncomputeEnvironmentOrder = [{ order = 1, computeEnvironment = \"m\" }]",
        "is not VALID",
    ),
];

#[test]
fn what_aws_refuses_while_a_run_goes_on_is_refused_with_its_reason_and_changes_nothing() {
    for (action, wanted) in REFUSED {
        let tape = play(&world(&format!("[[events]]\nat = \"1m\"\n{action}\n")));
        assert_eq!(tape.rejected.len(), 1, "{action}: {:?}", tape.rejected);
        assert!(tape.rejected[0].contains(wanted), "{:?}", tape.rejected);
        assert_eq!(tape.jobs["first"].status, JobStatus::Succeeded, "{action}");
    }
}

#[test]
fn a_strategy_that_does_not_go_with_how_instances_are_bought_is_refused_at_the_door_too() {
    let spot = |bid_percentage| Purchase::Spot { bid_percentage };
    for (purchase, strategy, wanted) in [
        (
            Purchase::OnDemand,
            AllocationStrategy::SpotCapacityOptimized,
            "is for SPOT; with EC2 use BEST_FIT",
        ),
        (
            spot(100),
            AllocationStrategy::BestFitProgressiveOrdered,
            "BEST_FIT_PROGRESSIVE_ORDERED is for EC2",
        ),
        (
            spot(0),
            AllocationStrategy::BestFit,
            "must be greater than 0",
        ),
    ] {
        let mut story = scenario(&world(""));
        for timed in &mut story.commands {
            if let Command::CreateComputeEnvironment(made) = &mut timed.command
                && let EnvironmentKind::Managed(managed) = &mut made.kind
            {
                (managed.purchase, managed.strategy) = (purchase, strategy);
            }
        }
        let tape = Simulation::new(&story, 1, Tape::of(&story)).run().observer;
        assert!(tape.rejected[0].contains(wanted), "{:?}", tape.rejected);
    }
}

fn job(name: &str, vcpus: u32, memory: u32) -> String {
    format!(
        "[[workload.jobs]]\njobName = \"{name}\"\njobQueue = \"q\"\nvcpus = {vcpus}\nmemoryMiB = {memory}\nat = \"20m\"\nrun = \"1m\"\n"
    )
}

#[test]
fn a_job_that_never_fits_is_accepted_blocks_its_queue_and_is_explained() {
    let cases = [
        (
            job("big", 6, 64),
            "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT",
        ),
        (
            job("big", 1, 8192),
            "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT",
        ),
        (
            job("big", 9, 64),
            "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE",
        ),
    ];
    for (big, reason) in cases {
        let tape = play(&world(&format!("{big}{}", job("small", 1, 64))));
        assert!(tape.rejected.is_empty(), "{:?}", tape.rejected);
        assert_eq!(tape.jobs["first"].status, JobStatus::Succeeded);
        assert!(
            tape.unfinished["big"].contains(reason),
            "{:?}",
            tape.unfinished
        );
        assert!(
            tape.unfinished["small"].contains(reason),
            "{:?}",
            tape.unfinished
        );
        assert_eq!(tape.blocked.len(), 1, "{:?}", tape.blocked);
    }
}

#[test]
fn a_head_for_which_ec2_has_no_machine_waits_for_capacity_and_for_no_boot_or_limit() {
    let outage = "[[events]]\nat = 0\naction = \"SetAvailableCapacity\"\ninstanceType = \"box\"\navailable = 1\n";
    let second = job("second", 4, 64).replace("at = \"20m\"", "at = \"1m\"");
    let text = world(&format!("{outage}{second}")).replace("minvCpus = 4, ", "");
    for spill_after in ["0s", "1h"] {
        let profile = format!("profile = \"ideal\"\nspillAfter = \"{spill_after}\"");
        let tape = play(&text.replace("profile = \"ideal\"", &profile));
        let causes = &tape.jobs["second"].causes;
        assert_eq!(causes["capacity"], 540.0, "{spill_after}: {causes:?}");
        assert_eq!(tape.start("second"), 600.0, "{spill_after}");
    }
}

#[test]
fn whoever_waits_behind_a_head_that_waits_for_its_machine_waits_for_machines_and_not_for_others() {
    let waiting = ["second", "third"].map(|name| job(name, 4, 64));
    let text = world(&waiting.concat())
        .replace("minvCpus = 4, ", "")
        .replace("maxvCpus = 8", "maxvCpus = 12")
        .replace(
            "profile = \"ideal\"",
            "profile = \"ideal\"\nlaunchTime = \"1m\"\nbootTime = \"1m\"\nscaleOutTick = \"50s\"\nscaleInIdle = \"1s\"",
        )
        .replace("at = \"20m\"", "at = \"13m\"");
    let tape = play(&text);
    for name in ["second", "third"] {
        let causes = &tape.jobs[name].causes;
        assert_eq!(tape.start(name), 920.0, "{name}");
        assert_eq!(causes["scaling"], 20.0, "{name}: {causes:?}");
        assert_eq!(causes["boot"], 120.0, "{name}: {causes:?}");
        assert!(!causes.contains_key("queue"), "{name}: {causes:?}");
    }
}

/// Machines come for the job behind the head, idle and go, but not again and again: the run ends.
#[test]
fn machines_for_a_job_behind_a_head_that_fits_nowhere_come_in_vain_once_and_the_run_ends() {
    let more = format!("{}{}", job("big", 6, 64), job("small", 1, 64));
    let text = world(&more)
        .replace("minvCpus = 4, ", "")
        .replace("profile = \"ideal\"", "profile = \"fast\"");
    let tape = play(&text);
    let unused = tape.instances.iter().filter(|one| one.attempts == 0);
    assert!(unused.count() <= 2, "{:?}", tape.instances);
    assert!(tape.end < 2.0 * 3600.0, "{}", tape.end);
    assert_eq!(tape.unfinished.len(), 2);
}

/// An On-Demand instance that is up for some time, what is billed, and the bill: per second from 60 s on, and by the started
/// hour in the era before 2017-10-02 (EC2 guide; the 240 dollars of the New York Times are scenario 02).
#[test]
fn worked_examples_of_on_demand_billing_are_exact() {
    let cases = [
        ("per-second", "10s", 60, "0.06"),
        ("per-second", "60s", 60, "0.06"),
        ("per-second", "61s", 61, "0.061"),
        ("per-second", "60.001s", 61, "0.061"),
        ("per-second", "1h", 3600, "3.60"),
        ("per-second", "90m", 5400, "5.40"),
        ("per-hour", "1s", 3600, "3.60"),
        ("per-hour", "1h", 3600, "3.60"),
        ("per-hour", "3600.001s", 7200, "7.20"),
        ("per-hour", "24h", 86_400, "86.40"),
    ];
    for (billing, run, billed_s, cost) in cases {
        let text = world("")
            .replace("minvCpus = 4, ", "")
            .replace("run = \"10m\"", &format!("run = \"{run}\""))
            .replace(
                "type = \"MANAGED\"",
                &format!("type = \"MANAGED\"\nbilling = \"{billing}\""),
            );
        let tape = play(&text);
        assert_eq!(tape.instances.len(), 1, "{billing} {run}");
        assert_eq!(tape.instances[0].billed_s, billed_s, "{billing} {run}");
        assert_eq!(
            tape.instances[0].cost.total().to_string(),
            cost,
            "{billing} {run}"
        );
    }
}

/// A life cut in two at any second costs what it did, above the minimum: money is exact, not rounded piece by piece.
#[test]
fn a_bill_does_not_change_when_a_life_is_cut_into_pieces() {
    let price = PricePerHour::parse("0.0425").unwrap();
    let whole = Span::from_ms(7_654_321);
    for cut in (0..=whole.ms()).step_by(12_345) {
        let parts = [Span::from_ms(cut), Span::from_ms(whole.ms() - cut)];
        let sum: Usd = parts.iter().map(|part| price.over(*part)).sum();
        assert_eq!(sum, price.over(whole), "{cut}");
    }
    // Two jobs, one after the other on one machine, or one as long as both: the same bill, cut into other causes.
    let bill = |more: &str, run: &str| {
        let text = world(more)
            .replace("minvCpus = 4, ", "")
            .replace("maxvCpus = 8", "maxvCpus = 4")
            .replace("run = \"10m\"", &format!("run = \"{run}\""));
        let tape = play(&text);
        let instances = tape.instances.iter();
        let sum = |cause| {
            instances
                .clone()
                .map(|one| one.cost.get(cause))
                .sum::<Usd>()
        };
        CostCause::ALL.map(sum)
    };
    let second = job("second", 4, 64)
        .replace("20m", "0s")
        .replace("1m", "13m");
    assert_eq!(bill("", "23m"), bill(&second, "10m"));
}
