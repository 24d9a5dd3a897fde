//! Random worlds whose machines Batch launches itself.

use batchcast::model::{
    AllocationStrategy, Billing, Catalogue, Command, ComputeEnvironment, EnvironmentKind,
    EnvironmentUpdate, InstanceType, Managed, Profile, Scenario, Settings, Timed,
};
use batchcast::units::{PricePerHour, Ratio, Shape, Span, TypeId};

use super::{GRAIN_S, Maker, machine_type, set};

/// The random managed world number `seed`.
pub fn managed_world(seed: u64) -> Scenario {
    let mut maker = Maker::new(seed);
    maker.managed = true;
    maker.make()
}

/// Name, vCPUs, MiB, GPUs and ticks an hour. Sizes of a family cost the same per vCPU, but for one that has a rebate.
const TYPES: [(&str, u32, u32, u32, u64); 9] = [
    ("c.large", 2, 1024, 0, 1_700_000_000),
    ("c.xlarge", 4, 2048, 0, 3_400_000_000),
    ("c.2xlarge", 8, 4096, 0, 6_800_000_000),
    ("d.xlarge", 4, 2560, 0, 3_400_000_000),
    ("m.large", 2, 2048, 0, 2_100_000_001),
    ("m.xlarge", 4, 4096, 0, 4_000_000_000),
    ("r.large", 2, 4096, 0, 2_600_000_000),
    ("r.2xlarge", 8, 16384, 0, 10_400_000_000),
    ("g.xlarge", 4, 4096, 1, 12_000_000_000),
];

impl Maker {
    pub(super) fn managed_settings(&mut self) {
        if self.one_in(3) {
            self.scenario.world.settings = Settings::new(Profile::Typical);
        }
        let choices: &[(&str, u64, &[&str])] = &[
            ("scaleOutTick", 2, &["0s", "30s", "60s", "20s"]),
            ("launchTime", 2, &["0s", "10s", "20s"]),
            ("bootTime", 2, &["0s", "20s", "40s", "45s"]),
            ("scaleInIdle", 2, &["0s", "20s", "60s", "300s"]),
            ("neverUsedIdle", 2, &["0s", "20s", "60s", "300s"]),
            ("sizeBias", 3, &["smallest"]),
            ("launchBurst", 3, &["1", "2", "4"]),
            ("launchRefillPerSecond", 2, &["0", "0.01", "0.05", "0.3"]),
            ("clusterInstancesMax", 5, &["1", "2", "3"]),
            ("capacityBackoff", 2, &["0s", "50s", "200s"]),
            ("spillAfter", 2, &["0s", "40s", "100s"]),
            ("billsIdleTail", 6, &["false"]),
        ];
        for (key, n, values) in choices {
            if self.one_in(*n) {
                let value = self.pick(values);
                set(&mut self.scenario, key, value);
            }
        }
    }

    pub(super) fn managed_types(&mut self) {
        let all_alike = self.one_in(2);
        let types: Vec<InstanceType> = TYPES
            .iter()
            .map(|&(name, vcpus, memory, gpus, ticks)| {
                let mut machine = machine_type(name, Shape::new(vcpus, memory, gpus));
                machine.usable_memory = memory - 96;
                machine.price = PricePerHour::from_ticks(ticks);
                if !all_alike {
                    machine.speed =
                        Ratio::from_parts(self.pick(&[1_000_000, 1_000_000, 2_000_000]));
                }
                machine
            })
            .collect();
        self.some_impossible = self.one_in(5);
        self.least = Shape::new(4, 3000, 0);
        self.scenario.world.catalogue = Catalogue::new(types);
    }

    pub(super) fn managed_environment(&mut self, number: u64) -> ComputeEnvironment {
        let all = self.scenario.world.catalogue.len();
        let mut types: Vec<TypeId> = (0..all).map(TypeId::at).collect();
        types.retain(|_| self.one_in(2));
        if types.is_empty() {
            types.push(TypeId::at(self.below(all as u64) as usize));
        }
        let max = self.pick(&[2, 4, 6, 8, 9, 12, 16, 24]);
        let min = if self.one_in(4) {
            self.pick(&[1, 2, 4, 6]).min(max)
        } else {
            0
        };
        let desired = self
            .one_in(4)
            .then(|| self.pick(&[1, 4, 8]).clamp(min, max));
        let strategies = [
            AllocationStrategy::BestFit,
            AllocationStrategy::BestFitProgressive,
            AllocationStrategy::BestFitProgressive,
        ];
        ComputeEnvironment {
            name: format!("ce{number}"),
            enabled: !self.one_in(24),
            valid: !self.one_in(100),
            kind: EnvironmentKind::Managed(Managed {
                purchase: Default::default(),
                positions: Vec::new(),
                strategy: self.pick(&strategies),
                min_vcpus: min,
                max_vcpus: max,
                desired_vcpus: desired,
                types,
                scale_down_delay: Span::from_s(self.pick(&[0, 0, 0, 1200])),
                update_policy: Default::default(),
                billing: self.pick(&[Billing::PerSecond, Billing::PerSecond, Billing::PerHour]),
            }),
        }
    }

    /// What happens to managed environments besides: other limits, outages and their ends, instances that are lost.
    pub(super) fn managed_operator(&mut self) {
        let types = self.scenario.world.catalogue.len() as u64;
        for _ in 0..self.below(3) {
            let begin = self.some_time();
            let end = begin + Span::from_s(GRAIN_S * (1 + self.below(20)));
            let first = self.below(types);
            let count = 1 + self.below(4);
            for offset in 0..count {
                let instance_type = TypeId::at(((first + offset) % types) as usize);
                let available = Some(self.pick(&[0, 0, 1, 2]));
                let command = Command::SetAvailableCapacity {
                    instance_type,
                    available,
                };
                self.later.push(Timed { at: begin, command });
                if !self.one_in(6) {
                    let command = Command::SetAvailableCapacity {
                        instance_type,
                        available: None,
                    };
                    self.later.push(Timed { at: end, command });
                }
            }
        }
        for _ in 0..self.below(4) {
            let compute_environment = self.pick(&self.environments.clone());
            let update = EnvironmentUpdate {
                compute_environment,
                min_vcpus: self.one_in(2).then(|| self.pick(&[0, 0, 2, 4, 8])),
                max_vcpus: self.one_in(2).then(|| self.pick(&[0, 2, 4, 8, 16])),
                desired_vcpus: self.one_in(4).then(|| self.pick(&[2, 4, 8])),
                ..EnvironmentUpdate::default()
            };
            self.later(Command::UpdateComputeEnvironment(update));
        }
        if self.one_in(3) {
            let compute_environment = self.pick(&self.environments.clone());
            let count = 1 + self.below(2) as u32;
            self.later(Command::TerminateInstances {
                compute_environment,
                count,
            });
        }
    }
}
