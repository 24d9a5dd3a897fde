//! How far from the limit: a replay through the program against a bare loop that does nothing else (`support/bare.rs`),
//! on the same log, with the same schedule. CPU seconds include the start of the process, reading and writing.
//!
//! `cargo bench --bench limit` runs 10,000 jobs; `BATCHCAST_BENCH=full` 10⁵ to 10⁷; `BATCHCAST_SWF=path` a log of your own
//! (on `BATCHCAST_POOL` processors, 1,024 where not set). `limit bare LOG strict|easy POOL OUT.csv` is the bare loop alone,
//! `limit make COUNT LOG` writes the log.

#[path = "support/bare.rs"]
mod bare;
#[path = "support/meter.rs"]
mod meter;
#[path = "support/workload.rs"]
mod workload;

use std::env;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use bare::Discipline;

type Outcome<T> = Result<T, String>;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let outcome = match &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["bare", log, discipline, pool, out] => run_bare(log, discipline, pool, out),
        ["make", count, log] => make(count, Path::new(log)),
        _ => compare_all(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("limit: {problem}");
            ExitCode::FAILURE
        }
    }
}

/// Writes the log that is compared on where no other is named.
fn make(count: &str, log: &Path) -> Outcome<()> {
    let count = count.parse().map_err(|error| format!("{count}: {error}"))?;
    let jobs = workload::generate(count, 200);
    workload::write_swf(&jobs, log).map_err(|error| error.to_string())
}

/// The bare loop: prints what each phase took, what it cost in all and the scores.
fn run_bare(log: &str, discipline: &str, pool: &str, out: &str) -> Outcome<()> {
    let discipline = match discipline {
        "easy" => Discipline::Easy,
        _ => Discipline::Strict,
    };
    let pool: u32 = pool.parse().map_err(|error| format!("{pool}: {error}"))?;
    let problem = |error| format!("{log}, {out}: {error}");

    let begun = Instant::now();
    let bytes = fs::read(log).map_err(problem)?;
    let read = Instant::now();
    let jobs = bare::parse(&bytes, env::var_os("BATCHCAST_DROP_ZERO_RUN").is_some());
    let parsed = Instant::now();
    let schedule = bare::simulate(&jobs, pool, discipline);
    let simulated = Instant::now();
    let scores = bare::write(&jobs, &schedule, Path::new(out)).map_err(problem)?;
    let written = Instant::now();

    let ms = |from: Instant, to: Instant| (to - from).as_secs_f64() * 1e3;
    println!(
        "ms on the clock: read {:.1}, parse {:.1}, simulate {:.1}, write {:.1}; {:.2} CPU s, {:.0} MiB in all",
        ms(begun, read),
        ms(read, parsed),
        ms(parsed, simulated),
        ms(simulated, written),
        meter::own_cpu_s(),
        meter::own_peak_mib(),
    );
    println!(
        "{} jobs: makespan {} s, mean wait {:.4} s, mean bounded slowdown {:.5}, max wait {} s",
        scores.jobs, scores.makespan, scores.mean_wait, scores.mean_slowdown, scores.max_wait
    );
    check_scores(&bytes, discipline, &scores)
}

/// Published scores of the logs that `make_workload.py` writes (told by the seed in their header): makespan, mean wait, mean
/// bounded slowdown, max wait. Several independent simulators agree on them.
#[rustfmt::skip]
const KNOWN_SCORES: [(&str, Discipline, Known); 6] = [
    ("synthetic seed 20270101\n", Discipline::Strict, (   459_279, "379.8998", "3.16172",  3_826)),
    ("synthetic seed 20360101\n", Discipline::Strict, ( 4_096_265, "513.1793", "3.80562",  6_965)),
    ("synthetic seed 21260101\n", Discipline::Strict, (40_764_256, "707.6024", "4.88153", 14_399)),
    ("synthetic seed 20270101\n", Discipline::Easy,   (   457_515, "155.7614", "1.66993",  4_703)),
    ("synthetic seed 20360101\n", Discipline::Easy,   ( 4_096_123, "181.3145", "1.71610",  8_297)),
    ("synthetic seed 21260101\n", Discipline::Easy,   (40_764_256, "239.6215", "1.93341", 15_760)),
];

