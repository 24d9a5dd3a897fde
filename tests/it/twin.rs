//! Real runs on AWS Batch, simulated again: what Nextflow's client measured of each job against what is predicted for it.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use batchcast::input::nextflow::{self, History};
use batchcast::input::scenario::{Files, load};
use batchcast::model::Scenario;
use batchcast::plan::{Backtest, BacktestQuestion, Judged, Twin, backtest};

use crate::data;
use crate::golden::HOME;

struct Measured(PathBuf);

impl Files for Measured {
    fn open(&self, path: &str) -> Result<Box<dyn Read>, String> {
        assert_eq!(path, "history");
        Ok(Box::new(File::open(&self.0).unwrap()))
    }
}

/// The run that was measured, and the scenario of its twin.
fn twin(name: &str) -> Option<(History, Scenario)> {
    let path = data::file("nextflow/openproblems_awsbatch")?.join(name);
    let history = nextflow::history(File::open(&path).unwrap(), name).unwrap();
    let text = fs::read(Path::new(HOME).join("tests/it/twin/openproblems.toml")).unwrap();
    let loaded = load("openproblems.toml", &text, &[], None, &Measured(path));
    let loaded = loaded.unwrap_or_else(|problems| panic!("{problems:#?}"));
    Some((history, loaded.scenario))
}

fn judge(history: &History, scenario: &Scenario, calibrate: bool) -> Backtest {
    let question = BacktestQuestion {
        seed: 1,
        calibrate,
        draws: 60,
    };
    backtest(of(history, scenario), None, &question)
}

fn of<'a>(history: &'a History, scenario: &'a Scenario) -> Twin<'a> {
    Twin {
        scenario,
        history: &history.jobs,
    }
}

/// Our error as a part of the best constant's.
fn ratio(backtest: &Backtest) -> f64 {
    backtest.errors.wape().unwrap() / backtest.constant.0.wape().unwrap()
}

#[test]
fn the_report_of_2021_has_the_waits_that_were_counted_in_it() {
    let Some((history, scenario)) = twin("execution_report_trace_2021-03-04.json") else {
        return;
    };
    assert_eq!(history.jobs.len(), 162);
    assert_eq!(history.dropped, [("not-on-batch", 55)]);
    let mut waits: Vec<u64> = history
        .jobs
        .iter()
        .map(|job| (job.wait().unwrap().ms() + 500) / 1000)
        .collect();
    waits.sort_unstable();
    assert_eq!((waits[0], waits[81], waits[161]), (8, 371, 761));
    let last = history.jobs.iter().map(|job| job.ended).max().unwrap();
    assert_eq!(last.ms() / 1000, 3976);
    // What was killed asked for more afterwards, and followed what it repeats.
    let killed = history.jobs.iter().filter(|job| job.exit_code == 137);
    assert_eq!(killed.count(), 8);
    let anchored = scenario
        .workload
        .extras
        .iter()
        .filter(|extra| !extra.anchors.is_empty());
    assert!(anchored.count() > 140);
}

#[test]
fn the_table_of_2021_and_its_report_measure_the_same_run() {
    let Some((report, _)) = twin("execution_report_trace_2021-03-04.json") else {
        return;
    };
    let (table, _) = twin("execution_trace_2021-03-04.txt").unwrap();
    assert_eq!(report.jobs.len(), table.jobs.len());
    for (one, other) in report.jobs.iter().zip(&table.jobs) {
        assert_eq!((one.source, &one.name), (other.source, &other.name));
        assert_eq!(one.submitted, other.submitted);
        // The table rounds durations above a minute to seconds.
        let apart = one.ended.ms().abs_diff(other.ended.ms());
        assert!(apart <= 1000, "{one:?} {other:?}");
    }
}

#[test]
fn waits_of_the_second_half_of_2021_are_predicted_twice_as_well_as_by_the_best_constant() {
    let Some((history, scenario)) = twin("execution_report_trace_2021-03-04.json") else {
        return;
    };
    let found = judge(&history, &scenario, true);
    assert_eq!((found.judged, found.lost), (Judged::Wait, 0));
    assert_eq!((found.calibrated_on, found.jobs.len()), (81, 81));
    println!("2021: {:.2} of the best constant's error", ratio(&found));
    assert!(ratio(&found) < 0.5, "{}", ratio(&found));
    assert!(found.errors.absolute < found.zero.absolute / 2.0);
    // Where nothing is calibrated, the environment that was assumed decides, and a constant does better.
    assert!(ratio(&judge(&history, &scenario, false)) > 1.0);
}

#[test]
fn overheads_of_the_second_half_of_2022_are_predicted_better_than_by_the_best_constant() {
    let Some((history, scenario)) = twin("execution_trace_2022-05-13.txt") else {
        return;
    };
    let found = judge(&history, &scenario, true);
    assert_eq!((found.judged, found.lost), (Judged::Overhead, 0));
    assert_eq!((found.calibrated_on, found.jobs.len()), (432, 432));
    println!("2022: {:.2} of the best constant's error", ratio(&found));
    // The goal of a half is missed: see the first page.
    assert!(ratio(&found) < 0.8, "{}", ratio(&found));
}

#[test]
fn intervals_of_what_was_assumed_hold_for_seven_to_nine_in_ten_jobs() {
    for name in [
        "execution_report_trace_2021-03-04.json",
        "execution_trace_2022-05-13.txt",
    ] {
        let Some((history, scenario)) = twin(name) else {
            return;
        };
        let found = judge(&history, &scenario, false);
        let part = found.covered as f64 / found.jobs.len() as f64;
        println!("{name}: {part:.3} of the intervals held");
        assert!((0.7..=0.9).contains(&part), "{name}: {part}");
        assert_eq!(found.jobs, judge(&history, &scenario, false).jobs);
    }
}
