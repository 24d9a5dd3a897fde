//! Prices of Spot pools forecast on weeks that nothing was fitted to, and scored: the fitted price as a run draws it, against prices
//! that stay (persistence), blocks of the past as a run draws them, and changes of the past laid end to end.

use std::collections::BTreeMap;
use std::path::Path;

use batchcast::engine::Streams;
use batchcast::engine::chance::uniform;
use batchcast::input::spot::{PriceHistory, fitted};
use batchcast::market::Market;
use batchcast::metrics::scores::crps;
use batchcast::model::{
    Catalogue, Interruption, Profile, Settings, SpotMarket, SpotPool, SpotPrice, World,
};
use batchcast::units::{PoolId, PricePerHour, Ratio, SimTime, Span, TypeId, ZoneId};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// Length of the blocks of the past.
const BLOCK_DAYS: i64 = 3;

pub const HORIZONS_DAYS: [i64; 3] = [1, 7, 28];
pub const MODELS: [&str; 4] = ["fitted", "persistence", "blocks", "changes"];

/// How a history is cut.
#[derive(Clone, Copy, Debug)]
pub struct Cut {
    /// Days that are fitted to, from its first moment on.
    pub fit_days: i64,
    /// Days from one forecast to the next, of those after.
    pub every_days: i64,
    /// Courses drawn for a forecast.
    pub draws: usize,
}

/// Mean CRPS of a pool by horizon and model, in parts of its mean price over the days that were fitted to.
pub type Scores = BTreeMap<i64, [f64; 4]>;

type Steps = [(i64, PricePerHour)];

pub fn history(paths: &[impl AsRef<Path>]) -> PriceHistory {
    let mut history = PriceHistory::default();
    for path in paths {
        let name = path.as_ref().display().to_string();
        let file = std::fs::File::open(path).unwrap();
        let added = history.add(file, &name, Default::default());
        added.unwrap_or_else(|problems| panic!("{problems:#?}"));
    }
    history.finish();
    history
}

fn usd(price: PricePerHour) -> f64 {
    price.ticks() as f64 / 1e10
}

fn price_at(steps: &Steps, moment: i64) -> f64 {
    let after = steps.partition_point(|&(at, _)| at <= moment);
    usd(steps[after.saturating_sub(1)].1)
}

/// The scores of one pool, of a history from `first` to `last`, or `None` where it has no row in the days that are fitted to.
pub fn pool(steps: &Steps, first: i64, last: i64, cut: &Cut, number: u64) -> Option<Scores> {
    let split = first + cut.fit_days * DAY_MS;
    let known = &steps[..steps.partition_point(|&(at, _)| at < split)];
    if known.is_empty() {
        return None;
    }
    let hours = (first..split).step_by(HOUR_MS as usize);
    let past: Vec<f64> = hours.map(|at| price_at(known, at)).collect();
    let scale = past.iter().sum::<f64>() / past.len() as f64;
    let most = known.iter().map(|&(_, price)| price).max()?;
    // The history ends with the fitting; the last price holds to its end.
    let mut to_fit = known.to_vec();
    to_fit.push((split - 1, to_fit[to_fit.len() - 1].1));
    let course: Vec<(SimTime, PricePerHour)> = to_fit
        .iter()
        .map(|&(at, price)| (SimTime::from_ms((at - first).max(0) as u64), price))
        .collect();
    let blocks = SpotPrice::Blocks {
        history: course,
        length: Span::from_ms((cut.fit_days * DAY_MS) as u64),
        block: Span::from_ms((BLOCK_DAYS * DAY_MS) as u64),
    };
    let mut scores = Scores::new();
    for days in HORIZONS_DAYS {
        let mut sums = [0.0; 4];
        let mut count = 0.0;
        let mut from = split;
        while from + days * DAY_MS <= last {
            let horizon = SimTime::from_ms((days * DAY_MS) as u64);
            let now = price_at(steps, from);
            let measured = price_at(steps, from + days * DAY_MS) / scale;
            // Fitted to the fitting weeks alone; what is known at `from` is the price and the day before.
            let mut price = fitted(&to_fit, split - 1, Span::from_s(3600), most);
            now_known(&mut price, steps, from, &to_fit, split);
            let streams = Streams::new(number << 16 | (from / DAY_MS) as u64 & 0xffff);
            let models = [SpotPrice::Fitted(Box::new(price)), blocks.clone()];
            let [mut by_fit, mut by_blocks] =
                models.map(|model| draws(model, horizon, cut.draws, streams));
            let mut by_changes = changes(&past, now, days, cut.draws, streams);
            for drawn in [&mut by_fit, &mut by_blocks, &mut by_changes] {
                drawn.iter_mut().for_each(|price| *price /= scale);
            }
            sums[0] += crps(&mut by_fit, measured)?;
            sums[1] += (now / scale - measured).abs();
            sums[2] += crps(&mut by_blocks, measured)?;
            sums[3] += crps(&mut by_changes, measured)?;
            count += 1.0;
            from += cut.every_days * DAY_MS;
        }
        if count > 0.0 {
            scores.insert(days, sums.map(|sum| sum / count));
        }
    }
    Some(scores)
}

