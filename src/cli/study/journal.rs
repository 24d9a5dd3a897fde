//! The journal of a sweep: each run is written down as it ends, so that a sweep that was killed goes on where it was.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::report::{SweepRun, run_fields, run_of_fields};

use super::super::failure::Failure;

/// Its name in the sweep's folder.
pub const NAME: &str = "journal.csv";
/// How its first line begins; the sweep's identity follows.
const HEAD: &str = "# batchcast sweep ";
/// Ends each line, so that one that was cut short is known.
const END: &str = "end";

/// Runs by cell and replication.
pub type Runs = BTreeMap<(u64, u64), SweepRun>;

/// A journal that is written to.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: Mutex<File>,
}

impl Journal {
    /// Opens the journal of the sweep `id` in `folder`, a new one where there is none, and gives the runs that are in it.
    ///
    /// # Errors
    /// A journal of another sweep, or what the system says.
    pub fn open(folder: &Path, id: &str) -> Result<(Journal, Runs), Failure> {
        let path = folder.join(NAME);
        let failure = |error| Failure::file(&path, "write", error);
        let text = match fs::read(&path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(Failure::file(&path, "read", error)),
        };
        let head = format!("{HEAD}{id}\n");
        let is_new = text.is_empty() || head.starts_with(&text);
        if !is_new && !text.starts_with(&head) {
            return Err(Failure::Usage(format!(
                "{}: is of another sweep (another scenario, input, key, value or seed); write to another folder, or begin anew with --force",
                path.display()
            )));
        }
        let runs: Runs = text
            .lines()
            .skip(1)
            .filter_map(read_line)
            .map(|run| ((run.cell, run.replication), run))
            .collect();
        // Written anew without what was cut short, beside it and in its place at once.
        let beside = folder.join(format!(".{NAME}"));
        let mut whole = head;
        runs.values().for_each(|run| whole.push_str(&line(run)));
        fs::write(&beside, whole)
            .and_then(|()| fs::rename(&beside, &path))
            .map_err(failure)?;
        let file = OpenOptions::new()
            .append(true)
            .open(&path)
            .map_err(failure)?;
        let file = Mutex::new(file);
        Ok((Journal { path, file }, runs))
    }

    /// Writes a run down.
    ///
    /// # Errors
    /// What the system says.
    pub fn add(&self, run: &SweepRun) -> Result<(), String> {
        let Ok(mut file) = self.file.lock() else {
            return Err("another thread failed".to_owned());
        };
        let written = file.write_all(line(run).as_bytes());
        written.map_err(|error| format!("{}: {error}", self.path.display()))
    }

    /// Removes it: all it held is in tables.
    pub fn remove(self) {
        let _ = fs::remove_file(self.path);
    }
}

fn line(run: &SweepRun) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut fields = vec![run.cell.to_string()];
    fields.extend(
        run_fields(run)
            .into_iter()
            .map(|field| field.replace(['\n', '\r'], " ")),
    );
    fields.push(END.to_owned());
    let _ = writer.write_record(&fields);
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

fn read_line(text: &str) -> Option<SweepRun> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(text.as_bytes());
    let record = reader.records().next()?.ok()?;
    let fields: Vec<&str> = record.iter().collect();
    match &fields[..] {
        [cell, fields @ .., END] => run_of_fields(cell.parse().ok()?, fields),
        _ => None,
    }
}
