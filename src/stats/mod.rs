//! What samples tell, and how surely: means and quantiles with intervals, when to stop, which system is best, and what of one
//! long run may be used. Functions of numbers; no domain word. The distributions are `statrs`'s.

mod intervals;
mod selection;
mod steady;

pub use intervals::{Estimate, Moments, OrderInterval, mean_interval, quantile, quantile_interval};
pub use selection::{Selection, select_best};
pub use steady::{batch_means, lag_one, warm_up};
