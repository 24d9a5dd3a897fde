//! AWS's request shapes for environments, queues, scheduling policies and consumable resources, as far as the simulation heeds
//! them, with the rest of their keys. Names, types and ranges are those of the Batch API (2016-08-10).

#![allow(non_upper_case_globals, reason = "AWS's own names")]

use super::aws_compute::{ComputeResource, UpdatePolicy};
use super::aws_ignored::*;
use super::shape::{Field, Kind, Shape, field, ignored, shape};
use Kind::{Choice, Decimal, List, Map, Object, Text, Whole};

const COUNT: Kind = Whole(0, u32::MAX as i64);
const STATE: Kind = Choice(&["ENABLED", "DISABLED"]);

/// `tags` of whatever.
pub const TAGS: Field = ignored("tags", Map(&Text));

/// `CreateComputeEnvironment`.
pub static CreateComputeEnvironment: Shape = shape(
    "CreateComputeEnvironment",
    "A compute environment.",
    &[
        field("computeEnvironmentName", Text, "Its name.").required(),
        field(
            "type",
            Choice(&["UNMANAGED", "MANAGED"]),
            "Who gives it machines: Batch (MANAGED) or its owner.",
        )
        .required(),
        field("state", STATE, "Whether it takes new jobs.").default("\"ENABLED\""),
        field(
            "unmanagedvCpus",
            COUNT,
            "The size that fair share reserves from; nothing is reserved where absent.",
        )
        .unit("vCPU"),
        field(
            "instances",
            List(&Object(&super::ours::MACHINES)),
            "Ours: the machines that their owner registers.",
        )
        .default("[]"),
        field(
            "billing",
            Choice(&["per-second", "per-hour"]),
            "Ours: how instance time is billed; per-hour where `start` is before 2017-10-02, else per-second.",
        ),
        field(
            "status",
            Text,
            "VALID or INVALID; an INVALID environment takes no jobs.",
        )
        .default("\"VALID\""),
        field(
            "computeResources",
            Object(&ComputeResource),
            "For MANAGED environments only.",
        ),
        ignored("serviceRole", Text),
        TAGS,
        ignored("eksConfiguration", Object(&EksConfiguration)),
        ignored("context", Text),
        ignored("ecsSettings", Object(&EcsSettings)),
        ignored("computeEnvironmentArn", Text),
        ignored("ecsClusterArn", Text),
        ignored("statusReason", Text),
        field(
            "updatePolicy",
            Object(&UpdatePolicy),
            "What becomes of running jobs where an update replaces instances.",
        ),
        ignored("containerOrchestrationType", Text),
        ignored("uuid", Text),
    ],
);

/// One entry of `computeEnvironmentOrder`.
pub static ComputeEnvironmentOrder: Shape = shape(
    "ComputeEnvironmentOrder",
    "An environment of a queue; the lowest order is tried first.",
    &[
        field(
            "order",
            Whole(i32::MIN as i64, i32::MAX as i64),
            "Its place.",
        )
        .required(),
        field(
            "computeEnvironment",
            Text,
            "Name or ARN of the environment.",
        )
        .required(),
    ],
);

/// One entry of `jobStateTimeLimitActions`.
pub static JobStateTimeLimitAction: Shape = shape(
    "JobStateTimeLimitAction",
    "Cancels a job that stands at the head of its queue for one reason too long.",
    &[
        field(
            "reason",
            Text,
            "The blocking reason, such as MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT.",
        )
        .required(),
        field("state", Choice(&["RUNNABLE"]), "RUNNABLE.").default("\"RUNNABLE\""),
        field("maxTimeSeconds", Whole(600, 86_400), "How long.")
            .unit("s")
            .required(),
        field("action", Choice(&["CANCEL", "TERMINATE"]), "CANCEL.").default("\"CANCEL\""),
    ],
);

static ENVIRONMENT: Kind = Object(&ComputeEnvironmentOrder);
static SERVICE_ENVIRONMENT: Kind = Object(&ServiceEnvironmentOrder);
static TIME_LIMIT: Kind = Object(&JobStateTimeLimitAction);

