//! One scan of a JPEG: a part of what there is to know about each block. Scans stand in the file one after the other;
//! here each is read by a reader of its own, so that all of them go down the picture together.

use std::rc::Rc;

use super::bits::Bits;
use super::huffman::Huffman;
use super::idct::Block;
use super::{Broken, Error};

/// The place in a block of the k-th coefficient of the file (T.81 figure A.6).
pub const ZIGZAG: [usize; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21,
    28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54,
    47, 55, 62, 63,
];

/// A component's part in a scan.
pub struct Share {
    /// Its place in the frame.
    pub component: usize,
    pub dc: Option<Rc<Huffman>>,
    pub ac: Option<Rc<Huffman>>,
    /// The DC coefficient of the block before.
    pub before: i32,
}

/// Which coefficients a scan tells, and which bits of them (T.81 G.1.1).
#[derive(Clone, Copy)]
pub struct Band {
    pub progressive: bool,
    pub first: usize,
    pub last: usize,
    /// The bits were told down to `high` before (0: none); now down to `low`.
    pub high: u32,
    pub low: u32,
}

impl Band {
    /// Coefficients of a block that the scan tells something about, of 64.
    pub fn wide(&self) -> u64 {
        if self.progressive { (self.last - self.first + 1) as u64 } else { 64 }
    }
}

pub struct Scan<'a> {
    pub shares: Vec<Share>,
    pub band: Band,
    pub bits: Bits<'a>,
    /// Units between two restarts; 0: there are none.
    pub interval: usize,
    /// Units until the next.
    pub left: usize,
    /// Blocks that are known to hold nothing more.
    pub empty: u32,
}

impl Scan<'_> {
    /// To be called before each unit: a block, or all blocks that belong together.
    pub fn unit(&mut self) -> Result<(), Error> {
        if self.interval > 0 {
            if self.left == 0 {
                self.bits.restart()?;
                self.left = self.interval;
                self.empty = 0;
                for share in &mut self.shares {
                    share.before = 0;
                }
            }
            self.left -= 1;
        }
        Ok(())
    }

    /// Reads what the scan tells about the next block of a component.
    pub fn block(&mut self, share: usize, block: &mut Block) -> Result<(), Error> {
        let band = self.band;
        match (band.progressive, band.first, band.high) {
            (false, ..) => {
                self.brightness(share, block)?;
                self.all(share, block)
            }
            (true, 0, 0) => self.brightness(share, block),
            (true, 0, _) => {
                block[0] |= (self.bits.take(1)? << band.low) as i16;
                Ok(())
            }
            (true, _, 0) => self.some(share, block),
            (true, _, _) => self.refine(share, block),
        }
    }

    /// The DC coefficient (T.81 F.2.2.1).
    fn brightness(&mut self, share: usize, block: &mut Block) -> Result<(), Error> {
        let share = &mut self.shares[share];
        let size = self.bits.code(share.dc.as_ref().ok_or(Broken)?)?;
        if size > 15 {
            return Err(Broken.into());
        }
        share.before = share.before.wrapping_add(self.bits.signed(size.into())?);
        block[0] = (share.before << self.band.low) as i16;
        Ok(())
    }

    /// All AC coefficients (T.81 F.2.2.2).
    fn all(&mut self, share: usize, block: &mut Block) -> Result<(), Error> {
        let table = self.shares[share].ac.clone().ok_or(Broken)?;
        let mut at = 1;
        while at < 64 {
            let code = self.bits.code(&table)?;
            let (zeros, size) = (usize::from(code >> 4), u32::from(code & 15));
            match (zeros, size) {
                (15, 0) => at += 16,
                (_, 0) => return Ok(()),
                _ => {
                    at += zeros;
                    *block.get_mut(place(at)?).ok_or(Broken)? = self.bits.signed(size)? as i16;
                    at += 1;
                }
            }
        }
        Ok(())
    }

    /// The high bits of some AC coefficients (T.81 G.1.2.2).
    fn some(&mut self, share: usize, block: &mut Block) -> Result<(), Error> {
        if self.empty > 0 {
            self.empty -= 1;
            return Ok(());
        }
        let table = self.shares[share].ac.clone().ok_or(Broken)?;
        let mut at = self.band.first;
        while at <= self.band.last {
            let code = self.bits.code(&table)?;
            let (zeros, size) = (usize::from(code >> 4), u32::from(code & 15));
            match (zeros, size) {
                (15, 0) => at += 16,
                (run, 0) => {
                    self.empty = (1 << run) - 1 + self.bits.take(run as u32)?;
                    return Ok(());
                }
                _ => {
                    at += zeros;
                    block[place(at)?] = (self.bits.signed(size)? << self.band.low) as i16;
                    at += 1;
                }
            }
        }
        Ok(())
    }

    /// One more bit of some AC coefficients (T.81 G.1.2.3).
    fn refine(&mut self, share: usize, block: &mut Block) -> Result<(), Error> {
        if self.empty > 0 && block[1..] == [0; 63] {
            self.empty -= 1;
            return Ok(());
        }
        let table = self.shares[share].ac.clone().ok_or(Broken)?;
        let mut at = self.band.first;
        if self.empty == 0 {
            while at <= self.band.last {
                let code = self.bits.code(&table)?;
                let (mut zeros, size) = (usize::from(code >> 4), u32::from(code & 15));
                let new = match (zeros, size) {
                    (15, 0) => 0,
                    (run, 0) => {
                        self.empty = (1 << run) + self.bits.take(run as u32)?;
                        break;
                    }
                    (_, 1) => {
                        if self.bits.take(1)? == 1 {
                            1
                        } else {
                            -1
                        }
                    }
                    _ => return Err(Broken.into()),
                };
                while at <= self.band.last {
                    let coefficient = &mut block[ZIGZAG[at]];
                    at += 1;
                    if *coefficient != 0 {
                        sharpen(&mut self.bits, coefficient, self.band.low)?;
                    } else if zeros == 0 {
                        *coefficient = (new << self.band.low) as i16;
                        break;
                    } else {
                        zeros -= 1;
                    }
                }
            }
        }
        if self.empty > 0 {
            for at in at..=self.band.last {
                let coefficient = &mut block[ZIGZAG[at]];
                if *coefficient != 0 {
                    sharpen(&mut self.bits, coefficient, self.band.low)?;
                }
            }
            self.empty -= 1;
        }
        Ok(())
    }
}

fn place(at: usize) -> Result<usize, Broken> {
    ZIGZAG.get(at).copied().ok_or(Broken)
}

/// The next bit of a coefficient that is not zero.
fn sharpen(bits: &mut Bits, coefficient: &mut i16, low: u32) -> Result<(), Error> {
    let bit = 1_i16 << low;
    if bits.take(1)? == 1 && *coefficient & bit == 0 {
        *coefficient = coefficient.wrapping_add(if *coefficient > 0 { bit } else { -bit });
    }
    Ok(())
}
