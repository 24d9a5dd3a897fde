//! Options that take every branch of the readers.

use batchcast::input::{ClosedLoop, ShareBy, TraceOptions};
use batchcast::units::Span;

/// The defaults, and two sets that differ from them in everything.
pub fn options() -> [TraceOptions; 3] {
    let sessions = ClosedLoop::Sessions {
        think_limit: Span::from_s(60),
    };
    let strict = |closed_loop, share_by| TraceOptions {
        share_by,
        closed_loop,
        drop_zero_run: true,
        completed_only: true,
        use_memory: false,
        lift_limits: false,
        ..TraceOptions::default()
    };
    [
        TraceOptions::default(),
        strict(ClosedLoop::Fields, ShareBy::User),
        strict(sessions, ShareBy::Group),
    ]
}
