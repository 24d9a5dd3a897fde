//! AWS's request shapes for job definitions and jobs, as far as the simulation heeds them, with the rest of their keys. Names,
//! types and ranges are those of the Batch API (2016-08-10); what `describe-…` adds to a request is accepted too.

#![allow(non_upper_case_globals, reason = "AWS's own names")]

use super::aws_ignored::*;
use super::aws_queues::TAGS;
use super::ours_jobs::CHECKPOINT;
use super::shape::{Field, Kind, Shape, field, ignored, shape};
use Kind::{AnyCase, Choice, Decimal, Flag, List, Map, Object, Quantity, Text, Whole};

const COUNT: Kind = Whole(0, u32::MAX as i64);

/// One entry of `resourceRequirements`.
pub static ResourceRequirement: Shape = shape(
    "ResourceRequirement",
    "An amount of one resource that a container asks for.",
    &[
        field(
            "type",
            Choice(&["VCPU", "MEMORY", "GPU"]),
            "Which resource.",
        )
        .required(),
        field(
            "value",
            Quantity,
            "How much: whole vCPUs, MiB or GPUs, as text or number; on Fargate also 0.25 and 0.5 vCPUs, as text.",
        )
        .required(),
    ],
);

static REQUIREMENT: Kind = Object(&ResourceRequirement);
const REQUIREMENTS: Field = field(
    "resourceRequirements",
    List(&REQUIREMENT),
    "What the container asks for: VCPU and MEMORY, and GPU if any.",
);

/// `ephemeralStorage`.
pub static EphemeralStorage: Shape = shape(
    "EphemeralStorage",
    "On Fargate: the storage of a task, of which 20 GiB are included.",
    &[field("sizeInGiB", Whole(0, 65_536), "21 to 200.").unit("GiB")],
);

/// `runtimePlatform`.
pub static RuntimePlatform: Shape = shape(
    "RuntimePlatform",
    "On Fargate: what a task's machine is.",
    &[
        field(
            "cpuArchitecture",
            Text,
            "X86_64, or ARM64, which costs less.",
        ),
        field("operatingSystemFamily", Text, "LINUX."),
    ],
);

const IMAGE: Field = field(
    "image",
    Text,
    "What is pulled once for each host, where images have a size (imageSize, imageSizeMib).",
);
const STORAGE: Field = field(
    "ephemeralStorage",
    Object(&EphemeralStorage),
    "On Fargate: more storage, which is billed.",
);
const SYSTEM: Field = field(
    "runtimePlatform",
    Object(&RuntimePlatform),
    "On Fargate: the processor.",
);

/// `containerProperties`, and `container` of a node range.
pub static ContainerProperties: Shape = shape(
    "ContainerProperties",
    "One container on one host.",
    &[
        REQUIREMENTS,
        field(
            "vcpus",
            COUNT,
            "Deprecated: vCPUs, where resourceRequirements gives no VCPU.",
        ),
        field(
            "memory",
            COUNT,
            "Deprecated: memory, where resourceRequirements gives no MEMORY.",
        )
        .unit("MiB"),
        field(
            "instanceType",
            Text,
            "The instance type that the nodes of a multi-node job must have.",
        ),
        IMAGE,
        ignored("command", List(&Text)),
        ignored("jobRoleArn", Text),
        ignored("executionRoleArn", Text),
        ignored("volumes", List(&Object(&Volume))),
        ignored("environment", List(&Object(&KeyValuePair))),
        ignored("mountPoints", List(&Object(&MountPoint))),
        ignored("readonlyRootFilesystem", Flag),
        ignored("privileged", Flag),
        ignored("ulimits", List(&Object(&Ulimit))),
        ignored("user", Text),
        ignored("linuxParameters", Object(&LinuxParameters)),
        ignored("logConfiguration", Object(&LogConfiguration)),
        ignored("secrets", List(&Object(&Secret))),
        ignored("networkConfiguration", Object(&NetworkConfiguration)),
        ignored(
            "fargatePlatformConfiguration",
            Object(&FargatePlatformConfiguration),
        ),
        ignored("enableExecuteCommand", Flag),
        STORAGE,
        SYSTEM,
        ignored("repositoryCredentials", Object(&RepositoryCredentials)),
    ],
);

