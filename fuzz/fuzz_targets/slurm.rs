#![no_main]
//! Any bytes as Slurm's accounting: problems, or a workload that keeps its promises and is the same again through our CSV.

mod common;

use batchcast::input::slurm;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    common::check(bytes, |bytes, options| slurm::read(bytes, "fuzz", options));
});
