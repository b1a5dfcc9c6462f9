//! Where in the layers was the value at a path written?

use super::{
    Layer, Span, path,
    place::{self, Spot},
};

/// The uppermost layer that has this path, and the value's position there.
pub fn origin(layers: &[Layer<'_>], path: &str) -> Option<(usize, Span)> {
    walk(layers, path).last().map(|spot| (spot.layer, spot.node.span))
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

fn walk<'a>(layers: &[Layer<'a>], path: &str) -> Vec<Spot<'a>> {
    path::parts(path).fold(place::roots(layers), |spots, part| place::below(&spots, &part))
}
