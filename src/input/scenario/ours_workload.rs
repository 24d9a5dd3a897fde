//! The objects of a scenario file's workload: traces, jobs one by one, generators.

use super::aws_jobs;
use super::shape::{Field, Kind, Shape, Tagged, field, shape};
use Kind::{Choice, Decimal, Flag, List, Object, OneOrMany, Text, Whole};

const COUNT: Kind = Whole(0, u32::MAX as i64 - 1);
const NAME: Field = field("name", Text, "Its name.");

/// `failure`: failure by chance.
pub static FAILURE: Shape = shape(
    "failure",
    "Each attempt that would succeed fails with this probability instead.",
    &[
        field("probability", Decimal(0.0, 1.0), "For each attempt.").required(),
        field("exitCode", Whole(1, 255), "Its exit code.").default("1"),
        field(
            "midway",
            Flag,
            "Whether it fails after a uniformly drawn part of its run, or at its end.",
        )
        .default("false"),
    ],
);

/// `repeat`.
pub static REPEAT: Shape = shape(
    "repeat",
    "Submits the job again and again; the copies are called name/0, name/1 and so on.",
    &[
        field("every", Kind::Span, "Time between two submissions.")
            .unit("s")
            .required(),
        field("count", Whole(1, 1_000_000), "How many submissions in all.").required(),
    ],
);

/// What becomes of a job and what it asks for, wherever jobs are listed.
pub const JOB_RUNS: &[Field] = &[
    field(
        "run",
        Kind::Span,
        "Run time of one attempt at speed one; needed unless fates says it.",
    )
    .unit("s"),
    field(
        "estimate",
        Kind::Span,
        "What the user says the run takes; backfilling plans with it.",
    )
    .unit("s"),
    field(
        "fates",
        List(&Text),
        "What becomes of its attempts, in order, the last repeating: \"137@30s\", \"0@1m\", \"oom@10s\", \"nostart\".",
    ),
    field("failure", Object(&FAILURE), "Failure by chance."),
    field(
        "peakMemoryMiB",
        COUNT,
        "Memory at its peak; an attempt that asked for less is killed.",
    )
    .unit("MiB"),
    field(
        "vcpus",
        Whole(1, u32::MAX as i64 - 1),
        "vCPUs; the definition's where absent.",
    )
    .unit("vCPU"),
    field("memoryMiB", COUNT, "Memory; the definition's where absent.").unit("MiB"),
    field("gpus", COUNT, "GPUs; the definition's where absent."),
];

/// Run times child by child.
pub const ARRAY_RUNS: Field = field(
    "childRuns",
    List(&Kind::Span),
    "Run times of the children of an array, one each.",
);

static JOB_OURS: &[Field] = &[
    field("at", Kind::Span, "When it is submitted.")
        .unit("s")
        .default("\"0s\""),
    JOB_RUNS[0],
    ARRAY_RUNS,
    JOB_RUNS[1],
    JOB_RUNS[2],
    JOB_RUNS[3],
    JOB_RUNS[4],
    JOB_RUNS[5],
    JOB_RUNS[6],
    JOB_RUNS[7],
    field("repeat", Object(&REPEAT), "Submits it several times."),
    field(
        "after",
        List(&Text),
        "Jobs of this list after whose end (success or failure) it is submitted, whatever at says.",
    ),
    field(
        "think",
        Kind::Span,
        "Time between that end and the submission.",
    )
    .unit("s")
    .default("\"0s\""),
    field(
        "poll",
        Kind::Span,
        "The client sees that end only at multiples of this.",
    )
    .unit("s")
    .default("\"0s\""),
];

/// One entry of `workload.jobs`.
pub static JOB: Shape = shape(
    "SubmitJob",
    "A submission: SubmitJob and what becomes of the job.",
    aws_jobs::SUBMIT_JOB,
)
.with(JOB_OURS);

