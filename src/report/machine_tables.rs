//! `instances.csv` and `bill.csv`: machines and what they cost. Both are made at the end, as the printed amounts of the
//! bill have to sum to its printed total.

use std::collections::BTreeMap;

use crate::billing::lines::Line;
use crate::model::InstanceRecord;
use crate::model::{Catalogue, CostCause, CostCauses};
use crate::units::{TypeId, Usd, apportion, apportion_to};

use super::attempts_csv::instance_id;
use super::names::Names;
use super::summary_json::cost_by_cause;
use super::text::{put_field, put_seconds, put_ticks, put_u64};

/// The columns of `instances.csv`. `purchase` is on-demand or spot, which has an `availability_zone`. `launch_s` is when its billing began, `registered_s` when jobs could
/// be placed on it first; `terminated` is whether the instance left before the end of the run, `interrupted` whether EC2 took it back; `busy_s` the time
/// with at least one attempt on it; `utilization` the vCPU-time that attempts reserved over all it had.
pub const INSTANCES_HEADER: &str = "instance_id,compute_environment,instance_type,purchase,availability_zone,vcpus,launch_s,registered_s,end_s,terminated,interrupted,attempts,\
busy_s,used_vcpu_s,utilization,billed_s,cost_usd\n";

/// The columns of `bill.csv`: a row for each instance and cause with an amount; the amounts of a cause sum to what the summary
/// says of it in `cost_causes_usd`, and so all of them to `cost_usd`. What commitments cover, by type, and what of them is not
/// used belongs to no instance and no environment.
pub const BILL_HEADER: &str = "compute_environment,instance_id,instance_type,cause,cost_usd\n";

/// `instances.csv`, in order of launch.
pub fn instances_csv(
    instances: &[InstanceRecord],
    names: &Names,
    catalogue: &Catalogue,
) -> Vec<u8> {
    let instances = in_order(instances);
    let costs: Vec<Usd> = instances
        .iter()
        .map(|instance| instance.cost.total())
        .collect();
    let mut out = INSTANCES_HEADER.as_bytes().to_vec();
    for (instance, cost) in instances.iter().zip(apportion(&costs)) {
        let machine = catalogue.get(instance.instance_type);
        let life = instance.ended - instance.launched;
        out.extend_from_slice(&instance_id(instance.instance));
        out.push(b',');
        out.extend_from_slice(names.environment(instance.environment));
        out.push(b',');
        put_field(&mut out, machine.name.as_bytes());
        out.extend_from_slice(match instance.spot {
            true => b",spot,",
            false => b",on-demand,",
        });
        out.extend_from_slice(names.zone(instance.pool));
        out.push(b',');
        put_u64(&mut out, u64::from(machine.nominal.vcpus));
        out.push(b',');
        put_seconds(&mut out, instance.launched.ms());
        out.push(b',');
        if let Some(registered) = instance.registered {
            put_seconds(&mut out, registered.ms());
        }
        out.push(b',');
        put_seconds(&mut out, instance.ended.ms());
        out.extend_from_slice(if instance.terminated {
            b",true,"
        } else {
            b",false,"
        });
        out.extend_from_slice(if instance.interrupted {
            b"true,"
        } else {
            b"false,"
        });
        put_u64(&mut out, instance.attempts);
        out.push(b',');
        put_seconds(&mut out, instance.busy.ms());
        out.push(b',');
        let used = crate::metrics::Decimal::from_ms(instance.used_vcpu_ms);
        out.extend_from_slice(used.to_string().as_bytes());
        out.push(b',');
        let all = u128::from(machine.nominal.vcpus) * u128::from(life.ms());
        if let Some(part) = crate::metrics::Decimal::quotient(instance.used_vcpu_ms, all) {
            out.extend_from_slice(part.to_string().as_bytes());
        }
        out.push(b',');
        put_u64(&mut out, instance.billed_s);
        out.push(b',');
        put_ticks(&mut out, cost.floor_ticks());
        out.push(b'\n');
    }
    out
}

/// `bill.csv`, in order of launch, then of cause; `lines` that belong to no instance at the end, by cause, then type.
pub fn bill_csv(
    instances: &[InstanceRecord],
    lines: &[Line],
    names: &Names,
    catalogue: &Catalogue,
) -> Vec<u8> {
    let instances = in_order(instances);
    let others = summed(lines);
    let costs = instances.iter().map(|instance| &instance.cost);
    let costs: Vec<&CostCauses> = costs.chain(others.iter().map(|(_, cost)| cost)).collect();
    let columns = rounded_columns(&costs);
    let mut out = BILL_HEADER.as_bytes().to_vec();
    for (place, cost) in costs.into_iter().enumerate() {
        let instance = instances.get(place);
        let instance_type = match instance {
            Some(instance) => instance.instance_type,
            None => others[place - instances.len()].0,
        };
        for (cause, column) in CostCause::ALL.into_iter().zip(&columns) {
            if cost.get(cause) == Usd::ZERO {
                continue;
            }
            if let Some(instance) = instance {
                out.extend_from_slice(names.environment(instance.environment));
                out.push(b',');
                out.extend_from_slice(&instance_id(instance.instance));
            } else {
                out.push(b',');
            }
            out.push(b',');
            if instance_type.is_some() {
                put_field(&mut out, catalogue.get(instance_type).name.as_bytes());
            }
            out.push(b',');
            out.extend_from_slice(cause.name().as_bytes());
            out.push(b',');
            put_ticks(&mut out, column[place].floor_ticks());
            out.push(b'\n');
        }
    }
    out
}

