//! A world on one page, for the message of a failed test.

use std::fmt::Write;

use batchcast::model::{ASSUMPTIONS, Scenario};

/// The world as text: changed settings, types, commands, rules and rows with what they have.
pub fn dump(scenario: &Scenario) -> String {
    let mut text = String::new();
    write_dump(scenario, &mut text).expect("text takes whatever is written");
    text
}

fn write_dump(scenario: &Scenario, text: &mut String) -> std::fmt::Result {
    let (world, workload) = (&scenario.world, &scenario.workload);
    for assumption in ASSUMPTIONS {
        if world.settings.is_changed(assumption.knob) {
            writeln!(
                text,
                "{} = {}",
                assumption.key,
                world.settings.value(assumption.knob)
            )?;
        }
    }
    for (_, kind) in world.catalogue.iter() {
        let (name, size, usable) = (&kind.name, kind.nominal, kind.usable_memory);
        writeln!(
            text,
            "type {name}: {size}, usable {usable}, {} USD/h, speed {}",
            kind.price, kind.speed
        )?;
    }
    for timed in &scenario.commands {
        writeln!(text, "@{} {:?}", timed.at, timed.command)?;
    }
    for rule in &scenario.rules {
        writeln!(text, "{rule:?}")?;
    }
    for (number, template) in workload.templates.iter().enumerate() {
        writeln!(text, "template {number}: {template:?}")?;
    }
    for (number, row) in workload.rows.iter().enumerate() {
        let mut source = Vec::new();
        workload.write_source(row.source, &mut source);
        write!(
            text,
            "row {number} `{}` @{}: work {} estimate {} {}/{}/{} template {}",
            String::from_utf8_lossy(&source),
            row.submit,
            row.work,
            row.estimate,
            row.vcpus,
            row.memory,
            row.gpus,
            row.template
        )?;
        if let Some(extra) = workload.extra(row) {
            let range = |range: &std::ops::Range<u32>| range.start as usize..range.end as usize;
            if extra.array > 0 {
                let sequential = if extra.sequential { " SEQUENTIAL" } else { "" };
                write!(text, " array {}{sequential}", extra.array)?;
            }
            for dependency in &workload.dependencies[range(&extra.dependencies)] {
                write!(text, " after {:?} {:?}", dependency.on.0, dependency.kind)?;
            }
            for work in &workload.child_work[range(&extra.child_work)] {
                write!(text, " child {work}")?;
            }
            for own in &workload.child_fates[range(&extra.child_fates)] {
                write!(text, " child fates {own:?}")?;
            }
            for fate in &workload.fates[range(&extra.fates)] {
                write!(
                    text,
                    " fate {:?} {} {}",
                    fate.kind, fate.exit_code, fate.run
                )?;
            }
            for anchor in &workload.anchors[range(&extra.anchors)] {
                write!(
                    text,
                    " anchor {} think {} poll {}",
                    anchor.after.0, extra.think, extra.poll
                )?;
            }
            if extra.peak_memory > 0 {
                write!(text, " peak {}", extra.peak_memory)?;
            }
        }
        writeln!(text)?;
    }
    Ok(())
}
