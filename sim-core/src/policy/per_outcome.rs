//! Which value belongs to which failure? Settings that give some outcome words a value of their own and
//! leave the others to a default.

use serde::{Deserialize, Serialize};

use super::Outcome;

macro_rules! per_outcome {
    ($($field:ident $outcome:ident,)*) => {
        /// Values of their own for some failures, by outcome word.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
        #[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "PerOutcome{T}"))]
        #[serde(deny_unknown_fields)]
        pub struct PerOutcome<T> {
            $(
                /// After a failure of this word.
                #[serde(skip_serializing_if = "Option::is_none")]
                pub $field: Option<T>,
            )*
        }

        impl<T> Default for PerOutcome<T> {
            fn default() -> Self {
                PerOutcome { $($field: None,)* }
            }
        }

        impl<T: Copy> PerOutcome<T> {
            /// The value for this outcome, if it has one of its own.
            #[inline]
            pub fn get(&self, outcome: Outcome) -> Option<T> {
                match outcome {
                    Outcome::Ok => None,
                    $(Outcome::$outcome => self.$field,)*
                }
            }
        }
    };
}

per_outcome! {
    server_error ServerError,
    timeout Timeout,
    queue_full QueueFull,
    expired Expired,
    connect_failure ConnectFailure,
    reset Reset,
    no_healthy_host NoHealthyHost,
    shed Shed,
    bulkhead_full BulkheadFull,
    pool_timeout PoolTimeout,
    cancelled Cancelled,
    not_connected NotConnected,
    breaker_open BreakerOpen,
    throttled Throttled,
    rate_limited RateLimited,
    conflict Conflict,
    denied Denied,
}

impl<T: Copy> PerOutcome<T> {
    /// All values with their words, in the order of tables.
    pub fn all(&self) -> impl Iterator<Item = (Outcome, T)> {
        Outcome::ALL.into_iter().filter_map(|outcome| Some((outcome, self.get(outcome)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::read;
    use crate::units::Count;

    #[test]
    fn every_failure_can_have_a_value_under_its_own_word() {
        for outcome in Outcome::ALL.into_iter().filter(|outcome| !outcome.is_ok()) {
            let json = format!(r#"{{"{}": 7}}"#, outcome.word());
            let values: PerOutcome<Count> = read(&json).expect("settings are readable");
            assert_eq!(values.all().collect::<Vec<_>>(), [(outcome, Count::new(7))]);
            assert_eq!(
                serde_json::to_string(&values).expect("settings can be written"),
                json.replace(": 7", ":\"7\"")
            );
        }
        assert!(read::<PerOutcome<Count>>(r#"{"ok": 7}"#).unwrap_err().contains("unknown field `ok`"));
    }
}
