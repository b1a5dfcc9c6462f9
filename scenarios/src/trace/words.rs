//! How is it said? The sentences of a journal that do not depend on who tells them.

use sim_core::ids::EffectId;
use sim_core::metrics::{Aside, CacheEvent, LockTold, SagaTold};
use sim_core::model::Model;
use sim_core::model::network::Way;
use sim_core::model::pipeline::Layer;
use sim_core::policy::Outcome;
use sim_core::policy::retry::GiveUp;
use sim_core::policy::retry::terms::Refusal;
use sim_core::time::SimDuration;

/// A length of time, a thousand times finer than its unit: nobody reads nanoseconds of seconds.
pub(super) fn length(exact: SimDuration) -> SimDuration {
    let ns = exact.as_nanos();
    let grain = match ns {
        1_000_000_000.. => 1_000_000,
        1_000_000.. => 1_000,
        _ => 1,
    };
    SimDuration::from_nanos((ns + grain / 2) / grain * grain)
}

/// Why an attempt was turned away.
pub(super) fn turned_away(outcome: Outcome) -> String {
    match outcome {
        Outcome::QueueFull => "turned away: the line is full".to_owned(),
        Outcome::Shed => "turned away by admission control".to_owned(),
        Outcome::ConnectFailure => "refused: nobody accepts connections there".to_owned(),
        Outcome::Denied => "turned away: its caller is not let in".to_owned(),
        other => format!("turned away: {}", other.word()),
    }
}

/// What an attempt waits for before it is sent.
pub(super) fn waits_at(layer: Layer, pool: Option<&str>) -> String {
    match layer {
        Layer::Pool => {
            let name = pool.and_then(|path| path.rsplit('/').next()).unwrap_or_default();
            format!("waits for a slot of the pool {name}")
        }
        Layer::Bulkhead => "waits for a place of the bulkhead".to_owned(),
        Layer::RateLimit => "waits for its turn at the rate limit".to_owned(),
        Layer::ClientThrottle => "waits for its turn at the throttle".to_owned(),
        Layer::TotalTimeout | Layer::Retry | Layer::CircuitBreaker | Layer::AttemptTimeout => {
            unreachable!("nobody waits there")
        }
    }
}

/// Why an attempt was not sent.
pub(super) fn not_sent(outcome: Outcome) -> String {
    match outcome {
        Outcome::NotConnected => "not sent: its user has no connection at the moment".to_owned(),
        Outcome::NoHealthyHost => "not sent: its caller knows no instance that is well".to_owned(),
        Outcome::BulkheadFull => "not sent: the pool and the line before it are full".to_owned(),
        Outcome::PoolTimeout => "not sent: no slot of the pool came free in time".to_owned(),
        Outcome::BreakerOpen => "not sent: its caller's circuit breaker is open".to_owned(),
        Outcome::Throttled => "not sent: its caller keeps back a part of its load".to_owned(),
        Outcome::RateLimited => "not sent: its caller has sent as much as it allows itself".to_owned(),
        other => format!("not sent: {}", other.word()),
    }
}

/// How an attempt failed for its caller, timeouts apart.
pub(super) fn failure(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ok => "ok",
        Outcome::ServerError => "an error (server_error)",
        Outcome::Timeout => "timed out (timeout)",
        Outcome::QueueFull => "the line was full (queue_full)",
        Outcome::Expired => "it waited too long (expired)",
        Outcome::ConnectFailure => "no connection (connect_failure)",
        Outcome::Reset => "the connection is gone (reset)",
        Outcome::NoHealthyHost => "no instance to send to (no_healthy_host)",
        Outcome::Shed => "refused (shed)",
        Outcome::BulkheadFull => "the pool was full (bulkhead_full)",
        Outcome::PoolTimeout => "no slot in time (pool_timeout)",
        Outcome::Cancelled => "withdrawn (cancelled)",
        Outcome::NotConnected => "its user had no connection (not_connected)",
        Outcome::BreakerOpen => "the circuit breaker was open (breaker_open)",
        Outcome::Throttled => "kept back by its caller (throttled)",
        Outcome::RateLimited => "over the rate of its caller (rate_limited)",
        Outcome::Conflict => "the record had changed (conflict)",
        Outcome::Denied => "its caller is not let in (denied)",
    }
}

/// What happens at a cache.
pub(super) fn cached(event: CacheEvent) -> &'static str {
    match event {
        CacheEvent::Hit => "the cache has it",
        CacheEvent::StaleHit => "the cache has it, expired: good enough",
        CacheEvent::Miss => "the cache does not have it",
        CacheEvent::Waits => "somebody loads it already: waits for that",
        CacheEvent::Loads { .. } => "loads it for the cache",
        CacheEvent::Filled => "the cache is filled",
        CacheEvent::StoodIn => "the load failed: the expired value stands in",
    }
}

/// Why there is no further attempt.
pub(super) fn gives_up(reason: GiveUp, most: u32) -> String {
    match reason {
        GiveUp::NoRetry => "gives up: it never tries again".to_owned(),
        GiveUp::AttemptsUsedUp if most == 1 => "gives up: there is one attempt only".to_owned(),
        GiveUp::AttemptsUsedUp => format!("gives up: all {most} attempts are used up"),
        GiveUp::BudgetEmpty => "gives up: the retry budget is empty".to_owned(),
        GiveUp::Refused(Refusal::NotOnTheList) => {
            "gives up: failures of this kind are not tried again".to_owned()
        }
        GiveUp::Refused(Refusal::NotIdempotent) => {
            "gives up: the work may have been done, and twice does harm".to_owned()
        }
        GiveUp::Refused(Refusal::ToldNotTo) => "gives up: the server said not to come back".to_owned(),
    }
}

