//! The folder of a run: written beside its place and renamed into it, so that it is there whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::Mutex;

use super::failure::Failure;

/// A run folder on its way. Dropped before [`RunFolder::commit`], it leaves nothing.
#[derive(Debug)]
pub struct RunFolder {
    target: PathBuf,
    /// Where the files are until then.
    temporary: PathBuf,
    force: bool,
    files: Vec<String>,
    committed: bool,
}

/// Where the files of the folder that is on its way are, for a process that ends without dropping it.
static ON_ITS_WAY: Mutex<Option<PathBuf>> = Mutex::new(None);

/// Removes what there is of a folder that will not be committed.
pub fn abandon() {
    if let Some(temporary) = ON_ITS_WAY.try_lock().ok().and_then(|mut path| path.take()) {
        let _ = fs::remove_dir_all(temporary);
    }
}

/// What stands between a folder's name and a process in the names of our own folders.
const MARK: &str = ".batchcast-";
/// The same for a folder that a new one replaces.
const OLD_MARK: &str = ".batchcast-old-";

impl RunFolder {
    /// Prepares `target`, which must not exist unless `force`; `inputs` is what the run reads and must not be in it.
    /// Removes what runs that were killed left beside it.
    ///
    /// # Errors
    /// A target that exists, is no folder, holds the input, or has no place to be written to.
    pub fn create(target: &Path, force: bool, inputs: &Path) -> Result<RunFolder, Failure> {
        let (parent, name) = place_of(target)?;
        if !parent.is_dir() {
            return Err(Failure::Usage(format!(
                "{}: there is no folder {} to put it in; create that first",
                target.display(),
                parent.display()
            )));
        }
        clean(&parent, &name, target);
        check_target(target, force, inputs)?;
        let temporary = parent.join(format!(".{name}{MARK}{}", process::id()));
        fs::create_dir(&temporary)
            .map_err(|error| Failure::file(&parent, "create a folder in it", error))?;
        if let Ok(mut path) = ON_ITS_WAY.lock() {
            *path = Some(temporary.clone());
        }
        Ok(RunFolder {
            target: target.to_owned(),
            temporary,
            force,
            files: Vec::new(),
            committed: false,
        })
    }

    /// A new file in it.
    ///
    /// # Errors
    /// The system's.
    pub fn file(&mut self, name: &str) -> Result<File, Failure> {
        let file = File::create(self.temporary.join(name));
        let file = file.map_err(|error| self.failure(name, error))?;
        self.files.push(name.to_owned());
        Ok(file)
    }

    /// Writes a whole file.
    ///
    /// # Errors
    /// The system's.
    pub fn write(&mut self, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        let written = self.file(name)?.write_all(bytes);
        written.map_err(|error| self.failure(name, error))
    }

    /// That `name` could not be written, in the words of its final place.
    pub fn failure(&self, name: &str, error: io::Error) -> Failure {
        Failure::file(&self.target.join(name), "write", error)
    }

    /// The files so far, sorted.
    pub fn files(&self) -> Vec<String> {
        let mut files = self.files.clone();
        files.sort();
        files
    }

    /// Puts the folder in its place.
    ///
    /// # Errors
    /// The system's; then what was there before still is.
    pub fn commit(mut self) -> Result<(), Failure> {
        let (parent, name) = place_of(&self.target)?;
        let old = parent.join(format!(".{name}{OLD_MARK}{}", process::id()));
        let replaced = self.force && self.target.symlink_metadata().is_ok();
        if replaced {
            fs::rename(&self.target, &old)
                .map_err(|error| Failure::file(&self.target, "replace", error))?;
        }
        if let Err(error) = fs::rename(&self.temporary, &self.target) {
            if replaced {
                // Back to what there was; if even that fails, the next run does it.
                let _ = fs::rename(&old, &self.target);
            }
            return Err(Failure::file(
                &self.target,
                "put the finished run in place",
                error,
            ));
        }
        self.committed = true;
        if let Ok(mut path) = ON_ITS_WAY.lock() {
            *path = None;
        }
        if replaced {
            // Under the mark of what is not wanted, so that a half removed run is never put back.
            fs::rename(&old, &self.temporary)
                .and_then(|()| fs::remove_dir_all(&self.temporary))
                .map_err(|error| Failure::file(&old, "remove the old run", error))?;
        }
        Ok(())
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        if !self.committed {
            let _ = fs::remove_dir_all(&self.temporary);
        }
    }
}

/// The folder that `target` is to be in, and its name there.
fn place_of(target: &Path) -> Result<(PathBuf, String), Failure> {
    let name = target.file_name().and_then(|name| name.to_str());
    let Some(name) = name else {
        return Err(Failure::Usage(format!(
            "{}: is no name for a new folder",
            target.display()
        )));
    };
    let parent = match target.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    Ok((parent, name.to_owned()))
}

