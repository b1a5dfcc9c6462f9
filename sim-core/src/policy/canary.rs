//! A few have the new setting already: do they fare worse than the others, or is it chance?
//!
//! **What it does.** `compared` counts the requests that met the new value and those that met the old one at the same time,
//! and how many of each failed. Of `N` requests, `n` with the new value, `f` failed in all; if the value made no difference,
//! the failures would be spread over them like `f` cards dealt blindly, and the chance that at least the `x` that fell on the
//! new ones would do so is the sum over `k >= x` of `C(n, k) C(N - n, f - k) / C(N, f)` (Fisher's exact test, one-sided). Once both
//! groups have `min_count`, the new value is worse when that chance is at most `chance`.
//! **Why it exists.** A change that is bad for a share of the callers harms that share only, until it is seen. In the sum over
//! all it is not seen: a tenth of the requests failing more often is within the noise of the whole.
//! **Where it fails.** A small share at a low rate has few requests, and few requests prove little: `C(N, n)` outcomes are all
//! there are, so three requests against three can never be below 5%. What breaks only when all have it (a limit shared by
//! all, a load that grows with the share) is worse for nobody while few have it. It looks after every request, so over a
//! rollout it finds a difference that is none more often than `chance`.
//! **See it.** `scenarios/library/fallacies/fallacy-6-one-administrator.yaml`, variant `staged`.
//! **Source.** Fisher, *The Design of Experiments*, 1935 (the test); Beyer et al., *The Site Reliability Workbook*, chapter 16
//! (canaries and their control); Netflix Kayenta and Argo Rollouts compare like this with other tests (Mann-Whitney; bounds on
//! a rate). Deviation: it looks after each request and not at intervals.

use serde::{Deserialize, Serialize};

use super::Problem;
use crate::units::{Count, Probability};

/// Whether those who have a new value are compared with those who have not. Default: `none`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "Canary"))]
#[serde(rename_all = "snake_case")]
pub enum Config {
    /// Nobody compares.
    #[default]
    None,
    /// Failures are compared.
    Compared(ComparedConfig),
}

/// When so many failures are no chance.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "CanaryCompared"))]
#[serde(deny_unknown_fields, rename_all = "snake_case", default)]
pub struct ComparedConfig {
    /// The new value is worse once its failures had at most this chance; above 0, at most 50%. Default: 1%.
    pub chance: Probability,
    /// With fewer requests in one of the groups nothing is judged; from 1. Default: 10.
    pub min_count: Count,
    /// What happens when a step is over and too few requests were there to judge. Default: `go_on`.
    pub too_few: TooFew,
}

impl Default for ComparedConfig {
    fn default() -> Self {
        ComparedConfig { chance: Probability::new(0.01), min_count: Count::new(10), too_few: TooFew::GoOn }
    }
}

/// What happens to a step in which too little happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "CanaryTooFew"))]
#[serde(rename_all = "snake_case")]
pub enum TooFew {
    /// The next step: no news is good news.
    #[default]
    GoOn,
    /// The step lasts as long again.
    Wait,
}

/// Requests of one group that have ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// All of them.
    pub ended: u32,
    /// Those that failed.
    pub failed: u32,
}

impl Group {
    /// One more has ended.
    pub fn count(&mut self, is_good: bool) {
        self.ended += 1;
        self.failed += u32::from(!is_good);
    }
}

impl Config {
    /// Contradictions between fields; empty if there is none.
    pub fn check(&self) -> Vec<Problem> {
        match self {
            Config::Compared(config) if config.chance.get() <= 0.0 => {
                let sentence = "nothing has no chance at all, so nothing would ever be worse; write a share such as `1%`";
                vec![Problem::new("compared/chance", sentence)]
            }
            Config::Compared(config) if config.chance.get() > 0.5 => {
                let sentence =
                    "what happens every other time by chance says nothing; write at most `50%`, such as `1%`";
                vec![Problem::new("compared/chance", sentence)]
            }
            Config::None | Config::Compared(_) => Vec::new(),
        }
    }

    /// Whether both groups are large enough to be judged.
    pub fn can_judge(&self, new: Group, old: Group) -> bool {
        match self {
            Config::None => false,
            Config::Compared(config) => new.ended.min(old.ended) >= config.min_count.get(),
        }
    }

    /// Whether the new value is worse than the old one.
    pub fn is_worse(&self, new: Group, old: Group) -> bool {
        let Config::Compared(config) = self else { return false };
        self.can_judge(new, old) && new.failed > 0 && chance(new, old) <= config.chance.get()
    }

    /// Whether a step that is over lasts as long again.
    pub fn waits(&self, new: Group, old: Group) -> bool {
        matches!(self, Config::Compared(config) if config.too_few == TooFew::Wait)
            && !self.can_judge(new, old)
    }
}

