//! Pictures. What a file says of its size must come true, row for row.

use pappus::media::decode::{self, Sink};
use pappus::media::source::Source;
use pappus::media::{Error, exif, gif, kind};

/// Pixels after which a picture is large enough: the fuzzer is to see many small ones.
const ENOUGH: usize = 100_000;

struct Rows {
    width: usize,
    left: u32,
    channels: usize,
    pixels: usize,
}

impl Sink for Rows {
    fn row(&mut self, row: &[u8]) -> Result<(), Error> {
        assert_eq!(row.len(), self.width * self.channels);
        self.left = self.left.checked_sub(1).expect("no more rows than the picture is high");
        self.pixels += self.width;
        if self.pixels > ENOUGH { Err(Error::Pixels) } else { Ok(()) }
    }
}

fn picture(bytes: &[u8], content_type: &str) {
    kind::of(bytes);
    let begin = |size: (u32, u32), channels| {
        assert!(size.0 > 0 && size.1 > 0 && (channels == 3 || channels == 4));
        Rows { width: size.0 as usize, left: size.1, channels, pixels: 0 }
    };
    if let Ok((rows, turn)) = decode::rows(Source::Bytes(bytes), content_type, decode::SIDE_READ, begin) {
        assert_eq!(rows.left, 0);
        assert!((1..=8).contains(&turn));
    }
}

pub fn jpeg(bytes: &[u8]) {
    picture(bytes, "image/jpeg");
}

pub fn png(bytes: &[u8]) {
    picture(bytes, "image/png");
}

pub fn webp(bytes: &[u8]) {
    picture(bytes, "image/webp");
}

pub fn gif(bytes: &[u8]) {
    picture(bytes, "image/gif");
}

/// A moving picture is copied without what it does not need: the copy is no longer, and its own copy.
pub fn gif_copy(bytes: &[u8]) {
    let (mut copy, mut again) = (Vec::new(), Vec::new());
    if gif::copy(Source::Bytes(bytes), &mut copy).is_ok() {
        gif::copy(Source::Bytes(&copy), &mut again).expect("a copy can be copied");
        assert_eq!(copy, again);
        assert!(copy.len() <= bytes.len() + 1);
    }
    let _ = gif::size(Source::Bytes(bytes));
}

pub fn exif(bytes: &[u8]) {
    for turn in [exif::of_segment(bytes), exif::orientation(bytes)].into_iter().flatten() {
        assert!((1..=8).contains(&turn));
    }
}
