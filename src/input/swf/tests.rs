use crate::input::source::tests::gzip;
use crate::model::{Extra, Loop};
use crate::units::RowId;

use super::*;

fn read_with(text: &str, options: &TraceOptions) -> Trace {
    read(text.as_bytes(), "log.swf", options).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn read_plain(text: &str) -> Trace {
    read_with(text, &TraceOptions::default())
}

/// Job, submit, run and processors of each row.
fn jobs(trace: &Trace) -> Vec<(u32, u64, u64, u32)> {
    let rows = trace.workload.rows.iter();
    rows.map(|row| (row.source, row.submit.ms(), row.work.ms(), row.vcpus))
        .collect()
}

fn extra(trace: &Trace, row: usize) -> Option<&Extra> {
    trace.workload.extra(&trace.workload.rows[row])
}

#[test]
fn a_line_becomes_a_row_with_its_estimate_memory_user_and_group() {
    let trace = read_plain(
        "; MaxProcs: 128\n; MaxNodes: 64\n; UnixStartTime: 749458803\n\n\
         7 10 5 60 4 -1 -1 8 90 3000 1 12 3 -1 1 1 -1 -1\n",
    );
    let row = trace.workload.rows[0];
    assert_eq!(jobs(&trace), [(7, 10_000, 60_000, 8)]);
    assert_eq!(row.estimate, Span::from_s(90));
    assert_eq!(row.memory, 24, "8 x 3000 KB are 23.4 MiB, rounded up");
    assert_eq!((row.user, row.group), (12, 3));
    assert_eq!(trace.machine_size, Some(128));
    assert_eq!(trace.start_epoch_ms, Some(749_458_803_000));
    assert_eq!(trace.workload.templates.len(), 1);
    assert_eq!(trace.workload.repaired, []);
}

#[test]
fn of_allocated_and_requested_processors_the_greater_counts() {
    let trace = read_plain("1 0 0 5 4 0 0 -1\n2 0 0 5 -1 0 0 16\n3 0 0 5 2 0 0 1\n");
    let vcpus: Vec<u32> = trace.workload.rows.iter().map(|row| row.vcpus).collect();
    assert_eq!(vcpus, [4, 16, 2]);
}

#[test]
fn fractions_of_seconds_round_half_up_to_milliseconds() {
    let trace = read_plain("1 0.0004 -1 1.0005 1\n2 3.25 -1 0.1 1\n3 4. -1 2.99951 1\n");
    assert_eq!(
        jobs(&trace),
        [(1, 0, 1_001, 1), (2, 3_250, 100, 1), (3, 4_000, 3_000, 1)]
    );
}

#[test]
fn an_estimate_shorter_than_the_run_is_left_to_the_core() {
    let trace = read_plain("1 0 0 60 1 -1 -1 1 30 -1\n2 0 0 60 1 -1 -1 1 0 -1\n");
    assert_eq!(trace.workload.rows[0].estimate, Span::from_s(30));
    assert_eq!(trace.workload.rows[1].estimate, Span::from_s(60));
    assert_eq!(
        trace.workload.repaired,
        [("estimate-missing", 1), ("short-line", 2)]
    );
}

#[test]
fn each_dropped_job_counts_under_one_named_rule() {
    let text = "1 -5 0 5 1 -1 -1 1 5 -1 1\n\
                2 0 0 5 0 -1 -1 -1 5 -1 1\n\
                3 0 0 -1 1 -1 -1 1 5 -1 1\n\
                4 0 0 0 1 -1 -1 1 5 -1 1\n\
                5 0 0 5 1 -1 -1 1 5 -1 0\n\
                6 0 0 5 1 -1 -1 1 5 -1 1\n";
    let lenient = read_plain(text);
    assert_eq!(lenient.workload.rows.len(), 3);
    let dropped = [
        ("negative-submit", 1),
        ("no-processors", 1),
        ("no-run-time", 1),
    ];
    assert_eq!(lenient.workload.dropped, dropped);
    let options = TraceOptions {
        drop_zero_run: true,
        completed_only: true,
        use_memory: false,
        ..TraceOptions::default()
    };
    let strict = read_with(text, &options);
    assert_eq!(jobs(&strict), [(6, 0, 5_000, 1)]);
    assert_eq!(
        strict.workload.dropped,
        [
            ("negative-submit", 1),
            ("no-processors", 1),
            ("no-run-time", 1),
            ("not-completed", 1),
            ("zero-run", 1)
        ]
    );
}

#[test]
fn unsorted_submits_are_sorted_and_those_of_one_moment_keep_their_order() {
    let trace = read_plain("1 9 0 5 1\n2 3 0 5 1\n3 9 0 5 1\n4 3 0 5 1\n5 20 0 5 1\n");
    let order: Vec<u32> = trace.workload.rows.iter().map(|row| row.source).collect();
    assert_eq!(order, [2, 4, 1, 3, 5]);
    assert_eq!(
        trace.workload.repaired,
        [
            ("estimate-missing", 5),
            ("short-line", 5),
            ("unsorted-submit", 2)
        ]
    );
}

#[test]
fn numbers_that_are_no_row_sources_become_names() {
    let trace = read_plain("3000000000 0 0 5 1\n-1 1 0 5 1\n");
    let mut text = Vec::new();
    trace
        .workload
        .write_source(trace.workload.rows[0].source, &mut text);
    assert_eq!(text, b"3000000000");
    assert_eq!(trace.workload.rows[1].source, 2);
    assert!(trace.workload.repaired.contains(&("job-number-missing", 1)));
}

#[test]
fn each_user_or_group_has_a_template_with_its_share() {
    let text = "1 0 0 5 1 -1 -1 1 5 -1 1 12 3\n2 0 0 5 1 -1 -1 1 5 -1 1 4 3\n\
                3 0 0 5 1 -1 -1 1 5 -1 1 12 3\n4 0 0 5 1 -1 -1 1 5 -1 1 -1 -1\n";
    for (share_by, shares, templates) in [
        (ShareBy::Nothing, vec![None], [0, 0, 0, 0]),
        (
            ShareBy::User,
            vec![Some("user12"), Some("user4"), Some("unknown")],
            [0, 1, 0, 2],
        ),
        (
            ShareBy::Group,
            vec![Some("group3"), Some("unknown")],
            [0, 0, 0, 1],
        ),
    ] {
        let options = TraceOptions {
            share_by,
            ..TraceOptions::default()
        };
        let workload = read_with(text, &options).workload;
        let found: Vec<Option<&str>> = workload
            .templates
            .iter()
            .map(|template| template.share_identifier.as_deref())
            .collect();
        assert_eq!(found, shares);
        let used: Vec<u32> = workload.rows.iter().map(|row| row.template).collect();
        assert_eq!(used, templates);
    }
}

#[test]
fn fields_17_and_18_tie_a_job_to_the_one_before() {
    let options = TraceOptions {
        closed_loop: ClosedLoop::Fields,
        ..TraceOptions::default()
    };
    let line = |job: u32, submit: u32, preceding: i32, think: i32| {
        format!("{job} {submit} 0 5 1 -1 -1 1 5 -1 1 1 1 -1 1 1 {preceding} {think}\n")
    };
    let text = [
        line(1, 20, -1, -1),
        line(2, 10, -1, -1),
        line(3, 30, 2, 7),
        line(4, 40, 99, 7),
        line(5, 45, 6, 0),
        line(6, 50, 1, -1),
    ];
    let trace = read_with(&text.concat(), &options);
    assert_eq!(trace.workload.closed_loop, Loop::Closed);
    let ties: Vec<Option<(RowId, Span)>> = (0..6)
        .map(|row| {
            let extra = extra(&trace, row)?;
            let anchor = trace.workload.anchors[extra.anchors.start as usize];
            Some((anchor.after, extra.think))
        })
        .collect();
    assert_eq!(
        ties,
        [
            None,
            None,
            Some((RowId(0), Span::from_s(7))),
            None,
            None,
            Some((RowId(1), Span::ZERO))
        ]
    );
    assert_eq!(
        trace.workload.repaired,
        [
            ("preceding-later", 1),
            ("preceding-unknown", 1),
            ("unsorted-submit", 1)
        ]
    );
}

#[test]
fn a_session_goes_on_while_its_user_comes_back_within_the_think_limit() {
    let options = TraceOptions {
        closed_loop: ClosedLoop::Sessions {
            think_limit: Span::from_s(60),
        },
        ..TraceOptions::default()
    };
    // Job, submit, wait, run, user: ends at 30, 100, 60, 200.
    let line = |job: u32, submit: u32, wait: i32, run: u32, user: i32| {
        format!("{job} {submit} {wait} {run} 1 -1 -1 1 5 -1 1 {user} 1 -1 1 1 -1 -1\n")
    };
    let text = [
        line(1, 0, 10, 20, 1),
        line(2, 90, 0, 10, 1),
        line(3, 95, 0, 10, 1),
        line(4, 166, 0, 10, 1),
        line(5, 170, -1, 10, 2),
        line(6, 180, 0, 10, -1),
    ];
    let trace = read_with(&text.concat(), &options);
    let thinks: Vec<Option<u64>> = (0..6)
        .map(|row| extra(&trace, row).map(|extra| extra.think.ms()))
        .collect();
    assert_eq!(thinks, [None, Some(60_000), None, None, None, None]);
    assert_eq!(trace.workload.repaired, [("wait-missing", 1)]);
}

#[test]
fn line_ends_comments_tabs_and_a_byte_order_mark_do_not_matter() {
    let plain = "; MaxProcs: 8\n1 0 0 5 1\n2 1 0 5 1\n";
    let odd = "\u{feff};MAXPROCS:8 (of 9)\r\n\r\n \t1\t0 0\t 5 1 \r\n;; caf\u{e9}\r\n2 1 0 5 1";
    let (plain, odd) = (read_plain(plain), read_plain(odd));
    assert_eq!(jobs(&plain), jobs(&odd));
    assert_eq!(plain.machine_size, odd.machine_size);
}

#[test]
fn a_gzipped_log_reads_as_the_plain_one() {
    let text = "1 0 0 5 1\n2 1 0 5 1\n";
    let packed = gzip(text.as_bytes());
    let trace = read(&packed[..], "log.swf.gz", &TraceOptions::default()).unwrap();
    assert_eq!(jobs(&trace), jobs(&read_plain(text)));
}

#[test]
fn numbers_read_as_a_plain_parser_reads_them() {
    let words = [
        "0",
        "7",
        "-1",
        "12345678",
        "123456789",
        "99999999999",
        "-12",
        "1.5",
        "-1.5",
        "00012",
    ];
    for first in words {
        for second in words {
            for gap in [" ", "  ", "\t"] {
                let line = format!("{gap}{first}{gap}{second}");
                let mut fields = [MISSING; FIELDS];
                assert_eq!(parse_fields(line.as_bytes(), &mut fields), Ok(2), "{line}");
                for (field, word) in fields.iter().zip([first, second]) {
                    assert_eq!(
                        *field,
                        (word.parse::<f64>().unwrap() * 1000.0) as i64,
                        "{line}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_malformed_log_names_the_line_the_field_and_what_is_wrong() {
    let cases: &[(&[u8], &str)] = &[
        (
            b"1 0 0 five 1\n",
            "log.swf line 1 field 4: `five` is not a number",
        ),
        (
            b"1 0 0 5 1\n2 1 0 5e3 1\n",
            "log.swf line 2 field 4: `5e3` is not a number",
        ),
        (b"1 0 0 NaN 1\n", "line 1 field 4: `NaN` is not a number"),
        (b"1 0 0 inf 1\n", "`inf` is not a number"),
        (b"1 0 0 5.5.5 1\n", "field 4: `5.5.5` is not a number"),
        (b"1 0 0 +5 1\n", "field 4: `+5` is not a number"),
        (b"1 0 0 --5 1\n", "field 4: `--5` is not a number"),
        (b"1 0 0 5- 1\n", "field 4: `5-` is not a number"),
        (b"1 0 - 5 1\n", "field 3: `-` is not a number"),
        (b"1 0 0 .5 1\n", "field 4: `.5` is not a number"),
        (
            b"1 0 0\n",
            "line 1: has 3 fields; a job has 18, and at least the first 5",
        ),
        (b"1,0,0,5,1\n", "field 1: `1,0,0,5,1` is not a number"),
        (b"# comment\n", "field 1: `#` is not a number"),
        (b"1 0 0 5 1\x00\n", "field 5: `1\\x00` is not a number"),
        (
            b"1 0 0 5 1 \xff\xfe\n",
            "field 6: `\\xff\\xfe` is not a number",
        ),
        (
            b"1 0 0 5 1 1 1 1 1 1 1 1 1 1 1 1 1 1 x\n",
            "field 19: `x` is not a number",
        ),
        (
            b"1 0 0 1234567890123456 1\n",
            "field 4: `1234567890123456` has more than 15 digits",
        ),
        (
            b"1 100000000001 0 5 1\n",
            "field 2: is beyond 100000000000 seconds",
        ),
        (
            b"1 0 0 100000000001 1\n",
            "field 4: is beyond 100000000000 seconds",
        ),
        (
            b"1 0 0 5 1 1 1 1 100000000001\n",
            "field 9: is beyond 100000000000 seconds",
        ),
        (b"1 0 0 5 4294967296\n", "field 5: is more than 4294967295"),
        (
            b"1 0 0 5 100000 1 1 1 5 99999999999\n",
            "field 10: 100000 processors ask for more than 4294967294 MiB",
        ),
        (
            b"1 0 0 5 1 1 1 1 5 1 1 2147483648\n",
            "field 12: must be below 2147483648",
        ),
        (b"\xef\xbb\xbfx\n", "line 1 field 1: `x` is not a number"),
        (b"\x1f\x8b", "ends early"),
        (b"\x1f\x8b\x07aaaaaaaaaaaaaa", "damaged"),
    ];
    for (bytes, expected) in cases {
        let problems = read(*bytes, "log.swf", &TraceOptions::default()).unwrap_err();
        let shown = problems[0].to_string();
        assert!(shown.contains(expected), "{shown}\nlacks\n{expected}");
    }
}

#[test]
fn all_malformed_lines_are_listed_up_to_a_hundred() {
    let text = "x\n".repeat(130);
    let problems = read(text.as_bytes(), "log.swf", &TraceOptions::default()).unwrap_err();
    assert_eq!(problems.len(), 101);
    assert_eq!(problems[99].line, 100);
    assert_eq!(problems[100].message, "30 more problems like these");
}

#[test]
fn an_empty_log_is_an_empty_workload() {
    assert_eq!(jobs(&read_plain("")), []);
    assert_eq!(jobs(&read_plain("; MaxProcs: 8\n\n")), []);
}
