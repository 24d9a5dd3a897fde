//! `spot.model` and what belongs to it: what each pool costs.

use std::collections::BTreeMap;

use crate::input::spot::{Assumed, PriceHistory, Stated, fitted, of_figures};
use crate::model::{InstanceType, SpotPrice};
use crate::units::{PricePerHour, Ratio, SimTime, Span, TypeId};

use super::super::super::Files;
use super::super::super::node::{Node, Origin};
use super::super::{Lowering, moment};
use super::{OwnPool, Read, known};

/// Until then a Spot price could go to ten times the On-Demand price, milliseconds from 1970: 2017-12-01.
const BIDDING_ENDS: i64 = 1_512_086_400_000;
/// A history this far from the day of a price is of another time: a year.
const YEAR_MS: i64 = 366 * 86_400_000;

/// How prices come about.
pub(super) struct PriceModel {
    kind: PriceKind,
    /// A history, and the moment of it that is time zero.
    history: Option<(PriceHistory, i64)>,
    /// The zones of the section.
    pub(super) zones: Vec<String>,
    discount: Ratio,
    /// Whether prices may go above On-Demand.
    is_bidding: bool,
}

enum PriceKind {
    Discount,
    History,
    Bootstrap { block: Span, length: Span },
    Synthetic(Stated, Option<PricePerHour>),
    Fitted(Span),
}

impl PriceModel {
    /// Whether prices come from a history.
    pub(super) fn is_historic(&self) -> bool {
        self.history.is_some()
    }

    /// The zones that have a type.
    pub(super) fn zones(&self, name: &str) -> Vec<String> {
        match &self.history {
            Some((history, _)) => history
                .zones(name)
                .map(|(zone, _)| zone.to_owned())
                .collect(),
            None => self.zones.clone(),
        }
    }

    /// What a pool costs, unless the history does not have it.
    pub(super) fn price(&self, machine: &InstanceType, zone: &str) -> Option<SpotPrice> {
        let most = match self.is_bidding {
            true => machine.price.times(10).unwrap_or(machine.price),
            false => machine.price,
        };
        let (steps, zero) = match &self.history {
            None => (None, 0),
            Some((history, zero)) => (history.steps(&machine.name, zone), *zero),
        };
        Some(match &self.kind {
            PriceKind::Discount => SpotPrice::Fixed(less(machine.price, self.discount)),
            PriceKind::Synthetic(stated, mean) => {
                let mean = mean.unwrap_or_else(|| less(machine.price, self.discount));
                SpotPrice::Process(of_figures(stated, mean, most))
            }
            PriceKind::History => SpotPrice::Steps(course(steps?, zero)),
            PriceKind::Bootstrap { block, length } => SpotPrice::Blocks {
                history: course(steps?, zero),
                length: *length,
                block: *block,
            },
            PriceKind::Fitted(step) => {
                SpotPrice::Fitted(Box::new(fitted(steps?, zero, *step, most)))
            }
        })
    }
}

