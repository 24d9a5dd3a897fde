//! A table that streams to its destination: rows come as things happen and are written in order of moment, and within a
//! moment in order of a key. The few that come out of order are moved once their moment is over; nothing is copied before.

use std::io::{self, Write};
use std::ops::Range;

use crate::units::{SimTime, Usd};

use super::numbers::{EMPTY_ROOM, Numbers};
use super::text::{RoundedColumn, put_ticks};

/// Bytes gathered before they are handed on.
const BLOCK: usize = 256 * 1024;
/// Bytes of a block that are kept beyond: for the row with which it becomes full, and for numbers behind it.
const SPARE: usize = 16 * 1024;

/// Buffered rows. It keeps its first error, as the run it reports on cannot stop for it.
#[derive(Debug)]
pub(super) struct Sheet<W: Write> {
    to: W,
    error: Option<io::Error>,
    /// Rows in its first `filled` bytes, and room behind them.
    block: Vec<u8>,
    filled: usize,
    /// The moment of the rows that are not in their final order yet.
    at: SimTime,
    /// Those rows, the one that is being written last.
    moment: Vec<Row>,
    is_sorted: bool,
    cost: RoundedColumn,
    /// The same before the first row of the moment.
    cost_before: RoundedColumn,
}

/// Where a row is in the block.
#[derive(Clone, Debug, Default)]
struct Row {
    key: u64,
    start: usize,
    /// Its amount of money, which is rounded anew where the row moves.
    cost: Range<usize>,
    amount: Usd,
}

impl<W: Write> Sheet<W> {
    /// A table that begins with `header`.
    pub(super) fn new(to: W, header: &str) -> Sheet<W> {
        let mut sheet = Sheet {
            to,
            error: None,
            block: vec![0; BLOCK + SPARE],
            filled: 0,
            at: SimTime::ZERO,
            moment: Vec::new(),
            is_sorted: true,
            cost: RoundedColumn::default(),
            cost_before: RoundedColumn::default(),
        };
        sheet.text(header.as_bytes());
        sheet
    }

    /// Begins the row of something that happened at `at`, not earlier than the row before; of one moment, the lower `key`
    /// comes first.
    #[inline]
    pub(super) fn begin(&mut self, at: SimTime, key: u64) {
        if at != self.at {
            self.end_moment();
            self.at = at;
        }
        if self.moment.last().is_some_and(|last| key < last.key) {
            self.is_sorted = false;
        }
        self.begin_row(key);
    }

    /// Begins a row that comes after all others so far.
    pub(super) fn begin_last(&mut self) {
        self.end_moment();
        self.begin_row(0);
    }

    #[inline]
    fn begin_row(&mut self, key: u64) {
        self.moment.push(Row {
            key,
            start: self.filled,
            cost: 0..0,
            amount: Usd::ZERO,
        });
    }

