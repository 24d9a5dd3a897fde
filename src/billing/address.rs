//! Public IPv4 addresses: each costs since 2024-02-01, in use or not (AWS announcement of 2023-07-28).

use crate::units::{PricePerHour, Span, Usd};

/// An address for an hour.
pub const HOURLY: PricePerHour = PricePerHour::from_ticks(50_000_000);
/// 2024-02-01T00:00:00Z in milliseconds from 1970.
pub const SINCE_EPOCH_MS: i64 = 1_706_745_600_000;

/// What an address costs that an instance has for `life`, per second begun and at least a minute, as the instance itself
/// (assumed).
pub fn address(life: Span) -> Usd {
    HOURLY.over(super::storage::billed(life))
}

/// Whether addresses cost at a moment, in milliseconds from 1970; a run without a date is of today.
pub fn costs_at(epoch_ms: i64) -> bool {
    epoch_ms >= SINCE_EPOCH_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_for_a_day_costs_twelve_cents() {
        assert_eq!(address(Span::from_s(86_400)).to_string(), "0.12");
        assert!(costs_at(SINCE_EPOCH_MS));
        assert!(!costs_at(SINCE_EPOCH_MS - 1));
    }
}
