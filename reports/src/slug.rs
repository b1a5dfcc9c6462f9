//! How does a name from a scenario become part of a file name that every system accepts?

/// Letters, digits, `-` and `_` stay, everything else becomes `-`; equal results get a number.
pub(crate) fn unique<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut taken: Vec<String> = Vec::new();
    for name in names {
        let base = slug(name);
        let mut candidate = base.clone();
        let mut number = 2;
        while taken.iter().any(|other| other.eq_ignore_ascii_case(&candidate)) {
            candidate = format!("{base}-{number}");
            number += 1;
        }
        taken.push(candidate);
    }
    taken
}

fn slug(name: &str) -> String {
    let text: String = name
        .chars()
        .take(60)
        .map(|c| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '-' })
        .collect();
    if text.is_empty() { "unnamed".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_names_become_safe_and_stay_apart() {
        let names = ["load", "a/b", "a b", "", "../x", "LOAD"];
        assert_eq!(unique(names.into_iter()), ["load", "a-b", "a-b-2", "unnamed", "---x", "LOAD-2"]);
    }
}
