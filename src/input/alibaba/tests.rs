use super::{batch_task, pods};
use crate::input::{Trace, TraceOptions, check_workload};
use crate::model::Workload;

fn sound(trace: Result<Trace, Vec<crate::input::Problem>>) -> Workload {
    let workload = trace
        .unwrap_or_else(|problems| panic!("{problems:#?}"))
        .workload;
    check_workload(&workload).unwrap();
    workload
}

#[test]
fn pods_run_from_their_scheduling_to_their_deletion() {
    let text = "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time\n\
        p0,12000,16384,1,1000,,LS,Running,0,100,10\n\
        p1,6500,100,1,460,A|B,BE,Failed,5,50,5\n\
        p2,1000,100,0,0,,BE,Pending,5,50,\n";
    let workload = sound(pods::read(
        text.as_bytes(),
        "pods.csv",
        &TraceOptions::default(),
    ));
    let shown: Vec<[u64; 5]> = workload
        .rows
        .iter()
        .map(|row| {
            let (vcpus, memory) = (u64::from(row.vcpus), u64::from(row.memory));
            [
                row.submit.ms(),
                row.work.ms(),
                vcpus,
                memory,
                u64::from(row.gpus),
            ]
        })
        .collect();
    assert_eq!(
        shown,
        [[0, 90_000, 12, 16_384, 1], [5_000, 45_000, 7, 100, 1]]
    );
    assert_eq!(workload.dropped, [("never-started", 1)]);
    assert_eq!(
        workload.repaired,
        [("gpu-share-rounded", 1), ("vcpus-rounded", 1)]
    );
    assert_eq!(workload.fates_of(&workload.rows[1], None)[0].exit_code, 1);
}

#[test]
fn the_names_of_batch_tasks_are_their_jobs_graphs() {
    let text = "R3_1_2,2,j_1,1,Terminated,300,400,100.0,0.5\n\
        M1,10,j_1,1,Terminated,100,200,50.0,0.5\n\
        M2,1,j_1,1,Terminated,110,290,150,0.5\n\
        task_Nzg=,1,j_1,1,Terminated,120,130,100,0.5\n\
        M1,1,j_2,1,Failed,500,600,,0.5\n\
        R2_1,1,j_2,1,Running,600,0,100,0.5\n";
    let workload = sound(batch_task::read(
        text.as_bytes(),
        "t.csv",
        &TraceOptions::default(),
    ));
    let shown: Vec<String> = workload
        .rows
        .iter()
        .map(|row| {
            let mut id = Vec::new();
            workload.write_source(row.source, &mut id);
            let extra = workload.extra(row).cloned().unwrap_or_default();
            format!(
                "{} at {} for {} on {} of {} needs {}",
                String::from_utf8(id).unwrap(),
                row.submit,
                row.work,
                row.vcpus,
                extra.array,
                extra.dependencies.len()
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            "j_1/M1 at 100 for 100 on 1 of 10 needs 0",
            "j_1/M2 at 100 for 180 on 2 of 0 needs 0",
            "j_1/R3_1_2 at 100 for 100 on 1 of 2 needs 2",
            "j_1/task_Nzg= at 100 for 10 on 1 of 0 needs 0",
            "j_2/M1 at 500 for 100 on 1 of 0 needs 0",
        ]
    );
    assert_eq!(workload.dropped, [("not-ended", 1)]);
}

#[test]
fn a_task_that_its_job_has_not_is_an_orphan() {
    let text = "R3_9,2,j_1,1,Terminated,300,400,100,0.5\n";
    let wrong = batch_task::read(text.as_bytes(), "t.csv", &TraceOptions::default()).unwrap_err();
    assert_eq!(
        wrong[0].to_string(),
        "t.csv line 1: needs task 9 of its job, which names no job of this trace"
    );
    let mend = TraceOptions {
        mend: true,
        ..TraceOptions::default()
    };
    let workload = sound(batch_task::read(text.as_bytes(), "t.csv", &mend));
    assert!(workload.repaired.contains(&("orphan-dependency", 1)));
}
