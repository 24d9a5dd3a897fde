//! The lines of a run's bill that belong to no instance: what commitments and discounts take off, and what of commitments
//! nobody used.
//!
//! Clock hours are counted from the run's time zero (assumed: a run begins with an hour). A commitment is paid for each hour
//! that the run or its bill reaches into. Usage outside of the run is covered before usage of the run that is alike in price
//! (assumed: it is there whether the run is or not).

use std::collections::BTreeMap;

use super::commitments::{Commitments, HOUR, Plan, Reserved, Scope, Sort};
use super::hours::{HOUR_MS, Hours};
use super::{portion, usd};
use crate::model::{BillingTerms, Catalogue, CostCause, InstanceRecord, OtherUsage, SavingsPlan};
use crate::units::{PricePerHour, Ratio, SimTime, Span, TypeId, Usd};

/// A line of the bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// The hour of the run that it is for, from 0.
    pub hour: u64,
    /// The type of the instances that it is about; [`TypeId::NONE`] for an unused commitment.
    pub instance_type: TypeId,
    /// What it is for.
    pub cause: CostCause,
    /// How much.
    pub amount: Usd,
}

/// What a run used at On-Demand prices, by type and hour.
#[derive(Clone, Debug, Default)]
pub struct Usage {
    by_type: BTreeMap<TypeId, Hours>,
}

impl Usage {
    /// Counts what an instance is billed for, unless it is Spot: no commitment covers that.
    pub fn add(&mut self, instance: &InstanceRecord) {
        if instance.spot || instance.billed_s == 0 {
            return;
        }
        let from = instance.launched.ms();
        let to = from.saturating_add(Span::from_s(instance.billed_s).ms());
        let hours = self.by_type.entry(instance.instance_type).or_default();
        hours.add(from, to);
    }

    /// The lines of a run that ended at `end`, by hour, then type, then cause.
    pub fn lines(&self, terms: &BillingTerms, catalogue: &Catalogue, end: SimTime) -> Vec<Line> {
        if !terms.has_commitments() {
            return Vec::new();
        }
        let billed: Vec<(TypeId, Vec<(u64, u128)>)> = self
            .by_type
            .iter()
            .map(|(&one, hours)| (one, hours.billed()))
            .collect();
        let lasts = billed.iter().filter_map(|(_, hours)| hours.last());
        let used_up_to = lasts.map(|(hour, _)| hour + 1).max().unwrap_or(0);
        let hours = end.ms().div_ceil(HOUR_MS).max(used_up_to);

        let others = terms.other_usage.len();
        let mut sorts: Vec<Sort> = Vec::new();
        let mut types: Vec<TypeId> = Vec::new();
        for other in &terms.other_usage {
            let instance_type = other.instance_type.unwrap_or(TypeId::NONE);
            sorts.push(sort(instance_type, other.price, catalogue));
            types.push(instance_type);
        }
        for &(one, _) in &billed {
            sorts.push(sort(one, catalogue.get(one).price, catalogue));
            types.push(one);
        }
        let commitments = commitments(terms, &sorts, &types);

        let mut cursors = vec![0; billed.len()];
        let mut used = vec![0; sorts.len()];
        let (mut lines, mut news) = (Vec::new(), Vec::new());
        for hour in 0..hours {
            for (other, used) in terms.other_usage.iter().zip(&mut used) {
                *used = outside(other, hour);
            }
            for (place, (_, list)) in billed.iter().enumerate() {
                used[others + place] = match list.get(cursors[place]) {
                    Some(&(at, ms)) if at == hour => {
                        cursors[place] += 1;
                        u64::try_from(ms).unwrap_or(u64::MAX)
                    }
                    _ => 0,
                };
            }
            let settled = commitments.settle(&used);
            for (place, &instance_type) in types.iter().enumerate().skip(others) {
                let left = u128::try_from(settled.on_demand[place].units()).unwrap_or(0);
                let off = usd(portion(left, terms.discount.parts(), Ratio::PARTS));
                let amount = settled.paid[place] - settled.covered[place] - off;
                news.push((instance_type, CostCause::Covered, amount));
            }
            let unused = settled.unused();
            news.push((TypeId::NONE, CostCause::CommitmentUnused, unused));
            let news = news.drain(..).filter(|(.., amount)| *amount != Usd::ZERO);
            lines.extend(news.map(|(instance_type, cause, amount)| Line {
                hour,
                instance_type,
                cause,
                amount,
            }));
        }
        lines
    }
}

fn sort(instance_type: TypeId, price: PricePerHour, catalogue: &Catalogue) -> Sort {
    let machine = instance_type
        .is_some()
        .then(|| catalogue.get(instance_type));
    let (instance_type, family) = match machine {
        Some(machine) => (machine.name.clone(), machine.family().to_owned()),
        None => (String::new(), String::new()),
    };
    Sort {
        instance_type,
        family,
        price,
    }
}

fn commitments(terms: &BillingTerms, sorts: &[Sort], types: &[TypeId]) -> Commitments {
    let reserved = terms.reserved_instances.iter().map(|one| Reserved {
        instance_type: one.instance_type.clone(),
        count: one.count,
        hourly: one.hourly,
    });
    let plans = terms.savings_plans.iter().map(|plan| Plan {
        scope: match &plan.family {
            Some(family) => Scope::Ec2Instance {
                family: family.clone(),
            },
            None => Scope::Compute,
        },
        commitment: plan.commitment,
        rates: sorts
            .iter()
            .zip(types)
            .map(|(sort, one)| rate(plan, *one, sort.price))
            .collect(),
    });
    let (reserved, plans): (Vec<Reserved>, Vec<Plan>) = (reserved.collect(), plans.collect());
    Commitments::new(sorts, &reserved, &plans)
}

