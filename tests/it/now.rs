//! Runs that go on from a live account: cut anywhere, what is left ends when it would have; bills, timeouts, checkpoints and shares
//! go by what was before; and what cannot be so is told.

use std::collections::BTreeMap;
use std::process::Command;

use batchcast::input::scenario::{Loaded, NoFiles, load, load_from_now};
use batchcast::model::{JobStatus, TimeCause, Workload};
use batchcast::sim::{AttemptRecord, InstanceRecord, JobRecord, Observer, Simulation};
use batchcast::units::Usd;

/// A job as it went: milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Told {
    submitted: u64,
    started: Option<u64>,
    ended: u64,
    status: JobStatus,
    instance: u32,
}

struct Seen<'w> {
    workload: &'w Workload,
    jobs: BTreeMap<String, Told>,
    on: BTreeMap<String, u32>,
    causes: u64,
    lives: u64,
    bills: Vec<(u64, Usd)>,
}

impl Seen<'_> {
    fn name(&self, row: batchcast::units::RowId) -> String {
        let mut name = Vec::new();
        self.workload.write_job_id(row, None, 0, &mut name);
        String::from_utf8(name).unwrap()
    }
}

impl Observer for Seen<'_> {
    fn attempt_ended(&mut self, attempt: &AttemptRecord<'_>) {
        self.on.insert(self.name(attempt.row), attempt.instance.0);
    }
    fn job_ended(&mut self, job: &JobRecord<'_>) {
        let name = self.name(job.row);
        self.causes += TimeCause::ALL
            .iter()
            .map(|&cause| job.time.get(cause).ms())
            .sum::<u64>();
        self.lives += (job.ended - job.submitted).ms();
        let instance = self.on.get(&name).copied().unwrap_or(u32::MAX);
        let told = Told {
            submitted: job.submitted.ms(),
            started: job.started.map(|at| at.ms()),
            ended: job.ended.ms(),
            status: job.status,
            instance,
        };
        assert!(self.jobs.insert(name, told).is_none(), "a job ends once");
    }
    fn instance_ended(&mut self, machine: &InstanceRecord) {
        self.bills.push((machine.billed_s, machine.cost.total()));
    }
}

fn play(loaded: &Loaded) -> Seen<'_> {
    let workload = &loaded.scenario.workload;
    let seen = Seen {
        workload,
        jobs: BTreeMap::new(),
        on: BTreeMap::new(),
        causes: 0,
        lives: 0,
        bills: Vec::new(),
    };
    let seen = Simulation::new(&loaded.scenario, loaded.seed, seen)
        .run()
        .observer;
    assert_eq!(seen.causes, seen.lives, "causes sum to lives");
    seen
}

fn loaded(text: &str) -> Loaded {
    load("t.toml", text.as_bytes(), &[], None, &NoFiles)
        .unwrap_or_else(|problems| panic!("{text}\n{problems:#?}"))
}

/// A pool of `machines` with 8 vCPUs that are always there, and a queue.
fn cloud(machines: u64) -> String {
    format!(
        r#"
model = {{ profile = "ideal" }}
[[instanceTypes]]
instanceType = "m"
vcpus = 8
memoryMiB = "unlimited"
priceUsdPerHour = "3.6"
[[computeEnvironments]]
computeEnvironmentName = "ce"
type = "MANAGED"
computeResources = {{ type = "EC2", allocationStrategy = "BEST_FIT_PROGRESSIVE", minvCpus = {vcpus}, maxvCpus = {vcpus}, instanceTypes = ["m"] }}
[[jobQueues]]
jobQueueName = "q"
priority = 1
computeEnvironmentOrder = [{{ order = 1, computeEnvironment = "ce" }}]
"#,
        vcpus = machines * 8
    )
}

/// Numbers of no worth but to differ (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

/// A job of a random world: seconds.
struct Made {
    at: u64,
    run: u64,
    vcpus: u64,
}

impl Made {
    fn lines(&self, number: usize) -> String {
        format!(
            "jobName = \"j{number}\"\njobQueue = \"q\"\nrun = \"{}s\"\nvcpus = {}\nmemoryMiB = 4\n",
            self.run, self.vcpus
        )
    }
}

