//! What do operators do in this random network? By dice of their own: the rest of a network stays as it was
//! before they existed. And an operator who changes nothing changes nothing.

use sim_core::engine;
use sim_core::metrics::series::Series;
use sim_core::model::Bounds;
use sim_core::streams::Seed;
use sim_core::time::SimDuration;
use sim_tests::over_seeds;
use sim_tests::systems::model;

use crate::compose;
use crate::draw::Dice;

/// What of a random network an operator can change.
pub(crate) struct Reach {
    /// Of each service, whether its workers are shared.
    pub(crate) shared: Vec<bool>,
    /// Of each service, whether its number of instances may be changed by hand.
    pub(crate) by_hand: Vec<bool>,
    /// Of each workload, whether its users keep connections.
    pub(crate) workloads: usize,
}

/// The actions of network `number`, or nothing.
pub(crate) fn actions(number: u64, reach: &Reach, horizon_s: u64) -> String {
    let mut dice = Dice::new(0xac_7104, number);
    let dice = &mut dice;
    if !dice.chance(50) {
        return String::new();
    }
    let mut body = "actions:\n".to_owned();
    for k in 0..dice.int(1, 3) {
        let mut settings = vec![moment(dice, reach, horizon_s)];
        let restarts = dice.chance(20);
        let pauses = dice.chance(15);
        if restarts {
            let service = dice.int(0, reach.shared.len() as u64 - 1);
            settings
                .push(format!("restart: {{service: s{service}, instances: {}}}", dice.pick(&["all", "one"])));
        }
        if pauses {
            settings.push(format!("pause: {{workload: w{}}}", dice.int(0, reach.workloads as u64 - 1)));
        }
        let applies = !(restarts || pauses) || dice.chance(50);
        if applies {
            settings.push(format!("apply: {{{}}}", changes(dice, reach)));
        }
        if (applies || pauses) && dice.chance(50) {
            settings.push(format!("for: {}ms", dice.int(1, 500 * horizon_s)));
        }
        body += &format!("  act{k}: {{{}}}\n", settings.join(", "));
    }
    body
}

fn moment(dice: &mut Dice, reach: &Reach, horizon_s: u64) -> String {
    if dice.chance(60) {
        return format!("at: {}ms", dice.int(0, 1_000 * horizon_s - 1));
    }
    let service = dice.int(0, reach.shared.len() as u64 - 1);
    let length = dice.int(0, 2);
    let condition = match dice.int(0, 2) {
        0 => format!("queue_length: {{service: s{service}, above: {}, for: {length}s}}", dice.int(0, 5)),
        1 => format!("ready_instances: {{service: s{service}, below: {}, for: {length}s}}", dice.int(1, 4)),
        _ => format!("success: {{below: 0.{}, for: {length}s}}", dice.int(1, 9)),
    };
    format!("when: {{{condition}}}")
}

fn changes(dice: &mut Dice, reach: &Reach) -> String {
    let mut services = Vec::new();
    for (k, shared) in reach.shared.iter().enumerate() {
        let mut settings = Vec::new();
        if dice.chance(30) {
            settings.push(format!("workers: {}", dice.int(1, 8)));
        }
        if dice.chance(30) && !shared {
            let most = dice.int(1, 20);
            let kind = dice.pick(&[
                "fifo",
                "lifo",
                "adaptive_lifo",
                "priority",
                "fair",
                "earliest_deadline",
                "codel",
            ]);
            // A list of settings of its own, whatever the file had: another kind replaces the whole.
            settings.push(format!("queue: {{{kind}: {{capacity: {most}, max_wait: none, drop: newest}}}}"));
        }
        if dice.chance(20) {
            settings.push(match dice.int(0, 2) {
                0 => "admission: {share: {from: 0.1, to: 0.8, over: 1s}}".to_owned(),
                1 => "admission: {rate: {to: 20/s, burst: 2}}".to_owned(),
                _ => "admission: none".to_owned(),
            });
        }
        if dice.chance(20) {
            settings.push(format!("error_ratio: {}%", dice.int(0, 40)));
        }
        if dice.chance(20) {
            settings.push(format!("on_cancel: {}", dice.pick(&["ignore", "immediate"])));
        }
        if dice.chance(20) {
            settings.push(format!("pools: {{p: {{size: {}, queue: {}}}}}", dice.int(1, 6), dice.int(0, 4)));
        }
        if dice.chance(60) && reach.by_hand[k] {
            settings.push(format!("instances: {}", dice.int(1, 6)));
        }
        if !settings.is_empty() {
            services.push(format!("s{k}: {{{}}}", settings.join(", ")));
        }
    }
    let mut workloads = Vec::new();
    for k in 0..reach.workloads {
        if dice.chance(40) {
            let patience =
                if dice.chance(50) { "none".to_owned() } else { format!("{}ms", dice.int(1, 300)) };
            let balancer = dice.pick(&["round_robin", "least_request"]);
            // What can be said of any retries that the file has: fields of the same kind merge.
            let attempts = dice.int(1, 6);
            let budget = dice.pick(&[
                "none",
                "{success_tokens: {max_tokens: 10, token_ratio: 0.1}}",
                "active_ratio",
                "static_cap",
            ]);
            let retry = match dice.chance(50) {
                true => "none".to_owned(),
                false => format!("{{immediate: {{max_attempts: {attempts}, budget: {budget}}}}}"),
            };
            let timeouts = format!("{{attempt: {patience}, total: none}}");
            let call = format!("retry: {retry}, timeouts: {timeouts}, load_balancer: {balancer}");
            workloads.push(format!("w{k}: {{call: {{{call}}}}}"));
        }
    }
    format!("services: {{{}}}, workloads: {{{}}}", services.join(", "), workloads.join(", "))
}

/// The run switches to a model that is the same: nobody is served, refused or lost by that. 400 networks, seed
/// equal to the number; ledgers and windows are the same to the last digit.
#[test]
fn an_operator_who_changes_nothing_changes_nothing() {
    over_seeds(1..=400, |number| {
        let drawn = compose::network(number);
        let body = drawn.body.split("actions:\n").next().expect("a text has a first part").to_owned();
        let idle = format!(
            "{body}actions: {{idle: {{at: 1500ms, for: 1s, apply: {{services: {{}}}}}}, \
             eager: {{when: {{queue_length: {{service: s0, above: -1}}}}, apply: {{workloads: {{}}}}}}}}\n"
        );
        let run = |body: &str| {
            let mut model = model(&drawn.horizon, body);
            model.bounds = Bounds { events: u64::MAX, in_flight: 5_000 };
            if model.actions.is_empty() {
                model.is_plain = false;
            }
            let run = engine::run_dyn(&model, Seed(number), Series::new(&model, SimDuration::ZERO));
            let services: Vec<String> =
                run.probe.services.iter().map(|s| format!("{:?}", s.windows)).collect();
            (format!("{:?}", run.ledger), services, run.stop)
        };
        // Networks that multiply calls without end are none for a comparison of whole runs.
        let (with, without) = (run(&idle), run(&body));
        assert_eq!(with.0, without.0, "ledger of network {number} with an operator who does nothing");
        assert!(with == without, "windows of network {number} with an operator who does nothing");
    });
}
