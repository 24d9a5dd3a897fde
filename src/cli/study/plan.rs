//! `batchcast plan`: which configuration meets a target, and which of those is wanted.

use std::fs;
use std::path::Path;

use clap::{Args, ValueEnum};

use crate::metrics::{cheapest_capacity, machine_types};
use crate::model::{
    Catalogue, Command, EnvironmentKind, Knob as Assumption, Profile, Scenario, parse_span,
};
use crate::plan::{
    Configuration, Floor, KNOBS, Observation, SearchQuestion, Seen, Space, Target, TargetKind,
    Today, Turn, each, search, seed_of, turns,
};
use crate::report::{PlanPage, aws_requests, plan_json, plan_text};
use crate::units::{Span, TypeId, Usd};

use super::super::again::in_a_line;
use super::super::args::{Common, key_value};
use super::super::failure::Failure;
use super::super::output::{print, style};
use super::super::progress::Steps;
use super::args::part;
use super::{Candidate, run_of, short};

pub const PLAN_EXAMPLES: &str = "\
Examples:
  batchcast plan nightly.toml --deadline 6h                  the cheapest that ends within 6 h for 9 of 10 seeds
  batchcast plan nightly.toml --wait-p95 30m --minimize cost
  batchcast plan nightly.toml --budget 500 --minimize makespan
  batchcast plan nightly.toml --deadline 6h --keep purchase --keep instanceTypes -o planned
                                                             as it is bought today; requests for AWS in planned/

It turns what an operator of AWS Batch decides: maxvCpus, minvCpus, instanceTypes, purchase (On-Demand or Spot, and allocation
strategy), minScaleDownDelayMinutes, attempts, checkpointInterval, priority, computeReservation. What AWS does (assumptions) is
never turned; the answer is run again under the other profiles. Every configuration sees the same luck.
A configuration in which more jobs fail or are left than today is no answer.

Exit code 1 where nothing that was tried meets the target; then what comes nearest is told.";

/// What is to be least of what meets the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Minimize {
    /// The bill.
    Cost,
    /// The makespan.
    Makespan,
    /// The mean wait.
    Wait,
}

/// `batchcast plan`.
#[derive(Clone, Debug, Args)]
pub struct Plan {
    /// Scenario file, or folder with scenario.toml or scenario.json.
    pub scenario: std::path::PathBuf,
    /// What must be met.
    #[command(flatten)]
    pub goal: Goal,
    /// What is to be least; makespan with --budget and cost otherwise where it is not given.
    #[arg(long, value_name = "WHAT")]
    pub minimize: Option<Minimize>,
    /// Leave a knob as it is today; may be repeated.
    #[arg(long, value_name = "KNOB", value_parser = knob)]
    pub keep: Vec<String>,
    /// Set a parameter before anything is turned; may be repeated.
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value)]
    pub set: Vec<(String, String)>,
    /// The seed from which those of the runs are drawn; the scenario's own where it is not given.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Runs of each configuration that is told of, each with a seed of its own.
    #[arg(long, value_name = "N", default_value = "10", value_parser = clap::value_parser!(u64).range(3..=1000))]
    pub replications: u64,
    /// The most runs, besides those of the answer under the other profiles.
    #[arg(long, value_name = "MAX", default_value = "400", value_parser = clap::value_parser!(u64).range(12..=1_000_000))]
    pub simulations: u64,
    /// With what probability each interval holds.
    #[arg(long, value_name = "PART", default_value = "95%", value_parser = part)]
    pub confidence: f64,
    /// Folder to be made for the answer: plan.json, overrides.txt (options for run) and requests for the AWS command line.
    #[arg(long, short, value_name = "DIR")]
    pub output: Option<std::path::PathBuf>,
}

/// The target: one of these.
#[derive(Clone, Debug, Args)]
#[group(id = "target", required = true, multiple = false)]
pub struct Goal {
    /// All must have ended so long after the first submission, for 9 of 10 seeds.
    #[arg(long, value_name = "TIME", value_parser = some_time, allow_hyphen_values = true)]
    pub deadline: Option<Span>,
    /// The p95 of the wait is to be no longer, in the mean over seeds at the upper end of its interval.
    #[arg(long, value_name = "TIME", value_parser = some_time, allow_hyphen_values = true)]
    pub wait_p95: Option<Span>,
    /// The cost is to be no more, in the mean over seeds at the upper end of its interval.
    #[arg(long, value_name = "USD", value_parser = some_money, allow_hyphen_values = true)]
    pub budget: Option<f64>,
}

