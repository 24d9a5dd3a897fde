//! Questions that users and researchers may answer differently, and every known answer: one file each, one line in a list.

pub mod allocation;
pub mod capacity;
pub mod checkpoint;
pub mod deadline;
pub mod discipline;
pub mod order;
pub mod placement;
pub mod scaling;
