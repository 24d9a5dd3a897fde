//! Scenario files: TOML or JSON to a [`Scenario`], or every problem with its place.
//!
//! The way of a file: `parse` makes a tree of values with their places, `shape` checks the tree against the tables in `aws_…` and
//! `ours` and fills in defaults, `lower` resolves names and makes requests. Each step reports all it finds; what follows goes on
//! as far as it can, so that one reading shows everything that is wrong.

mod aws_compute;
mod aws_ignored;
mod aws_jobs;
mod aws_queues;
mod catalog;
mod keys;
mod lower;
mod node;
mod ours;
mod ours_billing;
mod ours_jobs;
mod ours_now;
mod ours_quotas;
mod ours_spot;
mod ours_workload;
mod parse;
mod pool;
mod schema;
mod shape;
mod sources;
#[cfg(test)]
mod tests;

use std::io::Read;

use crate::input::{Problem, Trace, TraceOptions};
use crate::model::{Billing, Command, EnvironmentKind, Scenario, Settings};

pub(in crate::input) use node::shortened;
use node::{Node, Origin, Problems, Value};
use shape::{Noted, check, fill};

pub use keys::{AssumptionRow, KeyRow, assumption_profiles, assumptions_table, key_table};
pub use lower::set as set_model;
pub use ours::SCENARIO;
pub use pool::{Pool, trace_scenario};
pub use schema::json_schema;
pub use shape::{Effect, Field, Kind, Shape, Tagged, did_you_mean};
pub use sources::read_trace;

/// Where the files that a scenario names are opened.
pub trait Files {
    /// Opens the file at `path`, relative to the scenario's folder.
    ///
    /// # Errors
    /// Why it cannot be opened, as a part of a sentence.
    fn open(&self, path: &str) -> Result<Box<dyn Read>, String>;

    /// The trace at `path`. Whoever reads one scenario again and again may keep it.
    ///
    /// # Errors
    /// Why there is none.
    fn trace(&self, path: &str, options: &TraceOptions) -> Result<Trace, NoTrace> {
        let reader = self.open(path).map_err(NoTrace::Unopened)?;
        sources::read_trace(path, reader, options).map_err(NoTrace::Wrong)
    }
}

/// Why a trace could not be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoTrace {
    /// Its file could not be opened, and why.
    Unopened(String),
    /// What is wrong with it.
    Wrong(Vec<Problem>),
}

/// No files at all.
#[derive(Clone, Copy, Debug)]
pub struct NoFiles;

impl Files for NoFiles {
    fn open(&self, _path: &str) -> Result<Box<dyn Read>, String> {
        Err("no files are available here".to_owned())
    }
}

/// A scenario that was read, and what a report says of the reading.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What a run needs besides the seed.
    pub scenario: Scenario,
    /// The seed: of the caller, of the file, or the default.
    pub seed: u64,
    /// Pointers of the file's keys that have no effect, with `*` for the index of a list; each once.
    pub ignored: Vec<String>,
    /// Whether the seed already decided what is in the scenario: its generators drew jobs from it.
    pub is_drawn: bool,
    /// The further files that were read, as the scenario names them.
    pub inputs: Vec<String>,
    /// What was noticed in reading them: one sentence each.
    pub notes: Vec<String>,
    /// The scenario as it holds, with overrides and all defaults: a scenario file again.
    pub effective: serde_json::Value,
}

/// Reads a scenario: `bytes` are the file that the user calls `main_name`, `overrides` what `--set key=value` says (a dotted
/// key or a JSON pointer; items of lists by index or name), `seed` what `--seed` says.
///
/// # Errors
/// Every problem, by file and line.
pub fn load(
    main_name: &str,
    bytes: &[u8],
    overrides: &[(String, String)],
    seed: Option<u64>,
    files: &dyn Files,
) -> Result<Loaded, Vec<Problem>> {
    load_from_now(main_name, bytes, None, overrides, seed, files)
}

/// As [`load`], where `live` is a file (its name, its bytes) that says what the scenario's `now` would: its members, or a table
/// `now` with them.
///
/// # Errors
/// Every problem, by file and line: those of `now` by the live file's.
pub fn load_from_now(
    main_name: &str,
    bytes: &[u8],
    live: Option<(&str, &[u8])>,
    overrides: &[(String, String)],
    seed: Option<u64>,
    files: &dyn Files,
) -> Result<Loaded, Vec<Problem>> {
    let (read, live) = match live {
        None => (parse::parse(main_name, bytes), None),
        Some((name, text)) => match (parse::parse(main_name, bytes), parse::parse(name, text)) {
            (Ok(root), Ok(node)) => (Ok(root), Some((name, node))),
            (Err(one), Err(other)) => (Err([one, other].concat()), None),
            (Err(problems), _) | (_, Err(problems)) => (Err(problems), None),
        },
    };
    let mut root = read?;
    let Some((name, mut node)) = live else {
        return understood(main_name, root, overrides, seed, files);
    };
    let inner = match &mut node.value {
        Value::Table(members) if matches!(&members[..], [(key, _)] if key == "now") => {
            members.pop()
        }
        _ => None,
    };
    // Where the live file says `now` itself, its pointers are those of a scenario.
    let cut = if inner.is_some() { "" } else { "/now" };
    put(&mut root, "now", inner.map_or(node, |(_, inner)| inner));
    understood(main_name, root, overrides, seed, files).map_err(|problems| {
        let renamed = problems.into_iter().map(|problem| {
            let is_live = problem.pointer == "/now" || problem.pointer.starts_with("/now/");
            match is_live && problem.file == main_name {
                true => Problem {
                    pointer: problem.pointer[cut.len()..].to_owned(),
                    file: name.to_owned(),
                    ..problem
                },
                false => problem,
            }
        });
        renamed.collect()
    })
}

