#![no_main]
//! Any bytes as a native trace: problems, or a workload that keeps its promises.

mod common;

use batchcast::input::{check_workload, csv_trace, merge};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for options in common::options() {
        if let Ok(trace) = csv_trace::read(bytes, "fuzz.csv", &options) {
            check_workload(&trace.workload).expect("a reader's workload is sound");
            let twice = merge(vec![trace.workload.clone(), trace.workload]);
            check_workload(&twice).expect("a merged workload is sound");
        }
    }
});
