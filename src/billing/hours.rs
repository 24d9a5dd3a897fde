//! Lives cut into the hours of a run, from its time zero.

use std::collections::BTreeMap;

/// Milliseconds of an hour.
pub const HOUR_MS: u64 = 3_600_000;

/// Billed milliseconds of like machines by hour. An hour that a machine is billed in full costs nothing here but the first and
/// the last of them.
#[derive(Clone, Debug, Default)]
pub struct Hours {
    /// Parts of hours.
    parts: BTreeMap<u64, u64>,
    /// By how many the machines billed for the whole hour are more, or less, than in the hour before.
    steps: BTreeMap<u64, i64>,
}

impl Hours {
    /// A machine is billed from `from` up to `to`, in milliseconds.
    pub fn add(&mut self, from: u64, to: u64) {
        let (first, last) = (from / HOUR_MS, to / HOUR_MS);
        if first == last {
            *self.parts.entry(first).or_default() += to - from;
            return;
        }
        *self.parts.entry(first).or_default() += (first + 1) * HOUR_MS - from;
        if to > last * HOUR_MS {
            *self.parts.entry(last).or_default() += to - last * HOUR_MS;
        }
        if last > first + 1 {
            *self.steps.entry(first + 1).or_default() += 1;
            *self.steps.entry(last).or_default() -= 1;
        }
    }

    /// Hours with anything billed in them, in order, and how much.
    pub fn billed(&self) -> Vec<(u64, u128)> {
        let mut all: BTreeMap<u64, u128> = BTreeMap::new();
        for (&hour, &ms) in &self.parts {
            *all.entry(hour).or_default() += u128::from(ms);
        }
        let mut machines: i64 = 0;
        let mut since = 0;
        for (&hour, &step) in &self.steps {
            if machines > 0 {
                for hour in since..hour {
                    let ms = u128::from(machines.unsigned_abs()) * u128::from(HOUR_MS);
                    *all.entry(hour).or_default() += ms;
                }
            }
            machines += step;
            since = hour;
        }
        all.into_iter().filter(|(_, ms)| *ms > 0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A life cut into hours is as long as it was, wherever it begins and ends.
    #[test]
    fn hours_sum_to_lives() {
        let marks = [
            0, 1, 1_800_000, 3_599_999, 3_600_000, 3_600_001, 7_200_000, 18_000_500,
        ];
        let mut all = Hours::default();
        let mut sum = 0;
        for from in marks {
            for to in marks.into_iter().filter(|to| *to >= from) {
                let mut one = Hours::default();
                one.add(from, to);
                let billed = one.billed();
                let total: u128 = billed.iter().map(|(_, ms)| ms).sum();
                assert_eq!(total, u128::from(to - from), "{from} to {to}");
                assert!(billed.iter().all(|(_, ms)| *ms <= u128::from(HOUR_MS)));
                all.add(from, to);
                sum += u128::from(to - from);
            }
        }
        assert_eq!(all.billed().iter().map(|(_, ms)| ms).sum::<u128>(), sum);
    }
}
