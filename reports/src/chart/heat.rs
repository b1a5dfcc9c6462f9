//! Which colour stands for a share? Cividis, which everybody can order and a grey printer keeps in order;
//! on paper greys, from none to all.

use super::canvas::{Canvas, Drawn};
use super::frame::Rect;
use super::{Colour, mix};
use crate::options::Theme;

/// Cividis (Nuñez, Anderton and Renslow, 2018) at ten evenly spaced places.
const CIVIDIS: [Colour; 10] = [
    (0, 34, 78),
    (18, 53, 112),
    (59, 73, 108),
    (87, 93, 109),
    (112, 113, 115),
    (138, 134, 120),
    (165, 156, 116),
    (195, 179, 105),
    (225, 204, 85),
    (254, 232, 56),
];
/// Paper takes less ink where less happens.
const PAPER: [Colour; 2] = [(246, 246, 246), (105, 105, 105)];
/// Shares are rounded to this many steps, so that equal neighbours become one area.
const STEPS: f64 = 20.0;

/// The step of a share, from 0 to [`STEPS`]; shares outside 0 to 1 count as the nearest end.
pub(crate) fn step(share: f64) -> u8 {
    (share.clamp(0.0, 1.0) * STEPS).round() as u8
}

/// The colour of a step.
pub(crate) fn colour(step: u8, theme: Theme) -> Colour {
    shade(f64::from(step) / STEPS, theme)
}

/// The colour of a share.
pub(crate) fn shade(share: f64, theme: Theme) -> Colour {
    let table: &[Colour] = match theme {
        Theme::Light | Theme::Dark => &CIVIDIS,
        Theme::Print => &PAPER,
    };
    let place = share.clamp(0.0, 1.0) * (table.len() - 1) as f64;
    let below = (place.floor() as usize).min(table.len() - 2);
    mix(table[below], table[below + 1], place - below as f64)
}

/// Ink for hatching over the colour of a full share.
pub(crate) fn hatch(theme: Theme) -> Colour {
    match theme {
        Theme::Light | Theme::Dark => (90, 60, 0),
        Theme::Print => (255, 255, 255),
    }
}

/// The colours in order.
pub(crate) fn paint_bar(canvas: &Canvas<'_>, rect: Rect, theme: Theme) -> Drawn {
    let count = STEPS as u8 + 1;
    let x = |step: u8| rect.left + rect.width() * f64::from(step) / f64::from(count);
    for step in 0..count {
        // Each reaches under its neighbour, so that no seam shows.
        let end = (x(step + 1) + 0.6).min(rect.right);
        canvas.rectangle((x(step), rect.top), (end, rect.bottom), colour(step, theme))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_colours_stay_in_order_on_a_grey_printer() {
        let grey = |c: Colour| 0.2126 * f64::from(c.0) + 0.7152 * f64::from(c.1) + 0.0722 * f64::from(c.2);
        for theme in Theme::ALL {
            let greys: Vec<f64> = (0..=20).map(|step| grey(colour(step, *theme))).collect();
            let is_rising = greys.windows(2).all(|pair| pair[1] > pair[0] + 2.0);
            let is_falling = greys.windows(2).all(|pair| pair[1] < pair[0] - 2.0);
            assert!(is_rising || is_falling, "{theme}: {greys:?}");
        }
    }

    #[test]
    fn shares_outside_count_as_the_nearest_end() {
        assert_eq!([-1.0, 0.0, 0.5, 1.0, 7.0].map(step), [0, 0, 10, 20, 20]);
    }
}
