//! When, by the estimates, a request will fit: what backfilling asks.

use crate::policy::capacity::{AllocationId, Ask, Reservation};
use crate::units::{EnvId, Shape, SimTime};

use super::allocations::Allocations;
use super::pool::Pool;

/// The earliest moment at which `ask` fits on a machine of `environments`, as far as the expected ends of what runs tell,
/// and what is then spare beside it. All ends of one moment count together.
pub(super) fn reserve(
    pools: &[Pool],
    allocations: &Allocations,
    environments: &[EnvId],
    ask: &Ask<'_>,
) -> Option<Reservation> {
    if ask.gang.is_some() {
        return None;
    }
    if let [only] = environments
        && pools[only.index()].len() == 1
    {
        return reserve_on_one(&pools[only.index()], ask.shape);
    }
    let mut ends: Vec<(SimTime, usize, u32)> = environments
        .iter()
        .enumerate()
        .flat_map(|(place, environment)| {
            pools[environment.index()]
                .ending()
                .map(move |(at, id)| (at, place, id.0))
        })
        .collect();
    ends.sort_unstable();
    let mut spare: Vec<Vec<Shape>> = environments
        .iter()
        .map(|environment| {
            let pool = &pools[environment.index()];
            (0..pool.len() as u32)
                .map(|position| pool.room(position))
                .collect()
        })
        .collect();
    let position_of = |place: usize, instance| {
        let pool = &pools[environments[place].index()];
        (0..pool.len() as u32).find(|&position| pool.instance(position) == instance)
    };
    let mut next = 0;
    while next < ends.len() {
        let at = ends[next].0;
        while let Some(&(_, place, id)) = ends.get(next).filter(|end| end.0 == at) {
            for node in allocations.get(AllocationId(id)).nodes() {
                if let Some(position) = position_of(place, node.instance) {
                    let room = &mut spare[place][position as usize];
                    *room = room.plus(node.taken);
                }
            }
            next += 1;
        }
        let fitting = spare.iter().enumerate().find_map(|(place, rooms)| {
            let pool = &pools[environments[place].index()];
            let fits = |position: &usize| {
                pool.is_present(*position as u32) && ask.shape.fits(rooms[*position])
            };
            (0..rooms.len())
                .find(fits)
                .map(|position| (place, position))
        });
        if let Some((place, position)) = fitting {
            spare[place][position] = spare[place][position].less(ask.shape);
            return Some(Reservation { at, spare });
        }
    }
    None
}

/// The same on a single machine: no copy of rooms, no sort.
fn reserve_on_one(pool: &Pool, shape: Shape) -> Option<Reservation> {
    let mut room = pool.room(0);
    let mut ends = pool.ends().peekable();
    while let Some((at, given_back)) = ends.next() {
        room = room.plus(given_back);
        while let Some((_, also)) = ends.next_if(|&(end, _)| end == at) {
            room = room.plus(also);
        }
        if shape.fits(room) {
            return Some(Reservation {
                at,
                spare: vec![vec![room.less(shape)]],
            });
        }
    }
    None
}
