//! Histories, feeds and measurements that read, and what is said of those that do not.

use super::*;
use crate::input::Problem;
use crate::input::source::tests::gzip;
use crate::units::{PricePerHour, SimTime, Span};

const ASSUMED: Assumed<'_> = Assumed {
    instance_type: None,
    zone: "us-east-1a",
};

fn read(files: &[&[u8]], assumed: Assumed<'_>) -> Result<PriceHistory, Vec<String>> {
    let mut history = PriceHistory::default();
    for bytes in files {
        let added = history.add(*bytes, "spot.file", assumed);
        added.map_err(|problems| problems.iter().map(Problem::to_string).collect::<Vec<_>>())?;
    }
    history.finish();
    Ok(history)
}

/// A history as text: type, zone, seconds after 2021-03-02T00:00:00Z, price.
fn told(history: &PriceHistory) -> String {
    const ZERO: i64 = 1_614_643_200_000;
    let mut lines = Vec::new();
    for (name, zones) in &history.pools {
        for (zone, steps) in zones {
            let steps: Vec<String> = steps
                .iter()
                .map(|(at, price)| format!("{}:{price}", (at - ZERO) / 1000))
                .collect();
            lines.push(format!("{name} {zone} {}", steps.join(" ")));
        }
    }
    lines.join("\n")
}

fn row(second: u32, zone: &str, product: &str, price: &str) -> String {
    format!(
        r#"{{"AvailabilityZone": "{zone}", "InstanceType": "c5.large", "ProductDescription": "{product}", "SpotPrice": "{price}", "Timestamp": "2021-03-02T00:00:{second:02}+00:00"}}"#
    )
}

#[test]
fn an_object_a_bare_list_and_several_documents_end_to_end_read_alike_plain_and_packed() {
    let newest_first = [
        row(30, "us-east-1a", "Linux/UNIX", "0.05"),
        row(20, "us-east-1b", "Linux/UNIX", "0.04"),
        row(20, "us-east-1a", "Windows", "0.14"),
        row(10, "us-east-1a", "Linux/UNIX", "0.03"),
    ];
    let list = format!("[{}]", newest_first.join(","));
    let object = format!("{{\"NextToken\": \"\", \"SpotPriceHistory\": {list}}}");
    let halves = format!(
        " {{\"SpotPriceHistory\": [{}]}}\n{{\"SpotPriceHistory\": [{}]}}\n",
        newest_first[..2].join(","),
        newest_first[2..].join(",")
    );
    let packed = gzip(object.as_bytes());
    for bytes in [
        list.as_bytes(),
        object.as_bytes(),
        halves.as_bytes(),
        &packed,
    ] {
        let history = read(&[bytes], ASSUMED).unwrap();
        assert_eq!(
            told(&history),
            "c5.large us-east-1a 10:0.03 30:0.05\nc5.large us-east-1b 20:0.04"
        );
        assert_eq!((history.rows, history.other_products), (3, 1));
    }
}

#[test]
fn rows_that_say_the_same_again_count_once_and_of_two_prices_for_a_moment_the_higher_stays() {
    let first = format!("[{}]", row(10, "us-east-1a", "Linux/UNIX", "0.03"));
    let second = format!(
        "[{}, {}]",
        row(10, "us-east-1a", "Linux/UNIX", "0.03"),
        row(10, "us-east-1a", "Linux/UNIX", "0.02")
    );
    let history = read(&[first.as_bytes(), second.as_bytes()], ASSUMED).unwrap();
    assert_eq!(told(&history), "c5.large us-east-1a 10:0.03");
    let counts = (history.rows, history.duplicates, history.contradictions);
    assert_eq!(counts, (3, 1, 1));
}

#[test]
fn tables_read_by_the_names_of_their_columns() {
    let told_type = Assumed {
        instance_type: Some("c5.large"),
        ..ASSUMED
    };
    for (text, assumed) in [
        (
            "timestamp_utc,availability_zone,instance_type,spot_usd_per_hour\n2021-03-02T00:00:10Z,us-east-1a,c5.large,0.03\n2021-03-02T00:00:30Z,us-east-1a,c5.large,0.05\n",
            ASSUMED,
        ),
        (
            "Timestamp,Region,SpotPrice\r\n2021-03-02 00:00:30+00:00,us-east-1a,0.0500\r\n2021-03-02 00:00:10+00:00,us-east-1a,0.0300\r\n",
            told_type,
        ),
        (
            "Price,Instance Type,ProductDescription,Timestamp\n0.03,c5.large,Linux/UNIX,2021-03-02T00:00:10.000Z\n0.13,c5.large,SUSE Linux,2021-03-02T00:00:10.000Z\n0.05,c5.large,Linux/UNIX,2021-03-02T01:00:30+01:00",
            ASSUMED,
        ),
        (
            "timestamp_utc,type,price\n2021-03-02 00:00:10,c5.large,0.03\n2021-03-02 00:00:30,c5.large,0.05\n",
            ASSUMED,
        ),
    ] {
        let history = read(&[text.as_bytes()], assumed).unwrap();
        let wanted = "c5.large us-east-1a 10:0.03 30:0.05";
        assert_eq!(told(&history), wanted, "{text}");
    }
}

