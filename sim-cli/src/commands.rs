//! What does each command do? One file per command: plan, do, tell.

pub(crate) mod compare;
pub(crate) mod critical;
pub(crate) mod hysteresis;
pub(crate) mod glance;
pub(crate) mod completions;
pub(crate) mod explain;
mod interrupted;
mod pages;
mod presets;
pub(crate) mod list;
pub(crate) mod new;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod schema;
pub(crate) mod show;
pub(crate) mod sweep;
pub(crate) mod trace;
pub(crate) mod validate;

use serde::Serialize;

/// A result as programs read it; the same bytes as in a report folder.
fn json<T: Serialize>(result: &T) -> String {
    serde_json::to_string_pretty(result).expect("plain data becomes JSON") + "\n"
}
