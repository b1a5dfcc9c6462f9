//! What does it cost to run a system? Instances by the hour, bytes by where they go, calls by the million: in one
//! currency, without units.

use serde::{Deserialize, Serialize};

use super::Named;
use super::zone::ZonesConfig;
use crate::units::Price;

/// What things cost.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case", default)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct PricesConfig {
    /// Of an instance for an hour, booting and draining included; default 0.
    pub instance_hour: Price,
    /// Of a gibibyte of messages, by class: `within_zone`, `between_zones`, `internet` (from or to somebody who stands
    /// in no zone), and the classes that `pairs` of zones name; default 0 each.
    pub gibibyte: Named<Price>,
    /// Of a million attempts that are sent; default 0.
    pub million_calls: Price,
}

/// The classes that there always are, in the order of [`Wires::classes`].
pub const CLASSES: [&str; 3] = ["within_zone", "between_zones", "internet"];
/// Number of the class of messages from or to somebody who stands in no zone.
pub const INTERNET: u8 = 2;

/// What messages between places cost, ready to run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wires {
    /// Whether the file has prices at all.
    pub has_prices: bool,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// Of a gibibyte, by class, in billionths of the currency.
    pub gibibyte: Vec<u64>,
    /// Of an instance for an hour, in billionths.
    pub instance_hour: u64,
    /// Of a million attempts, in billionths.
    pub million_calls: u64,
    /// How many zones there are.
    pub zones: usize,
    /// The class of each pair of zones, row by row.
    pub pairs: Vec<u8>,
}

impl PricesConfig {
    /// Every class that zones name, with its price.
    pub(super) fn lower(&self, zones: &ZonesConfig) -> Wires {
        let mut classes: Vec<String> = CLASSES.map(str::to_owned).to_vec();
        for class in zones.pairs.iter().filter_map(|pair| pair.price.as_ref()) {
            if !classes.contains(class) && classes.len() < usize::from(u8::MAX) {
                classes.push(class.clone());
            }
        }
        let count = zones.names.len();
        let of = |a: usize, b: usize| {
            let named = zones.pair(a, b).and_then(|pair| pair.price.as_ref());
            let place = named.and_then(|class| classes.iter().position(|other| other == class));
            place.unwrap_or(usize::from(a != b)) as u8
        };
        Wires {
            has_prices: *self != PricesConfig::default(),
            gibibyte: classes
                .iter()
                .map(|class| self.gibibyte.get(class).map_or(0, |price| price.billionths()))
                .collect(),
            pairs: (0..count * count).map(|k| of(k / count, k % count)).collect(),
            classes,
            instance_hour: self.instance_hour.billionths(),
            million_calls: self.million_calls.billionths(),
            zones: count,
        }
    }
}

impl Wires {
    /// The class of a message between two places; a place without a zone is outside.
    pub fn class(&self, a: Option<crate::ids::ZoneId>, b: Option<crate::ids::ZoneId>) -> u8 {
        use crate::ids::Id;
        match (a, b) {
            (Some(a), Some(b)) => self.pairs[a.index() * self.zones + b.index()],
            _ => INTERNET,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{Id, ZoneId};

    #[test]
    fn pairs_name_classes_and_others_have_the_usual_ones() {
        let zones: ZonesConfig = serde_json::from_str(
            r#"{"names": ["a", "b", "far"], "pairs": [{"between": ["far", "a"], "price": "between_regions"}]}"#,
        )
        .expect("readable");
        let prices: PricesConfig = serde_json::from_str(
            r#"{"gibibyte": {"between_zones": 0.01, "between_regions": 0.02, "internet": 0.09}}"#,
        )
        .expect("readable");
        let wires = prices.lower(&zones);
        let zone = |place| Some(ZoneId::from_index(place));
        let price = |a, b| wires.gibibyte[wires.class(a, b) as usize];
        assert_eq!(price(zone(0), zone(0)), 0);
        assert_eq!(price(zone(0), zone(1)), 10_000_000);
        assert_eq!((price(zone(0), zone(2)), price(zone(2), zone(0))), (20_000_000, 20_000_000));
        assert_eq!(price(zone(1), zone(2)), 10_000_000);
        assert_eq!(price(None, zone(2)), 90_000_000);
        assert!(wires.has_prices && !PricesConfig::default().lower(&zones).has_prices);
    }
}
