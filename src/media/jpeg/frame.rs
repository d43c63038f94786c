//! A JPEG as a whole: what its segments say (T.81 annex B), and its rows.

use std::rc::Rc;

use super::bits::Bits;
use super::huffman::Huffman;
use super::idct::{Block, Idct};
use super::scan::{Band, Scan, Share, ZIGZAG};
use super::{Broken, Error};
use crate::media::exif;
use crate::media::source::{Bytes, Source};

/// Scans of a picture; encoders write about ten.
const SCANS_MAX: usize = 64;
/// Coefficients that all scans together may go over, whether the file says anything about them or not: a few bytes send
/// the reader over a whole picture. A plain picture has three a pixel, a progressive one as encoders write it goes over
/// four to seven: 64 megapixels of the one and 40 of the other can be read.
const VISITS_MAX: u64 = 288_000_000;

/// A picture that can be read.
pub struct Frame<'a> {
    pub width: u32,
    pub height: u32,
    /// How it is to be turned, 1 to 8 as Exif counts.
    pub turn: u8,
    components: Vec<Component>,
    /// The largest sampling factors.
    across: usize,
    down: usize,
    /// What the file of Adobe's programs says about its colours.
    adobe: Option<u8>,
    scans: Vec<Scan<'a>>,
    /// Coefficients that the scans go over.
    visits: u64,
}

struct Component {
    id: u8,
    /// Sampling factors: blocks of it in a unit.
    across: usize,
    down: usize,
    table: usize,
    steps: Option<[u16; 64]>,
}

/// What segments said so far.
#[derive(Default)]
struct Tables {
    steps: [Option<[u16; 64]>; 4],
    dc: [Option<Rc<Huffman>>; 4],
    ac: [Option<Rc<Huffman>>; 4],
    interval: usize,
}

/// Reads everything but the pixels.
pub fn read(source: Source) -> Result<Frame, Error> {
    let mut bytes = Bytes::new(source, 2, 4 << 10);
    let mut frame: Option<Frame> = None;
    let (mut progressive, mut turn, mut adobe) = (false, 1, None);
    let mut tables = Tables::default();
    loop {
        let mark = match next_mark(&mut bytes)? {
            // A file that was cut off at its end may still be whole; its scans will tell.
            None | Some(0xd9) => break,
            Some(0x01 | 0xd0..=0xd8) => continue,
            Some(mark) => mark,
        };
        let segment = segment(&mut bytes)?;
        match mark {
            0xc0..=0xc2 if frame.is_none() => {
                progressive = mark == 0xc2;
                frame = Some(header(&segment)?);
            }
            0xc4 => tables.huffman(&segment)?,
            0xc0..=0xcf => return Err(Error::Unknown),
            0xdb => tables.steps(&segment)?,
            0xdd => tables.interval = usize::from(u16::from_be_bytes(*segment.first_chunk().ok_or(Broken)?)),
            0xda => {
                let frame = frame.as_mut().ok_or(Broken)?;
                let scan = frame.scan(&segment, &tables, progressive, Bits::new(source, bytes.at()))?;
                frame.scans.push(scan);
                if frame.scans.len() > SCANS_MAX {
                    return Err(Error::Unknown);
                }
                if frame.visits > VISITS_MAX {
                    return Err(Error::Large);
                }
            }
            0xe1 => turn = exif::of_segment(&segment).unwrap_or(turn),
            0xee => adobe = segment.strip_prefix(b"Adobe").and_then(|rest| rest.get(6).copied()).or(adobe),
            _ => {}
        }
    }
    let mut frame = frame.filter(|frame| !frame.scans.is_empty()).ok_or(Broken)?;
    (frame.turn, frame.adobe) = (turn, adobe);
    Ok(frame)
}

/// The next mark, behind whatever stands before it; `None` at the end of the file.
fn next_mark(bytes: &mut Bytes) -> Result<Option<u8>, Error> {
    let mut before = 0;
    while let Some(byte) = bytes.byte()? {
        if before == 0xff && byte != 0 && byte != 0xff {
            return Ok(Some(byte));
        }
        before = byte;
    }
    Ok(None)
}

/// What a segment holds.
fn segment(bytes: &mut Bytes) -> Result<Vec<u8>, Error> {
    let (Some(high), Some(low)) = (bytes.byte()?, bytes.byte()?) else { return Err(Error::Broken) };
    let length = u16::from_be_bytes([high, low]).checked_sub(2).ok_or(Broken)?;
    let mut segment = Vec::with_capacity(length.into());
    for _ in 0..length {
        segment.push(bytes.byte()?.ok_or(Broken)?);
    }
    Ok(segment)
}