/// What is left of a run at half a second after `cut`, as a live account.
fn left_at(cut: u64, machines: u64, jobs: &[Made], whole: &Seen<'_>) -> String {
    let cut_ms = cut * 1000 + 500;
    let mut text = cloud(machines);
    for machine in 0..machines {
        text += &format!(
            "[[now.instances]]\ncomputeEnvironment = \"ce\"\ninstanceType = \"m\"\nage = \"{cut}s\"\ninstanceId = \"i{machine}\"\n"
        );
    }
    let told = |number: usize| &whole.jobs[&format!("j{number}")];
    for (number, job) in jobs.iter().enumerate() {
        let told = told(number);
        let started = told.started.unwrap();
        if started < cut_ms && cut_ms < told.ended {
            text += &format!(
                "[[now.running]]\n{}ran = \"{}ms\"\ninstanceId = \"i{}\"\n",
                job.lines(number),
                cut_ms - started,
                told.instance
            );
        }
    }
    // Those that wait stand in the order in which they came.
    let mut in_order: Vec<(usize, &Made)> = jobs.iter().enumerate().collect();
    in_order.sort_by_key(|&(number, job)| (job.at, number));
    for (number, job) in in_order {
        let told = told(number);
        if told.submitted < cut_ms && told.started.unwrap() > cut_ms {
            let waited = cut_ms - told.submitted;
            text += &format!(
                "[[now.runnable]]\n{}waited = \"{waited}ms\"\n",
                job.lines(number)
            );
        }
    }
    for (number, job) in jobs.iter().enumerate() {
        if told(number).submitted > cut_ms {
            let at = job.at * 1000 - cut_ms;
            text += &format!("[[workload.jobs]]\n{}at = \"{at}ms\"\n", job.lines(number));
        }
    }
    text
}

#[test]
fn a_run_that_is_cut_and_goes_on_from_there_ends_its_jobs_at_the_same_moments() {
    let mut went_on = [0, 0, 0];
    for world in 1..=40 {
        let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(world));
        let machines = 1 + numbers.below(4);
        let jobs: Vec<Made> = (0..30 + numbers.below(60))
            .map(|_| Made {
                at: numbers.below(3000),
                run: 1 + numbers.below(900),
                vcpus: 1 + numbers.below(8),
            })
            .collect();
        let mut text = cloud(machines);
        for (number, job) in jobs.iter().enumerate() {
            text += &format!(
                "[[workload.jobs]]\n{}at = \"{}s\"\n",
                job.lines(number),
                job.at
            );
        }
        let first = loaded(&text);
        let whole = play(&first);
        assert_eq!(whole.jobs.len(), jobs.len());
        let last = whole.jobs.values().map(|job| job.ended).max().unwrap() / 1000;
        for _ in 0..3 {
            let cut = numbers.below(last);
            let cut_ms = cut * 1000 + 500;
            let second = loaded(&left_at(cut, machines, &jobs, &whole));
            let rest = play(&second);
            let left: BTreeMap<&String, u64> = whole
                .jobs
                .iter()
                .filter(|(_, job)| job.ended > cut_ms)
                .map(|(name, job)| (name, job.ended - cut_ms))
                .collect();
            let found: BTreeMap<&String, u64> = rest
                .jobs
                .iter()
                .map(|(name, job)| (name, job.ended))
                .collect();
            assert_eq!(found, left, "world {world}, cut at {cut} s");
            let live = &second.scenario.now;
            went_on[0] += live.running.len();
            went_on[1] += rest.jobs.len();
            went_on[2] += rest.jobs.values().filter(|job| job.submitted > 0).count();
        }
    }
    assert!(
        went_on[0] > 100 && went_on[1] > 1000 && went_on[2] > 500,
        "{went_on:?}"
    );
}

fn job(name: &str, more: &str) -> String {
    format!("jobName = \"{name}\"\njobQueue = \"q\"\nvcpus = 8\nmemoryMiB = 4\n{more}\n")
}

