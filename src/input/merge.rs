//! Several workloads as one: the traces and generators of a scenario.

use std::ops::Range;

use rustc_hash::FxHashSet;

use crate::model::{Extra, Loop, Row, Workload};
use crate::units::RowId;

use super::builder::{Tally, name_source};

/// One workload of all `parts`: rows sorted by submission, those of one moment in the order of their parts. Where a part
/// has an identifier that an earlier one has, all its identifiers get the part's number in front: job 7 of the second part
/// is `2-7` then.
pub fn merge(mut parts: Vec<Workload>) -> Workload {
    if parts.len() <= 1 {
        return parts.pop().unwrap_or_default();
    }
    make_distinct(&mut parts);
    let mut merged = Workload::default();
    let (mut dropped, mut repaired) = (Tally::default(), Tally::default());
    for part in parts {
        let first = merged.rows.len();
        for (rule, count) in &part.dropped {
            dropped.add(rule, *count);
        }
        for (rule, count) in &part.repaired {
            repaired.add(rule, *count);
        }
        append(&mut merged, part, first as u32);
    }
    sort(&mut merged);
    merged.dropped = dropped.into_counts();
    merged.repaired = repaired.into_counts();
    merged
}

/// Renames the identifiers of parts that share one with an earlier part.
fn make_distinct(parts: &mut [Workload]) {
    let mut seen: FxHashSet<Vec<u8>> = FxHashSet::default();
    let mut text = Vec::new();
    for (index, part) in parts.iter_mut().enumerate() {
        let mut own = Vec::with_capacity(part.rows.len());
        for row in &part.rows {
            text.clear();
            part.write_source(row.source, &mut text);
            own.push(text.clone());
        }
        if own.iter().any(|id| seen.contains(id)) {
            let mut rename = |source: u32| {
                text.clear();
                part_prefix(index, &mut text);
                part.write_source(source, &mut text);
                String::from_utf8_lossy(&text).into_owned()
            };
            let names: Vec<String> = part.rows.iter().map(|row| rename(row.source)).collect();
            let arrays: Vec<Option<String>> = part
                .extras
                .iter()
                .map(|extra| extra.array_source.map(&mut rename))
                .collect();
            own = names.iter().map(|name| name.clone().into_bytes()).collect();
            for (row, name) in part.rows.iter_mut().zip(names) {
                row.source = name_source(&mut part.names, name);
            }
            for (extra, name) in part.extras.iter_mut().zip(arrays) {
                extra.array_source = name.map(|name| name_source(&mut part.names, name));
            }
        }
        seen.extend(own);
    }
}

/// `2-` for the second part.
fn part_prefix(index: usize, text: &mut Vec<u8>) {
    text.extend_from_slice(itoa::Buffer::new().format(index + 1).as_bytes());
    text.push(b'-');
}

/// Adds `part` behind what is there, whose rows end at `first`.
fn append(merged: &mut Workload, part: Workload, first: u32) {
    let names = merged.names.len() as u32;
    let moved = |source: u32| match source {
        Row::UNKNOWN => source,
        source if source >= Row::NAMED => source + names,
        source => source,
    };
    let extras = merged.extras.len() as u32;
    let templates = merged.templates.len() as u32;
    merged.rows.extend(part.rows.into_iter().map(|row| Row {
        template: row.template + templates,
        extra: if row.extra == Row::PLAIN {
            Row::PLAIN
        } else {
            row.extra + extras
        },
        source: moved(row.source),
        user: moved(row.user),
        group: moved(row.group),
        ..row
    }));
    let behind = |range: Range<u32>, length: usize| {
        if range.is_empty() {
            0..0
        } else {
            range.start + length as u32..range.end + length as u32
        }
    };
    merged
        .extras
        .extend(part.extras.into_iter().map(|extra| Extra {
            dependencies: behind(extra.dependencies, merged.dependencies.len()),
            child_work: behind(extra.child_work, merged.child_work.len()),
            fates: behind(extra.fates, merged.fates.len()),
            child_fates: behind(extra.child_fates, merged.child_fates.len()),
            anchors: behind(extra.anchors, merged.anchors.len()),
            array_source: extra.array_source.map(moved),
            ..extra
        }));
    merged.templates.extend(part.templates);
    let later = |row: RowId| RowId(row.0 + first);
    merged
        .dependencies
        .extend(part.dependencies.into_iter().map(|mut dependency| {
            dependency.on = later(dependency.on);
            dependency
        }));
    merged
        .anchors
        .extend(part.anchors.into_iter().map(|mut anchor| {
            anchor.after = later(anchor.after);
            anchor
        }));
    merged.child_work.extend(part.child_work);
    let ranges = part.child_fates.into_iter();
    merged
        .child_fates
        .extend(ranges.map(|range| behind(range, merged.fates.len())));
    merged.fates.extend(part.fates);
    merged.names.extend(part.names);
    if part.closed_loop == Loop::Closed {
        merged.closed_loop = Loop::Closed;
    }
}

