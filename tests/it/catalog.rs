//! The embedded catalogue against the public data that it was taken from. `UPDATE_CATALOG=1 cargo test catalog` writes the
//! tables again.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use batchcast::input::catalog::{EC2_CSV, PAST_PRICES_CSV, common_types, usable_memory};
use batchcast::model::{Architecture, InstanceType};
use batchcast::units::PricePerHour;
use flate2::read::GzDecoder;
use serde_json::Value;

use crate::data;

/// MiB that the ECS agent withholds by default (`ECS_RESERVED_MEMORY` of the Batch images).
const RESERVED_MIB: u64 = 32;

/// Dates from and to (without) which the history of prices has figures that no invoice had: ten times too high for some old
/// types, and rounded or misprinted for a new family.
const FAULTY: [(&str, &str); 2] = [("2023-02-01", "2023-09-18"), ("2025-09-01", "2025-10-16")];

/// Days of the snapshots of ec2instances.info.
const SNAPSHOTS: [&str; 6] = [
    "2013-09-26",
    "2014-07-27",
    "2015-11-07",
    "2016-12-14",
    "2017-08-16",
    "2017-11-12",
];

const EC2_HEAD: &str = "\
# EC2 instance types with an On-Demand price in us-east-1 (Linux, shared tenancy), in order of name. Facts, collected from:
#   vcpus, memory_mib, gpus, gpu_*, architecture, generation: describe-instance-types, as moto 5.2.5, 5.0.0 and 3.0.0 hold it
#     (Apache-2.0); cg1 from ec2instances.info of 2017-11 (MIT). gpus are whole ones; gpu_memory_mib is of one.
#   price_usd_h: the price list of aws/karpenter-provider-aws (Apache-2.0) on price_date; cg1 from ec2instances.info (MIT).
#   usable_mib: what the operating system of such an instance reports, less the 32 MiB that the ECS agent withholds, where
#     ec2instances.info measured it (MIT, 2026-07-06); else (estimated) the least part that was measured at its size.
#   coremark: iterations a second of the whole machine (ec2instances.info, MIT, 2026-07-06); where only other sizes of the
#     family were measured (family), their median per vCPU times its vCPUs; empty where none was.
instance_type,vcpus,memory_mib,usable_mib,usable_is,gpus,gpu_model,gpu_memory_mib,architecture,generation,coremark,coremark_is,price_usd_h,price_date
";

const PAST_HEAD: &str = "\
# Earlier On-Demand prices in us-east-1 (Linux), of the types that had more than one: each price and the first day that it was
# seen on. Between two days the change is not known closer. m1.small at $0.10 is the price that EC2 opened with; up to
# 2017-11-12 from snapshots of ec2instances.info (MIT), later from the price list of aws/karpenter-provider-aws (Apache-2.0).
instance_type,since,price_usd_h
";

type Row = BTreeMap<String, String>;

fn rows(name: &str) -> Option<Vec<Row>> {
    let file = File::open(data::file(&format!("catalog/{name}"))?).unwrap();
    let mut reader = csv::Reader::from_reader(file);
    Some(reader.deserialize().map(|row| row.unwrap()).collect())
}

fn json(name: &str) -> Option<Value> {
    let file = File::open(data::file(&format!("catalog/{name}.json.gz"))?).unwrap();
    let mut text = String::new();
    GzDecoder::new(file).read_to_string(&mut text).unwrap();
    Some(serde_json::from_str(&text).unwrap())
}

/// The rows that belong into our table, in order of name: with a price, and no Mac, which Batch has none of.
fn priced(rows: Vec<Row>) -> BTreeMap<String, Row> {
    rows.into_iter()
        .filter(|row| !row["ondemand_usd_per_hour"].is_empty() && !row["arch"].ends_with("mac"))
        .map(|row| (row["instance_type"].clone(), row))
        .collect()
}

fn number(row: &Row, key: &str) -> u32 {
    row[key].parse().unwrap()
}