fn instance(more: &str) -> String {
    format!("[[now.instances]]\ncomputeEnvironment = \"ce\"\ninstanceType = \"m\"\n{more}\n")
}

/// One machine of 3.60 USD an hour, which leaves a minute after its job, or at the end of its hour: what is billed.
fn billed(billing: &str, age: &str, ran: &str, run: &str) -> u64 {
    let world = cloud(1).replace("minvCpus = 8", "minvCpus = 0").replace(
        "type = \"MANAGED\"",
        &format!("type = \"MANAGED\"\nbilling = \"{billing}\""),
    );
    let text = format!(
        "{world}{}[[now.running]]\n{}",
        instance(&format!("age = \"{age}\"")),
        job("a", &format!("ran = \"{ran}\"\nrun = \"{run}\""))
    );
    let first = loaded(&text);
    let seen = play(&first);
    assert_eq!(seen.bills.len(), 1);
    let (seconds, cost) = seen.bills[0];
    assert_eq!(
        cost.to_string().parse::<f64>().unwrap(),
        seconds as f64 / 1000.0
    );
    seconds
}

#[test]
fn bills_count_from_now_and_minimum_and_started_hours_by_age() {
    // A minute is the least: 20 s of it are over, 10 s more it runs.
    assert_eq!(billed("per-second", "20s", "20s", "30s"), 40);
    assert_eq!(billed("per-second", "1h", "20s", "1m"), 40);
    // The hour that began 35 minutes ago ends in 25.
    assert_eq!(billed("per-hour", "35m", "30m", "40m"), 25 * 60);
    assert_eq!(billed("per-hour", "35m", "30m", "60m"), 85 * 60);
}

#[test]
fn a_timeout_and_a_first_fate_count_what_ran_before() {
    let text = format!(
        "{}{}[[now.running]]\n{}[[now.running]]\n{}",
        cloud(2),
        instance("count = 2\nage = \"2h\""),
        job(
            "late",
            "ran = \"50m\"\nrun = \"2h\"\ntimeout = { attemptDurationSeconds = 3600 }"
        ),
        job(
            "twice",
            "ran = \"1m\"\nfates = [\"1@3m\", \"0@5m\"]\nretryStrategy = { attempts = 2 }"
        )
    );
    let first = loaded(&text);
    let seen = play(&first);
    let late = &seen.jobs["late"];
    assert_eq!(late.status, JobStatus::Failed);
    assert!((600_000..=630_000).contains(&late.ended), "{late:?}");
    assert_eq!(seen.jobs["twice"].ended, (2 + 5) * 60_000);
}

#[test]
fn a_job_that_loses_its_machine_goes_on_from_a_checkpoint_of_before() {
    let text = format!(
        r#"{}
[[jobDefinitions]]
jobDefinitionName = "saving"
type = "container"
retryStrategy = {{ attempts = 2 }}
containerProperties = {{ resourceRequirements = [{{ type = "VCPU", value = "8" }}, {{ type = "MEMORY", value = "4" }}] }}
checkpoint = {{ interval = "20m", cost = "0s" }}
[[events]]
at = "5m"
action = "TerminateInstances"
computeEnvironment = "ce"
{}[[now.running]]
jobName = "a"
jobQueue = "q"
jobDefinition = "saving"
ran = "50m"
run = "90m"
"#,
        cloud(1),
        instance("age = \"1h\"")
    );
    let first = loaded(&text);
    let seen = play(&first);
    // Lost at 55 minutes of it, saved at 40: 50 more from minute 5 on.
    assert_eq!(seen.jobs["a"].ended, 55 * 60_000);
}

