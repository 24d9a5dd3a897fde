//! A real run simulated again, job by job, and how far off it was: against doing without a model, with intervals, and after its
//! assumptions were calibrated on a part of it.
//!
//! Calibration tries no value beyond the ends of the profiles *fast* and *slow*, but for a boot that takes up to twelve minutes and a
//! dispatch that is slower still, as was once reported, and the sizes of the image and of the environment, which no history tells.
//! It learns from the first half of the jobs, or from all jobs of another history.
//!
//! What is judged is what the client saw. Where the history says when jobs were seen to run it is the wait from submission to that;
//! where it does not, the time between submission and end in which the job's command did not run.

use crate::engine::Streams;
use crate::engine::chance::{normal_quantile, uniform};
use crate::metrics::scores::Errors;
use crate::model::{
    Command, EnvironmentKind, JobRecord, MeasuredJob, Observer, Profile, Row, Scenario, Settings,
};
use crate::sim::Simulation;
use crate::units::{SimTime, Span};

use super::each;

/// What calibration may move: an assumption of the model by its key, or one of the backtest's own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dial {
    /// What it is called.
    pub name: &'static str,
    /// Whose values are tried, ascending; spans in seconds.
    pub values: &'static [f64],
    /// What it stands for.
    pub sentence: &'static str,
}

/// The client looks at its jobs each so often.
pub const CLIENT_POLL: &str = "clientPoll";
/// What a container does before and after the job's own command.
pub const STAGING: &str = "staging";
/// How many vCPUs the environment may have.
pub const MAX_VCPUS: &str = "maxvCpus";

/// Everything that calibration may move, in the order in which it is moved.
pub const DIALS: &[Dial] = &[
    Dial {
        name: "bootTime",
        values: &[
            20.0, 40.0, 80.0, 120.0, 180.0, 240.0, 300.0, 400.0, 500.0, 600.0, 700.0,
        ],
        sentence: "an instance from running until jobs can be placed on it",
    },
    Dial {
        name: "scaleOutTick",
        values: &[10.0, 30.0, 60.0, 120.0, 240.0, 480.0, 600.0],
        sentence: "environments grow at multiples of this",
    },
    Dial {
        name: MAX_VCPUS,
        values: &[
            16.0, 24.0, 32.0, 40.0, 48.0, 64.0, 96.0, 128.0, 192.0, 256.0, 512.0,
        ],
        sentence: "size of the environment, which no history tells",
    },
    Dial {
        name: "dispatchRate",
        values: &[0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 50.0],
        sentence: "jobs a second that a queue starts",
    },
    Dial {
        name: "dispatchBurst",
        values: &[1.0, 10.0, 50.0, 250.0],
        sentence: "jobs that it starts at once after a rest",
    },
    Dial {
        name: "dispatchTick",
        values: &[1.0, 5.0, 10.0],
        sentence: "the queue is looked at this often",
    },
    Dial {
        name: "containerStart",
        values: &[1.0, 3.0, 6.0, 10.0],
        sentence: "a container's start where its image is there",
    },
    Dial {
        name: "imageSizeMib",
        values: &[0.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0, 16_000.0],
        sentence: "MiB of the image, which each instance pulls once",
    },
    Dial {
        name: "scaleInIdle",
        values: &[60.0, 300.0, 600.0, 900.0],
        sentence: "an idle instance leaves after this",
    },
    Dial {
        name: STAGING,
        values: &[0.0, 2.0, 4.0, 8.0, 12.0, 16.0],
        sentence: "what a container does before and after the job's own command",
    },
    Dial {
        name: CLIENT_POLL,
        values: &[5.0, 10.0],
        sentence: "the client looks at its jobs this often",
    },
];

/// A value for each of [`DIALS`]; none: as the scenario has it.
pub type Setting = [Option<f64>; DIALS.len()];

/// How a backtest is made.
#[derive(Clone, Copy, Debug)]
pub struct BacktestQuestion {
    /// The seed of the runs.
    pub seed: u64,
    /// Whether the assumptions are calibrated: on the first half of the jobs, in order of submission, so that only the others are
    /// judged; or, where [`backtest`] is given another history, on all of that.
    pub calibrate: bool,
    /// Runs of which intervals are made.
    pub draws: u32,
}

