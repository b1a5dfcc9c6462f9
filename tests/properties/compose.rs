//! Which random network has this number? Every policy in front of every kind of service, each feature on
//! or off by the dice; written as a file, so that a failing one can be read and run.

mod calls;

use crate::actions::{self, Reach};
use crate::capacity;
use crate::draw::{Dice, Drawn};

/// The random network of this number.
pub(crate) fn network(number: u64) -> Drawn {
    let mut dice = Dice::new(0xc0_4b05e, number);
    let dice = &mut dice;
    let horizon_s = dice.int(4, 12);
    let services = dice.int(1, 5);
    let zoned = dice.chance(40);
    let instances = (0..services).map(|_| dice.int(1, 4)).collect();
    let spread = |dice: &mut Dice, k| {
        dice.pick(if k == 0 { &["[a, b]", "[a]"] } else { &["[a, b]", "[b, a]", "[b]"] }).to_owned()
    };
    let zones = (0..services).map(|k| spread(dice, k)).collect();
    let scaler = |k| autoscaler(&mut Dice::new(0x5ca1e, 8 * number + k));
    let mut scalers: Vec<String> = (0..services).map(scaler).collect();
    // A blank for what an operator scales: its instances come and go as well.
    for scaler in scalers.iter_mut().filter(|scaler| scaler.is_empty() && number.is_multiple_of(3)) {
        *scaler = BY_HAND.to_owned();
    }
    let plan = Plan { services, zoned, instances, zones, scalers };
    let mut body = String::from("\n");
    if plan.zoned {
        let pairs = crate::money::pairs(number);
        body += &format!(
            "zones: {{names: [a, b], within: 200us, between: {{uniform: {{min: 1ms, max: 5ms}}}}{pairs}}}\n"
        );
    }
    body += &crate::money::beside(number, plan.zoned);
    body += "services:\n";
    let mut limited = Vec::new();
    let mut reach = Reach { shared: Vec::new(), by_hand: Vec::new(), workloads: 0 };
    for k in 0..plan.services {
        let scaler = &plan.scalers[k as usize];
        let text = service(dice, &plan, k);
        let is_alone = text.starts_with("instances: 1,");
        let (further, has_memory) = capacity::settings(number, k, is_alone);
        if has_memory {
            limited.push(k);
        }
        // Copies and scalers do not go together.
        let scaler = if further.contains("repair:") { "" } else { scaler };
        reach.shared.push(text.contains("queue: {processor_sharing"));
        reach.by_hand.push(scaler == BY_HAND);
        let text = crate::flows::service(number, k, text);
        let text = crate::money::service(number, k, plan.zoned, text);
        body += &format!("  s{k}: {{{text}{further}{scaler}}}\n");
    }
    body += "workloads:\n";
    let mut open = Vec::new();
    for k in 0..dice.int(1, 3) {
        let (text, is_open) = workload(dice, &plan);
        if is_open {
            open.push(k);
        }
        let text = crate::flows::workload(number, k, &text);
        body += &format!("  w{k}: {{{text}}}\n");
        reach.workloads += 1;
    }
    body += "faults:\n";
    let faults = dice.int(0, 5);
    for k in 0..faults {
        body += &format!("  f{k}: {{{}}}\n", fault(dice, &plan, &open, horizon_s));
    }
    body += &capacity::faults(number, plan.services, &limited, horizon_s, faults == 0);
    body += &actions::actions(number, &reach, horizon_s);
    Drawn { horizon: format!("{horizon_s}s"), body, most_events: Some(60_000) }
}

/// Stands where a scaler would.
const BY_HAND: &str = " ";

struct Plan {
    services: u64,
    zoned: bool,
    /// Of each service.
    instances: Vec<u64>,
    /// Over which zones each is spread, where there are zones.
    zones: Vec<String>,
    /// What scales each, or nothing.
    scalers: Vec<String>,
}

impl Plan {
    /// Whether instances of a service come and go: then they are no shards and have no weights.
    fn is_scaled(&self, service: u64) -> bool {
        !self.scalers[service as usize].is_empty()
    }
}

fn ms(dice: &mut Dice, from: u64, to: u64) -> String {
    format!("{}ms", dice.int(from, to))
}

fn or_none(dice: &mut Dice, percent: u64, from: u64, to: u64) -> String {
    if dice.chance(percent) { ms(dice, from, to) } else { "none".to_owned() }
}

