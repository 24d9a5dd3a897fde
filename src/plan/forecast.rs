//! The demand and cost of the days to come, as two thousand courses of them, and how such forecasts would have done before.
//!
//! A course is what the model says plus, week by week, the errors that it made from one earlier day on, so that days keep
//! together as they did. Growth and price, where they are uncertain, are drawn once for a course. Each draw has a stream of its
//! own: what is drawn for growth moves no error.

use crate::engine::Streams;
use crate::engine::chance::{normal_quantile, uniform};
use crate::metrics::scores::Errors;

use super::demand::{Choice, FIRST, NAIVE, QUANTILES, Told, between, loss, season};
use super::each;

/// Courses that are drawn.
const COURSES: u64 = 2000;
/// Days of what is called a month here.
pub const MONTH_DAYS: usize = 30;
/// Least days of history: below it no model's errors are known.
pub const HISTORY_DAYS: usize = FIRST + 7;
/// The first day on which a forecast is judged.
const FIRST_JUDGED: usize = 35;

/// A factor that is known within an interval: P10 and P90 of what is added to one.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Factor {
    /// P10.
    pub low: f64,
    /// P90.
    pub high: f64,
}

impl Factor {
    /// At `part` of its (normal) distribution; above zero.
    fn at(self, part: f64) -> f64 {
        let middle = (self.low + self.high) / 2.0;
        let deviation = (self.high - self.low) / 2.0 / normal_quantile(0.9);
        (1.0 + middle + deviation * normal_quantile(part)).max(0.0)
    }
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ForecastQuestion {
    /// Days ahead.
    pub days: usize,
    /// Growth in a month of [`MONTH_DAYS`], on top of what the model says.
    pub growth: Factor,
    /// USD for a vCPU-hour; `None` where cost is not asked for.
    pub price: Option<f64>,
    /// What becomes of the price.
    pub price_change: Factor,
    /// The seed.
    pub seed: u64,
}

/// What is told of an amount: P10, P50, P90.
pub type Told3 = [f64; 3];

/// A day or a stretch of days.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Period {
    /// Its first day, 0 being the first ahead.
    pub from: usize,
    /// How many.
    pub days: usize,
    /// vCPU-hours.
    pub vcpu_hours: Told3,
    /// USD; `None` where no price is known.
    pub cost: Option<Told3>,
}

/// What moves the total, and by how much.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Driver {
    /// Its name.
    pub name: &'static str,
    /// By what part it moves the total's middle against a forecast without it.
    pub shift: f64,
    /// P90 less P10 of the total where nothing else is uncertain, as a part of its middle.
    pub width: f64,
}

/// A forecast.
#[derive(Clone, Debug, PartialEq)]
pub struct Forecast {
    /// Days of history it rests on.
    pub history_days: usize,
    /// The model that was taken.
    pub choice: Choice,
    /// The level of the last four weeks: vCPU-hours a day.
    pub level: f64,
    /// What each of the first seven days ahead is to the mean day.
    pub season: [f64; 7],
    /// Growth, the season and the rest, the widest first.
    pub drivers: Vec<Driver>,
    /// Each day.
    pub days: Vec<Period>,
    /// Each week, of which the last may be shorter.
    pub weeks: Vec<Period>,
    /// Each month of [`MONTH_DAYS`].
    pub months: Vec<Period>,
    /// All of it.
    pub total: Period,
    /// Mean vCPU-hours a day of each course over that of the history's last four weeks, ascending: what a commitment has to
    /// reckon with.
    pub scales: Vec<f64>,
}

/// Which of the three chances a course has.
#[derive(Clone, Copy)]
struct Chances {
    errors: bool,
    growth: bool,
    price: bool,
}

const ALL: Chances = Chances {
    errors: true,
    growth: true,
    price: true,
};

/// A course: vCPU-hours by day, and the factor of the price.
struct Course {
    days: Vec<f64>,
    price: f64,
}

/// Makes the forecast of a history of [`HISTORY_DAYS`] days or more.
pub fn forecast(days: &[f64], question: &ForecastQuestion) -> Forecast {
    let told = Told::new(days, question.days);
    let choice = told.choose(days.len());
    let model = choice.model;
    let courses = |chances| courses(&told, days.len(), model, question, chances);
    let made = courses(ALL);
    let period = |from: usize, count: usize| period(&made, from, count, question.price);
    let stretches = |length: usize| -> Vec<Period> {
        (0..question.days)
            .step_by(length)
            .map(|from| period(from, length.min(question.days - from)))
            .collect()
    };
    let recent = &days[days.len().saturating_sub(28)..];
    let level = recent.iter().sum::<f64>() / recent.len() as f64;
    let by_day = season(days);
    let mean = |course: &Course| course.days.iter().sum::<f64>() / question.days as f64;
    let mut scales: Vec<f64> = made
        .iter()
        .filter(|_| level > 0.0)
        .map(|course| mean(course) / level)
        .collect();
    scales.sort_by(f64::total_cmp);
    Forecast {
        history_days: days.len(),
        level,
        season: std::array::from_fn(|day| by_day[(days.len() + day) % 7]),
        drivers: drivers(courses, question, told.points(model, days.len()), level),
        days: stretches(1),
        weeks: stretches(7),
        months: stretches(MONTH_DAYS),
        total: period(0, question.days),
        choice,
        scales,
    }
}

