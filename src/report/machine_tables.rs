//! `instances.csv` and `bill.csv`: machines and what they cost. Both are made at the end, as the printed amounts of the
//! bill have to sum to its printed total.

use crate::model::InstanceRecord;
use crate::model::{Catalogue, CostCause};
use crate::units::{Usd, apportion};

use super::attempts_csv::instance_id;
use super::names::Names;
use super::text::{put_field, put_seconds, put_ticks, put_u64};

/// The columns of `instances.csv`. `terminated` is whether the instance left before the end of the run; `busy_s` the time
/// with at least one attempt on it; `utilization` the vCPU-time that attempts reserved over all it had.
pub const INSTANCES_HEADER: &str = "instance_id,compute_environment,instance_type,vcpus,launch_s,end_s,terminated,attempts,\
busy_s,vcpu_s_used,utilization,billed_s,cost_usd\n";

/// The columns of `bill.csv`: a row for each instance and cause with an amount; the amounts sum to `cost_usd` of the summary.
pub const BILL_HEADER: &str = "environment,instance_id,instance_type,cause,cost_usd\n";

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
        out.extend_from_slice(&instance_id(instance.instance.0));
        out.push(b',');
        out.extend_from_slice(names.environment(instance.environment));
        out.push(b',');
        put_field(&mut out, machine.name.as_bytes());
        out.push(b',');
        put_u64(&mut out, u64::from(machine.nominal.vcpus));
        out.push(b',');
        put_seconds(&mut out, instance.launched.ms());
        out.push(b',');
        put_seconds(&mut out, instance.ended.ms());
        out.extend_from_slice(if instance.terminated {
            b",true,"
        } else {
            b",false,"
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

/// `bill.csv`, in order of launch, then of cause.
pub fn bill_csv(instances: &[InstanceRecord], names: &Names, catalogue: &Catalogue) -> Vec<u8> {
    let mut lines: Vec<(&InstanceRecord, CostCause)> = Vec::new();
    let mut amounts: Vec<Usd> = Vec::new();
    for instance in in_order(instances) {
        for cause in CostCause::ALL {
            let amount = instance.cost.get(cause);
            if amount != Usd::ZERO {
                lines.push((instance, cause));
                amounts.push(amount);
            }
        }
    }
    let mut out = BILL_HEADER.as_bytes().to_vec();
    for ((instance, cause), amount) in lines.into_iter().zip(apportion(&amounts)) {
        out.extend_from_slice(names.environment(instance.environment));
        out.push(b',');
        out.extend_from_slice(&instance_id(instance.instance.0));
        out.push(b',');
        put_field(
            &mut out,
            catalogue.get(instance.instance_type).name.as_bytes(),
        );
        out.push(b',');
        out.extend_from_slice(cause.name().as_bytes());
        out.push(b',');
        put_ticks(&mut out, amount.floor_ticks());
        out.push(b'\n');
    }
    out
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
    use crate::model::{Architecture, CostCauses, InstanceType};
    use crate::units::{EnvId, InstanceId, PricePerHour, Ratio, Shape, SimTime, Span, TypeId};

    fn catalogue() -> Catalogue {
        Catalogue::new([InstanceType {
            name: "c6i.large".to_owned(),
            nominal: Shape::new(2, 4096, 0),
            usable_memory: 3788,
            architecture: Architecture::X86_64,
            price: PricePerHour::parse("0.085").unwrap(),
            speed: Ratio::ONE,
            source: "by hand".to_owned(),
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
            ended: SimTime::from_s(100),
            terminated: false,
            attempts: 3,
            used_vcpu_ms: 50_500,
            busy: Span::from_s(40),
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
        let text = String::from_utf8(bill_csv(&instances, &names(), &catalogue())).unwrap();
        let mut ticks = 0;
        for row in text.lines().skip(1) {
            ticks += i128::from(
                PricePerHour::parse(row.rsplit(',').next().unwrap())
                    .unwrap()
                    .ticks(),
            );
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
            "i-00000000000000000,spot,c6i.large,2,0,100,false,3,40,50.5,0.2525,100,0.0000000001"
        );
    }
}
