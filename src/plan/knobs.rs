//! What a search may turn: one entry for each thing that an operator of AWS Batch decides. None is an assumption: what AWS does
//! is no choice.

use serde_json::Value;

use crate::model::{Catalogue, InstanceType};
use crate::units::Shape;

/// A thing that one may decide.
#[derive(Clone, Copy, Debug)]
pub struct Knob {
    /// Its name.
    pub name: &'static str,
    /// What it means, as a sentence.
    pub sentence: &'static str,
    /// Where a scenario has it, and the values to try.
    find: fn(&Today<'_>) -> Vec<Turn>,
}

/// All of them.
pub const KNOBS: &[Knob] = &[
    Knob {
        name: "maxvCpus",
        sentence: "The most vCPUs of a managed environment: a 32nd to four times today's, where the largest job fits.",
        find: max_vcpus,
    },
    Knob {
        name: "instanceTypes",
        sentence: "Families of today's types whole, the cheapest current families for these jobs, and single types of them; of today's architecture.",
        find: instance_types,
    },
    Knob {
        name: "purchase",
        sentence: "On-Demand or Spot, with each allocation strategy that goes with it.",
        find: purchase,
    },
    Knob {
        name: "minScaleDownDelayMinutes",
        sentence: "How long an instance stays after its last job at least: 0, 20 or 60 minutes.",
        find: scale_down,
    },
    Knob {
        name: "minvCpus",
        sentence: "vCPUs that are kept: none, an eighth or a quarter of today's maxvCpus.",
        find: min_vcpus,
    },
    Knob {
        name: "attempts",
        sentence: "Attempts of the jobs of every definition and generator: 1, 3 or 10.",
        find: attempts,
    },
    Knob {
        name: "checkpointInterval",
        sentence: "Between checkpoints, where a definition has them: the interval with the least expected time.",
        find: checkpoint_interval,
    },
    Knob {
        name: "priority",
        sentence: "Which queue comes before all others.",
        find: priority,
    },
    Knob {
        name: "computeReservation",
        sentence: "What a fair-share policy keeps for shares that have no job yet: 0, 20 or 50.",
        find: reservation,
    },
];

/// A knob of one scenario: today's value first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Name of the [`Knob`].
    pub knob: &'static str,
    /// Of what: `environment scaling`.
    pub of: String,
    /// The values.
    pub values: Vec<TurnValue>,
}

/// A value of a knob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TurnValue {
    /// To read.
    pub shown: String,
    /// Keys and values as `--set` takes them; none for today's.
    pub sets: Vec<(String, String)>,
}

/// What holds today.
#[derive(Clone, Copy, Debug)]
pub struct Today<'a> {
    /// The effective scenario.
    pub scenario: &'a Value,
    /// The types that there are.
    pub catalogue: &'a Catalogue,
    /// The most of each resource that one job asks for.
    pub largest: Shape,
    /// What all jobs together ask for: vCPU-, MiB- and GPU-milliseconds.
    pub reserved_ms: [u128; 3],
    /// Whether jobs can have only the memory that an instance's agent registers.
    pub registered_only: bool,
}

/// Families that are tried besides today's.
const FAMILIES: usize = 4;
/// Types of its own that a scenario declares: so many at most are tried alone.
const OWN_TYPES: usize = 6;

/// Every knob that a scenario has, with two values or more.
pub fn turns(today: &Today<'_>) -> Vec<Turn> {
    let found = KNOBS.iter().flat_map(|knob| {
        let mut turns = (knob.find)(today);
        turns.iter_mut().for_each(|turn| turn.knob = knob.name);
        turns
    });
    let mut found: Vec<Turn> = found.collect();
    for turn in &mut found {
        let mut shown: Vec<String> = Vec::new();
        turn.values.retain(|value| {
            let is_new = !shown.contains(&value.shown);
            shown.push(value.shown.clone());
            is_new
        });
    }
    found.retain(|turn| turn.values.len() > 1);
    found
}