fn work(dice: &mut Dice) -> String {
    let mean = dice.int(1, 40);
    match dice.int(0, 4) {
        0 => format!("{mean}ms"),
        1 => format!("{{bimodal: {{fast: 1ms, slow: {}ms, slow_ratio: 0.1}}}}", 20 * mean),
        2 => "0s".to_owned(),
        _ => format!("{{exponential: {{mean: {mean}ms}}}}"),
    }
}

fn queue(dice: &mut Dice) -> String {
    if dice.chance(20) {
        return "fifo".to_owned();
    }
    if dice.chance(15) {
        let most = dice.int(1, 30).to_string();
        let capacity = if dice.chance(50) { "unlimited" } else { &most };
        return format!("{{processor_sharing: {{capacity: {capacity}}}}}");
    }
    let kind =
        dice.pick(&["fifo", "lifo", "adaptive_lifo", "priority", "fair", "earliest_deadline", "codel"]);
    let bounded = dice.chance(60) || kind == "adaptive_lifo";
    let mut settings = vec![
        format!("max_wait: {}", or_none(dice, 30, 0, 300)),
        format!("expired_margin: {}", or_none(dice, 30, 0, 50)),
    ];
    if bounded {
        settings.push(format!("capacity: {}", dice.int(1, 20)));
        let rule = match kind {
            "fair" | "earliest_deadline" => dice.pick(&["newest", "lowest_class"]),
            _ => dice.pick(&["newest", "oldest", "lowest_class"]),
        };
        settings.push(format!("drop: {rule}"));
    }
    format!("{{{kind}: {{{}}}}}", settings.join(", "))
}

fn probe(dice: &mut Dice) -> String {
    format!(
        "{{period: {}, timeout: {}, failures: {}, checks: {}, initial_delay: {}}}",
        ms(dice, 100, 1_000),
        ms(dice, 10, 300),
        dice.int(1, 3),
        dice.pick(&["self", "queue", "dependencies"]),
        ms(dice, 0, 300)
    )
}

fn lifecycle(dice: &mut Dice) -> String {
    let mut settings = Vec::new();
    if dice.chance(50) {
        settings.push(format!("boot_time: {}", ms(dice, 1, 800)));
    }
    if dice.chance(40) {
        settings.push(format!("warm_up: {{factor: {}, duration: {}}}", dice.int(2, 5), ms(dice, 1, 1_500)));
    }
    if dice.chance(25) {
        settings.push(format!("crash_at: {}", dice.int(3, 40)));
    }
    if dice.chance(40) {
        settings.push(format!("readiness: {}", probe(dice)));
    }
    if dice.chance(60) {
        settings.push(format!(
            "restart: {{backoff_base: {}, backoff_max: 2s, reset_after: 3s, grace: {}}}",
            ms(dice, 0, 500),
            ms(dice, 0, 500)
        ));
        if dice.chance(50) {
            settings.push(format!("liveness: {}", probe(dice)));
        }
    }
    format!("{{{}}}", settings.join(", "))
}

fn service(dice: &mut Dice, plan: &Plan, k: u64) -> String {
    let mut settings = vec![
        format!("instances: {}", plan.instances[k as usize]),
        format!("workers: {}", dice.int(1, 6)),
        format!("queue: {}", queue(dice)),
        format!("lifecycle: {}", lifecycle(dice)),
        format!("pools: {{p: {}}}", pool(dice)),
    ];
    if dice.chance(30) {
        let old = match dice.int(0, 1) {
            0 => 1,
            _ => dice.int(5, 60),
        };
        // Dice of its own: who limits what moves nothing else.
        settings
            .push(format!("admission: {}", crate::limits::admission(&mut Dice::new(0x1ad317, 64 * old + k))));
        settings.push(format!("reject_cost: {}", ms(dice, 0, 5)));
    }
    if dice.chance(60) {
        let interval = ms(dice, 1, 30);
        let checkpoint = format!("{{checkpoint: {{interval: {interval}}}}}");
        settings.push(format!("on_cancel: {}", dice.pick(&["ignore", "immediate", &checkpoint])));
    }
    if dice.chance(30) {
        settings.push(format!("error_ratio: {}%", dice.int(1, 60)));
    }
    if dice.chance(20) {
        settings.push("speeds: [0.5]".to_owned());
    }
    if plan.zoned {
        settings.push(format!("zones: {}", plan.zones[k as usize]));
    }
    let leaf = k + 1 == plan.services;
    if leaf && dice.chance(60) {
        settings.push(format!("service_time: {}", work(dice)));
    } else {
        settings.push(format!("steps: [{}]", calls::steps(dice, plan, k, 0)));
    }
    settings.push(format!("caches: {{{}}}", caches(dice)));
    settings.push(format!("endpoints: {{other: {{steps: [{}]}}}}", calls::steps(dice, plan, k, 1)));
    settings.join(", ")
}

