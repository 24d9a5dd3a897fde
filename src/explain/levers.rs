//! What one could change, and what AWS might do otherwise: one lever after another, each a function from a scenario to the
//! keys that it sets.

use serde_json::Value;

use crate::model::{CostCause, TimeCause, parse_span};
use crate::report::whole;
use crate::units::Span;

use super::run::Totals;
use super::setting::{Environment, Setting};

/// A lever. Its gain is not guessed: the run is made again with what it sets.
#[derive(Clone, Copy, Debug)]
pub struct Lever {
    /// Its name.
    pub name: &'static str,
    /// The causes of time that it is meant for.
    pub times: &'static [TimeCause],
    /// The causes of money that it is meant for.
    pub costs: &'static [CostCause],
    /// Whether one can pull it; otherwise it is what AWS does, and only a question.
    pub is_ours: bool,
    /// What it changes in a scenario; `None` where there is nothing to change.
    change: fn(&Scene<'_>) -> Option<Change>,
}

/// What a lever looks at.
struct Scene<'a> {
    setting: Setting<'a>,
    summary: &'a Value,
    is_pool: bool,
}

/// What a lever changes: a phrase, and keys with their values.
type Change = (String, Vec<(String, String)>);

use CostCause::{Boot as BootCost, Idle, Interrupted, Stranded, Useful};
use TimeCause::{
    BlockedHead, Boot, Capacity, Dispatch, ImagePull, Lost, MaxVcpus, Queue, Scaling, Share,
};

/// All levers, in the order in which equals are tried.
pub const LEVERS: &[Lever] = &[
    lever(
        "more-vcpus",
        &[MaxVcpus, Queue, Share],
        &[],
        true,
        more_vcpus,
    ),
    lever("quota", &[Capacity, Queue, Scaling], &[], true, quota),
    lever(
        "more-machines",
        &[Capacity, Queue, Share],
        &[],
        true,
        more_machines,
    ),
    lever("time-limit", &[BlockedHead], &[], true, time_limit),
    lever("priority", &[Queue], &[], true, priority),
    lever("boot-time", &[Boot], &[BootCost], true, boot_time),
    lever("min-vcpus", &[Boot, Scaling], &[], true, min_vcpus),
    lever("spot", &[], &[Useful, Stranded, Idle], true, spot),
    lever("on-demand", &[Lost], &[Interrupted], true, on_demand),
    lever("all-sizes", &[], &[Stranded, Idle], true, all_sizes),
    lever("best-fit", &[], &[Stranded], true, best_fit),
    lever(
        "look-ahead",
        &[BlockedHead, Capacity, MaxVcpus, Queue],
        &[],
        false,
        look_ahead,
    ),
    lever("scale-in", &[], &[Idle], false, scale_in),
    lever("size-bias", &[], &[Stranded, Idle], false, size_bias),
    lever("scale-out", &[Scaling], &[], false, scale_out),
    lever("spill-over", &[Capacity], &[], false, spill_over),
    lever("dispatch", &[Dispatch], &[], false, dispatch),
    lever("container-start", &[ImagePull], &[], true, container_start),
];

const fn lever(
    name: &'static str,
    times: &'static [TimeCause],
    costs: &'static [CostCause],
    is_ours: bool,
    change: fn(&Scene<'_>) -> Option<Change>,
) -> Lever {
    Lever {
        name,
        times,
        costs,
        is_ours,
        change,
    }
}

/// A lever that is worth a run.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Which.
    pub lever: &'static Lever,
    /// What it changes, as a phrase: `maxvCpus of environment spot 1,024 instead of 512`.
    pub what: String,
    /// Keys and values as `--set` takes them; those that begin with `--` are options of `run` themselves.
    pub sets: Vec<(String, String)>,
}

impl Candidate {
    /// The words with which `batchcast run` pulls the lever.
    pub fn words(&self) -> String {
        let words = self
            .sets
            .iter()
            .map(|(key, value)| match key.starts_with("--") {
                true => format!("{key} {value}"),
                false => {
                    let is_plain =
                        |letter: char| letter.is_ascii_alphanumeric() || "._-:/".contains(letter);
                    let text = format!("{key}={value}");
                    match text.chars().all(|letter| is_plain(letter) || letter == '=') {
                        true => format!("--set {text}"),
                        false => format!("--set '{text}'"),
                    }
                }
            });
        words.collect::<Vec<String>>().join(" ")
    }
}

/// A cause is large where it has so many millionths of all jobs' time, or of the bill.
const LARGE: u128 = 20_000;
/// Most levers that are tried.
const MOST: usize = 9;

