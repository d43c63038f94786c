//! The bits of a scan, taken off the file as they are needed.

use super::huffman::Huffman;
use super::{Broken, Error};
use crate::media::source::{Bytes, Source};

/// Bytes read at a time; there may be many scans.
const BUFFER: usize = 4 << 10;

pub struct Bits<'a> {
    bytes: Bytes<'a>,
    /// The next bits, the first of them highest.
    held: u32,
    count: u32,
    /// How many of the held bits were made up, since the scan is at its end.
    made_up: u32,
}

impl<'a> Bits<'a> {
    pub fn new(source: Source<'a>, at: u64) -> Bits<'a> {
        Bits { bytes: Bytes::new(source, at, BUFFER), held: 0, count: 0, made_up: 0 }
    }

    /// What the next code stands for.
    pub fn code(&mut self, table: &Huffman) -> Result<u8, Error> {
        self.fill(16)?;
        let (length, value) = table.look_up(self.held >> 16)?;
        self.drop(length)?;
        Ok(value)
    }

    /// So many bits, at most 16, as a number.
    pub fn take(&mut self, count: u32) -> Result<u32, Error> {
        if count == 0 {
            return Ok(0);
        }
        self.fill(count)?;
        let taken = self.held >> (32 - count);
        self.drop(count)?;
        Ok(taken)
    }

    /// A number of so many bits, with its sign (T.81 F.2.2.1).
    pub fn signed(&mut self, count: u32) -> Result<i32, Error> {
        if count == 0 {
            return Ok(0);
        }
        let taken = self.take(count)? as i32;
        Ok(if taken < 1 << (count - 1) { taken + 1 - (1 << count) } else { taken })
    }

    /// Goes over the mark that restarts the code (T.81 F.2.2.5).
    pub fn restart(&mut self) -> Result<(), Error> {
        (self.held, self.count, self.made_up) = (0, 0, 0);
        if self.bytes.byte()? != Some(0xff) {
            return Err(Broken.into());
        }
        loop {
            match self.bytes.byte()? {
                Some(0xff) => {}
                Some(0xd0..=0xd7) => return Ok(()),
                _ => return Err(Broken.into()),
            }
        }
    }

    fn fill(&mut self, count: u32) -> Result<(), Error> {
        while self.count < count {
            let at = self.bytes.at();
            let byte = match self.bytes.byte()? {
                Some(0xff) => match self.bytes.byte()? {
                    Some(0) => Some(0xff),
                    // A mark: the scan, or this part of it, ends here.
                    _ => {
                        self.bytes.jump(at);
                        None
                    }
                },
                other => other,
            };
            if byte.is_none() {
                self.made_up += 8;
            }
            self.held |= u32::from(byte.unwrap_or(0)) << (24 - self.count);
            self.count += 8;
        }
        Ok(())
    }

    fn drop(&mut self, count: u32) -> Result<(), Error> {
        self.held = self.held.checked_shl(count).unwrap_or(0);
        self.count -= count;
        if self.count < self.made_up { Err(Broken.into()) } else { Ok(()) }
    }
}
