//! Made-up services, instances and calls, for figures that show single parts of a system.

use scenarios::picture::*;
use scenarios::results::ComparisonReport;

/// A chain of services, each called by the one before, with its workers.
pub(crate) const CHAIN: &[(&str, u32)] =
    &[("edge", 64), ("checkout", 48), ("inventory", 24), ("pricing", 16), ("orders-db", 8)];

/// How busy a chain of services is when trouble climbs from the last to the first; `None` never ends it.
pub(crate) fn tiers(report: &ComparisonReport, services: &[(&str, u32)], ends_s: Option<f64>) -> Vec<Tier> {
    let tier = |(index, (name, workers)): (usize, &(&str, u32))| {
        let begins = 60.0 + 6.0 * (services.len() - index) as f64;
        let share = |(window, start): (usize, &f64)| {
            let calm = 0.45 + 0.08 * (index % 5) as f64 + 0.05 * ((window * (index + 3)) as f64 * 0.7).sin();
            let is_bad = *start >= begins && ends_s.is_none_or(|end| *start < end + 4.0 * index as f64);
            let rise = ((start - 60.0) / (begins - 60.0)).clamp(0.0, 1.0);
            Some(match (is_bad, *start >= 60.0 && *start < begins) {
                (true, _) => 1.0,
                (_, true) => (calm + (1.0 - calm) * rise).min(0.99),
                _ => calm,
            })
        };
        Tier {
            name: (*name).to_owned(),
            workers_total: *workers,
            busy_share: report.series.starts_s.iter().enumerate().map(share).collect(),
        }
    };
    services.iter().enumerate().map(tier).collect()
}

/// Gives every variant strips: odd ones recover.
pub(crate) fn add_tiers(report: &mut ComparisonReport, services: &[(&str, u32)]) {
    let names: Vec<String> = report.comparison.variants.iter().map(|variant| variant.name.clone()).collect();
    for (index, variant) in names.into_iter().enumerate() {
        let ends_s = (index % 2 == 1).then_some(110.0 + 20.0 * index as f64);
        let tiers = tiers(report, services, ends_s);
        report.pictures.push(VariantPicture { variant, tiers, ..VariantPicture::default() });
    }
}

/// `count` instances of a service that crash one after the other and come back.
pub(crate) fn lanes(service: &str, count: usize) -> Vec<Lane> {
    let lane = |index: usize| {
        let k = index as f64;
        let down = 60.0 + 2.5 * k % 37.0;
        let mut times = vec![(0.0, "ready")];
        match index % 5 {
            0 => times.extend([
                (down, "down"),
                (down + 22.0, "booting"),
                (down + 40.0, "warming"),
                (down + 65.0, "ready"),
            ]),
            1 => times.extend([(down, "unhealthy"), (down + 6.0, "ejected"), (down + 36.0, "ready")]),
            2 => times.extend([
                (down, "hung"),
                (down + 30.0, "down"),
                (down + 45.0, "booting"),
                (down + 60.0, "not ready"),
                (down + 72.0, "ready"),
            ]),
            3 => times.extend([
                (down + 40.0, "not ready"),
                (down + 41.0, "ready"),
                (down + 90.0, "not ready"),
                (down + 92.0, "ready"),
            ]),
            _ => times.extend([(200.0, "draining"), (212.0, "ready")]),
        }
        let ends = times.iter().skip(1).map(|(at, _)| *at).chain([300.0]);
        let spans = times.iter().zip(ends).map(|((from_s, state), to_s)| LaneSpan {
            from_s: *from_s,
            to_s,
            state: (*state).to_owned(),
        });
        Lane {
            service: service.to_owned(),
            label: format!("{service}-{}", index + 1),
            spans: spans.collect(),
        }
    };
    (0..count).map(lane).collect()
}

pub(crate) fn workload(name: &str, offered: f64, success: f64) -> Node {
    let role = Role::Workload { offered: Some(offered), success: Some(success) };
    Node { name: name.to_owned(), role }
}