/// Dice of its own: who scales what moves nothing else. Between 1 and 4 instances are there at the start.
fn autoscaler(dice: &mut Dice) -> String {
    if !dice.chance(35) {
        return String::new();
    }
    if dice.chance(15) {
        let (first, second) = (dice.int(1, 2_000), dice.int(2_001, 4_000));
        return format!(
            ", autoscaler: {{schedule: {{steps: [{{at: {first}ms, instances: {}}}, {{at: {second}ms, instances: {}}}]}}}}",
            dice.int(1, 6),
            dice.int(1, 6)
        );
    }
    let target = dice.int(1, 30);
    let metric = match dice.int(0, 4) {
        0 => format!("{{in_flight: {{target: 0.{target}}}}}"),
        1 => format!("{{queue_length: {{target: 0.{target}}}}}"),
        2 => format!("{{rate: {{target: {target}/s}}}}"),
        3 => format!("{{cpu: {{target: {target}%, request: {}}}}}", dice.int(1, 3)),
        _ => "cpu".to_owned(),
    };
    let (most, window, delay) = (dice.int(4, 7), ms(dice, 50, 900), ms(dice, 0, 400));
    let common = format!("metric: {metric}, max: {most}, metric_window: {window}, metric_delay: {delay}");
    if dice.chance(25) {
        let steps = "[{above: 1, add: 2}, {below: 0.7, remove: 1}]";
        let (period, cooldown) = (ms(dice, 50, 500), ms(dice, 0, 900));
        return format!(
            ", autoscaler: {{step: {{{common}, steps: {steps}, period: {period}, cooldown: {cooldown}}}}}"
        );
    }
    let down = dice.pick(&[
        "{stabilization: 0s}",
        "{stabilization: 500ms, policies: [{pods: 1, period: 200ms}]}",
        "{stabilization: 0s, select: disabled}",
    ]);
    format!(
        ", autoscaler: {{hpa: {{{common}, sync_period: {}, scale_down: {down}, cpu_initialization: {}}}}}",
        ms(dice, 50, 900),
        ms(dice, 0, 900)
    )
}

fn pool(dice: &mut Dice) -> String {
    let queue = if dice.chance(50) { "unlimited".to_owned() } else { dice.int(0, 5).to_string() };
    let size = dice.int(1, 4);
    let patience = or_none(dice, 50, 1, 100);
    let aside = &mut dice.aside();
    let links = match aside.chance(25) {
        true => format!(
            "{{count: {}, rate: {}/s, order: {}}}",
            aside.int(1, size),
            aside.int(20, 2_000),
            aside.pick(&["mru", "lru", "random"])
        ),
        false => "none".to_owned(),
    };
    format!("{{size: {size}, queue: {queue}, acquire_timeout: {patience}, links: {links}}}")
}

/// For each depth of steps one that callers fill, and one that callees fill.
fn caches(dice: &mut Dice) -> String {
    let one = |dice: &mut Dice, name: String, fill: &str| {
        let mut settings = vec![
            format!("fill: {fill}"),
            format!("scope: {}", dice.pick(&["instance", "shared"])),
            format!("eviction: {}", dice.pick(&["lru", "fifo", "lfu", "{lfu: {age_after: 2}}"])),
            format!("coalesce: {}", dice.pick(&["none", "process"])),
            format!("negative_ttl: {}", or_none(dice, 30, 1, 200)),
            format!("warm: {}", dice.pick(&["none", "full", "{ratio: 50%}"])),
        ];
        if dice.chance(60) {
            settings.push(format!("capacity: {}", dice.int(1, 20)));
        }
        let expires = dice.chance(70);
        if expires {
            settings.push(format!("ttl: {}", ms(dice, 1, 1_000)));
            settings.push(format!("ttl_jitter: {}", dice.pick(&["0", "0.5", "1"])));
            settings.push(format!("stale_while_revalidate: {}", or_none(dice, 40, 1, 500)));
            settings.push(format!("stale_if_error: {}", or_none(dice, 40, 1, 500)));
            settings
                .push(format!("early_refresh: {}", dice.pick(&["none", "xfetch", "{xfetch: {beta: 5}}"])));
        }
        if dice.chance(30) {
            let stale = expires && dice.chance(50);
            let (interval, wait) = (ms(dice, 1, 500), ms(dice, 1, 50));
            settings.push(format!("lease: {{interval: {interval}, wait: {wait}, accept_stale: {stale}}}"));
        }
        format!("{name}: {{{}}}", settings.join(", "))
    };
    let pair = |depth: u32| [(format!("a{depth}"), "caller"), (format!("b{depth}"), "callee")];
    let all = (0..3).flat_map(pair).map(|(name, fill)| one(dice, name, fill));
    all.collect::<Vec<_>>().join(", ")
}

