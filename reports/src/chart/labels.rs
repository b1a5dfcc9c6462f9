//! Where do labels at the ends of lines go so that none covers another? As near to their line as
//! possible, in the order of the lines.

use super::Look;
use super::canvas::{Align, Canvas, Drawn, Point};
use super::frame::Rect;

/// Name, number of the series, and where its line ends if it has any points.
pub(crate) type LineEnd<'a> = (&'a str, usize, Option<Point>);

/// Names with markers in the room of this width at the right of `rect`, joined to the ends of their lines.
pub(crate) fn paint(
    canvas: &Canvas<'_>,
    look: &Look,
    rect: &Rect,
    ends: &[LineEnd<'_>],
    label_width: f64,
) -> Drawn {
    let wanted: Vec<f64> = ends.iter().map(|(_, _, end)| end.map_or(rect.bottom, |end| end.1)).collect();
    let places = spread(&wanted, look.font * 1.35, rect.top, rect.bottom);
    for ((name, index, end), y) in ends.iter().zip(&places) {
        let style = look.series(*index);
        let knee = (rect.right + 0.75 * look.font, *y);
        if let Some(end) = end {
            let line = [(end.0 + look.line * 2.6, end.1), (rect.right, end.1), knee];
            canvas.line(&line, look.line * 0.3, style.colour, 0.7)?;
        }
        canvas.marker(knee, look.line * 1.7, style.marker, style.colour, look.background)?;
        let name = canvas.fitted(name, look.font, label_width - 1.6 * look.font);
        let at = (rect.right + 1.6 * look.font, *y);
        canvas.text(&name, at, look.text(1.0, look.text_colour(style.colour), Align::Left))?;
    }
    Ok(())
}

/// Moves wanted positions apart so that neighbours keep `distance` and all stay within `low..=high`;
/// returns the positions in the order given.
pub(crate) fn spread(wanted: &[f64], distance: f64, low: f64, high: f64) -> Vec<f64> {
    let count = wanted.len();
    if count == 0 {
        return Vec::new();
    }
    let distance = distance.min(if count > 1 { (high - low) / (count - 1) as f64 } else { distance });
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|a, b| wanted[*a].total_cmp(&wanted[*b]).then(a.cmp(b)));
    // Clusters of labels that touch: (sum of their offsets, members); each sits at its mean.
    let mut clusters: Vec<Vec<usize>> = Vec::new();
    let place = |cluster: &[usize]| -> f64 {
        let size = cluster.len() as f64;
        let sum: f64 =
            cluster.iter().enumerate().map(|(k, index)| wanted[*index] - k as f64 * distance).sum();
        (sum / size).clamp(low, (high - (size - 1.0) * distance).max(low))
    };
    for index in order {
        clusters.push(vec![index]);
        while clusters.len() > 1 {
            let last = &clusters[clusters.len() - 1];
            let before = &clusters[clusters.len() - 2];
            let end = place(before) + before.len() as f64 * distance;
            if end <= place(last) + 1e-9 {
                break;
            }
            let last = clusters.pop().expect("two clusters");
            clusters.last_mut().expect("one cluster").extend(last);
        }
    }
    let mut positions = vec![0.0; count];
    for cluster in &clusters {
        let first = place(cluster);
        for (k, index) in cluster.iter().enumerate() {
            positions[*index] = first + k as f64 * distance;
        }
    }
    positions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_that_do_not_touch_stay_where_they_are() {
        assert_eq!(spread(&[10.0, 90.0, 50.0], 20.0, 0.0, 100.0), [10.0, 90.0, 50.0]);
    }

    #[test]
    fn labels_at_one_place_fan_out_around_it() {
        assert_eq!(spread(&[50.0, 50.0, 50.0], 10.0, 0.0, 100.0), [40.0, 50.0, 60.0]);
    }

    #[test]
    fn labels_at_the_border_stay_inside() {
        assert_eq!(spread(&[0.0, 1.0, 99.0], 20.0, 0.0, 100.0), [0.0, 20.0, 99.0]);
        let crowded = spread(&[100.0; 12], 20.0, 0.0, 100.0);
        assert!(crowded.iter().all(|y| (-1e-9..=100.0 + 1e-9).contains(y)), "{crowded:?}");
    }
}
