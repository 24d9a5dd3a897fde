//! The yardstick: what a replay costs when it does nothing else. Reads a log in the Standard Workload Format, simulates first
//! come, first served (strict or with EASY backfilling) on `pool` processors, writes a row per job and adds up the scores.
//! Nothing of batchcast is used here, and every shortcut that keeps the results is taken: whole seconds in 32 bits, a job is
//! 20 bytes, one heap of running jobs, no names, no causes, no money.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// Which jobs behind a head that waits may start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discipline {
    /// None.
    Strict,
    /// Those that do not delay the head, by the estimates.
    Easy,
}

/// A job of the log; times in seconds.
#[derive(Clone, Copy, Debug)]
pub struct Job {
    pub id: u32,
    pub submit: u32,
    pub run: u32,
    pub estimate: u32,
    pub procs: u32,
}

/// When each job starts, and the jobs in order of end.
pub struct Schedule {
    pub starts: Vec<u32>,
    pub ended: Vec<u32>,
}

/// What a schedule is judged by; seconds, slowdown bounded at 10 s.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scores {
    pub jobs: u64,
    pub makespan: u64,
    pub mean_wait: f64,
    pub mean_slowdown: f64,
    pub max_wait: u64,
}

/// The jobs of `log` in order of submission. Jobs without processors or without a run time are left out, as are jobs
/// with a run time of zero if `drop_zero_run`.
pub fn parse(log: &[u8], drop_zero_run: bool) -> Vec<Job> {
    let mut jobs = Vec::with_capacity(log.len() / 60);
    let mut at = 0;
    while at < log.len() {
        if log[at] == b';' || log[at] == b'\n' {
            at = next_line(log, at);
            continue;
        }
        let mut fields = [0i64; 9];
        for field in &mut fields {
            (*field, at) = number(log, at);
        }
        at = next_line(log, at);
        let [id, submit, _, run, allocated, _, _, requested, estimate] = fields;
        let procs = if allocated > 0 { allocated } else { requested };
        if procs <= 0 || run < 0 || (run == 0 && drop_zero_run) {
            continue;
        }
        jobs.push(Job {
            id: seconds(id),
            submit: seconds(submit),
            run: seconds(run),
            estimate: seconds(if estimate > 0 { estimate.max(run) } else { run }),
            procs: seconds(procs),
        });
    }
    if !jobs.is_sorted_by_key(|job| job.submit) {
        jobs.sort_by_key(|job| job.submit);
    }
    jobs
}

/// The whole number at the next non-blank, and where it ends.
#[inline]
fn number(log: &[u8], mut at: usize) -> (i64, usize) {
    while log.get(at) == Some(&b' ') {
        at += 1;
    }
    let negative = log.get(at) == Some(&b'-');
    at += usize::from(negative);
    let mut value = 0i64;
    while let Some(digit) = log.get(at).map(|byte| byte.wrapping_sub(b'0'))
        && digit < 10
    {
        value = value * 10 + i64::from(digit);
        at += 1;
    }
    (if negative { -value } else { value }, at)
}

/// Where the next line begins.
#[inline]
fn next_line(log: &[u8], at: usize) -> usize {
    let rest = &log[at..];
    at + rest
        .iter()
        .position(|&byte| byte == b'\n')
        .map_or(rest.len(), |end| end + 1)
}

fn seconds(value: i64) -> u32 {
    u32::try_from(value).expect("a log with times, numbers and sizes from 0 to 2³²")
}

