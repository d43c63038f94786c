//! The first picture of a GIF as pixels, row by row (GIF89a, appendix F): enough to know what it looks like.

use super::Error;
use crate::media::source::{Bytes, Source};

/// Codes of the longest table.
const CODES: usize = 4_096;

/// A picture that can be read.
pub struct First<'a> {
    pub width: u32,
    pub height: u32,
    /// The rows come in four rounds.
    pub interlaced: bool,
    bytes: Bytes<'a>,
    /// Red, green and blue of each index.
    colours: Vec<u8>,
    /// Bits of an index.
    bits: u32,
}

/// Reads everything up to the pixels.
pub fn read(source: Source) -> Result<First, Error> {
    let mut bytes = Bytes::new(source, 0, 16 << 10);
    let head = take(&mut bytes, 13)?;
    if !head.starts_with(b"GIF8") {
        return Err(Error::Broken);
    }
    let mut colours = table(&mut bytes, head[10])?;
    loop {
        match byte(&mut bytes)? {
            0x21 => {
                byte(&mut bytes)?;
                while part(&mut bytes)? {}
            }
            0x2c => break,
            _ => return Err(Error::Broken),
        }
    }
    let head = take(&mut bytes, 9)?;
    let number = |at: usize| u32::from(u16::from_le_bytes([head[at], head[at + 1]]));
    let (width, height, flags) = (number(4), number(6), head[8]);
    let own = table(&mut bytes, flags)?;
    if !own.is_empty() {
        colours = own;
    }
    let bits = u32::from(byte(&mut bytes)?);
    if width == 0 || height == 0 || !(1..=8).contains(&bits) {
        return Err(Error::Broken);
    }
    Ok(First { width, height, interlaced: flags & 0x40 != 0, bytes, colours, bits })
}

impl First<'_> {
    /// Gives each row as red, green and blue to `take`, in the order of the picture; when the rows come in rounds, all of
    /// it is in memory first, a byte a pixel.
    pub fn rows<E: From<Error>>(self, mut take: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        let (width, height, interlaced) = (self.width as usize, self.height as usize, self.interlaced);
        let colours = self.colours;
        let mut row = Vec::with_capacity(width * 3);
        let mut paint = |indexes: &[u8]| {
            row.clear();
            for index in indexes {
                let colour = colours.get(usize::from(*index) * 3..usize::from(*index) * 3 + 3);
                row.extend_from_slice(colour.unwrap_or(&[0; 3]));
            }
            take(&row)
        };
        let mut codes = Codes { bytes: self.bytes, left: 0, held: 0, bits: 0 };
        if !interlaced {
            return lines(&mut codes, self.bits, width, height, paint);
        }
        let order = [(0, 8), (4, 8), (2, 4), (1, 2)].into_iter().flat_map(|(from, step)| (from..height).step_by(step));
        let mut order = order;
        let mut whole = vec![0; width * height];
        lines(&mut codes, self.bits, width, height, |indexes| {
            if let Some(y) = order.next() {
                whole[y * width..][..width].copy_from_slice(indexes);
            }
            Ok::<(), E>(())
        })?;
        whole.chunks_exact(width).try_for_each(&mut paint)
    }
}

/// Unpacks as many rows of indexes as there are.
fn lines<E: From<Error>>(
    codes: &mut Codes,
    bits: u32,
    width: usize,
    height: usize,
    mut give: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let mut words = Words::new(bits);
    let (mut line, mut given) = (Vec::with_capacity(width), 0);
    while given < height {
        let Some(code) = codes.next(words.length)? else { return Err(Error::Broken.into()) };
        let Some(word) = words.of(code)? else { continue };
        for index in word.iter().rev() {
            line.push(*index);
            if line.len() == width {
                if given < height {
                    give(&line)?;
                }
                given += 1;
                line.clear();
            }
        }
    }
    Ok(())
}

/// What codes stand for: each new one is the word before with one more index.
struct Words {
    bits: u32,
    /// Bits of a code now.
    length: u32,
    /// Of each code: the code without its last index, and that index.
    known: Vec<(u16, u8)>,
    before: Option<u16>,
    /// The word of a code, its last index first.
    word: Vec<u8>,
}

impl Words {
    fn new(bits: u32) -> Words {
        let mut words = Words { bits, length: 0, known: Vec::with_capacity(CODES), before: None, word: Vec::new() };
        words.clear();
        words
    }

    fn clear(&mut self) {
        self.known.clear();
        // Two codes behind those of single indexes say: begin anew, and end.
        self.known.extend((0..(1_u16 << self.bits) + 2).map(|code| (0, code as u8)));
        (self.length, self.before) = (self.bits + 1, None);
    }

    fn of(&mut self, code: u16) -> Result<Option<&[u8]>, Error> {
        let clear = 1 << self.bits;
        if code == clear {
            self.clear();
            return Ok(None);
        }
        let known = self.known.len();
        if code == clear + 1 || usize::from(code) > known || (usize::from(code) == known && self.before.is_none()) {
            return Err(Error::Broken);
        }
        if let Some(before) = self.before {
            // A code that is only now made begins and ends with the first index of the word before.
            let like = if usize::from(code) == known { before } else { code };
            let first = self.first(like);
            if known < CODES {
                self.known.push((before, first));
            }
            if self.known.len() == 1 << self.length && self.length < 12 {
                self.length += 1;
            }
        }
        self.before = Some(code);
        self.word.clear();
        let mut at = code;
        while at > clear {
            let (rest, last) = self.known[usize::from(at)];
            self.word.push(last);
            at = rest;
        }
        self.word.push(self.known[usize::from(at)].1);
        Ok(Some(&self.word))
    }

    /// The first index of a word.
    fn first(&self, mut code: u16) -> u8 {
        while code > 1 << self.bits {
            code = self.known[usize::from(code)].0;
        }
        self.known[usize::from(code)].1
    }
}

/// Codes of some bits each, in parts of at most 255 bytes.
struct Codes<'a> {
    bytes: Bytes<'a>,
    /// Bytes left in the part.
    left: u8,
    held: u32,
    bits: u32,
}

impl Codes<'_> {
    fn next(&mut self, length: u32) -> Result<Option<u16>, Error> {
        while self.bits < length {
            if self.left == 0 {
                self.left = byte(&mut self.bytes)?;
                if self.left == 0 {
                    return Ok(None);
                }
            }
            self.left -= 1;
            self.held |= u32::from(byte(&mut self.bytes)?) << self.bits;
            self.bits += 8;
        }
        let code = self.held & ((1 << length) - 1);
        (self.held, self.bits) = (self.held >> length, self.bits - length);
        Ok(u16::try_from(code).ok())
    }
}

/// A table of colours, if the byte of flags says that there is one.
fn table(bytes: &mut Bytes, flags: u8) -> Result<Vec<u8>, Error> {
    if flags & 0x80 == 0 { Ok(Vec::new()) } else { take(bytes, 3 << ((flags & 7) + 1)) }
}

/// Skips a part; false when it was the empty one at the end.
fn part(bytes: &mut Bytes) -> Result<bool, Error> {
    let length = byte(bytes)?;
    take(bytes, length.into())?;
    Ok(length > 0)
}

fn byte(bytes: &mut Bytes) -> Result<u8, Error> {
    bytes.byte()?.ok_or(Error::Broken)
}

fn take(bytes: &mut Bytes, length: usize) -> Result<Vec<u8>, Error> {
    (0..length).map(|_| byte(bytes)).collect()
}
