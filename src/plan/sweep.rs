//! The cells of a sweep: every combination of values, or a Latin hypercube over ranges, and which of them a shard has.

use rand::RngExt;

use crate::engine::Streams;

/// The values that a key takes.
#[derive(Clone, Debug, PartialEq)]
pub enum Axis {
    /// These, in this order.
    Values(Vec<String>),
    /// Any from one to the other.
    Range {
        /// The least.
        low: f64,
        /// The largest.
        high: f64,
        /// Whether only whole numbers are meant.
        is_whole: bool,
        /// Whether equal factors are equal steps, rather than equal differences.
        is_log: bool,
    },
}

impl Axis {
    /// Reads `a,b,c`, `1..10` or `log:0.1..10`. A range of whole numbers takes whole values.
    ///
    /// # Errors
    /// What to write.
    pub fn parse(text: &str) -> Result<Axis, String> {
        let (is_log, range) = match text.strip_prefix("log:") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let ends = range.split_once("..");
        let numbers = ends.and_then(|(low, high)| Some((number(low)?, number(high)?)));
        if let (Some((low, high)), Some(texts)) = (numbers, ends) {
            if low >= high {
                return Err(format!("`{text}` is empty: write the smaller end first"));
            }
            if is_log && low <= 0.0 {
                return Err(format!(
                    "`{text}` begins at 0 or below, where there are no equal factors"
                ));
            }
            let is_whole = [texts.0, texts.1]
                .iter()
                .all(|end| end.trim().parse::<i64>().is_ok());
            return Ok(Axis::Range {
                low,
                high,
                is_whole,
                is_log,
            });
        }
        if is_log || ends.is_some() {
            return Err(format!(
                "`{text}` is no range of numbers; write 1..10 or log:0.1..10"
            ));
        }
        let values: Vec<String> = text.split(',').map(|one| one.trim().to_owned()).collect();
        if values.iter().any(String::is_empty) {
            return Err(
                "write at least one value, and none empty, such as dispatch=strict,easy".to_owned(),
            );
        }
        for (place, value) in values.iter().enumerate() {
            if values[..place].contains(value) {
                return Err(format!("names the value {value} twice"));
            }
        }
        Ok(Axis::Values(values))
    }

    /// The value at `place` of the way, 0 to 1.
    fn at(&self, place: f64) -> String {
        match self {
            Axis::Values(values) => {
                let index = (place * values.len() as f64) as usize;
                values[index.min(values.len() - 1)].clone()
            }
            Axis::Range {
                low,
                high,
                is_whole: true,
                is_log: false,
            } => {
                // Each whole number has an equal part of the way.
                let value = (low + place * (high - low + 1.0)).floor().min(*high);
                format!("{value}")
            }
            Axis::Range {
                low,
                high,
                is_whole,
                is_log,
            } => {
                let value = match is_log {
                    true => {
                        libm::exp(libm::log(*low) + place * (libm::log(*high) - libm::log(*low)))
                    }
                    false => low + place * (high - low),
                };
                match is_whole {
                    true => format!("{}", value.round()),
                    // More digits than anybody can mean.
                    false => format!("{}", (value * 1e6).round() / 1e6),
                }
            }
        }
    }
}

/// As [`Axis::parse`] reads it.
impl std::fmt::Display for Axis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Axis::Values(values) => f.write_str(&values.join(",")),
            Axis::Range {
                low,
                high,
                is_whole,
                is_log,
            } => {
                let log = if *is_log { "log:" } else { "" };
                // A whole end of a range of other numbers keeps its point.
                match is_whole {
                    true => write!(f, "{log}{low}..{high}"),
                    false => write!(f, "{log}{low:?}..{high:?}"),
                }
            }
        }
    }
}

fn number(text: &str) -> Option<f64> {
    let number = text.trim().parse::<f64>().ok()?;
    number.is_finite().then_some(number)
}

/// Every combination of the values of `axes`, the last axis changing first.
///
/// # Errors
/// An axis that is a range.
pub fn grid(axes: &[(String, Axis)]) -> Result<Vec<Vec<String>>, String> {
    let mut cells = vec![Vec::new()];
    for (key, axis) in axes {
        let Axis::Values(values) = axis else {
            return Err(format!(
                "{key}: a range has no end of values; say how many cells with --sample N, or name the values"
            ));
        };
        let with = |cell: &Vec<String>| {
            let cell = cell.clone();
            values
                .iter()
                .map(move |value| [cell.clone(), vec![value.clone()]].concat())
        };
        cells = cells.iter().flat_map(with).collect();
    }
    Ok(cells)
}

