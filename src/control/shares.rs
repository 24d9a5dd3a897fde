//! Fair share: what each share has used of late, and which goes next.
//!
//! Usage of a share at `t`, with a window `W`: each vCPU-millisecond of age `a` counts `1 − a/W`, nothing beyond `W`
//! (semantics reference 4.3; the linear rule is the CDK's). With `U` the integral of the vCPUs in use and `V` that of `U`,
//! this is `U(t) − (V(t) − V(t−W))/W`, which two cumulative numbers and a short history give exactly, in integers, for any
//! `t`. What a share runs now counts a fixed credit on top (`shareCredit`). The share with the lowest usage × weight goes next.
//!
//! A window may change (UpdateSchedulingPolicy, UpdateJobQueue). AWS does not say what a longer one sees of the time before;
//! here *what has left the window is forgotten for good*: a change at `t` counts what the window before it still held, and
//! nothing older, however long the new one is. Shares that had stopped being active stay so.
//!
//! Usage changes while nothing happens, so no order of shares stays. Shares that used nothing within their window have a
//! usage of zero and stand in a set of their own: the first of them that waits goes next. Among the others a tournament tree keeps, for each pair it compared, until
//! when the winner surely stays ahead given how fast either can change, and compares again only then: a pass costs the
//! pairs that may have turned, not the shares.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, VecDeque};

use crate::model::WeightFactor;
use crate::units::{SimTime, Span};

/// A moment at which a share's vCPUs in use changed.
#[derive(Clone, Copy, Debug, Default)]
struct Point {
    at: SimTime,
    in_use: u64,
    /// Integral of the vCPUs in use, up to `at`.
    area: u128,
    /// Twice the integral of `area`: doubled, it stays whole.
    double: u128,
}

impl Point {
    /// The cumulative numbers at `t`, after this point and before the next.
    fn at(&self, t: SimTime) -> Point {
        let dt = u128::from((t - self.at).ms());
        let in_use = u128::from(self.in_use);
        Point {
            at: t,
            in_use: self.in_use,
            area: self.area + in_use * dt,
            double: self.double + 2 * self.area * dt + in_use * dt * dt,
        }
    }
}

/// What one share has used.
#[derive(Debug)]
pub(super) struct Usage {
    weight: u128,
    /// Changes from the last one before the window on. Never empty.
    history: VecDeque<Point>,
}

/// How a usage is measured: window and credit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measure {
    /// Window, at least a millisecond.
    pub(super) window: Span,
    /// Counted for each vCPU in use now.
    pub(super) credit: Span,
}

/// A usage × weight and how fast it may change, both scaled by twice the window.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    pub(super) value: u128,
    /// Most it can grow in a millisecond.
    up: u128,
    /// Most it can shrink in a millisecond, for as long as the window from now on.
    down: u128,
}

impl Usage {
    pub(super) fn new(weight: WeightFactor) -> Usage {
        Usage {
            weight: u128::from(weight.0),
            history: VecDeque::from([Point::default()]),
        }
    }

    pub(super) fn set_weight(&mut self, weight: u128) {
        self.weight = weight;
    }

    /// vCPUs in use now.
    pub(super) fn in_use(&self) -> u64 {
        self.history.back().map_or(0, |point| point.in_use)
    }

    /// When what a share that uses nothing any more has used leaves its window: at once, if nothing is left in it.
    pub(super) fn rest(&mut self, now: SimTime, window: Span) -> SimTime {
        let (tail_area, _) = self.tail(now, window);
        let last = self.history.back().expect("never empty");
        if last.area == tail_area {
            now
        } else {
            last.at + window
        }
    }

    /// What has left the window at `now` is forgotten, whatever window comes next.
    pub(super) fn forget(&mut self, now: SimTime, window: Span) {
        let Some(begin) = now.ms().checked_sub(window.ms()).map(SimTime::from_ms) else {
            return;
        };
        let _ = self.tail(now, window);
        let first = &mut self.history[0];
        if first.at < begin {
            *first = first.at(begin);
        }
    }

    /// By how much one more vCPU in use raises the reading at once.
    pub(super) fn credit_step(&self, measure: Measure) -> u128 {
        2 * u128::from(measure.window.ms()) * u128::from(measure.credit.ms()) * self.weight
    }

