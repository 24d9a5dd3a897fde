//! Container images: what a host has pulled, and how long pulls take.
//!
//! A host keeps what it pulled until it leaves: the first container of an image on it waits for the pull, one that comes while
//! it is under way waits for its end, and later ones find it there. How long a pull takes is settled when it begins: the host's
//! bandwidth is shared alike by the pulls that are then under way on it, itself among them, and what begins or ends later
//! changes nothing about it (assumed; of pulls that begin together the first is too quick and the last too slow by as much).

use crate::billing::traffic;
use crate::model::{Knob, World};
use crate::policy::capacity::{AllocationId, ImageAsk};
use crate::units::{PricePerHour, SimTime, Span, Usd};

use super::allocations::NOT_YET;
use super::fargate::Start;
use super::{Fleet, Instance};

/// How images are pulled.
#[derive(Clone, Copy, Debug)]
pub(super) struct Images {
    mib_per_second: u32,
    extraction: Span,
    /// What a GB of an image costs that is pulled.
    per_gb: PricePerHour,
}

/// An image on a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pulled {
    image: u32,
    /// From when on it is there.
    ready: SimTime,
}

impl Images {
    pub(super) fn of(world: &World) -> Images {
        Images {
            mib_per_second: world.settings.count(Knob::ImagePullMibPerSecond),
            extraction: world.settings.span(Knob::ImageExtraction),
            per_gb: world.billing.pull_per_gb,
        }
    }

    /// How long a pull of `mib` MiB takes that is one of `pulls` on its host, rounded up to the millisecond.
    pub(super) fn pull(&self, mib: u32, pulls: u64) -> Span {
        let ms = (u128::from(mib) * 1000 * u128::from(pulls))
            .checked_next_multiple_of(u128::from(self.mib_per_second))
            .map_or(0, |ms| ms / u128::from(self.mib_per_second));
        let ms = u64::try_from(ms).unwrap_or(u64::MAX);
        self.extraction + Span::from_ms(ms.min(Span::LONGEST.ms()))
    }

    /// What the traffic of a pull costs.
    pub(super) fn traffic(&self, mib: u32) -> Usd {
        traffic::pulled(self.per_gb, mib)
    }
}

/// When `image` is there on a host that needs it at `now`, and what pulling it costs.
fn need(host: &mut Instance, images: &Images, now: SimTime, ask: ImageAsk) -> SimTime {
    if let Some(pulled) = host.images.iter().find(|pulled| pulled.image == ask.image) {
        return pulled.ready.max(now);
    }
    let under_way = host.images.iter().filter(|pulled| pulled.ready > now);
    let ready = now + images.pull(ask.mib, under_way.count() as u64 + 1);
    host.traffic += images.traffic(ask.mib);
    host.images.push(Pulled {
        image: ask.image,
        ready,
    });
    ready
}

/// An image was pulled before `now`.
pub(super) fn has(host: &mut Instance, now: SimTime, ask: ImageAsk) {
    if !host.images.iter().any(|pulled| pulled.image == ask.image) {
        host.images.push(Pulled {
            image: ask.image,
            ready: now,
        });
    }
}

impl Fleet<'_> {
    /// A placed attempt waits for its machine and its image: how long. A gang waits until all of its nodes have it.
    pub fn start(&mut self, now: SimTime, id: AllocationId, image: Option<ImageAsk>) -> Start {
        if self.allocations.get(id).first.instance.task().is_some() {
            return self.start_task(id, image.map(|image| image.mib));
        }
        let Some(image) = image else {
            return Start::default();
        };
        let (images, instances) = (&self.images, &mut self.instances);
        let nodes = self.allocations.get(id).nodes().iter();
        let hosts = nodes.map(|node| node.instance.index());
        let ready = hosts
            .map(|host| need(&mut instances[host], images, now, image))
            .max();
        let pull = ready.map_or(Span::ZERO, |ready| ready - now);
        if !pull.is_zero() {
            for node in self.allocations.get_mut(id).nodes_mut() {
                node.ran = NOT_YET;
            }
        }
        Start {
            machine: Span::ZERO,
            pull,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pull_gets_its_part_of_the_bandwidth_and_is_rounded_up() {
        let images = Images {
            mib_per_second: 100,
            extraction: Span::from_s(5),
            per_gb: PricePerHour::from_ticks(0),
        };
        for (mib, pulls, ms) in [(1000, 1, 15_000), (1000, 4, 45_000), (1, 1, 5_010)] {
            assert_eq!(images.pull(mib, pulls), Span::from_ms(ms), "{mib} {pulls}");
        }
        let free = Images {
            mib_per_second: 0,
            extraction: Span::ZERO,
            ..images
        };
        assert_eq!(free.pull(u32::MAX, 3), Span::ZERO);
    }
}
