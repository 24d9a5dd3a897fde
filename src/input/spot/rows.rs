//! One row of a history, from whichever kind of file.

use crate::input::scenario::shortened;
use crate::units::PricePerHour;

use super::history::{Assumed, PriceHistory};

/// The product that counts.
const PRODUCT: &str = "Linux/UNIX";
/// Moments outside of these years are slips, in milliseconds from 1970.
const YEARS: std::ops::Range<i64> = 946_684_800_000..7_258_118_400_000;
/// Longest name of a type or zone.
const NAME_MAX: usize = 60;

/// What a row says; absent where its file does not say it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Row<'a> {
    pub(super) at: Option<&'a str>,
    pub(super) zone: Option<&'a str>,
    pub(super) instance_type: Option<&'a str>,
    pub(super) price: Option<&'a str>,
    pub(super) product: Option<&'a str>,
}

/// Which part of a row is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    At,
    Zone,
    InstanceType,
    Price,
}

impl Row<'_> {
    /// Adds the row to `history`, or says what is wrong with its parts. `is_utc`: moments without a zone are UTC.
    pub(super) fn add(
        &self,
        history: &mut PriceHistory,
        assumed: Assumed<'_>,
        is_utc: bool,
        mut wrong: impl FnMut(Part, String),
    ) {
        if self.product.is_some_and(|product| product != PRODUCT) {
            history.other_products += 1;
            return;
        }
        let missing = || "missing".to_owned();
        let at = self.at.ok_or_else(missing);
        let at = at.and_then(|text| moment(text, is_utc));
        let at = at.map_err(|why| wrong(Part::At, why));
        let price = self.price.ok_or_else(missing).and_then(price);
        let price = price.map_err(|why| wrong(Part::Price, why));
        let zone = name(self.zone.unwrap_or(assumed.zone));
        let zone = zone.map_err(|why| wrong(Part::Zone, why));
        let of_type = self.instance_type.or(assumed.instance_type);
        let of_type = of_type.ok_or_else(|| {
            "missing: the file names no instance type; say it with historyInstanceType".to_owned()
        });
        let of_type = of_type
            .and_then(name)
            .map_err(|why| wrong(Part::InstanceType, why));
        if let (Ok(at), Ok(price), Ok(zone), Ok(of_type)) = (at, price, zone, of_type) {
            history.push(of_type, zone, at, price);
        }
    }
}

fn name(text: &str) -> Result<&str, String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    match !text.is_empty() && text.len() <= NAME_MAX && text.chars().all(is_name) {
        true => Ok(text),
        false => Err(format!("`{}` is not a name", shortened(text))),
    }
}

fn price(text: &str) -> Result<PricePerHour, String> {
    match PricePerHour::parse(text) {
        Ok(PricePerHour::FREE) => Err(format!("is `{text}`; no Spot instance is free")),
        Err(_) => Err(format!(
            "`{}` is not a price; write USD an hour as a decimal, such as 0.0425",
            shortened(text)
        )),
        read => read,
    }
}

/// A moment in milliseconds from 1970: RFC 3339, also with a blank for the T.
pub(super) fn moment(text: &str, is_utc: bool) -> Result<i64, String> {
    let read = text.parse::<jiff::Timestamp>().ok();
    let read = read.or_else(|| is_utc.then(|| format!("{text}Z").parse().ok())?);
    let read = read.map(|moment| moment.as_millisecond());
    read.filter(|ms| YEARS.contains(ms)).ok_or_else(|| {
        format!(
            "`{}` is not a moment; write RFC 3339 with a zone, such as 2021-03-02T01:39:05Z",
            shortened(text)
        )
    })
}
