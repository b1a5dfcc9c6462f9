//! Which setting is varied, and over which values? `path=10/s..98/s:12`, or `path=10ms,20ms,50ms`; instead of a path
//! the name of a parameter of the scenario.

use scenarios::range::Range;

use crate::failure::Complaint;

/// A setting and the values it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Setting {
    /// Names separated by dots, or a parameter.
    pub(super) path: String,
    /// As they would stand in a file.
    pub(super) range: Range,
}

impl Setting {
    /// The words behind `option`.
    pub(super) fn parse(option: &str, word: &str) -> Result<Setting, Complaint> {
        let example = format!(
            "write for example `{option} services.api.workers=2..10:5` or `{option} services.api.workers=2,4,8`"
        );
        let wrong = |what: String| Complaint::new(format!("`{option} {word}`: {what}"));
        let Some((path, values)) = word.split_once('=') else {
            return Err(wrong("there are no values".to_owned()).with_help(example));
        };
        let path = path.trim();
        if path.is_empty() {
            return Err(wrong("there is no setting in front of the `=`".to_owned()).with_help(example));
        }
        let is_range = values.contains("..");
        let complain = |what: String| match is_range {
            true => wrong(what),
            false => wrong(what).with_help(example),
        };
        let range = Range::parse(values).map_err(complain)?;
        Ok(Setting { path: path.to_owned(), range })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_and_its_values() {
        let setting = Setting::parse("--x", "workloads.users.arrivals.poisson.rate=10/s..98/s:12").unwrap();
        assert_eq!(setting.path, "workloads.users.arrivals.poisson.rate");
        assert_eq!(setting.range.values[..2], ["10/s", "18/s"]);
        assert_eq!(Setting::parse("--y", " load = 1,2").unwrap().path, "load");
    }

    #[test]
    fn what_is_no_setting_is_refused() {
        for (word, why) in [
            ("a", "there are no values"),
            ("=1,2", "there is no setting in front of the `=`"),
            ("a=1", "one value is no sweep; name at least two"),
            ("a=2s..1s:5", "the range runs backwards; write `1s..2s:5`"),
        ] {
            let complaint = format!("{:?}", Setting::parse("--x", word).unwrap_err());
            let expected = format!("`--x {word}`: {why}");
            assert!(complaint.contains(&format!("{expected:?}")), "{complaint}\n{expected}");
        }
    }
}
