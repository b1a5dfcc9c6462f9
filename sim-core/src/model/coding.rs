//! What does it cost to turn objects into bytes and back? Work of whoever does it: the caller encodes a request and
//! decodes its answer, the server decodes the request and encodes the answer.

use serde::{Deserialize, Serialize};

use crate::time::SimDuration;

/// Work on each message that a service sends or receives. Users pay nothing: their machines are not simulated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case", default)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct SerializationConfig {
    /// For every message, whatever its size; default 0ms.
    pub per_message: SimDuration,
    /// For every KiB of a message, in proportion; default 0ms. Sizes are `request_size` and `response_size`.
    pub per_kib: SimDuration,
}

impl SerializationConfig {
    /// Work on a message of so many bytes.
    pub fn work(&self, bytes: u64) -> SimDuration {
        let per_kib = u128::from(self.per_kib.as_nanos()) * u128::from(bytes);
        let nanos = u128::from(self.per_message.as_nanos()) + (per_kib + 512) / 1024;
        SimDuration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX / 4))
    }

    /// Whether it costs anything.
    pub fn is_free(&self) -> bool {
        *self == SerializationConfig::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_grows_with_the_size() {
        let coding: SerializationConfig =
            serde_json::from_str(r#"{"per_message": "10us", "per_kib": "4us"}"#).expect("readable");
        assert_eq!(coding.work(0), SimDuration::from_nanos(10_000));
        assert_eq!(coding.work(2_560), SimDuration::from_nanos(20_000));
        assert!(SerializationConfig::default().is_free() && !coding.is_free());
    }
}
