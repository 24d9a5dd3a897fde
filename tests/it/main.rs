//! The tests that judge a whole run.

mod cli;
mod data;
mod figures;
mod golden;
mod naive;
mod naive_check;
mod published;
mod tape;
mod tidy;
mod traps;
mod worlds;
