//! Random worlds on Spot: a managed world of the same number, whose environments buy Spot instances from random pools.

use batchcast::model::{
    AllocationStrategy, Checkpoint, Command, EnvironmentKind, EnvironmentUpdate, Infrastructure,
    Interruption, PriceProcess, Purchase, Scenario, ShockTimes, SpotMarket, SpotPool, SpotPrice,
    SpotShock, Timed, UpdatePolicy,
};
use batchcast::units::{PoolId, PricePerHour, Ratio, SimTime, Span, TypeId, ZoneId};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use super::{GRAIN_S, managed_world, set};

/// The random world on Spot number `seed`.
pub fn spot_world(seed: u64) -> Scenario {
    let mut scenario = managed_world(seed);
    let mut chance = ChaCha8Rng::seed_from_u64(seed ^ 0x5907);
    for timed in &mut scenario.commands {
        if let Command::CreateComputeEnvironment(environment) = &mut timed.command
            && let EnvironmentKind::Managed(managed) = &mut environment.kind
        {
            let count = managed.types.len() as u32;
            managed.positions = (0..count).map(|place| place * 7 % count).collect();
            if !chance.random_bool(0.8) {
                let ordered = AllocationStrategy::BestFitProgressiveOrdered;
                managed.strategy = one_of(&mut chance, &[managed.strategy, ordered]);
                continue;
            }
            managed.purchase = Purchase::Spot {
                bid_percentage: one_of(&mut chance, &[100, 60, 40, 1000]),
            };
            managed.strategy = one_of(
                &mut chance,
                &[
                    AllocationStrategy::BestFit,
                    AllocationStrategy::BestFitProgressive,
                    AllocationStrategy::SpotCapacityOptimized,
                    AllocationStrategy::SpotPriceCapacityOptimized,
                    AllocationStrategy::SpotPriceCapacityOptimized,
                    AllocationStrategy::SpotCapacityOptimizedPrioritized,
                ],
            );
        }
    }
    scenario.world.spot = market(&scenario, &mut chance);
    for (key, values) in [
        ("spotLaunchTime", &["0s", "10s", "40s"]),
        ("spotSignalLag", &["0s", "60s", "3600s"]),
        ("spotSignalNoise", &["0", "1", "3"]),
        ("spotNotice", &["0s", "20s", "120s"]),
        ("spotStatusLag", &["0s", "20s", "60s"]),
        ("spotDraining", &["false", "true", "true"]),
        ("spotDepthHazard", &["0", "1", "1"]),
    ] {
        let value = one_of(&mut chance, values);
        set(&mut scenario, key, value);
    }
    save_work(&mut scenario, &mut chance);
    lose_zones(&mut scenario, &mut chance);
    replace_machines(&mut scenario, &mut chance);
    scenario
}

/// Some definitions have checkpoints, as short as their jobs.
fn save_work(scenario: &mut Scenario, chance: &mut ChaCha8Rng) {
    for timed in &mut scenario.commands {
        if let Command::RegisterJobDefinition(definition) = &mut timed.command
            && chance.random_bool(0.7)
        {
            let span =
                |chance: &mut ChaCha8Rng, values: &[u64]| Span::from_s(one_of(chance, values));
            let on_notice = chance.random_bool(0.5);
            definition.checkpoint = Some(Checkpoint {
                interval: (!on_notice || chance.random_bool(0.5))
                    .then(|| span(chance, &[7, 20, 40, 60])),
                cost: span(chance, &[0, 1, 5, 20, 30]),
                restart: span(chance, &[0, 3, 20]),
                on_notice,
                after_failure: chance.random_bool(0.5),
            });
        }
    }
}

/// Environments get other machines: one of their types, or all of them anew.
fn replace_machines(scenario: &mut Scenario, chance: &mut ChaCha8Rng) {
    let managed = |timed: &Timed| match &timed.command {
        Command::CreateComputeEnvironment(made) => match &made.kind {
            EnvironmentKind::Managed(managed) => Some((made.name.clone(), managed.types.clone())),
            _ => None,
        },
        _ => None,
    };
    let made: Vec<(String, Vec<TypeId>)> = scenario.commands.iter().filter_map(managed).collect();
    for (compute_environment, types) in made {
        if types.is_empty() || !chance.random_bool(0.3) {
            continue;
        }
        let one = types[chance.random_range(0..types.len())];
        let update_policy = UpdatePolicy {
            terminate_jobs: chance.random_bool(0.3),
            timeout: Span::from_s(one_of(chance, &[60, 600])),
        };
        let update = EnvironmentUpdate {
            compute_environment,
            update_policy: chance.random_bool(0.8).then_some(update_policy),
            infrastructure: Some(Box::new(Infrastructure {
                types: chance.random_bool(0.5).then(|| (vec![one], vec![0])),
                ..Infrastructure::default()
            })),
            ..EnvironmentUpdate::default()
        };
        scenario.commands.push(Timed {
            at: some_time(chance),
            command: Command::UpdateComputeEnvironment(update),
        });
    }
    scenario.commands.sort_by_key(|timed| timed.at);
}

