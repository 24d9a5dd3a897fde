//! Cells of a task: moments, durations such as `1h 2m 3s` and sizes such as `1.2 GB`, or whole milliseconds and bytes where the run had
//! `trace.raw`.

use crate::input::builder::{Problems, parse_whole};
use crate::input::scenario::shortened;
use crate::model::Row;
use crate::units::Span;

use super::records::Record;

/// Moments outside of these years are slips, in milliseconds from 1970.
const YEARS: std::ops::Range<i64> = 946_684_800_000..7_258_118_400_000;
/// Exit code of what was killed before it had one.
const KILLED: u8 = 137;
/// Longest duration: ten years, an assumed bound.
const DURATION_MAX_MS: u64 = 3653 * 86_400_000;
/// Most MiB of a task, an assumed bound.
const MIB_MAX: u64 = 1 << 26;

/// What the file says of a task.
pub(super) struct Task {
    pub(super) line: u64,
    pub(super) id: u32,
    pub(super) name: String,
    pub(super) is_on_batch: bool,
    pub(super) has_run: bool,
    /// Whether its result was taken from an earlier run.
    pub(super) is_cached: bool,
    /// Milliseconds from 1970.
    pub(super) submitted: i64,
    pub(super) started: Option<i64>,
    pub(super) ended: i64,
    pub(super) work: Span,
    pub(super) exit_code: u8,
    pub(super) vcpus: u32,
    pub(super) memory: u32,
}

impl Task {
    /// The task of a row, or none where something is wrong, which is said.
    pub(super) fn read(record: &Record<'_>, problems: &mut Problems<'_>) -> Option<Task> {
        let mut is_whole = true;
        let mut wrong = |name: &str, why: String| {
            let pointer = format!("{}{name}", record.place);
            problems.add(record.line, &pointer, why);
            is_whole = false;
        };
        let status = record.cell("status");
        let has_run = matches!(status.as_deref(), None | Some("COMPLETED" | "FAILED"));
        let id = match record.cell("task_id") {
            Some(text) => parse_whole(text.as_bytes(), 0, Row::NAMED - 1),
            None => Err("missing: the number of the task".to_owned()),
        };
        let id = id.map_err(|why| wrong("task_id", why)).ok();
        let mut cell = |name: &str, read: fn(&str) -> Result<u64, String>| {
            let read = record.cell(name).map(|text| read(&text))?;
            read.map_err(|why| wrong(name, why)).ok()
        };
        let submitted = cell("submit", moment);
        let started = cell("start", moment);
        let complete = cell("complete", moment);
        let duration = cell("duration", duration);
        let realtime = cell("realtime", self::duration);
        let memory = cell("memory", mebibytes).unwrap_or(0);
        let vcpus = cell("cpus", whole).unwrap_or(0);
        let exit = cell("exit", whole);
        if !has_run {
            // Nothing more is needed of it.
            let id = id?;
            return is_whole.then(|| Task {
                line: record.line,
                id,
                name: String::new(),
                is_on_batch: false,
                has_run,
                is_cached: status.as_deref() == Some("CACHED"),
                submitted: 0,
                started: None,
                ended: 0,
                work: Span::ZERO,
                exit_code: 0,
                vcpus: 0,
                memory: 0,
            });
        }
        let ended = complete.or(submitted.zip(duration).map(|(from, length)| from + length));
        for (name, is_there, what) in [
            ("submit", submitted.is_some(), "when it was submitted"),
            (
                "complete",
                ended.is_some(),
                "when it was complete, or its duration",
            ),
        ] {
            if is_whole && !is_there {
                let pointer = format!("{}{name}", record.place);
                problems.add(record.line, &pointer, format!("missing: {what}"));
                is_whole = false;
            }
        }
        let (id, submitted, ended) = (id?, submitted?, ended?);
        let ran = ended.saturating_sub(started.unwrap_or(submitted));
        let failed = status.as_deref() == Some("FAILED");
        let exit_code = exit.map(|code| u8::try_from(code).unwrap_or(KILLED));
        let native = record.cell("native_id").unwrap_or_default();
        is_whole.then(|| Task {
            line: record.line,
            id,
            name: record.cell("name").unwrap_or_default(),
            is_on_batch: is_uuid(&native),
            has_run,
            is_cached: false,
            submitted: submitted as i64,
            started: started.map(|at| at as i64),
            ended: ended as i64,
            // Of a task that was killed Nextflow may know no time of its command.
            work: Span::from_ms(realtime.unwrap_or(ran)),
            exit_code: exit_code.unwrap_or(if failed { KILLED } else { 0 }),
            vcpus: u32::try_from(vcpus).unwrap_or(0),
            memory: u32::try_from(memory).unwrap_or(0),
        })
    }
}

