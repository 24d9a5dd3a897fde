//! The rules of the source that no compiler checks: who imports whom, what the core never names, and that nothing lies about
//! that belongs to nothing.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use batchcast::policy::{discipline, order, placement};

/// The folder of the project.
const HOME: &str = env!("CARGO_MANIFEST_DIR");

/// Modules and what each may import besides itself. `engine::Streams` alone is an item of a module.
const IMPORTS: &[(&str, &[&str])] = &[
    ("units", &[]),
    ("engine", &["units"]),
    ("model", &["units"]),
    ("billing", &["units", "model"]),
    ("policy", &["units", "model"]),
    ("market", &["units", "model", "engine"]),
    ("control", &["units", "model", "policy"]),
    (
        "fleet",
        &["units", "model", "billing", "policy", "engine", "market"],
    ),
    (
        "sim",
        &[
            "units", "model", "billing", "policy", "engine", "market", "control", "fleet",
        ],
    ),
    // What a run is observed as is `model::Observer`, which `sim` calls; metrics need not know who does.
    ("metrics", &["units", "model", "billing"]),
    (
        "input",
        &[
            "units",
            "model",
            "billing",
            "policy",
            "engine::Streams",
            "engine::chance",
        ],
    ),
    (
        "report",
        &["units", "model", "billing", "metrics", "plan", "stats"],
    ),
    ("explain", &["units", "model", "metrics", "report"]),
    ("stats", &[]),
    (
        "picture",
        &["units", "model", "metrics", "report", "explain"],
    ),
    (
        "plan",
        &[
            "stats",
            "units",
            "model",
            "policy",
            "engine::Streams",
            "engine::chance",
            "sim",
            "metrics",
        ],
    ),
];

/// The modules whose results are a function of the World, the seed and the commands alone.
const CORE: &[&str] = &[
    "units", "engine", "model", "billing", "policy", "market", "control", "fleet", "sim", "metrics",
];

/// What the core never names: order by chance, the clock, the environment, files, threads, the terminal, formats.
const NEVER_IN_CORE: &[&str] = &[
    "HashMap",
    "HashSet",
    "SystemTime",
    "Instant",
    "thread_rng",
    "std::fs",
    "std::env",
    "std::thread",
    "std::process",
    "println!",
    "eprintln!",
    "serde",
    "clap",
];

/// What reading and reporting never name either; they work on bytes.
const NEVER_IN_RIM: &[&str] = &[
    "SystemTime",
    "Instant",
    "thread_rng",
    "std::fs",
    "std::env",
    "std::thread",
    "std::process",
    "println!",
    "eprintln!",
];

/// Where no float may be, as time, money or order is kept there; and the files that turn a user's decimal into a ratio and a
/// stream's words into samples.
const NO_FLOATS: &[&str] = &["units", "engine", "billing", "control", "fleet", "sim"];
const FLOATS_ALLOWED: &[&str] = &["src/units/ratio.rs", "src/engine/chance.rs"];

/// Lines of a file that has one reason to be opened.
const LINES_MAX: usize = 800;

/// A source file: its path within the project, its module path and its text.
struct Source {
    path: String,
    /// `["control", "queue"]` for src/control/queue.rs, `["control"]` for src/control/mod.rs.
    module: Vec<String>,
    text: String,
}

impl Source {
    fn top(&self) -> &str {
        self.module.first().map_or("", String::as_str)
    }

    /// Whether all of it is tests.
    fn is_test(&self) -> bool {
        self.module.iter().any(|part| part == "tests")
    }

    /// Its lines with their numbers, without comments and without the tests at its end.
    fn code(&self) -> Vec<(usize, &str)> {
        let lines = self.text.lines().enumerate();
        let mut code = Vec::new();
        let mut lines = lines.peekable();
        while let Some((index, line)) = lines.next() {
            let is_tests = line.trim() == "#[cfg(test)]"
                && lines
                    .peek()
                    .is_some_and(|(_, next)| next.starts_with("mod ") && next.ends_with('{'));
            if is_tests {
                break;
            }
            let line = line.split_once("//").map_or(line, |(code, _)| code);
            code.push((index + 1, line));
        }
        code
    }
}

fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|why| panic!("{}: {why}", folder.display()));
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            files(&path, ending, found);
        } else if path.extension().is_some_and(|found| found == ending) {
            found.push(path);
        }
    }
    found.sort();
}

