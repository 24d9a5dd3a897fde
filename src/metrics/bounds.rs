//! What no schedule can beat: the longest chain of submissions, dependencies and work. Only jobs that succeeded count, as
//! only they are known to have waited for what they depend on and to have run in full.

use crate::model::{DependencyKind, Extra, FateKind, Loop, Row, Workload};
use crate::units::{Ratio, RowId, SimTime, Span};

/// Which jobs of a workload succeeded: a bit for each row, or for each child of each array.
#[derive(Clone, Debug, Default)]
pub struct Succeeded {
    /// Where the bits of each row begin; empty where no row is an array and each has one.
    first: Vec<u64>,
    bits: Vec<u64>,
    /// Rows submitted more than once (by a rule): what their jobs waited for is not known.
    repeated: Vec<u64>,
    submitted: Vec<u64>,
    /// So many rows, the first, ran before the run began: what was left of them is not known here.
    began: usize,
}

fn bit(bits: &[u64], index: u64) -> bool {
    bits[(index / 64) as usize] >> (index % 64) & 1 == 1
}

fn set_bit(bits: &mut [u64], index: u64) {
    bits[(index / 64) as usize] |= 1 << (index % 64);
}

/// Number of jobs of a row: its children, or one.
pub fn jobs_of(workload: &Workload, row: &Row) -> u32 {
    workload.extra(row).map_or(1, |extra| extra.array.max(1))
}

impl Succeeded {
    /// Nothing has succeeded yet.
    pub fn new(workload: &Workload) -> Succeeded {
        let arrays = workload.extras.iter().any(|extra| extra.array > 0);
        let mut jobs = 0;
        let mut first = Vec::new();
        if arrays {
            first.reserve(workload.rows.len());
            for row in &workload.rows {
                first.push(jobs);
                jobs += u64::from(jobs_of(workload, row));
            }
        } else {
            jobs = workload.rows.len() as u64;
        }
        let words = |bits: u64| vec![0; bits.div_ceil(64) as usize];
        Succeeded {
            first,
            bits: words(jobs),
            repeated: words(workload.rows.len() as u64),
            submitted: words(workload.rows.len() as u64),
            began: 0,
        }
    }

    /// The first `rows` rows ran before the run began: they bind nothing.
    pub fn began(&mut self, rows: usize) {
        self.began = rows;
    }

    /// What of `work` is sure to have been done within the run.
    fn within(&self, row: RowId, work: Span) -> Span {
        if row.index() < self.began {
            Span::ZERO
        } else {
            work
        }
    }

    /// The bit of a job; `None` for a child that its row does not have.
    fn position(&self, row: RowId, child: u32) -> Option<u64> {
        if self.first.is_empty() {
            return (child == 0).then_some(u64::from(row.0));
        }
        let position = self.first[row.index()] + u64::from(child);
        let end = self.first.get(row.index() + 1).copied();
        (position < end.unwrap_or(u64::MAX) && position / 64 < self.bits.len() as u64)
            .then_some(position)
    }

    /// A row was submitted.
    pub fn submitted(&mut self, row: RowId) {
        let row = u64::from(row.0);
        if bit(&self.submitted, row) {
            set_bit(&mut self.repeated, row);
        }
        set_bit(&mut self.submitted, row);
    }

    /// A job of `row` succeeded; `child` is its index in an array.
    pub fn succeeded(&mut self, row: RowId, child: Option<u32>) {
        if let Some(position) = self.position(row, child.unwrap_or(0)) {
            set_bit(&mut self.bits, position);
        }
    }

    fn has(&self, row: RowId, child: u32) -> bool {
        self.position(row, child)
            .is_some_and(|position| bit(&self.bits, position))
    }

    fn is_repeated(&self, row: RowId) -> bool {
        bit(&self.repeated, u64::from(row.0))
    }
}

/// The longest chain, from `first_submission` to the earliest moment at which the last of the jobs that succeeded could have
/// ended, had there been machines without end, each as fast as `speed_max` (machine × definition).
pub fn critical_path(
    workload: &Workload,
    succeeded: &Succeeded,
    first_submission: SimTime,
    speed_max: Ratio,
) -> Span {
    if workload.extras.is_empty() {
        // Nothing waits for anything: in one pass without a note of what was.
        let rows = workload.rows.iter().enumerate();
        let done = rows.filter(|(index, _)| succeeded.has(RowId::at(*index), 0));
        let ends = done.map(|(index, row)| {
            row.submit + at_least(succeeded.within(RowId::at(index), row.work), speed_max)
        });
        return ends
            .fold(first_submission, SimTime::max)
            .since(first_submission);
    }
    let chains = !workload.dependencies.is_empty()
        || workload.closed_loop == Loop::Closed
        || workload.extras.iter().any(|extra| extra.sequential);
    let mut path = Path {
        workload,
        succeeded,
        speed_max,
        ends: Vec::new(),
        last: first_submission,
    };
    for index in 0..workload.rows.len() {
        path.add(RowId::at(index), chains);
    }
    path.last.since(first_submission)
}

