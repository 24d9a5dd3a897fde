//! On-Demand Capacity Reservations: billed at the On-Demand price whether instances run in them or not, per second (EC2 User
//! Guide, "Capacity Reservation pricing and billing").

use crate::units::{PricePerHour, Span, Usd};

/// What the part of a reservation costs that nothing runs in, while it holds `reserved` instances and `running` run in it.
/// Those that run are billed as instances, and the reservation for them costs nothing more.
pub fn unused(price: PricePerHour, reserved: u32, running: u32, span: Span) -> Usd {
    let empty = i128::from(reserved.saturating_sub(running));
    Usd::from_units(price.over(span).units().saturating_mul(empty))
}

#[cfg(test)]
mod tests {
    use super::super::figures::prints_as;
    use super::*;

    const HOUR: u64 = 3600;

    fn price(text: &str) -> PricePerHour {
        PricePerHour::parse(text).unwrap()
    }

    /// The three examples of the page.
    #[test]
    fn reservations_cost_what_the_guide_says() {
        let one = price("1.00");
        prints_as(unused(one, 1, 0, Span::from_s(24 * HOUR + 900)), "24.25");
        prints_as(unused(one, 20, 15, Span::from_s(HOUR)), "5");
        let m4_large = price("0.10");
        let empty = unused(m4_large, 1, 0, Span::from_s(HOUR));
        let within =
            unused(m4_large, 1, 1, Span::from_s(4 * HOUR)) + m4_large.over(Span::from_s(4 * HOUR));
        let outside = m4_large.over(Span::from_s(HOUR));
        prints_as(empty + within + outside, "0.60");
    }
}
