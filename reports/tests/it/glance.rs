//! A module on one page, with numbers of every kind.

use reports::{Options, Size, TextStyle, Theme, figures, glance_text};
use scenarios::results::ScenarioRef;
use scenarios::results::glance::{GlancePanel, GlanceResult, GlanceSide};

use crate::landscapes::manifest;

fn side(variant: &str, mean: Option<f64>, half: f64) -> GlanceSide {
    GlanceSide {
        variant: variant.to_owned(),
        mean,
        ci95: mean.map(|mean| [mean - half, mean + half]),
        per_seed: vec![mean; 3],
    }
}

/// So many scenarios.
pub(crate) fn module(count: usize) -> GlanceResult {
    let metrics = [
        ("success", 0.31, 0.997, "share of orders that go through"),
        ("latency_p99", 4.05, 0.083, "99th percentile of a page of fifty remote reads, in a far region"),
        ("rejected", 0.0, 12.5, "calls of a stranger that are turned away"),
    ];
    let panel = |k: usize| {
        let (metric, naive, aware, label) = metrics[k % 3];
        GlancePanel {
            scenario: ScenarioRef { id: format!("fallacy-{k}"), hash: "0123456789abcdef".to_owned() },
            title: format!("{}. The network is as I would like it to be", k + 1),
            metric: metric.to_owned(),
            label: label.to_owned(),
            unit: "1".to_owned(),
            seeds: (1..=30).collect(),
            naive: side("believes-in-everything", (k != 4).then_some(naive), 0.02 * naive),
            aware: side("has-read-the-list", Some(aware), 0.05 * aware),
        }
    };
    GlanceResult {
        schema: "spiral/glance/1".to_owned(),
        spiral: "0.1.0".to_owned(),
        module: "fallacies".to_owned(),
        panels: (0..count).map(panel).collect(),
        reproduce: "spiral glance fallacies".to_owned(),
    }
}

#[test]
fn a_module_reads_like_this() {
    let style = TextStyle { color: false, ascii: false, width: 90 };
    insta::assert_snapshot!(glance_text(&module(5), &style));
}

#[test]
fn a_module_is_one_figure_with_all_its_panels_in_words() {
    for count in [1, 4, 12] {
        for (size, theme) in [(Size::Slide, Theme::Light), (Size::Thumb, Theme::Print)] {
            let options = Options { size, theme, ..Options::default() };
            let drawn = figures::of_glance(&manifest("glance"), &module(count), &options).unwrap();
            assert_eq!(drawn.len(), 1);
            for panel in module(count).panels {
                assert!(drawn[0].alt.contains(&panel.title), "{}", drawn[0].alt);
            }
        }
    }
}
