//! The EC2 price list: offer files (CSV or JSON, hundreds of MB, which are read as a stream) and what `aws pricing get-products` prints.
//!
//! What counts is the On-Demand hour of plain Linux: shared tenancy, used capacity, nothing installed, more than nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{BufReader, Read};

use csv::{ReaderBuilder, StringRecord};
use serde::Deserializer;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use crate::input::Problem;
use crate::input::builder::Problems;
use crate::input::source::reading_problem;
use crate::units::PricePerHour;

use super::member::Place;

/// On-Demand prices of plain Linux.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prices {
    /// By instance type and region (`us-east-1`; empty where a list does not say).
    pub by_type: BTreeMap<String, BTreeMap<String, PricePerHour>>,
    /// vCPUs and MiB of types, as the list has them.
    pub sizes: BTreeMap<String, (u32, u32)>,
    /// Prices that were read.
    pub rows: u64,
    /// Of these, how many named another price for a type and region that had one: the first holds.
    pub contradictions: u64,
}

impl Prices {
    /// The price of a type in `region`; where the list has one region only, in that.
    pub fn of(&self, instance_type: &str, region: &str) -> Option<PricePerHour> {
        let regions = self.by_type.get(instance_type)?;
        let only = match regions.len() {
            1 => regions.values().next(),
            _ => None,
        };
        regions.get(region).or(only).copied()
    }

    /// The regions that it has prices of.
    pub fn regions(&self) -> BTreeSet<&str> {
        let all = self.by_type.values().flat_map(BTreeMap::keys);
        all.map(String::as_str).collect()
    }

    fn add(&mut self, product: &Product, price: PricePerHour) {
        self.rows += 1;
        let regions = self
            .by_type
            .entry(product.instance_type.clone())
            .or_default();
        match regions.get(&product.region) {
            None => _ = regions.insert(product.region.clone(), price),
            Some(known) => self.contradictions += u64::from(*known != price),
        }
        if let Some(size) = product.size {
            self.sizes
                .entry(product.instance_type.clone())
                .or_insert(size);
        }
    }
}

/// What of a product counts.
#[derive(Clone, Debug)]
struct Product {
    instance_type: String,
    region: String,
    size: Option<(u32, u32)>,
}

/// MiB of `8 GiB` or `24,576 GiB`.
fn mib(text: &str) -> Option<u32> {
    let gib: f64 = text.strip_suffix(" GiB")?.replace(',', "").parse().ok()?;
    let mib = gib * 1024.0;
    (mib >= 1.0 && mib < f64::from(u32::MAX)).then_some(mib as u32)
}

/// The product whose attributes `of` gives by both of their names (JSON's, CSV's), if it is a plain Linux hour.
fn product<'t>(of: impl Fn(&str, &str) -> &'t str) -> Option<Product> {
    let is_plain = of("operatingSystem", "Operating System") == "Linux"
        && matches!(of("preInstalledSw", "Pre Installed S/W"), "NA" | "")
        && of("capacitystatus", "CapacityStatus") == "Used"
        && of("tenancy", "Tenancy") == "Shared";
    let name = of("instanceType", "Instance Type");
    // Products without a size stand for whole families of dedicated hosts.
    if !is_plain || !name.contains('.') {
        return None;
    }
    let vcpus = of("vcpu", "vCPU").parse().ok();
    Some(Product {
        instance_type: name.to_owned(),
        region: of("regionCode", "Region Code").to_owned(),
        size: vcpus.zip(mib(of("memory", "Memory"))),
    })
}

/// A price that is more than nothing, or what is wrong with it.
fn price(text: &str) -> Result<Option<PricePerHour>, String> {
    // The list has ten decimals and sometimes more zeros.
    let text = match text.split_once('.') {
        Some((whole, part)) if part.len() > 10 && part[10..].bytes().all(|digit| digit == b'0') => {
            format!("{whole}.{}", &part[..10])
        }
        _ => text.to_owned(),
    };
    let price = PricePerHour::parse(&text)?;
    Ok((price > PricePerHour::FREE).then_some(price))
}

/// Columns that must be there.
const NEEDED: [&str; 8] = [
    "TermType",
    "Unit",
    "PricePerUnit",
    "Instance Type",
    "Operating System",
    "Tenancy",
    "CapacityStatus",
    "Pre Installed S/W",
];

/// Reads a CSV offer file.
pub(super) fn read_csv(
    bytes: impl Read,
    is_gzip: bool,
    file: &str,
    to: &mut Prices,
    problems: &mut Problems<'_>,
) {
    let mut table = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(BufReader::new(bytes));
    let mut row = StringRecord::new();
    let mut header: Option<StringRecord> = None;
    let before = to.rows;
    loop {
        match table.read_record(&mut row) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                problems.push(match error.into_kind() {
                    csv::ErrorKind::Io(error) => reading_problem(file, line, is_gzip, &error),
                    other => Problem::line(file, line, format!("cannot be read as CSV: {other:?}")),
                });
                return;
            }
        }
        let line = row.position().map_or(0, csv::Position::line);
        let Some(header) = &header else {
            if row.get(0) == Some("SKU") {
                for needed in NEEDED {
                    if !row.iter().any(|name| name == needed) {
                        problems.add(
                            line,
                            needed,
                            "the header has no such column; take the offer file of AmazonEC2",
                        );
                    }
                }
                if !problems.is_empty() {
                    return;
                }
                header = Some(row.clone());
            }
            continue;
        };
        let cell = |name: &str| {
            let at = header.iter().position(|known| known == name);
            at.and_then(|at| row.get(at)).unwrap_or_default()
        };
        if cell("TermType") != "OnDemand" || cell("Unit") != "Hrs" {
            continue;
        }
        let Some(product) = product(|_, name| cell(name)) else {
            continue;
        };
        if !matches!(cell("Currency"), "USD" | "") {
            problems.add(
                line,
                "Currency",
                format!("`{}`; prices are in USD", cell("Currency")),
            );
            continue;
        }
        match price(cell("PricePerUnit")) {
            Ok(Some(price)) => to.add(&product, price),
            Ok(None) => {}
            Err(why) => problems.add(line, "PricePerUnit", why),
        }
    }
    if header.is_none() {
        problems.add(
            0,
            "",
            "has no header that begins with SKU; take the offer file of AmazonEC2",
        );
    } else if problems.is_empty() && to.rows == before {
        problems.add(0, "", NO_ROW);
    }
}