    /// So many vCPU-milliseconds count as used just now: they fade as if all of them had been.
    pub(super) fn add(&mut self, now: SimTime, vcpu_ms: u64) {
        let last = self.history.back().expect("never empty").at(now);
        self.history.push_back(Point {
            area: last.area + u128::from(vcpu_ms),
            ..last
        });
    }

    /// The vCPUs in use change by `delta` at `now`.
    pub(super) fn change(&mut self, now: SimTime, delta: i64) {
        let last = *self.history.back().expect("never empty");
        let in_use = last
            .in_use
            .checked_add_signed(delta)
            .expect("a share uses no fewer than no vCPUs");
        let point = Point {
            in_use,
            ..last.at(now)
        };
        if last.at == now && self.history.len() > 1 {
            self.history.pop_back();
        }
        // An attempt of no length leaves no trace: the last point is when the vCPUs in use really changed.
        match self.history.back_mut() {
            Some(last) if last.in_use == in_use && last.at < now => {}
            Some(last) if last.at == now && last.area == point.area => *last = point,
            _ => self.history.push_back(point),
        }
    }

    /// Usage × weight at `now`, times twice the window: exact, and comparable between shares of one queue.
    pub(super) fn read(&mut self, now: SimTime, measure: Measure) -> Reading {
        let window = u128::from(measure.window.ms());
        let head = self.history.back().expect("never empty").at(now);
        let (tail_area, tail_double) = self.tail(now, measure.window);
        let in_use = u128::from(head.in_use);
        // Never negative: what was used within the window counts at most in full.
        let passed = head.double as i128 - tail_double;
        let decayed = ((2 * window * head.area) as i128 - passed).max(0) as u128;
        let credit = 2 * window * u128::from(measure.credit.ms()) * in_use;
        Reading {
            value: (decayed + credit) * self.weight,
            up: 2 * window * in_use * self.weight,
            down: 2 * (head.area - tail_area) * self.weight,
        }
    }

    /// The cumulative numbers where the window begins. Before the first point that is left nothing was used, or it is
    /// forgotten: the doubled integral is continued from there, below zero if need be.
    fn tail(&mut self, now: SimTime, window: Span) -> (u128, i128) {
        while self.history.len() > 1 && self.history[1].at + window <= now {
            self.history.pop_front();
        }
        let first = self.history[0];
        if first.at + window <= now {
            let tail = first.at(SimTime::from_ms(now.ms() - window.ms()));
            (tail.area, tail.double as i128)
        } else {
            let before = u128::from((first.at + window - now).ms());
            (
                first.area,
                first.double as i128 - (2 * first.area * before) as i128,
            )
        }
    }
}

/// Who won among some seats.
#[derive(Clone, Copy, Debug)]
struct Match {
    winner: Option<u32>,
    /// From this moment on it must be compared again.
    until: SimTime,
}

const STALE: Match = Match {
    winner: None,
    until: SimTime::ZERO,
};

/// Where a share stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seat {
    /// It has nobody who waits.
    Away,
    /// Among the waiting shares that used nothing within their window.
    Cold,
    /// On this seat of the tree.
    Tree(u32),
}

/// What is known of a share.
#[derive(Clone, Copy, Debug)]
struct Standing {
    waiting: bool,
    /// Whether it has used something within its window.
    warm: bool,
    seat: Seat,
    /// When a warm share's last use leaves its window; never while it uses something.
    cools: SimTime,
}

const ABSENT: Standing = Standing {
    waiting: false,
    warm: false,
    seat: Seat::Away,
    cools: SimTime::NEVER,
};

/// Which of the waiting shares goes next.
#[derive(Debug, Default)]
pub(super) struct Tournament {
    shares: Vec<Standing>,
    /// Waiting shares that have used nothing within their window.
    cold: BTreeSet<u32>,
    /// Shares that stopped using vCPUs: (when that leaves their window, share).
    cooling: BinaryHeap<Reverse<(SimTime, u32)>>,
    /// All other waiting shares, by seat.
    seated: Vec<u32>,
    /// Inner nodes of a complete binary tree over as many seats; node 1 is the root.
    matches: Vec<Match>,
}

impl Tournament {
    /// Makes room for share `index`.
    fn reach(&mut self, index: usize) {
        if index >= self.shares.len() {
            self.shares.resize(index + 1, ABSENT);
        }
    }

