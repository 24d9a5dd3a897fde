//! Files of one or several JSON documents end to end, as paged output of a command line that was put together.

use std::io::{BufReader, Read};

use serde_json::Deserializer;
use serde_json::de::IoRead;

use super::Problem;
use super::builder::Problems;
use super::source::reading_problem;

/// What a document is read from.
pub(super) type Source<R> = Deserializer<IoRead<BufReader<R>>>;

/// Hands each document of `bytes`, unpacked, to `take`, with what stands before its pointers (nothing for the first). Where one is
/// no JSON, cannot be read, or is refused as data (then it is no `what`), that is a problem, and the last.
pub(super) fn each_document<'p, R: Read>(
    bytes: R,
    is_gzip: bool,
    file: &str,
    what: &str,
    problems: &mut Problems<'p>,
    mut take: impl FnMut(String, &mut Source<R>, &mut Problems<'p>) -> serde_json::Result<()>,
) {
    let mut reader = Deserializer::from_reader(BufReader::new(bytes));
    let mut number = 0;
    while number == 0 || reader.end().is_err() {
        number += 1;
        let place = match number {
            1 => String::new(),
            _ => format!("document {number} "),
        };
        if let Err(error) = take(place, &mut reader, problems) {
            let line = error.line() as u64;
            problems.push(match error.io_error_kind() {
                Some(kind) => reading_problem(file, line, is_gzip, &kind.into()),
                None if error.is_data() => {
                    Problem::line(file, line, format!("is no {what}: {error}"))
                }
                None => Problem::line(file, line, format!("JSON syntax: {error}")),
            });
            return;
        }
    }
}
