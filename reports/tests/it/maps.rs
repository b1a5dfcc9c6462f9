//! What is told and drawn of maps?

use reports::{TextStyle, map_text};
use scenarios::results::map::CellClass;

use crate::landscapes::{Scene, map};

const PLAIN: TextStyle = TextStyle { width: 100, color: false, ascii: false };

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
            assert!(text.contains("? no value"), "{text}");
        }
    }
}
