//! The named rules by which readers drop and repair, with what each means: for the doctor, and for counts that travel in traces.

/// A rule by which something was dropped, repaired or imputed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The name in reports.
    pub name: &'static str,
    /// How grave it is that it applied.
    pub grade: Grade,
    /// What it found and did, and what would be right.
    pub says: &'static str,
}

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// Worth knowing.
    Note,
    /// Results may be off.
    Warning,
    /// Results would be wrong, or the file cannot be read.
    Error,
}

impl Grade {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Grade::Note => "note",
            Grade::Warning => "warning",
            Grade::Error => "error",
        }
    }
}

macro_rules! rules {
    ($($grade:ident $name:literal: $says:literal;)*) => {
        /// All rules, by name.
        pub const RULES: &[Rule] = &[$(Rule { name: $name, grade: Grade::$grade, says: $says },)*];
    };
}

rules! {
    Note "cached": "tasks took their results from an earlier run; they were dropped, as they must not run again";
    Note "child-estimates": "children of one array had estimates of their own; the longest holds for all";
    Error "circle-cut": "jobs waited for each other in a circle; what closed it was cut";
    Warning "clock-change": "end minus start differs from the elapsed time by an hour: clocks were changed meanwhile. The elapsed time holds";
    Note "dependency-on-dropped": "jobs waited for jobs that were dropped; that dependency is left out";
    Note "dropped-elsewhere": "dropped by a reader that this version does not know";
    Error "duplicate-id": "a second job had the identifier of an earlier one; the first was kept";
    Note "edge-from-file": "dependencies were taken from the files that tasks read and write, as none are stated";
    Warning "edge-one-sided": "a dependency was stated by the parent or by the child alone; it counts";
    Error "end-before-start": "jobs end before they start, which no clock allows; they were dropped";
    Note "estimate-missing": "jobs ask for no time; their run time stands for it";
    Note "gpu-share-rounded": "jobs ask for a share of a GPU; they get a whole one";
    Warning "identifier-rewritten": "identifiers came twice or held blanks or semicolons; they were written differently";
    Note "job-number-missing": "jobs have no number; their place stands for it";
    Error "malformed-row": "rows could not be read; they were dropped";
    Error "memory-in-gb": "memory was in GiB where MiB belong; it was multiplied by 1024";
    Error "memory-in-kb": "memory was in KB where MiB belong; it was divided by 1024";
    Note "memory-missing": "jobs state no memory; they ask for none, so memory never limits them";
    Note "memory-normalised": "memory is stated relative to an unknown machine; jobs ask for none";
    Warning "negative-submit": "jobs were submitted before the log's zero; they were dropped";
    Note "never-started": "jobs never started; they were dropped";
    Warning "no-processors": "jobs have no processors; they were dropped";
    Note "no-run-time": "jobs have no run time; they were dropped";
    Note "not-completed": "jobs did not complete; they were dropped, as asked";
    Note "not-ended": "jobs had not ended when the log was written; they were dropped";
    Note "not-on-batch": "tasks ran where Nextflow did, not on AWS Batch; they were dropped";
    Note "not-run": "tasks did not run, as they were aborted or never began; they were dropped";
    Error "orphan-dependency": "jobs waited for jobs that are not in the trace; that dependency is left out";
    Warning "preceding-later": "the job that another follows is submitted later; it follows none";
    Warning "preceding-unknown": "the job that another follows is not in the log; it follows none";
    Note "repaired-elsewhere": "repaired by a reader that this version does not know";
    Note "requeued-attempt": "lines of one job that was put back are its attempts";
    Note "rounded-to-ms": "times finer than a millisecond were rounded";
    Warning "run-time-missing": "tasks state no run time; they run for no time";
    Note "share-unknown": "jobs have no user or group to take a share from";
    Warning "short-line": "lines lack trailing fields, which count as missing";
    Warning "start-before-submit": "jobs start before they are submitted: two clocks were not together. They wait for no time";
    Note "step": "lines are steps of jobs; they were dropped";
    Warning "submit-before-parent": "jobs are submitted before one that they need; they are submitted with it";
    Error "submit-from-epoch": "submissions were counted from 1970; they are counted from the first";
    Note "submit-imputed": "submissions are not stated; the start of the job's first task stands for them";
    Note "submit-missing": "submissions are not stated; all jobs come at once, and dependencies do the rest";
    Error "times-in-ms": "times were in milliseconds where seconds belong; they were divided by 1000";
    Warning "unsorted-submit": "jobs stand behind later ones; they were sorted by submission";
    Note "vcpus-missing": "jobs state no vCPUs; they get one";
    Note "vcpus-rounded": "jobs ask for parts of a vCPU; they were rounded up";
    Note "wait-missing": "jobs state no wait; for sessions they count as not having waited";
    Note "zero-run": "jobs ran for no time; they were dropped, as asked";
}

/// The rule called `name`.
pub fn find_rule(name: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_one_entry_and_they_are_sorted() {
        assert!(RULES.is_sorted_by(|one, other| one.name < other.name));
        assert_eq!(find_rule("step").map(|rule| rule.grade), Some(Grade::Note));
    }
}
