//! Fingerprints of pictures, and when two of them mean the same picture.

use super::hex::unhex;

/// Bits in which pictures that look the same may differ, and how much there must be to see that it means anything
/// (as the authors of PDQ recommend).
pub const BITS_MAX: u32 = 31;
pub const QUALITY_MIN: u8 = 50;

/// 256 bits.
pub type Hash = [u8; 32];

/// What a picture looks like (`media/pdq.rs`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pdq {
    pub hash: Hash,
    /// How much there is to see, 0 to 100.
    pub quality: u8,
}

impl Pdq {
    /// Whether there is enough to see to tell it from other pictures.
    pub fn tells(&self) -> bool {
        self.quality >= QUALITY_MIN
    }
}

/// What a picture is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hashes {
    /// SHA-256 of the file.
    pub sha256: Hash,
    /// `None`: of a kind that is not read here.
    pub pdq: Option<Pdq>,
}

/// What a hash is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HashKind {
    /// The file.
    Sha256,
    /// What is seen.
    Pdq,
}

impl HashKind {
    pub fn as_str(self) -> &'static str {
        match self {
            HashKind::Sha256 => "sha256",
            HashKind::Pdq => "pdq",
        }
    }

    /// However it is written: `SHA-256`, `sha256`, `PDQ`.
    pub fn parse(text: &str) -> Option<HashKind> {
        match text.trim().to_ascii_lowercase().replace('-', "").as_str() {
            "sha256" => Some(HashKind::Sha256),
            "pdq" => Some(HashKind::Pdq),
            _ => None,
        }
    }
}

/// What in the bank a picture is like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    pub kind: HashKind,
    /// Bits that differ.
    pub distance: u32,
    /// Why the podmin, or who made the list, put it there.
    pub ground: String,
    /// Name of the list.
    pub source: String,
}

/// 64 hexadecimal digits.
pub fn parse_hash(text: &str) -> Option<Hash> {
    if text.len() != 64 {
        return None;
    }
    unhex(&text.to_ascii_lowercase())?.try_into().ok()
}

/// Bits in which two hashes differ. The first must be as long as the second.
pub fn distance(a: &[u8], b: &Hash) -> u32 {
    let (a, b) = (a.as_chunks::<8>().0, b.as_chunks::<8>().0);
    let part = |(a, b): (&[u8; 8], &[u8; 8])| (u64::from_ne_bytes(*a) ^ u64::from_ne_bytes(*b)).count_ones();
    a.iter().zip(b).map(part).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_has_64_digits() {
        let text = "00ff".repeat(16);
        assert_eq!(parse_hash(&text), Some([0, 255].repeat(16).try_into().expect("32 bytes")));
        assert_eq!(parse_hash(&text.to_uppercase()), parse_hash(&text));
        for wrong in ["", "00", &text[1..], &format!("{text}0"), &text.replace('f', "g"), &"ä".repeat(32)] {
            assert_eq!(parse_hash(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn bits_that_differ_are_counted() {
        let mut other = [7; 32];
        (other[0], other[31]) = (6, 0xf7);
        assert_eq!((distance(&[7; 32], &[7; 32]), distance(&other, &[7; 32])), (0, 5));
        assert_eq!(distance(&[0; 32], &[255; 32]), 256);
    }
}
