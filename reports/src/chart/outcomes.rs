//! How did the seeds of each variant come out? One bar per variant, split by verdict, with counts.

use scenarios::results::{ComparisonReport, VariantResult};

use super::canvas::{self, Align, Canvas, DrawError, Drawn};
use super::frame;
use super::{Colour, Look, mix};
use crate::options::Theme;
use crate::{format, words};

/// Whether any variant was judged.
pub(crate) fn has_data(report: &ComparisonReport) -> bool {
    report.comparison.variants.iter().any(words::is_judged)
}

/// The figure's title.
pub(crate) fn title(report: &ComparisonReport) -> String {
    format!("Outcomes: {}", report.manifest.title)
}

/// Fill and text colour of the five verdicts in the order of [`words::verdict_shares`]; they differ in
/// lightness, so that they survive a grey printer.
fn colours(look: &Look, theme: Theme) -> [(Colour, Colour); 5] {
    let white = (255, 255, 255);
    let black = (16, 18, 20);
    match theme {
        Theme::Light | Theme::Dark => [
            ((196, 78, 0), white),
            ((86, 180, 233), black),
            ((198, 227, 246), black),
            ((70, 60, 80), white),
            (mix(look.grid, look.muted, 0.1), look.ink),
        ],
        Theme::Print => [
            ((0, 0, 0), white),
            ((150, 150, 150), black),
            ((210, 210, 210), black),
            ((85, 85, 85), white),
            ((240, 240, 240), black),
        ],
    }
}

/// Draws the outcome shares.
pub(crate) fn draw(report: &ComparisonReport, look: &Look, theme: Theme) -> Result<String, DrawError> {
    let seeds = format::seeds(&report.comparison.seeds);
    let subtitle = format!("{seeds}; judged against the run without the trigger on the same seed");
    let variants = &report.comparison.variants;
    let colours = colours(look, theme);
    canvas::draw(look.width, look.height, look.background, |canvas| {
        frame::header(canvas, look, &title(report), &subtitle)?;
        let names = variants.iter().map(|variant| canvas.text_width(&variant.name, look.font));
        let name_width = names.fold(0.0, f64::max).min(0.3 * look.width);
        let left = look.margin() + name_width + 0.8 * look.font;
        let right = look.width - look.margin();
        let legend_y = look.margin() + look.header() + look.font * if look.is_thumb { 0.4 } else { 0.9 };
        paint_legend(canvas, look, variants, &colours, look.margin(), legend_y)?;
        let top = legend_y + look.font * 1.3;
        let room = look.height - look.margin() - top;
        let step = (room / variants.len().max(1) as f64).min(look.font * 6.4);
        for (row, variant) in variants.iter().enumerate() {
            let middle = top + (row as f64 + 0.5) * step;
            let name = canvas.fitted(&variant.name, look.font.min(step * 0.8), name_width);
            let text =
                canvas::TextLook { size: look.font.min(step * 0.8), colour: look.ink, align: Align::Right };
            canvas.text(&name, (left - 0.8 * look.font, middle), text)?;
            if !words::is_judged(variant) {
                let why = words::unjudged(variant, &report.manifest);
                canvas.text(why, (left, middle), look.text(0.92, look.muted, Align::Left))?;
                continue;
            }
            paint_bar(canvas, look, variant, &colours, [left, right, middle, step * 0.68])?;
        }
        Ok(())
    })
}

/// The verdicts that occur, each with a sample of its colour.
fn paint_legend(
    canvas: &Canvas<'_>,
    look: &Look,
    variants: &[VariantResult],
    colours: &[(Colour, Colour); 5],
    left: f64,
    y: f64,
) -> Drawn {
    let mut x = left;
    let half = look.font * 0.45;
    for (verdict, (fill, _)) in colours.iter().enumerate() {
        let occurs = |variant: &VariantResult| {
            words::is_judged(variant) && words::verdict_shares(variant)[verdict].1.count > 0
        };
        let Some(variant) = variants.iter().find(|variant| occurs(variant)) else { continue };
        let word = words::verdict_shares(variant)[verdict].0;
        canvas.rectangle((x, y - half), (x + 2.0 * half, y + half), *fill)?;
        x += 2.0 * half + 0.45 * look.font;
        canvas.text(word, (x, y), look.text(0.95, look.ink, Align::Left))?;
        x += canvas.text_width(word, look.font * 0.95) + 1.5 * look.font;
    }
    Ok(())
}

fn paint_bar(
    canvas: &Canvas<'_>,
    look: &Look,
    variant: &VariantResult,
    colours: &[(Colour, Colour); 5],
    [left, right, middle, height]: [f64; 4],
) -> Drawn {
    let gap = look.line * 0.5;
    let mut x = left;
    for ((word, share), (fill, ink)) in words::verdict_shares(variant).iter().zip(colours) {
        if share.count == 0 || share.of == 0 {
            continue;
        }
        let width = (right - left) * f64::from(share.count) / f64::from(share.of);
        let (from, to) = ((x, middle - 0.5 * height), (x + width - gap, middle + 0.5 * height));
        canvas.rectangle(from, to, *fill)?;
        let size = (look.font * 0.92).min(height * 0.75);
        let long = format!("{word} {}/{}", share.count, share.of);
        let short = share.count.to_string();
        let fits = |text: &str| canvas.text_width(text, size) + 0.6 * look.font <= width;
        let text = if fits(&long) {
            long
        } else if fits(&short) {
            short
        } else {
            String::new()
        };
        let centre = 0.5 * (from.0 + to.0);
        canvas.text(
            &text,
            (centre, middle),
            canvas::TextLook { size, colour: *ink, align: Align::Centre },
        )?;
        x += width;
    }
    Ok(())
}
