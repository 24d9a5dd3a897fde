//! Every reader on every real file, and the way there and back through other formats.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use batchcast::input::scenario::{Pool, trace_scenario};
use batchcast::input::{
    FIRST_BYTES, Problem, Trace, TraceKind, TraceOptions, check_workload, csv_trace, read_trace,
    recognise,
};
use batchcast::model::{JobRecord, Observer, Row, Workload};
use batchcast::report::{write_batsim, write_swf, write_trace_csv};
use batchcast::sim::Simulation;
use serde_json::Value;

use crate::data;

/// All files below a folder, in order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn read(path: &Path) -> (Option<TraceKind>, Result<Trace, Vec<Problem>>) {
    let mut first = Vec::new();
    let file = File::open(path).unwrap();
    file.take(FIRST_BYTES).read_to_end(&mut first).unwrap();
    let options = TraceOptions::default();
    let name = path.file_name().unwrap().to_string_lossy();
    let trace = read_trace(&first, File::open(path).unwrap(), &name, &options);
    (recognise(&first), trace)
}

#[test]
fn every_file_of_the_data_is_read_or_refused_with_a_reason() {
    let Some(swf) = data::file("swf") else { return };
    let data = swf.parent().unwrap();
    let mut kinds: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    let mut refused = 0;
    for folder in [
        "swf",
        "nextflow",
        "workflows",
        "cluster_traces",
        "batch_jobs",
        "catalog",
        "spot",
    ] {
        for path in files(&data.join(folder)) {
            let shown = path.strip_prefix(data).unwrap().display().to_string();
            let (kind, trace) = read(&path);
            match trace {
                Ok(trace) => {
                    check_workload(&trace.workload).unwrap_or_else(|why| panic!("{shown}: {why}"));
                    let kind = kind.expect("what is read was recognised").name();
                    let jobs = trace.workload.rows.len();
                    let (repaired, dropped) = (&trace.workload.repaired, &trace.workload.dropped);
                    println!(
                        "{shown}: {kind}, {jobs} jobs; repaired {repaired:?}, dropped {dropped:?}"
                    );
                    let count = kinds.entry(kind).or_default();
                    count.0 += 1;
                    count.1 += jobs as u64;
                    let is_of_jobs = !matches!(folder, "catalog" | "spot");
                    assert!(is_of_jobs && jobs > 0, "{shown} is no list of jobs");
                }
                Err(problems) => {
                    println!("{shown}: {}", problems[0].message);
                    refused += 1;
                    assert_eq!(problems.len(), 1, "{shown}: {problems:#?}");
                    // What AWS itself writes of jobs is another reader's matter.
                    let says_what = problems[0].message.starts_with("is no trace: it is ");
                    assert!(
                        says_what || folder == "batch_jobs",
                        "{shown}: {}",
                        problems[0]
                    );
                }
            }
        }
    }
    println!("{kinds:?}, {refused} refused");
    assert_eq!(kinds["WfFormat"].0, 102);
    assert_eq!(kinds["SWF"].0, 7);
    assert_eq!(kinds["Nextflow"].0, 3);
    assert_eq!(kinds["Alibaba's pods"].0, 2);
}

/// When the last job ends.
#[derive(Default)]
struct LastEnd {
    at: u64,
    jobs: u64,
}

impl Observer for LastEnd {
    fn job_ended(&mut self, job: &JobRecord<'_>) {
        self.at = self.at.max(job.ended.ms());
        self.jobs += 1;
    }
}

/// Tasks, dependencies and the longest path in milliseconds, worked out from the document itself.
fn longest_path(path: &Path) -> (u64, u64, u64) {
    let file = File::open(path).unwrap();
    let mut text = Vec::new();
    flate2::read::MultiGzDecoder::new(file)
        .read_to_end(&mut text)
        .unwrap();
    let root: Value = serde_json::from_slice(&text).unwrap();
    let id = |task: &Value| task["id"].as_str().unwrap().to_owned();
    let list = |half: &str| root["workflow"][half]["tasks"].as_array().unwrap().clone();
    let work: BTreeMap<String, u64> = list("execution")
        .iter()
        .map(|task| {
            let seconds = task["runtimeInSeconds"].as_f64().unwrap_or(0.0);
            (id(task), (seconds * 1000.0).round() as u64)
        })
        .collect();
    let tasks = list("specification");
    let parents: BTreeMap<String, Vec<String>> = tasks
        .iter()
        .map(|task| {
            let parents = task["parents"].as_array().unwrap().iter();
            let parents = parents.map(|parent| parent.as_str().unwrap().to_owned());
            (id(task), parents.collect())
        })
        .collect();
    let mut ends: BTreeMap<&str, u64> = BTreeMap::new();
    // As often as a task is deep; no document is deeper than it has tasks.
    while ends.len() < parents.len() {
        let before = ends.len();
        for (task, own) in &parents {
            let known: Option<Vec<u64>> = own.iter().map(|id| ends.get(&**id).copied()).collect();
            if let Some(known) = known {
                let start = known.into_iter().max().unwrap_or(0);
                ends.insert(task, start + work[task]);
            }
        }
        assert!(ends.len() > before, "{}: a circle", path.display());
    }
    let edges = parents.values().map(|own| own.len() as u64).sum();
    (
        tasks.len() as u64,
        edges,
        ends.into_values().max().unwrap_or(0),
    )
}

