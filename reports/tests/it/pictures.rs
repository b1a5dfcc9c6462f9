//! Do strips, lanes and topologies show what there is, whatever there is?

use reports::figures::{Figure, of_comparison};
use reports::{Options, Size, Stored, Theme, read, redraw, write_comparison};
use resvg::usvg;
use scenarios::picture::*;
use scenarios::results::ComparisonReport;

use crate::sample::{Fate, Sample, storm};
use crate::scenes::{CHAIN, add_scenes, add_tiers, lanes, link, mesh, ring, service, shop, tiers, workload};

pub(crate) const THUMB: Options = Options { theme: Theme::Light, size: Size::Thumb, png: false };
pub(crate) const SLIDE: Options = Options { theme: Theme::Light, size: Size::Slide, png: false };

/// One variant with one picture.
fn report(picture: impl FnOnce(&ComparisonReport) -> VariantPicture) -> ComparisonReport {
    let mut report = Sample { variants: storm().variants[..1].to_vec(), ..storm() }.report();
    let picture = picture(&report);
    report.pictures = vec![VariantPicture { variant: "four-attempts".to_owned(), ..picture }];
    report
}

fn with_states(lanes: Vec<Lane>) -> ComparisonReport {
    report(|_| VariantPicture {
        states: Some(States { seed: 7, lanes, left_out: 0 }),
        ..VariantPicture::default()
    })
}

fn with_topology(topology: Topology) -> ComparisonReport {
    report(|_| VariantPicture { topologies: vec![topology], ..VariantPicture::default() })
}

fn drawn(report: &ComparisonReport, options: &Options) -> Vec<Figure> {
    let is_picture =
        |name: &str| ["busy", "states-", "topology-"].iter().any(|start| name.starts_with(start));
    let figures: Vec<Figure> = of_comparison(report, options).unwrap();
    figures.into_iter().filter(|figure| is_picture(&figure.name)).collect()
}

pub(crate) fn check(figure: &Figure) {
    usvg::Tree::from_str(&figure.svg, &usvg::Options::default())
        .unwrap_or_else(|error| panic!("{}: {error}", figure.name));
    for word in ["NaN", "inf\"", "-2147483648", "2147483647"] {
        assert!(!figure.svg.contains(word), "{} contains {word}", figure.name);
    }
    assert!(!figure.alt.is_empty() && !figure.caption.is_empty());
    let (size, words) = (figure.svg.len(), figure.alt.len());
    assert!(size < 700_000 && words < 30_000, "{}: {size} bytes, alt {words}", figure.name);
}

/// Draws in every theme and in the extreme sizes, and looks for what must not be there.
fn check_everywhere(report: &ComparisonReport, count: usize) {
    for theme in Theme::ALL {
        for size in [Size::Thumb, Size::Slide] {
            let figures = drawn(report, &Options { theme: *theme, size, png: false });
            assert_eq!(figures.len(), count, "{:?}", figures.iter().map(|f| &f.name).collect::<Vec<_>>());
            figures.iter().for_each(check);
        }
    }
}

pub(crate) fn text_of(figure: &Figure) -> Vec<&str> {
    let texts = figure.svg.split("<text ").skip(1);
    texts.map(|text| text.split('>').nth(1).unwrap().split('<').next().unwrap().trim()).collect()
}

#[test]
fn small_pictures_look_like_this() {
    let mut report = Sample { variants: storm().variants[..1].to_vec(), windows: 6, ..storm() }.report();
    let mut few = lanes("db", 2);
    few[0].label = "db & <1>".to_owned();
    let picture = VariantPicture {
        variant: "four-attempts".to_owned(),
        tiers: tiers(&report, &CHAIN[3..], None),
        states: Some(States { seed: 7, lanes: few, left_out: 0 }),
        topologies: vec![ring()],
        ..VariantPicture::default()
    };
    report.pictures = vec![picture];
    for figure in drawn(&report, &THUMB) {
        insta::assert_snapshot!(figure.name.clone(), figure.svg);
    }
}

