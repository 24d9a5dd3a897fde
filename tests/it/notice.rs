//! Stories of interruptions: the notice, what Batch knows when, what checkpoints keep, and what a zone takes with it.

use batchcast::input::scenario::{NoFiles, load};
use batchcast::model::{CostCause, JobStatus, TimeCause, TimeCauses};
use batchcast::sim::{AttemptRecord, InstanceRecord, JobRecord, Observer, Simulation};
use batchcast::units::Usd;

/// One machine of two vCPUs at 0.60 USD an hour, which EC2 has for us until 3,600 s and again from 7,200 s on.
const BOX: &str = r#"
[[instanceTypes]]
instanceType = "box"
vcpus = 2
memoryMiB = 2048
priceUsdPerHour = "2"
[spot]
discount = 0.7
zones = ["us-east-1a"]
[[spot.pools]]
instanceType = "box"
available = [{ at = "0s", count = 1 }, { at = "3600s", count = 0 }, { at = "7200s", count = 1 }]
[[computeEnvironments]]
computeEnvironmentName = "spot"
type = "MANAGED"
computeResources = { type = "SPOT", allocationStrategy = "SPOT_CAPACITY_OPTIMIZED", maxvCpus = 64, instanceTypes = ["box"] }
[[jobQueues]]
jobQueueName = "q"
priority = 1
computeEnvironmentOrder = [{ order = 1, computeEnvironment = "spot" }]
"#;

/// Jobs of one vCPU, at seconds, for seconds.
fn jobs(list: &[(&str, u32, u32)], checkpoint: &str) -> String {
    let definition = format!(
        r#"
[[jobDefinitions]]
jobDefinitionName = "work"
type = "container"
retryStrategy = {{ attempts = 3 }}
containerProperties = {{ resourceRequirements = [{{ type = "VCPU", value = "1" }}, {{ type = "MEMORY", value = "1024" }}] }}
{checkpoint}
"#
    );
    let jobs = list.iter().map(|(name, at, run)| {
        format!(
            "[[workload.jobs]]\njobName = \"{name}\"\njobQueue = \"q\"\njobDefinition = \"work\"\nat = \"{at}s\"\nrun = \"{run}s\"\n"
        )
    });
    definition + &jobs.collect::<String>()
}

/// What happened, in seconds.
#[derive(Default)]
struct Story {
    attempts: Vec<(u64, u64, bool)>,
    jobs: Vec<(JobStatus, u64, TimeCauses)>,
    machines: Vec<(u64, u64)>,
    cost: Vec<(CostCause, Usd)>,
}

impl Observer for Story {
    fn attempt_ended(&mut self, one: &AttemptRecord<'_>) {
        let lost = one.reason.to_string().starts_with("Host EC2");
        self.attempts
            .push((one.placed.ms() / 1000, one.ended.ms() / 1000, lost));
    }

    fn job_ended(&mut self, job: &JobRecord<'_>) {
        self.jobs
            .push((job.status, job.ended.ms() / 1000, job.time));
    }

    fn instance_ended(&mut self, one: &InstanceRecord) {
        self.machines
            .push((one.launched.ms() / 1000, one.ended.ms() / 1000));
        for cause in CostCause::ALL {
            self.cost.push((cause, one.cost.get(cause)));
        }
    }
}

impl Story {
    fn cost(&self, cause: CostCause) -> String {
        let of = self.cost.iter().filter(|(other, _)| *other == cause);
        of.map(|(_, amount)| *amount).sum::<Usd>().to_string()
    }

    /// Seconds of a cause in the life of job number `job` to end.
    fn time(&self, job: usize, cause: TimeCause) -> u64 {
        self.jobs[job].2.get(cause).ms() / 1000
    }
}

fn play(parts: &[&str], model: &str) -> Story {
    let text = format!(
        "{}\n[model]\nprofile = \"ideal\"\n{model}\n",
        parts.concat()
    );
    let loaded = load("story.toml", text.as_bytes(), &[], None, &NoFiles);
    let loaded = loaded.unwrap_or_else(|problems| panic!("{problems:?}"));
    Simulation::new(&loaded.scenario, 1, Story::default())
        .run()
        .observer
}

#[test]
fn a_job_runs_on_for_two_minutes_is_lost_with_its_host_and_known_to_be_a_minute_later() {
    let jobs = jobs(&[("a", 0, 5000)], "");
    let story = play(
        &[BOX, &jobs],
        "spotNotice = \"120s\"\nspotStatusLag = \"60s\"",
    );
    assert_eq!(story.attempts, [(0, 3780, true), (7200, 12_200, false)]);
    assert_eq!(story.machines, [(0, 3720), (7200, 12_200)]);
    assert_eq!(story.jobs[0].0, JobStatus::Succeeded);
    assert_eq!(
        story.time(0, TimeCause::Lost),
        3780,
        "what Batch did not know is lost as well"
    );
    assert_eq!(story.time(0, TimeCause::Run), 5000);
    // One of two vCPUs, 3,720 s at 0.60 USD an hour: billed until the host was gone, and no longer.
    assert_eq!(story.cost(CostCause::Interrupted), "0.31");
}

