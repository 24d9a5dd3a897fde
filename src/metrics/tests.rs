//! Runs told by hand.

use crate::model::{
    Catalogue, CostCause, CostCauses, JobStatus, Profile, Row, Settings, StatusReason, Workload,
};
use crate::model::{InstanceRecord, JobRecord, Levels, Named, Observer};
use crate::units::{
    EnvId, InstanceId, PoolId, QueueId, Ratio, RowId, ShareId, SimTime, Span, TypeId, Usd,
};

use super::{Decimal, Failure, Group, Recorder, RowSink, RunFacts, Summary};

fn workload(submit_and_work_s: &[(u64, u64)]) -> Workload {
    let rows = submit_and_work_s.iter().enumerate();
    let rows = rows.map(|(index, &(submit, work))| {
        Row::plain(
            index as u32 + 1,
            SimTime::from_s(submit),
            Span::from_s(work),
            2,
        )
    });
    Workload {
        rows: rows.collect(),
        ..Workload::default()
    }
}

fn job(id: u32, times_s: (u64, u64, u64)) -> JobRecord<'static> {
    let (submitted, started, ended) = times_s;
    let work = Span::from_s(ended - started);
    let row = Row::plain(id + 1, SimTime::from_s(submitted), work, 2);
    JobRecord::succeeded(id, &row, SimTime::from_s(started))
}

#[derive(Default)]
struct Order(Vec<(u32, bool)>);

impl RowSink for Order {
    fn job(&mut self, job: &JobRecord<'_>, why: Option<&str>) {
        self.0.push((job.job.0, why.is_some()));
    }
}

fn finish<S: RowSink>(recorder: Recorder<'_, S>) -> (Summary, S) {
    let settings = Settings::new(Profile::Ideal);
    let (summary, sink, _) = recorder.finish(RunFacts {
        scenario: "by-hand",
        seed: 1,
        digest: 2,
        events: 3,
        end: SimTime::from_s(100),
        estimates_raised: 0,
        quotas: Vec::new(),
        settings: &settings,
        billing: &Default::default(),
        catalogue: &Catalogue::default(),
        machine_types: &[],
        speed_max: Ratio::ONE,
        began: 0,
        ignored_keys: Vec::new(),
    });
    (summary, sink)
}

fn levels(used: u64) -> Levels {
    Levels {
        vcpus_used: used,
        vcpus_provisioned: 4,
        vcpus_max: 4,
        ..Levels::default()
    }
}

#[test]
fn two_jobs_one_after_the_other_give_the_figures_of_their_definitions() {
    let workload = workload(&[(10, 20), (10, 5)]);
    let mut recorder = Recorder::new(&workload, (), false);
    recorder.named(Named::Environment(EnvId(0), "pool"));
    recorder.levels(SimTime::ZERO, &levels(0));
    recorder.submitted(SimTime::from_s(10), RowId(0), 1);
    recorder.submitted(SimTime::from_s(10), RowId(1), 1);
    recorder.levels(SimTime::from_s(10), &levels(2));
    recorder.job_ended(&job(0, (10, 10, 30)));
    recorder.job_ended(&job(1, (10, 30, 35)));
    recorder.levels(SimTime::from_s(35), &levels(0));
    recorder.ended(SimTime::from_s(100));
    let (summary, ()) = finish(recorder);

    assert_eq!(summary.makespan, Some(Span::from_s(25)));
    assert_eq!(summary.bounds.longest_job, Span::from_s(20));
    assert_eq!(summary.bounds.critical_path, Span::from_s(20));
    assert_eq!(summary.bounds.area, Span::from_ms(12_500));
    assert_eq!(summary.lower_bound(), Span::from_s(20));
    let text = |figure: Option<Decimal>| figure.map(|figure| figure.to_string());
    let is = |figure, expected: &str| assert_eq!(text(figure).as_deref(), Some(expected));
    is(summary.wait_s.mean, "10");
    is(summary.wait_s.p50, "0");
    is(summary.wait_s.p95, "20");
    is(summary.wait_s.max, "20");
    is(summary.bounded_slowdown.mean, "1.75");
    is(summary.bounded_slowdown.p95, "2.5");
    is(summary.throughput_jobs_per_h, "288");
    is(summary.utilization.vcpus_of_provisioned, "0.5");
    assert_eq!(summary.utilization.memory_of_provisioned, None);
    assert_eq!(summary.time_causes_ms.iter().sum::<u128>(), 45_000);
}