/// When it tries again.
pub(super) fn tries_again(after: SimDuration) -> String {
    match after == SimDuration::ZERO {
        true => "tries again at once".to_owned(),
        false => format!("tries again after {}", length(after)),
    }
}

/// `1 attempt`, `3 attempts`.
pub(super) fn attempts(count: u32) -> String {
    format!("{count} attempt{}", if count == 1 { "" } else { "s" })
}

/// `after 12.4ms and 2 attempts`, `at once, with 1 attempt`.
pub(super) fn after(took: SimDuration, count: u32) -> String {
    match took == SimDuration::ZERO {
        true => format!("at once, with {}", attempts(count)),
        false => format!("after {} and {}", length(took), attempts(count)),
    }
}

/// What becomes of a saga.
fn saga_told(told: SagaTold) -> String {
    match told {
        SagaTold::Begins => "begins".to_owned(),
        SagaTold::Compensates { steps: 1 } => "has failed: the step before is undone".to_owned(),
        SagaTold::Compensates { steps } => {
            format!("has failed: the {steps} steps before are undone, the last first")
        }
        SagaTold::Undone => "is undone".to_owned(),
        SagaTold::TriesAgain { after } => format!("could not be undone: {}", tries_again(after)),
        SagaTold::GivenUp => "could not be undone and stays half-way".to_owned(),
        SagaTold::PutAside { after } => {
            format!("could not be undone and is put aside: {}", tries_again(after))
        }
    }
}

/// What became of what a holder of a lock asked.
fn lock_told(told: LockTold) -> String {
    match told {
        LockTold::Granted { length } => format!("the lease is granted for {}", self::length(length)),
        LockTold::Refused => "the lease is not free: it waits for its turn".to_owned(),
        LockTold::Renewed { length } => format!("the lease is renewed for {}", self::length(length)),
        LockTold::GivenUp => "the lease is given up".to_owned(),
        LockTold::TooLate => "too late: the lease is over".to_owned(),
    }
}

/// What is told of an attempt beside its way; the word for it and the sentence.
pub(super) fn aside(model: &Model, aside: Aside) -> (&'static str, String) {
    let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let effect_name = |effect: EffectId| name(&model.effects[effect].path);
    match aside {
        Aside::Computes { length } => ("computes", format!("own work of {} begins", self::length(length))),
        Aside::SideBySide { of, need } if of == need => {
            ("side_by_side", format!("{of} steps begin side by side, all must succeed"))
        }
        Aside::SideBySide { of, need } => {
            ("side_by_side", format!("{of} steps begin side by side, {need} must succeed"))
        }
        Aside::FallsBack => {
            ("falls_back", "falls back: another step in place of the one that failed".to_owned())
        }
        Aside::Spawns => ("spawns", "spawns steps that it does not wait for".to_owned()),
        Aside::Hangs => ("hangs", "its work hangs".to_owned()),
        Aside::CameLate { outcome: Outcome::Ok } => {
            ("came_late", "the answer comes too late: nobody waits for it any more".to_owned())
        }
        Aside::CameLate { outcome } => {
            ("came_late", format!("the failure ({}) is told too late: nobody waits any more", outcome.word()))
        }
        Aside::Reads { version } => ("reads", format!("reads the record in version {version}")),
        Aside::Writes { version } => ("writes", format!("writes the record: version {version}")),
        Aside::Conflicts { read, found } => {
            ("conflicts", format!("conflict: it has read version {read}, and finds version {found}"))
        }
        Aside::AwaitsConnection => {
            ("awaits_connection", "waits for a connection to be free or open".to_owned())
        }
        Aside::Boards => ("boards", "has a connection, and leaves".to_owned()),
        Aside::WaitsOutside => {
            ("waits_outside", "the line is full and drops nobody: waits outside".to_owned())
        }
        Aside::Accepted { .. } => ("accepted", "accepted: its caller goes on".to_owned()),
        Aside::Doubled { .. } => (
            "doubled",
            "the network doubles the request: the server gets a copy that nobody waits for".to_owned(),
        ),
        Aside::Astray { way: Way::There } => {
            ("astray", "the request is gone on its way; its caller cannot know".to_owned())
        }
        Aside::Astray { way: Way::Back } => {
            ("astray", "the answer is gone on its way; its caller cannot know".to_owned())
        }
        Aside::Applies { effect, again: false } => ("applies", format!("applies {}", effect_name(effect))),
        Aside::Applies { effect, again: true } => {
            ("duplicates", format!("applies {} although it stands already: a duplicate", effect_name(effect)))
        }
        Aside::Replays { effect } => {
            ("replays", format!("knows the key: {} is not applied again", effect_name(effect)))
        }
        Aside::Undoes { effect, stood: true } => ("undoes", format!("undoes {}", effect_name(effect))),
        Aside::Undoes { effect, stood: false } => {
            ("undoes", format!("undoes {}, which does not stand", effect_name(effect)))
        }
        Aside::Saga { saga, told } => {
            ("saga", format!("the saga {} {}", name(&model.sagas[saga].path), saga_told(told)))
        }
        Aside::Lock { told } => ("lock", lock_told(told)),
    }
}