/// One container of an ECS task.
pub static TaskContainerProperties: Shape = shape(
    "TaskContainerProperties",
    "One of the containers that a job runs together on one host.",
    &[
        REQUIREMENTS,
        IMAGE,
        ignored("name", Text),
        ignored("command", List(&Text)),
        ignored("dependsOn", List(&Object(&TaskContainerDependency))),
        ignored("environment", List(&Object(&KeyValuePair))),
        ignored("essential", Flag),
        ignored("firelensConfiguration", Object(&FirelensConfiguration)),
        ignored("linuxParameters", Object(&LinuxParameters)),
        ignored("logConfiguration", Object(&LogConfiguration)),
        ignored("mountPoints", List(&Object(&MountPoint))),
        ignored("privileged", Flag),
        ignored("readonlyRootFilesystem", Flag),
        ignored("repositoryCredentials", Object(&RepositoryCredentials)),
        ignored("secrets", List(&Object(&Secret))),
        ignored("ulimits", List(&Object(&Ulimit))),
        ignored("user", Text),
        ignored("startTimeout", INTEGER),
        ignored("stopTimeout", INTEGER),
    ],
);

/// An ECS task.
pub static EcsTaskProperties: Shape = shape(
    "EcsTaskProperties",
    "The containers of a job; it asks for their sum.",
    &[
        field(
            "containers",
            List(&Object(&TaskContainerProperties)),
            "1 to 10 containers.",
        )
        .required(),
        STORAGE,
        ignored("executionRoleArn", Text),
        ignored("platformVersion", Text),
        ignored("ipcMode", Text),
        ignored("taskRoleArn", Text),
        ignored("pidMode", Text),
        ignored("networkConfiguration", Object(&NetworkConfiguration)),
        SYSTEM,
        ignored("volumes", List(&Object(&Volume))),
        ignored("enableExecuteCommand", Flag),
        ignored("networkMode", Text),
    ],
);

/// `ecsProperties`.
pub static EcsProperties: Shape = shape(
    "EcsProperties",
    "A job of several containers.",
    &[field(
        "taskProperties",
        List(&Object(&EcsTaskProperties)),
        "One task.",
    )
    .required()],
);

/// `resources` of an EKS container.
pub static EksContainerResourceRequirements: Shape = shape(
    "EksContainerResourceRequirements",
    "What a container asks for, in Kubernetes quantities.",
    &[
        field(
            "requests",
            Map(&Text),
            "cpu, memory, nvidia.com/gpu; what is absent is taken from limits.",
        ),
        field("limits", Map(&Text), "cpu, memory, nvidia.com/gpu."),
    ],
);

/// One container of a pod.
pub static EksContainer: Shape = shape(
    "EksContainer",
    "One container of a pod.",
    &[
        field(
            "resources",
            Object(&EksContainerResourceRequirements),
            "What it asks for.",
        ),
        ignored("name", Text),
        ignored("image", Text),
        ignored("imagePullPolicy", Text),
        ignored("command", List(&Text)),
        ignored("args", List(&Text)),
        ignored("env", List(&Object(&EksContainerEnvironmentVariable))),
        ignored("volumeMounts", List(&Object(&EksContainerVolumeMount))),
        ignored("securityContext", Object(&EksContainerSecurityContext)),
    ],
);

/// `podProperties`.
pub static EksPodProperties: Shape = shape(
    "EksPodProperties",
    "A pod; it asks for the sum of its containers.",
    &[
        field(
            "containers",
            List(&Object(&EksContainer)),
            "1 to 10 containers.",
        )
        .required(),
        ignored("initContainers", List(&Object(&EksContainer))),
        ignored("serviceAccountName", Text),
        ignored("hostNetwork", Flag),
        ignored("dnsPolicy", Text),
        ignored("imagePullSecrets", List(&Object(&ImagePullSecret))),
        ignored("volumes", List(&Object(&EksVolume))),
        ignored("metadata", Object(&EksMetadata)),
        ignored("shareProcessNamespace", Flag),
        ignored("securityContext", Object(&EksPodSecurityContext)),
    ],
);

/// `eksProperties`.
pub static EksProperties: Shape = shape(
    "EksProperties",
    "A job that is a pod.",
    &[field("podProperties", Object(&EksPodProperties), "The pod.").required()],
);

/// One entry of `consumableResourceList`.
pub static ConsumableResourceRequirement: Shape = shape(
    "ConsumableResourceRequirement",
    "A quantity of a consumable resource.",
    &[
        field("consumableResource", Text, "Name or ARN of the resource.").required(),
        field(
            "quantity",
            Whole(1, 1 << 53),
            "How much a job locks while it runs.",
        )
        .required(),
    ],
);

