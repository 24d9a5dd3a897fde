//! Which jobs behind a head that waits for room may start.

mod conservative;
mod easy;
mod look_ahead;
mod strict;
mod strict_held;

use crate::units::{JobId, Shape, SimTime, Span};

use super::capacity::Reservation;

/// A place in the order of a queue (of a share): class, rank, job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Retried jobs before others, then by scheduling priority.
    pub class: u64,
    /// The job order's rank.
    pub rank: u64,
    /// The job; of a block of like jobs, its first.
    pub job: JobId,
}

/// A job that waits, or the first of a block of like jobs in a row.
#[derive(Clone, Copy, Debug)]
pub struct Waiting {
    /// Its place.
    pub place: Place,
    /// Its share's place in the queue.
    pub lane: u32,
    /// Jobs in the block, from this one on.
    pub count: u32,
    /// What it asks for.
    pub shape: Shape,
    /// Expected time from placement to end.
    pub estimate: Span,
}

impl Waiting {
    /// The place of the last job of the block.
    pub fn last(&self) -> Place {
        Place {
            job: JobId(self.place.job.0 + self.count - 1),
            ..self.place
        }
    }
}

/// What a look through the waiting jobs is for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// It must fit in this.
    pub room: Shape,
    /// And end within this …
    pub within: Span,
    /// … or need no more vCPUs than this.
    pub or_vcpus: u32,
}

impl Wanted {
    /// Whatever fits in `room`.
    pub fn fitting(room: Shape) -> Wanted {
        Wanted {
            room,
            within: Span::from_ms(u64::MAX),
            or_vcpus: u32::MAX,
        }
    }

    /// Whether a job of this shape and estimate is wanted.
    pub fn admits(&self, shape: Shape, estimate: Span) -> bool {
        shape.fits(self.room) && (estimate <= self.within || shape.vcpus <= self.or_vcpus)
    }
}

/// Why a job did not start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// No machine has room.
    Capacity,
    /// A consumable resource is lacking.
    Consumable,
    /// A reserve is kept free, or the environment may not grow.
    MaxVcpus,
    /// The next scaling decision is still to come.
    Scaling,
    /// A machine for it is being launched.
    Boot,
    /// The queue has dispatched as much as it may for now: nothing more starts in this pass.
    Token,
}

/// What a discipline is lent for one pass over one queue.
pub trait Turn {
    /// The moment of the pass.
    fn now(&self) -> SimTime;
    /// The first job in order; on fair share, of the share whose turn it is.
    fn head(&mut self) -> Option<Waiting>;
    /// The first wanted job behind `after` (from the start of the order where that is `None`).
    fn next(&mut self, after: Option<Place>, wanted: &Wanted) -> Option<Waiting>;
    /// Starts a job if it can be placed now.
    ///
    /// # Errors
    /// Why it cannot.
    fn start(&mut self, waiting: &Waiting) -> Result<(), Hold>;
    /// Starts a job if it can be placed now beside a reservation, and takes its room from what is spare.
    ///
    /// # Errors
    /// Why it cannot.
    fn start_beside(
        &mut self,
        waiting: &Waiting,
        reservation: &mut Reservation,
    ) -> Result<(), Hold>;
    /// On fair share, where a head that does not fit does not keep the other shares waiting: sets its share aside for
    /// this pass and says true.
    fn pass_over(&mut self) -> bool;
    /// Whether the job at `place` still waits.
    fn waits(&self, place: Place) -> bool;
    /// An upper bound of the room on any machine now.
    fn room(&self) -> Shape;
    /// When the job could start by the estimates, and what is spare then.
    fn reserve(&self, waiting: &Waiting) -> Option<Reservation>;
    /// Room now and expected ends, where there is one machine.
    fn profile(&self) -> Option<(Shape, Vec<(SimTime, Shape)>)>;
    /// Whether anything but arrivals happened to this queue or its machines since the last pass.
    fn has_changed(&self) -> bool;
    /// Jobs that came into the order since the last pass, in no particular order.
    fn fresh(&self) -> &[Place];
    /// The waiting job at `place`.
    fn find(&self, place: Place) -> Option<Waiting>;
    /// Asks for a pass at `at`.
    fn wake(&mut self, at: SimTime);
}

