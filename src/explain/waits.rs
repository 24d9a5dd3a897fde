//! What each cause of a wait means for one job, in the words of its scenario, and which lever would shorten it.

use crate::model::TimeCause;
use crate::report::{duration, whole};
use crate::units::Span;

use super::around::Around;
use super::rows::JobRow;
use super::setting::{Environment, Setting};

/// One part of a life, told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// Its cause.
    pub cause: TimeCause,
    /// How long.
    pub span: Span,
    /// What was waited for, as the rest of a sentence that begins with how long.
    pub what: String,
    /// What would shorten it, as a sentence; nothing for the run.
    pub lever: String,
}

/// The parts of the life of `job`, in the order in which causes win, which is about that of time.
pub(super) fn waits(job: &JobRow, around: &Around, setting: Setting<'_>) -> Vec<Wait> {
    let causes = TimeCause::ALL.into_iter();
    let parts = causes.map(|cause| (cause, job.time.get(cause)));
    let told = parts
        .filter(|(_, span)| !span.is_zero())
        .map(|(cause, span)| {
            let (what, lever) = tell(cause, job, around, setting);
            let lever = match lever.as_str() {
                "" => lever,
                _ => format!("waited {}: {lever}", duration(span)),
            };
            Wait {
                cause,
                span,
                what,
                lever,
            }
        });
    told.collect()
}

fn tell(cause: TimeCause, job: &JobRow, around: &Around, setting: Setting<'_>) -> (String, String) {
    let queue = &job.queue;
    let environments = setting.environments_of(queue);
    let grown = limits(&environments);
    let model = |key: &str| format!("{key} {}", setting.model(key));
    match cause {
        TimeCause::Dependency => dependency(job, around),
        TimeCause::BlockedHead => blocked(job, around, setting),
        TimeCause::Scaling => (
            format!("for the next scaling decision ({})", model("scaleOutTick")),
            format!(
                "environments decide to grow at multiples of {}, which is AWS's; minvCpus above 0 keeps machines that need no \
                 decision",
                model("scaleOutTick")
            ),
        ),
        TimeCause::Boot if environments.iter().all(|one| one.is_fargate()) => {
            let start = model("fargateStart");
            (
                format!("STARTING, until its Fargate task had a machine ({start})"),
                format!(
                    "every attempt waits for a machine of its own ({start}), which is AWS's; longer jobs wait for it less often, \
                     and on EC2 those do not that find an instance there"
                ),
            )
        }
        TimeCause::Boot => {
            let launch = match environments.iter().any(|one| one.kind() == Some("SPOT")) {
                true => model("spotLaunchTime"),
                false => model("launchTime"),
            };
            (
                format!("for a machine to be launched and to boot ({launch}, {})", model("bootTime")),
                format!(
                    "a machine takes {launch} and {} until it takes jobs; a leaner AMI, or minvCpus above 0, is the lever",
                    model("bootTime")
                ),
            )
        }
        TimeCause::Share => (
            format!("while other shares of queue {queue} had their turn"),
            format!(
                "share {} had used more than its turn; a lower weightFactor for it in the scheduling policy gives it more \
                 (or more vCPUs: {grown})",
                named(&job.share)
            ),
        ),
        TimeCause::Queue => (
            format!("behind other jobs of queue {queue}"),
            format!(
                "others of queue {queue} were ahead; a queue of higher priority for this job, or more vCPUs ({grown}), is the \
                 lever"
            ),
        ),
        TimeCause::Consumable => (
            "first in line for a consumable resource".to_owned(),
            format!(
                "a consumable resource was lacking ({}); a larger totalQuantity is the lever",
                resources(setting)
            ),
        ),
        TimeCause::MaxVcpus => (
            format!("first in line while {} may not grow", names(&environments)),
            format!("{grown}; a larger maxvCpus is the lever, or a smaller computeReservation of a fair share"),
        ),
        TimeCause::Capacity => {
            let is_managed = environments.iter().any(|one| one.max_vcpus().is_some());
            match is_managed {
                true => (
                    format!("first in line, without room in {} and none to be had", names(&environments)),
                    format!(
                        "EC2 had no more of the machines of {}; more instance types, or a further environment in the queue's \
                         computeEnvironmentOrder, is the lever",
                        names(&environments)
                    ),
                ),
                false => (
                    format!("first in line, without room in {}", names(&environments)),
                    format!("the machines were full: {grown}; more of them is the lever"),
                ),
            }
        }
        TimeCause::Dispatch => (
            format!(
                "until AWS Batch looked ({}, {}, {})",
                model("dispatchTick"),
                model("dependencyTick"),
                model("dispatchRate")
            ),
            "AWS Batch looks at its own pace, which no setting of yours changes; fewer and longer jobs wait for it less"
                .to_owned(),
        ),
        TimeCause::ImagePull => {
            let again = match environments.iter().any(|one| one.is_fargate()) {
                true => ", as every task pulls it anew",
                false => "",
            };
            (
                format!("STARTING, for its image and its container ({})", model("containerStart")),
                format!("the container was being made; a smaller image is the lever{again}"),
            )
        }
        TimeCause::Run => ("RUNNING, in the attempt that counted".to_owned(), String::new()),
        TimeCause::Checkpoint => ("saving its work".to_owned(), String::new()),
        TimeCause::Lost => (
            format!("in {} that did not count", attempts_before(job.attempts)),
            "earlier attempts were lost; a job that goes on from a checkpoint, or machines that are not taken away (EC2 \
             instead of SPOT), is the lever"
                .to_owned(),
        ),
    }
}

