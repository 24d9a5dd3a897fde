//! A bill with everything on it, worked out by hand.

use std::fs;
use std::process::Command;

/// One machine of 1 USD an hour, for 90 minutes.
const SCENARIO: &str = r#"
name = "bill"
start = "START"
model = { profile = "ideal" }
jobQueues = [{ jobQueueName = "main", priority = 1, computeEnvironmentOrder = [{ order = 1, computeEnvironment = "pool" }] }]
[[instanceTypes]]
instanceType = "own.xlarge"
vcpus = 4
priceUsdPerHour = "1.00"
[[computeEnvironments]]
computeEnvironmentName = "pool"
type = "UNMANAGED"
instances = [{ instanceType = "own.xlarge" }]
[[jobDefinitions]]
jobDefinitionName = "work"
type = "container"
containerProperties = { resourceRequirements = [{ type = "VCPU", value = "4" }, { type = "MEMORY", value = "1024" }] }
[[workload.jobs]]
jobName = "a"
jobQueue = "main"
jobDefinition = "work"
run = "90m"
"#;

/// What `bill.csv` and `hours.csv` say below their headers, and `cost_usd`, where `billing` stands in the scenario.
fn told(start: &str, billing: &str) -> (String, String, String) {
    let home = tempfile::tempdir().unwrap();
    let scenario = home.path().join("bill.toml");
    fs::write(&scenario, SCENARIO.replace("START", start) + billing).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_batchcast"))
        .arg("run")
        .arg(&scenario)
        .args(["-q", "-o"])
        .arg(home.path().join("run"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    let read = |name: &str| fs::read_to_string(home.path().join("run").join(name)).unwrap();
    let rows = |name: &str| -> String {
        let text = read(name);
        text.lines().skip(1).map(|row| format!("{row}\n")).collect()
    };
    let summary: serde_json::Value = serde_json::from_str(&read("summary.json")).unwrap();
    let cost = summary["cost_usd"].as_str().unwrap().to_owned();
    (rows("bill.csv"), rows("hours.csv"), cost)
}

#[test]
fn every_line_is_in_the_bill_and_in_its_hour() {
    let billing = r#"
[billing]
rootVolumeGiB = 720
publicIpv4 = true
discountPercent = 10
[[billing.savingsPlans]]
type = "compute"
commitmentUsdPerHour = "0.45"
discountPercent = 40
"#;
    // 720 GiB for an hour are 0.08 USD. The plan covers 0.75 USD of the first hour, and the discount takes 10 % of the rest; of
    // the second it covers all 0.50 USD for 0.30.
    let (bill, hours, cost) = told("2026-01-05T00:00:00Z", billing);
    assert_eq!(
        bill,
        "pool,i-00000000000000000,own.xlarge,useful,1.5\n\
         pool,i-00000000000000000,own.xlarge,storage,0.12\n\
         pool,i-00000000000000000,own.xlarge,address,0.0075\n\
         ,,own.xlarge,covered,-0.525\n\
         ,,,commitment-unused,0.15\n"
    );
    assert_eq!(
        hours,
        "0,pool,own.xlarge,3600,1.085\n\
         0,,own.xlarge,0,-0.325\n\
         3600,pool,own.xlarge,1800,0.5425\n\
         3600,,own.xlarge,0,-0.2\n\
         3600,,,0,0.15\n"
    );
    assert_eq!(cost, "1.2525");
}

#[test]
fn without_terms_a_bill_is_that_of_its_machines() {
    let (bill, hours, cost) = told("2026-01-05T00:00:00Z", "");
    assert_eq!(bill, "pool,i-00000000000000000,own.xlarge,useful,1.5\n");
    assert_eq!(
        hours,
        "0,pool,own.xlarge,3600,1\n3600,pool,own.xlarge,1800,0.5\n"
    );
    assert_eq!(cost, "1.50");
}

#[test]
fn addresses_cost_nothing_before_february_2024() {
    let billing = "[billing]\npublicIpv4 = true\n";
    let (.., cost) = told("2024-01-31T23:59:59Z", billing);
    assert_eq!(cost, "1.50");
    let (.., cost) = told("2024-02-01T00:00:00Z", billing);
    assert_eq!(cost, "1.5075");
}

#[test]
fn a_reservation_of_half_the_size_covers_half_and_others_use_of_it_counts() {
    let reserved =
        "[[billing.reservedInstances]]\ninstanceType = \"own.xlarge\"\nhourlyUsd = \"0.60\"\n";
    // Two hours at 0.60, of which half an hour is not used.
    let (.., cost) = told("2026-01-05T00:00:00Z", reserved);
    assert_eq!(cost, "1.20");
    let others = "[[billing.otherUsage]]\ninstanceType = \"own.xlarge\"\nto = \"30m\"\n";
    // Half of the first hour is for others, so that half of our hour is On-Demand.
    let (.., cost) = told("2026-01-05T00:00:00Z", &format!("{reserved}{others}"));
    assert_eq!(cost, "1.40");
}
