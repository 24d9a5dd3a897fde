//! What exports tell of times that AWS does not publish: how long a boot, a pull, a container's start take.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::input::builder::Problems;

use super::Exports;
use super::jobs::Status;
use super::machines::Activity;
use super::member::Place;

/// When an ECS task pulled its images, in milliseconds from 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pull {
    /// The pull began.
    pub began: Option<i64>,
    /// The pull ended.
    pub ended: Option<i64>,
    /// The task was RUNNING.
    pub started: Option<i64>,
}

/// Takes an ECS task.
pub(super) fn task(to: &mut Exports, place: Place<'_>, problems: &mut Problems<'_>) {
    let Some(arn) = place.needed("taskArn", problems) else {
        return;
    };
    let pull = Pull {
        began: place.stamp("pullStartedAt", problems),
        ended: place.stamp("pullStoppedAt", problems),
        started: place.stamp("startedAt", problems),
    };
    for (key, from, to) in [
        ("pullStoppedAt", pull.began, pull.ended),
        ("startedAt", pull.ended, pull.started),
    ] {
        if let (Some(from), Some(to)) = (from, to)
            && to < from
        {
            let message = format!(
                "{to} is before {from} (milliseconds from 1970), when the pull had not got so far"
            );
            place.wrong(key, problems, message);
            return;
        }
    }
    to.tasks.insert(arn.to_owned(), pull);
}

/// A time that was measured several times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeasuredTime {
    /// Of what.
    pub what: &'static str,
    /// The key of the model that it is, if it is one.
    pub key: Option<&'static str>,
    /// Milliseconds, ascending.
    pub values: Vec<i64>,
}

impl MeasuredTime {
    /// The value at `part` hundredths of the way, by nearest rank.
    pub fn quantile(&self, part: usize) -> i64 {
        let rank = (self.values.len() * part).div_ceil(100).max(1);
        self.values.get(rank - 1).copied().unwrap_or(0)
    }
}

/// Everything that can be measured, each where there is at least one value.
pub fn measured(exports: &Exports) -> Vec<MeasuredTime> {
    let mut waits = Vec::new();
    let mut starts = Vec::new();
    for job in exports.jobs.0.values() {
        for pair in job.seen.windows(2) {
            let took = pair[1].1 - pair[0].1;
            match (pair[0].0, pair[1].0) {
                (Status::Runnable, Status::Starting) => waits.push(took),
                (Status::Starting, Status::Running) => starts.push(took),
                _ => {}
            }
        }
    }
    let (mut pulls, mut after_pull) = (Vec::new(), Vec::new());
    for pull in exports.tasks.values() {
        if let (Some(began), Some(ended)) = (pull.began, pull.ended) {
            pulls.push(ended - began);
        }
        if let (Some(ended), Some(started)) = (pull.ended, pull.started) {
            after_pull.push(started - ended);
        }
    }
    let registered: BTreeMap<&str, i64> = exports
        .container_instances
        .values()
        .filter_map(|(id, at)| Some((id.as_str(), (*at)?)))
        .collect();
    let (mut launches, mut spot_launches, mut boots) = (Vec::new(), Vec::new(), Vec::new());
    for activity in exports.activities.values().filter(|one| !one.failed) {
        let Some(running) = activity.ended else {
            continue;
        };
        match exports.is_spot(activity) {
            true => spot_launches.push(running - activity.began),
            false => launches.push(running - activity.began),
        }
        if let Some(registered) = registered.get(activity.instance.as_str())
            && *registered >= running
        {
            boots.push(registered - running);
        }
    }
    // Without a scaling activity the launch of the instance itself says when it was up.
    if boots.is_empty() {
        for (id, instance) in &exports.instances {
            if let Some(registered) = registered.get(id.as_str())
                && *registered >= instance.launched
            {
                boots.push(registered - instance.launched);
            }
        }
    }
    // Where pulls are known, what comes after them is the container's start; else all of STARTING is.
    let of_container = match after_pull.is_empty() {
        true => (
            "from STARTING to RUNNING, the pull of images included",
            starts.clone(),
        ),
        false => ("from the end of the pull to RUNNING", after_pull),
    };
    let all = [
        (
            "from the launch of an On-Demand instance to its being up",
            Some("launchTime"),
            launches,
        ),
        (
            "from the launch of a Spot instance to its being up",
            Some("spotLaunchTime"),
            spot_launches,
        ),
        (
            "from an instance's being up to its registration",
            Some("bootTime"),
            boots,
        ),
        (of_container.0, Some("containerStart"), of_container.1),
        ("the pull of images", None, pulls),
        (
            "from RUNNABLE to STARTING: queueing, scaling and dispatch",
            None,
            waits,
        ),
    ];
    all.into_iter()
        .filter(|(_, _, values)| !values.is_empty())
        .map(|(what, key, mut values)| {
            values.sort_unstable();
            MeasuredTime { what, key, values }
        })
        .collect()
}

impl Exports {
    /// Whether an activity launched a Spot instance: by the instance, or by the environment that its group is named for.
    fn is_spot(&self, activity: &Activity) -> bool {
        if let Some(instance) = self.instances.get(&activity.instance) {
            return instance.is_spot;
        }
        let group = activity.group.strip_prefix("AWSBatch-");
        let group = group.unwrap_or(&activity.group);
        self.environments.iter().any(|(name, environment)| {
            let kind = environment.pointer("/computeResources/type");
            let rest = group.strip_prefix(name.as_str());
            rest.is_some_and(|rest| rest.starts_with("-asg-"))
                && kind.and_then(Value::as_str) == Some("SPOT")
        })
    }
}