/// Run times of generated jobs.
pub static RUN_TIMES: Tagged = Tagged {
    doc: "A family of run times.",
    tag: "kind",
    tag_doc: "Which family.",
    common: &[
        field("least", Kind::Span, "Shorter samples are raised to this.")
            .unit("s")
            .default("\"0s\""),
        field(
            "most",
            Kind::Span,
            "Longer samples are cut to this; no bound where absent.",
        )
        .unit("s"),
    ],
    variants: &[
        (
            "constant",
            &shape(
                "constant",
                "Always the same.",
                &[field("value", Kind::Span, "The run time.")
                    .unit("s")
                    .required()],
            ),
        ),
        (
            "uniform",
            &shape("uniform", "All run times of a range alike.", &[FROM, TO]),
        ),
        (
            "exponential",
            &shape(
                "exponential",
                "Many short, few long.",
                &[field("mean", Kind::Span, "Its mean.").unit("s").required()],
            ),
        ),
        (
            "logNormal",
            &shape(
                "logNormal",
                "The logarithm is normally distributed.",
                &[
                    field("median", Kind::Span, "Half the samples are shorter.")
                        .unit("s")
                        .required(),
                    field(
                        "sigma",
                        Decimal(0.0, 10.0),
                        "Standard deviation of the natural logarithm.",
                    )
                    .required(),
                ],
            ),
        ),
        (
            "normal",
            &shape(
                "normal",
                "Normally distributed, given that it is not negative.",
                &[
                    field("mean", Kind::Span, "Mean before the truncation.")
                        .unit("s")
                        .required(),
                    field(
                        "deviation",
                        Kind::Span,
                        "Standard deviation before the truncation.",
                    )
                    .unit("s")
                    .required(),
                ],
            ),
        ),
        (
            "weibull",
            &shape(
                "weibull",
                "Heavy-tailed where shape is below 1.",
                &[SHAPE, SCALE],
            ),
        ),
        (
            "gamma",
            &shape("gamma", "The mean is shape times scale.", &[SHAPE, SCALE]),
        ),
        (
            "pareto",
            &shape(
                "pareto",
                "Very heavy-tailed.",
                &[
                    field("shortest", Kind::Span, "The shortest.")
                        .unit("s")
                        .required(),
                    SHAPE,
                ],
            ),
        ),
        (
            "triangular",
            &shape(
                "triangular",
                "From the shortest over the most frequent to the longest.",
                &[
                    FROM,
                    field("mode", Kind::Span, "The most frequent.")
                        .unit("s")
                        .required(),
                    TO,
                ],
            ),
        ),
        (
            "hyperExponential",
            &shape(
                "hyperExponential",
                "Two kinds of jobs in one, the short and the long; `batchcast fit` finds them in a trace.",
                &[
                    field("part", Decimal(0.0, 1.0), "Part of the first kind.").required(),
                    field("mean", Kind::Span, "Mean of the first kind.")
                        .unit("s")
                        .required(),
                    field("otherMean", Kind::Span, "Mean of the other kind.")
                        .unit("s")
                        .required(),
                ],
            ),
        ),
        (
            "empirical",
            &shape(
                "empirical",
                "As it was measured: drawn between quantiles; `batchcast fit` takes them from a trace.",
                &[field(
                    "quantiles",
                    List(&Kind::Span),
                    "Run times of evenly spaced probabilities from the shortest to the longest: [\"5s\", \"1m\", \"1h\"] is least, median, most.",
                )
                .unit("s")
                .required()],
            ),
        ),
    ],
};

const FROM: Field = field("from", Kind::Span, "The shortest.")
    .unit("s")
    .required();
const TO: Field = field("to", Kind::Span, "The longest.").unit("s").required();
const SHAPE: Field = field("shape", Decimal(0.01, 1000.0), "Its shape.").required();
const SCALE: Field = field("scale", Kind::Span, "Its scale.")
    .unit("s")
    .required();

