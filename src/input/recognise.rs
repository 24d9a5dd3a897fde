//! Tells the kind of a trace from its first bytes, whatever its name is.

use std::io::Read;

use super::source::Source;

/// Declares the kinds of traces with their names and marks.
macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal, $marks:literal;)*) => {
        /// The kinds of traces that [`recognise`] tells apart.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum TraceKind {
            $($(#[$doc])* $kind,)*
        }

        impl TraceKind {
            /// All of them.
            pub const ALL: &[TraceKind] = &[$(TraceKind::$kind,)*];

            /// What it is called.
            pub const fn name(self) -> &'static str {
                match self {
                    $(TraceKind::$kind => $name,)*
                }
            }

            /// How it is called and known, in a few words.
            pub const fn marks(self) -> &'static str {
                match self {
                    $(TraceKind::$kind => concat!($name, " (", $marks, ")"),)*
                }
            }
        }
    };
}

kinds! {
    /// The Standard Workload Format; see [`super::swf`].
    Swf = "SWF", "comments with `;`, or lines of at least 11 numbers";
    /// The native CSV; see [`super::csv_trace`].
    Csv = "CSV of ours", "a header that names submit_s";
    /// What Nextflow writes of a run; see [`super::nextflow`].
    Nextflow = "Nextflow", "a trace with task_id between tabs, or the tasks of a report";
    /// Jobs as the AWS command line prints them, or events of theirs; see [`super::aws`].
    Aws = "jobs of AWS Batch", "JSON of `aws batch describe-jobs` or list-jobs, or events of EventBridge";
    /// A workflow of WfCommons; see [`super::wfformat`].
    WfFormat = "WfFormat", "JSON with a workflow";
    /// What Slurm's accounting prints; see [`super::slurm`].
    Slurm = "sacct", "Slurm's accounting, a header with JobID between `|`";
    /// A workload of Batsim; see [`super::batsim`].
    Batsim = "Batsim", "JSON with nb_res, jobs and profiles";
    /// Pods of Alibaba's GPU trace of 2023; see [`super::alibaba::pods`].
    AlibabaPods = "Alibaba's pods", "a header with cpu_milli and creation_time";
    /// Batch tasks of Alibaba's trace of 2018; see [`super::alibaba::batch_task`].
    AlibabaBatchTask = "Alibaba's batch_task", "nine columns without a header";
    /// The columns of the native CSV as Parquet.
    Parquet = "Parquet", "with the columns of our CSV; in builds with the feature `parquet`";
}

/// Bytes looked at, unpacked.
const LOOKED_AT: u64 = 64 << 10;
/// A line of this many numbers is a job of a log.
const NUMBERS_MIN: usize = 11;

/// The kind of a trace that begins with `first_bytes` (some kilobytes, or the whole file), plain or gzip, by the marks of
/// [`TraceKind::marks`]. `None` where it is none.
pub fn recognise(first_bytes: &[u8]) -> Option<TraceKind> {
    let text = unpacked(first_bytes);
    if text.starts_with(b"PAR1") {
        return Some(TraceKind::Parquet);
    }
    let line = first_line(&text)?;
    match line[0] {
        b';' => Some(TraceKind::Swf),
        b'[' if holds(&text, "\"task_id\"") => Some(TraceKind::Nextflow),
        b'{' | b'[' if super::aws::holds_jobs(&text) => Some(TraceKind::Aws),
        b'{' => document(&text),
        _ => table(line),
    }
}

/// The kind of a JSON document.
fn document(text: &[u8]) -> Option<TraceKind> {
    let has = |key: &str| holds(text, &format!("\"{key}\""));
    if has("workflow")
        && (has("schemaVersion") || has("specification") || has("tasks") || has("jobs"))
    {
        return Some(TraceKind::WfFormat);
    }
    let is_batsim = has("nb_res") || has("subtime") && has("profile");
    is_batsim.then_some(TraceKind::Batsim)
}

