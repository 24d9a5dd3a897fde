//! Cells as sacct prints them: moments, durations, sizes with their units, lists of resources, states.

use crate::input::scenario::shortened;
use crate::model::{Fate, FateKind};
use crate::units::Span;

/// What a job came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It waits or runs.
    Waiting,
    /// Done.
    Completed,
    /// It failed by itself.
    Failed,
    /// Killed for memory.
    OutOfMemory,
    /// Killed by a limit or a person.
    Killed,
    /// Ended by the system; where it was put back, another line tells more.
    Again,
}

/// The states, the longer of two that begin alike first.
const STATES: &[(&str, State)] = &[
    ("COMPLETED", State::Completed),
    ("COMPLETING", State::Waiting),
    ("CONFIGURING", State::Waiting),
    ("PENDING", State::Waiting),
    ("RUNNING", State::Waiting),
    ("SUSPENDED", State::Waiting),
    ("RESIZING", State::Waiting),
    ("FAILED", State::Failed),
    ("OUT_OF_MEMORY", State::OutOfMemory),
    ("CANCELLED", State::Killed),
    ("TIMEOUT", State::Killed),
    ("DEADLINE", State::Killed),
    ("REVOKED", State::Killed),
    ("BOOT_FAIL", State::Again),
    ("NODE_FAIL", State::Again),
    ("PREEMPTED", State::Again),
    ("REQUEUED", State::Again),
];

impl State {
    /// Reads `COMPLETED`, `CANCELLED by 1001`, or `OUT_OF_ME+`, which sacct cut.
    pub(super) fn read(text: &str) -> Result<State, String> {
        let word = text.split_whitespace().next().unwrap_or_default();
        let found = STATES
            .iter()
            .find(|(name, _)| match word.strip_suffix('+') {
                Some(begin) => !begin.is_empty() && name.starts_with(begin),
                None => *name == word,
            });
        found.map(|(_, state)| *state).ok_or_else(|| {
            format!(
                "`{}` is no state of a job; Slurm writes COMPLETED, FAILED, TIMEOUT and the like",
                shortened(text)
            )
        })
    }

    /// How the attempt ends, where not with success.
    pub(super) fn fate(self, exit_code: Option<u64>, run: Span) -> Option<Fate> {
        let (code, kind) = match self {
            State::Completed | State::Waiting => return None,
            State::Failed => (
                exit_code.filter(|code| *code > 0).unwrap_or(1),
                FateKind::Exit,
            ),
            State::OutOfMemory => (137, FateKind::OutOfMemory),
            // SIGTERM.
            State::Killed => (143, FateKind::Exit),
            State::Again => (
                exit_code.filter(|code| *code > 0).unwrap_or(1),
                FateKind::Exit,
            ),
        };
        Some(Fate {
            exit_code: u8::try_from(code).unwrap_or(u8::MAX),
            run,
            kind,
        })
    }
}

/// Whether a cell says nothing.
fn is_absent(text: &str) -> bool {
    matches!(
        text,
        "" | "Unknown" | "None" | "None assigned" | "N/A" | "INVALID"
    )
}

/// Milliseconds from 1970.
pub(super) fn moment(text: &str) -> Result<Option<i64>, String> {
    if is_absent(text) {
        return Ok(None);
    }
    let ms = match text.parse::<i64>() {
        // SLURM_TIME_FORMAT=%s.
        Ok(seconds) => seconds.checked_mul(1000),
        Err(_) => match text.parse::<jiff::Timestamp>() {
            Ok(moment) => Some(moment.as_millisecond()),
            Err(_) => format!("{text}Z")
                .parse::<jiff::Timestamp>()
                .ok()
                .map(|moment| moment.as_millisecond()),
        },
    };
    let years = 0..7_258_118_400_000;
    ms.filter(|ms| years.contains(ms)).map(Some).ok_or_else(|| {
        format!(
            "`{}` is not a moment; Slurm writes 2024-01-31T23:59:59 or Unknown",
            shortened(text)
        )
    })
}

/// A whole number.
pub(super) fn whole(text: &str) -> Result<Option<u64>, String> {
    if is_absent(text) {
        return Ok(None);
    }
    let number = text.parse::<u64>().ok().filter(|_| text.len() < 16);
    number
        .map(Some)
        .ok_or_else(|| format!("`{}` is not a whole number", shortened(text)))
}

/// A number of nodes, or the first of a range such as `2-4`.
pub(super) fn nodes(text: &str) -> Result<Option<u64>, String> {
    whole(text.split('-').next().unwrap_or_default())
}

