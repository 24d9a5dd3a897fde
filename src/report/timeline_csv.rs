//! `timeline.csv`: levels over time, averaged over buckets of one width.

use crate::metrics::{Decimal, LEVELS, Timeline};

use super::text::put_seconds;

/// Columns that the table leaves out: an unlimited memory would make their level mean little.
const LEFT_OUT: &str = "memory_provisioned_mib";

/// `timeline.csv`: `time_s` is a bucket's beginning, `width_s` its width, every other column the average level over it.
pub fn timeline_csv(timeline: &Timeline) -> Vec<u8> {
    let mut out = b"time_s,width_s".to_vec();
    for name in LEVELS.iter().filter(|name| **name != LEFT_OUT) {
        out.push(b',');
        out.extend_from_slice(name.as_bytes());
    }
    out.push(b'\n');
    for bucket in timeline.buckets() {
        let width = bucket.to - bucket.from;
        put_seconds(&mut out, bucket.from.ms());
        out.push(b',');
        put_seconds(&mut out, width.ms());
        for (name, sum) in LEVELS.iter().zip(bucket.sums) {
            if *name == LEFT_OUT {
                continue;
            }
            out.push(b',');
            if let Some(average) = Decimal::quotient(sum, u128::from(width.ms())) {
                out.extend_from_slice(average.to_string().as_bytes());
            }
        }
        out.push(b'\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Integral;
    use crate::model::Levels;
    use crate::units::SimTime;

    #[test]
    fn a_level_that_holds_half_a_bucket_counts_half() {
        let mut integral = Integral::new(true);
        let level = |vcpus_used| Levels {
            vcpus_used,
            memory_provisioned: 64,
            ..Levels::default()
        };
        integral.set(SimTime::ZERO, &level(8));
        integral.set(SimTime::from_ms(500), &level(4));
        integral.advance(SimTime::from_ms(1_500));
        let text = timeline_csv(&integral.into_timeline().unwrap());
        assert_eq!(
            String::from_utf8(text).unwrap(),
            "time_s,width_s,pending,runnable,starting,running,vcpus_used,vcpus_provisioned,vcpus_max,memory_used_mib,instances\n\
             0,1,0,0,0,0,6,0,0,0,0\n1,0.5,0,0,0,0,4,0,0,0,0\n"
        );
    }
}
