//! What a sample, a user, a run costs: the jobs of one or more runs by a column of `jobs.csv`, and how costs spread over what
//! stands there.

use std::collections::BTreeMap;
use std::io::Read;

use csv::StringRecord;

use crate::metrics::nearest_ranks;
use crate::report::{Json, dollars, shortened, whole};
use crate::units::Usd;

use super::rows::{Fault, Table, usd};

/// What has the same value in the column costs together, in one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CostGroup {
    /// The value; empty where the column is.
    pub value: String,
    /// Jobs.
    pub jobs: u64,
    /// What their attempts cost, with its part of what no job pays where that is spread.
    pub cost: Usd,
}

/// The costs of one or more runs by a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CostsBy {
    /// The column.
    pub column: String,
    /// Whether what no job pays is spread over the groups in proportion to what they cost.
    pub is_spread: bool,
    /// The groups of all runs, the dearest first.
    pub groups: Vec<CostGroup>,
    /// How many runs they come from.
    pub runs: u64,
    /// What no job pays of all bills, and is not spread: boots, idle and unused machines, minimums, storage, commitments.
    pub rest: Usd,
}

/// The groups of `jobs` (jobs.csv of a run) by `column`, in order of value.
///
/// # Errors
/// Where the table has no such column (with those it has), or is none.
pub fn cost_groups(jobs: impl Read, column: &str) -> Result<Vec<CostGroup>, Fault> {
    let mut table = Table::new("jobs.csv", jobs)?;
    let by = table.known_column(column)?;
    let cost = table.column("cost_usd")?;
    let mut groups: BTreeMap<String, (u64, Usd)> = BTreeMap::new();
    let mut row = StringRecord::new();
    while table.next(&mut row)? {
        let value = row.get(by).unwrap_or("");
        let amount = usd(row.get(cost).unwrap_or("")).unwrap_or(Usd::ZERO);
        let group = match groups.get_mut(value) {
            Some(group) => group,
            None => groups.entry(value.to_owned()).or_default(),
        };
        group.0 += 1;
        group.1 += amount;
    }
    let group = |(value, (jobs, cost))| CostGroup { value, jobs, cost };
    Ok(groups.into_iter().map(group).collect())
}

impl CostsBy {
    /// Puts runs together: the groups of each, and its bill as `summary.json` prints it.
    pub fn of(column: &str, is_spread: bool, runs: Vec<(Vec<CostGroup>, &str)>) -> CostsBy {
        let mut all = CostsBy {
            column: column.to_owned(),
            is_spread,
            groups: Vec::new(),
            runs: runs.len() as u64,
            rest: Usd::ZERO,
        };
        for (mut groups, bill) in runs {
            let paid: Usd = groups.iter().map(|group| group.cost).sum();
            let rest = usd(bill).unwrap_or(paid) - paid;
            match is_spread && paid > Usd::ZERO {
                true => spread(&mut groups, rest, paid),
                false => all.rest += rest,
            }
            all.groups.append(&mut groups);
        }
        all.groups
            .sort_by(|a, b| (b.cost, &a.value).cmp(&(a.cost, &b.value)));
        all
    }

    /// The least, mean, median, P90 and greatest cost of a group, by nearest rank; `None` where there is none.
    pub fn spread_of_costs(&self) -> Option<[Usd; 5]> {
        let ticks = |group: &CostGroup| u64::try_from(group.cost.floor_ticks()).unwrap_or(0);
        let mut ticks: Vec<u64> = self.groups.iter().map(ticks).collect();
        let [least, p50, p90, most] = nearest_ranks(&mut ticks, [0, 500, 900, 1000])?;
        let sum: i128 = self
            .groups
            .iter()
            .map(|group| group.cost.floor_ticks())
            .sum();
        let mean = Usd::from_ticks(sum / self.groups.len() as i128);
        let of = |ticks: u64| Usd::from_ticks(ticks.into());
        Some([of(least), mean, of(p50), of(p90), of(most)])
    }

