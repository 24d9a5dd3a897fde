//! Multi-node jobs in managed environments: whole machines of one type, all of them or none.

use batchcast::model::AllocationStrategy;
use batchcast::units::{Shape, TypeId};

use super::scaling::{Decision, Entry, Tried};
use super::{Fault, Naive};

impl Naive<'_> {
    /// Whole machines of one type in one environment, all of them or none.
    pub(super) fn provide_gang(&mut self, decision: &mut Decision, queue: usize, entry: &Entry) {
        let nodes = &entry.nodes;
        let largest = nodes.iter().map(|node| u64::from(node.0.vcpus)).max();
        for environment in self.usable(queue) {
            let rooms = decision.rooms[environment].clone();
            let whole = |one: TypeId| {
                let size = self.size_of(one);
                rooms.iter().filter(|room| **room == (size, one)).count()
            };
            let mut types: Vec<TypeId> = rooms.iter().map(|room| room.1).collect();
            types.retain(|&one| whole(one) >= nodes.len() && self.holds_nodes(one, nodes));
            if let Some(&one) = types.iter().min() {
                self.take_whole(decision, environment, one, nodes.len());
                return;
            }
            if !self.launches_for(environment, entry) {
                continue;
            }
            // Where what was launched went again unused, all are launched anew, to come together.
            let is_in_vain = self
                .managed(environment)
                .is_some_and(|managed| managed.in_vain == Some(self.happened));
            let types = (0..self.scenario.world.catalogue.len()).map(TypeId::at);
            let there: Vec<usize> = match is_in_vain {
                true => types.map(|_| 0).collect(),
                false => types.map(whole).collect(),
            };
            let there = |one: TypeId| there[one.index()];
            let missing = |one: TypeId| (nodes.len() - there(one)) as u64;
            let demand = match self.fault {
                Some(Fault::GangsByDemand) => u64::from(entry.shape.vcpus),
                _ => largest.expect("a node"),
            };
            match self.launch(decision, environment, nodes, demand, false, &missing) {
                Tried::Launched(one) => {
                    self.take_whole(decision, environment, one, there(one));
                    return;
                }
                Tried::Spills => {}
                Tried::Keeps => return,
            }
        }
    }

    fn take_whole(
        &mut self,
        decision: &mut Decision,
        environment: usize,
        one: TypeId,
        count: usize,
    ) {
        let whole = (self.size_of(one), one);
        let rooms = &mut decision.rooms[environment];
        for _ in 0..count {
            let place = rooms.iter().position(|room| *room == whole);
            rooms.remove(place.expect("a whole machine"));
        }
    }

    pub(super) fn holds_nodes(&self, one: TypeId, nodes: &[(Shape, Option<String>)]) -> bool {
        let kind = self.scenario.world.catalogue.get(one);
        nodes.iter().all(|node| self.holds_node(kind, node))
    }

    /// Whether an environment may have as many machines of a type, if it has no others.
    pub(super) fn lets_be(&self, environment: usize, one: TypeId, count: usize) -> bool {
        let spec = &self.managed(environment).expect("managed").is;
        let (each, count) = (self.vcpus(one), count as u32);
        match spec.strategy {
            AllocationStrategy::BestFit => each * count <= spec.max_vcpus,
            _ => each * (count - 1) < spec.max_vcpus,
        }
    }

    /// Why a managed environment can never take the job: whether it is too much in all.
    pub(super) fn is_beyond(&self, environment: usize, number: usize) -> Option<bool> {
        let spec = &self.managed(environment)?.is;
        let job = &self.jobs[number];
        let mut holding = spec.types.clone();
        holding.retain(|&one| {
            let kind = self.scenario.world.catalogue.get(one);
            match job.nodes.is_empty() {
                true => job.shape.fits(self.size(kind)),
                false => job.nodes.iter().all(|node| self.holds_node(kind, node)),
            }
        });
        let fits_max = |&one: &TypeId| self.lets_be(environment, one, job.nodes.len().max(1));
        if job.shape.vcpus > spec.max_vcpus {
            Some(true)
        } else if holding.is_empty() {
            Some(false)
        } else if holding.iter().any(fits_max) {
            None
        } else {
            Some(true)
        }
    }
}
