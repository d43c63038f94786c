//! What pictures are known by: the sum of their file, and what they look like.

use std::io::{self, Read};

use ring::digest;

use super::decode::{self, SIDE_READ, Sink};
use super::pdq::Hasher;
use super::source::Source;
use super::{Error, kind, take_turn};
use crate::model::picture::Hash;
use crate::model::{Hashes, Pdq};

/// Looks at a picture. What cannot be read as one has no look, whatever it says it is.
pub fn of(source: Source) -> io::Result<Hashes> {
    Ok(Hashes { sha256: sha256(source)?, pdq: look(source)? })
}

/// SHA-256 of a file.
pub fn sha256(source: Source) -> io::Result<Hash> {
    let mut context = digest::Context::new(&digest::SHA256);
    let (mut reader, mut part) = (source.reader(), vec![0; 16 << 10]);
    loop {
        match reader.read(&mut part)? {
            0 => break,
            length => context.update(&part[..length]),
        }
    }
    Ok(sum(&context.finish()))
}

/// The same of bytes.
pub fn sha256_of(bytes: &[u8]) -> Hash {
    sum(&digest::digest(&digest::SHA256, bytes))
}

fn sum(digest: &digest::Digest) -> Hash {
    let mut sum = [0; 32];
    sum.copy_from_slice(digest.as_ref());
    sum
}

/// What a picture looks like.
pub fn look(source: Source) -> io::Result<Option<Pdq>> {
    let Some(content_type) = kind::of(&source.head(kind::HEAD)?) else { return Ok(None) };
    let _turn = take_turn();
    look_as(source, content_type)
}

/// The same when it is one's turn, for a type that `kind::of` told.
pub fn look_as(source: Source, content_type: &str) -> io::Result<Option<Pdq>> {
    match decode::rows(source, content_type, SIDE_READ, Look::new) {
        Ok((look, turn)) => Ok(Some(look.hasher.finish(turn))),
        Err(Error::Io(error)) => Err(error),
        Err(_) => Ok(None),
    }
}

/// Rows that are only looked at.
struct Look {
    hasher: Hasher,
    channels: usize,
}

impl Look {
    fn new(size: (u32, u32), channels: usize) -> Look {
        Look { hasher: Hasher::new(size), channels }
    }
}

impl Sink for Look {
    fn row(&mut self, row: &[u8]) -> Result<(), Error> {
        self.hasher.push(row, self.channels);
        Ok(())
    }
}
