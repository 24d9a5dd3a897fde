//! What job definitions have that AWS's do not.

use super::shape::{Kind, Shape, field, shape};
use Kind::{Choice, Flag, Text};

/// `checkpoint` of a job definition.
pub static CHECKPOINT: Shape = shape(
    "checkpoint",
    "How a job saves its work as it goes, so that an attempt after an interruption goes on from there. Times are those of the machine.",
    &[
        field(
            "interval",
            Text,
            "Time to work between two checkpoints (\"30m\"); or young, daly or exact: by that rule, from cost and the mean time between interruptions. Only at a notice where absent.",
        )
        .unit("s"),
        field(
            "cost",
            Kind::Span,
            "Time that a checkpoint takes, in which no work is done.",
        )
        .unit("s")
        .required(),
        field(
            "restart",
            Kind::Span,
            "Time that every attempt after the first takes before it works.",
        )
        .unit("s")
        .default("\"0s\""),
        field(
            "onNotice",
            Flag,
            "Whether it also saves when EC2 gives notice (spotNotice), where cost is not longer than that; it works on meanwhile.",
        )
        .default("false"),
        field(
            "after",
            Choice(&["interruption", "failure"]),
            "After what the next attempt goes on from the last checkpoint: only the loss of its host, or any failure that is retried.",
        )
        .default("\"interruption\""),
        field(
            "meanUpTime",
            Kind::Span,
            "For a rule: the mean time between interruptions; that of the Spot pool which is interrupted most often where absent.",
        )
        .unit("s"),
    ],
);