const HEAD: &str = "timestamp_utc,availability_zone,instance_type,spot_usd_per_hour\n";

/// Histories with something wrong, and all that is said of it.
const WRONG: &[(&str, &[&str])] = &[
    (
        "",
        &["spot.file: is empty; a history is the JSON of describe-spot-price-history"],
    ),
    (" \n\n", &["spot.file: is empty"]),
    ("{}", &["spot.file: has no SpotPriceHistory"]),
    ("[]", &["spot.file: has no row"]),
    (
        "{\"SpotPriceHistory\": 5}",
        &[
            "spot.file line 1: is no history: invalid type: integer `5`, expected a list of rows under SpotPriceHistory",
        ],
    ),
    (
        "[\n{\"Timestamp\":\n",
        &["spot.file line 3: JSON syntax: EOF"],
    ),
    ("[7]", &["spot.file /0: is a number; a row is an object"]),
    (
        "{\"SpotPriceHistory\": [{\"ProductDescription\": \"Linux/UNIX\"}]}",
        &[
            "/SpotPriceHistory/0/Timestamp: missing",
            "/SpotPriceHistory/0/SpotPrice: missing",
            "/SpotPriceHistory/0/InstanceType: missing: the file names no instance type; say it with historyInstanceType",
        ],
    ),
    (
        "[{\"Timestamp\": \"2021-03-02\", \"InstanceType\": \"c5.large\", \"SpotPrice\": \"0.1\"}]",
        &["spot.file /0/Timestamp: `2021-03-02` is not a moment; write RFC 3339 with a zone"],
    ),
    (
        "[{\"Timestamp\": \"1921-03-02T00:00:00Z\", \"InstanceType\": \"c5.large\", \"SpotPrice\": \"0.1\"}]",
        &["/0/Timestamp: `1921-03-02T00:00:00Z` is not a moment"],
    ),
    (
        "[{\"Timestamp\": \"2021-03-02T00:00:00Z\", \"InstanceType\": \"c5.large\", \"SpotPrice\": \"cheap\"}]",
        &["/0/SpotPrice: `cheap` is not a price; write USD an hour as a decimal"],
    ),
    (
        "[{\"Timestamp\": \"2021-03-02T00:00:00Z\", \"InstanceType\": \"c5.large\", \"SpotPrice\": \"0.000000\"}]",
        &["/0/SpotPrice: is `0.000000`; no Spot instance is free"],
    ),
    (
        "[{\"Timestamp\": \"2021-03-02T00:00:00Z\", \"InstanceType\": [1], \"SpotPrice\": true}]",
        &[
            "/0/InstanceType: `[1]` is not text",
            "/0/SpotPrice: `true` is not text",
        ],
    ),
    (
        "[{\"Timestamp\": \"2021-03-02T00:00:00Z\", \"InstanceType\": \"a b\", \"SpotPrice\": \"1\"}]",
        &["/0/InstanceType: `a b` is not a name"],
    ),
    (
        "[{\"ProductDescription\": \"Windows\"}, {\"ProductDescription\": \"SUSE Linux\"}]",
        &["spot.file: has no row of Linux/UNIX; its 2 rows are of other products"],
    ),
    (
        "[{\"ProductDescription\": \"Windows\"}]\n[{\"SpotPrice\": \"x\", \"Timestamp\": \"2021-03-02T00:00:00Z\", \"InstanceType\": \"a\"}]",
        &["spot.file document 2 /0/SpotPrice: `x` is not a price"],
    ),
    (
        "price,instance_type\n0.1,c5.large\n",
        &["spot.file line 1: the header names no column of moments, such as timestamp_utc"],
    ),
    (
        "Timestamp,Region\n",
        &[
            "line 1: the header names no column of prices, such as spot_usd_per_hour",
            "line 1: the header names no column of types, such as instance_type",
        ],
    ),
    (
        "timestamp_utc,availability_zone,instance_type,spot_usd_per_hour\n2021-03-02T00:00:00Z,us-east-1a,c5.large\n",
        &["spot.file line 2: has 3 cells, and the header 4"],
    ),
    (
        "timestamp_utc,availability_zone,instance_type,spot_usd_per_hour\n2021-13-02T00:00:00Z,us-east-1a,c5.large,0.1\n2021-03-02T00:00:00Z,,c5.large,-1\n",
        &[
            "spot.file line 2 timestamp_utc: `2021-13-02T00:00:00Z` is not a moment",
            "spot.file line 3 spot_usd_per_hour: `-1` is not a price",
            "spot.file line 3 availability_zone: `` is not a name",
        ],
    ),
    (
        "timestamp,instance_type,price\n2021-03-02 00:00:00,c5.large,0.1\n",
        &["spot.file line 2 timestamp: `2021-03-02 00:00:00` is not a moment"],
    ),
    (
        "timestamp_utc,availability_zone,instance_type,spot_usd_per_hour\n",
        &["spot.file: has no row"],
    ),
];

