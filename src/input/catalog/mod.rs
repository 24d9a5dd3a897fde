//! The embedded catalogue: EC2's instance types with their sizes, On-Demand prices in us-east-1 and measured speeds.
//!
//! Two tables of our own, whose heads say where each figure comes from. `tests/it/catalog.rs` derives them again from the
//! sources. A scenario's own types and prices come on top ([`super::scenario`]).

use crate::model::{Architecture, Gpu, Hardware, InstanceType};
use crate::units::{NO_LIMIT_MIB, PricePerHour, Ratio, Shape};

/// The types with their newest known price, one a line, in order of name.
pub const EC2_CSV: &str = include_str!("ec2.csv");
/// Earlier prices: of each type, every price that it was seen at and since when, in order of name and date.
pub const PAST_PRICES_CSV: &str = include_str!("past_prices.csv");

/// Room for all types.
const TYPES_MAX: usize = 2_000;

/// Cells of a line of the table.
const CELLS: usize = 14;

/// The least part, in thousandths, of its nominal memory (so many MiB or more) that an instance was measured to register. A
/// few whose GPUs or media cards take more are left out (the test below names them).
const LEAST_USABLE: [(u32, u64); 8] = [
    (2 << 10, 861),
    (4 << 10, 906),
    (8 << 10, 924),
    (16 << 10, 935),
    (32 << 10, 939),
    (64 << 10, 942),
    (128 << 10, 944),
    (256 << 10, 947),
];

/// MiB that jobs can use on an unmeasured machine of `nominal` MiB: the smallest part that was measured at its size.
pub fn usable_memory(nominal: u32) -> u32 {
    if nominal == NO_LIMIT_MIB {
        return nominal;
    }
    let (_, part) = LEAST_USABLE
        .iter()
        .rev()
        .find(|(size, _)| *size <= nominal)
        .unwrap_or(&LEAST_USABLE[0]);
    (u64::from(nominal) * part / 1000) as u32
}

/// The types that every scenario knows, in order of name, at their newest known prices and a speed of 1.
pub fn common_types() -> Vec<InstanceType> {
    // Every run reads the table, so it is read with little ado: two thousand lines at most, and few dates.
    let mut types = Vec::with_capacity(TYPES_MAX);
    let mut known: Option<(&str, String)> = None;
    for line in lines(EC2_CSV) {
        let date = line.rsplit(',').next().unwrap_or_default();
        let source = match &known {
            Some((day, source)) if *day == date => source.clone(),
            _ => known.insert((date, source(date))).1.clone(),
        };
        types.push(of_line(line, source));
    }
    types
}

/// The types that a scenario knows which starts on `day` (`2007-09-01`): as [`common_types`], at the prices of that day. A
/// price is the last that was seen by then, or the first that was ever seen where all are later.
pub fn types_of_day(day: &str) -> Vec<InstanceType> {
    let mut types = common_types();
    let mut past = lines(PAST_PRICES_CSV).map(past_price).peekable();
    for machine in &mut types {
        // Both tables are in order of name, and every type of the second is one of the first.
        let mut known: Option<(&str, &str)> = None;
        while let Some((_, since, price)) = past.next_if(|(name, ..)| *name == machine.name) {
            if known.is_none() || since <= day {
                known = Some((since, price));
            }
        }
        if let Some((since, price)) = known {
            machine.price = price_of(price);
            machine.source = source(since);
        }
    }
    types
}

