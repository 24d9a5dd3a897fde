//! The objects of a scenario file that are ours: the file itself, workload, events, rules, the model's parameters.

use crate::model::{ASSUMPTIONS, Unit};

use super::aws_compute::{ComputeResourceUpdate, UpdatePolicy};
use super::aws_ignored::{EcsSettings, EksConfigurationUpdate};
use super::aws_jobs::RegisterJobDefinition;
use super::aws_queues as aws;
use super::ours_billing::BILLING;
use super::ours_now::NOW;
use super::ours_quotas::QUOTA;
use super::ours_spot::SPOT;
use super::ours_workload::WORKLOAD;
use super::shape::{Field, Kind, Shape, Tagged, field, ignored, shape};
use Kind::{Choice, Decimal, Flag, List, Memory, Object, Price, Text, Whole};

/// Most machines of one entry, an assumed bound far above an ECS cluster's 5,000.
const MACHINES_MAX: i64 = 1_000_000;
const COUNT: Kind = Whole(0, u32::MAX as i64 - 1);
const NAME: Field = field("name", Text, "Its name.");

/// One entry of `instances` of an UNMANAGED environment.
pub static MACHINES: Shape = shape(
    "instances",
    "A number of like machines that an owner registers.",
    &[
        field(
            "instanceType",
            Text,
            "A type of the catalogue or of instanceTypes.",
        )
        .required(),
        field("count", Whole(1, MACHINES_MAX), "How many.").default("1"),
        field("launchAt", Kind::Span, "When they join.")
            .unit("s")
            .default("\"0s\""),
        field(
            "terminateAt",
            Kind::Span,
            "When their owner takes them away; jobs on them are lost.",
        )
        .unit("s"),
    ],
);

/// One entry of `instanceTypes`.
pub static INSTANCE_TYPE: Shape = shape(
    "instanceTypes",
    "A machine type of the scenario's own, or another price or size for one of the catalogue.",
    &[
        field("instanceType", Text, "Its name.").required(),
        field(
            "vcpus",
            Whole(1, u32::MAX as i64 - 1),
            "vCPUs; needed for a new type.",
        )
        .unit("vCPU"),
        field(
            "memoryMiB",
            Memory,
            "Nominal memory; not limited where a new type states none.",
        )
        .unit("MiB"),
        field(
            "usableMemoryMiB",
            Memory,
            "Memory that jobs can use; estimated from the nominal where absent.",
        )
        .unit("MiB"),
        field("gpus", COUNT, "GPUs; none where a new type states none."),
        field(
            "architecture",
            Choice(&["x86_64", "arm64"]),
            "Processor architecture; x86_64 where a new type states none.",
        ),
        field(
            "priceUsdPerHour",
            Price,
            "On-Demand price; needed for a new type.",
        )
        .unit("USD/h"),
        field(
            "speed",
            Decimal(0.000001, 1e6),
            "Speed of one vCPU relative to the machine that run times were measured on.",
        ),
    ],
);

/// A file that `instanceTypesFrom` names.
pub static TYPES_FILE: Shape = shape(
    "a file of instance types",
    "Instance types of a scenario, in a file of their own.",
    &[field(
        "instanceTypes",
        List(&Object(&INSTANCE_TYPE)),
        "Machine types besides those of the catalogue, or in their place.",
    )
    .required()],
);

