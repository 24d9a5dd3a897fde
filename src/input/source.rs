//! The bytes of a trace, plain or gzip, handed out as lines of one buffer.

use std::io::{self, Chain, Cursor, Read};
use std::ops::Range;

use flate2::read::MultiGzDecoder;

use super::Problem;

/// Longest line, in bytes: no trace has longer ones, and a file without line ends must not fill the memory.
pub const LONGEST_LINE: usize = 1 << 20;

/// Bytes read at a time: enough that reading costs nothing beside parsing, small enough to stay in the cache.
const BLOCK: usize = 256 << 10;

/// The first two bytes of a gzip member (RFC 1952).
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// What some editors put before UTF-8.
const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// A stream of bytes, unpacked where it is gzip, without a byte order mark.
pub(super) struct Source<'a> {
    bytes: Box<dyn Read + 'a>,
    is_gzip: bool,
}

impl<'a> Source<'a> {
    /// Looks at the first bytes of `reader` to see whether they are gzip; `file` is what problems call it.
    pub(super) fn open(reader: impl Read + 'a, file: &str) -> Result<Source<'a>, Problem> {
        let mut is_gzip = false;
        let open = |is_gzip: &mut bool| -> io::Result<Box<dyn Read + 'a>> {
            let (head, packed) = peek(reader, GZIP_MAGIC.len())?;
            *is_gzip = head == GZIP_MAGIC;
            let bytes: Box<dyn Read + 'a> = if *is_gzip {
                Box::new(MultiGzDecoder::new(packed))
            } else {
                Box::new(packed)
            };
            let (head, mut bytes) = peek(bytes, BYTE_ORDER_MARK.len())?;
            if head == BYTE_ORDER_MARK {
                bytes.read_exact(&mut [0; BYTE_ORDER_MARK.len()])?;
            }
            Ok(Box::new(bytes))
        };
        match open(&mut is_gzip) {
            Ok(bytes) => Ok(Source { bytes, is_gzip }),
            Err(error) => Err(reading_problem(file, 0, is_gzip, &error)),
        }
    }

    /// Whether the bytes were gzip.
    pub(super) fn is_gzip(&self) -> bool {
        self.is_gzip
    }
}

/// A stream whose first bytes were looked at and come again.
type Peeked<R> = Chain<Cursor<Vec<u8>>, R>;

/// The first `count` bytes of `reader`, fewer where it is shorter, and the whole stream again.
fn peek<R: Read>(mut reader: R, count: usize) -> io::Result<(Vec<u8>, Peeked<R>)> {
    let mut head = Vec::with_capacity(count);
    reader.by_ref().take(count as u64).read_to_end(&mut head)?;
    Ok((head.clone(), Cursor::new(head).chain(reader)))
}

impl Read for Source<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.bytes.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => return other,
            }
        }
    }
}

/// Why a stream cannot be read further, as a problem of `file` after `line` lines.
pub(super) fn reading_problem(file: &str, line: u64, is_gzip: bool, error: &io::Error) -> Problem {
    let place = if line > 0 { " after this line" } else { "" };
    let message = match error.kind() {
        io::ErrorKind::UnexpectedEof if is_gzip => format!(
            "the gzip data ends early{place}; the file is incomplete, fetch or compress it again"
        ),
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput if is_gzip => {
            format!("the gzip data is damaged{place}; fetch or compress the file again")
        }
        _ => format!("cannot be read further: {error}"),
    };
    Problem::line(file, line, message)
}

/// One line without its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// From 1.
    pub(super) number: u64,
    /// The bytes, without `\n` or `\r\n`.
    pub(super) bytes: &'a [u8],
}

/// The lines of a stream, all in one buffer that is used again and again.
pub(super) struct Lines<'a> {
    file: &'a str,
    source: Source<'a>,
    buffer: Vec<u8>,
    /// Where the next line begins in the buffer.
    start: usize,
    /// Where the bytes read end in the buffer.
    filled: usize,
    /// Number of the last line handed out.
    number: u64,
}

