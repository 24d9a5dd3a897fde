//! The summary that a person reads: at most 80 columns, clear without colour.

use crate::metrics::{Decimal, Distribution, Summary};
use crate::model::{CostCause, Loop, TimeCause};
use crate::units::{Span, Usd};

use super::summary_json::{cost_by_cause, cost_by_name, loop_name};

/// How the summary is dressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// Whether the terminal understands colours.
    pub colour: bool,
}

impl Style {
    fn paint(self, code: &str, text: &str) -> String {
        if self.colour {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    /// A heading.
    pub fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    fn faint(self, text: &str) -> String {
        self.paint("2", text)
    }

    fn warning(self, text: &str) -> String {
        self.paint("33", text)
    }

    fn bar(self, text: &str) -> String {
        self.paint("36", text)
    }
}

/// Columns of the summary.
const WIDTH: usize = 80;
/// Columns of the longest bar.
const BAR: usize = 14;
/// Columns before the bars.
const BEFORE_BAR: usize = 38;
/// Columns of a cause's name; what is left before the bar says what it means.
const CAUSE: usize = 13;
/// Columns of a label.
const LABEL: usize = 15;
/// Most lines of one list; the rest is said in one.
const LINES: usize = 8;

/// What the figures mean, shortly; the whole stands in `summary.json`.
const FOOTNOTE: &str = "wait = last start - submission, of jobs that started; quantiles by nearest rank; slowdown = \
max(1, (wait + run) / max(run, 10 s)); makespan = last end - first submission, which utilization spans too.";

/// Stands for a space at which no line is broken.
const GLUE: char = '\u{a0}';

/// A part of a whole, as a row with a bar.
struct Part<'a> {
    name: &'a str,
    /// What the name means; empty for names that users gave.
    meaning: &'static str,
    amount: u128,
    /// The amount as text.
    value: String,
}

/// The whole summary, with a line feed at its end.
pub fn summary_text(summary: &Summary, style: Style) -> String {
    let mut page = Page {
        text: String::new(),
        style,
    };
    page.head(summary);
    page.figures(summary);
    page.time(summary);
    page.money(summary);
    page.left(summary);
    page.basis(summary);
    page.text
}

struct Page {
    text: String,
    style: Style,
}

impl Page {
    fn line(&mut self, line: &str) {
        self.text.push_str(&line.trim_end().replace(GLUE, " "));
        self.text.push('\n');
    }

    fn heading(&mut self, text: &str) {
        let heading = self.style.bold(text);
        self.line("");
        self.line(&heading);
    }

    /// A label and text that wraps beside it.
    fn entry(&mut self, label: &str, text: &str) {
        for (index, part) in wrap(text, WIDTH - LABEL - 2).iter().enumerate() {
            let label = if index == 0 { label } else { "" };
            self.line(&format!("  {label:<LABEL$}{part}"));
        }
    }

    fn head(&mut self, summary: &Summary) {
        let name = self.style.bold(&summary.scenario);
        let run = format!("seed {}, digest {:016x}", summary.seed, summary.digest);
        let run = self.style.faint(&run);
        self.line(&format!("{name}  {run}"));
        self.line("");
    }

    fn figures(&mut self, summary: &Summary) {
        self.entry("Makespan", &makespan(summary));
        self.entry("Jobs", &jobs(summary));
        if summary.wait_s.max.is_some() {
            self.entry("Wait", &distribution(&summary.wait_s, seconds));
        }
        if summary.bounded_slowdown.max.is_some() {
            let figure = |figure: Decimal| figure.grouped(2);
            self.entry("Slowdown", &distribution(&summary.bounded_slowdown, figure));
        }
        if let Some(throughput) = summary.throughput_jobs_per_h {
            self.entry("Throughput", &format!("{} jobs/h", throughput.grouped(1)));
        }
        let utilization = &summary.utilization;
        if let Some(part) = utilization.vcpus_of_provisioned {
            let mut text = format!("{} of those up", percent(part));
            if let Some(part) = utilization.vcpus_of_max {
                text.push_str(&format!(", {} of the most there may be", percent(part)));
            }
            self.entry("vCPUs used", &text);
        }
        if let Some(part) = utilization.memory_of_provisioned {
            self.entry("Memory used", &format!("{} of that up", percent(part)));
        }
        self.entry("Cost", &format!("{} USD", dollars(summary.cost_total())));
    }

