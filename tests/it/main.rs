//! The tests that judge a whole run.

mod naive;
mod naive_check;
mod worlds;
