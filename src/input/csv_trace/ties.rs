//! What ties rows together: identifiers are looked up, rows are sorted, dependencies and anchors become their places.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rustc_hash::FxHashMap;

use crate::model::rules::DEPENDENCIES_MAX;
use crate::model::{Anchor, Dependency, DependencyKind, Extra, Loop, Row, Workload};
use crate::units::RowId;

use super::super::builder::parse_whole;
use super::super::sessions::{self, Link};
use super::super::{ClosedLoop, Problem, Trace};
use super::cells::entries;
use super::columns::Column;
use super::draft::{Draft, Drafts, More};
use super::mend;

/// One row waits for another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    /// The draft that waits.
    pub(super) from: u32,
    /// The draft that it waits for.
    pub(super) on: u32,
    /// What must succeed, or `None` where any end will do.
    needs: Option<DependencyKind>,
}

/// What an identifier names: a draft, or a child of one.
#[derive(Clone, Copy, Debug)]
struct Target {
    draft: u32,
    child: Option<u32>,
    line: u64,
}

/// Turns drafts into a trace.
pub(super) fn tie(mut drafts: Drafts<'_>) -> Result<Trace, Vec<Problem>> {
    check_count(&mut drafts);
    if drafts.options.mend {
        mend::drop_duplicates(&mut drafts);
    }
    let targets = name_targets(&mut drafts);
    let mut edges = resolve(&mut drafts, &targets);
    if !drafts.problems.is_empty() {
        return Err(drafts.problems.into_list());
    }
    let by_number = drafts.columns.has(Column::End);
    let order = loop {
        let circle = match order(&drafts.list, &edges, by_number) {
            Ok(order) => break order,
            Err(circle) => circle,
        };
        if drafts.options.mend {
            mend::cut_circle(&mut drafts, &mut edges, &circle);
            continue;
        }
        {
            let names: Vec<String> = circle
                .iter()
                .take(10)
                .map(|&index| {
                    let draft = &drafts.list[index as usize];
                    format!(
                        "`{}` (line {})",
                        drafts.identifiers.show(draft.row.source),
                        draft.line
                    )
                })
                .collect();
            let more = if circle.len() > names.len() {
                " and others"
            } else {
                ""
            };
            let line = circle
                .first()
                .map_or(0, |&index| drafts.list[index as usize].line);
            let message = format!(
                "jobs wait for each other in a circle, so none can start: {}{more}",
                names.join(", ")
            );
            drafts.problems.add(line, "depends_on", message);
            return Err(drafts.problems.into_list());
        }
    };
    Ok(build(drafts, &edges, &order))
}

/// All jobs, counted by children, can be numbered.
fn check_count(drafts: &mut Drafts<'_>) {
    let size = |draft: &Draft| {
        draft
            .more
            .as_ref()
            .map_or(0, |more| u64::from(more.array_size))
    };
    let jobs: u64 = drafts.list.iter().map(|draft| 1 + size(draft)).sum();
    if jobs >= u64::from(u32::MAX) {
        let message = format!(
            "has {jobs} jobs with all children; at most {} can be numbered",
            u32::MAX - 1
        );
        drafts.problems.add(0, "", message);
    }
}

/// What each identifier names; one that names two things is a problem. Nothing where nobody asks and none can be there twice.
fn name_targets(drafts: &mut Drafts<'_>) -> FxHashMap<u32, Target> {
    let waits = |more: &More| !more.depends_on.is_empty() || !more.after.is_empty();
    let is_asked = (drafts.list.iter()).any(|draft| draft.more.as_deref().is_some_and(waits));
    let is_ascending = drafts
        .list
        .is_sorted_by(|one, other| one.row.source < other.row.source);
    if is_ascending && !is_asked && drafts.child_ids.is_empty() {
        return FxHashMap::default();
    }
    let rows = drafts.list.iter().enumerate().map(|(index, draft)| {
        let target = Target {
            draft: index as u32,
            child: None,
            line: draft.line,
        };
        (draft.row.source, target)
    });
    let children = drafts
        .child_ids
        .iter()
        .map(|&(source, place, index, line)| {
            let target = Target {
                draft: place as u32,
                child: Some(index),
                line,
            };
            (source, target)
        });
    let mut targets = FxHashMap::default();
    targets.reserve(drafts.list.len());
    for (source, target) in rows.chain(children) {
        if let Some(first) = targets.insert(source, target) {
            let (line, earlier) = (target.line.max(first.line), target.line.min(first.line));
            let id = drafts.identifiers.show(source);
            let message = format!("`{id}` names the job of line {earlier} already");
            drafts.problems.add(line, "job_id", message);
        }
    }
    targets
}

