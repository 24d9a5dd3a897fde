//! Scenarios with one thing wrong, and what is said of it.

use super::*;

/// What is added to the base scenario (with or without its job), and parts of the message that must come of it.
const CASES: &[(&str, &[&str])] = &[
    // Types and ranges.
    ("seed = 1.5", &["/seed: `1.5` is not a whole number from 0"]),
    ("seed = -1", &["/seed: `-1` is not a whole number from 0"]),
    (
        "seed = 99999999999999999999999999",
        &["/seed", "is not a whole number from 0"],
    ),
    (
        "seed = 0xffffffffffffffffffffffffffffffffffffffff",
        &["/seed", "is not a whole number"],
    ),
    (
        "until = \"soon\"",
        &["/until: `soon` is not a span of time"],
    ),
    ("until = -3", &["/until: `-3` is not a span of time"]),
    ("until = nan", &["/until: `NaN` is not a span of time"]),
    ("until = inf", &["/until: `inf` is not a span of time"]),
    ("until = 1e300", &["/until", "longest span there is"]),
    (
        "until = \"99999999d\"",
        &["/until", "longest span there is"],
    ),
    (
        "until = true",
        &["/until: `true` is not a span of time; write 90s"],
    ),
    (
        "region = 5",
        &["/region: `5` is not text; write it in quotes"],
    ),
    (
        "workload = 3",
        &["/workload: `3` is not a table (workload)"],
    ),
    ("events = {}", &["/events: a table is not a list"]),
    ("rules = [1]", &["/rules/0: `1` is not a table (rules)"]),
    (
        "start = \"2026-01-05\"",
        &["/start", "is not a moment; write RFC 3339"],
    ),
    (
        "start = 2026-01-05T00:00:00",
        &["/start", "is not a moment; write RFC 3339 with a zone"],
    ),
    (
        "[model]\nprofile = \"quick\"",
        &["/model/profile", "is not one of ideal, fast, typical, slow"],
    ),
    (
        "[model]\ndispatchTick = \"fast\"",
        &["/model/dispatchTick: `fast` is not a span of time"],
    ),
    (
        "[model]\ndispatchTik = 5",
        &["`dispatchTik` is not a key of model; did you mean `dispatchTick`?"],
    ),
    (
        "[model]\noutOfMemoryAt = 1.5",
        &["/model/outOfMemoryAt: `1.5` is not a part of a run; use 0 to 1"],
    ),
    (
        "[model]\nkillAtEstimate = \"yes\"",
        &["/model/killAtEstimate: `yes` (text) is not true or false"],
    ),
    (
        "[model]\ndispatch = \"eazy\"",
        &["/model/dispatch: `eazy` is not a dispatch discipline; use one of strict"],
    ),
    (
        "[model]\nplacement = \"best\"",
        &["/model/placement: `best` is not a placement"],
    ),
    (
        "[model]\npoolPricePerVcpuHour = -1",
        &["/model/poolPricePerVcpuHour: `-1` is not a price"],
    ),
    (
        "[model]\nusableMemory = \"all\"",
        &["/model/usableMemory", "not one of nominal, registered"],
    ),
    // Instance types.
    (
        "[[instanceTypes]]\ninstanceType = \"new\"",
        &[
            "/instanceTypes/0/vcpus: missing",
            "/instanceTypes/0/priceUsdPerHour: missing",
        ],
    ),
    (
        "[[instanceTypes]]\ninstanceType = \"new\"\nvcpus = 0\npriceUsdPerHour = 1",
        &["/instanceTypes/0/vcpus: `0` is not a whole number from 1"],
    ),
    (
        "[[instanceTypes]]\ninstanceType = \"new\"\nvcpus = 1\npriceUsdPerHour = nan",
        &["/priceUsdPerHour: `NaN` is not a price"],
    ),
    (
        "[[instanceTypes]]\ninstanceType = \"new\"\nvcpus = 1\npriceUsdPerHour = \"1e3\"",
        &["`1e3` is not a price"],
    ),
    (
        "[[instanceTypes]]\ninstanceType = \"new\"\nvcpus = 1\npriceUsdPerHour = 1\nmemoryMiB = \"much\"",
        &["/memoryMiB: `much` (text) is not a memory size"],
    ),
    (
        "[[instanceTypes]]\ninstanceType = \"new\"\nvcpus = 1\npriceUsdPerHour = 1\nmemoryMiB = 100\nusableMemoryMiB = 200",
        &["200 MiB are more than memoryMiB (100)"],
    ),
    (
        "[[instanceTypes]]\ninstanceType = \"new\"\nvcpus = 1\npriceUsdPerHour = 1\nspeed = 0",
        &["/speed: `0` is not a number from 0.000001"],
    ),
    (
        "[[instanceTypes]]\ninstanceType = \"new\"\nvcpus = 1\npriceUsdPerHour = 1\n[[instanceTypes]]\ninstanceType = \"new\"\nvcpus = 1\npriceUsdPerHour = 1",
        &["/instanceTypes/1/instanceType: `new` is declared a second time"],
    ),
    // Environments.
    (
        "[[computeEnvironments]]\ncomputeEnvironmentName = \"m\"\ntype = \"MANAGED\"\ncomputeResources = { type = \"ECS_MANAGED_INSTANCES\", maxvCpus = 9, instanceTypes = [\"c6i\"] }",
        &[
            "/computeEnvironments/1/computeResources/type: ECS_MANAGED_INSTANCES",
            "not simulated yet",
            "use EC2",
        ],
    ),
    (
        "[[computeEnvironments]]\ncomputeEnvironmentName = \"m\"\ntype = \"UNMANAGED\"\ncomputeResources = { maxvCpus = 9 }",
        &["an UNMANAGED environment has no computeResources"],
    ),
    (
        "[[computeEnvironments]]\ncomputeEnvironmentName = \"m\"",
        &["/computeEnvironments/1/type: missing"],
    ),
    (
        "[[computeEnvironments]]\ncomputeEnvironmentName = \"pool\"\ntype = \"UNMANAGED\"",
        &["`pool` is declared a second time"],
    ),
    (
        "[[computeEnvironments]]\ncomputeEnvironmentName = \"m\"\ntype = \"UNMANAGED\"\ninstances = [{ instanceType = \"t9.huge\" }]",
        &["no instance type `t9.huge`"],
    ),
    (
        "[[computeEnvironments]]\ncomputeEnvironmentName = \"m\"\ntype = \"UNMANAGED\"\ninstances = [{ instanceType = \"c5.large\", launchAt = 50, terminateAt = 20 }]",
        &["terminateAt: must be later than launchAt (50 s)"],
    ),
    (
        "[[computeEnvironments]]\ncomputeEnvironmentName = \"m\"\ntype = \"UNMANAGED\"\ninstances = [{ instanceType = \"c5.large\", count = 99999999999 }]",
        &["/count: `99999999999` is not a whole number from 1"],
    ),
    (
        "[[computeEnvironments]]\ncomputeEnvironmentName = \"m\"\ntype = \"UNMANAGED\"\nstatus = \"DELETING\"",
        &["`DELETING` is not simulated"],
    ),
    (
        "[[computeEnvironments]]\ncomputeEnvironmentName = \"m\"\ntype = \"UNMANAGED\"\nunmanagedVcpus = 4",
        &["did you mean `unmanagedvCpus`?"],
    ),
    // Queues.
    (
        "[[jobQueues]]\njobQueueName = \"main\"\npriority = 1\ncomputeEnvironmentOrder = [{ order = 1, computeEnvironment = \"pool\" }]",
        &["`main` is declared a second time"],
    ),
    (
        "[[jobQueues]]\njobQueueName = \"q\"\npriority = 1\ncomputeEnvironmentOrder = []",
        &["/computeEnvironmentOrder: 0 environments; must be 1 to 3"],
    ),
    (
        "[[jobQueues]]\njobQueueName = \"q\"\npriority = 1",
        &["/jobQueues/1/computeEnvironmentOrder: missing"],
    ),
    (
        "[[jobQueues]]\njobQueueName = \"q\"\npriority = 1\ncomputeEnvironmentOrder = [{ order = 1, computeEnvironment = \"pool\" }, { order = 1, computeEnvironment = \"pool\" }]",
        &[
            "/order: 1 is given a second time",
            "`pool` stands there twice",
        ],
    ),
    (
        "[[jobQueues]]\njobQueueName = \"q\"\npriority = 1\ncomputeEnvironmentOrder = [{ order = 1, computeEnvironment = \"pol\" }]",
        &["no compute environment called `pol`; did you mean `pool`?"],
    ),
    (
        "[[jobQueues]]\njobQueueName = \"q\"\npriority = 1\nschedulingPolicyArn = \"fair\"\ncomputeEnvironmentOrder = [{ order = 1, computeEnvironment = \"pool\" }]",
        &["no scheduling policy called `fair`; the file has no scheduling policy"],
    ),
    (
        "[[jobQueues]]\njobQueueName = \"q\"\npriority = 1\ndispatch = \"conservative\"\ncomputeEnvironmentOrder = [{ order = 1, computeEnvironment = \"pool\" }]",
        &[
            "/dispatch: `conservative` is defined for one machine",
            "have 2 in all",
        ],
    ),
    (
        "[model]\ndispatch = \"conservative\"",
        &["/jobQueues/0: `conservative` is defined for one machine"],
    ),
    (
        "[[schedulingPolicies]]\nname = \"f\"\nfairsharePolicy = {}\n[[jobQueues]]\njobQueueName = \"q\"\npriority = 1\nschedulingPolicyArn = \"f\"\ndispatch = \"easy\"\ncomputeEnvironmentOrder = [{ order = 1, computeEnvironment = \"pool\" }]",
        &["/dispatch: `easy` plans ahead in one order"],
    ),
    (
        "[[jobQueues]]\njobQueueName = \"q\"\npriority = 1\ndispatch = \"lookahead:x\"\njobOrder = \"lifo\"\ncomputeEnvironmentOrder = [{ order = 1, computeEnvironment = \"pool\" }]",
        &["`x` is not a look-ahead", "`lifo` is not a job order"],
    ),
    (
        "[[jobQueues]]\njobQueueName = \"q\"\npriority = 1\njobQueueType = \"SAGEMAKER_TRAINING\"\ncomputeEnvironmentOrder = [{ order = 1, computeEnvironment = \"pool\" }]",
        &["/jobQueueType: SageMaker queues are not simulated"],
    ),
    (
        "[[jobQueues]]\njobQueueName = \"q\"\npriority = 1\ncomputeEnvironmentOrder = [{ order = 1, computeEnvironment = \"pool\" }]\njobStateTimeLimitActions = [{ reason = \"TIRED\", maxTimeSeconds = 600 }]",
        &["/reason: `TIRED` is not one of CAPACITY:"],
    ),
    (
        "[[jobQueues]]\njobQueueName = \"q\"\npriority = 1\ncomputeEnvironmentOrder = [{ order = 1, computeEnvironment = \"pool\" }]\njobStateTimeLimitActions = [{ reason = \"UNDETERMINED\", maxTimeSeconds = 60, action = \"TERMINATE\" }]",
        &[
            "`UNDETERMINED` cannot be limited",
            "/maxTimeSeconds: `60` is not a whole number from 600",
            "TERMINATE is for SageMaker",
        ],
    ),
    (
        "[[computeEnvironments]]\ncomputeEnvironmentName = \"arm\"\ntype = \"UNMANAGED\"\ninstances = [{ instanceType = \"c7g.large\" }]\n[[jobQueues]]\njobQueueName = \"q\"\npriority = 1\ncomputeEnvironmentOrder = [{ order = 1, computeEnvironment = \"pool\" }, { order = 2, computeEnvironment = \"arm\" }]",
        &["`pool` has x86_64 machines and `arm` has arm64"],
    ),
    // Policies and resources.
    (
        "[[schedulingPolicies]]\nname = \"q\"\nquotaSharePolicy = { idleResourceAssignmentStrategy = \"FIFO\" }",
        &["quota shares are for SageMaker queues"],
    ),
    (
        "[[schedulingPolicies]]\nname = \"q\"",
        &["/schedulingPolicies/0/fairsharePolicy: missing"],
    ),
    (
        "[[schedulingPolicies]]\nname = \"q\"\nfairsharePolicy = { computeReservation = 100, shareDecaySeconds = -1 }",
        &[
            "/computeReservation: `100` is not a whole number from 0 to 99",
            "/shareDecaySeconds: `-1`",
        ],
    ),
    (
        "[[schedulingPolicies]]\nname = \"q\"\nfairsharePolicy = { shareDistribution = [{ shareIdentifier = \"a*\" }, { shareIdentifier = \"ab\", weightFactor = 0 }, { shareIdentifier = \"b-b\" }] }",
        &[
            "`ab` overlaps `a*`",
            "/weightFactor: `0` is not a number from 0.0001 to 999.9999",
            "`b-b` is not a share identifier",
        ],
    ),
    (
        "[[schedulingPolicies]]\nname = \"q\"\nfairsharePolicy = { shareDistribution = [{ shareIdentifier = \"a\", weightFactor = nan }] }",
        &["/weightFactor: `NaN` is not a number"],
    ),
    (
        "[[consumableResources]]\nconsumableResourceName = \"l\"\ntotalQuantity = -1",
        &["/totalQuantity: `-1` is not a whole number from 0"],
    ),
    (
        "[[consumableResources]]\nconsumableResourceName = \"l\"\nresourceType = \"RENTED\"",
        &[
            "/resourceType",
            "not one of REPLENISHABLE, NON_REPLENISHABLE",
        ],
    ),
    // Definitions.
    (
        "[[jobDefinitions]]\njobDefinitionName = \"d\"",
        &["/jobDefinitions/1/containerProperties: missing"],
    ),
    (
        "[[jobDefinitions]]\njobDefinitionName = \"d\"\ncontainerProperties = { image = \"x\" }",
        &[
            "/resourceRequirements: VCPU is missing or 0",
            "/resourceRequirements: MEMORY is missing",
        ],
    ),
    (
        "[[jobDefinitions]]\njobDefinitionName = \"d\"\ncontainerProperties = { resourceRequirements = [{ type = \"VCPU\", value = \"0.5\" }, { type = \"MEMORY\", value = \"much\" }] }",
        &[
            "/0/value: `0.5` is not a whole number of vCPUs",
            "/1/value: `much` is not a whole number of MiB",
        ],
    ),
    (
        "[[jobDefinitions]]\njobDefinitionName = \"d\"\ncontainerProperties = { resourceRequirements = [{ type = \"VCPU\", value = \"1\" }, { type = \"VCPU\", value = \"1\" }, { type = \"MEM\", value = \"99999999999\" }] }",
        &[
            "VCPU is given a second time",
            "/type: `MEM` (text) is not one of VCPU, MEMORY, GPU",
        ],
    ),
    (
        "[[jobDefinitions]]\njobDefinitionName = \"d\"\ncontainerProperties = { vcpus = 1, memory = 3 }",
        &["MEMORY is missing or below 4"],
    ),
    (
        "[[jobDefinitions]]\njobDefinitionName = \"d\"\ncontainerProperties = { vcpus = 1, memory = 4 }\necsProperties = { taskProperties = [] }",
        &["a definition has only one of"],
    ),
    (
        "[[jobDefinitions]]\njobDefinitionName = \"d\"\necsProperties = { taskProperties = [{ containers = [] }] }",
        &["/containers: 0 containers; must be 1 to 10"],
    ),
    (
        "[[jobDefinitions]]\njobDefinitionName = \"d\"\neksProperties = { podProperties = { containers = [{ resources = { limits = { cpu = \"1e9\", memory = \"lots\" } } }] } }",
        &[
            "`1e9` is no quantity of cpu",
            "`lots` is no quantity of memory",
        ],
    ),
    (
        "[[jobDefinitions]]\njobDefinitionName = \"d\"\nplatformCapabilities = [\"MANAGED_INSTANCES\"]\ncontainerProperties = { vcpus = 1, memory = 4 }",
        &["/platformCapabilities/0: ECS managed instances are not simulated yet"],
    ),
    (
        "[[jobDefinitions]]\njobDefinitionName = \"d\"\nrevision = 7\ncontainerProperties = { vcpus = 1, memory = 4 }",
        &["/revision: 7, but this is revision 1 of `d`"],
    ),
    (
        "[[jobDefinitions]]\njobDefinitionName = \"d\"\ncontainerProperties = { vcpus = 1, memory = 4 }\nretryStrategy = { attempts = 11 }\ntimeout = { attemptDurationSeconds = 5 }\nschedulingPriority = 10000",
        &[
            "/attempts: `11` is not a whole number from 1 to 10",
            "/attemptDurationSeconds: `5`",
            "/schedulingPriority: `10000`",
        ],
    ),
    (
        "[[jobDefinitions]]\njobDefinitionName = \"d\"\ncontainerProperties = { vcpus = 1, memory = 4 }\nretryStrategy = { attempts = 2, evaluateOnExit = [{ action = \"EXIT\" }, { onExitCode = \"1x\", action = \"EXIT\" }, { onReason = \"a*b\", action = \"STAY\" }] }",
        &[
            "names no pattern",
            "`1x`; digits only",
            "`a*b`; at most 512",
            "not one of RETRY, EXIT",
        ],
    ),
    (
        "[[jobDefinitions]]\njobDefinitionName = \"d\"\ncontainerProperties = { vcpus = 1, memory = 4 }\nconsumableResourceProperties = { consumableResourceList = [{ consumableResource = \"l\", quantity = 0 }] }",
        &["no consumable resource called `l`", "/quantity: `0`"],
    ),
    (
        "[[jobDefinitions]]\njobDefinitionName = \"d\"\ntype = \"multinode\"\ncontainerProperties = {}",
        &[
            "a multinode definition has nodeProperties instead",
            "/nodeProperties: missing",
        ],
    ),
    (
        "[[jobDefinitions]]\njobDefinitionName = \"d\"\ntype = \"multinode\"\nnodeProperties = { numNodes = 2, mainNode = 2, nodeRangeProperties = [{ targetNodes = \"1:0\", container = { vcpus = 1, memory = 4, instanceType = \"c5.hugh\" } }] }",
        &[
            "/mainNode: 2; must be below numNodes (2)",
            "`1:0` is not a range of nodes",
            "no instance type `c5.hugh`",
        ],
    ),
    (
        "[[jobDefinitions]]\njobDefinitionName = \"d\"\ntype = \"multinode\"\nnodeProperties = { numNodes = 3, mainNode = 0, nodeRangeProperties = [{ targetNodes = \"0:1\", container = { vcpus = 1, memory = 4 } }] }",
        &["no range holds node 2"],
    ),
    (
        "[[jobDefinitions]]\njobDefinitionName = \"d\"\nspeed = 0\ncontainerProperties = { vcpus = 1, memory = 4, imge = \"x\" }",
        &["/speed: `0` is not a number", "did you mean `image`?"],
    ),
    // Events.
    (
        "[[events]]\nat = 5\naction = \"UpdateJobQeue\"\njobQueue = \"main\"",
        &[
            "/events/0/action: `UpdateJobQeue` is not one of",
            "did you mean `UpdateJobQueue`?",
        ],
    ),
    (
        "[[events]]\naction = \"DeleteJobQueue\"\njobQueue = \"mine\"",
        &[
            "/events/0/at: missing",
            "no job queue called `mine`; did you mean `main`?",
        ],
    ),
    (
        "[[events]]\nat = 5\njobQueue = \"main\"",
        &["/events/0/action: missing; must be one of"],
    ),
    (
        "[[events]]\nat = 5\naction = \"UpdateJobQueue\"\njobQueue = \"main\"\nschedulingPolicyArn = \"x\"",
        &["no scheduling policy called `x`", "never gets one"],
    ),
    (
        "[[events]]\nat = 5\naction = \"RunInstances\"\ncomputeEnvironment = \"pool\"\ninstanceType = \"c6i.larg\"\ncount = -2",
        &["did you mean `c6i.large`?", "/count: `-2`"],
    ),
    (
        "[[events]]\nat = 5\naction = \"CancelJob\"\njobId = \"one\"",
        &["/events/0/reason: missing"],
    ),
    (
        "[[events]]\nat = 5\naction = \"UpdateComputeEnvironment\"\ncomputeEnvironment = \"pool\"\ncomputeResources = { maxvCpus = 4 }",
        &["an UNMANAGED environment has no computeResources"],
    ),
    (
        "[[events]]\nat = 5\naction = \"DeregisterJobDefinition\"\njobDefinition = \"sim\"",
        &["`sim` names no revision"],
    ),
    (
        "[[events]]\nat = 5\naction = \"UpdateConsumableResource\"\nconsumableResource = \"l\"\nquantity = 1",
        &["no consumable resource called `l`"],
    ),
    (
        "[[events]]\nat = 50\naction = \"CreateComputeEnvironment\"\ncomputeEnvironmentName = \"late\"\ntype = \"UNMANAGED\"\n[[events]]\nat = 5\naction = \"DeleteComputeEnvironment\"\ncomputeEnvironment = \"late\"",
        &["`late` is created only at 50 s, after this (5 s)"],
    ),
    (
        "[[events]]\nat = 5\naction = \"TerminateJob\"\njobId = \"on:3\"\nreason = \"x\"\n[[events]]\nat = 5\naction = \"CancelJob\"\njobId = \"one:3\"\nreason = \"x\"\n[[events]]\nat = 5\naction = \"CancelJob\"\njobId = \"one/3\"\nreason = \"x\"",
        &[
            "there is no job called `on`; did you mean `one`?",
            "`one` has 0 children and no child 3",
            "`one` is submitted 1 times and has no copy 3",
        ],
    ),
    // Rules.
    (
        "[[rules]]\non = \"LATE\"\njobQueue = \"mian\"\ntoJobQueue = \"x\"\nmaxTimes = 0\nmemoryFactor = 0",
        &[
            "/on: `LATE` (text) is not one of FAILED, SUCCEEDED",
            "did you mean `main`?",
            "/toJobQueue: there is no job queue called `x`",
            "/maxTimes: `0`",
            "/memoryFactor: `0`",
        ],
    ),
    // Jobs.
    (
        "[[workload.jobs]]\njobName = \"one\"\njobQueue = \"main\"\nvcpus = 1\nrun = 1",
        &["a second job called `one`"],
    ),
    (
        "[[workload.jobs]]\njobName = \"-a\"\njobQueue = \"main\"\nvcpus = 1\nrun = 1",
        &["`-a` is not a job name"],
    ),
    (
        "[[workload.jobs]]\njobName = \"a\"\njobQueue = \"main\"\nrun = 1",
        &["/jobDefinition: missing: name a definition"],
    ),
    (
        "[[workload.jobs]]\njobName = \"a\"\njobQueue = \"main\"\nvcpus = 1",
        &["/run: missing: how long an attempt runs"],
    ),
    (
        "[[workload.jobs]]\njobName = \"a\"\njobQueue = \"main\"\njobDefinition = \"sym\"\nrun = 1",
        &["no job definition called `sym`; did you mean `sim`?"],
    ),
    (
        "[[workload.jobs]]\njobName = \"a\"\njobQueue = \"main\"\njobDefinition = \"sim:2\"\nrun = 1",
        &["`sim` has no revision 2; it has 1 to 1"],
    ),
    (
        "[[workload.jobs]]\njobName = \"a\"\njobQueue = \"main\"\nvcpus = 1\nrun = 1\nshareIdentifier = \"s\"",
        &["/shareIdentifier: `main` is a FIFO queue"],
    ),
    (
        "[[schedulingPolicies]]\nname = \"f\"\nfairsharePolicy = {}\n[[jobQueues]]\njobQueueName = \"q\"\npriority = 1\nschedulingPolicyArn = \"f\"\ncomputeEnvironmentOrder = [{ order = 1, computeEnvironment = \"pool\" }]\n[[workload.jobs]]\njobName = \"a\"\njobQueue = \"q\"\nvcpus = 1\nrun = 1\n[[workload.jobs]]\njobName = \"b\"\njobQueue = \"q\"\nvcpus = 1\nrun = 1\nshareIdentifier = \"x-y\"",
        &[
            "/shareIdentifier: missing: `q` is a fair-share queue",
            "`x-y` is not a share identifier",
        ],
    ),
    (
        "[[workload.jobs]]\njobName = \"a\"\njobQueue = \"main\"\nvcpus = 1\nrun = 1\ndependsOn = [{ jobId = \"a\" }]",
        &["/dependsOn: `a` waits for itself"],
    ),
    (
        "[[workload.jobs]]\njobName = \"a\"\njobQueue = \"main\"\nvcpus = 1\nrun = 1\ndependsOn = [{ jobId = \"b\" }]\n[[workload.jobs]]\njobName = \"b\"\njobQueue = \"main\"\nvcpus = 1\nrun = 1\ndependsOn = [{ jobId = \"c\" }]\n[[workload.jobs]]\njobName = \"c\"\njobQueue = \"main\"\nvcpus = 1\nrun = 1\nafter = [\"a\"]",
        &[
            "jobs wait for each other in a circle: `a`, which waits for `b`, which waits for `c`, which waits for `a`",
        ],
    ),
    (
        "[[workload.jobs]]\njobName = \"a\"\njobQueue = \"main\"\nvcpus = 1\nrun = 1\ndependsOn = [{ jobId = \"on\" }, {}]",
        &[
            "no job called `on` in this list; did you mean `one`?",
            "/dependsOn/1/jobId: missing",
        ],
    ),
    (
        "[[workload.jobs]]\njobName = \"a\"\njobQueue = \"main\"\nvcpus = 1\nrun = 1\ndependsOn = [{ jobId = \"one\", type = \"N_TO_N\" }, { jobId = \"one:0\" }, { type = \"SEQUENTIAL\" }, { jobId = \"one\", type = \"SEQUENTIAL\" }]",
        &[
            "N_TO_N needs two arrays of one size",
            "`one` is no array and has no child 0",
            "SEQUENTIAL needs an array",
            "leave jobId out",
        ],
    ),
    (
        "[[workload.jobs]]\njobName = \"l\"\nat = 50\njobQueue = \"main\"\nvcpus = 1\nrun = 1\n[[workload.jobs]]\njobName = \"a\"\njobQueue = \"main\"\nvcpus = 1\nrun = 1\ndependsOn = [{ jobId = \"l\" }]",
        &["depends on `l`, which is submitted later (at 50 s; this at 0 s)"],
    ),
    (
        "[[workload.jobs]]\njobName = \"l\"\nafter = [\"one\"]\njobQueue = \"main\"\nvcpus = 1\nrun = 1\n[[workload.jobs]]\njobName = \"a\"\njobQueue = \"main\"\nvcpus = 1\nrun = 1\ndependsOn = [{ jobId = \"l\" }]",
        &["which is submitted only when other jobs end"],
    ),
    (
        "[[workload.jobs]]\njobName = \"a\"\njobQueue = \"main\"\nvcpus = 1\nfates = [\"300@1s\", \"oom\", \"1@x\", \"sometimes\"]",
        &[
            "`300` is no exit code",
            "`oom` is no fate",
            "`x` is not a span of time",
            "`sometimes` is no fate",
        ],
    ),
    (
        "[[workload.jobs]]\njobName = \"a\"\njobQueue = \"main\"\nvcpus = 1\nrun = 1\nthink = \"5s\"",
        &["/think: means nothing without after"],
    ),
    (
        "[[workload.jobs]]\njobName = \"a\"\njobQueue = \"main\"\nvcpus = 1\nrun = 1\nrepeat = { every = \"1h\", count = 2000000 }",
        &["/count: `2000000` is not a whole number from 1 to 1000000"],
    ),
    (
        "[[workload.jobs]]\njobName = \"a\"\njobQueue = \"main\"\nvcpus = 1\nrun = 1\nrepeat = { every = \"1h\", count = 1000000 }",
        &["1000001 submissions in all; at most 1000000"],
    ),
    (
        "[[workload.jobs]]\njobName = \"a\"\njobQueue = \"main\"\nvcpus = 1\nrun = 1\nrepeat = { every = \"1h\", count = 2 }\n[[workload.jobs]]\njobName = \"b\"\njobQueue = \"main\"\nvcpus = 1\nrun = 1\ndependsOn = [{ jobId = \"a\" }]",
        &["`a` is submitted 2 times and this job 1 times"],
    ),
    (
        "[[workload.jobs]]\njobName = \"a\"\njobQueue = \"main\"\nvcpus = 1\nchildRuns = [1, 2]",
        &["/childRuns: only arrays have children"],
    ),
    (
        "[[workload.jobs]]\njobName = \"a\"\njobQueue = \"main\"\nvcpus = 1\nrun = 1\narrayProperties = { size = 10001 }",
        &["/size: `10001` is not a whole number from 2 to 10000"],
    ),
    (
        "[[workload.jobs]]\njobName = \"a\"\njobQueue = \"main\"\nvcpus = 1\nrun = 1\nfailure = { probability = 1.1, exitCode = 0 }",
        &[
            "/probability: `1.1` is not a number from 0 to 1",
            "/exitCode: `0`",
        ],
    ),
    (
        "[[workload.jobs]]\njobName = \"a\"\njobQueue = \"main\"\njobDefinition = \"sim\"\nrun = 1\nmemoryMiB = 3\nnodeOverrides = { numNodes = 2 }",
        &[
            "/memoryMiB: below 4 MiB",
            "`sim` is no multinode definition",
        ],
    ),
    (
        "[[workload.jobs]]\njobName = \"a\"\njobQueue = \"main\"\njobDefinition = \"sim\"\nrun = 1\necsPropertiesOverride = { taskProperties = [{ containers = [{ resourceRequirements = [] }] }] }",
        &["resource overrides of single containers are not simulated"],
    ),
    (
        "[[workload.jobs]]\njobName = \"a\"\njobQueue = \"main\"\nvcpus = 99999999999\nrun = 1",
        &["/vcpus: `99999999999` is not a whole number"],
    ),
    (
        "[[workload.jobs]]\njobName = \"a\"\njobQueue = \"late\"\nvcpus = 1\nrun = 1\n[[events]]\nat = 60\naction = \"CreateJobQueue\"\njobQueueName = \"late\"\npriority = 1\ncomputeEnvironmentOrder = [{ order = 1, computeEnvironment = \"pool\" }]",
        &["the job queue `late` is created only at 60 s, after this (0 s)"],
    ),
    // Traces and generators.
    (
        "[workload]\ntrace = 5",
        &["/workload/trace: `5` is not text"],
    ),
    (
        "[workload]\ntrace = \"x\"\nshareBy = \"user\"\nclosedLoop = \"half\"\njobQueue = \"man\"",
        &[
            "/closedLoop: `half` (text) is not one of open, fields, sessions",
            "did you mean `main`?",
            "`x` cannot be opened: no files are available here",
        ],
    ),
    (
        "[workload]\ntrace = \"x\"\nshareBy = \"user\"",
        &["/shareBy: `main` is a FIFO queue", "`x` cannot be opened"],
    ),
    (
        "[[workload.generators]]\nname = \"g\"\njobQueue = \"main\"\narrivals = { kind = \"poison\", perHour = 5 }\nrun = { kind = \"constant\", value = 5 }",
        &[
            "/jobDefinition: missing",
            "/count: missing",
            "did you mean `poisson`?",
        ],
    ),
    (
        "[[workload.generators]]\nname = \"g\"\njobQueue = \"main\"\njobDefinition = \"sim\"\ncount = 5\narrivals = { kind = \"timesOfDay\", at = [\"9:30\", \"25:00\", \"noon\"] }\nrun = { kind = \"logNormal\", median = 0, sigma = -1 }",
        &[
            "/at/1: `25:00` is not a time of day",
            "/at/2: `noon` is",
            "/median: must be above 0",
            "/sigma: `-1` is not a number from 0 to 10",
        ],
    ),
    (
        "[[workload.generators]]\nname = \"g\"\njobQueue = \"main\"\nvcpus = [{ value = 1, weight = 0 }]\ngpus = [-1]\nuntil = 5\nfrom = 10\narrivals = { kind = \"bursts\", every = 0 }\nrun = { kind = \"triangular\", from = 1, mode = 5, to = 3 }\nshareIdentifier = \"a\"",
        &[
            "/vcpus: no value has a weight above 0",
            "/gpus/0: `-1` is not a whole number",
            "/until: must be later than from (10 s)",
            "/every: must be above 0",
            "/to: must be at least mode (5 s)",
            "/shareIdentifier: `main` is a FIFO queue",
        ],
    ),
    (
        "[[workload.generators]]\nname = \"g\"\njobQueue = \"main\"\njobDefinition = \"sim\"\nuntil = 5\narraySize = [0, 1, 3]\nmemoryMiB = 4\nmemoryMiBPerVcpu = 4\narrivals = { kind = \"atOnce\", count = 3 }\nrun = { kind = \"uniform\", from = 5, to = 4, most = 1, least = 2 }",
        &[
            "`count` is not a key of atOnce",
            "/count: missing: jobs that come all at once need it",
            "/to: must be at least from (5 s)",
            "/most: must be at least",
            "/arraySize: an array has 2 to 10000",
            "memoryMiB says it already",
            "needs vcpus beside it",
        ],
    ),
];

