//! Which jobs behind a head that waits for room may start.

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
