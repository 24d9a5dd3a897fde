//! What a bill has besides the hours of instances: commitments, volumes, addresses, traffic, Fargate. Functions of amounts and times;
//! who calls them knows the run.
//!
//! Money is exact to the unit of [`crate::units::Usd`], 2.8 × 10⁻¹⁷ USD. Where AWS's own arithmetic divides (a commitment that covers
//! part of an hour, a GB-month) the quotient is cut once, in a place that says so, and the rest stays with the other side, so
//! that what is covered and what is not sum to what was used.

pub mod address;
pub mod capacity;
pub mod commitments;
pub mod fargate;
pub mod hours;
pub mod instance;
pub mod lines;
pub mod normal;
pub mod storage;
pub mod traffic;

use crate::units::Usd;

/// `amount` × `by` / `over`, rounded down, without the product.
fn portion(amount: u128, by: u64, over: u64) -> u128 {
    let (by, over) = (u128::from(by), u128::from(over));
    // Both halves of the product fit: (amount mod over) and `by` are below 2⁶⁴.
    (amount / over)
        .saturating_mul(by)
        .saturating_add(amount % over * by / over)
}

/// The same rounded up.
fn portion_up(amount: u128, by: u64, over: u64) -> u128 {
    let (wide, base) = (u128::from(by), u128::from(over));
    let rest = (amount % base * wide).div_ceil(base);
    (amount / base).saturating_mul(wide).saturating_add(rest)
}

/// `amount` × `part` / `whole`, rounded down; all of it where the two are equal. `part` is at most `whole`.
pub fn share(amount: Usd, part: u128, whole: u128) -> Usd {
    if part == whole {
        return amount;
    }
    // Beyond 2⁶³ bits are cut off both, which moves 10⁻¹⁹ of the amount from one part to another.
    let shift = (128 - whole.leading_zeros()).saturating_sub(63);
    let narrow = |value: u128| u64::try_from(value >> shift).unwrap_or(u64::MAX);
    let units = u128::try_from(amount.units()).unwrap_or(0);
    usd(portion(units, narrow(part), narrow(whole).max(1)))
}

/// An amount of `units` that is surely not negative.
fn usd(units: u128) -> Usd {
    Usd::from_units(i128::try_from(units).unwrap_or(i128::MAX))
}

#[cfg(test)]
mod figures {
    //! How figures of a document are compared: rounded to as many decimals as it prints.

    use crate::units::Usd;

    /// `amount`, rounded half up to as many decimals as `printed` has, is `printed`.
    pub fn prints_as(amount: Usd, printed: &str) {
        let decimals = printed.split_once('.').map_or(0, |(_, tail)| tail.len());
        let step = Usd::from_ticks(10i128.pow(10 - decimals as u32)).units();
        let rounded = (amount.units() + step / 2).div_euclid(step) * step;
        let own = Usd::from_units(rounded).to_string();
        let plain = |text: &str| {
            let text = if text.contains('.') {
                text.trim_end_matches('0')
            } else {
                text
            };
            text.trim_end_matches('.').to_owned()
        };
        assert_eq!(plain(&own), plain(printed), "{amount}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_portion_does_not_overflow_where_its_product_would() {
        let amount = u128::from(u64::MAX) << 32;
        assert_eq!(portion(amount, 3, 7), amount / 7 * 3 + amount % 7 * 3 / 7);
        assert_eq!(portion(10, 1, 3), 3);
        assert_eq!(portion_up(10, 1, 3), 4);
        assert_eq!(portion_up(9, 1, 3), 3);
    }
}
