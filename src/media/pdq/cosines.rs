//! What waves a picture is made of: 16 × 16 of them, and which are stronger than most.

use std::array;
use std::f64::consts::PI;

use super::SIDE;

/// Waves each way.
const WAVES: usize = 16;

type Waves = [[f32; WAVES]; WAVES];

/// Waves of 1 to 16 halves in each direction.
pub fn of(picture: &[[f32; SIDE]; SIDE]) -> Waves {
    let scale = f64::from((2.0 / SIDE as f64).sqrt() as f32);
    let waves: [[f32; SIDE]; WAVES] = array::from_fn(|i| {
        array::from_fn(|j| (scale * (PI / 2.0 / SIDE as f64 * (i + 1) as f64 * (2 * j + 1) as f64).cos()) as f32)
    });
    let down: [[f32; SIDE]; WAVES] = array::from_fn(|i| {
        array::from_fn(|j| waves[i].iter().zip(picture).fold(0.0, |sum, (w, row)| sum + w * row[j]))
    });
    array::from_fn(|i| array::from_fn(|j| down[i].iter().zip(&waves[j]).fold(0.0, |sum, (d, w)| sum + d * w)))
}

/// The same of the picture when it is turned as Exif says, 1 to 8: where a wave runs the other way, every second one
/// changes its sign.
pub fn turned(waves: &Waves, turn: u8) -> Waves {
    let (upside, mirrored) = match turn {
        2 => (false, true),
        3 => (true, true),
        4 => (true, false),
        6 => (false, true),
        7 => (true, true),
        8 => (true, false),
        _ => (false, false),
    };
    let odd = |applies: bool, at: usize| applies && at.is_multiple_of(2);
    array::from_fn(|i| {
        array::from_fn(|j| {
            let wave = if turn > 4 { waves[j][i] } else { waves[i][j] };
            if odd(upside, i) != odd(mirrored, j) { -wave } else { wave }
        })
    })
}

/// A bit for each wave: is it stronger than half of them? The last wave comes first.
pub fn bits(waves: &Waves) -> [u8; 32] {
    let mut sorted = waves.concat();
    let (_, median, _) = sorted.select_nth_unstable_by(WAVES * WAVES / 2 - 1, f32::total_cmp);
    let mut hash = [0; 32];
    for (at, wave) in waves.as_flattened().iter().enumerate() {
        hash[31 - at / 8] |= u8::from(wave > median) << (at % 8);
    }
    hash
}
