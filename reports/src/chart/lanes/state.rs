//! What does a state look like? A colour and a hatching for every word, the calm ones pale.

use crate::chart::canvas::{Canvas, Drawn};
use crate::chart::frame::Rect;
use crate::chart::pattern::{self, Pattern, Strokes};
use crate::chart::{Colour, Look, mix, readable_on};
use crate::options::Theme;

/// How the spans of one state are filled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct StateLook {
    pub(super) fill: Colour,
    pub(super) pattern: Pattern,
}

/// A known state: word, colour, grey, hatching.
type Known = (&'static str, Colour, u8, Pattern);

/// From well to gone; Okabe and Ito's colours.
const KNOWN: &[Known] = &[
    ("ready", (198, 230, 220), 246, Pattern::Plain),
    ("warming", (86, 180, 233), 208, Pattern::Plain),
    ("booting", (0, 114, 178), 160, Pattern::Rising),
    ("not ready", (230, 159, 0), 188, Pattern::Falling),
    ("unhealthy", (240, 228, 66), 226, Pattern::Upright),
    ("ejected", (204, 121, 167), 130, Pattern::Crossed),
    ("draining", (150, 150, 205), 215, Pattern::Rising),
    ("hung", (213, 94, 0), 100, Pattern::Level),
    ("down", (48, 52, 60), 20, Pattern::Plain),
    ("absent", (222, 224, 230), 235, Pattern::Falling),
];

/// For words of which nothing is known.
const OTHERS: &[(Colour, u8, Pattern)] = &[
    ((0, 158, 115), 200, Pattern::Level),
    ((150, 120, 90), 175, Pattern::Upright),
    ((150, 150, 205), 215, Pattern::Crossed),
    ((110, 115, 40), 90, Pattern::Falling),
];

/// Place of a state in the legend: known ones first.
pub(super) fn rank(state: &str) -> usize {
    KNOWN.iter().position(|(word, ..)| *word == state).unwrap_or(KNOWN.len())
}

/// Whether a state is so usual that it needs no word on its span.
pub(super) fn is_calm(state: &str) -> bool {
    state == KNOWN[0].0
}

/// The looks of these states, in their order; different words look different as long as there are looks.
pub(super) fn looks(states: &[&str], look: &Look, theme: Theme) -> Vec<StateLook> {
    let mut unknown = 0;
    let looks = states.iter().map(|state| {
        let (colour, grey, pattern) = match KNOWN.get(rank(state)) {
            Some((_, colour, grey, pattern)) => (*colour, *grey, *pattern),
            None => {
                unknown += 1;
                OTHERS[(unknown - 1) % OTHERS.len()]
            }
        };
        let fill = match theme {
            Theme::Light => colour,
            // What is pale on white is dim on black, and what is black there stands out here.
            Theme::Dark if is_calm(state) => mix(look.background, (0, 158, 115), 0.35),
            Theme::Dark if *state == "down" => (236, 238, 240),
            Theme::Dark => colour,
            Theme::Print => (grey, grey, grey),
        };
        StateLook { fill, pattern }
    });
    looks.collect()
}

impl StateLook {
    /// What can be read on it.
    pub(super) fn ink(&self) -> Colour {
        readable_on(self.fill)
    }

    /// Fills a rectangle.
    pub(super) fn paint(&self, canvas: &Canvas<'_>, rect: Rect, spacing: f64, width: f64) -> Drawn {
        canvas.rectangle((rect.left, rect.top), (rect.right, rect.bottom), self.fill)?;
        let strokes = Strokes { spacing, width, colour: mix(self.fill, self.ink(), 0.6) };
        pattern::paint(canvas, rect, self.pattern, strokes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Options;

    #[test]
    fn every_state_looks_different_in_every_theme() {
        let mut states: Vec<&str> = KNOWN.iter().map(|(word, ..)| *word).collect();
        states.extend(["closed", "slow", "open", "half open"]);
        for theme in Theme::ALL {
            let look = Look::new(&Options { theme: *theme, ..Options::default() });
            let looks = looks(&states, &look, *theme);
            for (index, this) in looks.iter().enumerate() {
                assert!(!looks[..index].contains(this), "{theme}: {} repeats another", states[index]);
                assert_ne!(this.fill, look.background, "{theme}: {} vanishes", states[index]);
            }
        }
    }
}
