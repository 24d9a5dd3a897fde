//! AWS's documented limits, each once, and the checks that need nothing but the request itself. The door of `control` and
//! the readers of `input` ask the same functions, so that a scenario fails its check exactly where AWS would refuse it.

use super::{
    AllocationStrategy, BlockReason, ConsumableAsk, FairsharePolicy, FargateEnvironment,
    FargateSize, JobDefinition, JobQueue, Managed, MultiNode, Platform, Purchase, RetryStrategy,
    TimeLimitAction,
};
use crate::units::{Shape, Span};

/// Most children of an array (API ArrayProperties).
pub const ARRAY_SIZE_MAX: u32 = 10_000;
/// Fewest children of an array (API ArrayProperties).
pub const ARRAY_SIZE_MIN: u32 = 2;
/// Most entries of `dependsOn` (API SubmitJob).
pub const DEPENDENCIES_MAX: usize = 20;
/// Most `retryStrategy.attempts` (API RetryStrategy).
pub const ATTEMPTS_MAX: u8 = 10;
/// Most entries of `evaluateOnExit` (API RetryStrategy).
pub const EVALUATE_ON_EXIT_MAX: usize = 5;
/// Longest pattern of `evaluateOnExit` (API EvaluateOnExit).
pub const PATTERN_LEN_MAX: usize = 512;
/// Shortest `timeout.attemptDurationSeconds` (API JobTimeout).
pub const TIMEOUT_MIN: Span = Span::from_s(60);
/// Time from SIGTERM to SIGKILL (User Guide, job timeouts).
pub const KILL_GRACE: Span = Span::from_s(30);
/// Highest `schedulingPriority` (API SubmitJob).
pub const SCHEDULING_PRIORITY_MAX: u32 = 9_999;
/// Smallest memory request in MiB (API ResourceRequirement).
pub const MEMORY_MIN_MIB: u32 = 4;
/// Most environments of a queue (User Guide, service limits).
pub const ENVIRONMENTS_PER_QUEUE_MAX: usize = 3;
/// Most active share identifiers of a queue (API CreateJobQueue).
pub const ACTIVE_SHARES_MAX: usize = 500;
/// Most nodes of a multi-node parallel job (User Guide, multi-node parallel jobs).
pub const NODES_MAX: u32 = 1_000;
/// Most node groups (User Guide, multi-node parallel jobs).
pub const NODE_GROUPS_MAX: usize = 5;
/// Longest name (API CreateJobQueue and others).
pub const NAME_LEN_MAX: usize = 128;
/// Longest share identifier (API SubmitJob).
pub const SHARE_IDENTIFIER_LEN_MAX: usize = 255;
/// Longest `shareDecaySeconds` (API FairsharePolicy).
pub const SHARE_DECAY_MAX: Span = Span::from_s(604_800);
/// Highest `computeReservation` (API FairsharePolicy).
pub const COMPUTE_RESERVATION_MAX: u8 = 99;
/// What a `shareDecaySeconds` of zero means today (API FairsharePolicy).
pub const SHARE_DECAY_OF_ZERO: Span = Span::from_s(600);
/// `weightFactor` range in ten-thousandths (API ShareAttributes).
pub const WEIGHT_RANGE: (u32, u32) = (1, 9_999_999);
/// `maxTimeSeconds` range (API JobStateTimeLimitAction).
pub const TIME_LIMIT_RANGE: (Span, Span) = (Span::from_s(600), Span::from_s(86_400));
/// Least seconds billed for an instance (EC2 User Guide, per-second billing).
pub const BILLED_SECONDS_MIN: u64 = 60;
/// Most quantity of a consumable resource that we count.
pub const CONSUMABLE_MAX: u64 = 1 << 53;

/// GiB of `ephemeralStorage` on Fargate (API EphemeralStorage).
pub const EPHEMERAL_STORAGE_GIB: (u32, u32) = (21, 200);
/// After so long ECS gives up on making a container (ECS_CONTAINER_CREATE_TIMEOUT).
pub const CONTAINER_CREATE_TIMEOUT: Span = Span::from_s(240);

