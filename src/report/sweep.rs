//! The tables of a sweep: a row for each run, and one for each cell with means and intervals.

use csv::Writer;

use crate::plan::{MEASURES, Observation, Shard, values};
use crate::stats::mean_interval;

use super::json::Json;
use super::manifest::InputFile;

/// One run of a sweep.
#[derive(Clone, Debug, PartialEq)]
pub struct SweepRun {
    /// Number of its cell, from 0.
    pub cell: u64,
    /// Number of its replication, from 0.
    pub replication: u64,
    /// What it gave, or why there is no such run.
    pub made: Result<Observation, String>,
}

/// A sweep: what it asks, without where it is written to.
#[derive(Clone, Debug)]
pub struct Sweep {
    /// Name of the scenario.
    pub scenario: String,
    /// The keys that are varied.
    pub keys: Vec<String>,
    /// The values of each cell, in the order of the keys.
    pub cells: Vec<Vec<String>>,
    /// Runs of each cell.
    pub replications: u64,
    /// The seed of all.
    pub seed: u64,
    /// Which cells are in this part.
    pub shard: Shard,
    /// What was read.
    pub inputs: Vec<InputFile>,
    /// What tells this sweep from every other: all of the above but the shard.
    pub id: String,
}

impl Sweep {
    /// Every run of this part, in order.
    pub fn tasks(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        let cells = (0..self.cells.len() as u64).filter(|&cell| self.shard.has(cell));
        cells.flat_map(|cell| (0..self.replications).map(move |number| (cell, number)))
    }

    /// What tells this part from every other.
    pub fn id_of_part(&self) -> String {
        let Shard { index, of } = self.shard;
        format!("{} {}/{of}", self.id, index + 1)
    }

    /// `runs.csv`: `runs` are in order of cell and replication.
    pub fn runs_csv(&self, runs: &[SweepRun]) -> Vec<u8> {
        let mut header = vec!["cell".to_owned()];
        header.extend(self.keys.iter().cloned());
        header.extend(["replication", "seed", "digest"].map(str::to_owned));
        header.extend(MEASURES.iter().map(|measure| measure.name.to_owned()));
        header.push("problem".to_owned());
        let rows = runs.iter().map(|run| {
            let mut row = vec![run.cell.to_string()];
            row.extend(self.cells[run.cell as usize].iter().cloned());
            row.extend(run_fields(run));
            row
        });
        written(header, rows)
    }

    /// `cells.csv`.
    pub fn cells_csv(&self, runs: &[SweepRun], confidence: f64) -> Vec<u8> {
        let mut header = vec!["cell".to_owned()];
        header.extend(self.keys.iter().cloned());
        header.push("replications".to_owned());
        for measure in MEASURES {
            header.push(format!("{}_mean", measure.name));
            header.push(format!("{}_half_width", measure.name));
        }
        header.push("problem".to_owned());
        let by_cell = runs.chunk_by(|one, other| one.cell == other.cell);
        let rows = by_cell.map(|runs| {
            let made = runs.iter().filter_map(|run| run.made.clone().ok());
            let made: Vec<Observation> = made.collect();
            let mut row = vec![runs[0].cell.to_string()];
            row.extend(self.cells[runs[0].cell as usize].iter().cloned());
            row.push(made.len().to_string());
            for place in 0..MEASURES.len() {
                let sample = values(&made, place);
                let estimate = mean_interval(&sample, confidence);
                row.push(match sample.is_empty() {
                    true => String::new(),
                    false => rounded(estimate.mean),
                });
                row.push(estimate.half.map_or_else(String::new, rounded));
            }
            let problem = runs.iter().find_map(|run| run.made.as_ref().err());
            row.push(problem.cloned().unwrap_or_default());
            row
        });
        written(header, rows)
    }