/// Two workloads per variant, the second with a gap and a fall.
fn add_workloads(report: &mut ComparisonReport) {
    let windows = report.series.starts_s.len();
    for variant in &report.comparison.variants {
        let fall = |window: usize| match window * 10 / windows {
            2 => None,
            3..5 => Some(0.25),
            _ => Some(1.0),
        };
        let line = |name: &str, success: Vec<Option<f64>>| WorkloadLine { name: name.to_owned(), success };
        report.pictures.push(VariantPicture {
            variant: variant.name.clone(),
            workloads: vec![
                line("users", vec![Some(0.995); windows]),
                line("batch & <co>", (0..windows).map(fall).collect()),
            ],
            ..VariantPicture::default()
        });
    }
}

#[test]
fn workloads_stand_over_each_other_and_variants_beside_each_other() {
    for count in [1, 4, 25] {
        let variants = (0..count).map(|index| (format!("v{index}"), Fate::Unaffected)).collect();
        let mut report = Sample { variants, ..storm() }.report();
        add_workloads(&mut report);
        let figures = of_comparison(&report, &SLIDE).unwrap();
        let figure = figures.iter().find(|figure| figure.name == "success-workloads").unwrap();
        check(figure);
        let texts = text_of(figure);
        assert_eq!(texts.iter().filter(|text| **text == "users").count(), 1, "{texts:?}");
        assert_eq!(texts.iter().filter(|text| **text == "batch &amp; &lt;co&gt;").count(), 1, "{texts:?}");
        assert!(figure.alt.contains("batch & <co> has"), "{}", figure.alt);
        assert!(figure.alt.contains("at least 25.0 % at 90 s"), "{}", figure.alt);
        if count == 25 {
            assert!(texts.contains(&"5 more variants stand in the table"), "{texts:?}");
        }
        let thumb = of_comparison(&report, &THUMB).unwrap();
        check(thumb.iter().find(|figure| figure.name == "success-workloads").unwrap());
    }
}

#[test]
fn of_many_variants_only_the_first_has_all_its_topologies_drawn() {
    let variants = (0..6).map(|index| (format!("v{index}"), Fate::Unaffected)).collect();
    let mut report = Sample { variants, ..storm() }.report();
    for variant in &report.comparison.variants {
        let picture =
            VariantPicture { topologies: vec![ring(), ring(), ring()], ..VariantPicture::default() };
        report.pictures.push(VariantPicture { variant: variant.name.clone(), ..picture });
    }
    let names: Vec<String> = drawn(&report, &THUMB).into_iter().map(|figure| figure.name).collect();
    let mut expected = vec!["topology-v0".to_owned(), "topology-v0-2".to_owned()];
    expected.extend((0..6).map(|index| format!("topology-v{index}-3")));
    assert_eq!(names, expected);
}

#[test]
fn pictures_stand_after_the_timelines_in_this_order() {
    let mut report = storm().report();
    add_tiers(&mut report, CHAIN);
    add_scenes(&mut report);
    let figures = of_comparison(&report, &THUMB).unwrap();
    let names: Vec<&str> = figures.iter().map(|figure| figure.name.as_str()).collect();
    assert_eq!(
        names[7..],
        [
            "busy",
            "states-four-attempts",
            "states-one-attempt",
            "states-bucket-10",
            "states-backoff-full-jitter",
            "topology-four-attempts",
            "topology-four-attempts-2",
            "topology-one-attempt",
            "topology-bucket-10",
            "topology-bucket-10-2",
            "latency",
        ]
    );
    figures.iter().for_each(check);
}

#[test]
fn the_order_of_saturation_is_told() {
    let report = report(|report| VariantPicture { tiers: tiers(report, CHAIN, None), ..Default::default() });
    let figure = &drawn(&report, &SLIDE)[0];
    assert!(
        figure.alt.contains("orders-db has 95.1 % of its workers busy and is saturated 66–300 s"),
        "{}",
        figure.alt
    );
    let order = "Saturated in this order: orders-db, pricing, inventory, checkout, edge.";
    assert!(figure.alt.contains(order), "{}", figure.alt);
    let texts = text_of(figure);
    for text in ["orders-db", "× 8", "66–300 s", "brownout, 60–70 s", "saturated: all workers busy"] {
        assert!(texts.contains(&text), "{text} is not in {texts:?}");
    }
}

