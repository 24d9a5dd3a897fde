//! How a command ends when it does not end well, and with which exit code.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::input::Problem;

/// What was asked for does not exist.
pub const ABSENT: u8 = 1;
/// Bad input or usage.
pub const BAD_INPUT: u8 = 2;
/// A threshold was crossed.
pub const CROSSED: u8 = 3;
/// Our own bug.
pub const BUG: u8 = 70;

/// Problems that are told at once: a file with more is another file than it was taken for.
const TOLD: usize = 500;

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub enum Failure {
    /// The input is wrong, in these ways.
    Problems(Vec<Problem>),
    /// The command line asks for something that cannot be.
    Usage(String),
    /// What the command line asks for does not exist.
    Absent(String),
    /// These thresholds were crossed.
    Crossed(String),
    /// A file or folder could not be used.
    File {
        /// Which.
        path: PathBuf,
        /// What was to be done with it: `read`, `write` …
        what: &'static str,
        /// What the system said.
        error: io::Error,
    },
    /// Standard output could not be written to.
    Output(io::Error),
}

impl Failure {
    /// `path` could not be …
    pub fn file(path: &Path, what: &'static str, error: io::Error) -> Failure {
        Failure::File {
            path: path.to_owned(),
            what,
            error,
        }
    }

    /// The lines for standard error.
    pub fn message(&self) -> String {
        match self {
            Failure::Problems(problems) => {
                let mut lines: String = problems
                    .iter()
                    .take(TOLD)
                    .map(|problem| format!("error: {problem}\n"))
                    .collect();
                lines.push_str(&match problems.len() {
                    1 => "1 problem\n".to_owned(),
                    count if count > TOLD => {
                        format!("{count} problems, of which these are the first {TOLD}\n")
                    }
                    count => format!("{count} problems\n"),
                });
                lines
            }
            Failure::Crossed(which) => format!("crossed: {which}\n"),
            Failure::Usage(message) | Failure::Absent(message) => format!("error: {message}\n"),
            Failure::File { path, what, error } => {
                format!(
                    "error: {}: cannot {what}: {}\n",
                    path.display(),
                    plain(error)
                )
            }
            Failure::Output(error) => {
                format!("error: standard output: cannot write: {}\n", plain(error))
            }
        }
    }

    /// The exit code. Nobody who reads our output any more is no failure.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Failure::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                ExitCode::SUCCESS
            }
            Failure::Absent(_) => ExitCode::from(ABSENT),
            Failure::Crossed(_) => ExitCode::from(CROSSED),
            _ => ExitCode::from(BAD_INPUT),
        }
    }

    /// Whether there is anything to say.
    pub fn is_silent(&self) -> bool {
        matches!(self, Failure::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

/// The system's words without its error number.
pub fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(at) => text[..at].to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_problems_are_listed_and_counted() {
        let failure = Failure::Problems(vec![
            Problem::at("scenario.toml", 3, "/seed", "must be a whole number"),
            Problem::whole("jobs.csv", "is empty"),
        ]);
        assert_eq!(
            failure.message(),
            "error: scenario.toml line 3 /seed: must be a whole number\nerror: jobs.csv: is empty\n2 problems\n"
        );
    }

    #[test]
    fn a_file_failure_names_the_file_and_what_was_tried() {
        let error = io::Error::from_raw_os_error(28);
        let message = Failure::file(Path::new("out/jobs.csv"), "write", error).message();
        assert_eq!(
            message,
            "error: out/jobs.csv: cannot write: No space left on device\n"
        );
    }
}