/// Looks up what rows wait for.
fn resolve(drafts: &mut Drafts<'_>, targets: &FxHashMap<u32, Target>) -> Vec<Edge> {
    let mut edges = Vec::new();
    let mut gone = 0;
    for from in 0..drafts.list.len() {
        let Some(more) = &drafts.list[from].more else {
            continue;
        };
        if more.depends_on.is_empty() && more.after.is_empty() {
            continue;
        }
        let (depends_on, after) = (more.depends_on.clone(), more.after.clone());
        let line = drafts.list[from].line;
        let first = edges.len();
        for (column, text) in [("depends_on", &depends_on), ("after", &after)] {
            for entry in entries(text) {
                if column == "depends_on" && entry.eq_ignore_ascii_case("sequential") {
                    continue;
                }
                match look_up(drafts, targets, from, entry, column == "depends_on") {
                    Ok(Some(edge)) => edges.push(edge),
                    Ok(None) => gone += 1,
                    Err(_) if drafts.options.mend => {
                        drafts
                            .repaired
                            .at("orphan-dependency", || format!("line {line}"));
                    }
                    Err(message) => drafts.problems.add(line, column, message),
                }
            }
        }
        let count = edges[first..]
            .iter()
            .filter(|edge| edge.needs.is_some())
            .count();
        if count > DEPENDENCIES_MAX && !drafts.options.lift_limits {
            let message = format!("{count} dependencies; AWS takes at most {DEPENDENCIES_MAX}");
            drafts.problems.add(line, "depends_on", message);
        }
        if is_sequential(&depends_on) && array_size(&drafts.list[from]) == 0 {
            let message = "`sequential` is for arrays; this row is a single job";
            drafts.problems.add(line, "depends_on", message);
        }
    }
    drafts.repaired.add("dependency-on-dropped", gone);
    edges
}

/// Whether child i waits for child i − 1.
fn is_sequential(depends_on: &str) -> bool {
    entries(depends_on).any(|entry| entry.eq_ignore_ascii_case("sequential"))
}

fn array_size(draft: &Draft) -> u32 {
    draft.more.as_ref().map_or(0, |more| more.array_size)
}

/// What `entry` of the draft `from` means; `None` where it names a dropped job.
fn look_up(
    drafts: &Drafts<'_>,
    targets: &FxHashMap<u32, Target>,
    from: usize,
    entry: &str,
    is_dependency: bool,
) -> Result<Option<Edge>, String> {
    const N_TO_N: &str = "n_to_n:";
    let is_same_index = is_dependency
        && entry
            .get(..N_TO_N.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(N_TO_N));
    let id = if is_same_index {
        &entry[N_TO_N.len()..]
    } else {
        entry
    };
    let target = match find(drafts, targets, id) {
        Found::Target(target) => target,
        Found::Gone => return Ok(None),
        Found::Nothing => {
            return Err(format!(
                "`{entry}` names no job of this trace; write its job_id, or array_id:index for a child"
            ));
        }
    };
    let on = &drafts.list[target.draft as usize];
    if target.draft as usize == from {
        return Err(format!("`{entry}` is this job itself"));
    }
    let own = &drafts.list[from];
    if on.row.submit > own.row.submit {
        return Err(format!(
            "`{entry}` is submitted at {} s, later than this job; a job can wait only for earlier ones",
            on.row.submit
        ));
    }
    let kind = match target.child {
        _ if is_same_index => {
            let (own, other) = (array_size(own), array_size(on));
            if own == 0 || own != other {
                return Err(format!(
                    "`{entry}` needs two arrays of one size; this row has {own} children and that one {other}"
                ));
            }
            DependencyKind::SameIndex
        }
        None => DependencyKind::Whole,
        Some(index) if index < array_size(on) => DependencyKind::Child(index),
        Some(index) => {
            return Err(format!(
                "`{entry}`: that job has {} children, so there is none with index {index}",
                array_size(on)
            ));
        }
    };
    if !is_dependency && kind != DependencyKind::Whole {
        return Err(format!(
            "`{entry}` is the child of an array; a submission can wait for whole jobs only"
        ));
    }
    Ok(Some(Edge {
        from: from as u32,
        on: target.draft,
        needs: is_dependency.then_some(kind),
    }))
}

