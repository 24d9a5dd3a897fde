//! What the first page and the pages of scenarios say is so: their figures, files, columns and commands.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::golden::{HOME, folders, golden, sorted_paths};

fn first_page() -> String {
    fs::read_to_string(Path::new(HOME).join("README.md")).unwrap()
}

/// Runs the program in `folder`, which must succeed, and returns what it printed.
fn batchcast(folder: &Path, words: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_batchcast"))
        .args(words)
        .current_dir(folder)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{words:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

/// The blocks of `page` that are fenced as `language`.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let fence = format!("\n```{language}\n");
    let parts = page.split(fence.as_str()).skip(1);
    parts
        .map(|part| part.split("\n```").next().unwrap().to_owned() + "\n")
        .collect()
}

#[test]
fn the_first_page_shows_the_real_output_of_its_first_command() {
    let page = fs::read_to_string(Path::new(HOME).join("README.md")).unwrap();
    let report = golden("01-quickstart", "report.txt");
    assert!(
        page.contains(report.trim_end()),
        "README.md does not show scenarios/01-quickstart/golden/report.txt as it is"
    );
}

/// Figures on a scenario's page stand in backquotes, such as `240.00 USD`; each must be found in a golden of its folder.
#[test]
fn the_figures_on_a_scenarios_page_are_those_of_its_goldens() {
    for folder in folders() {
        let page = fs::read_to_string(folder.join("README.md")).unwrap();
        let mut goldens = String::new();
        for path in sorted_paths(&folder.join("golden")) {
            goldens.push_str(&fs::read_to_string(path).unwrap());
        }
        // Reports break lines; figures on pages do not.
        let goldens = goldens.split_whitespace().collect::<Vec<&str>>().join(" ");
        let spans = page.split('`').skip(1).step_by(2);
        for figure in spans.filter(|span| span.starts_with(|first: char| first.is_ascii_digit())) {
            assert!(
                goldens.contains(figure),
                "{}: `{figure}` is in no golden",
                folder.join("README.md").display()
            );
        }
    }
}

#[test]
fn the_scenario_on_the_first_page_has_no_problems_and_runs() {
    let page = first_page();
    let scenarios = blocks(&page, "toml");
    assert_eq!(scenarios.len(), 2, "the second is about Spot");
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("nightly.toml"), &scenarios[0]).unwrap();
    fs::write(home.path().join("jobs.csv"), "submit_s,run_s\n0,60\n").unwrap();
    let report = batchcast(home.path(), &["run", "nightly.toml"]);
    assert!(!report.contains("Without effect"), "{report}");
    assert!(!report.contains("Refused"), "{report}");
}

#[test]
fn the_spot_section_on_the_first_page_goes_with_the_scenario_there() {
    let home = tempfile::tempdir().unwrap();
    let row = |name: &str, zone: &str| {
        format!(
            r#"{{"Timestamp": "2021-03-11T00:00:00Z", "InstanceType": "{name}", "AvailabilityZone": "{zone}", "SpotPrice": "0.03"}}"#
        )
    };
    let rows = [
        row("c5.large", "us-east-1b"),
        row("m5.large", "us-east-1a").replace("11T", "01T"),
    ];
    let advisor =
        r#"{"spot_advisor": {"us-east-1": {"Linux": {"c5.large": {"r": 0}}}}}"#.to_owned();
    for (name, text) in [
        ("all.toml", blocks(&first_page(), "toml").concat()),
        ("jobs.csv", "submit_s,run_s\n0,60\n".to_owned()),
        ("prices.json", format!("[{}]", rows.join(", "))),
        ("spot-advisor-data.json", advisor),
    ] {
        fs::write(home.path().join(name), text).unwrap();
    }
    let said = batchcast(home.path(), &["check", "all.toml"]);
    assert!(said.contains("no problems"), "{said}");
    assert!(said.contains("note: Spot history: 2 rows"), "{said}");
    assert!(!said.contains("without effect"), "{said}");
}

#[test]
fn the_first_page_lists_every_file_of_a_run_and_its_columns() {
    let page = first_page();
    let home = tempfile::tempdir().unwrap();
    let scenario = Path::new(HOME).join("scenarios/01-quickstart");
    batchcast(
        home.path(),
        &["run", scenario.to_str().unwrap(), "-q", "-o", "out"],
    );
    for path in sorted_paths(&home.path().join("out")) {
        let name = path.file_name().unwrap().to_str().unwrap();
        let row = page
            .lines()
            .find(|line| line.starts_with(&format!("| `{name}` |")));
        let row = row.unwrap_or_else(|| panic!("README.md does not list {name}"));
        if name.ends_with(".csv") {
            let text = fs::read_to_string(&path).unwrap();
            let columns: Vec<String> = text
                .lines()
                .next()
                .unwrap()
                .split(',')
                .map(|column| format!("`{column}`"))
                .collect();
            assert!(
                row.ends_with(&format!("| {} |", columns.join(", "))),
                "{name}: {columns:?}"
            );
        }
    }
}

#[test]
fn the_first_page_lists_every_column_of_a_trace() {
    let page = first_page();
    let source = Path::new(HOME).join("src/input/csv_trace/columns.rs");
    let source = fs::read_to_string(source).unwrap();
    let begin = source.find("\ncolumns! {").unwrap();
    let list = source[begin..].split("\n}").next().unwrap();
    let names: Vec<&str> = list
        .lines()
        .filter_map(|line| line.trim().strip_suffix("\",")?.split(" = \"").nth(1))
        .collect();
    assert!(names.len() > 20, "{names:?}");
    for name in names {
        assert!(
            page.contains(&format!("`{name}`")),
            "README.md does not list the column {name}"
        );
    }
}

