//! What every workload promises to those who run it, as a check: for fuzzing, for tests, and for workloads made by hand.

use std::ops::Range;

use crate::model::{DependencyKind, Row, Workload};
use crate::units::{SimTime, Span};

/// Checks that rows are sorted, that every index names something, that dependencies and anchors name earlier rows and
/// children that exist, and that times can be named.
///
/// # Errors
/// The first row that breaks a promise, and which.
pub fn check_workload(workload: &Workload) -> Result<(), String> {
    let mut latest = SimTime::ZERO;
    for (index, row) in workload.rows.iter().enumerate() {
        check_row(workload, index, row).map_err(|what| format!("row {index} {what}: {row:?}"))?;
        if row.submit < latest {
            return Err(format!(
                "row {index} is submitted before the row in front of it"
            ));
        }
        latest = row.submit;
    }
    Ok(())
}

fn check_row(workload: &Workload, index: usize, row: &Row) -> Result<(), &'static str> {
    let is_source = |source: u32| {
        source < Row::NAMED || ((source - Row::NAMED) as usize) < workload.names.len()
    };
    let is_known = |number: u32| number == Row::UNKNOWN || is_source(number);
    let template = workload
        .templates
        .get(row.template as usize)
        .ok_or("names no template")?;
    if row.submit > SimTime::LAST || row.work > Span::LONGEST || row.estimate > Span::LONGEST {
        return Err("has a time beyond the last moment");
    }
    if row.vcpus == 0 && template.job_definition.is_none() {
        return Err("asks for no vCPU and names no definition");
    }
    if !is_source(row.source) || !is_known(row.user) || !is_known(row.group) {
        return Err("has an identifier that stands for nothing");
    }
    if row.extra == Row::PLAIN {
        return Ok(());
    }
    let extra = workload
        .extras
        .get(row.extra as usize)
        .ok_or("names no extra")?;
    if extra.array_source.is_some_and(|source| !is_source(source)) {
        return Err("has an array identifier that stands for nothing");
    }
    let children = slice(&workload.child_work, &extra.child_work)?;
    if !children.is_empty() && children.len() != extra.array as usize {
        return Err("has run times for another number of children");
    }
    slice(&workload.fates, &extra.fates)?;
    let fates = slice(&workload.child_fates, &extra.child_fates)?;
    if !fates.is_empty() && fates.len() != extra.array as usize {
        return Err("has fates for another number of children");
    }
    for range in fates {
        slice(&workload.fates, range)?;
    }
    for anchor in slice(&workload.anchors, &extra.anchors)? {
        if anchor.after.index() >= index {
            return Err("follows a later row");
        }
    }
    for dependency in slice(&workload.dependencies, &extra.dependencies)? {
        if dependency.on.index() >= index {
            return Err("depends on a later row");
        }
        let other = workload.extra(workload.row(dependency.on));
        let size = other.map_or(0, |other| other.array);
        match dependency.kind {
            DependencyKind::Whole => {}
            DependencyKind::Child(child) if child < size => {}
            DependencyKind::SameIndex if extra.array > 0 && size == extra.array => {}
            _ => return Err("depends on children that do not exist"),
        }
    }
    Ok(())
}

/// The part of a column that a range names.
fn slice<'c, T>(column: &'c [T], range: &Range<u32>) -> Result<&'c [T], &'static str> {
    column
        .get(range.start as usize..range.end as usize)
        .ok_or("has a range beyond the end of its column")
}

#[cfg(test)]
mod tests {
    use super::super::generate::{Choice, GeneratorSpec, generate};
    use super::super::{
        ClosedLoop, Problem, ShareBy, Trace, TraceOptions, alibaba, batsim, csv_trace, merge,
        nextflow, recognise, scenario, slurm, swf, wfformat,
    };
    use super::*;

