//! Which instances does a fault hit?

use serde::{Deserialize, Serialize};

use super::percent;
use crate::units::{Count, Probability};

/// Which instances of a service a fault hits. Instances of a service are alike unless the file says
/// otherwise, so the first ones stand for any.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub enum Selection {
    /// Every one.
    #[default]
    All,
    /// The first one.
    One,
    /// The first so many.
    First(FirstSelection),
    /// A share of them, rounded up, from the first on.
    Share(ShareSelection),
    /// Those at these places, numbered from 0.
    Places(PlacesSelection),
    /// Those in a zone.
    Zone(ZoneSelection),
}

/// The first so many.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct FirstSelection {
    /// How many.
    pub count: Count,
}

/// A share of the instances.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct ShareSelection {
    /// 0 to 1.
    pub ratio: Probability,
}

/// Instances by place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct PlacesSelection {
    /// Numbers from 0.
    pub list: Vec<u32>,
}

/// Instances of a zone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct ZoneSelection {
    /// Its name.
    pub name: String,
}

impl Selection {
    /// The hit part of `service` in words.
    pub(super) fn of(&self, service: &str) -> String {
        match self {
            Selection::All => service.to_owned(),
            Selection::One => format!("one of {service}"),
            Selection::First(first) => format!("{} of {service}", first.count),
            Selection::Share(share) => format!("{} % of {service}", percent(share.ratio.get())),
            Selection::Places(places) => match places.list[..] {
                [place] => format!("{service}[{place}]"),
                _ => format!("{} of {service}", places.list.len()),
            },
            Selection::Zone(zone) => format!("{service} in {}", zone.name),
        }
    }
}