/// The walk over the rows in order; a dependency names an earlier row.
struct Path<'w> {
    workload: &'w Workload,
    succeeded: &'w Succeeded,
    speed_max: Ratio,
    /// Earliest ends of the rows so far; [`SimTime::ZERO`] bounds nothing. Left empty where nothing refers to them.
    ends: Vec<Ends>,
    last: SimTime,
}

/// Earliest ends of the jobs of a row.
enum Ends {
    /// All of them: a plain job, or an array of like children.
    All(SimTime),
    /// Each child's.
    Each(Vec<SimTime>),
}

impl Ends {
    fn child(&self, child: u32) -> SimTime {
        match self {
            Ends::All(end) => *end,
            Ends::Each(ends) => ends.get(child as usize).copied().unwrap_or_default(),
        }
    }

    fn last(&self) -> SimTime {
        match self {
            Ends::All(end) => *end,
            Ends::Each(ends) => ends.iter().copied().max().unwrap_or_default(),
        }
    }
}

impl Path<'_> {
    fn add(&mut self, id: RowId, keep: bool) {
        let row = self.workload.row(id);
        let ends = match self.workload.extra(row) {
            None => Ends::All(self.end_of(id, 0, row.submit, row.work)),
            Some(extra) => self.ends_with_extra(id, row, extra),
        };
        self.last = self.last.max(ends.last());
        if keep {
            self.ends.push(ends);
        }
    }

    fn ends_with_extra(&self, id: RowId, row: &Row, extra: &Extra) -> Ends {
        let earliest = self.earliest_submission(row, extra);
        let dependencies: &[_] = if self.succeeded.is_repeated(id) {
            &[]
        } else {
            let range = &extra.dependencies;
            &self.workload.dependencies[range.start as usize..range.end as usize]
        };
        let whole = dependencies
            .iter()
            .filter_map(|dependency| {
                let on = self.ends.get(dependency.on.index())?;
                match dependency.kind {
                    DependencyKind::Whole => Some(on.last()),
                    DependencyKind::Child(child) => Some(on.child(child)),
                    DependencyKind::SameIndex => None,
                }
            })
            .fold(earliest, SimTime::max);
        if extra.array == 0 {
            let work = self.shortest_success(row, None).unwrap_or(row.work);
            return Ends::All(self.end_of(id, 0, whole, work));
        }
        let same: Vec<&Ends> = dependencies
            .iter()
            .filter(|dependency| dependency.kind == DependencyKind::SameIndex)
            .filter_map(|dependency| self.ends.get(dependency.on.index()))
            .collect();
        let works = &extra.child_work;
        let works = &self.workload.child_work[works.start as usize..works.end as usize];
        let sequential = extra.sequential && !self.succeeded.is_repeated(id);
        let mut before = SimTime::ZERO;
        let mut ends = Vec::with_capacity(extra.array as usize);
        for child in 0..extra.array {
            let mut start = same
                .iter()
                .map(|ends| ends.child(child))
                .fold(whole, SimTime::max);
            if sequential {
                start = start.max(before);
            }
            let work = works.get(child as usize).copied().unwrap_or(row.work);
            let work = self.shortest_success(row, Some(child)).unwrap_or(work);
            before = self.end_of(id, child, start, work);
            ends.push(before);
        }
        if ends.iter().all(|end| *end == before) {
            return Ends::All(before);
        }
        Ends::Each(ends)
    }

    /// When the row can have been submitted at the earliest.
    fn earliest_submission(&self, row: &Row, extra: &Extra) -> SimTime {
        if extra.anchors.is_empty() {
            return row.submit;
        }
        let anchors =
            &self.workload.anchors[extra.anchors.start as usize..extra.anchors.end as usize];
        anchors
            .iter()
            .filter_map(|anchor| self.ends.get(anchor.after.index()))
            .map(Ends::last)
            .fold(SimTime::ZERO, SimTime::max)
            + extra.think
    }

    /// The shortest run with which an attempt of a row, or of its child, succeeds by its stated fates; `None` where none is
    /// stated.
    fn shortest_success(&self, row: &Row, child: Option<u32>) -> Option<Span> {
        let fates = self.workload.fates_of(row, child);
        if fates.is_empty() {
            return None;
        }
        let successes = fates
            .iter()
            .filter(|fate| fate.kind == FateKind::Exit && fate.exit_code == 0);
        Some(successes.map(|fate| fate.run).min().unwrap_or_default())
    }

    /// When a job that can start at `start` can have ended at the earliest; zero, which bounds nothing, unless it succeeded.
    fn end_of(&self, id: RowId, child: u32, start: SimTime, work: Span) -> SimTime {
        if !self.succeeded.has(id, child) {
            return SimTime::ZERO;
        }
        start + at_least(self.succeeded.within(id, work), self.speed_max)
    }
}

