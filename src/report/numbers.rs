//! Numbers as cells, written three digits at a time into room that is there for them: a row has some thirty, and a run a
//! million rows. Beside a formatter of single numbers this takes a third of the instructions.

/// Bytes that the numbers of one call may take.
const ROOM: usize = 512;
/// Bytes that one piece may have.
const PIECE: usize = 32;

/// Where numbers are written, and room for a last piece behind.
pub(super) type Room = [u8; ROOM + PIECE];

/// Room in which nothing is written.
pub(super) const EMPTY_ROOM: Room = [0; ROOM + PIECE];

/// Numbers in a row. Cells end with a comma.
pub(super) struct Numbers<'a> {
    room: &'a mut Room,
    /// Bytes written. It is kept here and not with the bytes, so that it stays in a register.
    at: usize,
}

/// A cell, to be written again. What was just written in pieces is not read as a whole: that waits for the pieces.
#[derive(Clone, Copy)]
pub(super) enum Cell {
    /// A whole number below a thousand millions.
    Whole(Pieces),
    /// Any other number of milliseconds, as seconds.
    Ms(u64),
}

/// A number below a thousand millions and a comma: bytes, the first lowest, and how many of them count.
#[derive(Clone, Copy)]
pub(super) struct Pieces {
    /// Up to three digits.
    head: u32,
    head_length: usize,
    /// The other digits, in threes, and the comma.
    tail: u64,
    tail_length: usize,
}

/// 10⁻¹⁰ USD in a dollar.
const TICKS_PER_USD: u64 = 10_000_000_000;

/// A number below 1,000 as text: three bytes, the first lowest, and above them how many of them count.
#[derive(Clone, Copy)]
struct Group {
    /// Its digits without zeros before them, and how many that are.
    short: u32,
    /// Three digits, and how many they are without zeros at the end.
    padded: u32,
}

static GROUPS: [Group; 1000] = groups();

/// The three bytes of a group.
const THREE_BYTES: u32 = 0xff_ffff;
const COMMA: u64 = b',' as u64;

const fn groups() -> [Group; 1000] {
    let mut groups = [Group {
        short: 0,
        padded: 0,
    }; 1000];
    let mut number = 0;
    while number < groups.len() {
        let digits = [number / 100, number / 10 % 10, number % 10];
        let zeros_before = 2 - (number >= 10) as usize - (number >= 100) as usize;
        let zeros_behind = (number % 10 == 0) as usize + (number % 100 == 0) as usize;
        let mut short = (3 - zeros_before as u32) << 24;
        let mut padded = (3 - zeros_behind as u32) << 24;
        let mut place = 0;
        while place < 3 {
            let digit = b'0' as u32 + digits[place] as u32;
            padded |= digit << (8 * place);
            if place >= zeros_before {
                short |= digit << (8 * (place - zeros_before));
            }
            place += 1;
        }
        groups[number] = Group { short, padded };
        number += 1;
    }
    groups
}

/// Three digits, with zeros before the number.
#[inline]
fn padded(number: u64) -> u64 {
    u64::from(GROUPS[number as usize].padded & THREE_BYTES)
}

impl Pieces {
    /// Of a number below a thousand millions.
    #[inline]
    fn of(number: u64) -> Pieces {
        let (first, tail, tail_length) = if number < 1_000 {
            (number, COMMA, 1)
        } else if number < 1_000_000 {
            (number / 1000, padded(number % 1000) | COMMA << 24, 4)
        } else {
            let six = padded(number / 1000 % 1000) | padded(number % 1000) << 24;
            (number / 1_000_000, six | COMMA << 48, 7)
        };
        let head = GROUPS[first as usize].short;
        Pieces {
            head,
            head_length: (head >> 24) as usize,
            tail,
            tail_length,
        }
    }
}