fn some_time(text: &str) -> Result<Span, String> {
    let span = parse_span(text)?;
    match span > Span::ZERO {
        true => Ok(span),
        false => Err("write a time longer than 0, such as 6h".to_owned()),
    }
}

fn some_money(text: &str) -> Result<f64, String> {
    let amount = text.parse::<f64>().ok();
    amount
        .filter(|amount| *amount > 0.0 && amount.is_finite())
        .ok_or_else(|| "write USD above 0, such as 500".to_owned())
}

fn knob(text: &str) -> Result<String, String> {
    let names: Vec<&str> = KNOBS.iter().map(|knob| knob.name).collect();
    match names.contains(&text) {
        true => Ok(text.to_owned()),
        false => Err(format!(
            "there is no such knob; use one of {}",
            names.join(", ")
        )),
    }
}

impl Plan {
    fn question(&self) -> SearchQuestion {
        let seconds = |span: Span| span.ms() as f64 / 1e3;
        let (kind, limit) = match (self.goal.deadline, self.goal.wait_p95, self.goal.budget) {
            (Some(deadline), ..) => (TargetKind::Deadline, seconds(deadline)),
            (_, Some(wait), _) => (TargetKind::WaitP95, seconds(wait)),
            (.., budget) => (TargetKind::Budget, budget.unwrap_or(f64::INFINITY)),
        };
        let minimize = self.minimize.unwrap_or(match kind {
            TargetKind::Budget => Minimize::Makespan,
            _ => Minimize::Cost,
        });
        SearchQuestion {
            target: Target { kind, limit },
            minimize: match minimize {
                Minimize::Makespan => 0,
                Minimize::Cost => 1,
                Minimize::Wait => 2,
            },
            replications: self.replications,
            simulations: self.simulations,
            confidence: self.confidence,
        }
    }
}

/// Finds it, and prints what came of it.
///
/// # Errors
/// Everything that is wrong with the input, or that nothing meets the target.
pub fn plan(asked: &Plan, common: &Common) -> Result<(), Failure> {
    let question = asked.question();
    if asked.simulations < 4 * asked.replications {
        return Err(Failure::Usage(format!(
            "--simulations {}: {} replications of each configuration need {} or more",
            asked.simulations,
            asked.replications,
            4 * asked.replications
        )));
    }
    if let Some(folder) = &asked.output {
        refuse_full(folder)?;
    }
    let space = Shop::open(asked)?;
    super::super::remember_seed(space.seed);
    let steps = Steps::new(
        asked.simulations + 2 * asked.replications,
        "runs",
        common.quiet,
    );
    let found = search(&question, &space, &space.starts(), &|| steps.step());
    let name = short(&asked.scenario);
    let found = found.map_err(|why| Failure::Usage(format!("{name}: {why}")))?;
    let chosen = found.best.unwrap_or(found.nearest);
    let choice = &found.finalists[chosen].choice;
    let profiles = space.profiles(choice, &steps)?;
    drop(steps);
    let then = space.candidate(choice, &[]).map_err(Failure::Usage)?;
    let page = PlanPage {
        name: &name,
        seed: space.seed,
        question,
        turns: &space.turns,
        found: &found,
        profiles: &profiles,
        notes: space.notes(&then.input.loaded.scenario),
    };
    let json = plan_json(&page);
    if let (Some(folder), Some(_)) = (&asked.output, found.best) {
        let requests = aws_requests(
            &space.today.input.loaded.effective,
            &then.input.loaded.effective,
        );
        let mut files = vec![
            ("plan.json".to_owned(), json.clone()),
            ("overrides.txt".to_owned(), overrides(&then.run.set)),
        ];
        for request in requests {
            let name = request.of.replace(|letter: char| !is_plain(letter), "_");
            files.push((
                format!("{}-{name}.json", request.action),
                format!("{:#}\n", request.body),
            ));
        }
        write(folder, &files)?;
    }
    match (common.json, common.quiet) {
        (true, _) => print(&json)?,
        (false, true) => {}
        (false, false) => print(&plan_text(&page, style()))?,
    }
    match found.best {
        Some(_) => Ok(()),
        None => Err(Failure::Absent(format!(
            "{name}: no configuration that was tried meets the target"
        ))),
    }
}

