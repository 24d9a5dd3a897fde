//! `[billing]`: the terms of the bill.

use crate::model::{
    BillingTerms, FargatePrices, OtherUsage, ReservedInstances, RootVolume, SavingsPlan, VolumeKind,
};
use crate::units::{PricePerHour, Ratio, SimTime, TypeId};

use super::super::node::Node;
use super::Lowering;

/// An ECS-optimised AMI's root volume (assumed).
const ROOT_GIB: u32 = 30;

impl Lowering<'_> {
    /// The terms that the section states; none where there is no section.
    pub(super) fn billing(&mut self) -> BillingTerms {
        let root = self.root;
        let Some(node) = root.get("billing") else {
            return BillingTerms::default();
        };
        let plans = node.list("savingsPlans").iter();
        let savings_plans: Vec<SavingsPlan> =
            plans.filter_map(|plan| self.savings_plan(plan)).collect();
        let reserved = node.list("reservedInstances").iter();
        let reserved_instances: Vec<ReservedInstances> =
            reserved.filter_map(|one| self.reserved(one)).collect();
        let others = node.list("otherUsage").iter();
        let other_usage: Vec<OtherUsage> =
            others.filter_map(|other| self.other_usage(other)).collect();
        let terms = BillingTerms {
            root_volume: root_volume(node),
            public_ipv4: node.flag("publicIpv4").unwrap_or(false),
            pull_per_gb: pull_per_gb(node),
            fargate: FargatePrices {
                vcpu: price(node, "fargateVcpuUsdPerHour"),
                memory_gb: price(node, "fargateMemoryUsdPerGbHour"),
                storage_gb: price(node, "fargateStorageUsdPerGbHour"),
            },
            discount: percent(node).unwrap_or(Ratio::ZERO),
            savings_plans,
            reserved_instances,
            other_usage,
        };
        let has_commitments =
            !node.list("savingsPlans").is_empty() || !node.list("reservedInstances").is_empty();
        if !node.list("otherUsage").is_empty() && !has_commitments {
            let message = "has no effect without savingsPlans or reservedInstances, for which it would compete";
            self.problems.below_once(node, "otherUsage", message);
        }
        terms
    }

    fn savings_plan(&mut self, node: &Node) -> Option<SavingsPlan> {
        let family = node.text("family");
        let is_ec2 = node.text("type") == Some("ec2-instance");
        if is_ec2 && family.is_none() {
            let message = "is missing: an EC2 Instance Savings Plan is for one family, such as c6i";
            self.problems.below_once(node, "family", message);
        }
        if !is_ec2 && family.is_some() {
            let message =
                "is for type = \"ec2-instance\"; a Compute Savings Plan covers all families";
            self.problems.below_once(node, "family", message);
        }
        if let (true, Some(family)) = (is_ec2, family)
            && !self
                .types
                .catalogue
                .iter()
                .any(|(_, one)| one.family() == family)
        {
            let message = format!(
                "the catalogue has no instance type of the family `{}`; write one such as c6i",
                super::super::node::shortened(family)
            );
            self.problems.below_once(node, "family", message);
        }
        let discount = percent(node);
        let rates = self.rates(node, family.filter(|_| is_ec2));
        if discount.is_none()
            && node
                .get("rates")
                .is_none_or(|rates| rates.members().is_empty())
        {
            let message = "is missing: state it, or rates by instance type";
            self.problems.below_once(node, "discountPercent", message);
        }
        Some(SavingsPlan {
            family: family.filter(|_| is_ec2).map(str::to_owned),
            commitment: price(node, "commitmentUsdPerHour")?,
            discount,
            rates,
        })
    }

    /// `rates`, ascending by type.
    fn rates(&mut self, node: &Node, family: Option<&str>) -> Vec<(TypeId, PricePerHour)> {
        let Some(table) = node.get("rates") else {
            return Vec::new();
        };
        let mut rates = Vec::new();
        for (name, _) in table.members() {
            let path = super::super::node::child("", name);
            let path = path.strip_prefix('/').unwrap_or(&path);
            let Some(id) = self.instance_type(table, path, name) else {
                continue;
            };
            let machine = self.types.catalogue.get(id);
            let on_demand = machine.price;
            let is_other = family.is_some_and(|family| family != machine.family());
            let Some(rate) = price(table, name) else {
                continue;
            };
            if is_other {
                let message = format!(
                    "is not of the plan's family `{}`",
                    family.unwrap_or_default()
                );
                self.problems.below_once(table, path, message);
            } else if rate > on_demand {
                let message = format!(
                    "{rate} is more than the On-Demand price ({on_demand}), so it would cover nothing"
                );
                self.problems.below_once(table, path, message);
            }
            rates.push((id, rate));
        }
        rates.sort_unstable();
        rates
    }

    fn reserved(&mut self, node: &Node) -> Option<ReservedInstances> {
        let name = node.text("instanceType")?;
        self.instance_type(node, "instanceType", name)?;
        Some(ReservedInstances {
            instance_type: name.to_owned(),
            count: node.whole("count").unwrap_or(1),
            hourly: price(node, "hourlyUsd")?,
        })
    }

    fn other_usage(&mut self, node: &Node) -> Option<OtherUsage> {
        let name = node.text("instanceType");
        if name.is_some() == node.get("usdPerHour").is_some() {
            let message = "state either instanceType or usdPerHour";
            self.problems.at(node, message);
            return None;
        }
        let instance_type = match name {
            Some(name) => Some(self.instance_type(node, "instanceType", name)?),
            None => None,
        };
        let price = match instance_type {
            Some(id) => self.types.catalogue.get(id).price,
            None => price(node, "usdPerHour")?,
        };
        let from = SimTime::ZERO + node.span("from").unwrap_or_default();
        let to = node
            .span("to")
            .map_or(SimTime::NEVER, |to| SimTime::ZERO + to);
        if to <= from {
            let message = format!("{to} s is not after from ({from} s)");
            self.problems.below_once(node, "to", message);
        }
        Some(OtherUsage {
            instance_type,
            price,
            count: node.whole("count").unwrap_or(1),
            from,
            to,
        })
    }
}

/// What the ways that an image comes cost together, for each GB.
fn pull_per_gb(node: &Node) -> PricePerHour {
    let keys = ["natUsdPerGb", "registryUsdPerGb"];
    let prices = keys.iter().filter_map(|key| price(node, key));
    let ticks = prices.fold(0u64, |sum, price| sum.saturating_add(price.ticks()));
    PricePerHour::from_ticks(ticks)
}

/// The volume, where its size or its kind is stated.
fn root_volume(node: &Node) -> Option<RootVolume> {
    let (gib, kind) = (node.get("rootVolumeGiB"), node.text("rootVolumeType"));
    if gib.is_none() && kind.is_none() {
        return None;
    }
    Some(RootVolume {
        gib: node.whole("rootVolumeGiB").unwrap_or(ROOT_GIB),
        kind: match kind {
            Some("gp2") => VolumeKind::Gp2,
            _ => VolumeKind::Gp3,
        },
    })
}

/// `discountPercent` as a part of one.
fn percent(node: &Node) -> Option<Ratio> {
    Ratio::from_f64(node.decimal("discountPercent")? / 100.0)
}

fn price(node: &Node, key: &str) -> Option<PricePerHour> {
    PricePerHour::parse(&node.get(key)?.scalar()?).ok()
}
