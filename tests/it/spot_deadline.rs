//! Deadline policies on measured availability of Spot against an independent replay: every row of the oracles whose trace is in
//! the data, exact in ticks.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::PathBuf;

use batchcast::input::spot::availability;
use batchcast::metrics::Uptime;
use batchcast::plan::{DeadlineQuestion, deadlines};
use batchcast::policy::deadline::find;
use batchcast::units::Ratio;

use crate::data;

/// A row of the oracles: what it is of, which figure, and its value.
struct Row {
    of: String,
    metric: String,
    value: f64,
}

fn rows(oracle: &str) -> Option<Vec<Row>> {
    let text = fs::read_to_string(data::reference("oracles.csv")?).unwrap();
    let rows = text.lines().filter_map(|line| {
        let cells: Vec<&str> = line.split(',').collect();
        (cells[0] == oracle).then(|| Row {
            of: cells[1].to_owned(),
            metric: cells[2].to_owned(),
            value: cells[3].parse().unwrap(),
        })
    });
    Some(rows.collect())
}

/// Where the trace is that a row calls `availability_1-node_aws-02-15-2023_us-west-2b_v100_1.json`.
fn trace(name: &str) -> Option<PathBuf> {
    let mut parts = name.splitn(4, '_');
    let mut next = || parts.next().unwrap();
    let path = ["spot/skypilot_spot-traces", next(), next(), next(), next()].join("/");
    let path = data::file("spot")?.parent().unwrap().join(path);
    path.exists().then_some(path)
}

/// Whether Spot was there at each tick, and the tick in seconds.
fn read(path: &PathBuf) -> (Vec<bool>, u64) {
    let read = availability(File::open(path).unwrap(), "trace").unwrap();
    let is_there = read.counts.iter().map(|&count| count > 0).collect();
    (is_there, read.gap.ms() / 1000)
}

#[test]
fn policies_for_a_deadline_cost_to_the_tick_what_an_independent_replay_says() {
    let Some(rows) = rows("spot_deadline_policy") else {
        return;
    };
    let (mut checked, mut absent) = (0, 0);
    for row in &rows {
        let mut parts = row.of.split(';');
        let Some(path) = trace(parts.next().unwrap()) else {
            absent += 1;
            continue;
        };
        let (has_spot, gap) = read(&path);
        // `C=48h(886 ticks)` or `C=886`, then the same of the deadline; `start=0` is the first begin alone.
        let mut ticks = || -> u64 {
            let text = parts.next().unwrap();
            let (_, number) = text.rsplit_once(['=', '(']).unwrap();
            number.trim_end_matches(" ticks)").parse().unwrap()
        };
        let question = DeadlineQuestion {
            work: ticks(),
            deadline: ticks(),
            every: 24 * 3600 / gap,
            changeover: 0,
            spot_price: Ratio::from_parts(300_000),
        };
        let name = match row.metric.split('_').next().unwrap() {
            "uniform" => "uniform-progress",
            other => other,
        };
        let results = deadlines(find(name).unwrap(), &has_spot, &question);
        let mut jobs = results[0].jobs.as_slice();
        assert!(jobs.iter().all(|job| !job.is_late), "{}", row.of);
        match parts.next().unwrap() {
            "start=0" => jobs = &jobs[..1],
            starts => assert_eq!(starts, format!("starts=every 24h({})", jobs.len())),
        }
        // The rows have nine decimals of sums of whole ticks: less than half of one lies between two sums of this many jobs.
        let ticks: u64 = jobs
            .iter()
            .map(|job| 3 * job.spot + 10 * job.on_demand)
            .sum();
        let wanted = row.value * (10 * question.work) as f64 * jobs.len() as f64;
        assert_eq!(ticks, wanted.round() as u64, "{} {}", row.of, row.metric);
        assert!(
            (ticks as f64 - wanted).abs() < 0.01,
            "{} {}",
            row.of,
            row.metric
        );
        checked += 1;
    }
    println!("{checked} rows exact; {absent} are of a trace that is not in the data");
    assert_eq!((checked, absent), (54, 15));
}

#[test]
fn measured_availability_has_the_figures_that_were_counted_in_it() {
    let Some(rows) = rows("spot_trace_stats") else {
        return;
    };
    let mut traces: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in &rows {
        traces.entry(&row.of).or_default().push(row);
    }
    let mut checked = 0;
    for (name, rows) in traces {
        let Some(path) = trace(name) else { continue };
        let (is_there, gap) = read(&path);
        let uptime = Uptime::of(&is_there);
        let hours = |ticks: u64, times: u64| (ticks * gap) as f64 / 3600.0 / times as f64;
        for row in rows {
            let found = match row.metric.as_str() {
                "ticks" => uptime.ticks as f64,
                "gap" => gap as f64,
                "avail" => uptime.up as f64 / uptime.ticks as f64,
                "preemptions" => uptime.losses as f64,
                "mean_up_h" => hours(uptime.up, uptime.ups),
                "mean_down_h" => hours(uptime.ticks - uptime.up, uptime.downs),
                other => panic!("{other}"),
            };
            assert!(
                (found - row.value).abs() < 1e-9,
                "{name} {} {found}",
                row.metric
            );
            checked += 1;
        }
    }
    // Of 34 traces 22 are in the data.
    assert_eq!(checked, 132);
}
