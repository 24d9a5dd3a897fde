//! What a row costs: from the record of the core to bytes, and to figures.

use batchcast::metrics::Recorder;
use batchcast::model::{JobRecord, Named, Observer};
use batchcast::model::{JobStatus, Row, StatusReason, TimeCause, TimeCauses, Workload};
use batchcast::report::JobsCsv;
use batchcast::units::{EnvId, JobId, QueueId, RowId, Shape, ShareId, SimTime, Span, Usd};
use divan::Bencher;
use divan::counter::ItemsCount;

fn main() {
    divan::main();
}

/// Rows that one iteration writes.
const ROWS: usize = 10_000;

fn workload() -> Workload {
    let row = |index: usize| Row {
        submit: SimTime::from_s(index as u64 * 7),
        work: Span::from_s(1234),
        estimate: Span::from_s(3600),
        vcpus: 16,
        memory: 0,
        gpus: 0,
        template: 0,
        extra: Row::PLAIN,
        source: 100_000 + index as u32,
        user: index as u32 % 300,
        group: index as u32 % 20,
    };
    Workload {
        rows: (0..ROWS).map(row).collect(),
        ..Workload::default()
    }
}

/// Jobs of which every third never waited.
fn records(workload: &Workload) -> Vec<JobRecord<'static>> {
    let records = workload.rows.iter().enumerate().map(|(index, row)| {
        let wait = Span::from_s(if index % 3 == 0 { 0 } else { 4321 });
        let mut time = TimeCauses::default();
        time.add(TimeCause::Queue, wait);
        time.add(TimeCause::Run, row.work);
        JobRecord {
            job: JobId::at(index),
            row: RowId::at(index),
            array_index: None,
            resubmission: 0,
            nodes: 1,
            status: JobStatus::Succeeded,
            reason: &StatusReason::EssentialContainerExited,
            exit_code: Some(0),
            queue: QueueId(0),
            share: ShareId::NONE,
            environment: EnvId(0),
            shape: Shape::new(16, 0, 0),
            submitted: row.submit,
            eligible: Some(row.submit),
            started: Some(row.submit + wait),
            ended: row.submit + wait + row.work,
            work: row.work,
            estimate: row.estimate,
            attempts: 1,
            time,
            cost: Usd::from_units(425_000_000 * 1_234_000 + index as i128),
        }
    });
    records.collect()
}

#[divan::bench]
fn jobs_csv_rows(bencher: Bencher) {
    let workload = workload();
    let records = records(&workload);
    bencher.counter(ItemsCount::new(ROWS)).bench(|| {
        let mut table = JobsCsv::new(&workload, std::io::sink());
        table.named(Named::Queue(QueueId(0), "trace"));
        for record in &records {
            table.job(record, None);
        }
        table.finish().is_ok()
    });
}

#[divan::bench]
fn jobs_recorded_without_rows(bencher: Bencher) {
    let workload = workload();
    let records = records(&workload);
    bencher.counter(ItemsCount::new(ROWS)).bench(|| {
        let mut recorder = Recorder::new(&workload, (), true);
        for record in &records {
            recorder.job_ended(record);
        }
    });
}
