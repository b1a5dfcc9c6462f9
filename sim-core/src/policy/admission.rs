//! Does this instance take the attempt at all, before it comes near the queue?
//!
//! | pattern | in one line | protects against | price |
//! |---|---|---|---|
//! | [`none`] | always | nothing | the queue takes whatever comes |
//! | [`share`] | a share of the attempts, which may grow after a start | a cold instance under full load | refuses that share also when nothing is wrong |
//! | [`rate`] | so many per second, which may grow after a start | load beyond what was planned for | the right number depends on what a request costs |
//! | [`aimd`] | so many at once: one more while it goes well, a tenth less when it does not | work that would come too late | sees only what is dropped or slower than a fixed time |
//! | [`fixed`] | so many at once | long times in the system, whatever comes | somebody must know the number |
//! | [`vegas`] | so many at once that a few wait, as round trips tell | waits, before anybody leaves | the smallest answer is the yardstick |
//! | [`gradient2`] | so many at once as the long mean of round trips over the present one allows | waits, where work differs in size | what stays slow becomes normal |
//! | [`envoy_gradient`] | so many at once as the best round trip over the present one allows | waits, with a yardstick that does not drift | refuses nearly everybody while it measures |
//! | [`priority`] | so many at once, fewer of what matters less | what must not fail, from what may | callers must be honest |
//! | [`gcra`] | so many per second, in one number | load beyond what was planned for | as `rate`, whose equal it is |
//! | [`leaky_bucket`] | so many per second and an excess | the same | the same; one more at once than a token bucket |
//! | [`fixed_window`] | so many per stretch of time | use beyond what was agreed | twice as many around a boundary |
//! | [`sliding_window`] | about so many in any stretch of time | the same, without boundaries | an estimate |
//! | [`cycle`] | so many per cycle, reserved ahead by callers who wait | the same, and lines of callers | as `fixed_window` |
//! | [`dagor`] | levels by importance and user, up to a cursor | requests that lose at every second door | adapts slowly |
//! | [`credits`] | as many under way per caller as the instance says | refusals, which cost too | callers must listen |
//! | [`deadline`] | who is not too late already | work for those who have left | looks at the door, not into the line |
//!
//! A refusal is cheap, an answer that comes too late is not: admission fails the attempt at once with
//! `shed`, so that its caller can go elsewhere while there is time. It belongs to the instance: each one
//! decides alone, and measures from the moment it last became ready. Those that learn are told how each
//! admitted attempt ended; how many are under way is counted for them. The token bucket of other tools is `rate`
//! with `to` and `burst`, Envoy's with `refill`; percentage shedding is `share`. CoDel (folly: drop at the turn what
//! waited longer than twice the target, while even the shortest wait is above it) judges who has waited, so it is an
//! order of service: [`queue::codel`](super::queue::codel).

use serde::{Deserialize, Serialize};

use super::throttle::piggyback::Word;
use super::{Criticality, Outcome, Problem};
use crate::luck::Luck;
use crate::time::{SimDuration, SimTime};
use crate::units::Count;

pub mod none;
pub mod share;
pub mod rate;
pub mod aimd;
pub mod fixed;
pub mod vegas;
pub mod gradient2;
pub mod envoy_gradient;
pub mod priority;
pub mod gcra;
pub mod leaky_bucket;
pub mod fixed_window;
pub mod sliding_window;
pub mod cycle;
pub mod dagor;
pub mod credits;
pub mod deadline;
pub mod per;
mod limits;
mod ramp;
pub mod pushback;

pub use per::Per;

