//! CPU seconds and peak memory of this process and of programs it runs, from `/proc`; nothing where there is none.

use std::fs;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

/// What a program's runs cost.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// User and system seconds of one run.
    pub cpu_s: f64,
    /// Largest resident set of any run, in MiB.
    pub peak_mib: f64,
}

/// Runs `command` `times` times; what it prints is dropped, unless it fails.
///
/// CPU time comes from this process's account of its ended children, which the kernel keeps in nanoseconds and shows in
/// hundredths of a second: the more runs, the finer. Peak memory is looked up while the program runs, once a millisecond.
///
/// # Errors
/// A sentence where the program cannot be run or fails.
pub fn run(command: &mut Command, times: u32) -> Result<Cost, String> {
    let before = children_cpu_s();
    let mut peak_mib = f64::NAN;
    for _ in 0..times {
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{command:?}: {error}"))?;
        peak_mib = peak_mib.max(watch(&mut child)?);
    }
    Ok(Cost {
        cpu_s: (children_cpu_s() - before) / f64::from(times),
        peak_mib,
    })
}

/// Waits for `child` to end well; returns its peak memory.
fn watch(child: &mut Child) -> Result<f64, String> {
    let mut complaints = child.stderr.take();
    let listener = thread::spawn(move || {
        let mut text = String::new();
        if let Some(pipe) = &mut complaints {
            pipe.read_to_string(&mut text).ok();
        }
        text
    });
    let status = format!("/proc/{}/status", child.id());
    let mut peak_mib = f64::NAN;
    let ended = loop {
        peak_mib = peak_mib.max(peak_of(&status));
        match child.try_wait().map_err(|error| error.to_string())? {
            Some(ended) => break ended,
            None => thread::sleep(Duration::from_millis(1)),
        }
    };
    let text = listener.join().unwrap_or_default();
    if ended.success() {
        Ok(peak_mib)
    } else {
        Err(format!("the program ended with {ended}\n{text}"))
    }
}

/// Largest resident set of this process so far, in MiB.
pub fn own_peak_mib() -> f64 {
    peak_of("/proc/self/status")
}

/// User and system seconds of this process so far.
pub fn own_cpu_s() -> f64 {
    cpu_s(13)
}

/// User and system seconds of all children of this process that have ended.
pub fn children_cpu_s() -> f64 {
    cpu_s(15)
}

/// Fields `first` and `first + 1` of `/proc/self/stat`, counted from 0, in seconds.
fn cpu_s(first: usize) -> f64 {
    const TICKS_PER_S: f64 = 100.0; // USER_HZ, the same on every Linux since 2.4
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The program's name, field 1, may hold blanks; it ends at the last parenthesis.
    let after_name = stat.rsplit(") ").next().unwrap_or_default();
    let ticks: Vec<f64> = after_name
        .split(' ')
        .skip(first - 2)
        .take(2)
        .filter_map(|word| word.parse().ok())
        .collect();
    if ticks.len() == 2 {
        (ticks[0] + ticks[1]) / TICKS_PER_S
    } else {
        f64::NAN
    }
}

/// `VmHWM` of a status file, in MiB.
fn peak_of(path: &str) -> f64 {
    let status = fs::read_to_string(path).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|rest| rest.trim().strip_suffix(" kB")?.parse::<f64>().ok());
    kib.map_or(f64::NAN, |kib| kib / 1024.0)
}
