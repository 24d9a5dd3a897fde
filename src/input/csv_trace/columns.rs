//! The columns of the native trace: their names, and where a header puts them.

use csv::ByteRecord;

use super::super::builder::Problems;

/// Declares the columns with their names.
macro_rules! columns {
    ($($(#[$doc:meta])* $column:ident = $name:literal,)*) => {
        /// A column that is read.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Column {
            $($(#[$doc])* $column,)*
        }

        impl Column {
            /// All columns, in the order in which the documentation lists them.
            pub(super) const ALL: &[Column] = &[$(Column::$column,)*];

            /// The name in a header.
            pub(super) const fn name(self) -> &'static str {
                match self {
                    $(Column::$column => $name,)*
                }
            }
        }
    };
}

columns! {
    /// The source's identifier; the number of the row where there is none.
    JobId = "job_id",
    /// When it is submitted, in seconds.
    Submit = "submit_s",
    /// Run time of one attempt at speed one, in seconds. The `jobs.csv` of a run states it beside `run_s`.
    Work = "work_s",
    /// The same for logs of real runs; `work_s` is preferred.
    Run = "run_s",
    /// vCPUs.
    Vcpus = "vcpus",
    /// MiB of memory.
    Memory = "memory_mib",
    /// GPUs.
    Gpus = "gpus",
    /// What the user asked for, in seconds.
    Estimate = "estimate_s",
    /// `jobName`.
    JobName = "job_name",
    /// `jobQueue`.
    JobQueue = "job_queue",
    /// `jobDefinition`.
    JobDefinition = "job_definition",
    /// `shareIdentifier`.
    ShareIdentifier = "share_identifier",
    /// `schedulingPriorityOverride`.
    SchedulingPriority = "scheduling_priority",
    /// `retryStrategy.attempts`.
    AttemptsMax = "attempts_max",
    /// `timeout.attemptDurationSeconds`.
    Timeout = "timeout_s",
    /// `nodeOverrides.numNodes`.
    Nodes = "nodes",
    /// Number of children, where the row is a whole array.
    ArraySize = "array_size",
    /// The array that the row is a child of.
    ArrayId = "array_id",
    /// Which child of it.
    ArrayIndex = "array_index",
    /// Earlier jobs that must succeed first: `7`, `7:3`, `n_to_n:7` or `sequential`, with spaces or semicolons between.
    DependsOn = "depends_on",
    /// The exit code of every attempt.
    ExitCode = "exit_code",
    /// The attempts' fates, `137@30;oom@12;nostart;0@60`; the last repeats.
    Fates = "fates",
    /// Probability with which each attempt fails.
    FailProbability = "fail_probability",
    /// The exit code of an attempt that fails by chance.
    FailExitCode = "fail_exit_code",
    /// Peak memory in MiB.
    PeakMemory = "peak_memory_mib",
    /// Jobs whose ends the submission waits for, with spaces or semicolons between.
    After = "after",
    /// Time from the last of these ends to the submission, in seconds.
    Think = "think_s",
    /// The client looks for these ends only each so many seconds.
    Poll = "poll_s",
    /// The source's user.
    User = "user",
    /// The source's group.
    Group = "group",
    /// `SUCCEEDED` or `FAILED`, in the `jobs.csv` of a run.
    Status = "status",
    /// How long it waited, in the `jobs.csv` of a run: for sessions of a closed loop.
    Wait = "wait_s",
    /// When it ended, in the `jobs.csv` of a run, whose rows are in order of their ends.
    End = "end_s",
}

/// Columns of a run's `jobs.csv` that say what came out, and so nothing about the trace.
const RESULTS: &[&str] = &[
    "start_s",
    "attempts",
    "dependency_s",
    "eligible_s",
    "blocked_head_s",
    "share_s",
    "queue_s",
    "consumable_s",
    "max_vcpus_s",
    "capacity_s",
    "scaling_s",
    "boot_s",
    "dispatch_s",
    "image_pull_s",
    "lost_s",
    "cost_usd",
    "status_reason",
];

/// Where a header puts the columns.
pub(super) struct Columns {
    places: [Option<usize>; Column::ALL.len()],
    /// Cells of a row.
    pub(super) count: usize,
    /// The columns that are not used.
    pub(super) unused: Vec<String>,
}

impl Columns {
    /// Reads a header.
    pub(super) fn read(
        header: &ByteRecord,
        has_definition: bool,
        problems: &mut Problems,
    ) -> Columns {
        let mut columns = Columns {
            places: [None; Column::ALL.len()],
            count: header.len(),
            unused: Vec::new(),
        };
        for (place, name) in header.iter().enumerate() {
            let name = String::from_utf8_lossy(name);
            let name = name.trim();
            match Column::ALL.iter().find(|column| column.name() == name) {
                Some(&column) => {
                    if columns.places[column as usize].replace(place).is_some() {
                        problems.add(1, name, "stands twice in the header");
                    }
                }
                None if RESULTS.contains(&name) || name.is_empty() => {}
                None => columns.unused.push(name.to_owned()),
            }
        }
        columns.require(&[Column::Submit], problems);
        columns.require(&[Column::Work, Column::Run], problems);
        if !has_definition {
            columns.require(&[Column::Vcpus, Column::JobDefinition], problems);
        }
        for (column, other) in [
            (Column::ArrayIndex, Column::ArrayId),
            (Column::ArrayId, Column::ArrayIndex),
            (Column::Think, Column::After),
            (Column::Poll, Column::After),
        ] {
            if columns.has(column) {
                columns.require(&[other], problems);
            }
        }
        columns
    }

    /// Whether the header names `column`.
    pub(super) fn has(&self, column: Column) -> bool {
        self.places[column as usize].is_some()
    }

    /// The cell of `column` without surrounding spaces; empty where the column or the value is absent.
    pub(super) fn cell<'r>(&self, record: &'r ByteRecord, column: Column) -> &'r [u8] {
        self.places[column as usize]
            .and_then(|place| record.get(place))
            .unwrap_or_default()
            .trim_ascii()
    }

    /// A problem where none of `any` is there.
    fn require(&self, any: &[Column], problems: &mut Problems) {
        if any.iter().any(|column| self.has(*column)) {
            return;
        }
        let names: Vec<String> = any
            .iter()
            .map(|column| format!("`{}`", column.name()))
            .collect();
        let meant = self
            .unused
            .iter()
            .find(|name| any.iter().any(|column| is_near(name, column.name())))
            .map(|name| format!("; is `{name}` meant to be it?"))
            .unwrap_or_default();
        problems.add(
            1,
            "",
            format!("the header lacks {}{meant}", names.join(" or ")),
        );
    }

    /// A sentence on the columns that are not used, where there are any.
    pub(super) fn note(&self) -> Option<String> {
        if self.unused.is_empty() {
            return None;
        }
        let each: Vec<String> = self
            .unused
            .iter()
            .map(|name| {
                let near = Column::ALL
                    .iter()
                    .find(|column| !self.has(**column) && is_near(name, column.name()));
                match near {
                    Some(column) => format!("{name} (is {} meant?)", column.name()),
                    None => name.clone(),
                }
            })
            .collect();
        Some(format!("columns not used: {}", each.join(", ")))
    }
}

/// Whether `name` may be a slip for `column`.
fn is_near(name: &str, column: &str) -> bool {
    strsim::damerau_levenshtein(&name.to_ascii_lowercase(), column) <= 2
}
