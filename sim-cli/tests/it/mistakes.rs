//! What is said about a file with a mistake in it? It is refused, nothing is simulated and nothing is written.

use crate::spiral::Bench;

/// What is said about these bytes in place of a scenario.
pub(crate) fn told_about(bytes: impl AsRef<[u8]>) -> String {
    let bench = Bench::new();
    bench.write("bad.yaml", bytes);
    bench.refused(&["compare", "bad.yaml", "--seeds", "1"])
}

/// What is said about a sound file with these changes, each at a text that stands once in it.
pub(crate) fn told(sound: &str, changes: &[(&str, &str)]) -> String {
    let mut text = sound.to_owned();
    for (from, to) in changes {
        assert_eq!(sound.matches(from).count(), 1, "`{from}` stands once in the file");
        text = text.replace(from, to);
    }
    told_about(text)
}

/// A test with a snapshot for each mistake in a sound file: `mistakes! { FILE; name: "from" => "to"; }`.
macro_rules! mistakes {
    ($sound:expr; $($name:ident: $($from:literal => $to:literal),+;)*) => {$(
        #[test]
        fn $name() {
            insta::assert_snapshot!($crate::mistakes::told($sound, &[$(($from, $to)),+]));
        }
    )*};
}
pub(crate) use mistakes;
