//! Whose bytes does a trigger hit? What has no size has no pieces.

use super::Lowering;
use crate::model::fault::{Direction, Effect, Harm, LimitDataFault, NetworkHit, SliceFault};
use crate::model::network::Way;
use crate::time::SimDuration;
use crate::units::Size;

impl Lowering<'_> {
    pub(super) fn slice(&mut self, f: &SliceFault) -> Option<Effect> {
        let path = format!("{}/slice", self.path);
        if f.size == Size::ZERO {
            let message = "pieces without bytes would never end; write a size above zero, such as `1KiB`";
            self.problems.add(format!("{path}/size"), message);
            return None;
        }
        if f.delay == SimDuration::ZERO {
            let message = "pieces that come at once are no pieces; write a delay above zero, such as `100ms`";
            self.problems.add(format!("{path}/delay"), message);
        }
        let harm = Harm::Sliced { bytes: f.size.bytes(), delay: f.delay };
        let effect = self.messages("slice", f.between(), Direction::Back, harm)?;
        self.need_sizes(&path, &effect, "would come in pieces");
        Some(effect)
    }

    pub(super) fn limit_data(&mut self, f: &LimitDataFault) -> Option<Effect> {
        let path = format!("{}/limit_data", self.path);
        if f.bytes == Size::ZERO {
            let message =
                "no byte would get through; write a size above zero, or `reset: {ratio: 1}` in place of this";
            self.problems.add(format!("{path}/bytes"), message);
        }
        let harm = Harm::Limited { bytes: f.bytes.bytes() };
        let effect = self.messages("limit_data", f.between(), f.direction, harm)?;
        self.need_sizes(&path, &effect, "would ever be too large");
        Some(effect)
    }

    /// Some message that is hit has bytes.
    fn need_sizes(&mut self, path: &str, effect: &Effect, what: &str) {
        let Effect::Network(NetworkHit { edges, direction, .. }) = effect else { return };
        let has_size = |way: Way| {
            direction.hits(way)
                && edges.iter().any(|edge| self.edges[*edge].sizes.laws[way as usize].is_some())
        };
        // A size that is told to be wrong has no law.
        if !self.problems.0.is_empty() || edges.is_empty() || Way::BOTH.into_iter().any(has_size) {
            return;
        }
        let (whose, field) = match direction {
            Direction::There => ("requests", "request_size: 10KiB"),
            Direction::Back => ("answers", "response_size: 10KiB"),
            Direction::Both => ("messages", "response_size: 10KiB"),
        };
        let message = format!(
            "the {whose} of these calls have no size, so none {what}; write `{field}` at a call or endpoint"
        );
        self.problems.add(path, message);
    }
}
