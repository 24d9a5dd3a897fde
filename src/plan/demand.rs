//! Demand by day, and models of the days to come: what each says, how far off it was on the days that were, and which to take.
//!
//! A model says one number for each day ahead. Around it lie the errors that it made as many days ahead from every earlier day
//! (364 days back at most): they are the forecast's spread, with what the model leaves out in them.

use crate::metrics::RowSink;
use crate::metrics::scores::pinball;
use crate::model::{Catalogue, InstanceRecord, JobRecord, Row, Workload};
use crate::units::{SimTime, TypeId};

/// Milliseconds of a day; days count from the trace's zero.
const DAY_MS: u64 = 24 * HOUR_MS;
const HOUR_MS: u64 = 3_600_000;
/// Ticks of a price in a dollar.
const TICKS_PER_USD: f64 = 1e10;
/// Days before the first on which a forecast is tried: two of each day of the week.
pub(super) const FIRST: usize = 14;
/// Days of history that are looked at.
const WINDOW: usize = 371;
/// The quantiles that are told and scored.
pub const QUANTILES: [f64; 3] = [0.1, 0.5, 0.9];
/// So many of the latest weeks decide which model to take.
const TRIALS: usize = 12;
/// So much less must another model's loss be for it to be taken: below that it is luck.
const MARGIN: f64 = 0.95;

/// What was asked for, by the time of its submission.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Demand {
    /// The first day, counted from the trace's zero.
    pub first_day: u64,
    /// vCPU-hours of the jobs that were submitted on each day, the last and unfinished one left out where there are more.
    pub days: Vec<f64>,
    /// vCPUs in use in each hour since the first day's begin, had every job begun when it was submitted.
    pub hours: Vec<f64>,
}

impl Demand {
    /// That of a workload whose rows state their vCPUs.
    pub fn of(workload: &Workload) -> Demand {
        let mut taken = Taken::default();
        for row in &workload.rows {
            let children = workload.extra(row).map_or(0, |extra| extra.array);
            let children = (0..children)
                .map(Some)
                .chain((children == 0).then_some(None));
            for child in children {
                let work = workload.work(row, child).ms();
                taken.add(row.submit, work, row.vcpus);
            }
        }
        taken.demand()
    }
}

/// Whether all rows state their vCPUs, so that [`Demand::of`] knows them.
pub fn states_vcpus(workload: &Workload) -> bool {
    workload.rows.iter().all(|row: &Row| row.vcpus > 0)
}

/// Takes demand, and what instances cost at On-Demand prices, from a run.
#[derive(Clone, Debug, Default)]
pub struct Taken {
    jobs: Vec<(u64, u64, u32)>,
    /// Launched and up to when billed, in milliseconds, and the type; Spot left out, as no commitment covers it.
    instances: Vec<(u64, u64, TypeId)>,
}

impl Taken {
    fn add(&mut self, submit: SimTime, work_ms: u64, vcpus: u32) {
        self.jobs.push((submit.ms(), work_ms, vcpus));
    }

    /// vCPU-hours of all jobs, those of an unfinished last day among them.
    pub fn vcpu_hours(&self) -> f64 {
        let work = |&(_, work, vcpus): &(u64, u64, u32)| work as f64 * f64::from(vcpus);
        self.jobs.iter().map(work).sum::<f64>() / HOUR_MS as f64
    }

    /// The demand it took.
    pub fn demand(&self) -> Demand {
        let days = || self.jobs.iter().map(|job| job.0 / DAY_MS);
        let (Some(first), Some(last)) = (days().min(), days().max()) else {
            return Demand::default();
        };
        let whole = ((last - first) as usize).max(1);
        let mut demand = Demand {
            first_day: first,
            days: vec![0.0; whole],
            hours: vec![0.0; whole * 24],
        };
        for &(submit, work, vcpus) in &self.jobs {
            let submit = submit - first * DAY_MS;
            if let Some(day) = demand.days.get_mut((submit / DAY_MS) as usize) {
                *day += work as f64 * f64::from(vcpus) / HOUR_MS as f64;
            }
            let end = submit.saturating_add(work);
            add_hours(&mut demand.hours, submit, end, f64::from(vcpus));
        }
        demand
    }

