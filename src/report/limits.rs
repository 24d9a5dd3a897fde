//! What a run hangs on besides its scenario, in words: Spot's regime, the account's quotas, what AWS leaves open.

use crate::metrics::{HeadOfLine, MachineTotals};
use crate::model::{QUOTAS, QuotaUse};
use crate::units::{SimTime, Span};

use super::wording::{dollars, duration, duration_or_none, glued, whole};

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

/// What the other answer to whether a job may pass a head that does not fit gives.
pub fn head_of_line(both: &HeadOfLine) -> String {
    let money = |usd| glued(&format!("{} USD", dollars(usd)));
    let span = |span| glued(&duration_or_none(span));
    let instead = |other: String, own: String| match other == own {
        true => other,
        false => format!("{other} instead of {own}"),
    };
    format!(
        "AWS does not say whether a job may start while the head of its queue does not fit; with {}: makespan {}, cost {}",
        both.dispatch,
        instead(span(both.other.makespan), span(both.own.makespan)),
        instead(money(both.other.cost), money(both.own.cost)),
    )
}
