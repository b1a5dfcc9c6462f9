//! DAGOR: levels by importance and user, and a cursor above which nobody is let in.
//!
//! **What it does.** Every attempt has a level: its criticality, and within that one of 128 levels that a hash of
//! its tenant gives, another one each hour. An attempt is admitted if its level is not above the cursor. A window
//! ends after `window` or `window_requests` arrivals. If those who were served in it had waited longer than
//! `target_delay` on average, the cursor goes down until a share `decrease_ratio` fewer of the window's arrivals
//! would have been admitted; else it goes up until `increase_ratio` more would have been. Answers carry the cursor
//! to callers that listen (`client_throttle: piggyback`), who keep back what is above it.
//! **Why it exists.** A user's request touches a service several times, or several services. Shed at random, each
//! touch is a new lottery, and most users lose somewhere; shed by user, those who get in get everything. Waiting
//! in line is a sign of overload that slow services behind do not disturb.
//! **Where it fails.** A window of 2000 requests is long for a small service and short for a large one. It adapts
//! by 1 % per window, slowly. Who is shed has bad luck for an hour, or sends under another name. Where all come
//! from one tenant there is one level, and the cursor can only open or close it.
//! **Source.** Zhou et al., Overload Control for Scaling WeChat Microservices, SoCC 2018: 20 ms, 1 s or 2000
//! requests, 5 %, 1 %. Deviations: the four criticalities are the business levels; the most important level that
//! came is always let in; where callers keep levels back, a level that nobody came from counts as large as the
//! mean of those below the cursor, or the cursor would jump to the top.

use serde::{Deserialize, Serialize};

use super::Arriving;
use crate::luck::mix;
use crate::policy::{Criticality, Problem};
use crate::time::{SimDuration, SimTime};
use crate::units::{Count, Probability};

/// Levels of users within a criticality.
const USERS: u64 = 128;
/// Levels in all.
pub const LEVELS: u32 = 4 * USERS as u32;
/// How long a user keeps its level.
const AN_HOUR: u64 = 3_600_000_000_000;

/// Levels by importance and user.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "DagorAdmission"))]
#[serde(deny_unknown_fields, rename_all = "snake_case", default)]
pub struct Config {
    /// Waiting longer than this on average is overload; above 0. Default: 20ms (WeChat).
    pub target_delay: SimDuration,
    /// A window ends after this time, above 0. Default: 1s (WeChat).
    pub window: SimDuration,
    /// Or after so many arrivals. Default: 2000 (WeChat).
    pub window_requests: Count,
    /// The share fewer that are admitted after a window of overload, above 0. Default: 0.05 (WeChat).
    pub decrease_ratio: Probability,
    /// The share more that are admitted after any other, above 0. Default: 0.01 (WeChat).
    pub increase_ratio: Probability,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            target_delay: SimDuration::from_millis(20),
            window: SimDuration::from_secs(1),
            window_requests: Count::new(2_000),
            decrease_ratio: Probability::new(0.05),
            increase_ratio: Probability::new(0.01),
        }
    }
}

/// What one instance remembers.
#[derive(Clone, Debug)]
pub struct State {
    /// The highest level that is admitted.
    cursor: u32,
    window_began: SimTime,
    /// Arrivals of this window by level.
    arrived: Box<[u32; LEVELS as usize]>,
    arrivals: u32,
    admitted: u32,
    /// Waits of this window, nanoseconds, and how many.
    waited: u128,
    waits: u64,
}

/// The level of an attempt: 0 matters most.
pub fn level(class: Criticality, tenant: u32, now: SimTime) -> u32 {
    let user = mix(now.as_nanos() / AN_HOUR, u64::from(tenant)) % USERS;
    class as u32 * USERS as u32 + user as u32
}

