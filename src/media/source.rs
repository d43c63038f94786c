//! Where a picture is read from: bytes in memory, or a stretch of a file that is never read whole.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;

/// A picture as somebody sent it.
#[derive(Clone, Copy, Debug)]
pub enum Source<'a> {
    Bytes(&'a [u8]),
    /// So many bytes of a file, from there on.
    File {
        file: &'a File,
        from: u64,
        length: u64,
    },
}

impl Source<'_> {
    /// Bytes.
    pub fn len(&self) -> u64 {
        match self {
            Source::Bytes(bytes) => bytes.len() as u64,
            Source::File { length, .. } => *length,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The same, from an offset on, at most so long.
    pub fn part(&self, at: u64, length: u64) -> Self {
        let at = at.min(self.len());
        let length = length.min(self.len() - at);
        match *self {
            // Both lie within a slice, whose length fits.
            Source::Bytes(bytes) => Source::Bytes(&bytes[at as usize..(at + length) as usize]),
            Source::File { file, from, .. } => Source::File { file, from: from + at, length },
        }
    }

    /// Reads what there is at an offset; 0 at the end.
    pub fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<usize> {
        let left = usize::try_from(self.len().saturating_sub(at)).unwrap_or(usize::MAX);
        let wanted = left.min(buffer.len());
        match self {
            Source::Bytes(bytes) if wanted > 0 => {
                buffer[..wanted].copy_from_slice(&bytes[at as usize..at as usize + wanted]);
                Ok(wanted)
            }
            Source::File { file, from, .. } if wanted > 0 => file.read_at(&mut buffer[..wanted], from + at),
            _ => Ok(0),
        }
    }

    /// The first bytes, at most so many.
    pub fn head(&self, length: usize) -> io::Result<Vec<u8>> {
        let mut head = Vec::new();
        self.reader().take(length as u64).read_to_end(&mut head)?;
        Ok(head)
    }

    /// For libraries that want to read by themselves.
    pub fn reader(&self) -> Reader<'_> {
        Reader { source: *self, at: 0 }
    }
}

/// Reads a source from the front to the end.
pub struct Reader<'a> {
    source: Source<'a>,
    at: u64,
}

impl Read for Reader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.source.read_at(buffer, self.at)?;
        self.at += length as u64;
        Ok(length)
    }
}

impl Seek for Reader<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.source.len().checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

/// Reads single bytes from a source through a small buffer.
pub struct Bytes<'a> {
    source: Source<'a>,
    buffer: Box<[u8]>,
    /// Of `buffer`: what is valid, and how much of it was taken.
    filled: usize,
    taken: usize,
    /// Where in the source the buffer ends.
    end: u64,
}

impl<'a> Bytes<'a> {
    /// From an offset on, `buffer` bytes at a time.
    pub fn new(source: Source<'a>, at: u64, buffer: usize) -> Bytes<'a> {
        Bytes { source, buffer: vec![0; buffer].into(), filled: 0, taken: 0, end: at }
    }

    /// The next byte; `None` at the end.
    pub fn byte(&mut self) -> io::Result<Option<u8>> {
        if self.taken == self.filled {
            self.filled = self.source.read_at(&mut self.buffer, self.end)?;
            self.end += self.filled as u64;
            self.taken = 0;
            if self.filled == 0 {
                return Ok(None);
            }
        }
        self.taken += 1;
        Ok(Some(self.buffer[self.taken - 1]))
    }

    /// Where in the source the next byte is.
    pub fn at(&self) -> u64 {
        self.end - (self.filled - self.taken) as u64
    }

    /// Goes on from another place.
    pub fn jump(&mut self, at: u64) {
        (self.filled, self.taken, self.end) = (0, 0, at);
    }
}