fn is_plain(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "-_".contains(letter)
}

/// One option of `run` a line.
fn overrides(sets: &[(String, String)]) -> String {
    let line = |(key, value): &(String, String)| format!("--set '{key}={value}'\n");
    sets.iter().map(line).collect()
}

fn refuse_full(folder: &Path) -> Result<(), Failure> {
    let is_full = fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    match is_full || folder.is_file() {
        true => Err(Failure::Usage(format!(
            "{}: is there already, and not empty",
            folder.display()
        ))),
        false => Ok(()),
    }
}

fn write(folder: &Path, files: &[(String, String)]) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(|error| Failure::file(folder, "make", error))?;
    for (name, text) in files {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|error| Failure::file(&path, "write", error))?;
    }
    Ok(())
}

/// What can be had: today's configuration, and every other that the knobs make of it.
struct Shop {
    path: std::path::PathBuf,
    all: Vec<(String, String)>,
    seed: u64,
    today: Candidate,
    turns: Vec<Turn>,
    /// On-Demand types that any configuration may have; empty where nothing bounds the bill.
    types: Vec<TypeId>,
    replications: u64,
}

impl Shop {
    fn open(asked: &Plan) -> Result<Shop, Failure> {
        let run = run_of(&asked.scenario, &asked.set, &[], asked.seed)?;
        let today = Candidate::of(short(&asked.scenario), &run)?;
        let loaded = &today.input.loaded;
        let commands = &loaded.scenario.commands;
        let is_managed = commands.iter().any(|timed| match &timed.command {
            Command::CreateComputeEnvironment(one) => {
                matches!(one.kind, EnvironmentKind::Managed(_))
            }
            _ => false,
        });
        if !is_managed {
            return Err(Failure::Usage(format!(
                "{}: has no MANAGED compute environment of type EC2 or SPOT, so there is nothing to plan; UNMANAGED machines are varied \
                 with `batchcast compare --vary`",
                asked.scenario.display()
            )));
        }
        let first = today.summary(loaded.seed).map_err(Failure::Usage)?;
        let mut turns = turns(&Today {
            scenario: &loaded.effective,
            catalogue: &loaded.scenario.world.catalogue,
            largest: first.largest_job,
            reserved_ms: first.reserved_ms,
            registered_only: registered_only(&loaded.scenario),
        });
        turns.retain(|turn| !asked.keep.iter().any(|name| name == turn.knob));
        let mut shop = Shop {
            path: asked.scenario.clone(),
            all: asked.set.clone(),
            seed: loaded.seed,
            turns,
            types: Vec::new(),
            replications: asked.replications,
            today,
        };
        shop.types = shop.all_types();
        Ok(shop)
    }

    /// The scenario with `choice` and further keys set.
    fn candidate(&self, choice: &[usize], more: &[(String, String)]) -> Result<Candidate, String> {
        let turned = self.turns.iter().zip(choice);
        let own = turned.flat_map(|(turn, &value)| turn.values[value].sets.iter().cloned());
        let own: Vec<(String, String)> = own.chain(more.iter().cloned()).collect();
        let run = run_of(&self.path, &self.all, &own, Some(self.seed));
        let candidate = run.and_then(|run| Candidate::of(self.today.name.clone(), &run));
        candidate.map_err(|failure| in_a_line(&failure))
    }

    fn all_types(&self) -> Vec<TypeId> {
        let base: Vec<usize> = self.turns.iter().map(on_demand).collect();
        let mut choices = vec![base.clone()];
        for (place, turn) in self.turns.iter().enumerate() {
            if turn.knob == "instanceTypes" {
                choices.extend((1..turn.values.len()).map(|value| {
                    let mut choice = base.clone();
                    choice[place] = value;
                    choice
                }));
            }
        }
        let found = each(&choices, |choice| {
            let candidate = self.candidate(choice, &[]).ok()?;
            Some(machine_types(&candidate.input.loaded.scenario.commands))
        });
        let mut types: Vec<TypeId> = Vec::new();
        for one in found.into_iter().flatten() {
            if one.is_empty() {
                return Vec::new();
            }
            types.extend(one);
        }
        types.sort_unstable();
        types.dedup();
        types
    }