/// `count` cells that cover each axis evenly (McKay, Beckman and Conover 1979): of each `count`th part of an axis there is exactly
/// one.
pub fn latin_hypercube(axes: &[(String, Axis)], count: usize, seed: u64) -> Vec<Vec<String>> {
    let columns = axes.iter().enumerate().map(|(number, (_, axis))| {
        let mut chance = Streams::new(seed).stream("latin-hypercube", number as u64);
        let mut strata: Vec<usize> = (0..count).collect();
        for last in (1..count).rev() {
            // A whole number of 32 bits is drawn alike on every platform.
            strata.swap(last, chance.random_range(0..=last as u32) as usize);
        }
        let place = |stratum: usize, chance: &mut rand::rngs::ChaCha8Rng| {
            let within = f64::from(chance.random::<u32>()) / 4_294_967_296.0;
            (stratum as f64 + within) / count as f64
        };
        strata
            .into_iter()
            .map(|stratum| axis.at(place(stratum, &mut chance)))
            .collect::<Vec<String>>()
    });
    let columns: Vec<Vec<String>> = columns.collect();
    (0..count)
        .map(|cell| columns.iter().map(|column| column[cell].clone()).collect())
        .collect()
}

/// A part of a sweep: every `of`th cell from cell `index` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// From 0.
    pub index: u64,
    /// How many parts there are.
    pub of: u64,
}

impl Shard {
    /// All of it.
    pub const WHOLE: Shard = Shard { index: 0, of: 1 };

    /// Whether a cell is in it.
    pub fn has(self, cell: u64) -> bool {
        cell % self.of == self.index
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(text: &str) -> Axis {
        Axis::parse(text).unwrap()
    }

    #[test]
    fn an_axis_is_a_list_or_a_range() {
        assert_eq!(
            axis("a, b"),
            Axis::Values(vec!["a".to_owned(), "b".to_owned()])
        );
        assert_eq!(
            axis("0.5..2"),
            Axis::Range {
                low: 0.5,
                high: 2.0,
                is_whole: false,
                is_log: false
            }
        );
        assert_eq!(
            axis("log:1..100"),
            Axis::Range {
                low: 1.0,
                high: 100.0,
                is_whole: true,
                is_log: true
            }
        );
        for wrong in [
            "", "a,,b", "a,a", "5..1", "log:0..1", "log:a", "a..b", "1..inf",
        ] {
            assert!(Axis::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_axis_is_written_as_it_was_read() {
        for text in ["a,b", "0.5..2.0", "1..10", "log:0.1..10.0", "log:1..64"] {
            assert_eq!(axis(text).to_string(), text);
        }
    }

    #[test]
    fn a_grid_has_every_combination_and_a_range_has_none() {
        let axes = [
            ("a".to_owned(), axis("1,2")),
            ("b".to_owned(), axis("x,y,z")),
        ];
        let cells = grid(&axes).unwrap();
        assert_eq!(cells.len(), 6);
        assert_eq!(cells[1], ["1", "y"]);
        assert!(grid(&[("a".to_owned(), axis("1..2"))]).is_err());
        assert_eq!(grid(&[]).unwrap(), [Vec::<String>::new()]);
    }

    #[test]
    fn a_hypercube_has_one_cell_in_each_part_of_each_axis() {
        let axes = [
            ("a".to_owned(), axis("0..99")),
            ("b".to_owned(), axis("p,q")),
            ("c".to_owned(), axis("0.0..1.0")),
        ];
        let cells = latin_hypercube(&axes, 10, 1);
        let mut tens: Vec<u32> = cells
            .iter()
            .map(|cell| cell[0].parse::<u32>().unwrap() / 10)
            .collect();
        tens.sort_unstable();
        assert_eq!(tens, (0..10).collect::<Vec<u32>>());
        assert_eq!(cells.iter().filter(|cell| cell[1] == "p").count(), 5);
        assert_ne!(cells, latin_hypercube(&axes, 10, 2));
        assert_eq!(cells, latin_hypercube(&axes, 10, 1));
    }

    #[test]
    fn shards_share_out_all_cells() {
        for cell in 0..100 {
            let having = (0..7).filter(|&index| Shard { index, of: 7 }.has(cell));
            assert_eq!(having.count(), 1);
        }
    }
}