/// `rules`.
pub static RULE: Shape = shape(
    "rules",
    "What a client does when a job ends: submit it again, changed.",
    &[
        field("on", Choice(&["FAILED", "SUCCEEDED"]), "Which end.").required(),
        field("jobQueue", Text, "Only jobs of this queue."),
        field(
            "onExitCode",
            Text,
            "Only this exit code, or a prefix that ends in *.",
        ),
        field(
            "onStatusReason",
            Text,
            "Only this status reason, or a prefix that ends in *.",
        ),
        field("action", Choice(&["SubmitJob"]), "SubmitJob.").default("\"SubmitJob\""),
        field(
            "memoryFactor",
            Decimal(0.01, 1000.0),
            "The memory request is multiplied by this.",
        )
        .default("1"),
        field(
            "toJobQueue",
            Text,
            "Submits to this queue; to the same where absent.",
        ),
        field("after", Kind::Span, "How long after the event.")
            .unit("s")
            .default("\"0s\""),
        field(
            "maxTimes",
            Whole(1, 1_000_000),
            "How often for one original job.",
        )
        .default("1"),
    ],
);

const ENVIRONMENT: Field = field(
    "computeEnvironment",
    Text,
    "Name or ARN of the environment.",
)
.required();
const QUEUE: Field = field("jobQueue", Text, "Name or ARN of the queue.").required();
const RESOURCE: Field =
    field("consumableResource", Text, "Name or ARN of the resource.").required();
const POLICY_ARN: Field = field("arn", Text, "Name or ARN of the policy.").required();
const STATE: Field = field("state", Choice(&["ENABLED", "DISABLED"]), "Its new state.");
const JOB_ID: Field = field(
    "jobId",
    Text,
    "The job's name in the workload, with `:index` for one child of an array.",
)
.required();
const REASON: Field = field("reason", Text, "What its statusReason will say.").required();

