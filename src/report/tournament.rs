//! A tournament of policies as Markdown, CSV or JSON.

use crate::plan::Played;
use crate::stats::Estimate;

use super::json::Json;

/// What was played on one workload.
#[derive(Clone, Debug)]
pub struct TournamentPage {
    /// The trace.
    pub trace: String,
    /// vCPUs of the pool.
    pub vcpus: u32,
    /// How each contender did, the least mean slowdown first.
    pub played: Vec<Played>,
    /// What was left out, and why: one sentence each.
    pub notes: Vec<String>,
}

fn interval(estimate: &Estimate, decimals: usize) -> String {
    match estimate.half {
        Some(half) => format!("{:.decimals$} ± {half:.decimals$}", estimate.mean),
        None => format!("{:.decimals$}", estimate.mean),
    }
}

/// Tables of Markdown, one for each workload.
pub fn tournament_markdown(pages: &[TournamentPage]) -> String {
    let mut text = String::new();
    for page in pages {
        let jobs = page.played.iter().map(|one| one.jobs).max().unwrap_or(0);
        text.push_str(&format!(
            "## {} on {} vCPUs, {jobs} jobs\n\n",
            page.trace, page.vcpus
        ));
        text.push_str("| order | discipline | mean slowdown | mean wait, s | fairness | cost, USD | above bound |\n");
        text.push_str("|---|---|---:|---:|---:|---:|---:|\n");
        for one in &page.played {
            let fairness = one
                .fairness
                .map_or("-".to_owned(), |index| format!("{index:.3}"));
            let gap = one
                .gap
                .map_or("-".to_owned(), |gap| format!("{:.1} %", gap * 100.0));
            text.push_str(&format!(
                "| {} | {} | {} | {} | {fairness} | {:.2} | {gap} |\n",
                one.contender.order,
                one.contender.discipline,
                interval(&one.slowdown, 2),
                interval(&one.wait_s, 0),
                one.cost
            ));
        }
        text.push('\n');
        for note in &page.notes {
            text.push_str(&format!("Left out: {note}\n\n"));
        }
    }
    text.push_str(
        "± is half the 95 % interval of the means of 20 windows of equally many jobs; fairness is Jain's index of users' mean \
         slowdowns; above bound is the makespan over what no schedule can beat.\n",
    );
    text
}

/// The columns of the CSV.
const HEADER: &str = "trace,pool_vcpus,job_order,dispatch,jobs,slowdown_mean,slowdown_half,wait_mean_s,wait_half_s,fairness,cost_usd,above_bound\n";

/// One row for each contender on each workload.
pub fn tournament_csv(pages: &[TournamentPage]) -> String {
    let mut text = HEADER.to_owned();
    let number = |value: Option<f64>| value.map_or(String::new(), |value| format!("{value:.6}"));
    for page in pages {
        let trace = match page.trace.contains([',', '"', '\n']) {
            true => format!("\"{}\"", page.trace.replace('"', "\"\"")),
            false => page.trace.clone(),
        };
        for one in &page.played {
            text.push_str(&format!(
                "{trace},{},{},{},{},{:.6},{},{:.3},{},{},{:.4},{}\n",
                page.vcpus,
                one.contender.order,
                one.contender.discipline,
                one.jobs,
                one.slowdown.mean,
                number(one.slowdown.half),
                one.wait_s.mean,
                number(one.wait_s.half),
                number(one.fairness),
                one.cost,
                number(one.gap)
            ));
        }
    }
    text
}

/// The same as JSON.
pub fn tournament_json(pages: &[TournamentPage]) -> String {
    let put = |json: &mut Json, key: &str, value: Option<f64>| match value {
        Some(value) => json.number(key, value),
        None => json.null(key),
    };
    Json::document(|json| {
        json.array("traces", |json| {
            for page in pages {
                json.element(|json| {
                    json.text("trace", &page.trace);
                    json.whole("pool_vcpus", page.vcpus.into());
                    json.array("played", |json| {
                        for one in &page.played {
                            json.element(|json| {
                                json.text("job_order", &one.contender.order);
                                json.text("dispatch", &one.contender.discipline);
                                json.whole("jobs", one.jobs as u64);
                                json.number("slowdown_mean", one.slowdown.mean);
                                put(json, "slowdown_half", one.slowdown.half);
                                json.number("wait_mean_s", one.wait_s.mean);
                                put(json, "wait_half_s", one.wait_s.half);
                                put(json, "fairness", one.fairness);
                                json.number("cost_usd", one.cost);
                                put(json, "above_bound", one.gap);
                            });
                        }
                    });
                    json.array("left_out", |json| {
                        page.notes.iter().for_each(|note| json.element_text(note));
                    });
                });
            }
        });
    })
}
