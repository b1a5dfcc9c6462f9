//! How do thousands of cells become one picture? A bitmap of a few pixels per cell inside the SVG, which every
//! viewer stretches without blurring, under axes that stay lines.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use resvg::tiny_skia::{ColorU8, Pixmap};

use super::Colour;
use super::canvas::{Canvas, Drawn, SCALE};
use super::frame::Rect;

/// Pixels per cell and direction: viewers that blur all the same blur only the borders of cells.
const PIXELS: usize = 6;

/// A bitmap and its place in a figure.
pub(crate) struct Image {
    rect: Rect,
    element: String,
}

/// Cells in rows from the top, as many columns in each, coloured or left out.
pub(crate) fn of_cells(rect: Rect, columns: usize, cells: &[Option<Colour>]) -> Option<Image> {
    let rows = cells.len() / columns.max(1);
    let (width, height) = (columns * PIXELS, rows * PIXELS);
    let mut pixmap = Pixmap::new(u32::try_from(width).ok()?, u32::try_from(height).ok()?)?;
    for (index, pixel) in pixmap.pixels_mut().iter_mut().enumerate() {
        let (x, y) = (index % width / PIXELS, index / width / PIXELS);
        if let Some((red, green, blue)) = cells[y * columns + x] {
            *pixel = ColorU8::from_rgba(red, green, blue, 255).premultiply();
        }
    }
    let bytes = STANDARD.encode(pixmap.encode_png().ok()?);
    let [left, top, right, bottom] = corners(&rect);
    let element = format!(
        "<image x=\"{left}\" y=\"{top}\" width=\"{}\" height=\"{}\" preserveAspectRatio=\"none\" \
         image-rendering=\"optimizeSpeed\" style=\"image-rendering:pixelated\" href=\"data:image/png;base64,{bytes}\"/>\n",
        right - left,
        bottom - top,
    );
    Some(Image { rect, element })
}

impl Image {
    /// Paints the ground on which the bitmap will lie.
    pub(crate) fn paint_ground(&self, canvas: &Canvas<'_>, ground: Colour) -> Drawn {
        canvas.rectangle((self.rect.left, self.rect.top), (self.rect.right, self.rect.bottom), ground)
    }

    /// The drawing with the bitmap on its ground, below whatever was painted later.
    pub(crate) fn put(&self, drawing: &str) -> String {
        let [left, top, ..] = corners(&self.rect);
        let ground = format!("<rect x=\"{left}\" y=\"{top}\" ");
        let place = drawing.rfind(&ground).and_then(|from| Some(from + drawing[from..].find("/>\n")? + 3));
        match place {
            Some(place) => format!("{}{}{}", &drawing[..place], self.element, &drawing[place..]),
            None => drawing.to_owned(),
        }
    }
}

/// Whole pixels of the drawing.
fn corners(rect: &Rect) -> [i64; 4] {
    [rect.left, rect.top, rect.right, rect.bottom].map(|place| (place * SCALE).round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::canvas;

    #[test]
    fn a_bitmap_lies_on_its_ground_and_below_what_comes_later() {
        let rect = Rect { left: 10.0, top: 20.0, right: 50.0, bottom: 60.0 };
        let image = of_cells(rect, 2, &[Some((1, 2, 3)), None, None, Some((4, 5, 6))]).unwrap();
        let drawing = canvas::draw(100.0, 100.0, (255, 255, 255), |canvas| {
            image.paint_ground(canvas, (250, 250, 250))?;
            canvas.line(&[(0.0, 0.0), (100.0, 100.0)], 1.0, (0, 0, 0), 1.0)
        });
        let drawing = image.put(&drawing.unwrap());
        let (ground, picture) = (drawing.find("#FAFAFA").unwrap(), drawing.find("<image ").unwrap());
        assert!(ground < picture && picture < drawing.find("<polyline").unwrap(), "{drawing}");
    }
}
