//! Do pattern and belief together give every client the instance it should have?

use super::*;
use crate::policy::targets::ChangeKind;
use crate::policy::testing::{luck, ms, read};
use crate::streams::Seed;

const IDLE: Idle = Idle;

/// A fleet with nothing to do.
struct Idle;

impl Fleet for Idle {
    fn in_system(&self, _: u32) -> u32 {
        0
    }
}

fn config(load_balancer: &str, targets: &str) -> Config {
    let config = Config {
        load_balancer: read(load_balancer).expect("settings are readable"),
        targets: read(targets).expect("settings are readable"),
        zones: None,
    };
    assert_eq!(config.check(10), []);
    config
}

fn client(config: &Config, instances: u32, client: u32) -> Chooser {
    Chooser::new(config, instances, client, Luck::of_client(Seed(1), 0, client))
}

fn at(seconds: u64) -> SimTime {
    SimTime::ZERO + SimDuration::from_secs(seconds)
}

/// So many picks, one request after the other.
fn picks(chooser: &mut Chooser, config: &Config, now: SimTime, count: u64) -> Vec<u32> {
    let pick = |k| chooser.pick(config, &IDLE, k, now, luck(k), Avoid::NOBODY).expect("somebody is there");
    (0..count).map(pick).collect()
}

fn fail(chooser: &mut Chooser, config: &Config, instance: u32, errors: u32, now: SimTime) -> Vec<Change> {
    let mut fail = || {
        chooser.sent(instance);
        chooser.ended(config, instance, Outcome::ServerError, ms(1.0), now)
    };
    (0..errors).filter_map(|_| fail()).collect()
}

