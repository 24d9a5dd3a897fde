//! Everything that `summary.json` and the summary on the terminal say.

use crate::billing::lines::Line;
use crate::model::{ASSUMPTIONS, CostCauses, Loop, Profile, QuotaUse, Settings, Tag, TimeCause};
use crate::units::{Shape, Span, Usd};

use super::{CostBounds, Decimal, Failure, GroupList, HeadOfLine, MachineTotals};

/// A run in figures. See [`super::DEFINITIONS`] for what each means.
#[derive(Clone, Debug)]
pub struct Summary {
    /// Name of the scenario.
    pub scenario: String,
    /// The seed.
    pub seed: u64,
    /// Digest of all events: equal digests, equal runs.
    pub digest: u64,
    /// Events handled.
    pub events: u64,
    /// End of the run, from its time zero.
    pub end: Span,
    /// Last end of a job minus first submission; `None` where no job ended.
    pub makespan: Option<Span>,
    /// What no schedule can beat.
    pub bounds: LowerBounds,
    /// Jobs by what became of them.
    pub jobs: JobCounts,
    /// Waits in seconds.
    pub wait_s: Distribution,
    /// The same by queue and by share, with jobs, vCPU-time and cost.
    pub groups: GroupList,
    /// Jobs that FAILED, by why: at most [`Summary::REASONS`].
    pub failures: Vec<Failure>,
    /// Bounded slowdowns.
    pub bounded_slowdown: Distribution,
    /// Jobs that ended per hour of makespan; `None` where that is zero.
    pub throughput_jobs_per_h: Option<Decimal>,
    /// How full the machines were.
    pub utilization: Utilization,
    /// Milliseconds of all jobs' lives, by cause, in the order of [`TimeCause::ALL`].
    pub time_causes_ms: [u128; TimeCause::ALL.len()],
    /// The bill.
    pub cost: CostCauses,
    /// The lines of it that belong to no instance, by hour.
    pub lines: Vec<Line>,
    /// What no choice of machines can cost less than.
    pub cost_bounds: CostBounds,
    /// What last attempts had reserved while they ran: vCPU-, MiB- and GPU-milliseconds.
    pub reserved_ms: [u128; 3],
    /// The most vCPUs, MiB and GPUs that one job that ran had reserved, each of whichever job.
    pub largest_job: Shape,
    /// Machines and their bill by environment, in order of creation.
    pub by_environment: Vec<(String, MachineTotals)>,
    /// Machines and their bill by instance type, by name; types of which there were none are left out.
    pub by_instance_type: Vec<(String, MachineTotals)>,
    /// EC2's quotas that have a limit, or of which anything was used.
    pub quotas: Vec<QuotaUse>,
    /// The same run with the other answer to whether a job may pass a head that does not fit; `None` where that was not asked,
    /// or makes no difference by construction.
    pub head_of_line: Option<HeadOfLine>,
    /// Whether submissions waited for completions.
    pub closed_loop: Loop,
    /// The profile that defaults came from.
    pub profile: Profile,
    /// Every assumed parameter and its value.
    pub assumptions: Vec<AssumptionValue>,
    /// Why submissions were refused, the most frequent first, then by text: at most [`Summary::REASONS`].
    pub rejected: Vec<(String, u64)>,
    /// Operator commands that were refused, likewise.
    pub rejected_commands: Vec<(String, u64)>,
    /// Why jobs are left, likewise.
    pub unfinished: Vec<(String, u64)>,
    /// How often a queue's head was declared blocked, by AWS's reason, likewise.
    pub blocked: Vec<(String, u64)>,
    /// What the reader dropped, by rule.
    pub dropped: Vec<(String, u64)>,
    /// What the reader repaired, by rule; `estimate-raised` are jobs that ran longer than they had said.
    pub repaired: Vec<(String, u64)>,
    /// Keys of the scenario that mean something to AWS and nothing to the simulation.
    pub ignored_keys: Vec<String>,
}

impl Summary {
    /// Most reasons of one kind that are listed; the rest is summed up as one.
    pub const REASONS: usize = 20;
    /// Most shares that are listed; the rest is summed up as one.
    pub const SHARES: usize = 1000;

    /// The whole bill.
    pub fn cost_total(&self) -> Usd {
        self.cost.total()
    }

    /// All machines together.
    pub fn machines(&self) -> MachineTotals {
        let all = self.by_environment.iter().map(|(_, totals)| totals);
        all.fold(MachineTotals::default(), MachineTotals::plus)
    }

    /// The largest of the lower bounds on the makespan.
    pub fn lower_bound(&self) -> Span {
        let bounds = &self.bounds;
        bounds
            .critical_path
            .max(bounds.area)
            .max(bounds.longest_job)
    }
}

/// Lower bounds on the makespan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LowerBounds {
    /// The longest chain of submission, dependencies and work.
    pub critical_path: Span,
    /// vCPU-time of last attempts over the most vCPUs there ever were.
    pub area: Span,
    /// The longest last attempt.
    pub longest_job: Span,
}

/// Jobs by what became of them; an array counts as its children.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JobCounts {
    /// Accepted. Equals `succeeded + failed + unfinished`.
    pub submitted: u64,
    /// Ended with exit code 0.
    pub succeeded: u64,
    /// Ended otherwise.
    pub failed: u64,
    /// Not ended.
    pub unfinished: u64,
    /// Refused.
    pub rejected: u64,
    /// Left out by the reader.
    pub dropped: u64,
    /// Changed by the reader. A job that two rules changed counts twice.
    pub repaired: u64,
    /// Attempts of jobs that ended.
    pub attempts: u64,
}

/// A distribution over jobs; all `None` where there was no job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Distribution {
    /// Arithmetic mean.
    pub mean: Option<Decimal>,
    /// Median, by nearest rank.
    pub p50: Option<Decimal>,
    /// 95 % of values are not above it, by nearest rank.
    pub p95: Option<Decimal>,
    /// The largest.
    pub max: Option<Decimal>,
}

/// How full the machines were over the makespan; `None` where there was nothing to fill.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Utilization {
    /// vCPUs reserved over those of machines that were up.
    pub vcpus_of_provisioned: Option<Decimal>,
    /// vCPUs reserved over those that the environments may have.
    pub vcpus_of_max: Option<Decimal>,
    /// Memory reserved over that of machines that were up; `None` too where no machine limits memory.
    pub memory_of_provisioned: Option<Decimal>,
}

/// One assumed parameter of the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssumptionValue {
    /// Its key in `[model]`.
    pub key: &'static str,
    /// Its value with its unit.
    pub value: String,
    /// What it rests on.
    pub tag: Tag,
    /// Whether it is another than the profile gives.
    pub changed: bool,
    /// What it means.
    pub sentence: &'static str,
}

/// All parameters of `settings`, in the order of the list of assumptions.
pub fn assumption_values(settings: &Settings) -> Vec<AssumptionValue> {
    ASSUMPTIONS
        .iter()
        .map(|assumption| AssumptionValue {
            key: assumption.key,
            value: settings.value(assumption.knob).to_string(),
            tag: assumption.tag,
            changed: settings.is_changed(assumption.knob),
            sentence: assumption.sentence,
        })
        .collect()
}
