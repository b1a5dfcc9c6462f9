//! What do SVG and PNG hold?

use std::fs;

use reports::figures::{Figure, of_comparison, of_sweep};
use reports::{Options, Size, Theme, write_comparison};
use resvg::usvg;
use scenarios::results::ComparisonReport;

use crate::sample::{Fate, Sample, storm, sweep, sweep_manifest};

const THUMB: Options = Options { theme: Theme::Light, size: Size::Thumb, png: false };

fn named<'a>(figures: &'a [Figure], name: &str) -> &'a Figure {
    let names: Vec<&str> = figures.iter().map(|figure| figure.name.as_str()).collect();
    figures.iter().find(|figure| figure.name == name).unwrap_or_else(|| panic!("no {name} in {names:?}"))
}

/// Well-formed, and nothing in it that is no number.
fn check(figure: &Figure) {
    usvg::Tree::from_str(&figure.svg, &usvg::Options::default())
        .unwrap_or_else(|error| panic!("{}: {error}", figure.name));
    for word in ["NaN", "inf\"", "-2147483648", "2147483647"] {
        assert!(!figure.svg.contains(word), "{} contains {word}", figure.name);
    }
    assert!(!figure.alt.is_empty() && !figure.caption.is_empty());
}

#[test]
fn a_small_timeline_looks_like_this() {
    let variants = storm().variants[..2].to_vec();
    let report = Sample { variants, seeds: 3, windows: 6, horizon_s: 150.0 }.report();
    let figures = of_comparison(&report, &THUMB).unwrap();
    insta::assert_snapshot!(named(&figures, "goodput").svg);
}

#[test]
fn a_small_sweep_looks_like_this() {
    let mut sweep = sweep();
    sweep.points.truncate(3);
    sweep.theory.iter_mut().for_each(|line| line.points.truncate(4));
    let figures = of_sweep(&sweep_manifest(), &sweep, &THUMB).unwrap();
    insta::assert_snapshot!(named(&figures, "sweep-load-age_at_service").svg);
}

#[test]
fn a_comparison_has_these_figures() {
    let mut report = storm().report();
    report.sweeps = vec![sweep()];
    let names: Vec<String> =
        of_comparison(&report, &THUMB).unwrap().into_iter().map(|figure| figure.name).collect();
    assert_eq!(
        names,
        [
            "goodput",
            "outcomes",
            "attempts",
            "success",
            "queue_length",
            "latency_p99",
            "recovery",
            "latency",
            "sweep-load-age_at_service",
            "sweep-load-stuck",
        ]
    );
}

#[test]
fn equal_results_give_equal_bytes() {
    let report = storm().report();
    assert_eq!(of_comparison(&report, &THUMB).unwrap(), of_comparison(&report, &THUMB).unwrap());
}

#[test]
fn the_head_says_what_it_is_and_where_it_came_from() {
    let mut report = storm().report();
    report.manifest.title = "A <b> & \"c\"".to_owned();
    let svg = &named(&of_comparison(&report, &Options::default()).unwrap(), "goodput").svg.clone();
    let head: Vec<&str> = svg.lines().take(4).collect();
    assert!(
        head[0].contains("width=\"1600\" height=\"900\" viewBox=\"0 0 16000 9000\" role=\"img\""),
        "{}",
        head[0]
    );
    assert_eq!(
        head[1],
        "<title id=\"goodput-title\">Goodput over time: A &lt;b&gt; &amp; &quot;c&quot;</title>"
    );
    assert!(head[2].contains("four-attempts: goodput falls from 800/s to "), "{}", head[2]);
    assert!(head[2].contains("at 60 s and stays there after the trigger ends at 70 s."), "{}", head[2]);
    assert!(head[3].contains("&quot;hash&quot;:&quot;0123456789abcdef&quot;"), "{}", head[3]);
    assert!(head[3].contains("spiral compare metastable-retry-storm --seeds 30"), "{}", head[3]);
}

#[test]
fn odd_results_still_make_sound_figures() {
    let one = |name: &str, fate| vec![(name.to_owned(), fate)];
    let long = "a-name-that-somebody-wrote-without-thinking-of-figures-".repeat(4);
    let control = "line\u{7}\nbreak & <angle>";
    let all = [Fate::Stuck, Fate::Mixed(2), Fate::Unaffected, Fate::Overloaded, Fate::Unjudged, Fate::Silent];
    let twelve = (0..12).map(|k| (format!("v{k}"), all[k % all.len()])).collect();
    let samples = [
        Sample { variants: one(&long, Fate::RecoversAfter(5.0)), ..storm() },
        Sample { variants: one(control, Fate::Stuck), ..storm() },
        Sample { variants: one("mute", Fate::Silent), ..storm() },
        Sample { variants: one("calm", Fate::Unjudged), ..storm() },
        Sample { variants: twelve, ..storm() },
        Sample { variants: (0..30).map(|k| (format!("v{k}"), all[k % 6])).collect(), windows: 4, ..storm() },
        Sample { seeds: 1, ..storm() },
        Sample { seeds: 0, ..storm() },
        Sample { windows: 1, ..storm() },
        Sample { windows: 2000, ..storm() },
    ];
    for sample in samples {
        let report = sample.report();
        for theme in Theme::ALL {
            let options = Options { theme: *theme, ..THUMB };
            of_comparison(&report, &options).unwrap().iter().for_each(check);
        }
        of_comparison(&report, &Options::default()).unwrap().iter().for_each(check);
    }
}