#[test]
fn the_catalogue_agrees_with_the_data_on_every_type_that_it_holds() {
    let Some(rows) = rows("ec2_us_east_1.csv") else {
        return;
    };
    let data = priced(rows);
    let types = common_types();
    assert_eq!(types.len(), data.len());
    for machine in &types {
        let name = &machine.name;
        let row = data
            .get(name)
            .unwrap_or_else(|| panic!("{name}: not there"));
        check(machine, row);
    }
}

fn check(machine: &InstanceType, row: &Row) {
    let name = &machine.name;
    assert_eq!(machine.nominal.vcpus, number(row, "vcpus"), "{name}");
    assert_eq!(machine.nominal.memory, number(row, "memory_mib"), "{name}");
    assert_eq!(machine.nominal.gpus, number(row, "gpus"), "{name}");
    let gpu = machine.hardware.gpu.as_ref();
    let model = gpu.map_or("", |gpu| gpu.model.as_str());
    assert_eq!(model, row["gpu_model"], "{name}");
    assert_eq!(machine.architecture.name(), row["arch"], "{name}");
    assert_eq!(machine.family(), row["family"], "{name}");
    let generation = match machine.hardware.current {
        true => "current",
        false => "previous",
    };
    assert_eq!(generation, row["generation"], "{name}");
    let price = PricePerHour::parse(&row["ondemand_usd_per_hour"]).unwrap();
    assert_eq!(machine.price, price, "{name}");
    // `od=2026-07-20;spot=…`
    let dates = row["source_date"].split(';');
    let date = dates.filter_map(|date| date.strip_prefix("od=")).next();
    let source = format!("us-east-1 On-Demand, {}", date.unwrap());
    assert_eq!(machine.source, source, "{name}");
}

#[test]
fn the_families_that_a_batch_user_meets_are_there_from_the_first_to_the_newest() {
    let types = common_types();
    let has = |family: &str| types.iter().any(|machine| machine.family() == family);
    let families = "m1 c1 m2 t1 cg1 c3 m3 r3 i2 g2 t2 c4 m4 r4 c5 m5 r5 i3 p2 p3 g3 g4dn t3 a1 c6g m6g r6g t4g c6i m6i r6i \
        c6a m6a c7g m7g c7i m7i r7i c7i-flex c8g m8g c8i hpc6a hpc6id hpc7a hpc7g p4d p4de p5 g5 g5g g6 x1 x2gd z1d d3 inf2 trn1";
    for family in families.split_whitespace() {
        assert!(has(family), "{family}");
    }
    let is_graviton = |machine: &&InstanceType| machine.architecture == Architecture::Arm64;
    assert!(types.iter().filter(is_graviton).count() > 300);
}

