//! Charts drawn with plotters: the plot of a page, and whole pictures as SVG files. Plotters is told no colours: each layer is a
//! group with a class, so that one drawing serves light and dark, screen and print.

use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::axis::Axis;
use super::chart::{COLOURS, Chart, Dash, Mark, Shape};

/// The plot's own units across and upwards: fine enough to be looked at closely, as plotters draws in whole ones.
pub const ACROSS: u32 = 20_000;
/// The same upwards.
pub const UPWARDS: u32 = 4_000;

type Sheet<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Plot<'a> = DrawingArea<SVGBackend<'a>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// What plotters draws on a sheet of this size, without its own colours.
fn sheet(size: (u32, u32), draw: impl FnOnce(&Sheet<'_>)) -> String {
    let mut svg = String::new();
    {
        let sheet = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        draw(&sheet);
        // A string takes everything.
        let _ = sheet.present();
    }
    let inner = svg.split_once('\n').map_or("", |(_, rest)| rest);
    let inner = inner.rsplit_once("</svg>").map_or("", |(inner, _)| inner);
    let mut inner = inner.to_owned();
    for attribute in [
        " opacity=\"1\"",
        " fill=\"#000000\"",
        " stroke=\"#000000\"",
        " stroke=\"none\"",
        " stroke-width=\"1\"",
        " font-family=\"sans-serif\"",
    ] {
        inner = inner.replace(attribute, "");
    }
    inner.replace(" \"/>", "\"/>")
}

/// The marks of a chart in a plot of [`ACROSS`] × [`UPWARDS`] units that may be stretched: lines keep their width.
pub fn plot(chart: &Chart) -> String {
    marks(chart, (ACROSS, UPWARDS), None)
}

/// The marks of a chart in a plot of this size. Where a px has so many `units` lines are as wide as that; else they keep their
/// width however the plot is stretched, which not every viewer of files can do.
fn marks(chart: &Chart, size: (u32, u32), units: Option<u32>) -> String {
    let unit = f64::from(units.unwrap_or(1));
    let mut svg = String::new();
    let grid = Mark {
        class: "line",
        strength: 100,
        name: String::new(),
        shape: Shape::Lines(
            chart
                .y
                .ticks
                .iter()
                .filter(|_| chart.has_grid)
                .map(|tick| vec![(chart.x.from, tick.at), (chart.x.to, tick.at)])
                .collect(),
            Dash::Whole,
        ),
    };
    for mark in std::iter::once(&grid).chain(&chart.marks) {
        let colour = COLOURS.iter().find(|(class, ..)| *class == mark.class);
        let colour = colour.map_or("#000000", |(_, light, _)| light);
        let strength = match mark.strength {
            100 => String::new(),
            part => format!(" opacity=\"{}.{:02}\"", part / 100, part % 100),
        };
        let drawn = sheet(size, |sheet| draw_mark(sheet, size, chart, mark));
        let class = mark.class;
        svg.push_str(&match &mark.shape {
            Shape::Lines(_, dash) => {
                let how = match dash {
                    Dash::Whole => format!("stroke-width=\"{}\"", 1.5 * unit),
                    Dash::Dashed => format!(
                        "stroke-width=\"{}\" stroke-dasharray=\"{} {}\"",
                        1.5 * unit,
                        6.0 * unit,
                        4.0 * unit
                    ),
                    Dash::Thick => format!("stroke-width=\"{}\"", 2.0 * unit),
                };
                let drawn = match units {
                    Some(_) => drawn,
                    None => drawn.replace(
                        "<polyline",
                        "<polyline vector-effect=\"non-scaling-stroke\"",
                    ),
                };
                format!(
                    "<g class=\"s-{class}\" stroke=\"{colour}\" {how}{strength}>\n{drawn}</g>\n"
                )
            }
            _ => format!("<g class=\"f-{class}\" fill=\"{colour}\"{strength}>\n{drawn}</g>\n"),
        });
    }
    svg
}

fn draw_mark(sheet: &Sheet<'_>, size: (u32, u32), chart: &Chart, mark: &Mark) {
    let range = |axis: &Axis| axis.from..axis.to;
    let (across, upwards) = (size.0 as i32, size.1 as i32);
    let coordinates = Cartesian2d::<RangedCoordf64, RangedCoordf64>::new(
        range(&chart.x),
        range(&chart.y),
        (0..across, upwards..0),
    );
    let plot: Plot<'_> = sheet.apply_coord_spec(coordinates);
    // A string takes everything, so nothing can fail here.
    match &mark.shape {
        Shape::Area(outline) => {
            let _ = plot.draw(&Polygon::new(outline.clone(), BLACK));
        }
        Shape::Lines(lines, _) => {
            for line in lines {
                let _ = plot.draw(&PathElement::new(line.clone(), BLACK));
            }
        }
        Shape::Boxes(boxes) => {
            for [left, bottom, right, top] in boxes {
                let corners = [(*left, *top), (*right, *bottom)];
                let _ = plot.draw(&Rectangle::new(corners, BLACK.filled()));
            }
        }
    }
}

/// Px around the plot of a file: right, above, below.
const MARGINS: (i32, i32, i32) = (28, 16, 52);
/// Units of a px in the plot of a file.
const FINE: u32 = 10;
/// Width of a file in px.
const WIDTH: i32 = 960;
/// Height of a line of the legend.
const LINE: i32 = 22;

/// A chart as an SVG file, light or dark as its reader prefers.
pub fn file(chart: &Chart) -> String {
    let (right, above, below) = MARGINS;
    let widest = chart.y.ticks.iter().map(|tick| text_width(&tick.text));
    let left = (widest.max().unwrap_or(0) + 24).clamp(60, 200);
    let says = crate::report::wrap(&chart.says, 120);
    let (legend, legend_height) = legend(chart);
    let heading = 34 + 18 * says.len() as i32;
    let top = heading + legend_height + above;
    let high = chart.height as i32;
    let (wide, total) = (WIDTH - left - right, top + high + below);
    let size = (wide as u32 * FINE, high as u32 * FINE);
    let place = |axis: &Axis, at: f64, length: i32| (axis.part(at) * f64::from(length)) as i32;
    let words = sheet((WIDTH as u32, total as u32), |sheet| {
        for tick in &chart.y.ticks {
            let y = top + high - place(&chart.y, tick.at, high);
            write(sheet, &tick.text, (left - 8, y), HPos::Right, VPos::Center);
        }
        for tick in &chart.x.ticks {
            let x = left + place(&chart.x, tick.at, wide);
            write(
                sheet,
                &tick.text,
                (x, top + high + 8),
                HPos::Center,
                VPos::Top,
            );
        }
        let middle = left + wide / 2;
        write(
            sheet,
            &chart.x.label,
            (middle, total - 20),
            HPos::Center,
            VPos::Top,
        );
        for (x, y, _, name) in &legend {
            write(
                sheet,
                name,
                (x + 18, heading + y + 6),
                HPos::Left,
                VPos::Center,
            );
        }
        write(
            sheet,
            &chart.y.label,
            (left, top - 10),
            HPos::Left,
            VPos::Bottom,
        );
    });
    let strong = sheet((WIDTH as u32, total as u32), |sheet| {
        write(sheet, chart.title, (20, 12), HPos::Left, VPos::Top);
    });
    let soft = sheet((WIDTH as u32, total as u32), |sheet| {
        for (index, line) in says.iter().enumerate() {
            let line = line.replace(crate::report::GLUE, " ");
            write(
                sheet,
                &line,
                (20, 36 + 18 * index as i32),
                HPos::Left,
                VPos::Top,
            );
        }
    });
    let keys: Vec<String> = legend
        .iter()
        .map(|(x, y, mark, _)| {
            let key = sheet((WIDTH as u32, total as u32), |sheet| {
                let corners = [(*x, heading + y), (x + 12, heading + y + 12)];
                let _ = sheet.draw(&Rectangle::new(corners, BLACK.filled()));
            });
            let (class, light, _) = colour(mark.class);
            let strength = f64::from(mark.strength) / 100.0;
            format!("<g class=\"f-{class}\" fill=\"{light}\" opacity=\"{strength}\">\n{key}</g>\n")
        })
        .collect();
    let ticks = sheet((WIDTH as u32, total as u32), |sheet| {
        for tick in &chart.x.ticks {
            let x = left + place(&chart.x, tick.at, wide);
            let ends = [(x, top + high), (x, top + high + 5)];
            let _ = sheet.draw(&PathElement::new(ends.to_vec(), BLACK));
        }
        let base = [(left, top + high), (left + wide, top + high)];
        let _ = sheet.draw(&PathElement::new(base.to_vec(), BLACK));
    });
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{total}\" viewBox=\"0 0 {WIDTH} {total}\" \
         role=\"img\" font-family=\"system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif\">\n\
         <title>{}</title>\n<desc>{}</desc>\n<style>\n{}</style>\n\
         <rect class=\"ground\" width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n\
         <g class=\"f-ink strong\" fill=\"#1d2733\">\n{strong}</g>\n<g class=\"f-ink soft\" fill=\"#1d2733\">\n{soft}</g>\n{}\
         <svg x=\"{left}\" y=\"{top}\" width=\"{wide}\" height=\"{high}\" viewBox=\"0 0 {} {}\">\n{}</svg>\n\
         <g class=\"s-ink\" stroke=\"#1d2733\">\n{ticks}</g>\n<g class=\"f-ink\" fill=\"#1d2733\">\n{words}</g>\n</svg>\n",
        escaped(chart.title),
        escaped(&chart.says),
        style(),
        keys.concat(),
        size.0,
        size.1,
        marks(chart, size, Some(FINE))
    )
}