/// `consumableResourceProperties`.
pub static ConsumableResourceProperties: Shape = shape(
    "ConsumableResourceProperties",
    "The consumable resources that a job needs.",
    &[field(
        "consumableResourceList",
        List(&Object(&ConsumableResourceRequirement)),
        "One entry for each resource.",
    )],
);

/// One entry of `evaluateOnExit`.
pub static EvaluateOnExit: Shape = shape(
    "EvaluateOnExit",
    "Which failures are worth another attempt: all given patterns must match. A pattern is literal, or a prefix where it ends in *.",
    &[
        field(
            "onStatusReason",
            Text,
            "Pattern for the attempt's status reason.",
        ),
        field("onReason", Text, "Pattern for the container's reason."),
        field("onExitCode", Text, "Pattern for the exit code."),
        field(
            "action",
            AnyCase(&["RETRY", "EXIT"]),
            "What to do on a match.",
        )
        .required(),
    ],
);

/// `retryStrategy`.
pub static RetryStrategy: Shape = shape(
    "RetryStrategy",
    "How often a job is attempted.",
    &[
        field("attempts", Whole(1, 10), "Attempts in all, not extra ones.").default("1"),
        field(
            "evaluateOnExit",
            List(&Object(&EvaluateOnExit)),
            "Tried in order, the first match decides; no match means RETRY.",
        ),
    ],
);

/// `timeout`.
pub static JobTimeout: Shape = shape(
    "JobTimeout",
    "When an attempt is ended.",
    &[field(
        "attemptDurationSeconds",
        Whole(60, i32::MAX as i64),
        "Time in RUNNING after which an attempt is ended and the job fails.",
    )
    .unit("s")],
);

/// One entry of `nodeRangeProperties`.
pub static NodeRangeProperty: Shape = shape(
    "NodeRangeProperty",
    "What the nodes of a range ask for.",
    &[
        field(
            "targetNodes",
            Text,
            "The range of node indexes: 0:3, :3, 4: or 2.",
        )
        .required(),
        field(
            "container",
            Object(&ContainerProperties),
            "One container for each node.",
        ),
        field(
            "ecsProperties",
            Object(&EcsProperties),
            "Several containers for each node.",
        ),
        field(
            "eksProperties",
            Object(&EksProperties),
            "A pod for each node.",
        ),
        field(
            "instanceTypes",
            List(&Text),
            "The instance type that the nodes must have.",
        ),
        field(
            "consumableResourceProperties",
            Object(&ConsumableResourceProperties),
            "What each of these nodes locks.",
        ),
    ],
);

/// `nodeProperties`.
pub static NodeProperties: Shape = shape(
    "NodeProperties",
    "A gang of whole instances that starts and ends together.",
    &[
        field("numNodes", Whole(1, 1000), "How many nodes.").required(),
        field(
            "mainNode",
            Whole(0, 999),
            "The node whose exit ends the job.",
        )
        .required(),
        field(
            "nodeRangeProperties",
            List(&Object(&NodeRangeProperty)),
            "What each node asks for; of nested ranges the inner one holds.",
        )
        .required(),
    ],
);

/// `RegisterJobDefinition`.
pub static RegisterJobDefinition: Shape = shape(
    "RegisterJobDefinition",
    "A job definition; several of one name are its revisions, in order.",
    &[
        field("jobDefinitionName", Text, "Its name.").required(),
        field(
            "type",
            Choice(&["container", "multinode"]),
            "One host, or a gang of hosts.",
        )
        .default("\"container\""),
        field(
            "containerProperties",
            Object(&ContainerProperties),
            "The container.",
        ),
        field(
            "ecsProperties",
            Object(&EcsProperties),
            "Several containers; the job asks for their sum.",
        ),
        field(
            "eksProperties",
            Object(&EksProperties),
            "A pod; the job asks for the sum of its containers.",
        ),
        field(
            "nodeProperties",
            Object(&NodeProperties),
            "The nodes, where type is multinode.",
        ),
        field(
            "retryStrategy",
            Object(&RetryStrategy),
            "How often a job is attempted; once where absent.",
        ),
        field(
            "timeout",
            Object(&JobTimeout),
            "When an attempt is ended; never where absent.",
        ),
        field(
            "schedulingPriority",
            Whole(0, 9999),
            "Within a share the higher goes first.",
        ),
        field(
            "consumableResourceProperties",
            Object(&ConsumableResourceProperties),
            "What an attempt locks.",
        ),
        field(
            "platformCapabilities",
            List(&Text),
            "EC2, or FARGATE, whose sizes are pairs of vCPUs and memory.",
        ),
        field(
            "speed",
            Decimal(0.000001, 1e6),
            "Ours: how much faster this job's code runs, on top of the machine's speed.",
        )
        .default("1"),
        field(
            "imageSize",
            Text,
            "Ours: the size of its image, such as 500MiB or 2GiB; where absent, imageSizeMib of the model.",
        ),
        field(
            "checkpoint",
            Object(&CHECKPOINT),
            "Ours: how its jobs save their work; every attempt begins anew where absent.",
        ),
        field(
            "revision",
            Whole(1, i32::MAX as i64),
            "As describe-job-definitions prints it; must be the place among those of its name.",
        ),
        field(
            "status",
            Choice(&["ACTIVE", "INACTIVE"]),
            "As describe-job-definitions prints it; INACTIVE: deregistered at once.",
        ),
        ignored("parameters", Map(&Text)),
        ignored("propagateTags", Flag),
        TAGS,
        ignored("jobDefinitionArn", Text),
        ignored("containerOrchestrationType", Text),
    ],
);

