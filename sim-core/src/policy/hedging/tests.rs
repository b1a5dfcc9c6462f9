//! Does each rule give the decisions that its source gives?

use super::*;
use crate::policy::testing::{config, ms};

const NOW: SimTime = SimTime::ZERO;

/// A call of a fresh client.
struct Rig {
    config: Config,
    state: State,
    progress: Progress,
}

impl Rig {
    fn new(json: &str) -> Rig {
        let config = config!(json);
        let mut rig = Rig { state: State::new(&config), config, progress: Progress::default() };
        rig.call();
        rig
    }

    fn call(&mut self) {
        self.progress = Progress::default();
        self.state.begin(&self.config, &mut self.progress, NOW);
    }

    fn wait(&mut self) -> Option<SimDuration> {
        self.state.wait(&self.config, &self.progress, NOW)
    }

    fn hedge(&mut self) -> bool {
        self.state.afford(&self.config, &mut self.progress, Outcome::Timeout, NOW)
    }

    fn fails(&mut self, number: u32, outcome: Outcome) -> Next {
        self.state.failed(&self.config, &mut self.progress, number, Failure::of(outcome))
    }
}

const AT_ONCE: Next = Next::Send { after: SimDuration::ZERO };

fn fails_with(outcome: Outcome) -> Next {
    Next::Fail { outcome, reason: GiveUp::AttemptsUsedUp }
}

#[test]
fn the_next_is_due_a_delay_after_the_last_until_all_are_out() {
    let mut rig = Rig::new(r#"{"fixed": {"delay": "50ms", "max_attempts": 3}}"#);
    for _ in 0..2 {
        assert_eq!(rig.wait(), Some(ms(50.0)));
        assert!(rig.hedge());
    }
    assert_eq!((rig.wait(), rig.hedge(), rig.progress.out()), (None, false, 3));
}

#[test]
fn a_failure_that_is_not_fatal_sends_the_next_at_once() {
    let mut rig = Rig::new(r#"{"fixed": {"max_attempts": 3, "non_fatal": ["server_error"]}}"#);
    assert_eq!(rig.wait(), None, "nobody is sent without a failure");
    assert_eq!(rig.fails(1, Outcome::ServerError), AT_ONCE);
    assert!(rig.hedge());
    let reason = GiveUp::Refused(crate::policy::retry::terms::Refusal::NotOnTheList);
    assert_eq!(rig.fails(2, Outcome::Reset), Next::Fail { outcome: Outcome::Reset, reason });
}

#[test]
fn the_last_or_the_primary_failure_is_the_callers() {
    for (word, expected) in [("last", Outcome::Reset), ("primary", Outcome::ServerError)] {
        let json = format!(r#"{{"fixed": {{"delay": "1ms", "on_all_failed": "{word}"}}}}"#);
        let mut rig = Rig::new(&json);
        assert!(rig.hedge());
        assert_eq!(rig.fails(1, Outcome::ServerError), Next::Wait, "the other is out");
        assert_eq!(rig.fails(2, Outcome::Reset), fails_with(expected));
    }
}

#[test]
fn a_server_that_says_when_or_never_is_heeded() {
    let mut rig = Rig::new(r#"{"fixed": {"delay": "1ms", "max_attempts": 3}}"#);
    let told = |pushback| Failure { pushback: Some(pushback), ..Failure::of(Outcome::Shed) };
    let after = rig.state.failed(&rig.config, &mut rig.progress, 1, told(Pushback::After(ms(70.0))));
    assert_eq!(after, Next::Send { after: ms(70.0) });
    assert!(rig.hedge());
    let reason = GiveUp::Refused(crate::policy::retry::terms::Refusal::ToldNotTo);
    let never = rig.state.failed(&rig.config, &mut rig.progress, 2, told(Pushback::Never));
    assert_eq!(never, Next::Fail { outcome: Outcome::Shed, reason });
}

#[test]
fn success_tokens_throttle_hedges_as_in_grpc() {
    // gRFC A6: a failure takes a token, and hedges are sent only while more than half of the bucket is left.
    let json = r#"{"fixed": {"delay": "1ms", "budget": {"success_tokens": {"max_tokens": 10, "token_ratio": 0.1}}}}"#;
    let mut rig = Rig::new(json);
    let mut hedged = 0;
    for _ in 0..10 {
        rig.call();
        hedged += u32::from(rig.hedge());
        rig.state.ended(&rig.config, &mut rig.progress, 1, Outcome::ServerError);
    }
    assert_eq!(hedged, 5);
    assert_eq!(rig.state.gauge(&rig.config, NOW), Some(("retry_tokens", 0.0)));
}

#[test]
fn a_deposit_budget_bounds_the_share_of_hedges_as_in_finagle() {
    let json = r#"{"fixed": {"delay": "1ms", "budget": {"deposit": {"retry_ratio": 0.1, "min_retries_per_second": 0}}}}"#;
    let mut rig = Rig::new(json);
    let hedged = (0..1_000).filter(|_| {
        rig.call();
        rig.hedge()
    });
    assert_eq!(hedged.count(), 100);
}

#[test]
fn what_is_left_counts_neither_as_a_success_nor_as_a_failure() {
    let json = r#"{"fixed": {"delay": "1ms", "max_attempts": 4, "budget": {"active_ratio": {"retry_ratio": 1, "min_concurrent": 9}}}}"#;
    let mut rig = Rig::new(json);
    assert!(rig.hedge() && rig.hedge());
    assert_eq!(rig.state.in_use(), Some((Some(3), 2)));
    rig.state.ended(&rig.config, &mut rig.progress, 2, Outcome::Ok);
    rig.state.left(&mut rig.progress, 1);
    rig.state.left(&mut rig.progress, 3);
    assert_eq!((rig.state.in_use(), rig.progress.out()), (Some((Some(0), 0)), 0));
}

#[test]
fn a_percentile_waits_until_it_knows_something() {
    let mut rig = Rig::new(r#"{"percentile": {"refresh": "1ms"}}"#);
    assert_eq!((rig.wait(), rig.state.delay_gauge()), (None, Some((false, 0.0))));
    rig.state.took(&rig.config, ms(10.0), NOW);
    let later = NOW + ms(1.0);
    let delay = rig.state.wait(&rig.config, &rig.progress, later).expect("one latency is known");
    assert!(ms(10.0) <= delay && delay < ms(10.2), "{delay}");
    assert_eq!(rig.state.delay_gauge(), Some((true, delay.as_secs_f64())));
}

#[test]
fn without_hedging_the_first_is_the_only_one() {
    let mut rig = Rig::new(r#""none""#);
    assert_eq!((rig.wait(), rig.hedge()), (None, false));
    assert_eq!(rig.fails(1, Outcome::Reset), fails_with(Outcome::Reset));
}
