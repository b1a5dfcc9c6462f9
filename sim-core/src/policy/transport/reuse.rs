//! Which connection takes the request, and is it kept afterwards?
//!
//! **What it does.** A request takes the free connection that was used last. With one stream (HTTP/1.1) a connection is busy
//! until the answer is there; with more (HTTP/2) it takes as many at once as it has streams. If none is free one is opened,
//! as long as there may be more; who asks waits, in order, for whichever is free first. A connection is closed after
//! `max_requests`, when it is older than `lifetime`, when nobody has used it for `idle_timeout`; and with one stream when its
//! caller gives up, because nobody could tell the late answer from the next. One that was reset is gone for all its streams.
//! **Why it exists.** Opening a connection takes one to three round trips, a request one.
//! **Where it fails.** With `max_connections` and one stream a slow answer holds up all who wait behind it (head-of-line
//! blocking). With many streams on few connections one reset fails them all. Where each time-out closes a connection, an
//! overloaded server gets a handshake for every retry. And connections go where instances were when they were opened:
//! new instances get nothing until old connections end, which is what `lifetime` is for.
//! **See it.** `scenarios/library/fallacies/fallacy-4-network-secure.yaml`, variant `no-keep-alive`.
//! **Source.** RFC 9112 section 9 (persistence), RFC 9113 sections 5 and 6.8 (streams, GOAWAY); the order and the line are
//! those of Go's `net/http.Transport`. Deviations: both ends learn at once that a connection is closed, so none is used
//! that the other end has just closed; answers of one stream do not hold up those of others.

use super::Config;
use crate::time::SimTime;
use crate::units::Limit;

/// What is known of one open connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    opened: SimTime,
    /// Requests so far.
    pub requests: u32,
    /// Requests on it now.
    pub in_use: u32,
}

/// What becomes of a connection when a request on it is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// It takes more.
    Free,
    /// It takes no more, and others are on it.
    Busy,
    /// It is closed.
    Closed,
}

/// How a request on a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// With an answer.
    Answered,
    /// Its caller gave up.
    Left,
    /// The connection is gone.
    Broken,
}

impl Usage {
    /// A connection that was opened at this moment.
    pub const fn new(opened: SimTime) -> Self {
        Usage { opened, requests: 0, in_use: 0 }
    }

    /// Whether it takes another request now.
    pub fn has_room(&self, config: &Config, now: SimTime) -> bool {
        self.in_use < config.width() && !self.is_over(config, now)
    }

    /// A request takes it.
    pub fn begin(&mut self) {
        self.requests = self.requests.saturating_add(1);
        self.in_use += 1;
    }

    /// A request on it is over.
    pub fn end(&mut self, config: &Config, how: End, now: SimTime) -> After {
        self.in_use = self.in_use.saturating_sub(1);
        match how {
            End::Broken => After::Closed,
            End::Left if config.width() == 1 => After::Closed,
            _ if !self.is_over(config, now) => After::Free,
            _ if self.in_use == 0 => After::Closed,
            _ => After::Busy,
        }
    }

    /// Whether it has served its time.
    fn is_over(&self, config: &Config, now: SimTime) -> bool {
        let most = match (config.keep_alive, config.max_requests) {
            (false, _) => 1,
            (true, Limit::AtMost(most)) => most,
            (true, Limit::Unlimited) => u32::MAX,
        };
        self.requests >= most || config.lifetime.0.is_some_and(|lifetime| now >= self.opened + lifetime)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::{at, read};

    fn config(json: &str) -> Config {
        let config: Config = read(json).expect("settings are readable");
        assert_eq!(config.check(), []);
        config
    }

    #[test]
    fn one_stream_is_busy_until_the_answer() {
        let config = Config::DEFAULT;
        let mut usage = Usage::new(at(0.0));
        assert!(usage.has_room(&config, at(0.0)));
        usage.begin();
        assert!(!usage.has_room(&config, at(1.0)));
        assert_eq!(usage.end(&config, End::Answered, at(1.0)), After::Free);
        usage.begin();
        assert_eq!(usage.end(&config, End::Left, at(2.0)), After::Closed);
    }

    #[test]
    fn without_keep_alive_each_request_has_its_own() {
        let config = config(r#"{"keep_alive": false}"#);
        let mut usage = Usage::new(at(0.0));
        usage.begin();
        assert_eq!(usage.end(&config, End::Answered, at(1.0)), After::Closed);
    }

    #[test]
    fn streams_share_and_a_late_one_is_waited_for() {
        let config = config(r#"{"streams": 3, "max_requests": 2}"#);
        let mut usage = Usage::new(at(0.0));
        usage.begin();
        assert!(usage.has_room(&config, at(0.0)));
        usage.begin();
        assert!(!usage.has_room(&config, at(0.0)), "two are all it takes");
        assert_eq!(usage.end(&config, End::Left, at(1.0)), After::Busy);
        assert_eq!(usage.end(&config, End::Answered, at(2.0)), After::Closed);
    }

    #[test]
    fn an_old_one_takes_nothing_more() {
        let config = config(r#"{"lifetime": "10ms"}"#);
        let mut usage = Usage::new(at(0.0));
        assert!(usage.has_room(&config, at(9.0)));
        assert!(!usage.has_room(&config, at(10.0)));
        usage.begin();
        assert_eq!(usage.end(&config, End::Answered, at(12.0)), After::Closed);
    }
}