/// Replays `jobs` on `pool` processors: at each moment all ends, then all arrivals, then one pass.
pub fn simulate(jobs: &[Job], pool: u32, discipline: Discipline) -> Schedule {
    let mut starts = vec![0; jobs.len()];
    let mut ended: Vec<u32> = Vec::with_capacity(jobs.len());
    let mut running = BinaryHeap::with_capacity(pool as usize);
    let mut waiting = VecDeque::new();
    let mut planned = Planned(Vec::with_capacity(pool as usize));
    let (mut arrived, mut free, mut moment) = (0, pool, (0, 0));
    let backfills = discipline == Discipline::Easy;

    loop {
        let end = running
            .peek()
            .map(|&Reverse(key): &Reverse<u64>| (key >> 32) as u32);
        let arrival = jobs.get(arrived).map(|job| job.submit);
        let Some(now) = end.into_iter().chain(arrival).min() else {
            break;
        };
        if now != moment.0 {
            moment = (now, ended.len());
        }
        let first_round = moment.1 == ended.len();
        while let Some(&Reverse(key)) = running.peek()
            && (key >> 32) as u32 == now
        {
            running.pop();
            let job = &jobs[key as u32 as usize];
            free += job.procs;
            ended.push(key as u32);
            if backfills {
                planned.remove(starts[key as u32 as usize] + job.estimate, job.procs);
            }
        }
        if !first_round {
            ended[moment.1..].sort_unstable();
        }
        while arrived < jobs.len() && jobs[arrived].submit == now {
            waiting.push_back(arrived as u32);
            arrived += 1;
        }

        let mut start = |index: u32, free: &mut u32, planned: &mut Planned| {
            let job = &jobs[index as usize];
            *free -= job.procs;
            starts[index as usize] = now;
            running.push(Reverse(u64::from(now + job.run) << 32 | u64::from(index)));
            if backfills {
                planned.add(now + job.estimate, job.procs);
            }
        };
        while let Some(&head) = waiting.front()
            && jobs[head as usize].procs <= free
        {
            waiting.pop_front();
            start(head, &mut free, &mut planned);
        }
        if backfills && free > 0 && waiting.len() > 1 {
            let (shadow, mut spare) = planned.shadow(jobs[waiting[0] as usize].procs, free);
            let mut at = 1;
            while at < waiting.len() && free > 0 {
                let job = &jobs[waiting[at] as usize];
                let in_time = now + job.estimate <= shadow;
                if job.procs > free || !(in_time || job.procs <= spare) {
                    at += 1;
                    continue;
                }
                if !in_time {
                    spare -= job.procs;
                }
                let index = waiting.remove(at).expect("a job at a place that exists");
                start(index, &mut free, &mut planned);
            }
        }
    }
    assert!(
        waiting.is_empty(),
        "a job asks for more than {pool} processors"
    );
    Schedule { starts, ended }
}

/// Running jobs by the end they are planned with: end << 32 | processors, ascending.
struct Planned(Vec<u64>);

impl Planned {
    fn add(&mut self, end: u32, procs: u32) {
        let key = u64::from(end) << 32 | u64::from(procs);
        let at = self.0.partition_point(|&other| other < key);
        self.0.insert(at, key);
    }

    fn remove(&mut self, end: u32, procs: u32) {
        let key = u64::from(end) << 32 | u64::from(procs);
        let at = self.0.partition_point(|&other| other < key);
        self.0.remove(at);
    }

    /// When `asked` processors are free by the plan, and how many beyond them are free then, all ends of that moment counted.
    fn shadow(&self, asked: u32, mut free: u32) -> (u32, u32) {
        let mut shadow = u32::MAX;
        for &key in &self.0 {
            let end = (key >> 32) as u32;
            if free >= asked && end > shadow {
                break;
            }
            free += key as u32;
            shadow = end;
        }
        (shadow, free.saturating_sub(asked))
    }
}

/// Writes a row per job in order of end, and scores the schedule.
pub fn write(jobs: &[Job], schedule: &Schedule, path: &Path) -> io::Result<Scores> {
    const BUFFER: usize = 1 << 20;
    let mut file = File::create(path)?;
    let mut out = Vec::with_capacity(BUFFER + 256);
    out.extend_from_slice(b"job_id,status,submit_s,start_s,end_s,wait_s,run_s,attempts,vcpus\n");
    let mut digits = itoa::Buffer::new();
    let (mut waits, mut slowdowns, mut max_wait, mut last) = (0u64, 0.0, 0, 0);
    for &index in &schedule.ended {
        let job = &jobs[index as usize];
        let start = schedule.starts[index as usize];
        let (end, wait) = (start + job.run, start - job.submit);
        out.extend_from_slice(digits.format(job.id).as_bytes());
        out.extend_from_slice(b",SUCCEEDED,");
        for value in [job.submit, start, end, wait, job.run] {
            out.extend_from_slice(digits.format(value).as_bytes());
            out.push(b',');
        }
        out.extend_from_slice(b"1,");
        out.extend_from_slice(digits.format(job.procs).as_bytes());
        out.push(b'\n');
        if out.len() >= BUFFER {
            file.write_all(&out)?;
            out.clear();
        }
        waits += u64::from(wait);
        slowdowns += (f64::from(wait + job.run) / f64::from(job.run.max(10))).max(1.0);
        max_wait = max_wait.max(wait);
        last = last.max(end);
    }
    file.write_all(&out)?;
    let count = jobs.len().max(1) as f64;
    Ok(Scores {
        jobs: jobs.len() as u64,
        makespan: u64::from(last - jobs.first().map_or(0, |job| job.submit)),
        mean_wait: waits as f64 / count,
        mean_slowdown: slowdowns / count,
        max_wait: u64::from(max_wait),
    })
}
