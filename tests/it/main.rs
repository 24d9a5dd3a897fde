//! The tests that judge a whole run.

mod cli;
mod data;
mod figures;
mod naive;
mod naive_check;
mod published;
mod tape;
mod traps;
mod worlds;