fn check_target(target: &Path, force: bool, inputs: &Path) -> Result<(), Failure> {
    let Ok(found) = target.symlink_metadata() else {
        return Ok(());
    };
    let shown = target.display();
    if !force {
        return Err(Failure::Usage(format!(
            "{shown}: is already there; choose another folder or add --force to replace it"
        )));
    }
    if !found.is_dir() {
        return Err(Failure::Usage(format!(
            "{shown}: is no folder, so --force does not replace it"
        )));
    }
    let whole = |path: &Path| fs::canonicalize(path).ok();
    if let (Some(target), Some(inputs)) = (whole(target), whole(inputs))
        && inputs.starts_with(&target)
    {
        return Err(Failure::Usage(format!(
            "{shown}: holds what the run reads, so --force does not replace it"
        )));
    }
    if let (Some(target), Some(here)) = (whole(target), whole(Path::new(".")))
        && here.starts_with(&target)
    {
        return Err(Failure::Usage(format!(
            "{shown}: is the current folder or holds it, so --force does not replace it"
        )));
    }
    Ok(())
}

/// Removes what processes that have ended left beside the target; an old run that one of them had moved aside and not
/// replaced is put back. Failures are left for the next time.
fn clean(parent: &Path, name: &str, target: &Path) {
    let Ok(entries) = fs::read_dir(parent) else {
        return;
    };
    let mut left: Vec<(String, PathBuf)> = entries
        .filter_map(Result::ok)
        .filter_map(|entry| Some((entry.file_name().to_str()?.to_owned(), entry.path())))
        .collect();
    // Old runs come before new ones: `old-` sorts after digits, so from behind.
    left.sort_by(|a, b| b.cmp(a));
    for (entry, path) in left {
        let Some(rest) = entry
            .strip_prefix('.')
            .and_then(|rest| rest.strip_prefix(name))
        else {
            continue;
        };
        let old = rest.strip_prefix(OLD_MARK);
        let Some(pid) = old.or_else(|| rest.strip_prefix(MARK)) else {
            continue;
        };
        let Ok(pid) = pid.parse::<u32>() else {
            continue;
        };
        if pid != process::id() && is_alive(pid) {
            continue;
        }
        if old.is_some() && target.symlink_metadata().is_err() {
            let _ = fs::rename(&path, target);
        } else {
            let _ = fs::remove_dir_all(&path);
        }
    }
}

/// Whether a process runs; where there is no way to know, it is taken to.
fn is_alive(pid: u32) -> bool {
    let processes = Path::new("/proc");
    !processes.join("self").exists() || processes.join(pid.to_string()).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A process number that no system gives out.
    const DEAD: u32 = 4_000_000_000;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn nothing() -> &'static Path {
        Path::new("/nonexistent/scenario.toml")
    }

    fn write_run(target: &Path, force: bool, text: &str) -> Result<(), Failure> {
        let mut folder = RunFolder::create(target, force, nothing())?;
        folder.write("summary.json", text.as_bytes())?;
        folder.commit()
    }

    #[test]
    fn a_folder_is_there_whole_or_not_at_all() {
        let home = tempfile::tempdir().unwrap();
        let target = home.path().join("run");
        let mut folder = RunFolder::create(&target, false, nothing()).unwrap();
        folder.write("summary.json", b"{}").unwrap();
        assert!(!target.exists());
        drop(folder);
        assert_eq!(names(home.path()), Vec::<String>::new());
        write_run(&target, false, "{}").unwrap();
        assert_eq!(names(home.path()), ["run"]);
        assert_eq!(names(&target), ["summary.json"]);
    }

    #[test]
    fn a_folder_that_is_there_is_refused_and_with_force_replaced_whole() {
        let home = tempfile::tempdir().unwrap();
        let target = home.path().join("run");
        fs::create_dir(&target).unwrap();
        fs::write(target.join("old"), "").unwrap();
        let refused = write_run(&target, false, "new").unwrap_err();
        assert!(refused.message().contains("--force"), "{refused:?}");
        assert_eq!(names(&target), ["old"]);
        write_run(&target, true, "new").unwrap();
        assert_eq!(names(&target), ["summary.json"]);
        assert_eq!(names(home.path()), ["run"]);
    }

    #[test]
    fn force_replaces_neither_a_file_nor_the_input() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(write_run(&file, true, "").is_err());
        let input = home.path().join("study");
        fs::create_dir(&input).unwrap();
        fs::write(input.join("scenario.toml"), "").unwrap();
        assert!(RunFolder::create(&input, true, &input.join("scenario.toml")).is_err());
        assert_eq!(names(home.path()), ["file", "study"]);
    }

    #[test]
    fn what_killed_runs_left_goes_and_an_old_run_comes_back() {
        let home = tempfile::tempdir().unwrap();
        let target = home.path().join("run");
        let old = home.path().join(format!(".run{OLD_MARK}{DEAD}"));
        fs::create_dir(&old).unwrap();
        fs::write(old.join("kept"), "").unwrap();
        fs::create_dir(home.path().join(format!(".run{MARK}{DEAD}"))).unwrap();
        fs::create_dir(home.path().join(format!(".other{MARK}{DEAD}"))).unwrap();
        assert!(
            write_run(&target, false, "").is_err(),
            "the old run is back, so it is refused"
        );
        assert_eq!(names(&target), ["kept"]);
        assert_eq!(
            names(home.path()),
            [format!(".other{MARK}{DEAD}"), "run".to_owned()]
        );
    }

    #[test]
    fn a_folder_without_a_place_is_refused_in_words() {
        let home = tempfile::tempdir().unwrap();
        let error = write_run(&home.path().join("no/run"), false, "").unwrap_err();
        assert!(error.message().contains("create that first"), "{error:?}");
        assert!(write_run(Path::new(".."), true, "").is_err());
    }
}
