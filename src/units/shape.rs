//! What a job asks for and what a machine has: vCPUs, memory and GPUs.

use std::fmt;

/// A memory size that no request reaches: the machine does not limit memory.
pub const NO_LIMIT_MIB: u32 = u32::MAX;

/// vCPUs, MiB of memory and GPUs: a request, a machine's size or what is free on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shape {
    /// vCPUs.
    pub vcpus: u32,
    /// Memory in MiB.
    pub memory: u32,
    /// GPUs.
    pub gpus: u32,
}

impl Shape {
    /// A shape of so many vCPUs, MiB and GPUs.
    pub const fn new(vcpus: u32, memory: u32, gpus: u32) -> Shape {
        Shape {
            vcpus,
            memory,
            gpus,
        }
    }

    /// Whether this request fits in `room`.
    pub const fn fits(self, room: Shape) -> bool {
        self.vcpus <= room.vcpus && self.memory <= room.memory && self.gpus <= room.gpus
    }

    /// What is left of this room without `part`. Memory that is not limited stays so.
    #[inline]
    pub fn less(self, part: Shape) -> Shape {
        assert!(part.fits(self), "{self} has no room for {part}");
        Shape {
            vcpus: self.vcpus - part.vcpus,
            memory: if self.memory == NO_LIMIT_MIB {
                NO_LIMIT_MIB
            } else {
                self.memory - part.memory
            },
            gpus: self.gpus - part.gpus,
        }
    }

    /// This room with `part` given back.
    #[inline]
    pub fn plus(self, part: Shape) -> Shape {
        Shape {
            vcpus: self.vcpus + part.vcpus,
            memory: if self.memory == NO_LIMIT_MIB {
                NO_LIMIT_MIB
            } else {
                self.memory + part.memory
            },
            gpus: self.gpus + part.gpus,
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} vCPU", self.vcpus)?;
        match self.memory {
            NO_LIMIT_MIB => f.write_str(", memory not limited")?,
            0 => {}
            mib => write!(f, ", {mib} MiB")?,
        }
        if self.gpus > 0 {
            write!(f, ", {} GPU", self.gpus)?;
        }
        Ok(())
    }
}