impl<'a> Lines<'a> {
    /// The lines of `reader`, plain or gzip; `file` is what problems call it.
    pub(super) fn new(reader: impl Read + 'a, file: &'a str) -> Result<Lines<'a>, Problem> {
        Ok(Lines {
            file,
            source: Source::open(reader, file)?,
            buffer: vec![0; BLOCK],
            start: 0,
            filled: 0,
            number: 0,
        })
    }

    /// The next line, or `None` after the last. A last line without an end counts, an empty rest does not.
    pub(super) fn next(&mut self) -> Result<Option<Line<'_>>, Problem> {
        let mut scanned = self.start;
        let end = loop {
            if let Some(found) = find_newline(&self.buffer[scanned..self.filled]) {
                break scanned + found;
            }
            let rest = self.filled - self.start;
            if rest > LONGEST_LINE {
                break self.filled;
            }
            if !self.refill()? {
                if rest == 0 {
                    return Ok(None);
                }
                break self.filled;
            }
            scanned = self.start + rest;
        };
        self.number += 1;
        let line = &self.buffer[self.start..end];
        if line.len() > LONGEST_LINE {
            return Err(Problem::line(
                self.file,
                self.number,
                format!("is longer than {LONGEST_LINE} bytes; a trace has one job on a line"),
            ));
        }
        self.start = (end + 1).min(self.filled);
        Ok(Some(Line {
            number: self.number,
            bytes: line.strip_suffix(b"\r").unwrap_or(line),
        }))
    }

    /// What was read and not handed out yet: lines, of which the last may lack its rest.
    pub(super) fn unread(&self) -> &[u8] {
        &self.buffer[self.start..self.filled]
    }

    /// The number of the last line that was handed out or skipped.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Passes over the first `bytes` of [`Lines::unread`], which are `count` whole lines.
    pub(super) fn skip(&mut self, bytes: usize, count: u64) {
        assert!(
            bytes <= self.filled - self.start,
            "only what is there can be skipped"
        );
        self.start += bytes;
        self.number += count;
    }

    /// Moves the unfinished line to the front and reads on behind it. False at the end of the stream.
    fn refill(&mut self) -> Result<bool, Problem> {
        self.buffer.copy_within(self.start..self.filled, 0);
        self.filled -= self.start;
        self.start = 0;
        if self.filled == self.buffer.len() {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        let is_gzip = self.source.is_gzip();
        let more = self
            .source
            .read(&mut self.buffer[self.filled..])
            .map_err(|error| reading_problem(self.file, self.number, is_gzip, &error))?;
        self.filled += more;
        Ok(more > 0)
    }
}

/// Position of the first `\n`, eight bytes at a time: a fifth of the cost of a loop over single bytes.
fn find_newline(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    const NEWLINES: u64 = ONES * b'\n' as u64;
    let (words, rest) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let differing = u64::from_le_bytes(*word) ^ NEWLINES;
        // The lowest byte that is zero has the lowest high bit set.
        let zeros = differing.wrapping_sub(ONES) & !differing & HIGHS;
        if zeros != 0 {
            return Some(index * 8 + zeros.trailing_zeros() as usize / 8);
        }
    }
    let at = rest.iter().position(|&byte| byte == b'\n')?;
    Some(words.len() * 8 + at)
}

/// The same bytes with every line, the last too, ending in `\n` alone; fails where a line is longer than [`LONGEST_LINE`].
/// Behind it, a reader that buffers whole records itself counts lines right and is not fed without end.
pub(super) struct EvenLines<R> {
    inner: R,
    block: Vec<u8>,
    /// What was not handed out yet.
    ready: Range<usize>,
    /// A `\r` was read whose next byte was not.
    holds_return: bool,
    /// Bytes since the last line end.
    since_end: usize,
}

impl<R: Read> EvenLines<R> {
    /// Evens the lines of `inner`.
    pub(super) fn new(inner: R) -> EvenLines<R> {
        EvenLines {
            inner,
            block: vec![0; BLOCK],
            ready: 0..0,
            holds_return: false,
            since_end: 0,
        }
    }

    /// Reads on until something is ready, or the stream has ended.
    fn fill(&mut self) -> io::Result<()> {
        while self.ready.is_empty() {
            let held = usize::from(std::mem::take(&mut self.holds_return));
            self.block[0] = b'\r';
            let mut filled = held + self.inner.read(&mut self.block[held..])?;
            if filled == held {
                if held > 0 || self.since_end > 0 {
                    self.block[held] = b'\n';
                    self.ready = 0..held + 1;
                    self.since_end = 0;
                }
                return Ok(());
            }
            if self.block[filled - 1] == b'\r' {
                self.holds_return = true;
                filled -= 1;
            }
            if self.block[..filled].contains(&b'\r') {
                filled = drop_returns(&mut self.block[..filled]);
            }
            self.measure(filled)?;
            self.ready = 0..filled;
        }
        Ok(())
    }

    /// Fails where the lines of the block are too long.
    fn measure(&mut self, filled: usize) -> io::Result<()> {
        let mut rest = &self.block[..filled];
        while let Some(at) = find_newline(rest) {
            rest = &rest[at + 1..];
            self.since_end = 0;
        }
        self.since_end += rest.len();
        if self.since_end > LONGEST_LINE {
            return Err(io::Error::other(format!(
                "a line is longer than {LONGEST_LINE} bytes; a trace has one job on a line"
            )));
        }
        Ok(())
    }
}

/// Turns each `\r\n` into `\n`; returns the new length.
fn drop_returns(bytes: &mut [u8]) -> usize {
    let mut length = 0;
    for at in 0..bytes.len() {
        if bytes[at] != b'\r' || bytes.get(at + 1) != Some(&b'\n') {
            bytes[length] = bytes[at];
            length += 1;
        }
    }
    length
}