/// `events`: what an operator does, and when.
pub static EVENTS: Tagged = Tagged {
    doc: "Something that an operator does, or that happens to machines.",
    tag: "action",
    tag_doc: "The API action.",
    common: &[field("at", Kind::Span, "When.").unit("s").required()],
    variants: &[
        ("RegisterJobDefinition", &RegisterJobDefinition),
        (
            "DeregisterJobDefinition",
            &shape(
                "DeregisterJobDefinition",
                "Makes a revision INACTIVE.",
                &[field("jobDefinition", Text, "name:revision or ARN.").required()],
            ),
        ),
        ("CreateSchedulingPolicy", &aws::CreateSchedulingPolicy),
        (
            "UpdateSchedulingPolicy",
            &shape(
                "UpdateSchedulingPolicy",
                "Replaces a policy's parameters.",
                &[POLICY_ARN, aws::FAIRSHARE, aws::QUOTA_SHARE],
            ),
        ),
        (
            "DeleteSchedulingPolicy",
            &shape(
                "DeleteSchedulingPolicy",
                "Deletes a policy that no queue uses.",
                &[POLICY_ARN],
            ),
        ),
        ("CreateComputeEnvironment", &aws::CreateComputeEnvironment),
        (
            "UpdateComputeEnvironment",
            &shape(
                "UpdateComputeEnvironment",
                "Changes an environment; what is absent stays.",
                &[
                    ENVIRONMENT,
                    STATE,
                    field(
                        "unmanagedvCpus",
                        COUNT,
                        "The size that fair share reserves from.",
                    )
                    .unit("vCPU"),
                    field(
                        "status",
                        Choice(&["VALID", "INVALID"]),
                        "Ours: a fault that makes it INVALID, or its repair.",
                    ),
                    field(
                        "computeResources",
                        Object(&ComputeResourceUpdate),
                        "For MANAGED environments only.",
                    ),
                    ignored("serviceRole", Text),
                    field(
                        "updatePolicy",
                        Object(&UpdatePolicy),
                        "What becomes of running jobs where instances are replaced; stays as it is where absent.",
                    ),
                    ignored("context", Text),
                    ignored("ecsSettings", Object(&EcsSettings)),
                    ignored("eksConfiguration", Object(&EksConfigurationUpdate)),
                ],
            ),
        ),
        (
            "DeleteComputeEnvironment",
            &shape(
                "DeleteComputeEnvironment",
                "Deletes an environment that is DISABLED and in no queue.",
                &[ENVIRONMENT],
            ),
        ),
        ("CreateJobQueue", &aws::CreateJobQueue),
        (
            "UpdateJobQueue",
            &shape(
                "UpdateJobQueue",
                "Changes a queue; what is absent stays.",
                &[
                    QUEUE,
                    STATE,
                    aws::QUEUE_PRIORITY,
                    aws::ENVIRONMENT_ORDER,
                    aws::SERVICE_ENVIRONMENTS,
                    aws::POLICY,
                    aws::TIME_LIMIT_ACTIONS,
                ],
            ),
        ),
        (
            "DeleteJobQueue",
            &shape(
                "DeleteJobQueue",
                "Deletes a queue that is DISABLED, and ends its jobs.",
                &[QUEUE],
            ),
        ),
        ("CreateConsumableResource", &aws::CreateConsumableResource),
        (
            "UpdateConsumableResource",
            &shape(
                "UpdateConsumableResource",
                "Changes how much there is.",
                &[
                    RESOURCE,
                    field(
                        "operation",
                        Choice(&["SET", "ADD", "REMOVE"]),
                        "What is done with quantity.",
                    )
                    .default("\"SET\""),
                    field("quantity", Whole(0, 1 << 53), "How much.").required(),
                    ignored("clientToken", Text),
                ],
            ),
        ),
        (
            "DeleteConsumableResource",
            &shape(
                "DeleteConsumableResource",
                "Deletes a resource.",
                &[RESOURCE],
            ),
        ),
        (
            "CancelJob",
            &shape(
                "CancelJob",
                "Cancels a job that has not started.",
                &[JOB_ID, REASON],
            ),
        ),
        (
            "TerminateJob",
            &shape(
                "TerminateJob",
                "Ends a job in whatever state.",
                &[JOB_ID, REASON],
            ),
        ),
        (
            "RunInstances",
            &shape(
                "RunInstances",
                "Registers more machines with an UNMANAGED environment.",
                &[
                    ENVIRONMENT,
                    field(
                        "instanceType",
                        Text,
                        "A type of the catalogue or of instanceTypes.",
                    )
                    .required(),
                    field("count", Whole(1, MACHINES_MAX), "How many.").default("1"),
                ],
            ),
        ),
        (
            "TerminateInstances",
            &shape(
                "TerminateInstances",
                "Takes machines away, the latest launched first; jobs on them are lost.",
                &[
                    ENVIRONMENT,
                    field("count", Whole(1, MACHINES_MAX), "How many.").default("1"),
                ],
            ),
        ),
        (
            "SetAvailableCapacity",
            &shape(
                "SetAvailableCapacity",
                "Ours: how many instances of a type EC2 has for us from now on; 0 is an outage.",
                &[
                    field(
                        "instanceType",
                        Text,
                        "A type of the catalogue or of instanceTypes.",
                    )
                    .required(),
                    field(
                        "available",
                        Whole(0, MACHINES_MAX),
                        "How many, those that we have included; without a limit where absent.",
                    ),
                ],
            ),
        ),
        (
            "ZoneOutage",
            &shape(
                "ZoneOutage",
                "Ours: a zone is lost for a time, without notice. Instances of MANAGED environments in it are gone and none is launched there; On-Demand ones are spread evenly over the zones of spot.zones.",
                &[
                    field("availabilityZone", Text, "The zone.").required(),
                    field("duration", Kind::Span, "For how long.")
                        .unit("s")
                        .required(),
                ],
            ),
        ),
    ],
};

/// `model`: the profile and every assumption.
pub static MODEL: Shape = shape(
    "model",
    "How AWS behaves where it does not say: a profile, and what differs from it.",
    &[field(
        "profile",
        Choice(&["ideal", "fast", "typical", "slow"]),
        "Where the other keys are absent.",
    )
    .default("\"typical\"")],
)
.with(&MODEL_KEYS);

