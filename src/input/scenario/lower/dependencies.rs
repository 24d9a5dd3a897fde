//! What the jobs of a list wait for, and an order in which they can be submitted.

use std::collections::{BTreeSet, HashMap};

use crate::model::DependencyKind;
use crate::model::rules;

use super::super::node::{Node, shortened};
use super::super::shape::did_you_mean;
use super::Lowering;
use super::jobs::Job;

impl Lowering<'_> {
    /// Resolves `dependsOn` and `after` of job `place`.
    pub(super) fn dependencies(
        &mut self,
        place: usize,
        places: &HashMap<&str, usize>,
        jobs: &mut [Job<'_>],
    ) {
        let node = jobs[place].node;
        let entries = node.list("dependsOn");
        if entries.len() > rules::DEPENDENCIES_MAX {
            let message = format!(
                "{} entries; at most {}",
                entries.len(),
                rules::DEPENDENCIES_MAX
            );
            self.problems.below(node, "dependsOn", message);
        }
        for (index, entry) in entries.iter().enumerate() {
            let path = format!("dependsOn/{index}");
            let kind = entry.text("type");
            let Some(reference) = entry.text("jobId") else {
                if kind == Some("SEQUENTIAL") {
                    self.sequential(node, &path, &mut jobs[place]);
                } else if entry.get("jobId").is_none() {
                    let message = "missing: the job it waits for";
                    self.problems.below(node, &format!("{path}/jobId"), message);
                }
                continue;
            };
            let path = format!("{path}/jobId");
            let (name, child) = match reference.split_once(':') {
                Some((name, child)) => (name, Some(child)),
                None => (reference, None),
            };
            let Some(other) = self.place_of(node, &path, name, places) else {
                continue;
            };
            let upstream = jobs[other].array;
            let fault = match (kind, child) {
                (Some("SEQUENTIAL"), _) => {
                    Some("SEQUENTIAL is about children of the job itself; leave jobId out".to_owned())
                }
                (Some("N_TO_N"), Some(_)) => {
                    Some("N_TO_N is about whole arrays; leave the index out".to_owned())
                }
                (Some("N_TO_N"), None) => (upstream == 0 || upstream != jobs[place].array).then(|| {
                    format!(
                        "N_TO_N needs two arrays of one size; `{name}` has {upstream} children and this job {}",
                        jobs[place].array
                    )
                }),
                (_, Some(child)) => {
                    let is_child = child.parse::<u32>().is_ok_and(|child| child < upstream);
                    (!is_child).then(|| match upstream {
                        0 => format!("`{name}` is no array and has no child {child}"),
                        size => format!("`{name}` has the children 0 to {}, not {child}", size - 1),
                    })
                }
                (_, None) => None,
            };
            let has_fault = fault.is_some();
            self.blame(node, &path, fault);
            if jobs[other].count > 1 && jobs[other].count != jobs[place].count {
                let message = format!(
                    "`{name}` is submitted {} times and this job {} times; copy i waits for copy i, so the counts must be equal",
                    jobs[other].count, jobs[place].count
                );
                self.problems.below(node, &path, message);
            }
            if !has_fault {
                let kind = match (kind, child.and_then(|child| child.parse().ok())) {
                    (Some("N_TO_N"), _) => DependencyKind::SameIndex,
                    (_, Some(child)) => DependencyKind::Child(child),
                    (_, None) => DependencyKind::Whole,
                };
                jobs[place].depends.push((other, kind));
            }
            jobs[place].needs.insert(other);
        }
        for (index, entry) in node.list("after").iter().enumerate() {
            let Some(name) = entry.as_text() else {
                continue;
            };
            let path = format!("after/{index}");
            let Some(other) = self.place_of(node, &path, name, places) else {
                continue;
            };
            if jobs[other].count > 1 && jobs[other].count != jobs[place].count {
                let message = format!(
                    "`{name}` is submitted {} times and this job {} times; copy i comes after copy i, so the counts must be equal",
                    jobs[other].count, jobs[place].count
                );
                self.problems.below(node, &path, message);
            }
            jobs[place].after.push(other);
            jobs[place].needs.insert(other);
        }
    }

    fn sequential(&mut self, node: &Node, path: &str, job: &mut Job<'_>) {
        if job.array == 0 {
            let message = "SEQUENTIAL needs an array; give arrayProperties.size";
            self.problems.below(node, &format!("{path}/type"), message);
        }
        job.sequential = true;
    }

    fn place_of(
        &mut self,
        node: &Node,
        path: &str,
        name: &str,
        places: &HashMap<&str, usize>,
    ) -> Option<usize> {
        let found = places.get(name).copied();
        if found.is_none() {
            let mut names: Vec<&str> = places.keys().copied().collect();
            names.sort_unstable();
            let hint = did_you_mean(name, &names);
            let message = format!(
                "there is no job called `{}` in this list{hint}",
                shortened(name)
            );
            self.problems.below(node, path, message);
        }
        found
    }

    /// The places of all jobs such that each comes after those it needs and else as early as in the file; nothing, and a
    /// problem for each circle, where there is no such order.
    pub(super) fn in_order(&mut self, jobs: &[Job<'_>]) -> Option<Vec<usize>> {
        let mut waits: Vec<usize> = jobs.iter().map(|job| job.needs.len()).collect();
        let mut needed_by: Vec<Vec<usize>> = vec![Vec::new(); jobs.len()];
        for (place, job) in jobs.iter().enumerate() {
            for &other in &job.needs {
                needed_by[other].push(place);
            }
        }
        let mut ready: BTreeSet<usize> =
            (0..jobs.len()).filter(|&place| waits[place] == 0).collect();
        let mut order = Vec::with_capacity(jobs.len());
        while let Some(place) = ready.pop_first() {
            order.push(place);
            for &next in &needed_by[place] {
                waits[next] -= 1;
                if waits[next] == 0 {
                    ready.insert(next);
                }
            }
        }
        if order.len() == jobs.len() {
            return Some(order);
        }
        let mut seen = vec![false; jobs.len()];
        for start in (0..jobs.len()).filter(|&place| waits[place] > 0) {
            // Every job left over needs another one left over: following those ends in a circle.
            let mut path = Vec::new();
            let mut place = start;
            while !seen[place] {
                seen[place] = true;
                path.push(place);
                let next = jobs[place].needs.iter().find(|&&other| waits[other] > 0);
                place = *next.unwrap_or(&place);
            }
            if let Some(from) = path.iter().position(|&other| other == place) {
                let mut names: Vec<&str> =
                    path[from..].iter().map(|&place| jobs[place].name).collect();
                names.push(jobs[place].name);
                let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
                let message = match &names[..] {
                    [name, _] => format!("{name} waits for itself"),
                    _ => format!(
                        "jobs wait for each other in a circle: {}",
                        names.join(", which waits for ")
                    ),
                };
                let job = &jobs[place];
                let key = if job.depends.is_empty() {
                    "after"
                } else {
                    "dependsOn"
                };
                self.problems.below(job.node, key, message);
            }
        }
        None
    }

    /// Faults of times: a job can depend only on what is submitted before it.
    pub(super) fn order_faults(&mut self, place: usize, jobs: &[Job<'_>]) {
        let job = &jobs[place];
        for (other, _) in &job.depends {
            let other = &jobs[*other];
            let last = job.count - 1;
            let upstream_last = last.min(other.count - 1);
            let is_late = other.at > job.at || other.submit(upstream_last) > job.submit(last);
            if is_late {
                let message = format!(
                    "depends on `{}`, which is submitted later (at {} s; this at {} s)",
                    other.name, other.at, job.at
                );
                self.problems.below(job.node, "dependsOn", message);
            } else if !other.after.is_empty() && job.after.is_empty() {
                let message = format!(
                    "depends on `{}`, which is submitted only when other jobs end; give this one after as well",
                    other.name
                );
                self.problems.below(job.node, "dependsOn", message);
            }
        }
    }
}