/// A dispatch discipline at work on one queue.
pub trait Dispatch {
    /// Starts what may start now.
    fn pass(&mut self, turn: &mut dyn Turn);

    /// Whether it plans with the estimates of what runs ([`Turn::reserve`], [`Turn::profile`]) or asks for fresh jobs: they
    /// are kept only then.
    fn plans(&self) -> bool {
        false
    }

    /// Whether a job that was tried first and could not start stays the head, whatever more urgent one comes.
    fn holds_its_head(&self) -> bool {
        false
    }

    /// Whether it works on one machine only.
    fn needs_one_machine(&self) -> bool {
        false
    }

    /// Whether it starts nothing behind a head that waits: jobs that come in behind one need no pass then.
    fn stops_at_its_head(&self) -> bool {
        false
    }
}

/// A dispatch discipline by name, with its parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discipline {
    /// Nothing passes the head; it is chosen anew in each pass. AWS Batch's assumed rule.
    Strict,
    /// Nothing passes the head; once chosen it keeps its place until it starts.
    StrictHeld,
    /// The first of the head and the `k` jobs behind it that fit may start.
    LookAhead {
        /// How many jobs behind the head are looked at.
        k: u32,
    },
    /// EASY backfilling: whoever does not delay the head may pass it.
    Easy,
    /// Conservative backfilling: whoever delays nobody ahead may pass.
    Conservative,
}

impl Discipline {
    /// One at work.
    pub fn make(self) -> Box<dyn Dispatch> {
        match self {
            Discipline::Strict => Box::new(strict::Strict),
            Discipline::StrictHeld => Box::new(strict_held::StrictHeld::default()),
            Discipline::LookAhead { k } => Box::new(look_ahead::LookAhead { k }),
            Discipline::Easy => Box::new(easy::Easy::default()),
            Discipline::Conservative => Box::new(conservative::Conservative::default()),
        }
    }
}

/// A known discipline: its name and a sentence.
#[derive(Clone, Copy, Debug)]
pub struct KnownDiscipline {
    /// The name that scenarios and `--discipline` use; `K` stands for a number.
    pub name: &'static str,
    /// What it does, and what it costs.
    pub sentence: &'static str,
}

/// Every known discipline.
pub const DISCIPLINES: &[KnownDiscipline] = &[
    KnownDiscipline {
        name: "strict",
        sentence: "Nothing passes the head, which is chosen anew in each pass.",
    },
    KnownDiscipline {
        name: "strict-held",
        sentence: "Nothing passes the head, which keeps its place until it starts.",
    },
    KnownDiscipline {
        name: "lookahead:K",
        sentence: "Of the head and the K jobs behind it, those that fit start.",
    },
    KnownDiscipline {
        name: "easy",
        sentence: "EASY backfilling: a later job starts if by the estimates it does not delay the head.",
    },
    KnownDiscipline {
        name: "conservative",
        sentence: "Conservative backfilling: every job has a planned start that no later job delays. Costs the backlog at each end; one machine only.",
    },
];

/// Most jobs that `lookahead:K` may look at.
pub const LOOK_AHEAD_MAX: u32 = 100_000;

/// The discipline called `name`, such as `easy` or `lookahead:100`.
///
/// # Errors
/// A sentence with the names there are.
pub fn find(name: &str) -> Result<Discipline, String> {
    match name {
        "strict" => return Ok(Discipline::Strict),
        "strict-held" => return Ok(Discipline::StrictHeld),
        "easy" => return Ok(Discipline::Easy),
        "conservative" => return Ok(Discipline::Conservative),
        _ => {}
    }
    if let Some(k) = name.strip_prefix("lookahead:") {
        return match k.parse::<u32>() {
            Ok(k) if k <= LOOK_AHEAD_MAX => Ok(Discipline::LookAhead { k }),
            _ => Err(format!(
                "`{k}` is not a look-ahead; use a whole number from 0 to {LOOK_AHEAD_MAX}"
            )),
        };
    }
    let names: Vec<&str> = DISCIPLINES.iter().map(|known| known.name).collect();
    Err(format!(
        "`{name}` is not a dispatch discipline; use one of {}",
        names.join(", ")
    ))
}
