//! The event engine: one total order of everything that happens, and named streams of chance. It knows no domain word.

mod agenda;
mod calendar;
pub mod chance;
mod digest;
mod heap;
mod streams;

pub use calendar::{Calendar, Due, Phase};
pub use digest::Digest;
pub use streams::Streams;
