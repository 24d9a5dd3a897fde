//! What the AWS command line prints of an account, and what of it becomes a scenario: `describe-…` and `list-…` of AWS Batch, ECS, EC2
//! and Auto Scaling, events of EventBridge, the EC2 price list. Files are told apart by content, whatever they are called; plain or
//! gzip, several documents end to end, several pages.
//!
//! One file for each thing that is read: `jobs` (which are a trace as well: `trace`), `cloud` (environments, queues, policies,
//! definitions, as AWS spells them), `machines` (types, instances, scaling), `prices` (the price list), `times` (what can be measured).
//! `twin` makes a scenario of it all, and `commands` the script that exports it.

mod cloud;
mod commands;
mod definitions;
mod document;
mod jobs;
mod kinds;
mod live;
mod machines;
mod member;
mod prices;
mod runs;
mod times;
mod toml_text;
mod trace;
mod twin;
mod types;

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use serde_json::Value;

use crate::input::Problem;
use crate::input::builder::Problems;
use crate::input::source::Source;
use crate::input::spot::{Assumed, PriceHistory};

use document::Reader;
use kinds::{Form, form};
use machines::{Activity, Instance, TypeFacts};
use member::Place;

pub use commands::commands;
pub use jobs::{Attempt, Job, Jobs, Needs, Status};
pub use kinds::Kind;
pub(in crate::input) use kinds::holds_jobs;
pub use prices::Prices;
pub use runs::Runs;
pub use times::{MeasuredTime, Pull};
pub use trace::{Measured, Reference, Table, history, read, table};
pub use twin::{Content, Twin, TwinFile, TwinOptions, twin};
pub use types::{TypesFile, types_toml};

/// Bytes of a file that tell how it is to be read.
const LOOKED_AT: u64 = 64 << 10;

/// All that was exported.
#[derive(Clone, Debug, Default)]
pub struct Exports {
    /// `describe-compute-environments`, by name; as AWS spells them.
    pub environments: BTreeMap<String, Value>,
    /// `describe-job-queues`, by name.
    pub queues: BTreeMap<String, Value>,
    /// `describe-scheduling-policies`, by name.
    pub policies: BTreeMap<String, Value>,
    /// `describe-job-definitions`, by name and revision.
    pub definitions: BTreeMap<(String, u32), Value>,
    /// `list-consumable-resources`, by name.
    pub resources: BTreeMap<String, Value>,
    /// Jobs.
    pub jobs: Jobs,
    /// Of each definition that jobs name, one such job, as AWS spells it.
    pub samples: BTreeMap<String, Value>,
    /// Of each queue, the jobs at its front: identifiers in the order in which they will start.
    pub fronts: BTreeMap<String, Vec<String>>,
    /// Of each queue, what its shares use now: share and vCPUs.
    pub usage: BTreeMap<String, Vec<(String, f64)>>,
    /// `describe-instance-types`.
    pub types: BTreeMap<String, TypeFacts>,
    /// On-Demand prices.
    pub prices: Prices,
    /// `describe-instances`: those that run or are about to.
    pub instances: BTreeMap<String, Instance>,
    /// ECS container instances: their EC2 instance, and when they registered (milliseconds from 1970).
    pub container_instances: BTreeMap<String, (String, Option<i64>)>,
    /// ECS tasks: when the pull of their images began and ended, and when they started.
    pub tasks: BTreeMap<String, times::Pull>,
    /// Scaling activities.
    pub activities: BTreeMap<String, Activity>,
    /// Files of Spot prices.
    pub spot_files: Vec<String>,
    /// Zones and types that these have.
    pub spot_zones: Vec<String>,
    /// When it was exported, where a file says; else the latest moment that any job tells of.
    pub exported_at: Option<i64>,
    /// Which file holds how many things of which kind, in the order of reading.
    pub read: Vec<(String, Kind, u64)>,
    /// Files that hold nothing we know.
    pub passed_over: Vec<String>,
    /// Files that end before their last page.
    pub cut: Vec<String>,
    /// Members that AWS tells and nothing models, with how often each was met.
    pub unmodelled: BTreeMap<String, u64>,
}

