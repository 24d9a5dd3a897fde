//! How a job that may be moved between Spot and On-Demand keeps a deadline at the least cost, while Spot comes and goes ("Can't Be
//! Late", NSDI 2024). Time is counted in ticks, those of the trace of availability.

mod greedy;
mod omniscient;
mod uniform_progress;

/// What a job runs on during a tick.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Machine {
    /// Nothing: it waits, and costs nothing.
    #[default]
    Idle,
    /// A Spot instance.
    Spot,
    /// An On-Demand instance, which there always is.
    OnDemand,
}

/// What a policy sees at the beginning of a tick.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// Ticks since the job began.
    pub tick: u64,
    /// Ticks from its begin to its deadline.
    pub deadline: u64,
    /// Ticks of work it has in all.
    pub work: u64,
    /// Ticks of work that are done.
    pub done: u64,
    /// Ticks that a start on a machine takes before work goes on. They are paid.
    pub changeover: u64,
    /// Ticks of a change-over that are still to pass on the machine it is on.
    pub owed: u64,
    /// What it is on; [`Machine::Idle`] where its Spot instance was just taken.
    pub on: Machine,
    /// Whether Spot is to be had during this tick.
    pub has_spot: bool,
    /// Whether Spot is to be had during this tick and each later one until the deadline. Nobody knows that; it is there for the
    /// bound that policies are held against.
    pub ahead: &'a [bool],
}

impl View<'_> {
    /// Ticks of work that are not done.
    pub fn remaining(&self) -> u64 {
        self.work - self.done
    }

    /// Ticks until the deadline, this one included; 0 from the deadline on.
    pub fn left(&self) -> u64 {
        self.deadline.saturating_sub(self.tick)
    }

    /// Whether only On-Demand from now to the end keeps the deadline, if anything does: a tick on anything else, and there is no
    /// time left to change over to it (or back).
    pub fn is_last_call(&self) -> bool {
        self.left() <= self.remaining() + self.changeover
    }
}

/// A way to keep a deadline.
pub trait DeadlinePolicy {
    /// What to run on during this tick. [`Machine::Spot`] where there is none is the same as [`Machine::Idle`].
    fn choose(&mut self, view: &View<'_>) -> Machine;
}

/// A known policy: its name, one sentence, and how to make one.
#[derive(Clone, Copy)]
pub struct KnownDeadline {
    /// The name that `--policy` uses.
    pub name: &'static str,
    /// What it does.
    pub sentence: &'static str,
    /// Makes one for one job.
    pub make: fn() -> Box<dyn DeadlinePolicy>,
}

/// Every known policy; the order of this list is the order of tables.
pub const DEADLINE_POLICIES: &[KnownDeadline] =
    &[greedy::KNOWN, uniform_progress::KNOWN, omniscient::KNOWN];

/// The policies that `name` stands for: one, or `all`.
///
/// # Errors
/// A sentence with the names there are.
pub fn find(name: &str) -> Result<&'static [KnownDeadline], String> {
    if name == "all" {
        return Ok(DEADLINE_POLICIES);
    }
    let mut known = DEADLINE_POLICIES.chunks(1);
    known.find(|one| one[0].name == name).ok_or_else(|| {
        let names: Vec<&str> = DEADLINE_POLICIES.iter().map(|known| known.name).collect();
        format!(
            "`{name}` is not a way to keep a deadline; use one of {}, or all",
            names.join(", ")
        )
    })
}

impl std::fmt::Debug for KnownDeadline {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}
