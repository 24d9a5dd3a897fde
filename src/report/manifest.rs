//! `manifest.json`: what a run folder was made from and by. Nothing in it differs between two runs of one input.

use super::json::Json;

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputFile {
    /// Its name as the scenario or the command line names it, without the folders above the scenario's.
    pub name: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
}

/// What a run folder was made from and by.
#[derive(Clone, Debug)]
pub struct Manifest<'a> {
    /// Name of the scenario.
    pub scenario: &'a str,
    /// The seed.
    pub seed: u64,
    /// The digest of all events.
    pub digest: u64,
    /// How many events were handled: what the run was as work, not what it found.
    pub events: u64,
    /// The command line as it would be typed, without the output folder.
    pub command: Vec<String>,
    /// What was read.
    pub inputs: Vec<InputFile>,
    /// What was noticed in reading it: one sentence each.
    pub notes: &'a [String],
    /// Parameters of the model and their values.
    pub assumptions: &'a [crate::metrics::AssumptionValue],
    /// The profile that defaults came from.
    pub profile: &'a str,
    /// The files beside this one.
    pub files: Vec<String>,
}

/// The document.
pub fn manifest_json(manifest: &Manifest<'_>) -> String {
    Json::document(|json| {
        json.text("program", env!("CARGO_PKG_NAME"));
        json.text("version", env!("CARGO_PKG_VERSION"));
        json.text("scenario", manifest.scenario);
        json.whole("seed", manifest.seed);
        json.text("digest", &format!("{:016x}", manifest.digest));
        json.whole("events", manifest.events);
        json.array("command", |json| {
            for word in &manifest.command {
                json.element_text(word);
            }
        });
        json.array("inputs", |json| {
            for input in &manifest.inputs {
                json.element(|json| {
                    json.text("name", &input.name);
                    json.whole("bytes", input.bytes);
                    json.text("sha256", &input.sha256);
                });
            }
        });
        if !manifest.notes.is_empty() {
            json.array("notes", |json| {
                for note in manifest.notes {
                    json.element_text(note);
                }
            });
        }
        json.text("profile", manifest.profile);
        json.object("settings", |json| {
            for assumption in manifest.assumptions {
                json.text(assumption.key, &assumption.value);
            }
        });
        json.array("files", |json| {
            for file in &manifest.files {
                json.element_text(file);
            }
        });
    })
}
