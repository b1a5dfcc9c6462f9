//! Which random networks hand work over, let senders wait outside, and keep caches up to date by the clock? Words put
//! into the text of a service or workload by dice of their own: they move nothing else.

use crate::draw::Dice;

/// The service with such settings, if its dice say so.
pub(crate) fn service(number: u64, k: u64, mut text: String) -> String {
    let dice = &mut Dice::new(0xf10e5, 64 * number + k);
    if dice.chance(40) {
        text = text.replace("drop: newest", "drop: nobody");
    }
    text = hand_over(dice, &text, "{call: {to: ");
    for name in ["a0", "a1", "a2", "b0", "b1", "b2"] {
        let is_used = text.contains(&format!("cached: {{cache: {name},"));
        let fill = if name.starts_with('a') { "caller" } else { "callee" };
        let settings = format!("{name}: {{fill: {fill}, scope: instance");
        if is_used && dice.chance(30) {
            let (every, jitter) = (dice.int(20, 900), dice.pick(&["0", "0.3", "1"]));
            let retry = if dice.chance(50) { format!("{}ms", dice.int(1, every)) } else { "none".to_owned() };
            let refresh = format!("refresh: {{every: {every}ms, jitter: {jitter}, retry_every: {retry}}}");
            text = text.replace(&settings, &format!("{name}: {{{refresh}, {}", &settings[name.len() + 3..]));
        }
    }
    if dice.chance(30) {
        text = text.replacen("steps: [", "steps: [{put: {cache: a0}}, ", 1);
    }
    text
}

/// The workload, whose users perhaps wait only until they are let in.
pub(crate) fn workload(number: u64, k: u64, text: &str) -> String {
    hand_over(&mut Dice::new(0xf10e5, 64 * number + 32 + k), text, "call: {to: ")
}

/// Some of the calls wait no longer than until they are accepted; not those whose callees fill a cache.
fn hand_over(dice: &mut Dice, text: &str, call: &str) -> String {
    let mut parts = text.split(call);
    let mut all = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let fills = all.rsplit("cached: {cache: ").next().is_some_and(|cached| cached.starts_with('b'));
        let accepts = dice.chance(20) && !fills;
        let to = if accepts && !part.contains("hedging: ") {
            call.replace("to: ", "until: accepted, to: ")
        } else {
            call.to_owned()
        };
        all += &(to + part);
    }
    all
}
