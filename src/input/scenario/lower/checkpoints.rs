//! `checkpoint` of job definitions.

use crate::model::{Checkpoint, Command, Interruption, SpotMarket, Timed, parse_span};
use crate::policy::checkpoint::IntervalRule;
use crate::units::{Ratio, Span};

use super::super::node::{Node, shortened};
use super::Lowering;

/// A checkpoint whose interval is a rule's, and waits for what Spot pools do.
pub(super) struct ByRule {
    node: Node,
    rule: IntervalRule,
    name: String,
    /// Which of the revisions of that name, from 0.
    revision: usize,
}

impl Lowering<'_> {
    /// The checkpoint of the definition `parent`.
    pub(super) fn checkpoint(&mut self, parent: &Node, node: &Node) -> Option<Checkpoint> {
        let cost = node.span("cost")?;
        let mut checkpoint = Checkpoint {
            interval: None,
            cost,
            restart: node.span("restart").unwrap_or(Span::ZERO),
            on_notice: node.flag("onNotice").unwrap_or(false),
            after_failure: node.text("after") == Some("failure"),
        };
        let Some(text) = node.text("interval") else {
            if !checkpoint.on_notice && node.get("interval").is_none() {
                let message =
                    "missing: say how often, as \"30m\" or \"daly\", or set onNotice = true";
                self.problems.below(node, "interval", message);
            }
            return Some(checkpoint);
        };
        let rule = IntervalRule::ALL
            .into_iter()
            .find(|rule| rule.name() == text);
        if let Some(rule) = rule {
            self.rule(parent, node, rule, &mut checkpoint);
            return Some(checkpoint);
        }
        match parse_span(text) {
            Ok(interval) if !interval.is_zero() => checkpoint.interval = Some(interval),
            Ok(_) => {
                let message = "must be longer than nothing";
                self.problems.below(node, "interval", message);
            }
            Err(_) => {
                let message = format!(
                    "`{}` is no time; write one such as \"30m\", or young, daly or exact",
                    shortened(text)
                );
                self.problems.below(node, "interval", message);
            }
        }
        Some(checkpoint)
    }

    fn rule(
        &mut self,
        parent: &Node,
        node: &Node,
        rule: IntervalRule,
        checkpoint: &mut Checkpoint,
    ) {
        if checkpoint.cost.is_zero() {
            let message = format!(
                "is 0, which makes {} save without end; give a cost, or an interval in time",
                rule.name()
            );
            self.problems.below(node, "cost", message);
            return;
        }
        match node.span("meanUpTime") {
            Some(mean) if !mean.is_zero() => {
                checkpoint.interval = Some(rule.interval_of(checkpoint.cost, mean));
            }
            Some(_) => {
                let message = "must be longer than nothing";
                self.problems.below(node, "meanUpTime", message);
            }
            None => {
                let name = parent.text("jobDefinitionName").unwrap_or_default();
                let revision = self.revisions.get(name).map_or(0, Vec::len);
                self.by_rule.push(ByRule {
                    node: node.clone(),
                    rule,
                    name: name.to_owned(),
                    revision,
                });
            }
        }
    }

    /// The intervals of rules, now that it is known what the Spot pools do.
    pub(super) fn intervals(&mut self, commands: &mut [Timed], market: &SpotMarket) {
        let hazards = market.pools.iter().map(|pool| pool.interruptions_per_hour);
        let most = hazards
            .max()
            .filter(|_| market.interruption == Interruption::Hazard);
        let mean = most.filter(|most| *most > Ratio::ZERO).map(|most| {
            let ms = 3_600_000 * u128::from(Ratio::PARTS) / u128::from(most.parts());
            Span::from_ms(u64::try_from(ms).unwrap_or(u64::MAX)).min(Span::LONGEST)
        });
        for one in std::mem::take(&mut self.by_rule) {
            let Some(mean) = mean else {
                let message = format!(
                    "{} needs the mean time between interruptions: give meanUpTime, or interruptionsPerHour in spot",
                    one.rule.name()
                );
                self.problems.below_once(&one.node, "interval", message);
                continue;
            };
            let mut definitions =
                commands
                    .iter_mut()
                    .filter_map(|timed| match &mut timed.command {
                        Command::RegisterJobDefinition(definition)
                            if definition.name == one.name =>
                        {
                            Some(definition)
                        }
                        _ => None,
                    });
            if let Some(checkpoint) = definitions
                .nth(one.revision)
                .and_then(|definition| definition.checkpoint.as_mut())
            {
                checkpoint.interval = Some(one.rule.interval_of(checkpoint.cost, mean));
            }
        }
    }
}