/// When a generator submits.
pub static ARRIVALS: Tagged = Tagged {
    doc: "When jobs are submitted.",
    tag: "kind",
    tag_doc: "Which pattern.",
    common: &[],
    variants: &[
        ("atOnce", &shape("atOnce", "All at the start.", &[])),
        (
            "poisson",
            &shape(
                "poisson",
                "Independently of each other, at a constant rate.",
                &[field(
                    "perHour",
                    Decimal(0.000001, 1e9),
                    "Mean number of submissions an hour.",
                )
                .unit("1/h")
                .required()],
            ),
        ),
        (
            "weekly",
            &shape(
                "weekly",
                "Independently of each other, at a rate that follows the hour of the day and the day of the week, UTC.",
                &[
                    field(
                        "perHour",
                        Decimal(0.000001, 1e9),
                        "Mean number of submissions an hour over a week.",
                    )
                    .unit("1/h")
                    .required(),
                    field(
                        "hourOfDay",
                        List(&RELATIVE),
                        "24 rates from midnight on, relative to each other; all alike where absent.",
                    ),
                    field(
                        "dayOfWeek",
                        List(&RELATIVE),
                        "7 rates from Monday on, relative to each other; all alike where absent.",
                    ),
                ],
            ),
        ),
        (
            "bursts",
            &shape(
                "bursts",
                "A number at once at the start and after every interval.",
                &[
                    field("every", Kind::Span, "Time between two bursts.")
                        .unit("s")
                        .required(),
                    field("size", Whole(1, 1_000_000), "Submissions of one burst.").default("1"),
                    field(
                        "jitter",
                        Kind::Span,
                        "Each comes so much later than its burst at most, evenly drawn.",
                    )
                    .unit("s")
                    .default("\"0s\""),
                ],
            ),
        ),
        (
            "timesOfDay",
            &shape(
                "timesOfDay",
                "At the same times every day, UTC.",
                &[
                    field("at", List(&Text), "Times such as \"09:30\".").required(),
                    field(
                        "jobs",
                        Whole(1, 1_000_000),
                        "Submissions at each of these times.",
                    )
                    .default("1"),
                ],
            ),
        ),
    ],
};

/// One value of several and its weight.
pub static WEIGHTED: Shape = shape(
    "weighted",
    "A value and how often it is drawn.",
    &[
        field("value", COUNT, "The value.").required(),
        field(
            "weight",
            Whole(0, 1_000_000),
            "How often, relative to the other values.",
        )
        .default("1"),
    ],
);

/// What a job asks for, all together.
pub static SIZE: Shape = shape(
    "size",
    "What jobs ask for and how often it is drawn.",
    &[
        field("vcpus", Whole(1, u32::MAX as i64 - 1), "vCPUs.")
            .unit("vCPU")
            .required(),
        field("memoryMiB", COUNT, "Memory; none stated where absent.").unit("MiB"),
        field("gpus", COUNT, "GPUs.").default("0"),
        field(
            "weight",
            Whole(0, 1_000_000),
            "How often, relative to the other sizes.",
        )
        .default("1"),
    ],
);

static RELATIVE: Kind = Decimal(0.0, 1e6);
static WEIGHTED_KIND: Kind = Object(&WEIGHTED);
static AMOUNT: Kind = Kind::Either(&COUNT_KIND, &WEIGHTED_KIND);
static COUNT_KIND: Kind = COUNT;

