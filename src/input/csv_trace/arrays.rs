//! Gathers the rows of array children to one row for each array.

use rustc_hash::FxHashMap;

use crate::model::{Fate, Row};
use crate::units::Span;

use super::draft::{Draft, Drafts, More};

/// Replaces the drafts of children by one draft for each array, at the place of its first child.
pub(super) fn gather(drafts: &mut Drafts<'_>) {
    let is_child = |draft: &Draft| draft.more.as_ref().is_some_and(|more| more.child.is_some());
    if !drafts.list.iter().any(is_child) {
        return;
    }
    let mut list = Vec::with_capacity(drafts.list.len());
    let mut arrays: Vec<Array> = Vec::new();
    let mut array_of: FxHashMap<u32, usize> = FxHashMap::default();
    for draft in std::mem::take(&mut drafts.list) {
        let Some((id, index)) = draft.more.as_ref().and_then(|more| more.child) else {
            list.push(draft);
            continue;
        };
        let array = *array_of.entry(id).or_insert_with(|| {
            arrays.push(Array::new(id, list.len()));
            // Holds the place; its own draft replaces it below.
            list.push(Draft {
                row: draft.row,
                line: draft.line,
                more: None,
            });
            arrays.len() - 1
        });
        arrays[array].children.push((index, draft));
    }
    for array in arrays {
        let place = array.place;
        list[place] = array.into_draft(drafts);
    }
    drafts.list = list;
}

/// An array of which each child has a row.
struct Array {
    id: u32,
    /// Where its draft goes.
    place: usize,
    children: Vec<(u32, Draft)>,
}

impl Array {
    fn new(id: u32, place: usize) -> Array {
        Array {
            id,
            place,
            children: Vec::new(),
        }
    }

    /// One draft for all children; what they do not have in common is a problem or counted.
    fn into_draft(mut self, drafts: &mut Drafts<'_>) -> Draft {
        self.check_indexes(drafts);
        self.check_sameness(drafts);
        for (index, child) in &self.children {
            if child.row.source != Row::UNKNOWN {
                drafts
                    .child_ids
                    .push((child.row.source, self.place, *index, child.line));
            }
        }
        // Stable: of two with one index, which is a problem already, the first comes first.
        self.children.sort_by_key(|(index, _)| *index);
        let work: Vec<Span> = self
            .children
            .iter()
            .map(|(_, child)| child.row.work)
            .collect();
        let estimates = self.children.iter().map(|(_, child)| child.row.estimate);
        let estimate = estimates.clone().max().unwrap_or_default();
        if estimates.clone().any(|other| other != estimate) {
            drafts.repaired.add("child-estimates", 1);
        }
        let child_fates: Vec<Vec<Fate>> = match self.has_one_fate() {
            true => Vec::new(),
            false => self
                .children
                .iter()
                .map(|(_, child)| fates(child).to_vec())
                .collect(),
        };
        let size = self.children.len() as u32;
        let first_line = self.children.iter().map(|(_, child)| child.line).min();
        let (_, first) = self.children.swap_remove(0);
        let more = first.more.map_or_else(More::default, |more| *more);
        let longest = work.iter().copied().max().unwrap_or_default();
        Draft {
            row: Row {
                work: longest,
                estimate,
                source: self.id,
                ..first.row
            },
            line: first_line.unwrap_or(first.line),
            more: Some(Box::new(More {
                array_size: size,
                fates: if child_fates.is_empty() {
                    more.fates
                } else {
                    Vec::new()
                },
                child_fates,
                child_work: if work.iter().all(|other| *other == longest) {
                    Vec::new()
                } else {
                    work
                },
                ..more
            })),
        }
    }

    /// Every child from the first to the last is there, once.
    fn check_indexes(&self, drafts: &mut Drafts<'_>) {
        let size = self.children.len();
        let id = drafts.identifiers.show(self.id);
        let mut lines = vec![0; size];
        let mut problem = |line, column, message| drafts.problems.add(line, column, message);
        for (index, child) in &self.children {
            let stated = child.more.as_ref().map_or(0, |more| more.array_size);
            if stated > 0 && stated as usize != size {
                let message = format!("{stated}; the trace has {size} children of array `{id}`");
                problem(child.line, "array_size", message);
            }
            match lines.get_mut(*index as usize) {
                None => problem(
                    child.line,
                    "array_index",
                    format!(
                        "{index} is out of range; the trace has {size} children of array `{id}`, so the last is {}",
                        size - 1
                    ),
                ),
                Some(0) => lines[*index as usize] = child.line,
                Some(line) => {
                    let message =
                        format!("array `{id}` has a child {index} in line {line} already");
                    problem(child.line, "array_index", message);
                }
            }
        }
    }

    /// All children were submitted by one request.
    fn check_sameness(&self, drafts: &mut Drafts<'_>) {
        let Some((_, first)) = self.children.first() else {
            return;
        };
        let row = &first.row;
        for (_, child) in &self.children[1..] {
            let other = &child.row;
            let differing = [
                ("submit_s", other.submit != row.submit),
                ("vcpus", other.vcpus != row.vcpus),
                ("memory_mib", other.memory != row.memory),
                ("gpus", other.gpus != row.gpus),
                ("user", other.user != row.user),
                ("group", other.group != row.group),
                ("", other.template != row.template),
                ("", in_common(child) != in_common(first)),
            ];
            for (column, _) in differing.into_iter().filter(|(_, differs)| *differs) {
                let message = format!(
                    "differs from line {}; the children of an array differ in their run times, estimates and fates only",
                    first.line
                );
                drafts.problems.add(child.line, column, message);
            }
        }
    }

    /// Whether all children end alike, so that a row can say how.
    fn has_one_fate(&self) -> bool {
        let mut fates = self.children.iter().map(|(_, child)| fates(child));
        let first = fates.next();
        fates.all(|other| Some(other) == first)
    }
}

/// The fates that a draft states.
fn fates(draft: &Draft) -> &[Fate] {
    draft.more.as_ref().map_or(&[], |more| &more.fates)
}

/// What few rows have and children of one array share: what they wait for, how, and their peak memory.
fn in_common(draft: &Draft) -> Option<(&str, &str, Span, Span, u32)> {
    let more = draft.more.as_ref()?;
    Some((
        &more.depends_on,
        &more.after,
        more.think,
        more.poll,
        more.peak_memory,
    ))
}
