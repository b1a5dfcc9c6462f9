//! Can the attempts of this call be sent side by side? What contradicts hedging elsewhere in the call.

use super::Problems;
use crate::ids::Id;
use crate::model::SystemConfig;
use crate::model::edge::{CallConfig, EdgeCaller, UntilConfig};
use crate::model::workload::ArrivalsConfig;
use crate::policy::hedging::Config;
use crate::policy::retry;
use crate::time::SimDuration;

/// How long one attempt is waited for: not at all where the timeout sends another beside it.
pub(super) fn attempt_timeout(call: &CallConfig) -> Option<SimDuration> {
    match call.hedging {
        Config::OnAttemptTimeout(_) => None,
        _ => call.timeouts.attempt.0,
    }
}

pub(super) fn check(
    call: &CallConfig,
    instances: u32,
    path: &str,
    caller: EdgeCaller,
    config: &SystemConfig,
    problems: &mut Problems,
) {
    if call.hedging.is_none() {
        return;
    }
    let place = format!("{path}/hedging");
    problems.policy(&place, call.hedging.check());
    let is_connected =
        |workload: usize| matches!(config.workloads.0[workload].1.arrivals, ArrivalsConfig::Connected(_));
    match caller {
        EdgeCaller::Workload(workload) if is_connected(workload.index()) => problems.add(
            &place,
            "a message goes to the instance that its user is connected to, so a second attempt would wait in the same \
             line; take `hedging` out",
        ),
        EdgeCaller::Connector(_) => {
            problems.add(&place, "a user opens one connection at a time; take `hedging` out");
        }
        EdgeCaller::Workload(_) | EdgeCaller::Service(_) | EdgeCaller::Monitor | EdgeCaller::Intruder(_) => {}
    }
    if call.retry != retry::Config::None {
        problems.add(
            &place,
            "a call is retried or hedged, not both (gRPC, .NET): a hedge already sends another attempt when one fails; \
             write `retry: none` and a larger `max_attempts` here, or `hedging: none`",
        );
    }
    if call.until == UntilConfig::Accepted {
        problems.add(
            &place,
            "a call that is over as soon as it is accepted would hand the work over twice; take `hedging` out, or \
             `until: accepted`",
        );
    }
    if matches!(call.hedging, Config::OnAttemptTimeout(_)) && call.timeouts.attempt.0.is_none() {
        problems.add(
            format!("{place}/on_attempt_timeout"),
            "the call has no attempt timeout at which another attempt would be sent; write `timeouts: {attempt: ...}`, \
             or `fixed` with a delay",
        );
    }
    if call.hedging.is_tied() && instances < 2 {
        problems.add(
            format!("{place}/tied"),
            "two copies wait in the lines of two instances, and the service has one; write more `instances`, or another \
             kind of hedging",
        );
    }
    if let (Some(delay), Some(total)) = (call.hedging.fixed_delay(), call.timeouts.total.0)
        && delay >= total
    {
        let kind = if call.hedging.is_tied() { "tied" } else { "fixed" };
        problems.add(
            format!("{place}/{kind}/delay"),
            format!("the second attempt would be sent after {delay}, when the call is over after {total}; write less"),
        );
    }
}
