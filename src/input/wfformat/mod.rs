//! Reads workflows in WfFormat 1.2 to 1.6 (WfCommons): tasks, what they need, and how long each ran.
//!
//! All tasks are submitted at once (`submit-missing` counts them: the format states no submissions), so what orders them is what they
//! need. Parents and children are joined (`edge-one-sided` counts edges that only one of the two states); where no task states any,
//! a task needs those that write the files it reads (`edge-from-file`). The identifier is the task's `id`, or its `name` where it has
//! none; `jobName` is its name.
//!
//! vCPUs are `coreCount`, rounded up, and one where it is missing (`vcpus-missing`). Memory is what the task used, in bytes from 1.4 on
//! and in KB before, and becomes what the job asks for; where it is missing the job asks for none (`memory-missing`). A task without
//! a run time runs for no time (`run-time-missing`).

mod document;
#[cfg(test)]
mod tests;

use std::io::Read;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::model::Row;
use crate::units::{NO_LIMIT_MIB, SimTime, Span};

use super::json_cells::{Cell, Entries, ListPart, ObjectPart, Part, parse, read_document};
use super::tasks::{Task, Tasks};
use super::{Problem, Trace, TraceOptions};

use document::{Root, Task as Stated, Workflow};

/// Reads a workflow, plain or gzip; `name` is what problems call it.
///
/// # Errors
/// Every problem, up to a hundred, and the number of the others.
pub fn read(reader: impl Read, name: &str, options: &TraceOptions) -> Result<Trace, Vec<Problem>> {
    let bytes = read_document(reader, name).map_err(|problem| vec![problem])?;
    let root = parse(&bytes, name).map_err(|problem| vec![problem])?;
    let mut reading = Reading::of(name, options);
    if let Some(workflow) = reading.workflow::<false>(root) {
        reading.tasks(workflow);
    }
    let has_edges = !reading.tasks.needs.is_empty();
    if !has_edges && reading.tasks.list.len() > 1 && reading.tasks.problems.is_empty() {
        // Files take longer to read than all else, and few documents need them.
        let root = parse(&bytes, name).map_err(|problem| vec![problem])?;
        if let Some(workflow) = reading.workflow::<true>(root) {
            reading.edges_from_files(&workflow);
        }
    }
    drop(bytes);
    reading.tasks.finish()
}

/// Where tasks stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// In `specification` and `execution`: 1.5 and later.
    Halves,
    /// In `workflow/tasks` or `workflow/jobs`.
    Flat,
}

struct Reading<'a> {
    tasks: Tasks<'a>,
    form: Form,
    /// Whether sizes without a unit are in KB.
    is_kb: bool,
}

/// A workflow's list of tasks.
type List<'d, const FILES: bool> = Vec<ObjectPart<'d, Stated<'d, FILES>>>;

