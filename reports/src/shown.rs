//! Which quantities of a sweep are worth a figure and a table, and what is one's estimate at a point?

use scenarios::metric::{Metric, Unit};
use scenarios::results::{SweepResult, TheoryLine, VariantResult};

/// What a sweep shows on its y axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// Share of the seeds that are stuck.
    Stuck,
    /// A metric over the seeds.
    Metric(Metric),
}

/// An estimate with its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Estimate {
    pub(crate) value: f64,
    pub(crate) interval: Option<[f64; 2]>,
}

impl Shown {
    /// Label for axis and title.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Shown::Stuck => "share of seeds stuck",
            Shown::Metric(metric) => metric.label(),
        }
    }

    /// Part of a file name.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Shown::Stuck => "stuck",
            Shown::Metric(metric) => metric.id(),
        }
    }

    /// What it is counted in.
    pub(crate) fn unit(self) -> Unit {
        match self {
            Shown::Stuck => Unit::Share,
            Shown::Metric(metric) => metric.unit(),
        }
    }

    /// The estimate of one variant at one point: mean with its Student interval, or median with
    /// quartiles where seeds are censored, or share with its Wilson interval.
    pub(crate) fn estimate(self, variant: &VariantResult) -> Option<Estimate> {
        let metric = match self {
            Shown::Stuck => {
                let share = &variant.verdicts.stuck;
                let judged = share.of > 0 && variant.verdicts.inconclusive.count < share.of;
                return judged.then_some(Estimate { value: share.share, interval: Some(share.ci95) });
            }
            Shown::Metric(metric) => metric,
        };
        let result = variant.metrics.get(metric.id())?;
        let estimate = match (result.mean, &result.quantiles) {
            (_, Some(quantiles)) if quantiles.censored_share > 0.0 || result.mean.is_none() => Estimate {
                value: quantiles.p50?,
                interval: quantiles.p25.zip(quantiles.p75).map(|(low, high)| [low, high]),
            },
            (mean, _) => Estimate { value: mean?, interval: result.ci95 },
        };
        estimate.value.is_finite().then_some(estimate)
    }

    /// The closed forms that predict it.
    pub(crate) fn theory(self, sweep: &SweepResult) -> impl Iterator<Item = &TheoryLine> {
        sweep.theory.iter().filter(move |line| Shown::Metric(line.metric) == self)
    }
}

/// What is worth drawing of a sweep: the metric it asks for, what the theory predicts, what its claims
/// speak of, how often it gets stuck; at most four.
pub(crate) fn shown(sweep: &SweepResult) -> Vec<Shown> {
    let claims: String = sweep.expectations.iter().map(|claim| format!("{} ", claim.text)).collect();
    let words: Vec<&str> = claims.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let is_claimed =
        |metric: &Metric| words.contains(&metric.id()) || claims.contains(&format!(" {} ", metric.label()));
    let is_predicted = |metric: &Metric| sweep.theory.iter().any(|line| line.metric == *metric);
    let metrics = || Metric::ALL.iter().copied();
    let wanted = [sweep.metric]
        .into_iter()
        .chain(metrics().filter(is_predicted))
        .chain(metrics().filter(is_claimed))
        .map(Shown::Metric)
        .chain([Shown::Stuck]);
    let mut shown: Vec<Shown> = Vec::new();
    for candidate in wanted {
        if !shown.contains(&candidate) && shown.len() < 4 && is_worth_drawing(sweep, candidate) {
            shown.push(candidate);
        }
    }
    if shown.is_empty() {
        shown.extend(metrics().map(Shown::Metric).find(|candidate| is_worth_drawing(sweep, *candidate)));
    }
    shown
}

fn is_worth_drawing(sweep: &SweepResult, shown: Shown) -> bool {
    let mut variants = sweep.points.iter().flat_map(|point| &point.variants);
    match shown {
        Shown::Stuck => variants.any(|variant| variant.verdicts.stuck.count > 0),
        Shown::Metric(_) => variants.any(|variant| shown.estimate(variant).is_some()),
    }
}
