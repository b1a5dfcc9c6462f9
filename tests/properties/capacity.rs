//! What takes the speed away in this random network? Crowds, memory, housekeeping and copying, by dice of their
//! own: the rest of a network stays as it was before they existed.

use crate::draw::Dice;

/// Further settings of service number `k` of network `number`, and whether its memory is limited.
pub(crate) fn settings(number: u64, k: u64, is_alone: bool) -> (String, bool) {
    let mut dice = Dice::new(0xca_9ac17 + k, number);
    let dice = &mut dice;
    let mut text = String::new();
    if dice.chance(25) {
        text += &match dice.int(0, 1) {
            0 => format!(", degradation: {{linear: {{per_request: 0.0{}}}}}", dice.int(1, 9)),
            _ => format!(
                ", degradation: {{usl: {{contention: 0.{}, coherency: 0.00{}}}}}",
                dice.int(0, 3),
                dice.int(0, 9)
            ),
        };
    }
    let has_memory = dice.chance(25);
    if has_memory {
        text += &format!(
            ", memory: {{heap: {}MiB, base: 20MiB, per_request: {}MiB, gc_cost: 0.{}}}",
            dice.int(40, 200),
            dice.int(0, 8),
            dice.int(0, 5)
        );
    }
    if dice.chance(20) {
        let every = dice.int(200, 3_000);
        text += &format!(
            ", background: {{compaction: {{every: {every}ms, for: {}ms, cpu_share: 0.{}}}}}",
            dice.int(1, every - 1),
            dice.int(0, 4)
        );
    }
    if dice.chance(50) && !is_alone {
        text += &format!(
            ", repair: {{data: {}MiB, copies: 2, grace: {}ms, rate: {}, cpu_per_mib: 1ms, cpu_share: 0.{}, on_return: {}}}",
            dice.int(1, 5_000),
            dice.int(0, 500),
            dice.pick(&["unlimited", "50MiB/s"]),
            dice.int(1, 5),
            dice.pick(&["cancel", "finish"])
        );
    }
    if dice.chance(30) {
        text += &format!(", error_cost: {}ms", dice.int(0, 30));
    }
    (text, has_memory)
}

/// Further faults of network `number`, and a word for none at all.
pub(crate) fn faults(number: u64, services: u64, limited: &[u64], horizon_s: u64, is_first: bool) -> String {
    let mut dice = Dice::new(0xfa17, number);
    let dice = &mut dice;
    let mut text = String::new();
    let when = |dice: &mut Dice| {
        format!("at: {}ms, for: {}ms", dice.int(0, 1_000 * horizon_s - 1), dice.int(1, 500 * horizon_s))
    };
    if !limited.is_empty() && dice.chance(60) {
        let service = limited[dice.int(0, limited.len() as u64 - 1) as usize];
        let amount = dice.int(1, 150);
        text +=
            &format!("  stress: {{{}, memory: {{service: s{service}, amount: {amount}MiB}}}}\n", when(dice));
    }
    if dice.chance(20) {
        let whose = match dice.int(0, 1) {
            0 => "workload: w0".to_owned(),
            _ => format!("service: s{}", dice.int(0, services - 1)),
        };
        text += &format!(
            "  growth: {{{}, payload: {{{whose}, factor: {}}}}}\n",
            when(dice),
            dice.pick(&["0.5", "3"])
        );
    }
    if is_first && text.is_empty() {
        text += "  {}\n";
    }
    text
}
