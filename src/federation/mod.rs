//! What came in, what goes out, who gets what.

pub mod about;
pub mod archive;
pub mod diaspora;
pub mod discovery;
pub mod fetch;
pub mod inbox;
pub mod keys;
pub mod neighbour;
pub mod outbox;
pub mod preview;
mod prove;
mod read;
mod turns;
pub mod write;

use std::sync::Arc;
use std::time::Duration;

use crate::model::{Need, Timestamp};
use crate::store;

/// What becomes of a message that came in.
#[derive(Clone, Debug)]
pub enum Fate {
    /// Taken in, or known before.
    Done,
    /// It is wrong and will always be.
    Drop(String),
    /// The pod could not; it is tried again.
    Retry(String),
    /// Something must be fetched first.
    Park(Need),
    /// What has this GUID must come first; nobody can be asked for it.
    Await(String),
    /// The disk or the memory gave way before anything was decided.
    Broken(Arc<store::Error>),
}

impl Fate {
    /// Whether the message is tried again.
    fn waits(&self) -> bool {
        matches!(self, Fate::Retry(_) | Fate::Park(_) | Fate::Await(_))
    }
}

/// Seconds until try number `attempts + 1`, as diaspora* waits: 4 minutes first, 6 hours at the ninth, then a day.
/// (diaspora* protocol, "Sending"; the spread comes from `salt`, so that not everybody calls at once.)
pub fn backoff(attempts: u32, salt: i64) -> i64 {
    let n = i64::from(attempts.min(9));
    if attempts >= 9 { 86_400 } else { (n + 3).pow(4) + salt.rem_euclid(30) * (n + 1) }
}

/// The time between two moments, as a worker sleeps it; at least a moment, so that nobody spins.
fn until(due: Option<Timestamp>, now: Timestamp) -> Option<Duration> {
    due.map(|due| Duration::from_secs(u64::try_from(due.0 - now.0).unwrap_or(0)).max(Duration::from_millis(50)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_as_diaspora_s_do_and_end_at_a_day() {
        assert_eq!(backoff(1, 0), 256);
        assert_eq!(backoff(2, 0), 625);
        assert_eq!(backoff(8, 0), 14_641);
        assert_eq!(backoff(20, 5), 86_400);
    }
}
