//! The naive simulator against published schedules and closed forms, and the real one against the naive one.

use batchcast::model::{
    Command, Dependency, DependencyKind, Extra, JobStatus, Row, Scenario, SubmitJob, Timed,
};
use batchcast::units::{NO_LIMIT_MIB, RowId, Shape, SimTime, Span, TypeId};

use crate::naive::{self, Outcome};
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
    workload.rows.push(Row {
        submit: SimTime::from_s(submit),
        work: Span::from_s(work),
        estimate: Span::from_s(estimate),
        vcpus,
        memory: 0,
        gpus: 0,
        template: 0,
        extra,
        source: workload.rows.len() as u32,
        user: Row::UNKNOWN,
        group: Row::UNKNOWN,
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
        succeeded * 2 > jobs,
        "worlds in which little succeeds show little"
    );
}
