//! Reserved Instances and Savings Plans, clock hour by clock hour, in AWS's order: Reserved Instances, then EC2 Instance Savings
//! Plans, then Compute Savings Plans; within a kind of plan the usage with the highest saving first, of equal ones the lower
//! Savings Plan rate (Savings Plans User Guide, "Understanding how Savings Plans apply to your usage"). What an hour does not
//! use of a commitment is lost. Spot is no usage here.
//!
//! Orders depend on prices alone, so they are made once; an hour costs commitments × sorts of usage and no more.

use super::{portion, portion_up, share, usd};
use crate::units::{PricePerHour, Span, Usd};

/// A clock hour.
pub const HOUR: Span = Span::from_s(3600);

/// Usage that is one to commitments: instances of a type, or Fargate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sort {
    /// The instance type; empty for what is no instance.
    pub instance_type: String,
    /// Its family; empty for what is no instance.
    pub family: String,
    /// What an hour of one costs On-Demand.
    pub price: PricePerHour,
}

/// Reserved Instances of one type, all Availability Zones of the region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reserved {
    /// The type.
    pub instance_type: String,
    /// How many.
    pub count: u32,
    /// What each costs an hour, used or not, with its share of what was paid beforehand.
    pub hourly: PricePerHour,
}

impl Reserved {
    /// What one costs over `hours` with `upfront` paid beforehand: its list value (EC2 User Guide, Reserved Instance Marketplace).
    pub fn list_value(upfront: Usd, hourly: PricePerHour, hours: u64) -> Usd {
        upfront + Usd::from_units(hourly.over(HOUR).units().saturating_mul(i128::from(hours)))
    }
}

/// What a Savings Plan covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Instances of one family.
    Ec2Instance {
        /// The family: `c6i`.
        family: String,
    },
    /// All instances and Fargate.
    Compute,
}

/// A Savings Plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What it covers.
    pub scope: Scope,
    /// What is spent in each hour, used or not.
    pub commitment: PricePerHour,
    /// Its rate for each sort of usage, in their order; `None` where it has none. A rate above On-Demand covers nothing.
    pub rates: Vec<Option<PricePerHour>>,
}

/// A plan and a sort that it covers.
#[derive(Clone, Copy, Debug)]
struct Pair {
    plan: usize,
    sort: usize,
    rate: u64,
    price: u64,
}

/// A reservation and what it covers.
#[derive(Clone, Debug)]
struct Cover {
    /// What the reservations cover in an hour, in factor × milliseconds.
    capacity: u128,
    /// What they cost in an hour.
    fee: Usd,
    /// The sorts they cover, smallest first, of equal ones in their order.
    sorts: Vec<usize>,
}

/// All commitments, ready for hours.
#[derive(Clone, Debug)]
pub struct Commitments {
    prices: Vec<PricePerHour>,
    /// The size of each sort as Reserved Instances count it; 1 where it has none.
    factors: Vec<u64>,
    reserved: Vec<Cover>,
    plans: Vec<Usd>,
    /// Plans and sorts, in the order in which they are tried.
    pairs: Vec<Pair>,
}

/// One hour settled. Of each sort, what stays On-Demand and what commitments took off sum to its usage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// What stays at On-Demand prices of each sort.
    pub on_demand: Vec<Usd>,
    /// What commitments cover of each sort, at On-Demand prices.
    pub covered: Vec<Usd>,
    /// What is paid for what they cover of it: fees of Reserved Instances and Savings Plan rates.
    pub paid: Vec<Usd>,
    /// What was used of each group of Reserved Instances' fee.
    pub reserved_used: Vec<Usd>,
    /// What was not.
    pub reserved_unused: Vec<Usd>,
    /// What was used of each plan's commitment.
    pub plan_used: Vec<Usd>,
    /// What was not.
    pub plan_unused: Vec<Usd>,
}

impl Settled {
    /// What the hour costs: On-Demand, fees and commitments.
    pub fn total(&self) -> Usd {
        self.on_demand.iter().copied().sum::<Usd>() + self.fixed()
    }

    /// Fees and commitments, used or not.
    pub fn fixed(&self) -> Usd {
        let paid = self.paid.iter().copied().sum::<Usd>();
        paid + self.unused()
    }

    /// What was committed to and not used.
    pub fn unused(&self) -> Usd {
        let all = self.reserved_unused.iter().chain(&self.plan_unused);
        all.copied().sum()
    }
}

