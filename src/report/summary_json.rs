//! `summary.json`: the run in figures, with their definitions.

use crate::metrics::{
    DEFINITIONS, Decimal, Distribution, Failure, GroupList, GroupTotals, HeadOfLine, MachineTotals,
    Summary,
};
use crate::model::{CostCause, CostCauses, Loop, QUOTAS, QuotaUse, TimeCause};
use crate::units::{SimTime, Usd, apportion};

use super::json::Json;

/// The document: snake_case names that end in their unit, money as decimal strings, null for what there is none of. The
/// parts of the bill by cause sum to `cost_usd`; those by environment and by type too, but for what commitments cover or leave unused,
/// which belongs to no machine.
pub fn summary_json(summary: &Summary) -> String {
    Json::document(|json| {
        json.text("scenario", &summary.scenario);
        json.whole("seed", summary.seed);
        json.text("digest", &format!("{:016x}", summary.digest));
        json.text("version", env!("CARGO_PKG_VERSION"));
        json.seconds("end_s", Some(summary.end));
        json.seconds("makespan_s", summary.makespan);
        json.seconds("lower_bound_s", Some(summary.lower_bound()));
        json.object("lower_bounds_s", |json| {
            json.seconds("critical_path", Some(summary.bounds.critical_path));
            json.seconds("area", Some(summary.bounds.area));
            json.seconds("longest_job", Some(summary.bounds.longest_job));
        });
        put_jobs(json, summary);
        put_distribution(json, "wait_s", &summary.wait_s);
        put_distribution(json, "bounded_slowdown", &summary.bounded_slowdown);
        json.decimal("throughput_jobs_per_h", summary.throughput_jobs_per_h);
        json.object("utilization", |json| {
            let utilization = &summary.utilization;
            json.decimal("vcpus_of_provisioned", utilization.vcpus_of_provisioned);
            json.decimal("vcpus_of_max", utilization.vcpus_of_max);
            json.decimal("memory_of_provisioned", utilization.memory_of_provisioned);
        });
        json.object("time_causes_s", |json| {
            for (cause, ms) in TimeCause::ALL.into_iter().zip(summary.time_causes_ms) {
                json.decimal(cause.name(), Some(Decimal::from_ms(ms)));
            }
        });
        put_money(json, summary);
        put_quotas(json, &summary.quotas);
        put_groups(json, &summary.groups);
        put_failures(json, &summary.failures);
        put_head_of_line(json, summary.head_of_line.as_ref());
        json.text("loop", loop_name(summary.closed_loop));
        put_assumptions(json, summary);
        for (key, reasons) in [
            ("rejected", &summary.rejected),
            ("rejected_commands", &summary.rejected_commands),
            ("unfinished", &summary.unfinished),
            ("queue_blocked", &summary.blocked),
            ("dropped", &summary.dropped),
            ("repaired", &summary.repaired),
        ] {
            json.object(key, |json| {
                for (reason, count) in reasons {
                    json.whole(reason, *count);
                }
            });
        }
        json.array("ignored_keys", |json| {
            for key in &summary.ignored_keys {
                json.element_text(key);
            }
        });
        json.object("definitions", |json| {
            for (figure, sentence) in DEFINITIONS {
                json.text(figure, sentence);
            }
        });
    })
}

/// The word for how submissions depend on completions.
pub fn loop_name(closed_loop: Loop) -> &'static str {
    match closed_loop {
        Loop::Open => "open",
        Loop::Closed => "closed",
    }
}

fn put_jobs(json: &mut Json, summary: &Summary) {
    let jobs = &summary.jobs;
    json.object("jobs", |json| {
        for (key, count) in [
            ("submitted", jobs.submitted),
            ("succeeded", jobs.succeeded),
            ("failed", jobs.failed),
            ("unfinished", jobs.unfinished),
            ("rejected", jobs.rejected),
            ("dropped", jobs.dropped),
            ("repaired", jobs.repaired),
            ("attempts", jobs.attempts),
        ] {
            json.whole(key, count);
        }
    });
}

fn put_distribution(json: &mut Json, key: &str, values: &Distribution) {
    json.object(key, |json| {
        json.decimal("mean", values.mean);
        json.decimal("p50", values.p50);
        json.decimal("p95", values.p95);
        json.decimal("max", values.max);
    });
}

/// The bill cut by cause, each part rounded so that they sum to the rounded total.
pub fn cost_by_cause(cost: &CostCauses) -> Vec<(CostCause, Usd)> {
    let parts: Vec<Usd> = CostCause::ALL
        .iter()
        .map(|&cause| cost.get(cause))
        .collect();
    CostCause::ALL.into_iter().zip(apportion(&parts)).collect()
}

/// Parts of the bill by name, each rounded so that they sum to the rounded total.
pub fn cost_by_name(parts: &[(String, MachineTotals)]) -> Vec<(&str, Usd)> {
    let amounts: Vec<Usd> = parts
        .iter()
        .map(|(_, totals)| totals.cost.total())
        .collect();
    let names = parts.iter().map(|(name, _)| name.as_str());
    names.zip(apportion(&amounts)).collect()
}

