//! AWS's own requests that make one configuration of another: what differs between two effective scenarios.

use serde_json::{Map, Value, json};

/// A request as `aws batch ACTION --cli-input-json file://…` takes it.
#[derive(Clone, Debug, PartialEq)]
pub struct AwsRequest {
    /// Which action: `update-compute-environment`.
    pub action: &'static str,
    /// Of what.
    pub of: String,
    /// Its body.
    pub body: Value,
}

/// Members of `computeResources` that both requests know.
const RESOURCES: [&str; 8] = [
    "type",
    "allocationStrategy",
    "minvCpus",
    "maxvCpus",
    "desiredvCpus",
    "instanceTypes",
    "bidPercentage",
    "scalingPolicy",
];
/// Members that only AWS needs; a scenario may have them.
const PLACES: [&str; 8] = [
    "subnets",
    "securityGroupIds",
    "instanceRole",
    "ec2KeyPair",
    "imageId",
    "tags",
    "launchTemplate",
    "ec2Configuration",
];
/// What a new environment's name ends with.
const NEW: &str = "-planned";

/// The requests that lead from `today` to `then`, two effective scenarios with the same environments and queues.
pub fn aws_requests(today: &Value, then: &Value) -> Vec<AwsRequest> {
    let mut requests = Vec::new();
    let mut renamed: Vec<String> = Vec::new();
    for (old, new) in pairs(today, then, "computeEnvironments") {
        let name = text(new, "computeEnvironmentName");
        let (Some(old), Some(new)) = (old.get("computeResources"), new.get("computeResources"))
        else {
            continue;
        };
        if old == new {
            continue;
        }
        match is_replaced(old, new) {
            // AWS changes no environment to or from BEST_FIT: a new one takes its place.
            true => {
                requests.push(created(name, new));
                renamed.push(name.to_owned());
            }
            false => requests.push(updated(name, old, new)),
        }
    }
    for (old, new) in pairs(today, then, "jobQueues") {
        let order = new.get("computeEnvironmentOrder").and_then(Value::as_array);
        let order: Vec<Value> = order
            .into_iter()
            .flatten()
            .map(|item| {
                let mut item = item.clone();
                let name = text(&item, "computeEnvironment").to_owned();
                if renamed.contains(&name) {
                    item["computeEnvironment"] = json!(format!("{name}{NEW}"));
                }
                item
            })
            .collect();
        let mut body = Map::new();
        body.insert("jobQueue".to_owned(), json!(text(new, "jobQueueName")));
        if old.get("priority") != new.get("priority") {
            body.insert("priority".to_owned(), new["priority"].clone());
        }
        if Some(&Value::Array(order.clone())) != old.get("computeEnvironmentOrder")
            && !order.is_empty()
        {
            body.insert("computeEnvironmentOrder".to_owned(), Value::Array(order));
        }
        if body.len() > 1 {
            requests.push(AwsRequest {
                action: "update-job-queue",
                of: text(new, "jobQueueName").to_owned(),
                body: Value::Object(body),
            });
        }
    }
    requests
}

fn pairs<'a>(
    today: &'a Value,
    then: &'a Value,
    key: &str,
) -> impl Iterator<Item = (&'a Value, &'a Value)> {
    let list = |of: &'a Value| of.get(key).and_then(Value::as_array).into_iter().flatten();
    list(today).zip(list(then))
}

fn text<'a>(of: &'a Value, key: &str) -> &'a str {
    of.get(key).and_then(Value::as_str).unwrap_or("")
}

/// BEST_FIT where none is named, as AWS has it.
fn strategy(resources: &Value) -> &str {
    match text(resources, "allocationStrategy") {
        "" => "BEST_FIT",
        name => name,
    }
}

fn is_replaced(old: &Value, new: &Value) -> bool {
    let infrastructure = [
        "type",
        "allocationStrategy",
        "instanceTypes",
        "bidPercentage",
    ];
    let is_other = infrastructure
        .iter()
        .any(|key| old.get(*key) != new.get(*key));
    is_other && [old, new].iter().any(|one| strategy(one) == "BEST_FIT")
}

fn updated(name: &str, old: &Value, new: &Value) -> AwsRequest {
    let changed = RESOURCES
        .iter()
        .filter(|key| old.get(**key) != new.get(**key));
    let changed = changed.filter_map(|key| Some(((*key).to_owned(), new.get(*key)?.clone())));
    AwsRequest {
        action: "update-compute-environment",
        of: name.to_owned(),
        body: json!({
            "computeEnvironment": name,
            "computeResources": changed.collect::<Map<String, Value>>(),
        }),
    }
}

fn created(name: &str, new: &Value) -> AwsRequest {
    let kept = RESOURCES.iter().chain(&PLACES);
    let kept = kept.filter_map(|key| Some(((*key).to_owned(), new.get(*key)?.clone())));
    AwsRequest {
        action: "create-compute-environment",
        of: name.to_owned(),
        body: json!({
            "computeEnvironmentName": format!("{name}{NEW}"),
            "type": "MANAGED",
            "state": "ENABLED",
            "computeResources": kept.collect::<Map<String, Value>>(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenario(strategy: &str, most: u32) -> Value {
        json!({
            "computeEnvironments": [{ "computeEnvironmentName": "main", "computeResources": {
                "type": "EC2", "allocationStrategy": strategy, "maxvCpus": most, "instanceTypes": ["c6i"], "subnets": ["subnet-1"] } }],
            "jobQueues": [{ "jobQueueName": "q", "priority": 1,
                "computeEnvironmentOrder": [{ "order": 1, "computeEnvironment": "main" }] }],
        })
    }

    #[test]
    fn an_update_says_only_what_changes() {
        let progressive = |most| scenario("BEST_FIT_PROGRESSIVE", most);
        let found = aws_requests(&progressive(8), &progressive(16));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].action, "update-compute-environment");
        assert_eq!(
            found[0].body,
            json!({ "computeEnvironment": "main", "computeResources": { "maxvCpus": 16 } })
        );
        assert_eq!(aws_requests(&progressive(8), &progressive(8)), []);
    }

    #[test]
    fn what_aws_cannot_update_is_made_anew_and_its_queue_moved() {
        let (old, new) = (scenario("BEST_FIT_PROGRESSIVE", 8), scenario("BEST_FIT", 8));
        let found = aws_requests(&old, &new);
        let actions: Vec<&str> = found.iter().map(|one| one.action).collect();
        assert_eq!(actions, ["create-compute-environment", "update-job-queue"]);
        assert_eq!(
            found[0].body["computeResources"]["subnets"],
            json!(["subnet-1"])
        );
        let order = &found[1].body["computeEnvironmentOrder"][0]["computeEnvironment"];
        assert_eq!(order, "main-planned");
        // Scaling alone AWS does under BEST_FIT too.
        let grown = aws_requests(&new, &scenario("BEST_FIT", 16));
        assert_eq!(grown[0].action, "update-compute-environment");
    }
}
