//! PDQ: what a picture looks like, in 256 bits that stay nearly the same when it is made smaller or written anew.
//! Rows go in one by one; what is kept of them is a band of 1/128 of the picture's height.
//!
//! Bit for bit what the library `pdqhash` says of the same pixels: it looks at a picture of any size as it is. (Meta's
//! own program makes what is larger than 512 pixels smaller first, and differs by a few bits there.)

mod cosines;
mod luma;
mod tent;

use std::array;

use crate::model::Pdq;
use luma::Luma;
use tent::Tent;

/// Pixels each way of the small picture that is looked at.
pub const SIDE: usize = 64;
/// A picture with a shorter side looks like nothing.
const LENGTH_MIN: u32 = 5;

/// Takes the rows of a picture.
pub struct Hasher {
    luma: Luma,
    /// What blurs the rows; `None`: the picture is as small as it must be.
    tent: Option<Tent>,
    small: Small,
    is_tiny: bool,
}

impl Hasher {
    /// For a picture of this size in pixels, width first.
    pub fn new((width, height): (u32, u32)) -> Hasher {
        // Pictures are some thousand pixels wide and high (`decode::check_size`).
        let (wide, high) = (width as usize, height as usize);
        Hasher {
            luma: Luma::new(),
            tent: ((wide, high) != (SIDE, SIDE)).then(|| Tent::new(wide, high)),
            small: Small { rows: Box::new([[0.0; SIDE]; SIDE]), wanted: centres(high), came: 0 },
            is_tiny: width.min(height) < LENGTH_MIN,
        }
    }

    /// The next row: red, green, blue, and whatever else belongs to a pixel of `channels` bytes.
    pub fn push(&mut self, row: &[u8], channels: usize) {
        if self.is_tiny {
            return;
        }
        let row = self.luma.of(row, channels);
        match &mut self.tent {
            Some(tent) => tent.push(row, |row| self.small.take(row)),
            None => self.small.take(&array::from_fn(|x| row.get(x).copied().unwrap_or_default())),
        }
    }

    /// When all rows came: what the picture looks like after it is turned as Exif says (1: as it came).
    pub fn finish(mut self, turn: u8) -> Pdq {
        if self.is_tiny {
            return Pdq { hash: [0; 32], quality: 0 };
        }
        if let Some(tent) = self.tent {
            tent.finish(|row| self.small.take(row));
        }
        let waves = cosines::turned(&cosines::of(&self.small.rows), turn);
        Pdq { hash: cosines::bits(&waves), quality: self.small.quality() }
    }
}

/// The small picture that comes about.
struct Small {
    rows: Box<[[f32; SIDE]; SIDE]>,
    /// Which row of the blurred picture is taken for each, and how many of those came.
    wanted: [usize; SIDE],
    came: usize,
}

impl Small {
    fn take(&mut self, row: &[f32; SIDE]) {
        for (line, _) in self.rows.iter_mut().zip(self.wanted).filter(|(_, at)| *at == self.came) {
            *line = *row;
        }
        self.came += 1;
    }

    /// How much there is to see, 0 to 100: differences of neighbours, in whole hundredths of the range.
    fn quality(&self) -> u8 {
        let step = |a: f32, b: f32| (((a - b) * 100.0) / 255.0).trunc().abs() as u32;
        let down = self.rows.windows(2).flat_map(|pair| pair[0].iter().zip(&pair[1]).map(|(a, b)| step(*a, *b)));
        let across = self.rows.iter().flat_map(|row| row.windows(2).map(|pair| step(pair[0], pair[1])));
        ((down.sum::<u32>() + across.sum::<u32>()) / 90).min(100) as u8
    }
}

/// The places of a length that its 64 parts have their middles at.
fn centres(length: usize) -> [usize; SIDE] {
    array::from_fn(|part| (2 * part + 1) * length / (2 * SIDE))
}

#[cfg(test)]
mod tests;