fn list<'a>(today: &Today<'a>, key: &str) -> &'a [Value] {
    let list = today.scenario.get(key).and_then(Value::as_array);
    list.map_or(&[], Vec::as_slice)
}

fn text<'a>(item: &'a Value, key: &str) -> Option<&'a str> {
    item.get(key).and_then(Value::as_str)
}

fn now(shown: impl Into<String>) -> TurnValue {
    TurnValue {
        shown: shown.into(),
        sets: Vec::new(),
    }
}

fn set(shown: impl Into<String>, key: String, value: impl Into<String>) -> TurnValue {
    TurnValue {
        shown: shown.into(),
        sets: vec![(key, value.into())],
    }
}

fn turn(of: String, values: Vec<TurnValue>) -> Turn {
    Turn {
        knob: "",
        of,
        values,
    }
}

/// One turn for each managed environment of instances for which `values` gives some. It gets the environment's
/// `computeResources` and the key of that.
fn each_environment(
    today: &Today<'_>,
    values: impl Fn(&Value, &str) -> Option<Vec<TurnValue>>,
) -> Vec<Turn> {
    let environments = list(today, "computeEnvironments").iter().enumerate();
    let found = environments.filter_map(|(index, environment)| {
        let resources = environment.get("computeResources")?;
        let name = text(environment, "computeEnvironmentName")?;
        let kind = text(resources, "type")?;
        let values = values(
            resources,
            &format!("computeEnvironments.{index}.computeResources"),
        )?;
        matches!(kind, "EC2" | "SPOT").then(|| turn(format!("environment {name}"), values))
    });
    found.collect()
}

fn whole(resources: &Value, key: &str) -> Option<u64> {
    resources.get(key).and_then(Value::as_u64)
}

fn max_vcpus(today: &Today<'_>) -> Vec<Turn> {
    each_environment(today, |resources, key| {
        let most = whole(resources, "maxvCpus")?;
        let least = whole(resources, "minvCpus").unwrap_or(0);
        let below = [2, 4, 8, 16, 32].into_iter().map(|part| most / part);
        let above = [2, 4].into_iter().map(|times| most.saturating_mul(times));
        let floor = u64::from(today.largest.vcpus).max(least).max(1);
        let others = below.chain(above);
        let others = others.filter(|value| *value >= floor && *value <= u64::from(u32::MAX >> 1));
        let others = others.map(|value| {
            set(
                value.to_string(),
                format!("{key}.maxvCpus"),
                value.to_string(),
            )
        });
        Some([now(most.to_string())].into_iter().chain(others).collect())
    })
}

fn min_vcpus(today: &Today<'_>) -> Vec<Turn> {
    each_environment(today, |resources, key| {
        let most = whole(resources, "maxvCpus")?;
        let least = whole(resources, "minvCpus").unwrap_or(0);
        let others = [0, most / 8, most / 4].into_iter();
        let others = others.map(|value| {
            set(
                value.to_string(),
                format!("{key}.minvCpus"),
                value.to_string(),
            )
        });
        Some([now(least.to_string())].into_iter().chain(others).collect())
    })
}

fn scale_down(today: &Today<'_>) -> Vec<Turn> {
    each_environment(today, |resources, key| {
        let delay = resources.pointer("/scalingPolicy/minScaleDownDelayMinutes");
        let delay = delay.and_then(Value::as_u64).unwrap_or(0);
        let key = format!("{key}.scalingPolicy.minScaleDownDelayMinutes");
        let others = [0, 20, 60].into_iter();
        let others = others.map(|value| set(value.to_string(), key.clone(), value.to_string()));
        Some([now(delay.to_string())].into_iter().chain(others).collect())
    })
}

