//! Malformed traces, fifty for each class of readers, with what is said of them: never a panic, never silence.

use batchcast::input::{TraceOptions, read_trace};

/// What stands in a sound file, what is put in its place, and a part of what must be said.
type Case = (&'static str, &'static str, &'static str);

/// Reads `base` with each change, and compares what is said. Mended, each file gives a workload or problems, but no panic.
fn check(base: &str, cases: &[Case]) {
    let read = |text: &str, mend: bool| {
        let options = TraceOptions {
            mend,
            ..TraceOptions::default()
        };
        read_trace(text.as_bytes(), text.as_bytes(), "f", &options)
    };
    read(base, false).unwrap_or_else(|problems| panic!("the base: {problems:#?}"));
    for (from, to, expected) in cases {
        let text = base.replacen(from, to, 1);
        assert!(text != base, "`{from}` stands in the base");
        let problems = match read(&text, false) {
            Ok(_) => panic!("`{to}` for `{from}` is taken"),
            Err(problems) => problems,
        };
        let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert!(
            said.iter().any(|line| line.contains(expected)),
            "`{to}` for `{from}`: `{expected}` is not said, but {said:#?}"
        );
        if let Ok(trace) = read(&text, true) {
            batchcast::input::check_workload(&trace.workload).unwrap();
        }
    }
}

const FLOW: &str = r#"{"name":"w","schemaVersion":"1.5","workflow":{"specification":{"tasks":[
{"name":"n","id":"a","parents":[],"children":["b"]},
{"name":"n","id":"b","parents":["a"],"children":[]}]},
"execution":{"tasks":[
{"id":"a","runtimeInSeconds":1.5,"coreCount":2,"memoryInBytes":10},
{"id":"b","runtimeInSeconds":2,"coreCount":1,"memoryInBytes":11}]}}}"#;

