//! Leaves out what ties rows together wrongly, where a trace is to be mended.

use rustc_hash::FxHashSet;

use super::draft::Drafts;
use super::ties::Edge;

/// Keeps the first of all rows with one identifier.
pub(super) fn drop_duplicates(drafts: &mut Drafts<'_>) {
    let mut seen = FxHashSet::default();
    let mut list = std::mem::take(&mut drafts.list);
    let children = &drafts.child_ids;
    // The places of arrays that children with identifiers of their own name must not move.
    if children.is_empty() {
        list.retain(|draft| {
            let is_new = seen.insert(draft.row.source);
            if !is_new {
                let line = draft.line;
                drafts.dropped.at("duplicate-id", || format!("line {line}"));
            }
            is_new
        });
    }
    drafts.list = list;
}

/// Cuts one edge of a circle among `left`, drafts that are part of one or wait for one.
pub(super) fn cut_circle(drafts: &mut Drafts<'_>, edges: &mut Vec<Edge>, left: &[u32]) {
    let waits: FxHashSet<u32> = left.iter().copied().collect();
    let is_same_moment = |edge: &Edge| {
        let submit = |index: u32| drafts.list[index as usize].row.submit;
        submit(edge.from) == submit(edge.on)
    };
    let up = |from: u32| {
        // Edges are in order of the drafts that wait.
        let first = edges.partition_point(|edge| edge.from < from);
        (first..edges.len())
            .take_while(|&at| edges[at].from == from)
            .find(|&at| waits.contains(&edges[at].on) && is_same_moment(&edges[at]))
    };
    let mut seen = FxHashSet::default();
    let mut way = Vec::new();
    let mut at = left[0];
    while seen.insert(at) {
        let Some(edge) = up(at) else { break };
        way.push(edge);
        at = edges[edge].on;
    }
    // The circle is what was passed since `at` was passed first; the last of it in the file loses what it needs of it.
    let begin = way.iter().position(|&edge| edges[edge].from == at);
    let circle = &way[begin.unwrap_or(0)..];
    let Some(&last) = circle.iter().max_by_key(|&&edge| edges[edge].from) else {
        edges.clear();
        return;
    };
    let line = drafts.list[edges[last].from as usize].line;
    edges.remove(last);
    drafts.repaired.at("circle-cut", || format!("line {line}"));
}
