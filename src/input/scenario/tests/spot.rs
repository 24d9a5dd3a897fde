//! `[spot]`: what becomes of it, and what is said where it is wrong.

use std::io::Cursor;

use super::*;
use crate::model::{Interruption, PriceProcess, SpotPool, SpotPrice};

/// A scenario with a SPOT environment of two types, before its `[spot]`.
const SPOT: &str = r#"
[[instanceTypes]]
instanceType = "a"
vcpus = 4
priceUsdPerHour = "1"
[[instanceTypes]]
instanceType = "b"
vcpus = 8
priceUsdPerHour = "2"
[[computeEnvironments]]
computeEnvironmentName = "s"
type = "MANAGED"
computeResources = { type = "SPOT", allocationStrategy = "SPOT_CAPACITY_OPTIMIZED", maxvCpus = 8, instanceTypes = ["a", "b"] }
"#;

const HISTORY: &str = "timestamp_utc,availability_zone,instance_type,spot_usd_per_hour
2026-01-01T00:00:00Z,z2,a,0.3
2026-01-01T00:00:10Z,z2,a,0.4
2026-01-01T00:00:20Z,z1,b,0.5
2026-01-02T00:00:00Z,z2,a,0.6
";
const ADVISOR: &str =
    r#"{"spot_advisor": {"us-east-1": {"Linux": {"a": {"r": 0}, "b": {"r": 4}}}}}"#;
const TICKS: &str = r#"{"metadata": {"gap_seconds": 60}, "data": [2, 2, 0]}"#;

struct Shelf;

impl Files for Shelf {
    fn open(&self, path: &str) -> Result<Box<dyn Read>, String> {
        let text = match path {
            "history.csv" => HISTORY,
            "broken.csv" => "price\n",
            "only-a.csv" => "timestamp_utc,instance_type,price\n2026-01-01T00:00:00Z,a,0.3\n",
            "bare.csv" => "timestamp_utc,price\n2026-01-01T00:00:00Z,0.3\n",
            "old.csv" => {
                "timestamp_utc,instance_type,price\n2016-01-01T00:00:00Z,c5.large,0.03\n2016-01-02T00:00:00Z,c5.large,0.03\n"
            }
            "advisor.json" => ADVISOR,
            "ticks.json" => TICKS,
            _ => return Err("there is no such file".to_owned()),
        };
        Ok(Box::new(Cursor::new(text.as_bytes())))
    }
}

fn load_spot(text: &str) -> Result<Loaded, Vec<String>> {
    let text = format!("{BASE}{JOB}{text}");
    load("test.toml", text.as_bytes(), &[], None, &Shelf).map_err(|problems| lines(&problems))
}

fn spot(section: &str) -> Loaded {
    load_spot(&format!("{SPOT}{section}")).unwrap_or_else(|lines| panic!("{}", lines.join("\n")))
}

/// The pools as text.
fn pools(loaded: &Loaded) -> Vec<String> {
    let world = &loaded.scenario.world;
    let told = |pool: &SpotPool| {
        let name = &world.catalogue.get(pool.instance_type).name;
        let zone = &world.spot.zones[pool.zone.index()];
        let steps = |steps: &[(SimTime, PricePerHour)]| -> String {
            let steps = steps.iter().map(|(at, price)| format!("{at}:{price}"));
            steps.collect::<Vec<_>>().join(" ")
        };
        let price = match &pool.price {
            SpotPrice::Fixed(price) => price.to_string(),
            SpotPrice::Steps(course) => steps(course),
            SpotPrice::Blocks {
                history,
                length,
                block,
            } => {
                format!("{block} of {length}: {}", steps(history))
            }
            SpotPrice::Process(process) => {
                format!("around {} at most {}", process.first, process.most)
            }
            SpotPrice::Fitted(fitted) => {
                format!("like one at {} and at most {}", fitted.first, fitted.most)
            }
        };
        let hazard = pool.interruptions_per_hour;
        let available: String = pool
            .available
            .iter()
            .map(|(at, count)| format!(" {at}:{count}"))
            .collect();
        format!("{name} {zone} {price} ({hazard}){available}")
    };
    world.spot.pools.iter().map(told).collect()
}

