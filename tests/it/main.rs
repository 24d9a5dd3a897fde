//! The tests that judge a whole run.

mod cli;
mod figures;
mod naive;
mod naive_check;
mod tape;
mod traps;
mod worlds;
