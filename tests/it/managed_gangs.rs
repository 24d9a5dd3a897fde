//! Multi-node jobs on machines that Batch launches for them.

use batchcast::model::{BlockReason, JobStatus};

use crate::tape::{Tape, play};

/// An environment `m` that may launch a small and a large type, at one price per vCPU, and its queue; `model`, members of
/// `computeResources`, and what else there is.
fn world(model: &str, resources: &str, more: &str) -> String {
    let types: String = [("large", 8, "4.00"), ("small", 2, "1.00")]
        .map(|(name, vcpus, price)| {
            format!(
                "[[instanceTypes]]\ninstanceType = \"{name}\"\nvcpus = {vcpus}\nmemoryMiB = 65536\npriceUsdPerHour = \"{price}\"\n"
            )
        })
        .concat();
    format!(
        r#"
name = "gangs"
{types}
[[computeEnvironments]]
computeEnvironmentName = "m"
type = "MANAGED"
[computeEnvironments.computeResources]
type = "EC2"
allocationStrategy = "BEST_FIT_PROGRESSIVE"
{resources}
[[jobQueues]]
jobQueueName = "q"
priority = 1
dispatch = "lookahead:9"
computeEnvironmentOrder = [{{ order = 1, computeEnvironment = "m" }}]
{more}
[model]
profile = "ideal"
launchTime = "1m"
bootTime = "1m"
{model}
"#
    )
}

/// A multi-node job of so many nodes of one vCPU, submitted at `at` seconds, that runs ten minutes.
fn gang(name: &str, nodes: u32, at: u32) -> String {
    format!(
        r#"
[[jobDefinitions]]
jobDefinitionName = "{name}"
type = "multinode"
nodeProperties = {{ numNodes = {nodes}, mainNode = 0, nodeRangeProperties = [{{ targetNodes = "0:", container = {{ vcpus = 1, memory = 1024 }} }}] }}
[[workload.jobs]]
jobName = "{name}"
jobQueue = "q"
jobDefinition = "{name}"
at = {at}
run = "10m"
"#
    )
}

/// A job of so many vCPUs, submitted at `at` seconds, that runs ten minutes.
fn plain(name: &str, vcpus: u32, at: u32) -> String {
    format!(
        "[[workload.jobs]]\njobName = \"{name}\"\njobQueue = \"q\"\nvcpus = {vcpus}\nmemoryMiB = 64\nat = {at}\nrun = \"10m\"\n"
    )
}

const BOTH: &str = "maxvCpus = 64\ninstanceTypes = [\"large\", \"small\"]";
const SMALL: &str = "maxvCpus = 64\ninstanceTypes = [\"small\"]";

/// Instances that were launched, in all.
fn launched(tape: &Tape) -> usize {
    tape.instances.len()
}

#[test]
fn each_node_gets_the_smallest_of_equally_cheap_machines_as_it_has_it_to_itself() {
    let tape = play(&world("", BOTH, &gang("mpi", 8, 0)));
    assert_eq!(tape.start("mpi"), 120.0);
    assert_eq!(launched(&tape), 8);
    // Eight machines at a dollar an hour, from the first minute on, for eleven.
    assert_eq!(tape.cost().to_string(), "1.4666666667");
}

#[test]
fn what_is_missing_for_a_gang_is_launched_and_no_more() {
    let more = format!("{}{}", plain("before", 2, 0), gang("mpi", 3, 730));
    let tape = play(&world("scaleInIdle = \"5m\"", SMALL, &more));
    assert_eq!(tape.start("before"), 120.0);
    assert_eq!(tape.start("mpi"), 850.0);
    assert_eq!(launched(&tape), 3);
}

#[test]
fn a_gang_behind_the_head_gets_its_machines_as_all_that_wait_do() {
    let licence = r#"
[[consumableResources]]
consumableResourceName = "licence"
totalQuantity = 0
"#;
    let stuck = plain("stuck", 1, 0).replace(
        "run =",
        "consumableResourcePropertiesOverride = { consumableResourceList = [{ consumableResource = \"licence\", quantity = 1 }] }\nrun =",
    );
    let more = format!("{licence}{stuck}{}", gang("mpi", 2, 10));
    let tape = play(&world("", SMALL, &more));
    assert_eq!(tape.start("mpi"), 130.0);
    assert_eq!(tape.unfinished.len(), 1, "{:?}", tape.unfinished);
}

#[test]
fn a_type_of_which_maxvcpus_never_lets_all_nodes_be_is_not_picked() {
    let cheap = world(
        "",
        "maxvCpus = 8\ninstanceTypes = [\"large\", \"small\"]",
        "",
    )
    .replace("4.00", "3.00");
    let (before, model) = cheap.split_once("[model]").expect("it is there");
    let text = format!("{before}{}[model]{model}", gang("mpi", 3, 0));
    let tape = play(&text);
    assert_eq!(tape.job("mpi").status, JobStatus::Succeeded);
    assert_eq!(launched(&tape), 3);
}

