//! How do shapes become SVG? A thin layer over plotters that thinks in pixels of the finished figure
//! while drawing at ten times the size, because plotters rounds coordinates to whole numbers.

use std::sync::Once;

use plotters::prelude::*;
use plotters::style::register_font;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::{Colour, Marker, SeriesStyle};

/// Drawing is done at this multiple of the figure's size.
pub(crate) const SCALE: f64 = 10.0;
/// The embedded font and what to take where it is missing: Verdana is as wide.
pub(crate) const FONT_FAMILY: &str = "DejaVu Sans, Verdana, Arial, sans-serif";
/// Subset of DejaVu Sans.
pub(crate) const FONT: &[u8] = include_bytes!("../../fonts/DejaVuSans-subset.ttf");

/// plotters' size of a font is 1.24 times its em.
const EM: f64 = 1.24;
/// plotters scales widths by ascent plus descent, which are 1.164 em in this font.
const WIDTH_CORRECTION: f64 = 1.164 / EM;

/// A point in pixels of the finished figure.
pub(crate) type Point = (f64, f64);

/// Which side of a text its position names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Centre,
    Right,
}

/// How a text is set; its vertical position is always its middle.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TextLook {
    pub(crate) size: f64,
    pub(crate) colour: Colour,
    pub(crate) align: Align,
}

/// Something that could not be drawn.
pub(crate) type DrawError = DrawingAreaErrorKind<std::io::Error>;
/// Whether drawing worked.
pub(crate) type Drawn = Result<(), DrawError>;

/// A surface of a given size.
pub(crate) struct Canvas<'a> {
    area: DrawingArea<SVGBackend<'a>, plotters::coord::Shift>,
}

/// Draws a figure; returns the SVG at ten times the size.
pub(crate) fn draw(
    width: f64,
    height: f64,
    background: Colour,
    paint: impl FnOnce(&Canvas<'_>) -> Drawn,
) -> Result<String, DrawError> {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        let registered = register_font(FONT_FAMILY, FontStyle::Normal, FONT);
        assert!(registered.is_ok(), "the embedded font is a font");
    });
    let mut svg = String::new();
    {
        let size = ((width * SCALE) as u32, (height * SCALE) as u32);
        let canvas = Canvas { area: SVGBackend::with_string(&mut svg, size).into_drawing_area() };
        canvas.area.fill(&rgb(background))?;
        paint(&canvas)?;
        canvas.area.present()?;
    }
    Ok(svg)
}

impl Canvas<'_> {
    /// A text whose middle line is at `at`.
    pub(crate) fn text(&self, text: &str, at: Point, look: TextLook) -> Drawn {
        let horizontal = match look.align {
            Align::Left => HPos::Left,
            Align::Centre => HPos::Center,
            Align::Right => HPos::Right,
        };
        let colour = rgb(look.colour);
        let style = font(look.size).color(&colour).pos(Pos::new(horizontal, VPos::Center));
        // XML forbids control characters, escaped or not.
        let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        // plotters shifts by half an x-height; capitals sit better a little lower.
        self.area.draw(&Text::new(text, pixel((at.0, at.1 + 0.09 * look.size)), style))
    }

    /// Width of a text in pixels.
    pub(crate) fn text_width(&self, text: &str, size: f64) -> f64 {
        match self.area.estimate_text_size(text, &font(size)) {
            Ok((width, _)) => f64::from(width) / SCALE * WIDTH_CORRECTION,
            Err(_) => 0.6 * size * text.chars().count() as f64,
        }
    }

    /// The text itself, or as much of it as fits with `…`.
    pub(crate) fn fitted(&self, text: &str, size: f64, width: f64) -> String {
        if self.text_width(text, size) <= width {
            return text.to_owned();
        }
        let characters = text.chars().count();
        (1..characters)
            .rev()
            .map(|kept| crate::typeset::shortened(text, kept))
            .find(|short| self.text_width(short, size) <= width)
            .unwrap_or_default()
    }

    /// A line through points.
    pub(crate) fn line(&self, points: &[Point], width: f64, colour: Colour, opacity: f64) -> Drawn {
        if points.len() < 2 {
            return Ok(());
        }
        let style = rgb(colour).mix(opacity).stroke_width(stroke(width));
        let points: Vec<(i32, i32)> = points.iter().map(|point| pixel(*point)).collect();
        self.area.draw(&PathElement::new(points, style))
    }

    /// A line in the manner of a series: its colour and its dash.
    pub(crate) fn series_line(&self, points: &[Point], width: f64, style: SeriesStyle) -> Drawn {
        if style.dash.is_empty() {
            return self.line(points, width, style.colour, 1.0);
        }
        for piece in dashes(points, style.dash, width, 3.0) {
            self.line(&piece, width, style.colour, 1.0)?;
        }
        Ok(())
    }

    /// A dashed line whose dashes are equally long in every direction.
    pub(crate) fn dashed_line(&self, points: &[Point], width: f64, colour: Colour, dash: &[f64]) -> Drawn {
        for piece in dashes(points, dash, width, 1.0) {
            self.line(&piece, width, colour, 1.0)?;
        }
        Ok(())
    }

    /// A filled polygon.
    pub(crate) fn polygon(&self, points: &[Point], colour: Colour, opacity: f64) -> Drawn {
        if points.len() < 3 {
            return Ok(());
        }
        let points: Vec<(i32, i32)> = points.iter().map(|point| pixel(*point)).collect();
        self.area.draw(&Polygon::new(points, rgb(colour).mix(opacity)))
    }

    /// A filled rectangle between two corners.
    pub(crate) fn rectangle(&self, from: Point, to: Point, colour: Colour) -> Drawn {
        self.area.draw(&Rectangle::new([pixel(from), pixel(to)], rgb(colour).filled()))
    }

    /// A filled circle.
    pub(crate) fn circle(&self, centre: Point, radius: f64, colour: Colour) -> Drawn {
        self.area.draw(&Circle::new(pixel(centre), (radius * SCALE).round() as i32, rgb(colour).filled()))
    }

    /// A marker with a halo in the colour of the background.
    pub(crate) fn marker(
        &self,
        at: Point,
        radius: f64,
        marker: Marker,
        colour: Colour,
        halo: Colour,
    ) -> Drawn {
        self.shape(at, radius * 1.45, marker, halo)?;
        self.shape(at, radius, marker, colour)
    }

    fn shape(&self, (x, y): Point, radius: f64, marker: Marker, colour: Colour) -> Drawn {
        let r = radius;
        let corners: Vec<Point> = match marker {
            Marker::Circle => return self.circle((x, y), r, colour),
            Marker::Square => vec![(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)],
            Marker::Triangle => vec![(0.0, -1.2), (1.1, 0.8), (-1.1, 0.8)],
            Marker::TriangleDown => vec![(0.0, 1.2), (1.1, -0.8), (-1.1, -0.8)],
            Marker::Diamond => vec![(0.0, -1.3), (1.1, 0.0), (0.0, 1.3), (-1.1, 0.0)],
            Marker::Cross => {
                let (a, b) = (0.4, 1.15);
                vec![
                    (-a, -b),
                    (a, -b),
                    (a, -a),
                    (b, -a),
                    (b, a),
                    (a, a),
                    (a, b),
                    (-a, b),
                    (-a, a),
                    (-b, a),
                    (-b, -a),
                    (-a, -a),
                ]
            }
        };
        let corners: Vec<Point> = corners.iter().map(|(dx, dy)| (x + dx * r, y + dy * r)).collect();
        self.polygon(&corners, colour, 1.0)
    }
}