fn dependency(job: &JobRow, around: &Around) -> (String, String) {
    let Some(last) = &around.dependency else {
        let on = match job.depends_on.as_str() {
            "" => "other jobs".to_owned(),
            on => on.to_owned(),
        };
        let lever = format!("it waits for {on}; what they take is the lever");
        return (format!("PENDING, for {on}"), lever);
    };
    (
        format!(
            "PENDING, for {}, which ended last ({})",
            last.id, last.status
        ),
        format!(
            "{} ended last of what it depends on; to shorten that, or to submit it earlier, is the lever",
            last.id
        ),
    )
}

fn blocked(job: &JobRow, around: &Around, setting: Setting<'_>) -> (String, String) {
    let queue = &job.queue;
    let places = setting.environments_of(queue);
    let places: Vec<String> = places.iter().map(|one| one.described()).collect();
    let places = places.join(", ");
    let has_limit = setting
        .queue(queue)
        .and_then(|queue| queue.get("jobStateTimeLimitActions"))
        .and_then(serde_json::Value::as_array)
        .is_some_and(|actions| !actions.is_empty());
    let guard = match has_limit {
        true => "a shorter maxTimeSeconds in jobStateTimeLimitActions",
        false => "jobStateTimeLimitActions",
    };
    let of = |demand: [u64; 4]| asked(demand);
    match &around.blocker {
        None => (
            format!("RUNNABLE at the head of queue {queue}, and fits on no machine of {places}"),
            format!(
                "it asks for {}, which no machine of {places} has; to ask for less, or larger instance types, is the lever",
                of(job.demand)
            ),
        ),
        Some(blocker) => (
            format!(
                "RUNNABLE behind {} ({}), the head of queue {queue}, which fits on no machine of {places}",
                blocker.id,
                of(blocker.demand)
            ),
            format!(
                "queue {queue} was stuck behind {}, which asks for {}; {guard} on the queue, which ends such a head (or jobs \
                 that ask for less), is the lever",
                blocker.id,
                of(blocker.demand)
            ),
        ),
    }
}

/// What a job asks for: `4 vCPUs, 6,000 MiB`.
pub(super) fn asked([vcpus, memory, gpus, nodes]: [u64; 4]) -> String {
    let mut text = match vcpus {
        1 => "1 vCPU".to_owned(),
        _ => format!("{} vCPUs", whole(vcpus)),
    };
    if memory > 0 {
        text.push_str(&format!(", {} MiB", whole(memory)));
    }
    if gpus > 0 {
        text.push_str(&format!(", {} GPUs", whole(gpus)));
    }
    if nodes > 1 {
        text.push_str(&format!(", on each of {} nodes", whole(nodes)));
    }
    text
}

fn names(environments: &[Environment<'_>]) -> String {
    match environments {
        [] => "its environments".to_owned(),
        [one] => format!("environment {}", one.name()),
        many => {
            let names: Vec<&str> = many.iter().map(|one| one.name()).collect();
            format!("environments {}", names.join(" and "))
        }
    }
}

/// How far environments may grow: `environment spot is at maxvCpus 512`, `environment pool has 2 × c6i.4xlarge`.
fn limits(environments: &[Environment<'_>]) -> String {
    let told = environments.iter().map(|one| match one.max_vcpus() {
        Some(most) => format!("environment {} is at maxvCpus {}", one.name(), whole(most)),
        None => {
            let machines = one.machines().into_iter();
            let machines: Vec<String> = machines
                .map(|(count, kind)| format!("{} × {kind}", whole(count)))
                .collect();
            format!("environment {} has {}", one.name(), machines.join(", "))
        }
    });
    match told.collect::<Vec<String>>() {
        told if told.is_empty() => "its environments are full".to_owned(),
        told => told.join(", "),
    }
}

fn resources(setting: Setting<'_>) -> String {
    let told = setting
        .list("consumableResources")
        .iter()
        .filter_map(|one| {
            let name = one.get("consumableResourceName")?.as_str()?;
            Some(
                match one.get("totalQuantity").and_then(serde_json::Value::as_u64) {
                    Some(total) => format!("{name}: {} in all", whole(total)),
                    None => name.to_owned(),
                },
            )
        });
    match told.collect::<Vec<String>>() {
        told if told.is_empty() => "none is declared".to_owned(),
        told => told.join(", "),
    }
}

fn named(share: &str) -> &str {
    match share {
        "" => "of its own",
        share => share,
    }
}

fn attempts_before(attempts: u64) -> String {
    match attempts.saturating_sub(1) {
        1 => "the attempt before".to_owned(),
        others => format!("the {} attempts before", whole(others)),
    }
}