/// The same for public logs, without jobs of zero run time: processors, and what submission times are divided by.
#[rustfmt::skip]
const KNOWN_LOGS: [(&str, u32, u32, Discipline, Known); 6] = [
    ("NASA-iPSC-1993-3.1-cln", 128, 1, Discipline::Strict, (7_949_022,         "8.0813",     "1.02623",    23_753)),
    ("NASA-iPSC-1993-3.1-cln", 128, 1, Discipline::Easy,   (7_949_022,         "4.0666",     "1.01187",    23_753)),
    ("NASA-iPSC-1993-3.1-cln", 128, 2, Discipline::Strict, (4_640_764,   "434117.6897",  "9981.90641",   889_161)),
    ("NASA-iPSC-1993-3.1-cln", 128, 2, Discipline::Easy,   (4_056_872,    "86272.0388",  "1212.19495",   325_064)),
    ("lublin_256",             256, 1, Discipline::Strict, (12_482_549, "2388443.7601", "66502.47553", 4_759_976)),
    ("lublin_256",             256, 1, Discipline::Easy,   (8_730_698,    "97155.9945",   "590.05378", 1_029_731)),
];

/// Makespan, mean wait to four decimals, mean bounded slowdown to five, max wait.
type Known = (u64, &'static str, &'static str, u64);

/// Fails where `log` is one with published scores and `scores` are others.
fn check_scores(log: &[u8], discipline: Discipline, scores: &bare::Scores) -> Outcome<()> {
    let header = String::from_utf8_lossy(&log[..log.len().min(200)]);
    for (mark, of, known) in KNOWN_SCORES {
        if of == discipline && header.contains(mark) {
            expect_scores(scores, known)?;
            println!("scores as published");
        }
    }
    Ok(())
}

fn expect_scores(scores: &bare::Scores, known: Known) -> Outcome<()> {
    let (wait, slowdown) = (
        format!("{:.4}", scores.mean_wait),
        format!("{:.5}", scores.mean_slowdown),
    );
    let found = (
        scores.makespan,
        wait.as_str(),
        slowdown.as_str(),
        scores.max_wait,
    );
    if found == known {
        Ok(())
    } else {
        Err(format!("scores {found:?}; published: {known:?}"))
    }
}

/// Checks the bare loop itself on the public logs below `$BATCHCAST_DATA`, if that is set.
fn check_public_logs(folder: &Path) -> Outcome<()> {
    let Some(data) = env::var_os("BATCHCAST_DATA") else {
        println!("public logs: skipped, BATCHCAST_DATA is not set");
        return Ok(());
    };
    let out = folder.join("public.csv");
    for (name, pool, divisor, discipline, known) in KNOWN_LOGS {
        let path = Path::new(&data).join(format!("swf/{name}.swf.gz"));
        let problem = |error: std::io::Error| format!("{}: {error}", path.display());
        let mut log = Vec::new();
        let zipped = fs::File::open(&path).map_err(problem)?;
        flate2::read::MultiGzDecoder::new(zipped)
            .read_to_end(&mut log)
            .map_err(problem)?;
        let mut jobs = bare::parse(&log, true);
        for job in &mut jobs {
            job.submit /= divisor;
        }
        let schedule = bare::simulate(&jobs, pool, discipline);
        let scores = bare::write(&jobs, &schedule, &out).map_err(problem)?;
        expect_scores(&scores, known)
            .map_err(|wrong| format!("{name}, {discipline:?}: {wrong}"))?;
        println!("{name} / {divisor}, {discipline:?}: scores as published");
    }
    Ok(())
}