impl<R: Read> Read for EvenLines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.fill()?;
        let count = buffer.len().min(self.ready.len());
        let end = self.ready.start + count;
        buffer[..count].copy_from_slice(&self.block[self.ready.start..end]);
        self.ready.start = end;
        Ok(count)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::Write;

    use super::*;

    /// `text` as one gzip member.
    pub(in crate::input) fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    /// Hands out at most `step` bytes at a time.
    struct Drops<'a>(&'a [u8], usize);

    impl Read for Drops<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(buffer.len()).min(self.0.len());
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    fn lines(reader: impl Read) -> Result<Vec<(u64, String)>, Problem> {
        let mut lines = Lines::new(reader, "log")?;
        let mut all = Vec::new();
        while let Some(line) = lines.next()? {
            all.push((
                line.number,
                String::from_utf8_lossy(line.bytes).into_owned(),
            ));
        }
        Ok(all)
    }

    #[test]
    fn lines_end_at_any_kind_of_end_and_at_the_end_of_the_file() {
        for (text, expected) in [
            ("", vec![]),
            ("a", vec!["a"]),
            ("a\n", vec!["a"]),
            ("a\r\nb", vec!["a", "b"]),
            (
                "\n\nlonger than a word\n\r\n",
                vec!["", "", "longer than a word", ""],
            ),
        ] {
            for step in [1, 2, 7, 1000] {
                let found = lines(Drops(text.as_bytes(), step)).unwrap();
                let expected: Vec<(u64, String)> = (1..)
                    .zip(expected.iter().map(|line| (*line).to_owned()))
                    .collect();
                assert_eq!(found, expected, "{text:?} by {step}");
            }
        }
    }

    #[test]
    fn gzip_is_known_by_its_first_bytes_and_may_have_several_members() {
        let mut bytes = gzip(b"a\nb");
        bytes.extend(gzip(b"c\nd\n"));
        let found = lines(&bytes[..]).unwrap();
        assert_eq!(found.len(), 3);
        assert_eq!(found[1], (2, "bc".to_owned()));
    }

    #[test]
    fn a_gzip_that_ends_early_names_the_file_and_the_last_whole_line() {
        let text: String = (0..100_000).map(|i| format!("{i}\n")).collect();
        let bytes = gzip(text.as_bytes());
        let problem = lines(&bytes[..bytes.len() / 2]).unwrap_err();
        assert_eq!(problem.file, "log");
        assert!(problem.line > 0, "{problem}");
        assert!(problem.message.contains("ends early"), "{problem}");
    }

    #[test]
    fn a_damaged_gzip_is_a_problem() {
        let mut bytes = gzip(b"some lines\nof text\n");
        let middle = bytes.len() - 6;
        bytes[middle] ^= 0xff;
        let problem = lines(&bytes[..]).unwrap_err();
        assert!(problem.message.contains("damaged"), "{problem}");
    }

    #[test]
    fn a_line_that_never_ends_is_refused_before_it_fills_the_memory() {
        let problem = lines(io::repeat(b'7')).unwrap_err();
        assert_eq!(problem.line, 1);
        assert!(problem.message.contains("longer than 1048576 bytes"));
        let mut text = vec![b'7'; LONGEST_LINE];
        text.push(b'\n');
        assert_eq!(lines(&text[..]).unwrap().len(), 1);
        let mut guarded = EvenLines::new(io::repeat(b'7'));
        assert!(io::copy(&mut guarded, &mut io::sink()).is_err());
    }

    #[test]
    fn evened_lines_end_in_a_newline_alone_and_so_does_the_last() {
        for (text, expected) in [
            ("", ""),
            ("a", "a\n"),
            ("a\n", "a\n"),
            ("a\r\n\r\nb\rc\r\n", "a\n\nb\rc\n"),
            ("a\r", "a\r\n"),
            ("\r\n", "\n"),
            ("\r\r\n", "\r\n"),
        ] {
            for step in [1, 2, 3, 1000] {
                let mut even = String::new();
                EvenLines::new(Drops(text.as_bytes(), step))
                    .read_to_string(&mut even)
                    .unwrap();
                assert_eq!(even, expected, "{text:?} by {step}");
            }
        }
    }

    #[test]
    fn a_byte_order_mark_is_no_text() {
        assert_eq!(
            lines("\u{feff}a".as_bytes()).unwrap(),
            [(1, "a".to_owned())]
        );
        assert_eq!(lines(&gzip("\u{feff}".as_bytes())[..]).unwrap(), []);
        assert_eq!(lines(&b"\xef\xbb"[..]).unwrap().len(), 1);
    }

    #[test]
    fn the_first_newline_is_found_wherever_it_stands() {
        for length in 0..40 {
            let mut bytes = vec![b'\x0b'; length];
            assert_eq!(find_newline(&bytes), None);
            for at in (0..length).rev() {
                bytes[at] = b'\n';
                assert_eq!(find_newline(&bytes), Some(at));
            }
        }
    }
}
