//! How long the profiles of a workload run.

use rustc_hash::FxHashMap;

use crate::input::json_cells::{Entries, Named, ObjectPart, Part};
use crate::units::SimTime;

use super::document::Profile;

/// Deepest nesting of sequences: deeper ones are slips or circles.
const DEPTH_MAX: usize = 64;

/// How a profile runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) ms: u64,
    pub(super) exit_code: u8,
}

/// The profiles by name, with what is known of them already.
pub(super) struct Profiles<'d> {
    list: FxHashMap<String, ObjectPart<'d, Profile<'d>>>,
    known: FxHashMap<String, Result<Run, String>>,
}

impl<'d> Profiles<'d> {
    /// Those of a document; of two with one name the last holds, as in JSON.
    pub(super) fn of(list: Named<'d, ObjectPart<'d, Profile<'d>>>) -> Profiles<'d> {
        Profiles {
            list: list
                .0
                .into_iter()
                .map(|(name, profile)| (name.into_owned(), profile))
                .collect(),
            known: FxHashMap::default(),
        }
    }

    /// How the profile called `name` runs.
    ///
    /// # Errors
    /// Why that is not known.
    pub(super) fn run_of(&mut self, name: &str) -> Result<Run, String> {
        self.run_within(name, 0)
    }

    fn run_within(&mut self, name: &str, depth: usize) -> Result<Run, String> {
        if let Some(known) = self.known.get(name) {
            return known.clone();
        }
        let run = if depth > DEPTH_MAX {
            Err(format!(
                "`{name}`: sequences stand in each other more than {DEPTH_MAX} deep, perhaps in a circle"
            ))
        } else {
            self.work_out(name, depth)
        };
        self.known.insert(name.to_owned(), run.clone());
        run
    }

    fn work_out(&mut self, name: &str, depth: usize) -> Result<Run, String> {
        let wrong = |what: String| format!("`{name}`: {what}");
        let profile = match self.list.get(name) {
            Some(Part::Is(Entries(profile))) => profile,
            Some(_) => return Err(wrong("is no object with a `type`".to_owned())),
            None => return Err(wrong("is not among the profiles".to_owned())),
        };
        let exit_code = profile
            .ret
            .at_least(0, u64::MAX)
            .map_err(|message| wrong(format!("ret {message}")))?;
        let exit_code = exit_code.unwrap_or(0).min(255) as u8;
        let kind = profile.kind.text().ok().flatten().unwrap_or_default();
        match &*kind {
            "DelayProfile" | "delay" => {
                let ms = profile.delay.milliseconds();
                let ms = ms.map_err(|message| wrong(format!("delay {message}")))?;
                let ms = ms.ok_or_else(|| wrong("states no `delay`".to_owned()))?;
                Ok(Run { ms, exit_code })
            }
            "SequentialCompositionProfile" | "composed" | "sequence" => {
                let repeat = profile.repeat.at_least(1, u64::from(u32::MAX));
                let repeat = repeat.map_err(|message| wrong(format!("repeat {message}")))?;
                let Part::Is(seq) = &profile.seq else {
                    return Err(wrong("states no `seq`, the list of its parts".to_owned()));
                };
                let parts: Vec<Option<String>> = seq
                    .iter()
                    .map(|part| part.text().ok().flatten().map(|text| text.into_owned()))
                    .collect();
                let mut sum = 0u64;
                for part in parts {
                    let part = part.ok_or_else(|| wrong("has a part without a name".to_owned()))?;
                    let run = self.run_within(&part, depth + 1);
                    sum = sum.saturating_add(
                        run.map_err(|message| wrong(format!("its part {message}")))?
                            .ms,
                    );
                }
                let ms = sum.saturating_mul(repeat.unwrap_or(1));
                if ms > SimTime::LAST.ms() {
                    return Err(wrong(
                        "runs beyond the last moment that can be named".to_owned(),
                    ));
                }
                Ok(Run { ms, exit_code })
            }
            "" => Err(wrong("states no `type`".to_owned())),
            other => Err(wrong(format!(
                "is of type {}, whose run time depends on the platform; simulate it with Batsim and give its jobs a DelayProfile of what \
                 they took",
                crate::input::scenario::shortened(other)
            ))),
        }
    }
}
