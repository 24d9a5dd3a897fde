//! Standard output for data, standard error for everything else.

use std::io::{self, Write};

use super::failure::Failure;

/// Writes to standard output.
///
/// # Errors
/// What the system says; a closed pipe is told apart by [`Failure::exit_code`].
pub fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(Failure::Output)
}

/// Writes to standard error; if that fails, nobody is there to tell.
pub fn tell(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}