/// Which attempts an instance admits to its queue. Default: `none`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "Admission"))]
#[serde(rename_all = "snake_case")]
pub enum Config {
    /// Every attempt is admitted.
    #[default]
    None,
    /// A share of the attempts, by chance.
    Share(share::Config),
    /// So many attempts per second.
    Rate(rate::Config),
    /// So many at once: one more while it goes well, a share less when it does not.
    Aimd(aimd::Config),
    /// So many at once.
    Fixed(fixed::Config),
    /// So many at once that a few wait, as round trips tell.
    Vegas(vegas::Config),
    /// So many at once as the long mean of round trips over the present one allows.
    Gradient2(gradient2::Config),
    /// So many at once as the best round trip over the present one allows.
    EnvoyGradient(envoy_gradient::Config),
    /// So many at once, fewer of what matters less.
    Priority(priority::Config),
    /// So many per second, in one number per holder.
    Gcra(gcra::Config),
    /// So many per second and an excess.
    LeakyBucket(leaky_bucket::Config),
    /// So many per stretch of time.
    FixedWindow(fixed_window::Config),
    /// About so many in any stretch of time.
    SlidingWindow(sliding_window::Config),
    /// So many permits per cycle (resilience4j).
    Cycle(cycle::Config),
    /// Levels by importance and user, up to a cursor (WeChat).
    Dagor(dagor::Config),
    /// As many under way per caller as the instance says (Breakwater).
    Credits(credits::Config),
    /// Those whose deadline has not passed (Finagle).
    Deadline(deadline::Config),
}

/// What one instance remembers.
#[derive(Clone, Debug)]
pub enum State {
    /// Nothing.
    None,
    /// When it became ready.
    Share(share::State),
    /// When it became ready, and the fill of the bucket.
    Rate(rate::State),
    /// The limit.
    Aimd(aimd::State),
    /// Nothing: the number under way is counted for it.
    Fixed,
    /// The limit, and the round trip without load.
    Vegas(vegas::State),
    /// The limit, and the mean round trip.
    Gradient2(gradient2::State),
    /// The limit, the best round trip, and those of this interval.
    EnvoyGradient(Box<envoy_gradient::State>),
    /// Nothing: the number under way is counted for it.
    Priority,
    /// When the next attempt is due.
    Gcra(gcra::State),
    /// How full the bucket is.
    LeakyBucket(leaky_bucket::State),
    /// How many this window has admitted.
    FixedWindow(fixed_window::State),
    /// The same, and the one before.
    SlidingWindow(sliding_window::State),
    /// Permits and reservations.
    Cycle(cycle::State),
    /// The cursor, and this window.
    Dagor(Box<dagor::State>),
    /// The credits, and who has them.
    Credits(Box<credits::State>),
    /// How many came and how many were refused.
    Deadline(Box<deadline::State>),
}

/// What an instance knows of an attempt that comes.
#[derive(Clone, Copy, Debug)]
pub struct Arriving {
    /// Attempts in the system of the instance, waiting or in service, this one not counted.
    pub in_flight: u32,
    /// How much it matters.
    pub class: Criticality,
    /// On whose behalf it comes.
    pub tenant: u32,
    /// What it is about.
    pub key: u32,
    /// When nobody waits for it any more, as far as it says.
    pub deadline: SimTime,
}

impl Default for Arriving {
    /// Nothing special, at an empty instance.
    fn default() -> Self {
        let class = Criticality::default();
        Arriving { in_flight: 0, class, tenant: 0, key: 0, deadline: SimTime::NEVER }
    }
}

/// What an instance knows of an admitted attempt that has left its system.
#[derive(Clone, Copy, Debug)]
pub struct Ended {
    /// Attempts in the system when it came, itself counted.
    pub in_flight: u32,
    /// From its arrival until now.
    pub round_trip: SimDuration,
    /// `ok` and `server_error` are answers; all else says that it was dropped from the line or found
    /// no place in it.
    pub outcome: Outcome,
}

impl Ended {
    /// Whether it got no answer.
    pub const fn is_drop(&self) -> bool {
        !matches!(self.outcome, Outcome::Ok | Outcome::ServerError | Outcome::Conflict)
    }
}

/// The state of one pattern.
macro_rules! of {
    ($state:expr, $pattern:ident) => {
        match $state {
            State::$pattern(state) => state,
            _ => unreachable!("a state belongs to the settings it was made from"),
        }
    };
}

