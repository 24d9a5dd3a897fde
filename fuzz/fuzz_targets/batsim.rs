#![no_main]
//! Any bytes as a workload of Batsim: problems, or a workload that keeps its promises and is the same again through our CSV.

mod common;

use batchcast::input::batsim;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    common::check(bytes, |bytes, options| batsim::read(bytes, "fuzz", options));
});
