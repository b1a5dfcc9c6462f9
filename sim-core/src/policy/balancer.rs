//! Which instance gets the attempt?
//!
//! | pattern | in one line | protects against | price |
//! |---|---|---|---|
//! | [`round_robin`] | each instance in turn | uneven counts | blind to a slow instance |
//! | [`random`] | any instance, all alike | callers in step | uneven counts by chance |
//! | [`weighted`] | in turn, the larger ones more often | machines of different size | yesterday's belief |
//! | [`least_request`] | of a few, the one with the fewest attempts | slow and stuck instances | what fails fast attracts |
//! | [`peak_ewma`] | of two, the one with less expected time | instances that become slow | what fails fast attracts |
//! | [`ring_hash`] | the same key to the same instance | cold caches | uneven shares, hot keys |
//! | [`maglev`] | the same, with even shares | cold caches | other keys move, too; memory |
//!
//! A balancer belongs to the caller: each client has one of its own, and none of them sees what the
//! others send, except on a [`board`]. Which instances there are to choose from is decided by
//! [`targets`](super::targets); both together are a [`Chooser`](super::chooser::Chooser).

use serde::{Deserialize, Serialize};

use super::Problem;
use crate::luck::{Draws, Luck, Purpose, mix};
use crate::time::{SimDuration, SimTime};

pub mod round_robin;
pub mod random;
pub mod weighted;
pub mod least_request;
pub mod peak_ewma;
pub mod ring_hash;
pub mod maglev;
pub mod board;
pub mod bounded_load;
pub(crate) mod deadlines;

/// How a caller chooses among the instances of a service. Default: `round_robin`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "Balancer"))]
#[serde(rename_all = "snake_case")]
pub enum Config {
    /// Each instance in turn.
    #[default]
    RoundRobin,
    /// Any instance, all equally likely.
    Random,
    /// Each instance in turn, the larger ones more often.
    Weighted(weighted::Config),
    /// Of a few instances, or of all, the one with the fewest attempts.
    LeastRequest(least_request::Config),
    /// Of two instances the one with less load, where load is expected time.
    PeakEwma(peak_ewma::Config),
    /// The same key goes to the same instance, by points on a ring.
    RingHash(ring_hash::Config),
    /// The same key goes to the same instance, by a table with even shares.
    Maglev(maglev::Config),
}

/// What the engine knows of the instances of the called service at the moment of a pick: their true
/// state, or what a [`board::Board`] says of it.
pub trait Fleet {
    /// Attempts of all callers at `instance`, waiting or in service.
    fn in_system(&self, instance: u32) -> u32;
}

impl Fleet for Vec<u32> {
    fn in_system(&self, instance: u32) -> u32 {
        self[instance as usize]
    }
}

/// A client's own attempts under way, by instance. Empty where nobody asks.
#[derive(Clone, Debug, Default)]
pub(super) struct UnderWay {
    by_instance: Vec<u32>,
    total: u32,
}

impl UnderWay {
    pub(super) fn grow(&mut self, instances: u32) {
        self.by_instance.resize(instances as usize, 0);
    }

    #[inline]
    pub(super) fn sent(&mut self, instance: u32) {
        if let Some(count) = self.by_instance.get_mut(instance as usize) {
            *count += 1;
            self.total += 1;
        }
    }

    #[inline]
    pub(super) fn ended(&mut self, instance: u32) {
        if let Some(count) = self.by_instance.get_mut(instance as usize) {
            debug_assert!(*count > 0, "an attempt that ends was sent");
            *count = count.wrapping_sub(1);
            self.total = self.total.wrapping_sub(1);
        }
    }

    #[inline]
    pub(super) fn at(&self, instance: u32) -> u32 {
        self.by_instance[instance as usize]
    }

    pub(super) const fn total(&self) -> u32 {
        self.total
    }
}

/// What a pattern sees at the moment of a pick.
pub(super) struct View<'a, F> {
    /// The instances to choose from, ascending; at least one.
    pub(super) members: &'a [u32],
    /// This client's attempts under way.
    pub(super) own: &'a UnderWay,
    /// Everybody's.
    pub(super) fleet: &'a F,
    /// Key of the request.
    pub(super) key: u64,
    pub(super) now: SimTime,
    /// Luck of the attempt.
    pub(super) luck: Luck,
    /// 0 for the first choice, then 1, 2, ... for every choice anew.
    pub(super) round: u32,
}

