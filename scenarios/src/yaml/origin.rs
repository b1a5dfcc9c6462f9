//! Where in the layers was the value at a path written?

use super::{
    Layer, Span, beneath, path,
    place::{self, Spot},
};

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written<'a> {
    /// The layer that has it, or that names the preset that has it.
    pub layer: usize,
    /// Where it stands there, or where the preset is named.
    pub span: Span,
    /// If a preset has it: where it stands in the preset's own text.
    pub in_preset: Option<Span>,
    /// What is written, if it is a single value.
    pub text: Option<&'a str>,
}

/// The uppermost layer that has this path, and the value's position there; of a preset's value, the position of
/// the preset's name.
pub fn origin(layers: &[Layer<'_>], path: &str) -> Option<(usize, Span)> {
    walk(layers, path).last().map(|spot| (spot.layer, spot.span()))
}

/// The same for the key in front of the value; a list item has none and shows itself.
pub fn origin_key(layers: &[Layer<'_>], path: &str) -> Option<(usize, Span)> {
    walk(layers, path).last().map(|spot| (spot.layer, spot.key_or_node()))
}

/// The origin of this path or, if it is not written down, the key of the nearest place above that is.
pub fn nearest_origin(layers: &[Layer<'_>], path: &str) -> Option<(usize, Span)> {
    if let Some(found) = origin(layers, path) {
        return Some(found);
    }
    let mut at = path;
    while let Some(above) = path::parent(at) {
        if let Some(found) = origin_key(layers, above) {
            return Some(found);
        }
        at = above;
    }
    None
}

/// All that the layers and presets have at this path, the value that counts first.
pub fn written<'a>(layers: &[Layer<'a>], path: &str) -> Vec<Written<'a>> {
    let written = |spot: &Spot<'a>| Written {
        layer: spot.layer,
        span: spot.span(),
        in_preset: spot.named_at.map(|_| spot.node.span),
        text: spot.node.single(),
    };
    walk(layers, path).iter().rev().map(written).collect()
}

fn walk<'a>(layers: &[Layer<'a>], path: &str) -> Vec<Spot<'a>> {
    let mut at = String::new();
    path::parts(path).fold(place::roots(layers), |mut spots, part| {
        if let Some(Ok(below)) = beneath::find(&at, place::mappings(&spots)) {
            spots = std::iter::once(below).chain(place::mappings(&spots).iter().copied()).collect();
        }
        at = path::join(&at, &part);
        place::below(&spots, &part)
    })
}
