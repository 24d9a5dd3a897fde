//! **batchcast** replays a workload through AWS Batch's own queue, dependency and scheduler logic on modelled machines, and
//! answers: when does it finish, how long does each job wait and why, how full are the machines, what does it cost and
//! where did the money go. This page is the architecture document: where things are, which way they may speak, and why.
//!
//! # The map
//!
//! ```text
//!  files ─► input ─► Scenario ─► sim ┬─ control (who waits, on what, in which order) ─┐
//!  (scenario, trace)  (World,        │      ▲ facts            decisions ▼            ├─► metrics ─► report
//!                      commands,     └─ fleet  (machines, placing, billing) ──────────┘
//!                      workload)
//! ```
//!
//! Data flows right; imports point left. `tests/it/tidy.rs` holds each module to its row.
//!
//! | module | may import | holds |
//! |---|---|---|
//! | [`units`] | – | time, money, shapes, ratios, identifiers: all integers |
//! | [`engine`] | units | the order of events, named streams of chance, the digest. No domain word |
//! | [`model`] | units | what is asked and what is told: World, commands, workload, AWS's limits, assumptions, records, the [`model::Observer`] trait. No serde, no behaviour |
//! | [`billing`] | units, model | the ledger beyond instances: Reserved Instances and Savings Plans, volumes, addresses, traffic, Fargate; functions of amounts and times |
//! | [`policy`] | units, model | questions with several answers: job orders, dispatch disciplines, placements, and [`policy::capacity::Capacity`], what scheduling may ask of machines |
//! | [`control`] | units, model, policy | AWS Batch itself: the door, the life of jobs, dependencies, arrays, queues, shares, retries, blocked heads |
//! | [`market`] | units, engine, model | EC2 Spot: prices of pools, interruptions, what strategies may see. Courses of prices are the only exact thing that floats draw |
//! | [`fleet`] | units, model, billing, policy, market | machines, placing, planning, the ledger |
//! | [`sim`] | all above | pop, match, tell: the only `match` on events. Fates of attempts, clients that react |
//! | [`metrics`] | units, model, billing, sim's observer | what a run is seen as: totals, quantiles, causes, bounds, the timeline |
//! | [`input`] | units, model, billing, names in policy, engine's streams and chance | bytes → Scenario, or every problem with its place |
//! | [`report`] | units, model, billing, metrics, plan's results | results → bytes: summary, tables, text |
//! | [`explain`] | units, model, metrics, report's wording | the tables of a run that is over → its story: what a job waited for, where money went, levers |
//! | [`picture`] | units, model, metrics, report's wording, explain | the tables of a run that is over → pictures, a page, a trace for viewers, a curve for terminals |
//! | [`stats`] | – | what samples tell and how surely: intervals, when to stop, which is best. Numbers only |
//! | [`plan`] | stats, units, model, policy, engine's streams and chance, sim, metrics, rayon | many runs at once, in a fixed order: the only module that spawns threads |
//! | [`cli`] | everything | paths, environment, terminal, exit codes, run folders: the one place that opens files |
//!
//! Three rings: the *core* (units to metrics) is a function of `(Scenario, seed)`, without file, clock, thread, environment or
//! the order of a hash map. The *rim* (input, report) is pure over bytes. The *shell* (cli) does the rest.
//!
//! `control` and `fleet` never import each other. Control is *lent* the machines as a [`policy::capacity::Capacity`] for one
//! decision; what it wants done later it leaves as [`control::Effect`]s; ends of attempts come to it as calls. So either can
//! be tested, replaced and read alone. What both need to say lives in `policy` or `model`.
//!
//! # Where to make a change
//!
//! * **A job order**: one file in `policy/order/`, one line in [`policy::order::ORDERS`]. It is then in scenario files,
//!   `--help`, the laws and the benches. Outside the crate: implement [`policy::order::JobOrder`].
//! * **A dispatch discipline**: one file in `policy/discipline/` that implements [`policy::discipline::Dispatch`] over what it
//!   is lent ([`policy::discipline::Turn`]), one line in the list.
//! * **A rule of AWS Batch**: the state machine is `control/lifecycle.rs` and nothing else moves a job; the door for jobs is
//!   `control/submit.rs`, for environments `control/environments.rs`, for all other actions `control/door.rs`; limits with their pages are [`model::rules`].
//! * **Something AWS does not publish**: an entry in [`model::ASSUMPTIONS`] with key, unit, default per profile, tag and
//!   sentence. `batchcast assumptions`, scenario files and every report take it from there.
//! * **A trace format**: a reader in `input/` that fills a [`model::Workload`] (tables through `input/table.rs`, documents through
//!   `input/json_cells.rs`, both with `input/tasks.rs`, which ties and sorts), its mark in `input/recognise.rs`, a line in `input/door.rs`,
//!   the names of what it drops and repairs in `input/rules.rs`. What is looked for in all of them is `input/doctor/`; what traces are
//!   written as is `report/trace/`.
//! * **A family that traces are fitted with**: an estimator and its tails in `input/fit/families.rs`, its draw in
//!   `input/generate/distribution.rs`, its keys in `input/scenario/ours_workload.rs`.
//! * **A format that runs are exported in**: a file in `report/export/`, pure over the tables of a run folder, and a line in `cli/export.rs`.
//! * **An instance type or a price**: the tables in `input/catalog/`, which `tests/it/catalog.rs` derives from public data. What
//!   the strings of `instanceTypes` stand for (types, families, `optimal`) is [`model::type_sets`], for `input` and `control`.
//! * **A key of the scenario file**: the tables in `input/scenario/`; checking, the JSON Schema and the docs come from them.
//! * **A lever of `explain`**: a function and a line in [`explain::LEVERS`]: for which causes, whose it is, what it sets. Its gain
//!   comes from a run.
//! * **A figure of the report**: `metrics` computes it once, with its definition beside it; `report` prints it.
//!
//! * **Scaling**: who waits is counted by shape in `control/demand.rs`; what is launched for it is decided in
//!   `fleet/scaling.rs`, and when in `sim/scaling.rs`; which type is a strategy, one file each in `policy/allocation/`; when
//!   idle instances leave is `fleet/elastic.rs`. The words between them are [`policy::scaling`].
//!
//! * **Spot**: how a price goes and when EC2 takes instances back is `market/`, one file for each model; what a strategy picks is
//!   a file in `policy/allocation/`; what becomes of the jobs is `sim/spot.rs` (notice, and when Batch knows), and of the bill
//!   `fleet/ledger.rs` (`waived`). Zones and what is lost with one are `fleet/zones.rs`.
//!
//! * **Infrastructure updates**: what AWS refuses is `control/environments.rs`, who is left behind and when they go `fleet/replace.rs`, what
//!   becomes of their jobs `sim/replace.rs`.
//!
//! * **Checkpoints**: how an attempt passes its time and what is left of it is `policy/checkpoint.rs`, with the rules for the
//!   interval; `sim/kept.rs` asks it at an attempt's end, and `plan/tune.rs` finds the best interval by runs.
//!
//! * **Fargate**: sizes and what a definition says are [`model::FargateSize`] and its neighbours, rates `billing/fargate.rs`; tasks,
//!   their machines, tokens, interruptions and bills are `fleet/fargate.rs`, and what is refused `model/rules.rs` and the doors.
//! * **A knob of `plan`**: a function and a line in [`plan::KNOBS`]: where a scenario has it, which values, which keys they set. The
//!   search is `plan/search.rs` over `plan/configuration.rs`, what is said of it `report/plan.rs`, and the requests for AWS `report/requests.rs`.
//! * **A picture**: a file in `picture/charts/` that makes a [`picture::Chart`] of the tables, and its place in a section of
//!   `picture/page/mod.rs`. Plotters draws it once without colours (`picture/draw.rs`); the page and the SVG file put words around it.
//! * **Images**: who has pulled what, and how long a pull takes, is `fleet/images.rs`.
//!
//! * **From now on**: what there is already is [`model::Now`], read and judged in `input/scenario/lower/now.rs`; `sim/live.rs` puts it in
//!   place after the commands of time zero and before all else, with `control/live.rs` and `fleet/live.rs`.
//!
//! * **What AWS prints**: a reader in `input/aws/` and the marks of its kind in `input/aws/kinds.rs`; what a twin makes of it is
//!   `input/aws/twin.rs`, and of a live account `input/aws/live.rs`.
//! * **A way to keep a deadline on Spot**: a file in `policy/deadline/`, a line in its list; `plan/deadline.rs` replays it.
//! * **Many runs of one question**: `plan/study.rs` makes replications, [`plan::MEASURES`] are the figures that are compared, `stats` says
//!   how sure they are, `cli/study/` holds the commands. A knob that a sweep or comparison moves is a key of the scenario file.
//! * **What calibration may move**: a line in [`plan::DIALS`]; how a run is judged is `plan/backtest.rs`, scores are
//!   [`metrics::scores`]. What was measured is a [`model::MeasuredJob`], which `input/nextflow/` reads.
//! * **A model of demand**: an entry in `plan/demand.rs`, which takes the one that would have told the weeks before best; courses of
//!   days and their score are `plan/forecast.rs`, what to commit to `plan/commitment.rs`. Policies side by side: `plan/tournament.rs`.
//! * **What a fitted price is like**: `input/spot/fit.rs` finds it, `market/fitted.rs` draws it, `benches/forecast.rs` judges it.
//!
//! Left for what comes next, and where it goes: Windows on Fargate, the traffic of logs
//! (`billing/traffic.rs`), Fargate, regions, bundles and commitments as knobs of `plan`.
//!
//! # The order of events
//!
//! `(time, round, phase, sequence)`, phases *fact < arrival < decision* ([`engine::Calendar`]). Everything that has happened at
//! a moment is known before anybody decides, and a decision is made once per round. A consequence at the same moment (a job
//! of zero length ends) opens a new round. Arrivals that are known beforehand are a sorted cursor merged with the rest, so
//! the agenda holds what runs and the trace costs none of it. Nothing is searched for in it: an attempt's event carries
//! the generation of its job's slot and is dropped where that has moved on. An attempt has one event, its end, as its fate
//! (run, failure, timeout) is known when it is placed. The agenda is a binary heap with one
//! packed 128-bit key, over radix buckets where there are many events (`engine/agenda.rs`), and the generator is rand's ChaCha8;
//! `benches/engine.rs` holds the measurements.
//!
//! # What a pass costs
//!
//! Nothing costs the backlog at each event. Waiting jobs stand in chunked order lists (`control/lane.rs`); a waiting array is
//! one entry, and a plain job that waits is its entry and no more: it gets a slot when it starts.
//! A head that does not fit is remembered with its shape until a machine on which it would fit has room (`fleet/rooms.rs`). Backfilling looks only at chunks that can hold a job that fits, and after arrivals only at the new jobs.
//! Fair share keeps a tournament of shares whose results hold until they may have turned (`control/shares.rs`). Why a job
//! waited is read from clocks that its queue keeps (`control/queue.rs`), not from labels on every job. State of ended jobs is
//! used again, so memory follows the jobs that are alive; 4 bytes remain of each, for those that depend on it later. What is
//! kept of a job is written where it stays: a copy of what was just written in pieces would wait for them.
//! Conservative backfilling is the exception: it costs the square of the backlog at each end, and says so.
//!
//! # Time and money
//!
//! Time is whole milliseconds; money is price × milliseconds in 128-bit integers, divided only when printed
//! ([`units::Usd`]). Each second of a job's life and each amount of the bill has one cause ([`model::TimeCause`],
//! [`model::CostCause`]); causes sum to totals exactly. Where several time causes hold at once the first in the order of
//! [`model::TimeCause::ALL`] wins; *blocked-head* stands before *queue* there, since what jobs behind a stuck head want to know
//! is that it is stuck.
//!
//! An instance's price goes at each moment to the attempts on it by dominant resource (`fleet/ledger.rs`); what rounding and
//! nobody takes is *stranded*, so the causes of an instance sum to its bill by construction.
//!
//! # Design decisions that differ from the first sketch
//!
//! * The records of a run and the `Observer` trait live in `model`, not in `sim`: control tells the observer directly, so no
//!   record is copied on its way.
//! * The World holds only what nobody can change. Queues, environments, definitions, policies and resources come to be by
//!   commands at time zero, through the same door as later changes; a scenario is commands and a workload.
//! * A workload's submission is a 56-byte row plus a template (the request without its numbers). A template's names are
//!   looked up once and again only after a command changed something ([`control`], *contracts*).
//! * Inputs are held in memory as rows rather than streamed: logs are not sorted by submission, and ten million rows are
//!   560 MB. Result rows are streamed while the run goes on.
//! * Multi-node parallel jobs run on UNMANAGED pools too, which AWS refuses.
//! * One scaling decision covers all managed environments, by priority of the queues: so what spills over from one to the
//!   next is part of the same answer. Of a queue its head is provided for first, then what waits by shape, the largest first.
//! * Instances that left without ever being used are launched again only for a head that lacks nothing but room, until
//!   something else happens: behind a stuck head machines would come and go for ever.
//! * A pool is billed from the moment its machines are registered to the end of the run.
//! * The price of a Spot pool is a course with what was paid until each step: bills are differences of two look-ups, and no
//!   event is made when a price changes. What EC2 does not charge is a cause of its own, less than nothing: an attempt pays its
//!   part when it ends, before anybody knows whether its machine will be taken back within its first hour.
//! * A Fargate task is a type of the catalogue for each size, which no name finds, and an instance whose identifier has the top
//!   bit: so bills, hours, commitments and tables know nothing of Fargate. Its quarters of a vCPU are exact where they bind
//!   (maxvCpus) and cost; where vCPUs are counted it is a whole one. No meter runs, and memory follows the tasks that are alive.
//! * How long an image's pull takes is settled when it begins, from the pulls that are then under way on its host: exact sharing
//!   would change the ends of all whenever one begins, and an attempt has one event, its end.
//! * A checkpoint is no event: what an attempt had saved is worked out when it ends. Its price is cut by time.
//! * Where nothing runs and nothing arrives, a run ends after thirty days of machines that come and go for nothing.
//!
//! # How it is judged
//!
//! `tests/it/`: `catalog` (the types against their sources), `traps` (fifteen sentences about AWS Batch), `published` (golden
//! schedules, the RLScheduler windows, whole logs, Graham), `oracle` (queueing formulas), `naive_check` (a second simulator that
//! shares only `model` and `units`, on random worlds, with planted faults), `laws`, `figures`, `golden` (every scenario's report
//! byte for byte), `rulings`, `managed_door` and `managed_gangs` (stories of what AWS leaves open, and of what it refuses), `spot_oracle` and `checkpoint_oracle`
//! (interruptions against closed forms), `exports` (twins of runs that are told as AWS would), `fargate_oracle` (AWS's own examples through runs), `notice` (stories of interruptions), `now` (runs cut and gone on), `spot_data` (real
//! histories, read whole), `spot_deadline` (an independent replay), `spot_forecast` (prices of weeks not fitted to),
//! `twin` (real runs on AWS Batch, simulated again), `readers` (every real file, and there and back), `readers_malformed`, `scores`, `bill`,
//! `forecast` (demand of real logs against last week's; a tournament against published order), `explain`, `picture` (pages in a browser,
//! traces against tables), `study` (intervals against theory), `plan` (searches against every combination), `sweep` (parts and kills),
//! `cli`, `tidy`.
//!
//! # As a library
//!
//! ```
//! use batchcast::input::scenario::{NoFiles, load};
//! use batchcast::sim::{JobRecord, Observer, Simulation};
//!
//! #[derive(Default)]
//! struct LastEnd(u64);
//!
//! impl Observer for LastEnd {
//!     fn job_ended(&mut self, job: &JobRecord<'_>) {
//!         self.0 = self.0.max(job.ended.ms());
//!     }
//! }
//!
//! let text = r#"
//! model = { profile = "ideal" }
//! [[computeEnvironments]]
//! computeEnvironmentName = "pool"
//! type = "UNMANAGED"
//! instances = [{ instanceType = "c6i.xlarge", count = 1 }]
//! [[jobQueues]]
//! jobQueueName = "main"
//! priority = 1
//! computeEnvironmentOrder = [{ order = 1, computeEnvironment = "pool" }]
//! [[jobDefinitions]]
//! jobDefinitionName = "work"
//! type = "container"
//! containerProperties = { resourceRequirements = [{ type = "VCPU", value = "4" }, { type = "MEMORY", value = "1024" }] }
//! [[workload.jobs]]
//! jobName = "a"
//! jobQueue = "main"
//! jobDefinition = "work"
//! arrayProperties = { size = 3 }
//! run = "10m"
//! "#;
//! let loaded = load("three.toml", text.as_bytes(), &[], None, &NoFiles).expect("it is sound");
//! let outcome = Simulation::new(&loaded.scenario, loaded.seed, LastEnd::default()).run();
//! assert_eq!(outcome.observer.0, 3 * 600_000);
//! ```

pub mod billing;
pub mod cli;
pub mod control;
pub mod engine;
pub mod explain;
pub mod fleet;
pub mod input;
pub mod market;
pub mod metrics;
pub mod model;
pub mod picture;
pub mod plan;
pub mod policy;
pub mod report;
pub mod sim;
pub mod stats;
pub mod units;