#[test]
fn what_finds_no_room_waits_first_in_its_queue() {
    // 20 vCPUs on three machines of 8, but two of 10 fit on none: sums and sizes cannot tell of 5 + 5 + 5 + 5.
    let five = |name: &str, more: &str| job(name, more).replace("vcpus = 8", "vcpus = 5");
    let text = format!(
        "{}{}[[now.running]]\n{}[[now.runnable]]\n{}",
        cloud(3),
        instance("count = 3\nage = \"1h\""),
        five("r", "count = 4\nran = \"1m\"\nrun = \"10m\""),
        five("w", "run = \"10m\"")
    );
    let first = loaded(&text);
    let seen = play(&first);
    assert_eq!(seen.jobs.len(), 5);
    assert_eq!(seen.jobs["r/3"].started, Some(9 * 60_000));
    assert_eq!(seen.jobs["r/3"].ended, 19 * 60_000);
    assert_eq!(seen.jobs["w"].started, Some(9 * 60_000));
}

#[test]
fn what_shares_have_used_decides_whose_turn_it_is_until_it_has_faded() {
    let order = |used: &str| {
        let mut text = cloud(1).replace(
            "priority = 1",
            "priority = 1\nschedulingPolicyArn = \"fair\"",
        );
        text += "[[schedulingPolicies]]\nname = \"fair\"\nfairsharePolicy = { shareDecaySeconds = 3600 }\n";
        text += &instance("age = \"1h\"");
        for share in ["a", "b"] {
            text += "[[now.runnable]]\n";
            text += &job(
                share,
                &format!("shareIdentifier = \"{share}\"\ncount = 3\nrun = \"1m\""),
            );
        }
        text += used;
        let first = loaded(&text);
        let seen = play(&first);
        let mut jobs: Vec<_> = seen
            .jobs
            .iter()
            .map(|(name, job)| (job.started, name))
            .collect();
        jobs.sort();
        let names = jobs.into_iter().map(|(_, name)| name[..1].to_owned());
        names.collect::<String>()
    };
    let share = |name: &str, used: u32| {
        format!(
            "[[now.shares]]\njobQueue = \"q\"\nshareIdentifier = \"{name}\"\nvcpuSeconds = {used}\n"
        )
    };
    assert_eq!(order(""), "ababab");
    assert_eq!(order(&share("a", 100_000)), "bbbaaa");
    assert_eq!(order(&share("b", 100_000)), "aaabbb");
    // A minute of eight vCPUs is 480: b is behind by one job and a half.
    assert_eq!(order(&share("b", 700)), "aababb");
}

/// Live accounts that cannot be, and what is said of each.
const WRONG: &[(&str, &str, &str)] = &[
    (
        "[[instances]]\ncomputeEnvironment = \"cee\"\ninstanceType = \"m\"",
        "/instances/0/computeEnvironment",
        "there is no compute environment called `cee`; did you mean `ce`?",
    ),
    (
        "[[instances]]\ncomputeEnvironment = \"own\"\ninstanceType = \"m\"",
        "/instances/0/computeEnvironment",
        "`own` is UNMANAGED",
    ),
    (
        "[[instances]]\ncomputeEnvironment = \"ce\"\ninstanceType = \"c6i.large\"",
        "/instances/0/instanceType",
        "`ce` launches no c6i.large; its types are m",
    ),
    (
        "[[instances]]\ncomputeEnvironment = \"ce\"\ninstanceType = \"m\"\nage = \"-5m\"",
        "/instances/0/age",
        "is not a span of time",
    ),
    (
        "[[instances]]\ncomputeEnvironment = \"ce\"\ninstanceType = \"m\"\nage = \"5m\"\nidle = \"6m\"",
        "/instances/0/idle",
        "longer than its age",
    ),
    (
        "[[instances]]\ncomputeEnvironment = \"ce\"\ninstanceType = \"m\"\ncount = 2\ninstanceId = \"i\"",
        "/instances/0/instanceId",
        "names a single instance",
    ),
    (
        "[[running]]\njobName = \"a\"\njobQueue = \"q\"\nvcpus = 8\nran = \"2h\"\nrun = \"1h\"",
        "/running/0/ran",
        "longer than the whole run",
    ),
    (
        "[[running]]\njobName = \"a\"\njobQueue = \"q\"\nvcpus = 9\nran = \"1m\"\nrun = \"1h\"",
        "/running/0",
        "no machine that is up where it runs has as much",
    ),
    (
        "[[instances]]\ncomputeEnvironment = \"ce\"\ninstanceType = \"m\"\n[[running]]\njobName = \"a\"\njobQueue = \"q\"\nvcpus = 8\ncount = 2\nran = \"1m\"\nrun = \"1h\"",
        "/running",
        "2 jobs of queue `q` run on 16 vCPUs in all, and the machines that are up in its environments have 8",
    ),
    (
        "[[running]]\njobName = \"a\"\njobQueue = \"q\"\nvcpus = 8\nran = \"1m\"\nrun = \"1h\"\ncomputeEnvironment = \"own\"",
        "/running/0/computeEnvironment",
        "`own` is no environment of queue `q`; these are ce",
    ),
    (
        "[[running]]\njobName = \"a\"\njobQueue = \"q\"\nvcpus = 8\nran = \"1m\"\nrun = \"1h\"\ninstanceId = \"i9\"",
        "/running/0/instanceId",
        "now.instances has none called `i9`",
    ),
    (
        "[[runnable]]\njobName = \"a\"\njobQueue = \"q\"\nvcpus = 8\nrun = \"1h\"\n[[runnable]]\njobName = \"b\"\njobQueue = \"q\"\nvcpus = 8\nrun = \"1h\"\ndependsOn = [{ jobId = \"a\" }]",
        "/runnable/1/dependsOn",
        "a RUNNABLE job waits for no other",
    ),
    (
        "[[shares]]\njobQueue = \"q\"\nshareIdentifier = \"x\"\nvcpuSeconds = 3",
        "/shares/0/jobQueue",
        "`q` is a FIFO queue",
    ),
    (
        "[[runing]]\njobName = \"a\"",
        "/runing",
        "did you mean `running`?",
    ),
];