#[test]
fn a_job_that_ends_within_the_notice_succeeds_and_one_that_does_not_is_lost() {
    let jobs = jobs(&[("a", 0, 3700), ("b", 0, 3720)], "");
    let story = play(&[BOX, &jobs], "spotNotice = \"120s\"");
    assert_eq!(story.attempts[0], (0, 3700, false));
    // Gone at the very moment at which it ends: what was scheduled first happens first.
    assert_eq!(story.attempts[1], (0, 3720, false));
    let jobs = self::jobs(&[("a", 0, 3721)], "");
    let story = play(&[BOX, &jobs], "spotNotice = \"120s\"");
    assert_eq!(story.attempts[0], (0, 3720, true));
}

#[test]
fn jobs_are_placed_on_a_host_that_is_going_unless_it_drains() {
    let jobs = jobs(&[("long", 0, 7000), ("short", 3630, 60)], "");
    let off = play(&[BOX, &jobs], "spotNotice = \"120s\"");
    assert!(
        off.attempts.contains(&(3630, 3690, false)),
        "{:?}",
        off.attempts
    );
    let on = play(&[BOX, &jobs], "spotNotice = \"120s\"\nspotDraining = true");
    assert!(
        on.attempts.contains(&(7200, 7260, false)),
        "{:?}",
        on.attempts
    );
    assert!(
        on.attempts.contains(&(0, 3720, true)),
        "what runs there runs on"
    );
}

#[test]
fn a_job_terminated_before_batch_knows_of_its_host_fails_with_the_callers_reason() {
    let jobs = jobs(&[("a", 0, 5000)], "");
    let event = "[[events]]\nat = \"3750s\"\naction = \"TerminateJob\"\njobId = \"a\"\nreason = \"enough\"\n";
    let story = play(
        &[BOX, &jobs, event],
        "spotNotice = \"120s\"\nspotStatusLag = \"60s\"",
    );
    assert_eq!(story.jobs.len(), 1);
    assert_eq!(story.jobs[0].0, JobStatus::Failed);
    assert_eq!(story.attempts, [(0, 3780, false)]);
}

const EVERY_25_MIN: &str = "checkpoint = { interval = \"25m\", cost = \"1m\", restart = \"2m\" }";

#[test]
fn a_job_goes_on_from_its_last_checkpoint_and_only_what_came_after_it_is_lost() {
    let jobs = jobs(&[("a", 0, 7200)], EVERY_25_MIN);
    let story = play(&[BOX, &jobs], "");
    // 25 + 1 + 25 + 1 + 8 min; then 2 min to restart, and 70 min of work with two checkpoints.
    assert_eq!(
        story.attempts,
        [(0, 3600, true), (7200, 7200 + 74 * 60, false)]
    );
    assert_eq!(story.time(0, TimeCause::Run), 7200, "the work, once");
    assert_eq!(story.time(0, TimeCause::Checkpoint), 6 * 60);
    assert_eq!(story.time(0, TimeCause::Lost), 8 * 60);
    // Half a machine at 0.60 USD an hour: half a cent a minute.
    assert_eq!(story.cost(CostCause::Useful), "0.60");
    assert_eq!(story.cost(CostCause::Checkpoint), "0.03");
    assert_eq!(story.cost(CostCause::Interrupted), "0.04");
}

#[test]
fn what_is_saved_at_the_notice_is_all_but_the_notice() {
    let on_notice = "checkpoint = { interval = \"25m\", cost = \"1m\", onNotice = true }";
    for (notice, run, lost) in [("120s", 62, 1), ("59s", 60, 8)] {
        let jobs = jobs(&[("a", 0, 7200)], on_notice);
        let story = play(&[BOX, &jobs], &format!("spotNotice = \"{notice}\""));
        assert_eq!(story.time(0, TimeCause::Run), 7200, "{notice} {run}");
        // Two minutes more of work were done, of which the save took one; or with a shorter notice what came after the second.
        let lost_s = match notice {
            "120s" => lost * 60,
            _ => lost * 60 + 59,
        };
        assert_eq!(story.time(0, TimeCause::Lost), lost_s, "{notice}");
    }
}

