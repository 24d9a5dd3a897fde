//! How well prices of Spot are forecast: `BATCHCAST_BENCH=full cargo bench --bench forecast`, with `BATCHCAST_DATA` set. Prints a table for
//! each history; without `full` every tenth pool is forecast, with fewer draws.
//!
//! Each pool is fitted to its first weeks and forecast on those after; the score is the CRPS in parts of the pool's mean price. The skill
//! against a rival is what of its mean score is saved; its interval comes from drawing the instance types of the pools anew, as the
//! zones of a type go together.

#[path = "support/forecast.rs"]
mod forecast;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use batchcast::engine::Streams;
use batchcast::engine::chance::uniform;
use batchcast::input::spot::PriceHistory;
use batchcast::plan::each;

use forecast::{Cut, HORIZONS_DAYS, MODELS, Scores};

fn main() {
    let Some(data) = std::env::var_os("BATCHCAST_DATA") else {
        println!("skipped: BATCHCAST_DATA is not set");
        return;
    };
    let full = std::env::var("BATCHCAST_BENCH").is_ok_and(|size| size == "full");
    let (nth, draws) = if full { (1, 200) } else { (10, 40) };
    let spot = PathBuf::from(data).join("spot");
    let linux = spot.join("us-east-1_linux_2021-03_2021-05.csv.gz");
    let cut = Cut {
        fit_days: 56,
        every_days: 3,
        draws,
    };
    table(
        "us-east-1, 2021-03 to 2021-05",
        &forecast::history(&[linux]),
        &cut,
        nth,
    );
    let cut = Cut {
        fit_days: 31,
        every_days: 1,
        draws,
    };
    let bidding = forecast::history(&files(&spot.join("us-east-1_2016")));
    table(
        "us-east-1, 2016-02 to 2016-04 (bidding)",
        &bidding,
        &cut,
        nth,
    );
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn table(title: &str, history: &PriceHistory, cut: &Cut, nth: usize) {
    let (first, last) = history.ends().unwrap();
    let zones = history.pools.iter().flat_map(|(name, zones)| {
        let steps = zones.values().map(Vec::as_slice);
        steps.map(move |steps| (name.as_str(), steps))
    });
    let pools: Vec<(usize, (&str, _))> = zones.enumerate().step_by(nth).collect();
    let scores = each(&pools, |(number, (_, steps))| {
        forecast::pool(steps, first, last, cut, *number as u64)
    });
    let scored: Vec<(&str, Scores)> = pools
        .iter()
        .zip(scores)
        .filter_map(|((_, (name, _)), scores)| Some((*name, scores?)))
        .collect();
    println!(
        "\n{title}: {} pools, fitted to {} days, a forecast every {} days, {} draws",
        scored.len(),
        cut.fit_days,
        cut.every_days,
        cut.draws
    );
    for days in HORIZONS_DAYS {
        let rows: Vec<(&str, [f64; 4])> = scored
            .iter()
            .filter_map(|(name, scores)| Some((*name, *scores.get(&days)?)))
            .collect();
        if rows.is_empty() {
            continue;
        }
        let mean =
            |model: usize| rows.iter().map(|row| row.1[model]).sum::<f64>() / rows.len() as f64;
        println!(
            "  {days:>2} days ahead, {} pools: fitted {:.5}",
            rows.len(),
            mean(0)
        );
        for (rival, name) in MODELS.iter().enumerate().skip(1) {
            let part = |is: &dyn Fn(f64, f64) -> bool| {
                let count = rows
                    .iter()
                    .filter(|(_, row)| is(row[0], row[rival]))
                    .count();
                100.0 * count as f64 / rows.len() as f64
            };
            let (low, high) = interval(&rows, rival);
            println!(
                "     {name:<12} {:.5}  fitted better in {:>5.1} % of pools, alike {:>5.1} %, worse {:>5.1} %; skill {:>6.3} ({low:.3} to {high:.3})",
                mean(rival),
                part(&|ours, theirs| ours < theirs),
                part(&|ours, theirs| ours == theirs),
                part(&|ours, theirs| ours > theirs),
                1.0 - mean(0) / mean(rival),
            );
        }
        let mut by_type: BTreeMap<&str, f64> = BTreeMap::new();
        for (name, row) in &rows {
            *by_type.entry(name).or_default() += row[0] - row[1].min(row[2]).min(row[3]);
        }
        let mut worst: Vec<(&str, f64)> = by_type.into_iter().collect();
        worst.sort_by(|one, other| other.1.total_cmp(&one.1));
        let worst: Vec<String> = worst
            .iter()
            .take(5)
            .map(|(name, lost)| format!("{name} {lost:.3}"))
            .collect();
        println!(
            "     loses most against the best rival of each pool: {}",
            worst.join(", ")
        );
    }
}

/// 95 % interval of the skill against a rival, types drawn anew.
fn interval(rows: &[(&str, [f64; 4])], rival: usize) -> (f64, f64) {
    let mut types: BTreeMap<&str, [f64; 2]> = BTreeMap::new();
    for (name, row) in rows {
        let sums = types.entry(name).or_default();
        sums[0] += row[0];
        sums[1] += row[rival];
    }
    let types: Vec<[f64; 2]> = types.into_values().collect();
    let mut stream = Streams::new(1).stream("types", rival as u64);
    let mut skills: Vec<f64> = (0..1000)
        .map(|_| {
            let mut sums = [0.0; 2];
            for _ in 0..types.len() {
                let one = types[(uniform(&mut stream) * types.len() as f64) as usize];
                sums = [sums[0] + one[0], sums[1] + one[1]];
            }
            1.0 - sums[0] / sums[1]
        })
        .collect();
    skills.sort_by(f64::total_cmp);
    (skills[25], skills[974])
}