/// The levers for what is large in `summary` (summary.json), those for the largest first. `is_pool` says that the run was one
/// of `--trace` and `--pool`.
pub fn candidates(scenario: &Value, summary: &Value, is_pool: bool) -> Vec<Candidate> {
    let totals = Totals::of(summary);
    let scene = Scene {
        setting: Setting(scenario),
        summary,
        is_pool,
    };
    let weight = |lever: &Lever| {
        let times = lever.times.iter().map(|cause| totals.time_part(*cause));
        let costs = lever.costs.iter().map(|cause| totals.cost_part(*cause));
        times.chain(costs).max().unwrap_or(0)
    };
    let mut levers: Vec<(u128, &Lever)> =
        LEVERS.iter().map(|lever| (weight(lever), lever)).collect();
    levers.retain(|(weight, _)| *weight >= LARGE);
    levers.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
    let changed = levers.into_iter().filter_map(|(_, lever)| {
        let (what, sets) = (lever.change)(&scene)?;
        Some(Candidate { lever, what, sets })
    });
    changed.take(MOST).collect()
}

/// The key of `path` below the item of `list` that is called `name`, by its number where the name has a separator.
fn key(list: &str, index: usize, name: &str, path: &str) -> String {
    match name.contains(['.', '/']) || name.is_empty() {
        true => format!("{list}.{index}.{path}"),
        false => format!("{list}.{name}.{path}"),
    }
}

fn environment_key(index: usize, environment: Environment<'_>, path: &str) -> String {
    key("computeEnvironments", index, environment.name(), path)
}