#[test]
fn the_first_page_defines_every_figure_as_summaries_do() {
    let page = first_page();
    let summary: serde_json::Value =
        serde_json::from_str(&golden("01-quickstart", "summary.json")).unwrap();
    for (figure, definition) in summary["definitions"].as_object().unwrap() {
        let definition = definition.as_str().unwrap();
        let row = page
            .lines()
            .find(|line| line.starts_with(&format!("| {figure} |")));
        assert!(
            row.is_some_and(|row| row.ends_with(&format!("| {definition} |"))),
            "{figure}"
        );
    }
    let causes = ["time_causes_s", "cost_causes_usd"].map(|key| summary[key].as_object().unwrap());
    for cause in causes.into_iter().flat_map(|causes| causes.keys()) {
        assert!(
            page.contains(&format!("`{cause}`")),
            "README.md does not explain {cause}"
        );
    }
}

#[test]
fn the_policy_on_the_first_page_is_a_file_of_the_source() {
    let policy = Path::new(HOME).join("src/policy/order/largest_first.rs");
    assert_eq!(
        blocks(&first_page(), "rust"),
        [fs::read_to_string(policy).unwrap()]
    );
}

#[test]
fn every_place_that_a_page_links_to_is_there() {
    let mut pages: Vec<PathBuf> = folders()
        .iter()
        .map(|folder| folder.join("README.md"))
        .collect();
    pages.push(Path::new(HOME).join("README.md"));
    pages.push(Path::new(HOME).join("CHANGELOG.md"));
    for page in pages {
        let text = fs::read_to_string(&page).unwrap();
        let targets = text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next());
        for target in targets.filter(|target| !target.contains("://")) {
            let place = page.parent().unwrap().join(target);
            assert!(place.exists(), "{}: {target} is not there", page.display());
        }
    }
}

/// The commands in indented lines and `sh` blocks, as words; those that need files of the reader's own are left out.
#[test]
fn every_command_on_a_page_that_needs_no_file_of_your_own_runs() {
    // The last two are too large for a test; their goldens are of small ones. What serves a page does not end.
    let own = [
        "LOG.swf.gz",
        "my.toml",
        "twin.toml",
        "exports",
        "logs",
        "lublin_256.swf.gz",
        "view",
        "us-west-2b_v100_1.json",
        "scenarios/14-western-digital",
        "scenarios/24-western-digital-spot",
    ];
    let mut pages: Vec<PathBuf> = folders()
        .iter()
        .map(|folder| folder.join("README.md"))
        .collect();
    pages.push(Path::new(HOME).join("README.md"));
    let mut count = 0;
    for page in pages {
        let text = fs::read_to_string(&page).unwrap();
        // One after another in one place: some read what those before them wrote.
        let home = tempfile::tempdir().unwrap();
        let fenced = blocks(&text, "sh").concat();
        let indented = text.lines().filter_map(|line| line.strip_prefix("    "));
        for line in indented.chain(fenced.lines()) {
            let Some(words) = line.strip_prefix("batchcast ") else {
                continue;
            };
            let words = words.split(" #").next().unwrap();
            let words: Vec<&str> = words.split_whitespace().collect();
            if words.iter().any(|word| own.contains(word)) {
                continue;
            }
            let place = |word: &&str| match word.starts_with("scenarios/") {
                true => Path::new(HOME).join(word).display().to_string(),
                false => (*word).to_owned(),
            };
            let placed: Vec<String> = words.iter().map(place).collect();
            let placed: Vec<&str> = placed.iter().map(String::as_str).collect();
            batchcast(home.path(), &placed);
            count += 1;
        }
    }
    assert!(count > 15, "{count}");
}

/// Mean wait in seconds of the jobs submitted in each of these intervals of seconds, which tell the three groups of
/// `04-fair-share` apart in a FIFO queue too, where they have no share.
fn mean_waits(scenario: &str) -> [f64; 3] {
    let out = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_batchcast"))
        .arg("run")
        .arg(Path::new(HOME).join(scenario))
        .args(["-q", "--tables", "jobs", "-o"])
        .arg(out.path().join("run"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{scenario}");
    let mut jobs = csv::Reader::from_path(out.path().join("run/jobs.csv")).unwrap();
    let header = jobs.headers().unwrap().clone();
    let column = |name: &str| header.iter().position(|cell| cell == name).unwrap();
    let (submit, wait) = (column("submit_s"), column("wait_s"));
    let mut sums = [(0.0, 0.0); 3];
    for job in jobs.records() {
        let job = job.unwrap();
        let group = match &job[submit] {
            "0" => 0,
            "14400" => 1,
            _ => 2,
        };
        sums[group].0 += job[wait].parse::<f64>().unwrap();
        sums[group].1 += 1.0;
    }
    sums.map(|(sum, count)| sum / count)
}

#[test]
fn with_fair_share_the_group_that_floods_the_queue_is_the_one_that_waits() {
    let [research, course, clinic] = mean_waits("scenarios/04-fair-share");
    let minutes = |seconds: f64| (seconds / 60.0).round();
    assert_eq!(
        (minutes(clinic), minutes(course)),
        (1.0, 24.0),
        "as its page says"
    );
    let [fifo_research, fifo_course, fifo_clinic] = mean_waits("scenarios/04-fair-share/fifo.toml");
    assert_eq!(minutes(research - fifo_research), 78.0, "as its page says");
    let hours = |seconds: f64| (seconds / 3600.0).round();
    assert_eq!(
        (hours(fifo_clinic), hours(fifo_course)),
        (5.0, 6.0),
        "as its page says"
    );
}
