use super::*;
use crate::input::check_workload;
use crate::model::Workload;

fn workload(text: &str) -> Workload {
    let trace = read(text.as_bytes(), "flow.json", &TraceOptions::default());
    let workload = trace
        .unwrap_or_else(|problems| panic!("{problems:?}"))
        .workload;
    check_workload(&workload).unwrap();
    workload
}

/// Identifier, milliseconds of work, vCPUs, MiB and the identifiers of what is needed, of each row.
fn shown(workload: &Workload) -> Vec<String> {
    let id = |source: u32| {
        let mut text = Vec::new();
        workload.write_source(source, &mut text);
        String::from_utf8(text).unwrap()
    };
    let show = |row: &Row| {
        let needs = workload
            .extra(row)
            .map_or(0..0, |extra| extra.dependencies.clone());
        let needs = &workload.dependencies[needs.start as usize..needs.end as usize];
        let needs: Vec<String> = needs
            .iter()
            .map(|need| id(workload.row(need.on).source))
            .collect();
        let work = row.work.ms();
        format!(
            "{} {work} {} {} {}",
            id(row.source),
            row.vcpus,
            row.memory,
            needs.join("+")
        )
    };
    workload.rows.iter().map(show).collect()
}

const NEW: &str = r#"{"name":"w","schemaVersion":"1.5","workflow":{
  "specification":{"tasks":[
    {"name":"merge","id":"c","parents":["a","b"],"children":[]},
    {"name":"align","id":"a","parents":[],"children":["c"]},
    {"name":"align","id":"b","parents":[],"children":["c"]}]},
  "execution":{"makespanInSeconds":9,"executedAt":"x","tasks":[
    {"id":"a","runtimeInSeconds":1.5,"coreCount":2,"memoryInBytes":1048577},
    {"id":"b","runtimeInSeconds":2,"coreCount":0.5},
    {"id":"c","runtimeInSeconds":0.25,"memoryInBytes":1}]}}}"#;

#[test]
fn a_task_comes_after_those_it_needs_and_keeps_its_id() {
    let workload = workload(NEW);
    assert_eq!(
        shown(&workload),
        ["a 1500 2 2 ", "b 2000 1 0 ", "c 250 1 1 a+b"]
    );
    assert_eq!(
        workload.repaired,
        [
            ("memory-missing", 1),
            ("submit-missing", 3),
            ("vcpus-missing", 1)
        ]
    );
    let names: Vec<&str> = workload
        .rows
        .iter()
        .map(|row| workload.templates[row.template as usize].job_name.as_str())
        .collect();
    assert_eq!(names, ["align", "align", "merge"]);
}

#[test]
fn older_forms_have_one_list_and_kilobytes() {
    let old = r#"{"schemaVersion":"1.3","workflow":{"jobs":[
        {"name":"x","runtime":3,"cores":4,"memory":2048,"parents":[]},
        {"name":"y","runtime":4,"parents":["x"]}]}}"#;
    assert_eq!(shown(&workload(old)), ["x 3000 4 2 ", "y 4000 1 0 x"]);
    let by_name = r#"{"schemaVersion":"1.4","workflow":{"tasks":[
        {"name":"x_1","id":"1","runtimeInSeconds":3,"memoryInBytes":2097152,"parents":[],"children":["x_2"]},
        {"name":"x_2","id":"2","runtimeInSeconds":3,"parents":["x_1"]}]}}"#;
    assert_eq!(shown(&workload(by_name)), ["1 3000 1 2 ", "2 3000 1 0 1"]);
}

#[test]
fn an_edge_that_one_side_states_counts() {
    let one_sided = NEW.replace(r#""parents":["a","b"]"#, r#""parents":["a"]"#);
    let workload = workload(&one_sided);
    assert_eq!(shown(&workload)[2], "c 250 1 1 a+b");
    assert!(workload.repaired.contains(&("edge-one-sided", 1)));
}

#[test]
fn without_any_edge_files_tie_the_tasks() {
    let files = r#"{"schemaVersion":"1.4","workflow":{"tasks":[
        {"name":"y","runtimeInSeconds":1,"files":[{"name":"f","link":"input"},{"name":"g","link":"output"}]},
        {"name":"x","runtimeInSeconds":1,"files":[{"name":"f","link":"output"}]}]}}"#;
    let workload = workload(files);
    assert_eq!(shown(&workload), ["x 1000 1 0 ", "y 1000 1 0 x"]);
    assert!(workload.repaired.contains(&("edge-from-file", 1)));
}

#[test]
fn all_that_is_wrong_is_told_with_its_pointer() {
    let wrong = NEW
        .replace(r#""parents":["a","b"]"#, r#""parents":["a","z",7.5]"#)
        .replace("1.5,", "-1.5,")
        .replace(r#""coreCount":0.5"#, r#""coreCount":"two""#);
    let problems = read(wrong.as_bytes(), "w.json", &TraceOptions::default()).unwrap_err();
    let shown: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "w.json /workflow/specification/tasks/0/parents/2: is 7.5; must be the id of a task",
            "w.json /workflow/execution/tasks/0/runtimeInSeconds: is -1.5; must be a number of seconds from 0 to 100000000000",
            "w.json /workflow/execution/tasks/1/coreCount: is `two`; must be a number from 0 to 4294967295",
            "w.json /workflow/specification/tasks/0: needs `z`, which names no job of this trace",
        ]
    );
}

#[test]
fn a_circle_is_named_and_on_request_cut() {
    let circle = NEW.replacen(r#""parents":[]"#, r#""parents":["c"]"#, 1);
    let problems = read(circle.as_bytes(), "w.json", &TraceOptions::default()).unwrap_err();
    assert_eq!(problems.len(), 1);
    assert!(problems[0].message.contains("in a circle"), "{problems:?}");
    let mend = TraceOptions {
        mend: true,
        ..TraceOptions::default()
    };
    let workload = read(circle.as_bytes(), "w.json", &mend).unwrap().workload;
    assert!(
        workload.repaired.contains(&("circle-cut", 1)),
        "{:?}",
        workload.repaired
    );
    assert_eq!(workload.rows.len(), 3);
}