impl<'a> Reading<'a> {
    fn of(name: &'a str, options: &'a TraceOptions) -> Reading<'a> {
        Reading {
            tasks: Tasks::of(name, options),
            form: Form::Halves,
            is_kb: false,
        }
    }

    /// The workflow of a document, its form and its units seen.
    fn workflow<'d, const FILES: bool>(
        &mut self,
        root: ObjectPart<'d, Root<'d, FILES>>,
    ) -> Option<Workflow<'d, FILES>> {
        let mut wrong = |pointer: &str, what: &Cell<'_>, should: &str| {
            let message = format!("is {}; must be {should}", what.shown());
            self.tasks.problems.add(0, pointer, message);
        };
        let root = match root {
            Part::Is(Entries(root)) => root,
            Part::Missing => {
                wrong("", &Cell::Missing, "an object with a `workflow`");
                return None;
            }
            Part::Other(other) => {
                wrong("", &other, "an object with a `workflow`");
                return None;
            }
        };
        let workflow = match root.workflow {
            Part::Is(Entries(workflow)) => workflow,
            Part::Missing => {
                wrong("/workflow", &Cell::Missing, "an object with tasks");
                return None;
            }
            Part::Other(other) => {
                wrong("/workflow", &other, "an object with tasks");
                return None;
            }
        };
        let version = match &root.version {
            Cell::Text(text) => text.clone().into_owned(),
            Cell::Number(number) => number.to_string(),
            _ => String::new(),
        };
        let is_flat =
            !matches!(workflow.tasks, Part::Missing) || !matches!(workflow.jobs, Part::Missing);
        self.form = if is_flat { Form::Flat } else { Form::Halves };
        self.is_kb = matches!(version.as_str(), "1.0" | "1.1" | "1.2" | "1.3");
        Some(workflow)
    }

    /// The list that a part should be.
    fn list<'d, T>(&mut self, part: ListPart<'d, T>, pointer: &str) -> Vec<T> {
        let what = match part {
            Part::Is(list) => return list,
            Part::Missing => Cell::Missing,
            Part::Other(other) => other,
        };
        let message = format!("is {}; must be a list of tasks", what.shown());
        self.tasks.problems.add(0, pointer, message);
        Vec::new()
    }

    /// The lists of the tasks as specified and as executed; of a flat document the second is empty.
    fn lists<'d, const FILES: bool>(
        &mut self,
        workflow: Workflow<'d, FILES>,
    ) -> (List<'d, FILES>, List<'d, FILES>) {
        if self.form == Form::Flat {
            let (part, pointer) = match workflow.tasks {
                Part::Missing => (workflow.jobs, "/workflow/jobs"),
                part => (part, "/workflow/tasks"),
            };
            self.tasks.pointer = Some(pointer);
            return (self.list(part, pointer), Vec::new());
        }
        let mut halves = Vec::new();
        for (part, name) in [
            (workflow.specification, "specification"),
            (workflow.execution, "execution"),
        ] {
            let pointer = format!("/workflow/{name}");
            halves.push(match part {
                Part::Is(Entries(half)) => self.list(half.tasks, &format!("{pointer}/tasks")),
                Part::Missing => {
                    let message = "is missing; WfFormat 1.5 states what tasks need in `specification` and how long they ran in `execution`, \
                                   and a workflow that never ran has no run times to replay";
                    self.tasks.problems.add(0, &pointer, message);
                    Vec::new()
                }
                Part::Other(other) => {
                    let message = format!("is {}; must be an object with tasks", other.shown());
                    self.tasks.problems.add(0, &pointer, message);
                    Vec::new()
                }
            });
        }
        let execution = halves.pop().unwrap_or_default();
        (halves.pop().unwrap_or_default(), execution)
    }

    fn tasks<const FILES: bool>(&mut self, workflow: Workflow<'_, FILES>) {
        self.tasks.pointer = Some("/workflow/specification/tasks");
        let (specified, executed) = self.lists(workflow);
        let mut runs: FxHashMap<String, usize> = FxHashMap::default();
        let mut run_list = Vec::with_capacity(executed.len());
        for (place, part) in executed.into_iter().enumerate() {
            let Some(task) = self.task(part, place, "/workflow/execution/tasks") else {
                continue;
            };
            match task.id.text() {
                Ok(Some(id)) => {
                    runs.insert(id.into_owned(), run_list.len());
                    run_list.push((place, task));
                }
                _ => {
                    let message = format!("is {}; must be the id of a task", task.id.shown());
                    let pointer = format!("/workflow/execution/tasks/{place}/id");
                    self.tasks.problems.add(0, &pointer, message);
                }
            }
        }
        let mut list = Vec::with_capacity(specified.len());
        for (place, part) in specified.into_iter().enumerate() {
            let pointer = self.tasks.pointer.unwrap_or_default();
            if let Some(task) = self.task(part, place, pointer) {
                list.push((place, task));
            }
        }
        if list.is_empty() && self.tasks.problems.is_empty() {
            let pointer = self.tasks.pointer.unwrap_or_default();
            self.tasks.problems.add(0, pointer, "has no task");
        }
        let by_name = self.form == Form::Flat && are_named(&list);
        let mut edges: FxHashSet<(u64, u64)> = FxHashSet::default();
        let mut stated = Vec::with_capacity(list.len());
        for (place, task) in &list {
            let before = self.tasks.problems.count();
            let read = self.read_task(*place as u64, task, by_name, &runs, &run_list);
            self.tasks.judge(before, *place as u64);
            if let Some((task, children)) = read
                && !(self.tasks.options.mend && self.tasks.problems.count() > before)
            {
                for need in &self.tasks.needs[task.needs.start as usize..task.needs.end as usize] {
                    edges.insert((*need, task.key));
                }
                stated.push((task.key, children));
                self.tasks.push(task, true);
            }
        }
        self.join_children(&edges, &stated);
    }

    /// The task that a part should be.
    fn task<'d, const FILES: bool>(
        &mut self,
        part: ObjectPart<'d, Stated<'d, FILES>>,
        place: usize,
        pointer: &str,
    ) -> Option<Stated<'d, FILES>> {
        let what = match part {
            Part::Is(Entries(task)) => return Some(task),
            Part::Missing => Cell::Missing,
            Part::Other(other) => other,
        };
        let message = format!("is {}; must be a task, an object", what.shown());
        self.tasks
            .problems
            .add(0, &format!("{pointer}/{place}"), message);
        None
    }

    /// One task and the keys of its children; `None` where something is wrong.
    fn read_task<const FILES: bool>(
        &mut self,
        place: u64,
        task: &Stated<'_, FILES>,
        by_name: bool,
        runs: &FxHashMap<String, usize>,
        run_list: &[(usize, Stated<'_, FILES>)],
    ) -> Option<(Task, Vec<u64>)> {
        let name = self.text(place, "name", &task.name);
        let id = self.text(place, "id", &task.id).or(name.clone());
        let Some(id) = id.filter(|id| !id.is_empty()) else {
            self.tasks
                .wrong(place, "id", "is missing: what parents and children call it");
            return None;
        };
        let run = runs.get(&id).map(|&at| &run_list[at]);
        let (run_place, run_task, is_run) = match (self.form, run) {
            (Form::Halves, Some((run_place, run_task))) => (*run_place as u64, run_task, true),
            _ => (place, task, self.form == Form::Flat),
        };
        let pointer = match self.form {
            Form::Halves => "/workflow/execution/tasks",
            Form::Flat => self.tasks.pointer.unwrap_or_default(),
        };
        let mut number = |field: &str, read: Result<Option<u64>, String>| {
            read.map_err(|message| {
                let pointer = format!("{pointer}/{run_place}/{field}");
                self.tasks.problems.add(0, &pointer, message);
            })
            .unwrap_or_default()
        };
        let (mut runtime, mut cores, mut memory) = (None, None, None);
        if is_run {
            runtime = number("runtimeInSeconds", run_task.runtime.milliseconds());
            cores = number("coreCount", run_task.cores.at_least(0, u64::from(u32::MAX)));
            memory = number("memoryInBytes", run_task.memory.at_least(0, u64::MAX));
        }
        let scale = if self.is_kb || run_task.memory_in_kb {
            1 << 10
        } else {
            1
        };
        let mib = memory.map(|size| {
            let bytes = u128::from(size) * scale;
            u64::try_from(bytes.div_ceil(1 << 20)).unwrap_or(u64::MAX)
        });
        if mib.is_some_and(|mib| mib >= u64::from(NO_LIMIT_MIB)) {
            let message = format!(
                "is {}, more memory than can be counted",
                run_task.memory.shown()
            );
            self.tasks
                .problems
                .add(0, &format!("{pointer}/{run_place}/memoryInBytes"), message);
        }
        if runtime.is_none() {
            self.tasks.repair("run-time-missing", place);
        }
        let vcpus = cores.filter(|cores| *cores > 0).unwrap_or_else(|| {
            self.tasks.repair("vcpus-missing", place);
            1
        });
        let mib = mib.filter(|mib| *mib > 0).unwrap_or_else(|| {
            self.tasks.repair("memory-missing", place);
            0
        });
        self.tasks.repair("submit-missing", place);
        let key = match (by_name, &name) {
            (true, Some(name)) => self.tasks.ids.intern(name),
            _ => self.tasks.ids.intern(&id),
        };
        let first = self.tasks.needs.len() as u32;
        let parents = self.keys(place, "parents", &task.parents);
        self.tasks.needs.extend(parents);
        let children = self.keys(place, "children", &task.children);
        let mut row = Row::plain(
            self.tasks.ids.intern(&id),
            SimTime::ZERO,
            Span::from_ms(runtime.unwrap_or(0)),
            u32::try_from(vcpus).unwrap_or(u32::MAX),
        );
        if self.tasks.options.use_memory {
            row.memory = u32::try_from(mib).unwrap_or(0);
        }
        let mut read = Task::plain(place, u64::from(key), 0, row);
        read.needs = first..self.tasks.needs.len() as u32;
        if let Some(name) = name {
            read.name = self.tasks.name(&name);
        }
        Some((read, children))
    }

    fn text(&mut self, place: u64, field: &str, cell: &Cell<'_>) -> Option<String> {
        match cell.text() {
            Ok(text) => text.map(|text| text.into_owned()),
            Err(message) => {
                self.tasks.wrong(place, field, message);
                None
            }
        }
    }

    /// The keys in a list of tasks' identifiers.
    fn keys(&mut self, place: u64, field: &str, part: &ListPart<'_, Cell<'_>>) -> Vec<u64> {
        let list = match part {
            Part::Is(list) => list,
            Part::Missing => return Vec::new(),
            Part::Other(other) => {
                let message = format!("is {}; must be a list of tasks' ids", other.shown());
                self.tasks.wrong(place, field, message);
                return Vec::new();
            }
        };
        let mut keys = Vec::with_capacity(list.len());
        for (index, cell) in list.iter().enumerate() {
            match cell.text() {
                Ok(Some(id)) => keys.push(u64::from(self.tasks.ids.intern(&id))),
                _ => {
                    let message = format!("is {}; must be the id of a task", cell.shown());
                    self.tasks
                        .wrong(place, &format!("{field}/{index}"), message);
                }
            }
        }
        keys
    }

    /// Adds the edges that only children's lists state, and counts those that only one side does.
    fn join_children(&mut self, edges: &FxHashSet<(u64, u64)>, stated: &[(u64, Vec<u64>)]) {
        let by_children = stated.iter().any(|(_, children)| !children.is_empty());
        if !by_children {
            // A document that states parents alone is whole.
            return;
        }
        let mut from_children: FxHashSet<(u64, u64)> = FxHashSet::default();
        let mut more: FxHashMap<u64, Vec<u64>> = FxHashMap::default();
        let known: FxHashSet<u64> = stated.iter().map(|(key, _)| *key).collect();
        let mut orphans = Vec::new();
        for (parent, children) in stated {
            for child in children {
                if !from_children.insert((*parent, *child)) || edges.contains(&(*parent, *child)) {
                    continue;
                }
                if known.contains(child) {
                    more.entry(*child).or_default().push(*parent);
                } else if !self.tasks.gone.contains(child) {
                    orphans.push((*parent, *child));
                }
            }
        }
        for task in 0..self.tasks.list.len() {
            let (key, place) = (self.tasks.list[task].key, self.tasks.list[task].place);
            let range = self.tasks.list[task].needs.clone();
            let own: Vec<u64> = self.tasks.needs[range.start as usize..range.end as usize].to_vec();
            let one_sided = own
                .iter()
                .filter(|need| !from_children.contains(&(**need, key)));
            for _ in 0..one_sided.count() {
                self.tasks.repair("edge-one-sided", place);
            }
            if let Some(others) = more.remove(&key) {
                for _ in &others {
                    self.tasks.repair("edge-one-sided", place);
                }
                let first = self.tasks.needs.len() as u32;
                self.tasks.needs.extend(own.into_iter().chain(others));
                self.tasks.list[task].needs = first..self.tasks.needs.len() as u32;
            }
        }
        let place_of: FxHashMap<u64, u64> = (self.tasks.list.iter())
            .map(|task| (task.key, task.place))
            .collect();
        for (parent, child) in orphans {
            let place = place_of.get(&parent).copied().unwrap_or_default();
            if self.tasks.options.mend {
                self.tasks.repair("orphan-dependency", place);
            } else {
                let id = self.tasks.ids.show(child as u32);
                let message = format!("`{id}` names no task of this workflow");
                self.tasks.wrong(place, "children", message);
            }
        }
    }

    /// Where no task says what it needs: the tasks that write the files it reads.
    fn edges_from_files<'d>(&mut self, workflow: &Workflow<'d, true>) {
        let list = match (self.form, &workflow.specification) {
            (Form::Flat, _) => match (&workflow.tasks, &workflow.jobs) {
                (Part::Is(list), _) | (_, Part::Is(list)) => list,
                _ => return,
            },
            (Form::Halves, Part::Is(Entries(half))) => match &half.tasks {
                Part::Is(list) => list,
                _ => return,
            },
            _ => return,
        };
        let at = |place: u64| match list.get(usize::try_from(place).unwrap_or(usize::MAX)) {
            Some(Part::Is(Entries(task))) => Some(task),
            _ => None,
        };
        let mut writer: FxHashMap<String, u64> = FxHashMap::default();
        for task in &self.tasks.list {
            if let Some(stated) = at(task.place) {
                for file in files(stated, "output") {
                    writer.entry(file).or_insert(task.key);
                }
            }
        }
        for index in 0..self.tasks.list.len() {
            let (key, place) = (self.tasks.list[index].key, self.tasks.list[index].place);
            let Some(stated) = at(place) else { continue };
            let mut needs: Vec<u64> = files(stated, "input")
                .iter()
                .filter_map(|file| writer.get(file).copied())
                .filter(|writer| *writer != key)
                .collect();
            needs.sort_unstable();
            needs.dedup();
            for _ in &needs {
                self.tasks.repair("edge-from-file", place);
            }
            let first = self.tasks.needs.len() as u32;
            self.tasks.needs.extend(needs);
            self.tasks.list[index].needs = first..self.tasks.needs.len() as u32;
        }
    }
}

