//! Can the others take over when one instance is lost? Only where callers know who is there (an orchestrator):
//! else the share of the lost one is lost with it. Counts first tries, shared evenly.

use super::super::capacity::View;
use super::{Found, percent};

pub(super) fn check(view: &View<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for (number, (name, service)) in view.system.config.services.iter().enumerate() {
        let life = &service.lifecycle;
        let told = life.readiness.is_some() || life.liveness.is_some() || life.restart.is_some();
        let instances = f64::from(service.instances.get());
        let busy = view.services[number].utilisation;
        if !told || instances < 2.0 || busy >= 1.0 || busy <= 0.0 {
            continue;
        }
        // Losses after which the rest is still below its capacity.
        let survives = (instances * (1.0 - busy)).ceil() - 1.0;
        let after = busy * instances / (instances - 1.0);
        let crashes = life.crash_at.is_some();
        if survives >= 2.0 || (survives >= 1.0 && !crashes) {
            continue;
        }
        let (lost, left) =
            if survives < 1.0 { (1.0, after) } else { (2.0, busy * instances / (instances - 2.0)) };
        let then = if crashes { ", and under it they crash as well" } else { "" };
        found.push(Found {
            path: format!("services/{name}/instances"),
            message: format!(
                "without {lost} of {instances} instances the rest of `{name}` is asked for {} of what it can do{then}",
                percent(left)
            ),
            instead: format!("more instances, or refuse what is too much: a line far shorter than {}", match life.crash_at {
                Some(most) => format!("`crash_at: {most}`"),
                None => "the callers' patience".to_owned(),
            }),
            shown_by: &["domino-replicas"],
        });
    }
    found
}
