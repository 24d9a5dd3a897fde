//! The parts of a WfFormat document, of any version, as they stand there.

use serde::de::{IgnoredAny, MapAccess};

use crate::input::json_cells::{Cell, ListPart, Object, ObjectPart};

/// The document; with `FILES`, with what tasks read and write.
#[derive(Default)]
pub(super) struct Root<'d, const FILES: bool> {
    pub(super) version: Cell<'d>,
    pub(super) workflow: ObjectPart<'d, Workflow<'d, FILES>>,
}

/// `workflow`.
#[derive(Default)]
pub(super) struct Workflow<'d, const FILES: bool> {
    pub(super) specification: ObjectPart<'d, Half<'d, FILES>>,
    pub(super) execution: ObjectPart<'d, Half<'d, FILES>>,
    /// Up to 1.4.
    pub(super) tasks: ListPart<'d, ObjectPart<'d, Task<'d, FILES>>>,
    /// Up to 1.2.
    pub(super) jobs: ListPart<'d, ObjectPart<'d, Task<'d, FILES>>>,
}

/// `specification` or `execution`.
#[derive(Default)]
pub(super) struct Half<'d, const FILES: bool> {
    pub(super) tasks: ListPart<'d, ObjectPart<'d, Task<'d, FILES>>>,
}

/// A task, of either half or of both together.
#[derive(Default)]
pub(super) struct Task<'d, const FILES: bool> {
    pub(super) id: Cell<'d>,
    pub(super) name: Cell<'d>,
    pub(super) parents: ListPart<'d, Cell<'d>>,
    pub(super) children: ListPart<'d, Cell<'d>>,
    pub(super) runtime: Cell<'d>,
    pub(super) cores: Cell<'d>,
    pub(super) memory: Cell<'d>,
    /// Whether `memory` is in KB by its key.
    pub(super) memory_in_kb: bool,
    pub(super) inputs: ListPart<'d, Cell<'d>>,
    pub(super) outputs: ListPart<'d, Cell<'d>>,
    pub(super) files: ListPart<'d, ObjectPart<'d, FileLink<'d>>>,
}

/// A file of a task up to 1.4.
#[derive(Default)]
pub(super) struct FileLink<'d> {
    pub(super) id: Cell<'d>,
    pub(super) name: Cell<'d>,
    pub(super) link: Cell<'d>,
}

impl<'d, const FILES: bool> Object<'d> for Root<'d, FILES> {
    fn entry<A: MapAccess<'d>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "schemaVersion" => self.version = map.next_value()?,
            "workflow" => self.workflow = map.next_value()?,
            _ => {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

impl<'d, const FILES: bool> Object<'d> for Workflow<'d, FILES> {
    fn entry<A: MapAccess<'d>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "specification" => self.specification = map.next_value()?,
            "execution" => self.execution = map.next_value()?,
            "tasks" => self.tasks = map.next_value()?,
            "jobs" => self.jobs = map.next_value()?,
            _ => {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

impl<'d, const FILES: bool> Object<'d> for Half<'d, FILES> {
    fn entry<A: MapAccess<'d>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "tasks" => self.tasks = map.next_value()?,
            _ => {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

impl<'d, const FILES: bool> Object<'d> for Task<'d, FILES> {
    fn entry<A: MapAccess<'d>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "id" => self.id = map.next_value()?,
            "name" => self.name = map.next_value()?,
            "parents" => self.parents = map.next_value()?,
            "children" => self.children = map.next_value()?,
            "runtimeInSeconds" | "runtime" => self.runtime = map.next_value()?,
            "coreCount" | "cores" => self.cores = map.next_value()?,
            "memoryInBytes" | "memory" => self.memory = map.next_value()?,
            "memoryInKB" => {
                self.memory = map.next_value()?;
                self.memory_in_kb = true;
            }
            "inputFiles" if FILES => self.inputs = map.next_value()?,
            "outputFiles" if FILES => self.outputs = map.next_value()?,
            "files" if FILES => self.files = map.next_value()?,
            _ => {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

impl<'d> Object<'d> for FileLink<'d> {
    fn entry<A: MapAccess<'d>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "id" => self.id = map.next_value()?,
            "name" => self.name = map.next_value()?,
            "link" => self.link = map.next_value()?,
            _ => {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}
