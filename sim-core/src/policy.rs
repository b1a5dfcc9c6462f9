//! What is a policy? A rule that turns facts into a decision: how an attempt ended, what time it is
//! and the luck of the attempt come in, a small decision comes out, and the engine acts on it. A
//! policy never schedules anything and never sees the engine, so its tests need none: create, feed,
//! assert.
//!
//! | family | question |
//! |---|---|
//! | [`retry`] | the attempt failed: try again, and after which wait? |
//! | [`retry::budget`] | may this caller afford one more retry? |
//! | [`balancer`] | which instance gets the attempt? |
//! | [`targets`] | which instances are there to choose from? |
//! | [`probe`] | is the instance well? |
//! | [`restart`] | the instance crashed: start it again, and after which wait? |
//! | [`reconnect`] | the connection is gone: connect again after which wait? |
//! | [`admission`] | does the instance take the attempt at all? |
//! | [`queue`] | whose turn is it of those that wait, and who goes when the line is full? |
//! | [`degradation`] | how fast is work, given how many are there? |
//! | [`memory`] | how much slower is it when memory gets short? |
//! | [`background`] | what does housekeeping take? |
//! | [`repair`] | an instance is gone: when and how fast do the others copy its data? |
//! | [`cache`] | does this caller have to ask at all? |
//! | [`autoscaler`] | how many instances should there be? |
//! | [`breaker`] | others failed: is this attempt worth sending? |
//! | [`throttle`] | the service refuses: how much of the load does the caller keep back? |
//! | [`rate_limit`] | may this attempt be sent yet? |
//! | [`bulkhead`] | may one more attempt be under way? |
//! | [`contract`] | do the settings of several owners fit together? |
//! | [`canary`] | a few have the new setting: do they fare worse, or is it chance? |
//! | [`discovery`] | which addresses does a caller believe in? |
//! | [`alert`] | the signal is bad: is somebody told? |
//! | [`tcp`] | a segment is lost: when is it sent again? |
//! | [`hedging`] | the attempt is slow: send another beside it, and after which wait? |
//! | [`transport`] | what does it take to talk to the instance at all? |
//! | [`identity`] | who is calling, and may they? |
//! | [`idempotency`] | the same request comes again: is its effect applied once more? |
//! | [`compensation`] | what was done has to be undone, and that fails as well: what now? |
//!
//! The patterns of each are in the table of its own file. One pattern is one file, all of one shape: what it does, why it exists, where it fails, its source;
//! the settings ([`Config`](retry::exponential::Config), the same for every caller), what one caller
//! remembers (`State`, where there is something to remember), the rule, then the tests. `none` is a
//! pattern too, so that nobody asks whether there is a policy. The family file holds one enum per
//! notion and one `match` per question: the compiler lists what a new pattern has to answer. Where several
//! families answer one question of the engine, a type composes them: a [`chooser`] is a balancer and its
//! targets.

pub mod admission;
pub mod cache;
pub mod balancer;
pub mod targets;
pub mod chooser;
pub mod probe;
pub mod restart;
pub mod reconnect;
pub mod queue;
pub mod retry;
pub mod degradation;
pub mod memory;
pub mod background;
pub mod catch_up;
pub mod link_order;
pub mod tcp;
pub mod repair;
pub mod autoscaler;
pub mod per_outcome;
pub mod breaker;
pub mod throttle;
pub mod rate_limit;
pub mod bulkhead;
pub mod scope;
pub mod hedging;
pub mod transport;
pub mod discovery;
pub mod identity;
pub mod idempotency;
pub mod compensation;
pub mod alert;
pub mod contract;
pub mod canary;
mod rolling;
mod theoretical_arrival;