#[test]
fn without_a_section_spot_costs_three_tenths_of_on_demand_in_one_zone() {
    let loaded = spot("");
    assert_eq!(
        pools(&loaded),
        ["a us-east-1a 0.30 (0)", "b us-east-1a 0.60 (0)"]
    );
    assert_eq!(loaded.effective["spot"]["discount"], 0.7);
    assert!(loaded.notes[0].contains("less 0.7 of them, at all times, which is an assumption"));
    assert_eq!(loaded.scenario.world.spot.interruption, Interruption::Never);
}

#[test]
fn pools_are_of_all_spot_environments_those_of_later_events_too() {
    let later = r#"
[[events]]
at = "1h"
action = "CreateComputeEnvironment"
computeEnvironmentName = "later"
type = "MANAGED"
computeResources = { type = "SPOT", allocationStrategy = "BEST_FIT", spotIamFleetRole = "arn:aws:iam::1:role/fleet", bidPercentage = 60, maxvCpus = 8, instanceTypes = ["c5.large"] }
[spot]
zones = ["z2", "z1"]
discount = 0.5
"#;
    let loaded = spot(later);
    assert_eq!(
        pools(&loaded),
        [
            "a z1 0.50 (0)",
            "a z2 0.50 (0)",
            "b z1 1.00 (0)",
            "b z2 1.00 (0)",
            "c5.large z1 0.0425 (0)",
            "c5.large z2 0.0425 (0)"
        ]
    );
}

#[test]
fn a_history_gives_each_type_the_zones_that_it_has_it_in() {
    let section = "[spot]\nmodel = \"history\"\nhistory = \"history.csv\"\n";
    let loaded = spot(section);
    let wanted = ["a z2 0:0.30 10:0.40 86400:0.60 (0)", "b z1 0:0.50 (0)"];
    assert_eq!(pools(&loaded), wanted);
    assert_eq!(loaded.inputs, ["history.csv"]);
    assert!(
        loaded.notes[0]
            .contains("4 rows of Linux/UNIX from 2026-01-01T00:00:00Z to 2026-01-02T00:00:00Z")
    );
}

#[test]
fn time_zero_of_a_history_is_stated_or_the_start_or_its_first_moment() {
    let section = "[spot]\nmodel = \"history\"\nhistory = [\"history.csv\"]\n";
    let stated = spot(&format!(
        "{section}historyFrom = \"2026-01-01T00:00:05Z\"\n"
    ));
    let wanted = ["a z2 0:0.30 5:0.40 86395:0.60 (0)", "b z1 0:0.50 (0)"];
    assert_eq!(pools(&stated), wanted);
    for (start, first) in [
        ("2026-01-01T00:00:10Z", "a z2 0:0.40 86390:0.60 (0)"),
        ("2027-01-01T00:00:00Z", "a z2 0:0.30 10:0.40 86400:0.60 (0)"),
    ] {
        let text = format!("start = \"{start}\"\n{BASE}{JOB}{SPOT}{section}");
        let loaded = load("test.toml", text.as_bytes(), &[], None, &Shelf);
        let loaded = loaded.unwrap_or_else(|problems| panic!("{}", lines(&problems).join("\n")));
        assert_eq!(pools(&loaded)[0], first);
    }
}

#[test]
fn a_bootstrap_keeps_the_history_and_its_length() {
    let loaded = spot("[spot]\nmodel = \"bootstrap\"\nhistory = \"history.csv\"\nblock = \"2h\"\n");
    assert_eq!(
        pools(&loaded)[0],
        "a z2 7200 of 86400: 0:0.30 10:0.40 86400:0.60 (0)"
    );
}

