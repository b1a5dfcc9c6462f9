#![doc = include_str!("../README.md")]
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod time;
pub mod units;
pub mod ids;
pub mod math;
pub mod luck;
pub mod streams;
pub mod ziggurat;
pub mod dist;
pub mod policy;
pub mod model;
pub mod event;
mod event_list;
pub mod engine;
pub mod metrics;
pub mod theory;
