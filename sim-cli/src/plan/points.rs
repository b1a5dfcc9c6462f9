//! Which values does `--x` name? `path=10/s..98/s:12` for twelve values in equal steps, units kept, or
//! `path=10ms,20ms,50ms`.

use std::str::FromStr;

use crate::failure::Complaint;

/// Most points of a sweep.
const MOST: usize = 10_000;

/// A setting and the values it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Points {
    /// Names separated by dots.
    pub(super) path: String,
    /// As they would stand in a file.
    pub(super) values: Vec<String>,
}

impl FromStr for Points {
    type Err = Complaint;

    fn from_str(word: &str) -> Result<Points, Complaint> {
        let example =
            "write for example `--x services.api.workers=2..10:5` or `--x services.api.workers=2,4,8`";
        let wrong = |what: String| Complaint::new(format!("`--x {word}`: {what}"));
        let Some((path, values)) = word.split_once('=') else {
            return Err(wrong("there are no values".to_owned()).with_help(example));
        };
        let path = path.trim();
        if path.is_empty() {
            return Err(wrong("there is no setting in front of the `=`".to_owned()).with_help(example));
        }
        let values = match values.split_once("..") {
            Some((from, rest)) => range(from.trim(), rest.trim()).map_err(wrong)?,
            None => list(values).map_err(|what| wrong(what).with_help(example))?,
        };
        Ok(Points { path: path.to_owned(), values })
    }
}

fn list(text: &str) -> Result<Vec<String>, String> {
    let values: Vec<String> = text.split(',').map(|value| value.trim().to_owned()).collect();
    if values.iter().any(String::is_empty) {
        return Err("a value is empty".to_owned());
    }
    if values.len() < 2 {
        return Err("one value is no sweep; name at least two".to_owned());
    }
    if values.len() > MOST {
        return Err(format!("{} points are above the limit of {MOST}", values.len()));
    }
    let twice = values.iter().enumerate().find(|(index, value)| values[..*index].contains(value));
    match twice {
        Some((_, value)) => Err(format!("`{value}` is named twice")),
        None => Ok(values),
    }
}

fn range(from: &str, rest: &str) -> Result<Vec<String>, String> {
    let (to, count) = match rest.rsplit_once(':') {
        Some((to, count)) => (to.trim(), count.trim()),
        None => return Err(format!("how many points? Write for example `{from}..{rest}:12`")),
    };
    let count: usize =
        count.parse().map_err(|_| format!("`{count}` is no number of points; write for example `:12`"))?;
    if count < 2 {
        return Err(format!("a range has at least 2 points, not {count}"));
    }
    if count > MOST {
        return Err(format!("{count} points are above the limit of {MOST}"));
    }
    let (first, unit) = quantity(from)?;
    let (last, other_unit) = quantity(to)?;
    if unit != other_unit {
        return Err(format!("`{from}` and `{to}` differ in their units; write both ends in the same one"));
    }
    if first == last {
        return Err(format!("the range is empty: both ends are `{from}`"));
    }
    if first > last {
        return Err(format!("the range runs backwards; write `{to}..{from}:{count}`"));
    }
    let step = (last - first) / (count - 1) as f64;
    let value = |index: usize| match index {
        0 => from.to_owned(),
        _ if index == count - 1 => to.to_owned(),
        _ => format!("{}{unit}", short(first + step * index as f64)),
    };
    Ok((0..count).map(value).collect())
}

/// A number and its unit.
fn quantity(text: &str) -> Result<(f64, &str), String> {
    let digits = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-' | '+')));
    let (number, unit) = text.split_at(digits.unwrap_or(text.len()));
    match number.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok((number, unit)),
        _ => Err(format!("`{text}` does not begin with a number")),
    }
}

/// The number without the noise of the last binary digits: twelve significant ones are kept.
fn short(number: f64) -> String {
    let rounded: f64 = format!("{number:.11e}").parse().expect("a number reads back");
    rounded.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_have_equal_steps_and_keep_their_units() {
        let points: Points = "workloads.users.arrivals.poisson.rate=10/s..98/s:12".parse().unwrap();
        assert_eq!(points.path, "workloads.users.arrivals.poisson.rate");
        assert_eq!(points.values.len(), 12);
        assert_eq!(points.values[..3], ["10/s", "18/s", "26/s"]);
        assert_eq!(points.values[11], "98/s");
        let values = |word: &str| word.parse::<Points>().unwrap().values;
        assert_eq!(values("a=0..1:11")[3], "0.3");
        assert_eq!(values("a=1..10:4"), ["1", "4", "7", "10"]);
        assert_eq!(values("a=0.5s..1.0s:3"), ["0.5s", "0.75s", "1.0s"]);
        assert_eq!(values("a.b=10ms, 20ms"), ["10ms", "20ms"]);
    }

    #[test]
    fn what_is_no_sweep_is_refused() {
        for (word, why) in [
            ("a", "there are no values"),
            ("=1,2", "there is no setting in front of the `=`"),
            ("a=", "a value is empty"),
            ("a=1,,2", "a value is empty"),
            ("a=1", "one value is no sweep; name at least two"),
            ("a=1,2,1", "`1` is named twice"),
            ("a=1..2", "how many points? Write for example `1..2:12`"),
            ("a=1..2:many", "`many` is no number of points; write for example `:12`"),
            ("a=1..2:1", "a range has at least 2 points, not 1"),
            ("a=1..2:0", "a range has at least 2 points, not 0"),
            ("a=1..2:10001", "10001 points are above the limit of 10000"),
            ("a=2s..1s:5", "the range runs backwards; write `1s..2s:5`"),
            ("a=1s..1s:5", "the range is empty: both ends are `1s`"),
            ("a=1s..2:5", "`1s` and `2` differ in their units; write both ends in the same one"),
            ("a=fast..slow:5", "`fast` does not begin with a number"),
            ("a=..2:5", "`` does not begin with a number"),
        ] {
            let complaint = format!("{:?}", word.parse::<Points>().unwrap_err());
            let expected = format!("`--x {word}`: {why}");
            assert!(complaint.contains(&format!("{expected:?}")), "{complaint}\n{expected}");
        }
    }
}