static MODEL_KEYS: [Field; ASSUMPTIONS.len()] = {
    let mut fields = [NAME; ASSUMPTIONS.len()];
    let mut at = 0;
    while at < ASSUMPTIONS.len() {
        let assumption = &ASSUMPTIONS[at];
        let (kind, unit) = match assumption.unit {
            Unit::Seconds => (Kind::Span, "s"),
            Unit::Ratio => (Decimal(0.0, 1e9), ""),
            Unit::Count => (Whole(0, u32::MAX as i64), ""),
            Unit::Flag => (Flag, ""),
            Unit::Choice(words) => (Choice(words), ""),
            Unit::Policy => (Text, ""),
            Unit::Price => (Price, "USD/h"),
        };
        fields[at] = field(assumption.key, kind, assumption.sentence).unit(unit);
        at += 1;
    }
    fields
};

/// The whole file.
pub static SCENARIO: Shape = shape(
    "the scenario",
    "A batchcast scenario: queues, environments and jobs, as AWS Batch's API spells them.",
    &[
        field("name", Text, "Its name; the file's where absent."),
        field("seed", Whole(0, i64::MAX), "Where all chance comes from.").default("1"),
        field(
            "start",
            Text,
            "The moment of simulated time zero, RFC 3339: 2026-01-05T00:00:00Z.",
        ),
        field(
            "region",
            Text,
            "The AWS region; prices are those of us-east-1 whatever it says.",
        )
        .default("\"us-east-1\""),
        field("until", Kind::Span, "Where the run is cut.").unit("s"),
        field("workload", Object(&WORKLOAD), "The jobs.").default("{}"),
        field(
            "now",
            Object(&NOW),
            "What there is already at time zero; nothing where absent. `run --from-now` puts a file here.",
        ),
        field(
            "jobDefinitions",
            List(&Object(&RegisterJobDefinition)),
            "RegisterJobDefinition requests.",
        )
        .default("[]"),
        field(
            "computeEnvironments",
            List(&Object(&aws::CreateComputeEnvironment)),
            "CreateComputeEnvironment requests.",
        )
        .default("[]"),
        field(
            "jobQueues",
            List(&Object(&aws::CreateJobQueue)),
            "CreateJobQueue requests.",
        )
        .required(),
        field(
            "schedulingPolicies",
            List(&Object(&aws::CreateSchedulingPolicy)),
            "CreateSchedulingPolicy requests.",
        )
        .default("[]"),
        field(
            "consumableResources",
            List(&Object(&aws::CreateConsumableResource)),
            "CreateConsumableResource requests.",
        )
        .default("[]"),
        field(
            "instanceTypes",
            List(&Object(&INSTANCE_TYPE)),
            "Machine types besides those of the catalogue, or in their place.",
        )
        .default("[]"),
        field(
            "instanceTypesFrom",
            Kind::OneOrMany(&Text),
            "Files (TOML or JSON) with such a list, as `batchcast catalog import` writes them; of one name the later goes before the earlier, and instanceTypes before them.",
        )
        .default("[]"),
        field(
            "events",
            List(&Kind::Tagged(&EVENTS)),
            "What operators do, and when.",
        )
        .default("[]"),
        field(
            "rules",
            List(&Object(&RULE)),
            "What clients do when their jobs end.",
        )
        .default("[]"),
        field(
            "spot",
            Object(&SPOT),
            "EC2 Spot: what its pools cost, and when EC2 takes instances back.",
        ),
        field(
            "quotas",
            List(&Object(&QUOTA)),
            "EC2's quotas of vCPUs that limit the account, as `aws service-quotas list-service-quotas` prints them; nothing limits it where there are none.",
        )
        .default("[]"),
        field(
            "billing",
            Object(&BILLING),
            "What the bill has besides instances, and what takes off it.",
        ),
        field(
            "model",
            Object(&MODEL),
            "How AWS behaves where it does not say.",
        )
        .default("{}"),
    ],
);
