//! Huffman codes of a JPEG (ITU-T T.81, annex C and F.2.2.3).

use super::Broken;

/// Bits that are looked up at once.
const FAST: u32 = 9;

/// A table of codes.
pub struct Huffman {
    /// For the next `FAST` bits: the length of the code (0: it is longer) and what it stands for.
    fast: [(u8, u8); 1 << FAST],
    /// For each length from 1 to 16: the first code that is longer, and what to add to a code for its place in `values`.
    beyond: [i32; 17],
    offset: [i32; 17],
    values: Vec<u8>,
}

impl Huffman {
    /// From how many codes there are of each length, and what they stand for.
    pub fn new(counts: &[u8; 16], values: &[u8]) -> Result<Huffman, Broken> {
        let mut table =
            Huffman { fast: [(0, 0); 1 << FAST], beyond: [0; 17], offset: [0; 17], values: values.to_vec() };
        let (mut code, mut place) = (0_i32, 0_i32);
        for (length, count) in (1_u32..).zip(counts) {
            let slot = length as usize;
            table.offset[slot] = place - code;
            for _ in 0..*count {
                let value = *values.get(place as usize).ok_or(Broken)?;
                if length <= FAST {
                    let first = (code as usize) << (FAST - length);
                    let same = table.fast.get_mut(first..first + (1 << (FAST - length))).ok_or(Broken)?;
                    same.fill((length as u8, value));
                }
                code += 1;
                place += 1;
            }
            if code > 1 << length {
                return Err(Broken);
            }
            table.beyond[slot] = code;
            code <<= 1;
        }
        Ok(table)
    }

    /// What the first of these 16 bits stand for, and how many they are.
    pub fn look_up(&self, bits: u32) -> Result<(u32, u8), Broken> {
        let (length, value) = self.fast[(bits >> (16 - FAST)) as usize];
        if length > 0 {
            return Ok((length.into(), value));
        }
        for length in FAST + 1..=16 {
            let code = (bits >> (16 - length)) as i32;
            if code < self.beyond[length as usize] {
                let value = self.values.get((code + self.offset[length as usize]) as usize).ok_or(Broken)?;
                return Ok((length, *value));
            }
        }
        Err(Broken)
    }
}