fn put_money(json: &mut Json, summary: &Summary) {
    json.text("cost_usd", &summary.cost_total().to_string());
    json.object("cost_causes_usd", |json| {
        for (cause, amount) in cost_by_cause(&summary.cost) {
            json.text(cause.name(), &amount.to_string());
        }
    });
    for (key, parts) in [
        ("cost_by_compute_environment_usd", &summary.by_environment),
        ("cost_by_instance_type_usd", &summary.by_instance_type),
    ] {
        json.object(key, |json| {
            for (name, amount) in cost_by_name(parts) {
                json.text(name, &amount.to_string());
            }
        });
    }
    let bounds = &summary.cost_bounds;
    json.text("lower_bound_cost_usd", &bounds.largest().to_string());
    json.object("lower_bounds_cost_usd", |json| {
        json.text("vcpus", &bounds.vcpus.to_string());
        json.text("memory", &bounds.memory.to_string());
        json.text("gpus", &bounds.gpus.to_string());
    });
    for (key, parts) in [
        ("instances_by_compute_environment", &summary.by_environment),
        ("instances_by_instance_type", &summary.by_instance_type),
    ] {
        json.object(key, |json| {
            for (name, totals) in parts {
                json.object(name, |json| {
                    json.whole("launched", totals.launched);
                    json.decimal("up_s", Some(Decimal::from_ms(totals.up_ms)));
                    json.decimal("boot_s", Some(Decimal::from_ms(totals.boot_ms)));
                    json.decimal("idle_s", Some(Decimal::from_ms(totals.idle_ms)));
                    let used = Decimal::from_ms(totals.used_vcpu_ms);
                    json.decimal("used_vcpu_s", Some(used));
                    if totals.spot > 0 {
                        json.object("spot", |json| put_spot(json, totals));
                    }
                });
            }
        });
    }
    let all = summary.machines();
    if all.spot > 0 {
        json.object("spot", |json| put_spot(json, &all));
    }
}

fn put_head_of_line(json: &mut Json, both: Option<&HeadOfLine>) {
    let Some(both) = both else {
        json.null("head_of_line");
        return;
    };
    json.object("head_of_line", |json| {
        json.text("other_dispatch", both.dispatch);
        json.seconds("makespan_s", both.other.makespan);
        json.text("cost_usd", &both.other.cost.to_string());
        json.flag("matters", both.matters());
    });
}

fn put_quotas(json: &mut Json, quotas: &[QuotaUse]) {
    let seconds = |at: SimTime| Some(at.since(SimTime::ZERO));
    json.array("quotas", |json| {
        for quota in quotas {
            json.element(|json| {
                json.text("quota_code", QUOTAS[quota.place].code);
                json.text("quota_name", QUOTAS[quota.place].name);
                match quota.limit {
                    Some(limit) => json.whole("limit_vcpus", limit.into()),
                    None => json.null("limit_vcpus"),
                }
                json.whole("peak_vcpus", quota.peak);
                json.seconds("peak_s", seconds(quota.peak_at));
                json.whole("refused_launches", quota.refused);
                json.seconds("first_refused_s", quota.refused_at.and_then(seconds));
            });
        }
    });
}

/// How many Spot instances there were and what became of them.
fn put_spot(json: &mut Json, totals: &MachineTotals) {
    json.whole("launched", totals.spot);
    json.decimal("up_s", Some(Decimal::from_ms(totals.spot_up_ms)));
    json.whole("interrupted", totals.interrupted);
    json.decimal("mean_up_s", mean_up(totals));
}

/// Seconds that Spot instances ran for each one that EC2 took back; `None` where it took none.
pub fn mean_up(totals: &MachineTotals) -> Option<Decimal> {
    Decimal::quotient(totals.spot_up_ms, u128::from(totals.interrupted) * 1000)
}

fn put_groups(json: &mut Json, groups: &GroupList) {
    for (key, list) in [("by_queue", &groups.queues), ("by_share", &groups.shares)] {
        json.array(key, |json| {
            for group in list {
                json.element(|json| {
                    json.text("job_queue", &group.job_queue);
                    if let Some(share) = &group.share_identifier {
                        json.text("share_identifier", share);
                    }
                    put_totals(json, &group.totals);
                    put_distribution(json, "wait_s", &group.wait_s);
                });
            }
        });
    }
    json.object("other_shares", |json| {
        json.whole("shares", groups.other_shares);
        put_totals(json, &groups.others);
    });
}

fn put_totals(json: &mut Json, totals: &GroupTotals) {
    json.object("jobs", |json| {
        for (key, count) in [
            ("submitted", totals.submitted()),
            ("succeeded", totals.succeeded),
            ("failed", totals.failed),
            ("unfinished", totals.unfinished),
        ] {
            json.whole(key, count);
        }
    });
    json.decimal("vcpu_s", Some(Decimal::from_ms(totals.vcpu_ms)));
    json.text("cost_usd", &totals.cost.to_string());
}

fn put_failures(json: &mut Json, failures: &[Failure]) {
    json.array("failures", |json| {
        for failure in failures {
            json.element(|json| {
                json.text("status_reason", &failure.status_reason);
                match failure.exit_code {
                    Some(code) => json.whole("exit_code", code.into()),
                    None => json.null("exit_code"),
                }
                json.whole("jobs", failure.jobs);
                match &failure.example {
                    Some(job) => json.text("example_job_id", job),
                    None => json.null("example_job_id"),
                }
            });
        }
    });
}

fn put_assumptions(json: &mut Json, summary: &Summary) {
    json.text("profile", summary.profile.name());
    json.object("assumptions", |json| {
        for assumption in &summary.assumptions {
            json.object(assumption.key, |json| {
                json.text("value", &assumption.value);
                json.text("tag", assumption.tag.name());
                json.flag("changed", assumption.changed);
            });
        }
    });
}