/// One change for each environment for which there is one; phrases follow each other.
fn each_environment(
    scene: &Scene<'_>,
    change: impl Fn(usize, Environment<'_>) -> Option<Change>,
) -> Option<Change> {
    let environments = scene.setting.environments().enumerate();
    let changes = environments.filter_map(|(index, one)| change(index, one));
    let (phrases, sets): (Vec<String>, Vec<Vec<(String, String)>>) = changes.unzip();
    let sets = sets.concat();
    (!sets.is_empty()).then(|| (phrases.join(", "), sets))
}

fn more_vcpus(scene: &Scene<'_>) -> Option<Change> {
    each_environment(scene, |index, one| {
        let most = one.max_vcpus()?;
        let more = most.checked_mul(2).filter(|more| *more > most)?;
        let phrase = format!(
            "maxvCpus of environment {} {} instead of {}",
            one.name(),
            whole(more),
            whole(most)
        );
        let key = environment_key(index, one, "computeResources.maxvCpus");
        Some((phrase, vec![(key, more.to_string())]))
    })
}

/// Twice as much of each quota that refused a launch.
fn quota(scene: &Scene<'_>) -> Option<Change> {
    let used = scene.summary.get("quotas").and_then(Value::as_array)?;
    let refused = |code: &str| {
        used.iter().any(|quota| {
            quota.get("quota_code").and_then(Value::as_str) == Some(code)
                && quota.get("refused_launches").and_then(Value::as_u64) > Some(0)
        })
    };
    let stated = scene.setting.list("quotas").iter().enumerate();
    let raised = stated.filter_map(|(index, quota)| {
        let code = quota.get("QuotaCode")?.as_str()?;
        let value = quota.get("Value")?.as_f64()? as u64;
        let phrase = format!(
            "quota {code} {} instead of {}",
            whole(2 * value),
            whole(value)
        );
        let set = (format!("quotas.{index}.Value"), (2 * value).to_string());
        refused(code).then_some((phrase, set))
    });
    let (phrases, sets): (Vec<String>, Vec<(String, String)>) = raised.unzip();
    (!sets.is_empty()).then(|| (phrases.join(", "), sets))
}

fn more_machines(scene: &Scene<'_>) -> Option<Change> {
    if scene.is_pool {
        let types = scene.setting.list("instanceTypes").first()?;
        let vcpus = types.get("vcpus")?.as_u64()?;
        let phrase = format!(
            "a pool of {} vCPUs instead of {}",
            whole(2 * vcpus),
            whole(vcpus)
        );
        return Some((phrase, vec![("--pool".to_owned(), (2 * vcpus).to_string())]));
    }
    each_environment(scene, |index, one| {
        let machines = one.machines();
        let all: u64 = machines.iter().map(|(count, _)| *count).sum();
        let sets = machines.iter().enumerate().map(|(group, (count, _))| {
            let key = environment_key(index, one, &format!("instances.{group}.count"));
            (key, (2 * count).to_string())
        });
        let phrase = format!(
            "{} machines in environment {} instead of {}",
            whole(2 * all),
            one.name(),
            whole(all)
        );
        (all > 0).then(|| (phrase, sets.collect()))
    })
}

fn time_limit(scene: &Scene<'_>) -> Option<Change> {
    let blocked = scene.summary.get("queue_blocked")?.as_object()?;
    let mut reasons: Vec<&str> = blocked
        .keys()
        .filter_map(|why| why.split(" - ").next())
        .collect();
    reasons.retain(|why| why.contains(':'));
    reasons.dedup();
    let actions = reasons.iter().map(|why| {
        format!("{{ state = \"RUNNABLE\", reason = \"{why}\", maxTimeSeconds = 600, action = \"CANCEL\" }}")
    });
    let actions = format!("[{}]", actions.collect::<Vec<String>>().join(", "));
    let queues = scene.setting.list("jobQueues").iter().enumerate();
    let sets = queues.filter_map(|(index, queue)| {
        let given = queue
            .get("jobStateTimeLimitActions")
            .and_then(Value::as_array);
        let name = queue.get("jobQueueName")?.as_str()?;
        let is_new = given.is_none_or(Vec::is_empty) && !reasons.is_empty();
        is_new.then(|| {
            (
                key("jobQueues", index, name, "jobStateTimeLimitActions"),
                actions.clone(),
            )
        })
    });
    let sets: Vec<(String, String)> = sets.collect();
    let phrase = "jobStateTimeLimitActions that cancel a head after 10 min".to_owned();
    (!sets.is_empty()).then_some((phrase, sets))
}

fn priority(scene: &Scene<'_>) -> Option<Change> {
    let queues = scene.setting.list("jobQueues");
    let number = |queue: &Value| queue.get("priority").and_then(Value::as_u64).unwrap_or(0);
    let highest = queues.iter().map(number).max()?;
    let by_queue = scene.summary.get("by_queue")?.as_array()?;
    let mean = |group: &Value| {
        group
            .pointer("/wait_s/mean")
            .and_then(Value::as_f64)
            .unwrap_or(0.0)
    };
    let longest = by_queue.iter().max_by(|a, b| mean(a).total_cmp(&mean(b)))?;
    let name = longest.get("job_queue")?.as_str()?;
    let index = queues
        .iter()
        .position(|queue| queue.get("jobQueueName").and_then(Value::as_str) == Some(name))?;
    let is_alone = queues
        .iter()
        .filter(|queue| number(queue) == highest)
        .count()
        == 1;
    if queues.len() < 2 || (number(&queues[index]) == highest && is_alone) {
        return None;
    }
    let phrase = format!(
        "priority {} for queue {name}, above all others",
        highest + 1
    );
    Some((
        phrase,
        vec![(
            key("jobQueues", index, name, "priority"),
            (highest + 1).to_string(),
        )],
    ))
}

/// A span of the model as it is set.
fn model_span(scene: &Scene<'_>, key: &str) -> Option<Span> {
    parse_span(&scene.setting.model(key)).ok()
}

/// The parameter `key` set to `span`, which is shorter than it is.
fn shorter(scene: &Scene<'_>, key: &str, span: Span) -> Option<Change> {
    let now = model_span(scene, key).filter(|now| *now > span)?;
    Some((
        format!("{key} {span} s instead of {now} s"),
        vec![(key.to_owned(), format!("{span}s"))],
    ))
}

fn half(scene: &Scene<'_>, key: &str) -> Option<Change> {
    let now = model_span(scene, key)?;
    shorter(scene, key, Span::from_ms(now.ms() / 2))
}

fn has_managed(scene: &Scene<'_>) -> bool {
    scene
        .setting
        .environments()
        .any(|one| one.max_vcpus().is_some())
}

fn boot_time(scene: &Scene<'_>) -> Option<Change> {
    half(scene, "bootTime").filter(|_| has_managed(scene))
}

fn min_vcpus(scene: &Scene<'_>) -> Option<Change> {
    each_environment(scene, |index, one| {
        let quarter = one.max_vcpus()? / 4;
        let least = one
            .resource("minvCpus")
            .and_then(Value::as_u64)
            .unwrap_or(0);
        let phrase = format!(
            "minvCpus of environment {} {} instead of {}",
            one.name(),
            whole(quarter),
            whole(least)
        );
        let key = environment_key(index, one, "computeResources.minvCpus");
        (quarter > least).then(|| (phrase, vec![(key, quarter.to_string())]))
    })
}

/// Every environment of type `from` made one of type `to`, with a strategy that goes with it.
fn bought(scene: &Scene<'_>, from: &str, to: &str, strategy: &str) -> Option<Change> {
    each_environment(scene, |index, one| {
        let sets = vec![
            (
                environment_key(index, one, "computeResources.type"),
                to.to_owned(),
            ),
            (
                environment_key(index, one, "computeResources.allocationStrategy"),
                strategy.to_owned(),
            ),
        ];
        let phrase = format!(
            "environment {} {to} ({strategy}) instead of {from}",
            one.name()
        );
        (one.kind() == Some(from)).then_some((phrase, sets))
    })
}

fn spot(scene: &Scene<'_>) -> Option<Change> {
    let (mut phrase, sets) = bought(scene, "EC2", "SPOT", "SPOT_PRICE_CAPACITY_OPTIMIZED")?;
    if scene.setting.0.get("spot").is_none() {
        phrase.push_str(", on the Spot market that is assumed where a scenario states none,");
    }
    Some((phrase, sets))
}

fn on_demand(scene: &Scene<'_>) -> Option<Change> {
    bought(scene, "SPOT", "EC2", "BEST_FIT_PROGRESSIVE")
}

/// Families where single sizes of them are listed: none but a large one may be the only size that fits nothing well.
fn all_sizes(scene: &Scene<'_>) -> Option<Change> {
    each_environment(scene, |index, one| {
        let listed = one.resource("instanceTypes")?.as_array()?;
        let names: Vec<&str> = listed.iter().filter_map(Value::as_str).collect();
        let family = |name: &&str| match name.split_once('.') {
            // Machines that the scenario declares have no family that is known here.
            Some((family, _)) if scene.setting.list("instanceTypes").is_empty() => {
                family.to_owned()
            }
            _ => (*name).to_owned(),
        };
        let mut families: Vec<String> = Vec::new();
        for family in names.iter().map(family) {
            if !families.contains(&family) {
                families.push(family);
            }
        }
        let phrase = format!(
            "all sizes of {} in environment {}",
            families.join(", "),
            one.name()
        );
        let key = environment_key(index, one, "computeResources.instanceTypes");
        (families != names).then(|| (phrase, vec![(key, format!("{families:?}"))]))
    })
}

fn best_fit(scene: &Scene<'_>) -> Option<Change> {
    each_environment(scene, |index, one| {
        let strategy = one.resource("allocationStrategy").and_then(Value::as_str);
        let is_progressive = strategy == Some("BEST_FIT_PROGRESSIVE") && one.kind() == Some("EC2");
        let key = environment_key(index, one, "computeResources.allocationStrategy");
        let phrase = format!(
            "BEST_FIT in environment {} instead of BEST_FIT_PROGRESSIVE",
            one.name()
        );
        is_progressive.then(|| (phrase, vec![(key, "BEST_FIT".to_owned())]))
    })
}

fn look_ahead(scene: &Scene<'_>) -> Option<Change> {
    const AHEAD: &str = "lookahead:100";
    let phrase = format!("dispatch {AHEAD}, so that jobs may pass a head that waits");
    let is_strict = |text: &str| text.starts_with("strict");
    let queues = scene.setting.list("jobQueues").iter().enumerate();
    let own = queues.filter_map(|(index, queue)| {
        let stated = queue.get("dispatch")?.as_str()?;
        let name = queue.get("jobQueueName")?.as_str()?;
        let key = match scene.is_pool {
            true => "--discipline".to_owned(),
            false => key("jobQueues", index, name, "dispatch"),
        };
        is_strict(stated).then(|| (key, AHEAD.to_owned()))
    });
    let mut sets: Vec<(String, String)> = own.collect();
    if !scene.is_pool && is_strict(&scene.setting.model("dispatch")) {
        sets.insert(0, ("dispatch".to_owned(), AHEAD.to_owned()));
    }
    (!sets.is_empty()).then_some((phrase, sets))
}

fn scale_in(scene: &Scene<'_>) -> Option<Change> {
    shorter(scene, "scaleInIdle", Span::from_s(60)).filter(|_| has_managed(scene))
}

fn size_bias(scene: &Scene<'_>) -> Option<Change> {
    let is_demand = scene.setting.model("sizeBias") == "demand" && has_managed(scene);
    let phrase = "the smallest instances that hold a job (sizeBias smallest) instead of the largest that the demand fills".to_owned();
    is_demand.then(|| (phrase, vec![("sizeBias".to_owned(), "smallest".to_owned())]))
}

fn scale_out(scene: &Scene<'_>) -> Option<Change> {
    shorter(scene, "scaleOutTick", Span::from_s(30)).filter(|_| has_managed(scene))
}

fn spill_over(scene: &Scene<'_>) -> Option<Change> {
    let several = |queue: &Value| {
        let order = queue
            .get("computeEnvironmentOrder")
            .and_then(Value::as_array);
        order.is_some_and(|order| order.len() > 1)
    };
    let has_next = scene.setting.list("jobQueues").iter().any(several);
    shorter(scene, "spillAfter", Span::from_s(60)).filter(|_| has_next)
}

fn dispatch(scene: &Scene<'_>) -> Option<Change> {
    shorter(scene, "dispatchTick", Span::from_s(1))
}

fn container_start(scene: &Scene<'_>) -> Option<Change> {
    half(scene, "containerStart")
}