/// How an attempt ended for its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub enum Outcome {
    /// The answer came in time.
    Ok,
    /// The service worked on the attempt and answered with an error.
    ServerError,
    /// The caller stopped waiting for this attempt.
    Timeout,
    /// The queue of the instance was full: refused on arrival.
    QueueFull,
    /// The instance found on taking the attempt from its queue that nobody waits for it any more.
    Expired,
    /// The instance is down or does not accept connections: nothing was processed.
    ConnectFailure,
    /// The instance crashed, or closed the connection, while the attempt was there.
    Reset,
    /// The caller's balancer knew no instance to send to.
    NoHealthyHost,
    /// The server's admission control refused.
    Shed,
    /// The caller found its pool and the line in front of it full.
    BulkheadFull,
    /// The caller waited for a slot of its pool longer than it would.
    PoolTimeout,
    /// The caller's caller has withdrawn the request.
    Cancelled,
    /// The user has no connection to send it over.
    NotConnected,
    /// The caller's circuit breaker is open.
    BreakerOpen,
    /// The caller keeps back a part of its attempts, because the service refuses many.
    Throttled,
    /// The caller has sent as much as it allows itself.
    RateLimited,
    /// A record has changed since it was read: nothing was written. It passes through every service on the way
    /// up, until somebody tries all of it again.
    Conflict,
    /// The service does not let this caller in, whatever it asks for.
    Denied,
}

impl Outcome {
    /// Every outcome, in the order of tables.
    pub const ALL: [Outcome; 18] = [
        Outcome::Ok,
        Outcome::ServerError,
        Outcome::Timeout,
        Outcome::QueueFull,
        Outcome::Expired,
        Outcome::ConnectFailure,
        Outcome::Reset,
        Outcome::NoHealthyHost,
        Outcome::Shed,
        Outcome::BulkheadFull,
        Outcome::PoolTimeout,
        Outcome::Cancelled,
        Outcome::NotConnected,
        Outcome::BreakerOpen,
        Outcome::Throttled,
        Outcome::RateLimited,
        Outcome::Conflict,
        Outcome::Denied,
    ];

    /// The word that files and tables use for it.
    pub const fn word(self) -> &'static str {
        match self {
            Outcome::Ok => "ok",
            Outcome::ServerError => "server_error",
            Outcome::Timeout => "timeout",
            Outcome::QueueFull => "queue_full",
            Outcome::Expired => "expired",
            Outcome::ConnectFailure => "connect_failure",
            Outcome::Reset => "reset",
            Outcome::NoHealthyHost => "no_healthy_host",
            Outcome::Shed => "shed",
            Outcome::BulkheadFull => "bulkhead_full",
            Outcome::PoolTimeout => "pool_timeout",
            Outcome::Cancelled => "cancelled",
            Outcome::NotConnected => "not_connected",
            Outcome::BreakerOpen => "breaker_open",
            Outcome::Throttled => "throttled",
            Outcome::RateLimited => "rate_limited",
            Outcome::Conflict => "conflict",
            Outcome::Denied => "denied",
        }
    }

    /// Whether no server had begun any work when it failed, and the caller knows it.
    #[inline]
    pub const fn is_before_any_work(self) -> bool {
        match self {
            Outcome::QueueFull
            | Outcome::Expired
            | Outcome::ConnectFailure
            | Outcome::Shed
            | Outcome::Denied => true,
            // It may have been withdrawn at any time.
            Outcome::Cancelled => false,
            _ => self.is_callers_own(),
        }
    }

    /// Whether it says nothing of the service: the attempt never left its caller, or its caller withdrew it.
    #[inline]
    pub const fn is_callers_own(self) -> bool {
        match self {
            Outcome::NoHealthyHost
            | Outcome::BulkheadFull
            | Outcome::PoolTimeout
            | Outcome::Cancelled
            | Outcome::NotConnected
            | Outcome::BreakerOpen
            | Outcome::Throttled
            | Outcome::RateLimited => true,
            Outcome::Ok
            | Outcome::ServerError
            | Outcome::Timeout
            | Outcome::QueueFull
            | Outcome::Expired
            | Outcome::ConnectFailure
            | Outcome::Reset
            | Outcome::Shed
            | Outcome::Conflict
            | Outcome::Denied => false,
        }
    }

    /// Whether the caller got what it wanted.
    #[inline]
    pub const fn is_ok(self) -> bool {
        matches!(self, Outcome::Ok)
    }
}

/// Whether an attempt is sent, for policies that may make it wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// Now.
    Now,
    /// After this long.
    After(crate::time::SimDuration),
    /// It asks again after this long.
    AskAgain(crate::time::SimDuration),
    /// Not at all: it fails.
    Never,
}

