//! The commands that only tell what there is.

use crate::metrics::assumption_values;
use crate::model::{Profile, Settings};
use crate::policy::{discipline, order, placement};
use crate::report::{Json, wrap};

/// Columns of a list, wherever it is printed.
const WIDTH: u16 = 80;

/// `batchcast assumptions`.
pub fn assumptions(profile: Profile, json: bool) -> String {
    let values = assumption_values(&Settings::new(profile));
    if json {
        return Json::document(|json| {
            json.text("profile", profile.name());
            json.object("assumptions", |json| {
                for assumption in &values {
                    json.object(assumption.key, |json| {
                        json.text("value", &assumption.value);
                        json.text("tag", assumption.tag.name());
                        json.text("meaning", assumption.sentence);
                    });
                }
            });
        });
    }
    let mut page = String::new();
    for assumption in &values {
        let tag = assumption.tag.name();
        page.push_str(&format!(
            "{} = {}  ({tag})\n",
            assumption.key, assumption.value
        ));
        page.push_str(&sentence(assumption.sentence));
    }
    let profiles = Profile::ALL.map(Profile::name).join(", ");
    page.push_str(&format!(
        "\nValues of profile {}; the profiles are {profiles}.\n\
         Set one with --set KEY=VALUE, or under [model] in a scenario.\n",
        profile.name()
    ));
    page
}

/// A sentence below what it is about.
fn sentence(text: &str) -> String {
    let lines = wrap(text, usize::from(WIDTH) - 4);
    lines.iter().map(|line| format!("    {line}\n")).collect()
}

/// Names and sentences of one kind of policy.
type Policies<'a> = Vec<(&'a str, &'a str)>;

fn policies_by_kind() -> [(&'static str, &'static str, Policies<'static>); 3] {
    [
        (
            "job order",
            "jobOrder",
            order::ORDERS
                .iter()
                .map(|known| (known.name, known.sentence))
                .collect(),
        ),
        (
            "dispatch discipline",
            "dispatch",
            discipline::DISCIPLINES
                .iter()
                .map(|known| (known.name, known.sentence))
                .collect(),
        ),
        (
            "placement",
            "placement",
            placement::PLACEMENTS
                .iter()
                .map(|known| (known.name, known.sentence))
                .collect(),
        ),
    ]
}

/// `batchcast policies`.
pub fn policies(json: bool) -> String {
    if json {
        return Json::document(|json| {
            for (_, key, policies) in policies_by_kind() {
                json.object(key, |json| {
                    for (name, sentence) in policies {
                        json.text(name, sentence);
                    }
                });
            }
        });
    }
    let mut pages = Vec::new();
    for (kind, key, policies) in policies_by_kind() {
        let mut page = format!("{kind}: set {key} in [model] or with --set, or for one queue\n");
        for (name, meaning) in policies {
            page.push_str(&format!("  {name}\n{}", sentence(meaning)));
        }
        pages.push(page);
    }
    pages.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ASSUMPTIONS;

    #[test]
    fn every_assumption_and_policy_is_listed_within_a_terminal() {
        let assumptions = assumptions(Profile::Typical, false);
        let policies = policies(false);
        for known in ASSUMPTIONS {
            assert!(assumptions.contains(known.key), "{}", known.key);
        }
        for name in ["fifo", "f4", "strict-held", "conservative", "spread"] {
            assert!(policies.contains(name), "{name}");
        }
        for line in assumptions.lines().chain(policies.lines()) {
            assert!(line.chars().count() <= usize::from(WIDTH), "{line}");
        }
    }

    #[test]
    fn lists_as_json_are_json() {
        for text in [assumptions(Profile::Ideal, true), policies(true)] {
            let value: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert!(value.is_object());
        }
    }
}
