//! From a file that somebody sent to pixels, at most as large as pictures are kept here. Rows are made smaller while
//! they are read; how large a picture is is known before anything of it is.

use std::fs::File;
use std::io::{BufReader, Read};

use super::canvas::{Canvas, Painter};
use super::pdq::Hasher;
use super::shrink::Shrink;
use super::source::Source;
use super::{Error, exif, gif, jpeg};
use crate::model::Pdq;

/// The longer side of a picture as it is kept, in pixels.
pub const SIDE_MAX: u32 = 2_048;
/// Of a larger JPEG, the smallest of the eight sizes that has a side of this is read.
pub const SIDE_READ: u32 = 1_920;
/// Pixels of a picture that is read row by row, and of one that is not: as many as are held in memory.
const PIXELS_MAX: u64 = 64_000_000;
const PIXELS_HELD: u64 = 3_200_000;
/// Pixels of a row or a column.
const LENGTH_MAX: u32 = 20_000;
/// Bytes that the reader of PNGs may use besides.
const PNG_MEMORY: usize = 4 << 20;

/// Takes the rows of a picture.
pub trait Sink {
    fn row(&mut self, row: &[u8]) -> Result<(), Error>;
}

/// Reads a picture of a type that `kind::of` told, into `file`; with what it looks like.
pub fn read(source: Source, content_type: &str, file: File) -> Result<(Canvas, Pdq), Error> {
    let (rows, turn) = rows(source, content_type, SIDE_READ, |size, channels| Rows::new(size, channels, file))?;
    let pdq = rows.hasher.finish(turn);
    Ok((rows.painter.finish(rows.shrink.size(), turn)?, pdq))
}

/// Reads a picture row by row. `begin` makes the sink from the width and height of what will come and the bytes a pixel
/// has (3: red, green, blue; 4: and how solid it is). Of a JPEG, the smallest of the eight sizes comes whose longer side
/// has `side` pixels, or its own size. Gives the sink back, and how the picture is to be turned, 1 to 8 as Exif counts.
pub fn rows<S: Sink>(
    source: Source,
    content_type: &str,
    side: u32,
    begin: impl FnOnce((u32, u32), usize) -> S,
) -> Result<(S, u8), Error> {
    match content_type {
        "image/jpeg" => read_jpeg(source, side, begin),
        "image/png" => read_png(source, begin),
        "image/webp" => read_webp(source, begin),
        "image/gif" => read_gif(source, begin),
        _ => Err(Error::Kind),
    }
}

/// Refuses what is too large to be a picture that somebody made, whatever its file says it weighs.
pub fn check_size(size: (u32, u32), pixels_max: u64) -> Result<(), Error> {
    let pixels = u64::from(size.0) * u64::from(size.1);
    if pixels == 0 {
        return Err(Error::Broken);
    }
    if pixels > pixels_max || size.0.max(size.1) > LENGTH_MAX { Err(Error::Pixels) } else { Ok(()) }
}

/// The largest size of the same shape within a frame, width first; never larger than it is.
pub fn fit(size: (u32, u32), frame: (u32, u32)) -> (u32, u32) {
    let (width, height) = (u64::from(size.0), u64::from(size.1));
    let (most_wide, most_high) = (u64::from(frame.0.min(size.0)), u64::from(frame.1.min(size.1)));
    // Which border does it meet first?
    let (wide, high) = match most_wide * height <= most_high * width {
        true => (most_wide, (height * most_wide + width / 2) / width),
        false => ((width * most_high + height / 2) / height, most_high),
    };
    // Neither is larger than a number that came as a `u32`.
    (wide.max(1) as u32, high.max(1) as u32)
}

/// Rows on their way to the canvas.
struct Rows {
    channels: usize,
    hasher: Hasher,
    shrink: Shrink,
    painter: Painter,
}

impl Rows {
    fn new(size: (u32, u32), channels: usize, file: File) -> Rows {
        let to = fit(size, (SIDE_MAX, SIDE_MAX));
        Rows {
            channels,
            hasher: Hasher::new(size),
            shrink: Shrink::new(size, to, channels),
            painter: Painter::new(file, channels),
        }
    }
}

impl Sink for Rows {
    fn row(&mut self, row: &[u8]) -> Result<(), Error> {
        self.hasher.push(row, self.channels);
        match self.shrink.push(row) {
            Some(row) => Ok(self.painter.push(row)?),
            None => Ok(()),
        }
    }
}

fn read_jpeg<S: Sink>(source: Source, side: u32, begin: impl FnOnce((u32, u32), usize) -> S) -> Result<(S, u8), Error> {
    let frame = jpeg::read(source)?;
    check_size((frame.width, frame.height), PIXELS_MAX)?;
    let longest = frame.width.max(frame.height);
    let n = (1..8).find(|n| longest * n / 8 >= side).unwrap_or(8);
    let turn = frame.turn;
    let mut sink = begin(frame.size_at(n), 3);
    frame.rows(n, |row| sink.row(row))?;
    Ok((sink, turn))
}

