use super::*;
use crate::input::generate::{Arrivals, GeneratorSpec, RunTime, Weekly, generate};
use crate::input::scenario::{NoFiles, load};
use crate::units::{SimTime, Span};

const SEEDS: u64 = 20;
/// Misses of 20 intervals of 95 % that one time in 400 is more than.
const MISSES_MAX: usize = 4;

type Known = (&'static str, Family, Vec<(&'static str, f64)>);

/// A family, and its parameters by the names that a fit gives them.
fn known() -> Vec<Known> {
    vec![
        (
            "exponential",
            Family::Exponential { mean: 300.0 },
            vec![("mean", 300.0)],
        ),
        (
            "logNormal",
            Family::LogNormal {
                median: 600.0,
                sigma: 1.4,
            },
            vec![("median", 600.0), ("sigma", 1.4)],
        ),
        (
            "gamma",
            Family::Gamma {
                shape: 0.6,
                scale: 900.0,
            },
            vec![("shape", 0.6), ("scale", 900.0)],
        ),
        (
            "weibull",
            Family::Weibull {
                shape: 0.7,
                scale: 500.0,
            },
            vec![("shape", 0.7), ("scale", 500.0)],
        ),
        (
            "hyperExponential",
            Family::HyperExponential {
                part: 0.7,
                mean: 60.0,
                other_mean: 3600.0,
            },
            vec![("part", 0.7), ("mean", 60.0), ("otherMean", 3600.0)],
        ),
    ]
}

fn drawn(family: &Family, count: u64, seed: u64) -> Sample {
    let streams = Streams::new(seed);
    let figures = (0..count).map(|job| family.sample(&mut streams.stream("run", job)));
    Sample::of(figures.collect())
}

#[test]
fn intervals_hold_the_parameters_that_a_trace_was_drawn_with() {
    for (name, family, truth) in known() {
        let mut misses = vec![0; truth.len()];
        for seed in 0..SEEDS {
            let sample = drawn(&family, 2000, seed);
            let (_, found) = families::fit(name, &sample).unwrap();
            for ((miss, found), (key, value)) in misses.iter_mut().zip(found).zip(&truth) {
                assert_eq!(found.name, *key);
                *miss += usize::from(!(found.low..=found.high).contains(value));
            }
        }
        for (misses, (key, _)) in misses.iter().zip(&truth) {
            assert!(*misses <= MISSES_MAX, "{name} {key}: {misses} of {SEEDS}");
        }
    }
}

#[test]
fn the_family_that_a_trace_was_drawn_from_is_the_nearest() {
    for (name, family, _) in known() {
        // An exponential is a gamma and a Weibull of shape one, which may come nearer.
        if name == "exponential" {
            continue;
        }
        let mut found = 0;
        for seed in 0..SEEDS {
            let sample = drawn(&family, 2000, seed);
            let far = |name: &&str| {
                let fitted = families::fit(name, &sample);
                fitted.map_or(f64::INFINITY, |(family, _)| {
                    goodness::distance(&sample, |x| families::tails(&family, x)).ad
                })
            };
            let best = FAMILIES
                .iter()
                .min_by(|one, other| far(one).total_cmp(&far(other)));
            found += usize::from(best == Some(&name));
        }
        assert!(found >= 18, "{name}: nearest in {found} of {SEEDS}");
    }
}

#[test]
fn samples_of_a_family_are_as_far_from_it_as_its_p_says() {
    let family = Family::Weibull {
        shape: 0.7,
        scale: 500.0,
    };
    let p = |sample: &Sample, name: &'static str, draws| {
        let (family, _) = families::fit(name, sample).unwrap();
        let ks = goodness::distance(sample, |x| families::tails(&family, x)).ks;
        goodness::p_value(name, &family, sample, ks, draws, 7)
    };
    let low = (0..SEEDS).filter(|seed| p(&drawn(&family, 200, *seed), "weibull", 39).0 <= 0.1);
    // Two are expected; more than six come one time in 400.
    assert!(low.count() <= 6);
    let (wrong, by) = p(&drawn(&family, 500, 1), "exponential", 39);
    assert_eq!(by, PBy::Bootstrap);
    assert!(wrong <= 0.05, "{wrong}");
    let (limit, by) = p(&drawn(&family, 500, 1), "weibull", 0);
    assert_eq!(by, PBy::Kolmogorov);
    assert!(limit > 0.05, "{limit}");
}

