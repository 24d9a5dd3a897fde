//! The summary that a person reads: at most 80 columns, clear without colour.

use crate::metrics::{
    Decimal, Distribution, Failure, Group, GroupTotals, HeadOfLine, MachineTotals, Summary,
};
use crate::model::{CostCause, Loop, TimeCause};
use crate::units::Usd;

use super::limits;
use super::summary_json::{cost_by_cause, loop_name};
use super::wording::{
    GLUE, dollars, duration, glued, milliseconds, percent, seconds, shortened, vcpu_hours, whole,
    wrap,
};

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

    pub(super) fn bar(self, text: &str) -> String {
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
/// Columns that the names of a table's rows have at least.
const SHORT_NAME: usize = 12;
/// Columns of a label.
const LABEL: usize = 15;
/// Most lines of one list; the rest is said in one.
const LINES: usize = 8;

/// What the figures mean, shortly; the whole stands in `summary.json`.
const FOOTNOTE: &str = "wait = last start - submission, of jobs that started; quantiles by nearest rank; slowdown = \
max(1, (wait + run) / max(run, 10 s)); makespan = last end - first submission, which utilization spans too.";

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
    page.groups(summary);
    page.failures(summary);
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
        self.entry("Cost", &cost(summary));
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
                // What is taken off has no part of the whole.
                _ if part.amount == 0 => (String::new(), 0),
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
                match part.amount {
                    0 => String::new(),
                    _ => percent(share),
                },
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
                value: milliseconds(ms),
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
                .map(|(cause, amount)| (label_of_cost(cause), meaning_of_cost(cause), amount))
                .collect(),
        );
        let used = |(_, totals): &&(String, MachineTotals)| totals.launched > 0;
        if summary.by_environment.iter().filter(used).count() > 1 {
            self.machines("By compute environment", &summary.by_environment);
        }
        self.machines("By instance type", &summary.by_instance_type);
    }

    /// Machines as rows, those that cost most first.
    fn machines(&mut self, heading: &str, parts: &[(String, MachineTotals)]) {
        let mut parts: Vec<&(String, MachineTotals)> = parts.iter().collect();
        parts.retain(|(_, totals)| totals.launched > 0);
        parts.sort_by_key(|(_, totals)| std::cmp::Reverse(totals.cost.total()));
        let row = |name: &str, totals: &MachineTotals| {
            vec![
                name.to_owned(),
                whole(totals.launched),
                vcpu_hours(totals.up_ms),
                vcpu_hours(totals.boot_ms),
                vcpu_hours(totals.idle_ms),
                dollars(totals.cost.total()),
            ]
        };
        let columns = ["", "launched", "hours", "booting", "idle", "USD"];
        let mut rows = vec![columns.map(str::to_owned).to_vec()];
        rows.extend(
            parts
                .iter()
                .take(LINES)
                .map(|(name, totals)| row(name, totals)),
        );
        if parts.len() > LINES {
            let rest = parts.iter().skip(LINES).map(|(_, totals)| totals);
            let rest = rest.fold(MachineTotals::default(), |sum, one| sum.plus(one));
            rows.push(row("others", &rest));
        }
        self.heading(heading);
        self.table(&rows);
    }

    /// Rows in columns, the first of which is a name.
    fn table(&mut self, rows: &[Vec<String>]) {
        let figures: usize = (1..rows[0].len())
            .map(|column| column_width(rows, column) + 2)
            .sum();
        let names = column_width(rows, 0).max(BEFORE_BAR - CAUSE);
        let names = names.min(WIDTH - 2 - figures);
        for row in rows {
            let mut line = format!("  {:<names$}", shortened(&row[0], names));
            for (column, cell) in row.iter().enumerate().skip(1) {
                let width = column_width(rows, column);
                line.push_str(&format!("  {cell:>width$}"));
            }
            self.line(&line);
        }
    }

    fn amounts(&mut self, mut parts: Vec<(&str, &'static str, Usd)>) {
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
                value: format!("{} USD", dollars(amount)),
            })
            .collect();
        self.bars(&parts);
    }

    fn groups(&mut self, summary: &Summary) {
        let groups = &summary.groups;
        // One queue has the figures of all.
        if groups.queues.len() > 1 {
            let mut queues: Vec<&Group> = groups.queues.iter().collect();
            queues.sort_by_key(|group| std::cmp::Reverse(group.totals.vcpu_ms));
            let name = |group: &Group| group.job_queue.clone();
            self.group_table("By job queue", &queues, None, name);
        }
        let shares: Vec<&Group> = groups.shares.iter().collect();
        if let Some(first) = shares.first() {
            let is_one_queue = shares.iter().all(|one| one.job_queue == first.job_queue);
            let others = (groups.other_shares > 0).then_some(groups.others);
            self.group_table("By share identifier", &shares, others, |group| {
                let share = group.share_identifier.as_deref().unwrap_or_default();
                match is_one_queue {
                    true => share.to_owned(),
                    false => format!("{share} in {}", group.job_queue),
                }
            });
        }
    }

    /// The biggest `groups` as rows; they come biggest first, and `others` are smaller still.
    fn group_table(
        &mut self,
        heading: &str,
        groups: &[&Group],
        others: Option<GroupTotals>,
        name: impl Fn(&Group) -> String,
    ) {
        let row = |name: String, totals: &GroupTotals, waits: Option<&Distribution>| {
            let wait = |figure: fn(&Distribution) -> Option<Decimal>| {
                waits.and_then(figure).map_or_else(String::new, seconds)
            };
            vec![
                name,
                whole(totals.submitted()),
                wait(|waits| waits.mean),
                wait(|waits| waits.p50),
                wait(|waits| waits.p95),
                wait(|waits| waits.max),
                vcpu_hours(totals.vcpu_ms),
                dollars(totals.cost),
            ]
        };
        let columns = [
            "",
            "jobs",
            "mean wait",
            "median",
            "p95",
            "max",
            "vCPU-h",
            "USD",
        ];
        let mut rows = vec![columns.map(str::to_owned).to_vec()];
        let shown = groups.iter().take(LINES);
        rows.extend(shown.map(|group| row(name(group), &group.totals, Some(&group.wait_s))));
        let mut rest = others.unwrap_or_default();
        groups
            .iter()
            .skip(LINES)
            .for_each(|group| rest.add(&group.totals));
        if rest.submitted() > 0 {
            rows.push(row("others".to_owned(), &rest, None));
        }
        let figures_width = |rows: &[Vec<String>]| -> usize {
            let width = |column| column_width(rows, column) + 2;
            (1..rows[0].len()).map(width).sum()
        };
        if figures_width(&rows) > WIDTH - 2 - SHORT_NAME {
            // The figure that is missed least; it stands in summary.json.
            let median = columns.iter().position(|name| *name == "median");
            rows.iter_mut()
                .for_each(|row| _ = median.map(|median| row.remove(median)));
        }
        self.heading(heading);
        self.table(&rows);
    }

    fn failures(&mut self, summary: &Summary) {
        if summary.failures.is_empty() {
            return;
        }
        let heading = self.style.warning("Failed jobs, and why");
        self.heading(&heading);
        let lines: Vec<(String, u64)> = summary.failures.iter().map(failure).collect();
        self.counts(&lines);
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
        let machines = summary.machines();
        if machines.spot > 0 {
            self.entry("Spot", &limits::spot(&machines));
        }
        if let Some(both) = summary.head_of_line.filter(HeadOfLine::matters) {
            self.entry("Head of line", &limits::head_of_line(&both));
        }
        for quota in (summary.quotas.iter()).filter(|quota| quota.limit.is_some()) {
            self.entry("Quota", &limits::quota(quota));
        }
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

fn cost(summary: &Summary) -> String {
    let (cost, bounds) = (summary.cost_total(), &summary.cost_bounds);
    let text = glued(&format!("{} USD", dollars(cost)));
    let bound = bounds.largest();
    let which = match bound {
        _ if bound == bounds.vcpus => "the cheapest vCPUs",
        _ if bound == bounds.memory => "the cheapest memory",
        _ => "the cheapest GPUs",
    };
    let units = |amount: Usd| u128::try_from(amount.units()).unwrap_or(0);
    let over = units(cost).saturating_sub(units(bound));
    match Decimal::quotient(over, units(bound)) {
        None => text,
        Some(over) => format!(
            "{text}, {} above a lower bound of {} ({which}, always full)",
            percent(over),
            glued(&format!("{} USD", dollars(bound)))
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

/// Columns that the widest cell of a column takes.
fn column_width(rows: &[Vec<String>], column: usize) -> usize {
    let widths = rows.iter().map(|row| row[column].chars().count());
    widths.max().unwrap_or(0)
}

/// A reason, with what there is of exit code and example.
fn failure(failure: &Failure) -> (String, u64) {
    let mut text = failure.status_reason.clone();
    if let Some(code) = failure.exit_code {
        text.push_str(&format!("; {}", glued(&format!("exit code {code}"))));
    }
    if let Some(job) = &failure.example {
        text.push_str(&format!("; {}", glued(&format!("first: {job}"))));
    }
    (text, failure.jobs)
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
        TimeCause::Checkpoint => "work being saved",
    }
}

/// What a cost cause is called where [`CAUSE`] columns are all there is.
fn label_of_cost(cause: CostCause) -> &'static str {
    match cause {
        CostCause::CommitmentUnused => "unused",
        _ => cause.name(),
    }
}

/// What a cost cause means, as short.
fn meaning_of_cost(cause: CostCause) -> &'static str {
    match cause {
        CostCause::Useful => "attempts that succeeded",
        CostCause::Failed => "attempts that failed",
        CostCause::Interrupted => "machine lost meanwhile",
        CostCause::Checkpoint => "work being saved",
        CostCause::Boot => "machines that boot",
        CostCause::ImagePull => "containers being made",
        CostCause::Idle => "machines without a job",
        CostCause::Stranded => "unused beside jobs",
        CostCause::Minimum => "billing's rounding up",
        CostCause::Waived => "EC2 took it back",
        CostCause::Storage => "volumes of machines",
        CostCause::Traffic => "images being pulled",
        CostCause::Address => "public addresses",
        CostCause::Covered => "commitments, discounts",
        CostCause::CommitmentUnused => "of commitments",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{
        AssumptionValue, CostBounds, GroupList, JobCounts, LowerBounds, Utilization,
    };
    use crate::model::{CostCauses, Profile, Tag};
    use crate::units::Span;

    fn figure(text: &str) -> Option<Decimal> {
        let parts = text.parse::<f64>().unwrap() * 1e6;
        Some(Decimal::from_parts(parts as u128))
    }

    /// A group whose figures take as much room as any.
    fn group(queue: u64, share: Option<u64>) -> Group {
        Group {
            job_queue: format!("queue-with-a-long-name-{queue}"),
            share_identifier: share.map(|share| format!("share-{share}")),
            totals: GroupTotals {
                succeeded: 1_234_567,
                vcpu_ms: 44_444_444_444_000,
                cost: Usd::from_ticks(12_345_600_000_000),
                ..GroupTotals::default()
            },
            wait_s: Distribution {
                mean: figure("86000"),
                p50: None,
                p95: figure("8640000"),
                max: figure("100000000"),
            },
        }
    }

    fn summary() -> Summary {
        let mut time = [0; TimeCause::ALL.len()];
        time[TimeCause::Queue as usize] = 7_200_000;
        time[TimeCause::Run as usize] = 5_000_000;
        let mut cost = CostCauses::default();
        cost.add(CostCause::Useful, Usd::from_ticks(12_345_600_000_000));
        cost.add(CostCause::Idle, Usd::from_ticks(1_000_000_000_000));
        let machines = MachineTotals {
            launched: 1_234_567,
            up_ms: 4_444_444_444_000,
            idle_ms: 444_444_444_000,
            cost,
            ..MachineTotals::default()
        };
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
            groups: GroupList {
                queues: (0..3).map(|queue| group(queue, None)).collect(),
                shares: (0..12).map(|share| group(share % 2, Some(share))).collect(),
                other_shares: 3,
                others: GroupTotals {
                    succeeded: 4,
                    ..GroupTotals::default()
                },
            },
            failures: vec![Failure {
                status_reason: "Essential container in task exited".to_owned(),
                exit_code: Some(137),
                jobs: 80,
                example: Some("align all:3".to_owned()),
            }],
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
            lines: Vec::new(),
            reserved_ms: [0; 3],
            largest_job: crate::units::Shape::default(),
            cost_bounds: CostBounds {
                vcpus: Usd::from_ticks(10_000_000_000_000),
                ..CostBounds::default()
            },
            by_environment: vec![("spot-with-a-name-that-is-very-long".to_owned(), machines); 2],
            by_instance_type: vec![("c6i.large".to_owned(), machines)],
            quotas: Vec::new(),
            head_of_line: None,
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
            "mean 12.5 s, median 0 s, p95 1 h 7 min, max 1 d 4 h",
            "81.3 % of those up",
            "1,334.56 USD, 33.5 % above a lower bound of 1,000.00 USD",
            "vCPUs, always full)",
            "1,234,567.9",
            "queue",
            "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT",
            "profile typical; changed: dispatch = easy",
            "open loop",
            "Essential container in task exited; exit code 137;",
            "first: align all:3",
            "23 h 53 min",
            "share-7",
            "others",
            "zero-run",
        ] {
            assert!(text.contains(part), "{part} is missing in\n{text}");
        }
    }

    #[test]
    fn what_causes_mean_fits_before_the_bars() {
        let time = TimeCause::ALL.map(|cause| (cause.name(), meaning_of_time(cause)));
        let cost = CostCause::ALL.map(|cause| (label_of_cost(cause), meaning_of_cost(cause)));
        for (name, meaning) in time.into_iter().chain(cost) {
            assert!(name.len() < CAUSE, "{name}");
            assert!(meaning.len() < BEFORE_BAR - CAUSE, "{meaning}");
        }
    }
}
