//! Do phase portraits show paths, arrows and the saddle, whatever there is?

use reports::figures::of_comparison;
use reports::{Options, Size, Theme};
use scenarios::picture::{Portrait, PortraitPath, VariantPicture};
use scenarios::results::ComparisonReport;

use crate::pictures::{SLIDE, check, text_of};
use crate::sample::storm;

/// A path that leaves the figure and comes back, one point alone, and a variant without a saddle.
fn report() -> ComparisonReport {
    let path = |seed, is_stuck, points: &[[f64; 2]]| PortraitPath { seed, is_stuck, points: points.to_vec() };
    let arrows =
        vec![[100.0, 50.0, 10.0, 5.0], [900.0, 50.0, 0.0, 0.0], [100.0, 250.0, -1.0, f64::MIN_POSITIVE]];
    let portrait = |paths, saddle| Portrait {
        most_waiting: 1_000.0,
        most_retries: 300.0,
        paths,
        arrows: arrows.clone(),
        saddle,
    };
    let leaves = path(1, true, &[[0.0, 0.0], [400.0, 100.0], [5_000.0, 300.0], [900.0, 200.0], [10.0, 0.0]]);
    let mut report = storm().report();
    let picture = |variant: &str, portrait| VariantPicture {
        variant: variant.to_owned(),
        portrait: Some(portrait),
        ..VariantPicture::default()
    };
    report.pictures = vec![
        picture("four-attempts", portrait(vec![leaves, path(2, false, &[[3.0, 1.0]])], Some([400.0, 120.0]))),
        picture("one-attempt", portrait(Vec::new(), None)),
    ];
    report
}

#[test]
fn portraits_are_drawn_in_every_theme_and_size() {
    let report = report();
    for theme in Theme::ALL {
        for size in [Size::Thumb, Size::Page, Size::Slide] {
            let figures = of_comparison(&report, &Options { theme: *theme, size, png: false }).unwrap();
            let [figure] = &figures.iter().filter(|f| f.name == "portrait").collect::<Vec<_>>()[..] else {
                panic!("one figure")
            };
            check(figure);
        }
    }
    let figures = of_comparison(&report, &SLIDE).unwrap();
    let figure = figures.iter().find(|figure| figure.name == "portrait").unwrap();
    let texts = text_of(figure);
    for word in ["four-attempts", "one-attempt", "saddle", "attempts waiting in the queue"] {
        assert!(texts.contains(&word), "{word} in {texts:?}");
    }
    assert_eq!(texts.iter().filter(|text| **text == "saddle").count(), 1);
    assert!(figure.alt.contains("four-attempts: 1 of 2 paths end in the storm"), "{}", figure.alt);
    assert!(figure.alt.contains("there is no saddle"), "{}", figure.alt);
}
