//! Which random system has this number? Written as a file, so that a failing one can be read and run.

use sim_core::luck::mix;

/// A random system.
pub(crate) struct Drawn {
    /// Simulated time.
    pub(crate) horizon: String,
    /// Services, workloads and faults, as in a file.
    pub(crate) body: String,
    /// Bound on events, if the run is to end early.
    pub(crate) most_events: Option<u64>,
}

/// What random systems draw from.
pub(crate) struct Dice {
    key: u64,
    next: u64,
}

impl Dice {
    pub(crate) fn new(salt: u64, number: u64) -> Self {
        Dice { key: mix(salt, number), next: 0 }
    }

    fn bits(&mut self) -> u64 {
        self.next += 1;
        mix(self.key, self.next)
    }

    /// A whole number in `from..=to`.
    pub(crate) fn int(&mut self, from: u64, to: u64) -> u64 {
        from + self.bits() % (to - from + 1)
    }

    /// Dice of their own, from where these stand: what they throw moves nothing else.
    pub(crate) fn aside(&self) -> Dice {
        Dice::new(self.key ^ 0xa51de, self.next)
    }

    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.int(0, 99) < percent
    }

    pub(crate) fn pick<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.int(0, choices.len() as u64 - 1) as usize]
    }
}

/// The random system of this number.
pub(crate) fn system(number: u64) -> Drawn {
    let mut dice = Dice::new(0x5917a1, number);
    let horizon_s = dice.int(5, 40);
    let (services, workloads, faults) = (dice.int(1, 3), dice.int(1, 3), dice.int(0, 5));
    let mut body = String::from("\nservices:\n");
    for k in 0..services {
        body += &format!("  s{k}: {{{}}}\n", service(&mut dice));
    }
    body += "workloads:\n";
    for k in 0..workloads {
        let to = dice.int(0, services - 1);
        body += &format!("  w{k}: {{{}}}\n", workload(&mut dice, to, horizon_s));
    }
    body += "faults:\n";
    if faults == 0 {
        body += "  {}\n";
    }
    for k in 0..faults {
        body += &format!("  f{k}: {{{}}}\n", fault(&mut dice, services, workloads, horizon_s));
    }
    let most_events = dice.chance(10).then(|| dice.int(1, 2_000));
    Drawn { horizon: format!("{horizon_s}s"), body, most_events }
}

fn service(dice: &mut Dice) -> String {
    let mean = dice.int(1, 60);
    let time = match dice.int(0, 9) {
        0 => "0s".to_owned(),
        1 | 2 => format!("{mean}ms"),
        3 => format!("{{uniform: {{min: 0s, max: {}ms}}}}", 2 * mean),
        4 => format!("{{erlang: {{mean: {mean}ms, shape: 3}}}}"),
        5 => format!("{{lognormal: {{mean: {mean}ms, cv: 2}}}}"),
        6 => format!("{{bimodal: {{fast: 1ms, slow: {}ms, slow_ratio: 0.1}}}}", 20 * mean),
        _ => format!("{{exponential: {{mean: {mean}ms}}}}"),
    };
    let capacity = match dice.int(0, 3) {
        0 => dice.int(0, 3).to_string(),
        1 => dice.int(4, 60).to_string(),
        _ => "unlimited".to_owned(),
    };
    let max_wait = match dice.int(0, 3) {
        0 => format!("{}ms", dice.int(0, 400)),
        _ => "none".to_owned(),
    };
    let order = dice.pick(&["fifo", "fifo", "lifo"]);
    let errors = if dice.chance(30) { dice.int(1, 100) } else { 0 };
    format!(
        "instances: {}, workers: {}, service_time: {time}, error_ratio: {errors}%, \
         queue: {{{order}: {{capacity: {capacity}, max_wait: {max_wait}}}}}",
        dice.int(1, 3),
        dice.int(1, 6)
    )
}

fn workload(dice: &mut Dice, to: u64, horizon_s: u64) -> String {
    let rate = dice.int(1, 150);
    let half = horizon_s / 2;
    let profile = match dice.int(0, 7) {
        0 => {
            format!("{{steps: [{{at: 0s, rate: {rate}/s}}, {{at: {half}s, rate: {}/s}}]}}", dice.int(0, 200))
        }
        1 => format!("{{ramp: {{from: {}/s, to: {rate}/s, end: {half}s}}}}", dice.int(0, 200)),
        2 => format!("{{spike: {{base: {rate}/s, peak: {}/s, at: {half}s, for: 1s}}}}", 3 * rate),
        3 => format!("{{diurnal: {{mean: {rate}/s, amplitude_ratio: 0.7, period: {half}s}}}}"),
        4 => format!("{{points: [{{at: 0s, rate: 0/s}}, {{at: {half}s, rate: {rate}/s}}]}}"),
        _ => format!("{rate}/s"),
    };
    let arrivals = dice.pick(&["poisson", "poisson", "evenly_spaced"]);
    let clients = if dice.chance(40) { dice.int(2, 20) } else { 1 };
    let attempt = dice.chance(70).then(|| dice.int(1, 500));
    let total = dice.chance(40).then(|| dice.int(attempt.unwrap_or(1), 2_000));
    let patience = |ms: Option<u64>| ms.map_or("none".to_owned(), |ms| format!("{ms}ms"));
    format!(
        "clients: {clients}, arrivals: {{{arrivals}: {{rate: {profile}}}}}, call: {{to: s{to}, \
         timeouts: {{attempt: {}, total: {}}}, load_balancer: {}, retry: {}}}",
        patience(attempt),
        patience(total),
        dice.pick(&["round_robin", "random"]),
        retry_of(dice, false)
    )
}

