//! What does a refusal tell the caller about coming back?
//!
//! **What it does.** Every attempt that is turned away carries a wait (`2s`), or the word that it should
//! not come back at all (`never`).
//! **Why it exists.** The server knows better than any back-off formula when there is room again.
//! **Where it fails.** Only callers whose retry says `retry_after` heed it. And callers that were all
//! told the same wait return together, unless they spread it.
//! **Source.** HTTP `Retry-After` (RFC 9110, 10.2.3); gRFC A6, `grpc-retry-pushback-ms`, of which a
//! negative number forbids the retry; Google SRE book, chapter 21: "overloaded; don't retry". Deviations:
//! it is a setting, not worked out from the length of the line.

use std::fmt;
use std::str::FromStr;

use crate::time::SimDuration;
use crate::units::text_type;

/// What a refusal says about coming back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pushback {
    /// Come back after this long.
    After(SimDuration),
    /// Do not come back.
    Never,
}

impl FromStr for Pushback {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        if text.trim() == "never" {
            return Ok(Pushback::Never);
        }
        text.parse().map(Pushback::After).map_err(|problem| format!("{problem}; or `never`"))
    }
}

impl fmt::Display for Pushback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pushback::After(wait) => wait.fmt(f),
            Pushback::Never => f.write_str("never"),
        }
    }
}

text_type!(
    Pushback,
    "Pushback",
    "What a refusal says about coming back: a duration with its unit, for example `2s`, or `never`.",
    r"^\s*(never|([0-9.]+\s*(ns|us|µs|ms|s|m|h|d)\s*)+)$"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pushback_is_a_wait_or_never_and_reads_back() {
        for pushback in [Pushback::After(SimDuration::from_secs(2)), Pushback::Never] {
            assert_eq!(pushback.to_string().parse(), Ok(pushback));
        }
        let problem = "later".parse::<Pushback>().unwrap_err();
        assert!(problem.ends_with("or `never`"), "{problem}");
    }
}
