//! Many runs of one question, as many at once as there are cores: the only module that spawns threads. What comes back is in
//! the order of what was asked, so that it is the same on any number of threads.

mod backtest;
mod commitment;
mod configuration;
mod deadline;
mod demand;
mod ended;
mod forecast;
mod head_of_line;
mod knobs;
mod measures;
mod replication;
mod search;
mod steady;
mod study;
mod sweep;
mod threshold;
mod tornado;
mod tournament;
mod tune;

use rayon::prelude::*;

pub use backtest::{Backtest, BacktestQuestion, DIALS, Dial, Judged, JudgedJob, Twin, backtest};
pub use commitment::{Commitment, commitment};
pub use configuration::{
    Configuration, Floor, SCREEN, SearchQuestion, Seen, Space, Target, TargetKind,
};
pub use deadline::{DeadlineOutcome, DeadlineQuestion, DeadlineResult, deadlines};
pub use demand::{Choice, DEMAND_MODELS, Demand, DemandModel, Taken, states_vcpus};
pub use forecast::{
    Driver, Factor, Forecast, ForecastQuestion, ForecastScore, HISTORY_DAYS, MONTH_DAYS, Period,
    Scored, Told3, forecast, score_forecasts,
};
pub use head_of_line::with_head_of_line;
pub use knobs::{KNOBS, Knob, Today, Turn, TurnValue, turns};
pub use measures::{MAIN_MEASURES, MEASURES, Measure, MeasureUnit, measure};
pub use replication::{finish, replication};
pub use search::{Found, search};
pub use steady::{BATCHES, Steady, steady};
pub use study::{
    Difference, Enough, Observation, Study, Variant, difference, is_precise, replicate, seed_of,
    values,
};
pub use sweep::{Axis, Shard, grid, latin_hypercube};
pub use threshold::{Limit, Threshold};
pub use tornado::{Moved, Tornado, Variation, variations};
pub use tournament::{Contender, Played, tournament};
pub use tune::{Tried, best, checkpoint_of, tune};

/// What `run` makes of each of `variants`, in their order. It is called from several threads.
pub fn each<V: Sync, R: Send>(variants: &[V], run: impl Fn(&V) -> R + Send + Sync) -> Vec<R> {
    variants.par_iter().map(run).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_what_was_asked() {
        let variants: Vec<u64> = (0..100).collect();
        assert_eq!(
            each(&variants, |number| number * 2),
            (0..200).step_by(2).collect::<Vec<u64>>()
        );
    }
}
