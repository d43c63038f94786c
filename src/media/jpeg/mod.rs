//! Reads JPEGs (ITU-T T.81: baseline, extended and progressive, 8 bits) row by row, from a file, at any of eight sizes.
//! Whatever the size of the picture, only a row of blocks is in memory: libraries hold a progressive one of 12
//! megapixels in 36 MB.

mod bits;
mod frame;
mod huffman;
mod idct;
mod scan;

use std::io;

pub use frame::read;

/// The file is damaged.
#[derive(Clone, Copy, Debug)]
pub struct Broken;

/// Why a JPEG cannot be read.
#[derive(Debug)]
pub enum Error {
    Broken,
    /// A kind of JPEG that nobody uses on the web.
    Unknown,
    /// Its scans go over more than a picture has.
    Large,
    Io(io::Error),
}

impl From<Broken> for Error {
    fn from(_: Broken) -> Error {
        Error::Broken
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Error {
        Error::Io(error)
    }
}

#[cfg(test)]
mod tests;