impl Config {
    /// Another limit of a window; other rules have none.
    pub(crate) fn set_limit(&mut self, limit: u32) {
        if let Config::FixedWindow(window) = self {
            window.limit = crate::units::Count::new(limit);
        }
    }

    /// Contradictions between fields; empty if there is none.
    pub fn check(&self) -> Vec<Problem> {
        match self {
            Config::None => Vec::new(),
            Config::Share(config) => Problem::below("share", config.check()),
            Config::Rate(config) => Problem::below("rate", config.check()),
            Config::Aimd(config) => Problem::below("aimd", config.check()),
            Config::Fixed(_) => Vec::new(),
            Config::Vegas(config) => Problem::below("vegas", config.check()),
            Config::Gradient2(config) => Problem::below("gradient2", config.check()),
            Config::EnvoyGradient(config) => Problem::below("envoy_gradient", config.check()),
            Config::Priority(config) => Problem::below("priority", config.check()),
            Config::Gcra(config) => Problem::below("gcra", config.check()),
            Config::LeakyBucket(config) => Problem::below("leaky_bucket", config.check()),
            Config::FixedWindow(config) => Problem::below("fixed_window", config.check()),
            Config::SlidingWindow(config) => Problem::below("sliding_window", config.check()),
            Config::Cycle(config) => Problem::below("cycle", config.check()),
            Config::Dagor(config) => Problem::below("dagor", config.check()),
            Config::Credits(config) => Problem::below("credits", config.check()),
            Config::Deadline(config) => Problem::below("deadline", config.check()),
        }
    }

    /// The word of a pattern that bounds how many are under way at once, if it is one.
    pub const fn concurrency_word(&self) -> Option<&'static str> {
        match self {
            Config::None
            | Config::Share(_)
            | Config::Rate(_)
            | Config::Gcra(_)
            | Config::LeakyBucket(_)
            | Config::FixedWindow(_)
            | Config::SlidingWindow(_)
            | Config::Cycle(_)
            | Config::Dagor(_)
            | Config::Credits(_)
            | Config::Deadline(_) => None,
            Config::Aimd(_) => Some("aimd"),
            Config::Fixed(_) => Some("fixed"),
            Config::Vegas(_) => Some("vegas"),
            Config::Gradient2(_) => Some("gradient2"),
            Config::EnvoyGradient(_) => Some("envoy_gradient"),
            Config::Priority(_) => Some("priority"),
        }
    }

    /// The most attempts at once that it can ever admit, if it bounds them.
    pub const fn most_at_once(&self) -> Option<Count> {
        match self {
            Config::None
            | Config::Share(_)
            | Config::Rate(_)
            | Config::Gcra(_)
            | Config::LeakyBucket(_)
            | Config::FixedWindow(_)
            | Config::SlidingWindow(_)
            | Config::Cycle(_)
            | Config::Dagor(_)
            | Config::Credits(_)
            | Config::Deadline(_) => None,
            Config::Aimd(config) => Some(config.max_limit),
            Config::Fixed(config) => Some(config.limit),
            Config::Vegas(config) => Some(config.max_limit),
            Config::Gradient2(config) => Some(config.max_limit),
            Config::EnvoyGradient(config) => Some(config.max_limit),
            Config::Priority(config) => Some(config.limit),
        }
    }

    /// Whose attempts are counted together, where each may have a limit of its own.
    pub const fn per(&self) -> Per {
        match self {
            Config::Gcra(config) => config.per,
            Config::LeakyBucket(config) => config.per,
            Config::FixedWindow(config) => config.per,
            Config::SlidingWindow(config) => config.per,
            _ => Per::Instance,
        }
    }

    /// Whether it wants to be told how attempts end.
    #[inline]
    pub const fn learns(&self) -> bool {
        matches!(self, Config::Aimd(_) | Config::Vegas(_) | Config::Gradient2(_) | Config::EnvoyGradient(_))
    }

    /// Whether it wants to be told how long each attempt has waited.
    #[inline]
    pub const fn times_waits(&self) -> bool {
        matches!(self, Config::Dagor(_) | Config::Credits(_))
    }

    /// Whether answers carry a word of it to callers that listen.
    pub const fn tells(&self) -> bool {
        self.times_waits()
    }

    /// The longest wait in line that it lets anybody be served after; [`SimDuration::MAX`] if there is none.
    pub fn max_wait(&self) -> SimDuration {
        match self {
            Config::Credits(config) => config.max_wait(),
            _ => SimDuration::MAX,
        }
    }

    /// Whether nothing has to be known of an attempt but that it comes.
    pub fn is_plain(&self) -> bool {
        !self.learns()
            && !self.times_waits()
            && self.per() == Per::Instance
            && !matches!(self, Config::Priority(_) | Config::Deadline(_))
    }

    /// What a refusal says about coming back.
    pub fn pushback(&self) -> Option<pushback::Pushback> {
        match self {
            Config::Share(config) => config.retry_after,
            Config::Rate(config) => config.retry_after,
            Config::None
            | Config::Fixed(_)
            | Config::Aimd(_)
            | Config::Vegas(_)
            | Config::Gradient2(_)
            | Config::EnvoyGradient(_)
            | Config::Priority(_)
            | Config::Gcra(_)
            | Config::LeakyBucket(_)
            | Config::FixedWindow(_)
            | Config::SlidingWindow(_)
            | Config::Cycle(_)
            | Config::Dagor(_)
            | Config::Credits(_)
            | Config::Deadline(_) => None,
        }
    }
}

