//! Does every pattern stop when it should, and wait as it says?

use super::*;
use crate::luck::Purpose;
use crate::policy::testing::{config, luck, read};

const NOW: SimTime = SimTime::ZERO;

/// What is left of the budget.
fn level(state: &State, config: &Config) -> Option<f64> {
    state.gauge(config, NOW).map(|(_, level)| level)
}

/// How one call goes on of which every attempt times out.
fn failing_call(config: &Config, state: &mut State) -> (Vec<SimDuration>, GiveUp) {
    call_failing_with(Failure::of(Outcome::Timeout), config, state)
}

/// How one call goes on of which every attempt fails like this.
fn call_failing_with(failure: Failure, config: &Config, state: &mut State) -> (Vec<SimDuration>, GiveUp) {
    let mut delays = Vec::new();
    let mut progress = Progress::default();
    state.begin(config, &mut progress, NOW);
    loop {
        progress.attempts += 1;
        let luck = luck(u64::from(progress.attempts));
        match state.decide(config, &mut progress, failure, NOW, luck) {
            Decision::Retry { after } => delays.push(after),
            Decision::GiveUp(reason) => return (delays, reason),
        }
    }
}

#[test]
fn the_first_try_is_an_attempt() {
    // policies.md, surprise 1: gRPC's maxAttempts 3 sends 3, Envoy's num_retries 3 sends 4.
    let grpc = config!(r#"{"immediate": {"max_attempts": 3}}"#);
    assert_eq!(
        failing_call(&grpc, &mut State::new(&grpc)),
        (vec![SimDuration::ZERO; 2], GiveUp::AttemptsUsedUp)
    );
    let envoy = config!(r#"{"immediate": {"max_attempts": 4}}"#);
    assert_eq!(failing_call(&envoy, &mut State::new(&envoy)).0.len(), 3);
}

#[test]
fn nothing_said_is_no_retry() {
    let silent = Config::default();
    assert_eq!(silent, config!(r#""none""#));
    assert_eq!(silent.max_attempts(), 1);
    assert_eq!(failing_call(&silent, &mut State::new(&silent)), (vec![], GiveUp::NoRetry));
}

#[test]
fn an_empty_budget_ends_the_call_at_once() {
    let config = config!(
        r#"{"constant": {"max_attempts": 9, "base": "1s", "budget": {"success_tokens": {"max_tokens": 10, "token_ratio": 0.1}}}}"#,
    );
    let (delays, reason) = failing_call(&config, &mut State::new(&config));
    assert_eq!((delays.len(), reason), (4, GiveUp::BudgetEmpty));
}

#[test]
fn a_call_without_attempts_left_takes_nothing_from_the_budget() {
    let config = config!(r#"{"immediate": {"max_attempts": 2, "budget": {"deposit": {}}}}"#);
    let mut state = State::new(&config);
    let before = state.gauge(&config, NOW).expect("budgets have a gauge").1;
    failing_call(&config, &mut state);
    let after = state.gauge(&config, NOW).expect("budgets have a gauge").1;
    // One request put in 0.2, one retry took out 1, the second failure asked for nothing.
    assert!((after - (before + 0.2 - 1.0)).abs() < 1e-9, "{before} -> {after}");
}

#[test]
fn every_wait_follows_from_the_attempts_luck_alone() {
    for pattern in [
        r#"{"exponential": {"max_attempts": 5, "base": "100ms", "jitter": "full"}}"#,
        r#"{"decorrelated": {"max_attempts": 5, "base": "100ms"}}"#,
    ] {
        let config = config!(pattern);
        let mut state = State::new(&config);
        let first = failing_call(&config, &mut state);
        assert_eq!(failing_call(&config, &mut state), first, "a second call of the same luck waits the same");
    }
}

#[test]
fn a_wait_is_remembered_until_the_next() {
    let config = config!(r#"{"decorrelated": {"max_attempts": 9, "base": "100ms"}}"#);
    let (delays, _) = failing_call(&config, &mut State::new(&config));
    // Without memory no wait would be longer than three times the base.
    assert!(delays.iter().any(|delay| *delay > SimDuration::from_millis(300)), "{delays:?}");
}

#[test]
fn jitter_moves_nobody_elses_draws() {
    let config = config!(r#"{"constant": {"max_attempts": 2, "base": "1s", "jitter": "full"}}"#);
    for k in 0..100 {
        let service_time = luck(k).draws(Purpose::ServiceTime).bits();
        let mut progress = Progress::default();
        progress.attempts = 1;
        let failure = Failure::of(Outcome::ServerError);
        let decision = State::new(&config).decide(&config, &mut progress, failure, NOW, luck(k));
        let Decision::Retry { after } = decision else { panic!("an attempt is left") };
        assert_eq!(luck(k).draws(Purpose::ServiceTime).bits(), service_time);
        let backoff = after.as_secs_f64();
        for other in [Purpose::ServiceTime, Purpose::Error, Purpose::Instance] {
            assert!((luck(k).draws(other).unit() - backoff).abs() > 1e-9, "{other:?} repeats the back-off");
        }
    }
}

#[test]
fn the_example_of_the_manual_is_read_and_written_with_its_defaults() {
    let config = config!(
        r#"{"exponential": {"max_attempts": 3, "base": "100ms", "multiplier": 2, "max": "10s", "jitter": "full",
            "budget": {"success_tokens": {"max_tokens": 100, "token_ratio": 0.1}}}}"#,
    );
    let written = serde_json::to_string(&config).expect("settings can be written");
    assert_eq!(
        written,
        concat!(
            r#"{"exponential":{"max_attempts":"3","base":"100ms","multiplier":"2","base_when":null,"truncate_to":null,"max":"10s","jitter":"full","#,
            r#""jitter_ratio":null,"cap_after_jitter":true,"on":null,"only_idempotent":false,"#,
            r#""retry_after":"ignore","avoid_previous_host":null,"transparent_retry":false,"#,
            r#""budget":{"success_tokens":{"max_tokens":"100","token_ratio":"0.1"}}}}"#
        )
    );
    assert_eq!(read(&written), Ok(config));
}

#[test]
fn what_is_unknown_or_missing_is_refused() {
    let problem = |json| read::<Config>(json).unwrap_err();
    assert!(problem(r#"{"linear": {"max_attempts": 3, "bas": "1s"}}"#).contains("unknown field `bas`"));
    assert!(problem(r#"{"linear": {"max_attempts": 3}}"#).contains("missing field `base`"));
    assert!(problem(r#"{"immediate": {"max_attempts": 0}}"#).contains("must be at least 1, found 0"));
    assert!(problem(r#""never""#).contains("unknown variant `never`"));
}

#[test]
fn contradictions_are_told_with_their_path_and_all_at_once() {
    let config: Config = read(
        r#"{"exponential": {"max_attempts": 3, "base": "1s", "max": "50ms", "jitter": "full", "jitter_ratio": 0.2,
            "budget": {"deposit": {"ttl": "2m"}}}}"#,
    )
    .expect("settings are readable");
    let problems: Vec<String> =
        config.check().into_iter().map(|p| format!("{}: {}", p.field, p.sentence)).collect();
    assert_eq!(
        problems,
        [
            "exponential/max: must be at least `base`, which is 1s, found 50ms",
            "exponential/jitter_ratio: it belongs to `jitter: plus_minus` and does nothing here; remove it or change `jitter`",
            "exponential/budget/deposit/ttl: must lie between 1s and 1m, found 2m",
        ]
    );
}

#[test]
fn what_calls_and_clients_remember_is_small() {
    assert_eq!(size_of::<Progress>(), 16);
    assert!(size_of::<State>() <= 16);
}

/// How a call goes on of which the first attempts fail like these: the waits, and why it ends if it does.
fn call_with(failures: &[Failure], config: &Config, state: &mut State) -> (Vec<SimDuration>, Option<GiveUp>) {
    let mut progress = Progress::default();
    let mut delays = Vec::new();
    state.begin(config, &mut progress, NOW);
    for failure in failures {
        progress.attempts += 1;
        let luck = luck(u64::from(progress.attempts));
        match state.decide(config, &mut progress, *failure, NOW, luck) {
            Decision::Retry { after } => delays.push(after),
            Decision::GiveUp(reason) => return (delays, Some(reason)),
        }
        state.resume(&mut progress);
    }
    state.end(&mut progress);
    (delays, None)
}

fn told(wait: &str) -> Failure {
    Failure { pushback: Some(wait.parse().expect("a pushback")), ..Failure::of(Outcome::Shed) }
}

#[test]
fn a_failure_that_is_not_on_the_list_is_the_answer() {
    let config = config!(r#"{"immediate": {"max_attempts": 9, "on": ["reset"]}}"#);
    let reasons = |outcome| call_failing_with(Failure::of(outcome), &config, &mut State::new(&config));
    assert_eq!(reasons(Outcome::Reset).0.len(), 8);
    assert_eq!(reasons(Outcome::Timeout), (vec![], GiveUp::Refused(terms::Refusal::NotOnTheList)));
}

#[test]
fn a_failure_that_is_not_tried_again_takes_nothing_from_the_budget() {
    let config = config!(r#"{"immediate": {"max_attempts": 9, "on": ["reset"], "budget": {"quota": {}}}}"#);
    let mut state = State::new(&config);
    failing_call(&config, &mut state);
    assert_eq!(level(&state, &config), Some(500.0));
}

#[test]
fn grpc_waits_as_told_and_then_begins_anew() {
    // gRFC A6: after a pushback the back-off restarts at its initial value.
    let config = config!(r#"{"exponential": {"max_attempts": 9, "base": "100ms", "retry_after": "exact"}}"#);
    let timeout = Failure::of(Outcome::Timeout);
    let failures = [timeout, timeout, told("7s"), timeout, timeout];
    let (delays, reason) = call_with(&failures, &config, &mut State::new(&config));
    assert_eq!(delays, [100, 200, 7_000, 100, 200].map(SimDuration::from_millis));
    assert_eq!(reason, None);
    let (delays, reason) = call_with(&[timeout, told("never")], &config, &mut State::new(&config));
    assert_eq!((delays.len(), reason), (1, Some(GiveUp::Refused(terms::Refusal::ToldNotTo))));
}

#[test]
fn do_not_retry_counts_as_a_failure_for_grpc_tokens() {
    let config = config!(
        r#"{"immediate": {"max_attempts": 9, "retry_after": "exact",
            "budget": {"success_tokens": {"max_tokens": 10, "token_ratio": 0.1}}}}"#,
    );
    let mut state = State::new(&config);
    call_with(&[told("never")], &config, &mut state);
    assert_eq!(level(&state, &config), Some(9.0));
}

#[test]
fn a_transparent_retry_counts_neither_as_attempt_nor_as_failure() {
    // policies.md, surprise 7: gRPC has no retries by default, transparent ones aside.
    let config = config!(
        r#"{"immediate": {"max_attempts": 1, "transparent_retry": true,
            "budget": {"success_tokens": {"max_tokens": 10, "token_ratio": 0.1}}}}"#,
    );
    assert_eq!((config.max_attempts(), config.most_sends()), (1, 2));
    let refused = Failure::of(Outcome::ConnectFailure);
    let mut state = State::new(&config);
    let (delays, reason) = call_with(&[refused, refused], &config, &mut state);
    assert_eq!((delays, reason), (vec![SimDuration::ZERO], Some(GiveUp::AttemptsUsedUp)), "once per call");
    assert_eq!(level(&state, &config), Some(9.0), "the second counts");
    let (delays, _) = call_with(&[Failure::of(Outcome::Timeout)], &config, &mut state);
    assert_eq!(delays, [], "an application may have seen it");
}

#[test]
fn what_is_under_way_is_given_back_however_a_call_ends() {
    for budget in [r#"{"static_cap": {}}"#, r#"{"active_ratio": {}}"#] {
        let config = config!(&format!(
            r#"{{"constant": {{"max_attempts": 3, "base": "1s", "transparent_retry": true, "budget": {budget}}}}}"#
        ));
        let failures = [Outcome::ConnectFailure, Outcome::Timeout, Outcome::ConnectFailure].map(Failure::of);
        for count in 0..=3 {
            let mut state = State::new(&config);
            let full = level(&state, &config);
            call_with(&failures[..count], &config, &mut state);
            let (active, retries) = state.in_use().expect("it counts");
            assert_eq!((active.unwrap_or(0), retries), (0, 0), "{budget} after {count}");
            assert_eq!(level(&state, &config), full);
            // In a back-off, with nothing out.
            let mut progress = Progress::default();
            progress.attempts = 1;
            state.begin(&config, &mut progress, NOW);
            state.decide(&config, &mut progress, failures[1], NOW, luck(0));
            assert_eq!(state.in_use().expect("it counts").1, 1);
            state.end(&mut progress);
            assert_eq!(state.in_use().expect("it counts").1, 0);
            // A success.
            state.begin(&config, &mut progress, NOW);
            state.observe(&config, &mut progress, Outcome::Ok, NOW);
            state.end(&mut progress);
            assert_eq!(level(&state, &config), full);
        }
    }
}