/// The chance that at least so many of the failures fall on the new ones, if they are no worse.
pub fn chance(new: Group, old: Group) -> f64 {
    let (n, others) = (f64::from(new.ended), f64::from(old.ended));
    let failed = f64::from(new.failed + old.failed);
    // Of the failures k fall on the new ones: how much likelier is one more.
    let ratio = |k: f64| (n - k) * (failed - k) / ((k + 1.0) * (others - failed + k + 1.0));
    let (least, most) = ((failed - others).max(0.0), n.min(failed));
    let seen = f64::from(new.failed);
    // Weights relative to what was seen; far out in a tail the sum below is infinite, and the chance 0.
    let (mut above, mut weight, mut k) = (1.0, 1.0, seen);
    while k < most && weight > above * 1e-18 {
        weight *= ratio(k);
        above += weight;
        k += 1.0;
    }
    if above.is_infinite() {
        return 1.0; // so few were seen that more are all but certain
    }
    let (mut below, mut weight, mut k) = (0.0, 1.0, seen);
    while k > least && !(weight < (above + below) * 1e-18 && ratio(k - 1.0) > 1.0) {
        k -= 1.0;
        weight /= ratio(k);
        below += weight;
    }
    above / (above + below)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::luck::Purpose;
    use crate::policy::testing::{luck, read};

    fn group(failed: u32, ended: u32) -> Group {
        Group { ended, failed }
    }

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() <= 1e-12 * b.abs().max(1e-300)
    }

    #[test]
    fn the_chance_is_that_of_cards_dealt_blindly() {
        // All of 3 new ones and none of 7 old ones: one deal of C(10, 3) = 120.
        assert!(close(chance(group(3, 3), group(0, 7)), 1.0 / 120.0));
        // The lady who tasted tea: 3 of 4 right by chance, (16 + 1) / 70.
        assert!(close(chance(group(3, 4), group(1, 4)), 17.0 / 70.0));
        assert!(close(chance(group(0, 4), group(2, 9)), 1.0), "at least none is certain");
        assert!(close(chance(group(5, 5), group(9, 9)), 1.0), "all failed, whoever they are");
        // Summed by hand with logarithms of factorials: 12 of 40 against 15 of 160.
        let ln = |n: u32| (1..=n).map(|k| crate::math::ln(f64::from(k))).sum::<f64>();
        let choose = |n: u32, k: u32| ln(n) - ln(k) - ln(n - k);
        let term = |k: u32| crate::math::exp(choose(40, k) + choose(160, 27 - k) - choose(200, 27));
        let sum: f64 = (12..=27).map(term).sum();
        assert!((chance(group(12, 40), group(15, 160)) / sum - 1.0).abs() < 1e-9);
    }

    #[test]
    fn far_out_and_large_it_stays_a_probability() {
        for (new, old) in [
            (group(900, 1_000), group(0, 9_000)),
            (group(0, 100_000), group(50_000, 100_000)),
            (group(50_100, 100_000), group(50_000, 100_000)),
        ] {
            let chance = chance(new, old);
            assert!((0.0..=1.0).contains(&chance), "{new:?} {old:?} {chance}");
        }
        // (50100 - 50050) / sqrt(N p q / 4) = 0.447 standard deviations: 32.7 % of a normal curve.
        let middle = chance(group(50_100, 100_000), group(50_000, 100_000));
        assert!((middle - 0.327).abs() < 0.003, "{middle}");
    }

    #[test]
    fn nothing_is_judged_of_too_few() {
        let config: Config = read(r#"{"compared": {"min_count": 5}}"#).expect("it can be read");
        assert!(!config.is_worse(group(4, 4), group(0, 100)));
        assert!(config.is_worse(group(5, 5), group(0, 100)));
        assert!(!config.is_worse(group(5, 5), group(0, 4)));
        assert!(!Config::None.is_worse(group(50, 50), group(0, 100)));
        let waits: Config =
            read(r#"{"compared": {"min_count": 5, "too_few": "wait"}}"#).expect("it can be read");
        assert!(waits.waits(group(0, 4), group(0, 100)) && !waits.waits(group(0, 5), group(0, 100)));
        assert!(!config.waits(group(0, 4), group(0, 100)));
    }

    /// The share of rollouts that are found worse: 50 requests with the new value, 450 with the old one, and a look
    /// after each. 2000 rollouts with fixed luck: a share is known to within 4 sqrt(p (1 - p) / 2000).
    fn found(new: f64, old: f64) -> f64 {
        let config = Config::Compared(ComparedConfig::default());
        let worse = (0..2_000).filter(|k| {
            let mut draws = luck(*k).draws(Purpose::ServiceTime);
            let mut groups = [Group::default(); 2];
            (0..500).any(|request| {
                let is_new = request % 10 == 0;
                let fails = draws.unit() < if is_new { new } else { old };
                groups[usize::from(is_new)].count(!fails);
                config.is_worse(groups[1], groups[0])
            })
        });
        worse.count() as f64 / 2_000.0
    }

    #[test]
    fn a_look_after_each_request_finds_what_is_there_and_seldom_what_is_not() {
        let (same, worse) = (found(0.05, 0.05), found(0.35, 0.05));
        assert!((0.005..0.05).contains(&same), "1% for one look, a few times that for 500: {same}");
        assert!(worse > 0.98, "{worse}");
    }

    #[test]
    fn chances_that_say_nothing_are_refused() {
        let problems = |text: &str| read::<Config>(text).expect("it can be read").check().len();
        assert_eq!(problems(r#"{"compared": {"chance": "0%"}}"#), 1);
        assert_eq!(problems(r#"{"compared": {"chance": "60%"}}"#), 1);
        assert_eq!(problems(r#"{"compared": {"chance": "5%"}}"#), 0);
    }
}