fn purchase(today: &Today<'_>) -> Vec<Turn> {
    const WAYS: [(&str, &str); 4] = [
        ("EC2", "BEST_FIT_PROGRESSIVE"),
        ("EC2", "BEST_FIT"),
        ("SPOT", "SPOT_PRICE_CAPACITY_OPTIMIZED"),
        ("SPOT", "SPOT_CAPACITY_OPTIMIZED"),
    ];
    each_environment(today, |resources, key| {
        let strategy = text(resources, "allocationStrategy").unwrap_or("BEST_FIT");
        let kind = text(resources, "type")?;
        let others = WAYS.iter().map(|(kind, strategy)| TurnValue {
            shown: format!("{kind} {strategy}"),
            sets: vec![
                (format!("{key}.type"), (*kind).to_owned()),
                (format!("{key}.allocationStrategy"), (*strategy).to_owned()),
            ],
        });
        let first = now(format!("{kind} {strategy}"));
        Some([first].into_iter().chain(others).collect())
    })
}

/// What all jobs would cost an hour on machines of this type that are always full, at least, in parts that compare; `None` where
/// the largest of them does not fit.
fn rate(today: &Today<'_>, machine: &InstanceType) -> Option<u128> {
    let size = machine.size(today.registered_only);
    let need = [
        today.largest.vcpus,
        today.largest.memory,
        today.largest.gpus,
    ];
    let have = [size.vcpus, size.memory, size.gpus];
    if need.iter().zip(have).any(|(need, have)| *need > have) || machine.price.ticks() == 0 {
        return None;
    }
    let hours = today
        .reserved_ms
        .iter()
        .zip(have)
        .filter(|(_, have)| *have > 0);
    let machines = hours
        .map(|(reserved, have)| (reserved << 10) / u128::from(have))
        .max()?;
    let speed = u128::from(machine.speed.parts()).max(1);
    Some(machines.saturating_mul(u128::from(machine.price.ticks())) / speed)
}

fn instance_types(today: &Today<'_>) -> Vec<Turn> {
    let catalogue = today.catalogue;
    let own = list(today, "instanceTypes");
    each_environment(today, |resources, key| {
        let listed = resources.get("instanceTypes")?.as_array()?;
        let listed: Vec<&str> = listed.iter().filter_map(Value::as_str).collect();
        let of = |name: &str| -> Vec<&InstanceType> {
            match catalogue.find(name) {
                Some(id) => vec![catalogue.get(id)],
                None => catalogue.family(name).map(|(_, machine)| machine).collect(),
            }
        };
        let today_types: Vec<&InstanceType> = listed.iter().flat_map(|name| of(name)).collect();
        let architecture = today_types.first().map(|machine| machine.architecture);
        let mut lists: Vec<Vec<String>> = Vec::new();
        let mut families: Vec<&str> = Vec::new();
        for machine in today_types
            .iter()
            .filter(|machine| machine.hardware.current)
        {
            if !families.contains(&machine.family()) {
                families.push(machine.family());
            }
        }
        // The cheapest families for these jobs: of each its best size counts.
        let mut others: Vec<(u128, &str)> = Vec::new();
        for (_, machine) in catalogue.iter() {
            let is_plain = machine.hardware.current
                && !machine.hardware.burstable
                && machine.hardware.task.is_none()
                && (today.largest.gpus > 0) == (machine.nominal.gpus > 0);
            let is_like = architecture.is_none_or(|one| one == machine.architecture);
            let Some(rate) = rate(today, machine).filter(|_| is_plain && is_like) else {
                continue;
            };
            match others
                .iter_mut()
                .find(|(_, family)| *family == machine.family())
            {
                Some((best, _)) => *best = rate.min(*best),
                None => others.push((rate, machine.family())),
            }
        }
        others.sort_unstable();
        if own.is_empty() {
            lists.extend(families.iter().map(|family| vec![(*family).to_owned()]));
            let cheap = others.iter().take(FAMILIES).map(|(_, family)| *family);
            let cheap: Vec<&str> = cheap.collect();
            lists.extend(cheap.iter().map(|family| vec![(*family).to_owned()]));
            if cheap.len() > 1 {
                lists.push(cheap.iter().map(|family| (*family).to_owned()).collect());
            }
            // Small machines leave as soon as their few jobs have ended.
            for family in families.iter().chain(cheap.first()) {
                let sizes = catalogue.family(family).map(|(_, machine)| machine);
                let mut fitting: Vec<&InstanceType> = sizes
                    .filter(|machine| !machine.is_metal() && rate(today, machine).is_some())
                    .collect();
                fitting.sort_by_key(|machine| (machine.nominal.vcpus, machine.nominal.memory));
                let single = fitting.into_iter().take(2);
                lists.extend(single.map(|machine| vec![machine.name.clone()]));
            }
        } else {
            let names = own
                .iter()
                .filter_map(|item| text(item, "instanceType").or_else(|| text(item, "name")));
            let fitting = names.filter(|name| {
                let machine = catalogue.find(name).map(|id| catalogue.get(id));
                machine.is_some_and(|machine| {
                    rate(today, machine).is_some()
                        && architecture.is_none_or(|one| one == machine.architecture)
                })
            });
            let fitting: Vec<String> = fitting.map(str::to_owned).collect();
            lists.extend(
                fitting
                    .iter()
                    .take(OWN_TYPES)
                    .map(|name| vec![name.clone()]),
            );
            lists.push(fitting);
        }
        lists.retain(|names| !names.is_empty());
        let others = lists.into_iter().map(|names| {
            set(
                names.join(", "),
                format!("{key}.instanceTypes"),
                format!("{names:?}"),
            )
        });
        Some([now(listed.join(", "))].into_iter().chain(others).collect())
    })
}

