//! A trace on one machine: the scenario behind `run --trace FILE --pool VCPUS`.

use crate::input::{Problem, Trace};
use crate::model::{
    Architecture, Billing, Catalogue, Command, ComputeEnvironment, EnvironmentKind, InstanceType,
    JobQueue, Knob, MachineGroup, Profile, Scenario, Settings, Timed, World,
};
use crate::policy::{discipline, order};
use crate::units::{NO_LIMIT_MIB, Ratio, Shape, SimTime};

use super::Loaded;
use super::lower::{effective_model, set};

/// What `--pool` and its companions say.
#[derive(Clone, Debug)]
pub struct Pool<'a> {
    /// vCPUs of the one machine.
    pub vcpus: u32,
    /// Name of the job order (`fifo`, `sjf` …).
    pub order: &'a str,
    /// Name of the dispatch discipline (`strict`, `easy` …).
    pub discipline: &'a str,
    /// `--set key=value` for keys of the model, with or without `model.` before them.
    pub overrides: &'a [(String, String)],
    /// The seed.
    pub seed: u64,
}

/// `trace` on a pool: profile ideal, one queue `trace`, one UNMANAGED environment `pool` of one machine of type `pool` whose
/// memory is not limited, up from the first submission to the end.
///
/// # Errors
/// Every unknown name and every setting that is wrong.
pub fn trace_scenario(trace: Trace, name: &str, pool: &Pool<'_>) -> Result<Loaded, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut settings = Settings::new(Profile::Ideal);
    let overrides = pool.overrides.iter().map(|(key, text)| {
        let known = key.strip_prefix("model.").or(key.strip_prefix("/model/"));
        (known.unwrap_or(key), text)
    });
    // A profile is where the others begin, wherever it stands among them.
    let (profiles, others): (Vec<_>, Vec<_>) = overrides.partition(|(key, _)| *key == "profile");
    for (_, name) in profiles {
        match Profile::ALL.into_iter().find(|known| known.name() == name) {
            Some(profile) => settings = Settings::new(profile),
            None => {
                let names = Profile::ALL.map(Profile::name).join(", ");
                let message =
                    format!("profile `{name}`: there is no such profile; use one of {names}");
                problems.push(Problem::whole("--set", message));
            }
        }
    }
    for (key, text) in others {
        if let Err(why) = set(&mut settings, key, text) {
            problems.push(Problem::whole("--set", why));
        }
    }
    if settings.is_changed(Knob::MachineSpeed) && settings.word(Knob::MachineSpeed) != "uniform" {
        let message = "machineSpeed asks for a CoreMark figure, which a pool's machine has none of";
        problems.push(Problem::whole("--set", message));
    }
    if let Err(why) = order::find(pool.order) {
        problems.push(Problem::whole("--order", why));
    }
    if let Err(why) = discipline::find(pool.discipline) {
        problems.push(Problem::whole("--discipline", why));
    }
    if pool.vcpus == 0 {
        problems.push(Problem::whole("--pool", "0; must be 1 or more vCPUs"));
    }
    let price = settings
        .price(Knob::PoolPricePerVcpuHour)
        .times(pool.vcpus.into());
    if price.is_none() {
        problems.push(Problem::whole("--pool", "costs more than can be counted"));
    }
    for template in &trace.workload.templates {
        if template.job_queue != "trace" {
            let message = format!(
                "some jobs go to the queue `{}`; on a pool there is only the queue `trace`",
                template.job_queue
            );
            problems.push(Problem::whole(name, message));
        }
        if let Some(definition) = &template.job_definition {
            let message = format!(
                "some jobs name the definition `{definition}`; on a pool jobs state their resources themselves"
            );
            problems.push(Problem::whole(name, message));
        }
    }
    if !problems.is_empty() {
        problems.dedup();
        return Err(problems);
    }
    let machine = InstanceType {
        name: "pool".to_owned(),
        nominal: Shape::new(pool.vcpus, NO_LIMIT_MIB, 0),
        usable_memory: NO_LIMIT_MIB,
        architecture: Architecture::X86_64,
        price: price.unwrap_or_default(),
        speed: Ratio::ONE,
        source: "--pool".to_owned(),
        hardware: Default::default(),
    };
    let catalogue = Catalogue::new([machine]);
    let launch = trace
        .workload
        .rows
        .first()
        .map_or(SimTime::ZERO, |row| row.submit);
    let environment = ComputeEnvironment {
        name: "pool".to_owned(),
        enabled: true,
        valid: true,
        kind: EnvironmentKind::Unmanaged {
            unmanaged_vcpus: None,
            machines: catalogue
                .iter()
                .map(|(instance_type, _)| MachineGroup {
                    instance_type,
                    count: 1,
                    launch,
                    terminate: None,
                })
                .collect(),
            billing: Billing::PerSecond,
        },
    };
    let queue = JobQueue {
        name: "trace".to_owned(),
        enabled: true,
        priority: 1,
        environments: vec!["pool".to_owned()],
        scheduling_policy: None,
        time_limit_actions: Vec::new(),
        discipline: Some(pool.discipline.to_owned()),
        order: Some(pool.order.to_owned()),
    };
    let effective = serde_json::json!({
        "name": name,
        "seed": pool.seed,
        "workload": { "trace": name },
        "instanceTypes": [{
            "instanceType": "pool",
            "vcpus": pool.vcpus,
            "memoryMiB": "unlimited",
            "priceUsdPerHour": catalogue.iter().map(|(_, t)| t.price.to_string()).collect::<String>(),
        }],
        "computeEnvironments": [{
            "computeEnvironmentName": "pool",
            "type": "UNMANAGED",
            "instances": [{ "instanceType": "pool", "count": 1, "launchAt": format!("{launch}s") }],
            "billing": "per-second",
        }],
        "jobQueues": [{
            "jobQueueName": "trace",
            "priority": 1,
            "computeEnvironmentOrder": [{ "order": 1, "computeEnvironment": "pool" }],
            "dispatch": pool.discipline,
            "jobOrder": pool.order,
        }],
        "model": effective_model(&settings).to_json(),
    });
    let commands = [
        Command::CreateComputeEnvironment(environment),
        Command::CreateJobQueue(queue),
    ];
    Ok(Loaded {
        scenario: Scenario {
            name: name.to_owned(),
            world: World {
                catalogue,
                spot: Default::default(),
                settings,
                billing: Default::default(),
                quotas: Default::default(),
                start_epoch_ms: trace.start_epoch_ms.unwrap_or(0),
            },
            commands: commands
                .into_iter()
                .map(|command| Timed {
                    at: SimTime::ZERO,
                    command,
                })
                .collect(),
            workload: trace.workload,
            rules: Vec::new(),
            now: Default::default(),
            until: None,
        },
        seed: pool.seed,
        is_drawn: false,
        ignored: Vec::new(),
        notes: Vec::new(),
        inputs: vec![name.to_owned()],
        effective,
    })
}
