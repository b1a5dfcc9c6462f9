//! How should figures look? Theme, size and whether bitmaps are wanted.

use std::fmt;
use std::str::FromStr;

/// Colours of the figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// Dark ink on white.
    #[default]
    Light,
    /// Light ink on near-black, for dark slides.
    Dark,
    /// Greys only, told apart by dash and marker.
    Print,
}

impl Theme {
    /// Every theme.
    pub const ALL: &'static [Theme] = &[Theme::Light, Theme::Dark, Theme::Print];

    /// The word on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Theme::Light => "light",
            Theme::Dark => "dark",
            Theme::Print => "print",
        }
    }
}

/// Size of the figures; bitmaps have twice as many pixels in each direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Size {
    /// 1600 x 900, for a projector.
    #[default]
    Slide,
    /// 1200 x 800, for a page.
    Page,
    /// 480 x 270, for an overview.
    Thumb,
}

impl Size {
    /// Every size.
    pub const ALL: &'static [Size] = &[Size::Slide, Size::Page, Size::Thumb];

    /// The word on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Size::Slide => "slide",
            Size::Page => "page",
            Size::Thumb => "thumb",
        }
    }

    /// Width and height in pixels of the SVG.
    pub fn pixels(self) -> (u32, u32) {
        match self {
            Size::Slide => (1600, 900),
            Size::Page => (1200, 800),
            Size::Thumb => (480, 270),
        }
    }
}

/// How figures are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Colours.
    pub theme: Theme,
    /// Size.
    pub size: Size,
    /// Whether every SVG gets a PNG beside it.
    pub png: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options { theme: Theme::Light, size: Size::Slide, png: true }
    }
}

impl fmt::Display for Theme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Theme {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        by_name(word, "theme", Theme::ALL, Theme::name)
    }
}

impl FromStr for Size {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        by_name(word, "size", Size::ALL, Size::name)
    }
}

fn by_name<T: Copy>(word: &str, what: &str, all: &[T], name: fn(T) -> &'static str) -> Result<T, String> {
    all.iter().copied().find(|value| name(*value) == word).ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(|value| name(*value)).collect();
        format!("`{word}` is no {what}; must be one of {}", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back() {
        for theme in Theme::ALL {
            assert_eq!(theme.name().parse(), Ok(*theme));
        }
        for size in Size::ALL {
            assert_eq!(size.name().parse(), Ok(*size));
        }
    }

    #[test]
    fn an_unknown_word_names_the_choices() {
        assert_eq!(
            "blue".parse::<Theme>().unwrap_err(),
            "`blue` is no theme; must be one of light, dark, print"
        );
    }
}