fn is_uuid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let is_hexadecimal = |part: &&str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12]) && parts.iter().all(is_hexadecimal)
}

fn whole(text: &str) -> Result<u64, String> {
    parse_whole(text.as_bytes(), 0, u32::MAX).map(u64::from)
}

/// Milliseconds from 1970.
pub(super) fn moment(text: &str) -> Result<u64, String> {
    let ms = text.parse::<i64>().ok().or_else(|| {
        let utc = format!("{}Z", text.replacen(' ', "T", 1));
        let moment = utc.parse::<jiff::Timestamp>().ok()?;
        Some(moment.as_millisecond())
    });
    let ms = ms.filter(|ms| YEARS.contains(ms));
    ms.and_then(|ms| u64::try_from(ms).ok()).ok_or_else(|| {
        format!(
            "`{}` is not a moment; Nextflow writes 2021-03-04 21:06:07.625, or milliseconds from 1970",
            shortened(text)
        )
    })
}

/// Milliseconds of `1h 2m 3s`, `2.5s`, `454ms` or a bare number of milliseconds.
pub(super) fn duration(text: &str) -> Result<u64, String> {
    let parts = text.split_whitespace().map(|part| {
        let digits = part.find(|letter: char| !letter.is_ascii_digit() && letter != '.');
        let (number, unit) = part.split_at(digits.unwrap_or(part.len()));
        let scale = match unit {
            "" | "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return None,
        };
        scaled(number, scale)
    });
    let sum = parts.sum::<Option<u64>>().filter(|_| !text.is_empty());
    sum.filter(|ms| *ms <= DURATION_MAX_MS).ok_or_else(|| {
        format!(
            "`{}` is not a duration; Nextflow writes 1h 2m 3s, or milliseconds",
            shortened(text)
        )
    })
}

/// MiB, rounded up, of `1.2 GB` (of 1,024 MB each) or a bare number of bytes.
pub(super) fn mebibytes(text: &str) -> Result<u64, String> {
    let (number, unit) = text.split_once(' ').unwrap_or((text, "B"));
    let power = ["B", "KB", "MB", "GB", "TB"]
        .iter()
        .position(|known| *known == unit.trim());
    let bytes = power.and_then(|power| scaled(number, 1 << (10 * power)));
    let mebibytes = bytes.map(|bytes| bytes.div_ceil(1 << 20));
    mebibytes.filter(|mib| *mib <= MIB_MAX).ok_or_else(|| {
        format!(
            "`{}` is not a size; Nextflow writes 1.2 GB, or bytes",
            shortened(text)
        )
    })
}

/// A decimal times `scale`, rounded half up, without floats.
fn scaled(number: &str, scale: u64) -> Option<u64> {
    let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || decimals.len() > 9 {
        return None;
    }
    let whole = whole.parse::<u64>().ok()?.checked_mul(scale)?;
    if decimals.is_empty() {
        return Some(whole);
    }
    let unit = 10_u128.pow(decimals.len() as u32);
    let part = u128::from(decimals.parse::<u64>().ok()?) * u128::from(scale);
    whole.checked_add(u64::try_from((part + unit / 2) / unit).ok()?)
}