fn courses(
    told: &Told<'_>,
    origin: usize,
    model: usize,
    question: &ForecastQuestion,
    chances: Chances,
) -> Vec<Course> {
    let streams = Streams::new(question.seed);
    let points = told.points(model, origin);
    // Where the history has many courses as long as this one, errors are those of one of them; else of one in each week.
    let whole = told.origins(origin, question.days - 1);
    let is_long = whole.len() >= 2 * question.days;
    let draw = |number: u64| {
        let part = |purpose: &str, is_drawn: bool| match is_drawn {
            true => uniform(&mut streams.stream(purpose, number)),
            false => 0.5,
        };
        let growth = question.growth.at(part("forecast growth", chances.growth));
        let price = question
            .price_change
            .at(part("forecast price", chances.price));
        let mut chance = streams.stream("forecast error", number);
        let mut pick = uniform(&mut chance);
        let days = (0..question.days).map(|lead| {
            let (known, origins) = if is_long {
                (lead, whole.clone())
            } else {
                if lead % 7 == 0 {
                    pick = uniform(&mut chance);
                }
                let known = told.known_lead(origin, lead);
                let last = told.known_lead(origin, (lead / 7 * 7 + 6).min(question.days - 1));
                (known, told.origins(origin, last.max(known)))
            };
            let place = (pick * origins.len() as f64) as usize;
            let error = match chances.errors && !origins.is_empty() {
                true => told.error(model, origins.start + place, known),
                false => 0.0,
            };
            let months = (lead + 1) as f64 / MONTH_DAYS as f64;
            (points[lead] + error).max(0.0) * libm::pow(growth, months)
        });
        Course {
            days: days.collect(),
            price,
        }
    };
    let numbers: Vec<u64> = (0..COURSES).collect();
    each(&numbers, |&number| draw(number))
}

fn quantiles(mut sample: Vec<f64>) -> Told3 {
    sample.sort_by(f64::total_cmp);
    QUANTILES.map(|part| between(&sample, part))
}

fn period(courses: &[Course], from: usize, days: usize, price: Option<f64>) -> Period {
    let sum = |course: &Course| course.days[from..from + days].iter().sum::<f64>();
    let cost = |price: f64| {
        let costs = courses
            .iter()
            .map(|course| sum(course) * course.price * price);
        quantiles(costs.collect())
    };
    Period {
        from,
        days,
        vcpu_hours: quantiles(courses.iter().map(sum).collect()),
        cost: price.map(cost),
    }
}

fn drivers(
    courses: impl Fn(Chances) -> Vec<Course>,
    question: &ForecastQuestion,
    points: &[f64],
    level: f64,
) -> Vec<Driver> {
    let none = Chances {
        errors: false,
        growth: false,
        price: false,
    };
    let told: f64 = points.iter().sum();
    let flat = level * question.days as f64;
    let grown: f64 = courses(none)
        .iter()
        .take(1)
        .flat_map(|course| &course.days)
        .sum();
    let over = |amount: f64, base: f64| match base > 0.0 {
        true => amount / base - 1.0,
        false => 0.0,
    };
    let width = |chances| {
        let total = period(&courses(chances), 0, question.days, Some(1.0));
        let [low, middle, high] = total.cost.unwrap_or_default();
        match middle > 0.0 {
            true => (high - low) / middle,
            false => 0.0,
        }
    };
    let mut drivers = vec![
        Driver {
            name: "level",
            shift: over(told, flat),
            width: width(Chances {
                errors: true,
                ..none
            }),
        },
        Driver {
            name: "growth",
            shift: over(grown, told),
            width: width(Chances {
                growth: true,
                ..none
            }),
        },
    ];
    if question.price.is_some() {
        drivers.push(Driver {
            name: "price",
            shift: question.price_change.at(0.5) - 1.0,
            width: width(Chances {
                price: true,
                ..none
            }),
        });
    }
    drivers.sort_by(|one, other| other.width.total_cmp(&one.width));
    drivers
}

/// How forecasts of one kind did.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Scored {
    /// Mean pinball loss at 10, 50 and 90 %, in vCPU-hours.
    pub pinball: f64,
    /// Weighted absolute percentage error of the P50, as a part of one; `None` where nothing was asked for.
    pub wape: Option<f64>,
    /// How many days lay from P10 to P90.
    pub covered: u64,
}