#[test]
fn a_live_account_that_cannot_be_is_told_by_its_file_and_place() {
    let scenario = cloud(4)
        + "[[computeEnvironments]]\ncomputeEnvironmentName = \"own\"\ntype = \"UNMANAGED\"\ninstances = [{ instanceType = \"m\" }]\n"
        + "[[workload.jobs]]\n"
        + &job("later", "run = \"1m\"");
    for &(text, pointer, message) in WRONG {
        let live = Some(("live.toml", text.as_bytes()));
        let problems = load_from_now("t.toml", scenario.as_bytes(), live, &[], None, &NoFiles)
            .expect_err(text);
        let is_told = problems.iter().any(|problem| {
            problem.file == "live.toml"
                && problem.pointer == pointer
                && problem.message.contains(message)
        });
        assert!(is_told, "{text}\n{problems:#?}");
    }
}

#[test]
fn the_command_takes_a_live_file_and_its_run_folder_is_a_scenario_again() {
    let home = tempfile::tempdir().unwrap();
    let scenario = cloud(2) + "[[workload.jobs]]\n" + &job("later", "run = \"1m\"\nat = \"5m\"");
    std::fs::write(home.path().join("s.toml"), scenario).unwrap();
    let live = r#"{"now": {"instances": [{"computeEnvironment": "ce", "instanceType": "m", "count": 2, "age": "1h"}],
        "running": [{"jobName": "a", "jobQueue": "q", "vcpus": 8, "memoryMiB": 4, "ran": "1h", "run": "1.5h"}],
        "runnable": [{"jobName": "b", "jobQueue": "q", "vcpus": 8, "memoryMiB": 4, "run": "7m", "count": 3}]}}"#;
    std::fs::write(home.path().join("live.json"), live).unwrap();
    let run = |words: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_batchcast"))
            .args(words.split(' '))
            .current_dir(home.path())
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{said}");
        (String::from_utf8(output.stdout).unwrap(), said)
    };
    let (report, said) = run("run s.toml --from-now live.json -o out");
    assert!(
        said.contains("from now: 2 instances, 1 running, 3 runnable"),
        "{said}"
    );
    let (again, _) = run("run out/scenario.json");
    assert_eq!(report, again);
    let jobs = std::fs::read_to_string(home.path().join("out/jobs.csv")).unwrap();
    assert!(jobs.contains("\na,SUCCEEDED,0,0,1800,0,1800,"), "{jobs}");
}
