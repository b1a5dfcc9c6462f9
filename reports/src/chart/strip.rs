//! Which loads are safe, whatever the trigger? One bar per variant along the first axis of a map: where no value of
//! the second axis leaves it stuck, where some do, where all do, and where it fails without any trigger.

use std::cell::Cell;

use scenarios::results::map::{CellClass, MapResult, MapVariant};

use super::canvas::{self, Align, Canvas, DrawError, Drawn, TextLook};
use super::cells::Cells;
use super::frame::{self, Rect};
use super::keys::{self, Key};
use super::pattern::{self, Pattern, Strokes};
use super::{Colour, Look, mix, readable_on};
use crate::map;
use crate::options::Theme;

/// What a value of the first axis means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Stable,
    Vulnerable,
    Metastable,
    Overloaded,
    /// Nothing was judged.
    Unknown,
}

impl Kind {
    /// Those that a strip names.
    const NAMED: [Kind; 4] = [Kind::Stable, Kind::Vulnerable, Kind::Metastable, Kind::Overloaded];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Kind::Stable => "stable",
            Kind::Vulnerable => "vulnerable",
            Kind::Metastable => "metastable",
            Kind::Overloaded => "overloaded",
            Kind::Unknown => "not judged",
        }
    }

    fn meaning(self, second: &str) -> String {
        match self {
            Kind::Stable => format!("stable: heals at every {second}"),
            Kind::Vulnerable => "vulnerable: stuck at some".to_owned(),
            Kind::Metastable => "metastable: stuck at all".to_owned(),
            Kind::Overloaded => "overloaded without any trigger".to_owned(),
            Kind::Unknown => String::new(),
        }
    }

    fn pattern(self) -> Pattern {
        match self {
            Kind::Stable | Kind::Unknown => Pattern::Plain,
            Kind::Vulnerable => Pattern::Rising,
            Kind::Metastable => Pattern::Crossed,
            Kind::Overloaded => Pattern::Upright,
        }
    }

    fn colour(self, look: &Look, theme: Theme) -> Colour {
        let colours = match theme {
            Theme::Light | Theme::Dark => [(0, 158, 115), (230, 159, 0), (213, 94, 0), (120, 126, 133)],
            Theme::Print => [(242, 242, 242), (205, 205, 205), (150, 150, 150), (225, 225, 225)],
        };
        match self {
            Kind::Stable => colours[0],
            Kind::Vulnerable => colours[1],
            Kind::Metastable => colours[2],
            Kind::Overloaded => colours[3],
            Kind::Unknown => look.background,
        }
    }
}

/// What each value of the first axis means for a variant.
pub(crate) fn kinds(map: &MapResult, variant: &MapVariant) -> Vec<Kind> {
    let of = |x: usize| {
        let column = (0..map.y.values.len()).map(|y| map.cell(variant, x, y).class);
        let count = |class| column.clone().filter(|other| *other == class).count();
        let [stuck, heals, overloaded] =
            [CellClass::Stuck, CellClass::Heals, CellClass::Overloaded].map(count);
        match (stuck, heals) {
            (0, 0) if overloaded > 0 => Kind::Overloaded,
            (0, 0) => Kind::Unknown,
            (0, _) => Kind::Stable,
            (_, 0) => Kind::Metastable,
            _ => Kind::Vulnerable,
        }
    };
    (0..map.x.values.len()).map(of).collect()
}

/// The stretches of equal kinds: first and last value, and the kind.
pub(crate) fn stretches(map: &MapResult, variant: &MapVariant) -> Vec<(usize, usize, Kind)> {
    let mut from = 0;
    let kinds = kinds(map, variant);
    let runs = kinds.chunk_by(|a, b| a == b).map(|run| {
        from += run.len();
        (from - run.len(), from - 1, run[0])
    });
    runs.collect()
}

/// Whether there is anything to be stuck at.
pub(crate) fn has_data(map: &MapResult) -> bool {
    let mut cells = map.variants.iter().flat_map(|variant| &variant.cells);
    map.x.values.len() > 1 && cells.any(|cell| matches!(cell.class, CellClass::Stuck | CellClass::Heals))
}

/// The figure's title.
pub(crate) fn title(map: &MapResult) -> String {
    format!("Who stays stuck, by {}", map::name(&map.x))
}

/// Draws one bar per variant, as low as they allow.
pub(crate) fn draw(map: &MapResult, look: &Look, theme: Theme) -> Result<String, DrawError> {
    // How much is empty is known once the words are set.
    let height = Cell::new(look.height);
    paint(map, look, theme, &height)?;
    paint(map, look, theme, &height)
}