/// Bare loop and program on every log and discipline.
fn compare_all() -> Outcome<()> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    check_public_logs(folder.path())?;
    if let Some(log) = env::var_os("BATCHCAST_SWF") {
        return compare(Path::new(&log), folder.path(), 3);
    }
    let full = env::var("BATCHCAST_BENCH").is_ok_and(|size| size == "full");
    let sizes: &[(usize, u32)] = if full {
        &[(100_000, 10), (1_000_000, 3), (10_000_000, 1)]
    } else {
        &[(10_000, 20)]
    };
    for &(count, runs) in sizes {
        let log = folder.path().join(format!("{count}.swf"));
        let jobs = workload::generate(count, 200);
        workload::write_swf(&jobs, &log).map_err(|error| error.to_string())?;
        drop(jobs);
        compare(&log, folder.path(), runs)?;
        fs::remove_file(&log).map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// Times that the two take turns; the median of the ratios is reported.
const TURNS: usize = 5;

/// Runs both on `log` in turns of `runs` runs, compares what they cost and checks that every job starts at the same second.
fn compare(log: &Path, folder: &Path, runs: u32) -> Outcome<()> {
    let pool = env::var("BATCHCAST_POOL").unwrap_or_else(|_| workload::CORES.to_string());
    for discipline in ["strict", "easy"] {
        let bare_rows = folder.join("bare.csv");
        let result = folder.join("result");
        let mut bare = Command::new(env::current_exe().map_err(|error| error.to_string())?);
        bare.arg("bare")
            .arg(log)
            .args([discipline, &pool])
            .arg(&bare_rows);
        let mut program = Command::new(env!("CARGO_BIN_EXE_batchcast"));
        program
            .args(["run", "--quiet", "--trace"])
            .arg(log)
            .args([
                "--pool",
                &pool,
                "--discipline",
                discipline,
                "--tables",
                "jobs",
                "--force",
                "-o",
            ])
            .arg(&result);

        let mut turns = Vec::new();
        for _ in 0..TURNS {
            let limit = meter::run(&mut bare, runs)?;
            turns.push((limit, meter::run(&mut program, runs)?));
        }
        let phases = bare
            .stdout(Stdio::piped())
            .output()
            .map_err(|error| error.to_string())?;
        let jobs = same_starts(&bare_rows, &result.join("jobs.csv"))?;

        let median = |value: &dyn Fn(&(meter::Cost, meter::Cost)) -> f64| {
            let mut values: Vec<f64> = turns.iter().map(value).collect();
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        };
        println!("{jobs} jobs, {discipline}: all starts equal");
        println!(
            "  bare loop  {:8.3} CPU s {:7.0} MiB   {}",
            median(&|turn| turn.0.cpu_s),
            median(&|turn| turn.0.peak_mib),
            String::from_utf8_lossy(&phases.stdout)
                .lines()
                .next()
                .unwrap_or_default()
        );
        println!(
            "  batchcast  {:8.3} CPU s {:7.0} MiB   {:.2} times the limit",
            median(&|turn| turn.1.cpu_s),
            median(&|turn| turn.1.peak_mib),
            median(&|turn| turn.1.cpu_s / turn.0.cpu_s)
        );
    }
    Ok(())
}

/// The number of jobs in both files, if each starts at the same time in both.
fn same_starts(expected: &Path, found: &Path) -> Outcome<usize> {
    let (expected, found) = (starts(expected)?, starts(found)?);
    if expected.len() != found.len() {
        return Err(format!(
            "{} jobs in the bare loop, {} in batchcast",
            expected.len(),
            found.len()
        ));
    }
    for (bare, ours) in expected.iter().zip(&found) {
        if bare != ours {
            return Err(format!(
                "(job, start in ms) {bare:?} in the bare loop, {ours:?} in batchcast"
            ));
        }
    }
    Ok(found.len())
}

/// (job, start in ms) of every row of a `jobs.csv`, by job.
fn starts(path: &Path) -> Outcome<Vec<(u64, u64)>> {
    let problem = |error: csv::Error| format!("{}: {error}", path.display());
    let mut rows = csv::Reader::from_path(path).map_err(problem)?;
    let header = rows.byte_headers().map_err(problem)?;
    let column = |name: &str| {
        let place = header.iter().position(|field| field == name.as_bytes());
        place.ok_or_else(|| format!("{}: no column {name}", path.display()))
    };
    let (job, start) = (column("job_id")?, column("start_s")?);
    let mut starts = Vec::new();
    let mut row = csv::ByteRecord::new();
    while rows.read_byte_record(&mut row).map_err(problem)? {
        let value = |place: usize| {
            let text = String::from_utf8_lossy(&row[place]);
            let number = text.parse::<f64>();
            number.map_err(|_| format!("{}: `{text}` is not a number", path.display()))
        };
        starts.push((value(job)? as u64, (value(start)? * 1000.0).round() as u64));
    }
    starts.sort_unstable();
    Ok(starts)
}