#[test]
fn a_failure_begins_anew_unless_checkpoints_are_for_failures_too() {
    let fates = "[[workload.jobs]]\njobName = \"a\"\njobQueue = \"q\"\njobDefinition = \"work\"\nrun = \"1500s\"\nfates = [\"1@700s\", \"0@1500s\"]\n";
    for (after, end) in [("", 760 + 1620), (", after = \"failure\"", 760 + 960)] {
        let checkpoint = format!("checkpoint = {{ interval = \"10m\", cost = \"1m\"{after} }}");
        let story = play(&[BOX, &jobs(&[], &checkpoint), fates], "");
        assert_eq!(story.jobs[0].1, end, "{after}");
    }
}

/// The box in two zones, On-Demand, and a zone that is lost from 1,000 s to 4,000 s.
const TWO_ZONES: &str = r#"
[[instanceTypes]]
instanceType = "box"
vcpus = 1
memoryMiB = 1024
priceUsdPerHour = "3.60"
[spot]
zones = ["us-east-1a", "us-east-1b"]
[[computeEnvironments]]
computeEnvironmentName = "machines"
type = "MANAGED"
computeResources = { type = "EC2", allocationStrategy = "BEST_FIT_PROGRESSIVE", maxvCpus = 64, instanceTypes = ["box"] }
[[jobQueues]]
jobQueueName = "q"
priority = 1
computeEnvironmentOrder = [{ order = 1, computeEnvironment = "machines" }]
[[events]]
at = "1000s"
action = "ZoneOutage"
availabilityZone = "us-east-1a"
duration = "3000s"
"#;

#[test]
fn a_zone_that_is_lost_takes_its_on_demand_instances_and_none_is_launched_there_until_it_is_back() {
    let four = [
        ("a", 0, 2000),
        ("b", 0, 2000),
        ("c", 0, 2000),
        ("d", 0, 2000),
    ];
    let story = play(&[TWO_ZONES, &jobs(&four, "")], "spotStatusLag = \"60s\"");
    let lost: Vec<_> = story.attempts.iter().filter(|one| one.2).collect();
    assert_eq!(
        lost,
        [&(0, 1060, true), &(0, 1060, true)],
        "every other one"
    );
    assert!(
        story.attempts.contains(&(1060, 3060, false)),
        "{:?}",
        story.attempts
    );
    assert!(story.jobs.iter().all(|job| job.0 == JobStatus::Succeeded));
    // 1,000 s of two machines at a tenth of a cent a second, to the moment at which they were lost.
    assert_eq!(story.cost(CostCause::Interrupted), "2.00");
    // Where there is but one zone, nothing is launched until it is back.
    let one_zone = TWO_ZONES.replace(", \"us-east-1b\"", "");
    let story = play(&[&one_zone, &jobs(&four[..1], "")], "");
    assert_eq!(story.attempts, [(0, 1000, true), (4000, 6000, false)]);
    assert_eq!(story.time(0, TimeCause::Capacity), 3000);
}

#[test]
fn a_shock_at_a_set_time_takes_a_zones_spot_instances_and_leaves_the_others() {
    let spot = TWO_ZONES.replace(
        "type = \"EC2\", allocationStrategy = \"BEST_FIT_PROGRESSIVE\"",
        "type = \"SPOT\", allocationStrategy = \"SPOT_CAPACITY_OPTIMIZED\"",
    );
    let (before, _) = spot.split_once("[[events]]").expect("it has an event");
    let shock = "[[spot.pools]]\ninstanceType = \"box\"\navailable = [{ at = \"0s\", count = 1 }]\n[[spot.shocks]]\nscope = \"zone\"\nof = \"us-east-1b\"\nat = [\"500s\", \"9000s\"]\n";
    let two = [("a", 0, 2000), ("b", 0, 2000)];
    let story = play(&[before, shock, &jobs(&two, "")], "spotNotice = \"120s\"");
    let mut attempts = story.attempts.clone();
    attempts.sort_unstable();
    assert_eq!(
        attempts,
        [(0, 620, true), (0, 2000, false), (620, 2620, false)]
    );
}

/// The problems of a story's file.
fn problems(parts: &[&str]) -> String {
    let text = format!("{}\n[model]\nprofile = \"ideal\"\n", parts.concat());
    match load("story.toml", text.as_bytes(), &[], None, &NoFiles) {
        Ok(_) => String::new(),
        Err(problems) => {
            let texts = problems
                .iter()
                .map(|one| format!("{} {}", one.pointer, one.message));
            texts.collect::<Vec<String>>().join("\n")
        }
    }
}

