//! How are random systems tried? Each by itself, with the words that repeat the one that fails; and enough of them must
//! see what they are drawn for.

use std::ops::RangeInclusive;
use std::panic::{AssertUnwindSafe, catch_unwind};

use sim_core::engine::{self, Run};
use sim_core::metrics::digest::Digest;
use sim_core::metrics::series::Series;
use sim_core::model::{Bounds, Model};
use sim_core::streams::Seed;
use sim_core::time::SimDuration;
use sim_tests::over_seeds;
use sim_tests::systems::model;

/// Random systems of one kind.
pub(crate) struct Systems<'a> {
    /// Variable of the environment that chooses one of them.
    pub(crate) variable: &'a str,
    /// Words of the command that runs these only.
    pub(crate) command: &'a str,
    /// Their numbers.
    pub(crate) numbers: RangeInclusive<u64>,
}

impl Systems<'_> {
    /// Checks every system, or the one that is chosen; what was seen must have been in that many systems at least.
    /// `check` gets a system and its number, `body` shows it.
    pub(crate) fn keep<S, const N: usize>(
        &self,
        draw: impl Fn(u64) -> S + Sync,
        body: impl Fn(&S) -> &str + Sync,
        check: impl Fn(&S, u64) -> [bool; N] + Sync,
        seen: [(&str, usize); N],
    ) {
        let variable = self.variable;
        let chosen = std::env::var(variable).ok().map(|text| text.parse().expect("a number"));
        let numbers: Vec<u64> = chosen.map_or(self.numbers.clone().collect(), |number| vec![number]);
        let reached = over_seeds(numbers, |number| {
            let system = draw(number);
            let checked = catch_unwind(AssertUnwindSafe(|| check(&system, number)));
            checked.unwrap_or_else(|_| {
                panic!(
                    "random system {number} breaks an invariant (see above); to repeat it:\n\
                     {variable}={number} cargo test -p sim-tests --test properties{}\n{}",
                    self.command,
                    body(&system)
                )
            })
        });
        // Laws say little if nothing ever happens: each kind of thing happens in many systems.
        for (k, (what, least)) in seen.into_iter().enumerate() {
            let count = reached.iter().filter(|reached| reached[k]).count();
            println!("{count} of {} systems see {what}", reached.len());
            assert!(chosen.is_some() || count >= least, "only {count} random systems see {what}");
        }
    }
}

/// A second run, without anybody else looking on, gives the same.
#[track_caller]
pub(crate) fn assert_repeats(model: &Model, seed: Seed, digest: Digest) {
    let again = engine::run_dyn(model, seed, Digest::default());
    assert_eq!(again.probe, digest, "the same model and seed give the same run, whoever looks on");
}

/// A run of a random system whose events are bounded, and which a second run repeats. The laws of the ledger are checked by
/// the engine itself.
#[track_caller]
pub(crate) fn checked(horizon: &str, body: &str, number: u64, events: u64) -> (Model, Run<(Series, Digest)>) {
    let mut model = model(horizon, body);
    model.bounds = Bounds { events, in_flight: 20_000 };
    let seed = Seed(number);
    let observers = (Series::new(&model, SimDuration::ZERO), Digest::default());
    let run = engine::run_dyn(&model, seed, observers);
    assert_repeats(&model, seed, run.probe.1);
    (model, run)
}
