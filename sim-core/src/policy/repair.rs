//! An instance is gone: when do the others copy its data, and how much of themselves do they give to it?
//!
//! **What it does.** Each instance holds `data`; of each piece there are `copies`, at random places. When an
//! instance has been down for `grace`, those that are up copy what it held among themselves, the one lost
//! first before the next. Each of them copies at `rate` at most, and as fast as it can with `cpu_share` of
//! itself at most; copying a MiB takes `cpu_per_mib` of an instance. Meanwhile its requests go at the speed
//! that is left. When the lost one comes back with its data, within `grace` nothing has happened; later,
//! `on_return` says whether the rest is still copied. What has been copied stays, surplus copies go for nothing.
//! **Why it exists.** With a copy missing the next loss is nearer to losing data: waiting is a risk. Copying is
//! load that the system makes itself, at the moment when it has the least to spare.
//! **Where it fails.** Unlimited, a short absence of a few costs the users of all far longer than the absence:
//! the time of the copying depends on how much data there is, not on how long anybody was away. Where survivors
//! get so slow that they count as dead, they are copied in turn (a re-mirroring storm).
//! **See it.** `scenarios/library/cascades/rereplication-storm.yaml`, variant `at-once`.
//! **Source.** HDFS: a DataNode counts as dead after 10m30s, `dfs.namenode.replication.max-streams` limits each
//! node, pending copies are dropped when it returns. Ceph: `mon_osd_down_out_interval` 600 s,
//! `osd_max_backfills` 1; backfill is cancelled when the daemon is back. Amazon EBS, 21 April 2011: mirrors that
//! had lost their partner looked for a new one at once and did not go back. Deviations: pieces are not
//! simulated one by one; the share of them that lacks a copy is what random places give; nothing is ever lost
//! for good.

use serde::{Deserialize, Serialize};

use super::Problem;
use crate::math;
use crate::time::{SimDuration, SimTime};
use crate::units::{Count, Probability, Size, Throttle};

const MIB: f64 = (1u64 << 20) as f64;

/// Copying what lost instances held.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "Repair"))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Config {
    /// What one instance holds, above 0B.
    pub data: Size,
    /// Copies of each piece, from 2 to the number of instances. Default: 3.
    #[serde(default = "three")]
    pub copies: Count,
    /// How long an instance must be down before its data are copied; from 0s. Default: 0s.
    #[serde(default)]
    pub grace: SimDuration,
    /// What each instance copies at most, such as `50MiB/s`. Default: `unlimited`.
    #[serde(default)]
    pub rate: Throttle,
    /// Time of a whole instance that copying a MiB takes, above 0s: `5ms` is 200 MiB/s if it does nothing else.
    pub cpu_per_mib: SimDuration,
    /// What copying takes of an instance at most, above 0 and below 1. Default: 0.5, what a fair scheduler
    /// gives to one of two.
    #[serde(default = "half")]
    pub cpu_share: Probability,
    /// What happens to copying when the lost instance is back. Default: `cancel`.
    #[serde(default)]
    pub on_return: OnReturn,
}

/// What happens to copying when the lost instance is back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OnReturn {
    /// Its data are there again: the rest is not copied (HDFS, Ceph).
    #[default]
    Cancel,
    /// It was written off when copying began: the rest is copied (Amazon EBS in 2011).
    Finish,
}

fn three() -> Count {
    Count::new(3)
}

fn half() -> Probability {
    Probability::new(0.5)
}

/// Data of one instance that is to be copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Loss {
    place: u32,
    starts: SimTime,
    left: u64,
}

/// What a service knows of its missing copies.
#[derive(Clone, Debug)]
pub struct State {
    losses: Vec<Loss>,
    /// By place: whether it is away.
    away: Vec<bool>,
    /// Instances that copy.
    hands: u32,
    read: SimTime,
    /// Area under the share of pieces that lack a copy, in nanoseconds.
    short_area: f64,
    /// Bytes that had to be copied, ever.
    pub due: u64,
    /// Bytes copied.
    pub copied: u64,
    /// Bytes that came back by themselves.
    pub spared: u64,
}