/// Zones are lost for a while, one perhaps twice at a time.
fn lose_zones(scenario: &mut Scenario, chance: &mut ChaCha8Rng) {
    while chance.random_bool(0.3) {
        let zones = scenario.world.spot.zones.len();
        let zone = chance.random_range(0..zones);
        let at = some_time(chance);
        scenario.commands.push(Timed {
            at,
            command: Command::ZoneOutage {
                availability_zone: scenario.world.spot.zones[zone].clone(),
                duration: Span::from_s(one_of(chance, &[20, 200, 2000])),
            },
        });
    }
    scenario.commands.sort_by_key(|timed| timed.at);
}

fn one_of<T: Copy>(chance: &mut ChaCha8Rng, values: &[T]) -> T {
    values[chance.random_range(0..values.len())]
}

fn market(scenario: &Scenario, chance: &mut ChaCha8Rng) -> SpotMarket {
    let zones = chance.random_range(1..=2u32);
    let mut pools = Vec::new();
    for (instance_type, machine) in scenario.world.catalogue.iter() {
        for zone in (0..zones).map(ZoneId) {
            // Not every zone has every type.
            if zone.0 > 0 && chance.random_bool(0.3) {
                continue;
            }
            pools.push(SpotPool {
                instance_type,
                zone,
                price: price(machine.price.ticks(), instance_type, chance),
                // Lives of minutes, as jobs have.
                interruptions_per_hour: Ratio::from_parts(one_of(
                    chance,
                    &[0, 500_000, 2_000_000, 6_000_000],
                )),
                available: supply(chance),
                depth: one_of(chance, &[0, 20]),
            });
        }
    }
    let shocks = shocks(&pools, zones, chance);
    SpotMarket {
        shocks,
        zones: (0..zones).map(|zone| format!("zone-{zone}")).collect(),
        pools,
        interruption: one_of(chance, &[Interruption::Hazard, Interruption::Never]),
    }
}

/// By zone or by type, at random or at set times.
fn shocks(pools: &[SpotPool], zones: u32, chance: &mut ChaCha8Rng) -> Vec<SpotShock> {
    let mut shocks = Vec::new();
    while chance.random_bool(0.4) {
        let zone = ZoneId(chance.random_range(0..zones));
        let by_zone = chance.random_bool(0.5);
        let first = pools[0].instance_type;
        let hit = (0..pools.len()).filter(|&number| match by_zone {
            true => pools[number].zone == zone,
            false => pools[number].instance_type == first,
        });
        let times = match chance.random_bool(0.5) {
            true => ShockTimes::PerHour(Ratio::from_parts(4_000_000)),
            false => ShockTimes::At(vec![some_time(chance)]),
        };
        shocks.push(SpotShock {
            pools: hit.map(PoolId::at).collect(),
            times,
            fraction: Ratio::from_parts(one_of(chance, &[300_000, 700_000, 1_000_000])),
        });
    }
    shocks
}

fn some_time(chance: &mut ChaCha8Rng) -> SimTime {
    SimTime::from_s(GRAIN_S * chance.random_range(0..100u64))
}

fn supply(chance: &mut ChaCha8Rng) -> Vec<(SimTime, u32)> {
    if chance.random_bool(0.7) {
        return Vec::new();
    }
    let mut times: Vec<SimTime> = (0..3).map(|_| some_time(chance)).collect();
    times.sort_unstable();
    times.dedup();
    times
        .into_iter()
        .map(|at| (at, one_of(chance, &[0, 1, 2, 5])))
        .collect()
}

fn steps(on_demand: u64, chance: &mut ChaCha8Rng) -> Vec<(SimTime, PricePerHour)> {
    let mut times: Vec<SimTime> = (0..5).map(|_| some_time(chance)).collect();
    times.sort_unstable();
    times.dedup();
    times
        .into_iter()
        .map(|at| {
            let percent = one_of(chance, &[20u64, 30, 50, 80, 130]);
            (at, PricePerHour::from_ticks(on_demand * percent / 100))
        })
        .collect()
}

fn price(on_demand: u64, instance_type: TypeId, chance: &mut ChaCha8Rng) -> SpotPrice {
    match chance.random_range(0..4) {
        0 => SpotPrice::Fixed(PricePerHour::from_ticks(on_demand * 3 / 10)),
        1 => SpotPrice::Process(PriceProcess {
            first: PricePerHour::from_ticks(on_demand / 3),
            // The logarithm of some 0.1 to 0.2 USD.
            mean_log: -2_000_000 + i64::from(instance_type.0) * 100_000,
            reversion: 100_000,
            deviation: 150_000,
            jump_chance: 20_000,
            jump_deviation: 700_000,
            step: Span::from_s(GRAIN_S * 3),
            most: PricePerHour::from_ticks(on_demand),
            least: PricePerHour::from_ticks(on_demand / 20),
        }),
        2 => SpotPrice::Blocks {
            history: steps(on_demand, chance),
            length: Span::from_s(GRAIN_S * 100),
            block: Span::from_s(GRAIN_S * 13),
        },
        _ => SpotPrice::Steps(steps(on_demand, chance)),
    }
}