/// The kind of a table that begins with `line`.
fn table(line: &[u8]) -> Option<TraceKind> {
    if names(line, b'\t', "task_id") {
        return Some(TraceKind::Nextflow);
    }
    if names(line, b',', "submit_s") {
        return Some(TraceKind::Csv);
    }
    if names(line, b'|', "JobID") || names(line, b'|', "JobIDRaw") {
        return Some(TraceKind::Slurm);
    }
    if names(line, b',', "cpu_milli") && names(line, b',', "creation_time") {
        return Some(TraceKind::AlibabaPods);
    }
    if is_batch_task(line) {
        return Some(TraceKind::AlibabaBatchTask);
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

/// Whether `line` is a task of Alibaba's trace of 2018: a name, instances, a job, a type, a status, two times, and what it asks for.
fn is_batch_task(line: &[u8]) -> bool {
    const STATES: [&[u8]; 7] = [
        b"Terminated",
        b"Failed",
        b"Running",
        b"Ready",
        b"Waiting",
        b"Cancelled",
        b"Interrupted",
    ];
    let cells: Vec<&[u8]> = line.split(|&byte| byte == b',').collect();
    let is_number = |cell: &[u8]| cell.iter().all(u8::is_ascii_digit);
    cells.len() == 9
        && [1, 5, 6].iter().all(|&at| is_number(cells[at]))
        && STATES.contains(&cells[4])
}

/// What a file is that is no trace, and who takes it, where that can be told.
pub(super) fn what_else(first_bytes: &[u8]) -> Option<&'static str> {
    let text = unpacked(first_bytes);
    let Some(line) = first_line(&text) else {
        return Some("empty");
    };
    let has = |key: &str| holds(&text, &format!("\"{key}\""));
    let named = |name: &str| names(line, b',', name);
    if line[0] == b'{' || line[0] == b'[' {
        return document_else(&has);
    }
    let known: &[(bool, &str)] = &[
        (
            text.starts_with(b"PK\x03\x04"),
            "a zip archive; unpack it and give the file within, plain or as gzip",
        ),
        (
            named("instance_type"),
            "a catalogue of instance types or prices, not of jobs; `batchcast catalog` shows the one that is built in, and a scenario states its own in `instanceTypes`",
        ),
        (
            named("az") && named("type") && named("price"),
            "a history of Spot prices, not of jobs; a scenario takes it as `history` of its section `spot`",
        ),
        (
            (named("timestamp") || named("Timestamp"))
                && (named("price") || named("SpotPrice") || named("spot_price")),
            "a history of Spot prices, not of jobs; a scenario takes it as `history` of its section `spot`",
        ),
        (
            named("sn") && named("cpu_milli"),
            "a list of machines (Alibaba's nodes), not of jobs; the jobs are in openb_pod_list_*.csv",
        ),
        (
            named("node_name") && named("gpu_capacity_num"),
            "a list of machines (Alibaba's nodes), not of jobs",
        ),
        (
            named("name") && named("cpu_milli"),
            "a list of pods without creation_time and deletion_time: when they came and how long they ran is not in it",
        ),
        (
            named("Realtime") && named("Workflow") || named("Realtime1"),
            "a table of measured run times without submissions: when jobs came is not in it, so there is nothing to replay",
        ),
        (
            line.split(|&byte| byte == b'|').count() > 8,
            "perhaps Slurm's accounting without its header; ask sacct again without --noheader",
        ),
        (
            line == b"runtime",
            "a column of run times alone: when jobs came and what they asked for is not in it",
        ),
        (
            line.starts_with(b"#Time stamp") || line.starts_with(b"#start time"),
            "a part of Google's cluster trace of 2011, whose events and sizes relative to the largest machine are not read here",
        ),
    ];
    let found = known.iter().find(|(is_it, _)| *is_it);
    found.map(|(_, what)| *what)
}

/// The same for JSON.
fn document_else(has: &dyn Fn(&str) -> bool) -> Option<&'static str> {
    let known: &[(bool, &str)] = &[
        (
            has("SpotPriceHistory") || has("SpotPrice"),
            "a history of Spot prices (describe-spot-price-history), not of jobs; a scenario takes it as `history` of its section `spot`",
        ),
        (
            has("spot_advisor"),
            "the feed of Spot Advisor, not of jobs; a scenario takes it under `spot`",
        ),
        (
            has("gap_seconds"),
            "a measured availability of Spot; `batchcast spot-deadline --availability` takes it",
        ),
        (
            has("Location") && has("InstanceType"),
            "a list of where instance types are offered, which nothing here reads",
        ),
        (
            has("InstanceType")
                || has("instance_type")
                || has("CurrentGeneration")
                || has("coremark"),
            "a catalogue of instance types, not of jobs; `batchcast catalog` shows the one that is built in, and a scenario states its own in `instanceTypes`",
        ),
        (
            has("valueColumns") || has("spot.us-east") || has("spotType"),
            "a list of Spot prices by region, without times, which nothing here reads",
        ),
        (
            has("computeEnvironments") || has("jobQueues"),
            "a scenario; give it to `batchcast run` without --trace",
        ),
    ];
    let found = known.iter().find(|(is_it, _)| *is_it);
    found.map(|(_, what)| *what)
}

/// The first bytes of a file, unpacked; packed bytes may end anywhere, and what came before is enough.
fn unpacked(first_bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    if let Ok(source) = Source::open(first_bytes, "") {
        let _ = source.take(LOOKED_AT).read_to_end(&mut text);
    }
    text
}

/// The first line that holds something and is no comment of our CSV.
fn first_line(text: &[u8]) -> Option<&[u8]> {
    text.split(|&byte| byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .find(|line| !line.is_empty() && !line.starts_with(b"# "))
}

/// Whether `text` holds `part`.
fn holds(text: &[u8], part: &str) -> bool {
    text.windows(part.len())
        .any(|window| window == part.as_bytes())
}

/// Whether `name` is one of the names in `line`.
fn names(line: &[u8], separator: u8, name: &str) -> bool {
    line.split(|&byte| byte == separator)
        .map(|cell| cell.trim_ascii())
        .any(|cell| {
            let bare = cell
                .strip_prefix(b"\"")
                .and_then(|cell| cell.strip_suffix(b"\""));
            bare.unwrap_or(cell) == name.as_bytes()
        })
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
            ("PAR1\u{15}", Some(TraceKind::Parquet)),
            ("{\"nb_res\": 4, \"jobs\": []", Some(TraceKind::Batsim)),
            ("JobID|State|Submit\n", Some(TraceKind::Slurm)),
            ("name,cpu_milli,creation_time", Some(TraceKind::AlibabaPods)),
            ("name,cpu_milli,memory_mib", None),
            (
                "M1,1,j_2,1,Failed,500,600,,0.5",
                Some(TraceKind::AlibabaBatchTask),
            ),
            (
                "# batchcast: dropped zero-run 3\nsubmit_s,x",
                Some(TraceKind::Csv),
            ),
            (
                "{\"name\": \"x\", \"workflow\": {\"tasks\"",
                Some(TraceKind::WfFormat),
            ),
        ] {
            assert_eq!(recognise(text.as_bytes()), kind, "{text:?}");
            assert_eq!(recognise(&gzip(text.as_bytes())), kind, "packed {text:?}");
        }
        let long = gzip(job.repeat(100_000).as_bytes());
        assert_eq!(recognise(&long[..long.len() / 2]), Some(TraceKind::Swf));
    }
}