impl Exports {
    /// Takes what a file holds, plain or gzip; `file` is what problems call it.
    ///
    /// # Errors
    /// Every problem of the file, up to a hundred, and the number of the others.
    pub fn add(&mut self, reader: impl Read, file: &str) -> Result<(), Vec<Problem>> {
        let mut source = Source::open(reader, file).map_err(|problem| vec![problem])?;
        let is_gzip = source.is_gzip();
        let mut head = Vec::new();
        let looked = source.by_ref().take(LOOKED_AT).read_to_end(&mut head);
        if let Err(error) = looked {
            return Err(vec![super::source::reading_problem(
                file, 0, is_gzip, &error,
            )]);
        }
        let kind = form(&head);
        let whole = Cursor::new(head).chain(source);
        let mut problems = Problems::of(file);
        match kind {
            Form::Documents => {
                let mut taker = Taker {
                    exports: self,
                    file,
                    found: Vec::new(),
                    is_cut: false,
                };
                document::read(whole, is_gzip, file, &mut taker, &mut problems);
                let (found, is_cut) = (taker.found, taker.is_cut);
                if found.is_empty() && problems.is_empty() {
                    self.passed_over.push(file.to_owned());
                }
                let named = |(kind, count)| (file.to_owned(), kind, count);
                self.read.extend(found.into_iter().map(named));
                if is_cut {
                    self.cut.push(file.to_owned());
                }
            }
            Form::SpotPrices => {
                let mut history = PriceHistory::default();
                let assumed = Assumed {
                    instance_type: None,
                    zone: "",
                };
                history.add(whole, file, assumed)?;
                for zones in history.pools.values() {
                    for zone in zones.keys() {
                        if let Err(place) = self.spot_zones.binary_search(zone) {
                            self.spot_zones.insert(place, zone.clone());
                        }
                    }
                }
                self.spot_files.push(file.to_owned());
                self.read
                    .push((file.to_owned(), Kind::SpotPrices, history.rows));
            }
            Form::PriceJson | Form::PriceCsv => {
                let before = self.prices.rows;
                match kind {
                    Form::PriceJson => {
                        prices::read_json(whole, is_gzip, file, &mut self.prices, &mut problems)
                    }
                    _ => prices::read_csv(whole, is_gzip, file, &mut self.prices, &mut problems),
                }
                let rows = self.prices.rows - before;
                self.read.push((file.to_owned(), Kind::PriceList, rows));
            }
            Form::Empty | Form::Unknown => self.passed_over.push(file.to_owned()),
        }
        match problems.is_empty() {
            true => Ok(()),
            false => Err(problems.into_list()),
        }
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.read.is_empty()
    }
}

/// Puts what a file holds in its place.
struct Taker<'e, 'f> {
    exports: &'e mut Exports,
    file: &'f str,
    found: Vec<(Kind, u64)>,
    is_cut: bool,
}

impl Reader for Taker<'_, '_> {
    fn take(&mut self, kind: Kind, place: Place<'_>, problems: &mut Problems<'_>) {
        if let Some((_, count)) = self.found.iter_mut().find(|(known, _)| *known == kind) {
            *count += 1;
        }
        let exports = &mut *self.exports;
        match kind {
            Kind::ComputeEnvironment => cloud::environment(exports, place, problems),
            Kind::JobQueue => cloud::queue(exports, place, problems),
            Kind::SchedulingPolicy => cloud::policy(exports, place, problems),
            Kind::JobDefinition => cloud::definition(exports, place, problems),
            Kind::ConsumableResource => cloud::resource(exports, place, problems),
            Kind::Snapshot => cloud::snapshot(exports, place, problems),
            Kind::Job => {
                if let Some(job) = jobs::read(place, problems) {
                    exports.note_job(job, place.value, None);
                }
            }
            Kind::JobSummary => {
                if let Some(job) = jobs::summary(place, problems) {
                    exports.jobs.add(job, None);
                }
            }
            Kind::Event => {
                if let Some((job, at)) = jobs::event(place, problems) {
                    let detail = place.value.get("detail").unwrap_or(&Value::Null);
                    exports.note_job(job, detail, Some(at));
                }
            }
            Kind::LogEvent => {
                if let Some((job, at)) = jobs::logged(place, problems) {
                    exports.note_job(job, &Value::Null, Some(at));
                }
            }
            Kind::InstanceType => machines::instance_type(exports, place, problems),
            Kind::Reservation => machines::reservation(exports, place, problems),
            Kind::Activity => machines::activity(exports, place, problems),
            Kind::ContainerInstance => machines::container_instance(exports, place, problems),
            Kind::Task => times::task(exports, place, problems),
            Kind::ExportedAt => {
                if let Some(at) = place.stamp("batchcastExportedAt", problems) {
                    exports.exported_at = exports.exported_at.max(Some(at));
                }
            }
            Kind::PriceProduct => prices::listed(place, &mut exports.prices, problems),
            Kind::SpotPrices | Kind::PriceList => {}
        }
    }

    fn begin(&mut self, kind: Kind) {
        if !self.found.iter().any(|(known, _)| *known == kind) {
            self.found.push((kind, 0));
        }
    }

    fn is_cut(&mut self) {
        self.is_cut = true;
    }

    fn unknown(&mut self) {
        if !self
            .exports
            .passed_over
            .iter()
            .any(|file| file == self.file)
        {
            self.exports.passed_over.push(self.file.to_owned());
        }
    }
}

impl Exports {
    fn note_job(&mut self, job: Job, value: &Value, seen: Option<i64>) {
        if !job.definition.is_empty()
            && !job.is_node
            && value.is_object()
            && !self.samples.contains_key(&job.definition)
        {
            self.samples.insert(job.definition.clone(), value.clone());
        }
        self.jobs.add(job, seen);
    }

    /// When all this was so: what the script noted, else the latest moment that a job tells of.
    pub fn moment(&self) -> Option<i64> {
        let of_jobs = self.jobs.0.values().flat_map(|job| {
            let seen = job.seen.iter().map(|(_, at)| *at);
            seen.chain(
                [Some(job.created), job.started, job.stopped]
                    .into_iter()
                    .flatten(),
            )
        });
        self.exported_at.or_else(|| of_jobs.max())
    }
}
