//! What do all figures share? Colours, dashes, markers, font sizes and the frame around the data.
//!
//! A series is told apart three times: by an Okabe-Ito colour, by its dash and by its marker, so that
//! figures survive colour blindness and a grey printer; most are labelled at the line's end as well.

pub(crate) mod axis;
pub(crate) mod canvas;
pub(crate) mod cells;
pub(crate) mod critical;
pub(crate) mod frame;
pub(crate) mod gauges;
pub(crate) mod glance;
pub(crate) mod grid;
pub(crate) mod heat;
pub(crate) mod heat_strip;
pub(crate) mod hysteresis;
pub(crate) mod image;
pub(crate) mod keys;
pub(crate) mod labels;
pub(crate) mod lanes;
pub(crate) mod latency_cdf;
pub(crate) mod legend;
pub(crate) mod load;
pub(crate) mod map;
pub(crate) mod outcomes;
pub(crate) mod pattern;
pub(crate) mod portrait;
pub(crate) mod recovery;
pub(crate) mod strip;
pub(crate) mod sweep;
pub(crate) mod timeline;
pub(crate) mod topology;
pub(crate) mod workloads;

use crate::options::{Options, Size, Theme};

/// Red, green, blue.
pub(crate) type Colour = (u8, u8, u8);

/// A marker that tells a series apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Marker {
    Circle,
    Square,
    Triangle,
    Diamond,
    TriangleDown,
    Cross,
}

/// How a series is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct SeriesStyle {
    pub(crate) colour: Colour,
    /// Lengths of dashes and gaps in widths of the line; empty for a solid line.
    pub(crate) dash: &'static [f64],
    pub(crate) marker: Marker,
}

/// Colours and sizes of one theme at one size.
#[derive(Clone, Debug)]
pub(crate) struct Look {
    pub(crate) width: f64,
    pub(crate) height: f64,
    /// Size of running text in pixels; everything else is relative to it.
    pub(crate) font: f64,
    pub(crate) line: f64,
    pub(crate) background: Colour,
    pub(crate) ink: Colour,
    pub(crate) muted: Colour,
    pub(crate) grid: Colour,
    pub(crate) shade: Colour,
    pub(crate) is_thumb: bool,
    palette: &'static [Colour],
}

/// Okabe and Ito's colours without yellow, which vanishes on white: blue, vermillion, bluish green,
/// reddish purple, orange, sky blue.
const LIGHT: &[Colour] =
    &[(0, 114, 178), (213, 94, 0), (0, 158, 115), (204, 121, 167), (230, 159, 0), (86, 180, 233)];
/// The same without blue, which vanishes on black, and with yellow.
const DARK: &[Colour] =
    &[(86, 180, 233), (230, 159, 0), (0, 190, 140), (224, 148, 190), (240, 228, 66), (240, 120, 40)];
const GREYS: &[Colour] = &[(0, 0, 0), (130, 130, 130), (50, 50, 50), (155, 155, 155)];

const DASHES: &[&[f64]] =
    &[&[], &[5.0, 2.0], &[1.6, 1.6], &[7.0, 2.0, 1.6, 2.0], &[10.0, 3.0], &[4.0, 1.6, 1.2, 1.6, 1.2, 1.6]];
const MARKERS: &[Marker] =
    &[Marker::Circle, Marker::Square, Marker::Triangle, Marker::Diamond, Marker::TriangleDown, Marker::Cross];

impl Look {
    pub(crate) fn new(options: &Options) -> Self {
        let (width, height) = options.size.pixels();
        let (font, line) = match options.size {
            Size::Slide => (25.0, 4.0),
            Size::Page => (21.0, 3.2),
            Size::Thumb => (11.0, 1.6),
        };
        let (background, ink, muted, grid, shade, palette) = match options.theme {
            Theme::Light => {
                ((255, 255, 255), (28, 32, 38), (88, 96, 105), (225, 229, 233), (235, 232, 225), LIGHT)
            }
            Theme::Dark => ((20, 24, 29), (238, 241, 244), (166, 174, 182), (52, 59, 67), (48, 46, 40), DARK),
            Theme::Print => {
                ((255, 255, 255), (0, 0, 0), (70, 70, 70), (215, 215, 215), (232, 232, 232), GREYS)
            }
        };
        Look {
            width: f64::from(width),
            height: f64::from(height),
            font,
            line,
            background,
            ink,
            muted,
            grid,
            shade,
            is_thumb: options.size == Size::Thumb,
            palette,
        }
    }

    /// The style of the series with this index; the index is the variant's place in the file, so a
    /// variant looks the same in every figure.
    pub(crate) fn series(&self, index: usize) -> SeriesStyle {
        let round = index / self.palette.len();
        SeriesStyle {
            colour: self.palette[index % self.palette.len()],
            dash: DASHES[(index + round) % DASHES.len()],
            marker: MARKERS[(index + round) % MARKERS.len()],
        }
    }

    /// How much of a line its dash draws. Lines that lie on each other are drawn in falling order of this,
    /// so that the gaps of one show the other.
    pub(crate) fn ink_share(&self, index: usize) -> f64 {
        let dash = self.series(index).dash;
        let drawn: f64 = dash.iter().step_by(2).sum();
        if dash.is_empty() { 1.0 } else { drawn / dash.iter().sum::<f64>() }
    }

    /// A colour for text in the manner of a series: nearer to the ink, so that it can be read.
    pub(crate) fn text_colour(&self, colour: Colour) -> Colour {
        mix(colour, self.ink, 0.35)
    }
}

/// `share` of the second colour in the first.
pub(crate) fn mix(first: Colour, second: Colour, share: f64) -> Colour {
    let channel = |a: u8, b: u8| (f64::from(a) * (1.0 - share) + f64::from(b) * share).round() as u8;
    (channel(first.0, second.0), channel(first.1, second.1), channel(first.2, second.2))
}

/// Black or white, whichever can be read on a colour.
pub(crate) fn readable_on((r, g, b): Colour) -> Colour {
    let grey = 0.2126 * f64::from(r) + 0.7152 * f64::from(g) + 0.0722 * f64::from(b);
    if grey > 115.0 { (16, 18, 20) } else { (255, 255, 255) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_dozen_series_all_look_different() {
        for theme in Theme::ALL {
            let look = Look::new(&Options { theme: *theme, ..Options::default() });
            let styles: Vec<SeriesStyle> = (0..24).map(|index| look.series(index)).collect();
            for (index, style) in styles.iter().enumerate() {
                assert!(!styles[..index].contains(style), "{theme}: series {index} repeats another");
            }
        }
    }

    #[test]
    fn neighbours_in_the_palette_differ_in_grey() {
        let grey = |c: Colour| 0.2126 * f64::from(c.0) + 0.7152 * f64::from(c.1) + 0.0722 * f64::from(c.2);
        let look = Look::new(&Options { theme: Theme::Print, ..Options::default() });
        let (first, second) = (grey(look.series(0).colour), grey(look.series(1).colour));
        assert!((first - second).abs() > 60.0, "{first} {second}");
    }
}
