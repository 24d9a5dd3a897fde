//! Traffic of image pulls: what a gateway or a registry charges for each GB. Prices are the scenario's; there is none by default.

use super::{portion, usd};
use crate::units::{PricePerHour, Usd};

/// What `mib` MiB cost at `per_gb` (the amount of a price, for a GB of 1024 MiB), rounded down to the unit.
pub fn pulled(per_gb: PricePerHour, mib: u32) -> Usd {
    let of_gb = Usd::from_ticks(i128::from(per_gb.ticks())).units();
    let units = u128::try_from(of_gb).unwrap_or(0);
    usd(portion(units, u64::from(mib), 1024))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_gib_through_a_gateway_cost_twice_its_price() {
        let per_gb = PricePerHour::parse("0.045").unwrap();
        assert_eq!(pulled(per_gb, 2048).to_string(), "0.09");
        assert_eq!(pulled(per_gb, 512).to_string(), "0.0225");
    }
}