/// Sets what is known at the moment of a forecast, with the figures of the fit: where the price is, and how it went on the day
/// before. A fit to the same weeks that ends in that day has both.
fn now_known(
    price: &mut batchcast::model::FittedPrice,
    steps: &Steps,
    from: i64,
    to_fit: &Steps,
    split: i64,
) {
    // The weeks of the fit moved so that they end a day before the forecast, then the day.
    let shift = from - split;
    let mut moved: Vec<(i64, PricePerHour)> = to_fit
        .iter()
        .map(|&(at, price)| (at + shift - DAY_MS, price))
        .collect();
    let day = (from - DAY_MS..=from).step_by(HOUR_MS as usize);
    moved.extend(day.map(|at| {
        let after = steps.partition_point(|&(step, _)| step <= at);
        (at, steps[after.saturating_sub(1)].1)
    }));
    let known = fitted(&moved, from, price.step, price.most);
    price.first = known.first;
    price.most = price.most.max(known.first);
    price.least = price.least.min(known.first);
    // The way it goes is in proportion to the pool's own deviation, which the day must not change.
    price.drift = known.drift;
}

/// `count` draws of the price at `horizon`, by the market of a run: a pool each, so that each has a stream of its own.
fn draws(model: SpotPrice, horizon: SimTime, count: usize, streams: Streams) -> Vec<f64> {
    let pool = SpotPool {
        instance_type: TypeId(0),
        zone: ZoneId(0),
        price: model,
        interruptions_per_hour: Ratio::ZERO,
        depth: 0,
        available: Vec::new(),
    };
    let world = World {
        catalogue: Catalogue::default(),
        spot: SpotMarket {
            zones: vec!["a".to_owned()],
            pools: vec![pool; count],
            shocks: Vec::new(),
            interruption: Interruption::Never,
        },
        settings: Settings::new(Profile::Typical),
        billing: Default::default(),
        start_epoch_ms: 0,
        quotas: Default::default(),
    };
    let mut market = Market::new(&world, streams);
    let pools = (0..count).map(PoolId::at);
    pools.map(|pool| usd(market.price(pool, horizon))).collect()
}

/// `count` draws: changes of the logarithm over blocks of the past, laid end to end from `now`.
fn changes(past: &[f64], now: f64, days: i64, count: usize, streams: Streams) -> Vec<f64> {
    let mut stream = streams.stream("changes", 0);
    let draw = |_| {
        let mut price = now;
        let mut left = (days * 24) as usize;
        while left > 0 {
            let block = left.min((BLOCK_DAYS * 24) as usize);
            let start = (uniform(&mut stream) * (past.len() - block) as f64) as usize;
            price *= past[start + block] / past[start];
            left -= block;
        }
        price
    };
    (0..count).map(draw).collect()
}