impl Lowering<'_> {
    /// `model`, with its files read.
    pub(super) fn price_model(
        &mut self,
        node: &Node,
        files: &dyn Files,
        zones: Vec<String>,
        read: &mut Read,
    ) -> Option<PriceModel> {
        let name = node.text("model").unwrap_or_default();
        let is_synthetic = name == "synthetic";
        let is_fitted = is_synthetic && node.flag("fit") == Some(true);
        let is_historic = is_fitted || matches!(name, "history" | "bootstrap");
        let has_mean = node.get("meanUsdPerHour").is_some();
        let is_stated = is_synthetic && !is_fitted;
        for (key, counts) in [
            ("history", is_historic),
            ("historyInstanceType", is_historic),
            ("historyFrom", is_historic),
            ("allowMixedDates", is_historic),
            ("block", name == "bootstrap"),
            ("discount", name == "discount" || is_stated && !has_mean),
            ("meanUsdPerHour", is_stated),
            ("reversionPerHour", is_stated),
            ("volatilityPerHour", is_stated),
            ("jumpsPerDay", is_stated),
            ("jumpDeviation", is_stated),
            ("step", is_synthetic),
            ("fit", is_synthetic),
        ] {
            let is_there = |member: &Node| member.origin != Origin::Default;
            if !counts && node.get(key).is_some_and(is_there) {
                read.ignored.push(format!("/spot/{key}"));
            }
        }
        let history = match is_historic {
            true => Some(self.history(node, files, read)?),
            false => None,
        };
        let now = history.as_ref().map(|(_, zero)| *zero).or(self.start);
        let discount = node.decimal("discount").and_then(Ratio::from_f64);
        let discount = discount.unwrap_or(Ratio::ZERO);
        let kind = match name {
            "history" => PriceKind::History,
            "bootstrap" => self.bootstrap(node, history.as_ref()?)?,
            "synthetic" => self.synthetic(node, is_fitted)?,
            "discount" => {
                read.notes.push(format!(
                    "Spot prices are On-Demand prices less {discount} of them, at all times, which is an assumption"
                ));
                PriceKind::Discount
            }
            _ => return None,
        };
        Some(PriceModel {
            kind,
            history,
            zones,
            discount,
            is_bidding: now.is_some_and(|now| now < BIDDING_ENDS),
        })
    }

    fn bootstrap(&mut self, node: &Node, history: &(PriceHistory, i64)) -> Option<PriceKind> {
        let (history, zero) = history;
        let (_, last) = history.ends()?;
        let length = Span::from_ms(u64::try_from(last.saturating_sub(*zero)).unwrap_or(0));
        let block = node.span("block")?;
        if block == Span::ZERO {
            let message = "must be longer than 0";
            self.problems.below(node, "block", message);
            return None;
        }
        if block > length {
            let message = format!(
                "is longer than the history from historyFrom on ({length} s); take a shorter block or a longer history"
            );
            self.problems.below(node, "block", message);
            return None;
        }
        Some(PriceKind::Bootstrap { block, length })
    }

    fn synthetic(&mut self, node: &Node, is_fitted: bool) -> Option<PriceKind> {
        let step = node.span("step")?;
        if step < Span::from_s(1) {
            let message = "must be at least a second";
            self.problems.below(node, "step", message);
            return None;
        }
        if is_fitted {
            return Some(PriceKind::Fitted(step));
        }
        let mean = node.get("meanUsdPerHour").and_then(Node::scalar);
        let mean = mean.and_then(|text| PricePerHour::parse(&text).ok());
        if mean == Some(PricePerHour::FREE) {
            let message = "is 0; no Spot instance is free";
            self.problems.below(node, "meanUsdPerHour", message);
            return None;
        }
        let stated = Stated {
            reversion_per_hour: node.decimal("reversionPerHour")?,
            volatility_per_hour: node.decimal("volatilityPerHour")?,
            jumps_per_day: node.decimal("jumpsPerDay")?,
            jump_deviation: node.decimal("jumpDeviation")?,
            step,
        };
        Some(PriceKind::Synthetic(stated, mean))
    }

    /// `history`, all files of it, and the moment of it that is time zero.
    fn history(
        &mut self,
        node: &Node,
        files: &dyn Files,
        read: &mut Read,
    ) -> Option<(PriceHistory, i64)> {
        let paths: Vec<(String, &str)> = match node.get("history") {
            Some(one) => match one.as_text() {
                Some(path) => vec![("history".to_owned(), path)],
                None => one
                    .items()
                    .iter()
                    .enumerate()
                    .filter_map(|(index, item)| Some((format!("history/{index}"), item.as_text()?)))
                    .collect(),
            },
            None => Vec::new(),
        };
        if paths.is_empty() {
            let model = node.text("model").unwrap_or_default();
            let message = format!("is missing: the model {model} needs history = \"FILE\"");
            self.problems.below_once(node, "history", message);
            return None;
        }
        let zone = node.list("zones").first().and_then(Node::as_text);
        let assumed = Assumed {
            instance_type: node.text("historyInstanceType"),
            zone: zone.unwrap_or("us-east-1a"),
        };
        let mut history = PriceHistory::default();
        let mut is_whole = true;
        for (member, path) in paths {
            let Some(reader) = self.opened(node, &member, path, files, read) else {
                is_whole = false;
                continue;
            };
            if let Err(problems) = history.add(reader, path, assumed) {
                self.problems.extend(problems);
                is_whole = false;
            }
        }
        if !is_whole {
            return None;
        }
        history.finish();
        let zero = self.history_zero(node, &history)?;
        read.notes.push(told(&history, zero));
        Some((history, zero))
    }

    /// The moment of the history that is time zero, in milliseconds from 1970.
    fn history_zero(&mut self, node: &Node, history: &PriceHistory) -> Option<i64> {
        let (first, last) = history.ends()?;
        let covers = |ms: &i64| (first..=last).contains(ms);
        if node.get("historyFrom").is_none() {
            return Some(self.start.filter(covers).unwrap_or(first));
        }
        let from = moment(node, "historyFrom", self.problems)?;
        if !covers(&from) {
            let message = format!(
                "is outside of the history, which goes from {} to {}",
                stamp(first),
                stamp(last)
            );
            self.problems.below(node, "historyFrom", message);
            return None;
        }
        Some(from)
    }

    /// A bid below the On-Demand price relates the prices of a history to On-Demand prices: they must be of one time.
    pub(super) fn mixed_dates(
        &mut self,
        node: &Node,
        model: &PriceModel,
        bids: &BTreeMap<TypeId, u32>,
        own: &[OwnPool],
    ) {
        let Some((history, _)) = &model.history else {
            return;
        };
        let Some((first, last)) = history.ends() else {
            return;
        };
        if node.flag("allowMixedDates") == Some(true) {
            return;
        }
        let is_far = |id: TypeId| {
            let day = self.day_of_price(id)?;
            let is_far = day < first - YEAR_MS || day > last + YEAR_MS;
            is_far.then_some(day)
        };
        let is_fixed = |id| known(own, id, "", |own| own.price).is_some();
        let low = bids
            .iter()
            .filter(|(id, bid)| **bid < 100 && !is_fixed(**id));
        let far: Vec<(TypeId, i64)> = low
            .filter_map(|(&id, _)| is_far(id).map(|day| (id, day)))
            .collect();
        let Some(&(id, day)) = far.first() else {
            return;
        };
        let more = match far.len() - 1 {
            0 => String::new(),
            more => format!(" and {more} more types"),
        };
        let by_start = match self.start {
            None => "set start to a day of the history, ",
            Some(_) => "",
        };
        let date = |ms| stamp(ms).chars().take(10).collect::<String>();
        let message = format!(
            "is of {} to {}, and the On-Demand price of `{}`{more} is of {}: a bidPercentage below 100 is no ratio of such prices; {by_start}state prices in instanceTypes, or set allowMixedDates = true",
            date(first),
            date(last),
            self.types.catalogue.get(id).name,
            date(day)
        );
        self.problems.below(node, "history", message);
    }

    /// The day that the On-Demand price of a type is known for, where it is one of the catalogue's: the scenario's first, if
    /// it held then.
    fn day_of_price(&self, id: TypeId) -> Option<i64> {
        let source = &self.types.catalogue.get(id).source;
        let date = source.get(source.len().checked_sub(10)?..)?;
        let seen: jiff::Timestamp = format!("{date}T00:00:00Z").parse().ok()?;
        let seen = seen.as_millisecond();
        Some(self.start.filter(|start| *start >= seen).unwrap_or(seen))
    }
}

