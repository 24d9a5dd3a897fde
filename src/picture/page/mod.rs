//! `report.html`: one file that needs nothing else. Its pictures are there without a script; the script adds pointing, zooming
//! and sorting.

mod figure;
mod jobs;
mod markup;
mod parts;
mod setting;

use serde_json::{Value, json};

use self::markup::{text_at, whole_at};
use super::chart::{COLOURS, Chart};
use super::draw::escaped;
use super::read::{Seen, Sources};
use crate::explain::Fault;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The page.
///
/// # Errors
/// A table that is none.
pub fn page(from: &Sources<'_>, seen: &Seen, charts: &[Chart]) -> Result<String, Fault> {
    let name = text_at(from.summary, "/scenario");
    let figures = |ids: &[&str]| -> String {
        let wanted = charts.iter().filter(|chart| ids.contains(&chart.id));
        wanted.map(figure::figure).collect()
    };
    let rows: Vec<(&str, &str, String)> = vec![
        (
            "time",
            "When it is done, and how full the machines are",
            figures(&["jobs", "vcpus"]),
        ),
        ("causes", "Where time and money went", parts::causes(from)),
        (
            "money",
            "What it costs",
            figures(&["cost-rate", "cost-causes", "spot"]),
        ),
        (
            "waits",
            "How long jobs waited, and for what",
            figures(&["wait-causes", "wait-distribution"]),
        ),
        ("machines-part", "The machines", figures(&["machines"])),
        (
            "places",
            "Queues, environments, types",
            parts::places(from.summary),
        ),
        ("told", "The jobs that stand out", jobs::told(from, seen)?),
        ("rests", "What this rests on", setting::rests(from)),
        ("again", "Make it again", setting::again(from)),
    ];
    let rows: Vec<_> = rows
        .into_iter()
        .filter(|(.., inner)| !inner.is_empty())
        .collect();
    let sections: String = rows
        .iter()
        .map(|(id, title, inner)| {
            format!("<section id=\"{id}\" aria-labelledby=\"{id}-h\">\n<h2 id=\"{id}-h\">{title}</h2>\n{inner}</section>\n")
        })
        .collect();
    let links: String = rows
        .iter()
        .map(|(id, title, _)| format!("<a href=\"#{id}\">{}</a>\n", short(id, title)))
        .collect();
    let missing = missing(seen);
    let hovers: serde_json::Map<String, Value> = charts
        .iter()
        .map(|chart| {
            let axis = [chart.x.from, chart.x.to];
            let about = json!({
                "timed": chart.is_timed,
                "x": axis,
                "y": [chart.y.from, chart.y.to],
                "hover": chart.hover,
            });
            (chart.id.to_owned(), about)
        })
        .collect();
    let data = json!({"summary": from.summary, "charts": hovers});
    // Within a script element nothing ends it but `</`, and nothing is markup but `<`.
    let data = data.to_string().replace('<', "\\u003c");
    Ok(format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src \
         'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"generator\" content=\"batchcast {version}\">\n<title>{title} – batchcast</title>\n\
         <style>\n{colours}{STYLE}</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">Skip to the report</a>\n\
         <header>\n<div class=\"top\"><p class=\"brand\">batchcast</p><button id=\"theme\" type=\"button\" hidden>Dark</button></div>\n\
         <h1>{title}</h1>\n<p class=\"answer\">{answer}</p>\n<p class=\"why\">{why}</p>\n{tiles}\
         <nav aria-label=\"Parts of this report\">\n{links}</nav>\n</header>\n<main id=\"main\">\n{missing}{sections}</main>\n\
         <footer><p>Made by batchcast {version}; seed {seed}, digest {digest}. This file needs no network.</p></footer>\n\
         <div id=\"tip\" role=\"status\" aria-live=\"polite\" hidden></div>\n\
         <script type=\"application/json\" id=\"data\">{data}</script>\n<script>\n{SCRIPT}</script>\n</body>\n</html>\n",
        version = escaped(text_at(from.summary, "/version")),
        title = escaped(name),
        colours = colours(),
        answer = escaped(&parts::answer(from.summary)),
        why = escaped(&parts::why(from.summary)),
        tiles = parts::tiles(from.summary),
        seed = whole_at(from.summary, "/seed"),
        digest = escaped(text_at(from.summary, "/digest")),
    ))
}

/// A section's name in the list of sections.
fn short<'a>(id: &str, title: &'a str) -> &'a str {
    match id {
        "time" => "Course",
        "causes" => "Causes",
        "money" => "Money",
        "waits" => "Waits",
        "machines-part" => "Machines",
        "places" => "Queues and places",
        "told" => "Jobs",
        "rests" => "Assumptions",
        "again" => "Again",
        _ => title,
    }
}

/// Which tables are not there, so that nobody looks for their pictures.
fn missing(seen: &Seen) -> String {
    let absent: Vec<&str> = [
        ("timeline", seen.bins.is_empty()),
        ("instances", seen.machines.is_empty()),
        ("attempts", seen.attempts.is_empty()),
        ("jobs", seen.queues.is_empty()),
        ("bill", seen.bill.is_empty() && seen.hours.is_empty()),
    ]
    .into_iter()
    .filter(|(_, is_absent)| *is_absent)
    .map(|(name, _)| name)
    .collect();
    match absent.is_empty() {
        true => String::new(),
        false => format!(
            "<p class=\"note\">This run has no rows of {}, so what would show them is not here (<code>--tables all</code> keeps \
             all tables).</p>\n",
            absent.join(", ")
        ),
    }
}

/// The colours as properties, for light, dark, and print.
fn colours() -> String {
    let all = |dark: bool| -> String {
        let one = |(class, light, night): &(&str, &str, &str)| {
            format!("--{class}:{};", if dark { night } else { light })
        };
        COLOURS.iter().map(one).collect()
    };
    let (light, dark) = (all(false), all(true));
    let mut rules = format!(
        ":root{{color-scheme:light;--ground:#f6f7f9;--card:#fff;--soft:#566270;--link:#00568a;{light}}}\n\
         @media (prefers-color-scheme:dark){{:root:not([data-theme=light]){{color-scheme:dark;{NIGHT}{dark}}}}}\n\
         :root[data-theme=dark]{{color-scheme:dark;{NIGHT}{dark}}}\n\
         @media print{{:root:root:root{{color-scheme:light;--ground:#fff;--card:#fff;--soft:#444;--link:#00568a;{light}}}}}\n"
    );
    for (class, ..) in COLOURS {
        rules.push_str(&format!(
            ".f-{class}{{fill:var(--{class})}}.s-{class}{{stroke:var(--{class});fill:none}}.b-{class}{{background:var(--{class})}}\n"
        ));
    }
    rules
}

const NIGHT: &str = "--ground:#0f1318;--card:#171c22;--soft:#a3afbc;--link:#7cc4f5;";
