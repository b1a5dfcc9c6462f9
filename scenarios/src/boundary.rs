//! Where along a setting does theory put the line between healing and staying down? The fluid delay equation of the
//! system's twin at the values of the setting, halved down to between two of them.

use sim_core::theory::metastable::RetryLoop;
use sim_core::theory::metastable::fluid::{Outcome, Trigger};

use crate::twin::fluid::Twin;

pub(crate) use crate::twin::fluid::NAME;

/// When the line applies, in a sentence.
pub(crate) const APPLIES: &str = "Expected flows instead of random requests: it agrees with simulation within about 15 %, \
                                  and chance decides near the line.";
/// Halvings between two neighbouring values.
const HALVINGS: u32 = 7;

/// Where the outcome changes along values at these places of an axis, if it does: the values are taken to heal on
/// one side and to stay down on the other. Why theory says nothing is an error.
pub(crate) fn crossing(
    at: &[f64],
    is_log: bool,
    mut twin: impl FnMut(usize) -> Result<Twin, String>,
) -> Result<Option<f64>, String> {
    let (mut low, mut high) = (0, at.len() - 1);
    let (mut first, mut last) = (known(twin(low)?)?, known(twin(high)?)?);
    let tips_first = tips(&first);
    if tips_first == tips(&last) {
        return Ok(None);
    }
    while high - low > 1 {
        let middle = (low + high) / 2;
        let between = known(twin(middle)?)?;
        if tips(&between) == tips_first {
            (low, first) = (middle, between);
        } else {
            (high, last) = (middle, between);
        }
    }
    let (mut from, mut to) = (0.0, 1.0);
    for _ in 0..HALVINGS {
        let part = 0.5 * (from + to);
        if tips(&mixed(&first, &last, part)) == tips_first { from = part } else { to = part }
    }
    let part = 0.5 * (from + to);
    Ok(Some(match is_log {
        true => at[low] * (at[high] / at[low]).powf(part),
        false => at[low] + (at[high] - at[low]) * part,
    }))
}

/// The loop and its trigger; a system without one has no line.
fn known(twin: Twin) -> Result<(RetryLoop, Trigger), String> {
    let hit = twin.hit.ok_or("there is no trigger")?;
    Ok((twin.retry_loop, hit.trigger))
}

fn tips((retry_loop, trigger): &(RetryLoop, Trigger)) -> bool {
    retry_loop.outcome(*trigger) != Outcome::Recovers
}

/// A system between two neighbours.
fn mixed(a: &(RetryLoop, Trigger), b: &(RetryLoop, Trigger), part: f64) -> (RetryLoop, Trigger) {
    let mix = |a: f64, b: f64| a + (b - a) * part;
    let retry_loop = RetryLoop {
        capacity_per_s: mix(a.0.capacity_per_s, b.0.capacity_per_s),
        service_s: mix(a.0.service_s, b.0.service_s),
        load_per_s: mix(a.0.load_per_s, b.0.load_per_s),
        timeout_s: mix(a.0.timeout_s, b.0.timeout_s),
        max_attempts: if part < 0.5 { a.0.max_attempts } else { b.0.max_attempts },
    };
    let trigger = Trigger {
        duration_s: mix(a.1.duration_s, b.1.duration_s),
        load_factor: mix(a.1.load_factor, b.1.load_factor),
        capacity_factor: mix(a.1.capacity_factor, b.1.capacity_factor),
    };
    (retry_loop, trigger)
}