#[test]
fn on_unlimited_machines_a_workflow_takes_as_long_as_its_critical_path() {
    let Some(folder) = data::file("workflows") else {
        return;
    };
    let paths = files(&folder);
    assert_eq!(paths.len(), 102);
    let mut wide = 0;
    for path in paths {
        let shown = path.display();
        let trace = read(&path)
            .1
            .unwrap_or_else(|problems| panic!("{problems:#?}"));
        let (tasks, edges, longest) = longest_path(&path);
        let workload = &trace.workload;
        assert_eq!(workload.rows.len() as u64, tasks, "{shown}");
        assert_eq!(workload.dependencies.len() as u64, edges, "{shown}");
        wide += u32::from(
            workload
                .extras
                .iter()
                .any(|extra| extra.dependencies.len() > 20),
        );
        let pool = Pool {
            vcpus: 1 << 20,
            order: "fifo",
            discipline: "strict",
            overrides: &[],
            seed: 1,
        };
        let loaded = trace_scenario(trace, "flow", &pool).unwrap_or_else(|why| panic!("{why:#?}"));
        let outcome = Simulation::new(&loaded.scenario, 1, LastEnd::default()).run();
        assert_eq!(outcome.observer.jobs, tasks, "{shown}");
        assert_eq!(outcome.observer.at, longest, "{shown}");
    }
    println!("{wide} workflows have a task with more than 20 parents");
    assert!(wide > 0, "AWS's limit is passed somewhere");
}

/// Everything that our CSV can say, and what is tied to it.
const CSV: &str = "job_id,submit_s,run_s,vcpus,memory_mib,gpus,estimate_s,job_name,job_queue,share_identifier,scheduling_priority,attempts_max,timeout_s,array_size,depends_on,fates,peak_memory_mib,after,think_s,poll_s,user,group\n\
    a,0,10.5,2,1000,0,60,align,,,,,,,,,,,,,ann,bio\n\
    b,1,20,4,2048,1,,merge,other,blue,7,3,3600,,a,137@5;oom@7.5;0@20,3000,,,,7,\n\
    c,2,30,1,,,,align,,,,,,4,a b,,,,,,ann,3\n\
    d,3,40,1,512,,,align,,,,,,4,n_to_n:c sequential,,,,,,,\n\
    9,4,50,1,512,,,job,,,,,,,c:2,1@50,,b,5,30,,\n\
    e f,5,0,1,512,,,job,,,,,,,,nostart;0@1,,,,,,\n";

fn ours(text: &[u8]) -> Workload {
    let trace = csv_trace::read(text, "jobs.csv", &TraceOptions::default());
    trace
        .unwrap_or_else(|problems| panic!("{problems:#?}"))
        .workload
}

