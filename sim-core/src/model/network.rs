//! What lies between a caller and a service? Time on the way, and what becomes of messages there: lost, doubled,
//! damaged, overtaken. With nothing said a message arrives at once, exactly once, and costs nothing.

use serde::{Deserialize, Serialize};

use crate::dist::{Distribution, Sampler};
use crate::ids::LinkId;
use crate::policy::tcp;
use crate::units::Probability;

/// What lies between a caller and a service.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct NetworkConfig {
    /// Time of a message, one way, beside that of zones: a duration or a distribution; default: none.
    #[serde(default)]
    pub latency: Option<Distribution>,
    /// Share of the messages that are lost, 0 to 1, each way: requests and answers alike, or as told by `there`,
    /// `back` or `ways`. Nobody learns of it: a caller waits until its patience ends, for ever without a timeout; a
    /// server whose answer is lost has done its work. Default 0.
    #[serde(default)]
    pub loss: LossConfig,
    /// Share of the messages that arrive twice, 0 to 1. A request that does is served twice, and the answer to its
    /// copy is nobody's; an answer that does is thrown away. Default 0.
    #[serde(default)]
    pub duplicate: Probability,
    /// Share of the messages that arrive damaged, 0 to 1: a checksum notices, and they are thrown away, as if lost.
    /// Default 0.
    #[serde(default)]
    pub corrupt: Probability,
    /// Whether some messages are held up, so that later ones overtake them; default: none.
    #[serde(default)]
    pub reorder: Option<ReorderConfig>,
    /// How much the fate of a message (lost, doubled, damaged, held up) is that of the last one on the same edge and way,
    /// from 0 (default: each by itself) to below 1. The shares stay as they are, but hits come in runs, of
    /// 1 / ((1 - share) (1 - correlation_ratio)) messages on average; a retry in a bad moment is lost as well.
    #[serde(default)]
    pub correlation_ratio: Probability,
    /// Name of one of the `links` of the file, which its messages pass with those of others; default: none, bandwidth
    /// without end.
    #[serde(default)]
    pub link: Option<String>,
    /// How messages get over it; default `message`.
    #[serde(default)]
    pub transport: TransportConfig,
}

/// How messages get over a network.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub enum TransportConfig {
    /// As they are: each arrives or does not.
    #[default]
    Message,
    /// In segments that are sent again if they are lost: loss becomes delay, doubles are thrown away.
    Tcp(tcp::Config),
}

impl NetworkConfig {
    /// Whether some messages fare otherwise than others.
    pub fn has_fates(&self) -> bool {
        !self.loss.ways().iter().all(|share| *share == Probability::ZERO)
            || self.duplicate > Probability::ZERO
            || self.corrupt > Probability::ZERO
            || self.reorder.is_some()
    }

    /// Whether anything can happen to a message beside time that passes.
    pub fn is_rough(&self) -> bool {
        self.has_fates() || self.link.is_some() || self.transport != TransportConfig::Message
    }
}

/// Which share of the messages is lost.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub enum LossConfig {
    /// Of the requests; answers all arrive.
    There(Probability),
    /// Of the answers; requests all arrive.
    Back(Probability),
    /// Of requests and of answers, each on its own.
    Ways(WaysConfig),
    /// Of both alike.
    #[serde(rename = "$text")]
    #[cfg_attr(feature = "schemars", schemars(untagged))]
    Text(Probability),
}

/// A share for each way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct WaysConfig {
    /// Of the requests, 0 to 1; default 0.
    #[serde(default)]
    pub there: Probability,
    /// Of the answers, 0 to 1; default 0.
    #[serde(default)]
    pub back: Probability,
}

impl Default for LossConfig {
    fn default() -> Self {
        LossConfig::Text(Probability::ZERO)
    }
}

impl LossConfig {
    /// Of the requests, of the answers.
    pub fn ways(&self) -> [Probability; 2] {
        match *self {
            LossConfig::There(share) => [share, Probability::ZERO],
            LossConfig::Back(share) => [Probability::ZERO, share],
            LossConfig::Ways(WaysConfig { there, back }) => [there, back],
            LossConfig::Text(share) => [share; 2],
        }
    }
}

