//! A hint of a picture for who must decide about it: tiny, grey, and as blurred as that makes it.

use std::io;

use super::decode::{self, Sink};
use super::shrink::Shrink;
use super::source::Source;
use super::{Error, kind, take_turn};

/// Pixels of its longer side.
const SIDE: u32 = 32;

/// Draws it as PNG.
pub fn draw(source: Source) -> Result<Vec<u8>, Error> {
    let content_type = kind::of(&source.head(kind::HEAD)?).ok_or(Error::Kind)?;
    let _turn = take_turn();
    let (grey, _) = decode::rows(source, content_type, 4 * SIDE, Grey::new)?;
    grey.png().map_err(|error| Error::Io(io::Error::other(error)))
}

/// Takes the colours out of a picture while it is made small.
struct Grey {
    channels: usize,
    shrink: Shrink,
    row: Vec<u8>,
    small: Vec<u8>,
}

impl Grey {
    fn new(size: (u32, u32), channels: usize) -> Grey {
        let shrink = Shrink::new(size, decode::fit(size, (SIDE, SIDE)), 1);
        Grey { channels, shrink, row: Vec::new(), small: Vec::new() }
    }

    fn png(&self) -> Result<Vec<u8>, png::EncodingError> {
        let (width, height) = self.shrink.size();
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, width, height);
        encoder.set_color(png::ColorType::Grayscale);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.small)?;
        writer.finish()?;
        Ok(file)
    }
}

impl Sink for Grey {
    fn row(&mut self, row: &[u8]) -> Result<(), Error> {
        let grey = |pixel: &[u8]| (u32::from(pixel[0]) * 2 + u32::from(pixel[1]) * 5 + u32::from(pixel[2])) / 8;
        self.row.clear();
        self.row.extend(row.chunks_exact(self.channels).map(|pixel| grey(pixel) as u8));
        if let Some(row) = self.shrink.push(&self.row) {
            self.small.extend_from_slice(row);
        }
        Ok(())
    }
}
