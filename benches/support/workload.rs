//! Made-up logs: rigid jobs of 1 to 64 cores (three in five a power of two, the others log-uniform), lognormal run times
//! (median 600 s, sigma 1.6), Poisson arrivals at 0.85 offered load on 1,024 cores, requested times above run times,
//! 200 users. The same bytes for the same number of jobs, everywhere.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

/// Cores of the machine that the logs are made for.
pub const CORES: u32 = 1_024;
/// Offered load on it.
const LOAD: f64 = 0.85;

/// A job; times in whole seconds.
#[derive(Clone, Copy, Debug)]
pub struct Job {
    pub submit: u64,
    pub run: u32,
    pub request: u32,
    pub cores: u32,
    pub user: u32,
}

/// `count` jobs of `users` users in order of submission.
pub fn generate(count: usize, users: u32) -> Vec<Job> {
    let mut chance = ChaCha8Rng::seed_from_u64(20_260_101 + count as u64);
    let mut jobs: Vec<Job> = (0..count)
        .map(|_| {
            let uniform: f64 = chance.random();
            let log_uniform = libm::exp(uniform * libm::log(65.0)) as u32;
            let power_of_two = 1 << chance.random_range(0..7u32);
            let is_power: bool = chance.random_bool(0.6);
            let normal = normal(&mut chance);
            let run = libm::ceil(600.0 * libm::exp(1.6 * normal)).clamp(1.0, 86_400.0);
            let asked = libm::ceil(run * (1.0 + exponential(&mut chance)) / 60.0) * 60.0;
            Job {
                submit: 0,
                run: run as u32,
                request: asked.max(run).clamp(60.0, 172_800.0) as u32,
                cores: if is_power {
                    power_of_two
                } else {
                    log_uniform.clamp(1, 64)
                },
                user: chance.random_range(1..=users),
            }
        })
        .collect();
    let area: f64 = jobs
        .iter()
        .map(|job| f64::from(job.cores) * f64::from(job.run))
        .sum();
    let gap = area / count.max(1) as f64 / (LOAD * f64::from(CORES));
    let mut now = 0.0;
    for job in &mut jobs {
        job.submit = now as u64;
        now += gap * exponential(&mut chance);
    }
    jobs
}

/// An exponential variate of mean one, from one uniform.
fn exponential(chance: &mut ChaCha8Rng) -> f64 {
    let uniform: f64 = chance.random();
    -libm::log(1.0 - uniform)
}

/// A standard normal variate, from two uniforms (Box and Muller; rand_distr's would use the platform's maths).
fn normal(chance: &mut ChaCha8Rng) -> f64 {
    let radius = libm::sqrt(2.0 * exponential(chance));
    radius * libm::cos(std::f64::consts::TAU * chance.random::<f64>())
}

/// Writes `jobs` in the Standard Workload Format.
pub fn write_swf(jobs: &[Job], path: &Path) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    writeln!(
        out,
        "; Version: 2.2\n; Computer: synthetic\n; MaxJobs: {}",
        jobs.len()
    )?;
    writeln!(
        out,
        "; UnixStartTime: 0\n; MaxNodes: {CORES}\n; MaxProcs: {CORES}"
    )?;
    for (job, id) in jobs.iter().zip(1..) {
        let Job {
            submit,
            run,
            request,
            cores,
            user,
        } = *job;
        let group = user % 20 + 1;
        writeln!(
            out,
            "{id} {submit} -1 {run} {cores} -1 -1 {cores} {request} -1 1 {user} {group} -1 1 1 -1 -1"
        )?;
    }
    out.flush()
}
