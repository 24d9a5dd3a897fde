//! Short jobs as fewer long ones: how large should a bundle be? AWS advises to put work of seconds together until a job runs
//! three to five minutes (User Guide, best practices).

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use crate::model::{DependencyKind, Extra, Row, Workload};
use crate::units::{RowId, Span};

/// `workload` with up to `size` like jobs in one, which runs them one after another: jobs that are submitted after each other
/// with the same template, shape, user and group, and children of an array that follow each other. A bundle is submitted when
/// its last job would have been, and keeps the identifier of its first. Jobs that others depend on or wait for, that have fates
/// or dependencies of their own, and arrays of which somebody names a child, stay as they are.
pub fn bundle(workload: Workload, size: u32) -> Workload {
    if size <= 1 {
        return workload;
    }
    let named = named(&workload);
    let mut workload = bundle_arrays(workload, size, &named);
    let mut open: FxHashMap<Like, Vec<usize>> = FxHashMap::default();
    // By row: the first of its bundle, if it is in one.
    let mut leads: Vec<Option<usize>> = vec![None; workload.rows.len()];
    for index in 0..workload.rows.len() {
        let row = workload.rows[index];
        if row.extra != Row::PLAIN || named.rows.contains(&RowId::at(index)) {
            continue;
        }
        let like = Like::of(&row);
        let bundle = open.entry(like).or_default();
        bundle.push(index);
        if bundle.len() == size as usize {
            let bundle = std::mem::take(bundle);
            close(&bundle, &mut leads);
        }
    }
    open.into_values()
        .for_each(|bundle| close(&bundle, &mut leads));
    let mut work = vec![Span::ZERO; workload.rows.len()];
    let mut estimate = vec![Some(Span::ZERO); workload.rows.len()];
    for (index, first) in leads.iter().enumerate() {
        let Some(first) = *first else { continue };
        let row = workload.rows[index];
        work[first] += row.work;
        // Where one says nothing of its estimate, nothing is known of all.
        estimate[first] = match (estimate[first], row.estimate.is_zero()) {
            (Some(sum), false) => Some(sum + row.estimate),
            _ => None,
        };
    }
    let mut last: FxHashMap<usize, usize> = FxHashMap::default();
    for (index, first) in leads.iter().enumerate() {
        if let Some(first) = *first {
            last.insert(first, index);
        }
    }
    let mut place = vec![RowId(0); workload.rows.len()];
    let mut rows = Vec::with_capacity(workload.rows.len());
    for (index, row) in workload.rows.iter().enumerate() {
        let kept = match leads[index] {
            None => *row,
            Some(first) if last.get(&first) == Some(&index) => Row {
                source: workload.rows[first].source,
                work: work[first],
                estimate: estimate[first].unwrap_or(Span::ZERO),
                ..*row
            },
            Some(_) => continue,
        };
        place[index] = RowId::at(rows.len());
        rows.push(kept);
    }
    for dependency in &mut workload.dependencies {
        dependency.on = place[dependency.on.index()];
    }
    for anchor in &mut workload.anchors {
        anchor.after = place[anchor.after.index()];
    }
    let fewer = (workload.rows.len() - rows.len()) as u64;
    workload.rows = rows;
    if fewer > 0 {
        workload.repaired.push(("bundled-away", fewer));
    }
    workload
}

/// The rows of a bundle belong to its first.
fn close(bundle: &[usize], leads: &mut [Option<usize>]) {
    if let [first, _, ..] = bundle {
        for &index in bundle {
            leads[index] = Some(*first);
        }
    }
}

/// What jobs of a bundle have in common.
#[derive(PartialEq, Eq, Hash)]
struct Like([u32; 6]);

impl Like {
    fn of(row: &Row) -> Like {
        Like([
            row.template,
            row.vcpus,
            row.memory,
            row.gpus,
            row.user,
            row.group,
        ])
    }
}

/// Who is referred to.
struct Referred {
    rows: BTreeSet<RowId>,
    /// Rows of which somebody names a child.
    children: BTreeSet<RowId>,
}

fn named(workload: &Workload) -> Referred {
    let mut referred = Referred {
        rows: BTreeSet::new(),
        children: BTreeSet::new(),
    };
    for dependency in &workload.dependencies {
        referred.rows.insert(dependency.on);
        if dependency.kind != DependencyKind::Whole {
            referred.children.insert(dependency.on);
        }
    }
    for anchor in &workload.anchors {
        referred.rows.insert(anchor.after);
    }
    referred
}