/// The files that a task reads (`input`) or writes (`output`).
fn files(task: &Stated<'_, true>, link: &str) -> Vec<String> {
    let own = if link == "input" {
        &task.inputs
    } else {
        &task.outputs
    };
    let mut files = Vec::new();
    let text = |cell: &Cell<'_>| cell.text().ok().flatten().map(|text| text.into_owned());
    if let Part::Is(list) = own {
        files.extend(list.iter().filter_map(text));
    }
    if let Part::Is(list) = &task.files {
        for part in list {
            if let Part::Is(Entries(file)) = part
                && text(&file.link).as_deref() == Some(link)
            {
                files.extend(text(&file.id).or_else(|| text(&file.name)));
            }
        }
    }
    files
}

/// Whether parents are called by their names in a flat list: some are, and none by an `id`.
fn are_named<const FILES: bool>(list: &[(usize, Stated<'_, FILES>)]) -> bool {
    let texts = |cell: &Cell<'_>| cell.text().ok().flatten().map(|text| text.into_owned());
    let ids: FxHashSet<String> = list
        .iter()
        .filter_map(|(_, task)| texts(&task.id))
        .collect();
    let names: FxHashSet<String> = list
        .iter()
        .filter_map(|(_, task)| texts(&task.name))
        .collect();
    let mut is_named = false;
    for (_, task) in list {
        for part in [&task.parents, &task.children] {
            let Part::Is(list) = part else { continue };
            for cell in list {
                let Some(text) = texts(cell) else { continue };
                if ids.contains(&text) {
                    return false;
                }
                is_named |= names.contains(&text);
            }
        }
    }
    is_named
}
