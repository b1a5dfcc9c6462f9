//! Texts that are no well-formed YAML, or more of it than the format has.

use super::super::{overlay_from_path, parse, parse_bytes};
use super::{BASE, good, model, source, told};

#[test]
fn syntax_errors_are_told_in_the_words_of_the_writer() {
    let table = [
        ("", "- there is nothing in this text"),
        ("# only a comment\n\n", "- there is nothing in this text"),
        ("\u{feff}", "- there is nothing in this text"),
        ("a:\n\tb: 1\n", "2:1 a tab in the indentation"),
        ("a:\n \tb: 1\n", "2:2 a tab in the indentation"),
        ("a: 1\n\tb: 2\n", "2:1 a tab in the indentation"),
        ("\ta: 1", "1:1 a tab in the indentation"),
        ("a: {x: 1,\n\ty: 2}", "2:1 a tab in the indentation"),
        ("a: 1\na: 2\n", "2:1 `a` is given twice, first in line 1"),
        ("a: {b: 1, b: 2}", "1:11 `b` is given twice, first in line 1"),
        ("a: 1\n---\nb: 1\n", "2:1 a second document begins here; a file holds one"),
        ("a: &x 1\nb: 2", "1:4 anchors and aliases are not part of the format"),
        ("a: 1\nb: *x", "2:4 anchors and aliases are not part of the format"),
        ("a: !duration 1", "1:4 tags are not part of the format"),
        ("<<: {a: 1}", "1:1 the merge key `<<` is not part of the format"),
        ("? [a]\n: 1\n", "1:3 a key must be a single word, not a list or a mapping"),
        (": 1", "1:1 a key is missing before the `:`"),
        ("a: 1\n b: 2\n", "2:3 this line continues the value that began in line 1, and a value has no `:`"),
        ("a:\n  b: 1\n c: 2\n", "3:2 this line fits the indentation of none of the lines above"),
        ("a: b: c", "1:5 a second `:` in one line"),
        ("a: 1\nfoo\nb: 2", "2:1 this line has no `:`"),
        ("- a\nb: 1\n", "2:1 a list ends here, but nothing else can begin"),
        ("a: \"x\nb: 1\n", "1:4 this \" is never closed, or its text goes on in a line that is not indented"),
        ("a: 'it's'", "1:8 text behind a closing quote"),
        ("a: \"\\q\"", "1:4 an unknown escape in this text"),
        ("a: {b: 1\n", "1:4 this `{` is never closed"),
        ("a: ]", "1:4 this bracket closes nothing"),
        ("a: [1}\n", "1:4 `}` closes a `[`"),
        ("a: [1, 2\nb: 3\n", "2:2 a `,` or a closing bracket is missing before this"),
        ("a: [a,,b]", "1:7 a value is missing here"),
        ("a: @x", "1:4 a value cannot begin with `@`"),
        ("é: [ü, @x]", "1:8 a value cannot begin with `@`"),
        ("a: - b", "1:4 a `-` list cannot begin here"),
        ("a: |x\n  t\n", "1:4 a text block begins in the line below its `|` or `>`"),
        ("a: 1\0b: 2", "1:5 a control character (U+0000)"),
        ("a: 1\rb: 2", "1:5 a carriage return without a line feed (U+000D)"),
    ];
    for (text, expected) in table {
        let problem = parse(&source("x", text)).expect_err(text);
        assert_eq!(told(&problem), expected, "{text:?}");
    }
}

#[test]
fn tabs_within_texts_and_line_ends_of_windows_are_fine() {
    for text in [
        "a: |\n  x\n  \ty\n",
        "a: |\n \tx\n",
        "a: x\t# comment\n",
        "a: \"x\ty\"",
        "a: 1\r\nb: {c: 2}\r\n",
        "\u{feff}a: 1",
        "a: 1\n\t\n",
    ] {
        assert!(parse(&source("x", text)).is_ok(), "{text:?}");
    }
    assert_eq!(good(&[&BASE.replace('\n', "\r\n")]), good(&[BASE]));
}

#[test]
fn texts_too_large_or_too_deep_are_refused() {
    let problem = parse_bytes("x", &vec![b'a'; 5_000_000]).1.expect_err("5 MB");
    assert_eq!(told(&problem), "- the text has 5000000 bytes; at most 4 MiB (4194304 bytes) are read");
    let brackets = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    let lines = |depth: usize| (0..depth).map(|n| format!("{}a:\n", " ".repeat(n))).collect::<String>();
    for text in [brackets(64), lines(64)] {
        assert!(parse(&source("x", &text)).is_ok());
    }
    let deep = "more than 64 lists and mappings within each other";
    for (text, at) in
        [(brackets(65), "1:65"), (brackets(100_000), "1:256"), (lines(65), "65:65"), (lines(2000), "65:65")]
    {
        assert_eq!(told(&parse(&source("x", &text)).expect_err("too deep")), format!("{at} {deep}"));
    }
    assert!(model(&[&brackets(64)]).value.is_some());
}

#[test]
fn bytes_that_are_not_utf_8_are_shown() {
    let (source, tree) = parse_bytes(
        "x",
        "a: é\nb: ".as_bytes().iter().chain(b"\xff1\n").copied().collect::<Vec<_>>().as_slice(),
    );
    assert_eq!(told(&tree.expect_err("not UTF-8")), "2:4 the file is not UTF-8 text: byte 9 is 0xFF");
    assert!(source.text.starts_with("a: é\nb: \u{fffd}1"));
}

#[test]
fn set_arguments_that_are_not_well_formed_are_refused() {
    let table = [
        ("services..x", "3", "1:10 a word of the path is empty"),
        ("services.api.queue", "[3", "1:20 this `[` is never closed"),
        ("a.b", "", "1:1 no value is given for `a.b`"),
        ("é.b", "a: b: c", "1:9 a second `:` in one line"),
    ];
    for (path, value, expected) in table {
        let source = source("--set", &format!("{path}={value}"));
        let problem = overlay_from_path(&source, path, value).expect_err(path);
        assert_eq!(told(&problem), expected);
    }
}
