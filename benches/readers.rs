//! How fast traces are read, beside a search for line ends in the same bytes: megabytes a second of unpacked text, the best of five.
//!
//! `cargo bench --bench readers` reads megabytes made here; `BATCHCAST_BENCH=full` a hundred times as many, and the real logs in the
//! folder that `BATCHCAST_DATA` names.

use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::time::Instant;

use batchcast::input::{FIRST_BYTES, TraceOptions, read_trace};
use flate2::read::MultiGzDecoder;

fn main() {
    let full = std::env::var_os("BATCHCAST_BENCH").is_some();
    let jobs = if full { 1_000_000 } else { 10_000 };
    println!("trace                      MB    MB/s   scan MB/s  reader/scan");
    let swf = swf(jobs);
    measure("SWF", &swf, swf.len());
    measure("CSV of ours", &csv(jobs), 0);
    measure("WfFormat", &wfformat(jobs / 10), 0);
    measure("sacct", &sacct(jobs / 5), 0);
    measure("Alibaba's batch_task", &batch_task(jobs / 5), 0);
    let packed = gzip(&swf);
    measure("SWF, gzip", &packed, swf.len());
    let unpack = best(|| {
        let mut sink = std::io::sink();
        std::io::copy(&mut MultiGzDecoder::new(&packed[..]), &mut sink).is_ok()
    });
    println!(
        "{:<22}{:>7}{:>8.0}",
        "gzip alone",
        swf.len() >> 20,
        rate(swf.len(), unpack)
    );
    if let (true, Some(data)) = (full, std::env::var_os("BATCHCAST_DATA")) {
        for name in [
            "RICC-2010-2",
            "CEA-Curie-2011-2.1-cln",
            "SDSC-BLUE-2000-4.2-cln",
        ] {
            let path = std::path::Path::new(&data).join(format!("swf/{name}.swf.gz"));
            let Ok(packed) = std::fs::read(&path) else {
                continue;
            };
            let mut text = Vec::new();
            if MultiGzDecoder::new(&packed[..])
                .read_to_end(&mut text)
                .is_ok()
            {
                measure(name, &text, 0);
            }
        }
    }
}

/// Reads `bytes`, which are `unpacked` bytes of text (0: as many as they are), and prints a line.
fn measure(name: &str, bytes: &[u8], unpacked: usize) {
    let size = if unpacked == 0 { bytes.len() } else { unpacked };
    let first = &bytes[..bytes.len().min(FIRST_BYTES as usize)];
    let options = TraceOptions::default();
    let read = best(|| read_trace(first, bytes, "bench", &options).is_ok());
    let scan = best(|| {
        let lines = bytes.iter().filter(|&&byte| byte == b'\n').count();
        std::hint::black_box(lines) < usize::MAX
    });
    let (read, scan) = (rate(size, read), rate(bytes.len(), scan));
    println!(
        "{name:<22}{:>7}{read:>8.0}{scan:>12.0}{:>13.3}",
        size >> 20,
        read / scan
    );
}

/// The shortest of five times, in seconds.
fn best(mut what: impl FnMut() -> bool) -> f64 {
    let time = || {
        let start = Instant::now();
        assert!(what(), "what is measured works");
        start.elapsed().as_secs_f64()
    };
    std::iter::repeat_with(time)
        .take(5)
        .fold(f64::MAX, f64::min)
}

fn rate(bytes: usize, seconds: f64) -> f64 {
    bytes as f64 / 1e6 / seconds
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text).expect("memory can be written to");
    encoder.finish().expect("memory can be written to")
}

/// The figures of job `job`: no two alike, none of them typical.
fn figure(job: usize, salt: usize, most: usize) -> usize {
    (job.wrapping_mul(2_654_435_761).wrapping_add(salt * 40_503) >> 7) % most + 1
}

fn swf(jobs: usize) -> Vec<u8> {
    let mut text = String::from("; Version: 2.2\n");
    for job in 1..=jobs {
        let (run, vcpus) = (figure(job, 1, 100_000), figure(job, 2, 64));
        let estimate = run * 2;
        let _ = writeln!(
            text,
            "{job} {} {} {run} {vcpus} -1 -1 {vcpus} {estimate} 2097152 1 {} {} -1 1 -1 -1 -1",
            job * 9,
            figure(job, 3, 5000),
            figure(job, 4, 300),
            figure(job, 5, 30)
        );
    }
    text.into_bytes()
}

