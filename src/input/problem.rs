//! What is wrong with an input, where, and what would be right.

use std::fmt;

/// One problem of an input file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file, as the user named it.
    pub file: String,
    /// The line, from 1, where one is known; 0 otherwise.
    pub line: u64,
    /// The JSON pointer (`/computeEnvironments/0/maxvCpus`) or column, where there is one; empty otherwise.
    pub pointer: String,
    /// What is wrong and what would be right.
    pub message: String,
}

impl Problem {
    /// A problem of the file as a whole.
    pub fn whole(file: &str, message: impl Into<String>) -> Problem {
        Problem {
            file: file.to_owned(),
            line: 0,
            pointer: String::new(),
            message: message.into(),
        }
    }

    /// A problem of one line.
    pub fn line(file: &str, line: u64, message: impl Into<String>) -> Problem {
        Problem {
            file: file.to_owned(),
            line,
            pointer: String::new(),
            message: message.into(),
        }
    }

    /// A problem at a JSON pointer (or in a column), with the line where that is known.
    pub fn at(
        file: &str,
        line: u64,
        pointer: impl Into<String>,
        message: impl Into<String>,
    ) -> Problem {
        Problem {
            file: file.to_owned(),
            line,
            pointer: pointer.into(),
            message: message.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, " line {}", self.line)?;
        }
        if !self.pointer.is_empty() {
            write!(f, " {}", self.pointer)?;
        }
        write!(f, ": {}", self.message)
    }
}
