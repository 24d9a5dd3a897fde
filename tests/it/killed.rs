//! Runs that are killed while they work: each leaves no run folder, the old one, or a complete one.
//!
//! `BATCHCAST_KILLS` says how many runs are killed; a few by default.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const JOBS: usize = 20_000;

/// A log of `JOBS` jobs.
fn log() -> String {
    let line = |n: usize| {
        let (run, cores) = (60 + n * 7919 % 3000, 1 + n * 31 % 64);
        format!(
            "{n} {} -1 {run} {cores} -1 -1 {cores} {} -1 1 {} 1 -1 1 1 -1 -1\n",
            n * 40,
            run * 2,
            n % 50
        )
    };
    (1..=JOBS).map(line).collect()
}

fn run(log: &Path, target: &Path, force: bool) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_batchcast"));
    command
        .args([
            "run", "--quiet", "--pool", "1024", "--tables", "all", "--trace",
        ])
        .arg(log)
        .arg("-o")
        .arg(target);
    if force {
        command.arg("--force");
    }
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Whether a run folder has all its files, whole.
fn is_complete(folder: &Path) -> bool {
    let rows =
        |name: &str| fs::read_to_string(folder.join(name)).map_or(0, |text| text.lines().count());
    let json = |name: &str| {
        fs::read(folder.join(name))
            .is_ok_and(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).is_ok())
    };
    rows("jobs.csv") == JOBS + 1
        && rows("attempts.csv") == JOBS + 1
        && rows("bill.csv") > 1
        && rows("timeline.csv") > 1
        && rows("instances.csv") == 2
        && json("summary.json")
        && json("manifest.json")
}

#[test]
fn a_killed_run_leaves_no_folder_the_old_one_or_a_complete_one() {
    let kills: u32 = match std::env::var("BATCHCAST_KILLS") {
        Ok(count) => count.parse().expect("BATCHCAST_KILLS is a number"),
        Err(_) => 16,
    };
    let place = tempfile::tempdir().unwrap();
    let (trace, target) = (place.path().join("log.swf"), place.path().join("result"));
    fs::write(&trace, log()).unwrap();
    let begun = Instant::now();
    assert!(run(&trace, &target, false).status().unwrap().success());
    let whole = begun.elapsed();
    assert!(is_complete(&target), "a run that is left alone is complete");
    let (mut absent, mut old, mut complete) = (0, 0, 0);
    for kill in 0..kills {
        let force = kill % 2 == 0;
        let _ = fs::remove_dir_all(&target);
        if force {
            fs::create_dir(&target).unwrap();
            fs::write(target.join("old"), "old").unwrap();
        }
        // Every other pair is killed late, while files are written out and renamed.
        let part = if kill % 4 < 2 {
            f64::from(kill) / f64::from(kills)
        } else {
            0.7 + 0.4 * f64::from(kill) / f64::from(kills)
        };
        let mut child = run(&trace, &target, force).spawn().unwrap();
        std::thread::sleep(Duration::from_secs_f64(whole.as_secs_f64() * part));
        child.kill().unwrap();
        child.wait().unwrap();
        match (target.exists(), target.join("old").exists()) {
            (false, _) => absent += 1,
            (true, true) => {
                assert_eq!(
                    fs::read_dir(&target).unwrap().count(),
                    1,
                    "kill {kill}: the old folder has new files"
                );
                old += 1;
            }
            (true, false) => {
                assert!(
                    is_complete(&target),
                    "kill {kill}: a folder that is not whole"
                );
                complete += 1;
            }
        }
    }
    println!(
        "{kills} kills: {absent} left no folder, {old} the old one, {complete} a complete one"
    );
    // The next run cleans up after all of them.
    let _ = fs::remove_dir_all(&target);
    assert!(run(&trace, &target, false).status().unwrap().success());
    assert!(is_complete(&target));
    let left: Vec<_> = fs::read_dir(place.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(
        left.len(),
        2,
        "only the log and the result are left: {left:?}"
    );
}