    /// Whether share `index` has jobs that wait and may go.
    pub(super) fn set_waiting(&mut self, index: usize, waiting: bool) {
        self.reach(index);
        if self.shares[index].waiting != waiting {
            self.shares[index].waiting = waiting;
            self.seat(index);
        }
    }

    /// A waiting share stands among the cold ones or in the tree.
    fn seat(&mut self, index: usize) {
        let Standing {
            waiting,
            warm,
            seat,
            ..
        } = self.shares[index];
        match (waiting, warm, seat) {
            (false, _, Seat::Away) | (true, false, Seat::Cold) | (true, true, Seat::Tree(_)) => {
                return;
            }
            (_, _, Seat::Away) => {}
            (_, _, Seat::Cold) => {
                self.cold.remove(&(index as u32));
            }
            (_, _, Seat::Tree(seat)) => self.rise(seat),
        }
        self.shares[index].seat = match (waiting, warm) {
            (false, _) => Seat::Away,
            (true, false) => {
                self.cold.insert(index as u32);
                Seat::Cold
            }
            (true, true) => self.sit_down(index as u32),
        };
    }

    /// A share comes into the tree.
    fn sit_down(&mut self, index: u32) -> Seat {
        let seat = self.seated.len() as u32;
        self.seated.push(index);
        if self.seated.len() > self.matches.len() {
            self.draw(self.seated.len().next_power_of_two());
        }
        self.call_again(seat);
        Seat::Tree(seat)
    }

    /// A tree of so many seats, in which nobody has won yet.
    fn draw(&mut self, seats: usize) {
        self.matches.clear();
        self.matches.resize(seats, STALE);
    }

    /// The share on `seat` leaves the tree; that on the last seat takes its place.
    fn rise(&mut self, seat: u32) {
        self.seated.swap_remove(seat as usize);
        if let Some(&moved) = self.seated.get(seat as usize) {
            self.shares[moved as usize].seat = Seat::Tree(seat);
        }
        if self.seated.len() < self.matches.len() / 4 {
            // A small tree again: what it costs to look goes with those who are there.
            self.draw(self.matches.len() / 2);
        } else {
            self.call_again(self.seated.len() as u32);
            self.call_again(seat);
        }
    }

    /// Share `index` uses vCPUs from now on.
    pub(super) fn warms(&mut self, index: usize) {
        self.reach(index);
        let share = &mut self.shares[index];
        share.cools = SimTime::NEVER;
        if !share.warm {
            share.warm = true;
            self.seat(index);
        }
    }

    /// Share `index` uses no vCPUs any more; what it used leaves its window at `at`, which may be now.
    pub(super) fn rests(&mut self, index: usize, now: SimTime, at: SimTime) {
        self.shares[index].cools = at;
        if at > now {
            self.cooling.push(Reverse((at, index as u32)));
            self.touch(index);
        } else {
            self.shares[index].warm = false;
            self.seat(index);
        }
    }

    /// The window changed: what was used leaves it that much later (or earlier) than it would have.
    pub(super) fn change_window(&mut self, now: SimTime, before: Span, after: Span) {
        self.cool(now);
        for Reverse((at, index)) in std::mem::take(&mut self.cooling) {
            // Where the share uses vCPUs again, the moment means nothing any more.
            if self.shares[index as usize].cools == at {
                let moved = SimTime::from_ms(at.ms() - before.ms()) + after;
                self.shares[index as usize].cools = moved;
                self.cooling.push(Reverse((moved, index)));
            }
        }
        self.matches.fill(STALE);
    }

    /// Shares whose last use left their window turn cold.
    fn cool(&mut self, now: SimTime) {
        while let Some(&Reverse((at, index))) = self.cooling.peek().filter(|next| next.0.0 <= now) {
            self.cooling.pop();
            let share = &mut self.shares[index as usize];
            if share.cools == at {
                share.warm = false;
                self.seat(index as usize);
            }
        }
    }

    /// The usage of share `index` changed otherwise than by the passing of time.
    pub(super) fn touch(&mut self, index: usize) {
        if let Some(&Standing {
            seat: Seat::Tree(seat),
            ..
        }) = self.shares.get(index)
        {
            self.call_again(seat);
        }
    }

