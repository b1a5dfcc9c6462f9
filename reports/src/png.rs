//! How does an SVG become a bitmap that looks the same on every machine? resvg draws it with the
//! embedded font and no other, at twice the size.

use std::sync::Arc;

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};

use crate::chart::canvas::FONT;

/// Pixels of the bitmap per pixel of the figure.
pub(crate) const PIXELS: f32 = 2.0;

/// Turns figures into bitmaps; holds the font between them.
pub(crate) struct Rasteriser {
    fonts: Arc<fontdb::Database>,
}

impl Rasteriser {
    pub(crate) fn new() -> Self {
        let mut fonts = fontdb::Database::new();
        fonts.load_font_data(FONT.to_vec());
        Rasteriser { fonts: Arc::new(fonts) }
    }

    /// The bytes of the PNG; `reproduce` stands in a text chunk.
    pub(crate) fn png(&self, svg: &str, reproduce: &str) -> Result<Vec<u8>, String> {
        let tree = self.tree(svg)?;
        let size = tree.size().to_int_size().scale_by(PIXELS).ok_or("the figure has no size")?;
        let mut pixmap = Pixmap::new(size.width(), size.height()).ok_or("the figure has no size")?;
        resvg::render(&tree, Transform::from_scale(PIXELS, PIXELS), &mut pixmap.as_mut());
        let bytes = pixmap.encode_png().map_err(|error| error.to_string())?;
        Ok(with_text(&bytes, "Comment", reproduce))
    }

    /// The figure as resvg understands it.
    pub(crate) fn tree(&self, svg: &str) -> Result<Tree, String> {
        let options = Options {
            fontdb: Arc::clone(&self.fonts),
            font_family: "DejaVu Sans".to_owned(),
            ..Options::default()
        };
        Tree::from_str(svg, &options).map_err(|error| error.to_string())
    }
}

/// Inserts an `iTXt` chunk behind the header (PNG specification, 11.3.3.4).
fn with_text(png: &[u8], keyword: &str, text: &str) -> Vec<u8> {
    // Signature of 8 bytes, then IHDR: length, name, 13 bytes, checksum.
    const HEADER: usize = 8 + 4 + 4 + 13 + 4;
    let mut chunk = b"iTXt".to_vec();
    chunk.extend(keyword.as_bytes());
    // End of keyword, not compressed (two bytes), no language, no translated keyword.
    chunk.extend([0, 0, 0, 0, 0]);
    chunk.extend(text.as_bytes());
    let length = u32::try_from(chunk.len() - 4).expect("a command is short");
    let checksum = crc32(&chunk);
    let parts = [&png[..HEADER], &length.to_be_bytes(), &chunk, &checksum.to_be_bytes(), &png[HEADER..]];
    parts.concat()
}

/// The checksum of PNG chunks (PNG specification, annex D), bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    let mut checksum = u32::MAX;
    for byte in bytes {
        checksum ^= u32::from(*byte);
        for _ in 0..8 {
            checksum = if checksum & 1 == 1 { (checksum >> 1) ^ 0xEDB8_8320 } else { checksum >> 1 };
        }
    }
    !checksum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_specification() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn the_command_stands_in_the_bitmap() {
        let svg = r#"<svg xmlns="http://www.w3.org/2000/svg" width="3" height="2"><rect width="3" height="2"/></svg>"#;
        let png = Rasteriser::new().png(svg, "spiral compare x").unwrap();
        let at = |needle: &[u8]| png.windows(needle.len()).any(|window| window == needle);
        assert!(at(b"iTXtComment") && at(b"spiral compare x"));
        let pixmap = Pixmap::decode_png(&png).unwrap();
        assert_eq!((pixmap.width(), pixmap.height()), (6, 4));
    }
}
