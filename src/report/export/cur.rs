//! The bill of a run as rows of AWS's Cost and Usage Report 2.0, with what each attempt has of its instance (split cost allocation).

use std::collections::BTreeMap;
use std::io::{Read, Write};

use csv::WriterBuilder;
use serde_json::json;

use super::{ExportFault, Rows, RunFacts, month, utc};

/// The columns that are written: those of CUR 2.0 of which a simulation can say something, in the order of a full export.
pub const CUR_2_0: [&str; 44] = [
    "bill_bill_type",
    "bill_billing_entity",
    "bill_billing_period_end_date",
    "bill_billing_period_start_date",
    "bill_payer_account_id",
    "identity_line_item_id",
    "identity_time_interval",
    "line_item_availability_zone",
    "line_item_currency_code",
    "line_item_legal_entity",
    "line_item_line_item_description",
    "line_item_line_item_type",
    "line_item_operation",
    "line_item_product_code",
    "line_item_resource_id",
    "line_item_unblended_cost",
    "line_item_usage_account_id",
    "line_item_usage_amount",
    "line_item_usage_end_date",
    "line_item_usage_start_date",
    "line_item_usage_type",
    "pricing_currency",
    "pricing_purchase_option",
    "pricing_term",
    "pricing_unit",
    "product_instance_type",
    "product_product_family",
    "product_region_code",
    "product_servicecode",
    "reservation_effective_cost",
    "resource_tags",
    "savings_plan_savings_plan_effective_cost",
    "split_line_item_actual_usage",
    "split_line_item_net_split_cost",
    "split_line_item_net_unused_cost",
    "split_line_item_parent_resource_id",
    "split_line_item_public_on_demand_split_cost",
    "split_line_item_public_on_demand_unused_cost",
    "split_line_item_reserved_usage",
    "split_line_item_split_cost",
    "split_line_item_split_usage",
    "split_line_item_split_usage_ratio",
    "split_line_item_unused_cost",
    "x_sim_cause",
];

/// What an instance's time costs, in ten-billionths of a dollar, and how it is split.
#[derive(Default)]
struct Machine {
    kind: String,
    zone: String,
    is_spot: bool,
    from: u64,
    to: u64,
    billed_ms: u64,
    /// What its time cost.
    time: i128,
    /// What of it attempts pay.
    used: i128,
    /// What of the rest was given to attempts.
    given: i128,
    /// What of `used` the attempts so far pay.
    passed: i128,
}

/// A row that is being made.
type Cells = BTreeMap<&'static str, String>;

/// Ten-billionths of a dollar as a decimal.
fn dollars(ticks: i128) -> String {
    let sign = if ticks < 0 { "-" } else { "" };
    let ticks = ticks.unsigned_abs();
    format!(
        "{sign}{}.{:010}",
        ticks / 10_000_000_000,
        ticks % 10_000_000_000
    )
}

/// Causes that are paid beside the time of an instance; all others are its time.
const BESIDE: [&str; 6] = [
    "waived",
    "covered",
    "commitment-unused",
    "storage",
    "address",
    "traffic",
];

