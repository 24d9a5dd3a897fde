//! What containers, tasks and pods ask for.

use crate::units::Shape;

use super::super::node::{Node, Value};
use super::Lowering;
use super::fargate::quarters;

impl Lowering<'_> {
    /// What the block `key` (of the kind `kind`) of `node` asks for.
    pub(super) fn block(&mut self, node: &Node, key: &str, kind: &str) -> Shape {
        let Some(block) = node.get(key) else {
            return Shape::default();
        };
        match kind {
            "ecsProperties" => self.task(block),
            "eksProperties" => self.pod(block),
            _ => self.container(block).shape(Shape::default()),
        }
    }

    /// What one container asks for, as far as it says.
    pub(super) fn container(&mut self, node: &Node) -> Asked {
        let mut asked = self.requirements(node);
        asked.vcpus = asked.vcpus.or_else(|| node.whole("vcpus"));
        asked.memory = asked.memory.or_else(|| node.whole("memory"));
        asked
    }

    fn requirements(&mut self, node: &Node) -> Asked {
        let mut asked = Asked::default();
        for (index, entry) in node.list("resourceRequirements").iter().enumerate() {
            let Some(kind) = entry.text("type") else {
                continue;
            };
            let path = format!("resourceRequirements/{index}");
            let slot = match kind {
                "VCPU" => &mut asked.vcpus,
                "MEMORY" => &mut asked.memory,
                "GPU" => &mut asked.gpus,
                _ => continue,
            };
            if slot.is_some() {
                let message = format!("{kind} is given a second time");
                self.problems.below(node, &format!("{path}/type"), message);
            }
            let value = entry
                .whole::<u32>("value")
                .filter(|value| *value < u32::MAX);
            let part = entry.text("value").and_then(quarters);
            let part = part.filter(|_| self.takes_parts && kind == "VCPU");
            if kind == "VCPU" {
                asked.quarters = part;
            }
            let value = value.or(part.map(|_| 1));
            // A stand-in for what could not be read: it is reported here, and should not be a second time as missing.
            *slot = Some(value.unwrap_or(1 << 10));
            if value.is_none()
                && entry
                    .get("value")
                    .is_some_and(|value| value.scalar().is_some())
            {
                let text = entry
                    .get("value")
                    .and_then(Node::scalar)
                    .unwrap_or_default();
                let unit = match kind {
                    "VCPU" => "vCPUs",
                    "MEMORY" => "MiB",
                    _ => "GPUs",
                };
                let message = format!("`{text}` is not a whole number of {unit}");
                self.problems
                    .below_once(node, &format!("{path}/value"), message);
            }
        }
        asked
    }

    /// The sum of a task's containers.
    fn task(&mut self, node: &Node) -> Shape {
        let tasks = node.list("taskProperties");
        if tasks.len() > 1 {
            let message = format!("{} tasks; a job has one", tasks.len());
            self.problems.below_once(node, "taskProperties", message);
        }
        let Some(task) = tasks.first() else {
            self.problems
                .below_once(node, "taskProperties", "empty; give one task");
            return Shape::default();
        };
        self.sum(task, "containers", |lowering, container| {
            lowering.requirements(container).shape(Shape::default())
        })
    }

    fn sum(&mut self, node: &Node, key: &str, shape: impl Fn(&mut Self, &Node) -> Shape) -> Shape {
        let containers = node.list(key);
        if containers.len() > 10 || containers.is_empty() {
            let message = format!("{} containers; must be 1 to 10", containers.len());
            self.problems.below_once(node, key, message);
        }
        let mut sum = Shape::default();
        for container in containers {
            let one = shape(self, container);
            let added = sum
                .vcpus
                .checked_add(one.vcpus)
                .zip(sum.memory.checked_add(one.memory))
                .zip(sum.gpus.checked_add(one.gpus));
            match added {
                Some(((vcpus, memory), gpus)) => sum = Shape::new(vcpus, memory, gpus),
                None => {
                    let message = "together the containers ask for more than any machine has";
                    self.problems.below_once(node, key, message);
                }
            }
        }
        sum
    }

    /// The sum of a pod's containers; vCPUs are rounded up to whole ones.
    fn pod(&mut self, node: &Node) -> Shape {
        let Some(pod) = node.get("podProperties") else {
            return Shape::default();
        };
        // Summed in thousandths of a vCPU, so that two halves are one.
        let sum = self.sum(pod, "containers", |lowering, container| {
            let ask = |lowering: &mut Self, key, read: fn(&str) -> Option<u32>| {
                let found = ["requests", "limits"]
                    .into_iter()
                    .find_map(|list| container.get("resources")?.get(list)?.get(key));
                let Some((node, text)) = found.and_then(|node| Some((node, node.as_text()?)))
                else {
                    return 0;
                };
                read(text).unwrap_or_else(|| {
                    let message =
                        format!("`{text}` is no quantity of {key} that a machine could have");
                    lowering.problems.below_once(node, "", message);
                    1
                })
            };
            Shape::new(
                ask(lowering, "cpu", |text| quantity(text, 1000, 1)),
                ask(lowering, "memory", |text| quantity(text, 1, 1 << 20)),
                ask(lowering, "nvidia.com/gpu", |text| quantity(text, 1, 1)),
            )
        });
        Shape::new(sum.vcpus.div_ceil(1000), sum.memory, sum.gpus)
    }
}

