//! A picture before it is drawn: axes, marks, and what to tell who points at it. Pages and files are drawn from the same.

use serde_json::Value;

use super::axis::Axis;

/// Colours by role, from Okabe and Ito's palette, which the colour-blind can tell apart: class, on light ground, on dark.
pub const COLOURS: [(&str, &str, &str); 11] = [
    ("c0", "#0072b2", "#3f9fd8"),
    ("c1", "#e69f00", "#e69f00"),
    ("c2", "#56b4e9", "#8ecdf2"),
    ("c3", "#009e73", "#2fbf95"),
    ("c4", "#cc79a7", "#d98fb8"),
    ("c5", "#d55e00", "#ee7d2b"),
    ("c6", "#b8a900", "#f0e442"),
    ("grey", "#a9b1bb", "#69737f"),
    ("pale", "#d5dce4", "#333c46"),
    ("ink", "#1d2733", "#e8edf2"),
    ("line", "#d4d9df", "#3a424b"),
];

/// The colours that tell series of one picture apart, in their order.
pub const SERIES: [&str; 7] = ["c0", "c1", "c2", "c3", "c4", "c5", "c6"];

/// A shape of a picture, in the units of its axes.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// A filled outline.
    Area(Vec<(f64, f64)>),
    /// A line, perhaps dashed, perhaps with gaps between its parts.
    Lines(Vec<Vec<(f64, f64)>>, Dash),
    /// Filled boxes: left, bottom, right, top.
    Boxes(Vec<[f64; 4]>),
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dash {
    /// Whole.
    Whole,
    /// Dashed.
    Dashed,
    /// Thick and short, for moments.
    Thick,
}

/// Some shapes of one meaning.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// Its colour, one of [`COLOURS`].
    pub class: &'static str,
    /// Its strength, 1 to 100.
    pub strength: u32,
    /// What the legend calls it; nothing where it stands in none.
    pub name: String,
    /// What is drawn.
    pub shape: Shape,
}

/// A picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// Its name in files and pages: lower case and hyphens.
    pub id: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// What it shows of this run, in a sentence or two.
    pub says: String,
    /// Across.
    pub x: Axis,
    /// Upwards.
    pub y: Axis,
    /// Whether `x` is the run's time, which all such pictures zoom together.
    pub is_timed: bool,
    /// Whether lines go across at the ticks of `y`.
    pub has_grid: bool,
    /// How high its plot is, in px.
    pub height: u32,
    /// What is drawn, from behind to the front.
    pub marks: Vec<Mark>,
    /// What a pointer is told, as the page's script understands it.
    pub hover: Value,
}

impl Chart {
    /// The names that stand in the legend, with their colours, in the order of what is drawn from above.
    pub fn legend(&self) -> Vec<&Mark> {
        let named = self.marks.iter().filter(|mark| !mark.name.is_empty());
        named.collect()
    }
}

/// A step line over stretches: each level holds from a stretch's beginning to its end.
pub fn steps(stretches: &[(f64, f64)], levels: &[f64]) -> Vec<(f64, f64)> {
    let mut points: Vec<(f64, f64)> = Vec::new();
    for (&(from, to), &level) in stretches.iter().zip(levels) {
        match points.last().copied() {
            // The line goes on at its level: one corner less.
            Some((_, last)) if last == level => {
                if let Some(end) = points.last_mut() {
                    end.0 = to;
                }
                continue;
            }
            _ => points.push((from, level)),
        }
        points.push((to, level));
    }
    points
}

/// The areas of levels that stand on each other, the first at the bottom, as outlines; drawn from the top one down each
/// hides what is not its own.
pub fn stacked(stretches: &[(f64, f64)], levels: &[Vec<f64>]) -> Vec<Shape> {
    let mut base = vec![0.0; stretches.len()];
    let mut shapes = Vec::new();
    for level in levels {
        for (base, level) in base.iter_mut().zip(level) {
            *base += level.max(0.0);
        }
        let mut outline = steps(stretches, &base);
        if let (Some(first), Some(last)) = (outline.first().copied(), outline.last().copied()) {
            outline.insert(0, (first.0, 0.0));
            outline.push((last.0, 0.0));
        }
        shapes.push(Shape::Area(outline));
    }
    shapes
}

/// A number for a pointer: four digits that count.
pub fn rounded(value: f64) -> Value {
    let value = if value.is_finite() { value } else { 0.0 };
    let text = match value.abs() {
        size if size >= 1_000.0 => format!("{value:.0}"),
        size if size >= 100.0 => format!("{value:.1}"),
        size if size >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    };
    let short: f64 = text.parse().unwrap_or(0.0);
    match short == short.trunc() && short.abs() < 9e15 {
        true => Value::from(short as i64),
        false => Value::from(short),
    }
}

/// Numbers for a pointer.
pub fn all_rounded(values: &[f64]) -> Value {
    values.iter().map(|value| rounded(*value)).collect()
}
