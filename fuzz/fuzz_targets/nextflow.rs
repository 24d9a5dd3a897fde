#![no_main]
//! Any bytes as what Nextflow writes: problems, or a workload that keeps its promises and is the same again through our CSV.

mod common;

use batchcast::input::nextflow;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    common::check(bytes, |bytes, options| nextflow::read(bytes, "fuzz", options));
});
