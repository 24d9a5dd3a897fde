//! Axes: where ticks stand and what they say.

/// A tick: where, and its text.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// Its place in the axis' own unit.
    pub at: f64,
    /// What stands there.
    pub text: String,
}

/// An axis from one value to another.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// Its least value.
    pub from: f64,
    /// Its largest value, more than the least.
    pub to: f64,
    /// What it measures, with its unit.
    pub label: String,
    /// Its ticks, ascending.
    pub ticks: Vec<Tick>,
}

const SECOND: f64 = 1_000.0;
const MINUTE: f64 = 60.0 * SECOND;
const HOUR: f64 = 60.0 * MINUTE;
const DAY: f64 = 24.0 * HOUR;
/// Distances of ticks of time, in ms.
const TIME_STEPS: [f64; 31] = [
    1.0,
    10.0,
    100.0,
    SECOND,
    2.0 * SECOND,
    5.0 * SECOND,
    10.0 * SECOND,
    30.0 * SECOND,
    MINUTE,
    2.0 * MINUTE,
    5.0 * MINUTE,
    10.0 * MINUTE,
    15.0 * MINUTE,
    30.0 * MINUTE,
    HOUR,
    2.0 * HOUR,
    3.0 * HOUR,
    4.0 * HOUR,
    6.0 * HOUR,
    12.0 * HOUR,
    DAY,
    2.0 * DAY,
    5.0 * DAY,
    7.0 * DAY,
    14.0 * DAY,
    28.0 * DAY,
    91.0 * DAY,
    182.0 * DAY,
    365.0 * DAY,
    730.0 * DAY,
    3_650.0 * DAY,
];
/// Most ticks of an axis of time.
const TIME_TICKS: f64 = 8.0;

impl Axis {
    /// Simulated time from `from` to `to` ms.
    pub fn time(from: u64, to: u64) -> Axis {
        let (from, to) = (from as f64, to.max(from + 1) as f64);
        let wanted = (to - from) / TIME_TICKS;
        let step = TIME_STEPS.into_iter().find(|step| *step >= wanted);
        let step = step.unwrap_or(3_650.0 * DAY * (wanted / (3_650.0 * DAY)).ceil());
        let first = (from / step).ceil() as u64;
        let last = (to / step).floor() as u64;
        let ticks = (first..=last).map(|n| n as f64 * step);
        Axis {
            from,
            to,
            label: "simulated time".to_owned(),
            ticks: ticks
                .map(|at| Tick {
                    at,
                    text: clock(at, step),
                })
                .collect(),
        }
    }

    /// Amounts from nothing to at least `most`, up to a tick.
    pub fn amount(most: f64, label: &str) -> Axis {
        let most = if most > 0.0 { most } else { 1.0 };
        let step = step_of(most / 4.0);
        let count = (most / step).ceil().max(1.0) as u64;
        let ticks = (0..=count).map(|n| {
            let at = n as f64 * step;
            Tick {
                at,
                text: number(at, step),
            }
        });
        Axis {
            from: 0.0,
            to: count as f64 * step,
            label: label.to_owned(),
            ticks: ticks.collect(),
        }
    }

    /// Shares from none to all.
    pub fn share(label: &str) -> Axis {
        let ticks = [0, 25, 50, 75, 100].map(|part| Tick {
            at: f64::from(part) / 100.0,
            text: format!("{part} %"),
        });
        Axis {
            from: 0.0,
            to: 1.0,
            label: label.to_owned(),
            ticks: ticks.to_vec(),
        }
    }

    /// The logarithm (base 10) of spans from the mark at or below `least` to at least `most` ms; see [`log_ms`].
    pub fn log_time(least: u64, most: u64, label: &str) -> Axis {
        let marks = [
            (SECOND, "1 s"),
            (10.0 * SECOND, "10 s"),
            (MINUTE, "1 min"),
            (10.0 * MINUTE, "10 min"),
            (HOUR, "1 h"),
            (6.0 * HOUR, "6 h"),
            (DAY, "1 d"),
            (7.0 * DAY, "7 d"),
            (28.0 * DAY, "28 d"),
            (365.0 * DAY, "1 y"),
        ];
        let begin = marks.iter().rev().find(|(ms, _)| *ms <= least as f64);
        let (begin, _) = begin.copied().unwrap_or(marks[0]);
        let from = log_ms(begin as u64);
        let to = log_ms(most).max(from + 1.0) + 0.02;
        let ticks = marks.into_iter().map(|(ms, text)| Tick {
            at: log_ms(ms as u64),
            text: match ms <= begin {
                true => format!("≤ {text}"),
                false => text.to_owned(),
            },
        });
        Axis {
            from,
            to,
            label: label.to_owned(),
            ticks: ticks
                .filter(|tick| (from..=to).contains(&tick.at))
                .collect(),
        }
    }

