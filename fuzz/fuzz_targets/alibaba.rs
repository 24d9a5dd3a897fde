#![no_main]
//! Any bytes as Alibaba's pods and batch tasks: problems, or a workload that keeps its promises and is the same again through our CSV.

mod common;

use batchcast::input::alibaba::{batch_task, pods};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    common::check(bytes, |bytes, options| pods::read(bytes, "fuzz", options));
    common::check(bytes, |bytes, options| batch_task::read(bytes, "fuzz", options));
});
