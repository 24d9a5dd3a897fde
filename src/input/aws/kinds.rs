//! What the AWS command line prints, told apart by content.

use serde_json::Value;

/// A kind of thing that an export holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `aws batch describe-compute-environments`.
    ComputeEnvironment,
    /// `aws batch describe-job-queues`.
    JobQueue,
    /// `aws batch describe-scheduling-policies`.
    SchedulingPolicy,
    /// `aws batch describe-job-definitions`.
    JobDefinition,
    /// `aws batch list-consumable-resources`, or what describes one of them.
    ConsumableResource,
    /// `aws batch describe-jobs`.
    Job,
    /// `aws batch list-jobs`.
    JobSummary,
    /// An event of EventBridge.
    Event,
    /// An event in a log group, as `aws logs filter-log-events` prints it.
    LogEvent,
    /// `aws batch get-job-queue-snapshot`.
    Snapshot,
    /// `aws ec2 describe-instance-types`.
    InstanceType,
    /// `aws ec2 describe-instances`.
    Reservation,
    /// `aws ecs describe-tasks`.
    Task,
    /// `aws ecs describe-container-instances`.
    ContainerInstance,
    /// `aws autoscaling describe-scaling-activities`.
    Activity,
    /// `aws ec2 describe-spot-price-history`.
    SpotPrices,
    /// A file of the EC2 price list.
    PriceList,
    /// `aws pricing get-products`.
    PriceProduct,
    /// When all of it was exported, as the script of `twin --commands` notes it.
    ExportedAt,
}

impl Kind {
    /// The command that prints it.
    pub fn command(self) -> &'static str {
        match self {
            Kind::ComputeEnvironment => "aws batch describe-compute-environments",
            Kind::JobQueue => "aws batch describe-job-queues",
            Kind::SchedulingPolicy => "aws batch describe-scheduling-policies",
            Kind::JobDefinition => "aws batch describe-job-definitions",
            Kind::ConsumableResource => "aws batch list-consumable-resources",
            Kind::Job => "aws batch describe-jobs",
            Kind::JobSummary => "aws batch list-jobs",
            Kind::Event => "EventBridge events of AWS Batch",
            Kind::LogEvent => "aws logs filter-log-events",
            Kind::Snapshot => "aws batch get-job-queue-snapshot",
            Kind::InstanceType => "aws ec2 describe-instance-types",
            Kind::Reservation => "aws ec2 describe-instances",
            Kind::Task => "aws ecs describe-tasks",
            Kind::ContainerInstance => "aws ecs describe-container-instances",
            Kind::Activity => "aws autoscaling describe-scaling-activities",
            Kind::SpotPrices => "aws ec2 describe-spot-price-history",
            Kind::PriceList => "EC2 price list",
            Kind::PriceProduct => "aws pricing get-products",
            Kind::ExportedAt => "exported-at",
        }
    }
}

/// The kind of the elements of an answer's list called `key`.
pub(super) fn kind_of_list(key: &str) -> Option<Kind> {
    Some(match key {
        "computeEnvironments" => Kind::ComputeEnvironment,
        "jobQueues" => Kind::JobQueue,
        "schedulingPolicies" => Kind::SchedulingPolicy,
        "jobDefinitions" => Kind::JobDefinition,
        "consumableResources" => Kind::ConsumableResource,
        "jobs" => Kind::Job,
        "jobSummaryList" => Kind::JobSummary,
        "events" => Kind::LogEvent,
        "InstanceTypes" => Kind::InstanceType,
        "Reservations" => Kind::Reservation,
        "tasks" => Kind::Task,
        "containerInstances" => Kind::ContainerInstance,
        "Activities" => Kind::Activity,
        "PriceList" => Kind::PriceProduct,
        _ => return None,
    })
}

/// Of each kind, members that all of it have.
const MARKS: &[(&[&str], Kind)] = &[
    (&["detail-type", "detail"], Kind::Event),
    (&["jobId", "jobQueue", "status"], Kind::Job),
    (&["jobId", "jobName", "createdAt"], Kind::JobSummary),
    (&["frontOfQueue"], Kind::Snapshot),
    (&["jobDefinitionName"], Kind::JobDefinition),
    (
        &["computeEnvironmentName", "type"],
        Kind::ComputeEnvironment,
    ),
    (&["jobQueueName", "priority"], Kind::JobQueue),
    (&["fairsharePolicy", "name"], Kind::SchedulingPolicy),
    (
        &["consumableResourceName", "totalQuantity"],
        Kind::ConsumableResource,
    ),
    (&["InstanceType", "VCpuInfo"], Kind::InstanceType),
    (&["ReservationId", "Instances"], Kind::Reservation),
    (&["taskArn", "lastStatus"], Kind::Task),
    (
        &["containerInstanceArn", "ec2InstanceId"],
        Kind::ContainerInstance,
    ),
    (&["ActivityId", "AutoScalingGroupName"], Kind::Activity),
    (&["batchcastExportedAt"], Kind::ExportedAt),
];

/// The kind of a single thing, by its members.
pub(super) fn kind_of(value: &Value) -> Option<Kind> {
    let members = value.as_object()?;
    MARKS
        .iter()
        .find(|(marks, _)| marks.iter().all(|mark| members.contains_key(*mark)))
        .map(|(_, kind)| *kind)
}

/// How a file is to be read, by how it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Documents as the AWS command line prints them.
    Documents,
    /// A Spot price history.
    SpotPrices,
    /// A price list as JSON.
    PriceJson,
    /// A price list as CSV.
    PriceCsv,
    /// Nothing in it.
    Empty,
    /// Something else.
    Unknown,
}

/// How a file that begins with `head` (unpacked) is to be read.
pub(super) fn form(head: &[u8]) -> Form {
    let head = head.trim_ascii_start();
    let has = |word: &[u8]| head.windows(word.len()).any(|window| window == word);
    match head.first() {
        None => Form::Empty,
        Some(b'{' | b'[') if has(b"\"SpotPriceHistory\"") || has(b"\"SpotPrice\"") => {
            Form::SpotPrices
        }
        Some(b'{') if has(b"\"offerCode\"") => Form::PriceJson,
        Some(b'{' | b'[') => Form::Documents,
        Some(_) if head.starts_with(b"\"FormatVersion\"") || head.starts_with(b"FormatVersion") => {
            Form::PriceCsv
        }
        Some(_) => Form::Unknown,
    }
}

/// Whether a file that begins with `head` (unpacked) holds jobs: the answer of describe-jobs or list-jobs, or events.
pub(in crate::input) fn holds_jobs(head: &[u8]) -> bool {
    let head = head.trim_ascii_start();
    let has = |word: &[u8]| head.windows(word.len()).any(|window| window == word);
    let in_log = has(b"\\\"detail-type\\\"") && has(b"\\\"jobId\\\"");
    matches!(head.first(), Some(b'{' | b'['))
        && (in_log || (has(b"\"jobId\"") && has(b"\"jobName\"") && has(b"\"status\"")))
}
