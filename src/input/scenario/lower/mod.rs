//! From what a file says to what a run needs: names resolved, requests made, every contradiction found.

mod billing;
mod checkpoints;
mod containers;
mod definitions;
mod dependencies;
mod events;
mod fargate;
mod jobs;
mod managed;
mod now;
mod queues;
mod quotas;
mod spot;
mod workload;

use std::collections::BTreeMap;

use crate::billing::fargate::task_machines;
use crate::model::rules::Fault;
use crate::model::{
    ASSUMPTIONS, Command, JobDefinition, Knob, Platform, Profile, Scenario, Settings, Timed, World,
};
use crate::policy::{discipline, order, placement};
use crate::units::{Ratio, SimTime, Span};

use super::Files;
use super::catalog::{self, Types};
use super::node::{Node, Problems, Value};
use super::shape::did_you_mean;

pub(super) use fargate::fargate_kind;
pub use spot::default_section as default_spot;

/// What there is of one kind of thing, and since when.
#[derive(Debug)]
struct Names {
    /// The kind, for messages.
    kind: &'static str,
    since: BTreeMap<String, SimTime>,
}

impl Names {
    fn of(kind: &'static str) -> Names {
        Names {
            kind,
            since: BTreeMap::new(),
        }
    }

    fn add(&mut self, name: &str, at: SimTime) {
        let since = self.since.entry(name.to_owned()).or_insert(at);
        *since = (*since).min(at);
    }

    /// Why `name` means nothing at `at`, if so. At an unknown time, whatever comes to be counts.
    fn fault(&self, name: &str, at: Option<SimTime>) -> Option<String> {
        match (self.since.get(name), at) {
            (None, _) => {
                let names: Vec<&String> = self.since.keys().collect();
                let hint = match did_you_mean(name, &names) {
                    hint if !hint.is_empty() => hint,
                    _ if names.is_empty() => format!("; the file has no {}", self.kind),
                    _ => String::new(),
                };
                Some(format!("there is no {} called `{name}`{hint}", self.kind))
            }
            (Some(since), Some(at)) if *since > at => Some(format!(
                "the {} `{name}` is created only at {since} s, after this ({at} s)",
                self.kind
            )),
            _ => None,
        }
    }
}

/// What is known of a queue when jobs refer to it.
#[derive(Clone, Debug)]
struct QueueFacts {
    is_fair_share: bool,
    platform: Platform,
}

/// One lowering: the tree, what is known so far and what is wrong.
struct Lowering<'a> {
    root: &'a Node,
    problems: &'a mut Problems,
    types: Types,
    settings: Settings,
    /// Milliseconds from 1970 to time zero, where the file says.
    start: Option<i64>,
    queues: Names,
    environments: Names,
    policies: Names,
    definitions: Names,
    resources: Names,
    /// Facts of queues by name.
    queue_facts: BTreeMap<String, QueueFacts>,
    /// Revisions by name, in order, with the time of their registration.
    revisions: BTreeMap<String, Vec<(SimTime, JobDefinition)>>,
    /// Whether what is read may ask for a part of a vCPU.
    takes_parts: bool,
    /// Checkpoints whose interval is a rule's.
    by_rule: Vec<checkpoints::ByRule>,
}

