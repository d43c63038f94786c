//! A picture as pixels, in a file without a name: a picture of three megapixels is nine megabytes, which a small
//! machine has on its disk and not in its memory. From here it is read as it is to be seen, turned and cut.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::FileExt;

/// Columns read at once of a picture that lies on its side.
const COLUMNS: u32 = 32;

/// A part of a picture in pixels, as it is to be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    pub x: u32,
    pub y: u32,
    pub width: u32,
    pub height: u32,
}

/// Takes the rows of a picture.
pub struct Painter {
    file: BufWriter<File>,
    channels: usize,
    clear: bool,
}

/// A picture that is there.
pub struct Canvas {
    file: File,
    /// As it is stored.
    width: u32,
    height: u32,
    /// Bytes a pixel: red, green, blue, and how solid it is if there are four.
    pub channels: usize,
    /// Something shines through somewhere.
    pub clear: bool,
    /// How it is to be turned, 1 to 8 as Exif counts.
    turn: u8,
}

impl Painter {
    pub fn new(file: File, channels: usize) -> Painter {
        Painter { file: BufWriter::with_capacity(64 << 10, file), channels, clear: false }
    }

    pub fn push(&mut self, row: &[u8]) -> io::Result<()> {
        if self.channels == 4 && !self.clear {
            self.clear = row.chunks_exact(4).any(|pixel| pixel[3] != 255);
        }
        self.file.write_all(row)
    }

    /// `size` in pixels as it came, width first.
    pub fn finish(self, size: (u32, u32), turn: u8) -> io::Result<Canvas> {
        let file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        Ok(Canvas { file, width: size.0, height: size.1, channels: self.channels, clear: self.clear, turn })
    }
}

impl Canvas {
    /// As it is to be seen, width first.
    pub fn size(&self) -> (u32, u32) {
        if self.is_on_its_side() { (self.height, self.width) } else { (self.width, self.height) }
    }

    pub fn whole(&self) -> Area {
        let (width, height) = self.size();
        Area { x: 0, y: 0, width, height }
    }

    /// The rows of a part, which must lie within the picture.
    pub fn rows(&self, area: Area) -> Rows<'_> {
        Rows { canvas: self, area, y: 0, band: Vec::new(), band_from: 0, band_columns: 0 }
    }

    fn is_on_its_side(&self) -> bool {
        self.turn > 4
    }

    /// Where a pixel as it is to be seen is stored (Exif 2.32 §4.6.4 A).
    fn stored(&self, x: u32, y: u32) -> (u32, u32) {
        let (right, bottom) = (self.width - 1, self.height - 1);
        match self.turn {
            2 => (right - x, y),
            3 => (right - x, bottom - y),
            4 => (x, bottom - y),
            5 => (y, x),
            6 => (y, bottom - x),
            7 => (right - y, bottom - x),
            8 => (right - y, x),
            _ => (x, y),
        }
    }

    fn offset(&self, x: u32, y: u32) -> u64 {
        (u64::from(y) * u64::from(self.width) + u64::from(x)) * self.channels as u64
    }
}

/// Reads a part of a picture row by row.
pub struct Rows<'a> {
    canvas: &'a Canvas,
    area: Area,
    /// The next row.
    y: u32,
    /// Of a picture on its side: some columns of it, one after the other.
    band: Vec<u8>,
    band_from: u32,
    band_columns: u32,
}

impl Rows<'_> {
    /// The next row; there are as many as the area is high.
    pub fn next(&mut self, row: &mut Vec<u8>) -> io::Result<()> {
        let y = self.area.y + self.y;
        self.y += 1;
        if self.canvas.is_on_its_side() {
            return self.of_column(y, row);
        }
        let canvas = self.canvas;
        let (first, last) = (self.area.x, self.area.x + self.area.width - 1);
        let ((a, line), (b, _)) = (canvas.stored(first, y), canvas.stored(last, y));
        row.resize(self.area.width as usize * canvas.channels, 0);
        canvas.file.read_exact_at(row, canvas.offset(a.min(b), line))?;
        if a > b {
            mirror(row, canvas.channels);
        }
        Ok(())
    }

    /// A row that is stored as a column.
    fn of_column(&mut self, y: u32, row: &mut Vec<u8>) -> io::Result<()> {
        let canvas = self.canvas;
        let (column, a) = canvas.stored(self.area.x, y);
        let (_, b) = canvas.stored(self.area.x + self.area.width - 1, y);
        let known = self.band_columns > 0 && (self.band_from..self.band_from + self.band_columns).contains(&column);
        if !known {
            self.read_band(column, a.min(b))?;
        }
        let (channels, columns) = (canvas.channels, self.band_columns as usize);
        let at = (column - self.band_from) as usize * channels;
        row.clear();
        for line in self.band.chunks_exact(columns * channels) {
            row.extend_from_slice(&line[at..at + channels]);
        }
        if a > b {
            mirror(row, channels);
        }
        Ok(())
    }

    /// Reads the columns around one, from the line `top` on as many lines as the area is wide.
    fn read_band(&mut self, column: u32, top: u32) -> io::Result<()> {
        let canvas = self.canvas;
        self.band_from = column / COLUMNS * COLUMNS;
        self.band_columns = COLUMNS.min(canvas.width - self.band_from);
        let length = self.band_columns as usize * canvas.channels;
        self.band.resize(length * self.area.width as usize, 0);
        for (line, bytes) in (top..).zip(self.band.chunks_exact_mut(length)) {
            canvas.file.read_exact_at(bytes, canvas.offset(self.band_from, line))?;
        }
        Ok(())
    }
}

fn mirror(row: &mut [u8], channels: usize) {
    let pixels = row.len() / channels;
    for left in 0..pixels / 2 {
        let right = pixels - 1 - left;
        for part in 0..channels {
            row.swap(left * channels + part, right * channels + part);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 3 × 2: a b c / d e f, seen through each turn.
    #[test]
    fn a_picture_is_seen_as_the_camera_was_held() {
        for (turn, seen) in [
            (1, "abc def"),
            (2, "cba fed"),
            (3, "fed cba"),
            (4, "def abc"),
            (5, "ad be cf"),
            (6, "da eb fc"),
            (7, "fc eb da"),
            (8, "cf be ad"),
        ] {
            let mut painter = Painter::new(tempfile::tempfile().expect("a file"), 1);
            for row in ["abc", "def"] {
                painter.push(row.as_bytes()).expect("writes");
            }
            let canvas = painter.finish((3, 2), turn).expect("writes");
            let mut rows = canvas.rows(canvas.whole());
            let mut all = Vec::new();
            for _ in 0..canvas.size().1 {
                let mut row = Vec::new();
                rows.next(&mut row).expect("reads");
                all.push(String::from_utf8(row).expect("letters"));
            }
            assert_eq!(all.join(" "), seen, "turn {turn}");
        }
    }

    #[test]
    fn a_part_is_cut_out_of_a_picture_that_lies_on_its_side() {
        let mut painter = Painter::new(tempfile::tempfile().expect("a file"), 1);
        for row in ["abcd", "efgh", "ijkl"] {
            painter.push(row.as_bytes()).expect("writes");
        }
        // Seen: iea jfb kgc lhd
        let canvas = painter.finish((4, 3), 6).expect("writes");
        let mut rows = canvas.rows(Area { x: 1, y: 2, width: 2, height: 2 });
        let mut row = Vec::new();
        rows.next(&mut row).expect("reads");
        assert_eq!(row, b"gc");
        rows.next(&mut row).expect("reads");
        assert_eq!(row, b"hd");
    }
}
