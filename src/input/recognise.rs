//! Tells the kind of a trace from its first bytes, whatever its name is.

use std::io::Read;

use super::source::Source;

/// The kinds of traces that [`recognise`] tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceKind {
    /// The Standard Workload Format; see [`super::swf`].
    Swf,
    /// The native CSV; see [`super::csv_trace`].
    Csv,
    /// What Nextflow writes of a run; see [`super::nextflow`].
    Nextflow,
    /// Jobs as the AWS command line prints them, or events of theirs; see [`super::aws`].
    Aws,
}

/// Bytes looked at, unpacked.
const LOOKED_AT: u64 = 64 << 10;
/// A line of this many numbers is a job of a log.
const NUMBERS_MIN: usize = 11;

/// The kind of a trace that begins with `first_bytes` (some kilobytes, or the whole file), plain or gzip: SWF begins with a
/// comment `;` or with a line of at least eleven numbers, the native CSV with a header that names `submit_s`, Nextflow's trace with one
/// that names `task_id` between tabs, and its report with a list of tasks; jobs of AWS have `jobId`, `jobName` and `status` within JSON. `None` where
/// it is neither.
pub fn recognise(first_bytes: &[u8]) -> Option<TraceKind> {
    let mut text = Vec::new();
    let source = Source::open(first_bytes, "").ok()?;
    // Packed bytes may end anywhere; what came before is enough.
    let _ = source.take(LOOKED_AT).read_to_end(&mut text);
    let line = text
        .split(|&byte| byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .find(|line| !line.is_empty())?;
    if line[0] == b';' {
        return Some(TraceKind::Swf);
    }
    let names_task = |separator: u8| {
        line.split(|&byte| byte == separator)
            .any(|name| name.trim_ascii() == b"task_id")
    };
    let is_report = line[0] == b'[' && text.windows(9).any(|window| window == b"\"task_id\"");
    if is_report || names_task(b'\t') {
        return Some(TraceKind::Nextflow);
    }
    if super::aws::holds_jobs(&text) {
        return Some(TraceKind::Aws);
    }
    let names_submission = line
        .split(|&byte| byte == b',')
        .map(|name| name.trim_ascii())
        .any(|name| name == b"submit_s" || name == b"\"submit_s\"");
    if names_submission {
        return Some(TraceKind::Csv);
    }
    let mut words = line
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty());
    let is_number = |word: &[u8]| {
        word.iter()
            .all(|byte| byte.is_ascii_digit() || b"-.".contains(byte))
    };
    (words.clone().count() >= NUMBERS_MIN && words.all(is_number)).then_some(TraceKind::Swf)
}

#[cfg(test)]
mod tests {
    use super::super::source::tests::gzip;
    use super::*;

    #[test]
    fn a_trace_is_known_by_its_content_plain_or_packed() {
        let job = "1 0 -1 5.5 1 -1 -1 1 5 -1 1 1 1 -1 1 1 -1 -1\n";
        for (text, kind) in [
            ("", None),
            ("\n\n", None),
            ("; Version: 2.2\n", Some(TraceKind::Swf)),
            ("\u{feff}\n ; comment", Some(TraceKind::Swf)),
            (job, Some(TraceKind::Swf)),
            ("1 2 3 4 5 6 7 8 9 10\n", None),
            ("a b c d e f g h i j k l\n", None),
            ("submit_s,run_s,vcpus\n1,2,3\n", Some(TraceKind::Csv)),
            ("task_id\thash\tnative_id\n", Some(TraceKind::Nextflow)),
            ("[\n{\n\"task_id\": \"2\"", Some(TraceKind::Nextflow)),
            ("[1, 2]", None),
            ("\"job_id\",\"submit_s\"\r\n", Some(TraceKind::Csv)),
            ("job_id, submit_s ,run_s", Some(TraceKind::Csv)),
            ("submit_s_,run_s\n", None),
            ("{\"jobs\": []}", None),
            (
                "{\"jobs\": [{\"jobId\": \"1\", \"jobName\": \"a\", \"status\": \"FAILED\"}]}",
                Some(TraceKind::Aws),
            ),
        ] {
            assert_eq!(recognise(text.as_bytes()), kind, "{text:?}");
            assert_eq!(recognise(&gzip(text.as_bytes())), kind, "packed {text:?}");
        }
        let long = gzip(job.repeat(100_000).as_bytes());
        assert_eq!(recognise(&long[..long.len() / 2]), Some(TraceKind::Swf));
    }
}
