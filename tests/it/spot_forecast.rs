//! Fitted prices forecast weeks that nothing was fitted to, and are scored: `benches/forecast.rs` on some of the pools.

#[path = "../../benches/support/forecast.rs"]
mod forecast;

use std::fs;

use batchcast::input::spot::PriceHistory;

use crate::data;
use forecast::{Cut, HORIZONS_DAYS, MODELS};

/// Mean scores of every `nth` pool, by horizon and model.
fn scores(history: &PriceHistory, nth: usize, cut: &Cut) -> Vec<[f64; 4]> {
    let (first, last) = history.ends().unwrap();
    let pools = history.pools.values().flat_map(|zones| zones.values());
    let scored: Vec<_> = pools
        .enumerate()
        .step_by(nth)
        .filter_map(|(number, steps)| forecast::pool(steps, first, last, cut, number as u64))
        .collect();
    let mean = |days: i64, model: usize| {
        let rows: Vec<f64> = scored.iter().map(|scores| scores[&days][model]).collect();
        rows.iter().sum::<f64>() / rows.len() as f64
    };
    HORIZONS_DAYS
        .iter()
        .map(|&days| [0, 1, 2, 3].map(|model| mean(days, model)))
        .collect()
}

/// The fitted price beats persistence and blocks of the past at every horizon.
fn check(name: &str, scores: &[[f64; 4]]) {
    for (days, row) in HORIZONS_DAYS.iter().zip(scores) {
        println!("{name}, {days} days ahead: {MODELS:?} {row:.5?}");
        assert!(row[0] < row[1] && row[0] < row[2], "{name} {days} {row:?}");
    }
}

#[test]
fn fitted_prices_forecast_better_than_prices_that_stay_and_than_blocks_of_the_past() {
    let Some(linux) = data::file("spot/us-east-1_linux_2021-03_2021-05.csv.gz") else {
        return;
    };
    let cut = Cut {
        fit_days: 56,
        every_days: 6,
        draws: 50,
    };
    check("2021", &scores(&forecast::history(&[linux]), 7, &cut));
    let folder = data::file("spot/us-east-1_2016").unwrap();
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let cut = Cut {
        fit_days: 31,
        every_days: 2,
        draws: 100,
    };
    check("2016", &scores(&forecast::history(&paths), 1, &cut));
}