fn csv(jobs: usize) -> Vec<u8> {
    let mut text = String::from("job_id,submit_s,run_s,vcpus,memory_mib,estimate_s,user\n");
    for job in 1..=jobs {
        let run = figure(job, 1, 100_000);
        let _ = writeln!(
            text,
            "{job},{},{run},{},{},{},{}",
            job * 9,
            figure(job, 2, 64),
            figure(job, 3, 100_000),
            run * 2,
            figure(job, 4, 300)
        );
    }
    text.into_bytes()
}

fn wfformat(tasks: usize) -> Vec<u8> {
    let mut text = String::from(
        "{\"name\": \"bench\", \"schemaVersion\": \"1.5\", \"workflow\": {\"specification\": {\"tasks\": [\n",
    );
    let comma = |task: usize| if task == tasks { "" } else { "," };
    for task in 1..=tasks {
        let parent = match task {
            1 => String::new(),
            task => format!("\"step_{:07}\"", task / 2),
        };
        let children: Vec<String> = [2 * task, 2 * task + 1]
            .iter()
            .filter(|child| **child <= tasks)
            .map(|child| format!("\"step_{child:07}\""))
            .collect();
        let _ = writeln!(
            text,
            "  {{\"name\": \"step_{}\", \"id\": \"step_{task:07}\", \"parents\": [{parent}], \"children\": [{}], \
             \"inputFiles\": [\"in_{task}.txt\", \"ref.fa\"], \"outputFiles\": [\"out_{task}.txt\"]}}{}",
            task % 7,
            children.join(", "),
            comma(task)
        );
    }
    text.push_str(
        "]}, \"execution\": {\"makespanInSeconds\": 1, \"executedAt\": \"x\", \"tasks\": [\n",
    );
    for task in 1..=tasks {
        let _ = writeln!(
            text,
            "  {{\"id\": \"step_{task:07}\", \"runtimeInSeconds\": {}.{:03}, \"command\": {{\"program\": \"step\", \"arguments\": [\"-i\", \
             \"in_{task}.txt\"]}}, \"coreCount\": {}, \"avgCPU\": 97.5, \"readBytes\": {}, \"memoryInBytes\": {}, \"machines\": [\"worker-1\"]}}{}",
            figure(task, 1, 10_000),
            figure(task, 2, 999),
            figure(task, 3, 16),
            figure(task, 4, 1 << 30),
            figure(task, 5, 1 << 34),
            comma(task)
        );
    }
    text.push_str("]}}}\n");
    text.into_bytes()
}

fn sacct(jobs: usize) -> Vec<u8> {
    let mut text = String::from(
        "JobID|JobName|User|Account|State|ExitCode|Submit|Start|End|ElapsedRaw|TimelimitRaw|AllocCPUS|ReqMem|AllocTRES\n",
    );
    for job in 1..=jobs {
        let run = figure(job, 1, 3_000);
        let _ = writeln!(
            text,
            "{job}|step|user{}|lab{}|COMPLETED|0:0|2024-01-{:02}T{:02}:10:00|2024-01-{:02}T{:02}:15:00|Unknown|{run}|600|{}|4G|cpu=4,mem=4G,node=1",
            figure(job, 2, 300),
            figure(job, 3, 30),
            job % 28 + 1,
            job % 24,
            job % 28 + 1,
            job % 24,
            figure(job, 4, 64)
        );
    }
    text.into_bytes()
}

fn batch_task(tasks: usize) -> Vec<u8> {
    let mut text = String::new();
    for task in 0..tasks {
        let (job, number) = (task / 4, task % 4 + 1);
        let needs = match number {
            1 => String::new(),
            number => format!("_{}", number - 1),
        };
        let start = 86_400 + task * 3;
        let _ = writeln!(
            text,
            "M{number}{needs},{},j_{job},1,Terminated,{start},{},100.0,0.39",
            figure(task, 1, 200),
            start + figure(task, 2, 900)
        );
    }
    text.into_bytes()
}
