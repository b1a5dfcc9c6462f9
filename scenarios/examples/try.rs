//! scratch
use std::sync::atomic::AtomicBool;
fn main() {
    let id = std::env::args().nth(1).unwrap();
    let seeds: u64 = std::env::args().nth(2).unwrap().parse().unwrap();
    let s = match scenarios::library::find(&id).unwrap().load(&[]) {
        Ok(s) => s,
        Err(e) => {
            println!("{}", e.render(false));
            return;
        }
    };
    let stop = AtomicBool::new(false);
    let hooks = scenarios::experiment::Hooks { threads: 0, progress: &|_, _| {}, stop: &stop };
    let t = std::time::Instant::now();
    let req = scenarios::compare::Request {
        seeds: (1..=seeds).collect(),
        variants: vec![],
        sweeps: true,
        kind: "compare",
        reproduce: String::new(),
    };
    let c = scenarios::compare::compare(&s, &req, &hooks);
    println!("{:?}", t.elapsed());
    for v in &c.report.comparison.variants {
        let m = |id: &str| v.metrics.get(id).and_then(|m| m.mean).map_or("-".into(), |x| format!("{x:.4}"));
        let rt = v.metrics.get("recovery_time").map(|m| {
            format!(
                "{:?} {:?}",
                m.quantiles,
                m.per_seed.iter().map(|x| x.map_or(-1.0, |x| x)).collect::<Vec<_>>()
            )
        });
        println!(
            "{:22} stuck {:2} rec {:2} una {:2} ovl {:2} inc {:2} success {} amp {} goodput {} rt {}",
            v.name,
            v.verdicts.stuck.count,
            v.verdicts.recovered.count,
            v.verdicts.unaffected.count,
            v.verdicts.overloaded.count,
            v.verdicts.inconclusive.count,
            m("success"),
            m("amplification"),
            m("goodput"),
            rt.unwrap_or_default().chars().take(150).collect::<String>()
        );
    }
    for e in
        c.report.comparison.expectations.iter().chain(c.report.sweeps.iter().flat_map(|s| &s.expectations))
    {
        println!("{:?} {} | {} {:?}/{}", e.outcome, e.text, e.measured, e.seeds_ok, e.of);
    }
    for s in &c.report.sweeps {
        for p in &s.points {
            for v in &p.variants {
                let m = |id: &str| v.metrics[id].mean.unwrap_or(-1.0);
                println!(
                    "{} {} mean {:.4} wait {:.4} p99 {:.4}",
                    p.value,
                    v.name,
                    m("latency_mean"),
                    m("age_at_service"),
                    m("latency_p99")
                );
            }
        }
        for t in &s.theory {
            println!("{} {:?} {} {:?}", t.variant, t.metric, t.name, t.points);
        }
    }
}
