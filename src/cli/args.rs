//! The command line as it is typed.

use std::path::PathBuf;

use super::forecast::{FORECAST_NOTES, Forecast};
use super::tournament::{TOURNAMENT_NOTES, Tournament};
use super::{export, fit, generate, trace_args};

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::model::type_sets::Optimal;
use crate::model::{Profile, parse_span};
use crate::report::Table;
use crate::units::{PricePerHour, Ratio, Span};

use super::study::{
    COMPARE_EXAMPLES, Compare, DIFF_EXAMPLES, Diff, Merge, PLAN_EXAMPLES, Plan, Replications,
    SWEEP_EXAMPLES, SweepArgs,
};

/// Forecast AWS Batch before you run it.
///
/// batchcast replays a workload through AWS Batch's queue, dependency and scheduler logic on simulated machines, and tells
/// when it finishes, how long each job waits and why, how full the machines are, what it costs and what for.
#[derive(Debug, Parser)]
#[command(name = "batchcast", version, max_term_width = 100, after_help = EXAMPLES, subcommand_required = true, arg_required_else_help = true)]
pub struct CommandLine {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// What applies to every command.
    #[command(flatten)]
    pub common: Common,
}

const EXAMPLES: &str = "\
Examples:
  batchcast run scenarios/nightly            simulate the scenario in a folder
  batchcast run nightly.toml -o out          and keep tables, summary and manifest in the folder out
  batchcast run --trace log.swf.gz --pool 430 --discipline easy
                                             replay a log on one machine of 430 vCPUs
  batchcast doctor log.swf.gz                what is in a log, and what is wrong with it
  batchcast check nightly.toml               say everything that is wrong with a scenario
  batchcast assumptions                      list what AWS does not publish and is assumed here

Exit codes: 0 done, 1 what was asked for does not exist, 2 bad input or usage, 3 a threshold was crossed, 70 a bug of ours.";

