//! A history cut into blocks that are drawn again and laid end to end: keeps what follows what within a block, and takes no
//! view of how prices come about (the moving block bootstrap; Künsch, 1989).

use rand::Rng;
use rand::rngs::ChaCha8Rng;

use crate::units::{PricePerHour, SimTime, Span};

/// One course of drawn blocks.
pub(super) struct Blocks<'w> {
    history: &'w [(SimTime, PricePerHour)],
    /// How many milliseconds a block may begin at.
    starts: u64,
    block: Span,
    stream: ChaCha8Rng,
    /// Where the block that is being told begins in the run, and in the history.
    begins: SimTime,
    source: SimTime,
    /// The next step of the history in this block; `None` before its first.
    next: Option<usize>,
}

impl<'w> Blocks<'w> {
    pub(super) fn new(
        history: &'w [(SimTime, PricePerHour)],
        length: Span,
        block: Span,
        stream: ChaCha8Rng,
    ) -> Blocks<'w> {
        let block = block.max(Span::from_ms(1));
        let mut blocks = Blocks {
            history,
            starts: length.ms().saturating_sub(block.ms()) + 1,
            block,
            stream,
            begins: SimTime::ZERO,
            source: SimTime::ZERO,
            next: None,
        };
        blocks.draw();
        blocks
    }

    /// Where in the history the next block begins: evenly, by the multiply-and-shift rule.
    fn draw(&mut self) {
        let word = u128::from(self.stream.next_u64());
        let ms = (word * u128::from(self.starts)) >> 64;
        self.source = SimTime::from_ms(ms as u64);
    }
}

impl Iterator for Blocks<'_> {
    type Item = (SimTime, PricePerHour);

    fn next(&mut self) -> Option<(SimTime, PricePerHour)> {
        loop {
            let Some(next) = self.next else {
                let after = self.history.partition_point(|&(at, _)| at <= self.source);
                self.next = Some(after);
                let (_, price) = *self.history.get(after.saturating_sub(1))?;
                return Some((self.begins, price));
            };
            let end = self.source + self.block;
            if let Some(&(at, price)) = self.history.get(next).filter(|&&(at, _)| at < end) {
                self.next = Some(next + 1);
                return Some((self.begins + (at - self.source), price));
            }
            self.begins = self.begins + self.block;
            self.draw();
            self.next = None;
        }
    }
}
