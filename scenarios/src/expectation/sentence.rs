//! How is a claim read aloud, and what is its number counted in?

use super::{Across, Compare, ExpectationConfig, Reduce, Subject};
use crate::metric::Unit;
use crate::results::Arm;

impl ExpectationConfig {
    /// The unit of the number that is compared, after reduction and comparison.
    pub fn unit(&self, subject: Subject) -> Unit {
        if self.compare == Some(Compare::Ratio) {
            return Unit::Ratio;
        }
        match (subject, &self.reduce) {
            (Subject::Verdict(_), _) | (_, Some(Reduce::ShareOfTime(_))) => Unit::Share,
            (_, Some(Reduce::FirstTime(_))) => Unit::Seconds,
            (Subject::Metric(metric), _) => metric.unit(),
        }
    }

    /// The claim as a sentence.
    pub fn sentence(&self, baseline: &str) -> String {
        let Some((subject, claim)) = self.claims().first().copied() else { return String::new() };
        let variant = self.variant.as_deref().unwrap_or(baseline);
        let mut text = variant.to_owned();
        if let Some(point) = &self.point {
            text += &format!(" at {point}");
        }
        if self.arm == Some(Arm::Control) {
            text += " without its triggers";
        }
        text += ": ";
        if let Some(service) = &self.service {
            text += &format!("{service}'s ");
        }
        if let Some(workload) = &self.workload {
            text += &format!("{workload}'s ");
        }
        text += subject.id();
        match &self.reduce {
            None | Some(Reduce::Mean) => {}
            Some(Reduce::Max) => text += " at its highest",
            Some(Reduce::Min) => text += " at its lowest",
            Some(Reduce::ShareOfTime(bound)) => text += &format!(" {bound}, as a share of time,"),
            Some(Reduce::FirstTime(bound)) => text += &format!(" first {bound}: time until then"),
        }
        if let Some(window) = &self.window {
            text += &format!(" from {} to {}", window.from, window.to);
        }
        if let Some(versus) = &self.versus {
            match self.compare.unwrap_or_default() {
                Compare::Difference => text += &format!(" minus that of {versus}"),
                Compare::Ratio => text += &format!(" divided by that of {versus}"),
            }
        }
        text += &format!(" {claim}");
        match (subject, self.across.unwrap_or_default()) {
            (Subject::Verdict(_), _) => text += " of the seeds",
            (_, Across::EachSeed) => match self.share_of_seeds {
                None => text += " on every seed",
                Some(share) => text += &format!(" on at least {} % of the seeds", share.get() * 100.0),
            },
            (_, Across::Mean) => text += " (mean over seeds)",
            (_, Across::Median) => text += " (median over seeds)",
            (_, Across::P10) => text += " (10th percentile over seeds)",
            (_, Across::P90) => text += " (90th percentile over seeds)",
        }
        text
    }
}
