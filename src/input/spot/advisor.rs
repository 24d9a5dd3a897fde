//! The feed of the Spot Instance Advisor (`spot-advisor-data.json`): in which band the interruptions of a type lie.

use std::collections::BTreeMap;
use std::io::Read;

use serde_json::Value;

use crate::input::Problem;
use crate::input::builder::Problems;
use crate::units::Ratio;

use super::document::document;

/// Interruptions of one instance in an hour, in millionths, where so many of a hundred are interrupted in a month of 730 hours,
/// evenly: -ln(1 - f) / 730. The advisor's bands are <5, 5-10, 10-15, 15-20 and >20 %; of the first four this is their middle, of
/// the last 25 %.
const HAZARDS: [u64; 5] = [35, 107, 183, 264, 394];

/// The operating system that counts.
const SYSTEM: &str = "Linux";

/// Interruptions an hour by instance type, in `region`.
///
/// # Errors
/// Every problem of the file.
pub fn hazards(
    reader: impl Read,
    file: &str,
    region: &str,
) -> Result<BTreeMap<String, Ratio>, Vec<Problem>> {
    let feed = document(reader, file)?;
    let mut problems = Problems::of(file);
    let mut hazards = BTreeMap::new();
    match types(&feed, region) {
        Err((pointer, message)) => problems.add(0, &pointer, message),
        Ok(types) => {
            for (name, of_type) in types {
                let band = of_type.get("r").and_then(Value::as_u64);
                let hazard = band.and_then(|band| HAZARDS.get(usize::try_from(band).ok()?));
                match (hazard, of_type.get("r")) {
                    (Some(hazard), _) => {
                        hazards.insert(name.clone(), Ratio::from_parts(*hazard));
                    }
                    (None, other) => {
                        let pointer = format!("/spot_advisor/{region}/{SYSTEM}/{name}/r");
                        let message = match other {
                            Some(other) => format!("`{other}` is no band; bands are 0 to 4"),
                            None => "missing: a band from 0 to 4".to_owned(),
                        };
                        problems.add(0, &pointer, message);
                    }
                }
            }
        }
    }
    match problems.is_empty() {
        true => Ok(hazards),
        false => Err(problems.into_list()),
    }
}

/// What the feed says of the types of a region, or where and how it does not.
fn types<'f>(
    feed: &'f Value,
    region: &str,
) -> Result<&'f serde_json::Map<String, Value>, (String, String)> {
    let Some(regions) = feed.get("spot_advisor").and_then(Value::as_object) else {
        let message = "missing: the feed of the Spot Instance Advisor has {\"spot_advisor\": {\"us-east-1\": {\"Linux\": …}}}";
        return Err(("/spot_advisor".to_owned(), message.to_owned()));
    };
    let Some(systems) = regions.get(region) else {
        let known: Vec<&str> = regions.keys().map(String::as_str).collect();
        let message = format!("missing: the feed has {}", known.join(", "));
        return Err((format!("/spot_advisor/{region}"), message));
    };
    let types = systems.get(SYSTEM).and_then(Value::as_object);
    types.ok_or_else(|| {
        let pointer = format!("/spot_advisor/{region}/{SYSTEM}");
        (pointer, "missing: types and their bands".to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_band_is_the_hazard_of_its_middle() {
        for (part, parts) in [0.025, 0.075, 0.125, 0.175, 0.25].into_iter().zip(HAZARDS) {
            let per_hour = -libm::log(1.0 - part) / 730.0;
            assert_eq!((per_hour * 1e6_f64).round() as u64, parts, "{part}");
        }
    }
}