#[test]
fn the_tables_are_those_that_the_data_give() {
    let Some((types, past)) = derived() else {
        return;
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/input/catalog");
    let update = std::env::var_os("UPDATE_CATALOG").is_some_and(|value| value == "1");
    for (name, held, text) in [
        ("ec2.csv", EC2_CSV, types),
        ("past_prices.csv", PAST_PRICES_CSV, past),
    ] {
        if update {
            fs::write(folder.join(name), &text).unwrap();
        } else {
            let mut lines = held.lines().zip(text.lines());
            let differing = lines.find(|(held, given)| held != given);
            assert_eq!(differing, None, "{name}");
            assert!(held == text, "{name} has another length");
        }
    }
}

/// Both tables as the data give them.
fn derived() -> Option<(String, String)> {
    let data = priced(rows("ec2_us_east_1_extended.csv")?);
    let measured = json("ec2instances_info/manually_fetched_data_2026-07")?;
    let described = json("describe-instance-types_2026-10-27")?;
    let speeds = family_speeds(&data);
    let mut types = EC2_HEAD.to_owned();
    for (name, row) in &data {
        let memory = number(row, "memory_mib");
        let (usable, usable_is) = match measured[name]["memory"]["total_mb"].as_u64() {
            Some(seen) => (seen - RESERVED_MIB, "measured"),
            None => (usable_memory(memory).into(), "estimated"),
        };
        let gpus = &described[name]["GpuInfo"]["Gpus"];
        let gpu_memory = gpus[0]["MemoryInfo"]["SizeInMiB"].as_u64();
        let (coremark, coremark_is) = match row["coremark_iter_per_s"].parse::<f64>() {
            Ok(speed) => (format!("{speed:.0}"), "measured"),
            Err(_) => match speeds.get(&row["family"]) {
                Some(speed) => {
                    let whole = speed * f64::from(number(row, "vcpus"));
                    (format!("{whole:.0}"), "family")
                }
                None => (String::new(), ""),
            },
        };
        let gpu_memory = gpu_memory.map_or(String::new(), |mib| mib.to_string());
        writeln!(
            types,
            "{name},{},{memory},{usable},{usable_is},{},{},{gpu_memory},{},{},{coremark},{coremark_is},{},{}",
            row["vcpus"],
            row["gpus"],
            row["gpu_model"],
            row["arch"],
            row["generation"],
            row["ondemand_usd_per_hour"],
            row["ondemand_date"],
        )
        .unwrap();
    }
    let mut past = PAST_HEAD.to_owned();
    for (name, prices) in past_prices(&data)? {
        for (since, price) in prices {
            writeln!(past, "{name},{since},{price}").unwrap();
        }
    }
    Some((types, past))
}

/// The median of CoreMark per vCPU by family.
fn family_speeds(data: &BTreeMap<String, Row>) -> BTreeMap<String, f64> {
    let mut speeds: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for row in data.values() {
        if let Ok(speed) = row["coremark_iter_per_s"].parse::<f64>() {
            let of_family = speeds.entry(row["family"].clone()).or_default();
            of_family.push(speed / f64::from(number(row, "vcpus")));
        }
    }
    let medians = speeds.into_iter().map(|(family, mut speeds)| {
        speeds.sort_by(f64::total_cmp);
        let middle = speeds.len() / 2;
        let median = match speeds.len() % 2 {
            0 => (speeds[middle - 1] + speeds[middle]) / 2.0,
            _ => speeds[middle],
        };
        (family, median)
    });
    medians.collect()
}

/// Days and prices of a type, in order.
type Prices = Vec<(String, String)>;

/// Of the types of `data` whose price changed: each price and the day it was first seen.
fn past_prices(data: &BTreeMap<String, Row>) -> Option<BTreeMap<String, Prices>> {
    let mut seen: BTreeMap<String, Prices> = BTreeMap::new();
    let mut see = |name: &str, day: &str, price: &str| {
        let is_faulty = FAULTY.iter().any(|(from, to)| (*from..*to).contains(&day));
        if data.contains_key(name) && !price.is_empty() && !is_faulty {
            let prices = seen.entry(name.to_owned()).or_default();
            prices.push((day.to_owned(), price.to_owned()));
        }
    };
    see("m1.small", "2006-08-24", "0.10");
    for day in SNAPSHOTS {
        for machine in json(&format!("ec2instances_info/instances_{day}"))?
            .as_array()
            .unwrap()
        {
            let linux = &machine["pricing"]["us-east-1"]["linux"];
            let price = linux["ondemand"].as_str().or(linux.as_str());
            if let Some(price) = price.filter(|price| price.parse::<f64>().is_ok_and(|p| p > 0.0)) {
                see(machine["instance_type"].as_str().unwrap(), day, price);
            }
        }
    }
    for row in rows("ec2_us_east_1_ondemand_changes_2022-2026.csv")? {
        see(
            &row["instance_type"],
            &row["snapshot_date"],
            &row["ondemand_usd_per_hour"],
        );
    }
    let value = |price: &str| PricePerHour::parse(price).unwrap();
    for prices in seen.values_mut() {
        prices.sort();
        prices.dedup_by(|next, one| value(&next.1) == value(&one.1));
    }
    seen.retain(|_, prices| prices.len() > 1);
    Some(seen)
}
