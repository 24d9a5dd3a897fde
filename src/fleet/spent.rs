//! What attempts cost, and what that was for.

use crate::model::CostCause;
use crate::units::{Span, Usd};

use super::ledger::Meter;

/// What the running time of an attempt was for: so much of it for work that counts, so much for saving that, and the rest for
/// `cause`. Its price is cut by time, as if it had been the same throughout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spent {
    /// What the rest was for.
    pub cause: CostCause,
    /// How long it ran; what follows is part of it.
    pub ran: Span,
    /// Work that counts.
    pub worked: Span,
    /// Saving it.
    pub saving: Span,
}

impl Spent {
    /// All of it for one cause.
    pub const fn on(cause: CostCause) -> Spent {
        Spent {
            cause,
            ran: Span::ZERO,
            worked: Span::ZERO,
            saving: Span::ZERO,
        }
    }

    #[inline]
    pub(super) fn book(&self, meter: &mut Meter, amount: Usd) {
        if self.worked.is_zero() && self.saving.is_zero() {
            meter.book(self.cause, amount);
        } else {
            self.book_parts(meter, amount);
        }
    }

    #[inline(never)]
    fn book_parts(&self, meter: &mut Meter, amount: Usd) {
        self.parts(amount, |cause, part| meter.book(cause, part));
    }

    /// Cuts the price of the running time.
    pub(super) fn parts(&self, amount: Usd, mut book: impl FnMut(CostCause, Usd)) {
        if self.ran.is_zero() {
            return book(self.cause, amount);
        }
        let part = |of: Span| {
            let units = amount.units() * i128::from(of.ms()) / i128::from(self.ran.ms());
            Usd::from_units(units)
        };
        let (worked, saving) = (part(self.worked), part(self.saving));
        book(CostCause::Useful, worked);
        book(CostCause::Checkpoint, saving);
        book(self.cause, amount - worked - saving);
    }
}

/// What an attempt cost, by phase.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AttemptCost {
    /// While its container was being made.
    pub starting: Usd,
    /// While it ran.
    pub running: Usd,
}

impl AttemptCost {
    /// Both together.
    pub fn total(self) -> Usd {
        self.starting + self.running
    }
}