    /// Spot with enough attempts, which turning one knob after another may not find.
    fn starts(&self) -> Vec<Vec<usize>> {
        let ways = ["SPOT_PRICE_CAPACITY_OPTIMIZED", "SPOT_CAPACITY_OPTIMIZED"];
        let starts = ways.iter().map(|way| {
            let value = |turn: &Turn| {
                let wanted = |shown: &str| match turn.knob {
                    "purchase" => shown == format!("SPOT {way}"),
                    "attempts" => shown == "10",
                    _ => false,
                };
                let place = turn.values.iter().position(|value| wanted(&value.shown));
                place.unwrap_or(0)
            };
            self.turns.iter().map(value).collect()
        });
        starts.collect()
    }

    /// The runs of `choice` under the other profiles.
    fn profiles(
        &self,
        choice: &[usize],
        steps: &Steps,
    ) -> Result<Vec<(Profile, Configuration)>, Failure> {
        let own = self.today.input.loaded.scenario.world.settings.profile();
        let others = [Profile::Fast, Profile::Typical, Profile::Slow];
        let others = others.into_iter().filter(|profile| *profile != own);
        let found = others.map(|profile| {
            let more = [("profile".to_owned(), profile.name().to_owned())];
            let candidate = self.candidate(choice, &more).map_err(Failure::Usage)?;
            let numbers: Vec<u64> = (0..self.replications).collect();
            let runs = each(&numbers, |&number| {
                let seen = self.seen(&candidate, number);
                steps.step();
                seen
            });
            let runs = runs.into_iter().collect::<Result<Vec<Seen>, String>>();
            let choice = choice.to_vec();
            let runs = runs.map_err(Failure::Usage)?;
            Ok((profile, Configuration { choice, runs }))
        });
        found.collect()
    }

    fn seen(&self, candidate: &Candidate, number: u64) -> Result<Seen, String> {
        let summary = candidate.summary(seed_of(self.seed, number))?;
        let scenario = &candidate.input.loaded.scenario;
        let own = machine_types(&scenario.commands);
        let cost_bound = match scenario.world.billing.has_commitments() || own.is_empty() {
            true => None,
            false => bound(scenario, summary.reserved_ms, &own, &self.types),
        };
        Ok(Seen {
            observation: Observation::of(&summary),
            cost_bound,
            makespan_bound: summary.bounds.critical_path.ms() as f64 / 1e3,
            reserved_ms: summary.reserved_ms,
        })
    }

    fn notes(&self, then: &Scenario) -> Vec<String> {
        let mut notes = Vec::new();
        let effective = &self.today.input.loaded.effective;
        let has_spot = then.commands.iter().any(|timed| match &timed.command {
            Command::CreateComputeEnvironment(one) => match &one.kind {
                EnvironmentKind::Managed(managed) => {
                    managed.purchase != crate::model::Purchase::OnDemand
                }
                _ => false,
            },
            _ => false,
        });
        if has_spot && effective.get("spot").is_none() {
            notes.push("The scenario states no Spot market, so prices and interruptions are those that are assumed where none is stated.".to_owned());
        }
        let speed = effective
            .pointer("/model/machineSpeed")
            .and_then(serde_json::Value::as_str);
        let today = machine_kinds(&self.today.input.loaded.scenario);
        if speed == Some("uniform") && machine_kinds(then) != today {
            notes.push("Other instance types are taken to be as fast as today's (machineSpeed uniform), which older or smaller ones may not be: \
                 ask again with --set machineSpeed=coremark, or measure.".to_owned());
        }
        notes
    }
}

/// The types that managed environments may launch.
fn machine_kinds(scenario: &Scenario) -> Vec<&TypeId> {
    let kinds = scenario.commands.iter().map(|timed| match &timed.command {
        Command::CreateComputeEnvironment(one) => match &one.kind {
            EnvironmentKind::Managed(managed) => managed.types.as_slice(),
            _ => &[],
        },
        _ => &[],
    });
    kinds.flatten().collect()
}

/// The value of a knob that buys On-Demand: today's but where that is Spot.
fn on_demand(turn: &Turn) -> usize {
    match turn.knob {
        "purchase" => {
            let is_bought = |shown: &str| shown.starts_with("EC2 ");
            let place = turn.values.iter().position(|value| is_bought(&value.shown));
            place.unwrap_or(0)
        }
        _ => 0,
    }
}