#[test]
fn strips_bear_whatever_was_measured() {
    let names: Vec<(String, u32)> = (0..60).map(|k| (format!("service-{k}"), k)).collect();
    let sixty: Vec<(&str, u32)> = names.iter().map(|(name, workers)| (name.as_str(), *workers)).collect();
    let long = "a-service-that-somebody-named-without-thinking-of-figures-".repeat(3);
    let cases: Vec<Vec<(&str, u32)>> = vec![vec![("one", 1)], vec![(&long, 8), ("b\u{7}", u32::MAX)], sixty];
    for services in cases {
        let with_tiers = |report: &ComparisonReport| VariantPicture {
            tiers: tiers(report, &services, None),
            ..VariantPicture::default()
        };
        let mut report = report(with_tiers);
        check_everywhere(&report, 1);
        let shares = &mut report.pictures[0].tiers[0].busy_share;
        shares[..4].copy_from_slice(&[None, Some(f64::NAN), Some(-3.0), Some(f64::INFINITY)]);
        shares.truncate(20);
        check_everywhere(&report, 1);
        report.pictures[0].tiers.iter_mut().for_each(|tier| tier.busy_share.clear());
        check_everywhere(&report, 1);
    }
}

#[test]
fn many_variants_stand_in_several_figures_and_none_is_left_out() {
    let variants = (0..12).map(|k| (format!("v{k}"), Fate::Stuck)).collect();
    let mut report = Sample { variants, windows: 2000, ..storm() }.report();
    add_tiers(&mut report, CHAIN);
    let figures = drawn(&report, &SLIDE);
    let names: Vec<&str> = figures.iter().map(|figure| figure.name.as_str()).collect();
    assert_eq!(names, ["busy", "busy-2", "busy-3"]);
    for k in 0..12 {
        let name = format!("v{k}");
        let shown = figures.iter().filter(|figure| text_of(figure).contains(&name.as_str())).count();
        assert_eq!(shown, 1, "{name}");
    }
    figures.iter().for_each(check);
}

#[test]
fn few_lanes_have_names_and_many_are_grouped() {
    let named = drawn(&with_states(lanes("api", 24)), &SLIDE).remove(0);
    assert!(text_of(&named).contains(&"api-24"));
    let mut sixty = lanes("api", 40);
    sixty.extend(lanes("db", 20));
    let grouped = drawn(&with_states(sixty), &SLIDE).remove(0);
    let texts = text_of(&grouped);
    assert!(texts.contains(&"api") && texts.contains(&"db") && !texts.contains(&"api-1"), "{texts:?}");
    for word in ["ready", "not ready", "booting", "down", "hung", "warming", "ejected", "unhealthy"] {
        assert!(texts.contains(&word), "{word} is not in the legend");
    }
    assert!(grouped.alt.contains("24 of 60 are booting for 396 s in all, first at 82 s"), "{}", grouped.alt);
}

#[test]
fn lanes_bear_whatever_happened() {
    let span = |from_s: f64, to_s: f64, state: &str| LaneSpan { from_s, to_s, state: state.to_owned() };
    let odd = vec![
        span(-5.0, 10.0, "ready"),
        span(10.0, 10.0, "blink"),
        span(20.0, 15.0, "backwards"),
        span(f64::NAN, 30.0, "down"),
        span(
            40.0,
            f64::INFINITY,
            "a state with a name so long that it has no place anywhere in the legend or on its span",
        ),
    ];
    let flapping = (0..5000).map(|k| {
        let at = 0.06 * f64::from(k);
        span(at, at + 0.06, if k % 2 == 0 { "ready" } else { "down" })
    });
    let lane = |label: &str, spans: Vec<LaneSpan>| Lane {
        service: "api".repeat(30),
        label: label.to_owned(),
        spans,
    };
    check_everywhere(&with_states(vec![lane("", Vec::new())]), 1);
    check_everywhere(&with_states(vec![lane(&"long-".repeat(40), odd)]), 1);
    check_everywhere(&with_states(vec![lane("flaps", flapping.collect())]), 1);
    check_everywhere(&with_states(lanes("api", 1)), 1);
    check_everywhere(&with_states(lanes("api", 60)), 1);
    let services = (0..30).flat_map(|k| lanes(&format!("service-{k}"), 2)).collect();
    check_everywhere(&with_states(services), 1);
    check_everywhere(&with_states(Vec::new()), 0);
    let mut silent = with_states(lanes("api", 3));
    silent.series = Default::default();
    silent.manifest.triggers.clear();
    assert_eq!(drawn(&silent, &SLIDE).len(), 1, "lanes stand without curves");
}

