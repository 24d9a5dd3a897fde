//! Exact money. A price is whole 10⁻¹⁰ USD an hour; an amount is price × milliseconds, so nothing is ever divided before
//! it is printed, and a bill is the same however its seconds are cut.

use std::fmt;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

use super::Span;

/// A price: 10⁻¹⁰ USD per hour (ten decimals, as AWS's price list prints).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PricePerHour(u64);

/// An exact amount of money: 10⁻¹⁰ USD/h × ms, that is 3.6 × 10¹⁶ to the dollar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Usd(i128);

/// Milliseconds in an hour, and so the amounts (`Usd` units) in 10⁻¹⁰ USD.
const MS_PER_HOUR: i128 = 3_600_000;
/// 10⁻¹⁰ USD in a dollar.
const TICKS_PER_USD: i128 = 10_000_000_000;

impl PricePerHour {
    /// Free of charge.
    pub const FREE: PricePerHour = PricePerHour(0);

    /// A price of `ticks` × 10⁻¹⁰ USD an hour.
    pub const fn from_ticks(ticks: u64) -> PricePerHour {
        PricePerHour(ticks)
    }

    /// The price in 10⁻¹⁰ USD an hour.
    pub const fn ticks(self) -> u64 {
        self.0
    }

    /// Reads a decimal such as `0.0425`: at most ten decimals, below 100,000 USD an hour, no sign and no exponent.
    ///
    /// # Errors
    /// A sentence that says what is wrong with `text` and what would be right.
    pub fn parse(text: &str) -> Result<PricePerHour, String> {
        let wrong =
            || format!("`{text}` is not a price; write USD an hour as a decimal, such as 0.0425");
        let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(decimals) || text.ends_with('.') {
            return Err(wrong());
        }
        if decimals.len() > 10 {
            return Err(format!(
                "`{text}` has more than ten decimals, the finest price there is"
            ));
        }
        let whole: u64 = whole.parse().map_err(|_| wrong())?;
        if whole >= 100_000 {
            return Err(format!(
                "`{text}` is 100,000 USD an hour or more, beyond any machine's price"
            ));
        }
        let scale = 10u64.pow(10 - decimals.len() as u32);
        let decimals: u64 = match decimals {
            "" => 0,
            digits => digits.parse().map_err(|_| wrong())?,
        };
        Ok(PricePerHour(
            whole * TICKS_PER_USD as u64 + decimals * scale,
        ))
    }

    /// This price for `span`, exactly.
    pub const fn over(self, span: Span) -> Usd {
        Usd(self.0 as i128 * span.ms() as i128)
    }

    /// This price `count` times over, or `None` where the product is no price any more.
    pub fn times(self, count: u64) -> Option<PricePerHour> {
        self.0.checked_mul(count).map(PricePerHour)
    }
}

impl Usd {
    /// No money.
    pub const ZERO: Usd = Usd(0);

    /// An amount of `units` × 10⁻¹⁰ USD/h × ms.
    pub const fn from_units(units: i128) -> Usd {
        Usd(units)
    }

    /// The amount in 10⁻¹⁰ USD/h × ms.
    pub const fn units(self) -> i128 {
        self.0
    }

    /// The amount in whole 10⁻¹⁰ USD, rounded towards minus infinity.
    pub const fn floor_ticks(self) -> i128 {
        self.0.div_euclid(MS_PER_HOUR)
    }

    /// What [`Usd::floor_ticks`] left over, in units.
    pub const fn rest_units(self) -> i128 {
        self.0.rem_euclid(MS_PER_HOUR)
    }

    /// The amount rounded half up to whole 10⁻¹⁰ USD: what a total prints as.
    pub const fn rounded_ticks(self) -> i128 {
        (self.0 + MS_PER_HOUR / 2).div_euclid(MS_PER_HOUR)
    }

    /// An amount of `ticks` × 10⁻¹⁰ USD.
    pub const fn from_ticks(ticks: i128) -> Usd {
        Usd(ticks * MS_PER_HOUR)
    }
}

impl Add for Usd {
    type Output = Usd;
    fn add(self, other: Usd) -> Usd {
        Usd(self
            .0
            .checked_add(other.0)
            .expect("more money than can be counted"))
    }
}