impl Commitments {
    /// Commitments for usage of `sorts`. Of Reserved Instances that cover the same usage the earlier are used up first.
    pub fn new(sorts: &[Sort], reserved: &[Reserved], plans: &[Plan]) -> Commitments {
        let factor = |name: &str| u64::from(super::normal::quarters(name).unwrap_or(1));
        let factors: Vec<u64> = sorts
            .iter()
            .map(|sort| factor(&sort.instance_type))
            .collect();
        let reserved = reserved.iter().map(|one| {
            let mut covered: Vec<usize> = (0..sorts.len())
                .filter(|&sort| covers(&one.instance_type, &sorts[sort]))
                .collect();
            covered.sort_by_key(|&sort| (factors[sort], sort));
            let all = u128::from(one.count);
            let fee = one.hourly.over(HOUR).units();
            Cover {
                capacity: all * u128::from(factor(&one.instance_type)) * u128::from(HOUR.ms()),
                fee: Usd::from_units(fee.saturating_mul(i128::from(one.count))),
                sorts: covered,
            }
        });
        let reserved = reserved.collect();
        let mut pairs = Vec::new();
        for (number, plan) in plans.iter().enumerate() {
            for (place, (sort, rate)) in sorts.iter().zip(&plan.rates).enumerate() {
                let is_covered = match &plan.scope {
                    Scope::Compute => true,
                    Scope::Ec2Instance { family } => *family == sort.family,
                };
                match rate {
                    Some(rate) if is_covered && *rate <= sort.price => pairs.push(Pair {
                        plan: number,
                        sort: place,
                        rate: rate.ticks(),
                        price: sort.price.ticks(),
                    }),
                    _ => {}
                }
            }
        }
        let is_compute = |pair: &Pair| plans[pair.plan].scope == Scope::Compute;
        pairs.sort_by(|a, b| {
            let cross = |rate: u64, price: u64| u128::from(rate) * u128::from(price);
            is_compute(a)
                .cmp(&is_compute(b))
                .then(cross(a.rate, b.price).cmp(&cross(b.rate, a.price)))
                .then(a.rate.cmp(&b.rate))
                .then((a.sort, a.plan).cmp(&(b.sort, b.plan)))
        });
        Commitments {
            prices: sorts.iter().map(|sort| sort.price).collect(),
            factors,
            reserved,
            plans: plans
                .iter()
                .map(|plan| plan.commitment.over(HOUR))
                .collect(),
            pairs,
        }
    }

    /// Settles an hour in which `used` milliseconds of each sort were used, those of all instances together.
    pub fn settle(&self, used: &[u64]) -> Settled {
        let sorts = self.prices.len();
        let mut hour = Settled {
            on_demand: vec![Usd::ZERO; sorts],
            covered: vec![Usd::ZERO; sorts],
            paid: vec![Usd::ZERO; sorts],
            ..Settled::default()
        };
        // In factor × milliseconds, so that what Reserved Instances cover is whole.
        let mut left: Vec<u128> = used
            .iter()
            .zip(&self.factors)
            .map(|(&ms, &factor)| u128::from(ms) * u128::from(factor))
            .collect();
        for cover in &self.reserved {
            self.reserve(cover, &mut left, &mut hour);
        }
        // From here on in money at On-Demand prices.
        let mut left: Vec<u128> = (0..sorts)
            .map(|sort| portion_up(left[sort], self.prices[sort].ticks(), self.factors[sort]))
            .collect();
        let of = |amount: Usd| u128::try_from(amount.units()).unwrap_or(0);
        let mut commitments: Vec<u128> = self.plans.iter().map(|&all| of(all)).collect();
        for pair in &self.pairs {
            let (rest, unused) = (&mut left[pair.sort], &mut commitments[pair.plan]);
            if *rest == 0 || pair.price == 0 {
                continue;
            }
            let at_rate = portion_up(*rest, pair.rate, pair.price);
            let (cost, covered) = match at_rate <= *unused {
                true => (at_rate, *rest),
                // Not more than there is, as the quotient is rounded down.
                false => (*unused, portion(*unused, pair.price, pair.rate).min(*rest)),
            };
            *unused -= cost;
            *rest -= covered;
            hour.paid[pair.sort] += usd(cost);
        }
        for sort in 0..sorts {
            let all = self.prices[sort].over(Span::from_ms(used[sort]));
            hour.on_demand[sort] = usd(left[sort]);
            hour.covered[sort] = all - hour.on_demand[sort];
        }
        for (&all, unused) in self.plans.iter().zip(commitments) {
            hour.plan_unused.push(usd(unused));
            hour.plan_used.push(all - usd(unused));
        }
        hour
    }

