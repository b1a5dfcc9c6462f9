//! What is told and drawn of maps?

use std::fs;

use reports::figures::{Figure, of_comparison, of_critical, of_hysteresis, of_map};
use reports::{Options, Size, Stored, TextStyle, Theme, critical_text, hysteresis_text, map_text};
use reports::{read, redraw, write_critical, write_hysteresis, write_map};
use resvg::usvg;
use scenarios::results::map::{CellClass, MapResult};

use crate::landscapes::{Scene, critical, hysteresis, manifest, map};
use crate::sample::{Fate, Sample, storm};

const PLAIN: TextStyle = TextStyle { width: 100, color: false, ascii: false };

const THUMB: Options = Options { theme: Theme::Light, size: Size::Thumb, png: false };
const NAMES: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

/// Well-formed, and nothing in it that is no number.
fn check(figure: &Figure) {
    usvg::Tree::from_str(&figure.svg, &usvg::Options::default())
        .unwrap_or_else(|error| panic!("{}: {error}", figure.name));
    let page =
        format!("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1\" height=\"1\">{}</svg>", figure.hover);
    usvg::Tree::from_str(&page, &usvg::Options::default()).unwrap();
    // Base64 may contain any word.
    let shapes = figure
        .svg
        .split("<image ")
        .map(|part| part.split_once("base64,").map_or(part, |(_, rest)| rest.split_once('"').unwrap().1));
    let shapes: String = shapes.collect();
    for word in ["NaN", "inf\"", "-2147483648", "2147483647"] {
        let place = shapes.find(word).map(|at| &shapes[at.saturating_sub(300)..at + word.len()]);
        assert_eq!(place, None, "{} contains {word}", figure.name);
    }
    assert!(!figure.alt.is_empty() && !figure.caption.is_empty());
}

fn drawn(map: &MapResult, options: &Options) -> Vec<Figure> {
    of_map(&manifest("map"), map, options).unwrap()
}

#[test]
fn a_map_reads_like_this() {
    insta::assert_snapshot!(map_text(&map(17, &["four-attempts", "bucket-10"], Scene::Stuck), &PLAIN));
}