/// Sorts the rows by submission; what names a row follows it.
fn sort(workload: &mut Workload) {
    let mut order: Vec<u32> = (0..workload.rows.len() as u32).collect();
    order.sort_by_key(|&index| workload.rows[index as usize].submit);
    let mut place = vec![RowId(0); order.len()];
    for (at, &index) in order.iter().enumerate() {
        place[index as usize] = RowId::at(at);
    }
    workload.rows = order
        .iter()
        .map(|&index| workload.rows[index as usize])
        .collect();
    for dependency in &mut workload.dependencies {
        dependency.on = place[dependency.on.index()];
    }
    for anchor in &mut workload.anchors {
        anchor.after = place[anchor.after.index()];
    }
}

#[cfg(test)]
mod tests {
    use super::super::{TraceOptions, csv_trace};
    use super::*;

    fn part(text: &str) -> Workload {
        csv_trace::read(text.as_bytes(), "jobs.csv", &TraceOptions::default())
            .unwrap()
            .workload
    }

    fn ids(workload: &Workload) -> Vec<String> {
        let text = |row: &Row| {
            let mut text = Vec::new();
            workload.write_source(row.source, &mut text);
            String::from_utf8(text).unwrap()
        };
        workload.rows.iter().map(text).collect()
    }

    #[test]
    fn what_rows_refer_to_moves_with_them() {
        let first = "job_id,submit_s,run_s,vcpus,job_queue,depends_on,user\n\
                     a,5,1,1,q,,ann\nb,9,1,1,q,a,\n";
        let second = "job_id,submit_s,run_s,vcpus,array_size,after,fates,user\n\
                      c,0,1,1,,,3@1;0@1,bob\nd,5,1,1,4,c,,9\n";
        let merged = merge(vec![part(first), part(second)]);
        assert_eq!(ids(&merged), ["c", "a", "d", "b"]);
        let extra = |row: usize| merged.extra(&merged.rows[row]).unwrap();
        assert_eq!(
            merged.dependencies[extra(3).dependencies.start as usize].on,
            RowId(1)
        );
        assert_eq!(
            merged.anchors[extra(2).anchors.start as usize].after,
            RowId(0)
        );
        assert_eq!(extra(2).array, 4);
        assert_eq!(merged.fates[extra(0).fates.start as usize].exit_code, 3);
        assert_eq!(merged.closed_loop, Loop::Closed);
        let queue = |row: usize| {
            merged.templates[merged.rows[row].template as usize]
                .job_queue
                .as_str()
        };
        assert_eq!(
            [queue(0), queue(1), queue(2), queue(3)],
            ["trace", "q", "trace", "q"]
        );
        let user = |row: usize| &merged.names[(merged.rows[row].user - Row::NAMED) as usize];
        assert_eq!([user(0), user(1)], ["bob", "ann"]);
        assert_eq!(
            (merged.rows[2].user, merged.rows[3].user),
            (9, Row::UNKNOWN)
        );
    }

    #[test]
    fn a_part_whose_identifiers_are_taken_gets_its_number_in_front() {
        let text = "job_id,submit_s,run_s,vcpus,array_id,array_index\n1,0,1,1,,\n,0,1,1,x,0\n";
        let other = "job_id,submit_s,run_s,vcpus\n7,0,1,1\n";
        let merged = merge(vec![part(text), part(other), part(text)]);
        assert_eq!(ids(&merged), ["1", "x", "7", "3-1", "3-x"]);
        let array = merged.extra(&merged.rows[4]).unwrap().array_source.unwrap();
        assert_eq!(merged.names[(array - Row::NAMED) as usize], "3-x");
    }

    #[test]
    fn counts_add_up_and_one_part_stays_as_it_is() {
        let text = "submit_s,run_s,vcpus\n5,1.0001,1\n1,1,1\n";
        let both = merge(vec![part(text), part(text)]);
        assert_eq!(
            both.repaired,
            [("rounded-to-ms", 2), ("unsorted-submit", 2)]
        );
        assert_eq!(ids(&merge(vec![part(text)])), ["2", "1"]);
        assert!(merge(Vec::new()).rows.is_empty());
    }
}