/// Options that are understood before and after the command.
#[derive(Clone, Debug, Default, Args)]
pub struct Common {
    /// Print JSON on standard output instead of text.
    #[arg(long, global = true)]
    pub json: bool,
    /// Print neither the summary nor progress.
    #[arg(long, short, global = true)]
    pub quiet: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Simulate a scenario, or a trace on a pool of vCPUs.
    #[command(after_help = RUN_EXAMPLES)]
    Run(Box<Run>),
    /// Tell what one job of a run waited for and what would have helped, or where the time and money of all went.
    #[command(after_help = EXPLAIN_NOTES)]
    Explain(Explain),
    /// Make a page (report.html) and pictures (SVG) of a run, to look at and to send.
    #[command(after_help = REPORT_NOTES)]
    Report(ReportArgs),
    /// Show a run's page in the browser: serve it to this machine until Ctrl-C.
    #[command(after_help = VIEW_NOTES)]
    View(View),
    /// Tell what a sample, a user or whatever else stands in a column of jobs.csv costs: mean, P50, P90.
    #[command(after_help = COSTS_EXAMPLES)]
    Costs(Costs),
    /// Tell what a trace is, what its jobs are like and everything that is wrong with it; repair it by named rules.
    #[command(after_help = trace_args::DOCTOR_NOTES)]
    Doctor(trace_args::Doctor),
    /// Write a trace of any kind as CSV of ours, as SWF or as a workload of Batsim.
    #[command(after_help = trace_args::IMPORT_NOTES)]
    Import(trace_args::Import),
    /// Write a run in the formats of others: a FOCUS bill, results of Batsim, a log in SWF.
    #[command(after_help = export::NOTES)]
    Export(export::Export),
    /// Fit a model to a trace: arrivals, sizes and families of run times, as generators of a scenario.
    #[command(after_help = fit::NOTES)]
    Fit(fit::Fit),
    /// Write the jobs that a scenario draws, lists and reads as a trace.
    #[command(after_help = generate::NOTES)]
    Generate(generate::Generate),
    /// Say everything that is wrong with a scenario, without running it.
    Check(Check),
    /// Print the JSON Schema of scenario files: every key, its type, default and meaning.
    Schema,
    /// List what AWS does not publish: each assumed parameter, its value in a profile and what it rests on.
    Assumptions(Assumptions),
    /// List and search instance types with their sizes, prices and speeds.
    #[command(after_help = CATALOG_EXAMPLES)]
    Catalog(Box<Catalog>),
    /// List job orders, dispatch disciplines and placements.
    Policies,
    /// Simulate a real run again, job by job, and tell how far off the simulation is.
    #[command(after_help = BACKTEST_NOTES)]
    Backtest(Backtest),
    /// Make a scenario of what the AWS command line prints of an account: its twin.
    #[command(after_help = TWIN_NOTES)]
    Twin(Twin),
    /// Run several scenarios, or one with a key varied, and tell how surely they differ and which is best.
    #[command(after_help = COMPARE_EXAMPLES)]
    Compare(Compare),
    /// Forecast demand and cost by day, week and month from a history, and what to commit to.
    #[command(after_help = FORECAST_NOTES)]
    Forecast(Forecast),
    /// Run every job order with every dispatch discipline on every trace of a folder, and tell how each did.
    #[command(after_help = TOURNAMENT_NOTES)]
    Tournament(Tournament),
    /// Find the configuration that meets a deadline, a wait or a budget, and what it costs, takes and risks.
    #[command(after_help = PLAN_EXAMPLES)]
    Plan(Box<Plan>),
    /// Tell how a changed scenario differs from the one before, as Markdown, and fail where it differs too much.
    #[command(after_help = DIFF_EXAMPLES)]
    Diff(Diff),
    /// Run every combination of some keys' values, or a sample of them, in parts and after a kill too.
    #[command(after_help = SWEEP_EXAMPLES)]
    Sweep(SweepArgs),
    /// Join the parts of a sweep.
    Merge(Merge),
    /// Make the run of a run folder again and compare every byte.
    #[command(after_help = VERIFY_NOTES)]
    Verify(Verify),
    /// Tell what ways to keep a deadline on Spot would have cost on a measured availability.
    #[command(after_help = SPOT_DEADLINE_NOTES)]
    SpotDeadline(SpotDeadline),
}

const RUN_EXAMPLES: &str = "\
Examples:
  batchcast run nightly.toml --set dispatch=easy --set containerStart=10s
  batchcast run nightly.toml --json | jq .wait_s.p95
  batchcast run nightly.toml --set workload.load=10      everything submitted ten times: what binds first?
  batchcast run --trace KTH-SP2-1996.swf --pool 100 --discipline easy -o kth --tables jobs,timeline
  batchcast run nightly.toml --from-now live.json         30,000 jobs are RUNNABLE now: when are they done?
  batchcast run nightly.toml -o out --report              and a page with pictures: out/report.html
  batchcast run nightly.toml --plot                       and how many jobs run and wait, as a curve in the terminal
  batchcast run nightly.toml --replications 30           means and quantiles over 30 seeds, with intervals
  batchcast run nightly.toml --tornado       which assumption moves makespan and cost most
  batchcast run nightly.toml --tune-checkpoint render    how often the jobs of a definition should save
  batchcast run --trace kth/jobs.csv --pool 200          the jobs.csv of a run is a trace again

A run folder appears whole or not at all. Without -o nothing is written.";