fn attempts(today: &Today<'_>) -> Vec<Turn> {
    let generators = today.scenario.pointer("/workload/generators");
    let generators = generators
        .and_then(Value::as_array)
        .map_or(&[][..], Vec::as_slice);
    let definitions = list(today, "jobDefinitions");
    let keyed =
        |list: &'static str| move |index: usize| format!("{list}.{index}.retryStrategy.attempts");
    let definition_keys = (0..definitions.len()).map(keyed("jobDefinitions"));
    // A generator's own strategy replaces its definition's.
    let is_alone =
        |item: &Value| item.get("jobDefinition").is_none() || item.get("retryStrategy").is_some();
    let alone = (0..generators.len()).filter(|&index| is_alone(&generators[index]));
    let keys: Vec<String> = definition_keys
        .chain(alone.map(keyed("workload.generators")))
        .collect();
    let attempts = |item: &Value| {
        let stated = item.pointer("/retryStrategy/attempts");
        stated.and_then(Value::as_u64).unwrap_or(1)
    };
    let items = definitions.iter().chain(generators);
    let Some(most) = items.map(attempts).max().filter(|_| !keys.is_empty()) else {
        return Vec::new();
    };
    let others = [1, 3, 10].into_iter().map(|value: u64| TurnValue {
        shown: value.to_string(),
        sets: keys
            .iter()
            .map(|key| (key.clone(), value.to_string()))
            .collect(),
    });
    let values = [now(most.to_string())].into_iter().chain(others).collect();
    vec![turn("all jobs".to_owned(), values)]
}

fn checkpoint_interval(today: &Today<'_>) -> Vec<Turn> {
    let definitions = list(today, "jobDefinitions").iter().enumerate();
    let found = definitions.filter_map(|(index, definition)| {
        let stated = text(definition.get("checkpoint")?, "interval")?;
        let name = text(definition, "jobDefinitionName")?;
        let key = format!("jobDefinitions.{index}.checkpoint.interval");
        let values = vec![now(stated), set("exact", key, "exact")];
        Some(turn(format!("definition {name}"), values))
    });
    found.collect()
}

