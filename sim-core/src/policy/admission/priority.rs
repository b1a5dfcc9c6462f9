//! Priority: what matters less is refused at a lower load.
//!
//! **What it does.** Each criticality has a share of `limit`; an attempt is admitted while fewer than that
//! share of `limit` are in the system of the instance, whoever they are.
//! **Why it exists.** A queue that is full refuses whoever comes next. Here the last places are kept for what
//! must not fail: the batch job is refused while the checkout still passes.
//! **Where it fails.** It knows only what callers say: if everything is `critical_plus`, nothing is. It orders
//! entry, not service: who is in line stays in line. A low class starves for as long as the load lasts, and if
//! it tries again, it brings more load.
//! **Source.** Google SRE book, chapter 21 (four criticalities, lower ones refused first). Deviations: the
//! shares are ours; the book gives no numbers.

use serde::{Deserialize, Serialize};

use super::limits;
use crate::policy::{Criticality, Problem};
use crate::units::{Count, Probability};

/// So many at once, fewer of what matters less.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "PriorityAdmission"))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Config {
    /// Most attempts in the system of an instance, waiting or in service.
    pub limit: Count,
    /// Share of `limit` up to which this class is admitted. Default: 1.
    #[serde(default = "all")]
    pub critical_plus: Probability,
    /// The same, at most that of `critical_plus`. Default: 0.9.
    #[serde(default = "most")]
    pub critical: Probability,
    /// The same, at most that of `critical`. Default: 0.7.
    #[serde(default = "many")]
    pub sheddable_plus: Probability,
    /// The same, at most that of `sheddable_plus`. Default: 0.5.
    #[serde(default = "half")]
    pub sheddable: Probability,
}

fn all() -> Probability {
    Probability::ONE
}

fn most() -> Probability {
    Probability::new(0.9)
}

fn many() -> Probability {
    Probability::new(0.7)
}

fn half() -> Probability {
    Probability::new(0.5)
}

impl Config {
    pub(super) fn check(&self) -> Vec<Problem> {
        let shares = [
            ("critical_plus", self.critical_plus),
            ("critical", self.critical),
            ("sheddable_plus", self.sheddable_plus),
            ("sheddable", self.sheddable),
        ];
        let mut problems = Vec::new();
        for pair in shares.windows(2) {
            let ((above, most), (field, share)) = (pair[0], pair[1]);
            if share > most {
                let sentence = format!(
                    "`{field}` is {share}, above that of `{above}`, which matters more and has {most}; write at most {most}, or raise `{above}`"
                );
                problems.push(Problem::new(field, sentence));
            }
        }
        problems
    }

    #[inline]
    pub(super) fn admit(&self, in_flight: u32, class: Criticality) -> bool {
        let share = match class {
            Criticality::CriticalPlus => self.critical_plus,
            Criticality::Critical => self.critical,
            Criticality::SheddablePlus => self.sheddable_plus,
            Criticality::Sheddable => self.sheddable,
        };
        f64::from(in_flight) < share.get() * f64::from(self.limit.get())
    }

    pub(super) fn gauge(&self) -> (&'static str, f64) {
        limits::gauge(f64::from(self.limit.get()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::read;

    #[test]
    fn what_matters_less_is_refused_earlier() {
        use Criticality::{Critical, CriticalPlus, Sheddable, SheddablePlus};
        let config: Config = read(r#"{"limit": 10}"#).expect("settings are readable");
        assert_eq!(config.check(), []);
        let admitted = |in_flight| {
            [CriticalPlus, Critical, SheddablePlus, Sheddable].map(|class| config.admit(in_flight, class))
        };
        assert_eq!(admitted(4), [true, true, true, true]);
        assert_eq!(admitted(5), [true, true, true, false]);
        assert_eq!(admitted(7), [true, true, false, false]);
        assert_eq!(admitted(9), [true, false, false, false]);
        assert_eq!(admitted(10), [false; 4]);
    }

    #[test]
    fn if_everything_is_critical_plus_it_is_a_fixed_limit() {
        let config: Config = read(r#"{"limit": 10}"#).expect("settings are readable");
        for in_flight in 0..20 {
            assert_eq!(config.admit(in_flight, Criticality::CriticalPlus), in_flight < 10);
        }
    }

    #[test]
    fn a_class_with_more_than_the_one_above_is_a_mistake() {
        let json = r#"{"limit": 10, "critical": 0.4, "sheddable_plus": 0.4, "sheddable": 0.45}"#;
        let problems = read::<Config>(json).expect("settings are readable").check();
        let fields: Vec<&str> = problems.iter().map(|problem| problem.field.as_str()).collect();
        assert_eq!(fields, ["sheddable"]);
    }
}