    /// Every file of a corpus, by name.
    fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
        let folder = format!("{}/fuzz/corpus/{target}", env!("CARGO_MANIFEST_DIR"));
        let mut files: Vec<(String, Vec<u8>)> = std::fs::read_dir(&folder)
            .unwrap_or_else(|error| panic!("{folder}: {error}"))
            .map(|entry| {
                let path = entry.unwrap().path();
                (path.display().to_string(), std::fs::read(path).unwrap())
            })
            .collect();
        files.sort();
        files
    }

    /// The default, and its opposite in everything.
    fn options() -> [TraceOptions; 3] {
        let sessions = ClosedLoop::Sessions {
            think_limit: Span::from_s(60),
        };
        let other = |closed_loop, share_by| TraceOptions {
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
            other(ClosedLoop::Fields, ShareBy::User),
            other(sessions, ShareBy::Group),
        ]
    }

    #[test]
    fn every_file_of_the_corpus_gives_a_sound_workload_or_problems_with_their_place() {
        let mut read = 0;
        type Reader = fn(&[u8], &str, &TraceOptions) -> Result<Trace, Vec<Problem>>;
        let readers: [(&str, Reader); 8] = [
            ("swf", |bytes, name, options| {
                swf::read(bytes, name, options)
            }),
            ("csv_trace", |bytes, name, options| {
                csv_trace::read(bytes, name, options)
            }),
            ("wfformat", |bytes, name, options| {
                wfformat::read(bytes, name, options)
            }),
            ("batsim", |bytes, name, options| {
                batsim::read(bytes, name, options)
            }),
            ("slurm", |bytes, name, options| {
                slurm::read(bytes, name, options)
            }),
            ("alibaba", |bytes, name, options| {
                alibaba::pods::read(bytes, name, options)
            }),
            ("alibaba", |bytes, name, options| {
                alibaba::batch_task::read(bytes, name, options)
            }),
            ("nextflow", |bytes, name, options| {
                nextflow::read(bytes, name, options)
            }),
        ];
        for (target, reader) in readers {
            for (name, bytes) in corpus(target) {
                recognise(&bytes);
                let all = options().into_iter().flat_map(|options| {
                    [false, true].map(|mend| TraceOptions {
                        mend,
                        ..options.clone()
                    })
                });
                for options in all {
                    match reader(&bytes, &name, &options) {
                        Ok(trace) => {
                            check_workload(&trace.workload)
                                .unwrap_or_else(|what| panic!("{name}: {what}"));
                            read += 1;
                        }
                        Err(problems) => {
                            assert!(!problems.is_empty(), "{name}");
                            assert!(problems.iter().all(|problem| problem.file == name));
                        }
                    }
                }
            }
        }
        assert!(
            read > 20,
            "a corpus of which hardly anything can be read tests nothing"
        );
    }

    #[test]
    fn every_scenario_of_the_corpus_is_read_or_refused_but_never_a_panic() {
        for (_, bytes) in corpus("scenario") {
            scenario::check_bytes(&bytes);
        }
    }

    #[test]
    fn generated_and_merged_workloads_are_sound_and_broken_ones_are_not() {
        let spec = GeneratorSpec {
            count: Some(20),
            array: Choice::evenly(&[0, 2]),
            ..GeneratorSpec::default()
        };
        let part = |index| generate(&spec, index, 42).unwrap();
        let sound = merge(vec![part(0), part(1)]);
        assert_eq!(check_workload(&sound), Ok(()));
        let broken: [fn(&mut Workload); 4] = [
            |workload| workload.rows[3].template = 9,
            |workload| workload.rows[3].submit = SimTime::from_s(1),
            |workload| workload.rows[3].vcpus = 0,
            |workload| workload.rows[3].source = Row::NAMED + 99,
        ];
        for break_it in broken {
            let mut workload = sound.clone();
            break_it(&mut workload);
            assert!(check_workload(&workload).is_err());
        }
    }

    /// Real logs, where there are some: the numbers of jobs that others count in them.
    #[test]
    fn real_logs_are_read_to_the_last_job() {
        let Ok(data) = std::env::var("BATCHCAST_DATA") else {
            eprintln!("skipped: BATCHCAST_DATA is not set");
            return;
        };
        for (log, jobs, dropped) in [
            ("CEA-Curie-2011-2.1-cln", 312_807, 19),
            ("LCG-2005-1", 188_041, 0),
            ("METACENTRUM-2009-2", 103_656, 0),
            ("NASA-iPSC-1993-3.1-cln", 18_239, 0),
            ("RICC-2010-2", 447_794, 0),
            ("SDSC-BLUE-2000-4.2-cln", 232_562, 10_744),
            ("lublin_256", 10_000, 0),
        ] {
            let path = format!("{data}/swf/{log}.swf.gz");
            let file = std::fs::File::open(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
            let trace = swf::read(file, log, &TraceOptions::default()).unwrap();
            assert_eq!(trace.workload.rows.len(), jobs, "{log}");
            let count: u64 = trace.workload.dropped.iter().map(|(_, count)| count).sum();
            assert_eq!(count, dropped, "{log}");
            assert_eq!(check_workload(&trace.workload), Ok(()), "{log}");
        }
    }
}