    /// USD at On-Demand prices in each hour of the days of `demand`.
    pub fn spend(&self, demand: &Demand, catalogue: &Catalogue) -> Vec<f64> {
        let mut hours = vec![0.0; demand.hours.len()];
        let begin = demand.first_day * DAY_MS;
        for &(from, to, instance_type) in &self.instances {
            let price = catalogue.get(instance_type).price.ticks() as f64 / TICKS_PER_USD;
            let (from, to) = (from.saturating_sub(begin), to.saturating_sub(begin));
            add_hours(&mut hours, from, to, price);
        }
        hours
    }
}

/// Adds `rate` × the part of each hour that lies between two moments.
fn add_hours(hours: &mut [f64], mut from: u64, end: u64, rate: f64) {
    while from < end {
        let Some(hour) = hours.get_mut((from / HOUR_MS) as usize) else {
            return;
        };
        let to = end.min((from / HOUR_MS + 1) * HOUR_MS);
        *hour += (to - from) as f64 * rate / HOUR_MS as f64;
        from = to;
    }
}

impl RowSink for Taken {
    fn job(&mut self, job: &JobRecord<'_>, _why: Option<&str>) {
        self.add(job.submitted, job.work.ms(), job.shape.vcpus);
    }
    fn instance(&mut self, instance: &InstanceRecord) {
        if !instance.spot {
            let from = instance.launched.ms();
            let to = from.saturating_add(instance.billed_s.saturating_mul(1000));
            self.instances.push((from, to, instance.instance_type));
        }
    }
}

/// A way to say what each of the days to come will be.
pub struct DemandModel {
    /// Its name.
    pub name: &'static str,
    /// What it says.
    pub sentence: &'static str,
    points: fn(&[f64], usize) -> Vec<f64>,
}

/// All of them; the first is taken unless another was clearly better, the last is what they are held against.
pub const DEMAND_MODELS: &[DemandModel] = &[
    DemandModel {
        name: "mixed",
        sentence: "the mean of `mean` and `trend`",
        points: |days, ahead| {
            let (mean, trend) = (level(days, ahead, 0.0), trend(days, ahead));
            mean.iter()
                .zip(&trend)
                .map(|(mean, trend)| (mean + trend) / 2.0)
                .collect()
        },
    },
    DemandModel {
        name: "mean",
        sentence: "the mean of all days × the day of the week",
        points: |days, ahead| level(days, ahead, 0.0),
    },
    DemandModel {
        name: "level",
        sentence: "the latest days' level (a day weighs 10 % less than the next) × the day of the week",
        points: |days, ahead| level(days, ahead, 0.1),
    },
    DemandModel {
        name: "trend",
        sentence: "level and damped trend (Holt) × the day of the week",
        points: trend,
    },
    DemandModel {
        name: "seasonal-naive",
        sentence: "the same day of last week",
        points: |days, ahead| {
            let last = &days[days.len() - 7..];
            (0..ahead).map(|day| last[day % 7]).collect()
        },
    },
];
/// The last of them.
pub(super) const NAIVE: usize = DEMAND_MODELS.len() - 1;

/// What each day of the week is to the mean, by day from the first of `days` on. Two weeks' worth of "no difference" stand
/// beside what was seen, so that few weeks say little.
pub(super) fn season(days: &[f64]) -> [f64; 7] {
    const WEIGHT: f64 = 2.0;
    let mean = days.iter().sum::<f64>() / days.len().max(1) as f64;
    let mut season = [1.0; 7];
    for (day, factor) in season.iter_mut().enumerate() {
        let like: Vec<f64> = days.iter().skip(day).step_by(7).copied().collect();
        if mean > 0.0 && !like.is_empty() {
            let seen = like.iter().sum::<f64>() / mean;
            *factor = (seen + WEIGHT) / (like.len() as f64 + WEIGHT);
        }
    }
    season
}

fn without(season: &[f64; 7], days: &[f64]) -> Vec<f64> {
    let days = days.iter().enumerate();
    // A day on which nothing ever comes says nothing of the level.
    days.map(|(index, day)| day / season[index % 7].max(0.05))
        .collect()
}

fn level(days: &[f64], ahead: usize, forget: f64) -> Vec<f64> {
    let season = season(days);
    let (mut sum, mut weights) = (0.0, 0.0);
    for day in without(&season, days) {
        sum = sum * (1.0 - forget) + day;
        weights = weights * (1.0 - forget) + 1.0;
    }
    let level = sum / weights;
    (days.len()..days.len() + ahead)
        .map(|day| level * season[day % 7])
        .collect()
}