impl Config {
    pub(super) fn check(&self) -> Vec<Problem> {
        let mut problems = super::fixed_window::check_window(self.window);
        if self.target_delay == SimDuration::ZERO {
            let sentence = "must be above 0: somebody always waits for a moment; write for example `20ms`";
            problems.push(Problem::new("target_delay", sentence));
        }
        for (field, ratio) in
            [("decrease_ratio", self.decrease_ratio), ("increase_ratio", self.increase_ratio)]
        {
            if ratio == Probability::ZERO {
                let sentence =
                    "must be above 0: with it the cursor never moves that way; write for example `0.05`";
                problems.push(Problem::new(field, sentence));
            }
        }
        problems
    }
}

impl State {
    pub(super) fn new(since: SimTime) -> Self {
        State {
            cursor: LEVELS - 1,
            window_began: since,
            arrived: Box::new([0; LEVELS as usize]),
            arrivals: 0,
            admitted: 0,
            waited: 0,
            waits: 0,
        }
    }

    pub(super) fn admit(&mut self, config: &Config, arriving: Arriving, now: SimTime) -> bool {
        let is_over = now.since(self.window_began) >= config.window;
        if is_over || self.arrivals >= config.window_requests.get() {
            self.end_window(config, now);
        }
        let level = level(arriving.class, arriving.tenant, now);
        let admitted = level <= self.cursor;
        self.arrived[level as usize] += 1;
        self.arrivals += 1;
        self.admitted += u32::from(admitted);
        admitted
    }

    /// An attempt has waited so long, and is served or dropped.
    pub(super) fn waited(&mut self, wait: SimDuration) {
        self.waited += u128::from(wait.as_nanos());
        self.waits += 1;
    }

    fn end_window(&mut self, config: &Config, now: SimTime) {
        let target = u128::from(config.target_delay.as_nanos());
        let admitted = f64::from(self.admitted);
        match self.waited > target * u128::from(self.waits) {
            true => self.go_down(admitted * (1.0 - config.decrease_ratio.get())),
            false => self.go_up(admitted * (1.0 + config.increase_ratio.get())),
        }
        *self = State { cursor: self.cursor, ..State::new(now) };
    }

    /// Down to the highest cursor that lets in no more than `wanted`, but never below the first level that came.
    fn go_down(&mut self, wanted: f64) {
        let Some(first) = self.arrived.iter().position(|count| *count > 0) else { return };
        let mut expected = f64::from(self.admitted);
        while self.cursor as usize > first && expected > wanted {
            expected -= f64::from(self.arrived[self.cursor as usize]);
            self.cursor -= 1;
        }
    }

    /// Up to the lowest cursor that lets in at least `wanted`.
    fn go_up(&mut self, wanted: f64) {
        let mut expected = f64::from(self.admitted);
        let unseen = expected / f64::from(self.cursor + 1);
        while self.cursor < LEVELS - 1 && expected < wanted {
            self.cursor += 1;
            let count = f64::from(self.arrived[self.cursor as usize]);
            expected += if count > 0.0 { count } else { unseen };
        }
    }

    /// The highest level that is admitted.
    pub(super) const fn cursor(&self) -> u32 {
        self.cursor
    }

