//! How is a place in a tree named?
//!
//! Parts are joined by `/`: `services/api/workers`, `expect/0/variant`. A `/` within a name is written `~1` and a
//! `~` is written `~0`, as in JSON Pointer (RFC 6901), so that a name such as `GET /cart` is still one part.

/// The path of `part` below `path`; the empty path is the root.
pub fn join(path: &str, part: &str) -> String {
    let part =
        if part.contains(['~', '/']) { part.replace('~', "~0").replace('/', "~1") } else { part.to_owned() };
    if path.is_empty() { part } else { format!("{path}/{part}") }
}

/// A path as messages show it: `services.api.workers`.
pub fn shown(path: &str) -> String {
    parts(path).collect::<Vec<_>>().join(".")
}

/// The parts of a path, as they stand in the file.
pub(super) fn parts(path: &str) -> impl Iterator<Item = String> {
    path.split('/').filter(|part| !part.is_empty()).map(|part| part.replace("~1", "/").replace("~0", "~"))
}

/// `path` in a file where the whole value stands at `prefix`.
pub(super) fn under(prefix: &str, path: &str) -> String {
    match (prefix.is_empty(), path.is_empty()) {
        (true, _) => path.to_owned(),
        (false, true) => prefix.to_owned(),
        (false, false) => format!("{prefix}/{path}"),
    }
}

/// The path above, if there is one.
pub(super) fn parent(path: &str) -> Option<&str> {
    if path.is_empty() { None } else { Some(path.rsplit_once('/').map_or("", |(above, _)| above)) }
}

/// The last part of a path, as it stands in the file.
pub(super) fn last(path: &str) -> String {
    parts(path).last().unwrap_or_default()
}
