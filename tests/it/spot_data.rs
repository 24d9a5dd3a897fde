//! Real data of EC2 Spot, read whole: histories of prices, bands of interruptions, measured availability.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use batchcast::input::scenario::{Files, load};
use batchcast::input::spot::{Assumed, PriceHistory, available, hazards};
use batchcast::model::SpotPrice;
use batchcast::units::Ratio;
use flate2::read::GzDecoder;

use crate::data;

const LINUX_2021: &str = "spot/us-east-1_linux_2021-03_2021-05.csv.gz";

const ASSUMED: Assumed<'_> = Assumed {
    instance_type: None,
    zone: "us-east-1a",
};

struct Opened;

impl Files for Opened {
    fn open(&self, path: &str) -> Result<Box<dyn Read>, String> {
        match File::open(path) {
            Ok(file) => Ok(Box::new(file)),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// The files of a folder and those below it, in order of name.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found.sort();
    found
}

fn history(paths: &[PathBuf], assumed: Assumed<'_>) -> PriceHistory {
    let mut history = PriceHistory::default();
    for path in paths {
        let name = path.display().to_string();
        let added = history.add(File::open(path).unwrap(), &name, assumed);
        added.unwrap_or_else(|problems| panic!("{problems:#?}"));
    }
    history.finish();
    history
}

/// Rows, rows of other products, duplicates and contradictions, and steps in all.
fn counts(history: &PriceHistory) -> [u64; 5] {
    let steps = history.pools.values().flat_map(BTreeMap::values);
    let steps: usize = steps.map(Vec::len).sum();
    [
        history.rows,
        history.other_products,
        history.duplicates,
        history.contradictions,
        steps as u64,
    ]
}

/// Seconds from 1970 of `2021-03-02T01:39:05Z`, by the calendar.
fn seconds(text: &str) -> i64 {
    let number = |range| {
        text.get::<std::ops::Range<usize>>(range)
            .unwrap()
            .parse::<i64>()
            .unwrap()
    };
    let (year, month, day) = (number(0..4), number(5..7), number(8..10));
    let is_leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let lengths = [
        31,
        28 + i64::from(is_leap(year)),
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    ];
    let years: i64 = (1970..year)
        .map(|year| 365 + i64::from(is_leap(year)))
        .sum();
    let months: i64 = lengths[..month as usize - 1].iter().sum();
    let time = number(11..13) * 3600 + number(14..16) * 60 + number(17..19);
    (years + months + day - 1) * 86_400 + time
}

/// Ten-billionths of a dollar of `0.0425`.
fn ticks(text: &str) -> u128 {
    let (whole, decimals) = text.split_once('.').unwrap();
    let decimals: u128 = format!("{decimals:0<10}").parse().unwrap();
    whole.parse::<u128>().unwrap() * 10_000_000_000 + decimals
}

/// What a pool costs in all over the whole of the history, in ten-billionths of a dollar an hour times milliseconds, by the
/// rows as they stand in the file.
fn totals_of_rows(text: &str) -> BTreeMap<(String, String), u128> {
    let mut pools: BTreeMap<(String, String), Vec<(i64, u128)>> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let pool = (cells[2].to_owned(), cells[1].to_owned());
        let row = (seconds(cells[0]), ticks(cells[3]));
        pools.entry(pool).or_default().push(row);
    }
    let moments = || pools.values().flatten().map(|row| row.0);
    let (first, last) = (moments().min().unwrap(), moments().max().unwrap());
    let total = |mut rows: Vec<(i64, u128)>| {
        rows.sort_unstable();
        rows[0].0 = first;
        let ends = rows.iter().skip(1).map(|row| row.0).chain([last]);
        let parts = rows.iter().zip(ends);
        parts
            .map(|(row, end)| row.1 * (end - row.0) as u128 * 1000)
            .sum()
    };
    pools
        .clone()
        .into_iter()
        .map(|(pool, rows)| (pool, total(rows)))
        .collect()
}

#[test]
fn every_pool_of_a_quarter_has_the_mean_price_of_its_rows_to_the_last_digit() {
    let Some(path) = data::file(LINUX_2021) else {
        return;
    };
    let mut text = String::new();
    GzDecoder::new(File::open(&path).unwrap())
        .read_to_string(&mut text)
        .unwrap();
    let wanted = totals_of_rows(&text);
    let names: BTreeSet<&String> = wanted.keys().map(|(name, _)| name).collect();
    // Types of our own, so that none is missing; one environment, as all are of one architecture then.
    let own: String = names
        .iter()
        .map(|name| format!("[[instanceTypes]]\ninstanceType = \"{name}\"\nvcpus = 2\npriceUsdPerHour = 1\narchitecture = \"x86_64\"\n"))
        .collect();
    let listed: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    let scenario = format!(
        r#"
{own}
[[computeEnvironments]]
computeEnvironmentName = "s"
type = "MANAGED"
computeResources = {{ type = "SPOT", allocationStrategy = "SPOT_CAPACITY_OPTIMIZED", maxvCpus = 8, instanceTypes = [{}] }}
[[jobQueues]]
jobQueueName = "q"
priority = 1
computeEnvironmentOrder = [{{ order = 1, computeEnvironment = "s" }}]
[[workload.jobs]]
jobName = "j"
jobQueue = "q"
vcpus = 1
memoryMiB = 64
run = "10m"
[spot]
model = "history"
history = {:?}
"#,
        listed.join(", "),
        path.display().to_string()
    );
    let loaded = load("quarter.toml", scenario.as_bytes(), &[], None, &Opened);
    let loaded = loaded.unwrap_or_else(|problems| panic!("{problems:#?}"));
    assert!(
        loaded.notes[0].contains("172416 rows"),
        "{:?}",
        loaded.notes
    );
    let world = &loaded.scenario.world;
    let last = text
        .lines()
        .skip(1)
        .map(|line| seconds(line.split(',').next().unwrap()));
    let (first, last) = last.fold((i64::MAX, 0), |(first, last), at| {
        (first.min(at), last.max(at))
    });
    let end = (last - first) as u128 * 1000;
    let mut found = BTreeMap::new();
    for pool in &world.spot.pools {
        let SpotPrice::Steps(steps) = &pool.price else {
            panic!("{pool:?}");
        };
        let ends = steps
            .iter()
            .skip(1)
            .map(|(at, _)| u128::from(at.ms()))
            .chain([end]);
        let parts = steps
            .iter()
            .zip(ends)
            .map(|((at, price), end)| u128::from(price.ticks()) * (end - u128::from(at.ms())));
        let name = world.catalogue.get(pool.instance_type).name.clone();
        let zone = world.spot.zones[pool.zone.index()].clone();
        found.insert((name, zone), parts.sum::<u128>());
    }
    assert_eq!(found.len(), wanted.len());
    assert_eq!(found, wanted);
}

#[test]
fn histories_in_all_their_spellings_are_read_whole() {
    let Some(linux) = data::file(LINUX_2021) else {
        return;
    };
    let folder = linux.parent().unwrap();
    let at = |name: &str| files(&folder.join(name));
    assert_eq!(
        counts(&history(std::slice::from_ref(&linux), ASSUMED)),
        [172_416, 0, 0, 0, 172_416]
    );
    let json = history(&at("us-east-1_2021-03_2021-05"), ASSUMED);
    assert_eq!(counts(&json)[4], 12_267);
    assert!(json.other_products > json.rows, "four products");
    let bidding = history(&at("us-east-1_2016"), ASSUMED);
    assert_eq!(counts(&bidding), [269_359, 0, 0, 0, 269_359]);
    let pulls = history(&at("us-west-1_m1.large_2022-23"), ASSUMED);
    assert_eq!((counts(&pulls)[2], counts(&pulls)[4]), (113, 465));
    let assumed = Assumed {
        instance_type: Some("t3.micro"),
        ..ASSUMED
    };
    let regions = history(
        &[folder.join("t3.micro_3regions_2025-11_2026-02.csv")],
        assumed,
    );
    let [rows, _, duplicates, contradictions, steps] = counts(&regions);
    assert_eq!((rows, steps), (2_758, 1_320));
    assert_eq!(duplicates + contradictions, 1_438);
    assert_eq!(regions.pools["t3.micro"].len(), 3);
}

#[test]
fn json_and_the_table_that_was_made_of_it_are_the_same_steps() {
    let Some(linux) = data::file(LINUX_2021) else {
        return;
    };
    let json = history(
        &files(&linux.parent().unwrap().join("us-east-1_2021-03_2021-05")),
        ASSUMED,
    );
    let table = history(&[linux], ASSUMED);
    let mut shared = 0;
    for (name, zones) in json
        .pools
        .iter()
        .filter(|(name, _)| table.pools.contains_key(*name))
    {
        assert_eq!(zones, &table.pools[name], "{name}");
        shared += 1;
    }
    assert!(shared > 0);
}

#[test]
fn the_feeds_of_the_advisor_have_the_bands_that_were_counted_in_them() {
    for (name, wanted) in [
        (
            "spot/spot-advisor-data_2021-02-10.json",
            [121, 83, 35, 11, 90],
        ),
        (
            "spot/spot-advisor-data_2025-06-28.json",
            [192, 138, 81, 82, 401],
        ),
    ] {
        let Some(path) = data::file(name) else {
            return;
        };
        let hazards = hazards(File::open(path).unwrap(), name, "us-east-1").unwrap();
        let bands = [35, 107, 183, 264, 394].map(Ratio::from_parts);
        let count = |band: &Ratio| hazards.values().filter(|hazard| *hazard == band).count();
        assert_eq!(bands.each_ref().map(count), wanted, "{name}");
    }
}

#[test]
fn measured_availability_begins_at_zero_and_changes_at_each_step() {
    let Some(folder) = data::file("spot/skypilot_spot-traces") else {
        return;
    };
    let paths = files(&folder);
    let traces = paths
        .iter()
        .filter(|path| path.extension().is_some_and(|end| end == "json"));
    let mut count = 0;
    for path in traces {
        let steps = available(File::open(path).unwrap(), "trace").unwrap();
        assert_eq!(steps[0].0.ms(), 0, "{}", path.display());
        let changes = steps
            .windows(2)
            .all(|pair| pair[0].0 < pair[1].0 && pair[0].1 != pair[1].1);
        assert!(changes, "{}", path.display());
        count += 1;
    }
    assert_eq!(count, 22);
}