/// What became of one job, in seconds.
#[derive(Clone, Debug, PartialEq)]
pub struct JudgedJob {
    /// Its identifier in the history.
    pub source: u32,
    /// What was measured.
    pub measured: f64,
    /// What was predicted; the median over the draws where it did not end in the run itself.
    pub predicted: f64,
    /// The 80 % interval. Where nothing was calibrated a tenth of the draws lies below, and a tenth above; where it was, of the jobs
    /// that it was calibrated on a tenth was further below what was predicted for them, and a tenth further above.
    pub interval: (f64, f64),
}

/// Whether what is judged is the wait or all time that is not work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judged {
    /// From submission to being seen to run.
    Wait,
    /// From submission to being seen to have ended, less the run time of the command.
    Overhead,
}

/// A backtest.
#[derive(Clone, Debug)]
pub struct Backtest {
    /// What was judged.
    pub judged: Judged,
    /// Jobs that the setting was chosen by; none where nothing was calibrated.
    pub calibrated_on: usize,
    /// The values that were found; none: as the scenario has them.
    pub setting: Setting,
    /// The jobs that were judged, in order of submission.
    pub jobs: Vec<JudgedJob>,
    /// Their errors in the run.
    pub errors: Errors,
    /// Errors where nothing ever waits.
    pub zero: Errors,
    /// Errors of the one constant that is best for these very jobs, their median, and the constant.
    pub constant: (Errors, f64),
    /// Errors of the scenario as it stands, before it was calibrated.
    pub uncalibrated: Errors,
    /// How many of the intervals held.
    pub covered: usize,
    /// From the first submission to the last end that the client saw: measured, predicted.
    pub makespan: (f64, f64),
    /// Its 80 % interval, by the draws.
    pub makespan_interval: (f64, f64),
    /// For each dial: the weighted error (a part of one) of the judged jobs with each of its ends, all else as found; the dial that
    /// moves it most first.
    pub deciding: Vec<(&'static str, f64, f64)>,
    /// Jobs that did not end in the run.
    pub lost: usize,
}

/// What a client saw of each job of a run, by row.
struct Seen {
    poll: Span,
    jobs: Vec<Option<(SimTime, Option<SimTime>, SimTime)>>,
}

impl Observer for Seen {
    fn job_ended(&mut self, job: &JobRecord<'_>) {
        let row = job.row.index();
        let seen = |at: SimTime| at.next_tick(self.poll);
        let started = job.started.map(seen);
        self.jobs[row] = Some((job.submitted, started, seen(job.ended)));
    }
}

/// A history and the scenario that submits its jobs, whose rows are found by their identifier.
#[derive(Clone, Copy, Debug)]
pub struct Twin<'a> {
    /// The scenario.
    pub scenario: &'a Scenario,
    /// What was measured, in order of submission.
    pub history: &'a [MeasuredJob],
}

/// Runs and judges.
struct Bench<'a> {
    scenario: &'a Scenario,
    /// For each measured job its row.
    rows: Vec<Option<usize>>,
    history: &'a [MeasuredJob],
    judged: Judged,
    seed: u64,
}

/// What is predicted for each measured job, in seconds, and when the client saw the last end.
struct Prediction {
    jobs: Vec<Option<f64>>,
    makespan: f64,
}