fn trend(days: &[f64], ahead: usize) -> Vec<f64> {
    const LEVEL: f64 = 0.3;
    const TREND: f64 = 0.1;
    const DAMP: f64 = 0.9;
    let season = season(days);
    let plain = without(&season, days);
    let mut level = plain[..7].iter().sum::<f64>() / 7.0;
    let mut slope = 0.0;
    for day in &plain[7..] {
        let next = LEVEL * day + (1.0 - LEVEL) * (level + DAMP * slope);
        slope = TREND * (next - level) + (1.0 - TREND) * DAMP * slope;
        level = next;
    }
    let (mut step, mut risen) = (1.0, 0.0);
    let days = days.len()..days.len() + ahead;
    days.map(|day| {
        step *= DAMP;
        risen += step;
        (level + slope * risen).max(0.0) * season[day % 7]
    })
    .collect()
}

/// The models on each day of a history: what they said there for the days ahead.
pub struct Told<'a> {
    days: &'a [f64],
    ahead: usize,
    /// By model, then by day from [`FIRST`] on.
    points: Vec<Vec<Vec<f64>>>,
}

/// Which model to take, and what the trials said: a loss for each, 1 being that of the seasonal naive.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// Its place in [`DEMAND_MODELS`].
    pub model: usize,
    /// Pinball losses in the order of [`DEMAND_MODELS`], as parts of the last one's; empty where there was nothing to try.
    pub losses: Vec<f64>,
}

