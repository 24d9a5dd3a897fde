//! The page, the pictures, the trace and the curve of a run: that they are whole, say what the tables say, and work.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_batchcast");

/// Scenarios that are too large for a test that runs all.
const LARGE: [&str; 2] = ["14-western-digital", "24-western-digital-spot"];

fn scenarios() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

fn program(words: &[&str]) -> Output {
    let made = Command::new(PROGRAM).args(words).output().unwrap();
    assert!(
        made.status.success(),
        "{words:?}: {}",
        String::from_utf8_lossy(&made.stderr)
    );
    made
}

/// A run folder of `scenario` with its report, in `home`.
fn reported(home: &Path, scenario: &Path, name: &str) -> PathBuf {
    let folder = home.join(name);
    let (scenario, to) = (scenario.to_str().unwrap(), folder.to_str().unwrap());
    program(&["run", scenario, "-q", "-o", to, "--report"]);
    folder
}

fn rows(folder: &Path, table: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(folder.join(table)).unwrap();
    reader.deserialize().map(Result::unwrap).collect()
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// The value of an attribute in a tag.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = tag.split_once(&format!("{name}=\""))?;
    rest.split_once('"').map(|(value, _)| value)
}

/// What the page's script is given.
fn given(page: &str) -> Value {
    let (_, rest) = page.split_once("id=\"data\">").unwrap();
    let (data, _) = rest.split_once("</script>").unwrap();
    serde_json::from_str(data).unwrap()
}