    /// Takes off `left` what Reserved Instances cover of it.
    fn reserve(&self, cover: &Cover, left: &mut [u128], hour: &mut Settled) {
        let mut unused = cover.capacity;
        let mut paid = Usd::ZERO;
        for &sort in &cover.sorts {
            let taken = left[sort].min(unused);
            if taken == 0 {
                continue;
            }
            left[sort] -= taken;
            unused -= taken;
            // Each pays up to where it used the reservation, so that a full one is paid in full.
            let up_to = share(cover.fee, cover.capacity - unused, cover.capacity);
            hour.paid[sort] += up_to - paid;
            paid = up_to;
        }
        hour.reserved_used.push(paid);
        hour.reserved_unused.push(cover.fee - paid);
    }
}

/// Whether Reserved Instances of a type cover a sort of usage: the type itself, or its family where both have normalised sizes.
fn covers(reserved: &str, sort: &Sort) -> bool {
    if sort.instance_type.is_empty() {
        return false;
    }
    let is_sized = |name: &str| super::normal::quarters(name).is_some();
    let family = reserved
        .split_once('.')
        .map_or(reserved, |(family, _)| family);
    let is_flexible = is_sized(reserved) && is_sized(&sort.instance_type);
    reserved == sort.instance_type || (is_flexible && family == sort.family)
}

#[cfg(test)]
mod tests {
    use super::super::figures::prints_as;
    use super::*;

    const HOUR_MS: u64 = HOUR.ms();

    fn price(text: &str) -> PricePerHour {
        PricePerHour::parse(text).unwrap()
    }

    fn instances(instance_type: &str, hourly: &str) -> Sort {
        let family = instance_type.split_once('.').unwrap().0;
        Sort {
            instance_type: instance_type.to_owned(),
            family: family.to_owned(),
            price: price(hourly),
        }
    }

    fn other(hourly: &str) -> Sort {
        Sort {
            instance_type: String::new(),
            family: String::new(),
            price: price(hourly),
        }
    }

    fn reserved(instance_type: &str, count: u32, hourly: &str) -> Reserved {
        Reserved {
            instance_type: instance_type.to_owned(),
            count,
            hourly: price(hourly),
        }
    }

    fn plan(scope: Scope, commitment: &str, rates: &[&str]) -> Plan {
        let rate = |text: &&str| (!text.is_empty()).then(|| price(text));
        Plan {
            scope,
            commitment: price(commitment),
            rates: rates.iter().map(rate).collect(),
        }
    }

    /// The usage of the Savings Plans User Guide's example: what, On-Demand, Compute rate, EC2 Instance rate, hours in the hour.
    /// GB-seconds of Lambda are hours / 3600; a million requests are one unit, whose rate is On-Demand.
    const USAGE: &[(&str, &str, &str, &str, u64)] = &[
        ("r5.4xlarge", "1.00", "0.70", "0.60", 4 * HOUR_MS),
        ("m5.24xlarge", "10.00", "8.20", "7.80", HOUR_MS),
        ("", "0.04", "0.03", "", 400 * HOUR_MS),
        ("", "0.004", "0.003", "", 1600 * HOUR_MS),
        ("", "0.054", "0.0459", "", 1_500_000 * 1000),
        ("", "0.20", "0.20", "", HOUR_MS),
    ];

    fn example(reserved: &[Reserved], plans: &[(Scope, &str)]) -> Settled {
        let sorts: Vec<Sort> = USAGE
            .iter()
            .map(|&(name, hourly, ..)| match name {
                "" => other(hourly),
                _ => instances(name, hourly),
            })
            .collect();
        let plans: Vec<Plan> = plans
            .iter()
            .map(|(scope, commitment)| {
                let rates: Vec<&str> = match scope {
                    Scope::Compute => USAGE.iter().map(|row| row.2).collect(),
                    Scope::Ec2Instance { .. } => USAGE.iter().map(|row| row.3).collect(),
                };
                plan(scope.clone(), commitment, &rates)
            })
            .collect();
        let used: Vec<u64> = USAGE.iter().map(|row| row.4).collect();
        Commitments::new(&sorts, reserved, &plans).settle(&used)
    }