impl<F> View<'_, F> {
    /// The draws of this choice.
    #[inline]
    fn draws(&self) -> Draws {
        let luck = if self.round == 0 { self.luck } else { self.luck.attempt(self.round) };
        luck.draws(Purpose::Instance)
    }

    /// The hash of the request's key; another for every choice anew.
    #[inline]
    fn hash(&self) -> u64 {
        mix(mix(0x4e4a_54e5, self.key), u64::from(self.round))
    }
}

/// Two different positions below `members`, of which there are at least two, in the order drawn.
#[inline]
fn two(members: u32, draws: &mut Draws) -> [u32; 2] {
    let first = draws.below(members);
    let second = draws.below(members - 1);
    [first, if second >= first { second + 1 } else { second }]
}

/// What one client of an edge remembers of its choices.
#[derive(Clone, Debug)]
pub enum State {
    /// Whose turn it is.
    RoundRobin(round_robin::State),
    /// Nothing.
    Random,
    /// Whose turn is when.
    Weighted(weighted::State),
    /// Nothing; attempts under way are counted for several patterns.
    LeastRequest,
    /// What attempts cost at each instance.
    PeakEwma(peak_ewma::State),
    /// The ring.
    RingHash(ring_hash::State),
    /// The table.
    Maglev(maglev::State),
}

const OTHER_POLICY: &str = "a state belongs to the settings it was made from";

impl Config {
    /// Whether every instance gets the same share, whatever it makes of it.
    pub fn is_blind(&self) -> bool {
        match self {
            Config::RoundRobin | Config::Random => true,
            Config::LeastRequest(config) => config.choices == least_request::Choices::Some(1),
            _ => false,
        }
    }

    /// Contradictions between fields, or with the number of instances; empty if there is none.
    pub fn check(&self, instances: u32) -> Vec<Problem> {
        match self {
            Config::RoundRobin | Config::Random | Config::LeastRequest(_) => Vec::new(),
            Config::Weighted(config) => Problem::below("weighted", config.check(instances)),
            Config::PeakEwma(config) => Problem::below("peak_ewma", config.check()),
            Config::RingHash(config) => Problem::below("ring_hash", config.check()),
            Config::Maglev(config) => Problem::below("maglev", config.check(instances)),
        }
    }

    /// The word that files use for it.
    pub const fn word(&self) -> &'static str {
        match self {
            Config::RoundRobin => "round_robin",
            Config::Random => "random",
            Config::Weighted(_) => "weighted",
            Config::LeastRequest(_) => "least_request",
            Config::PeakEwma(_) => "peak_ewma",
            Config::RingHash(_) => "ring_hash",
            Config::Maglev(_) => "maglev",
        }
    }

    /// If the pattern reads a board: how old it becomes.
    pub const fn board_age(&self) -> Option<SimDuration> {
        match self {
            Config::LeastRequest(least_request::Config {
                information: board::Information::Board(board::Age { age }),
                ..
            }) => Some(*age),
            Config::RoundRobin
            | Config::Random
            | Config::Weighted(_)
            | Config::LeastRequest(_)
            | Config::PeakEwma(_)
            | Config::RingHash(_)
            | Config::Maglev(_) => None,
        }
    }

    /// Whether the client's own attempts under way matter.
    pub fn counts_own(&self) -> bool {
        match self {
            Config::RoundRobin | Config::Random | Config::Weighted(_) => false,
            Config::LeastRequest(config) => config.information == board::Information::Own,
            Config::PeakEwma(_) => true,
            Config::RingHash(config) => config.load_bound_ratio != bounded_load::LoadBound::default(),
            Config::Maglev(config) => config.load_bound_ratio != bounded_load::LoadBound::default(),
        }
    }

    /// Whether an instance gets anything at all.
    pub(super) fn serves(&self, instance: u32) -> bool {
        match self {
            Config::Weighted(config) => config.weight(instance) > 0.0,
            Config::RoundRobin
            | Config::Random
            | Config::LeastRequest(_)
            | Config::PeakEwma(_)
            | Config::RingHash(_)
            | Config::Maglev(_) => true,
        }
    }

    /// Whether newcomers can be given less (slow start).
    pub(super) const fn has_weights(&self) -> bool {
        match self {
            Config::RoundRobin | Config::Weighted(_) | Config::LeastRequest(_) => true,
            Config::Random | Config::PeakEwma(_) | Config::RingHash(_) | Config::Maglev(_) => false,
        }
    }
}

