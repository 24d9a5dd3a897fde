//! The search for a configuration that meets a target: many tried shortly, few at length, under common random numbers.
//!
//! A configuration is one value of each knob; value 0 is what holds today. Where the space is small all of it is tried, otherwise
//! one knob is turned at a time from the best so far, then two at once, until nothing is better. Each is tried with
//! [`SCREEN`] seeds; those that look best, and those that nothing tried beats in cost, finish and wait at once, then race with
//! all seeds. What is told of a configuration is told of all seeds only.

use std::collections::BTreeMap;

use super::configuration::{
    COST, Configuration, Floor, MAKESPAN, SCREEN, SearchQuestion, Seen, Space, TargetKind, WAIT_P95,
};
use super::each;
use super::study::difference;

/// Configurations that race at most with all seeds, besides today's.
const FINALISTS: usize = 12;
/// Seeds between two looks at the race.
const LEG: u64 = 3;
/// Configurations that run at once: a constant, so that threads make no difference.
const BATCH: usize = 16;

/// What a search came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Today's first, then the others that ran with all seeds, the best first.
    pub finalists: Vec<Configuration>,
    /// Which of them is best, where one meets the target.
    pub best: Option<usize>,
    /// Which comes nearest where none does.
    pub nearest: usize,
    /// Those that none of them beats in cost, finish and risk at once, and today's.
    pub frontier: Vec<usize>,
    /// Configurations that ran.
    pub tried: u64,
    /// Configurations that a bound discarded before they ran.
    pub discarded: u64,
    /// Configurations that cannot be.
    pub refused: u64,
    /// Runs.
    pub runs: u64,
    /// Whether every configuration was tried or discarded.
    pub is_exhaustive: bool,
}

/// How good a configuration is, least first: whether it loses jobs or misses the target, by how much, and then what is wanted.
type Score = (u8, f64);

fn better(one: Score, other: Score) -> std::cmp::Ordering {
    one.0.cmp(&other.0).then(one.1.total_cmp(&other.1))
}

struct Search<'a, S> {
    question: &'a SearchQuestion,
    space: &'a S,
    sizes: Vec<usize>,
    seen: BTreeMap<Vec<usize>, Vec<Seen>>,
    /// Choices that need not or cannot run.
    closed: BTreeMap<Vec<usize>, Closed>,
    today: Configuration,
    runs: u64,
    step: &'a (dyn Fn() + Sync),
}

#[derive(Clone, Copy, PartialEq)]
enum Closed {
    ByBound,
    Refused,
}

/// Searches `space`. `starts` are configurations to try besides today's; `step` is called after each run.
///
/// # Errors
/// Why today's configuration cannot run.
pub fn search<S: Space>(
    question: &SearchQuestion,
    space: &S,
    starts: &[Vec<usize>],
    step: &(dyn Fn() + Sync),
) -> Result<Found, String> {
    let sizes = space.sizes();
    let choice = vec![0; sizes.len()];
    let numbers: Vec<u64> = (0..question.replications).collect();
    let runs = each(&numbers, |&number| {
        let run = space.run(&choice, number);
        step();
        run
    });
    let runs: Vec<Seen> = runs.into_iter().collect::<Result<_, String>>()?;
    let mut search = Search {
        question,
        space,
        sizes,
        seen: BTreeMap::from([(choice.clone(), runs.clone())]),
        closed: BTreeMap::new(),
        today: Configuration { choice, runs },
        runs: question.replications,
        step,
    };
    let is_exhaustive = search.explore(starts);
    Ok(search.race(is_exhaustive))
}

