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

    /// The bytes of the PNG.
    pub(crate) fn png(&self, svg: &str) -> Result<Vec<u8>, String> {
        let tree = self.tree(svg)?;
        let size = tree.size().to_int_size().scale_by(PIXELS).ok_or("the figure has no size")?;
        let mut pixmap = Pixmap::new(size.width(), size.height()).ok_or("the figure has no size")?;
        resvg::render(&tree, Transform::from_scale(PIXELS, PIXELS), &mut pixmap.as_mut());
        pixmap.encode_png().map_err(|error| error.to_string())
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
