//! Hosts that did not answer, or not in time, when they were asked for a picture: for a minute nobody asks them again.
//! They are known by name: an address on the internet may be that of thousands of hosts, of which one is silent.

use std::collections::VecDeque;
use std::sync::Mutex;

use crate::model::Timestamp;
use crate::sync::lock;

/// Seconds.
const QUIET: i64 = 60;

/// Hosts that are remembered at the most; the one that was noted first is forgotten.
const KEPT: usize = 64;

#[derive(Default)]
pub struct Silent(Mutex<VecDeque<(String, Timestamp)>>);

impl Silent {
    /// Whether a host did not answer just now. `host`: with its port, if it has one of its own.
    pub fn has(&self, host: &str, now: Timestamp) -> bool {
        lock(&self.0).iter().any(|(known, noted)| known == host && (0..QUIET).contains(&(now.0 - noted.0)))
    }

    pub fn note(&self, host: &str, now: Timestamp) {
        let mut hosts = lock(&self.0);
        hosts.retain(|(known, _)| known != host);
        if hosts.len() >= KEPT {
            hosts.pop_front();
        }
        hosts.push_back((host.to_owned(), now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_left_alone_for_a_minute() {
        let silent = Silent::default();
        silent.note("a.example", Timestamp(100));
        assert!(silent.has("a.example", Timestamp(100)) && silent.has("a.example", Timestamp(159)));
        assert!(!silent.has("a.example", Timestamp(160)) && !silent.has("b.example", Timestamp(100)));
        assert!(!silent.has("a.example", Timestamp(99)), "a clock that was set back");
        (0..KEPT).for_each(|number| silent.note(&format!("{number}.example"), Timestamp(101)));
        assert!(!silent.has("a.example", Timestamp(101)) && silent.has("0.example", Timestamp(101)));
    }
}