#[test]
fn every_slip_is_answered_with_what_would_be_right() {
    let mut wrong = Vec::new();
    for (more, wanted) in CASES {
        // Keys of the top level must stand before the first table.
        let text = if more.starts_with('[') {
            format!("{BASE}{JOB}{more}\n")
        } else if more.starts_with("workload") {
            format!("{more}\n{BASE}")
        } else {
            format!("{more}\n{BASE}{JOB}")
        };
        // `[workload]` cannot follow `[[workload.jobs]]`.
        let text = match more.starts_with("[workload]") {
            true => format!("{BASE}{more}\n"),
            false => text,
        };
        let problems = problems_of(&text);
        let all_said = wanted
            .iter()
            .all(|want| problems.iter().any(|line| line.contains(want)));
        if !all_said || problems.len() > wanted.len() {
            wrong.push(format!("{more}\n  wanted {wanted:?}\n  got {problems:#?}"));
        }
    }
    assert!(CASES.len() >= 60);
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn what_is_no_scenario_at_all_is_answered_with_a_line() {
    let cases: &[(&[u8], &str)] = &[
        (b"", "test.toml line 1 /jobQueues: missing"),
        (b"name = \"a\xff\"", "test.toml line 1: not UTF-8 text"),
        (b"\n\nname = \xc3(", "test.toml line 3: not UTF-8 text"),
        (b"name = ", "test.toml line 1: TOML syntax"),
        (
            b"a = 1\nb = [1,,2]\nname = \"x\"\nname = \"y\"",
            "test.toml line 4: TOML syntax: duplicate key",
        ),
        (b"{", "test.toml line 1: JSON syntax: EOF"),
        (
            b"{\"name\": \"a\",\n\"name\": \"b\"}",
            "test.toml line 2: JSON syntax: the key `name` is given twice",
        ),
        (
            b"{\"seed\": null, \"jobQueues\": []}",
            "/seed: null is not a whole number",
        ),
        (b"{} {}", "JSON syntax: trailing characters"),
        (b"{\"seed\": 1e999}", "JSON syntax: number out of range"),
        (
            b"[[jobQueues]]\njobQueueName = 1\n",
            "test.toml line 2 /jobQueues/0/jobQueueName: `1` is not text",
        ),
    ];
    for (bytes, want) in cases {
        let problems = load("test.toml", bytes, &[], None, &NoFiles).unwrap_err();
        let problems = lines(&problems);
        assert!(
            problems.iter().any(|line| line.contains(want)),
            "{want}\n{problems:#?}"
        );
    }
    check_bytes("[".repeat(100_000).as_bytes());
    check_bytes(format!("a = {}", "[".repeat(100_000)).as_bytes());
    check_bytes("{\"a\":".repeat(100_000).as_bytes());
}

/// A scenario with one character changed, dropped or doubled at each place is read or refused, but never a panic.
#[test]
fn a_scenario_with_a_slip_of_one_character_anywhere_never_panics() {
    let text = format!("{BASE}{JOB}{FULL}");
    for at in (0..text.len()).step_by(3) {
        let mut bytes = text.clone().into_bytes();
        match at % 4 {
            0 => bytes[at] = b'9',
            1 => drop(bytes.remove(at)),
            2 => bytes.insert(at, bytes[at]),
            _ => bytes[at] = b'"',
        }
        check_bytes(&bytes);
    }
}

#[test]
fn problems_of_json_have_lines_as_those_of_toml_have() {
    let text = r#"{
  "name": "a \"}]{[,:\" name\\",
  "seed": -1,
  "computeEnvironments": [], "jobQueues": [
    { "jobQueueName": "q", "priority": 1,
      "computeEnvironmentOrder": [ {"order":1,
        "computeEnvironment": "nowhere"} ] },
    { "jobQueueName":
        "p", "prority": 2 }
  ]
, "model"
  : { "dispatchTick": null, "containerStart": [1,
  2], "profile": "ideel" } }"#;
    let problems = load("x.json", text.as_bytes(), &[], None, &NoFiles).unwrap_err();
    let mut places: Vec<(u64, &str)> = problems
        .iter()
        .map(|problem| (problem.line, problem.pointer.as_str()))
        .collect();
    places.dedup();
    for place in [
        (3, "/seed"),
        (9, "/jobQueues/1/prority"),
        (12, "/model/containerStart"),
        (13, "/model/profile"),
    ] {
        assert!(places.contains(&place), "{place:?} in {problems:#?}");
    }
    assert!(places.iter().all(|(line, _)| *line > 0), "{problems:#?}");
}
