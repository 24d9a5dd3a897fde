//! Environments, queues, policies, definitions and resources: kept as AWS spells them, since a scenario takes AWS's own keys.

use serde_json::Value;

use crate::input::builder::Problems;

use super::Exports;
use super::jobs::name_of;
use super::member::Place;

/// Statuses of things that are as good as gone.
const GONE: [&str; 2] = ["DELETING", "DELETED"];

fn is_gone(place: Place<'_>) -> bool {
    let status = place.get("status").and_then(Value::as_str);
    status.is_some_and(|status| GONE.contains(&status))
}

/// Takes a compute environment.
pub(super) fn environment(to: &mut Exports, place: Place<'_>, problems: &mut Problems<'_>) {
    let name = place.needed("computeEnvironmentName", problems);
    let kind = place.needed("type", problems);
    if let Some(kind) = kind
        && kind != "MANAGED"
        && kind != "UNMANAGED"
    {
        let message = format!("`{kind}` is neither MANAGED nor UNMANAGED");
        place.wrong("type", problems, message);
    }
    if kind == Some("MANAGED") {
        match place.object("computeResources", problems) {
            Some((resources, pointer)) => {
                let at = Place {
                    value: resources,
                    pointer: &pointer,
                };
                at.needed("type", problems);
                if at.get("maxvCpus").is_none() {
                    at.wrong("maxvCpus", problems, "missing");
                }
                at.whole("maxvCpus", 0, i32::MAX.into(), problems);
            }
            None if place.get("computeResources").is_none() => {
                place.wrong(
                    "computeResources",
                    problems,
                    "missing: a MANAGED environment has them",
                );
            }
            None => {}
        }
    }
    if let Some(name) = name.filter(|_| !is_gone(place)) {
        to.environments.insert(name.to_owned(), place.value.clone());
    }
}

/// Takes a job queue.
pub(super) fn queue(to: &mut Exports, place: Place<'_>, problems: &mut Problems<'_>) {
    let name = place.needed("jobQueueName", problems);
    if place.get("priority").is_none() {
        place.wrong("priority", problems, "missing");
    }
    place.whole("priority", i32::MIN.into(), i32::MAX.into(), problems);
    for (entry, pointer) in place.objects("computeEnvironmentOrder", problems) {
        let at = Place {
            value: entry,
            pointer: &pointer,
        };
        at.needed("computeEnvironment", problems);
        if at.get("order").is_none() {
            at.wrong("order", problems, "missing");
        }
        at.whole("order", i32::MIN.into(), i32::MAX.into(), problems);
    }
    if let Some(name) = name.filter(|_| !is_gone(place)) {
        to.queues.insert(name.to_owned(), place.value.clone());
    }
}

/// Takes a scheduling policy.
pub(super) fn policy(to: &mut Exports, place: Place<'_>, problems: &mut Problems<'_>) {
    if let Some(name) = place.needed("name", problems) {
        to.policies.insert(name.to_owned(), place.value.clone());
    }
}

/// Takes a revision of a job definition.
pub(super) fn definition(to: &mut Exports, place: Place<'_>, problems: &mut Problems<'_>) {
    let name = place.needed("jobDefinitionName", problems);
    if place.get("revision").is_none() {
        place.wrong("revision", problems, "missing");
    }
    let revision = place.whole("revision", 1, i32::MAX.into(), problems);
    if let (Some(name), Some(revision)) = (name, revision) {
        let revision = u32::try_from(revision).unwrap_or(1);
        to.definitions
            .insert((name.to_owned(), revision), place.value.clone());
    }
}

/// Takes a consumable resource.
pub(super) fn resource(to: &mut Exports, place: Place<'_>, problems: &mut Problems<'_>) {
    if let Some(name) = place.needed("consumableResourceName", problems) {
        place.whole("totalQuantity", 0, 1 << 53, problems);
        to.resources.insert(name.to_owned(), place.value.clone());
    }
}

/// Takes what is at the front of a queue. The answer does not name its queue: its jobs do.
pub(super) fn snapshot(to: &mut Exports, place: Place<'_>, problems: &mut Problems<'_>) {
    let Some((front, pointer)) = place.object("frontOfQueue", problems) else {
        return;
    };
    let at = Place {
        value: front,
        pointer: &pointer,
    };
    let mut ids = Vec::new();
    for (job, pointer) in at.objects("jobs", problems) {
        let at = Place {
            value: job,
            pointer: &pointer,
        };
        if let Some(arn) = at.needed("jobArn", problems) {
            ids.push(name_of(arn).to_owned());
        }
    }
    let at = at.stamp("lastUpdatedAt", &mut Problems::of(""));
    // Batch gives milliseconds here, which as seconds would be beyond all calendars.
    let millis = front.get("lastUpdatedAt").and_then(Value::as_i64);
    to.exported_at = to
        .exported_at
        .max(at.or(millis.filter(|ms| *ms > 1_000_000_000_000)));
    let mut shares = Vec::new();
    let utilization = place.get("queueUtilization");
    let fair = utilization.and_then(|all| all.get("fairshareUtilization"));
    let top = fair.and_then(|fair| fair.pointer("/topCapacityUtilization"));
    for share in top.and_then(Value::as_array).into_iter().flatten() {
        let name = share.get("shareIdentifier").and_then(Value::as_str);
        let usage = share.get("capacityUsage").and_then(Value::as_array);
        let vcpus: f64 = usage
            .into_iter()
            .flatten()
            .filter(|one| {
                let unit = one.get("capacityUnit").and_then(Value::as_str);
                matches!(unit, Some("VCPU" | "cpu"))
            })
            .filter_map(|one| one.get("quantity").and_then(Value::as_f64))
            .sum();
        if let Some(name) = name {
            shares.push((name.to_owned(), vcpus));
        }
    }
    if let Some(first) = ids.first() {
        to.usage.insert(first.clone(), shares);
        to.fronts.insert(first.clone(), ids);
    }
}