#[test]
fn a_gang_that_no_type_may_hold_within_maxvcpus_blocks_its_queue() {
    let resources = "maxvCpus = 4\ninstanceTypes = [\"large\"]";
    let tape = play(&world("", resources, &gang("mpi", 2, 0)));
    assert_eq!(launched(&tape), 0);
    let reason = BlockReason::MaxResource.code();
    assert!(
        tape.unfinished["mpi"].contains(reason),
        "{:?}",
        tape.unfinished
    );
}

#[test]
fn machines_of_a_gang_wait_for_tokens_and_capacity_together() {
    let model = "launchBurst = 3\nlaunchRefillPerSecond = 0.01";
    let two = format!("{}{}", gang("a", 2, 0), gang("b", 2, 0));
    let tape = play(&world(model, SMALL, &two));
    assert_eq!((tape.start("a"), tape.start("b")), (120.0, 220.0));

    let outage = "[[events]]\nat = 0\naction = \"SetAvailableCapacity\"\ninstanceType = \"small\"\navailable = 1\n";
    let tape = play(&world("", BOTH, &format!("{outage}{}", gang("mpi", 2, 0))));
    assert_eq!(tape.start("mpi"), 120.0);
    assert_eq!(launched(&tape), 2);
    assert_eq!(
        tape.cost().to_string(),
        "1.4666666667",
        "two large ones for eleven minutes"
    );
}

/// A machine that is there already leaves before the one that is missing comes, and so on.
#[test]
fn machines_that_would_always_miss_each_other_come_together_in_the_end() {
    let early = plain("early", 2, 0).replace("run = \"10m\"", "run = \"1s\"");
    let model = "scaleInIdle = \"30s\"\nneverUsedIdle = \"0s\"";
    let tape = play(&world(
        model,
        SMALL,
        &format!("{early}{}", gang("mpi", 2, 125)),
    ));
    assert_eq!(tape.job("mpi").status, JobStatus::Succeeded);
    assert!(launched(&tape) <= 6, "{:?}", tape.instances);
}

#[test]
fn a_gang_on_a_pool_beside_a_managed_environment_waits_for_capacity_and_for_no_limit() {
    let pool = r#"
[[computeEnvironments]]
computeEnvironmentName = "pool"
type = "UNMANAGED"
instances = [{ instanceType = "large", count = 2 }]
"#;
    let more = format!("{pool}{}{}", gang("first", 2, 0), gang("second", 2, 0));
    let text = world("spillAfter = \"0s\"", "maxvCpus = 64\ninstanceTypes = [\"small\"]", &more).replace(
        "computeEnvironmentOrder = [{ order = 1, computeEnvironment = \"m\" }]",
        "computeEnvironmentOrder = [{ order = 1, computeEnvironment = \"pool\" }, { order = 2, computeEnvironment = \"m\" }]",
    );
    let outage = "[[events]]\nat = 0\naction = \"SetAvailableCapacity\"\ninstanceType = \"small\"\navailable = 0\n[model]";
    let tape = play(&text.replace("[model]", outage));
    let causes = &tape.job("second").causes;
    assert_eq!(tape.start("second"), 600.0);
    assert_eq!(causes["capacity"], 600.0, "{causes:?}");
}

#[test]
fn a_full_cluster_spills_over_though_no_type_for_the_job_was_to_be_had_just_now() {
    let other = r#"
[[computeEnvironments]]
computeEnvironmentName = "n"
type = "MANAGED"
computeResources = { type = "EC2", maxvCpus = 64, instanceTypes = ["large"] }
[[events]]
at = 0
action = "SetAvailableCapacity"
instanceType = "large"
available = 0
[[events]]
at = 60
action = "SetAvailableCapacity"
instanceType = "large"
"#;
    let model = "clusterInstancesMax = 2\nspillAfter = \"1h\"\ncapacityBackoff = \"1h\"";
    let small = format!("{}{}", plain("one", 2, 10), plain("two", 2, 10));
    let more = format!("{other}{}{small}", plain("big", 8, 0));
    let text = world(model, BOTH, &more).replace(
        "computeEnvironment = \"m\" }]",
        "computeEnvironment = \"m\" }, { order = 2, computeEnvironment = \"n\" }]",
    );
    let tape = play(&text);
    assert_eq!(tape.start("one"), 130.0);
    assert_eq!(tape.start("big"), 180.0);
}

#[test]
fn a_gang_that_is_submitted_again_with_more_memory_asks_for_it_at_each_node() {
    let rule = |factor: &str| {
        format!("[[rules]]\non = \"SUCCEEDED\"\nmemoryFactor = {factor}\nmaxTimes = 1\n")
    };
    // A node asks for 40,000 MiB: twice that is on no machine.
    let wide = gang("mpi", 2, 0).replace("memory = 1024", "memory = 40000");
    for (factor, unfinished) in [("1.5", 0), ("2", 1)] {
        let tape = play(&world("", SMALL, &format!("{}{wide}", rule(factor))));
        assert_eq!(tape.unfinished.len(), unfinished, "{:?}", tape.unfinished);
    }
}
