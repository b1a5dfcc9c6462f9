//! How is it said what became of what a request wanted done? With the names of the file.

use sim_core::ids::{EffectId, SagaId};
use sim_core::metrics::{LockTold, Told};
use sim_core::model::Model;
use sim_core::policy::compensation::Decision;

use super::words::length;

/// The word for it and the sentence.
pub(super) fn told(model: &Model, told: Told) -> (&'static str, String) {
    let last = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let effect = |id: EffectId| last(&model.effects[id].path);
    let saga = |id: SagaId| last(&model.sagas[id].path);
    let version = |service, version: u8| {
        let versions = model.versions[service].as_ref();
        versions.and_then(|versions| versions.names.get(version as usize)).map_or("", String::as_str)
    };
    let steps = |count: u32| format!("{count} step{}", if count == 1 { "" } else { "s" });
    match told {
        Told::Applied { effect: id, again: false } => {
            ("effect", format!("the effect {} is applied", effect(id)))
        }
        Told::Applied { effect: id, again: true } => {
            ("duplicate", format!("the effect {} is applied once more: a duplicate", effect(id)))
        }
        Told::Replayed { effect: id } => (
            "replayed",
            format!(
                "its key is known: the effect {} is not applied again, the answer is the same",
                effect(id)
            ),
        ),
        Told::Undone { effect: id, stood: true } => {
            ("undone", format!("the effect {} is undone", effect(id)))
        }
        Told::Undone { effect: id, stood: false } => {
            ("undone", format!("the effect {} was not there: nothing to undo", effect(id)))
        }
        Told::SagaStep { saga: id, done, of } => {
            ("saga", format!("the saga {}: {done} of {} done", saga(id), steps(of)))
        }
        Told::Compensates { saga: id, steps: count } => {
            ("compensates", format!("the saga {} has failed: {} to undo", saga(id), steps(count)))
        }
        Told::Compensated { saga: id, left: 0 } => {
            ("compensated", format!("the saga {}: everything is undone", saga(id)))
        }
        Told::Compensated { saga: id, left } => {
            ("compensated", format!("the saga {}: a step is undone, {left} left", saga(id)))
        }
        Told::CompensationFailed { saga: id, then } => {
            let then = match then {
                Decision::Again(after) => format!("and is tried again after {}", length(after)),
                Decision::Park(after) => {
                    format!("and is put aside, to be tried again after {}", length(after))
                }
                Decision::GiveUp => "for good: it stays half-way".to_owned(),
            };
            ("compensation_failed", format!("the saga {}: undoing has failed {then}", saga(id)))
        }
        Told::Lock(told) => ("lock", lock(told)),
        Told::Version { writer, wrote, reader, reads, can_read } => {
            let pair = format!(
                "written by {} {}, read by {} {}",
                model.services[writer].name,
                version(writer, wrote),
                model.services[reader].name,
                version(reader, reads),
            );
            match can_read {
                true => ("version", pair),
                false => ("unreadable", format!("{pair}: it cannot make anything of it")),
            }
        }
        Told::NotLetIn { is_proven: false, .. } => {
            ("not_let_in", "its sender does not prove who it is".to_owned())
        }
        Told::NotLetIn { is_listed: false, .. } => {
            ("not_let_in", "its sender is not on the list of those who may call".to_owned())
        }
        Told::NotLetIn { .. } => ("not_let_in", "its sender may not call".to_owned()),
        Told::OverQuota => ("not_let_in", "its sender has called as often as it may".to_owned()),
        Told::Distrusted => {
            ("distrusted", "no connection: one end does not trust the certificate of the other".to_owned())
        }
    }
}

/// What became of what a holder of a lock asked.
fn lock(told: LockTold) -> String {
    match told {
        LockTold::Granted { length: of } => format!("the lease is granted for {}", length(of)),
        LockTold::Refused => "the lease is not free: it waits for its turn".to_owned(),
        LockTold::Renewed { length: of } => format!("the lease is renewed for {}", length(of)),
        LockTold::GivenUp => "the lease is given up".to_owned(),
        LockTold::TooLate => "too late: the lease is over".to_owned(),
    }
}