impl Serialize for LossConfig {
    /// Writes what a file would say: a plain share stays one.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        macro_rules! tagged {
            ($kind:literal, $value:expr) => {
                serializer.serialize_newtype_variant("LossConfig", 0, $kind, $value)
            };
        }
        match self {
            LossConfig::There(share) => tagged!("there", share),
            LossConfig::Back(share) => tagged!("back", share),
            LossConfig::Ways(ways) => tagged!("ways", ways),
            LossConfig::Text(share) => share.serialize(serializer),
        }
    }
}

/// Messages that later ones overtake.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct ReorderConfig {
    /// Share of the messages that are held up, 0 to 1.
    pub ratio: Probability,
    /// How much longer they take: a duration or a distribution.
    pub delay: Distribution,
}

impl ReorderConfig {
    /// What it adds to the time of a message on average, in seconds.
    pub fn mean_secs(&self) -> f64 {
        self.ratio.get() * self.delay.mean_secs().unwrap_or(f64::INFINITY)
    }
}

/// The way there or the way back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// From the caller to the service: requests.
    There = 0,
    /// From the service to the caller: answers.
    Back = 1,
}

impl Way {
    /// Both.
    pub const BOTH: [Way; 2] = [Way::There, Way::Back];
}

/// What can happen to a message on an edge, ready to run.
#[derive(Clone, Debug, Default)]
pub struct Rough {
    /// Probability that it is lost, by [`Way`].
    pub loss: [f64; 2],
    /// Probability that it arrives twice.
    pub duplicate: f64,
    /// Probability that it is damaged.
    pub corrupt: f64,
    /// Probability that it is held up, and how long.
    pub reorder: Option<(f64, Sampler)>,
    /// How much all of this goes by the last message; above 0 it is no part of a [`Condition`].
    pub correlation: f64,
    /// The link that it shares with others.
    pub link: Option<LinkId>,
    /// What mends losses.
    pub tcp: Option<tcp::Config>,
}

impl NetworkConfig {
    pub(super) fn lower(&self, link: Option<LinkId>) -> Rough {
        Rough {
            loss: self.loss.ways().map(Probability::get),
            duplicate: self.duplicate.get(),
            corrupt: self.corrupt.get(),
            reorder: self.reorder.as_ref().map(|reorder| (reorder.ratio.get(), reorder.delay.sampler())),
            correlation: self.correlation_ratio.get(),
            link,
            tcp: match &self.transport {
                TransportConfig::Message => None,
                TransportConfig::Tcp(tcp) => Some(*tcp),
            },
        }
    }
}

/// What happens to a message on one way at one moment, triggers included.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Condition {
    /// Probability that it is lost.
    pub loss: f64,
    /// Probability that it arrives twice.
    pub duplicate: f64,
    /// Probability that it is damaged.
    pub corrupt: f64,
    /// Whether a trigger adds to its time.
    pub is_slower: bool,
    /// Whether nothing gets through, and who is told.
    pub cut: Option<Cut>,
    /// Probability that its connection is reset.
    pub reset: f64,
}

/// What a sender sees of a way that nothing gets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Nothing.
    BlackHole,
    /// A refusal.
    Reject,
}

impl Rough {
    /// Without triggers, and without what goes by the last message.
    pub fn condition(&self, way: Way) -> Condition {
        if self.correlation > 0.0 {
            return Condition::default();
        }
        let Rough { loss, duplicate, corrupt, .. } = *self;
        Condition { loss: loss[way as usize], duplicate, corrupt, ..Condition::default() }
    }
}

impl super::edge::Edge {
    /// Something may happen to its messages, if only while a trigger is on.
    pub(super) fn make_rough(&mut self) {
        self.has_network = true;
        self.rough.get_or_insert_with(Box::default);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loss_is_told_for_both_ways_or_each() {
        let ways = |text: &str| {
            let config: NetworkConfig = serde_json::from_str(text).expect("sound");
            assert!(config.is_rough(), "{text}");
            config.loss.ways().map(Probability::get)
        };
        assert_eq!(ways(r#"{"loss": {"there": "5%"}}"#), [0.05, 0.0]);
        assert_eq!(ways(r#"{"loss": {"back": "5%"}}"#), [0.0, 0.05]);
        assert_eq!(ways(r#"{"loss": {"ways": {"there": 0.1, "back": 0.2}}}"#), [0.1, 0.2]);
        assert!(!NetworkConfig::default().is_rough());
    }
}