/// Checks and lowers a tree.
fn understood(
    main_name: &str,
    mut root: Node,
    overrides: &[(String, String)],
    seed: Option<u64>,
    files: &dyn Files,
) -> Result<Loaded, Vec<Problem>> {
    let mut problems = Problems::of(main_name);
    for (key, text) in overrides {
        // A bare key that names an assumption, or `profile`, means the one of the model, as it does for a trace on a pool.
        let is_of_model = key == "profile" || Settings::find(key).is_some();
        let of_model = is_of_model.then(|| format!("model.{key}"));
        let key = of_model.as_ref().unwrap_or(key);
        if let Err(why) = parse::set(&mut root, key, text) {
            problems.extend([Problem::whole("--set", why)]);
        }
    }
    if root.get("name").is_none() {
        let name = Value::Text(stem(main_name).to_owned());
        put(&mut root, "name", Node::new(name, Origin::Default));
    }
    root.place(String::new());
    let kind = Kind::Object(&SCENARIO);
    let mut noted = Noted::default();
    check(&kind, &root, &mut problems, &mut noted);
    fill(&kind, &mut root);
    if let Some(seed) = seed {
        let value = Value::Whole(seed.into());
        put(&mut root, "seed", Node::new(value, Origin::Set));
    }
    let seed = root.whole("seed").unwrap_or(0);
    let lowered = lower::lower(&root, files, seed, &mut problems);
    if !problems.is_empty() {
        return Err(problems.into_sorted());
    }
    leave_out_of_fargate(&mut root);
    complete(&mut root, &lowered.scenario);
    noted.ignored.extend(lowered.ignored);
    Ok(Loaded {
        scenario: lowered.scenario,
        seed,
        is_drawn: root
            .get("workload")
            .is_some_and(|workload| !workload.list("generators").is_empty()),
        ignored: noted.ignored.into_iter().collect(),
        inputs: lowered.inputs,
        notes: lowered.notes,
        effective: root.to_json(),
    })
}

/// Reads and checks a scenario and throws the result away: nothing in `bytes` may make this panic. No other file is opened,
/// and yet every part of the reader is reached: a trace whose path has several lines is its own path, and a line
/// `#set KEY VALUE` is what `--set KEY=VALUE` would be.
pub fn check_bytes(bytes: &[u8]) {
    struct OwnPath;
    impl Files for OwnPath {
        fn open(&self, path: &str) -> Result<Box<dyn Read>, String> {
            match path.contains('\n') {
                true => Ok(Box::new(std::io::Cursor::new(path.as_bytes().to_vec()))),
                false => NoFiles.open(path),
            }
        }
    }
    let text = String::from_utf8_lossy(bytes);
    let overrides: Vec<(String, String)> = text
        .lines()
        .filter_map(|line| line.strip_prefix("#set ")?.split_once(' '))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
    let _ = load("scenario", bytes, &overrides, None, &OwnPath);
}

/// The file's name without folders and ending.
fn stem(name: &str) -> &str {
    let base = name.rsplit(['/', '\\']).next().unwrap_or(name);
    match base.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => base,
    }
}

/// Sets the member `key` of a table.
fn put(table: &mut Node, key: &str, node: Node) {
    if let Value::Table(members) = &mut table.value {
        members.retain(|(name, _)| name != key);
        members.push((key.to_owned(), node));
    }
}

/// Writes into the tree what its defaults depended on: the model's values and how instances are billed.
fn complete(root: &mut Node, scenario: &Scenario) {
    if !scenario.world.spot.pools.is_empty() && root.get("spot").is_none() {
        put(root, "spot", lower::default_spot());
    }
    let Value::Table(members) = &mut root.value else {
        return;
    };
    for (key, member) in members {
        match key.as_str() {
            "model" => *member = lower::effective_model(&scenario.world.settings),
            "computeEnvironments" => complete_billing(member, scenario),
            _ => {}
        }
    }
}

/// Takes the defaults of what is only for instances out of Fargate environments, whose AWS refuses them.
fn leave_out_of_fargate(root: &mut Node) {
    for list in ["computeEnvironments", "events"] {
        let Some(items) = root.get_mut(list) else {
            continue;
        };
        let Value::List(items) = &mut items.value else {
            continue;
        };
        for item in items {
            if lower::fargate_kind(item).is_some()
                && let Some(resources) = item.get_mut("computeResources")
                && let Value::Table(members) = &mut resources.value
            {
                members.retain(|(_, member)| member.origin != Origin::Default);
            }
        }
    }
}

fn complete_billing(list: &mut Node, scenario: &Scenario) {
    let Value::List(items) = &mut list.value else {
        return;
    };
    for item in items {
        let name = item.text("computeEnvironmentName");
        let billing = scenario
            .commands
            .iter()
            .find_map(|timed| match &timed.command {
                Command::CreateComputeEnvironment(made) if Some(made.name.as_str()) == name => {
                    Some(match &made.kind {
                        EnvironmentKind::Unmanaged { billing, .. } => *billing,
                        EnvironmentKind::Managed(managed) => managed.billing,
                        EnvironmentKind::Fargate(_) => Billing::PerSecond,
                    })
                }
                _ => None,
            });
        let word = match billing {
            Some(Billing::PerHour) => "per-hour",
            Some(Billing::PerSecond) => "per-second",
            None => continue,
        };
        let value = Value::Text(word.to_owned());
        put(item, "billing", Node::new(value, Origin::Default));
    }
}
