//! Managed environments that AWS would refuse, and the queues and events that are about them.

use super::*;

/// Members of computeResources in place of good ones, and parts of all that is said of it.
const RESOURCES: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "/type: is missing: type = \"EC2\"",
            "/maxvCpus: is missing",
            "/instanceTypes: is missing",
        ],
    ),
    (
        "type = \"EC2\", instanceTypes = [\"c6i\"]",
        &["/maxvCpus: is missing: maxvCpus = 256"],
    ),
    (
        "maxvCpus = 9, instanceTypes = [\"c6i\"]",
        &["/type: is missing: type = \"EC2\""],
    ),
    (
        "type = \"EC2\", maxvCpus = 9",
        &["/instanceTypes: is missing"],
    ),
    (
        "type = \"EC2\", maxvCpus = 9, instanceTypes = []",
        &["/instanceTypes"],
    ),
    (
        "type = \"EC2\", maxvCpus = 0, instanceTypes = [\"c6i\"]",
        &["/maxvCpus: must be greater than 0"],
    ),
    (
        "type = \"EC2\", maxvCpus = -1, instanceTypes = [\"c6i\"]",
        &["/maxvCpus: `-1` is not a whole number from 0"],
    ),
    (
        "type = \"EC2\", maxvCpus = 1.5, instanceTypes = [\"c6i\"]",
        &["/maxvCpus: `1.5` is not a whole number"],
    ),
    (
        "type = \"EC2\", maxvCpus = 9, minvCpus = 10, instanceTypes = [\"c6i\"]",
        &["/minvCpus: is 10; minvCpus must be less than or equal to maxvCpus (9)"],
    ),
    (
        "type = \"EC2\", maxvCpus = 9, minvCpus = -4, instanceTypes = [\"c6i\"]",
        &["/minvCpus: `-4` is not a whole number from 0"],
    ),
    (
        "type = \"EC2\", maxvCpus = 9, desiredvCpus = 10, instanceTypes = [\"c6i\"]",
        &["/desiredvCpus: is 10; desiredvCpus must be between minvCpus (0) and maxvCpus (9)"],
    ),
    (
        "type = \"EC2\", maxvCpus = 9, minvCpus = 4, desiredvCpus = 2, instanceTypes = [\"c6i\"]",
        &["/desiredvCpus: is 2; desiredvCpus must be between minvCpus (4) and maxvCpus (9)"],
    ),
    (
        "type = \"EC2\", maxvCpus = 9, instanceTypes = [\"c6i.hugh\"]",
        &["/instanceTypes/0", "c6i.hugh"],
    ),
    (
        "type = \"EC2\", maxvCpus = 9, instanceTypes = [\"c6i\", \"zz9\"]",
        &["/instanceTypes/1", "zz9"],
    ),
    (
        "type = \"EC2\", maxvCpus = 9, instanceTypes = [\"Optimal\"]",
        &["/instanceTypes/0"],
    ),
    (
        "type = \"EC2\", maxvCpus = 9, instanceTypes = [\"c6i\", \"c7g\"]",
        &["/instanceTypes/1", "arm64"],
    ),
    (
        "type = \"EC2\", maxvCpus = 9, instanceTypes = [\"default_arm64\", \"m6i.large\"]",
        &["/instanceTypes/1", "x86_64"],
    ),
    (
        "type = \"EC2\", maxvCpus = 9, instanceTypes = \"c6i\"",
        &["/instanceTypes", "is not a list"],
    ),
    (
        "type = \"EC2\", maxvCpus = 9, instanceTypes = [6]",
        &[
            "/instanceTypes/0: `6` is not text",
            "instanceTypes names nothing",
        ],
    ),
    (
        "type = \"SPOT\", maxvCpus = 9, instanceTypes = [\"c6i\"]",
        &["/spotIamFleetRole: is missing: SPOT with BEST_FIT, or without a strategy"],
    ),
    (
        "type = \"SPOT\", allocationStrategy = \"BEST_FIT\", maxvCpus = 9, instanceTypes = [\"c6i\"]",
        &["/spotIamFleetRole: is missing: SPOT with BEST_FIT"],
    ),
    (
        "type = \"SPOT\", allocationStrategy = \"BEST_FIT_PROGRESSIVE_ORDERED\", maxvCpus = 9, instanceTypes = [\"c6i\"]",
        &[
            "/allocationStrategy: BEST_FIT_PROGRESSIVE_ORDERED is for EC2; with SPOT use SPOT_PRICE_CAPACITY_OPTIMIZED",
        ],
    ),
    (
        "type = \"SPOT\", allocationStrategy = \"SPOT_CAPACITY\", maxvCpus = 9, instanceTypes = [\"c6i\"]",
        &["/allocationStrategy: `SPOT_CAPACITY` is no strategy; use BEST_FIT or"],
    ),
    (
        "type = \"SPOT\", allocationStrategy = \"BEST_FIT_PROGRESSIVE\", bidPercentage = 0, maxvCpus = 9, instanceTypes = [\"c6i\"]",
        &["/bidPercentage: `0` is not a whole number from 1"],
    ),
    (
        "type = \"SPOT\", allocationStrategy = \"BEST_FIT_PROGRESSIVE\", bidPercentage = 0.6, maxvCpus = 9, instanceTypes = [\"c6i\"]",
        &["/bidPercentage: `0.6` is not a whole number from 1"],
    ),
    (
        "type = \"SPOT\", allocationStrategy = \"SPOT_CAPACITY_OPTIMIZED\", instanceTypes = [\"c6i\"]",
        &["/maxvCpus: is missing"],
    ),
    (
        "type = \"FARGATE\", maxvCpus = 9, instanceTypes = [\"c6i\"]",
        &["/instanceTypes: is not applicable to FARGATE;"],
    ),
    (
        "type = \"FARGATE_SPOT\", maxvCpus = 9, instanceTypes = [\"c6i\"]",
        &["/instanceTypes: is not applicable to FARGATE_SPOT;"],
    ),
    (
        "type = \"EC3\", maxvCpus = 9, instanceTypes = [\"c6i\"]",
        &["/type", "EC3"],
    ),
    (
        "type = \"EC2\", bidPercentage = 60, maxvCpus = 9, instanceTypes = [\"c6i\"]",
        &["/bidPercentage: is for SPOT"],
    ),
    (
        "type = \"EC2\", allocationStrategy = \"SPOT_CAPACITY_OPTIMIZED\", maxvCpus = 9, instanceTypes = [\"c6i\"]",
        &[
            "/allocationStrategy: chooses among Spot pools and is for SPOT; with EC2 use BEST_FIT, BEST_FIT_PROGRESSIVE or BEST_FIT_PROGRESSIVE_ORDERED",
        ],
    ),
    (
        "type = \"EC2\", allocationStrategy = \"SPOT_PRICE_CAPACITY_OPTIMIZED\", maxvCpus = 9, instanceTypes = [\"c6i\"]",
        &["/allocationStrategy: chooses among Spot pools and is for SPOT"],
    ),
    (
        "type = \"EC2\", allocationStrategy = \"SPOT_CAPACITY_OPTIMIZED_PRIORITIZED\", maxvCpus = 9, instanceTypes = [\"c6i\"]",
        &["/allocationStrategy: chooses among Spot pools and is for SPOT"],
    ),
    (
        "type = \"EC2\", allocationStrategy = \"BEST\", maxvCpus = 9, instanceTypes = [\"c6i\"]",
        &["/allocationStrategy: `BEST`"],
    ),
    (
        "type = \"EC2\", scalingPolicy = { minScaleDownDelayMinutes = 19 }, maxvCpus = 9, instanceTypes = [\"c6i\"]",
        &["/scalingPolicy/minScaleDownDelayMinutes: is 19; must be 0 or 20 to 10080"],
    ),
    (
        "type = \"EC2\", scalingPolicy = { minScaleDownDelayMinutes = 10081 }, maxvCpus = 9, instanceTypes = [\"c6i\"]",
        &["/minScaleDownDelayMinutes: `10081` is not a whole number from 0 to 10080"],
    ),
    (
        "type = \"EC2\", scalingPolicy = { delay = 30 }, maxvCpus = 9, instanceTypes = [\"c6i\"]",
        &["`delay` is not a key of"],
    ),
    (
        "type = \"EC2\", maxVcpus = 9, instanceTypes = [\"c6i\"]",
        &["did you mean `maxvCpus`?", "/maxvCpus: is missing"],
    ),
];

