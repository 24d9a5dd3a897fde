//! What held a run up from outside, in words: Spot's regime, the account's quotas.

use crate::metrics::MachineTotals;
use crate::model::{QUOTAS, QuotaUse};
use crate::units::{SimTime, Span};

use super::wording::{duration, glued, whole};

/// The regime in which Spot instances ran, without which their cost says nothing.
pub fn spot(machines: &MachineTotals) -> String {
    let launched = format!("{} instances", whole(machines.spot));
    match u64::try_from(machines.spot_up_ms / u128::from(machines.interrupted.max(1))) {
        Ok(up) if machines.interrupted > 0 => format!(
            "{launched}, of which EC2 took back {}: one in {} of running (the regime that cost and makespan depend on)",
            whole(machines.interrupted),
            glued(&duration(Span::from_ms(up)))
        ),
        _ => format!("{launched}, of which EC2 took back none: a regime without interruptions"),
    }
}

/// How far a quota was used, and whether it held anything up.
pub fn quota(used: &QuotaUse) -> String {
    let known = &QUOTAS[used.place];
    let at = |at: SimTime| glued(&duration(at.since(SimTime::ZERO)));
    let limit = used.limit.map_or(0, u64::from);
    let text = format!(
        "{} ({}): {} of {} vCPUs at most",
        known.name,
        known.code,
        whole(used.peak),
        whole(limit)
    );
    match used.refused_at {
        Some(first) => format!(
            "{text}; refused {}, the first {} after the start",
            glued(&format!("{} launches", whole(used.refused))),
            at(first)
        ),
        None => format!("{text}; refused none"),
    }
}
