//! The parts of a workload of Batsim, as they stand there.

use serde::de::{IgnoredAny, MapAccess};

use crate::input::json_cells::{Cell, ListPart, Named, Object, ObjectPart, Part};

/// The document.
#[derive(Default)]
pub(super) struct Root<'d> {
    pub(super) nb_res: Cell<'d>,
    pub(super) jobs: ListPart<'d, ObjectPart<'d, Job<'d>>>,
    pub(super) profiles: Part<'d, Named<'d, ObjectPart<'d, Profile<'d>>>>,
}

/// A job.
#[derive(Default)]
pub(super) struct Job<'d> {
    pub(super) id: Cell<'d>,
    pub(super) subtime: Cell<'d>,
    pub(super) res: Cell<'d>,
    pub(super) profile: Cell<'d>,
    pub(super) walltime: Cell<'d>,
    pub(super) extra_data: Cell<'d>,
}

/// What a job does.
#[derive(Default)]
pub(super) struct Profile<'d> {
    pub(super) kind: Cell<'d>,
    pub(super) ret: Cell<'d>,
    pub(super) delay: Cell<'d>,
    pub(super) seq: ListPart<'d, Cell<'d>>,
    pub(super) repeat: Cell<'d>,
}

impl<'d> Object<'d> for Root<'d> {
    fn entry<A: MapAccess<'d>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "nb_res" => self.nb_res = map.next_value()?,
            "jobs" => self.jobs = map.next_value()?,
            "profiles" => self.profiles = map.next_value()?,
            _ => {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

impl<'d> Object<'d> for Job<'d> {
    fn entry<A: MapAccess<'d>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "id" => self.id = map.next_value()?,
            "subtime" => self.subtime = map.next_value()?,
            "res" => self.res = map.next_value()?,
            "profile" => self.profile = map.next_value()?,
            "walltime" => self.walltime = map.next_value()?,
            "extra_data" => self.extra_data = map.next_value()?,
            _ => {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

impl<'d> Object<'d> for Profile<'d> {
    fn entry<A: MapAccess<'d>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "type" => self.kind = map.next_value()?,
            "ret" => self.ret = map.next_value()?,
            "delay" => self.delay = map.next_value()?,
            "seq" => self.seq = map.next_value()?,
            "repeat" | "nb" => self.repeat = map.next_value()?,
            _ => {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}