#[test]
fn a_topology_tells_every_number_once() {
    let figure = drawn(&with_topology(shop()), &SLIDE).remove(0);
    let texts = text_of(&figure);
    for text in ["shoppers", "offers 800/s", "success 18.2 %", "6 × 8 workers", "busy 88 %", "queue 12.6"] {
        assert_eq!(texts.iter().filter(|other| **other == text).count(), 1, "{text} in {texts:?}");
    }
    for text in ["2960/s", "2310/s", "2890/s", "3100/s", "40.0/s"] {
        assert_eq!(texts.iter().filter(|other| **other == text).count(), 1, "{text} in {texts:?}");
    }
    for sentence in [
        "orders-db has 1 × 8 workers, is busy 100 %, queues 2417.",
        "inventory calls orders-db with 3100/s, 43.0 % of them successful.",
    ] {
        assert!(figure.alt.contains(sentence), "{}", figure.alt);
    }
}

#[test]
fn topologies_bear_whatever_calls_whom() {
    let unmeasured = Role::Service { instances: 1, workers: 1, busy_share: None, queue_length: None };
    let long = "a-service-that-somebody-named-without-thinking-of-figures-".repeat(3);
    let odd = Topology {
        nodes: vec![
            workload("u\u{7}<&>", f64::NAN, f64::INFINITY),
            service(&long, u32::MAX, 0, f64::NAN, f64::INFINITY),
            service("over", 1, 1, 7.0, -1.0),
            Node { name: String::new(), role: unmeasured },
        ],
        links: vec![
            link(0, 1, f64::NAN, f64::NAN),
            link(1, 99, 1.0, 1.0),
            link(1, 0, 0.0, 0.0),
            link(1, 2, f64::INFINITY, -1.0),
            Link { from: 2, to: 3, attempts: None, success: None },
            link(1, 2, 3.0, 0.2),
        ],
        ..shop()
    };
    let lone = Topology { nodes: shop().nodes[7..].to_vec(), links: Vec::new(), ..shop() };
    let loose = Topology { links: Vec::new(), ..shop() };
    for topology in [shop(), ring(), mesh(1, 1), mesh(4, 4), mesh(5, 10), odd, lone, loose] {
        check_everywhere(&with_topology(topology), 1);
    }
    check_everywhere(&with_topology(Topology { nodes: Vec::new(), links: Vec::new(), ..shop() }), 0);
}

#[test]
fn everything_drawn_stays_inside_the_figure() {
    let mut report = storm().report();
    add_tiers(&mut report, CHAIN);
    add_scenes(&mut report);
    for figure in drawn(&report, &SLIDE) {
        let points = figure
            .svg
            .split("points=\"")
            .skip(1)
            .flat_map(|rest| rest.split('"').next().unwrap().split_whitespace());
        for point in points {
            let (x, y) = point.split_once(',').unwrap();
            let (x, y): (f64, f64) = (x.parse().unwrap(), y.parse().unwrap());
            assert!((0.0..=16000.0).contains(&x) && (0.0..=9000.0).contains(&y), "{}: {point}", figure.name);
        }
    }
}

#[test]
fn pictures_are_stored_and_drawn_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut report = storm().report();
    add_tiers(&mut report, CHAIN);
    add_scenes(&mut report);
    write_comparison(&report, dir.path(), &THUMB).unwrap();
    let figure =
        |name: &str| std::fs::read_to_string(dir.path().join(format!("figures/{name}.svg"))).unwrap();
    let before = ["busy", "states-one-attempt", "topology-bucket-10"].map(figure);
    redraw(dir.path(), &THUMB).unwrap();
    assert_eq!(["busy", "states-one-attempt", "topology-bucket-10"].map(figure), before);
    let page = std::fs::read_to_string(dir.path().join("report.html")).unwrap();
    for name in ["figure-busy", "figure-states-one-attempt", "figure-topology-bucket-10"] {
        assert!(page.contains(&format!("id=\"{name}\"")), "{name} is not on the page");
    }
    assert_eq!(read(dir.path()).unwrap(), Stored::Comparison(report.clone()));
    // A folder of an older version has no pictures, and one without pictures keeps none.
    report.pictures.clear();
    write_comparison(&report, dir.path(), &THUMB).unwrap();
    assert!(!dir.path().join("pictures.json").exists());
    assert_eq!(read(dir.path()).unwrap(), Stored::Comparison(report));
}
