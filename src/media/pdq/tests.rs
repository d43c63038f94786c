use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::Hasher;
use crate::model::Pdq;
use crate::model::hex::hex;

/// What the reference says of pictures that are made by rule (`tests/vectors/moderation/pdq_make_vectors.py`).
#[derive(Deserialize)]
struct Vector {
    name: String,
    kind: String,
    w: usize,
    h: usize,
    seed: Option<u32>,
    cell: Option<usize>,
    value: Option<u8>,
    rgb_sha256: String,
    pdq: String,
    quality: u8,
    dihedral: Vec<String>,
}

impl Vector {
    fn pixels(&self) -> Vec<u8> {
        let places = (0..self.h).flat_map(|y| (0..self.w).map(move |x| (x, y)));
        match self.kind.as_str() {
            "blocks" => {
                let cell = self.cell.expect("a size of blocks");
                let wide = self.w.div_ceil(cell);
                let colours = noise(self.seed.expect("a seed"), wide * self.h.div_ceil(cell) * 3);
                places.flat_map(|(x, y)| colours[(y / cell * wide + x / cell) * 3..][..3].to_vec()).collect()
            }
            "grad" => {
                let (right, bottom) = (self.w - 1, self.h - 1);
                let part = |at: usize, of: usize| u8::try_from(at * 255 / of).expect("a byte");
                places.flat_map(|(x, y)| [part(x, right), part(y, bottom), part(x + y, right + bottom)]).collect()
            }
            "const" => vec![self.value.expect("a value"); self.w * self.h * 3],
            other => panic!("{other}: no such kind"),
        }
    }
}

fn noise(seed: u32, length: usize) -> Vec<u8> {
    let mut x = seed;
    let step = || {
        x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (x >> 24) as u8
    };
    std::iter::repeat_with(step).take(length).collect()
}

fn hash(pixels: &[u8], size: (usize, usize), turn: u8) -> Pdq {
    let mut hasher = Hasher::new((u32::try_from(size.0).expect("small"), u32::try_from(size.1).expect("small")));
    for row in pixels.chunks(size.0 * 3) {
        hasher.push(row, 3);
    }
    hasher.finish(turn)
}

fn vectors() -> Vec<Vector> {
    serde_json::from_str(include_str!("../../../tests/vectors/moderation/pdq_vectors_synthetic.json")).expect("vectors")
}

#[test]
fn pictures_look_to_us_as_they_look_to_the_reference() {
    for vector in vectors() {
        let pixels = vector.pixels();
        assert_eq!(hex(&Sha256::digest(&pixels)), vector.rgb_sha256, "{}: other pixels", vector.name);
        let pdq = hash(&pixels, (vector.w, vector.h), 1);
        assert_eq!((hex(&pdq.hash), pdq.quality), (vector.pdq, vector.quality), "{}", vector.name);
    }
}

#[test]
fn a_turned_picture_looks_as_the_reference_expects() {
    // The reference blurs a picture of 64 pixels each way when it turns it, and does not when it does not.
    for vector in vectors().iter().filter(|vector| (vector.w, vector.h) != (64, 64)) {
        let pixels = vector.pixels();
        for (turn, expected) in [1, 8, 3, 6, 4, 2, 5, 7].into_iter().zip(&vector.dihedral) {
            assert_eq!(hex(&hash(&pixels, (vector.w, vector.h), turn).hash), *expected, "{}, {turn}", vector.name);
        }
    }
}

#[test]
fn a_picture_of_any_shape_can_be_looked_at() {
    for (width, height) in [(1, 1), (4, 900), (900, 4), (5, 20_000), (20_000, 5), (63, 65), (129, 128), (257, 64)] {
        let pixels = noise(7, width * height * 3);
        let pdq = hash(&pixels, (width, height), 1);
        assert_eq!(pdq.quality == 0, width.min(height) < 5, "{width} × {height}");
    }
}