pub(crate) fn retry(dice: &mut Dice) -> String {
    retry_of(dice, true)
}

/// The same with or without what asks for books of its own: budgets of what is under way, other instances.
fn retry_of(dice: &mut Dice, everything: bool) -> String {
    let aside = &mut dice.aside();
    let attempts = dice.int(1, 6);
    let base = dice.int(0, 200);
    let budget = match dice.int(0, 5) {
        0 => format!(
            "{{success_tokens: {{max_tokens: {}, token_ratio: 0.{}}}}}",
            dice.int(1, 100),
            dice.int(1, 9)
        ),
        1 => format!(
            "{{deposit: {{retry_ratio: 0.{}, min_retries_per_second: {}, ttl: {}s}}}}",
            dice.int(0, 9),
            dice.int(0, 10),
            dice.int(1, 20)
        ),
        _ => budget(aside, everything),
    };
    let budget = format!("{budget}{}", terms(aside, everything));
    let jitter = match dice.int(0, 3) {
        0 => "jitter: none",
        1 => "jitter: full",
        2 => "jitter: equal",
        _ => "jitter: plus_minus, jitter_ratio: 0.2",
    };
    match dice.int(0, 6) {
        0 | 1 => "none".to_owned(),
        2 => format!("{{immediate: {{max_attempts: {attempts}, budget: {budget}}}}}"),
        3 => {
            format!("{{constant: {{max_attempts: {attempts}, base: {base}ms, {jitter}, budget: {budget}}}}}")
        }
        4 => format!("{{linear: {{max_attempts: {attempts}, base: {base}ms, {jitter}, budget: {budget}}}}}"),
        5 => format!(
            "{{exponential: {{max_attempts: {attempts}, base: {base}ms, max: 1s, {jitter}, budget: {budget}}}}}"
        ),
        _ if aside.chance(50) => format!(
            "{{polly_decorrelated_v2: {{max_attempts: {attempts}, base: {base}ms, max: 1s, budget: {budget}}}}}"
        ),
        _ => format!(
            "{{decorrelated: {{max_attempts: {attempts}, base: {}ms, max: 1s, budget: {budget}}}}}",
            base + 1
        ),
    }
}

/// The same for messages, which go to the instance that their user is connected to: they avoid nobody.
pub(crate) fn retry_in_place(dice: &mut Dice) -> String {
    let text = retry(dice);
    (1..=5).fold(text, |text, n| text.replace(&format!(", avoid_previous_host: {{reselections: {n}}}"), ""))
}

/// One of the budgets that came later, or none.
fn budget(dice: &mut Dice, everything: bool) -> String {
    match dice.int(if everything { 0 } else { 2 }, 7) {
        0 => format!("{{static_cap: {{max_concurrent: {}}}}}", dice.int(1, 9)),
        1 => format!(
            "{{active_ratio: {{retry_ratio: 0.{}, min_concurrent: {}}}}}",
            dice.int(0, 9),
            dice.int(1, 4)
        ),
        2 => format!(
            "{{quota: {{max_tokens: {}, cost: {}, cost_when: {{shed: 2, timeout: 9}}}}}}",
            dice.int(20, 200),
            dice.int(1, 20)
        ),
        3 => format!("{{window_ratio: {{retry_ratio: 0.{}, window: {}s}}}}", dice.int(0, 9), dice.int(1, 20)),
        _ => "none".to_owned(),
    }
}

/// What a retry has beside its formula.
fn terms(dice: &mut Dice, everything: bool) -> String {
    let mut text = String::new();
    if dice.chance(20) {
        text += &format!(
            ", on: {}",
            dice.pick(&[
                "[timeout]",
                "[timeout, server_error, shed]",
                "[connect_failure, reset, pool_timeout]"
            ])
        );
    }
    if dice.chance(15) {
        text += ", only_idempotent: true";
    }
    if dice.chance(40) {
        text +=
            &format!(", retry_after: {}", dice.pick(&["exact", "{within: {extra: 100ms}}", "{spread: {}}"]));
    }
    if dice.chance(25) {
        text += ", transparent_retry: true";
    }
    if everything && dice.chance(25) {
        text += &format!(", avoid_previous_host: {{reselections: {}}}", dice.int(1, 5));
    }
    text
}

fn fault(dice: &mut Dice, services: u64, workloads: u64, horizon_s: u64) -> String {
    let (at, length) = (dice.int(0, 10 * horizon_s - 1), dice.int(1, 10 * horizon_s));
    let service = dice.int(0, services - 1);
    let tenths = |n: u64| format!("{}.{}", n / 10, n % 10);
    let kind = match dice.int(0, 4) {
        0 => format!("capacity: {{service: s{service}, factor: {}}}", tenths(dice.int(1, 15))),
        1 => format!("stop: {{service: s{service}}}"),
        2 => format!("slow: {{service: s{service}, factor: {}}}", tenths(dice.int(2, 60))),
        3 => format!("errors: {{service: s{service}, ratio: {}%}}", dice.int(0, 100)),
        _ => format!(
            "load_spike: {{workload: w{}, factor: {}}}",
            dice.int(0, workloads - 1),
            tenths(dice.int(1, 40))
        ),
    };
    format!("at: {}s, for: {}s, {kind}", tenths(at), tenths(length))
}
