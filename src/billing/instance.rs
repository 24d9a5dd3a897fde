//! What of an instance's run is billed, by who ended it (EC2 User Guide, "Billing for interrupted Spot Instances").

use crate::model::Billing;
use crate::model::rules::BILLED_SECONDS_MIN;
use crate::units::Span;

/// Seconds that are billed of an instance that ran for `span`; `interrupted`: EC2 took it back. By the hour bills Linux before
/// 2017-10-02, and RHEL and SUSE longer.
pub fn billed_seconds(billing: Billing, span: Span, interrupted: bool) -> u64 {
    const HOUR_MS: u64 = 3_600_000;
    match billing {
        Billing::PerSecond if interrupted && span.ms() < HOUR_MS => 0,
        Billing::PerHour if interrupted => span.ms() / HOUR_MS * 3600,
        Billing::PerSecond => span.seconds_started().max(BILLED_SECONDS_MIN),
        Billing::PerHour => span.hours_started().max(1) * 3600,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Billing::{PerHour, PerSecond};

    /// The table of the page: how it is billed, whether EC2 interrupted it, seconds run, seconds charged.
    const PUBLISHED: &[(Billing, bool, u64, u64)] = &[
        (PerSecond, false, 1800, 1800),
        (PerSecond, true, 3599, 0),
        (PerSecond, true, 5400, 5400),
        (PerHour, false, 5400, 7200),
        (PerHour, true, 1800, 0),
        (PerHour, true, 5400, 3600),
    ];

    #[test]
    fn instances_are_charged_as_the_guide_says() {
        for &(billing, interrupted, ran, charged) in PUBLISHED {
            let seconds = billed_seconds(billing, Span::from_s(ran), interrupted);
            assert_eq!(seconds, charged, "{billing:?} {interrupted} {ran}");
        }
    }

    #[test]
    fn a_minute_or_an_hour_is_the_least() {
        assert_eq!(billed_seconds(PerSecond, Span::ZERO, false), 60);
        assert_eq!(billed_seconds(PerHour, Span::ZERO, false), 3600);
    }
}