    fn on_demand(hour: &Settled) -> Usd {
        hour.on_demand.iter().copied().sum()
    }

    fn r5() -> Scope {
        Scope::Ec2Instance {
            family: "r5".to_owned(),
        }
    }

    #[test]
    fn without_commitments_the_example_costs_what_the_guide_says() {
        prints_as(example(&[], &[]).total(), "59.1");
    }

    #[test]
    fn a_plan_for_everything_covers_everything() {
        let hour = example(&[], &[(Scope::Compute, "50")]);
        prints_as(hour.plan_used[0], "47.125");
        prints_as(hour.total(), "50");
        assert_eq!(on_demand(&hour), Usd::ZERO);
    }

    #[test]
    fn a_small_plan_covers_what_it_saves_most_on() {
        let hour = example(&[], &[(Scope::Compute, "2.00")]);
        // At 1.00 an hour, dollars covered are instances covered.
        prints_as(hour.covered[0], "2.857142857");
        prints_as(on_demand(&hour), "56.24285714");
        prints_as(hour.total(), "58.24285714");
    }

    #[test]
    fn reserved_instances_come_before_plans() {
        let two = [reserved("r5.4xlarge", 2, "0.50")];
        let hour = example(&two, &[(Scope::Compute, "18.20")]);
        prints_as(hour.plan_used[0], "18.2");
        prints_as(on_demand(&hour), "32.7");
        prints_as(hour.reserved_used[0], "1");
        assert_eq!(hour.unused(), Usd::ZERO);
    }

    #[test]
    fn plans_of_a_family_come_before_plans_for_everything() {
        // In whatever order they are stated.
        let plans = [(Scope::Compute, "16.80"), (r5(), "3.00")];
        let hour = example(&[], &plans);
        prints_as(hour.plan_used[1], "2.4");
        prints_as(hour.plan_unused[1], "0.60");
        prints_as(hour.plan_used[0], "16.8");
        prints_as(on_demand(&hour), "32.7");
        prints_as(hour.total(), "52.5");
    }

    /// The guide's older edition: On-Demand price, rate, quantity.
    #[test]
    fn the_older_example_is_covered_by_twenty_five_dollars() {
        let sorts = [
            instances("c5.9xlarge", "4"),
            instances("c5.24xlarge", "10"),
            other("1.5"),
            other("2"),
        ];
        let rates = ["2", "8", "1", "1"];
        let used = [HOUR_MS, HOUR_MS, 10 * HOUR_MS, 5 * HOUR_MS];
        let plans = [plan(Scope::Compute, "25", &rates)];
        let hour = Commitments::new(&sorts, &[], &plans).settle(&used);
        prints_as(hour.total(), "25");
        assert_eq!(hour.unused(), Usd::ZERO);
        let without = Commitments::new(&sorts, &[], &[]).settle(&used);
        prints_as(without.total(), "39");
    }

