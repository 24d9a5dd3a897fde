//! A picture as PNG, with a font of its own: the same on a machine that has none.

use std::sync::Arc;

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb::Database};

/// A subset of DejaVu Sans under another name; its licence lies beside it.
const FONT: &[u8] = include_bytes!("font/pictures.ttf");
/// The name that it has.
const FAMILY: &str = "Batchcast Pictures";
/// Pixels of a px of the picture.
const SCALE: u16 = 2;

/// The PNG of an SVG that this module's neighbours drew, on light ground; `None` for what is none.
pub fn png(svg: &str) -> Option<Vec<u8>> {
    let mut fonts = Database::new();
    fonts.load_font_data(FONT.to_vec());
    fonts.set_sans_serif_family(FAMILY);
    let options = Options {
        fontdb: Arc::new(fonts),
        font_family: FAMILY.to_owned(),
        ..Options::default()
    };
    let tree = Tree::from_str(svg, &options).ok()?;
    let scale = f32::from(SCALE);
    let (wide, high) = (tree.size().width() * scale, tree.size().height() * scale);
    let mut pixels = Pixmap::new(wide.ceil() as u32, high.ceil() as u32)?;
    let transform = Transform::from_scale(scale, scale);
    resvg::render(&tree, transform, &mut pixels.as_mut());
    pixels.encode_png().ok()
}
