//! Does admission let in fewer at once than there are workers? Then some are idle whatever comes: the limit is the
//! capacity. Errs where that is meant, as with workers that mostly wait for somebody else's limit.

use super::super::capacity::View;
use super::Found;

pub(super) fn check(view: &View<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for (name, service) in view.system.config.services.iter() {
        let Some(most) = service.admission.most_at_once() else { continue };
        let workers = service.workers.get();
        // Where the workers are shared, their number bounds nobody.
        if service.queue.is_shared() || most.get() >= workers {
            continue;
        }
        found.push(Found {
            path: format!("services/{name}/admission"),
            message: format!(
                "an instance of `{name}` never takes more than {most} attempts at once, and has {workers} workers: {} of them are always idle",
                workers - most.get()
            ),
            instead: format!("a limit of {workers} and some that may wait, or fewer workers"),
            shown_by: &[],
        });
    }
    found
}