fn as_csv(workload: &Workload) -> String {
    let mut bytes = Vec::new();
    write_trace_csv(workload, "trace", &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn our_csv_comes_back_as_it_was() {
    let text = CSV.replace("e f", "e-f");
    let first = ours(text.as_bytes());
    let written = as_csv(&first);
    let second = ours(written.as_bytes());
    assert_eq!(as_csv(&second), written);
    assert_eq!(format!("{:?}", first.rows), format!("{:?}", second.rows));
    assert_eq!(first.extras, second.extras);
    assert_eq!(first.templates, second.templates);
    assert_eq!(first.dependencies, second.dependencies);
    assert_eq!(first.fates, second.fates);
}

#[test]
fn counts_of_repairs_travel_with_the_file() {
    let text = format!(
        "# batchcast: repaired memory-in-kb 7\n# anything\n{}",
        CSV.replace("e f", "g")
    );
    let first = ours(text.as_bytes());
    assert_eq!(first.repaired, [("memory-in-kb", 7)]);
    let second = ours(as_csv(&first).as_bytes());
    assert_eq!(second.repaired, [("memory-in-kb", 7)]);
    let problems = csv_trace::read(
        "# one\n# two\nsubmit_s,run_s,vcpus\n1,x,2\n".as_bytes(),
        "jobs.csv",
        &TraceOptions::default(),
    );
    assert_eq!(problems.unwrap_err()[0].line, 4, "comments count as lines");
}

/// What SWF can say of a row.
fn plain(workload: &Workload) -> Vec<(u64, u64, u64, u32, u32)> {
    let rows = workload.rows.iter();
    rows.map(|row| {
        let (submit, work, estimate) = (row.submit.ms(), row.work.ms(), row.estimate.ms());
        (submit, work, estimate, row.vcpus, row.memory)
    })
    .collect()
}

#[test]
fn what_swf_can_say_goes_there_and_back() {
    let mut text = String::from("job_id,submit_s,run_s,vcpus,memory_mib,estimate_s,user,group\n");
    for job in 1..=500_u64 {
        let (run, vcpus) = (job * 7_919 % 100_000, job * 31 % 2000 + 1);
        let memory = job * 104_729 % 1_000_000 + 1;
        text += &format!(
            "{job},{}.{:03},{run},{vcpus},{memory},{},{},{}\n",
            job * 3,
            job % 1000,
            run + job,
            job % 7,
            job % 3
        );
    }
    let first = ours(text.as_bytes());
    let mut swf = Vec::new();
    let lost = write_swf(&first, &mut swf).unwrap();
    assert_eq!(lost.notes(), Vec::<String>::new());
    let back = batchcast::input::swf::read(&swf[..], "log.swf", &TraceOptions::default());
    let back = back
        .unwrap_or_else(|problems| panic!("{problems:#?}"))
        .workload;
    assert_eq!(plain(&first), plain(&back));
    let again = ours(as_csv(&back).as_bytes());
    assert_eq!(plain(&first), plain(&again));
    let origin = |row: &Row| (row.source, row.user, row.group);
    let origins = |workload: &Workload| workload.rows.iter().map(origin).collect::<Vec<_>>();
    assert_eq!(origins(&first), origins(&again));
}

#[test]
fn what_swf_cannot_say_is_told_in_its_notes() {
    let first = ours(CSV.replace("e f", "g").as_bytes());
    let mut swf = Vec::new();
    let notes = write_swf(&first, &mut swf).unwrap().notes();
    for note in [
        "2 arrays become single jobs",
        "1 jobs lose their GPUs",
        "1 jobs lose their retry strategy",
        "6 jobs are numbered anew",
    ] {
        assert!(notes.iter().any(|told| told == note), "{note}: {notes:?}");
        let text = String::from_utf8_lossy(&swf);
        assert!(text.contains(&format!("; Note: {note}")), "{text}");
    }
    let back = batchcast::input::swf::read(&swf[..], "log.swf", &TraceOptions::default());
    assert_eq!(back.unwrap().workload.rows.len(), 12, "children are jobs");
}

#[test]
fn batsim_takes_jobs_with_their_memory_and_dependencies_and_gives_them_back() {
    let text = "job_id,submit_s,run_s,vcpus,memory_mib,gpus,estimate_s,job_name,depends_on,fates,user,group\n\
        a,0,10.5,2,1000,,60,align,,,ann,bio\n\
        b,1,20,4,2048,1,,merge,a,,7,\n\
        c,1,20,4,,,,job,a b,9@3,7,5\n";
    let first = ours(text.as_bytes());
    let mut json = Vec::new();
    write_batsim(&first, None, &mut json).unwrap();
    let document: Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(document["nb_res"], 4);
    let options = TraceOptions::default();
    let back = read_trace(&json, &json[..], "w.json", &options);
    let back = back
        .unwrap_or_else(|problems| panic!("{problems:#?}"))
        .workload;
    let expected = as_csv(&first);
    let got = as_csv(&back);
    let got = got
        .strip_prefix("# batchcast: repaired memory-missing 1\n")
        .unwrap();
    // A job that fails runs until it fails; that is all that Batsim says.
    assert_eq!(got, expected.replace("c,1,20,4", "c,1,3,4"));
}