#[test]
fn distances_are_those_of_the_textbook_and_count_ties() {
    // Uniform on 0 to 1: D is at 0.5, where half the sample has not come yet.
    let uniform = |x: f64| (x, 1.0 - x);
    let apart = goodness::distance(&Sample::of(vec![0.5, 0.6, 0.7, 0.8]), uniform);
    assert!((apart.ks - 0.5).abs() < 1e-12, "{apart:?}");
    let by_ranks = |figures: &[f64]| {
        let n = figures.len();
        let terms = (0..n).map(|i| {
            (2 * i + 1) as f64 * (libm::log(figures[i]) + libm::log(1.0 - figures[n - 1 - i]))
        });
        -(n as f64) - terms.sum::<f64>() / n as f64
    };
    for figures in [vec![0.5, 0.6, 0.7, 0.8], vec![0.2, 0.2, 0.2, 0.6, 0.9, 0.9]] {
        let found = goodness::distance(&Sample::of(figures.clone()), uniform).ad;
        assert!((found - by_ranks(&figures)).abs() < 1e-9, "{figures:?}");
    }
}

fn weekly() -> Weekly {
    let mut hours = [0.5; 24];
    hours[8..18].fill(2.0);
    Weekly {
        rate_per_hour: 12.0,
        hours,
        days: [1.2, 1.2, 1.2, 1.2, 1.2, 0.5, 0.5],
        // Tuesday, 10:30.
        clock_at_zero: Span::from_s(34 * 3600 + 1800),
    }
}

/// A trace of eight weeks.
fn trace(arrivals: Arrivals, seed: u64) -> Trace {
    let spec = GeneratorSpec {
        arrivals,
        count: None,
        until: Some(SimTime::from_s(8 * 7 * 86_400)),
        run: RunTime::of(Family::Weibull {
            shape: 0.7,
            scale: 500.0,
        }),
        sizes: vec![
            Size {
                vcpus: 2,
                memory: 4096,
                gpus: 0,
                weight: 3,
            },
            Size {
                vcpus: 16,
                memory: 65_536,
                gpus: 1,
                weight: 1,
            },
        ],
        ..GeneratorSpec::default()
    };
    Trace {
        workload: generate(&spec, 0, seed).unwrap(),
        // Tuesday, 10:30 of a week since 1970.
        start_epoch_ms: Some((4 * 86_400 + 34 * 3600 + 1800) * 1000),
        ..Trace::default()
    }
}

#[test]
fn rates_by_hour_and_day_come_back() {
    let mut misses = 0;
    for seed in 0..SEEDS {
        let trace = trace(Arrivals::Weekly(Box::new(weekly())), seed);
        let moments: Vec<u64> = trace
            .workload
            .rows
            .iter()
            .map(|row| row.submit.ms())
            .collect();
        let fitted = fit_arrivals(&moments, trace.start_epoch_ms.unwrap());
        assert_eq!(fitted.follows, [true, true]);
        let [_, low, high] = fitted.per_hour;
        misses += usize::from(!(low..=high).contains(&12.0));
        let Arrivals::Weekly(found) = &fitted.arrivals else {
            panic!("{fitted:?}");
        };
        let pairs = found.rates().into_iter().zip(weekly().rates());
        for (hour, (found, truth)) in pairs.enumerate() {
            assert!(
                (found / truth - 1.0).abs() < 0.45,
                "seed {seed} hour {hour}: {found} {truth}"
            );
        }
        assert!(
            (0.8..1.2).contains(&fitted.dispersion),
            "{}",
            fitted.dispersion
        );
        assert!(
            fitted.ks < 1.63 / (moments.len() as f64).sqrt(),
            "{}",
            fitted.ks
        );
    }
    assert!(misses <= MISSES_MAX, "{misses}");
}