impl Config {
    /// Contradictions, for a service of so many `instances`; empty if there is none.
    pub fn check(&self, instances: u32) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut add = |field, sentence: String| problems.push(Problem::new(field, sentence));
        if self.data == Size::ZERO {
            add("data", "must be above 0B: there is nothing to copy".to_owned());
        }
        if self.copies == Count::ONE {
            add(
                "copies",
                "must be at least 2: who is lost holds the only copy, nobody can copy it".to_owned(),
            );
        } else if self.copies.get() > instances {
            let sentence = format!(
                "must be at most the number of `instances`, which is {instances}, found {}: no two copies of a \
                 piece are on one instance",
                self.copies
            );
            add("copies", sentence);
        }
        if self.cpu_per_mib == SimDuration::ZERO {
            add("cpu_per_mib", "must be above 0s: copying that costs nothing needs no simulation".to_owned());
        }
        if self.cpu_share.get() == 0.0 {
            add("cpu_share", "must be above 0: nothing would ever be copied".to_owned());
        }
        problems
    }

    /// What copying takes of an instance that copies.
    pub fn share(&self) -> f64 {
        let most = self.cpu_share.get();
        match self.rate {
            Throttle::Unlimited => most,
            Throttle::PerSecond(rate) => most.min(rate.bytes() as f64 / MIB * self.cpu_per_mib.as_secs_f64()),
        }
    }

    /// Bytes per nanosecond that an instance copies.
    fn speed(&self) -> f64 {
        self.share() * MIB / self.cpu_per_mib.as_nanos_f64()
    }
}

impl State {
    /// All `instances` are there.
    pub fn new(instances: u32) -> Self {
        State {
            losses: Vec::new(),
            away: vec![false; instances as usize],
            hands: instances,
            read: SimTime::ZERO,
            short_area: 0.0,
            due: 0,
            copied: 0,
            spared: 0,
        }
    }

    /// Copies until `now`. To be called before anything changes, and at every [`State::next`].
    pub fn advance(&mut self, config: &Config, now: SimTime) {
        let span = now.since(self.read).as_nanos_f64();
        let before = self.complete_share(config);
        if let Some(loss) = self.losses.first_mut().filter(|loss| loss.starts <= self.read) {
            let copied = ((span * config.speed() * f64::from(self.hands) + 0.5) as u64).min(loss.left);
            loss.left -= copied;
            self.copied += copied;
            if loss.left == 0 {
                self.losses.remove(0);
            }
        }
        self.read = now;
        // The share u of copies that are there is linear in between: the integral of 1 - u^c is exact.
        let (after, c) = (self.complete_share(config), f64::from(config.copies.get()));
        let mean = match after - before {
            gained if gained > 1e-9 => {
                (math::pow(after, c + 1.0) - math::pow(before, c + 1.0)) / ((c + 1.0) * gained)
            }
            _ => math::pow(before, c),
        };
        self.short_area += span * (1.0 - mean);
    }

    /// The instance at `place` is down.
    pub fn lost(&mut self, config: &Config, place: u32) {
        if std::mem::replace(&mut self.away[place as usize], true) {
            return;
        }
        let data = config.data.bytes();
        self.due += data;
        self.losses.push(Loss { place, starts: self.read + config.grace, left: data });
    }

    /// The instance at `place` is back, with its data.
    pub fn returned(&mut self, config: &Config, place: u32) {
        if !std::mem::replace(&mut self.away[place as usize], false) {
            return;
        }
        let (now, spared) = (self.read, &mut self.spared);
        self.losses.retain(|loss| {
            let goes_on = config.on_return == OnReturn::Finish && loss.starts <= now;
            let stays = loss.place != place || goes_on;
            if !stays {
                *spared += loss.left;
            }
            stays
        });
    }

    /// How many are up and copy.
    pub fn set_hands(&mut self, hands: u32) {
        self.hands = hands;
    }

    /// Whether data are being copied.
    pub fn is_copying(&self) -> bool {
        self.hands > 0 && self.losses.first().is_some_and(|loss| loss.starts <= self.read)
    }

    /// When something changes by itself: a grace period or the copying of a loss is over.
    pub fn next(&self, config: &Config) -> Option<SimTime> {
        let loss = self.losses.first()?;
        if loss.starts > self.read {
            return Some(loss.starts);
        }
        let speed = config.speed() * f64::from(self.hands);
        let nanos = (loss.left as f64 / speed).ceil();
        (self.hands > 0).then(|| self.read + SimDuration::from_nanos_f64(nanos))
    }

    /// Bytes still to be copied, or to come back.
    pub fn left(&self) -> u64 {
        self.losses.iter().map(|loss| loss.left).sum()
    }