fn read_png<S: Sink>(source: Source, begin: impl FnOnce((u32, u32), usize) -> S) -> Result<(S, u8), Error> {
    let mut decoder = png::Decoder::new_with_limits(BufReader::new(source.reader()), png::Limits { bytes: PNG_MEMORY });
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let info = decoder.read_header_info()?;
    let (size, interlaced) = ((info.width, info.height), info.interlaced);
    check_size(size, if interlaced { PIXELS_HELD } else { PIXELS_MAX })?;
    let mut reader = decoder.read_info()?;
    let turn = reader.info().exif_metadata.as_deref().and_then(exif::orientation).unwrap_or(1);
    let parts = reader.output_color_type().0.samples();
    let mut sink = begin(size, if parts % 2 == 0 { 4 } else { 3 });
    let mut coloured = Vec::new();
    let mut push = |row: &[u8]| -> Result<(), Error> {
        colour(row, parts, &mut coloured);
        sink.row(&coloured)
    };
    if interlaced {
        let mut whole = vec![0; reader.output_buffer_size().ok_or(Error::Pixels)?];
        reader.next_frame(&mut whole)?;
        whole.chunks_exact(size.0 as usize * parts).try_for_each(push)?;
    } else {
        for _ in 0..size.1 {
            push(reader.next_row()?.ok_or(Error::Broken)?.data())?;
        }
    }
    Ok((sink, turn))
}

/// Red, green, blue, and how solid it is if that is told, from grey or colour.
fn colour(row: &[u8], parts: usize, out: &mut Vec<u8>) {
    out.clear();
    match parts {
        1 => row.iter().for_each(|grey| out.extend_from_slice(&[*grey; 3])),
        2 => row.chunks_exact(2).for_each(|pixel| out.extend_from_slice(&[pixel[0], pixel[0], pixel[0], pixel[1]])),
        _ => out.extend_from_slice(row),
    }
}

fn read_webp<S: Sink>(source: Source, begin: impl FnOnce((u32, u32), usize) -> S) -> Result<(S, u8), Error> {
    // Pictures are held whole here: one line of the file must not be believed before its size is.
    let mut decoder = image_webp::WebPDecoder::new(BufReader::new(source.reader()))?;
    let size = decoder.dimensions();
    check_size(size, PIXELS_HELD)?;
    let turn = decoder.exif_metadata()?.as_deref().and_then(orientation_of_webp).unwrap_or(1);
    let channels = if decoder.has_alpha() { 4 } else { 3 };
    let mut whole = vec![0; decoder.output_buffer_size().ok_or(Error::Pixels)?];
    decoder.read_image(&mut whole)?;
    let mut sink = begin(size, channels);
    whole.chunks_exact(size.0 as usize * channels).try_for_each(|row| sink.row(row))?;
    Ok((sink, turn))
}

/// The first picture of it.
fn read_gif<S: Sink>(source: Source, begin: impl FnOnce((u32, u32), usize) -> S) -> Result<(S, u8), Error> {
    let first = gif::read(source)?;
    let size = (first.width, first.height);
    check_size(size, if first.interlaced { PIXELS_HELD } else { PIXELS_MAX })?;
    let mut sink = begin(size, 3);
    first.rows(|row| sink.row(row))?;
    Ok((sink, 1))
}

/// Some programs write the begin of a JPEG's segment there too.
fn orientation_of_webp(exif: &[u8]) -> Option<u8> {
    exif::orientation(exif).or_else(|| exif::of_segment(exif))
}

/// Whether a file that this program wrote is all there: it begins and ends as it should.
pub fn is_whole(file: &mut File) -> std::io::Result<bool> {
    use std::io::{Seek, SeekFrom};
    let length = file.metadata()?.len();
    let mut head = Vec::new();
    file.take(super::kind::HEAD as u64).read_to_end(&mut head)?;
    let mut tail = Vec::new();
    file.seek(SeekFrom::Start(length.saturating_sub(12)))?;
    file.read_to_end(&mut tail)?;
    Ok(match super::kind::of(&head) {
        Some("image/jpeg") => tail.ends_with(b"\xff\xd9"),
        Some("image/png") => tail.ends_with(b"\0\0\0\0IEND\xaeB`\x82"),
        Some("image/gif") => tail.ends_with(b";"),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::fit;

    #[test]
    fn a_picture_keeps_its_shape_and_never_grows() {
        assert_eq!(fit((4000, 3000), (700, u32::MAX)), (700, 525));
        assert_eq!(fit((3000, 4000), (300, 1500)), (300, 400));
        assert_eq!(fit((100, 8000), (300, 1500)), (19, 1500));
        assert_eq!(fit((20_000, 1), (100, 100)), (100, 1));
        assert_eq!(fit((60, 40), (100, 100)), (60, 40));
    }
}