const NO_ROW: &str =
    "has no On-Demand hour of plain Linux; take the offer file of AmazonEC2 for your region";

/// Products that count, by SKU.
type Products = BTreeMap<String, Product>;

/// Reads a JSON offer file.
pub(super) fn read_json(
    bytes: impl Read,
    is_gzip: bool,
    file: &str,
    to: &mut Prices,
    problems: &mut Problems<'_>,
) {
    let before = to.rows;
    let mut reader = serde_json::Deserializer::from_reader(BufReader::new(bytes));
    let mut root = Root {
        products: Products::new(),
        has_terms_first: false,
        to,
        problems,
    };
    let read = root.deserialize(&mut reader).and_then(|()| reader.end());
    let has_terms_first = root.has_terms_first;
    if let Err(error) = read {
        let line = error.line() as u64;
        problems.push(match error.io_error_kind() {
            Some(kind) => reading_problem(file, line, is_gzip, &kind.into()),
            None if error.is_data() => {
                Problem::line(file, line, format!("is no price list: {error}"))
            }
            None => Problem::line(file, line, format!("JSON syntax: {error}")),
        });
    } else if problems.is_empty() && to.rows == before {
        let message = match has_terms_first {
            true => {
                "has its terms before any product that counts; products come first in an offer file"
            }
            false => NO_ROW,
        };
        problems.add(0, "", message);
    }
}

fn of_json(value: &Value) -> Option<Product> {
    let attributes = value.get("attributes")?;
    product(|name, _| {
        attributes
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    })
}

/// The prices of a product's On-Demand terms: an object of terms by their codes.
fn term(product: &Product, place: Place<'_>, to: &mut Prices, problems: &mut Problems<'_>) {
    for (code, term) in place.value.as_object().into_iter().flatten() {
        let dimensions = term.get("priceDimensions").and_then(Value::as_object);
        for (rate, dimension) in dimensions.into_iter().flatten() {
            if dimension.get("unit").and_then(Value::as_str) != Some("Hrs") {
                continue;
            }
            let pointer = format!(
                "{}/{code}/priceDimensions/{rate}/pricePerUnit",
                place.pointer
            );
            let usd = dimension
                .pointer("/pricePerUnit/USD")
                .and_then(Value::as_str);
            match usd.map(price) {
                None => problems.add(0, &pointer, "has no price in USD"),
                Some(Ok(Some(price))) => to.add(product, price),
                Some(Ok(None)) => {}
                Some(Err(why)) => problems.add(0, &pointer, why),
            }
        }
    }
}

/// Takes a product of `aws pricing get-products`, which prints each as text that is JSON again.
pub(super) fn listed(place: Place<'_>, to: &mut Prices, problems: &mut Problems<'_>) {
    let Some(product) = place.value.get("product").and_then(of_json) else {
        return;
    };
    if let Some(terms) = place.value.pointer("/terms/OnDemand") {
        let pointer = format!("{}/terms/OnDemand", place.pointer);
        let at = Place {
            value: terms,
            pointer: &pointer,
        };
        term(&product, at, to, problems);
    }
}

/// The file as a whole.
struct Root<'r, 'p> {
    products: Products,
    has_terms_first: bool,
    to: &'r mut Prices,
    problems: &'r mut Problems<'p>,
}

impl<'de> DeserializeSeed<'de> for &mut Root<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &mut Root<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with products and terms")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            let Root {
                products,
                has_terms_first,
                to,
                problems,
            } = &mut *self;
            match key.as_str() {
                "products" => map.next_value_seed(Members(|sku: &str, value: &Value| {
                    if let Some(product) = of_json(value) {
                        products.insert(sku.to_owned(), product);
                    }
                }))?,
                "terms" => {
                    *has_terms_first |= products.is_empty();
                    let on_demand = |sku: &str, value: &Value| {
                        if let Some(product) = products.get(sku) {
                            let pointer = format!("/terms/OnDemand/{sku}");
                            let place = Place {
                                value,
                                pointer: &pointer,
                            };
                            term(product, place, to, problems);
                        }
                    };
                    map.next_value_seed(Terms(on_demand))?;
                }
                _ => _ = map.next_value::<IgnoredAny>()?,
            }
        }
        Ok(())
    }
}

/// `terms`, of which OnDemand counts.
struct Terms<F>(F);

impl<'de, F: FnMut(&str, &Value)> DeserializeSeed<'de> for Terms<F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'de, F: FnMut(&str, &Value)> Visitor<'de> for Terms<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with OnDemand")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "OnDemand" => map.next_value_seed(Members(&mut self.0))?,
                _ => _ = map.next_value::<IgnoredAny>()?,
            }
        }
        Ok(())
    }
}

/// A table whose members are told one after another.
struct Members<F>(F);

impl<'de, F: FnMut(&str, &Value)> DeserializeSeed<'de> for Members<F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'de, F: FnMut(&str, &Value)> Visitor<'de> for Members<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object by SKU")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            let value: Value = map.next_value()?;
            (self.0)(&key, &value);
        }
        Ok(())
    }
}
