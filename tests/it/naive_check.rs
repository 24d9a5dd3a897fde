//! The naive simulator against published schedules and closed forms, and the real one against the naive one.

mod recorder;

use std::collections::{BTreeMap, BTreeSet};

use batchcast::model::{
    Command, CostCause, Dependency, DependencyKind, Extra, JobStatus, Row, Scenario, SubmitJob,
    Timed,
};
use batchcast::units::{NO_LIMIT_MIB, RowId, Shape, SimTime, Span, TypeId};

use crate::naive::{self, Fault, Outcome};
use crate::worlds::{self, Features};

/// One machine of `vcpus` vCPUs with one queue of this discipline.
fn pool(vcpus: u32, discipline: &str) -> Scenario {
    let kind = worlds::machine_type("pool", Shape::new(vcpus, NO_LIMIT_MIB, 0));
    let mut scenario = worlds::empty(vec![kind]);
    let mut queue = worlds::queue("q", &["ce"]);
    queue.discipline = Some(discipline.to_owned());
    let commands = [
        Command::CreateComputeEnvironment(worlds::environment("ce", TypeId::at(0), 1)),
        Command::CreateJobQueue(queue),
    ];
    scenario.commands = commands
        .map(|command| Timed {
            at: SimTime::ZERO,
            command,
        })
        .to_vec();
    scenario.workload.templates.push(SubmitJob {
        job_queue: "q".to_owned(),
        lift_limits: true,
        ..SubmitJob::default()
    });
    scenario
}

/// Adds a submission: seconds, and vCPUs.
fn add(scenario: &mut Scenario, submit: u64, work: u64, estimate: u64, vcpus: u32, extra: Extra) {
    let workload = &mut scenario.workload;
    let extra = if extra == Extra::default() {
        Row::PLAIN
    } else {
        workload.extras.push(extra);
        workload.extras.len() as u32 - 1
    };
    let source = workload.rows.len() as u32;
    workload.rows.push(Row {
        estimate: Span::from_s(estimate),
        extra,
        ..Row::plain(source, SimTime::from_s(submit), Span::from_s(work), vcpus)
    });
}

/// An extra that depends on whole rows.
fn after(scenario: &mut Scenario, rows: &[usize], kind: DependencyKind) -> Extra {
    let dependencies = &mut scenario.workload.dependencies;
    let from = dependencies.len() as u32;
    dependencies.extend(rows.iter().map(|&row| Dependency {
        on: RowId::at(row),
        kind,
    }));
    Extra {
        dependencies: from..from + rows.len() as u32,
        ..Extra::default()
    }
}

fn starts_s(outcome: &Outcome) -> Vec<u64> {
    let start = |job: &naive::JobOutcome| job.attempts[0].started.expect("it ran").ms() / 1000;
    outcome.jobs.iter().map(start).collect()
}

fn makespan_s(scenario: &Scenario) -> u64 {
    let outcome = naive::run(scenario, None);
    assert!(
        outcome
            .jobs
            .iter()
            .all(|job| job.status == JobStatus::Succeeded)
    );
    outcome
        .jobs
        .iter()
        .filter_map(|job| job.ended)
        .max()
        .expect("there are jobs")
        .ms()
        / 1000
}

#[test]
fn golden_schedules_are_met_to_the_second() {
    let Some(data) = std::env::var_os("BATCHCAST_DATA") else {
        println!("skipped: BATCHCAST_DATA is not set");
        return;
    };
    let path = std::path::Path::new(&data).join("../reference/golden_schedules.json");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let instances: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
    let number = |value: &serde_json::Value| value.as_u64().expect("a number");
    let instances = instances.as_array().expect("a list");
    assert_eq!(instances.len(), 110);
    for (index, instance) in instances.iter().enumerate() {
        for (discipline, key) in [
            ("strict", "FCFS"),
            ("easy", "EASY"),
            ("conservative", "CONS"),
        ] {
            let mut scenario = pool(number(&instance["procs"]) as u32, discipline);
            for job in instance["jobs"].as_array().expect("a list") {
                let of = |key: &str| number(&job[key]);
                add(
                    &mut scenario,
                    of("submit"),
                    of("run"),
                    of("estimate"),
                    of("procs") as u32,
                    Extra::default(),
                );
            }
            let starts = instance["start"][key].as_array().expect("a list");
            let starts: Vec<u64> = starts.iter().map(number).collect();
            let ours = starts_s(&naive::run(&scenario, None));
            assert_eq!(
                ours,
                starts,
                "instance {index}, {key}\n{}",
                worlds::dump(&scenario)
            );
        }
    }
}