impl State {
    /// An instance that is ready from the start of the run.
    pub fn new(config: &Config) -> Self {
        State::ready(config, SimTime::ZERO)
    }

    /// The instance became ready at `since`, after a start: everything begins anew.
    pub fn restart(&mut self, config: &Config, since: SimTime) {
        *self = State::ready(config, since);
    }

    fn ready(config: &Config, since: SimTime) -> Self {
        match config {
            Config::None => State::None,
            Config::Share(_) => State::Share(share::State::new(since)),
            Config::Rate(config) => State::Rate(rate::State::new(config, since)),
            Config::Aimd(config) => State::Aimd(aimd::State::new(config)),
            Config::Fixed(_) => State::Fixed,
            Config::Vegas(config) => State::Vegas(vegas::State::new(config)),
            Config::Gradient2(config) => State::Gradient2(gradient2::State::new(config)),
            Config::EnvoyGradient(config) => {
                State::EnvoyGradient(Box::new(envoy_gradient::State::new(config, since)))
            }
            Config::Priority(_) => State::Priority,
            Config::Gcra(_) => State::Gcra(gcra::State::new(since)),
            Config::LeakyBucket(_) => State::LeakyBucket(leaky_bucket::State::new(since)),
            Config::FixedWindow(_) => State::FixedWindow(fixed_window::State::new(since)),
            Config::SlidingWindow(_) => State::SlidingWindow(sliding_window::State::new(since)),
            Config::Cycle(config) => State::Cycle(cycle::State::new(config, since)),
            Config::Dagor(_) => State::Dagor(Box::new(dagor::State::new(since))),
            Config::Credits(config) => State::Credits(Box::new(credits::State::new(config, since))),
            Config::Deadline(config) => State::Deadline(Box::new(deadline::State::new(config))),
        }
    }