#[test]
fn a_map_of_a_metric_in_a_narrow_terminal_reads_like_this() {
    let style = TextStyle { width: 60, color: false, ascii: true };
    let text = map_text(&map(33, &["four-attempts"], Scene::Latency), &style);
    assert!(text.is_ascii(), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn any_terminal_holds_any_map() {
    for cells in [1, 2, 5, 60, 200] {
        for width in [10, 40, 80, 160] {
            let mut map = map(cells, &["a"], Scene::Stuck);
            map.variants[0].cells[0].value = None;
            map.variants[0].cells[0].class = CellClass::Unknown;
            let style = TextStyle { width, ..PLAIN };
            let text = map_text(&map, &style);
            let widest =
                text.lines().filter(|line| line.contains('│')).map(|line| line.chars().count()).max();
            assert!(widest.unwrap() <= width.max(40), "{cells} cells in {width} characters:\n{text}");
            assert!(text.contains('?'), "a cell without a value has a sign:\n{text}");
        }
    }
}

#[test]
fn critical_values_and_loops_read_like_this() {
    insta::assert_snapshot!("critical", critical_text(&critical(), &PLAIN));
    insta::assert_snapshot!("hysteresis", hysteresis_text(&hysteresis(), &PLAIN));
}

#[test]
fn a_small_map_looks_like_this() {
    let figures = drawn(&map(3, &["four-attempts"], Scene::Stuck), &THUMB);
    let names: Vec<&str> = figures.iter().map(|figure| figure.name.as_str()).collect();
    assert_eq!(names, ["map", "control", "strip"]);
    insta::assert_snapshot!("map", figures[0].svg);
    insta::assert_snapshot!("hover", figures[0].hover);
    insta::assert_snapshot!("strip", figures[2].svg);
}

#[test]
fn maps_are_told_in_words() {
    let figures = drawn(&map(17, &["four-attempts"], Scene::Stuck), &THUMB);
    insta::assert_snapshot!(
        "words",
        format!(
            "{}\n\n{}\n\n{}\n\n{}\n",
            figures[0].alt, figures[0].caption, figures[1].caption, figures[2].alt
        )
    );
}

#[test]
fn eight_variants_stand_in_two_figures() {
    let figures = drawn(&map(5, &NAMES, Scene::Stuck), &THUMB);
    let names: Vec<&str> = figures.iter().map(|figure| figure.name.as_str()).collect();
    assert_eq!(names, ["map", "map-2", "control", "control-2", "strip"]);
    assert_eq!([0, 1].map(|index: usize| figures[index].svg.matches("<image ").count()), [4, 4]);
}

#[test]
fn every_map_makes_sound_figures() {
    for cells in [1, 2, 8, 33] {
        for count in [0, 1, 3, 6] {
            for scene in [Scene::Stuck, Scene::Latency] {
                let mut map = map(cells, &NAMES[..count], scene);
                if let Some(variant) = map.variants.first_mut() {
                    variant.name = "<a> & \u{7} a name of some length that nobody can set".to_owned();
                    variant.cells[0].value = Some(f64::NAN);
                    variant.cells[cells * cells - 1].value = None;
                }
                map.x.at[0] = if count == 3 { f64::NAN } else { map.x.at[0] };
                let size = if cells == 8 { Size::Slide } else { Size::Thumb };
                for theme in Theme::ALL {
                    drawn(&map, &Options { theme: *theme, size, png: false }).iter().for_each(check);
                }
            }
        }
    }
}

#[test]
fn a_bitmap_shows_the_cells() {
    let dir = tempfile::tempdir().unwrap();
    let map = map(9, &["a"], Scene::Stuck);
    write_map(&manifest("map"), &map, dir.path(), &Options { png: true, ..THUMB }).unwrap();
    let bytes = fs::read(dir.path().join("figures/map.png")).unwrap();
    let pixmap = resvg::tiny_skia::Pixmap::decode_png(&bytes).unwrap();
    let is_blue = |red: u8, green: u8, blue: u8| blue > 70 && red < 30 && green < 60;
    let is_yellow = |red: u8, green: u8, blue: u8| red > 220 && green > 190 && blue < 110;
    let count = |is: &dyn Fn(u8, u8, u8) -> bool| {
        pixmap.pixels().iter().filter(|pixel| is(pixel.red(), pixel.green(), pixel.blue())).count()
    };
    let (blue, yellow) = (count(&is_blue), count(&is_yellow));
    assert!(blue > 20_000 && yellow > 20_000, "{blue} pixels of none, {yellow} of all");
}

#[test]
fn folders_read_back_and_are_drawn_again() {
    let dir = tempfile::tempdir().unwrap();
    let folder = |kind: &str| dir.path().join(kind);
    let (map, critical, loops) = (map(5, &["a", "b"], Scene::Stuck), critical(), hysteresis());
    let [of_maps, of_searches, of_loops] = ["map", "critical", "hysteresis"].map(manifest);
    write_map(&of_maps, &map, &folder("map"), &THUMB).unwrap();
    write_critical(&of_searches, &critical, &folder("critical"), &THUMB).unwrap();
    write_hysteresis(&of_loops, &loops, &folder("hysteresis"), &THUMB).unwrap();
    for kind in ["map", "critical", "hysteresis"] {
        let page = folder(kind).join("report.html");
        let before = fs::read_to_string(&page).unwrap();
        redraw(&folder(kind), &THUMB).unwrap();
        assert_eq!(fs::read_to_string(&page).unwrap(), before);
        for word in ["http:", "https:", "src=", "url(", "@import", "<script", "<link"] {
            assert!(!before.contains(word), "the page contains {word}");
        }
        let links = before.matches("href=").count();
        assert_eq!(
            links,
            before.matches("href=\"data:image/png;base64,").count(),
            "only bitmaps are embedded"
        );
        assert!(before.contains(&format!("<figure id=\"figure-{kind}\">")));
    }
    let page = fs::read_to_string(folder("map").join("report.html")).unwrap();
    // Two variants of 25 cells, and their control arms.
    assert_eq!(page.matches("</title></path>").count(), 100, "every cell can be pointed at");
    assert_eq!(read(&folder("map")).unwrap(), Stored::Map(of_maps, map));
    assert_eq!(read(&folder("critical")).unwrap(), Stored::Critical(of_searches, critical));
    assert_eq!(read(&folder("hysteresis")).unwrap(), Stored::Hysteresis(of_loops, loops));
}

#[test]
fn a_map_that_lacks_cells_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let mut map = map(3, &["a"], Scene::Stuck);
    write_map(&manifest("map"), &map, dir.path(), &THUMB).unwrap();
    map.variants[0].cells.pop();
    fs::write(dir.path().join("results.json"), serde_json::to_string(&map).unwrap()).unwrap();
    let error = read(dir.path()).unwrap_err().to_string();
    assert!(error.contains("each has 9 cells"), "{error}");
}

#[test]
fn critical_values_and_loops_look_like_this() {
    let (mut result, mut loops) = (critical(), hysteresis());
    result.variants.truncate(1);
    loops.variants.truncate(1);
    loops.variants[0].up.truncate(3);
    loops.variants[0].down.truncate(3);
    let figures = of_critical(&manifest("critical"), &result, &THUMB).unwrap();
    insta::assert_snapshot!("critical-figure", figures[0].svg);
    let figures = of_hysteresis(&manifest("hysteresis"), &loops, &THUMB).unwrap();
    insta::assert_snapshot!("hysteresis-figure", figures[0].svg);
}

#[test]
fn odd_searches_and_loops_still_make_sound_figures() {
    for theme in Theme::ALL {
        for size in [Size::Slide, Size::Thumb] {
            let options = Options { theme: *theme, size, png: false };
            let (mut result, mut loops) = (critical(), hysteresis());
            of_critical(&manifest("critical"), &result, &options).unwrap().iter().for_each(check);
            of_hysteresis(&manifest("hysteresis"), &loops, &options).unwrap().iter().for_each(check);
            result.log = false;
            result.variants[0].points.clear();
            result.variants[1].fit.as_mut().unwrap().critical = f64::NAN;
            loops.variants.extend(loops.variants.clone());
            loops.variants[0].up.clear();
            loops.variants[1].down[0].goodput = [f64::NAN; 3];
            of_critical(&manifest("critical"), &result, &options).unwrap().iter().for_each(check);
            let figures = of_hysteresis(&manifest("hysteresis"), &loops, &options).unwrap();
            assert_eq!(figures.len(), 2);
            figures.iter().for_each(check);
            result.variants.clear();
            loops.variants.clear();
            of_critical(&manifest("critical"), &result, &options).unwrap().iter().for_each(check);
            of_hysteresis(&manifest("hysteresis"), &loops, &options).unwrap().iter().for_each(check);
        }
    }
}

#[test]
fn recovery_counts_only_seeds_that_were_judged() {
    let fates =
        [("slow", Fate::RecoversAfter(25.0)), ("mixed", Fate::Mixed(12)), ("hopeless", Fate::Overloaded)];
    let variants = fates.map(|(name, fate)| (name.to_owned(), fate)).to_vec();
    let report = Sample { variants, ..storm() }.report();
    let figures = of_comparison(&report, &THUMB).unwrap();
    let figure = figures.iter().find(|figure| figure.name == "recovery").unwrap();
    assert_eq!(
        figure.alt,
        "Recovery times over seeds. slow: 30 of 30 seeds recover, half of all seeds within 25.0 s, the last after \
         25.0 s. mixed: 18 of 30 seeds recover, half of all seeds within 48.0 s, the last after 48.0 s."
    );
    let calm = Sample { variants: vec![("stuck".to_owned(), Fate::Stuck)], ..storm() }.report();
    let figures = of_comparison(&calm, &THUMB).unwrap();
    assert!(figures.iter().all(|figure| figure.name != "recovery"), "nobody recovers");
}