    /// Where `value` is along the axis, 0 to 1; beyond them where it is not on it.
    pub fn part(&self, value: f64) -> f64 {
        (value - self.from) / (self.to - self.from)
    }
}

/// Log₁₀ of a span in ms, of a second where it is shorter.
pub fn log_ms(ms: u64) -> f64 {
    libm::log10((ms as f64).max(1_000.0))
}

/// A step of 1, 2 or 5 times a power of ten, at least `wanted`.
fn step_of(wanted: f64) -> f64 {
    let mut power = 1e-9;
    while power < 1e15 {
        for step in [1.0, 2.0, 5.0] {
            if step * power >= wanted * 0.999 {
                return step * power;
            }
        }
        power *= 10.0;
    }
    wanted
}

/// A moment as its axis says it: `2 d`, `1 d 6 h`, `30 h`, `1:30 h`, `5 min`, `30 s`.
fn clock(at: f64, step: f64) -> String {
    let ms = at as u64;
    let (s, min, h, d) = (ms / 1_000, ms / 60_000, ms / 3_600_000, ms / 86_400_000);
    if ms == 0 {
        "0".to_owned()
    } else if step >= DAY || ms.is_multiple_of(86_400_000) && step >= HOUR {
        format!("{d} d")
    } else if step >= HOUR {
        match d {
            0 => format!("{h} h"),
            _ => format!("{d} d {} h", h % 24),
        }
    } else if step >= MINUTE {
        match h {
            0 => format!("{min} min"),
            _ => format!("{h}:{:02} h", min % 60),
        }
    } else if step >= SECOND {
        match min {
            0 => format!("{s} s"),
            _ => format!("{h}:{:02}:{:02}", min % 60, s % 60),
        }
    } else {
        format!("{} ms", ms)
    }
}

/// An amount with no more decimals than its step needs, thousands apart.
fn number(at: f64, step: f64) -> String {
    let mut decimals = 0;
    let mut unit = 1.0;
    while step < unit * 0.999 && decimals < 9 {
        decimals += 1;
        unit /= 10.0;
    }
    if decimals > 0 {
        return format!("{at:.decimals$}");
    }
    match at as u64 {
        n if n >= 1_000_000 && n % 100_000 == 0 => short(n, 1_000_000, "M"),
        n if n >= 100_000 && n % 100 == 0 => short(n, 1_000, "k"),
        n => crate::report::whole(n),
    }
}

fn short(n: u64, unit: u64, name: &str) -> String {
    match n % unit {
        0 => format!("{} {name}", crate::report::whole(n / unit)),
        rest => format!("{}.{} {name}", n / unit, rest * 10 / unit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|tick| tick.text.as_str()).collect()
    }

    #[test]
    fn ticks_of_time_are_round_and_few() {
        let hour = 3_600_000;
        let day = Axis::time(948_500, 24 * hour);
        assert_eq!(
            texts(&day),
            ["3 h", "6 h", "9 h", "12 h", "15 h", "18 h", "21 h", "1 d"]
        );
        assert_eq!(
            texts(&Axis::time(0, 90 * 60_000)),
            [
                "0", "15 min", "30 min", "45 min", "1:00 h", "1:15 h", "1:30 h"
            ]
        );
        let week = Axis::time(0, 7 * 24 * hour);
        assert_eq!(
            texts(&week),
            ["0", "1 d", "2 d", "3 d", "4 d", "5 d", "6 d", "7 d"]
        );
        for to in [
            1,
            999,
            61_000,
            hour,
            30 * hour,
            9_999 * hour,
            999_999_999 * hour,
        ] {
            let axis = Axis::time(0, to);
            assert!(axis.ticks.len() <= 9, "{to}: {axis:?}");
        }
    }

    #[test]
    fn ticks_of_amounts_are_round() {
        assert_eq!(texts(&Axis::amount(512.0, "")), ["0", "200", "400", "600"]);
        assert_eq!(
            texts(&Axis::amount(0.34, "")),
            ["0.0", "0.1", "0.2", "0.3", "0.4"]
        );
        assert_eq!(texts(&Axis::amount(0.0, "")), ["0.0", "0.5", "1.0"]);
        assert_eq!(texts(&Axis::amount(1_000_000.0, "")), ["0", "500 k", "1 M"]);
    }
}