#[test]
fn a_synthetic_price_is_around_a_part_of_on_demand_or_what_is_stated_or_the_history() {
    let of = |more: &str| pools(&spot(&format!("[spot]\nmodel = \"synthetic\"\n{more}")));
    assert_eq!(of("")[1], "b us-east-1a around 0.60 at most 2.00 (0)");
    assert_eq!(
        of("meanUsdPerHour = \"0.45\"\n")[1],
        "b us-east-1a around 0.45 at most 2.00 (0)"
    );
    assert_eq!(
        of("fit = true\nhistory = \"history.csv\"\n"),
        [
            "a z2 like one at 0.30 and at most 1.00 (0)",
            "b z1 like one at 0.50 and at most 2.00 (0)"
        ]
    );
}

#[test]
fn before_december_2017_a_price_may_go_to_ten_times_on_demand() {
    let text = format!(
        "start = \"2016-01-01T00:00:00Z\"\n{BASE}{JOB}{SPOT}[spot]\nmodel = \"synthetic\"\n"
    );
    let loaded = load("test.toml", text.as_bytes(), &[], None, &Shelf).unwrap();
    assert!(matches!(
        &loaded.scenario.world.spot.pools[0].price,
        SpotPrice::Process(PriceProcess { most, .. }) if most.to_string() == "10.00"
    ));
}

#[test]
fn what_is_said_of_one_pool_goes_before_what_is_said_of_its_type_and_that_before_the_rest() {
    let section = r#"
[spot]
interruption = "hazard"
interruptionsPerHour = 0.5
zones = ["z1", "z2"]
pools = [
  { instanceType = "a", interruptionsPerHour = 0.25, available = [{ at = 0, count = 3 }, { at = "1m", count = 0 }] },
  { instanceType = "a", availabilityZone = "z2", priceUsdPerHour = "0.11", availability = "ticks.json" },
  { instanceType = "a", availabilityZone = "z9", priceUsdPerHour = "0.12", interruptionsPerHour = 0 },
]
"#;
    let loaded = spot(section);
    assert_eq!(
        pools(&loaded),
        [
            "a z1 0.30 (0.25) 0:3 60:0",
            "a z2 0.11 (0.25) 0:2 120:0",
            "a z9 0.12 (0) 0:3 60:0",
            "b z1 0.60 (0.5)",
            "b z2 0.60 (0.5)",
        ]
    );
    assert_eq!(
        loaded.scenario.world.spot.interruption,
        Interruption::Hazard
    );
    assert_eq!(loaded.inputs, ["ticks.json"]);
}

#[test]
fn a_type_without_a_history_may_have_a_price_of_its_own() {
    let section = "[spot]\nmodel = \"history\"\nhistory = \"only-a.csv\"\npools = [{ instanceType = \"b\", priceUsdPerHour = 0.7 }]\n";
    assert_eq!(
        pools(&spot(section)),
        ["a us-east-1a 0:0.30 (0)", "b us-east-1a 0.70 (0)"]
    );
}

#[test]
fn the_advisor_gives_each_type_the_hazard_of_its_band() {
    let loaded = spot("[spot]\nadvisor = \"advisor.json\"\n");
    assert_eq!(
        pools(&loaded),
        [
            "a us-east-1a 0.30 (0.000035)",
            "b us-east-1a 0.60 (0.000394)"
        ]
    );
}

#[test]
fn what_has_no_effect_is_told() {
    let section = "[spot]\nhistory = \"nowhere.csv\"\nblock = \"1d\"\npools = [{ instanceType = \"c5.large\", priceUsdPerHour = 1 }]\n";
    let loaded = spot(section);
    assert_eq!(
        loaded.ignored,
        ["/spot/block", "/spot/history", "/spot/pools/*"]
    );
    let loaded = load_spot(section).unwrap();
    assert_eq!(loaded.ignored, ["/spot"], "without a SPOT environment");
    assert!(loaded.scenario.world.spot.pools.is_empty());
    assert_eq!(base("").effective.get("spot"), None);
}

