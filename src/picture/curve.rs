//! The course of a run for the terminal: how many jobs run and how many wait, as text.

use super::axis::Axis;
use super::read::{Bin, bins_of};
use crate::explain::Fault;
use crate::report::whole;

/// What a terminal can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyphs {
    /// Blocks of eighths.
    Blocks,
    /// Letters and signs that every terminal has.
    Ascii,
}

/// Rows of a curve.
const ROWS: usize = 6;
/// Least and most columns of a page.
const WIDTHS: (usize, usize) = (40, 120);
const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Jobs running and waiting over time, from the bytes of timeline.csv, on `width` columns. Each column shows the largest of its
/// averages.
///
/// # Errors
/// A table that is none.
pub fn curve(timeline: &[u8], width: usize, glyphs: Glyphs) -> Result<String, Fault> {
    let bins = bins_of(Box::new(std::io::Cursor::new(timeline.to_vec())))?;
    let (Some(first), Some(last)) = (bins.first(), bins.last()) else {
        return Ok("nothing ran, so there is no curve\n".to_owned());
    };
    let (from, to) = (first.from, last.to);
    let width = width.clamp(WIDTHS.0, WIDTHS.1);
    let running = |bin: &Bin| bin.jobs[3];
    let waiting = |bin: &Bin| bin.jobs[0] + bin.jobs[1];
    let tops = [peak(&bins, &running), peak(&bins, &waiting)];
    let margin = tops
        .map(|top| whole(top).len())
        .into_iter()
        .max()
        .unwrap_or(1);
    let columns = width - margin - 2;
    let mut text = String::new();
    for (name, level, top) in [
        ("Jobs that run", &running as &dyn Fn(&Bin) -> f64, tops[0]),
        ("Jobs that wait", &waiting, tops[1]),
    ] {
        let levels = sampled(&bins, level, (from, to), columns);
        text.push_str(&format!("{name}, at most {}\n", whole(top)));
        draw(&mut text, &levels, top, margin, glyphs);
    }
    text.push_str(&axis(from, to, margin, columns));
    Ok(text)
}

/// The largest level, rounded up.
fn peak(bins: &[Bin], level: &dyn Fn(&Bin) -> f64) -> u64 {
    bins.iter().map(level).fold(0.0, f64::max).ceil() as u64
}

/// The largest level in the time of each column.
fn sampled(
    bins: &[Bin],
    level: &dyn Fn(&Bin) -> f64,
    (from, to): (u64, u64),
    columns: usize,
) -> Vec<f64> {
    let length = (to - from).max(1);
    let mut levels = vec![0.0_f64; columns];
    for bin in bins {
        let column =
            |at: u64| (u128::from(at - from) * columns as u128 / u128::from(length)) as usize;
        let end = column(bin.to.max(bin.from + 1) - 1).min(columns - 1);
        for most in &mut levels[column(bin.from).min(end)..=end] {
            *most = most.max(level(bin));
        }
    }
    levels
}

fn draw(text: &mut String, levels: &[f64], top: u64, margin: usize, glyphs: Glyphs) {
    let bar = match glyphs {
        Glyphs::Blocks => '│',
        Glyphs::Ascii => '|',
    };
    for row in (0..ROWS).rev() {
        let label = match row {
            0 => "0".to_owned(),
            row if row == ROWS - 1 => whole(top),
            _ => String::new(),
        };
        let mut line = format!("{label:>margin$} {bar}");
        for level in levels {
            let eighths = match top {
                0 => 0,
                _ => (level * (ROWS * 8) as f64 / top as f64).round() as usize,
            };
            // What there is of anything shows.
            let eighths = if *level > 0.0 {
                eighths.max(1)
            } else {
                eighths
            };
            let here = eighths.saturating_sub(row * 8).min(8);
            line.push(match glyphs {
                Glyphs::Blocks => BLOCKS[here],
                Glyphs::Ascii => match here {
                    0 => ' ',
                    1..=4 => '.',
                    _ => '#',
                },
            });
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
}

/// The line of moments.
fn axis(from: u64, to: u64, margin: usize, columns: usize) -> String {
    let axis = Axis::time(from, to);
    let mut line = String::new();
    for tick in &axis.ticks {
        let at = margin + 2 + (axis.part(tick.at) * (columns - 1) as f64).round() as usize;
        let length = tick.text.chars().count();
        let begin = at
            .saturating_sub(length / 2)
            .min(margin + 2 + columns - length);
        let is_free = line.is_empty() || begin > line.chars().count() + 1;
        if is_free {
            let gap = begin - line.chars().count().min(begin);
            line.push_str(&" ".repeat(gap));
            line.push_str(&tick.text);
        }
    }
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str =
        "time_s,width_s,pending,runnable,starting,running,vcpus_used,vcpus_provisioned,vcpus_max\n";

    fn timeline(levels: &[(u64, f64, f64)]) -> Vec<u8> {
        let rows = levels
            .iter()
            .map(|(at, waiting, running)| format!("{at},3600,0,{waiting},0,{running},0,0,0\n"));
        format!("{HEADER}{}", rows.collect::<String>()).into_bytes()
    }

    #[test]
    fn a_curve_shows_both_levels_on_one_axis() {
        let hours: Vec<(u64, f64, f64)> = (0..8)
            .map(|hour| (hour * 3600, (8 - hour) as f64, hour as f64))
            .collect();
        let text = curve(&timeline(&hours), 40, Glyphs::Ascii).unwrap();
        assert!(text.lines().all(|line| line.len() <= 40), "{text}");
        assert!(text.is_ascii(), "{text}");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 15, "{text}");
        assert_eq!(
            (lines[0], lines[7]),
            ("Jobs that run, at most 7", "Jobs that wait, at most 8")
        );
        assert!(
            lines[1].starts_with("7 |   ") && lines[1].ends_with('#'),
            "{text}"
        );
        assert!(
            lines[8].starts_with("8 |###") && lines[8].len() < 20,
            "{text}"
        );
        assert!(lines[13].starts_with("0 |#####"), "{text}");
        assert!(
            lines[14].contains("1 h") && lines[14].contains("7 h"),
            "{text}"
        );
        let blocks = curve(&timeline(&hours), 200, Glyphs::Blocks).unwrap();
        assert!(blocks.contains('█') && blocks.lines().all(|line| line.chars().count() <= 120));
    }

    #[test]
    fn a_run_in_which_nothing_happened_has_no_curve() {
        assert_eq!(
            curve(HEADER.as_bytes(), 80, Glyphs::Ascii).unwrap(),
            "nothing ran, so there is no curve\n"
        );
    }
}