/// What else may be wrong beside a good managed environment `m`, and parts of all that is said of it.
const BESIDE: &[(&str, &[&str])] = &[
    (
        "[[computeEnvironments]]\ncomputeEnvironmentName = \"n\"\ntype = \"MANAGED\"",
        &["/computeResources: is missing"],
    ),
    (
        "[[computeEnvironments]]\ncomputeEnvironmentName = \"n\"\ntype = \"MANAGD\"",
        &["/type", "MANAGD"],
    ),
    (
        "[[computeEnvironments]]\ncomputeEnvironmentName = \"n\"\ntype = \"MANAGED\"\nstate = \"OFF\"\ncomputeResources = { type = \"EC2\", maxvCpus = 4, instanceTypes = [\"c6i\"] }",
        &["/state", "ENABLED, DISABLED"],
    ),
    (
        "[[computeEnvironments]]\ncomputeEnvironmentName = \"n\"\ntype = \"MANAGED\"\ninstances = [{ instanceType = \"c6i.large\" }]\ncomputeResources = { type = \"EC2\", maxvCpus = 4, instanceTypes = [\"c6i\"] }",
        &["/instances: a MANAGED environment launches its own machines"],
    ),
    (
        "[[computeEnvironments]]\ncomputeEnvironmentName = \"no spaces\"\ntype = \"MANAGED\"\ncomputeResources = { type = \"EC2\", maxvCpus = 4, instanceTypes = [\"c6i\"] }",
        &["`no spaces` is not a name"],
    ),
    (
        "[[computeEnvironments]]\ncomputeEnvironmentName = \"n\"\ntype = \"MANAGED\"\nstatus = \"INVALID\"\ncomputeResources = { type = \"EC2\", maxvCpus = 4, instanceTypes = [\"c6i\"] }\n[[jobQueues]]\njobQueueName = \"q\"\npriority = 1\ncomputeEnvironmentOrder = [{ order = 1, computeEnvironment = \"n\" }]",
        &["/computeEnvironment: `n` is INVALID"],
    ),
    (
        "[[computeEnvironments]]\ncomputeEnvironmentName = \"arm\"\ntype = \"MANAGED\"\ncomputeResources = { type = \"EC2\", maxvCpus = 4, instanceTypes = [\"c7g\"] }\n[[jobQueues]]\njobQueueName = \"q\"\npriority = 1\ncomputeEnvironmentOrder = [{ order = 1, computeEnvironment = \"m\" }, { order = 2, computeEnvironment = \"arm\" }]",
        &["`m` has x86_64 machines and `arm` has arm64"],
    ),
    (
        "[[jobQueues]]\njobQueueName = \"q\"\npriority = 1\ncomputeEnvironmentOrder = [{ order = 1, computeEnvironment = \"m\" }, { order = 2, computeEnvironment = \"m\" }]",
        &["`m` stands there twice"],
    ),
    (
        "[[jobQueues]]\njobQueueName = \"q\"\npriority = 1\ncomputeEnvironmentOrder = [{ order = 1, computeEnvironment = \"m\" }]\n[[events]]\nat = 5\naction = \"RunInstances\"\ncomputeEnvironment = \"mm\"\ninstanceType = \"c6i.large\"",
        &["no compute environment called `mm`; did you mean `m`?"],
    ),
    (
        "[[events]]\nat = 5\naction = \"UpdateComputeEnvironment\"\ncomputeEnvironment = \"m\"\ncomputeResources = { instanceTypes = [\"c5x\"] }\nupdatePolicy = { jobExecutionTimeoutMinutes = 0 }",
        &["/jobExecutionTimeoutMinutes: ", "/instanceTypes/0: "],
    ),
    (
        "[[events]]\nat = 5\naction = \"UpdateComputeEnvironment\"\ncomputeEnvironment = \"m\"\ncomputeResources = { allocationStrategy = \"BEST_FIT\", type = \"EC2\" }",
        &["/allocationStrategy: BEST_FIT can neither be kept nor set by an infrastructure update"],
    ),
    (
        "[[events]]\nat = 5\naction = \"UpdateComputeEnvironment\"\ncomputeEnvironment = \"m\"\ncomputeResources = { type = \"FARGATE\" }",
        &["/type: `FARGATE`: an update changes between EC2 and SPOT only"],
    ),
    (
        "[[events]]\nat = 5\naction = \"SetAvailableCapacity\"\ninstanceType = \"c6i.larg\"\navailable = 2",
        &["did you mean `c6i.large`?"],
    ),
];

const MANAGED: &str =
    "[[computeEnvironments]]\ncomputeEnvironmentName = \"m\"\ntype = \"MANAGED\"\n";

#[test]
fn environments_that_aws_refuses_are_refused_before_the_run() {
    let resources = RESOURCES.iter().map(|(members, wanted)| {
        let more = format!("{MANAGED}computeResources = {{ {members} }}\n");
        (more, *wanted)
    });
    let good = "computeResources = { type = \"EC2\", maxvCpus = 9, instanceTypes = [\"c6i\"] }";
    let beside = BESIDE.iter().map(|(more, wanted)| {
        let more = format!("{MANAGED}{good}\n{more}\n");
        (more, *wanted)
    });
    let cases: Vec<(String, &[&str])> = resources.chain(beside).collect();
    assert!(cases.len() >= 40);
    let mut wrong = Vec::new();
    for (more, wanted) in cases {
        let problems = problems_of(&format!("{BASE}{JOB}{more}"));
        let is_said = |want: &&str| problems.iter().any(|line| line.contains(*want));
        if !wanted.iter().all(is_said) || problems.len() > wanted.len() {
            wrong.push(format!("{more}\n  wanted {wanted:?}\n  got {problems:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
