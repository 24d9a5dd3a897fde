//! Scores of forecasts against the code oracles.

use std::fs;

use batchcast::metrics::scores::{Errors, coverage_band, crps_normal, interval_score, pinball};

use crate::data;

/// The number after `name=` in the parameters of a row.
fn parameter(params: &str, name: &str) -> f64 {
    let mut parts = params.split(';');
    let found = parts.find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
    found.unwrap().parse().unwrap()
}

#[test]
fn scores_of_single_forecasts_are_those_of_the_oracles() {
    let Some(path) = data::reference("oracles.csv") else {
        return;
    };
    let mut checked = 0;
    for line in fs::read_to_string(path).unwrap().lines() {
        let cells: Vec<&str> = line.split(',').collect();
        let of = |name: &str| parameter(cells[1], name);
        let found = match cells[0] {
            "pinball" => pinball(of("q"), of("f"), of("y")),
            "interval_score" => interval_score(of("alpha"), of("l"), of("u"), of("y")),
            "crps_normal" => crps_normal(of("mu"), of("sigma"), of("y")),
            "coverage_acceptance" => {
                let band = coverage_band(of("n") as u32, of("nominal"));
                f64::from(if cells[2] == "min_hits" {
                    band.0
                } else {
                    band.1
                })
            }
            _ => continue,
        };
        let wanted: f64 = cells[3].parse().unwrap();
        assert!((found - wanted).abs() < 1e-12, "{line}: {found}");
        checked += 1;
    }
    assert_eq!(checked, 3 + 3 + 2 + 14);
}

#[test]
fn percentage_errors_are_those_of_the_oracles() {
    let mut errors = Errors::default();
    for (measured, forecast) in [(100.0, 110.0), (200.0, 180.0), (400.0, 400.0)] {
        errors.add(forecast, measured);
    }
    assert!((errors.mape().unwrap() - 0.066_666_666_666_666_67).abs() < 1e-12);
    assert!((errors.wape().unwrap() - 0.042_857_142_857_142_86).abs() < 1e-12);
}