/// The frame header (T.81 B.2.2).
fn header<'a>(segment: &[u8]) -> Result<Frame<'a>, Error> {
    let [bits, h1, h0, w1, w0, count, rest @ ..] = segment else { return Err(Error::Broken) };
    let mut components = Vec::new();
    for part in rest.chunks_exact(3).take((*count).into()) {
        let (across, down) = (usize::from(part[1] >> 4), usize::from(part[1] & 15));
        if !(1..=4).contains(&across) || !(1..=4).contains(&down) || part[2] > 3 {
            return Err(Error::Broken);
        }
        components.push(Component { id: part[0], across, down, table: part[2].into(), steps: None });
    }
    let (width, height) = (u16::from_be_bytes([*w1, *w0]), u16::from_be_bytes([*h1, *h0]));
    if *bits != 8 || !matches!(components.len(), 1 | 3 | 4) || components.len() != usize::from(*count) {
        return Err(Error::Unknown);
    }
    if width == 0 || height == 0 {
        return Err(Error::Broken);
    }
    Ok(Frame {
        width: width.into(),
        height: height.into(),
        turn: 1,
        across: components.iter().map(|component| component.across).max().unwrap_or(1),
        down: components.iter().map(|component| component.down).max().unwrap_or(1),
        components,
        adobe: None,
        scans: Vec::new(),
        visits: 0,
    })
}

impl Tables {
    /// T.81 B.2.4.1.
    fn steps(&mut self, mut segment: &[u8]) -> Result<(), Broken> {
        while let Some((kind, rest)) = segment.split_first() {
            let wide = kind >> 4 == 1;
            let (table, rest) = rest.split_at_checked(if wide { 128 } else { 64 }).ok_or(Broken)?;
            let mut steps = [0; 64];
            for (at, place) in ZIGZAG.iter().enumerate() {
                steps[*place] = match wide {
                    true => u16::from_be_bytes([table[2 * at], table[2 * at + 1]]),
                    false => table[at].into(),
                };
            }
            *self.steps.get_mut(usize::from(kind & 15)).ok_or(Broken)? = Some(steps);
            segment = rest;
        }
        Ok(())
    }

    /// T.81 B.2.4.2.
    fn huffman(&mut self, mut segment: &[u8]) -> Result<(), Broken> {
        while let Some((kind, rest)) = segment.split_first() {
            let (counts, rest) = rest.split_first_chunk::<16>().ok_or(Broken)?;
            let length = counts.iter().map(|count| usize::from(*count)).sum();
            let (values, rest) = rest.split_at_checked(length).ok_or(Broken)?;
            let tables = match kind >> 4 {
                0 => &mut self.dc,
                1 => &mut self.ac,
                _ => return Err(Broken),
            };
            *tables.get_mut(usize::from(kind & 15)).ok_or(Broken)? = Some(Rc::new(Huffman::new(counts, values)?));
            segment = rest;
        }
        Ok(())
    }
}