impl<'a> Numbers<'a> {
    /// Nothing yet.
    #[inline]
    pub(super) fn new(room: &'a mut Room) -> Numbers<'a> {
        Numbers { room, at: 0 }
    }

    /// What was written.
    pub(super) fn text(&self) -> &[u8] {
        &self.room[..self.length()]
    }

    /// The length of what was written.
    #[inline]
    pub(super) fn length(&self) -> usize {
        assert!(self.at <= ROOM, "the numbers of one call need more room");
        self.at
    }

    /// Writes the first `length` bytes of `piece`; the others may be written too, and are overwritten by what follows.
    #[inline]
    fn put<const N: usize>(&mut self, piece: [u8; N], length: usize) {
        const { assert!(N <= PIECE) };
        // Numbers that run out of room are caught where their length is asked for.
        self.room[self.at % ROOM..][..N].copy_from_slice(&piece);
        self.at += length;
    }

    /// Some text as it is.
    #[inline]
    pub(super) fn literal<const N: usize>(&mut self, text: &[u8; N]) {
        self.put(*text, N);
    }

    /// A cell with nothing in it.
    #[inline]
    pub(super) fn empty(&mut self) {
        self.literal(b",");
    }

    /// A cell with a whole number.
    #[inline]
    pub(super) fn whole(&mut self, number: u64) {
        self.digits(number);
        // The comma is there.
        self.at += 1;
    }

    /// A cell with milliseconds as seconds with up to three decimals: `12`, `0.5`, `3.141`. Returns it.
    // Inlined into a row, `at` stays in a register: a fifth of the row's instructions.
    #[inline(always)]
    pub(super) fn seconds(&mut self, ms: u64) -> Cell {
        let whole = ms / 1000;
        let cell = if whole < 1_000_000_000 && whole * 1000 == ms {
            Cell::Whole(Pieces::of(whole))
        } else {
            Cell::Ms(ms)
        };
        self.again(cell);
        cell
    }

    /// A cell that was written before.
    #[inline]
    pub(super) fn again(&mut self, cell: Cell) {
        match cell {
            Cell::Whole(pieces) => self.pieces(pieces),
            Cell::Ms(ms) => self.at = put_any_seconds(self.room, self.at, ms),
        }
    }

    /// A whole number without a comma to count; yet one stands behind it.
    #[inline]
    pub(super) fn digits(&mut self, number: u64) {
        if number < 1_000_000_000 {
            self.pieces(Pieces::of(number));
            self.at -= 1;
        } else {
            self.at = put_many(self.room, self.at, number);
        }
    }

    #[inline]
    fn pieces(&mut self, pieces: Pieces) {
        self.put(pieces.head.to_le_bytes(), pieces.head_length);
        self.put(pieces.tail.to_le_bytes(), pieces.tail_length);
    }

    /// Six digits, with zeros before the number; a comma stands behind them.
    #[inline]
    fn six(&mut self, number: u64) {
        let six = padded(number / 1000) | padded(number % 1000) << 24 | COMMA << 48;
        self.put(six.to_le_bytes(), 6);
    }

    /// Nine digits, with zeros before the number; a comma stands behind them.
    #[inline]
    fn nine(&mut self, number: u64) {
        self.put((padded(number / 1_000_000) as u32).to_le_bytes(), 3);
        self.six(number % 1_000_000);
    }

    /// 10⁻¹⁰ USD as dollars with as many decimals as the amount needs; `0` for nothing. No comma.
    #[inline]
    pub(super) fn ticks(&mut self, ticks: i128) {
        let Ok(ticks) = u64::try_from(ticks) else {
            self.at = put_unusual_ticks(self.room, self.at, ticks);
            return;
        };
        self.digits(ticks / TICKS_PER_USD);
        self.decimals(ticks % TICKS_PER_USD);
    }

    /// A point and ten decimals, or as many as are needed.
    #[inline]
    fn decimals(&mut self, rest: u64) {
        if rest == 0 {
            return;
        }
        self.put([b'.', b'0' + (rest / 1_000_000_000) as u8], 2);
        self.six(rest / 1000 % 1_000_000);
        match rest % 1000 {
            0 => self.drop_zeros(),
            last => self.up_to_zeros(last),
        }
    }

    /// Three digits of a number above zero, without zeros at their end.
    #[inline]
    fn up_to_zeros(&mut self, number: u64) {
        let padded = GROUPS[number as usize].padded;
        self.put(padded.to_le_bytes(), (padded >> 24) as usize);
    }

    /// Takes zeros at the end away.
    #[inline]
    fn drop_zeros(&mut self) {
        while self.room[self.at.wrapping_sub(1) % ROOM] == b'0' {
            self.at -= 1;
        }
    }
}

/// A cell with milliseconds as seconds; returns where it ends.
#[inline(never)]
fn put_any_seconds(room: &mut Room, at: usize, ms: u64) -> usize {
    let mut numbers = Numbers { room, at };
    numbers.digits(ms / 1000);
    if !ms.is_multiple_of(1000) {
        numbers.literal(b".");
        numbers.up_to_zeros(ms % 1000);
    }
    numbers.empty();
    numbers.at
}

/// A number of any length; returns where it ends.
#[inline(never)]
fn put_many(room: &mut Room, at: usize, number: u64) -> usize {
    let mut numbers = Numbers { room, at };
    let high = number / 1_000_000_000;
    let low = number % 1_000_000_000;
    if high < 1_000_000_000 {
        numbers.digits(high);
    } else {
        numbers.digits(high / 1_000_000_000);
        numbers.nine(high % 1_000_000_000);
    }
    numbers.nine(low);
    numbers.at
}

/// Debts, and amounts beyond what 64 bits hold.
#[cold]
fn put_unusual_ticks(room: &mut Room, at: usize, ticks: i128) -> usize {
    let mut numbers = Numbers { room, at };
    if ticks < 0 {
        numbers.literal(b"-");
    }
    let ticks = ticks.unsigned_abs();
    let dollars = ticks / u128::from(TICKS_PER_USD);
    const HALF: u128 = 1_000_000_000_000_000_000;
    match u64::try_from(dollars) {
        Ok(dollars) => numbers.digits(dollars),
        Err(_) => {
            // An amount has 128 bits, of which a tick takes 22: 24 digits of dollars.
            numbers.digits((dollars / HALF) as u64);
            let low = (dollars % HALF) as u64;
            numbers.nine(low / 1_000_000_000);
            numbers.nine(low % 1_000_000_000);
        }
    }
    numbers.decimals((ticks % u128::from(TICKS_PER_USD)) as u64);
    numbers.at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut Numbers<'_>)) -> String {
        let mut room = [b'x'; ROOM + PIECE];
        let mut numbers = Numbers::new(&mut room);
        write(&mut numbers);
        String::from_utf8(numbers.text().to_vec()).unwrap()
    }