fn workload(dice: &mut Dice, plan: &Plan) -> (String, bool) {
    let rate = dice.int(2, 40);
    let think = work(dice);
    let (arrivals, is_open) = match dice.int(0, 6) {
        0 => (format!("{{closed: {{users: {}, think_time: {think}}}}}", dice.int(1, 12)), false),
        1 | 2 => {
            let requests = dice.int(1, 5);
            (format!("{{sessions: {{rate: {rate}/s, requests: {requests}, think_time: {think}}}}}"), true)
        }
        3 => (format!("{{evenly_spaced: {{rate: {rate}/s}}}}"), true),
        _ => (format!("{{poisson: {{rate: {rate}/s}}}}"), true),
    };
    let to = dice.int(0, plan.services - 1);
    let mut settings = vec![
        format!("arrivals: {arrivals}"),
        format!("clients: {}", dice.int(1, 4)),
        format!("criticality: {}", dice.pick(&["critical_plus", "critical", "sheddable_plus", "sheddable"])),
        format!("pools: {{p: {}}}", pool(dice)),
        format!("call: {{{}}}", calls::call(dice, plan, to, true)),
    ];
    for kind in ["keys", "tenants"] {
        if dice.chance(40) {
            let popularity = dice.pick(&["uniform", "{zipf: {}}", "{hot: {share: 30%, others: {zipf: {}}}}"]);
            settings.push(format!("{kind}: {{count: 20, popularity: {popularity}}}"));
        }
    }
    if plan.zoned && dice.chance(50) {
        settings.push("zone: a".to_owned());
    }
    (settings.join(", "), is_open)
}

fn fault(dice: &mut Dice, plan: &Plan, open: &[u64], horizon_s: u64) -> String {
    let (at, length) = (dice.int(0, 1_000 * horizon_s - 1), dice.int(1, 500 * horizon_s));
    let k = dice.int(0, plan.services - 1) as usize;
    let service = format!("s{k}");
    let share = format!("{{share: {{ratio: {}%}}}}", dice.int(1, 100));
    let first_zone = &plan.zones[k][1..2];
    let zone = if plan.zoned { format!("{{zone: {{name: {first_zone}}}}}") } else { "all".to_owned() };
    let some = dice.pick(&["all", "one", "{places: {list: [0]}}", "{first: {count: 1}}", &share, &zone]);
    let hit = format!("service: {service}, instances: {some}");
    let kind = match dice.int(0, 15) {
        0 => format!("capacity: {{{hit}, factor: 0.{}}}", dice.int(1, 9)),
        1 => format!("stop: {{{hit}}}"),
        2 => format!("slow: {{{hit}, factor: {}}}", dice.int(2, 9)),
        3 => format!("errors: {{{hit}, ratio: {}%}}", dice.int(1, 100)),
        4 | 5 => format!("crash: {{services: [{service}], instances: {some}}}"),
        6 => format!("restart: {{{hit}}}"),
        7 | 8 => format!("hang: {{{hit}, ratio: {}}}", dice.pick(&["1", "0.5"])),
        9 if plan.zoned => format!("zone_down: {{zone: {}}}", dice.pick(&["a", "a"])),
        10 if !open.is_empty() => {
            let workload = open[dice.int(0, open.len() as u64 - 1) as usize];
            format!("load_spike: {{workload: w{workload}, factor: {}}}", dice.pick(&["0.3", "2", "4"]))
        }
        11..=13 => {
            let cache = format!("{}{}", dice.pick(&["a", "b"]), dice.int(0, 2));
            format!("cache_flush: {{service: {service}, cache: {cache}}}")
        }
        _ => format!(
            "monkey: {{service: {service}, every: {{exponential: {{mean: 500ms}}}}, group: {}, downtime: {}}}",
            dice.int(1, 2),
            ms(dice, 0, 800)
        ),
    };
    format!("at: {at}ms, for: {length}ms, {kind}")
}