#[test]
fn rows_come_as_things_happen_and_what_is_left_comes_last() {
    let workload = workload(&[(0, 1); 5]);
    let mut recorder = Recorder::new(&workload, Order::default(), false);
    recorder.job_ended(&job(3, (0, 0, 5)));
    recorder.job_ended(&job(1, (0, 0, 5)));
    recorder.job_ended(&job(0, (0, 0, 6)));
    let mut left = job(2, (0, 0, 6));
    left.status = JobStatus::Runnable;
    left.started = None;
    recorder.job_unfinished(&left, "no machine is large enough");
    recorder.ended(SimTime::from_s(6));
    let (summary, sink) = finish(recorder);
    assert_eq!(sink.0, [(3, false), (1, false), (0, false), (2, true)]);
    assert_eq!(
        summary.unfinished,
        [("no machine is large enough".to_owned(), 1)]
    );
}

#[test]
fn a_run_in_which_nothing_ended_has_no_makespan_and_no_waits() {
    let workload = workload(&[]);
    let (summary, ()) = finish(Recorder::new(&workload, (), true));
    assert_eq!(summary.makespan, None);
    assert_eq!(summary.wait_s.mean, None);
    assert_eq!(summary.throughput_jobs_per_h, None);
    assert_eq!(summary.lower_bound(), Span::ZERO);
}

#[test]
fn a_bill_sums_by_cause_environment_and_type_to_the_same() {
    let workload = workload(&[]);
    let mut recorder = Recorder::new(&workload, (), false);
    for (id, units) in [(0, 7), (1, 11)] {
        let mut cost = CostCauses::default();
        cost.add(CostCause::Useful, Usd::from_units(units));
        cost.add(CostCause::Idle, Usd::from_units(1));
        recorder.instance_ended(&InstanceRecord {
            instance: InstanceId(id),
            environment: EnvId(id),
            instance_type: TypeId(0),
            launched: SimTime::ZERO,
            registered: Some(SimTime::ZERO),
            ended: SimTime::from_s(60),
            terminated: false,
            attempts: 1,
            used_vcpu_ms: 0,
            busy: Span::ZERO,
            spot: false,
            pool: PoolId::NONE,
            interrupted: false,
            by_hour: Box::default(),
            billed_s: 60,
            cost,
        });
    }
    let (summary, ()) = finish(recorder);
    assert_eq!(summary.cost_total(), Usd::from_units(20));
    let by_environment: Usd = summary
        .by_environment
        .iter()
        .map(|(_, totals)| totals.cost.total())
        .sum();
    assert_eq!(by_environment, summary.cost_total());
}