#[test]
fn malformed_workflows() {
    check(
        FLOW,
        &[
            (
                r#""workflow":{"spec"#,
                r#""workflow":7,"x":{"spec"#,
                "f /workflow: is 7; must be an object",
            ),
            (
                r#""workflow":{"spec"#,
                r#""workflow":null,"x":{"spec"#,
                "f /workflow: is nothing",
            ),
            (
                r#""specification""#,
                r#""sspecification""#,
                "f /workflow/specification: is missing",
            ),
            (
                r#""execution""#,
                r#""eexecution""#,
                "f /workflow/execution: is missing",
            ),
            (
                r#""execution":{"#,
                r#""execution":[],"x":{"#,
                "f /workflow/execution: is a list",
            ),
            (
                r#""specification":{"tasks""#,
                r#""specification":{"t""#,
                "f /workflow/specification/tasks: is nothing; must be a list",
            ),
            (
                r#""execution":{"tasks":["#,
                r#""execution":{"tasks":{}, "t":["#,
                "f /workflow/execution/tasks: is an object",
            ),
            (
                r#"{"name":"n","id":"a","parents":[],"children":["b"]}"#,
                "7",
                "f /workflow/specification/tasks/0: is 7",
            ),
            (
                r#"{"name":"n","id":"a","parents":[],"children":["b"]}"#,
                "null",
                "f /workflow/specification/tasks/0: is nothing",
            ),
            (
                r#"{"name":"n","id":"a","parents":[],"children":["b"]}"#,
                "[[]]",
                "f /workflow/specification/tasks/0: is a list",
            ),
            (
                r#""name":"n","id":"a""#,
                r#""x":1"#,
                "f /workflow/specification/tasks/0/id: is missing",
            ),
            (
                r#""id":"a","parents""#,
                r#""id":true,"parents""#,
                "f /workflow/specification/tasks/0/id: is true or false",
            ),
            (
                r#""name":"n","id":"a""#,
                r#""name":{},"id":"a""#,
                "f /workflow/specification/tasks/0/name: is an object",
            ),
            (
                r#""parents":["a"]"#,
                r#""parents":"a""#,
                "f /workflow/specification/tasks/1/parents: is `a`; must be a list",
            ),
            (
                r#""parents":["a"]"#,
                r#""parents":[null]"#,
                "f /workflow/specification/tasks/1/parents/0: is nothing",
            ),
            (
                r#""parents":["a"]"#,
                r#""parents":[["a"]]"#,
                "f /workflow/specification/tasks/1/parents/0: is a list",
            ),
            (
                r#""parents":["a"]"#,
                r#""parents":["c"]"#,
                "f /workflow/specification/tasks/1: needs `c`, which names no job",
            ),
            (
                r#""parents":["a"]"#,
                r#""parents":["b"]"#,
                "f /workflow/specification/tasks/1: needs itself",
            ),
            (r#""parents":[],"#, r#""parents":["b"],"#, "in a circle"),
            (
                r#""children":["b"]"#,
                r#""children":["z"]"#,
                "/workflow/specification/tasks/0/children: `z` names no task",
            ),
            (
                r#""children":["b"]"#,
                r#""children":8"#,
                "/workflow/specification/tasks/0/children: is 8",
            ),
            (
                r#""id":"b","parents""#,
                r#""id":"a","parents""#,
                "names the job at /workflow/specification/tasks/0 already",
            ),
            (
                r#""runtimeInSeconds":1.5"#,
                r#""runtimeInSeconds":-1.5"#,
                "f /workflow/execution/tasks/0/runtimeInSeconds: is -1.5",
            ),
            (
                r#""runtimeInSeconds":1.5"#,
                r#""runtimeInSeconds":"1.5""#,
                "f /workflow/execution/tasks/0/runtimeInSeconds: is `1.5`",
            ),
            (
                r#""runtimeInSeconds":1.5"#,
                r#""runtimeInSeconds":1e300"#,
                "f /workflow/execution/tasks/0/runtimeInSeconds: is 1",
            ),
            (
                r#""runtimeInSeconds":1.5"#,
                r#""runtimeInSeconds":[]"#,
                "f /workflow/execution/tasks/0/runtimeInSeconds: is a list",
            ),
            (
                r#""coreCount":2"#,
                r#""coreCount":-2"#,
                "f /workflow/execution/tasks/0/coreCount: is -2",
            ),
            (
                r#""coreCount":2"#,
                r#""coreCount":99999999999"#,
                "f /workflow/execution/tasks/0/coreCount: is 99999999999",
            ),
            (
                r#""coreCount":2"#,
                r#""coreCount":"two""#,
                "f /workflow/execution/tasks/0/coreCount: is `two`",
            ),
            (
                r#""memoryInBytes":10"#,
                r#""memoryInBytes":-1"#,
                "f /workflow/execution/tasks/0/memoryInBytes: is -1",
            ),
            (
                r#""memoryInBytes":10"#,
                r#""memoryInBytes":18446744073709551615"#,
                "more memory than can be counted",
            ),
            (
                r#""memoryInBytes":10"#,
                r#""memoryInBytes":{}"#,
                "f /workflow/execution/tasks/0/memoryInBytes: is an object",
            ),
            (
                r#"{"id":"a","run"#,
                r#"{"iid":"a","run"#,
                "f /workflow/execution/tasks/0/id: is nothing",
            ),
            (r#"]}}}"#, "", "line 6: is no JSON: EOF"),
            (r#"]}}}"#, "]}}}}", "is no JSON: trailing characters"),
            (
                r#""parents":["a"]"#,
                r#""parents":["a",]"#,
                "line 3: is no JSON: trailing comma",
            ),
            (r#""children":["b"]"#, r#""children":["b"#, "is no JSON"),
            ("1.5,", "1.5.,", "line 5: is no JSON"),
            (
                r#""n","id":"a""#,
                "\"\\q\",\"id\":\"a\"",
                "line 2: is no JSON: invalid escape",
            ),
            (
                r#""id":"a","parents""#,
                "\"id\":\"\u{1}\",\"parents\"",
                "line 2: is no JSON: control character",
            ),
        ],
    );
}

const BATSIM: &str = r#"{"nb_res":4,"jobs":[
{"id":"a","subtime":1,"res":2,"profile":"p","walltime":9},
{"id":"b","subtime":2,"res":1,"profile":"s"}],
"profiles":{"p":{"type":"DelayProfile","delay":5},"s":{"type":"composed","seq":["p","p"],"nb":2}}}"#;

#[test]
fn malformed_workloads_of_batsim() {
    check(
        BATSIM,
        &[
            (r#""nb_res":4"#, r#""nb_res":0"#, "f /nb_res: is 0"),
            (
                r#""nb_res":4"#,
                r#""nb_res":"four""#,
                "f /nb_res: is `four`",
            ),
            (
                r#""jobs":["#,
                r#""jobs":{},"x":["#,
                "f /jobs: is missing or no list",
            ),
            (r#""profiles""#, r#""pprofiles""#, "f /profiles: is missing"),
            (
                r#""profiles":{"#,
                r#""profiles":[],"x":{"#,
                "f /profiles: is a list",
            ),
            (r#""id":"a","#, "", "f /jobs/0/id: is missing"),
            (
                r#""subtime":1"#,
                r#""s":1"#,
                "f /jobs/0/subtime: is missing",
            ),
            (
                r#""subtime":1"#,
                r#""subtime":-1"#,
                "f /jobs/0/subtime: is -1",
            ),
            (r#""res":2"#, r#""res":0"#, "f /jobs/0/res: is 0"),
            (r#""res":2"#, r#""res":"1-2""#, "f /jobs/0/res: is `1-2`"),
            (
                r#""profile":"p""#,
                r#""profile":"q""#,
                "f /jobs/0/profile: `q`: is not among the profiles",
            ),
            (
                r#""profile":"p""#,
                r#""profile":3.5"#,
                "f /jobs/0/profile: is missing",
            ),
            (
                r#""walltime":9"#,
                r#""walltime":[]"#,
                "f /jobs/0/walltime: is a list",
            ),
            (
                r#""walltime":9"#,
                r#""walltime":1e20"#,
                "f /jobs/0/walltime: is 1",
            ),
            (
                r#""id":"b""#,
                r#""id":"a""#,
                "names the job at /jobs/0 already",
            ),
            (r#""delay":5"#, r#""x":5"#, "`p`: states no `delay`"),
            (r#""delay":5"#, r#""delay":"5""#, "`p`: delay is `5`"),
            (
                r#""DelayProfile""#,
                r#""ParallelTaskProfile""#,
                "`p`: is of type ParallelTaskProfile, whose run time depends on the platform",
            ),
            (r#""type":"composed""#, r#""x":1"#, "`s`: states no `type`"),
            (
                r#""seq":["p","p"]"#,
                r#""seq":["s"]"#,
                "perhaps in a circle",
            ),
            (
                r#""seq":["p","p"]"#,
                r#""seq":[["p"]]"#,
                "`s`: has a part without a name",
            ),
            (r#""seq":["p","p"]"#, r#""x":1"#, "`s`: states no `seq`"),
            (r#""nb":2"#, r#""nb":0"#, "`s`: repeat is 0"),
            (
                r#"{"type":"DelayProfile","delay":5}"#,
                "5",
                "`p`: is no object",
            ),
        ],
    );
}

const OURS: &str = "job_id,submit_s,run_s,vcpus,memory_mib,depends_on,fates,estimate_s\n\
    a,0,10,1,100,,,60\n\
    b,5,20,2,200,a,137@5,\n";

#[test]
fn malformed_tables_of_ours() {
    check(
        OURS,
        &[
            (
                "run_s",
                "runtime",
                "f line 1: the header lacks `work_s` or `run_s`",
            ),
            (
                "vcpus",
                "cpus",
                "f line 1: the header lacks `vcpus` or `job_definition`; is `cpus` meant",
            ),
            ("job_id", "submit_s", "stands twice in the header"),
            (
                "a,0,10",
                "a,x,10",
                "f line 2 submit_s: `x` is not a number of seconds",
            ),
            ("a,0,10", "a,-1,10", "f line 2 submit_s: `-1` is negative"),
            ("a,0,10", "a,,10", "f line 2 submit_s: is empty"),
            ("a,0,10", "a,0,", "f line 2 work_s: is empty"),
            ("a,0,10", "a,0,1e3", "f line 2 run_s: `1e3` is not a number"),
            (
                "a,0,10",
                "a,0,99999999999999",
                "f line 2 run_s: `99999999999999` is too long",
            ),
            ("10,1,100", "10,0,100", "f line 2 vcpus: is empty or 0"),
            (
                "10,1,100",
                "10,1.5,100",
                "f line 2 vcpus: `1.5` is not a whole number",
            ),
            ("10,1,100", "10,1,lots", "f line 2 memory_mib: `lots`"),
            (
                "20,2,200,a",
                "20,2,200,z",
                "f line 3 depends_on: `z` names no job",
            ),
            (
                "20,2,200,a",
                "20,2,200,b",
                "f line 3 depends_on: `b` is this job itself",
            ),
            ("20,2,200,a", "20,2,200,a:3", "that job has 0 children"),
            (
                "20,2,200,a",
                "20,2,200,n_to_n:a",
                "needs two arrays of one size",
            ),
            (
                "20,2,200,a",
                "20,2,200,sequential",
                "`sequential` is for arrays",
            ),
            ("137@5", "137", "does not say after how many seconds"),
            ("137@5", "x@5", "has no exit code"),
            (
                "b,5",
                "a,5",
                "f line 3 job_id: `a` names the job of line 2 already",
            ),
            ("b,5", "b c,5", "an identifier has no spaces"),
            (
                "100,,,60",
                "100,,",
                "f line 2: has 7 cells; the header names 8",
            ),
            ("100,,,60", "100,,,60,7", "f line 2: has 9 cells"),
            ("a,0", "\"a,0", "cells; the header names 8"),
            ("a,0", "a\0,0", "f line 2: holds a zero byte"),
            ("60\n", "sixty\n", "f line 2 estimate_s: `sixty`"),
        ],
    );
}

const PODS: &str = "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time\n\
    p0,12000,16384,1,1000,,LS,Running,0,100,10\n";

#[test]
fn malformed_lists_of_pods() {
    check(
        PODS,
        &[
            (
                "deletion_time",
                "deleted",
                "f line 1 deletion_time: the header lacks deletion_time",
            ),
            ("p0,", ",", "f line 2 name: is empty"),
            (
                "12000",
                "12k",
                "f line 2 cpu_milli: `12k` is not a whole number",
            ),
            ("12000", "-5", "f line 2 cpu_milli: `-5`"),
            ("16384", "16G", "f line 2 memory_mib: `16G`"),
            ("16384", "4294967295", "more memory than can be counted"),
            (",1,1000", ",one,1000", "f line 2 num_gpu: `one`"),
            (
                "Running,0",
                "Running,soon",
                "f line 2 creation_time: `soon`",
            ),
            ("Running,0", "Running,", "f line 2 creation_time: is empty"),
            ("0,100,10", "0,1e9,10", "f line 2 deletion_time: `1e9`"),
            (
                "0,100,10",
                "0,100,-10",
                "f line 2 scheduled_time: `-10` is negative",
            ),
            (
                "0,100,10",
                "0,100",
                "f line 2: has 10 cells; 11 were expected",
            ),
            (
                "100,10\n",
                "100,10\np0,1000,1,0,0,,LS,Running,0,100,10\n",
                "`p0` names the job at line 2 already",
            ),
        ],
    );
}

const TASKS: &str =
    "M1,1,j_1,1,Terminated,100,200,100,0.5\nR2_1,3,j_1,1,Terminated,200,300,50,0.5\n";

#[test]
fn malformed_lists_of_batch_tasks() {
    check(
        TASKS,
        &[
            ("R2_1,3", "R2_1,three", "f line 2 instance_num: `three`"),
            (
                "R2_1,3",
                "R2_1,99999999",
                "99999999 instances; an array has at most",
            ),
            ("R2_1", "", "f line 2 task_name: is empty"),
            ("R2_1,3,j_1", "R2_1,3,", "f line 2 job_name: is empty"),
            ("200,300", "200,later", "f line 2 end_time: `later`"),
            (
                "200,300",
                "-200,300",
                "f line 2 start_time: `-200` is negative",
            ),
            (",50,", ",half,", "f line 2 plan_cpu: `half`"),
            ("50,0.5\n", "50\n", "f line 2: has 8 cells; 9 were expected"),
            (
                "R2_1",
                "R2_7",
                "f line 2: needs task 7 of its job, which names no job",
            ),
            (
                "R2_1",
                "R1",
                "task 1 of its job names the job at line 1 already",
            ),
            ("M1,1", "M1_2,1", "in a circle"),
        ],
    );
}

const SWF: &str = "; Version: 2.2\n\
    1 0 -1 50 1 -1 -1 1 60 -1 1 1 1 -1 1 1 -1 -1\n\
    2 5.5 -1 7 2 -1 -1 2 60 1024 1 2 1 -1 1 1 -1 -1\n";

#[test]
fn malformed_logs() {
    check(
        SWF,
        &[
            (
                "1 0 -1 50",
                "1 0 -1 x",
                "f line 2 field 4: `x` is not a number",
            ),
            ("1 0 -1 50", "1 0 -1 5.5.5", "f line 2 field 4"),
            ("1 0 -1 50", "1 0 - 50", "f line 2 field 3: `-`"),
            ("1 0 -1 50", "1 0 -1 NaN", "f line 2 field 4: `NaN`"),
            ("1 0 -1 50", "1 0 -1 1e3", "f line 2 field 4: `1e3`"),
            (
                "1 0 -1 50",
                "1 0 -1 9999999999999999",
                "has more than 15 digits",
            ),
            (
                "1 0 -1 50",
                "1 0 -1 999999999999999",
                "is beyond 100000000000 seconds",
            ),
            ("2 5.5 -1", "2 5,5 -1", "f line 3 field 2: `5,5`"),
            (
                "2 5.5 -1 7 2 -1 -1 2 60 1024 1 2 1 -1 1 1 -1 -1",
                "2 5.5",
                "f line 3: has 2 fields; a job has 18",
            ),
            (
                "50 1 -1",
                "50 999999999999 -1",
                "f line 2 field 5: is more than",
            ),
            ("60 1024", "60 999999999999999", "ask for more than"),
            (
                "1 2 1 -1 1 1 -1 -1\n",
                "1 2 1 -1 1 1 -1 what\n",
                "f line 3 field 18: `what`",
            ),
            (
                "1 2 1 -1 1 1",
                "1 99999999999 1 -1 1 1",
                "f line 3 field 12: must be below",
            ),
            ("\n2 5.5", "\n\u{0}2 5.5", "f line 3 field 1"),
        ],
    );
}

const SACCT: &str = "JobID|State|Submit|Start|End|Elapsed|Timelimit|AllocCPUS|ReqMem|ReqTRES|ExitCode\n\
    7|COMPLETED|2024-01-01T00:00:00|2024-01-01T00:00:10|2024-01-01T00:01:10|00:01:00|1-00:00:00|2|4G|cpu=2,mem=4G|0:0\n";

#[test]
fn malformed_accountings() {
    check(
        SACCT,
        &[
            ("State|", "St|", "f line 1: the header lacks State"),
            ("Submit|", "Sub|", "f line 1: the header lacks Submit"),
            (
                "Start|End|Elapsed",
                "a|b|c",
                "f line 1: the header lacks ElapsedRaw, Elapsed, or Start and End",
            ),
            ("7|COMP", "|COMP", "f line 2 JobID: is empty"),
            ("COMPLETED", "DONE", "f line 2 State: `DONE` is no state"),
            ("COMPLETED", "", "f line 2 State: `` is no state"),
            (
                "COMPLETED|2024-01-01T00:00:00",
                "COMPLETED|yesterday",
                "f line 2 Submit: `yesterday` is not a moment",
            ),
            (
                "COMPLETED|2024-01-01T00:00:00",
                "COMPLETED|2024-13-01T00:00:00",
                "f line 2 Submit: `2024-13-01T00:00:00`",
            ),
            (
                "COMPLETED|2024-01-01T00:00:00",
                "COMPLETED|Unknown",
                "f line 2 Submit: is missing",
            ),
            (
                "COMPLETED|2024-01-01T00:00:00",
                "COMPLETED|9999999999999",
                "is not a moment",
            ),
            ("|2024-01-01T00:00:10", "|2024-01-01 noon", "f line 2 Start"),
            ("|2024-01-01T00:01:10", "|25:00", "f line 2 End"),
            (
                "00:01:00",
                "one minute",
                "f line 2 Elapsed: `one minute` is not a duration",
            ),
            ("00:01:00", "1:2:3:4", "f line 2 Elapsed"),
            ("00:01:00", "-5:00", "f line 2 Elapsed"),
            ("1-00:00:00", "1d", "f line 2 Timelimit: `1d`"),
            (
                "|2|4G",
                "|two|4G",
                "f line 2 AllocCPUS: `two` is not a whole number",
            ),
            ("|2|4G", "|2.5|4G", "f line 2 AllocCPUS: `2.5`"),
            (
                "|4G|",
                "|4X|",
                "f line 2 ReqMem: `4X` is not an amount of memory",
            ),
            ("|4G|", "|Gn|", "f line 2 ReqMem: `Gn`"),
            ("|4G|", "|9999999999T|", "asks for more than can be counted"),
            (
                "cpu=2,mem=4G",
                "cpu",
                "f line 2 ReqTRES: `cpu` is not a resource",
            ),
            ("cpu=2,mem=4G", "cpu=x", "f line 2 ReqTRES: `cpu=x`"),
            (
                "|0:0",
                "|zero",
                "f line 2 ExitCode: `zero` is not an exit code",
            ),
            ("|0:0", "", "f line 2: has 10 cells; 11 were expected"),
            ("|0:0\n", "|0:0|\n", "perhaps a name holds a `|`"),
            (
                "|0:0\n",
                "|0:0\n7|COMPLETED|2024-01-01T00:00:00|2024-01-01T00:00:10|2024-01-01T00:01:10|00:01:00|1-00:00:00|2|4G||0:0\n",
                "`7` names the job at line 2 already",
            ),
        ],
    );
}

const NEXTFLOW: &str = "task_id\thash\tnative_id\tname\tstatus\texit\tsubmit\tduration\trealtime\tmemory\tcpus\n\
    1\ta/1\t22\talign\tCOMPLETED\t0\t2021-03-04 21:06:00.000\t13.9s\t2.5s\t1.2 GB\t2\n";

#[test]
fn malformed_traces_of_nextflow() {
    check(
        NEXTFLOW,
        &[
            (
                "realtime",
                "rt",
                "f line 1 realtime: the header has no column realtime",
            ),
            (
                "\n1\t",
                "\none\t",
                "f line 2 task_id: `one` is not a whole number",
            ),
            ("\n1\t", "\n-\t", "f line 2 task_id: missing"),
            (
                "2021-03-04 21:06:00.000",
                "04.03.2021",
                "f line 2 submit: `04.03.2021` is not a moment",
            ),
            ("2021-03-04 21:06:00.000", "-", "f line 2 submit: missing"),
            (
                "13.9s",
                "13.9 parsecs",
                "f line 2 duration: `13.9 parsecs` is not a duration",
            ),
            ("13.9s", "-", "f line 2 complete: missing"),
            ("2.5s", "2h5", "f line 2 realtime: `2h5`"),
            (
                "1.2 GB",
                "1.2 GiBi",
                "f line 2 memory: `1.2 GiBi` is not a size",
            ),
            ("\t2\n", "\ttwo\n", "f line 2 cpus: `two`"),
            ("\t2\n", "\n", "f line 2: has 10 cells, and the header 11"),
            ("COMPLETED\t0", "COMPLETED\tx", "f line 2 exit: `x`"),
            (
                "\t2\n",
                "\t2\n1\ta/1\t22\talign\tCOMPLETED\t0\t2021-03-04 21:06:00.000\t13.9s\t2.5s\t1.2 GB\t2\n",
                "task 1 comes twice",
            ),
        ],
    );
}

#[test]
fn what_is_no_trace_is_refused_in_one_sentence() {
    for (text, expected) in [
        ("", "is no trace: it is empty"),
        ("\n \n", "is no trace: it is empty"),
        ("hello", "is no trace that can be read; known are SWF"),
        ("1 2 3\n", "is no trace that can be read"),
        ("{}", "is no trace that can be read"),
        ("[1]", "is no trace that can be read"),
        ("PK\u{3}\u{4}abc", "a zip archive"),
        ("instance_type,vcpus\n", "a catalogue of instance types"),
        ("{\"SpotPriceHistory\": []}", "a history of Spot prices"),
        (
            "7|a|b|c|d|e|f|g|h|i\n",
            "perhaps Slurm's accounting without its header",
        ),
        ("sn,cpu_milli\n", "a list of machines"),
        ("\u{1f}\u{8b}", "is no trace"),
    ] {
        let problems = read_trace(
            text.as_bytes(),
            text.as_bytes(),
            "f",
            &TraceOptions::default(),
        );
        let problems = problems.map(|_| text).unwrap_err();
        assert_eq!(problems.len(), 1, "{text:?}: {problems:?}");
        assert!(
            problems[0].message.contains(expected),
            "{text:?}: {problems:?}"
        );
    }
}