fn registered_only(scenario: &Scenario) -> bool {
    scenario.world.settings.word(Assumption::UsableMemory) == "registered"
}

fn speeds(catalogue: &Catalogue, types: &[TypeId]) -> Option<(u64, u64)> {
    let parts = types.iter().map(|&one| catalogue.get(one).speed.parts());
    Some((parts.clone().min()?, parts.max()?))
}

/// What jobs that took `reserved` on machines of the types `own` cost at least on any of `types`, in USD.
fn bound(
    scenario: &Scenario,
    reserved: [u128; 3],
    own: &[TypeId],
    types: &[TypeId],
) -> Option<f64> {
    let reserved = at_best_speed(scenario, reserved, own, types)?;
    let catalogue = &scenario.world.catalogue;
    let bounds = cheapest_capacity(reserved, catalogue, types, registered_only(scenario));
    Some(dollars(bounds.largest()))
}

/// What `reserved` is at least where jobs that ran on the slowest of `own` run on the fastest of `types`.
fn at_best_speed(
    scenario: &Scenario,
    reserved: [u128; 3],
    own: &[TypeId],
    types: &[TypeId],
) -> Option<[u128; 3]> {
    let catalogue = &scenario.world.catalogue;
    let (slowest, fastest) = (speeds(catalogue, own)?.0, speeds(catalogue, types)?.1);
    let part = |time: u128| match slowest < fastest {
        true => time * u128::from(slowest) / u128::from(fastest),
        false => time,
    };
    Some(reserved.map(part))
}

fn dollars(amount: Usd) -> f64 {
    amount.rounded_ticks() as f64 / 1e10
}

/// The most vCPUs that there can be at once; `None` where machines come by other ways too.
fn most_vcpus(scenario: &Scenario) -> Option<u64> {
    let catalogue = &scenario.world.catalogue;
    let vcpus = |one: &TypeId| u64::from(catalogue.get(*one).nominal.vcpus);
    let mut most = 0;
    for timed in &scenario.commands {
        match &timed.command {
            Command::CreateComputeEnvironment(environment) => match &environment.kind {
                // It may go over by one instance.
                EnvironmentKind::Managed(managed) => {
                    let least = u64::from(managed.max_vcpus.max(managed.min_vcpus));
                    most += least + managed.types.iter().map(vcpus).max().unwrap_or(0);
                }
                EnvironmentKind::Unmanaged { .. } | EnvironmentKind::Fargate(_) => return None,
            },
            Command::UpdateComputeEnvironment(_) | Command::RunInstances { .. } => return None,
            _ => {}
        }
    }
    scenario.now.running.is_empty().then_some(most)
}

impl Space for Shop {
    fn sizes(&self) -> Vec<usize> {
        self.turns.iter().map(|turn| turn.values.len()).collect()
    }

    fn floor(&self, choice: &[usize], today: &[Seen]) -> Result<Floor, String> {
        let candidate = self.candidate(choice, &[])?;
        let (then, now) = (
            &candidate.input.loaded.scenario,
            &self.today.input.loaded.scenario,
        );
        let (own, new) = (machine_types(&now.commands), machine_types(&then.commands));
        let runs = today.len().max(1) as f64;
        let costs = today
            .iter()
            .map(|run| bound(then, run.reserved_ms, &own, &new).unwrap_or(0.0));
        let cost = match then.world.billing.has_commitments() || own.is_empty() || new.is_empty() {
            true => 0.0,
            false => costs.sum::<f64>() / runs,
        };
        let makespans = today.iter().map(|run| {
            let reserved = at_best_speed(then, run.reserved_ms, &own, &new);
            let area = reserved.zip(most_vcpus(then)).filter(|(_, most)| *most > 0);
            let area = area.map_or(0.0, |(reserved, most)| {
                (reserved[0] / u128::from(most)) as f64 / 1e3
            });
            area.max(run.makespan_bound)
        });
        let makespan = makespans.fold(f64::INFINITY, f64::min);
        Ok(Floor { cost, makespan })
    }

    fn run(&self, choice: &[usize], number: u64) -> Result<Seen, String> {
        self.seen(&self.candidate(choice, &[])?, number)
    }
}
