//! The bill of a run as FOCUS 1.2 rows (FinOps Open Cost and Usage Specification): one for each row of `bill.csv`.

use std::collections::BTreeMap;
use std::io::{Read, Write};

use csv::WriterBuilder;
use serde_json::json;

use super::{ExportFault, Rows, RunFacts, month, utc};

/// The columns of FOCUS 1.2, in the order of the specification's list.
pub const FOCUS_1_2: [&str; 57] = [
    "AvailabilityZone",
    "BilledCost",
    "BillingAccountId",
    "BillingAccountName",
    "BillingAccountType",
    "BillingCurrency",
    "BillingPeriodEnd",
    "BillingPeriodStart",
    "CapacityReservationId",
    "CapacityReservationStatus",
    "ChargeCategory",
    "ChargeClass",
    "ChargeDescription",
    "ChargeFrequency",
    "ChargePeriodEnd",
    "ChargePeriodStart",
    "CommitmentDiscountCategory",
    "CommitmentDiscountId",
    "CommitmentDiscountName",
    "CommitmentDiscountQuantity",
    "CommitmentDiscountStatus",
    "CommitmentDiscountType",
    "CommitmentDiscountUnit",
    "ConsumedQuantity",
    "ConsumedUnit",
    "ContractedCost",
    "ContractedUnitPrice",
    "EffectiveCost",
    "InvoiceId",
    "InvoiceIssuerName",
    "ListCost",
    "ListUnitPrice",
    "PricingCategory",
    "PricingCurrency",
    "PricingCurrencyContractedUnitPrice",
    "PricingCurrencyEffectiveCost",
    "PricingCurrencyListUnitPrice",
    "PricingQuantity",
    "PricingUnit",
    "ProviderName",
    "PublisherName",
    "RegionId",
    "RegionName",
    "ResourceId",
    "ResourceName",
    "ResourceType",
    "ServiceCategory",
    "ServiceName",
    "ServiceSubcategory",
    "SkuId",
    "SkuMeter",
    "SkuPriceDetails",
    "SkuPriceId",
    "SubAccountId",
    "SubAccountName",
    "SubAccountType",
    "Tags",
];

/// Columns of ours behind those of the specification: the specification's version, why the money was spent, by which scenario.
pub const OURS: [&str; 4] = [
    "x_FocusVersion",
    "x_SimCause",
    "x_SimScenario",
    "x_SimProgram",
];

