use super::*;
use crate::report::{ATTEMPTS_HEADER, BILL_HEADER, INSTANCES_HEADER, JOBS_HEADER};

fn facts() -> RunFacts {
    RunFacts {
        scenario: "night".to_owned(),
        region: "us-east-1".to_owned(),
        start_epoch_ms: 1_767_225_600_000, // 2026-01-01T00:00:00Z
        end_ms: 3_700_000,
        version: "0.1.0".to_owned(),
    }
}

const INSTANCES: &str = "\
i-0,pool,c6i.large,spot,us-east-1a,2,0,0,3600,true,true,2,40,50.5,0.25,3600,0.07
i-1,pool,c6i.xlarge,on-demand,,4,60,60,3700.5,false,false,1,40,50.5,0.25,3640,0.1\n";

fn table(header: &str, rows: &str) -> Vec<u8> {
    format!("{header}{rows}").into_bytes()
}

/// Rows of a CSV by column.
fn read(bytes: &[u8]) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(bytes);
    let header = reader.headers().unwrap().clone();
    let cells = |row: StringRecord| {
        header
            .iter()
            .map(str::to_owned)
            .zip(row.iter().map(str::to_owned))
            .collect()
    };
    reader.records().map(|row| cells(row.unwrap())).collect()
}

#[test]
fn focus_rows_sum_to_the_bill_to_the_last_digit() {
    let bill = table(
        BILL_HEADER,
        "pool,i-0,c6i.large,useful,0.0499999999\npool,i-0,c6i.large,idle,0.0200000001\npool,i-0,c6i.large,waived,-0.07\n\
         pool,i-1,c6i.xlarge,useful,0.1\npool,i-1,c6i.xlarge,storage,0.0000000003\n,,c6i.large,commitment-unused,1.25\n",
    );
    let mut out = Vec::new();
    let instances = table(INSTANCES_HEADER, INSTANCES);
    let count = write_focus(&facts(), || Ok(&bill[..]), &instances[..], &mut out).unwrap();
    let rows = read(&out);
    assert_eq!((count, rows.len()), (6, 6));
    assert_eq!(rows[0].len(), FOCUS_1_2.len() + OURS.len());
    let sum: i128 = rows
        .iter()
        .map(|row| parse_decimal(&row["BilledCost"], 10).unwrap())
        .sum();
    assert_eq!(sum, 13_500_000_003);
    assert_eq!(rows[0]["PricingCategory"], "Dynamic");
    assert_eq!(rows[0]["SkuMeter"], "SpotUsage:c6i.large");
    assert_eq!(rows[0]["ChargePeriodStart"], "2026-01-01T00:00:00Z");
    assert_eq!(rows[0]["ChargePeriodEnd"], "2026-01-01T01:00:00Z");
    assert_eq!(rows[0]["BillingPeriodEnd"], "2026-02-01T00:00:00Z");
    assert_eq!(
        rows[0]["Tags"],
        r#"{"aws:batch:compute-environment":"pool"}"#
    );
    // Five sevenths of an hour.
    assert_eq!(rows[0]["PricingQuantity"], "0.714285");
    assert_eq!(
        [&rows[2]["ChargeCategory"], &rows[2]["ListCost"]],
        ["Credit", "0"]
    );
    assert_eq!(rows[3]["ChargePeriodEnd"], "2026-01-01T01:01:41Z");
    assert_eq!(rows[4]["ServiceCategory"], "Storage");
    assert_eq!(
        [
            &rows[5]["ChargeCategory"],
            &rows[5]["CommitmentDiscountStatus"]
        ],
        ["Purchase", "Unused"]
    );
    assert_eq!(rows[5]["ChargePeriodEnd"], "2026-01-01T01:01:40Z");
}

