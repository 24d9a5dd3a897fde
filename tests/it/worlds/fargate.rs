//! Random worlds on Fargate, and random worlds whose containers are made from images.

use batchcast::billing::fargate::task_machines;
use batchcast::model::{
    Architecture, Command, EnvironmentKind, EnvironmentUpdate, FargateEnvironment, FargateSize,
    JobDefinition, Knob, Platform, Scenario,
};
use batchcast::units::{PricePerHour, Shape};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use super::{managed_world, set, world};

/// The random world on Fargate number `seed`: the world of that number, whose environments have tasks instead of machines.
pub fn fargate_world(seed: u64) -> Scenario {
    let mut scenario = world(seed);
    let mut chance = ChaCha8Rng::seed_from_u64(seed ^ 0xfa26a7e);
    for (key, values) in [
        ("fargateStart", &["0s", "20s", "45s"] as &[&str]),
        ("fargateLaunchBurst", &["0", "0", "1", "2", "4"]),
        ("fargateLaunchesPerSecond", &["0.02", "0.05", "0.3"]),
        ("fargateSpotDiscount", &["0.7", "0.35", "0"]),
        ("fargateSpotInterruptionsPerHour", &["0", "5", "30"]),
        ("fargateSpeed", &["1", "0.5", "2"]),
        (
            "dispatch",
            &["strict", "strict", "strict-held", "lookahead:2"],
        ),
    ] {
        let value = one_of(&mut chance, values);
        set(&mut scenario, key, value);
    }
    images(&mut scenario, &mut chance);
    let storage = [0, 1].map(|_| one_of(&mut chance, &[0, 0, 21, 200]));
    let sizes = [0, 1].map(|_| one_of(&mut chance, &[None, Some(1500)]));
    let settings = &scenario.world.settings;
    let machines = task_machines(
        &scenario.world.billing.fargate,
        settings.ratio(Knob::FargateSpotDiscount),
        settings.ratio(Knob::FargateSpeed),
    );
    scenario.world.catalogue = std::mem::take(&mut scenario.world.catalogue).with_tasks(machines);
    for timed in &mut scenario.commands {
        match &mut timed.command {
            Command::CreateComputeEnvironment(environment) => {
                environment.kind = EnvironmentKind::Fargate(FargateEnvironment {
                    spot: chance.random_bool(0.5),
                    max_vcpus: one_of(&mut chance, &[1, 2, 4, 4, 8, 20]),
                });
            }
            Command::UpdateComputeEnvironment(update) => limit(update, &mut chance),
            Command::CreateJobQueue(queue) => {
                let name = queue.discipline.as_deref().unwrap_or_default();
                if ["easy", "conservative"].contains(&name) {
                    queue.discipline = None;
                }
            }
            Command::RegisterJobDefinition(definition) => {
                task(definition, &mut chance);
                // Alike for all revisions of a name: the laws do not follow which of them is ACTIVE when.
                let is_second = usize::from(definition.name == "second");
                definition.container.storage_gib = storage[is_second];
                definition.container.image_mib = sizes[is_second];
            }
            _ => {}
        }
    }
    let workload = &mut scenario.workload;
    for row in &mut workload.rows {
        let template = &workload.templates[row.template as usize];
        row.gpus = 0;
        // Without a definition the smallest task that holds a row is taken, so it may ask for anything.
        if template.job_definition.is_none() {
            continue;
        }
        (row.vcpus, row.memory) = match chance.random_range(0..12) {
            0 => (1, 2048),
            1 => (2, 8192),
            2 => (4, 8192),
            // There is no such size.
            3 => (3, 8192),
            _ => (0, 0),
        };
    }
    scenario
}

/// A managed world whose containers are made from images.
pub fn image_world(seed: u64) -> Scenario {
    let mut scenario = managed_world(seed);
    let mut chance = ChaCha8Rng::seed_from_u64(seed ^ 0x1333a6e);
    images(&mut scenario, &mut chance);
    let names = [0, 1].map(|_| one_of(&mut chance, &["", "one", "one"]));
    let size = one_of(&mut chance, &[None, None, Some(900)]);
    for timed in &mut scenario.commands {
        if let Command::RegisterJobDefinition(definition) = &mut timed.command {
            let is_second = usize::from(definition.name == "second");
            definition.container.image = names[is_second].to_owned();
            definition.container.image_mib = match definition.nodes {
                // The laws of images look at containers alone.
                Some(_) => Some(0),
                None => size,
            };
        }
    }
    scenario
}

fn images(scenario: &mut Scenario, chance: &mut ChaCha8Rng) {
    for (key, values) in [
        ("imageSizeMib", &["0", "500", "2000"] as &[&str]),
        ("imagePullMibPerSecond", &["0", "5", "20", "100"]),
        ("imageExtraction", &["0s", "5s"]),
        ("containerCreateTimeout", &["false", "false", "true"]),
    ] {
        let value = one_of(chance, values);
        set(scenario, key, value);
    }
    scenario.world.billing.public_ipv4 = chance.random_bool(0.3);
    scenario.world.billing.pull_per_gb =
        PricePerHour::from_ticks(one_of(chance, &[0, 450_000_000]));
}

fn limit(update: &mut EnvironmentUpdate, chance: &mut ChaCha8Rng) {
    update.unmanaged_vcpus = None;
    if chance.random_bool(0.5) {
        update.max_vcpus = Some(one_of(chance, &[1, 2, 6, 12]));
    }
    if chance.random_bool(0.1) {
        update.min_vcpus = Some(1);
    }
}

/// The definition for tasks, of a random size. A gang's stays, and is refused.
fn task(definition: &mut JobDefinition, chance: &mut ChaCha8Rng) {
    let terms = &mut definition.container;
    terms.platform = Platform::Fargate;
    let all = FargateSize::all();
    let small = all.iter().filter(|size| size.quarter_vcpus <= 8);
    let small: Vec<FargateSize> = small.copied().collect();
    let size = one_of(chance, &small);
    definition.shape = Shape::new(size.vcpus(), size.memory, 0);
    terms.quarter_vcpus = match size.quarter_vcpus % 4 {
        0 => 0,
        _ => size.quarter_vcpus,
    };
    terms.architecture = one_of(chance, &[Architecture::X86_64, Architecture::Arm64]);
}

fn one_of<T: Copy>(chance: &mut ChaCha8Rng, values: &[T]) -> T {
    values[chance.random_range(0..values.len())]
}
