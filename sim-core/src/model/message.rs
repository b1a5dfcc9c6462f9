//! How large is a message? Requests and answers have sizes, given at the call or at the endpoint that is called.

use serde::{Deserialize, Serialize};

use super::edge::CallConfig;
use super::endpoint::EndpointConfig;
use crate::dist::{Bimodal, Distribution, Exponential, LogNormal, Sampler, Uniform};
use crate::time::SimDuration;
use crate::units::{Probability, Size};

/// The size of a message: a bare size (`16KiB`) is always the same, everything else names its law.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub enum SizeConfig {
    /// Any size between `min` and `max`, all equally likely.
    Uniform(UniformSize),
    /// Exponential with this `mean`.
    Exponential(ExponentialSize),
    /// Log-normal, the usual shape of measured sizes: `{p50, p99}`.
    #[serde(rename = "lognormal")]
    LogNormal(LogNormalSize),
    /// `small` most of the time, `large` with probability `large_ratio`.
    Bimodal(BimodalSize),
    /// Always this large.
    #[serde(rename = "$text")]
    #[cfg_attr(feature = "schemars", schemars(untagged))]
    Text(Size),
}

/// Any size between two.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct UniformSize {
    /// The smallest.
    pub min: Size,
    /// The largest; not below `min`.
    pub max: Size,
}

/// Most are small, some large.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct ExponentialSize {
    /// Mean size.
    pub mean: Size,
}

/// Measured sizes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct LogNormalSize {
    /// Half of the messages are smaller; above zero.
    pub p50: Size,
    /// 99 % of the messages are smaller; not below `p50`.
    pub p99: Size,
}

/// Two sizes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct BimodalSize {
    /// The usual size.
    pub small: Size,
    /// The unusual size; not below `small`.
    pub large: Size,
    /// Share of the large ones, 0 to 1.
    pub large_ratio: Probability,
}

/// Bytes as nanoseconds: the laws of durations draw sizes as well.
fn law(size: Size) -> SimDuration {
    SimDuration::from_nanos(size.bytes())
}

impl SizeConfig {
    fn distribution(&self) -> Distribution {
        match self {
            SizeConfig::Uniform(size) => {
                Distribution::Uniform(Uniform { min: law(size.min), max: law(size.max) })
            }
            SizeConfig::Exponential(size) => Distribution::Exponential(Exponential { mean: law(size.mean) }),
            SizeConfig::LogNormal(size) => Distribution::LogNormal(LogNormal {
                p50: Some(law(size.p50)),
                p99: Some(law(size.p99)),
                mean: None,
                cv: None,
            }),
            SizeConfig::Bimodal(size) => Distribution::Bimodal(Bimodal {
                fast: law(size.small),
                slow: law(size.large),
                slow_ratio: size.large_ratio,
            }),
            SizeConfig::Text(size) => Distribution::Text(law(*size)),
        }
    }

    /// What is wrong with it, as the place below it and a sentence.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        let ordered = |place, small: (&str, Size), large: (&str, Size)| match small.1 <= large.1 {
            true => Ok(()),
            false => {
                Err((place, format!("`{}` ({}) is above `{}` ({})", small.0, small.1, large.0, large.1)))
            }
        };
        match self {
            SizeConfig::Uniform(size) => ordered("/uniform", ("min", size.min), ("max", size.max)),
            SizeConfig::LogNormal(size) if size.p50 == Size::ZERO => Err((
                "/lognormal/p50",
                "half of the messages would be empty; write a size above zero".to_owned(),
            )),
            SizeConfig::LogNormal(size) => ordered("/lognormal", ("p50", size.p50), ("p99", size.p99)),
            SizeConfig::Bimodal(size) => ordered("/bimodal", ("small", size.small), ("large", size.large)),
            SizeConfig::Exponential(_) | SizeConfig::Text(_) => Ok(()),
        }
    }

    /// Mean in bytes.
    pub fn mean_bytes(&self) -> f64 {
        self.distribution().mean_secs().unwrap_or(0.0) * 1e9
    }

    /// The form that the engine draws from: nanoseconds that are bytes.
    fn sampler(&self) -> Option<Sampler> {
        let sampler = self.distribution().sampler();
        (sampler.constant() != Some(SimDuration::ZERO)).then_some(sampler)
    }
}