    /// All matches of a seat are to be played again.
    fn call_again(&mut self, seat: u32) {
        let mut node = (self.matches.len() + seat as usize) / 2;
        while node >= 1 && self.matches[node].until > SimTime::ZERO {
            self.matches[node].until = SimTime::ZERO;
            node /= 2;
        }
    }

    /// The waiting share with the lowest usage × weight at `now`; of equal ones the first.
    pub(super) fn winner(
        &mut self,
        now: SimTime,
        measure: Measure,
        mut read: impl FnMut(usize) -> Reading,
    ) -> Option<usize> {
        self.cool(now);
        let cold = self.cold.first().map(|&index| index as usize);
        if cold.is_some() && !measure.credit.is_zero() {
            // Whoever is warm has a usage above zero.
            return cold;
        }
        let warm = match self.seated.len() {
            0 => None,
            _ => self.play(1, now, measure, &mut read).0.winner,
        };
        let warm = warm.map(|index| index as usize);
        match (cold, warm) {
            (Some(cold), Some(warm)) if warm < cold && read(warm).value == 0 => Some(warm),
            (cold, warm) => cold.or(warm),
        }
    }

    /// Who wins at `node`, and what was read of the winner on the way, if anything was.
    fn play(
        &mut self,
        node: usize,
        now: SimTime,
        measure: Measure,
        read: &mut impl FnMut(usize) -> Reading,
    ) -> (Match, Option<Reading>) {
        if node >= self.matches.len() {
            let result = Match {
                winner: self.seated.get(node - self.matches.len()).copied(),
                until: SimTime::NEVER,
            };
            return (result, None);
        }
        if self.matches[node].until > now {
            return (self.matches[node], None);
        }
        let (left, left_read) = self.play(2 * node, now, measure, read);
        let (right, right_read) = self.play(2 * node + 1, now, measure, read);
        let until = left.until.min(right.until);
        let (result, reading) = match (left.winner, right.winner) {
            (Some(a), Some(b)) => {
                let first = left_read.unwrap_or_else(|| read(a as usize));
                let second = right_read.unwrap_or_else(|| read(b as usize));
                let (winner, ahead, behind) = if (first.value, a) < (second.value, b) {
                    (a, first, second)
                } else {
                    (b, second, first)
                };
                let (gap, rate) = (behind.value - ahead.value, ahead.up + behind.down);
                let turned = if rate == 0 {
                    SimTime::NEVER
                } else {
                    let stays = gap.div_ceil(rate).clamp(1, u128::from(measure.window.ms()));
                    SimTime::from_ms(now.ms() + stays as u64)
                };
                let until = until.min(turned);
                (
                    Match {
                        winner: Some(winner),
                        until,
                    },
                    Some(ahead),
                )
            }
            (winner, None) => (Match { winner, until }, left_read),
            (None, winner) => (Match { winner, until }, right_read),
        };
        self.matches[node] = result;
        (result, reading)
    }
}