/// Writes a row for the time of each instance, one for each other row of `bill.csv`, and one for each attempt: what of its
/// instance it used, and its part of what nobody used. `line_item_unblended_cost` sums to the bill exactly (attempts have 0 in it,
/// as AWS's split rows do), split and unused costs of an instance to what its time cost, where anything ran on it. Returns how many rows.
///
/// # Errors
/// A table that is not one of ours, or what `out` says.
pub fn write_cur<R: Read>(
    facts: &RunFacts,
    mut open: impl FnMut(&'static str) -> Result<R, ExportFault>,
    out: impl Write,
) -> Result<u64, ExportFault> {
    let mut machines = machines(&mut open)?;
    let mut table = WriterBuilder::new().from_writer(out);
    table.write_record(CUR_2_0)?;
    let mut count = 0;
    let mut write = |mut cells: Cells| -> Result<(), ExportFault> {
        count += 1;
        cells.insert("identity_line_item_id", count.to_string());
        let cell = |column: &&str| cells.get(column).map_or("", String::as_str).to_owned();
        Ok(table.write_record(CUR_2_0.iter().map(cell))?)
    };
    let bill = [
        "compute_environment",
        "instance_id",
        "instance_type",
        "cause",
        "cost_usd",
    ];
    let mut rows = Rows::open("bill.csv", open("bill.csv")?, &bill)?;
    let mut told = String::new();
    while rows.next()? {
        let (id, cause) = (rows.text("instance_id"), rows.text("cause"));
        let machine = machines.get(id);
        let mut cells = common(facts, machine, rows.text("instance_type"));
        cells.insert("line_item_resource_id", id.to_owned());
        cells.insert("resource_tags", tags(rows.text("compute_environment"), ""));
        if BESIDE.contains(&cause) || machine.is_none() {
            let kind = match cause {
                "waived" => "Credit",
                "covered" => "Discount",
                "commitment-unused" => "SavingsPlanRecurringFee",
                _ => "Usage",
            };
            cells.insert("line_item_line_item_type", kind.to_owned());
            cells.insert("line_item_unblended_cost", rows.text("cost_usd").to_owned());
            cells.insert("line_item_line_item_description", cause.to_owned());
            cells.insert("x_sim_cause", cause.to_owned());
            write(cells)?;
        } else if let Some(machine) = machine
            && told != id
        {
            // Rows of one instance stand together: its time is one row.
            id.clone_into(&mut told);
            cells.insert("line_item_line_item_type", "Usage".to_owned());
            cells.insert("line_item_unblended_cost", dollars(machine.time));
            let seconds = machine.billed_ms.div_ceil(1000);
            let millionths = u128::from(seconds) * 1_000_000 / 3600;
            let hours = format!("{}.{:06}", millionths / 1_000_000, millionths % 1_000_000);
            cells.insert("line_item_usage_amount", hours);
            cells.insert("pricing_unit", "Hrs".to_owned());
            cells.insert(
                "line_item_line_item_description",
                format!("time of a {}", machine.kind),
            );
            write(cells)?;
        }
    }
    let mut rows = attempts(&mut open)?;
    while rows.next()? {
        let id = rows.text("instance_id").to_owned();
        let cost = rows.decimal("cost_usd", 10)?.unwrap_or(0);
        let Some(machine) = machines.get_mut(&id) else {
            continue;
        };
        // Rounded on the sum of all before, so that nothing is lost on the way.
        machine.passed += cost;
        let unused = (machine.time - machine.used).max(0);
        let up_to = match machine.used {
            0 => 0,
            used => unused * machine.passed / used,
        };
        let part = up_to - machine.given;
        machine.given = up_to;
        let mut cells = common(facts, Some(machine), "");
        let from = rows.ms("placed_s")?.unwrap_or(machine.from);
        let to = rows.ms("end_s")?.unwrap_or(machine.to);
        period(facts, &mut cells, from, to);
        let hours =
            u128::from(to.saturating_sub(from)) * u128::from(rows.whole("vcpus")?) * 1000 / 3600;
        let usage = format!("{}.{:06}", hours / 1_000_000, hours % 1_000_000);
        for (column, text) in [
            ("line_item_line_item_type", "Usage".to_owned()),
            (
                "line_item_line_item_description",
                format!("attempt {}", rows.text("attempt")),
            ),
            ("line_item_resource_id", rows.text("job_id").to_owned()),
            ("line_item_unblended_cost", "0".to_owned()),
            (
                "resource_tags",
                tags(rows.text("compute_environment"), rows.text("job_queue")),
            ),
            ("split_line_item_parent_resource_id", id),
            ("split_line_item_reserved_usage", usage.clone()),
            ("split_line_item_split_usage", usage),
            ("split_line_item_split_cost", dollars(cost)),
            ("split_line_item_net_split_cost", dollars(cost)),
            ("split_line_item_unused_cost", dollars(part)),
            ("split_line_item_net_unused_cost", dollars(part)),
        ] {
            cells.insert(column, text);
        }
        write(cells)?;
    }
    table.flush()?;
    Ok(count)
}

fn attempts<R: Read>(
    open: &mut impl FnMut(&'static str) -> Result<R, ExportFault>,
) -> Result<Rows<R>, ExportFault> {
    let columns = [
        "job_id",
        "attempt",
        "placed_s",
        "end_s",
        "instance_id",
        "vcpus",
        "cost_usd",
    ];
    Rows::open("attempts.csv", open("attempts.csv")?, &columns)
}

/// The instances, with what their time cost and what of it attempts pay.
fn machines<R: Read>(
    open: &mut impl FnMut(&'static str) -> Result<R, ExportFault>,
) -> Result<BTreeMap<String, Machine>, ExportFault> {
    let columns = [
        "instance_id",
        "instance_type",
        "purchase",
        "launch_s",
        "end_s",
        "billed_s",
    ];
    let mut rows = Rows::open("instances.csv", open("instances.csv")?, &columns)?;
    let mut machines: BTreeMap<String, Machine> = BTreeMap::new();
    while rows.next()? {
        let machine = Machine {
            kind: rows.text("instance_type").to_owned(),
            zone: rows.text("availability_zone").to_owned(),
            is_spot: rows.text("purchase") == "spot",
            from: rows.ms("launch_s")?.unwrap_or(0),
            to: rows.ms("end_s")?.unwrap_or(0),
            billed_ms: rows.ms("billed_s")?.unwrap_or(0),
            ..Machine::default()
        };
        machines.insert(rows.text("instance_id").to_owned(), machine);
    }
    let mut rows = Rows::open(
        "bill.csv",
        open("bill.csv")?,
        &["instance_id", "cause", "cost_usd"],
    )?;
    while rows.next()? {
        if let Some(machine) = machines.get_mut(rows.text("instance_id"))
            && !BESIDE.contains(&rows.text("cause"))
        {
            machine.time += rows.decimal("cost_usd", 10)?.unwrap_or(0);
        }
    }
    let mut rows = attempts(open)?;
    while rows.next()? {
        if let Some(machine) = machines.get_mut(rows.text("instance_id")) {
            machine.used += rows.decimal("cost_usd", 10)?.unwrap_or(0);
        }
    }
    Ok(machines)
}

/// What all rows have in common.
fn common(facts: &RunFacts, machine: Option<&Machine>, kind: &str) -> Cells {
    let kind = machine.map_or(kind, |machine| &machine.kind);
    let is_spot = machine.is_some_and(|machine| machine.is_spot);
    let is_fargate = kind.to_ascii_lowercase().starts_with("fargate");
    let product = if is_fargate { "AmazonECS" } else { "AmazonEC2" };
    let (operation, usage, term) = match (is_fargate, is_spot) {
        (true, _) => ("FargateTask", format!("Fargate:{kind}"), "OnDemand"),
        (_, true) => ("RunInstances:SV001", format!("SpotUsage:{kind}"), "Spot"),
        (_, false) => ("RunInstances", format!("BoxUsage:{kind}"), "OnDemand"),
    };
    let family = if is_fargate {
        "Compute"
    } else {
        "Compute Instance"
    };
    let mut cells = Cells::new();
    for (column, text) in [
        ("bill_bill_type", "Anniversary"),
        ("bill_billing_entity", "AWS"),
        ("bill_payer_account_id", "simulated"),
        (
            "line_item_availability_zone",
            machine.map_or("", |machine| &machine.zone),
        ),
        ("line_item_currency_code", "USD"),
        ("line_item_legal_entity", "Amazon Web Services, Inc."),
        ("line_item_operation", operation),
        ("line_item_product_code", product),
        ("line_item_usage_account_id", "simulated"),
        ("line_item_usage_type", &usage),
        ("pricing_currency", "USD"),
        ("pricing_purchase_option", term),
        ("pricing_term", term),
        ("product_instance_type", kind),
        ("product_product_family", family),
        ("product_region_code", &facts.region),
        ("product_servicecode", product),
    ] {
        cells.insert(column, text.to_owned());
    }
    let (from, to) = machine.map_or((0, facts.end_ms), |machine| {
        let paid = machine.from.saturating_add(machine.billed_ms);
        (machine.from, paid.max(machine.to))
    });
    period(facts, &mut cells, from, to);
    cells
}

/// From when to when a row is; whole seconds, and never nothing.
fn period(facts: &RunFacts, cells: &mut Cells, from: u64, to: u64) {
    let to = to.max(from.saturating_add(1000)).div_ceil(1000) * 1000;
    let (begin, end) = (utc(facts, from), utc(facts, to));
    cells.insert("identity_time_interval", format!("{begin}/{end}"));
    cells.insert("line_item_usage_start_date", begin);
    cells.insert("line_item_usage_end_date", end);
    cells.insert("bill_billing_period_start_date", month(facts, from, false));
    cells.insert("bill_billing_period_end_date", month(facts, from, true));
}

fn tags(environment: &str, queue: &str) -> String {
    let mut tags = serde_json::Map::new();
    for (key, name) in [
        ("aws_batch_compute_environment", environment),
        ("aws_batch_job_queue", queue),
    ] {
        if !name.is_empty() {
            tags.insert(key.to_owned(), json!(name));
        }
    }
    serde_json::Value::Object(tags).to_string()
}