/// The rate that is stated for a type, or the price less the plan's discount, rounded half up to 10⁻¹⁰ USD.
fn rate(plan: &SavingsPlan, instance_type: TypeId, price: PricePerHour) -> Option<PricePerHour> {
    let stated = plan
        .rates
        .binary_search_by_key(&instance_type, |rate| rate.0);
    if let Ok(place) = stated {
        return Some(plan.rates[place].1);
    }
    let kept = Ratio::PARTS.saturating_sub(plan.discount?.parts());
    let parts = u128::from(Ratio::PARTS);
    let ticks = (u128::from(price.ticks()) * u128::from(kept) + parts / 2) / parts;
    u64::try_from(ticks).ok().map(PricePerHour::from_ticks)
}

/// Milliseconds of usage outside of the run in an hour of it.
fn outside(other: &OtherUsage, hour: u64) -> u64 {
    let begins = SimTime::from_ms(hour.saturating_mul(HOUR_MS));
    let from = other.from.max(begins);
    let to = other.to.min(begins + HOUR);
    to.since(from).ms().saturating_mul(u64::from(other.count))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Architecture, CostCauses, InstanceType, ReservedInstances};
    use crate::units::{EnvId, InstanceId, PoolId, Shape};

    const M5: TypeId = TypeId(0);

    fn catalogue() -> Catalogue {
        Catalogue::new([InstanceType {
            name: "m5.large".to_owned(),
            nominal: Shape::new(2, 8192, 0),
            usable_memory: 7000,
            architecture: Architecture::X86_64,
            price: PricePerHour::parse("0.10").unwrap(),
            speed: Ratio::ONE,
            source: "by hand".to_owned(),
            hardware: Default::default(),
        }])
    }

    fn instance(from_s: u64, seconds: u64, pool: PoolId) -> InstanceRecord {
        let launched = SimTime::from_s(from_s);
        InstanceRecord {
            instance: InstanceId(0),
            environment: EnvId(0),
            instance_type: M5,
            launched,
            registered: Some(launched),
            ended: launched + Span::from_s(seconds),
            terminated: true,
            attempts: 1,
            used_vcpu_ms: 0,
            busy: Span::ZERO,
            pool,
            spot: pool.is_some(),
            interrupted: false,
            billed_s: seconds,
            cost: CostCauses::default(),
            by_hour: Box::default(),
        }
    }

    fn price(text: &str) -> PricePerHour {
        PricePerHour::parse(text).unwrap()
    }

    fn plan(commitment: &str) -> SavingsPlan {
        SavingsPlan {
            family: None,
            commitment: price(commitment),
            discount: Some(Ratio::from_parts(500_000)),
            rates: Vec::new(),
        }
    }

    /// Lines as `hour cause amount`, of instances (start and length in seconds) under terms.
    fn check(terms: &BillingTerms, instances: &[InstanceRecord], expected: &[&str]) {
        let mut usage = Usage::default();
        let mut end = SimTime::ZERO;
        for instance in instances {
            usage.add(instance);
            end = end.max(instance.ended);
        }
        let lines = usage.lines(terms, &catalogue(), end);
        let told: Vec<String> = lines
            .iter()
            .map(|line| format!("{} {} {}", line.hour, line.cause.name(), line.amount))
            .collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn what_an_hour_leaves_of_a_commitment_is_lost() {
        let terms = BillingTerms {
            savings_plans: vec![plan("0.05")],
            ..BillingTerms::default()
        };
        // Two instances in the first hour and none in the second; half of one in the third.
        let all = [(0, 3600), (0, 3600), (7200, 1800)];
        let all = all.map(|(from, seconds)| instance(from, seconds, PoolId::NONE));
        check(
            &terms,
            &all,
            &[
                "0 covered -0.05",
                "1 commitment-unused 0.05",
                "2 covered -0.025",
                "2 commitment-unused 0.025",
            ],
        );
    }

    #[test]
    fn spot_is_not_covered() {
        let terms = BillingTerms {
            savings_plans: vec![plan("0.05")],
            ..BillingTerms::default()
        };
        check(
            &terms,
            &[instance(0, 3600, PoolId(0))],
            &["0 commitment-unused 0.05"],
        );
    }

    #[test]
    fn usage_outside_of_the_run_takes_its_part_of_a_reservation() {
        let mut terms = BillingTerms {
            reserved_instances: vec![ReservedInstances {
                instance_type: "m5.xlarge".to_owned(),
                count: 1,
                hourly: price("0.12"),
            }],
            ..BillingTerms::default()
        };
        let all = [instance(0, 3600, PoolId::NONE)];
        check(
            &terms,
            &all,
            &["0 covered -0.04", "0 commitment-unused 0.06"],
        );
        terms.other_usage.push(OtherUsage {
            instance_type: Some(M5),
            price: price("0.10"),
            count: 3,
            from: SimTime::from_s(1800),
            to: SimTime::NEVER,
        });
        // Of two instance-hours the others take one and a half.
        check(&terms, &all, &["0 covered -0.02"]);
    }

    #[test]
    fn a_negotiated_discount_is_for_what_no_commitment_covers() {
        let terms = BillingTerms {
            discount: Ratio::from_parts(100_000),
            savings_plans: vec![plan("0.05")],
            ..BillingTerms::default()
        };
        let all = [(); 2].map(|()| instance(0, 3600, PoolId::NONE));
        check(&terms, &all, &["0 covered -0.06"]);
    }
}
