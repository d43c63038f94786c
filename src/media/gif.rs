//! GIFs are kept as they are, for they may move; only what is no picture is taken out (GIF89a §§ 17 to 26).

mod first;

use std::io::{self, Write};

use super::source::{Bytes, Source};

pub use first::read;

/// Why a GIF cannot be kept.
#[derive(Debug)]
pub enum Error {
    Broken,
    Io(io::Error),
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Error {
        Error::Io(error)
    }
}

/// Width and height.
pub fn size(source: Source) -> Result<(u32, u32), Error> {
    let head = source.head(10)?;
    let [.., w0, w1, h0, h1] = head.as_slice() else { return Err(Error::Broken) };
    let (width, height) = (u16::from_le_bytes([*w0, *w1]), u16::from_le_bytes([*h0, *h1]));
    if head.len() < 10 || width == 0 || height == 0 { Err(Error::Broken) } else { Ok((width.into(), height.into())) }
}

/// Copies the pictures, how they follow each other and nothing else.
pub fn copy(source: Source, out: &mut impl Write) -> Result<(), Error> {
    let mut copy = Copy { bytes: Bytes::new(source, 0, 16 << 10), out, pictures: 0 };
    let head = copy.take(13)?;
    copy.out.write_all(&head)?;
    copy.colours(head[10])?;
    while copy.block()? {}
    if copy.pictures == 0 { Err(Error::Broken) } else { Ok(()) }
}

struct Copy<'a, W> {
    bytes: Bytes<'a>,
    out: &'a mut W,
    pictures: usize,
}

impl<W: Write> Copy<'_, W> {
    /// The next block; false when it was the last.
    fn block(&mut self) -> Result<bool, Error> {
        match self.byte()? {
            0x2c => {
                let head = self.take(9)?;
                self.out.write_all(&[0x2c])?;
                self.out.write_all(&head)?;
                self.colours(head[8])?;
                let size = self.byte()?;
                self.out.write_all(&[size])?;
                self.parts(true)?;
                self.pictures += 1;
                Ok(true)
            }
            0x21 => {
                self.extension()?;
                Ok(true)
            }
            0x3b => {
                self.out.write_all(&[0x3b])?;
                Ok(false)
            }
            _ => Err(Error::Broken),
        }
    }

    /// Of extensions, those that say how long a picture stays and how often it all begins again are kept.
    fn extension(&mut self) -> Result<(), Error> {
        let label = self.byte()?;
        let length = self.byte()?;
        let first = self.take(length.into())?;
        let kept = label == 0xf9 || (label == 0xff && matches!(first.as_slice(), b"NETSCAPE2.0" | b"ANIMEXTS1.0"));
        if kept {
            self.out.write_all(&[0x21, label, length])?;
            self.out.write_all(&first)?;
        }
        if length == 0 { if kept { Err(Error::Broken) } else { Ok(()) } } else { self.parts(kept) }
    }

    /// A table of colours, if the byte of flags says that there is one.
    fn colours(&mut self, flags: u8) -> Result<(), Error> {
        if flags & 0x80 != 0 {
            let table = self.take(3 << ((flags & 7) + 1))?;
            self.out.write_all(&table)?;
        }
        Ok(())
    }

    /// Parts up to an empty one.
    fn parts(&mut self, kept: bool) -> Result<(), Error> {
        loop {
            let length = self.byte()?;
            let part = self.take(length.into())?;
            if kept {
                self.out.write_all(&[length])?;
                self.out.write_all(&part)?;
            }
            if length == 0 {
                return Ok(());
            }
        }
    }

    fn byte(&mut self) -> Result<u8, Error> {
        self.bytes.byte()?.ok_or(Error::Broken)
    }

    fn take(&mut self, length: usize) -> Result<Vec<u8>, Error> {
        (0..length).map(|_| self.byte()).collect()
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// Two pictures of one pixel, with a comment, a stranger's words, and something behind the end.
    pub const MOVING: &[u8] = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff\
        \x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0\x21\xfe\x06secret\0\x21\xff\x0bXMP DataXMP\x05where\0\
        \x21\xf9\x04\0\x0a\0\0\0\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0\
        \x21\xf9\x04\0\x0a\0\0\0\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x4c\x01\0\x3btrailing";

    #[test]
    fn a_moving_picture_still_moves_and_tells_nothing_else() {
        let mut out = Vec::new();
        copy(Source::Bytes(MOVING), &mut out).expect("a GIF");
        assert_eq!(size(Source::Bytes(MOVING)).expect("a GIF"), (1, 1));
        let has = |what: &[u8]| out.windows(what.len()).any(|part| part == what);
        assert!(has(b"NETSCAPE2.0") && out.ends_with(b"\x02\x02\x4c\x01\0\x3b"));
        assert!(!has(b"secret") && !has(b"where") && !has(b"trailing"));
        let mut again = Vec::new();
        copy(Source::Bytes(&out), &mut again).expect("a GIF");
        assert_eq!(again, out);
    }

    #[test]
    fn what_ends_too_early_is_no_picture() {
        for cut in 0..MOVING.len() - "\x3btrailing".len() {
            assert!(copy(Source::Bytes(&MOVING[..cut]), &mut Vec::new()).is_err(), "{cut}");
        }
    }
}