/// How long `work` takes at least. Rounded down: a machine may round a product of speeds differently than this does.
#[inline]
fn at_least(work: Span, speed_max: Ratio) -> Span {
    if speed_max == Ratio::ONE {
        return work.min(Span::LONGEST);
    }
    let parts = u128::from(speed_max.parts().max(1));
    let ms = u128::from(work.ms()) * u128::from(Ratio::PARTS) / parts;
    Span::from_ms(u64::try_from(ms).unwrap_or(0).min(Span::LONGEST.ms()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Anchor, Dependency, Fate};

    struct Case {
        workload: Workload,
    }

    impl Case {
        fn new() -> Case {
            Case {
                workload: Workload::default(),
            }
        }

        fn row(
            mut self,
            submit_s: u64,
            work_s: u64,
            extra: Option<Extra>,
            on: &[(u32, DependencyKind)],
        ) -> Case {
            let w = &mut self.workload;
            let start = w.dependencies.len() as u32;
            w.dependencies
                .extend(on.iter().map(|&(on, kind)| Dependency {
                    on: RowId(on),
                    kind,
                }));
            let extra = match extra {
                None if on.is_empty() => Row::PLAIN,
                other => {
                    let mut extra = other.unwrap_or_default();
                    extra.dependencies = start..w.dependencies.len() as u32;
                    w.extras.push(extra);
                    w.extras.len() as u32 - 1
                }
            };
            let (submit, work) = (SimTime::from_s(submit_s), Span::from_s(work_s));
            w.rows.push(Row {
                extra,
                ..Row::plain(w.rows.len() as u32, submit, work, 1)
            });
            self
        }

        fn path_without(&self, failed: &[(u32, u32)], speed: f64) -> u64 {
            let mut succeeded = Succeeded::new(&self.workload);
            for (index, row) in self.workload.rows.iter().enumerate() {
                succeeded.submitted(RowId::at(index));
                for child in 0..jobs_of(&self.workload, row) {
                    if !failed.contains(&(index as u32, child)) {
                        succeeded.succeeded(RowId::at(index), Some(child));
                    }
                }
            }
            let first = self.workload.rows[0].submit;
            critical_path(
                &self.workload,
                &succeeded,
                first,
                Ratio::from_f64(speed).unwrap(),
            )
            .ms()
        }

        fn path(&self) -> u64 {
            self.path_without(&[], 1.0)
        }
    }

    fn array(size: u32, sequential: bool) -> Option<Extra> {
        Some(Extra {
            array: size,
            sequential,
            ..Extra::default()
        })
    }

    #[test]
    fn a_chain_is_as_long_as_its_works_and_a_late_submission_counts() {
        use DependencyKind::Whole;
        let case = Case::new()
            .row(10, 5, None, &[])
            .row(10, 7, None, &[(0, Whole)]);
        assert_eq!(case.path(), 12_000);
        assert_eq!(case.path_without(&[], 2.0), 6_000);
        assert_eq!(case.path_without(&[(1, 0)], 1.0), 5_000);
        assert_eq!(case.path_without(&[(0, 0)], 1.0), 7_000);
        assert_eq!(case.row(100, 1, None, &[]).path(), 91_000);
    }

    #[test]
    fn children_wait_for_their_like_and_a_sequence_for_the_one_before() {
        use DependencyKind::{Child, SameIndex, Whole};
        let one_by_one = Case::new().row(0, 2, array(5, true), &[]);
        assert_eq!(one_by_one.path(), 10_000);
        let paired = one_by_one.row(0, 3, array(5, false), &[(0, SameIndex)]);
        assert_eq!(paired.path(), 13_000);
        let third = paired.row(0, 1, None, &[(0, Child(2))]);
        assert_eq!(third.path(), 13_000);
        assert_eq!(third.row(0, 1, None, &[(1, Whole)]).path(), 14_000);
    }

    #[test]
    fn stated_fates_replace_the_work_and_anchors_the_submission() {
        let mut fated = Case::new().row(
            0,
            9,
            Some(Extra {
                fates: 0..2,
                ..Extra::default()
            }),
            &[],
        );
        fated.workload.fates = vec![
            Fate {
                exit_code: 1,
                run: Span::from_s(50),
                kind: FateKind::Exit,
            },
            Fate {
                exit_code: 0,
                run: Span::from_s(4),
                kind: FateKind::Exit,
            },
        ];
        assert_eq!(fated.path(), 4_000);
        let mut closed = fated.row(
            900,
            1,
            Some(Extra {
                anchors: 0..1,
                think: Span::from_s(6),
                ..Extra::default()
            }),
            &[],
        );
        closed.workload.anchors = vec![Anchor { after: RowId(0) }];
        closed.workload.closed_loop = Loop::Closed;
        assert_eq!(closed.path(), 11_000);
    }

    #[test]
    fn what_a_row_waited_for_is_unknown_once_a_rule_submitted_it_again() {
        let case = Case::new()
            .row(0, 5, None, &[])
            .row(0, 7, None, &[(0, DependencyKind::Whole)]);
        let mut succeeded = Succeeded::new(&case.workload);
        for row in [0, 1, 1] {
            succeeded.submitted(RowId(row));
            succeeded.succeeded(RowId(row), None);
        }
        let path = critical_path(&case.workload, &succeeded, SimTime::ZERO, Ratio::ONE);
        assert_eq!(path, Span::from_s(7));
    }
}