/// The vCPUs that fair share keeps free of `all`: `(reservation/100)^active` of them, rounded down
/// (API FairsharePolicy, computeReservation).
pub(super) fn reserved_vcpus(all: u64, reservation: u8, active: u32) -> u64 {
    if reservation == 0 || active == 0 {
        return 0;
    }
    // 32 binary digits behind the point: where a power of the fraction divides evenly, so do all before it.
    let mut rest = u128::from(all) << 32;
    for _ in 0..active {
        rest = rest * u128::from(reservation) / 100;
        if rest == 0 {
            break;
        }
    }
    (rest >> 32) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEASURE: Measure = Measure {
        window: Span::from_s(600),
        credit: Span::ZERO,
    };

    /// Undoes the scale: vCPU-seconds, where whole.
    fn vcpu_seconds(value: u128) -> u128 {
        value / (2 * 600_000 * 10_000 * 1000)
    }

    #[test]
    fn a_job_of_four_vcpus_running_for_half_the_window_counts_nine_hundred() {
        let mut usage = Usage::new(WeightFactor::ONE);
        usage.change(SimTime::from_s(1000), 4);
        assert_eq!(
            vcpu_seconds(usage.read(SimTime::from_s(1300), MEASURE).value),
            900
        );
        usage.change(SimTime::from_s(1300), -4);
        assert_eq!(
            vcpu_seconds(usage.read(SimTime::from_s(1900), MEASURE).value),
            0,
            "forgotten after the window"
        );
    }

    #[test]
    fn what_has_left_the_window_stays_forgotten_when_the_window_becomes_longer() {
        let [short, long] = [100, 600].map(Span::from_s);
        let mut usage = Usage::new(WeightFactor::ONE);
        usage.change(SimTime::ZERO, 4);
        usage.change(SimTime::from_s(100), -4);
        usage.forget(SimTime::from_s(150), short);
        let measure = Measure {
            window: long,
            ..MEASURE
        };
        // 4 vCPUs from 50 s to 100 s, counted at 225 s: of age 150 s on average, so three quarters of it.
        let value = usage.read(SimTime::from_s(225), measure).value;
        assert_eq!(vcpu_seconds(value), 150);
        usage.forget(SimTime::from_s(250), short);
        let value = usage.read(SimTime::from_s(250), measure).value;
        assert_eq!(value, 0, "nothing is left of it");
        assert_eq!(usage.rest(SimTime::from_s(250), long).ms(), 250_000);
    }

    #[test]
    fn an_attempt_of_no_length_does_not_make_a_share_rest_anew() {
        let mut usage = Usage::new(WeightFactor::ONE);
        let at = SimTime::from_s;
        usage.change(at(0), 4);
        usage.change(at(100), -4);
        for moment in [100, 150] {
            usage.change(at(moment), 2);
            usage.change(at(moment), -2);
            assert_eq!(usage.rest(at(moment), MEASURE.window), at(700));
        }
        assert_eq!(usage.rest(at(700), MEASURE.window), at(700));
    }

    #[test]
    fn the_reserve_of_the_documented_examples() {
        for (all, reservation, active, free) in [
            (256, 75, 1, 64),
            (256, 75, 2, 112),
            (256, 75, 3, 148),
            (100, 50, 1, 50),
            (100, 50, 2, 75),
            (1000, 50, 3, 875),
        ] {
            assert_eq!(all - reserved_vcpus(all, reservation, active), free);
        }
        assert_eq!(reserved_vcpus(64, 25, 3), 1);
        assert_eq!(reserved_vcpus(64, 0, 1), 0);
    }

    #[test]
    fn the_tournament_names_the_share_that_a_look_at_each_names() {
        let mut state = 11u64;
        let mut next = |below: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(7);
            (state >> 33) % below
        };
        let mut measure = Measure {
            window: Span::from_ms(900),
            credit: Span::from_ms(50),
        };
        let mut usages: Vec<Usage> = (0..37)
            .map(|i| Usage::new(WeightFactor(1 + i * 7 % 5)))
            .collect();
        let mut in_use = vec![0i64; usages.len()];
        let mut waiting = vec![false; usages.len()];
        let mut tournament = Tournament::default();
        let mut now = 0;
        for round in 0..20_000 {
            now += next(40);
            let at = SimTime::from_ms(now);
            let share = next(37) as usize;
            if round % 500 == 499 {
                let before = measure.window;
                measure.window = Span::from_ms(300 + 600 * next(3));
                measure.credit = Span::from_ms(50 * next(2));
                usages.iter_mut().for_each(|usage| usage.forget(at, before));
                tournament.change_window(at, before, measure.window);
            }
            match next(4) {
                0 => {
                    waiting[share] = !waiting[share];
                    tournament.set_waiting(share, waiting[share]);
                }
                1 => {
                    let delta = if in_use[share] > 0 && next(2) == 0 {
                        -in_use[share]
                    } else {
                        1 + next(8) as i64
                    };
                    in_use[share] += delta;
                    usages[share].change(at, delta);
                    if in_use[share] > 0 {
                        tournament.warms(share);
                        tournament.touch(share);
                    } else {
                        let rest = usages[share].rest(at, measure.window);
                        tournament.rests(share, at, rest);
                    }
                }
                2 if in_use[share] == 0 => {
                    usages[share].change(at, 2);
                    tournament.warms(share);
                    usages[share].change(at, -2);
                    let rest = usages[share].rest(at, measure.window);
                    tournament.rests(share, at, rest);
                }
                _ => {}
            }
            let slowly = (0..37)
                .filter(|&i| waiting[i])
                .min_by_key(|&i| (usages[i].read(at, measure).value, i));
            let quickly = tournament.winner(at, measure, |i| usages[i].read(at, measure));
            assert_eq!(quickly, slowly, "at {now}");
        }
    }
}
