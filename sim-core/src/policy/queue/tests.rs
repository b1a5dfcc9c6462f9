//! Does every order of service do what its definition says, whatever comes, leaves and is dropped? And
//! what may stand in a file?

use super::testing::{attempt, waiting};
use super::*;
use crate::luck::Purpose;
use crate::policy::testing::{config, luck, ms, read};

const CLASSES: [Criticality; 4] =
    [Criticality::CriticalPlus, Criticality::Critical, Criticality::SheddablePlus, Criticality::Sheddable];

/// Every pattern with a line, under every rule of who goes, with room for 12.
fn all() -> Vec<Config> {
    let patterns = ["fifo", "lifo", "adaptive_lifo", "priority", "fair", "earliest_deadline", "codel"];
    let rules = ["newest", "oldest", "lowest_class"];
    let of = |pattern| {
        rules.map(|rule| config!(&format!(r#"{{"{pattern}": {{"capacity": 12, "drop": "{rule}"}}}}"#)))
    };
    patterns.into_iter().flat_map(of).collect()
}

/// The slow, obvious form of every pattern but `codel`'s drops: a list in order of arrival.
#[derive(Default)]
struct Oracle {
    line: Vec<Waiting>,
    /// The keys in the order of their turns.
    turns: Vec<u32>,
}

impl Oracle {
    fn join(&mut self, waiting: Waiting) {
        if !self.turns.contains(&waiting.key) {
            self.turns.push(waiting.key);
        }
        self.line.push(waiting);
    }

    fn make_room(&mut self, config: &Config, incoming: &Waiting) -> Overflow {
        let oldest_first = 0..self.line.len();
        let place = match config.drop() {
            DropRule::Newest | DropRule::Nobody => None,
            DropRule::Oldest => oldest_first.min(),
            DropRule::LowestClass => oldest_first
                .max_by_key(|k| (self.line[*k].class, *k))
                .filter(|k| self.line[*k].class > incoming.class),
        };
        place.map_or(Overflow::TurnAway, |place| Overflow::Evict(self.line.remove(place).attempt))
    }

    fn take(&mut self, config: &Config) -> Option<AttemptId> {
        let places = 0..self.line.len();
        let place = match config {
            Config::Fifo(_) | Config::Codel(_) => places.min(),
            Config::Lifo(_) => places.max(),
            Config::AdaptiveLifo(_) if self.line.len() > 9 => places.max(), // 0.8 * 12 = 9.6
            Config::AdaptiveLifo(_) => places.min(),
            Config::Priority(_) => places.min_by_key(|k| (self.line[*k].class, *k)),
            Config::EarliestDeadline(_) => places.min_by_key(|k| (self.line[*k].deadline, *k)),
            Config::Fair(_) => loop {
                if self.turns.is_empty() {
                    break None;
                }
                let key = self.turns.remove(0);
                if let Some(place) = self.line.iter().position(|waiting| waiting.key == key) {
                    self.turns.push(key);
                    break Some(place);
                }
            },
            Config::ProcessorSharing(_) | Config::FairQueues(_) => None,
        };
        place.map(|place| self.line.remove(place).attempt)
    }
}

#[test]
fn every_pattern_agrees_with_its_definition_and_sweeping_changes_nothing() {
    for config in all() {
        for sweep in [false, true] {
            let (mut state, mut oracle) = (State::new(&config), Oracle::default());
            let (mut evicted, mut swept) = (0, 0);
            for step in 0..4_000u32 {
                let mut draws = luck(u64::from(step)).draws(Purpose::Client);
                let now = SimTime::ZERO + ms(f64::from(step) / 1e3); // too fast for CoDel to drop
                let live = |oracle: &Oracle| {
                    let ids: Vec<u32> = oracle.line.iter().map(|waiting| waiting.attempt.0.slot).collect();
                    move |id: AttemptId| ids.contains(&id.0.slot)
                };
                match draws.below(16) {
                    0..8 => {
                        let incoming = Waiting {
                            entered: now,
                            deadline: SimTime::from_nanos(u64::from(draws.below(20))),
                            class: CLASSES[draws.below(4) as usize],
                            key: draws.below(5),
                            ..waiting(step)
                        };
                        let full = !config.capacity().admits(oracle.line.len());
                        let turned_away = full && {
                            let overflow = state.make_room(&config, &incoming, live(&oracle));
                            assert_eq!(overflow, oracle.make_room(&config, &incoming), "{config:?}");
                            evicted += u32::from(overflow != Overflow::TurnAway);
                            overflow == Overflow::TurnAway
                        };
                        if !turned_away {
                            state.join(&config, incoming);
                            oracle.join(incoming);
                        }
                    }
                    8..14 => {
                        let taken = state.take(&config, oracle.line.len(), now, live(&oracle));
                        let expected =
                            oracle.take(&config).map(|attempt| Taken { attempt, verdict: Verdict::Serve });
                        assert_eq!(taken, expected, "{config:?}, step {step}");
                    }
                    14 if !oracle.line.is_empty() => {
                        // A caller withdraws; the state is not told.
                        let place = draws.below(oracle.line.len() as u32);
                        oracle.line.remove(place as usize);
                    }
                    _ if sweep => {
                        state.retain(live(&oracle));
                        assert_eq!(state.len_with_stale(), oracle.line.len());
                        swept += 1;
                    }
                    _ => assert!(state.len_with_stale() >= oracle.line.len()),
                }
            }
            assert_eq!(evicted > 100, config.drop() != DropRule::Newest, "{config:?}: {evicted}");
            assert_eq!(swept > 100, sweep);
            state.retain(|_| false);
            assert!(state.is_empty());
        }
    }
}

#[test]
fn nobody_evicted_is_turned_up_again() {
    for config in all().into_iter().filter(|config| config.drop() != DropRule::Newest) {
        let mut state = State::new(&config);
        (0..12).for_each(|k| state.join(&config, Waiting { class: Criticality::Sheddable, ..waiting(k) }));
        let Overflow::Evict(gone) = state.make_room(&config, &waiting(12), |_| true) else {
            panic!("{config:?} turns the critical one away");
        };
        assert_eq!(state.len_with_stale(), 11);
        let served = std::iter::from_fn(|| state.take(&config, 1, SimTime::ZERO, |_| true));
        assert!(served.into_iter().all(|taken| taken.attempt != gone), "{config:?}");
    }
}

#[test]
fn a_line_without_room_turns_away_and_evicts_nobody() {
    for config in all() {
        let mut state = State::new(&config);
        assert_eq!(state.make_room(&config, &waiting(0), |_| true), Overflow::TurnAway);
    }
}

#[test]
fn where_the_workers_are_shared_nobody_waits() {
    let config = config!(r#"{"processor_sharing": {"capacity": 8}}"#);
    let mut state = State::new(&config);
    assert!(config.is_shared() && state.is_empty());
    assert_eq!(config.capacity(), Limit::AtMost(8));
    assert_eq!(state.make_room(&config, &waiting(0), |_| true), Overflow::TurnAway);
    assert_eq!(state.take(&config, 0, SimTime::ZERO, |_| true), None);
}

#[test]
fn the_files_of_before_are_read_as_before() {
    let bounded = config!(r#"{"fifo": {"capacity": 100, "max_wait": "1s"}}"#);
    assert_eq!((bounded.capacity(), bounded.max_wait()), (Limit::AtMost(100), ms(1_000.0)));
    assert_eq!((bounded.drop(), bounded.expired_margin()), (DropRule::Newest, None));
    let lifo = config!(r#"{"lifo": {}}"#);
    assert_eq!((lifo.capacity(), lifo.max_wait()), (Limit::Unlimited, SimDuration::MAX));
    assert_eq!(config!(r#"{"fifo": {}}"#), Config::default());
}

#[test]
fn every_pattern_takes_the_common_fields() {
    let common = r#""capacity": 10, "max_wait": "2s", "drop": "lowest_class", "expired_margin": "20ms""#;
    for pattern in ["fifo", "lifo", "adaptive_lifo", "priority", "fair", "earliest_deadline", "codel"] {
        let config = config!(&format!(r#"{{"{pattern}": {{{common}}}}}"#));
        assert_eq!((config.capacity(), config.drop()), (Limit::AtMost(10), DropRule::LowestClass));
        assert_eq!((config.max_wait(), config.expired_margin()), (ms(2_000.0), Some(ms(20.0))));
    }
}

#[test]
fn what_is_read_is_written_with_its_defaults() {
    let config = config!(r#"{"codel": {"capacity": 50}}"#);
    let written = serde_json::to_string(&config).expect("settings can be written");
    assert_eq!(
        written,
        concat!(
            r#"{"codel":{"target":"5ms","interval":"100ms","capacity":"50","max_wait":"none","#,
            r#""drop":"newest","expired_margin":"none"}}"#
        )
    );
    assert_eq!(read(&written), Ok(config));
}

#[test]
fn contradictions_are_told_with_their_path() {
    let problems = |json: &str| {
        let config: Config = read(json).expect("settings are readable");
        config.check().into_iter().map(|p| format!("{}: {}", p.field, p.sentence)).collect::<Vec<_>>()
    };
    assert_eq!(
        problems(r#"{"adaptive_lifo": {"drop": "oldest"}}"#),
        ["adaptive_lifo/capacity: it must have a bound, such as `100`: the threshold is a share of it"]
    );
    assert_eq!(
        problems(r#"{"codel": {"target": "1s"}}"#),
        ["codel/interval: must be longer than `target`, which is 1s, found 100ms"]
    );
    assert_eq!(
        problems(r#"{"fair": {"drop": "oldest"}}"#),
        ["fair/drop: a line without a bound is never full; give it a `capacity` or remove `drop`"]
    );
}

#[test]
#[should_panic(expected = "a state belongs to the settings it was made from")]
fn a_state_of_other_settings_is_our_mistake() {
    let lifo = config!(r#"{"lifo": {}}"#);
    State::new(&lifo).take(&Config::default(), 0, SimTime::ZERO, |_| true);
}

#[test]
fn an_instance_remembers_little() {
    assert_eq!(size_of::<Overflow>(), 12);
    assert!(size_of::<State>() <= 48, "{}", size_of::<State>());
    assert_eq!(attempt(7).0.slot, 7);
}