/// Arrays with fewer children.
fn bundle_arrays(mut workload: Workload, size: u32, named: &Referred) -> Workload {
    let mut child_work = Vec::new();
    let mut fewer = 0;
    for index in 0..workload.rows.len() {
        let row = workload.rows[index];
        if row.extra == Row::PLAIN {
            continue;
        }
        let extra = workload.extras[row.extra as usize].clone();
        let works: Vec<Span> = (0..extra.array)
            .map(|child| workload.work(&row, Some(child)))
            .collect();
        let pairs =
            |dependency: &crate::model::Dependency| dependency.kind == DependencyKind::SameIndex;
        let range = extra.dependencies.start as usize..extra.dependencies.end as usize;
        let has_own_ways = extra.sequential
            || !extra.fates.is_empty()
            || !extra.child_fates.is_empty()
            || named.children.contains(&RowId::at(index))
            || workload.dependencies[range].iter().any(pairs);
        let bundles: Vec<Span> = match has_own_ways || extra.array <= size {
            true => works,
            false => (works.chunks(size as usize))
                .map(|bundle| bundle.iter().copied().sum())
                .collect(),
        };
        let is_whole = bundles.len() as u32 == extra.array;
        if is_whole && extra.child_work.is_empty() {
            continue;
        }
        fewer += u64::from(extra.array) - bundles.len() as u64;
        let start = child_work.len() as u32;
        let array = bundles.len() as u32;
        child_work.extend(bundles);
        workload.extras[row.extra as usize] = Extra {
            array,
            child_work: start..start + array,
            ..extra
        };
        if !is_whole {
            let row = &mut workload.rows[index];
            row.estimate = Span::from_ms(row.estimate.ms().saturating_mul(size.into()));
        }
    }
    workload.child_work = child_work;
    if fewer > 0 {
        workload
            .repaired
            .push(("array-children-bundled-away", fewer));
    }
    workload
}

#[cfg(test)]
mod tests {
    use super::super::{TraceOptions, csv_trace};
    use super::*;

    fn bundled(text: &str, size: u32) -> Workload {
        let read = csv_trace::read(text.as_bytes(), "jobs.csv", &TraceOptions::default());
        bundle(read.unwrap().workload, size)
    }

    /// Identifier, submission and run of each row in seconds.
    fn rows(workload: &Workload) -> Vec<(String, u64, u64)> {
        let row = |row: &Row| {
            let mut id = Vec::new();
            workload.write_source(row.source, &mut id);
            let id = String::from_utf8(id).unwrap();
            (id, row.submit.ms() / 1000, row.work.ms() / 1000)
        };
        workload.rows.iter().map(row).collect()
    }

    fn row(id: &str, submit: u64, work: u64) -> (String, u64, u64) {
        (id.to_owned(), submit, work)
    }

    #[test]
    fn like_jobs_run_after_each_other_from_when_the_last_is_submitted() {
        let text =
            "job_id,submit_s,run_s,vcpus\na,0,1,1\nb,1,9,2\nc,2,2,1\nd,3,3,1\ne,4,4,1\nf,5,5,1\n";
        let expected = [row("b", 1, 9), row("a", 3, 6), row("e", 5, 9)];
        assert_eq!(rows(&bundled(text, 3)), expected);
        assert_eq!(bundled(text, 3).repaired, [("bundled-away", 3)]);
        assert_eq!(rows(&bundled(text, 1)).len(), 6);
    }

    #[test]
    fn a_job_that_another_depends_on_stays_alone_and_is_still_depended_on() {
        let text =
            "job_id,submit_s,run_s,vcpus,depends_on\na,0,1,1,\nb,0,1,1,\nc,0,1,1,b\nd,0,1,1,\n";
        let workload = bundled(text, 4);
        let expected = [row("b", 0, 1), row("c", 0, 1), row("a", 0, 2)];
        assert_eq!(rows(&workload), expected);
        assert_eq!(workload.dependencies[0].on, RowId(0));
    }

    #[test]
    fn children_of_an_array_are_bundled_within_it() {
        let text = "job_id,submit_s,run_s,vcpus,array_size,depends_on\na,0,10,1,7,\nb,0,10,1,7,\nc,0,10,1,7,N_TO_N:b\n";
        let workload = bundled(text, 3);
        let sizes: Vec<u32> = (workload.rows.iter())
            .filter_map(|row| workload.extra(row).map(|extra| extra.array))
            .collect();
        assert_eq!(sizes, [3, 7, 7]);
        let works: Vec<u64> = (0..3)
            .map(|child| workload.work(&workload.rows[0], Some(child)).ms() / 1000)
            .collect();
        assert_eq!(works, [30, 30, 10]);
        assert_eq!(workload.repaired, [("array-children-bundled-away", 4)]);
    }
}
