//! What does a finished SVG carry besides its shapes? Its size, a role, a title, an alt text, and where
//! it came from, so that a figure found on a slide can be made again.

use serde_json::json;

use crate::chart::canvas::SCALE;
use crate::figures::Origin;

/// Rewrites the head of a drawing at ten times the size: real width and height, accessibility, origin.
pub(crate) fn finish(drawing: &str, name: &str, title: &str, alt: &str, origin: &Origin) -> String {
    let (head, body) = drawing.split_once(">\n").unwrap_or((drawing, ""));
    let (width, height) = size(head);
    let id = escape(name);
    let metadata = json!({
        "spiral": origin.spiral,
        "scenario": {"id": origin.scenario, "hash": origin.hash},
        "seeds": origin.seeds,
        "reproduce": origin.reproduce,
    });
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" viewBox=\"0 0 {width} {height}\" \
         role=\"img\" aria-labelledby=\"{id}-title {id}-desc\" stroke-linejoin=\"round\">\n\
         <title id=\"{id}-title\">{}</title>\n\
         <desc id=\"{id}-desc\">{}</desc>\n\
         <metadata>{}</metadata>\n{body}",
        f64::from(width) / SCALE,
        f64::from(height) / SCALE,
        escape(title),
        escape(alt),
        escape(&metadata.to_string()),
    )
}

/// The same SVG for the inside of a page: as wide as its column, and without the namespace, which HTML
/// does not need. `hover` lies above all shapes and can be pointed at.
pub(crate) fn inline(svg: &str, hover: &str) -> String {
    let (head, body) = svg.split_once(">\n").unwrap_or((svg, ""));
    let without_metadata = match (body.find("<metadata>"), body.find("</metadata>\n")) {
        (Some(from), Some(to)) => format!("{}{}", &body[..from], &body[to + "</metadata>\n".len()..]),
        _ => body.to_owned(),
    };
    let head = head.replace(" xmlns=\"http://www.w3.org/2000/svg\"", "");
    let attributes =
        head.split(' ').filter(|part| !part.starts_with("width=") && !part.starts_with("height="));
    let end = without_metadata.rfind("</svg>").unwrap_or(without_metadata.len());
    let (shapes, end) = without_metadata.split_at(end);
    format!("{}>\n{shapes}{hover}{end}", attributes.collect::<Vec<_>>().join(" "))
}

fn size(head: &str) -> (u32, u32) {
    let number = |name: &str| {
        let start = head.find(&format!(" {name}=\"")).map(|at| at + name.len() + 3);
        start.and_then(|start| head[start..].split('"').next()).and_then(|text| text.parse().ok())
    };
    (number("width").unwrap_or(0), number("height").unwrap_or(0))
}

/// Text for XML: five characters escaped, control characters, which XML forbids, replaced.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            '\n' | '\t' => escaped.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}
