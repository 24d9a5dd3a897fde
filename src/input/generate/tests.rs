use super::*;

fn rows(spec: &GeneratorSpec) -> Vec<Row> {
    generate(spec, 0, 42).unwrap().rows
}

/// Submissions in milliseconds.
fn submits(spec: &GeneratorSpec) -> Vec<u64> {
    rows(spec).iter().map(|row| row.submit.ms()).collect()
}

fn poisson() -> GeneratorSpec {
    GeneratorSpec {
        arrivals: Arrivals::Poisson {
            rate_per_hour: 120.0,
        },
        count: Some(20_000),
        run: RunTime::of(Family::LogNormal {
            median: 600.0,
            sigma: 1.6,
        }),
        vcpus: Choice {
            values: vec![(1, 3), (4, 1)],
        },
        memory: Choice::evenly(&[512, 1024]),
        memory_per_vcpu: true,
        ..GeneratorSpec::default()
    }
}

#[test]
fn the_same_seed_gives_the_same_workload_and_another_gives_another() {
    let spec = poisson();
    let text = |index, seed| format!("{:?}", generate(&spec, index, seed).unwrap().rows);
    assert_eq!(text(0, 42), text(0, 42));
    assert_ne!(text(0, 42), text(1, 42));
    assert_ne!(text(0, 42), text(0, 43));
}

#[test]
fn another_arrival_pattern_leaves_run_times_and_sizes_alone() {
    let spec = poisson();
    let at_once = GeneratorSpec {
        arrivals: Arrivals::AtOnce,
        ..spec.clone()
    };
    for (a, b) in rows(&spec).iter().zip(rows(&at_once)) {
        assert_eq!(
            (a.source, a.work, a.vcpus, a.memory),
            (b.source, b.work, b.vcpus, b.memory)
        );
    }
    let more = GeneratorSpec {
        count: Some(20_001),
        run: RunTime::constant(Span::from_s(1)),
        ..spec.clone()
    };
    for (a, b) in rows(&spec).iter().zip(rows(&more)) {
        assert_eq!((a.submit, a.vcpus), (b.submit, b.vcpus));
    }
}

#[test]
fn poisson_arrivals_come_at_their_rate_and_vary_as_they_must() {
    let times = submits(&poisson());
    let gaps: Vec<f64> = times
        .windows(2)
        .map(|pair| (pair[1] - pair[0]) as f64)
        .collect();
    let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
    let variance = gaps
        .iter()
        .map(|gap| (gap - mean) * (gap - mean))
        .sum::<f64>()
        / gaps.len() as f64;
    // The mean is 30 s, and so is the deviation; both within four standard errors.
    assert!((mean / 30_000.0 - 1.0).abs() < 0.03, "{mean}");
    assert!(
        (variance.sqrt() / 30_000.0 - 1.0).abs() < 0.04,
        "{variance}"
    );
}

#[test]
fn sizes_are_chosen_by_weight_and_memory_may_go_by_vcpu() {
    let rows = rows(&poisson());
    let small = rows.iter().filter(|row| row.vcpus == 1).count();
    assert!((14_700..15_300).contains(&small), "{small}");
    let memory = |vcpus| {
        let mut all: Vec<u32> = rows
            .iter()
            .filter(|row| row.vcpus == vcpus)
            .map(|row| row.memory)
            .collect();
        all.sort_unstable();
        all.dedup();
        all
    };
    assert_eq!(memory(1), [512, 1024]);
    assert_eq!(memory(4), [2048, 4096]);
}

#[test]
fn bursts_and_times_of_day_come_when_they_are_due() {
    let bursts = GeneratorSpec {
        arrivals: Arrivals::Bursts {
            every: Span::from_s(100),
            size: 2,
            jitter: Span::ZERO,
        },
        start: SimTime::from_s(50),
        count: Some(5),
        ..GeneratorSpec::default()
    };
    assert_eq!(
        submits(&bursts),
        [50_000, 50_000, 150_000, 150_000, 250_000]
    );
    let daily = GeneratorSpec {
        arrivals: Arrivals::TimesOfDay {
            at: vec![Span::from_s(3_600), Span::from_s(0)],
            jobs: 1,
            clock_at_zero: Span::from_s(1_800),
        },
        start: SimTime::ZERO,
        until: Some(SimTime::from_s(88_200)),
        count: None,
        ..GeneratorSpec::default()
    };
    // The clock shows 00:30 at the start: 01:00 comes after half an hour, midnight after 23.5 hours; 24.5 hours is too late.
    assert_eq!(submits(&daily), [1_800_000, 84_600_000]);
}

#[test]
fn jittered_bursts_stay_within_their_jitter_and_are_sorted() {
    let spec = GeneratorSpec {
        arrivals: Arrivals::Bursts {
            every: Span::from_s(10),
            size: 5,
            jitter: Span::from_s(15),
        },
        until: Some(SimTime::from_s(1_000)),
        count: None,
        ..GeneratorSpec::default()
    };
    let rows = rows(&spec);
    assert!(rows.is_sorted_by_key(|row| row.submit));
    assert!(rows.iter().all(|row| row.submit < SimTime::from_s(1_000)));
    assert!(
        rows.len() > 480,
        "only the last bursts lose jobs: {}",
        rows.len()
    );
    for row in &rows {
        let burst = u64::from((row.source - 1) / 5) * 10_000;
        assert!((burst..=burst + 15_000).contains(&row.submit.ms()));
    }
}

