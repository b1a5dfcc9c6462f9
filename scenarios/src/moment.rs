//! When does a part of a run begin or end? A time, or a named event with an offset: `trigger_end + 30s`.

use std::str::FromStr;

use sim_core::model::Model;
use sim_core::time::{SimDuration, SimTime};

/// A moment of a run, relative to what the file says.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    anchor: Anchor,
    /// Seconds after the anchor; negative before it.
    offset_s: f64,
}

#[derive(Clone, Debug, PartialEq)]
enum Anchor {
    Start,
    Warmup,
    Horizon,
    TriggerStart,
    TriggerEnd,
    EventStart(String),
    EventEnd(String),
}

const WORDS: &str = "`start`, `warmup`, `trigger_start`, `trigger_end`, `horizon`, `NAME.start` or `NAME.end` of a fault or an action, \
     each with `+ 10s` or `- 10s` if wanted, or a time such as `60s`";

impl FromStr for Moment {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        // Names of events may contain a `-`: only what begins with a digit is an offset.
        let is_offset = |offset: &str| {
            offset.trim().starts_with(|c: char| c.is_ascii_digit())
                && !offset.contains(".end")
                && !offset.contains(".start")
        };
        let (word, offset_s) = match text.rsplit_once(['+', '-']) {
            Some((word, offset)) if !word.trim().is_empty() && is_offset(offset) => {
                let seconds = offset.parse::<SimDuration>()?.as_secs_f64();
                let sign = if text[word.len()..].starts_with('-') { -1.0 } else { 1.0 };
                (word.trim(), sign * seconds)
            }
            _ => (text.trim(), 0.0),
        };
        let anchor = match word {
            "start" => Anchor::Start,
            "warmup" => Anchor::Warmup,
            "horizon" => Anchor::Horizon,
            "trigger_start" => Anchor::TriggerStart,
            "trigger_end" => Anchor::TriggerEnd,
            _ => {
                match (word.strip_suffix(".start"), word.strip_suffix(".end"), word.parse::<SimDuration>()) {
                    (Some(name), _, _) => Anchor::EventStart(name.to_owned()),
                    (_, Some(name), _) => Anchor::EventEnd(name.to_owned()),
                    (_, _, Ok(at)) => {
                        return Ok(Moment { anchor: Anchor::Start, offset_s: at.as_secs_f64() + offset_s });
                    }
                    _ => return Err(format!("`{word}` is no moment; write {WORDS}")),
                }
            }
        };
        Ok(Moment { anchor, offset_s })
    }
}

impl Moment {
    /// The fault or action that the moment refers to.
    pub fn event(&self) -> Option<&str> {
        match &self.anchor {
            Anchor::EventStart(name) | Anchor::EventEnd(name) => Some(name),
            Anchor::Start | Anchor::Warmup | Anchor::Horizon | Anchor::TriggerStart | Anchor::TriggerEnd => {
                None
            }
        }
    }

    /// The moment in a run of `model`, within the run; `None` if the event does not exist there, or if it is an
    /// action that waits for a condition.
    pub fn resolve(&self, model: &Model, warmup: SimDuration) -> Option<SimTime> {
        let window = |name: &str| match model.faults.iter().find(|fault| fault.name == name) {
            Some(fault) => Some((fault.begins, fault.ends)),
            None => model.actions.iter().find(|action| action.name == name)?.window(model.horizon),
        };
        let anchor = match &self.anchor {
            Anchor::Start => SimTime::ZERO,
            Anchor::Warmup => SimTime::ZERO + warmup,
            Anchor::Horizon => model.horizon,
            Anchor::TriggerStart => model.trigger_window()?.0,
            Anchor::TriggerEnd => model.trigger_window()?.1,
            Anchor::EventStart(name) => window(name)?.0,
            Anchor::EventEnd(name) => window(name)?.1,
        };
        let seconds = (anchor.as_secs_f64() + self.offset_s).clamp(0.0, model.horizon.as_secs_f64());
        Some(SimTime::ZERO + SimDuration::from_secs_f64(seconds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_words_times_and_offsets() {
        let read = |text: &str| text.parse::<Moment>();
        assert_eq!(read("trigger_end + 30s"), Ok(Moment { anchor: Anchor::TriggerEnd, offset_s: 30.0 }));
        assert_eq!(read("horizon-10s"), Ok(Moment { anchor: Anchor::Horizon, offset_s: -10.0 }));
        assert_eq!(read("1m30s"), Ok(Moment { anchor: Anchor::Start, offset_s: 90.0 }));
        assert_eq!(read("brown-out.end").unwrap().event(), Some("brown-out"));
        assert!(read("later").unwrap_err().starts_with("`later` is no moment"));
        assert!(read("trigger_end + 30").unwrap_err().contains("lacks a time unit"));
    }
}
