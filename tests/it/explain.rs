//! `batchcast explain`: the story of a job and of a run, and that both are true.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rayon::prelude::*;
use serde_json::Value;

use crate::golden::HOME;

/// A folder in which runs are kept.
struct Runs(tempfile::TempDir);

impl Runs {
    fn new() -> Runs {
        Runs(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn batchcast(&self, words: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_batchcast"))
            .args(words)
            .current_dir(self.0.path())
            .output()
            .unwrap()
    }

    /// What a command prints that succeeds.
    fn said(&self, words: &[&str]) -> String {
        let output = self.batchcast(words);
        let why = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{words:?}: {why}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn data(&self, words: &[&str]) -> Value {
        let mut words = words.to_vec();
        words.push("--json");
        serde_json::from_str(&self.said(&words)).unwrap()
    }

    /// The error of a command that is refused with exit code 2.
    fn refused(&self, words: &[&str]) -> String {
        let output = self.batchcast(words);
        assert_eq!(output.status.code(), Some(2), "{words:?}");
        assert!(output.stdout.is_empty(), "{words:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    /// Runs a scenario of the project into the folder `out`.
    fn run(&self, scenario: &str, more: &[&str]) -> String {
        let path = Path::new(HOME).join("scenarios").join(scenario);
        let mut words = vec!["run", path.to_str().unwrap(), "-q", "-o", "out", "--force"];
        words.extend(more);
        self.said(&words);
        fs::read_to_string(self.path("out/jobs.csv")).unwrap_or_default()
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<&str>>().join(" ")
}

/// The identifier of the job for which `column` of `jobs` is largest; of equals the first.
fn most(jobs: &str, column: &str) -> String {
    let mut reader = csv::Reader::from_reader(jobs.as_bytes());
    let at =
        |name: &str, columns: &csv::StringRecord| columns.iter().position(|c| c == name).unwrap();
    let columns = reader.headers().unwrap().clone();
    let (id, at) = (at("job_id", &columns), at(column, &columns));
    let mut best = (0.0, String::new());
    for row in reader.records().map(Result::unwrap) {
        let value = row[at].parse::<f64>().unwrap_or(0.0);
        if value > best.0 {
            best = (value, row[id].to_owned());
        }
    }
    best.1
}

/// A scenario, the column of `jobs.csv` whose largest value picks the job, the cause that its story begins with where sorted
/// by length, and what the story says.
type Case = (
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
);

const CASES: &[Case] = &[
    (
        "03-arrays-and-dependencies",
        "dependency_s",
        "dependency",
        &[
            "PENDING, for ",
            "which ended last",
            "to submit it earlier, is the lever",
        ],
    ),
    (
        "06-blocked-head",
        "blocked_head_s",
        "blocked-head",
        &[
            "no machine of environment pool (2 × c6i.4xlarge)",
            "20 vCPUs, 8,000 MiB",
            "no machine has 20 vCPUs",
        ],
    ),
    (
        "09-autoscaling-day",
        "boot_s",
        "boot",
        &[
            "(launchTime 20s, bootTime 40s)",
            "environment scaling",
            "minvCpus above 0",
        ],
    ),
    (
        "10-almost-full-machine",
        "queue_s",
        "queue",
        &[
            "behind other jobs of queue solver",
            "environment compute is at maxvCpus 256",
        ],
    ),
    (
        "11-two-priorities",
        "queue_s",
        "queue",
        &["a queue of higher priority for this job", "maxvCpus 96"],
    ),
    (
        "12-spill-over",
        "capacity_s",
        "capacity",
        &["environments preferred and fallback", "EC2 had no more"],
    ),
    (
        "13-fast-and-slow/slow.toml",
        "scaling_s",
        "scaling",
        &["scaleOutTick 600s", "minvCpus above 0"],
    ),
];

#[test]
fn a_jobs_story_names_the_cause_that_its_scenario_shows_and_sums_to_its_life() {
    let runs = Runs::new();
    for (scenario, column, cause, parts) in CASES {
        let jobs = runs.run(scenario, &[]);
        let job = most(&jobs, column);
        let story = one_line(&runs.said(&["explain", "out", &job]));
        for part in *parts {
            assert!(
                story.contains(part),
                "{scenario}: {part} is not in\n{story}"
            );
        }
        let data = runs.data(&["explain", "out", &job]);
        let causes = data["causes"].as_array().unwrap();
        let waits = causes.iter().filter(|part| part["cause"] != "run");
        let longest = waits.max_by_key(|part| ms(&part["seconds"])).unwrap();
        assert_eq!(longest["cause"], *cause, "{scenario} {job}");
        assert!(
            longest["lever"].as_str().unwrap().starts_with("waited "),
            "{longest}"
        );
    }
}

/// Seconds with up to three decimals as milliseconds.
fn ms(seconds: &Value) -> u64 {
    (seconds.as_f64().unwrap() * 1000.0).round() as u64
}

#[test]
fn every_story_sums_to_its_jobs_life_whatever_became_of_it() {
    let runs = Runs::new();
    for scenario in [
        "03-arrays-and-dependencies",
        "05-retries-and-timeouts",
        "06-blocked-head",
    ] {
        let jobs = runs.run(scenario, &[]);
        let mut reader = csv::Reader::from_reader(jobs.as_bytes());
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        // Those that ended first, last and between, so that few processes see many fates.
        let stride = rows.len().div_ceil(12);
        for row in rows.iter().step_by(stride).chain(rows.last()) {
            let data = runs.data(&["explain", "out", &row[0]]);
            let causes = data["causes"].as_array().unwrap();
            let sum: u64 = causes.iter().map(|part| ms(&part["seconds"])).sum();
            assert_eq!(sum, ms(&data["life_s"]), "{scenario}: {data:#}");
            let attempts = data["attempts"].as_array().unwrap();
            assert_eq!(attempts.len().to_string(), row[7], "{scenario}: {data:#}");
        }
    }
}

#[test]
fn what_is_no_run_or_no_job_of_it_is_refused_with_what_would_be_right() {
    let runs = Runs::new();
    runs.run("03-arrays-and-dependencies", &[]);
    fs::create_dir(runs.path("empty")).unwrap();
    fs::write(runs.path("file"), "").unwrap();
    for (words, parts) in [
        (
            &["nowhere"][..],
            &["there is no such folder", "run SCENARIO -o nowhere"][..],
        ),
        (&["file"], &["is a file", "-o DIR"]),
        (
            &["empty"],
            &["is not the folder of a run", "no manifest.json"],
        ),
        (
            &["out", "aline-a:0"],
            &["there is no job `aline-a:0`", "`align-a:0`"],
        ),
        (
            &["out", "align-a"],
            &["is an array of 24 jobs", "`align-a:"],
        ),
    ] {
        let mut all = vec!["explain"];
        all.extend(words);
        let said = runs.refused(&all);
        for part in parts {
            assert!(said.contains(part), "{part} is not in {said}");
        }
    }
    runs.run("03-arrays-and-dependencies", &["--tables", "none"]);
    let said = runs.refused(&["explain", "out", "align-a:0"]);
    assert!(
        said.contains("no jobs.csv") && said.contains("--tables"),
        "{said}"
    );
    runs.run("03-arrays-and-dependencies", &["--tables", "jobs"]);
    let said = runs.said(&["explain", "out", "align-a:0"]);
    assert!(one_line(&said).contains("kept no attempts.csv"), "{said}");
}

/// Runs `scenario` with what a lever sets, by hand, and compares makespan, wait, cost and jobs.
fn check_by_hand(runs: &Runs, scenario: &str, lever: &Value) {
    let path = Path::new(HOME).join("scenarios").join(scenario);
    let mut words = vec!["run".to_owned(), path.to_str().unwrap().to_owned()];
    for (key, value) in lever["set"].as_object().unwrap() {
        words.extend([
            "--set".to_owned(),
            format!("{key}={}", value.as_str().unwrap()),
        ]);
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let run = runs.data(&words);
    let after = &lever["after"];
    assert_eq!(after["makespan_s"], run["makespan_s"], "{lever:#}");
    assert_eq!(after["cost_usd"], run["cost_usd"], "{lever:#}");
    assert_eq!(after["succeeded"], run["jobs"]["succeeded"], "{lever:#}");
    // Where no job starts there is none.
    let wait = |figure: &Value| figure.as_f64();
    assert_eq!(
        wait(&after["mean_wait_s"]).map(|s| (s * 1e3).round() as u64),
        wait(&run["wait_s"]["mean"]).map(|s| (s * 1e3) as u64),
        "{lever:#}"
    );
}

#[test]
fn a_levers_gain_is_that_of_a_run_with_the_lever_by_hand() {
    let runs = Runs::new();
    for (scenario, best) in [
        ("06-blocked-head", "time-limit"),
        ("10-almost-full-machine", "more-vcpus"),
        ("12-spill-over", "spot"),
        ("13-fast-and-slow/slow.toml", "min-vcpus"),
    ] {
        runs.run(scenario, &[]);
        let data = runs.data(&["explain", "out"]);
        let levers = data["levers"].as_array().unwrap();
        let names: Vec<&str> = levers
            .iter()
            .map(|lever| lever["lever"].as_str().unwrap())
            .collect();
        assert!(names[..3].contains(&best), "{scenario}: {names:?}");
        for lever in levers
            .iter()
            .filter(|lever| lever.get("after").is_some())
            .take(3)
        {
            check_by_hand(&runs, scenario, lever);
        }
    }
}

/// A small scenario of chance, as text: one to three environments of any kind, one or two queues, bursts and trickles.
fn random_scenario(seed: u64) -> String {
    use rand::{RngExt, SeedableRng};
    let mut chance = rand::rngs::ChaCha8Rng::seed_from_u64(seed);
    let mut pick = |words: &[&str]| words[chance.random_range(0..words.len())].to_owned();
    let mut text = format!("name = \"random-{seed}\"\nseed = {}\n", seed + 1);
    let profile = pick(&["fast", "typical", "typical", "slow"]);
    text += &format!("[model]\nprofile = \"{profile}\"\n");
    let environments: usize = pick(&["1", "2", "3"]).parse().unwrap();
    for number in 0..environments {
        let kind = pick(&["EC2", "EC2", "SPOT"]);
        let strategy = match kind.as_str() {
            "SPOT" => pick(&[
                "SPOT_CAPACITY_OPTIMIZED",
                "SPOT_PRICE_CAPACITY_OPTIMIZED",
                "BEST_FIT_PROGRESSIVE",
            ]),
            _ => pick(&[
                "BEST_FIT",
                "BEST_FIT_PROGRESSIVE",
                "BEST_FIT_PROGRESSIVE_ORDERED",
            ]),
        };
        text += &format!(
            "[[computeEnvironments]]\ncomputeEnvironmentName = \"env-{number}\"\ntype = \"MANAGED\"\n[computeEnvironments.computeResources]\ntype = \"{kind}\"\nallocationStrategy = \"{strategy}\"\nminvCpus = {}\nmaxvCpus = {}\ninstanceTypes = {}\n",
            pick(&["0", "0", "4", "16"]),
            pick(&["16", "32", "64"]),
            pick(&[
                "[\"c6i\"]",
                "[\"c6i.4xlarge\"]",
                "[\"m6i.xlarge\", \"c6i.2xlarge\"]",
                "[\"optimal\"]"
            ]),
        );
    }
    let queues: usize = pick(&["1", "2"]).parse().unwrap();
    for number in 0..queues {
        let order = (0..environments).map(|one| {
            format!(
                "{{ order = {}, computeEnvironment = \"env-{one}\" }}",
                one + 1
            )
        });
        let order: Vec<String> = order.collect();
        text += &format!(
            "[[jobQueues]]\njobQueueName = \"queue-{number}\"\npriority = {}\ncomputeEnvironmentOrder = [{}]\n",
            number + 1,
            order.join(", ")
        );
    }
    for number in 0..3 {
        let arrivals = pick(&[
            "{ kind = \"atOnce\" }",
            "{ kind = \"poisson\", perHour = 60 }",
            "{ kind = \"poisson\", perHour = 300 }",
        ]);
        text += &format!(
            "[[workload.generators]]\nname = \"jobs-{number}\"\njobQueue = \"queue-{}\"\nvcpus = {}\nmemoryMiB = {}\narrivals = {arrivals}\ncount = {}\nretryStrategy = {{ attempts = 3 }}\nrun = {{ kind = \"logNormal\", median = \"{}\", sigma = 0.7, most = \"3h\" }}\n",
            number % queues,
            pick(&["1", "2", "4", "8"]),
            pick(&["1000", "3500", "7000"]),
            pick(&["5", "30", "60"]),
            pick(&["1m", "10m", "30m"]),
        );
    }
    text
}

#[test]
fn what_a_lever_is_said_to_gain_it_gains_in_random_worlds() {
    let worlds: u64 = match std::env::var("LEVER_WORLDS") {
        Ok(count) => count.parse().unwrap(),
        Err(_) => 24,
    };
    let seen: u64 = (0..worlds).into_par_iter().map(levers_of_world).sum();
    println!("{seen} levers in {worlds} worlds");
    assert!(seen >= worlds * 2, "{seen} levers were pulled");
}

/// Pulls each lever of a random world by hand. Says how many there were.
fn levers_of_world(seed: u64) -> u64 {
    let runs = Runs::new();
    fs::write(runs.path("random.toml"), random_scenario(seed)).unwrap();
    runs.said(&["run", "random.toml", "-q", "-o", "out"]);
    let data = runs.data(&["explain", "out"]);
    let levers = data["levers"].as_array().unwrap().iter();
    let mut seen = 0;
    for lever in levers.filter(|lever| lever.get("after").is_some()) {
        let scenario = runs.path("random.toml");
        check_by_hand(&runs, scenario.to_str().unwrap(), lever);
        seen += 1;
    }
    seen
}

#[test]
fn a_runs_story_names_the_cause_that_its_scenario_shows_and_what_loses() {
    let runs = Runs::new();
    for (scenario, parts) in [
        (
            "01-quickstart",
            &[
                "82.2 %, 13 d 19 h: jobs waited behind others of their queue, longest in queue research",
                "12 machines in environment night-pool instead of 6",
                "[stranded]",
            ][..],
        ),
        (
            "02-nytimes-2007",
            &[
                "239.86 USD, 99.9 %: attempts that succeeded",
                "200 machines in environment ec2-2007 instead of 100",
            ],
        ),
        (
            "04-fair-share",
            &["16.8 %, 26 d 15 h: jobs waited while other shares had their turn [share]"],
        ),
        (
            "07-hpc-easy",
            &["23.7 %, 38 d 16 h: jobs waited behind others of their queue"],
        ),
        (
            "07-hpc-easy/strict.toml",
            &[
                "dispatch lookahead:100, so that jobs may pass a head that waits, if AWS did so gains",
            ],
        ),
        (
            "08-closed-loop",
            &["48.8 %, 3 d: jobs waited behind others of their queue"],
        ),
        (
            "03-arrays-and-dependencies",
            &[
                "76.9 %, 1 d 3 h: jobs were PENDING for others",
                "no lever was tried",
                "--inputs DIR",
            ],
        ),
        (
            "06-blocked-head",
            &[
                "68.1 %, 225 d 20 h: jobs were stuck behind a head",
                "82.65 USD, 63.3 %: machines on which nothing ran",
                "cancel a head after 10 min gains: makespan",
                "--set 'jobQueues.weekend.jobStateTimeLimitActions=[",
            ],
        ),
        (
            "09-autoscaling-day",
            &[
                "13.44 USD, 24.7 %: what was unused",
                "BEST_FIT in environment scaling",
                "asking for less memory",
            ],
        ),
        (
            "11-two-priorities",
            &["longest in queue bulk", "at maxvCpus", "[queue]"],
        ),
        (
            "12-spill-over",
            &[
                "20.17 USD fallback",
                "minvCpus of environment preferred 32 instead of 0",
            ],
        ),
        (
            "13-fast-and-slow/slow.toml",
            &["(launchTime 40s, bootTime 300s) [boot]", "if AWS did so"],
        ),
        (
            "15-spot-or-on-demand",
            &[
                "[lost]",
                "54.7 %: attempts that lost their machine [interrupted]",
            ],
        ),
        ("16-bidding-2016", &["at maxvCpus [queue]", "[lost]"]),
        (
            "21-ten-times-the-load/ten.toml",
            &[
                "the first in line waited for room [queue]",
                "quota L-1216C47A 1,280 instead of 640, quota L-DB2E81BA 128 instead of 64",
            ],
        ),
        (
            "22-fragmentation-trap",
            &["20.92 USD, 88.6 %: what was unused", "all sizes of c6i"],
        ),
        (
            "23-savings-plan-week",
            &[
                "5.1 %: commitments that nothing used",
                "-118.13 USD: what commitments",
            ],
        ),
        (
            "25-bundles-of-short-jobs",
            &[
                "[dispatch]",
                "11.6 %: images being pulled and containers made [image-pull]",
            ],
        ),
        (
            "26-right-sizing",
            &["9.9 %: attempts that failed", "[stranded]"],
        ),
        (
            "17-fargate-or-ec2",
            &[
                "until their tasks had a machine (fargateStart 45s) [boot]",
                "0.06 USD, 6.7 %: what billing adds, as it counts a minute at least",
                "while images were pulled",
                "environment machines FARGATE_SPOT instead of FARGATE gains",
            ],
        ),
        (
            "17-fargate-or-ec2/ec2.toml",
            &[
                "machines on which nothing ran, until they left (scaleInIdle 600s) [idle]",
                "1.87 USD",
            ],
        ),
        (
            "18-spot-drought-with-fallback",
            &["58.61 USD on-demand, 12.40 USD spot", "[lost]"],
        ),
        (
            "18-spot-drought-with-fallback/spot-alone.toml",
            &["the first in line waited for room [queue]"],
        ),
        (
            "19-checkpointed-long-job",
            &[
                "saved their work, or found their way back to it [checkpoint]",
                "1.44 USD, 3.3 %: work being saved, and found again",
                "1.37 USD, 3.1 %: attempts that lost their machine",
            ],
        ),
        (
            "20-a-zone-is-lost",
            &[
                "10.7 %, 4 d 9 h: attempts ran that did not count",
                "5.64 USD, 8.1 %: attempts that lost their machine [interrupted]",
            ],
        ),
        (
            "27-from-now",
            &["jobs waited behind others of their queue, longest in queue align"],
        ),
    ] {
        runs.run(scenario, &[]);
        let story = one_line(&runs.said(&["explain", "out"]));
        for part in parts {
            assert!(
                story.contains(part),
                "{scenario}: {part} is not in\n{story}"
            );
        }
    }
}

#[test]
fn traces_are_found_by_their_hash_and_named_where_they_are_not() {
    let runs = Runs::new();
    runs.run("03-arrays-and-dependencies", &[]);
    let home = Path::new(HOME).join("scenarios/03-arrays-and-dependencies");
    let data = runs.data(&["explain", "out", "--inputs", home.to_str().unwrap()]);
    assert!(data["levers"].as_array().unwrap().len() > 1, "{data:#}");
    let data = runs.data(&["explain", "out"]);
    let why = data["no_levers"].as_str().unwrap();
    assert!(
        why.starts_with("jobs.csv (1,811 bytes, sha256 18ee4d662944…)"),
        "{why}"
    );
    // Beside the run it is found; changed, it is not taken.
    fs::copy(home.join("jobs.csv"), runs.path("jobs.csv")).unwrap();
    assert!(runs.data(&["explain", "out"]).get("levers").is_some());
    fs::write(runs.path("jobs.csv"), "job_id,submit_s,run_s\n").unwrap();
    let said = one_line(&runs.said(&["explain", "out"]));
    assert!(
        said.contains("has changed since") && said.contains("76.9 %"),
        "{said}"
    );
}

#[test]
fn a_trace_on_a_pool_is_made_again_from_its_command() {
    let runs = Runs::new();
    let mut trace = "job_id,submit_s,run_s,vcpus\n".to_owned();
    for job in 0..40 {
        trace.push_str(&format!("{job},{},600,{}\n", job * 10, 1 + job % 4));
    }
    fs::write(runs.path("t.csv"), trace).unwrap();
    runs.said(&["run", "--trace", "t.csv", "--pool", "4", "-q", "-o", "out"]);
    let data = runs.data(&["explain", "out"]);
    let levers = data["levers"].as_array().unwrap();
    let doubled = levers
        .iter()
        .find(|lever| lever["set"]["--pool"] == "8")
        .unwrap();
    let by_hand = runs.data(&["run", "--trace", "t.csv", "--pool", "8"]);
    assert_eq!(doubled["after"]["makespan_s"], by_hand["makespan_s"]);
    assert_eq!(doubled["after"]["cost_usd"], by_hand["cost_usd"]);
}

#[test]
fn a_tornado_is_the_same_on_one_thread_and_on_two_and_its_rows_are_runs() {
    let runs = Runs::new();
    let path = Path::new(HOME).join("scenarios/13-fast-and-slow");
    let path = path.to_str().unwrap();
    let tornado = |threads: &str, more: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_batchcast"))
            .args(["run", path, "--tornado"])
            .args(more)
            .env("RAYON_NUM_THREADS", threads)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let text = tornado("1", &[]);
    assert_eq!(text, tornado("2", &[]));
    assert!(
        text.lines().all(|line| line.chars().count() <= 80),
        "{text}"
    );
    assert!(
        text.contains("largest first") && text.contains("without effect:"),
        "{text}"
    );
    let data: Value = serde_json::from_str(&tornado("2", &["--json"])).unwrap();
    let assumptions = data["assumptions"].as_array().unwrap();
    let idle = assumptions
        .iter()
        .find(|one| one["key"] == "scaleInIdle")
        .unwrap();
    let slow = &idle["others"][0];
    assert_eq!(slow["value"], "900s");
    let by_hand = runs.data(&["run", path, "--set", "scaleInIdle=900s"]);
    assert_eq!(slow["cost_usd"], by_hand["cost_usd"]);
    assert_eq!(slow["makespan_s"], by_hand["makespan_s"]);
}

#[test]
fn help_and_first_page_list_causes_in_the_order_in_which_they_win() {
    let order: Vec<&str> = batchcast::model::TimeCause::ALL
        .map(|cause| cause.name())
        .to_vec();
    let help = one_line(&Runs::new().said(&["explain", "--help"]));
    assert!(help.contains(&order.join(", ")), "{help}");
    let page = fs::read_to_string(Path::new(HOME).join("README.md")).unwrap();
    let part = page.split("Causes of time, in order").nth(1).unwrap();
    let part = part.split("Causes of money").next().unwrap();
    let mut from = 0;
    for cause in order {
        let named = format!("`{cause}`");
        from += part[from..]
            .find(&named)
            .unwrap_or_else(|| panic!("{cause} is not in its place"));
    }
}

/// The first page shows stories as they are told, cut at the end where it says so with an ellipsis.
#[test]
fn the_first_page_shows_real_stories() {
    let page = fs::read_to_string(Path::new(HOME).join("README.md")).unwrap();
    let runs = Runs::new();
    runs.run("06-blocked-head", &[]);
    let path = Path::new(HOME).join("scenarios/13-fast-and-slow");
    for words in [
        &["explain", "out", "8"][..],
        &["explain", "out"],
        &["run", path.to_str().unwrap(), "--tornado"],
    ] {
        let said = runs.said(words);
        let begin = said.lines().next().unwrap();
        let shown = page.split(&format!("\n{begin}\n")).nth(1);
        let shown = shown.unwrap_or_else(|| panic!("README.md does not show {begin}"));
        let shown = shown.split("\n```").next().unwrap();
        let (shown, is_cut) = match shown.strip_suffix("\n…") {
            Some(part) => (part, true),
            None => (shown, false),
        };
        let told = said.split_once('\n').unwrap().1;
        assert!(told.starts_with(shown), "{words:?}:\n{told}");
        assert!(is_cut || told.trim_end() == shown, "{words:?}:\n{told}");
    }
}
