//! Fargate as requests name it: environments without instances, the sizes that a task can have, and what a definition says of
//! where its containers run and what they are made from.

use super::Architecture;

/// `computeResources` of type FARGATE or FARGATE_SPOT: each attempt is a task with a machine of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FargateEnvironment {
    /// Whether its tasks are Fargate Spot's, which may be interrupted.
    pub spot: bool,
    /// `maxvCpus`: the vCPUs of its tasks together never exceed it.
    pub max_vcpus: u32,
}

/// `platformCapabilities`: where a definition's jobs run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Platform {
    /// `EC2`: on instances.
    #[default]
    Ec2,
    /// `FARGATE`.
    Fargate,
}

impl Platform {
    /// The name in AWS's spelling.
    pub const fn name(self) -> &'static str {
        match self {
            Platform::Ec2 => "EC2",
            Platform::Fargate => "FARGATE",
        }
    }
}

/// What a definition says of its containers beside what they ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContainerTerms {
    /// Where they run.
    pub platform: Platform,
    /// vCPUs in quarters of one, where it asks for a part of one, which only Fargate has; 0: whole ones.
    pub quarter_vcpus: u32,
    /// `ephemeralStorage.sizeInGiB`, on Fargate; 0: what is included.
    pub storage_gib: u32,
    /// `runtimePlatform.cpuArchitecture`, on Fargate.
    pub architecture: Architecture,
    /// `image`: what is pulled once for each instance, where images have a size. Empty: the definition's name stands for it.
    pub image: String,
    /// Ours: MiB of the image; where not stated, the setting `imageSizeMib`.
    pub image_mib: Option<u32>,
}

/// A size that a Fargate task can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FargateSize {
    /// vCPUs in quarters of one.
    pub quarter_vcpus: u32,
    /// MiB.
    pub memory: u32,
}

/// Memory in MiB: from, to and in steps of.
type Range = (u32, u32, u32);

/// vCPUs in quarters of one, and the memory that goes with them, in MiB, ascending: from, to and in steps of (Batch API,
/// ResourceRequirement).
const SIZES: &[(u32, &[Range])] = &[
    (1, &[(512, 512, 512), (1024, 2048, 1024)]),
    (2, &[(1024, 4096, 1024)]),
    (4, &[(2048, 8192, 1024)]),
    (8, &[(4096, 16_384, 1024)]),
    (16, &[(8192, 30_720, 1024)]),
    (32, &[(16_384, 61_440, 4096)]),
    (64, &[(32_768, 122_880, 8192)]),
    (128, &[(61_440, 122_880, 61_440), (249_856, 249_856, 4096)]),
];

impl FargateSize {
    /// All sizes, by vCPUs, then memory.
    pub fn all() -> Vec<FargateSize> {
        let mut all = Vec::new();
        for &(quarter_vcpus, ranges) in SIZES {
            for &(least, most, step) in ranges {
                all.extend(
                    (least..=most)
                        .step_by(step as usize)
                        .map(|memory| FargateSize {
                            quarter_vcpus,
                            memory,
                        }),
                );
            }
        }
        all
    }

    /// Whether there is such a size.
    pub fn is_valid(self) -> bool {
        let ranges = SIZES.iter().find(|(of, _)| *of == self.quarter_vcpus);
        ranges.is_some_and(|(_, ranges)| {
            ranges.iter().any(|&(least, most, step)| {
                (least..=most).contains(&self.memory) && (self.memory - least).is_multiple_of(step)
            })
        })
    }

    /// The smallest that holds so many quarters of a vCPU and so many MiB: of the fewest vCPUs with enough memory, the least.
    /// `None` where there is none.
    pub fn holding(quarter_vcpus: u32, memory: u32) -> Option<FargateSize> {
        let enough = SIZES.iter().filter(|(of, _)| *of >= quarter_vcpus);
        let least = |&(of, ranges): &(u32, &[Range])| {
            let held = ranges.iter().find(|(_, most, _)| *most >= memory)?;
            let over = memory.saturating_sub(held.0);
            Some(FargateSize {
                quarter_vcpus: of,
                memory: held.0 + over.div_ceil(held.2) * held.2,
            })
        };
        enough.filter_map(least).next()
    }

    /// Whole vCPUs, rounded up: what it counts for where vCPUs are whole.
    pub fn vcpus(self) -> u32 {
        self.quarter_vcpus.div_ceil(4)
    }

    /// vCPUs as AWS writes them: `0.25`, `4`.
    pub fn vcpus_text(self) -> String {
        match self.quarter_vcpus % 4 {
            0 => (self.quarter_vcpus / 4).to_string(),
            part => format!(
                "{}.{}",
                self.quarter_vcpus / 4,
                ["", "25", "5", "75"][part as usize]
            ),
        }
    }

    /// Why there is no such size, and what there is with so many vCPUs.
    pub fn refusal(self) -> String {
        let ranges = SIZES.iter().find(|(of, _)| *of == self.quarter_vcpus);
        let known = match ranges {
            Some((_, ranges)) => {
                let range = |&(least, most, step): &(u32, u32, u32)| match least == most {
                    true => least.to_string(),
                    false => format!("{least} to {most} in steps of {step}"),
                };
                let ranges: Vec<String> = ranges.iter().map(range).collect();
                format!("with so many vCPUs memory is {} MiB", ranges.join(", or "))
            }
            None => "vCPUs are 0.25, 0.5, 1, 2, 4, 8, 16 or 32".to_owned(),
        };
        format!(
            "Fargate resource requirements ({} vCPU, {} MiB) not valid: {known}",
            self.vcpus_text(),
            self.memory
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_valid_exactly_where_it_is_one_of_all() {
        let all = FargateSize::all();
        assert!(all.is_sorted());
        assert_eq!(all.len(), 3 + 4 + 7 + 13 + 23 + 12 + 12 + 3);
        for quarter_vcpus in 0..=130 {
            for memory in (0..=250_000).step_by(256) {
                let size = FargateSize {
                    quarter_vcpus,
                    memory,
                };
                assert_eq!(
                    size.is_valid(),
                    all.binary_search(&size).is_ok(),
                    "{size:?}"
                );
            }
        }
    }

    #[test]
    fn the_smallest_size_that_holds_a_request_is_the_first_of_all_that_does() {
        let all = FargateSize::all();
        for quarter_vcpus in 0..=130 {
            for memory in (0..=250_000).step_by(500) {
                let fits = |size: &&FargateSize| {
                    size.quarter_vcpus >= quarter_vcpus && size.memory >= memory
                };
                let found = FargateSize::holding(quarter_vcpus, memory);
                assert_eq!(
                    found.as_ref(),
                    all.iter().find(fits),
                    "{quarter_vcpus} {memory}"
                );
            }
        }
    }

    #[test]
    fn a_refusal_says_what_there_is() {
        let size = |quarter_vcpus, memory| {
            FargateSize {
                quarter_vcpus,
                memory,
            }
            .refusal()
        };
        assert_eq!(
            size(2, 512),
            "Fargate resource requirements (0.5 vCPU, 512 MiB) not valid: with so many vCPUs memory is 1024 to 4096 in steps of 1024 MiB"
        );
        assert!(size(12, 8192).ends_with("vCPUs are 0.25, 0.5, 1, 2, 4, 8, 16 or 32"));
    }
}
