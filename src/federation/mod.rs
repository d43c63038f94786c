//! What came in, what goes out, who gets what.

pub mod diaspora;
