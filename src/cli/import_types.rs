//! `batchcast catalog import`: instance types and prices that AWS prints, as a file for scenarios.

use std::fs::{self, File};

use crate::input::Problem;
use crate::input::aws::{Exports, types_toml};

use super::args::{Common, ImportTypes};
use super::failure::Failure;
use super::output::print;

/// Reads the files and writes the types.
///
/// # Errors
/// Everything that is wrong with them, or a file that is there already.
pub fn import(asked: &ImportTypes, common: &Common) -> Result<(), Failure> {
    let output = &asked.output;
    if output.exists() && !asked.force {
        return Err(Failure::Usage(format!(
            "{}: is there already; name a new file, or say --force",
            output.display()
        )));
    }
    let mut exports = Exports::default();
    let mut problems = Vec::new();
    for path in &asked.files {
        let file = File::open(path).map_err(|error| Failure::file(path, "read", error))?;
        let name = path.display().to_string();
        let before = (exports.types.len(), exports.prices.rows);
        match exports.add(file, &name) {
            Err(wrong) => problems.extend(wrong),
            Ok(()) if before == (exports.types.len(), exports.prices.rows) => {
                let message = "has neither instance types nor prices; give what `aws ec2 describe-instance-types` or `aws pricing \
                    get-products` prints, or the offer file of AmazonEC2";
                problems.push(Problem::whole(&name, message));
            }
            Ok(()) => {}
        }
    }
    let regions = exports.prices.regions();
    if regions.len() > 1 && !regions.contains(asked.region.as_str()) {
        let known: Vec<&str> = regions.into_iter().collect();
        return Err(Failure::Usage(format!(
            "--region: there are no prices of {}; there are some of {}",
            asked.region,
            known.join(", ")
        )));
    }
    if !problems.is_empty() {
        return Err(Failure::Problems(problems));
    }
    let made = types_toml(&exports, &asked.region, None);
    let head = format!(
        "# Instance types and On-Demand prices, as AWS has them: for instanceTypesFrom of a scenario in {}.\n\n",
        asked.region
    );
    fs::write(output, head + &made.text).map_err(|error| Failure::file(output, "write", error))?;
    if common.quiet {
        return Ok(());
    }
    let mut text = format!(
        "{}: {} types; {} prices were read\n",
        output.display(),
        made.count,
        exports.prices.rows
    );
    let mut tell = |count: usize, what: &str| {
        if count > 0 {
            text.push_str(&format!("{count} {what}\n"));
        }
    };
    tell(
        made.without_price.len(),
        "types have no price and are left out: give the price list of the region too",
    );
    tell(
        made.catalogue_price.len(),
        "types keep the price of the built-in catalogue, for want of another",
    );
    tell(
        exports.prices.contradictions as usize,
        "prices contradict an earlier one, which holds",
    );
    print(&text)
}