    /// Share of the pieces that lack a copy.
    pub fn short_share(&self, config: &Config) -> f64 {
        1.0 - math::pow(self.complete_share(config), f64::from(config.copies.get()))
    }

    /// Area under [`State::short_share`], in nanoseconds.
    pub fn short_area(&self) -> f64 {
        self.short_area
    }

    /// Share of all copies that are there.
    fn complete_share(&self, config: &Config) -> f64 {
        let all = config.data.bytes() as f64 * self.away.len() as f64;
        (1.0 - self.left() as f64 / all).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::read;

    fn config(settings: &str) -> Config {
        read(&format!(r#"{{"data": "1000MiB", "cpu_per_mib": "5ms" {settings}}}"#))
            .expect("settings are readable")
    }

    fn at(seconds: u64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(seconds)
    }

    /// Ten instances; the first is lost at 10 s.
    fn one_lost(config: &Config) -> State {
        let mut state = State::new(10);
        state.advance(config, at(10));
        state.lost(config, 0);
        state.set_hands(9);
        state
    }

    #[test]
    fn the_limit_is_the_share_or_the_rate() {
        assert_eq!(config("").share(), 0.5);
        assert_eq!(config(r#", "cpu_share": 0.9, "rate": "20MiB/s""#).share(), 0.1);
        assert_eq!(config(r#", "cpu_share": 0.9, "rate": "500MiB/s""#).share(), 0.9);
    }

    #[test]
    fn nine_copy_what_one_held() {
        // 9 at 100 MiB/s each: 1000 MiB take 1.11 s.
        let config = config("");
        let mut state = one_lost(&config);
        assert!(state.is_copying());
        let end = state.next(&config).expect("it ends");
        assert!((end.as_secs_f64() - 10.0 - 1000.0 / 900.0).abs() < 1e-6);
        // One of ten copies is missing: 1 - .9^3 of the pieces lack one.
        assert!((state.short_share(&config) - (1.0 - 0.729)).abs() < 1e-12);
        state.advance(&config, end);
        assert_eq!((state.is_copying(), state.left(), state.short_share(&config)), (false, 0, 0.0));
        assert_eq!((state.due, state.copied, state.spared), (1000 << 20, 1000 << 20, 0));
        // The mean of 1 - u^3 for u from .9 to 1 is 1 - (1 - .9^4) / .4.
        let mean = state.short_area() / (1e9 * 1000.0 / 900.0);
        assert!((mean - (1.0 - (1.0 - 0.6561) / 0.4)).abs() < 1e-6, "{mean}");
    }

    #[test]
    fn who_is_back_within_the_grace_costs_nothing() {
        let config = config(r#", "grace": "30s", "on_return": "finish""#);
        let mut state = one_lost(&config);
        assert_eq!((state.is_copying(), state.next(&config)), (false, Some(at(40))));
        state.advance(&config, at(39));
        state.returned(&config, 0);
        assert_eq!((state.next(&config), state.copied, state.spared), (None, 0, 1000 << 20));
    }

    #[test]
    fn on_return_the_rest_is_cancelled_or_goes_on() {
        for (on_return, left) in [("cancel", 0), ("finish", 550)] {
            let config = config(&format!(r#", "rate": "50MiB/s", "on_return": "{on_return}""#));
            let mut state = one_lost(&config);
            state.advance(&config, at(11));
            state.returned(&config, 0);
            assert_eq!(state.left(), left << 20, "{on_return}");
            assert_eq!(state.due, state.copied + state.spared + state.left());
        }
    }

    #[test]
    fn losses_are_copied_in_turn_and_nobody_alone_copies_nothing() {
        let config = config("");
        let mut state = one_lost(&config);
        state.lost(&config, 3);
        state.set_hands(8);
        state.advance(&config, at(11));
        assert_eq!((state.losses[0].left, state.losses[1].left), (200 << 20, 1000 << 20));
        state.set_hands(0);
        assert_eq!((state.is_copying(), state.next(&config)), (false, None));
    }

    #[test]
    fn what_cannot_be_copied_is_refused() {
        let told = |settings: &str, instances| config(settings).check(instances).swap_remove(0).field;
        assert_eq!(told(r#", "copies": 1"#, 5), "copies");
        assert_eq!(told("", 1), "copies");
        assert_eq!(told(r#", "cpu_share": 0"#, 5), "cpu_share");
        assert_eq!(config("").check(3), []);
    }
}
