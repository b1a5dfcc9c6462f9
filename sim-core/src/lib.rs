#![doc = include_str!("../README.md")]
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod dist;
pub mod engine;
pub mod event;
mod event_list;
pub mod ids;
pub mod luck;
pub mod math;
pub mod metrics;
pub mod model;
pub mod policy;
pub mod streams;
pub mod theory;
pub mod time;
pub mod units;
pub mod ziggurat;