#[test]
fn what_is_wrong_with_a_history_is_said_with_its_place() {
    assert!(WRONG.len() >= 20);
    for (text, wanted) in WRONG {
        let problems = read(&[text.as_bytes()], ASSUMED).unwrap_err();
        let is_said = |want: &&str| problems.iter().any(|line| line.contains(*want));
        let is_right = wanted.iter().all(is_said) && problems.len() == wanted.len();
        assert!(is_right, "{text}\n  wanted {wanted:?}\n  got {problems:#?}");
    }
}

#[test]
fn a_history_that_ends_early_names_the_file_and_a_hundred_problems_are_enough() {
    let mut packed =
        gzip(format!("{HEAD}2021-03-02T00:00:10Z,us-east-1a,c5.large,0.03\n").as_bytes());
    packed.truncate(packed.len() - 10);
    let problems = read(&[&packed], ASSUMED).unwrap_err();
    assert!(problems[0].contains("spot.file"), "{problems:?}");
    assert!(problems[0].contains("ends early"), "{problems:?}");
    let text = format!("{HEAD}{}", "x,us-east-1a,c5.large,0.03\n".repeat(150));
    let problems = read(&[text.as_bytes()], ASSUMED).unwrap_err();
    assert_eq!(problems.len(), 101);
    assert!(problems[100].ends_with("50 more problems like these"));
}

fn said<T: std::fmt::Debug>(read: Result<T, Vec<Problem>>) -> String {
    let lines: Vec<String> = read.unwrap_err().iter().map(Problem::to_string).collect();
    lines.join("\n")
}

#[test]
fn the_advisor_tells_hazards_of_the_types_of_a_region() {
    let feed = br#"{"spot_advisor": {"us-east-1": {"Linux": {"c5.large": {"s": 60, "r": 0}, "m5.large": {"s": 0, "r": 4}}}}}"#;
    let hazards = hazards(&feed[..], "advisor", "us-east-1").unwrap();
    let parts: Vec<(&str, u64)> = hazards
        .iter()
        .map(|(name, hazard)| (name.as_str(), hazard.parts()))
        .collect();
    assert_eq!(parts, [("c5.large", 35), ("m5.large", 394)]);
}

#[test]
fn what_is_wrong_with_a_feed_of_the_advisor_is_said_with_its_pointer() {
    for (text, wanted) in [
        ("{", "advisor line 1: JSON syntax"),
        ("[]", "advisor /spot_advisor: missing"),
        (
            "{\"spot_advisor\": {\"eu-west-1\": {}}}",
            "advisor /spot_advisor/us-east-1: missing: the feed has eu-west-1",
        ),
        (
            "{\"spot_advisor\": {\"us-east-1\": {\"Windows\": {}}}}",
            "advisor /spot_advisor/us-east-1/Linux: missing",
        ),
        (
            "{\"spot_advisor\": {\"us-east-1\": {\"Linux\": {\"c5.large\": {\"r\": 5}}}}}",
            "advisor /spot_advisor/us-east-1/Linux/c5.large/r: `5` is no band; bands are 0 to 4",
        ),
        (
            "{\"spot_advisor\": {\"us-east-1\": {\"Linux\": {\"c5.large\": {}}}}}",
            "/c5.large/r: missing: a band from 0 to 4",
        ),
    ] {
        let problems = said(hazards(text.as_bytes(), "advisor", "us-east-1"));
        assert!(problems.contains(wanted), "{text}: {problems}");
    }
}

#[test]
fn availability_is_steps_from_time_zero_on() {
    let text = br#"{"metadata": {"gap_seconds": 300}, "data": [0, 0, 4, 4, 3]}"#;
    let steps = available(&text[..], "ticks").unwrap();
    let at = |seconds| SimTime::ZERO + Span::from_s(seconds);
    assert_eq!(steps, [(at(0), 0), (at(600), 4), (at(1200), 3)]);
}