impl<'a> Bench<'a> {
    fn new(twin: Twin<'a>, judged: Judged, seed: u64) -> Bench<'a> {
        let Twin { scenario, history } = twin;
        let rows = scenario.workload.rows.iter().enumerate();
        let mut places: Vec<(u32, usize)> = rows.map(|(place, row)| (row.source, place)).collect();
        places.sort_unstable();
        let row_of = |source: u32| {
            let at = places.binary_search_by_key(&source, |place| place.0).ok()?;
            Some(places[at].1)
        };
        Bench {
            scenario,
            rows: history.iter().map(|job| row_of(job.source)).collect(),
            history,
            judged,
            seed,
        }
    }

    fn run(&self, setting: &Setting, seed: u64) -> Prediction {
        let (scenario, poll) = set(self.scenario, setting);
        let seen = Seen {
            poll,
            jobs: vec![None; scenario.workload.rows.len()],
        };
        let seen = Simulation::new(&scenario, seed, seen).run().observer;
        let jobs = self.history.iter().zip(&self.rows).map(|(job, row)| {
            let (submitted, started, ended) = seen.jobs[(*row)?]?;
            match self.judged {
                Judged::Wait => Some(seconds(started? - submitted)),
                Judged::Overhead => Some(seconds(ended - submitted) - seconds(job.work)),
            }
        });
        let ends = seen.jobs.iter().flatten().map(|job| job.2);
        Prediction {
            jobs: jobs.collect(),
            makespan: ends.max().map_or(0.0, |end| end.ms() as f64 / 1e3),
        }
    }

    fn measured(&self, job: usize) -> Option<f64> {
        let job = &self.history[job];
        match self.judged {
            Judged::Wait => job.wait().map(seconds),
            Judged::Overhead => Some(seconds(job.overhead())),
        }
    }

    /// Errors over some jobs; what did not end in the run counts as predicted 0.
    fn errors(&self, prediction: &Prediction, jobs: std::ops::Range<usize>) -> Errors {
        let mut errors = Errors::default();
        for job in jobs {
            if let Some(measured) = self.measured(job) {
                errors.add(prediction.jobs[job].unwrap_or(0.0), measured);
            }
        }
        errors
    }
}

fn seconds(span: Span) -> f64 {
    span.ms() as f64 / 1e3
}

fn span(seconds: f64) -> Span {
    Span::from_ms((seconds.max(0.0) * 1e3).round() as u64)
}

/// The scenario with a setting, and how often its client looks.
fn set(scenario: &Scenario, setting: &Setting) -> (Scenario, Span) {
    let mut scenario = scenario.clone();
    let mut poll = Span::from_s(10);
    for (dial, value) in DIALS.iter().zip(setting) {
        let Some(value) = *value else { continue };
        match dial.name {
            CLIENT_POLL => poll = span(value),
            STAGING => {
                for row in &mut scenario.workload.rows {
                    // What was killed has no command that ended: all of its run is measured.
                    let is_stated = row.extra != Row::PLAIN
                        && !scenario.workload.extras[row.extra as usize]
                            .fates
                            .is_empty();
                    if !is_stated {
                        row.work += span(value);
                    }
                }
            }
            MAX_VCPUS => {
                for timed in &mut scenario.commands {
                    if let Command::CreateComputeEnvironment(environment) = &mut timed.command
                        && let EnvironmentKind::Managed(managed) = &mut environment.kind
                    {
                        managed.max_vcpus = (value.round() as u32).max(1);
                    }
                }
            }
            key => {
                let settings: &mut Settings = &mut scenario.world.settings;
                if let Some(assumption) = Settings::find(key) {
                    let text = match assumption.unit {
                        crate::model::Unit::Count => (value.round() as u64).to_string(),
                        _ => format!("{value:.3}"),
                    };
                    // The values are ours, so they fit.
                    let _ = settings.set(assumption, &text);
                }
            }
        }
    }
    for extra in &mut scenario.workload.extras {
        if !extra.anchors.is_empty() {
            extra.poll = poll;
        }
    }
    (scenario, poll)
}

/// Simulates the jobs of `twin` and judges what is predicted of them; to calibrate, on another history if there is one.
pub fn backtest(twin: Twin<'_>, learnt: Option<Twin<'_>>, question: &BacktestQuestion) -> Backtest {
    let has_starts = |twin: &Twin<'_>| twin.history.iter().any(|job| job.started.is_some());
    // What is learnt must be what is judged.
    let judged = match has_starts(&twin) && learnt.as_ref().is_none_or(has_starts) {
        true => Judged::Wait,
        false => Judged::Overhead,
    };
    let bench = Bench::new(twin, judged, question.seed);
    let history = twin.history;
    let half = history.len() / 2;
    let other = learnt.map(|other| Bench::new(other, judged, question.seed));
    let (teacher, learned, rest) = match (question.calibrate, &other) {
        (false, _) => (&bench, 0..0, 0..history.len()),
        (true, None) => (&bench, 0..half, half..history.len()),
        (true, Some(other)) => (other, 0..other.history.len(), 0..history.len()),
    };
    let as_it_stands: Setting = [None; DIALS.len()];
    let before = bench.run(&as_it_stands, bench.seed);
    let setting = match question.calibrate {
        true => calibrate(teacher, learned.clone()),
        false => as_it_stands,
    };
    let residuals = match question.calibrate {
        true => residuals(teacher, &setting, learned.clone()),
        false => Vec::new(),
    };
    let prediction = bench.run(&setting, bench.seed);
    let runs = draws(&bench, &setting, question.draws);
    let mut jobs = Vec::new();
    let mut lost = 0;
    for job in rest.clone() {
        let Some(measured) = bench.measured(job) else {
            continue;
        };
        lost += usize::from(prediction.jobs[job].is_none());
        jobs.push(JudgedJob {
            source: history[job].source,
            measured,
            predicted: prediction.jobs[job].unwrap_or(0.0),
            interval: match (prediction.jobs[job], residuals.is_empty()) {
                (Some(predicted), false) => {
                    let (low, high) = middle(&residuals);
                    ((predicted + low).max(0.0), (predicted + high).max(0.0))
                }
                _ => interval(runs.iter().filter_map(|run| run.jobs[job])),
            },
        });
    }
    let covered = jobs
        .iter()
        .filter(|job| holds(job.interval, job.measured))
        .count();
    let mut values: Vec<f64> = jobs.iter().map(|job| job.measured).collect();
    values.sort_by(f64::total_cmp);
    let median = values.get(values.len() / 2).copied().unwrap_or(0.0);
    let against = |constant: f64| {
        let mut errors = Errors::default();
        jobs.iter()
            .for_each(|job| errors.add(constant, job.measured));
        errors
    };
    let last = history
        .iter()
        .map(|job| job.ended)
        .max()
        .unwrap_or_default();
    Backtest {
        judged: bench.judged,
        calibrated_on: learned.len(),
        setting,
        errors: bench.errors(&prediction, rest.clone()),
        uncalibrated: bench.errors(&before, rest.clone()),
        zero: against(0.0),
        constant: (against(median), median),
        covered,
        makespan: (last.ms() as f64 / 1e3, prediction.makespan),
        makespan_interval: interval(runs.iter().map(|run| run.makespan)),
        deciding: deciding(&bench, &setting, rest),
        jobs,
        lost,
    }
}

/// Coordinate search: one dial after another to its best value, until nothing gets better; from several beginnings, of which the best
/// end counts.
fn calibrate(bench: &Bench<'_>, jobs: std::ops::Range<usize>) -> Setting {
    const ROUNDS: usize = 4;
    let error = |setting: &Setting| {
        let prediction = bench.run(setting, bench.seed);
        bench.errors(&prediction, jobs.clone()).absolute
    };
    let search = |start: &Setting| {
        let mut found = (*start, error(start));
        for _ in 0..ROUNDS {
            let before = found.1;
            for (place, dial) in DIALS.iter().enumerate() {
                for &value in dial.values {
                    let setting = with(&found.0, place, value);
                    let error = error(&setting);
                    // Of equals the first, so that the order of the list decides.
                    if error < found.1 {
                        found = (setting, error);
                    }
                }
            }
            if found.1 >= before {
                break;
            }
        }
        found
    };
    let found = each(&starts(bench.seed), search).into_iter();
    let best = found.reduce(|best, next| if next.1 < best.1 { next } else { best });
    best.map_or([None; DIALS.len()], |best| best.0)
}

/// Searches that begin anywhere.
const RANDOM_STARTS: u64 = 24;

/// Where searches begin: the scenario, the profiles' own values, and anywhere.
fn starts(seed: u64) -> Vec<Setting> {
    let mut starts = vec![[None; DIALS.len()]];
    starts.extend([Profile::Fast, Profile::Typical, Profile::Slow].map(of_profile));
    starts.extend((0..RANDOM_STARTS).map(|number| {
        let mut stream = Streams::new(seed).stream("calibration", number);
        std::array::from_fn(|place| {
            let values = DIALS[place].values;
            let drawn = (uniform(&mut stream) * values.len() as f64) as usize;
            values.get(drawn).copied()
        })
    }));
    starts
}

/// What a profile says of the dials that are assumptions of the model.
fn of_profile(profile: Profile) -> Setting {
    let settings = Settings::new(profile);
    std::array::from_fn(|place| value(&settings, Settings::find(DIALS[place].name)?))
}

fn value(settings: &Settings, assumption: &crate::model::Assumption) -> Option<f64> {
    match settings.value(assumption.knob) {
        crate::model::Value::Span(span) => Some(seconds(*span)),
        crate::model::Value::Ratio(ratio) => Some(ratio.parts() as f64 / 1e6),
        crate::model::Value::Count(count) => Some(f64::from(*count)),
        _ => None,
    }
}

fn with(setting: &Setting, place: usize, value: f64) -> Setting {
    let mut setting = *setting;
    setting[place] = Some(value);
    setting
}

/// How far assumptions are drawn apart, as the standard deviation of a logarithm: a factor of two either way is usual. It was not
/// fitted to anything.
const SPREAD: f64 = 0.7;

/// Runs with the assumptions drawn around a setting (two in five) and around each profile (one in five each), each assumption by a
/// factor of its own. What the profiles do not speak of is drawn around the setting.
fn draws(bench: &Bench<'_>, setting: &Setting, count: u32) -> Vec<Prediction> {
    let settings = &bench.scenario.world.settings;
    let numbers: Vec<u32> = (0..count).collect();
    each(&numbers, |number| {
        let mut stream = Streams::new(bench.seed).stream("assumptions", u64::from(*number));
        let base = match number % 5 {
            2 => of_profile(Profile::Fast),
            3 => of_profile(Profile::Typical),
            4 => of_profile(Profile::Slow),
            _ => *setting,
        };
        let drawn: Setting = std::array::from_fn(|place| {
            let dial = &DIALS[place];
            let factor = libm::exp(SPREAD * normal_quantile(uniform(&mut stream)));
            let own = || match dial.name {
                MAX_VCPUS => max_vcpus(bench.scenario),
                key => value(settings, Settings::find(key)?),
            };
            let around = base[place].or(setting[place]).or_else(own)?;
            // A client knows how often it looks.
            (dial.name != CLIENT_POLL)
                .then_some(around * factor)
                .or(setting[place])
        });
        bench.run(&drawn, bench.seed.wrapping_add(u64::from(*number)))
    })
}

/// vCPUs of the largest managed environment.
fn max_vcpus(scenario: &Scenario) -> Option<f64> {
    let sizes = scenario
        .commands
        .iter()
        .filter_map(|timed| match &timed.command {
            Command::CreateComputeEnvironment(environment) => match &environment.kind {
                EnvironmentKind::Managed(managed) => Some(managed.max_vcpus),
                _ => None,
            },
            _ => None,
        });
    sizes.max().map(f64::from)
}

/// By how much each of the jobs that a setting was found by was measured above what is predicted, ascending.
fn residuals(bench: &Bench<'_>, setting: &Setting, jobs: std::ops::Range<usize>) -> Vec<f64> {
    let prediction = bench.run(setting, bench.seed);
    let off = jobs.filter_map(|job| Some(bench.measured(job)? - prediction.jobs[job]?));
    let mut off: Vec<f64> = off.collect();
    off.sort_by(f64::total_cmp);
    off
}

/// The 10th and 90th per cent of what was drawn.
fn interval(drawn: impl Iterator<Item = f64>) -> (f64, f64) {
    let mut values: Vec<f64> = drawn.collect();
    values.sort_by(f64::total_cmp);
    match values.is_empty() {
        true => (0.0, f64::INFINITY),
        false => middle(&values),
    }
}

/// All but a tenth at either end of ascending values.
fn middle(values: &[f64]) -> (f64, f64) {
    let tenth = values.len() / 10;
    (values[tenth], values[values.len() - 1 - tenth])
}

fn holds(interval: (f64, f64), measured: f64) -> bool {
    interval.0 <= measured && measured <= interval.1
}

/// The error with each dial at its ends.
fn deciding(
    bench: &Bench<'_>,
    setting: &Setting,
    jobs: std::ops::Range<usize>,
) -> Vec<(&'static str, f64, f64)> {
    let ends: Vec<(usize, f64)> = DIALS
        .iter()
        .enumerate()
        .flat_map(|(place, dial)| {
            let ends = [dial.values.first(), dial.values.last()];
            ends.into_iter().flatten().map(move |&value| (place, value))
        })
        .collect();
    let errors = each(&ends, |&(place, value)| {
        let prediction = bench.run(&with(setting, place, value), bench.seed);
        bench
            .errors(&prediction, jobs.clone())
            .wape()
            .unwrap_or(0.0)
    });
    let pairs = errors.chunks(2).zip(DIALS);
    let mut all: Vec<(&'static str, f64, f64)> = pairs
        .filter_map(|(pair, dial)| match pair {
            [low, high] => Some((dial.name, *low, *high)),
            _ => None,
        })
        .collect();
    all.sort_by(|one, other| {
        let moved = |row: &(&str, f64, f64)| row.1.max(row.2);
        moved(other).total_cmp(&moved(one))
    });
    all
}