/// What FOCUS says of a cause of cost.
struct Charge {
    category: &'static str,
    frequency: &'static str,
    service: [&'static str; 3],
    words: &'static str,
    /// Whether it is paid for the time that a machine was there.
    is_machine_time: bool,
}

const EC2: [&str; 3] = [
    "Compute",
    "Virtual Machines",
    "Amazon Elastic Compute Cloud",
];

fn charge(cause: &str) -> Charge {
    let plain = |words, service: [&'static str; 3]| Charge {
        category: "Usage",
        frequency: "Usage-Based",
        service,
        words,
        is_machine_time: false,
    };
    match cause {
        "waived" => Charge {
            category: "Credit",
            frequency: "One-Time",
            ..plain("not charged after an interruption", EC2)
        },
        "covered" => Charge {
            category: "Credit",
            frequency: "Recurring",
            ..plain("taken off by commitments and discounts", EC2)
        },
        "commitment-unused" => Charge {
            category: "Purchase",
            frequency: "Recurring",
            ..plain("committed to and not used", EC2)
        },
        "storage" => plain(
            "volumes",
            ["Storage", "Block Storage", "Amazon Elastic Block Store"],
        ),
        "address" => plain(
            "public IPv4 addresses",
            [
                "Networking",
                "Network Infrastructure",
                "Amazon Virtual Private Cloud",
            ],
        ),
        "traffic" => plain(
            "traffic of image pulls",
            ["Networking", "Network Connectivity", "AWS Data Transfer"],
        ),
        _ => Charge {
            is_machine_time: true,
            ..plain("time of a machine", EC2)
        },
    }
}

/// What `instances.csv` says of a machine.
#[derive(Clone, Debug, Default)]
struct Machine {
    purchase: String,
    zone: String,
    launched: u64,
    billed_ms: u64,
    ended: u64,
    /// What its time cost, in ten-billionths of a dollar.
    time_cost: i128,
}

/// Writes a row for each of `bill.csv`, its amount digit by digit, so that `BilledCost` sums to the bill exactly; returns how many.
/// `bill` is asked for twice: the time of a machine is spread over its rows by what they cost. Nothing is known of a list price
/// below which Spot is, so `ListCost` is what was billed, and 0 for what is taken off.
///
/// # Errors
/// A table that is not one of ours, or what `out` says.
pub fn write_focus<R: Read>(
    facts: &RunFacts,
    mut bill: impl FnMut() -> Result<R, ExportFault>,
    instances: impl Read,
    out: impl Write,
) -> Result<u64, ExportFault> {
    let mut machines = machines(instances)?;
    let columns = [
        "compute_environment",
        "instance_id",
        "instance_type",
        "cause",
        "cost_usd",
    ];
    let mut rows = Rows::open("bill.csv", bill()?, &columns)?;
    while rows.next()? {
        if let Some(machine) = machines.get_mut(rows.text("instance_id"))
            && charge(rows.text("cause")).is_machine_time
        {
            machine.time_cost += rows.decimal("cost_usd", 10)?.unwrap_or(0);
        }
    }
    let mut table = WriterBuilder::new().from_writer(out);
    table.write_record(FOCUS_1_2.iter().chain(&OURS))?;
    let mut rows = Rows::open("bill.csv", bill()?, &columns)?;
    let mut count = 0;
    while rows.next()? {
        let machine = machines.get(rows.text("instance_id"));
        let cells = cells(facts, &rows, machine)?;
        let cell = |column: &&str| cells.get(column).map_or("", String::as_str).to_owned();
        table.write_record(FOCUS_1_2.iter().chain(&OURS).map(cell))?;
        count += 1;
    }
    table.flush()?;
    Ok(count)
}

fn machines(instances: impl Read) -> Result<BTreeMap<String, Machine>, ExportFault> {
    let columns = [
        "instance_id",
        "purchase",
        "availability_zone",
        "launch_s",
        "end_s",
        "billed_s",
    ];
    let mut rows = Rows::open("instances.csv", instances, &columns)?;
    let mut machines = BTreeMap::new();
    while rows.next()? {
        let machine = Machine {
            purchase: rows.text("purchase").to_owned(),
            zone: rows.text("availability_zone").to_owned(),
            launched: rows.ms("launch_s")?.unwrap_or(0),
            billed_ms: rows.ms("billed_s")?.unwrap_or(0),
            ended: rows.ms("end_s")?.unwrap_or(0),
            time_cost: 0,
        };
        machines.insert(rows.text("instance_id").to_owned(), machine);
    }
    Ok(machines)
}

/// The cells of a row that are not empty, by column.
fn cells<R: Read>(
    facts: &RunFacts,
    rows: &Rows<R>,
    machine: Option<&Machine>,
) -> Result<BTreeMap<&'static str, String>, ExportFault> {
    let (cause, cost) = (rows.text("cause"), rows.text("cost_usd"));
    let (environment, kind) = (rows.text("compute_environment"), rows.text("instance_type"));
    let charge = charge(cause);
    let is_spot = machine.is_some_and(|machine| machine.purchase == "spot");
    let is_fargate = kind.to_ascii_lowercase().starts_with("fargate");
    let service = match is_fargate {
        true if charge.service == EC2 => ["Compute", "Serverless Compute", "AWS Fargate"],
        _ => charge.service,
    };
    let (from, to) = machine.map_or((0, facts.end_ms), |machine| {
        let paid = machine.launched.saturating_add(machine.billed_ms);
        (machine.launched, paid.max(machine.ended))
    });
    // Whole seconds, and no period is empty.
    let to = to.max(from.saturating_add(1000)).div_ceil(1000) * 1000;
    let meter = match (is_fargate, is_spot) {
        (true, _) => kind.to_owned(),
        (_, true) => format!("SpotUsage:{kind}"),
        (_, false) => format!("BoxUsage:{kind}"),
    };
    let is_off = charge.category == "Credit";
    let list = if is_off { "0" } else { cost };
    let category = match (charge.category, is_spot) {
        ("Credit", _) => "",
        ("Purchase", _) => "Committed",
        (_, true) if charge.is_machine_time => "Dynamic",
        _ => "Standard",
    };
    let mut cells: BTreeMap<&'static str, String> = BTreeMap::new();
    let mut put = |column, text: &str| {
        cells.insert(column, text.to_owned());
    };
    put("BilledCost", cost);
    put("EffectiveCost", cost);
    put("ContractedCost", list);
    put("ListCost", list);
    put("BillingAccountId", "simulated");
    put("BillingAccountName", &facts.scenario);
    put("BillingAccountType", "Simulation");
    put("BillingCurrency", "USD");
    put("BillingPeriodStart", &month(facts, from, false));
    put("BillingPeriodEnd", &month(facts, from, true));
    put("ChargePeriodStart", &utc(facts, from));
    put("ChargePeriodEnd", &utc(facts, to));
    put("ChargeCategory", charge.category);
    put("ChargeFrequency", charge.frequency);
    let thing = if kind.is_empty() { "no machine" } else { kind };
    put(
        "ChargeDescription",
        &format!("{thing}: {} ({cause})", charge.words),
    );
    put("InvoiceIssuerName", "Amazon Web Services, Inc.");
    put("ProviderName", "AWS");
    put("PublisherName", "AWS");
    put("RegionId", &facts.region);
    put("RegionName", &facts.region);
    put("PricingCategory", category);
    put("ServiceCategory", service[0]);
    put("ServiceSubcategory", service[1]);
    put("ServiceName", service[2]);
    if !kind.is_empty() {
        put("SkuMeter", &meter);
    }
    if let Some(machine) = machine {
        put("AvailabilityZone", &machine.zone);
        put("ResourceId", rows.text("instance_id"));
        put("ResourceType", if is_fargate { "Task" } else { "Instance" });
        if charge.is_machine_time && machine.time_cost > 0 {
            let cost = rows.decimal("cost_usd", 10)?.unwrap_or(0);
            // Millionths of an hour.
            let part = i128::from(machine.billed_ms) * cost * 10 / (machine.time_cost * 36);
            let hours = format!("{}.{:06}", part / 1_000_000, part % 1_000_000);
            for (quantity, unit) in [
                ("PricingQuantity", "PricingUnit"),
                ("ConsumedQuantity", "ConsumedUnit"),
            ] {
                put(quantity, &hours);
                put(unit, "Hours");
            }
        }
    }
    if charge.category == "Purchase" {
        put("CommitmentDiscountStatus", "Unused");
        put("CommitmentDiscountId", "simulated");
    }
    let tags = match environment.is_empty() {
        true => json!({}),
        false => json!({ "aws:batch:compute-environment": environment }),
    };
    put("Tags", &tags.to_string());
    put("x_FocusVersion", "1.2");
    put("x_SimCause", cause);
    put("x_SimScenario", &facts.scenario);
    put("x_SimProgram", &format!("batchcast {}", facts.version));
    Ok(cells)
}
