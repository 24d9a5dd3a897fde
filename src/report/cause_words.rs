//! What causes of time and money mean, in the few words that fit beside bars.

use crate::model::{CostCause, TimeCause};

/// What a time cause means, in as few columns as a table beside bars has.
pub(super) fn meaning_of_time(cause: TimeCause) -> &'static str {
    match cause {
        TimeCause::Dependency => "waits for other jobs",
        TimeCause::BlockedHead => "the head fits nowhere",
        TimeCause::Share => "another share's turn",
        TimeCause::Queue => "others are ahead",
        TimeCause::Consumable => "a resource is lacking",
        TimeCause::MaxVcpus => "at a limit or reserved",
        TimeCause::Capacity => "at the head, no room",
        TimeCause::Scaling => "until the next scaling",
        TimeCause::Boot => "its machine boots",
        TimeCause::Dispatch => "until the next look",
        TimeCause::ImagePull => "container being made",
        TimeCause::Run => "attempts that counted",
        TimeCause::Lost => "attempts before these",
        TimeCause::Checkpoint => "work being saved",
    }
}

/// What a cost cause is called where a narrow column is all there is.
pub(super) fn label_of_cost(cause: CostCause) -> &'static str {
    match cause {
        CostCause::CommitmentUnused => "unused",
        _ => cause.name(),
    }
}

/// What a cost cause means, as short.
pub(super) fn meaning_of_cost(cause: CostCause) -> &'static str {
    match cause {
        CostCause::Useful => "attempts that succeeded",
        CostCause::Failed => "attempts that failed",
        CostCause::Interrupted => "machine lost meanwhile",
        CostCause::Checkpoint => "work being saved",
        CostCause::Boot => "machines that boot",
        CostCause::ImagePull => "containers being made",
        CostCause::Idle => "machines without a job",
        CostCause::Stranded => "unused beside jobs",
        CostCause::Minimum => "billing's rounding up",
        CostCause::Waived => "EC2 took it back",
        CostCause::Storage => "volumes of machines",
        CostCause::Traffic => "images being pulled",
        CostCause::Address => "public addresses",
        CostCause::Covered => "commitments, discounts",
        CostCause::CommitmentUnused => "of commitments",
    }
}