pub(crate) fn service(name: &str, instances: u32, workers: u32, busy: f64, queue: f64) -> Node {
    let role = Role::Service { instances, workers, busy_share: Some(busy), queue_length: Some(queue) };
    Node { name: name.to_owned(), role }
}

pub(crate) fn link(from: usize, to: usize, attempts: f64, success: f64) -> Link {
    Link { from, to, attempts: Some(attempts), success: Some(success) }
}

/// A shop with a database that everybody calls.
pub(crate) fn shop() -> Topology {
    Topology {
        part: "after the trigger".to_owned(),
        from_s: 70.0,
        to_s: 300.0,
        nodes: vec![
            workload("shoppers", 800.0, 0.182),
            workload("batch", 40.0, 0.95),
            service("edge", 4, 16, 0.61, 0.4),
            service("checkout", 6, 8, 0.88, 12.6),
            service("search", 3, 8, 0.42, 0.1),
            service("inventory", 3, 8, 0.93, 31.0),
            service("pricing", 2, 8, 0.55, 0.6),
            service("orders-db", 1, 8, 1.0, 2417.0),
        ],
        links: vec![
            link(0, 2, 2960.0, 0.21),
            link(1, 5, 40.0, 0.95),
            link(2, 3, 2310.0, 0.24),
            link(2, 4, 620.0, 0.9996),
            link(3, 5, 2890.0, 0.71),
            link(3, 6, 2300.0, 0.998),
            link(3, 7, 2300.0, 0.12),
            link(5, 7, 3100.0, 0.43),
            link(6, 7, 120.0, 0.35),
        ],
    }
}

/// Services that call in a ring, one of which calls itself.
pub(crate) fn ring() -> Topology {
    Topology {
        part: "a ring".to_owned(),
        nodes: vec![
            workload("users", 120.0, 1.0),
            service("a", 2, 4, 0.5, 0.2),
            service("b", 2, 4, 0.6, 0.3),
            service("c", 1, 4, 0.999, 55.0),
        ],
        links: vec![
            link(0, 1, 120.0, 1.0),
            link(1, 2, 240.0, 0.98),
            link(2, 3, 240.0, 0.75),
            link(3, 1, 120.0, 0.4),
            link(2, 2, 12.0, 0.99),
        ],
        ..shop()
    }
}

/// Every service of a layer calls three of the next.
pub(crate) fn mesh(layers: usize, width: usize) -> Topology {
    let mut nodes = vec![workload("users", 5000.0, 0.9)];
    let mut links: Vec<Link> = (0..width).map(|k| link(0, 1 + k, 5000.0 / width as f64, 0.97)).collect();
    for layer in 0..layers {
        for k in 0..width {
            nodes.push(service(
                &format!("service-{layer}-{k}"),
                2,
                8,
                0.3 + 0.02 * (layer * width + k) as f64,
                1.0,
            ));
            for hop in 0..3.min(width) {
                if layer + 1 < layers {
                    let to = 1 + (layer + 1) * width + (k + hop) % width;
                    links.push(link(1 + layer * width + k, to, 100.0, 0.99 - 0.1 * hop as f64));
                }
            }
        }
    }
    Topology { part: "a mesh".to_owned(), nodes, links, ..shop() }
}

/// Gives the first variants states and topologies: few and many.
pub(crate) fn add_scenes(report: &mut ComparisonReport) {
    let mut few = lanes("api", 6);
    few.extend(lanes("orders-db", 2));
    let mut many = lanes("api", 40);
    many.extend(lanes("orders-db", 5));
    many.extend(lanes("search", 15));
    let topologies = [
        vec![shop(), ring()],
        vec![Topology {
            nodes: shop().nodes[..1].iter().chain(&shop().nodes[7..]).cloned().collect(),
            links: vec![link(0, 1, 2960.0, 0.21)],
            ..shop()
        }],
        vec![mesh(4, 4), mesh(7, 14)],
        Vec::new(),
    ];
    for ((picture, lanes), topologies) in
        report.pictures.iter_mut().zip([few, many, lanes("db", 1), lanes("api", 24)]).zip(topologies)
    {
        picture.states = Some(States { seed: 1, lanes, left_out: 0 });
        picture.topologies = topologies;
    }
}
