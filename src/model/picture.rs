//! Fingerprints of pictures.

/// What a picture looks like (`media/pdq.rs`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pdq {
    pub hash: [u8; 32],
    /// How much there is to see, 0 to 100.
    pub quality: u8,
}

/// What a picture is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hashes {
    /// SHA-256 of the file.
    pub sha256: [u8; 32],
    /// `None`: of a kind that is not read here.
    pub pdq: Option<Pdq>,
}