impl AddAssign for Usd {
    fn add_assign(&mut self, other: Usd) {
        *self = *self + other;
    }
}

impl Sub for Usd {
    type Output = Usd;
    fn sub(self, other: Usd) -> Usd {
        Usd(self.0 - other.0)
    }
}

impl SubAssign for Usd {
    fn sub_assign(&mut self, other: Usd) {
        *self = *self - other;
    }
}

impl Neg for Usd {
    type Output = Usd;
    fn neg(self) -> Usd {
        Usd(-self.0)
    }
}

impl std::iter::Sum for Usd {
    fn sum<I: Iterator<Item = Usd>>(amounts: I) -> Usd {
        amounts.fold(Usd::ZERO, Add::add)
    }
}

/// Dollars with as many decimals as the amount needs, at least two, at most ten.
fn write_ticks(f: &mut fmt::Formatter<'_>, ticks: i128) -> fmt::Result {
    let sign = if ticks < 0 { "-" } else { "" };
    let ticks = ticks.unsigned_abs();
    let decimals = format!("{:010}", ticks % TICKS_PER_USD as u128);
    let decimals = decimals.trim_end_matches('0');
    write!(f, "{sign}{}.{decimals:0<2}", ticks / TICKS_PER_USD as u128)
}

impl fmt::Display for Usd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_ticks(f, self.rounded_ticks())
    }
}

impl fmt::Display for PricePerHour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_ticks(f, i128::from(self.0))
    }
}

/// Rounds `parts` to whole 10⁻¹⁰ USD so that they sum to their rounded total: the largest remainders are rounded up, the
/// first of equal ones first. The printed rows of a table then sum to its printed total.
pub fn apportion(parts: &[Usd]) -> Vec<Usd> {
    let total = parts.iter().copied().sum::<Usd>().rounded_ticks();
    apportion_to(parts, Usd::from_ticks(total))
}

/// The same so that they sum to `total`: the sum of the parts, rounded up or down to whole 10⁻¹⁰ USD.
///
/// # Panics
/// Where `total` is less than the sum rounded down, or more than rounded up.
pub fn apportion_to(parts: &[Usd], total: Usd) -> Vec<Usd> {
    let mut ticks: Vec<i128> = parts.iter().map(|part| part.floor_ticks()).collect();
    let missing = usize::try_from(total.floor_ticks() - ticks.iter().sum::<i128>())
        .expect("rounding down each part never exceeds the rounded total");
    let mut by_rest: Vec<usize> = (0..parts.len()).collect();
    by_rest.sort_by_key(|&i| (-parts[i].rest_units(), i));
    assert!(missing <= parts.len(), "{total} is more than the parts");
    for &i in by_rest.iter().take(missing) {
        ticks[i] += 1;
    }
    ticks.into_iter().map(Usd::from_ticks).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_machines_for_a_second_cost_one_machine_for_a_thousand() {
        let price = PricePerHour::parse("0.0464").unwrap();
        let many: Usd = (0..1000).map(|_| price.over(Span::from_s(1))).sum();
        assert_eq!(many, price.over(Span::from_s(1000)));
    }

    #[test]
    fn a_price_reads_and_prints_as_the_same_decimal() {
        for text in [
            "0.10",
            "0.0425",
            "43.52",
            "0.0000000001",
            "99999.9999999999",
        ] {
            assert_eq!(PricePerHour::parse(text).unwrap().to_string(), text);
        }
        for text in [
            "",
            ".",
            "1.",
            "-1",
            "1e3",
            "NaN",
            "0.00000000001",
            "100000",
            "1 ",
        ] {
            assert!(PricePerHour::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn apportioned_rows_sum_to_the_rounded_total() {
        let parts = [
            Usd::from_units(1_200_000),
            Usd::from_units(1_200_000),
            Usd::from_units(1_200_000),
        ];
        let rows = apportion(&parts);
        assert_eq!(rows.iter().copied().sum::<Usd>(), Usd::from_ticks(1));
        assert_eq!(rows[0], Usd::from_ticks(1));
    }

    #[test]
    fn negative_amounts_print_with_a_sign() {
        assert_eq!(Usd::from_ticks(-15_000_000_000).to_string(), "-1.50");
        assert_eq!(Usd::ZERO.to_string(), "0.00");
    }
}