    /// `manifest.json`.
    pub fn manifest(&self, command: &[String]) -> String {
        Json::document(|json| {
            json.text("program", env!("CARGO_PKG_NAME"));
            json.text("version", env!("CARGO_PKG_VERSION"));
            json.text("sweep", &self.id);
            json.text("scenario", &self.scenario);
            json.whole("seed", self.seed);
            json.whole("cells", self.cells.len() as u64);
            json.whole("replications", self.replications);
            if self.shard != Shard::WHOLE {
                let Shard { index, of } = self.shard;
                json.text("shard", &format!("{}/{of}", index + 1));
            }
            json.array("keys", |json| {
                for key in &self.keys {
                    json.element_text(key);
                }
            });
            json.array("command", |json| {
                for word in command {
                    json.element_text(word);
                }
            });
            json.array("inputs", |json| {
                for input in &self.inputs {
                    json.element(|json| {
                        json.text("name", &input.name);
                        json.whole("bytes", input.bytes);
                        json.text("sha256", &input.sha256);
                    });
                }
            });
            json.array("files", |json| {
                for name in ["cells.csv", "runs.csv"] {
                    json.element_text(name);
                }
            });
        })
    }
}

/// The fields of a run after the values of its cell: replication, seed, digest, measures, problem.
pub fn run_fields(run: &SweepRun) -> Vec<String> {
    let mut fields = vec![run.replication.to_string()];
    match &run.made {
        Ok(made) => {
            fields.extend([made.seed.to_string(), format!("{:016x}", made.digest)]);
            fields.extend(
                made.values
                    .iter()
                    .map(|value| value.map_or_else(String::new, decimal)),
            );
            fields.push(String::new());
        }
        Err(why) => {
            fields.extend(vec![String::new(); MEASURES.len() + 2]);
            fields.push(why.clone());
        }
    }
    fields
}

/// A run from its cell's number and its fields, or `None` where they are not whole: a line that was cut short.
pub fn run_of_fields(cell: u64, fields: &[&str]) -> Option<SweepRun> {
    let [replication, seed, digest, measures @ .., problem] = fields else {
        return None;
    };
    let replication = replication.parse().ok()?;
    if measures.len() != MEASURES.len() {
        return None;
    }
    if seed.is_empty() {
        let made = Err((*problem).to_owned());
        return (!problem.is_empty()).then_some(SweepRun {
            cell,
            replication,
            made,
        });
    }
    let value = |text: &&str| match text.is_empty() {
        true => Some(None),
        false => text.parse::<f64>().ok().map(Some),
    };
    let made = Observation {
        seed: seed.parse().ok()?,
        digest: u64::from_str_radix(digest, 16).ok()?,
        values: measures.iter().map(value).collect::<Option<_>>()?,
    };
    Some(SweepRun {
        cell,
        replication,
        made: Ok(made),
    })
}

/// A number as short as it can be written so that reading gives it again.
fn decimal(value: f64) -> String {
    // No minus before nothing.
    format!("{}", value + 0.0)
}

/// A figure of statistics to six decimals.
fn rounded(value: f64) -> String {
    decimal((value * 1e6).round() / 1e6)
}

fn written(header: Vec<String>, rows: impl Iterator<Item = Vec<String>>) -> Vec<u8> {
    let mut writer = Writer::from_writer(Vec::new());
    for row in std::iter::once(header).chain(rows) {
        writer
            .write_record(&row)
            .expect("memory takes every row, and all are of one length");
    }
    writer.into_inner().expect("memory takes every row")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_was_written_is_read_as_it_was() {
        let mut values = vec![None; MEASURES.len()];
        values[0] = Some(0.1 + 0.2);
        values[1] = Some(12.0);
        let made = Ok(Observation {
            seed: 7,
            digest: 0xabc,
            values,
        });
        for made in [made, Err("it is refused, \"so\"".to_owned())] {
            let run = SweepRun {
                cell: 3,
                replication: 2,
                made,
            };
            let fields = run_fields(&run);
            let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
            assert_eq!(run_of_fields(3, &fields), Some(run));
            for cut in 0..fields.len() {
                assert_eq!(run_of_fields(3, &fields[..cut]), None);
            }
        }
    }
}