    /// Whether an attempt is admitted, whose own `luck` decides where chance does. Not earlier than the
    /// moment at which the instance became ready.
    #[inline]
    pub fn admit(&mut self, config: &Config, arriving: Arriving, now: SimTime, luck: Luck) -> bool {
        match config {
            Config::None => none::ADMIT,
            Config::Share(config) => of!(self, Share).admit(config, now, luck),
            Config::Rate(config) => of!(self, Rate).admit(config, now),
            Config::Aimd(_) => of!(self, Aimd).admit(arriving.in_flight),
            Config::Fixed(config) => config.admit(arriving.in_flight),
            Config::Vegas(_) => of!(self, Vegas).admit(arriving.in_flight),
            Config::Gradient2(_) => of!(self, Gradient2).admit(arriving.in_flight),
            Config::EnvoyGradient(config) => of!(self, EnvoyGradient).admit(config, arriving.in_flight, now),
            Config::Priority(config) => config.admit(arriving.in_flight, arriving.class),
            Config::Gcra(config) => of!(self, Gcra).admit(config, arriving, now),
            Config::LeakyBucket(config) => of!(self, LeakyBucket).admit(config, arriving, now),
            Config::FixedWindow(config) => of!(self, FixedWindow).admit(config, arriving, now),
            Config::SlidingWindow(config) => of!(self, SlidingWindow).admit(config, arriving, now),
            Config::Cycle(config) => of!(self, Cycle).admit(config, now),
            Config::Dagor(config) => of!(self, Dagor).admit(config, arriving, now),
            Config::Credits(_) => credits::ADMIT,
            Config::Deadline(config) => of!(self, Deadline).admit(config, arriving, now),
        }
    }

    /// An admitted attempt has left the system; asked for only where the pattern [learns](Config::learns).
    /// The state may be younger than the attempt.
    pub fn observe(&mut self, config: &Config, ended: Ended, now: SimTime, luck: Luck) {
        match config {
            Config::Aimd(config) => of!(self, Aimd).observe(config, ended),
            Config::Vegas(config) => of!(self, Vegas).observe(config, ended, luck),
            Config::Gradient2(config) => of!(self, Gradient2).observe(config, ended),
            Config::EnvoyGradient(config) => of!(self, EnvoyGradient).observe(config, ended, now, luck),
            _ => debug_assert!(!config.learns(), "who learns is told"),
        }
    }

    /// An attempt has waited so long, and is served now or dropped; asked for only where the pattern
    /// [times waits](Config::times_waits).
    pub fn waited(&mut self, config: &Config, wait: SimDuration, now: SimTime) {
        match config {
            Config::Dagor(_) => of!(self, Dagor).waited(wait),
            Config::Credits(config) => of!(self, Credits).waited(config, wait, now),
            _ => debug_assert!(!config.times_waits(), "who times waits is told"),
        }
    }

    /// What an answer to this client carries, if callers [are told](Config::tells) anything.
    pub fn word(&mut self, config: &Config, client: u64, now: SimTime) -> Option<Word> {
        match config {
            Config::Dagor(_) => Some(Word::Level(of!(self, Dagor).cursor())),
            Config::Credits(_) => Some(Word::Credits(of!(self, Credits).share(client, now))),
            _ => None,
        }
    }

    /// The inner state that a chart can show: its name and value.
    pub fn gauge(&self, config: &Config, now: SimTime) -> Option<(&'static str, f64)> {
        match config {
            Config::None => None,
            Config::Share(config) => Some(of!(self, Share).gauge(config, now)),
            Config::Rate(config) => Some(of!(self, Rate).gauge(config, now)),
            Config::Aimd(_) => Some(of!(self, Aimd).gauge()),
            Config::Fixed(config) => Some(config.gauge()),
            Config::Vegas(_) => Some(of!(self, Vegas).gauge()),
            Config::Gradient2(_) => Some(of!(self, Gradient2).gauge()),
            Config::EnvoyGradient(_) => Some(of!(self, EnvoyGradient).gauge()),
            Config::Priority(config) => Some(config.gauge()),
            Config::Gcra(config) => of!(self, Gcra).gauge(config, now),
            Config::LeakyBucket(config) => of!(self, LeakyBucket).gauge(config, now),
            Config::FixedWindow(config) => of!(self, FixedWindow).gauge(config, now),
            Config::SlidingWindow(config) => of!(self, SlidingWindow).gauge(config, now),
            Config::Cycle(config) => Some(of!(self, Cycle).gauge(config, now)),
            Config::Dagor(_) => Some(of!(self, Dagor).gauge()),
            Config::Credits(_) => Some(of!(self, Credits).gauge()),
            Config::Deadline(_) => None,
        }
    }
}

#[cfg(test)]
mod tests;