/// `price` less a part of it, rounded half up.
fn less(price: PricePerHour, discount: Ratio) -> PricePerHour {
    let parts = u128::from(Ratio::PARTS);
    let kept = parts.saturating_sub(u128::from(discount.parts()));
    let ticks = (u128::from(price.ticks()) * kept + parts / 2) / parts;
    PricePerHour::from_ticks(ticks as u64)
}

/// `steps` as they hold from `zero` on; the first holds from the beginning.
fn course(steps: &[(i64, PricePerHour)], zero: i64) -> Vec<(SimTime, PricePerHour)> {
    let begun = steps.partition_point(|&(at, _)| at <= zero);
    let steps = &steps[begun.saturating_sub(1)..];
    let time = |at: i64| u64::try_from(at.saturating_sub(zero)).unwrap_or(0);
    let mut course: Vec<(SimTime, PricePerHour)> = steps
        .iter()
        .map(|&(at, price)| (SimTime::from_ms(time(at)), price))
        .collect();
    if let Some(first) = course.first_mut() {
        first.0 = SimTime::ZERO;
    }
    course
}

/// What was read, in a sentence.
fn told(history: &PriceHistory, zero: i64) -> String {
    let (first, last) = history.ends().unwrap_or_default();
    let mut told = format!(
        "Spot history: {} rows of Linux/UNIX from {} to {}, time zero is {}",
        history.rows,
        stamp(first),
        stamp(last),
        stamp(zero)
    );
    for (count, what) in [
        (history.other_products, "rows of other products passed over"),
        (history.duplicates, "exact duplicates dropped"),
        (
            history.contradictions,
            "rows dropped that name a lower price for the same moment",
        ),
    ] {
        if count > 0 {
            told.push_str(&format!("; {count} {what}"));
        }
    }
    told
}

/// A moment as people write it.
fn stamp(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map_or_else(|_| ms.to_string(), |at| at.to_string())
}