#[test]
fn round_robin_takes_turns_from_the_clients_number_on() {
    let config = config(r#""round_robin""#, "{}");
    let mut chooser = client(&config, 3, 7);
    let picked: Vec<_> =
        (0..6).map(|k| chooser.pick(&config, &IDLE, k, at(0), luck(k), Avoid::NOBODY)).collect();
    assert_eq!(picked, [1, 2, 0, 1, 2, 0].map(Some));
}

#[test]
fn every_pattern_picks_members_only_and_the_same_again() {
    let weighted = r#"{"weighted": {"weights": [1, 2, 3, 0, 1, 1, 1, 1, 1, 1]}}"#;
    let tags = [
        r#""round_robin""#,
        r#""random""#,
        weighted,
        r#"{"least_request": {}}"#,
        r#"{"least_request": {"choices": "all", "information": {"board": {"age": "1s"}}}}"#,
        r#"{"peak_ewma": {}}"#,
        r#"{"ring_hash": {"load_bound_ratio": 1.25}}"#,
        r#"{"maglev": {"table_size": 101, "load_bound_ratio": 1.25}}"#,
    ];
    for tag in tags {
        let config = config(tag, "{}");
        let run = || {
            let mut chooser = client(&config, 10, 3);
            let mut picked = Vec::new();
            for k in 0..400 {
                if k == 100 {
                    [2, 5, 9].into_iter().for_each(|gone| chooser.set_ready(&config, gone, false, at(1)));
                }
                if k == 300 {
                    chooser.set_ready(&config, 5, true, at(3));
                }
                let instance = chooser.pick(&config, &IDLE, k, at(k / 100), luck(k), Avoid::NOBODY);
                let instance = instance.expect("somebody is there");
                picked.push(instance);
                chooser.sent(instance);
                if k % 3 == 0 {
                    chooser.ended(&config, instance, Outcome::Ok, ms(k as f64), at(k / 100));
                }
            }
            picked
        };
        let picked = run();
        assert_eq!(picked, run(), "{tag}");
        assert!(picked[100..300].iter().all(|instance| ![2, 5, 9].contains(instance)), "{tag}");
        assert!(picked[..100].contains(&5) && picked[300..].contains(&5), "{tag}");
        assert!(tag != weighted || !picked.contains(&3), "weight 0 gets nothing");
    }
}

#[test]
fn one_client_does_not_know_what_another_sends() {
    let config = config(r#"{"least_request": {"choices": "all"}}"#, "{}");
    let (mut one, mut other) = (client(&config, 2, 0), client(&config, 2, 1));
    for _ in 0..10 {
        one.sent(0);
        other.sent(1);
    }
    assert_eq!(picks(&mut one, &config, at(0), 5), [1; 5]);
    assert_eq!(picks(&mut other, &config, at(0), 5), [0; 5]);
}

#[test]
fn a_board_makes_everyone_run_to_the_same_instance_until_it_is_renewed() {
    let config =
        config(r#"{"least_request": {"choices": "all", "information": {"board": {"age": "10s"}}}}"#, "{}");
    assert_eq!(config.load_balancer.board_age(), Some(SimDuration::from_secs(10)));
    let (mut board, mut truth) = (balancer::board::Board::new(), vec![3, 1, 2]);
    board.renew(&truth, 3, at(0));
    for number in 0..100 {
        let mut chooser = client(&config, 3, number);
        let picked = chooser.pick(&config, &board, 0, at(5), luck(u64::from(number)), Avoid::NOBODY);
        assert_eq!(picked, Some(1), "whatever has gone there since");
        truth[1] += 1;
    }
    board.renew(&truth, 3, at(10));
    let picked = client(&config, 3, 0).pick(&config, &board, 0, at(10), luck(0), Avoid::NOBODY);
    assert_eq!(picked, Some(2));
}

#[test]
fn an_ejected_instance_gets_nothing_until_it_is_readmitted() {
    let config = config(r#""round_robin""#, r#"{"outlier_detection": {"max_ejected_ratio": 0.5}}"#);
    assert_eq!(config.interval(), Some(SimDuration::from_secs(10)));
    let mut chooser = client(&config, 4, 0);
    assert_eq!(picks(&mut chooser, &config, at(0), 4), [0, 1, 2, 3]);
    assert_eq!(fail(&mut chooser, &config, 2, 5, at(0)), [Change { instance: 2, kind: ChangeKind::Ejected }]);
    assert_eq!(picks(&mut chooser, &config, at(1), 4), [0, 1, 3, 0]);
    assert_eq!(chooser.on_interval(&config, at(20)), []);
    let readmitted = Change { instance: 2, kind: ChangeKind::Readmitted };
    assert_eq!(chooser.on_interval(&config, at(30)), [readmitted]);
    assert_eq!(picks(&mut chooser, &config, at(30), 4), [1, 2, 3, 0]);
}

#[test]
fn below_the_panic_ratio_everyone_gets_attempts_again() {
    let config = config(r#""round_robin""#, r#"{"outlier_detection": {"max_ejected_ratio": 1}}"#);
    let mut chooser = client(&config, 4, 0);
    for instance in 0..2 {
        fail(&mut chooser, &config, instance, 5, at(0));
    }
    assert_eq!(chooser.members(&config, at(0)), (&[2, 3][..], false));
    fail(&mut chooser, &config, 2, 5, at(0));
    assert_eq!(chooser.members(&config, at(0)), (&[0, 1, 2, 3][..], true));
}

#[test]
fn with_nobody_there_is_no_pick() {
    let config = config(r#""round_robin""#, "{}");
    let mut chooser = client(&config, 2, 0);
    chooser.set_ready(&config, 0, false, at(0));
    assert_eq!(picks(&mut chooser, &config, at(0), 2), [1, 1]);
    chooser.set_ready(&config, 1, false, at(0));
    assert_eq!(chooser.pick(&config, &IDLE, 0, at(0), luck(0), Avoid::NOBODY), None);
    chooser.set_ready(&config, 0, true, at(1));
    assert_eq!(picks(&mut chooser, &config, at(1), 2), [0, 0]);
}

#[test]
fn an_instance_to_avoid_is_avoided_if_there_is_another() {
    let avoid = |tag: &str, instances, k| {
        let config = config(tag, "{}");
        client(&config, instances, 0).pick(
            &config,
            &IDLE,
            k,
            at(0),
            luck(k),
            Avoid { tried: &[0], reselections: 5 },
        )
    };
    assert_eq!(avoid(r#""round_robin""#, 3, 0), Some(1));
    assert_eq!(avoid(r#""round_robin""#, 1, 0), Some(0), "there is no other");
    // Six choices of two instances are the same in 1 of 64 cases: 625 of 40 000 within 4 standard errors
    // of sqrt(n p (1-p)) = 24.8.
    let failed = (0..40_000u64).filter(|k| avoid(r#""random""#, 2, *k) == Some(0)).count();
    assert!(failed.abs_diff(625) < 4 * 25, "{failed}");
    assert!((0..100).all(|k| avoid(r#"{"ring_hash": {}}"#, 100, k) != Some(0)), "a key has second places");
}

#[test]
fn a_newcomer_warms_up() {
    // Three warm, one of weight w: w / (3 + w) of the picks, to the nearest turn.
    let slow = r#"{"slow_start": {"window": "60s"}}"#;
    let tags = [
        r#""round_robin""#,
        r#"{"weighted": {"weights": [1,1,1,1,1,1,1,1,1,1]}}"#,
        r#"{"least_request": {}}"#,
    ];
    for tag in tags {
        let config = config(tag, slow);
        let mut chooser = client(&config, 4, 0);
        chooser.set_ready(&config, 3, false, at(0));
        picks(&mut chooser, &config, at(50), 30);
        chooser.set_ready(&config, 3, true, at(100));
        let mut of_newcomer = |now, n| {
            let picked = picks(&mut chooser, &config, at(now), n);
            picked.into_iter().filter(|instance| *instance == 3).count()
        };
        assert!(of_newcomer(100, 310).abs_diff(10) <= 1, "{tag}: a tenth of a share");
        // Its first turn may still be ten rounds away, as long as it was at the start.
        assert!(of_newcomer(130, 3_500).abs_diff(500) <= 6, "{tag}: half a share");
        let warm = of_newcomer(160, 4_000);
        // Least request draws: 1000 within 4 standard errors of 27.
        assert!(warm.abs_diff(1_000) < 4 * 28, "{tag}: {warm}");
    }
}

#[test]
fn clients_do_not_fall_into_step_when_slow_start_begins() {
    let config = config(r#""round_robin""#, r#"{"slow_start": {"window": "60s"}}"#);
    let first = |number| {
        let mut chooser = client(&config, 4, number);
        chooser.set_ready(&config, 3, false, at(0));
        picks(&mut chooser, &config, at(0), 1);
        chooser.set_ready(&config, 3, true, at(0));
        picks(&mut chooser, &config, at(0), 1)[0]
    };
    assert_eq!([0, 1, 2].map(first), [1, 2, 0], "each goes on where it was");
}

#[test]
fn a_later_instance_is_a_newcomer_of_a_new_number() {
    let config = config(r#"{"least_request": {}}"#, "{}");
    let mut chooser = client(&config, 2, 0);
    picks(&mut chooser, &config, at(0), 3);
    chooser.set_ready(&config, 4, true, at(1));
    assert_eq!(chooser.members(&config, at(1)), (&[0, 1, 4][..], false), "2 and 3 are not ready");
    chooser.sent(0);
    chooser.sent(1);
    assert!(picks(&mut chooser, &config, at(1), 30).contains(&4));
    chooser.sent(4);
    chooser.ended(&config, 4, Outcome::Ok, ms(1.0), at(2));
}

#[test]
fn a_subset_is_all_a_client_knows() {
    let config = config(r#""random""#, r#"{"subset": {"random": {"size": 3}}}"#);
    let mut sets = std::collections::BTreeSet::new();
    for number in 0..20 {
        let mut chooser = client(&config, 10, number);
        let members = chooser.members(&config, at(0)).0.to_vec();
        assert_eq!(members.len(), 3);
        assert!(picks(&mut chooser, &config, at(0), 100).iter().all(|picked| members.contains(picked)));
        sets.insert(members);
    }
    assert!(sets.len() > 10, "each client has a subset of its own: {sets:?}");
}

#[test]
fn contradictions_are_found_between_pattern_and_targets() {
    let config = Config {
        load_balancer: read(r#"{"ring_hash": {}}"#).expect("settings are readable"),
        targets: read(r#"{"slow_start": {"window": "60s"}}"#).expect("settings are readable"),
        zones: None,
    };
    let problems = config.check(3);
    assert_eq!(problems[0].field, "targets/slow_start");
    assert_eq!(
        problems[0].sentence,
        "acts on `round_robin`, `weighted` and `least_request` only; `load_balancer: ring_hash` has no weights"
    );
    let weights = Config {
        load_balancer: read(r#"{"weighted": {"weights": [1]}}"#).expect("settings are readable"),
        ..Config::default()
    };
    assert_eq!(weights.check(2)[0].field, "load_balancer/weighted/weights");
}

#[test]
fn what_a_client_remembers_of_a_single_instance_is_small() {
    assert!(size_of::<Chooser>() <= 176, "{}", size_of::<Chooser>());
    assert_eq!(client(&Config::default(), 1, 0).members.capacity(), 0, "nothing before the first pick");
}
