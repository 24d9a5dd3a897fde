//! Options that take every branch of the readers, and what all of them promise.
#![allow(dead_code, reason = "each target uses its part")]

use batchcast::input::{
    ClosedLoop, Problem, ShareBy, Trace, TraceOptions, check_workload, csv_trace,
};
use batchcast::report::write_trace_csv;
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

/// Reads `bytes` with every set of options, and mended; what is read is sound, and so is what our CSV makes of it.
pub fn check(
    bytes: &[u8],
    read: impl Fn(&[u8], &TraceOptions) -> Result<Trace, Vec<Problem>>,
) {
    for options in options() {
        for mend in [false, true] {
            let options = TraceOptions {
                mend,
                ..options.clone()
            };
            let Ok(trace) = read(bytes, &options) else {
                continue;
            };
            check_workload(&trace.workload).expect("a reader's workload is sound");
            let mut text = Vec::new();
            write_trace_csv(&trace.workload, &options.job_queue, &mut text)
                .expect("memory can be written to");
            let again = csv_trace::read(&text[..], "again", &TraceOptions::default());
            let rows = again.expect("our CSV is read again").workload.rows.len();
            assert_eq!(rows, trace.workload.rows.len(), "every job comes back");
        }
    }
}
