//! `[billing]`.

use super::*;
use crate::model::{BillingTerms, QUOTAS, RootVolume, VolumeKind};
use crate::units::{PricePerHour, Ratio, SimTime};

fn terms(section: &str) -> BillingTerms {
    read(&format!("{BASE}{JOB}{section}"))
        .scenario
        .world
        .billing
}

#[test]
fn without_the_section_nothing_is_billed_besides_machines() {
    assert_eq!(terms(""), BillingTerms::default());
    let empty = terms("[billing]\n");
    assert_eq!(empty, BillingTerms::default());
}

#[test]
fn a_volume_of_which_one_thing_is_stated_is_30_gib_of_gp3_in_the_other() {
    for (section, gib, kind) in [
        ("rootVolumeGiB = 8", 8, VolumeKind::Gp3),
        ("rootVolumeType = \"gp2\"", 30, VolumeKind::Gp2),
    ] {
        let volume = terms(&format!("[billing]\n{section}\n")).root_volume;
        assert_eq!(volume, Some(RootVolume { gib, kind }));
    }
}

#[test]
fn commitments_are_read() {
    let terms = terms(
        r#"
[billing]
discountPercent = 12.5
[[billing.savingsPlans]]
type = "ec2-instance"
family = "c6i"
commitmentUsdPerHour = "0.5"
discountPercent = 30
rates = { "c6i.large" = "0.05", "c6i.4xlarge" = 0.4 }
[[billing.savingsPlans]]
type = "compute"
commitmentUsdPerHour = 1
discountPercent = 20
[[billing.reservedInstances]]
instanceType = "m5.large"
count = 3
hourlyUsd = "0.06"
[[billing.otherUsage]]
usdPerHour = "0.04048"
count = 40
from = "1h"
"#,
    );
    assert_eq!(terms.discount, Ratio::from_parts(125_000));
    let [family, compute] = terms.savings_plans.as_slice() else {
        panic!("{:?}", terms.savings_plans);
    };
    assert_eq!(family.family.as_deref(), Some("c6i"));
    let rates: Vec<String> = family.rates.iter().map(|rate| rate.1.to_string()).collect();
    assert_eq!(rates, ["0.40", "0.05"], "4xlarge is before large");
    assert_eq!(compute.discount, Some(Ratio::from_parts(200_000)));
    assert_eq!(compute.commitment, PricePerHour::parse("1").unwrap());
    assert_eq!(terms.reserved_instances[0].count, 3);
    let other = &terms.other_usage[0];
    assert_eq!((other.count, other.instance_type), (40, None));
    assert_eq!(
        (other.from, other.to),
        (SimTime::from_s(3600), SimTime::NEVER)
    );
}

#[test]
fn quotas_are_read_as_aws_prints_them() {
    let section = "[[quotas]]\nServiceCode = \"ec2\"\nQuotaCode = \"L-34B43A08\"\nQuotaName = \"All Standard\"\nValue = 640.0\nUnit = \"None\"\nAdjustable = true\nGlobalQuota = false\n";
    let text = format!("{BASE}{JOB}{section}\n");
    let loaded = load("test.toml", text.as_bytes(), &[], None, &NoFiles).unwrap();
    let quotas = &loaded.scenario.world.quotas;
    for (place, quota) in QUOTAS.iter().enumerate() {
        let expected = (quota.code == "L-34B43A08").then_some(640);
        assert_eq!(quotas.get(place), expected);
    }
}

#[test]
fn a_load_of_three_is_everything_three_times() {
    let text = format!("{BASE}{JOB}");
    let set = [("workload.load".to_owned(), "3".to_owned())];
    let loaded = load("test.toml", text.as_bytes(), &set, None, &NoFiles).unwrap();
    let workload = &loaded.scenario.workload;
    let ids = workload.rows.iter().map(|row| {
        let mut text = Vec::new();
        workload.write_source(row.source, &mut text);
        String::from_utf8(text).unwrap()
    });
    let ids: Vec<String> = ids.collect();
    let [one, two, three] = &ids[..] else {
        panic!("{ids:?}")
    };
    assert_eq!((two, three), (&format!("2-{one}"), &format!("3-{one}")));
    let set = [("workload.load".to_owned(), "0".to_owned())];
    let problems = load("test.toml", text.as_bytes(), &set, None, &NoFiles).unwrap_err();
    assert!(lines(&problems)[0].contains("load"), "{problems:?}");
}