/// What an identifier in a list means.
enum Found {
    /// A job of the trace.
    Target(Target),
    /// A dropped job.
    Gone,
    /// No job.
    Nothing,
}

/// Looks up `id`: as it stands, or else as array and index.
fn find(drafts: &Drafts<'_>, targets: &FxHashMap<u32, Target>, id: &str) -> Found {
    let whole = |id: &str| match drafts.identifiers.find(id) {
        Some(source) => match targets.get(&source) {
            Some(&target) => Found::Target(target),
            None if drafts.gone.contains(&source) => Found::Gone,
            None => Found::Nothing,
        },
        None => Found::Nothing,
    };
    match (whole(id), id.rsplit_once(':')) {
        (Found::Nothing, Some((array, index))) => {
            match (whole(array), parse_whole(index.as_bytes(), 0, u32::MAX - 1)) {
                (Found::Target(target), Ok(index)) if target.child.is_none() => {
                    Found::Target(Target {
                        child: Some(index),
                        ..target
                    })
                }
                (Found::Gone, Ok(_)) => Found::Gone,
                _ => Found::Nothing,
            }
        }
        (found, _) => found,
    }
}

/// The drafts in order of submission; of one moment by number (names last) or by place, and what waits for another after
/// it. The error is a set of drafts that contains a circle.
fn order(list: &[Draft], edges: &[Edge], by_number: bool) -> Result<Vec<u32>, Vec<u32>> {
    let mut order: Vec<u32> = (0..list.len() as u32).collect();
    let submit = |index: u32| list[index as usize].row.submit;
    let number = |index: u32| match list[index as usize].row.source {
        source if by_number => source.min(Row::NAMED),
        _ => 0,
    };
    if list.is_sorted_by_key(|draft| draft.row.submit) && !by_number && edges.is_empty() {
        return Ok(order);
    }
    order.sort_by_key(|&index| (submit(index), number(index)));
    let mut place = vec![0; list.len()];
    for (at, &index) in order.iter().enumerate() {
        place[index as usize] = at as u32;
    }
    // (place waited for, place that waits), where both are of one moment.
    let mut pairs: Vec<(u32, u32)> = edges
        .iter()
        .filter(|edge| submit(edge.on) == submit(edge.from))
        .map(|edge| (place[edge.on as usize], place[edge.from as usize]))
        .collect();
    if pairs.iter().all(|(on, from)| on < from) {
        return Ok(order);
    }
    pairs.sort_unstable();
    let mut sorted = Vec::with_capacity(order.len());
    let mut start = 0;
    for group in order.chunk_by(|a, b| submit(*a) == submit(*b)) {
        let last = start + group.len();
        let first_pair = pairs.partition_point(|(on, _)| (*on as usize) < start);
        let end_pair = pairs.partition_point(|(on, _)| (*on as usize) < last);
        let within = sort_group(start, group.len(), &pairs[first_pair..end_pair]);
        if within.len() < group.len() {
            let mut is_sorted = vec![false; group.len()];
            for at in within {
                is_sorted[at as usize - start] = true;
            }
            let left = group.iter().zip(is_sorted).filter(|(_, done)| !done);
            return Err(left.map(|(index, _)| *index).collect());
        }
        sorted.extend(within.iter().map(|&at| order[at as usize]));
        start = last;
    }
    Ok(sorted)
}