fn rust_files(folder: &str) -> Vec<Source> {
    let home = Path::new(HOME);
    let mut paths = Vec::new();
    files(&home.join(folder), "rs", &mut paths);
    let sources = paths.into_iter().map(|path| {
        let inside = path.strip_prefix(home.join(folder)).unwrap();
        let mut module: Vec<String> = inside
            .with_extension("")
            .iter()
            .map(|part| part.to_str().unwrap().to_owned())
            .collect();
        if matches!(
            module.last().map(String::as_str),
            Some("mod" | "lib" | "main")
        ) {
            module.pop();
        }
        Source {
            path: path.strip_prefix(home).unwrap().display().to_string(),
            module,
            text: fs::read_to_string(&path).unwrap(),
        }
    });
    sources.collect()
}

/// Whether `text` has `word` with no letter, digit or underscore before or after it.
fn has_word(text: &str, word: &str) -> bool {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

/// What a line takes from other modules of the crate, as `module::item`; `super::` chains that leave the module count too.
fn taken(source: &Source, line: &str) -> Vec<String> {
    let path_at = |start: usize| -> String {
        let is_path = |letter: &char| letter.is_alphanumeric() || matches!(letter, '_' | ':');
        line[start..].chars().take_while(is_path).collect()
    };
    let mut found: Vec<String> = line
        .match_indices("crate::")
        .map(|(at, prefix)| path_at(at + prefix.len()))
        .collect();
    // One `super` for each part of the module's path leads to the root of the crate.
    let to_root = "super::".repeat(source.module.len().max(1));
    found.extend(
        line.match_indices(&to_root)
            .map(|(at, prefix)| path_at(at + prefix.len())),
    );
    found
}

fn may_import(from: &str, path: &str) -> bool {
    let top = path.split("::").next().unwrap_or("");
    let allowed = IMPORTS.iter().find(|(module, _)| *module == from);
    let (_, allowed) = allowed.unwrap_or_else(|| panic!("{from} is in no row of IMPORTS"));
    top == from
        || allowed.iter().any(|allowed| match allowed.contains("::") {
            true => path == *allowed || path.starts_with(&format!("{allowed}::")),
            false => top == *allowed,
        })
}

fn none(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn modules_import_only_what_their_row_of_the_table_says() {
    let mut faults = Vec::new();
    for source in rust_files("src") {
        // The shell may use everything.
        if matches!(source.top(), "" | "cli") || source.is_test() {
            continue;
        }
        for (number, line) in source.code() {
            for path in taken(&source, line) {
                if !may_import(source.top(), &path) {
                    faults.push(format!(
                        "{}:{number}: {} takes {path}",
                        source.path,
                        source.top()
                    ));
                }
            }
        }
    }
    none(&faults);
}

#[test]
fn control_and_fleet_never_meet_but_in_sim() {
    assert!(!may_import("control", "fleet::Fleet"));
    assert!(!may_import("fleet", "control::Control"));
    assert!(may_import("sim", "control::Control") && may_import("sim", "fleet::Fleet"));
    assert!(may_import("input", "engine::Streams") && !may_import("input", "engine::Calendar"));
}

#[test]
fn the_core_names_nothing_that_differs_from_run_to_run() {
    let mut faults = Vec::new();
    for source in rust_files("src") {
        let banned = match source.top() {
            top if CORE.contains(&top) => NEVER_IN_CORE,
            "input" | "report" | "explain" | "picture" | "plan" => NEVER_IN_RIM,
            _ => continue,
        };
        if source.is_test() {
            continue;
        }
        for (number, line) in source.code() {
            for word in banned.iter().filter(|word| has_word(line, word)) {
                faults.push(format!("{}:{number}: {word}", source.path));
            }
        }
    }
    none(&faults);
}

#[test]
fn no_float_is_where_time_money_or_order_is_kept() {
    let mut faults = Vec::new();
    for source in rust_files("src") {
        let is_exact = NO_FLOATS.contains(&source.top()) && !source.is_test();
        if !is_exact || FLOATS_ALLOWED.contains(&source.path.as_str()) {
            continue;
        }
        for (number, line) in source.code() {
            if has_word(line, "f64") || has_word(line, "f32") {
                faults.push(format!("{}:{number}: {}", source.path, line.trim()));
            }
        }
    }
    none(&faults);
}

#[test]
fn no_file_of_the_source_has_two_reasons_to_be_opened() {
    let mut faults = Vec::new();
    for source in rust_files("src") {
        let lines = source.text.lines().count();
        if lines > LINES_MAX {
            faults.push(format!(
                "{}: {lines} lines, at most {LINES_MAX}",
                source.path
            ));
        }
    }
    none(&faults);
}

#[test]
fn every_file_is_a_module_of_its_parent() {
    let mut faults = Vec::new();
    for folder in ["src", "tests/it"] {
        let sources = rust_files(folder);
        for source in &sources {
            let Some((name, parent)) = source.module.split_last() else {
                continue;
            };
            let declared = [format!("mod {name};"), format!("mod {name} {{")];
            let parents = sources.iter().filter(|other| other.module == parent);
            let is_listed = parents.flat_map(|parent| parent.text.lines()).any(|line| {
                let line = line.trim();
                let line = line.strip_prefix("pub ").unwrap_or(line);
                declared.iter().any(|one| line == one)
            });
            if !is_listed {
                faults.push(format!("{}: no `mod {name};` in its parent", source.path));
            }
        }
    }
    none(&faults);
}

#[test]
fn nothing_is_left_unfinished_or_untested() {
    // Put together here, so that this file does not have them.
    let words = [
        concat!("to", "do!("),
        concat!("unimple", "mented!("),
        concat!("db", "g!("),
        concat!("FIX", "ME"),
        concat!("#[ig", "nore"),
    ];
    let mut faults = Vec::new();
    for folder in ["src", "tests", "benches"] {
        for source in rust_files(folder) {
            for (index, line) in source.text.lines().enumerate() {
                for word in words.iter().filter(|word| line.contains(*word)) {
                    faults.push(format!("{}:{}: {word}", source.path, index + 1));
                }
            }
        }
    }
    none(&faults);
}

#[test]
fn every_scenario_has_a_page_and_a_golden() {
    let mut faults = Vec::new();
    let mut count = 0;
    for entry in fs::read_dir(Path::new(HOME).join("scenarios")).unwrap() {
        let folder = entry.unwrap().path();
        if !folder.is_dir() {
            continue;
        }
        count += 1;
        for name in [
            "scenario.toml",
            "README.md",
            "golden/summary.json",
            "golden/report.txt",
        ] {
            let is_there =
                fs::read_to_string(folder.join(name)).is_ok_and(|text| !text.trim().is_empty());
            if !is_there {
                faults.push(format!("{}: no {name}, or an empty one", folder.display()));
            }
        }
    }
    none(&faults);
    assert!(count > 0, "there are no scenarios");
}

/// Every policy of a family has a file of its own, except that files may hold several that differ in a constant.
#[test]
fn every_listed_policy_has_its_file_and_every_file_its_policy() {
    let mut faults = Vec::new();
    let sources = rust_files("src/policy");
    let files_of = |family: &str| -> Vec<&Source> {
        let inside = sources.iter().filter(|source| source.module.len() == 2);
        inside.filter(|source| source.module[0] == family).collect()
    };
    let orders = files_of("order");
    for known in order::ORDERS {
        let named = format!("\"{}\"", known.name);
        if !orders.iter().any(|file| file.text.contains(&named)) {
            faults.push(format!("the order {} has no file", known.name));
        }
    }
    for file in &orders {
        let listed = order::ORDERS
            .iter()
            .map(|known| format!("\"{}\"", known.name));
        if !listed.into_iter().any(|named| file.text.contains(&named)) {
            faults.push(format!("{}: none of its orders is listed", file.path));
        }
    }
    let plain = |name: &str| name.split(':').next().unwrap_or("").replace(['-', '_'], "");
    let listed: BTreeSet<String> = discipline::DISCIPLINES
        .iter()
        .map(|known| plain(known.name))
        .collect();
    let there: BTreeSet<String> = files_of("discipline")
        .iter()
        .map(|file| plain(&file.module[1]))
        .collect();
    if listed != there {
        faults.push(format!("disciplines listed: {listed:?}; files: {there:?}"));
    }
    for known in placement::PLACEMENTS {
        if placement::find(known.name).is_err() {
            faults.push(format!(
                "the placement {} is not found by its name",
                known.name
            ));
        }
    }
    none(&faults);
}

#[test]
fn nothing_names_a_place_of_one_machine() {
    let home = Path::new(HOME);
    let mut paths = Vec::new();
    for folder in ["src", "tests", "benches", "scenarios", "fuzz/fuzz_targets"] {
        for ending in ["rs", "md", "toml", "json", "txt", "csv"] {
            files(&home.join(folder), ending, &mut paths);
        }
    }
    paths
        .extend(["README.md", "CHANGELOG.md", "Cargo.toml", ".ci/run"].map(|name| home.join(name)));
    let places = ["wo", "ho", "tm", "ro"].map(|start| {
        let rest = match start {
            "wo" => "rk/",
            "ho" => "me/",
            "tm" => "p/",
            _ => "ot/",
        };
        format!("/{start}{rest}")
    });
    let mut faults = Vec::new();
    for path in paths {
        let text =
            fs::read_to_string(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
        for (index, line) in text.lines().enumerate() {
            // Behind a letter it is a part of a longer, relative path.
            let is_there = places.iter().any(|place| {
                line.match_indices(place.as_str())
                    .any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '.'))
            });
            if is_there {
                faults.push(format!("{}:{}: {}", path.display(), index + 1, line.trim()));
            }
        }
    }
    none(&faults);
}
