//! In which order the jobs of a queue (of a share) are considered.

mod fifo;
mod largest_first;
mod lublin_fits;
mod shortest_first;
mod smallest_first;

use crate::units::{JobId, Shape, SimTime, Span};

/// What an order sees of a job that becomes RUNNABLE.
#[derive(Clone, Copy, Debug)]
pub struct JobView {
    /// The job; identifiers grow in order of submission.
    pub job: JobId,
    /// When it was submitted.
    pub submitted: SimTime,
    /// When it became RUNNABLE.
    pub eligible: SimTime,
    /// What it asks for.
    pub shape: Shape,
    /// Its estimate, never zero-length where the job has one; what the scheduler believes its run time to be.
    pub estimate: Span,
}

/// A rank: the lower, the earlier. Equal ranks are taken in order of submission.
pub type Rank = u64;

/// A job order whose ranks do not change while a job waits.
pub trait JobOrder {
    /// Writes one rank per job into `ranks` (of the same length).
    fn ranks(&mut self, jobs: &[JobView], ranks: &mut [Rank]);
}

/// A known order: its name, one sentence, and how to make one.
#[derive(Clone, Copy)]
pub struct KnownOrder {
    /// The name that scenarios and `--order` use.
    pub name: &'static str,
    /// What it does and where it comes from.
    pub sentence: &'static str,
    /// Makes one.
    pub make: fn() -> Box<dyn JobOrder>,
}

/// Every known order; the order of this list is the order of help and of sweeps.
pub const ORDERS: &[KnownOrder] = &[
    fifo::KNOWN,
    shortest_first::KNOWN,
    lublin_fits::F1,
    lublin_fits::F2,
    lublin_fits::F3,
    lublin_fits::F4,
    smallest_first::KNOWN,
    largest_first::KNOWN,
];

/// The order called `name`.
///
/// # Errors
/// A sentence with the names there are.
pub fn find(name: &str) -> Result<&'static KnownOrder, String> {
    ORDERS
        .iter()
        .find(|known| known.name == name)
        .ok_or_else(|| {
            let names: Vec<&str> = ORDERS.iter().map(|known| known.name).collect();
            format!(
                "`{name}` is not a job order; use one of {}",
                names.join(", ")
            )
        })
}

/// A float as an integer of the same order (IEEE 754 total order), so that ranks compare as integers.
pub fn rank_of_float(value: f64) -> Rank {
    let bits = value.to_bits();
    if bits >> 63 == 0 {
        bits | 1 << 63
    } else {
        !bits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Job numbers in the order that `name` gives to (submit s, estimate s, vcpus) triples.
    fn sorted(name: &str, jobs: &[(u64, u64, u32)]) -> Vec<u32> {
        let views: Vec<JobView> = jobs
            .iter()
            .enumerate()
            .map(|(index, &(submit, estimate, vcpus))| JobView {
                job: JobId::at(index),
                submitted: SimTime::from_s(submit),
                eligible: SimTime::from_s(submit),
                shape: Shape::new(vcpus, 0, 0),
                estimate: Span::from_s(estimate),
            })
            .collect();
        let mut ranks = vec![0; views.len()];
        (find(name).unwrap().make)().ranks(&views, &mut ranks);
        let mut order: Vec<u32> = (0..views.len() as u32).collect();
        order.sort_by_key(|&job| (ranks[job as usize], job));
        order
    }

    #[test]
    fn each_order_takes_first_what_its_name_says() {
        let jobs = [(0, 500, 8), (1, 100, 64), (2, 500, 1), (3, 100, 2)];
        assert_eq!(sorted("fifo", &jobs), [0, 1, 2, 3]);
        assert_eq!(sorted("sjf", &jobs), [1, 3, 0, 2]);
        assert_eq!(sorted("smallest", &jobs), [2, 3, 0, 1]);
        assert_eq!(sorted("largest", &jobs), [1, 0, 3, 2]);
        for name in ["f1", "f2", "f3", "f4"] {
            assert_eq!(
                sorted(name, &[(1000, 9000, 64), (1000, 10, 1)]),
                [1, 0],
                "{name}"
            );
        }
    }

    #[test]
    fn float_ranks_keep_the_order_of_floats() {
        let values = [
            f64::NEG_INFINITY,
            -2.5,
            -0.0,
            0.0,
            1e-300,
            3.0,
            f64::INFINITY,
        ];
        assert!(
            values
                .windows(2)
                .all(|pair| rank_of_float(pair[0]) < rank_of_float(pair[1]))
        );
    }
}