impl<S: Space> Search<'_, S> {
    /// Configurations that may race: half of the runs at most are theirs.
    fn finalists(&self) -> usize {
        let question = self.question;
        let half = question.simulations.saturating_sub(question.replications) / 2;
        let each = question.replications.saturating_sub(SCREEN).max(1);
        FINALISTS.min((half / each) as usize).max(1)
    }

    /// Runs that are kept for the race.
    fn reserve(&self) -> u64 {
        self.finalists() as u64 * self.question.replications.saturating_sub(SCREEN)
    }

    fn room(&self) -> usize {
        let spent = self.runs + self.reserve();
        (self.question.simulations.saturating_sub(spent) / SCREEN) as usize
    }

    fn explore(&mut self, starts: &[Vec<usize>]) -> bool {
        let all = self
            .sizes
            .iter()
            .try_fold(1_usize, |all, size| all.checked_mul(*size));
        if let Some(all) = all.filter(|all| *all <= self.room()) {
            let choices = (0..all).map(|number| self.choice(number)).collect();
            self.screen(choices);
            return true;
        }
        self.screen(starts.to_vec());
        while self.room() > 0 {
            let (before, best) = self.leader();
            self.screen(self.around(&best, false));
            if better(self.leader().0, before).is_lt() {
                continue;
            }
            self.screen(self.around(&best, true));
            if better(self.leader().0, before).is_ge() {
                break;
            }
        }
        false
    }

    fn choice(&self, mut number: usize) -> Vec<usize> {
        let digit = |size: &usize| {
            let digit = number % size;
            number /= size;
            digit
        };
        self.sizes.iter().map(digit).collect()
    }

    /// Configurations with one knob turned, or two.
    fn around(&self, from: &[usize], two: bool) -> Vec<Vec<usize>> {
        let turns = |from: &[usize], first: usize| -> Vec<(usize, Vec<usize>)> {
            let mut found = Vec::new();
            for knob in first..from.len() {
                for value in (0..self.sizes[knob]).filter(|value| *value != from[knob]) {
                    let mut next = from.to_vec();
                    next[knob] = value;
                    found.push((knob, next));
                }
            }
            found
        };
        let one = turns(from, 0);
        match two {
            false => one.into_iter().map(|(_, choice)| choice).collect(),
            // Those near to what did well alone come first, as there may not be room for all.
            true => {
                let mut one: Vec<(Score, usize, Vec<usize>)> = one
                    .into_iter()
                    .filter_map(|(knob, choice)| Some((self.score(&choice)?, knob, choice)))
                    .collect();
                one.sort_by(|a, b| better(a.0, b.0));
                let pairs = one
                    .iter()
                    .enumerate()
                    .flat_map(|(place, (_, knob, choice))| {
                        one[..place]
                            .iter()
                            .filter(move |(_, other, _)| other != knob)
                            .map(move |(_, other, with)| {
                                let mut pair = choice.clone();
                                pair[*other] = with[*other];
                                (place, pair)
                            })
                    });
                let mut pairs: Vec<(usize, Vec<usize>)> = pairs.collect();
                pairs.sort();
                pairs.into_iter().map(|(_, choice)| choice).collect()
            }
        }
    }

    /// Tries `choices` that are new, as long as there is room.
    fn screen(&mut self, choices: Vec<Vec<usize>>) {
        let mut new: Vec<Vec<usize>> = Vec::new();
        for choice in choices {
            let is_known = self.seen.contains_key(&choice) || self.closed.contains_key(&choice);
            if !is_known && !new.contains(&choice) {
                new.push(choice);
            }
        }
        for batch in new.chunks(BATCH) {
            let (leader, _) = self.leader();
            let floors = each(batch, |choice| self.space.floor(choice, &self.today.runs));
            let mut open = Vec::new();
            for (choice, floor) in batch.iter().zip(floors) {
                match floor {
                    Err(_) => drop(self.closed.insert(choice.clone(), Closed::Refused)),
                    Ok(floor) if self.is_hopeless(&floor, leader) => {
                        self.closed.insert(choice.clone(), Closed::ByBound);
                    }
                    Ok(_) => open.push(choice.clone()),
                }
            }
            open.truncate(self.room());
            self.extend(&open, SCREEN);
        }
    }

    /// Whether a bound shows that a configuration misses the target or is no better than the best so far.
    fn is_hopeless(&self, floor: &Floor, leader: Score) -> bool {
        let target = &self.question.target;
        let misses = match target.kind {
            TargetKind::Deadline => floor.makespan > target.limit,
            TargetKind::Budget => floor.cost > target.limit,
            TargetKind::WaitP95 => false,
        };
        let is_beaten = match self.question.minimize {
            COST => floor.cost > leader.1,
            MAKESPAN => floor.makespan > leader.1,
            _ => false,
        };
        // Where nothing meets the target yet, what comes nearest is wanted too.
        leader.0 == 0 && (misses || is_beaten)
    }

    /// Runs `choices` until each has `count` runs.
    fn extend(&mut self, choices: &[Vec<usize>], count: u64) {
        let mut asked: Vec<(&Vec<usize>, u64)> = Vec::new();
        for choice in choices {
            let made = self.seen.get(choice).map_or(0, |runs| runs.len() as u64);
            asked.extend((made..count).map(|number| (choice, number)));
        }
        let results = each(&asked, |(choice, number)| {
            let run = self.space.run(choice, *number);
            (self.step)();
            run
        });
        self.runs += asked.len() as u64;
        for ((choice, _), result) in asked.into_iter().zip(results) {
            match result {
                Ok(run) => self.seen.entry(choice.clone()).or_default().push(run),
                Err(_) => drop(self.closed.insert(choice.clone(), Closed::Refused)),
            }
        }
        let closed = &self.closed;
        self.seen.retain(|choice, _| !closed.contains_key(choice));
    }

    fn score(&self, choice: &[usize]) -> Option<Score> {
        let runs = self.seen.get(choice)?;
        let one = Configuration {
            choice: choice.to_vec(),
            runs: runs.clone(),
        };
        Some(score(&one, &self.today, self.question))
    }

    /// The best so far; of equals that which changes least.
    fn ranked(&self) -> Vec<(Score, Vec<usize>)> {
        let scored = self
            .seen
            .keys()
            .filter_map(|choice| Some((self.score(choice)?, choice.clone())));
        let mut ranked: Vec<(Score, Vec<usize>)> = scored.collect();
        ranked.sort_by(|a, b| {
            better(a.0, b.0)
                .then_with(|| changes(&a.1).cmp(&changes(&b.1)))
                .then_with(|| a.1.cmp(&b.1))
        });
        ranked
    }

    fn leader(&self) -> (Score, Vec<usize>) {
        let fallback = || ((u8::MAX, f64::INFINITY), self.today.choice.clone());
        self.ranked().into_iter().next().unwrap_or_else(fallback)
    }

    /// The finalists run with all seeds, but those that are surely worse are left on the way.
    fn race(mut self, is_exhaustive: bool) -> Found {
        let all = self.question.replications;
        let tried = self.seen.len() as u64;
        let ranked = self.ranked();
        let mut left: Vec<Vec<usize>> = Vec::new();
        let front = self.front(&ranked);
        // The best by what is wanted, and those that give less of one thing for more of another.
        for (_, choice) in ranked.iter().take(self.finalists().div_ceil(2)) {
            left.push(choice.clone());
        }
        for choice in front
            .into_iter()
            .chain(ranked.iter().map(|(_, choice)| choice.clone()))
        {
            if left.len() < self.finalists() && !left.contains(&choice) {
                left.push(choice);
            }
        }
        left.retain(|choice| *choice != self.today.choice);
        let mut count = SCREEN;
        while count < all {
            count = (count + LEG).min(all);
            self.extend(&left, count);
            left.retain(|choice| self.seen.contains_key(choice));
            if count < all {
                left = self.without_the_beaten(left);
            }
        }
        let mut finalists: Vec<Configuration> = left
            .into_iter()
            .filter_map(|choice| {
                let runs = self.seen.remove(&choice)?;
                Some(Configuration { choice, runs })
            })
            .collect();
        let key = |one: &Configuration| score(one, &self.today, self.question);
        finalists.sort_by(|a, b| {
            better(key(a), key(b))
                .then_with(|| changes(&a.choice).cmp(&changes(&b.choice)))
                .then_with(|| a.choice.cmp(&b.choice))
        });
        finalists.insert(0, self.today.clone());
        let places = 0..finalists.len();
        let nearest = places.min_by(|&a, &b| better(key(&finalists[a]), key(&finalists[b])));
        let nearest = nearest.unwrap_or(0);
        let best = (key(&finalists[nearest]).0 == 0).then_some(nearest);
        let count = |which| self.closed.values().filter(|one| **one == which).count() as u64;
        Found {
            frontier: frontier(&finalists, self.question, nearest),
            best,
            nearest,
            tried,
            discarded: count(Closed::ByBound),
            refused: count(Closed::Refused),
            runs: self.runs,
            is_exhaustive,
            finalists,
        }
    }

    /// Of those that ran shortly: none that another beats in cost, finish and wait at once; the cheapest first.
    fn front(&self, ranked: &[(Score, Vec<usize>)]) -> Vec<Vec<usize>> {
        let points: Vec<([f64; 3], &Vec<usize>)> = ranked
            .iter()
            .filter(|(score, _)| score.0 < 2)
            .filter_map(|(_, choice)| {
                let runs = self.seen.get(choice)?.iter().take(SCREEN as usize);
                let one = Configuration {
                    choice: choice.clone(),
                    runs: runs.cloned().collect(),
                };
                let mean = |place| one.estimate(place, self.question.confidence).mean;
                Some(([COST, MAKESPAN, WAIT_P95].map(mean), choice))
            })
            .collect();
        let mut front: Vec<&([f64; 3], &Vec<usize>)> = points
            .iter()
            .filter(|(own, _)| !points.iter().any(|(other, _)| dominates(other, own)))
            .collect();
        front.sort_by(|a, b| a.0[0].total_cmp(&b.0[0]));
        front
            .into_iter()
            .map(|(_, choice)| (*choice).clone())
            .collect()
    }

    /// Leaves out what the first of `left` surely beats in cost and in finish, seed by seed.
    fn without_the_beaten(&self, left: Vec<Vec<usize>>) -> Vec<Vec<usize>> {
        let of = |choice: &Vec<usize>| Configuration {
            choice: choice.clone(),
            runs: self.seen.get(choice).cloned().unwrap_or_default(),
        };
        let Some(first) = left.iter().map(of).min_by(|a, b| {
            let key = |one: &Configuration| score(one, &self.today, self.question);
            better(key(a), key(b))
        }) else {
            return left;
        };
        let base = first.observations();
        let is_beaten = |choice: &Vec<usize>| {
            let own = of(choice).observations();
            [COST, MAKESPAN].iter().all(|&place| {
                let apart = difference(&base, &own, place, self.question.confidence);
                apart.is_some_and(|apart| apart.is_sure() && apart.estimate.mean > 0.0)
            })
        };
        left.into_iter()
            .filter(|choice| !is_beaten(choice))
            .collect()
    }
}

