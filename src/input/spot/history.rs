//! A history of Spot prices: rows of any order and from several files, as steps of each pool.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Cursor, Read};

use crate::input::Problem;
use crate::input::builder::Problems;
use crate::input::source::{Source, reading_problem};
use crate::units::PricePerHour;

use super::{json_rows, table_rows};

/// Moments in milliseconds from 1970 and the prices that held from them on, ascending.
pub type Steps = Vec<(i64, PricePerHour)>;

/// What holds for rows that do not say.
#[derive(Clone, Copy, Debug, Default)]
pub struct Assumed<'a> {
    /// The instance type.
    pub instance_type: Option<&'a str>,
    /// The availability zone.
    pub zone: &'a str,
}

/// Prices of Spot pools as they were.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PriceHistory {
    /// Steps by type and zone; each has at least one.
    pub pools: BTreeMap<String, BTreeMap<String, Steps>>,
    /// Rows of Linux/UNIX that were read.
    pub rows: u64,
    /// Rows of other products, which were passed over.
    pub other_products: u64,
    /// Rows that said again what another had said, which were dropped.
    pub duplicates: u64,
    /// Rows that named another price for the moment and pool of one before: the higher one counts.
    pub contradictions: u64,
}

impl PriceHistory {
    /// Adds the rows of a file, plain or gzip, JSON or CSV by its content; `file` is what problems call it. When all are added
    /// [`PriceHistory::finish`] makes steps of them.
    ///
    /// # Errors
    /// Every problem of the file, up to a hundred, and the number of the others.
    pub fn add(
        &mut self,
        reader: impl Read,
        file: &str,
        assumed: Assumed<'_>,
    ) -> Result<(), Vec<Problem>> {
        let before = (self.rows, self.other_products);
        let mut problems = Problems::of(file);
        let source = Source::open(reader, file).map_err(|problem| vec![problem])?;
        let is_gzip = source.is_gzip();
        let mut bytes = BufReader::new(source);
        match first_byte(&mut bytes) {
            Err(error) => return Err(vec![reading_problem(file, 0, is_gzip, &error)]),
            Ok((None, _)) => {
                problems.add(0, "", "is empty; a history is the JSON of describe-spot-price-history, or CSV with a header");
            }
            Ok((Some(b'{' | b'['), skipped)) => {
                let whole = Cursor::new(skipped).chain(bytes);
                json_rows::read(whole, is_gzip, file, self, assumed, &mut problems);
            }
            Ok((Some(_), skipped)) => {
                let whole = Cursor::new(skipped).chain(bytes);
                table_rows::read(whole, is_gzip, file, self, assumed, &mut problems);
            }
        }
        let (rows, others) = (self.rows - before.0, self.other_products - before.1);
        if problems.is_empty() && rows == 0 {
            let message = match others {
                0 => "has no row".to_owned(),
                _ => format!("has no row of Linux/UNIX; its {others} rows are of other products"),
            };
            problems.add(0, "", message);
        }
        match problems.is_empty() {
            true => Ok(()),
            false => Err(problems.into_list()),
        }
    }

    /// Counts a row.
    pub(super) fn push(&mut self, name: &str, zone: &str, at: i64, price: PricePerHour) {
        self.rows += 1;
        let zones = match self.pools.get_mut(name) {
            Some(zones) => zones,
            None => self.pools.entry(name.to_owned()).or_default(),
        };
        match zones.get_mut(zone) {
            Some(steps) => steps.push((at, price)),
            None => _ = zones.insert(zone.to_owned(), vec![(at, price)]),
        }
    }

    /// Sorts the steps, and drops rows that say nothing new.
    pub fn finish(&mut self) {
        for steps in self.pools.values_mut().flat_map(BTreeMap::values_mut) {
            steps.sort_unstable();
            let rows = steps.len();
            steps.dedup();
            let news = steps.len();
            self.duplicates += (rows - news) as u64;
            // Of one moment the last, which is the highest, stays.
            steps.reverse();
            steps.dedup_by_key(|(at, _)| *at);
            steps.reverse();
            self.contradictions += (news - steps.len()) as u64;
        }
    }

    /// The first and the last moment of any pool, in milliseconds from 1970.
    pub fn ends(&self) -> Option<(i64, i64)> {
        let steps = || self.pools.values().flat_map(BTreeMap::values);
        let first = steps().filter_map(|steps| steps.first()).min()?;
        let last = steps().filter_map(|steps| steps.last()).max()?;
        Some((first.0, last.0))
    }

    /// The steps of one pool.
    pub fn steps(&self, name: &str, zone: &str) -> Option<&[(i64, PricePerHour)]> {
        Some(self.pools.get(name)?.get(zone)?.as_slice())
    }

    /// The zones that have `name`, with their steps.
    pub fn zones(&self, name: &str) -> impl Iterator<Item = (&str, &[(i64, PricePerHour)])> {
        let zones = self.pools.get(name).into_iter().flatten();
        zones.map(|(zone, steps)| (zone.as_str(), steps.as_slice()))
    }
}

/// The first byte that is no blank, and what was read up to it.
fn first_byte(bytes: &mut impl BufRead) -> std::io::Result<(Option<u8>, Vec<u8>)> {
    /// Blanks before the first document of a file, an assumed bound.
    const BLANKS_MAX: usize = 1 << 16;
    let mut skipped = Vec::new();
    let mut byte = [0];
    while bytes.read(&mut byte)? > 0 {
        skipped.push(byte[0]);
        if !byte[0].is_ascii_whitespace() || skipped.len() == BLANKS_MAX {
            return Ok((Some(byte[0]), skipped));
        }
    }
    Ok((None, skipped))
}