#[test]
fn more_machines_shorter_jobs_and_fewer_arcs_make_grahams_jobs_later() {
    let base = [3, 2, 2, 2, 4, 4, 4, 4, 9];
    let less = base.map(|length| length - 1);
    let all = [5, 6, 7, 8];
    for (slots, lengths, after_4, makespan) in [
        (3, base, &all[..], 12),
        (4, base, &all[..], 15),
        (3, less, &all[..], 13),
        (3, base, &all[2..], 16),
    ] {
        let mut scenario = pool(slots, "strict");
        for (index, &length) in lengths.iter().enumerate() {
            let extra = match index + 1 {
                9 => after(&mut scenario, &[0], DependencyKind::Whole),
                number if after_4.contains(&number) => {
                    after(&mut scenario, &[3], DependencyKind::Whole)
                }
                _ => Extra::default(),
            };
            add(&mut scenario, 0, length, 0, 1, extra);
        }
        assert_eq!(makespan_s(&scenario), makespan);
    }
}

#[test]
fn arrays_wait_for_each_other_as_their_kind_says() {
    let array = |size| Extra {
        array: size,
        ..Extra::default()
    };
    let mut sequential = pool(4, "strict");
    let extra = Extra {
        sequential: true,
        ..array(100)
    };
    add(&mut sequential, 0, 60, 0, 1, extra);
    assert_eq!(makespan_s(&sequential), 6_000);

    for (kind, slots, makespan) in [
        (DependencyKind::SameIndex, 1_000, 90),
        (DependencyKind::Whole, 100, 900),
    ] {
        let mut pair = pool(slots, "strict");
        add(&mut pair, 0, 60, 0, 1, array(1_000));
        let extra = after(&mut pair, &[0], kind);
        add(
            &mut pair,
            0,
            30,
            0,
            1,
            Extra {
                array: 1_000,
                ..extra
            },
        );
        assert_eq!(makespan_s(&pair), makespan, "{kind:?}");
    }
}

#[test]
fn a_thousand_worlds_have_every_feature_and_end() {
    let mut all = Features::default();
    let (mut jobs, mut succeeded, mut attempts, mut rejections) = (0, 0, 0, 0);
    for seed in 0..1_000 {
        let scenario = worlds::world(seed);
        all = all.or(worlds::features(&scenario));
        let outcome = naive::run(&scenario, None);
        jobs += outcome.jobs.len();
        attempts += outcome
            .jobs
            .iter()
            .map(|job| job.attempts.len())
            .sum::<usize>();
        succeeded += outcome
            .jobs
            .iter()
            .filter(|job| job.status == JobStatus::Succeeded)
            .count();
        rejections += outcome.rejections;
    }
    for (name, has) in all.all() {
        assert!(has, "no world has {name}");
    }
    println!("{jobs} jobs, {attempts} attempts, {succeeded} succeeded, {rejections} rejections");
    assert!(
        succeeded * 3 > jobs,
        "worlds in which little succeeds show little"
    );
}

/// The differences between the real simulator's run and the naive one's, the earliest first.
fn differences(scenario: &Scenario, seed: u64, fault: Option<Fault>) -> Vec<String> {
    let real = lines(&recorder::run(scenario, seed));
    let naive = lines(&naive::run(scenario, fault));
    let keys: BTreeSet<_> = real.keys().chain(naive.keys()).collect();
    let mut found: Vec<(SimTime, String)> = Vec::new();
    for key in keys {
        let nothing = (SimTime::NEVER, "nothing".to_owned());
        let real = real.get(key).unwrap_or(&nothing);
        let naive = naive.get(key).unwrap_or(&nothing);
        if real != naive {
            let (what, number, part) = key;
            let text = format!(
                "{what} {number}.{part}\n   real {}\n  naive {}",
                real.1, naive.1
            );
            found.push((real.0.min(naive.0), text));
        }
    }
    found.sort();
    found.into_iter().map(|(_, text)| text).collect()
}

