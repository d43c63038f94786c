//! Makes pictures smaller: each new pixel is the average of what it covers, row by row.

/// From rows of one size to rows of another, not larger one.
pub struct Shrink {
    from: (u32, u32),
    to: (u32, u32),
    channels: usize,
    /// The sums of the row that is coming about, and of the row before it is weighed.
    sums: Vec<u64>,
    across: Vec<u32>,
    /// Rows that came and rows that are finished.
    came: u32,
    done: u32,
    row: Vec<u8>,
}

impl Shrink {
    /// Sizes in pixels, width first; `channels` bytes a pixel.
    pub fn new(from: (u32, u32), to: (u32, u32), channels: usize) -> Shrink {
        let to = (to.0.clamp(1, from.0), to.1.clamp(1, from.1));
        let width = to.0 as usize * channels;
        Shrink {
            from,
            to,
            channels,
            sums: vec![0; width],
            across: vec![0; width],
            came: 0,
            done: 0,
            row: vec![0; width],
        }
    }

    pub fn size(&self) -> (u32, u32) {
        self.to
    }

    /// Takes the next row, and gives a new one when it was the last that belongs to it.
    pub fn push<'a>(&'a mut self, row: &'a [u8]) -> Option<&'a [u8]> {
        if self.from == self.to {
            return Some(row);
        }
        self.sum_across(row);
        // Of the height of a row, in parts of the new height: what belongs to the new row that is coming about.
        let (end, border) =
            (u64::from(self.came + 1) * u64::from(self.to.1), u64::from(self.done + 1) * u64::from(self.from.1));
        self.came += 1;
        let rest = end.saturating_sub(border);
        self.add(u64::from(self.to.1) - rest);
        if end < border {
            return None;
        }
        let whole = u64::from(self.from.0) * u64::from(self.from.1);
        for (pixel, sum) in self.row.iter_mut().zip(&mut self.sums) {
            *pixel = ((*sum + whole / 2) / whole) as u8;
            *sum = 0;
        }
        self.done += 1;
        self.add(rest);
        Some(&self.row)
    }

    fn add(&mut self, weight: u64) {
        if weight > 0 {
            for (sum, across) in self.sums.iter_mut().zip(&self.across) {
                *sum += u64::from(*across) * weight;
            }
        }
    }

    /// The same within a row.
    fn sum_across(&mut self, row: &[u8]) {
        let (from, to) = (self.from.0, self.to.0);
        self.across.fill(0);
        let mut place = 0;
        // How much of the new pixel is still to be covered; each old one covers `to` of `from` parts.
        let mut open = from;
        for pixel in row.chunks_exact(self.channels) {
            let here = to.min(open);
            self.add_pixel(place, pixel, here);
            open -= here;
            if open == 0 {
                place += 1;
                self.add_pixel(place, pixel, to - here);
                open = from - (to - here);
            }
        }
    }

    fn add_pixel(&mut self, place: usize, pixel: &[u8], weight: u32) {
        if weight > 0 {
            let sums = &mut self.across[place * self.channels..];
            for (sum, part) in sums.iter_mut().zip(pixel) {
                *sum += u32::from(*part) * weight;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Shrink;

    fn shrink(from: (u32, u32), to: (u32, u32), pixels: &[u8]) -> Vec<u8> {
        let mut shrink = Shrink::new(from, to, 1);
        let mut all = Vec::new();
        for row in pixels.chunks(from.0 as usize) {
            all.extend(shrink.push(row).unwrap_or_default());
        }
        all
    }

    #[test]
    fn a_pixel_is_the_average_of_what_it_covers() {
        assert_eq!(shrink((4, 2), (2, 1), &[0, 10, 100, 200, 20, 30, 0, 100]), [15, 100]);
        assert_eq!(shrink((3, 1), (2, 1), &[0, 90, 255]), [30, 200]);
        assert_eq!(shrink((1, 3), (1, 2), &[0, 90, 255]), [30, 200]);
        assert_eq!(shrink((2, 2), (2, 2), &[1, 2, 3, 4]), [1, 2, 3, 4]);
        assert_eq!(shrink((5, 7), (1, 1), &[255; 35]), [255]);
    }

    #[test]
    fn every_size_gives_as_many_rows_as_it_says() {
        for from in 1..40 {
            for to in 1..=from {
                let pixels = vec![7; (from * from) as usize];
                assert_eq!(shrink((from, from), (to, to), &pixels), vec![7; (to * to) as usize], "{from} to {to}");
            }
        }
    }
}
