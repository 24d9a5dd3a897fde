#![no_main]
//! Any bytes as a scenario, TOML or JSON: problems or a scenario, never a panic.

use batchcast::input::scenario;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| scenario::check_bytes(bytes));