impl State {
    /// The start of client number `client` of its edge.
    pub fn new(config: &Config, client: u32) -> Self {
        match config {
            Config::RoundRobin => State::RoundRobin(round_robin::State::new(client)),
            Config::Random => State::Random,
            Config::Weighted(_) => State::Weighted(weighted::State::new(client)),
            Config::LeastRequest(_) => State::LeastRequest,
            Config::PeakEwma(_) => State::PeakEwma(peak_ewma::State::default()),
            Config::RingHash(_) => State::RingHash(ring_hash::State::default()),
            Config::Maglev(_) => State::Maglev(maglev::State::default()),
        }
    }

    /// There are other members now, ascending, than before. `warmth` is what slow start leaves of a weight.
    pub(super) fn renew(&mut self, config: &Config, old: &[u32], new: &[u32], warmth: impl Fn(u32) -> f64) {
        match (config, self) {
            (Config::Random, State::Random) | (Config::LeastRequest(_), State::LeastRequest) => {}
            (Config::RoundRobin, State::RoundRobin(state)) => state.renew(old, new),
            (Config::Weighted(config), State::Weighted(state)) => state.renew(config, new, warmth),
            (Config::PeakEwma(_), State::PeakEwma(state)) => state.renew(new),
            (Config::RingHash(config), State::RingHash(state)) => state.renew(config, new),
            (Config::Maglev(config), State::Maglev(state)) => state.renew(config, new),
            (_, _) => unreachable!("{OTHER_POLICY}"),
        }
    }

    /// The instance for an attempt.
    #[inline]
    pub(super) fn choose<F: Fleet>(&mut self, config: &Config, view: &View<'_, F>) -> u32 {
        let members = view.members.len() as u32;
        match (config, self) {
            (Config::RoundRobin, State::RoundRobin(state)) => view.members[state.pick(members) as usize],
            (Config::Random, State::Random) => view.members[random::pick(members, view.draws()) as usize],
            (Config::Weighted(config), State::Weighted(state)) => state.pick(config, view, |_| 1.0),
            (Config::LeastRequest(config), State::LeastRequest) => config.pick(view),
            (Config::PeakEwma(config), State::PeakEwma(state)) => state.pick(config, view),
            (Config::RingHash(config), State::RingHash(state)) => state.pick(config, view),
            (Config::Maglev(config), State::Maglev(state)) => state.pick(config, view),
            (_, _) => unreachable!("{OTHER_POLICY}"),
        }
    }

    /// How many turns of `deadlines` are passed over when newcomers first make turns unequal, so that each
    /// client goes on where it was.
    pub(super) fn turn(&self, client: u32, members: usize) -> usize {
        match self {
            State::RoundRobin(state) => state.turn(members),
            State::LeastRequest => client as usize % members,
            State::Weighted(_)
            | State::Random
            | State::PeakEwma(_)
            | State::RingHash(_)
            | State::Maglev(_) => 0,
        }
    }

    /// The instance for an attempt while some are in slow start: `warmth` is what is left of their weight.
    pub(super) fn choose_warming<F: Fleet>(
        &mut self,
        config: &Config,
        view: &View<'_, F>,
        deadlines: &mut deadlines::Deadlines,
        warmth: impl Fn(u32) -> f64,
    ) -> u32 {
        match (config, &mut *self) {
            (Config::RoundRobin, State::RoundRobin(state)) => {
                let position = deadlines.pick(view.members, warmth);
                state.passed(position);
                view.members[position]
            }
            (Config::Weighted(config), State::Weighted(state)) => state.pick(config, view, warmth),
            (Config::LeastRequest(config), State::LeastRequest) => {
                let weight = |instance| warmth(instance) / (f64::from(config.attempts(instance, view)) + 1.0);
                view.members[deadlines.pick(view.members, weight)]
            }
            (_, _) => self.choose(config, view),
        }
    }

