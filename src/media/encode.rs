//! From pixels to files: JPEG for what a camera saw, PNG for what is drawn or lets something shine through.

use std::cell::{Cell, RefCell};
use std::io::{self, Write};

use jpeg_encoder::{ChromaSubsamplingMethod, EncodingError, ImageBuffer, JpegColorType, SamplingFactor, rgb_to_ycbcr};

use super::canvas::{Area, Canvas, Rows};
use super::shrink::Shrink;

/// Of 100; beyond, files grow faster than pictures get better.
const QUALITY: u8 = 85;

/// A part of a canvas at another size, row by row.
struct Small<'a> {
    rows: Rows<'a>,
    shrink: Shrink,
    row: Vec<u8>,
}

impl<'a> Small<'a> {
    fn new(canvas: &'a Canvas, area: Area, to: (u32, u32)) -> Small<'a> {
        let shrink = Shrink::new((area.width, area.height), to, canvas.channels);
        Small { rows: canvas.rows(area), shrink, row: Vec::new() }
    }

    fn next(&mut self, use_row: impl FnOnce(&[u8]) -> io::Result<()>) -> io::Result<()> {
        loop {
            self.rows.next(&mut self.row)?;
            if let Some(row) = self.shrink.push(&self.row) {
                return use_row(row);
            }
        }
    }
}

/// Writes a part of a canvas as JPEG.
pub fn jpeg(canvas: &Canvas, area: Area, to: (u32, u32), out: &mut impl Write) -> io::Result<()> {
    let small = Small::new(canvas, area, to);
    let (width, height) = small.shrink.size();
    let size = (side(width)?, side(height)?);
    let feed = Feed {
        size,
        channels: canvas.channels,
        state: RefCell::new(Fed { small, line: None, parts: Vec::new() }),
        failed: Cell::new(None),
    };
    let mut encoder = jpeg_encoder::Encoder::new(out, QUALITY);
    encoder.set_sampling_factor(SamplingFactor::R_4_2_0);
    encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
    let encoded = encoder.encode_image(&feed);
    if let Some(error) = feed.failed.take() {
        return Err(error);
    }
    encoded.map_err(|error| match error {
        EncodingError::IoError(error) => error,
        other => io::Error::other(other.to_string()),
    })
}

fn side(length: u32) -> io::Result<u16> {
    u16::try_from(length).map_err(io::Error::other)
}

/// Rows for the encoder, which asks for them one after the other, and for the last one again.
struct Feed<'a> {
    size: (u16, u16),
    channels: usize,
    state: RefCell<Fed<'a>>,
    failed: Cell<Option<io::Error>>,
}

struct Fed<'a> {
    small: Small<'a>,
    /// The row that `parts` holds: brightness and two differences for each pixel.
    line: Option<u16>,
    parts: Vec<(u8, u8, u8)>,
}

impl ImageBuffer for &Feed<'_> {
    fn get_jpeg_color_type(&self) -> JpegColorType {
        JpegColorType::Ycbcr
    }

    fn width(&self) -> u16 {
        self.size.0
    }

    fn height(&self) -> u16 {
        self.size.1
    }

    fn fill_buffers(&self, y: u16, buffers: &mut [Vec<u8>; 4]) {
        let Fed { small, line, parts } = &mut *self.state.borrow_mut();
        if *line != Some(y) {
            *line = Some(y);
            let read = small.next(|row| {
                parts.clear();
                parts.extend(row.chunks_exact(self.channels).map(|pixel| rgb_to_ycbcr(pixel[0], pixel[1], pixel[2])));
                Ok(())
            });
            if let Err(error) = read {
                parts.resize(self.size.0.into(), (0, 0, 0));
                self.failed.set(Some(error));
            }
        }
        for (y, cb, cr) in parts {
            buffers[0].push(*y);
            buffers[1].push(*cb);
            buffers[2].push(*cr);
        }
    }
}

/// Writes a part of a canvas as PNG; what is solid everywhere is written as such.
pub fn png(canvas: &Canvas, area: Area, to: (u32, u32), out: &mut impl Write) -> io::Result<()> {
    let mut small = Small::new(canvas, area, to);
    let (width, height) = small.shrink.size();
    let mut encoder = png::Encoder::new(out, width, height);
    encoder.set_color(if canvas.clear { png::ColorType::Rgba } else { png::ColorType::Rgb });
    let mut writer = encoder.write_header()?;
    let mut stream = writer.stream_writer()?;
    for _ in 0..height {
        small.next(|row| {
            if canvas.channels == 4 && !canvas.clear {
                let solid: Vec<u8> = row.chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
                return stream.write_all(&solid);
            }
            stream.write_all(row)
        })?;
    }
    stream.finish()?;
    Ok(writer.finish()?)
}
