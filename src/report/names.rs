//! Names of queues, environments and shares as CSV fields, written once.

use crate::model::Named;
use crate::units::{EnvId, PoolId, QueueId, ShareId};

use super::text::put_field;

/// CSV text by identifier; empty for what has no name.
#[derive(Clone, Debug, Default)]
pub struct Names {
    queues: Vec<Vec<u8>>,
    environments: Vec<Vec<u8>>,
    shares: Vec<Vec<u8>>,
    zones: Vec<Vec<u8>>,
}

fn put(column: &mut Vec<Vec<u8>>, index: usize, name: &str) {
    if column.len() <= index {
        column.resize(index + 1, Vec::new());
    }
    column[index].clear();
    put_field(&mut column[index], name.as_bytes());
}

fn get(column: &[Vec<u8>], index: usize) -> &[u8] {
    column.get(index).map_or(&[], Vec::as_slice)
}

impl Names {
    /// Takes a name.
    pub fn add(&mut self, name: Named<'_>) {
        match name {
            Named::Queue(id, name) => put(&mut self.queues, id.index(), name),
            Named::Environment(id, name) => put(&mut self.environments, id.index(), name),
            Named::Share(id, _, name) => put(&mut self.shares, id.index(), name),
            Named::Pool(id, zone) => put(&mut self.zones, id.index(), zone),
        }
    }

    /// The queue's name.
    #[inline]
    pub fn queue(&self, id: QueueId) -> &[u8] {
        get(&self.queues, id.index())
    }

    /// The environment's name.
    pub fn environment(&self, id: EnvId) -> &[u8] {
        get(&self.environments, id.index())
    }

    /// The zone of a Spot pool; nothing for [`PoolId::NONE`].
    pub fn zone(&self, id: PoolId) -> &[u8] {
        get(&self.zones, id.index())
    }

    /// The share's identifier.
    #[inline]
    pub fn share(&self, id: ShareId) -> &[u8] {
        get(&self.shares, id.index())
    }
}
