//! F1 to F4: functions of estimate, size and submission time that a regression over simulated schedules found to bring
//! the slowdown down (Carastan-Santos and de Camargo, SC'17). The lower the value, the earlier.

use super::{JobOrder, JobView, KnownOrder, Rank, rank_of_float};

pub(super) const F1: KnownOrder = KnownOrder {
    name: "f1",
    sentence: "log10(r)·n + 870·log10(s): F1 of Carastan-Santos and de Camargo, SC'17.",
    make: || Box::new(Fit(|r, n, s| libm::log10(r) * n + 870.0 * s)),
};
pub(super) const F2: KnownOrder = KnownOrder {
    name: "f2",
    sentence: "sqrt(r)·n + 25,600·log10(s): F2 of the same paper.",
    make: || Box::new(Fit(|r, n, s| libm::sqrt(r) * n + 25_600.0 * s)),
};
pub(super) const F3: KnownOrder = KnownOrder {
    name: "f3",
    sentence: "r·n + 6,860,000·log10(s): F3 of the same paper.",
    make: || Box::new(Fit(|r, n, s| r * n + 6.86e6 * s)),
};
pub(super) const F4: KnownOrder = KnownOrder {
    name: "f4",
    sentence: "r·sqrt(n) + 530,000·log10(s): F4 of the same paper.",
    make: || Box::new(Fit(|r, n, s| r * libm::sqrt(n) + 5.3e5 * s)),
};

/// A function of estimate r (s), size n (vCPUs) and log10 of the submission time s (s; at least 1, as log10(0) has no value).
struct Fit(fn(f64, f64, f64) -> f64);

impl JobOrder for Fit {
    fn ranks(&mut self, jobs: &[JobView], ranks: &mut [Rank]) {
        for (rank, job) in ranks.iter_mut().zip(jobs) {
            let r = job.estimate.ms().max(1) as f64 / 1000.0;
            let n = f64::from(job.shape.vcpus);
            let s = (job.submitted.ms() as f64 / 1000.0).max(1.0);
            *rank = rank_of_float((self.0)(r, n, libm::log10(s)));
        }
    }
}