#[test]
fn cur_rows_sum_to_the_bill_and_attempts_to_their_instance() {
    let bill = table(
        BILL_HEADER,
        "pool,i-0,c6i.large,useful,0.0499999999\npool,i-0,c6i.large,idle,0.0200000001\npool,i-0,c6i.large,waived,-0.07\n\
         pool,i-1,c6i.xlarge,useful,0.1\npool,i-1,c6i.xlarge,idle,0.05\npool,i-1,c6i.xlarge,storage,0.0000000003\n",
    );
    let attempts = [
        row(
            ATTEMPTS_HEADER,
            &[
                ("job_id", "a"),
                ("placed_s", "15"),
                ("end_s", "60.5"),
                ("instance_id", "i-1"),
                ("vcpus", "2"),
                ("cost_usd", "0.0666666667"),
                ("job_queue", "main"),
            ],
        ),
        row(
            ATTEMPTS_HEADER,
            &[
                ("job_id", "b"),
                ("placed_s", "25"),
                ("end_s", "90"),
                ("instance_id", "i-1"),
                ("vcpus", "2"),
                ("cost_usd", "0.0333333333"),
            ],
        ),
    ];
    let attempts = table(ATTEMPTS_HEADER, &attempts.concat());
    let instances = table(INSTANCES_HEADER, INSTANCES);
    let mut out = Vec::new();
    let open = |name| {
        Ok(match name {
            "bill.csv" => &bill[..],
            "attempts.csv" => &attempts[..],
            _ => &instances[..],
        })
    };
    assert_eq!(write_cur(&facts(), open, &mut out).unwrap(), 6);
    let rows = read(&out);
    let sum = |columns: &[&str], parent: Option<&str>| -> i128 {
        let of = |row: &&BTreeMap<String, String>| {
            parent.is_none_or(|parent| row["split_line_item_parent_resource_id"] == parent)
        };
        let cells = rows
            .iter()
            .filter(of)
            .flat_map(|row| columns.iter().map(|column| &row[*column]));
        cells.filter_map(|cell| parse_decimal(cell, 10)).sum()
    };
    assert_eq!(sum(&["line_item_unblended_cost"], None), 1_500_000_003);
    let split = ["split_line_item_split_cost", "split_line_item_unused_cost"];
    assert_eq!(sum(&split, Some("i-1")), 1_500_000_000);
    assert_eq!(rows[0]["line_item_usage_type"], "SpotUsage:c6i.large");
    assert_eq!(rows[1]["line_item_line_item_type"], "Credit");
    assert_eq!(
        rows[4]["resource_tags"],
        r#"{"aws_batch_job_queue":"main"}"#
    );
}

#[test]
fn the_columns_of_focus_are_57_each_once() {
    let mut columns = FOCUS_1_2.to_vec();
    columns.sort_unstable();
    columns.dedup();
    assert_eq!(columns.len(), 57);
    assert_eq!(columns, FOCUS_1_2);
}

/// A row of `jobs.csv` by column; what is not named is empty.
fn row(header: &str, cells: &[(&str, &str)]) -> String {
    let columns = header.trim_end().split(',');
    let cell = |column: &str| {
        cells
            .iter()
            .find(|(name, _)| *name == column)
            .map_or("", |(_, cell)| cell)
    };
    columns.map(cell).collect::<Vec<&str>>().join(",") + "\n"
}

fn jobs() -> Vec<u8> {
    let job = |id, status, start, end, why| {
        row(
            JOBS_HEADER,
            &[
                ("job_id", id),
                ("status", status),
                ("submit_s", "10"),
                ("start_s", start),
                ("end_s", end),
                ("vcpus", "2"),
                ("memory_mib", "4096"),
                ("estimate_s", "90"),
                ("user", "ada"),
                ("group", "3"),
                ("job_queue", "main"),
                ("status_reason", why),
            ],
        )
    };
    let rows = [
        job("a", "SUCCEEDED", "20", "60.5", ""),
        job(
            "b:0",
            "FAILED",
            "30",
            "90",
            "Job attempt duration exceeded timeout",
        ),
        job("c", "FAILED", "", "95", "Dependent job failed"),
    ];
    table(JOBS_HEADER, &rows.concat())
}

fn attempts() -> Vec<u8> {
    let attempt = |id, placed, end, machine| {
        row(
            ATTEMPTS_HEADER,
            &[
                ("job_id", id),
                ("attempt", "1"),
                ("placed_s", placed),
                ("end_s", end),
                ("instance_id", machine),
                ("vcpus", "2"),
            ],
        )
    };
    let rows = [
        attempt("a", "15", "60.5", "i-1"),
        attempt("b:0", "25", "90", "i-1"),
    ];
    table(ATTEMPTS_HEADER, &rows.concat())
}

