//! What a run looks like: pictures as SVG files, a page with all of it, a trace for timeline viewers, a curve for the terminal.
//! Made from the tables of a run folder; pure over bytes.

mod axis;
mod chart;
mod charts;
mod curve;
mod draw;
mod page;
#[cfg(feature = "png")]
mod png;
mod read;
mod trace;
mod words;

pub use axis::{Axis, Tick};
pub use chart::{COLOURS, Chart, Dash, Mark, Shape};
pub use curve::{Glyphs, curve};
#[cfg(feature = "png")]
pub use png::png;
pub use read::{ATTEMPTS_NAMED, Opener, Seen, Sources};
pub use trace::{TraceCounts, TraceFault, trace};

use crate::explain::Fault;

/// What is made of a run folder: the page, and pictures by the names of their files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// `report.html`.
    pub page: String,
    /// File names (`jobs.svg`) and SVG, in the order in which the page tells them.
    pub pictures: Vec<(String, String)>,
}

/// Makes the page and the pictures of a run.
///
/// # Errors
/// A table that is none.
pub fn report(from: &Sources<'_>) -> Result<Report, Fault> {
    let seen = Seen::read(from, ATTEMPTS_NAMED)?;
    let charts = charts::all(&seen, from);
    let page = page::page(from, &seen, &charts)?;
    let pictures = charts
        .iter()
        .map(|chart| (format!("{}.svg", chart.id), draw::file(chart)));
    Ok(Report {
        page,
        pictures: pictures.collect(),
    })
}