/// Cuts a line into dashes. Steps down or up count less by the factor `calm`, so that a noisy curve keeps
/// its pattern.
fn dashes(points: &[Point], pattern: &[f64], width: f64, calm: f64) -> Vec<Vec<Point>> {
    let mut pieces = Vec::new();
    let mut piece: Vec<Point> = points.first().copied().into_iter().collect();
    let mut turn = 0;
    let mut left = pattern[0] * width;
    for pair in points.windows(2) {
        let (mut from, to) = (pair[0], pair[1]);
        loop {
            let length = ((to.0 - from.0).powi(2) + ((to.1 - from.1) / calm).powi(2)).sqrt();
            let is_drawn = turn % 2 == 0;
            if length < left {
                left -= length;
                if is_drawn {
                    piece.push(to);
                }
                break;
            }
            let share = left / length;
            let cut = (from.0 + share * (to.0 - from.0), from.1 + share * (to.1 - from.1));
            if is_drawn {
                piece.push(cut);
                pieces.push(std::mem::take(&mut piece));
            } else {
                piece = vec![cut];
            }
            from = cut;
            turn += 1;
            left = pattern[turn % pattern.len()] * width;
        }
    }
    if piece.len() > 1 {
        pieces.push(piece);
    }
    pieces
}

fn font(size: f64) -> TextStyle<'static> {
    TextStyle::from((FONT_FAMILY, size * SCALE * EM).into_font())
}

fn rgb((r, g, b): Colour) -> RGBColor {
    RGBColor(r, g, b)
}

fn stroke(width: f64) -> u32 {
    (width * SCALE).round().max(1.0) as u32
}

fn pixel((x, y): Point) -> (i32, i32) {
    ((x * SCALE).round() as i32, (y * SCALE).round() as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_cover_their_share_of_a_straight_line() {
        let pieces = dashes(&[(0.0, 0.0), (100.0, 0.0)], &[3.0, 1.0], 5.0, 3.0);
        let drawn: f64 = pieces.iter().map(|piece| piece.last().unwrap().0 - piece[0].0).sum();
        assert!((drawn - 75.0).abs() < 1e-9, "{drawn}");
    }

    #[test]
    fn every_character_we_write_is_in_the_font() {
        let width = |text: &str| {
            let mut width = 0.0;
            draw(10.0, 10.0, (0, 0, 0), |canvas| {
                width = canvas.text_width(text, 20.0);
                Ok(())
            })
            .unwrap();
            width
        };
        let unknown = width("\u{4e00}");
        for c in "–−…·±×µΔλρ≤≥≈→✓✗’".chars() {
            assert_ne!(width(&c.to_string()), unknown, "{c} looks like a missing glyph");
        }
    }
}