#[test]
fn batsim_has_each_job_with_vcpus_of_its_own() {
    let instances = table(INSTANCES_HEADER, INSTANCES);
    let mut out = Vec::new();
    let schedule = batsim_jobs(
        &facts(),
        BatsimVersion::V5,
        &jobs()[..],
        &attempts()[..],
        &instances[..],
        &mut out,
    )
    .unwrap();
    assert_eq!(
        String::from_utf8(out.clone())
            .unwrap()
            .lines()
            .skip(1)
            .collect::<Vec<&str>>(),
        [
            "a,night,delay,10.000000,2,90.000000,1,COMPLETED_SUCCESSFULLY,20.000000,40.500000,60.500000,10.000000,50.500000,1.246914,2-3,-1,",
            "b:0,night,delay,10.000000,2,90.000000,0,COMPLETED_WALLTIME_REACHED,30.000000,60.000000,90.000000,20.000000,80.000000,1.333333,4-5,-1,",
            "c,night,delay,10.000000,2,90.000000,0,REJECTED,,,,,,,,-1,",
        ]
    );
    // What readers of these tables rely on.
    for row in read(&out)
        .iter()
        .filter(|row| row["final_state"] != "REJECTED")
    {
        let number = |column: &str| row[column].parse::<f64>().unwrap();
        assert_eq!(
            number("waiting_time"),
            number("starting_time") - number("submission_time")
        );
        assert_eq!(
            number("execution_time"),
            number("finish_time") - number("starting_time")
        );
    }
    let json = batsim_schedule(&facts(), BatsimVersion::V5, &schedule);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["makespan"], 80.0);
    assert_eq!(
        [
            &json["nb_jobs"],
            &json["nb_jobs_rejected"],
            &json["nb_computing_machines"]
        ],
        [3, 1, 6]
    );
}

#[test]
fn batsim_4_has_its_own_order_and_a_schedule_of_one_row() {
    let instances = table(INSTANCES_HEADER, INSTANCES);
    let mut out = Vec::new();
    let schedule = batsim_jobs(
        &facts(),
        BatsimVersion::V4,
        &jobs()[..],
        &attempts()[..],
        &instances[..],
        &mut out,
    )
    .unwrap();
    let rows = read(&out);
    assert_eq!(
        [&rows[0]["allocated_resources"], &rows[0]["consumed_energy"]],
        ["2-3", "-1"]
    );
    let figures = read(batsim_schedule(&facts(), BatsimVersion::V4, &schedule).as_bytes());
    assert_eq!(figures[0]["makespan"], "90.000000");
    assert_eq!(figures[0]["scheduling_time"], "0.000000");
}

#[test]
fn a_run_is_a_log() {
    let mut out = Vec::new();
    assert_eq!(write_run_swf(&facts(), &jobs()[..], &mut out).unwrap(), 3);
    let text = String::from_utf8(out).unwrap();
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with(';')).collect();
    assert_eq!(
        lines,
        [
            "1 10 10 40.500 2 -1 -1 2 90 2097152 1 1 3 -1 1 -1 -1 -1",
            "2 10 20 60 2 -1 -1 2 90 2097152 0 1 3 -1 1 -1 -1 -1",
            "3 10 -1 -1 2 -1 -1 2 90 2097152 5 1 3 -1 1 -1 -1 -1",
        ]
    );
    assert!(text.contains("; UnixStartTime: 1767225600"));
}

#[test]
fn tables_that_are_none_are_told_with_line_and_column() {
    let fault = |bill: &[u8]| {
        let instances = table(INSTANCES_HEADER, INSTANCES);
        match write_focus(&facts(), || Ok(bill), &instances[..], Vec::new()) {
            Err(ExportFault::Table(what)) => what,
            other => panic!("{other:?}"),
        }
    };
    assert!(fault(b"a,b\n1,2\n").contains("without the columns compute_environment"));
    let wrong = fault(&table(BILL_HEADER, "pool,i-0,c6i.large,useful,much\n"));
    assert_eq!(
        wrong,
        "bill.csv line 2 column cost_usd: `much` is no number"
    );
}

#[test]
fn decimals_are_read_exactly() {
    for (text, digits, expected) in [
        ("1.25", 3, Some(1250)),
        ("-0.07", 10, Some(-700_000_000)),
        ("7", 0, Some(7)),
        ("7.9", 0, Some(7)),
        ("1e5", 0, None),
        ("", 3, None),
        (".5", 3, None),
    ] {
        assert_eq!(parse_decimal(text, digits), expected, "{text}");
    }
}
