//! The tests that judge a whole run.

mod cli;
mod figures;
mod data;
mod naive;
mod naive_check;
mod published;
mod tape;
mod traps;
mod worlds;
