//! Small phrases of pictures and pages.

use crate::report::{duration, whole};
use crate::units::Span;

/// A moment of simulated time in a sentence: `6 h in`; `at the start`.
pub fn moment(ms: u64) -> String {
    match ms {
        0 => "at the start".to_owned(),
        _ => format!("{} in", duration(Span::from_ms(ms))),
    }
}

/// A level as a whole number.
pub fn count(level: f64) -> String {
    whole(level.round().max(0.0) as u64)
}

/// A rate or an amount of money that was worked out in floats.
pub fn money(usd: f64) -> String {
    match usd.abs() {
        size if size >= 100.0 => count(usd),
        size if size >= 0.1 => format!("{usd:.2}"),
        _ => format!("{usd:.4}"),
    }
}
