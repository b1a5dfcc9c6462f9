//! Are gauges drawn where there are any, next to the goodput, and few lines to a panel?

use reports::figures::{Figure, of_comparison};
use reports::{Options, Stored, Theme, read, write_comparison};
use scenarios::metric::Unit;
use scenarios::picture::{GaugeLine, VariantPicture};
use scenarios::results::ComparisonReport;

use crate::pictures::{SLIDE, THUMB, check, text_of};
use crate::sample::{Fate, Sample, storm};

/// A gauge that jumps at the start, lies at 10 and falls to `low` in the second half, with a gap.
fn gauge(report: &ComparisonReport, of: &str, gauge: &str, unit: Unit, low: f64) -> GaugeLine {
    let windows = report.series.starts_s.len();
    let at = |factor: f64| {
        let value = |window: usize| match window * 10 / windows {
            _ if window == 0 => Some(5_000.0 * factor),
            3 => None,
            0..5 => Some(10.0 * factor),
            _ => Some(low * factor),
        };
        (0..windows).map(value).collect()
    };
    let (p10, p50, p90) = (at(0.9), at(1.0), at(1.1));
    GaugeLine {
        of: of.to_owned(),
        gauge: gauge.to_owned(),
        label: gauge.replace('_', " "),
        unit,
        p10,
        p50,
        p90,
    }
}

/// Variants of which the first ones have gauges.
fn gauged(variants: usize, with: usize) -> ComparisonReport {
    let variants = (0..variants).map(|index| (format!("v{index}"), Fate::Unaffected)).collect();
    let mut report = Sample { variants, ..storm() }.report();
    let gauges = vec![
        gauge(&report, "web", "wanted_instances", Unit::Count, 2.0),
        gauge(&report, "web", "instances", Unit::Count, 3.0),
        gauge(&report, "web/pages & <co>", "cache_loads", Unit::PerSecond, 40.0),
        GaugeLine {
            p50: vec![Some(0.0); report.series.starts_s.len()],
            p90: Vec::new(),
            ..gauge(&report, "db", "repair_share", Unit::Share, 0.0)
        },
    ];
    let names = report.comparison.variants.iter().take(with).map(|variant| variant.name.clone());
    report.pictures = names
        .map(|variant| VariantPicture { variant, gauges: gauges.clone(), ..VariantPicture::default() })
        .collect();
    report
}

fn drawn(report: &ComparisonReport, options: &Options) -> Vec<Figure> {
    let is_gauge = |name: &str| {
        ["gauges", "wanted_", "instances", "cache_loads", "repair"]
            .iter()
            .any(|start| name.starts_with(start))
    };
    let figures = of_comparison(report, options).unwrap().into_iter();
    figures.filter(|figure| is_gauge(&figure.name)).inspect(check).collect()
}

fn names(figures: &[Figure]) -> Vec<&str> {
    figures.iter().map(|figure| figure.name.as_str()).collect()
}

#[test]
fn gauges_of_few_variants_stand_above_each_other_below_the_goodput() {
    for theme in Theme::ALL {
        let figures = drawn(&gauged(4, 4), &Options { theme: *theme, ..SLIDE });
        assert_eq!(names(&figures), ["gauges"]);
        let texts = text_of(&figures[0]);
        for expected in [
            "goodput, requests per second",
            "web: wanted instances",
            "web: instances",
            "web/pages &amp; &lt;co&gt;: cache loads, per second",
        ] {
            assert_eq!(texts.iter().filter(|text| **text == expected).count(), 1, "{expected} in {texts:?}");
        }
        assert!(!texts.iter().any(|text| text.contains("repair")), "what never shows anything: {texts:?}");
        assert_eq!(texts.iter().filter(|text| **text == "v3").count(), 1, "one legend for all: {texts:?}");
        assert!(!texts.contains(&"5000"), "the start is no measure: {texts:?}");
        let alt = &figures[0].alt;
        assert!(alt.contains("v1: web: wanted instances") && alt.contains("v1: goodput"), "{alt}");
        assert!(figures[0].caption.contains("booting and draining ones included"), "{}", figures[0].caption);
    }
    assert_eq!(drawn(&gauged(4, 4), &THUMB).len(), 1);
}

#[test]
fn gauges_of_many_variants_have_a_figure_each() {
    let figures = drawn(&gauged(9, 9), &SLIDE);
    let slugs = names(&figures);
    assert_eq!(slugs[..2], ["wanted_instances-web", "instances-web"], "{slugs:?}");
    assert_eq!(slugs.len(), 3);
    assert!(figures[1].title.starts_with("Instances over time, web: "), "{}", figures[1].title);
    let texts = text_of(&figures[1]);
    assert!((0..9).all(|index| texts.contains(&format!("v{index}").as_str())), "{texts:?}");
    assert!(!texts.iter().any(|text| text.contains("goodput")));
}

#[test]
fn gauges_that_few_of_many_variants_have_stand_with_the_goodput_of_these() {
    let figures = drawn(&gauged(9, 2), &SLIDE);
    assert_eq!(names(&figures), ["gauges"]);
    let texts = text_of(&figures[0]);
    assert!(texts.contains(&"v1") && !texts.contains(&"v2"), "{texts:?}");
    assert!(!figures[0].alt.contains("more variants"), "{}", figures[0].alt);
}

#[test]
fn nothing_is_drawn_where_there_is_nothing() {
    assert!(drawn(&gauged(4, 0), &SLIDE).is_empty());
}

#[test]
fn gauges_read_back_as_they_were_written() {
    let dir = tempfile::tempdir().unwrap();
    let report = gauged(3, 2);
    write_comparison(&report, dir.path(), &THUMB).unwrap();
    assert_eq!(read(dir.path()).unwrap(), Stored::Comparison(report));
}
