//! Instance types, instances that are up, ECS's container instances, and scaling activities.

use serde_json::Value;

use crate::input::builder::Problems;

use super::Exports;
use super::member::Place;

/// What `describe-instance-types` says of a type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TypeFacts {
    /// vCPUs.
    pub vcpus: u32,
    /// MiB.
    pub memory: u32,
    /// GPUs.
    pub gpus: u32,
    /// `x86_64` or `arm64`, where it is one of these.
    pub architecture: Option<&'static str>,
}

/// An EC2 instance that is up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Instance {
    /// Its type.
    pub instance_type: String,
    /// When it was launched, in milliseconds from 1970.
    pub launched: i64,
    /// Its zone.
    pub zone: String,
    /// Whether it is a Spot instance.
    pub is_spot: bool,
    /// Values of its tags, by key.
    pub tags: Vec<(String, String)>,
}

/// A scaling activity that launched instances.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Activity {
    /// The Auto Scaling group.
    pub group: String,
    /// The instance that it launched, where it says.
    pub instance: String,
    /// When it began, in milliseconds from 1970.
    pub began: i64,
    /// When it ended.
    pub ended: Option<i64>,
    /// Whether it failed for want of capacity or a quota.
    pub failed: bool,
}

/// Takes an instance type.
pub(super) fn instance_type(to: &mut Exports, place: Place<'_>, problems: &mut Problems<'_>) {
    let Some(name) = place.needed("InstanceType", problems) else {
        return;
    };
    let inner = |key: &str, problems: &mut Problems<'_>| {
        let (value, pointer) = place.object(key, problems)?;
        Some((value.clone(), pointer))
    };
    let number = |block: &str, key: &str, problems: &mut Problems<'_>| {
        let Some((value, pointer)) = inner(block, problems) else {
            if place.get(block).is_none() {
                place.wrong(block, problems, "missing");
            }
            return None;
        };
        let at = Place {
            value: &value,
            pointer: &pointer,
        };
        if at.get(key).is_none() {
            at.wrong(key, problems, "missing");
        }
        let number = at.whole(key, 1, i32::MAX.into(), problems)?;
        u32::try_from(number).ok()
    };
    let vcpus = number("VCpuInfo", "DefaultVCpus", problems);
    let memory = number("MemoryInfo", "SizeInMiB", problems);
    let (Some(vcpus), Some(memory)) = (vcpus, memory) else {
        return;
    };
    let mut facts = TypeFacts {
        vcpus,
        memory,
        ..TypeFacts::default()
    };
    if let Some((gpus, pointer)) = inner("GpuInfo", problems) {
        let at = Place {
            value: &gpus,
            pointer: &pointer,
        };
        for (gpu, pointer) in at.objects("Gpus", problems) {
            let at = Place {
                value: gpu,
                pointer: &pointer,
            };
            let count = at.whole("Count", 0, 1024, problems).unwrap_or(0);
            facts.gpus += u32::try_from(count).unwrap_or(0);
        }
    }
    let architectures = place.value.pointer("/ProcessorInfo/SupportedArchitectures");
    let has = |word: &str| {
        let list = architectures.and_then(Value::as_array);
        list.is_some_and(|list| list.iter().any(|item| item.as_str() == Some(word)))
    };
    facts.architecture = match (has("x86_64"), has("arm64")) {
        (true, _) => Some("x86_64"),
        (false, true) => Some("arm64"),
        (false, false) => None,
    };
    to.types.insert(name.to_owned(), facts);
}

/// Takes the instances of a reservation.
pub(super) fn reservation(to: &mut Exports, place: Place<'_>, problems: &mut Problems<'_>) {
    for (instance, pointer) in place.objects("Instances", problems) {
        let at = Place {
            value: instance,
            pointer: &pointer,
        };
        let state = instance.pointer("/State/Name").and_then(Value::as_str);
        if !matches!(state, None | Some("running" | "pending")) {
            continue;
        }
        let id = at.needed("InstanceId", problems);
        let name = at.needed("InstanceType", problems);
        if at.get("LaunchTime").is_none() {
            at.wrong("LaunchTime", problems, "missing");
        }
        let launched = at.stamp("LaunchTime", problems);
        let (Some(id), Some(name), Some(launched)) = (id, name, launched) else {
            continue;
        };
        let zone = instance.pointer("/Placement/AvailabilityZone");
        let mut tags = Vec::new();
        for (tag, pointer) in at.objects("Tags", problems) {
            let at = Place {
                value: tag,
                pointer: &pointer,
            };
            if let (Some(key), Some(value)) = (at.text("Key", problems), at.text("Value", problems))
            {
                tags.push((key.to_owned(), value.to_owned()));
            }
        }
        to.instances.insert(
            id.to_owned(),
            Instance {
                instance_type: name.to_owned(),
                launched,
                zone: zone.and_then(Value::as_str).unwrap_or_default().to_owned(),
                is_spot: at.text("InstanceLifecycle", problems) == Some("spot"),
                tags,
            },
        );
    }
}

/// Takes an ECS container instance.
pub(super) fn container_instance(to: &mut Exports, place: Place<'_>, problems: &mut Problems<'_>) {
    let arn = place.needed("containerInstanceArn", problems);
    let id = place.needed("ec2InstanceId", problems);
    let registered = place.stamp("registeredAt", problems);
    if let (Some(arn), Some(id)) = (arn, id) {
        to.container_instances
            .insert(arn.to_owned(), (id.to_owned(), registered));
    }
}

/// Takes a scaling activity, if it launches instances.
pub(super) fn activity(to: &mut Exports, place: Place<'_>, problems: &mut Problems<'_>) {
    let id = place.needed("ActivityId", problems);
    if place.get("StartTime").is_none() {
        place.wrong("StartTime", problems, "missing");
    }
    let began = place.stamp("StartTime", problems);
    let ended = place.stamp("EndTime", problems);
    let text = place.text("Description", problems).unwrap_or_default();
    let (Some(id), Some(began)) = (id, began) else {
        return;
    };
    if let Some(ended) = ended.filter(|ended| *ended < began) {
        let message = format!("{ended} is before StartTime ({began}), in milliseconds from 1970");
        place.wrong("EndTime", problems, message);
        return;
    }
    if !text.starts_with("Launching") {
        return;
    }
    let instance = text.rsplit_once(": ").map_or("", |(_, id)| id.trim());
    let status = place.text("StatusCode", problems);
    let group = place.text("AutoScalingGroupName", problems);
    let activity = Activity {
        group: group.unwrap_or_default().to_owned(),
        instance: instance.to_owned(),
        began,
        ended,
        failed: status == Some("Failed"),
    };
    to.activities.insert(id.to_owned(), activity);
}