#[test]
fn the_effective_scenario_has_the_same_market_again() {
    let first = spot(
        "[spot]\nmodel = \"bootstrap\"\nhistory = \"history.csv\"\nblock = \"2h\"\ninterruptionsPerHour = 0.25\n",
    );
    let bytes = serde_json::to_vec(&first.effective).unwrap();
    let again = load("effective.json", &bytes, &[], None, &Shelf);
    let again = again.unwrap_or_else(|problems| panic!("{}", lines(&problems).join("\n")));
    assert_eq!(first.scenario.world.spot, again.scenario.world.spot);
    assert_eq!(first.effective, again.effective);
}

/// Members of `[spot]`, and all that is said of it.
const WRONG: &[(&str, &[&str])] = &[
    (
        "model = \"cheap\"",
        &["/spot/model: `cheap` (text) is not one of discount, history, bootstrap, synthetic"],
    ),
    (
        "discount = 1.5",
        &["/spot/discount: `1.5` is not a number from 0 to 0.99"],
    ),
    (
        "zone = \"z1\"",
        &["`zone` is not a key of spot; did you mean `zones`?"],
    ),
    ("zones = []", &["/spot/zones: names no zone"]),
    (
        "zones = [\"z1\", \"z1\"]",
        &["/spot/zones/1: `z1` stands there twice"],
    ),
    (
        "zones = [\"us east\"]",
        &["/spot/zones/0: `us east` is no availability zone; write one such as us-east-1a"],
    ),
    (
        "model = \"history\"",
        &["/spot/history: is missing: the model history needs history = \"FILE\""],
    ),
    (
        "model = \"synthetic\"\nfit = true",
        &["/spot/history: is missing: the model synthetic needs"],
    ),
    (
        "model = \"history\"\nhistory = \"nowhere.csv\"",
        &["/spot/history: `nowhere.csv` cannot be opened: there is no such file"],
    ),
    (
        "model = \"history\"\nhistory = [\"history.csv\", \"nowhere.csv\"]",
        &["/spot/history/1: `nowhere.csv` cannot be opened"],
    ),
    (
        "model = \"history\"\nhistory = \"broken.csv\"",
        &[
            "broken.csv line 1: the header names no column of moments",
            "broken.csv line 1: the header names no column of types",
        ],
    ),
    (
        "model = \"history\"\nhistory = \"only-a.csv\"",
        &["/spot/history: has no price of `b`; leave these types out of SPOT environments"],
    ),
    (
        "model = \"history\"\nhistory = \"bare.csv\"\nhistoryInstanceType = \"a\"",
        &["/spot/history: has no price of `b`"],
    ),
    (
        "model = \"history\"\nhistory = \"history.csv\"\nhistoryFrom = \"2026-01-01\"",
        &["/spot/historyFrom: `2026-01-01` is not a moment"],
    ),
    (
        "model = \"history\"\nhistory = \"history.csv\"\nhistoryFrom = \"2025-01-01T00:00:00Z\"",
        &[
            "/spot/historyFrom: is outside of the history, which goes from 2026-01-01T00:00:00Z to 2026-01-02T00:00:00Z",
        ],
    ),
    (
        "model = \"bootstrap\"\nhistory = \"history.csv\"",
        &["/spot/block: is longer than the history from historyFrom on (86400 s)"],
    ),
    (
        "model = \"bootstrap\"\nhistory = \"history.csv\"\nblock = 0",
        &["/spot/block: must be longer than 0"],
    ),
    (
        "model = \"synthetic\"\nstep = 0.5",
        &["/spot/step: must be at least a second"],
    ),
    (
        "model = \"synthetic\"\nmeanUsdPerHour = 0",
        &["/spot/meanUsdPerHour: is 0; no Spot instance is free"],
    ),
    (
        "model = \"synthetic\"\nreversionPerHour = 0",
        &["/spot/reversionPerHour: `0` is not a number from 0.000001"],
    ),
    (
        "interruption = \"hazard\"",
        &["/spot/interruption: hazard needs to know how often"],
    ),
    (
        "interruptionsPerHour = -1",
        &["/spot/interruptionsPerHour: `-1` is not a number from 0"],
    ),
    (
        "advisor = \"nowhere.json\"",
        &["/spot/advisor: `nowhere.json` cannot be opened"],
    ),
    (
        "advisor = \"ticks.json\"",
        &["ticks.json /spot_advisor: missing"],
    ),
    (
        "pools = [{ priceUsdPerHour = 1 }]",
        &["/spot/pools/0/instanceType: missing"],
    ),
    (
        "pools = [{ instanceType = \"c5.larg\" }]",
        &[
            "/spot/pools/0/instanceType: the catalogue has no instance type `c5.larg`; did you mean `c5.large`?",
        ],
    ),
    (
        "pools = [{ instanceType = \"a\", priceUsdPerHour = 0 }]",
        &["/spot/pools/0/priceUsdPerHour: is 0; no Spot instance is free"],
    ),
    (
        "pools = [{ instanceType = \"a\" }, { instanceType = \"a\" }]",
        &["/spot/pools/1/instanceType: `a` stands there a second time with that zone"],
    ),
    (
        "pools = [{ instanceType = \"a\", available = [] }]",
        &["/spot/pools/0/available: is empty"],
    ),
    (
        "pools = [{ instanceType = \"a\", available = [{ at = \"2h\", count = 1 }, { at = \"1h\", count = 2 }] }]",
        &["/spot/pools/0/available/1/at: must be later than the one before (7200 s)"],
    ),
    (
        "pools = [{ instanceType = \"a\", available = [{ at = 0, count = -1 }] }]",
        &["/spot/pools/0/available/0/count: `-1` is not a whole number from 0"],
    ),
    (
        "pools = [{ instanceType = \"a\", available = [{ at = 0, count = 1 }], availability = \"ticks.json\" }]",
        &["/spot/pools/0/availability: available says it already"],
    ),
    (
        "pools = [{ instanceType = \"a\", availability = \"advisor.json\" }]",
        &[
            "advisor.json /metadata/gap_seconds: missing",
            "advisor.json /data: is no list",
        ],
    ),
    (
        "model = \"history\"\nhistory = \"history.csv\"\npools = [{ instanceType = \"a\", availabilityZone = \"z5\" }]",
        &[
            "/spot/pools/0/availabilityZone: the history has no `a` in `z5`; give its priceUsdPerHour",
        ],
    ),
];

