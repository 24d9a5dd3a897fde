//! Which of everything a world has.

use batchcast::model::{
    Command, DependencyKind, EnvironmentKind, FateKind, Knob, Loop, Scenario, Value,
};

macro_rules! features {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// What a world has.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Features {
            $($(#[$doc])* pub $name: bool,)*
        }

        impl Features {
            /// Names and flags, for a loop over all of them.
            pub fn all(&self) -> Vec<(&'static str, bool)> {
                vec![$((stringify!($name), self.$name),)*]
            }

            /// What either has.
            pub fn or(self, other: Features) -> Features {
                Features { $($name: self.$name || other.$name,)* }
            }
        }
    };
}

features! {
    /// An array.
    array,
    /// A SEQUENTIAL array.
    sequential,
    /// A dependency on a whole submission.
    whole_dependency,
    /// A dependency on one child.
    child_dependency,
    /// An N_TO_N dependency.
    n_to_n,
    /// An attempt that fails and is tried again, if its strategy says so.
    retry,
    /// `evaluateOnExit`.
    evaluate_on_exit,
    /// A container that is never made.
    failed_to_start,
    /// A job that needs more memory than it asks for.
    out_of_memory,
    /// A timeout.
    timeout,
    /// A multi-node job.
    multi_node,
    /// A consumable resource that jobs ask for.
    consumables,
    /// A fair-share queue.
    fair_share,
    /// A compute reservation.
    reservation,
    /// A scheduling policy that changes.
    policy_update,
    /// CancelJob.
    cancel,
    /// TerminateJob.
    terminate,
    /// A machine that its owner takes away.
    machine_loss,
    /// A machine that joins late.
    machine_joins,
    /// A DISABLED or INVALID environment, at first or later.
    unusable_environment,
    /// A DISABLED queue, at first or later.
    disabled_queue,
    /// DeleteJobQueue.
    deleted_queue,
    /// A time-limit action.
    time_limit,
    /// A job that no machine holds.
    impossible_job,
    /// A submission that waits for another job's end.
    closed_loop,
    /// Several submissions at one moment.
    same_moment,
    /// A job of no length.
    zero_length,
    /// Several queues.
    several_queues,
    /// Several environments.
    several_environments,
    /// A rule that submits again.
    rule,
    /// A dispatch tick.
    dispatch_tick,
    /// A ceiling on how fast a queue dispatches.
    dispatch_rate,
    /// A dependency tick.
    dependency_tick,
    /// Time in STARTING.
    container_start,
    /// Billing by the hour.
    per_hour,
    /// EASY backfilling.
    easy,
    /// Conservative backfilling.
    conservative,
    /// Look-ahead.
    look_ahead,
    /// strict-held.
    strict_held,
    /// An order that is not first come first served.
    other_order,
}

/// What `scenario` has.
pub fn features(scenario: &Scenario) -> Features {
    let workload = &scenario.workload;
    let settings = &scenario.world.settings;
    let mut has = Features::default();
    let ticks = |knob| matches!(settings.value(knob), Value::Span(span) if !span.is_zero());
    has.dispatch_tick = ticks(Knob::DispatchTick);
    has.dispatch_rate = settings.ratio(Knob::DispatchRate).parts() > 0;
    has.dependency_tick = ticks(Knob::DependencyTick);
    has.container_start = ticks(Knob::ContainerStart);
    has.closed_loop = workload.closed_loop == Loop::Closed;
    has.rule = !scenario.rules.is_empty();
    has.same_moment = workload
        .rows
        .windows(2)
        .any(|pair| pair[0].submit == pair[1].submit);
    let biggest = scenario
        .world
        .catalogue
        .iter()
        .map(|(_, kind)| kind.nominal.vcpus)
        .max();
    for row in &workload.rows {
        has.zero_length |= row.work.is_zero();
        has.impossible_job |= row.vcpus > biggest.unwrap_or(0);
    }
    for extra in &workload.extras {
        has.array |= extra.array > 0;
        has.sequential |= extra.sequential;
        has.out_of_memory |= extra.peak_memory > 0;
    }
    for dependency in &workload.dependencies {
        match dependency.kind {
            DependencyKind::Whole => has.whole_dependency = true,
            DependencyKind::Child(_) => has.child_dependency = true,
            DependencyKind::SameIndex => has.n_to_n = true,
        }
    }
    let fails = workload.fates.iter().any(|fate| fate.exit_code > 0);
    has.failed_to_start = workload
        .fates
        .iter()
        .any(|fate| fate.kind == FateKind::FailedToStart);
    for template in &workload.templates {
        if let Some(retry) = &template.retry {
            has.retry |= fails && retry.attempts > 1;
            has.evaluate_on_exit |= !retry.evaluate_on_exit.is_empty();
        }
        has.timeout |= template.timeout.is_some();
        has.multi_node |= template.job_definition.as_deref() == Some("gang");
        has.consumables |= template
            .consumables
            .as_ref()
            .is_some_and(|asks| !asks.is_empty());
    }
    let (mut queues, mut environments) = (0, 0);
    for timed in &scenario.commands {
        match &timed.command {
            Command::CreateJobQueue(queue) => {
                queues += 1;
                has.fair_share |= queue.scheduling_policy.is_some();
                has.disabled_queue |= !queue.enabled;
                has.time_limit |= !queue.time_limit_actions.is_empty();
                has.other_order |= queue.order.as_deref().is_some_and(|order| order != "fifo");
                match queue.discipline.as_deref() {
                    Some("easy") => has.easy = true,
                    Some("conservative") => has.conservative = true,
                    Some("strict-held") => has.strict_held = true,
                    Some(name) if name.starts_with("lookahead") => has.look_ahead = true,
                    _ => {}
                }
            }
            Command::CreateComputeEnvironment(environment) => {
                environments += 1;
                has.unusable_environment |= !environment.enabled || !environment.valid;
                let (machines, billing) = match &environment.kind {
                    EnvironmentKind::Unmanaged {
                        machines, billing, ..
                    } => (machines.as_slice(), billing),
                    EnvironmentKind::Managed(spec) => (&[][..], &spec.billing),
                    EnvironmentKind::Fargate(_) => (&[][..], &batchcast::model::Billing::PerSecond),
                };
                has.per_hour |= *billing == batchcast::model::Billing::PerHour;
                for group in machines {
                    has.machine_loss |= group.terminate.is_some();
                    has.machine_joins |= group.launch.ms() > 0;
                }
            }
            Command::UpdateComputeEnvironment(update) => {
                has.unusable_environment |=
                    update.enabled == Some(false) || update.valid == Some(false);
            }
            Command::CreateSchedulingPolicy(policy) => {
                has.reservation |= policy.fairshare.compute_reservation > 0;
            }
            Command::UpdateSchedulingPolicy(_) => has.policy_update = true,
            Command::UpdateJobQueue(update) => has.disabled_queue |= update.enabled == Some(false),
            Command::DeleteJobQueue { .. } => has.deleted_queue = true,
            Command::CancelJob { .. } => has.cancel = true,
            Command::TerminateJob { .. } => has.terminate = true,
            Command::RunInstances { .. } => has.machine_joins = true,
            Command::TerminateInstances { .. } => has.machine_loss = true,
            _ => {}
        }
    }
    has.several_queues = queues > 1;
    has.several_environments = environments > 1;
    has
}