/// A section and the problems it has, each a part of a line.
const WRONG: &[(&str, &[&str])] = &[
    (
        "[[billing.savingsPlans]]\ntype = \"ec2-instance\"\ncommitmentUsdPerHour = 1\ndiscountPercent = 20",
        &["/billing/savingsPlans/0/family: is missing"],
    ),
    (
        "[[billing.savingsPlans]]\ntype = \"compute\"\nfamily = \"c6i\"\ncommitmentUsdPerHour = 1\ndiscountPercent = 20",
        &["/billing/savingsPlans/0/family: is for type"],
    ),
    (
        "[[billing.savingsPlans]]\ntype = \"ec2-instance\"\nfamily = \"c6j\"\ncommitmentUsdPerHour = 1\ndiscountPercent = 20",
        &["/billing/savingsPlans/0/family: the catalogue has no instance type of the family `c6j`"],
    ),
    (
        "[[billing.savingsPlans]]\ntype = \"compute\"\ncommitmentUsdPerHour = 1",
        &["/billing/savingsPlans/0/discountPercent: is missing"],
    ),
    (
        "[[billing.savingsPlans]]\ntype = \"ec2-instance\"\nfamily = \"c6i\"\ncommitmentUsdPerHour = 1\nrates = { \"m5.large\" = 0.01, \"c6i.large\" = 99, \"c6i.lrge\" = 1 }",
        &[
            "/rates/m5.large: is not of the plan's family `c6i`",
            "/rates/c6i.large: 99.00 is more than the On-Demand price",
            "/rates/c6i.lrge: the catalogue has no instance type `c6i.lrge`",
        ],
    ),
    (
        "[[billing.savingsPlans]]\ntype = \"compute\"\ncommitmentUsdPerHour = -1\ndiscountPercent = 101",
        &["/commitmentUsdPerHour: ", "/discountPercent: "],
    ),
    (
        "[[billing.reservedInstances]]\ninstanceType = \"m5.lrge\"\ncount = 0\nhourlyUsd = 1",
        &[
            "/count: ",
            "/instanceType: the catalogue has no instance type",
        ],
    ),
    (
        "[[billing.otherUsage]]\nusdPerHour = 1\nfrom = \"2h\"\nto = \"1h\"",
        &[
            "/otherUsage: has no effect without",
            "/otherUsage/0/to: 3600 s is not after from (7200 s)",
        ],
    ),
    (
        "[billing]\nsavingsPlans = [{ type = \"compute\", commitmentUsdPerHour = 1, discountPercent = 9 }]\notherUsage = [{ count = 2 }]",
        &["/otherUsage/0: state either instanceType or usdPerHour"],
    ),
    (
        "[billing]\nrootVolumeGiB = 0\nrootVolumeType = \"io9\"\npublicIpv4 = 1",
        &["/rootVolumeGiB: ", "/rootVolumeType: ", "/publicIpv4: "],
    ),
    (
        "[[quotas]]\nQuotaCode = \"L-12345678\"\nValue = 5",
        &["/quotas/0/QuotaCode: `L-12345678` is no quota of EC2 vCPUs; these are: L-1216C47A"],
    ),
    (
        "[[quotas]]\nQuotaCode = \"L-1216C47A\"\nValue = 5.5\n[[quotas]]\nQuotaCode = \"L-1216C47A\"\nValue = -1",
        &[
            "/quotas/0/Value: must be a whole number",
            "/quotas/1/Value: ",
        ],
    ),
    (
        "[[quotas]]\nQuotaCode = \"L-1216C47A\"\nValue = 5\n[[quotas]]\nQuotaCode = \"L-1216C47A\"\nValue = 6",
        &["/quotas/1/QuotaCode: `L-1216C47A` is stated twice"],
    ),
];

#[test]
fn each_slip_is_told_with_its_place() {
    for (section, expected) in WRONG {
        let text = format!("{BASE}{JOB}{section}\n");
        let problems = load("test.toml", text.as_bytes(), &[], None, &NoFiles).unwrap_err();
        let told = lines(&problems).join("\n");
        for part in *expected {
            assert!(told.contains(part), "{part} is missing in\n{told}");
        }
        assert_eq!(problems.len(), expected.len(), "{told}");
    }
}
