//! Fargate and container images in scenario files: what arrives, and what is refused before the run.

use super::*;
use crate::model::{Architecture, Command, EnvironmentKind, FargateEnvironment, Platform};

const FARGATE: &str = r#"
[[computeEnvironments]]
computeEnvironmentName = "tasks"
type = "MANAGED"
computeResources = { type = "FARGATE", maxvCpus = 64 }
[[computeEnvironments]]
computeEnvironmentName = "spot-tasks"
type = "MANAGED"
computeResources = { type = "FARGATE_SPOT", maxvCpus = 16 }
[[jobQueues]]
jobQueueName = "tasks"
priority = 1
computeEnvironmentOrder = [{ order = 1, computeEnvironment = "spot-tasks" }, { order = 2, computeEnvironment = "tasks" }]
[[jobDefinitions]]
jobDefinitionName = "task"
platformCapabilities = ["FARGATE"]
imageSize = "1.5GiB"
containerProperties = { image = "repo/tool:3", resourceRequirements = [{ type = "VCPU", value = "0.25" }, { type = "MEMORY", value = "512" }], ephemeralStorage = { sizeInGiB = 50 }, runtimePlatform = { cpuArchitecture = "ARM64" } }
"#;

fn loaded(more: &str) -> crate::model::Scenario {
    let text = format!("{BASE}{JOB}{FARGATE}{more}");
    match load("test.toml", text.as_bytes(), &[], None, &NoFiles) {
        Ok(loaded) => loaded.scenario,
        Err(problems) => panic!("{:#?}", lines(&problems)),
    }
}

#[test]
fn a_fargate_environment_and_its_definition_arrive() {
    let scenario = loaded("");
    let kinds: Vec<FargateEnvironment> = scenario
        .commands
        .iter()
        .filter_map(|timed| match &timed.command {
            Command::CreateComputeEnvironment(made) => match made.kind {
                EnvironmentKind::Fargate(fargate) => Some(fargate),
                _ => None,
            },
            _ => None,
        })
        .collect();
    let [tasks, spot] = kinds[..] else {
        panic!("{kinds:?}");
    };
    assert_eq!((tasks.spot, tasks.max_vcpus), (false, 64));
    assert_eq!((spot.spot, spot.max_vcpus), (true, 16));
    let mut definitions = scenario
        .commands
        .iter()
        .filter_map(|timed| match &timed.command {
            Command::RegisterJobDefinition(definition) => Some(definition),
            _ => None,
        });
    let task = definitions.next_back().expect("it was registered");
    assert_eq!((task.shape.vcpus, task.shape.memory), (1, 512));
    assert_eq!(task.container.platform, Platform::Fargate);
    assert_eq!(task.container.quarter_vcpus, 1);
    assert_eq!(task.container.storage_gib, 50);
    assert_eq!(task.container.architecture, Architecture::Arm64);
    assert_eq!(task.container.image, "repo/tool:3");
    assert_eq!(task.container.image_mib, Some(1536));
    assert_eq!(scenario.world.catalogue.tasks().count(), 4 * 77);
    assert!(
        scenario
            .world
            .catalogue
            .find("FARGATE 1 vCPU 2048 MiB")
            .is_none()
    );
}

#[test]
fn a_part_of_a_vcpu_is_the_templates_and_whole_ones_are_the_rows() {
    for (asks, quarters, vcpus) in [
        (
            r#"containerOverrides = { resourceRequirements = [{ type = "VCPU", value = "0.5" }, { type = "MEMORY", value = "1024" }] }"#,
            Some(2),
            0,
        ),
        ("vcpus = 1\nmemoryMiB = 2048", None, 1),
        ("", None, 0),
    ] {
        let job = format!(
            "[[workload.jobs]]\njobName = \"t\"\njobQueue = \"tasks\"\njobDefinition = \"task\"\nrun = 60\n{asks}\n"
        );
        let scenario = loaded(&job);
        let row = scenario.workload.rows.last().expect("it has jobs");
        let template = &scenario.workload.templates[row.template as usize];
        assert_eq!(
            (template.quarter_vcpus, row.vcpus),
            (quarters, vcpus),
            "{asks}"
        );
    }
}

#[test]
fn what_a_run_writes_down_of_a_fargate_scenario_reads_again() {
    let text = format!("{BASE}{JOB}{FARGATE}");
    let loaded = load("test.toml", text.as_bytes(), &[], None, &NoFiles).expect("it is sound");
    let written = loaded.effective.to_string();
    let again = load("again.json", written.as_bytes(), &[], None, &NoFiles);
    assert!(
        again.is_ok(),
        "{:#?}",
        lines(&again.err().unwrap_or_default())
    );
}