fn changes(choice: &[usize]) -> usize {
    choice.iter().filter(|value| **value != 0).count()
}

fn score(one: &Configuration, today: &Configuration, question: &SearchQuestion) -> Score {
    let lost = one.lost(today);
    if lost > 0.0 {
        return (2, lost);
    }
    let judged = one.judged(&question.target, question.confidence);
    if judged > question.target.limit {
        return (1, judged);
    }
    let values = one.values(question.minimize);
    (0, values.iter().sum::<f64>() / values.len().max(1) as f64)
}

fn dominates<const N: usize>(one: &[f64; N], other: &[f64; N]) -> bool {
    let pairs = || one.iter().zip(other);
    pairs().all(|(one, other)| one <= other) && pairs().any(|(one, other)| one < other)
}

/// Those that none beats in cost, finish and risk at once; today's and `chosen` stay.
fn frontier(all: &[Configuration], question: &SearchQuestion, chosen: usize) -> Vec<usize> {
    let points: Vec<[f64; 3]> = all
        .iter()
        .map(|one| {
            let mean = |place| one.estimate(place, question.confidence).mean;
            [mean(COST), mean(MAKESPAN), one.risk(&question.target)]
        })
        .collect();
    let is_kept = |place: usize| {
        let is_lossy = all[place].lost(&all[0]) > 0.0;
        let is_beaten = (0..all.len()).any(|other| {
            dominates(&points[other], &points[place])
                || (other < place && points[other] == points[place])
        });
        place == 0 || place == chosen || (!is_beaten && !is_lossy)
    };
    let mut kept: Vec<usize> = (0..all.len()).filter(|&place| is_kept(place)).collect();
    kept.sort_by(|&a, &b| points[a][0].total_cmp(&points[b][0]));
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::configuration::{NOT_SUCCEEDED, Target};
    use crate::plan::{MEASURES, Observation};

    /// Costs and ends that are functions of the choice and the seed.
    struct Toy {
        sizes: Vec<usize>,
        cost: fn(&[usize]) -> f64,
        makespan: fn(&[usize]) -> f64,
    }

    impl Space for Toy {
        fn sizes(&self) -> Vec<usize> {
            self.sizes.clone()
        }

        fn floor(&self, choice: &[usize], _: &[Seen]) -> Result<Floor, String> {
            match choice {
                [5, 5, ..] => Err("not both".to_owned()),
                _ => Ok(Floor {
                    cost: (self.cost)(choice) / 2.0,
                    makespan: 1.0,
                }),
            }
        }

        fn run(&self, choice: &[usize], number: u64) -> Result<Seen, String> {
            let luck = 1.0 + (number * 7 % 5) as f64 / 50.0;
            let mut values = vec![Some(0.0); MEASURES.len()];
            values[COST] = Some((self.cost)(choice) * luck);
            values[MAKESPAN] = Some((self.makespan)(choice) * luck);
            let observation = Observation {
                seed: number,
                digest: number,
                values,
            };
            Ok(Seen {
                observation,
                cost_bound: None,
                makespan_bound: 1.0,
                reserved_ms: [0; 3],
            })
        }
    }

    fn toy(sizes: &[usize]) -> Toy {
        Toy {
            sizes: sizes.to_vec(),
            // The second pays only where the first is turned too.
            cost: |choice| {
                let both = if choice[0] == 3 && choice[1] == 4 {
                    60.0
                } else {
                    0.0
                };
                100.0 + choice[1] as f64 - choice[0] as f64 - both
            },
            makespan: |choice| 10.0 + choice[2] as f64,
        }
    }

    fn question(limit: f64) -> SearchQuestion {
        SearchQuestion {
            target: Target {
                kind: TargetKind::Deadline,
                limit,
            },
            minimize: COST,
            replications: 10,
            simulations: 600,
            confidence: 0.95,
        }
    }

    #[test]
    fn what_pays_only_together_is_found() {
        for sizes in [[5, 5, 3], [9, 9, 9]] {
            let found = search(&question(12.5), &toy(&sizes), &[], &|| ()).unwrap();
            let best = &found.finalists[found.best.unwrap()];
            assert_eq!(best.choice[..2], [3, 4], "{sizes:?}");
            assert!(found.runs <= 600);
            assert_eq!(found.is_exhaustive, sizes == [5, 5, 3]);
        }
    }

    #[test]
    fn a_target_that_nothing_meets_has_a_nearest() {
        let found = search(&question(5.0), &toy(&[4, 4, 4]), &[], &|| ()).unwrap();
        assert_eq!(found.best, None);
        assert_eq!(found.finalists[found.nearest].choice[2], 0);
    }

    #[test]
    fn threads_make_no_difference() {
        let alone = rayon::ThreadPoolBuilder::new()
            .num_threads(1)
            .build()
            .unwrap();
        let find = || search(&question(12.5), &toy(&[9, 9, 9]), &[], &|| ()).unwrap();
        assert_eq!(alone.install(find), find());
    }

    #[test]
    fn a_configuration_that_loses_jobs_is_no_answer() {
        struct Lossy(Toy);
        impl Space for Lossy {
            fn sizes(&self) -> Vec<usize> {
                self.0.sizes()
            }
            fn floor(&self, choice: &[usize], today: &[Seen]) -> Result<Floor, String> {
                self.0.floor(choice, today)
            }
            fn run(&self, choice: &[usize], number: u64) -> Result<Seen, String> {
                let mut seen = self.0.run(choice, number)?;
                seen.observation.values[NOT_SUCCEEDED] = Some(f64::from(u8::from(choice[0] > 0)));
                Ok(seen)
            }
        }
        let found = search(&question(12.5), &Lossy(toy(&[5, 5, 3])), &[], &|| ()).unwrap();
        assert_eq!(found.finalists[found.best.unwrap()].choice[0], 0);
    }
}