/// `arrayProperties`.
pub static ArrayProperties: Shape = shape(
    "ArrayProperties",
    "An array of jobs.",
    &[field("size", Whole(2, 10_000), "How many children.").required()],
);

/// One entry of `dependsOn`.
pub static JobDependency: Shape = shape(
    "JobDependency",
    "A job that must succeed before.",
    &[
        field(
            "jobId",
            Text,
            "jobName of another job of this list, with `:index` for one child of its array.",
        ),
        field(
            "type",
            Choice(&["N_TO_N", "SEQUENTIAL"]),
            "N_TO_N: child i waits for child i of that array. SEQUENTIAL (without jobId): child i waits for child i-1.",
        ),
    ],
);

/// `containerOverrides`.
pub static ContainerOverrides: Shape = shape(
    "ContainerOverrides",
    "What this job asks for instead of its definition's.",
    &[
        REQUIREMENTS,
        field(
            "vcpus",
            COUNT,
            "Deprecated: vCPUs, where resourceRequirements gives no VCPU.",
        ),
        field(
            "memory",
            COUNT,
            "Deprecated: memory, where resourceRequirements gives no MEMORY.",
        )
        .unit("MiB"),
        ignored("command", List(&Text)),
        ignored("instanceType", Text),
        ignored("environment", List(&Object(&KeyValuePair))),
    ],
);

/// `nodeOverrides`.
pub static NodeOverrides: Shape = shape(
    "NodeOverrides",
    "Another number of nodes.",
    &[
        field("numNodes", Whole(1, 1000), "How many nodes."),
        ignored(
            "nodePropertyOverrides",
            List(&Object(&NodePropertyOverride)),
        ),
    ],
);

/// The keys of `SubmitJob` that a list of jobs takes.
pub static SUBMIT_JOB: &[Field] = &[
    field(
        "jobName",
        Text,
        "Its name; other jobs of this list refer to it.",
    )
    .required(),
    field("jobQueue", Text, "Name or ARN of the queue.").required(),
    field(
        "jobDefinition",
        Text,
        "name, name:revision or ARN; not needed where vcpus is given.",
    ),
    field(
        "shareIdentifier",
        Text,
        "On fair-share queues: whose share it counts for.",
    ),
    field(
        "schedulingPriorityOverride",
        Whole(0, 9999),
        "Within a share the higher goes first.",
    ),
    field(
        "arrayProperties",
        Object(&ArrayProperties),
        "Makes it an array.",
    ),
    field(
        "dependsOn",
        List(&Object(&JobDependency)),
        "What must succeed before; at most 20.",
    ),
    field(
        "containerOverrides",
        Object(&ContainerOverrides),
        "What it asks for instead of its definition's.",
    ),
    field(
        "nodeOverrides",
        Object(&NodeOverrides),
        "Another number of nodes.",
    ),
    field(
        "retryStrategy",
        Object(&RetryStrategy),
        "Replaces the definition's.",
    ),
    field("timeout", Object(&JobTimeout), "Replaces the definition's."),
    field(
        "consumableResourcePropertiesOverride",
        Object(&ConsumableResourceProperties),
        "Replaces the definition's.",
    ),
    ignored("parameters", Map(&Text)),
    ignored("propagateTags", Flag),
    TAGS,
    ignored("ecsPropertiesOverride", Object(&EcsPropertiesOverride)),
    ignored("eksPropertiesOverride", Object(&EksPropertiesOverride)),
];
