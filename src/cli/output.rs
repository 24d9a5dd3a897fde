//! Standard output for data, standard error for everything else.

use std::io::{self, IsTerminal, Write};

use crate::report::Style;

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

/// How text on standard output may look.
pub fn style() -> Style {
    let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let able = std::env::var_os("TERM").is_none_or(|terminal| terminal != "dumb");
    Style {
        colour: wanted && able && std::io::stdout().is_terminal(),
    }
}

/// Columns of the terminal (80 where there is none), and whether it shows more than ASCII, as far as the environment tells.
pub fn terminal() -> (usize, bool) {
    let columns = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    let told = std::env::var("COLUMNS")
        .ok()
        .and_then(|text| text.parse().ok());
    let named = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|value| !value.is_empty());
    let named = named.unwrap_or_default().to_ascii_lowercase();
    let is_dumb = std::env::var("TERM").is_ok_and(|terminal| terminal == "dumb");
    let is_unicode = named.contains("utf-8") || named.contains("utf8");
    (columns.or(told).unwrap_or(80), is_unicode && !is_dumb)
}
