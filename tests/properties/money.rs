//! What random networks pay: messages of some size, prices by zone, work on encoding and decoding, callers who keep to
//! their zone. Dice of their own, so that nothing else of a network moves.

use crate::draw::Dice;

/// What stands beside the services of network `number`.
pub(crate) fn beside(number: u64, zoned: bool) -> String {
    let dice = &mut Dice::new(0x0e0_7ca5, number);
    if !dice.chance(40) {
        return String::new();
    }
    let far = if zoned && dice.chance(50) { ", far: 0.05" } else { "" };
    let prices = format!(
        "prices: {{instance_hour: 0.1, gibibyte: {{between_zones: 0.02, internet: 0.09{far}}}, million_calls: 0.4}}\n"
    );
    prices
}

/// Whether network `number` has a class of its own between its zones.
pub(crate) fn pairs(number: u64) -> &'static str {
    match beside(number, true).contains("far") {
        true => ", pairs: [{between: [b, a], latency: 3ms, price: far}]",
        false => "",
    }
}

/// A service that may pay for its messages, and whose other endpoint may have some of size.
pub(crate) fn service(number: u64, k: u64, zoned: bool, text: String) -> String {
    let dice = &mut Dice::new(0xb17e5, 16 * number + k);
    let mut text = text;
    if dice.chance(40) {
        let sizes = format!(
            "request_size: {}B, response_size: {{exponential: {{mean: {}KiB}}}}",
            dice.int(1, 900),
            dice.int(1, 64)
        );
        text = text.replace("endpoints: {other: {steps", &format!("endpoints: {{other: {{{sizes}, steps"));
    }
    if dice.chance(40) {
        text += &format!(
            ", serialization: {{per_message: {}us, per_kib: {}us}}",
            dice.int(0, 200),
            dice.int(0, 50)
        );
    }
    if zoned && dice.chance(30) {
        let targets =
            format!("call: {{targets: {{zone_aware: {{min_cluster_size: {}}}}}, to: ", dice.int(1, 4));
        let mut parts = text.split("call: {to: ");
        let mut all = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            all += if part.contains("targets: ") { "call: {to: " } else { &targets };
            all += part;
        }
        text = all;
    }
    text
}