/// Sorts the places `start..start + count` so that each comes after those it waits for, and otherwise as early as it can.
/// What is part of a circle, or waits for one, is left out.
fn sort_group(start: usize, count: usize, pairs: &[(u32, u32)]) -> Vec<u32> {
    let mut waits = vec![0u32; count];
    for (_, from) in pairs {
        waits[*from as usize - start] += 1;
    }
    let mut ready: BinaryHeap<Reverse<u32>> = (0..count)
        .filter(|at| waits[*at] == 0)
        .map(|at| Reverse((start + at) as u32))
        .collect();
    let mut sorted = Vec::with_capacity(count);
    while let Some(Reverse(at)) = ready.pop() {
        sorted.push(at);
        let first = pairs.partition_point(|(on, _)| *on < at);
        for (_, from) in pairs[first..].iter().take_while(|(on, _)| *on == at) {
            let left = &mut waits[*from as usize - start];
            *left -= 1;
            if *left == 0 {
                ready.push(Reverse(*from));
            }
        }
    }
    sorted
}

/// The workload: rows in `order`, and what they wait for by place.
fn build(drafts: Drafts<'_>, edges: &[Edge], order: &[u32]) -> Trace {
    let mut place = vec![0; order.len()];
    for (at, &index) in order.iter().enumerate() {
        place[index as usize] = at;
    }
    let mut workload = Workload {
        templates: drafts.templates,
        names: drafts.identifiers.names,
        ..Workload::default()
    };
    let is_session = matches!(drafts.options.closed_loop, ClosedLoop::Sessions { .. });
    let mut links = Vec::new();
    let mut list = drafts.list;
    workload.rows.reserve_exact(list.len());
    for &index in order {
        let draft = &mut list[index as usize];
        let (mut row, more) = (draft.row, draft.more.take());
        if is_session {
            links.push(Link {
                job: -1,
                wait: more.as_ref().and_then(|more| more.wait),
                ..Link::default()
            });
        }
        if let Some(more) = more {
            // Edges are in order of the drafts that wait.
            let first = edges.partition_point(|edge| edge.from < index);
            let own = edges[first..].iter().take_while(|edge| edge.from == index);
            let extra = extra(&mut workload, *more, row.source, own, &place);
            if extra != Extra::default() {
                row.extra = workload.extras.len() as u32;
                workload.extras.push(extra);
            }
        }
        workload.rows.push(row);
    }
    let mut repaired = drafts.repaired;
    if !workload.anchors.is_empty() {
        workload.closed_loop = Loop::Closed;
    }
    if let ClosedLoop::Sessions { think_limit } = drafts.options.closed_loop {
        sessions::tie_users(&mut workload, &links, think_limit, &mut repaired);
    }
    let mut dropped = drafts.dropped;
    let mut firsts = dropped.take_firsts();
    firsts.extend(repaired.take_firsts());
    workload.dropped = dropped.into_counts();
    workload.repaired = repaired.into_counts();
    Trace {
        workload,
        firsts,
        notes: drafts.columns.note().into_iter().collect(),
        ..Trace::default()
    }
}

/// The extra of a row, its lists added to those of the workload.
fn extra<'e>(
    workload: &mut Workload,
    more: More,
    source: u32,
    edges: impl Iterator<Item = &'e Edge>,
    place: &[usize],
) -> Extra {
    let dependencies = workload.dependencies.len() as u32;
    let anchors = workload.anchors.len() as u32;
    for edge in edges {
        let on = RowId::at(place[edge.on as usize]);
        match edge.needs {
            Some(kind) => workload.dependencies.push(Dependency { on, kind }),
            None => workload.anchors.push(Anchor { after: on }),
        }
    }
    let child_work = workload.child_work.len() as u32;
    workload.child_work.extend(&more.child_work);
    let fates = workload.fates.len() as u32;
    workload.fates.extend(&more.fates);
    let child_fates = workload.child_fates.len() as u32;
    let range = |start: u32, end: usize| {
        if start as usize == end {
            0..0
        } else {
            start..end as u32
        }
    };
    Extra {
        array: more.array_size,
        sequential: is_sequential(&more.depends_on),
        dependencies: range(dependencies, workload.dependencies.len()),
        child_work: range(child_work, workload.child_work.len()),
        fates: range(fates, workload.fates.len()),
        child_fates: {
            for fates in &more.child_fates {
                let start = workload.fates.len() as u32;
                workload.fates.extend(fates);
                let own = range(start, workload.fates.len());
                workload.child_fates.push(own);
            }
            range(child_fates, workload.child_fates.len())
        },
        peak_memory: more.peak_memory,
        anchors: range(anchors, workload.anchors.len()),
        think: more.think,
        poll: more.poll,
        array_source: more.child.map(|_| source),
    }
}