/// `batchcast run`.
#[derive(Clone, Debug, Args)]
pub struct Run {
    /// A scenario file, or a folder with scenario.toml or scenario.json.
    #[arg(required_unless_present = "trace", conflicts_with = "trace")]
    pub scenario: Option<PathBuf>,
    /// A trace to run on a pool of vCPUs, recognised by content, plain or gzip: CSV of ours, SWF, WfFormat, Nextflow, Slurm's sacct,
    /// Batsim, Alibaba's pods and batch tasks (`batchcast doctor` tells what is in one).
    #[arg(long, value_name = "FILE", requires = "pool")]
    pub trace: Option<PathBuf>,
    /// vCPUs of the one machine that the trace runs on; it does not limit memory.
    #[arg(long, value_name = "VCPUS", requires = "trace", value_parser = clap::value_parser!(u32).range(1..))]
    pub pool: Option<u32>,
    /// Job order of the pool's queue (see `batchcast policies`).
    #[arg(long, value_name = "NAME", requires = "trace")]
    pub order: Option<String>,
    /// Dispatch discipline of the pool's queue (see `batchcast policies`).
    #[arg(long, value_name = "NAME", requires = "trace")]
    pub discipline: Option<String>,
    /// How the trace is read.
    #[command(flatten)]
    pub reading: Reading,
    /// Set a parameter of the model (see `batchcast assumptions`); may be repeated.
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value)]
    pub set: Vec<(String, String)>,
    /// Go on from a live account: a file (TOML or JSON) of instances that are up, jobs that run and wait, and what shares have
    /// used; time zero is now. It is what the scenario's key `now` says.
    #[arg(long, value_name = "FILE", conflicts_with = "trace")]
    pub from_now: Option<PathBuf>,
    /// Cut the run at this time from its start, such as 36h.
    #[arg(long, value_name = "TIME", value_parser = parse_span)]
    pub until: Option<Span>,
    /// The seed of all chance; the scenario's own, or 1, where it is not given.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Run once more for each end of each assumption (profiles fast and slow; each other choice), and tell what it does to
    /// makespan and cost.
    #[arg(long, conflicts_with_all = ["output", "replications", "precision"])]
    pub tornado: bool,
    /// How often it is run.
    #[command(flatten)]
    pub study: Replications,
    /// Take the run for a part of one that goes on for ever: tell the mean wait of the steady state, with the interval of batch means
    /// and without the warm-up.
    #[arg(long, conflicts_with_all = ["output", "replications", "precision", "tornado"])]
    pub steady: bool,
    /// Run once for each of many checkpoint intervals of this job definition, and tell which is best, beside Young's, Daly's and
    /// the exact one.
    #[arg(long, value_name = "DEFINITION", conflicts_with_all = ["output", "tornado"])]
    pub tune_checkpoint: Option<String>,
    /// Write the run to this new folder.
    #[arg(long, short, value_name = "DIR", conflicts_with_all = ["replications", "precision"])]
    pub output: Option<PathBuf>,
    /// Replace the folder if it is there.
    #[arg(long, requires = "output")]
    pub force: bool,
    /// Which tables to write: jobs, attempts, instances, timeline, bill (comma between them), all or none.
    #[arg(long, value_name = "NAMES", default_value = "all", requires = "output", value_parser = tables)]
    pub tables: Tables,
    /// Draw how many jobs run and wait over time, in the terminal.
    #[arg(long, conflicts_with_all = ["tornado", "tune_checkpoint", "replications"])]
    pub plot: bool,
    /// Make the run's page and pictures too (see `batchcast report`).
    #[arg(long, requires = "output")]
    pub report: bool,
    /// Fail after so many jobs as if by a bug of ours.
    #[arg(long, value_name = "JOBS", hide = true)]
    pub debug_bug_after: Option<u64>,
}

const EXPLAIN_NOTES: &str = "\
Examples:
  batchcast run nightly.toml -o out
  batchcast explain out merge                one job: when, why, where, what for, and what would shorten it
  batchcast explain out align:3              child 3 of the array align
  batchcast explain out                      the run: where time and money went, and levers with their real gain

Each moment of a job's life has one cause. Where several hold at once, the first of these counts: dependency,
blocked-head, scaling, boot, share, queue, consumable, max-vcpus, capacity, dispatch, image-pull, run, lost, checkpoint.

Exit code 2 where there is no such run or job.";

