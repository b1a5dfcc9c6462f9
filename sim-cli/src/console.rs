//! Where do words go? Results to standard output, everything else to standard error, in colour only
//! where somebody looks.

use std::io::{self, ErrorKind, IsTerminal, Write};

use reports::TextStyle;

use crate::failure::Failure;

/// Characters in a line if nobody says how wide it is.
const USUAL_WIDTH: usize = 100;

/// Prints results. A reader that has gone, as in `spiral list | head -1`, has seen enough: that is no
/// failure.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut output = io::stdout().lock();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::Output(error)),
        _ => Ok(()),
    }
}

/// Tells something that is no result. If even standard error is gone, nobody can be told.
pub(crate) fn remark(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Whether colours may go to standard error.
pub(crate) fn stderr_has_color() -> bool {
    io::stderr().is_terminal() && color_is_welcome()
}

/// How results are laid out on standard output.
pub(crate) fn style() -> TextStyle {
    let is_terminal = io::stdout().is_terminal();
    let terminal = || terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0));
    let said = || variable("COLUMNS").and_then(|columns| columns.parse().ok());
    TextStyle {
        width: terminal().or_else(said).unwrap_or(USUAL_WIDTH),
        color: is_terminal && color_is_welcome(),
        ascii: is_ascii(["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| variable(name)).as_deref()),
    }
}

/// See <https://no-color.org>: any text in the variable switches colours off.
pub(crate) fn color_is_welcome() -> bool {
    variable("NO_COLOR").is_none() && variable("TERM").as_deref() != Some("dumb")
}

/// Whether the locale is one that has only ASCII; without any, UTF-8 is usual by now.
fn is_ascii(locale: Option<&str>) -> bool {
    matches!(locale, Some("C" | "POSIX"))
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_oldest_locale_is_ascii() {
        assert!(is_ascii(Some("C")) && is_ascii(Some("POSIX")));
        assert!(!is_ascii(None) && !is_ascii(Some("C.UTF-8")) && !is_ascii(Some("de_DE.utf8")));
    }
}
