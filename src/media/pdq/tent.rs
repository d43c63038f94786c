//! Blurs a picture before few of its pixels are taken: twice, each pixel becomes the average of a window of its row,
//! then of its column. Sums run along as the reference lets them run, since they are rounded on their way.

use std::array;

use super::{SIDE, centres};

/// A picture on its way through both rounds. Of the second only the columns are made that are taken.
pub struct Tent {
    across: Window,
    first: Down,
    second: Down,
    columns: [usize; SIDE],
    /// Sums along a row, and their averages.
    sums: Vec<f32>,
    row: Vec<f32>,
}

impl Tent {
    /// Size in pixels.
    pub fn new(width: usize, height: usize) -> Tent {
        let down = Window::of(height);
        Tent {
            across: Window::of(width),
            first: Down::new(down, width),
            second: Down::new(down, SIDE),
            columns: centres(width),
            sums: Vec::with_capacity(width),
            row: Vec::with_capacity(width),
        }
    }

    /// The next row. Rows of the blurred picture are given some rows later.
    pub fn push(&mut self, row: &[f32], mut give: impl FnMut(&[f32; SIDE])) {
        let Tent { across, first, second, columns, sums, row: once } = self;
        across.sums(row, sums);
        once.clear();
        once.extend(sums.iter().enumerate().map(|(at, sum)| sum / across.count(at)));
        first.push(once, |row| {
            across.sums(row, sums);
            second.push(&few(across, columns, sums), |row| give(&whole(row)));
        });
    }

    /// Gives the rows that are still to come.
    pub fn finish(self, mut give: impl FnMut(&[f32; SIDE])) {
        let Tent { across, first, mut second, columns, mut sums, .. } = self;
        first.finish(|row| {
            across.sums(row, &mut sums);
            second.push(&few(&across, &columns, &sums), |row| give(&whole(row)));
        });
        second.finish(|row| give(&whole(row)));
    }
}

/// The averages in some places of a row.
fn few(across: &Window, columns: &[usize; SIDE], sums: &[f32]) -> [f32; SIDE] {
    columns.map(|at| sums[at] / across.count(at))
}

fn whole(row: &[f32]) -> [f32; SIDE] {
    array::from_fn(|at| row[at])
}

/// The neighbours that a pixel is averaged with.
#[derive(Clone, Copy)]
struct Window {
    /// Of the row or column.
    length: usize,
    /// Pixels in it, at most the length; those before its last one that come after the pixel, and itself.
    width: usize,
    half: usize,
}

impl Window {
    fn of(length: usize) -> Window {
        let width = length.div_ceil(2 * SIDE);
        Window { length, width, half: (width + 2) / 2 }
    }

    /// How many there are around the pixel in a place: fewer at the ends.
    fn count(&self, at: usize) -> f32 {
        let end = at + self.half;
        (end.min(self.length) - end.saturating_sub(self.width)) as f32
    }

    /// The sum around each pixel.
    fn sums(&self, row: &[f32], sums: &mut Vec<f32>) {
        let Window { length, width, half } = *self;
        sums.clear();
        let mut sum = 0.0;
        for value in &row[..half - 1] {
            sum += value;
        }
        for value in &row[half - 1..width] {
            sum += value;
            sums.push(sum);
        }
        for (value, gone) in row[width..].iter().zip(row) {
            sum += value;
            sum -= gone;
            sums.push(sum);
        }
        for gone in &row[length - width..][..half - 1] {
            sum -= gone;
            sums.push(sum);
        }
    }
}

/// Averages along columns, all of them at once.
struct Down {
    window: Window,
    /// The last rows, in a ring, and the sums of each column.
    rows: Vec<f32>,
    sums: Vec<f32>,
    averages: Vec<f32>,
    came: usize,
}

impl Down {
    fn new(window: Window, columns: usize) -> Down {
        let row = vec![0.0; columns];
        Down { window, rows: vec![0.0; window.width * columns], sums: row.clone(), averages: row, came: 0 }
    }

    fn push(&mut self, row: &[f32], give: impl FnMut(&[f32])) {
        let (columns, full) = (self.sums.len(), self.came >= self.window.width);
        let oldest = &mut self.rows[self.came % self.window.width * columns..][..columns];
        for ((sum, old), new) in self.sums.iter_mut().zip(oldest).zip(row) {
            *sum += new;
            if full {
                *sum -= *old;
            }
            *old = *new;
        }
        self.came += 1;
        if self.came >= self.window.half {
            self.average(self.came - self.window.half, give);
        }
    }

    fn finish(mut self, mut give: impl FnMut(&[f32])) {
        let columns = self.sums.len();
        for at in self.window.length - (self.window.half - 1)..self.window.length {
            let oldest = &self.rows[self.came % self.window.width * columns..][..columns];
            for (sum, old) in self.sums.iter_mut().zip(oldest) {
                *sum -= old;
            }
            self.came += 1;
            self.average(at, &mut give);
        }
    }

    fn average(&mut self, at: usize, mut give: impl FnMut(&[f32])) {
        let count = self.window.count(at);
        for (average, sum) in self.averages.iter_mut().zip(&self.sums) {
            *average = sum / count;
        }
        give(&self.averages);
    }
}
