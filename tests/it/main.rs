//! The tests that judge a whole run.

mod cli;
mod figures;
mod golden;
mod naive;
mod naive_check;
mod tape;
mod tidy;
mod traps;
mod worlds;
