//! How is it said what became of what a request wanted done? With the names of the file.

use sim_core::ids::{EffectId, SagaId};
use sim_core::metrics::Told;
use sim_core::model::Model;

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
        Told::CompensationFailed { saga: id } => {
            ("compensation_failed", format!("the saga {}: undoing has failed", saga(id)))
        }
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
