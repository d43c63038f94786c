//! From coefficients to pixels, as large as they are wanted: of a block of 8 × 8 come `n` × `n` pixels, n from 1 to 8,
//! by taking the cosines of the block at n places and leaving out those that n places cannot show.

/// Coefficients of a block, in rows.
pub type Block = [i16; 64];

/// Bits behind the point of a factor, and those kept between the two passes.
const POINT: u32 = 12;
const KEPT: u32 = 3;

/// The cosines for one size.
pub struct Idct {
    n: usize,
    /// Of the place x: the factor of the frequency u, at `x * 8 + u`.
    factors: [i32; 64],
}

impl Idct {
    /// For `n` × `n` pixels of a block.
    pub fn new(n: usize) -> Idct {
        let mut factors = [0; 64];
        for x in 0..n {
            for u in 0..n {
                let size = if u == 0 { std::f64::consts::FRAC_1_SQRT_2 } else { 1.0 } / 2.0;
                let angle = (2 * x + 1) as f64 * u as f64 * std::f64::consts::PI / (2 * n) as f64;
                factors[x * 8 + u] = (size * angle.cos() * f64::from(1 << POINT)).round() as i32;
            }
        }
        Idct { n, factors }
    }

    /// Writes the pixels of a block into rows of a plane that are `stride` bytes apart.
    pub fn pixels(&self, block: &Block, steps: &[u16; 64], plane: &mut [u8], stride: usize) {
        let n = self.n;
        let mut middle = [0_i32; 64];
        let mut flat = true;
        for u in 0..n {
            flat &= self.column(block, steps, u, &mut middle) && (u == 0 || block[u] == 0);
        }
        for y in 0..n {
            let row = &mut plane[y * stride..][..n];
            if flat {
                row.fill(shade(middle[0].wrapping_mul(self.factors[0])));
                continue;
            }
            let of = &middle[y * 8..][..n];
            for (x, pixel) in row.iter_mut().enumerate() {
                let factors = &self.factors[x * 8..][..n];
                let sum = of.iter().zip(factors).fold(0_i32, |sum, (a, b)| sum.wrapping_add(a.wrapping_mul(*b)));
                *pixel = shade(sum);
            }
        }
    }

    /// One column of the first pass; true when it is the same all the way down.
    fn column(&self, block: &Block, steps: &[u16; 64], u: usize, middle: &mut [i32; 64]) -> bool {
        let n = self.n;
        let mut column = [0_i32; 8];
        let mut last = 0;
        for v in 0..n {
            let coefficient = i32::from(block[v * 8 + u]);
            if coefficient != 0 {
                last = v;
                // What is beyond is no picture, but must not lead beyond the numbers.
                column[v] = (coefficient * i32::from(steps[v * 8 + u])).clamp(-4096, 4095);
            }
        }
        let round = 1 << (POINT - KEPT - 1);
        for y in 0..n {
            let factors = &self.factors[y * 8..][..=last];
            let sum = column.iter().zip(factors).map(|(a, b)| a * b).sum::<i32>();
            middle[y * 8 + u] = (sum + round) >> (POINT - KEPT);
        }
        last == 0
    }
}

/// A sum of the second pass as a brightness.
fn shade(sum: i32) -> u8 {
    let round = 1 << (POINT + KEPT - 1);
    ((sum.wrapping_add(round) >> (POINT + KEPT)) + 128).clamp(0, 255) as u8
}