impl Serialize for SizeConfig {
    /// Writes what a file would say: a plain size stays one.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        macro_rules! tagged {
            ($kind:literal, $value:expr) => {
                serializer.serialize_newtype_variant("SizeConfig", 0, $kind, $value)
            };
        }
        match self {
            SizeConfig::Uniform(size) => tagged!("uniform", size),
            SizeConfig::Exponential(size) => tagged!("exponential", size),
            SizeConfig::LogNormal(size) => tagged!("lognormal", size),
            SizeConfig::Bimodal(size) => tagged!("bimodal", size),
            SizeConfig::Text(size) => size.serialize(serializer),
        }
    }
}

/// How large the messages of an edge are, ready to run. `None` is no bytes at all.
#[derive(Clone, Debug, Default)]
pub struct Sizes {
    /// Of requests and of answers, by [`Way`](super::network::Way): nanoseconds that are bytes.
    pub laws: [Option<Sampler>; 2],
    /// Bytes of the largest answer.
    pub limit: Option<u64>,
}

impl Sizes {
    /// Of a call to an endpoint: what the call says, or else the endpoint. What does not pass its check is left out.
    pub(super) fn lower(call: &CallConfig, endpoint: Option<&EndpointConfig>) -> Sizes {
        let of_endpoint = [
            endpoint.and_then(|endpoint| endpoint.request_size.as_ref()),
            endpoint.and_then(|endpoint| endpoint.response_size.as_ref()),
        ];
        let law = |own: &Option<SizeConfig>, other: Option<&SizeConfig>| {
            own.as_ref().or(other).filter(|size| size.check().is_ok())?.sampler()
        };
        Sizes {
            laws: [law(&call.request_size, of_endpoint[0]), law(&call.response_size, of_endpoint[1])],
            limit: call.response_limit.map(Size::bytes),
        }
    }

    /// Whether messages have any bytes.
    pub fn are_there(&self) -> bool {
        self.laws.iter().any(Option::is_some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::luck::{Luck, Purpose};
    use crate::streams::Seed;

    fn size(text: &str) -> SizeConfig {
        serde_json::from_str(text).expect("sound")
    }

    #[test]
    fn sizes_are_drawn_in_bytes() {
        let luck = |k| Luck::of_request(Seed(1), 0, k).draws(Purpose::RequestSize);
        let of = |text: &str, k| size(text).sampler().map_or(0, |law| law.sample(&mut luck(k)).as_nanos());
        assert_eq!(of(r#"{"$text": "16KiB"}"#, 0), 16_384);
        assert_eq!(of(r#"{"$text": "0B"}"#, 0), 0);
        let sum: u64 = (0..10_000).map(|k| of(r#"{"exponential": {"mean": "1KiB"}}"#, k)).sum();
        // The mean of 10 000 exponential draws has a standard error of 1 %.
        assert!((sum as f64 / 10_000.0 / 1_024.0 - 1.0).abs() < 0.04, "{sum}");
        assert!((size(r#"{"uniform": {"min": "1KiB", "max": "3KiB"}}"#).mean_bytes() - 2_048.0).abs() < 1e-6);
    }

    #[test]
    fn what_contradicts_itself_is_told() {
        let told = |text: &str| size(text).check().unwrap_err();
        assert_eq!(told(r#"{"uniform": {"min": "2B", "max": "1B"}}"#).1, "`min` (2B) is above `max` (1B)");
        assert!(told(r#"{"lognormal": {"p50": "0B", "p99": "1B"}}"#).1.contains("above zero"));
    }
}