    /// Bars of parts of a whole.
    fn bars(&mut self, parts: &[Part<'_>]) {
        let whole: u128 = parts.iter().map(|part| part.amount).sum();
        let widths = parts.iter().map(|part| part.value.chars().count());
        let width = widths.max().unwrap_or(0);
        for part in parts {
            let share = Decimal::quotient(part.amount, whole).unwrap_or_default();
            let length = (share.parts() * BAR as u128 + Decimal::PARTS / 2) / Decimal::PARTS;
            let (bar, length) = match length as usize {
                0 => ("▏".to_owned(), 1),
                length => ("█".repeat(length), length),
            };
            let bar = self.style.bar(&bar);
            let rest = " ".repeat(BAR - length);
            let label = match part.meaning {
                "" => shortened(part.name, BEFORE_BAR - 1),
                meaning => format!("{:<CAUSE$}{}", part.name, meaning),
            };
            self.line(&format!(
                "  {label:<BEFORE_BAR$}{bar}{rest} {:>7}  {:>width$}",
                percent(share),
                part.value
            ));
        }
    }

    fn time(&mut self, summary: &Summary) {
        let mut parts: Vec<Part<'_>> = TimeCause::ALL
            .into_iter()
            .zip(summary.time_causes_ms)
            .filter(|(_, ms)| *ms > 0)
            .map(|(cause, ms)| Part {
                name: cause.name(),
                meaning: meaning_of_time(cause),
                amount: ms,
                value: hours(ms),
            })
            .collect();
        if parts.is_empty() {
            return;
        }
        parts.sort_by_key(|part| std::cmp::Reverse(part.amount));
        self.heading("Where the jobs' time went");
        self.bars(&parts);
    }

    fn money(&mut self, summary: &Summary) {
        if summary.cost_total() == Usd::ZERO {
            return;
        }
        self.heading("Where the money went");
        let by_cause = cost_by_cause(&summary.cost).into_iter();
        self.amounts(
            by_cause
                .map(|(cause, amount)| (cause.name(), meaning_of_cost(cause), amount))
                .collect(),
        );
        for (what, parts) in [
            ("By compute environment", &summary.cost_by_environment),
            ("By instance type", &summary.cost_by_instance_type),
        ] {
            let parts = cost_by_name(parts);
            if parts.len() > 1 {
                self.heading(what);
                let parts = parts.into_iter();
                self.amounts(parts.map(|(name, amount)| (name, "", amount)).collect());
            }
        }
    }

    fn amounts(&mut self, mut parts: Vec<(&str, &'static str, Usd)>) {
        let total: Usd = parts.iter().map(|(_, _, amount)| *amount).sum();
        parts.retain(|(_, _, amount)| *amount != Usd::ZERO);
        parts.sort_by_key(|(_, _, amount)| std::cmp::Reverse(*amount));
        let others: Usd = parts.iter().skip(LINES).map(|(_, _, amount)| *amount).sum();
        parts.truncate(LINES);
        if others != Usd::ZERO {
            parts.push(("others", "", others));
        }
        let parts: Vec<Part<'_>> = parts
            .into_iter()
            .map(|(name, meaning, amount)| Part {
                name,
                meaning,
                amount: u128::try_from(amount.units()).unwrap_or(0),
                value: format!("{} USD", dollars_of(amount, total)),
            })
            .collect();
        self.bars(&parts);
    }

    fn left(&mut self, summary: &Summary) {
        for (heading, reasons) in [
            ("Jobs that are left, and why", &summary.unfinished),
            ("Refused submissions", &summary.rejected),
            ("Refused commands", &summary.rejected_commands),
            ("Blocked queue heads", &summary.blocked),
        ] {
            if reasons.is_empty() {
                continue;
            }
            let heading = self.style.warning(heading);
            self.heading(&heading);
            self.counts(reasons);
        }
        for (heading, rules) in [
            ("Dropped", &summary.dropped),
            ("Repaired", &summary.repaired),
        ] {
            if !rules.is_empty() {
                self.heading(heading);
                self.counts(rules);
            }
        }
    }

    fn counts(&mut self, reasons: &[(String, u64)]) {
        for (reason, count) in reasons.iter().take(LINES) {
            let count = whole(*count);
            for (index, part) in wrap(reason, WIDTH - LABEL - 2).iter().enumerate() {
                let count = if index == 0 { count.as_str() } else { "" };
                self.line(&format!("  {count:>width$}  {part}", width = LABEL - 2));
            }
        }
        if reasons.len() > LINES {
            let others = reasons[LINES..].iter().map(|(_, count)| count).sum();
            self.line(&format!(
                "  {:>width$}  others",
                whole(others),
                width = LABEL - 2
            ));
        }
    }

    fn basis(&mut self, summary: &Summary) {
        self.heading("What this rests on");
        let changed: Vec<String> = summary
            .assumptions
            .iter()
            .filter(|assumption| assumption.changed)
            .map(|assumption| format!("{} = {}", assumption.key, assumption.value))
            .collect();
        let mut text = format!("profile {}", summary.profile.name());
        if !changed.is_empty() {
            text.push_str(&format!("; changed: {}", changed.join(", ")));
        }
        self.entry("Assumptions", &text);
        let how = match summary.closed_loop {
            Loop::Open => "every job is submitted at its stated time, however long others wait",
            Loop::Closed => "some jobs are submitted only after others have ended",
        };
        self.entry(
            "Submissions",
            &format!("{} loop: {how}", loop_name(summary.closed_loop)),
        );
        if !summary.ignored_keys.is_empty() {
            self.entry("Without effect", &summary.ignored_keys.join(", "));
        }
        self.line("");
        for part in wrap(FOOTNOTE, WIDTH - 2) {
            let part = self.style.faint(&part);
            self.line(&format!("  {part}"));
        }
    }
}

fn makespan(summary: &Summary) -> String {
    let Some(makespan) = summary.makespan else {
        return "none: no job ended".to_owned();
    };
    let bound = summary.lower_bound();
    let bounds = &summary.bounds;
    let which = match bound {
        _ if bound == bounds.area => "all vCPUs always full",
        _ if bound == bounds.critical_path => "submissions and dependencies",
        _ => "the longest job",
    };
    let text = glued(&duration(makespan));
    let over = u128::from(makespan.ms().saturating_sub(bound.ms()));
    match Decimal::quotient(over, u128::from(bound.ms())) {
        None => text,
        Some(_) if over == 0 => format!("{text}, the shortest possible ({which})"),
        Some(over) => format!(
            "{text}, {} above a lower bound of {} ({which})",
            percent(over),
            glued(&duration(bound))
        ),
    }
}

fn jobs(summary: &Summary) -> String {
    let jobs = &summary.jobs;
    let mut text = format!(
        "{} submitted, {} succeeded",
        whole(jobs.submitted),
        whole(jobs.succeeded)
    );
    for (count, what) in [
        (jobs.failed, "failed"),
        (jobs.unfinished, "unfinished"),
        (jobs.rejected, "rejected"),
    ] {
        if count > 0 {
            text.push_str(&format!(", {} {what}", whole(count)));
        }
    }
    let ended = jobs.succeeded + jobs.failed;
    if jobs.attempts > ended {
        text.push_str(&format!("; {} attempts", whole(jobs.attempts)));
    }
    text
}

fn distribution(values: &Distribution, figure: impl Fn(Decimal) -> String) -> String {
    let parts = [
        ("mean", values.mean),
        ("median", values.p50),
        ("p95", values.p95),
        ("max", values.max),
    ];
    let parts = parts
        .iter()
        .filter_map(|(name, value)| value.map(|value| glued(&format!("{name} {}", figure(value)))));
    parts.collect::<Vec<String>>().join(", ")
}

fn seconds(figure: Decimal) -> String {
    let ms = u64::try_from(figure.parts() / 1000).unwrap_or(u64::MAX);
    duration(Span::from_ms(ms))
}

/// A span in its two largest units: `2 d 3 h`, `1 h 2 min`, `12.5 s`.
pub fn duration(span: Span) -> String {
    let s = span.ms() / 1000;
    match s {
        0..60 => format!("{} s", Decimal::seconds(span)),
        60..3_600 => two(s / 60, "min", s % 60, "s"),
        3_600..86_400 => two(s / 3_600, "h", s % 3_600 / 60, "min"),
        _ => two(s / 86_400, "d", s % 86_400 / 3_600, "h"),
    }
}

fn two(large: u64, large_unit: &str, small: u64, small_unit: &str) -> String {
    match small {
        0 => format!("{} {large_unit}", whole(large)),
        _ => format!("{} {large_unit} {small} {small_unit}", whole(large)),
    }
}

/// The same text as one word, which no line break cuts.
fn glued(text: &str) -> String {
    text.replace(' ', &GLUE.to_string())
}

/// What a time cause means, in at most [`BEFORE_BAR`] − [`CAUSE`] columns.
fn meaning_of_time(cause: TimeCause) -> &'static str {
    match cause {
        TimeCause::Dependency => "waits for other jobs",
        TimeCause::BlockedHead => "the head fits nowhere",
        TimeCause::Share => "another share's turn",
        TimeCause::Queue => "others are ahead",
        TimeCause::Consumable => "a resource is lacking",
        TimeCause::MaxVcpus => "at a limit or reserved",
        TimeCause::Capacity => "at the head, no room",
        TimeCause::Scaling => "until the next scaling",
        TimeCause::Boot => "its machine boots",
        TimeCause::Dispatch => "until the next look",
        TimeCause::ImagePull => "container being made",
        TimeCause::Run => "attempts that counted",
        TimeCause::Lost => "attempts before these",
    }
}

/// What a cost cause means, as short.
fn meaning_of_cost(cause: CostCause) -> &'static str {
    match cause {
        CostCause::Useful => "attempts that succeeded",
        CostCause::Failed => "attempts that failed",
        CostCause::Interrupted => "machine lost meanwhile",
        CostCause::Boot => "machines that boot",
        CostCause::ImagePull => "containers being made",
        CostCause::Idle => "machines without a job",
        CostCause::Stranded => "unused beside jobs",
        CostCause::Minimum => "billing's rounding up",
    }
}

/// Milliseconds in the largest unit that they fill, with one decimal.
fn hours(ms: u128) -> String {
    let (unit, name) = match ms {
        0..60_000 => (1_000, "s"),
        60_000..3_600_000 => (60_000, "min"),
        _ => (3_600_000, "h"),
    };
    let figure = Decimal::quotient(ms, unit).unwrap_or_default();
    format!("{} {name}", figure.grouped(1))
}

fn percent(part: Decimal) -> String {
    format!("{} %", Decimal::from_parts(part.parts() * 100).grouped(1))
}

fn whole(number: u64) -> String {
    Decimal::from_parts(u128::from(number) * Decimal::PARTS).grouped(0)
}

/// Dollars to the cent, or to a ten-thousandth below a dollar.
fn dollars(amount: Usd) -> String {
    dollars_of(amount, amount)
}

/// Dollars with as many decimals as `total` has in [`dollars`], so that parts of it stand one below the other.
fn dollars_of(amount: Usd, total: Usd) -> String {
    let parts = |amount: Usd| u128::try_from(amount.rounded_ticks()).unwrap_or(0) / 10_000;
    let decimals = if parts(total) >= Decimal::PARTS { 2 } else { 4 };
    Decimal::from_parts(parts(amount)).grouped(decimals)
}

fn shortened(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(width.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// Lines of at most `width` columns, broken at spaces other than no-break spaces; a longer word is broken where it must.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut columns = 0;
    let words = text.split(|letter: char| letter.is_whitespace() && letter != GLUE);
    for word in words.filter(|word| !word.is_empty()) {
        let mut word: &str = word;
        loop {
            let length = word.chars().count();
            let space = usize::from(columns > 0);
            let last = lines.last_mut().expect("there is a line from the start");
            if columns + space + length <= width {
                if space == 1 {
                    last.push(' ');
                }
                last.push_str(word);
                columns += space + length;
                break;
            }
            if columns == 0 {
                let cut = word
                    .char_indices()
                    .nth(width)
                    .map_or(word.len(), |(at, _)| at);
                last.push_str(&word[..cut]);
                word = &word[cut..];
            }
            lines.push(String::new());
            columns = 0;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{AssumptionValue, JobCounts, LowerBounds, Utilization};
    use crate::model::{CostCauses, Profile, Tag};

    fn figure(text: &str) -> Option<Decimal> {
        let parts = text.parse::<f64>().unwrap() * 1e6;
        Some(Decimal::from_parts(parts as u128))
    }

    fn summary() -> Summary {
        let mut time = [0; TimeCause::ALL.len()];
        time[TimeCause::Queue as usize] = 7_200_000;
        time[TimeCause::Run as usize] = 5_000_000;
        let mut cost = CostCauses::default();
        cost.add(CostCause::Useful, Usd::from_ticks(12_345_600_000_000));
        cost.add(CostCause::Idle, Usd::from_ticks(1_000_000_000_000));
        Summary {
            scenario: "nightly-variants".to_owned(),
            seed: 42,
            digest: 0xabc,
            events: 10,
            end: Span::from_s(90_000),
            makespan: Some(Span::from_s(90_000)),
            bounds: LowerBounds {
                area: Span::from_s(80_000),
                ..LowerBounds::default()
            },
            jobs: JobCounts {
                submitted: 28_489,
                succeeded: 28_400,
                failed: 80,
                unfinished: 9,
                attempts: 30_000,
                ..JobCounts::default()
            },
            wait_s: Distribution {
                mean: figure("12.5"),
                p50: figure("0"),
                p95: figure("4000"),
                max: figure("100000"),
            },
            bounded_slowdown: Distribution {
                mean: figure("1.234567"),
                p50: figure("1"),
                p95: figure("17.5"),
                max: figure("1234.5"),
            },
            throughput_jobs_per_h: figure("1139.2"),
            utilization: Utilization {
                vcpus_of_provisioned: figure("0.813"),
                vcpus_of_max: figure("0.7"),
                memory_of_provisioned: None,
            },
            time_causes_ms: time,
            cost,
            cost_by_environment: vec![("spot-with-a-name-that-is-very-long".to_owned(), cost), ("rest".to_owned(), cost)],
            cost_by_instance_type: vec![("c6i.large".to_owned(), cost)],
            closed_loop: Loop::Open,
            profile: Profile::Typical,
            assumptions: vec![AssumptionValue {
                key: "dispatch",
                value: "easy".to_owned(),
                tag: Tag::Assumed,
                changed: true,
                sentence: "",
            }],
            rejected: Vec::new(),
            rejected_commands: Vec::new(),
            unfinished: vec![(
                "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - The job resource requirement (vCPU/memory/GPU) is higher than that can be met by the CE(s) attached to the job queue.".to_owned(),
                9,
            )],
            blocked: Vec::new(),
            dropped: vec![("zero-run".to_owned(), 12)],
            repaired: Vec::new(),
            ignored_keys: vec!["/computeEnvironments/0/tags".to_owned()],
        }
    }

    #[test]
    fn no_line_is_wider_than_a_terminal_and_none_has_colour_unless_asked() {
        let text = summary_text(&summary(), Style { colour: false });
        for line in text.lines() {
            assert!(line.chars().count() <= WIDTH, "{line}");
        }
        assert!(!text.contains('\x1b'));
        assert!(summary_text(&summary(), Style { colour: true }).contains('\x1b'));
    }

    #[test]
    fn the_summary_tells_what_took_time_and_money_and_what_is_left() {
        let text = summary_text(&summary(), Style { colour: false });
        for part in [
            "Makespan       1 d 1 h, 12.5 % above a lower bound of 22 h 13 min (all vCPUs",
            "28,489 submitted, 28,400 succeeded, 80 failed, 9 unfinished",
            "30,000 attempts",
            "mean 12.5 s, median 0 s, p95 1 h 6 min, max 1 d 3 h",
            "81.3 % of those up",
            "1,334.56 USD",
            "queue",
            "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT",
            "profile typical; changed: dispatch = easy",
            "open loop",
            "zero-run",
        ] {
            assert!(text.contains(part), "{part} is missing in\n{text}");
        }
    }

    #[test]
    fn long_text_wraps_at_spaces_and_long_words_where_they_must() {
        assert_eq!(wrap("aa bb cc", 5), ["aa bb", "cc"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("", 3), [""]);
        assert_eq!(wrap("aa bb\u{a0}cc", 6), ["aa", "bb\u{a0}cc"]);
    }

    #[test]
    fn what_causes_mean_fits_before_the_bars() {
        let time = TimeCause::ALL.map(|cause| (cause.name(), meaning_of_time(cause)));
        let cost = CostCause::ALL.map(|cause| (cause.name(), meaning_of_cost(cause)));
        for (name, meaning) in time.into_iter().chain(cost) {
            assert!(name.len() < CAUSE, "{name}");
            assert!(meaning.len() < BEFORE_BAR - CAUSE, "{meaning}");
        }
    }
}
