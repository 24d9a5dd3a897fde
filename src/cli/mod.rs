//! The program: paths, environment, terminal and exit codes. The one place that opens files and looks at clocks.

mod again;
mod args;
mod backtest;
mod catalog;
mod costs;
mod doctor;
mod explain;
mod export;
mod failure;
mod fit;
mod folder;
mod forecast;
mod generate;
mod import;
mod import_types;
mod lists;
mod load;
mod output;
mod pool;
mod progress;
mod report;
mod run;
mod spot_deadline;
mod study;
mod tornado;
mod tournament;
mod trace_args;
mod traces;
mod tune;
mod twin;
mod verify;
mod view;

use std::panic;
use std::process::{self, ExitCode};
use std::sync::Mutex;

use clap::Parser;

use crate::input::scenario;

use args::{CatalogAction, Check, Command, CommandLine, Common};
use failure::{BUG, Failure};
use output::{print, tell};

/// The seed of the run that is on, for the message of a bug.
static SEED: Mutex<Option<u64>> = Mutex::new(None);

fn remember_seed(seed: u64) {
    if let Ok(mut known) = SEED.lock() {
        *known = Some(seed);
    }
}

/// Does what the command line asks, and returns the exit code: 0 done, 1 what was asked for does not exist, 2 bad input or
/// usage, 3 a threshold was crossed, 70 a bug of ours.
pub fn main() -> ExitCode {
    // The program ends here and now, wherever it is: released, it is built without what would unwind its stack.
    panic::set_hook(Box::new(|info| {
        report_bug(info);
        folder::abandon();
        process::exit(BUG.into());
    }));
    let line = match CommandLine::try_parse() {
        Ok(line) => line,
        Err(error) => {
            // Help goes to standard output; if nobody reads it, that is no failure.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(failure::BAD_INPUT));
        }
    };
    match obey(&line) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.is_silent() {
                tell(&failure.message());
            }
            failure.exit_code()
        }
    }
}

fn obey(line: &CommandLine) -> Result<(), Failure> {
    let common = &line.common;
    match &line.command {
        Command::Run(run) => run::run(run, common),
        Command::Explain(asked) => explain::explain(asked, common),
        Command::Report(asked) => report::report(asked, common),
        Command::View(asked) => view::view(asked, common),
        Command::Costs(asked) => costs::costs(asked, common),
        Command::Doctor(asked) => doctor::doctor(asked, common),
        Command::Import(asked) => import::import(asked, common),
        Command::Export(asked) => export::export(asked, common),
        Command::Fit(asked) => fit::fit(asked, common),
        Command::Generate(asked) => generate::generate(asked, common),
        Command::Check(check) => check_scenario(check, common),
        Command::Schema => print(&format!("{:#}\n", scenario::json_schema())),
        Command::Assumptions(asked) => print(&lists::assumptions(asked.profile, common.json)),
        Command::Catalog(asked) => match &asked.action {
            Some(CatalogAction::Import(asked)) => import_types::import(asked, common),
            None => catalog::list(asked, common),
        },
        Command::Backtest(asked) => backtest::backtest(asked, common),
        Command::Twin(asked) => twin::twin(asked, common),
        Command::Compare(asked) => study::compare(asked, common),
        Command::Forecast(asked) => forecast::forecast(asked, common),
        Command::Tournament(asked) => tournament::tournament(asked, common),
        Command::Plan(asked) => study::find_plan(asked, common),
        Command::Diff(asked) => study::diff(asked, common),
        Command::Sweep(asked) => study::sweep(asked, common),
        Command::Merge(asked) => study::merge(asked, common),
        Command::Verify(asked) => verify::verify(asked, common),
        Command::SpotDeadline(asked) => spot_deadline::spot_deadline(asked, common),
        Command::Policies => print(&lists::policies(common.json)),
    }
}

fn check_scenario(check: &Check, common: &Common) -> Result<(), Failure> {
    let input = load::scenario(&check.scenario, &check.set, None)?;
    if common.quiet {
        return Ok(());
    }
    let scenario = &input.loaded.scenario;
    let mut text = format!(
        "{}: no problems; {} submissions, {} commands, {} rules\n",
        scenario.name,
        scenario.workload.rows.len(),
        scenario.commands.len(),
        scenario.rules.len()
    );
    if !input.loaded.ignored.is_empty() {
        text.push_str(&format!(
            "without effect: {}\n",
            input.loaded.ignored.join(", ")
        ));
    }
    for note in &input.loaded.notes {
        text.push_str(&format!("note: {note}\n"));
    }
    print(&text)
}

/// Says that we, not the user, are at fault, and what a report needs.
fn report_bug(info: &panic::PanicHookInfo<'_>) {
    let payload = info.payload();
    let message = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    let place = info
        .location()
        .map_or_else(String::new, |place| format!(" ({place})"));
    let state = match SEED.try_lock().ok().and_then(|seed| *seed) {
        Some(seed) => format!("seed {seed}; {}", progress::how_far()),
        None => "no run had begun".to_owned(),
    };
    tell(&format!(
        "bug in batchcast {}: {message}{place}\n{state}; please report this with the command and its input\n",
        env!("CARGO_PKG_VERSION")
    ));
}
