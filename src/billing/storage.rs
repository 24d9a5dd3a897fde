//! EBS volumes: what is provisioned is paid by the GB-month, per second with at least a minute (EC2 and EBS since 2017-10-02).

use super::{portion, usd};
use crate::model::{RootVolume, VolumeKind};
use crate::units::{PricePerHour, Span, Usd};

/// Hours of the month that prices are for: AWS's own examples count 30 days.
pub const MONTH_HOURS: u64 = 720;
/// The least that is billed of a volume's life.
pub const LEAST: Span = Span::from_s(60);

/// Price of a GB-month in us-east-1 (assumed from memory of the price list; gp3 with its 3,000 IOPS and 125 MB/s included).
pub const fn gb_month(kind: VolumeKind) -> PricePerHour {
    match kind {
        VolumeKind::Gp2 => PricePerHour::from_ticks(1_000_000_000),
        VolumeKind::Gp3 => PricePerHour::from_ticks(800_000_000),
    }
}

/// What `quantity` of something at `monthly` a month costs for `span`, rounded down to the unit.
pub fn pro_rata(monthly: PricePerHour, quantity: u64, span: Span) -> Usd {
    let whole = u128::from(monthly.ticks()).saturating_mul(u128::from(span.ms()));
    usd(portion(whole, quantity, MONTH_HOURS))
}

/// A root volume that lived for `life`: seconds begun, at least [`LEAST`].
pub fn root_volume(volume: RootVolume, life: Span) -> Usd {
    pro_rata(gb_month(volume.kind), u64::from(volume.gib), billed(life))
}

/// How long a volume is billed that lived for `life`.
pub fn billed(life: Span) -> Span {
    Span::from_s(life.seconds_started()).max(LEAST)
}

#[cfg(test)]
mod tests {
    use super::super::figures::prints_as;
    use super::*;

    const DAY: u64 = 86_400;

    /// Figures of the EBS pricing page's examples: price of a month, quantity, seconds, USD.
    const PUBLISHED: &[(&str, u64, u64, &str)] = &[
        ("0.10", 2000, DAY / 2, "3.333333"),
        ("0.08", 2000, DAY / 2, "2.666667"),
        ("0.005", 10_000 - 3_000, DAY / 2, "0.583333"),
        ("0.04", 500 - 125, DAY / 2, "0.250000"),
        ("0.10", 1000, 15 * DAY, "50"),
    ];

    #[test]
    fn volumes_cost_what_the_pricing_page_says() {
        for &(price, quantity, seconds, expected) in PUBLISHED {
            let price = PricePerHour::parse(price).unwrap();
            prints_as(pro_rata(price, quantity, Span::from_s(seconds)), expected);
        }
        for (kind, expected) in [(VolumeKind::Gp2, "3.333333"), (VolumeKind::Gp3, "2.666667")] {
            let volume = RootVolume { gib: 2000, kind };
            prints_as(root_volume(volume, Span::from_s(DAY / 2)), expected);
        }
    }

    #[test]
    fn a_volume_of_ten_seconds_is_billed_a_minute() {
        let volume = RootVolume {
            gib: 30,
            kind: VolumeKind::Gp3,
        };
        let minute = root_volume(volume, Span::from_s(60));
        assert_eq!(root_volume(volume, Span::from_s(10)), minute);
        assert_eq!(root_volume(volume, Span::from_ms(59_001)), minute);
        assert!(root_volume(volume, Span::from_ms(60_001)) > minute);
    }
}