    /// To read.
    pub fn text(&self) -> String {
        const MOST: usize = 20;
        let Some([least, mean, p50, p90, most]) = self.spread_of_costs() else {
            return "no job\n".to_owned();
        };
        let runs = match self.runs {
            1 => String::new(),
            runs => format!(" in {runs} runs"),
        };
        let mut text = format!(
            "What jobs cost by {}: {} values{runs}\n\n  least {}, mean {}, P50 {}, P90 {}, most {} USD\n\n",
            self.column,
            whole(self.groups.len() as u64),
            dollars(least),
            dollars(mean),
            dollars(p50),
            dollars(p90),
            dollars(most)
        );
        for group in self.groups.iter().take(MOST) {
            let value = match group.value.as_str() {
                "" => "(none)",
                value => value,
            };
            text.push_str(&format!(
                "  {:<40} {:>10} jobs {:>14} USD\n",
                shortened(value, 40),
                whole(group.jobs),
                dollars(group.cost)
            ));
        }
        if self.groups.len() > MOST {
            text.push_str(&format!(
                "  and {} more\n",
                whole((self.groups.len() - MOST) as u64)
            ));
        }
        text.push_str(&match self.is_spread {
            true => "\n  What no job pays (boots, idle and unused machines, minimums, volumes) is spread over\n  them in proportion to what they cost.\n".to_owned(),
            false => format!(
                "\n  {} USD beside these are no job's: boots, idle and unused machines, minimums,\n  volumes; --spread puts them on the jobs in proportion to what they cost.\n",
                dollars(self.rest)
            ),
        });
        text
    }

    /// The same as data.
    pub fn json(&self) -> String {
        Json::document(|json| {
            json.text("by", &self.column);
            json.whole("runs", self.runs);
            json.flag("spread", self.is_spread);
            json.text("unattributed_usd", &self.rest.to_string());
            json.object("cost_usd", |json| {
                let names = ["min", "mean", "p50", "p90", "max"];
                let amounts = self.spread_of_costs();
                for (at, name) in names.into_iter().enumerate() {
                    match amounts {
                        Some(amounts) => json.text(name, &amounts[at].to_string()),
                        None => json.null(name),
                    }
                }
            });
            json.array("groups", |json| {
                for group in &self.groups {
                    json.element(|json| {
                        json.text("value", &group.value);
                        json.whole("jobs", group.jobs);
                        json.text("cost_usd", &group.cost.to_string());
                    });
                }
            });
        })
    }
}

/// Puts `rest` on groups that cost `paid` together, to the last digit.
fn spread(groups: &mut [CostGroup], rest: Usd, paid: Usd) {
    // Whole 10⁻¹⁰ USD on both sides, so that the product of two bills stays within 128 bits.
    let (rest, paid) = (rest.floor_ticks(), paid.floor_ticks());
    let part = |group: &CostGroup| group.cost.floor_ticks() * rest;
    let parts: Vec<Usd> = (groups.iter())
        .map(|group| Usd::from_units(part(group).div_euclid(paid) * Usd::from_ticks(1).units()))
        .collect();
    let sum: i128 = parts.iter().map(|part| part.floor_ticks()).sum();
    for (place, (group, part)) in groups.iter_mut().zip(parts).enumerate() {
        // Each part was rounded down, so less is left than there are groups.
        let one_more = i128::try_from(place).is_ok_and(|place| place < rest - sum);
        group.cost += part + Usd::from_ticks(one_more.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JOBS: &str = "job_id,user,cost_usd\n1,ann,1.00\n2,bob,0.50\n3,ann,0.25\n4,,0.05\n";

    fn costs(is_spread: bool) -> CostsBy {
        let groups = cost_groups(JOBS.as_bytes(), "user").unwrap();
        CostsBy::of("user", is_spread, vec![(groups, "2.50")])
    }

    #[test]
    fn jobs_of_one_value_cost_together_and_what_nobody_pays_stands_apart() {
        let costs = costs(false);
        let told: Vec<(&str, u64, String)> = (costs.groups.iter())
            .map(|group| (group.value.as_str(), group.jobs, group.cost.to_string()))
            .collect();
        let expected = [("ann", 2, "1.25"), ("bob", 1, "0.50"), ("", 1, "0.05")];
        assert_eq!(told, expected.map(|(a, b, c)| (a, b, c.to_owned())));
        assert_eq!(costs.rest.to_string(), "0.70");
        let [least, mean, p50, p90, most] =
            costs.spread_of_costs().unwrap().map(|usd| usd.to_string());
        assert_eq!(
            [least, mean, p50, p90, most],
            ["0.05", "0.60", "0.50", "1.25", "1.25"]
        );
    }

    #[test]
    fn what_is_spread_is_the_bill_to_the_last_digit() {
        let costs = costs(true);
        let sum: Usd = costs.groups.iter().map(|group| group.cost).sum();
        assert_eq!(
            (sum.to_string(), costs.rest),
            ("2.50".to_owned(), Usd::ZERO)
        );
        assert_eq!(costs.groups[1].cost.to_string(), "0.6944444444");
    }

    #[test]
    fn a_column_that_is_not_there_is_answered_with_those_that_are() {
        let Fault(why) = cost_groups(JOBS.as_bytes(), "usr").unwrap_err();
        assert!(
            why.contains("no column `usr`") && why.contains("user, cost_usd"),
            "{why}"
        );
    }
}
