//! A run beside itself with the other answer to what AWS leaves open: whether a job may pass a head that does not fit.

use crate::units::{Span, Usd};

use super::Figures;

/// Both runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeadOfLine {
    /// The discipline of the other run.
    pub dispatch: &'static str,
    /// The run itself.
    pub own: Figures,
    /// The other.
    pub other: Figures,
}

impl HeadOfLine {
    /// Whether makespan or cost differ by more than a twentieth of the run's own.
    pub fn matters(&self) -> bool {
        let ms = |span: Option<Span>| i128::from(span.unwrap_or_default().ms());
        let units = |usd: Usd| usd.units();
        differ(ms(self.own.makespan), ms(self.other.makespan))
            || differ(units(self.own.cost), units(self.other.cost))
    }
}

fn differ(own: i128, other: i128) -> bool {
    (other - own).abs().saturating_mul(20) > own.abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_twentieth_does_not_matter_and_anything_above_does() {
        assert!(!differ(100, 105));
        assert!(!differ(100, 95));
        assert!(differ(100, 106));
        assert!(differ(100, 94));
        assert!(!differ(0, 0));
        assert!(differ(0, 1));
    }
}
