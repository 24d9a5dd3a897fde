//! Random terms of a bill.

use batchcast::model::{
    BillingTerms, OtherUsage, QUOTAS, ReservedInstances, RootVolume, SavingsPlan, Scenario,
    VolumeKind,
};
use batchcast::units::{PricePerHour, Ratio, SimTime, Span, TypeId};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use super::{managed_world, spot_world, world};

/// A world of any of the other kinds, with terms.
pub fn billed_world(seed: u64) -> Scenario {
    let mut scenario = match seed % 3 {
        0 => world(seed),
        1 => managed_world(seed),
        _ => spot_world(seed),
    };
    let mut chance = ChaCha8Rng::seed_from_u64(seed ^ 0xb111);
    scenario.world.billing = terms(&scenario, &mut chance);
    for place in 0..QUOTAS.len() {
        if chance.random_bool(0.3) {
            scenario.world.quotas.set(place, chance.random_range(0..40));
        }
    }
    scenario
}

fn terms(scenario: &Scenario, chance: &mut ChaCha8Rng) -> BillingTerms {
    let types: Vec<(TypeId, String, PricePerHour)> = scenario
        .world
        .catalogue
        .iter()
        .map(|(id, one)| (id, one.name.clone(), one.price))
        .collect();
    let part =
        |price: PricePerHour, percent: u64| PricePerHour::from_ticks(price.ticks() / 100 * percent);
    let mut terms = BillingTerms {
        root_volume: chance.random_bool(0.7).then(|| RootVolume {
            gib: chance.random_range(1..500),
            kind: match chance.random_bool(0.5) {
                true => VolumeKind::Gp2,
                false => VolumeKind::Gp3,
            },
        }),
        public_ipv4: chance.random_bool(0.5),
        ..BillingTerms::default()
    };
    if chance.random_bool(0.3) {
        terms.discount = Ratio::from_parts(chance.random_range(1..300_000));
    }
    for _ in 0..chance.random_range(0..3) {
        let (id, name, price) = &types[chance.random_range(0..types.len())];
        let family = name
            .split_once('.')
            .map_or(name.as_str(), |(family, _)| family);
        let mut rates = vec![(*id, part(*price, 30))];
        rates.retain(|_| chance.random_bool(0.5));
        terms.savings_plans.push(SavingsPlan {
            family: chance.random_bool(0.5).then(|| family.to_owned()),
            commitment: PricePerHour::from_ticks(chance.random_range(1..5_000_000_000)),
            discount: chance
                .random_bool(0.8)
                .then(|| Ratio::from_parts(chance.random_range(1..900_000))),
            rates,
        });
    }
    for _ in 0..chance.random_range(0..3) {
        let (_, name, price) = &types[chance.random_range(0..types.len())];
        terms.reserved_instances.push(ReservedInstances {
            instance_type: name.clone(),
            count: chance.random_range(1..4),
            hourly: part(*price, 40),
        });
    }
    for _ in 0..chance.random_range(0..3) {
        let (id, _, price) = &types[chance.random_range(0..types.len())];
        let from = SimTime::from_s(chance.random_range(0..8000));
        terms.other_usage.push(OtherUsage {
            instance_type: chance.random_bool(0.7).then_some(*id),
            price: *price,
            count: chance.random_range(1..4),
            from,
            to: match chance.random_bool(0.3) {
                true => SimTime::NEVER,
                false => from + Span::from_s(chance.random_range(1..9000)),
            },
        });
    }
    terms
}