/// `computeEnvironmentOrder`.
pub const ENVIRONMENT_ORDER: Field = field(
    "computeEnvironmentOrder",
    List(&ENVIRONMENT),
    "1 to 3 environments.",
);
/// `jobStateTimeLimitActions`.
pub const TIME_LIMIT_ACTIONS: Field = field(
    "jobStateTimeLimitActions",
    List(&TIME_LIMIT),
    "When a blocked head is cancelled.",
);
/// `serviceEnvironmentOrder`.
pub const SERVICE_ENVIRONMENTS: Field = field(
    "serviceEnvironmentOrder",
    List(&SERVICE_ENVIRONMENT),
    "SageMaker queues are not simulated.",
);
/// `priority` of a queue.
pub const QUEUE_PRIORITY: Field = field(
    "priority",
    Whole(i32::MIN as i64, i32::MAX as i64),
    "Of queues that share an environment the higher is evaluated first.",
);
/// `schedulingPolicyArn`.
pub const POLICY: Field = field(
    "schedulingPolicyArn",
    Text,
    "Name or ARN of the scheduling policy; a queue without one is FIFO.",
);

/// `CreateJobQueue`.
pub static CreateJobQueue: Shape = shape(
    "CreateJobQueue",
    "A job queue.",
    &[
        field("jobQueueName", Text, "Its name.").required(),
        field("state", STATE, "Whether it accepts jobs.").default("\"ENABLED\""),
        QUEUE_PRIORITY.required(),
        ENVIRONMENT_ORDER.required(),
        POLICY,
        TIME_LIMIT_ACTIONS,
        field(
            "dispatch",
            Text,
            "Ours: the dispatch discipline of this queue; that of [model] where absent.",
        ),
        field(
            "jobOrder",
            Text,
            "Ours: the order of jobs within this queue or its shares; that of [model] where absent.",
        ),
        SERVICE_ENVIRONMENTS,
        field(
            "jobQueueType",
            Text,
            "SAGEMAKER_TRAINING is not simulated; the others change nothing.",
        ),
        TAGS,
        ignored("jobQueueArn", Text),
        ignored("status", Text),
        ignored("statusReason", Text),
    ],
);

/// One entry of `shareDistribution`.
pub static ShareAttributes: Shape = shape(
    "ShareAttributes",
    "The weight of a share identifier.",
    &[
        field(
            "shareIdentifier",
            Text,
            "The identifier, or a prefix that ends in *.",
        )
        .required(),
        field(
            "weightFactor",
            Decimal(0.0001, 999.9999),
            "The lower, the more.",
        )
        .default("1"),
    ],
);

/// `fairsharePolicy`.
pub static FairsharePolicy: Shape = shape(
    "FairsharePolicy",
    "How shares take turns.",
    &[
        field(
            "shareDecaySeconds",
            Whole(0, 604_800),
            "Window of past usage; 0 means 600 s.",
        )
        .unit("s")
        .default("0"),
        field(
            "computeReservation",
            Whole(0, 99),
            "Part kept free for shares that are not active yet.",
        )
        .unit("%")
        .default("0"),
        field(
            "shareDistribution",
            List(&Object(&ShareAttributes)),
            "Weights; a share that is not named weighs 1.",
        )
        .default("[]"),
    ],
);

/// `fairsharePolicy` of a request.
pub const FAIRSHARE: Field = field(
    "fairsharePolicy",
    Object(&FairsharePolicy),
    "How shares take turns.",
);
/// `quotaSharePolicy` of a request.
pub const QUOTA_SHARE: Field = field(
    "quotaSharePolicy",
    Object(&QuotaSharePolicy),
    "For SageMaker queues, which are not simulated.",
);

/// `CreateSchedulingPolicy`.
pub static CreateSchedulingPolicy: Shape = shape(
    "CreateSchedulingPolicy",
    "A scheduling policy.",
    &[
        field("name", Text, "Its name.").required(),
        FAIRSHARE,
        QUOTA_SHARE,
        TAGS,
        ignored("arn", Text),
    ],
);

/// `CreateConsumableResource`.
pub static CreateConsumableResource: Shape = shape(
    "CreateConsumableResource",
    "Something that jobs lock and that is no machine, such as licences.",
    &[
        field("consumableResourceName", Text, "Its name.").required(),
        field("totalQuantity", Whole(0, 1 << 53), "How much there is.").default("0"),
        field(
            "resourceType",
            Choice(&["REPLENISHABLE", "NON_REPLENISHABLE"]),
            "Given back when an attempt ends, or used up by it.",
        )
        .default("\"REPLENISHABLE\""),
        TAGS,
        ignored("consumableResourceArn", Text),
        ignored("inUseQuantity", INTEGER),
        ignored("availableQuantity", INTEGER),
        ignored("createdAt", INTEGER),
    ],
);
