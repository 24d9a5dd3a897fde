#![no_main]
//! Any bytes as a workflow: problems, or a workload that keeps its promises and is the same again through our CSV.

mod common;

use batchcast::input::wfformat;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    common::check(bytes, |bytes, options| wfformat::read(bytes, "fuzz", options));
});
