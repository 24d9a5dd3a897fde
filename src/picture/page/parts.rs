//! The answer, its figures, and where time and money went.

use serde_json::Value;

use super::markup::{Cell, bar, per_cent, per_cent_at, span_at, table, text_at, usd_at, whole_at};
use crate::explain::{RunStory, usd};
use crate::picture::draw::escaped;
use crate::picture::read::Sources;
use crate::report::{dollars, duration, whole};
use crate::units::{Span, Usd};

/// The answer in one line.
pub fn answer(summary: &Value) -> String {
    let jobs = whole_at(summary, "/jobs/submitted");
    let succeeded = whole_at(summary, "/jobs/succeeded");
    let unfinished = whole_at(summary, "/jobs/unfinished");
    let who = match jobs == succeeded {
        true => format!("{} jobs are done", whole(jobs)),
        false => format!("{} of {} jobs succeed", whole(succeeded), whole(jobs)),
    };
    let mut text = who;
    if let Some(makespan) = span_at(summary, "/makespan_s") {
        text.push_str(&format!(" in {}", duration(makespan)));
    }
    match usd_at(summary, "/cost_usd") {
        Some(cost) if cost != Usd::ZERO => text.push_str(&format!(" for {} USD", dollars(cost))),
        _ => {}
    }
    if let (Some(half), Some(most)) = (
        span_at(summary, "/wait_s/p50"),
        span_at(summary, "/wait_s/p95"),
    ) {
        text.push_str(&match most.is_zero() {
            true => "; hardly a job waits".to_owned(),
            false => format!(
                "; half of them start within {}, 95 % within {}",
                duration(half),
                duration(most)
            ),
        });
    }
    if unfinished > 0 {
        text.push_str(&format!("; {} are left unfinished", whole(unfinished)));
    }
    text.push('.');
    text
}

/// The largest causes of a group as `name (12.3 %)`, of `total`.
fn largest(
    causes: Option<&Value>,
    left_out: &[&str],
    amount: impl Fn(&Value) -> f64,
) -> Vec<(String, f64)> {
    let causes = causes.and_then(Value::as_object);
    let mut causes: Vec<(String, f64)> = causes
        .into_iter()
        .flatten()
        .filter(|(name, _)| !left_out.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), amount(value)))
        .filter(|(_, amount)| *amount > 0.0)
        .collect();
    causes.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    causes
}

/// What that answer is made of, in a line.
pub fn why(summary: &Value) -> String {
    let waits = largest(
        summary.get("time_causes_s"),
        &["run", "lost", "checkpoint"],
        |value| value.as_f64().unwrap_or(0.0),
    );
    let money = largest(summary.get("cost_causes_usd"), &[], |value| {
        value
            .as_str()
            .and_then(|text| text.parse().ok())
            .unwrap_or(0.0)
    });
    let told = |causes: &[(String, f64)]| -> String {
        let total: f64 = causes.iter().map(|(_, amount)| amount).sum();
        let shown = causes
            .iter()
            .take(3)
            .filter(|(_, amount)| *amount >= total / 100.0);
        let shown = shown.map(|(name, amount)| format!("{name} {}", per_cent(amount / total)));
        shown.collect::<Vec<String>>().join(", ")
    };
    let mut text = String::new();
    if !waits.is_empty() {
        text.push_str(&format!("What jobs waited for: {}. ", told(&waits)));
    }
    if !money.is_empty() {
        text.push_str(&format!("What was paid for: {}.", told(&money)));
    }
    text.trim_end().to_owned()
}