/// The scenario that `root` (checked and filled with defaults) describes. It means nothing where `problems` has any.
pub fn lower(root: &Node, files: &dyn Files, seed: u64, problems: &mut Problems) -> Lowered {
    let settings = settings(root, problems);
    let start = moment(root, "start", problems);
    let mut inputs = Vec::new();
    let mut of_files = catalog::of_files(root, files, problems, &mut inputs);
    let types = catalog::types(root, &settings, start, &mut of_files, problems);
    for file in of_files {
        problems.extend(file.problems.into_sorted());
    }
    let mut lowering = Lowering {
        root,
        problems,
        types,
        settings,
        start,
        queues: Names::of("job queue"),
        environments: Names::of("compute environment"),
        policies: Names::of("scheduling policy"),
        definitions: Names::of("job definition"),
        resources: Names::of("consumable resource"),
        queue_facts: BTreeMap::new(),
        revisions: BTreeMap::new(),
        takes_parts: false,
        by_rule: Vec::new(),
    };
    lowering.collect_names();
    let mut commands = lowering.setup();
    commands.extend(lowering.events());
    commands.sort_by_key(|timed| timed.at);
    let spot = lowering.spot(files, &commands);
    lowering.intervals(&mut commands, &spot.market);
    lowering.zones_of_events(&spot.market.zones);
    let billing = lowering.billing();
    let quotas = lowering.quotas();
    let read = lowering.workload(files, seed);
    let rules = lowering.rules();
    let (now, sentence) = lowering.now(&commands, &spot.market, &read.workload);
    let mut catalogue = std::mem::take(&mut lowering.types.catalogue);
    if lowering.has_fargate() {
        let settings = &lowering.settings;
        let discount = settings.ratio(Knob::FargateSpotDiscount);
        let speed = settings.ratio(Knob::FargateSpeed);
        catalogue = catalogue.with_tasks(task_machines(&billing.fargate, discount, speed));
    }
    let scenario = Scenario {
        name: root.text("name").unwrap_or_default().to_owned(),
        world: World {
            catalogue,
            spot: spot.market,
            settings: lowering.settings,
            billing,
            quotas,
            start_epoch_ms: lowering.start.or(read.start_epoch_ms).unwrap_or(0),
        },
        commands,
        workload: read.workload,
        rules,
        now,
        until: root.span("until").map(|span| SimTime::ZERO + span),
    };
    Lowered {
        scenario,
        inputs: (inputs.into_iter().chain(spot.inputs))
            .chain(read.inputs)
            .collect(),
        ignored: spot.ignored,
        notes: spot.notes.into_iter().chain(sentence).collect(),
    }
}

/// What comes out of [`lower`].
pub struct Lowered {
    /// The scenario.
    pub scenario: Scenario,
    /// The further files that were read, as the file names them.
    pub inputs: Vec<String>,
    /// Pointers of keys that have no effect in this scenario.
    pub ignored: Vec<String>,
    /// What was noticed: one sentence each.
    pub notes: Vec<String>,
}

