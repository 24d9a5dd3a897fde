//! Whether cost grows with what happens, not with what waits: CPU per job from 10⁵ to 10⁷ jobs, a backlog of all jobs at once
//! against the same jobs arriving one by one (first in, first out and with 500 shares), and a million jobs with dependencies.
//! Everything through the program, without an empty run; CPU seconds include reading the input and writing a row per job.
//!
//! `cargo bench --bench growth` runs a hundredth of it; `BATCHCAST_BENCH=full` all, and judges. `BATCHCAST_GROWTH=growth`,
//! `backlog` or `dependencies` runs one of them.

#[path = "support/meter.rs"]
#[allow(dead_code, reason = "shared with another bench, which uses all of it")]
mod meter;
#[path = "support/workload.rs"]
mod workload;

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use meter::Cost;
use workload::{CORES, Job};

/// CPU per job may grow by this factor over two decades.
const GROWTH_MAX: f64 = 1.3;
/// Memory of the largest run, MiB.
const PEAK_MAX_MIB: f64 = 1_638.0;

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(problem) => {
            eprintln!("growth: {problem}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all is as it should be; always so where the runs are too small to tell.
fn run() -> Result<bool, String> {
    let full = env::var("BATCHCAST_BENCH").is_ok_and(|size| size == "full");
    let only = env::var("BATCHCAST_GROWTH").unwrap_or_default();
    let scale = if full { 1 } else { 100 };
    let folder = tempfile::tempdir().map_err(text)?;
    let bench = Bench {
        folder: folder.path().to_owned(),
    };
    let empty = bench.replay(&workload::generate(1, 1), &[], 10)?;
    println!(
        "one job: {:.3} CPU s, {:.0} MiB",
        empty.cpu_s, empty.peak_mib
    );
    let mut good = true;
    if "growth".contains(&only) {
        good &= bench.growth(&empty, scale)?;
    }
    if "backlog".contains(&only) {
        bench.backlog(&empty, scale)?;
    }
    if "dependencies".contains(&only) {
        bench.dependencies(&empty, scale)?;
    }
    Ok(good || !full)
}

struct Bench {
    folder: PathBuf,
}

impl Bench {
    /// CPU per job at three sizes, and the memory of the largest.
    fn growth(&self, empty: &Cost, scale: usize) -> Result<bool, String> {
        let mut good = true;
        for discipline in ["strict", "easy"] {
            let mut per_job = Vec::new();
            let mut peak_mib = 0.0;
            for (jobs, runs) in [(100_000, 10), (1_000_000, 3), (10_000_000, 1)] {
                let jobs = jobs / scale;
                let log = workload::generate(jobs, 200);
                let cost = self.replay(&log, &["--discipline", discipline], runs)?;
                per_job.push(report(
                    &format!("{discipline}, 0.85 load"),
                    jobs,
                    &cost,
                    empty,
                ));
                peak_mib = cost.peak_mib;
            }
            let factor = per_job[2] / per_job[0];
            println!(
                "{discipline}: CPU per job grows {factor:.2} times; wanted at most {GROWTH_MAX}"
            );
            println!("{discipline}: {peak_mib:.0} MiB at most; wanted at most {PEAK_MAX_MIB}");
            good &= factor <= GROWTH_MAX && peak_mib <= PEAK_MAX_MIB;
        }
        Ok(good)
    }

    /// The same jobs all at time zero and one by one.
    fn backlog(&self, empty: &Cost, scale: usize) -> Result<(), String> {
        let jobs = 1_000_000 / scale;
        let arriving = workload::generate(jobs, 500);
        let mut at_once = arriving.clone();
        at_once.iter_mut().for_each(|job| job.submit = 0);
        let queues: [(&str, &[&str]); 2] = [
            ("first in, first out", &[]),
            ("500 shares", &["--share-by", "user"]),
        ];
        for (queue, options) in queues {
            let mut costs = Vec::new();
            for (name, log) in [("arriving", &arriving), ("at once", &at_once)] {
                let cost = self.replay(log, options, 3)?;
                costs.push(report(&format!("{queue}, {name}"), jobs, &cost, empty));
            }
            println!(
                "{queue}: the backlog costs {:.2} times",
                costs[1] / costs[0]
            );
        }
        Ok(())
    }

    /// Jobs with three dependencies each, and a chain of arrays.
    fn dependencies(&self, empty: &Cost, scale: usize) -> Result<(), String> {
        let jobs = 1_000_000 / scale;
        let plain = self.trace(&edges(jobs, 0))?;
        report("no edges", jobs, &plain, empty);
        let cost = self.trace(&edges(jobs, 3))?;
        report("three edges a job", jobs, &cost, empty);
        let arrays = 100 / scale.min(10);
        let cost = self.trace(&chain_of_arrays(arrays, 10_000))?;
        report(
            &format!("N_TO_N chain of {arrays} arrays"),
            arrays * 10_000,
            &cost,
            empty,
        );
        Ok(())
    }

    /// Runs `log` on the pool it is made for.
    fn replay(&self, log: &[Job], options: &[&str], runs: u32) -> Result<Cost, String> {
        let path = self.folder.join("log.swf");
        workload::write_swf(log, &path).map_err(text)?;
        self.measure(
            Command::new(PROGRAM)
                .args(["run", "--quiet", "--trace"])
                .arg(path)
                .args(POOL)
                .args(options),
            runs,
        )
    }

    /// Runs a native trace.
    fn trace(&self, rows: &str) -> Result<Cost, String> {
        let path = self.folder.join("trace.csv");
        fs::write(&path, rows).map_err(text)?;
        self.measure(
            Command::new(PROGRAM)
                .args(["run", "--quiet", "--trace"])
                .arg(path)
                .args(POOL),
            3,
        )
    }

    fn measure(&self, command: &mut Command, runs: u32) -> Result<Cost, String> {
        let result: &Path = &self.folder.join("result");
        meter::run(
            command
                .args(["--tables", "jobs", "--force", "-o"])
                .arg(result),
            runs,
        )
    }
}

const PROGRAM: &str = env!("CARGO_BIN_EXE_batchcast");
const POOL: [&str; 2] = ["--pool", "1024"];
const _: () = assert!(CORES == 1_024);

/// Prints a line; returns CPU microseconds per job, without the empty run.
fn report(name: &str, jobs: usize, cost: &Cost, empty: &Cost) -> f64 {
    let per_job = (cost.cpu_s - empty.cpu_s) / jobs as f64 * 1e6;
    println!(
        "{name:28} {jobs:9} jobs {:8.2} CPU s {per_job:7.3} µs/job {:7.0} MiB",
        cost.cpu_s, cost.peak_mib
    );
    per_job
}

/// A native trace of `jobs` jobs of one vCPU, one a second; each depends on `edges` of the hundred before it.
fn edges(jobs: usize, edges: usize) -> String {
    let mut rows = String::from("job_id,submit_s,run_s,vcpus,depends_on\n");
    for job in 0..jobs {
        write!(rows, "{job},{job},{},1,", 60 + job % 600).expect("a string takes all");
        // Different strides: the same job is never named twice.
        for edge in 0..edges {
            let distance = 1 + edge * 30 + job % 29;
            if distance <= job {
                let blank = if edge > 0 { " " } else { "" };
                write!(rows, "{blank}{}", job - distance).expect("a string takes all");
            }
        }
        rows.push('\n');
    }
    rows
}

/// A native trace of `arrays` arrays of `size` children; each child waits for the child of the same index before.
fn chain_of_arrays(arrays: usize, size: usize) -> String {
    let mut rows = String::from("job_id,submit_s,run_s,vcpus,array_size,depends_on\n");
    for array in 0..arrays {
        let after = match array {
            0 => String::new(),
            _ => format!("N_TO_N:{}", array - 1),
        };
        writeln!(rows, "{array},0,60,1,{size},{after}").expect("a string takes all");
    }
    rows
}

fn text(error: std::io::Error) -> String {
    error.to_string()
}