#[test]
fn what_is_wrong_with_checkpoints_shocks_and_zones_is_said_where_it_stands() {
    let job = [("a", 0, 10)];
    for (checkpoint, place, what) in [
        (
            "checkpoint = { cost = \"1m\" }",
            "checkpoint/interval",
            "missing",
        ),
        (
            "checkpoint = { interval = \"often\", cost = \"1m\" }",
            "checkpoint/interval",
            "young, daly or exact",
        ),
        (
            "checkpoint = { interval = \"0s\", cost = \"1m\" }",
            "checkpoint/interval",
            "longer than nothing",
        ),
        (
            "checkpoint = { interval = \"daly\", cost = \"0s\" }",
            "checkpoint/cost",
            "save without end",
        ),
        (
            "checkpoint = { interval = \"daly\", cost = \"1m\" }",
            "checkpoint/interval",
            "meanUpTime",
        ),
        (
            "checkpoint = { interval = \"1h\" }",
            "checkpoint/cost",
            "missing",
        ),
    ] {
        let found = problems(&[BOX, &jobs(&job, checkpoint)]);
        let wanted = format!("/jobDefinitions/0/{place} ");
        assert!(
            found.contains(&wanted) && found.contains(what),
            "{checkpoint}: {found}"
        );
    }
    let sound = "checkpoint = { interval = \"daly\", cost = \"1m\", meanUpTime = \"10h\" }";
    assert_eq!(problems(&[BOX, &jobs(&job, sound)]), "");
    for (shock, what) in [
        ("scope = \"zone\"", "shocks/0/perHour missing"),
        (
            "scope = \"zone\"\nat = \"1h\"\nperHour = 1",
            "shocks/0/at perHour says it already",
        ),
        (
            "scope = \"family\"\nof = \"c6i\"\nat = \"1h\"",
            "shocks/0/of there is no Spot pool in `c6i`, but in box",
        ),
    ] {
        let found = problems(&[BOX, "[[spot.shocks]]\n", shock, "\n", &jobs(&job, "")]);
        assert!(found.contains(what), "{shock}: {found}");
    }
    let outage = "[[events]]\nat = 5\naction = \"ZoneOutage\"\navailabilityZone = \"us-east-1b\"\nduration = \"1h\"\n";
    let found = problems(&[BOX, &jobs(&job, ""), outage]);
    assert!(
        found.contains("is no zone of spot, which has us-east-1a"),
        "{found}"
    );
}

#[test]
fn a_rule_for_the_interval_goes_by_the_pool_that_is_interrupted_most_often() {
    let hazard = BOX.replace(
        "discount = 0.7",
        "discount = 0.7\ninterruption = \"hazard\"\ninterruptionsPerHour = 0.5",
    );
    let checkpoint = "checkpoint = { interval = \"young\", cost = \"1m\" }";
    let text = hazard + &jobs(&[("a", 0, 10)], checkpoint);
    let loaded = load("story.toml", text.as_bytes(), &[], None, &NoFiles).expect("it is sound");
    let found = batchcast::plan::checkpoint_of(&loaded.scenario, "work").expect("it has one");
    // √(2 × 1 min × 120 min) = 15.492 min.
    assert_eq!(found.interval.map(|span| span.ms()), Some(929_516));
}

#[test]
fn the_program_tells_which_interval_is_best_beside_those_of_the_rules() {
    let folder =
        std::path::Path::new(crate::golden::HOME).join("scenarios/19-checkpointed-long-job");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_batchcast"))
        .args([
            "run",
            folder.to_str().expect("a name"),
            "--tune-checkpoint",
            "train",
            "--json",
        ])
        .output()
        .expect("it runs");
    assert!(output.status.success(), "{output:?}");
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    let best = found["best_interval_s"].as_f64().expect("a best");
    let exact = found["rules_s"]["exact"].as_f64().expect("a rule");
    assert!(
        (exact / 2.0..=exact * 2.0).contains(&best),
        "{best} {exact}"
    );
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_batchcast"))
        .args([
            "run",
            folder.to_str().expect("a name"),
            "--tune-checkpoint",
            "nobody",
        ])
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn explain_names_what_the_scenarios_of_interruptions_are_there_to_show() {
    for (scenario, causes) in [
        (
            "18-spot-drought-with-fallback/spot-alone.toml",
            ["[queue]", "[interrupted]"],
        ),
        (
            "19-checkpointed-long-job",
            ["[checkpoint]", "[interrupted]"],
        ),
        ("20-a-zone-is-lost", ["[lost]", "[interrupted]"]),
    ] {
        let out = tempfile::tempdir().expect("a place");
        let run = out.path().join("run");
        let path = std::path::Path::new(crate::golden::HOME)
            .join("scenarios")
            .join(scenario);
        let batchcast = |words: &[&str]| {
            let output = std::process::Command::new(env!("CARGO_BIN_EXE_batchcast"))
                .args(words)
                .output()
                .expect("it runs");
            assert!(output.status.success(), "{output:?}");
            String::from_utf8(output.stdout).expect("text")
        };
        let (path, run) = (
            path.to_str().expect("a name"),
            run.to_str().expect("a name"),
        );
        batchcast(&["run", path, "-o", run]);
        let story = batchcast(&["explain", run]);
        for cause in causes {
            assert!(story.contains(cause), "{scenario}: no {cause} in {story}");
        }
    }
}