impl Lowering<'_> {
    /// Everything that will have a name, so that references can be told from slips before the things themselves are read.
    fn collect_names(&mut self) {
        let root = self.root;
        let setup = [
            ("jobQueues", "CreateJobQueue"),
            ("computeEnvironments", "CreateComputeEnvironment"),
            ("schedulingPolicies", "CreateSchedulingPolicy"),
            ("consumableResources", "CreateConsumableResource"),
            ("jobDefinitions", "RegisterJobDefinition"),
        ];
        for (list, action) in setup {
            for node in root.list(list) {
                self.collect(action, node, SimTime::ZERO);
            }
        }
        for node in root.list("events") {
            if let Some(action) = node.text("action") {
                self.collect(action, node, at(node));
            }
        }
    }

    fn collect(&mut self, action: &str, node: &Node, at: SimTime) {
        let (names, key) = match action {
            "CreateJobQueue" => (&mut self.queues, "jobQueueName"),
            "CreateComputeEnvironment" => (&mut self.environments, "computeEnvironmentName"),
            "CreateSchedulingPolicy" => (&mut self.policies, "name"),
            "CreateConsumableResource" => (&mut self.resources, "consumableResourceName"),
            "RegisterJobDefinition" => (&mut self.definitions, "jobDefinitionName"),
            _ => return,
        };
        let Some(name) = node.text(key) else { return };
        names.add(name, at);
        if action == "CreateJobQueue" {
            let facts = QueueFacts {
                is_fair_share: node.get("schedulingPolicyArn").is_some(),
                platform: self.queue_platform(node),
            };
            self.queue_facts.entry(name.to_owned()).or_insert(facts);
        }
    }

    /// The commands that build what the lists of the file declare, at time zero.
    fn setup(&mut self) -> Vec<Timed> {
        let root = self.root;
        self.duplicates("computeEnvironments", "computeEnvironmentName");
        self.duplicates("jobQueues", "jobQueueName");
        self.duplicates("schedulingPolicies", "name");
        self.duplicates("consumableResources", "consumableResourceName");
        let zero = SimTime::ZERO;
        let mut commands = Vec::new();
        for node in root.list("jobDefinitions") {
            commands.extend(self.register(node, zero));
        }
        for node in root.list("schedulingPolicies") {
            commands.push(self.create_policy(node));
        }
        for node in root.list("consumableResources") {
            commands.push(self.create_resource(node));
        }
        for node in root.list("computeEnvironments") {
            commands.push(self.create_environment(node, zero));
        }
        for node in root.list("jobQueues") {
            commands.push(self.create_queue(node, zero));
        }
        commands
            .into_iter()
            .map(|command| Timed { at: zero, command })
            .collect()
    }

    fn duplicates(&mut self, list: &str, key: &str) {
        let mut seen = std::collections::HashSet::new();
        for node in self.root.list(list) {
            if let Some(name) = node.text(key)
                && !seen.insert(name)
            {
                let message = format!("`{name}` is declared a second time; names must differ");
                self.problems.below(node, key, message);
            }
        }
    }

    /// A problem where the member at `path` of `node` names a queue that is not there at `at`.
    fn refer_queue(&mut self, node: &Node, path: &str, name: &str, at: Option<SimTime>) {
        let fault = self.queues.fault(name, at);
        self.blame(node, path, fault);
    }

    fn refer_environment(&mut self, node: &Node, path: &str, name: &str, at: Option<SimTime>) {
        let fault = self.environments.fault(name, at);
        self.blame(node, path, fault);
    }

    fn refer_policy(&mut self, node: &Node, path: &str, name: &str, at: Option<SimTime>) {
        let fault = self.policies.fault(name, at);
        self.blame(node, path, fault);
    }

    fn refer_resource(&mut self, node: &Node, path: &str, name: &str, at: Option<SimTime>) {
        let fault = self.resources.fault(name, at);
        self.blame(node, path, fault);
    }

    fn blame(&mut self, node: &Node, path: &str, fault: Option<String>) {
        if let Some(message) = fault {
            self.problems.below(node, path, message);
        }
    }

    /// AWS's own refusals of a request, at the members they are about. A member that was found wrong before is left out.
    fn faults(&mut self, node: &Node, faults: Vec<Fault>) {
        // One member may have several faults, so those of this request do not hide each other.
        let news: Vec<Fault> = faults
            .into_iter()
            .filter(|fault| !self.problems.is_wrong(node, &fault.member))
            .collect();
        for fault in news {
            self.problems.below(node, &fault.member, fault.message);
        }
    }

    /// The type called `name`, or a problem at `path` of `node`.
    fn instance_type(
        &mut self,
        node: &Node,
        path: &str,
        name: &str,
    ) -> Option<crate::units::TypeId> {
        let found = self.types.catalogue.find(name);
        if self.types.unmeasured.contains(name) {
            let message = format!(
                "`{name}` has no CoreMark figure, which machineSpeed asks for; state its speed in instanceTypes"
            );
            self.problems.below(node, path, message);
        }
        if found.is_none() {
            let names: Vec<&str> = self
                .types
                .catalogue
                .iter()
                .map(|(_, t)| t.name.as_str())
                .collect();
            let hint = match did_you_mean(name, &names) {
                hint if hint.is_empty() => "; declare it in instanceTypes".to_owned(),
                hint => hint,
            };
            let message = format!("the catalogue has no instance type `{name}`{hint}");
            self.problems.below(node, path, message);
        }
        found
    }
}