    /// The EC2 User Guide's examples of Reserved Instances: the reservation, used instances (type and milliseconds), and what
    /// stays On-Demand of each in hours. Prices are 1 USD an hour, so that dollars are hours.
    type Case = (
        &'static str,
        u32,
        &'static [(&'static str, u64)],
        &'static [&'static str],
    );
    const RESERVED: &[Case] = &[
        ("m4.xlarge", 1, &[("m4.xlarge", 4 * HOUR_MS)], &["3"]),
        ("m4.xlarge", 1, &[("m4.xlarge", 4 * 900_000)], &["0"]),
        ("c4.large", 1, &[("c4.xlarge", HOUR_MS)], &["0.5"]),
        ("t2.medium", 1, &[("t2.large", HOUR_MS)], &["0.5"]),
        (
            "m3.2xlarge",
            1,
            &[("m3.xlarge", 2 * HOUR_MS), ("m3.large", 2 * HOUR_MS)],
            &["1", "0"],
        ),
        ("m4.large", 4, &[("m4.xlarge", 2 * HOUR_MS)], &["0"]),
        // Not of the guide: another family, bare metal and a family without flexibility are not covered.
        ("m4.large", 4, &[("m5.large", HOUR_MS)], &["1"]),
        ("m5.24xlarge", 1, &[("m5.metal", HOUR_MS)], &["1"]),
        (
            "g4dn.2xlarge",
            1,
            &[("g4dn.xlarge", HOUR_MS), ("g4dn.2xlarge", HOUR_MS)],
            &["1", "0"],
        ),
    ];

    #[test]
    fn reserved_instances_cover_what_the_guide_says() {
        for &(one, count, used, expected) in RESERVED {
            let sorts: Vec<Sort> = used.iter().map(|(name, _)| instances(name, "1")).collect();
            let ms: Vec<u64> = used.iter().map(|(_, ms)| *ms).collect();
            let all = Commitments::new(&sorts, &[reserved(one, count, "0.6")], &[]);
            let hour = all.settle(&ms);
            for (&amount, expected) in hour.on_demand.iter().zip(expected) {
                prints_as(amount, expected);
            }
            let fee = price("0.6").over(HOUR).units() * i128::from(count);
            assert_eq!(
                hour.fixed(),
                Usd::from_units(fee),
                "{one} is paid, used or not"
            );
        }
    }

    #[test]
    fn a_reservation_used_for_half_an_hour_is_half_unused() {
        let sorts = [instances("m4.large", "0.10")];
        let hour =
            Commitments::new(&sorts, &[reserved("m4.xlarge", 1, "0.12")], &[]).settle(&[HOUR_MS]);
        assert_eq!(hour.reserved_used[0].to_string(), "0.06");
        assert_eq!(hour.reserved_unused[0].to_string(), "0.06");
        assert_eq!(hour.covered[0].to_string(), "0.10");
        assert_eq!(hour.paid[0].to_string(), "0.06");
    }

    #[test]
    fn a_list_value_is_what_was_paid_and_what_is_to_be_paid() {
        let upfront = Usd::from_ticks(600_000_000_000);
        let value = Reserved::list_value(upfront, price("0.007"), 8760);
        prints_as(value, "121.32");
    }

    #[test]
    fn of_equal_savings_the_lower_rate_is_covered_first() {
        let sorts = [other("0.4"), other("0.2")];
        let plans = [plan(Scope::Compute, "0.1", &["0.2", "0.1"])];
        let hour = Commitments::new(&sorts, &[], &plans).settle(&[HOUR_MS, HOUR_MS]);
        prints_as(hour.covered[1], "0.2");
        prints_as(hour.covered[0], "0");
    }

    /// Whatever is used, what is covered and what is not sum to it, and no commitment is overspent.
    #[test]
    fn every_hour_balances() {
        let sorts = [
            instances("c6i.large", "0.085"),
            instances("c6i.9xlarge", "1.5300000001"),
            instances("m5.metal", "4.608"),
            other("0.04048"),
        ];
        let reservations = [
            reserved("c6i.large", 3, "0.0536"),
            reserved("c6i.2xlarge", 1, "0.2"),
        ];
        let family = Scope::Ec2Instance {
            family: "c6i".to_owned(),
        };
        let plans = [
            plan(family, "0.07", &["0.051", "0.92", "", ""]),
            plan(
                Scope::Compute,
                "1.0000000007",
                &["0.06", "1.1", "3.3", "0.0323"],
            ),
        ];
        let commitments = Commitments::new(&sorts, &reservations, &plans);
        let mut word: u64 = 1;
        for _ in 0..500 {
            let used: Vec<u64> = (0..4)
                .map(|_| {
                    word = word
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(1_442_695_040_888_963_407);
                    (word >> 40) % 9_000_000
                })
                .collect();
            let hour = commitments.settle(&used);
            for (sort, &ms) in sorts
                .iter()
                .zip(&used)
                .enumerate()
                .map(|(i, (s, ms))| ((i, s), ms))
            {
                let all = sort.1.price.over(Span::from_ms(ms));
                assert_eq!(hour.on_demand[sort.0] + hour.covered[sort.0], all);
                assert!(hour.on_demand[sort.0] >= Usd::ZERO && hour.covered[sort.0] >= Usd::ZERO);
            }
            for (used, unused) in hour.plan_used.iter().zip(&hour.plan_unused) {
                assert!(*used >= Usd::ZERO && *unused >= Usd::ZERO);
            }
            let fees: Usd = commitments.reserved.iter().map(|one| one.fee).sum();
            let committed: Usd = commitments.plans.iter().copied().sum();
            assert_eq!(hour.fixed(), fees + committed);
        }
    }
}
