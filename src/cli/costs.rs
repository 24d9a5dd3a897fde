//! `batchcast costs`: what has the same value in a column of jobs.csv costs together.

use serde_json::Value;

use crate::explain::{CostsBy, Fault, cost_groups};

use super::args::{Common, Costs};
use super::explain::Kept;
use super::failure::Failure;
use super::output::print;

/// Tells the costs that are asked for.
///
/// # Errors
/// A folder that holds no run, a table that was not kept, a column that there is not.
pub fn costs(asked: &Costs, common: &Common) -> Result<(), Failure> {
    let mut runs = Vec::new();
    let kept = asked.runs.iter().map(|path| Kept::open(path));
    let kept = kept.collect::<Result<Vec<Kept>, Failure>>()?;
    for run in &kept {
        let jobs = run.table("jobs.csv")?.ok_or_else(|| {
            run.wrong("has no jobs.csv, as it was written with --tables; make the run again with --tables jobs (or all)")
        })?;
        let groups = cost_groups(jobs, &asked.by);
        let groups = groups.map_err(|Fault(why)| run.wrong(&format!("holds a {why}")))?;
        let bill = run.summary.get("cost_usd").and_then(Value::as_str);
        runs.push((groups, bill.unwrap_or("")));
    }
    let costs = CostsBy::of(&asked.by, asked.spread, runs);
    print(&match common.json {
        true => costs.json(),
        false => costs.text(),
    })
}
