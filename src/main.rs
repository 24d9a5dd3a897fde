//! The `batchcast` program: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    batchcast::cli::main()
}