/// The lines of a table, without its head.
fn lines(table: &'static str) -> impl Iterator<Item = &'static str> {
    let is_comment = |line: &&str| line.starts_with('#');
    table.lines().skip_while(is_comment).skip(1)
}

fn source(date: &str) -> String {
    format!("us-east-1 On-Demand, {date}")
}

/// A price of our own table.
fn price_of(text: &str) -> PricePerHour {
    PricePerHour::parse(text).expect("a price in the catalogue")
}

/// A line of our own table of past prices: type, day and price.
fn past_price(line: &'static str) -> (&'static str, &'static str, &'static str) {
    let mut cells = line.split(',');
    let mut cell = || cells.next().unwrap_or_default();
    (cell(), cell(), cell())
}

/// A line of our own table of types.
///
/// # Panics
/// Where the table is broken, which a test would see.
fn of_line(line: &str, source: String) -> InstanceType {
    let mut cells = [""; CELLS];
    let mut count = 0;
    for (cell, text) in cells.iter_mut().zip(line.split(',')) {
        *cell = text;
        count += 1;
    }
    assert_eq!(count, CELLS, "cells in `{line}`");
    let [
        name,
        vcpus,
        memory,
        usable,
        _,
        gpus,
        gpu_model,
        gpu_memory,
        architecture,
        generation,
        coremark,
        _,
        price,
        _,
    ] = cells;
    let number = |text: &str| -> u32 { text.parse().expect("a number in the catalogue") };
    let known = |text: &str| (!text.is_empty()).then(|| number(text));
    InstanceType {
        name: name.to_owned(),
        nominal: Shape::new(number(vcpus), number(memory), number(gpus)),
        usable_memory: number(usable),
        architecture: architecture_of(architecture),
        price: price_of(price),
        speed: Ratio::ONE,
        source,
        hardware: Hardware {
            gpu: (!gpu_model.is_empty()).then(|| Gpu {
                model: gpu_model.to_owned(),
                memory: known(gpu_memory),
            }),
            coremark: known(coremark),
            burstable: name.starts_with('t') && !name.starts_with("trn"),
            current: generation == "current",
            task: None,
        },
    }
}

/// The architecture called `name`; x86_64 where that is none, which readers refuse before.
pub fn architecture_of(name: &str) -> Architecture {
    match name {
        "arm64" => Architecture::Arm64,
        _ => Architecture::X86_64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Catalogue;

    #[test]
    fn the_tables_are_in_order_and_each_line_reads() {
        let types = common_types();
        let names: Vec<&str> = types.iter().map(|machine| machine.name.as_str()).collect();
        assert!(names.is_sorted_by(|one, next| one < next));
        assert!(types.len() > 1000, "{}", types.len());
        for machine in &types {
            let name = &machine.name;
            assert!(machine.price > PricePerHour::FREE, "{name}");
            assert!(machine.nominal.vcpus > 0, "{name}");
            let has_gpu = machine.nominal.gpus == 0 || machine.hardware.gpu.is_some();
            assert!(has_gpu, "{name}");
        }
        let past: Vec<_> = lines(PAST_PRICES_CSV).map(past_price).collect();
        assert!(past.is_sorted_by(|one, next| (one.0, one.1) < (next.0, next.1)));
        for (name, since, price) in past {
            assert!(names.binary_search(&name).is_ok(), "{name}");
            assert!(since.len() == 10 && price_of(price) > PricePerHour::FREE);
        }
    }

    #[test]
    fn jobs_can_use_most_of_the_memory_of_a_machine_and_never_all_of_it() {
        for machine in common_types() {
            let (name, nominal) = (&machine.name, machine.nominal.memory);
            assert!(machine.usable_memory < nominal, "{name}");
            // Below 2 GiB nothing of the rule was measured, and the cards of these take a few thousandths more.
            let is_outside = nominal < 2048 || ["g6", "g7", "vt1"].contains(&machine.family());
            assert!(
                is_outside || machine.usable_memory >= usable_memory(nominal),
                "{name}"
            );
        }
    }

    /// The price and source of `name` on `day`.
    fn check(name: &str, day: Option<&str>, price: &str, source: &str) {
        let types = day.map_or_else(common_types, types_of_day);
        let catalogue = Catalogue::new(types);
        let machine = catalogue.get(catalogue.find(name).unwrap());
        assert_eq!(machine.price, price_of(price), "{name} {day:?}");
        assert_eq!(machine.source, source, "{name} {day:?}");
    }

    #[test]
    fn a_price_is_the_last_that_was_seen_by_the_day() {
        let on = |date: &str| source(date);
        check("m1.small", None, "0.044", &on("2026-07-20"));
        for day in ["2006-01-01", "2006-08-24", "2007-09-01"] {
            check("m1.small", Some(day), "0.10", &on("2006-08-24"));
        }
        check("m1.small", Some("2013-12-01"), "0.060", &on("2013-09-26"));
        check("m1.small", Some("2017-11-30"), "0.044", &on("2014-07-27"));
        check("c6i.large", Some("2026-01-05"), "0.085", &on("2026-07-20"));
    }

    #[test]
    fn the_first_instance_type_had_one_vcpu_and_seven_quarters_of_a_gibibyte() {
        let catalogue = Catalogue::new(common_types());
        let small = catalogue.get(catalogue.find("m1.small").unwrap());
        assert_eq!(small.nominal, Shape::new(1, 1740, 0));
    }
}