fn priority(today: &Today<'_>) -> Vec<Turn> {
    let queues = list(today, "jobQueues");
    let number = |queue: &Value| queue.get("priority").and_then(Value::as_u64).unwrap_or(0);
    let Some(highest) = queues.iter().map(number).max().filter(|_| queues.len() > 1) else {
        return Vec::new();
    };
    let others = queues.iter().enumerate().filter_map(|(index, queue)| {
        let key = format!("jobQueues.{index}.priority");
        let name = text(queue, "jobQueueName")?;
        Some(set(format!("{name} first"), key, (highest + 1).to_string()))
    });
    let values = [now("as it is")].into_iter().chain(others).collect();
    vec![turn("the queues".to_owned(), values)]
}

fn reservation(today: &Today<'_>) -> Vec<Turn> {
    let policies = list(today, "schedulingPolicies").iter().enumerate();
    let found = policies.filter_map(|(index, policy)| {
        let stated = policy.pointer("/fairsharePolicy/computeReservation");
        let name = text(policy, "name")?;
        policy.get("fairsharePolicy")?;
        let key = format!("schedulingPolicies.{index}.fairsharePolicy.computeReservation");
        let others = [0, 20, 50].into_iter();
        let others = others.map(|value| set(value.to_string(), key.clone(), value.to_string()));
        let first = now(stated.and_then(Value::as_u64).unwrap_or(0).to_string());
        let values = [first].into_iter().chain(others).collect();
        Some(turn(format!("policy {name}"), values))
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{Architecture, Hardware};
    use crate::units::{PricePerHour, Ratio};

    fn machine(name: &str, vcpus: u32, memory: u32, price: &str) -> InstanceType {
        InstanceType {
            name: name.to_owned(),
            nominal: Shape::new(vcpus, memory, 0),
            usable_memory: memory,
            architecture: Architecture::X86_64,
            price: PricePerHour::parse(price).unwrap(),
            speed: Ratio::ONE,
            source: String::new(),
            hardware: Hardware {
                current: true,
                ..Hardware::default()
            },
        }
    }

    #[test]
    fn a_scenario_has_the_knobs_of_what_it_has_and_today_comes_first() {
        let scenario = json!({
            "computeEnvironments": [
                { "computeEnvironmentName": "main", "computeResources": {
                    "type": "EC2", "allocationStrategy": "BEST_FIT", "maxvCpus": 8, "minvCpus": 0, "instanceTypes": ["a.large"] } },
                { "computeEnvironmentName": "own", "instances": [] },
            ],
            "jobQueues": [{ "jobQueueName": "q", "priority": 1 }],
        });
        let catalogue = Catalogue::new([
            machine("a.large", 2, 4096, "0.10"),
            machine("b.large", 4, 8192, "0.16"),
            machine("c.small", 1, 1024, "0.01"),
        ]);
        let turns = turns(&Today {
            scenario: &scenario,
            catalogue: &catalogue,
            largest: Shape::new(2, 2048, 0),
            reserved_ms: [2_000, 2_048_000, 0],
            registered_only: true,
        });
        let names: Vec<&str> = turns.iter().map(|turn| turn.knob).collect();
        let expected = [
            "maxvCpus",
            "instanceTypes",
            "purchase",
            "minScaleDownDelayMinutes",
            "minvCpus",
        ];
        assert_eq!(names, expected);
        assert!(turns.iter().all(|turn| turn.values[0].sets.is_empty()));
        let shown = |turn: usize| -> Vec<&str> {
            turns[turn]
                .values
                .iter()
                .map(|value| value.shown.as_str())
                .collect()
        };
        assert_eq!(
            shown(0),
            ["8", "4", "2", "16", "32"],
            "the largest job needs 2"
        );
        // The smallest vCPU-price is c's, which holds no job of 2 vCPUs.
        assert_eq!(shown(1), ["a.large", "a", "b", "b, a", "b.large"]);
        assert_eq!(shown(2)[0], "EC2 BEST_FIT");
    }
}