/// Rolling forecasts on a history, every week from day 35 on, each with what was known then only.
#[derive(Clone, Debug, PartialEq)]
pub struct ForecastScore {
    /// Days ahead of each.
    pub ahead: usize,
    /// How many forecasts.
    pub origins: usize,
    /// Days that were judged, in all of them.
    pub days: u64,
    /// Ours, with the model that the weeks before chose.
    pub ours: Scored,
    /// The same day of last week, with its own errors as its spread.
    pub naive: Scored,
    /// The same day of last week and no spread: one number for all three quantiles.
    pub naive_point: Scored,
    /// How often each of [`super::DEMAND_MODELS`] was taken.
    pub taken: Vec<usize>,
}

impl ForecastScore {
    /// The loss of `scored` as a part of the seasonal naive's; `None` where that one has none.
    pub fn of_naive(&self, scored: &Scored) -> Option<f64> {
        (self.naive.pinball > 0.0).then(|| scored.pinball / self.naive.pinball)
    }
}

/// Judges forecasts `ahead` days long; `None` where the history is shorter than 35 days and these.
pub fn score_forecasts(days: &[f64], ahead: usize) -> Option<ForecastScore> {
    let last = days.len().checked_sub(ahead)?;
    let origins: Vec<usize> = (FIRST_JUDGED..=last).step_by(7).collect();
    if origins.is_empty() || ahead == 0 {
        return None;
    }
    let told = Told::new(days, ahead);
    let models = each(&origins, |&origin| told.choose(origin).model);
    let scored = |quantiles: &dyn Fn(usize, usize) -> Vec<[f64; 3]>| {
        let (mut lost, mut errors, mut covered) = (0.0, Errors::default(), 0);
        for (&origin, &model) in origins.iter().zip(&models) {
            let (made, came) = (quantiles(origin, model), &days[origin..origin + ahead]);
            lost += loss(&made, came);
            for ([low, middle, high], day) in made.iter().zip(came) {
                errors.add(*middle, *day);
                covered += u64::from(low <= day && day <= high);
            }
        }
        Scored {
            pinball: lost / errors.count as f64 / QUANTILES.len() as f64,
            wape: errors.wape(),
            covered,
        }
    };
    let mut taken = vec![0; NAIVE + 1];
    models.iter().for_each(|&model| taken[model] += 1);
    let one = |origin: usize, _| {
        let points = told.points(NAIVE, origin).iter();
        points.map(|&point| [point; 3]).collect()
    };
    Some(ForecastScore {
        ahead,
        origins: origins.len(),
        days: (origins.len() * ahead) as u64,
        ours: scored(&|origin, model| told.quantiles(model, origin)),
        naive: scored(&|origin, _| told.quantiles(NAIVE, origin)),
        naive_point: scored(&one),
        taken,
    })
}

#[cfg(test)]
mod tests {
    use super::super::demand::noisy_days;
    use super::*;

    fn question() -> ForecastQuestion {
        ForecastQuestion {
            days: 28,
            growth: Factor::default(),
            price: Some(0.05),
            price_change: Factor::default(),
            seed: 1,
        }
    }

    #[test]
    fn weeks_are_surer_than_days_and_cost_is_hours_at_a_price() {
        let made = forecast(&noisy_days(140), &question());
        assert_eq!(
            (made.days.len(), made.weeks.len(), made.months.len()),
            (28, 4, 1)
        );
        let [low, middle, high] = made.total.vcpu_hours;
        assert!((middle / 28.0 - 150.0).abs() < 8.0, "{middle}");
        let day = made.days[0].vcpu_hours;
        assert!((high - low) / middle < (day[2] - day[0]) / day[1]);
        let cost = made.total.cost.unwrap();
        assert!((cost[1] - middle * 0.05).abs() < 1e-9);
        assert_eq!(
            made,
            forecast(&noisy_days(140), &question()),
            "one seed, one forecast"
        );
    }

    #[test]
    fn growth_and_price_widen_the_total_and_are_told_as_drivers() {
        let asked = ForecastQuestion {
            growth: Factor {
                low: 0.05,
                high: 0.15,
            },
            price_change: Factor {
                low: -0.3,
                high: 0.3,
            },
            ..question()
        };
        let made = forecast(&noisy_days(140), &asked);
        assert_eq!(made.drivers[0].name, "price");
        assert!(
            (made.drivers[0].width - 0.6).abs() < 0.04,
            "{:?}",
            made.drivers
        );
        let growth = made
            .drivers
            .iter()
            .find(|one| one.name == "growth")
            .unwrap();
        // A tenth a month is, on the mean day of four weeks, half of 28/30 of it and half a day.
        assert!((growth.shift - 0.047).abs() < 0.004, "{growth:?}");
        assert!(
            made.total.vcpu_hours[1] > forecast(&noisy_days(140), &question()).total.vcpu_hours[1]
        );
    }

    #[test]
    fn noise_is_scored_better_than_last_week_and_covered_as_often_as_said() {
        let score = score_forecasts(&noisy_days(140), 28).unwrap();
        assert!(score.ours.pinball < 0.85 * score.naive.pinball, "{score:?}");
        let part = score.ours.covered as f64 / score.days as f64;
        assert!((0.7..0.9).contains(&part), "{score:?}");
        assert_eq!(score_forecasts(&noisy_days(140)[..60], 28), None);
    }
}