#[test]
fn what_is_wrong_with_a_section_is_said_at_its_key() {
    let mut wrong = Vec::new();
    for (members, wanted) in WRONG {
        let problems = load_spot(&format!("{SPOT}[spot]\n{members}\n"));
        let problems = problems.err().unwrap_or_default();
        let is_said = |want: &&str| problems.iter().any(|line| line.contains(*want));
        if !wanted.iter().all(is_said) || problems.len() != wanted.len() {
            wrong.push(format!(
                "{members}\n  wanted {wanted:?}\n  got {problems:#?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn a_low_bid_on_prices_of_another_year_is_refused_unless_it_is_wanted() {
    let world = |bid: u32, section: &str| {
        let text = format!(
            r#"
[[computeEnvironments]]
computeEnvironmentName = "s"
type = "MANAGED"
computeResources = {{ type = "SPOT", allocationStrategy = "BEST_FIT_PROGRESSIVE", bidPercentage = {bid}, maxvCpus = 8, instanceTypes = ["c5.large"] }}
[spot]
model = "history"
history = "old.csv"
{section}"#
        );
        load_spot(&text).err().unwrap_or_default()
    };
    let problems = world(60, "");
    assert_eq!(problems.len(), 1, "{problems:?}");
    let wanted = "/spot/history: is of 2016-01-01 to 2016-01-02, and the On-Demand price of `c5.large` is of 2026-07-20: a bidPercentage below 100 is no ratio of such prices";
    assert!(problems[0].contains(wanted), "{problems:?}");
    assert!(world(100, "").is_empty());
    assert!(world(60, "allowMixedDates = true\n").is_empty());
    assert!(
        world(
            60,
            "pools = [{ instanceType = \"c5.large\", priceUsdPerHour = 0.02 }]\n"
        )
        .is_empty()
    );
}
