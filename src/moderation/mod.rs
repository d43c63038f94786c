//! What a podmin does: looks at what people speak up about, holds it, removes it for good or lets it be, limits accounts
//! and pods elsewhere, finds copies elsewhere; and the proof of it: a log of steps, receipts. Every decision is a deed in
//! one transaction, with a step that says who, why and on what ground. Knows no HTTP and no protocol.

pub mod alarm;
pub mod appeal;
pub mod bank;
pub mod base58;
pub mod blocklist;
pub mod case;
pub mod census;
pub mod gone;
pub mod ground;
pub mod hold;
pub mod jcs;
pub mod key;
pub mod limit;
pub mod log;
pub mod machine;
pub mod picture;
pub mod proof;
pub mod receipt;
pub mod remove;
pub mod reporter;
pub mod seal;
pub mod status;
mod step;
pub mod transparency;
pub mod vault;