#[test]
fn numbers_that_are_none_leave_a_gap() {
    let mut report = Sample { windows: 50, ..storm() }.report();
    for line in &mut report.series.lines {
        for bands in line.bands.values_mut() {
            bands[10].p50 = Some(f64::NAN);
            bands[11].p90 = Some(f64::INFINITY);
            bands[12] = Default::default();
        }
    }
    of_comparison(&report, &THUMB).unwrap().iter().for_each(check);
}

#[test]
fn a_result_without_windows_has_no_timeline() {
    let report = Sample { windows: 0, ..storm() }.report();
    let figures = of_comparison(&report, &THUMB).unwrap();
    let names: Vec<&str> = figures.iter().map(|figure| figure.name.as_str()).collect();
    assert_eq!(names, ["recovery", "latency"], "outcomes stand beside goodput");
}

#[test]
fn two_thousand_windows_are_thinned_and_keep_their_spikes() {
    let mut report = Sample { windows: 2000, seeds: 1, ..storm() }.report();
    let small = Sample { windows: 200, seeds: 1, ..storm() }.report();
    let spike = |report: &mut scenarios::results::ComparisonReport| {
        for line in &mut report.series.lines {
            line.bands.get_mut(&scenarios::metric::Metric::Goodput).unwrap()[777].p50 = Some(1990.0);
        }
    };
    spike(&mut report);
    let thinned = named(&of_comparison(&report, &THUMB).unwrap(), "goodput").svg.clone();
    let plain = named(&of_comparison(&small, &THUMB).unwrap(), "goodput").svg.clone();
    assert!(thinned.len() < 6 * plain.len(), "{} {}", thinned.len(), plain.len());
    assert!(thinned.contains(">\n2000\n<"), "the axis reaches the spike");
}

#[test]
fn bitmaps_have_twice_the_pixels() {
    for size in Size::ALL {
        let dir = tempfile::tempdir().unwrap();
        let variants = storm().variants[..1].to_vec();
        let report = Sample { variants, windows: 3, ..storm() }.report();
        let options = Options { size: *size, theme: Theme::Light, png: true };
        write_comparison(&report, dir.path(), &options).unwrap();
        let bytes = fs::read(dir.path().join("figures/goodput.png")).unwrap();
        let pixmap = resvg::tiny_skia::Pixmap::decode_png(&bytes).unwrap();
        let (width, height) = size.pixels();
        assert_eq!((pixmap.width(), pixmap.height()), (2 * width, 2 * height));
        let dark = pixmap.pixels().iter().filter(|pixel| pixel.green() < 128).count();
        assert!(dark > 500, "text and lines are drawn: {dark} dark pixels");
    }
}

/// A report with this many variants, the second of which has a trigger of its own.
fn many(count: usize) -> ComparisonReport {
    let variants = (0..count).map(|k| (format!("v{k}"), Fate::Stuck)).collect();
    let mut report = Sample { variants, windows: 60, ..storm() }.report();
    report.manifest.triggers.get_mut("v1").unwrap()[0].end_s = 61.0;
    report
}

/// Widths of the rectangles in the colour that shades triggers, in tenths of a pixel.
fn shaded(svg: &str) -> Vec<f64> {
    let rectangles = svg.split("<rect ").skip(1).filter(|rectangle| rectangle.contains("#EBE8E1"));
    rectangles
        .map(|r| r.split("width=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap())
        .collect()
}

#[test]
fn every_small_panel_shades_its_own_trigger() {
    let figures = of_comparison(&many(7), &Options::default()).unwrap();
    let goodput = named(&figures, "goodput");
    let widths = shaded(&goodput.svg);
    assert_eq!(widths.len(), 7, "one window per panel: {widths:?}");
    let narrow: Vec<usize> = (0..7).filter(|k| widths[*k] < 0.5 * widths[0]).collect();
    assert_eq!(narrow, [1], "{widths:?}");
    assert!(
        goodput.caption.contains("brownout (60–61 s): capacity of api × 0.2 (v1)"),
        "{}",
        goodput.caption
    );
}

#[test]
fn latency_names_the_unanswered_share_however_many_variants_there_are() {
    for count in [2, 6, 7, 15] {
        let figures = of_comparison(&many(count), &Options::default()).unwrap();
        let told = named(&figures, "latency").svg.matches("82.0 % unanswered").count();
        // Once per variant; the title of the figure does not repeat it, its description counts otherwise.
        let described = named(&figures, "latency").svg.matches("82.0 % of the requests unanswered").count();
        assert!(told == count && described <= count, "{count} variants: {told}");
    }
}

#[test]
fn without_a_trigger_there_are_no_outcomes() {
    let variants = vec![("calm".to_owned(), Fate::Unjudged), ("calmer".to_owned(), Fate::Unjudged)];
    let figures = of_comparison(&Sample { variants, ..storm() }.report(), &THUMB).unwrap();
    assert!(figures.iter().all(|figure| figure.name != "outcomes" && !figure.caption.contains("outcomes")));
    let mixed = vec![("calm".to_owned(), Fate::Unjudged), ("struck".to_owned(), Fate::Stuck)];
    let figures = of_comparison(&Sample { variants: mixed, ..storm() }.report(), &THUMB).unwrap();
    let outcomes = named(&figures, "outcomes");
    assert!(outcomes.svg.contains("no trigger") && !outcomes.svg.contains("inconclusive"));
}
