//! The types of a scenario: its own, those of its day, and how fast they are.

use super::super::*;
use super::{BASE, JOB};
use crate::model::{Architecture, InstanceType};
use crate::units::{PricePerHour, Ratio, Shape as Ask};

/// A scenario with one machine of `machine`, `more` before it, and `model` as the settings.
fn with_machine(machine: &str, more: &str, model: &str) -> Result<InstanceType, Vec<String>> {
    let base = BASE.replace("c6i.4xlarge", machine);
    let text = format!("{more}\n{base}\n{JOB}\n[model]\n{model}\n");
    match load("test.toml", text.as_bytes(), &[], None, &NoFiles) {
        Ok(loaded) => {
            let catalogue = loaded.scenario.world.catalogue;
            let id = catalogue.find(machine).unwrap();
            Ok(catalogue.get(id).clone())
        }
        Err(problems) => Err(problems.iter().map(ToString::to_string).collect()),
    }
}

#[test]
fn a_scenario_can_change_every_figure_of_a_type_of_the_catalogue() {
    let other = r#"instanceTypes = [{ instanceType = "c6i.large", vcpus = 4, memoryMiB = 9000, usableMemoryMiB = 8200, gpus = 1, architecture = "arm64", priceUsdPerHour = "0.01", speed = 1.5 }]"#;
    let machine = with_machine("c6i.large", other, "").unwrap();
    assert_eq!(machine.nominal, Ask::new(4, 9000, 1));
    assert_eq!(machine.usable_memory, 8200);
    assert_eq!(machine.architecture, Architecture::Arm64);
    assert_eq!(machine.price, PricePerHour::parse("0.01").unwrap());
    assert_eq!(machine.speed, Ratio::from_parts(1_500_000));
    let cheaper = r#"instanceTypes = [{ instanceType = "c6i.large", priceUsdPerHour = "0.05" }]"#;
    let machine = with_machine("c6i.large", cheaper, "").unwrap();
    assert_eq!(machine.price, PricePerHour::parse("0.05").unwrap());
    assert_eq!(machine.nominal, Ask::new(2, 4096, 0));
    assert_eq!(machine.usable_memory, 3775);
}

#[test]
fn a_historical_scenario_pays_the_prices_of_its_day() {
    for (start, price) in [
        ("", "0.044"),
        ("start = \"2007-09-01T00:00:00Z\"", "0.10"),
        ("start = \"2017-12-01T00:00:00Z\"", "0.044"),
    ] {
        let machine = with_machine("m1.small", start, "").unwrap();
        assert_eq!(
            machine.price,
            PricePerHour::parse(price).unwrap(),
            "{start}"
        );
    }
}

#[test]
fn speeds_are_alike_or_measured_as_the_model_says() {
    let speed = |machine: &str, more: &str, model: &str| {
        with_machine(machine, more, model).map(|machine| machine.speed.parts())
    };
    let by_coremark = r#"machineSpeed = "coremark""#;
    assert_eq!(speed("c7g.large", "", ""), Ok(1_000_000));
    assert_eq!(speed("c6i.large", "", by_coremark), Ok(1_000_000));
    // 51,891 iterations a second against 35,321, on two vCPUs each.
    assert_eq!(speed("c7g.large", "", by_coremark), Ok(1_469_126));
    let relative = r#"machineSpeed = "coremark:c7g.large""#;
    assert_eq!(speed("c6i.large", "", relative), Ok(680_676));
    let stated = r#"instanceTypes = [{ instanceType = "r6id.large", speed = 0.9 }]"#;
    assert_eq!(speed("r6id.large", stated, by_coremark), Ok(900_000));
    let priced = r#"instanceTypes = [{ instanceType = "c7g.large", priceUsdPerHour = "0.05" }]"#;
    assert_eq!(speed("c7g.large", priced, by_coremark), Ok(1_469_126));
    let own = r#"instanceTypes = [{ instanceType = "box", vcpus = 8, priceUsdPerHour = "0.05" }]"#;
    let halved = r#"instanceTypes = [{ instanceType = "c7g.large", vcpus = 1 }]"#;
    for (machine, more) in [("r6id.large", ""), ("box", own), ("c7g.large", halved)] {
        let problems = speed(machine, more, by_coremark).unwrap_err();
        let part = format!("`{machine}` has no CoreMark figure, which machineSpeed asks for");
        assert!(
            problems.len() == 1 && problems[0].contains(&part),
            "{problems:?}"
        );
    }
    for (setting, part) in [
        ("fast", "use uniform, coremark or coremark:TYPE"),
        ("coremark:c6i.larg", "has no instance type `c6i.larg`"),
        ("coremark:r6id.large", "`r6id.large` has no CoreMark figure"),
    ] {
        let problems =
            speed("c6i.large", "", &format!("machineSpeed = \"{setting}\"")).unwrap_err();
        assert!(
            problems.len() == 1 && problems[0].contains(part),
            "{problems:?}"
        );
    }
}

#[test]
fn a_family_with_unmeasured_types_is_refused_where_speeds_are_measured() {
    let problems = |families: &str, setting: &str| {
        let environment = format!(
            "[[computeEnvironments]]\ncomputeEnvironmentName = \"managed\"\ntype = \"MANAGED\"\ncomputeResources = {{ type = \"EC2\", maxvCpus = 64, instanceTypes = [{families}] }}"
        );
        let text = format!("{BASE}\n{environment}\n{JOB}\n[model]\n{setting}\n");
        match load("test.toml", text.as_bytes(), &[], None, &NoFiles) {
            Ok(_) => Vec::new(),
            Err(problems) => problems.iter().map(ToString::to_string).collect(),
        }
    };
    let by_coremark = "machineSpeed = \"coremark\"";
    let wrong = problems("\"c6i\", \"r6id\"", by_coremark);
    let part = "more of these types have no CoreMark figure, which machineSpeed asks for; name types that have one";
    assert!(
        wrong.len() == 1 && wrong[0].contains(part) && wrong[0].contains("instanceTypes"),
        "{wrong:?}"
    );
    assert_eq!(problems("\"c6i\", \"r6id\"", ""), Vec::<String>::new());
    assert_eq!(problems("\"c6i.large\"", by_coremark), Vec::<String>::new());
}