#[test]
fn arrays_have_a_run_time_for_each_child_where_these_differ() {
    let spec = GeneratorSpec {
        count: Some(50),
        array: Choice::evenly(&[0, 3]),
        run: poisson().run,
        estimate: Some(Ratio::from_parts(1_500_000)),
        ..GeneratorSpec::default()
    };
    let workload = generate(&spec, 0, 42).unwrap();
    assert!(!workload.extras.is_empty() && workload.extras.len() < 50);
    for row in &workload.rows {
        let Some(extra) = workload.extra(row) else {
            continue;
        };
        let range = extra.child_work.start as usize..extra.child_work.end as usize;
        let children = &workload.child_work[range];
        assert_eq!((extra.array, children.len()), (3, 3));
        assert_eq!(children.iter().max(), Some(&row.work));
        assert_eq!(row.estimate.ms(), (row.work.ms() * 3).div_ceil(2));
    }
    let alike = GeneratorSpec {
        run: RunTime::constant(Span::from_s(5)),
        ..spec
    };
    assert!(generate(&alike, 0, 42).unwrap().child_work.is_empty());
}

#[test]
fn run_times_are_held_within_their_bounds() {
    let spec = GeneratorSpec {
        run: RunTime {
            least: Span::from_s(60),
            most: Span::from_s(3_600),
            family: Family::Pareto {
                least: 1.0,
                shape: 0.01,
            },
        },
        count: Some(1_000),
        ..GeneratorSpec::default()
    };
    let works: Vec<u64> = rows(&spec).iter().map(|row| row.work.ms()).collect();
    assert_eq!(works.iter().min(), Some(&60_000));
    assert_eq!(works.iter().max(), Some(&3_600_000));
}

#[test]
fn the_first_jobs_of_a_seed_are_the_same_for_ever() {
    let shown: Vec<String> = rows(&poisson())[..3]
        .iter()
        .map(|row| format!("{} {} {} {}", row.submit, row.work, row.vcpus, row.memory))
        .collect();
    assert_eq!(
        shown,
        [
            "18.466 591.818 1 512",
            "22.687 757.262 4 4096",
            "37.603 730.644 1 1024"
        ]
    );
}

#[test]
fn wrong_specifications_are_faults_all_at_once() {
    let spec = GeneratorSpec {
        arrivals: Arrivals::Poisson {
            rate_per_hour: f64::NAN,
        },
        start: SimTime::from_s(5),
        until: Some(SimTime::ZERO),
        count: Some(0),
        run: RunTime::of(Family::Exponential { mean: -1.0 }),
        vcpus: Choice::always(0),
        gpus: Choice { values: Vec::new() },
        array: Choice::always(10_001),
        memory: Choice::always(u32::MAX),
        ..GeneratorSpec::default()
    };
    let members: Vec<String> = spec
        .faults()
        .into_iter()
        .map(|fault| fault.member)
        .collect();
    assert_eq!(
        members,
        [
            "arrivals/rate_per_hour",
            "run/mean",
            "count",
            "until",
            "gpus",
            "memory",
            "vcpus",
            "array"
        ]
    );
    let endless = GeneratorSpec {
        count: None,
        ..GeneratorSpec::default()
    };
    assert_eq!(generate(&endless, 0, 1).unwrap_err().len(), 2);
    let beyond = GeneratorSpec {
        arrivals: Arrivals::Bursts {
            every: Span::LONGEST,
            size: 1,
            jitter: Span::ZERO,
        },
        count: Some(3),
        ..GeneratorSpec::default()
    };
    assert!(
        generate(&beyond, 0, 1).unwrap_err()[0]
            .message
            .contains("beyond the last moment")
    );
}

#[test]
fn more_jobs_than_there_may_be_are_refused_before_one_is_made() {
    for arrivals in [
        Arrivals::Poisson { rate_per_hour: 1e9 },
        Arrivals::Bursts {
            every: Span::from_ms(1),
            size: 1_000_000,
            jitter: Span::ZERO,
        },
        Arrivals::TimesOfDay {
            at: vec![Span::ZERO; 100],
            jobs: 1_000_000,
            clock_at_zero: Span::ZERO,
        },
    ] {
        let mut spec = GeneratorSpec {
            arrivals,
            count: None,
            until: Some(SimTime::from_s(10 * 86_400)),
            ..GeneratorSpec::default()
        };
        let faults = generate(&spec, 0, 1).unwrap_err();
        assert!(faults[0].message.starts_with("is too much"), "{faults:?}");
        spec.count = Some(2);
        assert_eq!(rows(&spec).len(), 2);
    }
}
