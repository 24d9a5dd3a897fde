//! Courses, interruptions and signals, each against what it must be.

use super::*;
use crate::model::{Catalogue, PriceProcess, Profile, Settings, SpotPool};
use crate::units::{Ratio, ZoneId};

fn price(text: &str) -> PricePerHour {
    PricePerHour::parse(text).unwrap()
}

fn world(prices: Vec<SpotPrice>, hazard: u64) -> World {
    let pools = prices.into_iter().map(|price| SpotPool {
        instance_type: TypeId(0),
        zone: ZoneId(0),
        price,
        interruptions_per_hour: Ratio::from_parts(hazard),
        available: Vec::new(),
    });
    World {
        catalogue: Catalogue::default(),
        spot: SpotMarket {
            zones: vec!["a".to_owned()],
            pools: pools.collect(),
            interruption: Interruption::Hazard,
        },
        settings: Settings::new(Profile::Typical),
        billing: Default::default(),
        quotas: Default::default(),
        start_epoch_ms: 0,
    }
}

fn hours(hours: u64) -> SimTime {
    SimTime::from_s(hours * 3600)
}

const POOL: PoolId = PoolId(0);

fn steps() -> SpotPrice {
    SpotPrice::Steps(vec![
        (SimTime::from_s(100), price("0.10")),
        (hours(2), price("0.30")),
        (hours(5), price("0.20")),
    ])
}

#[test]
fn an_instance_pays_each_moment_what_its_pool_costs_then() {
    let world = world(vec![steps()], 0);
    let mut market = Market::new(&world, Streams::new(1));
    for (from, to, paid) in [
        (0, 1, "0.10"),
        (1, 3, "0.40"),
        (0, 10, "2.10"),
        (6, 6, "0.00"),
        (3, 5, "0.60"),
    ] {
        let sum = market.paid(Tariff::Spot(POOL), hours(from), hours(to));
        assert_eq!(sum.to_string(), paid, "from {from} to {to}");
    }
}

#[test]
fn by_the_hour_the_price_at_the_beginning_of_an_hour_holds_for_all_of_it() {
    let world = world(vec![steps()], 0);
    let mut market = Market::new(&world, Streams::new(1));
    let launched = SimTime::from_s(90 * 60);
    let tariff = Tariff::SpotByTheHour(POOL, launched);
    let paid = market.paid(tariff, launched, launched + Span::from_s(2 * 3600));
    assert_eq!(paid.to_string(), "0.40");
}

#[test]
fn a_price_over_the_cap_takes_back_at_that_very_moment_and_one_at_the_cap_does_not() {
    let world = world(vec![steps()], 0);
    let mut market = Market::new(&world, Streams::new(1));
    let mut back = |now, cap| market.taken_back(POOL, InstanceId(0), now, now, Some(price(cap)));
    assert_eq!(back(hours(1), "0.29"), TakenBack::At(hours(2)));
    assert_eq!(back(hours(3), "0.29"), TakenBack::At(hours(3)));
    assert_eq!(back(hours(1), "0.30"), TakenBack::Never);
}

#[test]
fn lives_at_a_hazard_are_exponential_and_each_instance_has_its_own() {
    let world = world(vec![SpotPrice::Fixed(price("1"))], 500_000);
    let mut market = Market::new(&world, Streams::new(3));
    let lives: Vec<f64> = (0..20_000)
        .map(|number| {
            let launched = hours(7);
            match market.taken_back(POOL, InstanceId(number), launched, launched, None) {
                TakenBack::At(at) => (at - launched).ms() as f64 / 3.6e6,
                other => panic!("{other:?}"),
            }
        })
        .collect();
    let mean = lives.iter().sum::<f64>() / lives.len() as f64;
    // Mean 2 h, its standard error 0.014 h.
    assert!((mean - 2.0).abs() < 0.05, "{mean}");
    let longer = lives.iter().filter(|&&life| life > 2.0).count() as f64 / lives.len() as f64;
    assert!((longer - libm::exp(-1.0)).abs() < 0.015, "{longer}");
}

#[test]
fn a_process_stays_within_its_bounds_and_near_its_mean_and_is_the_same_however_it_is_asked() {
    let process = PriceProcess {
        first: price("0.5"),
        mean_log: -1_000_000,
        reversion: 50_000,
        deviation: 60_000,
        jump_chance: 10_000,
        jump_deviation: 300_000,
        step: Span::from_s(3600),
        most: price("1"),
        least: price("0.05"),
    };
    let world = world(vec![SpotPrice::Process(process)], 0);
    let course = |questions: &[u64]| -> Vec<PricePerHour> {
        let mut market = Market::new(&world, Streams::new(5));
        let mut ask = |&at: &u64| market.price(POOL, hours(at));
        questions.iter().for_each(|at| {
            ask(at);
        });
        (0..20_000).map(|at| ask(&at)).collect()
    };
    let prices = course(&[]);
    assert_eq!(prices, course(&[19_000, 3, 700]));
    let logs = prices
        .iter()
        .map(|one| libm::log(one.ticks() as f64 / 1e10));
    let mean = logs.sum::<f64>() / prices.len() as f64;
    assert!((mean + 1.0).abs() < 0.1, "{mean}");
    assert!(
        prices
            .iter()
            .all(|one| (price("0.05")..=price("1")).contains(one))
    );
}

#[test]
fn blocks_hold_nothing_but_pieces_of_their_history() {
    let history: Vec<(SimTime, PricePerHour)> = (0..100)
        .map(|day| (hours(day * 24), PricePerHour::from_ticks(1000 + day)))
        .collect();
    let world = world(
        vec![SpotPrice::Blocks {
            history,
            length: Span::from_s(100 * 24 * 3600),
            block: Span::from_s(7 * 24 * 3600),
        }],
        0,
    );
    let mut market = Market::new(&world, Streams::new(2));
    let day = |market: &mut Market<'_>, at: u64| market.price(POOL, hours(at)).ticks() - 1000;
    let mut begins = Vec::new();
    for week in 0..50 {
        let first = day(&mut market, week * 168);
        let last = day(&mut market, week * 168 + 167);
        assert!(
            last - first <= 7 && last < 100,
            "week {week}: {first} to {last}"
        );
        begins.push(first);
    }
    begins.dedup();
    assert!(
        begins.len() > 40,
        "weeks are drawn, not repeated: {begins:?}"
    );
}

#[test]
fn a_signal_is_late_and_blurred_within_its_noise() {
    let world = world(vec![SpotPrice::Fixed(price("1"))], 200_000);
    let market = Market::new(&world, Streams::new(4));
    let seen: Vec<u64> = (0..200).map(|at| market.signal(POOL, hours(at))).collect();
    assert!(
        seen.iter().all(|risk| (100_000..=400_000).contains(risk)),
        "{seen:?}"
    );
    assert!(seen.iter().any(|&risk| risk < 150_000) && seen.iter().any(|&risk| risk > 300_000));
}

#[test]
fn a_price_that_is_drawn_for_ever_and_never_changes_is_asked_for_only_as_far_as_needed() {
    let history = vec![(SimTime::ZERO, price("0.10")), (hours(1), price("0.10"))];
    let world = world(
        vec![SpotPrice::Blocks {
            history,
            length: Span::from_s(7200),
            block: Span::from_s(600),
        }],
        0,
    );
    let mut market = Market::new(&world, Streams::new(2));
    let paid = market.paid(Tariff::Spot(POOL), hours(1), hours(11));
    assert_eq!(paid.to_string(), "1.00");
    assert_eq!(market.next_price(POOL, hours(1)), Some(hours(1) + AHEAD));
}