#[test]
fn what_is_wrong_with_availability_is_said_with_its_pointer() {
    for (text, wanted) in [
        ("", "ticks line 1: JSON syntax"),
        ("{\"data\": [1]}", "ticks /metadata/gap_seconds: missing"),
        (
            "{\"metadata\": {\"gap_seconds\": 0}, \"data\": [1]}",
            "/metadata/gap_seconds: `0` is not a whole number of seconds",
        ),
        (
            "{\"metadata\": {\"gap_seconds\": 30}}",
            "ticks /data: is no list of counts",
        ),
        (
            "{\"metadata\": {\"gap_seconds\": 30}, \"data\": []}",
            "ticks /data: is no list of counts",
        ),
        (
            "{\"metadata\": {\"gap_seconds\": 30}, \"data\": [1, -1]}",
            "ticks /data/1: `-1` is not a count",
        ),
    ] {
        let problems = said(available(text.as_bytes(), "ticks"));
        assert!(problems.contains(wanted), "{text}: {problems}");
    }
}

fn price(text: &str) -> PricePerHour {
    PricePerHour::parse(text).unwrap()
}

const STATED: Stated = Stated {
    reversion_per_hour: 0.5,
    volatility_per_hour: 0.2,
    jumps_per_day: 24.0,
    jump_deviation: 0.1,
    step: Span::from_s(3600),
};

#[test]
fn a_stated_process_has_its_mean_and_takes_back_what_its_rate_says() {
    let process = of_figures(&STATED, price("0.5"), price("1"));
    assert_eq!(process.reversion, 393_469, "1 - exp(-0.5)");
    assert_eq!(
        process.deviation, 159_012,
        "0.2 √((1 - exp(-1)) / (2 · 0.5))"
    );
    assert_eq!(process.jump_chance, 632_121, "1 - exp(-1)");
    assert_eq!(process.jump_deviation, 100_000);
    // ln 0.5 less half of (0.159² + 0.632 · 0.1²) / (1 - exp(-1)).
    assert_eq!(process.mean_log, -718_147);
    assert_eq!((process.least, process.most), (price("0.1"), price("1")));
    assert_eq!(process.first, price("0.5"));
}

#[test]
fn a_price_that_never_moved_is_fitted_by_one_that_never_moves() {
    let steps = [(0, price("0.5")), (10 * 86_400_000, price("0.5"))];
    let fitted = fitted(&steps, 5 * 86_400_000, Span::from_s(300), price("1"));
    assert_eq!(fitted.first, price("0.5"));
    assert_eq!(
        (fitted.deviation, fitted.drift, fitted.drift_deviation),
        (0, 0, 0)
    );
    assert_eq!(fitted.redraws_per_day, crate::units::Ratio::ZERO);
    assert_eq!(fitted.mean_log, -693_147);
    assert!(fitted.levels.iter().all(|level| *level == -693_147));
}

/// Prices of every hour of `days` days, from the logarithm that `log` gives for the hour and an even number from -0.5 to 0.5.
fn hourly(days: i64, mut log: impl FnMut(i64, f64) -> f64) -> Vec<(i64, PricePerHour)> {
    let mut state = 1_u64;
    let hours = 0..24 * days;
    let steps = hours.map(|hour| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let even = (state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5;
        let ticks = (libm::exp(log(hour, even)) * 0.5e10) as u64;
        (hour * 3_600_000, PricePerHour::from_ticks(ticks))
    });
    steps.collect()
}

#[test]
fn a_price_that_wanders_keeps_its_way_and_is_hardly_drawn_anew() {
    // The hourly change is nine tenths of the one before, and news.
    let (mut at, mut change) = (0.0, 0.0);
    let steps = hourly(56, |_, even| {
        change = 0.9 * change + 0.002 * even;
        at += change;
        at
    });
    let end = 56 * 86_400_000;
    let fitted = fitted(&steps, end, Span::from_s(3600), price("1"));
    let redraws = fitted.redraws_per_day.parts();
    assert!(redraws < 100_000, "{fitted:?}");
    assert!(fitted.deviation > 0 && fitted.drift != 0, "{fitted:?}");
    assert!(fitted.drift_deviation < fitted.deviation, "{fitted:?}");
    assert!(fitted.levels.is_sorted());
}

#[test]
fn a_price_that_jumps_to_and_fro_is_drawn_anew_each_day() {
    let steps = hourly(30, |_, even| if even > 0.4 { 2.0 } else { 0.0 });
    let fitted = fitted(&steps, 86_400_000 * 30, Span::from_s(3600), price("1"));
    assert!(fitted.redraws_per_day.parts() > 1_000_000, "{fitted:?}");
    // 90 % of the levels are the low price, and the rest the high one.
    let high = fitted.levels.iter().filter(|level| **level > 0).count();
    assert!((2..=7).contains(&high), "{fitted:?}");
    assert!(fitted.most > price("3"));
}

#[test]
fn a_history_that_begins_with_the_run_says_nothing_of_the_day_before() {
    let steps = [(0, price("0.5")), (3_600_000, price("0.6"))];
    let fitted = fitted(&steps, 0, Span::from_s(300), price("1"));
    assert_eq!((fitted.first, fitted.drift), (price("0.5"), 0));
}