impl<'a> Told<'a> {
    /// What the models say on each of `days`, and after the last, of so many days ahead. There are [`FIRST`] days or more.
    pub fn new(days: &'a [f64], ahead: usize) -> Told<'a> {
        let models = DEMAND_MODELS.iter().map(|model| {
            (FIRST..=days.len())
                .map(|day| (model.points)(&days[day.saturating_sub(WINDOW)..day], ahead))
                .collect()
        });
        Told {
            days,
            ahead,
            points: models.collect(),
        }
    }

    /// What `model` said on day `origin`.
    pub fn points(&self, model: usize, origin: usize) -> &[f64] {
        &self.points[model][origin - FIRST]
    }

    /// Days from which errors are known on day `origin` that lie `lead` days (0: the same) after the forecast.
    pub fn origins(&self, origin: usize, lead: usize) -> std::ops::Range<usize> {
        FIRST.max(origin.saturating_sub(WINDOW))..origin.saturating_sub(lead).max(FIRST)
    }

    /// By how much day `lead` after `origin` was above what `model` said.
    pub fn error(&self, model: usize, origin: usize, lead: usize) -> f64 {
        self.days[origin + lead] - self.points(model, origin)[lead]
    }

    /// The lead whose errors stand for those of `lead` on day `origin`: the same, or so many weeks less that ten are known.
    pub fn known_lead(&self, origin: usize, lead: usize) -> usize {
        let weeks = (0..=lead / 7).map(|weeks| lead - 7 * weeks);
        let mut known = weeks.filter(|&lead| self.origins(origin, lead).len() >= 10);
        known.next().unwrap_or(lead % 7)
    }

    /// [`QUANTILES`] of each day ahead of `origin` by `model`.
    pub fn quantiles(&self, model: usize, origin: usize) -> Vec<[f64; 3]> {
        let points = self.points(model, origin).iter().enumerate();
        points
            .map(|(lead, point)| {
                let known = self.known_lead(origin, lead);
                let origins = self.origins(origin, known);
                let mut errors: Vec<f64> =
                    origins.map(|from| self.error(model, from, known)).collect();
                errors.sort_by(f64::total_cmp);
                QUANTILES.map(|part| (point + between(&errors, part)).max(0.0))
            })
            .collect()
    }

    /// The pinball loss of `model` on day `origin`, summed over [`QUANTILES`] and the days ahead before `end`.
    pub fn loss(&self, model: usize, origin: usize, end: usize) -> f64 {
        loss(&self.quantiles(model, origin), &self.days[origin..end])
    }

    /// Which model to take on day `origin`: rolling trials on the weeks before it.
    pub fn choose(&self, origin: usize) -> Choice {
        let weeks = (1..=TRIALS).map(|week| origin.saturating_sub(7 * week));
        let trials: Vec<usize> = weeks.take_while(|&day| day >= FIRST + 7).collect();
        let end = |trial: usize| origin.min(trial + self.ahead);
        let losses: Vec<f64> = (0..DEMAND_MODELS.len())
            .map(|model| {
                trials
                    .iter()
                    .map(|&day| self.loss(model, day, end(day)))
                    .sum()
            })
            .collect();
        let naive = losses[NAIVE];
        if naive <= 0.0 {
            // Nothing was tried, or last week told it all.
            return Choice {
                model: if trials.is_empty() { 0 } else { NAIVE },
                losses: Vec::new(),
            };
        }
        let least = (0..losses.len()).min_by(|one, other| losses[*one].total_cmp(&losses[*other]));
        let least = least.unwrap_or(0);
        let is_better = losses[least] < MARGIN * losses[0];
        Choice {
            model: if is_better { least } else { 0 },
            losses: losses.iter().map(|loss| loss / naive).collect(),
        }
    }
}

/// The pinball loss of quantiles of days, summed.
pub(super) fn loss(quantiles: &[[f64; 3]], days: &[f64]) -> f64 {
    let days = quantiles.iter().zip(days);
    days.map(|(told, &day)| {
        let parts = QUANTILES.iter().zip(told);
        parts
            .map(|(&part, &value)| pinball(part, value, day))
            .sum::<f64>()
    })
    .sum()
}

/// The quantile of an ascending sample, between neighbours in proportion; 0 where there is none.
pub(super) fn between(ascending: &[f64], part: f64) -> f64 {
    let Some(last) = ascending.len().checked_sub(1) else {
        return 0.0;
    };
    let place = part * last as f64;
    let low = (place as usize).min(last);
    let high = (low + 1).min(last);
    ascending[low] + (ascending[high] - ascending[low]) * (place - low as f64)
}

/// Days between 100 and 200 that say nothing of each other.
#[cfg(test)]
pub(super) fn noisy_days(count: u64) -> Vec<f64> {
    let streams = crate::engine::Streams::new(1);
    let part = |day| (streams.word("day", day, 0) >> 11) as f64 / (1u64 << 53) as f64;
    (0..count).map(|day| 100.0 + 100.0 * part(day)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Span;

    #[test]
    fn a_week_that_repeats_is_told_without_error_by_all_but_the_damped() {
        let week = [10.0, 20.0, 30.0, 20.0, 10.0, 0.0, 0.0];
        let days: Vec<f64> = (0..70).map(|day| week[day % 7]).collect();
        let told = Told::new(&days, 14);
        assert_eq!(told.points(NAIVE, 70), [week, week].concat());
        let quantiles = told.quantiles(NAIVE, 70);
        assert_eq!(quantiles[2], [30.0, 30.0, 30.0]);
        assert_eq!(told.choose(70).losses, [0.0; 0], "nothing is to be gained");
    }

    #[test]
    fn work_counts_on_the_day_of_its_submission_and_in_the_hours_it_takes() {
        let row = |hour: u64, hours: u64, vcpus| {
            let at = SimTime::from_s(hour * 3600);
            Row::plain(0, at, Span::from_s(hours * 3600), vcpus)
        };
        let workload = Workload {
            rows: vec![row(49, 2, 4), row(71, 3, 1), row(97, 1, 1)],
            ..Workload::default()
        };
        let demand = Demand::of(&workload);
        assert_eq!(demand.first_day, 2);
        assert_eq!(demand.days, [11.0, 0.0], "day 4 is not whole");
        assert_eq!(demand.hours[..4], [0.0, 4.0, 4.0, 0.0]);
        assert_eq!(demand.hours[23..27], [1.0, 1.0, 1.0, 0.0]);
    }

    #[test]
    fn noise_around_a_level_is_told_better_by_the_mean_than_by_last_week() {
        let choice = Told::new(&noisy_days(140), 28).choose(140);
        assert!(choice.losses[choice.model] < 0.85, "{choice:?}");
    }

    #[test]
    fn quantiles_lie_between_neighbours() {
        assert_eq!(between(&[1.0, 2.0, 4.0], 0.75), 3.0);
        assert_eq!(between(&[5.0], 0.9), 5.0);
        assert_eq!(between(&[], 0.9), 0.0);
    }
}