/// What a line is about: a kind of thing, its number, and the part of it.
type Key = (&'static str, usize, usize);

/// An outcome as lines, each with a moment to sort by; money comes last.
fn lines(outcome: &Outcome) -> BTreeMap<Key, (SimTime, String)> {
    let time = |moment: Option<SimTime>| moment.map_or("never".to_owned(), |at| at.to_string());
    let mut lines = BTreeMap::new();
    let rejections = format!("{}", outcome.rejections);
    lines.insert(("rejections", 0, 0), (SimTime::NEVER, rejections));
    for job in &outcome.jobs {
        let name = match job.index {
            Some(index) => format!("row {}:{index}", job.row),
            None => format!("row {}", job.row),
        };
        let came = format!(
            "{name} submitted {} eligible {}",
            job.submitted,
            time(job.eligible)
        );
        lines.insert(("job", job.job, 0), (job.submitted, came));
        for (number, attempt) in job.attempts.iter().enumerate() {
            let text = format!(
                "{name} placed {} on {} started {} ended {}: {:?} `{}`",
                attempt.placed,
                attempt.main,
                time(attempt.started),
                time(attempt.ended),
                attempt.exit_code,
                attempt.reason
            );
            let cost = format!("{name} {}", attempt.cost.units());
            lines.insert(("attempt", job.job, number), (attempt.placed, text));
            lines.insert(("cost of attempt", job.job, number), (SimTime::NEVER, cost));
        }
        let end = format!(
            "{name} {} at {}: {:?} `{}`",
            job.status.name(),
            time(job.ended),
            job.exit_code,
            job.reason
        );
        lines.insert(
            ("job", job.job, 1),
            (job.ended.unwrap_or(SimTime::NEVER), end),
        );
    }
    for (number, instance) in outcome.instances.iter().enumerate() {
        let life = format!(
            "type {} from {}, ready {}, to {}",
            instance.instance_type.0,
            instance.launched,
            time(instance.registered),
            instance.ended
        );
        lines.insert(("instance", number, 0), (SimTime::NEVER, life));
        let costs = CostCause::ALL
            .map(|cause| format!("{} {}", cause.name(), instance.cost.get(cause).units()));
        lines.insert(("instance", number, 1), (SimTime::NEVER, costs.join(" ")));
    }
    lines
}

/// Compares both simulators in a thousand worlds, or in as many as WORLDS says, or in the one that SEED names.
fn agrees(world: fn(u64) -> Scenario) {
    let number = |name: &str| -> Option<u64> { std::env::var(name).ok()?.parse().ok() };
    let (only, worlds) = (number("SEED"), number("WORLDS"));
    let mut differing = Vec::new();
    for seed in only.map_or(0..worlds.unwrap_or(1_000), |seed| seed..seed + 1) {
        let scenario = world(seed);
        let found = std::panic::catch_unwind(|| differences(&scenario, seed, None));
        let found = found.unwrap_or_else(|_| vec!["a panic".to_owned()]);
        if let Some(first) = found.first() {
            println!(
                "seed {seed}: {} differences, the first\n{first}",
                found.len()
            );
            if only.is_some() {
                println!("{}\n{}", found.join("\n"), worlds::dump(&scenario));
            }
            differing.push(seed);
        }
    }
    assert!(
        differing.is_empty(),
        "{} worlds differ: {differing:?}; SEED=n for one",
        differing.len()
    );
}

#[test]
fn the_simulator_agrees_with_the_naive_one_in_a_thousand_worlds() {
    agrees(worlds::world);
}

#[test]
fn the_simulator_agrees_with_the_naive_one_in_a_thousand_managed_worlds() {
    agrees(worlds::managed_world);
}

#[test]
fn a_thousand_managed_worlds_end() {
    let (mut launched, mut jobs, mut succeeded, mut gangs) = (0, 0, 0, 0);
    for seed in 0..1_000 {
        let world = worlds::managed_world(seed);
        let outcome = naive::run(&world, None);
        launched += outcome.instances.len();
        gangs += outcome.managed_gangs;
        jobs += outcome.jobs.len();
        let all = outcome.jobs.iter();
        succeeded += all.filter(|job| job.status == JobStatus::Succeeded).count();
    }
    println!("{launched} instances, {jobs} jobs, {succeeded} succeeded, {gangs} runs of gangs");
    assert!(gangs > 0, "no multi-node job ran on what Batch launched");
    assert!(
        succeeded * 3 > jobs,
        "worlds in which little succeeds show little"
    );
}

/// Whether the comparison sees each of `faults` in one of a thousand worlds. A fault after which a world has no end is not
/// what it sees.
fn sees(world: fn(u64) -> Scenario, faults: &[Fault]) {
    for &fault in faults {
        let seen = (0..1_000).find(|&seed| {
            let scenario = world(seed);
            let with_fault = || differences(&scenario, seed, Some(fault));
            differences(&scenario, seed, None).is_empty()
                && std::panic::catch_unwind(with_fault).is_ok_and(|found| !found.is_empty())
        });
        assert!(seen.is_some(), "{fault:?} goes unseen");
    }
}

#[test]
fn a_fault_planted_in_scaling_is_seen() {
    let faults = [
        Fault::ScaleInIgnoresMin,
        Fault::BestFitOvershoots,
        Fault::BootIsFree,
        Fault::GangsByDemand,
        Fault::GangsOnlyAtTheHead,
        Fault::GangsOneByOne,
    ];
    sees(worlds::managed_world, &faults);
}

#[test]
fn a_planted_fault_is_seen() {
    let faults = [
        Fault::TiesToTheLast,
        Fault::TimeoutFromPlacement,
        Fault::RetriesToTheBack,
    ];
    sees(worlds::world, &faults);
}