#[test]
fn the_figures_of_the_page_are_those_of_the_summary() {
    let home = tempfile::tempdir().unwrap();
    for name in ["09-autoscaling-day", "15-spot-or-on-demand"] {
        let folder = reported(home.path(), &scenarios().join(name), name);
        let page = fs::read_to_string(folder.join("report.html")).unwrap();
        let summary = json(&folder.join("summary.json"));
        let mut count = 0;
        for tag in page.split("<b data-at=").skip(1) {
            let tag = format!("data-at={tag}");
            let told = attribute(&tag, "data-v").unwrap();
            let exact = match summary
                .pointer(attribute(&tag, "data-at").unwrap())
                .unwrap()
            {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            assert_eq!(told, exact, "{name}");
            count += 1;
        }
        assert_eq!(count, 5, "{name}");
        let data = given(&page);
        assert_eq!(data["summary"], summary, "{name}");
        // The last amounts of the bill's picture are the bill.
        let series = data["charts"]["cost-causes"]["hover"]["series"]
            .as_array()
            .unwrap();
        let last = |one: &Value| {
            one["v"]
                .as_array()
                .unwrap()
                .last()
                .unwrap()
                .as_f64()
                .unwrap()
        };
        let bill: f64 = summary["cost_usd"].as_str().unwrap().parse().unwrap();
        for one in series {
            let cause = one["name"].as_str().unwrap();
            let amount = match cause {
                "the bill" => bill,
                cause => match summary["cost_causes_usd"][cause].as_str() {
                    Some(amount) => amount.parse().unwrap(),
                    None => continue,
                },
            };
            let near = (last(one) - amount).abs() <= 0.001 * amount.abs().max(0.1);
            assert!(near, "{name}: {cause}: {} for {amount}", last(one));
        }
        // Every picture is on the page and a file.
        let charts = data["charts"].as_object().unwrap();
        for id in charts.keys() {
            let svg = fs::read_to_string(folder.join(format!("pictures/{id}.svg"))).unwrap();
            assert!(
                svg.starts_with("<svg ") && svg.ends_with("</svg>\n"),
                "{id}"
            );
            assert!(
                page.contains(&format!("<figure class=\"chart\" id=\"{id}\">")),
                "{id}"
            );
        }
        assert!(
            !page.contains("http://") && !page.contains("https://"),
            "{name}: needs a network"
        );
    }
}

#[test]
fn the_same_run_has_the_same_report_and_trace() {
    let home = tempfile::tempdir().unwrap();
    let scenario = scenarios().join("18-spot-drought-with-fallback");
    let made = ["a", "b"].map(|name| {
        let folder = reported(home.path(), &scenario, name);
        let (run, trace) = (folder.to_str().unwrap(), folder.join("trace.json"));
        let again = home.path().join(format!("again-{name}"));
        program(&[
            "report",
            run,
            "-q",
            "-o",
            again.to_str().unwrap(),
            "--trace",
            trace.to_str().unwrap(),
        ]);
        let mut bytes = vec![fs::read(trace).unwrap()];
        for folder in [&folder, &again] {
            bytes.push(fs::read(folder.join("report.html")).unwrap());
            bytes.push(fs::read(folder.join("pictures/spot.svg")).unwrap());
        }
        bytes
    });
    assert_eq!(
        made[0][1..3],
        made[0][3..5],
        "report again differs from run --report"
    );
    assert!(made[0] == made[1]);
}

/// A trace whose names are markup, quotes and ends of scripts.
const HOSTILE: &str = "job_id,submit_s,run_s,vcpus,depends_on\n\
    <script>alert(1)</script>,0,100,3,\n\
    </script><img/src=x>,10,50,2,\n\
    \"\"\"'&<b>\",10,5,1,\n\
    <!--,20,5,4,\n";

#[test]
fn names_of_jobs_stay_text() {
    let home = tempfile::tempdir().unwrap();
    let trace = home.path().join("<i>&'.csv");
    fs::write(&trace, HOSTILE).unwrap();
    let folder = home.path().join("run");
    let (trace, to) = (trace.to_str().unwrap(), folder.to_str().unwrap());
    program(&[
        "run", "--trace", trace, "--pool", "4", "-q", "-o", to, "--report",
    ]);
    let page = fs::read_to_string(folder.join("report.html")).unwrap();
    for bad in ["<script>alert", "<img", "<b>\"", "<!--", "<i>&"] {
        assert!(!page.contains(bad), "{bad}");
    }
    assert_eq!(page.matches("<script").count(), 2);
    assert_eq!(page.matches("</script>").count(), 2);
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    let cells = given(&page)["charts"]["machines"]["hover"]["cells"].to_string();
    assert!(
        cells.contains("<script>alert(1)</script>"),
        "the data still has the name"
    );
    let trace = folder.join("trace.json");
    program(&["report", to, "-q", "--trace", trace.to_str().unwrap()]);
    let names = json(&trace)["traceEvents"].to_string();
    assert!(names.contains("</script><img/src=x>"));
    if let Some(told) = selftest(&folder, 1280) {
        assert_eq!(told["faults"], serde_json::json!([]));
    }
}

#[test]
fn a_run_that_kept_few_tables_has_a_page_that_says_so() {
    let home = tempfile::tempdir().unwrap();
    let scenario = scenarios().join("01-quickstart");
    for tables in ["none", "jobs", "timeline", "attempts"] {
        let folder = home.path().join(tables);
        let (scenario, to) = (scenario.to_str().unwrap(), folder.to_str().unwrap());
        program(&[
            "run", scenario, "-q", "-o", to, "--tables", tables, "--report",
        ]);
        let page = fs::read_to_string(folder.join("report.html")).unwrap();
        assert!(page.contains("This run has no rows of"), "{tables}");
        let has_jobs = folder.join("pictures/jobs.svg").exists();
        assert_eq!(has_jobs, tables == "timeline", "{tables}");
    }
}

#[test]
fn a_trace_has_the_attempts_and_times_of_the_tables() {
    let home = tempfile::tempdir().unwrap();
    for (name, arrows) in [
        ("03-arrays-and-dependencies", 107),
        ("18-spot-drought-with-fallback", 0),
    ] {
        let folder = reported(home.path(), &scenarios().join(name), name);
        let file = folder.join("trace.json");
        let to = file.to_str().unwrap();
        program(&["report", folder.to_str().unwrap(), "-q", "--trace", to]);
        let trace = json(&file);
        let events = trace["traceEvents"].as_array().unwrap();
        let of = |phase: &str| -> Vec<&Value> {
            events.iter().filter(|event| event["ph"] == phase).collect()
        };
        let attempts = rows(&folder, "attempts.csv");
        let slices = of("X");
        assert_eq!(slices.len(), attempts.len(), "{name}");
        let us = |text: &str| (text.parse::<f64>().unwrap() * 1e6).round() as u64;
        let lived: u64 = attempts
            .iter()
            .map(|row| us(&row["end_s"]) - us(&row["placed_s"]))
            .sum();
        let drawn: u64 = slices.iter().map(|one| one["dur"].as_u64().unwrap()).sum();
        assert_eq!(drawn, lived, "{name}");
        let machines = rows(&folder, "instances.csv").len();
        let threads: Vec<&Value> = of("M")
            .into_iter()
            .filter(|one| one["name"] == "thread_name")
            .collect();
        let first = threads
            .iter()
            .filter(|one| one["args"]["name"].as_str().unwrap().ends_with(')'));
        assert_eq!(first.count(), machines, "{name}");
        // Slices of a thread come in order and do not overlap.
        let mut until: BTreeMap<(u64, u64), u64> = BTreeMap::new();
        for one in &slices {
            let key = |name: &str| one[name].as_u64().unwrap();
            let free = until.entry((key("pid"), key("tid"))).or_default();
            assert!(*free <= key("ts"), "{name}: {one}");
            *free = key("ts") + key("dur");
        }
        assert_eq!((of("s").len(), of("f").len()), (arrows, arrows), "{name}");
        // All that waited has started in the end.
        let mut last: BTreeMap<&str, i64> = BTreeMap::new();
        for one in of("C") {
            let waiting = one["args"]["jobs"].as_i64().unwrap();
            assert!(waiting >= 0, "{one}");
            last.insert(one["name"].as_str().unwrap(), waiting);
        }
        assert!(
            last.values().all(|waiting| *waiting == 0),
            "{name}: {last:?}"
        );
    }
}

#[test]
fn the_curve_follows_the_summary_and_keeps_to_the_terminal() {
    let scenario = scenarios().join("03-arrays-and-dependencies");
    let scenario = scenario.to_str().unwrap();
    let plot = |locale: &str, columns: &str| -> String {
        let made = Command::new(PROGRAM)
            .args(["run", scenario, "--plot"])
            .env("LC_ALL", locale)
            .env("COLUMNS", columns)
            .output()
            .unwrap();
        let text = String::from_utf8(made.stdout).unwrap();
        let (_, curve) = text.split_once("\n\nJobs that run").unwrap();
        curve.to_owned()
    };
    let (blocks, ascii) = (plot("C.UTF-8", "60"), plot("C", "60"));
    assert!(blocks.contains('█') && ascii.is_ascii() && ascii.contains('#'));
    for text in [&blocks, &ascii] {
        assert!(
            text.lines().all(|line| line.chars().count() <= 60),
            "{text}"
        );
        assert_eq!(text.lines().count(), 15, "{text}");
    }
    let made = program(&["run", scenario, "--plot", "--json"]);
    let _: Value = serde_json::from_slice(&made.stdout).expect("nothing but JSON");
}

#[test]
fn view_serves_the_page_and_the_tables_until_it_is_ended() {
    let home = tempfile::tempdir().unwrap();
    let folder = reported(home.path(), &scenarios().join("01-quickstart"), "run");
    let mut server = Command::new(PROGRAM)
        .args(["view", folder.to_str().unwrap(), "--port", "0"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let address = line
        .trim_start_matches("http://")
        .split('/')
        .next()
        .unwrap()
        .to_owned();
    let get = |path: &str| -> String {
        let mut client = TcpStream::connect(&address).unwrap();
        write!(client, "GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n").unwrap();
        let mut text = String::new();
        client.read_to_string(&mut text).unwrap();
        text
    };
    let answers = ["/", "/jobs.csv", "/pictures/jobs.svg", "/../run/jobs.csv"].map(get);
    server.kill().unwrap();
    server.wait().unwrap();
    let [page, jobs, picture, outside] = answers;
    let on_disk = fs::read_to_string(folder.join("report.html")).unwrap();
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n") && page.ends_with(&on_disk));
    assert!(jobs.ends_with(&fs::read_to_string(folder.join("jobs.csv")).unwrap()));
    assert!(picture.contains("image/svg+xml") && picture.ends_with("</svg>\n"));
    assert!(outside.starts_with("HTTP/1.1 404"));
}

/// What the page's own test tells in a browser of this width; `None` where there is no browser.
fn selftest(folder: &Path, width: u32) -> Option<Value> {
    let profile = tempfile::tempdir().unwrap();
    let url = format!("file://{}#selftest", folder.join("report.html").display());
    let made = Command::new("chromium")
        .args([
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--enable-logging=stderr",
            "--v=0",
        ])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("--window-size={width},900"))
        .args(["--virtual-time-budget=8000", "--dump-dom", &url])
        .output();
    let made = match made {
        Ok(made) => made,
        Err(_) => {
            eprintln!("skipped: no chromium on PATH");
            return None;
        }
    };
    let errors = String::from_utf8_lossy(&made.stderr);
    let console: Vec<&str> = errors
        .lines()
        .filter(|line| line.contains("CONSOLE"))
        .collect();
    assert!(console.is_empty(), "{}: {console:?}", folder.display());
    let page = String::from_utf8_lossy(&made.stdout);
    let told = page.split_once("<pre id=\"selftest\">");
    let (_, rest) = told.unwrap_or_else(|| {
        panic!(
            "{}: the page's script did not end; {errors}",
            folder.display()
        )
    });
    let (told, _) = rest.split_once("</pre>").unwrap();
    let told = told
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&");
    Some(serde_json::from_str(&told).unwrap())
}

/// Of each scenario: nothing on the console, all pictures drawn, pointing, zooming and sorting answered, on a desktop and a phone.
#[test]
fn every_scenario_has_a_page_that_works_in_a_browser() {
    let home = tempfile::tempdir().unwrap();
    let mut folders: Vec<PathBuf> = fs::read_dir(scenarios())
        .unwrap()
        .map(|one| one.unwrap().path())
        .collect();
    folders.retain(|folder| folder.is_dir());
    folders.sort();
    for scenario in folders {
        let name = scenario.file_name().unwrap().to_str().unwrap().to_owned();
        if LARGE.contains(&name.as_str()) {
            continue;
        }
        let folder = reported(home.path(), &scenario, &name);
        let size = fs::metadata(folder.join("report.html")).unwrap().len();
        assert!(size < 3_000_000, "{name}: {size} bytes");
        for width in [1280, 390] {
            let Some(told) = selftest(&folder, width) else {
                return;
            };
            assert_eq!(told["faults"], serde_json::json!([]), "{name}, {width} px");
            assert!(told["charts"].as_u64().unwrap() >= 6, "{name}: {told}");
            assert_eq!(told["charts"], told["pointed"], "{name}");
            assert!(told["sorted"].as_u64().unwrap() >= 2, "{name}: {told}");
        }
    }
}