    pub(super) fn gauge(&self) -> (&'static str, f64) {
        ("admitted_levels", f64::from(self.cursor + 1) / f64::from(LEVELS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::{at, config, ms, read};

    fn from(tenant: u32) -> Arriving {
        Arriving { tenant, ..Arriving::default() }
    }

    /// Windows of a second in which 1000 tenants come once each; gives how many were admitted in each, when those
    /// that are admitted wait as long as `wait` says.
    fn windows(count: u32, wait: impl Fn(u32) -> f64) -> Vec<u32> {
        let (config, mut state) = (config!("{}"), State::new(SimTime::ZERO));
        let mut admitted = Vec::new();
        for second in 0..count {
            let before = admitted.iter().sum::<u32>();
            let mut total = before;
            for tenant in 0..1_000 {
                let now = at(f64::from(second) * 1e3 + f64::from(tenant) * 0.99);
                if state.admit(&config, from(tenant), now) {
                    total += 1;
                    state.waited(ms(wait(total - before)));
                }
            }
            admitted.push(total - before);
        }
        admitted
    }

    #[test]
    fn all_are_admitted_while_nobody_waits_long() {
        assert_eq!(windows(5, |_| 20.0), [1_000; 5]);
    }

    #[test]
    fn under_overload_at_least_a_twentieth_fewer_per_window() {
        let admitted = windows(20, |_| 21.0);
        for pair in admitted.windows(2) {
            let (before, after) = (f64::from(pair[0]), f64::from(pair[1]));
            // A level has 8 of the 1000 tenants on average.
            assert!(after <= 0.95 * before && after > 0.95 * before - 25.0, "{admitted:?}");
        }
    }

    #[test]
    fn it_settles_where_the_wait_is_the_target() {
        // The wait is too long above 600 per second.
        let admitted = windows(200, |served| if served > 600 { 1_000.0 } else { 0.0 });
        let late = &admitted[50..];
        let mean = f64::from(late.iter().sum::<u32>()) / late.len() as f64;
        assert!((520.0..=640.0).contains(&mean), "{mean}");
    }

    #[test]
    fn who_is_admitted_is_so_again_until_the_hour_is_over() {
        let same_level = |now| {
            (0..1_000)
                .filter(|t| {
                    level(Criticality::Critical, *t, now) == level(Criticality::Critical, *t, at(0.0))
                })
                .count()
        };
        assert_eq!(same_level(at(3_599e3)), 1_000);
        // One in 128 keeps its level by chance: 8, within 4 standard errors of 2.8.
        assert!(same_level(at(3_600e3)) < 20);
    }

    #[test]
    fn what_matters_more_has_a_lower_level() {
        for tenant in 0..100 {
            let of = |class| level(class, tenant, at(0.0));
            assert!(of(Criticality::CriticalPlus) < 128 && of(Criticality::Sheddable) >= 384);
            assert!((128..256).contains(&of(Criticality::Critical)));
        }
    }

    #[test]
    fn the_first_level_is_always_let_in() {
        let (config, mut state) = (config!("{}"), State::new(SimTime::ZERO));
        for second in 0..100 {
            assert!(state.admit(&config, from(7), at(f64::from(second) * 1e3)));
            state.waited(ms(1e3));
        }
    }

    #[test]
    fn levels_that_callers_keep_back_come_back_step_by_step() {
        let mut state = State::new(SimTime::ZERO);
        state.cursor = 199;
        for (level, count) in state.arrived.iter_mut().enumerate() {
            *count = u32::from(level < 200) * 10;
        }
        state.admitted = 2_000;
        state.go_up(2_020.0);
        assert_eq!(state.cursor, 201, "1 % more are two levels");
    }

    #[test]
    fn a_window_also_ends_after_so_many_requests() {
        let (config, mut state) = (config!(r#"{"window_requests": 10}"#), State::new(SimTime::ZERO));
        for tenant in 0..10 {
            assert!(state.admit(&config, from(tenant), at(1.0)));
            state.waited(ms(30.0));
        }
        let full = state.gauge();
        state.admit(&config, from(1), at(1.0));
        assert!(full.1 == 1.0 && state.gauge().1 < 0.5, "{:?}", state.gauge());
    }

    #[test]
    fn settings_of_nothing_are_mistakes() {
        let json = r#"{"target_delay": "0s", "window": "0s", "decrease_ratio": 0, "increase_ratio": 0}"#;
        let problems = read::<Config>(json).expect("settings are readable").check();
        let fields: Vec<&str> = problems.iter().map(|problem| problem.field.as_str()).collect();
        assert_eq!(fields, ["window", "target_delay", "decrease_ratio", "increase_ratio"]);
    }
}
