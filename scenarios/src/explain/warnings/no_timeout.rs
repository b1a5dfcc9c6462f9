//! Does a service wait for ever? A callee that falls silent then takes one worker after the other. Users without
//! timeouts are not told of: they hold nothing that others need.

use sim_core::model::edge::UntilConfig;
use sim_core::policy::queue::line::DropRule;

use super::super::capacity::View;
use super::super::system::Caller;
use super::Found;

pub(super) fn check(view: &View<'_>) -> Vec<Found> {
    let system = &view.system;
    let mut found = Vec::new();
    for call in system.calls.iter().filter(|call| call.is_patient_for_ever() && !call.inherits_deadline) {
        let Caller::Endpoint(_) = call.caller else { continue };
        // Where messages may be lost another check knows more.
        if super::lost_for_ever::of(system, call).is_some() {
            continue;
        }
        // What is handed over is accepted or refused at once, unless a full line lets senders wait.
        let lets_wait = system.service(call.service).queue.drop() == DropRule::Nobody;
        if call.config.until == UntilConfig::Accepted && !lets_wait {
            continue;
        }
        let (from, to) = (system.caller_name(call), system.service_name(call.service));
        found.push(Found {
            path: call.path.clone(),
            message: format!("`{from}` waits for `{to}` without any timeout: if it falls silent, workers wait for ever"),
            instead: "`timeouts: {attempt: ...}`, longer than the 99th percentile of a good answer and shorter than the caller's own caller waits".to_owned(),
            shown_by: &["timeouts", "blocked-threads-chain"],
        });
    }
    found
}
