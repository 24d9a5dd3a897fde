//! The figures of a run by which runs are compared.

use crate::metrics::{Decimal, Summary};
use crate::model::TimeCause;
use crate::units::Usd;

/// What a measure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MeasureUnit {
    /// Seconds.
    Seconds,
    /// US dollars.
    Dollars,
    /// A part of one.
    Share,
    /// A number of things.
    Count,
}

/// One figure of a run, as a number that statistics can be made of.
#[derive(Debug)]
pub struct Measure {
    /// Its name on the command line and in JSON, with its unit.
    pub name: &'static str,
    /// Its name in text.
    pub title: &'static str,
    /// What it counts.
    pub unit: MeasureUnit,
    /// Whether more of it is better.
    pub more_is_better: bool,
    /// Its value; `None` where the run has none.
    pub value: fn(&Summary) -> Option<f64>,
}

/// All of them. The first three say what most want to know, and are what a stated precision is about.
pub const MEASURES: &[Measure] = &[
    Measure {
        name: "makespan_s",
        title: "makespan",
        unit: MeasureUnit::Seconds,
        more_is_better: false,
        value: |summary| Some(summary.makespan?.ms() as f64 / 1e3),
    },
    Measure {
        name: "cost_usd",
        title: "cost",
        unit: MeasureUnit::Dollars,
        more_is_better: false,
        value: |summary| Some(dollars(summary.cost_total())),
    },
    Measure {
        name: "wait_mean_s",
        title: "mean wait",
        unit: MeasureUnit::Seconds,
        more_is_better: false,
        value: |summary| decimal(summary.wait_s.mean),
    },
    Measure {
        name: "wait_p95_s",
        title: "wait, p95",
        unit: MeasureUnit::Seconds,
        more_is_better: false,
        value: |summary| decimal(summary.wait_s.p95),
    },
    Measure {
        name: "slowdown_mean",
        title: "mean slowdown",
        unit: MeasureUnit::Count,
        more_is_better: false,
        value: |summary| decimal(summary.bounded_slowdown.mean),
    },
    Measure {
        name: "vcpus_of_provisioned",
        title: "vCPUs used",
        unit: MeasureUnit::Share,
        more_is_better: true,
        value: |summary| decimal(summary.utilization.vcpus_of_provisioned),
    },
    Measure {
        name: "jobs_not_succeeded",
        title: "not succeeded",
        unit: MeasureUnit::Count,
        more_is_better: false,
        value: |summary| Some((summary.jobs.failed + summary.jobs.unfinished) as f64),
    },
    Measure {
        name: "time_lost_s",
        title: "lost attempts",
        unit: MeasureUnit::Seconds,
        more_is_better: false,
        value: |summary| {
            let index = TimeCause::ALL
                .iter()
                .position(|cause| *cause == TimeCause::Lost)?;
            Some(summary.time_causes_ms[index] as f64 / 1e3)
        },
    },
];

/// How many of [`MEASURES`] a stated precision is about.
pub const MAIN_MEASURES: usize = 3;

/// The measure called `name`.
pub fn measure(name: &str) -> Option<&'static Measure> {
    MEASURES.iter().find(|measure| measure.name == name)
}

fn decimal(value: Option<Decimal>) -> Option<f64> {
    Some(value?.parts() as f64 / Decimal::PARTS as f64)
}

fn dollars(value: Usd) -> f64 {
    value.rounded_ticks() as f64 / 1e10
}