/// `batchcast explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// A folder that `run -o` wrote.
    pub run: PathBuf,
    /// A job of it, by its job_id in jobs.csv; `array:index` for a child.
    pub job: Option<String>,
    /// Where the files are that the scenario reads (traces); beside the run and here where it is not given.
    #[arg(long, value_name = "DIR", conflicts_with = "job")]
    pub inputs: Option<PathBuf>,
}

const REPORT_NOTES: &str = "\
Examples:
  batchcast run nightly.toml -o out --report   run, and make the report at once
  batchcast report out                         out/report.html and out/pictures/*.svg
  batchcast report out -o site                 the same in another folder
  batchcast report out --trace out/trace.json  and a trace: open it at ui.perfetto.dev or chrome://tracing

The page is one file that needs no network and works where it lies: hover for values, drag or + and - to zoom in time, click
headings to sort, print. It holds names of jobs, queues and the command, so look before you publish it.";

/// `batchcast report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// A folder that `run -o` wrote.
    pub run: PathBuf,
    /// Write to this folder instead of the run's own.
    #[arg(long, short, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// Write each picture as PNG too; needs a batchcast built with the feature `png`.
    #[arg(long)]
    pub png: bool,
    /// Write a trace for timeline viewers too: environments as processes, machines as threads, attempts as slices, queues as
    /// counters, dependencies as arrows.
    #[arg(long, value_name = "FILE")]
    pub trace: Option<PathBuf>,
}

const VIEW_NOTES: &str = "\
Examples:
  batchcast view out                 prints the address; open it in a browser
  batchcast view out --port 0        on any port that is free

Only this machine is served, only by GET, and only the page, its pictures and the tables of the run folder.";

/// `batchcast view`.
#[derive(Debug, Args)]
pub struct View {
    /// A folder that `run -o` wrote.
    pub run: PathBuf,
    /// The port to listen on, at 127.0.0.1; 0 takes any that is free.
    #[arg(long, value_name = "PORT", default_value = "7850")]
    pub port: u16,
}

const COSTS_EXAMPLES: &str = "\
Examples:
  batchcast costs out --by user                 where a trace says in its column user whose job it is, or of which sample
  batchcast costs out --by array_id --spread    arrays, with their part of what no job pays
  batchcast costs out1 out2 out3 --by user      over several runs, such as those of several seeds";

/// `batchcast costs`.
#[derive(Debug, Args)]
pub struct Costs {
    /// Folders that `run -o` wrote.
    #[arg(required = true)]
    pub runs: Vec<PathBuf>,
    /// The column of jobs.csv: jobs with the same value in it cost together.
    #[arg(long, value_name = "COLUMN")]
    pub by: String,
    /// Put what no job pays (idle machines and the like) on the jobs, in proportion to what they cost.
    #[arg(long)]
    pub spread: bool,
}

/// How a trace is read.
#[derive(Clone, Debug, Args)]
pub struct Reading {
    /// Leave out jobs with a run time of zero.
    #[arg(long, requires = "trace")]
    pub drop_zero_run: bool,
    /// Keep only jobs that completed (SWF status 1).
    #[arg(long, requires = "trace")]
    pub completed_only: bool,
    /// Submit jobs only after those that their users had waited for: `fields` follows SWF fields 17 and 18, `sessions` (or
    /// `sessions:20m`, the longest think time) follows users.
    #[arg(long, value_name = "HOW", requires = "trace", num_args = 0..=1, default_missing_value = "sessions", value_parser = closed_loop)]
    pub closed_loop: Option<Closed>,
    /// Schedule by fair share between users or groups.
    #[arg(long, value_name = "WHAT", requires = "trace", value_parser = ["user", "group"])]
    pub share_by: Option<String>,
}

/// How submissions follow completions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// By SWF fields 17 and 18.
    Fields,
    /// By users' sessions with at most this time to think.
    Sessions(Span),
}

impl std::fmt::Display for Closed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Closed::Fields => f.write_str("fields"),
            Closed::Sessions(limit) => write!(f, "sessions:{limit}s"),
        }
    }
}

/// Which tables to write; a type of its own, as clap would take a plain list for a repeated option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tables(pub Vec<Table>);

/// `batchcast check`.
#[derive(Debug, Args)]
pub struct Check {
    /// A scenario file, or a folder with scenario.toml or scenario.json.
    pub scenario: PathBuf,
    /// Set a parameter of the model; may be repeated.
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value)]
    pub set: Vec<(String, String)>,
}

/// `batchcast assumptions`.
#[derive(Debug, Args)]
pub struct Assumptions {
    /// Which defaults to show: ideal, fast, typical or slow.
    #[arg(long, default_value = "typical", value_parser = profile)]
    pub profile: Profile,
}

/// `batchcast catalog`.
#[derive(Debug, Default, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Catalog {
    /// What to do besides listing.
    #[command(subcommand)]
    pub action: Option<CatalogAction>,
    /// Only types whose name contains this (c6i, .4xlarge); with a *, which stands for anything, only names that
    /// are like it as a whole ('c*g.large').
    pub pattern: Option<String>,
    /// Only these families (comma between them), metal sizes too.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub family: Vec<String>,
    /// Only what this list would mean as the instanceTypes of a compute environment: types, families, optimal,
    /// default_x86_64, default_arm64 (comma between them).
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub instance_types: Vec<String>,
    /// What optimal means in that list (see `batchcast assumptions`).
    #[arg(long, value_name = "WHAT", requires = "instance_types", default_value = "default_x86_64", value_parser = Optimal::ALL.map(Optimal::name))]
    pub optimal: String,
    /// Only this architecture.
    #[arg(long, value_name = "NAME", value_parser = ["x86_64", "arm64"])]
    pub arch: Option<String>,
    /// Only types with so many vCPUs or more.
    #[arg(long, value_name = "N")]
    pub min_vcpus: Option<u32>,
    /// Only types with so many vCPUs or fewer.
    #[arg(long, value_name = "N")]
    pub max_vcpus: Option<u32>,
    /// Only types on which one job can have so many MiB.
    #[arg(long, value_name = "MIB")]
    pub min_memory: Option<u32>,
    /// Only types with so many whole GPUs or more.
    #[arg(long, value_name = "N")]
    pub gpus: Option<u32>,
    /// Only types that cost so many USD an hour or less.
    #[arg(long, value_name = "USD", value_parser = PricePerHour::parse)]
    pub max_price: Option<PricePerHour>,
    /// Only types of the current generation, by AWS's own count.
    #[arg(long)]
    pub current: bool,
    /// The order of the list.
    #[arg(long, value_enum, default_value_t)]
    pub sort: CatalogOrder,
    /// Prices as they were seen by this day, such as 2017-08-31; the newest known where not given.
    #[arg(long, value_name = "DAY", value_parser = day)]
    pub date: Option<String>,
    /// Print CSV instead of text.
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
}

/// What `batchcast catalog` does besides listing.
#[derive(Debug, Subcommand)]
pub enum CatalogAction {
    /// Make a file of instance types and prices of what AWS prints, for a scenario's instanceTypesFrom.
    #[command(after_help = IMPORT_NOTES)]
    Import(ImportTypes),
}

const IMPORT_NOTES: &str = "\
Examples:
  aws ec2 describe-instance-types > types.json
  batchcast catalog import types.json prices.json --region eu-west-1 -o types.toml

and in the scenario: instanceTypesFrom = \"types.toml\". Files are told apart by content, plain or gzip:
describe-instance-types (also as a table by type), the offer file of AmazonEC2 (CSV or JSON, hundreds of MB, read as a stream)
and `aws pricing get-products`. What counts of a price list is the On-Demand hour of plain Linux: shared tenancy, used capacity,
nothing installed. What no file says stays that of the built-in catalogue.";

/// `batchcast catalog import`.
#[derive(Debug, Args)]
pub struct ImportTypes {
    /// What was exported.
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// The file to write.
    #[arg(long, short, value_name = "FILE")]
    pub output: PathBuf,
    /// The region whose prices count, where a price list has several.
    #[arg(long, value_name = "NAME", default_value = "us-east-1")]
    pub region: String,
    /// Replace the file if it is there.
    #[arg(long)]
    pub force: bool,
}

const BACKTEST_NOTES: &str = "\
Examples:
  batchcast backtest twin.toml execution_trace.txt               how far off the scenario is
  batchcast backtest twin.toml execution_trace.txt --calibrate   its assumptions found on the first half of the jobs,
                                                                 judged on the others
  batchcast backtest twin.toml of_2021.txt --calibrate --score of_2022.txt
                                                                 found on all of one run, judged on another

The scenario names the environment; its jobs are those of the history: [workload] trace = \"history\", and closedLoop =
\"sessions\" where a job followed the end of another. A history is a trace or a report of Nextflow, or what
`aws batch describe-jobs` prints (or events of EventBridge), for a twin of it: its arrays are simulated and not judged. It holds no
bill, so nothing is said of cost.";

/// `batchcast backtest`.
#[derive(Debug, Args)]
pub struct Backtest {
    /// A scenario file, or a folder with scenario.toml or scenario.json.
    pub scenario: PathBuf,
    /// What was measured.
    pub history: PathBuf,
    /// Find the assumptions on the first half of the jobs (in order of submission) and judge the others.
    #[arg(long)]
    pub calibrate: bool,
    /// Find them on all jobs of the history instead, and judge the jobs of this one.
    #[arg(long, value_name = "OTHER", requires = "calibrate")]
    pub score: Option<PathBuf>,
    /// Runs of which the intervals are made.
    #[arg(long, value_name = "N", default_value = "60", value_parser = clap::value_parser!(u32).range(10..=10_000))]
    pub draws: u32,
    /// Set a parameter of the model; may be repeated.
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value)]
    pub set: Vec<(String, String)>,
    /// The seed of all chance.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
}

const VERIFY_NOTES: &str = "\
Examples:
  batchcast verify out                       what it read is looked for beside it and here
  batchcast verify out/manifest.json --inputs ../nightly

Exit code 1 where a byte differs, 2 where the run cannot be made again.";

/// `batchcast verify`.
#[derive(Debug, Args)]
pub struct Verify {
    /// A folder that `run -o` wrote, or its manifest.json.
    pub run: PathBuf,
    /// Where the files are that the run read (the scenario, traces); beside the run and here where it is not given.
    #[arg(long, value_name = "DIR")]
    pub inputs: Option<PathBuf>,
}

const TWIN_NOTES: &str = "\
Examples:
  batchcast twin --commands --region eu-west-1 > export.sh      the commands that export an account, as a script
  sh export.sh exports                                          writes what they print into the folder exports
  batchcast twin exports -o twin                                makes a scenario of it
  batchcast run twin                                            and runs it: last week again
  batchcast twin exports --now -o now && batchcast run now      what waits and runs now: when is it done?
  batchcast backtest twin exports/jobs.json                     how far off the twin is, job by job

Files are told apart by content and may have any names: describe-compute-environments, describe-job-queues,
describe-scheduling-policies, describe-job-definitions, list-consumable-resources, list-jobs, describe-jobs and
get-job-queue-snapshot of AWS Batch; events of EventBridge (one a line, or as a log group gives them); describe-tasks and
describe-container-instances of ECS; describe-scaling-activities of Auto Scaling; describe-instances,
describe-instance-types and describe-spot-price-history of EC2; the EC2 price list (CSV, JSON) or pricing get-products.
Queues and environments must be there; of the rest whatever there is. What is assumed for want of the others is listed, here and at
the head of scenario.toml.";

/// `batchcast twin`.
#[derive(Debug, Args)]
pub struct Twin {
    /// The folder of what was exported.
    #[arg(required_unless_present = "commands")]
    pub folder: Option<PathBuf>,
    /// Write the scenario to this new folder.
    #[arg(
        long,
        short,
        value_name = "DIR",
        required_unless_present = "commands",
        conflicts_with = "commands"
    )]
    pub output: Option<PathBuf>,
    /// Replace the files of the folder if it is there.
    #[arg(long, requires = "output")]
    pub force: bool,
    /// Go on from the moment of the export, with what runs and waits then, instead of replaying what was.
    #[arg(long, conflicts_with = "commands")]
    pub now: bool,
    /// That moment (2026-03-03T10:40:00Z), where no export tells it.
    #[arg(long, value_name = "MOMENT", value_parser = moment)]
    pub at: Option<i64>,
    /// The region: of the commands, or where no export tells it.
    #[arg(long, value_name = "NAME")]
    pub region: Option<String>,
    /// Print the commands that export all of it, as a shell script.
    #[arg(long, conflicts_with = "folder")]
    pub commands: bool,
}

const SPOT_DEADLINE_NOTES: &str = "\
Examples:
  batchcast spot-deadline --availability us-west-2b_v100_1.json --work 48h --deadline 52h
  batchcast spot-deadline --availability us-west-2b_v100_1.json --work 48h --deadline 52h --changeover 10m

The file is JSON: {\"metadata\": {\"gap_seconds\": 195}, \"data\": [1, 1, 0]}, how many instances were to be had at each
tick. Everything is counted in whole ticks: work and deadline rounded down, the change-over up. A job keeps its work when its
Spot instance is taken.";

/// `batchcast spot-deadline`.
#[derive(Debug, Args)]
pub struct SpotDeadline {
    /// Measured availability, plain or gzip.
    #[arg(long, value_name = "FILE")]
    pub availability: PathBuf,
    /// How long the job runs.
    #[arg(long, value_name = "TIME", value_parser = parse_span)]
    pub work: Span,
    /// How long after its begin it must have ended.
    #[arg(long, value_name = "TIME", value_parser = parse_span)]
    pub deadline: Span,
    /// Which way to keep the deadline: greedy, uniform-progress, omniscient or all.
    #[arg(long, value_name = "NAME", default_value = "all")]
    pub policy: String,
    /// Price of Spot as a part of On-Demand's.
    #[arg(long, value_name = "PART", default_value = "0.3", value_parser = part)]
    pub spot_price: Ratio,
    /// From one begin of the job to the next along the trace.
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = parse_span)]
    pub every: Span,
    /// What a start on a machine takes before work goes on; it is paid.
    #[arg(long, value_name = "TIME", default_value = "0", value_parser = parse_span)]
    pub changeover: Span,
    /// How many instances the job needs at once.
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u32).range(1..))]
    pub nodes: u32,
}

/// In which order types are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum CatalogOrder {
    /// By family, then size.
    #[default]
    Name,
    /// The cheapest first.
    Price,
    /// The cheapest vCPU first.
    VcpuPrice,
    /// The cheapest CoreMark iteration first; what was not measured comes last.
    SpeedPrice,
}

const CATALOG_EXAMPLES: &str = "\
Examples:
  batchcast catalog c6i                            types whose name contains c6i
  batchcast catalog '*.4xlarge' --arch arm64       names like the pattern
  batchcast catalog --gpus 4 --sort price          with 4 GPUs or more, the cheapest first
  batchcast catalog --min-vcpus 16 --min-memory 60000 --current --sort vcpu-price
  batchcast catalog --instance-types optimal,c5    what a compute environment would choose from
  batchcast catalog m1 --date 2007-09-01           at the prices of that day
  batchcast catalog import types.json prices.json -o types.toml
                                                   your region's types and prices, for a scenario's instanceTypesFrom

Exit code 1 where no type is like that.";

/// Longest time to think within a session where none is given: 20 minutes, after which a user is taken to have left
/// (Zilber, Amit and Talby 2005).
const THINK_LIMIT: Span = Span::from_s(20 * 60);

/// A key and its value.
///
/// # Errors
/// What to write.
pub fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => {
            Ok((key.trim().to_owned(), value.trim().to_owned()))
        }
        _ => Err("write KEY=VALUE, such as dispatch=easy".to_owned()),
    }
}

fn part(text: &str) -> Result<Ratio, String> {
    let part = text.parse::<f64>().ok().and_then(Ratio::from_f64);
    let part = part.filter(|part| *part <= Ratio::ONE);
    part.ok_or_else(|| "write a part from 0 to 1, such as 0.3".to_owned())
}

fn tables(text: &str) -> Result<Tables, String> {
    Table::parse_list(text).map(Tables)
}

fn closed_loop(text: &str) -> Result<Closed, String> {
    match text.split_once(':') {
        None if text == "fields" => Ok(Closed::Fields),
        None if text == "sessions" => Ok(Closed::Sessions(THINK_LIMIT)),
        Some(("sessions", limit)) => parse_span(limit).map(Closed::Sessions),
        _ => Err("use fields, sessions or sessions:TIME".to_owned()),
    }
}

fn moment(text: &str) -> Result<i64, String> {
    match text.parse::<jiff::Timestamp>() {
        Ok(moment) => Ok(moment.as_millisecond()),
        Err(_) => Err("write a moment as 2026-03-03T10:40:00Z".to_owned()),
    }
}

fn day(text: &str) -> Result<String, String> {
    match text.parse::<jiff::civil::Date>() {
        Ok(day) => Ok(day.to_string()),
        Err(_) => Err("write a day as 2017-08-31".to_owned()),
    }
}

fn profile(text: &str) -> Result<Profile, String> {
    Profile::ALL
        .into_iter()
        .find(|profile| profile.name() == text)
        .ok_or_else(|| format!("use one of {}", Profile::ALL.map(Profile::name).join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn run(words: &str) -> Result<Run, clap::Error> {
        let words = words.split_whitespace();
        match CommandLine::try_parse_from(words)?.command {
            Command::Run(run) => Ok(*run),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn common_options_stand_before_or_after_the_command() {
        for words in ["batchcast --json run s.toml", "batchcast run s.toml --json"] {
            let line = CommandLine::try_parse_from(words.split_whitespace()).unwrap();
            assert!(line.common.json, "{words}");
        }
    }

    #[test]
    fn a_run_reads_its_options() {
        let run = run("batchcast run --trace a.swf --pool 8 --closed-loop sessions:5m --until 2h -o out --tables bill,jobs --set a=b=c").unwrap();
        assert_eq!(run.pool, Some(8));
        assert_eq!(
            run.reading.closed_loop,
            Some(Closed::Sessions(Span::from_s(300)))
        );
        assert_eq!(run.until, Some(Span::from_s(7200)));
        assert_eq!(run.tables.0, [Table::Jobs, Table::Bill]);
        assert_eq!(run.set, [("a".to_owned(), "b=c".to_owned())]);
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for words in [
            "batchcast run",
            "batchcast run s.toml --trace t.swf --pool 4",
            "batchcast run --trace t.swf",
            "batchcast run --trace t.swf --pool 0",
            "batchcast run s.toml --order sjf",
            "batchcast run s.toml --force",
            "batchcast run s.toml --set dispatch",
            "batchcast run s.toml -o out --tables job",
            "batchcast run s.toml --until soon",
            "batchcast run s.toml --seed -1",
            "batchcast assumptions --profile best",
            "batchcast catalog --arch i386",
            "batchcast catalog --csv --json",
            "batchcast catalog --date yesterday",
            "batchcast catalog --optimal c4-m4-r4",
            "batchcast catalog --instance-types optimal --optimal c3",
            "batchcast catalog --max-price -1",
            "batchcast spot-deadline --work 2h --deadline 3h",
            "batchcast spot-deadline --availability a --work 2h --deadline 3h --spot-price 1.5",
        ] {
            let parsed = CommandLine::try_parse_from(words.split_whitespace());
            assert_eq!(parsed.unwrap_err().exit_code(), 2, "{words}");
        }
    }
}
