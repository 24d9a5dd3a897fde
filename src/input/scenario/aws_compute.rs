//! AWS's request shapes for `computeResources` of managed environments.

#![allow(non_upper_case_globals, reason = "AWS's own names")]

use super::aws_ignored::*;
use super::shape::{Field, Kind, Shape, field, ignored, shape};
use Kind::{List, Map, Object, Text, Whole};

const VCPUS: Kind = Whole(0, u32::MAX as i64);

const MIN: Field = field(
    "minvCpus",
    VCPUS,
    "Never fewer once reached, even while DISABLED.",
);
const MAX: Field = field(
    "maxvCpus",
    VCPUS,
    "Launches stop there; all strategies but BEST_FIT may go over it by one instance. On Fargate the vCPUs of all tasks never exceed it.",
);
const DESIRED: Field = field(
    "desiredvCpus",
    VCPUS,
    "Launched whether or not a job waits; idle ones leave again.",
);
const TYPES: Field = field(
    "instanceTypes",
    List(&Text),
    "Types, families, optimal, default_x86_64 or default_arm64; of one architecture.",
);
const STRATEGY: Field = field(
    "allocationStrategy",
    Text,
    "BEST_FIT or BEST_FIT_PROGRESSIVE; with EC2 also BEST_FIT_PROGRESSIVE_ORDERED; with SPOT also SPOT_CAPACITY_OPTIMIZED, SPOT_PRICE_CAPACITY_OPTIMIZED or SPOT_CAPACITY_OPTIMIZED_PRIORITIZED.",
);
const CAPACITY: Field = field(
    "type",
    Text,
    "EC2, which is On-Demand, or SPOT: instances. FARGATE or FARGATE_SPOT: each attempt is a task with a machine of its own; of the other keys only maxvCpus is for them.",
);
const BID: Field = field(
    "bidPercentage",
    Whole(1, 100_000),
    "For SPOT: the most that an instance may cost, in percent of its On-Demand price; 100 where absent.",
);
const POLICY: Field = field(
    "scalingPolicy",
    Object(&ComputeScalingPolicy),
    "How instances leave.",
);

/// `scalingPolicy`.
pub static ComputeScalingPolicy: Shape = shape(
    "ComputeScalingPolicy",
    "How instances leave.",
    &[field(
        "minScaleDownDelayMinutes",
        Whole(0, 10_080),
        "How long an instance stays at least after its last job: 0, or 20 to 10080.",
    )
    .unit("min")
    .default("0")],
);

/// How machines are made: nothing of it changes the simulation.
static MACHINES: [Field; 10] = [
    ignored("imageId", Text),
    ignored("subnets", List(&Text)),
    ignored("securityGroupIds", List(&Text)),
    ignored("ec2KeyPair", Text),
    ignored("instanceRole", Text),
    ignored("tags", Map(&Text)),
    ignored("placementGroup", Text),
    ignored("launchTemplate", Object(&LaunchTemplateSpecification)),
    ignored("ec2Configuration", List(&Object(&Ec2Configuration))),
    ignored("capacityTags", Map(&Text)),
];

/// `computeResources` of CreateComputeEnvironment.
pub static ComputeResource: Shape = shape(
    "ComputeResource",
    "What a managed environment may launch.",
    &[
        CAPACITY,
        STRATEGY.default("\"BEST_FIT\""),
        MIN.unit("vCPU").default("0"),
        MAX.unit("vCPU"),
        DESIRED.unit("vCPU"),
        TYPES,
        BID.unit("%"),
        POLICY,
        ignored("spotIamFleetRole", Text),
        ignored(
            "managedInstancesProvider",
            Object(&ManagedInstancesProvider),
        ),
    ],
)
.with(&MACHINES);

/// `computeResources` of UpdateComputeEnvironment.
pub static ComputeResourceUpdate: Shape = shape(
    "ComputeResourceUpdate",
    "minvCpus, maxvCpus, desiredvCpus and scalingPolicy scale an environment; any other member replaces its instances (an infrastructure update), as updatePolicy says.",
    &[
        MIN.unit("vCPU"),
        MAX.unit("vCPU"),
        DESIRED.unit("vCPU"),
        STRATEGY,
        TYPES,
        CAPACITY,
        BID.unit("%"),
        POLICY,
        ignored("updateToLatestImageVersion", Kind::Flag),
        ignored(
            "managedInstancesProvider",
            Object(&UpdateManagedInstancesProviderConfiguration),
        ),
    ],
)
.with(&MACHINES);

/// `updatePolicy`.
pub static UpdatePolicy: Shape = shape(
    "UpdatePolicy",
    "What becomes of running jobs where an update replaces instances.",
    &[
        field(
            "terminateJobsOnUpdate",
            Kind::Flag,
            "Whether they end at once.",
        )
        .default("false"),
        field(
            "jobExecutionTimeoutMinutes",
            Kind::Whole(1, 7200),
            "How long they may run on otherwise.",
        )
        .unit("min")
        .default("30"),
    ],
);