#[test]
fn a_constant_rate_comes_back_within_its_interval() {
    let mut misses = 0;
    for seed in 0..SEEDS {
        let trace = trace(Arrivals::Poisson { rate_per_hour: 3.0 }, seed);
        let moments: Vec<u64> = trace
            .workload
            .rows
            .iter()
            .map(|row| row.submit.ms())
            .collect();
        let [_, low, high] = fit_arrivals(&moments, 0).per_hour;
        misses += usize::from(!(low..=high).contains(&3.0));
    }
    assert!(misses <= MISSES_MAX, "{misses}");
}

#[test]
fn what_is_written_is_a_scenario_that_draws_the_like() {
    let trace = trace(Arrivals::Weekly(Box::new(weekly())), 3);
    for family in [None, Some("empirical"), Some("hyperExponential")] {
        let options = FitOptions {
            draws: 0,
            family: family.map(str::to_owned),
            ..FitOptions::default()
        };
        let fitted = fit_trace(&trace, &options);
        let sections = generators_toml(&fitted, "main", "a \"log\"\nof ours");
        let text = format!("{HOME}\n{sections}");
        let loaded = load("fitted.toml", text.as_bytes(), &[], Some(5), &NoFiles);
        let loaded = loaded.unwrap_or_else(|problems| panic!("{problems:?}\n{text}"));
        let (old, new) = (&trace.workload, &loaded.scenario.workload);
        let ratio = new.rows.len() as f64 / old.rows.len() as f64;
        assert!((ratio - 1.0).abs() < 0.06, "{ratio}");
        let mean = |workload: &Workload| {
            let sum: u64 = workload.rows.iter().map(|row| row.work.ms()).sum();
            sum as f64 / workload.rows.len() as f64
        };
        let ratio = mean(new) / mean(old);
        assert!((ratio - 1.0).abs() < 0.15, "{family:?}: {ratio}");
        let large = new.rows.iter().filter(|row| row.vcpus == 16);
        assert!(
            large
                .clone()
                .all(|row| (row.memory, row.gpus) == (65_536, 1))
        );
        let part = large.count() as f64 / new.rows.len() as f64;
        assert!((part - 0.25).abs() < 0.03, "{part}");
    }
}

const HOME: &str = r#"
[[computeEnvironments]]
computeEnvironmentName = "pool"
type = "UNMANAGED"
instances = [{ instanceType = "p3.8xlarge", count = 40 }]
[[jobQueues]]
jobQueueName = "main"
priority = 1
computeEnvironmentOrder = [{ order = 1, computeEnvironment = "pool" }]
"#;

#[test]
fn a_trace_of_one_moment_and_one_length_is_written_as_it_is() {
    let spec = GeneratorSpec {
        count: Some(5),
        ..GeneratorSpec::default()
    };
    let trace = Trace {
        workload: generate(&spec, 0, 1).unwrap(),
        ..Trace::default()
    };
    let fitted = fit_trace(&trace, &FitOptions::default());
    assert_eq!(fitted.classes[0].best, None);
    let sections = generators_toml(&fitted, "main", "five");
    assert!(
        sections.contains("count = 5") && sections.contains("atOnce"),
        "{sections}"
    );
    let loaded = load(
        "five.toml",
        format!("{HOME}{sections}").as_bytes(),
        &[],
        None,
        &NoFiles,
    );
    let loaded = loaded.unwrap_or_else(|problems| panic!("{problems:?}\n{sections}"));
    let rows = &loaded.scenario.workload.rows;
    assert!(rows.iter().all(|row| row.work == Span::from_s(60)));
}

#[test]
fn classes_have_names_that_generators_can_have() {
    let mut rows = Workload::default();
    for (at, name) in ["a b", "a/b", "_x"].into_iter().enumerate() {
        let spec = GeneratorSpec {
            template: crate::model::SubmitJob {
                job_name: name.to_owned(),
                ..GeneratorSpec::default().template
            },
            ..GeneratorSpec::default()
        };
        let part = generate(&spec, 0, 1).unwrap();
        rows.templates.extend(part.templates);
        rows.rows.extend(part.rows.into_iter().map(|row| Row {
            template: at as u32,
            ..row
        }));
    }
    let trace = Trace {
        workload: rows,
        ..Trace::default()
    };
    let fitted = fit_trace(&trace, &FitOptions::default());
    let names: Vec<&str> = fitted.classes.iter().map(|class| &*class.name).collect();
    assert_eq!(names, ["c_x", "a-b", "a-b-2"]);
}