/// How much a request matters when not all can be served (Google SRE book, chapter 21): what is worth
/// less is refused first. Travels with the request to every service behind.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub enum Criticality {
    /// Failing it is an outage.
    CriticalPlus,
    /// What production sends unless it says otherwise.
    #[default]
    Critical,
    /// May fail now and then; tried again later.
    SheddablePlus,
    /// May fail often.
    Sheddable,
}

/// A contradiction between the fields of a policy, or a field outside the range of its pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The field, as a path below the policy: `exponential/max`.
    pub field: String,
    /// What is wrong and what is allowed.
    pub sentence: String,
}

impl Problem {
    pub(crate) fn new(field: &str, sentence: impl Into<String>) -> Self {
        Problem { field: field.to_owned(), sentence: sentence.into() }
    }

    /// The same problems seen from one level up.
    pub(crate) fn below(parent: &str, problems: Vec<Problem>) -> Vec<Problem> {
        let lift = |problem: Problem| Problem { field: format!("{parent}/{}", problem.field), ..problem };
        problems.into_iter().map(lift).collect()
    }
}

/// What the tests of the policies share.
#[cfg(test)]
pub(crate) mod testing {
    use crate::luck::Luck;
    use crate::streams::Seed;
    use crate::time::{SimDuration, SimTime};

    /// Sound settings of the caller's `Config`, as a scenario file gives them.
    macro_rules! config {
        ($json:expr $(,)?) => {{
            let config: Config = $crate::policy::testing::read($json).expect("settings are readable");
            assert_eq!(config.check(), []);
            config
        }};
    }
    pub(crate) use config;

    /// The moment so many milliseconds after the start.
    pub(crate) fn at(milliseconds: f64) -> SimTime {
        SimTime::ZERO + ms(milliseconds)
    }

    /// The luck of the `k`-th of many first attempts.
    pub(crate) fn luck(k: u64) -> Luck {
        Luck::of_request(Seed(20_261_121), 0, k).attempt(1)
    }

    /// Milliseconds, fractions allowed.
    pub(crate) fn ms(ms: f64) -> SimDuration {
        SimDuration::from_nanos_f64(ms * 1e6)
    }

    /// Settings as a scenario file gives them.
    pub(crate) fn read<T: serde::de::DeserializeOwned>(json: &str) -> Result<T, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    /// Asserts that `delay` is uniform between two lengths in milliseconds: of 10 000 delays none lies
    /// outside, some lie in the first and last hundredth, and the mean is within 4 standard errors,
    /// 1.2% of the width: enough to tell the kinds of jitter apart.
    pub(crate) fn assert_uniform(delay: impl Fn(Luck) -> SimDuration, from_ms: f64, to_ms: f64) {
        let mut delays: Vec<f64> = (0..10_000).map(|k| delay(luck(k)).as_nanos_f64() / 1e6).collect();
        delays.sort_by(f64::total_cmp);
        let (shortest, longest, width) = (delays[0], delays[9_999], to_ms - from_ms);
        assert!(from_ms <= shortest && shortest < from_ms + width / 100.0, "shortest {shortest}");
        assert!(to_ms - width / 100.0 < longest && longest <= to_ms, "longest {longest}");
        let mean = delays.iter().sum::<f64>() / 10_000.0;
        let standard_error = width / (12.0 * 10_000.0f64).sqrt();
        assert!((mean - (from_ms + to_ms) / 2.0).abs() < 4.0 * standard_error, "mean {mean}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_have_the_words_of_the_field() {
        let words = Outcome::ALL.map(Outcome::word);
        assert_eq!(words[..5], ["ok", "server_error", "timeout", "queue_full", "expired"]);
        assert_eq!(words[5..8], ["connect_failure", "reset", "no_healthy_host"]);
        assert_eq!(words[8..13], ["shed", "bulkhead_full", "pool_timeout", "cancelled", "not_connected"]);
        assert_eq!(words[13..18], ["breaker_open", "throttled", "rate_limited", "conflict", "denied"]);
    }

    #[test]
    fn only_ok_is_ok() {
        let ok: Vec<Outcome> = Outcome::ALL.into_iter().filter(|outcome| outcome.is_ok()).collect();
        assert_eq!(ok, [Outcome::Ok]);
    }

    #[test]
    fn problems_carry_the_path_of_their_field() {
        let problems = Problem::below("exponential", vec![Problem::new("max", "is too short")]);
        assert_eq!(problems[0].field, "exponential/max");
    }
}