impl<'a> Frame<'a> {
    /// The scan header (T.81 B.2.3); the tables are taken as they are now, since later scans may change them.
    fn scan(&mut self, segment: &[u8], tables: &Tables, progressive: bool, bits: Bits<'a>) -> Result<Scan<'a>, Error> {
        let (count, rest) = segment.split_first().ok_or(Broken)?;
        let (parts, rest) = rest.split_at_checked(2 * usize::from(*count)).ok_or(Broken)?;
        let [first, last, bits_told, ..] = rest else { return Err(Error::Broken) };
        let band = Band {
            progressive,
            first: (*first).into(),
            last: (*last).into(),
            high: (bits_told >> 4).into(),
            low: if progressive { (bits_told & 15).into() } else { 0 },
        };
        let single = band.first == 0 || *count == 1;
        if progressive && (band.last > 63 || band.first > band.last || band.low > 13 || !single) {
            return Err(Error::Broken);
        }
        let mut shares = Vec::new();
        for part in parts.chunks_exact(2) {
            let component = self.components.iter().position(|known| known.id == part[0]).ok_or(Broken)?;
            let known = &mut self.components[component];
            known.steps = known.steps.or(tables.steps[known.table]);
            let table = |of: &[Option<Rc<Huffman>>; 4], place: u8| of.get(usize::from(place)).cloned().flatten();
            let (dc, ac) = (table(&tables.dc, part[1] >> 4), table(&tables.ac, part[1] & 15));
            shares.push(Share { component, dc, ac, before: 0 });
            self.visits += self.samples(component) * band.wide() / 64;
        }
        if shares.is_empty() {
            return Err(Error::Broken);
        }
        Ok(Scan { shares, band, bits, interval: tables.interval, left: tables.interval, empty: 0 })
    }

    /// Pixels of a component of its own.
    fn samples(&self, component: usize) -> u64 {
        let known = &self.components[component];
        let whole = u64::from(self.width) * u64::from(self.height);
        whole * (known.across * known.down) as u64 / (self.across * self.down) as u64
    }

    /// How wide and high it comes out when of eight pixels `n` are read.
    pub fn size_at(&self, n: u32) -> (u32, u32) {
        ((self.width * n).div_ceil(8), (self.height * n).div_ceil(8))
    }

    /// Reads the pixels, `n` of eight, and gives each row as red, green and blue to `take`.
    pub fn rows<E: From<Error>>(mut self, n: u32, mut take: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        let (width, height) = self.size_at(n);
        let (width, height, n) = (width as usize, height as usize, n as usize);
        let idct = Idct::new(n);
        let units = (self.width as usize).div_ceil(8 * self.across);
        let mut planes: Vec<Plane> = self.components.iter().map(|component| Plane::new(component, units, n)).collect();
        let mut row = vec![0; 3 * width];
        let high = self.down * n;
        for unit in 0..(self.height as usize).div_ceil(8 * self.down) {
            for plane in &mut planes {
                plane.blocks.fill([0; 64]);
            }
            for scan in 0..self.scans.len() {
                self.read_row(scan, unit, units, &mut planes)?;
            }
            for (component, plane) in self.components.iter().zip(&mut planes) {
                plane.draw(&idct, &component.steps.ok_or(Error::Broken)?, units * component.across, n);
            }
            for y in 0..high.min(height - unit * high) {
                self.colour(&planes, y, &mut row);
                take(&row)?;
            }
        }
        Ok(())
    }

    /// Reads what a scan tells about a row of units.
    fn read_row(&mut self, scan: usize, unit: usize, units: usize, planes: &mut [Plane]) -> Result<(), Error> {
        let scan = &mut self.scans[scan];
        if let [share] = scan.shares.as_slice() {
            // A component alone comes in blocks, and has no more of them than it needs (T.81 A.2.2).
            let at = share.component;
            let component = &self.components[at];
            let wide = (self.width as usize * component.across).div_ceil(8 * self.across);
            let high = (self.height as usize * component.down).div_ceil(8 * self.down);
            let here = component.down.min(high.saturating_sub(unit * component.down));
            for y in 0..here {
                for x in 0..wide {
                    scan.unit()?;
                    scan.block(0, &mut planes[at].blocks[y * units * component.across + x])?;
                }
            }
            return Ok(());
        }
        for x in 0..units {
            scan.unit()?;
            for share in 0..scan.shares.len() {
                let at = scan.shares[share].component;
                let component = &self.components[at];
                for place in 0..component.across * component.down {
                    let (down, across) = (place / component.across, place % component.across);
                    let block = down * units * component.across + x * component.across + across;
                    scan.block(share, &mut planes[at].blocks[block])?;
                }
            }
        }
        Ok(())
    }

    /// A row of pixels from the planes.
    fn colour(&self, planes: &[Plane], y: usize, row: &mut [u8]) {
        let of = |component: usize| {
            let known = &self.components[component];
            let plane = &planes[component];
            let start = (y * known.down / self.down) * plane.stride;
            (&plane.pixels[start..start + plane.stride], known.across)
        };
        let widest = self.across;
        let (first, first_across) = of(0);
        if self.components.len() == 1 {
            for (pixel, grey) in row.chunks_exact_mut(3).zip(first) {
                pixel.fill(*grey);
            }
            return;
        }
        let ((second, second_across), (third, third_across)) = (of(1), of(2));
        let fourth = (self.components.len() == 4).then(|| of(3));
        let direct = self.is_direct();
        for (x, pixel) in row.chunks_exact_mut(3).enumerate() {
            let (a, b, c) = (
                first[x * first_across / widest],
                second[x * second_across / widest],
                third[x * third_across / widest],
            );
            let mut colour = if direct { [a, b, c] } else { rgb(a, b, c) };
            if let Some((black, across)) = fourth {
                // Adobe's programs write inks the other way round, and turn them once more to tell differences.
                let black = u16::from(black[x * across / widest]);
                for part in &mut colour {
                    *part = if direct { *part } else { 255 - *part };
                    *part = (u16::from(*part) * black / 255) as u8;
                }
            }
            pixel.copy_from_slice(&colour);
        }
    }

    /// Whether the components are colours as they are, not brightness and two differences.
    fn is_direct(&self) -> bool {
        let ids: Vec<u8> = self.components.iter().map(|component| component.id).collect();
        match self.adobe {
            Some(transform) => transform == 0,
            None => ids == *b"RGB" || ids.len() == 4,
        }
    }
}

/// A component's row of units.
struct Plane {
    blocks: Vec<Block>,
    pixels: Vec<u8>,
    stride: usize,
}

impl Plane {
    fn new(component: &Component, units: usize, n: usize) -> Plane {
        let blocks = vec![[0; 64]; units * component.across * component.down];
        let stride = units * component.across * n;
        Plane { blocks, pixels: vec![0; stride * component.down * n], stride }
    }

    fn draw(&mut self, idct: &Idct, steps: &[u16; 64], wide: usize, n: usize) {
        for (at, block) in self.blocks.iter().enumerate() {
            let start = (at / wide) * n * self.stride + (at % wide) * n;
            idct.pixels(block, steps, &mut self.pixels[start..], self.stride);
        }
    }
}

/// ITU-T T.871 §7, in 16 bits behind the point.
fn rgb(y: u8, cb: u8, cr: u8) -> [u8; 3] {
    let (y, cb, cr) = (i32::from(y) << 16, i32::from(cb) - 128, i32::from(cr) - 128);
    let part = |sum: i32| ((sum + (1 << 15)) >> 16).clamp(0, 255) as u8;
    [part(y + 91_881 * cr), part(y - 22_554 * cb - 46_802 * cr), part(y + 116_130 * cb)]
}