fn colour(class: &str) -> (&'static str, &'static str, &'static str) {
    let known = COLOURS.into_iter().find(|(name, ..)| *name == class);
    known.unwrap_or(COLOURS[7])
}

/// How wide a text of 13 px is, about.
fn text_width(text: &str) -> i32 {
    (text.chars().count() as i32) * 15 / 2
}

/// Where the entries of the legend stand below the heading, and how high it is.
fn legend(chart: &Chart) -> (Vec<(i32, i32, &Mark, String)>, i32) {
    let (mut x, mut y) = (20, 8);
    let mut entries = Vec::new();
    for mark in chart.legend() {
        let name = crate::report::shortened(&mark.name, 60);
        let wide = 18 + text_width(&name) + 18;
        if x > 20 && x + wide > WIDTH - 20 {
            x = 20;
            y += LINE;
        }
        entries.push((x, y, mark, name));
        x += wide;
    }
    let height = if entries.is_empty() { 8 } else { y + LINE };
    (entries, height + 14)
}

fn write(sheet: &Sheet<'_>, text: &str, at: (i32, i32), across: HPos, upwards: VPos) {
    let style = ("sans-serif", 16).into_text_style(sheet);
    let style = style.pos(Pos::new(across, upwards));
    let _ = sheet.draw(&Text::new(text, at, style));
}

/// The rules of a file that follow its reader's preference.
fn style() -> String {
    let mut rules = String::from(
        "text{font-size:13px}.strong text{font-size:17px;font-weight:600}.soft{opacity:.75}\n",
    );
    rules.push_str("@media (prefers-color-scheme:dark){.ground{fill:#14181d}\n");
    for (class, _, dark) in COLOURS {
        rules.push_str(&format!(
            ".f-{class}{{fill:{dark}}}.s-{class}{{stroke:{dark}}}\n"
        ));
    }
    rules.push_str("}\n");
    rules
}

/// Text within markup or an attribute's quotes.
pub fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // Not allowed in XML, not even as a reference.
            letter if letter < ' ' && !matches!(letter, '\n' | '\t') => safe.push('\u{fffd}'),
            letter => safe.push(letter),
        }
    }
    safe
}
