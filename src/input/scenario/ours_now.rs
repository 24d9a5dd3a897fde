//! `now`: what there is already at time zero.

use super::aws_jobs;
use super::ours_workload::{ARRAY_RUNS, JOB_RUNS};
use super::shape::{Kind, Shape, field, shape};
use Kind::{Decimal, List, Object, Text, Whole};

/// Most jobs of one entry.
const COUNT: Kind = Whole(1, 1_000_000);
/// Most vCPU-seconds that a share may have used: below 2^63 vCPU-milliseconds.
const VCPU_SECONDS_MAX: f64 = 1e15;

/// One entry of `now.instances`.
pub static INSTANCES: Shape = shape(
    "now.instances",
    "Like instances of a MANAGED environment that are up and take jobs.",
    &[
        field("computeEnvironment", Text, "Name or ARN of the environment.").required(),
        field("instanceType", Text, "One of the environment's types.").required(),
        field("count", Whole(1, 1_000_000), "How many.").default("1"),
        field(
            "age",
            Kind::Span,
            "How long ago they were launched: started hours, the least bill and a first hour for free go by it.",
        )
        .unit("s")
        .default("\"0s\""),
        field(
            "idle",
            Kind::Span,
            "How long those of them without a job have had none.",
        )
        .unit("s")
        .default("\"0s\""),
        field(
            "availabilityZone",
            Text,
            "The zone of Spot instances; where their type is cheapest where absent. On-Demand ones are spread over the zones.",
        ),
        field(
            "instanceId",
            Text,
            "A name for a single instance, for jobs that say where they run.",
        ),
    ],
);

/// One entry of `now.running`.
pub static RUNNING: Shape = shape(
    "now.running",
    "Jobs that are RUNNING: SubmitJob, how long they run in all and how long they have.",
    aws_jobs::SUBMIT_JOB,
)
.with({
    static MORE: &[super::shape::Field] = &join::<{ JOB_RUNS.len() + 4 }>(
        JOB_RUNS,
        &[
            field(
                "ran",
                Kind::Span,
                "How long each has been RUNNING; run (or its first fate) says how long in all.",
            )
            .unit("s")
            .required(),
            field(
                "count",
                COUNT,
                "How many like it; they are called name/0, name/1 and so on.",
            )
            .default("1"),
            field(
                "computeEnvironment",
                Text,
                "Where they run; in the first environment of the queue that has room where absent.",
            ),
            field(
                "instanceId",
                Text,
                "On which of now.instances; where there is room where absent.",
            ),
        ],
    );
    MORE
});

/// One entry of `now.runnable`.
pub static RUNNABLE: Shape = shape(
    "now.runnable",
    "Jobs that are RUNNABLE, in the order of their queue: SubmitJob and what becomes of them.",
    aws_jobs::SUBMIT_JOB,
)
.with({
    static MORE: &[super::shape::Field] = &join::<{ JOB_RUNS.len() + 3 }>(
        JOB_RUNS,
        &[
            ARRAY_RUNS,
            field(
                "waited",
                Kind::Span,
                "How long they have waited: told, and counted in no wait of the run.",
            )
            .unit("s")
            .default("\"0s\""),
            field(
                "count",
                COUNT,
                "How many like it; they are called name/0, name/1 and so on.",
            )
            .default("1"),
        ],
    );
    MORE
});

/// One entry of `now.shares`.
pub static SHARES: Shape = shape(
    "now.shares",
    "What a share of a fair-share queue has used.",
    &[
        field("jobQueue", Text, "Name or ARN of the queue.").required(),
        field("shareIdentifier", Text, "The share.").required(),
        field(
            "vcpuSeconds",
            Decimal(0.0, VCPU_SECONDS_MAX),
            "Its use as it counts now, decayed; it fades from now on as if it had just been.",
        )
        .unit("vCPU-s")
        .required(),
    ],
);

/// `now`.
pub static NOW: Shape = shape(
    "now",
    "A live account at time zero: the run goes on from it. Times, waits and bills count from now on.",
    &[
        field(
            "instances",
            List(&Object(&INSTANCES)),
            "Instances that are up, in MANAGED environments.",
        )
        .default("[]"),
        field("running", List(&Object(&RUNNING)), "Jobs that are RUNNING.").default("[]"),
        field(
            "runnable",
            List(&Object(&RUNNABLE)),
            "Jobs that are RUNNABLE, before all of workload.",
        )
        .default("[]"),
        field(
            "shares",
            List(&Object(&SHARES)),
            "What shares have used so far.",
        )
        .default("[]"),
    ],
);

/// `some`, then `more`.
const fn join<const N: usize>(
    some: &[super::shape::Field],
    more: &[super::shape::Field],
) -> [super::shape::Field; N] {
    assert!(some.len() + more.len() == N);
    let mut all = [ARRAY_RUNS; N];
    let mut at = 0;
    while at < N {
        all[at] = if at < some.len() {
            some[at]
        } else {
            more[at - some.len()]
        };
        at += 1;
    }
    all
}