/// What a request asks for, member by member.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    pub vcpus: Option<u32>,
    pub memory: Option<u32>,
    pub gpus: Option<u32>,
    /// vCPUs in quarters, where a part of one is asked for: `vcpus` is 1 then.
    pub quarters: Option<u32>,
}

impl Asked {
    /// As a shape; what is not asked for is that of `base`.
    pub(super) fn shape(self, base: Shape) -> Shape {
        Shape::new(
            self.vcpus.unwrap_or(base.vcpus),
            self.memory.unwrap_or(base.memory),
            self.gpus.unwrap_or(base.gpus),
        )
    }
}

/// A Kubernetes quantity times `times` over `per`, rounded up: `250m`, `0.25`, `2`, `2048Mi`, `2G`.
pub(super) fn quantity(text: &str, times: u128, per: u128) -> Option<u32> {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, suffix) = text.split_at(end);
    // The number in thousandths, then its suffix.
    let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || decimals.len() > 3 || !decimals.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let milli: u128 = format!("{whole}{decimals:0<3}").parse().ok()?;
    let (up, down): (u128, u128) = match suffix {
        "" => (1, 1),
        "m" => (1, 1000),
        "k" => (1000, 1),
        "M" => (1_000_000, 1),
        "G" => (1_000_000_000, 1),
        "T" => (1_000_000_000_000, 1),
        "Ki" => (1 << 10, 1),
        "Mi" => (1 << 20, 1),
        "Gi" => (1 << 30, 1),
        "Ti" => (1 << 40, 1),
        _ => return None,
    };
    let value = milli
        .checked_mul(up)?
        .checked_mul(times)?
        .div_ceil(1000 * down * per);
    u32::try_from(value).ok().filter(|value| *value < u32::MAX)
}

/// Whether any container below `node` overrides what it asks for.
pub(super) fn overrides_resources(node: &Node) -> bool {
    match &node.value {
        Value::List(items) => items.iter().any(overrides_resources),
        Value::Table(members) => members.iter().any(|(key, member)| {
            ["resourceRequirements", "resources", "vcpus", "memory"].contains(&key.as_str())
                || overrides_resources(member)
        }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kubernetes_quantities_read_in_all_their_spellings() {
        let cpu = |text| quantity(text, 1000, 1);
        let mib = |text| quantity(text, 1, 1 << 20);
        assert_eq!(cpu("250m"), Some(250));
        assert_eq!(cpu("0.25"), Some(250));
        assert_eq!(cpu("2"), Some(2000));
        assert_eq!(mib("2048Mi"), Some(2048));
        assert_eq!(mib("2Gi"), Some(2048));
        assert_eq!(mib("2147483648"), Some(2048));
        assert_eq!(mib("2G"), Some(1908));
        for text in [
            "",
            "Mi",
            "-1",
            "1.2345",
            "1e3",
            "99999999999999999999999999999999Ti",
        ] {
            assert_eq!(mib(text), None, "{text}");
        }
    }
}
