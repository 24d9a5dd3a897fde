//! What each figure means, said once: reports print these sentences beside the figures, and the code that computes a figure
//! refers here.

/// Bounded slowdown counts shorter runs as this many milliseconds (tau, Feitelson's 10 s).
pub const SLOWDOWN_TAU_MS: u64 = 10_000;

/// The figures and their definitions, in the order of the summary.
pub const DEFINITIONS: &[(&str, &str)] = &[
    (
        "jobs",
        "An array counts as its children, the parent not at all. submitted = accepted; rejected = refused by AWS's rules, so they never existed.",
    ),
    ("makespan", "Last end of a job minus first submission."),
    (
        "lower_bound",
        "No schedule of these runs ends sooner: the largest of critical_path (longest chain of submission, dependencies and work of jobs that succeeded, on the fastest machine), area (vCPU-time of last attempts over the most vCPUs that the environments might ever have, or ever had) and longest_job (longest last attempt).",
    ),
    (
        "wait",
        "Start of the last attempt minus submission, over jobs that started; time that earlier attempts lost is part of it.",
    ),
    (
        "quantiles",
        "Nearest rank: p95 of n values is the one at rank ceil(0.95 n) in ascending order.",
    ),
    (
        "bounded_slowdown",
        "max(1, (wait + run) / max(run, 10 s)), run being the last attempt, over jobs that started and ended.",
    ),
    (
        "throughput",
        "Jobs that ended, however they ended, per hour of makespan.",
    ),
    (
        "utilization",
        "vCPU-time (or memory-time) that jobs reserved over that of machines that were up (of_provisioned) or that the environments may have (of_max: maxvCpus of managed ones, all machines of others; AWS sets no such limit on memory), from first submission to last end.",
    ),
    (
        "time_causes",
        "Each millisecond of each job from submission to end has one cause; of several that hold, the first in the list.",
    ),
    (
        "cost",
        "The bill of all instances up to the last end of a job, and of what [billing] states. Each amount has one cause; printed parts are rounded to 1e-10 USD so that they sum to the printed total.",
    ),
    (
        "lower_bound_cost",
        "No choice of machines makes these runs cheaper: the largest of vcpus, memory and gpus, each the amount times the run of last attempts, at the least price for which any type that an environment may have gives one of it (its price over its vCPUs, usable MiB or GPUs). While a machine holds jobs it costs at least what they take of it at that price.",
    ),
    (
        "instances",
        "Machines by environment and by type: launched is how many, up_s how long they ran all together, boot_s how much of it before jobs could be placed on them, idle_s with no attempt on them after that; used_vcpu_s is what attempts had reserved. Of Spot instances also how many, how long they ran and how many EC2 took back (interrupted); mean_up_s is the one over the other: the regime that their cost depends on.",
    ),
    (
        "quotas",
        "EC2's quotas of vCPUs that the scenario limits, or of which its instances used any: the most that were asked for at once (peak_vcpus, first at peak_s), launches that the limit refused and when it refused the first. A launch counts from when it is asked for.",
    ),
    (
        "head_of_line",
        "AWS does not say whether a job may start while the head of its queue does not fit. Where a queue with jobs of different shapes leaves that to the model, runs of up to 100,000 jobs are made once more with the other answer (strict or lookahead:100): its makespan and cost, and whether one of them differs by more than 5 %.",
    ),
    (
        "by_queue, by_share",
        "Jobs of each queue, and of each share identifier (the 1,000 with most vCPU-time, others summed up): vcpu_s is reserved from placement to end, by all attempts; cost_usd is what attempts cost, so that idle, stranded and minimum belong to nobody.",
    ),
    (
        "failures",
        "Jobs that FAILED, by status reason and exit code (the 20 most frequent, others summed up), with the one that failed first.",
    ),
    (
        "unfinished",
        "Jobs that had not ended when nothing could change any more or when the run was cut, by why.",
    ),
];