    /// Writes numbers.
    #[inline]
    pub(super) fn numbers(&mut self, write: impl FnOnce(&mut Numbers<'_>)) {
        let room = self.block[self.filled..].first_chunk_mut();
        let room = room.expect("text leaves room for numbers");
        let mut numbers = Numbers::new(room);
        write(&mut numbers);
        let length = numbers.length();
        self.filled += length;
        if self.block.len() - self.filled < EMPTY_ROOM.len() {
            self.grow(0);
        }
    }

    /// Writes text as it is.
    #[inline]
    pub(super) fn text(&mut self, text: &[u8]) {
        if self.block.len() - self.filled < text.len() + EMPTY_ROOM.len() {
            self.grow(text.len());
        }
        self.block[self.filled..][..text.len()].copy_from_slice(text);
        self.filled += text.len();
    }

    /// Writes numbers and behind them the amount of money that each row has one of, rounded so that the rows up to any row sum
    /// to their rounded sum.
    #[inline]
    pub(super) fn money(&mut self, amount: Usd, before: impl FnOnce(&mut Numbers<'_>)) {
        let ticks = self.cost.next(amount);
        let mut start = self.filled;
        self.numbers(|out| {
            before(out);
            start += out.length();
            out.ticks(ticks);
        });
        if let Some(row) = self.moment.last_mut() {
            row.cost = start..self.filled;
            row.amount = amount;
        }
    }

    /// Ends the row with these last bytes of it.
    #[inline]
    pub(super) fn end<const N: usize>(&mut self, last: &[u8; N]) {
        self.text(last);
    }

    #[cold]
    fn grow(&mut self, more: usize) {
        let length = (self.block.len() * 2).max(self.filled + more + SPARE);
        self.block.resize(length, 0);
    }

    /// Nothing more happens at the moment of the last rows.
    #[inline]
    fn end_moment(&mut self) {
        if !self.is_sorted {
            self.sort();
        }
        self.moment.clear();
        self.cost_before = self.cost;
        if self.filled >= BLOCK {
            self.hand_on();
        }
    }

    #[cold]
    fn sort(&mut self) {
        let Some(first) = self.moment.first() else {
            return;
        };
        let first = first.start;
        let ends = self.moment[1..].iter().map(|row| row.start);
        let mut rows: Vec<(Row, usize)> = self
            .moment
            .iter()
            .cloned()
            .zip(ends.chain([self.filled]))
            .collect();
        rows.sort_by_key(|(row, _)| row.key);
        self.cost = self.cost_before;
        let mut sorted = Vec::with_capacity(self.filled - first);
        for (row, end) in rows {
            sorted.extend_from_slice(&self.block[row.start..row.cost.start]);
            put_ticks(&mut sorted, self.cost.next(row.amount));
            sorted.extend_from_slice(&self.block[row.cost.end..end]);
        }
        self.filled = first;
        self.text(&sorted);
        self.is_sorted = true;
    }

    #[cold]
    fn hand_on(&mut self) {
        if self.error.is_none() {
            self.error = self.to.write_all(&self.block[..self.filled]).err();
        }
        self.filled = 0;
    }

    /// Hands on what is left and gives the destination back.
    ///
    /// # Errors
    /// The first error of the destination, whenever it was.
    pub(super) fn finish(mut self) -> io::Result<W> {
        self.end_moment();
        self.hand_on();
        match self.error {
            Some(error) => Err(error),
            None => {
                self.to.flush()?;
                Ok(self.to)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of rows (moment, key, amount in units), which show their keys and amounts.
    fn table(rows: &[(u64, u64, i128)]) -> String {
        let mut sheet = Sheet::new(Vec::new(), "key,usd\n");
        for &(at, key, units) in rows {
            sheet.begin(SimTime::from_s(at), key);
            sheet.money(Usd::from_units(units), |out| out.whole(key));
            sheet.end(b"\n");
        }
        String::from_utf8(sheet.finish().unwrap()).unwrap()
    }

    #[test]
    fn rows_of_one_moment_are_in_order_of_key_and_their_amounts_sum_at_every_row() {
        let half = 1_800_000;
        let came = [
            (1, 7, half),
            (5, 3, half),
            (5, 1, 100 * half),
            (5, 2, half),
            (6, 0, half),
        ];
        let mut sorted = came;
        sorted.sort_unstable();
        assert_ne!(came, sorted);
        assert_eq!(table(&came), table(&sorted));
        assert_eq!(
            table(&came),
            "key,usd\n7,0.0000000001\n1,0.000000005\n2,0\n3,0.0000000001\n0,0\n"
        );
    }

    #[test]
    fn a_moment_longer_than_a_block_is_sorted_whole() {
        let mut came: Vec<(u64, u64, i128)> = (0..50_000)
            .map(|key| (5, key * 7_919 % 50_000, 0))
            .collect();
        let unsorted = table(&came);
        came.sort_unstable();
        assert_eq!(unsorted, table(&came));
        assert!(unsorted.len() > BLOCK + SPARE);
    }

    #[test]
    fn text_may_be_longer_than_a_block() {
        let text = "x".repeat(3 * (BLOCK + SPARE));
        let mut sheet = Sheet::new(Vec::new(), "a,b\n");
        sheet.begin_last();
        sheet.text(text.as_bytes());
        sheet.numbers(|out| out.whole(1));
        sheet.end(b"\n");
        let written = String::from_utf8(sheet.finish().unwrap()).unwrap();
        assert_eq!(written, format!("a,b\n{text}1,\n"));
    }

    #[test]
    fn a_table_keeps_the_first_error_of_its_destination() {
        #[derive(Debug)]
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::Error::from(io::ErrorKind::StorageFull))
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut sheet = Sheet::new(Full, "header\n");
        for row in 0..3 {
            sheet.begin(SimTime::from_s(row), 0);
            sheet.text(&[b'x'; BLOCK]);
            sheet.end(b"\n");
        }
        assert_eq!(
            sheet.finish().unwrap_err().kind(),
            io::ErrorKind::StorageFull
        );
    }
}
