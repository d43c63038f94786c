//! Room for bodies in memory: how much of it is taken, and by whom. One client gets a quarter of it, or one body.

use std::collections::HashMap;

use super::listen::Client;

pub struct Room {
    /// Bytes in all, and those that are taken.
    all: usize,
    taken: usize,
    by: HashMap<Client, usize>,
}

/// Room that is taken.
#[derive(Clone, Copy, Default)]
pub struct Share {
    bytes: usize,
    client: Option<Client>,
}

impl Room {
    pub fn new(all: usize) -> Room {
        Room { all, taken: 0, by: HashMap::new() }
    }

    /// Takes so many bytes for a client; `None` when there are none for it now. A trusted proxy is no client: it brings
    /// everybody's.
    pub fn take(&mut self, client: Option<Client>, bytes: usize) -> Option<Share> {
        if self.taken + bytes > self.all || self.is_used_up(client, bytes) {
            return None;
        }
        self.taken += bytes;
        if let Some(client) = client {
            *self.by.entry(client).or_default() += bytes;
        }
        Some(Share { bytes, client })
    }

    /// Whether a client has to wait for its own bodies, and not for those of others.
    pub fn is_used_up(&self, client: Option<Client>, bytes: usize) -> bool {
        let has = client.and_then(|client| self.by.get(&client));
        has.is_some_and(|has| has + bytes > self.all / 4)
    }

    /// False when there was nothing to give.
    pub fn give_back(&mut self, share: Share) -> bool {
        self.taken -= share.bytes;
        if let Some(client) = share.client
            && let Some(has) = self.by.get_mut(&client)
        {
            *has -= share.bytes;
            if *has == 0 {
                self.by.remove(&client);
            }
        }
        share.bytes > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_gets_a_quarter_or_one_body() {
        let mut room = Room::new(100);
        let (greedy, other) = (Some([1; 8]), Some([2; 8]));
        let first = room.take(greedy, 20).expect("room");
        assert!(room.take(greedy, 6).is_none() && room.is_used_up(greedy, 6));
        let small = room.take(greedy, 5).expect("a quarter");
        let large = room.take(other, 60).expect("one body");
        assert!(room.take(other, 1).is_none());
        assert!(room.take(None, 16).is_none() && !room.is_used_up(None, 16));
        let proxy = room.take(None, 15).expect("the rest");
        for share in [first, small, large, proxy] {
            assert!(room.give_back(share));
        }
        assert!(room.taken == 0 && room.by.is_empty());
        assert!(!room.give_back(Share::default()));
    }
}