/// Draws on a canvas of this height, and puts there the height that would do.
fn paint(map: &MapResult, look: &Look, theme: Theme, height: &Cell<f64>) -> Result<String, DrawError> {
    let x = Cells::new(&map.x);
    canvas::draw(look.width, height.get(), look.background, |canvas| {
        let second = map::name(&map.y);
        let range = match map.y.values.len() {
            0 => String::new(),
            count => format!(", {} to {}", map::value(&map.y, 0), map::value(&map.y, count - 1)),
        };
        let subtitle = format!("{} · over every {second}{range}", map.scenario.id);
        frame::header(canvas, look, &title(map), &subtitle)?;
        let mut top = look.margin() + look.header() + 0.4 * look.font;
        if !look.is_thumb {
            let there: Vec<Kind> = map.variants.iter().flat_map(|variant| kinds(map, variant)).collect();
            let named = Kind::NAMED.into_iter().filter(|kind| there.contains(kind));
            let key = |kind: Kind| {
                Key::new(1.8, kind.meaning(second), move |canvas: &Canvas<'_>, rect| {
                    paint_area(canvas, look, theme, rect, kind)
                })
            };
            let keys: Vec<Key<'_>> = named.map(key).collect();
            keys::paint(canvas, look, top + 0.5 * look.font, &keys)?;
            top += keys::height(canvas, look, &keys) + 0.6 * look.font;
        }
        let names = map.variants.iter().map(|variant| canvas.text_width(&variant.name, look.font));
        let left = look.margin() + names.fold(0.0, f64::max).min(0.26 * look.width) + 0.7 * look.font;
        let below = 0.6 * look.margin() + look.footer();
        let lowest = height.get() - below;
        let rows = map.variants.len().max(1) as f64;
        let most = if look.is_thumb { f64::INFINITY } else { 7.0 * look.font };
        let step = ((lowest - top) / rows).min(most);
        let whole = Rect { left, top, right: look.width - look.margin(), bottom: top + rows * step };
        if !look.is_thumb {
            height.set((whole.bottom + below).ceil());
        }
        let strip = Strip { map, look, theme, x: &x, whole };
        for (index, variant) in map.variants.iter().enumerate() {
            let top = whole.top + index as f64 * step;
            strip.paint(canvas, Rect { top, bottom: top + 0.82 * step, ..whole }, variant)?;
        }
        strip.paint_axis(canvas)
    })
}

struct Strip<'a> {
    map: &'a MapResult,
    look: &'a Look,
    theme: Theme,
    x: &'a Cells<'a>,
    whole: Rect,
}

impl Strip<'_> {
    /// The pixel of a place that is counted in cells.
    fn at(&self, place: f64) -> f64 {
        self.whole.left + (place + 0.5) / self.x.count as f64 * self.whole.width()
    }

    fn paint(&self, canvas: &Canvas<'_>, rect: Rect, variant: &MapVariant) -> Drawn {
        let look = self.look;
        let size = (0.8 * rect.height()).min(look.font);
        let middle = 0.5 * (rect.top + rect.bottom);
        let right = rect.left - 0.5 * look.font;
        let name = canvas.fitted(&variant.name, size, right - look.margin());
        canvas.text(&name, (right, middle), TextLook { size, colour: look.ink, align: Align::Right })?;
        for (from, to, kind) in stretches(self.map, variant) {
            let (left, right) = (self.at(from as f64 - 0.5), self.at(to as f64 + 0.5));
            let area = Rect { left, right, ..rect };
            paint_area(canvas, look, self.theme, area, kind)?;
            let size = (0.5 * rect.height()).min(0.9 * look.font);
            let word = kind.word();
            let width = canvas.text_width(word, size);
            if look.is_thumb || width + 1.2 * size > area.width() || size < 0.5 * look.font {
                continue;
            }
            let colour = kind.colour(look, self.theme);
            let centre = 0.5 * (left + right);
            // A plate keeps the word off the hatching.
            let half = (0.5 * width + 0.35 * size, 0.75 * size);
            canvas.rectangle(
                (centre - half.0, middle - half.1),
                (centre + half.0, middle + half.1),
                colour,
            )?;
            let ink = if kind == Kind::Unknown { look.muted } else { readable_on(colour) };
            canvas.text(word, (centre, middle), TextLook { size, colour: ink, align: Align::Centre })?;
        }
        Ok(())
    }

    fn paint_axis(&self, canvas: &Canvas<'_>) -> Drawn {
        let look = self.look;
        let Rect { left, right, bottom, .. } = self.whole;
        let hair = 0.45 * look.line;
        canvas.line(&[(left, bottom), (right, bottom)], hair, look.muted, 1.0)?;
        let widest = self
            .x
            .ticks(10)
            .iter()
            .map(|(_, label)| canvas.text_width(label, 0.9 * look.font))
            .fold(1.0, f64::max);
        let room = (self.whole.width() / (widest + 1.6 * look.font)) as usize;
        for (place, label) in self.x.ticks(room.clamp(2, 10)) {
            let x = self.at(place);
            canvas.line(&[(x, bottom), (x, bottom + 0.3 * look.font)], hair, look.muted, 1.0)?;
            let half = 0.5 * canvas.text_width(&label, 0.9 * look.font);
            let at = (x.min(look.width - 0.3 * look.font - half), bottom + 0.95 * look.font);
            canvas.text(&label, at, look.text(0.9, look.muted, Align::Centre))?;
        }
        frame::x_name(canvas, look, &self.whole, &self.map.x.label)
    }
}

fn paint_area(canvas: &Canvas<'_>, look: &Look, theme: Theme, rect: Rect, kind: Kind) -> Drawn {
    let colour = kind.colour(look, theme);
    canvas.rectangle((rect.left, rect.top), (rect.right, rect.bottom), colour)?;
    let ink = match theme {
        Theme::Light | Theme::Dark => mix(colour, (0, 0, 0), 0.4),
        Theme::Print => (60, 60, 60),
    };
    let strokes = Strokes { spacing: 0.42 * look.font, width: 0.35 * look.line, colour: ink };
    pattern::paint(canvas, rect, kind.pattern(), strokes)?;
    // A border tells neighbours apart on paper.
    let Rect { left, right, top, bottom } = rect;
    let border = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)];
    canvas.line(
        &border,
        0.4 * look.line,
        if kind == Kind::Unknown { look.grid } else { look.background },
        1.0,
    )
}