/// One entry of `workload.generators`.
pub static GENERATOR: Shape = shape(
    "generators",
    "A source of made-up jobs. Where a number may be drawn, write 4, [1, 2, 4] or [{ value = 4, weight = 3 }, 8].",
    &[
        NAME.required(),
        field("jobQueue", Text, "Name or ARN of the queue.").required(),
        field(
            "jobDefinition",
            Text,
            "name, name:revision or ARN; not needed where vcpus is given.",
        ),
        field(
            "vcpus",
            OneOrMany(&AMOUNT),
            "vCPUs; the definition's where absent.",
        )
        .unit("vCPU"),
        field(
            "memoryMiB",
            OneOrMany(&AMOUNT),
            "Memory; the definition's where absent.",
        )
        .unit("MiB"),
        field(
            "memoryMiBPerVcpu",
            OneOrMany(&AMOUNT),
            "Memory for each vCPU, instead of memoryMiB.",
        )
        .unit("MiB"),
        field("gpus", OneOrMany(&AMOUNT), "GPUs; none where absent."),
        field(
            "sizes",
            List(&Object(&SIZE)),
            "vCPUs, memory and GPUs drawn together, instead of vcpus, memoryMiB and gpus.",
        ),
        field(
            "arraySize",
            OneOrMany(&AMOUNT),
            "Makes submissions arrays of this size; 0 for a plain job.",
        ),
        field(
            "arrivals",
            Kind::Tagged(&ARRIVALS),
            "When jobs are submitted.",
        )
        .required(),
        field("from", Kind::Span, "When it starts.")
            .unit("s")
            .default("\"0s\""),
        field(
            "until",
            Kind::Span,
            "When it stops; count must be given where this is absent.",
        )
        .unit("s"),
        field(
            "count",
            Whole(1, 100_000_000),
            "How many submissions at most; until must be given where this is absent.",
        ),
        field(
            "run",
            Kind::Tagged(&RUN_TIMES),
            "Run times of jobs, or of array children, at speed one.",
        )
        .required(),
        field(
            "estimateFactor",
            Decimal(1.0, 1e6),
            "The user's estimate as a multiple of the run time; no estimate where absent.",
        ),
        field(
            "shareIdentifier",
            Text,
            "On fair-share queues: whose share the jobs count for.",
        ),
        field(
            "schedulingPriorityOverride",
            Whole(0, 9999),
            "Within a share the higher goes first.",
        ),
        field(
            "retryStrategy",
            Object(&aws_jobs::RetryStrategy),
            "Replaces the definition's.",
        ),
        field(
            "timeout",
            Object(&aws_jobs::JobTimeout),
            "Replaces the definition's.",
        ),
        field("failure", Object(&FAILURE), "Failure by chance."),
    ],
);

/// `workload`.
pub static WORKLOAD: Shape = shape(
    "workload",
    "The jobs: of a trace, listed here, made up, or all of these.",
    &[
        field("trace", OneOrMany(&Text), "A job log, or several; paths are relative to the scenario's folder.").default("[]"),
        field("jobQueue", Text, "The queue of trace jobs that name none; the only queue where absent."),
        field("jobDefinition", Text, "The definition of trace jobs that name none; without one they state their resources."),
        field("shareBy", Choice(&["nothing", "user", "group"]), "What becomes the share identifier of a trace job.").default("\"nothing\""),
        field("dropZeroRun", Flag, "Drops trace jobs with a run time of zero.").default("false"),
        field("completedOnly", Flag, "Keeps only trace jobs that completed.").default("false"),
        field("closedLoop", Choice(&["open", "fields", "sessions"]), "Whether trace jobs are submitted when the log says, or after others end: by the log's own fields, or by sessions of users.").default("\"open\""),
        field("thinkLimit", Kind::Span, "Longest pause within a session.").unit("s").default("\"20m\""),
        field("useMemory", Flag, "Whether memory requests of the trace count.").default("true"),
        field("jobs", List(&Object(&JOB)), "Jobs, one by one.").default("[]"),
        field("generators", List(&Object(&GENERATOR)), "Sources of made-up jobs.").default("[]"),
        field("bundle", Whole(1, 10_000), "Up to so many like jobs in one, which runs them one after another; it is submitted when its last would have been. Jobs with dependencies, fates or anchors, and jobs that others name, stay alone.").default("1"),
        field("load", Whole(1, 1000), "Everything is submitted so many times, at the same moments: what would become of ten times as much. The copies' identifiers begin with their number, as 2-.").default("1"),
    ],
);
