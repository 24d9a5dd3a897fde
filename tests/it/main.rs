//! One binary of integration tests.

mod cli;
mod figures;
