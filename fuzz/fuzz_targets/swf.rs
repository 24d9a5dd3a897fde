#![no_main]
//! Any bytes as a log: problems, or a workload that keeps its promises.

mod common;

use batchcast::input::{check_workload, recognise, swf};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    recognise(bytes);
    for options in common::options() {
        if let Ok(trace) = swf::read(bytes, "fuzz.swf", &options) {
            check_workload(&trace.workload).expect("a reader's workload is sound");
        }
    }
});