#[test]
fn a_queue_has_the_figures_of_its_shares_and_the_biggest_share_comes_first() {
    let workload = workload(&[(0, 1); 4]);
    let mut recorder = Recorder::new(&workload, (), false);
    recorder.named(Named::Queue(QueueId(0), "plain"));
    recorder.named(Named::Queue(QueueId(1), "fair"));
    recorder.named(Named::Share(ShareId(0), QueueId(1), "small"));
    recorder.named(Named::Share(ShareId(1), QueueId(1), "big"));
    // Queue, share, and wait and run in seconds; each costs a third of what can be printed.
    for (id, (queue, share, wait, run)) in [
        (1, ShareId(1), 30, 100),
        (0, ShareId::NONE, 7, 1),
        (1, ShareId(0), 5, 10),
        (1, ShareId(1), 10, 200),
    ]
    .into_iter()
    .enumerate()
    {
        let mut job = job(id as u32, (0, wait, wait + run));
        (job.queue, job.share) = (QueueId(queue), share);
        job.cost = Usd::from_units(Usd::from_ticks(1).units() / 3 + 1);
        recorder.job_ended(&job);
    }
    let (summary, ()) = finish(recorder);
    let shown = |groups: &[Group]| -> Vec<(String, u64, u128, String, String)> {
        let mean = |group: &Group| group.wait_s.mean.unwrap().to_string();
        let name = |group: &Group| match &group.share_identifier {
            Some(share) => format!("{}/{share}", group.job_queue),
            None => group.job_queue.clone(),
        };
        let one = |group: &Group| {
            let totals = &group.totals;
            let cost = totals.cost.to_string();
            (
                name(group),
                totals.submitted(),
                totals.vcpu_ms / 1000,
                mean(group),
                cost,
            )
        };
        groups.iter().map(one).collect()
    };
    let row = |name: &str, jobs, vcpu_s, mean: &str, cost: &str| {
        (name.to_owned(), jobs, vcpu_s, mean.to_owned(), cost.into())
    };
    assert_eq!(
        shown(&summary.groups.queues),
        [
            row("plain", 1, 2, "7", "0.00"),
            row("fair", 3, 620, "15", "0.0000000001"),
        ]
    );
    assert_eq!(
        shown(&summary.groups.shares),
        [
            row("fair/big", 2, 600, "20", "0.0000000001"),
            row("fair/small", 1, 20, "5", "0.00"),
        ]
    );
    assert_eq!(summary.wait_s.max.unwrap().to_string(), "30");
}

#[test]
fn shares_beyond_the_longest_list_are_summed_up() {
    let workload = workload(&[(0, 1); Summary::SHARES + 3]);
    let mut recorder = Recorder::new(&workload, (), false);
    recorder.named(Named::Queue(QueueId(0), "fair"));
    let count = Summary::SHARES as u32 + 3;
    for id in 0..count {
        recorder.named(Named::Share(ShareId(id), QueueId(0), &id.to_string()));
        let mut job = job(id, (0, 0, u64::from(id) + 1));
        (job.queue, job.share) = (QueueId(0), ShareId(id));
        recorder.job_ended(&job);
    }
    let (summary, ()) = finish(recorder);
    let groups = &summary.groups;
    assert_eq!(groups.shares.len(), Summary::SHARES);
    let biggest = groups.shares[0].share_identifier.as_deref();
    assert_eq!(biggest, Some((count - 1).to_string().as_str()));
    assert_eq!((groups.other_shares, groups.others.submitted()), (3, 3));
    assert_eq!(groups.others.vcpu_ms, 2 * (1 + 2 + 3) * 1000);
}

#[test]
fn failures_are_counted_by_reason_and_exit_code_with_the_first_job_of_each() {
    let workload = workload(&[(0, 1); 9]);
    let mut recorder = Recorder::new(&workload, (), false);
    let lost = [InstanceId(1), InstanceId(2)].map(StatusReason::HostTerminated);
    let exited = StatusReason::EssentialContainerExited;
    for (id, (reason, code)) in [
        (&exited, Some(1)),
        (&lost[1], None),
        (&exited, Some(137)),
        (&exited, Some(137)),
        (&lost[0], None),
        (&exited, Some(137)),
    ]
    .into_iter()
    .enumerate()
    {
        let mut job = JobRecord {
            reason,
            ..job(id as u32, (0, 0, 1))
        };
        (job.status, job.exit_code) = (JobStatus::Failed, code);
        recorder.job_ended(&job);
    }
    let (summary, ()) = finish(recorder);
    let failure = |text: &str, exit_code, jobs, example: &str| Failure {
        status_reason: text.to_owned(),
        exit_code,
        jobs,
        example: Some(example.to_owned()),
    };
    assert_eq!(
        summary.failures,
        [
            failure("Essential container in task exited", Some(137), 3, "3"),
            failure("Host EC2 (instance i-*) terminated.", None, 2, "2"),
            failure("Essential container in task exited", Some(1), 1, "1"),
        ]
    );
}