/// When an event or a submission happens.
fn at(node: &Node) -> SimTime {
    SimTime::ZERO + node.span("at").unwrap_or(Span::ZERO)
}

/// `state`: ENABLED or not, where stated.
fn enabled(node: &Node) -> Option<bool> {
    node.text("state").map(|state| state == "ENABLED")
}

/// `[model]`: the profile and what differs from it.
fn settings(root: &Node, problems: &mut Problems) -> Settings {
    let Some(model) = root.get("model") else {
        return Settings::new(Profile::default());
    };
    let profile = Profile::ALL
        .into_iter()
        .find(|profile| model.text("profile") == Some(profile.name()))
        .unwrap_or_default();
    let mut settings = Settings::new(profile);
    for assumption in ASSUMPTIONS {
        let Some(node) = model.get(assumption.key) else {
            continue;
        };
        // What is no scalar was found wrong by its shape.
        let Some(text) = node.scalar() else { continue };
        if let Err(why) = set(&mut settings, assumption.key, &text) {
            problems.below_once(model, assumption.key, why);
        }
    }
    settings
}

/// Sets a parameter of the model from text, and looks up the names of policies.
///
/// # Errors
/// A sentence that says what would be right.
pub fn set(settings: &mut Settings, key: &str, text: &str) -> Result<(), String> {
    let Some(assumption) = Settings::find(key) else {
        let keys: Vec<&str> = ASSUMPTIONS.iter().map(|known| known.key).collect();
        let hint = did_you_mean(key, &keys);
        return Err(format!("`{key}` is no parameter of the model{hint}"));
    };
    match assumption.knob {
        Knob::Dispatch => discipline::find(text).map(|_| ())?,
        Knob::JobOrder => order::find(text).map(|_| ())?,
        Knob::Placement => placement::find(text).map(|_| ())?,
        Knob::MachineSpeed => catalog::reference(text).map(|_| ())?,
        Knob::OutOfMemoryAt if text.parse::<f64>().is_ok_and(|part| part > 1.0) => {
            return Err(format!("`{text}` is not a part of a run; use 0 to 1"));
        }
        knob => Lowering::check_fargate_settings(knob, text)?,
    }
    settings.set(assumption, text)
}

/// The moment under `key`, in milliseconds from 1970.
fn moment(node: &Node, key: &str, problems: &mut Problems) -> Option<i64> {
    let text = node.text(key)?;
    match text.parse::<jiff::Timestamp>() {
        Ok(moment) => Some(moment.as_millisecond()),
        Err(_) => {
            let message = format!(
                "`{text}` is not a moment; write RFC 3339 with a zone, such as 2026-01-05T00:00:00Z"
            );
            problems.below(node, key, message);
            None
        }
    }
}

/// Every value of the model as a scenario would write it, for the effective scenario.
pub fn effective_model(settings: &Settings) -> Node {
    let mut members = vec![(
        "profile".to_owned(),
        Value::Text(settings.profile().name().to_owned()),
    )];
    for assumption in ASSUMPTIONS {
        use crate::model::Value as Set;
        let value = match settings.value(assumption.knob) {
            Set::Span(span) => Value::Text(format!("{span}s")),
            Set::Ratio(ratio) => Value::Decimal(ratio.parts() as f64 / Ratio::PARTS as f64),
            Set::Count(count) => Value::Whole(i128::from(*count)),
            Set::Flag(flag) => Value::Flag(*flag),
            Set::Choice(word) => Value::Text((*word).to_owned()),
            Set::Text(text) => Value::Text(text.clone()),
            Set::Price(price) => Value::Text(price.to_string()),
        };
        members.push((assumption.key.to_owned(), value));
    }
    let origin = super::node::Origin::Default;
    let members = members
        .into_iter()
        .map(|(key, value)| (key, Node::new(value, origin)))
        .collect();
    Node::new(Value::Table(members), origin)
}

/// `command` with its time.
fn timed(at: SimTime, command: Command) -> Timed {
    Timed { at, command }
}
