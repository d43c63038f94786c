//! What a podmin does, and the proof of it: an append-only log of steps, receipts, the vault, the census.
//! Knows no HTTP and no protocol.

pub mod base58;
pub mod jcs;
pub mod key;
pub mod log;
pub mod proof;
pub mod seal;