#[test]
fn settings_of_fargate_that_mean_nothing_are_refused() {
    for (key, value, wanted) in [
        ("fargateSpeed", "0", "use a number above 0"),
        ("fargateSpotDiscount", "1.5", "use 0 to 1"),
    ] {
        let problems = problems_of(&format!("model = {{ {key} = {value} }}\n{BASE}{JOB}"));
        assert!(
            problems.len() == 1 && problems[0].contains(wanted),
            "{problems:?}"
        );
    }
}

/// What follows [`FARGATE`], and what it is answered with.
const REFUSED: &[(&str, &[&str])] = &[
    (
        "[[jobQueues]]\njobQueueName = \"both\"\npriority = 1\ncomputeEnvironmentOrder = [{ order = 1, computeEnvironment = \"tasks\" }, { order = 2, computeEnvironment = \"pool\" }]",
        &[
            "/computeEnvironmentOrder: compute environments of EC2 and of Fargate cannot be in one job queue",
        ],
    ),
    (
        "[[jobQueues]]\njobQueueName = \"plans\"\npriority = 1\ndispatch = \"easy\"\ncomputeEnvironmentOrder = [{ order = 1, computeEnvironment = \"tasks\" }]",
        &["/dispatch: backfilling plans with machines, of which Fargate has none"],
    ),
    (
        "[[computeEnvironments]]\ncomputeEnvironmentName = \"m\"\ntype = \"MANAGED\"\ncomputeResources = { type = \"FARGATE\" }",
        &["/computeResources/maxvCpus: is missing: maxvCpus = 256"],
    ),
    (
        "[[computeEnvironments]]\ncomputeEnvironmentName = \"m\"\ntype = \"MANAGED\"\ncomputeResources = { type = \"FARGATE\", maxvCpus = 0 }",
        &["/maxvCpus: must be greater than 0"],
    ),
    (
        "[[computeEnvironments]]\ncomputeEnvironmentName = \"m\"\ntype = \"MANAGED\"\ncomputeResources = { type = \"FARGATE_SPOT\", maxvCpus = 4, minvCpus = 0, desiredvCpus = 1, allocationStrategy = \"BEST_FIT\", bidPercentage = 50, scalingPolicy = { minScaleDownDelayMinutes = 20 }, instanceRole = \"r\", spotIamFleetRole = \"r\" }",
        &[
            "/minvCpus: is not applicable to FARGATE_SPOT",
            "/desiredvCpus: is not applicable",
            "/allocationStrategy: is not applicable",
            "/bidPercentage: is not applicable",
            "/scalingPolicy: is not applicable",
            "/instanceRole: is not applicable",
            "/spotIamFleetRole: is not applicable",
        ],
    ),
    (
        "[[computeEnvironments]]\ncomputeEnvironmentName = \"m\"\ntype = \"MANAGED\"\ninstances = [{ instanceType = \"c6i.large\" }]\ncomputeResources = { type = \"FARGATE\", maxvCpus = 4 }",
        &["/instances: Fargate has no instances"],
    ),
    (
        "[[events]]\nat = 5\naction = \"UpdateComputeEnvironment\"\ncomputeEnvironment = \"tasks\"\ncomputeResources = { minvCpus = 1, maxvCpus = 5 }",
        &["/minvCpus: is not applicable to Fargate; maxvCpus is"],
    ),
    (
        "[[jobDefinitions]]\njobDefinitionName = \"d\"\nplatformCapabilities = [\"FARGATE\"]\ncontainerProperties = { resourceRequirements = [{ type = \"VCPU\", value = \"0.5\" }, { type = \"MEMORY\", value = \"512\" }] }",
        &[
            "resourceRequirements: Fargate resource requirements (0.5 vCPU, 512 MiB) not valid: with so many vCPUs memory is 1024 to 4096 in steps of 1024 MiB",
        ],
    ),
    (
        "[[jobDefinitions]]\njobDefinitionName = \"d\"\nplatformCapabilities = [\"FARGATE\"]\ncontainerProperties = { resourceRequirements = [{ type = \"VCPU\", value = \"3\" }, { type = \"MEMORY\", value = \"8192\" }] }",
        &["(3 vCPU, 8192 MiB) not valid: vCPUs are 0.25, 0.5, 1, 2, 4, 8, 16 or 32"],
    ),
    (
        "[[jobDefinitions]]\njobDefinitionName = \"d\"\nplatformCapabilities = [\"FARGATE\"]\ncontainerProperties = { resourceRequirements = [{ type = \"VCPU\", value = \"1\" }, { type = \"MEMORY\", value = \"2048\" }, { type = \"GPU\", value = \"1\" }] }",
        &["resourceRequirements: GPU is not valid on Fargate"],
    ),
    (
        "[[jobDefinitions]]\njobDefinitionName = \"d\"\ncontainerProperties = { resourceRequirements = [{ type = \"VCPU\", value = \"0.25\" }, { type = \"MEMORY\", value = \"512\" }] }",
        &["/resourceRequirements/0/value: `0.25` is not a whole number of vCPUs"],
    ),
    (
        "[[jobDefinitions]]\njobDefinitionName = \"d\"\nplatformCapabilities = [\"FARGATE\"]\ncontainerProperties = { resourceRequirements = [{ type = \"VCPU\", value = \"0.3\" }, { type = \"MEMORY\", value = \"512\" }] }",
        &["/resourceRequirements/0/value: `0.3` is not a whole number of vCPUs"],
    ),
    (
        "[[jobDefinitions]]\njobDefinitionName = \"d\"\nplatformCapabilities = [\"FARGATE\"]\ncontainerProperties = { vcpus = 1, memory = 2048, ephemeralStorage = { sizeInGiB = 20 } }",
        &["/ephemeralStorage/sizeInGiB: 20; must be 21 to 200; 20 GiB are included"],
    ),
    (
        "[[jobDefinitions]]\njobDefinitionName = \"d\"\nplatformCapabilities = [\"FARGATE\", \"EC2\"]\ncontainerProperties = { vcpus = 1, memory = 2048 }",
        &["/platformCapabilities: both are given"],
    ),
    (
        "[[jobDefinitions]]\njobDefinitionName = \"d\"\nplatformCapabilities = [\"FARGATE\"]\ncontainerProperties = { vcpus = 1, memory = 2048, runtimePlatform = { cpuArchitecture = \"MIPS\", operatingSystemFamily = \"WINDOWS_SERVER_2022_CORE\" } }",
        &[
            "/cpuArchitecture: `MIPS` is not X86_64 or ARM64",
            "/operatingSystemFamily: only LINUX is simulated",
        ],
    ),
    (
        "[[jobDefinitions]]\njobDefinitionName = \"d\"\ntype = \"multinode\"\nplatformCapabilities = [\"FARGATE\"]\nnodeProperties = { numNodes = 2, mainNode = 0, nodeRangeProperties = [{ targetNodes = \"0:\", container = { vcpus = 1, memory = 2048 } }] }",
        &["/platformCapabilities: multi-node parallel jobs do not run on Fargate"],
    ),
    (
        "[[jobDefinitions]]\njobDefinitionName = \"d\"\nimageSize = \"2GB\"\ncontainerProperties = { vcpus = 1, memory = 2048 }",
        &["/imageSize: `2GB` is not the size of an image; write 500MiB or 2GiB"],
    ),
    (
        "[[workload.jobs]]\njobName = \"t\"\njobQueue = \"tasks\"\njobDefinition = \"sim\"\nrun = 60",
        &["/jobDefinition: `sim` is for EC2 and `tasks` has FARGATE compute environments"],
    ),
    (
        "[[workload.jobs]]\njobName = \"t\"\njobQueue = \"main\"\njobDefinition = \"task\"\nrun = 60",
        &["/jobDefinition: `task` is for FARGATE and `main` has EC2 compute environments"],
    ),
    (
        "[[workload.jobs]]\njobName = \"t\"\njobQueue = \"tasks\"\njobDefinition = \"task\"\nrun = 60\nmemoryMiB = 4096",
        &["/memoryMiB: Fargate resource requirements (0.25 vCPU, 4096 MiB) not valid"],
    ),
    (
        "[[workload.jobs]]\njobName = \"t\"\njobQueue = \"tasks\"\njobDefinition = \"task\"\nrun = 60\nvcpus = 16",
        &["/vcpus: Fargate resource requirements (16 vCPU, 512 MiB) not valid"],
    ),
    (
        "[[workload.jobs]]\njobName = \"t\"\njobQueue = \"tasks\"\njobDefinition = \"task\"\nrun = 60\nvcpus = 1\nmemoryMiB = 2048\ngpus = 1",
        &["/vcpus: GPU is not valid on Fargate"],
    ),
];

#[test]
fn what_aws_refuses_of_fargate_is_refused_before_the_run() {
    let mut wrong = Vec::new();
    for (more, wanted) in REFUSED {
        let problems = problems_of(&format!("{BASE}{JOB}{FARGATE}{more}\n"));
        let is_said = |want: &&str| problems.iter().any(|line| line.contains(*want));
        if !wanted.iter().all(is_said) || problems.len() > wanted.len() {
            wrong.push(format!("{more}\n  wanted {wanted:?}\n  got {problems:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
