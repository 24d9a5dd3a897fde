//! `batchcast report`: a run folder as a page with pictures.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::explain::Fault;
use crate::picture::{self, Report, Sources, TraceFault};

use super::args::{Common, ReportArgs};
use super::explain::Kept;
use super::failure::Failure;
use super::output::tell;

/// The folder of the pictures within that of the page.
pub const PICTURES: &str = "pictures";
/// The page's name.
pub const PAGE: &str = "report.html";

/// Writes what is asked for.
///
/// # Errors
/// A folder that holds no run, an output that cannot be written.
pub fn report(asked: &ReportArgs, common: &Common) -> Result<(), Failure> {
    let to = asked.output.as_deref().unwrap_or(&asked.run);
    write(&asked.run, to, asked.png, common)?;
    match &asked.trace {
        Some(trace) => write_trace(&asked.run, trace, common),
        None => Ok(()),
    }
}

/// Writes the page and the pictures of the run in `run` to the folder `to`, which is made where there is none; as PNG too where
/// that is asked for.
///
/// # Errors
/// See [`report`].
pub fn write(run: &Path, to: &Path, as_png: bool, common: &Common) -> Result<(), Failure> {
    if as_png && !cfg!(feature = "png") {
        return Err(Failure::Usage(
            "--png: this batchcast was built without PNG; `cargo install --path . --features png` builds it with, and browsers show SVG"
                .to_owned(),
        ));
    }
    let kept = Kept::open(run)?;
    let made = made(&kept)?;
    let pictures = to.join(PICTURES);
    fs::create_dir_all(&pictures)
        .map_err(|error| Failure::file(&pictures, "create the folder", error))?;
    for (name, svg) in &made.pictures {
        let path = pictures.join(name);
        put(&path, svg.as_bytes())?;
        if as_png && let Some(png) = png(svg) {
            put(&path.with_extension("png"), &png)?;
        }
    }
    let page = to.join(PAGE);
    put(&page, made.page.as_bytes())?;
    if !common.quiet {
        let names: Vec<&str> = made
            .pictures
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        tell(&format!(
            "wrote {} and, in {}: {}\n",
            page.display(),
            pictures.display(),
            names.join(", ")
        ));
    }
    Ok(())
}

/// A picture as PNG, where this build can.
fn png(svg: &str) -> Option<Vec<u8>> {
    #[cfg(feature = "png")]
    let png = picture::png(svg);
    #[cfg(not(feature = "png"))]
    let png = {
        let _ = svg;
        None
    };
    png
}

/// Writes the run's trace for viewers to a file.
fn write_trace(run: &Path, to: &Path, common: &Common) -> Result<(), Failure> {
    let kept = Kept::open(run)?;
    let beside = beside(to);
    let file = fs::File::create(&beside).map_err(|error| Failure::file(to, "write", error))?;
    let mut out = std::io::BufWriter::new(file);
    let made = with_sources(&kept, |sources| match picture::trace(sources, &mut out) {
        Ok(counts) => Ok(Ok(counts)),
        Err(TraceFault::Table(fault)) => Err(fault),
        Err(TraceFault::Write(error)) => Ok(Err(error)),
    });
    let made = made.and_then(|made| {
        let moved = made.and_then(|counts| fs::rename(&beside, to).map(|()| counts));
        moved.map_err(|error| Failure::file(to, "write", error))
    });
    if made.is_err() {
        let _ = fs::remove_file(&beside);
    }
    let counts = made?;
    if !common.quiet {
        tell(&format!(
            "wrote {}: {} attempts, {} changes of queues, {} dependencies\n",
            to.display(),
            counts.slices,
            counts.counters,
            counts.arrows
        ));
    }
    Ok(())
}

/// The report of a run folder that was opened.
///
/// # Errors
/// A table that is none.
pub fn made(kept: &Kept) -> Result<Report, Failure> {
    with_sources(kept, picture::report)
}

/// Hands what a run folder holds to `make`.
pub fn with_sources<T>(
    kept: &Kept,
    make: impl FnOnce(&Sources<'_>) -> Result<T, Fault>,
) -> Result<T, Failure> {
    let open = |name: &str| -> Result<Option<Box<dyn Read>>, Fault> {
        match kept.table(name) {
            Ok(table) => Ok(table.map(|table| Box::new(table) as Box<dyn Read>)),
            Err(failure) => Err(Fault(failure.message())),
        }
    };
    let sources = Sources {
        summary: &kept.summary,
        scenario: &kept.scenario,
        manifest: &kept.manifest,
        open: &open,
    };
    make(&sources).map_err(|Fault(why)| kept.wrong(&format!("holds a {why}")))
}

/// Writes a file beside its place and moves it there, so that nobody reads half of it.
pub fn put(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let beside = beside(path);
    let written = fs::write(&beside, bytes).and_then(|()| fs::rename(&beside, path));
    written.map_err(|error| {
        let _ = fs::remove_file(&beside);
        Failure::file(path, "write", error)
    })
}

/// A name beside a file for what is not whole yet.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".batchcast-{}", std::process::id()));
    path.with_file_name(name)
}