    #[test]
    fn whole_numbers_of_every_length_are_written() {
        let mut number = 0u64;
        while number < u64::MAX / 11 {
            for near in [number, number + 1, number * 10 + 9] {
                assert_eq!(text(|out| out.whole(near)), format!("{near},"));
            }
            number = number * 10 + 10 * (number % 7) + 1;
        }
        for power in 0..20 {
            let power = 10u64.pow(power);
            for near in [power - 1, power, u64::MAX / power] {
                assert_eq!(text(|out| out.whole(near)), format!("{near},"));
            }
        }
    }

    #[test]
    fn seconds_have_up_to_three_decimals() {
        for (ms, expected) in [
            (0, "0,"),
            (9_000, "9,"),
            (12_345_000, "12345,"),
            (500, "0.5,"),
            (1_010, "1.01,"),
            (3_141, "3.141,"),
            (7, "0.007,"),
            (1_000_000_500, "1000000.5,"),
            (u64::MAX, "18446744073709551.615,"),
        ] {
            let twice = text(|out| {
                let cell = out.seconds(ms);
                out.again(cell);
            });
            assert_eq!(twice, [expected, expected].concat());
        }
    }

    #[test]
    fn money_has_as_many_decimals_as_it_needs() {
        for (ticks, expected) in [
            (0, "0"),
            (1, "0.0000000001"),
            (15_000_000_000, "1.5"),
            (20_000_000_000, "2"),
            (12_345_678_901_234, "1234.5678901234"),
            (-425_000_000, "-0.0425"),
            (
                i128::from(u64::MAX) * 10_000_000_000,
                "18446744073709551615",
            ),
            (i128::MAX, "17014118346046923173168730371.5884105727"),
            (i128::MIN, "-17014118346046923173168730371.5884105728"),
        ] {
            assert_eq!(text(|out| out.ticks(ticks)), expected);
        }
    }

    #[test]
    #[should_panic(expected = "need more room")]
    fn numbers_that_run_out_of_room_are_our_bug() {
        text(|out| (0..100).for_each(|_| out.whole(123_456)));
    }
}