const _: () = assert!(ARRAY_SIZE_MIN < ARRAY_SIZE_MAX);
const _: () = assert!(TIMEOUT_MIN.ms() > KILL_GRACE.ms());

/// `minScaleDownDelayMinutes` range, beside 0 (API ComputeScalingPolicy).
pub const SCALE_DOWN_DELAY_MINUTES: (u32, u32) = (20, 10_080);

/// A fault of a request: the member it is about (a path in AWS's spelling, `retryStrategy/attempts`) and what is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The member.
    pub member: String,
    /// What is wrong and what would be right.
    pub message: String,
}

/// Collects faults.
#[derive(Default)]
struct Faults(Vec<Fault>);

impl Faults {
    fn check(&mut self, holds: bool, member: &str, message: impl FnOnce() -> String) {
        if !holds {
            self.0.push(Fault {
                member: member.to_owned(),
                message: message(),
            });
        }
    }
}

/// A name of a queue, environment, definition or policy: letters, digits, `-` and `_`, at most 128 (API).
pub fn name_is_valid(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= NAME_LEN_MAX
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// Faults of a name.
pub fn name_faults(member: &str, name: &str) -> Vec<Fault> {
    let mut faults = Faults::default();
    faults.check(name_is_valid(name), member, || {
        format!("`{name}` is not a name; use 1 to {NAME_LEN_MAX} letters, digits, hyphens and underscores")
    });
    faults.0
}

/// Faults of a share identifier; `*` may end it only in a scheduling policy.
pub fn share_identifier_faults(member: &str, identifier: &str, may_be_prefix: bool) -> Vec<Fault> {
    let body = if may_be_prefix {
        identifier.strip_suffix('*').unwrap_or(identifier)
    } else {
        identifier
    };
    let mut faults = Faults::default();
    faults.check(
        !identifier.is_empty()
            && identifier.len() <= SHARE_IDENTIFIER_LEN_MAX
            && body.bytes().all(|b| b.is_ascii_alphanumeric()),
        member,
        || format!("`{identifier}` is not a share identifier; use 1 to {SHARE_IDENTIFIER_LEN_MAX} letters and digits"),
    );
    faults.0
}

/// Faults of a retry strategy.
pub fn retry_faults(retry: &RetryStrategy) -> Vec<Fault> {
    let mut faults = Faults::default();
    faults.check(
        (1..=ATTEMPTS_MAX).contains(&retry.attempts),
        "retryStrategy/attempts",
        || format!("{}; must be 1 to {ATTEMPTS_MAX}", retry.attempts),
    );
    faults.check(
        retry.evaluate_on_exit.len() <= EVALUATE_ON_EXIT_MAX,
        "retryStrategy/evaluateOnExit",
        || {
            format!(
                "{} entries; at most {EVALUATE_ON_EXIT_MAX}",
                retry.evaluate_on_exit.len()
            )
        },
    );
    for (index, entry) in retry.evaluate_on_exit.iter().enumerate() {
        let member = |name: &str| format!("retryStrategy/evaluateOnExit/{index}/{name}");
        let given = [
            &entry.on_status_reason,
            &entry.on_reason,
            &entry.on_exit_code,
        ];
        faults.check(
            given.iter().any(|pattern| pattern.is_some()),
            &member(""),
            || "names no pattern; give onStatusReason, onReason or onExitCode".to_owned(),
        );
        for (name, pattern) in [
            ("onStatusReason", &entry.on_status_reason),
            ("onReason", &entry.on_reason),
        ] {
            let Some(pattern) = pattern else { continue };
            let text = pattern.to_string();
            let body = text.strip_suffix('*').unwrap_or(&text);
            faults.check(
                text.len() <= PATTERN_LEN_MAX
                    && body.chars().all(|c| c.is_alphanumeric() || c == '.' || c == ':' || c.is_whitespace()),
                &member(name),
                || {
                    format!(
                        "`{text}`; at most {PATTERN_LEN_MAX} letters, digits, periods, colons and spaces, with one * at the end if any"
                    )
                },
            );
        }
        if let Some(pattern) = &entry.on_exit_code {
            let text = pattern.to_string();
            let body = text.strip_suffix('*').unwrap_or(&text);
            faults.check(
                body.len() <= PATTERN_LEN_MAX && body.bytes().all(|b| b.is_ascii_digit()),
                &member("onExitCode"),
                || format!("`{text}`; digits only, with one * at the end if any"),
            );
        }
    }
    faults.0
}

/// Faults of a timeout.
pub fn timeout_faults(timeout: Option<Span>) -> Vec<Fault> {
    let mut faults = Faults::default();
    if let Some(timeout) = timeout {
        faults.check(
            timeout >= TIMEOUT_MIN,
            "timeout/attemptDurationSeconds",
            || format!("{timeout}; must be at least {TIMEOUT_MIN}"),
        );
    }
    faults.0
}

/// Faults of what a container asks for.
pub fn shape_faults(member: &str, shape: Shape) -> Vec<Fault> {
    let mut faults = Faults::default();
    faults.check(shape.vcpus >= 1, member, || {
        "VCPU is missing or 0; must be at least 1".to_owned()
    });
    faults.check(shape.memory >= MEMORY_MIN_MIB, member, || {
        format!(
            "MEMORY is missing or below {MEMORY_MIN_MIB}; must be at least {MEMORY_MIN_MIB} (MiB)"
        )
    });
    faults.0
}

/// Faults of a scheduling priority.
pub fn priority_faults(member: &str, priority: Option<u32>) -> Vec<Fault> {
    let mut faults = Faults::default();
    if let Some(priority) = priority {
        faults.check(priority <= SCHEDULING_PRIORITY_MAX, member, || {
            format!("{priority}; must be 0 to {SCHEDULING_PRIORITY_MAX}")
        });
    }
    faults.0
}

/// Faults of the consumable resources a job asks for.
pub fn consumable_faults(member: &str, asks: &[ConsumableAsk]) -> Vec<Fault> {
    let mut faults = Faults::default();
    for (index, ask) in asks.iter().enumerate() {
        faults.check(
            ask.quantity >= 1 && ask.quantity <= CONSUMABLE_MAX,
            member,
            || {
                format!(
                    "entry {index} asks for {} of `{}`; must be 1 or more",
                    ask.quantity, ask.resource
                )
            },
        );
        faults.check(
            !asks[..index]
                .iter()
                .any(|other| other.resource == ask.resource),
            member,
            || format!("entry {index} names `{}` a second time", ask.resource),
        );
    }
    faults.0
}

/// Faults of a multi-node layout.
pub fn node_faults(nodes: &MultiNode) -> Vec<Fault> {
    let mut faults = Faults::default();
    faults.check(
        (1..=NODES_MAX).contains(&nodes.num_nodes),
        "nodeProperties/numNodes",
        || format!("{}; must be 1 to {NODES_MAX}", nodes.num_nodes),
    );
    faults.check(
        nodes.main_node < nodes.num_nodes,
        "nodeProperties/mainNode",
        || {
            format!(
                "{}; must be below numNodes ({})",
                nodes.main_node, nodes.num_nodes
            )
        },
    );
    faults.check(
        (1..=NODE_GROUPS_MAX).contains(&nodes.groups.len()),
        "nodeProperties/nodeRangeProperties",
        || {
            format!(
                "{} ranges; must be 1 to {NODE_GROUPS_MAX}",
                nodes.groups.len()
            )
        },
    );
    if nodes.num_nodes <= NODES_MAX {
        let uncovered = (0..nodes.num_nodes).find(|&node| nodes.group_of(node).is_none());
        faults.check(
            uncovered.is_none(),
            "nodeProperties/nodeRangeProperties",
            || {
                format!(
                    "no range holds node {}; together they must cover all nodes",
                    uncovered.unwrap_or_default()
                )
            },
        );
    }
    let mut all = faults.0;
    for (index, group) in nodes.groups.iter().enumerate() {
        all.extend(shape_faults(
            &format!("nodeProperties/nodeRangeProperties/{index}/container"),
            group.shape,
        ));
    }
    all
}

/// Faults of a job definition.
pub fn definition_faults(definition: &JobDefinition) -> Vec<Fault> {
    let mut faults = name_faults("jobDefinitionName", &definition.name);
    let is_fargate = definition.container.platform == Platform::Fargate;
    match &definition.nodes {
        Some(_) if is_fargate => faults.push(Fault {
            member: "platformCapabilities".to_owned(),
            message: "multi-node parallel jobs do not run on Fargate (API RegisterJobDefinition)"
                .to_owned(),
        }),
        Some(nodes) => faults.extend(node_faults(nodes)),
        None if is_fargate => faults.extend(task_faults(definition)),
        None => faults.extend(shape_faults(
            "containerProperties/resourceRequirements",
            definition.shape,
        )),
    }
    faults.extend(retry_faults(&definition.retry));
    faults.extend(timeout_faults(definition.timeout));
    faults.extend(priority_faults(
        "schedulingPriority",
        definition.scheduling_priority,
    ));
    faults.extend(consumable_faults(
        "consumableResourceProperties",
        &definition.consumables,
    ));
    faults
}

/// Faults of what a Fargate definition asks for.
fn task_faults(definition: &JobDefinition) -> Vec<Fault> {
    const MEMBER: &str = "containerProperties/resourceRequirements";
    let (shape, terms) = (definition.shape, &definition.container);
    let mut faults = Faults(shape_faults(MEMBER, shape));
    faults.check(shape.gpus == 0, MEMBER, || NO_GPU.to_owned());
    if faults.0.is_empty() {
        let size = task_size(shape, terms.quarter_vcpus);
        faults.check(size.is_valid(), MEMBER, || size.refusal());
    }
    let (least, most) = EPHEMERAL_STORAGE_GIB;
    let gib = terms.storage_gib;
    faults.check(
        gib == 0 || (least..=most).contains(&gib),
        "containerProperties/ephemeralStorage/sizeInGiB",
        || format!("{gib}; must be {least} to {most}; 20 GiB are included without it"),
    );
    faults.0
}

/// Why a job with GPUs is refused on Fargate.
pub const NO_GPU: &str = "GPU is not valid on Fargate, which has no GPUs (API ResourceRequirement)";

/// Why a queue of both kinds of environments is refused.
pub const MIXED_PLATFORMS: &str = "compute environments of EC2 and of Fargate cannot be in one job queue, nor follow each other there (API ComputeEnvironmentOrder)";

/// Why a Fargate environment's instances are not to be had.
pub const NO_INSTANCES: &str = "Fargate has no instances: each task has a machine of its own";

/// Why no queue of Fargate environments backfills.
pub const NO_BACKFILLING: &str =
    "backfilling plans with machines, of which Fargate has none; use strict or lookahead:K";

/// The size of the Fargate task of a job that asks for `shape`, or for `quarter_vcpus` of a vCPU where that is not 0.
pub fn task_size(shape: Shape, quarter_vcpus: u32) -> FargateSize {
    FargateSize {
        quarter_vcpus: match quarter_vcpus {
            0 => shape.vcpus.saturating_mul(4),
            quarters => quarters,
        },
        memory: shape.memory,
    }
}

/// What is wrong with a Fargate environment (API ComputeResource).
pub fn fargate_faults(fargate: &FargateEnvironment) -> Vec<Fault> {
    let mut faults = Faults::default();
    faults.check(fargate.max_vcpus > 0, "maxvCpus", || {
        "must be greater than 0".to_owned()
    });
    faults.0
}

/// Faults of time-limit actions.
pub fn time_limit_faults(actions: &[TimeLimitAction]) -> Vec<Fault> {
    let mut faults = Faults::default();
    for (index, action) in actions.iter().enumerate() {
        let member = |name: &str| format!("jobStateTimeLimitActions/{index}/{name}");
        let (least, most) = TIME_LIMIT_RANGE;
        faults.check(
            (least..=most).contains(&action.max_time),
            &member("maxTimeSeconds"),
            || format!("{}; must be {least} to {most}", action.max_time),
        );
        faults.check(action.reason.may_be_limited(), &member("reason"), || {
            let allowed: Vec<&str> = BlockReason::ALL
                .iter()
                .filter(|reason| reason.may_be_limited())
                .map(|reason| reason.code())
                .collect();
            format!(
                "`{}` cannot be limited; use {}",
                action.reason.code(),
                allowed.join(", ")
            )
        });
        faults.check(
            !actions[..index]
                .iter()
                .any(|other| other.reason == action.reason),
            &member("reason"),
            || format!("`{}` is named a second time", action.reason.code()),
        );
    }
    faults.0
}

/// Faults of a queue, as far as the request alone shows them.
pub fn queue_faults(queue: &JobQueue) -> Vec<Fault> {
    let mut faults = Faults(name_faults("jobQueueName", &queue.name));
    faults
        .0
        .extend(environment_order_faults(&queue.environments));
    faults
        .0
        .extend(time_limit_faults(&queue.time_limit_actions));
    faults.0
}

/// Faults of `computeEnvironmentOrder`.
pub fn environment_order_faults(environments: &[String]) -> Vec<Fault> {
    let mut faults = Faults::default();
    faults.check(
        (1..=ENVIRONMENTS_PER_QUEUE_MAX).contains(&environments.len()),
        "computeEnvironmentOrder",
        || {
            format!(
                "{} environments; must be 1 to {ENVIRONMENTS_PER_QUEUE_MAX}",
                environments.len()
            )
        },
    );
    for (index, name) in environments.iter().enumerate() {
        faults.check(
            !environments[..index].contains(name),
            "computeEnvironmentOrder",
            || format!("`{name}` stands there twice"),
        );
    }
    faults.0
}

/// Faults of a fair-share policy.
pub fn fairshare_faults(policy: &FairsharePolicy) -> Vec<Fault> {
    let mut faults = Faults::default();
    faults.check(
        policy.share_decay <= SHARE_DECAY_MAX,
        "fairsharePolicy/shareDecaySeconds",
        || format!("{}; must be 0 to {SHARE_DECAY_MAX}", policy.share_decay),
    );
    faults.check(
        policy.compute_reservation <= COMPUTE_RESERVATION_MAX,
        "fairsharePolicy/computeReservation",
        || {
            format!(
                "{}; must be 0 to {COMPUTE_RESERVATION_MAX}",
                policy.compute_reservation
            )
        },
    );
    for (index, share) in policy.distribution.iter().enumerate() {
        let member = format!("fairsharePolicy/shareDistribution/{index}");
        faults.0.extend(share_identifier_faults(
            &format!("{member}/shareIdentifier"),
            &share.identifier,
            true,
        ));
        let (least, most) = WEIGHT_RANGE;
        faults.check(
            (least..=most).contains(&share.weight.0),
            &format!("{member}/weightFactor"),
            || "must be 0.0001 to 999.9999".to_owned(),
        );
        for other in &policy.distribution[..index] {
            faults.check(
                !overlap(&other.identifier, &share.identifier),
                &format!("{member}/shareIdentifier"),
                || {
                    format!(
                        "`{}` overlaps `{}`; entries must not overlap",
                        share.identifier, other.identifier
                    )
                },
            );
        }
    }
    faults.0
}

/// Whether some share identifier matches both entries.
fn overlap(a: &str, b: &str) -> bool {
    match (a.strip_suffix('*'), b.strip_suffix('*')) {
        (Some(a), Some(b)) => a.starts_with(b) || b.starts_with(a),
        (Some(prefix), None) => b.starts_with(prefix),
        (None, Some(prefix)) => a.starts_with(prefix),
        (None, None) => a == b,
    }
}

/// What is wrong with `computeResources` (API ComputeResource).
pub fn managed_faults(managed: &Managed) -> Vec<Fault> {
    let desired = managed.desired_vcpus;
    let mut faults = scale_faults(managed.min_vcpus, managed.max_vcpus, desired, 0);
    if managed.types.is_empty() {
        faults.push(Fault {
            member: "instanceTypes".to_owned(),
            message: "names no instance type; write types or families, or optimal".to_owned(),
        });
    }
    faults.extend(purchase_faults(managed));
    let minutes = managed.scale_down_delay.ms() / 60_000;
    let (least, most) = SCALE_DOWN_DELAY_MINUTES;
    if minutes != 0 && !(u64::from(least)..=u64::from(most)).contains(&minutes) {
        faults.push(Fault {
            member: "scalingPolicy/minScaleDownDelayMinutes".to_owned(),
            message: format!("is {minutes}; must be 0 or {least} to {most}"),
        });
    }
    faults
}

/// What is wrong with how a managed environment buys instances (API ComputeResource; User Guide, allocation strategies).
fn purchase_faults(managed: &Managed) -> Vec<Fault> {
    use AllocationStrategy::*;
    let mut faults = Vec::new();
    let mut fault = |member: &str, message: &str| {
        faults.push(Fault {
            member: member.to_owned(),
            message: message.to_owned(),
        });
    };
    let is_of_spot = matches!(
        managed.strategy,
        SpotCapacityOptimized | SpotPriceCapacityOptimized | SpotCapacityOptimizedPrioritized
    );
    match managed.purchase {
        Purchase::OnDemand if is_of_spot => fault(
            "allocationStrategy",
            "chooses among Spot pools and is for SPOT; with EC2 use BEST_FIT, BEST_FIT_PROGRESSIVE or BEST_FIT_PROGRESSIVE_ORDERED",
        ),
        Purchase::Spot { .. } if managed.strategy == BestFitProgressiveOrdered => fault(
            "allocationStrategy",
            "BEST_FIT_PROGRESSIVE_ORDERED is for EC2; with SPOT use SPOT_PRICE_CAPACITY_OPTIMIZED, SPOT_CAPACITY_OPTIMIZED, SPOT_CAPACITY_OPTIMIZED_PRIORITIZED, BEST_FIT_PROGRESSIVE or BEST_FIT",
        ),
        _ => {}
    }
    if managed.purchase == (Purchase::Spot { bid_percentage: 0 }) {
        fault(
            "bidPercentage",
            "must be greater than 0: percent of the On-Demand price",
        );
    }
    faults
}

/// What is wrong with the limits of a managed environment that has asked for `committed` vCPUs (API ComputeResource; User
/// Guide, scaling updates: desiredvCpus cannot be lowered, and maxvCpus not below what is there).
pub fn scale_faults(min: u32, max: u32, desired: Option<u32>, committed: u64) -> Vec<Fault> {
    let mut faults = Faults::default();
    faults.check(max > 0, "maxvCpus", || "must be greater than 0".to_owned());
    faults.check(min <= max, "minvCpus", || {
        format!("is {min}; minvCpus must be less than or equal to maxvCpus ({max})")
    });
    if let Some(desired) = desired {
        faults.check((min..=max).contains(&desired), "desiredvCpus", || {
            format!(
                "is {desired}; desiredvCpus must be between minvCpus ({min}) and maxvCpus ({max})"
            )
        });
        faults.check(u64::from(desired) >= committed, "desiredvCpus", || {
            format!(
                "is {desired}, less than the {committed} there are. Manually scaling down compute environment is not supported. Disconnecting job queues from compute environment will cause it to scale-down to minvCpus."
            )
        });
    }
    faults.0
}
