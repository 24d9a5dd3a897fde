//! A chart on the page: plotters' plot, which stretches to any width, with its words around it as text of one size.

use crate::picture::axis::Axis;
use crate::picture::chart::Chart;
use crate::picture::draw::{ACROSS, UPWARDS, escaped, plot};

/// Ticks that stand closer to an end than this part of the axis are set inwards.
const NEAR: f64 = 0.035;

/// The figure of a chart.
pub fn figure(chart: &Chart) -> String {
    let id = chart.id;
    let title = escaped(chart.title);
    let says = escaped(&chart.says);
    let legend: String = chart
        .legend()
        .iter()
        .map(|mark| {
            let strength = match mark.strength {
                100 => String::new(),
                part => format!(" style=\"opacity:{}\"", f64::from(part) / 100.0),
            };
            let class = mark.class;
            format!(
                "<li><i class=\"key b-{class}\"{strength}></i>{}</li>\n",
                escaped(&mark.name)
            )
        })
        .collect();
    let widest = chart.y.ticks.iter().map(|tick| tick.text.chars().count());
    let widest = widest.max().unwrap_or(1);
    let ys: String = chart
        .y
        .ticks
        .iter()
        .map(|tick| {
            let text = escaped(&tick.text);
            format!(
                "<span style=\"bottom:{}%\" title=\"{text}\">{text}</span>",
                per_cent(&chart.y, tick.at)
            )
        })
        .collect();
    let xs: String = chart
        .x
        .ticks
        .iter()
        .enumerate()
        .map(|(index, tick)| {
            let part = chart.x.part(tick.at);
            let class = match (part < NEAR, part > 1.0 - NEAR, index % 2) {
                (true, ..) => " class=\"first\"",
                (_, true, _) => " class=\"last\"",
                (.., 1) => " class=\"odd\"",
                _ => "",
            };
            format!(
                "<span style=\"left:{}%\"{class}>{}</span>",
                per_cent(&chart.x, tick.at),
                escaped(&tick.text)
            )
        })
        .collect();
    let unit = match chart.y.label.is_empty() {
        true => String::new(),
        false => format!("<p class=\"unit\">{}</p>\n", escaped(&chart.y.label)),
    };
    let keys = match chart.is_timed {
        true => {
            " Keys: + and - zoom, left and right move, 0 shows all, shift with left and right reads values."
        }
        false => " Keys: shift with arrows reads values.",
    };
    format!(
        "<figure class=\"chart\" id=\"{id}\">\n<figcaption><h3>{title}</h3><p>{says}</p></figcaption>\n\
         <ul class=\"legend\">\n{legend}</ul>\n{unit}\
         <div class=\"frame\" style=\"--h:{}px;--ys:{widest}ch\">\n<div class=\"ys\" aria-hidden=\"true\">{ys}</div>\n\
         <div class=\"plot\" tabindex=\"0\" role=\"img\" aria-label=\"{title}. {says}{keys}\">\n\
         <svg viewBox=\"0 0 {ACROSS} {UPWARDS}\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\n{}</svg>\n</div>\n\
         <div class=\"xs\" aria-hidden=\"true\">{xs}</div>\n<p class=\"xl\">{}</p>\n</div>\n</figure>\n",
        chart.height,
        plot(chart),
        escaped(&chart.x.label)
    )
}

/// Where a value is, in hundredths of the axis with two decimals.
fn per_cent(axis: &Axis, at: f64) -> String {
    format!("{:.2}", axis.part(at) * 100.0)
}
