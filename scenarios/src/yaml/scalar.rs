//! What does a single value's text say, if a number or a truth value is wanted?

use super::{Kind, Node, error::Error};

/// What a plain text looks like, for types that take more than one kind of value.
pub(super) enum Look<'a> {
    Truth(bool),
    Unsigned(u64),
    Signed(i64),
    Real(f64),
    Text(&'a str),
}

/// A whole number within bounds.
pub(super) fn whole(node: &Node, min: i128, max: i128) -> Result<i128, Error> {
    let wanted = "a whole number";
    let text = number_text(node, wanted)?;
    let refused = |help: Option<String>| {
        Err(Error::new(format!("expected {wanted}, found {}", node.described())).with_help(help))
    };
    let is_decimal = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !is_decimal(digits) {
        let without_marks: String = text.chars().filter(|c| !matches!(c, '_' | ',' | '\'')).collect();
        let as_real = real_text(text).filter(|real| real.fract() == 0.0 && real.abs() < 1e15);
        return refused(if is_decimal(&without_marks) {
            Some(format!("write `{without_marks}`"))
        } else {
            as_real.map(|real| format!("write `{real}`"))
        });
    }
    if digits.len() > 1 && digits.starts_with('0') {
        // Octal for some readers of YAML, decimal for others.
        let help = digits.trim_start_matches('0');
        return refused(Some(format!(
            "write `{}` without leading zeros",
            if help.is_empty() { "0" } else { help }
        )));
    }
    match text.parse::<i128>() {
        Ok(number) if number < min => Err(Error::new(format!("must be at least {min}, found `{text}`"))),
        Ok(number) if number <= max => Ok(number),
        _ => Err(Error::new(format!("must be at most {max}, found {}", node.described()))),
    }
}

/// A finite number.
pub(super) fn real(node: &Node) -> Result<f64, Error> {
    let text = number_text(node, "a number")?;
    real_text(text).ok_or_else(|| {
        let without_marks: String = text.chars().filter(|c| !matches!(c, '_' | '\'')).collect();
        let help = if let Some(percent) = text.strip_suffix('%').and_then(|text| real_text(text.trim_end())) {
            Some(format!("write a fraction: `{}`", percent / 100.0))
        } else {
            real_text(&without_marks).map(|_| format!("write `{without_marks}`"))
        };
        Error::new(format!("expected a number, found {}", node.described())).with_help(help)
    })
}

/// `true` or `false`.
pub(super) fn truth(node: &Node) -> Result<bool, Error> {
    let wanted = "`true` or `false`";
    let text = number_text(node, wanted)?;
    let help = match text {
        "true" => return Ok(true),
        "false" => return Ok(false),
        "yes" | "on" | "True" | "TRUE" | "Yes" | "On" => Some("write `true`".to_owned()),
        "no" | "off" | "False" | "FALSE" | "No" | "Off" | "none" => Some("write `false`".to_owned()),
        _ => None,
    };
    Err(Error::new(format!("expected {wanted}, found {}", node.described())).with_help(help))
}

/// What a text looks like to somebody who does not know what is wanted.
pub(super) fn look(text: &str) -> Look<'_> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_whole =
        digits.bytes().all(|byte| byte.is_ascii_digit()) && (digits.len() == 1 || !digits.starts_with('0'));
    match text {
        "true" => Look::Truth(true),
        "false" => Look::Truth(false),
        _ if !is_whole => real_text(text).map_or(Look::Text(text), Look::Real),
        _ => match (text.parse(), text.parse()) {
            (Ok(number), _) => Look::Unsigned(number),
            (_, Ok(number)) => Look::Signed(number),
            // Too large for both; as a real number it would lose digits without a word.
            _ => Look::Text(text),
        },
    }
}

/// The error of a value that is missing altogether.
pub(super) fn nothing(name: &str, wanted: &str) -> Error {
    let what =
        if name.is_empty() { "nothing given".to_owned() } else { format!("nothing given for `{name}`") };
    Error::new(format!("{what}: expected {wanted}"))
}

/// The text of a plain single value.
fn number_text<'a>(node: &'a Node, wanted: &str) -> Result<&'a str, Error> {
    let error = || Error::new(format!("expected {wanted}, found {}", node.described()));
    match &node.kind {
        Kind::Scalar { text, quoted: false } => Ok(text),
        Kind::Scalar { text, .. } => {
            let fits = real_text(text).is_some() || matches!(text.as_str(), "true" | "false");
            Err(error().with_help(fits.then(|| "remove the quotes".to_owned())))
        }
        Kind::Sequence(_) | Kind::Mapping(_) => Err(error()),
    }
}

/// Decimal notation only: `inf`, `nan` and hexadecimal numbers are words to us, and so is `012`.
fn real_text(text: &str) -> Option<f64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let begins =
        digits.starts_with(|c: char| c.is_ascii_digit()) || digits.starts_with('.') && digits.len() > 1;
    let two_zeros = digits.len() > 1 && digits.starts_with('0') && digits.as_bytes()[1].is_ascii_digit();
    if !begins || two_zeros {
        return None;
    }
    text.parse().ok().filter(|real: &f64| real.is_finite())
}
