//! Several workloads as one: rows in one order, everything they refer to renumbered.

use std::ops::Range;

use crate::model::{Loop, Row, Workload};
use crate::units::RowId;

/// All rows of `parts`, by time of submission; at one moment those of an earlier part first.
///
/// # Errors
/// A sentence, where there are more rows than can be numbered.
pub fn merge(mut parts: Vec<Workload>) -> Result<Workload, String> {
    if parts.len() <= 1 {
        return Ok(parts.pop().unwrap_or_default());
    }
    let total: usize = parts.iter().map(|part| part.rows.len()).sum();
    let names: usize = parts.iter().map(|part| part.names.len()).sum();
    if total >= u32::MAX as usize || names >= Row::NAMED as usize {
        return Err(format!("{total} jobs in all are more than can be numbered"));
    }
    let order = order(&parts, total);
    let mut merged = Workload::default();
    for (number, part) in parts.into_iter().enumerate() {
        let renumber = |id: RowId| RowId(order[number][id.index()]);
        let at = |list: usize| u32::try_from(list).unwrap_or(u32::MAX);
        let dependencies = at(merged.dependencies.len());
        let child_work = at(merged.child_work.len());
        let fates = at(merged.fates.len());
        let anchors = at(merged.anchors.len());
        let names = at(merged.names.len());
        let extras = at(merged.extras.len());
        let templates = at(merged.templates.len());
        let source = |id: u32| if id < Row::NAMED { id } else { id + names };
        merged.rows.extend(part.rows.into_iter().map(|row| Row {
            template: row.template + templates,
            extra: if row.extra == Row::PLAIN {
                Row::PLAIN
            } else {
                row.extra + extras
            },
            source: source(row.source),
            ..row
        }));
        merged
            .extras
            .extend(part.extras.into_iter().map(|mut extra| {
                extra.dependencies = shifted(extra.dependencies, dependencies);
                extra.child_work = shifted(extra.child_work, child_work);
                extra.fates = shifted(extra.fates, fates);
                extra.anchors = shifted(extra.anchors, anchors);
                extra.array_source = extra.array_source.map(source);
                extra
            }));
        merged
            .dependencies
            .extend(part.dependencies.into_iter().map(|mut dependency| {
                dependency.on = renumber(dependency.on);
                dependency
            }));
        merged
            .anchors
            .extend(part.anchors.into_iter().map(|mut anchor| {
                anchor.after = renumber(anchor.after);
                anchor
            }));
        merged.templates.extend(part.templates);
        merged.child_work.extend(part.child_work);
        merged.fates.extend(part.fates);
        merged.names.extend(part.names);
        if part.closed_loop == Loop::Closed {
            merged.closed_loop = Loop::Closed;
        }
        add(&mut merged.dropped, part.dropped);
        add(&mut merged.repaired, part.repaired);
    }
    // The order of parts is kept among rows of one moment, as `order` numbered them.
    merged.rows.sort_by_key(|row| row.submit);
    Ok(merged)
}

/// For each part, the number in the whole of each of its rows.
fn order(parts: &[Workload], total: usize) -> Vec<Vec<u32>> {
    let mut places: Vec<(usize, usize)> = Vec::with_capacity(total);
    for (number, part) in parts.iter().enumerate() {
        places.extend((0..part.rows.len()).map(|row| (number, row)));
    }
    places.sort_by_key(|&(number, row)| parts[number].rows[row].submit);
    let mut order: Vec<Vec<u32>> = parts.iter().map(|part| vec![0; part.rows.len()]).collect();
    for (place, (number, row)) in places.into_iter().enumerate() {
        order[number][row] = u32::try_from(place).unwrap_or(u32::MAX);
    }
    order
}

fn shifted(range: Range<u32>, by: u32) -> Range<u32> {
    if range.is_empty() {
        return 0..0;
    }
    range.start + by..range.end + by
}

fn add(counts: &mut Vec<(&'static str, u64)>, more: Vec<(&'static str, u64)>) {
    for (rule, rows) in more {
        match counts.iter_mut().find(|(known, _)| *known == rule) {
            Some((_, sum)) => *sum += rows,
            None => counts.push((rule, rows)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Dependency, DependencyKind, Extra, SubmitJob};
    use crate::units::{SimTime, Span};

    fn part(name: &str, submits: &[u64]) -> Workload {
        let mut part = Workload::default();
        part.templates.push(SubmitJob {
            job_name: name.to_owned(),
            ..SubmitJob::default()
        });
        for (index, &submit) in submits.iter().enumerate() {
            let extra = if index == 0 {
                Row::PLAIN
            } else {
                part.dependencies.push(Dependency {
                    on: RowId::at(index - 1),
                    kind: DependencyKind::Whole,
                });
                let end = part.dependencies.len() as u32;
                part.extras.push(Extra {
                    dependencies: end - 1..end,
                    ..Extra::default()
                });
                part.extras.len() as u32 - 1
            };
            part.names.push(format!("{name}{index}"));
            part.rows.push(Row {
                submit: SimTime::from_s(submit),
                work: Span::ZERO,
                estimate: Span::ZERO,
                vcpus: 1,
                memory: 0,
                gpus: 0,
                template: 0,
                extra,
                source: Row::NAMED + index as u32,
                user: Row::UNKNOWN,
                group: Row::UNKNOWN,
            });
        }
        part
    }

    #[test]
    fn merged_rows_keep_their_order_their_names_and_what_they_depend_on() {
        let merged = merge(vec![part("a", &[0, 5, 9]), part("b", &[0, 5, 7])]).unwrap();
        let mut story = Vec::new();
        for row in &merged.rows {
            let mut name = Vec::new();
            merged.write_source(row.source, &mut name);
            let on = merged.extra(row).map(|extra| {
                let range = extra.dependencies.start as usize..extra.dependencies.end as usize;
                merged.dependencies[range][0].on.index()
            });
            let template = &merged.templates[row.template as usize].job_name;
            story.push((String::from_utf8(name).unwrap(), template.as_str(), on));
        }
        let want = [
            ("a0", "a", None),
            ("b0", "b", None),
            ("a1", "a", Some(0)),
            ("b1", "b", Some(1)),
            ("b2", "b", Some(3)),
            ("a2", "a", Some(2)),
        ];
        let want: Vec<_> = want
            .into_iter()
            .map(|(name, template, on)| (name.to_owned(), template, on))
            .collect();
        assert_eq!(story, want);
    }
}
