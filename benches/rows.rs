//! What a row costs: from the record of the core to bytes, and to figures.

use batchcast::metrics::Recorder;
use batchcast::model::{JobRecord, Named, Observer};
use batchcast::model::{Row, Workload};
use batchcast::report::JobsCsv;
use batchcast::units::{QueueId, SimTime, Span, Usd};
use divan::Bencher;
use divan::counter::ItemsCount;

fn main() {
    divan::main();
}

/// Rows that one iteration writes.
const ROWS: usize = 10_000;

fn workload() -> Workload {
    let row = |index: usize| Row {
        estimate: Span::from_s(3600),
        user: index as u32 % 300,
        group: index as u32 % 20,
        ..Row::plain(
            100_000 + index as u32,
            SimTime::from_s(index as u64 * 7),
            Span::from_s(1234),
            16,
        )
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
        JobRecord {
            cost: Usd::from_units(425_000_000 * 1_234_000 + index as i128),
            ..JobRecord::succeeded(index as u32, row, row.submit + wait)
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