    /// An attempt ended after `took`.
    #[inline]
    pub(super) fn ended(&mut self, config: &Config, instance: u32, took: SimDuration, now: SimTime) {
        if let (Config::PeakEwma(config), State::PeakEwma(state)) = (config, self) {
            state.ended(config, instance, took, now);
        }
    }
}

/// What the tests of the patterns share.
#[cfg(test)]
pub(super) mod testing {
    use super::*;
    use crate::policy::testing::luck;

    static NOTHING: UnderWay = UnderWay { by_instance: Vec::new(), total: 0 };
    static NOBODY: Vec<u32> = Vec::new();

    /// A choice among `members`, of which nothing is known.
    pub(crate) fn view(members: &[u32]) -> View<'_, Vec<u32>> {
        View { members, own: &NOTHING, fleet: &NOBODY, key: 0, now: SimTime::ZERO, luck: luck(0), round: 0 }
    }

    /// A choice among four instances with so many attempts each.
    pub(crate) struct View4 {
        pub(crate) own: [u32; 4],
        pub(crate) in_system: [u32; 4],
    }

    impl View4 {
        pub(crate) fn ask<T>(&self, luck: Luck, ask: impl FnOnce(&View<'_, Vec<u32>>) -> T) -> T {
            let own = UnderWay { by_instance: self.own.to_vec(), total: self.own.iter().sum() };
            let fleet = self.in_system.to_vec();
            ask(&View { own: &own, fleet: &fleet, luck, ..view(&[0, 1, 2, 3]) })
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::policy::testing::read;

    use super::*;

    #[test]
    fn balancers_are_words_or_tags_and_the_default_takes_turns() {
        assert_eq!(read(r#""random""#), Ok(Config::Random));
        assert_eq!(read(r#""round_robin""#), Ok(Config::default()));
        assert_eq!(read(r#"{"least_request": {}}"#), Ok(Config::LeastRequest(Default::default())));
        assert_eq!(read(r#"{"peak_ewma": {}}"#), Ok(Config::PeakEwma(Default::default())));
        assert_eq!(read(r#"{"ring_hash": {}}"#), Ok(Config::RingHash(Default::default())));
        assert_eq!(read(r#"{"maglev": {}}"#), Ok(Config::Maglev(Default::default())));
        for config in [r#""random""#, r#"{"weighted":{"weights":[1,2]}}"#] {
            let written = serde_json::to_string(&read::<Config>(config).expect("readable"));
            assert_eq!(written.expect("writable"), config);
        }
    }

    #[test]
    fn every_problem_is_found_with_its_field() {
        let problem = |json: &str| {
            let problems = read::<Config>(json).expect("settings are readable").check(2);
            problems.into_iter().map(|p| p.field).collect::<Vec<_>>()
        };
        assert_eq!(problem(r#"{"weighted": {"weights": []}}"#), ["weighted/weights"]);
        assert_eq!(problem(r#"{"peak_ewma": {"decay_time": "0s"}}"#), ["peak_ewma/decay_time"]);
        assert_eq!(
            problem(r#"{"ring_hash": {"minimum_ring_size": 10000000}}"#),
            ["ring_hash/minimum_ring_size"]
        );
        assert_eq!(problem(r#"{"maglev": {"table_size": 100}}"#), ["maglev/table_size"]);
        assert_eq!(problem(r#"{"least_request": {"choices": "all"}}"#), [""; 0]);
    }

    #[test]
    fn only_a_board_has_an_age() {
        let age = |json: &str| read::<Config>(json).expect("settings are readable").board_age();
        assert_eq!(age(r#"{"least_request": {}}"#), None);
        let board = r#"{"least_request": {"information": {"board": {"age": "10s"}}}}"#;
        assert_eq!(age(board), Some(SimDuration::from_secs(10)));
    }
}