/// `lines` over all hours, by cause, then type.
fn summed(lines: &[Line]) -> Vec<(TypeId, CostCauses)> {
    let mut sums: BTreeMap<(CostCause, TypeId), CostCauses> = BTreeMap::new();
    for line in lines {
        let sum = sums.entry((line.cause, line.instance_type)).or_default();
        sum.add(line.cause, line.amount);
    }
    let sums = sums.into_iter();
    sums.map(|((_, instance_type), cost)| (instance_type, cost))
        .collect()
}

/// What each part of a bill says of each cause, in the order of [`CostCause::ALL`]: a cause's amounts sum to what the summary
/// says of it.
fn rounded_columns(parts: &[&CostCauses]) -> Vec<Vec<Usd>> {
    let mut bill = CostCauses::default();
    for part in parts {
        for cause in CostCause::ALL {
            bill.add(cause, part.get(cause));
        }
    }
    let columns = cost_by_cause(&bill).into_iter().map(|(cause, total)| {
        let amounts: Vec<Usd> = parts.iter().map(|part| part.get(cause)).collect();
        apportion_to(&amounts, total)
    });
    columns.collect()
}

fn in_order(instances: &[InstanceRecord]) -> Vec<&InstanceRecord> {
    let mut sorted: Vec<&InstanceRecord> = instances.iter().collect();
    sorted.sort_by_key(|instance| instance.instance);
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Named;
    use crate::model::{Architecture, InstanceType};
    use crate::units::{
        EnvId, InstanceId, PoolId, PricePerHour, Ratio, Shape, SimTime, Span, TypeId,
    };

    fn catalogue() -> Catalogue {
        Catalogue::new([InstanceType {
            name: "c6i.large".to_owned(),
            nominal: Shape::new(2, 4096, 0),
            usable_memory: 3788,
            architecture: Architecture::X86_64,
            price: PricePerHour::parse("0.085").unwrap(),
            speed: Ratio::ONE,
            source: "by hand".to_owned(),
            hardware: Default::default(),
        }])
    }

    fn instance(number: u32, useful: i128, idle: i128) -> InstanceRecord {
        let mut cost = CostCauses::default();
        cost.add(CostCause::Useful, Usd::from_units(useful));
        cost.add(CostCause::Idle, Usd::from_units(idle));
        InstanceRecord {
            instance: InstanceId(number),
            environment: EnvId(0),
            instance_type: TypeId(0),
            launched: SimTime::ZERO,
            registered: Some(SimTime::ZERO),
            ended: SimTime::from_s(100),
            terminated: false,
            attempts: 3,
            used_vcpu_ms: 50_500,
            busy: Span::from_s(40),
            pool: PoolId::NONE,
            spot: false,
            interrupted: false,
            by_hour: Box::default(),
            billed_s: 100,
            cost,
        }
    }

    fn names() -> Names {
        let mut names = Names::default();
        names.add(Named::Environment(EnvId(0), "spot"));
        names
    }

    #[test]
    fn the_rows_of_a_bill_sum_to_its_rounded_total() {
        let instances: Vec<InstanceRecord> = (0..7)
            .rev()
            .map(|n| instance(n, 1_200_000, 1_300_000))
            .collect();
        let total: Usd = instances.iter().map(|instance| instance.cost.total()).sum();
        let mut bill = CostCauses::default();
        for cause in [CostCause::Useful, CostCause::Idle] {
            bill.add(cause, instances.iter().map(|one| one.cost.get(cause)).sum());
        }
        let text = String::from_utf8(bill_csv(&instances, &[], &names(), &catalogue())).unwrap();
        let mut ticks = 0;
        for (cause, amount) in cost_by_cause(&bill) {
            let cells = text.lines().map(|row| row.rsplit(',').collect::<Vec<_>>());
            let of_cause = cells.filter(|cells| cells[1] == cause.name());
            let sum: u64 = of_cause
                .map(|cells| PricePerHour::parse(cells[0]).unwrap().ticks())
                .sum();
            assert_eq!(i128::from(sum), amount.floor_ticks(), "{cause:?}");
            ticks += i128::from(sum);
        }
        assert_eq!(ticks, total.rounded_ticks());
        assert!(
            text.lines()
                .nth(1)
                .unwrap()
                .starts_with("spot,i-00000000000000000,c6i.large,useful,")
        );
    }

    #[test]
    fn an_instance_says_how_full_it_was() {
        let rows = instances_csv(&[instance(0, 3_600_000, 0)], &names(), &catalogue());
        assert_eq!(
            String::from_utf8(rows).unwrap().lines().nth(1).unwrap(),
            "i-00000000000000000,spot,c6i.large,on-demand,,2,0,0,100,false,false,3,40,50.5,0.2525,100,0.0000000001"
        );
    }
}