/// The figures at the head, each with what it is held against. `data-at` is where summary.json has it, `data-v` what it is there.
pub fn tiles(summary: &Value) -> String {
    let jobs = |name: &str| whole_at(summary, &format!("/jobs/{name}"));
    let mut about_jobs = format!("{} succeeded", whole(jobs("succeeded")));
    for name in ["failed", "unfinished", "rejected", "dropped"] {
        if jobs(name) > 0 {
            about_jobs.push_str(&format!(", {} {name}", whole(jobs(name))));
        }
    }
    let above = |figure: Option<f64>, bound: Option<f64>| match (figure, bound) {
        (Some(figure), Some(bound)) if bound > 0.0 => {
            format!(
                "{} above a lower bound",
                per_cent((figure / bound - 1.0).max(0.0))
            )
        }
        _ => String::new(),
    };
    let number = |pointer: &str| summary.pointer(pointer).and_then(Value::as_f64);
    let amount = |pointer: &str| text_at(summary, pointer).parse::<f64>().ok();
    let wait = |part: &str| {
        span_at(summary, &format!("/wait_s/{part}")).map_or_else(String::new, duration)
    };
    let tiles = [
        (
            "Makespan",
            "/makespan_s",
            span_at(summary, "/makespan_s").map(duration),
            above(number("/makespan_s"), number("/lower_bound_s")),
        ),
        (
            "Cost",
            "/cost_usd",
            usd_at(summary, "/cost_usd").map(|cost| format!("{} USD", dollars(cost))),
            above(amount("/cost_usd"), amount("/lower_bound_cost_usd")),
        ),
        (
            "Mean wait",
            "/wait_s/mean",
            span_at(summary, "/wait_s/mean").map(duration),
            format!(
                "median {}, 95 % {}, most {}",
                wait("p50"),
                wait("p95"),
                wait("max")
            ),
        ),
        (
            "vCPUs used",
            "/utilization/vcpus_of_provisioned",
            per_cent_at(summary, "/utilization/vcpus_of_provisioned"),
            "of those that were up".to_owned(),
        ),
        (
            "Jobs",
            "/jobs/submitted",
            Some(whole(jobs("submitted"))),
            about_jobs,
        ),
    ];
    let tiles: String = tiles
        .into_iter()
        .filter_map(|(name, pointer, figure, about)| {
            let exact = match summary.pointer(pointer)? {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            let (figure, about, exact) = (escaped(&figure?), escaped(&about), escaped(&exact));
            Some(format!(
                "<div class=\"tile\"><dt>{name}</dt><dd><b data-at=\"{pointer}\" data-v=\"{exact}\">{figure}</b><small>{about}</small></dd></div>\n"
            ))
        })
        .collect();
    format!("<dl class=\"tiles\">\n{tiles}</dl>\n")
}

/// Time and money by cause, with what each cause means here.
pub fn causes(from: &Sources<'_>) -> String {
    let story = RunStory {
        summary: from.summary,
        scenario: from.scenario,
        levers: Ok(Vec::new()),
    };
    let story: Value = serde_json::from_str(&story.json()).unwrap_or(Value::Null);
    let list = |name: &str| {
        story
            .get(name)
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default()
    };
    let time: Vec<(Value, f64)> = list("time")
        .into_iter()
        .map(|one| {
            let seconds = one.get("seconds").and_then(Value::as_f64).unwrap_or(0.0);
            (one, seconds)
        })
        .collect();
    let money: Vec<(Value, f64)> = list("money")
        .into_iter()
        .map(|one| {
            let amount = text_at(&one, "/usd").parse::<f64>().unwrap_or(0.0);
            (one, amount)
        })
        .collect();
    let rows = |mut causes: Vec<(Value, f64)>, class: &str, cell: &dyn Fn(&Value, f64) -> Cell| {
        causes.sort_by(|a, b| b.1.total_cmp(&a.1));
        let total: f64 = causes.iter().map(|(_, amount)| amount).sum();
        let most = causes.first().map_or(0.0, |(_, amount)| *amount);
        let rows: Vec<Vec<Cell>> = causes
            .iter()
            .map(|(one, amount)| {
                let part = amount / total.max(1e-12);
                let colour = if matches!(text_at(one, "/cause"), "run" | "useful") {
                    "c0"
                } else {
                    class
                };
                vec![
                    Cell::text(text_at(one, "/cause")),
                    cell(one, *amount),
                    Cell::keyed(&per_cent(part), &format!("{part:.9}")),
                    Cell::markup(bar(amount / most.max(1e-12), colour)),
                    Cell::text(text_at(one, "/what")),
                ]
            })
            .collect();
        rows
    };
    let time = rows(time, "c1", &|_, seconds| {
        Cell::span(Some(Span::from_ms((seconds * 1_000.0).round() as u64)))
    });
    let money = rows(money, "c1", &|one, _| {
        Cell::usd(usd(text_at(one, "/usd")).unwrap_or(Usd::ZERO))
    });
    let mut html = table(
        "Jobs' time, from submission to end",
        &["cause", "time", "part", "", "what it is"],
        &time,
    );
    html.push_str(&table(
        "The bill",
        &["cause", "USD", "part", "", "what it is"],
        &money,
    ));
    html
}

/// Tables of queues, shares, environments, types, failures and quotas.
pub fn places(summary: &Value) -> String {
    let rows_of = |key: &str| {
        summary
            .get(key)
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default()
    };
    let group = |name: &str, rows: Vec<Value>| -> Vec<Vec<Cell>> {
        let row = |one: &Value| {
            let hours = one.get("vcpu_s").and_then(Value::as_f64).unwrap_or(0.0) / 3_600.0;
            vec![
                Cell::text(text_at(one, &format!("/{name}"))),
                Cell::whole(whole_at(one, "/jobs/submitted")),
                Cell::whole(whole_at(one, "/jobs/failed")),
                Cell::whole(whole_at(one, "/jobs/unfinished")),
                Cell::span(span_at(one, "/wait_s/mean")),
                Cell::span(span_at(one, "/wait_s/p50")),
                Cell::span(span_at(one, "/wait_s/p95")),
                Cell::span(span_at(one, "/wait_s/max")),
                Cell::keyed(&whole(hours.round() as u64), &hours.to_string()),
                Cell::usd(usd_at(one, "/cost_usd").unwrap_or(Usd::ZERO)),
            ]
        };
        rows.iter().map(row).collect()
    };
    let headings = |first: &'static str| {
        [
            first,
            "jobs",
            "failed",
            "left",
            "mean wait",
            "median",
            "95 %",
            "most",
            "vCPU hours",
            "USD of its jobs",
        ]
    };
    let queues = group("job_queue", rows_of("by_queue"));
    let mut html = table("Queues", &headings("queue"), &queues);
    let shares = group("share_identifier", rows_of("by_share"));
    html.push_str(&table("Shares", &headings("share"), &shares));
    for (caption, heading, key, money) in [
        (
            "Compute environments",
            "environment",
            "instances_by_compute_environment",
            "cost_by_compute_environment_usd",
        ),
        (
            "Instance types",
            "type",
            "instances_by_instance_type",
            "cost_by_instance_type_usd",
        ),
    ] {
        let all = summary.get(key).and_then(Value::as_object);
        let row = |(name, one): (&String, &Value)| {
            let seconds = |key: &str| one.get(key).and_then(Value::as_f64).unwrap_or(0.0);
            let hours = |key: &str| {
                let hours = seconds(key) / 3_600.0;
                let text = match hours >= 1_000.0 {
                    true => whole(hours.round() as u64),
                    false => format!("{hours:.1}"),
                };
                Cell::keyed(&text, &hours.to_string())
            };
            let cost = summary
                .get(money)
                .and_then(|all| usd(all.get(name)?.as_str()?));
            vec![
                Cell::text(name),
                Cell::whole(whole_at(one, "/launched")),
                hours("up_s"),
                hours("boot_s"),
                hours("idle_s"),
                hours("used_vcpu_s"),
                Cell::usd(cost.unwrap_or(Usd::ZERO)),
            ]
        };
        let rows: Vec<Vec<Cell>> = all.into_iter().flatten().map(row).collect();
        let headings = [
            heading,
            "launched",
            "hours up",
            "booting",
            "idle",
            "vCPU hours used",
            "USD",
        ];
        html.push_str(&table(caption, &headings, &rows));
    }
    let failures: Vec<Vec<Cell>> = rows_of("failures")
        .iter()
        .map(|one| {
            let code = one.get("exit_code").and_then(Value::as_u64);
            vec![
                Cell::text(text_at(one, "/status_reason")),
                Cell::text(&code.map_or_else(String::new, |code| code.to_string())),
                Cell::whole(whole_at(one, "/jobs")),
                Cell::text(text_at(one, "/example_job_id")),
            ]
        })
        .collect();
    let headings = ["status reason", "exit code", "jobs", "such as"];
    html.push_str(&table("Jobs that failed", &headings, &failures));
    html
}
