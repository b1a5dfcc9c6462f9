//! Does goodput against offered load get its diagonal and its capacities, and only where the load varies?

use reports::figures::{Figure, of_sweep};
use reports::{Options, Size, Theme};
use scenarios::metric::Metric;
use scenarios::results::{CapacityLine, MetricResult, SweepResult};

use crate::pictures::check;
use crate::sample::{sweep, sweep_manifest};

/// Loads up to beyond the capacity of 70/s, where goodput collapses for one of two variants.
fn loads() -> SweepResult {
    let mut sweep = SweepResult { metric: Metric::Goodput, theory: Vec::new(), ..sweep() };
    let result = |mean: f64| MetricResult {
        mean: Some(mean),
        ci95: Some([0.97 * mean, 1.03 * mean]),
        quantiles: None,
        per_seed: vec![Some(mean)],
        unit: "1/s".to_owned(),
    };
    for point in &mut sweep.points {
        let load = point.x;
        let served = [if load > 60.0 { 12.0 } else { load }, load.min(70.0)];
        for (variant, goodput) in point.variants.iter_mut().zip(served) {
            variant.metrics.insert("offered".to_owned(), result(load));
            variant.metrics.insert("goodput".to_owned(), result(goodput));
        }
    }
    let line = |variant: &str, hidden_per_s| CapacityLine {
        variant: variant.to_owned(),
        advertised_per_s: 70.0,
        hidden_per_s,
    };
    sweep.capacities = vec![line("fifo", Some(25.0)), line("two-workers", None)];
    sweep
}

fn drawn(sweep: &SweepResult, options: &Options) -> Vec<Figure> {
    of_sweep(&sweep_manifest(), sweep, options).unwrap()
}

const SLIDE: Options = Options { theme: Theme::Light, size: Size::Slide, png: false };

#[test]
fn goodput_against_load_has_a_figure_of_its_own() {
    let figures = drawn(&loads(), &SLIDE);
    let names: Vec<&str> = figures.iter().map(|figure| figure.name.as_str()).collect();
    // The load is swept, so that the plain figure would say the same.
    assert!(names.contains(&"sweep-load-load") && !names.contains(&"sweep-load-goodput"), "{names:?}");
    let figure = &figures[0];
    for word in ["all served", "capacity in good times", "every trigger heals below"] {
        assert!(figure.svg.contains(word), "{word}");
    }
    insta::assert_snapshot!(format!("{}\n\n{}", figure.caption, figure.alt));
    for theme in Theme::ALL {
        for size in [Size::Slide, Size::Page, Size::Thumb] {
            drawn(&loads(), &Options { theme: *theme, size, png: false }).iter().for_each(check);
        }
    }
}

#[test]
fn what_has_no_capacity_has_no_upright_lines() {
    let sweep = SweepResult { capacities: Vec::new(), ..loads() };
    let figure = &drawn(&sweep, &SLIDE)[0];
    assert!(figure.svg.contains("all served") && !figure.svg.contains("in good times"));
    assert_eq!(figure.caption, "The diagonal is where every request is served.");
}

#[test]
fn one_load_is_no_curve() {
    let mut sweep = loads();
    for point in &mut sweep.points {
        let there = point.variants.iter_mut().filter_map(|variant| variant.metrics.get_mut("offered"));
        there.for_each(|offered| offered.mean = Some(50.0));
    }
    assert!(drawn(&sweep, &SLIDE).iter().all(|figure| figure.name != "sweep-load-load"));
}