/// Milliseconds of `[DD-[HH:]]MM:SS[.ffffff]`.
pub(super) fn elapsed(text: &str) -> Result<Option<u64>, String> {
    if is_absent(text) {
        return Ok(None);
    }
    let read = || {
        let (days, clock) = match text.split_once('-') {
            Some((days, clock)) => (days.parse::<u64>().ok()?, clock),
            None => (0, text),
        };
        let (clock, part) = clock.split_once('.').unwrap_or((clock, ""));
        let parts: Option<Vec<u64>> = clock
            .split(':')
            .map(|part| {
                let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
                digits.then(|| part.parse::<u64>().ok()).flatten()
            })
            .collect();
        let seconds = match parts?[..] {
            [minutes, seconds] => minutes.checked_mul(60)?.checked_add(seconds)?,
            [hours, minutes, seconds] => {
                let minutes = hours.checked_mul(60)?.checked_add(minutes)?;
                minutes.checked_mul(60)?.checked_add(seconds)?
            }
            _ => return None,
        };
        if !part.bytes().all(|byte| byte.is_ascii_digit()) || part.len() > 9 {
            return None;
        }
        let thousandths = format!("{part:0<3}")[..3].parse::<u64>().ok()?;
        let seconds = days.checked_mul(86_400)?.checked_add(seconds)?;
        seconds.checked_mul(1000)?.checked_add(thousandths)
    };
    read().map(Some).ok_or_else(|| {
        format!(
            "`{}` is not a duration; Slurm writes 1-02:03:04 or 03:04",
            shortened(text)
        )
    })
}

/// Milliseconds of a time limit; none where there is no limit.
pub(super) fn limit(text: &str) -> Result<Option<u64>, String> {
    match text {
        "UNLIMITED" | "Partition_Limit" | "Partition_limit" => Ok(None),
        text => elapsed(text),
    }
}

/// Milliseconds of a time limit in minutes.
pub(super) fn limit_minutes(text: &str) -> Result<Option<u64>, String> {
    match text {
        "UNLIMITED" | "Partition_Limit" | "Partition_limit" => Ok(None),
        text => Ok(whole(text)?.map(|minutes| minutes.saturating_mul(60_000))),
    }
}

/// The exit code of `code:signal`, as a shell would tell it.
pub(super) fn exit_code(text: &str) -> Result<Option<u64>, String> {
    if is_absent(text) {
        return Ok(None);
    }
    let (code, signal) = text.split_once(':').unwrap_or((text, "0"));
    match (code.parse::<u64>(), signal.parse::<u64>()) {
        (Ok(0), Ok(signal @ 1..=127)) => Ok(Some(128 + signal)),
        (Ok(code), Ok(_)) => Ok(Some(code.min(255))),
        _ => Err(format!(
            "`{}` is not an exit code; Slurm writes 1:0",
            shortened(text)
        )),
    }
}

/// What an amount of memory is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Each {
    Job,
    Node,
    Cpu,
}

/// Memory as it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Memory {
    pub(super) mib: u64,
    pub(super) each: Each,
}

/// Reads `16G`, `4000Mn` (of each node) or `2Gc` (of each CPU); a bare number is MiB.
pub(super) fn memory(text: &str) -> Result<Option<Memory>, String> {
    if is_absent(text) || text == "?" {
        return Ok(None);
    }
    let (size, each) = match text.as_bytes().last() {
        Some(b'n') => (&text[..text.len() - 1], Each::Node),
        Some(b'c') => (&text[..text.len() - 1], Each::Cpu),
        _ => (text, Each::Job),
    };
    size_mib(size)
        .map(|mib| Some(Memory { mib, each }))
        .ok_or_else(|| {
            format!(
                "`{}` is not an amount of memory; Slurm writes 16G, 4000Mn or 2Gc",
                shortened(text)
            )
        })
}

/// MiB, rounded up, of a number with K, M, G, T or P.
fn size_mib(text: &str) -> Option<u64> {
    let digits = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.');
    let (number, unit) = text.split_at(digits.unwrap_or(text.len()));
    // In KiB.
    let scale: u128 = match unit {
        "K" | "KB" => 1,
        "" | "M" | "MB" => 1 << 10,
        "G" | "GB" => 1 << 20,
        "T" | "TB" => 1 << 30,
        "P" => 1 << 40,
        _ => return None,
    };
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 15 || part.len() > 9 || !all_digits(part) {
        return None;
    }
    let millionths = format!("{part:0<9}").parse::<u128>().ok()?;
    let whole = whole.parse::<u128>().ok()?;
    let kib = whole * scale * 1_000_000_000 + millionths * scale;
    u64::try_from(kib.div_ceil(1_000_000_000 * 1024)).ok()
}

/// What a list of resources says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tres {
    pub(super) cpus: Option<u64>,
    pub(super) mib: Option<u64>,
    pub(super) gpus: Option<u64>,
}

/// Reads `billing=8,cpu=8,gres/gpu=2,mem=32G,node=1`.
pub(super) fn tres(text: &str) -> Result<Option<Tres>, String> {
    if is_absent(text) {
        return Ok(None);
    }
    let mut tres = Tres::default();
    let mut typed = None;
    for entry in text.split(',').filter(|entry| !entry.is_empty()) {
        let wrong = || {
            format!(
                "`{}` is not a resource; Slurm writes cpu=8,mem=32G,gres/gpu=2",
                shortened(entry)
            )
        };
        let (key, value) = entry.split_once('=').ok_or_else(wrong)?;
        let number = || value.parse::<u64>().map_err(|_| wrong());
        match key {
            "cpu" => tres.cpus = Some(number()?),
            "mem" => tres.mib = Some(size_mib(value).ok_or_else(wrong)?),
            "gres/gpu" => tres.gpus = Some(number()?),
            key if key.starts_with("gres/gpu:") => {
                typed = Some(number()?.saturating_add(typed.unwrap_or(0)));
            }
            _ => {}
        }
    }
    tres.gpus = tres.gpus.or(typed);
    Ok(Some(tres))
}
