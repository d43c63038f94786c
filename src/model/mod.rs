//! Plain data and its rules. Knows no database, no network, no clock.

pub mod guid;
pub mod handle;
pub mod id;
pub mod time;

pub use guid::Guid;
pub use handle::Handle;
pub use id::*;
pub use time::Timestamp;
